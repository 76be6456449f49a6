// SPDX-License-Identifier: GPL-2.0

//! The C side, `peer.c`, behind safe functions. Each does its job `n` times.

use kernel::{
    crypto::aead::{
        NONCE_SIZE,
        TAG_SIZE, //
    },
    error::to_result,
    ffi,
    prelude::*, //
};

mod c {
    use kernel::ffi::*;

    extern "C" {
        pub(super) fn peer_on_stack(
            bytes: c_uint,
            job: unsafe extern "C" fn(*mut c_void),
            data: *mut c_void,
        );
        pub(super) fn peer_aead_new(
            name: *const c_char,
            key: *const u8,
            key_len: c_uint,
            iv_len: c_uint,
        ) -> *mut c_void;
        pub(super) fn peer_aead_seal(
            p: *mut c_void,
            n: c_uint,
            nonce: *const u8,
            aad: *mut u8,
            aad_len: c_uint,
            buf: *mut u8,
            len: c_uint,
        ) -> c_int;
        pub(super) fn peer_aead_seal_shared(
            p: *mut c_void,
            n: c_uint,
            nonce: *const u8,
            aad: *mut u8,
            aad_len: c_uint,
            buf: *mut u8,
            len: c_uint,
        ) -> c_int;
        pub(super) fn peer_aead_open(
            p: *mut c_void,
            n: c_uint,
            nonce: *const u8,
            aad: *mut u8,
            aad_len: c_uint,
            buf: *mut u8,
            len: c_uint,
            sealed: *const u8,
        ) -> c_int;
        pub(super) fn peer_aead_seal_apart(
            p: *mut c_void,
            n: c_uint,
            nonce: *const u8,
            aad: *mut u8,
            aad_len: c_uint,
            text: *mut u8,
            len: c_uint,
            out: *mut u8,
        ) -> c_int;
        pub(super) fn peer_aead_seal_detached(
            p: *mut c_void,
            n: c_uint,
            nonce: *const u8,
            aad: *mut u8,
            aad_len: c_uint,
            text: *mut u8,
            len: c_uint,
            tag: *mut u8,
        ) -> c_int;
        pub(super) fn peer_aead_free(p: *mut c_void);
        pub(super) fn peer_skcipher_new(
            name: *const c_char,
            key: *const u8,
            key_len: c_uint,
        ) -> *mut c_void;
        pub(super) fn peer_skcipher_encrypt(
            p: *mut c_void,
            n: c_uint,
            iv: *const u8,
            buf: *mut u8,
            len: c_uint,
        ) -> c_int;
        pub(super) fn peer_skcipher_decrypt(
            p: *mut c_void,
            n: c_uint,
            iv: *const u8,
            buf: *mut u8,
            len: c_uint,
        ) -> c_int;
        pub(super) fn peer_skcipher_apart(
            p: *mut c_void,
            n: c_uint,
            iv: *const u8,
            from: *mut u8,
            to: *mut u8,
            len: c_uint,
        ) -> c_int;
        pub(super) fn peer_skcipher_free(p: *mut c_void);
        pub(super) fn peer_shash_new(
            name: *const c_char,
            key: *const u8,
            key_len: c_uint,
        ) -> *mut c_void;
        pub(super) fn peer_shash_digest(
            tfm: *mut c_void,
            n: c_uint,
            data: *const u8,
            len: c_uint,
            out: *mut u8,
        ) -> c_int;
        pub(super) fn peer_shash_parts(
            tfm: *mut c_void,
            n: c_uint,
            data: *const u8,
            len: c_uint,
            out: *mut u8,
        ) -> c_int;
        pub(super) fn peer_shash_heap(
            tfm: *mut c_void,
            n: c_uint,
            data: *const u8,
            len: c_uint,
            out: *mut u8,
        ) -> c_int;
        pub(super) fn peer_shash_free(tfm: *mut c_void);
        pub(super) fn peer_sig_new(
            name: *const c_char,
            private: bool,
            key: *const u8,
            key_len: c_uint,
        ) -> *mut c_void;
        pub(super) fn peer_sig_refuse(
            tfm: *mut c_void,
            n: c_uint,
            sig: *const u8,
            sig_len: c_uint,
            digest: *const u8,
            digest_len: c_uint,
        ) -> c_int;
        pub(super) fn peer_sig_free(tfm: *mut c_void);
        pub(super) fn peer_rng(n: c_uint, buf: *mut u8, len: c_uint) -> c_int;
        pub(super) fn peer_memneq(
            place: c_uint,
            n: c_uint,
            a: *const u8,
            b: *const u8,
            len: usize,
        ) -> c_int;
        pub(super) fn peer_memzero(n: c_uint, buf: *mut u8, len: usize) -> c_int;
        pub(super) fn peer_x25519(n: c_uint, theirs: *const u8) -> c_int;
        pub(super) fn peer_ecdh(
            n: c_uint,
            name: *const c_char,
            theirs: *const u8,
            size: c_uint,
        ) -> c_int;
        pub(super) fn peer_dh(
            n: c_uint,
            name: *const c_char,
            theirs: *const u8,
            size: c_uint,
        ) -> c_int;
        pub(super) fn peer_rsa_new(key: *const u8, key_len: c_uint) -> *mut c_void;
        pub(super) fn peer_rsa_refuse(
            tfm: *mut c_void,
            n: c_uint,
            sig: *const u8,
            expected: *const u8,
            size: c_uint,
        ) -> c_int;
        pub(super) fn peer_rsa_free(tfm: *mut c_void);
        pub(super) fn peer_sig_sign(
            tfm: *mut c_void,
            n: c_uint,
            digest: *const u8,
            digest_len: c_uint,
            sig: *mut u8,
            sig_len: c_uint,
        ) -> c_int;
    }
}

/// What seals: the context, how often, the nonce, associated data, and a text with its tag.
type SealFn = unsafe extern "C" fn(
    *mut ffi::c_void,
    ffi::c_uint,
    *const u8,
    *mut u8,
    ffi::c_uint,
    *mut u8,
    ffi::c_uint,
) -> ffi::c_int;

/// Returns a length as C takes it.
fn c_len(len: usize) -> Result<ffi::c_uint> {
    Ok(len.try_into()?)
}

/// Calls `job` with some more bytes on the stack, up to 256.
pub(crate) fn on_stack<F: FnMut()>(bytes: usize, mut job: F) {
    /// # Safety
    ///
    /// `data` is an `F`, which nothing else uses meanwhile.
    unsafe extern "C" fn call<F: FnMut()>(data: *mut ffi::c_void) {
        // SAFETY: By the safety requirements.
        unsafe { (*data.cast::<F>())() }
    }

    // CAST: It is a small number.
    let bytes = bytes.min(256) as ffi::c_uint;

    // SAFETY: `call` is handed the `F` that it is for, which is borrowed until the function returns.
    unsafe { c::peer_on_stack(bytes, call::<F>, (&raw mut job).cast()) };
}

/// An AEAD with its key and its request.
///
/// # Invariants
///
/// `p` was made by `peer_aead_new()`, and nothing else frees it.
pub(crate) struct Aead {
    p: *mut ffi::c_void,
}

impl Aead {
    pub(crate) fn new(name: &CStr, key: &[u8], iv_size: usize) -> Result<Self> {
        let (key_len, iv_len) = (c_len(key.len())?, c_len(iv_size)?);

        // SAFETY: The name ends with a zero byte, and `key` has so many bytes.
        let p = unsafe { c::peer_aead_new(name.as_char_ptr(), key.as_ptr(), key_len, iv_len) };
        if p.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: It was just made.
        Ok(Self { p })
    }

    /// Seals `buf`, which ends with room for the tag. Both it and `aad` are on the heap (`KVec`),
    /// so in the linear map.
    pub(crate) fn seal(
        &mut self,
        n: u32,
        nonce: &[u8; NONCE_SIZE],
        aad: &mut KVec<u8>,
        buf: &mut KVec<u8>,
    ) -> Result {
        // SAFETY: It is one of the two; the request that `p` keeps is borrowed with it, mutably.
        unsafe { self.seal_by(c::peer_aead_seal, n, nonce, aad, buf) }
    }

    /// Seals `buf` as `seal` does, each time with a request that is allocated for it.
    pub(crate) fn seal_shared(
        &self,
        n: u32,
        nonce: &[u8; NONCE_SIZE],
        aad: &mut KVec<u8>,
        buf: &mut KVec<u8>,
    ) -> Result {
        // SAFETY: It is one of the two; the request that `p` keeps is not used.
        unsafe { self.seal_by(c::peer_aead_seal_shared, n, nonce, aad, buf) }
    }

    /// # Safety
    ///
    /// `op` is `peer_aead_seal()`, and nobody else uses the request that `p` keeps, or
    /// `peer_aead_seal_shared()`.
    unsafe fn seal_by(
        &self,
        op: SealFn,
        n: u32,
        nonce: &[u8; NONCE_SIZE],
        aad: &mut KVec<u8>,
        buf: &mut KVec<u8>,
    ) -> Result {
        if buf.len() < TAG_SIZE {
            return Err(EINVAL);
        }
        let (aad_len, len) = (c_len(aad.len())?, c_len(buf.len())?);

        // SAFETY: By the type invariant and the safety requirements. All are valid for as many
        // bytes as is said, the last two for writes, and in the linear map.
        to_result(unsafe {
            op(
                self.p,
                n,
                nonce.as_ptr(),
                aad.as_mut_ptr(),
                aad_len,
                buf.as_mut_ptr(),
                len,
            )
        })
    }

    /// Copies `sealed` to `buf`, and opens it there.
    pub(crate) fn open(
        &mut self,
        n: u32,
        nonce: &[u8; NONCE_SIZE],
        aad: &mut KVec<u8>,
        buf: &mut KVec<u8>,
        sealed: &[u8],
    ) -> Result {
        if buf.len() != sealed.len() {
            return Err(EINVAL);
        }
        let (aad_len, len) = (c_len(aad.len())?, c_len(buf.len())?);

        // SAFETY: As in `seal_by`; `sealed` has as many bytes as `buf`.
        to_result(unsafe {
            c::peer_aead_open(
                self.p,
                n,
                nonce.as_ptr(),
                aad.as_mut_ptr(),
                aad_len,
                buf.as_mut_ptr(),
                len,
                sealed.as_ptr(),
            )
        })
    }
}

impl Aead {
    /// Seals `text` to `out`, which has room for the tag as well.
    pub(crate) fn seal_apart(
        &self,
        n: u32,
        nonce: &[u8; NONCE_SIZE],
        aad: &mut KVec<u8>,
        text: &mut KVec<u8>,
        out: &mut KVec<u8>,
    ) -> Result {
        if out.len() < text.len() + TAG_SIZE {
            return Err(EINVAL);
        }
        let (aad_len, len) = (c_len(aad.len())?, c_len(text.len())?);

        // SAFETY: As in `seal_by`; `out` has room for the text and the tag, and is in the linear
        // map.
        to_result(unsafe {
            c::peer_aead_seal_apart(
                self.p,
                n,
                nonce.as_ptr(),
                aad.as_mut_ptr(),
                aad_len,
                text.as_mut_ptr(),
                len,
                out.as_mut_ptr(),
            )
        })
    }

    /// Seals `text` in place, with the tag elsewhere.
    pub(crate) fn seal_detached(
        &self,
        n: u32,
        nonce: &[u8; NONCE_SIZE],
        aad: &mut KVec<u8>,
        text: &mut KVec<u8>,
        tag: &mut KVec<u8>,
    ) -> Result {
        if tag.len() < TAG_SIZE {
            return Err(EINVAL);
        }
        let (aad_len, len) = (c_len(aad.len())?, c_len(text.len())?);

        // SAFETY: As in `seal_by`; `tag` has room for it, and is in the linear map.
        to_result(unsafe {
            c::peer_aead_seal_detached(
                self.p,
                n,
                nonce.as_ptr(),
                aad.as_mut_ptr(),
                aad_len,
                text.as_mut_ptr(),
                len,
                tag.as_mut_ptr(),
            )
        })
    }
}

impl Drop for Aead {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe { c::peer_aead_free(self.p) };
    }
}

/// A cipher with its key; its requests are on the stack.
///
/// # Invariants
///
/// `p` was made by `peer_skcipher_new()`, and nothing else frees it.
pub(crate) struct Skcipher {
    p: *mut ffi::c_void,
}

impl Skcipher {
    pub(crate) fn new(name: &CStr, key: &[u8]) -> Result<Self> {
        let key_len = c_len(key.len())?;

        // SAFETY: The name ends with a zero byte, and `key` has so many bytes.
        let p = unsafe { c::peer_skcipher_new(name.as_char_ptr(), key.as_ptr(), key_len) };
        if p.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: It was just made.
        Ok(Self { p })
    }

    /// Encrypts `buf`, which is on the heap, in place.
    pub(crate) fn encrypt(&mut self, n: u32, iv: &[u8; 16], buf: &mut KVec<u8>) -> Result {
        let len = c_len(buf.len())?;

        // SAFETY: By the type invariant. `buf` is valid for writes of so many bytes, and in the
        // linear map; no algorithm here takes a larger vector than 16 bytes.
        to_result(unsafe {
            c::peer_skcipher_encrypt(self.p, n, iv.as_ptr(), buf.as_mut_ptr(), len)
        })
    }
}

impl Skcipher {
    /// Decrypts `buf`, which is on the heap, in place.
    pub(crate) fn decrypt(&mut self, n: u32, iv: &[u8; 16], buf: &mut KVec<u8>) -> Result {
        let len = c_len(buf.len())?;

        // SAFETY: As in `encrypt`.
        to_result(unsafe {
            c::peer_skcipher_decrypt(self.p, n, iv.as_ptr(), buf.as_mut_ptr(), len)
        })
    }

    /// Encrypts `from` to `to`, both on the heap.
    pub(crate) fn apart(
        &mut self,
        n: u32,
        iv: &[u8; 16],
        from: &mut KVec<u8>,
        to: &mut KVec<u8>,
    ) -> Result {
        if from.len() != to.len() {
            return Err(EINVAL);
        }
        let len = c_len(from.len())?;

        // SAFETY: As in `encrypt`, for both.
        to_result(unsafe {
            c::peer_skcipher_apart(
                self.p,
                n,
                iv.as_ptr(),
                from.as_mut_ptr(),
                to.as_mut_ptr(),
                len,
            )
        })
    }
}

impl Drop for Skcipher {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe { c::peer_skcipher_free(self.p) };
    }
}

/// A hash, or a MAC with its key.
///
/// # Invariants
///
/// `tfm` was made by `peer_shash_new()`, and nothing else frees it. Its digest has `size` bytes.
pub(crate) struct Hash {
    tfm: *mut ffi::c_void,
    size: usize,
}

impl Hash {
    /// Creates the hash `name`, whose digests have `size` bytes: that is the caller's to know.
    ///
    /// # Safety
    ///
    /// The digests of the hash have at most `size` bytes.
    pub(crate) unsafe fn new(name: &CStr, size: usize, key: Option<&[u8]>) -> Result<Self> {
        let key_len = c_len(key.map_or(0, |key| key.len()))?;
        let key = key.map_or(core::ptr::null(), |key| key.as_ptr());

        // SAFETY: The name ends with a zero byte, and the key, if there is one, has so many bytes.
        let tfm = unsafe { c::peer_shash_new(name.as_char_ptr(), key, key_len) };
        if tfm.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: It was just made, and the caller answers for the size.
        Ok(Self { tfm, size })
    }

    pub(crate) fn digest(&self, n: u32, data: &[u8], out: &mut [u8]) -> Result {
        if out.len() < self.size {
            return Err(EINVAL);
        }
        let len = c_len(data.len())?;

        // SAFETY: By the type invariants; `data` has so many bytes, and a digest fits in `out`.
        to_result(unsafe {
            c::peer_shash_digest(self.tfm, n, data.as_ptr(), len, out.as_mut_ptr())
        })
    }

    pub(crate) fn digest_halves(&self, n: u32, data: &[u8], out: &mut [u8]) -> Result {
        if out.len() < self.size {
            return Err(EINVAL);
        }
        let len = c_len(data.len())?;

        // SAFETY: As in `digest`.
        to_result(unsafe { c::peer_shash_parts(self.tfm, n, data.as_ptr(), len, out.as_mut_ptr()) })
    }
}

impl Hash {
    /// Makes a digest with a descriptor on the heap.
    pub(crate) fn digest_heap(&self, n: u32, data: &[u8], out: &mut [u8]) -> Result {
        if out.len() < self.size {
            return Err(EINVAL);
        }
        let len = c_len(data.len())?;

        // SAFETY: As in `digest`.
        to_result(unsafe { c::peer_shash_heap(self.tfm, n, data.as_ptr(), len, out.as_mut_ptr()) })
    }
}

impl Drop for Hash {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, and it is not used again.
        unsafe { c::peer_shash_free(self.tfm) };
    }
}

/// A key for signatures.
///
/// # Invariants
///
/// `tfm` was made by `peer_sig_new()`, and nothing else frees it.
pub(crate) struct SigKey {
    tfm: *mut ffi::c_void,
}

impl SigKey {
    pub(crate) fn public(name: &CStr, key: &[u8]) -> Result<Self> {
        Self::new(name, false, key)
    }

    pub(crate) fn private(name: &CStr, key: &[u8]) -> Result<Self> {
        Self::new(name, true, key)
    }

    fn new(name: &CStr, private: bool, key: &[u8]) -> Result<Self> {
        let key_len = c_len(key.len())?;

        // SAFETY: The name ends with a zero byte, and `key` has so many bytes.
        let tfm = unsafe { c::peer_sig_new(name.as_char_ptr(), private, key.as_ptr(), key_len) };
        if tfm.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: It was just made.
        Ok(Self { tfm })
    }

    /// Verifies a signature that is wrong.
    pub(crate) fn refuse(&self, n: u32, digest: &[u8], sig: &[u8]) -> Result {
        let (sig_len, digest_len) = (c_len(sig.len())?, c_len(digest.len())?);

        // SAFETY: By the type invariant; both slices have so many bytes.
        to_result(unsafe {
            c::peer_sig_refuse(
                self.tfm,
                n,
                sig.as_ptr(),
                sig_len,
                digest.as_ptr(),
                digest_len,
            )
        })
    }

    /// Signs; of no use with a public key, which gives an error.
    pub(crate) fn sign(&self, n: u32, digest: &[u8], sig: &mut [u8]) -> Result {
        let (sig_len, digest_len) = (c_len(sig.len())?, c_len(digest.len())?);

        // SAFETY: By the type invariant; both slices have so many bytes.
        to_result(unsafe {
            c::peer_sig_sign(
                self.tfm,
                n,
                digest.as_ptr(),
                digest_len,
                sig.as_mut_ptr(),
                sig_len,
            )
        })
    }
}

impl Drop for SigKey {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe { c::peer_sig_free(self.tfm) };
    }
}

/// A public key of RSA, with its operation and no more.
///
/// # Invariants
///
/// `tfm` was made by `peer_rsa_new()`, and nothing else frees it. Its modulus has `size` bytes.
pub(crate) struct Rsa {
    tfm: *mut ffi::c_void,
    size: usize,
}

impl Rsa {
    /// # Safety
    ///
    /// `key` is a DER `RSAPublicKey` whose modulus has `size` bytes.
    pub(crate) unsafe fn new(key: &[u8], size: usize) -> Result<Self> {
        let key_len = c_len(key.len())?;

        // SAFETY: `key` has so many bytes.
        let tfm = unsafe { c::peer_rsa_new(key.as_ptr(), key_len) };
        if tfm.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: It was just made, and the caller answers for the size.
        Ok(Self { tfm, size })
    }

    /// Raises `sig` to the public exponent, and compares what comes out with what does not.
    pub(crate) fn refuse(&self, n: u32, sig: &[u8], expected: &[u8]) -> Result {
        if sig.len() != self.size || expected.len() != self.size {
            return Err(EINVAL);
        }
        let size = c_len(self.size)?;

        // SAFETY: By the type invariants; both slices have so many bytes.
        to_result(unsafe { c::peer_rsa_refuse(self.tfm, n, sig.as_ptr(), expected.as_ptr(), size) })
    }
}

impl Drop for Rsa {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, and it is not used again.
        unsafe { c::peer_rsa_free(self.tfm) };
    }
}

pub(crate) fn fill(n: u32, buf: &mut [u8]) -> Result {
    let len = c_len(buf.len())?;

    // SAFETY: `buf` is valid for writes of so many bytes.
    to_result(unsafe { c::peer_rng(n, buf.as_mut_ptr(), len) })
}

/// `place` says which of several copies of the loop it is.
pub(crate) fn equal(place: u32, n: u32, a: &[u8], b: &[u8]) -> Result {
    if a.len() != b.len() {
        return Err(EINVAL);
    }

    // SAFETY: Both have so many bytes.
    to_result(unsafe { c::peer_memneq(place, n, a.as_ptr(), b.as_ptr(), a.len()) })
}

pub(crate) fn wipe(n: u32, buf: &mut [u8]) -> Result {
    // SAFETY: `buf` is valid for writes of so many bytes.
    to_result(unsafe { c::peer_memzero(n, buf.as_mut_ptr(), buf.len()) })
}

pub(crate) fn x25519(n: u32, theirs: &[u8; 32]) -> Result {
    // SAFETY: A key has 32 bytes.
    to_result(unsafe { c::peer_x25519(n, theirs.as_ptr()) })
}

/// `theirs` is a point, both coordinates, on the curve of the algorithm `name`.
pub(crate) fn ecdh(n: u32, name: &CStr, theirs: &[u8]) -> Result {
    let size = c_len(theirs.len() / 2)?;

    // SAFETY: The name ends with a zero byte, and `theirs` has two coordinates of that size. The
    // API writes no more than the lengths that it is given.
    to_result(unsafe { c::peer_ecdh(n, name.as_char_ptr(), theirs.as_ptr(), size) })
}

/// `theirs` is a public key of the group of the algorithm `name`.
pub(crate) fn dh(n: u32, name: &CStr, theirs: &[u8]) -> Result {
    let size = c_len(theirs.len())?;

    // SAFETY: The name ends with a zero byte, and `theirs` has so many bytes. The API writes no more
    // than the lengths that it is given.
    to_result(unsafe { c::peer_dh(n, name.as_char_ptr(), theirs.as_ptr(), size) })
}
