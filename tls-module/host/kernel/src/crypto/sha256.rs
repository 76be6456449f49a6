// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::sha256`.

use aws_lc_rs::hmac;

/// Returns the HMAC-SHA256 of `data`.
pub fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}
