// SPDX-License-Identifier: GPL-2.0

//! Keys of P-256, and what two of them agree on (SP 800-56A, ECC CDH; the cofactor is 1).

use super::{
    point::{
        mul,
        mul_base,
        Affine, //
    },
    scalar::{
        Scalar,
        SecretScalar, //
    }, //
};
use kernel::crypto::{
    zeroize,
    Secret, //
};

/// A public key: a point of the curve, not the one at infinity.
pub struct PublicKey(Affine);

impl PublicKey {
    /// Takes a key as its big-endian coordinates.
    ///
    /// `None` if they are not less than `p`, or the point is not on the curve.
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        Some(Self(Affine::from_be_bytes(x, y)?))
    }

    /// Returns the big-endian coordinates.
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        (self.0.x().to_be_bytes(), self.0.y().to_be_bytes())
    }

    /// Returns the point.
    pub(crate) fn point(&self) -> &Affine {
        &self.0
    }
}

/// A private key: a scalar that is not zero.
///
/// It is wiped when dropped.
pub struct PrivateKey(SecretScalar);

impl PrivateKey {
    /// Takes a key as a big-endian number.
    ///
    /// `None` if it is zero or not less than `n`. Who can measure the time learns that, and no
    /// more.
    pub fn from_be_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let scalar = SecretScalar::new(Scalar::from_be_bytes(bytes)?);
        if scalar.is_zero() {
            return None;
        }
        Some(Self(scalar))
    }

    /// Returns the scalar.
    pub(crate) fn scalar(&self) -> &Scalar {
        &self.0
    }

    /// Computes the public key.
    pub fn public_key(&self) -> PublicKey {
        let mut point = mul_base(&self.0);
        let public = point.affine();
        point.wipe();
        PublicKey(public)
    }

    /// Computes the secret shared with the owner of another key: the first coordinate of the
    /// product.
    pub fn agree(&self, peer: &PublicKey) -> Secret<32> {
        let mut point = mul(&self.0, &peer.0);
        let mut product = point.affine();
        let mut bytes = product.x().to_be_bytes();
        let mut shared = Secret::zeroed();
        shared.as_mut_bytes().copy_from_slice(&bytes);

        point.wipe();
        product.wipe();
        zeroize(&mut bytes);
        shared
    }
}
