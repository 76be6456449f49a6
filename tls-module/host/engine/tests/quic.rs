// SPDX-License-Identifier: GPL-2.0

//! QUIC with Quinn as the client, over networks good and bad. Each pass condition is that of the
//! case of the same name of the QUIC interop runner, where there is one.

#![forbid(unsafe_code)]

mod common;
#[path = "common/quinn.rs"]
mod quinn;

use engine::quic::{
    limits,
    CloseReason,
    Config,
    Discard,
    Reply,
    RetryPolicy,
    Share, //
};
use kernel::sync::Arc as KArc;
use quinn::{
    config,
    Dice,
    Network,
    Offer,
    World, //
};
use quinn_proto::{
    ConnectionError,
    Dir,
    Side,
    TransportErrorCode,
    VarInt, //
};
use rustls::crypto::aws_lc_rs::cipher_suite;
use std::time::Duration;

const MIB: u64 = 1 << 20;

fn lossy(percent: u64) -> Network {
    Network {
        loss: percent,
        ..Network::default()
    }
}

/// A server that waits as long as it takes where a third of all is lost: probes are sent after one
/// second, two, four and so on.
fn patient() -> KArc<Config> {
    config(|config| {
        config
            .handshake_timeout_ms(600_000)
            .idle_timeout_ms(600_000)
    })
}

#[test]
fn handshake_and_page() {
    let mut world = World::new(1, Network::default());
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);

    let id = world.ask(handle, "/");

    world.until(5, |world| world.quinn(handle).answer(id).fin);

    assert!(world.quinn(handle).answer(id).bytes.starts_with(b"TLS_"));
    assert!(world.peer().connection.is_established());
    assert_eq!(world.server.half_open(), 0);

    world.close(handle);
    world.until(5, |world| world.peers.is_empty());
    assert!(world.server.is_empty());
}

#[test]
fn every_suite() {
    for (suite, name) in [
        (
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            "TLS_AES_128_GCM_SHA256",
        ),
        (
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            "TLS_AES_256_GCM_SHA384",
        ),
        (
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
            "TLS_CHACHA20_POLY1305_SHA256",
        ),
    ] {
        let mut world = World::new(2, Network::default());
        let handle = world.connect(&Offer {
            suites: vec![suite],
            ..Offer::default()
        });

        world.handshake(handle, 5);
        world.get(handle, 100_000, 30);

        let negotiated = world.peer().connection.negotiated().unwrap();

        assert_eq!(negotiated.suite.name(), name);
    }
}

#[test]
fn transfer_of_many_sizes() {
    let mut world = World::new(3, Network::default());
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    for len in [0, 1, 63, 64, 65, 1199, 1200, 4096, 65_536, 1_000_003] {
        world.get(handle, len, 60);
    }
    assert!(world.largest <= 1200);
}

#[test]
fn transfer_of_100_mib() {
    let mut world = World::new(
        4,
        Network {
            delay: Duration::from_millis(1),
            ..Network::default()
        },
    );
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    world.get(handle, 100 * MIB, 600);
}

#[test]
fn handshake_loss() {
    for seed in 0..20 {
        let mut world = World::with(seed, lossy(30), patient());
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 600);
        world.get(handle, 1000, 600);
    }
}

#[test]
fn transfer_loss() {
    for seed in 0..3 {
        let mut world = World::with(seed, lossy(30), patient());
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 600);
        world.get(handle, MIB, 3600);
    }
}

#[test]
fn handshake_corruption() {
    let network = Network {
        corruption: 30,
        ..Network::default()
    };

    for seed in 0..20 {
        let mut world = World::with(seed, network, patient());
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 600);
        world.get(handle, 1000, 600);
    }
}

#[test]
fn transfer_corruption() {
    let mut world = World::with(
        5,
        Network {
            corruption: 30,
            ..Network::default()
        },
        patient(),
    );
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 600);
    world.get(handle, MIB, 3600);
    assert_ne!(world.peer().connection.statistics().packets_dropped, 0);
}

#[test]
fn disorder() {
    for seed in 0..5 {
        let mut world = World::new(
            seed,
            Network {
                duplication: 20,
                jitter: Duration::from_millis(30),
                loss: 2,
                ..Network::default()
            },
        );
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 600);
        world.get(handle, MIB, 600);
    }
}

#[test]
fn long_rtt() {
    let mut world = World::new(
        6,
        Network {
            delay: Duration::from_millis(375),
            ..Network::default()
        },
    );
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 10);
    world.get(handle, MIB, 120);
}

#[test]
fn congestion_marks() {
    let mut world = World::new(
        7,
        Network {
            marks: 5,
            ..Network::default()
        },
    );
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    world.get(handle, MIB, 120);
}

#[test]
fn retry() {
    let config = config(|config| {
        config
            .retry(RetryPolicy::Always)
            .handshake_timeout_ms(600_000)
    });

    for network in [Network::default(), lossy(20)] {
        let mut world = World::with(8, network, config.clone());
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 600);
        assert!(world.replies.contains(&Reply::Retry));
        world.get(handle, 1000, 600);
    }
}

#[test]
fn version_negotiation() {
    let mut world = World::new(9, Network::default());
    let handle = world.connect(&Offer {
        version: 0xff00_001d,
        ..Offer::default()
    });

    world.until(5, |world| world.quinn(handle).lost.is_some());
    assert_eq!(world.replies, [Reply::VersionNegotiation]);
    assert!(matches!(
        world.quinn(handle).lost,
        Some(ConnectionError::VersionMismatch)
    ));
    assert!(world.server.is_empty());
}

#[test]
fn version_negotiation_has_reserved_versions() {
    let mut seen = std::collections::HashSet::new();

    for wanted in 0..64u32 {
        let mut world = World::new(9, Network::default());
        let wanted = 0x0a0a_0a0a | wanted << 28;
        let mut datagram = [0; 1200];

        datagram[0] = 0xc0;
        datagram[1..5].copy_from_slice(&wanted.to_be_bytes());

        let address = world.client_address;

        world.hand(address, 0, &mut datagram);

        let [answer] = &world.answers[..] else {
            panic!("{} answers", world.answers.len());
        };
        let versions: Vec<u32> = answer[7..]
            .chunks(4)
            .map(|version| u32::from_be_bytes(version.try_into().unwrap()))
            .collect();

        assert_eq!((versions.len(), versions[0]), (2, 1));
        assert_eq!(versions[1] & 0x0f0f_0f0f, 0x0a0a_0a0a);
        assert_ne!(versions[1], wanted);
        seen.insert(versions[1]);
    }
    assert!(seen.len() > 60);
}

#[test]
fn key_update() {
    for loss in [0, 10] {
        let mut world = World::with(10, lossy(loss), patient());
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 600);
        for _ in 0..10 {
            world.get(handle, 20_000, 600);
            world.pass(Duration::from_secs(2));
            world.quinn(handle).connection.force_key_update();
        }
        world.get(handle, 20_000, 600);
    }
}

#[test]
fn rebind() {
    for loss in [0, 10] {
        let mut world = World::with(11, lossy(loss), patient());
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 600);
        world.get(handle, 10_000, 600);
        // A new port, as behind a NAT that has forgotten the old one, then a new address.
        for to in ["192.0.2.1:41000", "198.51.100.7:40000"] {
            world.client_address = to.parse().unwrap();
            world.quinn(handle).connection.ping();
            world.get(handle, 100_000, 600);
        }
        // A migration of the client's own, with another connection id.
        world.client_address = "198.51.100.8:40001".parse().unwrap();
        world.quinn(handle).connection.local_address_changed();
        world.get(handle, 100_000, 600);
    }
}

/// The client's packets come from elsewhere for a while, where nothing reaches it, and then from
/// where they came before.
#[test]
fn there_and_back() {
    let mut world = World::new(15, Network::default());
    let handle = world.connect(&Offer::default());
    let home = world.client_address;

    world.handshake(handle, 5);
    world.get(handle, 10_000, 5);
    world.client_address = "198.51.100.7:40000".parse().unwrap();
    world.quinn(handle).connection.ping();
    world.step();
    world.network.loss = 100;
    world.pass(Duration::from_millis(2500));
    world.network.loss = 0;
    world.client_address = home;
    world.quinn(handle).connection.ping();
    world.get(handle, 100_000, 60);
    world.network.loss = 100;
    world.pass(Duration::from_secs(2));
    world.network.loss = 0;
    world.get(handle, 100_000, 60);
}

/// Three times what came from the new address is room for a challenge, and for a part of another,
/// which is no reason to wake up.
#[test]
fn rebind_by_a_small_packet() {
    for len in (300..420).step_by(4) {
        let mut world = World::new(14, Network::default());
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 5);
        world.get(handle, 1000, 5);
        world.pass(Duration::from_millis(100));
        world.client_address = "192.0.2.1:41000".parse().unwrap();

        let id = world
            .quinn(handle)
            .connection
            .streams()
            .open(Dir::Bi)
            .unwrap();

        world.write(handle, id, &vec![b' '; len]);
        world.step();
        // The client's answers do not arrive.
        world.network.loss = 100;
        world.pass(Duration::from_secs(2));
        world.network.loss = 0;
        world.get(handle, 100_000, 60);
    }
}

#[test]
fn ipv6() {
    let mut world = World::new(12, Network::default());

    world.client_address = "[2001:db8::1]:40000".parse().unwrap();
    world.server_address = "[2001:db8::2]:443".parse().unwrap();

    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    world.get(handle, 100_000, 60);
}

#[test]
fn multiconnect() {
    let mut world = World::with(13, lossy(30), patient());
    let handles: Vec<_> = (0..50).map(|_| world.connect(&Offer::default())).collect();

    let mut asked: Vec<(_, _)> = vec![];

    // The runner's condition is that all get theirs; each asks as soon as it may.
    world.until(600, |world| {
        for &handle in &handles {
            let quinn = world.quinn(handle);

            if let Some(lost) = quinn.lost.clone() {
                let done = asked
                    .iter()
                    .find(|(other, _)| *other == handle)
                    .is_some_and(|(_, id)| quinn.answer(*id).fin);

                assert!(done, "{lost:?}");
            }
            if quinn.connected && !asked.iter().any(|(other, _)| *other == handle) {
                asked.push((handle, world.ask(handle, "/bytes/1000")));
            }
        }
        asked.len() == 50
            && asked
                .iter()
                .all(|(handle, id)| world.quinn(*handle).answer(*id).fin)
    });
}

/// A client that says nothing new has not heard the server: it hears it at once, long before the
/// server's own timeout (RFC 9002, 6.2.3).
#[test]
fn flight_asked_for() {
    let mut world = World::new(19, lossy(100));
    let handle = world.connect(&Offer::default());

    // The client is heard after a second, and its next timeout is two seconds later.
    world.pass(Duration::from_millis(500));
    world.network.loss = 0;
    world.until(2, |world| !world.peers.is_empty());
    world.network.loss = 100;
    // The flight, and what follows its first timeout; the second is two seconds after that.
    world.pass(Duration::from_millis(1500));
    world.network.loss = 0;
    world.handshake(handle, 2);
    assert!(world.elapsed() < Duration::from_millis(4100));
}

#[test]
fn many_streams() {
    let mut world = World::new(14, lossy(5));
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 600);
    // More in all than may be open at once.
    for _ in 0..4 {
        let ids: Vec<_> = (0..60)
            .map(|n| world.ask(handle, &format!("/bytes/{}", n * 500)))
            .collect();

        world.until(300, |world| {
            ids.iter().all(|id| world.quinn(handle).answer(*id).fin)
        });
        for (n, id) in (0..).zip(ids) {
            assert_eq!(world.quinn(handle).answer(id).len, n * 500);
        }
        world.pass(Duration::from_millis(200));
    }
}

#[test]
fn small_windows() {
    let mut world = World::new(15, lossy(5));
    let handle = world.connect(&Offer {
        transport: |transport| {
            transport.receive_window(VarInt::from_u32(3000));
            transport.stream_receive_window(VarInt::from_u32(1000));
        },
        ..Offer::default()
    });

    world.handshake(handle, 600);
    world.get(handle, 200_000, 600);
}

#[test]
fn stop_and_reset() {
    let mut world = World::new(16, Network::default());
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);

    // An answer that nobody wants any more.
    let id = world.ask(handle, "/bytes/104857600");

    world.until(30, |world| world.quinn(handle).answer(id).len > 100_000);

    let quinn = world.quinn(handle);

    quinn
        .connection
        .recv_stream(id)
        .stop(VarInt::from_u32(7))
        .unwrap();
    world.pass(Duration::from_secs(2));

    let sent = world.sent;

    world.pass(Duration::from_secs(2));
    assert!(world.sent - sent < 5000, "it goes on sending");

    world.check(handle);

    // A request that is broken off.
    let quinn = world.quinn(handle);
    let id = quinn.connection.streams().open(Dir::Bi).unwrap();
    let mut stream = quinn.connection.send_stream(id);

    stream.write(b"GET /by").unwrap();
    stream.reset(VarInt::from_u32(9)).unwrap();

    // What is no request.
    let id = world.ask(handle, "/nowhere");

    world.until(5, |world| world.quinn(handle).answer(id).reset.is_some());

    // Streams in one direction have no answer, and no harm in them.
    let quinn = world.quinn(handle);
    let id = quinn.connection.streams().open(Dir::Uni).unwrap();
    let mut stream = quinn.connection.send_stream(id);

    stream.write(&[1; 1000]).unwrap();
    stream.finish().unwrap();
    world.get(handle, 1000, 10);
}

/// A client that wants no answer any more, and then breaks its request off, too.
#[test]
fn stopped_and_then_reset() {
    let mut world = World::new(19, Network::default());
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);

    let code = VarInt::from_u32(7);
    let quinn = &mut world.quinn(handle).connection;
    let id = quinn.streams().open(Dir::Bi).unwrap();

    world.write(handle, id, b"GET /bytes/10000000\r\n");
    world.until(5, |world| world.quinn(handle).has_any(id));

    let quinn = &mut world.quinn(handle).connection;

    quinn.recv_stream(id).stop(code).unwrap();
    world.pass(Duration::from_secs(1));
    world
        .quinn(handle)
        .connection
        .send_stream(id)
        .reset(code)
        .unwrap();
    world.pass(Duration::from_secs(1));
    world.get(handle, 100_000, 10);
}

/// A stream has one request: what follows it is of no interest, and does no harm to the answer.
#[test]
fn one_request_on_a_stream() {
    let mut world = World::new(19, Network::default());
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);

    let quinn = &mut world.quinn(handle).connection;
    let id = quinn.streams().open(Dir::Bi).unwrap();

    world.write(handle, id, b"GET /bytes/100000\r\n");
    world.until(5, |world| world.quinn(handle).has_any(id));
    world.write(handle, id, b"GET /bytes/5\r\nand more");
    world.until(5, |world| world.quinn(handle).has_all(id));
    world.write(handle, id, b"GET /bytes/5\r\n");
    world
        .quinn(handle)
        .connection
        .send_stream(id)
        .finish()
        .unwrap();
    world.pass(Duration::from_secs(1));
    assert_eq!(world.quinn(handle).answer(id).len, 100_000);
    world.get(handle, 100_000, 10);
}

#[test]
fn amplification_limit() {
    // Nothing of the client's comes after its first datagram, which another has the address of.
    for seed in 0..3 {
        let mut world = World::new(seed, Network::default());

        world.watch_amplification = true;

        let handle = world.connect(&Offer::default());

        world.step();
        world.until(5, |world| !world.peers.is_empty());
        world.clients.remove(&handle);
        world.until(60, |world| world.peers.is_empty());
        assert!(world.server.is_empty());
        assert_eq!(world.server.half_open(), 0);
    }
}

#[test]
fn amplification_limit_with_loss() {
    for seed in 0..10 {
        let mut world = World::new(seed, lossy(40));

        world.watch_amplification = true;

        let handle = world.connect(&Offer::default());

        world.until(60, |world| {
            let over = world
                .peers
                .values()
                .any(|peer| !peer.connection.is_handshaking());

            world.quinn(handle).connected || over
        });
    }
}

#[test]
fn alpn_is_required() {
    for alpn in [vec![], vec![b"h3".to_vec()]] {
        let mut world = World::new(17, Network::default());
        let handle = world.connect(&Offer {
            alpn,
            ..Offer::default()
        });

        world.until(5, |world| world.quinn(handle).lost.is_some());
        // no_application_protocol.
        match world.quinn(handle).lost.clone() {
            Some(ConnectionError::ConnectionClosed(close)) => {
                assert_eq!(close.error_code, TransportErrorCode::crypto(120));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn alert_of_the_client() {
    let mut world = World::new(18, Network::default());
    let handle = world.connect(&Offer {
        host: "another.test",
        ..Offer::default()
    });

    world.until(5, |world| world.quinn(handle).lost.is_some());
    world.until(60, |world| world.peers.is_empty());
    assert!(world.server.is_empty());
    assert!(world.ends[0].is_some());
}

#[test]
fn closed_by_the_server() {
    let mut world = World::new(19, lossy(20));
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 30);
    world.get(handle, 10, 30);

    let now = engine::quic::Instant::from_nanos(world.elapsed().as_nanos() as u64);

    world.peer().connection.close(now, 42, b"");
    world.until(60, |world| world.peers.is_empty());
    world.until(60, |world| world.quinn(handle).lost.is_some());
}

#[test]
fn stateless_reset() {
    let mut world = World::new(20, Network::default());
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    world.get(handle, 1000, 5);

    // The server forgets.
    world.forget();
    world.ask(handle, "/bytes/1000");
    world.until(30, |world| world.quinn(handle).lost.is_some());
    assert!(world.replies.contains(&Reply::StatelessReset));
    assert!(matches!(
        world.quinn(handle).lost,
        Some(ConnectionError::Reset)
    ));
}

#[test]
fn stateless_reset_by_the_client() {
    let mut world = World::new(27, Network::default());
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    world.get(handle, 10_000, 60);
    // The id of its first packets came without a token: the client moves on to another.
    assert!(world.peer().connection.expected_reset().is_none());
    world.client_address = "198.51.100.8:40001".parse().unwrap();
    world.quinn(handle).connection.local_address_changed();
    world.get(handle, 10_000, 60);
    assert!(world.peer().connection.expected_reset().is_some());

    // Ends of datagrams that are no tokens end nothing, wherever they go.
    let (here, there) = (world.client_address, "198.51.100.9:1".parse().unwrap());

    for len in [20, 21, 43, 1200] {
        world.hand(here, 0, &mut [0x55; 1200][..len]);
    }
    assert!(world.peer().connection.is_established());

    world.ask(handle, "/bytes/1000000");
    world.pass(Duration::from_millis(15));
    world.lose(handle);

    // Long before it would be idle.
    world.until(2, |world| !world.ends.is_empty());
    assert_eq!(world.ends, [Some(CloseReason::Reset)]);
    assert!(world.server.is_empty());
    world.hand(there, 0, &mut [0x55; 43]);
}

#[test]
fn little_memory() {
    const LIMIT: usize = 1 << 20;

    let config = config(|config| config.max_bytes(LIMIT).retry(RetryPolicy::Never));
    let mut world = World::with(28, Network::default(), config);
    let clients: Vec<_> = (0..8).map(|_| world.connect(&Offer::default())).collect();

    for &handle in &clients {
        world.handshake(handle, 5);
    }
    for &handle in &clients {
        world.ask(handle, "/bytes/2000000");
    }

    let (mut most, mut refused) = (0, None);

    world.until(600, |world| {
        most = most.max(world.server.memory().held());
        if world.server.memory().is_short() && refused.is_none() {
            refused = Some(world.connect(&Offer::default()));
        }
        clients.iter().all(|handle| world.clients[handle].is_done())
    });
    // Two of them filled it up; the others had what is left to each, and all got everything.
    assert!(most > LIMIT, "{most}");
    assert!(most < LIMIT + LIMIT + 8 * (64 << 10), "{most}");

    // Nobody came in meanwhile.
    let refused = refused.unwrap();

    assert!(world.replies.contains(&Reply::Refusal));
    assert!(matches!(
        &world.quinn(refused).lost,
        Some(ConnectionError::ConnectionClosed(close))
            if close.error_code == TransportErrorCode::CONNECTION_REFUSED
    ));

    // What is over is given back.
    for &handle in &clients {
        world.close(handle);
    }
    world.until(60, |world| world.server.is_empty());
    assert_eq!(world.server.memory().held(), 0);

    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
}

#[test]
fn little_memory_for_what_cannot_be_read() {
    for short in [false, true] {
        let mut world = World::new(29, Network::default());
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 5);
        world.get(handle, 1000, 5);

        // The beginning is lost, and the rest comes before it is sent again.
        let id = world.quinn(handle).connection.streams().open(Dir::Bi);
        let id = id.unwrap();

        world.network.loss = 100;
        world.write(handle, id, &[b'x'; 1000]);
        world.step();
        world.network.loss = 0;

        let mut others = Share::new(world.server.memory().clone());

        others.set(if short { 1 << 30 } else { 0 });
        world.write(handle, id, &[b'x'; limits::SHORT_RECEIVE_BUFFER + 5000]);
        world.pass(Duration::from_secs(5));
        match &world.quinn(handle).lost {
            None => assert!(!short),
            Some(ConnectionError::ConnectionClosed(close)) => {
                assert!(short);
                assert_eq!(close.error_code, TransportErrorCode::INTERNAL_ERROR);
            }
            Some(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn begun_requests_hold_little() {
    let mut world = World::new(31, Network::default());
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);

    let mut others = Share::new(world.server.memory().clone());

    others.set(1 << 30);

    let open = |world: &mut World| {
        let id = world.quinn(handle).connection.streams().open(Dir::Bi);

        id.unwrap()
    };
    let ids: Vec<_> = (0..60).map(|_| open(&mut world)).collect();

    for &id in &ids {
        world.write(handle, id, b"GET /bytes/10");
    }
    world.pass(Duration::from_secs(1));
    world.check(handle);
    assert!(world.peer().connection.bytes_held() < 48 << 10);

    for &id in &ids {
        world.write(handle, id, b"\r\n");
    }
    world.until(10, |world| {
        world.check(handle);
        ids.iter().all(|&id| world.quinn(handle).has_all(id))
    });
    assert!(ids
        .iter()
        .all(|&id| world.quinn(handle).answer(id).bytes == b"0123456789"));

    // Requests that are as long as may be, none of which ends: most are refused.
    let ids: Vec<_> = (0..30).map(|_| open(&mut world)).collect();

    for &id in &ids {
        world.write(handle, id, &[b'x'; 2000]);
    }
    world.pass(Duration::from_secs(2));
    world.check(handle);

    let refused = |world: &mut World, id| {
        world.quinn(handle).has_any(id) && world.quinn(handle).answer(id).reset.is_some()
    };
    let count = ids.iter().filter(|&&id| refused(&mut world, id)).count();

    assert!((20..30).contains(&count), "{count}");
}

#[test]
fn idle() {
    let config = config(|config| config.idle_timeout_ms(3000));
    let mut world = World::with(21, Network::default(), config);
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    world.get(handle, 1000, 5);

    let before = world.elapsed();

    world.until(10, |world| world.peers.is_empty());
    assert!(world.elapsed() - before < Duration::from_secs(5));
    world.until(10, |world| world.quinn(handle).lost.is_some());
    assert!(matches!(
        world.quinn(handle).lost,
        Some(ConnectionError::TimedOut)
    ));
}

/// The first datagrams of so many clients.
fn initials(n: u64) -> Vec<Vec<u8>> {
    let mut world = World::new(n, Network::default());

    (0..n)
        .map(|_| {
            let handle = world.connect(&Offer::default());
            let now = world.now();
            let mut client = world.clients.remove(&handle).unwrap();
            let mut bytes = vec![];

            let _ = client.connection.poll_transmit(now, 1, &mut bytes).unwrap();
            bytes
        })
        .collect()
}

#[test]
fn flood_of_initials() {
    let config = config(|config| {
        config
            .retry_threshold(16)
            .max_half_open(32)
            .max_connections(64)
    });
    let mut world = World::with(22, Network::default(), config);

    for (n, mut initial) in (0..).zip(initials(200)) {
        let address = format!("198.51.100.{}:{}", n % 250, 1000 + n)
            .parse()
            .unwrap();

        world.hand(address, 0, &mut initial);
        assert!(world.server.half_open() <= 16);
    }
    assert!(
        world
            .replies
            .iter()
            .filter(|&&reply| reply == Reply::Retry)
            .count()
            >= 180
    );

    // Who is where it says gets in.
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    world.get(handle, 1000, 5);
    world.until(120, |world| world.server.half_open() == 0);
}

#[test]
fn forged_initials() {
    let mut world = World::new(23, Network::default());
    let mut dice = Dice(23);

    for mut initial in initials(100) {
        // Anywhere behind what is parsed before the keys are known.
        let at = 60 + dice.roll() as usize % (initial.len() - 60);

        initial[at] ^= 1 << (dice.roll() % 8);

        let address = world.client_address;

        world.hand(address, 0, &mut initial);
    }
    // At once, and who sent the real one is not kept out by what the forgery said.
    world.step();
    assert_eq!(world.sent, 0);
    assert!(world.replies.is_empty());
    assert!(world.server.is_empty());

    // And short ones, and those with short ids.
    for mut initial in initials(3) {
        let address = world.client_address;

        world.hand(address, 0, &mut initial[..1199]);
        initial[5] = 7;
        world.hand(address, 0, &mut initial);
    }
    assert!(world.server.is_empty());
}

/// Handshakes that fail at once keep their places until they are forgotten: who begins many is
/// asked where it is, as is everybody then.
#[test]
fn failed_handshakes_count() {
    let config = config(|config| config.retry(RetryPolicy::UnderPressure).retry_threshold(8));
    let mut world = World::with(20, Network::default(), config);

    for _ in 0..8 {
        world.connect(&Offer {
            alpn: vec![b"other".to_vec()],
            ..Offer::default()
        });
    }
    world.pass(Duration::from_millis(50));
    assert_eq!(world.server.half_open(), 8);
    assert!(world.peers.values().all(|peer| peer.connection.is_closed()));

    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    assert_eq!(world.replies, [Reply::Retry]);
    world.until(10, |world| world.server.len() == 1);
    assert_eq!(world.server.half_open(), 0);
}

/// However many datagrams are answered with a reset, clients get their Retry.
#[test]
fn resets_leave_retries() {
    let mut world = World::with(
        21,
        Network::default(),
        config(|config| config.retry(RetryPolicy::Always)),
    );
    let address = "198.51.100.8:40001".parse().unwrap();

    for n in 0..30_000u32 {
        let mut junk = [0x40; 60];

        junk[1..5].copy_from_slice(&n.to_be_bytes());
        world.hand(address, 0, &mut junk);
    }
    assert!(world.dropped.contains(&Discard::RateLimited));
    world.replies.clear();

    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);
    assert_eq!(world.replies, [Reply::Retry]);
}

#[test]
fn noise() {
    let mut world = World::new(24, Network::default());
    let handle = world.connect(&Offer::default());

    world.handshake(handle, 5);

    // A connection goes on whatever else comes from its own address.
    let mut dice = Dice(24);

    for _ in 0..20 {
        for _ in 0..100 {
            let len = 1 + dice.roll() as usize % 1500;
            let mut bytes: Vec<u8> = (0..len).map(|_| dice.roll() as u8).collect();
            let address = world.client_address;

            world.hand(address, (dice.roll() % 4) as u8, &mut bytes);
        }
        world.get(handle, 10_000, 30);
    }
    assert_eq!(world.peers.len(), 1);
}

#[test]
fn zero_rtt_is_not_taken() {
    // The server gives no tickets: a client that comes back shakes hands in full.
    let mut world = World::new(25, Network::default());

    for _ in 0..2 {
        let handle = world.connect(&Offer::default());

        assert!(!world.quinn(handle).connection.has_0rtt());
        world.handshake(handle, 5);
        world.get(handle, 100, 5);
        assert_eq!(world.quinn(handle).connection.side(), Side::Client);
        assert!(!world.quinn(handle).connection.accepted_0rtt());
    }
}

#[test]
fn zero_rtt_packets_are_dropped() {
    let mut world = World::new(30, Network::default());
    let mut initial = initials(1).remove(0);
    // The same ids in the header of a 0-RTT packet, which has no token.
    let scid = 6 + usize::from(initial[5]);
    let ids = 5..scid + 1 + usize::from(initial[scid]);
    let mut early = vec![0xd0, 0, 0, 0, 1];

    early.extend_from_slice(&initial[ids]);
    early.extend_from_slice(&[0x44, 0x00]);
    early.resize(early.len() + 0x400, 0x55);

    // Before its Initial it is for nobody, and is not answered.
    let address = world.client_address;

    world.hand(address, 0, &mut early.clone());
    assert_eq!(world.dropped, [Discard::Unknown]);
    assert!(world.server.is_empty() && world.replies.is_empty());

    world.hand(address, 0, &mut initial);
    assert_eq!(world.peer().connection.statistics().packets_dropped, 0);
    world.hand(address, 0, &mut early);
    assert_eq!(world.peer().connection.statistics().packets_dropped, 1);
    assert!(world.peer().connection.is_handshaking());
}

#[test]
fn every_handshake_comes_through() {
    for seed in 0..300 {
        let mut world = World::with(seed, lossy(30), patient());
        let handle = world.connect(&Offer::default());

        world.handshake(handle, 600);
    }
}
