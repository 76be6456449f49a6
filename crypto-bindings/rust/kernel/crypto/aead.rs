// SPDX-License-Identifier: GPL-2.0

//! Authenticated encryption with associated data.
//!
//! An [`Aead`] is an algorithm with its key. It seals and opens messages in place, on `&self`, so
//! on many CPUs at once. There is nothing to it but what protocols such as TLS 1.3 and QUIC use: a
//! nonce of 12 bytes and a tag of 16.
//!
//! All of it may be called in process and softirq context, but for what creates an [`Aead`] or sets
//! its key, which may sleep.
//!
//! Slices may lie in any kind of memory, which the C API does not take as it is; see the C function
//! `sg_set_buf()`.
//!
//! C header: [`include/crypto/aead.h`](srctree/include/crypto/aead.h)
//!
//! # Examples
//!
//! ```
//! use kernel::crypto::aead::{
//!     Aead,
//!     AeadAlgorithm,
//!     TAG_SIZE, //
//! };
//!
//! let aead = Aead::new(AeadAlgorithm::Aes128Gcm, &[0x42; 16])?;
//! let nonce = [0; 12];
//!
//! let mut buf = [0; 5 + TAG_SIZE];
//! buf[..5].copy_from_slice(b"hello");
//! aead.seal_in_place(&nonce, b"header", &mut buf)?;
//! assert_eq!(aead.open_in_place(&nonce, b"header", &mut buf)?, b"hello");
//! # Ok::<(), Error>(())
//! ```

use crate::{
    bindings,
    crypto::{
        scatterlist::{
            total_len,
            HeadedList,
            Part,
            SgList,
            SgStorage, //
        },
        secret::{
            zeroize,
            SecretVec, //
        }, //
    },
    error::{
        from_err_ptr,
        to_result, //
    },
    ffi,
    prelude::*,
    str::CStr,
    sync::atomic::{
        ordering::{
            Acquire,
            Release, //
        },
        AtomicFlag, //
    },
};
use core::{
    ops::Deref,
    ptr::{
        null_mut,
        NonNull, //
    },
};

/// The size of a nonce, in bytes.
pub const NONCE_SIZE: usize = 12;

/// The size of a tag, in bytes.
pub const TAG_SIZE: usize = 16;

/// The most bytes of associated data that are copied to the stack, and not to the heap.
///
/// The header of a TLS record has 5 bytes, that of a QUIC packet seldom more than 50.
const MAX_SHORT_AAD: usize = 64;

/// The algorithms.
///
/// # Examples
///
/// ```
/// use kernel::crypto::aead::AeadAlgorithm;
///
/// assert_eq!(AeadAlgorithm::Aes256Gcm.key_size(), 32);
/// assert_eq!(AeadAlgorithm::Aes256Gcm.name(), c"gcm(aes)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AeadAlgorithm {
    /// AES-128 in Galois/Counter Mode, `AEAD_AES_128_GCM` of RFC 5116.
    Aes128Gcm,
    /// AES-256 in Galois/Counter Mode, `AEAD_AES_256_GCM` of RFC 5116.
    Aes256Gcm,
    /// AES-128 in Counter with CBC-MAC mode, `AEAD_AES_128_CCM` of RFC 5116.
    Aes128Ccm,
    /// ChaCha20 and Poly1305, `AEAD_CHACHA20_POLY1305` of RFC 8439.
    ChaCha20Poly1305,
}

impl AeadAlgorithm {
    /// Returns the size of a key, in bytes.
    #[inline]
    pub const fn key_size(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Ccm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }

    /// Returns the name that the C side knows the algorithm by.
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => c"gcm(aes)",
            Self::Aes128Ccm => c"ccm(aes)",
            Self::ChaCha20Poly1305 => c"rfc7539(chacha20,poly1305)",
        }
    }

    /// Returns the longest text, in bytes, where that is less than any text can be here.
    const fn max_text(self) -> usize {
        match self {
            // With a nonce of 12 bytes 3 are left for the length (RFC 3610). The C side takes one
            // more, as a text of no bytes.
            Self::Aes128Ccm => (1 << 24) - 1,
            // 2^36 - 32 and 2^38 - 64 bytes.
            Self::Aes128Gcm | Self::Aes256Gcm | Self::ChaCha20Poly1305 => usize::MAX,
        }
    }

    /// Returns the size that the initialisation vector has on the C side.
    const fn iv_size(self) -> ffi::c_uint {
        match self {
            Self::Aes128Ccm => 16,
            Self::Aes128Gcm | Self::Aes256Gcm | Self::ChaCha20Poly1305 => 12,
        }
    }

    /// Makes `iv`, which is all zeroes, the vector that the C side takes for a nonce.
    #[inline]
    fn set_iv(self, iv: &mut Iv, nonce: &[u8; NONCE_SIZE]) {
        let at = match self {
            Self::Aes128Ccm => {
                // RFC 3610: one less than the size of the length.
                iv.0[0] = 15 - NONCE_SIZE as u8 - 1;
                1
            }
            Self::Aes128Gcm | Self::Aes256Gcm | Self::ChaCha20Poly1305 => 0,
        };

        if let Some(place) = iv.0.get_mut(at..at + NONCE_SIZE) {
            place.copy_from_slice(nonce);
        }
    }
}

/// An initialisation vector. The C side may count in it.
///
/// It is aligned, so that algorithms use it as it is.
#[repr(C, align(16))]
struct Iv([u8; 16]);

/// An algorithm with its key, ready for use.
///
/// There is none without a key. The key is wiped when the value is dropped (by the C side).
///
/// This corresponds to a `struct crypto_aead`, of a synchronous implementation. Creating one looks
/// the algorithm up by its name, so it is meant to be kept.
///
/// # Invariants
///
/// - `tfm` is of the algorithm `alg`, synchronous, with tags of [`TAG_SIZE`].
/// - `request` is for `tfm`. Who has set `busy` is the only one to use it, until they clear `busy`.
///
/// # Examples
///
/// ```
/// use kernel::crypto::aead::{
///     Aead,
///     AeadAlgorithm,
///     TAG_SIZE, //
/// };
///
/// let aead = Aead::new(AeadAlgorithm::ChaCha20Poly1305, &[0x42; 32])?;
/// let nonce = [0; 12];
///
/// let mut buf = [0; TAG_SIZE];
/// aead.seal_in_place(&nonce, b"nothing but a header", &mut buf)?;
///
/// // A forgery is found, and nothing of it kept.
/// assert_eq!(aead.open_in_place(&nonce, b"another header", &mut buf), Err(EBADMSG));
/// assert_eq!(buf, [0; TAG_SIZE]);
/// # Ok::<(), Error>(())
/// ```
pub struct Aead {
    // Dropped in this order.
    request: Request,
    tfm: Tfm,
    alg: AeadAlgorithm,
    busy: AtomicFlag,
}

// SAFETY: A `crypto_aead` belongs to no thread, and may be freed by any; so may a request.
unsafe impl Send for Aead {}

// SAFETY: What takes `&self` only reads the `crypto_aead`: the C API keeps all that an operation
// changes in its request, which one operation at a time has, by the type invariants. Setting the
// key takes `&mut self`.
unsafe impl Sync for Aead {}

impl Aead {
    /// Creates an AEAD of the given algorithm with the given key.
    ///
    /// It may sleep, and load a module.
    ///
    /// This corresponds to the C functions `crypto_alloc_aead()`, `crypto_aead_setauthsize()` and
    /// `crypto_aead_setkey()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if `key` has not the size of a key of the algorithm.
    /// - Those of `crypto_alloc_aead()`: `ENOENT` if the kernel has no such algorithm, `ENOMEM`.
    /// - Those of [`Aead::set_key`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     AeadAlgorithm, //
    /// };
    ///
    /// assert!(Aead::new(AeadAlgorithm::Aes256Gcm, &[0x42; 32]).is_ok());
    /// assert!(Aead::new(AeadAlgorithm::Aes256Gcm, &[0x42; 16]).is_err());
    /// ```
    pub fn new(alg: AeadAlgorithm, key: &[u8]) -> Result<Self> {
        if key.len() != alg.key_size() {
            return Err(EINVAL);
        }

        let tfm = Tfm::new(alg.name())?;

        // SAFETY: By the type invariant of `Tfm`.
        if unsafe { bindings::crypto_aead_ivsize(tfm.as_ptr()) } != alg.iv_size() {
            return Err(EINVAL);
        }
        // SAFETY: By the type invariant of `Tfm`.
        to_result(unsafe {
            bindings::crypto_aead_setauthsize(tfm.as_ptr(), TAG_SIZE as ffi::c_uint)
        })?;

        // INVARIANT: It is an instance of the algorithm by its name, the size of its tags was set
        // above, and nobody uses the request yet.
        let mut aead = Self {
            request: Request::new(&tfm, GFP_KERNEL)?,
            tfm,
            alg,
            busy: AtomicFlag::new(false),
        };

        aead.set_key(key)?;
        Ok(aead)
    }

    /// Changes the key.
    ///
    /// It may sleep. If it fails in the C function there is no key any more, and each operation
    /// gives `ENOKEY` until one is set.
    ///
    /// This corresponds to the C function `crypto_aead_setkey()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if `key` has not the size of a key of the algorithm; the key that was set stays.
    /// - What the algorithm gives, such as `ENOMEM`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     AeadAlgorithm, //
    /// };
    ///
    /// let mut aead = Aead::new(AeadAlgorithm::Aes128Ccm, &[0x42; 16])?;
    ///
    /// aead.set_key(&[0x43; 16])?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_key(&mut self, key: &[u8]) -> Result {
        if key.len() != self.alg.key_size() {
            return Err(EINVAL);
        }

        // SAFETY: By the type invariant; `key` is valid for reads of its length, which fits. No
        // operation runs at the same time, because `self` is borrowed mutably. The C side takes the
        // key by its virtual address, wherever it lies.
        to_result(unsafe {
            bindings::crypto_aead_setkey(self.tfm.as_ptr(), key.as_ptr(), key.len() as ffi::c_uint)
        })
    }

    /// Returns the algorithm.
    #[inline]
    pub fn algorithm(&self) -> AeadAlgorithm {
        self.alg
    }

    /// Encrypts the text in `buf` in place, and puts the tag, of the text and of `aad`, behind it.
    ///
    /// `buf` is the text, followed by room for a tag: the last [`TAG_SIZE`] bytes, whatever they
    /// were, become the tag. Both text and `aad` may be empty.
    ///
    /// A nonce must not be used twice with a key. (That is a rule of the algorithms; nothing
    /// becomes unsound by it, but secrets get out.)
    ///
    /// Memory is allocated only if another operation on the same value runs at the same time, if
    /// `aad` has more than 64 bytes, or if `buf` takes more than a few pages in `vmalloc()` memory.
    ///
    /// This corresponds to the C function `crypto_aead_encrypt()`.
    ///
    /// # Errors
    ///
    /// With these `buf` is as it was:
    ///
    /// - `EINVAL` if `buf` is shorter than a tag.
    /// - `EMSGSIZE` if the text is longer than the algorithm takes: 2^24 - 1 bytes for CCM.
    /// - `EOVERFLOW` if `aad` and `buf` are longer than [`i32::MAX`] together.
    /// - `ENOMEM` if memory is needed and there is none.
    ///
    /// With these `buf` is all zeroes:
    ///
    /// - `ENOKEY` if [`Aead::set_key`] failed before.
    /// - What the algorithm gives; those in software do not fail but for `ENOMEM`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     AeadAlgorithm, //
    /// };
    ///
    /// let aead = Aead::new(AeadAlgorithm::Aes128Gcm, &[0; 16])?;
    /// let mut buf = [0; 16 + 16];
    ///
    /// aead.seal_in_place(&[0; 12], &[], &mut buf)?;
    /// assert_eq!(buf[..4], [0x03, 0x88, 0xda, 0xce]);
    /// assert_eq!(buf[16..20], [0xab, 0x6e, 0x47, 0xd4]);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn seal_in_place(&self, nonce: &[u8; NONCE_SIZE], aad: &[u8], buf: &mut [u8]) -> Result {
        let text = buf.len().checked_sub(TAG_SIZE).ok_or(EINVAL)?;

        self.check_text(text)?;
        self.crypt(nonce, aad, buf, text, bindings::crypto_aead_encrypt)
    }

    /// Checks the tag at the end of `buf`, decrypts what is before it in place, and returns that.
    ///
    /// This corresponds to the C function `crypto_aead_decrypt()`. Memory is allocated as by
    /// [`Aead::seal_in_place`].
    ///
    /// # Errors
    ///
    /// With these `buf` is as it was:
    ///
    /// - `EINVAL` if `buf` is shorter than a tag.
    /// - `EMSGSIZE` if the text is longer than the algorithm takes: 2^24 - 1 bytes for CCM.
    /// - `EOVERFLOW` if `aad` and `buf` are longer than [`i32::MAX`] together.
    /// - `ENOMEM` if memory is needed and there is none.
    ///
    /// With these `buf` is all zeroes, so no byte of a forged text is seen:
    ///
    /// - `EBADMSG` if the tag is wrong: `buf`, `aad`, the nonce or the key is not that of the seal.
    /// - `ENOKEY` if [`Aead::set_key`] failed before.
    /// - What the algorithm gives; those in software do not fail but for `ENOMEM`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     AeadAlgorithm, //
    /// };
    ///
    /// let aead = Aead::new(AeadAlgorithm::Aes128Gcm, &[0; 16])?;
    /// let mut buf = [7; 4 + 16];
    ///
    /// aead.seal_in_place(&[1; 12], &[], &mut buf)?;
    /// assert_eq!(aead.open_in_place(&[1; 12], &[], &mut buf)?, &[7; 4]);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn open_in_place<'a>(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        buf: &'a mut [u8],
    ) -> Result<&'a mut [u8]> {
        let text = buf.len().checked_sub(TAG_SIZE).ok_or(EINVAL)?;

        self.check_text(text)?;
        self.crypt(nonce, aad, buf, buf.len(), bindings::crypto_aead_decrypt)?;
        buf.get_mut(..text).ok_or(EINVAL)
    }

    #[inline]
    fn check_text(&self, len: usize) -> Result {
        if len <= self.alg.max_text() {
            Ok(())
        } else {
            Err(EMSGSIZE)
        }
    }

    /// Runs `op`, which is `crypto_aead_encrypt()` or `crypto_aead_decrypt()`, on the first
    /// `crypt_len` bytes of `buf`: all but the room of a tag for the former, all for the latter.
    fn crypt(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        buf: &mut [u8],
        crypt_len: usize,
        op: unsafe extern "C" fn(*mut bindings::aead_request) -> ffi::c_int,
    ) -> Result {
        total_len([aad.len(), buf.len()])?;

        // CAST: Both are at most that sum.
        let (aad_len, crypt_len) = (aad.len() as ffi::c_uint, crypt_len as ffi::c_uint);
        let mut iv = Iv([0; 16]);
        self.alg.set_iv(&mut iv, nonce);
        let request = self.request()?;

        // An implementation may write to the associated data of its destination, be it that it puts
        // back what was there (that of `gcm(aes)` for s390 does so). `aad` may be constant, or be
        // read by others at the same time, so it is given a copy.
        //
        // SAFETY: The request is lent to this operation only, as is `buf`, which is not looked at
        // before the operation is over. The lengths were checked.
        let ret = if let Some(list) = unsafe { request.list.fill(aad, buf) } {
            // SAFETY: The request is lent to this operation only, and for `self.tfm`. The list has
            // the copy of the associated data and the bytes of `buf`, as many as are said here and
            // as many more as the operation puts out, which is the tag of a seal. The vector has
            // the size that the algorithm takes, as `new` checked.
            unsafe { request.run(op, list, aad_len, crypt_len, &mut iv) }
        } else {
            let mut storage = SgStorage::new();
            let mut short = [0; MAX_SHORT_AAD];
            let mut long;
            let copy = match short.get_mut(..aad.len()) {
                Some(copy) => {
                    copy.copy_from_slice(aad);
                    copy
                }
                None => {
                    long = SecretVec::from_slice(aad, GFP_ATOMIC)?;
                    long.as_mut_bytes()
                }
            };
            let mut list = SgList::new(&mut storage, [Part::from(copy), Part::from(&mut *buf)])?;

            // SAFETY: As above. The list is dropped after the operation.
            unsafe { request.run(op, list.as_ptr(), aad_len, crypt_len, &mut iv) }
        };

        drop(request);
        to_result(ret).inspect_err(|_| zeroize(buf))
    }

    /// Returns the request that is kept, or another one if that is in use.
    #[inline]
    fn request(&self) -> Result<Lease<'_>> {
        let other = if self.busy.xchg(true, Acquire) {
            Some(Request::new(&self.tfm, GFP_ATOMIC)?)
        } else {
            None
        };

        // INVARIANT: `busy` was clear, and this set it.
        Ok(Lease { aead: self, other })
    }
}

/// The right to use a request.
///
/// # Invariants
///
/// Unless there is `other`, this has set `busy` of `aead`.
struct Lease<'a> {
    aead: &'a Aead,
    other: Option<Request>,
}

impl Deref for Lease<'_> {
    type Target = Request;

    #[inline]
    fn deref(&self) -> &Request {
        self.other.as_ref().unwrap_or(&self.aead.request)
    }
}

impl Drop for Lease<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.other.is_none() {
            self.aead.busy.store(false, Release);
        }
    }
}

/// An owned `struct crypto_aead`.
///
/// # Invariants
///
/// It is a valid `crypto_aead`, synchronous, that nothing else frees.
struct Tfm(NonNull<bindings::crypto_aead>);

impl Tfm {
    fn new(name: &CStr) -> Result<Self> {
        // SAFETY: The name is a string that ends with a zero byte.
        let tfm = from_err_ptr(unsafe {
            bindings::crypto_alloc_aead(name.as_char_ptr(), 0, bindings::CRYPTO_ALG_ASYNC)
        })?;

        // INVARIANT: It was just allocated, and the mask excludes what is asynchronous.
        Ok(Self(NonNull::new(tfm).ok_or(ENOMEM)?))
    }

    #[inline]
    fn as_ptr(&self) -> *mut bindings::crypto_aead {
        self.0.as_ptr()
    }
}

impl Drop for Tfm {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe { bindings::crypto_free_aead(self.as_ptr()) };
    }
}

/// A request, and what else an operation needs that is in the linear map.
///
/// It cannot be on the stack, although the implementation is synchronous: templates such as
/// `gcm_base()` put parts of their context, which is in the request, in scatterlists with
/// `sg_set_buf()`, which a stack in `vmalloc()` memory is not fit for. So an [`Aead`] keeps one.
/// Further ones are allocated for operations that run at the same time.
///
/// What an operation leaves in it is wiped when it is dropped, by `aead_request_free()`. Until then
/// it is not more secret than the key, which is kept as long.
///
/// # Invariants
///
/// `req` is a request, without a callback, that nothing else frees.
struct Request {
    req: NonNull<bindings::aead_request>,
    list: HeadedList<MAX_SHORT_AAD>,
}

impl Request {
    /// Creates a request for `tfm`, which has to outlive its use.
    fn new(tfm: &Tfm, flags: crate::alloc::Flags) -> Result<Self> {
        let list = HeadedList::new(flags)?;

        // SAFETY: By the type invariant of `Tfm`.
        let req = unsafe { bindings::aead_request_alloc(tfm.as_ptr(), flags.as_raw()) };
        let req = NonNull::new(req).ok_or(ENOMEM)?;
        // SAFETY: It was just allocated.
        unsafe { bindings::aead_request_set_callback(req.as_ptr(), 0, None, null_mut()) };

        // INVARIANT: It was just allocated, and the callback set to none.
        Ok(Self { req, list })
    }

    /// Runs `op`, which is `crypto_aead_encrypt()` or `crypto_aead_decrypt()`.
    ///
    /// # Safety
    ///
    /// - Nobody else uses the request. The instance that it was made for is still there.
    /// - `list` is a scatterlist of `aad_len` bytes of associated data, and then `crypt_len` bytes
    ///   and as many more as `op` puts out; they may be read and written until this returns.
    /// - `iv` is what the algorithm takes.
    #[inline]
    unsafe fn run(
        &self,
        op: unsafe extern "C" fn(*mut bindings::aead_request) -> ffi::c_int,
        list: *mut bindings::scatterlist,
        aad_len: ffi::c_uint,
        crypt_len: ffi::c_uint,
        iv: &mut Iv,
    ) -> ffi::c_int {
        let req = self.req.as_ptr();

        // What `aead_request_set_ad()` and `aead_request_set_crypt()` do.
        //
        // SAFETY: By the type invariants and the safety requirements nobody else uses the request.
        unsafe {
            (*req).assoclen = aad_len;
            (*req).cryptlen = crypt_len;
            (*req).iv = iv.0.as_mut_ptr();
            (*req).src = list;
            (*req).dst = list;
        }

        // SAFETY: By the safety requirements and the type invariants. The operation is over when
        // `op` returns, as the implementation is synchronous (so there is nothing to complete, and
        // no callback).
        //
        // The bytes are reached through the pages that map them. Their addresses were handed to the
        // C side to find these, so the compiler has to reckon with `op` changing them.
        unsafe { op(req) }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, and it is not used again.
        unsafe { bindings::aead_request_free(self.req.as_ptr()) };
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_aead)]
mod tests {
    use super::*;
    use crate::{
        crypto::secret::testing::{
            everywhere,
            hex, //
        },
        page::PAGE_SIZE, //
    };
    use AeadAlgorithm::*;

    const ALL: [AeadAlgorithm; 4] = [Aes128Gcm, Aes256Gcm, Aes128Ccm, ChaCha20Poly1305];

    static CONSTANT: [u8; 300] = [0x61; 300];

    fn with_key(alg: AeadAlgorithm) -> Result<Aead> {
        Aead::new(alg, [0x42; 32].get(..alg.key_size()).ok_or(EINVAL)?)
    }

    struct Vector<'a> {
        alg: AeadAlgorithm,
        key: &'a [u8],
        nonce: [u8; NONCE_SIZE],
        aad: &'a [u8],
        text: &'a [u8],
        sealed: &'a [u8],
    }

    const GCM_KEY: [u8; 32] =
        hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const GCM_NONCE: [u8; 12] = hex("cafebabefacedbaddecaf888");
    const GCM_AAD: [u8; 20] = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const GCM_TEXT: [u8; 64] = hex("\
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255");

    const CCM_KEY: [u8; 16] = hex("404142434445464748494a4b4c4d4e4f");
    const CCM_NONCE: [u8; 12] = hex("101112131415161718191a1b");
    const CCM_AAD: [u8; 20] = hex("000102030405060708090a0b0c0d0e0f10111213");
    const CCM_TEXT: [u8; 24] = hex("202122232425262728292a2b2c2d2e2f3031323334353637");

    fn check(v: &Vector<'_>) -> Result {
        let aead = Aead::new(v.alg, v.key)?;
        let mut buf = KVec::new();

        buf.extend_from_slice(v.text, GFP_KERNEL)?;
        // What is in the room of the tag has no effect.
        buf.extend_from_slice(&[0x5a; TAG_SIZE], GFP_KERNEL)?;
        aead.seal_in_place(&v.nonce, v.aad, &mut buf)?;
        if buf[..] != *v.sealed {
            return Err(EBADMSG);
        }
        if aead.open_in_place(&v.nonce, v.aad, &mut buf)? != v.text {
            return Err(EBADMSG);
        }
        Ok(())
    }

    #[test]
    fn gcm() -> Result {
        // Test cases 1 to 4 and 13 to 16 of the submission of GCM to NIST, which SP 800-38D
        // refers to.
        let zero = Vector {
            alg: Aes128Gcm,
            key: &[0; 16],
            nonce: [0; 12],
            aad: &[],
            text: &[],
            sealed: &hex::<16>("58e2fccefa7e3061367f1d57a4e7455a"),
        };
        check(&zero)?;
        check(&Vector {
            text: &[0; 16],
            sealed: &hex::<32>("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"),
            ..zero
        })?;
        check(&Vector {
            alg: Aes256Gcm,
            key: &[0; 32],
            sealed: &hex::<16>("530f8afbc74536b9a963b4f1c4cb738b"),
            ..zero
        })?;
        check(&Vector {
            alg: Aes256Gcm,
            key: &[0; 32],
            text: &[0; 16],
            sealed: &hex::<32>("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
            ..zero
        })?;

        let long = Vector {
            alg: Aes128Gcm,
            key: &GCM_KEY[..16],
            nonce: GCM_NONCE,
            aad: &[],
            text: &GCM_TEXT,
            sealed: &hex::<80>(
                "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
                 21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985\
                 4d5c2af327cd64a62cf35abd2ba6fab4",
            ),
        };
        check(&long)?;
        check(&Vector {
            aad: &GCM_AAD,
            text: &GCM_TEXT[..60],
            sealed: &hex::<76>(
                "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
                 21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091\
                 5bc94fbc3221a5db94fae95ae7121a47",
            ),
            ..long
        })?;
        check(&Vector {
            alg: Aes256Gcm,
            key: &GCM_KEY,
            sealed: &hex::<80>(
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad\
                 b094dac5d93471bdec1a502270e3cc6c",
            ),
            ..long
        })?;
        check(&Vector {
            alg: Aes256Gcm,
            key: &GCM_KEY,
            aad: &GCM_AAD,
            text: &GCM_TEXT[..60],
            sealed: &hex::<76>(
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
                 76fc6ece0f4e1768cddf8853bb2d551b",
            ),
            ..long
        })
    }

    #[test]
    fn ccm() -> Result {
        // Key, nonce, associated data and text of example 3 of SP 800-38C, hence its ciphertext.
        // Its tag is one of 8 bytes; those of 16 here were made with OpenSSL.
        let example = Vector {
            alg: Aes128Ccm,
            key: &CCM_KEY,
            nonce: CCM_NONCE,
            aad: &CCM_AAD,
            text: &CCM_TEXT,
            sealed: &hex::<40>(
                "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5\
                 c87ae488918de93f17dd3e4934347f44",
            ),
        };
        check(&example)?;
        check(&Vector {
            aad: &[],
            sealed: &hex::<40>(
                "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5\
                 536382daec4bf5a71015d8031a451a92",
            ),
            ..example
        })?;
        check(&Vector {
            text: &[],
            sealed: &hex::<16>("551d5d5f39de73135b5b67518627e990"),
            ..example
        })?;
        check(&Vector {
            aad: &[],
            text: &[],
            sealed: &hex::<16>("538f76630f36a98a2f502d9b23d86343"),
            ..example
        })?;

        // Associated data so long that its length is coded in another way: the bytes 0 to 255, 256
        // times, as in example 4.
        let mut aad = KVVec::with_capacity(1 << 16, GFP_KERNEL)?;
        for i in 0..1u32 << 16 {
            aad.push(i as u8, GFP_KERNEL)?;
        }
        check(&Vector {
            aad: &aad,
            sealed: &hex::<40>(
                "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5\
                 342dcb39ae8afe0108aa9ce3fa2b74ec",
            ),
            ..example
        })
    }

    #[test]
    fn chacha20_poly1305() -> Result {
        // Section 2.8.2 of RFC 8439.
        check(&Vector {
            alg: ChaCha20Poly1305,
            key: &hex::<32>("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
            nonce: hex("070000004041424344454647"),
            aad: &hex::<12>("50515253c0c1c2c3c4c5c6c7"),
            text: b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip \
                    for the future, sunscreen would be it.",
            sealed: &hex::<130>(
                "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6\
                 3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36\
                 92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc\
                 3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060\
                 0691",
            ),
        })
    }

    /// What `text` is sealed to, with `aad`, all of it on the heap.
    fn sealed(aead: &Aead, aad: &[u8], text: &[u8]) -> Result<KVec<u8>> {
        let mut copy = KVec::with_capacity(aad.len(), GFP_KERNEL)?;
        let mut buf = KVec::with_capacity(text.len() + TAG_SIZE, GFP_KERNEL)?;

        copy.extend_from_slice(aad, GFP_KERNEL)?;
        buf.extend_from_slice(text, GFP_KERNEL)?;
        buf.extend_from_slice(&[0; TAG_SIZE], GFP_KERNEL)?;
        aead.seal_in_place(&[7; 12], &copy, &mut buf)?;
        Ok(buf)
    }

    fn round_trip(aead: &Aead, aad: &[u8], buf: &mut [u8], expected: &[u8]) -> Result {
        let text = buf.len() - TAG_SIZE;

        buf.fill(0x61);
        aead.seal_in_place(&[7; 12], aad, buf)?;
        if buf != expected {
            return Err(EBADMSG);
        }
        let opened = aead.open_in_place(&[7; 12], aad, buf)?;
        if opened.len() != text || opened.iter().any(|b| *b != 0x61) {
            return Err(EBADMSG);
        }
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        for alg in ALL {
            let aead = with_key(alg)?;

            for len in [0, 1, 16, 64, 100] {
                let constant = sealed(&aead, &CONSTANT, &CONSTANT[..len])?;
                let empty = sealed(&aead, &[], &CONSTANT[..len])?;

                everywhere(len + TAG_SIZE, |buf| {
                    round_trip(&aead, &CONSTANT, buf, &constant)?;
                    round_trip(&aead, &[], buf, &empty)
                })?;
            }

            // The associated data.
            let expected = sealed(&aead, &CONSTANT[..50], &CONSTANT[..20])?;
            everywhere(50, |aad| {
                aad.fill(0x61);
                round_trip(&aead, aad, &mut [0; 20 + TAG_SIZE], &expected)
            })?;
        }
        Ok(())
    }

    #[test]
    fn many_pages() -> Result {
        for alg in ALL {
            let aead = with_key(alg)?;
            let text = KVVec::from_elem(0x61, 70 * PAGE_SIZE, GFP_KERNEL)?;
            let mut pages = VVec::from_elem(0, 72 * PAGE_SIZE, GFP_KERNEL)?;

            // A TLS record, one that just needs more entries than the stack has, and more pages
            // than a page describes.
            for len in [1 << 14, 9 * PAGE_SIZE, 70 * PAGE_SIZE] {
                let expected = sealed(&aead, &CONSTANT[..5], &text[..len])?;

                for at in [0, 1, PAGE_SIZE - 1] {
                    let buf = &mut pages[at..at + len + TAG_SIZE];
                    round_trip(&aead, &CONSTANT[..5], buf, &expected)?;
                }
            }
        }
        Ok(())
    }

    #[test]
    fn forgeries() -> Result {
        const LEN: usize = 20 + TAG_SIZE;

        for alg in ALL {
            let aead = with_key(alg)?;
            let (aad, nonce) = ([0x33u8; 13], [7u8; 12]);
            let genuine = sealed(&aead, &aad, &CONSTANT[..20])?;

            for i in 0..LEN {
                for bit in 0..8 {
                    let mut buf = [0; LEN];

                    buf.copy_from_slice(&genuine);
                    buf[i] ^= 1 << bit;
                    assert_eq!(aead.open_in_place(&nonce, &aad, &mut buf), Err(EBADMSG));
                    assert!(buf == [0; LEN]);
                }
            }
            for i in 0..aad.len() {
                let (mut buf, mut aad) = ([0; LEN], aad);

                buf.copy_from_slice(&genuine);
                aad[i] ^= 1;
                assert_eq!(aead.open_in_place(&nonce, &aad, &mut buf), Err(EBADMSG));
                assert!(buf == [0; LEN]);
            }
            for i in 0..nonce.len() {
                let (mut buf, mut nonce) = ([0; LEN], nonce);

                buf.copy_from_slice(&genuine);
                nonce[i] ^= 1;
                assert_eq!(aead.open_in_place(&nonce, &aad, &mut buf), Err(EBADMSG));
                assert!(buf == [0; LEN]);
            }
            // Cut short anywhere, even to nothing, and cut elsewhere between data and text.
            for len in 0..LEN {
                let mut buf = [0; LEN];

                buf.copy_from_slice(&genuine);
                let expected = if len < TAG_SIZE { EINVAL } else { EBADMSG };
                assert_eq!(
                    aead.open_in_place(&nonce, &aad, &mut buf[..len]),
                    Err(expected)
                );
                if len < TAG_SIZE {
                    assert!(buf == genuine[..]);
                }
            }
            let mut buf = [0; LEN];
            buf.copy_from_slice(&genuine);
            assert_eq!(
                aead.open_in_place(&nonce, &aad[1..], &mut buf),
                Err(EBADMSG)
            );
            // The genuine one still opens.
            buf.copy_from_slice(&genuine);
            assert_eq!(
                aead.open_in_place(&nonce, &aad, &mut buf),
                Ok(&mut [0x61; 20][..])
            );
        }
        Ok(())
    }

    #[test]
    fn wrong_lengths() -> Result {
        let long = [0; 64];

        for alg in ALL {
            for len in (0..64).filter(|len| *len != alg.key_size()) {
                assert!(matches!(Aead::new(alg, &long[..len]), Err(e) if e == EINVAL));
            }

            let mut aead = with_key(alg)?;
            let expected = sealed(&aead, b"aad", b"text")?;
            assert_eq!(aead.algorithm(), alg);
            assert_eq!(aead.set_key(&long[1..alg.key_size()]), Err(EINVAL));
            // The key is still there.
            assert!(sealed(&aead, b"aad", b"text")?[..] == expected[..]);

            for len in 0..TAG_SIZE {
                let mut buf = [0x33; TAG_SIZE];

                assert_eq!(
                    aead.seal_in_place(&[0; 12], &[], &mut buf[..len]),
                    Err(EINVAL)
                );
                assert_eq!(buf, [0x33; TAG_SIZE]);
            }
        }

        let ccm = with_key(Aes128Ccm)?;
        assert_eq!(ccm.check_text(0xff_ffff), Ok(()));
        assert_eq!(ccm.check_text(0x100_0000), Err(EMSGSIZE));
        Ok(())
    }

    #[test]
    fn keys() -> Result {
        for alg in ALL {
            let mut aead = with_key(alg)?;
            let one = sealed(&aead, b"aad", b"text")?;

            aead.set_key(&[0x17; 32][..alg.key_size()])?;
            let two = sealed(&aead, b"aad", b"text")?;
            assert!(one[..] != two[..]);
            aead.set_key(&[0x42; 32][..alg.key_size()])?;
            assert!(one[..] == sealed(&aead, b"aad", b"text")?[..]);
        }
        Ok(())
    }

    #[test]
    fn requests() -> Result {
        let aead = with_key(Aes128Gcm)?;
        let kept = aead.request.req;
        let alone = sealed(&aead, b"aad", b"text")?;

        // The one that is kept is used again and again, and others while it is in use.
        for _ in 0..2 {
            let one = aead.request()?;
            let two = aead.request()?;

            assert!(one.req == kept);
            assert!(two.req != kept);
            assert!(sealed(&aead, b"aad", b"text")?[..] == alone[..]);
            drop(one);
            assert!(aead.request()?.req == kept);
        }
        sealed(&aead, b"aad", b"text")?;
        Ok(())
    }
}
