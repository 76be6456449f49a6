// SPDX-License-Identifier: GPL-2.0

//! X.509 certificates (RFC 5280), as a server needs them.
//!
//! A [`Certificate`] is a view over the bytes of one certificate: nothing is copied, and nothing is
//! believed that was not checked for being DER. No chain is built and no signature verified here: a
//! server sends its chain as it was given to it, and it is the peer that judges it.
//!
//! ```text
//!   bytes of a key or a file ── chain_from_bytes() ──▶ DER of each certificate
//!                            └─ key_from_bytes() ────▶ DER of the private key
//!   DER of a certificate ────── Certificate::parse() ─────▶ public key, names, uses
//! ```

pub mod der;
pub mod pem;

use self::der::{
    Reader,
    Time, //
};

pub use self::pem::{
    chain_from_bytes,
    key_from_bytes, //
};

use kernel::prelude::*;

/// How many extensions a certificate may have.
///
/// Telling duplicates costs the square of their number; certificates in use have about ten.
pub const MAX_EXTENSIONS: usize = 64;

/// The algorithm a subject's public key is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyAlgorithm {
    /// rsaEncryption: an RSA key for any padding.
    Rsa,
    /// id-RSASSA-PSS: an RSA key for PSS only.
    RsaPss,
    /// id-ecPublicKey on secp256r1.
    EcP256,
    /// id-ecPublicKey on secp384r1.
    EcP384,
    /// id-Ed25519.
    Ed25519,
    /// Anything else.
    Other,
}

/// When a certificate is valid, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Validity {
    /// The first second.
    pub not_before: Time,
    /// The last second.
    pub not_after: Time,
}

/// Whether a subject is a certification authority, and how long a path below it may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BasicConstraints {
    /// It is an authority.
    pub ca: bool,
    /// At most so many authorities may stand between it and the end of the chain.
    pub path_len: Option<u8>,
}

/// What a key may be used for (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// For signatures, such as the one in a TLS 1.3 handshake.
    pub fn digital_signature(self) -> bool {
        self.0 & 0x8000 != 0
    }

    /// For signing certificates.
    pub fn key_cert_sign(self) -> bool {
        self.0 & 0x0400 != 0
    }
}

/// What purposes a certificate serves (RFC 5280, 4.2.1.12).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExtKeyUsage {
    /// Authenticating a TLS server.
    pub server_auth: bool,
    /// Authenticating a TLS client.
    pub client_auth: bool,
    /// Any purpose.
    pub any: bool,
}

/// A view of a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    tbs: &'a [u8],
    serial: &'a [u8],
    issuer: &'a [u8],
    validity: Validity,
    subject: &'a [u8],
    spki: &'a [u8],
    key_algorithm: KeyAlgorithm,
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
    extensions: Extensions<'a>,
}

/// The extensions that this module knows.
#[derive(Clone, Copy, Debug, Default)]
struct Extensions<'a> {
    subject_alt_name: Option<&'a [u8]>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    ext_key_usage: Option<ExtKeyUsage>,
    unknown_critical: bool,
}

/// Object identifiers, as the content of their DER.
mod oid {
    pub(super) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
    pub(super) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
    pub(super) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
    pub(super) const EXT_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
    pub(super) const ANY_EXT_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
    pub(super) const SERVER_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
    pub(super) const CLIENT_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
    pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    pub(super) const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
    pub(super) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    pub(super) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    pub(super) const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
    pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
}

/// The tag of a dNSName in a GeneralName: \[2\] IMPLICIT IA5String.
const DNS_NAME: u8 = 0x82;

impl<'a> Certificate<'a> {
    /// Parses a certificate that takes up all of `der`; [`EBADMSG`] if it is not one.
    pub fn parse(der: &'a [u8]) -> Result<Self> {
        // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
        let mut outer = der::only(der, der::SEQUENCE)?;
        let tbs = outer.element(der::SEQUENCE)?;
        let signature_algorithm = outer.element(der::SEQUENCE)?.raw;
        let signature = outer.octet_aligned_bit_string()?;
        outer.finish()?;

        let mut reader = Reader::new(tbs.value);
        let version = version(&mut reader)?;
        let serial = reader.integer()?;
        // RFC 5280, 4.1.1.2: this and the one outside must be the same.
        if reader.element(der::SEQUENCE)?.raw != signature_algorithm {
            return Err(EBADMSG);
        }
        let issuer = reader.element(der::SEQUENCE)?.raw;
        let validity = validity(reader.read(der::SEQUENCE)?)?;
        let subject = reader.element(der::SEQUENCE)?.raw;
        let spki = reader.element(der::SEQUENCE)?;
        let key_algorithm = key_algorithm(spki.value)?;

        for unique_id in [der::context(1), der::context(2)] {
            if reader.optional(unique_id)?.is_some() && version == Version::V1 {
                return Err(EBADMSG);
            }
        }

        let extensions = match reader.optional(der::context_constructed(3))? {
            None => Extensions::default(),
            Some(_) if version != Version::V3 => return Err(EBADMSG),
            Some(explicit) => Extensions::parse(explicit)?,
        };
        reader.finish()?;

        Ok(Self {
            tbs: tbs.raw,
            serial,
            issuer,
            validity,
            subject,
            spki: spki.raw,
            key_algorithm,
            signature_algorithm,
            signature,
            extensions,
        })
    }

    /// The part that is signed, as DER.
    pub fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// The content of the serial number.
    pub fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// The issuer's Name, as DER.
    pub fn issuer(&self) -> &'a [u8] {
        self.issuer
    }

    /// When the certificate is valid.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The subject's Name, as DER.
    pub fn subject(&self) -> &'a [u8] {
        self.subject
    }

    /// The SubjectPublicKeyInfo, as DER.
    pub fn spki(&self) -> &'a [u8] {
        self.spki
    }

    /// What the subject's key is for.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.key_algorithm
    }

    /// The AlgorithmIdentifier of the signature, as DER.
    pub fn signature_algorithm(&self) -> &'a [u8] {
        self.signature_algorithm
    }

    /// The signature.
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// Whether the subject is an authority, if the certificate says so.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }

    /// What the key may be used for, if the certificate says so.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// What purposes the certificate serves, if it says so.
    pub fn ext_key_usage(&self) -> Option<ExtKeyUsage> {
        self.extensions.ext_key_usage
    }

    /// Whether an extension that this module does not know is marked as critical.
    pub fn has_unknown_critical(&self) -> bool {
        self.extensions.unknown_critical
    }

    /// Whether the certificate may authenticate a TLS 1.3 server: it may sign, and for that purpose.
    pub fn allows_server_auth(&self) -> bool {
        self.key_usage().is_none_or(KeyUsage::digital_signature)
            && self
                .ext_key_usage()
                .is_none_or(|usage| usage.server_auth || usage.any)
    }

    /// The dNSNames among the subject's alternative names, in their order.
    pub fn dns_names(&self) -> DnsNames<'a> {
        DnsNames(Reader::new(
            self.extensions.subject_alt_name.unwrap_or_default(),
        ))
    }

    /// Whether the certificate is for `host`.
    pub fn matches(&self, host: &[u8]) -> bool {
        self.dns_names().any(|name| name_matches(name, host))
    }
}

/// The dNSNames of a certificate.
#[derive(Clone, Debug)]
pub struct DnsNames<'a>(Reader<'a>);

impl<'a> Iterator for DnsNames<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        // That the names are well-formed was checked when the certificate was parsed.
        while let Ok(name) = self.0.any() {
            if name.tag == DNS_NAME {
                return Some(name.value);
            }
        }
        None
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
    V3,
}

fn version(tbs: &mut Reader<'_>) -> Result<Version> {
    // version [0] EXPLICIT INTEGER { v1(0), v2(1), v3(2) } DEFAULT v1
    let Some(explicit) = tbs.optional(der::context_constructed(0))? else {
        return Ok(Version::V1);
    };
    let mut reader = Reader::new(explicit);
    let version = match reader.integer()? {
        [1] => Version::V2,
        [2] => Version::V3,
        // DER leaves out what is the default.
        _ => return Err(EBADMSG),
    };

    reader.finish()?;
    Ok(version)
}

fn validity(value: &[u8]) -> Result<Validity> {
    let mut reader = Reader::new(value);
    let not_before = reader.time()?;
    let not_after = reader.time()?;

    reader.finish()?;
    Ok(Validity {
        not_before,
        not_after,
    })
}

fn key_algorithm(spki: &[u8]) -> Result<KeyAlgorithm> {
    // SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
    // AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
    let mut reader = Reader::new(spki);
    let mut algorithm = Reader::new(reader.read(der::SEQUENCE)?);
    reader.octet_aligned_bit_string()?;
    reader.finish()?;

    let id = algorithm.oid()?;
    let parameters = match algorithm.is_empty() {
        true => None,
        false => Some(algorithm.any()?),
    };
    algorithm.finish()?;

    let is_null = |p: der::Element<'_>| p.tag == der::NULL && p.value.is_empty();
    let is_oid = |p: der::Element<'_>, oid| p.tag == der::OBJECT_IDENTIFIER && p.value == oid;

    Ok(match (id, parameters) {
        // RFC 3279, 2.3.1: NULL must be there.
        (oid::RSA, Some(p)) if is_null(p) => KeyAlgorithm::Rsa,
        (oid::RSA, _) => return Err(EBADMSG),
        (oid::RSA_PSS, _) => KeyAlgorithm::RsaPss,
        (oid::EC, Some(p)) if is_oid(p, oid::P256) => KeyAlgorithm::EcP256,
        (oid::EC, Some(p)) if is_oid(p, oid::P384) => KeyAlgorithm::EcP384,
        // RFC 8410, 3: there must be no parameters.
        (oid::ED25519, None) => KeyAlgorithm::Ed25519,
        (oid::ED25519, Some(_)) => return Err(EBADMSG),
        _ => KeyAlgorithm::Other,
    })
}

impl<'a> Extensions<'a> {
    fn parse(explicit: &'a [u8]) -> Result<Self> {
        // Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension
        let list = der::only(explicit, der::SEQUENCE)?;
        let mut reader = list.clone();
        let mut new = Self::default();
        let mut count = 0;

        if list.is_empty() {
            return Err(EBADMSG);
        }
        while !reader.is_empty() {
            let extension = Extension::read(&mut reader)?;

            // RFC 5280, 4.2: no extension may be there twice. All before this one are well-formed.
            let mut before = list.clone();

            for _ in 0..count {
                if Extension::read(&mut before)?.id == extension.id {
                    return Err(EBADMSG);
                }
            }
            if count == MAX_EXTENSIONS {
                return Err(E2BIG);
            }
            count = count.wrapping_add(1);
            new.take(&extension)?;
        }
        Ok(new)
    }

    fn take(&mut self, extension: &Extension<'a>) -> Result {
        match extension.id {
            oid::SUBJECT_ALT_NAME => {
                self.subject_alt_name = Some(subject_alt_name(extension.value)?);
            }
            oid::BASIC_CONSTRAINTS => {
                self.basic_constraints = Some(basic_constraints(extension.value)?);
            }
            oid::KEY_USAGE => self.key_usage = Some(key_usage(extension.value)?),
            oid::EXT_KEY_USAGE => self.ext_key_usage = Some(ext_key_usage(extension.value)?),
            _ => self.unknown_critical |= extension.critical,
        }
        Ok(())
    }
}

/// Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
struct Extension<'a> {
    id: &'a [u8],
    critical: bool,
    value: &'a [u8],
}

impl<'a> Extension<'a> {
    fn read(list: &mut Reader<'a>) -> Result<Self> {
        let mut reader = Reader::new(list.read(der::SEQUENCE)?);
        let id = reader.oid()?;
        let critical = reader.default_false()?;
        let value = reader.read(der::OCTET_STRING)?;

        reader.finish()?;
        Ok(Self {
            id,
            critical,
            value,
        })
    }
}

/// Checks GeneralNames and gives their content.
fn subject_alt_name(value: &[u8]) -> Result<&[u8]> {
    // GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName
    let names = der::only(value, der::SEQUENCE)?;
    let mut reader = names.clone();

    if names.is_empty() {
        return Err(EBADMSG);
    }
    while !reader.is_empty() {
        let name = reader.any()?;

        // GeneralName ::= CHOICE { [0] .. [8] }
        if name.tag & 0xc0 != 0x80 || name.tag & 0x1f > 8 {
            return Err(EBADMSG);
        }
        if name.tag == DNS_NAME && (!name.value.is_ascii() || name.value.contains(&0)) {
            return Err(EBADMSG);
        }
    }
    Ok(names.rest())
}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints> {
    // BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
    let mut reader = der::only(value, der::SEQUENCE)?;
    let ca = reader.default_false()?;
    let path_len = match reader.is_empty() {
        true => None,
        false => match reader.integer()? {
            [len @ 0..=0x7f] => Some(*len),
            _ => return Err(EBADMSG),
        },
    };

    reader.finish()?;
    Ok(BasicConstraints { ca, path_len })
}

fn key_usage(value: &[u8]) -> Result<KeyUsage> {
    let mut reader = Reader::new(value);
    let bits = reader.bit_string()?;

    reader.finish()?;
    Ok(KeyUsage(match bits {
        [high] => u16::from_be_bytes([*high, 0]),
        [high, low] => u16::from_be_bytes([*high, *low]),
        // RFC 5280, 4.2.1.3: at least one bit is set; there are nine.
        _ => return Err(EBADMSG),
    }))
}

fn ext_key_usage(value: &[u8]) -> Result<ExtKeyUsage> {
    // ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER
    let mut reader = der::only(value, der::SEQUENCE)?;
    let mut usage = ExtKeyUsage {
        server_auth: false,
        client_auth: false,
        any: false,
    };

    if reader.is_empty() {
        return Err(EBADMSG);
    }
    while !reader.is_empty() {
        match reader.oid()? {
            oid::SERVER_AUTH => usage.server_auth = true,
            oid::CLIENT_AUTH => usage.client_auth = true,
            oid::ANY_EXT_KEY_USAGE => usage.any = true,
            _ => (),
        }
    }
    Ok(usage)
}

/// Whether the name `pattern` of a certificate covers `host` (RFC 9525, 6.3).
///
/// Letters are compared without regard to case. A `*` may only be the whole first label of the
/// pattern, stands for exactly one label, and must have two more after it. A dot at the end of
/// `host` is ignored.
pub fn name_matches(pattern: &[u8], host: &[u8]) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);

    if !is_host_name(host) {
        return false;
    }

    let (pattern, host) = match pattern.strip_prefix(b"*.") {
        None => (pattern, host),
        Some(parent) => {
            let mut labels = host.splitn(2, |&c| c == b'.');

            match (labels.next(), labels.next()) {
                (Some(_), Some(host)) if parent.contains(&b'.') => (parent, host),
                _ => return false,
            }
        }
    };

    is_host_name(pattern) && pattern.eq_ignore_ascii_case(host)
}

/// Whether `name` is made of labels of letters, digits, `-` and `_`.
fn is_host_name(name: &[u8]) -> bool {
    name.len() <= 253
        && name.split(|&c| c == b'.').all(|label| {
            matches!(label.len(), 1..=63)
                && label
                    .iter()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
        })
}
