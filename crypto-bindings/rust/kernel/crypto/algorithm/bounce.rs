// SPDX-License-Identifier: GPL-2.0

//! Copies of operands, for algorithms to work on.
//!
//! Operands may be in pages that user space has mapped, and change while they are looked at. No
//! Rust reference to such bytes may exist.

use crate::{
    bindings,
    crypto::zeroize, //
};

/// A buffer on the stack for a part of an operand, wiped when dropped.
pub(super) struct Bounce([u8; Bounce::SIZE]);

impl Bounce {
    /// How many bytes there is room for: so many that copying them costs little next to what
    /// algorithms do with them, and a multiple of the size of most blocks.
    pub(super) const SIZE: usize = 512;

    /// The most bytes that are a multiple of `unit`, which must be at least 1 and at most
    /// [`SIZE`](Bounce::SIZE).
    pub(super) const fn step(unit: usize) -> usize {
        assert!(0 < unit && unit <= Self::SIZE, "the unit is out of range");
        Self::SIZE - Self::SIZE % unit
    }

    #[inline]
    pub(super) fn new() -> Self {
        Self([0; Self::SIZE])
    }

    /// Returns the first bytes, of which there are `len` or as many as there is room for.
    #[inline]
    pub(super) fn first(&mut self, len: usize) -> &mut [u8] {
        self.0.split_at_mut(len.min(Self::SIZE)).0
    }

    /// Returns a copy of the `len` bytes at `data`, or of as many as there is room for.
    ///
    /// # Safety
    ///
    /// `data` is valid for reads of `len` bytes, which others may write at the same time.
    #[inline]
    pub(super) unsafe fn fill(&mut self, data: *const u8, len: usize) -> &mut [u8] {
        let buf = self.first(len);

        // A call of the C function: as far as Rust is concerned, nothing here reads memory that
        // could change.
        //
        // SAFETY: By the safety requirements, and there is room for so many bytes.
        unsafe { bindings::memcpy(buf.as_mut_ptr().cast(), data.cast(), buf.len()) };
        buf
    }

    /// Calls `f` with copies of the `len` bytes at `data`, `step` of them each time and what is
    /// left the last time. `step` must be a result of [`step`](Bounce::step).
    ///
    /// # Safety
    ///
    /// As for [`fill`](Bounce::fill).
    #[inline]
    pub(super) unsafe fn for_each(
        &mut self,
        mut data: *const u8,
        len: usize,
        step: usize,
        mut f: impl FnMut(&[u8]),
    ) {
        let mut left = len;

        while left != 0 {
            let n = left.min(step);

            // SAFETY: There are so many bytes left.
            f(unsafe { self.fill(data, n) });
            data = data.wrapping_add(n);
            left = left.wrapping_sub(n);
        }
    }
}

impl Drop for Bounce {
    #[inline]
    fn drop(&mut self) {
        zeroize(&mut self.0);
    }
}
