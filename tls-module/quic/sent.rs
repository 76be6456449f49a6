// SPDX-License-Identifier: GPL-2.0

//! What was sent in a packet that is to be said again if the packet is lost (RFC 9000 section 13.3).

use core::ops::Range;

use kernel::prelude::*;

use super::{
    recovery::Space,
    stream::{
        Direction,
        StreamId, //
    },
    time::Instant, //
};

/// A frame, by what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// An acknowledgment of packets up to this one.
    Ack(u64),
    Crypto(Space, Range<u64>),
    Stream {
        id: StreamId,
        range: Range<u64>,
        fin: bool,
    },
    MaxData,
    MaxStreams(Direction),
    MaxStreamData(StreamId),
    StopSending(StreamId),
    ResetStream(StreamId),
    NewConnectionId(u64),
    RetireConnectionId(u64),
    NewToken,
    HandshakeDone,
}

/// A packet that has been sent (RFC 9002 section A.1.1).
pub(super) struct SentPacket {
    pub(super) time: Instant,
    /// Its bytes, as far as they count as in flight.
    pub(super) size: u64,
    pub(super) ack_eliciting: bool,
    /// Which path it went out on: those of an earlier one say nothing of the one in use.
    pub(super) path: u32,
    pub(super) frames: KVec<Sent>,
}
