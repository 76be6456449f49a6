// SPDX-License-Identifier: GPL-2.0

//! Loss detection (RFC 9002 section 6 and appendix A).

use core::ops::RangeInclusive;

use kernel::{
    error::Result as KernelResult,
    prelude::*, //
};

use super::{
    congestion::Congestion,
    error::{
        Result,
        TransportError, //
    },
    limits,
    ring::Ring,
    rtt::{
        Rtt,
        GRANULARITY, //
    },
    sent::{
        Sent,
        SentPacket, //
    },
    time::{
        earliest,
        Duration,
        Instant, //
    }, //
};

/// How many packets after it have to be acknowledged for a packet to be lost (section 6.1.1).
const PACKET_THRESHOLD: u64 = 3;

/// Probe timeouts in a row that are persistent congestion (section 7.6.1).
const PERSISTENT_CONGESTION: u64 = 3;

/// Datagrams sent at a probe timeout (section 6.2.4).
const PROBES: u8 = 2;

/// The most that the probe timeout is doubled.
const MAX_BACKOFF: u32 = 16;

/// A packet number space (RFC 9000 section 12.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Initial,
    Handshake,
    Data,
}

impl Space {
    pub(super) const ALL: [Self; 3] = [Self::Initial, Self::Handshake, Self::Data];
}

/// One value for each space.
pub(super) struct PerSpace<T> {
    pub(super) initial: T,
    pub(super) handshake: T,
    pub(super) data: T,
}

impl<T> PerSpace<T> {
    pub(super) const fn get(&self, space: Space) -> &T {
        match space {
            Space::Initial => &self.initial,
            Space::Handshake => &self.handshake,
            Space::Data => &self.data,
        }
    }

    pub(super) fn get_mut(&mut self, space: Space) -> &mut T {
        match space {
            Space::Initial => &mut self.initial,
            Space::Handshake => &mut self.handshake,
            Space::Data => &mut self.data,
        }
    }
}

/// What was sent in one space.
struct SentSpace {
    packets: Ring<SentPacket>,
    largest_acked: Option<u64>,
    /// When the next packet is lost by its age.
    loss_time: Option<Instant>,
    /// When the last packet went out that asks for an acknowledgment.
    last_ack_eliciting: Option<Instant>,
    /// How many such packets are in flight.
    ack_eliciting: u64,
    /// How many frames all the packets have.
    frames: usize,
    /// Packets that are to be sent whatever the window says.
    probes: u8,
}

impl SentSpace {
    const fn new() -> Self {
        Self {
            packets: Ring::new(),
            largest_acked: None,
            loss_time: None,
            last_ack_eliciting: None,
            ack_eliciting: 0,
            frames: 0,
            probes: 0,
        }
    }

    /// Whether there is no room for another packet.
    fn is_full(&self) -> bool {
        let packets = self.packets.end().saturating_sub(self.packets.first());
        packets >= limits::MAX_SENT_PACKETS || self.frames >= limits::MAX_SENT_FRAMES
    }

    /// Takes a packet off the list: whatever has become of it, it is under way no more.
    fn take(&mut self, number: u64) -> Option<SentPacket> {
        let packet = self.packets.take(number)?;
        if packet.ack_eliciting {
            self.ack_eliciting = self.ack_eliciting.saturating_sub(1);
        }
        self.frames = self.frames.saturating_sub(packet.frames.len());
        Some(packet)
    }
}

/// What came of an acknowledgment or a timeout: frames that have arrived, and frames to be said
/// again.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) acked: KVec<Sent>,
    pub(super) lost: KVec<Sent>,
    /// How many packets were lost.
    pub(super) packets_lost: u64,
}

/// Loss detection and congestion control of a connection.
pub(super) struct Recovery {
    spaces: PerSpace<SentSpace>,
    pub(super) rtt: Rtt,
    pub(super) congestion: Congestion,
    pto_count: u32,
    /// What the peer may wait before it acknowledges, in the data space.
    pub(super) max_ack_delay: Duration,
    /// Whether the handshake is confirmed.
    pub(super) confirmed: bool,
    /// The path in use.
    path: u32,
}

impl Recovery {
    pub(super) const fn new() -> Self {
        Self {
            spaces: PerSpace {
                initial: SentSpace::new(),
                handshake: SentSpace::new(),
                data: SentSpace::new(),
            },
            rtt: Rtt::new(),
            congestion: Congestion::new(),
            pto_count: 0,
            max_ack_delay: Duration::ZERO,
            confirmed: false,
            path: 0,
        }
    }

    pub(super) fn bytes_held(&self) -> usize {
        let of = |space: &SentSpace| {
            space
                .packets
                .iter()
                .fold(space.packets.bytes_held(), |sum, (_, packet)| {
                    let frames = packet.frames.capacity().saturating_mul(size_of::<Sent>());
                    sum.saturating_add(frames)
                })
        };
        of(&self.spaces.initial)
            .saturating_add(of(&self.spaces.handshake))
            .saturating_add(of(&self.spaces.data))
    }

    /// The number of the next packet of a space.
    pub(super) fn next_number(&self, space: Space) -> u64 {
        self.spaces.get(space).packets.end()
    }

    pub(super) fn largest_acked(&self, space: Space) -> Option<u64> {
        self.spaces.get(space).largest_acked
    }

    /// Makes sure that a packet can be listed when it has been sent. Where there are too many, those
    /// that were sent first are taken for lost; gives what they said.
    ///
    /// Nothing else ends the wait for a peer that acknowledges nothing, while what it is sent in
    /// return asks for no acknowledgment and so is not held back by the window.
    pub(super) fn make_room(&mut self, space: Space) -> KernelResult<KVec<Sent>> {
        let mut lost = KVec::new();
        let path = self.path;
        let of = self.spaces.get_mut(space);
        of.packets.reserve()?;
        while of.is_full() {
            // Before it is taken off the list: what it says is not to be lost for want of memory.
            let first = of.packets.first();
            let frames = of
                .packets
                .get(first)
                .map_or(0, |packet| packet.frames.len());
            match lost.reserve(frames, GFP_KERNEL) {
                Err(e) if lost.is_empty() => return Err(e.into()),
                Err(_) => break,
                Ok(()) => {}
            }
            let Some(packet) = of.take(first) else {
                break;
            };
            if packet.path == path {
                self.congestion.forget(packet.size);
            }
            for frame in packet.frames {
                lost.push(frame, GFP_KERNEL)?;
            }
        }
        Ok(lost)
    }

    /// Whether something is that asks for an acknowledgment, and has none yet.
    pub(super) fn is_under_way(&self, space: Space) -> bool {
        self.spaces.get(space).ack_eliciting > 0
    }

    /// Has probes sent in every space with something under way.
    ///
    /// Section 6.2.4: not only where the timer was. In a handshake what is missing may be the
    /// packets of either space, and one datagram has both.
    pub(super) fn probe(&mut self) {
        for space in Space::ALL {
            let of = self.spaces.get_mut(space);
            if of.ack_eliciting > 0 {
                of.probes = PROBES;
            }
        }
    }

    /// The frames that the next probe of a space is to say again (section 6.2.4): those of the packet
    /// that is the longest under way, then those of the next one. Where there is but one, that is the
    /// first probe, and the second says the same.
    pub(super) fn said_longest_ago(&self, space: Space) -> KernelResult<KVec<Sent>> {
        let of = self.spaces.get(space);
        let mut frames = KVec::new();
        let packet = of
            .packets
            .iter()
            .filter(|(_, packet)| packet.ack_eliciting)
            .nth(usize::from(PROBES.saturating_sub(of.probes)));
        for frame in packet.iter().flat_map(|(_, packet)| packet.frames.iter()) {
            frames.push(frame.clone(), GFP_KERNEL)?;
        }
        Ok(frames)
    }

    /// Whether a probe is to be sent in a space.
    pub(super) fn wants_probe(&self, space: Space) -> bool {
        self.spaces.get(space).probes > 0
    }

    /// Lists a packet that has been sent. `size` is what of it counts as in flight.
    pub(super) fn on_sent(
        &mut self,
        space: Space,
        now: Instant,
        size: u64,
        ack_eliciting: bool,
        frames: KVec<Sent>,
    ) -> KernelResult {
        let path = self.path;
        let of = self.spaces.get_mut(space);
        if !ack_eliciting && size == 0 {
            // Nobody acknowledges it by itself: it would stay for ever.
            return of.packets.skip();
        }
        let count = frames.len();
        of.packets.push(SentPacket {
            time: now,
            size,
            ack_eliciting,
            path,
            frames,
        })?;
        of.frames = of.frames.saturating_add(count);
        self.congestion.sent(size);
        if ack_eliciting {
            of.last_ack_eliciting = Some(now);
            of.ack_eliciting = of.ack_eliciting.saturating_add(1);
            of.probes = of.probes.saturating_sub(1);
        }
        Ok(())
    }

    /// Takes an acknowledgment (section A.7). The ranges are in descending order and begin with
    /// `largest`; `delay` is what the peer says it waited.
    pub(super) fn on_ack(
        &mut self,
        space: Space,
        now: Instant,
        largest: u64,
        delay: Duration,
        ranges: impl Iterator<Item = RangeInclusive<u64>>,
        outcome: &mut Outcome,
    ) -> Result {
        let of = self.spaces.get_mut(space);
        if largest >= of.packets.end() {
            // RFC 9000 section 13.1.
            return Err(TransportError::violation(
                "acknowledgment of a packet that was not sent",
            ));
        }
        let is_newer = of.largest_acked.is_none_or(|before| largest > before);
        of.largest_acked = of.largest_acked.max(Some(largest));

        let mut newest = None;
        let mut any_ack_eliciting = false;
        let mut any = false;
        for range in ranges {
            let first = of.packets.first();
            let (low, high) = range.into_inner();
            for number in (low.max(first)..=high).rev() {
                let Some(packet) = of.take(number) else {
                    continue;
                };
                any = true;
                any_ack_eliciting |= packet.ack_eliciting;
                if number == largest && packet.path == self.path {
                    newest = Some(packet.time);
                }
                if packet.path == self.path {
                    self.congestion.acked(packet.size, packet.time);
                }
                outcome.acked.reserve(packet.frames.len(), GFP_KERNEL)?;
                for frame in packet.frames {
                    outcome.acked.push(frame, GFP_KERNEL)?;
                }
            }
        }
        if !any {
            // The peer may have got a packet that is not listed, as it asked for no acknowledgment:
            // those sent before are lost all the same. They have to go, too, or each acknowledgment
            // would look through all numbers since.
            return match is_newer {
                true => self.detect_lost(space, now, outcome),
                false => Ok(()),
            };
        }
        if let (Some(sent), true) = (newest, any_ack_eliciting) {
            // Section 5.3: no more than the peer said it would wait, once that is sure.
            let delay = match space {
                Space::Data if self.confirmed => delay.min(self.max_ack_delay),
                Space::Data => delay,
                _ => Duration::ZERO,
            };
            self.rtt.update(now, now - sent, delay);
        }
        self.detect_lost(space, now, outcome)?;
        self.pto_count = 0;
        Ok(())
    }

    /// Finds the packets that are lost (section A.10).
    fn detect_lost(&mut self, space: Space, now: Instant, outcome: &mut Outcome) -> Result {
        let persistent = self.persistent_congestion();
        let delay = self.rtt.loss_delay();
        let lost_before = now - delay;
        let first_sample = self.rtt.first_sample();
        let path = self.path;
        let of = self.spaces.get_mut(space);
        of.loss_time = None;
        let Some(largest) = of.largest_acked else {
            return Ok(());
        };

        let mut last_lost = None;
        // A run of lost packets, none of which was acknowledged: its first and its last time.
        let mut run: Option<(u64, Instant)> = None;
        let mut is_persistent = false;
        for number in of.packets.first()..=largest {
            let Some(packet) = of.packets.get(number) else {
                run = None;
                continue;
            };
            let by_number = number.saturating_add(PACKET_THRESHOLD) <= largest;
            if !by_number && packet.time > lost_before {
                of.loss_time = earliest(of.loss_time, Some(packet.time + delay));
                continue;
            }
            let Some(packet) = of.take(number) else {
                continue;
            };
            outcome.packets_lost = outcome.packets_lost.saturating_add(1);
            if packet.path == path {
                self.congestion.forget(packet.size);
                if packet.size > 0 {
                    last_lost = last_lost.max(Some(packet.time));
                }
                // Section 7.6.2: both ends of the time ask for an acknowledgment, and there was a
                // sample before them.
                if packet.ack_eliciting && first_sample.is_some_and(|first| packet.time > first) {
                    let (_, since) = *run.get_or_insert((number, packet.time));
                    is_persistent |= packet.time - since > persistent;
                }
            }
            outcome.lost.reserve(packet.frames.len(), GFP_KERNEL)?;
            for frame in packet.frames {
                outcome.lost.push(frame, GFP_KERNEL)?;
            }
        }
        if let Some(sent) = last_lost {
            self.congestion.lost(now, sent);
        }
        if is_persistent {
            self.congestion.persistent();
        }
        Ok(())
    }

    /// How long nothing has to come through for the congestion to be persistent (section 7.6.1).
    fn persistent_congestion(&self) -> Duration {
        (self.rtt.pto() + self.max_ack_delay).times(PERSISTENT_CONGESTION)
    }

    /// The probe timeout of a space, doubled as often as it has passed.
    fn pto(&self, space: Space) -> Duration {
        let mut pto = self.rtt.pto();
        if space == Space::Data {
            pto = pto + self.max_ack_delay;
        }
        let factor = 1u64
            .checked_shl(self.pto_count.min(MAX_BACKOFF))
            .unwrap_or(u64::MAX);
        pto.times(factor)
    }

    /// The probe timeout that the idle timer is measured by. What the peer says of how long it may
    /// wait counts once the handshake is confirmed (section 6.2.1).
    pub(super) fn idle_pto(&self) -> Duration {
        let ack_delay = match self.confirmed {
            true => self.max_ack_delay.max(GRANULARITY),
            false => GRANULARITY,
        };
        self.rtt.pto() + ack_delay
    }

    /// The one that other timers are measured by: those of closing, of keys and of paths.
    ///
    /// It is bounded: how long a connection is kept that nobody uses is not for the peer to say,
    /// who may acknowledge as late as it likes.
    pub(super) fn base_pto(&self) -> Duration {
        self.idle_pto().min(limits::MAX_PTO)
    }

    fn loss_timer(&self) -> Option<(Instant, Space)> {
        Space::ALL
            .iter()
            .filter_map(|&space| Some((self.spaces.get(space).loss_time?, space)))
            .min_by_key(|(at, _)| *at)
    }

    fn probe_timer(&self) -> Option<(Instant, Space)> {
        Space::ALL
            .iter()
            // Section 6.2.1: not for data before the handshake is confirmed.
            .filter(|&&space| space != Space::Data || self.confirmed)
            .filter_map(|&space| {
                let of = self.spaces.get(space);
                let last = of.last_ack_eliciting.filter(|_| of.ack_eliciting > 0)?;
                Some((last + self.pto(space), space))
            })
            .min_by_key(|(at, _)| *at)
    }

    /// When [`Recovery::on_timeout`] is due. `blocked` says that nothing may be sent whatever
    /// happens, because the address is not validated: then there is no probing (section 6.2.2.1).
    pub(super) fn timeout(&self, blocked: bool) -> Option<Instant> {
        match self.loss_timer() {
            Some((at, _)) => Some(at),
            None if blocked => None,
            None => self.probe_timer().map(|(at, _)| at),
        }
    }

    /// Does what is due (section A.9).
    pub(super) fn on_timeout(
        &mut self,
        now: Instant,
        blocked: bool,
        outcome: &mut Outcome,
    ) -> Result {
        if let Some((at, space)) = self.loss_timer() {
            if at <= now {
                self.detect_lost(space, now, outcome)?;
            }
            return Ok(());
        }
        if self
            .probe_timer()
            .is_some_and(|(at, _)| at <= now && !blocked)
        {
            self.pto_count = self.pto_count.saturating_add(1);
            self.probe();
        }
        Ok(())
    }

    /// Gives a space up with its keys (section 6.4).
    pub(super) fn discard(&mut self, space: Space) {
        let of = self.spaces.get_mut(space);
        for (_, packet) in of.packets.iter() {
            if packet.path == self.path {
                self.congestion.forget(packet.size);
            }
        }
        // No number is used again, whatever comes.
        *of = SentSpace::new();
        self.pto_count = 0;
    }

    /// Goes to another path, of which nothing is known (RFC 9000 section 9.4).
    pub(super) fn new_path(&mut self) {
        self.path = self.path.saturating_add(1);
        self.rtt = Rtt::new();
        self.congestion = Congestion::new();
        self.pto_count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec as StdVec;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(1 << 40) + Duration::from_millis(millis)
    }

    const MS: fn(u64) -> Duration = Duration::from_millis;

    struct Trace(Recovery);

    impl Trace {
        fn new() -> Self {
            let mut recovery = Recovery::new();
            recovery.confirmed = true;
            recovery.max_ack_delay = MS(25);
            Self(recovery)
        }

        /// Sends a packet that says its own number.
        fn send(&mut self, millis: u64) -> u64 {
            let number = self.0.next_number(Space::Data);
            let mut frames = KVec::new();
            frames
                .push(Sent::Crypto(Space::Data, number..number + 1), GFP_KERNEL)
                .unwrap();
            self.0
                .on_sent(Space::Data, at(millis), 1200, true, frames)
                .unwrap();
            number
        }

        /// Acknowledges; gives what arrived and what was lost.
        fn ack(
            &mut self,
            millis: u64,
            ranges: &[RangeInclusive<u64>],
        ) -> (StdVec<u64>, StdVec<u64>) {
            let mut outcome = Outcome::default();
            let largest = *ranges[0].end();
            self.0
                .on_ack(
                    Space::Data,
                    at(millis),
                    largest,
                    Duration::ZERO,
                    ranges.iter().cloned(),
                    &mut outcome,
                )
                .unwrap();
            (numbers(&outcome.acked), numbers(&outcome.lost))
        }

        fn timeout(&mut self, millis: u64) -> StdVec<u64> {
            let mut outcome = Outcome::default();
            self.0.on_timeout(at(millis), false, &mut outcome).unwrap();
            numbers(&outcome.lost)
        }

        /// What the next probe is to say.
        fn again(&self) -> StdVec<u64> {
            numbers(&self.0.said_longest_ago(Space::Data).unwrap())
        }
    }

    fn numbers(frames: &[Sent]) -> StdVec<u64> {
        let mut numbers: StdVec<u64> = frames
            .iter()
            .map(|frame| match frame {
                Sent::Crypto(_, range) => range.start,
                other => panic!("{other:?}"),
            })
            .collect();
        numbers.sort();
        numbers
    }

    #[test]
    fn lost_by_number() {
        let mut t = Trace::new();
        for n in 0..6 {
            assert_eq!(t.send(n), n);
        }
        // Three after it, and a packet is lost; two are not enough.
        assert_eq!(t.ack(50, &[4..=4]), ([4].into(), [0, 1].into()));
        assert_eq!(t.0.congestion.in_flight(), 3 * 1200);
        assert_eq!(t.ack(51, &[2..=5]), ([2, 3, 5].into(), [].into()));
        assert_eq!(t.0.congestion.in_flight(), 0);
        // It is not acknowledged twice, nor lost when it arrives late.
        assert_eq!(t.ack(52, &[0..=5]), ([].into(), [].into()));
        assert!(t.0.timeout(false).is_none());
    }

    #[test]
    fn lost_by_time() {
        let mut t = Trace::new();
        t.send(0);
        t.send(10);
        // The sample is 40 ms: a packet is lost 45 ms after it was sent.
        assert_eq!(t.ack(50, &[1..=1]), ([1].into(), [0].into()));
        t.send(60);
        t.send(90);
        assert_eq!(t.ack(100, &[3..=3]), ([3].into(), [].into()));
        let due = t.0.timeout(false).unwrap();
        // Now the smoothed time is 36.25 ms, and 9/8 of it 40.78 ms.
        assert!(due > at(100) && due <= at(101), "{due:?}");
        assert_eq!(t.timeout(100), []);
        assert_eq!(t.timeout(101), [2]);
    }

    #[test]
    fn rtt_of_the_rfc() {
        let mut t = Trace::new();
        t.send(0);
        t.ack(100, &[0..=0]);
        assert_eq!(t.0.rtt.smoothed(), MS(100));
        assert_eq!(t.0.rtt.pto(), MS(300));
        // A sample of 180 ms: 7/8 and 1/8, 3/4 and 1/4.
        t.send(200);
        t.ack(380, &[1..=1]);
        assert_eq!(t.0.rtt.smoothed(), MS(110));
        assert_eq!(
            t.0.rtt.pto(),
            MS(110) + Duration::from_micros(57_500).times(4)
        );
        // What the peer says it waited is taken off, but not below the least there was.
        let mut rtt = Rtt::new();
        rtt.update(at(0), MS(100), MS(50));
        rtt.update(at(1), MS(120), MS(20));
        assert_eq!(rtt.smoothed(), MS(100));
        rtt.update(at(1), MS(108), MS(20));
        assert_eq!(rtt.smoothed(), MS(101));
    }

    #[test]
    fn probes_back_off() {
        let mut t = Trace::new();
        t.send(0);
        t.ack(100, &[0..=0]);
        for n in 0..4 {
            t.send(200 + n);
        }
        // 300 ms and what the peer may wait; twice as long each time.
        let mut last = 203;
        for factor in [1, 2, 4, 8] {
            let due = 325 * factor;
            assert_eq!(t.0.timeout(false), Some(at(last + due)));
            assert_eq!(t.0.timeout(true), None);
            assert_eq!(t.timeout(last + due - 1), []);
            assert!(!t.0.wants_probe(Space::Data));
            assert_eq!(t.timeout(last + due), []);
            assert!(t.0.wants_probe(Space::Data));
            assert_eq!(t.again(), [1]);
            last += due;
            t.send(last);
            assert!(t.0.wants_probe(Space::Data));
            assert_eq!(t.again(), [2]);
            t.send(last);
            assert!(!t.0.wants_probe(Space::Data));
        }
        // An acknowledgment ends it. Nothing came through for long: it was persistent congestion.
        let sent = t.0.next_number(Space::Data);
        t.ack(last + 100, &[sent - 1..=sent - 1]);
        assert_eq!(t.0.congestion.window(), 2 * 1200);
    }

    /// The ServerHello and what follows it are said again together; and where there is one packet to
    /// say again, two probes say it.
    #[test]
    fn probes_in_all_spaces() {
        let mut t = Trace::new();
        let send = |t: &mut Trace, space: Space, from: u64| {
            let mut frames = KVec::new();
            frames
                .push(Sent::Crypto(space, from..from + 1), GFP_KERNEL)
                .unwrap();
            t.0.on_sent(space, at(from), 1200, true, frames).unwrap();
        };
        let again = |t: &Trace, space| numbers(&t.0.said_longest_ago(space).unwrap());

        send(&mut t, Space::Initial, 0);
        send(&mut t, Space::Handshake, 1);
        send(&mut t, Space::Handshake, 2);
        assert_eq!(t.timeout(10_000), []);
        assert!(!t.0.wants_probe(Space::Data));
        for (initial, handshake) in [(0, 1), (3, 2)] {
            assert!(t.0.wants_probe(Space::Initial) && t.0.wants_probe(Space::Handshake));
            assert_eq!(again(&t, Space::Initial), [initial]);
            assert_eq!(again(&t, Space::Handshake), [handshake]);
            // What stands in for the first packet of each.
            send(&mut t, Space::Initial, 3);
            send(&mut t, Space::Handshake, 4);
        }
        assert!(!t.0.wants_probe(Space::Initial) && !t.0.wants_probe(Space::Handshake));
    }

    #[test]
    fn one_loss_is_no_persistent_congestion() {
        let mut t = Trace::new();
        t.send(0);
        t.ack(100, &[0..=0]);
        t.send(200);
        t.send(201);
        t.send(2000);
        t.send(2001);
        // The two that were lost were sent at once, long ago.
        let (_, lost) = t.ack(2100, &[3..=4]);
        assert_eq!(lost, [1, 2]);
        assert!(t.0.congestion.window() > 2 * 1200);
    }

    /// A peer that acknowledges nothing, and yet has this side send packets.
    #[test]
    fn room_is_made() {
        let mut t = Trace::new();
        let mut again = StdVec::new();
        for n in 0..3 * limits::MAX_SENT_PACKETS {
            again.extend(numbers(&t.0.make_room(Space::Data).unwrap()));
            if n == 0 || n == 10 {
                t.send(n);
            } else {
                t.0.on_sent(Space::Data, at(n), 0, false, KVec::new())
                    .unwrap();
            }
            let listed = &t.0.spaces.data.packets;
            assert!(listed.end() - listed.first() <= limits::MAX_SENT_PACKETS);
        }
        assert_eq!(again, [0, 10]);
        assert!(!t.0.is_under_way(Space::Data));
        assert_eq!(t.0.congestion.in_flight(), 0);

        // As many frames as packets may have together.
        let mut t = Trace::new();
        for n in 0..200 {
            let lost = t.0.make_room(Space::Data).unwrap().len();
            assert_eq!(lost, if n < 82 { 0 } else { 100 }, "{n}");
            let mut frames = KVec::new();
            for _ in 0..100 {
                frames
                    .push(Sent::Crypto(Space::Data, n..n + 1), GFP_KERNEL)
                    .unwrap();
            }
            t.0.on_sent(Space::Data, at(n), 100, true, frames).unwrap();
        }
    }

    /// An acknowledgment of nothing that is listed finds what was sent before it lost.
    #[test]
    fn lost_by_what_is_not_listed() {
        let mut t = Trace::new();
        t.send(0);
        for n in 1..100 {
            t.0.on_sent(Space::Data, at(n), 0, false, KVec::new())
                .unwrap();
        }
        assert_eq!(t.ack(100, &[2..=2]), ([].into(), [].into()));
        assert_eq!(t.ack(100, &[50..=50]), ([].into(), [0].into()));
        assert_eq!(t.0.spaces.data.packets.first(), 100);
    }

    #[test]
    fn late_acknowledgments_do_not_stretch_timers() {
        let mut t = Trace::new();
        t.send(0);
        t.ack(1_000_000, &[0..=0]);
        assert_eq!(t.0.rtt.smoothed(), limits::MAX_RTT);
        assert_eq!(t.0.base_pto(), limits::MAX_PTO);
        // But a connection is not idle before it had time to probe (RFC 9000 section 10.1).
        assert_eq!(t.0.idle_pto(), limits::MAX_RTT.times(3) + MS(25));
    }

    #[test]
    fn what_was_not_sent_is_not_acknowledged() {
        let mut t = Trace::new();
        t.send(0);
        let mut outcome = Outcome::default();
        let result = t.0.on_ack(
            Space::Data,
            at(1),
            1,
            Duration::ZERO,
            [0..=1].into_iter(),
            &mut outcome,
        );
        assert!(result.is_err());
    }

    #[test]
    fn another_path_begins_anew() {
        let mut t = Trace::new();
        for n in 0..8 {
            t.send(n);
        }
        t.0.new_path();
        assert_eq!(t.0.congestion.in_flight(), 0);
        let window = t.0.congestion.window();
        let (_, lost) = t.ack(500, &[6..=7]);
        assert_eq!(lost.len(), 6);
        // What was lost elsewhere says nothing of this path, and neither does its time.
        assert_eq!(t.0.congestion.window(), window);
        assert!(t.0.rtt.first_sample().is_none());
    }
}
