// SPDX-License-Identifier: GPL-2.0

//! Published vectors, and OpenSSL as a second opinion.

mod arithmetic;
mod cavp;
mod edges;
mod formats;
mod openssl_agrees;
mod rfc6979;
mod wycheproof_vectors;

use crate::{
    arith,
    ecdsa::Signature,
    key::{
        PrivateKey,
        PublicKey, //
    }, //
};

/// The order of the group.
const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/// The prime of the field.
const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

/// Bytes from their hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2), "{digits}");
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap())
        .collect()
}

/// A number of at most 256 bits, leading zeroes or not; `None` for a longer one.
fn number(bytes: &[u8]) -> Option<[u8; 32]> {
    let zeroes = bytes.iter().take_while(|&&byte| byte == 0).count();
    let bytes = &bytes[zeroes..];
    let mut number = [0; 32];
    number
        .get_mut(32usize.checked_sub(bytes.len())?..)?
        .copy_from_slice(bytes);
    Some(number)
}

/// The number of 32 bytes that the digits make.
fn n32(digits: &str) -> [u8; 32] {
    hex(digits).try_into().unwrap()
}

fn private(d: &[u8; 32]) -> PrivateKey {
    PrivateKey::from_be_bytes(d).unwrap()
}

/// A public key from an uncompressed point.
fn public(point: &[u8]) -> Option<PublicKey> {
    let [4, coordinates @ ..] = point else {
        return None;
    };
    let (x, rest) = coordinates.split_first_chunk()?;
    PublicKey::from_coordinates(x, rest.try_into().ok()?)
}

fn signature(r: &[u8; 32], s: &[u8; 32]) -> Option<Signature> {
    Signature::from_limbs(&arith::from_be_bytes(r), &arith::from_be_bytes(s))
}

/// The numbers of a signature, big-endian.
fn numbers(signature: &Signature) -> ([u8; 32], [u8; 32]) {
    let (r, s) = signature.limbs();
    (arith::to_be_bytes(&r), arith::to_be_bytes(&s))
}
