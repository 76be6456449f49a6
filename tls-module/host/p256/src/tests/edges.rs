// SPDX-License-Identifier: GPL-2.0

//! Scalars, points and signatures at the edges, each by name.

use super::{
    hex,
    n32,
    number,
    private,
    public,
    signature,
    N,
    P, //
};
use crate::{
    ecdsa,
    key::{
        PrivateKey,
        PublicKey, //
    }, //
};
use openssl::{
    bn::{
        BigNum,
        BigNumContext, //
    },
    ec::{
        EcGroup,
        EcPoint,
        EcPointRef,
        PointConversionForm, //
    },
    nid::Nid, //
};

const GX: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const GY: &str = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

fn base() -> PublicKey {
    PublicKey::from_coordinates(&n32(GX), &n32(GY)).unwrap()
}

fn big(digits: &str) -> BigNum {
    BigNum::from_slice(&hex(digits)).unwrap()
}

/// `n` and `difference` together.
fn n_plus(difference: i32) -> [u8; 32] {
    let mut number = big(N);
    if difference < 0 {
        number.sub_word(difference.unsigned_abs()).unwrap();
    } else {
        number.add_word(difference.unsigned_abs()).unwrap();
    }
    number.to_vec_padded(32).unwrap().try_into().unwrap()
}

#[test]
fn scalar_zero() {
    assert!(PrivateKey::from_be_bytes(&[0; 32]).is_none());
}

#[test]
fn scalar_one() {
    let key = private(&number(&[1]).unwrap());
    assert_eq!(key.public_key().coordinates(), (n32(GX), n32(GY)));
    assert_eq!(*key.agree(&base()).as_bytes(), n32(GX));
}

#[test]
fn scalar_n_minus_one() {
    let key = private(&n_plus(-1));
    let mut minus_y = BigNum::new().unwrap();
    minus_y.checked_sub(&big(P), &big(GY)).unwrap();
    let (x, y) = key.public_key().coordinates();
    assert_eq!(x, n32(GX));
    assert_eq!(y[..], minus_y.to_vec_padded(32).unwrap());
    assert_eq!(*key.agree(&base()).as_bytes(), n32(GX));
}

#[test]
fn scalar_n() {
    assert!(PrivateKey::from_be_bytes(&n32(N)).is_none());
}

#[test]
fn scalar_n_plus_one() {
    assert!(PrivateKey::from_be_bytes(&n_plus(1)).is_none());
}

#[test]
fn scalar_of_all_ones() {
    assert!(PrivateKey::from_be_bytes(&[0xff; 32]).is_none());
}

/// Scalars whose additions come near to their exceptions: small ones, those near `n`, near the
/// multiples of windows, and those for which the last addition is a doubling.
#[test]
fn scalars_near_exceptions() {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let mut ctx = BigNumContext::new().unwrap();
    let n = big(N);
    let mut scalars = Vec::new();
    for small in 1..=600 {
        scalars.push(BigNum::from_u32(small).unwrap());
        let mut from_n = n.to_owned().unwrap();
        from_n.sub_word(small).unwrap();
        scalars.push(from_n);
    }
    for bit in 0..256 {
        for difference in [-1i32, 0, 1] {
            let mut power = BigNum::new().unwrap();
            power.set_bit(bit).unwrap();
            match difference {
                -1 => power.sub_word(1).unwrap(),
                1 => power.add_word(1).unwrap(),
                _ => (),
            }
            if power.num_bits() > 0 && power.ucmp(&n).is_lt() {
                scalars.push(power);
            }
        }
    }
    // What is congruent to twice a digit in its place.
    for shift in 0..252 {
        for digit in [1u32, 15, 31] {
            let mut twice = BigNum::from_u32(2 * digit).unwrap();
            let unshifted = twice.to_owned().unwrap();
            twice.lshift(&unshifted, shift).unwrap();
            let mut reduced = BigNum::new().unwrap();
            reduced.nnmod(&twice, &n, &mut ctx).unwrap();
            let mut negative = BigNum::new().unwrap();
            negative.checked_sub(&n, &reduced).unwrap();
            scalars.extend([reduced, negative]);
        }
    }

    let base = base();
    for scalar in scalars {
        let mut point = EcPoint::new(&group).unwrap();
        point.mul_generator2(&group, &scalar, &mut ctx).unwrap();
        let bytes = |point: &EcPointRef, ctx: &mut _| {
            point
                .to_bytes(&group, PointConversionForm::UNCOMPRESSED, ctx)
                .unwrap()
        };
        let want = bytes(&point, &mut ctx);
        let key = private(&scalar.to_vec_padded(32).unwrap().try_into().unwrap());
        let (x, y) = key.public_key().coordinates();
        assert_eq!([&[4], &x[..], &y[..]].concat(), want, "{scalar}");
        assert_eq!(key.agree(&base).as_bytes()[..], want[1..33], "{scalar}");
    }
}

#[test]
fn point_of_zeroes() {
    assert!(PublicKey::from_coordinates(&[0; 32], &[0; 32]).is_none());
}

#[test]
fn point_at_infinity() {
    assert!(public(&[0]).is_none());
}

#[test]
fn point_off_the_curve() {
    let mut y = n32(GY);
    y[31] ^= 1;
    assert!(PublicKey::from_coordinates(&n32(GX), &y).is_none());
}

#[test]
fn point_with_coordinates_exchanged() {
    assert!(PublicKey::from_coordinates(&n32(GY), &n32(GX)).is_none());
}

#[test]
fn point_on_the_twist() {
    // x = 1: 1 - 3 + b is no square.
    let x = number(&[1]).unwrap();
    for y in 0..=255 {
        assert!(PublicKey::from_coordinates(&x, &number(&[y]).unwrap()).is_none());
    }
}

#[test]
fn coordinate_that_is_p() {
    assert!(PublicKey::from_coordinates(&n32(P), &n32(GY)).is_none());
    assert!(PublicKey::from_coordinates(&n32(GX), &n32(P)).is_none());
}

/// The point with `x = 0` is one of the curve, but not if zero is written as `p`.
#[test]
fn coordinate_zero_and_p() {
    let y = n32("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
    let key = PublicKey::from_coordinates(&[0; 32], &y).unwrap();
    assert_eq!(key.coordinates(), ([0; 32], y));
    assert!(PublicKey::from_coordinates(&n32(P), &y).is_none());
}

/// A point whose first coordinate is not less than `n`: `r` of a signature is smaller then.
#[test]
fn first_coordinate_beyond_n() {
    // The first one with p > x > n, found by trial: the point is on the curve.
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let mut ctx = BigNumContext::new().unwrap();
    let (point, r) = (0..64)
        .find_map(|r| {
            let compressed = [&[2], &n_plus(r)[..]].concat();
            let point = EcPoint::from_bytes(&group, &compressed, &mut ctx).ok()?;
            Some((point, r))
        })
        .unwrap();
    let encoded = point
        .to_bytes(&group, PointConversionForm::UNCOMPRESSED, &mut ctx)
        .unwrap();
    let nonce_point = public(&encoded).unwrap();

    // With s = r and the digest z = 0, R = (0 / s) * G + (r / s) * Q = Q.
    let r = number(&[u8::try_from(r).unwrap()]).unwrap();
    if r != [0; 32] {
        let made = signature(&r, &r).unwrap();
        assert!(ecdsa::verify(&nonce_point, &[0; 32], &made));
        let (beyond, _) = nonce_point.coordinates();
        assert!(signature(&beyond, &r).is_none());
    }
}

#[test]
fn signature_numbers_out_of_range() {
    let one = number(&[1]).unwrap();
    assert!(signature(&one, &one).is_some());
    assert!(signature(&n_plus(-1), &n_plus(-1)).is_some());
    for bad in [[0; 32], n32(N), n_plus(1), [0xff; 32]] {
        assert!(signature(&bad, &one).is_none());
        assert!(signature(&one, &bad).is_none());
    }
}

/// `u1 * G + u2 * Q` where both are the same point, and where they cancel out.
#[test]
fn sums_with_exceptions() {
    for (d, cancels) in [(number(&[1]).unwrap(), false), (n_plus(-1), true)] {
        let key = private(&d);
        // With r equal to the digest, u1 = u2.
        let r = n32(GX);
        let made = signature(&r, &number(&[7]).unwrap()).unwrap();
        // For Q = G the sum is a doubling, for Q = -G the point at infinity.
        let accepted = ecdsa::verify(&key.public_key(), &r, &made);
        assert!(!(cancels && accepted));

        // What does verify with u1 = u2 and Q = G: r is x of 2 * u * G, u = r / s.
        if !cancels {
            let double = private(&number(&[2]).unwrap()).public_key();
            let (x, _) = double.coordinates();
            let made = signature(&x, &x).unwrap();
            assert!(ecdsa::verify(&key.public_key(), &x, &made));
        }
    }
}

/// A digest that is zero, `n`, or all ones modulo `n`.
#[test]
fn digests_at_the_edges() {
    let key = private(&number(&[5]).unwrap());
    for digest in [
        &[0u8; 32][..],
        &n32(N),
        &[0xff; 32],
        &[],
        &[0; 64],
        &[0xff; 64],
    ] {
        let made = ecdsa::sign(&key, digest, None).unwrap();
        assert!(ecdsa::verify(&key.public_key(), digest, &made));
        assert!(!ecdsa::verify(&key.public_key(), &[0x55; 32], &made));
    }
    // Numbers that are congruent are the same digest.
    let made = ecdsa::sign(&key, &[0; 32], None).unwrap();
    assert!(ecdsa::verify(&key.public_key(), &n32(N), &made));
}
