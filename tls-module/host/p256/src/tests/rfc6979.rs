// SPDX-License-Identifier: GPL-2.0

//! RFC 6979, appendix A.2.5: the vectors whose nonces are made with SHA-256.

use super::{
    n32,
    numbers,
    private, //
};
use crate::ecdsa;
use openssl::sha::sha256;

const X: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";

#[test]
fn public_key() {
    let (x, y) = private(&n32(X)).public_key().coordinates();
    assert_eq!(
        x,
        n32("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6")
    );
    assert_eq!(
        y,
        n32("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")
    );
}

#[test]
fn deterministic() {
    for (message, r, s) in [
        (
            "sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
        (
            "test",
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
            "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
        ),
    ] {
        let key = private(&n32(X));
        let digest = sha256(message.as_bytes());
        let made = ecdsa::sign(&key, &digest, None).unwrap();
        assert_eq!(numbers(&made), (n32(r), n32(s)));
        assert!(ecdsa::verify(&key.public_key(), &digest, &made));
    }
}

#[test]
fn noise_makes_another_nonce() {
    let key = private(&n32(X));
    let digest = sha256(b"sample");
    let plain = numbers(&ecdsa::sign(&key, &digest, None).unwrap());
    let mut seen = vec![plain];
    for noise in [[0; 32], [1; 32], [0xff; 32]] {
        let made = ecdsa::sign(&key, &digest, Some(&noise)).unwrap();
        assert!(ecdsa::verify(&key.public_key(), &digest, &made));
        let made = numbers(&made);
        assert!(seen.iter().all(|(r, _)| *r != made.0));
        // The same noise makes the same nonce.
        let again = ecdsa::sign(&key, &digest, Some(&noise)).unwrap();
        assert_eq!(numbers(&again), made);
        seen.push(made);
    }
}
