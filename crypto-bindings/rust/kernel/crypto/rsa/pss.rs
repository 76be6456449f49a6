// SPDX-License-Identifier: GPL-2.0

//! EMSA-PSS (RFC 8017, section 9.1) with MGF1 (B.2.1).
//!
//! The same hash is used throughout, and salts are as long as its digests. Encoded messages have
//! as many bytes as the modulus, whose length is taken to be a multiple of eight bits: `emBits` is
//! one less than the bits in an encoded message.

use super::super::{
    secret::ct_eq,
    shash::{
        Hash,
        MAX_DIGEST_SIZE, //
    }, //
};
use crate::prelude::*;

/// The last byte of an encoded message.
const TRAILER: u8 = 0xbc;

/// The eight zero bytes in front of what is hashed (9.1.1, step 5).
const PADDING1: [u8; 8] = [0; 8];

/// All but the first bit, which lies beyond `emBits`.
const TOP_BITS: u8 = 0x7f;

/// The parts of an encoded message (9.1.1, step 12).
struct Parts<'a> {
    db: &'a mut [u8],
    h: &'a mut [u8],
    trailer: &'a mut u8,
}

impl<'a> Parts<'a> {
    /// Takes an encoded message apart; `EINVAL` if it is too short for the hash.
    fn of(em: &'a mut [u8], digest_size: usize) -> Result<Self> {
        let (trailer, em) = em.split_last_mut().ok_or(EINVAL)?;
        let db_size = em.len().checked_sub(digest_size).ok_or(EINVAL)?;
        let (db, h) = em.split_at_mut_checked(db_size).ok_or(EINVAL)?;
        Ok(Self { db, h, trailer })
    }
}

/// Takes `DB` apart into the byte 0x01 with the zeroes in front of it, and the salt.
fn db_parts(db: &mut [u8], digest_size: usize) -> Result<(&mut [u8], &mut u8, &mut [u8])> {
    let ps_size = db
        .len()
        .checked_sub(digest_size)
        .and_then(|len| len.checked_sub(1))
        .ok_or(EINVAL)?;
    let (ps, rest) = db.split_at_mut_checked(ps_size).ok_or(EINVAL)?;
    let (one, salt) = rest.split_first_mut().ok_or(EINVAL)?;
    Ok((ps, one, salt))
}

/// XORs the mask that MGF1 makes of `seed` into `out`.
fn mgf1(hash: &Hash, seed: &[u8], out: &mut [u8]) -> Result {
    let mut block = [0; MAX_DIGEST_SIZE];
    let block = block.get_mut(..hash.digest_size()).ok_or(EINVAL)?;

    for (counter, out) in (0u32..).zip(out.chunks_mut(hash.digest_size().max(1))) {
        hash.digest_parts(&[seed, &counter.to_be_bytes()], block)?;
        for (out, mask) in out.iter_mut().zip(block.iter()) {
            *out ^= mask;
        }
    }
    Ok(())
}

/// Encodes the digest of a message (9.1.1).
///
/// `digest` and `salt` must have the length of a digest. `EINVAL` if `em` is too short.
pub(super) fn encode(hash: &Hash, digest: &[u8], salt: &[u8], em: &mut [u8]) -> Result {
    let parts = Parts::of(em, digest.len())?;

    hash.digest_parts(&[&PADDING1, digest, salt], parts.h)?;
    *parts.trailer = TRAILER;

    let (ps, one, db_salt) = db_parts(parts.db, digest.len())?;
    if db_salt.len() != salt.len() {
        return Err(EINVAL);
    }
    ps.fill(0);
    *one = 0x01;
    db_salt.copy_from_slice(salt);

    mgf1(hash, parts.h, parts.db)?;
    if let Some(first) = parts.db.first_mut() {
        *first &= TOP_BITS;
    }
    Ok(())
}

/// Verifies that `em` is an encoding of the digest (9.1.2); `EKEYREJECTED` if not.
///
/// `digest` must have the length of a digest. `em` is overwritten.
pub(super) fn verify(hash: &Hash, digest: &[u8], em: &mut [u8]) -> Result {
    let parts = Parts::of(em, digest.len())?;

    let first = parts.db.first().copied().ok_or(EINVAL)?;
    if *parts.trailer != TRAILER || first & !TOP_BITS != 0 {
        return Err(EKEYREJECTED);
    }

    mgf1(hash, parts.h, parts.db)?;
    if let Some(first) = parts.db.first_mut() {
        *first &= TOP_BITS;
    }

    let (ps, one, salt) = db_parts(parts.db, digest.len())?;
    if ps.iter().any(|&byte| byte != 0) || *one != 0x01 {
        return Err(EKEYREJECTED);
    }

    let mut expected = [0; MAX_DIGEST_SIZE];
    let expected = expected.get_mut(..digest.len()).ok_or(EINVAL)?;
    hash.digest_parts(&[&PADDING1, digest, salt], expected)?;
    if !ct_eq(expected, parts.h) {
        return Err(EKEYREJECTED);
    }
    Ok(())
}
