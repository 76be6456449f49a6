// SPDX-License-Identifier: GPL-2.0

//! Connection ids (RFC 9000 section 5.1), and how this side makes its own.
//!
//! An id is one block of AES: the place where its connection is kept, and eight random bytes. So no
//! table of ids is needed, and a bystander can neither guess an id nor tell which of them belong
//! together (section 9.5). A place that is read from an id is not authenticated: it leads to a
//! connection, which knows the ids it has given out and takes no other.

use core::net::SocketAddr;

use kernel::{
    crypto::{
        ct_eq,
        rng,
        shash::{
            HashAlgorithm,
            Mac,
            MAX_DIGEST_SIZE, //
        },
        skcipher::{
            Skcipher,
            SkcipherAlgorithm, //
        },
        Secret, //
    },
    error::Result,
    prelude::*, //
};

use super::codec;

/// The longest connection id of QUIC version 1 (section 17.2).
pub(super) const MAX_CID: usize = 20;

/// The length of the ids this side makes.
pub(super) const CID_LEN: usize = 16;

/// A connection id.
///
/// # Invariants
///
/// `len` is at most [`MAX_CID`]; bytes from there on are 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId {
    bytes: [u8; MAX_CID],
    len: u8,
}

impl ConnectionId {
    /// The id of no bytes.
    pub const EMPTY: Self = Self {
        bytes: [0; MAX_CID],
        len: 0,
    };

    /// An id of these bytes; [`None`] if they are more than [`MAX_CID`].
    pub fn new(id: &[u8]) -> Option<Self> {
        let mut new = Self::EMPTY;
        // INVARIANT: The copy fails if there are more than `MAX_CID`.
        new.len = u8::try_from(id.len()).ok()?;
        codec::copy(&mut new.bytes, id).then_some(new)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl core::fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for byte in self.as_bytes() {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// A stateless reset token (section 10.3).
pub(super) type ResetToken = [u8; 16];

/// What tells that a peer has lost a connection: where it comes from and how it ends (section
/// 10.3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ExpectedReset {
    pub(super) remote: SocketAddr,
    pub(super) token: ResetToken,
}

/// Where an endpoint keeps a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

/// Makes this side's connection ids and the tokens that go with them.
pub(super) struct CidFactory {
    cipher: Skcipher,
    reset_key: Secret<32>,
}

impl CidFactory {
    pub(super) fn new() -> Result<Self> {
        let key = Secret::<16>::random()?;
        Ok(Self {
            cipher: Skcipher::new(SkcipherAlgorithm::Aes128Ecb, key.as_bytes())?,
            reset_key: Secret::random()?,
        })
    }

    /// A new id for the connection kept at `key`.
    pub(super) fn make(&self, key: Key) -> Result<ConnectionId> {
        let mut nonce = [0; 8];
        rng::fill(&mut nonce)?;
        let mut id = [0; CID_LEN];
        let mut w = codec::Writer::new(&mut id);
        w.u32(key.slot)?;
        w.u32(key.generation)?;
        w.bytes(&nonce)?;
        self.cipher.encrypt_in_place(&[], &mut id)?;
        ConnectionId::new(&id).ok_or(EINVAL)
    }

    /// Where the connection with this id is kept, if this side made the id.
    pub(super) fn place(&self, id: &ConnectionId) -> Option<Key> {
        let mut block: [u8; CID_LEN] = id.as_bytes().try_into().ok()?;
        self.cipher.decrypt_in_place(&[], &mut block).ok()?;
        let mut r = codec::Reader::new(&block);
        Some(Key {
            slot: r.u32()?,
            generation: r.u32()?,
        })
    }

    /// The stateless reset token of an id (section 10.3.2): a MAC of it, so that it can be made
    /// again when nothing else is left of the connection.
    pub(super) fn reset_token(&self, id: &ConnectionId) -> Result<ResetToken> {
        let mac = Mac::new(HashAlgorithm::Sha256, self.reset_key.as_bytes())?;
        let mut digest = [0; MAX_DIGEST_SIZE];
        let digest = digest
            .get_mut(..HashAlgorithm::Sha256.digest_size())
            .ok_or(EINVAL)?;
        mac.digest(id.as_bytes(), digest)?;
        codec::Reader::new(digest).array().ok_or(EINVAL)
    }
}

/// An id that the peer gave out.
#[derive(Clone, Copy)]
pub(super) struct RemoteCid {
    pub(super) sequence: u64,
    pub(super) id: ConnectionId,
    token: Option<ResetToken>,
}

impl RemoteCid {
    pub(super) const fn new(sequence: u64, id: ConnectionId, token: Option<ResetToken>) -> Self {
        Self {
            sequence,
            id,
            token,
        }
    }

    /// The stateless reset token that came with it.
    pub(super) const fn token(&self) -> Option<ResetToken> {
        self.token
    }

    /// Whether the end of a datagram is this id's stateless reset token.
    pub(super) fn is_reset(&self, token: &[u8]) -> bool {
        self.token.is_some_and(|ours| ct_eq(&ours, token))
    }

    /// Whether the frame that gives this id says what an earlier one did (section 19.15).
    pub(super) fn agrees(&self, id: &ConnectionId, token: &ResetToken) -> bool {
        self.id == *id && self.token.as_ref().is_none_or(|ours| ct_eq(ours, token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_again() {
        let factory = CidFactory::new().unwrap();
        let key = Key {
            slot: 7,
            generation: 0xffff_0001,
        };
        let a = factory.make(key).unwrap();
        let b = factory.make(key).unwrap();
        assert_ne!(a, b);
        assert_eq!(factory.place(&a), Some(key));
        assert_eq!(factory.place(&b), Some(key));
        assert_eq!(a.len(), CID_LEN);
        let other = CidFactory::new().unwrap();
        assert_ne!(other.place(&a), Some(key));
        assert_ne!(other.reset_token(&a), factory.reset_token(&a));
        assert_eq!(factory.reset_token(&a), factory.reset_token(&a));
        assert_eq!(factory.place(&ConnectionId::new(&[1; 15]).unwrap()), None);
        assert_eq!(factory.place(&ConnectionId::new(&[1; 17]).unwrap()), None);
        assert!(ConnectionId::new(&[0; 21]).is_none());
    }
}
