// SPDX-License-Identifier: GPL-2.0

//! A connection, from the socket that was accepted to the last byte.
//!
//! ```text
//!                 Finished verified              answered, or the
//!                 keys handed to kTLS            peer has closed
//!   Handshaking ----------------------> Serving ------------------> Lingering ---> Closed
//!        |                                                              ^
//!        +------------------- alert sent ------------------------------+
//! ```
//!
//! *Lingering* gives the peer time to read: a socket closed with unread bytes resets the connection,
//! and the peer would lose the alert or the end of the answer. What the peer still sends is dropped.

use super::{
    listener::Listener,
    service::{
        Progress,
        Service, //
    },
    tally::{
        Open,
        Tally, //
    },
    timer::{
        self,
        impl_timer, //
    }, //
};
use crate::{
    record::{
        Established,
        RecordKeys,
        ServerConnection, //
    },
    tls::{
        self,
        ErrorKind, //
    }, //
};
use kernel::{
    net::{
        ktls::CryptoInfo,
        socket::{
            How,
            SocketEvents, //
        },
        tcp::TcpStream, //
    },
    new_mutex,
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
        hrtimer::{
            ArcHrTimerHandle,
            HrTimer, //
        },
        Delta,
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

/// Reads and writes a connection may do before others have their turn.
const STEPS_PER_RUN: u32 = 64;

/// How long a connection may serve without a byte going either way.
const IDLE: Delta = Delta::from_secs(60);

/// How long a connection lingers.
const LINGER: Delta = Delta::from_secs(2);

/// How long to wait for more of an answer to arrive where nothing is left to read; twice as long each
/// time, up to [`LINGER`].
const RECHECK: Delta = Delta::from_millis(100);

/// How long the end of an answer may take to arrive, however slowly it does.
const DELIVERY: Delta = Delta::from_secs(300);

/// Bytes a connection drops while it lingers.
const LINGER_BYTES: usize = 256 << 10;

/// A connection of a listener.
#[pin_data]
pub(super) struct Connection {
    id: u64,
    stream: TcpStream,
    /// Whether the socket is ready for the keys of kTLS.
    ktls: Result,
    listener: Arc<Listener>,
    _open: Open,
    /// Set by the timer.
    expired: Atomic<bool>,
    #[pin]
    inner: Mutex<Inner>,
    #[pin]
    work: Work<Connection>,
    #[pin]
    timer: HrTimer<Connection>,
}

/// What changes while a connection lives.
struct Inner {
    state: State,
    /// When the state was entered, or last moved.
    since: Instant<Monotonic>,
    /// How long it may stay as it is.
    patience: Delta,
    timer: Option<ArcHrTimerHandle<Connection>>,
}

enum State {
    Handshaking(KBox<ServerConnection>, Tally, Slot),
    Serving(KBox<Service>),
    Lingering {
        left: usize,
        drain: Drain,
        /// What is on its way to the peer, where that is an answer.
        delivery: Option<Delivery>,
    },
    /// There is nothing left to do but to close.
    Ended,
    Closed,
}

/// What a connection that lingers reads.
#[derive(Clone, Copy)]
enum Drain {
    /// What the socket has.
    Bytes,
    /// Records: kTLS has the socket.
    Records,
    /// Nothing: kTLS has refused what comes next, and would do so again, or the peer has ended its
    /// side.
    Nothing,
}

/// The end of an answer, on its way.
///
/// Closing does not stop what TCP has, but kTLS gives up a record that it could not hand on whole,
/// for want of room. So nobody closes while the peer takes what there is.
struct Delivery {
    /// Bytes that were sent and not acknowledged when it was last looked at.
    unacked: usize,
    /// When that number was another one.
    moved: Instant<Monotonic>,
    began: Instant<Monotonic>,
}

impl Delivery {
    fn new(stream: &TcpStream) -> Self {
        Self {
            unacked: stream.unacked(),
            moved: Instant::now(),
            began: Instant::now(),
        }
    }

    /// Whether there is something to wait for.
    fn goes_on(&mut self, stream: &TcpStream) -> bool {
        let unacked = stream.unacked();
        if unacked != self.unacked {
            self.unacked = unacked;
            self.moved = Instant::now();
        }
        unacked != 0 && self.moved.elapsed() < IDLE && self.began.elapsed() < DELIVERY
    }
}

/// One of the handshakes that a listener has under way, until this is dropped.
struct Slot(Arc<Listener>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.end_handshake();
    }
}

/// What is left to do after a run.
enum Next {
    /// The socket says when there is more to do.
    Wait,
    /// There is more to do, but others have waited long enough.
    Again,
    /// Nothing.
    Close,
}

/// Queues the connection's work when its socket has something new.
struct Wake(Arc<Connection>);

impl SocketEvents for Wake {
    fn data_ready(&self) {
        self.0.wake();
    }

    fn write_space(&self) {
        self.0.wake();
    }

    fn state_change(&self) {
        self.0.wake();
    }
}

impl_has_work! {
    impl HasWork<Self> for Connection { self.work }
}

impl_timer!(Connection, expire);

impl WorkItem for Connection {
    type Pointer = Arc<Connection>;

    fn run(this: Arc<Connection>) {
        match this.run_once() {
            Next::Wait => {}
            Next::Again => this.wake(),
            Next::Close => this.close(),
        }
    }
}

impl Connection {
    /// Makes a connection of a socket just accepted, one of the listener's handshakes under way.
    pub(super) fn new(id: u64, listener: Arc<Listener>, stream: TcpStream) -> Result<Arc<Self>> {
        let slot = Slot(listener.clone());
        let counters = listener.shared().counters.clone();
        let tally = Tally::begin(id, counters.clone(), stream.peer_addr().ok());
        let patience = listener.options().deadline;
        let handshake = ServerConnection::new(listener.options().tls.clone())
            .map_err(|e| internal_errno(&e).unwrap_or(ENOMEM))?;
        let handshake = KBox::new(handshake, GFP_KERNEL)?;
        // An answer is written at once, whole: there is nothing for Nagle's algorithm to gather.
        stream.set_nodelay(true);
        // Only an established connection can be made ready for kTLS. One that the client has closed
        // for its part by now brings no handshake to an end, but once the handshake is done it may
        // have: who has asked for all that he wants need not wait for the answer.
        let ktls = stream.enable_ktls();
        let open = Open::count(counters);
        Arc::pin_init(
            try_pin_init!(Self {
                id,
                stream,
                ktls,
                listener,
                _open: open,
                expired: Atomic::new(false),
                inner <- new_mutex!(Inner {
                    state: State::Handshaking(handshake, tally, slot),
                    since: Instant::now(),
                    patience,
                    timer: None,
                }),
                work <- new_work!("rust_tls::Connection"),
                timer <- HrTimer::new(),
            }),
            GFP_KERNEL,
        )
    }

    /// The time of the state is over.
    fn expire(self: &Arc<Self>) {
        self.expired.store(true, Relaxed);
        self.wake();
    }

    /// Begins the handshake; the connection is in its listener's table.
    pub(super) fn start(self: &Arc<Self>) {
        {
            let mut inner = self.inner.lock();
            if matches!(inner.state, State::Closed) {
                return;
            }
            self.arm(&mut inner);
        }
        let watched = Arc::new(Wake(self.clone()), GFP_KERNEL)
            .map_err(Error::from)
            .and_then(|events| self.stream.set_events(events));
        if watched.is_err() || matches!(self.inner.lock().state, State::Closed) {
            self.close();
            self.stream.clear_events();
            return;
        }
        // What arrived before the callback was there.
        self.wake();
    }

    /// Queues the connection's work.
    fn wake(self: &Arc<Self>) {
        // Where it is queued already, it has yet to run, and will see what there is to see.
        let _ = self.listener.shared().queue.enqueue(self.clone());
    }

    /// Has the peer of a connection that is not started see a reset, so that nothing stays behind.
    pub(super) fn abort(&self) {
        self.stream.abort();
    }

    /// Closes the connection at once, whatever it was doing.
    ///
    /// After it returns no callback and no timer of it runs. Closing again does nothing.
    pub(super) fn close(&self) {
        let (state, timer) = {
            let mut inner = self.inner.lock();
            let state = core::mem::replace(&mut inner.state, State::Closed);
            (state, inner.timer.take())
        };
        if matches!(state, State::Closed) {
            return;
        }
        // Counts a handshake that was still under way; waits for a timer that is just firing.
        drop(state);
        drop(timer);
        self.stream.clear_events();
        self.listener.forget(self.id);
    }

    /// Does what can be done without waiting.
    fn run_once(self: &Arc<Self>) -> Next {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;

        for _ in 0..STEPS_PER_RUN {
            let step = match &mut inner.state {
                State::Handshaking(handshake, tally, _) => self.handshake_step(handshake, tally),
                State::Serving(service) => self.serve_step(service),
                State::Lingering { left, drain, .. } => self.linger_step(left, *drain),
                State::Ended => return Next::Close,
                State::Closed => return Next::Wait,
            };
            match step {
                Step::Moved => {
                    // A handshake has its time as a whole; whoever is served, since it last moved.
                    if matches!(inner.state, State::Serving(_)) {
                        inner.since = Instant::now();
                    }
                }
                Step::Established => {
                    let state = core::mem::replace(&mut inner.state, State::Ended);
                    match self.establish(state) {
                        Some(service) => self.enter(inner, State::Serving(service), IDLE),
                        None => return Next::Close,
                    }
                }
                Step::Linger(drain) => {
                    // A record that kTLS could not hand on whole, for want of room, is sent when
                    // there is some. Behind the end of the stream it could not be; the peer has its
                    // close_notify to know that there is no more.
                    if !matches!(drain, Drain::Records) && self.stream.shutdown(How::Write).is_err()
                    {
                        return Next::Close;
                    }
                    let delivery =
                        matches!(drain, Drain::Records).then(|| Delivery::new(&self.stream));
                    let state = State::Lingering {
                        left: LINGER_BYTES,
                        drain,
                        delivery,
                    };
                    self.enter(inner, state, LINGER);
                }
                Step::Deliver => {
                    if self.stream.unacked() == 0 {
                        return Next::Close;
                    }
                    if let State::Lingering { drain, .. } = &mut inner.state {
                        *drain = Drain::Nothing;
                    }
                    inner.patience = RECHECK;
                    self.arm(inner);
                }
                Step::Wait => return self.check_time(inner),
                Step::Close => return Next::Close,
            }
        }
        Next::Again
    }

    fn enter(self: &Arc<Self>, inner: &mut Inner, state: State, patience: Delta) {
        inner.state = state;
        inner.since = Instant::now();
        inner.patience = patience;
        self.arm(inner);
    }

    /// Ends a connection whose time is up.
    fn check_time(self: &Arc<Self>, inner: &mut Inner) -> Next {
        if !self.expired.xchg(false, Relaxed) {
            return Next::Wait;
        }
        if inner.since.elapsed() < inner.patience {
            // It has moved since the timer was set.
            self.arm(inner);
            return Next::Wait;
        }
        match &mut inner.state {
            State::Handshaking(_, tally, _) => {
                tally.failed(None, ETIMEDOUT);
                let counters = &self.listener.shared().counters;
                counters.deadlines_missed.increment();
            }
            State::Lingering {
                delivery: Some(delivery),
                ..
            } => {
                if delivery.goes_on(&self.stream) {
                    inner.since = Instant::now();
                    let twice = inner.patience.as_nanos().saturating_mul(2);
                    inner.patience = Delta::from_nanos(twice).min(LINGER);
                    self.arm(inner);
                    return Next::Wait;
                }
            }
            _ => {}
        }
        Next::Close
    }

    /// Sets the timer to what is left of the state's time.
    fn arm(self: &Arc<Self>, inner: &mut Inner) {
        let spent = inner.since.elapsed().as_nanos();
        let left = inner.patience.as_nanos().saturating_sub(spent).max(1);
        timer::set(&mut inner.timer, self, Delta::from_nanos(left));
    }

    /// One read or one write of the handshake.
    fn handshake_step(&self, handshake: &mut KBox<ServerConnection>, tally: &mut Tally) -> Step {
        if !handshake.output().is_empty() {
            return match self.stream.send(handshake.output()) {
                Ok(n) => {
                    handshake.sent(n);
                    Step::Moved
                }
                Err(e) if e == EAGAIN => Step::Wait,
                Err(e) => {
                    tally.failed(None, e);
                    Step::Close
                }
            };
        }
        if handshake.is_complete() {
            return Step::Established;
        }

        let failure = match self.stream.recv(handshake.wanted()) {
            Ok(0) => handshake.eof(),
            Ok(n) => match handshake.received(n) {
                Ok(()) => return Step::Moved,
                Err(e) => e,
            },
            Err(e) if e == EAGAIN => return Step::Wait,
            Err(e) => {
                tally.failed(None, e);
                return Step::Close;
            }
        };
        self.handshake_refused(handshake, tally, &failure)
    }

    /// The engine gave up: the alert it queued goes out, as far as the socket takes it.
    fn handshake_refused(
        &self,
        handshake: &mut KBox<ServerConnection>,
        tally: &mut Tally,
        failure: &tls::Error,
    ) -> Step {
        pr_debug!("handshake {}: {}\n", self.id, failure.reason());

        let output = handshake.output();
        let sent = !output.is_empty() && self.stream.send(output) == Ok(output.len());
        let alert = failure.alert().filter(|_| sent).map(u8::from);
        let errno = match failure.kind() {
            ErrorKind::PeerAlert(alert) => {
                let counters = &self.listener.shared().counters;
                counters.alert_received(u8::from(alert));
                ECONNRESET
            }
            ErrorKind::PeerClosed => ECONNRESET,
            _ => internal_errno(failure).unwrap_or(EPROTO),
        };
        tally.failed(alert, errno);
        if sent {
            Step::Linger(Drain::Bytes)
        } else {
            Step::Close
        }
    }

    /// Ends a handshake that is complete: its service, or nothing where that could not be made.
    fn establish(&self, state: State) -> Option<KBox<Service>> {
        let State::Handshaking(handshake, mut tally, _slot) = state else {
            return None;
        };
        let made = KBox::into_inner(handshake)
            .into_established()
            .map_err(|e| internal_errno(&e).unwrap_or(EPROTO))
            .and_then(|established| {
                let service = self.start_service(&established)?;
                Ok((service, established.negotiated))
            });
        match made {
            Ok((service, negotiated)) => {
                tally.done(&negotiated);
                Some(service)
            }
            Err(e) => {
                tally.failed(None, e);
                None
            }
        }
    }

    /// Hands the record layer to kTLS and makes the service behind it.
    fn start_service(&self, established: &Established) -> Result<KBox<Service>> {
        match self.ktls {
            // With TCP Fast Open there may be a connection to accept before there is one.
            Err(e) if e == ENOTCONN => self.stream.enable_ktls()?,
            enabled => enabled?,
        }
        self.stream.set_ktls_tx(&crypto_info(&established.tx)?)?;
        self.stream.set_ktls_rx(&crypto_info(&established.rx)?)?;
        let service = Service::new(self.listener.options().service, &established.negotiated)?;
        Ok(KBox::new(service, GFP_KERNEL)?)
    }

    fn serve_step(&self, service: &mut KBox<Service>) -> Step {
        match service.step(&self.stream, &self.listener.shared().counters) {
            Ok(Progress::Moved) => Step::Moved,
            Ok(Progress::Wait) => Step::Wait,
            Ok(Progress::Done) => Step::Linger(Drain::Records),
            Ok(Progress::Refused) => Step::Linger(Drain::Nothing),
            Err(_) => Step::Close,
        }
    }

    fn linger_step(&self, left: &mut usize, drain: Drain) -> Step {
        let mut scratch = [0; 512];
        let received = match drain {
            Drain::Bytes => self.stream.recv(&mut scratch),
            // A record without a byte in it is not the end.
            Drain::Records => self
                .stream
                .recv_record(&mut scratch)
                .map(|(content_type, n)| n.max(usize::from(content_type != 0))),
            Drain::Nothing => return Step::Wait,
        };
        match received {
            // The peer may have nothing more to say, and yet wait for the end of its answer.
            Ok(0) if matches!(drain, Drain::Records) => Step::Deliver,
            Ok(0) => Step::Close,
            Ok(n) => match left.checked_sub(n) {
                Some(rest) => {
                    *left = rest;
                    Step::Moved
                }
                None => Step::Close,
            },
            Err(e) if e == EAGAIN => Step::Wait,
            Err(_) => Step::Close,
        }
    }
}

/// What one step of a state led to.
enum Step {
    /// There may be more to do.
    Moved,
    /// The handshake is over, and so is what was to be sent of it.
    Established,
    /// Nothing more is to be sent.
    Linger(Drain),
    /// There is nothing to read any more, but something may be on its way.
    Deliver,
    /// Nothing to do until the socket says so.
    Wait,
    /// The connection is over.
    Close,
}

/// The errno of an error that is this side's fault.
fn internal_errno(e: &tls::Error) -> Option<Error> {
    match e.kind() {
        ErrorKind::Internal(errno) => Some(errno),
        _ => None,
    }
}

/// The keys of one direction as kTLS takes them.
fn crypto_info(keys: &RecordKeys) -> Result<CryptoInfo> {
    CryptoInfo::new(keys.aead, keys.key.as_bytes(), keys.iv.as_bytes(), keys.seq)
}
