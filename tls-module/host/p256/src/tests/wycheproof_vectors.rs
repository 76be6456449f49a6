// SPDX-License-Identifier: GPL-2.0

//! Project Wycheproof's vectors.

use super::{
    number,
    private,
    public, //
};
use crate::{
    ecdsa,
    formats,
    key::PublicKey, //
};
use openssl::hash::{
    hash,
    hash_xof,
    MessageDigest, //
};
use wycheproof::{
    ecdh,
    ecdsa as vectors,
    HashFunction,
    TestResult, //
};

fn digest(function: &HashFunction, message: &[u8]) -> Vec<u8> {
    let algorithm = match function {
        HashFunction::Sha2_256 => MessageDigest::sha256(),
        HashFunction::Sha2_512 => MessageDigest::sha512(),
        HashFunction::Sha3_256 => MessageDigest::sha3_256(),
        HashFunction::Sha3_512 => MessageDigest::sha3_512(),
        HashFunction::Shake128 => {
            // FIPS 186-5 has 256 bits of it.
            let mut digest = vec![0; 32];
            hash_xof(MessageDigest::shake_128(), message, &mut digest).unwrap();
            return digest;
        }
        other => panic!("{other:?}"),
    };
    hash(algorithm, message).unwrap().to_vec()
}

/// Verifies all of a set whose signatures `parse` takes apart; returns how many there were.
fn signatures(name: vectors::TestName, parse: impl Fn(&[u8]) -> Option<ecdsa::Signature>) -> usize {
    let set = vectors::TestSet::load(name).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        let key = public(&group.key.key).unwrap();
        let of_spki = formats::public_key(&group.der).unwrap();
        assert_eq!(key.coordinates(), of_spki.coordinates());
        for test in &group.tests {
            let digest = digest(&group.hash, &test.msg);
            let accepted = parse(&test.sig).is_some_and(|made| ecdsa::verify(&key, &digest, &made));
            let must = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("tcId {}: no such case is known", test.tc_id),
            };
            assert_eq!(accepted, must, "tcId {}: {}", test.tc_id, test.comment);
            count += 1;
        }
    }
    assert_eq!(count, set.number_of_tests);
    count
}

#[test]
fn ecdsa_p1363() {
    let p1363 = |sig: &[u8]| {
        let (r, s) = <&[u8; 64]>::try_from(sig).ok()?.split_first_chunk()?;
        super::signature(r, s.try_into().ok()?)
    };
    for name in [
        vectors::TestName::EcdsaSecp256r1Sha256P1363,
        vectors::TestName::EcdsaSecp256r1Sha512P1363,
        vectors::TestName::EcdsaSecp256r1Shake128P1363,
    ] {
        assert!(signatures(name, p1363) > 200);
    }
}

#[test]
fn ecdsa_der() {
    for name in [
        vectors::TestName::EcdsaSecp256r1Sha256,
        vectors::TestName::EcdsaSecp256r1Sha3_256,
        vectors::TestName::EcdsaSecp256r1Sha3_512,
        vectors::TestName::EcdsaSecp256r1Sha512,
        vectors::TestName::EcdsaSecp256r1Shake128,
    ] {
        assert!(signatures(name, |sig| formats::signature(sig).ok()) > 400);
    }
}

/// Agrees with all keys of a set, which `parse` takes apart; of the keys that are valid but in a
/// form that is not taken, each has one of the flags in `refused`.
fn agreements(
    name: ecdh::TestName,
    parse: impl Fn(&[u8]) -> Option<PublicKey>,
    refused: &[ecdh::TestFlag],
) -> usize {
    let set = ecdh::TestSet::load(name).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let key = private(&number(&test.private_key).unwrap());
        let shared = parse(&test.public_key).map(|peer| key.agree(&peer));
        match (shared, test.result) {
            (Some(shared), TestResult::Valid | TestResult::Acceptable) => {
                let (made, want) = (shared.as_bytes(), &test.shared_secret);
                assert_eq!(made[..], want[..], "tcId {}", test.tc_id);
            }
            (None, TestResult::Invalid) => (),
            (None, TestResult::Acceptable) => {
                let flags = &test.flags;
                assert!(
                    refused.iter().any(|flag| flags.contains(flag)),
                    "tcId {}",
                    test.tc_id
                );
            }
            (_, _) => panic!("tcId {}: {}", test.tc_id, test.comment),
        }
        count += 1;
    }
    assert_eq!(count, set.number_of_tests);
    count
}

#[test]
fn ecdh_points() {
    let refused = [ecdh::TestFlag::CompressedPoint];
    assert!(agreements(ecdh::TestName::EcdhSecp256r1Ecpoint, public, &refused) > 200);
}

#[test]
fn ecdh_spki() {
    // Only named curves and uncompressed points are taken, in strict DER.
    let refused = [
        ecdh::TestFlag::CompressedPoint,
        ecdh::TestFlag::UnnamedCurve,
        ecdh::TestFlag::InvalidAsn,
    ];
    let parse = |der: &[u8]| formats::public_key(der).ok();
    assert!(agreements(ecdh::TestName::EcdhSecp256r1, parse, &refused) > 500);
}
