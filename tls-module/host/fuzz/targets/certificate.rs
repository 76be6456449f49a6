// SPDX-License-Identifier: GPL-2.0

//! DER of a certificate.

#![no_main]

use engine::x509::{
    chain_from_bytes,
    Certificate, //
};

libfuzzer_sys::fuzz_target!(|der: &[u8]| {
    let _ = chain_from_bytes(der);

    if let Ok(certificate) = Certificate::parse(der) {
        for name in certificate.dns_names() {
            assert!(name.is_ascii());
            // A name covers itself unless it is a pattern or no name of a host.
            if name.iter().all(|c| c.is_ascii_lowercase()) && matches!(name.len(), 1..=63) {
                assert!(certificate.matches(name));
            }
        }

        let _ = certificate.matches(b"a.b.test");
        let _ = certificate.allows_server_auth();

        // What is a certificate by itself is one in a chain.
        assert!(chain_from_bytes(der).is_ok());
        assert!(der.len() > certificate.tbs().len() + certificate.signature().len());
    }
});
