// SPDX-License-Identifier: GPL-2.0

//! Handshakes with real clients, rustls and OpenSSL, in memory.
//!
//! rustls has no CCM suites, so OpenSSL is there for them.

#![forbid(unsafe_code)]

#[path = "common/client.rs"]
mod client;
mod common;

use client::{
    handshake,
    Client,
    Failure,
    Offer,
    OpenSsl,
    Rustls, //
};
use common::{
    builder,
    config,
    feed_by,
    output,
    records,
    server,
    Data, //
};
use engine::{
    record::{
        Established,
        ServerConnection, //
    },
    tls::{
        AlertDescription,
        CipherSuite,
        Config,
        ErrorKind,
        NamedGroup,
        SignatureScheme, //
    },
};
use kernel::sync::Arc;

const ALL_SIGNATURES: &str = "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512";

/// Sends data both ways under the keys that a handshake gave.
fn talk(established: &Established, client: &mut dyn Client) {
    let mut data = Data::new(established);
    let long: Vec<u8> = (0..40_000u32).map(|i| i as u8).collect();

    assert_eq!((established.tx.seq, established.rx.seq), (0, 0));
    for text in [b"GET /\r\n".as_slice(), b"x", &long] {
        let sent = client.send(text);

        assert_eq!(data.open(&sent), text);

        let answer: Vec<u8> = text
            .chunks(1 << 14)
            .flat_map(|part| data.tx.seal(23, part))
            .collect();

        assert_eq!(client.receive(&answer), text);
    }
    // Padding is the client's to strip.
    let padded = data
        .tx
        .seal_inner(&[&b"padded"[..], &[23], &[0; 100]].concat());

    assert_eq!(client.receive(&padded), b"padded");
}

fn connect(config: &Arc<Config>, client: &mut dyn Client) -> Established {
    let server = ServerConnection::new(config.clone()).unwrap();
    let established = handshake(server, client, usize::MAX).unwrap();

    talk(&established, client);
    established
}

#[test]
fn rustls_every_suite_and_group() {
    for suite in Offer::default().suites {
        for group in Offer::default().groups {
            let offer = Offer {
                suites: &[suite],
                groups: &[group],
                ..Offer::default()
            };
            let mut client = Rustls::new(&offer);
            let agreed = connect(&config(), &mut client).negotiated;

            assert_eq!(agreed.suite.name(), *suite);
            assert_eq!(agreed.group.name(), *group);
            assert_eq!(agreed.signature, SignatureScheme::RsaPssRsaeSha256);
            assert_eq!(
                agreed.server_name.as_deref(),
                Some(b"server.test".as_slice())
            );
            assert!(agreed.alpn.is_none());
            assert!(!agreed.retried);
        }
    }
}

#[test]
fn openssl_every_suite_and_group() {
    for suite in CipherSuite::ALL {
        for group in NamedGroup::ALL {
            let name = match group {
                NamedGroup::X25519 => "X25519",
                NamedGroup::Secp256r1 => "P-256",
                NamedGroup::Secp384r1 => "P-384",
            };
            let offer = Offer {
                suites: &[suite.name()],
                groups: &[name],
                ..Offer::default()
            };
            let mut client = OpenSsl::new(&offer, ALL_SIGNATURES);
            let agreed = connect(&config(), &mut client).negotiated;

            assert_eq!(agreed.suite, *suite);
            assert_eq!(agreed.group, *group);
            assert_eq!(client.ssl().current_cipher().unwrap().name(), suite.name());
        }
    }
}

#[test]
fn every_rsa_key_size_and_signature() {
    let certificates = [
        ("server.test", certified!("server")),
        ("other.test", certified!("other")),
        ("big.test", certified!("big")),
    ];

    for (host, certificate) in certificates {
        let config = Config::builder()
            .unwrap()
            .certificate(certificate)
            .unwrap()
            .build()
            .unwrap();

        for scheme in SignatureScheme::ALL
            .iter()
            .filter(|scheme| **scheme != SignatureScheme::EcdsaSecp256r1Sha256)
        {
            let offer = Offer {
                groups: &["X25519"],
                host,
                ..Offer::default()
            };
            let mut client = OpenSsl::new(&offer, scheme.name());

            assert_eq!(connect(&config, &mut client).negotiated.signature, *scheme);
        }
    }
}

#[test]
fn hello_retry_request() {
    for cookie in [false, true] {
        for group in NamedGroup::ALL {
            let first = match group {
                NamedGroup::X25519 => "secp256r1",
                _ => "x25519",
            };

            for suite in Offer::default().suites {
                let config = builder()
                    .groups(&[*group])
                    .unwrap()
                    .retry_cookie(cookie)
                    .build()
                    .unwrap();
                let groups = &[first, group.name()];
                let mut client = Rustls::new(&Offer {
                    suites: &[suite],
                    groups,
                    ..Offer::default()
                });
                let agreed = connect(&config, &mut client).negotiated;

                assert_eq!(agreed.group, *group);
                assert!(agreed.retried);
            }

            let names = match group {
                NamedGroup::X25519 => ["P-256", "X25519"],
                NamedGroup::Secp256r1 => ["X25519", "P-256"],
                NamedGroup::Secp384r1 => ["X25519", "P-384"],
            };

            for suite in CipherSuite::ALL {
                let config = builder()
                    .groups(&[*group])
                    .unwrap()
                    .retry_cookie(cookie)
                    .build()
                    .unwrap();
                let offer = Offer {
                    suites: &[suite.name()],
                    groups: &names,
                    ..Offer::default()
                };
                let agreed = connect(&config, &mut OpenSsl::new(&offer, ALL_SIGNATURES)).negotiated;

                assert_eq!(agreed.group, *group);
                assert!(agreed.retried);
            }
        }
    }
}

#[test]
fn hello_retry_request_after_a_group_that_is_unknown() {
    // A share of ML-KEM alone: it is not looked into, and another is asked for.
    let offer = Offer {
        groups: &["X25519MLKEM768", "secp384r1"],
        ..Offer::default()
    };
    let agreed = connect(&config(), &mut Rustls::new(&offer)).negotiated;

    assert_eq!(agreed.group, NamedGroup::Secp384r1);
    assert!(agreed.retried);
}

#[test]
fn preferences_are_the_servers() {
    let config = builder()
        .suites(&[
            CipherSuite::ChaCha20Poly1305Sha256,
            CipherSuite::Aes128GcmSha256,
        ])
        .unwrap()
        .build()
        .unwrap();
    let agreed = connect(&config, &mut Rustls::new(&Offer::default())).negotiated;

    assert_eq!(agreed.suite, CipherSuite::ChaCha20Poly1305Sha256);
}

/// A configuration with an RSA and an ECDSA certificate, both for server.test, in either order.
fn two_certificates(ecdsa_first: bool) -> Arc<Config> {
    let mut certificates = vec![certified!("server"), certified!("ecdsa")];
    if ecdsa_first {
        certificates.reverse();
    }
    certificates
        .into_iter()
        .try_fold(Config::builder().unwrap(), |builder, certificate| {
            builder.certificate(certificate)
        })
        .unwrap()
        .build()
        .unwrap()
}

#[test]
fn ecdsa_certificate() {
    let config = Config::builder()
        .unwrap()
        .certificate(certified!("ecdsa"))
        .unwrap()
        .build()
        .unwrap();
    let offer = Offer {
        host: "ecdsa.test",
        ..Offer::default()
    };
    let agreed = connect(&config, &mut Rustls::new(&offer)).negotiated;
    assert_eq!(agreed.signature, SignatureScheme::EcdsaSecp256r1Sha256);

    let mut client = OpenSsl::new(&offer, "ecdsa_secp256r1_sha256");
    let agreed = connect(&config, &mut client).negotiated;
    assert_eq!(agreed.signature, SignatureScheme::EcdsaSecp256r1Sha256);

    // A client that takes none but RSA signatures is refused.
    let server = ServerConnection::new(config).unwrap();
    let mut client = OpenSsl::new(&offer, ALL_SIGNATURES);
    match handshake(server, &mut client, usize::MAX) {
        Err(Failure::Server(e)) => assert_eq!(e.kind(), ErrorKind::PeerIncompatible,),
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[test]
fn certificate_is_chosen_by_signature_algorithms() {
    for ecdsa_first in [false, true] {
        let config = two_certificates(ecdsa_first);
        for (offered, wanted) in [
            (ALL_SIGNATURES, SignatureScheme::RsaPssRsaeSha256),
            (
                "ecdsa_secp256r1_sha256",
                SignatureScheme::EcdsaSecp256r1Sha256,
            ),
        ] {
            let mut client = OpenSsl::new(&Offer::default(), offered);
            let agreed = connect(&config, &mut client).negotiated;
            assert_eq!(agreed.signature, wanted);
        }
        // Who takes both gets the first one.
        let agreed = connect(&config, &mut Rustls::new(&Offer::default())).negotiated;
        assert_eq!(
            agreed.signature == SignatureScheme::EcdsaSecp256r1Sha256,
            ecdsa_first
        );
    }
}

#[test]
fn certificate_is_chosen_by_server_name() {
    let config = builder()
        .certificate(certified!("other"))
        .unwrap()
        .certificate(certified!("big"))
        .unwrap()
        .build()
        .unwrap();

    for (host, file) in [
        ("server.test", fixture!("server.der")),
        ("SERVER.test", fixture!("server.der")),
        ("x.wild.test", fixture!("server.der")),
        ("other.test", fixture!("other.der")),
        ("big.test", fixture!("big.der")),
    ] {
        let mut client = Rustls::new(&Offer {
            host,
            ..Offer::default()
        });

        connect(&config, &mut client);
        assert_eq!(&*client.connection.peer_certificates().unwrap()[0], file);
    }
    // A name that none is for: the client gets the first one, and refuses it.
    let server = ServerConnection::new(config).unwrap();
    let mut client = Rustls::new(&Offer {
        host: "unknown.test",
        ..Offer::default()
    });

    match handshake(server, &mut client, usize::MAX) {
        Err(Failure::Client(e)) => assert!(
            e.contains("NotValidForName") || e.contains("not valid for"),
            "{e}"
        ),
        _ => panic!("the client takes a certificate for another name"),
    }
}

#[test]
fn alpn() {
    let config = builder()
        .alpn(b"h2")
        .unwrap()
        .alpn(b"http/1.1")
        .unwrap()
        .build()
        .unwrap();
    let offer = |alpn| Offer {
        alpn,
        ..Offer::default()
    };

    // The server's order counts.
    for (alpn, expected) in [
        (&["http/1.1", "h2"][..], Some(b"h2".as_slice())),
        (&["http/1.1", "x"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let mut client = Rustls::new(&offer(alpn));
        let agreed = connect(&config, &mut client).negotiated;

        assert_eq!(agreed.alpn.as_deref(), expected);
        assert_eq!(client.connection.alpn_protocol(), expected);
    }

    let server = ServerConnection::new(config).unwrap();

    match handshake(server, &mut Rustls::new(&offer(&["spdy"])), usize::MAX) {
        Err(Failure::Server(e)) => {
            assert_eq!(e.alert(), Some(AlertDescription::NoApplicationProtocol));
            assert_eq!(e.kind(), ErrorKind::PeerIncompatible);
        }
        _ => panic!("a protocol in common was made up"),
    }
    // A server without ALPN ignores it.
    let agreed = connect(&common::config(), &mut Rustls::new(&offer(&["spdy"]))).negotiated;

    assert!(agreed.alpn.is_none());
}

#[test]
fn byte_at_a_time() {
    for chunk in [1, 2, 3, 7, 100] {
        let mut client = Rustls::new(&Offer::default());
        let established = handshake(server(), &mut client, chunk).unwrap();

        talk(&established, &mut client);
    }
}

#[test]
fn output_byte_at_a_time() {
    let mut server = server();
    let mut client = Rustls::new(&Offer::default());
    let hello = client.step(&[]).unwrap();

    assert_eq!(
        feed_by(&mut server, &hello, usize::MAX),
        (hello.len(), Ok(()))
    );

    let mut finished = vec![];

    while let Some(&byte) = server.output().first() {
        server.sent(1);
        finished.extend(client.step(&[byte]).unwrap());
        assert!(!server.is_complete());
    }
    feed_by(&mut server, &finished, usize::MAX).1.unwrap();
    assert!(server.is_complete());
    talk(&server.into_established().unwrap(), &mut client);
}

#[test]
fn data_right_after_the_finished_is_left_alone() {
    let mut server = server();
    let mut client = Rustls::new(&Offer::default());
    let hello = client.step(&[]).unwrap();

    feed_by(&mut server, &hello, usize::MAX).1.unwrap();

    let mut flight = client.step(&output(&mut server)).unwrap();
    let handshake_len = flight.len();

    flight.extend(client.send(b"early bird"));

    let (taken, result) = feed_by(&mut server, &flight, usize::MAX);

    result.unwrap();
    assert_eq!(taken, handshake_len);
    assert!(server.wanted().is_empty());
    assert!(server.is_complete());

    let mut data = Data::new(&server.into_established().unwrap());

    assert_eq!(data.open(&flight[taken..]), b"early bird");
}

#[test]
fn hello_in_pieces() {
    // A handshake message may be cut into records anywhere.
    for size in [1, 5, 50, 1000] {
        let mut server = server();
        let mut client = Rustls::new(&Offer::default());
        let hello = client.step(&[]).unwrap();
        let cut: Vec<u8> = hello[5..]
            .chunks(size)
            .flat_map(|part| common::record(22, part))
            .collect();

        feed_by(&mut server, &cut, usize::MAX).1.unwrap();

        let flight = client.step(&output(&mut server)).unwrap();

        feed_by(&mut server, &flight, usize::MAX).1.unwrap();
        assert!(server.is_complete());
    }
}

#[test]
fn the_oldest_clients_are_told() {
    let mut client = Rustls::new(&Offer {
        tls12: true,
        ..Offer::default()
    });

    match handshake(server(), &mut client, usize::MAX) {
        Err(Failure::Server(e)) => assert_eq!(e.alert(), Some(AlertDescription::ProtocolVersion)),
        _ => panic!("TLS 1.2 was spoken"),
    }
}

#[test]
fn a_client_that_refuses_the_certificate() {
    let mut server = server();
    let mut client = Rustls::new(&Offer {
        host: "unknown.test",
        ..Offer::default()
    });
    let hello = client.step(&[]).unwrap();

    feed_by(&mut server, &hello, usize::MAX).1.unwrap();

    let flight = output(&mut server);

    client.step(&flight).unwrap_err();

    let (_, result) = feed_by(&mut server, &client.last_words, usize::MAX);

    assert!(matches!(
        result.unwrap_err().kind(),
        ErrorKind::PeerAlert(_)
    ));
    assert!(server.output().is_empty(), "an alert is not answered");
}

#[test]
fn many_at_once_with_one_configuration() {
    std::thread::scope(|scope| {
        let config = config();

        for _ in 0..4 {
            let config = config.clone();

            scope.spawn(move || {
                // Interleaved: all send their hello before any goes on.
                let mut pairs: Vec<_> = (0..8)
                    .map(|_| {
                        let server = ServerConnection::new(config.clone()).unwrap();

                        (server, Rustls::new(&Offer::default()), vec![])
                    })
                    .collect();

                for _ in 0..3 {
                    for (server, client, to_client) in &mut pairs {
                        let flight = client.step(to_client).unwrap();

                        feed_by(server, &flight, usize::MAX).1.unwrap();
                        *to_client = output(server);
                    }
                }
                for (server, mut client, _) in pairs {
                    talk(&server.into_established().unwrap(), &mut client);
                }
            });
        }
    });
}

#[test]
fn records_of_the_flight() {
    let mut server = server();
    let mut client = Rustls::new(&Offer::default());
    let hello = client.step(&[]).unwrap();

    feed_by(&mut server, &hello, usize::MAX).1.unwrap();

    let out = output(&mut server);
    let kinds: Vec<u8> = records(&out).iter().map(|record| record[0]).collect();

    // ServerHello, change_cipher_spec (rustls asks for it), the rest in one record.
    assert_eq!(kinds, [22, 20, 23]);
}
