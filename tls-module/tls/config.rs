// SPDX-License-Identifier: GPL-2.0

//! What a server is configured with: immutable, shared by its connections.

use kernel::{
    crypto::shash::{
        Hash,
        HashAlgorithm, //
    },
    prelude::*,
    sync::Arc, //
};

use super::{
    client_hello::Protocols,
    codec::U16List,
    enums::{
        CipherSuite,
        NamedGroup,
        SignatureScheme, //
    },
    limits,
    messages,
    sign::SigningKey, //
};
use crate::x509;

/// A certificate chain with the private key of its first certificate.
pub struct CertifiedKey {
    /// The Certificate message, which is the same in every handshake.
    message: KVec<u8>,
    /// The DNS names of the first certificate; they may be wildcards.
    names: KVec<KVec<u8>>,
    key: SigningKey,
}

impl CertifiedKey {
    /// Takes a chain of DER certificates, the server's own first, and its private key in DER
    /// (PKCS#8, or PKCS#1 for RSA and SEC 1 for ECDSA).
    ///
    /// Errors: `EINVAL` for an empty chain, `E2BIG` for one over the limits, `EBADMSG` for a
    /// certificate or key that cannot be parsed, `EKEYREJECTED` for a key that is refused or is not
    /// the certificate's.
    pub fn new(chain_der: KVec<KVec<u8>>, key_der: &[u8]) -> Result<Self> {
        let bytes = chain_der
            .iter()
            .fold(0usize, |sum, der| sum.saturating_add(der.len()));
        if chain_der.len() > limits::MAX_CHAIN_CERTIFICATES || bytes > limits::MAX_CHAIN_BYTES {
            return Err(E2BIG);
        }
        for der in chain_der.iter().skip(1) {
            x509::Certificate::parse(der).map_err(|_| EBADMSG)?;
        }

        let leaf = chain_der.first().ok_or(EINVAL)?;
        let leaf = x509::Certificate::parse(leaf).map_err(|_| EBADMSG)?;
        let mut names = KVec::new();
        for name in leaf.dns_names().take(limits::MAX_NAMES) {
            let mut copy = KVec::with_capacity(name.len(), GFP_KERNEL)?;
            copy.extend_from_slice(name, GFP_KERNEL)?;
            names.push(copy, GFP_KERNEL)?;
        }

        let key = SigningKey::from_der(leaf.key_algorithm(), key_der)?;
        key.check_public(leaf.spki())?;

        Ok(Self {
            message: messages::certificate(&chain_der).map_err(|e| e.errno())?,
            names,
            key,
        })
    }

    /// Takes a chain and a key as PEM or DER (concatenated, for a chain).
    ///
    /// Errors are those of [`CertifiedKey::new`].
    pub fn from_bytes(chain: &[u8], key: &[u8]) -> Result<Self> {
        let chain = x509::chain_from_bytes(chain)?;
        let key = x509::key_from_bytes(key)?;
        Self::new(chain, key.as_bytes())
    }

    /// The DNS names the certificate is for.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|name| name.as_slice())
    }

    fn is_for(&self, host: &[u8]) -> bool {
        self.names().any(|name| x509::name_matches(name, host))
    }

    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }
}

/// The unkeyed hashes, shared by every connection.
pub(crate) struct Hashes {
    sha256: Arc<Hash>,
    sha384: Arc<Hash>,
    sha512: Arc<Hash>,
}

impl Hashes {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            sha256: Arc::new(Hash::new(HashAlgorithm::Sha256)?, GFP_KERNEL)?,
            sha384: Arc::new(Hash::new(HashAlgorithm::Sha384)?, GFP_KERNEL)?,
            sha512: Arc::new(Hash::new(HashAlgorithm::Sha512)?, GFP_KERNEL)?,
        })
    }

    pub(crate) fn get(&self, hash: HashAlgorithm) -> &Arc<Hash> {
        match hash {
            HashAlgorithm::Sha256 => &self.sha256,
            HashAlgorithm::Sha384 => &self.sha384,
            HashAlgorithm::Sha512 => &self.sha512,
        }
    }
}

/// What a server is configured with.
pub struct Config {
    certificates: KVec<CertifiedKey>,
    alpn: KVec<KVec<u8>>,
    suites: KVec<CipherSuite>,
    groups: KVec<NamedGroup>,
    record_size_limit: u16,
    retry_cookie: bool,
    hashes: Hashes,
    #[cfg(test)]
    pub(crate) fixed: Option<super::tests::Fixed>,
}

/// A [`Config`] in the making.
///
/// Each call takes the builder and gives it back, or the errno that says what was wrong.
pub struct ConfigBuilder(Config);

impl Config {
    /// Starts a configuration with every suite and group, no ALPN and no certificate.
    pub fn builder() -> Result<ConfigBuilder> {
        Ok(ConfigBuilder(Config {
            certificates: KVec::new(),
            alpn: KVec::new(),
            suites: copied(CipherSuite::ALL)?,
            groups: copied(NamedGroup::ALL)?,
            record_size_limit: DEFAULT_RECORD_SIZE_LIMIT,
            retry_cookie: false,
            hashes: Hashes::new()?,
            #[cfg(test)]
            fixed: None,
        }))
    }

    pub(crate) fn hashes(&self) -> &Hashes {
        &self.hashes
    }

    /// The groups, the one preferred first.
    pub(crate) fn groups(&self) -> impl Iterator<Item = NamedGroup> + '_ {
        self.groups.iter().copied()
    }

    /// The suite to use with a peer that offers `offered`: this side's order counts.
    pub(crate) fn choose_suite(&self, offered: U16List<'_>) -> Option<CipherSuite> {
        self.suites
            .iter()
            .copied()
            .find(|&suite| offered.contains(suite.into()))
    }

    /// The certificate to show to a peer that asks for `host` and takes `schemes`, with the scheme
    /// to sign with, and whether the certificate is for `host`.
    ///
    /// A host that no certificate is for gets the first certificate that the peer can use, as RFC
    /// 6066 section 3 allows: the client judges the name.
    pub(crate) fn choose_certificate(
        &self,
        host: Option<&[u8]>,
        schemes: U16List<'_>,
    ) -> Option<(&CertifiedKey, SignatureScheme, bool)> {
        let usable = || {
            self.certificates
                .iter()
                .filter_map(move |cert| Some((cert, cert.key.choose(schemes)?)))
        };
        if let Some(host) = host {
            if let Some((cert, scheme)) = usable().find(|(cert, _)| cert.is_for(host)) {
                return Some((cert, scheme, true));
            }
        }
        usable().next().map(|(cert, scheme)| (cert, scheme, false))
    }

    /// Whether there are protocols to choose from.
    pub(crate) fn has_alpn(&self) -> bool {
        !self.alpn.is_empty()
    }

    /// The protocol to speak with a peer that offers `offered`: this side's order counts.
    pub(crate) fn choose_alpn(&self, offered: Protocols<'_>) -> Option<&[u8]> {
        self.alpn
            .iter()
            .map(|name| name.as_slice())
            .find(|&name| offered.clone().any(|offer| offer == name))
    }

    /// What this side says in `record_size_limit`.
    pub(crate) fn record_size_limit(&self) -> u16 {
        self.record_size_limit
    }

    /// Whether a HelloRetryRequest has a cookie.
    pub(crate) fn retry_cookie(&self) -> bool {
        self.retry_cookie
    }
}

/// The largest value that means anything: 2^14 bytes and the content type (RFC 8449 section 4).
const DEFAULT_RECORD_SIZE_LIMIT: u16 = 16385;

/// A copy of `values` in a vector: `EINVAL` if there are none or if one is there twice.
fn copied<T: Copy + PartialEq>(values: &[T]) -> Result<KVec<T>> {
    if values.is_empty() {
        return Err(EINVAL);
    }
    let mut copy = KVec::with_capacity(values.len(), GFP_KERNEL)?;
    for value in values {
        if copy.contains(value) {
            return Err(EINVAL);
        }
        copy.push(*value, GFP_KERNEL)?;
    }
    Ok(copy)
}

impl ConfigBuilder {
    /// Adds a certificate. The first one is the default.
    pub fn certificate(mut self, certificate: CertifiedKey) -> Result<Self> {
        if self.0.certificates.len() >= limits::MAX_CERTIFIED_KEYS {
            return Err(E2BIG);
        }
        self.0.certificates.push(certificate, GFP_KERNEL)?;
        Ok(self)
    }

    /// Adds a protocol (RFC 7301), the one preferred first. Without any, the extension is ignored.
    pub fn alpn(mut self, protocol: &[u8]) -> Result<Self> {
        if protocol.is_empty() || protocol.len() > 255 {
            return Err(EINVAL);
        }
        let mut copy = KVec::with_capacity(protocol.len(), GFP_KERNEL)?;
        copy.extend_from_slice(protocol, GFP_KERNEL)?;
        self.0.alpn.push(copy, GFP_KERNEL)?;
        Ok(self)
    }

    /// Sets the suites, the one preferred first.
    pub fn suites(mut self, suites: &[CipherSuite]) -> Result<Self> {
        self.0.suites = copied(suites)?;
        Ok(self)
    }

    /// Sets the groups, the one preferred first.
    pub fn groups(mut self, groups: &[NamedGroup]) -> Result<Self> {
        self.0.groups = copied(groups)?;
        Ok(self)
    }

    /// Sets the longest record to take from a peer that knows `record_size_limit` (RFC 8449): 64 to
    /// 16385, content type and padding included.
    pub fn record_size_limit(mut self, limit: u16) -> Result<Self> {
        if !(limits::MIN_RECORD_SIZE_LIMIT..=DEFAULT_RECORD_SIZE_LIMIT).contains(&limit) {
            return Err(EINVAL);
        }
        self.0.record_size_limit = limit;
        Ok(self)
    }

    /// Sets whether a HelloRetryRequest has a cookie, which the client must send back. Over TCP it
    /// serves nothing but tests of the client.
    pub fn retry_cookie(mut self, cookie: bool) -> Self {
        self.0.retry_cookie = cookie;
        self
    }

    /// Ends the configuration: `EINVAL` if there is no certificate.
    pub fn build(self) -> Result<Arc<Config>> {
        if self.0.certificates.is_empty() {
            return Err(EINVAL);
        }
        Ok(Arc::new(self.0, GFP_KERNEL)?)
    }

    #[cfg(test)]
    pub(crate) fn fixed(mut self, fixed: super::tests::Fixed) -> Self {
        self.0.fixed = Some(fixed);
        self
    }
}
