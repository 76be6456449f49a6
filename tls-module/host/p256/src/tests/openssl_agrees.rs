// SPDX-License-Identifier: GPL-2.0

//! Random keys and messages, with OpenSSL on the other side.

use super::{
    numbers,
    private,
    public,
    signature, //
};
use crate::ecdsa;
use openssl::{
    bn::{
        BigNum,
        BigNumContext, //
    },
    derive::Deriver,
    ec::{
        EcGroup,
        EcKey,
        PointConversionForm, //
    },
    ecdsa::EcdsaSig,
    nid::Nid,
    pkey::PKey,
    rand::rand_bytes, //
};

#[test]
fn random_keys() {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let mut ctx = BigNumContext::new().unwrap();
    for round in 0..200 {
        let theirs = EcKey::generate(&group).unwrap();
        let mine = EcKey::generate(&group).unwrap();
        let d = mine.private_key().to_vec_padded(32).unwrap();
        let key = private(&d.try_into().unwrap());

        // The public key.
        let uncompressed = PointConversionForm::UNCOMPRESSED;
        let encoded = |key: &EcKey<_>, ctx: &mut _| {
            key.public_key()
                .to_bytes(&group, uncompressed, ctx)
                .unwrap()
        };
        let (x, y) = key.public_key().coordinates();
        assert_eq!([&[4], &x[..], &y[..]].concat(), encoded(&mine, &mut ctx));

        // The shared secret.
        let peer = public(&encoded(&theirs, &mut ctx)).unwrap();
        let (pkey, peer_pkey) = (
            PKey::from_ec_key(mine.clone()).unwrap(),
            PKey::from_ec_key(theirs.clone()).unwrap(),
        );
        let mut deriver = Deriver::new(&pkey).unwrap();
        deriver.set_peer(&peer_pkey).unwrap();
        assert_eq!(
            key.agree(&peer).as_bytes()[..],
            deriver.derive_to_vec().unwrap()
        );

        // Signatures both ways, of digests of all lengths.
        let mut digest = vec![0; round % 65];
        rand_bytes(&mut digest).unwrap();
        let made = ecdsa::sign(&key, &digest, Some(&[round as u8; 32])).unwrap();
        let (r, s) = numbers(&made);
        let number = |bytes: &[u8]| BigNum::from_slice(bytes).unwrap();
        let for_openssl = EcdsaSig::from_private_components(number(&r), number(&s)).unwrap();
        assert!(for_openssl.verify(&digest, &mine).unwrap());

        let made = EcdsaSig::sign(&digest, &theirs).unwrap();
        let bytes = |number: &openssl::bn::BigNumRef| {
            <[u8; 32]>::try_from(number.to_vec_padded(32).unwrap()).unwrap()
        };
        let made = signature(&bytes(made.r()), &bytes(made.s())).unwrap();
        assert!(ecdsa::verify(&peer, &digest, &made));
        assert!(!ecdsa::verify(&key.public_key(), &digest, &made));
    }
}
