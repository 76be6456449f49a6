// SPDX-License-Identifier: GPL-2.0

//! Quinn's state machine as a client, the endpoint of this project as its server, and between them
//! a network that loses, damages, doubles and delays, on a clock that only goes when nothing else
//! is to be done. Everything but the keys comes of the seed.

use super::common;
use crate::fixture;
use engine::quic::{
    self,
    Config,
    Discard,
    Ecn,
    Hq,
    Key,
    Received,
    Reply,
    Response,
    RetryPolicy,
    Service, //
};
use kernel::{
    prelude::{
        KBox,
        KVec,
        GFP_KERNEL, //
    },
    sync::Arc as KArc, //
};
use quinn_proto::{
    crypto::rustls::QuicClientConfig,
    ClientConfig,
    ConnectionError,
    ConnectionHandle,
    DatagramEvent,
    Dir,
    EndpointConfig,
    Event,
    ReadError,
    StreamEvent,
    StreamId,
    TransportConfig,
    VarInt, //
};
use rustls::crypto::aws_lc_rs;
use std::{
    collections::{
        BTreeMap,
        HashMap, //
    },
    net::SocketAddr,
    sync::Arc,
    time::{
        Duration,
        Instant, //
    },
};

/// What `/bytes/N` is made of.
const LINE: &[u8; 64] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n";

/// A page that says what was negotiated, and so many bytes.
struct Pages;

impl Service for Pages {
    fn get(
        &self,
        negotiated: &engine::tls::Negotiated,
        path: &[u8],
    ) -> kernel::error::Result<Option<Response>> {
        let mut text = KVec::new();
        let mut filler = 0;

        if path == b"/" {
            text.extend_from_slice(negotiated.suite.name().as_bytes(), GFP_KERNEL)?;
        } else {
            let len = path
                .strip_prefix(b"/bytes/")
                .and_then(|len| std::str::from_utf8(len).ok())
                .and_then(|len| len.parse().ok());
            let Some(len) = len else {
                return Ok(None);
            };

            filler = len;
        }
        Ok(Some(Response { text, filler }))
    }
}

/// Random enough for a network, and the same for the same seed (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);

        let mut z = self.0;

        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn percent(&mut self, percent: u64) -> bool {
        self.roll() % 100 < percent
    }
}

/// What the network does to a datagram, in percent, and how long one is under way.
#[derive(Clone, Copy)]
pub struct Network {
    pub loss: u64,
    pub corruption: u64,
    pub duplication: u64,
    pub delay: Duration,
    /// Up to so much more, which puts datagrams out of order.
    pub jitter: Duration,
    /// Percent of the datagrams that a router marks.
    pub marks: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            loss: 0,
            corruption: 0,
            duplication: 0,
            delay: Duration::from_millis(10),
            jitter: Duration::ZERO,
            marks: 0,
        }
    }
}

/// A datagram under way.
struct Flight {
    to_server: bool,
    client: SocketAddr,
    ecn: u8,
    bytes: Vec<u8>,
}

/// What the server has for each connection.
pub struct Peer {
    pub connection: KBox<quic::Connection>,
    key: Key,
    hq: Hq<Pages>,
    handshaking: bool,
    reset: Option<quic::ExpectedReset>,
}

/// A connection of Quinn's.
pub struct Quinn {
    pub connection: quinn_proto::Connection,
    pub connected: bool,
    pub lost: Option<ConnectionError>,
    answers: HashMap<StreamId, Answer>,
}

/// What came on a stream. `/bytes/N` is looked at as it comes, and not kept.
#[derive(Default)]
pub struct Answer {
    pub bytes: Vec<u8>,
    pub len: u64,
    pub fin: bool,
    pub reset: Option<u64>,
    pattern: bool,
}

/// The configuration of a client.
#[derive(Clone)]
pub struct Offer {
    pub suites: Vec<rustls::SupportedCipherSuite>,
    pub alpn: Vec<Vec<u8>>,
    pub version: u32,
    pub host: &'static str,
    pub transport: fn(&mut TransportConfig),
}

impl Default for Offer {
    fn default() -> Self {
        Self {
            suites: aws_lc_rs::default_provider().cipher_suites,
            alpn: vec![b"hq-interop".to_vec()],
            version: 1,
            host: "server.test",
            transport: |_| {},
        }
    }
}

pub struct World {
    began: Instant,
    elapsed: Duration,
    pub network: Network,
    dice: Dice,
    wire: BTreeMap<(Duration, u64), Flight>,
    sequence: u64,
    pub server: quic::Endpoint<u64>,
    pub peers: BTreeMap<u64, Peer>,
    /// Why connections of the server's ended.
    pub ends: Vec<Option<quic::CloseReason>>,
    /// What the endpoint itself answered with.
    pub replies: Vec<Reply>,
    pub answers: Vec<Vec<u8>>,
    pub dropped: Vec<Discard>,
    client: quinn_proto::Endpoint,
    pub clients: HashMap<ConnectionHandle, Quinn>,
    /// Where the clients are.
    pub client_address: SocketAddr,
    pub server_address: SocketAddr,
    /// Bytes that the server has received and sent.
    pub received: u64,
    pub sent: u64,
    /// The largest datagram that the server has sent.
    pub largest: usize,
    /// How much the server may send that is not on its way yet, checked at every datagram: three
    /// times what it received, until the handshake is over.
    pub watch_amplification: bool,
}

/// The configuration of a server.
pub fn config(with: impl FnOnce(quic::ConfigBuilder) -> quic::ConfigBuilder) -> KArc<Config> {
    let tls = common::builder()
        .alpn(b"hq-interop")
        .unwrap()
        .alpn(b"hq-29")
        .unwrap()
        .build()
        .unwrap();

    with(Config::builder(tls).unwrap()).build().unwrap()
}

impl World {
    pub fn new(seed: u64, network: Network) -> Self {
        Self::with(
            seed,
            network,
            config(|config| config.retry(RetryPolicy::UnderPressure)),
        )
    }

    pub fn with(seed: u64, network: Network, config: KArc<Config>) -> Self {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &[7; 32]);
        let mut endpoint = EndpointConfig::new(Arc::new(key));
        let mut random = [0; 32];

        random[..8].copy_from_slice(&seed.to_be_bytes());
        endpoint.rng_seed(Some(random));
        Self {
            began: Instant::now(),
            elapsed: Duration::from_secs(1),
            network,
            dice: Dice(seed),
            wire: BTreeMap::new(),
            sequence: 0,
            server: quic::Endpoint::new(config).unwrap(),
            peers: BTreeMap::new(),
            ends: vec![],
            replies: vec![],
            answers: vec![],
            dropped: vec![],
            client: quinn_proto::Endpoint::new(Arc::new(endpoint), None, true, Some(random)),
            clients: HashMap::new(),
            client_address: "192.0.2.1:40000".parse().unwrap(),
            server_address: "192.0.2.2:443".parse().unwrap(),
            received: 0,
            sent: 0,
            largest: 0,
            watch_amplification: false,
        }
    }

    pub fn now(&self) -> Instant {
        self.began + self.elapsed
    }

    fn server_now(&self) -> quic::Instant {
        quic::Instant::from_nanos(self.elapsed.as_nanos().try_into().unwrap())
    }

    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    pub fn connect(&mut self, offer: &Offer) -> ConnectionHandle {
        let mut provider = aws_lc_rs::default_provider();

        provider.cipher_suites = offer.suites.clone();

        let mut roots = rustls::RootCertStore::empty();

        roots.add(fixture!("root.der").into()).unwrap();

        let mut tls = rustls::ClientConfig::builder_with_details(provider.into(), Arc::new(Clock))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();

        tls.alpn_protocols = offer.alpn.clone();

        let mut transport = TransportConfig::default();

        // As long as the server likes.
        transport.max_idle_timeout(Some(VarInt::from_u32(600_000).into()));
        (offer.transport)(&mut transport);

        // That of the Initial packets, whatever is offered.
        let initial = aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256
            .tls13()
            .unwrap()
            .quic_suite()
            .unwrap();
        let crypto = QuicClientConfig::with_initial(tls.into(), initial).unwrap();
        let mut config = ClientConfig::new(Arc::new(crypto));

        config.version(offer.version);
        config.transport_config(Arc::new(transport));

        let (now, remote) = (self.now(), self.server_address);
        let (handle, connection) = self
            .client
            .connect(now, config, remote, offer.host)
            .unwrap();

        self.clients.insert(
            handle,
            Quinn {
                connection,
                connected: false,
                lost: None,
                answers: HashMap::new(),
            },
        );
        handle
    }

    /// Puts a datagram on its way, or not.
    pub fn send(&mut self, to_server: bool, client: SocketAddr, ecn: u8, bytes: &[u8]) {
        let mut copies = 1;

        if self.dice.percent(self.network.loss) {
            copies = 0;
        } else if self.dice.percent(self.network.duplication) {
            copies = 2;
        }
        for _ in 0..copies {
            let mut bytes = bytes.to_vec();
            let mut ecn = ecn;

            if self.dice.percent(self.network.corruption) {
                let at = self.dice.roll() as usize % bytes.len();

                bytes[at] ^= 1 << (self.dice.roll() % 8);
            }
            if ecn != 0 && self.dice.percent(self.network.marks) {
                ecn = 3;
            }

            let jitter = u64::try_from(self.network.jitter.as_nanos()).unwrap();
            let extra = self.dice.roll() % (jitter + 1);
            let due = self.elapsed + self.network.delay + Duration::from_nanos(extra);

            self.sequence += 1;
            self.wire.insert(
                (due, self.sequence),
                Flight {
                    to_server,
                    client,
                    ecn,
                    bytes,
                },
            );
        }
    }

    /// Lets everyone say what there is to say.
    fn speak(&mut self) {
        let now = self.now();
        let mut out = vec![];

        for (&handle, quinn) in &mut self.clients {
            while let Some(event) = quinn.connection.poll_endpoint_events() {
                if let Some(event) = self.client.handle_event(handle, event) {
                    quinn.connection.handle_event(event);
                }
            }
            quinn.hear();
            loop {
                let mut bytes = vec![];
                let Some(transmit) = quinn.connection.poll_transmit(now, 1, &mut bytes) else {
                    break;
                };

                bytes.truncate(transmit.size);
                out.push((true, transmit.ecn.map_or(0, |ecn| ecn as u8), bytes));
            }
        }
        for (to_server, ecn, bytes) in out {
            let client = self.client_address;

            self.send(to_server, client, ecn, &bytes);
        }

        let (now, mut buf, mut out) = (self.server_now(), [0; quic::MAX_DATAGRAM], vec![]);

        for peer in self.peers.values_mut() {
            loop {
                let mut worked = false;

                peer.hq.step(&mut peer.connection).unwrap();

                while let Some(transmit) = peer.connection.poll_transmit(now, &mut buf) {
                    worked = true;
                    assert_ne!(transmit.len, 0);
                    assert_eq!(transmit.path.local, self.server_address);
                    out.push((transmit.path.remote, 0, buf[..transmit.len].to_vec()));
                }
                if !worked {
                    break;
                }
            }
            peer.connection.count_memory(now, peer.hq.bytes_held());
            if peer.reset != peer.connection.expected_reset() {
                peer.reset = peer.connection.expected_reset();
                self.server.expect_reset(peer.key, peer.reset).unwrap();
            }
            if peer.handshaking && peer.connection.is_established() {
                peer.handshaking = false;
                self.server.handshake_over(peer.key);
            }
        }
        for (client, ecn, bytes) in out {
            self.sent += bytes.len() as u64;
            self.largest = self.largest.max(bytes.len());
            if self.watch_amplification {
                assert!(
                    self.sent <= 3 * self.received,
                    "{} {}",
                    self.sent,
                    self.received
                );
            }
            self.send(false, client, ecn, &bytes);
        }

        let (server, ends) = (&mut self.server, &mut self.ends);

        self.peers.retain(|_, peer| {
            let over = peer.connection.is_drained();

            if over {
                ends.push(peer.connection.error());
                server.remove(peer.key);
            }
            !over
        });
    }

    /// Hands the server a datagram, now.
    pub fn hand(&mut self, client: SocketAddr, ecn: u8, bytes: &mut [u8]) {
        let now = self.server_now();
        let path = quic::Path {
            local: self.server_address,
            remote: client,
        };
        let mut out = [0; quic::MAX_DATAGRAM];
        let ecn = [Ecn::NotEct, Ecn::Ect1, Ecn::Ect0, Ecn::Ce][usize::from(ecn)];

        self.received += bytes.len() as u64;
        if bytes.len() > 5 && bytes[0] & 0xf0 == 0xe0 || has_second(bytes) {
            // A Handshake packet shows that the client is where it says.
            self.watch_amplification = false;
        }

        let name = match self.server.receive(now, path, bytes, &mut out) {
            Received::Connection(name) => *name,
            Received::New(incoming) => {
                self.sequence += 1;

                let name = self.sequence;

                self.server.insert(incoming.key, name).unwrap();
                self.peers.insert(
                    name,
                    Peer {
                        connection: incoming.connection,
                        key: incoming.key,
                        hq: Hq::new(Pages),
                        handshaking: true,
                        reset: None,
                    },
                );
                name
            }
            Received::Reply(kind, len) => {
                let looks_like = match (out[0] & 0xf0, &out[1..5]) {
                    (0x80.., [0, 0, 0, 0]) => Reply::VersionNegotiation,
                    (0xf0, _) => Reply::Retry,
                    (0x80.., _) => Reply::Refusal,
                    _ => Reply::StatelessReset,
                };

                assert_eq!(kind, looks_like);
                self.replies.push(kind);
                self.answers.push(out[..len].to_vec());
                assert!(len <= 3 * bytes.len());
                self.send(false, client, 0, &out[..len]);
                return;
            }
            Received::Dropped(why) => {
                self.dropped.push(why);
                return;
            }
        };

        if let Some(peer) = self.peers.get_mut(&name) {
            peer.connection.receive(now, path, ecn, bytes);
            assert!(peer.connection.bytes_held() <= quic::limits::MAX_CONNECTION_BYTES);
        }
    }

    fn hand_client(&mut self, flight: Flight) {
        let mut reply = vec![];
        let now = self.now();
        let ecn = quinn_proto::EcnCodepoint::from_bits(flight.ecn);
        let event = self.client.handle(
            now,
            self.server_address,
            None,
            ecn,
            flight.bytes.as_slice().into(),
            &mut reply,
        );

        match event {
            Some(DatagramEvent::ConnectionEvent(handle, event)) => {
                if let Some(quinn) = self.clients.get_mut(&handle) {
                    quinn.connection.handle_event(event);
                }
            }
            Some(DatagramEvent::Response(transmit)) => {
                let client = self.client_address;

                self.send(true, client, 0, &reply[..transmit.size]);
            }
            Some(DatagramEvent::NewConnection(_)) => panic!("a server that connects"),
            None => {}
        }
    }

    /// Goes on to the next thing that happens. False if nothing ever will.
    pub fn step(&mut self) -> bool {
        match self.due() {
            Some(due) => {
                self.advance(due);
                true
            }
            None => false,
        }
    }

    /// Lets everyone speak, and says when something else happens.
    fn due(&mut self) -> Option<Duration> {
        self.speak();

        let began = self.began;
        let mut due = self.wire.keys().next().map(|(due, _)| *due);
        let mut sooner = |at: Duration| due = Some(due.map_or(at, |due| due.min(at)));

        for quinn in self.clients.values_mut() {
            if let Some(at) = quinn.connection.poll_timeout() {
                sooner(at.saturating_duration_since(began));
            }
        }
        for peer in self.peers.values() {
            if let Some(at) = peer.connection.timeout() {
                sooner(Duration::from_nanos(at.as_nanos()));
            }
        }

        due
    }

    /// Goes on to this time, and has happen what is due by then.
    fn advance(&mut self, due: Duration) {
        self.elapsed = self.elapsed.max(due);
        while let Some(entry) = self.wire.first_entry() {
            if entry.key().0 > self.elapsed {
                break;
            }

            let mut flight = entry.remove();

            match flight.to_server {
                true => self.hand(flight.client, flight.ecn, &mut flight.bytes),
                false => self.hand_client(flight),
            }
        }

        let (now, server_now) = (self.now(), self.server_now());

        for quinn in self.clients.values_mut() {
            if quinn.connection.poll_timeout().is_some_and(|at| at <= now) {
                quinn.connection.handle_timeout(now);
            }
        }
        for peer in self.peers.values_mut() {
            if peer.connection.timeout().is_some_and(|at| at <= server_now) {
                peer.connection.on_timeout(server_now);
            }
        }
    }

    /// Goes on until something is so, for so many seconds of the simulated clock.
    #[track_caller]
    pub fn until(&mut self, seconds: u64, mut what: impl FnMut(&mut Self) -> bool) {
        let end = self.elapsed + Duration::from_secs(seconds);
        let mut idle = 0;

        while !what(self) {
            let before = self.elapsed;
            let more = self.step();

            idle = if self.elapsed == before { idle + 1 } else { 0 };
            assert!(idle < 10_000, "a timer that is due for ever");
            if !more || self.elapsed > end {
                if what(self) {
                    return;
                }

                let state: Vec<_> = self
                    .clients
                    .values()
                    .map(|quinn| (quinn.connected, quinn.lost.clone()))
                    .collect();
                let peers: Vec<_> = self
                    .peers
                    .values()
                    .map(|peer| (peer.connection.error(), *peer.connection.statistics()))
                    .collect();

                panic!(
                    "not after {:?}: clients {state:?}, servers {peers:?}, ends {:?}",
                    self.elapsed, self.ends
                );
            }
        }
    }

    /// Waits.
    pub fn pass(&mut self, time: Duration) {
        let end = self.elapsed + time;
        let mut idle = 0;

        while let Some(due) = self.due().filter(|due| *due <= end) {
            idle = if due <= self.elapsed { idle + 1 } else { 0 };
            assert!(idle < 10_000, "a timer that is due for ever");
            self.advance(due);
        }
        self.elapsed = self.elapsed.max(end);
    }

    /// A client's connection must not be lost.
    #[track_caller]
    pub fn check(&self, handle: ConnectionHandle) {
        let lost = &self.clients[&handle].lost;

        assert!(
            lost.is_none(),
            "{lost:?}, ends {:?}, replies {:?}, dropped {:?} at {:?}",
            self.ends,
            self.replies,
            self.dropped,
            self.elapsed
        );
    }

    pub fn quinn(&mut self, handle: ConnectionHandle) -> &mut Quinn {
        self.clients.get_mut(&handle).unwrap()
    }

    #[track_caller]
    pub fn handshake(&mut self, handle: ConnectionHandle, seconds: u64) {
        self.until(seconds, |world| {
            world.check(handle);

            let quinn = world.quinn(handle);

            quinn.connected
        });
    }

    /// Asks for a path.
    pub fn ask(&mut self, handle: ConnectionHandle, request: &str) -> StreamId {
        self.check(handle);

        let quinn = self.quinn(handle);
        let id = quinn
            .connection
            .streams()
            .open(Dir::Bi)
            .unwrap_or_else(|| panic!("no stream: closed {}", quinn.connection.is_closed()));
        let mut stream = quinn.connection.send_stream(id);
        let bytes = format!("GET {request}\r\n");

        assert_eq!(stream.write(bytes.as_bytes()).unwrap(), bytes.len());
        stream.finish().unwrap();
        quinn.answers.insert(
            id,
            Answer {
                pattern: request.starts_with("/bytes/"),
                ..Answer::default()
            },
        );
        id
    }

    /// Writes to a stream, all at once.
    pub fn write(&mut self, handle: ConnectionHandle, id: StreamId, bytes: &[u8]) {
        let written = self.quinn(handle).connection.send_stream(id).write(bytes);

        assert_eq!(written.unwrap(), bytes.len());
    }

    /// Asks for so many bytes and waits for them.
    #[track_caller]
    pub fn get(&mut self, handle: ConnectionHandle, len: u64, seconds: u64) {
        let id = self.ask(handle, &format!("/bytes/{len}"));

        self.until(seconds, |world| {
            world.check(handle);

            let quinn = world.quinn(handle);

            quinn.answers[&id].fin
        });
        assert_eq!(self.quinn(handle).answers[&id].len, len);
    }

    /// Closes a client's connection.
    pub fn close(&mut self, handle: ConnectionHandle) {
        let now = self.now();

        self.quinn(handle)
            .connection
            .close(now, VarInt::from_u32(0), b"done".as_slice().into());
    }

    /// Has the server forget all it knows of its connections.
    pub fn forget(&mut self) {
        while let Some((_, peer)) = self.peers.pop_first() {
            self.server.remove(peer.key);
        }
    }

    /// Has a client forget a connection, without a word.
    pub fn lose(&mut self, handle: ConnectionHandle) {
        self.clients.remove(&handle);
        self.client
            .handle_event(handle, quinn_proto::EndpointEvent::drained());
    }

    /// The one connection that the server has.
    pub fn peer(&mut self) -> &mut Peer {
        assert_eq!(self.peers.len(), 1);
        self.peers.values_mut().next().unwrap()
    }
}

/// Whether a datagram that begins with an Initial packet has another one behind it.
fn has_second(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(5..).unwrap_or_default();
    let varint = |rest: &[u8]| -> Option<(usize, usize)> {
        let first = *rest.first()?;
        let len = 1 << (first >> 6);
        let value = rest
            .get(1..len)?
            .iter()
            .fold(usize::from(first & 0x3f), |sum, byte| {
                sum << 8 | usize::from(*byte)
            });

        Some((value, len))
    };

    if bytes.first().is_none_or(|first| first & 0xf0 != 0xc0) {
        return false;
    }
    for _ in 0..2 {
        let Some(id) = rest.first() else {
            return false;
        };

        rest = rest.get(1 + usize::from(*id)..).unwrap_or_default();
    }
    let Some((token, len)) = varint(rest) else {
        return false;
    };

    rest = rest.get(len + token..).unwrap_or_default();
    match varint(rest) {
        // The end of a datagram is not filled but by a packet.
        Some((payload, len)) => rest.len() > len + payload,
        None => false,
    }
}

impl Quinn {
    pub fn answer(&self, id: StreamId) -> &Answer {
        &self.answers[&id]
    }

    /// Whether something of an answer has come, if only that there is none.
    pub fn has_any(&self, id: StreamId) -> bool {
        self.answers.contains_key(&id)
    }

    /// Whether all of an answer has come.
    pub fn has_all(&self, id: StreamId) -> bool {
        self.answers.get(&id).is_some_and(|answer| answer.fin)
    }

    /// Whether every answer has come.
    pub fn is_done(&self) -> bool {
        self.answers.values().all(|answer| answer.fin)
    }

    /// Takes what has come.
    fn hear(&mut self) {
        while let Some(event) = self.connection.poll() {
            match event {
                Event::Connected => self.connected = true,
                Event::ConnectionLost { reason } => self.lost = Some(reason),
                Event::Stream(StreamEvent::Readable { id }) => self.read(id),
                _ => {}
            }
        }
    }

    fn read(&mut self, id: StreamId) {
        let answer = self.answers.entry(id).or_default();
        let mut stream = self.connection.recv_stream(id);
        let Ok(mut chunks) = stream.read(true) else {
            return;
        };

        loop {
            match chunks.next(usize::MAX) {
                Ok(Some(chunk)) => {
                    if answer.pattern {
                        for (&byte, at) in chunk.bytes.iter().zip(answer.len..) {
                            assert_eq!(byte, LINE[(at % 64) as usize], "byte {at}");
                        }
                    } else {
                        answer.bytes.extend_from_slice(&chunk.bytes);
                    }
                    answer.len += chunk.bytes.len() as u64;
                }
                Ok(None) => {
                    answer.fin = true;
                    break;
                }
                Err(ReadError::Reset(code)) => {
                    answer.reset = Some(code.into_inner());
                    break;
                }
                Err(ReadError::Blocked) => break,
            }
        }
        let _ = chunks.finalize();
    }
}

#[derive(Debug)]
struct Clock;

impl rustls::time_provider::TimeProvider for Clock {
    fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
        // The first of January 2030.
        Some(rustls::pki_types::UnixTime::since_unix_epoch(
            Duration::from_secs(1_893_456_000),
        ))
    }
}
