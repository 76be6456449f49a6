// SPDX-License-Identifier: GPL-2.0

//! NIST's vectors of the CAVP.

use super::{
    hex,
    number,
    numbers,
    private,
    signature, //
};
use crate::{
    ecdsa,
    key::PublicKey,
    scalar::Scalar, //
};
use openssl::hash::{
    hash,
    MessageDigest, //
};
use std::collections::HashMap;

/// The records of a file: the header they stand under, and their fields.
fn records(text: &'static str) -> Vec<(&'static str, HashMap<&'static str, &'static str>)> {
    let mut records = Vec::new();
    let (mut header, mut fields) = ("", HashMap::new());
    for line in text.lines().chain([""]) {
        if let Some((name, value)) = line.split_once(" = ") {
            fields.insert(name.trim(), value.trim());
        } else if line.is_empty() && !fields.is_empty() {
            records.push((header, std::mem::take(&mut fields)));
        } else if line.starts_with('[') {
            header = line;
        }
    }
    records
}

fn digest(header: &str, message: &str) -> Vec<u8> {
    let (_, name) = header.trim_matches(['[', ']']).split_once(',').unwrap();
    let algorithm = MessageDigest::from_name(&name.replace('-', "")).unwrap();
    hash(algorithm, &hex(message)).unwrap().to_vec()
}

fn point(x: &str, y: &str) -> Option<PublicKey> {
    // A number that is out of range may have an odd count of digits.
    let even = |digits: &str| hex(&format!("{}{digits}", "0".repeat(digits.len() % 2)));
    PublicKey::from_coordinates(&number(&even(x))?, &number(&even(y))?)
}

#[test]
fn key_pairs() {
    let mut count = 0;
    for (_, fields) in records(include_str!("../../vectors/KeyPair.rsp")) {
        let Some(d) = fields.get("d") else {
            continue;
        };
        let (x, y) = private(&number(&hex(d)).unwrap())
            .public_key()
            .coordinates();
        assert_eq!(x[..], hex(fields["Qx"]));
        assert_eq!(y[..], hex(fields["Qy"]));
        count += 1;
    }
    assert_eq!(count, 10);
}

#[test]
fn public_keys() {
    let (mut valid, mut invalid) = (0, 0);
    for (_, fields) in records(include_str!("../../vectors/PKV.rsp")) {
        let accepted = point(fields["Qx"], fields["Qy"]).is_some();
        assert_eq!(accepted, fields["Result"].starts_with('P'), "{fields:?}");
        *if accepted { &mut valid } else { &mut invalid } += 1;
    }
    assert_eq!((valid, invalid), (4, 8));
}

#[test]
fn signing_with_given_nonces() {
    let mut count = 0;
    for (header, fields) in records(include_str!("../../vectors/SigGen.txt")) {
        let key = private(&number(&hex(fields["d"])).unwrap());
        let digest = digest(header, fields["Msg"]);
        let nonce = Scalar::from_be_bytes(&number(&hex(fields["k"])).unwrap()).unwrap();
        let made = ecdsa::sign_with(&key, &ecdsa::digest_to_scalar(&digest), &nonce).unwrap();

        let (r, s) = numbers(&made);
        assert_eq!(r[..], hex(fields["R"]));
        assert_eq!(s[..], hex(fields["S"]));
        let public = point(fields["Qx"], fields["Qy"]).unwrap();
        assert!(ecdsa::verify(&public, &digest, &made));
        count += 1;
    }
    assert_eq!(count, 60);
}

#[test]
fn verifying() {
    let (mut valid, mut invalid) = (0, 0);
    for (header, fields) in records(include_str!("../../vectors/SigVer.rsp")) {
        let number = |name| number(&hex(fields[name])).unwrap();
        let public = point(fields["Qx"], fields["Qy"]);
        let made = signature(&number("R"), &number("S"));
        let accepted = public.zip(made).is_some_and(|(public, made)| {
            ecdsa::verify(&public, &digest(header, fields["Msg"]), &made)
        });
        assert_eq!(accepted, fields["Result"].starts_with('P'), "{fields:?}");
        *if accepted { &mut valid } else { &mut invalid } += 1;
    }
    assert_eq!(valid + invalid, 60);
    assert!(valid > 0 && invalid > 0);
}

#[test]
fn agreement() {
    let (mut correct, mut wrong) = (0, 0);
    for (_, fields) in records(include_str!("../../vectors/KASValidityTest_init.fax")) {
        let result = fields["Result"];
        let peer = point(fields["QsCAVSx"], fields["QsCAVSy"]);
        let key = private(&number(&hex(fields["dsIUT"])).unwrap());
        let own = key.public_key().coordinates();
        let shared = peer.map(|peer| key.agree(&peer).as_bytes().to_vec());

        let fits = shared.is_some_and(|shared| shared == hex(fields["Z"]))
            && own.0[..] == hex(fields["QsIUTx"])
            && own.1[..] == hex(fields["QsIUTy"]);
        assert_eq!(fits, result.starts_with('P'), "{fields:?}");
        *if fits { &mut correct } else { &mut wrong } += 1;
    }
    assert_eq!((correct, wrong), (18, 12));
}
