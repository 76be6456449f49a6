// SPDX-License-Identifier: GPL-2.0

//! The front doors: listeners, their connections, and what those serve; for TCP here, for QUIC in
//! [`quic`].
//!
//! Nothing here waits on a peer. A socket's callback queues the work of its connection; the work
//! does what can be done without waiting and ends. A timer of each connection sees that none stays
//! for ever.

mod connection;
mod counters;
mod listener;
mod quic;
mod service;
mod tally;
mod timer;

pub(crate) use counters::Counters;
pub(crate) use listener::{
    Listener,
    ListenerOptions, //
};
pub(crate) use quic::{
    QuicListener,
    RetryPolicy, //
};
pub(crate) use service::ServiceKind;

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    workqueue::OwnedQueue, //
};

/// What every listener and connection shares.
pub(crate) struct Shared {
    /// Where the work of all connections runs.
    pub(crate) queue: OwnedQueue,
    /// What is counted over all of them.
    pub(crate) counters: Arc<Counters>,
    /// The number of the next handshake, of whatever listener: trace events tell them apart by it.
    next_id: Atomic<u64>,
}

impl Shared {
    /// Makes the queue.
    pub(crate) fn new(counters: Arc<Counters>) -> Result<Arc<Self>> {
        Ok(Arc::new(
            Self {
                queue: OwnedQueue::new_unbound(c"rust_tls")?,
                counters,
                next_id: Atomic::new(1),
            },
            GFP_KERNEL,
        )?)
    }

    /// Returns a number that no handshake had before.
    fn new_id(&self) -> u64 {
        self.next_id.fetch_add(1u64, Relaxed)
    }
}
