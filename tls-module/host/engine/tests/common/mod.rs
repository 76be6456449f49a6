// SPDX-License-Identifier: GPL-2.0

//! What the tests share: configurations, feeding a server, a ClientHello made by hand, and records
//! under keys that are known.

#![allow(dead_code, reason = "each test crate uses a part of it")]

use engine::{
    record::{
        Established,
        RecordKeys,
        ServerConnection, //
    },
    tls::{
        self,
        AlertDescription,
        CertifiedKey,
        CipherSuite,
        Config,
        ConfigBuilder,
        NamedGroup, //
    },
};
use kernel::{
    crypto::{
        aead::{
            Aead,
            AeadAlgorithm, //
        },
        curve25519,
        kpp,
        shash::Mac, //
    },
    sync::Arc, //
};

#[macro_export]
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/",
            $name
        ))
        .as_slice()
    };
}

#[macro_export]
macro_rules! certified {
    ($name:literal) => {
        engine::tls::CertifiedKey::from_bytes(
            include_bytes!(concat!("fixtures/", $name, ".chain.pem")),
            include_bytes!(concat!("fixtures/", $name, ".key.pem")),
        )
        .unwrap()
    };
}

/// A configuration in the making, with one certificate, of 2048 bits.
pub fn builder() -> ConfigBuilder {
    let certificate = CertifiedKey::from_bytes(
        include_bytes!("../fixtures/server.chain.pem"),
        include_bytes!("../fixtures/server.key.pem"),
    );

    Config::builder()
        .unwrap()
        .certificate(certificate.unwrap())
        .unwrap()
}

pub fn config() -> Arc<Config> {
    builder().build().unwrap()
}

pub fn server() -> ServerConnection {
    ServerConnection::new(config()).unwrap()
}

/// Gives the server as much of `bytes` as it wants, at most `chunk` at a time. Says how much it
/// took.
pub fn feed_by(
    server: &mut ServerConnection,
    bytes: &[u8],
    chunk: usize,
) -> (usize, Result<(), tls::Error>) {
    let mut taken = 0;

    while taken < bytes.len() {
        let wanted = server.wanted();
        let n = wanted.len().min(bytes.len() - taken).min(chunk);

        if n == 0 {
            break;
        }
        wanted[..n].copy_from_slice(&bytes[taken..taken + n]);
        taken += n;
        if let Err(e) = server.received(n) {
            return (taken, Err(e));
        }
    }
    (taken, Ok(()))
}

/// Gives the server all of `bytes`.
pub fn feed(server: &mut ServerConnection, bytes: &[u8]) -> Result<(), tls::Error> {
    feed_by(server, bytes, usize::MAX).1
}

/// Takes what the server has to send.
pub fn output(server: &mut ServerConnection) -> Vec<u8> {
    let out = server.output().to_vec();

    server.sent(out.len());
    out
}

/// Gives a new server `bytes`; gives the alert that it answers with, if it refuses them.
///
/// Checks that a refusal is final, and that the alert is what was put out last.
pub fn refusal(bytes: &[u8]) -> Option<AlertDescription> {
    refusal_of(&mut server(), bytes)
}

pub fn refusal_of(server: &mut ServerConnection, bytes: &[u8]) -> Option<AlertDescription> {
    let error = feed(server, bytes).err()?;
    let out = output(server);

    assert!(server.wanted().is_empty(), "it takes more after {error:?}");
    assert!(!server.is_complete());
    match error.alert() {
        Some(alert) => {
            // In the clear, or under keys.
            let last = records(&out).last().unwrap().to_vec();

            match last[0] {
                21 => assert_eq!(last, [21, 3, 3, 0, 2, 2, alert.into()]),
                kind => assert_eq!((kind, last.len()), (23, 5 + 2 + 1 + 16)),
            }
            Some(alert)
        }
        None => panic!("no alert: {error:?}"),
    }
}

/// The records that `bytes` are made of.
pub fn records(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = vec![];

    while !bytes.is_empty() {
        let len = 5 + usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
        let (record, rest) = bytes.split_at(len);

        found.push(record);
        bytes = rest;
    }
    found
}

pub fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![kind, 3, 3];

    out.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
    out.extend(content);
    out
}

pub fn vec8(content: &[u8]) -> Vec<u8> {
    [&[u8::try_from(content.len()).unwrap()], content].concat()
}

pub fn vec16(content: &[u8]) -> Vec<u8> {
    [
        &u16::try_from(content.len()).unwrap().to_be_bytes(),
        content,
    ]
    .concat()
}

pub fn list16(values: &[u16]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

/// Types of extensions.
pub mod ext {
    pub const SERVER_NAME: u16 = 0;
    pub const GROUPS: u16 = 10;
    pub const SIGNATURES: u16 = 13;
    pub const ALPN: u16 = 16;
    pub const RECORD_SIZE_LIMIT: u16 = 28;
    pub const PRE_SHARED_KEY: u16 = 41;
    pub const EARLY_DATA: u16 = 42;
    pub const VERSIONS: u16 = 43;
    pub const COOKIE: u16 = 44;
    pub const PSK_MODES: u16 = 45;
    pub const OID_FILTERS: u16 = 48;
    pub const KEY_SHARE: u16 = 51;
    pub const ALL: [u16; 12] = [
        SERVER_NAME,
        GROUPS,
        SIGNATURES,
        ALPN,
        RECORD_SIZE_LIMIT,
        PRE_SHARED_KEY,
        EARLY_DATA,
        VERSIONS,
        COOKIE,
        PSK_MODES,
        OID_FILTERS,
        KEY_SHARE,
    ];
}

/// A ClientHello to be changed in any way.
#[derive(Clone)]
pub struct Hello {
    pub version: u16,
    pub random: [u8; 32],
    pub session_id: Vec<u8>,
    pub suites: Vec<u16>,
    pub compression: Vec<u8>,
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl Hello {
    /// A hello with everything that is needed, that offers every suite and group, with a share of
    /// x25519.
    pub fn new() -> Self {
        Self {
            version: 0x0303,
            random: [0x11; 32],
            session_id: vec![0x22; 32],
            suites: CipherSuite::ALL.iter().map(|&suite| suite.into()).collect(),
            compression: vec![0],
            extensions: vec![
                (ext::VERSIONS, vec8(&list16(&[0x0304]))),
                (ext::GROUPS, vec16(&list16(&[0x001d, 0x0017, 0x0018]))),
                (ext::SIGNATURES, vec16(&list16(&[0x0804, 0x0805, 0x0806]))),
                (ext::KEY_SHARE, vec16(&share(NamedGroup::X25519))),
            ],
        }
    }

    /// With the extension `kind`, instead of the one there may be.
    pub fn with(mut self, kind: u16, data: Vec<u8>) -> Self {
        match self.extensions.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, old)) => *old = data,
            None => self.extensions.push((kind, data)),
        }
        self
    }

    /// Without the extension `kind`.
    pub fn without(mut self, kind: u16) -> Self {
        self.extensions.retain(|(other, _)| *other != kind);
        self
    }

    /// With the extensions that a browser may send.
    pub fn full() -> Self {
        Self::new()
            .with(
                ext::SERVER_NAME,
                vec16(&[&[0][..], &vec16(b"server.test")].concat()),
            )
            .with(ext::ALPN, vec16(&[vec8(b"h2"), vec8(b"http/1.1")].concat()))
            .with(ext::RECORD_SIZE_LIMIT, vec![0x40, 0x01])
            .with(ext::PSK_MODES, vec![1, 1])
            .with(0x0a0a, vec![])
            .with(0xff01, vec![0])
    }

    /// The body of the message.
    pub fn body(&self) -> Vec<u8> {
        let extensions: Vec<u8> = self
            .extensions
            .iter()
            .flat_map(|(kind, data)| [kind.to_be_bytes().to_vec(), vec16(data)].concat())
            .collect();

        [
            self.version.to_be_bytes().to_vec(),
            self.random.to_vec(),
            vec8(&self.session_id),
            vec16(&list16(&self.suites)),
            vec8(&self.compression),
            vec16(&extensions),
        ]
        .concat()
    }

    /// The handshake message.
    pub fn message(&self) -> Vec<u8> {
        message(1, &self.body())
    }

    /// The message in a record.
    pub fn record(&self) -> Vec<u8> {
        record(22, &self.message())
    }
}

/// A handshake message.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(body.len()).unwrap().to_be_bytes();

    [&[kind, a, b, c], body].concat()
}

/// A KeyShareEntry with a new key.
pub fn share(group: NamedGroup) -> Vec<u8> {
    let key = match group {
        NamedGroup::X25519 => curve25519::EphemeralKey::generate()
            .unwrap()
            .public_key()
            .to_vec(),
        NamedGroup::Secp256r1 => ecdh(kpp::Curve::P256),
        NamedGroup::Secp384r1 => ecdh(kpp::Curve::P384),
    };

    entry(group.into(), &key)
}

fn ecdh(curve: kpp::Curve) -> Vec<u8> {
    kpp::EphemeralKey::generate(curve)
        .unwrap()
        .public_key()
        .to_vec()
}

/// A KeyShareEntry.
pub fn entry(group: u16, key: &[u8]) -> Vec<u8> {
    [group.to_be_bytes().to_vec(), vec16(key)].concat()
}

/// HKDF-Expand-Label with an empty context, for at most one block.
pub fn expand_label(suite: CipherSuite, secret: &[u8], label: &str, len: usize) -> Vec<u8> {
    let mac = Mac::new(suite.hash(), secret).unwrap();
    let mut out = vec![0; mac.digest_size()];
    let info = [
        u16::try_from(len).unwrap().to_be_bytes().to_vec(),
        vec8(format!("tls13 {label}").as_bytes()),
        vec8(&[]),
    ]
    .concat();

    mac.digest_parts(&[&info, &[1]], &mut out).unwrap();
    out.truncate(len);
    out
}

/// One direction's protection, apart from the engine's.
pub struct Protection {
    aead: Aead,
    iv: [u8; 12],
    seq: u64,
}

impl Protection {
    pub fn new(alg: AeadAlgorithm, key: &[u8], iv: &[u8], seq: u64) -> Self {
        Self {
            aead: Aead::new(alg, key).unwrap(),
            iv: iv.try_into().unwrap(),
            seq,
        }
    }

    pub fn of_keys(keys: &RecordKeys) -> Self {
        Self::new(keys.aead, keys.key.as_bytes(), keys.iv.as_bytes(), keys.seq)
    }

    /// From a traffic secret.
    pub fn of_secret(suite: CipherSuite, secret: &[u8]) -> Self {
        let key = expand_label(suite, secret, "key", suite.aead().key_size());

        Self::new(
            suite.aead(),
            &key,
            &expand_label(suite, secret, "iv", 12),
            0,
        )
    }

    fn nonce(&mut self) -> [u8; 12] {
        let mut nonce = self.iv;

        for (n, s) in nonce[4..].iter_mut().zip(self.seq.to_be_bytes()) {
            *n ^= s;
        }
        self.seq += 1;
        nonce
    }

    /// Seals a whole inner plaintext: content, type and padding.
    pub fn seal_inner(&mut self, inner: &[u8]) -> Vec<u8> {
        let mut out = record(23, &[inner, &[0; 16]].concat());
        let (header, body) = out.split_at_mut(5);
        let nonce = self.nonce();

        self.aead.seal_in_place(&nonce, header, body).unwrap();
        out
    }

    pub fn seal(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        self.seal_inner(&[content, &[kind]].concat())
    }

    /// Opens a record; gives its type and its content.
    pub fn open(&mut self, record: &[u8]) -> (u8, Vec<u8>) {
        let nonce = self.nonce();
        let (header, body) = record.split_at(5);
        let mut body = body.to_vec();
        let text = self.aead.open_in_place(&nonce, header, &mut body).unwrap();
        let end = text.iter().rposition(|&b| b != 0).unwrap();

        (text[end], text[..end].to_vec())
    }
}

/// Both directions of an established connection, on the server's side.
pub struct Data {
    pub tx: Protection,
    pub rx: Protection,
}

impl Data {
    pub fn new(established: &Established) -> Self {
        Self {
            tx: Protection::of_keys(&established.tx),
            rx: Protection::of_keys(&established.rx),
        }
    }

    /// Opens what a client sent; gives the application data.
    pub fn open(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut data = vec![];

        for record in records(bytes) {
            match self.rx.open(record) {
                (23, content) => data.extend(content),
                (kind, content) => panic!("{kind} {content:02x?}"),
            }
        }
        data
    }
}

impl Hello {
    /// The length of the block of extensions.
    pub fn extensions_len(&self) -> usize {
        self.extensions.iter().map(|(_, data)| 4 + data.len()).sum()
    }
}
