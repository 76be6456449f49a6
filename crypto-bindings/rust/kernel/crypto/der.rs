// SPDX-License-Identifier: GPL-2.0

//! A reader for the few DER structures that keys and signatures come in (X.690).
//!
//! Strict: lengths and integers must be encoded in the shortest form. What breaks a rule is
//! `EBADMSG`.

use crate::prelude::*;

/// The tag of an `INTEGER`.
pub const INTEGER: u8 = 0x02;

/// The tag of a `BIT STRING`.
pub const BIT_STRING: u8 = 0x03;

/// The tag of an `OCTET STRING`.
pub const OCTET_STRING: u8 = 0x04;

/// The tag of an `OBJECT IDENTIFIER`.
pub const OBJECT_IDENTIFIER: u8 = 0x06;

/// The tag of a `SEQUENCE`.
pub const SEQUENCE: u8 = 0x30;

/// Returns the tag of a constructed element that has the number `n` in its context.
#[inline]
pub const fn context(n: u8) -> u8 {
    0xa0 | n
}

/// Reads DER elements one after another.
///
/// # Examples
///
/// ```
/// use kernel::crypto::der::{Reader, INTEGER};
///
/// // SEQUENCE { INTEGER 128, INTEGER 0 }
/// let mut reader = Reader::open(&[0x30, 7, INTEGER, 2, 0, 0x80, INTEGER, 1, 0])?;
/// assert_eq!(reader.integer()?, &[0x80]);
/// assert!(reader.next_is(INTEGER));
/// assert_eq!(reader.integer()?, &[]);
/// reader.end()?;
///
/// // Nothing may follow.
/// assert!(Reader::open(&[0x30, 0, 0]).is_err());
/// # Ok::<(), Error>(())
/// ```
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads the elements that `der` consists of.
    pub const fn new(der: &'a [u8]) -> Self {
        Self(der)
    }

    /// Reads what is in the `SEQUENCE` that is all of `der`.
    pub fn open(der: &'a [u8]) -> Result<Self> {
        let mut reader = Self(der);
        let contents = reader.element(SEQUENCE)?;
        reader.end()?;
        Ok(Self(contents))
    }

    /// Takes `n` bytes.
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(EBADMSG)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Takes one byte.
    fn byte(&mut self) -> Result<u8> {
        let (&byte, rest) = self.0.split_first().ok_or(EBADMSG)?;
        self.0 = rest;
        Ok(byte)
    }

    /// Takes a length in its shortest form (X.690, 10.1).
    fn length(&mut self) -> Result<usize> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(usize::from(first));
        }

        let bytes = self.take(usize::from(first & 0x7f))?;
        if bytes.len() > size_of::<u32>() || matches!(bytes.first(), None | Some(0)) {
            return Err(EBADMSG);
        }
        let length = bytes
            .iter()
            .fold(0u32, |length, &byte| (length << 8) | u32::from(byte));
        if length < 0x80 {
            return Err(EBADMSG);
        }
        usize::try_from(length).map_err(|_| EBADMSG)
    }

    /// Takes an element with the given tag and returns its contents.
    pub fn element(&mut self, tag: u8) -> Result<&'a [u8]> {
        if self.byte()? != tag {
            return Err(EBADMSG);
        }
        let length = self.length()?;
        self.take(length)
    }

    /// Takes an element with the given tag, if that is what comes next, and returns its contents.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>> {
        if self.next_is(tag) {
            self.element(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Takes an integer that is not negative, and returns its magnitude without leading zeroes.
    ///
    /// Zero gives an empty slice.
    pub fn integer(&mut self) -> Result<&'a [u8]> {
        // Of a number that is secret no more is looked at here than whether its length is a
        // multiple of eight bits, which it is for every prime of a key.
        match self.element(INTEGER)? {
            [0] => Ok(&[]),
            [0, magnitude @ ..] if matches!(magnitude, [0x80..=0xff, ..]) => Ok(magnitude),
            magnitude @ [0x01..=0x7f, ..] => Ok(magnitude),
            _ => Err(EBADMSG),
        }
    }

    /// Takes a `BIT STRING` of whole bytes, and returns them.
    pub fn bits(&mut self) -> Result<&'a [u8]> {
        // The first byte says how many bits of the last one are unused.
        match self.element(BIT_STRING)?.split_first() {
            Some((0, bytes)) => Ok(bytes),
            _ => Err(EBADMSG),
        }
    }

    /// Returns whether the next element has the given tag.
    pub fn next_is(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// Makes sure that nothing is left.
    pub fn end(&self) -> Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(EBADMSG)
        }
    }
}
