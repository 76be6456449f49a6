// SPDX-License-Identifier: GPL-2.0

//! HMAC-SHA256 of the library, for code that has a few short messages and no use for a
//! transformation.
//!
//! C header: [`include/crypto/sha2.h`](srctree/include/crypto/sha2.h)
//!
//! Messages that come in pieces, or many under the same key, are for [`shash`](super::shash).

use crate::bindings;

/// Returns the HMAC-SHA256 (RFC 2104, FIPS 198-1) of `data` under `key`, both of any length.
///
/// It neither sleeps nor allocates. What it leaves on its way is wiped.
///
/// This corresponds to the C function `hmac_sha256_usingrawkey()`.
///
/// # Examples
///
/// RFC 4231, section 4.3:
///
/// ```
/// use kernel::crypto::sha256;
///
/// let tag = sha256::hmac(b"Jefe", b"what do ya want for nothing?");
/// assert_eq!(tag.first_chunk(), Some(&[0x5b, 0xdc, 0xc1, 0x46]));
/// assert_eq!(tag.last_chunk(), Some(&[0x64, 0xec, 0x38, 0x43]));
/// ```
pub fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut tag = [0; 32];

    // SAFETY: The slices are valid for reads of their lengths, and `tag` for writes of the 32 bytes
    // of a digest. The callee keeps none of them.
    unsafe {
        bindings::hmac_sha256_usingrawkey(
            key.as_ptr(),
            key.len(),
            data.as_ptr(),
            data.len(),
            tag.as_mut_ptr(),
        )
    };
    tag
}
