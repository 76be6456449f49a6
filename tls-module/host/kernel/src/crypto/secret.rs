// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::secret`.

use super::rng;

use crate::{
    alloc::{
        Flags,
        KVec, //
    },
    error::{
        code::EINVAL,
        Result, //
    },
};

use core::fmt;

use zeroize::Zeroize as _;

/// Wipes `buf`, also if it is never read again.
pub fn zeroize(buf: &mut [u8]) {
    buf.zeroize();
}

/// Compares in time that depends on the lengths only.
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// `N` secret bytes, wiped when dropped.
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Zeroes, to be overwritten.
    pub fn zeroed() -> Self {
        Self([0; N])
    }

    /// A copy of `bytes`; [`EINVAL`] unless they are `N`.
    pub fn from_slice(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != N {
            return Err(EINVAL);
        }

        let mut new = Self::zeroed();

        new.0.copy_from_slice(bytes);
        Ok(new)
    }

    /// Random bytes.
    pub fn random() -> Result<Self> {
        let mut new = Self::zeroed();

        rng::fill(&mut new.0)?;
        Ok(new)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }

    /// The bytes.
    pub fn as_mut_bytes(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        zeroize(&mut self.0);
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        ct_eq(&self.0, &other.0)
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>")
    }
}

/// Secret bytes of a length known at run time, wiped when dropped.
pub struct SecretVec(KVec<u8>);

impl SecretVec {
    /// `len` zeroes, to be overwritten.
    pub fn zeroed(len: usize, flags: Flags) -> Result<Self> {
        Ok(Self(KVec::from_elem(0, len, flags)?))
    }

    /// A copy of `bytes`.
    pub fn from_slice(bytes: &[u8], flags: Flags) -> Result<Self> {
        let mut new = Self::zeroed(bytes.len(), flags)?;

        new.0.copy_from_slice(bytes);
        Ok(new)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes.
    pub fn as_mut_bytes(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the first `len` bytes and wipes the others.
    pub fn truncate(&mut self, len: usize) {
        if let Some(rest) = self.0.get_mut(len..) {
            zeroize(rest);
        }
        self.0.truncate(len);
    }
}

impl Drop for SecretVec {
    fn drop(&mut self) {
        zeroize(&mut self.0);
    }
}

impl PartialEq for SecretVec {
    fn eq(&self, other: &Self) -> bool {
        ct_eq(&self.0, &other.0)
    }
}

impl Eq for SecretVec {}

impl fmt::Debug for SecretVec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretVec({} bytes)", self.len())
    }
}
