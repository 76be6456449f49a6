// SPDX-License-Identifier: GPL-2.0

//! The series' P-256, built on the host from the kernel's own source.

#![forbid(unsafe_code)]

#[path = "../../../../crypto-bindings/crypto/p256/arith.rs"]
mod arith;

#[path = "../../../../crypto-bindings/crypto/p256/field.rs"]
mod field;

#[path = "../../../../crypto-bindings/crypto/p256/scalar.rs"]
mod scalar;

#[path = "../../../../crypto-bindings/crypto/p256/point.rs"]
mod point;

#[path = "../../../../crypto-bindings/crypto/p256/key.rs"]
pub mod key;

#[path = "../../../../crypto-bindings/crypto/p256/ecdsa.rs"]
pub mod ecdsa;

#[path = "../../../../crypto-bindings/crypto/p256/sec1.rs"]
mod sec1;

pub mod formats;

use kernel::{
    crypto::der,
    prelude, //
};

#[cfg(test)]
mod tests;

/// Called with every mask that is let out: for the check that nothing else is.
pub static DECLASSIFY: std::sync::OnceLock<fn(&mut u64)> = std::sync::OnceLock::new();

/// Returns whether a mask has ones.
fn declassify(mut mask: u64) -> bool {
    if let Some(hook) = DECLASSIFY.get() {
        hook(&mut mask);
    }
    // One branch, whether there is a hook or not.
    std::hint::black_box(mask) != 0
}
