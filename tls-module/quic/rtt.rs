// SPDX-License-Identifier: GPL-2.0

//! The round-trip time (RFC 9002 section 5).

use super::{
    limits,
    time::{
        Duration,
        Instant, //
    }, //
};

/// What is taken for the round-trip time before there is a sample (section 6.2.2).
const INITIAL: Duration = Duration::from_millis(333);

/// What timers are not expected to be finer than (section 6.1.2).
pub(super) const GRANULARITY: Duration = Duration::from_millis(1);

/// The estimate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rtt {
    latest: Duration,
    smoothed: Duration,
    variation: Duration,
    min: Duration,
    /// When the first sample was taken.
    first_sample: Option<Instant>,
}

impl Rtt {
    pub(super) const fn new() -> Self {
        Self {
            latest: INITIAL,
            smoothed: INITIAL,
            variation: INITIAL.halved(1),
            min: INITIAL,
            first_sample: None,
        }
    }

    pub(super) const fn smoothed(&self) -> Duration {
        self.smoothed
    }

    pub(super) const fn first_sample(&self) -> Option<Instant> {
        self.first_sample
    }

    /// Takes a sample (section 5.3). `ack_delay` is what the peer says it waited, as far as it may
    /// have.
    pub(super) fn update(&mut self, now: Instant, sample: Duration, ack_delay: Duration) {
        // A peer can hold an acknowledgment back for as long as it likes.
        let sample = sample.min(limits::MAX_RTT);
        self.latest = sample;
        if self.first_sample.is_none() {
            self.first_sample = Some(now);
            self.min = sample;
            self.smoothed = sample;
            self.variation = sample.halved(1);
            return;
        }
        self.min = self.min.min(sample);
        let adjusted = if sample >= self.min + ack_delay {
            sample - ack_delay
        } else {
            sample
        };
        let difference = self.smoothed.abs_diff(adjusted);
        // 3/4 and 1/4; 7/8 and 1/8.
        self.variation = self.variation - self.variation.halved(2) + difference.halved(2);
        self.smoothed = self.smoothed - self.smoothed.halved(3) + adjusted.halved(3);
    }

    /// How long after it was sent a packet is lost if a later one has been acknowledged (section
    /// 6.1.2): 9/8 of the round-trip time.
    pub(super) fn loss_delay(&self) -> Duration {
        let rtt = self.latest.max(self.smoothed);
        (rtt + rtt.halved(3)).max(GRANULARITY)
    }

    /// The probe timeout, without what the peer may wait before it acknowledges (section 6.2.1).
    pub(super) fn pto(&self) -> Duration {
        self.smoothed + self.variation.times(4).max(GRANULARITY)
    }
}
