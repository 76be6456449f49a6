// SPDX-License-Identifier: GPL-2.0

//! Authenticated encryption: `kernel::crypto::aead`.

use super::vector::{
    Expected,
    Outcome,
    Vector, //
};
use kernel::{
    crypto::aead::{
        Aead,
        AeadAlgorithm,
        TAG_SIZE, //
    },
    prelude::*, //
};

/// The fields: algorithm, key, nonce, associated data, text, ciphertext, tag.
pub(crate) fn run(vector: &mut Vector<'_>) -> Result<Outcome> {
    let algorithms: &[AeadAlgorithm] = match vector.field()? {
        b"AesGcm" => &[AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm],
        b"AesCcm" => &[AeadAlgorithm::Aes128Ccm],
        b"ChaCha20Poly1305" => &[AeadAlgorithm::ChaCha20Poly1305],
        _ => return Err(EINVAL),
    };
    let key = vector.field()?;
    let nonce = vector.field()?;
    let aad = vector.field()?;
    let text = vector.field()?;
    let ciphertext = vector.field()?;
    let tag = vector.field()?;
    vector.end()?;

    let Some(&algorithm) = algorithms.iter().find(|a| a.key_size() == key.len()) else {
        for algorithm in algorithms {
            if let failed @ Outcome::Failed(..) =
                Outcome::refused(Aead::new(*algorithm, key), EINVAL)
            {
                return Ok(failed);
            }
        }
        return Ok(Outcome::NotApplicable(
            "a key of a size that there is no AeadAlgorithm for",
        ));
    };
    let Ok(nonce) = nonce.try_into() else {
        return Ok(Outcome::NotApplicable(
            "a nonce of another size than 12 bytes",
        ));
    };
    if tag.len() != TAG_SIZE {
        return Ok(Outcome::NotApplicable(
            "a tag of another size than 16 bytes",
        ));
    }

    let aead = Aead::new(algorithm, key)?;
    let sealed = joined(ciphertext, tag)?;

    let mut buf = joined(ciphertext, tag)?;
    let opened = aead
        .open_in_place(nonce, aad, &mut buf)
        .map(|opened| opened == text);
    let outcome = match (vector.expected, opened) {
        (Expected::Invalid, Ok(_)) => Outcome::Failed("a forgery was opened", None),
        (Expected::Invalid, Err(EBADMSG)) => Outcome::when(
            buf.iter().all(|byte| *byte == 0),
            "something of a forgery is left in the buffer",
        ),
        (_, Ok(same)) => Outcome::when(same, "it was opened to another text"),
        (_, Err(error)) => Outcome::Failed("it was not opened as it should", Some(error)),
    };

    let mut buf = joined(text, &[0x5a; TAG_SIZE])?;
    aead.seal_in_place(nonce, aad, &mut buf)?;
    Ok(outcome.then(|| {
        Outcome::when(
            (buf[..] == sealed[..]) == (vector.expected != Expected::Invalid),
            "it was sealed to something else, or to the forgery",
        )
    }))
}

fn joined(a: &[u8], b: &[u8]) -> Result<KVec<u8>> {
    let mut bytes = KVec::new();

    bytes.extend_from_slice(a, GFP_KERNEL)?;
    bytes.extend_from_slice(b, GFP_KERNEL)?;
    Ok(bytes)
}
