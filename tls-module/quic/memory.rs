// SPDX-License-Identifier: GPL-2.0

//! The memory that all connections of an endpoint hold together.
//!
//! Each has a bound of its own ([`limits::MAX_CONNECTION_BYTES`]), but so many of them at once are
//! not meant to be. Where together they hold more than the endpoint may, no connection is taken in,
//! and those that there are get by with little: what a peer acknowledges makes room for the next
//! bytes to it, and a peer that makes its connection keep what cannot be read loses it.
//!
//! [`limits::MAX_CONNECTION_BYTES`]: super::limits::MAX_CONNECTION_BYTES

use kernel::sync::{
    atomic::{
        Atomic,
        Relaxed, //
    },
    Arc, //
};

/// What an endpoint may hold, and holds.
pub struct Memory {
    limit: usize,
    held: Atomic<usize>,
}

impl Memory {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            held: Atomic::new(0),
        }
    }

    /// How many bytes are held.
    pub fn held(&self) -> usize {
        self.held.load(Relaxed)
    }

    /// Whether there is no more to be had.
    pub fn is_short(&self) -> bool {
        self.held() >= self.limit
    }

    /// Whether half of it is gone.
    pub(super) fn is_half_gone(&self) -> bool {
        self.held() >= self.limit / 2
    }
}

/// What one holder has of it; given back when this is dropped.
///
/// # Invariants
///
/// `held` is counted in `memory`.
pub struct Share {
    memory: Arc<Memory>,
    held: usize,
}

impl Share {
    /// A holder of nothing.
    pub const fn new(memory: Arc<Memory>) -> Self {
        Self { memory, held: 0 }
    }

    /// How many bytes it has.
    pub const fn held(&self) -> usize {
        self.held
    }

    /// Whether the endpoint has no more to be had.
    pub fn is_short(&self) -> bool {
        self.memory.is_short()
    }

    /// Says how many bytes it has now.
    pub fn set(&mut self, bytes: usize) {
        // INVARIANT: The difference is counted. More than all memory is held by no one, so no sum is
        // too large.
        match bytes.checked_sub(self.held) {
            Some(more) => self.memory.held.fetch_add(more, Relaxed),
            None => {
                let less = self.held.saturating_sub(bytes);
                self.memory.held.fetch_sub(less, Relaxed)
            }
        };
        self.held = bytes;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::prelude::GFP_KERNEL;

    #[test]
    fn shares_add_up() {
        let memory = Arc::new(Memory::new(100), GFP_KERNEL).unwrap();
        let mut a = Share::new(memory.clone());
        let mut b = Share::new(memory.clone());
        a.set(30);
        b.set(30);
        assert!(memory.is_half_gone() && !memory.is_short());
        b.set(70);
        assert!(a.is_short());
        a.set(10);
        assert_eq!((memory.held(), a.held()), (80, 10));
        drop(b);
        assert_eq!(memory.held(), 10);
        drop(a);
        assert_eq!(memory.held(), 0);
    }
}
