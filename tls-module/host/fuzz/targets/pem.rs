// SPDX-License-Identifier: GPL-2.0

//! PEM of certificates and keys.

#![no_main]

use engine::x509::{
    chain_from_bytes,
    key_from_bytes,
    pem, //
};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    if let Ok(blocks) = pem::decode(text, pem::CERTIFICATE) {
        assert!(blocks.len() <= pem::MAX_CHAIN);
        for block in &blocks {
            assert!(block.len() <= text.len() / 4 * 3);
        }
    }
    if let Ok(chain) = chain_from_bytes(text) {
        // What was read once is read again.
        let again: Vec<u8> = chain.iter().flat_map(|der| der.iter().copied()).collect();

        assert_eq!(chain_from_bytes(&again).expect("it is DER now"), chain);
    }
    if let Ok(key) = key_from_bytes(text) {
        assert!(key_from_bytes(key.as_bytes()).expect("it is DER now") == key);
    }
});
