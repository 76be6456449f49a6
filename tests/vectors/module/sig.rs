// SPDX-License-Identifier: GPL-2.0

//! Signatures: `kernel::crypto::sig`.

use super::vector::{
    Expected,
    Outcome,
    Vector, //
};
use kernel::{
    crypto::{
        shash::{
            Hash,
            MAX_DIGEST_SIZE, //
        },
        sig::{
            PublicKey,
            SigAlgorithm, //
        }, //
    },
    prelude::*, //
};

/// Returns a hash by the name that the kernel has for it, if it has it.
fn hash(name: &[u8]) -> Result<Option<Hash>> {
    let name = match name {
        b"sha224" => c"sha224",
        b"sha256" => c"sha256",
        b"sha384" => c"sha384",
        b"sha512" => c"sha512",
        b"sha3-256" => c"sha3-256",
        b"sha3-384" => c"sha3-384",
        b"sha3-512" => c"sha3-512",
        _ => return Ok(None),
    };

    match Hash::by_name(name) {
        Ok(hash) => Ok(Some(hash)),
        Err(ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The fields: curve, encoding of the signature, hash, key as a point, message, signature.
pub(crate) fn ecdsa(vector: &mut Vector<'_>) -> Result<Outcome> {
    let curve = vector.field()?;
    let encoding = vector.field()?;
    let algorithm = match (curve, encoding) {
        (b"P256", b"der") => SigAlgorithm::EcdsaP256,
        (b"P384", b"der") => SigAlgorithm::EcdsaP384,
        (b"P521", b"der") => SigAlgorithm::EcdsaP521,
        (b"P256", b"p1363") => SigAlgorithm::EcdsaP256P1363,
        (b"P384", b"p1363") => SigAlgorithm::EcdsaP384P1363,
        (b"P521", b"p1363") => SigAlgorithm::EcdsaP521P1363,
        _ => return Err(EINVAL),
    };
    let name = vector.field()?;
    let point = vector.field()?;
    let message = vector.field()?;
    let signature = vector.field()?;
    vector.end()?;

    let Some(hash) = hash(name)? else {
        return Ok(Outcome::NotApplicable(
            "a hash that is not in the kernel's API",
        ));
    };
    let mut digest = [0; MAX_DIGEST_SIZE];
    let digest = digest.get_mut(..hash.digest_size()).ok_or(EINVAL)?;
    hash.digest(message, digest)?;

    verify(vector.expected, algorithm, point, digest, signature)
}

/// The fields: parameter set, key, message, context, signature.
pub(crate) fn ml_dsa(vector: &mut Vector<'_>) -> Result<Outcome> {
    let algorithm = match vector.field()? {
        b"MlDsa44Verify" => SigAlgorithm::MlDsa44,
        b"MlDsa65Verify" => SigAlgorithm::MlDsa65,
        b"MlDsa87Verify" => SigAlgorithm::MlDsa87,
        _ => return Err(EINVAL),
    };
    let key = vector.field()?;
    let message = vector.field()?;
    let context = vector.field()?;
    let signature = vector.field()?;
    vector.end()?;

    // The kernel has the empty context only, under which a signature for another is a forgery.
    if vector.expected != Expected::Invalid && !context.is_empty() {
        let outcome = verify(Expected::Invalid, algorithm, key, message, signature)?;

        return Ok(outcome.then(|| Outcome::NotApplicable("a context that is not empty")));
    }
    verify(vector.expected, algorithm, key, message, signature)
}

/// Verifies a signature of `digest`, with a key that may be the one that is wrong.
pub(crate) fn verify(
    expected: Expected,
    algorithm: SigAlgorithm,
    key: &[u8],
    digest: &[u8],
    signature: &[u8],
) -> Result<Outcome> {
    let verified = PublicKey::new(algorithm, key).and_then(|key| key.verify(digest, signature));

    Ok(match (expected, verified) {
        (Expected::Invalid, verified) => Outcome::refused(verified, EKEYREJECTED),
        (_, Ok(())) | (Expected::Acceptable, Err(EKEYREJECTED)) => Outcome::Passed,
        (_, Err(error)) => Outcome::Failed("a good signature was refused", Some(error)),
    })
}
