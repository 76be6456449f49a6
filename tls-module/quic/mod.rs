// SPDX-License-Identifier: GPL-2.0

//! QUIC version 1 (RFC 9000, 9001, 9002) for a server, without I/O.
//!
//! - [`Endpoint`]: what one UDP socket has. It is handed each datagram and says which connection it
//!   is for, makes new connections, or gives a datagram to answer with (version negotiation, Retry,
//!   refusal, stateless reset).
//! - [`Connection`]: takes datagrams by [`Connection::receive`], gives datagrams by
//!   [`Connection::poll_transmit`], and says by [`Connection::timeout`] when
//!   [`Connection::on_timeout`] is due. Its streams are read and written in between.
//! - [`Hq`]: the service, which answers `GET /path` on streams.
//!
//! Time is what the caller says it is. Cryptography and randomness are those of `kernel::crypto`.
//!
//! # States
//!
//! ```text
//!   Handshaking ── client's Finished ──▶ Established
//!        │                                    │
//!        ├──── error, close() ────────────────┤
//!        ▼                                    ▼
//!     Closing ── 3 PTO ──▶ Drained ◀── 3 PTO ── Draining ◀── peer's CONNECTION_CLOSE, reset
//! ```
//!
//! An idle connection, and one whose handshake takes too long, is drained at once.

mod buffer;
mod cid;
mod codec;
mod config;
mod congestion;
mod connection;
mod crypto;
mod endpoint;
mod error;
mod frame;
mod hq;
#[cfg(any(test, CONFIG_RUST_TLS_KUNIT_TEST))]
mod kunit;
pub mod limits;
mod memory;
mod packet;
mod range_set;
mod recovery;
mod ring;
mod rtt;
mod sent;
mod stream;
mod streams;
mod time;
mod token;
mod transport_parameters;

use core::net::SocketAddr;

pub use self::{
    cid::{
        ConnectionId,
        ExpectedReset,
        Key, //
    },
    config::{
        Config,
        ConfigBuilder,
        RetryPolicy, //
    },
    connection::{
        Connection,
        Statistics,
        Transmit, //
    },
    endpoint::{
        Discard,
        Endpoint,
        Incoming,
        Received,
        Reply, //
    },
    error::{
        CloseReason,
        Code,
        TransportError, //
    },
    hq::{
        Hq,
        Response,
        Service, //
    },
    limits::MAX_DATAGRAM,
    memory::{
        Memory,
        Share, //
    },
    stream::{
        Direction,
        Read,
        StreamId, //
    },
    time::{
        Duration,
        Instant, //
    },
};

/// What the fuzz targets call.
#[cfg(not(MODULE))]
#[doc(hidden)]
pub mod fuzzing {
    pub use super::{
        frame::fuzzing::frames,
        token::fuzzing::token,
        transport_parameters::fuzzing::parameters, //
    };
}

/// The addresses that a datagram goes between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// This side's.
    pub local: SocketAddr,
    /// The peer's.
    pub remote: SocketAddr,
}

/// What the network says by the two lowest bits of the traffic class (RFC 3168).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ecn {
    /// Not marked.
    NotEct,
    /// `ECT(1)`.
    Ect1,
    /// `ECT(0)`.
    Ect0,
    /// Congestion experienced.
    Ce,
}

impl Ecn {
    /// Reads it from a traffic class.
    pub const fn from_bits(class: u8) -> Self {
        match class & 3 {
            0 => Self::NotEct,
            1 => Self::Ect1,
            2 => Self::Ect0,
            _ => Self::Ce,
        }
    }
}
