// SPDX-License-Identifier: GPL-2.0

//! The few DER structures of ECDSA: keys (RFC 5480, RFC 5208, RFC 5915) and signatures (RFC 3279,
//! section 2.2.3).
//!
//! Nothing may follow a structure's last element. What breaks the rules of DER is `EBADMSG`; what
//! keeps them, but is not a key of a supported kind, is `EKEYREJECTED`.

use super::super::der::{
    context,
    Reader,
    INTEGER,
    OCTET_STRING,
    SEQUENCE, //
};
use crate::prelude::*;

/// The contents of an `AlgorithmIdentifier` for id-ecPublicKey, 1.2.840.10045.2.1, on the curve
/// prime256v1, 1.2.840.10045.3.1.7.
const EC_P256: &[u8] = &[
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x03, 0x01, 0x07,
];

/// Bytes in the longest signature: two integers of 33 bytes.
pub(super) const MAX_SIGNATURE_SIZE: usize = 2 + 2 * (2 + 33);

/// Parses a `SubjectPublicKeyInfo` and returns the point in it.
pub(super) fn spki(der: &[u8]) -> Result<&[u8]> {
    let mut reader = Reader::open(der)?;
    let algorithm = reader.element(SEQUENCE)?;
    let point = reader.bits()?;
    reader.end()?;

    if algorithm != EC_P256 {
        return Err(EKEYREJECTED);
    }
    Ok(point)
}

/// Returns the `ECPrivateKey` in a PKCS#8 `PrivateKeyInfo`, or what is one itself.
pub(super) fn private_key(der: &[u8]) -> Result<&[u8]> {
    let mut reader = Reader::open(der)?;
    let version = reader.integer()?;

    // Here the two part: an algorithm follows in PKCS#8, the private key in an `ECPrivateKey`.
    if !reader.next_is(SEQUENCE) {
        return Ok(der);
    }
    let algorithm = reader.element(SEQUENCE)?;
    let key = reader.element(OCTET_STRING)?;
    // The attributes.
    reader.optional(context(0))?;
    // Version 1 (RFC 5958) adds a public key, for which there is a place in `key` already.
    if !version.is_empty() {
        return Err(EKEYREJECTED);
    }
    reader.end()?;

    if algorithm != EC_P256 {
        return Err(EKEYREJECTED);
    }
    Ok(key)
}

/// Takes an integer of at most 256 bits, as a big-endian number.
fn number(reader: &mut Reader<'_>) -> Result<[u8; 32]> {
    let magnitude = reader.integer()?;
    let mut number = [0; 32];
    let skip = number.len().checked_sub(magnitude.len()).ok_or(EBADMSG)?;
    for (to, from) in number.iter_mut().skip(skip).zip(magnitude) {
        *to = *from;
    }
    Ok(number)
}

/// Parses an `ECDSA-Sig-Value`, and returns its numbers in big-endian order.
pub(super) fn signature(der: &[u8]) -> Result<[[u8; 32]; 2]> {
    let mut reader = Reader::open(der)?;
    let r = number(&mut reader)?;
    let s = number(&mut reader)?;
    reader.end()?;
    Ok([r, s])
}

/// Writes an `ECDSA-Sig-Value` of two big-endian numbers, and returns how many bytes it has.
pub(super) fn write_signature(
    numbers: &[[u8; 32]; 2],
    out: &mut [u8; MAX_SIGNATURE_SIZE],
) -> usize {
    // Without the leading zeroes, but with one where the first bit would mean a negative number.
    let parts = numbers.each_ref().map(|number| {
        let zeroes = number.iter().take_while(|&&byte| byte == 0).count();
        let magnitude = number.get(zeroes..).unwrap_or_default();
        let pad = magnitude.first().is_none_or(|&byte| byte >= 0x80);
        (pad, magnitude)
    });
    // CAST: An integer has at most 33 bytes, both have at most 70 with what goes before them.
    let length = |(pad, magnitude): (bool, &[u8])| (magnitude.len() as u8).wrapping_add(pad.into());
    let [first, second] = parts.map(length);
    let contents = first.wrapping_add(second).wrapping_add(4);

    let mut place = out.iter_mut();
    let mut put = |bytes: &[u8]| {
        for (from, to) in bytes.iter().zip(place.by_ref()) {
            *to = *from;
        }
    };
    put(&[SEQUENCE, contents]);
    for (pad, magnitude) in parts {
        put(&[INTEGER, length((pad, magnitude))]);
        if pad {
            put(&[0]);
        }
        put(magnitude);
    }
    usize::from(contents).wrapping_add(2)
}
