// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::curve25519`.

use super::Secret;

use crate::error::{
    code::{
        EINVAL,
        EIO,
        EKEYREJECTED, //
    },
    Result, //
};

use aws_lc_rs::agreement;
use core::fmt;

/// Bytes of a key.
pub const KEY_SIZE: usize = 32;

/// A key for one agreement.
pub struct EphemeralKey {
    private: agreement::PrivateKey,
    public: [u8; KEY_SIZE],
}

impl EphemeralKey {
    /// Makes a new key.
    pub fn generate() -> Result<Self> {
        Self::with(agreement::PrivateKey::generate(&agreement::X25519).map_err(|_| EIO)?)
    }

    /// Takes a given private key, for test vectors.
    pub fn from_private(private: &[u8; KEY_SIZE]) -> Result<Self> {
        let private = agreement::PrivateKey::from_private_key(&agreement::X25519, private);

        Self::with(private.map_err(|_| EINVAL)?)
    }

    fn with(private: agreement::PrivateKey) -> Result<Self> {
        let public = private.compute_public_key().map_err(|_| EIO)?;

        Ok(Self {
            public: public.as_ref().try_into().map_err(|_| EIO)?,
            private,
        })
    }

    /// The public key.
    pub fn public_key(&self) -> &[u8; KEY_SIZE] {
        &self.public
    }

    /// Agrees with the peer; [`EKEYREJECTED`] if the result is all zeroes.
    pub fn agree(self, peer: &[u8; KEY_SIZE]) -> Result<Secret<KEY_SIZE>> {
        let peer = agreement::UnparsedPublicKey::new(&agreement::X25519, peer);

        agreement::agree(&self.private, peer, EKEYREJECTED, Secret::from_slice)
    }
}

impl fmt::Debug for EphemeralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EphemeralKey")
    }
}
