// SPDX-License-Identifier: GPL-2.0

//! Signing with the key of a certificate.
//!
//! Another signature algorithm joins as a variant of [`SigningKey`] and its schemes as variants of
//! [`SignatureScheme`]; nothing outside of this file and of `enums` knows which there are.

use kernel::{
    crypto::{
        ecdsa,
        rsa,
        shash::HashAlgorithm, //
    },
    prelude::*, //
};

use super::{
    codec::U16List,
    config::Hashes,
    enums::SignatureScheme,
    error,
    transcript::Digest, //
};
use crate::x509::KeyAlgorithm;

/// A private key that signs CertificateVerify messages.
pub(crate) enum SigningKey {
    /// An ECDSA key on secp256r1.
    EcdsaP256(ecdsa::PrivateKey),
    /// An RSA key whose certificate says `rsaEncryption`.
    Rsa(KBox<rsa::PrivateKey>),
}

impl SigningKey {
    /// Takes a key in PKCS#8, or in PKCS#1 or SEC 1, for a certificate whose key is of `algorithm`:
    /// `EKEYREJECTED` if there is no signing with such a key.
    pub(crate) fn from_der(algorithm: KeyAlgorithm, der: &[u8]) -> Result<Self> {
        match algorithm {
            KeyAlgorithm::EcP256 => Ok(Self::EcdsaP256(ecdsa::PrivateKey::from_der(der)?)),
            KeyAlgorithm::Rsa => {
                let key = rsa::PrivateKey::from_der(der)?;
                Ok(Self::Rsa(KBox::new(key, GFP_KERNEL)?))
            }
            _ => Err(EKEYREJECTED),
        }
    }

    /// The schemes the key can sign with, the one preferred first.
    fn schemes(&self) -> &'static [SignatureScheme] {
        match self {
            Self::EcdsaP256(_) => &[SignatureScheme::EcdsaSecp256r1Sha256],
            Self::Rsa(_) => &[
                SignatureScheme::RsaPssRsaeSha256,
                SignatureScheme::RsaPssRsaeSha384,
                SignatureScheme::RsaPssRsaeSha512,
            ],
        }
    }

    /// The scheme to use with a peer that offers `offered`.
    pub(crate) fn choose(&self, offered: U16List<'_>) -> Option<SignatureScheme> {
        self.schemes()
            .iter()
            .copied()
            .find(|&scheme| offered.contains(scheme.into()))
    }

    /// Signs the concatenation of `parts`.
    pub(crate) fn sign(
        &self,
        hashes: &Hashes,
        scheme: SignatureScheme,
        parts: &[&[u8]],
    ) -> error::Result<KVec<u8>> {
        let hash = scheme.hash();
        let digest = Digest::fill(hash.digest_size(), |out| {
            hashes.get(hash).digest_parts(parts, out)
        })?;
        match self {
            Self::EcdsaP256(key) => {
                let signature = key.sign(digest.as_slice())?;
                let mut copy = KVec::new();
                copy.extend_from_slice(signature.as_bytes(), GFP_KERNEL)?;
                Ok(copy)
            }
            Self::Rsa(key) => {
                let mut signature = KVec::zeroed(key.size(), GFP_KERNEL)?;
                key.sign_pss(hash, digest.as_slice(), &mut signature)?;
                Ok(signature)
            }
        }
    }

    /// Checks that the key is the private half of the one in `spki`, by signing with the one and
    /// verifying with the other: `EKEYREJECTED` if not.
    pub(crate) fn check_public(&self, spki: &[u8]) -> Result {
        let digest = [0x5a; 32];
        match self {
            Self::EcdsaP256(key) => {
                let public = ecdsa::PublicKey::from_spki_der(spki)?;
                public.verify(&digest, key.sign(&digest)?.as_bytes())
            }
            Self::Rsa(key) => {
                let public = rsa::PublicKey::from_spki_der(spki)?;
                if public.size() != key.size() {
                    return Err(EKEYREJECTED);
                }
                let mut signature = KVec::zeroed(key.size(), GFP_KERNEL)?;
                key.sign_pss(HashAlgorithm::Sha256, &digest, &mut signature)?;
                public.verify_pss(HashAlgorithm::Sha256, &digest, &signature)
            }
        }
    }
}
