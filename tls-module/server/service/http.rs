// SPDX-License-Identifier: GPL-2.0

//! Answers one GET (RFC 9112), with a page that says what was negotiated or with as many bytes as
//! were asked for.

use super::{
    session::{
        Link,
        Received,
        Sent,
        MAX_FRAGMENT, //
    },
    Progress, //
};
use crate::tls::Negotiated;
use kernel::{
    prelude::*,
    str::{
        BStr,
        CString, //
    }, //
};

/// The longest request that is read.
const MAX_REQUEST: usize = 8 << 10;

/// What `/bytes/N` is made of, over and over.
const LINE: &[u8; 64] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n";

/// One request and its answer.
pub(super) struct Http {
    page: CString,
    buffer: KVec<u8>,
    state: State,
}

enum State {
    /// So many bytes of the request have been read into the buffer.
    Request(usize),
    /// The buffer's content from here on has yet to be sent, and after it `body` more bytes.
    Answer { from: usize, body: u64 },
    /// The answer is out.
    Closing,
}

/// A target that there is.
enum Target {
    Page,
    Bytes(u64),
}

impl Http {
    pub(super) fn new(negotiated: &Negotiated) -> Result<Self> {
        Ok(Self {
            page: page(negotiated)?,
            buffer: KVec::from_elem(0, MAX_REQUEST, GFP_KERNEL)?,
            state: State::Request(0),
        })
    }

    pub(super) fn step(&mut self, link: &mut Link<'_>) -> Result<Progress> {
        match self.state {
            State::Request(read) => self.read(link, read),
            State::Answer { from, body } => self.write(link, from, body),
            State::Closing => link.close(),
        }
    }

    fn read(&mut self, link: &mut Link<'_>, before: usize) -> Result<Progress> {
        let Some(room) = self
            .buffer
            .get_mut(before..)
            .filter(|room| !room.is_empty())
        else {
            self.answer(
                "431 Request Header Fields Too Large",
                b"The request is too long.\n",
                0,
            )?;
            return Ok(Progress::Moved);
        };
        let read = match link.receive(room)? {
            Received::Data(n) => before.saturating_add(n),
            Received::CloseNotify => {
                self.state = State::Closing;
                return Ok(Progress::Moved);
            }
            Received::Nothing => return Ok(Progress::Wait),
            Received::Refused => return Ok(Progress::Refused),
        };
        self.state = State::Request(read);

        // The end may have begun in what was there before, but has not been there whole.
        let request = self.buffer.get(..read).unwrap_or(&[]);
        let new = request.get(before.saturating_sub(3)..).unwrap_or(&[]);
        if !new.windows(4).any(|end| end == b"\r\n\r\n") {
            return Ok(Progress::Moved);
        }
        match target(request) {
            Ok(Target::Page) => {
                let page = core::mem::replace(&mut self.page, CString::try_from(c"")?);
                self.answer("200 OK", page.to_bytes(), 0)?;
            }
            Ok(Target::Bytes(n)) => self.answer("200 OK", b"", n)?,
            Err(status) => self.answer(status, b"There is / and there is /bytes/N.\n", 0)?,
        }
        Ok(Progress::Moved)
    }

    /// Puts the answer into the buffer; its body is `text` and `body` bytes more.
    fn answer(&mut self, status: &str, text: &[u8], body: u64) -> Result {
        let length = u64::try_from(text.len())
            .unwrap_or(u64::MAX)
            .saturating_add(body);
        let head = CString::try_from_fmt(fmt!(
            "HTTP/1.1 {status}\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        ))?;
        let mut buffer = KVec::with_capacity(MAX_FRAGMENT, GFP_KERNEL)?;
        buffer.extend_from_slice(head.to_bytes(), GFP_KERNEL)?;
        buffer.extend_from_slice(text, GFP_KERNEL)?;
        self.buffer = buffer;
        self.state = State::Answer { from: 0, body };
        Ok(())
    }

    fn write(&mut self, link: &mut Link<'_>, from: usize, body: u64) -> Result<Progress> {
        let unsent = self.buffer.get(from..).unwrap_or(&[]);
        if !unsent.is_empty() {
            return Ok(match link.send(unsent)? {
                Sent::Data(n) => {
                    self.state = State::Answer {
                        from: from.saturating_add(n),
                        body,
                    };
                    Progress::Moved
                }
                Sent::Refused => Progress::Refused,
                Sent::Nothing => Progress::Wait,
            });
        }
        if body == 0 {
            self.state = State::Closing;
            return Ok(Progress::Moved);
        }

        // The next part of the body, which begins and, but for the last, ends with a line.
        self.buffer.clear();
        let mut left = body;
        while left > 0 && self.buffer.len() < MAX_FRAGMENT {
            let line = usize::try_from(left)
                .ok()
                .and_then(|left| LINE.get(..left))
                .unwrap_or(LINE);
            self.buffer.extend_from_slice(line, GFP_KERNEL)?;
            left = left.saturating_sub(u64::try_from(line.len()).unwrap_or(u64::MAX));
        }
        self.state = State::Answer {
            from: 0,
            body: left,
        };
        Ok(Progress::Moved)
    }
}

/// Finds what a request asks for, or the status that refuses it.
fn target(request: &[u8]) -> Result<Target, &'static str> {
    const BAD: &str = "400 Bad Request";

    let line = request.split(|&b| b == b'\r').next().ok_or(BAD)?;
    let mut words = line.split(|&b| b == b' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    if !version.is_some_and(|v| v.starts_with(b"HTTP/1.")) || words.next().is_some() {
        return Err(BAD);
    }
    if method != Some(b"GET") {
        return Err("405 Method Not Allowed");
    }
    match target.ok_or(BAD)? {
        b"/" => Ok(Target::Page),
        path => path
            .strip_prefix(b"/bytes/")
            .and_then(|n| core::str::from_utf8(n).ok())
            .and_then(|n| n.parse().ok())
            .map(Target::Bytes)
            .ok_or("404 Not Found"),
    }
}

/// The page that says what was negotiated.
fn page(negotiated: &Negotiated) -> Result<CString> {
    let text = |value: &Option<KVec<u8>>| match value {
        Some(bytes) => CString::try_from_fmt(fmt!("{}", BStr::from_bytes(bytes))),
        None => CString::try_from(c"-").map_err(Error::from),
    };
    let alpn = text(&negotiated.alpn)?;
    let server_name = text(&negotiated.server_name)?;
    CString::try_from_fmt(fmt!(
        "version: TLSv1.3\n\
         suite: {}\n\
         group: {}\n\
         signature: {}\n\
         alpn: {}\n\
         server_name: {}\n\
         retried: {}\n",
        negotiated.suite.name(),
        negotiated.group.name(),
        negotiated.signature.name(),
        &*alpn,
        &*server_name,
        if negotiated.retried { "yes" } else { "no" },
    ))
}
