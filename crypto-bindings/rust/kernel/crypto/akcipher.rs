// SPDX-License-Identifier: GPL-2.0

//! Raw RSA.
//!
//! C header: [`include/crypto/akcipher.h`](srctree/include/crypto/akcipher.h)
//!
//! This is the exponentiation alone, without padding or blinding, and for that reason private to
//! the crate. Its typed face is [`rsa`](super::rsa).
//!
//! All operations may sleep and must be called from process context.

use crate::{
    bindings,
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    str::CStr, //
};
use core::ptr::NonNull;

/// An RSA key in a transformation.
///
/// # Invariants
///
/// - `tfm` was returned by `crypto_alloc_akcipher()`, is valid and is owned by `self`.
/// - `tfm` has a key, with which its results have at most `size` bytes.
pub(crate) struct Rsa {
    tfm: NonNull<bindings::crypto_akcipher>,
    size: usize,
}

// SAFETY: A transformation is plain memory that is bound to no thread or CPU.
unsafe impl Send for Rsa {}

// SAFETY: The methods that take a shared reference only run operations, each with a request of its
// own. `struct crypto_akcipher` allows any number of them at once, as long as the key is not
// changed, and it is set but once, before the value exists.
unsafe impl Sync for Rsa {}

/// A transformation that may have no key yet.
///
/// # Invariants
///
/// `self.0` was returned by `crypto_alloc_akcipher()`, is valid and is owned by `self`.
struct Keyless(NonNull<bindings::crypto_akcipher>);

impl Keyless {
    fn new() -> Result<Self> {
        // SAFETY: The name is a valid C string, which the callee does not keep.
        let tfm = from_err_ptr(unsafe {
            bindings::crypto_alloc_akcipher(c"rsa".as_char_ptr(), 0, bindings::CRYPTO_ALG_ASYNC)
        })?;

        // INVARIANT: The pointer was just returned by `crypto_alloc_akcipher()` and nobody else
        // has it.
        Ok(Self(NonNull::new(tfm).ok_or(ENOMEM)?))
    }

    /// Ends the state without a key.
    ///
    /// # Safety
    ///
    /// A key must have been set with success.
    unsafe fn keyed(self) -> Rsa {
        let tfm = self.0;
        core::mem::forget(self);

        // SAFETY: `tfm` is valid by the type invariant, and has a key by the safety requirements.
        let size = unsafe { bindings::crypto_akcipher_maxsize(tfm.as_ptr()) };

        // INVARIANT: Ownership of `tfm` goes over to the new value, `self` having been forgotten.
        // There is a key by the safety requirements, and `size` was asked for after it was set.
        Rsa {
            tfm,
            size: size as usize,
        }
    }
}

impl Drop for Keyless {
    fn drop(&mut self) {
        // SAFETY: By the type invariant `self.0` is valid and owned by `self`.
        unsafe { bindings::crypto_free_akcipher(self.0.as_ptr()) };
    }
}

impl Rsa {
    /// Takes a public key, a DER `RSAPublicKey` (RFC 8017, A.1.1).
    ///
    /// Calls `crypto_alloc_akcipher()` and `crypto_akcipher_set_pub_key()`.
    pub(crate) fn public(key: &[u8]) -> Result<Self> {
        let tfm = Keyless::new()?;
        let len = key.len().try_into().map_err(|_| EOVERFLOW)?;

        // SAFETY: `tfm` is valid by its type invariant and in nobody else's hands. `key` is valid
        // for reads of `len` bytes, and the callee does not keep it.
        to_result(unsafe {
            bindings::crypto_akcipher_set_pub_key(tfm.0.as_ptr(), key.as_ptr().cast(), len)
        })?;

        // SAFETY: The key was just set.
        Ok(unsafe { tfm.keyed() })
    }

    /// Returns the name of the implementation that was chosen.
    pub(crate) fn driver_name(&self) -> &CStr {
        // SAFETY: By the type invariant `self.tfm` is valid. The name is a string that ends with a
        // zero byte, part of the algorithm, which lives and does not change as long as there is an
        // instance.
        unsafe {
            CStr::from_char_ptr(bindings::crypto_tfm_alg_driver_name(
                bindings::crypto_akcipher_tfm(self.tfm.as_ptr()),
            ))
        }
    }

    /// Returns the number of bytes in the modulus.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Returns the length that both operands must have.
    fn len_of(&self, src: &[u8], dst: &[u8]) -> Result<u32> {
        if src.len() != self.size || dst.len() != self.size {
            return Err(EINVAL);
        }
        u32::try_from(self.size).map_err(|_| EOVERFLOW)
    }

    /// Raises `src` to the public exponent.
    ///
    /// Both slices must have [`size`](Rsa::size) bytes, else `EINVAL`, which is also given when
    /// `src` is not between 2 and the modulus less 2. What is in `dst` after an error is
    /// unspecified.
    ///
    /// Calls `crypto_akcipher_sync_encrypt()`, which waits for the result and copies both operands,
    /// so that it does not matter where they lie.
    pub(crate) fn encrypt(&self, src: &[u8], dst: &mut [u8]) -> Result {
        let len = self.len_of(src, dst)?;

        // SAFETY: `self.tfm` is valid and has a key by the type invariants. `src` is valid for
        // reads and `dst` for writes of `len` bytes. The callee has no use for them after it
        // returned.
        to_result(unsafe {
            bindings::crypto_akcipher_sync_encrypt(
                self.tfm.as_ptr(),
                src.as_ptr().cast(),
                len,
                dst.as_mut_ptr().cast(),
                len,
            )
        })
    }
}

impl Drop for Rsa {
    fn drop(&mut self) {
        // SAFETY: By the type invariant `self.tfm` is valid and owned by `self`. The callee wipes
        // the memory that holds the key.
        unsafe { bindings::crypto_free_akcipher(self.tfm.as_ptr()) };
    }
}
