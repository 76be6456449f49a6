// SPDX-License-Identifier: GPL-2.0

//! PEM (RFC 7468), and telling it from DER.
//!
//! Private keys come this way too, so base64 is decoded without a branch or an index that depends on
//! the value of a character; where line ends and padding are is not secret.

use super::der::{
    self,
    Reader, //
};

use kernel::{
    crypto::SecretVec,
    prelude::*, //
};

/// How many certificates a chain may have.
pub const MAX_CHAIN: usize = 16;

/// The label of a certificate.
pub const CERTIFICATE: &[u8] = b"CERTIFICATE";

/// The labels of a private key that is not encrypted: PKCS#8, PKCS#1, SEC 1.
const KEY_LABELS: [&[u8]; 3] = [b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY"];

/// A piece of text between a BEGIN and an END line.
struct Block<'a> {
    label: &'a [u8],
    text: &'a [u8],
}

/// The blocks of a text, in their order.
///
/// Lines outside blocks are explanatory and ignored.
struct Blocks<'a>(&'a [u8]);

impl<'a> Blocks<'a> {
    fn next(&mut self) -> Result<Option<Block<'a>>> {
        let label = loop {
            match self.line() {
                None => return Ok(None),
                Some(line) => {
                    if let Some(label) = boundary(line, b"-----BEGIN ") {
                        break label;
                    }
                }
            }
        };
        let start = self.0;

        loop {
            let before = self.0;
            let line = self.line().ok_or(EBADMSG)?;

            if line.starts_with(b"-----") {
                if boundary(line, b"-----END ") != Some(label) {
                    return Err(EBADMSG);
                }

                let len = start.len().checked_sub(before.len()).ok_or(EBADMSG)?;
                let text = start.get(..len).ok_or(EBADMSG)?;

                return Ok(Some(Block { label, text }));
            }
        }
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }

        let mut parts = self.0.splitn(2, |&c| c == b'\n');
        let line = parts.next()?;

        self.0 = parts.next().unwrap_or_default();
        Some(line)
    }
}

/// The label in a BEGIN or an END line.
fn boundary<'a>(line: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    line.trim_ascii_end()
        .strip_prefix(prefix)?
        .strip_suffix(b"-----")
}

/// All ones if `low <= c <= high`, else all zeroes, without a branch.
fn in_range(c: i32, low: u8, high: u8) -> i32 {
    let not_below = i32::from(low).wrapping_sub(1).wrapping_sub(c);
    let not_above = c.wrapping_sub(i32::from(high)).wrapping_sub(1);

    (not_below & not_above) >> 31
}

/// The value of a character of base64, or -1, without a branch or an index on it.
fn value_of(c: u8) -> i32 {
    let c = i32::from(c);
    let value = (in_range(c, b'A', b'Z') & c.wrapping_sub(0x41).wrapping_add(1))
        | (in_range(c, b'a', b'z') & c.wrapping_sub(0x61).wrapping_add(27))
        | (in_range(c, b'0', b'9') & c.wrapping_sub(0x30).wrapping_add(53))
        | (in_range(c, b'+', b'+') & 63)
        | (in_range(c, b'/', b'/') & 64);

    value.wrapping_sub(1)
}

/// How many bytes `text` gives at most.
fn decoded_bound(text: &[u8]) -> Result<usize> {
    let groups = (text.len() >> 2).checked_add(1).ok_or(EOVERFLOW)?;

    groups.checked_mul(3).ok_or(EOVERFLOW)
}

/// Decodes base64 into `out`, and says how many bytes it gave.
///
/// Whitespace is passed over; padding must be there, and the bits it leaves over must be 0.
fn decode_base64(text: &[u8], out: &mut [u8]) -> Result<usize> {
    let room = out.len();
    let mut out = out;
    let mut bits = 0u32;
    let mut held = 0u8;
    let mut padding = 0u8;
    // Negative once a character was not of the alphabet; looked at when all is done.
    let mut bad = 0i32;

    for &c in text {
        match c {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'=' => {
                padding = padding.checked_add(1).ok_or(EBADMSG)?;
                continue;
            }
            _ if padding != 0 => return Err(EBADMSG),
            _ => (),
        }

        let value = value_of(c);

        bad |= value;
        bits = (bits << 6) | (value as u32 & 0x3f);
        held = held.wrapping_add(1);
        if held == 4 {
            let [_, a, b, c] = bits.to_be_bytes();

            out = put(out, [a, b, c])?;
            held = 0;
            bits = 0;
        }
    }

    let left_over = match (held, padding) {
        (0, 0) => 0,
        (2, 2) => {
            let [_, _, a, rest] = (bits << 4).to_be_bytes();

            out = put(out, [a])?;
            rest
        }
        (3, 1) => {
            let [_, a, b, rest] = (bits << 6).to_be_bytes();

            out = put(out, [a, b])?;
            rest
        }
        _ => return Err(EBADMSG),
    };

    if bad < 0 || left_over != 0 {
        return Err(EBADMSG);
    }
    room.checked_sub(out.len()).ok_or(EBADMSG)
}

/// Puts bytes at the start of `out`, and gives the rest of it.
fn put<const N: usize>(out: &mut [u8], bytes: [u8; N]) -> Result<&mut [u8]> {
    let (to, rest) = out.split_first_chunk_mut().ok_or(EOVERFLOW)?;

    *to = bytes;
    Ok(rest)
}

/// Decodes the blocks of `input` that have the label `label`.
///
/// [`EBADMSG`] if the text is malformed, [`E2BIG`] if there are more than [`MAX_CHAIN`].
pub fn decode(input: &[u8], label: &[u8]) -> Result<KVec<KVec<u8>>> {
    let mut blocks = Blocks(input);
    let mut found = KVec::new();

    while let Some(block) = blocks.next()? {
        if block.label != label {
            continue;
        }
        if found.len() >= MAX_CHAIN {
            return Err(E2BIG);
        }

        let mut bytes = KVec::from_elem(0u8, decoded_bound(block.text)?, GFP_KERNEL)?;
        let len = decode_base64(block.text, &mut bytes)?;

        bytes.truncate(len);
        found.push(bytes, GFP_KERNEL)?;
    }
    Ok(found)
}

/// Reads a chain of certificates: PEM, or DER one after the other; gives the DER of each.
///
/// What is in each is not looked at. [`EBADMSG`] if there is none or the bytes are malformed,
/// [`E2BIG`] if there are more than [`MAX_CHAIN`].
pub fn chain_from_bytes(bytes: &[u8]) -> Result<KVec<KVec<u8>>> {
    let chain = match bytes.first() {
        Some(&der::SEQUENCE) => chain_from_der(bytes)?,
        _ => decode(bytes, CERTIFICATE)?,
    };

    if chain.is_empty() {
        return Err(EBADMSG);
    }
    for certificate in &chain {
        der::only(certificate, der::SEQUENCE)?;
    }
    Ok(chain)
}

fn chain_from_der(bytes: &[u8]) -> Result<KVec<KVec<u8>>> {
    let mut reader = Reader::new(bytes);
    let mut chain = KVec::new();

    while !reader.is_empty() {
        let raw = reader.element(der::SEQUENCE)?.raw;
        let mut certificate = KVec::new();

        if chain.len() >= MAX_CHAIN {
            return Err(E2BIG);
        }
        certificate.extend_from_slice(raw, GFP_KERNEL)?;
        chain.push(certificate, GFP_KERNEL)?;
    }
    Ok(chain)
}

/// Reads a private key: PEM ("PRIVATE KEY", "RSA PRIVATE KEY" or "EC PRIVATE KEY"), or DER; gives the DER.
///
/// What is in it is not looked at. [`EBADMSG`] if there is none, more than one, or the bytes are
/// malformed; [`EOPNOTSUPP`] if it is encrypted.
pub fn key_from_bytes(bytes: &[u8]) -> Result<SecretVec> {
    if bytes.first() == Some(&der::SEQUENCE) {
        der::only(bytes, der::SEQUENCE)?;
        return SecretVec::from_slice(bytes, GFP_KERNEL);
    }

    let mut blocks = Blocks(bytes);
    let mut found = None;

    while let Some(block) = blocks.next()? {
        if block.label == b"ENCRYPTED PRIVATE KEY" {
            return Err(EOPNOTSUPP);
        }
        if !KEY_LABELS.contains(&block.label) {
            continue;
        }
        if found.is_some() {
            return Err(EBADMSG);
        }

        let mut key = SecretVec::zeroed(decoded_bound(block.text)?, GFP_KERNEL)?;
        let len = decode_base64(block.text, key.as_mut_bytes())?;

        key.truncate(len);
        der::only(key.as_bytes(), der::SEQUENCE)?;
        found = Some(key);
    }
    found.ok_or(EBADMSG)
}
