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
}

impl Prime {
    fn new(prime: &[u8]) -> Result<Self> {
        let modulus = Modulus::new(Nat::from_be_bytes(prime, Nat::limbs(prime.len()))?)?;
        let mut inverter = modulus.value().try_clone()?;
        inverter.subtract(&Nat::from_be_bytes(&[2], modulus.limbs())?);

        Ok(Self {
            modulus,
            bytes: prime.len(),
            inverter,
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
    /// gives wrong results.
    pub(super) fn new(p: &[u8], q: &[u8]) -> Result<Self> {
        let (p, q) = (Prime::new(p)?, Prime::new(q)?);
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
}
