// SPDX-License-Identifier: GPL-2.0

//! Arithmetic with the primes of an RSA key.
//!
//! Modulo each of the primes and put together after the Chinese remainder theorem, a power costs a
//! quarter of what it costs modulo their product.

use super::{
    super::{
        rng,
        secret::SecretVec, //
    },
    bignum::{
        Modulus,
        Nat, //
    }, //
};
use crate::prelude::*;

/// A prime.
struct Prime {
    modulus: Modulus,
    bytes: usize,
    /// The exponent that inverts: two less than the prime (Fermat).
    inverter: Nat,
    /// The private exponent modulo one less than the prime.
    exponent: Nat,
}

impl Prime {
    /// Prepares a prime; `EKEYREJECTED` if the exponent is too long for it.
    fn new(prime: &[u8], exponent: &[u8]) -> Result<Self> {
        let limbs = Nat::limbs(prime.len());
        let exponent = Nat::from_be_bytes(exponent, limbs).map_err(|e| match e {
            // It is longer than the prime.
            EOVERFLOW => EKEYREJECTED,
            e => e,
        })?;
        let modulus = Modulus::new(Nat::from_be_bytes(prime, limbs)?)?;
        let mut inverter = modulus.value().try_clone()?;
        inverter.subtract(&Nat::from_be_bytes(&[2], modulus.limbs())?);

        Ok(Self {
            modulus,
            bytes: prime.len(),
            inverter,
            exponent,
        })
    }

    /// Returns a random number and its inverse.
    fn random_pair(&self) -> Result<(Nat, Nat)> {
        let mut bytes = SecretVec::zeroed(self.bytes, GFP_KERNEL)?;
        rng::fill(bytes.as_mut_bytes())?;

        // As many bits as the prime has, hence less than twice the prime. What comes out is not
        // evenly distributed, but it cannot be guessed either.
        let mut r = Nat::from_be_bytes(bytes.as_bytes(), self.modulus.limbs())?;
        self.modulus.reduce(&mut r);

        // Any number will do as the Montgomery form of another one.
        let mut inverse = self.modulus.pow(&r, &self.inverter)?;
        let mut scratch = self.modulus.zero()?;
        self.modulus.leave(&mut r, &mut scratch);
        self.modulus.leave(&mut inverse, &mut scratch);
        Ok((r, inverse))
    }
}

impl Prime {
    /// Returns `low + high * R`, raised to the private exponent.
    ///
    /// `R` is the one of Montgomery's, the first power of two beyond the limbs of the prime.
    fn raise(&self, low: &Nat, high: &Nat) -> Result<Nat> {
        let modulus = &self.modulus;
        let mut scratch = modulus.zero()?;
        let (mut low, mut high) = (low.try_clone()?, high.try_clone()?);

        // Both halves are less than `R`, hence less than the prime when they have been multiplied
        // with something. The Montgomery form of a number is what it is multiplied by `R`.
        modulus.mul(&mut scratch, &low, modulus.one());
        core::mem::swap(&mut low, &mut scratch);
        modulus.enter(&mut high, &mut scratch);
        modulus.add(&mut low, &high);
        modulus.enter(&mut low, &mut scratch);

        let mut power = modulus.pow(&low, &self.exponent)?;
        modulus.leave(&mut power, &mut scratch);
        Ok(power)
    }
}

/// The two primes of a key.
pub(super) struct Primes {
    p: Prime,
    q: Prime,
    /// The inverse of `q` modulo `p`, in Montgomery form.
    q_inverse: Nat,
}

impl Primes {
    /// Prepares two primes, odd numbers of the same length whose first bit is set.
    ///
    /// That they are primes is not looked at. If they are not, [`random_pair`](Self::random_pair)
    /// gives wrong results. `EKEYREJECTED` if an exponent is too long.
    pub(super) fn new(p: &[u8], q: &[u8], dp: &[u8], dq: &[u8]) -> Result<Self> {
        let (p, q) = (Prime::new(p, dp)?, Prime::new(q, dq)?);
        let mut q_modulo_p = q.modulus.value().try_clone()?;
        let mut scratch = p.modulus.zero()?;

        // Less than twice `p`, as its first bit is set.
        p.modulus.reduce(&mut q_modulo_p);
        p.modulus.enter(&mut q_modulo_p, &mut scratch);

        Ok(Self {
            q_inverse: p.modulus.pow(&q_modulo_p, &p.inverter)?,
            p,
            q,
        })
    }

    /// Returns a random number and its inverse modulo the product of the primes.
    ///
    /// Both have twice as many limbs as a prime.
    pub(super) fn random_pair(&self) -> Result<(Nat, Nat)> {
        let (r_p, inverse_p) = self.p.random_pair()?;
        let (r_q, inverse_q) = self.q.random_pair()?;

        Ok((self.join(r_p, &r_q)?, self.join(inverse_p, &inverse_q)?))
    }

    /// Raises a number, which has twice as many limbs as a prime, to the private exponent.
    pub(super) fn raise(&self, x: &Nat) -> Result<Nat> {
        let (low, high) = x.split(self.p.modulus.limbs())?;

        self.join(self.p.raise(&low, &high)?, &self.q.raise(&low, &high)?)
    }

    /// Returns the number that is `x_p` modulo `p` and `x_q` modulo `q`.
    fn join(&self, mut x_p: Nat, x_q: &Nat) -> Result<Nat> {
        let p = &self.p.modulus;
        let mut h = x_q.try_clone()?;

        // x_q + q * ((x_p - x_q) / q modulo p). Here, too, `x_q` is less than twice `p`.
        p.reduce(&mut h);
        p.subtract(&mut x_p, &h);
        p.mul(&mut h, &x_p, &self.q_inverse);

        let mut x = Nat::product(self.q.modulus.value(), &h)?;
        x.add(x_q);
        Ok(x)
    }

    /// Exchanges the exponents, after which all results are wrong.
    #[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
    pub(super) fn spoil(&mut self) {
        core::mem::swap(&mut self.p.exponent, &mut self.q.exponent);
    }
}
