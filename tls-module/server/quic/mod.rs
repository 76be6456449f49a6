// SPDX-License-Identifier: GPL-2.0

//! The front door for QUIC: a UDP socket and the connections that share it.
//!
//! ```text
//!                     by connection id
//!   socket --> listener's run ---------> inbox --> connection's run --> socket
//!                 ^   |                               ^        |
//!     data-ready -+   +--> version negotiation,       |        +--> timer
//!       callback           Retry, reset               +-------------+
//! ```
//!
//! The listener's work takes datagrams from the socket and finds whose they are, which takes no
//! cryptography but for first packets; the work of each connection opens and answers them, so that
//! connections use as many processors as there are. A connection has no thread, and what waits in
//! its inbox is bounded: what does not fit is lost, as it could have been on its way.
//!
//! Locks, outermost first: a connection's state, the listener's endpoint, an inbox.

mod connection;
mod listener;
mod page;

pub(crate) use listener::QuicListener;

use crate::quic;
use kernel::net::udp;

/// When a client has to show that it is where it says, before anything is kept for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryPolicy {
    /// While half as many handshakes are under way as may be, or half as many connections are there,
    /// or half of their memory is taken.
    Auto,
    /// Always.
    Always,
}

impl RetryPolicy {
    const ALL: [Self; 2] = [Self::Auto, Self::Always];

    /// The name that configuration has for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
        }
    }

    /// The policy of that name.
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.name().as_bytes() == name)
    }
}

/// A mark of congestion as the socket told it.
fn from_socket(ecn: udp::Ecn) -> quic::Ecn {
    match ecn {
        udp::Ecn::NotEct => quic::Ecn::NotEct,
        udp::Ecn::Ect1 => quic::Ecn::Ect1,
        udp::Ecn::Ect0 => quic::Ecn::Ect0,
        udp::Ecn::Ce => quic::Ecn::Ce,
    }
}
