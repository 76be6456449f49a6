// SPDX-License-Identifier: GPL-2.0

//! Datagrams that go out.

use kernel::{
    error::Result as KernelResult,
    prelude::*, //
};

use super::{
    super::{
        cid::ConnectionId,
        codec::{
            to_u64,
            to_usize,
            Writer, //
        },
        crypto::{
            self,
            TAG, //
        },
        error::{
            Code,
            TransportError, //
        },
        frame::{
            self,
            kind, //
        },
        limits,
        packet::{
            LongType,
            Written, //
        },
        recovery::Space,
        sent::Sent,
        time::Instant,
        Path, //
    },
    Connection,
    PathState,
    State,
    Transmit, //
};

/// The smallest datagram that is begun.
pub(super) const LEAST: u64 = 64;

/// Room that is left in a datagram for a second packet to be put into it.
const COALESCE: usize = 150;

/// A packet that has been written but not sealed.
struct Draft {
    header: Written,
    number: u64,
    sent: KVec<Sent>,
    ack_eliciting: bool,
}

/// A frame for another path than the one in use, and how long its datagram may be.
struct Elsewhere {
    path: Path,
    kind: u64,
    data: [u8; 8],
    limit: usize,
}

impl Connection {
    /// Writes the next datagram into `buf`, which should have room for
    /// [`MAX_DATAGRAM`](super::super::MAX_DATAGRAM) bytes; [`None`] if there is nothing to be sent
    /// now.
    pub fn poll_transmit(&mut self, now: Instant, buf: &mut [u8]) -> Option<Transmit> {
        let result = match self.state {
            State::Draining(_) | State::Drained => return None,
            State::Closing(_) => self.transmit_close(now, buf),
            State::Handshaking | State::Established => self.transmit(now, buf),
        };
        match result {
            Ok(transmit) => transmit,
            // For want of memory: what was to be sent is so still, and timers come again.
            Err(e) if e == ENOMEM => None,
            Err(e) if e == EKEYEXPIRED => {
                self.fail(
                    now,
                    TransportError::new(Code::AEAD_LIMIT_REACHED, "keys are worn out"),
                );
                None
            }
            Err(e) => {
                self.fail(now, e.into());
                None
            }
        }
    }

    /// What a datagram on the path in use may have.
    fn limit(&self, buf: &[u8]) -> usize {
        let peer = self
            .peer
            .as_ref()
            .map_or(u64::MAX, |peer| peer.max_udp_payload_size);
        buf.len()
            .min(limits::MAX_DATAGRAM)
            .min(to_usize(peer.min(self.path.budget())))
    }

    fn transmit(&mut self, now: Instant, buf: &mut [u8]) -> KernelResult<Option<Transmit>> {
        if let Some(transmit) = self.transmit_elsewhere(now, buf)? {
            return Ok(Some(transmit));
        }
        let limit = self.limit(buf);
        if to_u64(limit) < LEAST {
            return Ok(None);
        }
        let mut w = Writer::new(buf.get_mut(..limit).ok_or(EINVAL)?);
        // Whether what there is of Initial packets makes the datagram a full one (section 14.1).
        let mut pad = false;
        for space in Space::ALL {
            if !self.has_keys(space) || !self.is_pending(space, now) {
                continue;
            }
            if space == Space::Initial && limit < limits::MIN_INITIAL {
                continue;
            }
            let probing = self.recovery.wants_probe(space);
            if probing {
                let frames = self.recovery.said_longest_ago(space)?;
                self.say_again(frames)?;
            }
            // A lost ServerHello goes whatever fills the window: the client can acknowledge none of
            // the rest before it has it (RFC 9002 section 7.3.2 allows the one packet).
            let full = !probing && space != Space::Initial && !self.may_send_data(now, space);
            if full && !self.received.get(space).is_ack_due(now) {
                continue;
            }
            let start = w.len();
            let Some(draft) = self.draft(now, space, &mut w, !full)? else {
                w.truncate(start);
                continue;
            };
            pad |= space == Space::Initial && draft.ack_eliciting;
            let more = Space::ALL
                .iter()
                .skip_while(|&&later| later != space)
                .skip(1)
                .any(|&later| self.has_keys(later) && self.is_pending(later, now));
            let pad_now = pad && !(more && w.room() > COALESCE);
            self.conclude(now, space, draft, &mut w, pad_now, true)?;
        }
        let len = w.len();
        if len == 0 {
            return Ok(None);
        }
        self.path.sent(to_u64(len));
        Ok(Some(Transmit {
            path: self.path.addresses,
            len,
        }))
    }

    pub(super) fn has_keys(&self, space: Space) -> bool {
        match space {
            Space::Initial => self.initial.is_some(),
            Space::Handshake => self.handshake.is_some(),
            Space::Data => self.is_established() && self.data.is_some(),
        }
    }

    /// Whether there may be something to send in a space.
    fn is_pending(&self, space: Space, now: Instant) -> bool {
        let send = &self.crypto.get(space).send;
        self.received.get(space).is_ack_due(now)
            || self.recovery.wants_probe(space)
            || send.has_lost()
            || send.unsent() < send.end()
            // Of data that is only found by looking.
            || space == Space::Data
    }

    /// Whether congestion control and pacing let a datagram go that asks for an acknowledgment.
    fn may_send_data(&mut self, now: Instant, space: Space) -> bool {
        if !self.recovery.congestion.has_room() {
            self.recovery.congestion.set_app_limited(false);
            return false;
        }
        if space != Space::Data {
            return true;
        }
        let smoothed = self.recovery.rtt.smoothed();
        self.pace_at = self
            .recovery
            .congestion
            .pace(now, smoothed, limits::MAX_DATAGRAM);
        self.pace_at.is_none()
    }

    /// Writes a packet's header and frames; [`None`] if there are none. Where not `data`, it has
    /// nothing but an acknowledgment.
    fn draft(
        &mut self,
        now: Instant,
        space: Space,
        w: &mut Writer<'_>,
        data: bool,
    ) -> KernelResult<Option<Draft>> {
        self.make_room(space)?;
        if space == Space::Data && data {
            self.update_if_wanted()?;
        }
        let number = self.recovery.next_number(space);
        let acked = self.recovery.largest_acked(space);
        if w.room() < to_usize(LEAST) {
            return Ok(None);
        }
        let header = self.header(space, w, self.remote.active(), number, acked)?;
        let start = w.len();
        let mut sent = KVec::new();

        // An acknowledgment goes with whatever else there is.
        let room = w.room().checked_sub(TAG).ok_or(ENOSPC)?;
        let mut frames = Writer::new(w.reserve(room)?);
        let probing = self.recovery.wants_probe(space);
        let due = self.received.get(space).is_ack_due(now);
        let waiting = self.received.get(space).waiting();
        if let Some(largest) =
            self.received
                .get_mut(space)
                .write_ack(now, space, due, &mut frames)?
        {
            sent.push(Sent::Ack(largest), GFP_KERNEL)?;
        }
        let acks = frames.len();
        if data {
            self.write_crypto(space, &mut frames, &mut sent)?;
            if space == Space::Data {
                self.write_data(now, &mut frames, &mut sent)?;
            }
            if (probing || (self.ping_wanted && space == Space::Data)) && frames.len() == acks {
                frames.varint(kind::PING)?;
                self.ping_wanted = false;
            }
        }
        let len = frames.len();
        let ack_eliciting = len > acks;
        if space == Space::Data && data {
            self.recovery
                .congestion
                .set_app_limited(frames.room() > to_usize(LEAST));
        }
        w.truncate(start.saturating_add(len));
        if len == 0 {
            return Ok(None);
        }
        if !ack_eliciting && !due {
            // An acknowledgment that can wait does not go out by itself.
            self.received.get_mut(space).restore(waiting);
            w.truncate(start);
            return Ok(None);
        }
        Ok(Some(Draft {
            header,
            number,
            sent,
            ack_eliciting,
        }))
    }

    /// Makes sure that a packet can be listed. What is taken off the list for it is said again, or
    /// else, for want of memory, the connection is over.
    fn make_room(&mut self, space: Space) -> KernelResult {
        let lost = self.recovery.make_room(space)?;
        self.say_again(lost).map_err(|_| ENOBUFS)
    }

    fn header(
        &self,
        space: Space,
        w: &mut Writer<'_>,
        dcid: &ConnectionId,
        number: u64,
        acked: Option<u64>,
    ) -> KernelResult<Written> {
        let kind = match space {
            Space::Initial => LongType::Initial,
            Space::Handshake => LongType::Handshake,
            Space::Data => {
                let phase = self.data.as_ref().is_some_and(|keys| keys.phase());
                return Written::short(w, dcid, phase, number, acked);
            }
        };
        Written::long(w, kind, dcid, &self.local.first(), number, acked)
    }

    /// Pads, seals and lists a packet.
    fn conclude(
        &mut self,
        now: Instant,
        space: Space,
        draft: Draft,
        w: &mut Writer<'_>,
        pad: bool,
        counts: bool,
    ) -> KernelResult {
        let Draft {
            header,
            number,
            sent,
            ack_eliciting,
        } = draft;
        // RFC 9001 section 5.4.2: there has to be enough to take a sample from.
        let least = header
            .number_at
            .saturating_add(crypto::SAMPLE_OFFSET)
            .saturating_sub(w.len());
        w.zeroes(least)?;
        if pad {
            w.zeroes(w.room().saturating_sub(TAG))?;
        }
        w.zeroes(TAG)?;
        let end = w.len();
        header.finish(w.written(), end)?;
        let packet = w.written().get_mut(header.start..).ok_or(EINVAL)?;
        let size = to_u64(packet.len());
        let number_at = header.number_at.checked_sub(header.start).ok_or(EINVAL)?;
        let number_len = header.number_len;
        match space {
            Space::Data => self
                .data
                .as_mut()
                .ok_or(EINVAL)?
                .seal(number, packet, number_at, number_len)?,
            Space::Initial | Space::Handshake => {
                let keys = if space == Space::Initial {
                    &mut self.initial
                } else {
                    &mut self.handshake
                };
                let keys = &mut keys.as_mut().ok_or(EINVAL)?.write;
                crypto::seal(
                    &keys.header,
                    &mut keys.packet,
                    number,
                    packet,
                    number_at,
                    number_len,
                )?;
            }
        }
        let in_flight = if counts && (ack_eliciting || pad) {
            size
        } else {
            0
        };
        self.recovery
            .on_sent(space, now, in_flight, ack_eliciting, sent)?;
        self.statistics.packets_sent = self.statistics.packets_sent.saturating_add(1);
        if ack_eliciting && !self.sent_since_received {
            // Section 10.1: the first of those restarts the idle timer.
            self.sent_since_received = true;
            self.active_at = now;
        }
        Ok(())
    }

    fn update_if_wanted(&mut self) -> KernelResult {
        if let Some(keys) = &mut self.data {
            if keys.wants_update() || (self.update_wanted && keys.may_update()) {
                keys.update().map_err(|e| e.errno())?;
                self.update_wanted = false;
                self.statistics.key_updates = self.statistics.key_updates.saturating_add(1);
            }
        }
        Ok(())
    }

    fn write_crypto(
        &mut self,
        space: Space,
        w: &mut Writer<'_>,
        sent: &mut KVec<Sent>,
    ) -> KernelResult {
        let send = &mut self.crypto.get_mut(space).send;
        loop {
            let header = frame::data_header_len(None, send.end());
            let Some(max) = w.room().checked_sub(header) else {
                return Ok(());
            };
            let Some(range) = send.next(u64::MAX, max) else {
                return Ok(());
            };
            let len = range.end.saturating_sub(range.start);
            sent.push(Sent::Crypto(space, range.clone()), GFP_KERNEL)?;
            w.varint(kind::CRYPTO)?;
            w.varint(range.start)?;
            w.varint(len)?;
            send.read(range.start, w.reserve(to_usize(len))?)?;
            send.sent(&range);
        }
    }

    /// Writes the frames that only 1-RTT packets have.
    fn write_data(
        &mut self,
        now: Instant,
        w: &mut Writer<'_>,
        sent: &mut KVec<Sent>,
    ) -> KernelResult {
        if self.handshake_done.is_due() && w.room() > 0 {
            sent.push(Sent::HandshakeDone, GFP_KERNEL)?;
            w.varint(kind::HANDSHAKE_DONE)?;
            self.handshake_done.sent();
        }
        if self.new_token_frame.is_due() && w.room() > self.new_token.len().saturating_add(3) {
            sent.push(Sent::NewToken, GFP_KERNEL)?;
            w.varint(kind::NEW_TOKEN)?;
            w.varint_bytes(&self.new_token)?;
            self.new_token_frame.sent();
        }
        let again = now + self.recovery.base_pto();
        let mut whole = false;
        if self.path.challenge_at.is_some_and(|at| at <= now) && w.room() >= 9 {
            w.varint(kind::PATH_CHALLENGE)?;
            w.bytes(&self.path.challenge(again)?)?;
            whole = true;
        }
        let here = self.path.addresses;
        for (path, data, _) in &self.responses {
            if *path == here && w.room() >= 9 {
                w.varint(kind::PATH_RESPONSE)?;
                w.bytes(data)?;
                whole = true;
            }
        }
        self.responses.retain(|(path, ..)| *path != here);
        if self.local.is_due() {
            self.local.write_frames(w, sent)?;
        }
        if self.remote.is_due() {
            self.remote.write_frames(w, sent)?;
        }
        self.streams.write_frames(w, sent)?;
        if whole {
            // Sections 8.2.1 and 8.2.2: the path has to carry datagrams of that size.
            w.zeroes(w.room())?;
        }
        Ok(())
    }

    /// What is to be said next on another path than the one in use.
    fn next_elsewhere(&mut self, now: Instant) -> KernelResult<Option<Elsewhere>> {
        let here = self.path.addresses;
        let response = self.responses.iter().position(|(path, ..)| *path != here);
        if let Some((path, data, datagram)) = response.and_then(|at| self.responses.remove(at).ok())
        {
            return Ok(Some(Elsewhere {
                path,
                kind: kind::PATH_RESPONSE,
                data,
                // Section 8.2.2 wants a full datagram, section 8.1 no more than three times what
                // has come from an address that is not validated.
                limit: to_usize(limits::AMPLIFICATION).saturating_mul(datagram),
            }));
        }
        let again = now + self.recovery.base_pto();
        match &mut self.previous {
            Some(previous) if previous.challenge_at.is_some_and(|at| at <= now) => {
                Ok(Some(Elsewhere {
                    path: previous.addresses,
                    kind: kind::PATH_CHALLENGE,
                    data: previous.challenge(again)?,
                    limit: usize::MAX,
                }))
            }
            _ => Ok(None),
        }
    }

    /// The id to send to on another path; [`None`] if there is none left for it.
    fn id_elsewhere(&mut self, path: &Path) -> Result<Option<ConnectionId>, TransportError> {
        // Section 9.5: a path that the peer has left has the id it had there, which the one in use
        // has, too, if the peer did not ask for another by using another itself.
        let is_shared = self.previous.is_some_and(|previous| {
            previous.addresses == *path && previous.cid == self.remote.active_sequence()
        });
        match is_shared {
            true => Ok(Some(*self.remote.active())),
            false => self.remote.elsewhere(path),
        }
    }

    /// Answers a PATH_CHALLENGE that came on another path, or probes the one before.
    fn transmit_elsewhere(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> KernelResult<Option<Transmit>> {
        if !self.has_keys(Space::Data) {
            return Ok(None);
        }
        // What cannot be said is not due any more.
        while let Some(next) = self.next_elsewhere(now)? {
            let Elsewhere {
                path,
                kind,
                data,
                limit,
            } = next;
            let limit = limit.min(limits::MAX_DATAGRAM).min(buf.len());
            if to_u64(limit) < LEAST {
                continue;
            }
            let dcid = match self.id_elsewhere(&path) {
                Ok(Some(dcid)) => dcid,
                Ok(None) => continue,
                Err(e) => {
                    self.fail(now, e);
                    return Ok(None);
                }
            };
            let mut w = Writer::new(buf.get_mut(..limit).ok_or(EINVAL)?);
            self.make_room(Space::Data)?;
            let number = self.recovery.next_number(Space::Data);
            let acked = self.recovery.largest_acked(Space::Data);
            let header = self.header(Space::Data, &mut w, &dcid, number, acked)?;
            w.varint(kind)?;
            w.bytes(&data)?;
            let draft = Draft {
                header,
                number,
                sent: KVec::new(),
                ack_eliciting: true,
            };
            self.conclude(now, Space::Data, draft, &mut w, true, false)?;
            let len = w.len();
            if let Some(previous) = &mut self.previous {
                if previous.addresses == path {
                    previous.sent(to_u64(len));
                }
            }
            return Ok(Some(Transmit { path, len }));
        }
        Ok(None)
    }

    /// Says that the connection is closed, at every level that the peer may be at (section 10.2.3).
    fn transmit_close(&mut self, now: Instant, buf: &mut [u8]) -> KernelResult<Option<Transmit>> {
        let limit = self.limit(buf);
        let Some(closing) = self.closing.as_mut().filter(|closing| closing.due) else {
            return Ok(None);
        };
        closing.due = false;
        let code = closing.code;
        let frame = closing.frame;
        let reason = core::mem::take(&mut closing.reason);
        let mut w = Writer::new(buf.get_mut(..limit).ok_or(EINVAL)?);
        let established = self.initial.is_none() && self.handshake.is_none();
        for space in Space::ALL {
            let has_keys = match space {
                Space::Initial => self.initial.is_some() && limit >= limits::MIN_INITIAL,
                Space::Handshake => self.handshake.is_some(),
                Space::Data => established && self.data.is_some(),
            };
            if !has_keys || to_u64(w.room()) < LEAST.saturating_add(64) {
                continue;
            }
            let number = self.recovery.next_number(space);
            let header = self.header(space, &mut w, self.remote.active(), number, None)?;
            if space == Space::Data || frame.is_some() {
                frame::write_close(&mut w, code, frame, &reason)?;
            } else {
                // Section 10.2.3: what the application says is for those who are authenticated.
                frame::write_close(&mut w, Code::APPLICATION_ERROR, Some(0), &[])?;
            }
            let draft = Draft {
                header,
                number,
                sent: KVec::new(),
                ack_eliciting: false,
            };
            self.conclude(now, space, draft, &mut w, false, false)?;
        }
        let len = w.len();
        if let Some(closing) = &mut self.closing {
            closing.reason = reason;
        }
        if len == 0 {
            return Ok(None);
        }
        self.path.sent(to_u64(len));
        Ok(Some(Transmit {
            path: self.path.addresses,
            len,
        }))
    }
}

// A path is copied when the peer moves: it has to stay small.
const _: () = assert!(size_of::<PathState>() <= 256);
