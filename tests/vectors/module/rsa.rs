// SPDX-License-Identifier: GPL-2.0

//! RSA signatures: `kernel::crypto::rsa`.

use super::{
    sig,
    vector::{
        Expected,
        Outcome,
        Vector, //
    }, //
};
use kernel::{
    crypto::{
        rsa::PublicKey,
        shash::{
            Hash,
            HashAlgorithm,
            MAX_DIGEST_SIZE, //
        },
        sig::SigAlgorithm, //
    },
    prelude::*, //
};

/// The most bytes that an `RSAPublicKey` of 4096 bits takes: modulus, exponent, headers.
const MAX_KEY_SIZE: usize = 512 + 32;

/// The end of an `RSAPublicKey` with the smallest exponent.
const EXPONENT_3: &[u8] = &[2, 1, 3];

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

/// The fields: hash, key as `SubjectPublicKeyInfo` and as `RSAPublicKey`, message, signature.
pub(crate) fn pkcs1(vector: &mut Vector<'_>) -> Result<Outcome> {
    let name = vector.field()?;
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
    let mut digest = [0; MAX_DIGEST_SIZE];
    let digest = digest.get_mut(..algorithm.digest_size()).ok_or(EINVAL)?;
    Hash::new(algorithm)?.digest(message, digest)?;

    if pkcs1.len() > MAX_KEY_SIZE {
        return Ok(
            Outcome::refused(PublicKey::from_spki_der(spki), EKEYREJECTED).then(|| {
                Outcome::NotApplicable("a key of more than 4096 bits, which the kernel refuses")
            }),
        );
    }
    let key = PublicKey::from_spki_der(spki);
    let outcome = if pkcs1.ends_with(EXPONENT_3) {
        Outcome::refused(key, EKEYREJECTED).then(|| {
            Outcome::NotApplicable(
                "the public exponent 3, which kernel::crypto::rsa refuses (sig does not)",
            )
        })
    } else {
        let verified = key.and_then(|key| key.verify_pkcs1(algorithm, digest, signature));

        match (vector.expected, verified) {
            (Expected::Invalid, verified) => Outcome::refused(verified, EKEYREJECTED),
            (_, Ok(())) | (Expected::Acceptable, Err(EKEYREJECTED)) => Outcome::Passed,
            (_, Err(error)) => Outcome::Failed("a good signature was refused", Some(error)),
        }
    };

    // Again, with the kernel's own padding.
    let algorithm = match algorithm {
        HashAlgorithm::Sha256 => SigAlgorithm::RsaPkcs1Sha256,
        HashAlgorithm::Sha384 => SigAlgorithm::RsaPkcs1Sha384,
        HashAlgorithm::Sha512 => SigAlgorithm::RsaPkcs1Sha512,
    };
    let other = sig::verify(vector.expected, algorithm, pkcs1, digest, signature)?;
    Ok(other.then(|| outcome))
}
