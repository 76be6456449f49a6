// SPDX-License-Identifier: GPL-2.0

//! What is counted and traced of a handshake and of a connection, whatever carries them.

use super::Counters;
use crate::tls::Negotiated;
use core::net::SocketAddr;
use kernel::{
    net::tls_trace,
    prelude::*,
    sync::Arc, //
};

/// A connection that is counted as open until this is dropped.
pub(super) struct Open(Arc<Counters>);

impl Open {
    pub(super) fn count(counters: Arc<Counters>) -> Self {
        counters.connections_open.increment();
        Self(counters)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.connections_open.decrement();
    }
}

/// A handshake under way, which is counted as done or failed when this is dropped.
pub(super) struct Tally {
    id: u64,
    counters: Arc<Counters>,
    outcome: Outcome,
}

/// How a handshake ended.
enum Outcome {
    Done {
        suite: u16,
        group: u16,
        signature: u16,
    },
    /// It failed, and this alert, if there is one, has been put on the wire.
    Failed { alert: Option<u8>, errno: Error },
}

impl Tally {
    /// Counts handshake number `id` as begun.
    pub(super) fn begin(id: u64, counters: Arc<Counters>, peer: Option<SocketAddr>) -> Self {
        if let Some(peer) = peer {
            tls_trace::handshake_start(id, &peer);
        }
        counters.handshakes_begun.increment();
        Self {
            id,
            counters,
            outcome: Outcome::Failed {
                alert: None,
                errno: ECANCELED,
            },
        }
    }

    /// The handshake is done.
    pub(super) fn done(mut self, negotiated: &Negotiated) {
        self.outcome = Outcome::Done {
            suite: negotiated.suite.into(),
            group: negotiated.group.into(),
            signature: negotiated.signature.into(),
        };
    }

    /// The handshake has failed, and `alert` has been put on the wire.
    pub(super) fn failed(&mut self, alert: Option<u8>, errno: Error) {
        self.outcome = Outcome::Failed { alert, errno };
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let counters = &self.counters;
        match self.outcome {
            Outcome::Done {
                suite,
                group,
                signature,
            } => {
                counters.handshakes_done.increment();
                tls_trace::handshake_done(self.id, suite, group, signature);
            }
            Outcome::Failed { alert, errno } => {
                if let Some(alert) = alert {
                    counters.alert_sent(alert);
                }
                counters.handshakes_failed.increment();
                tls_trace::handshake_fail(self.id, alert.unwrap_or(0), errno.to_errno());
            }
        }
    }
}
