// SPDX-License-Identifier: GPL-2.0

//! Tests of [`ecdsa`](super).

use super::*;
use crate::crypto::{
    secret::testing::{
        everywhere,
        hex, //
    },
    tests::{
        at_once,
        each_allocation_fails,
        TooLong,
        FEW_ROUNDS, //
    }, //
};

// The key pair of RFC 6979, appendix A.2.5, and its signature of "sample" with SHA-256.

/// The private key as PKCS#8.
static PKCS8: [u8; 138] = hex("\
     308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420c9afa9d845ba75\
     166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721a1440342000460fed4ba255a9d31c961eb74\
     c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f\
     5177a3c294d4462299");

/// The private key as an `ECPrivateKey`, with the curve.
static SEC1: [u8; 121] = hex("\
     30770201010420c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721a00a0608\
     2a8648ce3d030107a1440342000460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60\
     f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");

/// The public key.
static SPKI: [u8; 91] = hex("\
     3059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba255a9d31c961eb74c6356d68\
     c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c2\
     94d4462299");

/// The SHA-256 of "sample".
static DIGEST: [u8; 32] = hex("\
     af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");

/// The signature.
static SIGNATURE: [u8; 72] = hex("\
     3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c\
     942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");

/// Copies bytes to a place where one of them can be changed.
fn copy<const N: usize>(bytes: &[u8; N]) -> Result<KVec<u8>> {
    let mut copy = KVec::new();
    copy.extend_from_slice(bytes, GFP_KERNEL)?;
    Ok(copy)
}

#[macros::kunit_tests(rust_crypto_ecdsa)]
mod suite {
    use super::*;

    #[test]
    fn rfc6979() -> Result {
        let key = PublicKey::from_spki_der(&SPKI)?;
        key.verify(&DIGEST, &SIGNATURE)?;

        let mut digest = DIGEST;
        digest[31] ^= 1;
        assert_eq!(key.verify(&digest, &SIGNATURE), Err(EKEYREJECTED));
        Ok(())
    }

    #[test]
    fn sign_and_verify() -> Result {
        let public = PublicKey::from_spki_der(&SPKI)?;
        assert!(!public.driver_name().to_bytes().is_empty());
        assert!(!PrivateKey::from_der(&SEC1)?
            .driver_name()
            .to_bytes()
            .is_empty());
        for key in [
            PrivateKey::from_der(&PKCS8)?,
            PrivateKey::from_der(&SEC1)?,
            PrivateKey::from_der(&PKCS8)?.verifying(),
        ] {
            // Of all the lengths that the numbers can have, the usual ones come up.
            for i in 0..32 {
                let digest = [i; 32];
                let one = key.sign(&digest)?;
                let another = key.sign(&digest)?;
                assert_ne!(one.as_bytes(), another.as_bytes());
                public.verify(&digest, one.as_bytes())?;
                public.verify(&digest, another.as_bytes())?;
                assert_eq!(
                    public.verify(&[i + 1; 32], one.as_bytes()),
                    Err(EKEYREJECTED)
                );
            }
            // Digests of other hashes.
            for len in [20, 28, 48, 64] {
                let digest = [0x5a; 64];
                let digest = digest.get(..len).ok_or(EINVAL)?;
                public.verify(digest, key.sign(digest)?.as_bytes())?;
            }
        }
        Ok(())
    }

    #[test]
    fn encoding() -> Result {
        let numbers = der::signature(&SIGNATURE)?;
        let mut out = [0; der::MAX_SIGNATURE_SIZE];
        assert_eq!(der::write_signature(&numbers, &mut out), 72);
        assert_eq!(out, SIGNATURE);

        // Short numbers, with and without a zero in front.
        let number = |low: &[u8]| {
            let mut number = [0; 32];
            for (to, from) in number.iter_mut().rev().zip(low.iter().rev()) {
                *to = *from;
            }
            number
        };
        for (r, s, wanted) in [
            (&[1][..], &[0x7f][..], &[0x30, 6, 2, 1, 1, 2, 1, 0x7f][..]),
            (&[0x80], &[1, 0], &[0x30, 8, 2, 2, 0, 0x80, 2, 2, 1, 0]),
            (&[], &[0xff, 0], &[0x30, 8, 2, 1, 0, 2, 3, 0, 0xff, 0]),
        ] {
            let numbers = [number(r), number(s)];
            let len = der::write_signature(&numbers, &mut out);
            assert_eq!(&out[..len], wanted);
            assert_eq!(der::signature(&out[..len])?, numbers);
        }
        Ok(())
    }

    #[test]
    fn malformed_signatures() -> Result {
        let key = PublicKey::from_spki_der(&SPKI)?;
        for bad in [
            // Nothing, and nothing in it.
            &[][..],
            &[0x30, 0],
            // One number only, three of them.
            &[0x30, 3, 2, 1, 1],
            &[0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1],
            // Zero, negative numbers, leading zeroes, lengths that are not the shortest.
            &[0x30, 6, 2, 1, 0, 2, 1, 0],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 1],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 1],
            &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1],
            // No length, another type, more behind it.
            &[0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0],
            &[0x31, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 6, 2, 1, 1, 2, 1, 1, 0],
        ] {
            assert_eq!(key.verify(&DIGEST, bad), Err(EKEYREJECTED));
        }
        for len in 0..SIGNATURE.len() {
            assert_eq!(key.verify(&DIGEST, &SIGNATURE[..len]), Err(EKEYREJECTED));
        }
        // A bit that is not as it was, anywhere.
        let mut sig = copy(&SIGNATURE)?;
        for i in 0..sig.len() {
            sig[i] ^= 1;
            assert_eq!(key.verify(&DIGEST, &sig), Err(EKEYREJECTED));
            sig[i] ^= 1;
        }
        key.verify(&DIGEST, &sig)
    }

    #[test]
    fn malformed_keys() -> Result {
        for der in [&PKCS8[..], &SEC1] {
            for len in 0..der.len() {
                assert!(PrivateKey::from_der(&der[..len]).is_err());
            }
        }
        for len in 0..SPKI.len() {
            assert_eq!(PublicKey::from_spki_der(&SPKI[..len]).err(), Some(EBADMSG));
        }

        // Another curve, in all places where it can be said.
        let mut der = copy(&SPKI)?;
        der[22] ^= 1;
        assert_eq!(PublicKey::from_spki_der(&der).err(), Some(EKEYREJECTED));
        let mut der = copy(&SEC1)?;
        der[50] ^= 1;
        assert_eq!(PrivateKey::from_der(&der).err(), Some(EKEYREJECTED));

        // A point that is not on the curve, one that is compressed.
        let mut der = copy(&SPKI)?;
        der[90] ^= 1;
        assert_eq!(PublicKey::from_spki_der(&der).err(), Some(EKEYREJECTED));
        let mut der = copy(&SPKI)?;
        der[26] = 2;
        assert_eq!(PublicKey::from_spki_der(&der).err(), Some(EKEYREJECTED));

        // The private key of somebody else.
        let mut der = copy(&SEC1)?;
        der[38] ^= 1;
        assert_eq!(PrivateKey::from_der(&der).err(), Some(EKEYREJECTED));
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        let public = PublicKey::from_spki_der(&SPKI)?;
        let private = PrivateKey::from_der(&PKCS8)?;

        everywhere(SIGNATURE.len(), |buf| {
            buf.copy_from_slice(&SIGNATURE);
            public.verify(&DIGEST, buf)
        })?;
        everywhere(DIGEST.len(), |buf| {
            buf.copy_from_slice(&DIGEST);
            public.verify(buf, &SIGNATURE)?;
            public.verify(buf, private.sign(buf)?.as_bytes())
        })?;
        everywhere(SPKI.len(), |buf| {
            buf.copy_from_slice(&SPKI);
            PublicKey::from_spki_der(buf)?.verify(&DIGEST, &SIGNATURE)
        })?;
        everywhere(PKCS8.len(), |buf| {
            buf.copy_from_slice(&PKCS8);
            public.verify(
                &DIGEST,
                PrivateKey::from_der(buf)?.sign(&DIGEST)?.as_bytes(),
            )
        })
    }

    #[test]
    fn all_cpus() -> Result {
        let key = PrivateKey::from_der(&PKCS8)?.verifying();
        let public = PublicKey::from_spki_der(&SPKI)?;

        at_once(FEW_ROUNDS, move || {
            public.verify(&DIGEST, key.sign(&DIGEST)?.as_bytes())?;
            public.verify(&DIGEST, &SIGNATURE)
        })
    }

    #[test]
    fn no_memory() -> Result {
        each_allocation_fails(|| PublicKey::from_spki_der(&SPKI)?.verify(&DIGEST, &SIGNATURE))?;
        each_allocation_fails(|| {
            PrivateKey::from_der(&SEC1)?.verifying().sign(&DIGEST)?;
            PrivateKey::from_der(&PKCS8)?.sign(&DIGEST).map(|_| ())
        })
    }

    #[test]
    fn too_long() -> Result {
        let mut long = TooLong::new()?;
        let long = long.bytes();

        assert_eq!(PublicKey::from_spki_der(long).err(), Some(EBADMSG));
        assert_eq!(PrivateKey::from_der(long).err(), Some(EBADMSG));
        let key = PublicKey::from_spki_der(&SPKI)?;
        assert_eq!(key.verify(&DIGEST, long), Err(EKEYREJECTED));
        assert_eq!(key.verify(long, &SIGNATURE), Err(EINVAL));
        let key = PrivateKey::from_der(&PKCS8)?.verifying();
        assert_eq!(key.sign(long).err(), Some(EINVAL));
        Ok(())
    }
}
