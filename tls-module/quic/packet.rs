// SPDX-License-Identifier: GPL-2.0

//! Packet headers and packet numbers (RFC 9000 section 17).

use kernel::{
    error::Result,
    prelude::*, //
};

use super::{
    cid::{
        ConnectionId,
        CID_LEN, //
    },
    codec::{
        Reader,
        Writer, //
    }, //
};

/// The only version (RFC 9000 section 15).
pub(super) const VERSION_1: u32 = 1;

/// The bit that tells the two forms of header apart.
const LONG: u8 = 0x80;

/// The bit that is always set.
const FIXED: u8 = 0x40;

/// The bit that names the keys of a 1-RTT packet (section 17.3.1).
pub(super) const KEY_PHASE: u8 = 0x04;

/// What is hidden of a long header's first byte, and of a short one's (RFC 9001 section 5.4.1).
pub(super) const LONG_HIDDEN: u8 = 0x0f;
pub(super) const SHORT_HIDDEN: u8 = 0x1f;

/// The bits that are to be 0 once they are not hidden any more (section 17.2, 17.3.1).
pub(super) const LONG_RESERVED: u8 = 0x0c;
pub(super) const SHORT_RESERVED: u8 = 0x18;

/// Room that the length of a long header gets: two bytes, enough for any datagram.
const LENGTH_SIZE: usize = 2;

/// The type of a long header (section 17.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LongType {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
}

/// A header whose form has been checked, as far as it is not hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header<'a> {
    /// A long header of version 1.
    Long {
        kind: LongType,
        dcid: ConnectionId,
        scid: ConnectionId,
        /// The token of an Initial; empty in all else.
        token: &'a [u8],
        /// How many bytes there are before the packet number.
        number_at: usize,
        /// How many bytes the packet has.
        len: usize,
    },
    /// A long header of another version: its ids may be longer than those of version 1.
    Unknown {
        version: u32,
        dcid: &'a [u8],
        scid: &'a [u8],
    },
    /// A short header.
    Short {
        dcid: ConnectionId,
        number_at: usize,
    },
}

impl<'a> Header<'a> {
    /// Reads the header of the first packet in `datagram`.
    ///
    /// What cannot be a packet of this or, for a long header, any version is [`None`].
    pub(super) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(datagram);
        let first = r.u8()?;
        if first & LONG == 0 {
            if first & FIXED == 0 {
                return None;
            }
            let dcid = ConnectionId::new(r.take(CID_LEN)?)?;
            return Some(Self::Short {
                dcid,
                number_at: CID_LEN.saturating_add(1),
            });
        }

        // RFC 8999 section 5.1: this much is the same in every version.
        let version = r.u32()?;
        let dcid = r.u8_bytes()?;
        let scid = r.u8_bytes()?;
        if version != VERSION_1 {
            return Some(Self::Unknown {
                version,
                dcid,
                scid,
            });
        }
        if first & FIXED == 0 {
            return None;
        }
        // Section 17.2: an id that is longer is no packet of version 1.
        let (dcid, scid) = (ConnectionId::new(dcid)?, ConnectionId::new(scid)?);
        let kind = match first >> 4 & 3 {
            0 => LongType::Initial,
            1 => LongType::ZeroRtt,
            2 => LongType::Handshake,
            _ => LongType::Retry,
        };
        let token = match kind {
            LongType::Initial => r.varint_bytes()?,
            _ => &[],
        };
        let length = match kind {
            // It has none: it ends with the datagram.
            LongType::Retry => r.len(),
            _ => usize::try_from(r.varint()?).ok()?,
        };
        let number_at = datagram.len().checked_sub(r.len())?;
        let len = number_at.checked_add(length)?;
        if len > datagram.len() {
            return None;
        }
        Some(Self::Long {
            kind,
            dcid,
            scid,
            token,
            number_at,
            len,
        })
    }
}

/// A header that is being written: where its parts are.
pub(super) struct Written {
    /// Where the packet begins.
    pub(super) start: usize,
    /// Where the length is, in a long header.
    length_at: Option<usize>,
    /// Where the packet number is.
    pub(super) number_at: usize,
    /// How many bytes it takes.
    pub(super) number_len: usize,
}

impl Written {
    /// Writes a long header, whose length is filled in by [`Written::finish`].
    pub(super) fn long(
        w: &mut Writer<'_>,
        kind: LongType,
        dcid: &ConnectionId,
        scid: &ConnectionId,
        number: u64,
        acked: Option<u64>,
    ) -> Result<Self> {
        let start = w.len();
        let number_len = number_len(number, acked);
        let bits = match kind {
            LongType::Initial => 0,
            LongType::ZeroRtt => 1,
            LongType::Handshake => 2,
            LongType::Retry => return Err(EINVAL),
        };
        w.u8(LONG | FIXED | bits << 4 | length_bits(number_len))?;
        w.u32(VERSION_1)?;
        w.u8_bytes(dcid.as_bytes())?;
        w.u8_bytes(scid.as_bytes())?;
        if kind == LongType::Initial {
            // Section 17.2.2: a server's has no token.
            w.varint(0)?;
        }
        let length_at = w.len();
        w.zeroes(LENGTH_SIZE)?;
        let number_at = w.len();
        write_number(w, number, number_len)?;
        Ok(Self {
            start,
            length_at: Some(length_at),
            number_at,
            number_len,
        })
    }

    /// Writes a short header.
    pub(super) fn short(
        w: &mut Writer<'_>,
        dcid: &ConnectionId,
        phase: bool,
        number: u64,
        acked: Option<u64>,
    ) -> Result<Self> {
        let start = w.len();
        let number_len = number_len(number, acked);
        let phase = if phase { KEY_PHASE } else { 0 };
        w.u8(FIXED | phase | length_bits(number_len))?;
        w.bytes(dcid.as_bytes())?;
        let number_at = w.len();
        write_number(w, number, number_len)?;
        Ok(Self {
            start,
            length_at: None,
            number_at,
            number_len,
        })
    }

    /// Fills the length in, of a packet that ends at `end`.
    pub(super) fn finish(&self, datagram: &mut [u8], end: usize) -> Result {
        let Some(at) = self.length_at else {
            return Ok(());
        };
        let length = end.checked_sub(self.number_at).ok_or(EINVAL)?;
        let length = u16::try_from(length).map_err(|_| EOVERFLOW)?;
        if length > 0x3fff {
            return Err(EOVERFLOW);
        }
        let bytes = (length | 0x4000).to_be_bytes();
        let stop = at.checked_add(LENGTH_SIZE).ok_or(EINVAL)?;
        datagram
            .get_mut(at..stop)
            .ok_or(EINVAL)?
            .copy_from_slice(&bytes);
        Ok(())
    }
}

fn length_bits(number_len: usize) -> u8 {
    match number_len {
        1 => 0,
        2 => 1,
        3 => 2,
        _ => 3,
    }
}

/// How many bytes a packet number needs, with `acked` the highest that the peer has acknowledged
/// (section A.2): twice as many values as there are numbers in between.
pub(super) fn number_len(number: u64, acked: Option<u64>) -> usize {
    let unacked = match acked {
        None => number.saturating_add(1),
        Some(acked) => number.saturating_sub(acked),
    };
    match unacked {
        0..=0x7f => 1,
        0x80..=0x7fff => 2,
        0x8000..=0x7f_ffff => 3,
        _ => 4,
    }
}

fn write_number(w: &mut Writer<'_>, number: u64, len: usize) -> Result {
    let bytes = number.to_be_bytes();
    let from = bytes.len().saturating_sub(len);
    w.bytes(bytes.get(from..).ok_or(EINVAL)?)
}

/// Finds the packet number of which `truncated` is the lowest `len` bytes: the one closest to
/// `expected` (section A.3).
pub(super) fn decode_number(expected: u64, truncated: u64, len: usize) -> u64 {
    let bits = len.saturating_mul(8).min(32);
    let window = 1u64
        .checked_shl(u32::try_from(bits).unwrap_or(32))
        .unwrap_or(u64::MAX);
    let half = window >> 1;
    let candidate = (expected & !window.saturating_sub(1)) | truncated;
    if candidate.saturating_add(half) <= expected
        && candidate < super::codec::MAX_VARINT.saturating_sub(window)
    {
        candidate.saturating_add(window)
    } else if candidate > expected.saturating_add(half) && candidate >= window {
        candidate.saturating_sub(window)
    } else {
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 9000 appendices A.2 and A.3.
    #[test]
    fn numbers_of_the_rfc() {
        assert_eq!(number_len(0xac5c02, Some(0xabe8b3)), 2);
        assert_eq!(number_len(0xace8fe, Some(0xabe8b3)), 3);
        assert_eq!(decode_number(0xa82f30ea + 1, 0x9b32, 2), 0xa82f9b32);
    }

    #[test]
    fn numbers_come_back() {
        for acked in [
            None,
            Some(0u64),
            Some(1),
            Some(200),
            Some(0x1_0000),
            Some(1 << 40),
        ] {
            for ahead in [1u64, 2, 100, 0x7f, 0x80, 0x7fff, 0x8000, 0x7f_ffff] {
                let number = acked.map_or(ahead - 1, |a| a + ahead);
                let len = number_len(number, acked);
                let truncated = number & ((1u64 << (8 * len)) - 1);
                // Whatever of it has come, up to the number itself.
                for expected in [acked.map_or(0, |a| a + 1), number] {
                    assert_eq!(decode_number(expected, truncated, len), number);
                }
            }
        }
    }

    #[test]
    fn headers_come_back() {
        let dcid = ConnectionId::new(&[1; 8]).unwrap();
        let scid = ConnectionId::new(&[2; 16]).unwrap();
        for kind in [LongType::Initial, LongType::ZeroRtt, LongType::Handshake] {
            let mut out = [0; 100];
            let mut w = Writer::new(&mut out);
            let header = Written::long(&mut w, kind, &dcid, &scid, 300, None).unwrap();
            w.zeroes(50).unwrap();
            let len = w.len();
            header.finish(&mut out, len).unwrap();
            match Header::parse(&out).unwrap() {
                Header::Long {
                    kind: k,
                    dcid: d,
                    scid: s,
                    token,
                    number_at,
                    len: l,
                } => {
                    assert_eq!((k, d, s, token, l), (kind, dcid, scid, &[][..], len));
                    assert_eq!(number_at, header.number_at);
                }
                other => panic!("{other:?}"),
            }
            // Cut short, it is none.
            assert!(Header::parse(&out[..len - 1]).is_none());
        }
        assert!(Header::parse(&[0x40; 16]).is_none());
        assert!(Header::parse(&[0x40; 17]).is_some());
        assert!(Header::parse(&[0x00; 17]).is_none());
        assert!(Header::parse(&[]).is_none());
        // An id of 21 bytes is none of version 1, but may be one of another.
        let mut long = [0xc0, 0, 0, 0, 1, 21].to_vec();
        long.extend([0; 40]);
        assert!(Header::parse(&long).is_none());
        long[4] = 9;
        assert!(matches!(
            Header::parse(&long),
            Some(Header::Unknown { version: 9, dcid, .. }) if dcid.len() == 21
        ));
    }
}
