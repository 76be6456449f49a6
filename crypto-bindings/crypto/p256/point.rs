// SPDX-License-Identifier: GPL-2.0

//! The curve `y^2 = x^3 - 3 * x + b` over the field of P-256.
//!
//! # Points
//!
//! [`Point`] has Jacobian coordinates: `(X, Y, Z)` stands for `x = X / Z^2`, `y = Y / Z^3`, and for
//! the point at infinity if `Z` is zero. Doubling and additions are the usual formulas for them
//! with `a = -3` (Hankerson, Menezes and Vanstone, "Guide to Elliptic Curve Cryptography", section
//! 3.2). The group has prime order and no point with `y = 0`, so that doubling has no exceptions.
//! Addition has: it is wrong if both points are the same, or one is the point at infinity.
//! [`Point::add_complete`] is not.
//!
//! # Multiplication in constant time
//!
//! A scalar `k` that is odd and less than `2^256` is written with odd digits only (Joye and
//! Tunstall, "Exponent Recoding and Regular Exponentiation Algorithms", 2009). In windows of `w`
//! bits, digit `i` is `2 * b - (2^w - 1)`, where `b` is what stands in the `w` bits of `k` from bit
//! `w * i + 1` on; a one goes before the first digit. Thus no digit is zero, there is nothing to
//! carry, every scalar takes the same additions, and a table needs the odd multiples only, with
//! their sign put on after the look-up. An even `k` is replaced with `n - k`, and the result with
//! its negative.
//!
//! That additions have no exceptions but in the last one is seen as follows. Count the sum so far
//! and the digit `d` to be added with their weight in the result: they are `m * 2^(j + w)` with `m`
//! at least one, and `d * 2^j` with `d` odd and less than `2^w`. So neither their sum nor their
//! difference is zero; both are positive and at most `2^256 - 1`, which is what the largest digits
//! make, hence less than `2 * n`; and for `j > 0` they are even, hence not `n`. Thus the two points
//! are not the same, nor each other's negative. For `j = 0` they may be, for two values of `k` or
//! so, and this addition is a complete one.

use super::{
    arith::{
        self,
        U256, //
    },
    field::{
        Element,
        P, //
    },
    scalar::{
        Scalar,
        N, //
    }, //
};
use core::hint::black_box;
use kernel::{
    crypto::zeroize,
    prelude::*, //
};

/// The coefficient `b`.
const B: Element = Element::from_u256(&[
    0x3bce_3c3e_27d2_604b,
    0x651d_06b0_cc53_b0f6,
    0xb3eb_bd55_7698_86bc,
    0x5ac6_35d8_aa3a_93e7,
]);

/// The base point.
const G: Affine = Affine {
    x: Element::from_u256(&[
        0xf4a1_3945_d898_c296,
        0x7703_7d81_2deb_33a0,
        0xf8bc_e6e5_63a4_40f2,
        0x6b17_d1f2_e12c_4247,
    ]),
    y: Element::from_u256(&[
        0xcbb6_4068_37bf_51f5,
        0x2bce_3357_6b31_5ece,
        0x8ee7_eb4a_7c0f_9e16,
        0x4fe3_42e2_fe1a_7f9b,
    ]),
};

/// Bits in a window of a scalar that multiplies the base point.
const BASE_WINDOW: u32 = 4;

/// Windows of a scalar that multiplies the base point, the one before the first digit among them.
const BASE_WINDOWS: usize = 64;

/// Odd multiples in a window's table: 1, 3, ... 15.
const BASE_MULTIPLES: usize = 8;

/// Bits in a window of a scalar that multiplies another point.
const WINDOW: u32 = 5;

/// Windows of a scalar that multiplies another point.
const WINDOWS: usize = 51;

/// Odd multiples in that point's table: 1, 3, ... 31.
const MULTIPLES: usize = 16;

/// The odd multiples of `16^i` times the base point, for each window `i`.
#[expect(long_running_const_eval)]
static BASE_TABLE: [[Affine; BASE_MULTIPLES]; BASE_WINDOWS] = base_table();

const _: () = assert!(size_of::<[[Affine; BASE_MULTIPLES]; BASE_WINDOWS]>() == 32 << 10);

/// A point of the curve that is not the point at infinity.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Affine {
    x: Element,
    y: Element,
}

impl Affine {
    /// Takes a point as its big-endian coordinates, which are taken to be public.
    ///
    /// `None` if they are no coordinates, or not those of a point of the curve.
    pub(crate) fn from_be_bytes(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        let x = Element::from_be_bytes(x)?;
        let y = Element::from_be_bytes(y)?;
        // x^3 - 3 * x + b
        let right = x.square().mul(&x).sub(&x).sub(&x).sub(&x).add(&B);
        if y.square().sub(&right).is_zero_mask() == 0 {
            return None;
        }
        Some(Self { x, y })
    }

    /// Returns the first coordinate.
    pub(crate) fn x(&self) -> Element {
        self.x
    }

    /// Returns the second coordinate.
    pub(crate) fn y(&self) -> Element {
        self.y
    }

    /// Overwrites the coordinates with zeroes.
    pub(crate) fn wipe(&mut self) {
        self.x.wipe();
        self.y.wipe();
    }

    /// Returns the negative where `mask` has ones, and the point itself where it has zeroes.
    #[inline(always)]
    fn negate_if(&self, mask: u64) -> Self {
        Self {
            x: self.x,
            y: Element::select(mask, &self.y.neg(), &self.y),
        }
    }
}

/// A point of the curve.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    x: Element,
    y: Element,
    z: Element,
}

impl Point {
    /// Takes an affine point.
    const fn from_affine(p: &Affine) -> Self {
        Self {
            x: p.x,
            y: p.y,
            z: Element::ONE,
        }
    }

    /// Returns the affine point; of the point at infinity it makes `(0, 0)`.
    pub(crate) const fn affine(&self) -> Affine {
        self.with_inverse(&self.z.invert())
    }

    /// Returns the affine point, given the inverse of `z`.
    const fn with_inverse(&self, inverse: &Element) -> Affine {
        let square = inverse.square();
        Affine {
            x: self.x.mul(&square),
            y: self.y.mul(&square).mul(inverse),
        }
    }

    /// Overwrites the coordinates with zeroes.
    pub(crate) fn wipe(&mut self) {
        self.x.wipe();
        self.y.wipe();
        self.z.wipe();
    }

    /// Returns twice the point, in 4 multiplications and 4 squarings.
    ///
    /// These are the usual formulas with all coordinates divided by their powers of two: `z` is
    /// `y * z` instead of `2 * y * z`.
    #[inline]
    const fn double(&self) -> Self {
        let z2 = self.z.square();
        // 3/2 * (x - z^2) * (x + z^2)
        let m = self.x.sub(&z2).mul(&self.x.add(&z2));
        let m = m.half().add(&m);
        let y2 = self.y.square();
        // x * y^2
        let s = y2.mul(&self.x);
        let x = m.square().sub(&s).sub(&s);
        let y = s.sub(&x).mul(&m).sub(&y2.square());
        Self {
            x,
            y,
            z: self.y.mul(&self.z),
        }
    }

    /// Returns the sum of two different points of which none is the point at infinity, in 12
    /// multiplications and 4 squarings.
    #[inline]
    const fn add(&self, other: &Self) -> Self {
        let (u1, s1, h, r) = self.with_one_z(other);
        let (sum, _) = Self::chord(&u1, &s1, &h, &r, &self.z.mul(&other.z));
        sum
    }

    /// Returns the sum of two different points of which the first is not the point at infinity, in
    /// 8 multiplications and 3 squarings.
    #[inline]
    const fn add_affine(&self, other: &Affine) -> Self {
        let z1 = self.z.square();
        let h = other.x.mul(&z1).sub(&self.x);
        let r = other.y.mul(&z1).mul(&self.z).sub(&self.y);
        let (sum, _) = Self::chord(&self.x, &self.y, &h, &r, &self.z);
        sum
    }

    /// Returns the sum of two different points that have the same `z`, and the first of them with
    /// the `z` of the sum, in 5 multiplications and 2 squarings (Meloni, "New Point Addition
    /// Formulae for ECC Applications", 2007).
    #[inline]
    const fn add_same_z(&self, other: &Self) -> (Self, Self) {
        let h = other.x.sub(&self.x);
        let r = other.y.sub(&self.y);
        Self::chord(&self.x, &self.y, &h, &r, &self.z)
    }

    /// Returns this point as `(u1, s1)` and another as `(u1 + h, s1 + r)`, with the product of
    /// their `z` for both: `(u1, s1, h, r)`.
    #[inline(always)]
    const fn with_one_z(&self, other: &Self) -> (Element, Element, Element, Element) {
        let z1 = self.z.square();
        let z2 = other.z.square();
        let u1 = self.x.mul(&z2);
        let h = other.x.mul(&z1).sub(&u1);
        let s1 = self.y.mul(&z2).mul(&other.z);
        let r = other.y.mul(&z1).mul(&self.z).sub(&s1);
        (u1, s1, h, r)
    }

    /// Returns the sum of `(u1, s1)` and `(u1 + h, s1 + r)`, both with the same `z`, and the first
    /// of them with the `z` of the sum.
    #[inline(always)]
    const fn chord(
        u1: &Element,
        s1: &Element,
        h: &Element,
        r: &Element,
        z: &Element,
    ) -> (Self, Self) {
        let h2 = h.square();
        let h3 = h2.mul(h);
        let z = z.mul(h);
        let first = Self {
            x: u1.mul(&h2),
            y: s1.mul(&h3),
            z,
        };
        let x = r.square().sub(&h3).sub(&first.x).sub(&first.x);
        let y = first.x.sub(&x).mul(r).sub(&first.y);
        (Self { x, y, z }, first)
    }

    /// Returns the sum of two points, whichever they are.
    pub(crate) fn add_complete(&self, other: &Self) -> Self {
        let (u1, s1, h, r) = self.with_one_z(other);

        // With `h` zero, `z` becomes zero as well, which is right for a point and its negative.
        let (sum, _) = Self::chord(&u1, &s1, &h, &r, &self.z.mul(&other.z));
        let same = h.is_zero_mask() & r.is_zero_mask();
        let sum = Self::select(same, &self.double(), &sum);
        let sum = Self::select(self.z.is_zero_mask(), other, &sum);
        Self::select(other.z.is_zero_mask(), self, &sum)
    }

    /// Returns `a` where `mask` has ones, and `b` where it has zeroes.
    #[inline(always)]
    fn select(mask: u64, a: &Self, b: &Self) -> Self {
        Self {
            x: Element::select(mask, &a.x, &b.x),
            y: Element::select(mask, &a.y, &b.y),
            z: Element::select(mask, &a.z, &b.z),
        }
    }

    /// Returns the negative where `mask` has ones, and the point itself where it has zeroes.
    #[inline(always)]
    fn negate_if(&self, mask: u64) -> Self {
        Self {
            x: self.x,
            y: Element::select(mask, &self.y.neg(), &self.y),
            z: self.z,
        }
    }

    /// Returns whether the point's first coordinate is `r` modulo `n`, all of which is public.
    pub(crate) fn has_x(&self, r: &Scalar) -> bool {
        if self.z.is_zero_mask() != 0 {
            return false;
        }
        let z2 = self.z.square();
        let is = |x: &U256| Element::from_u256(x).mul(&z2).sub(&self.x).is_zero_mask() != 0;

        // `p` is more than `n`, by less than `n`.
        let r = r.to_u256();
        let (more, carry) = arith::add(&r, &N);
        is(&r) || (carry == 0 && arith::less_than_mask(&more, &P) != 0 && is(&more))
    }
}

/// A scalar prepared for a multiplication.
///
/// It is wiped when dropped.
struct Digits {
    /// The windows not yet taken, the next one in the high bits.
    bits: U256,
    /// All ones if it was the negative that has been prepared.
    negated: u64,
}

impl Digits {
    /// Takes a scalar that is not zero, or its negative, whichever is odd.
    fn new(k: &Scalar) -> Self {
        let even = black_box((k.to_u256()[0] & 1).wrapping_sub(1));
        Self {
            bits: Scalar::select(even, &k.neg(), k).to_u256(),
            negated: even,
        }
    }

    /// Puts the one that goes before the first digit into a window of its own. (It is for a width
    /// that divides 256.)
    fn with_first_window(mut self) -> Self {
        let [a, b, c, d] = self.bits;
        self.bits = [
            (a >> 1) | (b << 63),
            (b >> 1) | (c << 63),
            (c >> 1) | (d << 63),
            (d >> 1) | (1 << 63),
        ];
        self
    }

    /// Takes a digit from the next window: which odd multiple it stands for, counted from zero, and
    /// a mask that has ones if it is to be negated.
    #[inline(always)]
    fn next(&mut self, width: u32) -> (u64, u64) {
        let [a, b, c, d] = self.bits;
        let up = 64u32.wrapping_sub(width);
        self.bits = [
            a << width,
            (b << width) | (a >> up),
            (c << width) | (b >> up),
            (d << width) | (c >> up),
        ];

        // The compiler is not to know how many values there are, and make branches of them.
        let window = black_box(d >> up);
        let top = width.wrapping_sub(1);
        let negative = black_box((window >> top).wrapping_sub(1));
        (
            (window ^ negative) & (1u64 << top).wrapping_sub(1),
            negative,
        )
    }
}

impl Drop for Digits {
    fn drop(&mut self) {
        zeroize(self.bits.as_mut_bytes());
        zeroize(self.negated.as_mut_bytes());
    }
}

/// Returns all ones if two small numbers are equal, and else zero.
#[inline(always)]
fn equal_mask(a: u64, b: u64) -> u64 {
    // Only of zero does the predecessor have the first bit set. The compiler is not to know that
    // this is a comparison: it would jump over entries that were not asked for.
    black_box(((a ^ b).wrapping_sub(1) >> 63).wrapping_neg())
}

/// Returns an entry of a table of affine points, all of which is read.
#[inline(always)]
fn look_up_affine(table: &[Affine], index: u64) -> Affine {
    let mut found = Affine {
        x: Element::ZERO,
        y: Element::ZERO,
    };
    for (i, entry) in (0u64..).zip(table) {
        let mask = equal_mask(i, index);
        found.x.put_masked(mask, &entry.x);
        found.y.put_masked(mask, &entry.y);
    }
    found
}

/// Returns an entry of a table of points, all of which is read.
#[inline(always)]
fn look_up(table: &[Point], index: u64) -> Point {
    let mut found = Point {
        x: Element::ZERO,
        y: Element::ZERO,
        z: Element::ZERO,
    };
    for (i, entry) in (0u64..).zip(table) {
        let mask = equal_mask(i, index);
        found.x.put_masked(mask, &entry.x);
        found.y.put_masked(mask, &entry.y);
        found.z.put_masked(mask, &entry.z);
    }
    found
}

/// Returns `k` times the base point, for a scalar that is not zero.
pub(crate) fn mul_base(k: &Scalar) -> Point {
    let mut digits = Digits::new(k).with_first_window();
    let [lowest, others @ .., highest] = &BASE_TABLE;

    // The highest digit is positive.
    let (index, _) = digits.next(BASE_WINDOW);
    let mut sum = Point::from_affine(&look_up_affine(highest, index));
    for table in others.iter().rev() {
        let (index, negative) = digits.next(BASE_WINDOW);
        sum = sum.add_affine(&look_up_affine(table, index).negate_if(negative));
    }
    let (index, negative) = digits.next(BASE_WINDOW);
    let last = look_up_affine(lowest, index).negate_if(negative);
    sum = sum.add_complete(&Point::from_affine(&last));
    sum.negate_if(digits.negated)
}

/// Returns the odd multiples of a point: 1, 3, ... 31.
///
/// No addition meets an exception: twice the point is not the same as an odd multiple up to the
/// 29th, nor its negative.
fn odd_multiples(p: &Affine) -> [Point; MULTIPLES] {
    let p = Point::from_affine(p);
    // With a `z` of one, that of the double is `y`: the point itself is to have the same.
    let mut twice = p.double();
    let y2 = p.y.square();
    let mut last = Point {
        x: p.x.mul(&y2),
        y: y2.square(),
        z: p.y,
    };

    let mut multiples = [p; MULTIPLES];
    for multiple in multiples.iter_mut().skip(1) {
        (last, twice) = twice.add_same_z(&last);
        *multiple = last;
    }
    multiples
}

/// Returns `k` times a point, for a scalar that is not zero.
pub(crate) fn mul(k: &Scalar, p: &Affine) -> Point {
    let table = odd_multiples(p);
    let mut digits = Digits::new(k);
    // The one before the first digit.
    let mut sum = Point::from_affine(p);
    for _ in 1..WINDOWS {
        for _ in 0..WINDOW {
            sum = sum.double();
        }
        let (index, negative) = digits.next(WINDOW);
        sum = sum.add(&look_up(&table, index).negate_if(negative));
    }
    for _ in 0..WINDOW {
        sum = sum.double();
    }
    let (index, negative) = digits.next(WINDOW);
    sum = sum.add_complete(&look_up(&table, index).negate_if(negative));
    sum.negate_if(digits.negated)
}

/// Computes [`BASE_TABLE`]. (This runs in the compiler only, where an index out of range would be
/// an error.)
const fn base_table() -> [[Affine; BASE_MULTIPLES]; BASE_WINDOWS] {
    let mut points = [[Point::from_affine(&G); BASE_MULTIPLES]; BASE_WINDOWS];
    // The product of the `z` of all points before.
    let mut products = [[Element::ONE; BASE_MULTIPLES]; BASE_WINDOWS];
    let mut product = Element::ONE;

    let mut base = Point::from_affine(&G);
    let mut i = 0;
    while i < BASE_WINDOWS {
        let twice = base.double();
        let mut multiple = base;
        let mut j = 0;
        while j < BASE_MULTIPLES {
            points[i][j] = multiple;
            products[i][j] = product;
            product = product.mul(&multiple.z);
            multiple = multiple.add(&twice);
            j += 1;
        }
        base = twice.double().double().double();
        i += 1;
    }

    // One inversion is for all.
    let mut inverse = product.invert();
    let mut table = [[G; BASE_MULTIPLES]; BASE_WINDOWS];
    while i > 0 {
        i -= 1;
        let mut j = BASE_MULTIPLES;
        while j > 0 {
            j -= 1;
            let point = &points[i][j];
            table[i][j] = point.with_inverse(&inverse.mul(&products[i][j]));
            inverse = inverse.mul(&point.z);
        }
    }
    table
}
