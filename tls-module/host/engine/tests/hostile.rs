// SPDX-License-Identifier: GPL-2.0

//! Input that a client never sends, and the alert that it gets.

#![forbid(unsafe_code)]

mod common;

use common::{
    builder,
    config,
    entry,
    ext,
    feed,
    feed_by,
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
    Hello, //
};
use engine::{
    record::ServerConnection,
    tls::{
        limits,
        AlertDescription::{
            self,
            DecodeError,
            HandshakeFailure,
            IllegalParameter,
            InternalError,
            MissingExtension,
            ProtocolVersion,
            RecordOverflow,
            UnexpectedMessage,
            UnsupportedExtension, //
        },
        ErrorKind,
        NamedGroup, //
    },
};
use kernel::{
    alloc::fail_nth,
    prelude::ENOMEM, //
};

/// The alerts that a ClientHello with an error in it may get.
const FAULTS: [AlertDescription; 7] = [
    DecodeError,
    HandshakeFailure,
    IllegalParameter,
    MissingExtension,
    ProtocolVersion,
    RecordOverflow,
    UnexpectedMessage,
];

#[test]
fn hello_without_errors() {
    for hello in [Hello::new(), Hello::full()] {
        assert_eq!(refusal(&hello.record()), None);
    }
}

#[test]
fn end_of_stream_at_every_byte() {
    let hello = Hello::full().record();

    for len in 0..=hello.len() {
        let mut server = server();

        assert_eq!(
            feed_by(&mut server, &hello[..len], usize::MAX),
            (len, Ok(()))
        );
        output(&mut server);

        let error = server.eof();

        assert_eq!(error.kind(), ErrorKind::PeerClosed);
        assert_eq!(error.alert(), None);
        assert!(server.output().is_empty());
        assert!(server.wanted().is_empty());
        assert!(!server.is_complete());
        assert!(server.into_established().is_err());
    }
}

#[test]
fn message_cut_at_every_byte() {
    // The lengths of the record and of the message say what is there; those in it do not.
    let body = Hello::full().body();

    for len in 0..body.len() {
        let alert = refusal(&record(22, &message(1, &body[..len])));

        // Before TLS 1.3 a hello could end before the extensions.
        let expected = match len == body.len() - Hello::full().extensions_len() - 2 {
            true => ProtocolVersion,
            false => DecodeError,
        };

        assert_eq!(alert, Some(expected), "{len}");
    }
    // And bytes after the end.
    for extra in [1, 2, 100] {
        let longer = [&body[..], &vec![0; extra]].concat();

        assert_eq!(
            refusal(&record(22, &message(1, &longer))),
            Some(DecodeError)
        );
    }
}

#[test]
fn every_byte_of_a_hello_changed() {
    let hello = Hello::full().record();

    for at in 0..hello.len() {
        for change in [1, 2, 4, 8, 16, 32, 64, 128, 0xff, hello[at]] {
            let mut changed = hello.clone();
            let mut server = server();

            changed[at] ^= change;
            match feed(&mut server, &changed) {
                Ok(()) => (),
                // An alert where a handshake record should be.
                Err(e) if matches!(e.kind(), ErrorKind::PeerAlert(_)) => (),
                Err(e) => assert!(FAULTS.contains(&e.alert().unwrap()), "{at} {change} {e:?}"),
            }
        }
    }
}

#[test]
fn extensions_twice() {
    for hello in [Hello::full(), Hello::new().with(ext::COOKIE, vec16(b"x"))] {
        for (kind, data) in hello.extensions.clone() {
            let mut twice = hello.clone();

            twice.extensions.push((kind, data));
            assert_eq!(refusal(&twice.record()), Some(IllegalParameter), "{kind}");
        }
    }

    let mut twice = Hello::new();

    twice
        .extensions
        .extend([(0x1234, vec![]), (0x1234, vec![1])]);
    assert_eq!(refusal(&twice.record()), Some(IllegalParameter));
}

#[test]
fn extensions_in_any_number() {
    let with = |count: u16| {
        let mut hello = Hello::new();

        hello
            .extensions
            .extend((0..count).map(|i| (0x4000 + i, vec![])));
        refusal(&hello.record())
    };
    let most = u16::try_from(limits::MAX_EXTENSIONS).unwrap() - 4;

    assert_eq!(with(most), None);
    assert_eq!(with(most + 1), Some(DecodeError));
    assert_eq!(with(4000), Some(DecodeError));
}

#[test]
fn extensions_that_do_not_belong() {
    let with = |kind, data| refusal(&Hello::new().with(kind, data).record());

    assert_eq!(with(ext::COOKIE, vec16(b"x")), Some(IllegalParameter));
    assert_eq!(with(ext::OID_FILTERS, vec16(&[])), Some(IllegalParameter));
    // Values of GREASE (RFC 8701) and of extensions to come are ignored.
    for kind in [0x0a0a, 0x1a1a, 0xfafa, 0xfe0d] {
        assert_eq!(with(kind, vec![1, 2, 3]), None);
    }
    // QUIC's transport parameters, where there is no QUIC (RFC 9001 section 8.2).
    assert_eq!(with(0x0039, vec![]), Some(UnsupportedExtension));
}

#[test]
fn extensions_that_are_malformed() {
    let with = |kind, data: &[u8]| refusal(&Hello::new().with(kind, data.to_vec()).record());
    let name = |list: &[u8]| vec16(list);
    let host = |host: &[u8]| [&[0][..], &vec16(host)].concat();

    for (kind, data) in [
        (ext::VERSIONS, vec![]),
        (ext::VERSIONS, vec8(&[])),
        (ext::VERSIONS, vec8(&[3])),
        (ext::VERSIONS, vec8(&[3, 4, 3])),
        (ext::VERSIONS, [vec8(&[3, 4]), vec![0]].concat()),
        (ext::GROUPS, vec![]),
        (ext::GROUPS, vec16(&[])),
        (ext::GROUPS, vec16(&[0, 0x1d, 0])),
        (ext::GROUPS, [vec16(&[0, 0x1d]), vec![0]].concat()),
        (ext::SIGNATURES, vec16(&[])),
        (ext::SIGNATURES, vec16(&[8])),
        (ext::SIGNATURES, [vec16(&[8, 4]), vec![0]].concat()),
        (ext::KEY_SHARE, vec![]),
        (ext::KEY_SHARE, vec16(&[0])),
        (ext::KEY_SHARE, vec16(&entry(0x1d, &[]))),
        (ext::KEY_SHARE, vec16(&[0, 0x1d, 0, 33, 0])),
        (
            ext::KEY_SHARE,
            [vec16(&share(NamedGroup::X25519)), vec![0]].concat(),
        ),
        (ext::SERVER_NAME, vec![]),
        (ext::SERVER_NAME, name(&[])),
        (ext::SERVER_NAME, name(&host(b""))),
        (ext::SERVER_NAME, name(&[0, 0, 2, b'a'])),
        (ext::SERVER_NAME, [name(&host(b"a")), vec![0]].concat()),
        (ext::ALPN, vec![]),
        (ext::ALPN, vec16(&[])),
        (ext::ALPN, vec16(&[0])),
        (ext::ALPN, vec16(&vec8(b""))),
        (ext::ALPN, vec16(&[3, b'h', b'2'])),
        (ext::ALPN, [vec16(&vec8(b"h2")), vec![0]].concat()),
        (ext::RECORD_SIZE_LIMIT, vec![]),
        (ext::RECORD_SIZE_LIMIT, vec![0x40]),
        (ext::RECORD_SIZE_LIMIT, vec![0x40, 0, 0]),
        (ext::COOKIE, vec![]),
        (ext::COOKIE, vec16(&[])),
        (ext::EARLY_DATA, vec![0]),
        (ext::PSK_MODES, vec![]),
        (ext::PSK_MODES, vec8(&[])),
        (ext::PSK_MODES, vec![1, 1, 1]),
    ] {
        assert_eq!(with(kind, &data), Some(DecodeError), "{kind} {data:02x?}");
    }

    let twice = [host(b"a"), host(b"a")].concat();

    assert_eq!(
        with(ext::SERVER_NAME, &name(&twice)),
        Some(IllegalParameter)
    );
    assert_eq!(
        with(ext::SERVER_NAME, &name(&host(b"a\0b"))),
        Some(IllegalParameter)
    );
    assert_eq!(
        with(ext::SERVER_NAME, &name(&host(b"\xff"))),
        Some(IllegalParameter)
    );
    assert_eq!(
        with(ext::RECORD_SIZE_LIMIT, &[0, 63]),
        Some(IllegalParameter)
    );
    assert_eq!(with(ext::RECORD_SIZE_LIMIT, &[0, 64]), None);
    assert_eq!(with(ext::RECORD_SIZE_LIMIT, &[0xff, 0xff]), None);
}

#[test]
fn shares_that_do_not_belong() {
    let with = |shares: &[Vec<u8>]| {
        refusal(
            &Hello::new()
                .with(ext::KEY_SHARE, vec16(&shares.concat()))
                .record(),
        )
    };
    let x25519 = share(NamedGroup::X25519);
    let p256 = share(NamedGroup::Secp256r1);

    assert_eq!(with(&[x25519.clone(), p256.clone()]), None);
    assert_eq!(
        with(&[x25519.clone(), x25519.clone()]),
        Some(IllegalParameter)
    );
    assert_eq!(
        with(&[x25519.clone(), p256, x25519.clone()]),
        Some(IllegalParameter)
    );
    assert_eq!(
        with(&[entry(0x0019, &[4; 133])]),
        Some(IllegalParameter),
        "it is not offered"
    );
}

#[test]
fn pre_shared_keys() {
    let identities = |n: usize| vec16(&[vec16(b"ticket"), vec![0; 4]].concat().repeat(n));
    let binders = |n: usize| vec16(&vec8(&[0; 32]).repeat(n));
    let psk = |i, b| [identities(i), binders(b)].concat();
    let hello = Hello::new().with(ext::PSK_MODES, vec8(&[1]));
    let with = |data: Vec<u8>| refusal(&hello.clone().with(ext::PRE_SHARED_KEY, data).record());

    // They are read, and not used.
    assert_eq!(with(psk(1, 1)), None);
    assert_eq!(with(psk(3, 3)), None);
    assert_eq!(with(psk(1, 2)), Some(IllegalParameter));
    assert_eq!(with(psk(2, 1)), Some(IllegalParameter));
    assert_eq!(with(vec![]), Some(DecodeError));
    assert_eq!(with(identities(1)), Some(DecodeError));
    assert_eq!(with([psk(1, 1), vec![0]].concat()), Some(DecodeError));
    // It is the last extension, and does not come alone.
    assert_eq!(
        refusal(
            &hello
                .clone()
                .with(ext::PRE_SHARED_KEY, psk(1, 1))
                .with(0x7777, vec![])
                .record()
        ),
        Some(IllegalParameter)
    );
    assert_eq!(
        refusal(&Hello::new().with(ext::PRE_SHARED_KEY, psk(1, 1)).record()),
        Some(MissingExtension)
    );
}

#[test]
fn fields_that_are_wrong() {
    let with = |change: fn(&mut Hello)| {
        let mut hello = Hello::new();

        change(&mut hello);
        refusal(&hello.record())
    };

    assert_eq!(with(|h| h.compression = vec![]), Some(DecodeError));
    assert_eq!(with(|h| h.compression = vec![1]), Some(IllegalParameter));
    assert_eq!(with(|h| h.compression = vec![0, 1]), Some(IllegalParameter));
    assert_eq!(with(|h| h.suites = vec![]), Some(DecodeError));
    assert_eq!(with(|h| h.version = 0x0300), Some(ProtocolVersion));
    // It is ignored otherwise.
    assert_eq!(with(|h| h.version = 0x0304), None);
    assert_eq!(with(|h| h.version = 0x0301), None);

    let mut odd = Hello::new().body();

    odd[2 + 32 + 1 + 32 + 1] = 7;
    odd.drain(2 + 32 + 1 + 32 + 2 + 7..2 + 32 + 1 + 32 + 2 + 8);
    assert_eq!(refusal(&record(22, &message(1, &odd))), Some(DecodeError));
}

#[test]
fn records_that_are_wrong() {
    let hello = Hello::new();
    let [a, b] = [
        hello.message()[..50].to_vec(),
        hello.message()[50..].to_vec(),
    ];
    let in_two = |between: &[u8]| [&record(22, &a)[..], between, &record(22, &b)].concat();

    assert_eq!(refusal(&in_two(&[])), None);
    for (bytes, alert) in [
        (record(22, &[]), UnexpectedMessage),
        (record(21, &[]), UnexpectedMessage),
        (record(21, &[2]), DecodeError),
        (record(21, &[2, 40, 0]), DecodeError),
        (record(20, &[1]), UnexpectedMessage),
        (record(23, &[0; 20]), UnexpectedMessage),
        (record(24, &[0; 20]), UnexpectedMessage),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), UnexpectedMessage),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), UnexpectedMessage),
        (in_two(&record(20, &[1])), UnexpectedMessage),
        (in_two(&record(21, &[1, 90])), UnexpectedMessage),
        (in_two(&record(22, &[])), UnexpectedMessage),
        // Bytes after the message in its record, and another message.
        (
            record(22, &[hello.message(), vec![0]].concat()),
            UnexpectedMessage,
        ),
        (record(22, &hello.message().repeat(2)), UnexpectedMessage),
        // Longer than may be.
        (vec![22, 3, 3, 0x40, 1], RecordOverflow),
        (vec![22, 3, 3, 0xff, 0xff], RecordOverflow),
        // Other messages.
        (record(22, &message(2, &[0; 50])), UnexpectedMessage),
        (record(22, &message(20, &[0; 32])), UnexpectedMessage),
        (record(22, &message(24, &[0])), UnexpectedMessage),
        (record(22, &message(0, &[])), UnexpectedMessage),
        (record(22, &message(4, &[])), UnexpectedMessage),
        (record(22, &[1, 0xff, 0xff, 0xff]), DecodeError),
    ] {
        assert_eq!(refusal(&bytes), Some(alert), "{bytes:02x?}");
    }
}

#[test]
fn change_cipher_spec_out_of_turn() {
    let start = |n: usize| [Hello::new().record(), record(20, &[1]).repeat(n)].concat();
    let most = usize::try_from(limits::MAX_CHANGE_CIPHER_SPEC).unwrap();

    assert_eq!(refusal(&start(most)), None);
    assert!(refusal(&start(most + 1)).is_some());
    for content in [&[][..], &[0], &[2], &[1, 1]] {
        let mut server = server();

        feed(&mut server, &Hello::new().record()).unwrap();
        output(&mut server);
        assert_eq!(
            refusal_of(&mut server, &record(20, content)),
            Some(UnexpectedMessage)
        );
    }
}

#[test]
fn unprotected_records_after_the_server_hello() {
    for bytes in [
        Hello::new().record(),
        record(22, &message(20, &[0; 32])),
        record(22, &[0]),
    ] {
        let mut server = server();

        feed(&mut server, &Hello::new().record()).unwrap();
        output(&mut server);
        assert_eq!(refusal_of(&mut server, &bytes), Some(UnexpectedMessage));
    }
}

#[test]
fn protected_records_of_the_wrong_size() {
    for (len, alert) in [
        (0, AlertDescription::BadRecordMac),
        (1, AlertDescription::BadRecordMac),
        (16, AlertDescription::BadRecordMac),
        (17, AlertDescription::BadRecordMac),
        (limits::MAX_CIPHERTEXT, AlertDescription::BadRecordMac),
        (limits::MAX_CIPHERTEXT + 1, RecordOverflow),
        (0xffff, RecordOverflow),
    ] {
        let mut server = server();

        feed(&mut server, &Hello::new().record()).unwrap();
        output(&mut server);
        assert_eq!(
            refusal_of(&mut server, &record(23, &vec![0; len])),
            Some(alert),
            "{len}"
        );
    }
}

#[test]
fn alerts_of_the_peer() {
    for start in [vec![], Hello::new().record()] {
        for (content, closed) in [
            ([1, 0], true),
            ([2, 40], false),
            ([1, 42], false),
            ([2, 255], false),
        ] {
            let mut server = server();

            feed(&mut server, &start).unwrap();
            output(&mut server);

            let error = feed(&mut server, &record(21, &content)).unwrap_err();

            assert_eq!(error.kind() == ErrorKind::PeerClosed, closed);
            assert_eq!(matches!(error.kind(), ErrorKind::PeerAlert(_)), !closed);
            assert_eq!(error.alert(), None);
            assert!(server.output().is_empty());
            assert!(server.wanted().is_empty());
        }
    }
}

#[test]
fn hellos_without_end() {
    // Records of a byte each, a message that never ends, warnings: there is a limit to each.
    let pieces: Vec<u8> = Hello::new()
        .with(0x7777, vec![0; 2000])
        .message()
        .iter()
        .flat_map(|&byte| record(22, &[byte]))
        .collect();

    assert!(feed(&mut server(), &pieces).is_err());

    let long = [vec![1, 0, 0x40, 0], vec![0; 1 << 14]].concat();
    let mut server = server();

    assert!(feed(&mut server, &record(22, &long[..1 << 14])).is_ok());
    assert!(server.bytes_held() < 3 << 14, "{}", server.bytes_held());
    assert!(feed(&mut server, &record(22, &long[1 << 14..])).is_err());

    let warnings = record(21, &[1, 90]).repeat(100);

    assert!(feed(&mut common::server(), &warnings).is_err());
}

#[test]
fn memory_is_held_for_what_came_only() {
    // A length alone makes the server hold no more than a piece.
    let mut server = server();

    feed(&mut server, &[22, 3, 1, 0x40, 0]).unwrap();
    assert!(server.bytes_held() <= limits::READ_CHUNK);
    feed(&mut server, &[1, 0, 0x3f, 0xfc]).unwrap();
    assert!(server.bytes_held() <= 2 * limits::READ_CHUNK);
}

#[test]
fn second_hello_that_differs() {
    let first = Hello::full().with(ext::KEY_SHARE, vec16(&[]));
    let second = first
        .clone()
        .with(ext::KEY_SHARE, vec16(&share(NamedGroup::X25519)));
    let retry = |hello: &Hello| {
        let mut server = server();

        feed(&mut server, &first.record()).unwrap();
        output(&mut server);
        refusal_of(&mut server, &hello.record())
    };
    let changed = |change: fn(&mut Hello)| {
        let mut hello = second.clone();

        change(&mut hello);
        retry(&hello)
    };

    assert_eq!(retry(&second), None);
    assert_eq!(
        retry(&second.clone().with(21, vec![0; 10])),
        None,
        "padding may change"
    );
    assert_eq!(
        retry(&first),
        Some(IllegalParameter),
        "the share that was asked for is missing"
    );
    for shares in [
        share(NamedGroup::Secp256r1),
        [share(NamedGroup::X25519), share(NamedGroup::Secp256r1)].concat(),
    ] {
        assert_eq!(
            retry(&first.clone().with(ext::KEY_SHARE, vec16(&shares))),
            Some(IllegalParameter)
        );
    }
    assert_eq!(
        retry(&second.clone().with(ext::COOKIE, vec16(b"x"))),
        Some(IllegalParameter)
    );
    assert_eq!(
        retry(&second.clone().with(ext::EARLY_DATA, vec![])),
        Some(IllegalParameter)
    );
    assert_eq!(changed(|h| h.random[0] ^= 1), Some(IllegalParameter));
    assert_eq!(changed(|h| h.session_id[0] ^= 1), Some(IllegalParameter));
    assert_eq!(changed(|h| h.session_id.clear()), Some(IllegalParameter));
    assert_eq!(changed(|h| h.suites.truncate(1)), Some(IllegalParameter));
    assert_eq!(changed(|h| h.version = 0x0301), Some(IllegalParameter));
    assert_eq!(
        changed(|h| h.extensions.retain(|(kind, _)| *kind != ext::ALPN)),
        Some(IllegalParameter)
    );
    assert_eq!(
        changed(|h| h.extensions.push((0x7777, vec![]))),
        Some(IllegalParameter)
    );
    assert_eq!(
        retry(&second.clone().with(ext::ALPN, vec16(&vec8(b"h2")))),
        Some(IllegalParameter)
    );
    assert_eq!(
        retry(&second.clone().with(ext::GROUPS, vec16(&list16(&[0x001d])))),
        Some(IllegalParameter)
    );
    // A ServerHello is what comes after it, and never a second request.
    let mut server = server();

    feed(&mut server, &first.record()).unwrap();
    feed(&mut server, &second.record()).unwrap();
    assert_eq!(
        records(&output(&mut server))
            .iter()
            .filter(|r| r[0] == 22)
            .count(),
        2
    );
}

#[test]
fn cookie_that_is_not_the_one() {
    let config = builder().retry_cookie(true).build().unwrap();
    let first = Hello::new().with(ext::KEY_SHARE, vec16(&[]));
    let second = first
        .clone()
        .with(ext::KEY_SHARE, vec16(&share(NamedGroup::X25519)));

    for cookie in [None, Some(vec16(&[0])), Some(vec16(&[0; 32])), Some(vec![])] {
        let mut server = ServerConnection::new(config.clone()).unwrap();
        let hello = match cookie {
            None => second.clone(),
            Some(cookie) => second.clone().with(ext::COOKIE, cookie),
        };

        feed(&mut server, &first.record()).unwrap();
        output(&mut server);
        assert!(refusal_of(&mut server, &hello.record()).is_some());
    }
}

#[test]
fn early_data_is_skipped() {
    let hello = Hello::new()
        .with(ext::EARLY_DATA, vec![])
        .with(ext::PSK_MODES, vec8(&[1]))
        .with(
            ext::PRE_SHARED_KEY,
            [
                vec16(&[vec16(b"ticket"), vec![0; 4]].concat()),
                vec16(&vec8(&[0; 32])),
            ]
            .concat(),
        );
    let start = || {
        let mut server = server();

        feed(&mut server, &hello.record()).unwrap();
        output(&mut server);
        server
    };

    feed(&mut start(), &record(23, &[7; 1000]).repeat(20)).unwrap();
    assert!(
        feed(&mut start(), &record(23, &[7; 16000]).repeat(100)).is_err(),
        "without end"
    );
    // Without the extension there is none to skip.
    let mut server = server();

    feed(&mut server, &Hello::new().record()).unwrap();
    output(&mut server);
    assert_eq!(
        refusal_of(&mut server, &record(23, &[7; 1000])),
        Some(AlertDescription::BadRecordMac)
    );
}

#[test]
fn record_size_limit_is_kept() {
    for limit in [64u16, 65, 100, 1000, 16384, 16385] {
        let hello = Hello::new().with(ext::RECORD_SIZE_LIMIT, limit.to_be_bytes().to_vec());
        let mut server = server();

        feed(&mut server, &hello.record()).unwrap();

        let out = output(&mut server);
        let protected: Vec<_> = records(&out).into_iter().filter(|r| r[0] == 23).collect();

        assert!(!protected.is_empty());
        for record in protected {
            assert!(
                record.len() <= 5 + usize::from(limit) + 16,
                "{limit} {}",
                record.len()
            );
        }
    }
}

#[test]
fn memory_that_cannot_be_had() {
    // Each allocation in turn fails, and all after it: an error, never a panic.
    for hello in [
        Hello::full(),
        Hello::full().with(ext::KEY_SHARE, vec16(&[])),
    ] {
        let config = config();
        let bytes = hello.record();
        let mut failures = 0;

        for n in 0.. {
            fail_nth(Some(n));

            let result = ServerConnection::new(config.clone()).and_then(|mut server| {
                let result = feed(&mut server, &bytes);

                assert_eq!(result.is_err(), server.wanted().is_empty());
                result
            });

            if !fail_nth(None) {
                result.unwrap();
                break;
            }
            failures += 1;

            let error = result.unwrap_err();

            assert_eq!(error.kind(), ErrorKind::Internal(ENOMEM));
            assert_eq!(error.alert(), Some(InternalError));
        }
        assert!(failures > 5);
    }
}

#[test]
fn more_than_was_wanted() {
    let mut server = server();

    // A caller's error, not the peer's.
    assert!(matches!(
        server.received(6).unwrap_err().kind(),
        ErrorKind::Internal(_)
    ));
    assert!(server.received(1).is_err());
    assert!(server.wanted().is_empty());
}
