// SPDX-License-Identifier: GPL-2.0

//! P-256 (FIPS 186-5, SP 800-186; also called secp256r1 and prime256v1): key agreement and
//! signatures.
//!
//! - `ecdh-nist-p256`, of type `kpp`: the secret is the packet of `crypto_ecdh_encode_key()`, in
//!   which an empty key asks for a random one; public keys are `X ‖ Y`.
//! - `ecdsa-nist-p256`, of type `sig`: signatures are a `struct ecdsa_raw_sig`, for which `x962()`
//!   and `p1363()` have the encodings of the outside world. The public key is an uncompressed
//!   point, the private key an `ECPrivateKey` (RFC 5915), which is also what a PKCS#8 structure has
//!   in it. Nonces are those of RFC 6979 hedged with fresh random bytes.
//!
//! Nothing here branches on a secret or looks up what a secret says. The arithmetic is safe Rust
//! that calls nothing of the kernel but the function that wipes. All that is `unsafe` is to vouch
//! for the sizes of the two algorithms.

use kernel::{
    crypto::{
        algorithm::{
            kpp::ecdh_private_key,
            Algorithm,
            Kpp,
            Sig, //
        },
        rng,
        Secret, //
    },
    prelude::*, //
};

mod arith;
// The same files make a library outside of the kernel, where what is public can be reached.
#[allow(unreachable_pub)]
mod ecdsa;
mod field;
#[allow(unreachable_pub)]
mod key;
mod point;
mod scalar;
mod sec1;
#[cfg(CONFIG_CRYPTO_P256_RUST_KUNIT_TEST)]
mod tests;

use self::key::{
    PrivateKey,
    PublicKey, //
};

kernel::module_crypto_algorithms! {
    algorithms: [kpp: Ecdh, sig: Ecdsa],
    name: "p256",
    authors: ["rust-tls developers"],
    description: "P-256: ECDH and ECDSA",
    license: "GPL",
    alias: [
        "crypto-ecdh-nist-p256",
        "crypto-ecdh-nist-p256-rust",
        "crypto-ecdsa-nist-p256",
        "crypto-ecdsa-nist-p256-rust",
    ],
}

/// Returns whether a mask has ones. That much about a secret is let out: whether it is zero or out
/// of range.
///
/// Every branch on what comes from a secret is by way of this.
#[inline(always)]
fn declassify(mask: u64) -> bool {
    mask != 0
}

/// Bytes in a coordinate and in a private key.
const SIZE: usize = 32;

/// How often a private key is drawn. Not one in `2^32` is out of range.
const DRAWS: usize = 8;

/// Makes up a private key (FIPS 186-5, A.2.2); `EIO` if the random numbers are none.
fn generate() -> Result<PrivateKey> {
    for _ in 0..DRAWS {
        if let Some(key) = PrivateKey::from_be_bytes(Secret::random()?.as_bytes()) {
            return Ok(key);
        }
    }
    Err(EIO)
}

/// A side of a key agreement.
struct Ecdh {
    key: Option<PrivateKey>,
}

// SAFETY: As with the generic implementation, a public key has two coordinates of 32 bytes
// (SP 800-186, 3.2.1.3), which is what `max_size()` says, and a secret has one (SP 800-56A,
// 5.7.1.2). Operations make exactly that.
unsafe impl Algorithm for Ecdh {
    const NAME: &'static CStr = c"ecdh-nist-p256";
    const DRIVER_NAME: &'static CStr = c"ecdh-nist-p256-rust";
    const PRIORITY: u16 = 200;

    fn new() -> impl Init<Self, Error> {
        Ok(Self { key: None })
    }
}

#[vtable]
impl Kpp for Ecdh {
    fn set_secret(&mut self, secret: &[u8]) -> Result {
        self.key = None;
        let bytes = ecdh_private_key(secret)?;
        self.key = Some(if bytes.is_empty() {
            generate()?
        } else {
            // A number with fewer bytes is a small one.
            let mut number = Secret::<SIZE>::zeroed();
            let skip = SIZE.checked_sub(bytes.len()).ok_or(EINVAL)?;
            for (to, from) in number.as_mut_bytes().iter_mut().skip(skip).zip(bytes) {
                *to = *from;
            }
            PrivateKey::from_be_bytes(number.as_bytes()).ok_or(EINVAL)?
        });
        Ok(())
    }

    fn max_size(&self) -> usize {
        2 * SIZE
    }

    fn generate_public_key(&self, public: &mut [u8]) -> Result<usize> {
        let (x, y) = self.key.as_ref().ok_or(ENOKEY)?.public_key().coordinates();
        for (to, from) in public.iter_mut().zip([x, y].iter().flatten()) {
            *to = *from;
        }
        Ok(2 * SIZE)
    }

    fn compute_shared_secret(&self, peer: &[u8], secret: &mut [u8]) -> Result<usize> {
        let key = self.key.as_ref().ok_or(ENOKEY)?;
        let shared = key.agree(&sec1::coordinates(peer)?);
        for (to, from) in secret.iter_mut().zip(shared.as_bytes()) {
            *to = *from;
        }
        Ok(SIZE)
    }
}

/// Limbs for a number in a `struct ecdsa_raw_sig`, which has room for the largest curve.
const RAW_LIMBS: usize = 9;

/// Bytes in a `struct ecdsa_raw_sig`.
const RAW_SIZE: usize = 2 * RAW_LIMBS * size_of::<u64>();

/// Bytes in the largest digest.
const MAX_DIGEST_SIZE: usize = 64;

/// A key that signs or verifies.
struct Ecdsa {
    private: Option<PrivateKey>,
    public: Option<PublicKey>,
}

/// Reads a number of a `struct ecdsa_raw_sig`. The limbs that are for other curves are not looked
/// at: not everyone who makes the structure sets them.
fn read_limbs(bytes: &[u8]) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.chunks_exact(size_of::<u64>())) {
        *limb = bytes.try_into().map_or(0, u64::from_ne_bytes);
    }
    limbs
}

/// Writes a number of a `struct ecdsa_raw_sig`.
fn write_limbs(limbs: &[u64; 4], bytes: &mut [u8]) {
    let bytes = bytes.iter_mut();
    for (to, from) in bytes.zip(limbs.iter().flat_map(|limb| limb.to_ne_bytes())) {
        *to = from;
    }
}

// SAFETY: As with the generic implementation, a key has 256 bits (SP 800-186, 3.2.1.3), digests
// have at most the 64 bytes of SHA-512, and a signature is a `struct ecdsa_raw_sig`, which is what
// `max_size()` says and `sign()` fills. None of this depends on the key.
unsafe impl Algorithm for Ecdsa {
    const NAME: &'static CStr = c"ecdsa-nist-p256";
    const DRIVER_NAME: &'static CStr = c"ecdsa-nist-p256-rust";
    const PRIORITY: u16 = 200;

    fn new() -> impl Init<Self, Error> {
        Ok(Self {
            private: None,
            public: None,
        })
    }
}

#[vtable]
impl Sig for Ecdsa {
    fn set_public_key(&mut self, key: &[u8]) -> Result {
        self.private = None;
        self.public = None;
        self.public = Some(sec1::point(key)?);
        Ok(())
    }

    fn set_private_key(&mut self, key: &[u8]) -> Result {
        self.private = None;
        self.public = None;
        let (private, public) = sec1::private_key(key)?;
        self.private = Some(private);
        self.public = Some(public);
        Ok(())
    }

    fn key_bits(&self) -> usize {
        8 * SIZE
    }

    fn max_size(&self) -> usize {
        RAW_SIZE
    }

    fn digest_size(&self) -> usize {
        MAX_DIGEST_SIZE
    }

    fn verify(&self, signature: &[u8], digest: &[u8]) -> Result {
        let key = self.public.as_ref().ok_or(EINVAL)?;
        if signature.len() != RAW_SIZE {
            return Err(EINVAL);
        }
        let (r, s) = signature.split_at_checked(RAW_SIZE / 2).ok_or(EINVAL)?;
        let signature =
            ecdsa::Signature::from_limbs(&read_limbs(r), &read_limbs(s)).ok_or(EBADMSG)?;
        if !ecdsa::verify(key, digest, &signature) {
            return Err(EKEYREJECTED);
        }
        Ok(())
    }

    fn sign(&self, digest: &[u8], signature: &mut [u8]) -> Result<usize> {
        let key = self.private.as_ref().ok_or(ENOKEY)?;
        let mut noise = [0; ecdsa::NOISE_SIZE];
        rng::fill(&mut noise)?;
        let made = ecdsa::sign(key, digest, Some(&noise)).ok_or(EIO)?;

        let (r, s) = made.limbs();
        let (to_r, to_s) = signature.split_at_mut_checked(RAW_SIZE / 2).ok_or(EINVAL)?;
        write_limbs(&r, to_r);
        write_limbs(&s, to_s);
        Ok(RAW_SIZE)
    }
}
