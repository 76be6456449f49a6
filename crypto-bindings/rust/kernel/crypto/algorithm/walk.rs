// SPDX-License-Identifier: GPL-2.0

//! Walks of scatterlists, for algorithms that work on text of any length.
//!
//! C header: [`include/crypto/scatterwalk.h`](srctree/include/crypto/scatterwalk.h)

use super::bounce::Bounce;
use crate::{
    bindings,
    ffi::{
        c_uint,
        c_void, //
    },
    types::Opaque, //
};

/// After how many bytes a walk that may sleep lets others run.
const SCHEDULE_BYTES: usize = 4096;

/// A place in a scatterlist, which moves on as bytes are read or written.
///
/// # Invariants
///
/// `walk` is a place in a scatterlist with at least `left` more bytes, which may be read and, if it
/// is written to, written until the end of the request that the list comes from.
pub(super) struct Walk {
    walk: Opaque<bindings::scatter_walk>,
    left: usize,
}

impl Walk {
    /// Begins a walk over the `len` bytes from `pos` on.
    ///
    /// # Safety
    ///
    /// `sg` is a scatterlist with at least `pos + len` bytes, and that sum fits in [`c_uint`]. They
    /// may be read, or written if that is what is done with the walk. The list stays as it is as
    /// long as the walk lives.
    pub(super) unsafe fn new(sg: *mut bindings::scatterlist, pos: usize, len: usize) -> Self {
        let walk = Opaque::zeroed();

        // Without bytes there may be no list.
        if len != 0 {
            // CAST: By the safety requirements it fits.
            //
            // SAFETY: By the safety requirements.
            unsafe { bindings::scatterwalk_start_at_pos(walk.get(), sg, pos as c_uint) };
        }

        // INVARIANT: By the safety requirements.
        Self { walk, left: len }
    }

    /// Copies bytes to `buf`: as many as it has room for, or what is left. Returns them.
    #[inline]
    pub(super) fn read<'a>(&mut self, buf: &'a mut [u8]) -> &'a mut [u8] {
        let len = buf.len().min(self.left);
        let buf = buf.split_at_mut(len).0;

        if len != 0 {
            let start = buf.as_mut_ptr().cast::<c_void>();

            // CAST: It is less than the length of a list.
            //
            // SAFETY: By the type invariants there are so many bytes in the list, and there is room
            // for them.
            unsafe { bindings::memcpy_from_scatterwalk(start, self.walk.get(), len as c_uint) };
            self.left = self.left.wrapping_sub(len);
        }
        buf
    }

    /// Copies bytes from `buf`: all of them, or as many as there is room for.
    #[inline]
    pub(super) fn write(&mut self, buf: &[u8]) {
        let len = buf.len().min(self.left);

        if len != 0 {
            // CAST: It is less than the length of a list.
            //
            // SAFETY: By the type invariants there is room for so many bytes in the list.
            unsafe {
                bindings::memcpy_to_scatterwalk(self.walk.get(), buf.as_ptr().cast(), len as c_uint)
            };
            self.left = self.left.wrapping_sub(len);
        }
    }

    /// Calls `f` with copies of the bytes that are left, `step` of them each time and what is left
    /// the last time, and writes what it makes of them to `dst`.
    ///
    /// `step` must be a result of [`Bounce::step`]. `dst` may be the same bytes. `flags` are those
    /// of the request.
    pub(super) fn transform(
        mut self,
        mut dst: Walk,
        step: usize,
        flags: u32,
        mut f: impl FnMut(&mut [u8]),
    ) {
        let mut buf = Bounce::new();
        let mut since = 0;

        while self.left != 0 {
            let bytes = self.read(buf.first(step));

            f(bytes);
            dst.write(bytes);
            breathe(&mut since, bytes.len(), flags);
        }
    }

    /// Calls `f` with copies of the bytes that are left, `step` of them each time and what is left
    /// the last time.
    ///
    /// `step` must be a result of [`Bounce::step`]. `flags` are those of the request.
    pub(super) fn for_each(mut self, step: usize, flags: u32, mut f: impl FnMut(&[u8])) {
        let mut buf = Bounce::new();
        let mut since = 0;

        while self.left != 0 {
            let bytes = self.read(buf.first(step));

            f(bytes);
            breathe(&mut since, bytes.len(), flags);
        }
    }

    /// Overwrites the bytes that are left with zeroes.
    pub(super) fn wipe(mut self) {
        while self.left != 0 {
            self.write(&[0; 64]);
        }
    }
}

/// Lets others run from time to time, if the request with these `flags` may sleep. `since` counts
/// the bytes since the last time.
#[inline]
fn breathe(since: &mut usize, bytes: usize, flags: u32) {
    *since = since.wrapping_add(bytes);
    if *since >= SCHEDULE_BYTES && flags & bindings::CRYPTO_TFM_REQ_MAY_SLEEP != 0 {
        *since = 0;
        // SAFETY: The request may sleep.
        unsafe { bindings::cond_resched() };
    }
}
