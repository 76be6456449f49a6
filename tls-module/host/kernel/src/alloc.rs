// SPDX-License-Identifier: GPL-2.0

//! Memory, as `kernel::alloc` has it, over the host's allocator.

mod kbox;
mod kvec;

use core::cell::Cell;

pub use self::{
    kbox::{
        Box,
        KBox,
        KVBox,
        VBox, //
    },
    kvec::{
        IntoIter,
        KVVec,
        KVec,
        PushError,
        RemoveError,
        VVec,
        Vec, //
    }, //
};

/// Memory could not be had.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct AllocError;

/// Flags of an allocation.
#[derive(Clone, Copy, PartialEq)]
pub struct Flags(u32);

impl Flags {
    /// Whether all of `flags` are in `self`.
    pub fn contains(self, flags: Flags) -> bool {
        (self & flags) == flags
    }
}

impl core::ops::BitOr for Flags {
    type Output = Self;
    fn bitor(self, rhs: Self) -> Self {
        Self(self.0 | rhs.0)
    }
}

impl core::ops::BitAnd for Flags {
    type Output = Self;
    fn bitand(self, rhs: Self) -> Self {
        Self(self.0 & rhs.0)
    }
}

impl core::ops::Not for Flags {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// The flags.
pub mod flags {
    use super::Flags;

    pub const __GFP_ZERO: Flags = Flags(1 << 0);
    pub const __GFP_HIGHMEM: Flags = Flags(1 << 1);
    pub const __GFP_NOWARN: Flags = Flags(1 << 2);
    pub const GFP_ATOMIC: Flags = Flags(1 << 3);
    pub const GFP_KERNEL: Flags = Flags(1 << 4);
    pub const GFP_KERNEL_ACCOUNT: Flags = Flags(1 << 4 | 1 << 5);
    pub const GFP_NOWAIT: Flags = Flags(1 << 6);
}

mod sealed {
    pub trait Sealed {}
}

/// An allocator; only the kernel's own.
pub trait Allocator: sealed::Sealed {}

/// The kernel's allocators.
pub mod allocator {
    /// `kmalloc()`.
    pub struct Kmalloc;
    /// `vmalloc()`.
    pub struct Vmalloc;
    /// `kvmalloc()`.
    pub struct KVmalloc;

    impl super::sealed::Sealed for Kmalloc {}
    impl super::sealed::Sealed for Vmalloc {}
    impl super::sealed::Sealed for KVmalloc {}
    impl super::Allocator for Kmalloc {}
    impl super::Allocator for Vmalloc {}
    impl super::Allocator for KVmalloc {}
}

/// `kmalloc()` refuses more than this (`KMALLOC_MAX_SIZE` with 4 KiB pages).
pub const KMALLOC_MAX_SIZE: usize = 4 << 20;

std::thread_local! {
    static FAIL_IN: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Makes this thread's `n`th allocation from now (0 is the next) and all after it fail; with
/// [`None`], none fails any more. Returns whether an allocation has failed since the last call.
pub fn fail_nth(n: Option<usize>) -> bool {
    FAIL_IN.with(|left| left.replace(n.map(|n| n + 1)) == Some(0))
}

/// Asks whether memory for `bytes` can be had.
pub(crate) fn charge(bytes: usize) -> Result<(), AllocError> {
    if bytes == 0 {
        return Ok(());
    }
    if bytes > KMALLOC_MAX_SIZE {
        return Err(AllocError);
    }
    FAIL_IN.with(|left| match left.get() {
        None => Ok(()),
        Some(0 | 1) => {
            left.set(Some(0));
            Err(AllocError)
        }
        Some(n) => {
            left.set(Some(n - 1));
            Ok(())
        }
    })
}
