// SPDX-License-Identifier: GPL-2.0

//! Scalars: integers modulo `n`, the prime order of P-256.

use super::{
    arith::{
        self,
        mac,
        U256, //
    },
    declassify, //
};
use kernel::{
    crypto::zeroize,
    prelude::*, //
};

/// The order of the group.
pub(crate) const N: U256 = [
    0xf3b9_cac2_fc63_2551,
    0xbce6_faad_a717_9e84,
    0xffff_ffff_ffff_ffff,
    0xffff_ffff_0000_0000,
];

/// The negative inverse of `n` modulo `2^64`.
const N0: u64 = 0xccd1_c8aa_ee00_bc4f;

/// `R^2` modulo `n`, with `R = 2^256`.
const RR: U256 = [
    0x8324_4c95_be79_eea2,
    0x4699_799c_49bd_6fa6,
    0x2845_b239_2b6b_ec59,
    0x66e1_2d94_f3d9_5620,
];

/// Of `n - 2` the low 128 bits, from the first one on: how often to square, and the power to
/// multiply with then, of which only odd ones are used.
const LOW_BITS: [(u32, usize); 27] = [
    (4, 11),
    (2, 3),
    (5, 7),
    (6, 13),
    (4, 15),
    (4, 5),
    (5, 11),
    (5, 13),
    (5, 7),
    (7, 11),
    (2, 3),
    (6, 15),
    (2, 1),
    (8, 9),
    (3, 7),
    (5, 7),
    (4, 7),
    (5, 7),
    (5, 5),
    (3, 3),
    (8, 11),
    (4, 15),
    (5, 3),
    (5, 3),
    (6, 9),
    (4, 5),
    (6, 15),
];

/// A scalar.
///
/// # Invariants
///
/// The number is less than `n`.
#[derive(Clone, Copy)]
pub(crate) struct Scalar(U256);

impl Scalar {
    /// Takes a number; `None` if it is not less than `n`.
    ///
    /// Who can measure the time learns that of the number, and no more.
    pub(crate) fn from_u256(a: &U256) -> Option<Self> {
        if !declassify(arith::less_than_mask(a, &N)) {
            return None;
        }
        // INVARIANT: It is less, as was just seen.
        Some(Self(*a))
    }

    /// Takes a big-endian number; `None` if it is not less than `n`, as above.
    pub(crate) fn from_be_bytes(bytes: &[u8; 32]) -> Option<Self> {
        Self::from_u256(&arith::from_be_bytes(bytes))
    }

    /// Takes a number modulo `n`.
    pub(crate) fn reduced(a: &U256) -> Self {
        // INVARIANT: 256 bits hold less than twice `n`.
        Self(arith::reduce_once(a, 0, &N))
    }

    /// Returns the number.
    pub(crate) fn to_u256(self) -> U256 {
        self.0
    }

    /// Returns the number in big-endian order.
    pub(crate) fn to_be_bytes(self) -> [u8; 32] {
        arith::to_be_bytes(&self.0)
    }

    /// Returns whether the number is zero, which is taken to be public.
    pub(crate) fn is_zero(&self) -> bool {
        declassify(arith::is_zero_mask(&self.0))
    }

    /// Overwrites the number with zero.
    pub(crate) fn wipe(&mut self) {
        zeroize(self.0.as_mut_bytes());
    }

    /// Returns the sum.
    pub(crate) fn add(&self, other: &Self) -> Self {
        // INVARIANT: The sum is reduced.
        Self(arith::add_mod(&self.0, &other.0, &N))
    }

    /// Returns the negative.
    pub(crate) fn neg(&self) -> Self {
        // INVARIANT: The difference is reduced.
        Self(arith::sub_mod(&[0; 4], &self.0, &N))
    }

    /// Returns `a` where `mask` has ones, and `b` where it has zeroes.
    pub(crate) fn select(mask: u64, a: &Self, b: &Self) -> Self {
        // INVARIANT: With a mask of all ones or all zeroes, it is one of the two.
        Self(arith::select(mask, &a.0, &b.0))
    }

    /// Takes a limb off the low end: returns `(a + m * n) / 2^64` with the `m` that makes it whole.
    ///
    /// That is less than `2^192 + n`, hence has room in four limbs.
    #[inline(always)]
    fn shift(a: U256) -> U256 {
        let m = a[0].wrapping_mul(N0);
        let (_, carry) = mac(a[0], m, N[0], 0);
        let (r0, carry) = mac(a[1], m, N[1], carry);
        let (r1, carry) = mac(a[2], m, N[2], carry);
        let (r2, r3) = mac(a[3], m, N[3], carry);
        [r0, r1, r2, r3]
    }

    /// Returns `(high * R + low) / R`, for a number less than `n * R`.
    #[inline(always)]
    fn reduce(low: &U256, high: &U256) -> Self {
        // At most `n` comes out of the low half, and less than `n` is in the high one.
        let low = Self::shift(Self::shift(Self::shift(Self::shift(*low))));
        let (sum, carry) = arith::add(&low, high);
        // INVARIANT: What is less than `2 * n` comes out less than `n`.
        Self(arith::reduce_once(&sum, carry, &N))
    }

    /// Returns `self * other / R`.
    fn montgomery_mul(&self, other: &Self) -> Self {
        let (low, high) = arith::mul_wide(&self.0, &other.0);
        Self::reduce(&low, &high)
    }

    /// Squares a number in Montgomery form `n` times.
    fn montgomery_squares(&self, n: u32) -> Self {
        let mut r = *self;
        for _ in 0..n {
            let (low, high) = arith::square_wide(&r.0);
            r = Self::reduce(&low, &high);
        }
        r
    }

    /// Returns the product.
    pub(crate) fn mul(&self, other: &Self) -> Self {
        self.montgomery_mul(other).montgomery_mul(&Self(RR))
    }

    /// Returns the inverse, and zero for zero: the number to the power of `n - 2`.
    pub(crate) fn invert(&self) -> Self {
        let mut x1 = self.montgomery_mul(&Self(RR));
        let mut square = x1.montgomery_squares(1);

        // The odd powers up to the 15th.
        let mut odd = [x1; 8];
        let mut last = x1;
        for power in odd.iter_mut().skip(1) {
            last = last.montgomery_mul(&square);
            *power = last;
        }

        // The high 128 bits of n - 2: 32 ones, 32 zeroes, 64 ones. xN stands for N ones.
        let mut x4 = odd[7];
        let mut x8 = x4.montgomery_squares(4).montgomery_mul(&x4);
        let mut x16 = x8.montgomery_squares(8).montgomery_mul(&x8);
        let mut x32 = x16.montgomery_squares(16).montgomery_mul(&x16);
        let mut r = x32
            .montgomery_squares(64)
            .montgomery_mul(&x32)
            .montgomery_squares(32)
            .montgomery_mul(&x32);

        // The low ones.
        for (squares, power) in LOW_BITS {
            r = r
                .montgomery_squares(squares)
                .montgomery_mul(&odd[(power / 2) % 8]);
        }

        let inverse = r.montgomery_mul(&Self([1, 0, 0, 0]));
        odd.iter_mut().for_each(Self::wipe);
        for secret in [
            &mut x1,
            &mut square,
            &mut last,
            &mut x4,
            &mut x8,
            &mut x16,
            &mut x32,
            &mut r,
        ] {
            secret.wipe();
        }
        inverse
    }
}

/// A scalar that is wiped when dropped.
pub(crate) struct SecretScalar(Scalar);

impl SecretScalar {
    /// Takes a scalar over.
    pub(crate) fn new(scalar: Scalar) -> Self {
        Self(scalar)
    }
}

impl core::ops::Deref for SecretScalar {
    type Target = Scalar;

    fn deref(&self) -> &Scalar {
        &self.0
    }
}

impl Drop for SecretScalar {
    fn drop(&mut self) {
        self.0.wipe();
    }
}
