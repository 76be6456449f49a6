// SPDX-License-Identifier: GPL-2.0

//! Keys and signatures in DER, by the parsers of `kernel::crypto::ecdsa` and of the algorithm.

#[path = "../../../../crypto-bindings/rust/kernel/crypto/ecdsa/der.rs"]
mod encoding;

use crate::{
    arith,
    ecdsa::Signature,
    key::{
        PrivateKey,
        PublicKey, //
    },
    sec1, //
};
use kernel::prelude::*;

/// Takes a private key as PKCS#8 or `ECPrivateKey`, and computes its public key.
pub fn private_key(der: &[u8]) -> Result<(PrivateKey, PublicKey)> {
    sec1::private_key(encoding::private_key(der)?)
}

/// Takes a public key as `SubjectPublicKeyInfo`.
pub fn public_key(der: &[u8]) -> Result<PublicKey> {
    sec1::point(encoding::spki(der)?)
}

/// Takes a public key as an uncompressed point.
pub fn point(bytes: &[u8]) -> Result<PublicKey> {
    sec1::point(bytes)
}

/// Takes the numbers of an `ECDSA-Sig-Value`, big-endian. They may be out of range.
pub fn numbers(der: &[u8]) -> Result<[[u8; 32]; 2]> {
    encoding::signature(der)
}

/// Takes a signature as an `ECDSA-Sig-Value`.
pub fn signature(der: &[u8]) -> Result<Signature> {
    let [r, s] = numbers(der)?.map(|number| arith::from_be_bytes(&number));
    Signature::from_limbs(&r, &s).ok_or(EKEYREJECTED)
}

/// Returns a signature as an `ECDSA-Sig-Value`.
pub fn to_der(signature: &Signature) -> std::vec::Vec<u8> {
    let (r, s) = signature.limbs();
    let mut out = [0; encoding::MAX_SIGNATURE_SIZE];
    let len =
        encoding::write_signature(&[arith::to_be_bytes(&r), arith::to_be_bytes(&s)], &mut out);
    out[..len].to_vec()
}
