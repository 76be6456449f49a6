// SPDX-License-Identifier: GPL-2.0

//! A reader of DER (X.690), and of nothing laxer.
//!
//! Lengths are definite and in the fewest bytes, tags are of one byte, integers are minimal, nothing
//! follows where nothing should. So there is one encoding of each value, and what was compared as
//! bytes was compared as a value.

use kernel::prelude::*;

/// BOOLEAN.
pub const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub const INTEGER: u8 = 0x02;
/// BIT STRING.
pub const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// NULL.
pub const NULL: u8 = 0x05;
/// OBJECT IDENTIFIER.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// UTCTime.
pub const UTC_TIME: u8 = 0x17;
/// GeneralizedTime.
pub const GENERALIZED_TIME: u8 = 0x18;
/// SEQUENCE, SEQUENCE OF.
pub const SEQUENCE: u8 = 0x30;

/// The tag of a primitive type tagged with `number`, which is below 31.
pub const fn context(number: u8) -> u8 {
    0x80 | (number & 0x1f)
}

/// The tag of a constructed type tagged with `number`, which is below 31.
pub const fn context_constructed(number: u8) -> u8 {
    0xa0 | (number & 0x1f)
}

/// An element: its tag, its content, and both with the length between them.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// The tag.
    pub tag: u8,
    /// The content.
    pub value: &'a [u8],
    /// All of its bytes.
    pub raw: &'a [u8],
}

/// A point in time, to the second, in UTC.
///
/// Earlier ones are less than later ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Time {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl Time {
    /// A point in time; [`EINVAL`] if there is none such.
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Result<Self> {
        let is_leap = year & 3 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => return Err(EINVAL),
        };

        if day < 1 || day > days || hour > 23 || minute > 59 || second > 59 {
            return Err(EINVAL);
        }
        Ok(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        })
    }
}

/// Reads one element after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Says that all should have been read.
    pub fn finish(self) -> Result {
        match self.0 {
            [] => Ok(()),
            _ => Err(EBADMSG),
        }
    }

    /// Reads an element of any type.
    pub fn any(&mut self) -> Result<Element<'a>> {
        let start = self.0;
        let (&tag, after_tag) = start.split_first().ok_or(EBADMSG)?;

        // A tag number of 31 announces more bytes of tag; nothing here has one.
        if tag & 0x1f == 0x1f {
            return Err(EBADMSG);
        }

        let (len, content) = length(after_tag)?;
        let (value, rest) = content.split_at_checked(len).ok_or(EBADMSG)?;
        let raw_len = start.len().checked_sub(rest.len()).ok_or(EBADMSG)?;
        let raw = start.get(..raw_len).ok_or(EBADMSG)?;

        self.0 = rest;
        Ok(Element { tag, value, raw })
    }

    /// Reads an element with the tag `tag`.
    pub fn element(&mut self, tag: u8) -> Result<Element<'a>> {
        match self.0.first() {
            Some(&first) if first == tag => self.any(),
            _ => Err(EBADMSG),
        }
    }

    /// Reads an element with the tag `tag`, and gives its content.
    pub fn read(&mut self, tag: u8) -> Result<&'a [u8]> {
        Ok(self.element(tag)?.value)
    }

    /// Reads an element with the tag `tag` if it is next, and gives its content.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>> {
        match self.0.first() {
            Some(&first) if first == tag => Ok(Some(self.any()?.value)),
            _ => Ok(None),
        }
    }

    /// Reads a BOOLEAN that is FALSE when it is left out, and so is never written as FALSE.
    pub fn default_false(&mut self) -> Result<bool> {
        match self.optional(BOOLEAN)? {
            None => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(EBADMSG),
        }
    }

    /// Reads an INTEGER and gives its content: two's complement, big-endian, at least one byte.
    pub fn integer(&mut self) -> Result<&'a [u8]> {
        match self.read(INTEGER)? {
            [] | [0x00, 0x00..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(EBADMSG),
            value => Ok(value),
        }
    }

    /// Reads an OBJECT IDENTIFIER and gives its content.
    pub fn oid(&mut self) -> Result<&'a [u8]> {
        let value = self.read(OBJECT_IDENTIFIER)?;

        // Each arc is a run of bytes with the high bit set and one without; 0x80 at the start of
        // one would be a leading zero.
        if value.last().is_none_or(|last| last & 0x80 != 0) {
            return Err(EBADMSG);
        }
        if value
            .split_inclusive(|byte| byte & 0x80 == 0)
            .any(|arc| arc.first() == Some(&0x80))
        {
            return Err(EBADMSG);
        }
        Ok(value)
    }

    /// Reads a BIT STRING and gives its bytes; bits of the last one that are not used are 0.
    pub fn bit_string(&mut self) -> Result<&'a [u8]> {
        let (&unused, bytes) = self.read(BIT_STRING)?.split_first().ok_or(EBADMSG)?;
        let mask = match unused {
            0 => return Ok(bytes),
            1 => 0x01,
            2 => 0x03,
            3 => 0x07,
            4 => 0x0f,
            5 => 0x1f,
            6 => 0x3f,
            7 => 0x7f,
            _ => return Err(EBADMSG),
        };

        match bytes.last() {
            Some(last) if last & mask == 0 => Ok(bytes),
            _ => Err(EBADMSG),
        }
    }

    /// Reads a BIT STRING that holds whole bytes.
    pub fn octet_aligned_bit_string(&mut self) -> Result<&'a [u8]> {
        match self.read(BIT_STRING)? {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(EBADMSG),
        }
    }

    /// Reads a Time of RFC 5280, 4.1.2.5: a UTCTime until 2049, a GeneralizedTime from 2050.
    pub fn time(&mut self) -> Result<Time> {
        let element = self.any()?;
        let (year, rest) = match (element.tag, element.value) {
            (UTC_TIME, [y1, y2, rest @ ..]) => match two_digits(*y1, *y2)? {
                year @ 0..=49 => (u16::from(year).wrapping_add(2000), rest),
                year => (u16::from(year).wrapping_add(1900), rest),
            },
            (GENERALIZED_TIME, [y1, y2, y3, y4, rest @ ..]) => {
                let century = u16::from(two_digits(*y1, *y2)?).wrapping_mul(100);
                let year = century.wrapping_add(u16::from(two_digits(*y3, *y4)?));

                if (1950..=2049).contains(&year) {
                    return Err(EBADMSG);
                }
                (year, rest)
            }
            _ => return Err(EBADMSG),
        };
        let [m1, m2, d1, d2, h1, h2, n1, n2, s1, s2, b'Z'] = *rest else {
            return Err(EBADMSG);
        };

        Time::new(
            year,
            two_digits(m1, m2)?,
            two_digits(d1, d2)?,
            two_digits(h1, h2)?,
            two_digits(n1, n2)?,
            two_digits(s1, s2)?,
        )
        .map_err(|_| EBADMSG)
    }
}

/// Opens the element with the tag `tag` that is all of `bytes`.
pub fn only(bytes: &[u8], tag: u8) -> Result<Reader<'_>> {
    let mut reader = Reader::new(bytes);
    let value = reader.read(tag)?;

    reader.finish()?;
    Ok(Reader::new(value))
}

/// Reads a length; gives it and what comes after it.
fn length(bytes: &[u8]) -> Result<(usize, &[u8])> {
    // 128 bytes and more need the long form, which has no leading zeroes; 0x80 would be indefinite.
    let (len, rest) = match *bytes {
        [len @ 0x00..=0x7f, ref rest @ ..] => (u32::from(len), rest),
        [0x81, a @ 0x80..=0xff, ref rest @ ..] => (u32::from(a), rest),
        [0x82, a @ 1..=0xff, b, ref rest @ ..] => (u32::from_be_bytes([0, 0, a, b]), rest),
        [0x83, a @ 1..=0xff, b, c, ref rest @ ..] => (u32::from_be_bytes([0, a, b, c]), rest),
        [0x84, a @ 1..=0xff, b, c, d, ref rest @ ..] => (u32::from_be_bytes([a, b, c, d]), rest),
        _ => return Err(EBADMSG),
    };

    Ok((usize::try_from(len).map_err(|_| EBADMSG)?, rest))
}

fn two_digits(tens: u8, ones: u8) -> Result<u8> {
    match (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0')) {
        (tens @ 0..=9, ones @ 0..=9) => Ok(tens.wrapping_mul(10).wrapping_add(ones)),
        _ => Err(EBADMSG),
    }
}
