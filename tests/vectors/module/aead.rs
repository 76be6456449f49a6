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
    prelude::*,
    str::CStr, //
};

/// An algorithm, and what it takes (SP 800-38D, SP 800-38C, RFC 8439).
struct Kind {
    name: &'static CStr,
    /// Those of its keys that have a type.
    typed: &'static [AeadAlgorithm],
    key_sizes: &'static [usize],
    tag_sizes: &'static [usize],
}

static GCM: Kind = Kind {
    name: c"gcm(aes)",
    typed: &[AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm],
    key_sizes: &[16, 24, 32],
    tag_sizes: &[4, 8, 12, 13, 14, 15, 16],
};

static CCM: Kind = Kind {
    name: c"ccm(aes)",
    typed: &[AeadAlgorithm::Aes128Ccm],
    key_sizes: &[16, 24, 32],
    tag_sizes: &[4, 6, 8, 10, 12, 14, 16],
};

static CHACHA20_POLY1305: Kind = Kind {
    name: c"rfc7539(chacha20,poly1305)",
    typed: &[AeadAlgorithm::ChaCha20Poly1305],
    key_sizes: &[32],
    tag_sizes: &[16],
};

/// The fields: algorithm, key, nonce, associated data, text, ciphertext, tag.
pub(crate) fn run(vector: &mut Vector<'_>) -> Result<Outcome> {
    let kind = match vector.field()? {
        b"AesGcm" => &GCM,
        b"AesCcm" => &CCM,
        b"ChaCha20Poly1305" => &CHACHA20_POLY1305,
        _ => return Err(EINVAL),
    };
    let key = vector.field()?;
    let nonce = vector.field()?;
    let aad = vector.field()?;
    let text = vector.field()?;
    let ciphertext = vector.field()?;
    let tag = vector.field()?;
    vector.end()?;

    let typed = kind.typed.iter().find(|a| a.key_size() == key.len());
    let aead = match typed {
        Some(algorithm) => Aead::with_tag_size(*algorithm, key, tag.len()),
        None => Aead::by_name(kind.name, key, tag.len()),
    };
    if !kind.key_sizes.contains(&key.len()) || !kind.tag_sizes.contains(&tag.len()) {
        return Ok(Outcome::refused(aead, EINVAL).then(|| {
            Outcome::NotApplicable("a key or a tag of a size that the algorithm does not have")
        }));
    }
    let Ok(nonce) = nonce.try_into() else {
        return Ok(Outcome::NotApplicable(
            "a nonce of another size than 12 bytes",
        ));
    };

    let aead = aead?;
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

    let mut buf = joined(text, &[0x5a; TAG_SIZE][..tag.len()])?;
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
