// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::kpp`.

use super::SecretVec;

use crate::{
    alloc::flags::GFP_KERNEL,
    error::{
        code::{
            EINVAL,
            EIO,
            EKEYREJECTED, //
        },
        Error,
        Result, //
    }, //
};

use aws_lc_rs::agreement;
use core::fmt;

/// A curve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
}

impl Curve {
    /// Bytes of a coordinate.
    pub const fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// Bytes of an uncompressed point.
    pub const fn point_size(self) -> usize {
        1 + 2 * self.size()
    }

    fn library(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &agreement::ECDH_P256,
            Self::P384 => &agreement::ECDH_P384,
        }
    }
}

/// A key for one agreement.
pub struct EphemeralKey {
    curve: Curve,
    private: agreement::PrivateKey,
    public: agreement::PublicKey,
}

impl EphemeralKey {
    /// Makes a new key.
    pub fn generate(curve: Curve) -> Result<Self> {
        let private = agreement::PrivateKey::generate(curve.library()).map_err(|_| EIO)?;

        Self::with(curve, private)
    }

    /// Takes a given private key, for test vectors.
    pub fn from_private(curve: Curve, private: &[u8]) -> Result<Self> {
        let private = agreement::PrivateKey::from_private_key(curve.library(), private)
            .map_err(|_| EINVAL)?;

        Self::with(curve, private)
    }

    fn with(curve: Curve, private: agreement::PrivateKey) -> Result<Self> {
        let public = private.compute_public_key().map_err(|_| EIO)?;

        Ok(Self {
            curve,
            private,
            public,
        })
    }

    /// The curve.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The public key, an uncompressed point.
    pub fn public_key(&self) -> &[u8] {
        self.public.as_ref()
    }

    /// Agrees with the peer; gives the X coordinate.
    pub fn agree(self, peer: &[u8]) -> Result<SecretVec> {
        if peer.len() != self.curve.point_size() || peer.first() != Some(&4) {
            return Err(EINVAL);
        }

        let peer = agreement::UnparsedPublicKey::new(self.curve.library(), peer);

        agreement::agree(&self.private, peer, EKEYREJECTED, |x| -> Result<_, Error> {
            SecretVec::from_slice(x, GFP_KERNEL)
        })
    }
}

impl fmt::Debug for EphemeralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EphemeralKey").field(&self.curve).finish()
    }
}
