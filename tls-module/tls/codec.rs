// SPDX-License-Identifier: GPL-2.0

//! The presentation language (RFC 8446 section 3): reading it from bytes and writing it to them.
//!
//! Nothing here panics: what is not there is a `decode_error`, what does not fit is an error of
//! this side.

use kernel::prelude::*;

use super::error::{
    Error,
    Result, //
};

/// A view of bytes yet to be read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes back to what has been read of `whole`, the bytes this reader was made of.
    pub(crate) fn before(&self, whole: &'a [u8]) -> Self {
        let read = whole.len().saturating_sub(self.0.len());
        Self(whole.get(..read).unwrap_or(&[]))
    }

    /// Takes the next `n` bytes.
    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (head, tail) = self
            .0
            .split_at_checked(n)
            .ok_or(Error::decode("message ends too early"))?;
        self.0 = tail;
        Ok(head)
    }

    /// Takes the next `N` bytes as an array.
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, tail) = self
            .0
            .split_first_chunk()
            .ok_or(Error::decode("message ends too early"))?;
        self.0 = tail;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u24(&mut self) -> Result<u32> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }

    /// Takes a vector `<min..2^8-1>`.
    pub(crate) fn vec8(&mut self, min: usize) -> Result<&'a [u8]> {
        let len = self.u8()?;
        self.vec(usize::from(len), min)
    }

    /// Takes a vector `<min..2^16-1>`.
    pub(crate) fn vec16(&mut self, min: usize) -> Result<&'a [u8]> {
        let len = self.u16()?;
        self.vec(usize::from(len), min)
    }

    fn vec(&mut self, len: usize, min: usize) -> Result<&'a [u8]> {
        if len < min {
            return Err(Error::decode("vector is too short"));
        }
        self.take(len)
    }

    /// Ends the reading: nothing may be left (RFC 8446 section 6.2, `decode_error`).
    pub(crate) fn finish(self) -> Result {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Error::decode("bytes after the end of a structure"))
        }
    }
}

/// A list of 16-bit values whose length has been checked to be even.
///
/// # Invariants
///
/// The length of the bytes is even.
#[derive(Clone, Copy)]
pub(crate) struct U16List<'a>(Reader<'a>);

impl<'a> U16List<'a> {
    /// Makes a list of the contents of a vector.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self> {
        // INVARIANT: The lowest bit of an even length is clear.
        if bytes.len() & 1 == 0 {
            Ok(Self(Reader::new(bytes)))
        } else {
            Err(Error::decode("odd length of a list of 16-bit values"))
        }
    }

    pub(crate) fn contains(self, value: u16) -> bool {
        self.into_iter().any(|v| v == value)
    }
}

impl Iterator for U16List<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        self.0.u16().ok()
    }
}

/// Copies `from` to `to`, which must have the same length.
pub(crate) fn copy(to: &mut [u8], from: &[u8]) -> Result {
    if to.len() != from.len() {
        return Err(Error::internal(EINVAL, "copy between different lengths"));
    }
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    Ok(())
}

/// Bytes being written.
pub(crate) struct Writer(KVec<u8>);

/// How many bytes the length of a vector takes.
#[derive(Clone, Copy)]
pub(crate) enum Width {
    U8,
    U16,
    U24,
}

impl Width {
    const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U24 => 3,
        }
    }
}

impl Writer {
    pub(crate) fn with_capacity(capacity: usize) -> Result<Self> {
        Ok(Self(KVec::with_capacity(capacity, GFP_KERNEL)?))
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result {
        Ok(self.0.extend_from_slice(bytes, GFP_KERNEL)?)
    }

    pub(crate) fn u8(&mut self, value: u8) -> Result {
        self.bytes(&[value])
    }

    pub(crate) fn u16(&mut self, value: u16) -> Result {
        self.bytes(&value.to_be_bytes())
    }

    /// Writes a vector: what `contents` writes, with its length before it.
    pub(crate) fn vec(
        &mut self,
        width: Width,
        contents: impl FnOnce(&mut Self) -> Result,
    ) -> Result {
        let at = self.0.len();
        self.bytes([0; 3].get(..width.bytes()).unwrap_or(&[]))?;
        let start = self.0.len();
        contents(self)?;
        let too_long = Error::internal(EOVERFLOW, "vector is too long");
        let len = self.0.len().checked_sub(start).ok_or(too_long)?;
        let [high, a, b, c] = u32::try_from(len).map_err(|_| too_long)?.to_be_bytes();
        let (fits, len): (bool, &[u8]) = match width {
            Width::U8 => ([high, a, b] == [0; 3], &[c]),
            Width::U16 => ([high, a] == [0; 2], &[b, c]),
            Width::U24 => (high == 0, &[a, b, c]),
        };
        if !fits {
            return Err(too_long);
        }
        copy(self.0.get_mut(at..start).ok_or(too_long)?, len)
    }

    /// Writes a vector of the bytes given.
    pub(crate) fn vec_of(&mut self, width: Width, contents: &[u8]) -> Result {
        self.vec(width, |w| w.bytes(contents))
    }

    pub(crate) fn into_bytes(self) -> KVec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_round_trip() {
        let mut w = Writer::with_capacity(0).unwrap();
        w.vec(Width::U24, |w| {
            w.u8(7)?;
            w.vec_of(Width::U16, b"abc")?;
            w.vec(Width::U8, |_| Ok(()))
        })
        .unwrap();
        let bytes = w.into_bytes();
        assert_eq!(&bytes[..], b"\0\0\x07\x07\0\x03abc\0");
        let mut r = Reader::new(&bytes);
        assert_eq!(r.u24().unwrap(), 7);
        assert_eq!(r.u8().unwrap(), 7);
        assert_eq!(r.vec16(3).unwrap(), b"abc");
        assert!(r.finish().is_err());
        assert!(r.vec8(1).is_err());
    }

    #[test]
    fn a_vector_that_does_not_fit_is_an_error() {
        let mut w = Writer::with_capacity(0).unwrap();
        assert!(w.vec_of(Width::U8, &[0; 256]).is_err());
        let mut w = Writer::with_capacity(0).unwrap();
        assert!(w.vec_of(Width::U8, &[0; 255]).is_ok());
        let mut w = Writer::with_capacity(0).unwrap();
        assert!(w.vec_of(Width::U16, &[0; 65536]).is_err());
    }

    #[test]
    fn lists_are_even() {
        assert!(U16List::new(&[1, 2, 3]).is_err());
        assert!(U16List::new(&[1, 2, 3, 4]).unwrap().eq([0x102, 0x304]));
    }
}
