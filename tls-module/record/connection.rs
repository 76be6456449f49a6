// SPDX-License-Identifier: GPL-2.0

//! A server's handshake over TCP.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::protect::{
    header,
    Protection,
    RecordKeys,
    HEADER_SIZE, //
};
use crate::tls::{
    limits,
    AlertDescription,
    AlertLevel,
    CipherSuite,
    Config,
    ContentType,
    Error,
    Hkdf,
    Level,
    Negotiated,
    Notice,
    Server,
    Sink,
    TrafficSecret, //
};

/// What a record under way is made longer by: see [`ServerConnection::wanted`].
static ROOM: [u8; limits::READ_CHUNK] = [0; limits::READ_CHUNK];

/// A TLS connection whose handshake is done.
pub struct Established {
    /// What was agreed on.
    pub negotiated: Negotiated,
    /// The keys for what is sent.
    pub tx: RecordKeys,
    /// The keys for what is received.
    pub rx: RecordKeys,
}

/// A server's handshake over a byte stream.
///
/// Bytes from the stream are put where [`ServerConnection::wanted`] says, and
/// [`ServerConnection::received`] told how many; bytes for the stream are in
/// [`ServerConnection::output`], also after an error.
pub struct ServerConnection {
    server: Server,
    input: Input,
    records: Records,
    /// Whether input is still taken.
    open: bool,
}

impl ServerConnection {
    /// Waits for a client's first record.
    pub fn new(config: Arc<Config>) -> Result<Self, Error> {
        Ok(Self {
            server: Server::new(config)?,
            input: Input::default(),
            records: Records::default(),
            open: true,
        })
    }

    /// Where to put the next bytes of the stream.
    ///
    /// It never reaches past the record under way. It is empty if nothing more is to be read: after
    /// the client's Finished, and after an error.
    pub fn wanted(&mut self) -> &mut [u8] {
        if self.open {
            self.input.wanted()
        } else {
            &mut []
        }
    }

    /// Takes `n` bytes that have been put in [`ServerConnection::wanted`].
    ///
    /// On an error the handshake is over; the alert, if there is one to send, is in
    /// [`ServerConnection::output`].
    pub fn received(&mut self, n: usize) -> Result<(), Error> {
        let result = self.take(n);
        match result {
            Ok(()) if self.server.is_done() => self.open = false,
            Ok(()) => {}
            Err(e) => self.fail(&e),
        }
        result
    }

    fn take(&mut self, n: usize) -> Result<(), Error> {
        if n > self.wanted().len() {
            return Err(EINVAL.into());
        }
        if self.input.received(n)? {
            self.record()?;
            self.input.next_record();
            self.records.flush()?;
        }
        Ok(())
    }

    /// Says that the stream has ended.
    pub fn eof(&mut self) -> Error {
        let e = Error::closed("connection closed during the handshake");
        self.fail(&e);
        e
    }

    /// Ends the handshake, with the alert if there is one to send (RFC 8446 section 6.2).
    fn fail(&mut self, e: &Error) {
        self.open = false;
        self.input = Input::default();
        self.records.pending = KVec::new();
        if let Some(alert) = e.alert() {
            // If even this fails, the connection is closed without an alert.
            let _ = self.records.alert(alert);
        }
    }

    /// Bytes to put on the stream.
    pub fn output(&self) -> &[u8] {
        self.records.out.get(self.records.sent..).unwrap_or(&[])
    }

    /// Says that the first `n` bytes of [`ServerConnection::output`] are on the stream.
    pub fn sent(&mut self, n: usize) {
        let sent = self.records.sent.saturating_add(n);
        if sent >= self.records.out.len() {
            self.records.out = KVec::new();
            self.records.sent = 0;
        } else {
            self.records.sent = sent;
        }
    }

    /// Whether the handshake is done and all output is on the stream.
    pub fn is_complete(&self) -> bool {
        self.server.is_done() && self.output().is_empty()
    }

    /// How many bytes of memory the buffers have.
    pub fn bytes_held(&self) -> usize {
        self.server
            .bytes_held()
            .saturating_add(self.input.body.capacity())
            .saturating_add(self.records.out.capacity())
            .saturating_add(self.records.pending.capacity())
    }

    /// What was agreed on, with the keys for the application's records.
    ///
    /// It is an error if the connection is not complete.
    pub fn into_established(self) -> Result<Established, Error> {
        if !self.is_complete() {
            return Err(EINVAL.into());
        }
        let negotiated = self.server.into_negotiated().ok_or(EINVAL)?;
        let tx = self.records.write.ok_or(EINVAL)?.into_keys();
        let rx = self.records.next_read.ok_or(EINVAL)?;
        Ok(Established { negotiated, tx, rx })
    }

    /// Takes the record that has been received.
    fn record(&mut self) -> Result<(), Error> {
        let Self {
            server,
            input: Input {
                header, kind, body, ..
            },
            records,
            ..
        } = self;
        let len = body.len();

        let Some(read) = &mut records.read else {
            return match kind {
                ContentType::ChangeCipherSpec => records.change_cipher_spec(server, body),
                ContentType::ApplicationData
                    if records.early_data.is_some() && !server.is_mid_message() =>
                {
                    records
                        .skip_early_data(len, Error::unexpected("more 0-RTT data than is skipped"))
                }
                kind => Self::content(server, records, Level::Initial, *kind, body),
            };
        };
        match kind {
            ContentType::ChangeCipherSpec => records.change_cipher_spec(server, body),
            ContentType::ApplicationData => {
                match read.open(header, body, records.receive_limit) {
                    Ok((kind, content)) => {
                        // RFC 8446 section 4.2.10: the first record that opens ends 0-RTT.
                        records.early_data = None;
                        records.opened = true;
                        Self::content(server, records, Level::Handshake, kind, content)
                    }
                    Err(e) if e.alert() == Some(AlertDescription::BadRecordMac) => {
                        records.skip_early_data(len, e)
                    }
                    Err(e) => Err(e),
                }
            }
            // A client that could not make sense of the ServerHello has no keys to protect its
            // alert with. Either way the connection is over: this way it is known why.
            ContentType::Alert if !records.opened => Err(alert(body, &mut records.warnings)
                .err()
                .unwrap_or(Error::unexpected("unprotected record"))),
            _ => Err(Error::unexpected("unprotected record")),
        }
    }

    /// Takes the content of a record.
    fn content(
        server: &mut Server,
        records: &mut Records,
        level: Level,
        kind: ContentType,
        content: &[u8],
    ) -> Result<(), Error> {
        match kind {
            // RFC 8446 sections 5.1 and 5.4: neither handshake messages nor alerts have empty
            // fragments.
            ContentType::Handshake | ContentType::Alert if content.is_empty() => {
                Err(Error::unexpected("empty record"))
            }
            ContentType::Handshake => server.read(level, content, records),
            // RFC 8446 section 5.1: nothing comes between the records of one message.
            _ if server.is_mid_message() => {
                Err(Error::unexpected("record inside of a handshake message"))
            }
            ContentType::Alert => alert(content, &mut records.warnings),
            ContentType::ApplicationData => {
                Err(Error::unexpected("application data before the Finished"))
            }
            ContentType::ChangeCipherSpec | ContentType::Unknown(_) => {
                Err(Error::unexpected("record of an unexpected type"))
            }
        }
    }
}

/// Takes an alert (RFC 8446 section 6): it is an error unless it is one to be ignored.
fn alert(content: &[u8], warnings: &mut u32) -> Result<(), Error> {
    // Section 5.1: an alert is whole, and alone in its record.
    let [_level, description] = content else {
        return Err(Error::decode("alert has the wrong length"));
    };
    match AlertDescription::from(*description) {
        // Section 6.1: a closure, or a notice that one is coming.
        AlertDescription::CloseNotify => Err(Error::closed("close_notify during the handshake")),
        AlertDescription::UserCanceled if *warnings < limits::MAX_WARNINGS => {
            *warnings = warnings.saturating_add(1);
            Ok(())
        }
        // Section 6.2: whatever the level says, it is fatal.
        description => Err(Error::peer_alert(description)),
    }
}

/// The record being received.
struct Input {
    header: [u8; HEADER_SIZE],
    /// How much of the header is there.
    header_len: usize,
    kind: ContentType,
    /// How long the body is to be, once the header is there.
    len: usize,
    body: KVec<u8>,
    /// How much of the body is there.
    body_len: usize,
    /// How many bytes and records have been received.
    total: usize,
    records: u32,
}

impl Default for Input {
    fn default() -> Self {
        Self {
            header: [0; HEADER_SIZE],
            header_len: 0,
            kind: ContentType::Unknown(0),
            len: 0,
            body: KVec::new(),
            body_len: 0,
            total: 0,
            records: 0,
        }
    }
}

impl Input {
    /// Where to put the next bytes: first the header, then the body, which grows as it comes, so
    /// that a peer has to send what it makes this side hold.
    fn wanted(&mut self) -> &mut [u8] {
        let slot = if self.header_len < HEADER_SIZE {
            self.header.get_mut(self.header_len..)
        } else {
            self.body.get_mut(self.body_len..)
        };
        slot.unwrap_or(&mut [])
    }

    /// Counts `n` bytes, which are not more than were wanted. Says whether the record is whole.
    fn received(&mut self, n: usize) -> Result<bool, Error> {
        self.total = self.total.saturating_add(n);
        if self.total > limits::MAX_HANDSHAKE_BYTES {
            return Err(Error::misbehaved(
                AlertDescription::HandshakeFailure,
                "too many bytes for a handshake",
            ));
        }
        if self.header_len < HEADER_SIZE {
            self.header_len = self.header_len.saturating_add(n);
            if self.header_len < HEADER_SIZE {
                return Ok(false);
            }
            self.parse_header()?;
        } else {
            self.body_len = self.body_len.saturating_add(n);
        }
        if self.body_len >= self.body.len() {
            let missing = self.len.saturating_sub(self.body.len());
            if missing == 0 {
                return Ok(true);
            }
            let room = ROOM.get(..missing).unwrap_or(&ROOM);
            self.body.extend_from_slice(room, GFP_KERNEL)?;
        }
        Ok(false)
    }

    /// Reads the header (RFC 8446 section 5.1).
    ///
    /// The version in it is ignored, as RFC 8446 has it: a first ClientHello comes with 0x0301 from
    /// many clients. It is authenticated when the record is.
    fn parse_header(&mut self) -> Result<(), Error> {
        let [kind, _, _, high, low] = self.header;
        self.kind = ContentType::from(kind);
        self.len = usize::from(u16::from_be_bytes([high, low]));
        self.records = self.records.saturating_add(1);
        if self.records > limits::MAX_HANDSHAKE_RECORDS {
            return Err(Error::misbehaved(
                AlertDescription::HandshakeFailure,
                "too many records for a handshake",
            ));
        }
        let limit = match self.kind {
            ContentType::Unknown(_) => {
                return Err(Error::unexpected("record of an unknown type"));
            }
            // Section 5.2. Before there are keys it can only be 0-RTT data to be skipped.
            ContentType::ApplicationData => limits::MAX_CIPHERTEXT,
            _ => limits::MAX_PLAINTEXT,
        };
        if self.len > limit {
            return Err(Error::misbehaved(
                AlertDescription::RecordOverflow,
                "record is too long",
            ));
        }
        Ok(())
    }

    /// Gets ready for the next record.
    fn next_record(&mut self) {
        self.header_len = 0;
        self.len = 0;
        self.body.clear();
        self.body_len = 0;
    }
}

/// Both directions' records, and what is to be sent.
struct Records {
    read: Option<Protection>,
    /// The keys for what comes after the client's Finished.
    next_read: Option<RecordKeys>,
    write: Option<Protection>,
    hkdf: Option<Hkdf>,
    /// Handshake bytes to be sent under the keys of now, not yet in records.
    pending: KVec<u8>,
    /// Records to be sent.
    out: KVec<u8>,
    /// How much of `out` has been sent.
    sent: usize,
    /// How many bytes of refused 0-RTT data may yet be skipped, while there may be any.
    early_data: Option<usize>,
    /// Whether a protected record has been opened.
    opened: bool,
    change_cipher_specs: u32,
    warnings: u32,
    /// The longest content of a protected record to be sent.
    send_limit: usize,
    /// The longest inner plaintext to be received.
    receive_limit: usize,
    /// The first keys of `write`, for a test to open what was sent with them.
    #[cfg(test)]
    first_write: Option<Protection>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            read: None,
            next_read: None,
            write: None,
            hkdf: None,
            pending: KVec::new(),
            out: KVec::new(),
            sent: 0,
            early_data: None,
            opened: false,
            change_cipher_specs: 0,
            warnings: 0,
            send_limit: limits::MAX_PLAINTEXT,
            receive_limit: limits::MAX_INNER_PLAINTEXT,
            #[cfg(test)]
            first_write: None,
        }
    }
}

impl Records {
    /// Puts the pending handshake bytes into as few records as they fit in.
    fn flush(&mut self) -> Result<(), Error> {
        let pending = core::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while !rest.is_empty() {
            let limit = match self.write {
                Some(_) => self.send_limit,
                None => limits::MAX_PLAINTEXT,
            };
            let (now, later) = rest.split_at_checked(limit).unwrap_or((rest, &[]));
            self.send(ContentType::Handshake, now)?;
            rest = later;
        }
        Ok(())
    }

    /// Appends a record, protected if there are keys.
    fn send(&mut self, kind: ContentType, content: &[u8]) -> Result<(), Error> {
        match &mut self.write {
            Some(write) => write.seal(kind, content, &mut self.out),
            None => self.send_plain(kind, content),
        }
    }

    /// Appends a record that is not protected.
    fn send_plain(&mut self, kind: ContentType, content: &[u8]) -> Result<(), Error> {
        let header = header(kind, content.len())?;
        self.out
            .reserve(HEADER_SIZE.saturating_add(content.len()), GFP_KERNEL)?;
        self.out.extend_from_slice(&header, GFP_KERNEL)?;
        Ok(self.out.extend_from_slice(content, GFP_KERNEL)?)
    }

    /// Appends an alert that ends the connection.
    fn alert(&mut self, alert: AlertDescription) -> Result<(), Error> {
        self.send(
            ContentType::Alert,
            &[AlertLevel::Fatal.into(), alert.into()],
        )
    }

    /// Drops a `change_cipher_spec` if it is one that may come (RFC 8446 section 5): after the
    /// first ClientHello, not inside of a message, and with a single byte of 1 in it.
    fn change_cipher_spec(&mut self, server: &Server, body: &[u8]) -> Result<(), Error> {
        self.change_cipher_specs = self.change_cipher_specs.saturating_add(1);
        if body != [1]
            || server.is_before_client_hello()
            || server.is_mid_message()
            || self.change_cipher_specs > limits::MAX_CHANGE_CIPHER_SPEC
        {
            return Err(Error::unexpected("change_cipher_spec out of turn"));
        }
        Ok(())
    }

    /// Skips a record of `len` bytes as refused 0-RTT data, if it can be (RFC 8446 section 4.2.10);
    /// or else it is the error `e`.
    fn skip_early_data(&mut self, len: usize, e: Error) -> Result<(), Error> {
        let left = self.early_data.ok_or(e)?;
        self.early_data = Some(left.checked_sub(len).ok_or(e)?);
        Ok(())
    }

    /// Derives the keys of a direction.
    fn derive(&mut self, suite: CipherSuite, secret: TrafficSecret) -> Result<RecordKeys, Error> {
        let hkdf = match &mut self.hkdf {
            Some(hkdf) => hkdf,
            none => none.insert(Hkdf::new(suite.hash())?),
        };
        RecordKeys::derive(suite, hkdf, secret)
    }
}

impl Sink for Records {
    fn handshake_bytes(&mut self, _level: Level, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.pending.extend_from_slice(bytes, GFP_KERNEL)?)
    }

    fn keys(
        &mut self,
        level: Level,
        suite: CipherSuite,
        read: TrafficSecret,
        write: TrafficSecret,
    ) -> Result<(), Error> {
        // What has been said so far goes out under the keys it was said under.
        self.flush()?;
        let read = self.derive(suite, read)?;
        let write = Protection::new(self.derive(suite, write)?);
        let _old = self.write.replace(write);
        #[cfg(test)]
        if self.first_write.is_none() {
            self.first_write = _old;
        }
        match level {
            Level::Application => self.next_read = Some(read),
            Level::Initial | Level::Handshake => self.read = Some(Protection::new(read)),
        }
        Ok(())
    }

    fn notice(&mut self, notice: Notice) -> Result<(), Error> {
        match notice {
            Notice::MiddleboxCompatibility => {
                self.flush()?;
                self.send_plain(ContentType::ChangeCipherSpec, &[1])?;
            }
            Notice::EarlyDataRejected => self.early_data = Some(limits::MAX_REJECTED_EARLY_DATA),
            Notice::EarlyDataOver => self.early_data = None,
            Notice::RecordSizeLimit { send, receive } => {
                self.send_limit = send;
                self.receive_limit = receive;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
