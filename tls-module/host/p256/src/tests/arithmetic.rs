// SPDX-License-Identifier: GPL-2.0

//! The field and the scalars, against OpenSSL's large numbers.

use super::{
    n32,
    N,
    P, //
};
use crate::{
    field::Element,
    scalar::Scalar, //
};
use openssl::bn::{
    BigNum,
    BigNumContext, //
};

/// Numbers at the limits of limbs and of the modulus, then random ones.
fn samples(modulus: &BigNum) -> Vec<BigNum> {
    let mut samples = Vec::new();
    let mut near = |number: &openssl::bn::BigNumRef| {
        for distance in 0..4 {
            let mut below = number.to_owned().unwrap();
            below.sub_word(distance).unwrap();
            let mut above = number.to_owned().unwrap();
            above.add_word(distance).unwrap();
            for candidate in [below, above] {
                if !candidate.is_negative() && candidate.ucmp(modulus).is_lt() {
                    samples.push(candidate);
                }
            }
        }
    };
    near(&BigNum::new().unwrap());
    near(modulus);
    for bits in [32, 64, 96, 128, 160, 192, 224, 255] {
        let mut power = BigNum::new().unwrap();
        power.set_bit(bits).unwrap();
        near(&power);
    }
    let mut half = BigNum::new().unwrap();
    half.rshift1(modulus).unwrap();
    near(&half);
    for _ in 0..200 {
        let mut random = BigNum::new().unwrap();
        modulus.rand_range(&mut random).unwrap();
        samples.push(random);
    }
    samples
}

fn bytes(number: &BigNum) -> [u8; 32] {
    number.to_vec_padded(32).unwrap().try_into().unwrap()
}

#[test]
fn field() {
    let p = BigNum::from_slice(&n32(P)).unwrap();
    let mut ctx = BigNumContext::new().unwrap();
    let mut want = BigNum::new().unwrap();
    let samples = samples(&p);
    let element = |number: &BigNum| Element::from_be_bytes(&bytes(number)).unwrap();

    assert!(Element::from_be_bytes(&n32(P)).is_none());
    assert!(Element::from_be_bytes(&[0xff; 32]).is_none());

    for (i, a) in samples.iter().enumerate() {
        let x = element(a);
        assert_eq!(x.to_be_bytes(), bytes(a));
        assert_eq!(x.is_zero_mask() != 0, bytes(a) == [0; 32]);

        want.mod_sqr(a, &p, &mut ctx).unwrap();
        assert_eq!(x.square().to_be_bytes(), bytes(&want));
        assert_eq!(x.half().add(&x.half()).to_be_bytes(), bytes(a));
        assert_eq!(x.neg().add(&x).to_be_bytes(), [0; 32]);
        if bytes(a) == [0; 32] {
            assert_eq!(x.invert().to_be_bytes(), [0; 32]);
        } else {
            want.mod_inverse(a, &p, &mut ctx).unwrap();
            assert_eq!(x.invert().to_be_bytes(), bytes(&want));
        }

        for b in samples.iter().skip(i % 7).step_by(7) {
            let y = element(b);
            want.mod_mul(a, b, &p, &mut ctx).unwrap();
            assert_eq!(x.mul(&y).to_be_bytes(), bytes(&want));
            want.mod_add(a, b, &p, &mut ctx).unwrap();
            assert_eq!(x.add(&y).to_be_bytes(), bytes(&want));
            want.mod_sub(a, b, &p, &mut ctx).unwrap();
            assert_eq!(x.sub(&y).to_be_bytes(), bytes(&want));
        }
    }
}

#[test]
fn scalars() {
    let n = BigNum::from_slice(&n32(N)).unwrap();
    let mut ctx = BigNumContext::new().unwrap();
    let mut want = BigNum::new().unwrap();
    let samples = samples(&n);
    let scalar = |number: &BigNum| Scalar::from_be_bytes(&bytes(number)).unwrap();

    assert!(Scalar::from_be_bytes(&n32(N)).is_none());
    assert!(Scalar::from_be_bytes(&[0xff; 32]).is_none());

    for (i, a) in samples.iter().enumerate() {
        let x = scalar(a);
        assert_eq!(x.to_be_bytes(), bytes(a));
        assert_eq!(x.is_zero(), bytes(a) == [0; 32]);
        assert_eq!(x.neg().add(&x).to_be_bytes(), [0; 32]);
        if bytes(a) == [0; 32] {
            assert!(x.invert().is_zero());
        } else {
            want.mod_inverse(a, &n, &mut ctx).unwrap();
            assert_eq!(x.invert().to_be_bytes(), bytes(&want));
        }

        for b in samples.iter().skip(i % 7).step_by(7) {
            let y = scalar(b);
            want.mod_mul(a, b, &n, &mut ctx).unwrap();
            assert_eq!(x.mul(&y).to_be_bytes(), bytes(&want));
            want.mod_add(a, b, &n, &mut ctx).unwrap();
            assert_eq!(x.add(&y).to_be_bytes(), bytes(&want));
        }
    }
}
