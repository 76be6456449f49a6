// SPDX-License-Identifier: GPL-2.0

//! Congestion control: NewReno as RFC 9002 section 7 has it, and pacing (section 7.7).

use super::{
    codec::to_u64,
    limits,
    time::{
        Duration,
        Instant, //
    }, //
};

/// What the window is counted in.
const DATAGRAM: u64 = limits::MAX_DATAGRAM as u64;

/// The window at the beginning (section 7.2).
const INITIAL_WINDOW: u64 = 10 * DATAGRAM;

/// The least window (section 7.2).
const MINIMUM_WINDOW: u64 = 2 * DATAGRAM;

/// What may go out at once (section 7.7 suggests the initial window at most).
const BURST: u64 = INITIAL_WINDOW;

/// The state of a path's congestion control.
///
/// ```text
///   slow start ── loss ──▶ recovery ── a packet sent in it is acknowledged ──▶ avoidance
///        ▲                                                                        │
///        └───────────────────── persistent congestion ────────────────────────────┘
/// ```
pub(super) struct Congestion {
    window: u64,
    threshold: u64,
    in_flight: u64,
    /// When the last reduction was: packets sent before do not cause another.
    recovery_start: Option<Instant>,
    /// Bytes acknowledged towards the next growth in avoidance.
    acked: u64,
    /// Whether it was the application that had nothing more to send.
    app_limited: bool,
    /// What may go out now, for pacing, and when that was so.
    tokens: u64,
    tokens_at: Option<Instant>,
}

impl Congestion {
    pub(super) const fn new() -> Self {
        Self {
            window: INITIAL_WINDOW,
            threshold: u64::MAX,
            in_flight: 0,
            recovery_start: None,
            acked: 0,
            app_limited: false,
            tokens: BURST,
            tokens_at: None,
        }
    }

    #[cfg(test)]
    pub(super) const fn window(&self) -> u64 {
        self.window
    }

    #[cfg(test)]
    pub(super) const fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// Whether a datagram more may be in flight.
    pub(super) fn has_room(&self) -> bool {
        self.in_flight.saturating_add(DATAGRAM) <= self.window
    }

    pub(super) fn set_app_limited(&mut self, limited: bool) {
        self.app_limited = limited;
    }

    pub(super) fn sent(&mut self, bytes: u64) {
        self.in_flight = self.in_flight.saturating_add(bytes);
        self.tokens = self.tokens.saturating_sub(bytes);
    }

    /// Bytes are in flight no more, without anything being known of them.
    pub(super) fn forget(&mut self, bytes: u64) {
        self.in_flight = self.in_flight.saturating_sub(bytes);
    }

    fn is_in_recovery(&self, sent: Instant) -> bool {
        self.recovery_start.is_some_and(|start| sent <= start)
    }

    /// A packet sent at `sent` has been acknowledged (section 7.3).
    pub(super) fn acked(&mut self, bytes: u64, sent: Instant) {
        self.forget(bytes);
        // Section 7.8: a window that is not used does not grow.
        if self.app_limited || self.is_in_recovery(sent) {
            return;
        }
        if self.window < self.threshold {
            self.window = self.window.saturating_add(bytes);
        } else {
            self.acked = self.acked.saturating_add(bytes);
            if self.acked >= self.window {
                self.acked = self.acked.saturating_sub(self.window);
                self.window = self.window.saturating_add(DATAGRAM);
            }
        }
        self.window = self.window.min(limits::MAX_CONGESTION_WINDOW);
    }

    /// Packets have been lost, the last of which was sent at `sent` (section 7.3.2).
    pub(super) fn lost(&mut self, now: Instant, sent: Instant) {
        if self.is_in_recovery(sent) {
            return;
        }
        self.recovery_start = Some(now);
        self.window = (self.window / 2).max(MINIMUM_WINDOW);
        self.threshold = self.window;
        self.acked = 0;
    }

    /// Nothing has come through for long (section 7.6.2).
    pub(super) fn persistent(&mut self) {
        self.window = MINIMUM_WINDOW;
        self.recovery_start = None;
        self.acked = 0;
    }

    /// When the next datagram may go out: [`None`] if it may now. The rate is 5/4 of a window a
    /// round trip.
    pub(super) fn pace(&mut self, now: Instant, smoothed: Duration, len: usize) -> Option<Instant> {
        let rtt = smoothed.as_nanos().max(1);
        let rate = self.window.saturating_add(self.window / 4).max(1);
        let since = self.tokens_at.map_or(Duration::ZERO, |at| now - at);
        let elapsed = since.as_nanos().min(rtt);
        let gained = rate.saturating_mul(elapsed).checked_div(rtt).unwrap_or(0);
        if gained > 0 || self.tokens_at.is_none() {
            self.tokens = self.tokens.saturating_add(gained).min(BURST);
            self.tokens_at = Some(now);
        }
        let missing = to_u64(len).saturating_sub(self.tokens);
        if missing == 0 {
            return None;
        }
        let wait = missing.saturating_mul(rtt).checked_div(rate).unwrap_or(0);
        Some(now + Duration::from_nanos(wait.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(0) + Duration::from_millis(millis)
    }

    #[test]
    fn slow_start_recovery_avoidance() {
        let mut c = Congestion::new();
        c.sent(INITIAL_WINDOW);
        assert!(!c.has_room());
        c.acked(INITIAL_WINDOW, at(1));
        assert_eq!(c.window(), 2 * INITIAL_WINDOW);

        c.sent(2 * INITIAL_WINDOW);
        c.lost(at(10), at(5));
        assert_eq!(c.window(), INITIAL_WINDOW);
        // Once in a round trip only.
        c.lost(at(11), at(9));
        assert_eq!(c.window(), INITIAL_WINDOW);
        // What was sent before the recovery does not grow it.
        c.acked(DATAGRAM, at(10));
        assert_eq!(c.window(), INITIAL_WINDOW);
        // A datagram more for each window acknowledged.
        c.acked(INITIAL_WINDOW - 1, at(12));
        assert_eq!(c.window(), INITIAL_WINDOW);
        c.acked(1, at(12));
        assert_eq!(c.window(), INITIAL_WINDOW + DATAGRAM);

        c.lost(at(20), at(13));
        c.lost(at(30), at(21));
        c.lost(at(40), at(31));
        c.lost(at(50), at(41));
        assert_eq!(c.window(), MINIMUM_WINDOW);
        c.persistent();
        // The recovery is over with it; growth is slow, as the threshold is as low.
        c.acked(MINIMUM_WINDOW, at(45));
        assert_eq!(c.window(), MINIMUM_WINDOW + DATAGRAM);
    }

    #[test]
    fn an_idle_window_does_not_grow() {
        let mut c = Congestion::new();
        c.set_app_limited(true);
        c.sent(DATAGRAM);
        c.acked(DATAGRAM, at(1));
        assert_eq!(c.window(), INITIAL_WINDOW);
        c.set_app_limited(false);
        for n in 0..1000 {
            c.sent(INITIAL_WINDOW);
            c.acked(INITIAL_WINDOW, at(n));
        }
        assert_eq!(c.window(), limits::MAX_CONGESTION_WINDOW);
    }

    #[test]
    fn pacing_spreads_a_window() {
        let mut c = Congestion::new();
        let rtt = Duration::from_millis(100);
        let mut now = at(0);
        let mut sent = 0;
        while now < at(1000) {
            match c.pace(now, rtt, DATAGRAM as usize) {
                None => {
                    c.sent(DATAGRAM);
                    sent += DATAGRAM;
                }
                Some(next) => {
                    assert!(next > now);
                    now = next;
                }
            }
        }
        // A burst, and then 5/4 of the window in each of ten round trips.
        let expected = BURST + INITIAL_WINDOW * 10 * 5 / 4;
        assert!(sent.abs_diff(expected) <= 2 * DATAGRAM, "{sent}");
    }
}
