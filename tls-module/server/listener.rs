// SPDX-License-Identifier: GPL-2.0

//! A listening socket and the table of its connections.

use super::{
    connection::Connection,
    service::ServiceKind,
    timer::{
        self,
        impl_timer, //
    },
    Shared, //
};
use crate::tls;
use core::net::SocketAddr;
use kernel::{
    net::{
        socket::SocketEvents,
        tcp::{
            TcpListener,
            TcpStream, //
        }, //
    },
    new_mutex,
    pr_warn_once,
    prelude::*,
    rbtree::RBTree,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
    time::{
        hrtimer::{
            ArcHrTimerHandle,
            HrTimer, //
        },
        Delta, //
    },
    workqueue::{
        impl_has_work,
        new_work,
        Work,
        WorkItem, //
    }, //
};

/// Connections that may wait to be accepted; the kernel bounds it further (`somaxconn`).
const BACKLOG: u32 = 4096;

/// Connections accepted before other work has its turn.
const ACCEPTS_PER_RUN: u32 = 64;

/// How long a listener waits where a connection could not be accepted, before it tries again.
const RETRY: Delta = Delta::from_millis(100);

/// Connections a listener has at once, those past their handshake included.
const MAX_CONNECTIONS: usize = 16384;

/// What a listener is made of.
pub(crate) struct ListenerOptions {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Certificates, suites, groups and protocols.
    pub(crate) tls: Arc<tls::Config>,
    /// What is behind the handshake.
    pub(crate) service: ServiceKind,
    /// How long a handshake may take.
    pub(crate) deadline: Delta,
    /// How many handshakes may be under way at once.
    pub(crate) max_handshakes: usize,
}

/// A socket that listens, from [`Listener::start`] to [`Listener::stop`].
#[pin_data]
pub(crate) struct Listener {
    shared: Arc<Shared>,
    options: ListenerOptions,
    socket: TcpListener,
    handshakes: Atomic<usize>,
    #[pin]
    table: Mutex<Table>,
    #[pin]
    work: Work<Listener>,
    #[pin]
    timer: HrTimer<Listener>,
}

/// The connections of a listener, by number.
struct Table {
    connections: RBTree<u64, Arc<Connection>>,
    len: usize,
    open: bool,
    /// Queues the work, where a connection could not be accepted; none once the table is closed.
    retry: Option<ArcHrTimerHandle<Listener>>,
}

/// Queues the listener's work when connections wait to be accepted.
struct Wake(Arc<Listener>);

impl SocketEvents for Wake {
    fn data_ready(&self) {
        self.0.wake();
    }
}

impl_has_work! {
    impl HasWork<Self> for Listener { self.work }
}

impl_timer!(Listener, wake);

impl WorkItem for Listener {
    type Pointer = Arc<Listener>;

    fn run(this: Arc<Listener>) {
        for _ in 0..ACCEPTS_PER_RUN {
            if !this.table.lock().open {
                return;
            }
            match this.socket.accept() {
                Ok(stream) => this.clone().admit(stream),
                Err(e) if e == EAGAIN => return,
                // The peer gave up while it waited: the next one is not to suffer for it.
                Err(e) if e == ECONNABORTED => continue,
                Err(e) => {
                    pr_warn_once!("a connection could not be accepted: {e:?}\n");
                    this.retry();
                    return;
                }
            }
        }
        this.wake();
    }
}

impl Listener {
    /// Binds the address and begins to accept connections.
    ///
    /// Returns what binding returns (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`), or `ENOMEM`.
    pub(crate) fn start(shared: Arc<Shared>, options: ListenerOptions) -> Result<Arc<Self>> {
        let socket = TcpListener::bind(options.address, BACKLOG)?;
        let this = Arc::pin_init(
            try_pin_init!(Self {
                shared,
                options,
                socket,
                handshakes: Atomic::new(0),
                table <- new_mutex!(Table {
                    connections: RBTree::new(),
                    len: 0,
                    open: true,
                    retry: None,
                }),
                work <- new_work!("rust_tls::Listener"),
                timer <- HrTimer::new(),
            }),
            GFP_KERNEL,
        )?;
        let events = Arc::new(Wake(this.clone()), GFP_KERNEL)?;
        this.socket.set_events(events)?;
        // Who connected before the callback was there.
        this.wake();
        Ok(this)
    }

    /// Stops accepting and closes every connection.
    ///
    /// After it returns no callback, no timer and no work of them runs, and whoever drops the last
    /// reference to the listener closes its socket.
    pub(crate) fn stop(&self) {
        self.socket.clear_events();
        let (connections, retry) = {
            let mut table = self.table.lock();
            table.open = false;
            (core::mem::take(&mut table.connections), table.retry.take())
        };
        // Waits for a timer that is just firing; as the table is closed none is set any more.
        drop(retry);
        for connection in connections.values() {
            connection.close();
        }
        drop(connections);
        // Work that is queued or running has references to connections, and those to the listener:
        // without them the caller's is the last, and dropping it frees the port.
        //
        // What runs now may queue itself once more, or be about to remove the callback or the timer
        // of a connection that it starts or closes. The first flush waits for it, the second for
        // what it and they have queued. That finds everything closed, and queues nothing.
        self.shared.queue.flush();
        self.shared.queue.flush();
    }

    /// Queues the work that accepts.
    fn wake(self: &Arc<Self>) {
        // Where it is queued already, it has yet to run, and will see what there is to see.
        let _ = self.shared.queue.enqueue(self.clone());
    }

    /// Queues the work in a while, unless the listener has been stopped.
    ///
    /// Connections still wait, and when as many do as may, no event comes that would queue it.
    fn retry(self: &Arc<Self>) {
        let mut table = self.table.lock();
        if table.open {
            timer::set(&mut table.retry, self, RETRY);
        }
    }

    /// Takes a new connection in, or refuses it.
    fn admit(self: Arc<Self>, stream: TcpStream) {
        // Only this work puts connections into the table.
        if self.table.lock().len >= MAX_CONNECTIONS || !self.begin_handshake() {
            self.shared.counters.connections_refused.increment();
            // Resets the connection, so that nothing of it stays behind.
            stream.abort();
            return;
        }

        if let Err(e) = self.open(stream) {
            self.shared.counters.connections_refused.increment();
            pr_warn_once!("a connection was refused: {e:?}\n");
        }
    }

    /// Puts a connection into the table and starts it.
    fn open(self: &Arc<Self>, stream: TcpStream) -> Result {
        let id = self.shared.new_id();
        let connection = Connection::new(id, self.clone(), stream)?;
        self.insert(id, connection.clone())
            .inspect_err(|_| connection.abort())?;
        connection.start();
        Ok(())
    }

    fn insert(&self, id: u64, connection: Arc<Connection>) -> Result {
        let mut table = self.table.lock();
        if !table.open {
            return Err(ESHUTDOWN);
        }
        table
            .connections
            .try_create_and_insert(id, connection, GFP_KERNEL)?;
        table.len = table.len.saturating_add(1);
        Ok(())
    }

    /// Forgets a connection that has closed.
    pub(super) fn forget(&self, id: u64) {
        let mut table = self.table.lock();
        let removed = table.connections.remove(&id);
        if removed.is_some() {
            table.len = table.len.saturating_sub(1);
        }
        drop(table);
    }

    /// Counts one more handshake under way, unless there are as many as may be.
    fn begin_handshake(&self) -> bool {
        let before = self.handshakes.fetch_add(1usize, Relaxed);
        if before >= self.options.max_handshakes {
            self.end_handshake();
            return false;
        }
        true
    }

    /// Counts one handshake less under way.
    pub(super) fn end_handshake(&self) {
        self.handshakes.fetch_sub(1usize, Relaxed);
    }

    /// What all listeners share.
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// What this listener is made of.
    pub(super) fn options(&self) -> &ListenerOptions {
        &self.options
    }
}
