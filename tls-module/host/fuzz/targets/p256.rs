// SPDX-License-Identifier: GPL-2.0

//! P-256 beside OpenSSL's: the same inputs must give the same results.

#![no_main]

use openssl::{
    bn::{
        BigNum,
        BigNumContext,
        BigNumRef, //
    },
    ec::{
        EcGroup,
        EcGroupRef,
        EcKey,
        EcPoint,
        EcPointRef,
        PointConversionForm, //
    },
    ecdsa::EcdsaSig,
    error::ErrorStack,
    nid::Nid,
    pkey::Private, //
};
use p256::{
    ecdsa::{
        sign,
        verify,
        Signature, //
    },
    key::{
        PrivateKey,
        PublicKey, //
    }, //
};

/// What is taken from the front of the input.
fn take<const N: usize>(data: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = data.split_first_chunk()?;
    *data = rest;
    Some(*taken)
}

/// A number of the input: as it is, or one at the edges, which fuzzing would hardly come across.
fn number(data: &mut &[u8], group: &EcGroupRef, ctx: &mut BigNumContext) -> Option<[u8; 32]> {
    let [kind] = take(data)?;
    let raw: [u8; 32] = take(data)?;
    let mut n = BigNum::new().ok()?;
    group.order(&mut n, ctx).ok()?;
    let small = BigNum::from_u32(u32::from(raw[0]) << 8 | u32::from(raw[1])).ok()?;
    let mut shifted = BigNum::new().ok()?;
    let mut made = BigNum::new().ok()?;
    match kind % 6 {
        // A small number.
        0 => return padded(&small),
        // One near the order.
        1 => made.checked_sub(&n, &small).ok()?,
        2 => made.checked_add(&n, &small).ok()?,
        // Few bits, somewhere.
        3 => {
            shifted.lshift(&small, i32::from(raw[2]) % 241).ok()?;
            return padded(&shifted);
        }
        // The same, taken from the order.
        4 => {
            shifted.lshift(&small, i32::from(raw[2]) % 241).ok()?;
            made.checked_sub(&n, &shifted).ok()?;
            if made.is_negative() {
                return None;
            }
        }
        _ => return Some(raw),
    }
    padded(&made)
}

fn padded(number: &BigNumRef) -> Option<[u8; 32]> {
    number.to_vec_padded(32).ok()?.try_into().ok()
}

fn coordinates(
    point: &EcPointRef,
    group: &EcGroupRef,
    ctx: &mut BigNumContext,
) -> Result<Vec<u8>, ErrorStack> {
    point.to_bytes(group, PointConversionForm::UNCOMPRESSED, ctx)
}

/// OpenSSL's key pair of a private key; `None` if it is out of range.
fn key_pair(d: &[u8; 32], group: &EcGroupRef, ctx: &mut BigNumContext) -> Option<EcKey<Private>> {
    let d = BigNum::from_slice(d).ok()?;
    let mut n = BigNum::new().ok()?;
    group.order(&mut n, ctx).ok()?;
    if d.num_bits() == 0 || d.ucmp(&n).is_ge() {
        return None;
    }
    let mut point = EcPoint::new(group).ok()?;
    point.mul_generator2(group, &d, ctx).ok()?;
    EcKey::from_private_components(group, &d, &point).ok()
}

fn ours(point: &[u8]) -> Option<PublicKey> {
    let (x, y) = point.get(1..)?.split_first_chunk()?;
    PublicKey::from_coordinates(x, y.try_into().ok()?)
}

fn limbs(number: &[u8; 32]) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(number.rchunks_exact(8)) {
        *limb = u64::from_be_bytes(bytes.try_into().unwrap());
    }
    limbs
}

fn big(limbs: &[u64; 4]) -> BigNum {
    let bytes: Vec<u8> = limbs
        .iter()
        .rev()
        .flat_map(|limb| limb.to_be_bytes())
        .collect();
    BigNum::from_slice(&bytes).unwrap()
}

fn run(mut data: &[u8]) -> Option<()> {
    let data = &mut data;
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let mut ctx = BigNumContext::new().unwrap();

    // Key pairs.
    let [a, b] = [
        number(data, &group, &mut ctx)?,
        number(data, &group, &mut ctx)?,
    ];
    let (key, peer) = (PrivateKey::from_be_bytes(&a), PrivateKey::from_be_bytes(&b));
    let (theirs, peer_theirs) = (
        key_pair(&a, &group, &mut ctx),
        key_pair(&b, &group, &mut ctx),
    );
    assert_eq!(key.is_some(), theirs.is_some());
    assert_eq!(peer.is_some(), peer_theirs.is_some());
    let (key, theirs) = (key?, theirs?);
    let encoded = coordinates(theirs.public_key(), &group, &mut ctx).unwrap();
    let (x, y) = key.public_key().coordinates();
    assert_eq!([&[4], &x[..], &y[..]].concat(), encoded);

    // A public key out of nowhere is taken by both or by none.
    let point: [u8; 64] = take(data)?;
    let accepted = ours(&[&[4], &point[..]].concat()).is_some();
    let candidate = [&[4], &point[..]].concat();
    assert_eq!(
        accepted,
        EcPoint::from_bytes(&group, &candidate, &mut ctx).is_ok()
    );

    // Agreement, with the product of OpenSSL's general multiplication.
    let (peer, peer_theirs) = (peer?, peer_theirs?);
    let mut product = EcPoint::new(&group).unwrap();
    product
        .mul2(
            &group,
            peer_theirs.public_key(),
            theirs.private_key(),
            &mut ctx,
        )
        .unwrap();
    let product = coordinates(&product, &group, &mut ctx).unwrap();
    assert_eq!(key.agree(&peer.public_key()).as_bytes()[..], product[1..33]);

    // A signature of ours is valid to OpenSSL.
    let noise: [u8; 32] = take(data)?;
    let digest = &data[..data.len().min(64)];
    let made = sign(&key, digest, (noise[0] & 1 == 1).then_some(&noise)).unwrap();
    let (r, s) = made.limbs();
    let sig = EcdsaSig::from_private_components(big(&r), big(&s)).unwrap();
    assert!(sig.verify(digest, &theirs).unwrap());
    assert!(verify(&key.public_key(), digest, &made));

    // Numbers out of nowhere are a signature to both or to none.
    let [r, s] = [
        number(data, &group, &mut ctx)?,
        number(data, &group, &mut ctx)?,
    ];
    let accepted = Signature::from_limbs(&limbs(&r), &limbs(&s))
        .is_some_and(|made| verify(&peer.public_key(), digest, &made));
    let sig = EcdsaSig::from_private_components(
        BigNum::from_slice(&r).unwrap(),
        BigNum::from_slice(&s).unwrap(),
    )
    .unwrap();
    assert_eq!(accepted, sig.verify(digest, &peer_theirs).unwrap_or(false));
    Some(())
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});
