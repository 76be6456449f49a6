// SPDX-License-Identifier: GPL-2.0

//! Random numbers.
//!
//! C header: [`include/crypto/rng.h`](srctree/include/crypto/rng.h)

use crate::{
    bindings,
    crypto::secret::zeroize,
    error::to_result,
    prelude::*, //
};

/// How many bytes one call of the C side is asked for.
///
/// Small enough to fit any of its length types, and to give the scheduler a chance now and then.
pub(super) const CHUNK: usize = 1 << 16;

/// Fills `buf` with random bytes that are fit for keys.
///
/// The bytes come from the kernel's generator or, in FIPS mode, from the `stdrng` algorithm of
/// highest priority. A buffer of any length is filled, an empty one is left alone.
///
/// This corresponds to the C function `crypto_stdrng_get_bytes()`, which waits until the generator
/// is seeded: it may sleep.
///
/// # Errors
///
/// After an error `buf` is all zeroes.
///
/// - `ERESTARTSYS`: a signal ended the wait for the seed.
/// - In FIPS mode: those of an [allocation](super#allocation), and what the algorithm gives.
///
/// # Examples
///
/// ```
/// use kernel::crypto::rng;
///
/// let mut key = [0u8; 32];
/// rng::fill(&mut key)?;
/// assert!(key.iter().any(|b| *b != 0));
/// # Ok::<(), Error>(())
/// ```
#[inline]
pub fn fill(buf: &mut [u8]) -> Result {
    fill_by(buf, |chunk| {
        // CAST: `CHUNK`, which the length of a chunk does not exceed, fits.
        let len = chunk.len() as crate::ffi::c_uint;

        // SAFETY: `chunk` is valid for writes of `len` bytes. The generator writes through the
        // virtual address, wherever it lies.
        to_result(unsafe { bindings::crypto_stdrng_get_bytes(chunk.as_mut_ptr().cast(), len) })
    })
}

/// Fills `buf` by calls of `get`, each with at most [`CHUNK`] bytes. After an error `buf` is all
/// zeroes.
#[inline]
pub(super) fn fill_by(buf: &mut [u8], mut get: impl FnMut(&mut [u8]) -> Result) -> Result {
    for chunk in buf.chunks_mut(CHUNK) {
        if let Err(e) = get(chunk) {
            zeroize(buf);
            return Err(e);
        }
    }
    Ok(())
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_rng)]
mod tests {
    use super::*;
    use crate::crypto::secret::testing::everywhere;

    #[test]
    fn fills_all_of_it() -> Result {
        let mut buf = KVVec::from_elem(0u8, 2 * CHUNK + 40, GFP_KERNEL)?;

        fill(&mut buf)?;
        // Sixteen bytes are all zero once in 2^128.
        assert!(buf
            .chunks(16)
            .filter(|c| c.len() == 16)
            .all(|c| *c != [0; 16]));
        assert!(buf.chunks(16).next() != buf.chunks(16).nth(1));
        Ok(())
    }

    #[test]
    fn empty() -> Result {
        fill(&mut [])
    }

    #[test]
    fn zeroes_after_an_error() -> Result {
        let mut buf = KVVec::from_elem(7u8, 3 * CHUNK, GFP_KERNEL)?;
        let mut calls = 0;

        let result = fill_by(&mut buf, |chunk| {
            calls += 1;
            chunk.fill(calls);
            if calls == 2 {
                Err(EIO)
            } else {
                Ok(())
            }
        });
        assert_eq!(result, Err(EIO));
        assert_eq!(calls, 2);
        assert!(buf.iter().all(|b| *b == 0));
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        everywhere(64, |buf| {
            buf.fill(0);
            fill(buf)?;
            if buf.iter().all(|b| *b == 0) {
                return Err(EIO);
            }
            Ok(())
        })
    }
}
