// SPDX-License-Identifier: GPL-2.0

//! Errors: whose fault it is, and which alert says so.

use kernel::{
    alloc::AllocError,
    error,
    prelude::*, //
};

use super::enums::AlertDescription;

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The peer sent bytes that are not the message they should be.
    Decode,
    /// The peer sent something that is well formed but against the protocol.
    PeerMisbehaved,
    /// The peer did nothing wrong, but there is nothing that both sides can do.
    PeerIncompatible,
    /// The peer gave up with an alert.
    PeerAlert(AlertDescription),
    /// The peer closed the connection before the handshake was over.
    PeerClosed,
    /// It is this side's fault.
    Internal(error::Error),
}

/// An error that ends a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    alert: Option<AlertDescription>,
    reason: &'static str,
}

impl Error {
    /// The bytes do not parse (RFC 8446 section 6.2, `decode_error`).
    pub(crate) const fn decode(reason: &'static str) -> Self {
        Self {
            kind: ErrorKind::Decode,
            alert: Some(AlertDescription::DecodeError),
            reason,
        }
    }

    /// The peer broke a rule whose alert is `alert`.
    pub(crate) const fn misbehaved(alert: AlertDescription, reason: &'static str) -> Self {
        Self {
            kind: ErrorKind::PeerMisbehaved,
            alert: Some(alert),
            reason,
        }
    }

    /// The peer broke a rule whose alert is `illegal_parameter`.
    pub(crate) const fn illegal(reason: &'static str) -> Self {
        Self::misbehaved(AlertDescription::IllegalParameter, reason)
    }

    /// The peer sent what must not come now.
    pub(crate) const fn unexpected(reason: &'static str) -> Self {
        Self::misbehaved(AlertDescription::UnexpectedMessage, reason)
    }

    /// There is nothing both sides can do.
    pub(crate) const fn incompatible(alert: AlertDescription, reason: &'static str) -> Self {
        Self {
            kind: ErrorKind::PeerIncompatible,
            alert: Some(alert),
            reason,
        }
    }

    /// The peer sent the alert `alert`. RFC 8446 section 6.2 wants no answer to it.
    pub const fn peer_alert(alert: AlertDescription) -> Self {
        Self {
            kind: ErrorKind::PeerAlert(alert),
            alert: None,
            reason: "alert from the peer",
        }
    }

    /// The peer closed its side.
    pub const fn closed(reason: &'static str) -> Self {
        Self {
            kind: ErrorKind::PeerClosed,
            alert: None,
            reason,
        }
    }

    /// This side failed.
    pub(crate) const fn internal(errno: error::Error, reason: &'static str) -> Self {
        Self {
            kind: ErrorKind::Internal(errno),
            alert: Some(AlertDescription::InternalError),
            reason,
        }
    }

    /// Whose fault it is.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The alert to send to the peer, if one is to be sent.
    pub const fn alert(&self) -> Option<AlertDescription> {
        self.alert
    }

    /// What happened, for a log. It never has anything of what the peer sent in it.
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The error number that comes nearest.
    pub const fn errno(&self) -> error::Error {
        match self.kind {
            ErrorKind::Decode => EBADMSG,
            ErrorKind::PeerMisbehaved => EPROTO,
            ErrorKind::PeerIncompatible => EOPNOTSUPP,
            ErrorKind::PeerAlert(_) => ECONNABORTED,
            ErrorKind::PeerClosed => ECONNRESET,
            ErrorKind::Internal(errno) => errno,
        }
    }
}

impl From<error::Error> for Error {
    fn from(errno: error::Error) -> Self {
        Self::internal(errno, "internal error")
    }
}

impl From<AllocError> for Error {
    fn from(_: AllocError) -> Self {
        Self::internal(ENOMEM, "out of memory")
    }
}

/// The result of the engine's operations.
pub(crate) type Result<T = (), E = Error> = core::result::Result<T, E>;
