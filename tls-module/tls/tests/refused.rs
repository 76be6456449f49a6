// SPDX-License-Identifier: GPL-2.0

//! What is refused, and with which alert.

use super::*;
use AlertDescription::*;

fn hello() -> Hello {
    let key = client_key(NamedGroup::X25519);
    Hello::new(&[(0x1d, key.public())])
}

/// What the engine says of `bytes` as the first handshake bytes.
fn refuse_bytes(config: &Arc<Config>, bytes: &[u8]) -> Error {
    let mut log = Log::default();
    let mut server = Server::new(config.clone()).unwrap();
    let error = server.read(Level::Initial, bytes, &mut log).unwrap_err();
    assert!(log.handshake.is_empty());
    // Nothing is taken after an error.
    assert!(server.read(Level::Initial, bytes, &mut log).is_err());
    error
}

#[track_caller]
fn refused(hello: Hello, alert: AlertDescription) -> Error {
    let error = refuse_bytes(&config(), &hello.message());
    assert_eq!(error.alert(), Some(alert), "{}", error.reason());
    error
}

#[test]
fn versions() {
    let kind = refused(hello().without(43), ProtocolVersion).kind();
    assert_eq!(kind, ErrorKind::PeerIncompatible);
    refused(hello().set(43, hex("02 0303")), ProtocolVersion);
    let mut old = hello();
    old.version = 0x0300;
    refused(old, ProtocolVersion);
    // A hello of TLS 1.2 without any extensions.
    let mut bytes = hex("01000029 0303");
    bytes.extend([1; 32]);
    bytes.extend(hex("00 0002 1301 01 00"));
    assert_eq!(
        refuse_bytes(&config(), &bytes).alert(),
        Some(ProtocolVersion)
    );
    // The version counts before what only TLS 1.3 asks for.
    let mut old = hello().without(43).without(51);
    old.compression = vec![1, 0];
    refused(old, ProtocolVersion);
    // Any other legacy_version is ignored.
    let mut odd = hello();
    odd.version = 0x0301;
    Server::new(config())
        .unwrap()
        .read(Level::Initial, &odd.message(), &mut Log::default())
        .unwrap();
}

#[test]
fn fixed_fields() {
    for compression in [vec![1], vec![0, 1], vec![0, 0]] {
        let mut bad = hello();
        bad.compression = compression;
        refused(bad, IllegalParameter);
    }
    let mut bad = hello();
    bad.compression = vec![];
    refused(bad, DecodeError);
    let mut bad = hello();
    bad.session_id = vec![0; 33];
    refused(bad, DecodeError);
    let mut bad = hello();
    bad.suites = vec![];
    refused(bad, DecodeError);
    let mut bad = hello();
    bad.suites = vec![0x1305, 0xc02f];
    assert_eq!(
        refused(bad, HandshakeFailure).kind(),
        ErrorKind::PeerIncompatible
    );
}

#[test]
fn missing_extensions() {
    for kind in [10, 13, 51] {
        refused(hello().without(kind), MissingExtension);
    }
    refused(hello().with(41, psk()), MissingExtension);
}

#[test]
fn duplicates_and_wrong_places() {
    refused(hello().with(43, hex("02 0304")), IllegalParameter);
    refused(hello().with(0x1a1a, []), IllegalParameter);
    refused(hello().with(48, [0, 0]), IllegalParameter);
    refused(hello().with(44, vec16(b"cookie")), IllegalParameter);
    // pre_shared_key has to be last.
    refused(
        hello().with(45, [1, 1]).with(41, psk()).with(0x3333, []),
        IllegalParameter,
    );
}

#[test]
fn wrong_lengths() {
    let bad: &[(u16, &str)] = &[
        (0, ""),
        (0, "0000"),
        (0, "0003 000000"),
        (0, "0004 000001 61 00"),
        (0, "0005 000001 61"),
        (10, ""),
        (10, "0000"),
        (10, "0001 00"),
        (10, "0003 001d00"),
        (10, "0002 001d 00"),
        (13, "0000"),
        (13, "0001 08"),
        (13, "0002 0804 00"),
        (50, "0000"),
        (50, "0002 08"),
        (16, "0000"),
        (16, "0001 00"),
        (16, "0003 02 6832 00"),
        (16, "0003 03 6832"),
        (16, "0004 02 6832 00"),
        (28, ""),
        (28, "40"),
        (28, "400100"),
        (42, "00"),
        (43, ""),
        (43, "00"),
        (43, "01 03"),
        (43, "03 030403"),
        (43, "02 0304 00"),
        (44, "0000"),
        (45, "00"),
        (45, "01"),
        (45, "01 01 00"),
        (51, ""),
        (51, "0001 00"),
        (51, "0004 001d 0000"),
        (51, "0005 001d 0002 00"),
        (51, "0000 00"),
        (41, ""),
        (41, "0000 0000"),
        (41, "0007 0001 61 00000000"),
        (41, "0007 0001 61 00000000 0001 20"),
    ];
    for (kind, data) in bad {
        let hello = if *kind == 41 {
            hello().with(45, [1, 1])
        } else {
            hello()
        };
        let bad = hello.without(*kind).with(*kind, hex(data));
        let error = refuse_bytes(&config(), &bad.message());
        assert_eq!(
            error.alert(),
            Some(DecodeError),
            "{kind} {data}: {}",
            error.reason()
        );
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
}

#[test]
fn wrong_values() {
    refused(hello().with(28, [0, 63]), IllegalParameter);
    refused(
        hello().with(0, hex("0008 000001 61 000001 62")),
        IllegalParameter,
    );
    refused(hello().with(0, server_name(b"a\0b")), IllegalParameter);
    refused(
        hello().with(0, server_name("é".as_bytes())),
        IllegalParameter,
    );
    // As many binders as identities.
    let mut two = vec16(&hex("0001 61 00000000 0001 62 00000000"));
    two.extend(vec16(&[&[32][..], &[7; 32]].concat()));
    refused(hello().with(45, [1, 1]).with(41, two), IllegalParameter);
    // Nothing in common.
    refused(hello().set(13, list16(&[0x0403, 0x0401])), HandshakeFailure);
    refused(
        hello().set(10, list16(&[0x19, 0x100])).set(51, shares(&[])),
        HandshakeFailure,
    );
    let config = builder().alpn(b"h2").unwrap().build().unwrap();
    let bytes = hello().with(16, alpn(&[b"http/1.1"])).message();
    assert_eq!(
        refuse_bytes(&config, &bytes).alert(),
        Some(NoApplicationProtocol)
    );
}

#[test]
fn key_shares() {
    let key = client_key(NamedGroup::X25519);
    let good = key.public();
    let p256 = client_key(NamedGroup::Secp256r1);
    let p384 = client_key(NamedGroup::Secp384r1);
    let offer = |list: &[(u16, &[u8])]| hello().set(51, shares(list));
    // A group twice, or one that is not offered.
    refused(offer(&[(0x1d, good), (0x1d, good)]), IllegalParameter);
    refused(offer(&[(0x1d, good), (0x1e, &[0; 56])]), IllegalParameter);
    refused(
        offer(&[(0x100, &[1]), (0x1d, good), (0x100, &[1])]),
        IllegalParameter,
    );
    // Wrong lengths; among them those that once made an index run out of its array.
    for len in [1, 31, 33, 1216, 9000] {
        refused(offer(&[(0x1d, &vec![9; len])]), IllegalParameter);
    }
    for (group, key) in [(0x17, p256.public()), (0x18, p384.public())] {
        refused(offer(&[(group, &key[1..])]), IllegalParameter);
        refused(offer(&[(group, &[key, &[0]].concat())]), IllegalParameter);
        let mut bad = key.to_vec();
        bad[0] = 2;
        refused(offer(&[(group, &bad)]), IllegalParameter);
        let mut bad = key.to_vec();
        *bad.last_mut().unwrap() ^= 1;
        refused(offer(&[(group, &bad)]), IllegalParameter);
        let mut zero = vec![0; key.len()];
        zero[0] = 4;
        refused(offer(&[(group, &zero)]), IllegalParameter);
    }
    // Points of small order: the result is zero.
    refused(offer(&[(0x1d, &[0; 32])]), IllegalParameter);
    let mut one = [0; 32];
    one[0] = 1;
    refused(offer(&[(0x1d, &one)]), IllegalParameter);
}

#[test]
fn too_many() {
    let mut many = hello();
    for kind in 0..limits::MAX_EXTENSIONS as u16 {
        many = many.with(0x4000 + kind, []);
    }
    refused(many, DecodeError);
    let list: StdVec<_> = (0..=limits::MAX_KEY_SHARES as u16)
        .map(|g| (0x4000 + g, &[0u8][..]))
        .collect();
    let groups: StdVec<_> = list.iter().map(|(g, _)| *g).collect();
    refused(
        hello().set(10, list16(&groups)).set(51, shares(&list)),
        IllegalParameter,
    );
}

#[test]
fn framing() {
    let config = config();
    let good = hello().message().to_vec();
    // Bytes after the structure.
    let mut bad = good.clone();
    bad.push(0);
    bad[3] += 1;
    assert_eq!(refuse_bytes(&config, &bad).alert(), Some(DecodeError));
    // Bytes after the message: keys change there.
    let mut bad = good.clone();
    bad.push(1);
    assert_eq!(refuse_bytes(&config, &bad).alert(), Some(UnexpectedMessage));
    // Another message, which is seen from its header.
    for kind in [0, 2, 4, 5, 8, 11, 15, 16, 20, 24, 254, 255] {
        assert_eq!(
            refuse_bytes(&config, &[kind, 0, 0, 1]).alert(),
            Some(UnexpectedMessage)
        );
    }
    // Too long, seen from its header, too.
    assert_eq!(
        refuse_bytes(&config, &[1, 0, 0x40, 1]).alert(),
        Some(DecodeError)
    );
    assert_eq!(
        refuse_bytes(&config, &[1, 0xff, 0xff, 0xff]).alert(),
        Some(DecodeError)
    );
    // Cut short anywhere.
    for len in 4..good.len() {
        let mut bad = good[..len].to_vec();
        let [_, a, b, c] = ((len - 4) as u32).to_be_bytes();
        bad[1..4].copy_from_slice(&[a, b, c]);
        let alert = refuse_bytes(&config, &bad).alert();
        assert!(
            matches!(alert, Some(DecodeError | ProtocolVersion)),
            "{len}: {alert:?}"
        );
    }
    // Any level but the one it is time for.
    for level in [Level::Handshake, Level::Application] {
        let mut server = Server::new(config.clone()).unwrap();
        let error = server.read(level, &good, &mut Log::default()).unwrap_err();
        assert_eq!(error.alert(), Some(UnexpectedMessage));
    }
}

#[test]
fn second_hello() {
    let key = client_key(NamedGroup::X25519);
    let p256 = client_key(NamedGroup::Secp256r1);
    let good = hello().set(51, shares(&[(0x1d, key.public())]));
    let with = |change: &dyn Fn(&mut Hello)| {
        let mut hello = good.clone();
        change(&mut hello);
        hello
    };
    let p256 = (0x17, p256.public());
    let changes = [
        ("nothing", good.clone(), None),
        ("padding", good.clone().with(21, [0; 9]), None),
        (
            "no share",
            good.clone().set(51, shares(&[])),
            Some(IllegalParameter),
        ),
        (
            "another share",
            good.clone().set(51, shares(&[p256])),
            Some(IllegalParameter),
        ),
        (
            "two shares",
            good.clone().set(51, shares(&[(0x1d, key.public()), p256])),
            Some(IllegalParameter),
        ),
        (
            "early data",
            good.clone().with(42, []),
            Some(IllegalParameter),
        ),
        (
            "a cookie",
            good.clone().with(44, vec16(b"x")),
            Some(IllegalParameter),
        ),
        (
            "more",
            good.clone().with(0x7777, []),
            Some(IllegalParameter),
        ),
        ("less", good.clone().without(23), Some(IllegalParameter)),
        (
            "schemes",
            good.clone().set(13, list16(&[0x0804])),
            Some(IllegalParameter),
        ),
        (
            "suites",
            with(&|hello| hello.suites = vec![0x1301]),
            Some(IllegalParameter),
        ),
        (
            "random",
            with(&|hello| hello.random = [1; 32]),
            Some(IllegalParameter),
        ),
        (
            "session id",
            with(&|hello| hello.session_id = vec![1]),
            Some(IllegalParameter),
        ),
        (
            "version",
            with(&|hello| hello.version = 0x0302),
            Some(IllegalParameter),
        ),
    ];
    for (what, second, alert) in changes {
        let mut log = Log::default();
        let mut server = Server::new(config()).unwrap();
        let first = hello().set(51, shares(&[])).with(42, []);
        server
            .read(Level::Initial, &first.message(), &mut log)
            .unwrap();
        assert_eq!(log.notices, [Notice::EarlyDataRejected]);
        let result = server.read(Level::Initial, &second.message(), &mut log);
        assert_eq!(
            result.map_err(|e| e.alert()),
            alert.map_or(Ok(()), |a| Err(Some(a))),
            "{what}"
        );
    }
}

#[test]
fn cookies() {
    let config = builder().retry_cookie(true).build().unwrap();
    for change in [0, 1, 2] {
        let mut log = Log::default();
        let mut server = Server::new(config.clone()).unwrap();
        let first = hello().set(51, shares(&[]));
        server
            .read(Level::Initial, &first.message(), &mut log)
            .unwrap();
        let (_, _, sent) = server_hello(&messages(&log.initial)[0].1);
        let mut cookie = sent.iter().find(|(kind, _)| *kind == 44).unwrap().1.clone();
        let second = hello();
        let second = match change {
            0 => second.with(44, cookie),
            1 => {
                cookie[9] ^= 1;
                second.with(44, cookie)
            }
            _ => second,
        };
        let result = server.read(Level::Initial, &second.message(), &mut log);
        match change {
            0 => result.unwrap(),
            _ => assert_eq!(result.unwrap_err().alert(), Some(IllegalParameter)),
        }
    }
}

#[test]
fn finished_of_the_wrong_length_or_type() {
    for (header, alert) in [
        ([20, 0, 0, 31], DecodeError),
        ([20, 0, 0, 33], DecodeError),
        ([20, 1, 0, 32], DecodeError),
        ([1, 0, 0, 32], UnexpectedMessage),
        ([11, 0, 0, 32], UnexpectedMessage),
        ([24, 0, 0, 1], UnexpectedMessage),
        ([5, 0, 0, 0], UnexpectedMessage),
    ] {
        let mut log = Log::default();
        let mut server = Server::new(config()).unwrap();
        server
            .read(Level::Initial, &hello().message(), &mut log)
            .unwrap();
        let error = server
            .read(Level::Handshake, &header, &mut log)
            .unwrap_err();
        assert_eq!(error.alert(), Some(alert));
    }
    // And nothing under the old keys.
    let mut log = Log::default();
    let mut server = Server::new(config()).unwrap();
    server
        .read(Level::Initial, &hello().message(), &mut log)
        .unwrap();
    assert!(server.read(Level::Initial, &[20], &mut log).is_err());
}

/// Bytes that are almost a hello never do worse than an error.
#[test]
fn flipped_bits() {
    let config = config();
    let good = hello()
        .with(0, server_name(b"server.test"))
        .with(16, alpn(&[b"h2"]))
        .with(28, [64, 1])
        .with(45, [1, 1])
        .with(41, psk())
        .message();
    for at in 0..good.len() {
        for bit in [0, 3, 7] {
            let mut bad = good.to_vec();
            bad[at] ^= 1 << bit;
            let mut server = Server::new(config.clone()).unwrap();
            let result = server.read(Level::Initial, &bad, &mut Log::default());
            if let Err(e) = result {
                assert!(!matches!(e.kind(), ErrorKind::Internal(_)), "{at} {bit}");
            }
        }
    }
}
