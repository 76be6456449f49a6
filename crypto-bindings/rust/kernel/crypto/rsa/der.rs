// SPDX-License-Identifier: GPL-2.0

//! The few DER structures that RSA keys come in (X.690, RFC 8017 appendix A.1, RFC 5208, RFC 5280).
//!
//! Strict: lengths and integers must be encoded in the shortest form, and nothing may follow a
//! structure's last element. What breaks these rules is `EBADMSG`; what keeps them, but is not a
//! key of a supported kind, is `EKEYREJECTED`.

use crate::prelude::*;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// The attributes of a PKCS#8 structure, `[0] IMPLICIT SET`.
const ATTRIBUTES: u8 = 0xa0;

/// The contents of an `AlgorithmIdentifier` for rsaEncryption, 1.2.840.113549.1.1.1, with the
/// parameters that RFC 8017 (A.1) demands: NULL.
const RSA_ENCRYPTION: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// Reads DER elements one after another.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Takes `n` bytes.
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(EBADMSG)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Takes one byte.
    fn byte(&mut self) -> Result<u8> {
        let (&byte, rest) = self.0.split_first().ok_or(EBADMSG)?;
        self.0 = rest;
        Ok(byte)
    }

    /// Takes a length in its shortest form (X.690, 10.1).
    fn length(&mut self) -> Result<usize> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(usize::from(first));
        }

        let bytes = self.take(usize::from(first & 0x7f))?;
        if bytes.len() > size_of::<u32>() || matches!(bytes.first(), None | Some(0)) {
            return Err(EBADMSG);
        }
        let length = bytes
            .iter()
            .fold(0u32, |length, &byte| (length << 8) | u32::from(byte));
        if length < 0x80 {
            return Err(EBADMSG);
        }
        usize::try_from(length).map_err(|_| EBADMSG)
    }

    /// Takes an element with the given tag and returns its contents.
    fn element(&mut self, tag: u8) -> Result<&'a [u8]> {
        if self.byte()? != tag {
            return Err(EBADMSG);
        }
        let length = self.length()?;
        self.take(length)
    }

    /// Takes an integer that is not negative, and returns its magnitude without leading zeroes.
    ///
    /// Zero gives an empty slice.
    fn integer(&mut self) -> Result<&'a [u8]> {
        // Of a number that is secret no more is looked at here than whether its length is a
        // multiple of eight bits, which it is for every prime of a key.
        match self.element(INTEGER)? {
            [0] => Ok(&[]),
            [0, magnitude @ ..] if matches!(magnitude, [0x80..=0xff, ..]) => Ok(magnitude),
            magnitude @ [0x01..=0x7f, ..] => Ok(magnitude),
            _ => Err(EBADMSG),
        }
    }

    /// Whether the next element has the given tag.
    fn next_is(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// Makes sure that nothing is left.
    fn end(&self) -> Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(EBADMSG)
        }
    }
}

/// Opens a structure that is all of `der`.
fn open(der: &[u8]) -> Result<Reader<'_>> {
    let mut reader = Reader(der);
    let contents = reader.element(SEQUENCE)?;
    reader.end()?;
    Ok(Reader(contents))
}

/// Takes an `AlgorithmIdentifier` that must be rsaEncryption.
fn algorithm(reader: &mut Reader<'_>) -> Result<bool> {
    Ok(reader.element(SEQUENCE)? == RSA_ENCRYPTION)
}

/// `RSAPublicKey`, its integers as big-endian magnitudes.
pub(super) struct Public<'a> {
    pub(super) n: &'a [u8],
    pub(super) e: &'a [u8],
}

impl<'a> Public<'a> {
    /// Parses an `RSAPublicKey`.
    pub(super) fn from_pkcs1(der: &'a [u8]) -> Result<Self> {
        let mut reader = open(der)?;
        let key = Self {
            n: reader.integer()?,
            e: reader.integer()?,
        };
        reader.end()?;
        Ok(key)
    }

    /// Makes an `RSAPublicKey` of it.
    pub(super) fn to_pkcs1(&self) -> Result<KVec<u8>> {
        let mut contents = KVec::new();
        for integer in [self.n, self.e] {
            // A zero in front, where the first bit would mean a negative number.
            let pad = integer.first().is_none_or(|&byte| byte >= 0x80);
            let length = integer.len().checked_add(pad.into()).ok_or(EOVERFLOW)?;

            header(&mut contents, INTEGER, length)?;
            if pad {
                contents.push(0, GFP_KERNEL)?;
            }
            contents.extend_from_slice(integer, GFP_KERNEL)?;
        }

        let mut der = KVec::new();
        header(&mut der, SEQUENCE, contents.len())?;
        der.extend_from_slice(&contents, GFP_KERNEL)?;
        Ok(der)
    }
}

/// Appends a tag and a length.
fn header(out: &mut KVec<u8>, tag: u8, length: usize) -> Result {
    out.push(tag, GFP_KERNEL)?;

    let bytes = u32::try_from(length).map_err(|_| EOVERFLOW)?.to_be_bytes();
    let zeroes = bytes.iter().take_while(|&&byte| byte == 0).count();
    let bytes = bytes.get(zeroes..).unwrap_or_default();
    match bytes {
        [] => out.push(0, GFP_KERNEL)?,
        &[byte @ 0..0x80] => out.push(byte, GFP_KERNEL)?,
        _ => {
            // At most four.
            out.push(0x80 | bytes.len() as u8, GFP_KERNEL)?;
            out.extend_from_slice(bytes, GFP_KERNEL)?;
        }
    }
    Ok(())
}

/// Parses a `SubjectPublicKeyInfo` and returns the `RSAPublicKey` in it.
pub(super) fn spki(der: &[u8]) -> Result<&[u8]> {
    let mut reader = open(der)?;
    let is_rsa = algorithm(&mut reader)?;
    let bits = reader.element(BIT_STRING)?;
    reader.end()?;

    if !is_rsa {
        return Err(EKEYREJECTED);
    }
    // The first byte says how many bits of the last one are unused.
    match bits.split_first() {
        Some((0, key)) => Ok(key),
        _ => Err(EBADMSG),
    }
}

/// `RSAPrivateKey`, its integers as big-endian magnitudes.
///
/// The private exponent is left out: it is those for the Chinese remainder theorem that are used,
/// while the coefficient is computed anew.
pub(super) struct Private<'a> {
    pub(super) public: Public<'a>,
    pub(super) p: &'a [u8],
    pub(super) q: &'a [u8],
    pub(super) dp: &'a [u8],
    pub(super) dq: &'a [u8],
}

impl<'a> Private<'a> {
    /// Parses an `RSAPrivateKey`, or the one in a PKCS#8 `PrivateKeyInfo`.
    pub(super) fn parse(der: &'a [u8]) -> Result<Self> {
        let mut reader = open(der)?;
        let version = reader.integer()?;

        // Here the two part: an algorithm follows in PKCS#8, the modulus in PKCS#1.
        if reader.next_is(SEQUENCE) {
            let is_rsa = algorithm(&mut reader)?;
            let key = reader.element(OCTET_STRING)?;
            if reader.next_is(ATTRIBUTES) {
                reader.element(ATTRIBUTES)?;
            }
            // Version 1 (RFC 5958) adds a public key, of which there is one in `key` already.
            if !version.is_empty() {
                return Err(EKEYREJECTED);
            }
            reader.end()?;
            if !is_rsa {
                return Err(EKEYREJECTED);
            }
            return Self::from_pkcs1(key);
        }
        Self::from_pkcs1(der)
    }

    /// Parses an `RSAPrivateKey`.
    fn from_pkcs1(pkcs1: &'a [u8]) -> Result<Self> {
        let mut reader = open(pkcs1)?;

        // Zero for two primes, one for more of them, of which the kernel knows nothing.
        match reader.integer()? {
            [] => (),
            [1] => return Err(EKEYREJECTED),
            _ => return Err(EBADMSG),
        }

        let n = reader.integer()?;
        let e = reader.integer()?;
        let _d = reader.integer()?;
        let p = reader.integer()?;
        let q = reader.integer()?;
        let dp = reader.integer()?;
        let dq = reader.integer()?;
        let _qinv = reader.integer()?;
        reader.end()?;

        Ok(Self {
            public: Public { n, e },
            p,
            q,
            dp,
            dq,
        })
    }
}
