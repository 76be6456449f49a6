// SPDX-License-Identifier: GPL-2.0

//! A load of QUIC connections over Quinn, each with one GET over HTTP/0.9 (hq-interop).

use std::env;
use std::error::Error;
use std::fs;
use std::net::{Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, Endpoint, VarInt};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::CertificateDer;
use rustls::RootCertStore;
use tokio::sync::Semaphore;
use tokio::time::timeout;

const USAGE: &str = "\
usage: quic-client --address IP:PORT --name SERVER_NAME --ca FILE [options]
  --path PATH        what each connection asks for (default: /bytes/64)
  --connections N    how many connections (default 1), --parallel P of them at once (default 8)
  --timeout SECONDS  give up on a connection after so long (default 30)
  --keep-going       failures are counted, but the exit status is 0
Prints `served N failed F bytes B seconds S`. Every connection is a full handshake, its chain checked.";

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

struct Options {
    address: SocketAddr,
    name: String,
    config: ClientConfig,
    path: String,
    connections: u64,
    parallel: usize,
    timeout: Duration,
    keep_going: bool,
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options> {
    let mut roots = RootCertStore::empty();
    let (mut address, mut name, mut path) = (None, None, "/bytes/64".to_owned());
    let (mut connections, mut parallel, mut seconds, mut keep_going) = (1, 8, 30, false);
    while let Some(option) = arguments.next() {
        if option == "--keep-going" {
            keep_going = true;
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--address" => address = Some(value.parse()?),
            "--name" => name = Some(value),
            "--ca" => {
                for certificate in CertificateDer::pem_slice_iter(&fs::read(value)?) {
                    roots.add(certificate.map_err(|error| format!("--ca: {error:?}"))?)?;
                }
            }
            "--path" => path = value,
            "--connections" => connections = value.parse()?,
            "--parallel" => parallel = value.parse()?,
            "--timeout" => seconds = value.parse()?,
            _ => return Err(USAGE.into()),
        }
    }
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.resumption = Resumption::disabled();
    tls.alpn_protocols = vec![b"hq-interop".to_vec(), b"hq-29".to_vec()];
    Ok(Options {
        address: address.ok_or(USAGE)?,
        name: name.ok_or(USAGE)?,
        config: ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?)),
        path,
        connections,
        parallel,
        timeout: Duration::from_secs(seconds),
        keep_going,
    })
}

/// One connection with one request; the length of the answer.
async fn visit(endpoint: &Endpoint, options: &Options) -> Result<u64> {
    let connecting =
        endpoint.connect_with(options.config.clone(), options.address, &options.name)?;
    let connection = connecting.await?;
    let length = get(&connection, &options.path).await?;
    connection.close(VarInt::from_u32(0), b"");
    Ok(length)
}

async fn get(connection: &Connection, path: &str) -> Result<u64> {
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(format!("GET {path}\r\n").as_bytes()).await?;
    send.finish()?;
    let mut length = 0;
    while let Some(chunk) = receive.read_chunk(1 << 20, false).await? {
        length += chunk.bytes.len() as u64;
    }
    if let Some(wanted) = path.strip_prefix("/bytes/") {
        if wanted.parse() != Ok(length) {
            return Err(format!("{length} bytes came of {wanted}").into());
        }
    }
    Ok(length)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = match parse(env::args().skip(1)) {
        Ok(options) => Arc::new(options),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let endpoint = match Endpoint::client((Ipv6Addr::UNSPECIFIED, 0).into()) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let began = Instant::now();
    let gate = Arc::new(Semaphore::new(options.parallel));
    let mut visits = Vec::new();
    let (mut served, mut failed, mut bytes) = (0, 0, 0);
    for _ in 0..options.connections {
        // No more tasks than may run: the gate is passed before one is made.
        let Ok(pass) = gate.clone().acquire_owned().await else {
            break;
        };
        let (endpoint, options) = (endpoint.clone(), options.clone());
        visits.push(tokio::spawn(async move {
            let _pass = pass;
            match timeout(options.timeout, visit(&endpoint, &options)).await {
                Ok(Ok(length)) => Ok(length),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("it took too long".to_owned()),
            }
        }));
    }
    for visit in visits {
        match visit.await {
            Ok(Ok(length)) => {
                served += 1;
                bytes += length;
            }
            Ok(Err(error)) => {
                failed += 1;
                if failed <= 5 {
                    eprintln!("quic-client: {error}");
                }
            }
            Err(_) => failed += 1,
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("served {served} failed {failed} bytes {bytes} seconds {seconds:.6}");
    endpoint.close(VarInt::from_u32(0), b"");
    if failed > 0 && !options.keep_going {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
