// SPDX-License-Identifier: GPL-2.0

//! Tests of UDP sockets, over the loopback device.

use super::{
    loopback_up,
    pattern,
    retry,
    wait,
    Counts,
    Handler, //
};
use crate::{
    bindings,
    net::udp::{
        Ecn,
        Received,
        Transmit,
        UdpSocket, //
    },
    prelude::*,
    sync::atomic::Relaxed,
    time::{
        delay::fsleep,
        Delta, //
    },
};
use core::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr,
    SocketAddr, //
};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LOCALHOST6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const ANY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const ANY6: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

fn socket(ip: IpAddr) -> Result<UdpSocket> {
    loopback_up();
    UdpSocket::bind(SocketAddr::new(ip, 0))
}

/// One datagram, about which there is nothing special.
fn plain(to: SocketAddr, data: &[u8]) -> Transmit<'_> {
    Transmit {
        to,
        from: None,
        ecn: Ecn::NotEct,
        segment: None,
        data,
    }
}

/// The address of a socket as seen over `ip`.
fn at(ip: IpAddr, socket: &UdpSocket) -> SocketAddr {
    SocketAddr::new(ip, socket.local_addr().port())
}

/// Sets the largest packet of the loopback device.
fn set_mtu(mtu: i32) {
    // SAFETY: The initial network namespace always has a loopback device, and may be changed with
    // the lock held.
    unsafe {
        bindings::rtnl_lock();
        bindings::dev_set_mtu(bindings::init_net.loopback_dev, mtu);
        bindings::rtnl_unlock();
    }
}

/// Receives what must be `data` in one datagram, and returns what is told of it.
fn expect(socket: &UdpSocket, data: &[u8]) -> Result<Received> {
    let mut buf = KVVec::from_elem(0, 1 << 16, GFP_KERNEL)?;
    let received = retry(|| socket.recv(&mut buf))?;

    assert_eq!(buf.get(..received.len), Some(data));
    assert_eq!(received.segment, data.len());
    assert!(!received.truncated);
    Ok(received)
}

#[macros::kunit_tests(rust_net_udp)]
mod cases {
    use super::*;

    #[test]
    fn addresses() -> Result {
        // Whose socket it is, where it is asked, and what it sees.
        let cases = [
            (LOCALHOST, LOCALHOST, LOCALHOST),
            (ANY, LOCALHOST, LOCALHOST),
            (ANY, IpAddr::V4(Ipv4Addr::new(127, 1, 2, 3)), LOCALHOST),
            (ANY6, LOCALHOST, LOCALHOST),
            (ANY6, IpAddr::V4(Ipv4Addr::new(127, 1, 2, 3)), LOCALHOST),
            (ANY6, LOCALHOST6, LOCALHOST6),
            (LOCALHOST6, LOCALHOST6, LOCALHOST6),
        ];

        for (bound, asked, client) in cases {
            let server = socket(bound)?;
            let client = socket(client)?;

            client.send(&plain(at(asked, &server), b"question"))?;
            let question = expect(&server, b"question")?;
            assert_eq!(question.from, client.local_addr());
            assert_eq!(question.to, at(asked, &server));

            server.send(&Transmit {
                from: Some(question.to),
                ..plain(question.from, b"answer")
            })?;
            let answer = expect(&client, b"answer")?;
            assert_eq!(answer.from, question.to);
            assert_eq!(answer.to, client.local_addr());
        }
        Ok(())
    }

    #[test]
    fn congestion_marks() -> Result {
        let cases = [(ANY, LOCALHOST), (ANY6, LOCALHOST), (ANY6, LOCALHOST6)];

        for (bound, asked) in cases {
            let (server, client) = (socket(bound)?, socket(bound)?);

            for ecn in [Ecn::NotEct, Ecn::Ect0, Ecn::Ect1, Ecn::Ce] {
                client.send(&Transmit {
                    ecn,
                    ..plain(at(asked, &server), b"marked")
                })?;
                assert_eq!(expect(&server, b"marked")?.ecn, ecn);
            }
        }
        Ok(())
    }

    #[test]
    fn nothing_there_yet() -> Result {
        let server = socket(ANY6)?;
        assert_eq!(server.recv(&mut [0; 4]), Err(EAGAIN));

        // An empty datagram is something.
        server.send(&plain(at(LOCALHOST, &server), b""))?;
        let empty = expect(&server, b"")?;
        assert_eq!(empty.datagrams(&mut [0; 4]).count(), 0);
        assert_eq!(server.recv(&mut []), Err(EAGAIN));
        Ok(())
    }

    #[test]
    fn too_long_for_the_buffer() -> Result {
        let server = socket(LOCALHOST)?;
        let mut buf = [0; 4];

        server.send(&plain(server.local_addr(), b"longer"))?;
        let received = retry(|| server.recv(&mut buf))?;
        assert!(received.truncated);
        assert_eq!((received.len, &buf), (4, b"long"));

        // The rest of it is gone.
        server.send(&plain(server.local_addr(), b"next"))?;
        expect(&server, b"next")?;
        Ok(())
    }

    #[test]
    fn too_long_to_send() -> Result {
        let server = socket(LOCALHOST)?;
        let data = pattern(70_000)?;
        let to = server.local_addr();

        let part = |len| data.get(..len).unwrap_or_default();
        server.send(&plain(to, part(65_507)))?;
        expect(&server, part(65_507))?;
        assert_eq!(server.send(&plain(to, part(65_508))), Err(EMSGSIZE));
        assert_eq!(server.send(&plain(to, part(70_000))), Err(EMSGSIZE));
        server.send(&plain(to, b"goes on"))?;
        expect(&server, b"goes on")?;
        Ok(())
    }

    #[test]
    fn fragments() -> Result {
        let data = pattern(3000)?;
        let cases = [(ANY, LOCALHOST), (ANY6, LOCALHOST), (ANY6, LOCALHOST6)];
        let check = || -> Result {
            for (bound, asked) in cases {
                let server = socket(bound)?;
                let transmit = plain(at(asked, &server), &data);

                server.send(&transmit)?;
                expect(&server, &data)?;
                server.set_dont_fragment(true)?;
                assert_eq!(server.send(&transmit), Err(EMSGSIZE));
                server.set_dont_fragment(false)?;
                server.send(&transmit)?;
                expect(&server, &data)?;
            }
            Ok(())
        };

        loopback_up();
        set_mtu(1500);
        let result = check();
        set_mtu(65536);
        result
    }

    #[test]
    fn address_in_use() -> Result {
        let server = socket(ANY6)?;

        for ip in [ANY6, ANY, LOCALHOST] {
            assert_eq!(UdpSocket::bind(at(ip, &server)).err(), Some(EADDRINUSE));
        }
        assert_eq!(
            UdpSocket::bind(SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 0))).err(),
            Some(EADDRNOTAVAIL)
        );
        let addr = server.local_addr();
        drop(server);
        assert_eq!(UdpSocket::bind(addr)?.local_addr(), addr);
        Ok(())
    }

    #[test]
    fn batches() -> Result {
        let data = pattern(5000)?;

        for (bound, asked) in [(ANY, LOCALHOST), (ANY6, LOCALHOST), (ANY6, LOCALHOST6)] {
            let server = socket(bound)?;
            let client = socket(asked)?;
            let transmit = Transmit {
                segment: Some(1200),
                ecn: Ecn::Ect0,
                ..plain(at(asked, &server), &data)
            };
            assert_eq!(transmit.datagrams(), 5);

            // One by one, as long as nobody asked for batches.
            client.send(&transmit)?;
            for part in data.chunks(1200) {
                let received = expect(&server, part)?;
                assert_eq!(
                    (received.from, received.ecn),
                    (client.local_addr(), Ecn::Ect0)
                );
            }

            let mut buf = KVVec::from_elem(0, 1 << 16, GFP_KERNEL)?;
            server.set_gro()?;
            client.send(&transmit)?;
            let received = retry(|| server.recv(&mut buf))?;
            assert_eq!((received.len, received.segment), (5000, 1200));
            assert_eq!(received.to, at(asked, &server));
            assert_eq!(received.ecn, Ecn::Ect0);
            assert!(data.chunks(1200).eq(received.datagrams(&mut buf)));

            // A single one is as before.
            client.send(&plain(at(asked, &server), b"single"))?;
            expect(&server, b"single")?;
        }
        Ok(())
    }

    #[test]
    fn malformed() -> Result {
        let server = socket(LOCALHOST)?;
        let good = plain(server.local_addr(), &[0; 200]);
        let elsewhere = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 1));
        let bad = [
            (
                Transmit {
                    segment: Some(0),
                    ..good
                },
                EINVAL,
            ),
            (
                Transmit {
                    segment: Some(1),
                    ..good
                },
                EINVAL,
            ),
            (
                Transmit {
                    from: Some(elsewhere),
                    ..good
                },
                ENETUNREACH,
            ),
            (
                Transmit {
                    from: Some(at(LOCALHOST6, &server)),
                    ..good
                },
                EAFNOSUPPORT,
            ),
            (
                Transmit {
                    to: at(LOCALHOST6, &server),
                    ..good
                },
                EAFNOSUPPORT,
            ),
            (
                Transmit {
                    to: SocketAddr::new(LOCALHOST, 0),
                    ..good
                },
                EINVAL,
            ),
        ];

        for (transmit, error) in bad {
            assert_eq!(server.send(&transmit), Err(error));
            assert_eq!(server.recv(&mut [0; 4]), Err(EAGAIN));
        }
        server.send(&good)?;
        expect(&server, good.data)?;
        Ok(())
    }

    #[test]
    fn nobody_there() -> Result {
        for ip in [LOCALHOST, LOCALHOST6] {
            let gone = socket(ip)?.local_addr();
            let client = socket(ip)?;
            let counts = Counts::new()?;

            // Each is answered by ICMP, which is not to be a later call's error.
            client.set_events(Handler::new(&counts)?)?;
            for _ in 0..3 {
                client.send(&plain(gone, b"anybody?"))?;
                fsleep(Delta::from_millis(2));
                assert_eq!(client.recv(&mut [0; 4]), Err(EAGAIN));
            }
            assert_eq!(counts.data_ready.load(Relaxed), 0);
            assert_eq!(counts.state_change.load(Relaxed), 0);
        }
        Ok(())
    }

    #[test]
    fn events() -> Result {
        let (server, client) = (socket(ANY6)?, socket(LOCALHOST)?);
        let (heard, left) = (Counts::new()?, Counts::new()?);
        let to = at(LOCALHOST, &server);

        server.set_events(Handler::new(&heard)?)?;
        client.set_events(Handler::new(&left)?)?;
        client.send(&plain(to, b"first"))?;
        wait(|| heard.data_ready.load(Relaxed) > 0 && left.write_space.load(Relaxed) > 0)?;
        expect(&server, b"first")?;

        // Another handler takes the place of the first.
        let again = Counts::new()?;
        server.set_events(Handler::new(&again)?)?;
        assert_eq!(heard.dropped(), 1);
        let before = heard.total();
        client.send(&plain(to, b"second"))?;
        wait(|| again.data_ready.load(Relaxed) > 0)?;
        assert_eq!(heard.total(), before);

        server.clear_events();
        assert_eq!(again.dropped(), 1);
        client.send(&plain(to, b"third"))?;
        expect(&server, b"second")?;
        expect(&server, b"third")?;

        drop(client);
        assert_eq!(left.dropped(), 1);
        assert_eq!((heard.late.load(Relaxed), again.late.load(Relaxed)), (0, 0));
        Ok(())
    }

    #[test]
    fn no_room() -> Result {
        let server = socket(LOCALHOST)?;
        let data = pattern(1000)?;

        server.set_send_buffer(1 << 20)?;
        server.set_recv_buffer(16 << 10)?;
        for _ in 0..100 {
            server.send(&plain(server.local_addr(), &data))?;
        }
        wait(|| server.drops() > 0)?;

        let mut found = 0;
        while server.recv(&mut [0; 1000]).is_ok() {
            found += 1;
        }
        assert!(found > 0);
        wait(|| server.drops() + found == 100)?;

        server.set_recv_buffer(u32::MAX)?;
        server.send(&plain(server.local_addr(), &data))?;
        expect(&server, &data)?;
        Ok(())
    }
}
