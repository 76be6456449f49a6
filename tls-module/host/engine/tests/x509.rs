// SPDX-License-Identifier: GPL-2.0

//! X.509, DER and PEM, against certificates that OpenSSL made and ones that are wrong.

#![forbid(unsafe_code)]

use engine::x509::{
    chain_from_bytes,
    der::{
        self,
        Reader,
        Time, //
    },
    key_from_bytes,
    name_matches,
    pem,
    BasicConstraints,
    Certificate,
    KeyAlgorithm, //
};
use kernel::prelude::{
    E2BIG,
    EBADMSG,
    EOPNOTSUPP, //
};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("fixtures/", $name)).as_slice()
    };
}

fn names<'a>(certificate: &Certificate<'a>) -> Vec<&'a str> {
    certificate
        .dns_names()
        .map(|name| std::str::from_utf8(name).unwrap())
        .collect()
}

/// The element with the tag `tag` and the content `parts`.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];

    match content.len() {
        len @ 0..=0x7f => out.push(len as u8),
        len @ 0x80..=0xff => out.extend([0x81, len as u8]),
        len => out.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    out.extend(content);
    out
}

/// What `OLD` is in `bytes` once, made `NEW`; lengths around it stay.
fn replace(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at: Vec<_> = (0..bytes.len())
        .filter(|&i| bytes[i..].starts_with(old))
        .collect();

    assert_eq!(at.len(), 1, "{old:02x?} is not there once");
    [&bytes[..at[0]], new, &bytes[at[0] + old.len()..]].concat()
}

#[test]
fn certificates_of_openssl() {
    use KeyAlgorithm::*;

    let cases: [(&[u8], KeyAlgorithm, &[&str], bool); 10] = [
        (
            fixture!("server.der"),
            Rsa,
            &["server.test", "*.wild.test"],
            true,
        ),
        (fixture!("other.der"), Rsa, &["other.test"], true),
        (fixture!("big.der"), Rsa, &["big.test"], true),
        (fixture!("p256.der"), EcP256, &["p256.test"], false),
        (fixture!("p384.der"), EcP384, &["p384.test"], true),
        (fixture!("p521.der"), Other, &["p521.test"], false),
        (
            fixture!("ed25519.der"),
            Ed25519,
            &["ed25519.test", "second.test"],
            true,
        ),
        (fixture!("pss.der"), RsaPss, &["pss.test"], true),
        (fixture!("small.der"), Rsa, &[], true),
        (fixture!("v1.der"), Rsa, &[], true),
    ];

    for (der, algorithm, expected, server_auth) in cases {
        let certificate = Certificate::parse(der).unwrap();

        assert_eq!(certificate.key_algorithm(), algorithm);
        assert_eq!(names(&certificate), expected);
        assert_eq!(
            certificate.allows_server_auth(),
            server_auth,
            "{expected:?}"
        );
        assert_eq!(certificate.has_unknown_critical(), algorithm == RsaPss);
        assert_eq!(certificate.signature().len(), 256);
        assert!(!certificate.serial().is_empty());
        assert!(der
            .windows(certificate.tbs().len())
            .any(|w| w == certificate.tbs()));
    }
}

#[test]
fn what_a_certificate_says() {
    let leaf = Certificate::parse(fixture!("server.der")).unwrap();
    let authority = Certificate::parse(fixture!("intermediate.der")).unwrap();
    let root = Certificate::parse(fixture!("root.der")).unwrap();
    let v1 = Certificate::parse(fixture!("v1.der")).unwrap();

    assert_eq!(leaf.issuer(), authority.subject());
    assert_eq!(authority.issuer(), root.subject());
    assert_eq!(root.issuer(), root.subject());
    assert_eq!(leaf.signature_algorithm(), authority.signature_algorithm());

    assert_eq!(
        leaf.basic_constraints(),
        Some(BasicConstraints {
            ca: false,
            path_len: None
        })
    );
    assert_eq!(
        authority.basic_constraints(),
        Some(BasicConstraints {
            ca: true,
            path_len: Some(0)
        })
    );
    assert_eq!(v1.basic_constraints(), None);
    assert!(leaf.key_usage().unwrap().digital_signature());
    assert!(!leaf.key_usage().unwrap().key_cert_sign());
    assert!(authority.key_usage().unwrap().key_cert_sign());
    assert!(leaf.ext_key_usage().unwrap().server_auth);
    assert!(!leaf.ext_key_usage().unwrap().client_auth);

    // The one is a UTCTime, the other a GeneralizedTime.
    let validity = leaf.validity();
    let time = |year| Time::new(year, 1, 1, 0, 0, 0).unwrap();

    assert!(time(2020) < validity.not_before && validity.not_before < time(2050));
    assert!(time(2100) < validity.not_after && validity.not_after < time(2200));

    assert!(leaf.matches(b"server.test"));
    assert!(leaf.matches(b"a.wild.test"));
    assert!(!leaf.matches(b"wild.test"));
    assert!(!leaf.matches(b"127.0.0.1"));
    assert!(!v1.matches(b"v1"));
}

#[test]
fn spki_is_the_key() {
    let leaf = Certificate::parse(fixture!("server.der")).unwrap();
    let key = key_from_bytes(fixture!("server.key.pem")).unwrap();
    let key = kernel::crypto::rsa::PrivateKey::from_der(key.as_bytes()).unwrap();
    let public = kernel::crypto::rsa::PublicKey::from_spki_der(leaf.spki()).unwrap();
    let mut sig = vec![0; key.size()];
    let digest = [7; 32];
    let sha256 = kernel::crypto::shash::HashAlgorithm::Sha256;

    key.sign_pss(sha256, &digest, &mut sig).unwrap();
    public.verify_pss(sha256, &digest, &sig).unwrap();
}

#[test]
fn names_of_hosts() {
    let yes: [(&str, &str); 8] = [
        ("a.test", "a.test"),
        ("A.Test", "a.tEST"),
        ("a.test", "a.test."),
        ("*.a.test", "b.a.test"),
        ("*.A.test", "B.a.TEST"),
        ("x_y.a.test", "x_y.a.test"),
        ("xn--nxasmq6b.test", "XN--nxasmq6b.test"),
        ("localhost", "localhost"),
    ];
    let no: [(&str, &str); 21] = [
        ("a.test", "b.test"),
        ("a.test", "a.test.."),
        ("a.test.", "a.test"),
        ("a.test", ""),
        ("", ""),
        ("", "a"),
        ("*.a.test", "a.test"),
        ("*.a.test", ".a.test"),
        ("*.a.test", "c.b.a.test"),
        ("*.a.test", "*.a.test"),
        ("*.test", "a.test"),
        ("*", "a"),
        ("*.", "a."),
        ("*..test", "a..test"),
        ("b*.a.test", "bc.a.test"),
        ("*b.a.test", "cb.a.test"),
        ("b.*.test", "b.a.test"),
        ("*.*.a.test", "c.b.a.test"),
        ("a.test\0.evil", "a.test"),
        ("a test", "a test"),
        ("a..test", "a..test"),
    ];

    for (pattern, host) in yes {
        assert!(
            name_matches(pattern.as_bytes(), host.as_bytes()),
            "{pattern} {host}"
        );
    }
    for (pattern, host) in no {
        assert!(
            !name_matches(pattern.as_bytes(), host.as_bytes()),
            "{pattern} {host}"
        );
    }

    let label = "a".repeat(64);

    assert!(!name_matches(label.as_bytes(), label.as_bytes()));
    assert!(name_matches(&label.as_bytes()[1..], &label.as_bytes()[1..]));

    let long = ["a"; 128].join(".");

    assert!(!name_matches(long.as_bytes(), long.as_bytes()));
}

#[test]
fn lengths_in_der() {
    // Minimal, and not.
    let good: [&[u8]; 4] = [
        &[4, 0],
        &[4, 1, 9],
        &[&[4, 0x81, 0x80][..], &[0; 128]].concat(),
        &[&[4, 0x82, 1, 0][..], &[0; 256]].concat(),
    ];
    let bad: [&[u8]; 15] = [
        &[],
        &[4],
        &[4, 1],
        &[4, 0x80, 0, 0],
        &[4, 0x81, 0],
        &[4, 0x81, 1, 9],
        &[&[4, 0x81, 0x7f][..], &[0; 127]].concat(),
        &[&[4, 0x82, 0, 0x80][..], &[0; 128]].concat(),
        &[&[4, 0x82, 0, 0xff][..], &[0; 255]].concat(),
        &[4, 0x83, 0, 0, 1, 9],
        &[4, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[4, 0x85, 1, 0, 0, 0, 0],
        &[4, 0xff],
        &[0x1f, 0x81, 0x01, 0],
        &[0x3f, 1, 0],
    ];

    for bytes in good {
        let mut reader = Reader::new(bytes);
        let element = reader.any().unwrap();

        assert_eq!(element.raw, bytes);
        reader.finish().unwrap();
    }
    for bytes in bad {
        assert_eq!(
            Reader::new(bytes).any().err(),
            Some(EBADMSG),
            "{bytes:02x?}"
        );
    }
    assert_eq!(Reader::new(&[4, 0, 0]).finish().err(), Some(EBADMSG));
    assert_eq!(der::only(&[0x30, 0, 0], der::SEQUENCE).err(), Some(EBADMSG));
    assert_eq!(der::only(&[0x31, 0], der::SEQUENCE).err(), Some(EBADMSG));
}

#[test]
fn values_in_der() {
    let integer = |content: &[u8]| {
        Reader::new(&tlv(der::INTEGER, &[content]))
            .integer()
            .is_ok()
    };
    let oid = |content: &[u8]| {
        Reader::new(&tlv(der::OBJECT_IDENTIFIER, &[content]))
            .oid()
            .is_ok()
    };
    let bits = |content: &[u8]| {
        Reader::new(&tlv(der::BIT_STRING, &[content]))
            .bit_string()
            .is_ok()
    };
    let flag = |bytes: &[u8]| Reader::new(bytes).default_false();

    for good in [
        &[0][..],
        &[1],
        &[0x80],
        &[0xff],
        &[0, 0x80],
        &[0xff, 0x7f],
        &[1, 0, 0],
    ] {
        assert!(integer(good), "{good:02x?}");
    }
    // One signature in 250 of an earlier program had a leading zero too many.
    for bad in [
        &[][..],
        &[0, 0],
        &[0, 0x7f],
        &[0, 0, 0x80],
        &[0xff, 0x80],
        &[0xff, 0xff],
    ] {
        assert!(!integer(bad), "{bad:02x?}");
    }
    for good in [
        &[0x55, 0x1d, 0x11][..],
        &[0x2a, 0x86, 0x48],
        &[0],
        &[0x2a, 0x81, 0x80, 0],
    ] {
        assert!(oid(good), "{good:02x?}");
    }
    for bad in [
        &[][..],
        &[0x80],
        &[0x2a, 0x86],
        &[0x2a, 0x80, 0x01],
        &[0x80, 0x01],
    ] {
        assert!(!oid(bad), "{bad:02x?}");
    }
    for good in [&[0][..], &[0, 1], &[7, 0x80], &[1, 0xff, 0xfe]] {
        assert!(bits(good), "{good:02x?}");
    }
    for bad in [
        &[][..],
        &[1],
        &[7],
        &[8, 0],
        &[1, 1],
        &[7, 0xc0],
        &[0xff, 0],
    ] {
        assert!(!bits(bad), "{bad:02x?}");
    }
    assert_eq!(flag(&[]), Ok(false));
    assert_eq!(flag(&[4, 0]), Ok(false));
    assert_eq!(flag(&[1, 1, 0xff]), Ok(true));
    assert_eq!(flag(&[1, 1, 0]), Err(EBADMSG));
    assert_eq!(flag(&[1, 1, 1]), Err(EBADMSG));
    assert_eq!(flag(&[1, 2, 0xff, 0xff]), Err(EBADMSG));
    assert_eq!(flag(&[1, 0]), Err(EBADMSG));
}

#[test]
fn times() {
    let time = |tag, text: &str| Reader::new(&tlv(tag, &[text.as_bytes()])).time();
    let utc = |text| time(der::UTC_TIME, text);
    let general = |text| time(der::GENERALIZED_TIME, text);
    let expected = |y, m, d, h, n, s| Ok(Time::new(y, m, d, h, n, s).unwrap());

    assert_eq!(utc("491231235959Z"), expected(2049, 12, 31, 23, 59, 59));
    assert_eq!(utc("500101000000Z"), expected(1950, 1, 1, 0, 0, 0));
    assert_eq!(utc("000229000000Z"), expected(2000, 2, 29, 0, 0, 0));
    assert_eq!(general("20500101000000Z"), expected(2050, 1, 1, 0, 0, 0));
    assert_eq!(
        general("99991231235959Z"),
        expected(9999, 12, 31, 23, 59, 59)
    );
    assert_eq!(general("00000229000000Z"), expected(0, 2, 29, 0, 0, 0));

    for bad in [
        "",
        "Z",
        "491231235959",
        "4912312359Z",
        "491231235959+0000",
        "491231235959.0Z",
        "490001000000Z",
        "491301000000Z",
        "490100000000Z",
        "490132000000Z",
        "490431000000Z",
        "490229000000Z",
        "490101240000Z",
        "490101006000Z",
        "490101000060Z",
        "4901 1000000Z",
        "/90101000000Z",
        ":90101000000Z",
        "491231235959Z ",
    ] {
        assert_eq!(utc(bad), Err(EBADMSG), "{bad}");
    }
    for bad in [
        "20491231235959Z",
        "19500101000000Z",
        "21000229000000Z",
        "205001010000Z",
        "500101000000Z",
    ] {
        assert_eq!(general(bad), Err(EBADMSG), "{bad}");
    }
    assert_eq!(time(der::OCTET_STRING, "491231235959Z"), Err(EBADMSG));
}

/// A certificate made by hand: version 3, with `extensions`.
fn certificate(extensions: &[&[u8]]) -> Vec<u8> {
    let algorithm = tlv(der::SEQUENCE, &[&[0x06, 0x03, 0x2b, 0x65, 0x70]]);
    let spki = tlv(
        der::SEQUENCE,
        &[&algorithm, &tlv(der::BIT_STRING, &[&[0], &[9; 32]])],
    );
    let time = tlv(der::UTC_TIME, &[b"300101000000Z"]);
    let list = tlv(der::SEQUENCE, extensions);
    let tbs = tlv(
        der::SEQUENCE,
        &[
            &[0xa0, 3, 2, 1, 2],
            &[2, 1, 5],
            &algorithm,
            &[0x30, 0],
            &tlv(der::SEQUENCE, &[&time, &time]),
            &[0x30, 0],
            &spki,
            &tlv(0xa3, &[&list]),
        ],
    );

    tlv(der::SEQUENCE, &[&tbs, &algorithm, &[3, 2, 0, 0xaa]])
}

fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };

    tlv(
        der::SEQUENCE,
        &[
            &tlv(der::OBJECT_IDENTIFIER, &[id]),
            critical,
            &tlv(der::OCTET_STRING, &[value]),
        ],
    )
}

const SAN: &[u8] = &[0x55, 0x1d, 0x11];
const CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const PURPOSES: &[u8] = &[0x55, 0x1d, 0x25];

#[test]
fn extensions() {
    let one = |id, value: &[u8]| {
        let der = certificate(&[&extension(id, false, value)]);

        Certificate::parse(&der).map(drop)
    };

    assert_eq!(one(&[0x55, 0x1d, 0x63], &[]), Ok(()));
    assert_eq!(one(SAN, &tlv(0x30, &[&tlv(0x82, &[b"a.test"])])), Ok(()));
    assert_eq!(
        one(SAN, &tlv(0x30, &[&tlv(0x87, &[&[127, 0, 0, 1]])])),
        Ok(())
    );
    assert_eq!(one(CONSTRAINTS, &[0x30, 3, 1, 1, 0xff]), Ok(()));
    assert_eq!(one(CONSTRAINTS, &[0x30, 6, 1, 1, 0xff, 2, 1, 0x7f]), Ok(()));
    assert_eq!(one(USAGE, &[3, 2, 7, 0x80]), Ok(()));
    assert_eq!(one(USAGE, &[3, 3, 7, 0, 0x80]), Ok(()));
    assert_eq!(one(PURPOSES, &[0x30, 5, 6, 3, 0x2a, 3, 4]), Ok(()));

    let bad: [(&[u8], &[u8]); 19] = [
        (SAN, &[]),
        (SAN, &[0x30, 0]),
        (SAN, &[0x30, 2, 0x89, 0]),
        (SAN, &[0x30, 2, 0x02, 0]),
        (SAN, &[0x30, 3, 0x82, 1, 0]),
        (SAN, &[0x30, 3, 0x82, 1, 0xe4]),
        (SAN, &[0x30, 3, 0x82, 2, b'a']),
        (SAN, &[0x30, 3, 0x82, 1, b'a', 0]),
        (CONSTRAINTS, &[0x30, 3, 1, 1, 0]),
        (CONSTRAINTS, &[0x30, 3, 1, 1, 1]),
        (CONSTRAINTS, &[0x30, 6, 1, 1, 0xff, 2, 1, 0xff]),
        (CONSTRAINTS, &[0x30, 7, 1, 1, 0xff, 2, 2, 1, 0]),
        (CONSTRAINTS, &[0x30, 2, 4, 0]),
        (USAGE, &[3, 1, 0]),
        (USAGE, &[3, 4, 0, 1, 1, 1]),
        (USAGE, &[3, 2, 8, 0]),
        (PURPOSES, &[0x30, 0]),
        (PURPOSES, &[0x30, 3, 2, 1, 1]),
        (PURPOSES, &[0x30, 2, 6, 0]),
    ];

    for (id, value) in bad {
        assert_eq!(one(id, value), Err(EBADMSG), "{id:02x?} {value:02x?}");
    }

    let other = extension(&[0x55, 0x1d, 0x63], true, &[]);
    let known = extension(USAGE, true, &[3, 2, 7, 0x80]);
    let der = certificate(&[&other, &known]);

    assert!(Certificate::parse(&der).unwrap().has_unknown_critical());

    let der = certificate(&[&known]);

    assert!(!Certificate::parse(&der).unwrap().has_unknown_critical());
    // None at all, and one twice.
    assert_eq!(Certificate::parse(&certificate(&[])).err(), Some(EBADMSG));
    assert_eq!(
        Certificate::parse(&certificate(&[&known, &other, &known])).err(),
        Some(EBADMSG)
    );
    // As many as there may be, and one more.
    let many: Vec<_> = (0..65).map(|i| extension(&[0x2a, i], false, &[])).collect();
    let many: Vec<_> = many.iter().map(|e| e.as_slice()).collect();

    assert!(Certificate::parse(&certificate(&many[..64])).is_ok());
    assert_eq!(Certificate::parse(&certificate(&many)).err(), Some(E2BIG));
}

#[test]
fn certificates_that_are_wrong() {
    let good = certificate(&[&extension(&[0x55, 0x1d, 0x63], false, &[])]);
    let bad = |old: &[u8], new: &[u8]| {
        assert_eq!(old.len(), new.len());
        assert_eq!(
            Certificate::parse(&replace(&good, old, new)).err(),
            Some(EBADMSG),
            "{old:02x?} {new:02x?}"
        );
    };
    let version: &[u8] = &[0xa0, 3, 2, 1, 2];

    assert!(Certificate::parse(&good).is_ok());
    // Versions: v1 need not be said; v1 and v2 have no extensions; there is no v4.
    bad(version, &[0xa0, 3, 2, 1, 0]);
    bad(version, &[0xa0, 3, 2, 1, 1]);
    bad(version, &[0xa0, 3, 2, 1, 3]);
    bad(version, &[0xa0, 3, 2, 1, 0x82]);
    // An algorithm inside that is not the one outside.
    bad(
        &[2, 1, 5, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70],
        &[2, 1, 5, 0x30, 5, 6, 3, 0x2b, 0x65, 0x71],
    );
    // A signature that is not whole bytes.
    bad(&[3, 2, 0, 0xaa], &[3, 2, 1, 0xaa]);
    bad(b"300101000000Z0\x00", b"300101000000Z1\x00");

    let mut longer = good.clone();

    longer.push(0);
    assert_eq!(Certificate::parse(&longer).err(), Some(EBADMSG));
    // RSA without its NULL.
    let rsa = replace(
        fixture!("server.der"),
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x04\x00",
    );

    assert_eq!(Certificate::parse(&rsa).err(), Some(EBADMSG));
}

#[test]
fn no_truncation_and_no_flipped_bit_panics() {
    for der in [
        fixture!("server.der"),
        fixture!("ed25519.der"),
        fixture!("v1.der"),
    ] {
        for len in 0..der.len() {
            assert_eq!(
                Certificate::parse(&der[..len]).err(),
                Some(EBADMSG),
                "{len}"
            );
        }

        let mut changed = der.to_vec();

        for i in 0..der.len() {
            for bit in 0..8 {
                changed[i] ^= 1 << bit;
                if let Ok(certificate) = Certificate::parse(&changed) {
                    certificate.dns_names().for_each(drop);
                    let _ = certificate.matches(b"server.test");
                }
                changed[i] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn chains() {
    let leaf = fixture!("server.der");
    let authority = fixture!("intermediate.der");

    for bytes in [
        fixture!("server.chain.pem"),
        fixture!("server.chain.der"),
        // Keys beside it, explanations, carriage returns.
        &[fixture!("server.key.pem"), fixture!("server.chain.pem")].concat(),
        &[
            b"subject=CN = server\n",
            fixture!("server.chain.pem"),
            b"the end",
        ]
        .concat(),
        &String::from_utf8_lossy(fixture!("server.chain.pem"))
            .replace('\n', "\r\n")
            .into_bytes(),
    ] {
        let chain = chain_from_bytes(bytes).unwrap();

        assert_eq!(chain.len(), 2);
        assert_eq!(&chain[0][..], leaf);
        assert_eq!(&chain[1][..], authority);
    }

    assert_eq!(chain_from_bytes(leaf).unwrap().len(), 1);
    assert_eq!(chain_from_bytes(b"").err(), Some(EBADMSG));
    assert_eq!(chain_from_bytes(b"hello").err(), Some(EBADMSG));
    assert_eq!(
        chain_from_bytes(fixture!("server.key.pem")).err(),
        Some(EBADMSG)
    );
    assert_eq!(
        chain_from_bytes(&[leaf, b"\n"].concat()).err(),
        Some(EBADMSG)
    );
    assert_eq!(chain_from_bytes(&leaf.repeat(16)).unwrap().len(), 16);
    assert_eq!(chain_from_bytes(&leaf.repeat(17)).err(), Some(E2BIG));
    assert_eq!(
        chain_from_bytes(&fixture!("server.pem").repeat(17)).err(),
        Some(E2BIG)
    );
    assert_eq!(
        chain_from_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").err(),
        Some(EBADMSG)
    );
}

#[test]
fn keys() {
    let pkcs8 = fixture!("server.key.der");
    let pkcs1 = fixture!("server.pkcs1.der");

    for (bytes, expected) in [
        (pkcs8, pkcs8),
        (pkcs1, pkcs1),
        (fixture!("server.key.pem"), pkcs8),
        (fixture!("server.pkcs1.pem"), pkcs1),
        (
            &[fixture!("server.chain.pem"), fixture!("server.key.pem")].concat(),
            pkcs8,
        ),
    ] {
        assert_eq!(key_from_bytes(bytes).unwrap().as_bytes(), expected);
    }

    assert_eq!(
        key_from_bytes(fixture!("server.encrypted.pem")).err(),
        Some(EOPNOTSUPP)
    );
    assert_eq!(key_from_bytes(fixture!("server.pem")).err(), Some(EBADMSG));
    assert_eq!(key_from_bytes(b"").err(), Some(EBADMSG));
    assert_eq!(
        key_from_bytes(&[pkcs8, b"\n"].concat()).err(),
        Some(EBADMSG)
    );
    assert_eq!(
        key_from_bytes(&fixture!("server.key.pem").repeat(2)).err(),
        Some(EBADMSG)
    );
    assert_eq!(
        key_from_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").err(),
        Some(EBADMSG)
    );
}

#[test]
fn base64() {
    let decode = |text: &str| {
        let text = format!("-----BEGIN X-----\n{text}\n-----END X-----\n");

        pem::decode(text.as_bytes(), b"X").map(|blocks| blocks[0].to_vec())
    };

    assert_eq!(decode(""), Ok(vec![]));
    assert_eq!(decode("Zg=="), Ok(b"f".to_vec()));
    assert_eq!(decode("Zm8="), Ok(b"fo".to_vec()));
    assert_eq!(decode("Zm9v"), Ok(b"foo".to_vec()));
    assert_eq!(decode("Zm 9v\tYg\r\n=="), Ok(b"foob".to_vec()));
    assert_eq!(decode("+/+/"), Ok(vec![0xfb, 0xff, 0xbf]));

    for bad in [
        "Z",
        "Zg",
        "Zg=",
        "Zg===",
        "Z===",
        "====",
        "=",
        "Zm9",
        "Zm9=v",
        "Zm9v=",
        "Zh==",
        "Zm9=",
        "Zg==Zg==",
        "Zm9-",
        "Zm9_",
        "Zm9\0",
        "Zm9\u{e9}",
        "Zm9@",
        "Zm9[",
        "Zm9`",
        "Zm9{",
        "Zm9:",
        "Zm9,",
        "Zm9.",
        "Zm9*",
        "Proc-Type: 4,ENCRYPTED",
    ] {
        assert_eq!(decode(bad).err(), Some(EBADMSG), "{bad:?}");
    }

    // Every value of a character, against the alphabet.
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for c in 0..=255u8 {
        let text = [b"-----BEGIN X-----\nAAA", &[c][..], b"\n-----END X-----\n"].concat();
        let decoded = pem::decode(&text, b"X");

        match alphabet.iter().position(|&a| a == c) {
            Some(value) => assert_eq!(&decoded.unwrap()[0][..], [0, 0, value as u8]),
            None if c == b'=' => assert_eq!(&decoded.unwrap()[0][..], [0, 0]),
            None => assert!(decoded.is_err(), "{c:02x}"),
        }
    }
}

#[test]
fn boundaries_in_pem() {
    let count = |text: &str| pem::decode(text.as_bytes(), b"X").map(|blocks| blocks.len());

    assert_eq!(count(""), Ok(0));
    assert_eq!(count("-----BEGIN X-----"), Err(EBADMSG));
    assert_eq!(count("-----BEGIN X-----\n"), Err(EBADMSG));
    assert_eq!(count("-----BEGIN X-----\n-----END X-----"), Ok(1));
    assert_eq!(count("-----BEGIN X-----\r\n-----END X-----\r\n"), Ok(1));
    assert_eq!(count("-----BEGIN X----- \nZg==\n-----END X-----\t"), Ok(1));
    assert_eq!(count("-----BEGIN X-----\n-----END Y-----"), Err(EBADMSG));
    assert_eq!(count("-----BEGIN X-----\n-----BEGIN X-----"), Err(EBADMSG));
    assert_eq!(
        count("-----BEGIN X-----\n-----\n-----END X-----"),
        Err(EBADMSG)
    );
    assert_eq!(
        count("-----BEGIN Y-----\nno base64!\n-----END Y-----"),
        Ok(0)
    );
    assert_eq!(count("-----BEGIN X----\n"), Ok(0));
    assert_eq!(count(" -----BEGIN X-----\n"), Ok(0));
    assert_eq!(count("-----END X-----\n"), Ok(0));
    assert_eq!(
        count(&"-----BEGIN X-----\n-----END X-----\n".repeat(16)),
        Ok(16)
    );
    assert_eq!(
        count(&"-----BEGIN X-----\n-----END X-----\n".repeat(17)),
        Err(E2BIG)
    );
}

#[test]
fn memory_that_cannot_be_had() {
    use kernel::alloc::fail_nth;

    for bytes in [
        fixture!("server.chain.pem"),
        fixture!("server.chain.der"),
        fixture!("server.key.pem"),
    ] {
        for n in 0.. {
            fail_nth(Some(n));

            let chain = chain_from_bytes(bytes).map(drop);
            let key = key_from_bytes(bytes).map(drop);

            if !fail_nth(None) {
                break;
            }
            assert!([chain.err(), key.err()].contains(&Some(kernel::prelude::ENOMEM)));
        }
    }
}
