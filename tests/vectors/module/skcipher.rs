// SPDX-License-Identifier: GPL-2.0

//! Ciphers without authentication: `kernel::crypto::skcipher`.

use super::vector::{
    Expected,
    Outcome,
    Vector, //
};
use kernel::{
    crypto::skcipher::{
        Skcipher,
        SkcipherAlgorithm, //
    },
    prelude::*, //
};

/// The size of a block of AES.
const BLOCK_SIZE: usize = 16;

/// The fields: algorithm, key, initialisation vector, text, ciphertext.
pub(crate) fn run(vector: &mut Vector<'_>) -> Result<Outcome> {
    let (name, typed, key_sizes, padded) = match vector.field()? {
        b"AesCbcPkcs5" => (
            c"cbc(aes)",
            [SkcipherAlgorithm::Aes128Cbc, SkcipherAlgorithm::Aes256Cbc],
            [16, 24, 32],
            true,
        ),
        b"AesXts" => (
            c"xts(aes)",
            [SkcipherAlgorithm::Aes128Xts, SkcipherAlgorithm::Aes256Xts],
            [32, 48, 64],
            false,
        ),
        _ => return Err(EINVAL),
    };
    let key = vector.field()?;
    let iv = vector.field()?;
    let text = vector.field()?;
    let ciphertext = vector.field()?;
    vector.end()?;

    let cipher = match typed.iter().find(|a| a.key_size() == key.len()) {
        Some(algorithm) => Skcipher::new(*algorithm, key),
        None => Skcipher::by_name(name, key),
    };
    if !key_sizes.contains(&key.len()) {
        return Ok(Outcome::refused(cipher, EINVAL)
            .then(|| Outcome::NotApplicable("a key of a size that the algorithm does not have")));
    }
    let cipher = cipher?;

    // Wycheproof's for XTS are numbers of data units, little-endian and shorter.
    let mut whole = [0; BLOCK_SIZE];
    whole.get_mut(..iv.len()).ok_or(EINVAL)?.copy_from_slice(iv);
    let iv = whole;

    let mut buf = KVec::new();
    buf.extend_from_slice(ciphertext, GFP_KERNEL)?;
    let decrypted = cipher.decrypt_in_place(&iv, &mut buf);

    // The padding is not the wrapper's. What has to be refused are texts that are no whole blocks;
    // of others it is to be seen here that their padding is wrong.
    if vector.expected == Expected::Invalid {
        return Ok(if padded && ciphertext.len() % BLOCK_SIZE == 0 {
            decrypted?;
            Outcome::when(unpadded(&buf).is_none(), "the padding is right")
        } else {
            Outcome::refused(decrypted, EINVAL)
        });
    }
    if let Err(error) = decrypted {
        return Ok(Outcome::Failed(
            "it was not decrypted as it should",
            Some(error),
        ));
    }
    let plain = if padded {
        unpadded(&buf)
    } else {
        Some(&buf[..])
    };
    if plain != Some(text) {
        return Ok(Outcome::Failed("it was decrypted to another text", None));
    }

    // Back again, in place and from one buffer to another.
    let mut other = KVec::from_elem(0, buf.len(), GFP_KERNEL)?;
    cipher.encrypt(&iv, &buf, &mut other)?;
    cipher.encrypt_in_place(&iv, &mut buf)?;
    Ok(Outcome::when(
        buf[..] == *ciphertext && other[..] == *ciphertext,
        "it was encrypted to something else",
    ))
}

/// Takes the padding off a text (PKCS #7; RFC 5652, section 6.3), if it has one.
fn unpadded(text: &[u8]) -> Option<&[u8]> {
    let count = usize::from(*text.last()?);
    let (text, padding) = text.split_at_checked(text.len().checked_sub(count)?)?;

    let right =
        (1..=BLOCK_SIZE).contains(&count) && padding.iter().all(|byte| usize::from(*byte) == count);
    right.then_some(text)
}
