// SPDX-License-Identifier: GPL-2.0

//! Tests. The vectors of testmgr come on top, and the arithmetic is tested at length where it is
//! built outside of the kernel.

use super::*;
use crate::ecdsa::Signature;

/// Bytes from their hexadecimal digits.
const fn hex<const N: usize>(digits: &str) -> [u8; N] {
    const fn digit(c: u8) -> u8 {
        match c {
            b'0'..=b'9' => c - b'0',
            b'a'..=b'f' => c - b'a' + 10,
            _ => panic!("no digit"),
        }
    }
    let digits = digits.as_bytes();
    let mut bytes = [0; N];
    assert!(digits.len() == 2 * N);
    let mut i = 0;
    while i < N {
        bytes[i] = digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]);
        i += 1;
    }
    bytes
}

fn numbers(signature: &Signature) -> ([u8; 32], [u8; 32]) {
    let (r, s) = signature.limbs();
    (arith::to_be_bytes(&r), arith::to_be_bytes(&s))
}

#[kunit_tests(p256)]
mod suite {
    use super::*;

    // RFC 6979, appendix A.2.5: the private key, the public one, and for the SHA-256 of "sample"
    // and of "test" the two numbers of a signature.
    const X: [u8; 32] = hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    const UX: [u8; 32] = hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
    const UY: [u8; 32] = hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    const SIGNATURES: [[[u8; 32]; 3]; 2] = [
        [
            hex("af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf"),
            hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"),
            hex("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
        ],
        [
            hex("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            hex("f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"),
            hex("019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"),
        ],
    ];

    #[test]
    fn rfc6979() -> Result {
        let key = PrivateKey::from_be_bytes(&X).ok_or(EINVAL)?;
        let public = key.public_key();
        assert_eq!(public.coordinates(), (UX, UY));

        for [digest, r, s] in SIGNATURES {
            let made = ecdsa::sign(&key, &digest, None).ok_or(EIO)?;
            assert_eq!(numbers(&made), (r, s));
            assert!(ecdsa::verify(&public, &digest, &made));
            assert!(!ecdsa::verify(&public, &X, &made));
        }
        Ok(())
    }

    #[test]
    fn hedged() -> Result {
        let mut key = Ecdsa {
            private: None,
            public: None,
        };
        let digest = [7; 32];
        let (mut one, mut another) = ([0; RAW_SIZE], [0; RAW_SIZE]);

        assert_eq!(key.sign(&digest, &mut one), Err(ENOKEY));
        assert_eq!(key.verify(&one, &digest), Err(EINVAL));

        // An `ECPrivateKey` with neither parameters nor public key.
        let mut der = [0; 39];
        der[..7].copy_from_slice(&[0x30, 37, 0x02, 1, 1, 0x04, 32]);
        der[7..].copy_from_slice(&X);
        key.set_private_key(&der)?;
        assert_eq!(key.sign(&digest, &mut one), Ok(RAW_SIZE));
        assert_eq!(key.sign(&digest, &mut another), Ok(RAW_SIZE));
        assert_ne!(one, another);
        key.verify(&one, &digest)?;
        key.verify(&another, &digest)?;
        assert_eq!(key.verify(&one, &X), Err(EKEYREJECTED));
        assert_eq!(key.verify(&one[1..], &digest), Err(EINVAL));
        assert_eq!(key.verify(&[0; RAW_SIZE], &digest), Err(EBADMSG));

        // The public key by itself verifies, and cannot sign.
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&UX);
        point[33..].copy_from_slice(&UY);
        key.set_public_key(&point)?;
        key.verify(&one, &digest)?;
        assert_eq!(key.sign(&digest, &mut one), Err(ENOKEY));

        // What is refused leaves no key.
        assert_eq!(key.set_public_key(&point[1..]), Err(EINVAL));
        assert_eq!(key.verify(&another, &digest), Err(EINVAL));
        Ok(())
    }

    #[test]
    fn private_keys() {
        let mut der = [0; 39];
        der[..7].copy_from_slice(&[0x30, 37, 0x02, 1, 1, 0x04, 32]);
        // Zero.
        assert_eq!(sec1::private_key(&der).err(), Some(EKEYREJECTED));
        // Not less than n.
        der[7..].fill(0xff);
        assert_eq!(sec1::private_key(&der).err(), Some(EKEYREJECTED));
        // Another version.
        der[4] = 2;
        assert_eq!(sec1::private_key(&der).err(), Some(EBADMSG));
        for len in 0..der.len() {
            assert_eq!(sec1::private_key(&der[..len]).err(), Some(EBADMSG));
        }
    }

    #[test]
    fn agreement() -> Result {
        let (a, b) = (generate()?, generate()?);
        let of_a = a.agree(&b.public_key());
        assert!(of_a == b.agree(&a.public_key()));

        // One times the base point, and the last scalar there is.
        let one = PrivateKey::from_be_bytes(&core::array::from_fn(|i| u8::from(i == 31)));
        let last = PrivateKey::from_be_bytes(&hex(
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
        ));
        let (one, last) = (one.ok_or(EINVAL)?, last.ok_or(EINVAL)?);
        let base = one.public_key();
        let x = hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
        assert_eq!(base.coordinates().0, x);
        assert_eq!(*last.agree(&base).as_bytes(), x);
        Ok(())
    }
}
