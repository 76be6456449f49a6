// SPDX-License-Identifier: GPL-2.0

//! The receiving side of a packet number space: what has come, and when to acknowledge it (RFC 9000
//! section 13.2).

use kernel::error::Result as KernelResult;

use super::super::{
    buffer::{
        ReceiveBuffer,
        SendBuffer, //
    },
    codec::Writer,
    frame::{
        self,
        EcnCounts, //
    },
    limits,
    range_set::RangeSet,
    recovery::Space,
    time::{
        Duration,
        Instant, //
    },
    Ecn, //
};

/// What has been received in a space.
pub(super) struct Received {
    numbers: RangeSet,
    /// Whether any of them has come is not known below this: they are taken as if.
    floor: u64,
    /// When the largest came.
    largest_at: Option<Instant>,
    /// Packets that ask for an acknowledgment since the last was sent.
    unacked: u32,
    /// When to send one at the latest.
    ack_at: Option<Instant>,
    ecn: EcnCounts,
}

impl Received {
    pub(super) const fn new() -> Self {
        Self {
            numbers: RangeSet::new(),
            floor: 0,
            largest_at: None,
            unacked: 0,
            ack_at: None,
            ecn: EcnCounts {
                ect0: 0,
                ect1: 0,
                ce: 0,
            },
        }
    }

    pub(super) fn bytes_held(&self) -> usize {
        self.numbers.bytes_held()
    }

    /// The number that is expected next.
    pub(super) fn expected(&self) -> u64 {
        self.numbers
            .last()
            .map_or(self.floor, |last| last.end.max(self.floor))
    }

    /// Whether a packet has come before, or may have (section 12.3).
    pub(super) fn is_duplicate(&self, number: u64) -> bool {
        number < self.floor || self.numbers.contains(number)
    }

    /// Takes a packet that has been processed.
    pub(super) fn on_packet(
        &mut self,
        space: Space,
        now: Instant,
        number: u64,
        ack_eliciting: bool,
        ecn: Ecn,
    ) -> KernelResult {
        let expected = self.expected();
        self.numbers.insert(number..number.saturating_add(1))?;
        while self.numbers.len() > limits::MAX_ACK_RANGES {
            if let Some(first) = self.numbers.first() {
                self.floor = first.end;
            }
            self.numbers.remove_first();
        }
        if number >= expected {
            self.largest_at = Some(now);
        }
        match ecn {
            Ecn::NotEct => {}
            Ecn::Ect0 => self.ecn.ect0 = self.ecn.ect0.saturating_add(1),
            Ecn::Ect1 => self.ecn.ect1 = self.ecn.ect1.saturating_add(1),
            Ecn::Ce => self.ecn.ce = self.ecn.ce.saturating_add(1),
        }
        if !ack_eliciting {
            return Ok(());
        }
        self.unacked = self.unacked.saturating_add(1);
        // Section 13.2.1: at once in the handshake, when something is out of order, and when the
        // network says that it is congested.
        let at_once = space != Space::Data
            || number != expected
            || ecn == Ecn::Ce
            || self.unacked >= limits::ACK_THRESHOLD;
        let at = if at_once {
            now
        } else {
            now + limits::MAX_ACK_DELAY
        };
        self.ack_at = Some(self.ack_at.map_or(at, |old| old.min(at)));
        Ok(())
    }

    /// When an acknowledgment is due.
    pub(super) const fn ack_at(&self) -> Option<Instant> {
        self.ack_at
    }

    pub(super) fn is_ack_due(&self, now: Instant) -> bool {
        self.ack_at.is_some_and(|at| at <= now)
    }

    /// Writes an ACK frame, if there is something that has not been acknowledged, or `always`. Gives
    /// the largest number it is about.
    pub(super) fn write_ack(
        &mut self,
        now: Instant,
        space: Space,
        always: bool,
        w: &mut Writer<'_>,
    ) -> KernelResult<Option<u64>> {
        let Some(last) = self.numbers.last() else {
            return Ok(None);
        };
        if self.unacked == 0 && !always {
            return Ok(None);
        }
        let largest = last.end.saturating_sub(1);
        // Section 13.2.5: no delay is said in the handshake.
        let delay = match (space, self.largest_at) {
            (Space::Data, Some(at)) => now - at,
            _ => Duration::ZERO,
        };
        let delay = delay.as_micros() >> limits::ACK_DELAY_EXPONENT;
        let ecn = (self.ecn != EcnCounts::default()).then_some(&self.ecn);
        frame::write_ack(w, &self.numbers, delay, ecn)?;
        self.unacked = 0;
        self.ack_at = None;
        Ok(Some(largest))
    }

    /// What waits to be acknowledged, for [`Received::restore`].
    pub(super) const fn waiting(&self) -> (u32, Option<Instant>) {
        (self.unacked, self.ack_at)
    }

    /// Takes an acknowledgment back that was written but does not go out.
    pub(super) fn restore(&mut self, (unacked, ack_at): (u32, Option<Instant>)) {
        self.unacked = unacked;
        self.ack_at = ack_at;
    }

    /// The peer knows of what was acknowledged up to `largest` (section 13.2.4).
    pub(super) fn ack_acked(&mut self, largest: u64) {
        let end = largest.saturating_add(1);
        // The newest range stays, so that there is always something to say.
        let newest = self.numbers.last().map_or(0, |last| last.start);
        let end = end.min(newest);
        self.floor = self.floor.max(end);
        self.numbers.remove_below(end);
    }
}

/// A level's CRYPTO data.
pub(super) struct CryptoStream {
    pub(super) send: SendBuffer,
    pub(super) receive: ReceiveBuffer,
}

impl CryptoStream {
    pub(super) const fn new() -> Self {
        Self {
            send: SendBuffer::new(),
            receive: ReceiveBuffer::new(),
        }
    }

    pub(super) fn bytes_held(&self) -> usize {
        self.send
            .bytes_held()
            .saturating_add(self.receive.bytes_held())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(0) + Duration::from_millis(millis)
    }

    #[test]
    fn when_to_acknowledge() {
        let mut r = Received::new();
        let mut come = |millis, number, eliciting, ecn| {
            r.on_packet(Space::Data, at(millis), number, eliciting, ecn)
                .unwrap();
            let due = r.ack_at();
            if due == Some(at(millis)) {
                let mut out = [0; 100];
                let mut w = Writer::new(&mut out);
                r.write_ack(at(millis), Space::Data, false, &mut w).unwrap();
            }
            due
        };
        // One waits, two do not, and what asks for nothing gets nothing.
        assert_eq!(come(0, 0, true, Ecn::NotEct), Some(at(25)));
        assert_eq!(come(1, 1, true, Ecn::NotEct), Some(at(1)));
        assert_eq!(come(2, 2, false, Ecn::NotEct), None);
        // A gap, and what fills it; congestion.
        assert_eq!(come(3, 5, true, Ecn::NotEct), Some(at(3)));
        assert_eq!(come(4, 4, true, Ecn::NotEct), Some(at(4)));
        assert_eq!(come(5, 6, true, Ecn::Ect0), Some(at(30)));
        assert_eq!(come(6, 7, true, Ecn::Ce), Some(at(6)));
        assert!(r.is_duplicate(4) && !r.is_duplicate(3));
    }

    #[test]
    fn ranges_have_a_limit() {
        let mut r = Received::new();
        for n in 0..200 {
            r.on_packet(Space::Data, at(n), 2 * n, true, Ecn::NotEct)
                .unwrap();
        }
        assert_eq!(r.numbers.len(), limits::MAX_ACK_RANGES);
        // What is forgotten is not taken again.
        assert!(r.is_duplicate(1));
        assert!(!r.is_duplicate(397));
        assert!(r.is_duplicate(398));
    }
}
