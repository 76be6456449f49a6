// SPDX-License-Identifier: GPL-2.0

//! What a listener answers: a page that says what was negotiated, and as many bytes as were asked for.

use crate::{
    quic::{
        Response,
        Service, //
    },
    tls::Negotiated, //
};
use kernel::prelude::*;

/// The most bytes of one answer.
const MAX_BYTES: u64 = 1 << 40;

/// `/` and `/bytes/N`.
pub(super) struct Pages;

impl Service for Pages {
    fn get(&self, negotiated: &Negotiated, path: &[u8]) -> Result<Option<Response>> {
        if path == b"/" {
            return Ok(Some(Response {
                text: page(negotiated)?,
                filler: 0,
            }));
        }
        let filler = path
            .strip_prefix(b"/bytes/")
            .and_then(|n| core::str::from_utf8(n).ok())
            .and_then(|n| n.parse().ok())
            .filter(|&n: &u64| n <= MAX_BYTES);
        Ok(filler.map(|filler| Response {
            text: KVec::new(),
            filler,
        }))
    }
}

/// The page that says what was negotiated.
fn page(negotiated: &Negotiated) -> Result<KVec<u8>> {
    let alpn = negotiated.alpn.as_deref().unwrap_or(b"-");
    let server_name = negotiated.server_name.as_deref().unwrap_or(b"-");
    let mut page = KVec::new();
    for (name, value) in [
        ("version", b"QUICv1".as_slice()),
        ("suite", negotiated.suite.name().as_bytes()),
        ("group", negotiated.group.name().as_bytes()),
        ("signature", negotiated.signature.name().as_bytes()),
        ("alpn", alpn),
        ("server_name", server_name),
        ("retried", if negotiated.retried { b"yes" } else { b"no" }),
    ] {
        for part in [name.as_bytes(), b": ", value, b"\n"] {
            page.extend_from_slice(part, GFP_KERNEL)?;
        }
    }
    Ok(page)
}
