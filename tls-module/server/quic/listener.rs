// SPDX-License-Identifier: GPL-2.0

//! A UDP socket, and whose its datagrams are.

use super::{
    connection::Connection,
    from_socket,
    RetryPolicy, //
};
use crate::{
    quic::{
        self,
        Discard,
        Endpoint,
        ExpectedReset,
        Incoming,
        Memory,
        Path,
        Received,
        Reply, //
    },
    server::{
        ListenerOptions,
        Shared, //
    }, //
};
use kernel::{
    net::{
        socket::SocketEvents,
        udp::{
            self,
            Transmit,
            UdpSocket, //
        }, //
    },
    new_mutex,
    pr_warn_once,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
    time::{
        Instant,
        Monotonic, //
    },
    workqueue::{
        impl_has_work,
        new_work,
        Work,
        WorkItem, //
    }, //
};

/// Batches of datagrams received before other work has its turn.
const BATCHES_PER_RUN: u32 = 32;

/// Bytes of datagrams that may wait to be received, as far as the system lets them.
const RECEIVE_BUFFER: u32 = 4 << 20;

/// Bytes of datagrams that may wait to leave, as far as the system lets them.
const SEND_BUFFER: u32 = 4 << 20;

/// The longest batch of datagrams that the socket gives.
const MAX_BATCH: usize = 1 << 16;

/// Connections a listener has at once, those past their handshake included.
const MAX_CONNECTIONS: usize = 4096;

/// Bytes of memory that a listener's connections may hold together before they have to get by with
/// little, and no more are taken in.
const MAX_BYTES: usize = 256 << 20;

/// How long a connection may serve without a packet of the peer's.
const IDLE_MS: u64 = 30_000;

/// A socket that QUIC connections share, from [`QuicListener::start`] to [`QuicListener::stop`].
#[pin_data]
pub(crate) struct QuicListener {
    shared: Arc<Shared>,
    socket: UdpSocket,
    /// What the connections hold.
    memory: Arc<Memory>,
    /// The zero of the time that the connections are told.
    began: Instant<Monotonic>,
    /// Whether a connection has something that could not be sent, for want of room.
    blocked: Atomic<bool>,
    /// Where a run receives.
    #[pin]
    buffers: Mutex<Buffers>,
    /// Which connections there are; nothing once the listener has been stopped.
    #[pin]
    endpoint: Mutex<Option<KBox<Endpoint<Arc<Connection>>>>>,
    #[pin]
    work: Work<QuicListener>,
}

/// What a run of the listener's work needs.
struct Buffers {
    batch: KVVec<u8>,
    reply: KVec<u8>,
}

/// What is to be done with a datagram.
enum Action {
    Deliver(Arc<Connection>),
    Open(Incoming),
    Reply(Reply, usize),
    Drop(Discard),
}

/// Queues the listener's work when there are datagrams, or room for some that wait.
struct Wake(Arc<QuicListener>);

impl SocketEvents for Wake {
    fn data_ready(&self) {
        self.0.wake();
    }

    fn write_space(&self) {
        if self.0.blocked.load(Relaxed) {
            self.0.wake();
        }
    }
}

impl_has_work! {
    impl HasWork<Self> for QuicListener { self.work }
}

impl WorkItem for QuicListener {
    type Pointer = Arc<QuicListener>;

    fn run(this: Arc<QuicListener>) {
        if this.blocked.xchg(false, Relaxed) {
            this.unblock();
        }
        if this.receive() {
            this.wake();
        }
    }
}

impl QuicListener {
    /// Binds the address and begins to take connections.
    ///
    /// Returns what binding returns (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`), or `ENOMEM`.
    pub(crate) fn start(
        shared: Arc<Shared>,
        options: ListenerOptions,
        retry: RetryPolicy,
    ) -> Result<Arc<Self>> {
        let deadline = u64::try_from(options.deadline.as_millis()).unwrap_or(0);
        let config = quic::Config::builder(options.tls)?
            .idle_timeout_ms(IDLE_MS)
            .handshake_timeout_ms(deadline)
            .max_connections(MAX_CONNECTIONS)
            .max_half_open(options.max_handshakes)
            .max_bytes(MAX_BYTES)
            .retry(match retry {
                RetryPolicy::Auto => quic::RetryPolicy::UnderPressure,
                RetryPolicy::Always => quic::RetryPolicy::Always,
            })
            .retry_threshold(options.max_handshakes.min(MAX_CONNECTIONS) / 2)
            .build()?;
        let endpoint = KBox::new(Endpoint::new(config)?, GFP_KERNEL)?;
        let buffers = Buffers {
            batch: KVVec::from_elem(0, MAX_BATCH, GFP_KERNEL)?,
            reply: KVec::from_elem(0, quic::MAX_DATAGRAM, GFP_KERNEL)?,
        };

        let socket = UdpSocket::bind(options.address)?;
        // The size of datagrams is QUIC's own business (RFC 9000 section 14).
        socket.set_dont_fragment(true)?;
        socket.set_gro()?;
        socket.set_recv_buffer(RECEIVE_BUFFER)?;
        socket.set_send_buffer(SEND_BUFFER)?;

        let this = Arc::pin_init(
            pin_init!(Self {
                shared,
                socket,
                memory: endpoint.memory().clone(),
                began: Instant::now(),
                blocked: Atomic::new(false),
                buffers <- new_mutex!(buffers),
                endpoint <- new_mutex!(Some(endpoint)),
                work <- new_work!("rust_tls::QuicListener"),
            }),
            GFP_KERNEL,
        )?;
        let events = Arc::new(Wake(this.clone()), GFP_KERNEL)?;
        this.socket.set_events(events)?;
        // What came before the callback was there.
        this.wake();
        Ok(this)
    }

    /// Takes no more datagrams, and closes every connection.
    ///
    /// After it returns no callback, no timer and no work of them runs, and whoever drops the last
    /// reference to the listener closes its socket.
    pub(crate) fn stop(&self) {
        self.socket.clear_events();
        let endpoint = self.endpoint.lock().take();
        if let Some(endpoint) = endpoint {
            for connection in endpoint.iter() {
                connection.shut_down();
            }
        }
        // Work that is queued or running has references to connections, and those to the listener:
        // without them the caller's is the last, and dropping it frees the port.
        //
        // What runs now may queue itself once more, or a connection that it has something for. The
        // first flush waits for it, the second for what it has queued. That finds no endpoint and no
        // state, and queues nothing.
        self.shared.queue.flush();
        self.shared.queue.flush();
    }

    /// Queues the listener's work.
    fn wake(self: &Arc<Self>) {
        // Where it is queued already, it has yet to run, and will see what there is to see.
        let _ = self.shared.queue.enqueue(self.clone());
    }

    /// Receives what the socket has, up to a bound; whether there may be more. What comes to a
    /// listener that has been stopped stays where it is.
    fn receive(self: &Arc<Self>) -> bool {
        let mut buffers = self.buffers.lock();
        let Buffers { batch, reply } = &mut *buffers;

        for _ in 0..BATCHES_PER_RUN {
            if self.endpoint.lock().is_none() {
                return false;
            }
            let received = match self.socket.recv(batch) {
                Ok(received) => received,
                Err(e) if e == EAGAIN => return false,
                Err(e) => {
                    // Of that datagram alone: the next one is not to suffer for it.
                    pr_warn_once!("a datagram could not be received: {e:?}\n");
                    continue;
                }
            };
            let path = Path {
                local: received.to,
                remote: received.from,
            };
            let ecn = from_socket(received.ecn);
            for datagram in received.datagrams(batch) {
                let len = u64::try_from(datagram.len()).unwrap_or(0);
                self.shared.counters.bytes_received.add(len);
                self.dispatch(path, ecn, datagram, reply);
            }
        }
        true
    }

    /// Finds whose a datagram is.
    fn dispatch(self: &Arc<Self>, path: Path, ecn: quic::Ecn, datagram: &[u8], reply: &mut [u8]) {
        let counters = &self.shared.counters;
        let action = {
            let mut endpoint = self.endpoint.lock();
            let Some(endpoint) = &mut *endpoint else {
                return;
            };
            match endpoint.receive(self.now(), path, datagram, reply) {
                Received::Connection(connection) => Action::Deliver(connection.clone()),
                Received::New(incoming) => Action::Open(incoming),
                Received::Reply(kind, len) => Action::Reply(kind, len),
                Received::Dropped(why) => Action::Drop(why),
            }
        };

        match action {
            Action::Deliver(connection) => connection.deliver(path, ecn, datagram),
            Action::Open(incoming) => {
                if let Err(e) = self.open(incoming, path, ecn, datagram) {
                    counters.connections_refused.increment();
                    pr_warn_once!("a connection was refused: {e:?}\n");
                }
            }
            Action::Reply(kind, len) => {
                match kind {
                    Reply::VersionNegotiation => &counters.quic.version_negotiations_sent,
                    Reply::Retry => &counters.quic.retries_sent,
                    Reply::Refusal => &counters.quic.refusals_sent,
                    Reply::StatelessReset => &counters.quic.resets_sent,
                }
                .increment();
                let reply = Transmit {
                    to: path.remote,
                    from: Some(path.local),
                    ecn: udp::Ecn::NotEct,
                    segment: None,
                    data: reply.get(..len).unwrap_or_default(),
                };
                // It can be lost here as well as anywhere else; the peer asks again.
                let _ = self.socket.send(&reply);
            }
            Action::Drop(why) => match why {
                Discard::Malformed => &counters.quic.dropped_malformed,
                Discard::Unknown => &counters.quic.dropped_unknown,
                Discard::RateLimited => &counters.quic.dropped_rate_limited,
                Discard::NoMemory => &counters.quic.dropped_no_memory,
            }
            .increment(),
        }
    }

    /// Takes a new connection in, and gives it its first datagram.
    fn open(
        self: &Arc<Self>,
        incoming: Incoming,
        path: Path,
        ecn: quic::Ecn,
        datagram: &[u8],
    ) -> Result {
        let id = self.shared.new_id();
        let Incoming { key, connection } = incoming;
        let connection = Connection::new(id, key, self.clone(), connection, path.remote)
            .and_then(|connection| {
                let mut endpoint = self.endpoint.lock();
                let Some(endpoint) = &mut *endpoint else {
                    return Err(ESHUTDOWN);
                };
                endpoint.insert(key, connection.clone())?;
                Ok(connection)
            })
            .inspect_err(|_| self.forget(key))?;
        connection.deliver(path, ecn, datagram);
        Ok(())
    }

    /// Wakes the connections that wait for room.
    fn unblock(&self) {
        let endpoint = self.endpoint.lock();
        if let Some(endpoint) = &*endpoint {
            for connection in endpoint.iter() {
                connection.unblock();
            }
        }
    }

    /// Says that a connection waits for room.
    pub(super) fn block(&self) {
        self.blocked.store(true, Relaxed);
    }

    /// A connection's handshake is done.
    pub(super) fn handshake_over(&self, key: quic::Key) {
        if let Some(endpoint) = &mut *self.endpoint.lock() {
            endpoint.handshake_over(key);
        }
    }

    /// Says what tells that a connection's peer has lost it.
    pub(super) fn expect_reset(&self, key: quic::Key, reset: Option<ExpectedReset>) -> Result {
        match &mut *self.endpoint.lock() {
            Some(endpoint) => endpoint.expect_reset(key, reset),
            None => Ok(()),
        }
    }

    /// Forgets a connection that has come to its end.
    pub(super) fn forget(&self, key: quic::Key) {
        let connection = match &mut *self.endpoint.lock() {
            Some(endpoint) => endpoint.remove(key),
            None => None,
        };
        // Not under the lock.
        drop(connection);
    }

    /// The time, as connections are told it.
    pub(super) fn now(&self) -> quic::Instant {
        quic::Instant::from_nanos(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(0))
    }

    /// The memory that the connections have together.
    pub(super) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// What all listeners share.
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The socket that all connections send on.
    pub(super) fn socket(&self) -> &UdpSocket {
        &self.socket
    }
}
