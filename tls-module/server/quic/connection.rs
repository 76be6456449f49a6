// SPDX-License-Identifier: GPL-2.0

//! A connection: what came for it, its work and its timer.

use super::{
    listener::QuicListener,
    page::Pages, //
};
use crate::{
    quic::{
        self,
        CloseReason,
        ExpectedReset,
        Hq,
        Path,
        Share, //
    },
    server::{
        tally::{
            Open,
            Tally, //
        },
        timer::{
            self,
            impl_timer, //
        },
        Counters, //
    }, //
};
use core::net::SocketAddr;
use kernel::{
    net::udp::{
        Ecn,
        Transmit,
        UdpSocket, //
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
        Delta, //
    },
    workqueue::{
        impl_has_work,
        new_work,
        Work,
        WorkItem, //
    }, //
};

/// Datagrams that may wait for a connection's work; what comes then is lost.
const MAX_INBOX: usize = 64;

/// The same while the listener is short of memory.
const SHORT_INBOX: usize = 8;

/// Batches sent before other connections have their turn.
const BATCHES_PER_RUN: u32 = 16;

/// How long to wait before something is tried again that could not be done.
const AGAIN: quic::Duration = quic::Duration::from_millis(10);

/// The code with which a connection is closed that cannot be served.
const INTERNAL: u64 = 1;

/// The room for a batch, which the socket would take up to 64 KiB of: what one allocation of a few
/// pages holds.
const BATCH: usize = 16 << 10;

/// A datagram on its way to a connection.
struct Datagram {
    path: Path,
    ecn: quic::Ecn,
    data: KVec<u8>,
}

/// What waits for a connection's work.
struct Inbox {
    datagrams: KVec<Datagram>,
    share: Share,
}

/// A connection of a listener.
#[pin_data]
pub(super) struct Connection {
    key: quic::Key,
    listener: Arc<QuicListener>,
    _open: Open,
    /// Whether something could not be sent, for want of room.
    blocked: Atomic<bool>,
    #[pin]
    state: Mutex<Option<State>>,
    #[pin]
    inbox: Mutex<Inbox>,
    #[pin]
    work: Work<Connection>,
    #[pin]
    timer: HrTimer<Connection>,
}

/// What changes while a connection lives.
struct State {
    quic: KBox<quic::Connection>,
    hq: Hq<Pages>,
    /// Until the handshake is over.
    tally: Option<Tally>,
    /// What could not be sent yet, and what goes after it.
    unsent: Option<Batch>,
    odd: Option<Batch>,
    /// Packets dropped and bytes held that the counters know of.
    dropped: u64,
    held: Held,
    /// What the endpoint was told to expect.
    reset: Option<ExpectedReset>,
    timer: Option<ArcHrTimerHandle<Connection>>,
    /// What the timer is set to.
    armed: Option<quic::Instant>,
}

/// Datagrams of one length, but for the last, to one address.
struct Batch {
    data: KVec<u8>,
    len: usize,
    segment: usize,
    path: Path,
}

/// What is left to do after a run.
enum Next {
    /// The socket or the timer says when there is more to do.
    Wait,
    /// There is more to do, but others have waited long enough.
    Again,
    /// Nothing, ever.
    End,
}

impl_has_work! {
    impl HasWork<Self> for Connection { self.work }
}

impl_timer!(Connection, wake);

impl WorkItem for Connection {
    type Pointer = Arc<Connection>;

    fn run(this: Arc<Connection>) {
        let mut guard = this.state.lock();
        let Some(state) = &mut *guard else {
            return;
        };
        match this.run_once(state) {
            Next::Wait => {}
            Next::Again => this.wake(),
            Next::End => {
                let state = guard.take();
                drop(guard);
                // Counts a handshake that was still under way; waits for a timer that is just firing.
                drop(state);
                this.listener.forget(this.key);
            }
        }
    }
}

impl Connection {
    /// Makes a connection number `id` of what the endpoint made, a handshake with `peer` under way.
    pub(super) fn new(
        id: u64,
        key: quic::Key,
        listener: Arc<QuicListener>,
        quic: KBox<quic::Connection>,
        peer: SocketAddr,
    ) -> Result<Arc<Self>> {
        let counters = listener.shared().counters.clone();
        let share = Share::new(listener.memory().clone());
        let tally = Tally::begin(id, counters.clone(), Some(peer));
        let state = State {
            quic,
            hq: Hq::new(Pages),
            tally: Some(tally),
            unsent: None,
            odd: None,
            dropped: 0,
            held: Held::new(counters.clone()),
            reset: None,
            timer: None,
            armed: None,
        };
        Arc::pin_init(
            pin_init!(Self {
                key,
                listener,
                _open: Open::count(counters),
                blocked: Atomic::new(false),
                state <- new_mutex!(Some(state)),
                inbox <- new_mutex!(Inbox {
                    datagrams: KVec::new(),
                    share,
                }),
                work <- new_work!("rust_tls::quic::Connection"),
                timer <- HrTimer::new(),
            }),
            GFP_KERNEL,
        )
    }

    /// Puts a datagram into the inbox, if there is room, and queues the work.
    pub(super) fn deliver(self: &Arc<Self>, path: Path, ecn: quic::Ecn, data: &[u8]) {
        if let Err(e) = self.put(path, ecn, data) {
            let counters = &self.listener.shared().counters.quic;
            if e == ENOBUFS {
                counters.dropped_inbox_full.increment();
            } else {
                counters.dropped_no_memory.increment();
            }
        }
        self.wake();
    }

    fn put(&self, path: Path, ecn: quic::Ecn, data: &[u8]) -> Result {
        let mut inbox = self.inbox.lock();
        let most = match inbox.share.is_short() {
            true => SHORT_INBOX,
            false => MAX_INBOX,
        };
        if inbox.datagrams.len() >= most {
            return Err(ENOBUFS);
        }
        let mut copy = KVec::with_capacity(data.len(), GFP_KERNEL)?;
        copy.extend_from_slice(data, GFP_KERNEL)?;
        let datagram = Datagram {
            path,
            ecn,
            data: copy,
        };
        let held = inbox.share.held().saturating_add(data.len());
        inbox.datagrams.push(datagram, GFP_KERNEL)?;
        inbox.share.set(held);
        Ok(())
    }

    /// Queues the connection's work.
    fn wake(self: &Arc<Self>) {
        // Where it is queued already, it has yet to run, and will see what there is to see.
        let _ = self.listener.shared().queue.enqueue(self.clone());
    }

    /// Queues the connection's work if it waits for room to send.
    pub(super) fn unblock(self: &Arc<Self>) {
        if self.blocked.xchg(false, Relaxed) {
            self.wake();
        }
    }

    /// Ends the connection at once, and tells the peer.
    ///
    /// After it returns no timer of it runs, and its work does nothing.
    pub(super) fn shut_down(&self) {
        let state = self.state.lock().take();
        let Some(mut state) = state else {
            return;
        };
        let now = self.listener.now();
        state.quic.close(now, 0, b"");
        (state.unsent, state.odd) = (None, None);
        self.send(&mut state, now);
        self.count(&mut state);
    }

    fn take_inbox(&self) -> KVec<Datagram> {
        let mut inbox = self.inbox.lock();
        inbox.share.set(0);
        core::mem::take(&mut inbox.datagrams)
    }

    /// Has the endpoint know the peer's stateless reset.
    fn expect_reset(&self, state: &mut State) {
        let reset = state.quic.expected_reset();
        // Without memory it stays as it was, and the next run tries again.
        if reset != state.reset && self.listener.expect_reset(self.key, reset).is_ok() {
            state.reset = reset;
        }
    }

    /// Does what can be done without waiting.
    fn run_once(self: &Arc<Self>, state: &mut State) -> Next {
        let now = self.listener.now();
        for mut datagram in self.take_inbox() {
            let Datagram { path, ecn, data } = &mut datagram;
            state.quic.receive(now, *path, *ecn, data);
        }
        if state.quic.timeout().is_some_and(|time| time <= now) {
            state.quic.on_timeout(now);
        }

        let was_closed = state.quic.is_closed();
        let sent = self.send(state, now);
        self.settle_handshake(state);
        self.count(state);
        self.expect_reset(state);
        if state.quic.is_drained() {
            return Next::End;
        }
        self.arm(state, now);
        match sent {
            // It has failed on the way, or holds too much: that is to be said yet.
            Sent::All if state.quic.is_closed() && !was_closed => Next::Again,
            Sent::All | Sent::Blocked => Next::Wait,
            Sent::Some => Next::Again,
        }
    }

    /// Lets the service work, and sends what there is to send, up to a bound.
    fn send(&self, state: &mut State, now: quic::Instant) -> Sent {
        let mut room = KVec::new();
        for _ in 0..BATCHES_PER_RUN {
            let kept = state.unsent.take().or_else(|| state.odd.take());
            let batch = match kept {
                Some(batch) => batch,
                None => {
                    if state.hq.step(&mut state.quic).is_err() {
                        // There is no memory to go on with.
                        state.quic.close(now, INTERNAL, b"");
                    }
                    match Batch::fill(&mut state.quic, now, core::mem::take(&mut room)) {
                        Ok((Some(batch), odd)) => {
                            state.odd = odd;
                            batch
                        }
                        // Without memory now, there may be some when the timer fires.
                        Ok((None, _)) | Err(_) => return Sent::All,
                    }
                }
            };
            let len = u64::try_from(batch.len).unwrap_or(0);
            self.listener.shared().counters.bytes_sent.add(len);
            match self.send_batch(batch) {
                Ok(free) => room = free,
                Err(batch) => {
                    state.unsent = Some(batch);
                    return Sent::Blocked;
                }
            }
        }
        Sent::Some
    }

    /// Sends a batch, and returns its memory; gives it back if there is no room, in which case the
    /// socket says when there is.
    fn send_batch(&self, batch: Batch) -> Result<KVec<u8>, Batch> {
        let socket = self.listener.socket();
        if batch.send(socket) != Err(EAGAIN) {
            return Ok(batch.data);
        }
        // The room may come just now: the flags first, then once more.
        self.blocked.store(true, Relaxed);
        self.listener.block();
        match batch.send(socket) {
            Err(e) if e == EAGAIN => Err(batch),
            _ => Ok(batch.data),
        }
    }

    /// Counts a handshake that has come to its end.
    fn settle_handshake(&self, state: &mut State) {
        if state.quic.is_handshaking() {
            return;
        }
        let Some(mut tally) = state.tally.take() else {
            return;
        };
        match (state.quic.is_established(), state.quic.negotiated()) {
            (true, Some(negotiated)) => {
                tally.done(negotiated);
                self.listener.handshake_over(self.key);
            }
            // It counts against the listener's limits until it is forgotten.
            _ => {
                let (alert, errno) = self.blame(state.quic.error());
                tally.failed(alert, errno);
            }
        }
    }

    /// What a failed handshake is counted as: the alert sent, and the error.
    fn blame(&self, reason: Option<CloseReason>) -> (Option<u8>, Error) {
        let counters = &self.listener.shared().counters;
        match reason {
            Some(CloseReason::Transport(e)) => (alert(e.code.0), EPROTO),
            Some(CloseReason::PeerTransport { code, .. }) => {
                if let Some(alert) = alert(code) {
                    counters.alert_received(alert);
                }
                (None, ECONNRESET)
            }
            Some(CloseReason::HandshakeTimeout) => {
                counters.deadlines_missed.increment();
                (None, ETIMEDOUT)
            }
            Some(CloseReason::IdleTimeout) => (None, ETIMEDOUT),
            Some(CloseReason::NotAuthentic) => (None, EBADMSG),
            Some(CloseReason::Application(_)) => (None, ECANCELED),
            Some(CloseReason::PeerApplication(_) | CloseReason::Reset) | None => (None, ECONNRESET),
        }
    }

    /// Brings the module's counters up to date.
    fn count(&self, state: &mut State) {
        let dropped = state.quic.statistics().packets_dropped;
        let counters = &self.listener.shared().counters.quic;
        counters
            .dropped_by_connections
            .add(dropped.saturating_sub(state.dropped));
        state.dropped = dropped;

        let batches = [&state.unsent, &state.odd];
        let more = batches
            .into_iter()
            .flatten()
            .fold(state.hq.bytes_held(), |sum, batch| {
                sum.saturating_add(batch.data.capacity())
            });
        let held = state.quic.count_memory(self.listener.now(), more);
        state.held.set(held);
    }

    /// Sees that the timer fires when the connection next has something to do, or before.
    fn arm(self: &Arc<Self>, state: &mut State, now: quic::Instant) {
        let Some(wanted) = state.quic.timeout() else {
            return;
        };
        // A timer that fires too early finds nothing to do, and is set anew: cheaper than to move it
        // with every packet, as most of them only put off what is due.
        if state
            .armed
            .is_some_and(|armed| armed > now && armed <= wanted)
        {
            return;
        }
        // What was due by now has been tried. If it is so still, it could not be done, for want of
        // memory or of room in the socket: that takes a while.
        let wanted = match wanted <= now {
            true => now + AGAIN,
            false => wanted,
        };
        let left = Delta::from_nanos(i64::try_from((wanted - now).as_nanos()).unwrap_or(i64::MAX));
        timer::set(&mut state.timer, self, left);
        state.armed = Some(wanted);
    }
}

/// What the counters know of a connection's memory, until this is dropped.
struct Held {
    counters: Arc<Counters>,
    bytes: u64,
}

impl Held {
    fn new(counters: Arc<Counters>) -> Self {
        Self { counters, bytes: 0 }
    }

    fn set(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(0);
        let counter = &self.counters.quic.bytes_held;
        counter.add(bytes);
        counter.subtract(self.bytes);
        self.bytes = bytes;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// How far sending came.
enum Sent {
    /// There is nothing left.
    All,
    /// There may be more.
    Some,
    /// The socket has no room.
    Blocked,
}

impl Batch {
    /// Takes from a connection what it has to send now, as much as makes one batch in the memory of
    /// `room`; and what does not fit in with the rest, as it is for another address, say.
    fn fill(
        quic: &mut quic::Connection,
        now: quic::Instant,
        mut room: KVec<u8>,
    ) -> Result<(Option<Self>, Option<Self>)> {
        if room.len() < BATCH {
            room = KVec::from_elem(0, BATCH, GFP_KERNEL)?;
        }
        let Some(first) = quic.poll_transmit(now, &mut room) else {
            return Ok((None, None));
        };
        let mut batch = Self {
            data: room,
            len: first.len,
            segment: first.len,
            path: first.path,
        };

        loop {
            let rest = batch.data.get_mut(batch.len..).unwrap_or_default();
            if rest.len() < quic::MAX_DATAGRAM {
                break;
            }
            let Some(next) = quic.poll_transmit(now, rest) else {
                break;
            };
            if next.len > batch.segment || next.path != batch.path {
                let mut data = KVec::with_capacity(next.len, GFP_KERNEL)?;
                data.extend_from_slice(rest.get(..next.len).unwrap_or_default(), GFP_KERNEL)?;
                let odd = Self {
                    data,
                    len: next.len,
                    segment: next.len,
                    path: next.path,
                };
                return Ok((Some(batch), Some(odd)));
            }
            batch.len = batch.len.saturating_add(next.len);
            if next.len < batch.segment {
                break;
            }
        }
        Ok((Some(batch), None))
    }

    /// Sends all of it; whatever goes wrong but want of room is as good as lost on the way.
    fn send(&self, socket: &UdpSocket) -> Result {
        let data = self.data.get(..self.len).unwrap_or_default();
        let transmit = Transmit {
            to: self.path.remote,
            from: Some(self.path.local),
            ecn: Ecn::NotEct,
            segment: u16::try_from(self.segment).ok(),
            data,
        };
        match socket.send(&transmit) {
            // Some ways out take no batches, such as IPsec's.
            Err(e) if e == EIO => {
                for data in data.chunks(self.segment.max(1)) {
                    let segment = None;
                    socket.send(&Transmit {
                        segment,
                        data,
                        ..transmit
                    })?;
                }
                Ok(())
            }
            result => result,
        }
    }
}

/// The alert that an error code stands for (RFC 9001 section 4.8).
fn alert(code: u64) -> Option<u8> {
    match code {
        0x100..=0x1ff => u8::try_from(code & 0xff).ok(),
        _ => None,
    }
}
