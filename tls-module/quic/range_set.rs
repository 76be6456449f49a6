// SPDX-License-Identifier: GPL-2.0

//! Sets of numbers as ranges, for packet numbers and offsets.

use core::ops::Range;

use kernel::{
    error::Result,
    prelude::*, //
};

/// A set of 64-bit numbers.
///
/// # Invariants
///
/// The ranges are in ascending order, none is empty, and no two touch.
#[derive(Default)]
pub(super) struct RangeSet(KVec<Range<u64>>);

impl RangeSet {
    pub(super) const fn new() -> Self {
        Self(KVec::new())
    }

    /// How many ranges there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges, the lowest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Range<u64>> {
        self.0.iter()
    }

    pub(super) fn first(&self) -> Option<&Range<u64>> {
        self.0.first()
    }

    pub(super) fn last(&self) -> Option<&Range<u64>> {
        self.0.last()
    }

    pub(super) fn contains(&self, value: u64) -> bool {
        let at = self.0.partition_point(|range| range.end <= value);
        self.0.get(at).is_some_and(|range| range.contains(&value))
    }

    /// How many bytes of memory it has.
    pub(super) fn bytes_held(&self) -> usize {
        self.0.capacity().saturating_mul(size_of::<Range<u64>>())
    }

    /// Adds a range; says whether any of it is new. On an error the set is as it was.
    pub(super) fn insert(&mut self, range: Range<u64>) -> Result<bool> {
        if range.is_empty() {
            return Ok(false);
        }
        // The ranges from `from` to before `to` overlap or touch it: they become one with it.
        let from = self.0.partition_point(|old| old.end < range.start);
        let to = self.0.partition_point(|old| old.start <= range.end);
        let touched = self.0.get(from..to).unwrap_or(&[]);
        let (Some(low), Some(high)) = (touched.first(), touched.last()) else {
            self.0.reserve(1, GFP_KERNEL)?;
            // INVARIANT: Those before end, and those after start, apart from it.
            self.0.insert_within_capacity(from, range)?;
            return Ok(true);
        };
        if low.start <= range.start && range.end <= low.end {
            return Ok(false);
        }
        let joined = low.start.min(range.start)..high.end.max(range.end);
        // INVARIANT: `joined` covers all that touch it; the others of them go.
        if let Some(first) = self.0.get_mut(from) {
            *first = joined;
        }
        let mut index = 0usize;
        self.0.retain(|_| {
            let keep = index <= from || index >= to;
            index = index.saturating_add(1);
            keep
        });
        Ok(true)
    }

    /// Takes the lowest range away.
    pub(super) fn remove_first(&mut self) {
        let _ = self.0.remove(0);
    }

    /// Takes away all numbers below `end`.
    pub(super) fn remove_below(&mut self, end: u64) {
        // INVARIANT: What is left of a range is a part of it.
        self.0.retain(|range| range.end > end);
        if let Some(first) = self.0.first_mut() {
            first.start = first.start.max(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        collections::BTreeSet,
        vec::Vec as StdVec, //
    };

    /// Against a set of the standard library, with every sequence of a small generator.
    #[test]
    fn as_a_plain_set() {
        let mut seed = 1u64;
        for _ in 0..200 {
            let mut set = RangeSet::new();
            let mut plain = BTreeSet::new();
            for _ in 0..40 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let start = seed >> 33 & 63;
                let len = seed >> 41 & 7;
                let new = (start..start + len).any(|n| plain.insert(n));
                let _ = (start..start + len).map(|n| plain.insert(n)).count();
                assert_eq!(set.insert(start..start + len).unwrap(), new);
                if seed >> 60 == 0 {
                    set.remove_below(start);
                    plain.retain(|&n| n >= start);
                }
                let numbers: StdVec<u64> = set.iter().cloned().flatten().collect();
                assert!(numbers.iter().eq(plain.iter()));
                for pair in set.0.windows(2) {
                    assert!(pair[0].end < pair[1].start);
                }
                assert_eq!(set.contains(start), plain.contains(&start));
            }
        }
    }
}
