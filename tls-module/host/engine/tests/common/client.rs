// SPDX-License-Identifier: GPL-2.0

//! Real clients, in memory.

#![allow(dead_code, reason = "each test crate uses a part of it")]

use crate::common::feed_by;

use engine::{
    record::{
        Established,
        ServerConnection, //
    },
    tls, //
};
use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{
        self,
        Read,
        Write, //
    },
    rc::Rc,
    sync::{
        Arc,
        Mutex, //
    },
    time::Duration, //
};

/// When the certificates are looked at: the first of January 2030.
const NOW: u64 = 1_893_456_000;

/// The authorities that the clients trust.
const ROOTS: [&[u8]; 2] = [
    include_bytes!("../fixtures/root.der"),
    include_bytes!("../fixtures/ecdsa-root.der"),
];

/// A client of TLS.
pub trait Client {
    /// Goes on with the handshake; gives what is to be sent.
    fn step(&mut self, received: &[u8]) -> Result<Vec<u8>, String>;
    /// Whether the client's handshake is done.
    fn is_done(&self) -> bool;
    /// Sends data; gives what is to be sent.
    fn send(&mut self, data: &[u8]) -> Vec<u8>;
    /// Receives records; gives the data in them.
    fn receive(&mut self, bytes: &[u8]) -> Vec<u8>;
}

/// How a handshake failed.
#[derive(Debug)]
pub enum Failure {
    Server(tls::Error),
    Client(String),
}

/// Has both shake hands, `chunk` bytes at a time.
pub fn handshake(
    mut server: ServerConnection,
    client: &mut dyn Client,
    chunk: usize,
) -> Result<Established, Failure> {
    let mut to_client = vec![];

    for _ in 0..10 {
        let to_server = client.step(&to_client);

        if let Ok(bytes) = &to_server {
            let (taken, result) = feed_by(&mut server, bytes, chunk);

            result.map_err(Failure::Server)?;
            assert_eq!(taken, bytes.len());
        }
        to_client = crate::common::output(&mut server);
        if let Err(e) = to_server {
            return Err(Failure::Client(e));
        }
        if server.is_complete() && client.is_done() {
            assert!(to_client.is_empty());
            return Ok(server.into_established().unwrap());
        }
    }
    panic!("they go on and on");
}

/// What a client wrote to a key log.
#[derive(Debug, Default)]
pub struct Secrets(Mutex<Vec<(String, Vec<u8>)>>);

impl Secrets {
    pub fn get(&self, label: &str) -> Vec<u8> {
        let secrets = self.0.lock().unwrap();

        secrets
            .iter()
            .find(|(other, _)| other == label)
            .unwrap()
            .1
            .clone()
    }
}

impl rustls::KeyLog for Secrets {
    fn log(&self, label: &str, _client_random: &[u8], secret: &[u8]) {
        self.0
            .lock()
            .unwrap()
            .push((label.to_string(), secret.to_vec()));
    }
}

#[derive(Debug)]
struct Clock;

impl rustls::time_provider::TimeProvider for Clock {
    fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
        Some(rustls::pki_types::UnixTime::since_unix_epoch(
            Duration::from_secs(NOW),
        ))
    }
}

/// What a client is to offer.
#[derive(Clone)]
pub struct Offer<'a> {
    /// In the registry's names.
    pub suites: &'a [&'a str],
    /// In the registry's names; there is a share of the first.
    pub groups: &'a [&'a str],
    pub alpn: &'a [&'a str],
    pub host: &'a str,
    pub tls12: bool,
}

impl Default for Offer<'_> {
    fn default() -> Self {
        Self {
            suites: &[
                "TLS_AES_128_GCM_SHA256",
                "TLS_AES_256_GCM_SHA384",
                "TLS_CHACHA20_POLY1305_SHA256",
            ],
            groups: &["x25519", "secp256r1", "secp384r1"],
            alpn: &[],
            host: "server.test",
            tls12: false,
        }
    }
}

/// rustls.
pub struct Rustls {
    pub connection: rustls::ClientConnection,
    /// What the client has to send after an error.
    pub last_words: Vec<u8>,
    pub secrets: Arc<Secrets>,
}

impl Rustls {
    pub fn new(offer: &Offer<'_>) -> Self {
        use rustls::crypto::aws_lc_rs::{
            cipher_suite,
            default_provider,
            kx_group, //
        };

        let mut provider = default_provider();

        provider.cipher_suites = offer
            .suites
            .iter()
            .map(|suite| match *suite {
                "TLS_AES_128_GCM_SHA256" => cipher_suite::TLS13_AES_128_GCM_SHA256,
                "TLS_AES_256_GCM_SHA384" => cipher_suite::TLS13_AES_256_GCM_SHA384,
                "TLS_CHACHA20_POLY1305_SHA256" => cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
                other => panic!("rustls has no {other}"),
            })
            .collect();
        provider.kx_groups = offer
            .groups
            .iter()
            .map(|group| match *group {
                "x25519" => kx_group::X25519,
                "secp256r1" => kx_group::SECP256R1,
                "secp384r1" => kx_group::SECP384R1,
                "X25519MLKEM768" => kx_group::X25519MLKEM768,
                other => panic!("rustls has no {other}"),
            })
            .collect();

        let version = match offer.tls12 {
            true => {
                provider.cipher_suites = default_provider().cipher_suites;
                &rustls::version::TLS12
            }
            false => &rustls::version::TLS13,
        };
        let mut roots = rustls::RootCertStore::empty();

        for root in ROOTS {
            roots.add(root.into()).unwrap();
        }

        let mut config =
            rustls::ClientConfig::builder_with_details(provider.into(), Arc::new(Clock))
                .with_protocol_versions(&[version])
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
        let secrets = Arc::new(Secrets::default());

        config.alpn_protocols = offer
            .alpn
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        config.key_log = secrets.clone();

        let name = offer.host.to_string().try_into().unwrap();

        Self {
            connection: rustls::ClientConnection::new(config.into(), name).unwrap(),
            last_words: vec![],
            secrets,
        }
    }
}

impl Client for Rustls {
    fn step(&mut self, mut received: &[u8]) -> Result<Vec<u8>, String> {
        let mut result = Ok(());

        while !received.is_empty() && result.is_ok() {
            self.connection.read_tls(&mut received).unwrap();
            result = self.connection.process_new_packets().map(drop);
        }

        let mut out = vec![];

        while self.connection.wants_write() {
            self.connection.write_tls(&mut out).unwrap();
        }
        match result {
            Ok(()) => Ok(out),
            Err(e) => {
                self.last_words = out;
                Err(e.to_string())
            }
        }
    }

    fn is_done(&self) -> bool {
        !self.connection.is_handshaking()
    }

    fn send(&mut self, mut data: &[u8]) -> Vec<u8> {
        let mut out = vec![];

        while !data.is_empty() {
            let n = self.connection.writer().write(data).unwrap();

            data = &data[n..];
            while self.connection.wants_write() {
                self.connection.write_tls(&mut out).unwrap();
            }
        }
        out
    }

    fn receive(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut data = vec![];

        while !bytes.is_empty() {
            self.connection.read_tls(&mut bytes).unwrap();
            self.connection.process_new_packets().unwrap();
            match self.connection.reader().read_to_end(&mut data) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => (),
                other => drop(other.unwrap()),
            }
        }
        data
    }
}

#[derive(Debug, Default)]
struct Pipe {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct End(Rc<RefCell<Pipe>>);

impl Read for End {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.borrow_mut().incoming.read(buf)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }
}

impl Write for End {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().outgoing.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// OpenSSL.
pub struct OpenSsl {
    stream: openssl::ssl::SslStream<End>,
    end: End,
    done: bool,
}

impl OpenSsl {
    pub fn new(offer: &Offer<'_>, signatures: &str) -> Self {
        use openssl::{
            ssl::{
                Ssl,
                SslContext,
                SslMethod,
                SslVerifyMode,
                SslVersion, //
            },
            x509::{
                store::X509StoreBuilder,
                X509, //
            },
        };

        let mut context = SslContext::builder(SslMethod::tls_client()).unwrap();
        let mut store = X509StoreBuilder::new().unwrap();

        for root in ROOTS {
            store.add_cert(X509::from_der(root).unwrap()).unwrap();
        }
        context.set_verify_cert_store(store.build()).unwrap();
        context.set_verify(SslVerifyMode::PEER);
        context
            .set_min_proto_version(Some(SslVersion::TLS1_3))
            .unwrap();
        context.set_ciphersuites(&offer.suites.join(":")).unwrap();
        context.set_groups_list(&offer.groups.join(":")).unwrap();
        context.set_sigalgs_list(signatures).unwrap();
        if !offer.alpn.is_empty() {
            let list: Vec<u8> = offer
                .alpn
                .iter()
                .flat_map(|a| crate::common::vec8(a.as_bytes()))
                .collect();

            context.set_alpn_protos(&list).unwrap();
        }

        let mut ssl = Ssl::new(&context.build()).unwrap();
        let end = End::default();

        ssl.set_hostname(offer.host).unwrap();
        ssl.param_mut().set_host(offer.host).unwrap();
        ssl.param_mut().set_time(NOW as _);
        ssl.set_connect_state();
        Self {
            stream: openssl::ssl::SslStream::new(ssl, end.clone()).unwrap(),
            end,
            done: false,
        }
    }

    pub fn ssl(&self) -> &openssl::ssl::SslRef {
        self.stream.ssl()
    }
}

impl Client for OpenSsl {
    fn step(&mut self, received: &[u8]) -> Result<Vec<u8>, String> {
        self.end.0.borrow_mut().incoming.extend(received);
        if !self.done {
            match self.stream.do_handshake() {
                Ok(()) => self.done = true,
                Err(e) if e.code() == openssl::ssl::ErrorCode::WANT_READ => (),
                Err(e) => return Err(e.to_string()),
            }
        }
        Ok(std::mem::take(&mut self.end.0.borrow_mut().outgoing))
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn send(&mut self, data: &[u8]) -> Vec<u8> {
        self.stream.write_all(data).unwrap();
        std::mem::take(&mut self.end.0.borrow_mut().outgoing)
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut data = vec![];

        self.end.0.borrow_mut().incoming.extend(bytes);
        match self.stream.read_to_end(&mut data) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => (),
            other => drop(other.unwrap()),
        }
        data
    }
}
