// SPDX-License-Identifier: GPL-2.0

//! Whole handshakes, with the client's side of the key schedule done by the test.

use kernel::crypto::{
    rsa,
    shash::Hash, //
};

use super::*;
use crate::{
    tls::{
        key_schedule::Early,
        transcript::Transcript, //
    },
    x509, //
};

/// What a handshake came to.
struct Done {
    server: Server,
    log: Log,
    encrypted: StdVec<(u8, StdVec<u8>)>,
}

/// Runs a handshake of `hello` (which has no shares yet) to its end and checks all that the server
/// said. The client's share is of `group`; if `ask`, it is only sent when it is asked for.
fn run(config: &Arc<Config>, hello: Hello, group: NamedGroup, ask: bool, cut: usize) -> Done {
    let key = client_key(group);
    let public = key.public().to_vec();
    let code = u16::from(group);
    let mut server = Server::new(config.clone()).unwrap();
    let mut log = Log::default();
    let mut sent = StdVec::new();

    let first = if ask {
        hello.clone().set(51, shares(&[]))
    } else {
        hello
            .clone()
            .set(51, shares(&[(0x5a5a, &[0]), (code, &public)]))
            .set(10, list16(&[0x5a5a, 0x1d, 0x17, 0x18]))
    };
    sent.push(first.message());
    feed(&mut server, &mut log, Level::Initial, &sent[0], cut);
    let hash_of =
        |suite: CipherSuite| Arc::new(Hash::new(suite.hash()).unwrap(), GFP_KERNEL).unwrap();
    let mut retry = None;
    if ask {
        assert!(log.keys.is_empty());
        let messages = messages(&log.initial);
        let (id, suite, extensions) = server_hello(&messages[0].1);
        assert_eq!(id, hello.session_id);
        assert_eq!(extensions[0], (51, code.to_be_bytes().to_vec()));
        retry = Some((suite, core::mem::take(&mut log.initial)));
        let mut second = hello.clone().set(51, shares(&[(code, &public)]));
        if let Some((_, cookie)) = extensions.iter().find(|(kind, _)| *kind == 44) {
            second.extensions.insert(2, (44, cookie.clone()));
        }
        sent.push(second.message());
        feed(&mut server, &mut log, Level::Initial, &sent[1], cut);
    }

    // The ServerHello.
    let messages_sent = messages(&log.initial);
    assert_eq!(messages_sent.len(), 1);
    assert_eq!(messages_sent[0].0, 2);
    let (id, suite, found) = server_hello(&messages_sent[0].1);
    assert_eq!(id, hello.session_id);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1], (43, vec![3, 4]));
    let share = &found[0].1;
    assert_eq!(found[0].0, 51);
    assert_eq!(share[..2], code.to_be_bytes());
    let shared = key.agree(&share[4..]).unwrap();
    let suite = CipherSuite::try_from(suite).unwrap();

    // The key schedule as the client has it.
    let hash = hash_of(suite);
    let mut transcript = Transcript::new(&hash).unwrap();
    transcript.add(&sent[0]).unwrap();
    if let Some((asked, retry)) = retry {
        assert_eq!(asked, u16::from(suite));
        transcript = transcript.into_message_hash().unwrap();
        transcript.add(&retry).unwrap();
        transcript.add(&sent[1]).unwrap();
    }
    transcript.add(&log.initial).unwrap();
    let mut schedule = Early::new(suite.hash(), &hash)
        .unwrap()
        .into_handshake(shared.as_bytes())
        .unwrap();
    let traffic = schedule.traffic(&transcript.current().unwrap()).unwrap();
    assert_eq!(log.keys.len(), 2);
    assert_eq!(log.keys[0].0, Level::Handshake);
    assert_eq!(log.keys[0].1, suite);
    assert_eq!(log.keys[0].2.as_bytes(), traffic.client.as_bytes());
    assert_eq!(log.keys[0].3.as_bytes(), traffic.server.as_bytes());

    // The rest of the flight.
    let encrypted = messages(&log.handshake);
    assert_eq!(
        encrypted
            .iter()
            .map(|(kind, _)| *kind)
            .collect::<StdVec<_>>(),
        [8, 11, 15, 20]
    );
    let len = log.handshake.len();
    let finished_len = suite.hash().digest_size() + 4;
    let verify_len = encrypted[2].1.len() + 4;
    let (before, rest) = log.handshake.split_at(len - finished_len - verify_len);
    transcript.add(before).unwrap();
    let signed = transcript.current().unwrap();
    let (verify, server_finished) = rest.split_at(verify_len);
    transcript.add(verify).unwrap();
    let expected = finished(
        suite,
        &log.keys[0].3,
        transcript.current().unwrap().as_slice(),
    );
    assert_eq!(server_finished, expected);
    transcript.add(server_finished).unwrap();
    let digest = transcript.current().unwrap();
    let traffic = schedule
        .into_application()
        .unwrap()
        .traffic(&digest)
        .unwrap();
    assert_eq!(log.keys[1].0, Level::Application);
    assert_eq!(log.keys[1].2.as_bytes(), traffic.client.as_bytes());
    assert_eq!(log.keys[1].3.as_bytes(), traffic.server.as_bytes());

    // The signature.
    let certificate = &encrypted[1].1;
    let leaf_len = u32::from_be_bytes([0, certificate[4], certificate[5], certificate[6]]) as usize;
    let leaf = x509::Certificate::parse(&certificate[7..7 + leaf_len]).unwrap();
    let verify = &encrypted[2].1;
    let scheme = SignatureScheme::try_from(u16::from_be_bytes([verify[0], verify[1]])).unwrap();
    let content = [
        &[0x20; 64],
        &b"TLS 1.3, server CertificateVerify\0"[..],
        signed.as_slice(),
    ]
    .concat();
    let mut content_digest = vec![0; scheme.hash().digest_size()];
    Hash::new(scheme.hash())
        .unwrap()
        .digest(&content, &mut content_digest)
        .unwrap();
    rsa::PublicKey::from_spki_der(leaf.spki())
        .unwrap()
        .verify_pss(scheme.hash(), &content_digest, &verify[4..])
        .unwrap();

    // The client's Finished.
    assert!(!server.is_done());
    let message = finished(suite, &log.keys[0].2, digest.as_slice());
    feed(&mut server, &mut log, Level::Handshake, &message, cut);
    assert!(server.is_done());
    let negotiated = server.negotiated().unwrap();
    assert_eq!(negotiated.suite, suite);
    assert_eq!(negotiated.group, group);
    assert_eq!(negotiated.signature, scheme);
    assert_eq!(negotiated.retried, ask);
    Done {
        server,
        log,
        encrypted,
    }
}

fn feed(server: &mut Server, log: &mut Log, level: Level, bytes: &[u8], cut: usize) {
    for piece in bytes.chunks(cut) {
        server.read(level, piece, log).unwrap();
    }
}

#[test]
fn every_suite_and_group() {
    for &suite in CipherSuite::ALL {
        for &group in NamedGroup::ALL {
            for ask in [false, true] {
                let config = builder()
                    .suites(&[suite])
                    .unwrap()
                    .groups(&[group])
                    .unwrap()
                    .build()
                    .unwrap();
                let done = run(&config, Hello::new(&[]), group, ask, 1 << 14);
                let negotiated = done.server.into_negotiated().unwrap();
                assert_eq!(negotiated.suite, suite);
                assert!(negotiated.alpn.is_none() && negotiated.server_name.is_none());
                assert_eq!(negotiated.max_fragment, 1 << 14);
                assert!(done.log.notices.iter().all(|n| *n == Notice::EarlyDataOver));
                assert_eq!(done.encrypted[0].1, [0, 0]);
            }
        }
    }
}

#[test]
fn every_scheme() {
    for (offer, chosen) in [
        (list16(&[0x0804]), SignatureScheme::RsaPssRsaeSha256),
        (
            list16(&[0x0401, 0x0805, 0x0403]),
            SignatureScheme::RsaPssRsaeSha384,
        ),
        (list16(&[0x0806]), SignatureScheme::RsaPssRsaeSha512),
        (list16(&[0x0806, 0x0804]), SignatureScheme::RsaPssRsaeSha256),
    ] {
        let hello = Hello::new(&[]).set(13, offer);
        let done = run(&config(), hello, NamedGroup::X25519, false, 1 << 14);
        assert_eq!(done.server.negotiated().unwrap().signature, chosen);
    }
}

#[test]
fn messages_may_be_cut_anywhere() {
    for cut in [1, 2, 3, 4, 5, 7, 100] {
        run(&config(), Hello::new(&[]), NamedGroup::X25519, true, cut);
    }
}

#[test]
fn retry_with_a_cookie() {
    let config = builder().retry_cookie(true).build().unwrap();
    run(&config, Hello::new(&[]), NamedGroup::X25519, true, 1 << 14);
}

#[test]
fn session_id_means_compatibility() {
    let mut hello = Hello::new(&[]);
    hello.session_id = vec![9; 32];
    for ask in [false, true] {
        let done = run(&config(), hello.clone(), NamedGroup::X25519, ask, 1 << 14);
        let count = done
            .log
            .notices
            .iter()
            .filter(|n| **n == Notice::MiddleboxCompatibility)
            .count();
        assert_eq!(count, 1);
    }
}

#[test]
fn certificate_by_server_name() {
    for (host, len, acknowledged) in [
        (&b"server.test"[..], 256, true),
        (b"SERVER.test", 256, true),
        (b"a.wild.test", 256, true),
        (b"other.test", 384, true),
        (b"a.b.wild.test", 256, false),
        (b"unknown.test", 256, false),
        (b"192.0.2.1", 256, false),
    ] {
        let hello = Hello::new(&[]).with(0, server_name(host));
        let done = run(&config(), hello, NamedGroup::X25519, false, 1 << 14);
        assert_eq!(done.encrypted[2].1.len(), len + 4);
        let answer = extensions(&done.encrypted[0].1);
        assert_eq!(
            answer,
            if acknowledged {
                vec![(0, vec![])]
            } else {
                vec![]
            }
        );
        assert_eq!(
            done.server.negotiated().unwrap().server_name.as_deref(),
            Some(host)
        );
    }
}

#[test]
fn alpn_by_the_servers_order() {
    let config = builder()
        .alpn(b"h2")
        .unwrap()
        .alpn(b"http/1.1")
        .unwrap()
        .build()
        .unwrap();
    let chosen = |offer: &[&[u8]]| {
        let hello = Hello::new(&[]).with(16, alpn(offer));
        let done = run(&config, hello, NamedGroup::X25519, false, 1 << 14);
        let answer = extensions(&done.encrypted[0].1);
        let chosen = done.server.into_negotiated().unwrap().alpn.unwrap();
        assert_eq!(answer, [(16, alpn(&[&chosen]))]);
        chosen.to_vec()
    };
    assert_eq!(chosen(&[b"http/1.1", b"h2"]), b"h2");
    assert_eq!(chosen(&[b"x", b"http/1.1"]), b"http/1.1");
    // Not offered: not answered. Not configured: ignored.
    let done = run(&config, Hello::new(&[]), NamedGroup::X25519, false, 1 << 14);
    assert_eq!(done.encrypted[0].1, [0, 0]);
    let hello = Hello::new(&[]).with(16, alpn(&[b"x"]));
    let done = run(&super::config(), hello, NamedGroup::X25519, false, 1 << 14);
    assert_eq!(done.encrypted[0].1, [0, 0]);
    assert!(done.server.negotiated().unwrap().alpn.is_none());
}

#[test]
fn record_size_limit_is_answered() {
    for (theirs, ours, fragment) in [
        (64u16, 16385, 63),
        (16385, 512, 16384),
        (0xffff, 16385, 16384),
    ] {
        let config = builder().record_size_limit(ours).unwrap().build().unwrap();
        let hello = Hello::new(&[]).with(28, theirs.to_be_bytes());
        let done = run(&config, hello, NamedGroup::X25519, false, 1 << 14);
        assert_eq!(
            extensions(&done.encrypted[0].1),
            [(28, ours.to_be_bytes().to_vec())]
        );
        assert_eq!(done.server.negotiated().unwrap().max_fragment, fragment);
        let notice = Notice::RecordSizeLimit {
            send: fragment,
            receive: ours.into(),
        };
        assert!(done.log.notices.contains(&notice));
    }
}

#[test]
fn psk_and_early_data_are_not_used() {
    let hello = Hello::new(&[])
        .with(45, [1, 1])
        .with(42, [])
        .with(41, psk());
    let done = run(&config(), hello, NamedGroup::X25519, false, 1 << 14);
    assert!(done.log.notices.contains(&Notice::EarlyDataRejected));
}

#[test]
fn preferences_are_the_servers() {
    let config = builder()
        .suites(&[CipherSuite::Aes128CcmSha256, CipherSuite::Aes256GcmSha384])
        .unwrap()
        .groups(&[NamedGroup::Secp384r1, NamedGroup::X25519])
        .unwrap()
        .build()
        .unwrap();
    let done = run(
        &config,
        Hello::new(&[]),
        NamedGroup::Secp384r1,
        true,
        1 << 14,
    );
    assert_eq!(
        done.server.negotiated().unwrap().suite,
        CipherSuite::Aes128CcmSha256
    );
    // A share that is there spares the round trip.
    run(&config, Hello::new(&[]), NamedGroup::X25519, false, 1 << 14);
}

#[test]
fn the_clients_finished_is_compared() {
    let key = client_key(NamedGroup::X25519);
    let hello = Hello::new(&[(0x1d, key.public())]).message();
    for wrong in [0, 4, 35] {
        let mut server = Server::new(config()).unwrap();
        let mut log = Log::default();
        server.read(Level::Initial, &hello, &mut log).unwrap();
        let suite = log.keys[0].1;
        let hash = Hash::new(suite.hash()).unwrap();
        let mut digest = [0; 32];
        hash.digest_parts(&[&hello, &log.initial, &log.handshake], &mut digest)
            .unwrap();
        let mut message = finished(suite, &log.keys[0].2, &digest);
        if wrong != 0 {
            message[wrong] ^= 1;
        }
        let result = server.read(Level::Handshake, &message, &mut log);
        if wrong == 0 {
            result.unwrap();
            // Nothing more is taken.
            assert!(server.read(Level::Handshake, &message, &mut log).is_err());
        } else {
            assert_eq!(
                result.unwrap_err().alert(),
                Some(AlertDescription::DecryptError)
            );
            assert!(!server.is_done());
            assert!(server.into_negotiated().is_none());
        }
    }
}

#[test]
fn certificates_that_cannot_be_used() {
    let refused = |chain: &[u8], key: &[u8]| CertifiedKey::from_bytes(chain, key).err().unwrap();
    assert_eq!(refused(CHAIN, OTHER_KEY), EKEYREJECTED);
    assert_eq!(refused(b"", KEY), EBADMSG);
    assert_eq!(refused(CHAIN, b"no key"), EBADMSG);
    assert_eq!(refused(&CHAIN[..CHAIN.len() - 1], KEY), EBADMSG);
    assert_eq!(CertifiedKey::new(KVec::new(), KEY).err(), Some(EINVAL));
    assert!(Config::builder().unwrap().build().is_err());
    assert!(builder().alpn(b"").is_err());
    assert!(builder().suites(&[]).is_err());
    assert!(builder()
        .groups(&[NamedGroup::X25519, NamedGroup::X25519])
        .is_err());
    assert!(builder().record_size_limit(63).is_err());
    assert!(builder().record_size_limit(16386).is_err());
}

/// Nothing of a handshake is used in another: neither the key share nor the random nor the
/// signature.
#[test]
fn every_handshake_is_fresh() {
    let config = config();
    let mut seen = StdVec::new();
    for _ in 0..4 {
        for &group in NamedGroup::ALL {
            let done = run(&config, Hello::new(&[]), group, false, 1 << 14);
            let hello = messages(&done.log.initial).remove(0).1;
            let (_, _, extensions) = server_hello(&hello);
            seen.push(hello[2..34].to_vec());
            seen.push(extensions[0].1.clone());
            seen.push(done.encrypted[2].1.clone());
        }
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}
