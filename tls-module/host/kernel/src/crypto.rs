// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto`, over AWS-LC and, for AES-CCM and plain ciphers, RustCrypto.

pub mod aead;
pub mod curve25519;
// No stand-ins but the kernel's own: they need nothing of the kernel.
#[path = "../../../../crypto-bindings/rust/kernel/crypto/der.rs"]
pub mod der;
pub mod ecdsa;
#[path = "../../../../crypto-bindings/rust/kernel/crypto/hkdf.rs"]
pub mod hkdf;
pub mod kpp;
pub mod rng;
pub mod rsa;
pub mod secret;
pub mod sha256;
pub mod shash;
pub mod skcipher;

pub use secret::{
    ct_eq,
    zeroize,
    Secret,
    SecretVec, //
};
