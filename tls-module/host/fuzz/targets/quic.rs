// SPDX-License-Identifier: GPL-2.0

//! What QUIC reads before it knows whom it is from: frames, transport parameters, tokens, and whole
//! datagrams. The first byte says which.

#![no_main]

use engine::{
    quic::{
        fuzzing,
        limits,
        Config,
        Ecn,
        Endpoint,
        Instant,
        Path,
        Received, //
    },
    tls::{
        self,
        CertifiedKey, //
    },
};
use kernel::sync::Arc;
use std::{
    cell::OnceCell,
    thread_local, //
};

fn config() -> Arc<Config> {
    thread_local!(static CONFIG: OnceCell<Arc<Config>> = const { OnceCell::new() });

    let new = || {
        let certificate = CertifiedKey::from_bytes(
            include_bytes!("../../engine/tests/fixtures/server.chain.der"),
            include_bytes!("../../engine/tests/fixtures/server.key.der"),
        );
        let tls = tls::Config::builder().and_then(|builder| {
            builder
                .certificate(certificate?)?
                .alpn(b"hq-interop")?
                .build()
        });

        tls.and_then(|tls| Config::builder(tls)?.build())
            .expect("the fixtures are good")
    };

    CONFIG.with(|config| config.get_or_init(new).clone())
}

fn datagram(input: &[u8]) {
    let now = Instant::from_nanos(1);
    let path = Path {
        local: ([192, 0, 2, 1], 443).into(),
        remote: ([192, 0, 2, 2], 1).into(),
    };
    let mut endpoint = Endpoint::<()>::new(config()).expect("it needs nothing but memory");
    let mut out = [0; limits::MAX_DATAGRAM];

    match endpoint.receive(now, path, input, &mut out) {
        Received::New(incoming) => {
            let mut connection = incoming.connection;
            let mut bytes = input.to_vec();

            connection.receive(now, path, Ecn::NotEct, &mut bytes);
            assert!(connection.bytes_held() <= limits::MAX_CONNECTION_BYTES);

            let mut sent = 0;

            while let Some(transmit) = connection.poll_transmit(now, &mut out) {
                sent += transmit.len;
                assert!(sent <= 3 * input.len());
            }
            endpoint.remove(incoming.key);
            assert!(endpoint.is_empty());
        }
        Received::Connection(()) => panic!("there is none"),
        Received::Reply { .. } | Received::Dropped(_) => {}
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((which, input)) = data.split_first() else {
        return;
    };

    match which & 3 {
        0 => {
            if let Ok(count) = fuzzing::frames(input) {
                assert!((1..=input.len()).contains(&count));
            }
        }
        1 => {
            fuzzing::parameters(input);
        }
        2 => fuzzing::token(input),
        _ => datagram(input),
    }
});
