// SPDX-License-Identifier: GPL-2.0

//! The server's side of the handshake: its states and what takes it from one to the next.

use kernel::{
    crypto::{
        ct_eq,
        rng,
        SecretVec, //
    },
    prelude::*,
    sync::Arc, //
};

use super::{
    client_hello::ClientHello,
    codec::Reader,
    config::{
        CertifiedKey,
        Config, //
    },
    enums::{
        AlertDescription,
        CipherSuite,
        HandshakeType,
        NamedGroup,
        SignatureScheme, //
    },
    error::{
        Error,
        Result, //
    },
    key_exchange::{
        KeyExchange,
        Shared, //
    },
    key_schedule::{
        Early,
        TrafficSecret, //
    },
    limits,
    messages,
    transcript::Transcript, //
};

/// An encryption level: the set of keys that handshake bytes are protected with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// None, or those of a QUIC Initial.
    Initial,
    /// Those made from the handshake traffic secrets.
    Handshake,
    /// Those made from the application traffic secrets.
    Application,
}

/// Something that whoever protects the records has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The client wants what looks like a TLS 1.2 session being resumed: a `change_cipher_spec`
    /// goes out after what has been sent so far (RFC 8446 appendix D.4).
    MiddleboxCompatibility,
    /// The client may be sending 0-RTT data, which is to be skipped (RFC 8446 section 4.2.10).
    EarlyDataRejected,
    /// The client has answered a HelloRetryRequest; no 0-RTT data comes any more.
    EarlyDataOver,
    /// Both sides have a `record_size_limit` for protected records (RFC 8449).
    RecordSizeLimit {
        /// The most bytes of content in a record sent.
        send: usize,
        /// The most bytes of content, content type and padding in a record received.
        receive: usize,
    },
}

/// Where the engine's output goes.
pub trait Sink {
    /// Handshake bytes to be sent at `level`.
    fn handshake_bytes(&mut self, level: Level, bytes: &[u8]) -> Result<(), Error>;

    /// The secrets of `level`. What is sent from now on is of that level, but what is received is
    /// so only when [`Server::read`] has returned, for [`Level::Handshake`], and when the handshake
    /// is done, for [`Level::Application`].
    fn keys(
        &mut self,
        level: Level,
        suite: CipherSuite,
        read: TrafficSecret,
        write: TrafficSecret,
    ) -> Result<(), Error>;

    /// The client's QUIC transport parameters (RFC 9001 section 8.2), which are not authenticated
    /// until the handshake is done.
    fn transport_parameters(&mut self, _parameters: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    /// Something to know. Only records over TCP have a use for it.
    fn notice(&mut self, _notice: Notice) -> Result<(), Error> {
        Ok(())
    }
}

/// What the two sides agreed on.
pub struct Negotiated {
    /// The cipher suite.
    pub suite: CipherSuite,
    /// The group of the key exchange.
    pub group: NamedGroup,
    /// What the server's CertificateVerify was signed with.
    pub signature: SignatureScheme,
    /// The protocol that ALPN chose.
    pub alpn: Option<KVec<u8>>,
    /// The host that the client asked for, printable ASCII, whether or not a certificate is for it.
    pub server_name: Option<KVec<u8>>,
    /// Whether there was a HelloRetryRequest.
    pub retried: bool,
    /// The most bytes of content that a record to the client may have: 2^14, or less if it sent
    /// `record_size_limit` (RFC 8449).
    pub max_fragment: usize,
}

/// A TLS 1.3 server's handshake.
pub struct Server {
    state: State,
    /// The handshake message being received, its header included.
    message: KVec<u8>,
}

/// The state of a handshake: a type for each.
enum State {
    ExpectClientHello(ExpectClientHello),
    ExpectClientHelloRetry(ExpectClientHelloRetry),
    ExpectFinished(ExpectFinished),
    Connected(Connected),
    /// An error has ended the handshake.
    Failed,
}

/// What carries the handshake.
enum Transport {
    /// Records over TCP.
    Records,
    /// QUIC, with this side's transport parameters.
    Quic(KVec<u8>),
}

/// Nothing has been received.
struct ExpectClientHello {
    config: Arc<Config>,
    transport: Transport,
}

/// A HelloRetryRequest has been sent.
struct ExpectClientHelloRetry {
    config: Arc<Config>,
    transport: Transport,
    /// The first ClientHello.
    first: KVec<u8>,
    /// The transcript up to the HelloRetryRequest.
    transcript: Transcript,
    suite: CipherSuite,
    group: NamedGroup,
    cookie: Option<KVec<u8>>,
}

/// The server's flight has been sent.
struct ExpectFinished {
    /// What the client's Finished must have in it: it is settled by what has been sent.
    verify_data: SecretVec,
    negotiated: Negotiated,
}

/// The handshake is done.
struct Connected {
    negotiated: Negotiated,
}

/// Size of a cookie this side makes.
const COOKIE_SIZE: usize = 32;

/// Size of a handshake message's header.
const HEADER_SIZE: usize = 4;

impl Server {
    /// Waits for a ClientHello that comes over TCP.
    pub fn new(config: Arc<Config>) -> Result<Self, Error> {
        Ok(Self::over(Transport::Records, config))
    }

    /// Waits for a ClientHello that comes over QUIC; `parameters` are this side's transport
    /// parameters.
    ///
    /// A client then has to send its own, and a protocol that the configuration has, too (RFC 9001
    /// section 8).
    pub fn new_quic(config: Arc<Config>, parameters: KVec<u8>) -> Result<Self, Error> {
        Ok(Self::over(Transport::Quic(parameters), config))
    }

    fn over(transport: Transport, config: Arc<Config>) -> Self {
        Self {
            state: State::ExpectClientHello(ExpectClientHello { config, transport }),
            message: KVec::new(),
        }
    }

    /// Takes handshake bytes that came at `level`, cut anywhere.
    ///
    /// After an error the handshake is over.
    pub fn read(&mut self, level: Level, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let result = self.read_some(level, bytes, sink);
        if result.is_err() {
            self.state = State::Failed;
            self.message = KVec::new();
        }
        result
    }

    fn read_some(&mut self, level: Level, mut bytes: &[u8], sink: &mut dyn Sink) -> Result {
        if self.state.level() != Some(level) {
            return Err(Error::unexpected("handshake message with the wrong keys"));
        }
        while !bytes.is_empty() {
            // The header first: it says how much there is to come.
            let have = self.message.len();
            let want = match self.body_len()? {
                None => HEADER_SIZE,
                Some(len) => HEADER_SIZE.saturating_add(len),
            };
            let missing = want.saturating_sub(have).min(bytes.len());
            let (now, rest) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
            self.message.extend_from_slice(now, GFP_KERNEL)?;
            bytes = rest;

            let whole = match self.body_len()? {
                None => false,
                Some(len) => self.message.len() >= HEADER_SIZE.saturating_add(len),
            };
            if whole {
                // RFC 8446 section 5.1: a message that keys change after ends its record. So does
                // each message a client may send up to here.
                if !bytes.is_empty() {
                    return Err(Error::unexpected(
                        "bytes after a message that ends a flight",
                    ));
                }
                let message = core::mem::take(&mut self.message);
                let state = core::mem::replace(&mut self.state, State::Failed);
                self.state = state.handle(message, sink)?;
            }
        }
        Ok(())
    }

    /// The length of the body of the message being received, once its header is there and is one
    /// that may come.
    fn body_len(&self) -> Result<Option<usize>> {
        let mut r = Reader::new(&self.message);
        if self.message.len() < HEADER_SIZE {
            return Ok(None);
        }
        let kind = HandshakeType::from(r.u8()?);
        let len = usize::try_from(r.u24()?)
            .map_err(|_| Error::decode("handshake message is too long"))?;
        self.state.check_header(kind, len)?;
        Ok(Some(len))
    }

    /// Whether the handshake is done.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Connected(_))
    }

    /// Whether a message has come in part.
    pub fn is_mid_message(&self) -> bool {
        !self.message.is_empty()
    }

    /// Whether the client's first message is yet to come.
    pub fn is_before_client_hello(&self) -> bool {
        matches!(self.state, State::ExpectClientHello(_))
    }

    /// What was agreed on, when the handshake is done.
    pub fn negotiated(&self) -> Option<&Negotiated> {
        match &self.state {
            State::Connected(state) => Some(&state.negotiated),
            _ => None,
        }
    }

    /// What was agreed on, when the handshake is done.
    pub fn into_negotiated(self) -> Option<Negotiated> {
        match self.state {
            State::Connected(state) => Some(state.negotiated),
            _ => None,
        }
    }

    /// How many bytes of the peer's are held.
    pub fn bytes_held(&self) -> usize {
        let first = match &self.state {
            State::ExpectClientHelloRetry(state) => state.first.capacity(),
            _ => 0,
        };
        self.message.capacity().saturating_add(first)
    }
}

impl State {
    /// The level at which the next message comes.
    fn level(&self) -> Option<Level> {
        match self {
            Self::ExpectClientHello(_) | Self::ExpectClientHelloRetry(_) => Some(Level::Initial),
            Self::ExpectFinished(_) => Some(Level::Handshake),
            Self::Connected(_) | Self::Failed => None,
        }
    }

    /// Checks that a message of this type and length may come now (RFC 8446 section 4).
    fn check_header(&self, kind: HandshakeType, len: usize) -> Result {
        let expected = match self {
            Self::ExpectClientHello(_) | Self::ExpectClientHelloRetry(_) => {
                HandshakeType::ClientHello
            }
            Self::ExpectFinished(_) => HandshakeType::Finished,
            Self::Connected(_) | Self::Failed => {
                return Err(Error::unexpected("handshake message after the handshake"));
            }
        };
        if kind != expected {
            return Err(Error::unexpected("handshake message out of turn"));
        }
        if len > limits::MAX_HANDSHAKE_MESSAGE {
            return Err(Error::decode("handshake message is too long"));
        }
        match self {
            Self::ExpectFinished(state) if len != state.verify_data.len() => {
                Err(Error::decode("Finished has the wrong length"))
            }
            _ => Ok(()),
        }
    }

    fn handle(self, message: KVec<u8>, sink: &mut dyn Sink) -> Result<Self> {
        match self {
            Self::ExpectClientHello(state) => state.handle(message, sink),
            Self::ExpectClientHelloRetry(state) => state.handle(&message, sink),
            Self::ExpectFinished(state) => Ok(Self::Connected(state.handle(&message)?)),
            Self::Connected(_) | Self::Failed => {
                Err(Error::unexpected("handshake message after the handshake"))
            }
        }
    }
}

/// The body of a message.
fn body(message: &[u8]) -> &[u8] {
    message.get(HEADER_SIZE..).unwrap_or(&[])
}

/// What to do about the key exchange.
enum GroupChoice<'a> {
    /// The client sent a share of this group.
    Share(NamedGroup, &'a [u8]),
    /// The client knows this group, but has to be asked for a share.
    Ask(NamedGroup),
}

/// Chooses a group: of those the client sent a share of, the one this side prefers; or else of
/// those it knows. So a round trip is spent only if nothing else is left.
fn choose_group<'a>(config: &Config, hello: &ClientHello<'a>) -> Result<GroupChoice<'a>> {
    let shared = config
        .groups()
        .find_map(|group| Some((group, hello.key_shares.of(group)?)));
    if let Some((group, share)) = shared {
        return Ok(GroupChoice::Share(group, share));
    }
    config
        .groups()
        .find(|&group| hello.groups.contains(group.into()))
        .map(GroupChoice::Ask)
        .ok_or(Error::incompatible(
            AlertDescription::HandshakeFailure,
            "no group in common",
        ))
}

impl ExpectClientHello {
    fn handle(self, message: KVec<u8>, sink: &mut dyn Sink) -> Result<State> {
        let Self { config, transport } = self;
        let hello = ClientHello::parse(body(&message))?;
        transport.check(&hello)?;
        if hello.cookie.is_some() {
            // RFC 8446 section 4.2.2: not in an initial ClientHello.
            return Err(Error::illegal("cookie in the first ClientHello"));
        }
        let suite = config
            .choose_suite(hello.cipher_suites()?)
            .ok_or(Error::incompatible(
                AlertDescription::HandshakeFailure,
                "no cipher suite in common",
            ))?;
        let choice = choose_group(&config, &hello)?;

        if hello.early_data {
            sink.notice(Notice::EarlyDataRejected)?;
        }
        let mut transcript = Transcript::new(config.hashes().get(suite.hash()))?;
        transcript.add(&message)?;

        match choice {
            GroupChoice::Share(group, share) => {
                let key_share = KeyShare {
                    suite,
                    group,
                    share,
                    retried: false,
                };
                let state = key_share.respond(&config, &transport, &hello, transcript, sink)?;
                Ok(State::ExpectFinished(state))
            }
            GroupChoice::Ask(group) => {
                let cookie = cookie(&config)?;
                let mut transcript = transcript.into_message_hash()?;
                let retry = messages::hello_retry_request(
                    hello.session_id(),
                    suite,
                    group,
                    cookie.as_deref(),
                )?;
                transcript.add(&retry)?;
                sink.handshake_bytes(Level::Initial, &retry)?;
                if !hello.session_id().is_empty() {
                    sink.notice(Notice::MiddleboxCompatibility)?;
                }
                Ok(State::ExpectClientHelloRetry(ExpectClientHelloRetry {
                    config,
                    transport,
                    first: message,
                    transcript,
                    suite,
                    group,
                    cookie,
                }))
            }
        }
    }
}

impl ExpectClientHelloRetry {
    fn handle(mut self, message: &[u8], sink: &mut dyn Sink) -> Result<State> {
        let hello = ClientHello::parse(body(message))?;
        hello.check_retry(&ClientHello::parse(body(&self.first))?)?;
        if hello.cookie != self.cookie.as_deref() {
            // RFC 8446 section 4.1.2: the cookie comes back as it was sent, and only if it was.
            return Err(Error::illegal("cookie is not the one that was sent"));
        }
        if hello.early_data {
            // RFC 8446 section 4.2.10: not in the ClientHello after a HelloRetryRequest.
            return Err(Error::illegal("early_data in the second ClientHello"));
        }
        // RFC 8446 section 4.1.2: the shares are now one, of the group that was asked for. So there
        // is never a reason for a second HelloRetryRequest.
        let share = hello.key_shares.only(self.group).ok_or(Error::illegal(
            "key share is not the one that was asked for",
        ))?;

        sink.notice(Notice::EarlyDataOver)?;
        self.transcript.add(message)?;
        let key_share = KeyShare {
            suite: self.suite,
            group: self.group,
            share,
            retried: true,
        };
        let state =
            key_share.respond(&self.config, &self.transport, &hello, self.transcript, sink)?;
        Ok(State::ExpectFinished(state))
    }
}

impl Transport {
    const fn is_quic(&self) -> bool {
        matches!(self, Self::Quic(_))
    }

    /// What goes into EncryptedExtensions.
    fn parameters(&self) -> Option<&[u8]> {
        match self {
            Self::Records => None,
            Self::Quic(parameters) => Some(parameters),
        }
    }

    /// Checks that the client means the same transport (RFC 9001 section 8.2).
    fn check(&self, hello: &ClientHello<'_>) -> Result {
        match (self, hello.transport_parameters) {
            (Self::Records, None) | (Self::Quic(_), Some(_)) => Ok(()),
            (Self::Records, Some(_)) => Err(Error::misbehaved(
                AlertDescription::UnsupportedExtension,
                "quic_transport_parameters over TCP",
            )),
            (Self::Quic(_), None) => Err(Error::misbehaved(
                AlertDescription::MissingExtension,
                "no quic_transport_parameters",
            )),
        }
    }
}

/// A suite, and a client's share of a group, to answer with a ServerHello.
struct KeyShare<'a> {
    suite: CipherSuite,
    group: NamedGroup,
    share: &'a [u8],
    retried: bool,
}

/// What the encrypted part of the flight says.
struct Choices<'a> {
    certificate: &'a CertifiedKey,
    scheme: SignatureScheme,
    server_name: bool,
    alpn: Option<&'a [u8]>,
}

impl<'a> Choices<'a> {
    /// Chooses the certificate, the scheme and the protocol.
    fn new(config: &'a Config, transport: &Transport, hello: &ClientHello<'_>) -> Result<Self> {
        let (certificate, scheme, server_name) = config
            .choose_certificate(hello.server_name, hello.signature_schemes)
            .ok_or(Error::incompatible(
                AlertDescription::HandshakeFailure,
                "no signature scheme in common",
            ))?;
        let alpn = match &hello.alpn {
            Some(offered) if config.has_alpn() => {
                // RFC 7301 section 3.2.
                let chosen = config
                    .choose_alpn(offered.clone())
                    .ok_or(Error::incompatible(
                        AlertDescription::NoApplicationProtocol,
                        "no application protocol in common",
                    ))?;
                Some(chosen)
            }
            _ if transport.is_quic() => {
                // RFC 9001 section 8.1: without a protocol there is no connection.
                return Err(Error::incompatible(
                    AlertDescription::NoApplicationProtocol,
                    "client offers no application protocol",
                ));
            }
            _ => None,
        };
        Ok(Self {
            certificate,
            scheme,
            server_name,
            alpn,
        })
    }
}

impl KeyShare<'_> {
    /// Sends the server's flight, from the ServerHello to the Finished (RFC 8446 section 2).
    fn respond(
        self,
        config: &Config,
        transport: &Transport,
        hello: &ClientHello<'_>,
        mut transcript: Transcript,
        sink: &mut dyn Sink,
    ) -> Result<ExpectFinished> {
        let suite = self.suite;
        let choices = Choices::new(config, transport, hello)?;
        if let Some(parameters) = hello.transport_parameters {
            sink.transport_parameters(parameters)?;
        }

        let (shared, early) = self.server_hello(config, hello, &mut transcript, sink)?;
        let mut handshake = early.into_handshake(shared.as_bytes())?;
        drop(shared);
        let traffic = handshake.traffic(&transcript.current()?)?;
        let finished = handshake.finished_keys(&traffic)?;
        sink.keys(Level::Handshake, suite, traffic.client, traffic.server)?;

        // QUIC has no records (RFC 8449 is about those alone).
        let limit = hello.record_size_limit.filter(|_| !transport.is_quic());
        if let Some(limit) = limit {
            sink.notice(Notice::RecordSizeLimit {
                send: content_limit(limit),
                receive: usize::from(config.record_size_limit()),
            })?;
        }
        let extensions = messages::encrypted_extensions(
            choices.server_name,
            choices.alpn,
            limit.map(|_| config.record_size_limit()),
            transport.parameters(),
        )?;
        send(sink, &mut transcript, &extensions)?;
        send(sink, &mut transcript, choices.certificate.message())?;
        let verify = sign(config, &choices, &transcript)?;
        send(sink, &mut transcript, &verify)?;
        let verify_data = handshake.verify_data(finished.server, &transcript.current()?)?;
        let message = messages::finished(verify_data.as_bytes())?;
        send(sink, &mut transcript, &message)?;

        // What the client's Finished is made from is complete, and so is what the application's
        // secrets are.
        let digest = transcript.current()?;
        let verify_data = handshake.verify_data(finished.client, &digest)?;
        let traffic = handshake.into_application()?.traffic(&digest)?;
        sink.keys(Level::Application, suite, traffic.client, traffic.server)?;

        Ok(ExpectFinished {
            verify_data,
            negotiated: Negotiated {
                suite,
                group: self.group,
                signature: choices.scheme,
                alpn: choices.alpn.map(copied).transpose()?,
                server_name: hello.server_name.map(copied).transpose()?,
                retried: self.retried,
                max_fragment: limit.map_or(limits::MAX_PLAINTEXT, content_limit),
            },
        })
    }

    /// Sends the ServerHello. Gives the shared secret and the start of the key schedule.
    fn server_hello(
        &self,
        config: &Config,
        hello: &ClientHello<'_>,
        transcript: &mut Transcript,
        sink: &mut dyn Sink,
    ) -> Result<(Shared, Early)> {
        // A fresh key for every handshake.
        let key = generate(config, self.group)?;
        let message = messages::server_hello(
            &random(config)?,
            hello.session_id(),
            self.suite,
            self.group,
            key.public(),
        )?;
        let shared = key.agree(self.share)?;
        transcript.add(&message)?;
        sink.handshake_bytes(Level::Initial, &message)?;
        if !self.retried && !hello.session_id().is_empty() {
            // After a HelloRetryRequest it has been done (appendix D.4).
            sink.notice(Notice::MiddleboxCompatibility)?;
        }
        let algorithm = self.suite.hash();
        let early = Early::new(algorithm, config.hashes().get(algorithm))?;
        Ok((shared, early))
    }
}

/// Sends a message of the encrypted part of the flight.
fn send(sink: &mut dyn Sink, transcript: &mut Transcript, message: &[u8]) -> Result {
    transcript.add(message)?;
    sink.handshake_bytes(Level::Handshake, message)
}

/// Makes the CertificateVerify (RFC 8446 section 4.4.3).
fn sign(config: &Config, choices: &Choices<'_>, transcript: &Transcript) -> Result<KVec<u8>> {
    let digest = transcript.current()?;
    let signature = choices.certificate.key().sign(
        config.hashes(),
        choices.scheme,
        &[
            &[0x20; 64],
            b"TLS 1.3, server CertificateVerify\0",
            digest.as_slice(),
        ],
    )?;
    messages::certificate_verify(choices.scheme, &signature)
}

/// How many bytes of content a record may have for a peer whose `record_size_limit` is `limit`: the
/// content type is counted in it (RFC 8449 section 4).
fn content_limit(limit: u16) -> usize {
    usize::from(limit)
        .saturating_sub(1)
        .min(limits::MAX_PLAINTEXT)
}

fn copied(bytes: &[u8]) -> Result<KVec<u8>> {
    let mut copy = KVec::with_capacity(bytes.len(), GFP_KERNEL)?;
    copy.extend_from_slice(bytes, GFP_KERNEL)?;
    Ok(copy)
}

/// Makes this side's key of `group`.
fn generate(_config: &Config, group: NamedGroup) -> Result<KeyExchange> {
    #[cfg(test)]
    if let Some(fixed) = &_config.fixed {
        return fixed.generate(group);
    }
    KeyExchange::generate(group)
}

/// Makes the cookie of a HelloRetryRequest, if there is to be one.
fn cookie(config: &Config) -> Result<Option<KVec<u8>>> {
    #[cfg(test)]
    if let Some(fixed) = &config.fixed {
        return Ok(Some(copied(&fixed.cookie)?));
    }
    if !config.retry_cookie() {
        return Ok(None);
    }
    let mut cookie = KVec::zeroed(COOKIE_SIZE, GFP_KERNEL)?;
    rng::fill(&mut cookie)?;
    Ok(Some(cookie))
}

/// Makes the random of a ServerHello.
///
/// A server that can negotiate an older version says so by the last eight bytes when it does (RFC
/// 8446 section 4.1.3). This one cannot, so that it never has to, and a random that says so by
/// chance would have the client abort: it is made anew.
fn random(_config: &Config) -> Result<[u8; 32]> {
    #[cfg(test)]
    if let Some(fixed) = &_config.fixed {
        return Ok(fixed.random);
    }
    let mut random = [0; 32];
    loop {
        rng::fill(&mut random)?;
        if !is_downgrade_sentinel(&random) {
            return Ok(random);
        }
    }
}

/// Whether a random ends in one of the values of RFC 8446 section 4.1.3.
fn is_downgrade_sentinel(random: &[u8; 32]) -> bool {
    random.ends_with(b"DOWNGRD\x01") || random.ends_with(b"DOWNGRD\x00")
}

impl ExpectFinished {
    /// Compares the client's Finished (RFC 8446 section 4.4.4).
    fn handle(self, message: &[u8]) -> Result<Connected> {
        if !ct_eq(body(message), self.verify_data.as_bytes()) {
            return Err(Error::misbehaved(
                AlertDescription::DecryptError,
                "the client's Finished is wrong",
            ));
        }
        Ok(Connected {
            negotiated: self.negotiated,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentinels() {
        let mut random = [7; 32];
        assert!(!is_downgrade_sentinel(&random));
        for last in [0, 1] {
            random[24..].copy_from_slice(b"DOWNGRD\0");
            random[31] = last;
            assert!(is_downgrade_sentinel(&random));
        }
        random[31] = 2;
        assert!(!is_downgrade_sentinel(&random));
    }
}
