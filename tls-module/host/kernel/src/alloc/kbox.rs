// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::alloc::kbox`.

use super::{
    allocator::{
        KVmalloc,
        Kmalloc,
        Vmalloc, //
    },
    charge,
    AllocError,
    Allocator,
    Flags, //
};

use core::{
    borrow::{
        Borrow,
        BorrowMut, //
    },
    fmt,
    marker::PhantomData,
    ops::{
        Deref,
        DerefMut, //
    },
    pin::Pin, //
};

use std::boxed::Box as StdBox;

/// A value on the heap.
pub struct Box<T: ?Sized, A: Allocator>(StdBox<T>, PhantomData<A>);

/// A box of `kmalloc()`.
pub type KBox<T> = Box<T, Kmalloc>;
/// A box of `vmalloc()`.
pub type VBox<T> = Box<T, Vmalloc>;
/// A box of `kvmalloc()`.
pub type KVBox<T> = Box<T, KVmalloc>;

impl<T, A: Allocator> Box<T, A> {
    /// Puts `x` on the heap.
    pub fn new(x: T, _flags: Flags) -> Result<Self, AllocError> {
        charge(size_of::<T>())?;
        Ok(Self(StdBox::new(x), PhantomData))
    }

    /// Puts `x` on the heap, pinned.
    pub fn pin(x: T, flags: Flags) -> Result<Pin<StdBox<T>>, AllocError> {
        Ok(StdBox::into_pin(Self::new(x, flags)?.0))
    }

    /// Takes the value out of the box.
    pub fn into_inner(b: Self) -> T {
        *b.0
    }
}

impl<T: ?Sized, A: Allocator> Deref for Box<T, A> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized, A: Allocator> DerefMut for Box<T, A> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T, A: Allocator> Borrow<T> for Box<T, A> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T, A: Allocator> BorrowMut<T> for Box<T, A> {
    fn borrow_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: ?Sized + fmt::Debug, A: Allocator> fmt::Debug for Box<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display, A: Allocator> fmt::Display for Box<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
