// SPDX-License-Identifier: GPL-2.0

//! ECDSA (FIPS 186-5, section 6) with the nonces of RFC 6979, over SHA-256.

use super::{
    arith::{
        self,
        U256, //
    },
    key::{
        PrivateKey,
        PublicKey, //
    },
    point::{
        mul,
        mul_base, //
    },
    scalar::{
        Scalar,
        SecretScalar, //
    }, //
};
use kernel::crypto::{
    sha256,
    zeroize, //
};

/// Bytes of fresh randomness that a nonce is hedged with.
pub const NOISE_SIZE: usize = 32;

/// How many nonces are tried before the computation is taken to have gone wrong. Not one in `2^32`
/// is out of range.
const TRIES: usize = 8;

/// A signature: two scalars that are not zero.
pub struct Signature {
    r: Scalar,
    s: Scalar,
}

impl Signature {
    /// Takes a signature as two numbers, the least significant limb first.
    ///
    /// `None` if one is zero or not less than `n`.
    pub fn from_limbs(r: &U256, s: &U256) -> Option<Self> {
        let (r, s) = (Scalar::from_u256(r)?, Scalar::from_u256(s)?);
        if r.is_zero() || s.is_zero() {
            return None;
        }
        Some(Self { r, s })
    }

    /// Returns both numbers, the least significant limb first.
    pub fn limbs(&self) -> (U256, U256) {
        (self.r.to_u256(), self.s.to_u256())
    }
}

/// Makes a scalar of a digest: its first 256 bits as a number, modulo `n`.
pub(crate) fn digest_to_scalar(digest: &[u8]) -> Scalar {
    let mut bytes = [0; 32];
    // A short one is a small number, a long one is cut off.
    let digest = digest.get(..bytes.len()).unwrap_or(digest);
    for (to, from) in bytes.iter_mut().rev().zip(digest.iter().rev()) {
        *to = *from;
    }
    Scalar::reduced(&arith::from_be_bytes(&bytes))
}

/// Makes nonces: the generator of RFC 6979 (section 3.2), an HMAC_DRBG.
///
/// It is wiped when dropped.
struct Nonces {
    key: [u8; 32],
    /// The value, then room for what is hashed together with it.
    message: [u8; MESSAGE_SIZE],
}

/// The value, a byte, the private key, the digest and the noise.
const MESSAGE_SIZE: usize = 32 + 1 + 32 + 32 + NOISE_SIZE;

impl Nonces {
    /// Seeds the generator.
    ///
    /// The noise goes where section 3.6 has additional data. Without any, the nonces are those of
    /// section 3.2.
    fn new(private: &Scalar, digest: &Scalar, noise: Option<&[u8; NOISE_SIZE]>) -> Self {
        let mut nonces = Self {
            key: [0; 32],
            message: [0; MESSAGE_SIZE],
        };
        let mut private = private.to_be_bytes();
        let digest = digest.to_be_bytes();
        let parts = [&private, &digest].into_iter().chain(noise).flatten();
        let mut len = 33usize;
        for (to, from) in nonces.message.iter_mut().skip(len).zip(parts) {
            *to = *from;
            len = len.wrapping_add(1);
        }
        if let Some(value) = nonces.message.first_chunk_mut::<32>() {
            value.fill(1);
        }
        zeroize(&mut private);

        nonces.update(0, len);
        nonces.update(1, len);
        nonces
    }

    /// Renews the key from `len` bytes of the message with `separator` after the value, then the
    /// value from the key.
    fn update(&mut self, separator: u8, len: usize) {
        if let Some(byte) = self.message.get_mut(32) {
            *byte = separator;
        }
        let message = self.message.get(..len).unwrap_or(&self.message);
        self.key = sha256::hmac(&self.key, message);
        self.advance();
    }

    /// Renews the value.
    fn advance(&mut self) {
        if let Some(value) = self.message.first_chunk_mut::<32>() {
            *value = sha256::hmac(&self.key, value);
        }
    }

    /// Returns the next nonce; `None` if the number was out of range.
    fn next(&mut self) -> Option<SecretScalar> {
        self.advance();
        let value = self.message.first_chunk::<32>()?;
        let nonce = Scalar::from_be_bytes(value).map(SecretScalar::new);
        match nonce {
            Some(nonce) if !nonce.is_zero() => Some(nonce),
            _ => {
                self.update(0, 33);
                None
            }
        }
    }
}

impl Drop for Nonces {
    fn drop(&mut self) {
        zeroize(&mut self.key);
        zeroize(&mut self.message);
    }
}

/// Signs the message that has the digest `digest`.
///
/// With noise, which must be fresh and random, the signature differs from time to time; neither the
/// quality of the noise nor the uniqueness of the message is what the key's safety depends on.
///
/// `None` if the computation went wrong.
pub fn sign(
    key: &PrivateKey,
    digest: &[u8],
    noise: Option<&[u8; NOISE_SIZE]>,
) -> Option<Signature> {
    let digest = digest_to_scalar(digest);
    let mut nonces = Nonces::new(key.scalar(), &digest, noise);

    for _ in 0..TRIES {
        let Some(nonce) = nonces.next() else {
            continue;
        };
        if let Some(signature) = sign_with(key, &digest, &nonce) {
            return Some(signature);
        }
    }
    None
}

/// Signs with a nonce, which must not be zero. `None` if another one has to be taken.
pub(crate) fn sign_with(key: &PrivateKey, digest: &Scalar, nonce: &Scalar) -> Option<Signature> {
    let mut point = mul_base(nonce);
    let mut affine = point.affine();
    let r = Scalar::reduced(&affine.x().to_u256());
    point.wipe();
    affine.wipe();

    // (digest + r * private) / nonce
    let product = SecretScalar::new(key.scalar().mul(&r));
    let sum = SecretScalar::new(product.add(digest));
    let inverse = SecretScalar::new(nonce.invert());
    let s = sum.mul(&inverse);
    if r.is_zero() || s.is_zero() {
        return None;
    }
    Some(Signature { r, s })
}

/// Returns whether a signature is one of the message that has the digest `digest`.
pub fn verify(key: &PublicKey, digest: &[u8], signature: &Signature) -> bool {
    let digest = digest_to_scalar(digest);
    let inverse = signature.s.invert();
    let of_base = digest.mul(&inverse);
    // Not zero, since neither factor is.
    let of_key = signature.r.mul(&inverse);

    let mut point = mul(&of_key, key.point());
    if !of_base.is_zero() {
        point = mul_base(&of_base).add_complete(&point);
    }
    point.has_x(&signature.r)
}
