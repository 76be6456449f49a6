// SPDX-License-Identifier: GPL-2.0

//! Tests of the handshake on records, run on the host.

use std::{
    vec,
    vec::Vec as StdVec, //
};

use kernel::crypto::shash::Hash;

use super::*;
use crate::{
    record::testing::seal,
    tls::{
        tests::{
            self,
            builder,
            client_key,
            config,
            list16,
            shares,
            Hello, //
        },
        ErrorKind,
        NamedGroup, //
    },
};
use AlertDescription::*;

/// A record that is not protected.
fn plain(kind: u8, content: &[u8]) -> StdVec<u8> {
    let mut record = vec![kind, 3, 1];
    record.extend((content.len() as u16).to_be_bytes());
    record.extend(content);
    record
}

const CCS: [u8; 6] = [20, 3, 3, 0, 1, 1];

fn hello() -> Hello {
    Hello::new(&[(0x1d, client_key(NamedGroup::X25519).public())])
}

/// Gives `bytes` to the connection as a stream does; stops when nothing more is wanted. Gives what
/// it did not take.
fn feed<'a>(
    connection: &mut ServerConnection,
    mut bytes: &'a [u8],
    piece: usize,
) -> Result<&'a [u8], Error> {
    while !bytes.is_empty() {
        let wanted = connection.wanted();
        if wanted.is_empty() {
            break;
        }
        let n = wanted.len().min(bytes.len()).min(piece);
        wanted[..n].copy_from_slice(&bytes[..n]);
        bytes = &bytes[n..];
        connection.received(n)?;
    }
    Ok(bytes)
}

/// Takes all output.
fn drain(connection: &mut ServerConnection) -> StdVec<u8> {
    let out = connection.output().to_vec();
    connection.sent(out.len());
    assert!(connection.output().is_empty());
    out
}

/// The records that bytes are made of: type and body.
fn records(mut bytes: &[u8]) -> StdVec<(u8, StdVec<u8>)> {
    let mut records = StdVec::new();
    while let [kind, 3, 3, a, b, rest @ ..] = bytes {
        let len = usize::from(u16::from_be_bytes([*a, *b]));
        records.push((*kind, rest[..len].to_vec()));
        bytes = &rest[len..];
    }
    assert!(bytes.is_empty());
    records
}

/// A connection whose server has sent its flight, and the client's keys.
struct Halfway {
    connection: ServerConnection,
    suite: CipherSuite,
    read: Protection,
    write: Protection,
    /// The handshake messages so far.
    transcript: StdVec<u8>,
    /// How long the server's protected records were.
    lengths: StdVec<usize>,
}

impl Halfway {
    fn new(config: Arc<Config>, hello: &Hello) -> Self {
        let mut connection = ServerConnection::new(config).unwrap();
        feed(&mut connection, &plain(22, &hello.message()), 4096).unwrap();
        Self::after(
            connection,
            hello.message().to_vec(),
            !hello.session_id.is_empty(),
        )
    }

    fn after(mut connection: ServerConnection, transcript: StdVec<u8>, ccs: bool) -> Self {
        let out = drain(&mut connection);
        let mut out = records(&out).into_iter();
        let (kind, hello) = out.next().unwrap();
        assert_eq!(kind, 22);
        if ccs {
            assert_eq!(out.next().unwrap(), (20, vec![1]));
        }
        let (_, suite, _) = tests::server_hello(&hello[4..]);
        let suite = CipherSuite::try_from(suite).unwrap();
        let client = connection.records.read.as_ref().unwrap().secret();
        let write = Protection::of(suite, client, 0);
        let server = connection.records.first_write.as_ref().unwrap().secret();
        let read = Protection::of(suite, server, 0);
        let mut halfway = Self {
            connection,
            suite,
            read,
            write,
            transcript: [transcript, hello].concat(),
            lengths: vec![],
        };
        for (kind, body) in out {
            assert_eq!(kind, 23);
            halfway.lengths.push(body.len());
            let (kind, content) = halfway.open(&body);
            assert_eq!(kind, ContentType::Handshake);
            halfway.transcript.extend(content);
        }
        halfway
    }

    fn open(&mut self, body: &[u8]) -> (ContentType, StdVec<u8>) {
        let mut body = body.to_vec();
        let header = header(ContentType::ApplicationData, body.len()).unwrap();
        let (kind, content) = self
            .read
            .open(&header, &mut body, limits::MAX_INNER_PLAINTEXT)
            .unwrap();
        (kind, content.to_vec())
    }

    fn finished(&self) -> StdVec<u8> {
        let mut digest = vec![0; self.suite.hash().digest_size()];
        Hash::new(self.suite.hash())
            .unwrap()
            .digest(&self.transcript, &mut digest)
            .unwrap();
        tests::finished(self.suite, self.write.secret(), &digest)
    }

    /// A record under the client's handshake keys.
    fn seal(&mut self, kind: ContentType, content: &[u8]) -> StdVec<u8> {
        let mut inner = content.to_vec();
        inner.push(kind.into());
        self.write.seal_inner(&inner)
    }

    /// What the connection says of more bytes, which must be an error whose alert is the one given
    /// and has been sent.
    #[track_caller]
    fn refused(mut self, bytes: &[u8], alert: AlertDescription) -> Error {
        let error = feed(&mut self.connection, bytes, 4096).unwrap_err();
        assert_eq!(error.alert(), Some(alert), "{}", error.reason());
        assert!(self.connection.wanted().is_empty());
        // The application's keys protect it: they are the server's to send with since its Finished.
        let keys = self.connection.records.write.as_ref().unwrap();
        self.read = Protection::of(self.suite, keys.secret(), 0);
        let sent = records(&drain(&mut self.connection));
        assert_eq!(sent.len(), 1);
        assert_eq!(
            self.open(&sent[0].1),
            (ContentType::Alert, vec![2, alert.into()])
        );
        assert!(!self.connection.is_complete());
        assert!(self.connection.into_established().is_err());
        error
    }
}

fn halfway() -> Halfway {
    Halfway::new(config(), &hello())
}

/// What a new connection says of `bytes`: an error, whose alert has been sent in the clear.
#[track_caller]
fn refused(bytes: &[u8], alert: AlertDescription) -> Error {
    let mut connection = ServerConnection::new(config()).unwrap();
    let error = feed(&mut connection, bytes, 4096).unwrap_err();
    assert_eq!(error.alert(), Some(alert), "{}", error.reason());
    assert!(connection.wanted().is_empty());
    assert_eq!(connection.output(), [21, 3, 3, 0, 2, 2, alert.into()]);
    error
}

#[test]
fn whole_handshake_and_not_a_byte_more() {
    for piece in [1, 2, 3, 5, 7, 100, 1 << 16] {
        for id in [0, 32] {
            let mut hello = hello();
            hello.session_id = vec![5; id];
            let mut connection = ServerConnection::new(config()).unwrap();
            feed(&mut connection, &plain(22, &hello.message()), piece).unwrap();
            let mut halfway = Halfway::after(connection, hello.message().to_vec(), id != 0);
            // The flight fits into one record.
            assert_eq!(halfway.lengths.len(), 1);
            let message = halfway.finished();
            let client = TrafficSecret::from_bytes(
                halfway
                    .connection
                    .records
                    .next_read
                    .as_ref()
                    .unwrap()
                    .secret
                    .as_bytes(),
            );
            let data = seal(
                halfway.suite,
                &client,
                0,
                ContentType::ApplicationData,
                b"data",
            );
            let mut bytes = CCS.to_vec();
            bytes.extend(halfway.seal(ContentType::Handshake, &message));
            bytes.extend(&data);
            let rest = feed(&mut halfway.connection, &bytes, piece).unwrap();
            assert_eq!(rest, data);
            assert!(halfway.connection.is_complete());
            let established = halfway.connection.into_established().unwrap();
            assert_eq!(established.negotiated.suite, halfway.suite);
            assert_eq!((established.tx.seq, established.rx.seq), (0, 0));
            assert_eq!(established.rx.secret.as_bytes(), client.as_bytes());
            let mut body = data[5..].to_vec();
            let opened = Protection::new(established.rx)
                .open(data[..5].try_into().unwrap(), &mut body, 1 << 14)
                .map(|(kind, content)| (kind, content.to_vec()));
            assert_eq!(
                opened.unwrap(),
                (ContentType::ApplicationData, b"data".to_vec())
            );
        }
    }
}

#[test]
fn output_counts_before_completion() {
    let mut hello = hello();
    hello.session_id = vec![1];
    let mut connection = ServerConnection::new(config()).unwrap();
    feed(&mut connection, &plain(22, &hello.message()), 4096).unwrap();
    let out = connection.output().to_vec();
    connection.sent(1);
    assert_eq!(connection.output(), &out[1..]);
    connection.sent(usize::MAX);
    assert!(connection.output().is_empty());
    assert!(!connection.is_complete());
    assert!(connection.bytes_held() < 4096);
}

#[test]
fn retry_over_records() {
    let mut hello = hello();
    hello.session_id = vec![1; 32];
    let mut connection = ServerConnection::new(config()).unwrap();
    let first = hello.clone().set(51, shares(&[]));
    feed(&mut connection, &plain(22, &first.message()), 4096).unwrap();
    let sent = records(&drain(&mut connection));
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1], (20, vec![1]));
    let mut bytes = CCS.to_vec();
    bytes.extend(plain(22, &hello.message()));
    feed(&mut connection, &bytes, 4096).unwrap();
    let mut digest = [0; 32];
    let suite = CipherSuite::Aes128GcmSha256;
    Hash::new(suite.hash())
        .unwrap()
        .digest(&first.message(), &mut digest)
        .unwrap();
    let transcript = [&[254, 0, 0, 32][..], &digest, &sent[0].1, &hello.message()].concat();
    let mut halfway = Halfway::after(connection, transcript, false);
    let message = halfway.finished();
    let bytes = halfway.seal(ContentType::Handshake, &message);
    feed(&mut halfway.connection, &bytes, 4096).unwrap();
    assert!(
        halfway
            .connection
            .into_established()
            .unwrap()
            .negotiated
            .retried
    );
}

#[test]
fn garbage() {
    refused(b"GET / HTTP/1.1\r\n", UnexpectedMessage);
    refused(&[0x80, 0x2e, 1, 3, 3], UnexpectedMessage);
    refused(&[0; 5], UnexpectedMessage);
    refused(&[0xff; 5], UnexpectedMessage);
    refused(&[22, 3, 1, 0x40, 1], RecordOverflow);
    refused(&[23, 3, 3, 0x41, 1], RecordOverflow);
    refused(&plain(23, b"data"), UnexpectedMessage);
    refused(&plain(22, b""), UnexpectedMessage);
    refused(&plain(21, b""), UnexpectedMessage);
    refused(&plain(22, &[2, 0, 0, 0]), UnexpectedMessage);
}

#[test]
fn hello_in_fragments() {
    let message = hello().message();
    let mut halves = plain(22, &message[..3]);
    halves.extend(plain(22, &message[3..60]));
    halves.extend(plain(22, &message[60..]));
    let mut connection = ServerConnection::new(config()).unwrap();
    feed(&mut connection, &halves, 4096).unwrap();
    assert!(!connection.output().is_empty());
    // Nothing may come in between.
    for between in [
        plain(21, &[1, 90]),
        CCS.to_vec(),
        plain(23, b"x"),
        plain(22, b""),
    ] {
        let mut bytes = plain(22, &message[..60]);
        bytes.extend(between);
        refused(&bytes, UnexpectedMessage);
    }
    // The hello ends its record.
    let mut more = message.to_vec();
    more.push(1);
    refused(&plain(22, &more), UnexpectedMessage);
}

#[test]
fn change_cipher_spec() {
    refused(&CCS, UnexpectedMessage);
    for bad in [
        plain(20, &[]),
        plain(20, &[0]),
        plain(20, &[2]),
        plain(20, &[1, 1]),
    ] {
        halfway().refused(&bad, UnexpectedMessage);
    }
    // One under protection.
    let mut connection = halfway();
    let bytes = connection.seal(ContentType::ChangeCipherSpec, &[1]);
    connection.refused(&bytes, UnexpectedMessage);
    // In the middle of the Finished.
    let mut connection = halfway();
    let message = connection.finished();
    let mut bytes = connection.seal(ContentType::Handshake, &message[..9]);
    bytes.extend(CCS);
    connection.refused(&bytes, UnexpectedMessage);
    // Too many.
    let many = CCS.repeat(limits::MAX_CHANGE_CIPHER_SPEC as usize);
    let mut connection = halfway();
    assert!(feed(&mut connection.connection, &many, 4096)
        .unwrap()
        .is_empty());
    connection.refused(&CCS, UnexpectedMessage);
}

#[test]
fn finished_in_fragments_and_padded() {
    let mut connection = halfway();
    let message = connection.finished();
    let mut bytes = connection.seal(ContentType::Handshake, &message[..1]);
    bytes.extend(connection.seal(ContentType::Handshake, &message[1..20]));
    let mut padded = message[20..].to_vec();
    padded.push(22);
    padded.extend([0; 999]);
    bytes.extend(connection.write.seal_inner(&padded));
    feed(&mut connection.connection, &bytes, 4096).unwrap();
    assert!(connection.connection.is_complete());
}

#[test]
fn protected_records_that_are_refused() {
    let unexpected = [
        (ContentType::Handshake, &b""[..]),
        (ContentType::Alert, b""),
        (ContentType::ApplicationData, b""),
        (ContentType::ApplicationData, b"data"),
        (ContentType::Unknown(99), b"x"),
        // A ClientHello, a KeyUpdate.
        (ContentType::Handshake, &[1, 0, 0, 32]),
        (ContentType::Handshake, &[24, 0, 0, 1, 0]),
    ];
    for (kind, content) in unexpected {
        let mut connection = halfway();
        let bytes = connection.seal(kind, content);
        connection.refused(&bytes, UnexpectedMessage);
    }
    // Nothing but padding.
    let mut connection = halfway();
    let bytes = connection.write.seal_inner(&[0; 9]);
    connection.refused(&bytes, UnexpectedMessage);
    // A byte too many after the Finished.
    let mut connection = halfway();
    let mut message = connection.finished();
    message.push(0);
    let bytes = connection.seal(ContentType::Handshake, &message);
    connection.refused(&bytes, UnexpectedMessage);
    // A wrong Finished.
    let mut connection = halfway();
    let mut message = connection.finished();
    message[9] ^= 1;
    let bytes = connection.seal(ContentType::Handshake, &message);
    connection.refused(&bytes, DecryptError);
    // Forged, short, empty, under other keys.
    let mut connection = halfway();
    let message = connection.finished();
    let mut bytes = connection.seal(ContentType::Handshake, &message);
    *bytes.last_mut().unwrap() ^= 1;
    connection.refused(&bytes, BadRecordMac);
    halfway().refused(&plain(23, &[0; 15]), BadRecordMac);
    halfway().refused(&plain(23, &[]), BadRecordMac);
    // Not protected.
    let connection = halfway();
    let message = connection.finished();
    connection.refused(&plain(22, &message), UnexpectedMessage);
    // Too long: seen from the header.
    halfway().refused(&[23, 3, 3, 0x41, 1], RecordOverflow);
}

#[test]
fn alerts_from_the_peer() {
    let hello = plain(22, &hello().message());
    let says = |alert: &[u8]| {
        let mut connection = ServerConnection::new(config()).unwrap();
        let result = feed(&mut connection, alert, 4096).map(<[u8]>::len);
        (result, drain(&mut connection))
    };
    // Before anything else; there is no answer to them.
    let (result, out) = says(&plain(21, &[2, 40]));
    assert_eq!(
        result.unwrap_err().kind(),
        ErrorKind::PeerAlert(HandshakeFailure)
    );
    assert!(out.is_empty());
    let (result, out) = says(&plain(21, &[1, 0]));
    assert_eq!(result.unwrap_err().kind(), ErrorKind::PeerClosed);
    assert!(out.is_empty());
    let (result, _) = says(&plain(21, &[1, 222]));
    assert_eq!(
        result.unwrap_err().kind(),
        ErrorKind::PeerAlert(AlertDescription::Unknown(222))
    );
    refused(&plain(21, &[2]), DecodeError);
    refused(&plain(21, &[2, 40, 2, 40]), DecodeError);
    // user_canceled says that a close_notify comes.
    let canceled = plain(21, &[1, 90]);
    let (result, out) = says(&[&canceled[..], &hello].concat());
    assert_eq!(result, Ok(0));
    assert!(!out.is_empty());
    let (result, _) = says(&canceled.repeat(limits::MAX_WARNINGS as usize + 1));
    assert_eq!(
        result.unwrap_err().kind(),
        ErrorKind::PeerAlert(UserCanceled)
    );

    // After the flight: protected, or not if the client could not make keys.
    for protected in [false, true] {
        let mut halfway = halfway();
        let bytes = if protected {
            halfway.seal(ContentType::Alert, &[2, 48])
        } else {
            plain(21, &[2, 48])
        };
        let error = feed(&mut halfway.connection, &bytes, 4096).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PeerAlert(UnknownCa));
        assert!(halfway.connection.output().is_empty());
    }
    let mut connection = halfway();
    let message = connection.finished();
    let mut bytes = connection.seal(ContentType::Handshake, &message[..9]);
    bytes.extend(plain(21, &[2, 48]));
    connection.refused(&bytes, UnexpectedMessage);
}

#[test]
fn end_of_the_stream() {
    for len in [0, 3, 5, 40] {
        let mut connection = ServerConnection::new(config()).unwrap();
        let bytes = plain(22, &hello().message());
        feed(&mut connection, &bytes[..len], 4096).unwrap();
        assert_eq!(connection.eof().kind(), ErrorKind::PeerClosed);
        assert!(connection.wanted().is_empty());
        assert!(connection.output().is_empty());
        assert!(connection.received(1).is_err());
    }
}

#[test]
fn early_data_is_skipped() {
    let hello = hello().with(45, [1, 1]).with(42, []).with(41, tests::psk());
    let mut halfway = Halfway::new(config(), &hello);
    let message = halfway.finished();
    let early = plain(23, &[9; 1000]);
    let mut bytes = [&early[..], &CCS, &early, &plain(23, &[1; 3])].concat();
    bytes.extend(halfway.seal(ContentType::Handshake, &message[..5]));
    feed(&mut halfway.connection, &bytes, 4096).unwrap();
    // What opened ends it.
    assert_eq!(
        feed(&mut halfway.connection, &early, 4096)
            .unwrap_err()
            .alert(),
        Some(BadRecordMac)
    );

    let mut halfway = Halfway::new(config(), &hello);
    let bytes = halfway.seal(ContentType::Handshake, &message);
    drop(bytes);
    let count = limits::MAX_REJECTED_EARLY_DATA / 1000;
    feed(&mut halfway.connection, &early.repeat(count), 4096).unwrap();
    halfway.refused(&early, BadRecordMac);
}

#[test]
fn early_data_is_skipped_until_the_second_hello() {
    let first = hello()
        .set(51, shares(&[]))
        .with(45, [1, 1])
        .with(42, [])
        .with(41, tests::psk());
    let early = plain(23, &[9; 1000]);
    let bytes = [&plain(22, &first.message())[..], &early, &early].concat();
    let mut connection = ServerConnection::new(config()).unwrap();
    feed(&mut connection, &bytes, 4096).unwrap();
    let second = hello().with(45, [1, 1]).with(41, tests::psk());
    feed(&mut connection, &plain(22, &second.message()), 4096).unwrap();
    let error = feed(&mut connection, &early, 4096).unwrap_err();
    assert_eq!(error.alert(), Some(BadRecordMac));

    // Without the extension nothing is skipped, and never more than the bound.
    let first = hello().set(51, shares(&[]));
    let mut connection = ServerConnection::new(config()).unwrap();
    let bytes = [&plain(22, &first.message())[..], &early].concat();
    let error = feed(&mut connection, &bytes, 4096).unwrap_err();
    assert_eq!(error.alert(), Some(UnexpectedMessage));
    let first = first.with(42, []);
    let mut connection = ServerConnection::new(config()).unwrap();
    let count = limits::MAX_REJECTED_EARLY_DATA / 1000 + 1;
    let bytes = [&plain(22, &first.message())[..], &early.repeat(count)].concat();
    let error = feed(&mut connection, &bytes, 4096).unwrap_err();
    assert_eq!(error.alert(), Some(UnexpectedMessage));
}

#[test]
fn record_size_limit_both_ways() {
    let config = builder().record_size_limit(64).unwrap().build().unwrap();
    let hello = hello().with(28, [0, 100]);
    let mut halfway = Halfway::new(config.clone(), &hello);
    // 100 bytes with the content type, and the tag.
    assert!(halfway.lengths.len() > 10);
    assert!(halfway.lengths.iter().all(|&len| len <= 116));
    assert!(halfway.lengths.iter().rev().skip(1).all(|&len| len == 116));
    let mut inner = halfway.finished();
    inner.push(22);
    inner.resize(64, 0);
    let bytes = halfway.write.seal_inner(&inner);
    feed(&mut halfway.connection, &bytes, 4096).unwrap();
    let negotiated = halfway.connection.into_established().unwrap().negotiated;
    assert_eq!(negotiated.max_fragment, 99);

    let mut halfway = Halfway::new(config, &hello);
    let mut inner = halfway.finished();
    inner.push(22);
    inner.resize(65, 0);
    let bytes = halfway.write.seal_inner(&inner);
    halfway.refused(&bytes, RecordOverflow);
}

#[test]
fn budgets() {
    // Fragments of one byte: each is a record.
    let message = hello().with(0x7777, [0; 1000]).message();
    let bytes: StdVec<u8> = message.iter().flat_map(|b| plain(22, &[*b])).collect();
    refused(&bytes, HandshakeFailure);
    // A hello that is as long as may be, which never ends.
    let mut bytes = plain(22, &[1, 0x00, 0x40, 0x00]);
    bytes.extend(plain(22, &[0; 0x4000]));
    refused(&bytes, DecodeError);
    // Nothing is held for what was only announced.
    let mut connection = ServerConnection::new(config()).unwrap();
    feed(&mut connection, &[22, 3, 1, 0x40, 0], 4096).unwrap();
    assert!(connection.bytes_held() <= limits::READ_CHUNK);
    assert_eq!(connection.wanted().len(), limits::READ_CHUNK);
    assert!(connection.received(limits::READ_CHUNK + 1).is_err());
}

#[test]
fn incompatible_hellos_get_their_alert() {
    let old = hello().without(43);
    refused(&plain(22, &old.message()), ProtocolVersion);
    let mut none = hello();
    none.suites = vec![0xc02f];
    refused(&plain(22, &none.message()), HandshakeFailure);
    refused(
        &plain(22, &hello().set(13, list16(&[0x0401])).message()),
        HandshakeFailure,
    );
}

/// Memory may run out at every step: it is an error then, and never anything worse.
#[test]
fn memory_runs_out() {
    let config = config();
    let first = plain(22, &hello().set(51, shares(&[])).message());
    let second = plain(22, &hello().message());
    let mut failures = 0;
    for n in 0.. {
        kernel::alloc::fail_nth(Some(n));
        let result = ServerConnection::new(config.clone()).and_then(|mut connection| {
            let result = feed(&mut connection, &first, 4096)
                .and_then(|_| feed(&mut connection, &second, 4096))
                .map(<[u8]>::len);
            (result.is_ok() || connection.wanted().is_empty())
                .then_some(result)
                .unwrap()
        });
        if !kernel::alloc::fail_nth(None) {
            assert_eq!(result, Ok(0));
            break;
        }
        failures += 1;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Internal(ENOMEM));
    }
    assert!(failures > 20);
}
