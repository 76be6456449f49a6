// SPDX-License-Identifier: GPL-2.0

//! The messages a server sends (RFC 8446 section 4), each with its handshake header.

use kernel::prelude::*;

use super::{
    client_hello::TLS13,
    codec::{
        Width,
        Writer, //
    },
    enums::{
        CipherSuite,
        ExtensionType,
        HandshakeType,
        NamedGroup,
        SignatureScheme, //
    },
    error::Result, //
};

/// The random of a ServerHello that is a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (section
/// 4.1.3).
const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// Writes a message of the type `kind`.
fn message(
    kind: HandshakeType,
    capacity: usize,
    body: impl FnOnce(&mut Writer) -> Result,
) -> Result<KVec<u8>> {
    let mut w = Writer::with_capacity(capacity)?;
    w.u8(kind.into())?;
    w.vec(Width::U24, body)?;
    Ok(w.into_bytes())
}

/// Writes one extension.
fn extension(
    w: &mut Writer,
    kind: ExtensionType,
    data: impl FnOnce(&mut Writer) -> Result,
) -> Result {
    w.u16(kind.into())?;
    w.vec(Width::U16, data)
}

/// Writes what a ServerHello and a HelloRetryRequest have in common (section 4.1.3).
fn hello(
    random: &[u8; 32],
    session_id: &[u8],
    suite: CipherSuite,
    extensions: impl FnOnce(&mut Writer) -> Result,
) -> Result<KVec<u8>> {
    message(HandshakeType::ServerHello, 256, |w| {
        w.u16(0x0303)?;
        w.bytes(random)?;
        w.vec_of(Width::U8, session_id)?;
        w.u16(suite.into())?;
        w.u8(0)?;
        w.vec(Width::U16, |w| {
            extensions(w)?;
            extension(w, ExtensionType::SupportedVersions, |w| w.u16(TLS13))
        })
    })
}

/// A ServerHello (section 4.1.3).
pub(crate) fn server_hello(
    random: &[u8; 32],
    session_id: &[u8],
    suite: CipherSuite,
    group: NamedGroup,
    key_share: &[u8],
) -> Result<KVec<u8>> {
    hello(random, session_id, suite, |w| {
        extension(w, ExtensionType::KeyShare, |w| {
            w.u16(group.into())?;
            w.vec_of(Width::U16, key_share)
        })
    })
}

/// A HelloRetryRequest (section 4.1.4).
pub(crate) fn hello_retry_request(
    session_id: &[u8],
    suite: CipherSuite,
    group: NamedGroup,
    cookie: Option<&[u8]>,
) -> Result<KVec<u8>> {
    hello(&RETRY_RANDOM, session_id, suite, |w| {
        extension(w, ExtensionType::KeyShare, |w| w.u16(group.into()))?;
        if let Some(cookie) = cookie {
            extension(w, ExtensionType::Cookie, |w| w.vec_of(Width::U16, cookie))?;
        }
        Ok(())
    })
}

/// EncryptedExtensions (section 4.3.1), each of which answers one of the client's.
pub(crate) fn encrypted_extensions(
    server_name: bool,
    alpn: Option<&[u8]>,
    record_size_limit: Option<u16>,
    transport_parameters: Option<&[u8]>,
) -> Result<KVec<u8>> {
    message(HandshakeType::EncryptedExtensions, 256, |w| {
        w.vec(Width::U16, |w| {
            if server_name {
                // RFC 6066 section 3: empty, and only if the name was used.
                extension(w, ExtensionType::ServerName, |_| Ok(()))?;
            }
            if let Some(protocol) = alpn {
                // RFC 7301 section 3.1: a list of exactly one.
                extension(w, ExtensionType::Alpn, |w| {
                    w.vec(Width::U16, |w| w.vec_of(Width::U8, protocol))
                })?;
            }
            if let Some(limit) = record_size_limit {
                extension(w, ExtensionType::RecordSizeLimit, |w| w.u16(limit))?;
            }
            if let Some(parameters) = transport_parameters {
                // RFC 9001 section 8.2.
                extension(w, ExtensionType::QuicTransportParameters, |w| {
                    w.bytes(parameters)
                })?;
            }
            Ok(())
        })
    })
}

/// A Certificate (section 4.4.2), with an empty context and no extensions.
pub(crate) fn certificate(chain: &[KVec<u8>]) -> Result<KVec<u8>> {
    message(HandshakeType::Certificate, 0, |w| {
        w.vec_of(Width::U8, &[])?;
        w.vec(Width::U24, |w| {
            for der in chain {
                w.vec_of(Width::U24, der)?;
                w.vec_of(Width::U16, &[])?;
            }
            Ok(())
        })
    })
}

/// A CertificateVerify (section 4.4.3).
pub(crate) fn certificate_verify(scheme: SignatureScheme, signature: &[u8]) -> Result<KVec<u8>> {
    let capacity = signature.len().saturating_add(8);
    message(HandshakeType::CertificateVerify, capacity, |w| {
        w.u16(scheme.into())?;
        w.vec_of(Width::U16, signature)
    })
}

/// A Finished (section 4.4.4).
pub(crate) fn finished(verify_data: &[u8]) -> Result<KVec<u8>> {
    message(HandshakeType::Finished, 52, |w| w.bytes(verify_data))
}
