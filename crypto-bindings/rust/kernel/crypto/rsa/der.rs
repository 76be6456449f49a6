// SPDX-License-Identifier: GPL-2.0

//! The few DER structures that RSA keys come in (X.690, RFC 8017 appendix A.1, RFC 5208, RFC 5280).
//!
//! Strict: lengths and integers must be encoded in the shortest form, and nothing may follow a
//! structure's last element. What breaks these rules is `EBADMSG`; what keeps them, but is not a
//! key of a supported kind, is `EKEYREJECTED`.

use crate::{
    crypto::der::{
        context,
        Reader,
        INTEGER,
        OCTET_STRING,
        SEQUENCE, //
    },
    prelude::*, //
};

/// The contents of an `AlgorithmIdentifier` for rsaEncryption, 1.2.840.113549.1.1.1, with the
/// parameters that RFC 8017 (A.1) demands: NULL.
const RSA_ENCRYPTION: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

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
        let mut reader = Reader::open(der)?;
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
    let mut reader = Reader::open(der)?;
    let is_rsa = algorithm(&mut reader)?;
    let key = reader.bits()?;
    reader.end()?;

    if is_rsa {
        Ok(key)
    } else {
        Err(EKEYREJECTED)
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
        let mut reader = Reader::open(der)?;
        let version = reader.integer()?;

        // Here the two part: an algorithm follows in PKCS#8, the modulus in PKCS#1.
        if reader.next_is(SEQUENCE) {
            let is_rsa = algorithm(&mut reader)?;
            let key = reader.element(OCTET_STRING)?;
            // The attributes, `[0] IMPLICIT SET`.
            reader.optional(context(0))?;
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
        let mut reader = Reader::open(pkcs1)?;

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
