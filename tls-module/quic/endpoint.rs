// SPDX-License-Identifier: GPL-2.0

//! What one UDP socket has: which connection a datagram is for, and what to do with those that are
//! for none.

use core::net::SocketAddr;

use kernel::{
    crypto::{
        ct_eq,
        rng, //
    },
    error::Result,
    prelude::*,
    sync::Arc, //
};

use super::{
    cid::{
        CidFactory,
        ConnectionId,
        ExpectedReset,
        Key,
        CID_LEN, //
    },
    codec::{
        to_u64,
        Writer, //
    },
    config::{
        Config,
        RetryPolicy, //
    },
    connection::{
        Accept,
        Connection, //
    },
    crypto::{
        self,
        Keys,
        RetryIntegrity,
        TAG, //
    },
    error::Code,
    frame,
    limits,
    memory::{
        Memory,
        Share, //
    },
    packet::{
        Header,
        LongType,
        Written,
        VERSION_1, //
    },
    time::{
        Duration,
        Instant, //
    },
    token::{
        Tokens,
        Verdict,
        MAX_TOKEN, //
    },
    Path, //
};

/// Why a datagram was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discard {
    /// It has no header of QUIC, or one that begins no connection, or is longer than this side's
    /// `max_udp_payload_size`.
    Malformed,
    /// It is for a connection that is not there, and is not answered.
    Unknown,
    /// It could have been answered, but too many have been.
    RateLimited,
    /// There is no memory.
    NoMemory,
}

/// A connection that has been made.
pub struct Incoming {
    /// What it is called at the endpoint.
    pub key: Key,
    /// The connection, which is yet to be given the datagram.
    pub connection: KBox<Connection>,
}

/// What a datagram is answered with where there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The versions that there are (RFC 9000 section 6).
    VersionNegotiation,
    /// A token, to show that the client is where it says (section 8.1.2).
    Retry,
    /// The end of a connection that was never made.
    Refusal,
    /// The end of one that is not known any more (section 10.3).
    StatelessReset,
}

impl Reply {
    /// How many kinds there are.
    const COUNT: usize = 4;
}

/// What is to be done with a datagram.
pub enum Received<'a, C> {
    /// It is to be given to this connection.
    Connection(&'a C),
    /// It begins this connection, and is to be given to it.
    New(Incoming),
    /// The first so many bytes of `out` are to be sent to where it came from.
    Reply(Reply, usize),
    /// It is to be dropped.
    Dropped(Discard),
}

/// A place for a connection.
struct Slot<C> {
    generation: u32,
    used: bool,
    half_open: bool,
    /// Whether `resets` has an entry for it.
    reset: bool,
    connection: Option<C>,
}

/// A client that does not know this side's id yet: its address, the id it sends to, and where its
/// connection is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Early {
    dcid: ConnectionId,
    remote: SocketAddr,
    key: Key,
}

/// What one UDP socket has. `C` is what the caller keeps for a connection.
///
/// # Invariants
///
/// - `early` is in order, with no client twice.
/// - `half_open` is the number of slots that are.
/// - `resets` is in the order of the addresses, and has one entry for each slot that says so.
pub struct Endpoint<C> {
    config: Arc<Config>,
    factory: Arc<CidFactory>,
    memory: Arc<Memory>,
    tokens: Tokens,
    integrity: RetryIntegrity,
    slots: KVec<Slot<C>>,
    free: KVec<u32>,
    early: KVec<Early>,
    resets: KVec<(ExpectedReset, Key)>,
    half_open: usize,
    /// How many datagrams of each kind have been sent since then.
    replies: [u64; Reply::COUNT],
    replies_since: Instant,
}

impl<C> Endpoint<C> {
    /// Makes an endpoint without connections.
    pub fn new(config: Arc<Config>) -> Result<Self> {
        Ok(Self {
            memory: Arc::new(Memory::new(config.max_bytes), GFP_KERNEL)?,
            config,
            factory: Arc::new(CidFactory::new()?, GFP_KERNEL)?,
            tokens: Tokens::new()?,
            integrity: RetryIntegrity::new()?,
            slots: KVec::new(),
            free: KVec::new(),
            early: KVec::new(),
            resets: KVec::new(),
            half_open: 0,
            replies: [0; Reply::COUNT],
            replies_since: Instant::from_nanos(0),
        })
    }

    /// The memory that the connections have together.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// How many handshakes are under way.
    pub fn half_open(&self) -> usize {
        self.half_open
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        self.slots.len().saturating_sub(self.free.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is kept for the connections.
    pub fn iter(&self) -> impl Iterator<Item = &C> {
        self.slots
            .iter()
            .filter_map(|slot| slot.connection.as_ref())
    }

    fn slot(&self, key: Key) -> Option<&Slot<C>> {
        let slot = self.slots.get(usize::try_from(key.slot).ok()?)?;
        (slot.used && slot.generation == key.generation).then_some(slot)
    }

    fn slot_mut(&mut self, key: Key) -> Option<&mut Slot<C>> {
        let slot = self.slots.get_mut(usize::try_from(key.slot).ok()?)?;
        (slot.used && slot.generation == key.generation).then_some(slot)
    }

    /// Looks at a datagram. `out` should have room for [`limits::MAX_DATAGRAM`] bytes.
    pub fn receive(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
        out: &mut [u8],
    ) -> Received<'_, C> {
        // What a connection holds of datagrams is bounded by their number.
        if to_u64(datagram.len()) > limits::MAX_UDP_PAYLOAD {
            return Received::Dropped(Discard::Malformed);
        }
        let Some(header) = Header::parse(datagram) else {
            return Received::Dropped(Discard::Malformed);
        };
        match header {
            Header::Short { dcid, .. } => match self.find(&dcid) {
                Some(key) => self.to(key),
                None => match self.find_reset(&path, datagram) {
                    Some(key) => self.to(key),
                    None => self.reply(now, Reply::StatelessReset, |this| {
                        this.stateless_reset(&dcid, datagram.len(), out)
                    }),
                },
            },
            Header::Unknown {
                version,
                dcid,
                scid,
            } => {
                // RFC 9000 section 6.1: small datagrams are not answered, nor is the answer itself.
                if version == 0 || datagram.len() < limits::MIN_INITIAL {
                    return Received::Dropped(Discard::Malformed);
                }
                self.reply(now, Reply::VersionNegotiation, |_| {
                    version_negotiation(version, dcid, scid, out)
                })
            }
            Header::Long {
                kind,
                dcid,
                scid,
                token,
                ..
            } => {
                if let Some(key) = self.find(&dcid).or_else(|| self.find_early(&dcid, &path)) {
                    return self.to(key);
                }
                if kind != LongType::Initial {
                    return Received::Dropped(Discard::Unknown);
                }
                self.initial(now, path, datagram, Ids { dcid, scid }, token, out)
            }
        }
    }

    fn to(&self, key: Key) -> Received<'_, C> {
        match self.slot(key).and_then(|slot| slot.connection.as_ref()) {
            Some(connection) => Received::Connection(connection),
            None => Received::Dropped(Discard::Unknown),
        }
    }

    fn find(&self, dcid: &ConnectionId) -> Option<Key> {
        let key = self.factory.place(dcid)?;
        self.slot(key).map(|_| key)
    }

    fn early_place(
        &self,
        dcid: &ConnectionId,
        remote: &SocketAddr,
    ) -> core::result::Result<usize, usize> {
        self.early
            .binary_search_by(|early| early.dcid.cmp(dcid).then(early.remote.cmp(remote)))
    }

    fn find_early(&self, dcid: &ConnectionId, path: &Path) -> Option<Key> {
        let at = self.early_place(dcid, &path.remote).ok()?;
        self.early.get(at).map(|early| early.key)
    }

    /// The connection that a datagram to no id of this side's ends, if it is a stateless reset
    /// (section 10.3.1).
    fn find_reset(&self, path: &Path, datagram: &[u8]) -> Option<Key> {
        if datagram.len() < MIN_RESET {
            return None;
        }
        let token = datagram.last_chunk::<TAG>()?;
        let first = self
            .resets
            .partition_point(|(reset, _)| reset.remote < path.remote);
        self.resets
            .get(first..)?
            .iter()
            .take_while(|(reset, _)| reset.remote == path.remote)
            .take(limits::MAX_RESETS_PER_ADDRESS)
            .find(|(reset, _)| ct_eq(&reset.token, token))
            .map(|(_, key)| *key)
    }

    /// Makes an answer, if not too many have been made.
    fn reply(
        &mut self,
        now: Instant,
        kind: Reply,
        make: impl FnOnce(&mut Self) -> Result<usize>,
    ) -> Received<'_, C> {
        if now - self.replies_since >= Duration::from_secs(1) {
            self.replies_since = now;
            self.replies = [0; Reply::COUNT];
        }
        let Some(sent) = self.replies.get_mut(kind as usize) else {
            return Received::Dropped(Discard::RateLimited);
        };
        if *sent >= limits::REPLIES_PER_SECOND {
            return Received::Dropped(Discard::RateLimited);
        }
        // What makes none costs as much.
        *sent = sent.saturating_add(1);
        match make(self) {
            Ok(0) => Received::Dropped(Discard::Unknown),
            Ok(len) => Received::Reply(kind, len),
            Err(_) => Received::Dropped(Discard::NoMemory),
        }
    }

    /// Takes an Initial that is for no connection yet.
    fn initial(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
        ids: Ids,
        token: &[u8],
        out: &mut [u8],
    ) -> Received<'_, C> {
        // Sections 14.1 and 7.2.
        if datagram.len() < limits::MIN_INITIAL || ids.dcid.len() < 8 {
            return Received::Dropped(Discard::Malformed);
        }
        let verdict = self.tokens.check(now, &path.remote, &ids.dcid, token);
        let is_full = self.len() >= self.config.max_connections
            || self.half_open >= self.config.max_half_open
            || self.memory.is_short();
        let retry = match self.config.retry {
            RetryPolicy::Never => false,
            RetryPolicy::UnderPressure => {
                self.half_open >= self.config.retry_threshold
                    || self.len() >= self.config.max_connections / 2
                    || self.memory.is_half_gone()
            }
            RetryPolicy::Always => true,
        };
        match verdict {
            Verdict::Invalid => {
                return self.reply(now, Reply::Refusal, |_| {
                    refusal(ids, Code::INVALID_TOKEN, b"token is not valid", out)
                });
            }
            Verdict::Unknown if retry => {
                return self.reply(now, Reply::Retry, |this| this.retry(now, &path, ids, out));
            }
            _ => {}
        }
        if is_full {
            return self.reply(now, Reply::Refusal, |_| {
                refusal(ids, Code::CONNECTION_REFUSED, b"no room", out)
            });
        }
        match self.accept(now, path, ids, verdict) {
            Ok(incoming) => Received::New(incoming),
            Err(_) => Received::Dropped(Discard::NoMemory),
        }
    }

    fn accept(&mut self, now: Instant, path: Path, ids: Ids, verdict: Verdict) -> Result<Incoming> {
        let mut new_token = KVec::zeroed(MAX_TOKEN, GFP_KERNEL)?;
        let len = self.tokens.new_token(now, &path.remote, &mut new_token)?;
        new_token.truncate(len);
        let (original_dcid, retried) = match verdict {
            Verdict::Retried(original) => (original, true),
            _ => (ids.dcid, false),
        };
        self.early.reserve(1, GFP_KERNEL)?;
        let key = self.allocate()?;
        let accept = Accept {
            key,
            path,
            original_dcid,
            scid: ids.scid,
            dcid: ids.dcid,
            retried,
            validated: matches!(verdict, Verdict::Valid | Verdict::Retried(_)),
            new_token,
            share: Share::new(self.memory.clone()),
        };
        match Connection::new(self.config.clone(), self.factory.clone(), now, accept) {
            Ok(connection) => {
                if let Err(at) = self.early_place(&ids.dcid, &path.remote) {
                    let early = Early {
                        dcid: ids.dcid,
                        remote: path.remote,
                        key,
                    };
                    // INVARIANT: `at` is where it belongs. There is room: it has been made.
                    let _ = self.early.insert_within_capacity(at, early);
                }
                Ok(Incoming { key, connection })
            }
            Err(_) => {
                self.remove(key);
                Err(ENOMEM)
            }
        }
    }

    /// Takes a slot, for a connection whose handshake is under way.
    fn allocate(&mut self) -> Result<Key> {
        // There has to be room to give the slot back.
        let wanted = self.slots.len().saturating_add(1);
        self.free
            .reserve(wanted.saturating_sub(self.free.len()), GFP_KERNEL)?;
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(self.slots.len())?;
                let mut generation = [0; 4];
                rng::fill(&mut generation)?;
                self.slots.push(
                    Slot {
                        generation: u32::from_ne_bytes(generation),
                        used: false,
                        half_open: false,
                        reset: false,
                        connection: None,
                    },
                    GFP_KERNEL,
                )?;
                index
            }
        };
        let slot = self.slots.get_mut(usize::try_from(index)?).ok_or(EINVAL)?;
        slot.used = true;
        slot.half_open = true;
        self.half_open = self.half_open.saturating_add(1);
        Ok(Key {
            slot: index,
            generation: slot.generation,
        })
    }

    /// Says what is kept for a new connection; `ENOENT` if it has been removed.
    pub fn insert(&mut self, key: Key, connection: C) -> Result {
        self.slot_mut(key).ok_or(ENOENT)?.connection = Some(connection);
        Ok(())
    }

    /// Says that a connection's handshake is done. Where it has failed, the connection counts as one
    /// whose handshake is under way until it is removed: it keeps its place till then, which whoever
    /// begins connections only for them to fail is not to have for nothing.
    pub fn handshake_over(&mut self, key: Key) {
        let Some(slot) = self.slot_mut(key) else {
            return;
        };
        if core::mem::take(&mut slot.half_open) {
            self.half_open = self.half_open.saturating_sub(1);
            self.early.retain(|early| early.key != key);
        }
    }

    /// Says what tells that the peer has lost a connection, in place of what told it before; the
    /// datagram that does is to be given to the connection.
    pub fn expect_reset(&mut self, key: Key, expected: Option<ExpectedReset>) -> Result {
        let slot = self.slot_mut(key).ok_or(ENOENT)?;
        // INVARIANT: The entry goes with what says that it is there.
        if core::mem::take(&mut slot.reset) {
            self.resets.retain(|(_, other)| *other != key);
        }
        let Some(expected) = expected else {
            return Ok(());
        };
        self.resets.reserve(1, GFP_KERNEL)?;
        let at = self
            .resets
            .partition_point(|(reset, _)| reset.remote < expected.remote);
        // INVARIANT: `at` is where the address belongs.
        self.resets.insert_within_capacity(at, (expected, key))?;
        self.slot_mut(key).ok_or(ENOENT)?.reset = true;
        Ok(())
    }

    /// Removes a connection, and gives what was kept for it.
    pub fn remove(&mut self, key: Key) -> Option<C> {
        self.handshake_over(key);
        let _ = self.expect_reset(key, None);
        let slot = self.slot_mut(key)?;
        slot.used = false;
        slot.generation = slot.generation.wrapping_add(1);
        let connection = slot.connection.take();
        // There is room: `allocate` has made it.
        let _ = self.free.push_within_capacity(key.slot);
        connection
    }

    /// A Retry packet (section 17.2.5).
    fn retry(&mut self, now: Instant, path: &Path, ids: Ids, out: &mut [u8]) -> Result<usize> {
        let mut id = [0; CID_LEN];
        rng::fill(&mut id)?;
        let scid = ConnectionId::new(&id).ok_or(EINVAL)?;
        let mut token = [0; MAX_TOKEN];
        let len = self
            .tokens
            .retry(now, &path.remote, &ids.dcid, &scid, &mut token)?;
        let mut w = Writer::new(out);
        w.u8(0xf0)?;
        w.u32(VERSION_1)?;
        w.u8_bytes(ids.scid.as_bytes())?;
        w.u8_bytes(scid.as_bytes())?;
        w.bytes(token.get(..len).ok_or(EINVAL)?)?;
        let tag = self.integrity.tag(&ids.dcid, w.written())?;
        w.bytes(&tag)?;
        Ok(w.len())
    }

    /// A stateless reset (section 10.3), smaller than what it answers.
    fn stateless_reset(
        &mut self,
        dcid: &ConnectionId,
        received: usize,
        out: &mut [u8],
    ) -> Result<usize> {
        const MAX: usize = 42;

        // Section 10.3.3: so that two endpoints do not answer each other for ever.
        let len = received.saturating_sub(1).min(MAX);
        if len < MIN_RESET {
            return Ok(0);
        }
        let mut w = Writer::new(out);
        let random = w.reserve(len.saturating_sub(TAG))?;
        rng::fill(random)?;
        if let Some(first) = random.first_mut() {
            *first = *first & 0x3f | 0x40;
        }
        w.bytes(&self.factory.reset_token(dcid)?)?;
        Ok(w.len())
    }
}

/// The length of a stateless reset at least: as long as a packet has to be for whoever gets it not
/// to know it for one (section 10.3).
const MIN_RESET: usize = 5 + TAG;

/// The ids of a client's first packet.
#[derive(Clone, Copy)]
struct Ids {
    dcid: ConnectionId,
    scid: ConnectionId,
}

/// A Version Negotiation packet (section 17.2.1) for a client that wants version `wanted`.
fn version_negotiation(wanted: u32, dcid: &[u8], scid: &[u8], out: &mut [u8]) -> Result<usize> {
    let mut w = Writer::new(out);
    let mut random = [0; 5];
    rng::fill(&mut random)?;
    let [first, reserved @ ..] = random;
    // Section 6.3: one of the versions that nobody will ever have, another each time, so that no
    // client gets used to it; but the one that the client wants would make it drop the packet.
    let mut reserved = u32::from_be_bytes(reserved) & 0xf0f0_f0f0 | 0x0a0a_0a0a;
    if reserved == wanted {
        reserved ^= 0x1000_0000;
    }
    w.u8(first | 0xc0)?;
    w.u32(0)?;
    w.u8_bytes(scid)?;
    w.u8_bytes(dcid)?;
    w.u32(VERSION_1)?;
    w.u32(reserved)?;
    Ok(w.len())
}

/// An Initial that closes a connection that was never made.
fn refusal(ids: Ids, code: Code, reason: &[u8], out: &mut [u8]) -> Result<usize> {
    let mut keys = Keys::initial(&ids.dcid).map_err(|e| e.errno())?;
    let mut id = [0; CID_LEN];
    rng::fill(&mut id)?;
    let scid = ConnectionId::new(&id).ok_or(EINVAL)?;
    let mut w = Writer::new(out);
    let header = Written::long(&mut w, LongType::Initial, &ids.scid, &scid, 0, None)?;
    frame::write_close(&mut w, code, Some(0), reason)?;
    w.zeroes(TAG)?;
    let end = w.len();
    header.finish(w.written(), end)?;
    crypto::seal(
        &keys.write.header,
        &mut keys.write.packet,
        0,
        w.written(),
        header.number_at,
        header.number_len,
    )?;
    Ok(end)
}
