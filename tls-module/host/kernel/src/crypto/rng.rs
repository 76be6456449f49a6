// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::rng`.

use crate::error::{
    code::EIO,
    Result, //
};

/// Fills `buf` with random bytes.
pub fn fill(buf: &mut [u8]) -> Result {
    aws_lc_rs::rand::fill(buf).map_err(|_| EIO)
}
