// SPDX-License-Identifier: GPL-2.0

//! Raw RSA with keys of any size, for the tests of algorithms that are written in Rust.

use super::{
    bignum::{
        Modulus,
        Nat, //
    },
    primes::Primes,
    tests::KEY_2048, //
};
use crate::prelude::*;

/// An `RSAPrivateKey` (RFC 8017, A.1.2) of 2048 bits: what is in the PKCS#8 structure around it.
pub(crate) fn key_2048() -> &'static [u8] {
    &KEY_2048[26..]
}

/// A public key, or both.
pub(crate) struct RawKey {
    modulus: Modulus,
    exponent: Nat,
    primes: Option<Primes>,
    size: usize,
}

/// Takes an element of DER off the front of `der`, and returns its contents.
fn element<'a>(der: &mut &'a [u8]) -> Result<&'a [u8]> {
    let (header, rest) = der.split_at_checked(2).ok_or(EBADMSG)?;
    let (rest, len) = match header[1] {
        len @ 0..0x80 => (rest, usize::from(len)),
        long => {
            let (len, rest) = rest
                .split_at_checked(usize::from(long & 0x7f))
                .ok_or(EBADMSG)?;

            (rest, len.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
        }
    };
    let (contents, rest) = rest.split_at_checked(len).ok_or(EBADMSG)?;

    *der = rest;
    Ok(contents)
}

/// Returns the first `N` numbers in a sequence.
///
/// It is not strict: among the vectors of the API there is a modulus that would be negative.
fn numbers<const N: usize>(mut der: &[u8]) -> Result<[&[u8]; N]> {
    let mut contents = element(&mut der)?;
    let mut numbers = [&[][..]; N];

    for number in &mut numbers {
        let bytes = element(&mut contents)?;
        let zeroes = bytes.iter().take_while(|byte| **byte == 0).count();

        *number = &bytes[zeroes..];
    }
    Ok(numbers)
}

impl RawKey {
    fn new(n: &[u8], e: &[u8], primes: Option<Primes>) -> Result<Self> {
        Ok(Self {
            modulus: Modulus::new(Nat::from_be_bytes(n, Nat::limbs(n.len()))?)?,
            exponent: Nat::from_be_bytes(e, Nat::limbs(e.len()))?,
            primes,
            size: n.len(),
        })
    }

    /// Takes an `RSAPublicKey`.
    pub(crate) fn public(der: &[u8]) -> Result<Self> {
        let [n, e] = numbers(der)?;

        Self::new(n, e, None)
    }

    /// Takes an `RSAPrivateKey`.
    pub(crate) fn private(der: &[u8]) -> Result<Self> {
        let [_version, n, e, _d, p, q, dp, dq] = numbers(der)?;

        Self::new(n, e, Some(Primes::new(p, q, dp, dq)?))
    }

    /// Returns the number of bytes in the modulus.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Reads a number that must be less than the modulus.
    fn operand(&self, bytes: &[u8]) -> Result<Nat> {
        let operand = Nat::from_be_bytes(bytes, self.modulus.limbs())?;
        let mut reduced = operand.try_clone()?;

        self.modulus.reduce(&mut reduced);
        if !reduced.equals(&operand) {
            return Err(EINVAL);
        }
        Ok(operand)
    }

    /// Raises `src` to the public exponent; `dst` must have [`size`](RawKey::size) bytes.
    pub(crate) fn encrypt(&self, src: &[u8], dst: &mut [u8]) -> Result {
        let mut operand = self.operand(src)?;
        let mut scratch = self.modulus.zero()?;

        self.modulus.enter(&mut operand, &mut scratch);
        let mut result = self.modulus.pow(&operand, &self.exponent)?;
        self.modulus.leave(&mut result, &mut scratch);
        result.to_be_bytes(dst);
        Ok(())
    }

    /// Raises `src` to the private exponent; `dst` must have [`size`](RawKey::size) bytes.
    pub(crate) fn decrypt(&self, src: &[u8], dst: &mut [u8]) -> Result {
        let primes = self.primes.as_ref().ok_or(ENOKEY)?;

        primes.raise(&self.operand(src)?)?.to_be_bytes(dst);
        Ok(())
    }
}
