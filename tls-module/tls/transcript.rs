// SPDX-License-Identifier: GPL-2.0

//! The transcript hash (RFC 8446 section 4.4.1).

use kernel::{
    crypto::shash::{
        Hash,
        Running,
        MAX_DIGEST_SIZE, //
    },
    prelude::*,
    sync::Arc, //
};

use super::{
    enums::HandshakeType,
    error::{
        Error,
        Result, //
    },
};

/// A digest of one of the hashes that suites use. It is no secret.
#[derive(Clone, Copy)]
pub(crate) struct Digest {
    bytes: [u8; MAX_DIGEST_SIZE],
    len: usize,
}

impl Digest {
    /// Makes a digest of `len` bytes by having `fill` write it.
    pub(crate) fn fill(
        len: usize,
        fill: impl FnOnce(&mut [u8]) -> kernel::error::Result,
    ) -> Result<Self> {
        let mut bytes = [0; MAX_DIGEST_SIZE];
        let out = bytes
            .get_mut(..len)
            .ok_or(Error::internal(EINVAL, "digest is too long"))?;
        fill(out)?;
        Ok(Self { bytes, len })
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }
}

/// A running hash of the handshake's messages.
///
/// It is made when the cipher suite is known, from the ClientHello that was kept until then.
pub(crate) struct Transcript {
    running: Running<Arc<Hash>>,
    hash: Arc<Hash>,
}

impl Transcript {
    /// A transcript of no messages.
    pub(crate) fn new(hash: &Arc<Hash>) -> Result<Self> {
        Ok(Self {
            running: Running::new(hash.clone(), GFP_KERNEL)?,
            hash: hash.clone(),
        })
    }

    /// Adds a message, its header included.
    pub(crate) fn add(&mut self, message: &[u8]) -> Result {
        Ok(self.running.update(message)?)
    }

    /// The hash of the messages so far.
    pub(crate) fn current(&self) -> Result<Digest> {
        Digest::fill(self.hash.digest_size(), |out| self.running.snapshot(out))
    }

    /// Puts a `message_hash` in place of the ClientHello, which must be the only message so far, as
    /// a HelloRetryRequest wants it.
    pub(crate) fn into_message_hash(self) -> Result<Self> {
        let len = self.hash.digest_size();
        let digest = Digest::fill(len, |out| self.running.finish(out))?;
        let len = u8::try_from(len).map_err(|_| Error::internal(EINVAL, "digest is too long"))?;
        let mut new = Self::new(&self.hash)?;
        new.add(&[HandshakeType::MessageHash.into(), 0, 0, len])?;
        new.add(digest.as_slice())?;
        Ok(new)
    }
}
