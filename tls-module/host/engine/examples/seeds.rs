// SPDX-License-Identifier: GPL-2.0

//! The seeds of the fuzz targets: `cargo run -p engine --example seeds` writes them anew.

#![forbid(unsafe_code)]

#[path = "../tests/common/client.rs"]
mod client;
#[path = "../tests/common/mod.rs"]
mod common;

use client::{
    Client,
    Offer,
    OpenSsl,
    Rustls, //
};
use common::{
    ext,
    feed,
    list16,
    output,
    record,
    server,
    share,
    vec16,
    vec8,
    Hello, //
};
use engine::tls::NamedGroup;
use std::{
    fs,
    path::PathBuf, //
};

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../fuzz/seeds", target]
        .iter()
        .collect();

    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

/// What clients send: their hello, and what follows it.
fn flights() -> Vec<(&'static str, Vec<u8>)> {
    let mut flights = vec![];
    let mut add = |name, client: &mut dyn Client| {
        let mut server = server();
        let hello = client.step(&[]).unwrap();

        feed(&mut server, &hello).unwrap();

        let rest = client.step(&output(&mut server)).unwrap();

        flights.push((name, [hello, rest].concat()));
    };
    let alpn = &["h2", "http/1.1"];
    let retried = Offer {
        groups: &["X25519MLKEM768", "secp384r1"],
        ..Offer::default()
    };
    let openssl = Offer {
        groups: &["X25519", "P-256"],
        alpn,
        ..Offer::default()
    };

    add(
        "rustls",
        &mut Rustls::new(&Offer {
            alpn,
            ..Offer::default()
        }),
    );
    add("rustls-retried", &mut Rustls::new(&retried));
    add(
        "openssl",
        &mut OpenSsl::new(&openssl, "rsa_pss_rsae_sha256"),
    );
    flights.push(("full", Hello::full().record()));
    flights
}

/// Keys and signatures of P-256 in DER, and numbers for its arithmetic: two private keys, a point, noise,
/// a nonce, two numbers of a signature, a change to one, a digest.
fn p256() -> Vec<(&'static str, u8, Vec<u8>)> {
    let pem = |pem: &[u8]| openssl::pkey::PKey::private_key_from_pem(pem).unwrap();
    let key = pem(&fixture!("ecdsa.key.pem")[..]);
    let number = |kind: u8, byte: u8| [&[kind][..], &[byte; 32]].concat();
    let arithmetic = |kind, keys: [u8; 2]| {
        [
            number(kind, keys[0]),
            number(5, keys[1]),
            [0x11; 64 + 32].to_vec(),
            number(5, 0x22),
            number(5, 0x33),
            number(1, 0x44),
            vec![7, 1],
            [0x55; 32].to_vec(),
        ]
        .concat()
    };

    vec![
        (
            "signature",
            0,
            [&[0x30, 8, 2, 2, 0, 0x80][..], &[2, 2, 1, 0]].concat(),
        ),
        ("pkcs8", 1, key.private_key_to_pkcs8().unwrap()),
        (
            "sec1",
            1,
            key.ec_key().unwrap().private_key_to_der().unwrap(),
        ),
        ("spki", 2, key.public_key_to_der().unwrap()),
        ("raw", 3, arithmetic(5, [0x66, 0x77])),
        ("small", 3, arithmetic(0, [0, 0x77])),
        ("near-order", 3, arithmetic(1, [0, 0x77])),
        ("few-bits", 3, arithmetic(3, [1, 0x77])),
        ("few-bits-from-order", 3, arithmetic(4, [1, 0x77])),
    ]
}

fn main() {
    let psk = [
        vec16(&[vec16(b"ticket"), vec![0; 4]].concat()),
        vec16(&vec8(&[0; 32])),
    ]
    .concat();
    let full = Hello::full()
        .with(
            ext::GROUPS,
            vec16(&list16(&[0x11ec, 0x001d, 0x0017, 0x0018])),
        )
        .with(
            ext::KEY_SHARE,
            vec16(
                &[
                    share(NamedGroup::X25519),
                    share(NamedGroup::Secp256r1),
                    share(NamedGroup::Secp384r1),
                ]
                .concat(),
            ),
        )
        .with(21, vec![0; 20])
        .with(ext::EARLY_DATA, vec![])
        .with(ext::PRE_SHARED_KEY, psk);
    let no_share = Hello::full().with(ext::KEY_SHARE, vec16(&[]));

    for (name, flight) in flights() {
        let len = usize::from(u16::from_be_bytes([flight[3], flight[4]]));

        write("client_hello", name, &flight[9..5 + len]);
        write("server", name, &[&[0xff, 0], &flight[..]].concat());
        write(
            "server",
            &format!("{name}-in-pieces"),
            &[&[6, 1], &flight[..]].concat(),
        );
    }
    write("client_hello", "everything", &full.body());
    write("client_hello", "no-share", &no_share.body());

    let again = no_share
        .clone()
        .with(ext::KEY_SHARE, vec16(&share(NamedGroup::X25519)));
    let early = [
        full.record(),
        record(23, &[0; 40]),
        record(20, &[1]),
        record(21, &[1, 90]),
    ]
    .concat();

    write(
        "server",
        "retried",
        &[&[0xff, 0], &no_share.record()[..], &again.record()].concat(),
    );
    write("server", "early-data", &[&[0xff, 0], &early[..]].concat());
    write(
        "server",
        "alert",
        &[&[0xff, 0], &record(21, &[2, 40])[..]].concat(),
    );

    for (name, der) in [
        ("rsa", fixture!("server.der")),
        ("authority", fixture!("intermediate.der")),
        ("p256", fixture!("p256.der")),
        ("p384", fixture!("p384.der")),
        ("ed25519", fixture!("ed25519.der")),
        ("pss", fixture!("pss.der")),
        ("v1", fixture!("v1.der")),
    ] {
        write("certificate", name, der);
    }
    for (name, text) in [
        ("chain", fixture!("server.chain.pem")),
        ("chain-der", fixture!("server.chain.der")),
        ("pkcs8", fixture!("server.key.pem")),
        ("pkcs1", fixture!("server.pkcs1.pem")),
        ("pkcs8-der", fixture!("server.key.der")),
        ("encrypted", fixture!("server.encrypted.pem")),
        (
            "short",
            b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        ),
    ] {
        write("pem", name, text);
    }

    let stream = [0x0f, 0x00, 0x00, 0x02, b'h', b'i'];
    let ack = [0x03, 0x14, 0x00, 0x01, 0x02, 0x03, 0x04, 0x01, 0x00, 0x01];
    let new_id = [&[0x18, 0x01, 0x00, 0x08][..], &[7; 24]].concat();
    let parameters = [
        &[0x01, 0x02, 0x67, 0x10, 0x04, 0x04, 0x80, 0x10, 0x00, 0x00][..],
        &[0x0e, 0x01, 0x04, 0x0c, 0x00, 0x0f, 0x04, 1, 2, 3, 4],
    ]
    .concat();
    let mut initial = vec![0xc3, 0, 0, 0, 1, 8];

    initial.extend([5; 8]);
    initial.extend([0, 0, 0x44, 0x9e]);
    initial.resize(1200, 0);

    let mut other_version = initial.clone();

    other_version[1] = 0x6b;
    for (name, which, bytes) in [
        ("stream", 0, stream.to_vec()),
        ("ack", 0, ack.to_vec()),
        ("new-connection-id", 0, new_id),
        ("parameters", 1, parameters),
        ("token", 2, [&[1][..], &[9; 36]].concat()),
        ("initial", 3, initial),
        ("other-version", 3, other_version),
    ] {
        write("quic", name, &[&[which], &bytes[..]].concat());
    }

    for (name, which, bytes) in p256() {
        write("p256", name, &[&[which], &bytes[..]].concat());
    }
}
