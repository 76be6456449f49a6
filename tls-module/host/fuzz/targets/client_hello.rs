// SPDX-License-Identifier: GPL-2.0

//! The body of a ClientHello, given to the engine without records.

#![no_main]

use engine::tls::{
    CertifiedKey,
    CipherSuite,
    Config,
    Error,
    ErrorKind,
    Level,
    Server,
    Sink,
    TrafficSecret, //
};
use kernel::sync::Arc;
use std::{
    cell::OnceCell,
    thread_local, //
};

struct Nowhere;

impl Sink for Nowhere {
    fn handshake_bytes(&mut self, _level: Level, _bytes: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn keys(
        &mut self,
        _level: Level,
        _suite: CipherSuite,
        _read: TrafficSecret,
        _write: TrafficSecret,
    ) -> Result<(), Error> {
        Ok(())
    }
}

fn config() -> Arc<Config> {
    thread_local!(static CONFIG: OnceCell<Arc<Config>> = const { OnceCell::new() });

    let new = || {
        let certificate = CertifiedKey::from_bytes(
            include_bytes!("../../engine/tests/fixtures/server.chain.der"),
            include_bytes!("../../engine/tests/fixtures/server.key.der"),
        );
        let builder = Config::builder().and_then(|builder| {
            builder
                .certificate(certificate?)?
                .alpn(b"h2")?
                .alpn(b"http/1.1")?
                .build()
        });

        builder.expect("the fixtures are good")
    };

    CONFIG.with(|config| config.get_or_init(new).clone())
}

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let Ok(len) = u16::try_from(body.len()) else {
        return;
    };
    let mut message = vec![1, 0];

    message.extend(len.to_be_bytes());
    message.extend(body);

    let mut server = Server::new(config()).expect("it needs nothing but memory");

    if let Err(e) = server.read(Level::Initial, &message, &mut Nowhere) {
        assert!(!matches!(e.kind(), ErrorKind::Internal(_)), "{e:?}");
        assert!(e.alert().is_some());
    }
    assert!(!server.is_done());
});
