// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::rsa`.

use super::{
    shash::HashAlgorithm,
    zeroize, //
};

use crate::error::{
    code::{
        EBADMSG,
        EINVAL,
        EIO,
        EKEYREJECTED, //
    },
    Error,
    Result, //
};

use aws_lc_rs::{
    digest::Digest,
    encoding::AsDer,
    error::KeyRejected,
    rsa,
    signature::{
        self,
        KeyPair, //
    }, //
};
use core::fmt;

const SIZES: core::ops::RangeInclusive<usize> = 256..=512;

fn refused(error: KeyRejected) -> Error {
    match error.to_string().as_str() {
        "InvalidEncoding" => EBADMSG,
        _ => EKEYREJECTED,
    }
}

/// A private key.
pub struct PrivateKey {
    key: rsa::KeyPair,
    public: PublicKey,
}

impl PrivateKey {
    /// Reads a key of PKCS#8 or PKCS#1; [`EBADMSG`] if it is malformed, [`EKEYREJECTED`] if its size
    /// is refused or its parts do not fit together.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let key = rsa::KeyPair::from_pkcs8(der)
            .or_else(|_| rsa::KeyPair::from_der(der))
            .map_err(refused)?;
        let public = PublicKey::from_pkcs1_der(key.public_key().as_ref())?;

        Ok(Self { key, public })
    }

    /// Bytes of the modulus, and of a signature.
    pub fn size(&self) -> usize {
        self.public.size()
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `digest` with RSASSA-PSS; the salt is as long as the digest.
    pub fn sign_pss(&self, hash: HashAlgorithm, digest: &[u8], sig: &mut [u8]) -> Result {
        if sig.len() != self.size() {
            return Err(EINVAL);
        }

        let digest = Digest::import_less_safe(digest, hash.digest()).map_err(|_| EINVAL)?;
        let padding = match hash {
            HashAlgorithm::Sha256 => &signature::RSA_PSS_SHA256,
            HashAlgorithm::Sha384 => &signature::RSA_PSS_SHA384,
            HashAlgorithm::Sha512 => &signature::RSA_PSS_SHA512,
        };

        self.key.sign_digest(padding, &digest, sig).map_err(|_| {
            zeroize(sig);
            EIO
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("size", &self.size())
            .finish()
    }
}

/// A public key.
#[derive(Debug)]
pub struct PublicKey {
    key: rsa::PublicKey,
    spki: std::vec::Vec<u8>,
}

impl PublicKey {
    fn with(key: rsa::PublicKey) -> Result<Self> {
        if !SIZES.contains(&key.modulus_len()) {
            return Err(EKEYREJECTED);
        }

        let spki = key.as_der().map_err(|_| EBADMSG)?.as_ref().to_vec();

        Ok(Self { key, spki })
    }

    /// Reads a SubjectPublicKeyInfo.
    pub fn from_spki_der(der: &[u8]) -> Result<Self> {
        // The library takes both encodings; a SubjectPublicKeyInfo is the one that it writes back.
        let key = Self::with(rsa::PublicKey::from_der(der).map_err(refused)?)?;

        if key.spki != der {
            return Err(EBADMSG);
        }
        Ok(key)
    }

    /// Reads an RSAPublicKey of PKCS#1.
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self> {
        let key = Self::with(rsa::PublicKey::from_der(der).map_err(refused)?)?;

        if key.key.as_ref() != der {
            return Err(EBADMSG);
        }
        Ok(key)
    }

    /// Bytes of the modulus, and of a signature.
    pub fn size(&self) -> usize {
        self.key.modulus_len()
    }

    /// Verifies an RSASSA-PSS signature; [`EKEYREJECTED`] if it is not right.
    pub fn verify_pss(&self, hash: HashAlgorithm, digest: &[u8], sig: &[u8]) -> Result {
        let digest = Digest::import_less_safe(digest, hash.digest()).map_err(|_| EINVAL)?;
        let padding = match hash {
            HashAlgorithm::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
            HashAlgorithm::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
            HashAlgorithm::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
        };

        signature::UnparsedPublicKey::new(padding, &self.spki)
            .verify_digest(&digest, sig)
            .map_err(|_| EKEYREJECTED)
    }
}
