// SPDX-License-Identifier: GPL-2.0

//! Arithmetic on 256-bit numbers, the least significant of four limbs first.
//!
//! There is no branch and no index that depends on a value. Arithmetic wraps, or has room for what
//! comes out: nothing here can overflow, whether overflows are checked or not. The functions are
//! `const`, because the compiler computes the table of multiples of the base point with them.

use core::hint::black_box;

/// A number of 256 bits.
pub(crate) type U256 = [u64; 4];

/// Returns `a + b + carry` as limb and carry, which is 0 or 1.
#[inline(always)]
pub(crate) const fn adc(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let (sum, over) = a.overflowing_add(b);
    let (sum, over_again) = sum.overflowing_add(carry);
    (sum, (over | over_again) as u64)
}

/// Returns `a - b - borrow` as limb and borrow, which is 0 or 1.
#[inline(always)]
pub(crate) const fn sbb(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let (difference, under) = a.overflowing_sub(b);
    let (difference, under_again) = difference.overflowing_sub(borrow);
    (difference, (under | under_again) as u64)
}

/// Returns `a + b * c + carry`, which two limbs have room for, as limb and carry.
#[inline(always)]
pub(crate) const fn mac(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let sum = (b as u128)
        .wrapping_mul(c as u128)
        .wrapping_add(a as u128)
        .wrapping_add(carry as u128);
    (sum as u64, (sum >> 64) as u64)
}

/// Returns `a` where `mask` has ones, and `b` where it has zeroes.
#[inline(always)]
pub(crate) const fn select(mask: u64, a: &U256, b: &U256) -> U256 {
    [
        b[0] ^ (mask & (a[0] ^ b[0])),
        b[1] ^ (mask & (a[1] ^ b[1])),
        b[2] ^ (mask & (a[2] ^ b[2])),
        b[3] ^ (mask & (a[3] ^ b[3])),
    ]
}

/// Returns `a + b` and the carry.
#[inline(always)]
pub(crate) const fn add(a: &U256, b: &U256) -> (U256, u64) {
    let (r0, carry) = adc(a[0], b[0], 0);
    let (r1, carry) = adc(a[1], b[1], carry);
    let (r2, carry) = adc(a[2], b[2], carry);
    let (r3, carry) = adc(a[3], b[3], carry);
    ([r0, r1, r2, r3], carry)
}

/// Returns `a - b` and the borrow.
#[inline(always)]
pub(crate) const fn sub(a: &U256, b: &U256) -> (U256, u64) {
    let (r0, borrow) = sbb(a[0], b[0], 0);
    let (r1, borrow) = sbb(a[1], b[1], borrow);
    let (r2, borrow) = sbb(a[2], b[2], borrow);
    let (r3, borrow) = sbb(a[3], b[3], borrow);
    ([r0, r1, r2, r3], borrow)
}

/// Returns `top * 2^256 + a` modulo `m`, for a number less than `2 * m`.
#[inline(always)]
pub(crate) const fn reduce_once(a: &U256, top: u64, m: &U256) -> U256 {
    let (reduced, borrow) = sub(a, m);
    select(((1 ^ borrow) | top).wrapping_neg(), &reduced, a)
}

/// Returns `a + b` modulo `m`, for numbers less than `m`.
#[inline(always)]
pub(crate) const fn add_mod(a: &U256, b: &U256, m: &U256) -> U256 {
    let (sum, carry) = add(a, b);
    reduce_once(&sum, carry, m)
}

/// Returns `a + m` and the carry where `mask` has ones, and `a` where it has zeroes.
#[inline(always)]
pub(crate) const fn add_masked(a: &U256, mask: u64, m: &U256) -> (U256, u64) {
    add(a, &[m[0] & mask, m[1] & mask, m[2] & mask, m[3] & mask])
}

/// Returns `a - b` modulo `m`, for numbers less than `m`.
#[inline(always)]
pub(crate) const fn sub_mod(a: &U256, b: &U256, m: &U256) -> U256 {
    let (difference, borrow) = sub(a, b);
    let (r, _) = add_masked(&difference, borrow.wrapping_neg(), m);
    r
}

/// Returns `a * b`, its low half first.
#[inline(always)]
pub(crate) const fn mul_wide(a: &U256, b: &U256) -> (U256, U256) {
    let (t0, carry) = mac(0, a[0], b[0], 0);
    let (t1, carry) = mac(0, a[1], b[0], carry);
    let (t2, carry) = mac(0, a[2], b[0], carry);
    let (t3, t4) = mac(0, a[3], b[0], carry);

    let (t1, carry) = mac(t1, a[0], b[1], 0);
    let (t2, carry) = mac(t2, a[1], b[1], carry);
    let (t3, carry) = mac(t3, a[2], b[1], carry);
    let (t4, t5) = mac(t4, a[3], b[1], carry);

    let (t2, carry) = mac(t2, a[0], b[2], 0);
    let (t3, carry) = mac(t3, a[1], b[2], carry);
    let (t4, carry) = mac(t4, a[2], b[2], carry);
    let (t5, t6) = mac(t5, a[3], b[2], carry);

    let (t3, carry) = mac(t3, a[0], b[3], 0);
    let (t4, carry) = mac(t4, a[1], b[3], carry);
    let (t5, carry) = mac(t5, a[2], b[3], carry);
    let (t6, t7) = mac(t6, a[3], b[3], carry);

    ([t0, t1, t2, t3], [t4, t5, t6, t7])
}

/// Returns the square of `a`, its low half first.
#[inline(always)]
pub(crate) const fn square_wide(a: &U256) -> (U256, U256) {
    // What stands above the diagonal, which stands below it as well.
    let (t1, carry) = mac(0, a[0], a[1], 0);
    let (t2, carry) = mac(0, a[0], a[2], carry);
    let (t3, t4) = mac(0, a[0], a[3], carry);
    let (t3, carry) = mac(t3, a[1], a[2], 0);
    let (t4, t5) = mac(t4, a[1], a[3], carry);
    let (t5, t6) = mac(t5, a[2], a[3], 0);

    let t7 = t6 >> 63;
    let t6 = (t6 << 1) | (t5 >> 63);
    let t5 = (t5 << 1) | (t4 >> 63);
    let t4 = (t4 << 1) | (t3 >> 63);
    let t3 = (t3 << 1) | (t2 >> 63);
    let t2 = (t2 << 1) | (t1 >> 63);
    let t1 = t1 << 1;

    // The diagonal.
    let (t0, high) = mac(0, a[0], a[0], 0);
    let (t1, carry) = adc(t1, high, 0);
    let (low, high) = mac(0, a[1], a[1], 0);
    let (t2, carry) = adc(t2, low, carry);
    let (t3, carry) = adc(t3, high, carry);
    let (low, high) = mac(0, a[2], a[2], 0);
    let (t4, carry) = adc(t4, low, carry);
    let (t5, carry) = adc(t5, high, carry);
    let (low, high) = mac(0, a[3], a[3], 0);
    let (t6, carry) = adc(t6, low, carry);
    let (t7, _) = adc(t7, high, carry);

    ([t0, t1, t2, t3], [t4, t5, t6, t7])
}

/// Puts `b` into `a`, which is zero, where `mask` has ones.
#[inline(always)]
pub(crate) fn put_masked(a: &mut U256, mask: u64, b: &U256) {
    for (to, from) in a.iter_mut().zip(b) {
        *to |= mask & from;
    }
}

/// Returns all ones for zero, and else zero.
#[inline(always)]
pub(crate) fn is_zero_mask(a: &U256) -> u64 {
    let any = a[0] | a[1] | a[2] | a[3];
    // The first bit of a number or of its negative is set, unless it is zero. The compiler is not
    // to know that there are but two masks, and make branches of them.
    black_box(((any | any.wrapping_neg()) >> 63).wrapping_sub(1))
}

/// Returns all ones if `a` is less than `b`, and else zero.
#[inline(always)]
pub(crate) fn less_than_mask(a: &U256, b: &U256) -> u64 {
    let (_, borrow) = sub(a, b);
    // The compiler is not to know that this is a comparison, and make one of limb after limb.
    black_box(borrow.wrapping_neg())
}

/// Reads a big-endian number.
#[inline]
pub(crate) fn from_be_bytes(bytes: &[u8; 32]) -> U256 {
    let mut a = [0; 4];
    for (limb, bytes) in a.iter_mut().zip(bytes.rchunks_exact(8)) {
        *limb = bytes.try_into().map_or(0, u64::from_be_bytes);
    }
    a
}

/// Returns a number in big-endian order.
#[inline]
pub(crate) fn to_be_bytes(a: &U256) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (to, limb) in bytes.rchunks_exact_mut(8).zip(a) {
        to.copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}
