// SPDX-License-Identifier: GPL-2.0

//! Application data over a socket whose record layer is kTLS.

use crate::{
    server::Counters,
    tls::{
        AlertDescription,
        AlertLevel,
        ContentType,
        Negotiated, //
    }, //
};
use kernel::{
    net::tcp::TcpStream,
    prelude::*, //
};

/// The most plaintext of one record (RFC 8446 section 5.1).
pub(super) const MAX_FRAGMENT: usize = 1 << 14;

/// What a connection remembers of its record layer.
pub(super) struct Session {
    /// The most that is put into one record, by the peer's `record_size_limit` (RFC 8449).
    max_fragment: usize,
    closing: bool,
}

/// A session with its socket.
pub(super) struct Link<'a> {
    session: &'a mut Session,
    stream: &'a TcpStream,
    counters: &'a Counters,
}

/// What was received.
pub(super) enum Received {
    /// That many bytes of application data.
    Data(usize),
    /// The peer's close_notify.
    CloseNotify,
    /// What the protocol has no place for; an alert has gone out.
    Refused,
    /// Nothing yet.
    Nothing,
}

impl Session {
    pub(super) fn new(negotiated: &Negotiated) -> Self {
        Self {
            max_fragment: negotiated.max_fragment.clamp(1, MAX_FRAGMENT),
            closing: false,
        }
    }

    pub(super) fn over<'a>(
        &'a mut self,
        stream: &'a TcpStream,
        counters: &'a Counters,
    ) -> Link<'a> {
        Link {
            session: self,
            stream,
            counters,
        }
    }
}

impl Link<'_> {
    /// Receives at most one record's worth of application data.
    ///
    /// Returns `ECONNRESET` where the peer ended the connection without a close_notify, or with an
    /// alert.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> Result<Received> {
        let (content_type, n) = match self.stream.recv_record(buffer) {
            Ok(received) => received,
            Err(e) if e == EAGAIN => return Ok(Received::Nothing),
            Err(e) if e == EBADMSG => return self.refuse(AlertDescription::BadRecordMac),
            Err(e) => return Err(e),
        };
        match ContentType::from(content_type) {
            // No record at all: the TCP connection has ended.
            _ if content_type == 0 => Err(ECONNRESET),
            ContentType::ApplicationData => {
                self.counters
                    .bytes_received
                    .add(u64::try_from(n).unwrap_or(0));
                Ok(Received::Data(n))
            }
            ContentType::Alert => match buffer.get(..n) {
                Some(&[_, alert]) => {
                    self.counters.alert_received(alert);
                    if alert == u8::from(AlertDescription::CloseNotify) {
                        Ok(Received::CloseNotify)
                    } else {
                        Err(ECONNRESET)
                    }
                }
                _ => self.refuse(AlertDescription::DecodeError),
            },
            // No KeyUpdate and nothing else of a handshake is taken here.
            _ => self.refuse(AlertDescription::UnexpectedMessage),
        }
    }

    /// Sends what the socket takes of `bytes`; none where it takes nothing now.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<usize> {
        let fragment = bytes.get(..self.session.max_fragment).unwrap_or(bytes);
        match self.stream.send(fragment) {
            Ok(n) => {
                self.counters.bytes_sent.add(u64::try_from(n).unwrap_or(0));
                Ok(n)
            }
            Err(e) if e == EAGAIN => Ok(0),
            Err(e) => Err(e),
        }
    }

    /// Sends a close_notify (RFC 8446 section 6.1); `false` where the socket does not take it now.
    pub(super) fn close(&mut self) -> Result<bool> {
        if self.session.closing {
            return Ok(true);
        }
        match self.alert(AlertLevel::Warning, AlertDescription::CloseNotify) {
            Ok(()) => {
                self.session.closing = true;
                Ok(true)
            }
            Err(e) if e == EAGAIN => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Tells the peer what it did wrong.
    fn refuse(&mut self, description: AlertDescription) -> Result<Received> {
        // A record that does not open is left as the socket's error, which sending would return.
        let _ = self.stream.take_error();
        self.alert(AlertLevel::Fatal, description)?;
        Ok(Received::Refused)
    }

    fn alert(&mut self, level: AlertLevel, description: AlertDescription) -> Result {
        let alert = [u8::from(level), u8::from(description)];
        self.stream
            .send_record(u8::from(ContentType::Alert), &alert)?;
        self.counters.alert_sent(u8::from(description));
        Ok(())
    }
}
