// SPDX-License-Identifier: GPL-2.0

//! The forms in which keys come: points of SEC 1 (section 2.3.3), and the `ECPrivateKey` of SEC 1
//! (appendix C.4) and RFC 5915.

use super::key::{
    PrivateKey,
    PublicKey, //
};
use kernel::{
    crypto::der::{
        context,
        Reader,
        OCTET_STRING, //
    },
    prelude::*, //
};

/// The first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 0x04;

/// `ECParameters` that say prime256v1, 1.2.840.10045.3.1.7.
const PRIME256V1: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// Takes a public key as `X ‖ Y`; `EINVAL` if it is none.
pub(crate) fn coordinates(bytes: &[u8]) -> Result<PublicKey> {
    let (x, rest) = bytes.split_first_chunk().ok_or(EINVAL)?;
    let y = rest.try_into().map_err(|_| EINVAL)?;
    PublicKey::from_coordinates(x, y).ok_or(EINVAL)
}

/// Takes a public key as an uncompressed point; `EINVAL` if it is none.
pub(crate) fn point(bytes: &[u8]) -> Result<PublicKey> {
    match bytes.split_first() {
        Some((&UNCOMPRESSED, rest)) => coordinates(rest),
        _ => Err(EINVAL),
    }
}

/// Takes a private key as an `ECPrivateKey`, and computes its public key.
///
/// # Errors
///
/// - `EBADMSG`: it is malformed.
/// - `EKEYREJECTED`: it is a key of another curve, out of range, or the public key that it comes
///   with is another one's.
pub(crate) fn private_key(der: &[u8]) -> Result<(PrivateKey, PublicKey)> {
    let mut reader = Reader::open(der)?;
    if reader.integer()? != [1] {
        return Err(EBADMSG);
    }
    let number = reader.element(OCTET_STRING)?;
    let parameters = reader.optional(context(0))?;
    let public = reader.optional(context(1))?;
    reader.end()?;

    if parameters.is_some_and(|parameters| parameters != PRIME256V1) {
        return Err(EKEYREJECTED);
    }
    // RFC 5915 has it that long, whatever the number.
    let number = number.try_into().map_err(|_| EKEYREJECTED)?;
    let private = PrivateKey::from_be_bytes(number).ok_or(EKEYREJECTED)?;
    let computed = private.public_key();
    if let Some(public) = public {
        let mut reader = Reader::new(public);
        let given = point(reader.bits()?).map_err(|_| EKEYREJECTED)?;
        reader.end()?;
        if given.coordinates() != computed.coordinates() {
            return Err(EKEYREJECTED);
        }
    }
    Ok((private, computed))
}
