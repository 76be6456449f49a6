// SPDX-License-Identifier: GPL-2.0

//! Frames (RFC 9000 section 19): reading them, and writing those that a server sends.

use core::ops::RangeInclusive;

use kernel::prelude::*;

use super::{
    cid::{
        ConnectionId,
        ResetToken, //
    },
    codec::{
        to_u64,
        varint_len,
        Reader,
        Writer,
        MAX_VARINT, //
    },
    error::{
        Code,
        Result,
        TransportError, //
    },
    range_set::RangeSet,
    stream::{
        Direction,
        StreamId, //
    }, //
};

/// Frame types (section 19).
pub(super) mod kind {
    pub(crate) const PADDING: u64 = 0x00;
    pub(crate) const PING: u64 = 0x01;
    pub(crate) const ACK: u64 = 0x02;
    pub(crate) const ACK_ECN: u64 = 0x03;
    pub(crate) const RESET_STREAM: u64 = 0x04;
    pub(crate) const STOP_SENDING: u64 = 0x05;
    pub(crate) const CRYPTO: u64 = 0x06;
    pub(crate) const NEW_TOKEN: u64 = 0x07;
    pub(crate) const STREAM: u64 = 0x08;
    pub(crate) const STREAM_LAST: u64 = 0x0f;
    pub(crate) const MAX_DATA: u64 = 0x10;
    pub(crate) const MAX_STREAM_DATA: u64 = 0x11;
    pub(crate) const MAX_STREAMS_BIDI: u64 = 0x12;
    pub(crate) const MAX_STREAMS_UNI: u64 = 0x13;
    pub(crate) const DATA_BLOCKED: u64 = 0x14;
    pub(crate) const STREAM_DATA_BLOCKED: u64 = 0x15;
    pub(crate) const STREAMS_BLOCKED_BIDI: u64 = 0x16;
    pub(crate) const STREAMS_BLOCKED_UNI: u64 = 0x17;
    pub(crate) const NEW_CONNECTION_ID: u64 = 0x18;
    pub(crate) const RETIRE_CONNECTION_ID: u64 = 0x19;
    pub(crate) const PATH_CHALLENGE: u64 = 0x1a;
    pub(crate) const PATH_RESPONSE: u64 = 0x1b;
    pub(crate) const CONNECTION_CLOSE: u64 = 0x1c;
    pub(crate) const APPLICATION_CLOSE: u64 = 0x1d;
    pub(crate) const HANDSHAKE_DONE: u64 = 0x1e;
}

/// The bits of a STREAM frame's type (section 19.8).
const STREAM_FIN: u64 = 0x01;
const STREAM_LEN: u64 = 0x02;
const STREAM_OFF: u64 = 0x04;

/// The most streams of a type there can ever be (section 4.6).
pub(super) const MAX_STREAM_COUNT: u64 = 1 << 60;

/// How often packets came with each ECN mark (section 19.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EcnCounts {
    pub(super) ect0: u64,
    pub(super) ect1: u64,
    pub(super) ce: u64,
}

/// An ACK frame (section 19.3) whose ranges have been checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ack<'a> {
    pub(super) largest: u64,
    /// In units that the peer's `ack_delay_exponent` says.
    pub(super) delay: u64,
    first: u64,
    rest: Reader<'a>,
}

impl<'a> Ack<'a> {
    fn parse(r: &mut Reader<'a>, ecn: bool) -> Option<Self> {
        let largest = r.varint()?;
        let delay = r.varint()?;
        let count = r.varint()?;
        let first = r.varint()?;
        let mut ack = Self {
            largest,
            delay,
            first,
            rest: *r,
        };
        // Each range takes two bytes at least, so `count` cannot make this long.
        let mut low = largest.checked_sub(first)?;
        for _ in 0..count {
            let gap = r.varint()?;
            let len = r.varint()?;
            low = low.checked_sub(gap)?.checked_sub(2)?.checked_sub(len)?;
        }
        let ranges = ack.rest.len().checked_sub(r.len())?;
        ack.rest = Reader::new(ack.rest.take(ranges)?);
        if ecn {
            // This side marks nothing, so that there is nothing to learn from them.
            r.varint()?;
            r.varint()?;
            r.varint()?;
        }
        Some(ack)
    }

    /// The ranges of packet numbers, the highest first.
    pub(super) fn ranges(&self) -> AckRanges<'a> {
        AckRanges {
            next: self
                .largest
                .checked_sub(self.first)
                .map(|low| low..=self.largest),
            rest: self.rest,
        }
    }
}

/// See [`Ack::ranges`].
#[derive(Clone)]
pub(super) struct AckRanges<'a> {
    next: Option<RangeInclusive<u64>>,
    rest: Reader<'a>,
}

impl AckRanges<'_> {
    fn after(&mut self, low: u64) -> Option<RangeInclusive<u64>> {
        let gap = self.rest.varint()?;
        let len = self.rest.varint()?;
        let high = low.checked_sub(gap)?.checked_sub(2)?;
        Some(high.checked_sub(len)?..=high)
    }
}

impl Iterator for AckRanges<'_> {
    type Item = RangeInclusive<u64>;

    fn next(&mut self) -> Option<Self::Item> {
        let range = self.next.take()?;
        self.next = self.after(*range.start());
        Some(range)
    }
}

impl core::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// A frame that a server may be sent, as a view over the packet.
#[derive(Debug)]
pub(super) enum Frame<'a> {
    Padding,
    Ping,
    Ack(Ack<'a>),
    ResetStream {
        id: StreamId,
        code: u64,
        final_size: u64,
    },
    StopSending {
        id: StreamId,
        code: u64,
    },
    Crypto {
        offset: u64,
        data: &'a [u8],
    },
    Stream {
        id: StreamId,
        offset: u64,
        data: &'a [u8],
        fin: bool,
    },
    MaxData(u64),
    MaxStreamData {
        id: StreamId,
        max: u64,
    },
    MaxStreams {
        direction: Direction,
        max: u64,
    },
    DataBlocked,
    StreamDataBlocked {
        id: StreamId,
    },
    StreamsBlocked,
    NewConnectionId {
        sequence: u64,
        retire_prior_to: u64,
        id: ConnectionId,
        token: ResetToken,
    },
    RetireConnectionId {
        sequence: u64,
    },
    PathChallenge([u8; 8]),
    PathResponse([u8; 8]),
    ConnectionClose {
        code: u64,
        frame: u64,
    },
    ApplicationClose {
        code: u64,
    },
}

impl Frame<'_> {
    /// Whether it asks for an acknowledgment (section 13.2.1).
    pub(super) const fn is_ack_eliciting(&self) -> bool {
        !matches!(
            self,
            Self::Padding
                | Self::Ack(_)
                | Self::ConnectionClose { .. }
                | Self::ApplicationClose { .. }
        )
    }

    /// Whether a packet of nothing but such frames leaves the path as it is (section 9.1).
    pub(super) const fn is_probing(&self) -> bool {
        matches!(
            self,
            Self::Padding
                | Self::NewConnectionId { .. }
                | Self::PathChallenge(_)
                | Self::PathResponse(_)
        )
    }

    /// Whether it may be in an Initial or a Handshake packet (section 12.4, table 3).
    pub(super) const fn is_of_the_handshake(&self) -> bool {
        matches!(
            self,
            Self::Padding
                | Self::Ping
                | Self::Ack(_)
                | Self::Crypto { .. }
                | Self::ConnectionClose { .. }
        )
    }
}

/// The frames of a packet.
pub(super) struct Frames<'a>(Reader<'a>);

impl<'a> Frames<'a> {
    /// Reads the frames of `payload`, of which there has to be one (section 12.4).
    pub(super) fn new(payload: &'a [u8]) -> Result<Self> {
        if payload.is_empty() {
            return Err(TransportError::violation("packet without frames"));
        }
        Ok(Self(Reader::new(payload)))
    }

    /// The next frame with its type.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Frame<'a>)>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let before = self.0.len();
        let truncated = TransportError::encoding("frame ends too early");
        let kind = self.0.varint().ok_or(truncated)?;
        let taken = before.saturating_sub(self.0.len());
        if taken != varint_len(kind) {
            // Section 12.4: the shortest encoding has to be used for types.
            return Err(
                TransportError::violation("frame type is longer than it has to be").in_frame(kind),
            );
        }
        let frame = self.body(kind)?.ok_or(truncated.in_frame(kind))?;
        Ok(Some((kind, frame)))
    }

    /// Reads what follows a frame's type; [`None`] if it ends too early.
    fn body(&mut self, kind: u64) -> Result<Option<Frame<'a>>> {
        let r = &mut self.0;
        let wrong = |reason| TransportError::encoding(reason).in_frame(kind);
        match kind {
            kind::NEW_TOKEN | kind::HANDSHAKE_DONE => {
                // Sections 19.7 and 19.20.
                Err(TransportError::violation("a client may not send it").in_frame(kind))
            }
            kind::MAX_STREAMS_BIDI | kind::MAX_STREAMS_UNI => {
                let Some(max) = r.varint() else {
                    return Ok(None);
                };
                if max > MAX_STREAM_COUNT {
                    return Err(wrong("more streams than can be"));
                }
                let direction = if kind == kind::MAX_STREAMS_BIDI {
                    Direction::Bidi
                } else {
                    Direction::Uni
                };
                Ok(Some(Frame::MaxStreams { direction, max }))
            }
            kind::STREAMS_BLOCKED_BIDI | kind::STREAMS_BLOCKED_UNI => match r.varint() {
                Some(max) if max > MAX_STREAM_COUNT => Err(wrong("more streams than can be")),
                max => Ok(max.map(|_| Frame::StreamsBlocked)),
            },
            kind::NEW_CONNECTION_ID => self.new_connection_id(kind),
            kind::ACK | kind::ACK_ECN => {
                let before = *r;
                let Some(ack) = Ack::parse(r, kind == kind::ACK_ECN) else {
                    // Whether it was too short or went below 0, it cannot be read.
                    self.0 = before;
                    return Err(wrong("ACK does not parse"));
                };
                Ok(Some(Frame::Ack(ack)))
            }
            kind::CRYPTO | kind::STREAM..=kind::STREAM_LAST => {
                let Some(frame) = self.data(kind) else {
                    return Ok(None);
                };
                if let Frame::Crypto { offset, data } | Frame::Stream { offset, data, .. } = &frame
                {
                    // Sections 19.6 and 19.8.
                    if offset.saturating_add(to_u64(data.len())) > MAX_VARINT {
                        return Err(wrong("offset is too large"));
                    }
                }
                Ok(Some(frame))
            }
            _ => match self.plain(kind) {
                Some(None) => {
                    Err(TransportError::encoding("frame of an unknown type").in_frame(kind))
                }
                Some(frame) => Ok(frame),
                None => Ok(None),
            },
        }
    }

    /// Reads a CRYPTO or STREAM frame.
    fn data(&mut self, kind: u64) -> Option<Frame<'a>> {
        let r = &mut self.0;
        if kind == kind::CRYPTO {
            return Some(Frame::Crypto {
                offset: r.varint()?,
                data: r.varint_bytes()?,
            });
        }
        let id = StreamId(r.varint()?);
        let offset = match kind & STREAM_OFF {
            0 => 0,
            _ => r.varint()?,
        };
        let data = match kind & STREAM_LEN {
            0 => r.rest(),
            _ => r.varint_bytes()?,
        };
        Some(Frame::Stream {
            id,
            offset,
            data,
            fin: kind & STREAM_FIN != 0,
        })
    }

    /// Reads a frame that is nothing but numbers: `Some(None)` if the type is unknown.
    fn plain(&mut self, kind: u64) -> Option<Option<Frame<'a>>> {
        let r = &mut self.0;
        Some(Some(match kind {
            kind::PADDING => Frame::Padding,
            kind::PING => Frame::Ping,
            kind::RESET_STREAM => Frame::ResetStream {
                id: StreamId(r.varint()?),
                code: r.varint()?,
                final_size: r.varint()?,
            },
            kind::STOP_SENDING => Frame::StopSending {
                id: StreamId(r.varint()?),
                code: r.varint()?,
            },
            kind::MAX_DATA => Frame::MaxData(r.varint()?),
            kind::MAX_STREAM_DATA => Frame::MaxStreamData {
                id: StreamId(r.varint()?),
                max: r.varint()?,
            },
            kind::DATA_BLOCKED => {
                r.varint()?;
                Frame::DataBlocked
            }
            kind::STREAM_DATA_BLOCKED => {
                let id = StreamId(r.varint()?);
                r.varint()?;
                Frame::StreamDataBlocked { id }
            }
            kind::RETIRE_CONNECTION_ID => Frame::RetireConnectionId {
                sequence: r.varint()?,
            },
            kind::PATH_CHALLENGE => Frame::PathChallenge(r.array()?),
            kind::PATH_RESPONSE => Frame::PathResponse(r.array()?),
            kind::CONNECTION_CLOSE => {
                let code = r.varint()?;
                let frame = r.varint()?;
                r.varint_bytes()?;
                Frame::ConnectionClose { code, frame }
            }
            kind::APPLICATION_CLOSE => {
                let code = r.varint()?;
                r.varint_bytes()?;
                Frame::ApplicationClose { code }
            }
            _ => return Some(None),
        }))
    }

    /// Reads a NEW_CONNECTION_ID frame (section 19.15).
    fn new_connection_id(&mut self, kind: u64) -> Result<Option<Frame<'a>>> {
        let r = &mut self.0;
        let mut read = || Some((r.varint()?, r.varint()?, r.u8_bytes()?, r.array()?));
        let Some((sequence, retire_prior_to, id, token)) = read() else {
            return Ok(None);
        };
        let wrong = |reason| TransportError::encoding(reason).in_frame(kind);
        if retire_prior_to > sequence {
            return Err(wrong("retire_prior_to is over the sequence number"));
        }
        if id.is_empty() {
            return Err(wrong("connection id is empty"));
        }
        let id = ConnectionId::new(id).ok_or(wrong("connection id is too long"))?;
        Ok(Some(Frame::NewConnectionId {
            sequence,
            retire_prior_to,
            id,
            token,
        }))
    }
}

/// Writes an ACK frame of as many of the highest ranges as there is room for.
pub(super) fn write_ack(
    w: &mut Writer<'_>,
    received: &RangeSet,
    delay: u64,
    ecn: Option<&EcnCounts>,
) -> kernel::error::Result {
    let last = received.last().ok_or(ENODATA)?;
    let largest = last.end.saturating_sub(1);
    let ecn_len = ecn.map_or(0, |ecn| {
        varint_len(ecn.ect0)
            .saturating_add(varint_len(ecn.ect1))
            .saturating_add(varint_len(ecn.ce))
    });
    // The count takes one byte: there are no more ranges than that.
    const _: () = assert!(super::limits::MAX_ACK_RANGES <= 0x40);
    let fixed = [largest, delay, largest.saturating_sub(last.start)]
        .iter()
        .fold(2usize, |sum, value| sum.saturating_add(varint_len(*value)));
    let mut room = w
        .room()
        .checked_sub(fixed.saturating_add(ecn_len))
        .ok_or(ENOSPC)?;

    let gaps = || {
        let mut low = last.start;
        received.iter().rev().skip(1).map(move |range| {
            // Section 19.3.1: one less than the packets missing, one less than those there.
            let gap = low.saturating_sub(range.end).saturating_sub(1);
            let len = range.end.saturating_sub(range.start).saturating_sub(1);
            low = range.start;
            (gap, len)
        })
    };
    let mut count = 0u64;
    for (gap, len) in gaps() {
        let size = varint_len(gap).saturating_add(varint_len(len));
        match room.checked_sub(size) {
            Some(left) => room = left,
            None => break,
        }
        count = count.saturating_add(1);
    }

    w.varint(if ecn.is_some() {
        kind::ACK_ECN
    } else {
        kind::ACK
    })?;
    w.varint(largest)?;
    w.varint(delay)?;
    w.varint(count)?;
    w.varint(largest.saturating_sub(last.start))?;
    for (gap, len) in gaps().take(super::codec::to_usize(count)) {
        w.varint(gap)?;
        w.varint(len)?;
    }
    if let Some(ecn) = ecn {
        w.varint(ecn.ect0)?;
        w.varint(ecn.ect1)?;
        w.varint(ecn.ce)?;
    }
    Ok(())
}

/// Writes a CONNECTION_CLOSE frame of either kind (section 19.19); `frame` is there for errors of
/// the transport.
pub(super) fn write_close(
    w: &mut Writer<'_>,
    code: Code,
    frame: Option<u64>,
    reason: &[u8],
) -> kernel::error::Result {
    match frame {
        Some(frame) => {
            w.varint(kind::CONNECTION_CLOSE)?;
            w.varint(code.0)?;
            w.varint(frame)?;
        }
        None => {
            w.varint(kind::APPLICATION_CLOSE)?;
            w.varint(code.0)?;
        }
    }
    // A byte for the length: a reason is short.
    let room = w.room().saturating_sub(1).min(0x3f);
    w.varint_bytes(reason.get(..room).unwrap_or(reason))
}

/// How many bytes a STREAM or CRYPTO frame has before its data, with the longest length there is in
/// a datagram.
pub(super) fn data_header_len(id: Option<StreamId>, offset: u64) -> usize {
    1usize
        .saturating_add(id.map_or(0, |id| varint_len(id.0)))
        .saturating_add(varint_len(offset))
        .saturating_add(2)
}

/// Writes what comes before the data of a STREAM frame, which always says its offset and its length.
pub(super) fn write_stream_header(
    w: &mut Writer<'_>,
    id: StreamId,
    offset: u64,
    len: usize,
    fin: bool,
) -> kernel::error::Result {
    let fin = if fin { STREAM_FIN } else { 0 };
    w.varint(kind::STREAM | STREAM_OFF | STREAM_LEN | fin)?;
    w.varint(id.0)?;
    w.varint(offset)?;
    w.varint(to_u64(len))
}

/// What a fuzz target needs of this file.
#[cfg(not(MODULE))]
#[doc(hidden)]
pub(super) mod fuzzing {
    use super::*;

    /// Reads the frames of a packet; says how many there are, if they can be read.
    pub fn frames(payload: &[u8]) -> Result<usize> {
        let mut frames = Frames::new(payload)?;
        let mut count = 0usize;
        while let Some((_, frame)) = frames.next()? {
            count = count.saturating_add(1);
            if let Frame::Ack(ack) = frame {
                let mut last = None;
                for range in ack.ranges() {
                    assert!(range.start() <= range.end());
                    assert!(last.is_none_or(|last| *range.end() < last));
                    last = Some(*range.start());
                }
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec as StdVec;

    #[test]
    fn acks_come_back() {
        let mut set = RangeSet::new();
        for range in [0..1, 5..9, 20..21, 1000..70_000] {
            set.insert(range).unwrap();
        }
        for (room, count) in [(100, 4), (17, 3), (14, 2), (13, 1)] {
            let mut out = std::vec![0; room];
            let mut w = Writer::new(&mut out);
            write_ack(&mut w, &set, 9, None).unwrap();
            let written = w.written().to_vec();
            let mut frames = Frames::new(&written).unwrap();
            let Some((kind::ACK, Frame::Ack(ack))) = frames.next().unwrap() else {
                panic!("no ACK");
            };
            assert!(frames.next().unwrap().is_none());
            assert_eq!((ack.largest, ack.delay), (69_999, 9));
            let ranges: StdVec<_> = ack.ranges().collect();
            let all = [1000..=69_999, 20..=20, 5..=8, 0..=0];
            assert_eq!(ranges, all[..count]);
        }
        assert!(write_ack(&mut Writer::new(&mut [0; 5]), &set, 9, None).is_err());
    }

    fn error(bytes: &[u8]) -> TransportError {
        let mut frames = match Frames::new(bytes) {
            Ok(frames) => frames,
            Err(e) => return e,
        };
        loop {
            match frames.next() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{bytes:x?} is taken"),
                Err(e) => return e,
            }
        }
    }

    #[test]
    fn what_is_refused() {
        for (bytes, code, frame) in [
            // No frame, an unknown type, a type that is longer than it has to be.
            (&[][..], Code::PROTOCOL_VIOLATION, 0),
            (&[0x21], Code::FRAME_ENCODING_ERROR, 0x21),
            (&[0x40, 0x01], Code::PROTOCOL_VIOLATION, 1),
            // An ACK below 0; one range too many.
            (&[2, 3, 0, 0, 4], Code::FRAME_ENCODING_ERROR, 2),
            (&[2, 3, 0, 1, 0, 3, 0], Code::FRAME_ENCODING_ERROR, 2),
            // Past the largest offset.
            (
                &[
                    0x0e, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0,
                ],
                Code::FRAME_ENCODING_ERROR,
                0x0e,
            ),
            // More streams than can be.
            (
                &[0x12, 0xd0, 0, 0, 0, 0, 0, 0, 1],
                Code::FRAME_ENCODING_ERROR,
                0x12,
            ),
            // What a client may not send.
            (&[0x1e], Code::PROTOCOL_VIOLATION, 0x1e),
            (&[0x07, 1, 1], Code::PROTOCOL_VIOLATION, 0x07),
            // NEW_CONNECTION_ID: retires what is to come; an empty id; one that is too long.
            (&[0x18, 1, 2, 1], Code::FRAME_ENCODING_ERROR, 0x18),
            (
                &[
                    0x18, 1, 2, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                ],
                Code::FRAME_ENCODING_ERROR,
                0x18,
            ),
            (
                &[
                    0x18, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                ],
                Code::FRAME_ENCODING_ERROR,
                0x18,
            ),
            (
                &[[0x18, 1, 0, 21].as_slice(), &[0; 37]].concat(),
                Code::FRAME_ENCODING_ERROR,
                0x18,
            ),
            // The end of each is missing.
            (&[0x06, 0, 5, 1], Code::FRAME_ENCODING_ERROR, 0x06),
            (
                &[0x1a, 0, 0, 0, 0, 0, 0, 0],
                Code::FRAME_ENCODING_ERROR,
                0x1a,
            ),
        ] {
            let e = error(bytes);
            assert_eq!((e.code, e.frame), (code, frame), "{bytes:x?}");
        }
    }
}
