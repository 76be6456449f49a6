// SPDX-License-Identifier: GPL-2.0

//! Key derivation: `kernel::crypto::hkdf`.

use super::vector::{
    Expected,
    Outcome,
    Vector, //
};
use kernel::{
    crypto::{
        hkdf::Hkdf,
        shash::{
            HashAlgorithm,
            MAX_DIGEST_SIZE, //
        }, //
    },
    prelude::*, //
};

/// The fields: algorithm, input keying material, salt, context, size of the output, output.
pub(crate) fn run(vector: &mut Vector<'_>) -> Result<Outcome> {
    let algorithm = match vector.field()? {
        b"HkdfSha256" => HashAlgorithm::Sha256,
        b"HkdfSha384" => HashAlgorithm::Sha384,
        b"HkdfSha512" => HashAlgorithm::Sha512,
        _ => return Err(EINVAL),
    };
    let ikm = vector.field()?;
    let salt = vector.field()?;
    let info = vector.field()?;
    let size = vector.number()?;
    let expected = vector.field()?;
    vector.end()?;

    let mut hkdf = Hkdf::new(algorithm)?;
    let mut prk = [0; MAX_DIGEST_SIZE];
    let prk = prk.get_mut(..algorithm.digest_size()).ok_or(EINVAL)?;
    hkdf.extract(salt, ikm, prk)?;

    let (first, second) = info.split_at_checked(info.len() / 2).ok_or(EINVAL)?;
    let mut okm = KVVec::from_elem(0, size, GFP_KERNEL)?;
    let expanded = hkdf.expand(prk, &[first, second], &mut okm);

    // What is invalid is an output that is too long.
    if vector.expected == Expected::Invalid {
        return Ok(Outcome::refused(expanded, EINVAL));
    }
    Ok(match expanded {
        Ok(()) => Outcome::when(okm[..] == *expected, "it is another key"),
        Err(error) => Outcome::Failed("it was refused", Some(error)),
    })
}
