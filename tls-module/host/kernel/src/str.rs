// SPDX-License-Identifier: GPL-2.0

//! Strings.

use core::ffi::CStr as CoreCStr;

pub use core::ffi::CStr;

/// The methods the kernel adds to [`CStr`].
pub trait CStrExt {
    /// The length of the string, its NUL included.
    fn len_with_nul(&self) -> usize;
}

impl CStrExt for CoreCStr {
    fn len_with_nul(&self) -> usize {
        self.to_bytes_with_nul().len()
    }
}
