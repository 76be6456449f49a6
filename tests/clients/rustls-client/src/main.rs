// SPDX-License-Identifier: GPL-2.0

//! A TLS 1.3 client over rustls: one request, an echo of so many bytes, or a load of handshakes.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::crypto::{ring, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const USAGE: &str = "\
usage: rustls-client --address IP:PORT --name SERVER_NAME --ca FILE [options]
  --suite NAME         offer this suite only (TLS13_AES_128_GCM_SHA256 …)
  --groups NAME,…      offer these groups (X25519, secp256r1, secp384r1), a share for the first
  --alpn NAME,…        offer these protocols
  --timeout SECONDS    give up on a read or write after so long (default 60)
what to do, one of:
  --path PATH          GET PATH and print the answer, head included (default: /)
  --echo BYTES         send so many bytes, and check that the same come back
  --connections N      make N connections, each one GET PATH; print how many were served
    --parallel P         from P threads at once (default 8)
    --keep-going         failures are counted, but the exit status is 0
  --version            print the version of rustls";

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;
type Stream = StreamOwned<ClientConnection, TcpStream>;

struct Options {
    address: SocketAddr,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
    timeout: Duration,
    path: String,
    echo: Option<usize>,
    connections: Option<u64>,
    parallel: u64,
    keep_going: bool,
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options> {
    let mut provider = ring::default_provider();
    let mut roots = RootCertStore::empty();
    let mut alpn = Vec::new();
    let (mut address, mut name, mut echo, mut connections) = (None, None, None, None);
    let (mut timeout, mut path, mut parallel, mut keep_going) = (60, "/".to_owned(), 8, false);
    while let Some(option) = arguments.next() {
        if option == "--keep-going" {
            keep_going = true;
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--address" => address = Some(value.parse()?),
            "--name" => name = Some(ServerName::try_from(value)?),
            "--ca" => {
                for certificate in CertificateDer::pem_slice_iter(&fs::read(value)?) {
                    roots.add(certificate.map_err(|error| format!("--ca: {error:?}"))?)?;
                }
            }
            "--suite" => provider
                .cipher_suites
                .retain(|suite| format!("{:?}", suite.suite()) == value),
            "--groups" => provider.kx_groups = groups(&provider, &value)?,
            "--alpn" => {
                alpn = value
                    .split(',')
                    .map(|name| name.as_bytes().to_vec())
                    .collect()
            }
            "--timeout" => timeout = value.parse()?,
            "--path" => path = value,
            "--echo" => echo = Some(value.parse()?),
            "--connections" => connections = Some(value.parse()?),
            "--parallel" => parallel = value.parse()?,
            _ => return Err(USAGE.into()),
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn;
    config.resumption = Resumption::disabled();
    Ok(Options {
        address: address.ok_or(USAGE)?,
        name: name.ok_or(USAGE)?,
        config: Arc::new(config),
        timeout: Duration::from_secs(timeout),
        path,
        echo,
        connections,
        parallel,
        keep_going,
    })
}

fn groups(
    provider: &CryptoProvider,
    names: &str,
) -> Result<Vec<&'static dyn rustls::crypto::SupportedKxGroup>> {
    names
        .split(',')
        .map(|name| {
            provider
                .kx_groups
                .iter()
                .find(|group| format!("{:?}", group.name()) == name)
                .copied()
                .ok_or_else(|| format!("no group {name}").into())
        })
        .collect()
}

fn connect(options: &Options) -> Result<Stream> {
    let socket = TcpStream::connect_timeout(&options.address, options.timeout)?;
    socket.set_read_timeout(Some(options.timeout))?;
    socket.set_write_timeout(Some(options.timeout))?;
    socket.set_nodelay(true)?;
    let connection = ClientConnection::new(options.config.clone(), options.name.clone())?;
    Ok(StreamOwned::new(connection, socket))
}

/// One GET. That the answer ends with a close_notify is rustls' own check: a bare end of the stream is an error.
fn get(options: &Options) -> Result<Vec<u8>> {
    let mut stream = connect(options)?;
    write!(
        stream,
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        options.path,
        options.name.to_str()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    stream.conn.send_close_notify();
    // The server may have closed the socket already; it owes us nothing more.
    let _ = stream.conn.complete_io(&mut stream.sock);
    if !answer.starts_with(b"HTTP/1.1 200 ") {
        return Err(format!("answered: {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(answer)
}

/// The byte at a place in what `--echo` sends: a pattern whose period is prime to every record size.
fn pattern(at: usize) -> u8 {
    (at % 65521 % 251) as u8
}

fn again(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Sends and receives at once: the peer echoes while we are still sending, so neither side may wait for the other.
fn echo(options: &Options, total: usize) -> Result<()> {
    let mut stream = connect(options)?;
    stream.conn.complete_io(&mut stream.sock)?;
    stream.sock.set_nonblocking(true)?;
    let started = Instant::now();
    let (mut sent, mut received, mut closed) = (0, 0, false);
    let mut buffer = vec![0; 1 << 16];
    while !closed {
        let before = (sent, received);
        while stream.conn.wants_write() {
            match stream.conn.write_tls(&mut stream.sock) {
                Ok(_) => {}
                Err(error) if again(&error) => break,
                Err(error) => return Err(error.into()),
            }
        }
        match stream.conn.read_tls(&mut stream.sock) {
            Ok(_) => {
                stream.conn.process_new_packets()?;
            }
            Err(error) if again(&error) => {}
            Err(error) => return Err(error.into()),
        }
        if sent < total && !stream.conn.wants_write() {
            let end = total.min(sent + buffer.len());
            let chunk: Vec<u8> = (sent..end).map(pattern).collect();
            sent += stream.conn.writer().write(&chunk)?;
            if sent == total {
                stream.conn.send_close_notify();
            }
        }
        match stream.conn.reader().read(&mut buffer) {
            Ok(0) => closed = true,
            Ok(length) => {
                for (index, byte) in buffer[..length].iter().enumerate() {
                    if *byte != pattern(received + index) {
                        return Err(format!("byte {} came back wrong", received + index).into());
                    }
                }
                received += length;
            }
            Err(error) if again(&error) => {}
            Err(error) => return Err(error.into()),
        }
        if before == (sent, received) && !closed {
            if started.elapsed() > options.timeout {
                return Err(format!("stuck: {sent} bytes sent, {received} back").into());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
    if (sent, received) != (total, total) {
        return Err(format!("{sent} of {total} bytes sent, {received} came back").into());
    }
    println!("{total} bytes came back");
    Ok(())
}

fn load(options: &Options, connections: u64) -> Result<()> {
    let (next, served, failed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let first = Mutex::new(None);
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..options.parallel {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < connections {
                    match get(options) {
                        Ok(_) => served.fetch_add(1, Ordering::Relaxed),
                        Err(error) => {
                            if let Ok(mut first) = first.lock() {
                                first.get_or_insert(error.to_string());
                            }
                            // A server that is away for a moment is not to be asked without a pause.
                            thread::sleep(Duration::from_millis(10));
                            failed.fetch_add(1, Ordering::Relaxed)
                        }
                    };
                }
            });
        }
    });
    let failed = failed.into_inner();
    println!(
        "served {} failed {failed} seconds {:.1}",
        served.into_inner(),
        started.elapsed().as_secs_f64()
    );
    match first.into_inner()? {
        Some(error) if !options.keep_going => {
            Err(format!("{failed} failed, the first: {error}").into())
        }
        _ => Ok(()),
    }
}

fn run() -> Result<()> {
    if env::args().nth(1).as_deref() == Some("--version") {
        println!("rustls {}", env!("RUSTLS_VERSION"));
        return Ok(());
    }
    let options = parse(env::args().skip(1))?;
    match (options.connections, options.echo) {
        (Some(connections), _) => load(&options, connections),
        (None, Some(total)) => echo(&options, total),
        (None, None) => Ok(io::stdout().write_all(&get(&options)?)?),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rustls-client: {error}");
            ExitCode::FAILURE
        }
    }
}
