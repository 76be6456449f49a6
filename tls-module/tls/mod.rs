// SPDX-License-Identifier: GPL-2.0

//! A TLS 1.3 server engine (RFC 8446) that does no I/O of its own.
//!
//! Handshake bytes go in by [`Server::read`]; handshake bytes and traffic secrets come out through
//! a [`Sink`], each with the encryption [`Level`] it belongs to. Records are the business of
//! [`crate::record`], so that QUIC's CRYPTO frames can stand in their place.
//!
//! The engine has no clock and no socket. The randomness and the cryptography are those of
//! `kernel::crypto`.
//!
//! # States
//!
//! One type for each state; a transition consumes the old one.
//!
//! ```text
//!   ExpectClientHello ──── ClientHello ─────────────────────────┐
//!          │                                                    │
//!     no usable share: HelloRetryRequest                        │ ServerHello …
//!          ▼                                                    ▼ … Finished
//!   ExpectClientHelloRetry ─ ClientHello ─────────────▶ ExpectFinished
//!                                                               │ client's Finished
//!                                                               ▼
//!                                                           Connected
//! ```
//!
//! Whatever goes wrong is an [`Error`] that says whose fault it is and which alert to send, and the
//! engine takes no more input after it.
//!
//! # Names
//!
//! - `level`: one of the sets of keys of RFC 8446 section 2, as QUIC (RFC 9001 section 2.1) calls
//!   them.
//! - `suite`, `group`, `scheme`: cipher suite, named group, signature scheme.

mod client_hello;
mod codec;
mod config;
mod enums;
mod error;
mod key_exchange;
mod key_schedule;
#[cfg(any(test, CONFIG_RUST_TLS_KUNIT_TEST))]
mod kunit;
pub mod limits;
mod messages;
mod server;
mod sign;
mod transcript;

#[cfg(test)]
pub(crate) mod tests;

pub use self::{
    config::{
        CertifiedKey,
        Config,
        ConfigBuilder, //
    },
    enums::{
        AlertDescription,
        AlertLevel,
        CipherSuite,
        ContentType,
        NamedGroup,
        SignatureScheme, //
    },
    error::{
        Error,
        ErrorKind, //
    },
    key_schedule::{
        Hkdf,
        TrafficSecret, //
    },
    server::{
        Level,
        Negotiated,
        Notice,
        Server,
        Sink, //
    },
};
