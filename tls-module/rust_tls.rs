// SPDX-License-Identifier: GPL-2.0

//! TLS 1.3 in the kernel: a server whose handshake is done here and whose records kTLS protects.
//!
//! - [`tls`]: the engine (RFC 8446), which does no I/O.
//! - [`record`]: its records over TCP.
//! - [`quic`]: QUIC (RFC 9000, 9001, 9002), which does no I/O either.
//! - [`x509`]: what it needs to know of certificates.
//! - [`server`]: sockets, connections and the services behind them.
//! - [`configfs`]: listeners as directories.

#![forbid(unsafe_code)]

mod configfs;
pub mod quic;
pub mod record;
mod server;
pub mod tls;
pub mod x509;

use configfs::Listeners;
use kernel::{
    debugfs,
    prelude::*,
    sync::Arc, //
};
use server::{
    Counters,
    Shared, //
};

module! {
    type: RustTls,
    name: "rust_tls",
    authors: ["The rust-tls developers"],
    description: "TLS 1.3 server with records by kTLS",
    license: "GPL",
}

/// The module: what is visible of it, in the order in which it goes away.
#[pin_data]
struct RustTls {
    #[pin]
    listeners: kernel::configfs::Subsystem<Listeners>,
    #[pin]
    counters: debugfs::File<Arc<Counters>>,
    _directory: debugfs::Dir,
    _work: Work,
}

/// The end of all work, when this is dropped.
///
/// A directory in configfs holds a reference to the module: by then every listener has been
/// stopped, and what work is left finds its connection closed. It has to end before the module's
/// code goes away, and while this reference keeps it from dropping the queue it runs on.
struct Work(Arc<Shared>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.queue.flush();
    }
}

impl kernel::InPlaceModule for RustTls {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(|| {
            let counters = Arc::new(Counters::new(), GFP_KERNEL)?;
            let shared = Shared::new(counters.clone())?;
            let directory = debugfs::Dir::new(c"rust_tls");
            Ok(try_pin_init!(Self {
                listeners <- Listeners::subsystem(shared.clone()),
                counters <- directory.read_callback_file(
                    c"counters",
                    counters,
                    &|counters, f| counters.show(f),
                ),
                _directory: directory,
                _work: Work(shared),
            }))
        })
    }
}
