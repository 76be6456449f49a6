// SPDX-License-Identifier: GPL-2.0

//! Application data over a socket whose record layer is kTLS.

use super::Progress;
use crate::{
    record::SealBudget,
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
    /// What the key for sending bears yet: there is no KeyUpdate to replace it.
    budget: SealBudget,
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

/// What was sent.
pub(super) enum Sent {
    /// That many bytes of application data.
    Data(usize),
    /// None: what the peer sent is no record, and an alert has gone out.
    Refused,
    /// None: the socket takes nothing now.
    Nothing,
}

impl Session {
    pub(super) fn new(negotiated: &Negotiated) -> Self {
        Self {
            max_fragment: negotiated.max_fragment.clamp(1, MAX_FRAGMENT),
            budget: SealBudget::new(negotiated.suite.aead()),
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
            Err(e) => return self.blame(e).map(|()| Received::Refused),
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
                _ => self
                    .refuse(AlertDescription::DecodeError)
                    .map(|()| Received::Refused),
            },
            // No KeyUpdate and nothing else of a handshake is taken here.
            _ => self
                .refuse(AlertDescription::UnexpectedMessage)
                .map(|()| Received::Refused),
        }
    }

    /// Sends what the socket takes of `bytes`, at most one record's worth.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<Sent> {
        let fragment = bytes.get(..self.session.max_fragment).unwrap_or(bytes);
        match self.stream.send(fragment) {
            Ok(n) => {
                self.session.budget.spend();
                self.counters.bytes_sent.add(u64::try_from(n).unwrap_or(0));
                Ok(Sent::Data(n))
            }
            Err(e) if e == EAGAIN => Ok(Sent::Nothing),
            Err(e) => self.blame(e).map(|()| Sent::Refused),
        }
    }

    /// Whether the key for sending has sealed as many records as it bears (RFC 8446 section 5.5):
    /// there is nothing left but to close.
    pub(super) fn is_spent(&self) -> bool {
        self.session.budget.is_spent()
    }

    /// Sends a close_notify (RFC 8446 section 6.1), as soon as the socket takes it.
    pub(super) fn close(&mut self) -> Result<Progress> {
        if self.session.closing {
            return Ok(Progress::Done);
        }
        match self.alert(AlertLevel::Warning, AlertDescription::CloseNotify) {
            Ok(()) => {
                self.session.closing = true;
                Ok(Progress::Done)
            }
            Err(e) if e == EAGAIN => Ok(Progress::Wait),
            Err(e) => self.blame(e).map(|()| Progress::Refused),
        }
    }

    /// Tells the peer what is wrong with its record if that is what `e` says, or else returns `e`.
    ///
    /// kTLS leaves it as the socket's error: whatever is tried next returns it, sending too.
    fn blame(&mut self, e: Error) -> Result {
        // It does not open, is too short to, or has a version other than 0x0303: as the version is
        // authenticated with the rest of the header, one that was changed would not open either.
        if e == EBADMSG || e == EINVAL {
            return self.refuse(AlertDescription::BadRecordMac);
        }
        // It is longer than one that opens to 2^14 bytes and their type (RFC 8446 section 5.2).
        if e == EMSGSIZE {
            return self.refuse(AlertDescription::RecordOverflow);
        }
        Err(e)
    }

    /// Tells the peer what it did wrong.
    fn refuse(&mut self, description: AlertDescription) -> Result {
        // What kTLS refused is left as the socket's error, which sending the alert would return.
        let _ = self.stream.take_error();
        self.alert(AlertLevel::Fatal, description)
    }

    fn alert(&mut self, level: AlertLevel, description: AlertDescription) -> Result {
        let alert = [u8::from(level), u8::from(description)];
        self.stream
            .send_record(u8::from(ContentType::Alert), &alert)?;
        self.counters.alert_sent(u8::from(description));
        Ok(())
    }
}
