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

use super::{
    secret::zeroize,
    sig::{
        self,
        SigAlgorithm, //
    }, //
};
use crate::{
    fmt,
    prelude::*,
    str::CStr, //
};

/// Bytes in a signature that is two numbers of the same size.
const P1363_SIZE: usize = 2 * 32;

/// A public key.
///
/// # Examples
///
/// ```
/// use kernel::crypto::{ecdsa::PublicKey, shash};
///
/// // The key and the signature of RFC 6979, appendix A.2.5.
/// let spki = b"\
///     \x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\
///     \x03\x01\x07\x03\x42\x00\x04\x60\xfe\xd4\xba\x25\x5a\x9d\x31\xc9\x61\xeb\x74\xc6\
///     \x35\x6d\x68\xc0\x49\xb8\x92\x3b\x61\xfa\x6c\xe6\x69\x62\x2e\x60\xf2\x9f\xb6\x79\
///     \x03\xfe\x10\x08\xb8\xbc\x99\xa4\x1a\xe9\xe9\x56\x28\xbc\x64\xf2\xf1\xb2\x0c\x2d\
///     \x7e\x9f\x51\x77\xa3\xc2\x94\xd4\x46\x22\x99";
/// let sig = b"\
///     \x30\x46\x02\x21\x00\xef\xd4\x8b\x2a\xac\xb6\xa8\xfd\x11\x40\xdd\x9c\xd4\x5e\x81\
///     \xd6\x9d\x2c\x87\x7b\x56\xaa\xf9\x91\xc3\x4d\x0e\xa8\x4e\xaf\x37\x16\x02\x21\x00\
///     \xf7\xcb\x1c\x94\x2d\x65\x7c\x41\xd4\x36\xc7\xa1\xb6\xe2\x9f\x65\xf3\xe9\x00\xdb\
///     \xb9\xaf\xf4\x06\x4d\xc4\xab\x2f\x84\x3a\xcd\xa8";
///
/// let mut digest = [0; 32];
/// shash::Hash::new(shash::HashAlgorithm::Sha256)?.digest(b"sample", &mut digest)?;
///
/// let key = PublicKey::from_spki_der(spki)?;
/// assert_eq!(key.verify(&digest, sig), Ok(()));
/// assert_eq!(key.verify(&[0; 32], sig), Err(EKEYREJECTED));
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
    /// - Those of an [allocation](super#allocation).
    pub fn from_spki_der(der: &[u8]) -> Result<Self> {
        sig::PublicKey::new(SigAlgorithm::EcdsaP256P1363, der::spki(der)?).map(Self)
    }

    /// Returns the name of the implementation that was chosen.
    pub fn driver_name(&self) -> &CStr {
        self.0.driver_name()
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
/// use kernel::crypto::ecdsa::PrivateKey;
///
/// // That of RFC 6979, appendix A.2.5, as an `ECPrivateKey`.
/// let der = b"\
///     \x30\x31\x02\x01\x01\x04\x20\xc9\xaf\xa9\xd8\x45\xba\x75\x16\x6b\x5c\x21\x57\x67\
///     \xb1\xd6\x93\x4e\x50\xc3\xdb\x36\xe8\x9b\x12\x7b\x8a\x62\x2b\x12\x0f\x67\x21\xa0\
///     \x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
///
/// match PrivateKey::from_der(der) {
///     Ok(key) => {
///         let sig = key.verifying().sign(&[7; 32])?;
///         assert_eq!(sig.as_bytes().first(), Some(&0x30));
///     }
///     // No implementation of this kernel can sign.
///     Err(e) => assert_eq!(e, EOPNOTSUPP),
/// }
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
    /// - `EOPNOTSUPP`: the kernel was built without an ECDSA that can sign.
    /// - Those of an [allocation](super#allocation).
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let key = sig::PrivateKey::new(SigAlgorithm::EcdsaP256P1363, der::private_key(der)?)?;
        Ok(Self { key, verify: false })
    }

    /// Returns the name of the implementation that was chosen.
    pub fn driver_name(&self) -> &CStr {
        self.key.driver_name()
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
            // What is wrong would give the key away.
            self.key
                .verify(digest, numbers.as_flattened())
                .inspect_err(|_| zeroize(numbers.as_flattened_mut()))
                .map_err(|e| if e == EKEYREJECTED { EIO } else { e })?;
        }
        Ok(Signature::new(&numbers))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").finish_non_exhaustive()
    }
}
