// SPDX-License-Identifier: GPL-2.0

//! The key schedule (RFC 8446 section 7).
//!
//! Each stage consumes the one before, so that a secret is gone, and wiped, as soon as nothing is
//! left to derive from it:
//!
//! ```text
//!   Early ── (EC)DHE ──▶ Handshake ──▶ Application
//!                         │ traffic      │ traffic
//! ```

use kernel::{
    crypto::{
        hkdf,
        shash::{
            Hash,
            HashAlgorithm,
            MAX_DIGEST_SIZE, //
        },
        SecretVec, //
    },
    prelude::*, //
};

use super::{
    error::Result,
    transcript::Digest, //
};

/// Zeros as long as the longest hash: the salt and the key material where there is none.
static ZEROS: [u8; MAX_DIGEST_SIZE] = [0; MAX_DIGEST_SIZE];

/// HKDF (RFC 5869) as TLS uses it, whose secrets are as long as the hash.
pub struct Hkdf(hkdf::Hkdf);

impl Hkdf {
    /// HKDF over `hash`.
    pub fn new(hash: HashAlgorithm) -> Result<Self> {
        Ok(Self(hkdf::Hkdf::new(hash)?))
    }

    /// The hash it is built on.
    pub fn hash(&self) -> HashAlgorithm {
        self.0.hash()
    }

    /// `HKDF-Extract(salt, ikm)`, which is HMAC of `ikm` under the key `salt` as well.
    fn extract(&mut self, salt: &[u8], ikm: &[u8]) -> Result<SecretVec> {
        let mut out = SecretVec::zeroed(self.hash().digest_size(), GFP_KERNEL)?;
        self.0.extract(salt, ikm, out.as_mut_bytes())?;
        Ok(out)
    }

    /// `HKDF-Expand-Label(secret, label, context, out.len())` (RFC 8446 section 7.1).
    pub fn expand_label(
        &mut self,
        secret: &[u8],
        label: &[u8],
        context: &[u8],
        out: &mut [u8],
    ) -> Result {
        Ok(self.0.expand_label(secret, label, context, out)?)
    }

    /// A secret as long as the hash, by [`Hkdf::expand_label`].
    fn expand_secret(&mut self, secret: &[u8], label: &[u8], context: &[u8]) -> Result<SecretVec> {
        let mut out = SecretVec::zeroed(self.hash().digest_size(), GFP_KERNEL)?;
        self.expand_label(secret, label, context, out.as_mut_bytes())?;
        Ok(out)
    }
}

/// Zeros as long as a digest of `hash`.
fn zeros(hash: HashAlgorithm) -> &'static [u8] {
    ZEROS.get(..hash.digest_size()).unwrap_or(&ZEROS)
}

/// A secret from which the keys of one direction at one level come.
pub struct TrafficSecret {
    secret: SecretVec,
}

impl TrafficSecret {
    /// Derives `out` from the secret, by `HKDF-Expand-Label` with an empty context: `key` and `iv`
    /// for records (RFC 8446 section 7.3), `quic key` and so on for QUIC (RFC 9001 section 5.1).
    pub fn expand(&self, hkdf: &mut Hkdf, label: &[u8], out: &mut [u8]) -> Result {
        hkdf.expand_label(self.secret.as_bytes(), label, &[], out)
    }

    /// A secret by `HKDF-Extract(salt, ikm)`: what QUIC's Initial secrets come from (RFC 9001
    /// section 5.2).
    pub fn extract(hkdf: &mut Hkdf, salt: &[u8], ikm: &[u8]) -> Result<Self> {
        Ok(Self {
            secret: hkdf.extract(salt, ikm)?,
        })
    }

    /// A secret as long, derived from this one with an empty context.
    pub fn next(&self, hkdf: &mut Hkdf, label: &[u8]) -> Result<Self> {
        Ok(Self {
            secret: hkdf.expand_secret(self.secret.as_bytes(), label, &[])?,
        })
    }

    /// The key of the Finished message (RFC 8446 section 4.4.4).
    fn finished_key(&self, hkdf: &mut Hkdf) -> Result<FinishedKey> {
        Ok(FinishedKey(hkdf.expand_secret(
            self.secret.as_bytes(),
            b"finished",
            &[],
        )?))
    }

    #[cfg(test)]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self {
            secret: SecretVec::from_slice(bytes, GFP_KERNEL).unwrap(),
        }
    }
}

/// The key of a Finished message.
pub(crate) struct FinishedKey(SecretVec);

/// The secrets of both directions at one level.
pub(crate) struct Traffic {
    pub(crate) client: TrafficSecret,
    pub(crate) server: TrafficSecret,
}

/// The keys of both Finished messages.
pub(crate) struct FinishedKeys {
    pub(crate) client: FinishedKey,
    pub(crate) server: FinishedKey,
}

/// What the stages have in common.
struct Stage {
    hkdf: Hkdf,
    secret: SecretVec,
    /// The hash of no messages, the context of each `derived` secret.
    empty: Digest,
}

impl Stage {
    /// Goes to the next stage with `ikm`.
    fn next(mut self, ikm: &[u8]) -> Result<Self> {
        let salt =
            self.hkdf
                .expand_secret(self.secret.as_bytes(), b"derived", self.empty.as_slice())?;
        self.secret = self.hkdf.extract(salt.as_bytes(), ikm)?;
        Ok(self)
    }

    /// `Derive-Secret` for both directions.
    fn traffic(&mut self, client: &[u8], server: &[u8], transcript: &Digest) -> Result<Traffic> {
        let mut derive = |label| -> Result<TrafficSecret> {
            let secret =
                self.hkdf
                    .expand_secret(self.secret.as_bytes(), label, transcript.as_slice())?;
            Ok(TrafficSecret { secret })
        };
        Ok(Traffic {
            client: derive(client)?,
            server: derive(server)?,
        })
    }
}

/// The first stage. Without a PSK nothing is derived from it but the next.
pub(crate) struct Early(Stage);

impl Early {
    /// Starts the schedule. `hash` must compute `algorithm`.
    pub(crate) fn new(algorithm: HashAlgorithm, hash: &Hash) -> Result<Self> {
        let mut hkdf = Hkdf::new(algorithm)?;
        let zeros = zeros(algorithm);
        let secret = hkdf.extract(zeros, zeros)?;
        let empty = Digest::fill(algorithm.digest_size(), |out| hash.digest(&[], out))?;
        Ok(Self(Stage {
            hkdf,
            secret,
            empty,
        }))
    }

    /// Mixes in the result of the key exchange.
    pub(crate) fn into_handshake(self, shared: &[u8]) -> Result<Handshake> {
        Ok(Handshake(self.0.next(shared)?))
    }

    #[cfg(test)]
    pub(crate) fn secret(&self) -> &[u8] {
        self.0.secret.as_bytes()
    }
}

/// The second stage, whose keys protect the rest of the handshake.
pub(crate) struct Handshake(Stage);

impl Handshake {
    /// The traffic secrets; `transcript` is that of ClientHello to ServerHello.
    pub(crate) fn traffic(&mut self, transcript: &Digest) -> Result<Traffic> {
        self.0.traffic(b"c hs traffic", b"s hs traffic", transcript)
    }

    /// The keys of the Finished messages.
    pub(crate) fn finished_keys(&mut self, traffic: &Traffic) -> Result<FinishedKeys> {
        Ok(FinishedKeys {
            client: traffic.client.finished_key(&mut self.0.hkdf)?,
            server: traffic.server.finished_key(&mut self.0.hkdf)?,
        })
    }

    /// The contents of a Finished message over `transcript`. Its key is used once.
    pub(crate) fn verify_data(
        &mut self,
        key: FinishedKey,
        transcript: &Digest,
    ) -> Result<SecretVec> {
        self.0.hkdf.extract(key.0.as_bytes(), transcript.as_slice())
    }

    /// Goes to the last stage.
    pub(crate) fn into_application(self) -> Result<Application> {
        let zeros = zeros(self.0.hkdf.hash());
        Ok(Application(self.0.next(zeros)?))
    }

    #[cfg(test)]
    pub(crate) fn secret(&self) -> &[u8] {
        self.0.secret.as_bytes()
    }
}

/// The last stage, that of the main secret.
pub(crate) struct Application(Stage);

impl Application {
    /// The traffic secrets; `transcript` is that of ClientHello to the server's Finished.
    pub(crate) fn traffic(&mut self, transcript: &Digest) -> Result<Traffic> {
        self.0.traffic(b"c ap traffic", b"s ap traffic", transcript)
    }

    #[cfg(test)]
    pub(crate) fn secret(&self) -> &[u8] {
        self.0.secret.as_bytes()
    }

    #[cfg(test)]
    pub(crate) fn derive(&mut self, label: &[u8], transcript: &Digest) -> Result<SecretVec> {
        self.0
            .hkdf
            .expand_secret(self.0.secret.as_bytes(), label, transcript.as_slice())
    }
}
