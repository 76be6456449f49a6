// SPDX-License-Identifier: GPL-2.0

//! A queue in which a number finds its element: what is sent, by packet number.

use kernel::{
    error::Result,
    prelude::*, //
};

use super::codec::{
    to_u64,
    to_usize, //
};

/// Elements numbered in the order they came, of which any may be taken out.
///
/// # Invariants
///
/// - The length of `slots` is 0 or a power of two.
/// - Element `n` is in slot `n & (slots.len() - 1)`, for `first <= n < end`; every other slot is
///   empty.
/// - `end - first` is at most the length of `slots`.
pub(super) struct Ring<T> {
    slots: KVec<Option<T>>,
    first: u64,
    end: u64,
}

impl<T> Ring<T> {
    pub(super) const fn new() -> Self {
        Self {
            slots: KVec::new(),
            first: 0,
            end: 0,
        }
    }

    /// The lowest number that may be there.
    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    /// The number of the next element.
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    /// How many bytes of memory it has.
    pub(super) fn bytes_held(&self) -> usize {
        self.slots.capacity().saturating_mul(size_of::<Option<T>>())
    }

    fn slot(&self, n: u64) -> usize {
        to_usize(n & to_u64(self.slots.len().saturating_sub(1)))
    }

    /// Makes sure that the next [`Ring::push`] has room.
    pub(super) fn reserve(&mut self) -> Result {
        let len = self.slots.len();
        if self.end.saturating_sub(self.first) < to_u64(len) {
            return Ok(());
        }
        let new = len.saturating_mul(2).max(16);
        let mut slots = KVec::with_capacity(new, GFP_KERNEL)?;
        for _ in 0..new {
            slots.push(None, GFP_KERNEL)?;
        }
        // INVARIANT: Each element goes to the slot that the new length has for it; numbers in a
        // range as long as the slots at most have slots of their own.
        for n in self.first..self.end {
            let old = self.slot(n);
            let element = self.slots.get_mut(old).and_then(Option::take);
            let at = to_usize(n & to_u64(new.saturating_sub(1)));
            if let Some(slot) = slots.get_mut(at) {
                *slot = element;
            }
        }
        self.slots = slots;
        Ok(())
    }

    /// Adds an element; gives its number.
    pub(super) fn push(&mut self, element: T) -> Result<u64> {
        self.reserve()?;
        let n = self.end;
        let at = self.slot(n);
        // INVARIANT: `reserve` has made the range shorter than the slots are many.
        *self.slots.get_mut(at).ok_or(EINVAL)? = Some(element);
        self.end = n.checked_add(1).ok_or(EOVERFLOW)?;
        Ok(n)
    }

    /// Passes over a number: it has no element.
    pub(super) fn skip(&mut self) -> Result {
        self.reserve()?;
        // INVARIANT: The slot of the new number is empty; `reserve` has made the range shorter than
        // the slots are many.
        self.end = self.end.checked_add(1).ok_or(EOVERFLOW)?;
        self.advance();
        Ok(())
    }

    fn advance(&mut self) {
        // INVARIANT: What `first` passes is empty.
        while self.first < self.end && self.get(self.first).is_none() {
            self.first = self.first.saturating_add(1);
        }
    }

    pub(super) fn get(&self, n: u64) -> Option<&T> {
        if !(self.first..self.end).contains(&n) {
            return None;
        }
        self.slots.get(self.slot(n))?.as_ref()
    }

    /// Takes the element `n` out.
    pub(super) fn take(&mut self, n: u64) -> Option<T> {
        if !(self.first..self.end).contains(&n) {
            return None;
        }
        let at = self.slot(n);
        let element = self.slots.get_mut(at)?.take();
        self.advance();
        element
    }

    /// The elements, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        (self.first..self.end).filter_map(|n| Some((n, self.get(n)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_find_their_elements() {
        let mut ring = Ring::new();
        for n in 0..1000u64 {
            assert_eq!(ring.push(n).unwrap(), n);
            if n >= 40 {
                // Out of order, and one in eight stays for long.
                let old = (n - 40) ^ 1;
                if old & 7 != 3 {
                    assert_eq!(ring.take(old), Some(old));
                    assert_eq!(ring.take(old), None);
                }
            }
        }
        assert_eq!(ring.first(), 3);
        assert!(ring.iter().all(|(n, &element)| n == element));
        assert_eq!(ring.iter().count(), 40 + 960 / 8);
        for n in 0..1000 {
            ring.take(n);
        }
        assert_eq!((ring.first(), ring.end()), (1000, 1000));
        assert!(ring.get(1000).is_none());
    }
}
