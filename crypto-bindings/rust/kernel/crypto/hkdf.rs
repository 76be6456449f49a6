// SPDX-License-Identifier: GPL-2.0

//! HKDF, the key derivation function (RFC 5869), and HKDF-Expand-Label of TLS 1.3 (RFC 8446).
//!
//! # Examples
//!
//! ```
//! use kernel::crypto::{
//!     hkdf::Hkdf,
//!     shash::HashAlgorithm,
//!     Secret, //
//! };
//!
//! let mut hkdf = Hkdf::new(HashAlgorithm::Sha256)?;
//! let (mut prk, mut key) = (Secret::<32>::zeroed(), Secret::<16>::zeroed());
//!
//! hkdf.extract(b"salt", b"what two parties agreed on", prk.as_mut_bytes())?;
//! hkdf.expand(prk.as_bytes(), &[b"key of ", b"the first"], key.as_mut_bytes())?;
//! # Ok::<(), Error>(())
//! ```

use super::{
    secret::{
        zeroize,
        Secret, //
    },
    shash::{
        HashAlgorithm,
        Mac,
        MAX_DIGEST_SIZE, //
    }, //
};
use crate::prelude::*;

/// How many digests long the output of an expansion may be: their number is counted in a byte.
const MAX_BLOCKS: usize = 255;

/// What labels begin with (RFC 8446, section 7.1).
const LABEL_PREFIX: &[u8] = b"tls13 ";

/// The salt where there is none: as long as a digest (RFC 5869, section 2.2).
static NO_SALT: [u8; MAX_DIGEST_SIZE] = [0; MAX_DIGEST_SIZE];

/// HKDF with a hash.
///
/// It is one HMAC, which is given key after key, so nothing is allocated for a derivation. The last
/// of them stays until the value is dropped, and is wiped then (by the C side).
///
/// # Examples
///
/// ```
/// use kernel::crypto::{
///     hkdf::Hkdf,
///     shash::HashAlgorithm, //
/// };
///
/// let mut hkdf = Hkdf::new(HashAlgorithm::Sha384)?;
/// let (secret, mut iv) = ([0x42; 48], [0; 12]);
///
/// hkdf.expand_label(&secret, b"iv", &[], &mut iv)?;
/// # Ok::<(), Error>(())
/// ```
pub struct Hkdf {
    mac: Mac,
    hash: HashAlgorithm,
}

impl Hkdf {
    /// Creates an HKDF with the given hash algorithm.
    ///
    /// It may sleep, and load a module.
    ///
    /// # Errors
    ///
    /// Those of [`Mac::new`].
    pub fn new(hash: HashAlgorithm) -> Result<Self> {
        Ok(Self {
            mac: Mac::new(hash, &NO_SALT)?,
            hash,
        })
    }

    /// Returns the hash algorithm.
    #[inline]
    pub fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    /// Extracts a pseudorandom key from `ikm`, the input keying material (RFC 5869, section 2.2).
    ///
    /// An empty salt is the same as a salt of zeroes.
    ///
    /// # Errors
    ///
    /// - `EINVAL` unless `prk` has the size of a digest.
    /// - Those of [`Mac::set_key`] and of [`Mac::digest`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::{
    ///     hkdf::Hkdf,
    ///     shash::HashAlgorithm,
    ///     Secret, //
    /// };
    ///
    /// let mut prk = Secret::<64>::zeroed();
    ///
    /// Hkdf::new(HashAlgorithm::Sha512)?.extract(&[], &[0x0b; 22], prk.as_mut_bytes())?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn extract(&mut self, salt: &[u8], ikm: &[u8], prk: &mut [u8]) -> Result {
        let salt = if salt.is_empty() {
            // In FIPS mode no key of an HMAC may be empty.
            NO_SALT.get(..self.hash.digest_size()).ok_or(EINVAL)?
        } else {
            salt
        };

        self.mac.set_key(salt)?;
        self.mac.digest(ikm, prk)
    }

    /// Expands a pseudorandom key to output keying material (RFC 5869, section 2.3).
    ///
    /// The context `info` is given in parts, which are put together.
    ///
    /// # Errors
    ///
    /// After an error `okm` is all zeroes, but for `EINVAL`, which leaves it untouched.
    ///
    /// - `EINVAL` if `prk` is shorter than a digest, or `okm` longer than 255 of them.
    /// - Those of [`Mac::set_key`] and of [`Mac::digest_with`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::{
    ///     hkdf::Hkdf,
    ///     shash::HashAlgorithm, //
    /// };
    ///
    /// let mut hkdf = Hkdf::new(HashAlgorithm::Sha256)?;
    /// let mut okm = [0; 82];
    ///
    /// hkdf.expand(&[0x0b; 32], &[b"info"], &mut okm)?;
    /// assert_eq!(hkdf.expand(&[0x0b; 31], &[], &mut okm), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn expand(&mut self, prk: &[u8], info: &[&[u8]], okm: &mut [u8]) -> Result {
        let size = self.hash.digest_size();

        if prk.len() < size || okm.len() > MAX_BLOCKS.saturating_mul(size) {
            return Err(EINVAL);
        }

        let result = self.expand_blocks(prk, info, okm);

        if result.is_err() {
            zeroize(okm);
        }
        result
    }

    fn expand_blocks(&mut self, prk: &[u8], info: &[&[u8]], okm: &mut [u8]) -> Result {
        let size = self.hash.digest_size();
        let mut block = Secret::<MAX_DIGEST_SIZE>::zeroed();
        let block = block.as_mut_bytes().get_mut(..size).ok_or(EINVAL)?;
        // T(0) is empty.
        let mut previous: &[u8] = &[];

        self.mac.set_key(prk)?;
        for (n, out) in (1..=u8::MAX).zip(okm.chunks_mut(size)) {
            let add = |mac: &mut super::shash::OnStack<'_>| {
                mac.update(previous)?;
                info.iter().try_for_each(|part| mac.update(part))?;
                mac.update(&[n])
            };

            if out.len() == size {
                self.mac.digest_with(out, add)?;
            } else {
                self.mac.digest_with(block, add)?;
                for (to, from) in out.iter_mut().zip(block.iter()) {
                    *to = *from;
                }
            }
            previous = out;
        }
        Ok(())
    }

    /// Derives `out` from `secret` as TLS 1.3 and QUIC do: HKDF-Expand-Label (RFC 8446, section
    /// 7.1). `label` is without the "tls13 " that all labels begin with.
    ///
    /// # Errors
    ///
    /// After an error `out` is all zeroes, but for `EINVAL`, which leaves it untouched.
    ///
    /// - `EINVAL` if `label` is longer than 249 bytes, `context` longer than 255, `secret` shorter
    ///   than a digest, or `out` longer than 255 of them.
    /// - Those of [`Mac::set_key`] and of [`Mac::digest_with`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::{
    ///     hkdf::Hkdf,
    ///     shash::HashAlgorithm, //
    /// };
    ///
    /// // RFC 9001, A.1: the key of the client from its initial secret.
    /// let secret = b"\
    ///     \xc0\x0c\xf1\x51\xca\x5b\xe0\x75\xed\x0e\xbf\xb5\xc8\x03\x23\xc4\
    ///     \x2d\x6b\x7d\xb6\x78\x81\x28\x9a\xf4\x00\x8f\x1f\x6c\x35\x7a\xea";
    /// let mut key = [0; 16];
    ///
    /// Hkdf::new(HashAlgorithm::Sha256)?.expand_label(secret, b"quic key", &[], &mut key)?;
    /// assert_eq!(key[..4], [0x1f, 0x36, 0x96, 0x13]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn expand_label(
        &mut self,
        secret: &[u8],
        label: &[u8],
        context: &[u8],
        out: &mut [u8],
    ) -> Result {
        let out_len = u16::try_from(out.len()).map_err(|_| EINVAL)?;
        let label_len = LABEL_PREFIX.len().saturating_add(label.len());
        let label_len = u8::try_from(label_len).map_err(|_| EINVAL)?;
        let context_len = u8::try_from(context.len()).map_err(|_| EINVAL)?;

        // The `HkdfLabel`.
        self.expand(
            secret,
            &[
                &out_len.to_be_bytes(),
                &[label_len],
                LABEL_PREFIX,
                label,
                &[context_len],
                context,
            ],
            out,
        )
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_hkdf)]
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

    /// The bytes from `from` to 255.
    const fn count<const N: usize>(from: u8) -> [u8; N] {
        let (mut out, mut i) = ([0; N], 0);

        while i < N {
            out[i] = from.wrapping_add(i as u8);
            i += 1;
        }
        out
    }

    fn check(salt: &[u8], ikm: &[u8], info: &[u8], prk: &[u8; 32], okm: &[u8]) -> Result {
        let mut hkdf = Hkdf::new(Sha256)?;
        let (mut key, mut out) = ([0; 32], [0xff; 82]);

        hkdf.extract(salt, ikm, &mut key)?;
        assert_eq!(key, *prk);
        for at in 0..=info.len() {
            let (a, b) = info.split_at(at);
            let out = &mut out[..okm.len()];

            out.fill(0);
            hkdf.expand(&key, &[a, b], out)?;
            assert!(out == okm);
        }
        assert!(out[okm.len()..].iter().all(|b| *b == 0xff));
        Ok(())
    }

    #[test]
    fn rfc_5869() -> Result {
        // Test cases 1 to 3.
        check(
            &count::<13>(0),
            &[0x0b; 22],
            &count::<10>(0xf0),
            &hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"),
            &hex::<42>(
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf\
                 34007208d5b887185865",
            ),
        )?;
        check(
            &count::<80>(0x60),
            &count::<80>(0),
            &count::<80>(0xb0),
            &hex("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"),
            &hex::<82>(
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
                 59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
                 cc30c58179ec3e87c14c01d5c1f3434f1d87",
            ),
        )?;
        check(
            &[],
            &[0x0b; 22],
            &[],
            &hex("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"),
            &hex::<42>(
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d\
                 9d201395faa4b61a96c8",
            ),
        )
    }

    #[test]
    fn rfc_9001() -> Result {
        // Appendix A.1.
        let mut hkdf = Hkdf::new(Sha256)?;
        let (mut initial, mut client) = ([0; 32], [0; 32]);
        let (mut key, mut iv, mut hp) = ([0; 16], [0; 12], [0; 16]);

        hkdf.extract(
            &hex::<20>("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
            &hex::<8>("8394c8f03e515708"),
            &mut initial,
        )?;
        hkdf.expand_label(&initial, b"client in", &[], &mut client)?;
        hkdf.expand_label(&client, b"quic key", &[], &mut key)?;
        hkdf.expand_label(&client, b"quic iv", &[], &mut iv)?;
        hkdf.expand_label(&client, b"quic hp", &[], &mut hp)?;
        assert_eq!(key, hex("1f369613dd76d5467730efcbe3b1a22d"));
        assert_eq!(iv, hex("fa044b2f42a3fd3b46fb255c"));
        assert_eq!(hp, hex("9f50449e04a0e810283a1e9933adedd2"));
        Ok(())
    }

    #[test]
    fn lengths() -> Result {
        for hash in [Sha256, Sha384, Sha512] {
            let size = hash.digest_size();
            let mut hkdf = Hkdf::new(hash)?;
            let prk = &[7; MAX_DIGEST_SIZE][..size];
            let mut out = KVec::from_elem(0x33, 255 * size + 1, GFP_KERNEL)?;
            let mut part = KVec::from_elem(0, 255 * size, GFP_KERNEL)?;

            assert_eq!(hkdf.hash(), hash);
            assert_eq!(hkdf.extract(&[], &[], &mut out[1..size]), Err(EINVAL));
            assert_eq!(hkdf.expand(&prk[1..], &[], &mut out[..1]), Err(EINVAL));
            assert_eq!(hkdf.expand(prk, &[], &mut out), Err(EINVAL));
            assert!(out.iter().all(|b| *b == 0x33));

            // A shorter output is the start of a longer one.
            hkdf.expand(prk, &[], &mut out[1..])?;
            for len in [0, 1, size - 1, size, size + 1, 2 * size, 255 * size - 1] {
                hkdf.expand(prk, &[], &mut part[..len])?;
                assert!(part[..len] == out[1..][..len]);
            }

            let long = [0; 256];
            let out = &mut out[..32];
            hkdf.expand_label(prk, &long[..249], &long[..255], out)?;
            out.fill(0x33);
            assert_eq!(hkdf.expand_label(prk, &long[..250], &[], out), Err(EINVAL));
            assert_eq!(hkdf.expand_label(prk, &[], &long, out), Err(EINVAL));
            assert_eq!(hkdf.expand_label(&prk[1..], &[], &[], out), Err(EINVAL));
            assert!(out.iter().all(|b| *b == 0x33));
        }
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        let mut hkdf = Hkdf::new(Sha256)?;
        let (mut prk, mut expected) = ([0; 32], [0; 50]);

        hkdf.extract(&[1; 40], &[2; 40], &mut prk)?;
        hkdf.expand(&prk, &[&[3; 50]], &mut expected)?;
        everywhere(40, |buf| {
            let mut out = [0; 32];

            buf.fill(1);
            hkdf.extract(buf, &[2; 40], &mut out)?;
            assert_eq!(out, prk);
            buf.fill(2);
            hkdf.extract(&[1; 40], buf, &mut out)?;
            assert_eq!(out, prk);
            Ok(())
        })?;
        everywhere(50, |buf| {
            let mut out = [0; 50];

            buf.fill(3);
            hkdf.expand(&prk, &[buf], &mut out)?;
            assert!(out == expected);
            buf.fill(0);
            hkdf.expand(&prk, &[&[3; 50]], buf)?;
            assert!(*buf == expected);
            Ok(())
        })
    }
}
