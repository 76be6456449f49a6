// SPDX-License-Identifier: GPL-2.0

//! HMAC: `kernel::crypto::shash::Mac`.

use super::vector::{
    Expected,
    Outcome,
    Vector, //
};
use kernel::{
    crypto::{
        ct_eq,
        shash::{
            HashAlgorithm,
            Mac,
            Running,
            MAX_DIGEST_SIZE, //
        }, //
    },
    prelude::*, //
};

/// The fields: algorithm, key, message, tag, which may be the beginning of one.
pub(crate) fn run(vector: &mut Vector<'_>) -> Result<Outcome> {
    let algorithm = match vector.field()? {
        b"HmacSha256" => HashAlgorithm::Sha256,
        b"HmacSha384" => HashAlgorithm::Sha384,
        b"HmacSha512" => HashAlgorithm::Sha512,
        _ => return Err(EINVAL),
    };
    let key = vector.field()?;
    let message = vector.field()?;
    let tag = vector.field()?;
    vector.end()?;

    let mac = Mac::new(algorithm, key)?;
    let mut whole = [0; MAX_DIGEST_SIZE];
    let whole = whole.get_mut(..algorithm.digest_size()).ok_or(EINVAL)?;
    mac.digest(message, whole)?;

    // Again, from parts and little by little.
    let (first, second) = message.split_at_checked(message.len() / 3).ok_or(EINVAL)?;
    let mut other = [0; MAX_DIGEST_SIZE];
    let other = other.get_mut(..algorithm.digest_size()).ok_or(EINVAL)?;
    mac.digest_parts(&[first, second], other)?;
    if whole != other {
        return Ok(Outcome::Failed("it is another one from parts", None));
    }
    let mut running = Running::new(&mac, GFP_KERNEL)?;
    running.update(first)?;
    running.update(second)?;
    running.finish(other)?;
    if whole != other {
        return Ok(Outcome::Failed("it is another one little by little", None));
    }

    let same = whole
        .get(..tag.len())
        .is_some_and(|begin| ct_eq(begin, tag));
    Ok(Outcome::when(
        same == (vector.expected != Expected::Invalid),
        "the tag is not the HMAC, or the forged one is",
    ))
}
