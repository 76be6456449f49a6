// SPDX-License-Identifier: GPL-2.0

//! Tests of TCP sockets and kernel TLS, over the loopback device.

mod udp;

use super::{
    socket::{
        How,
        SocketEvents, //
    },
    tcp::{
        TcpListener,
        TcpStream, //
    },
};
use crate::{
    bindings,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};
use core::net::{
    Ipv4Addr,
    SocketAddr, //
};

/// Brings up the loopback device, which nobody may have done when the tests run.
fn loopback_up() {
    // SAFETY: The initial network namespace always has a loopback device, and may be changed with
    // the lock held.
    unsafe {
        bindings::rtnl_lock();
        bindings::dev_open(bindings::init_net.loopback_dev, core::ptr::null_mut());
        bindings::rtnl_unlock();
    }
}

/// Waits until `done`, but not for ever.
fn wait(mut done: impl FnMut() -> bool) -> Result {
    for _ in 0..5000 {
        if done() {
            return Ok(());
        }
        fsleep(Delta::from_millis(1));
    }
    Err(ETIMEDOUT)
}

/// Calls `f` until it returns something other than [`EAGAIN`].
fn retry<T>(mut f: impl FnMut() -> Result<T>) -> Result<T> {
    let mut result = Err(EAGAIN);

    wait(|| {
        result = f();
        !matches!(&result, Err(e) if *e == EAGAIN)
    })?;
    result
}

fn listen() -> Result<TcpListener> {
    loopback_up();
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)
}

/// Connects two streams.
fn pair_of(listener: &TcpListener) -> Result<(TcpStream, TcpStream)> {
    let client = TcpStream::connect(listener.local_addr()?)?;
    let server = retry(|| listener.accept())?;

    wait(|| client.is_established() && server.is_established())?;
    Ok((client, server))
}

fn pair() -> Result<(TcpStream, TcpStream)> {
    pair_of(&listen()?)
}

/// Returns `len` bytes, of which no two near ones are equal.
fn pattern(len: usize) -> Result<KVVec<u8>> {
    let mut v = KVVec::with_capacity(len, GFP_KERNEL)?;

    for i in 0..len {
        v.push((i ^ (i >> 8)) as u8, GFP_KERNEL)?;
    }
    Ok(v)
}

/// Sends all of `data` from the one to the other, and checks what arrives.
fn transfer(from: &TcpStream, to: &TcpStream, data: &[u8]) -> Result {
    let mut buf = KVVec::from_elem(0, 5000, GFP_KERNEL)?;
    let (mut sent, mut received) = (0, 0);

    while received < data.len() {
        if let Some(rest) = data.get(sent..).filter(|rest| !rest.is_empty()) {
            match from.send(rest) {
                Ok(n) => sent += n,
                Err(e) if e == EAGAIN => {}
                Err(e) => return Err(e),
            }
        }
        match to.recv(&mut buf) {
            Ok(0) => return Err(EPIPE),
            Ok(n) => {
                if data.get(received..received + n) != buf.get(..n) {
                    return Err(EILSEQ);
                }
                received += n;
            }
            Err(e) if e == EAGAIN => fsleep(Delta::from_millis(1)),
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// What happened to a [`Handler`].
struct Counts {
    data_ready: Atomic<i32>,
    write_space: Atomic<i32>,
    state_change: Atomic<i32>,
    dropped: Atomic<i32>,
    late: Atomic<i32>,
}

impl Counts {
    fn new() -> Result<Arc<Self>> {
        Ok(Arc::new(
            Self {
                data_ready: Atomic::new(0),
                write_space: Atomic::new(0),
                state_change: Atomic::new(0),
                dropped: Atomic::new(0),
                late: Atomic::new(0),
            },
            GFP_KERNEL,
        )?)
    }

    fn total(&self) -> i32 {
        self.data_ready.load(Relaxed)
            + self.write_space.load(Relaxed)
            + self.state_change.load(Relaxed)
    }

    fn dropped(&self) -> i32 {
        self.dropped.load(Relaxed)
    }
}

/// A handler that counts.
struct Handler {
    counts: Arc<Counts>,
    alive: Atomic<bool>,
}

impl Handler {
    fn new(counts: &Arc<Counts>) -> Result<Arc<Self>> {
        Ok(Arc::new(
            Self {
                counts: counts.clone(),
                alive: Atomic::new(true),
            },
            GFP_KERNEL,
        )?)
    }

    fn count(&self, which: &Atomic<i32>) {
        which.fetch_add(1, Relaxed);
        if !self.alive.load(Relaxed) {
            self.counts.late.fetch_add(1, Relaxed);
        }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.alive.store(false, Relaxed);
        self.counts.dropped.fetch_add(1, Relaxed);
    }
}

impl SocketEvents for Handler {
    fn data_ready(&self) {
        self.count(&self.counts.data_ready);
    }

    fn write_space(&self) {
        self.count(&self.counts.write_space);
    }

    fn state_change(&self) {
        self.count(&self.counts.state_change);
    }
}

/// Sends until there is no room, and returns how much went.
fn fill(stream: &TcpStream, data: &[u8]) -> Result<usize> {
    let mut sent = 0;

    loop {
        match stream.send(data) {
            Ok(n) => sent += n,
            Err(e) if e == EAGAIN => return Ok(sent),
            Err(e) => return Err(e),
        }
    }
}

/// Receives `len` bytes of whatever.
fn drain(stream: &TcpStream, mut len: usize) -> Result {
    let mut buf = KVVec::from_elem(0, 16384, GFP_KERNEL)?;

    while len > 0 {
        len -= retry(|| stream.recv(&mut buf))?.min(len);
    }
    Ok(())
}

#[macros::kunit_tests(rust_net_tcp)]
mod tcp {
    use super::*;
    use crate::workqueue;
    use core::net::Ipv6Addr;

    #[test]
    fn echo_both_ways() -> Result {
        let (client, server) = pair()?;

        for len in [1, 100, 100_000] {
            let data = pattern(len)?;

            transfer(&client, &server, &data)?;
            transfer(&server, &client, &data)?;
        }
        assert_eq!(client.local_addr()?, server.peer_addr()?);
        assert_eq!(client.peer_addr()?, server.local_addr()?);
        client.set_nodelay(true);
        client.set_nodelay(false);
        Ok(())
    }

    #[test]
    fn backlog_is_limited() -> Result {
        for backlog in [0, 1, 16, i32::MAX as u32, u32::MAX] {
            let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let listener = TcpListener::bind(addr, backlog)?;
            let sk = listener.socket.sk();
            let mut info = bindings::tcp_info::default();

            // SAFETY: `sk` is valid as long as the listener.
            let limit = unsafe { bindings::sock_somaxconn(sk) } as u32;
            // SAFETY: As above, and it is that of a TCP socket; `info` is valid for writes.
            unsafe { bindings::tcp_get_info(sk, &mut info) };
            // Of a socket that listens this is the backlog.
            assert_eq!(info.tcpi_sacked, backlog.min(limit));
        }
        Ok(())
    }

    #[test]
    fn nothing_there_yet() -> Result {
        let listener = listen()?;
        assert_eq!(listener.accept().err(), Some(EAGAIN));

        let (client, server) = pair_of(&listener)?;
        assert_eq!(client.recv(&mut [0; 4]), Err(EAGAIN));
        assert_eq!(server.recv(&mut [0; 4]), Err(EAGAIN));
        assert_eq!(server.recv(&mut []), Err(EINVAL));
        assert_eq!(server.send(&[]), Ok(0));
        Ok(())
    }

    #[test]
    fn no_listener() -> Result {
        let addr = listen()?.local_addr()?;

        match TcpStream::connect(addr) {
            Ok(stream) => assert_eq!(retry(|| stream.recv(&mut [0; 4])), Err(ECONNREFUSED)),
            Err(e) => assert_eq!(e, ECONNREFUSED),
        }
        Ok(())
    }

    #[test]
    fn address_in_use() -> Result {
        let listener = listen()?;

        assert_eq!(
            TcpListener::bind(listener.local_addr()?, 1).err(),
            Some(EADDRINUSE)
        );
        Ok(())
    }

    #[test]
    fn end_of_stream() -> Result {
        let (client, server) = pair()?;
        let mut buf = [0; 8];
        let counts = Counts::new()?;

        server.set_events(Handler::new(&counts)?)?;
        client.send(b"last")?;
        client.shutdown(How::Write)?;
        assert_eq!(client.send(b"more"), Err(EPIPE));
        wait(|| counts.state_change.load(Relaxed) > 0)?;
        assert_eq!(retry(|| server.recv(&mut buf)), Ok(4));
        assert_eq!(retry(|| server.recv(&mut buf)), Ok(0));
        assert!(!server.is_established());

        // The other direction goes on.
        server.send(b"answer")?;
        assert_eq!(retry(|| client.recv(&mut buf)), Ok(6));
        drop(server);
        assert_eq!(retry(|| client.recv(&mut buf)), Ok(0));
        Ok(())
    }

    #[test]
    fn reset() -> Result {
        let (client, server) = pair()?;
        let counts = Counts::new()?;

        client.set_events(Handler::new(&counts)?)?;
        server.abort();
        drop(server);
        wait(|| counts.state_change.load(Relaxed) > 0)?;
        assert_eq!(retry(|| client.recv(&mut [0; 4])), Err(ECONNRESET));
        assert_eq!(client.shutdown(How::Both), Err(ENOTCONN));
        assert_eq!(client.peer_addr().err(), Some(ENOTCONN));
        Ok(())
    }

    #[test]
    fn events() -> Result {
        let listener = listen()?;
        let (heard, read, connected) = (Counts::new()?, Counts::new()?, Counts::new()?);

        listener.set_events(Handler::new(&heard)?)?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        client.set_events(Handler::new(&connected)?)?;
        wait(|| heard.data_ready.load(Relaxed) > 0)?;
        let server = retry(|| listener.accept())?;
        server.set_events(Handler::new(&read)?)?;
        client.send(b"x")?;
        wait(|| read.data_ready.load(Relaxed) > 0)?;

        // There is room again once the other side has read.
        let data = pattern(100_000)?;
        let before = connected.write_space.load(Relaxed);
        let sent = fill(&client, &data)?;
        assert!(sent > 0);
        drain(&server, sent)?;
        wait(|| connected.write_space.load(Relaxed) > before)?;
        assert!(client.send(b"x")? == 1);

        drop(client);
        wait(|| read.state_change.load(Relaxed) > 0)?;
        assert_eq!(connected.dropped(), 1);
        drop(server);
        drop(listener);
        assert_eq!(read.dropped(), 1);
        assert_eq!(heard.dropped(), 1);
        Ok(())
    }

    #[test]
    fn children_do_not_inherit_the_handler() -> Result {
        let listener = listen()?;
        let counts = Counts::new()?;

        listener.set_events(Handler::new(&counts)?)?;
        let (client, server) = pair_of(&listener)?;
        let accepted = counts.total();
        transfer(&client, &server, &pattern(10_000)?)?;
        transfer(&server, &client, &pattern(10_000)?)?;
        drop(client);
        assert_eq!(retry(|| server.recv(&mut [0; 4])), Ok(0));
        drop(server);
        assert_eq!(counts.total(), accepted);
        assert_eq!(counts.dropped(), 0);

        // Nor do those that are never accepted.
        let client = TcpStream::connect(listener.local_addr()?)?;
        wait(|| client.is_established())?;
        client.send(b"x")?;
        drop(listener);
        assert_eq!(counts.dropped(), 1);
        assert!(retry(|| client.recv(&mut [0; 4])).is_err());
        Ok(())
    }

    #[test]
    fn no_events_after_clear() -> Result {
        let (client, server) = pair()?;
        let (first, second) = (Counts::new()?, Counts::new()?);

        server.set_events(Handler::new(&first)?)?;
        client.send(b"x")?;
        wait(|| first.data_ready.load(Relaxed) > 0)?;

        // The next handler takes the place of the first.
        server.set_events(Handler::new(&second)?)?;
        assert_eq!(first.dropped(), 1);
        let total = first.total();
        client.send(b"x")?;
        wait(|| second.data_ready.load(Relaxed) > 0)?;
        assert_eq!(first.total(), total);

        server.clear_events();
        server.clear_events();
        assert_eq!(second.dropped(), 1);
        let total = second.total();
        client.send(b"x")?;
        assert_eq!(retry(|| server.recv(&mut [0; 3])), Ok(3));
        drop(client);
        assert_eq!(retry(|| server.recv(&mut [0; 3])), Ok(0));
        assert_eq!(second.total(), total);

        // The stream can do without a handler and with one again.
        server.set_events(Handler::new(&first)?)?;
        drop(server);
        assert_eq!(first.dropped(), 2);
        Ok(())
    }

    #[test]
    fn handler_outlives_the_socket() -> Result {
        let (client, server) = pair()?;
        let counts = Counts::new()?;
        let handler = Handler::new(&counts)?;

        server.set_events(handler.clone())?;
        client.set_events(handler.clone())?;
        drop(server);
        drop(client);
        assert_eq!(counts.dropped(), 0);
        drop(handler);
        assert_eq!(counts.dropped(), 1);
        Ok(())
    }

    #[test]
    fn drop_with_data_in_flight() -> Result {
        let (client, server) = pair()?;
        let (near, far) = (Counts::new()?, Counts::new()?);

        client.set_events(Handler::new(&near)?)?;
        server.set_events(Handler::new(&far)?)?;
        fill(&client, &pattern(100_000)?)?;
        drop(server);
        assert_eq!(far.dropped(), 1);
        let total = far.total();
        wait(|| !client.is_established())?;
        assert_eq!(retry(|| client.recv(&mut [0; 4])), Err(ECONNRESET));
        drop(client);
        assert_eq!(near.dropped(), 1);

        // What was sent before a socket was dropped still arrives.
        let (client, server) = pair()?;
        let sent = fill(&client, &pattern(100_000)?)?;
        drop(client);
        drain(&server, sent)?;
        assert_eq!(retry(|| server.recv(&mut [0; 4])), Ok(0));
        assert_eq!(far.total(), total);
        Ok(())
    }

    #[test]
    fn events_while_they_change() -> Result {
        let (client, server) = pair()?;
        let (client, server) = (Arc::new(client, GFP_KERNEL)?, Arc::new(server, GFP_KERNEL)?);
        let stop = Arc::new(Atomic::new(0i32), GFP_KERNEL)?;
        let counts = Counts::new()?;

        {
            let (client, server, stop) = (client.clone(), server.clone(), stop.clone());

            workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
                let mut buf = [0; 64];

                while stop.load(Relaxed) == 0 {
                    let _ = client.send(&buf);
                    let _ = server.recv(&mut buf);
                }
                drop((client, server));
                stop.store(2, Relaxed);
            })?;
        }
        for _ in 0..500 {
            server.set_events(Handler::new(&counts)?)?;
            client.set_events(Handler::new(&counts)?)?;
            fsleep(Delta::from_micros(20));
            server.clear_events();
            client.clear_events();
        }
        stop.store(1, Relaxed);
        wait(|| stop.load(Relaxed) == 2)?;
        assert_eq!(counts.dropped(), 1000);
        assert_eq!(counts.late.load(Relaxed), 0);
        assert!(counts.total() > 0);
        Ok(())
    }

    #[test]
    fn ipv6() -> Result {
        if !cfg!(CONFIG_IPV6) {
            assert_eq!(
                TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)), 1).err(),
                Some(EAFNOSUPPORT)
            );
            return Ok(());
        }

        loopback_up();
        let listener = TcpListener::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)), 16)?;
        let port = listener.local_addr()?.port();
        let mut addr = SocketAddr::from((Ipv6Addr::LOCALHOST, port));

        // The device's own address may be tentative at first.
        let client = TcpStream::connect(addr)?;
        let server = retry(|| listener.accept())?;
        assert_eq!(client.peer_addr()?, addr);
        assert_eq!(server.local_addr()?, addr);
        transfer(&client, &server, b"hello")?;

        // IPv4 comes to it as well.
        addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let client = TcpStream::connect(addr)?;
        let server = retry(|| listener.accept())?;
        assert_eq!(client.peer_addr()?, addr);
        assert_eq!(
            server.local_addr()?,
            SocketAddr::from((Ipv4Addr::LOCALHOST.to_ipv6_mapped(), port))
        );
        transfer(&server, &client, b"hello")?;
        Ok(())
    }
}

#[macros::kunit_tests(rust_net_ktls)]
mod ktls {
    use super::*;
    use crate::{
        crypto::aead::{
            Aead,
            AeadAlgorithm, //
        },
        net::ktls::{
            CryptoInfo,
            CONTENT_TYPE_APPLICATION_DATA,
            MAX_RECORD_TEXT, //
        },
    };

    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    const ALGORITHMS: [AeadAlgorithm; 4] = [
        AeadAlgorithm::Aes128Gcm,
        AeadAlgorithm::Aes256Gcm,
        AeadAlgorithm::Aes128Ccm,
        AeadAlgorithm::ChaCha20Poly1305,
    ];
    const IV: [u8; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const KEY: [u8; 32] = [7; 32];

    fn key(aead: AeadAlgorithm) -> Result<&'static [u8]> {
        KEY.get(..aead.key_size()).ok_or(EINVAL)
    }

    /// Returns the keys of one direction, which differ with `n`.
    fn info(aead: AeadAlgorithm, n: u8) -> Result<CryptoInfo> {
        let mut key = [n; 32];

        key[0] = 0xf0;
        CryptoInfo::new(
            aead,
            key.get(..aead.key_size()).ok_or(EINVAL)?,
            &[n ^ 0x55; 12],
            n.into(),
        )
    }

    fn sealed_pair(aead: AeadAlgorithm) -> Result<(TcpStream, TcpStream)> {
        let (client, server) = pair()?;

        client.enable_ktls()?;
        server.enable_ktls()?;
        client.set_ktls_tx(&info(aead, 1)?)?;
        server.set_ktls_rx(&info(aead, 1)?)?;
        server.set_ktls_tx(&info(aead, 2)?)?;
        client.set_ktls_rx(&info(aead, 2)?)?;
        Ok((client, server))
    }

    #[test]
    fn every_cipher() -> Result {
        for aead in ALGORITHMS {
            let (client, server) = sealed_pair(aead)?;

            for len in [1, MAX_RECORD_TEXT, 100_000] {
                let data = pattern(len)?;

                transfer(&client, &server, &data)?;
                transfer(&server, &client, &data)?;
            }
            assert_eq!(server.recv_record(&mut [0; 4]), Err(EAGAIN));
        }
        Ok(())
    }

    /// Seals one record as TLS 1.3 does (RFC 8446, section 5.2).
    fn seal(aead: AeadAlgorithm, seq: u64, content_type: u8, text: &[u8]) -> Result<KVec<u8>> {
        let tfm = Aead::new(aead, key(aead)?)?;
        let mut nonce = IV;
        let len = text.len() + 1 + 16;
        let header = [23, 3, 3, (len >> 8) as u8, len as u8];
        let mut record = KVec::new();

        for (n, s) in nonce.iter_mut().skip(4).zip(seq.to_be_bytes()) {
            *n ^= s;
        }
        record.extend_from_slice(&header, GFP_KERNEL)?;
        record.extend_from_slice(text, GFP_KERNEL)?;
        record.push(content_type, GFP_KERNEL)?;
        record.extend_from_slice(&[0; 16], GFP_KERNEL)?;
        tfm.seal_in_place(&nonce, &header, record.get_mut(5..).ok_or(EINVAL)?)?;
        Ok(record)
    }

    #[test]
    fn records_on_the_wire() -> Result {
        for aead in ALGORITHMS {
            let (client, server) = pair()?;
            let mut buf = [0; 100];
            let seq = 0x0102_0304_0506_0708;

            // What the socket seals is what the AEAD itself would.
            server.enable_ktls()?;
            server.set_ktls_tx(&CryptoInfo::new(aead, key(aead)?, &IV, seq)?)?;
            assert_eq!(server.send(b"sealed"), Ok(6));
            let expected = seal(aead, seq, CONTENT_TYPE_APPLICATION_DATA, b"sealed")?;
            assert_eq!(retry(|| client.recv(&mut buf)), Ok(expected.len()));
            assert!(buf.starts_with(&expected));

            assert_eq!(server.send_record(HANDSHAKE, b"ticket"), Ok(6));
            let expected = seal(aead, seq + 1, HANDSHAKE, b"ticket")?;
            assert_eq!(retry(|| client.recv(&mut buf)), Ok(expected.len()));
            assert!(buf.starts_with(&expected));

            // And it opens what the AEAD sealed, even if it came before the keys.
            let record = seal(aead, seq, CONTENT_TYPE_APPLICATION_DATA, b"opened")?;
            client.send(&record)?;
            server.set_ktls_rx(&CryptoInfo::new(aead, key(aead)?, &IV, seq)?)?;
            assert_eq!(
                retry(|| server.recv_record(&mut buf)),
                Ok((CONTENT_TYPE_APPLICATION_DATA, 6))
            );
            assert!(buf.starts_with(b"opened"));
            client.send(&seal(aead, seq + 1, HANDSHAKE, b"")?)?;
            assert_eq!(retry(|| server.recv_record(&mut buf)), Ok((HANDSHAKE, 0)));
        }
        Ok(())
    }

    #[test]
    fn content_types() -> Result {
        let (client, server) = sealed_pair(AeadAlgorithm::Aes128Gcm)?;
        let mut buf = [0; 64];

        // Types do not mix, and what does not fit comes with the next call.
        assert_eq!(client.send(b"text"), Ok(4));
        assert_eq!(client.send_record(ALERT, &[1, 0]), Ok(2));
        assert_eq!(client.send_record(HANDSHAKE, b"message"), Ok(7));
        assert_eq!(
            retry(|| server.recv_record(&mut buf)),
            Ok((CONTENT_TYPE_APPLICATION_DATA, 4))
        );
        assert!(buf.starts_with(b"text"));
        assert_eq!(retry(|| server.recv_record(&mut buf)), Ok((ALERT, 2)));
        assert!(buf.starts_with(&[1, 0]));
        assert_eq!(
            retry(|| server.recv_record(&mut buf[..5])),
            Ok((HANDSHAKE, 5))
        );
        assert_eq!(
            retry(|| server.recv_record(&mut buf[5..])),
            Ok((HANDSHAKE, 2))
        );
        assert!(buf.starts_with(b"message"));

        // Without a place for the type, only application data can be received.
        assert_eq!(client.send_record(ALERT, &[1, 0]), Ok(2));
        assert_eq!(retry(|| server.recv(&mut buf)), Err(EIO));

        client.shutdown(How::Write)?;
        assert_eq!(retry(|| server.recv_record(&mut buf)), Ok((ALERT, 2)));
        assert_eq!(retry(|| server.recv_record(&mut buf)), Ok((0, 0)));
        Ok(())
    }

    #[test]
    fn empty_records() -> Result {
        const AEAD: AeadAlgorithm = AeadAlgorithm::Aes128Gcm;
        const EMPTY: u64 = 200;
        let (client, server) = pair()?;
        let counts = Counts::new()?;
        let mut records = KVec::new();

        for seq in 0..EMPTY {
            let record = seal(AEAD, seq, CONTENT_TYPE_APPLICATION_DATA, b"")?;
            records.extend_from_slice(&record, GFP_KERNEL)?;
        }
        let record = seal(AEAD, EMPTY, CONTENT_TYPE_APPLICATION_DATA, b"text")?;
        records.extend_from_slice(&record, GFP_KERNEL)?;
        server.set_events(Handler::new(&counts)?)?;
        assert_eq!(client.send(&records), Ok(records.len()));
        wait(|| counts.data_ready.load(Relaxed) > 0)?;
        server.enable_ktls()?;
        server.set_ktls_rx(&CryptoInfo::new(AEAD, key(AEAD)?, &IV, 0)?)?;

        // One call does not go through all of them, and there is an event for those that are left.
        let mut calls = 0;
        let received = loop {
            let before = counts.data_ready.load(Relaxed);

            calls += 1;
            match server.recv_record(&mut [0; 64]) {
                Err(EAGAIN) => wait(|| counts.data_ready.load(Relaxed) > before)?,
                received => break received,
            }
        };
        assert_eq!(received, Ok((CONTENT_TYPE_APPLICATION_DATA, 4)));
        assert!(calls > 5);
        Ok(())
    }

    #[test]
    fn forged_record() -> Result {
        for aead in ALGORITHMS {
            let (client, server) = pair()?;
            let mut record = seal(aead, 0, CONTENT_TYPE_APPLICATION_DATA, b"text")?;

            server.enable_ktls()?;
            server.set_ktls_rx(&CryptoInfo::new(aead, key(aead)?, &IV, 0)?)?;
            client.send(&record)?;
            assert_eq!(
                retry(|| server.recv_record(&mut [0; 64])),
                Ok((CONTENT_TYPE_APPLICATION_DATA, 4))
            );

            // The same again has the wrong number.
            client.send(&record)?;
            assert_eq!(retry(|| server.recv_record(&mut [0; 64])), Err(EBADMSG));

            let (client, server) = pair()?;
            server.enable_ktls()?;
            server.set_ktls_rx(&CryptoInfo::new(aead, key(aead)?, &IV, 0)?)?;
            if let Some(byte) = record.last_mut() {
                *byte ^= 1;
            }
            client.send(&record)?;
            assert_eq!(retry(|| server.recv_record(&mut [0; 64])), Err(EBADMSG));
        }
        Ok(())
    }

    #[test]
    fn malformed_record() -> Result {
        for (header, error) in [
            ([23, 3, 3, 0x7f, 0xff], EMSGSIZE),
            ([23, 3, 3, 0, 1], EBADMSG),
            ([23, 9, 9, 0, 64], EINVAL),
        ] {
            let (client, server) = pair()?;
            let counts = Counts::new()?;

            server.set_events(Handler::new(&counts)?)?;
            server.enable_ktls()?;
            server.set_ktls_rx(&info(AeadAlgorithm::Aes128Gcm, 1)?)?;
            client.send(&header)?;

            // Nothing is there to receive, so that the error has to be told.
            wait(|| counts.state_change.load(Relaxed) > 0)?;
            assert_eq!(retry(|| server.recv_record(&mut [0; 64])), Err(error));
        }
        Ok(())
    }

    #[test]
    fn key_update() -> Result {
        let aead = AeadAlgorithm::Aes256Gcm;
        let (client, server) = sealed_pair(aead)?;
        let mut buf = [0; 64];

        // KeyUpdate, which asks for none in return.
        assert_eq!(client.send_record(HANDSHAKE, &[24, 0, 0, 1, 0]), Ok(5));
        client.set_ktls_tx(&info(aead, 3)?)?;
        assert_eq!(client.send(b"new"), Ok(3));

        assert_eq!(retry(|| server.recv_record(&mut buf)), Ok((HANDSHAKE, 5)));
        assert_eq!(retry(|| server.recv_record(&mut buf)), Err(EKEYEXPIRED));
        server.set_ktls_rx(&info(aead, 3)?)?;
        assert_eq!(
            retry(|| server.recv_record(&mut buf)),
            Ok((CONTENT_TYPE_APPLICATION_DATA, 3))
        );

        // The algorithm stays the same.
        let other = info(AeadAlgorithm::Aes128Gcm, 3)?;
        assert_eq!(client.set_ktls_tx(&other), Err(EINVAL));
        transfer(&client, &server, b"still there")?;
        Ok(())
    }

    #[test]
    fn order_of_calls() -> Result {
        let (client, server) = pair()?;
        let info = info(AeadAlgorithm::Aes128Gcm, 1)?;

        assert_eq!(client.set_ktls_tx(&info), Err(ENOPROTOOPT));
        assert_eq!(client.set_ktls_rx(&info), Err(ENOPROTOOPT));
        assert_eq!(client.send_record(ALERT, &[1, 0]), Err(EINVAL));
        assert_eq!(client.recv_record(&mut [0; 64]), Err(EINVAL));
        client.enable_ktls()?;
        assert_eq!(client.enable_ktls(), Err(EEXIST));
        assert_eq!(client.send_record(ALERT, &[1, 0]), Err(EINVAL));
        assert_eq!(client.recv_record(&mut [0; 64]), Err(EINVAL));
        transfer(&client, &server, b"as before")?;
        transfer(&server, &client, b"as before")?;

        client.set_ktls_tx(&info)?;
        assert_eq!(client.send_record(0, b"x"), Err(EINVAL));
        assert_eq!(client.send_record(ALERT, &[]), Err(EINVAL));
        assert_eq!(client.recv_record(&mut [0; 64]), Err(EINVAL));

        // The peer is gone.
        let (client, server) = pair()?;
        drop(client);
        wait(|| !server.is_established())?;
        assert_eq!(server.enable_ktls(), Err(ENOTCONN));

        let listener = listen()?;
        let addr = listener.local_addr()?;
        drop(listener);
        if let Ok(stream) = TcpStream::connect(addr) {
            assert_eq!(stream.enable_ktls(), Err(ENOTCONN));
        }
        Ok(())
    }

    #[test]
    fn events() -> Result {
        // The handler is there before the keys of one side, and after those of the other.
        let aead = AeadAlgorithm::ChaCha20Poly1305;
        let (client, server) = pair()?;
        let (near, far) = (Counts::new()?, Counts::new()?);

        server.set_events(Handler::new(&far)?)?;
        client.enable_ktls()?;
        server.enable_ktls()?;
        client.set_ktls_tx(&info(aead, 1)?)?;
        server.set_ktls_rx(&info(aead, 1)?)?;
        server.set_ktls_tx(&info(aead, 2)?)?;
        client.set_ktls_rx(&info(aead, 2)?)?;
        client.set_events(Handler::new(&near)?)?;

        let before = (near.data_ready.load(Relaxed), far.data_ready.load(Relaxed));
        client.send(b"x")?;
        wait(|| far.data_ready.load(Relaxed) > before.1)?;
        server.send(b"x")?;
        wait(|| near.data_ready.load(Relaxed) > before.0)?;
        drain(&client, 1)?;
        drain(&server, 1)?;

        for (from, to, counts) in [(&client, &server, &near), (&server, &client, &far)] {
            let before = counts.write_space.load(Relaxed);
            let sent = fill(from, &pattern(100_000)?)?;

            assert!(sent > 0);
            assert!(from.unacked() > 0);
            drain(to, sent)?;
            wait(|| counts.write_space.load(Relaxed) > before)?;
            wait(|| from.unacked() == 0)?;
        }

        let before = far.state_change.load(Relaxed);
        client.send_record(ALERT, &[1, 0])?;
        drop(client);
        assert_eq!(near.dropped(), 1);
        wait(|| far.state_change.load(Relaxed) > before)?;
        assert_eq!(retry(|| server.recv_record(&mut [0; 64])), Ok((ALERT, 2)));
        assert_eq!(retry(|| server.recv_record(&mut [0; 64])), Ok((0, 0)));

        server.clear_events();
        assert_eq!(far.dropped(), 1);
        Ok(())
    }

    #[test]
    fn no_events_after_clear() -> Result {
        let (client, server) = sealed_pair(AeadAlgorithm::Aes128Gcm)?;
        let counts = Counts::new()?;

        server.set_events(Handler::new(&counts)?)?;
        client.send(b"x")?;
        wait(|| counts.data_ready.load(Relaxed) > 0)?;
        server.clear_events();
        assert_eq!(counts.dropped(), 1);
        let total = counts.total();
        client.send(b"x")?;
        drain(&server, 2)?;
        assert_eq!(counts.total(), total);

        // Closing with events, and with data in flight.
        let far = Counts::new()?;
        client.set_events(Handler::new(&counts)?)?;
        server.set_events(Handler::new(&far)?)?;
        fill(&client, &pattern(100_000)?)?;
        drop(server);
        assert_eq!(far.dropped(), 1);
        drop(client);
        assert_eq!(counts.dropped(), 2);
        Ok(())
    }

    #[test]
    fn key_lengths() -> Result {
        for aead in ALGORITHMS {
            for len in [0, 1, 15, 16, 17, 31, 32, 33, 100] {
                let key = pattern(len)?;

                assert_eq!(
                    CryptoInfo::new(aead, &key, &IV, 0).is_ok(),
                    len == aead.key_size()
                );
            }
        }
        Ok(())
    }
}
