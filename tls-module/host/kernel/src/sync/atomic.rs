// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::sync::atomic`: as much of it as is used.

use std::sync::atomic::{
    AtomicUsize,
    Ordering, //
};

/// No order but that of the object itself.
pub struct Relaxed;

/// What an [`Atomic`] may have.
pub trait AtomicType {
    /// The library's own type for it.
    type Library;
}

impl AtomicType for usize {
    type Library = AtomicUsize;
}

/// A value that many threads may change.
pub struct Atomic<T: AtomicType>(T::Library);

impl Atomic<usize> {
    /// Begins with `value`.
    pub const fn new(value: usize) -> Self {
        Self(AtomicUsize::new(value))
    }

    /// The value.
    pub fn load(&self, _: Relaxed) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Adds, and gives what was before; a sum that is too large wraps.
    pub fn fetch_add(&self, n: usize, _: Relaxed) -> usize {
        self.0.fetch_add(n, Ordering::Relaxed)
    }

    /// Subtracts, and gives what was before; a difference below 0 wraps.
    pub fn fetch_sub(&self, n: usize, _: Relaxed) -> usize {
        self.0.fetch_sub(n, Ordering::Relaxed)
    }
}
