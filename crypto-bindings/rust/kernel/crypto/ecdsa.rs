// SPDX-License-Identifier: GPL-2.0

//! ECDSA signatures on the curve P-256 (FIPS 186-5; RFC 8446, section 4.2.3).
//!
//! The operations are those of [`sig`]; which implementation of the kernel has them is its choice.
//! Signing takes one that can, such as `CRYPTO_P256_RUST`. Around it, this module puts what the
//! outside world has keys and signatures in:
//!
//! - private keys come as PKCS#8 or as `ECPrivateKey`, public keys as `SubjectPublicKeyInfo`, and
//!   are checked when they are loaded;
//! - signatures are `ECDSA-Sig-Value` in strict DER, of which there is but one for two numbers.
//!
//! Keys may be used by many tasks at once. All operations may sleep and must be called from process
//! context.

mod der;
#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
mod tests;

use super::sig::{
    self,
    SigAlgorithm, //
};
use crate::{
    fmt,
    prelude::*, //
};

/// Bytes in a signature that is two numbers of the same size.
const P1363_SIZE: usize = 2 * 32;

/// A public key.
///
/// # Examples
///
/// ```
/// use kernel::crypto::ecdsa::PublicKey;
///
/// fn verify(spki: &[u8], digest: &[u8; 32], sig: &[u8]) -> Result {
///     PublicKey::from_spki_der(spki)?.verify(digest, sig)
/// }
///
/// assert_eq!(verify(b"not a key", &[0; 32], &[0; 72]), Err(EBADMSG));
/// # Ok::<(), Error>(())
/// ```
pub struct PublicKey(sig::PublicKey);

impl PublicKey {
    /// Takes a key from a DER `SubjectPublicKeyInfo` (RFC 5480), as it stands in certificates.
    ///
    /// # Errors
    ///
    /// - `EBADMSG`: it is malformed.
    /// - `EKEYREJECTED`: it is a key of another algorithm or curve, or its point is not an
    ///   uncompressed one of the curve.
    /// - `ENOENT`: the kernel was built without ECDSA.
    /// - `ENOMEM`: no memory.
    pub fn from_spki_der(der: &[u8]) -> Result<Self> {
        sig::PublicKey::new(SigAlgorithm::EcdsaP256P1363, der::spki(der)?).map(Self)
    }

    /// Verifies a signature of the message that has the digest `digest`.
    ///
    /// The digest may be of any hash; of one with more than 256 bits the first ones count.
    ///
    /// # Errors
    ///
    /// - `EKEYREJECTED`: the signature is not valid, whatever is wrong with it.
    /// - `EINVAL`: the digest is empty or has more than 64 bytes.
    /// - `ENOMEM`: no memory.
    pub fn verify(&self, digest: &[u8], sig: &[u8]) -> Result {
        let numbers = der::signature(sig).map_err(|_| EKEYREJECTED)?;
        self.0.verify(digest, numbers.as_flattened())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").finish_non_exhaustive()
    }
}

/// A signature, as a DER `ECDSA-Sig-Value` (RFC 3279, section 2.2.3).
///
/// # Examples
///
/// See [`PrivateKey`].
#[derive(Debug)]
pub struct Signature {
    bytes: [u8; der::MAX_SIGNATURE_SIZE],
    len: usize,
}

impl Signature {
    /// Encodes two numbers.
    fn new(numbers: &[[u8; 32]; 2]) -> Self {
        let mut bytes = [0; der::MAX_SIGNATURE_SIZE];
        let len = der::write_signature(numbers, &mut bytes);
        Self { bytes, len }
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// A private key.
///
/// # Examples
///
/// ```
/// use kernel::crypto::ecdsa::{PrivateKey, Signature};
///
/// fn sign(key: &[u8], digest: &[u8; 32]) -> Result<Signature> {
///     PrivateKey::from_der(key)?.verifying().sign(digest)
/// }
///
/// // An empty SEQUENCE is no key.
/// assert_eq!(sign(&[0x30, 0x00], &[0; 32]).err(), Some(EBADMSG));
/// # Ok::<(), Error>(())
/// ```
pub struct PrivateKey {
    key: sig::PrivateKey,
    verify: bool,
}

impl PrivateKey {
    /// Takes a key from DER, either a PKCS#8 `PrivateKeyInfo` (RFC 5208) of the algorithm
    /// id-ecPublicKey or an `ECPrivateKey` (RFC 5915, SEC 1).
    ///
    /// The public key is computed, and compared where `der` has one.
    ///
    /// # Errors
    ///
    /// - `EBADMSG`: it is malformed on the outside.
    /// - `EKEYREJECTED`: its `ECPrivateKey` is malformed, it is a key of another algorithm or
    ///   curve, its number is out of range, or the public key that it comes with is not its own.
    /// - `ENOENT`: the kernel was built without ECDSA.
    /// - `EOPNOTSUPP`: the kernel was built without an ECDSA that can sign.
    /// - `ENOMEM`: no memory.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let key = sig::PrivateKey::new(SigAlgorithm::EcdsaP256P1363, der::private_key(der)?)?;
        Ok(Self { key, verify: false })
    }

    /// Makes the key verify each signature before it hands it out, so that one that a fault has
    /// spoiled cannot give the key away.
    ///
    /// It takes a multiple of the time of signing. Nonces that are hedged with random bytes make
    /// such an attack hard enough in most places.
    pub fn verifying(mut self) -> Self {
        self.verify = true;
        self
    }

    /// Signs the message that has the digest `digest`.
    ///
    /// The digest may be of any hash; of one with more than 256 bits the first ones count.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the digest is empty or has more than 64 bytes.
    /// - `EIO`: the computation went wrong.
    /// - `ENOMEM`: no memory.
    /// - Those of [`rng::fill`](super::rng::fill).
    pub fn sign(&self, digest: &[u8]) -> Result<Signature> {
        let mut numbers = [[0; 32]; 2];
        let len = self.key.sign(digest, numbers.as_flattened_mut())?;
        if len != P1363_SIZE {
            return Err(EIO);
        }
        if self.verify {
            self.key
                .verify(digest, numbers.as_flattened())
                .map_err(|_| EIO)?;
        }
        Ok(Signature::new(&numbers))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").finish_non_exhaustive()
    }
}
