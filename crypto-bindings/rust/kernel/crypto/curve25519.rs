// SPDX-License-Identifier: GPL-2.0

//! X25519 key agreement (RFC 7748).
//!
//! An [`EphemeralKey`] is made, its public part sent to the peer, and then used up by the
//! agreement:
//!
//! ```text
//!   generate()   +--------------+   agree(peer's public key)
//! o------------> | EphemeralKey | ---------------------------> Secret<32>
//!                +--------------+
//! ```
//!
//! C header: [`include/crypto/curve25519.h`](srctree/include/crypto/curve25519.h)
//!
//! # Examples
//!
//! ```
//! use kernel::crypto::curve25519::EphemeralKey;
//!
//! let (alice, bob) = (EphemeralKey::generate()?, EphemeralKey::generate()?);
//! let (to_bob, to_alice) = (*alice.public_key(), *bob.public_key());
//!
//! assert!(alice.agree(&to_alice)? == bob.agree(&to_bob)?);
//! # Ok::<(), Error>(())
//! ```

use crate::{
    bindings,
    crypto::{
        rng,
        secret::Secret, //
    },
    prelude::*, //
};

/// The size of private keys, public keys and shared secrets, in bytes.
pub const KEY_SIZE: usize = bindings::curve25519_lengths_CURVE25519_KEY_SIZE as usize;

/// A key pair for one agreement.
///
/// [`EphemeralKey::agree`] consumes it, so that no private key serves twice. It stays in one place,
/// however the value is moved, and is wiped when that is dropped.
pub struct EphemeralKey {
    private: KBox<Secret<KEY_SIZE>>,
    public: [u8; KEY_SIZE],
}

impl EphemeralKey {
    /// Makes a new key pair.
    ///
    /// It may sleep; see [`rng::fill`].
    ///
    /// This corresponds to the C functions `curve25519_generate_secret()` and
    /// `curve25519_generate_public()`.
    ///
    /// # Errors
    ///
    /// - Those of [`rng::fill`].
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::curve25519::EphemeralKey;
    ///
    /// let key = EphemeralKey::generate()?;
    /// assert!(key.public_key() != EphemeralKey::generate()?.public_key());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn generate() -> Result<Self> {
        let mut private = KBox::new(Secret::zeroed(), GFP_KERNEL)?;

        rng::fill(private.as_mut_bytes())?;
        Self::new(private)
    }

    /// Takes a private key that was made elsewhere, such as that of a test vector.
    ///
    /// It is clamped as RFC 7748 says.
    ///
    /// This corresponds to the C functions `curve25519_clamp_secret()` and
    /// `curve25519_generate_public()`.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: no memory.
    /// - `EKEYREJECTED`: the public key came out as zero, which no clamped private key leads to.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::curve25519::EphemeralKey;
    ///
    /// let key = EphemeralKey::from_private(&[0x42; 32])?;
    /// assert_eq!(key.public_key(), EphemeralKey::from_private(&[0x42; 32])?.public_key());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn from_private(private: &[u8; KEY_SIZE]) -> Result<Self> {
        let mut copy = KBox::new(Secret::zeroed(), GFP_KERNEL)?;

        copy.as_mut_bytes().copy_from_slice(private);
        Self::new(copy)
    }

    fn new(mut private: KBox<Secret<KEY_SIZE>>) -> Result<Self> {
        let mut public = [0; KEY_SIZE];

        // What `curve25519_clamp_secret()` does.
        let bytes = private.as_mut_bytes();
        bytes[0] &= 248;
        bytes[KEY_SIZE - 1] = (bytes[KEY_SIZE - 1] & 127) | 64;

        // SAFETY: Both are arrays of the size of a key.
        let nonzero = unsafe {
            bindings::curve25519_generate_public(public.as_mut_ptr(), private.as_bytes().as_ptr())
        };

        if !nonzero {
            return Err(EKEYREJECTED);
        }
        Ok(Self { private, public })
    }

    /// Returns the public key, to be sent to the peer.
    #[inline]
    pub fn public_key(&self) -> &[u8; KEY_SIZE] {
        &self.public
    }

    /// Agrees with the peer who has the public key `peer` on a shared secret.
    ///
    /// This corresponds to the C function `curve25519()`.
    ///
    /// # Errors
    ///
    /// `EKEYREJECTED` if the shared secret is zero, since `peer` is a point of small order.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::curve25519::EphemeralKey;
    ///
    /// // A peer cannot force a secret that all know.
    /// assert!(EphemeralKey::generate()?.agree(&[0; 32]).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn agree(self, peer: &[u8; KEY_SIZE]) -> Result<Secret<KEY_SIZE>> {
        let mut shared = Secret::zeroed();

        // SAFETY: All three are arrays of the size of a key.
        let nonzero = unsafe {
            bindings::curve25519(
                shared.as_mut_bytes().as_mut_ptr(),
                self.private.as_bytes().as_ptr(),
                peer.as_ptr(),
            )
        };

        if !nonzero {
            return Err(EKEYREJECTED);
        }
        Ok(shared)
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_curve25519)]
mod tests {
    use super::*;
    use crate::crypto::secret::testing::{
        everywhere,
        hex, //
    };

    #[test]
    fn rfc_7748_functions() -> Result {
        // Section 5.2: scalar, u-coordinate, result.
        const VECTORS: [[[u8; 32]; 3]; 2] = [
            [
                hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
                hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"),
            ],
            [
                hex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                hex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"),
                hex("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"),
            ],
        ];

        for [scalar, point, result] in &VECTORS {
            let shared = EphemeralKey::from_private(scalar)?.agree(point)?;
            assert_eq!(shared.as_bytes(), result);
        }
        Ok(())
    }

    #[test]
    fn rfc_7748_iterated() -> Result {
        let mut k = hex("0900000000000000000000000000000000000000000000000000000000000000");
        let mut u = k;

        for i in 1..=1000 {
            let next = *EphemeralKey::from_private(&k)?.agree(&u)?.as_bytes();
            u = k;
            k = next;
            if i == 1 {
                assert_eq!(
                    k,
                    hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
                );
            }
        }
        assert_eq!(
            k,
            hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")
        );
        Ok(())
    }

    // The test vector of section 6.1 of RFC 7748.
    const ALICE_PRIVATE: [u8; 32] =
        hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const ALICE_PUBLIC: [u8; 32] =
        hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    const BOB_PRIVATE: [u8; 32] =
        hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    const BOB_PUBLIC: [u8; 32] =
        hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const SHARED: [u8; 32] =
        hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");

    #[test]
    fn rfc_7748_agreement() -> Result {
        let alice = EphemeralKey::from_private(&ALICE_PRIVATE)?;
        let bob = EphemeralKey::from_private(&BOB_PRIVATE)?;

        assert_eq!(*alice.public_key(), ALICE_PUBLIC);
        assert_eq!(*bob.public_key(), BOB_PUBLIC);
        assert_eq!(*alice.agree(&BOB_PUBLIC)?.as_bytes(), SHARED);
        assert_eq!(*bob.agree(&ALICE_PUBLIC)?.as_bytes(), SHARED);
        Ok(())
    }

    #[test]
    fn small_order() -> Result {
        // Zero, one, and the others of order 8 or less, also where they are not reduced.
        const POINTS: [[u8; 32]; 7] = [
            hex("0000000000000000000000000000000000000000000000000000000000000000"),
            hex("0100000000000000000000000000000000000000000000000000000000000000"),
            hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
            hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
            hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
            hex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
            hex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        ];

        for point in &POINTS {
            let key = EphemeralKey::generate()?;
            assert!(matches!(key.agree(point), Err(e) if e == EKEYREJECTED));
        }
        Ok(())
    }

    #[test]
    fn any_private_key() -> Result {
        // None is refused: clamping makes them all good.
        assert!(EphemeralKey::from_private(&[0; 32]).is_ok());
        assert!(EphemeralKey::from_private(&[0xff; 32]).is_ok());
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        everywhere(32, |buf| {
            buf.copy_from_slice(&ALICE_PRIVATE);
            let key = EphemeralKey::from_private((&*buf).try_into().map_err(|_| EINVAL)?)?;

            buf.copy_from_slice(&BOB_PUBLIC);
            let shared = key.agree((&*buf).try_into().map_err(|_| EINVAL)?)?;
            if *shared.as_bytes() != SHARED {
                return Err(EBADMSG);
            }
            Ok(())
        })
    }

    #[test]
    fn generated() -> Result {
        let (alice, bob) = (EphemeralKey::generate()?, EphemeralKey::generate()?);
        let (a, b) = (*alice.public_key(), *bob.public_key());

        assert!(a != b);
        assert!(alice.agree(&b)? == bob.agree(&a)?);
        Ok(())
    }
}
