// SPDX-License-Identifier: GPL-2.0

//! P-256 beside OpenSSL's: the same inputs must give the same results.
//!
//! The first byte of an input says what the rest is: numbers for the arithmetic, or DER.

#![no_main]

use openssl::{
    bn::{
        BigNum,
        BigNumContext,
        BigNumRef, //
    },
    ec::{
        EcGroup,
        EcKey,
        EcPoint,
        EcPointRef,
        PointConversionForm, //
    },
    ecdsa::EcdsaSig,
    nid::Nid,
    pkey::{
        HasPublic,
        PKey,
        Private, //
    },
    pkey_ctx::PkeyCtx, //
};
use p256::{
    ecdsa::{
        sign,
        verify, //
    },
    formats,
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

fn padded(number: &BigNumRef) -> Option<[u8; 32]> {
    number.to_vec_padded(32).ok()?.try_into().ok()
}

fn big(bytes: &[u8]) -> BigNum {
    BigNum::from_slice(bytes).unwrap()
}

/// The curve to OpenSSL.
struct Peer {
    group: EcGroup,
    n: BigNum,
    ctx: BigNumContext,
}

impl Peer {
    fn new() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let mut ctx = BigNumContext::new().unwrap();
        let mut n = BigNum::new().unwrap();
        group.order(&mut n, &mut ctx).unwrap();
        Self { group, n, ctx }
    }

    /// A number of the input: as it is, or one at the edges, which fuzzing would hardly come across.
    fn number(&self, data: &mut &[u8]) -> Option<[u8; 32]> {
        let [kind] = take(data)?;
        let raw: [u8; 32] = take(data)?;
        let small = big(&raw[..2]);
        let mut shifted = BigNum::new().unwrap();
        shifted.lshift(&small, i32::from(raw[2]) % 241).unwrap();
        let mut made = BigNum::new().unwrap();
        match kind % 6 {
            // A small number.
            0 => return padded(&small),
            // One near the order.
            1 => made.checked_sub(&self.n, &small).unwrap(),
            2 => made.checked_add(&self.n, &small).unwrap(),
            // Few bits, somewhere.
            3 => return padded(&shifted),
            // The same, taken from the order.
            4 if shifted < self.n => made.checked_sub(&self.n, &shifted).unwrap(),
            _ => return Some(raw),
        }
        padded(&made)
    }

    /// Whether a number is one of a private key, a nonce or a signature.
    fn in_range(&self, number: &[u8; 32]) -> bool {
        let number = big(number);
        number.num_bits() > 0 && number < self.n
    }

    fn encoded(&mut self, point: &EcPointRef) -> Vec<u8> {
        let form = PointConversionForm::UNCOMPRESSED;
        point.to_bytes(&self.group, form, &mut self.ctx).unwrap()
    }

    fn times_base(&mut self, number: &BigNumRef) -> EcPoint {
        let mut point = EcPoint::new(&self.group).unwrap();
        point
            .mul_generator2(&self.group, number, &mut self.ctx)
            .unwrap();
        point
    }

    /// The key pair of a private key; `None` if it is out of range.
    fn key_pair(&mut self, d: &[u8; 32]) -> Option<EcKey<Private>> {
        if !self.in_range(d) {
            return None;
        }
        let d = big(d);
        let point = self.times_base(&d);
        Some(EcKey::from_private_components(&self.group, &d, &point).unwrap())
    }

    /// Signs as the standard has it, with a given nonce, so that an input gives the same signature
    /// each time. `None` if another nonce would have to be taken.
    fn sign(&mut self, d: &BigNumRef, digest: &[u8], nonce: &[u8; 32]) -> Option<EcdsaSig> {
        if !self.in_range(nonce) {
            return None;
        }
        let nonce = big(nonce);
        let point = self.times_base(&nonce);
        let new = || BigNum::new().unwrap();
        let (mut x, mut y, mut r) = (new(), new(), new());
        let (mut product, mut sum, mut inverse, mut s) = (new(), new(), new(), new());
        let (n, ctx) = (&self.n, &mut self.ctx);
        point
            .affine_coordinates(&self.group, &mut x, &mut y, ctx)
            .unwrap();
        r.nnmod(&x, n, ctx).unwrap();
        let digest = big(digest.get(..32).unwrap_or(digest));
        product.mod_mul(&r, d, n, ctx).unwrap();
        sum.mod_add(&product, &digest, n, ctx).unwrap();
        inverse.mod_inverse(&nonce, n, ctx).unwrap();
        s.mod_mul(&sum, &inverse, n, ctx).unwrap();
        if r.num_bits() == 0 || s.num_bits() == 0 {
            return None;
        }
        Some(EcdsaSig::from_private_components(r, s).unwrap())
    }
}

/// What OpenSSL says of a signature in DER.
fn accepts<T: HasPublic>(key: &PKey<T>, digest: &[u8], der: &[u8]) -> bool {
    let mut ctx = PkeyCtx::new(key).unwrap();
    ctx.verify_init().unwrap();
    ctx.verify(digest, der).unwrap_or(false)
}

/// What we say of one.
fn we_accept(key: &PublicKey, digest: &[u8], der: &[u8]) -> bool {
    formats::signature(der).is_ok_and(|signature| verify(key, digest, &signature))
}

fn arithmetic(data: &mut &[u8]) -> Option<()> {
    let mut peer = Peer::new();

    // Key pairs.
    let (a, b) = (peer.number(data)?, peer.number(data)?);
    let keys = [&a, &b].map(|d| PrivateKey::from_be_bytes(d));
    let theirs = [&a, &b].map(|d| peer.key_pair(d));
    assert_eq!(
        keys.each_ref().map(Option::is_some),
        theirs.each_ref().map(Option::is_some)
    );
    let ([Some(key_a), Some(key_b)], [Some(their_a), Some(their_b)]) = (keys, theirs) else {
        return None;
    };
    let publics = [(&key_a, &their_a), (&key_b, &their_b)].map(|(key, theirs)| {
        let encoded = peer.encoded(theirs.public_key());
        let public = key.public_key();
        let (x, y) = public.coordinates();
        assert_eq!([&[4], &x[..], &y[..]].concat(), encoded);
        assert!(formats::point(&encoded).is_ok());
        public
    });
    let [public_a, public_b] = &publics;

    // A public key out of nowhere is taken by both or by none.
    let candidate = [&[4], &take::<64>(data)?[..]].concat();
    let point = EcPoint::from_bytes(&peer.group, &candidate, &mut peer.ctx);
    assert_eq!(formats::point(&candidate).is_ok(), point.is_ok());

    // Agreement, with the product of OpenSSL's general multiplication.
    let mut product = EcPoint::new(&peer.group).unwrap();
    product
        .mul2(
            &peer.group,
            their_b.public_key(),
            their_a.private_key(),
            &mut peer.ctx,
        )
        .unwrap();
    let product = peer.encoded(&product);
    assert_eq!(key_a.agree(public_b).as_bytes()[..], product[1..33]);
    assert_eq!(key_b.agree(public_a).as_bytes()[..], product[1..33]);

    let noise: [u8; 32] = take(data)?;
    let nonce = peer.number(data)?;
    let numbers = [peer.number(data)?, peer.number(data)?];
    let [place, mask] = take(data)?;
    let digest = &data[..data.len().min(64)];
    let (pkey_a, pkey_b) = (
        PKey::from_ec_key(their_a.clone()).unwrap(),
        PKey::from_ec_key(their_b.clone()).unwrap(),
    );

    // A signature of ours is valid to OpenSSL, and its DER is what OpenSSL would write.
    let made = sign(&key_a, digest, (noise[0] & 1 == 1).then_some(&noise)).unwrap();
    let der = formats::to_der(&made);
    let parsed = EcdsaSig::from_der(&der).unwrap();
    assert_eq!(parsed.to_der().unwrap(), der);
    assert!(parsed.verify(digest, &their_a).unwrap());
    assert!(verify(public_a, digest, &made));

    // One of OpenSSL's is valid to us.
    let mut signatures = vec![der];
    if let Some(made) = peer.sign(their_b.private_key(), digest, &nonce) {
        assert!(made.verify(digest, &their_b).unwrap());
        let der = made.to_der().unwrap();
        assert!(we_accept(public_b, digest, &der));
        signatures.push(der);
    }

    // Numbers out of nowhere, and signatures with a byte changed, are valid to both or to none.
    let [r, s] = numbers.map(|number| big(&number));
    let sig = EcdsaSig::from_private_components(r, s).unwrap();
    let mut mutated = signatures.clone();
    for der in &mut mutated {
        let place = usize::from(place) % der.len();
        der[place] ^= mask;
    }
    signatures.extend(mutated);
    signatures.push(sig.to_der().unwrap());
    for der in &signatures {
        assert_eq!(
            we_accept(public_a, digest, der),
            accepts(&pkey_a, digest, der)
        );
        assert_eq!(
            we_accept(public_b, digest, der),
            accepts(&pkey_b, digest, der)
        );
    }
    Some(())
}

/// Signatures are parsed alike. OpenSSL has no limit to the numbers, ours have 256 bits.
fn signature(der: &[u8]) {
    let theirs = EcdsaSig::from_der(der)
        .ok()
        .filter(|sig| sig.to_der().is_ok_and(|again| again == der))
        .and_then(|sig| Some([padded(sig.r())?, padded(sig.s())?]));
    assert_eq!(formats::numbers(der).ok(), theirs);
    if let Ok(made) = formats::signature(der) {
        assert_eq!(formats::to_der(&made), der);
    }
}

/// A key that we take is the same one to OpenSSL, which takes more formats.
fn private_key(der: &[u8]) {
    if let Ok((_, public)) = formats::private_key(der) {
        let theirs = PKey::private_key_from_der(der).unwrap().ec_key().unwrap();
        let (x, y) = public.coordinates();
        let encoded = Peer::new().encoded(theirs.public_key());
        assert_eq!([&[4], &x[..], &y[..]].concat(), encoded);
    }
}

fn public_key(der: &[u8]) {
    if let Ok(public) = formats::public_key(der) {
        let theirs = PKey::public_key_from_der(der).unwrap().ec_key().unwrap();
        assert_eq!(theirs.group().curve_name(), Some(Nid::X9_62_PRIME256V1));
        let (x, y) = public.coordinates();
        let encoded = Peer::new().encoded(theirs.public_key());
        assert_eq!([&[4], &x[..], &y[..]].concat(), encoded);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((kind, mut data)) = data.split_first() else {
        return;
    };
    match kind % 8 {
        0 => signature(data),
        1 => private_key(data),
        2 => public_key(data),
        _ => {
            let _ = arithmetic(&mut data);
        }
    }
});
