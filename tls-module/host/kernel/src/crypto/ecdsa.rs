// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::ecdsa`.

use crate::error::{
    code::{
        EBADMSG,
        EIO,
        EKEYREJECTED, //
    },
    Error,
    Result, //
};

use aws_lc_rs::{
    digest::{
        Digest,
        SHA256, //
    },
    error::KeyRejected,
    signature::{
        EcdsaKeyPair,
        UnparsedPublicKey,
        ECDSA_P256_SHA256_ASN1,
        ECDSA_P256_SHA256_ASN1_SIGNING, //
    }, //
};
use core::fmt;

/// What comes before the point in a SubjectPublicKeyInfo (RFC 5480): two sequences, the algorithm
/// id-ecPublicKey on prime256v1, a bit string.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

fn refused(error: KeyRejected) -> Error {
    match error.to_string().as_str() {
        "InvalidEncoding" => EBADMSG,
        _ => EKEYREJECTED,
    }
}

/// A public key.
pub struct PublicKey(std::vec::Vec<u8>);

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    pub fn from_spki_der(der: &[u8]) -> Result<Self> {
        if der.first() != Some(&0x30) {
            return Err(EBADMSG);
        }
        let point = der.strip_prefix(&SPKI).ok_or(EKEYREJECTED)?;
        aws_lc_rs::signature::ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .map_err(|_| EKEYREJECTED)?;
        Ok(Self(point.to_vec()))
    }

    /// Verifies a signature; [`EKEYREJECTED`] if it is not right. The digest is a SHA-256.
    pub fn verify(&self, digest: &[u8], sig: &[u8]) -> Result {
        let digest = Digest::import_less_safe(digest, &SHA256).map_err(|_| EKEYREJECTED)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0)
            .verify_digest(&digest, sig)
            .map_err(|_| EKEYREJECTED)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").finish_non_exhaustive()
    }
}

/// A signature.
pub struct Signature(aws_lc_rs::signature::Signature);

impl Signature {
    /// The bytes, an ECDSA-Sig-Value.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }
}

/// A private key.
pub struct PrivateKey(EcdsaKeyPair);

impl PrivateKey {
    /// Reads a key of PKCS#8 or SEC 1; [`EBADMSG`] if it is malformed, [`EKEYREJECTED`] if it is one
    /// of another kind.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der)
            .or_else(|_| EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, der))
            .map(Self)
            .map_err(refused)
    }

    /// Stands for the verification of every signature, which the library has no need of.
    pub fn verifying(self) -> Self {
        self
    }

    /// Signs `digest`, a SHA-256.
    pub fn sign(&self, digest: &[u8]) -> Result<Signature> {
        let digest = Digest::import_less_safe(digest, &SHA256).map_err(|_| EIO)?;
        self.0.sign_digest(&digest).map(Signature).map_err(|_| EIO)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").finish_non_exhaustive()
    }
}
