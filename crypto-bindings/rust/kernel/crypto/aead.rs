// SPDX-License-Identifier: GPL-2.0

//! Authenticated encryption with associated data.
//!
//! An [`Aead`] is an algorithm with its key. It seals and opens messages on `&self`, so on many
//! CPUs at once: in place or from one buffer to another, with the tag behind the text or apart from
//! it. Nonces have 12 bytes, and tags 16 unless a shorter one is asked for.
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
            memzero_explicit,
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

/// The size of a tag, in bytes, where none is asked for. It is the longest there is.
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

    const fn mode(self) -> Mode {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => Mode::Gcm,
            Self::Aes128Ccm => Mode::Ccm,
            Self::ChaCha20Poly1305 => Mode::ChaCha20Poly1305,
        }
    }
}

/// What a cipher is made an AEAD by.
#[derive(Clone, Copy)]
enum Mode {
    Gcm,
    Ccm,
    ChaCha20Poly1305,
}

impl Mode {
    /// Returns the mode of the algorithm with the name `name` on the C side.
    fn of(name: &CStr) -> Option<Self> {
        let name = name.to_bytes();

        if name.starts_with(b"gcm(") {
            Some(Self::Gcm)
        } else if name.starts_with(b"ccm(") {
            Some(Self::Ccm)
        } else if name == b"rfc7539(chacha20,poly1305)" {
            Some(Self::ChaCha20Poly1305)
        } else {
            None
        }
    }

    /// Returns the longest text, in bytes, where that is less than any text can be here.
    const fn max_text(self) -> usize {
        match self {
            // With a nonce of 12 bytes 3 are left for the length (RFC 3610). The C side takes one
            // more, as a text of no bytes.
            Self::Ccm => (1 << 24) - 1,
            // 2^36 - 32 and 2^38 - 64 bytes.
            Self::Gcm | Self::ChaCha20Poly1305 => usize::MAX,
        }
    }

    /// Returns the size that the initialisation vector has on the C side.
    const fn iv_size(self) -> ffi::c_uint {
        match self {
            Self::Ccm => 16,
            Self::Gcm | Self::ChaCha20Poly1305 => 12,
        }
    }

    /// Makes `iv`, which is all zeroes, the vector that the C side takes for a nonce.
    #[inline]
    fn set_iv(self, iv: &mut Iv, nonce: &[u8; NONCE_SIZE]) {
        let at = match self {
            Self::Ccm => {
                // RFC 3610: one less than the size of the length.
                iv.0[0] = 15 - NONCE_SIZE as u8 - 1;
                1
            }
            Self::Gcm | Self::ChaCha20Poly1305 => 0,
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
/// - `tfm` is of the algorithm `alg`, if there is one, and of the mode `mode`, synchronous, with
///   tags of `tag_size`, which is at most [`TAG_SIZE`].
/// - `request` is for `tfm`. Who has set `busy` is the only one to use it, until they clear `busy`;
///   or who has borrowed the value mutably.
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
    alg: Option<AeadAlgorithm>,
    mode: Mode,
    tag_size: usize,
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
    /// - Those of an [allocation](super#allocation).
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
        Self::with_tag_size(alg, key, TAG_SIZE)
    }

    /// Creates an AEAD with tags of another size than [`TAG_SIZE`].
    ///
    /// A shorter tag is guessed the more easily; what is meant to use it says what else has to be
    /// taken care of then (SP 800-38D, appendix C).
    ///
    /// # Errors
    ///
    /// Those of [`Aead::new`], and `EINVAL` if the algorithm has no tags of that size: GCM has them
    /// of 4, 8 and 12 to 16 bytes, CCM of 4, 6, 8, 10, 12, 14 and 16, ChaCha20-Poly1305 of 16.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     AeadAlgorithm, //
    /// };
    ///
    /// // AEAD_AES_128_CCM_8 of RFC 6655.
    /// let aead = Aead::with_tag_size(AeadAlgorithm::Aes128Ccm, &[0x42; 16], 8)?;
    /// let mut buf = [0; 5 + 8];
    ///
    /// aead.seal_in_place(&[0; 12], &[], &mut buf)?;
    /// assert_eq!(aead.open_in_place(&[0; 12], &[], &mut buf)?.len(), 5);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_tag_size(alg: AeadAlgorithm, key: &[u8], tag_size: usize) -> Result<Self> {
        if key.len() != alg.key_size() {
            return Err(EINVAL);
        }

        let tfm = Tfm::new(alg.name())?;

        Self::with_tfm(tfm, Some(alg), alg.mode(), key, tag_size)
    }

    /// Creates an AEAD by the name of its algorithm or of its implementation, for what
    /// [`AeadAlgorithm`] does not have: GCM and CCM with other ciphers or keys of other sizes.
    ///
    /// Other modes are refused. There are some with rules of their own for the associated data,
    /// such as `authencesn`, that a caller could break.
    ///
    /// It may sleep, and load a module.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if the algorithm is of another mode, or takes no such key or tag.
    /// - Those of an [allocation](super#allocation).
    /// - Those of [`Aead::set_key`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     TAG_SIZE, //
    /// };
    ///
    /// // AES-192.
    /// let aead = Aead::by_name(c"gcm(aes)", &[0x42; 24], TAG_SIZE)?;
    ///
    /// aead.seal_in_place(&[0; 12], b"header", &mut [0; 5 + TAG_SIZE])?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn by_name(name: &CStr, key: &[u8], tag_size: usize) -> Result<Self> {
        let tfm = Tfm::new(name)?;
        let mode = Mode::of(tfm.name()).ok_or(EINVAL)?;

        Self::with_tfm(tfm, None, mode, key, tag_size)
    }

    fn with_tfm(
        tfm: Tfm,
        alg: Option<AeadAlgorithm>,
        mode: Mode,
        key: &[u8],
        tag_size: usize,
    ) -> Result<Self> {
        if tag_size > TAG_SIZE {
            return Err(EINVAL);
        }
        // SAFETY: By the type invariant of `Tfm`.
        if unsafe { bindings::crypto_aead_ivsize(tfm.as_ptr()) } != mode.iv_size() {
            return Err(EINVAL);
        }
        // CAST: It was just checked.
        //
        // SAFETY: By the type invariant of `Tfm`.
        to_result(unsafe {
            bindings::crypto_aead_setauthsize(tfm.as_ptr(), tag_size as ffi::c_uint)
        })?;

        // INVARIANT: The callers got the instance by a name of the algorithm or of the mode. The
        // size of its tags was set above, and nobody uses the request yet.
        let mut aead = Self {
            request: Request::new(&tfm, GFP_KERNEL)?,
            tfm,
            alg,
            mode,
            tag_size,
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
    /// - `EINVAL` if `key` has not the size of a key of the algorithm; the key that was set stays,
    ///   unless the algorithm was selected by its name.
    /// - `EOVERFLOW` if `key` is longer than [`u32::MAX`]; the key that was set stays.
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
        if self.alg.is_some_and(|alg| key.len() != alg.key_size()) {
            return Err(EINVAL);
        }
        let len = ffi::c_uint::try_from(key.len()).map_err(|_| EOVERFLOW)?;

        // SAFETY: No operation uses the request, because `self` is borrowed mutably.
        unsafe { self.request.wipe() };

        // SAFETY: By the type invariant; `key` is valid for reads of `len` bytes. No operation runs
        // at the same time, because `self` is borrowed mutably. The C side takes the key by its
        // virtual address, wherever it lies.
        to_result(unsafe { bindings::crypto_aead_setkey(self.tfm.as_ptr(), key.as_ptr(), len) })
    }

    /// Returns the algorithm, unless it was selected by its name.
    #[inline]
    pub fn algorithm(&self) -> Option<AeadAlgorithm> {
        self.alg
    }

    /// Returns the size of a tag, in bytes. It is at most [`TAG_SIZE`].
    #[inline]
    pub fn tag_size(&self) -> usize {
        self.tag_size
    }

    /// Returns the name of the implementation that was chosen.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     AeadAlgorithm, //
    /// };
    ///
    /// let aead = Aead::new(AeadAlgorithm::Aes128Gcm, &[0x42; 16])?;
    ///
    /// pr_info!("{}\n", aead.driver_name());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn driver_name(&self) -> &CStr {
        self.tfm.driver_name()
    }

    /// Encrypts the text in `buf` in place, and puts the tag, of the text and of `aad`, behind it.
    ///
    /// `buf` is the text, followed by room for a tag: the last [`Aead::tag_size`] bytes, whatever
    /// they were, become the tag. Both text and `aad` may be empty.
    ///
    /// A nonce must not be used twice with a key. (That is a rule of the algorithms; nothing
    /// becomes unsound by it, but secrets get out.)
    ///
    /// Memory is allocated only if another operation on the same value runs at the same time, if
    /// `aad` has more than 64 bytes, or if `buf` takes more than a few pages in `vmalloc()` memory.
    /// Who has the value alone does better with [`Aead::exclusive`].
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
    /// - `ENOMEM` if memory is needed and there is none; for `aad` it has to be in one piece, so
    ///   some MiB of it are too much.
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
        let text = self.text_len(buf)?;

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
    /// - `ENOMEM` if memory is needed and there is none, as with [`Aead::seal_in_place`].
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
        let text = self.text_len(buf)?;

        self.crypt(nonce, aad, buf, buf.len(), bindings::crypto_aead_decrypt)?;
        buf.get_mut(..text).ok_or(EINVAL)
    }

    #[inline]
    fn check_text(&self, len: usize) -> Result {
        if len <= self.mode.max_text() {
            Ok(())
        } else {
            Err(EMSGSIZE)
        }
    }

    /// Lends the value to one user alone, whose operations in place need not ask whether the
    /// request that is kept is in use.
    ///
    /// That makes a short message some nanoseconds cheaper: what asks is an atomic operation,
    /// before which a processor waits for all that it has yet to write.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     AeadAlgorithm, //
    /// };
    ///
    /// let mut aead = Aead::new(AeadAlgorithm::Aes128Gcm, &[0x42; 16])?;
    /// let mut buf = [0; 5 + 16];
    /// let mut alone = aead.exclusive();
    ///
    /// alone.seal_in_place(&[1; 12], b"header", &mut buf)?;
    /// assert_eq!(alone.open_in_place(&[1; 12], b"header", &mut buf)?, &[0; 5]);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn exclusive(&mut self) -> Exclusive<'_> {
        Exclusive(self)
    }

    /// Returns the size of the text in `buf`, in front of a tag.
    #[inline]
    fn text_len(&self, buf: &[u8]) -> Result<usize> {
        let text = buf.len().checked_sub(self.tag_size).ok_or(EINVAL)?;

        self.check_text(text)?;
        Ok(text)
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
        let request = self.request()?;

        // SAFETY: The request is lent to this operation only, and for `self.tfm`.
        unsafe { self.crypt_with(&request, nonce, aad, buf, crypt_len, op) }
    }

    /// Does what `crypt()` does with this request.
    ///
    /// # Safety
    ///
    /// Nobody else uses the request, which is for `self.tfm`.
    unsafe fn crypt_with(
        &self,
        request: &Request,
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
        self.mode.set_iv(&mut iv, nonce);

        // An implementation may write to the associated data of its destination, be it that it puts
        // back what was there (that of `gcm(aes)` for s390 does so). `aad` may be constant, or be
        // read by others at the same time, so it is given a copy.
        //
        // SAFETY: By the safety requirements this operation alone has the request; `buf` is lent to
        // it, and not looked at before the operation is over. The lengths were checked.
        let ret = if let Some(list) = unsafe { request.list.fill(aad, buf) } {
            // SAFETY: By the safety requirements. The list has the copy of the associated data and
            // the bytes of `buf`, as many as are said here and as many more as the operation puts
            // out, which is the tag of a seal. The vector has the size that the algorithm takes, as
            // `with_tfm()` checked.
            unsafe { request.run(op, list, list, aad_len, crypt_len, &mut iv) }
        } else {
            // SAFETY: By the safety requirements. The lengths were checked, and the vector is that
            // of the algorithm.
            unsafe { crypt_anywhere(request, aad, &mut *buf, crypt_len, op, &mut iv)? }
        };

        to_result(ret).inspect_err(|_| zeroize(buf))
    }

    /// Encrypts `text` to `out`, and puts the tag, of the text and of `aad`, behind it.
    ///
    /// `out` is as long as the text and a tag. It is as [`Aead::seal_in_place`] in all other
    /// respects.
    ///
    /// This corresponds to the C function `crypto_aead_encrypt()`.
    ///
    /// # Errors
    ///
    /// Those of [`Aead::seal_in_place`], `out` taking the place of `buf`, and `EINVAL` if `out` is
    /// not as long as the text and a tag.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     AeadAlgorithm, //
    /// };
    ///
    /// let aead = Aead::new(AeadAlgorithm::Aes256Gcm, &[0x42; 32])?;
    /// let (mut sealed, mut opened) = ([0; 5 + 16], [0; 5]);
    ///
    /// aead.seal(&[0; 12], b"header", b"hello", &mut sealed)?;
    /// aead.open(&[0; 12], b"header", &sealed, &mut opened)?;
    /// assert_eq!(&opened, b"hello");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn seal(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        text: &[u8],
        out: &mut [u8],
    ) -> Result {
        if out.len().checked_sub(self.tag_size) != Some(text.len()) {
            return Err(EINVAL);
        }
        if text.is_empty() {
            // There may be no bytes at all to make a source of.
            return self.seal_in_place(nonce, aad, out);
        }
        self.check_text(text.len())?;
        total_len([aad.len(), out.len()])?;

        let ret = self.apart(nonce, aad, text, &mut *out, bindings::crypto_aead_encrypt)?;
        to_result(ret).inspect_err(|_| zeroize(out))
    }

    /// Checks the tag at the end of `sealed`, and decrypts what is before it to `out`.
    ///
    /// `out` is as long as the text. It is as [`Aead::open_in_place`] in all other respects.
    ///
    /// This corresponds to the C function `crypto_aead_decrypt()`.
    ///
    /// # Errors
    ///
    /// Those of [`Aead::open_in_place`], `out` taking the place of `buf`, and `EINVAL` if `sealed`
    /// is not as long as `out` and a tag. In particular `out` is all zeroes after `EBADMSG`.
    ///
    /// # Examples
    ///
    /// See [`Aead::seal`].
    pub fn open(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        sealed: &[u8],
        out: &mut [u8],
    ) -> Result {
        if sealed.len().checked_sub(self.tag_size) != Some(out.len()) {
            return Err(EINVAL);
        }
        if out.is_empty() {
            // There may be no bytes at all to make a destination of.
            return self.open_detached(nonce, aad, out, sealed);
        }
        self.check_text(out.len())?;
        total_len([aad.len(), sealed.len()])?;

        let ret = self.apart(nonce, aad, sealed, &mut *out, bindings::crypto_aead_decrypt)?;
        to_result(ret).inspect_err(|_| zeroize(out))
    }

    /// Encrypts `text` in place, and puts the tag, of the text and of `aad`, into `tag`.
    ///
    /// It is as [`Aead::seal_in_place`] in all other respects.
    ///
    /// This corresponds to the C function `crypto_aead_encrypt()`.
    ///
    /// # Errors
    ///
    /// Those of [`Aead::seal_in_place`], `text` and `tag` taking the place of `buf`, and `EINVAL`
    /// unless `tag` has [`Aead::tag_size`] bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::aead::{
    ///     Aead,
    ///     AeadAlgorithm, //
    /// };
    ///
    /// let aead = Aead::new(AeadAlgorithm::ChaCha20Poly1305, &[0x42; 32])?;
    /// let (mut text, mut tag) = (*b"hello", [0; 16]);
    ///
    /// aead.seal_detached(&[0; 12], b"header", &mut text, &mut tag)?;
    /// aead.open_detached(&[0; 12], b"header", &mut text, &tag)?;
    /// assert_eq!(&text, b"hello");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn seal_detached(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        text: &mut [u8],
        tag: &mut [u8],
    ) -> Result {
        if tag.len() != self.tag_size {
            return Err(EINVAL);
        }
        let crypt_len = text.len();
        let ret = self.detached(
            nonce,
            aad,
            &mut *text,
            &mut *tag,
            crypt_len,
            bindings::crypto_aead_encrypt,
        )?;

        to_result(ret).inspect_err(|_| {
            zeroize(text);
            zeroize(tag);
        })
    }

    /// Checks the tag `tag`, and decrypts `text` in place.
    ///
    /// It is as [`Aead::open_in_place`] in all other respects.
    ///
    /// This corresponds to the C function `crypto_aead_decrypt()`.
    ///
    /// # Errors
    ///
    /// Those of [`Aead::open_in_place`], `text` taking the place of `buf`, and `EINVAL` unless
    /// `tag` has [`Aead::tag_size`] bytes. In particular `text` is all zeroes after `EBADMSG`.
    ///
    /// # Examples
    ///
    /// See [`Aead::seal_detached`].
    pub fn open_detached(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8],
    ) -> Result {
        let mut place = [0; TAG_SIZE];
        // What is sealed is written in place, to which an implementation may count the tag.
        let copy = place.get_mut(..self.tag_size).ok_or(EINVAL)?;

        if tag.len() != copy.len() {
            return Err(EINVAL);
        }
        copy.copy_from_slice(tag);

        let crypt_len = text.len().checked_add(tag.len()).ok_or(EOVERFLOW)?;
        let ret = self.detached(
            nonce,
            aad,
            &mut *text,
            copy,
            crypt_len,
            bindings::crypto_aead_decrypt,
        )?;

        to_result(ret).inspect_err(|_| zeroize(text))
    }

    /// Runs `op` on `text` and `tag`, in place, as one message of which it takes `crypt_len` bytes.
    /// Returns what it returned.
    fn detached(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        text: &mut [u8],
        tag: &mut [u8],
        crypt_len: usize,
        op: unsafe extern "C" fn(*mut bindings::aead_request) -> ffi::c_int,
    ) -> Result<ffi::c_int> {
        self.check_text(text.len())?;
        total_len([aad.len(), text.len(), tag.len()])?;

        // CAST: Both are at most that sum.
        let (aad_len, crypt_len) = (aad.len() as ffi::c_uint, crypt_len as ffi::c_uint);
        let mut iv = Iv([0; 16]);
        self.mode.set_iv(&mut iv, nonce);
        let request = self.request()?;
        let (text, tag) = (Part::from(text), Part::from(tag));
        let mut storage = SgStorage::new();

        // SAFETY: The request is lent to this operation only. The lengths were checked.
        let list =
            unsafe { request.list.put(aad) }.and_then(|aad| storage.linear([&aad, &text, &tag]));
        if let Some(list) = list {
            // SAFETY: As above, and it is for `self.tfm`. The list has the copy of the associated
            // data, the text and the tag, which `op` reads or puts out behind the text. They are
            // lent to the operation, and not looked at before it is over. The vector has the size
            // that the algorithm takes.
            return Ok(unsafe { request.run(op, list, list, aad_len, crypt_len, &mut iv) });
        }
        with_copy(aad, |aad| {
            let mut list = SgList::new(&mut storage, [Part::from(aad), text, tag])?;
            let list_ptr = list.as_ptr();

            // SAFETY: As above. The list is dropped after the operation.
            Ok(unsafe { request.run(op, list_ptr, list_ptr, aad_len, crypt_len, &mut iv) })
        })
    }

    /// Runs `op` from `from`, all of it, to `to`, which have a tag's difference in length. The
    /// lengths were checked. Returns what it returned.
    fn apart(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        from: &[u8],
        to: &mut [u8],
        op: unsafe extern "C" fn(*mut bindings::aead_request) -> ffi::c_int,
    ) -> Result<ffi::c_int> {
        // CAST: The callers saw to it that they fit.
        let (aad_len, crypt_len) = (aad.len() as ffi::c_uint, from.len() as ffi::c_uint);
        let mut iv = Iv([0; 16]);
        self.mode.set_iv(&mut iv, nonce);
        let request = self.request()?;
        let (from, to) = (Part::from(from), Part::from(to));
        let (mut source, mut destination) = (SgStorage::new(), SgStorage::new());

        // The destination has the associated data in front as well, for there are implementations
        // that put it there.
        //
        // SAFETY: The request is lent to this operation only. The lengths were checked.
        let lists = unsafe { request.list.put(aad) }.and_then(|aad| {
            Some((
                source.linear([&aad, &from])?,
                destination.linear([&aad, &to])?,
            ))
        });
        if let Some((src, dst)) = lists {
            // SAFETY: As above, and it is for `self.tfm`. The lists have the associated data and
            // then what is taken, and what is put out; of both as much as `op` needs. These are
            // apart, so there is no reason to write the former, and both are lent to the operation.
            // The vector has the size that the algorithm takes.
            return Ok(unsafe { request.run(op, src, dst, aad_len, crypt_len, &mut iv) });
        }
        with_copy(aad, |copy| {
            let mut src = SgList::new(&mut source, [Part::from(aad), from])?;
            let mut dst = SgList::new(&mut destination, [Part::from(copy), to])?;

            // SAFETY: As above. The lists are dropped after the operation.
            Ok(unsafe { request.run(op, src.as_ptr(), dst.as_ptr(), aad_len, crypt_len, &mut iv) })
        })
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

/// An [`Aead`] that is lent to one user alone, by [`Aead::exclusive`].
///
/// # Examples
///
/// ```
/// use kernel::crypto::aead::{
///     Aead,
///     AeadAlgorithm,
///     Exclusive,
///     TAG_SIZE, //
/// };
///
/// // Seals what is said in the nonce that it is the turn of.
/// fn seal_next(aead: &mut Exclusive<'_>, turn: &mut u64, buf: &mut [u8]) -> Result {
///     let mut nonce = [0; 12];
///
///     nonce[4..].copy_from_slice(&turn.to_be_bytes());
///     *turn = turn.checked_add(1).ok_or(EOVERFLOW)?;
///     aead.seal_in_place(&nonce, &[], buf)
/// }
///
/// let mut aead = Aead::new(AeadAlgorithm::Aes256Gcm, &[0x42; 32])?;
/// let mut alone = aead.exclusive();
/// let (mut turn, mut one, mut two) = (0, [0; 5 + TAG_SIZE], [0; 5 + TAG_SIZE]);
///
/// seal_next(&mut alone, &mut turn, &mut one)?;
/// seal_next(&mut alone, &mut turn, &mut two)?;
/// assert_ne!(one, two);
/// # Ok::<(), Error>(())
/// ```
pub struct Exclusive<'a>(&'a mut Aead);

impl Exclusive<'_> {
    /// Does what [`Aead::seal_in_place`] does. Memory is allocated only if `aad` has more than 64
    /// bytes, or if `buf` takes more than a few pages in `vmalloc()` memory.
    ///
    /// This corresponds to the C function `crypto_aead_encrypt()`.
    ///
    /// # Errors
    ///
    /// Those of [`Aead::seal_in_place`].
    ///
    /// # Examples
    ///
    /// See [`Aead::exclusive`].
    #[inline]
    pub fn seal_in_place(
        &mut self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        buf: &mut [u8],
    ) -> Result {
        let text = self.0.text_len(buf)?;

        self.crypt(nonce, aad, buf, text, bindings::crypto_aead_encrypt)
    }

    /// Does what [`Aead::open_in_place`] does. Memory is allocated as by
    /// [`Exclusive::seal_in_place`].
    ///
    /// This corresponds to the C function `crypto_aead_decrypt()`.
    ///
    /// # Errors
    ///
    /// Those of [`Aead::open_in_place`].
    ///
    /// # Examples
    ///
    /// See [`Aead::exclusive`].
    #[inline]
    pub fn open_in_place<'b>(
        &mut self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        buf: &'b mut [u8],
    ) -> Result<&'b mut [u8]> {
        let text = self.0.text_len(buf)?;

        self.crypt(nonce, aad, buf, buf.len(), bindings::crypto_aead_decrypt)?;
        buf.get_mut(..text).ok_or(EINVAL)
    }

    #[inline]
    fn crypt(
        &mut self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        buf: &mut [u8],
        crypt_len: usize,
        op: unsafe extern "C" fn(*mut bindings::aead_request) -> ffi::c_int,
    ) -> Result {
        let aead = &*self.0;

        // SAFETY: The request is that of `aead`, which is borrowed mutably: nobody else uses it.
        unsafe { aead.crypt_with(&aead.request, nonce, aad, buf, crypt_len, op) }
    }
}

/// Runs `op` on `crypt_len` bytes of `buf`, wherever it and `aad` lie. Returns what it returned.
///
/// It is not inlined, since what has it at hand would need its place on the stack as well.
///
/// # Safety
///
/// Nobody else uses the request. The instance that it was made for is still there, and `iv` is what
/// its algorithm takes. `aad` and `buf` together are no longer than [`total_len`] says, and `buf`
/// is `crypt_len` bytes and what `op` puts out beyond.
#[inline(never)]
unsafe fn crypt_anywhere(
    request: &Request,
    aad: &[u8],
    buf: &mut [u8],
    crypt_len: ffi::c_uint,
    op: unsafe extern "C" fn(*mut bindings::aead_request) -> ffi::c_int,
    iv: &mut Iv,
) -> Result<ffi::c_int> {
    // CAST: The callers saw to it that it fits.
    let aad_len = aad.len() as ffi::c_uint;

    with_copy(aad, |aad| {
        let mut storage = SgStorage::new();
        let mut list = SgList::new(&mut storage, [Part::from(aad), Part::from(buf)])?;
        let list_ptr = list.as_ptr();

        // SAFETY: By the safety requirements. The list has the copy of the associated data and the
        // bytes of `buf`, and is dropped after the operation.
        Ok(unsafe { request.run(op, list_ptr, list_ptr, aad_len, crypt_len, iv) })
    })
}

/// Calls `f` with a copy of the associated data, on the stack if it is short.
///
/// An implementation may write to that of its destination, be it that it puts back what was there.
/// What the caller has may be constant, or be read by others at the same time.
fn with_copy<R>(aad: &[u8], f: impl FnOnce(&mut [u8]) -> Result<R>) -> Result<R> {
    let mut short = [0; MAX_SHORT_AAD];

    match short.get_mut(..aad.len()) {
        Some(copy) => {
            copy.copy_from_slice(aad);
            f(copy)
        }
        None => f(SecretVec::from_slice(aad, GFP_ATOMIC)?.as_mut_bytes()),
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

    fn name(&self) -> &CStr {
        // SAFETY: By the type invariant. All instances have a pointer to their algorithm, which
        // lives as long. Its name is a string that ends with a zero byte, and does not change.
        unsafe {
            let alg = (*self.as_ptr()).base.__crt_alg;

            CStr::from_char_ptr((&raw const (*alg).cra_name).cast())
        }
    }

    fn driver_name(&self) -> &CStr {
        // SAFETY: As in `name`.
        unsafe {
            let alg = (*self.as_ptr()).base.__crt_alg;

            CStr::from_char_ptr((&raw const (*alg).cra_driver_name).cast())
        }
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
/// # What is left in it
///
/// An operation may leave key-dependent values in its context: the key that Poly1305 had for one
/// message, the mask of a tag. C code that frees its request after each operation, with
/// `aead_request_free()`, has them wiped then. Here they stay until the next operation writes over
/// them, since wiping some hundred bytes would cost more than a short message does. They tell
/// nothing that the key does not, which is as near and stays longer: they are wiped when another
/// key is set and, by `aead_request_free()`, when the request is dropped.
///
/// What an operation leaves that failed is wiped at once, as it may be the tag that a forgery
/// should have had.
///
/// # Invariants
///
/// `req` is a request, without a callback, that nothing else frees. Its context has `context`
/// bytes.
struct Request {
    req: NonNull<bindings::aead_request>,
    context: usize,
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

        // What `crypto_aead_reqsize()` does.
        //
        // CAST: An `usize` holds an `unsigned int` on all architectures.
        //
        // SAFETY: By the type invariant of `Tfm`.
        let context = unsafe { (*tfm.as_ptr()).reqsize as usize };

        // INVARIANT: It was just allocated, with a context of that size, and the callback set to
        // none.
        Ok(Self { req, context, list })
    }

    /// Wipes the context.
    ///
    /// # Safety
    ///
    /// Nobody else uses the request.
    unsafe fn wipe(&self) {
        // SAFETY: By the type invariants and the safety requirements. The context is what follows
        // the request, as `aead_request_ctx()` has it.
        unsafe {
            let context = &raw mut (*self.req.as_ptr()).__ctx;

            memzero_explicit(context.cast(), self.context);
        }
    }

    /// Runs `op`, which is `crypto_aead_encrypt()` or `crypto_aead_decrypt()`.
    ///
    /// # Safety
    ///
    /// - Nobody else uses the request. The instance that it was made for is still there.
    /// - `src` and `dst` are scatterlists of `aad_len` bytes of associated data, and then of
    ///   `crypt_len` bytes and as many as `op` puts out. They may be read until this returns, and
    ///   those of `dst` written. They are the same or have no byte in common, but for the
    ///   associated data.
    /// - `iv` is what the algorithm takes.
    #[inline]
    unsafe fn run(
        &self,
        op: unsafe extern "C" fn(*mut bindings::aead_request) -> ffi::c_int,
        src: *mut bindings::scatterlist,
        dst: *mut bindings::scatterlist,
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
            (*req).src = src;
            (*req).dst = dst;
        }

        // SAFETY: By the safety requirements and the type invariants. The operation is over when
        // `op` returns, as the implementation is synchronous (so there is nothing to complete, and
        // no callback).
        //
        // The bytes are reached through the pages that map them. Their addresses were handed to the
        // C side to find these, so the compiler has to reckon with `op` changing them.
        let ret = unsafe { op(req) };

        if ret != 0 {
            // SAFETY: By the safety requirements, and the operation is over.
            unsafe { self.wipe() };
        }
        ret
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

        // From one buffer to another.
        buf.as_mut_slice().fill(0);
        aead.seal(&v.nonce, v.aad, v.text, &mut buf)?;
        if buf[..] != *v.sealed {
            return Err(EBADMSG);
        }
        let text = &mut buf[..v.text.len()];
        text.fill(0);
        aead.open(&v.nonce, v.aad, v.sealed, text)?;
        if text != v.text {
            return Err(EBADMSG);
        }

        // With the tag apart.
        let mut tag = [0; TAG_SIZE];
        let (sealed, expected) = v.sealed.split_at(v.text.len());
        aead.seal_detached(&v.nonce, v.aad, text, &mut tag)?;
        if text != sealed || tag != *expected {
            return Err(EBADMSG);
        }
        aead.open_detached(&v.nonce, v.aad, text, &tag)?;
        if text != v.text {
            return Err(EBADMSG);
        }
        // A forgery leaves nothing.
        tag[15] ^= 0x80;
        if aead.open_detached(&v.nonce, v.aad, text, &tag) != Err(EBADMSG)
            || text.iter().any(|b| *b != 0)
        {
            return Err(EKEYREJECTED);
        }
        text.fill(0x33);
        if aead.open(&[0xf0; 12], v.aad, v.sealed, text) != Err(EBADMSG)
            || text.iter().any(|b| *b != 0)
        {
            return Err(EKEYREJECTED);
        }
        Ok(())
    }

    #[test]
    fn tag_sizes() -> Result {
        // Example 3 of SP 800-38C, with its tag of 8 bytes.
        let ccm = Aead::with_tag_size(Aes128Ccm, &CCM_KEY, 8)?;
        let mut buf = [0; 32];
        ccm.seal(&CCM_NONCE, &CCM_AAD, &CCM_TEXT, &mut buf)?;
        assert_eq!(
            buf,
            hex("e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951")
        );
        let opened = ccm.open_in_place(&CCM_NONCE, &CCM_AAD, &mut buf)?;
        assert!(opened == CCM_TEXT);

        for alg in ALL {
            let key = &[0x42; 32][..alg.key_size()];
            let full = with_key(alg)?;

            for size in 0..=TAG_SIZE + 1 {
                let has = match alg {
                    Aes128Gcm | Aes256Gcm => matches!(size, 4 | 8 | 12..=16),
                    Aes128Ccm => matches!(size, 4 | 6 | 8 | 10 | 12 | 14 | 16),
                    ChaCha20Poly1305 => size == 16,
                };
                let aead = match Aead::with_tag_size(alg, key, size) {
                    Ok(aead) if has => aead,
                    other => {
                        assert!(!has && matches!(other, Err(e) if e == EINVAL));
                        continue;
                    }
                };
                let (mut long, mut short) = ([7; 20 + 16], [7; 20 + 16]);
                let short = &mut short[..20 + size];

                assert_eq!(aead.tag_size(), size);
                full.seal_in_place(&[1; 12], b"aad", &mut long)?;
                aead.seal_in_place(&[1; 12], b"aad", short)?;
                assert!(long[..20] == short[..20]);
                // A tag of CCM depends on its size.
                assert!(matches!(alg, Aes128Ccm) || long[..20 + size] == short[..]);
                assert!(aead.open_in_place(&[1; 12], b"aad", short)? == [7; 20]);
                aead.seal_in_place(&[1; 12], b"aad", short)?;
                short[20] ^= 1;
                assert_eq!(aead.open_in_place(&[1; 12], b"aad", short), Err(EBADMSG));

                for wrong in (0..=TAG_SIZE).filter(|wrong| *wrong != size) {
                    let (mut text, mut tag) = ([3; 20], [4; TAG_SIZE]);
                    let tag = &mut tag[..wrong];

                    assert_eq!(
                        aead.seal_detached(&[1; 12], &[], &mut text, tag),
                        Err(EINVAL)
                    );
                    assert_eq!(
                        aead.open_detached(&[1; 12], &[], &mut text, tag),
                        Err(EINVAL)
                    );
                    assert!(text == [3; 20]);
                    let out = &mut [0; 40][..20 + wrong];
                    assert_eq!(aead.seal(&[1; 12], &[], &text, out), Err(EINVAL));
                    assert_eq!(aead.open(&[1; 12], &[], out, &mut text), Err(EINVAL));
                    assert!(text == [3; 20]);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn names() -> Result {
        for alg in ALL {
            let key = &[0x42; 32][..alg.key_size()];
            let typed = with_key(alg)?;

            for name in [alg.name(), typed.driver_name()] {
                let named = Aead::by_name(name, key, TAG_SIZE)?;
                let (mut a, mut b) = ([7; 40], [7; 40]);

                assert_eq!(named.algorithm(), None);
                typed.seal_in_place(&[1; 12], b"aad", &mut a)?;
                named.seal_in_place(&[1; 12], b"aad", &mut b)?;
                assert!(a == b);
            }
        }
        assert!(matches!(Aead::by_name(c"no-such-aead", &[], 16), Err(e) if e == ENOENT));
        // Other rules for the associated data, and for the nonce.
        for name in [
            c"rfc4106(gcm(aes))",
            c"rfc4309(ccm(aes))",
            c"rfc4543(gcm(aes))",
        ] {
            assert!(matches!(Aead::by_name(name, &[0; 20], 16), Err(e) if e == EINVAL));
        }
        assert!(matches!(Aead::by_name(c"gcm(aes)", &[0; 17], 16), Err(e) if e == EINVAL));
        assert!(matches!(Aead::by_name(c"gcm(aes)", &[0; 16], 17), Err(e) if e == EINVAL));
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

        // Apart, to the buffer and from it. The text is at most as long as the constant, or in
        // place only.
        if let Some(constant) = CONSTANT.get(..text) {
            let mut opened = [0; CONSTANT.len()];
            let opened = &mut opened[..text];

            aead.seal(&[7; 12], aad, constant, buf)?;
            if buf != expected {
                return Err(EBADMSG);
            }
            aead.open(&[7; 12], aad, buf, opened)?;
            if opened != constant {
                return Err(EBADMSG);
            }
            let (text, tag) = buf.split_at_mut(text);
            aead.open_detached(&[7; 12], aad, text, tag)?;
            aead.seal_detached(&[7; 12], aad, text, tag)?;
            if buf != expected {
                return Err(EBADMSG);
            }
        }

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
            assert_eq!(aead.algorithm(), Some(alg));
            assert_eq!(aead.tag_size(), TAG_SIZE);
            assert!(!aead.driver_name().to_bytes().is_empty());
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
    fn data_too_long_to_copy() -> Result {
        let aead = with_key(Aes128Gcm)?;
        let aad = VVec::<u8>::zeroed(bindings::KMALLOC_MAX_SIZE as usize + 1, GFP_KERNEL)?;
        let mut buf = [0x33; 4 + TAG_SIZE];

        assert_eq!(aead.seal_in_place(&[0; 12], &aad, &mut buf), Err(ENOMEM));
        assert_eq!(buf, [0x33; 4 + TAG_SIZE]);
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
    fn wiped() -> Result {
        for alg in ALL {
            let mut aead = with_key(alg)?;
            let left = |aead: &Aead| {
                let request = &aead.request;

                // SAFETY: No operation is under way. The context has so many bytes, which are
                // initialised since `wipe()` ran, below.
                let context = unsafe {
                    let context = &raw const (*request.req.as_ptr()).__ctx;
                    core::slice::from_raw_parts(context.cast::<u8>(), request.context)
                };
                context.iter().any(|b| *b != 0)
            };

            // SAFETY: No operation is under way.
            unsafe { aead.request.wipe() };
            assert!(!left(&aead));

            // There are implementations that need no context.
            let some = aead.request.context != 0;
            let mut buf = sealed(&aead, b"aad", b"text")?;
            assert_eq!(left(&aead), some);
            buf[0] ^= 1;
            assert_eq!(aead.open_in_place(&[7; 12], b"aad", &mut buf), Err(EBADMSG));
            assert!(!left(&aead));

            sealed(&aead, b"aad", b"text")?;
            assert_eq!(left(&aead), some);
            aead.set_key(&[0x17; 32][..alg.key_size()])?;
            assert!(!left(&aead));
        }
        Ok(())
    }

    #[test]
    fn exclusive() -> Result {
        for alg in ALL {
            let mut aead = with_key(alg)?;

            for (aad, text) in [
                (&b""[..], &b""[..]),
                (b"aad", b"text"),
                (&CONSTANT, &CONSTANT),
            ] {
                let expected = sealed(&aead, aad, text)?;
                let mut alone = aead.exclusive();

                // In the linear map and elsewhere.
                everywhere(expected.len(), |buf| {
                    buf[..text.len()].copy_from_slice(text);
                    alone.seal_in_place(&[7; 12], aad, buf)?;
                    if buf != &expected[..] || alone.open_in_place(&[7; 12], aad, buf)? != text {
                        return Err(EBADMSG);
                    }

                    // A forgery leaves nothing.
                    buf.copy_from_slice(&expected);
                    buf[text.len()] ^= 1;
                    if alone.open_in_place(&[7; 12], aad, buf) != Err(EBADMSG)
                        || buf.iter().any(|b| *b != 0)
                    {
                        return Err(EINVAL);
                    }
                    Ok(())
                })?;

                let mut short = [0x33; TAG_SIZE - 1];
                assert_eq!(alone.seal_in_place(&[7; 12], aad, &mut short), Err(EINVAL));
                assert_eq!(alone.open_in_place(&[7; 12], aad, &mut short), Err(EINVAL));
                assert_eq!(short, [0x33; TAG_SIZE - 1]);

                // Afterwards it is shared as before.
                assert!(sealed(&aead, aad, text)?[..] == expected[..]);
            }
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
