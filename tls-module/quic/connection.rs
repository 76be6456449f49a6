// SPDX-License-Identifier: GPL-2.0

//! A connection: its state, its timers and what an application does with it.

mod cids;
mod path;
mod receive;
mod space;
mod transmit;

use kernel::{
    error::Result as KernelResult,
    prelude::*,
    sync::Arc, //
};

use super::{
    cid::{
        CidFactory,
        ConnectionId,
        ExpectedReset,
        Key, //
    },
    config::Config,
    crypto::{
        Keys,
        OneRttKeys, //
    },
    error::{
        CloseReason,
        Code,
        TransportError, //
    },
    limits,
    memory::Share,
    recovery::{
        Outcome,
        PerSpace,
        Recovery,
        Space, //
    },
    sent::Sent,
    stream::{
        Direction,
        Read,
        Signal,
        StreamId, //
    },
    streams::Streams,
    time::{
        earliest,
        Duration,
        Instant, //
    },
    transport_parameters::{
        ClientParameters,
        ServerParameters, //
    },
    Path, //
};
use crate::tls;
use cids::{
    LocalCids,
    RemoteCids, //
};
use path::PathState;
use space::{
    CryptoStream,
    Received, //
};

/// A datagram to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where from and where to.
    pub path: Path,
    /// How many bytes of the buffer it has.
    pub len: usize,
}

/// What has happened on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets that were not authentic, came twice, or had no place.
    pub packets_dropped: u64,
    /// Packets that were processed.
    pub packets_received: u64,
    /// Packets that were sent.
    pub packets_sent: u64,
    /// Packets that were sent and lost.
    pub packets_lost: u64,
    /// Key updates, whoever began them.
    pub key_updates: u64,
    /// Times that the peer has moved to another path.
    pub migrations: u64,
}

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Handshaking,
    Established,
    /// This side has closed it, until then (RFC 9000 section 10.2.1).
    Closing(Instant),
    /// The peer has closed it, until then (section 10.2.2).
    Draining(Instant),
    Drained,
}

/// The end of a connection, as it is to be said to the peer.
struct Closing {
    code: Code,
    /// The type of a frame, for an error of the transport.
    frame: Option<u64>,
    reason: KVec<u8>,
    /// Whether it is to be said now.
    due: bool,
    /// Datagrams received since the connection was closed, and at how many it is said again.
    received: u64,
    again: u64,
}

/// What a new connection is made of.
pub(super) struct Accept {
    pub(super) key: Key,
    pub(super) path: Path,
    /// The destination of the client's first packet of all, the source and the destination of this
    /// one.
    pub(super) original_dcid: ConnectionId,
    pub(super) scid: ConnectionId,
    pub(super) dcid: ConnectionId,
    /// Whether this packet answers a Retry.
    pub(super) retried: bool,
    /// Whether its token says that the address is the client's.
    pub(super) validated: bool,
    /// The token for a NEW_TOKEN frame.
    pub(super) new_token: KVec<u8>,
    /// For what it holds of the endpoint's memory.
    pub(super) share: Share,
}

/// A connection of a server.
pub struct Connection {
    config: Arc<Config>,
    state: State,
    reason: Option<CloseReason>,
    closing: Option<Closing>,
    tls: KBox<tls::Server>,
    peer: Option<KBox<ClientParameters>>,
    /// The destination of the client's packets before it knows this side's id.
    first_dcid: ConnectionId,
    /// The source of the client's packets in the handshake.
    first_scid: ConnectionId,
    local: LocalCids,
    remote: RemoteCids,
    /// The number of the id that the peer's packets last came to.
    local_in_use: u64,
    initial: Option<KBox<Keys>>,
    handshake: Option<KBox<Keys>>,
    data: Option<KBox<OneRttKeys>>,
    received: PerSpace<Received>,
    crypto: PerSpace<CryptoStream>,
    recovery: Recovery,
    streams: Streams,
    path: PathState,
    /// The path before this one, to fall back to.
    previous: Option<PathState>,
    /// Data of PATH_CHALLENGE frames, with where they came from and in how long a datagram.
    responses: KVec<(Path, [u8; 8], usize)>,
    /// Datagrams that came before the keys for them.
    early: KVec<KVec<u8>>,
    handshake_done: Signal,
    new_token: KVec<u8>,
    new_token_frame: Signal,
    update_wanted: bool,
    ping_wanted: bool,
    began: Instant,
    /// When something last came, or was sent after that.
    active_at: Instant,
    sent_since_received: bool,
    /// How often the first flight was sent again because the client asked for it.
    hurried: u8,
    idle_timeout: Duration,
    /// When pacing lets the next datagram go.
    pace_at: Option<Instant>,
    statistics: Statistics,
    share: Share,
}

impl Connection {
    /// Makes a connection for a client's Initial, which is yet to be given to it.
    pub(super) fn new(
        config: Arc<Config>,
        factory: Arc<CidFactory>,
        now: Instant,
        accept: Accept,
    ) -> Result<KBox<Self>, TransportError> {
        let local = LocalCids::new(factory.clone(), accept.key)?;
        let id = local.first();
        let parameters = ServerParameters {
            original_destination_connection_id: accept.original_dcid,
            initial_source_connection_id: id,
            retry_source_connection_id: accept.retried.then_some(accept.dcid),
            stateless_reset_token: factory.reset_token(&id)?,
            max_idle_timeout: config.idle_timeout,
        };
        let tls = tls::Server::new_quic(config.tls.clone(), parameters.encode()?)?;
        Ok(KBox::new(
            Self {
                state: State::Handshaking,
                reason: None,
                closing: None,
                tls: KBox::new(tls, GFP_KERNEL)?,
                peer: None,
                first_dcid: accept.dcid,
                first_scid: accept.scid,
                local,
                remote: RemoteCids::new(accept.scid)?,
                local_in_use: 0,
                initial: Some(KBox::new(Keys::initial(&accept.dcid)?, GFP_KERNEL)?),
                handshake: None,
                data: None,
                received: PerSpace {
                    initial: Received::new(),
                    handshake: Received::new(),
                    data: Received::new(),
                },
                crypto: PerSpace {
                    initial: CryptoStream::new(),
                    handshake: CryptoStream::new(),
                    data: CryptoStream::new(),
                },
                recovery: Recovery::new(),
                streams: Streams::new(),
                path: PathState::new(accept.path, accept.validated),
                previous: None,
                responses: KVec::new(),
                early: KVec::new(),
                handshake_done: Signal::Idle,
                new_token: accept.new_token,
                new_token_frame: Signal::Idle,
                update_wanted: false,
                ping_wanted: false,
                began: now,
                active_at: now,
                sent_since_received: false,
                hurried: 0,
                idle_timeout: config.idle_timeout,
                pace_at: None,
                statistics: Statistics::default(),
                share: accept.share,
                config,
            },
            GFP_KERNEL,
        )?)
    }

    /// Whether the handshake is under way.
    pub fn is_handshaking(&self) -> bool {
        self.state == State::Handshaking
    }

    /// Whether the handshake is done and the connection is not closed.
    pub fn is_established(&self) -> bool {
        self.state == State::Established
    }

    /// Whether it is closed, by whomever.
    pub fn is_closed(&self) -> bool {
        !matches!(self.state, State::Handshaking | State::Established)
    }

    /// Whether it is over: nothing comes of it any more.
    pub fn is_drained(&self) -> bool {
        self.state == State::Drained
    }

    /// Why it was closed.
    pub fn error(&self) -> Option<CloseReason> {
        self.reason
    }

    /// What the handshake agreed on, when it is done.
    pub fn negotiated(&self) -> Option<&tls::Negotiated> {
        self.tls.negotiated()
    }

    /// Where the peer is.
    pub fn path(&self) -> Path {
        self.path.addresses
    }

    /// What would tell that the peer has lost the connection; for
    /// [`Endpoint::expect_reset`](super::Endpoint::expect_reset).
    pub fn expected_reset(&self) -> Option<ExpectedReset> {
        if self.is_closed() {
            return None;
        }
        Some(ExpectedReset {
            remote: self.path.addresses.remote,
            token: self.remote.reset_token()?,
        })
    }

    /// What has happened.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// How many bytes of memory its buffers have: at most
    /// [`limits::MAX_CONNECTION_BYTES`](super::limits::MAX_CONNECTION_BYTES).
    pub fn bytes_held(&self) -> usize {
        let spaces = Space::ALL.iter().fold(0usize, |sum, &space| {
            sum.saturating_add(self.received.get(space).bytes_held())
                .saturating_add(self.crypto.get(space).bytes_held())
        });
        let early = self.early.iter().fold(0usize, |sum, datagram| {
            sum.saturating_add(datagram.capacity())
        });
        spaces
            .saturating_add(early)
            .saturating_add(self.tls.bytes_held())
            .saturating_add(self.recovery.bytes_held())
            .saturating_add(self.streams.bytes_held())
    }

    /// Counts what the connection holds of the endpoint's memory, and `more` bytes that the caller
    /// holds for it; gives the sum. To be called when the caller has read and written what it can.
    pub fn count_memory(&mut self, now: Instant, more: usize) -> usize {
        if self.share.is_short() && self.streams.receive_bytes_held() > limits::SHORT_RECEIVE_BUFFER
        {
            self.fail(
                now,
                TransportError::new(Code::INTERNAL_ERROR, "short of memory"),
            );
        }
        let bytes = self.bytes_held().saturating_add(more);
        self.share.set(bytes);
        bytes
    }

    /// The first stream after `after` that has something to read.
    pub fn readable_after(&self, after: Option<StreamId>) -> Option<StreamId> {
        self.streams.readable_after(after)
    }

    /// Reads from a stream.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there is no such stream, `EINVAL` if it is only sent on, `ECONNRESET`, once, if
    /// the peer has reset it.
    pub fn read(&mut self, id: StreamId, out: &mut [u8]) -> KernelResult<Read> {
        self.streams.read(id, out)
    }

    /// Writes to a stream; gives how many bytes there was room for.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there is no such stream, `EINVAL` if it is only received from, `ECONNRESET` if
    /// it has been reset, `EPIPE` if it has been finished.
    pub fn write(&mut self, id: StreamId, bytes: &[u8]) -> KernelResult<usize> {
        let most = match self.share.is_short() {
            true => limits::SHORT_SEND_BUFFER,
            false => limits::MAX_SEND_BUFFER,
        };
        self.streams.write(id, bytes, most)
    }

    /// Ends what is sent on a stream; `ENOENT` if nothing is.
    pub fn finish(&mut self, id: StreamId) -> KernelResult {
        self.streams.finish(id)
    }

    /// Breaks off what is sent on a stream; `ENOENT` if nothing is.
    pub fn reset(&mut self, id: StreamId, code: u64) -> KernelResult {
        self.streams.reset(id, code)
    }

    /// Asks the peer to send no more on a stream; `ENOENT` if nothing is received on it.
    pub fn stop_sending(&mut self, id: StreamId, code: u64) -> KernelResult {
        self.streams.stop_sending(id, code)
    }

    /// Opens a stream; `EAGAIN` if the peer allows no more now, `ENOTCONN` if the handshake is not
    /// done.
    pub fn open(&mut self, direction: Direction) -> KernelResult<StreamId> {
        if !self.is_established() {
            return Err(ENOTCONN);
        }
        self.streams.open(direction)
    }

    /// Asks the peer for a sign of life.
    pub fn ping(&mut self) {
        self.ping_wanted = true;
    }

    /// Changes the keys as soon as that may be done (RFC 9001 section 6).
    pub fn update_keys(&mut self) {
        self.update_wanted = true;
    }

    /// Closes the connection with a code of the application's.
    pub fn close(&mut self, now: Instant, code: u64, reason: &[u8]) {
        if self.is_closed() {
            return;
        }
        let mut copy = KVec::new();
        let text = reason.get(..0x3f).unwrap_or(reason);
        // Without memory it is closed without a reason.
        let _ = copy.extend_from_slice(text, GFP_KERNEL);
        let code = code.min(super::codec::MAX_VARINT);
        self.enter_closing(now, CloseReason::Application(code), Code(code), None, copy);
    }

    /// Closes the connection because of an error that this side found.
    fn fail(&mut self, now: Instant, e: TransportError) {
        if self.is_closed() {
            return;
        }
        let mut copy = KVec::new();
        let _ = copy.extend_from_slice(e.reason.as_bytes(), GFP_KERNEL);
        let frame = Some(e.frame);
        self.enter_closing(now, CloseReason::Transport(e), e.code, frame, copy);
    }

    fn enter_closing(
        &mut self,
        now: Instant,
        why: CloseReason,
        code: Code,
        frame: Option<u64>,
        reason: KVec<u8>,
    ) {
        self.closing = Some(Closing {
            code,
            frame,
            reason,
            due: true,
            received: 0,
            again: 1,
        });
        self.reason = Some(why);
        self.state = State::Closing(now + self.recovery.base_pto().times(3));
        self.give_up();
    }

    fn enter_draining(&mut self, now: Instant, why: CloseReason) {
        if matches!(self.state, State::Draining(_) | State::Drained) {
            return;
        }
        self.reason.get_or_insert(why);
        self.state = State::Draining(now + self.recovery.base_pto().times(3));
        self.give_up();
        self.fall_silent();
    }

    fn enter_drained(&mut self, why: CloseReason) {
        self.reason.get_or_insert(why);
        self.state = State::Drained;
        self.give_up();
        self.fall_silent();
    }

    /// Lets go of what it takes to send: nothing is sent any more.
    fn fall_silent(&mut self) {
        self.closing = None;
        self.initial = None;
        self.handshake = None;
        self.data = None;
    }

    /// Lets go of what a closed connection has no use for.
    fn give_up(&mut self) {
        for space in Space::ALL {
            *self.crypto.get_mut(space) = CryptoStream::new();
        }
        self.streams = Streams::new();
        self.early = KVec::new();
        self.responses = KVec::new();
        self.previous = None;
        self.pace_at = None;
    }

    /// When [`Connection::on_timeout`] is due. Any other call may change it.
    pub fn timeout(&self) -> Option<Instant> {
        match self.state {
            State::Drained => return None,
            State::Closing(until) | State::Draining(until) => return Some(until),
            State::Handshaking | State::Established => {}
        }
        let mut at = self.recovery.timeout(self.is_blocked());
        at = earliest(at, Some(self.idle_at()));
        at = earliest(at, self.pace_at);
        if !self.is_blocked() {
            for space in Space::ALL {
                at = earliest(at, self.received.get(space).ack_at());
            }
        }
        if self.is_handshaking() {
            at = earliest(at, Some(self.began + self.config.handshake_timeout));
        }
        for path in Iterator::chain(core::iter::once(&self.path), &self.previous) {
            at = earliest(at, path.deadline);
        }
        // Only when it could be sent: what is due and cannot be done is no reason to wake up.
        if !self.is_blocked() && self.pace_at.is_none() && self.recovery.congestion.has_room() {
            at = earliest(at, self.path.challenge_at);
        }
        if let Some(previous) = &self.previous {
            at = earliest(at, previous.challenge_at);
        }
        earliest(
            at,
            self.data.as_ref().and_then(|keys| keys.drop_previous_at()),
        )
    }

    /// Whether nothing may be sent, because too little has come from an address that is not
    /// validated.
    fn is_blocked(&self) -> bool {
        self.path.budget() < transmit::LEAST
    }

    /// When the connection has been idle for too long (RFC 9000 section 10.1).
    fn idle_at(&self) -> Instant {
        let least = self.recovery.idle_pto().times(3);
        self.active_at + self.idle_timeout.max(least)
    }

    /// Does what is due at `now`.
    pub fn on_timeout(&mut self, now: Instant) {
        match self.state {
            State::Drained => return,
            State::Closing(until) | State::Draining(until) => {
                if until <= now {
                    self.state = State::Drained;
                    self.fall_silent();
                }
                return;
            }
            State::Handshaking | State::Established => {}
        }
        if self.idle_at() <= now {
            return self.enter_drained(CloseReason::IdleTimeout);
        }
        if self.is_handshaking() && self.began + self.config.handshake_timeout <= now {
            return self.enter_drained(CloseReason::HandshakeTimeout);
        }
        if self.pace_at.is_some_and(|at| at <= now) {
            self.pace_at = None;
        }
        if let Some(keys) = &mut self.data {
            keys.drop_previous(now);
        }
        self.path_timeout(now);
        if self.is_closed() {
            return;
        }
        let mut outcome = Outcome::default();
        let blocked = self.is_blocked();
        let result = self
            .recovery
            .on_timeout(now, blocked, &mut outcome)
            .and_then(|()| self.settle(outcome, None));
        if let Err(e) = result {
            self.fail(now, e);
        }
    }

    /// Gives up paths that could not be validated (section 8.2.4).
    fn path_timeout(&mut self, now: Instant) {
        if self
            .previous
            .is_some_and(|path| path.deadline.is_some_and(|at| at <= now))
        {
            if let Some(path) = &mut self.previous {
                path.stop();
            }
        }
        if self.path.deadline.is_none_or(|at| at > now) {
            return;
        }
        match self.previous.take() {
            // Section 9.3.2: back to where the peer was last known to be.
            Some(previous) if previous.validated => {
                self.path = previous;
                self.path.stop();
                self.recovery.new_path();
                let result = match previous.cid == self.remote.active_sequence() {
                    true => Ok(()),
                    false => self.remote.follow(&previous.addresses, None),
                };
                if let Err(e) = result {
                    self.fail(now, e);
                }
            }
            _ => self.enter_drained(CloseReason::Transport(TransportError::new(
                Code::NO_VIABLE_PATH,
                "no path is left",
            ))),
        }
    }

    /// Deals with what has arrived and what has been lost.
    fn settle(&mut self, outcome: Outcome, space: Option<Space>) -> Result<(), TransportError> {
        self.statistics.packets_lost = self
            .statistics
            .packets_lost
            .saturating_add(outcome.packets_lost);
        for sent in outcome.acked {
            match sent {
                Sent::Ack(largest) => {
                    if let Some(space) = space {
                        self.received.get_mut(space).ack_acked(largest);
                    }
                }
                Sent::Crypto(space, range) => {
                    self.crypto.get_mut(space).send.acked(range)?;
                }
                Sent::NewConnectionId(sequence) => self.local.acked(sequence),
                Sent::RetireConnectionId(sequence) => self.remote.acked(sequence),
                Sent::HandshakeDone => self.handshake_done.acked(),
                Sent::NewToken => self.new_token_frame.acked(),
                sent => self.streams.acked(sent)?,
            }
        }
        self.say_again(outcome.lost)?;
        Ok(())
    }

    /// Has frames sent once more, as far as they have not arrived.
    fn say_again(&mut self, frames: KVec<Sent>) -> KernelResult {
        for sent in frames {
            match sent {
                Sent::Ack(_) => {}
                Sent::Crypto(space, range) => {
                    self.crypto.get_mut(space).send.lost(range)?;
                }
                Sent::NewConnectionId(sequence) => self.local.lost(sequence),
                Sent::RetireConnectionId(sequence) => self.remote.lost(sequence),
                Sent::HandshakeDone => self.handshake_done.lost(),
                Sent::NewToken => self.new_token_frame.lost(),
                sent => self.streams.lost(sent)?,
            }
        }
        Ok(())
    }

    /// Gives a level up with its keys (RFC 9001 section 4.9).
    fn discard(&mut self, space: Space) {
        match space {
            Space::Initial => self.initial = None,
            Space::Handshake => self.handshake = None,
            Space::Data => return,
        }
        self.recovery.discard(space);
        *self.received.get_mut(space) = Received::new();
        *self.crypto.get_mut(space) = CryptoStream::new();
    }
}
