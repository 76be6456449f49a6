// SPDX-License-Identifier: GPL-2.0

//! Datagrams that come in: packets, frames, and what they lead to.

use kernel::prelude::*;

use super::{
    super::{
        cid::ConnectionId,
        codec::to_u64,
        crypto::{
            Generation,
            Keys,
            OneRttKeys,
            TAG, //
        },
        error::{
            CloseReason,
            Code,
            Result,
            TransportError, //
        },
        frame::{
            Ack,
            Frame,
            Frames, //
        },
        limits,
        packet::{
            self,
            Header,
            LongType, //
        },
        recovery::{
            Outcome,
            PerSpace,
            Space, //
        },
        time::{
            Duration,
            Instant, //
        },
        transport_parameters::ClientParameters,
        Ecn,
        Path, //
    },
    space::CryptoStream,
    Connection,
    PathState,
    State, //
};
use crate::tls::{
    self,
    AlertDescription,
    CipherSuite,
    Level,
    Notice,
    Sink,
    TrafficSecret, //
};

/// How a packet came.
#[derive(Clone, Copy)]
struct Arrival {
    now: Instant,
    path: Path,
    ecn: Ecn,
    /// The bytes of the whole datagram.
    datagram: usize,
}

/// A packet that has been opened.
#[derive(Clone, Copy)]
struct Opened {
    space: Space,
    number: u64,
    /// Whether it is the newest of its space.
    newest: bool,
    generation: Generation,
    /// The number of the id it came to, where that is one that was given out.
    local: Option<u64>,
}

impl Connection {
    /// Takes a datagram.
    pub fn receive(&mut self, now: Instant, path: Path, ecn: Ecn, datagram: &mut [u8]) {
        match self.state {
            State::Draining(_) | State::Drained => return,
            State::Closing(_) => {
                if path == self.path.addresses {
                    self.path.received(to_u64(datagram.len()));
                }
                if let Some(closing) = &mut self.closing {
                    // RFC 9000 section 10.2.1: the more comes, the less it is answered.
                    closing.received = closing.received.saturating_add(1);
                    if closing.received >= closing.again {
                        closing.again = closing.again.saturating_mul(2);
                        closing.due = true;
                    }
                }
                return;
            }
            State::Handshaking | State::Established => {}
        }
        let len = to_u64(datagram.len());
        if path == self.path.addresses {
            self.path.received(len);
        } else if let Some(previous) = &mut self.previous {
            if path == previous.addresses {
                previous.received(len);
            }
        }
        if path != self.path.addresses && !self.is_established() {
            // Section 9: no one moves before the handshake is confirmed.
            self.statistics.packets_dropped = self.statistics.packets_dropped.saturating_add(1);
            return;
        }
        let arrival = Arrival {
            now,
            path,
            ecn,
            datagram: datagram.len(),
        };
        if let Err(e) = self.packets(arrival, datagram) {
            self.fail(now, e);
        }
        if self.is_handshaking() && self.statistics.packets_received == 0 {
            // Nothing in it can be relied on, the client's connection id least of all: who did not
            // forge it begins anew.
            return self.enter_drained(CloseReason::NotAuthentic);
        }
        if self.is_established() && !self.early.is_empty() {
            for mut datagram in core::mem::take(&mut self.early) {
                if !self.is_closed() {
                    self.receive(now, path, Ecn::NotEct, &mut datagram);
                }
            }
        }
    }

    fn dropped(&mut self) {
        self.statistics.packets_dropped = self.statistics.packets_dropped.saturating_add(1);
    }

    /// Takes the packets of a datagram, one after the other (section 12.2).
    fn packets(&mut self, arrival: Arrival, datagram: &mut [u8]) -> Result {
        let mut rest = datagram;
        let mut first_dcid: Option<ConnectionId> = None;
        while !rest.is_empty() && !self.is_closed() {
            let (dcid, number_at, len, long) = match Header::parse(rest) {
                Some(Header::Long {
                    kind,
                    dcid,
                    scid,
                    number_at,
                    len,
                    ..
                }) => (dcid, number_at, len, Some((kind, scid))),
                Some(Header::Short { dcid, number_at }) => (dcid, number_at, rest.len(), None),
                _ => {
                    self.dropped();
                    break;
                }
            };
            let Some((packet, later)) = rest.split_at_mut_checked(len) else {
                break;
            };
            rest = later;
            // Section 12.2: all packets of a datagram are for one connection.
            if *first_dcid.get_or_insert(dcid) != dcid {
                self.dropped();
                continue;
            }
            let local = self.local.sequence_of(&dcid);
            match long {
                Some((kind, scid)) => {
                    if (local.is_none() && dcid != self.first_dcid) || scid != self.first_scid {
                        self.dropped();
                        continue;
                    }
                    self.long(arrival, kind, local, packet, number_at)?;
                }
                None if local.is_none() => {
                    self.dropped();
                    self.take_reset(arrival.now, packet);
                }
                None => self.short(arrival, local, packet, number_at)?,
            }
        }
        Ok(())
    }

    /// Ends the connection if what is no packet of it ends as a stateless reset does (section
    /// 10.3.1).
    fn take_reset(&mut self, now: Instant, datagram: &[u8]) {
        let token = datagram.last_chunk::<TAG>();
        if token.is_some_and(|token| self.remote.is_reset(token)) {
            self.enter_draining(now, CloseReason::Reset);
        }
    }

    /// Takes a packet with a long header.
    fn long(
        &mut self,
        arrival: Arrival,
        kind: LongType,
        local: Option<u64>,
        packet: &mut [u8],
        number_at: usize,
    ) -> Result {
        let (space, keys) = match kind {
            // Section 14.1: an Initial in a small datagram is dropped.
            LongType::Initial if arrival.datagram >= limits::MIN_INITIAL => {
                (Space::Initial, &mut self.initial)
            }
            LongType::Handshake => (Space::Handshake, &mut self.handshake),
            // 0-RTT has been refused; a server gets no Retry.
            LongType::Initial | LongType::ZeroRtt | LongType::Retry => {
                self.dropped();
                return Ok(());
            }
        };
        let received = self.received.get(space);
        let expected = received.expected();
        let opened = keys.as_mut().and_then(|keys| {
            let (truncated, len) = keys.read.header.show(packet, number_at).ok()?;
            let number = packet::decode_number(expected, truncated, len);
            let first = *packet.first()?;
            let header_len = number_at.checked_add(len)?;
            let payload = keys.read.packet.open(number, packet, header_len)?;
            Some((number, first, payload))
        });
        let Some((number, first, payload)) = opened else {
            self.dropped();
            return Ok(());
        };
        if received.is_duplicate(number) {
            self.dropped();
            return Ok(());
        }
        if first & packet::LONG_RESERVED != 0 {
            // Section 17.2.
            return Err(TransportError::violation("reserved bits are set"));
        }
        if space == Space::Handshake {
            // RFC 9001 section 4.9.1 and RFC 9000 section 8.1: the client has this side's Initial.
            self.path.validated = true;
            if self.initial.is_some() {
                self.discard(Space::Initial);
            }
        }
        let opened = Opened {
            space,
            number,
            newest: number >= expected,
            generation: Generation::Current,
            local,
        };
        self.payload(arrival, opened, payload)
    }

    /// Takes a packet with a short header.
    fn short(
        &mut self,
        arrival: Arrival,
        local: Option<u64>,
        packet: &mut [u8],
        number_at: usize,
    ) -> Result {
        if !self.is_established() {
            // RFC 9001 section 5.7: not before the handshake is done.
            if self.early.len() < limits::MAX_EARLY_DATAGRAMS
                && to_u64(packet.len()) <= limits::MAX_UDP_PAYLOAD
            {
                let mut copy = KVec::new();
                copy.extend_from_slice(packet, GFP_KERNEL)?;
                self.early.push(copy, GFP_KERNEL)?;
            } else {
                self.dropped();
            }
            return Ok(());
        }
        // What may be the token of a stateless reset, before it is deciphered.
        let token: Option<[u8; TAG]> = packet.last_chunk().copied();
        let received = &self.received.data;
        let expected = received.expected();
        let opened = self.data.as_mut().and_then(|keys| {
            let (truncated, len) = keys.read_header().show(packet, number_at).ok()?;
            let number = packet::decode_number(expected, truncated, len);
            let first = *packet.first()?;
            let header_len = number_at.checked_add(len)?;
            let phase = first & packet::KEY_PHASE != 0;
            let (generation, payload) = keys.open(number, phase, packet, header_len)?;
            Some((number, first, generation, payload))
        });
        let Some((number, first, generation, payload)) = opened else {
            self.dropped();
            if token.is_some_and(|token| self.remote.is_reset(&token)) {
                self.enter_draining(arrival.now, CloseReason::Reset);
            } else if self.data.as_ref().is_some_and(|keys| keys.is_worn_out()) {
                return Err(TransportError::new(
                    Code::AEAD_LIMIT_REACHED,
                    "too many packets do not authenticate",
                ));
            }
            return Ok(());
        };
        if received.is_duplicate(number) {
            self.dropped();
            return Ok(());
        }
        if first & packet::SHORT_RESERVED != 0 {
            return Err(TransportError::violation("reserved bits are set"));
        }
        let drop_previous = arrival.now + self.recovery.base_pto().times(3);
        if let Some(keys) = &mut self.data {
            if generation == Generation::Next {
                if !keys.peer_may_update() {
                    return Err(TransportError::new(
                        Code::KEY_UPDATE_ERROR,
                        "keys updated again before the last update was answered",
                    ));
                }
                keys.update()?;
                self.statistics.key_updates = self.statistics.key_updates.saturating_add(1);
            }
            if generation != Generation::Previous {
                keys.received(number, drop_previous);
            }
        }
        let opened = Opened {
            space: Space::Data,
            number,
            newest: number >= expected,
            generation,
            local,
        };
        self.payload(arrival, opened, payload)
    }

    /// Takes the frames of a packet.
    fn payload(&mut self, arrival: Arrival, opened: Opened, payload: &[u8]) -> Result {
        let Arrival { now, path, ecn, .. } = arrival;
        let Opened { space, number, .. } = opened;
        self.statistics.packets_received = self.statistics.packets_received.saturating_add(1);
        self.active_at = now;
        self.sent_since_received = false;

        let told = self.told();
        let mut ack_eliciting = false;
        let mut probing = true;
        let mut frames = Frames::new(payload)?;
        while let Some((kind, frame)) = frames.next()? {
            if space != Space::Data && !frame.is_of_the_handshake() {
                return Err(
                    TransportError::violation("frame in a packet it may not be in").in_frame(kind),
                );
            }
            ack_eliciting |= frame.is_ack_eliciting();
            probing &= frame.is_probing();
            self.frame(arrival, opened, frame)
                .map_err(|e| e.in_frame(kind))?;
            // The end of the handshake gives the space up: whatever else the packet acknowledges
            // has been forgotten.
            if self.is_closed() || !self.has_keys(space) {
                return Ok(());
            }
        }
        if space == Space::Initial && ack_eliciting && told == self.told() {
            self.hurry();
        }
        self.received
            .get_mut(space)
            .on_packet(space, now, number, ack_eliciting, ecn)?;
        if space == Space::Data && path != self.path.addresses && opened.newest && !probing {
            self.migrate(arrival, opened)?;
        }
        // What probes another path says nothing of this one.
        if path == self.path.addresses {
            self.local_in_use = opened.local.unwrap_or(self.local_in_use);
        }
        Ok(())
    }

    /// How much of the client's first flight has come.
    fn told(&self) -> u64 {
        self.crypto.get(Space::Initial).receive.contiguous_end()
    }

    /// Sends the flight again before its timeout (RFC 9002 section 6.2.3), as the client has sent an
    /// Initial that says nothing new: with the ServerHello it would send Handshake packets. It may be
    /// but slow to arrive, hence the limit.
    fn hurry(&mut self) {
        if self.recovery.is_under_way(Space::Initial) && self.hurried < limits::MAX_HURRIES {
            self.hurried = self.hurried.saturating_add(1);
            self.recovery.probe();
        }
    }

    fn frame(&mut self, arrival: Arrival, opened: Opened, frame: Frame<'_>) -> Result {
        let now = arrival.now;
        match frame {
            Frame::Padding | Frame::Ping | Frame::DataBlocked | Frame::StreamsBlocked => {}
            Frame::Ack(ack) => self.on_ack(now, opened, ack)?,
            Frame::Crypto { offset, data } => self.on_crypto(opened.space, offset, data)?,
            Frame::Stream {
                id,
                offset,
                data,
                fin,
            } => self.streams.on_stream(id, offset, data, fin)?,
            Frame::ResetStream {
                id,
                code,
                final_size,
            } => self.streams.on_reset(id, code, final_size)?,
            Frame::StopSending { id, code } => self.streams.on_stop_sending(id, code)?,
            Frame::MaxData(max) => self.streams.on_max_data(max),
            Frame::MaxStreamData { id, max } => self.streams.on_max_stream_data(id, max)?,
            Frame::MaxStreams { direction, max } => self.streams.on_max_streams(direction, max),
            Frame::StreamDataBlocked { id } => self.streams.on_stream_data_blocked(id)?,
            Frame::NewConnectionId {
                sequence,
                retire_prior_to,
                id,
                token,
            } => self.remote.on_new(sequence, retire_prior_to, id, token)?,
            Frame::RetireConnectionId { sequence } => {
                self.local.on_retire(sequence, opened.local)?;
                let limit = self
                    .peer
                    .as_ref()
                    .map_or(0, |p| p.active_connection_id_limit);
                self.local.fill(limit)?;
            }
            Frame::PathChallenge(data) => {
                // Section 8.2.2: where it came from. A flood of them loses the oldest.
                if self.responses.len() >= limits::MAX_PATH_RESPONSES {
                    let _ = self.responses.remove(0);
                }
                self.responses
                    .push((arrival.path, data, arrival.datagram), GFP_KERNEL)?;
            }
            Frame::PathResponse(data) => {
                if self.path.respond(now, &data) {
                    self.previous = None;
                    self.remote.leave()?;
                } else if let Some(previous) = &mut self.previous {
                    previous.respond(now, &data);
                }
            }
            Frame::ConnectionClose { code, frame } => {
                self.enter_draining(now, CloseReason::PeerTransport { code, frame });
            }
            Frame::ApplicationClose { code } => {
                self.enter_draining(now, CloseReason::PeerApplication(code));
            }
        }
        Ok(())
    }

    fn on_ack(&mut self, now: Instant, opened: Opened, ack: Ack<'_>) -> Result {
        let space = opened.space;
        let exponent = self.peer.as_ref().map_or(3, |p| p.ack_delay_exponent);
        let exponent = u32::try_from(exponent).unwrap_or(0).min(20);
        let factor = 1u64.checked_shl(exponent).unwrap_or(1);
        let delay = Duration::from_micros(ack.delay.saturating_mul(factor));
        let mut outcome = Outcome::default();
        let ranges = ack.ranges();
        self.recovery
            .on_ack(space, now, ack.largest, delay, ranges, &mut outcome)?;
        if space == Space::Data {
            if let Some(keys) = &mut self.data {
                if !keys.acknowledged(ack.largest, opened.generation) {
                    return Err(TransportError::new(
                        Code::KEY_UPDATE_ERROR,
                        "packet of new keys acknowledged with old ones",
                    ));
                }
            }
        }
        self.settle(outcome, Some(space))
    }

    /// Takes CRYPTO data, and gives the engine what has come in order.
    fn on_crypto(&mut self, space: Space, offset: u64, data: &[u8]) -> Result {
        let receive = &mut self.crypto.get_mut(space).receive;
        let end = offset.saturating_add(to_u64(data.len()));
        if end.saturating_sub(receive.read_offset()) > limits::MAX_CRYPTO_BUFFER {
            return Err(TransportError::new(
                Code::CRYPTO_BUFFER_EXCEEDED,
                "more CRYPTO data than is kept",
            ));
        }
        if space == Space::Initial && self.handshake.is_some() && end > receive.read_offset() {
            // RFC 9001 section 4.1.3: the ClientHello was the last that is said there.
            return Err(TransportError::violation(
                "CRYPTO data at a level that is over",
            ));
        }
        receive.write(offset, data)?;
        let level = match space {
            Space::Initial => Level::Initial,
            Space::Handshake => Level::Handshake,
            Space::Data => Level::Application,
        };
        loop {
            let receive = &mut self.crypto.get_mut(space).receive;
            let ready = receive
                .contiguous_end()
                .saturating_sub(receive.read_offset());
            if ready == 0 {
                return Ok(());
            }
            let mut bytes = KVec::zeroed(super::super::codec::to_usize(ready), GFP_KERNEL)?;
            receive.read(&mut bytes)?;
            let mut output = Output {
                crypto: &mut self.crypto,
                handshake: &mut self.handshake,
                data: &mut self.data,
                parameters: None,
                error: None,
            };
            let result = self.tls.read(level, &bytes, &mut output);
            let Output {
                parameters, error, ..
            } = output;
            if let Some(e) = error {
                return Err(e);
            }
            result?;
            if let Some(parameters) = parameters {
                self.on_parameters(parameters)?;
            }
            if self.is_handshaking() && self.tls.is_done() {
                self.on_handshake_done()?;
                return Ok(());
            }
        }
    }

    /// Takes the client's transport parameters, which have been read.
    fn on_parameters(&mut self, parameters: KBox<ClientParameters>) -> Result {
        if parameters.initial_source_connection_id != self.first_scid {
            // RFC 9000 section 7.3.
            return Err(TransportError::new(
                Code::TRANSPORT_PARAMETER_ERROR,
                "initial_source_connection_id is not that of the first packet",
            ));
        }
        self.streams.set_parameters(&parameters);
        self.recovery.max_ack_delay = parameters.max_ack_delay;
        if parameters.max_idle_timeout > Duration::ZERO {
            self.idle_timeout = self.idle_timeout.min(parameters.max_idle_timeout);
        }
        self.peer = Some(parameters);
        Ok(())
    }

    /// The client's Finished has come: for a server the handshake is confirmed, too (RFC 9001
    /// section 4.1.2).
    fn on_handshake_done(&mut self) -> Result {
        if self.peer.is_none() || self.data.is_none() {
            return Err(EINVAL.into());
        }
        self.state = State::Established;
        self.recovery.confirmed = true;
        self.path.validated = true;
        self.handshake_done.raise();
        if !self.new_token.is_empty() {
            self.new_token_frame.raise();
        }
        self.discard(Space::Initial);
        self.discard(Space::Handshake);
        let limit = self
            .peer
            .as_ref()
            .map_or(0, |p| p.active_connection_id_limit);
        Ok(self.local.fill(limit)?)
    }

    /// Follows the peer to another path (RFC 9000 section 9.3).
    fn migrate(&mut self, arrival: Arrival, opened: Opened) -> Result {
        let Arrival {
            now,
            path,
            datagram,
            ..
        } = arrival;
        self.statistics.migrations = self.statistics.migrations.saturating_add(1);
        let deadline = now
            + self
                .recovery
                .base_pto()
                .max(Duration::from_secs(1))
                .times(3);
        let known = self.previous.filter(|p| p.addresses == path && p.validated);
        let new = match known {
            // It has been validated before: that does not have to be done again (section 9.3).
            Some(mut known) => {
                known.stop();
                known
            }
            None => {
                let mut new = PathState::new(path, false);
                new.received(to_u64(datagram));
                new.validate(now, deadline);
                new
            }
        };
        let mut old = core::mem::replace(&mut self.path, new);
        // Section 9.4: a new port is most likely the same path.
        if old.addresses.remote.ip() != path.remote.ip()
            || old.addresses.local.ip() != path.local.ip()
        {
            self.recovery.new_path();
        }
        old.cid = self.remote.active_sequence();
        let from = old.validated.then_some(old.addresses);
        if known.is_some() {
            self.previous = None;
        }
        if old.validated {
            // Section 9.3.3: it may be someone else's copy that came from the new one.
            old.validate(now, deadline);
            self.previous = Some(old);
        }
        if opened.local != Some(self.local_in_use) {
            // Section 9.5: a peer that means to move uses another id, and gets one.
            self.remote.follow(&path, from)?;
        }
        Ok(())
    }
}

/// Where the engine's output goes.
struct Output<'a> {
    crypto: &'a mut PerSpace<CryptoStream>,
    handshake: &'a mut Option<KBox<Keys>>,
    data: &'a mut Option<KBox<OneRttKeys>>,
    parameters: Option<KBox<ClientParameters>>,
    /// An error that is not one of TLS.
    error: Option<TransportError>,
}

impl Output<'_> {
    /// Has the engine stop because of an error that is not its own.
    fn stop(&mut self, e: TransportError) -> tls::Error {
        self.error = Some(e);
        tls::Error::misbehaved(AlertDescription::IllegalParameter, e.reason)
    }
}

impl Sink for Output<'_> {
    fn handshake_bytes(&mut self, level: Level, bytes: &[u8]) -> Result<(), tls::Error> {
        let space = match level {
            Level::Initial => Space::Initial,
            Level::Handshake => Space::Handshake,
            Level::Application => Space::Data,
        };
        Ok(self.crypto.get_mut(space).send.push(bytes)?)
    }

    fn keys(
        &mut self,
        level: Level,
        suite: CipherSuite,
        read: TrafficSecret,
        write: TrafficSecret,
    ) -> Result<(), tls::Error> {
        match level {
            Level::Initial => {}
            Level::Handshake => {
                *self.handshake = Some(KBox::new(Keys::new(suite, &read, &write)?, GFP_KERNEL)?);
            }
            Level::Application => {
                *self.data = Some(KBox::new(OneRttKeys::new(suite, read, write)?, GFP_KERNEL)?);
            }
        }
        Ok(())
    }

    fn transport_parameters(&mut self, bytes: &[u8]) -> Result<(), tls::Error> {
        match ClientParameters::parse(bytes) {
            Ok(parameters) => {
                self.parameters = Some(KBox::new(parameters, GFP_KERNEL)?);
                Ok(())
            }
            Err(e) => Err(self.stop(e)),
        }
    }

    fn notice(&mut self, notice: Notice) -> Result<(), tls::Error> {
        match notice {
            // RFC 9001 section 8.4.
            Notice::MiddleboxCompatibility => {
                Err(self.stop(TransportError::violation("legacy_session_id is not empty")))
            }
            _ => Ok(()),
        }
    }
}
