// SPDX-License-Identifier: GPL-2.0

//! The ClientHello (RFC 8446 section 4.1.2), as a view over its bytes.

use super::{
    codec::{
        Reader,
        U16List, //
    },
    enums::{
        AlertDescription,
        ExtensionType,
        NamedGroup, //
    },
    error::{
        Error,
        Result, //
    },
    limits, //
};

/// The version of TLS 1.3 in `supported_versions`.
pub(crate) const TLS13: u16 = 0x0304;

/// A block of extensions whose structure has been checked.
#[derive(Clone, Copy)]
struct Extensions<'a>(Reader<'a>);

impl<'a> Extensions<'a> {
    /// Reads a block: its structure, its size, and that no type is in it twice.
    fn parse(block: &'a [u8]) -> Result<Self> {
        let mut r = Reader::new(block);
        let mut count = 0usize;
        while !r.is_empty() {
            let before = Self(r.before(block));
            let kind = r.u16()?;
            r.vec16(0)?;
            if before.into_iter().any(|(other, _)| other == kind) {
                // Section 4.2: no more than one extension of the same type.
                return Err(Error::illegal("extension sent twice"));
            }
            count = count.saturating_add(1);
            if count > limits::MAX_EXTENSIONS {
                return Err(Error::decode("too many extensions"));
            }
        }
        Ok(Self(Reader::new(block)))
    }

    fn data_of(self, kind: ExtensionType) -> Option<&'a [u8]> {
        let kind = u16::from(kind);
        self.into_iter()
            .find(|&(other, _)| other == kind)
            .map(|(_, data)| data)
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.0.u16().ok()?;
        Some((kind, self.0.vec16(0).ok()?))
    }
}

/// The key shares of a ClientHello, whose structure has been checked.
#[derive(Clone, Copy)]
pub(crate) struct KeyShares<'a>(Reader<'a>);

impl<'a> KeyShares<'a> {
    /// Reads `client_shares` (section 4.2.8). Each share must be of one of `groups`, and no group
    /// may have two.
    fn parse(shares: &'a [u8], groups: U16List<'_>) -> Result<Self> {
        let mut r = Reader::new(shares);
        let mut count = 0usize;
        while !r.is_empty() {
            let before = Self(r.before(shares));
            let group = r.u16()?;
            r.vec16(1)?;
            if !groups.contains(group) {
                return Err(Error::illegal("key share of a group that is not offered"));
            }
            if before.into_iter().any(|(other, _)| other == group) {
                return Err(Error::illegal("two key shares of one group"));
            }
            count = count.saturating_add(1);
            if count > limits::MAX_KEY_SHARES {
                return Err(Error::illegal("too many key shares"));
            }
        }
        Ok(Self(Reader::new(shares)))
    }

    /// The share of `group`.
    pub(crate) fn of(self, group: NamedGroup) -> Option<&'a [u8]> {
        let group = u16::from(group);
        self.into_iter()
            .find(|&(other, _)| other == group)
            .map(|(_, share)| share)
    }

    /// The share of `group` if there is no other.
    pub(crate) fn only(mut self, group: NamedGroup) -> Option<&'a [u8]> {
        let (first, share) = self.next()?;
        (first == u16::from(group) && self.next().is_none()).then_some(share)
    }
}

impl<'a> Iterator for KeyShares<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.0.u16().ok()?;
        Some((group, self.0.vec16(1).ok()?))
    }
}

/// The protocol names of ALPN, whose structure has been checked.
#[derive(Clone)]
pub(crate) struct Protocols<'a>(Reader<'a>);

impl<'a> Protocols<'a> {
    /// Reads a `ProtocolNameList` (RFC 7301 section 3.1).
    fn parse(data: &'a [u8]) -> Result<Self> {
        let mut r = Reader::new(data);
        let list = r.vec16(2)?;
        r.finish()?;
        let mut names = Reader::new(list);
        while !names.is_empty() {
            names.vec8(1)?;
        }
        Ok(Self(Reader::new(list)))
    }
}

impl<'a> Iterator for Protocols<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        self.0.vec8(1).ok()
    }
}

/// A ClientHello that offers TLS 1.3 and has everything a handshake with a certificate needs.
pub(crate) struct ClientHello<'a> {
    fixed: Fixed<'a>,
    extensions: Extensions<'a>,
    pub(crate) groups: U16List<'a>,
    pub(crate) key_shares: KeyShares<'a>,
    pub(crate) signature_schemes: U16List<'a>,
    pub(crate) server_name: Option<&'a [u8]>,
    pub(crate) alpn: Option<Protocols<'a>>,
    pub(crate) record_size_limit: Option<u16>,
    pub(crate) cookie: Option<&'a [u8]>,
    pub(crate) early_data: bool,
    pub(crate) transport_parameters: Option<&'a [u8]>,
}

/// The fields before the extensions.
#[derive(PartialEq)]
struct Fixed<'a> {
    legacy_version: u16,
    random: &'a [u8],
    session_id: &'a [u8],
    cipher_suites: &'a [u8],
    compression: &'a [u8],
}

impl<'a> Fixed<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let fixed = Self {
            legacy_version: r.u16()?,
            random: r.take(32)?,
            session_id: r.vec8(0)?,
            cipher_suites: r.vec16(2)?,
            compression: r.vec8(1)?,
        };
        if fixed.session_id.len() > 32 {
            return Err(Error::decode("session id is too long"));
        }
        Ok(fixed)
    }
}

impl<'a> ClientHello<'a> {
    /// Reads the body of a ClientHello.
    ///
    /// Structure comes first, then the version, so that a client of TLS 1.2 gets
    /// `protocol_version`; then everything else.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut r = Reader::new(body);
        let fixed = Fixed::parse(&mut r)?;
        // Before TLS 1.3 a hello may end here.
        let block = if r.is_empty() { &[] } else { r.vec16(0)? };
        r.finish()?;
        let extensions = Extensions::parse(block)?;

        check_version(&fixed, extensions)?;
        // Section 4.1.2: exactly one method, "null".
        if fixed.compression != [0] {
            return Err(Error::illegal("compression methods are not only null"));
        }
        U16List::new(fixed.cipher_suites)?;

        Self::parse_extensions(fixed, extensions)
    }

    /// Reads the extensions of a hello whose version is right.
    fn parse_extensions(fixed: Fixed<'a>, extensions: Extensions<'a>) -> Result<Self> {
        let mut groups = None;
        let mut shares = None;
        let mut schemes = None;
        let mut server_name = None;
        let mut alpn = None;
        let mut record_size_limit = None;
        let mut cookie = None;
        let mut early_data = false;
        let mut transport_parameters = None;
        let mut psk_modes = false;
        let mut psk = false;

        for (kind, data) in extensions {
            if psk {
                // Section 4.2.11: it must be the last one.
                return Err(Error::illegal("pre_shared_key is not the last extension"));
            }
            let mut r = Reader::new(data);
            match ExtensionType::from(kind) {
                // Section 4.2.7.
                ExtensionType::SupportedGroups => {
                    groups = Some(U16List::new(r.vec16(2)?)?);
                }
                // Section 4.2.8. The shares are looked into when the groups are known.
                ExtensionType::KeyShare => {
                    shares = Some(r.vec16(0)?);
                }
                // Section 4.2.3.
                ExtensionType::SignatureAlgorithms => {
                    schemes = Some(U16List::new(r.vec16(2)?)?);
                }
                // Section 4.2.3. The chain is what it is: there is none other to choose.
                ExtensionType::SignatureAlgorithmsCert => {
                    U16List::new(r.vec16(2)?)?;
                }
                ExtensionType::ServerName => {
                    server_name = host_name(&mut r)?;
                }
                ExtensionType::Alpn => {
                    alpn = Some(Protocols::parse(r.take(data.len())?)?);
                }
                // RFC 8449 section 4.
                ExtensionType::RecordSizeLimit => {
                    let limit = r.u16()?;
                    if limit < limits::MIN_RECORD_SIZE_LIMIT {
                        return Err(Error::illegal("record_size_limit is under 64"));
                    }
                    record_size_limit = Some(limit);
                }
                // Section 4.2.2.
                ExtensionType::Cookie => {
                    cookie = Some(r.vec16(1)?);
                }
                // Section 4.2.10: empty in a ClientHello. It is always refused.
                ExtensionType::EarlyData => {
                    early_data = true;
                }
                // Section 4.2.9.
                ExtensionType::PskKeyExchangeModes => {
                    r.vec8(1)?;
                    psk_modes = true;
                }
                ExtensionType::PreSharedKey => {
                    check_psk(&mut r)?;
                    psk = true;
                }
                // RFC 9001 section 8.2. What is in it is QUIC's business.
                ExtensionType::QuicTransportParameters => {
                    transport_parameters = Some(r.take(data.len())?);
                }
                // Section 4.2: it is known, and its place is the CertificateRequest.
                ExtensionType::OidFilters => {
                    return Err(Error::illegal("oid_filters in a ClientHello"));
                }
                // `check_version` has read this one.
                ExtensionType::SupportedVersions => continue,
                // Section 4.1.2: servers ignore extensions they do not know.
                ExtensionType::Padding | ExtensionType::Unknown(_) => continue,
            }
            r.finish()?;
        }

        if psk && !psk_modes {
            // Section 4.2.9: then the handshake must be aborted.
            return Err(missing("pre_shared_key without psk_key_exchange_modes"));
        }
        // Section 9.2.
        let groups = groups.ok_or(missing("no supported_groups"))?;
        let shares = shares.ok_or(missing("no key_share"))?;
        let signature_schemes = schemes.ok_or(missing("no signature_algorithms"))?;

        Ok(Self {
            fixed,
            extensions,
            groups,
            key_shares: KeyShares::parse(shares, groups)?,
            signature_schemes,
            server_name,
            alpn,
            record_size_limit,
            cookie,
            early_data,
            transport_parameters,
        })
    }

    pub(crate) fn session_id(&self) -> &'a [u8] {
        self.fixed.session_id
    }

    pub(crate) fn cipher_suites(&self) -> Result<U16List<'a>> {
        U16List::new(self.fixed.cipher_suites)
    }

    /// Checks that this hello, which answers a HelloRetryRequest, is `first` but for what section
    /// 4.1.2 lets a client change: the key share, the cookie, early data, PSKs and padding.
    pub(crate) fn check_retry(&self, first: &ClientHello<'_>) -> Result {
        let changed = Error::illegal("second ClientHello differs from the first");
        if self.fixed != first.fixed {
            return Err(changed);
        }
        let fixed = |&(kind, _): &(u16, &[u8])| {
            !matches!(
                ExtensionType::from(kind),
                ExtensionType::KeyShare
                    | ExtensionType::Cookie
                    | ExtensionType::EarlyData
                    | ExtensionType::PreSharedKey
                    | ExtensionType::Padding
            )
        };
        // No type is in a block twice: if each extension is in the other block, too, and the other
        // way round, they are the same ones.
        let is_within = |a: Extensions<'_>, b: Extensions<'_>| {
            a.into_iter()
                .filter(fixed)
                .all(|ours| b.into_iter().any(|theirs| theirs == ours))
        };
        if !is_within(self.extensions, first.extensions)
            || !is_within(first.extensions, self.extensions)
        {
            return Err(changed);
        }
        Ok(())
    }
}

const fn missing(reason: &'static str) -> Error {
    Error::misbehaved(AlertDescription::MissingExtension, reason)
}

/// Checks that TLS 1.3 is offered (section 4.2.1, appendix D).
fn check_version(fixed: &Fixed<'_>, extensions: Extensions<'_>) -> Result {
    let wrong = |reason| Error::incompatible(AlertDescription::ProtocolVersion, reason);

    // Appendix D.5: SSL 3.0 and older are refused whatever else the hello says. Otherwise section
    // 4.2.1 has the field ignored.
    if fixed.legacy_version <= 0x0300 {
        return Err(wrong("legacy_version is SSL"));
    }
    let data = extensions
        .data_of(ExtensionType::SupportedVersions)
        .ok_or(wrong("client does not know TLS 1.3"))?;
    let mut r = Reader::new(data);
    let versions = U16List::new(r.vec8(2)?)?;
    r.finish()?;
    if !versions.contains(TLS13) {
        return Err(wrong("client does not offer TLS 1.3"));
    }
    Ok(())
}

/// Reads `server_name` (RFC 6066 section 3): the host name, if there is one.
fn host_name<'a>(r: &mut Reader<'a>) -> Result<Option<&'a [u8]>> {
    const HOST_NAME: u8 = 0;

    let mut list = Reader::new(r.vec16(1)?);
    let mut host = None;
    while !list.is_empty() {
        let kind = list.u8()?;
        // Section 3 of RFC 6066 promises the length for types to come, too.
        let name = list.vec16(1)?;
        if kind != HOST_NAME {
            continue;
        }
        if host.is_some() {
            return Err(Error::illegal("two host names in server_name"));
        }
        if !name.iter().all(|b| b.is_ascii_graphic()) {
            return Err(Error::illegal("host name is not ASCII"));
        }
        host = Some(name);
    }
    Ok(host)
}

/// Reads `pre_shared_key` (section 4.2.11), of which nothing is used.
fn check_psk(r: &mut Reader<'_>) -> Result {
    let mut identities = Reader::new(r.vec16(7)?);
    let mut binders = Reader::new(r.vec16(33)?);
    while !identities.is_empty() {
        identities.vec16(1)?;
        identities.take(4)?;
        if binders.is_empty() {
            return Err(Error::illegal("fewer PSK binders than identities"));
        }
        binders.vec8(32)?;
    }
    if !binders.is_empty() {
        return Err(Error::illegal("more PSK binders than identities"));
    }
    Ok(())
}
