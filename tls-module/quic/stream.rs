// SPDX-License-Identifier: GPL-2.0

//! One stream (RFC 9000 sections 2 and 3): its sending and its receiving part.

use core::ops::Range;

use kernel::{
    error::Result as KernelResult,
    prelude::*, //
};

use super::{
    buffer::{
        ReceiveBuffer,
        SendBuffer, //
    },
    codec::to_u64,
    error::{
        Code,
        Result,
        TransportError, //
    },
    limits, //
};

/// Whether data goes both ways or one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Bidirectional.
    Bidi,
    /// Unidirectional: from whoever opened the stream.
    Uni,
}

/// The number of a stream (section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamId(pub u64);

impl StreamId {
    /// The `index`th stream of a direction, opened by the server or by the client.
    pub(super) const fn new(server: bool, direction: Direction, index: u64) -> Self {
        let server = if server { 1 } else { 0 };
        let uni = match direction {
            Direction::Bidi => 0,
            Direction::Uni => 2,
        };
        Self(index << 2 | uni | server)
    }

    /// Whether the server opened it: this side.
    pub const fn is_local(self) -> bool {
        self.0 & 1 != 0
    }

    /// Its direction.
    pub const fn direction(self) -> Direction {
        if self.0 & 2 == 0 {
            Direction::Bidi
        } else {
            Direction::Uni
        }
    }

    /// Which one it is, of its direction and of whoever opened it.
    pub(super) const fn index(self) -> u64 {
        self.0 >> 2
    }
}

/// A frame of one of the kinds that are said once and again until they are acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Signal {
    /// There is nothing to say.
    #[default]
    Idle,
    /// It is to be sent.
    Due,
    /// It has been sent.
    Sent,
    /// It has arrived.
    Acked,
}

impl Signal {
    pub(super) fn is_due(self) -> bool {
        self == Self::Due
    }

    pub(super) fn raise(&mut self) {
        *self = Self::Due;
    }

    pub(super) fn sent(&mut self) {
        *self = Self::Sent;
    }

    pub(super) fn acked(&mut self) {
        *self = Self::Acked;
    }

    /// The frame was lost: it is due again, unless it has arrived another time.
    pub(super) fn lost(&mut self) {
        if *self == Self::Sent {
            *self = Self::Due;
        }
    }
}

/// The receiving part of a stream (section 3.2).
pub(super) struct Receive {
    buffer: ReceiveBuffer,
    /// Offset after the last byte that has come.
    highest: u64,
    /// What the peer may send up to.
    pub(super) max: u64,
    pub(super) max_stream_data: Signal,
    final_size: Option<u64>,
    /// The code of a RESET_STREAM, and whether the application knows.
    reset: Option<u64>,
    /// Whether the application has seen the end.
    done: bool,
    /// The code of a STOP_SENDING.
    pub(super) stop: u64,
    pub(super) stop_sending: Signal,
}

/// What was read from a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// How many bytes.
    pub len: usize,
    /// Whether that was all there will ever be.
    pub fin: bool,
}

impl Receive {
    pub(super) const fn new() -> Self {
        Self {
            buffer: ReceiveBuffer::new(),
            highest: 0,
            max: limits::STREAM_WINDOW,
            max_stream_data: Signal::Idle,
            final_size: None,
            reset: None,
            done: false,
            stop: 0,
            stop_sending: Signal::Idle,
        }
    }

    pub(super) fn bytes_held(&self) -> usize {
        self.buffer.bytes_held()
    }

    /// Whether the application has something to read: data, the end, or a reset.
    pub(super) fn is_readable(&self) -> bool {
        !self.done
            && (self.reset.is_some()
                || self.buffer.contiguous_end() > self.buffer.read_offset()
                || self.final_size == Some(self.buffer.read_offset()))
    }

    /// Whether nothing more is to come, or of interest.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    fn is_stopped(&self) -> bool {
        self.stop_sending != Signal::Idle
    }

    /// How many bytes a frame that ends at `end` adds to what flow control counts, with what is
    /// wrong with it (section 4.5).
    fn grow(&mut self, end: u64, fin: bool, connection_room: u64) -> Result<u64> {
        let wrong = |reason| TransportError::new(Code::FINAL_SIZE_ERROR, reason);
        match self.final_size {
            Some(size) if end > size => return Err(wrong("data after the end of a stream")),
            Some(size) if fin && end != size => return Err(wrong("end of a stream has changed")),
            None if fin && end < self.highest => {
                return Err(wrong("end of a stream is before what has come"));
            }
            _ => {}
        }
        let new = end.saturating_sub(self.highest);
        if end > self.max || new > connection_room {
            return Err(TransportError::new(
                Code::FLOW_CONTROL_ERROR,
                "more data than was allowed",
            ));
        }
        self.highest = self.highest.max(end);
        if fin {
            self.final_size = Some(end);
        }
        Ok(new)
    }

    /// Takes the contents of a STREAM frame. Gives how many bytes of them are new, and how many will
    /// never be read.
    pub(super) fn data(
        &mut self,
        offset: u64,
        data: &[u8],
        fin: bool,
        connection_room: u64,
    ) -> Result<(u64, u64)> {
        let end = offset.saturating_add(to_u64(data.len()));
        let new = self.grow(end, fin, connection_room)?;
        if self.reset.is_some() || self.is_stopped() {
            self.finish_stopped();
            return Ok((new, new));
        }
        self.buffer.write(offset, data)?;
        Ok((new, 0))
    }

    /// Takes a RESET_STREAM frame. Gives the same as [`Receive::data`].
    pub(super) fn reset(
        &mut self,
        code: u64,
        final_size: u64,
        connection_room: u64,
    ) -> Result<(u64, u64)> {
        let new = self.grow(final_size, true, connection_room)?;
        if self.done || self.reset.is_some() {
            return Ok((new, new));
        }
        if self.is_stopped() {
            self.finish_stopped();
            return Ok((new, new));
        }
        // Section 3.2: what is there need not be read any more.
        self.reset = Some(code);
        let unread = self.unread();
        self.buffer.clear(self.highest);
        Ok((new, unread))
    }

    fn unread(&self) -> u64 {
        self.highest.saturating_sub(self.buffer.read_offset())
    }

    /// A stream that was stopped is done with when its size is known (section 3.5).
    fn finish_stopped(&mut self) {
        if self.is_stopped() && self.final_size.is_some() {
            self.done = true;
        }
    }

    /// Reads; `ECONNRESET`, once, if the peer has reset the stream.
    pub(super) fn read(&mut self, out: &mut [u8]) -> KernelResult<Read> {
        if self.done {
            return Ok(Read { len: 0, fin: true });
        }
        if self.reset.is_some() {
            self.done = true;
            return Err(ECONNRESET);
        }
        let len = self.buffer.read(out)?;
        let fin = self.final_size == Some(self.buffer.read_offset());
        self.done = fin;
        self.widen();
        Ok(Read { len, fin })
    }

    /// Raises the limit when half of the window is used up (section 4.2).
    fn widen(&mut self) {
        let wanted = self
            .buffer
            .read_offset()
            .saturating_add(limits::STREAM_WINDOW);
        if self.final_size.is_none() && wanted.saturating_sub(self.max) >= limits::STREAM_WINDOW / 2
        {
            self.max = wanted;
            self.max_stream_data.raise();
        }
    }

    /// Asks the peer to send no more. Gives how many bytes will not be read.
    pub(super) fn stop(&mut self, code: u64) -> u64 {
        if self.done || self.reset.is_some() || self.is_stopped() {
            return 0;
        }
        let unread = self.unread();
        self.buffer.clear(self.highest);
        self.stop = code;
        self.stop_sending.raise();
        self.finish_stopped();
        unread
    }
}

/// The sending part of a stream (section 3.1).
pub(super) struct Send {
    pub(super) buffer: SendBuffer,
    /// What the peer takes up to.
    pub(super) max: u64,
    /// The limit that the peer has been told is in the way.
    pub(super) blocked_at: Option<u64>,
    /// Whether the application has ended the stream, and how far the peer knows.
    pub(super) fin: Signal,
    /// The code of a RESET_STREAM.
    pub(super) reset_code: u64,
    pub(super) reset: Signal,
}

impl Send {
    pub(super) const fn new(max: u64) -> Self {
        Self {
            buffer: SendBuffer::new(),
            max,
            blocked_at: None,
            fin: Signal::Idle,
            reset_code: 0,
            reset: Signal::Idle,
        }
    }

    /// Whether the application can still write.
    pub(super) fn is_open(&self) -> bool {
        self.fin == Signal::Idle && self.reset == Signal::Idle
    }

    pub(super) fn is_reset(&self) -> bool {
        self.reset != Signal::Idle
    }

    /// Whether the peer has everything, or knows that it will not get it.
    pub(super) fn is_done(&self) -> bool {
        self.reset == Signal::Acked || self.fin == Signal::Acked && self.buffer.is_acked()
    }

    pub(super) fn reset(&mut self, code: u64) {
        if self.is_done() || self.is_reset() {
            return;
        }
        self.reset_code = code;
        self.reset.raise();
        self.buffer.clear();
    }

    /// What is to be sent next of the stream, at most `max` bytes with at most `connection_room` new
    /// ones, and whether the end goes with it.
    pub(super) fn next(&self, connection_room: u64, max: usize) -> Option<(Range<u64>, bool)> {
        if self.is_reset() {
            return None;
        }
        let limit = self
            .max
            .min(self.buffer.unsent().saturating_add(connection_room));
        let range = self.buffer.next(limit, max);
        let end = self.buffer.end();
        match range {
            Some(range) => {
                let fin = self.fin != Signal::Idle && range.end == end;
                Some((range, fin))
            }
            None if self.fin.is_due() && self.buffer.unsent() == end && !self.buffer.has_lost() => {
                Some((end..end, true))
            }
            None => None,
        }
    }

    pub(super) fn sent(&mut self, range: &Range<u64>, fin: bool) {
        self.buffer.sent(range);
        if fin && self.fin != Signal::Acked {
            self.fin.sent();
        }
    }

    pub(super) fn acked(&mut self, range: Range<u64>, fin: bool) -> KernelResult {
        if self.is_reset() {
            return Ok(());
        }
        self.buffer.acked(range)?;
        if fin {
            self.fin.acked();
        }
        Ok(())
    }

    pub(super) fn lost(&mut self, range: Range<u64>, fin: bool) -> KernelResult {
        if self.is_reset() {
            return Ok(());
        }
        self.buffer.lost(range)?;
        if fin {
            self.fin.lost();
        }
        Ok(())
    }
}

/// A stream.
pub(super) struct Stream {
    pub(super) id: StreamId,
    /// [`None`] if it is this side's and unidirectional.
    pub(super) receive: Option<Receive>,
    /// [`None`] if it is the peer's and unidirectional.
    pub(super) send: Option<Send>,
}

impl Stream {
    pub(super) fn is_done(&self) -> bool {
        self.receive.as_ref().is_none_or(Receive::is_done)
            && self.send.as_ref().is_none_or(Send::is_done)
    }
}
