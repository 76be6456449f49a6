// SPDX-License-Identifier: GPL-2.0

//! The field of P-256: integers modulo `p = 2^256 - 2^224 + 2^192 + 2^96 - 1`.
//!
//! An element is kept in Montgomery form, that is, multiplied by `R = 2^256`, and always less than
//! `p`. Of a reduction, `p` leaves little to do: its lowest limb is `-1` modulo `2^64`, so that the
//! multiple of `p` which clears the lowest limb of a number is that limb itself, and of the other
//! limbs of `p` only one asks for a multiplication.

use super::arith::{
    self,
    adc,
    mac,
    U256, //
};
use kernel::{
    crypto::zeroize,
    prelude::*, //
};

/// The prime.
pub(crate) const P: U256 = [
    0xffff_ffff_ffff_ffff,
    0x0000_0000_ffff_ffff,
    0x0000_0000_0000_0000,
    0xffff_ffff_0000_0001,
];

/// `R^2` modulo `p`, which takes numbers into their Montgomery form.
const RR: U256 = [
    0x0000_0000_0000_0003,
    0xffff_fffb_ffff_ffff,
    0xffff_ffff_ffff_fffe,
    0x0000_0004_ffff_fffd,
];

/// An element of the field.
///
/// # Invariants
///
/// The number is less than `p`.
#[derive(Clone, Copy)]
pub(crate) struct Element(U256);

impl Element {
    /// Zero.
    pub(crate) const ZERO: Self = Self([0; 4]);

    /// One: `R` modulo `p`.
    pub(crate) const ONE: Self = Self([
        0x0000_0000_0000_0001,
        0xffff_ffff_0000_0000,
        0xffff_ffff_ffff_ffff,
        0x0000_0000_ffff_fffe,
    ]);

    /// Takes a number that is less than `p`.
    pub(crate) const fn from_u256(a: &U256) -> Self {
        // INVARIANT: A product is less than `p`.
        Self(*a).mul(&Self(RR))
    }

    /// Takes a big-endian number; `None` if it is not less than `p`, which is taken to be public.
    pub(crate) fn from_be_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let a = arith::from_be_bytes(bytes);
        if arith::less_than_mask(&a, &P) == 0 {
            return None;
        }
        Some(Self::from_u256(&a))
    }

    /// Returns the number.
    pub(crate) const fn to_u256(self) -> U256 {
        Self::reduce(&self.0, &[0; 4]).0
    }

    /// Returns the number in big-endian order.
    pub(crate) fn to_be_bytes(self) -> [u8; 32] {
        arith::to_be_bytes(&self.to_u256())
    }

    /// Overwrites the number with zero.
    pub(crate) fn wipe(&mut self) {
        zeroize(self.0.as_mut_bytes());
    }

    /// Takes a limb off the low end: returns `(a + a[0] * p) / 2^64`.
    ///
    /// That is less than `2^192 + p`, hence has room in four limbs.
    #[inline(always)]
    const fn shift(a: U256) -> U256 {
        // a[0] * p = a[0] * (p[3] * 2^192 + 2^96) - a[0]
        let (r0, carry) = adc(a[1], a[0] << 32, 0);
        let (r1, carry) = adc(a[2], a[0] >> 32, carry);
        let (low, high) = mac(0, a[0], P[3], 0);
        let (r2, carry) = adc(a[3], low, carry);
        [r0, r1, r2, high.wrapping_add(carry)]
    }

    /// Returns `(high * R + low) / R`, for a number less than `p * p`.
    #[inline(always)]
    const fn reduce(low: &U256, high: &U256) -> Self {
        // At most `p` comes out of the low half, and less than `p` is in the high one.
        let low = Self::shift(Self::shift(Self::shift(Self::shift(*low))));
        let (sum, carry) = arith::add(&low, high);
        Self::reduce_once(&sum, carry)
    }

    /// Takes `top * 2^256 + a` modulo `p`, for a number less than `2 * p`.
    #[inline(always)]
    const fn reduce_once(a: &U256, top: u64) -> Self {
        let (reduced, borrow) = arith::sub(a, &P);
        // A limb of `p` is zero: adding it again takes less than choosing between the two.
        let (r, _) = arith::add_masked(&reduced, top.wrapping_sub(borrow), &P);
        // INVARIANT: `p` was taken off once, and given back if that was too much.
        Self(r)
    }

    /// Returns the product.
    #[inline(always)]
    pub(crate) const fn mul(&self, other: &Self) -> Self {
        let (low, high) = arith::mul_wide(&self.0, &other.0);
        Self::reduce(&low, &high)
    }

    /// Returns the square.
    #[inline(always)]
    pub(crate) const fn square(&self) -> Self {
        let (low, high) = arith::square_wide(&self.0);
        Self::reduce(&low, &high)
    }

    /// Squares `n` times.
    #[inline]
    pub(crate) const fn squares(&self, n: u32) -> Self {
        let mut r = *self;
        let mut i = 0u32;
        while i < n {
            r = r.square();
            i = i.wrapping_add(1);
        }
        r
    }

    /// Returns the sum.
    #[inline(always)]
    pub(crate) const fn add(&self, other: &Self) -> Self {
        let (sum, carry) = arith::add(&self.0, &other.0);
        Self::reduce_once(&sum, carry)
    }

    /// Returns the difference.
    #[inline(always)]
    pub(crate) const fn sub(&self, other: &Self) -> Self {
        // INVARIANT: The difference is reduced.
        Self(arith::sub_mod(&self.0, &other.0, &P))
    }

    /// Returns half the number.
    #[inline(always)]
    pub(crate) const fn half(&self) -> Self {
        // `p` is odd: it is added to what is odd.
        let odd = (self.0[0] & 1).wrapping_neg();
        let (a, carry) = arith::add_masked(&self.0, odd, &P);
        // INVARIANT: This is half of what is less than `2 * p`.
        Self([
            (a[0] >> 1) | (a[1] << 63),
            (a[1] >> 1) | (a[2] << 63),
            (a[2] >> 1) | (a[3] << 63),
            (a[3] >> 1) | (carry << 63),
        ])
    }

    /// Returns the negative.
    #[inline(always)]
    pub(crate) const fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    /// Returns `a` where `mask` has ones, and `b` where it has zeroes.
    #[inline(always)]
    pub(crate) const fn select(mask: u64, a: &Self, b: &Self) -> Self {
        // INVARIANT: With a mask of all ones or all zeroes, it is one of the two.
        Self(arith::select(mask, &a.0, &b.0))
    }

    /// Puts another element into this one, which is zero, where `mask` has ones.
    #[inline(always)]
    pub(crate) fn put_masked(&mut self, mask: u64, other: &Self) {
        // INVARIANT: With a mask of all ones or all zeroes, it is one of the two.
        arith::put_masked(&mut self.0, mask, &other.0);
    }

    /// Returns all ones for zero, and else zero.
    #[inline(always)]
    pub(crate) fn is_zero_mask(&self) -> u64 {
        arith::is_zero_mask(&self.0)
    }

    /// Returns the inverse, and zero for zero: the number to the power of `p - 2`.
    pub(crate) const fn invert(&self) -> Self {
        // xN is the number to the power of 2^N - 1, N ones.
        let x1 = *self;
        let x2 = x1.square().mul(&x1);
        let x4 = x2.squares(2).mul(&x2);
        let x8 = x4.squares(4).mul(&x4);
        let x16 = x8.squares(8).mul(&x8);
        let x32 = x16.squares(16).mul(&x16);
        let x30 = x16
            .squares(8)
            .mul(&x8)
            .squares(4)
            .mul(&x4)
            .squares(2)
            .mul(&x2);

        // p - 2, from its first bit: 32 ones, 31 zeroes, a one, 96 zeroes, 94 ones, a zero, a one.
        x32.squares(32)
            .mul(&x1)
            .squares(128)
            .mul(&x32)
            .squares(32)
            .mul(&x32)
            .squares(30)
            .mul(&x30)
            .squares(2)
            .mul(&x1)
    }
}
