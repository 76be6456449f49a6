// SPDX-License-Identifier: GPL-2.0

//! Symmetric ciphers, without authentication.
//!
//! A [`Skcipher`] is an algorithm with its key. It encrypts and decrypts in place or from one
//! buffer to another, on `&self`, so on many CPUs at once.
//!
//! Nothing here tells a text that was tampered with from one that was not, and nothing keeps an
//! initialisation vector from being used twice: this is for formats and protocols that take care of
//! both by other means. Everyone else wants [`crate::crypto::aead`].
//!
//! # Initialisation vectors
//!
//! Each call begins with the initialisation vector that it is given, and leaves it as it is, so a
//! text has to be passed whole. Where the pieces of a text come one after the other, the algorithms
//! that can go on from one to the next, CBC and CTR, do so in
//! [`encrypt_next`](Skcipher::encrypt_next) and [`decrypt_next`](Skcipher::decrypt_next).
//!
//! | algorithm | size | what it is |
//! | --- | --- | --- |
//! | ECB | 0 | there is none |
//! | CBC | 16 | not to be foreseen; then the last block of the ciphertext |
//! | CTR | 16 | the first counter block, which counts up as a big-endian number |
//! | XTS | 16 | the tweak: the number of the sector, little-endian by custom |
//! | ChaCha20 | 16 | the block counter, of 4 bytes in little endian, and the nonce of RFC 8439 |
//!
//! All of it may be called in process and softirq context, but for what creates a [`Skcipher`] or
//! sets its key, which may sleep. Slices may lie in any kind of memory.
//!
//! C header: [`include/crypto/skcipher.h`](srctree/include/crypto/skcipher.h)
//!
//! # Examples
//!
//! ```
//! use kernel::crypto::skcipher::{
//!     Skcipher,
//!     SkcipherAlgorithm, //
//! };
//!
//! let cipher = Skcipher::new(SkcipherAlgorithm::Aes128Ctr, &[0x42; 16])?;
//! let iv = [7; 16];
//! let mut buf = *b"some text";
//!
//! cipher.encrypt_in_place(&iv, &mut buf)?;
//! assert_ne!(&buf, b"some text");
//! cipher.decrypt_in_place(&iv, &mut buf)?;
//! assert_eq!(&buf, b"some text");
//! # Ok::<(), Error>(())
//! ```

use crate::{
    bindings,
    crypto::{
        scatterlist::{
            total_len,
            Part,
            SgList,
            SgStorage, //
        },
        secret::{
            memzero_explicit,
            zeroize, //
        }, //
    },
    error::{
        from_err_ptr,
        to_result, //
    },
    ffi,
    prelude::*,
    str::CStr,
    types::Opaque, //
};
use core::{
    mem::{
        align_of,
        size_of,
        MaybeUninit, //
    },
    ptr::NonNull,
};

/// The size of the blocks of AES, in bytes.
const AES_BLOCK_SIZE: usize = 16;

/// The size of the longest initialisation vector, in bytes, of those that an algorithm selected by
/// its name may have.
///
/// XChaCha, Adiantum and HCTR2 have this one; those of [`SkcipherAlgorithm`] are shorter.
pub const MAX_IV_SIZE: usize = 32;

/// The algorithms that have a type.
///
/// # Examples
///
/// ```
/// use kernel::crypto::skcipher::SkcipherAlgorithm;
///
/// assert_eq!(SkcipherAlgorithm::Aes256Xts.key_size(), 64);
/// assert_eq!(SkcipherAlgorithm::Aes256Xts.iv_size(), 16);
/// assert_eq!(SkcipherAlgorithm::Aes256Xts.name(), c"xts(aes)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SkcipherAlgorithm {
    /// AES-128, each block by itself.
    ///
    /// Equal blocks of the text are equal blocks of the ciphertext, so this is only fit to make
    /// something else of, such as the header protection of QUIC (RFC 9001).
    Aes128Ecb,
    /// AES-256, each block by itself; see [`SkcipherAlgorithm::Aes128Ecb`].
    Aes256Ecb,
    /// AES-128 in Cipher Block Chaining mode (SP 800-38A).
    Aes128Cbc,
    /// AES-256 in Cipher Block Chaining mode (SP 800-38A).
    Aes256Cbc,
    /// AES-128 in Counter mode (SP 800-38A).
    Aes128Ctr,
    /// AES-256 in Counter mode (SP 800-38A).
    Aes256Ctr,
    /// AES-128 in XTS mode (IEEE 1619), whose key is two of AES-128.
    Aes128Xts,
    /// AES-256 in XTS mode (IEEE 1619), whose key is two of AES-256.
    Aes256Xts,
    /// ChaCha20 (RFC 8439).
    ChaCha20,
}

impl SkcipherAlgorithm {
    /// Returns the size of a key, in bytes.
    #[inline]
    pub const fn key_size(self) -> usize {
        match self {
            Self::Aes128Ecb | Self::Aes128Cbc | Self::Aes128Ctr => 16,
            Self::Aes256Ecb | Self::Aes256Cbc | Self::Aes256Ctr => 32,
            Self::Aes128Xts | Self::ChaCha20 => 32,
            Self::Aes256Xts => 64,
        }
    }

    /// Returns the size of an initialisation vector, in bytes.
    #[inline]
    pub const fn iv_size(self) -> usize {
        match self {
            Self::Aes128Ecb | Self::Aes256Ecb => 0,
            Self::Aes128Cbc | Self::Aes256Cbc => AES_BLOCK_SIZE,
            Self::Aes128Ctr | Self::Aes256Ctr => AES_BLOCK_SIZE,
            Self::Aes128Xts | Self::Aes256Xts => AES_BLOCK_SIZE,
            Self::ChaCha20 => 16,
        }
    }

    /// Returns the name that the C side knows the algorithm by.
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::Aes128Ecb | Self::Aes256Ecb => c"ecb(aes)",
            Self::Aes128Cbc | Self::Aes256Cbc => c"cbc(aes)",
            Self::Aes128Ctr | Self::Aes256Ctr => c"ctr(aes)",
            Self::Aes128Xts | Self::Aes256Xts => c"xts(aes)",
            Self::ChaCha20 => c"chacha20",
        }
    }

    /// Returns whether a text of `len` bytes is one that the algorithm takes.
    #[inline]
    const fn takes(self, len: usize) -> bool {
        match self {
            Self::Aes128Ecb | Self::Aes256Ecb | Self::Aes128Cbc | Self::Aes256Cbc => {
                len % AES_BLOCK_SIZE == 0
            }
            // The last blocks are swapped where the last one is not full, so there has to be one.
            Self::Aes128Xts | Self::Aes256Xts => len >= AES_BLOCK_SIZE,
            Self::Aes128Ctr | Self::Aes256Ctr | Self::ChaCha20 => true,
        }
    }

    /// Returns whether the C side leaves the initialisation vector for the bytes that follow.
    #[inline]
    const fn chains(self) -> bool {
        match self {
            Self::Aes128Cbc | Self::Aes256Cbc | Self::Aes128Ctr | Self::Aes256Ctr => true,
            Self::Aes128Ecb | Self::Aes256Ecb => false,
            Self::Aes128Xts | Self::Aes256Xts | Self::ChaCha20 => false,
        }
    }
}

/// An initialisation vector for one operation. The C side counts in it.
///
/// It is aligned, so that algorithms use it as it is.
#[repr(C, align(16))]
struct Iv([u8; MAX_IV_SIZE]);

impl Iv {
    #[inline]
    const fn new() -> Self {
        Self([0; MAX_IV_SIZE])
    }
}

impl Drop for Iv {
    /// Wipes it: XTS, for one, may encrypt the vector in its place, and then whoever knows the
    /// result is a step closer to the text.
    #[inline]
    fn drop(&mut self) {
        zeroize(&mut self.0);
    }
}

/// What a request takes on any algorithm: `SYNC_SKCIPHER_REQUEST_ON_STACK()`.
#[repr(C)]
struct RequestBytes {
    req: bindings::skcipher_request,
    _context: [MaybeUninit<u8>; bindings::MAX_SYNC_SKCIPHER_REQSIZE as usize],
}

// The context of a request is aligned as memory of `kmalloc()` is.
const _: () = assert!(align_of::<RequestBytes>() >= bindings::ARCH_KMALLOC_MINALIGN);

/// Which way.
#[derive(Clone, Copy)]
enum Direction {
    Encrypt,
    Decrypt,
}

/// An algorithm with its key, ready for use.
///
/// There is none without a key. The key is wiped when the value is dropped (by the C side).
///
/// This corresponds to a `struct crypto_sync_skcipher`. Creating one looks the algorithm up by its
/// name, so it is meant to be kept.
///
/// # Invariants
///
/// - `tfm` is a valid `crypto_skcipher`, synchronous, that nothing else frees; of the algorithm
///   `alg` if there is one.
/// - `iv_size`, at most [`MAX_IV_SIZE`], is the size of its initialisation vectors.
/// - `request_size`, at most that of `RequestBytes`, is the size of its requests, their contexts
///   included.
///
/// # Examples
///
/// The first 16 bytes of the key stream of ChaCha20, for block 1 and a nonce of zeroes:
///
/// ```
/// use kernel::crypto::skcipher::{
///     Skcipher,
///     SkcipherAlgorithm, //
/// };
///
/// let cipher = Skcipher::new(SkcipherAlgorithm::ChaCha20, &[0; 32])?;
/// let mut iv = [0; 16];
/// let mut stream = [0; 16];
///
/// iv[..4].copy_from_slice(&1u32.to_le_bytes());
/// cipher.encrypt_in_place(&iv, &mut stream)?;
/// assert_eq!(stream[..4], [0x9f, 0x07, 0xe7, 0xbe]);
/// # Ok::<(), Error>(())
/// ```
pub struct Skcipher {
    tfm: NonNull<bindings::crypto_skcipher>,
    alg: Option<SkcipherAlgorithm>,
    iv_size: usize,
    request_size: usize,
}

// SAFETY: A `crypto_skcipher` belongs to no thread, and may be freed by any.
unsafe impl Send for Skcipher {}

// SAFETY: What takes `&self` only reads the `crypto_skcipher`: the C API keeps all that an
// operation changes in its request. Setting the key takes `&mut self`.
unsafe impl Sync for Skcipher {}

impl Skcipher {
    /// Creates a cipher of the given algorithm with the given key.
    ///
    /// It may sleep, and load a module.
    ///
    /// This corresponds to the C functions `crypto_alloc_sync_skcipher()` and
    /// `crypto_sync_skcipher_setkey()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if `key` has not the size of a key of the algorithm.
    /// - Those of an [allocation](super#allocation).
    /// - Those of [`Skcipher::set_key`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::skcipher::{
    ///     Skcipher,
    ///     SkcipherAlgorithm, //
    /// };
    ///
    /// assert!(Skcipher::new(SkcipherAlgorithm::Aes256Ctr, &[0x42; 32]).is_ok());
    /// assert!(Skcipher::new(SkcipherAlgorithm::Aes256Ctr, &[0x42; 16]).is_err());
    /// ```
    pub fn new(alg: SkcipherAlgorithm, key: &[u8]) -> Result<Self> {
        if key.len() != alg.key_size() {
            return Err(EINVAL);
        }

        let mut cipher = Self::without_key(alg.name())?;

        // The name stands for the algorithm, so this is a matter of form.
        if cipher.iv_size != alg.iv_size() {
            return Err(EINVAL);
        }
        // INVARIANT: It was allocated by the name of the algorithm.
        cipher.alg = Some(alg);
        cipher.set_key(key)?;
        Ok(cipher)
    }

    /// Creates a cipher by the name of its algorithm or of its implementation, for algorithms that
    /// [`SkcipherAlgorithm`] does not have.
    ///
    /// It may sleep, and load a module.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if an initialisation vector is longer than [`MAX_IV_SIZE`], or if a request of
    ///   the algorithm does not fit on the stack.
    /// - Those of an [allocation](super#allocation); `ENOENT` also if the algorithm is not
    ///   synchronous.
    /// - Those of [`Skcipher::set_key`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::skcipher::Skcipher;
    ///
    /// // AES-192, which has no type.
    /// let cipher = Skcipher::by_name(c"cbc(aes)", &[0x42; 24])?;
    ///
    /// assert_eq!(cipher.iv_size(), 16);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn by_name(name: &CStr, key: &[u8]) -> Result<Self> {
        let mut cipher = Self::without_key(name)?;

        cipher.set_key(key)?;
        Ok(cipher)
    }

    fn without_key(name: &CStr) -> Result<Self> {
        // What `crypto_alloc_sync_skcipher()` asks for. It also warns if the context is too large
        // after all, which a name must not be able to bring about. The second flag is known to
        // implementations as `CRYPTO_ALG_SKCIPHER_REQSIZE_LARGE`.
        let mask = bindings::CRYPTO_ALG_ASYNC | bindings::CRYPTO_ALG_OPTIONAL_KEY;

        // SAFETY: The name is a string that ends with a zero byte.
        let tfm =
            from_err_ptr(unsafe { bindings::crypto_alloc_skcipher(name.as_char_ptr(), 0, mask) })?;
        let tfm = NonNull::new(tfm).ok_or(ENOMEM)?;

        // INVARIANT: It was just allocated, asynchronous implementations excluded by the mask. Its
        // sizes, which do not change, are read and checked below, before anyone can use it.
        let mut cipher = Self {
            tfm,
            alg: None,
            iv_size: 0,
            request_size: 0,
        };

        // SAFETY: `tfm` is a valid `crypto_skcipher`.
        let (iv_size, context) = unsafe {
            (
                bindings::crypto_skcipher_ivsize(tfm.as_ptr()),
                bindings::crypto_skcipher_reqsize(tfm.as_ptr()),
            )
        };

        // CAST: An `usize` holds an `unsigned int` on all architectures.
        cipher.iv_size = iv_size as usize;
        cipher.request_size = size_of::<bindings::skcipher_request>()
            .checked_add(context as usize)
            .ok_or(EINVAL)?;
        if cipher.iv_size > MAX_IV_SIZE || cipher.request_size > size_of::<RequestBytes>() {
            return Err(EINVAL);
        }
        Ok(cipher)
    }

    /// Changes the key.
    ///
    /// It may sleep. If the algorithm refuses the key there is none any more, and each operation
    /// gives `ENOKEY` until one is set.
    ///
    /// This corresponds to the C function `crypto_sync_skcipher_setkey()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if `key` has not the size of a key of the algorithm. The key that was set stays
    ///   if the algorithm is one of [`SkcipherAlgorithm`]. If it was selected by its name there may
    ///   be none any more; that depends on the implementation.
    /// - `EOVERFLOW` if `key` is longer than [`u32::MAX`]; the key that was set stays.
    /// - What the algorithm gives: `ENOMEM`, and in FIPS mode `EINVAL` for a key of XTS whose
    ///   halves are the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::skcipher::{
    ///     Skcipher,
    ///     SkcipherAlgorithm, //
    /// };
    ///
    /// let mut cipher = Skcipher::new(SkcipherAlgorithm::Aes128Cbc, &[0x42; 16])?;
    ///
    /// cipher.set_key(&[0x43; 16])?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_key(&mut self, key: &[u8]) -> Result {
        if self.alg.is_some_and(|alg| key.len() != alg.key_size()) {
            return Err(EINVAL);
        }
        let len = ffi::c_uint::try_from(key.len()).map_err(|_| EOVERFLOW)?;

        // SAFETY: By the type invariant; `key` is valid for reads of `len` bytes. No operation runs
        // at the same time, because `self` is borrowed mutably. The C side takes the key by its
        // virtual address, wherever it lies.
        to_result(unsafe { bindings::crypto_skcipher_setkey(self.tfm.as_ptr(), key.as_ptr(), len) })
    }

    /// Returns the algorithm, unless it was selected by its name.
    #[inline]
    pub fn algorithm(&self) -> Option<SkcipherAlgorithm> {
        self.alg
    }

    /// Returns the size of an initialisation vector, in bytes. It is at most [`MAX_IV_SIZE`].
    #[inline]
    pub fn iv_size(&self) -> usize {
        self.iv_size
    }

    /// Returns the size of the blocks that the algorithm works on, in bytes: 1 for a stream cipher.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::skcipher::{
    ///     Skcipher,
    ///     SkcipherAlgorithm, //
    /// };
    ///
    /// let ctr = Skcipher::new(SkcipherAlgorithm::Aes128Ctr, &[0x42; 16])?;
    /// let cbc = Skcipher::new(SkcipherAlgorithm::Aes128Cbc, &[0x42; 16])?;
    ///
    /// assert_eq!(ctr.block_size(), 1);
    /// assert_eq!(cbc.block_size(), 16);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn block_size(&self) -> usize {
        // SAFETY: By the type invariant.
        //
        // CAST: An `usize` holds an `unsigned int` on all architectures.
        unsafe { bindings::crypto_skcipher_blocksize(self.tfm.as_ptr()) as usize }
    }

    /// Returns the name of the implementation that was chosen.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::skcipher::{
    ///     Skcipher,
    ///     SkcipherAlgorithm, //
    /// };
    ///
    /// let cipher = Skcipher::new(SkcipherAlgorithm::ChaCha20, &[0x42; 32])?;
    ///
    /// pr_info!("{}\n", cipher.driver_name());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn driver_name(&self) -> &CStr {
        // SAFETY: By the type invariant. The name is a string that ends with a zero byte, part of
        // the algorithm, which lives and does not change as long as there is an instance.
        unsafe { CStr::from_char_ptr(bindings::crypto_skcipher_driver_name(self.tfm.as_ptr())) }
    }

    /// Encrypts `buf` in place.
    ///
    /// `iv` is as the [module](self) says; it is not changed. An empty `buf` stays one, with the
    /// algorithms that take it.
    ///
    /// Memory is allocated only if `buf` takes more than a few pages in `vmalloc()` memory, and by
    /// the algorithm where a block is on two pages or is not aligned as it needs.
    ///
    /// This corresponds to the C function `crypto_skcipher_encrypt()`.
    ///
    /// # Errors
    ///
    /// With these `buf` is as it was:
    ///
    /// - `EINVAL` if `iv` has not the size of an initialisation vector, or if `buf` has not a size
    ///   that the algorithm takes: a multiple of 16 for ECB and CBC, at least 16 for XTS.
    /// - `EOVERFLOW` if `buf` is longer than [`i32::MAX`].
    /// - `ENOMEM` if memory for the pages of `buf` is needed and there is none.
    ///
    /// With these `buf` is all zeroes:
    ///
    /// - `ENOKEY` if [`Skcipher::set_key`] failed before.
    /// - What the algorithm gives; those in software do not fail but for `ENOMEM`, and for `EINVAL`
    ///   where an algorithm selected by its name does not take the size of `buf`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::skcipher::{
    ///     Skcipher,
    ///     SkcipherAlgorithm, //
    /// };
    ///
    /// let cipher = Skcipher::new(SkcipherAlgorithm::Aes128Ecb, &[0; 16])?;
    /// let mut block = [0; 16];
    ///
    /// cipher.encrypt_in_place(&[], &mut block)?;
    /// assert_eq!(block[..4], [0x66, 0xe9, 0x4b, 0xd4]);
    /// assert!(cipher.encrypt_in_place(&[], &mut block[1..]).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn encrypt_in_place(&self, iv: &[u8], buf: &mut [u8]) -> Result {
        self.in_place(Direction::Encrypt, iv, buf, &mut Iv::new())
    }

    /// Decrypts `buf` in place.
    ///
    /// It is as [`Skcipher::encrypt_in_place`] in all other respects.
    ///
    /// This corresponds to the C function `crypto_skcipher_decrypt()`.
    ///
    /// # Errors
    ///
    /// As for [`Skcipher::encrypt_in_place`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::skcipher::{
    ///     Skcipher,
    ///     SkcipherAlgorithm, //
    /// };
    ///
    /// let cipher = Skcipher::new(SkcipherAlgorithm::Aes256Xts, b"\
    ///     One key of thirty-two characters\
    ///     and another one just as long as ")?;
    /// let sector = 7u128.to_le_bytes();
    /// let mut buf = [0; 512];
    ///
    /// cipher.encrypt_in_place(&sector, &mut buf)?;
    /// assert_ne!(buf, [0; 512]);
    /// cipher.decrypt_in_place(&sector, &mut buf)?;
    /// assert_eq!(buf, [0; 512]);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn decrypt_in_place(&self, iv: &[u8], buf: &mut [u8]) -> Result {
        self.in_place(Direction::Decrypt, iv, buf, &mut Iv::new())
    }

    /// Encrypts the bytes of `from` to `to`, which has the same size.
    ///
    /// This corresponds to the C function `crypto_skcipher_encrypt()`. Memory is allocated as by
    /// [`Skcipher::encrypt_in_place`].
    ///
    /// # Errors
    ///
    /// Those of [`Skcipher::encrypt_in_place`], `to` taking the place of `buf`, and `EINVAL` if
    /// `from` and `to` have not the same size.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::skcipher::{
    ///     Skcipher,
    ///     SkcipherAlgorithm, //
    /// };
    ///
    /// let cipher = Skcipher::new(SkcipherAlgorithm::Aes256Ctr, &[0; 32])?;
    /// let (mut sealed, mut opened) = ([0; 11], [0; 11]);
    ///
    /// cipher.encrypt(&[0; 16], b"hello world", &mut sealed)?;
    /// cipher.decrypt(&[0; 16], &sealed, &mut opened)?;
    /// assert_eq!(&opened, b"hello world");
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn encrypt(&self, iv: &[u8], from: &[u8], to: &mut [u8]) -> Result {
        self.apart(Direction::Encrypt, iv, from, to)
    }

    /// Decrypts the bytes of `from` to `to`, which has the same size.
    ///
    /// This corresponds to the C function `crypto_skcipher_decrypt()`. Memory is allocated as by
    /// [`Skcipher::encrypt_in_place`].
    ///
    /// # Errors
    ///
    /// As for [`Skcipher::encrypt`], which also has an example.
    #[inline]
    pub fn decrypt(&self, iv: &[u8], from: &[u8], to: &mut [u8]) -> Result {
        self.apart(Direction::Decrypt, iv, from, to)
    }

    /// Encrypts `buf` in place, and makes `iv` that of the bytes that follow.
    ///
    /// So a text is encrypted piece by piece. Each piece but the last has to be of whole blocks,
    /// that is of a multiple of 16 bytes, in CTR mode too, where no error tells.
    ///
    /// # Errors
    ///
    /// Those of [`Skcipher::encrypt_in_place`], and `EINVAL` if the algorithm is none of
    /// [`SkcipherAlgorithm`] in CBC or CTR mode: there is no such initialisation vector then. `iv`
    /// is as it was with all of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::skcipher::{
    ///     Skcipher,
    ///     SkcipherAlgorithm, //
    /// };
    ///
    /// let cipher = Skcipher::new(SkcipherAlgorithm::Aes128Cbc, &[0x42; 16])?;
    /// let (mut whole, mut pieces) = ([3; 48], [3; 48]);
    ///
    /// cipher.encrypt_in_place(&[0; 16], &mut whole)?;
    ///
    /// let mut iv = [0; 16];
    /// for piece in pieces.chunks_mut(16) {
    ///     cipher.encrypt_next(&mut iv, piece)?;
    /// }
    /// assert_eq!(whole, pieces);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn encrypt_next(&self, iv: &mut [u8], buf: &mut [u8]) -> Result {
        self.next(Direction::Encrypt, iv, buf)
    }

    /// Decrypts `buf` in place, and makes `iv` that of the bytes that follow.
    ///
    /// It is as [`Skcipher::encrypt_next`] in all other respects.
    ///
    /// # Errors
    ///
    /// As for [`Skcipher::encrypt_next`].
    pub fn decrypt_next(&self, iv: &mut [u8], buf: &mut [u8]) -> Result {
        self.next(Direction::Decrypt, iv, buf)
    }

    fn next(&self, direction: Direction, iv: &mut [u8], buf: &mut [u8]) -> Result {
        if !self.alg.is_some_and(SkcipherAlgorithm::chains) {
            return Err(EINVAL);
        }

        let mut next = Iv::new();

        self.in_place(direction, iv, buf, &mut next)?;
        for (to, from) in iv.iter_mut().zip(next.0) {
            *to = from;
        }
        Ok(())
    }

    /// Returns a copy of the initialisation vector, for a text of `len` bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL` if either has not a size that the algorithm takes.
    #[inline]
    fn start(&self, iv: &[u8], len: usize, copy: &mut Iv) -> Result {
        if iv.len() != self.iv_size || self.alg.is_some_and(|alg| !alg.takes(len)) {
            return Err(EINVAL);
        }
        copy.0
            .get_mut(..iv.len())
            .ok_or(EINVAL)?
            .copy_from_slice(iv);
        Ok(())
    }

    /// Puts the initialisation vector into `next`, which is all zeroes, and leaves it there as the
    /// operation left it.
    fn in_place(&self, direction: Direction, iv: &[u8], buf: &mut [u8], next: &mut Iv) -> Result {
        self.start(iv, buf.len(), next)?;
        if buf.is_empty() {
            return Ok(());
        }

        let len = total_len([buf.len()])?;
        let mut storage = SgStorage::new();

        let ret = if let Some(list) = storage.linear([&Part::from(&mut *buf)]) {
            // SAFETY: The list has the bytes of `buf`, which are `len`, and may be written. It is
            // in `storage`, and `buf` is not looked at before the operation is over.
            unsafe { self.crypt(direction, next, list, list, len) }
        } else {
            let mut list = SgList::new(&mut storage, [Part::from(&mut *buf)])?;
            let head = list.as_ptr();

            // SAFETY: As above. The list is dropped after the operation.
            unsafe { self.crypt(direction, next, head, head, len) }
        };

        to_result(ret).inspect_err(|_| zeroize(buf))
    }

    fn apart(&self, direction: Direction, iv: &[u8], from: &[u8], to: &mut [u8]) -> Result {
        let mut copy = Iv::new();

        self.start(iv, from.len(), &mut copy)?;
        if from.len() != to.len() {
            return Err(EINVAL);
        }
        if from.is_empty() {
            return Ok(());
        }

        let len = total_len([from.len()])?;
        let (mut source, mut destination) = (SgStorage::new(), SgStorage::new());
        let (taken, put) = (Part::from(from), Part::from(&mut *to));

        let lists = source.linear([&taken]).zip(destination.linear([&put]));
        let ret = if let Some((src, dst)) = lists {
            // SAFETY: The lists have the bytes of `from` and of `to`, which are `len` each. The
            // latter may be written. They are apart, so an implementation has no reason to write
            // the former.
            unsafe { self.crypt(direction, &mut copy, src, dst, len) }
        } else {
            let mut src = SgList::new(&mut source, [taken])?;
            let mut dst = SgList::new(&mut destination, [put])?;

            // SAFETY: As above. The lists are dropped after the operation.
            unsafe { self.crypt(direction, &mut copy, src.as_ptr(), dst.as_ptr(), len) }
        };

        to_result(ret).inspect_err(|_| zeroize(to))
    }

    /// Runs `crypto_skcipher_encrypt()` or `crypto_skcipher_decrypt()`.
    ///
    /// # Safety
    ///
    /// `src` and `dst` are scatterlists of at least `len` bytes, of which those of `dst` may be
    /// written. They are the same or have no byte in common.
    unsafe fn crypt(
        &self,
        direction: Direction,
        iv: &mut Iv,
        src: *mut bindings::scatterlist,
        dst: *mut bindings::scatterlist,
        len: ffi::c_uint,
    ) -> ffi::c_int {
        // A request of an AEAD cannot be on the stack. Those of synchronous skciphers may be: what
        // they keep there they reach by its address, and put in no scatterlist.
        let request = Opaque::<RequestBytes>::uninit();
        let req = request.get().cast::<bindings::skcipher_request>();

        // What `skcipher_request_set_tfm()`, `_callback()` and `_crypt()` do. The implementation is
        // synchronous, so there is nothing to complete, and no callback.
        let value = bindings::skcipher_request {
            cryptlen: len,
            iv: iv.0.as_mut_ptr(),
            src,
            dst,
            base: bindings::crypto_async_request {
                // SAFETY: By the type invariant. This is `crypto_skcipher_tfm()`.
                tfm: unsafe { &raw mut (*self.tfm.as_ptr()).base },
                ..Default::default()
            },
            ..Default::default()
        };

        // SAFETY: `req` is valid for writes of a request.
        unsafe { req.write(value) };

        // SAFETY: `req` is a request for `self.tfm`, which has a context of the size that is
        // needed. It, the lists and the vector outlive the operation, which is over when the
        // function returns. By the safety requirements the lists have `len` bytes; the vector has
        // at least the size that the algorithm takes.
        //
        // The bytes are reached through the pages that map them. Their addresses were handed to the
        // C side to find these, so the compiler has to reckon with the function changing them.
        let ret = unsafe {
            match direction {
                Direction::Encrypt => bindings::crypto_skcipher_encrypt(req),
                Direction::Decrypt => bindings::crypto_skcipher_decrypt(req),
            }
        };

        // What the context has in it may be as secret as the text: this is what
        // `skcipher_request_zero()` does.
        //
        // SAFETY: By the type invariant, so many bytes are there.
        unsafe { memzero_explicit(req.cast(), self.request_size) };
        ret
    }
}

impl Drop for Skcipher {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe { bindings::crypto_free_skcipher(self.tfm.as_ptr()) };
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_skcipher)]
mod tests {
    use super::*;
    use crate::{
        crypto::secret::testing::{
            everywhere,
            hex, //
        },
        page::PAGE_SIZE, //
    };
    use SkcipherAlgorithm::*;

    const ALL: [SkcipherAlgorithm; 9] = [
        Aes128Ecb, Aes256Ecb, Aes128Cbc, Aes256Cbc, Aes128Ctr, Aes256Ctr, Aes128Xts, Aes256Xts,
        ChaCha20,
    ];

    static CONSTANT: [u8; 64] = [0x61; 64];

    /// A key for any algorithm; its halves differ, which XTS may ask for.
    const KEY: [u8; 64] = {
        let (mut key, mut i) = ([0; 64], 0);

        while i < 64 {
            key[i] = i as u8;
            i += 1;
        }
        key
    };

    fn with_key(alg: SkcipherAlgorithm) -> Result<Skcipher> {
        Skcipher::new(alg, KEY.get(..alg.key_size()).ok_or(EINVAL)?)
    }

    fn iv_of(alg: SkcipherAlgorithm) -> &'static [u8] {
        &CONSTANT[..alg.iv_size()]
    }

    /// Both directions, in place, apart, and in pieces.
    fn check(alg: SkcipherAlgorithm, key: &[u8], iv: &[u8], text: &[u8], sealed: &[u8]) -> Result {
        let cipher = Skcipher::new(alg, key)?;
        let mut place = [0; 128];
        let buf = place.get_mut(..text.len()).ok_or(EINVAL)?;

        cipher.encrypt(iv, text, buf)?;
        if buf != sealed {
            return Err(EBADMSG);
        }
        cipher.decrypt_in_place(iv, buf)?;
        if buf != text {
            return Err(EBADMSG);
        }
        cipher.encrypt_in_place(iv, buf)?;
        if buf != sealed {
            return Err(EBADMSG);
        }
        cipher.decrypt(iv, sealed, buf)?;
        if buf != text {
            return Err(EBADMSG);
        }

        let mut next = [0; 16];
        let next = next.get_mut(..iv.len()).ok_or(EINVAL)?;
        next.copy_from_slice(iv);
        if !alg.chains() {
            assert_eq!(cipher.encrypt_next(next, buf), Err(EINVAL));
            assert_eq!(cipher.decrypt_next(next, buf), Err(EINVAL));
            assert!(buf == text && next == iv);
            return Ok(());
        }
        for piece in buf.chunks_mut(16) {
            cipher.encrypt_next(next, piece)?;
        }
        if buf != sealed || next == iv {
            return Err(EBADMSG);
        }
        next.copy_from_slice(iv);
        for piece in buf.chunks_mut(32) {
            cipher.decrypt_next(next, piece)?;
        }
        if buf != text {
            return Err(EBADMSG);
        }
        Ok(())
    }

    #[test]
    fn sp_800_38a() -> Result {
        // Appendix F: ECB-AES128 and ECB-AES256, the same of CBC and CTR.
        let key128 = hex::<16>("2b7e151628aed2a6abf7158809cf4f3c");
        let key256 = hex::<32>("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let iv = hex::<16>("000102030405060708090a0b0c0d0e0f");
        let counter = hex::<16>("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        let text = hex::<64>(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
             30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        );

        check(
            Aes128Ecb,
            &key128,
            &[],
            &text,
            &hex::<64>(
                "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf\
                 43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4",
            ),
        )?;
        check(
            Aes256Ecb,
            &key256,
            &[],
            &text,
            &hex::<64>(
                "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870\
                 b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7",
            ),
        )?;
        check(
            Aes128Cbc,
            &key128,
            &iv,
            &text,
            &hex::<64>(
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2\
                 73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
            ),
        )?;
        check(
            Aes256Cbc,
            &key256,
            &iv,
            &text,
            &hex::<64>(
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d\
                 39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
            ),
        )?;
        let ctr128 = hex::<64>(
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff\
             5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
        );
        let ctr256 = hex::<64>(
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5\
             2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
        );
        check(Aes128Ctr, &key128, &counter, &text, &ctr128)?;
        check(Aes256Ctr, &key256, &counter, &text, &ctr256)?;
        for len in 0..64 {
            check(Aes128Ctr, &key128, &counter, &text[..len], &ctr128[..len]).or_else(|e| {
                // Without a byte there is nothing to go on from.
                if len == 0 {
                    Ok(())
                } else {
                    Err(e)
                }
            })?;
        }
        Ok(())
    }

    #[test]
    fn ieee_1619() -> Result {
        // Vectors 2, 15 (of 17 bytes, so with ciphertext stealing), and the start of 10.
        check(
            Aes128Xts,
            &hex::<32>("1111111111111111111111111111111122222222222222222222222222222222"),
            &hex::<16>("33333333330000000000000000000000"),
            &[0x44; 32],
            &hex::<32>("c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0"),
        )?;
        check(
            Aes128Xts,
            &hex::<32>("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0"),
            &hex::<16>("9a785634120000000000000000000000"),
            &KEY[..17],
            &hex::<17>("6c1625db4671522d3d7599601de7ca09ed"),
        )?;
        check(
            Aes256Xts,
            &hex::<64>(
                "2718281828459045235360287471352662497757247093699959574966967627\
                 3141592653589793238462643383279502884197169399375105820974944592",
            ),
            &hex::<16>("ff000000000000000000000000000000"),
            &KEY,
            &hex::<64>(
                "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b\
                 5d31e276f8fe4a8d66b317f9ac683f44680a86ac35adfc3345befecb4bb188fd",
            ),
        )
    }

    #[test]
    fn rfc_8439() -> Result {
        // Section 2.4.2.
        check(
            ChaCha20,
            &KEY[..32],
            &hex::<16>("01000000000000000000004a00000000"),
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
              future, sunscreen would be it.",
            &hex::<114>(
                "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b\
                 f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8\
                 07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736\
                 5af90bbf74a35be6b40b8eedf2785e42874d",
            ),
        )
    }

    #[test]
    fn rfc_9001() -> Result {
        // The mask of header protection, of appendix A.2 and of A.5.
        let aes = Skcipher::new(Aes128Ecb, &hex::<16>("9f50449e04a0e810283a1e9933adedd2"))?;
        let mut block = hex::<16>("d1b1c98dd7689fb8ec11d242b123dc9b");
        aes.encrypt_in_place(&[], &mut block)?;
        assert_eq!(block[..5], hex::<5>("437b9aec36"));

        let chacha20 = Skcipher::new(
            ChaCha20,
            &hex::<32>("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4"),
        )?;
        let mut mask = [0; 5];
        chacha20.encrypt_in_place(&hex::<16>("5e5cd55c41f69080575d7999c25a5bfb"), &mut mask)?;
        assert_eq!(mask, hex::<5>("aefefe7d03"));
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        for alg in ALL {
            let cipher = with_key(alg)?;
            let iv = iv_of(alg);
            let mut sealed = KVec::from_elem(0, CONSTANT.len(), GFP_KERNEL)?;
            let mut other = [0; 64];

            // From a constant to the heap.
            cipher.encrypt(iv, &CONSTANT, &mut sealed)?;
            everywhere(64, |buf| {
                buf.fill(0x61);
                cipher.encrypt(iv, buf, &mut other)?;
                cipher.encrypt_in_place(iv, buf)?;
                if *buf != *sealed || other != *sealed {
                    return Err(EBADMSG);
                }
                cipher.decrypt_in_place(iv, buf)?;
                if *buf != CONSTANT {
                    return Err(EBADMSG);
                }
                buf.fill(0);
                cipher.decrypt(iv, &sealed, buf)?;
                if *buf != CONSTANT {
                    return Err(EBADMSG);
                }
                Ok(())
            })?;
            everywhere(alg.iv_size(), |iv| {
                iv.fill(0x61);
                cipher.encrypt(iv, &CONSTANT, &mut other)?;
                if other != *sealed || iv.iter().any(|b| *b != 0x61) {
                    return Err(EBADMSG);
                }
                Ok(())
            })?;
            everywhere(alg.key_size(), |key| {
                key.copy_from_slice(&KEY[..alg.key_size()]);
                Skcipher::new(alg, key)?.encrypt(iv, &CONSTANT, &mut other)?;
                if other != *sealed {
                    return Err(EBADMSG);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    #[test]
    fn many_pages() -> Result {
        for alg in ALL {
            let cipher = with_key(alg)?;
            let iv = iv_of(alg);
            let text = KVVec::from_elem(0x61, 70 * PAGE_SIZE, GFP_KERNEL)?;
            let mut expected = KVVec::from_elem(0, 70 * PAGE_SIZE, GFP_KERNEL)?;
            let mut pages = VVec::from_elem(0, 72 * PAGE_SIZE, GFP_KERNEL)?;

            cipher.encrypt(iv, &text, &mut expected)?;
            for at in [0, 1, 16, PAGE_SIZE - 1] {
                let buf = &mut pages[at..at + 70 * PAGE_SIZE];

                buf.copy_from_slice(&text);
                cipher.encrypt_in_place(iv, buf)?;
                assert!(*buf == *expected);
                cipher.decrypt_in_place(iv, buf)?;
                assert!(*buf == *text);
            }
        }
        Ok(())
    }

    #[test]
    fn wrong_lengths() -> Result {
        for alg in ALL {
            let cipher = with_key(alg)?;
            let iv = iv_of(alg);

            for len in (0..=64).filter(|len| *len != alg.key_size()) {
                assert!(matches!(Skcipher::new(alg, &KEY[..len]), Err(e) if e == EINVAL));
            }
            for len in (0..=32).filter(|len| *len != alg.iv_size()) {
                let mut buf = CONSTANT;

                assert_eq!(
                    cipher.encrypt_in_place(&CONSTANT[..len], &mut buf),
                    Err(EINVAL)
                );
                assert_eq!(
                    cipher.decrypt(&CONSTANT[..len], &KEY, &mut buf),
                    Err(EINVAL)
                );
                assert!(buf == CONSTANT);
            }
            for len in 0..=64 {
                let mut buf = CONSTANT;
                let taken = match alg {
                    Aes128Ctr | Aes256Ctr | ChaCha20 => true,
                    Aes128Xts | Aes256Xts => len >= 16,
                    _ => len % 16 == 0,
                };

                if taken {
                    cipher.encrypt_in_place(iv, &mut buf[..len])?;
                    cipher.decrypt_in_place(iv, &mut buf[..len])?;
                } else {
                    assert_eq!(cipher.encrypt_in_place(iv, &mut buf[..len]), Err(EINVAL));
                    assert_eq!(cipher.decrypt_in_place(iv, &mut buf[..len]), Err(EINVAL));
                    assert_eq!(
                        cipher.encrypt(iv, &KEY[..len], &mut buf[..len]),
                        Err(EINVAL)
                    );
                }
                assert!(buf == CONSTANT);
                if len != 32 {
                    assert_eq!(cipher.encrypt(iv, &KEY[..32], &mut buf[..len]), Err(EINVAL));
                    assert_eq!(cipher.decrypt(iv, &KEY[..32], &mut buf[..len]), Err(EINVAL));
                }
                assert!(buf == CONSTANT);
            }
        }
        Ok(())
    }

    #[test]
    fn names() -> Result {
        for alg in ALL {
            let key = &KEY[..alg.key_size()];
            let (typed, named) = (with_key(alg)?, Skcipher::by_name(alg.name(), key)?);
            let (mut a, mut b) = (CONSTANT, CONSTANT);

            assert_eq!(typed.algorithm(), Some(alg));
            assert_eq!(named.algorithm(), None);
            assert_eq!(typed.iv_size(), alg.iv_size());
            assert_eq!(named.iv_size(), alg.iv_size());
            assert_eq!(typed.block_size(), named.block_size());
            assert!(!typed.driver_name().to_bytes().is_empty());
            typed.encrypt_in_place(iv_of(alg), &mut a)?;
            named.encrypt_in_place(iv_of(alg), &mut b)?;
            assert!(a == b);
            Skcipher::by_name(typed.driver_name(), key)?.decrypt_in_place(iv_of(alg), &mut a)?;
            assert!(a == CONSTANT);
        }
        assert!(matches!(Skcipher::by_name(c"no-such-cipher", &[]), Err(e) if e == ENOENT));
        assert!(Skcipher::by_name(c"", &[]).is_err());
        // Of another type.
        assert!(Skcipher::by_name(c"sha256", &[]).is_err());
        assert!(Skcipher::by_name(c"gcm(aes)", &KEY[..16]).is_err());

        // The C side finds out about the size, and nothing of the text stays.
        let cbc = Skcipher::by_name(c"cbc(aes)", &KEY[..24])?;
        let mut buf = CONSTANT;
        assert_eq!(cbc.encrypt_in_place(&[0; 16], &mut buf[..33]), Err(EINVAL));
        assert!(buf[..33] == [0; 33] && buf[33..] == CONSTANT[33..]);
        Ok(())
    }

    #[test]
    fn keys() -> Result {
        for alg in ALL {
            let mut cipher = with_key(alg)?;
            let (mut one, mut two) = (CONSTANT, CONSTANT);

            cipher.encrypt_in_place(iv_of(alg), &mut one)?;
            assert_eq!(cipher.set_key(&KEY[1..alg.key_size()]), Err(EINVAL));
            // The key is still there.
            cipher.encrypt_in_place(iv_of(alg), &mut two)?;
            assert!(one == two);

            let mut other = KEY;
            other[0] ^= 1;
            cipher.set_key(&other[..alg.key_size()])?;
            cipher.decrypt_in_place(iv_of(alg), &mut two)?;
            assert!(two != CONSTANT);
        }

        // A key that the C side refuses leaves none.
        let mut named = Skcipher::by_name(c"ctr(aes)", &KEY[..16])?;
        let mut buf = CONSTANT;
        assert_eq!(named.set_key(&KEY[..17]), Err(EINVAL));
        assert_eq!(named.encrypt_in_place(&[0; 16], &mut buf), Err(ENOKEY));
        assert!(buf == [0; 64]);
        named.set_key(&KEY[..32])?;
        named.encrypt_in_place(&[0; 16], &mut buf)?;
        Ok(())
    }
}
