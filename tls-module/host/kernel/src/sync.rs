// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::sync`.

pub mod atomic;

use crate::alloc::{
    charge,
    AllocError,
    Flags, //
};

use core::{
    borrow::Borrow,
    fmt,
    ops::Deref, //
};

use std::sync::Arc as StdArc;

/// A counted reference.
pub struct Arc<T: ?Sized>(StdArc<T>);

impl<T> Arc<T> {
    /// Puts `contents` on the heap.
    pub fn new(contents: T, _flags: Flags) -> Result<Self, AllocError> {
        charge(size_of::<T>() + size_of::<usize>())?;
        Ok(Self(StdArc::new(contents)))
    }
}

impl<T: ?Sized> Arc<T> {
    /// Whether both are the same object.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        StdArc::ptr_eq(&this.0, &other.0)
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for Arc<T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
