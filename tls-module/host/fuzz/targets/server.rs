// SPDX-License-Identifier: GPL-2.0

//! Records given to a server's connection, in pieces.
//!
//! The first byte says how large the pieces are, the second how the server is configured.

#![no_main]

use engine::{
    record::ServerConnection,
    tls::{
        limits,
        CertifiedKey,
        Config,
        ErrorKind,
        NamedGroup, //
    }, //
};
use kernel::sync::Arc;
use std::{
    cell::OnceCell,
    thread_local, //
};

fn configs() -> [Arc<Config>; 2] {
    thread_local!(static CONFIGS: OnceCell<[Arc<Config>; 2]> = const { OnceCell::new() });

    let new = |groups: &[NamedGroup], cookie| {
        let certificate = CertifiedKey::from_bytes(
            include_bytes!("../../engine/tests/fixtures/server.chain.der"),
            include_bytes!("../../engine/tests/fixtures/server.key.der"),
        );
        let config = Config::builder().and_then(|builder| {
            let builder = builder
                .certificate(certificate?)?
                .alpn(b"h2")?
                .groups(groups)?;

            builder.retry_cookie(cookie).build()
        });

        config.expect("the fixtures are good")
    };

    CONFIGS.with(|configs| {
        configs
            .get_or_init(|| {
                [
                    new(NamedGroup::ALL, false),
                    new(&[NamedGroup::Secp384r1], true),
                ]
            })
            .clone()
    })
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [pieces, config, input @ ..] = data else {
        return;
    };
    let mut input = input;
    let [usual, retrying] = configs();
    let config = if config & 1 == 0 { usual } else { retrying };
    let mut server = ServerConnection::new(config).expect("it needs nothing but memory");
    let pieces = usize::from(*pieces) + 1;

    while !input.is_empty() {
        let wanted = server.wanted();
        let n = wanted.len().min(input.len()).min(pieces);

        if n == 0 {
            break;
        }

        let (now, later) = input.split_at(n);

        wanted[..n].copy_from_slice(now);
        input = later;

        let result = server.received(n);

        server.sent(server.output().len() / 2 + 1);
        assert!(server.bytes_held() < 8 * limits::MAX_CIPHERTEXT);
        if let Err(e) = result {
            assert!(!matches!(e.kind(), ErrorKind::Internal(_)), "{e:?}");
            assert!(server.wanted().is_empty());
            break;
        }
    }
    assert!(!server.is_complete(), "nobody knows the keys");
    server.eof();
});
