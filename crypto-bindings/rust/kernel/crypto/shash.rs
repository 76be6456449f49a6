// SPDX-License-Identifier: GPL-2.0

//! Hashes, with and without a key.
//!
//! A [`struct@Hash`] is an algorithm without a key, a [`Mac`] one with a key. Both hash bytes that
//! are all there at once with `digest` and `digest_parts`, and with `digest_with` what a function
//! adds piece by piece. These take `&self`, allocate nothing, as the descriptor is on the stack,
//! and may run on many CPUs at once.
//!
//! For bytes that come little by little there is [`Running`], with its descriptor on the heap. Its
//! states are types, so nothing can be added to a hash that was not begun or is finished:
//!
//! ```text
//!                    update()            fork() -> another Running
//!                    +------+            save() -> Saved, which resume() makes a Running of
//!                    |      v            snapshot() -> the digest so far
//!      new()       +------------+        |       finish()
//!  o-------------> |  Running   | -------+  ---------------------> the digest
//!                  +------------+
//! ```
//!
//! All of it may be called in process and softirq context, but for what creates a
//! [`struct@Hash`] or a [`Mac`] or sets a key, which may sleep.
//!
//! Slices may lie in any kind of memory: this part of the C API takes virtual addresses.
//! Descriptors, which hold the state of a hash and thus something about the bytes, are wiped after
//! use.
//!
//! C header: [`include/crypto/hash.h`](srctree/include/crypto/hash.h)
//!
//! # Examples
//!
//! ```
//! use kernel::crypto::shash::{
//!     Hash,
//!     HashAlgorithm,
//!     Running, //
//! };
//!
//! let sha256 = Hash::new(HashAlgorithm::Sha256)?;
//! let (mut whole, mut parts) = ([0; 32], [0; 32]);
//!
//! sha256.digest(b"hello world", &mut whole)?;
//!
//! let mut running = Running::new(&sha256, GFP_KERNEL)?;
//! running.update(b"hello ")?;
//! running.update(b"world")?;
//! running.finish(&mut parts)?;
//!
//! assert_eq!(whole, parts);
//! # Ok::<(), Error>(())
//! ```

use crate::{
    alloc::Flags,
    bindings,
    error::{
        from_err_ptr,
        to_result, //
    },
    ffi,
    prelude::*,
    str::CStr,
    sync::Arc,
    types::Opaque, //
};
use core::{
    mem::{
        size_of,
        MaybeUninit, //
    },
    pin::{
        pin,
        Pin, //
    },
    ptr::NonNull,
};

/// The size of the largest digest, in bytes.
pub const MAX_DIGEST_SIZE: usize = bindings::HASH_MAX_DIGESTSIZE as usize;

/// The hash algorithms that have a type, to choose from at run time.
///
/// # Examples
///
/// ```
/// use kernel::crypto::shash::HashAlgorithm;
///
/// assert_eq!(HashAlgorithm::Sha384.digest_size(), 48);
/// assert_eq!(HashAlgorithm::Sha384.block_size(), 128);
/// assert_eq!(HashAlgorithm::Sha384.hmac_name(), c"hmac(sha384)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashAlgorithm {
    /// SHA-256 of FIPS 180-4.
    Sha256,
    /// SHA-384 of FIPS 180-4.
    Sha384,
    /// SHA-512 of FIPS 180-4.
    Sha512,
}

impl HashAlgorithm {
    /// Returns the size of a digest, in bytes.
    #[inline]
    pub const fn digest_size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Returns the size of the blocks that the algorithm works on, in bytes.
    #[inline]
    pub const fn block_size(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }

    /// Returns the name that the C side knows the hash by.
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::Sha256 => c"sha256",
            Self::Sha384 => c"sha384",
            Self::Sha512 => c"sha512",
        }
    }

    /// Returns the name that the C side knows HMAC (RFC 2104) with the hash by.
    pub const fn hmac_name(self) -> &'static CStr {
        match self {
            Self::Sha256 => c"hmac(sha256)",
            Self::Sha384 => c"hmac(sha384)",
            Self::Sha512 => c"hmac(sha512)",
        }
    }
}

/// Returns a length as the C side takes it.
///
/// # Errors
///
/// `EOVERFLOW` if it is more than [`i32::MAX`]. The C type has one bit more, but the sum of a
/// length and what is left of a block has to fit too.
fn c_len(len: usize) -> Result<ffi::c_uint> {
    match i32::try_from(len) {
        // CAST: It is not negative.
        Ok(len) => Ok(len as ffi::c_uint),
        Err(_) => Err(EOVERFLOW),
    }
}

mod tfm {
    use super::*;

    /// A transformation: an instance of an algorithm, with its key if it takes one.
    ///
    /// # Invariants
    ///
    /// `ptr` is a valid `crypto_shash` that nothing else frees. `digest_size` is its digest size.
    pub struct Tfm {
        ptr: NonNull<bindings::crypto_shash>,
        digest_size: usize,
    }

    // SAFETY: A `crypto_shash` belongs to no thread, and may be freed by any.
    unsafe impl Send for Tfm {}

    // SAFETY: What takes `&self` only reads the `crypto_shash`: the C API keeps all that an
    // operation changes in its descriptor. Setting the key takes `&mut self`.
    unsafe impl Sync for Tfm {}

    impl Tfm {
        pub(super) fn new(name: &CStr) -> Result<Self> {
            // SAFETY: `name` is a string that ends with a zero byte.
            let ptr =
                from_err_ptr(unsafe { bindings::crypto_alloc_shash(name.as_char_ptr(), 0, 0) })?;
            let ptr = NonNull::new(ptr).ok_or(ENOMEM)?;
            // SAFETY: `ptr` is a valid `crypto_shash`.
            let digest_size = unsafe { bindings::crypto_shash_digestsize(ptr.as_ptr()) };

            // INVARIANT: It was just allocated, and its digest size, which never changes, read.
            Ok(Self {
                ptr,
                // CAST: An `usize` holds an `unsigned int` on all architectures.
                digest_size: digest_size as usize,
            })
        }

        #[inline]
        pub(super) fn as_ptr(&self) -> *mut bindings::crypto_shash {
            self.ptr.as_ptr()
        }

        #[inline]
        pub(super) fn digest_size(&self) -> usize {
            self.digest_size
        }

        pub(super) fn block_size(&self) -> usize {
            // SAFETY: By the type invariant.
            //
            // CAST: As in `new`.
            unsafe { bindings::crypto_shash_blocksize(self.as_ptr()) as usize }
        }

        pub(super) fn driver_name(&self) -> &CStr {
            // SAFETY: By the type invariant. The name is a string that ends with a zero byte, part
            // of the algorithm, which lives and does not change as long as there is an instance.
            unsafe { CStr::from_char_ptr(bindings::crypto_shash_driver_name(self.as_ptr())) }
        }

        pub(super) fn needs_key(&self) -> bool {
            // SAFETY: By the type invariant.
            let flags = unsafe { bindings::crypto_shash_get_flags(self.as_ptr()) };

            flags & bindings::CRYPTO_TFM_NEED_KEY != 0
        }

        pub(super) fn set_key(&mut self, key: &[u8]) -> Result {
            let len = c_len(key.len())?;

            // SAFETY: By the type invariant; `key` is valid for reads of `len` bytes. No operation
            // runs at the same time, because `self` is borrowed mutably.
            to_result(unsafe { bindings::crypto_shash_setkey(self.as_ptr(), key.as_ptr(), len) })
        }

        /// Checks that `out` is what a digest fits in exactly.
        pub(super) fn check(&self, out: &[u8]) -> Result {
            if out.len() == self.digest_size {
                Ok(())
            } else {
                Err(EINVAL)
            }
        }

        pub(super) fn digest(&self, data: &[u8], out: &mut [u8]) -> Result {
            let len = c_len(data.len())?;
            let place = Opaque::<DescBytes>::uninit();
            let desc = place.get().cast::<bindings::shash_desc>();

            self.check(out)?;
            // What `crypto_shash_tfm_digest()` does. That function itself may leave its descriptor
            // on the stack: a plain `memset()`, which the compiler may drop, is what wipes it.
            //
            // SAFETY: There is room for a descriptor of any algorithm, which stays where it is; by
            // the type invariant the transformation is valid. `data` is valid for reads of `len`
            // bytes, and `out` for writes of a digest.
            let ret = unsafe {
                (&raw mut (*desc).tfm).write(self.as_ptr());
                bindings::crypto_shash_digest(desc, data.as_ptr(), len, out.as_mut_ptr())
            };

            // This wipes what the algorithm uses. A `Desc` wipes all that there is room for, three
            // times as much for SHA-256, which is felt if the hash is a short one.
            //
            // SAFETY: The descriptor still has its transformation, which says how much that is.
            unsafe { bindings::shash_desc_zero(desc) };
            to_result(ret)
        }

        #[inline]
        pub(super) fn digest_with(
            &self,
            out: &mut [u8],
            add: impl FnOnce(&mut OnStack<'_>) -> Result,
        ) -> Result {
            let mut desc = pin!(Desc::new());

            self.check(out)?;
            // SAFETY: `self` outlives `desc`.
            unsafe { desc.as_mut().init(self) }?;
            // INVARIANT: The descriptor was just initialised.
            add(&mut OnStack {
                desc: desc.as_mut(),
            })?;
            // SAFETY: The descriptor was initialised, for `self`, whose digest fits in `out`. There
            // is no way to finish it through an `OnStack`.
            unsafe { desc.as_mut().finish(out) }
        }

        #[inline]
        pub(super) fn digest_parts(&self, parts: &[&[u8]], out: &mut [u8]) -> Result {
            self.digest_with(out, |hash| {
                parts.iter().try_for_each(|part| hash.update(part))
            })
        }
    }

    impl Drop for Tfm {
        fn drop(&mut self) {
            // SAFETY: By the type invariant, and it is not used again.
            unsafe { bindings::crypto_free_shash(self.as_ptr()) };
        }
    }

    pub trait Sealed {
        fn tfm(&self) -> &Tfm;
    }
}

use tfm::{
    Sealed,
    Tfm, //
};

/// What a descriptor takes on any algorithm: `SHASH_DESC_ON_STACK()`.
#[repr(C)]
struct DescBytes {
    desc: bindings::shash_desc,
    _context: [MaybeUninit<u8>; bindings::HASH_MAX_DESCSIZE],
}

/// A descriptor: the state of one hash.
///
/// It stays where it is once it is used, since algorithms align what they keep in it. It is wiped
/// when it is dropped.
struct Desc(Opaque<DescBytes>);

// SAFETY: A descriptor belongs to no thread. It points to its transformation, which others may use
// from other threads.
unsafe impl Send for Desc {}

impl Desc {
    #[inline]
    const fn new() -> Self {
        Self(Opaque::uninit())
    }

    fn on_heap(flags: Flags) -> Result<Pin<KBox<Self>>> {
        let desc = KBox::<Self>::new_uninit(flags)?;

        // SAFETY: A descriptor is valid whatever its bytes are, be they uninitialised.
        Ok(KBox::into_pin(unsafe { desc.assume_init() }))
    }

    fn as_ptr(&self) -> *mut bindings::shash_desc {
        self.0.get().cast()
    }

    /// Makes `tfm` the transformation of the descriptor.
    fn set_tfm(self: Pin<&mut Self>, tfm: &Tfm) {
        // SAFETY: The descriptor is valid for writes.
        unsafe { (&raw mut (*self.as_ptr()).tfm).write(tfm.as_ptr()) };
    }

    /// Begins a hash: calls `crypto_shash_init()`.
    ///
    /// # Safety
    ///
    /// `tfm` outlives the use of the descriptor. It may move, as long as it is not dropped.
    unsafe fn init(mut self: Pin<&mut Self>, tfm: &Tfm) -> Result {
        self.as_mut().set_tfm(tfm);
        // SAFETY: The descriptor has a transformation, and room for the state of any algorithm. It
        // is pinned.
        to_result(unsafe { bindings::crypto_shash_init(self.as_ptr()) })
    }

    /// Adds bytes: calls `crypto_shash_update()`.
    ///
    /// # Safety
    ///
    /// [`Desc::init`] or [`Desc::import`] succeeded, and [`Desc::finish`] was not called since.
    unsafe fn update(self: Pin<&mut Self>, data: &[u8]) -> Result {
        let len = c_len(data.len())?;

        // SAFETY: By the safety requirements the descriptor holds the state of a hash; `data` is
        // valid for reads of `len` bytes.
        to_result(unsafe { bindings::crypto_shash_update(self.as_ptr(), data.as_ptr(), len) })
    }

    /// Ends the hash: calls `crypto_shash_final()`.
    ///
    /// # Safety
    ///
    /// As for [`Desc::update`]. `out` has the digest size of the transformation.
    unsafe fn finish(self: Pin<&mut Self>, out: &mut [u8]) -> Result {
        // SAFETY: By the safety requirements the descriptor holds the state of a hash, and `out` is
        // valid for writes of a digest.
        to_result(unsafe { bindings::crypto_shash_final(self.as_ptr(), out.as_mut_ptr()) })
    }

    /// Takes a copy of the state: calls `crypto_shash_export()`.
    ///
    /// # Safety
    ///
    /// As for [`Desc::update`].
    unsafe fn export(&self, state: &mut State) -> Result {
        // SAFETY: By the safety requirements the descriptor holds the state of a hash; `state` has
        // room for that of any algorithm. `self` has interior mutability and is not `Sync`, so what
        // the algorithm may write meanwhile races with nothing.
        to_result(unsafe {
            bindings::crypto_shash_export(self.as_ptr(), state.0.as_mut_ptr().cast())
        })
    }

    /// Goes on from a copy of a state: calls `crypto_shash_import()`.
    ///
    /// # Safety
    ///
    /// As for [`Desc::init`]. `state` was exported from a descriptor of the same transformation.
    unsafe fn import(mut self: Pin<&mut Self>, tfm: &Tfm, state: &State) -> Result {
        self.as_mut().set_tfm(tfm);
        // SAFETY: The descriptor has a transformation, and room for the state of any algorithm;
        // `state` is one of this algorithm. The descriptor is pinned.
        to_result(unsafe { bindings::crypto_shash_import(self.as_ptr(), state.0.as_ptr().cast()) })
    }
}

impl Drop for Desc {
    fn drop(&mut self) {
        // SAFETY: The place of the descriptor is valid for writes of its size.
        unsafe { bindings::memzero_explicit(self.as_ptr().cast(), size_of::<DescBytes>()) };
    }
}

/// A state on its way from one descriptor to another, wiped when it is dropped.
///
/// The alignment is more than that of any state.
#[repr(C, align(16))]
struct State(MaybeUninit<[u8; bindings::HASH_MAX_STATESIZE]>);

impl State {
    #[inline]
    const fn new() -> Self {
        Self(MaybeUninit::uninit())
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // SAFETY: The place of the state is valid for writes of its size.
        unsafe { bindings::memzero_explicit(self.0.as_mut_ptr().cast(), size_of::<Self>()) };
    }
}

/// A hash that is under way on the stack, to be added to.
///
/// It exists only within the function given to [`Hash::digest_with`] or [`Mac::digest_with`].
///
/// # Invariants
///
/// `desc` holds the state of a hash.
///
/// # Examples
///
/// See [`Hash::digest_with`].
pub struct OnStack<'a> {
    desc: Pin<&'a mut Desc>,
}

impl OnStack<'_> {
    /// Adds bytes.
    ///
    /// This corresponds to the C function `crypto_shash_update()`.
    ///
    /// # Errors
    ///
    /// - `EOVERFLOW` if `data` is longer than [`i32::MAX`]; nothing is added.
    /// - What the algorithm gives; those in software do not fail.
    #[inline]
    pub fn update(&mut self, data: &[u8]) -> Result {
        // SAFETY: By the type invariant.
        unsafe { self.desc.as_mut().update(data) }
    }
}

/// A hash algorithm that needs no key, ready for use.
///
/// This corresponds to a `struct crypto_shash`. Creating one looks the algorithm up by its name, so
/// it is meant to be kept.
///
/// # Examples
///
/// ```
/// use kernel::crypto::shash::{
///     Hash,
///     HashAlgorithm, //
/// };
///
/// let sha256 = Hash::new(HashAlgorithm::Sha256)?;
/// let mut digest = [0; 32];
///
/// sha256.digest(b"abc", &mut digest)?;
/// assert_eq!(digest[..4], [0xba, 0x78, 0x16, 0xbf]);
/// # Ok::<(), Error>(())
/// ```
pub struct Hash {
    tfm: Tfm,
}

impl Hash {
    /// Creates a hash of the given algorithm.
    ///
    /// It may sleep, and load a module.
    ///
    /// # Errors
    ///
    /// Those of an [allocation](super#allocation).
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     Hash,
    ///     HashAlgorithm, //
    /// };
    ///
    /// let sha512 = Hash::new(HashAlgorithm::Sha512)?;
    /// assert_eq!(sha512.digest_size(), 64);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(alg: HashAlgorithm) -> Result<Self> {
        let hash = Self::by_name(alg.name())?;

        // The name stands for the algorithm, so this is a matter of form.
        if hash.digest_size() != alg.digest_size() {
            return Err(EINVAL);
        }
        Ok(hash)
    }

    /// Creates a hash by the name of its algorithm or of its implementation, for algorithms that
    /// [`HashAlgorithm`] does not have.
    ///
    /// It may sleep, and load a module.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if the algorithm needs a key; for HMAC see [`Mac`].
    /// - Those of an [allocation](super#allocation).
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::Hash;
    ///
    /// assert_eq!(Hash::by_name(c"sha384")?.digest_size(), 48);
    /// assert!(Hash::by_name(c"hmac(sha384)").is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn by_name(name: &CStr) -> Result<Self> {
        let tfm = Tfm::new(name)?;

        if tfm.needs_key() {
            return Err(EINVAL);
        }
        Ok(Self { tfm })
    }

    /// Returns the size of a digest, in bytes. It is at most [`MAX_DIGEST_SIZE`].
    #[inline]
    pub fn digest_size(&self) -> usize {
        self.tfm.digest_size()
    }

    /// Returns the size of the blocks that the algorithm works on, in bytes.
    pub fn block_size(&self) -> usize {
        self.tfm.block_size()
    }

    /// Returns the name of the implementation that was chosen.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     Hash,
    ///     HashAlgorithm, //
    /// };
    ///
    /// pr_info!("{}\n", Hash::new(HashAlgorithm::Sha256)?.driver_name());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn driver_name(&self) -> &CStr {
        self.tfm.driver_name()
    }

    /// Puts the digest of `data` into `out`.
    ///
    /// This corresponds to the C function `crypto_shash_tfm_digest()`, or rather to
    /// `crypto_shash_digest()` with a `SHASH_DESC_ON_STACK()` and `shash_desc_zero()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` unless `out` has the size of a digest.
    /// - `EOVERFLOW` if `data` is longer than [`i32::MAX`].
    /// - What the algorithm gives; those in software do not fail.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     Hash,
    ///     HashAlgorithm, //
    /// };
    ///
    /// let sha256 = Hash::new(HashAlgorithm::Sha256)?;
    ///
    /// sha256.digest(b"abc", &mut [0; 32])?;
    /// // A digest is never cut short.
    /// assert!(sha256.digest(b"abc", &mut [0; 31]).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn digest(&self, data: &[u8], out: &mut [u8]) -> Result {
        self.tfm.digest(data, out)
    }

    /// Puts the digest of the parts, one after the other, into `out`.
    ///
    /// This corresponds to the C functions `crypto_shash_init()`, `crypto_shash_update()` and
    /// `crypto_shash_final()`.
    ///
    /// # Errors
    ///
    /// As for [`Hash::digest`], the length being that of each part.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     Hash,
    ///     HashAlgorithm, //
    /// };
    ///
    /// let sha256 = Hash::new(HashAlgorithm::Sha256)?;
    /// let (mut a, mut b) = ([0; 32], [0; 32]);
    ///
    /// sha256.digest(b"abc", &mut a)?;
    /// sha256.digest_parts(&[b"a", b"", b"bc"], &mut b)?;
    /// assert_eq!(a, b);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn digest_parts(&self, parts: &[&[u8]], out: &mut [u8]) -> Result {
        self.tfm.digest_parts(parts, out)
    }

    /// Puts the digest of what `add` adds into `out`.
    ///
    /// This corresponds to the C functions `crypto_shash_init()`, `crypto_shash_update()` and
    /// `crypto_shash_final()`, with a `SHASH_DESC_ON_STACK()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` unless `out` has the size of a digest.
    /// - What `add` gives. `out` is as it was then.
    /// - What the algorithm gives; those in software do not fail.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     Hash,
    ///     HashAlgorithm, //
    /// };
    ///
    /// let sha256 = Hash::new(HashAlgorithm::Sha256)?;
    /// let (mut a, mut b) = ([0; 32], [0; 32]);
    ///
    /// sha256.digest_with(&mut a, |hash| {
    ///     for n in 0u16..4 {
    ///         hash.update(&n.to_be_bytes())?;
    ///     }
    ///     Ok(())
    /// })?;
    /// sha256.digest(&[0, 0, 0, 1, 0, 2, 0, 3], &mut b)?;
    /// assert_eq!(a, b);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn digest_with(
        &self,
        out: &mut [u8],
        add: impl FnOnce(&mut OnStack<'_>) -> Result,
    ) -> Result {
        self.tfm.digest_with(out, add)
    }
}

/// A message authentication code with a key, such as HMAC.
///
/// There is none without a key. The key is wiped when the value is dropped (by the C side).
///
/// This corresponds to a `struct crypto_shash` of an algorithm with a key. To compare what it gives
/// with what a peer sent, use [`ct_eq`](crate::crypto::ct_eq).
///
/// # Examples
///
/// ```
/// use kernel::crypto::{
///     ct_eq,
///     shash::{
///         HashAlgorithm,
///         Mac, //
///     }, //
/// };
///
/// let mac = Mac::new(HashAlgorithm::Sha256, b"key")?;
/// let (mut a, mut b) = ([0; 32], [0; 32]);
///
/// mac.digest(b"message", &mut a)?;
/// mac.digest_parts(&[b"mess", b"age"], &mut b)?;
/// assert!(ct_eq(&a, &b));
/// # Ok::<(), Error>(())
/// ```
pub struct Mac {
    tfm: Tfm,
}

impl Mac {
    /// Creates a HMAC with the given hash algorithm and key.
    ///
    /// It may sleep, and load a module. Keys of any length are fine, though not all are in FIPS
    /// mode.
    ///
    /// # Errors
    ///
    /// - Those of an [allocation](super#allocation).
    /// - Those of [`Mac::set_key`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     HashAlgorithm,
    ///     Mac, //
    /// };
    ///
    /// let mac = Mac::new(HashAlgorithm::Sha384, &[0x0b; 20])?;
    /// assert_eq!(mac.digest_size(), 48);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(alg: HashAlgorithm, key: &[u8]) -> Result<Self> {
        let mut mac = Self {
            tfm: Tfm::new(alg.hmac_name())?,
        };

        mac.set_key(key)?;
        // The name stands for the algorithm, so this is a matter of form.
        if mac.digest_size() != alg.digest_size() {
            return Err(EINVAL);
        }
        Ok(mac)
    }

    /// Creates a message authentication code by the name of its algorithm or of its implementation,
    /// for those that are not HMAC with a hash of [`HashAlgorithm`].
    ///
    /// It may sleep, and load a module.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if the algorithm takes no key, or not this one.
    /// - Those of an [allocation](super#allocation).
    /// - Those of [`Mac::set_key`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::Mac;
    ///
    /// assert_eq!(Mac::by_name(c"hmac(sha384)", b"key")?.digest_size(), 48);
    /// assert!(Mac::by_name(c"sha384", b"key").is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn by_name(name: &CStr, key: &[u8]) -> Result<Self> {
        let mut mac = Self {
            tfm: Tfm::new(name)?,
        };

        // What takes no key says that there is no such function.
        mac.set_key(key)
            .map_err(|e| if e == ENOSYS { EINVAL } else { e })?;
        Ok(mac)
    }

    /// Changes the key.
    ///
    /// This corresponds to the C function `crypto_shash_setkey()`. If it fails there is no key any
    /// more, and each operation gives `ENOKEY` until one is set; but where a key is optional, as
    /// for `blake2b-256`, that never happens: operations go on, and the algorithm decides by which
    /// key. Those of the kernel keep the one that was set.
    ///
    /// # Errors
    ///
    /// - `EOVERFLOW` if `key` is longer than [`i32::MAX`]; the key that was set stays.
    /// - What the algorithm gives: `EINVAL` for keys that are too short for FIPS mode.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     HashAlgorithm,
    ///     Mac, //
    /// };
    ///
    /// let mut mac = Mac::new(HashAlgorithm::Sha256, b"one key")?;
    ///
    /// mac.set_key(b"another key")?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_key(&mut self, key: &[u8]) -> Result {
        self.tfm.set_key(key)
    }

    /// Returns the size of a digest, in bytes. It is at most [`MAX_DIGEST_SIZE`].
    #[inline]
    pub fn digest_size(&self) -> usize {
        self.tfm.digest_size()
    }

    /// Returns the size of the blocks that the algorithm works on, in bytes.
    pub fn block_size(&self) -> usize {
        self.tfm.block_size()
    }

    /// Returns the name of the implementation that was chosen.
    pub fn driver_name(&self) -> &CStr {
        self.tfm.driver_name()
    }

    /// Puts the code of `data` into `out`.
    ///
    /// This corresponds to the C functions that [`Hash::digest`] does.
    ///
    /// # Errors
    ///
    /// - `EINVAL` unless `out` has the size of a digest.
    /// - `EOVERFLOW` if `data` is longer than [`i32::MAX`].
    /// - `ENOKEY` if [`Mac::set_key`] left no key.
    /// - What the algorithm gives; those in software do not fail.
    pub fn digest(&self, data: &[u8], out: &mut [u8]) -> Result {
        self.tfm.digest(data, out)
    }

    /// Puts the code of the parts, one after the other, into `out`.
    ///
    /// This corresponds to the C functions `crypto_shash_init()`, `crypto_shash_update()` and
    /// `crypto_shash_final()`.
    ///
    /// # Errors
    ///
    /// As for [`Mac::digest`], the length being that of each part.
    pub fn digest_parts(&self, parts: &[&[u8]], out: &mut [u8]) -> Result {
        self.tfm.digest_parts(parts, out)
    }

    /// Puts the code of what `add` adds into `out`.
    ///
    /// It is as [`Hash::digest_with`], which has an example.
    ///
    /// # Errors
    ///
    /// As for [`Hash::digest_with`], and `ENOKEY` if [`Mac::set_key`] left no key.
    #[inline]
    pub fn digest_with(
        &self,
        out: &mut [u8],
        add: impl FnOnce(&mut OnStack<'_>) -> Result,
    ) -> Result {
        self.tfm.digest_with(out, add)
    }
}

/// Something that keeps a [`struct@Hash`] or a [`Mac`] alive and unchanged: a reference, or an
/// [`Arc`].
///
/// # Safety
///
/// As long as the handle or a clone of it lives, moved or not, what it gives access to is the same
/// transformation, with the same key.
///
/// # Examples
///
/// See [`Running`], which keeps one.
pub unsafe trait Handle: Sealed {}

impl Sealed for &Hash {
    #[inline]
    fn tfm(&self) -> &Tfm {
        &self.tfm
    }
}

impl Sealed for &Mac {
    #[inline]
    fn tfm(&self) -> &Tfm {
        &self.tfm
    }
}

impl Sealed for Arc<Hash> {
    #[inline]
    fn tfm(&self) -> &Tfm {
        &self.tfm
    }
}

impl Sealed for Arc<Mac> {
    #[inline]
    fn tfm(&self) -> &Tfm {
        &self.tfm
    }
}

// SAFETY: What is borrowed is neither dropped nor changed.
unsafe impl Handle for &Hash {}

// SAFETY: As above.
unsafe impl Handle for &Mac {}

// SAFETY: What an `Arc` holds lives as long as it, and cannot be had mutably while it lives.
unsafe impl Handle for Arc<Hash> {}

// SAFETY: As above.
unsafe impl Handle for Arc<Mac> {}

/// A hash that is under way.
///
/// Its state is on the heap, and wiped when it is dropped. See the [module](self) for the states.
///
/// # Invariants
///
/// `desc` holds the state of a hash by the transformation of `handle`.
///
/// # Examples
///
/// The transcript of a protocol, hashed as it goes, with digests taken on the way:
///
/// ```
/// use kernel::{
///     crypto::shash::{
///         Hash,
///         HashAlgorithm,
///         Running, //
///     },
///     sync::Arc, //
/// };
///
/// let sha256 = Arc::new(Hash::new(HashAlgorithm::Sha256)?, GFP_KERNEL)?;
/// let (mut first, mut second, mut expected) = ([0; 32], [0; 32], [0; 32]);
///
/// let mut transcript = Running::new(sha256.clone(), GFP_KERNEL)?;
/// transcript.update(b"hello")?;
/// transcript.snapshot(&mut first)?;
/// transcript.update(b"finished")?;
/// transcript.finish(&mut second)?;
///
/// sha256.digest(b"hello", &mut expected)?;
/// assert_eq!(first, expected);
/// sha256.digest(b"hellofinished", &mut expected)?;
/// assert_eq!(second, expected);
/// # Ok::<(), Error>(())
/// ```
pub struct Running<T: Handle> {
    desc: Pin<KBox<Desc>>,
    handle: T,
}

impl<T: Handle> Running<T> {
    /// Begins a hash.
    ///
    /// This corresponds to the C function `crypto_shash_init()`.
    ///
    /// # Errors
    ///
    /// - `ENOMEM` if there is no memory for the state.
    /// - `ENOKEY` if [`Mac::set_key`] left no key.
    /// - What the algorithm gives; those in software do not fail.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     HashAlgorithm,
    ///     Mac,
    ///     Running, //
    /// };
    ///
    /// let mac = Mac::new(HashAlgorithm::Sha256, b"key")?;
    /// let mut running = Running::new(&mac, GFP_KERNEL)?;
    ///
    /// running.update(b"message")?;
    /// running.finish(&mut [0; 32])?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(handle: T, flags: Flags) -> Result<Self> {
        let mut desc = Desc::on_heap(flags)?;

        // SAFETY: The handle, which lives in the same value as the descriptor, keeps the
        // transformation alive.
        unsafe { desc.as_mut().init(handle.tfm()) }?;
        // INVARIANT: It was just begun.
        Ok(Self { desc, handle })
    }

    /// Adds bytes.
    ///
    /// This corresponds to the C function `crypto_shash_update()`.
    ///
    /// # Errors
    ///
    /// - `EOVERFLOW` if `data` is longer than [`i32::MAX`]; nothing is added.
    /// - What the algorithm gives; those in software do not fail. The digest is of no use then.
    pub fn update(&mut self, data: &[u8]) -> Result {
        // SAFETY: By the type invariant.
        unsafe { self.desc.as_mut().update(data) }
    }

    /// Begins another hash with the bytes added so far. What is added to one from then on has no
    /// effect on the other.
    ///
    /// This corresponds to the C functions `crypto_shash_export()` and `crypto_shash_import()`.
    ///
    /// # Errors
    ///
    /// - `ENOMEM` if there is no memory for the state.
    /// - What the algorithm gives; those in software do not fail.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     Hash,
    ///     HashAlgorithm,
    ///     Running, //
    /// };
    ///
    /// let sha256 = Hash::new(HashAlgorithm::Sha256)?;
    /// let (mut one, mut two) = ([0; 32], [0; 32]);
    ///
    /// let mut running = Running::new(&sha256, GFP_KERNEL)?;
    /// running.update(b"common, ")?;
    /// let mut other = running.fork(GFP_KERNEL)?;
    /// running.update(b"one")?;
    /// other.update(b"two")?;
    /// running.finish(&mut one)?;
    /// other.finish(&mut two)?;
    /// assert!(one != two);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn fork(&self, flags: Flags) -> Result<Self>
    where
        T: Clone,
    {
        let handle = self.handle.clone();
        let mut desc = Desc::on_heap(flags)?;

        // SAFETY: The clone keeps the same transformation alive, in the same value as the new
        // descriptor; by the type invariant `self.desc` has a state of it.
        unsafe { copy_state(&self.desc, desc.as_mut(), handle.tfm()) }?;
        // INVARIANT: It now holds a copy of the state.
        Ok(Self { desc, handle })
    }

    /// Keeps the state of the hash, to go on from it later, and more than once.
    ///
    /// It is smaller than a [`Running`], which has room for all that an algorithm works with.
    ///
    /// This corresponds to the C function `crypto_shash_export()`.
    ///
    /// # Errors
    ///
    /// - `ENOMEM` if there is no memory for the state.
    /// - What the algorithm gives; those in software do not fail.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::shash::{
    ///     Hash,
    ///     HashAlgorithm,
    ///     Running, //
    /// };
    ///
    /// let sha256 = Hash::new(HashAlgorithm::Sha256)?;
    /// let mut running = Running::new(&sha256, GFP_KERNEL)?;
    /// running.update(b"a long prefix, ")?;
    /// let prefix = running.save(GFP_KERNEL)?;
    ///
    /// for message in [b"one", b"two"] {
    ///     let mut digest = [0; 32];
    ///     let mut running = prefix.resume(GFP_KERNEL)?;
    ///
    ///     running.update(message)?;
    ///     running.finish(&mut digest)?;
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save(&self, flags: Flags) -> Result<Saved<T>>
    where
        T: Clone,
    {
        let state = KBox::<State>::new_uninit(flags)?;
        // SAFETY: A state is valid whatever its bytes are, be they uninitialised.
        let mut state = unsafe { state.assume_init() };

        // SAFETY: By the type invariant.
        unsafe { self.desc.export(&mut state) }?;
        // INVARIANT: The state was just exported, from a descriptor of the same transformation.
        Ok(Saved {
            state,
            handle: self.handle.clone(),
        })
    }

    /// Puts the digest of the bytes added so far into `out`. More may be added afterwards.
    ///
    /// Nothing is allocated for it.
    ///
    /// This corresponds to the C functions `crypto_shash_export()`, `crypto_shash_import()` and
    /// `crypto_shash_final()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` unless `out` has the size of a digest.
    /// - What the algorithm gives; those in software do not fail.
    pub fn snapshot(&self, out: &mut [u8]) -> Result {
        // SAFETY: By the type invariant.
        unsafe { snapshot(&self.desc, self.handle.tfm(), out) }
    }

    /// Ends the hash, and puts the digest into `out`.
    ///
    /// This corresponds to the C function `crypto_shash_final()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL` unless `out` has the size of a digest.
    /// - What the algorithm gives; those in software do not fail.
    pub fn finish(mut self, out: &mut [u8]) -> Result {
        self.handle.tfm().check(out)?;
        // SAFETY: By the type invariant; `out` was checked. `self` ends here.
        unsafe { self.desc.as_mut().finish(out) }
    }
}

/// The state of a hash, kept by [`Running::save`].
///
/// It is wiped when it is dropped. There is no way to make one of bytes: an algorithm relies on
/// what it finds in a state.
///
/// # Invariants
///
/// `state` was exported from a descriptor of the transformation of `handle`.
///
/// # Examples
///
/// See [`Running::save`].
pub struct Saved<T: Handle> {
    state: KBox<State>,
    handle: T,
}

impl<T: Handle + Clone> Saved<T> {
    /// Goes on from the state.
    ///
    /// This corresponds to the C function `crypto_shash_import()`.
    ///
    /// # Errors
    ///
    /// - `ENOMEM` if there is no memory for the descriptor.
    /// - `ENOKEY` if there is no key.
    /// - What the algorithm gives; those in software do not fail.
    ///
    /// # Examples
    ///
    /// See [`Running::save`].
    pub fn resume(&self, flags: Flags) -> Result<Running<T>> {
        let handle = self.handle.clone();
        let mut desc = Desc::on_heap(flags)?;

        // SAFETY: The clone keeps the transformation alive, in the same value as the descriptor.
        // By the type invariant the state is one of it.
        unsafe { desc.as_mut().import(handle.tfm(), &self.state) }?;
        // INVARIANT: It now holds a copy of the state.
        Ok(Running { desc, handle })
    }
}

/// Copies the state of one descriptor to another, which gets `tfm` as its transformation.
///
/// # Safety
///
/// `from` holds the state of a hash by `tfm`, which outlives the use of `to`.
unsafe fn copy_state(from: &Desc, to: Pin<&mut Desc>, tfm: &Tfm) -> Result {
    let mut state = State::new();

    // SAFETY: By the safety requirements.
    unsafe { from.export(&mut state) }?;
    // SAFETY: By the safety requirements; the state was just exported.
    unsafe { to.import(tfm, &state) }
}

/// Gets the digest of what was added to a descriptor so far.
///
/// # Safety
///
/// `from` holds the state of a hash by `tfm`.
unsafe fn snapshot(from: &Desc, tfm: &Tfm, out: &mut [u8]) -> Result {
    let mut desc = pin!(Desc::new());

    tfm.check(out)?;
    // SAFETY: By the safety requirements; `tfm` outlives `desc`.
    unsafe { copy_state(from, desc.as_mut(), tfm) }?;
    // SAFETY: The state was just imported, and `out` checked.
    unsafe { desc.as_mut().finish(out) }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_shash)]
mod tests {
    use super::*;
    use crate::crypto::secret::testing::{
        everywhere,
        hex, //
    };
    use HashAlgorithm::{
        Sha256,
        Sha384,
        Sha512, //
    };

    type Digests = ([u8; 32], [u8; 48], [u8; 64]);

    /// Messages, and their digests, from FIPS 180-4's examples.
    static SHA2: [(&[u8], Digests); 4] = [
        (
            b"",
            (
                hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
                hex("\
                 38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da\
                 274edebfe76f65fbd51ad2f14898b95b"),
                hex("\
                 cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
                 47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"),
            ),
        ),
        (
            b"abc",
            (
                hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
                hex("\
                 cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
                 8086072ba1e7cc2358baeca134c825a7"),
                hex("\
                 ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
            ),
        ),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            (
                hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
                hex("\
                 3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6\
                 b0455a8520bc4e6f5fe95b1fe3c8452b"),
                hex("\
                 204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335\
                 96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445"),
            ),
        ),
        (
            b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn\
              hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            (
                hex("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
                hex("\
                 09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712\
                 fcc7c71a557e2db966c3e9fa91746039"),
                hex("\
                 8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018\
                 501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"),
            ),
        ),
    ];

    /// The digests of a million times the letter a, from the same.
    static MILLION: Digests = (
        hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        hex("\
             9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b\
             07b8b3dc38ecc4ebae97ddd87f3d8985"),
        hex("\
             e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb\
             de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"),
    );

    /// Keys, data and their HMACs: test cases 1 to 4, 6 and 7 of RFC 4231.
    static HMAC: [(&[u8], &[u8], Digests); 6] = [
        (
            &[0x0b; 20],
            b"Hi There",
            (
                hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
                hex("\
                 afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c\
                 faea9ea9076ede7f4af152e8b2fa9cb6"),
                hex("\
                 87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                 daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"),
            ),
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            (
                hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
                hex("\
                 af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
                 8e2240ca5e69e2c78b3239ecfab21649"),
                hex("\
                 164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"),
            ),
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            (
                hex("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
                hex("\
                 88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b\
                 2a5ab39dc13814b94e3ab6e101a34f27"),
                hex("\
                 fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39\
                 bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"),
            ),
        ),
        (
            &hex::<25>("0102030405060708090a0b0c0d0e0f10111213141516171819"),
            &[0xcd; 50],
            (
                hex("82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
                hex("\
                 3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e\
                 6801dd23c4a7d679ccf8a386c674cffb"),
                hex("\
                 b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db\
                 a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"),
            ),
        ),
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            (
                hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
                hex("\
                 4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6\
                 0c2ef6ab4030fe8296248df163f44952"),
                hex("\
                 80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352\
                 6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"),
            ),
        ),
        (
            &[0xaa; 131],
            b"This is a test using a larger than block-size key and a larger than \
              block-size data. The key needs to be hashed before being used by the HMAC \
              algorithm.",
            (
                hex("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
                hex("\
                 6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5\
                 a678cc31e799176d3860e6110c46523e"),
                hex("\
                 e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944\
                 b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"),
            ),
        ),
    ];

    /// HMAC-SHA-256 of nothing with an empty key.
    const HMAC_EMPTY: [u8; 32] =
        hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");

    static CONSTANT: [u8; 300] = [0x61; 300];

    fn digest_is(alg: HashAlgorithm, data: &[u8], expected: &[u8]) -> Result {
        let hash = Hash::new(alg)?;
        let mut buf = [0xffu8; MAX_DIGEST_SIZE];
        let out = buf.get_mut(..alg.digest_size()).ok_or(EINVAL)?;

        hash.digest(data, out)?;
        if out != expected {
            return Err(EBADMSG);
        }

        // Split anywhere, or near the beginning if it is long, it is the same.
        let splits = if data.len() > 1000 { 3 } else { data.len() };
        for at in 0..=splits {
            let (a, b) = data.split_at(at);

            out.fill(0);
            hash.digest_parts(&[a, b], out)?;
            if out != expected {
                return Err(EBADMSG);
            }

            let mut running = Running::new(&hash, GFP_KERNEL)?;
            out.fill(0);
            running.update(a)?;
            running.update(b)?;
            running.finish(out)?;
            if out != expected {
                return Err(EBADMSG);
            }
        }

        // The bytes after the digest are left alone.
        if buf[alg.digest_size()..].iter().any(|b| *b != 0xff) {
            return Err(EOVERFLOW);
        }
        Ok(())
    }

    #[test]
    fn fips_180_4() -> Result {
        for (message, (sha256, sha384, sha512)) in &SHA2 {
            digest_is(Sha256, message, sha256)?;
            digest_is(Sha384, message, sha384)?;
            digest_is(Sha512, message, sha512)?;
        }
        let million = KVVec::from_elem(b'a', 1_000_000, GFP_KERNEL)?;
        digest_is(Sha256, &million, &MILLION.0)?;
        digest_is(Sha384, &million, &MILLION.1)?;
        digest_is(Sha512, &million, &MILLION.2)
    }

    fn hmac_is(alg: HashAlgorithm, key: &[u8], data: &[u8], expected: &[u8]) -> Result {
        let mac = Mac::new(alg, key)?;
        let mut buf = [0u8; MAX_DIGEST_SIZE];
        let out = buf.get_mut(..alg.digest_size()).ok_or(EINVAL)?;

        mac.digest(data, out)?;
        if out != expected {
            return Err(EBADMSG);
        }
        for at in 0..=data.len() {
            let (a, b) = data.split_at(at);

            mac.digest_parts(&[a, &[], b], out)?;
            if out != expected {
                return Err(EBADMSG);
            }

            out.fill(0);
            mac.digest_with(out, |hash| {
                hash.update(a)?;
                hash.update(b)
            })?;
            if out != expected {
                return Err(EBADMSG);
            }

            let mut running = Running::new(&mac, GFP_KERNEL)?;
            running.update(a)?;
            let saved = running.save(GFP_KERNEL)?;
            let mut fork = running.fork(GFP_KERNEL)?;
            running.update(b"something else")?;
            drop(running);
            fork.update(b)?;
            out.fill(0);
            fork.snapshot(out)?;
            if out != expected {
                return Err(EBADMSG);
            }
            out.fill(0);
            fork.finish(out)?;
            if out != expected {
                return Err(EBADMSG);
            }
            for _ in 0..2 {
                let mut running = saved.resume(GFP_KERNEL)?;

                running.update(b)?;
                out.fill(0);
                running.finish(out)?;
                if out != expected {
                    return Err(EBADMSG);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn rfc_4231() -> Result {
        for (key, data, (sha256, sha384, sha512)) in &HMAC {
            hmac_is(Sha256, key, data, sha256)?;
            hmac_is(Sha384, key, data, sha384)?;
            hmac_is(Sha512, key, data, sha512)?;
        }
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        let hash = Hash::new(Sha256)?;
        let mut expected = [0; 32];

        hash.digest(&CONSTANT, &mut expected)?;
        // What is hashed.
        everywhere(CONSTANT.len(), |buf| {
            let mut out = [0; 32];

            buf.copy_from_slice(&CONSTANT);
            hash.digest(buf, &mut out)?;
            if out != expected {
                return Err(EBADMSG);
            }
            hash.digest_parts(&[&[], buf, &[]], &mut out)?;
            if out != expected {
                return Err(EBADMSG);
            }
            Ok(())
        })?;
        // Where the digest is put.
        everywhere(32, |out| {
            hash.digest(&CONSTANT, out)?;
            if *out != expected {
                return Err(EBADMSG);
            }
            out.fill(0);
            hash.digest_parts(&[&CONSTANT], out)?;
            if *out != expected {
                return Err(EBADMSG);
            }
            Ok(())
        })?;
        // The key.
        let mut mac = Mac::new(Sha256, &CONSTANT)?;
        mac.digest(b"data", &mut expected)?;
        everywhere(CONSTANT.len(), |key| {
            let mut out = [0; 32];

            key.copy_from_slice(&CONSTANT);
            mac.set_key(b"another")?;
            mac.set_key(key)?;
            mac.digest(b"data", &mut out)?;
            if out != expected {
                return Err(EBADMSG);
            }
            Ok(())
        })
    }

    #[test]
    fn wrong_lengths() -> Result {
        for alg in [Sha256, Sha384, Sha512] {
            let hash = Hash::new(alg)?;
            let mac = Mac::new(alg, b"key")?;
            let mut buf = [0; 100];

            for len in (0..100).filter(|len| *len != alg.digest_size()) {
                let out = &mut buf[..len];

                assert_eq!(hash.digest(b"abc", out), Err(EINVAL));
                assert_eq!(hash.digest_parts(&[b"abc"], out), Err(EINVAL));
                assert_eq!(mac.digest(b"abc", out), Err(EINVAL));
                assert_eq!(mac.digest_parts(&[b"abc"], out), Err(EINVAL));
                let running = Running::new(&hash, GFP_KERNEL)?;
                assert_eq!(running.snapshot(out), Err(EINVAL));
                assert_eq!(running.finish(out), Err(EINVAL));
            }
            assert!(buf.iter().all(|b| *b == 0));
            assert_eq!(hash.digest_size(), alg.digest_size());
            assert_eq!(hash.block_size(), alg.block_size());
            assert_eq!(mac.digest_size(), alg.digest_size());
        }
        Ok(())
    }

    #[test]
    fn too_long() {
        assert_eq!(c_len(0), Ok(0));
        assert_eq!(c_len(0x7fff_ffff), Ok(0x7fff_ffff));
        assert_eq!(c_len(0x8000_0000), Err(EOVERFLOW));
        assert_eq!(c_len(usize::MAX), Err(EOVERFLOW));
    }

    #[test]
    fn names() -> Result {
        assert!(matches!(Hash::by_name(c"hmac(sha256)"), Err(e) if e == EINVAL));
        assert!(matches!(Hash::by_name(c"no-such-hash"), Err(e) if e == ENOENT));
        assert!(Hash::by_name(c"").is_err());
        assert!(!Hash::by_name(c"sha256")?
            .driver_name()
            .to_bytes()
            .is_empty());

        assert!(matches!(Mac::by_name(c"sha256", b"key"), Err(e) if e == EINVAL));
        assert!(matches!(Mac::by_name(c"no-such-mac", b"key"), Err(e) if e == ENOENT));
        for alg in [Sha256, Sha384, Sha512] {
            let (typed, named) = (
                Mac::new(alg, b"key")?,
                Mac::by_name(alg.hmac_name(), b"key")?,
            );
            let (mut a, mut b) = ([0; MAX_DIGEST_SIZE], [0; MAX_DIGEST_SIZE]);
            let (a, b) = (&mut a[..alg.digest_size()], &mut b[..named.digest_size()]);

            typed.digest(b"data", a)?;
            named.digest(b"data", b)?;
            assert!(a == b);
            assert_eq!(named.block_size(), alg.block_size());
            assert!(!named.driver_name().to_bytes().is_empty());
        }
        Ok(())
    }

    #[test]
    fn function_fails() -> Result {
        let hash = Hash::new(Sha256)?;
        let mut out = [0x33; 32];
        let result = hash.digest_with(&mut out, |hash| {
            hash.update(b"some")?;
            Err(EAGAIN)
        });

        assert_eq!(result, Err(EAGAIN));
        assert_eq!(out, [0x33; 32]);
        // It is not asked for more where there is no room.
        assert_eq!(
            hash.digest_with(&mut out[1..], |_| Err(EAGAIN)),
            Err(EINVAL)
        );
        Ok(())
    }

    /// Forks at each length of the common part, partial blocks included.
    fn forks(alg: HashAlgorithm) -> Result {
        let hash = Arc::new(Hash::new(alg)?, GFP_KERNEL)?;
        let mut running = Running::new(hash.clone(), GFP_KERNEL)?;
        let (mut a, mut b) = ([0; MAX_DIGEST_SIZE], [0; MAX_DIGEST_SIZE]);
        let a = a.get_mut(..alg.digest_size()).ok_or(EINVAL)?;
        let b = b.get_mut(..alg.digest_size()).ok_or(EINVAL)?;

        for n in 0..CONSTANT.len() {
            let common = &CONSTANT[..n];

            running.snapshot(a)?;
            hash.digest(common, b)?;
            if a != b {
                return Err(EBADMSG);
            }

            let mut left = running.fork(GFP_KERNEL)?;
            let mut right = left.fork(GFP_KERNEL)?;
            left.update(b"left")?;
            right.update(&[0x5a; 200])?;
            left.finish(a)?;
            hash.digest_parts(&[common, b"left"], b)?;
            if a != b {
                return Err(EBADMSG);
            }
            right.finish(a)?;
            hash.digest_parts(&[common, &[0x5a; 200]], b)?;
            if a != b {
                return Err(EBADMSG);
            }

            running.update(&CONSTANT[n..n + 1])?;
        }
        // The handle keeps the transformation alive.
        drop(hash);
        running.finish(a)?;
        digest_is(alg, &CONSTANT, a)
    }

    #[test]
    fn forks_are_independent() -> Result {
        forks(Sha256)?;
        forks(Sha384)?;
        forks(Sha512)
    }

    #[test]
    fn keys_are_independent() -> Result {
        let (mut a, mut b, mut c) = ([0; 32], [0; 32], [0; 32]);
        let one = Mac::new(Sha256, b"one")?;
        let mut two = Mac::new(Sha256, b"two")?;

        one.digest(b"data", &mut a)?;
        two.digest(b"data", &mut b)?;
        assert!(a != b);
        two.set_key(b"one")?;
        two.digest(b"data", &mut c)?;
        assert!(a == c);
        // An empty key is one, too: HKDF begins with it.
        two.set_key(b"")?;
        two.digest(b"", &mut c)?;
        assert_eq!(c, HMAC_EMPTY);
        Ok(())
    }

    #[test]
    fn wiped() -> Result {
        let hash = Hash::new(Sha256)?;
        let mut desc = core::mem::ManuallyDrop::new(Desc::new());
        let at = desc.as_ptr().cast::<u8>();

        {
            // SAFETY: It is not moved until it is dropped, below.
            let mut desc = unsafe { Pin::new_unchecked(&mut *desc) };
            // SAFETY: `hash` lives longer.
            unsafe { desc.as_mut().init(&hash.tfm) }?;
            // SAFETY: It was just initialised.
            unsafe { desc.as_mut().update(b"secret") }?;
        }
        // SAFETY: It is dropped here and nowhere else, and not used as a `Desc` again.
        unsafe { core::mem::ManuallyDrop::drop(&mut desc) };
        // SAFETY: The place, a local variable, is still there, and all of it was written.
        let left = unsafe { core::slice::from_raw_parts(at, size_of::<DescBytes>()) };
        assert!(left.iter().all(|b| *b == 0));
        Ok(())
    }
}
