// SPDX-License-Identifier: GPL-2.0

//! What was wrong with earlier TLS servers in kernels, each as a test that it is not so here.

#![forbid(unsafe_code)]

#[path = "common/client.rs"]
mod client;
mod common;

use client::{
    Client,
    Offer,
    Rustls, //
};
use common::{
    entry,
    ext,
    feed,
    list16,
    message,
    output,
    record,
    records,
    refusal,
    refusal_of,
    server,
    share,
    vec16,
    vec8,
    Hello,
    Protection, //
};
use engine::{
    record::ServerConnection,
    tls::{
        AlertDescription::{
            self,
            BadRecordMac,
            DecodeError,
            DecryptError,
            HandshakeFailure,
            IllegalParameter,
            MissingExtension,
            ProtocolVersion,
            UnexpectedMessage, //
        },
        CertifiedKey,
        CipherSuite,
        Config,
        ErrorKind,
        NamedGroup, //
    },
};
use kernel::{
    prelude::{
        EBADMSG,
        EKEYREJECTED, //
    },
    sync::Arc, //
};

/// What is in a ServerHello that answers a hello with a session id of 32 bytes or `id`.
struct ServerHello {
    random: Vec<u8>,
    session_id: Vec<u8>,
    suite: u16,
    extensions: Vec<(u16, Vec<u8>)>,
}

impl ServerHello {
    fn of(out: &[u8]) -> Self {
        let message = &records(out)[0][5..];

        assert_eq!(message[..4], [2, 0, 0, (message.len() - 4) as u8]);
        assert_eq!(message[4..6], [3, 3]);

        let random = message[6..38].to_vec();
        let (id, rest) = message[39..].split_at(message[38].into());
        let mut block = &rest[5..];
        let mut extensions = vec![];

        assert_eq!(rest[2], 0);
        while !block.is_empty() {
            let kind = u16::from_be_bytes([block[0], block[1]]);
            let (data, rest) = block[4..].split_at(u16::from_be_bytes([block[2], block[3]]).into());

            extensions.push((kind, data.to_vec()));
            block = rest;
        }
        Self {
            random,
            session_id: id.to_vec(),
            suite: u16::from_be_bytes([rest[0], rest[1]]),
            extensions,
        }
    }

    fn get(&self, kind: u16) -> &[u8] {
        &self
            .extensions
            .iter()
            .find(|(other, _)| *other == kind)
            .unwrap()
            .1
    }
}

/// A server that waits for the client's Finished, and the client's next flight in the clear and
/// under keys: what it sends, and the protection of its handshake records.
struct Waiting {
    server: ServerConnection,
    client: Rustls,
    /// Records: change_cipher_spec, Finished.
    flight: Vec<u8>,
    suite: CipherSuite,
}

impl Waiting {
    fn new() -> Self {
        Self::with(CipherSuite::Aes128GcmSha256)
    }

    fn with(suite: CipherSuite) -> Self {
        let mut server = server();
        let offer = Offer {
            suites: &[suite.name()],
            groups: &["x25519"],
            ..Offer::default()
        };
        let mut client = Rustls::new(&offer);
        let hello = client.step(&[]).unwrap();

        feed(&mut server, &hello).unwrap();

        let flight = client.step(&output(&mut server)).unwrap();

        Self {
            server,
            client,
            flight,
            suite,
        }
    }

    fn keys(&self) -> Protection {
        let secret = self.client.secrets.get("CLIENT_HANDSHAKE_TRAFFIC_SECRET");

        Protection::of_secret(self.suite, &secret)
    }

    /// The Finished that the client sends.
    fn finished(&self) -> Vec<u8> {
        let (kind, content) = self.keys().open(records(&self.flight).last().unwrap());

        assert_eq!((kind, content[0]), (22, 20));
        content
    }
}

#[test]
fn no_static_key_share() {
    // A certificate's key was also the share of every handshake: no forward secrecy.
    let mut seen = vec![];

    for group in NamedGroup::ALL {
        let hello = Hello::new()
            .with(ext::KEY_SHARE, vec16(&share(*group)))
            .record();

        for _ in 0..5 {
            let mut server = server();

            feed(&mut server, &hello).unwrap();

            let answer = ServerHello::of(&output(&mut server));

            for fresh in [
                answer.random.clone(),
                answer.get(ext::KEY_SHARE)[4..].to_vec(),
            ] {
                assert!(!seen.contains(&fresh));
                seen.push(fresh);
            }
        }
    }
}

#[test]
fn finished_is_compared() {
    // Each bit of verify_data counts, under keys that are right.
    for suite in [CipherSuite::Aes128GcmSha256, CipherSuite::Aes256GcmSha384] {
        let right = Waiting::with(suite).finished();

        for i in 4..right.len() {
            let mut waiting = Waiting::with(suite);
            let mut finished = waiting.finished();

            finished[i] ^= 1 << (i % 8);

            let record = waiting.keys().seal(22, &finished);

            assert_eq!(
                refusal_of(&mut waiting.server, &record),
                Some(DecryptError),
                "{i}"
            );
        }

        let mut waiting = Waiting::with(suite);
        let record = waiting.keys().seal(22, &waiting.finished());

        feed(&mut waiting.server, &record).unwrap();
        assert!(waiting.server.is_complete());
    }
}

#[test]
fn finished_of_another_length() {
    for len in [0, 1, 31, 33, 48, 64, 255] {
        let mut waiting = Waiting::new();
        let record = waiting.keys().seal(22, &message(20, &vec![0; len]));

        assert_eq!(
            refusal_of(&mut waiting.server, &record),
            Some(DecodeError),
            "{len}"
        );
    }
}

#[test]
fn finished_of_the_server_sent_back() {
    let mut waiting = Waiting::new();
    let secret = waiting
        .client
        .secrets
        .get("SERVER_HANDSHAKE_TRAFFIC_SECRET");
    let own = Protection::of_secret(waiting.suite, &secret).seal(22, &waiting.finished());

    assert_eq!(refusal_of(&mut waiting.server, &own), Some(BadRecordMac));
}

#[test]
fn data_without_a_finished() {
    let mut waiting = Waiting::new();
    let record = waiting.keys().seal(23, b"let me in");

    assert_eq!(
        refusal_of(&mut waiting.server, &record),
        Some(UnexpectedMessage)
    );

    // Data under the keys of data, before there is a Finished.
    let mut waiting = Waiting::new();
    let data = waiting.client.send(b"let me in");

    assert_eq!(refusal_of(&mut waiting.server, &data), Some(BadRecordMac));
}

#[test]
fn forged_records_do_not_pass() {
    for suite in &CipherSuite::ALL[..3] {
        let waiting = Waiting::with(*suite);
        let body = records(&waiting.flight).last().unwrap().len() - 5;

        // Each byte of text and of tag.
        for i in 1..=body {
            let mut waiting = Waiting::with(*suite);
            let at = waiting.flight.len() - i;

            waiting.flight[at] ^= 0x80;
            assert_eq!(
                refusal_of(&mut waiting.server, &waiting.flight),
                Some(BadRecordMac),
                "{i}"
            );
        }
    }
}

#[test]
fn header_of_a_record_is_authenticated() {
    // The version is not looked at, but it is authenticated.
    let mut waiting = Waiting::new();
    let at = records(&waiting.flight)[0].len() + 2;

    waiting.flight[at] = 1;
    assert_eq!(
        refusal_of(&mut waiting.server, &waiting.flight),
        Some(BadRecordMac)
    );
}

#[test]
fn records_replayed_or_out_of_order() {
    let mut waiting = Waiting::new();
    let finished = waiting.finished();
    let mut keys = waiting.keys();
    let first = keys.seal(22, &finished[..10]);

    feed(&mut waiting.server, &first).unwrap();
    assert_eq!(refusal_of(&mut waiting.server, &first), Some(BadRecordMac));

    let mut waiting = Waiting::new();
    let mut keys = waiting.keys();
    let _first = keys.seal(22, &waiting.finished()[..10]);
    let second = keys.seal(22, &waiting.finished()[10..]);

    assert_eq!(refusal_of(&mut waiting.server, &second), Some(BadRecordMac));
}

#[test]
fn key_share_of_any_length() {
    // A share indexed an array of 32 bytes by the length that the peer gave.
    for group in NamedGroup::ALL {
        let right = share(*group).len() - 4;

        for len in [
            0, 1, 31, 32, 33, 64, 65, 66, 96, 97, 98, 133, 1184, 1216, 4000,
        ] {
            for fill in [0, 4, 0xff] {
                let hello = Hello::new().with(
                    ext::KEY_SHARE,
                    vec16(&entry((*group).into(), &vec![fill; len])),
                );
                let alert = refusal(&hello.record());

                match (len, len == right) {
                    (0, _) => assert_eq!(alert, Some(DecodeError)),
                    (_, false) => {
                        assert_eq!(alert, Some(IllegalParameter), "{group:?} {len} {fill}")
                    }
                    // Bytes that are all the same may be a key of X25519, but are no point.
                    (_, true) if *group == NamedGroup::X25519 => (),
                    (_, true) => {
                        assert_eq!(alert, Some(IllegalParameter), "{group:?} {len} {fill}")
                    }
                }
            }
        }
    }
}

#[test]
fn key_share_of_ml_kem() {
    // 1216 bytes of X25519MLKEM768 tripped the one before; here another share is found beside it.
    let groups = list16(&[0x11ec, 0x001d]);
    let shares = [entry(0x11ec, &[0x5a; 1216]), share(NamedGroup::X25519)].concat();
    let hello = Hello::new()
        .with(ext::GROUPS, vec16(&groups))
        .with(ext::KEY_SHARE, vec16(&shares));
    let mut server = server();

    feed(&mut server, &hello.record()).unwrap();
    assert_eq!(
        ServerHello::of(&output(&mut server)).get(ext::KEY_SHARE)[..2],
        [0x00, 0x1d]
    );
}

#[test]
fn lengths_that_underflow() {
    // Every 8, 16 and 24 bits of the hello in turn, as if they were a length, with values that make
    // it too short, too long, or wrap; also where they are no length.
    let hello = Hello::full().message();

    for width in 1..=3 {
        for at in 0..=hello.len() - width {
            for value in [0u32, 1, 2, 3, 4, 0x7f, 0x80, 0xff, 0xffff, 0xff_ffff] {
                let mut changed = hello.clone();

                changed[at..at + width].copy_from_slice(&value.to_be_bytes()[4 - width..]);
                sensible(&mut server(), &record(22, &changed));
            }
        }
    }
}

/// Gives a server bytes that may be wrong, and checks that any alert is the peer's fault.
fn sensible(server: &mut ServerConnection, bytes: &[u8]) -> Option<AlertDescription> {
    let error = feed(server, bytes).err()?;

    assert!(!matches!(error.kind(), ErrorKind::Internal(_)), "{error:?}");
    assert!(
        error.alert().is_some()
            || matches!(
                error.kind(),
                ErrorKind::PeerAlert(_) | ErrorKind::PeerClosed
            )
    );
    error.alert()
}

#[test]
fn everything_is_negotiated() {
    let hello = Hello::new();
    let without = |kind| hello.clone().without(kind).record();
    let with = |kind, data| hello.clone().with(kind, data).record();

    // The version.
    assert_eq!(refusal(&without(ext::VERSIONS)), Some(ProtocolVersion));
    assert_eq!(
        refusal(&with(ext::VERSIONS, vec8(&list16(&[0x0303])))),
        Some(ProtocolVersion)
    );
    assert_eq!(
        refusal(&with(ext::VERSIONS, vec8(&list16(&[0x7f1c, 0x0a0a])))),
        Some(ProtocolVersion)
    );
    assert_eq!(
        refusal(&with(
            ext::VERSIONS,
            vec8(&list16(&[0x0a0a, 0x0303, 0x0304]))
        )),
        None
    );
    // The suite.
    let mut other = hello.clone();
    other.suites = vec![0x1305, 0xc02f, 0x0a0a];
    assert_eq!(refusal(&other.record()), Some(HandshakeFailure));
    // The group: no common one; no share of a common one is a reason to retry.
    let groups = with(ext::GROUPS, vec16(&list16(&[0x11ec, 0x0019])));
    assert_eq!(
        refusal(&groups),
        Some(IllegalParameter),
        "a share of a group that is not offered"
    );
    let none = hello
        .clone()
        .with(ext::GROUPS, vec16(&list16(&[0x0019])))
        .with(ext::KEY_SHARE, vec16(&[]));
    assert_eq!(refusal(&none.record()), Some(HandshakeFailure));
    assert_eq!(refusal(&with(ext::KEY_SHARE, vec16(&[]))), None);
    // The signature.
    for schemes in [&[0x0403, 0x0807][..], &[0x0401, 0x0201], &[0x0809, 0x080a]] {
        assert_eq!(
            refusal(&with(ext::SIGNATURES, vec16(&list16(schemes)))),
            Some(HandshakeFailure)
        );
    }
    // What must be there.
    for kind in [ext::GROUPS, ext::SIGNATURES, ext::KEY_SHARE] {
        assert_eq!(refusal(&without(kind)), Some(MissingExtension), "{kind}");
    }
}

#[test]
fn server_chooses_among_what_is_offered() {
    for suite in CipherSuite::ALL {
        for group in NamedGroup::ALL {
            let mut hello = Hello::new()
                .with(ext::GROUPS, vec16(&list16(&[0x0a0a, (*group).into()])))
                .with(
                    ext::KEY_SHARE,
                    vec16(&[entry(0x0a0a, &[0]), share(*group)].concat()),
                );
            let mut server = server();

            hello.suites = vec![0x0a0a, (*suite).into(), 0x00ff];
            feed(&mut server, &hello.record()).unwrap();

            let answer = ServerHello::of(&output(&mut server));

            assert_eq!(answer.suite, u16::from(*suite));
            assert_eq!(answer.get(ext::VERSIONS), [3, 4]);
            assert_eq!(
                answer.get(ext::KEY_SHARE)[..2],
                u16::from(*group).to_be_bytes()
            );
        }
    }
}

#[test]
fn session_id_is_echoed() {
    for len in 0..=32 {
        for shares in [vec16(&[]), vec16(&share(NamedGroup::X25519))] {
            let mut hello = Hello::new().with(ext::KEY_SHARE, shares);
            let mut server = server();

            hello.session_id = (0..len).collect();
            feed(&mut server, &hello.record()).unwrap();

            let out = output(&mut server);
            let kinds: Vec<u8> = records(&out).iter().map(|record| record[0]).collect();

            assert_eq!(ServerHello::of(&out).session_id, hello.session_id);
            // A change_cipher_spec follows if the client asked for it in this way.
            assert_eq!(kinds.get(1) == Some(&20), len > 0);
        }
    }

    let mut hello = Hello::new();

    hello.session_id = vec![0; 33];
    assert_eq!(refusal(&hello.record()), Some(DecodeError));
}

#[test]
fn inner_padding_is_stripped() {
    for padding in [1, 100, 5000] {
        let mut waiting = Waiting::new();
        let inner = [&waiting.finished()[..], &[22], &vec![0; padding]].concat();
        let record = waiting.keys().seal_inner(&inner);

        feed(&mut waiting.server, &record).unwrap();
        assert!(waiting.server.is_complete());
    }
    // Nothing but padding has no type.
    for padding in [0, 1, 100] {
        let mut waiting = Waiting::new();
        let record = waiting.keys().seal_inner(&vec![0; padding]);

        assert_eq!(
            refusal_of(&mut waiting.server, &record),
            Some(UnexpectedMessage)
        );
    }
}

#[test]
fn all_zero_shared_secret_is_refused() {
    // The points of small order on curve25519, and their other encodings.
    let mut low_order = vec![[0; 32], [0; 32], [0xff; 32], [0xff; 32], [0xff; 32]];

    low_order[1][0] = 1;
    for (point, first) in low_order[2..].iter_mut().zip([0xec, 0xed, 0xee]) {
        point[0] = first;
        point[31] = 0x7f;
    }
    low_order.push(
        *b"\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a\
        \xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
    );
    low_order.push(
        *b"\x5f\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b\
        \x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e\xdd\xd0\x9f\x11\x57",
    );

    for point in low_order {
        for high in [0, 0x80] {
            let mut point = point;

            point[31] |= high;

            let hello = Hello::new().with(ext::KEY_SHARE, vec16(&entry(0x001d, &point)));

            assert_eq!(
                refusal(&hello.record()),
                Some(IllegalParameter),
                "{point:02x?}"
            );
        }
    }
}

#[test]
fn points_that_are_not_on_the_curve() {
    for group in [NamedGroup::Secp256r1, NamedGroup::Secp384r1] {
        let good = share(group)[4..].to_vec();
        let half = good.len() / 2;

        for (at, value) in [
            (0, 0),
            (0, 2),
            (0, 3),
            (0, 6),
            (1, !good[1]),
            (half + 1, !good[half + 1]),
        ] {
            let mut point = good.clone();

            point[at] = value;

            let hello = Hello::new().with(ext::KEY_SHARE, vec16(&entry(group.into(), &point)));

            assert_eq!(
                refusal(&hello.record()),
                Some(IllegalParameter),
                "{at} {value}"
            );
        }
        // Compressed; with X that is not below the prime.
        for point in [
            [&[2], &good[1..=half]].concat(),
            [&[4][..], &vec![0xff; good.len() - 1]].concat(),
            vec![0],
        ] {
            let hello = Hello::new().with(ext::KEY_SHARE, vec16(&entry(group.into(), &point)));

            assert_eq!(refusal(&hello.record()), Some(IllegalParameter));
        }
    }
}

#[test]
fn signatures_hold_every_time() {
    // Integers with leading zeroes spoiled one signature in 250: in ECDSA's DER, and those of RSA
    // that are shorter than the modulus.
    for (host, chain, key) in [
        (
            "server.test",
            &fixture!("server.chain.pem")[..],
            &fixture!("server.key.pem")[..],
        ),
        (
            "ecdsa.test",
            fixture!("ecdsa.chain.pem"),
            fixture!("ecdsa.key.pem"),
        ),
    ] {
        let config = with_key(CertifiedKey::from_bytes(chain, key).unwrap());

        for _ in 0..600 {
            shake_hands(&config, host);
        }
    }
}

fn with_key(certified: CertifiedKey) -> Arc<Config> {
    let builder = Config::builder().unwrap();

    builder.certificate(certified).unwrap().build().unwrap()
}

/// A client, which verifies the signature, comes to the end of a handshake.
fn shake_hands(config: &Arc<Config>, host: &'static str) {
    let server = ServerConnection::new(config.clone()).unwrap();
    let offer = Offer {
        host,
        ..Offer::default()
    };

    client::handshake(server, &mut Rustls::new(&offer), usize::MAX).unwrap();
}

#[test]
fn no_key_and_no_name_is_compiled_in() {
    assert!(
        Config::builder().unwrap().build().is_err(),
        "there is no default certificate"
    );
}

#[test]
fn keys_and_certificates_that_do_not_fit() {
    fn new(chain: &[u8], key: &[u8]) -> Option<kernel::Error> {
        CertifiedKey::from_bytes(chain, key).err()
    }

    assert_eq!(
        new(fixture!("server.chain.pem"), fixture!("server.key.pem")),
        None
    );
    assert_eq!(
        new(fixture!("server.chain.der"), fixture!("server.key.der")),
        None
    );
    assert_eq!(
        new(fixture!("server.chain.der"), fixture!("server.pkcs1.der")),
        None
    );
    assert_eq!(
        new(fixture!("server.chain.pem"), fixture!("server.pkcs1.pem")),
        None
    );
    assert_eq!(
        new(fixture!("other.chain.pem"), fixture!("server.key.pem")),
        Some(EKEYREJECTED)
    );
    assert_eq!(
        new(fixture!("server.chain.pem"), fixture!("other.key.pem")),
        Some(EKEYREJECTED)
    );
    assert_eq!(
        new(fixture!("small.der"), fixture!("small.key.pem")),
        Some(EKEYREJECTED)
    );
    assert_eq!(new(fixture!("p256.der"), fixture!("p256.key.pem")), None);
    for key in [fixture!("ecdsa.key.pem"), fixture!("ecdsa.sec1.pem")] {
        assert_eq!(new(fixture!("ecdsa.chain.pem"), key), None);
        assert_eq!(new(fixture!("server.chain.pem"), key), Some(EKEYREJECTED));
    }
    assert_eq!(
        new(fixture!("ecdsa.chain.pem"), fixture!("p256.key.pem")),
        Some(EKEYREJECTED)
    );
    assert!(new(fixture!("pss.der"), fixture!("pss.key.pem")).is_some());
    assert!(new(fixture!("p256.der"), fixture!("server.key.pem")).is_some());
    assert!(new(
        fixture!("server.chain.pem"),
        fixture!("server.encrypted.pem")
    )
    .is_some());
    assert_eq!(new(b"", fixture!("server.key.pem")), Some(EBADMSG));
    assert_eq!(new(fixture!("server.chain.pem"), b""), Some(EBADMSG));

    // A key of which a bit is wrong is refused, or signs as it should: of those numbers in it that
    // nobody needs (RFC 8017's d and qInv) no use is made.
    let good = fixture!("server.key.der");
    let mut taken = 0;

    for i in 0..good.len() {
        let mut key = good.to_vec();

        key[i] ^= 4;
        if let Ok(certified) = CertifiedKey::from_bytes(fixture!("server.chain.der"), &key) {
            shake_hands(&with_key(certified), "server.test");
            taken += 1;
        }
    }
    assert!(
        taken < good.len() / 2,
        "{taken} of {} keys were taken",
        good.len()
    );
}

#[test]
fn secrets_are_not_printed() {
    let waiting = Waiting::new();
    let mut server = waiting.server;

    feed(&mut server, &waiting.flight).unwrap();

    let established = server.into_established().unwrap();
    let text = format!("{:?} {:?}", established.tx.key, established.tx.iv);

    for byte in established.tx.key.as_bytes() {
        assert!(
            !text.contains(&format!("{byte}, "))
                && !text.contains(&format!("{byte:02x}{byte:02x}"))
        );
    }
    assert!(text.len() < 60, "{text}");
}
