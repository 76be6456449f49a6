// SPDX-License-Identifier: GPL-2.0

//! (EC)DHE: one interface to the groups (RFC 8446 sections 4.2.8 and 7.4).

use kernel::{
    crypto::{
        curve25519,
        kpp,
        Secret,
        SecretVec, //
    },
    error,
    prelude::*, //
};

use super::{
    enums::NamedGroup,
    error::{
        Error,
        Result, //
    },
};

/// A private key for one handshake, consumed by it.
pub(crate) enum KeyExchange {
    X25519(curve25519::EphemeralKey),
    Ecdh(kpp::EphemeralKey),
}

impl KeyExchange {
    /// Makes a key of `group`.
    pub(crate) fn generate(group: NamedGroup) -> Result<Self> {
        Ok(match group {
            NamedGroup::X25519 => Self::X25519(curve25519::EphemeralKey::generate()?),
            NamedGroup::Secp256r1 => Self::Ecdh(kpp::EphemeralKey::generate(kpp::Curve::P256)?),
            NamedGroup::Secp384r1 => Self::Ecdh(kpp::EphemeralKey::generate(kpp::Curve::P384)?),
        })
    }

    /// The `key_exchange` field of this side's share.
    pub(crate) fn public(&self) -> &[u8] {
        match self {
            Self::X25519(key) => key.public_key(),
            Self::Ecdh(key) => key.public_key(),
        }
    }

    /// Agrees on a secret with the peer whose `key_exchange` field is `peer`.
    ///
    /// A share of the wrong length or form, a point that is not on the curve (section 4.2.8.2) and
    /// an X25519 result of all zeros (section 7.4.2) get `illegal_parameter`.
    pub(crate) fn agree(self, peer: &[u8]) -> Result<Shared> {
        let refused = Error::illegal("key share is not one of its group");
        let refuse = |errno: error::Error| {
            if errno == EINVAL || errno == EKEYREJECTED {
                refused
            } else {
                errno.into()
            }
        };
        match self {
            Self::X25519(key) => {
                let peer = peer.try_into().map_err(|_| refused)?;
                Ok(Shared::X25519(key.agree(peer).map_err(refuse)?))
            }
            Self::Ecdh(key) => Ok(Shared::Ecdh(key.agree(peer).map_err(refuse)?)),
        }
    }
}

/// The secret agreed on.
pub(crate) enum Shared {
    X25519(Secret<32>),
    Ecdh(SecretVec),
}

impl Shared {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::X25519(secret) => secret.as_bytes(),
            Self::Ecdh(secret) => secret.as_bytes(),
        }
    }
}
