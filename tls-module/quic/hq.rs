// SPDX-License-Identifier: GPL-2.0

//! `GET /path` on bidirectional streams, as the protocols `hq-interop` and `hq-29` have it.

use kernel::{
    error::Result,
    prelude::*, //
};

use super::{
    codec::{
        to_u64,
        to_usize, //
    },
    connection::Connection,
    stream::{
        Direction,
        StreamId, //
    }, //
};
use crate::tls::Negotiated;

/// The longest request.
const MAX_REQUEST: usize = 2048;

/// The most bytes of requests that have not come whole.
const MAX_REQUESTS: usize = 8 * MAX_REQUEST;

/// What a body that is made as it goes consists of.
const LINE: &[u8; 64] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n";

/// A part of such a body, to be written to streams without being copied for each.
static BODY: [[u8; LINE.len()]; 64] = [*LINE; 64];

/// The code that a stream is broken off with if its request is none.
const BAD_REQUEST: u64 = 0x1;

/// An answer: some bytes, and then so many that are made as they go.
pub struct Response {
    /// What it begins with.
    pub text: KVec<u8>,
    /// How many bytes follow.
    pub filler: u64,
}

/// What answers requests.
pub trait Service {
    /// Answers the request for `path`; [`None`] if there is no such thing.
    fn get(&self, negotiated: &Negotiated, path: &[u8]) -> Result<Option<Response>>;
}

/// What is under way on a stream.
enum Exchange {
    Request(KVec<u8>),
    Response { response: Response, sent: u64 },
}

/// The requests of one connection.
pub struct Hq<S> {
    service: S,
    exchanges: KVec<(StreamId, Exchange)>,
}

impl<S: Service> Hq<S> {
    /// Begins without requests.
    pub const fn new(service: S) -> Self {
        Self {
            service,
            exchanges: KVec::new(),
        }
    }

    /// How many bytes of memory it has.
    pub fn bytes_held(&self) -> usize {
        self.exchanges.iter().fold(0, |sum, (_, exchange)| {
            let bytes = match exchange {
                Exchange::Request(bytes) => bytes.capacity(),
                Exchange::Response { response, .. } => response.text.capacity(),
            };
            sum.saturating_add(bytes)
        })
    }

    /// How many of them are of requests that have not come whole.
    fn requests_held(&self) -> usize {
        self.exchanges.iter().fold(0, |sum, (_, exchange)| {
            let bytes = match exchange {
                Exchange::Request(bytes) => bytes.len(),
                Exchange::Response { .. } => 0,
            };
            sum.saturating_add(bytes)
        })
    }

    /// Reads what has come and writes what there is room for.
    pub fn step(&mut self, connection: &mut Connection) -> Result {
        if !connection.is_established() {
            self.exchanges.clear();
            return Ok(());
        }
        let mut last = None;
        while let Some(id) = connection.readable_after(last) {
            last = Some(id);
            self.read(connection, id)?;
        }
        let mut at = 0;
        while let Some((id, exchange)) = self.exchanges.get_mut(at) {
            if write(connection, *id, exchange)? {
                let _ = self.exchanges.remove(at);
            } else {
                at = at.saturating_add(1);
            }
        }
        Ok(())
    }

    fn read(&mut self, connection: &mut Connection, id: StreamId) -> Result {
        let at = self.exchanges.iter().position(|(other, _)| *other == id);
        let mut buffer = [0; 256];
        loop {
            let read = match connection.read(id, &mut buffer) {
                Ok(read) => read,
                Err(e) if e == ECONNRESET => {
                    // Without the request there is no answer.
                    if let Some(at) = at {
                        let _ = self.exchanges.remove(at);
                    }
                    if id.direction() == Direction::Bidi {
                        break_off(connection, id, false)?;
                    }
                    return Ok(());
                }
                // The stream is over: it has been broken off both ways.
                Err(e) if e == ENOENT => return Ok(()),
                Err(e) => return Err(e),
            };
            if read.len == 0 && !read.fin {
                return Ok(());
            }
            if id.direction() == Direction::Uni || id.is_local() {
                // What comes there means nothing here.
                if read.fin {
                    return Ok(());
                }
                continue;
            }
            let bytes = buffer.get(..read.len).unwrap_or(&[]);
            self.take(connection, id, bytes, read.fin)?;
            if read.fin {
                return Ok(());
            }
        }
    }

    /// Takes a part of a request.
    fn take(
        &mut self,
        connection: &mut Connection,
        id: StreamId,
        bytes: &[u8],
        fin: bool,
    ) -> Result {
        let at = match self.exchanges.iter().position(|(other, _)| *other == id) {
            Some(at) => at,
            // The end of a request that has been answered.
            None if bytes.is_empty() => return Ok(()),
            // What follows a request that has been answered, or whose answer nobody wants.
            None if connection.write(id, &[]).is_err() => return Ok(()),
            None => {
                let new = Exchange::Request(KVec::new());
                self.exchanges.push((id, new), GFP_KERNEL)?;
                self.exchanges.len().saturating_sub(1)
            }
        };
        let too_many = self.requests_held().saturating_add(bytes.len()) > MAX_REQUESTS;
        let Some((_, exchange)) = self.exchanges.get_mut(at) else {
            return Ok(());
        };
        let Exchange::Request(request) = exchange else {
            // It has been answered: what still comes is of no interest.
            return Ok(());
        };
        request.extend_from_slice(bytes, GFP_KERNEL)?;
        let too_long = request.len() > MAX_REQUEST || too_many;
        if !fin && !too_long && !request.contains(&b'\n') {
            return Ok(());
        }
        let response = match (path(request), connection.negotiated()) {
            (Some(path), Some(negotiated)) if !too_long => self.service.get(negotiated, path)?,
            _ => None,
        };
        match response {
            Some(response) => *exchange = Exchange::Response { response, sent: 0 },
            None => {
                let _ = self.exchanges.remove(at);
                break_off(connection, id, !fin)?;
            }
        }
        Ok(())
    }
}

/// Breaks a stream off, one way or, where there is more to come, both.
fn break_off(connection: &mut Connection, id: StreamId, both: bool) -> Result {
    // The peer may have brought either to its end before.
    let gone = |e| if e == ENOENT { Ok(()) } else { Err(e) };
    if both {
        connection.stop_sending(id, BAD_REQUEST).or_else(gone)?;
    }
    connection.reset(id, BAD_REQUEST).or_else(gone)
}

/// The path of a request: `GET`, the path, and perhaps a version.
fn path(request: &[u8]) -> Option<&[u8]> {
    let line = request
        .split(|&b| b == b'\r' || b == b'\n')
        .next()
        .unwrap_or(&[]);
    let rest = line.strip_prefix(b"GET ")?;
    rest.split(|&b| b == b' ').next()
}

/// Writes what there is room for of an answer; says whether that was all.
fn write(connection: &mut Connection, id: StreamId, exchange: &mut Exchange) -> Result<bool> {
    let Exchange::Response { response, sent } = exchange else {
        return Ok(false);
    };
    loop {
        let part = part(response, *sent);
        if part.is_empty() {
            return match connection.finish(id) {
                Ok(()) => Ok(true),
                Err(e) if e == ENOENT => Ok(true),
                Err(e) => Err(e),
            };
        }
        match connection.write(id, part) {
            Ok(0) => return Ok(false),
            Ok(n) => *sent = sent.saturating_add(to_u64(n)),
            // The peer wants no more of it.
            Err(e) if e == ECONNRESET || e == ENOENT => return Ok(true),
            Err(e) => return Err(e),
        }
    }
}

/// What follows the first `sent` bytes of an answer, as far as it is at hand; nothing at the end.
fn part(response: &Response, sent: u64) -> &[u8] {
    let Some(made) = sent.checked_sub(to_u64(response.text.len())) else {
        return response.text.get(to_usize(sent)..).unwrap_or(&[]);
    };
    let left = to_usize(response.filler.saturating_sub(made));
    let at = to_usize(made % to_u64(LINE.len()));
    let body = BODY.as_flattened().get(at..).unwrap_or(&[]);
    body.get(..left).unwrap_or(body)
}
