// SPDX-License-Identifier: GPL-2.0

//! Cryptographic API.
//!
//! # Allocation
//!
//! What is made of an algorithm is looked up by the algorithm's name, which may load a module, make
//! an instance of a template and wait for self-tests. Errors of all functions that do so are:
//!
//! - `ENOENT`: the kernel has no such algorithm, or none that may be used in FIPS mode.
//! - `ELIBBAD`: it has, but the self-test failed.
//! - `EINTR`: a fatal signal came meanwhile.
//! - `ETIMEDOUT`: it took more than a minute.
//! - `ENOMEM`: no memory.

pub mod aead;
pub(crate) mod akcipher;
pub mod algorithm;
pub mod curve25519;
pub mod der;
pub mod ecdsa;
pub mod ffdhe;
pub mod hkdf;
pub mod kpp;
pub mod rng;
pub mod rsa;
pub(crate) mod scatterlist;
pub mod secret;
pub mod sha256;
pub mod shash;
pub mod sig;
pub mod skcipher;
#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
mod tests;

pub use secret::{
    ct_eq,
    zeroize,
    Secret,
    SecretVec, //
};
