// SPDX-License-Identifier: GPL-2.0

//! Secrets: bytes that are wiped when they are no longer needed.
//!
//! [`Secret`] holds a number of bytes that is known when the program is compiled, [`SecretVec`] one
//! that is not. Both are wiped when they are dropped, compare in constant time, and show no byte of
//! theirs when printed. For secrets that are kept in other buffers there are [`zeroize`] and
//! [`ct_eq`].
//!
//! C headers: [`include/linux/string.h`](srctree/include/linux/string.h),
//! [`include/crypto/utils.h`](srctree/include/crypto/utils.h)

use crate::{
    alloc::Flags,
    bindings,
    crypto::rng,
    fmt,
    prelude::*, //
};
use core::arch::asm;

/// Overwrites `buf` with zeroes, also where the compiler sees no further use of it.
///
/// This corresponds to the C function `memzero_explicit()`.
///
/// # Examples
///
/// ```
/// use kernel::crypto::zeroize;
///
/// let mut key = [0x42u8; 16];
/// zeroize(&mut key);
/// assert_eq!(key, [0; 16]);
/// ```
#[inline]
pub fn zeroize(buf: &mut [u8]) {
    // SAFETY: `buf` is valid for writes of `buf.len()` bytes.
    unsafe { memzero_explicit(buf.as_mut_ptr(), buf.len()) };
}

/// Overwrites the `len` bytes at `start` with zeroes: the C function of this name, which is inline.
///
/// # Safety
///
/// `start` is valid for writes of `len` bytes.
#[inline]
pub(crate) unsafe fn memzero_explicit(start: *mut u8, len: usize) {
    // SAFETY: By the safety requirements.
    unsafe { start.write_bytes(0, len) };

    // What `barrier_data()` is in C: for all that the compiler knows, the bytes are read here.
    //
    // SAFETY: There is no instruction in it.
    unsafe { asm!("/* {} */", in(reg) start, options(nostack, preserves_flags)) };
}

/// Compares two slices in a time that depends on their lengths only.
///
/// The lengths are taken to be public: slices of different lengths differ, and no byte of them is
/// looked at.
///
/// This corresponds to the C function `crypto_memneq()`.
///
/// # Examples
///
/// ```
/// use kernel::crypto::ct_eq;
///
/// assert!(ct_eq(b"tag", b"tag"));
/// assert!(!ct_eq(b"tag", b"tap"));
/// assert!(!ct_eq(b"tag", b"tags"));
/// ```
#[must_use]
#[inline]
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }

    // This is all that `crypto_memneq()` calls.
    //
    // SAFETY: Both slices are valid for reads of `a.len()` bytes.
    unsafe { bindings::__crypto_memneq(a.as_ptr().cast(), b.as_ptr().cast(), a.len()) == 0 }
}

/// `N` secret bytes.
///
/// They are wiped when the value is dropped, and [`PartialEq`] compares them in constant time.
///
/// The bytes are stored in the value itself. Moving it may leave a copy behind that nothing wipes,
/// as with any Rust value; where that matters, box it or use a [`SecretVec`], whose bytes stay in
/// one place.
///
/// # Examples
///
/// ```
/// use kernel::crypto::Secret;
///
/// let secret = Secret::<4>::from_slice(&[1, 2, 3, 4])?;
/// assert_eq!(secret.as_bytes(), &[1, 2, 3, 4]);
/// assert!(secret == Secret::from_slice(&[1, 2, 3, 4])?);
///
/// // The length has to be right.
/// assert!(Secret::<4>::from_slice(&[1, 2, 3]).is_err());
/// # Ok::<(), Error>(())
/// ```
pub struct Secret<const N: usize> {
    bytes: [u8; N],
}

impl<const N: usize> Secret<N> {
    /// Creates a secret of zeroes, to be filled through [`Secret::as_mut_bytes`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::Secret;
    ///
    /// let mut secret = Secret::<2>::zeroed();
    /// secret.as_mut_bytes().copy_from_slice(&[1, 2]);
    /// assert_eq!(secret.as_bytes(), &[1, 2]);
    /// ```
    #[inline]
    pub const fn zeroed() -> Self {
        Self { bytes: [0; N] }
    }

    /// Creates a secret with a copy of `bytes`.
    ///
    /// # Errors
    ///
    /// `EINVAL` unless `bytes` are `N`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::Secret;
    ///
    /// let secret = Secret::<2>::from_slice(&[1, 2])?;
    /// assert_eq!(secret.as_bytes(), &[1, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn from_slice(bytes: &[u8]) -> Result<Self> {
        match bytes.try_into() {
            Ok(bytes) => Ok(Self { bytes }),
            Err(_) => Err(EINVAL),
        }
    }

    /// Creates a secret of random bytes, fit for a key.
    ///
    /// It may sleep; see [`rng::fill`].
    ///
    /// # Errors
    ///
    /// Those of [`rng::fill`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::Secret;
    ///
    /// let key = Secret::<32>::random()?;
    /// assert!(key != Secret::random()?);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn random() -> Result<Self> {
        let mut secret = Self::zeroed();

        rng::fill(&mut secret.bytes)?;
        Ok(secret)
    }

    /// Returns the bytes.
    #[inline]
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.bytes
    }

    /// Returns the bytes, to be changed.
    #[inline]
    pub fn as_mut_bytes(&mut self) -> &mut [u8; N] {
        &mut self.bytes
    }
}

impl<const N: usize> Drop for Secret<N> {
    #[inline]
    fn drop(&mut self) {
        zeroize(&mut self.bytes);
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        ct_eq(&self.bytes, &other.bytes)
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Secret bytes on the heap, as many as were asked for when it was created.
///
/// They are wiped when the value is dropped, those that [`SecretVec::truncate`] cuts off at once,
/// and [`PartialEq`] compares them in constant time. The number of bytes is not a secret.
///
/// The bytes never move, so no copy of them is left behind. They are in one piece of `kmalloc()`'s,
/// so a secret may be made with `GFP_ATOMIC`, and dropped, where nothing may sleep, but is of some
/// MiB at most.
///
/// # Examples
///
/// ```
/// use kernel::crypto::SecretVec;
///
/// let mut secret = SecretVec::from_slice(b"correct horse", GFP_KERNEL)?;
/// assert_eq!(secret.as_bytes(), b"correct horse");
///
/// secret.truncate(7);
/// assert_eq!(secret.as_bytes(), b"correct");
/// # Ok::<(), Error>(())
/// ```
pub struct SecretVec {
    // Its capacity is set once: growing could move the bytes to a new allocation and free the old
    // one as it is.
    bytes: KVec<u8>,
}

impl SecretVec {
    /// Creates a secret of `len` zeroes, to be filled through [`SecretVec::as_mut_bytes`].
    ///
    /// # Errors
    ///
    /// `ENOMEM` if there is no memory for it, or `len` is more than `kmalloc()` gives.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::SecretVec;
    ///
    /// let mut secret = SecretVec::zeroed(16, GFP_KERNEL)?;
    /// secret.as_mut_bytes().fill(7);
    /// assert_eq!(secret.as_bytes(), &[7; 16]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn zeroed(len: usize, flags: Flags) -> Result<Self> {
        let mut secret = Self::with_capacity(len, flags)?;

        secret.bytes.resize(len, 0, flags)?;
        Ok(secret)
    }

    /// Creates a secret with a copy of `bytes`.
    ///
    /// # Errors
    ///
    /// `ENOMEM` if there is no memory for it, or `bytes` are more than `kmalloc()` gives.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::SecretVec;
    ///
    /// let secret = SecretVec::from_slice(&[1, 2, 3], GFP_KERNEL)?;
    /// assert_eq!(secret.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn from_slice(bytes: &[u8], flags: Flags) -> Result<Self> {
        let mut secret = Self::with_capacity(bytes.len(), flags)?;

        secret.bytes.extend_from_slice(bytes, flags)?;
        Ok(secret)
    }

    fn with_capacity(capacity: usize, flags: Flags) -> Result<Self> {
        // A `KVVec` would be mapped by `vmalloc()` where there is no such piece, whatever the flags
        // say, with locks that an interrupted task may hold. How many bytes are asked for is often
        // up to others: it is no reason for a warning.
        Ok(Self {
            bytes: KVec::with_capacity(capacity, flags | __GFP_NOWARN)?,
        })
    }

    /// Returns the bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the bytes, to be changed.
    #[inline]
    pub fn as_mut_bytes(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Returns how many bytes there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns whether there is no byte.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Keeps the first `len` bytes and wipes the others.
    ///
    /// Nothing happens if there are no more than `len`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::SecretVec;
    ///
    /// let mut secret = SecretVec::from_slice(&[1, 2, 3], GFP_KERNEL)?;
    /// secret.truncate(4);
    /// assert_eq!(secret.as_bytes(), &[1, 2, 3]);
    /// secret.truncate(1);
    /// assert_eq!(secret.as_bytes(), &[1]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn truncate(&mut self, len: usize) {
        if let Some(rest) = self.bytes.get_mut(len..) {
            zeroize(rest);
        }
        self.bytes.truncate(len);
    }
}

impl Drop for SecretVec {
    fn drop(&mut self) {
        zeroize(&mut self.bytes);
    }
}

impl PartialEq for SecretVec {
    fn eq(&self, other: &Self) -> bool {
        ct_eq(&self.bytes, &other.bytes)
    }
}

impl Eq for SecretVec {}

impl fmt::Debug for SecretVec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretVec(..)")
    }
}

/// What the tests of the cryptographic wrappers share.
#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
pub(crate) mod testing {
    use crate::{
        page::PAGE_SIZE,
        prelude::*, //
    };

    const fn digit(c: u8) -> u8 {
        match c {
            b'0'..=b'9' => c - b'0',
            b'a'..=b'f' => c - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        }
    }

    /// Reads the `N` bytes that `s` shows in hexadecimal, for constants.
    pub(crate) const fn hex<const N: usize>(s: &str) -> [u8; N] {
        let (s, mut out, mut i) = (s.as_bytes(), [0; N], 0);

        assert!(s.len() == 2 * N);
        while i < N {
            out[i] = digit(s[2 * i]) << 4 | digit(s[2 * i + 1]);
            i += 1;
        }
        out
    }

    /// Calls `f` with a buffer of `len` bytes in each kind of memory a caller can have one in, at
    /// several alignments, and across the end of a page. `len` is at most 512.
    pub(crate) fn everywhere(len: usize, mut f: impl FnMut(&mut [u8]) -> Result) -> Result {
        let mut stack = [0u8; 512 + 8];
        let mut heap = KVec::from_elem(0u8, 512 + 8, GFP_KERNEL)?;
        let mut pages = VVec::from_elem(0u8, 4 * PAGE_SIZE, GFP_KERNEL)?;

        for at in [0, 1, 3, 7] {
            f(stack.get_mut(at..at + len).ok_or(EINVAL)?)?;
            f(heap.get_mut(at..at + len).ok_or(EINVAL)?)?;
            f(pages.get_mut(at..at + len).ok_or(EINVAL)?)?;
        }

        // Every split of it over two pages.
        for before in 0..=len {
            let at = 2 * PAGE_SIZE - before;

            f(pages.get_mut(at..at + len).ok_or(EINVAL)?)?;
        }
        Ok(())
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_secret)]
mod tests {
    use super::{
        testing::everywhere,
        *, //
    };
    use crate::str::CString;
    use core::mem::ManuallyDrop;

    #[test]
    fn ct_eq_compares() -> Result {
        assert!(ct_eq(&[], &[]));
        assert!(!ct_eq(&[], &[0]));
        assert!(!ct_eq(&[0], &[]));

        // Every length up to some words of the machine, every bit of it.
        let (a, mut b) = ([0x5au8; 40], [0x5au8; 40]);
        for len in 0..=40 {
            assert!(ct_eq(&a[..len], &b[..len]));
            for bit in 0..8 * len {
                b[bit / 8] ^= 1 << (bit % 8);
                assert!(!ct_eq(&a[..len], &b[..len]));
                b[bit / 8] ^= 1 << (bit % 8);
            }
        }

        everywhere(33, |buf| {
            buf.fill(0xa5);
            let same = ct_eq(buf, &[0xa5; 33]);
            buf[32] = 0;
            if !same || ct_eq(buf, &[0xa5; 33]) {
                return Err(EINVAL);
            }
            Ok(())
        })
    }

    #[test]
    fn zeroize_wipes() -> Result {
        zeroize(&mut []);
        everywhere(77, |buf| {
            buf.fill(0xff);
            zeroize(&mut buf[1..76]);
            if buf[0] != 0xff || buf[76] != 0xff || buf[1..76].iter().any(|b| *b != 0) {
                return Err(EINVAL);
            }
            Ok(())
        })
    }

    #[test]
    fn secret_lengths() {
        assert!(Secret::<3>::from_slice(&[1, 2, 3]).is_ok());
        assert!(matches!(Secret::<3>::from_slice(&[1, 2]), Err(e) if e == EINVAL));
        assert!(matches!(Secret::<3>::from_slice(&[1, 2, 3, 4]), Err(e) if e == EINVAL));
        assert!(Secret::<0>::from_slice(&[]).is_ok());
    }

    #[test]
    fn secret_wiped() -> Result {
        let mut secret = ManuallyDrop::new(Secret::<32>::from_slice(&[0xee; 32])?);
        let bytes = secret.as_bytes().as_ptr();

        // SAFETY: It is dropped here and nowhere else, and not used as a `Secret` again.
        unsafe { ManuallyDrop::drop(&mut secret) };
        // SAFETY: The place of the bytes, a local variable, is still there, and was initialised.
        let left = unsafe { core::slice::from_raw_parts(bytes, 32) };
        assert!(left.iter().all(|b| *b == 0));
        Ok(())
    }

    #[test]
    fn vec_wiped_where_cut() -> Result {
        let mut secret = SecretVec::from_slice(&[0xee; 32], GFP_KERNEL)?;
        let bytes = secret.as_bytes().as_ptr();

        secret.truncate(33);
        assert_eq!(secret.len(), 32);
        secret.truncate(10);
        assert_eq!(secret.len(), 10);
        assert!(!secret.is_empty());
        assert_eq!(secret.as_bytes().as_ptr(), bytes);
        // SAFETY: Cutting it short gave no memory back, and all of it was initialised.
        let all = unsafe { core::slice::from_raw_parts(bytes, 32) };
        assert!(all[..10].iter().all(|b| *b == 0xee));
        assert!(all[10..].iter().all(|b| *b == 0));

        secret.truncate(0);
        assert!(secret.is_empty());
        Ok(())
    }

    #[test]
    fn vec_too_long() {
        // The first is one that there would be in `vmalloc()` memory.
        for len in [
            bindings::KMALLOC_MAX_SIZE as usize + 1,
            (1 << 31) - 1,
            1 << 31,
            usize::MAX,
        ] {
            assert!(matches!(SecretVec::zeroed(len, GFP_KERNEL), Err(e) if e == ENOMEM));
            assert!(matches!(SecretVec::zeroed(len, GFP_ATOMIC), Err(e) if e == ENOMEM));
        }
    }

    #[test]
    fn equality() -> Result {
        let a = Secret::<16>::random()?;
        let b = SecretVec::from_slice(a.as_bytes(), GFP_KERNEL)?;

        assert!(a == Secret::from_slice(b.as_bytes())?);
        assert!(a != Secret::zeroed());
        assert!(b == SecretVec::from_slice(a.as_bytes(), GFP_KERNEL)?);
        assert!(b != SecretVec::zeroed(16, GFP_KERNEL)?);
        assert!(b != SecretVec::zeroed(0, GFP_KERNEL)?);
        Ok(())
    }

    #[test]
    fn debug_is_silent() -> Result {
        let fixed = Secret::<4>::from_slice(b"abcd")?;
        let vec = SecretVec::from_slice(b"abcd", GFP_KERNEL)?;

        assert_eq!(
            CString::try_from_fmt(fmt!("{fixed:?}"))?.to_bytes(),
            b"Secret(..)"
        );
        assert_eq!(
            CString::try_from_fmt(fmt!("{vec:?}"))?.to_bytes(),
            b"SecretVec(..)"
        );
        Ok(())
    }
}
