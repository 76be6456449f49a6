// SPDX-License-Identifier: GPL-2.0

//! What the module counts, as `debugfs` shows it.
//!
//! `handshakes_under_way` is what `handshakes_begun` has over `handshakes_done` and
//! `handshakes_failed`: the four always add up.

use crate::tls::AlertDescription;
use kernel::{
    fmt,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// A number that counts up, or up and down.
pub(crate) struct Counter(Atomic<u64>);

impl Counter {
    const fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Adds one.
    pub(crate) fn increment(&self) {
        self.add(1);
    }

    /// Takes one away.
    pub(crate) fn decrement(&self) {
        self.subtract(1);
    }

    /// Takes `n` away.
    pub(crate) fn subtract(&self, n: u64) {
        self.0.fetch_sub(n, Relaxed);
    }

    /// Adds `n`; a sum over 2^64 wraps.
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// What is counted of QUIC alone.
pub(crate) struct QuicCounters {
    /// Memory that connections have.
    pub(crate) bytes_held: Counter,
    /// Datagrams answered without a connection, by the answer.
    pub(crate) version_negotiations_sent: Counter,
    pub(crate) retries_sent: Counter,
    pub(crate) refusals_sent: Counter,
    pub(crate) resets_sent: Counter,
    /// Datagrams that no connection got, by the reason.
    pub(crate) dropped_malformed: Counter,
    pub(crate) dropped_unknown: Counter,
    pub(crate) dropped_rate_limited: Counter,
    pub(crate) dropped_no_memory: Counter,
    pub(crate) dropped_inbox_full: Counter,
    /// Packets that a connection got and did not take.
    pub(crate) dropped_by_connections: Counter,
}

/// Every counter of the module.
pub(crate) struct Counters {
    pub(crate) handshakes_begun: Counter,
    pub(crate) handshakes_done: Counter,
    pub(crate) handshakes_failed: Counter,
    pub(crate) deadlines_missed: Counter,
    pub(crate) connections_open: Counter,
    pub(crate) connections_refused: Counter,
    pub(crate) bytes_received: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) quic: QuicCounters,
    alerts_sent: [Counter; 256],
    alerts_received: [Counter; 256],
}

impl Counters {
    /// All at zero.
    pub(crate) const fn new() -> Self {
        Self {
            handshakes_begun: Counter::new(),
            handshakes_done: Counter::new(),
            handshakes_failed: Counter::new(),
            deadlines_missed: Counter::new(),
            connections_open: Counter::new(),
            connections_refused: Counter::new(),
            bytes_received: Counter::new(),
            bytes_sent: Counter::new(),
            quic: QuicCounters::new(),
            alerts_sent: [const { Counter::new() }; 256],
            alerts_received: [const { Counter::new() }; 256],
        }
    }

    /// Counts an alert put on the wire.
    pub(crate) fn alert_sent(&self, alert: u8) {
        if let Some(counter) = self.alerts_sent.get(usize::from(alert)) {
            counter.increment();
        }
    }

    /// Counts an alert a peer sent.
    pub(crate) fn alert_received(&self, alert: u8) {
        if let Some(counter) = self.alerts_received.get(usize::from(alert)) {
            counter.increment();
        }
    }
}

impl QuicCounters {
    const fn new() -> Self {
        Self {
            bytes_held: Counter::new(),
            version_negotiations_sent: Counter::new(),
            retries_sent: Counter::new(),
            refusals_sent: Counter::new(),
            resets_sent: Counter::new(),
            dropped_malformed: Counter::new(),
            dropped_unknown: Counter::new(),
            dropped_rate_limited: Counter::new(),
            dropped_no_memory: Counter::new(),
            dropped_inbox_full: Counter::new(),
            dropped_by_connections: Counter::new(),
        }
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, counter) in [
            ("bytes_held", &self.bytes_held),
            ("version_negotiations_sent", &self.version_negotiations_sent),
            ("retries_sent", &self.retries_sent),
            ("refusals_sent", &self.refusals_sent),
            ("resets_sent", &self.resets_sent),
            ("dropped_malformed", &self.dropped_malformed),
            ("dropped_unknown", &self.dropped_unknown),
            ("dropped_rate_limited", &self.dropped_rate_limited),
            ("dropped_no_memory", &self.dropped_no_memory),
            ("dropped_inbox_full", &self.dropped_inbox_full),
            ("dropped_by_connections", &self.dropped_by_connections),
        ] {
            writeln!(f, "quic_{name} {}", counter.get())?;
        }
        Ok(())
    }
}

impl Counters {
    /// Writes a line for each counter: its name and its value.
    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A handshake begins before it ends, so with what has ended read first none is missing.
        let done = self.handshakes_done.get();
        let failed = self.handshakes_failed.get();
        let begun = self.handshakes_begun.get();
        for (name, count) in [
            ("handshakes_begun", begun),
            ("handshakes_done", done),
            ("handshakes_failed", failed),
            (
                "handshakes_under_way",
                begun.saturating_sub(done).saturating_sub(failed),
            ),
            ("deadlines_missed", self.deadlines_missed.get()),
            ("connections_open", self.connections_open.get()),
            ("connections_refused", self.connections_refused.get()),
            ("bytes_received", self.bytes_received.get()),
            ("bytes_sent", self.bytes_sent.get()),
        ] {
            writeln!(f, "{name} {count}")?;
        }
        self.quic.show(f)?;

        for (direction, alerts) in [
            ("sent", &self.alerts_sent),
            ("received", &self.alerts_received),
        ] {
            for alert in 0..=u8::MAX {
                let count = alerts.get(usize::from(alert)).map_or(0, Counter::get);
                if count != 0 {
                    let name = AlertDescription::from(alert).name();
                    writeln!(f, "alert_{direction}_{name} {count}")?;
                }
            }
        }
        Ok(())
    }
}
