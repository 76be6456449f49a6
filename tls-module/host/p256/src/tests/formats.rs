// SPDX-License-Identifier: GPL-2.0

//! Keys and signatures in DER, as OpenSSL writes them and as they must not be.

use super::{
    n32,
    numbers,
    signature,
    N, //
};
use crate::formats::{
    private_key,
    public_key,
    signature as from_der,
    to_der, //
};
use kernel::prelude::{
    EBADMSG,
    EKEYREJECTED, //
};
use openssl::{
    bn::BigNum,
    ec::{
        Asn1Flag,
        EcGroup,
        EcKey, //
    },
    ecdsa::EcdsaSig,
    nid::Nid,
    pkey::{
        PKey,
        Private, //
    },
    rsa::Rsa, //
};

fn generated(curve: Nid) -> EcKey<Private> {
    EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()
}

#[test]
fn pkcs8_and_sec1() {
    for _ in 0..20 {
        let theirs = generated(Nid::X9_62_PRIME256V1);
        let pkey = PKey::from_ec_key(theirs.clone()).unwrap();
        let of_spki = public_key(&pkey.public_key_to_der().unwrap()).unwrap();
        for der in [
            pkey.private_key_to_pkcs8().unwrap(),
            theirs.private_key_to_der().unwrap(),
        ] {
            let (key, public) = private_key(&der).unwrap();
            assert_eq!(public.coordinates(), of_spki.coordinates());
            assert_eq!(key.public_key().coordinates(), of_spki.coordinates());

            // Neither cut short nor with something behind it.
            for len in 0..der.len() {
                assert_eq!(private_key(&der[..len]).err(), Some(EBADMSG), "{len}");
            }
            assert!(private_key(&[&der[..], &[0]].concat()).is_err());
        }
    }
}

/// The least that RFC 5915 asks for: the version and the number.
#[test]
fn sec1_without_the_optional() {
    let der = [&[0x30, 37, 2, 1, 1, 4, 32][..], &[7; 32]].concat();
    let (key, public) = private_key(&der).unwrap();
    assert_eq!(key.public_key().coordinates(), public.coordinates());
}

#[test]
fn keys_of_another_kind() {
    let p384 = generated(Nid::SECP384R1);
    let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    for der in [
        p384.private_key_to_der().unwrap(),
        PKey::from_ec_key(p384.clone())
            .unwrap()
            .private_key_to_pkcs8()
            .unwrap(),
        rsa.private_key_to_pkcs8().unwrap(),
    ] {
        assert_eq!(private_key(&der).err(), Some(EKEYREJECTED));
    }
    for der in [
        p384.public_key_to_der().unwrap(),
        rsa.public_key_to_der().unwrap(),
    ] {
        assert_eq!(public_key(&der).err(), Some(EKEYREJECTED));
    }
}

/// A curve that is written out is not looked at, even if it is P-256.
#[test]
fn explicit_parameters() {
    let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    let key = EcKey::generate(&group).unwrap();
    assert_eq!(
        private_key(&key.private_key_to_der().unwrap()).err(),
        Some(EKEYREJECTED)
    );
    assert_eq!(
        public_key(&key.public_key_to_der().unwrap()).err(),
        Some(EKEYREJECTED)
    );
}

#[test]
fn public_key_of_another_private_one() {
    let mine = generated(Nid::X9_62_PRIME256V1);
    let theirs = generated(Nid::X9_62_PRIME256V1);
    let der = EcKey::from_private_components(mine.group(), mine.private_key(), theirs.public_key())
        .unwrap()
        .private_key_to_der()
        .unwrap();
    assert_eq!(private_key(&der).err(), Some(EKEYREJECTED));
}

#[test]
fn private_numbers_out_of_range() {
    for number in [[0; 32], n32(N), [0xff; 32]] {
        let der = [&[0x30, 37, 2, 1, 1, 4, 32][..], &number].concat();
        assert_eq!(private_key(&der).err(), Some(EKEYREJECTED));
    }
}

/// Numbers with and without a byte in front, short ones and long ones, as OpenSSL writes them.
#[test]
fn signatures() {
    let last = {
        let mut number = BigNum::from_slice(&n32(N)).unwrap();
        number.sub_word(1).unwrap();
        number.to_vec_padded(32).unwrap().try_into().unwrap()
    };
    let edges: Vec<[u8; 32]> = (0..32)
        .flat_map(|zeroes| [0x01, 0x7f, 0x80, 0xfe].map(|first| (zeroes, first)))
        .map(|(zeroes, first)| {
            core::array::from_fn(|i| match i.cmp(&zeroes) {
                core::cmp::Ordering::Less => 0,
                core::cmp::Ordering::Equal => first,
                core::cmp::Ordering::Greater => 0xa5,
            })
        })
        .chain([last])
        .collect();
    for r in &edges {
        for s in &edges {
            let big = |number: &[u8; 32]| BigNum::from_slice(number).unwrap();
            let theirs = EcdsaSig::from_private_components(big(r), big(s)).unwrap();
            let der = theirs.to_der().unwrap();
            let parsed = from_der(&der).unwrap();
            assert_eq!(numbers(&parsed), (*r, *s));
            assert_eq!(to_der(&signature(r, s).unwrap()), der);
        }
    }
    for bad in [[0; 32], n32(N), [0xff; 32]] {
        let big = |number: &[u8; 32]| BigNum::from_slice(number).unwrap();
        for (r, s) in [(&bad, &edges[0]), (&edges[0], &bad)] {
            let theirs = EcdsaSig::from_private_components(big(r), big(s)).unwrap();
            assert!(from_der(&theirs.to_der().unwrap()).is_err());
        }
    }
}
