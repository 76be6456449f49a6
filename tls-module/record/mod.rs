// SPDX-License-Identifier: GPL-2.0

//! TLS 1.3 records over a byte stream (RFC 8446 section 5), and the handshake on them.
//!
//! [`ServerConnection`] asks for bytes with [`ServerConnection::wanted`], never for more than the
//! record under way, and leaves bytes to be sent in [`ServerConnection::output`]. When it is
//! complete it becomes an [`Established`], whose keys go to kTLS: the next byte in the socket is
//! then the first of the first record under those keys.

mod connection;
mod protect;

pub use self::{
    connection::{
        Established,
        ServerConnection, //
    },
    protect::{
        RecordKeys,
        SealBudget, //
    }, //
};

#[cfg(test)]
pub(crate) use self::protect::testing;
