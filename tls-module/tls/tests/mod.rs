// SPDX-License-Identifier: GPL-2.0

//! Tests of the engine, run on the host.

use std::{
    vec,
    vec::Vec as StdVec, //
};

use kernel::{
    crypto::{
        curve25519,
        kpp,
        shash::Mac, //
    },
    prelude::*,
    sync::Arc, //
};

use super::{
    codec::{
        Width,
        Writer, //
    },
    error::{
        Error,
        Result, //
    },
    key_exchange::KeyExchange,
    *, //
};

mod handshake;
mod refused;
mod rfc8448;

const CHAIN: &[u8] = include_bytes!("../../host/engine/tests/fixtures/server.chain.der");
const KEY: &[u8] = include_bytes!("../../host/engine/tests/fixtures/server.key.der");
const OTHER_CHAIN: &[u8] = include_bytes!("../../host/engine/tests/fixtures/other.chain.pem");
const OTHER_KEY: &[u8] = include_bytes!("../../host/engine/tests/fixtures/other.key.pem");

/// What a server would otherwise make at random.
pub(crate) struct Fixed {
    pub(crate) random: [u8; 32],
    pub(crate) private: [u8; 32],
    pub(crate) cookie: StdVec<u8>,
}

impl Fixed {
    pub(crate) fn generate(&self, group: NamedGroup) -> Result<KeyExchange> {
        Ok(match group {
            NamedGroup::X25519 => {
                KeyExchange::X25519(curve25519::EphemeralKey::from_private(&self.private)?)
            }
            NamedGroup::Secp256r1 => KeyExchange::Ecdh(kpp::EphemeralKey::from_private(
                kpp::Curve::P256,
                &self.private,
            )?),
            NamedGroup::Secp384r1 => return Err(EOPNOTSUPP.into()),
        })
    }
}

/// The bytes that hexadecimal digits with spaces stand for.
pub(crate) fn hex(text: &str) -> StdVec<u8> {
    let digits: StdVec<u8> = text
        .bytes()
        .filter(|b| !b.is_ascii_whitespace())
        .map(|b| char::from(b).to_digit(16).unwrap() as u8)
        .collect();
    assert_eq!(digits.len() % 2, 0);
    digits.chunks(2).map(|d| d[0] << 4 | d[1]).collect()
}

/// A configuration with the test's certificates: the default one for `server.test` and
/// `*.wild.test`, the other for `other.test`.
pub(crate) fn builder() -> ConfigBuilder {
    Config::builder()
        .unwrap()
        .certificate(CertifiedKey::from_bytes(CHAIN, KEY).unwrap())
        .unwrap()
        .certificate(CertifiedKey::from_bytes(OTHER_CHAIN, OTHER_KEY).unwrap())
        .unwrap()
}

pub(crate) fn config() -> Arc<Config> {
    builder().build().unwrap()
}

/// A ClientHello in pieces that a test can change.
#[derive(Clone)]
pub(crate) struct Hello {
    pub(crate) version: u16,
    pub(crate) random: [u8; 32],
    pub(crate) session_id: StdVec<u8>,
    pub(crate) suites: StdVec<u16>,
    pub(crate) compression: StdVec<u8>,
    pub(crate) extensions: StdVec<Extension>,
}

/// Writes a list of 16-bit values with its length before it.
pub(crate) fn list16(values: &[u16]) -> StdVec<u8> {
    vec16(
        &values
            .iter()
            .flat_map(|v| v.to_be_bytes())
            .collect::<StdVec<_>>(),
    )
}

pub(crate) fn vec16(bytes: &[u8]) -> StdVec<u8> {
    let mut v = StdVec::from((bytes.len() as u16).to_be_bytes());
    v.extend(bytes);
    v
}

pub(crate) fn shares(shares: &[(u16, &[u8])]) -> StdVec<u8> {
    let mut v = StdVec::new();
    for (group, share) in shares {
        v.extend(group.to_be_bytes());
        v.extend(vec16(share));
    }
    vec16(&v)
}

pub(crate) fn server_name(host: &[u8]) -> StdVec<u8> {
    let mut v = vec![0];
    v.extend(vec16(host));
    vec16(&v)
}

pub(crate) fn alpn(names: &[&[u8]]) -> StdVec<u8> {
    let mut v = StdVec::new();
    for name in names {
        v.push(name.len() as u8);
        v.extend(*name);
    }
    vec16(&v)
}

/// A `pre_shared_key` of one identity and one binder.
pub(crate) fn psk() -> StdVec<u8> {
    let mut v = vec16(&hex("0003 616263 00000000"));
    v.extend(vec16(&[&[32][..], &[7; 32]].concat()));
    v
}

impl Hello {
    /// A hello that offers everything, with the shares given.
    pub(crate) fn new(key_shares: &[(u16, &[u8])]) -> Self {
        Self {
            version: 0x0303,
            random: [0x33; 32],
            session_id: vec![],
            suites: vec![0x0a0a, 0x1303, 0x1302, 0x1301, 0x1304, 0x00ff],
            compression: vec![0],
            extensions: vec![
                (0x1a1a, vec![]),
                (10, list16(&[0x2a2a, 0x1d, 0x17, 0x18, 0x100])),
                (13, list16(&[0x0403, 0x0806, 0x0805, 0x0804, 0x0401])),
                (43, hex("06 3a3a 0304 0303")),
                (51, shares(key_shares)),
                (23, vec![]),
                (0xff01, vec![0]),
            ],
        }
    }

    pub(crate) fn with(mut self, kind: u16, data: impl AsRef<[u8]>) -> Self {
        self.extensions.push((kind, data.as_ref().to_vec()));
        self
    }

    pub(crate) fn without(mut self, kind: u16) -> Self {
        self.extensions.retain(|(k, _)| *k != kind);
        self
    }

    /// Puts `data` in the place of an extension's.
    pub(crate) fn set(mut self, kind: u16, data: impl AsRef<[u8]>) -> Self {
        for (k, d) in &mut self.extensions {
            if *k == kind {
                *d = data.as_ref().to_vec();
            }
        }
        self
    }

    pub(crate) fn message(&self) -> KVec<u8> {
        let mut w = Writer::with_capacity(0).unwrap();
        w.u8(1).unwrap();
        w.vec(Width::U24, |w| {
            w.u16(self.version)?;
            w.bytes(&self.random)?;
            w.vec_of(Width::U8, &self.session_id)?;
            w.bytes(&list16(&self.suites))?;
            w.vec_of(Width::U8, &self.compression)?;
            w.vec(Width::U16, |w| {
                for (kind, data) in &self.extensions {
                    w.u16(*kind)?;
                    w.vec_of(Width::U16, data)?;
                }
                Ok(())
            })
        })
        .unwrap();
        w.into_bytes()
    }
}

/// A client's key for one group.
pub(crate) fn client_key(group: NamedGroup) -> KeyExchange {
    KeyExchange::generate(group).unwrap()
}

/// Keeps what the engine says.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) initial: StdVec<u8>,
    pub(crate) handshake: StdVec<u8>,
    pub(crate) notices: StdVec<Notice>,
    pub(crate) keys: StdVec<(Level, CipherSuite, TrafficSecret, TrafficSecret)>,
}

impl Sink for Log {
    fn handshake_bytes(&mut self, level: Level, bytes: &[u8]) -> Result<(), Error> {
        match level {
            Level::Initial => self.initial.extend(bytes),
            Level::Handshake => self.handshake.extend(bytes),
            Level::Application => unreachable!(),
        }
        Ok(())
    }

    fn keys(
        &mut self,
        level: Level,
        suite: CipherSuite,
        read: TrafficSecret,
        write: TrafficSecret,
    ) -> Result<(), Error> {
        self.keys.push((level, suite, read, write));
        Ok(())
    }

    fn notice(&mut self, notice: Notice) -> Result<(), Error> {
        self.notices.push(notice);
        Ok(())
    }
}

/// The messages that bytes are made of, by type and body.
pub(crate) fn messages(mut bytes: &[u8]) -> StdVec<(u8, StdVec<u8>)> {
    let mut messages = StdVec::new();
    while let [kind, a, b, c, rest @ ..] = bytes {
        let len = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        messages.push((*kind, rest[..len].to_vec()));
        bytes = &rest[len..];
    }
    assert!(bytes.is_empty());
    messages
}

/// An extension: its type and its data.
type Extension = (u16, StdVec<u8>);

/// The extensions in a block, with its length before it.
pub(crate) fn extensions(block: &[u8]) -> StdVec<Extension> {
    let mut bytes = &block[2..];
    assert_eq!(
        bytes.len(),
        usize::from(u16::from_be_bytes([block[0], block[1]]))
    );
    let mut found = StdVec::new();
    while let [a, b, c, d, rest @ ..] = bytes {
        let len = usize::from(u16::from_be_bytes([*c, *d]));
        found.push((u16::from_be_bytes([*a, *b]), rest[..len].to_vec()));
        bytes = &rest[len..];
    }
    assert!(bytes.is_empty());
    found
}

/// What a ServerHello says: session id, suite, extensions.
pub(crate) fn server_hello(body: &[u8]) -> (StdVec<u8>, u16, StdVec<Extension>) {
    assert_eq!(&body[..2], [3, 3]);
    let id_len = usize::from(body[34]);
    let rest = &body[35 + id_len..];
    assert_eq!(rest[2], 0);
    (
        body[35..35 + id_len].to_vec(),
        u16::from_be_bytes([rest[0], rest[1]]),
        extensions(&rest[3..]),
    )
}

/// The client's Finished over the messages so far.
pub(crate) fn finished(suite: CipherSuite, secret: &TrafficSecret, digest: &[u8]) -> StdVec<u8> {
    let hash = suite.hash();
    let len = hash.digest_size();
    let mut hkdf = Hkdf::new(hash).unwrap();
    let mut key = vec![0; len];
    secret.expand(&mut hkdf, b"finished", &mut key).unwrap();
    let mut message = vec![0; len];
    Mac::new(hash, &key)
        .unwrap()
        .digest(digest, &mut message)
        .unwrap();
    message.splice(0..0, [20, 0, 0, len as u8]);
    message
}
