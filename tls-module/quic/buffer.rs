// SPDX-License-Identifier: GPL-2.0

//! The bytes of a stream, or of a level's CRYPTO data: those that wait to be acknowledged, and those
//! that wait to be read.
//!
//! Both are kept in pieces of [`PIECE`] bytes, so that no large allocation is ever needed.

use core::ops::Range;

use kernel::{
    error::Result as KernelResult,
    prelude::*, //
};

use super::{
    codec::{
        to_u64,
        to_usize, //
    },
    error::{
        Code,
        Result,
        TransportError, //
    },
    limits,
    range_set::RangeSet, //
};

/// Bytes of a piece: a power of two.
const PIECE: usize = 4096;

/// Bytes by their offset, in pieces.
///
/// # Invariants
///
/// - A piece has [`PIECE`] bytes, or none if it is not needed yet.
/// - The first piece begins at `base`, a multiple of [`PIECE`].
struct Pieces {
    pieces: KVec<KVec<u8>>,
    base: u64,
}

impl Pieces {
    const fn new() -> Self {
        Self {
            pieces: KVec::new(),
            base: 0,
        }
    }

    fn bytes_held(&self) -> usize {
        let list = self.pieces.capacity().saturating_mul(size_of::<KVec<u8>>());
        self.pieces
            .iter()
            .fold(list, |sum, piece| sum.saturating_add(piece.capacity()))
    }

    /// Which piece `offset` is in, and where.
    fn place(&self, offset: u64) -> KernelResult<(usize, usize)> {
        let from_base = offset.checked_sub(self.base).ok_or(EINVAL)?;
        let piece = from_base / to_u64(PIECE);
        let at = from_base & to_u64(PIECE).saturating_sub(1);
        Ok((to_usize(piece), to_usize(at)))
    }

    /// Puts bytes at `offset`. On an error, some may have been put.
    fn write(&mut self, offset: u64, mut bytes: &[u8]) -> KernelResult {
        let (mut index, mut at) = self.place(offset)?;
        while !bytes.is_empty() {
            while self.pieces.len() <= index {
                self.pieces.push(KVec::new(), GFP_KERNEL)?;
            }
            let piece = self.pieces.get_mut(index).ok_or(EINVAL)?;
            if piece.is_empty() {
                // INVARIANT: It has `PIECE` bytes from now on.
                *piece = KVec::zeroed(PIECE, GFP_KERNEL)?;
            }
            let room = piece.get_mut(at..).ok_or(EINVAL)?;
            let (now, later) = bytes.split_at_checked(room.len()).unwrap_or((bytes, &[]));
            room.get_mut(..now.len())
                .ok_or(EINVAL)?
                .copy_from_slice(now);
            bytes = later;
            index = index.saturating_add(1);
            at = 0;
        }
        Ok(())
    }

    /// Gets the bytes from `offset` on, which have been put there.
    fn read(&self, offset: u64, mut out: &mut [u8]) -> KernelResult {
        let (mut index, mut at) = self.place(offset)?;
        while !out.is_empty() {
            let bytes = self
                .pieces
                .get(index)
                .and_then(|piece| piece.get(at..))
                .ok_or(EINVAL)?;
            let n = bytes.len().min(out.len());
            let (now, later) = out.split_at_mut_checked(n).ok_or(EINVAL)?;
            now.copy_from_slice(bytes.get(..n).ok_or(EINVAL)?);
            out = later;
            index = index.saturating_add(1);
            at = 0;
        }
        Ok(())
    }

    /// Gives up what is before `offset`.
    fn forget_before(&mut self, offset: u64) {
        let end = to_u64(PIECE);
        while offset.saturating_sub(self.base) >= end && self.pieces.remove(0).is_ok() {
            // INVARIANT: The piece that began there is gone.
            self.base = self.base.saturating_add(end);
        }
        if self.pieces.is_empty() {
            // INVARIANT: The lower bits are cleared.
            self.base = offset & !end.saturating_sub(1);
        }
    }
}

/// Bytes to be sent, kept until they are acknowledged.
pub(super) struct SendBuffer {
    pieces: Pieces,
    /// Offset of the first byte that is not acknowledged.
    acked: u64,
    /// What is acknowledged after that.
    acked_later: RangeSet,
    /// What was sent and lost, and is to be sent again.
    lost: RangeSet,
    /// Offset of the first byte that was never sent.
    unsent: u64,
    /// Offset of the end.
    end: u64,
}

impl SendBuffer {
    pub(super) const fn new() -> Self {
        Self {
            pieces: Pieces::new(),
            acked: 0,
            acked_later: RangeSet::new(),
            lost: RangeSet::new(),
            unsent: 0,
            end: 0,
        }
    }

    pub(super) fn bytes_held(&self) -> usize {
        self.pieces
            .bytes_held()
            .saturating_add(self.acked_later.bytes_held())
            .saturating_add(self.lost.bytes_held())
    }

    /// Offset of the end.
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    /// Offset of the first byte that was never sent.
    pub(super) const fn unsent(&self) -> u64 {
        self.unsent
    }

    /// How many bytes wait to be sent or to be acknowledged.
    pub(super) fn len(&self) -> usize {
        to_usize(self.end.saturating_sub(self.acked))
    }

    /// Whether everything has been acknowledged.
    pub(super) fn is_acked(&self) -> bool {
        self.acked >= self.end
    }

    /// Appends bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> KernelResult {
        let end = self.end.checked_add(to_u64(bytes.len())).ok_or(EOVERFLOW)?;
        self.pieces.write(self.end, bytes)?;
        self.end = end;
        Ok(())
    }

    /// Whether there is something to send again.
    pub(super) fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    /// What is to be sent next: what was lost, or else what is new and before `limit`. At most `max`
    /// bytes.
    pub(super) fn next(&self, limit: u64, max: usize) -> Option<Range<u64>> {
        let range = match self.lost.first() {
            Some(lost) => lost.clone(),
            None => self.unsent..self.end.min(limit),
        };
        let end = range.end.min(range.start.saturating_add(to_u64(max)));
        (range.start < end).then_some(range.start..end)
    }

    /// Gets the bytes of a range that [`SendBuffer::next`] gave.
    pub(super) fn read(&self, offset: u64, out: &mut [u8]) -> KernelResult {
        self.pieces.read(offset, out)
    }

    /// Notes that a range that [`SendBuffer::next`] gave has been sent.
    pub(super) fn sent(&mut self, range: &Range<u64>) {
        if self
            .lost
            .first()
            .is_some_and(|lost| lost.start == range.start)
        {
            self.lost.remove_below(range.end);
        } else {
            self.unsent = self.unsent.max(range.end);
        }
    }

    /// Notes that a range has been acknowledged.
    pub(super) fn acked(&mut self, range: Range<u64>) -> KernelResult {
        if range.end <= self.acked {
            return Ok(());
        }
        self.acked_later
            .insert(range.start.max(self.acked)..range.end)?;
        if let Some(first) = self.acked_later.first() {
            if first.start <= self.acked {
                self.acked = first.end;
                self.acked_later.remove_first();
            }
        }
        self.lost.remove_below(self.acked);
        self.pieces.forget_before(self.acked);
        Ok(())
    }

    /// Notes that a range has been lost: what of it is not acknowledged is to be sent again.
    pub(super) fn lost(&mut self, range: Range<u64>) -> KernelResult {
        let mut start = range.start.max(self.acked);
        for acked in self.acked_later.iter() {
            if acked.start >= range.end {
                break;
            }
            if acked.end <= start {
                continue;
            }
            if start < acked.start {
                self.lost.insert(start..acked.start)?;
            }
            start = acked.end;
        }
        if start < range.end {
            self.lost.insert(start..range.end)?;
        }
        Ok(())
    }

    /// Gives everything up.
    pub(super) fn clear(&mut self) {
        *self = Self {
            unsent: self.unsent,
            acked: self.end,
            end: self.end,
            ..Self::new()
        };
    }
}

/// Bytes received, in the order they came, until they are read.
pub(super) struct ReceiveBuffer {
    pieces: Pieces,
    /// Offset of the next byte to be read.
    read: u64,
    /// What has come from there on.
    received: RangeSet,
}

impl ReceiveBuffer {
    pub(super) const fn new() -> Self {
        Self {
            pieces: Pieces::new(),
            read: 0,
            received: RangeSet::new(),
        }
    }

    pub(super) fn bytes_held(&self) -> usize {
        self.pieces
            .bytes_held()
            .saturating_add(self.received.bytes_held())
    }

    /// Offset of the next byte to be read.
    pub(super) const fn read_offset(&self) -> u64 {
        self.read
    }

    /// Offset of the first byte that is missing.
    pub(super) fn contiguous_end(&self) -> u64 {
        match self.received.first() {
            Some(first) if first.start <= self.read => first.end,
            _ => self.read,
        }
    }

    /// Takes bytes that came. How far they may reach is the caller's to check.
    pub(super) fn write(&mut self, offset: u64, data: &[u8]) -> Result {
        let end = offset.saturating_add(to_u64(data.len()));
        // What has been read is not looked at again.
        let skip = to_usize(self.read.saturating_sub(offset));
        let data = data.get(skip..).unwrap_or(&[]);
        let offset = offset.max(self.read);
        if data.is_empty() {
            return Ok(());
        }
        self.received.insert(offset..end)?;
        if self.received.len() > limits::MAX_GAPS {
            return Err(TransportError::new(
                Code::INTERNAL_ERROR,
                "data in too many pieces",
            ));
        }
        Ok(self.pieces.write(offset, data)?)
    }

    /// Reads what has come in order; gives how much.
    pub(super) fn read(&mut self, out: &mut [u8]) -> KernelResult<usize> {
        let ready = to_usize(self.contiguous_end().saturating_sub(self.read));
        let n = ready.min(out.len());
        self.pieces
            .read(self.read, out.get_mut(..n).ok_or(EINVAL)?)?;
        self.skip(n);
        Ok(n)
    }

    /// Goes on by `n` bytes, which have come.
    fn skip(&mut self, n: usize) {
        self.read = self.read.saturating_add(to_u64(n));
        self.received.remove_below(self.read);
        if self.received.is_empty() {
            // Who has read everything holds nothing, however many streams there are.
            self.pieces = Pieces::new();
        }
        self.pieces.forget_before(self.read);
    }

    /// Gives everything up, as if all before `end` had been read.
    pub(super) fn clear(&mut self, end: u64) {
        *self = Self {
            read: end,
            ..Self::new()
        };
        self.pieces.forget_before(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec as StdVec;

    fn text(range: Range<u64>) -> StdVec<u8> {
        range.map(|n| ((n * 7) >> 3) as u8).collect()
    }

    /// What is sent, lost and acknowledged in any order arrives as it was.
    #[test]
    fn a_stream_over_a_bad_link() {
        const LEN: u64 = 100_000;
        let mut seed = 9u64;
        let mut random = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % n
        };
        let mut sender = SendBuffer::new();
        let mut receiver = ReceiveBuffer::new();
        let mut flying = StdVec::new();
        let mut got: StdVec<u8> = StdVec::new();
        while got.len() < LEN as usize || !sender.is_acked() {
            let end = sender.end();
            if end < LEN && sender.len() < 30_000 {
                let n = (random(3000) + 1).min(LEN - end);
                sender.push(&text(end..end + n)).unwrap();
            }
            let next = sender.next(u64::MAX, 1 + random(1400) as usize);
            let idle = next.is_none();
            if let Some(range) = next {
                let mut bytes = std::vec![0; (range.end - range.start) as usize];
                sender.read(range.start, &mut bytes).unwrap();
                assert_eq!(bytes, text(range.clone()));
                sender.sent(&range);
                flying.push((range, bytes));
            }
            if flying.len() > 20 || idle && !flying.is_empty() {
                let (range, bytes) = flying.swap_remove(random(flying.len() as u64) as usize);
                if random(3) == 0 {
                    sender.lost(range).unwrap();
                } else {
                    receiver.write(range.start, &bytes).unwrap();
                    sender.acked(range).unwrap();
                }
            }
            let mut out = std::vec![0; random(5000) as usize];
            let n = receiver.read(&mut out).unwrap();
            got.extend(&out[..n]);
            assert!(sender.bytes_held() < 60_000);
        }
        assert_eq!(got, text(0..LEN));
        assert!(sender.bytes_held() < 3 * PIECE);
        assert!(receiver.bytes_held() < PIECE);
    }

    #[test]
    fn gaps_have_a_limit() {
        let mut buffer = ReceiveBuffer::new();
        for n in 0..limits::MAX_GAPS as u64 {
            buffer.write(2 * n + 1, &[1]).unwrap();
        }
        assert!(buffer.write(2 * limits::MAX_GAPS as u64 + 1, &[1]).is_err());
    }
}
