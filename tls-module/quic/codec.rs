// SPDX-License-Identifier: GPL-2.0

//! Reading from and writing to datagrams: variable-length integers (RFC 9000 section 16) and bytes.

use kernel::{
    error::Result,
    prelude::*, //
};

/// The largest value of a variable-length integer.
pub(super) const MAX_VARINT: u64 = (1 << 62) - 1;

/// A length as a 64-bit value.
pub(super) fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// A 64-bit value as a length: the largest there is, if it does not fit.
pub(super) fn to_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// How many bytes a variable-length integer takes; values that are none take eight.
pub(super) const fn varint_len(value: u64) -> usize {
    match value {
        0..=0x3f => 1,
        0x40..=0x3fff => 2,
        0x4000..=0x3fff_ffff => 4,
        _ => 8,
    }
}

/// Copies `from` to the beginning of `to`; says whether there was room.
pub(super) fn copy(to: &mut [u8], from: &[u8]) -> bool {
    match to.get_mut(..from.len()) {
        Some(to) => {
            to.copy_from_slice(from);
            true
        }
        None => false,
    }
}

/// A view of bytes yet to be read.
///
/// What is not there is [`None`].
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the next `n` bytes.
    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    /// Takes all there is.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.0)
    }

    /// Takes the next `N` bytes as an array.
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        Some(u8::from_be_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.array()?))
    }

    /// Takes a variable-length integer (section 16).
    pub(super) fn varint(&mut self) -> Option<u64> {
        let first = *self.0.first()?;
        Some(match first >> 6 {
            0 => u64::from(self.u8()?),
            1 => u64::from(self.u16()? & 0x3fff),
            2 => u64::from(self.u32()? & 0x3fff_ffff),
            _ => self.u64()? & MAX_VARINT,
        })
    }

    /// Takes as many bytes as the variable-length integer before them says.
    pub(super) fn varint_bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.varint()?).ok()?;
        self.take(len)
    }

    /// Takes as many bytes as the byte before them says.
    pub(super) fn u8_bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.u8()?;
        self.take(usize::from(len))
    }
}

/// Bytes being written into room that is given: what does not fit is `ENOSPC`.
pub(super) struct Writer<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    /// How much has been written.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// How much there is room for.
    pub(super) fn room(&self) -> usize {
        self.out.len().saturating_sub(self.len)
    }

    /// What has been written.
    pub(super) fn written(&mut self) -> &mut [u8] {
        self.out.get_mut(..self.len).unwrap_or_default()
    }

    /// Forgets what was written after the first `len` bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Takes the next `n` bytes, to be filled.
    pub(super) fn reserve(&mut self, n: usize) -> Result<&mut [u8]> {
        let end = self.len.checked_add(n).ok_or(ENOSPC)?;
        let bytes = self.out.get_mut(self.len..end).ok_or(ENOSPC)?;
        self.len = end;
        Ok(bytes)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result {
        self.reserve(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn u8(&mut self, value: u8) -> Result {
        self.bytes(&[value])
    }

    pub(super) fn u32(&mut self, value: u32) -> Result {
        self.bytes(&value.to_be_bytes())
    }

    /// Writes zeroes.
    pub(super) fn zeroes(&mut self, n: usize) -> Result {
        self.reserve(n)?.fill(0);
        Ok(())
    }

    /// Writes a variable-length integer in the shortest way (section 16); `ERANGE` if it is none.
    pub(super) fn varint(&mut self, value: u64) -> Result {
        let [.., a, b, c, d] = value.to_be_bytes();
        match value {
            0..=0x3f => self.u8(d),
            0x40..=0x3fff => self.bytes(&[c | 0x40, d]),
            0x4000..=0x3fff_ffff => self.bytes(&[a | 0x80, b, c, d]),
            0x4000_0000..=MAX_VARINT => self.bytes(&(value | 0xc0 << 56).to_be_bytes()),
            _ => Err(ERANGE),
        }
    }

    /// Writes bytes with their length before them, as a variable-length integer.
    pub(super) fn varint_bytes(&mut self, bytes: &[u8]) -> Result {
        self.varint(to_u64(bytes.len()))?;
        self.bytes(bytes)
    }

    /// Writes bytes with their length before them, as a byte.
    pub(super) fn u8_bytes(&mut self, bytes: &[u8]) -> Result {
        self.u8(u8::try_from(bytes.len()).map_err(|_| ERANGE)?)?;
        self.bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 9000 appendix A.1.
    #[test]
    fn varints_of_the_rfc() {
        for (bytes, value) in [
            (
                &b"\xc2\x19\x7c\x5e\xff\x14\xe8\x8c"[..],
                151_288_809_941_952_652,
            ),
            (b"\x9d\x7f\x3e\x7d", 494_878_333),
            (b"\x7b\xbd", 15_293),
            (b"\x25", 37),
        ] {
            assert_eq!(Reader::new(bytes).varint(), Some(value));
            let mut out = [0; 8];
            let mut w = Writer::new(&mut out);
            w.varint(value).unwrap();
            assert_eq!(w.written(), bytes);
            assert_eq!(varint_len(value), bytes.len());
            for len in 0..bytes.len() {
                assert_eq!(Reader::new(&bytes[..len]).varint(), None);
            }
        }
        // The longer of two ways to write it.
        assert_eq!(Reader::new(b"\x40\x25").varint(), Some(37));
        assert!(Writer::new(&mut [0; 8]).varint(MAX_VARINT + 1).is_err());
        assert!(Writer::new(&mut [0; 7]).varint(MAX_VARINT).is_err());
    }
}
