// SPDX-License-Identifier: GPL-2.0

//! The streams of a connection, and flow control (RFC 9000 sections 2 to 4).

use kernel::{
    error::Result as KernelResult,
    prelude::*, //
};

use super::{
    codec::{
        to_u64,
        to_usize,
        Writer, //
    },
    error::{
        Code,
        Result,
        TransportError, //
    },
    frame::{
        self,
        kind, //
    },
    limits,
    sent::Sent,
    stream::{
        Direction,
        Read,
        Receive,
        Send,
        Signal,
        Stream,
        StreamId, //
    },
    transport_parameters::ClientParameters, //
};

/// What there is once for each direction.
struct PerDirection {
    /// The next stream that the peer opens, by index.
    next_remote: u64,
    /// How many the peer may open.
    max_remote: u64,
    max_streams: Signal,
    /// How many of the peer's are over.
    closed: u64,
    /// The next stream that this side opens.
    next_local: u64,
    /// How many it may open.
    max_local: u64,
}

impl PerDirection {
    const fn new(max_remote: u64) -> Self {
        Self {
            next_remote: 0,
            max_remote,
            max_streams: Signal::Idle,
            closed: 0,
            next_local: 0,
            max_local: 0,
        }
    }
}

/// The streams of a connection.
///
/// # Invariants
///
/// `list` is in the order of the ids, each of which is there once.
pub(super) struct Streams {
    list: KVec<KBox<Stream>>,
    bidi: PerDirection,
    uni: PerDirection,
    /// What the peer may send on all streams, what it has sent, and what of it has been read.
    receive_max: u64,
    received: u64,
    consumed: u64,
    max_data: Signal,
    /// What this side may send on all streams, and what it has sent.
    send_max: u64,
    sent: u64,
    /// The limit that the peer has been told is in the way.
    blocked_at: Option<u64>,
    /// What the peer's parameters say of new streams.
    bidi_local_max: u64,
    bidi_remote_max: u64,
    uni_max: u64,
    /// Bytes in the buffers for sending.
    send_held: usize,
    /// The stream after which the next frame's is looked for.
    cursor: u64,
}

/// What a frame is about.
enum Found {
    /// The stream at this place in the list.
    Open(usize),
    /// A stream that is over.
    Closed,
}

impl Streams {
    pub(super) const fn new() -> Self {
        Self {
            list: KVec::new(),
            bidi: PerDirection::new(limits::MAX_STREAMS_BIDI),
            uni: PerDirection::new(limits::MAX_STREAMS_UNI),
            receive_max: limits::CONNECTION_WINDOW,
            received: 0,
            consumed: 0,
            max_data: Signal::Idle,
            send_max: 0,
            sent: 0,
            blocked_at: None,
            bidi_local_max: 0,
            bidi_remote_max: 0,
            uni_max: 0,
            send_held: 0,
            cursor: 0,
        }
    }

    /// Takes the limits that the peer begins with.
    pub(super) fn set_parameters(&mut self, parameters: &ClientParameters) {
        self.send_max = parameters.initial_max_data;
        self.bidi.max_local = parameters.initial_max_streams_bidi;
        self.uni.max_local = parameters.initial_max_streams_uni;
        // The peer's "local" streams are those it opens: this side's "remote" ones.
        self.bidi_remote_max = parameters.initial_max_stream_data_bidi_local;
        self.bidi_local_max = parameters.initial_max_stream_data_bidi_remote;
        self.uni_max = parameters.initial_max_stream_data_uni;
    }

    pub(super) fn bytes_held(&self) -> usize {
        let list = self
            .list
            .capacity()
            .saturating_mul(size_of::<KBox<Stream>>());
        self.list.iter().fold(list, |sum, stream| {
            let receive = stream.receive.as_ref().map_or(0, Receive::bytes_held);
            let send = stream.send.as_ref().map_or(0, |s| s.buffer.bytes_held());
            sum.saturating_add(size_of::<Stream>())
                .saturating_add(receive)
                .saturating_add(send)
        })
    }

    /// How many bytes of memory what has come has.
    pub(super) fn receive_bytes_held(&self) -> usize {
        self.list
            .iter()
            .filter_map(|stream| stream.receive.as_ref())
            .fold(0, |sum, receive| sum.saturating_add(receive.bytes_held()))
    }

    fn per(&mut self, direction: Direction) -> &mut PerDirection {
        match direction {
            Direction::Bidi => &mut self.bidi,
            Direction::Uni => &mut self.uni,
        }
    }

    fn place(&self, id: StreamId) -> core::result::Result<usize, usize> {
        self.list.binary_search_by_key(&id, |stream| stream.id)
    }

    fn get(&mut self, id: StreamId) -> Option<&mut Stream> {
        let at = self.place(id).ok()?;
        self.list.get_mut(at).map(|stream| &mut **stream)
    }

    /// Adds a stream.
    fn add(&mut self, id: StreamId) -> KernelResult {
        let Err(at) = self.place(id) else {
            return Ok(());
        };
        let send_max = match (id.direction(), id.is_local()) {
            (Direction::Bidi, true) => Some(self.bidi_local_max),
            (Direction::Bidi, false) => Some(self.bidi_remote_max),
            (Direction::Uni, true) => Some(self.uni_max),
            (Direction::Uni, false) => None,
        };
        let receives = id.direction() == Direction::Bidi || !id.is_local();
        let stream = KBox::new(
            Stream {
                id,
                receive: receives.then(Receive::new),
                send: send_max.map(Send::new),
            },
            GFP_KERNEL,
        )?;
        self.list.reserve(1, GFP_KERNEL)?;
        // INVARIANT: `at` is where the id belongs.
        self.list.insert_within_capacity(at, stream)?;
        Ok(())
    }

    /// Finds the stream of a frame, and opens it if it is the peer's to open (section 2.1).
    fn find(&mut self, id: StreamId) -> Result<Found> {
        let per = self.per(id.direction());
        if id.is_local() {
            if id.index() >= per.next_local {
                return Err(TransportError::new(
                    Code::STREAM_STATE_ERROR,
                    "frame for a stream that is not open",
                ));
            }
        } else {
            if id.index() >= per.max_remote {
                return Err(TransportError::new(
                    Code::STREAM_LIMIT_ERROR,
                    "more streams than were allowed",
                ));
            }
            // Section 3.2: those before it are open, too.
            let first = per.next_remote;
            per.next_remote = first.max(id.index().saturating_add(1));
            for index in first..=id.index() {
                self.add(StreamId::new(false, id.direction(), index))?;
            }
        }
        Ok(self.place(id).map_or(Found::Closed, Found::Open))
    }

    /// Finds the receiving part that a frame is for.
    fn find_receive(&mut self, id: StreamId) -> Result<Option<&mut Receive>> {
        if id.is_local() && id.direction() == Direction::Uni {
            return Err(TransportError::new(
                Code::STREAM_STATE_ERROR,
                "frame for a stream that only this side sends on",
            ));
        }
        Ok(match self.find(id)? {
            Found::Open(at) => self.list.get_mut(at).and_then(|s| s.receive.as_mut()),
            Found::Closed => None,
        })
    }

    /// Finds the sending part that a frame is for.
    fn find_send(&mut self, id: StreamId) -> Result<Option<&mut Send>> {
        if !id.is_local() && id.direction() == Direction::Uni {
            return Err(TransportError::new(
                Code::STREAM_STATE_ERROR,
                "frame for a stream that only the peer sends on",
            ));
        }
        Ok(match self.find(id)? {
            Found::Open(at) => self.list.get_mut(at).and_then(|s| s.send.as_mut()),
            Found::Closed => None,
        })
    }

    /// Takes a STREAM frame (section 19.8).
    pub(super) fn on_stream(
        &mut self,
        id: StreamId,
        offset: u64,
        data: &[u8],
        fin: bool,
    ) -> Result {
        let room = self.receive_max.saturating_sub(self.received);
        if let Some(receive) = self.find_receive(id)? {
            let counts = receive.data(offset, data, fin, room)?;
            self.count(counts);
            self.sweep(id);
        }
        Ok(())
    }

    /// Takes a RESET_STREAM frame (section 19.4).
    pub(super) fn on_reset(&mut self, id: StreamId, code: u64, final_size: u64) -> Result {
        let room = self.receive_max.saturating_sub(self.received);
        if let Some(receive) = self.find_receive(id)? {
            let counts = receive.reset(code, final_size, room)?;
            self.count(counts);
            self.sweep(id);
        }
        Ok(())
    }

    /// Takes a STOP_SENDING frame (section 19.5): it is answered by a RESET_STREAM with the same
    /// code (section 3.5).
    pub(super) fn on_stop_sending(&mut self, id: StreamId, code: u64) -> Result {
        let mut freed = 0;
        if let Some(send) = self.find_send(id)? {
            freed = send.buffer.len();
            send.reset(code);
            freed = freed.saturating_sub(send.buffer.len());
        }
        self.send_held = self.send_held.saturating_sub(freed);
        Ok(())
    }

    /// Takes a MAX_STREAM_DATA frame (section 19.10).
    pub(super) fn on_max_stream_data(&mut self, id: StreamId, max: u64) -> Result {
        if let Some(send) = self.find_send(id)? {
            send.max = send.max.max(max);
        }
        Ok(())
    }

    /// Takes a STREAM_DATA_BLOCKED frame (section 19.13), of which only the stream matters.
    pub(super) fn on_stream_data_blocked(&mut self, id: StreamId) -> Result {
        self.find_receive(id).map(|_| ())
    }

    /// Takes a MAX_DATA frame (section 19.9).
    pub(super) fn on_max_data(&mut self, max: u64) {
        self.send_max = self.send_max.max(max);
    }

    /// Takes a MAX_STREAMS frame (section 19.11).
    pub(super) fn on_max_streams(&mut self, direction: Direction, max: u64) {
        let per = self.per(direction);
        per.max_local = per.max_local.max(max);
    }

    /// Counts what has come, and what of it will never be read.
    fn count(&mut self, (new, skipped): (u64, u64)) {
        self.received = self.received.saturating_add(new);
        self.consume(skipped);
    }

    /// Counts what has been read, and raises the limit when half of the window is used up (section
    /// 4.2).
    fn consume(&mut self, n: u64) {
        self.consumed = self.consumed.saturating_add(n);
        let wanted = self.consumed.saturating_add(limits::CONNECTION_WINDOW);
        if wanted.saturating_sub(self.receive_max) >= limits::CONNECTION_WINDOW / 2 {
            self.receive_max = wanted;
            self.max_data.raise();
        }
    }

    /// Forgets a stream if it is over.
    fn sweep(&mut self, id: StreamId) {
        let Ok(at) = self.place(id) else {
            return;
        };
        if !self.list.get(at).is_some_and(|stream| stream.is_done()) {
            return;
        }
        let _ = self.list.remove(at);
        if !id.is_local() {
            // The peer may open another in its place; it is told of several at once.
            let limit = match id.direction() {
                Direction::Bidi => limits::MAX_STREAMS_BIDI,
                Direction::Uni => limits::MAX_STREAMS_UNI,
            };
            let per = self.per(id.direction());
            per.closed = per.closed.saturating_add(1);
            let wanted = per.closed.saturating_add(limit);
            if wanted.saturating_sub(per.max_remote) >= limit / 8 {
                per.max_remote = wanted;
                per.max_streams.raise();
            }
        }
    }

    /// The first stream after `after` that has something to read.
    pub(super) fn readable_after(&self, after: Option<StreamId>) -> Option<StreamId> {
        self.list
            .iter()
            .filter(|stream| after.is_none_or(|after| stream.id > after))
            .find(|stream| stream.receive.as_ref().is_some_and(Receive::is_readable))
            .map(|stream| stream.id)
    }

    /// Reads from a stream.
    pub(super) fn read(&mut self, id: StreamId, out: &mut [u8]) -> KernelResult<Read> {
        let stream = self.get(id).ok_or(ENOENT)?;
        let result = stream.receive.as_mut().ok_or(EINVAL)?.read(out);
        if let Ok(read) = &result {
            self.consume(to_u64(read.len));
        }
        self.sweep(id);
        result
    }

    /// Writes to a stream; gives how much there was room for.
    /// `most` is what all may have that waits.
    pub(super) fn write(&mut self, id: StreamId, bytes: &[u8], most: usize) -> KernelResult<usize> {
        let room = most.saturating_sub(self.send_held);
        let stream = self.get(id).ok_or(ENOENT)?;
        let send = stream.send.as_mut().ok_or(EINVAL)?;
        if send.is_reset() {
            return Err(ECONNRESET);
        }
        if !send.is_open() {
            return Err(EPIPE);
        }
        let room = room.min(limits::MAX_STREAM_SEND_BUFFER.saturating_sub(send.buffer.len()));
        let bytes = bytes.get(..room).unwrap_or(bytes);
        send.buffer.push(bytes)?;
        self.send_held = self.send_held.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    /// Ends what this side sends on a stream.
    pub(super) fn finish(&mut self, id: StreamId) -> KernelResult {
        let send = self.get(id).and_then(|s| s.send.as_mut()).ok_or(ENOENT)?;
        if send.is_open() {
            send.fin.raise();
        }
        Ok(())
    }

    /// Breaks off what this side sends on a stream.
    pub(super) fn reset(&mut self, id: StreamId, code: u64) -> KernelResult {
        let send = self.get(id).and_then(|s| s.send.as_mut()).ok_or(ENOENT)?;
        let before = send.buffer.len();
        send.reset(code);
        let freed = before.saturating_sub(send.buffer.len());
        self.send_held = self.send_held.saturating_sub(freed);
        Ok(())
    }

    /// Asks the peer to send no more on a stream.
    pub(super) fn stop_sending(&mut self, id: StreamId, code: u64) -> KernelResult {
        let receive = self
            .get(id)
            .and_then(|s| s.receive.as_mut())
            .ok_or(ENOENT)?;
        let unread = receive.stop(code);
        self.consume(unread);
        self.sweep(id);
        Ok(())
    }

    /// Opens a stream; `EAGAIN` if the peer does not allow one more now.
    pub(super) fn open(&mut self, direction: Direction) -> KernelResult<StreamId> {
        let per = self.per(direction);
        if per.next_local >= per.max_local {
            return Err(EAGAIN);
        }
        if self.list.len() >= MAX_STREAMS {
            return Err(ENOSPC);
        }
        let index = self.per(direction).next_local;
        let id = StreamId::new(true, direction, index);
        self.add(id)?;
        self.per(direction).next_local = index.saturating_add(1);
        Ok(id)
    }

    /// Writes what there is to say of streams, as far as there is room, and lists it in `sent`.
    pub(super) fn write_frames(
        &mut self,
        w: &mut Writer<'_>,
        sent: &mut KVec<Sent>,
    ) -> KernelResult {
        self.write_limits(w, sent)?;
        self.write_signals(w, sent)?;
        self.write_data(w, sent)
    }

    fn write_limits(&mut self, w: &mut Writer<'_>, sent: &mut KVec<Sent>) -> KernelResult {
        if self.max_data.is_due() && w.room() >= NUMBERS {
            sent.push(Sent::MaxData, GFP_KERNEL)?;
            w.varint(kind::MAX_DATA)?;
            w.varint(self.receive_max)?;
            self.max_data.sent();
        }
        for (direction, kind) in [
            (Direction::Bidi, kind::MAX_STREAMS_BIDI),
            (Direction::Uni, kind::MAX_STREAMS_UNI),
        ] {
            let per = self.per(direction);
            if per.max_streams.is_due() && w.room() >= NUMBERS {
                sent.push(Sent::MaxStreams(direction), GFP_KERNEL)?;
                w.varint(kind)?;
                w.varint(per.max_remote)?;
                per.max_streams.sent();
            }
        }
        Ok(())
    }

    fn write_signals(&mut self, w: &mut Writer<'_>, sent: &mut KVec<Sent>) -> KernelResult {
        for stream in &mut self.list {
            let id = stream.id;
            if w.room() < NUMBERS {
                break;
            }
            if let Some(receive) = &mut stream.receive {
                if receive.max_stream_data.is_due() && !receive.is_done() {
                    sent.push(Sent::MaxStreamData(id), GFP_KERNEL)?;
                    w.varint(kind::MAX_STREAM_DATA)?;
                    w.varint(id.0)?;
                    w.varint(receive.max)?;
                    receive.max_stream_data.sent();
                }
                if receive.stop_sending.is_due() && w.room() >= NUMBERS {
                    sent.push(Sent::StopSending(id), GFP_KERNEL)?;
                    w.varint(kind::STOP_SENDING)?;
                    w.varint(id.0)?;
                    w.varint(receive.stop)?;
                    receive.stop_sending.sent();
                }
            }
            if let Some(send) = &mut stream.send {
                if send.reset.is_due() && w.room() >= NUMBERS {
                    sent.push(Sent::ResetStream(id), GFP_KERNEL)?;
                    w.varint(kind::RESET_STREAM)?;
                    w.varint(id.0)?;
                    w.varint(send.reset_code)?;
                    // What was sent is what the peer has to count.
                    w.varint(send.buffer.unsent())?;
                    send.reset.sent();
                }
            }
        }
        Ok(())
    }

    /// Writes STREAM frames, of one stream after the other so that none has to wait for long.
    fn write_data(&mut self, w: &mut Writer<'_>, sent: &mut KVec<Sent>) -> KernelResult {
        let first = self.list.partition_point(|s| s.id.0 <= self.cursor);
        let count = self.list.len();
        for turn in 0..count {
            let at = match first.saturating_add(turn) {
                at if at < count => at,
                at => at.saturating_sub(count),
            };
            let room = self.send_max.saturating_sub(self.sent);
            let Some(stream) = self.list.get_mut(at) else {
                break;
            };
            let id = stream.id;
            let Some(send) = &mut stream.send else {
                continue;
            };
            let header = frame::data_header_len(Some(id), send.buffer.end());
            // A frame of a few bytes costs more than it brings.
            let Some(max) = w.room().checked_sub(header.saturating_add(MIN_DATA)) else {
                break;
            };
            let max = max.saturating_add(MIN_DATA);
            if let Some((range, fin)) = send.next(room, max) {
                let len = to_usize(range.end.saturating_sub(range.start));
                sent.push(
                    Sent::Stream {
                        id,
                        range: range.clone(),
                        fin,
                    },
                    GFP_KERNEL,
                )?;
                frame::write_stream_header(w, id, range.start, len, fin)?;
                send.buffer.read(range.start, w.reserve(len)?)?;
                let new = range.end.saturating_sub(send.buffer.unsent());
                send.sent(&range, fin);
                self.sent = self.sent.saturating_add(new);
                self.cursor = id.0;
            } else if send.buffer.unsent() < send.buffer.end() && w.room() >= NUMBERS {
                // Section 4.1: a sender says that it is blocked, once for each limit.
                if send.buffer.unsent() >= send.max {
                    if send.blocked_at != Some(send.max) {
                        send.blocked_at = Some(send.max);
                        w.varint(kind::STREAM_DATA_BLOCKED)?;
                        w.varint(id.0)?;
                        w.varint(send.max)?;
                    }
                } else if room == 0 && self.blocked_at != Some(self.send_max) {
                    self.blocked_at = Some(self.send_max);
                    w.varint(kind::DATA_BLOCKED)?;
                    w.varint(self.send_max)?;
                }
            }
        }
        Ok(())
    }

    /// Notes that something has been acknowledged.
    pub(super) fn acked(&mut self, sent: Sent) -> KernelResult {
        match sent {
            Sent::Stream { id, range, fin } => {
                let mut freed = 0usize;
                if let Some(send) = self.get(id).and_then(|s| s.send.as_mut()) {
                    let before = send.buffer.len();
                    send.acked(range, fin)?;
                    freed = before.saturating_sub(send.buffer.len());
                }
                self.send_held = self.send_held.saturating_sub(freed);
                self.sweep(id);
            }
            Sent::ResetStream(id) => {
                if let Some(send) = self.get(id).and_then(|s| s.send.as_mut()) {
                    send.reset.acked();
                }
                self.sweep(id);
            }
            Sent::StopSending(id) => {
                if let Some(receive) = self.get(id).and_then(|s| s.receive.as_mut()) {
                    receive.stop_sending.acked();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes that something has been lost.
    pub(super) fn lost(&mut self, sent: Sent) -> KernelResult {
        match sent {
            Sent::Stream { id, range, fin } => {
                if let Some(send) = self.get(id).and_then(|s| s.send.as_mut()) {
                    send.lost(range, fin)?;
                }
            }
            Sent::ResetStream(id) => {
                if let Some(send) = self.get(id).and_then(|s| s.send.as_mut()) {
                    send.reset.lost();
                }
            }
            Sent::StopSending(id) => {
                if let Some(receive) = self.get(id).and_then(|s| s.receive.as_mut()) {
                    receive.stop_sending.lost();
                }
            }
            // Limits are said anew, as they are by then.
            Sent::MaxData => self.max_data.lost(),
            Sent::MaxStreams(direction) => self.per(direction).max_streams.lost(),
            Sent::MaxStreamData(id) => {
                if let Some(receive) = self.get(id).and_then(|s| s.receive.as_mut()) {
                    receive.max_stream_data.lost();
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Room for a frame of a type and up to three numbers.
const NUMBERS: usize = 25;

/// The least data that a STREAM frame is begun for.
const MIN_DATA: usize = 16;

/// Most streams that are open at once, whoever opened them.
const MAX_STREAMS: usize = 256;
