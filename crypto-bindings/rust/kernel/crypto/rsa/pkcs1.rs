// SPDX-License-Identifier: GPL-2.0

//! EMSA-PKCS1-v1_5 (RFC 8017, section 9.2).

use super::super::shash::HashAlgorithm;
use crate::prelude::*;

/// The fewest bytes of 0xff (9.2, step 3).
const MIN_PADDING: usize = 8;

/// Returns the DER of a `DigestInfo` up to the digest (9.2, note 1).
fn prefix(hash: HashAlgorithm) -> &'static [u8; 19] {
    match hash {
        HashAlgorithm::Sha256 => {
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
        }
        HashAlgorithm::Sha384 => {
            b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
        }
        HashAlgorithm::Sha512 => {
            b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
        }
    }
}

/// Encodes the digest of a message into `em`, which has the size of the modulus.
///
/// There is one encoding of a digest, so a signature is verified by comparison with it: nothing has
/// to be parsed (8.2.2, note).
///
/// # Errors
///
/// `EINVAL` if `digest` has not the length of a digest of `hash`, or `em` is too short for it.
pub(super) fn encode(hash: HashAlgorithm, digest: &[u8], em: &mut [u8]) -> Result {
    let prefix = prefix(hash);

    if digest.len() != hash.digest_size() {
        return Err(EINVAL);
    }

    // 0x00, 0x01, the padding, 0x00, the DigestInfo.
    let (head, em) = em.split_first_chunk_mut::<2>().ok_or(EINVAL)?;
    let at = em.len().checked_sub(digest.len()).ok_or(EINVAL)?;
    let (em, to) = em.split_at_mut_checked(at).ok_or(EINVAL)?;
    to.copy_from_slice(digest);
    let (em, to) = em.split_last_chunk_mut::<19>().ok_or(EINVAL)?;
    *to = *prefix;
    let (zero, padding) = em.split_last_mut().ok_or(EINVAL)?;
    *zero = 0;
    if padding.len() < MIN_PADDING {
        return Err(EINVAL);
    }
    padding.fill(0xff);
    *head = [0, 1];
    Ok(())
}
