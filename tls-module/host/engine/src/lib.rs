// SPDX-License-Identifier: GPL-2.0

//! The sans-I/O parts of `rust_tls`, built on the host from the module's own source.

#![forbid(unsafe_code)]

#[path = "../../../x509/mod.rs"]
pub mod x509;

#[path = "../../../tls/mod.rs"]
pub mod tls;

#[path = "../../../record/mod.rs"]
pub mod record;

#[path = "../../../quic/mod.rs"]
pub mod quic;
