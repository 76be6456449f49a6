// SPDX-License-Identifier: GPL-2.0

//! Arithmetic on large numbers in constant time.
//!
//! The time taken and the addresses touched depend on the number of limbs, never on their values,
//! except where a parameter is documented to be public. Numbers are wiped when they are dropped.

use super::super::secret::zeroize;
use crate::prelude::*;
use core::hint::black_box;

/// A digit, as wide as the machine multiplies.
#[cfg(CONFIG_64BIT)]
type Limb = u64;
/// A product of two digits.
#[cfg(CONFIG_64BIT)]
type Wide = u128;

/// A digit, as wide as the machine multiplies.
#[cfg(not(CONFIG_64BIT))]
type Limb = u32;
/// A product of two digits.
#[cfg(not(CONFIG_64BIT))]
type Wide = u64;

const LIMB_BYTES: usize = size_of::<Limb>();

/// Bits of an exponent that [`Modulus::pow`] takes at once.
const WINDOW: u32 = 4;

/// Returns the lower and the upper half of a product.
#[inline(always)]
const fn halves(wide: Wide) -> (Limb, Limb) {
    (wide as Limb, (wide >> Limb::BITS) as Limb)
}

/// Returns `a + b * c + carry`, which two limbs have room for, as limb and carry.
#[inline(always)]
const fn mac(a: Limb, b: Limb, c: Limb, carry: Limb) -> (Limb, Limb) {
    halves(
        (b as Wide)
            .wrapping_mul(c as Wide)
            .wrapping_add(a as Wide)
            .wrapping_add(carry as Wide),
    )
}

/// Returns `a + b + carry` as limb and carry.
#[inline(always)]
const fn adc(a: Limb, b: Limb, carry: Limb) -> (Limb, Limb) {
    halves(
        (a as Wide)
            .wrapping_add(b as Wide)
            .wrapping_add(carry as Wide),
    )
}

/// Returns `a - b - borrow` as limb and borrow, 0 or 1.
#[inline(always)]
const fn sbb(a: Limb, b: Limb, borrow: Limb) -> (Limb, Limb) {
    let (limb, high) = halves(
        (a as Wide)
            .wrapping_sub(b as Wide)
            .wrapping_sub(borrow as Wide),
    );
    (limb, high & 1)
}

/// Returns all ones for 1 and zero for 0.
#[inline(always)]
fn mask(bit: Limb) -> Limb {
    // The compiler is not to know that there are but two values, and make branches of them.
    black_box(bit).wrapping_neg()
}

/// Returns 1 if the limbs are equal, and else 0.
#[inline(always)]
fn limb_eq(a: Limb, b: Limb) -> Limb {
    let difference = a ^ b;
    // The first bit of either the difference or its negative is set, unless it is zero.
    1 ^ ((difference | difference.wrapping_neg()) >> (Limb::BITS - 1))
}

/// Subtracts `n` from `x`, to which `top` is the next limb, if that does not make it negative.
///
/// With `top` at most 1 and `x` less than `2 * n` that gives `x` modulo `n`.
#[inline]
fn reduce_once(x: &mut [Limb], top: Limb, n: &[Limb]) {
    let mut borrow = 0;
    for (x, n) in x.iter().zip(n) {
        (_, borrow) = sbb(*x, *n, borrow);
    }
    // Without a borrow from the limb after the last one.
    let subtract = mask(1 ^ (borrow & !top));

    let mut borrow = 0;
    for (x, n) in x.iter_mut().zip(n) {
        (*x, borrow) = sbb(*x, n & subtract, borrow);
    }
}

/// A natural number of a fixed count of limbs, the least significant one first.
///
/// The count is public, the value is not. It is wiped when dropped.
pub(super) struct Nat(KVec<Limb>);

impl Nat {
    /// Returns the count of limbs that `bytes` bytes take.
    #[inline]
    pub(super) const fn limbs(bytes: usize) -> usize {
        bytes.div_ceil(LIMB_BYTES)
    }

    /// Returns the count of limbs.
    #[inline]
    pub(super) fn limb_count(&self) -> usize {
        self.0.len()
    }

    /// Returns zero.
    pub(super) fn zero(limbs: usize) -> Result<Self> {
        Ok(Self(KVec::from_elem(0, limbs, GFP_KERNEL)?))
    }

    /// Returns a copy.
    pub(super) fn try_clone(&self) -> Result<Self> {
        let mut copy = Self::zero(self.0.len())?;
        copy.assign(self);
        Ok(copy)
    }

    /// Takes over the value of a number with the same count of limbs.
    #[inline]
    pub(super) fn assign(&mut self, from: &Self) {
        for (to, from) in self.0.iter_mut().zip(&from.0) {
            *to = *from;
        }
    }

    /// Returns the low `limbs` limbs, and as many from there on.
    pub(super) fn split(&self, limbs: usize) -> Result<(Self, Self)> {
        let (mut low, mut high) = (Self::zero(limbs)?, Self::zero(limbs)?);
        let (from_low, from_high) = self.0.split_at_checked(limbs).ok_or(EINVAL)?;
        for (to, from) in low.0.iter_mut().zip(from_low) {
            *to = *from;
        }
        for (to, from) in high.0.iter_mut().zip(from_high) {
            *to = *from;
        }
        Ok((low, high))
    }

    /// Reads a big-endian number; `EOVERFLOW` if it has more bytes than there is room for.
    pub(super) fn from_be_bytes(bytes: &[u8], limbs: usize) -> Result<Self> {
        if Self::limbs(bytes.len()) > limbs {
            return Err(EOVERFLOW);
        }

        let mut nat = Self::zero(limbs)?;
        for (limb, bytes) in nat.0.iter_mut().zip(bytes.rchunks(LIMB_BYTES)) {
            for &byte in bytes {
                *limb = (*limb << 8) | Limb::from(byte);
            }
        }
        Ok(nat)
    }

    /// Writes as many of the low bytes as there is room for, in big-endian order.
    pub(super) fn to_be_bytes(&self, out: &mut [u8]) {
        let mut limbs = self.0.iter();
        for bytes in out.rchunks_mut(LIMB_BYTES) {
            let mut limb = limbs.next().copied().unwrap_or(0);
            for byte in bytes.iter_mut().rev() {
                *byte = limb as u8;
                limb >>= 8;
            }
        }
    }

    /// Returns whether both numbers are the same.
    ///
    /// They must have the same count of limbs.
    pub(super) fn equals(&self, other: &Self) -> bool {
        let difference = self
            .0
            .iter()
            .zip(&other.0)
            .fold(0, |acc, (a, b)| acc | (a ^ b));
        self.0.len() == other.0.len() && limb_eq(difference, 0) == 1
    }

    /// Subtracts another number with the same count of limbs, and returns what was borrowed beyond
    /// the last limb, 0 or 1.
    pub(super) fn subtract(&mut self, other: &Self) -> Limb {
        let mut borrow = 0;
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            (*a, borrow) = sbb(*a, *b, borrow);
        }
        borrow
    }

    /// Adds a number with at most as many limbs, and ignores what is carried beyond the last limb.
    pub(super) fn add(&mut self, other: &Self) {
        let mut others = other.0.iter();
        let mut carry = 0;
        for limb in self.0.iter_mut() {
            let other = others.next().copied().unwrap_or(0);
            (*limb, carry) = adc(*limb, other, carry);
        }
    }

    /// Returns the product of two numbers, with as many limbs as they have together.
    pub(super) fn product(a: &Self, b: &Self) -> Result<Self> {
        let limbs = a.0.len().checked_add(b.0.len()).ok_or(EOVERFLOW)?;
        let mut product = Self::zero(limbs)?;

        for (i, &a) in a.0.iter().enumerate() {
            let mut row = product.0.iter_mut().skip(i);
            let mut carry = 0;
            for (b, limb) in b.0.iter().zip(row.by_ref()) {
                (*limb, carry) = mac(*limb, a, *b, carry);
            }
            if let Some(limb) = row.next() {
                *limb = carry;
            }
        }
        Ok(product)
    }
}

impl Drop for Nat {
    fn drop(&mut self) {
        zeroize(self.0.as_mut_slice().as_mut_bytes());
    }
}

/// An odd number to compute modulo of, in Montgomery's way.
///
/// All operands must have as many limbs as the modulus and be less than it. With `R` for the first
/// power of two beyond its limbs, the *Montgomery form* of `x` is `x * R` modulo the modulus.
pub(super) struct Modulus {
    n: Nat,
    /// 1, which takes numbers out of their Montgomery form.
    unit: Nat,
    /// The negative inverse of `n` modulo the first value beyond a limb.
    n0: Limb,
    /// The Montgomery form of 1.
    one: Nat,
    /// The Montgomery form of `R`.
    rr: Nat,
}

impl Modulus {
    /// Prepares a modulus; `EINVAL` if it is even or less than 3.
    pub(super) fn new(n: Nat) -> Result<Self> {
        let low = n.0.first().copied().unwrap_or(0);
        let high = n.0.iter().skip(1).fold(0, |acc, limb| acc | limb);
        if low & 1 == 0 || (low == 1 && high == 0) {
            return Err(EINVAL);
        }

        // Newton's iteration doubles the bits that are right, starting with the three for which
        // every odd number is its own inverse.
        let mut inverse = low;
        for _ in 0..Limb::BITS.ilog2() {
            inverse = inverse.wrapping_mul((2 as Limb).wrapping_sub(low.wrapping_mul(inverse)));
        }

        let limbs = n.0.len();
        let unit = Nat::from_be_bytes(&[1], limbs)?;
        let mut one = unit.try_clone()?;
        for _ in 0..limbs {
            for _ in 0..Limb::BITS {
                Self::double(&mut one, &n);
            }
        }
        let mut rr = one.try_clone()?;
        for _ in 0..limbs {
            for _ in 0..Limb::BITS {
                Self::double(&mut rr, &n);
            }
        }

        Ok(Self {
            n,
            unit,
            n0: inverse.wrapping_neg(),
            one,
            rr,
        })
    }

    /// Doubles `x` modulo `n`.
    fn double(x: &mut Nat, n: &Nat) {
        let mut carry = 0;
        for limb in x.0.iter_mut() {
            (*limb, carry) = adc(*limb, *limb, carry);
        }
        reduce_once(&mut x.0, carry, &n.0);
    }

    /// Returns the count of limbs.
    #[inline]
    pub(super) fn limbs(&self) -> usize {
        self.n.0.len()
    }

    /// Returns the modulus.
    #[inline]
    pub(super) fn value(&self) -> &Nat {
        &self.n
    }

    /// Returns zero, with as many limbs as operands need.
    #[inline]
    pub(super) fn zero(&self) -> Result<Nat> {
        Nat::zero(self.limbs())
    }

    /// Returns the Montgomery form of 1.
    #[inline]
    pub(super) fn one(&self) -> &Nat {
        &self.one
    }

    /// Subtracts the modulus once, if `x` is not less than it.
    #[inline]
    pub(super) fn reduce(&self, x: &mut Nat) {
        reduce_once(&mut x.0, 0, &self.n.0);
    }

    /// Sets `out` to `a * b / R`.
    ///
    /// That is the product if one operand is in Montgomery form, and the Montgomery form of the
    /// product if both are.
    pub(super) fn mul(&self, out: &mut Nat, a: &Nat, b: &Nat) {
        let out = out.0.as_mut_slice();
        let mut top = 0;

        out.fill(0);
        for &b in &b.0 {
            let mut columns = out.iter_mut().zip(&a.0).zip(&self.n.0);
            let Some(((mut column, &a), &n)) = columns.next() else {
                return;
            };

            // `m` times the modulus makes the lowest limb zero, so that the sum can be shifted
            // down by one limb: what is computed of a column goes to the one before it.
            let (limb, mut carry_a) = mac(*column, a, b, 0);
            let m = limb.wrapping_mul(self.n0);
            let (_, mut carry_n) = mac(limb, m, n, 0);

            for ((next, &a), &n) in columns {
                let limb;
                (limb, carry_a) = mac(*next, a, b, carry_a);
                (*column, carry_n) = mac(limb, m, n, carry_n);
                column = next;
            }
            (*column, top) = adc(carry_a, carry_n, top);
        }
        reduce_once(out, top, &self.n.0);
    }

    /// Replaces `x` by its Montgomery form. `scratch` gets the old value.
    pub(super) fn enter(&self, x: &mut Nat, scratch: &mut Nat) {
        self.mul(scratch, x, &self.rr);
        core::mem::swap(x, scratch);
    }

    /// Replaces `x`, in Montgomery form, by what it is the form of. `scratch` gets the old value.
    pub(super) fn leave(&self, x: &mut Nat, scratch: &mut Nat) {
        self.mul(scratch, x, &self.unit);
        core::mem::swap(x, scratch);
    }

    /// Adds `y` to `x`, both of them less than the modulus.
    pub(super) fn add(&self, x: &mut Nat, y: &Nat) {
        let mut carry = 0;
        for (x, y) in x.0.iter_mut().zip(&y.0) {
            (*x, carry) = adc(*x, *y, carry);
        }
        reduce_once(&mut x.0, carry, &self.n.0);
    }

    /// Subtracts `y` from `x`, both of them less than the modulus.
    pub(super) fn subtract(&self, x: &mut Nat, y: &Nat) {
        let add = mask(x.subtract(y));
        let mut carry = 0;
        for (x, n) in x.0.iter_mut().zip(&self.n.0) {
            (*x, carry) = adc(*x, n & add, carry);
        }
    }

    /// Replaces `x`, in Montgomery form, by its square. `scratch` gets the old value.
    pub(super) fn square(&self, x: &mut Nat, scratch: &mut Nat) {
        self.mul(scratch, x, x);
        core::mem::swap(x, scratch);
    }

    /// Returns `base` raised to `exponent`, both numbers in Montgomery form.
    ///
    /// The exponent is public.
    pub(super) fn pow_public(&self, base: &Nat, exponent: u64) -> Result<Nat> {
        let mut result = self.one.try_clone()?;
        let mut scratch = self.zero()?;

        for i in (0..u64::BITS - exponent.leading_zeros()).rev() {
            self.square(&mut result, &mut scratch);
            if (exponent >> i) & 1 == 1 {
                self.mul(&mut scratch, &result, base);
                core::mem::swap(&mut result, &mut scratch);
            }
        }
        Ok(result)
    }

    /// Returns `base` raised to `exponent`, both numbers in Montgomery form.
    ///
    /// The exponent is as secret as the base, but for its count of limbs.
    pub(super) fn pow(&self, base: &Nat, exponent: &Nat) -> Result<Nat> {
        let mut result = self.one.try_clone()?;
        let mut scratch = self.zero()?;
        let mut power = self.zero()?;

        // The powers from 0 on, one after the other.
        let limbs = self.limbs().max(1);
        let mut table = Nat::zero(limbs << WINDOW)?;
        let mut next = self.one.try_clone()?;
        for entry in table.0.chunks_exact_mut(limbs) {
            for (to, from) in entry.iter_mut().zip(&next.0) {
                *to = *from;
            }
            self.mul(&mut scratch, &next, base);
            core::mem::swap(&mut next, &mut scratch);
        }

        for &limb in exponent.0.iter().rev() {
            for shift in (0..Limb::BITS).step_by(WINDOW as usize).rev() {
                for _ in 0..WINDOW {
                    self.square(&mut result, &mut scratch);
                }

                // All of the table is read, whichever entry is wanted.
                let wanted = (limb >> shift) & ((1 << WINDOW) - 1);
                power.0.fill(0);
                for (i, entry) in (0..).zip(table.0.chunks_exact(limbs)) {
                    let chosen = mask(limb_eq(i, wanted));
                    for (to, from) in power.0.iter_mut().zip(entry) {
                        *to |= from & chosen;
                    }
                }
                self.mul(&mut scratch, &result, &power);
                core::mem::swap(&mut result, &mut scratch);
            }
        }
        Ok(result)
    }
}
