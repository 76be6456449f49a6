// SPDX-License-Identifier: GPL-2.0

//! RSA signatures: `kernel::crypto::rsa`.

use super::vector::{
    Expected,
    Outcome,
    Vector, //
};
use kernel::{
    crypto::{
        rsa::PublicKey,
        shash::{
            Hash,
            HashAlgorithm,
            MAX_DIGEST_SIZE, //
        }, //
    },
    prelude::*, //
};

fn hash_algorithm(name: &[u8]) -> Option<HashAlgorithm> {
    match name {
        b"sha256" => Some(HashAlgorithm::Sha256),
        b"sha384" => Some(HashAlgorithm::Sha384),
        b"sha512" => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}

/// The fields: hash, hash of the mask, size of the salt, key as `SubjectPublicKeyInfo` and as
/// `RSAPublicKey`, message, signature.
pub(crate) fn pss(vector: &mut Vector<'_>) -> Result<Outcome> {
    let name = vector.field()?;
    let mask = vector.field()?;
    let salt = vector.number()?;
    let spki = vector.field()?;
    let pkcs1 = vector.field()?;
    let message = vector.field()?;
    let signature = vector.field()?;
    vector.end()?;

    let Some(algorithm) = hash_algorithm(name) else {
        return Ok(Outcome::NotApplicable(
            "a hash that HashAlgorithm does not have",
        ));
    };

    let key = match PublicKey::from_spki_der(spki) {
        Ok(key) => key,
        // The other kind of key that there is for RSA signatures, id-RSASSA-PSS, is refused as it
        // should. The number in it is looked at all the same.
        Err(EKEYREJECTED) => match PublicKey::from_pkcs1_der(pkcs1) {
            Ok(key) => key,
            Err(error) => return Ok(Outcome::Failed("the key was refused", Some(error))),
        },
        Err(error) => return Ok(Outcome::Failed("the key was refused", Some(error))),
    };

    let mut digest = [0; MAX_DIGEST_SIZE];
    let digest = digest.get_mut(..algorithm.digest_size()).ok_or(EINVAL)?;
    Hash::new(algorithm)?.digest(message, digest)?;
    let verified = key.verify_pss(algorithm, digest, signature);

    if vector.expected == Expected::Invalid {
        return Ok(Outcome::refused(verified, EKEYREJECTED));
    }
    if mask != name || salt != algorithm.digest_size() {
        return Ok(Outcome::refused(verified, EKEYREJECTED).then(|| {
            Outcome::NotApplicable("another hash for the mask, or a salt not as long as a digest")
        }));
    }
    Ok(match verified {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed("a good signature was refused", Some(error)),
    })
}
