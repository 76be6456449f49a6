// SPDX-License-Identifier: GPL-2.0

//! Cryptographic API.

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
