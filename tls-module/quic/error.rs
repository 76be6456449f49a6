// SPDX-License-Identifier: GPL-2.0

//! Errors that end a connection (RFC 9000 section 20), and why a connection ended.

use kernel::{
    alloc::AllocError,
    error, //
};

use crate::tls;

/// A transport error code (section 20.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub u64);

impl Code {
    /// Nothing went wrong.
    pub const NO_ERROR: Self = Self(0x00);
    /// This side cannot go on.
    pub const INTERNAL_ERROR: Self = Self(0x01);
    /// There is no place for another connection.
    pub const CONNECTION_REFUSED: Self = Self(0x02);
    /// More data came than was allowed.
    pub const FLOW_CONTROL_ERROR: Self = Self(0x03);
    /// A frame is of a stream beyond the limit.
    pub const STREAM_LIMIT_ERROR: Self = Self(0x04);
    /// A frame came for a stream that cannot have it in its state.
    pub const STREAM_STATE_ERROR: Self = Self(0x05);
    /// The final size of a stream changed, or lies before data that has come.
    pub const FINAL_SIZE_ERROR: Self = Self(0x06);
    /// A frame is malformed.
    pub const FRAME_ENCODING_ERROR: Self = Self(0x07);
    /// Transport parameters are malformed, missing or not allowed.
    pub const TRANSPORT_PARAMETER_ERROR: Self = Self(0x08);
    /// More connection ids were given than are taken.
    pub const CONNECTION_ID_LIMIT_ERROR: Self = Self(0x09);
    /// The protocol was broken in a way that has no code of its own.
    pub const PROTOCOL_VIOLATION: Self = Self(0x0a);
    /// The token of an Initial packet is not good.
    pub const INVALID_TOKEN: Self = Self(0x0b);
    /// The application closed the connection during the handshake.
    pub const APPLICATION_ERROR: Self = Self(0x0c);
    /// More handshake data came than is kept.
    pub const CRYPTO_BUFFER_EXCEEDED: Self = Self(0x0d);
    /// A key update was not done as it should be.
    pub const KEY_UPDATE_ERROR: Self = Self(0x0e);
    /// The keys have been used as often as they may be.
    pub const AEAD_LIMIT_REACHED: Self = Self(0x0f);
    /// There is no path to the peer.
    pub const NO_VIABLE_PATH: Self = Self(0x10);

    /// `CRYPTO_ERROR` with an alert (RFC 9001 section 4.8).
    pub fn crypto(alert: tls::AlertDescription) -> Self {
        Self(0x100 | u64::from(u8::from(alert)))
    }
}

/// An error that ends a connection, to be said in a CONNECTION_CLOSE frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportError {
    /// The code.
    pub code: Code,
    /// The type of the frame that it is about; 0 if there is none or it is not known.
    pub frame: u64,
    /// What happened, for a log and for the peer. It has nothing of the peer's in it.
    pub reason: &'static str,
}

impl TransportError {
    pub(super) const fn new(code: Code, reason: &'static str) -> Self {
        Self {
            code,
            frame: 0,
            reason,
        }
    }

    pub(super) const fn violation(reason: &'static str) -> Self {
        Self::new(Code::PROTOCOL_VIOLATION, reason)
    }

    pub(super) const fn encoding(reason: &'static str) -> Self {
        Self::new(Code::FRAME_ENCODING_ERROR, reason)
    }

    /// The same, about a frame of type `frame` unless it is about one already.
    pub(super) const fn in_frame(self, frame: u64) -> Self {
        Self {
            frame: if self.frame == 0 { frame } else { self.frame },
            ..self
        }
    }
}

impl From<error::Error> for TransportError {
    fn from(_: error::Error) -> Self {
        Self::new(Code::INTERNAL_ERROR, "internal error")
    }
}

impl From<AllocError> for TransportError {
    fn from(_: AllocError) -> Self {
        Self::new(Code::INTERNAL_ERROR, "out of memory")
    }
}

impl From<tls::Error> for TransportError {
    fn from(e: tls::Error) -> Self {
        match e.alert() {
            Some(alert) => Self::new(Code::crypto(alert), e.reason()),
            None => Self::new(Code::INTERNAL_ERROR, e.reason()),
        }
    }
}

pub(super) type Result<T = (), E = TransportError> = core::result::Result<T, E>;

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// This side found an error.
    Transport(TransportError),
    /// This side's application closed it.
    Application(u64),
    /// The peer found an error (or none: code 0).
    PeerTransport {
        /// The code it gave.
        code: u64,
        /// The type of the frame it named.
        frame: u64,
    },
    /// The peer's application closed it.
    PeerApplication(u64),
    /// The peer has lost its state.
    Reset,
    /// The packet that it was made for is not authentic: forged, or damaged on its way.
    NotAuthentic,
    /// Nothing came for too long.
    IdleTimeout,
    /// The handshake took too long.
    HandshakeTimeout,
}
