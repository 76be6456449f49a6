// SPDX-License-Identifier: GPL-2.0

//! RSA signatures: RSASSA-PSS as TLS 1.3 uses it (RFC 8017, section 8.1; RFC 8446, section 4.2.3),
//! and RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2), which is what certificates are signed with.
//!
//! C header: [`include/crypto/akcipher.h`](srctree/include/crypto/akcipher.h)
//!
//! The public operation is the kernel's ("rsa" of `struct crypto_akcipher`). The private operation
//! is not, because it branches on the bits of the exponents: it is done here, in constant time.
//! Around both, this module puts what makes a signature scheme of it:
//!
//! - keys are parsed strictly and checked when they are loaded;
//! - messages are encoded with PSS, the same hash for the message and for MGF1, and a salt as long
//!   as a digest, or as PKCS#1 v1.5 has it;
//! - the operand of the private operation is blinded all the same;
//! - no signature leaves that does not verify, because one that a fault has spoiled gives the key
//!   away.
//!
//! Keys may be used by many tasks at once. All operations may sleep and must be called from process
//! context.

mod bignum;
mod der;
mod pkcs1;
mod primes;
mod pss;
#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
pub(crate) mod testing;
#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
pub(crate) mod tests;

use self::{
    bignum::{
        Modulus,
        Nat, //
    },
    primes::Primes, //
};
use super::{
    akcipher::Rsa,
    rng,
    secret::{
        ct_eq,
        SecretVec, //
    },
    shash::{
        Hash,
        HashAlgorithm,
        MAX_DIGEST_SIZE, //
    }, //
};
use crate::{
    fmt,
    new_mutex,
    prelude::*,
    str::CStr,
    sync::Mutex, //
};

/// Bytes in the smallest modulus, 2048 bits.
const MIN_SIZE: usize = 2048 / 8;

/// Bytes in the largest modulus, 4096 bits.
const MAX_SIZE: usize = 4096 / 8;

/// The public exponents taken: odd ones in this range. (FIPS 186-5, A.1.1, sets the lower end. The
/// upper end bounds the work that a signature is to verify.)
const EXPONENTS: core::ops::Range<u64> = 65537..1 << 33;

/// How many signatures are blinded with powers of the same random number.
const BLINDING_USES: u32 = 32;

/// An RSA public key, of 2048 to 4096 bits.
///
/// # Examples
///
/// ```
/// use kernel::crypto::{rsa::PublicKey, shash::HashAlgorithm};
///
/// fn verify(spki: &[u8], digest: &[u8; 32], sig: &[u8]) -> Result {
///     PublicKey::from_spki_der(spki)?.verify_pss(HashAlgorithm::Sha256, digest, sig)
/// }
///
/// assert_eq!(verify(b"not a key", &[0; 32], &[0; 256]), Err(EBADMSG));
/// # Ok::<(), Error>(())
/// ```
pub struct PublicKey {
    rsa: Rsa,
    exponent: u64,
    sha256: Option<Hash>,
    sha384: Option<Hash>,
    sha512: Option<Hash>,
}

impl PublicKey {
    /// Takes a key from a DER `SubjectPublicKeyInfo` (RFC 5280, section 4.1), as it stands in
    /// certificates. The algorithm must be rsaEncryption.
    ///
    /// Calls `crypto_akcipher_set_pub_key()`.
    ///
    /// # Errors
    ///
    /// - `EBADMSG`: it is malformed.
    /// - `EKEYREJECTED`: it is a key of another algorithm, of a size out of range or not supported
    ///   by the kernel (which takes 2048, 3072 and 4096 bits), or of an exponent out of range.
    /// - Those of an [allocation](super#allocation).
    pub fn from_spki_der(der: &[u8]) -> Result<Self> {
        Self::from_pkcs1_der(der::spki(der)?)
    }

    /// Takes a key from a DER `RSAPublicKey` (RFC 8017, A.1.1).
    ///
    /// For errors see [`from_spki_der`](Self::from_spki_der).
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self> {
        Self::new(der::Public::from_pkcs1(der)?, der)
    }

    /// Checks a key, and hands it to the kernel as the DER `pkcs1`.
    fn new(key: der::Public<'_>, pkcs1: &[u8]) -> Result<Self> {
        let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);

        // The bits are a multiple of eight when the first bit of the first byte is set.
        if !(MIN_SIZE..=MAX_SIZE).contains(&key.n.len())
            || key.n.first().is_none_or(|&byte| byte < 0x80)
            || !odd(key.n)
            || key.e.len() > size_of::<u64>()
        {
            return Err(EKEYREJECTED);
        }
        let exponent = key
            .e
            .iter()
            .fold(0, |exponent, &byte| (exponent << 8) | u64::from(byte));
        if !EXPONENTS.contains(&exponent) || !odd(key.e) {
            return Err(EKEYREJECTED);
        }

        let rsa = Rsa::public(pkcs1).map_err(rejected)?;
        if rsa.size() != key.n.len() {
            return Err(EKEYREJECTED);
        }
        Ok(Self {
            rsa,
            exponent,
            sha256: hash(HashAlgorithm::Sha256)?,
            sha384: hash(HashAlgorithm::Sha384)?,
            sha512: hash(HashAlgorithm::Sha512)?,
        })
    }

    /// Returns the name of the implementation of the public operation that was chosen.
    ///
    /// This corresponds to the C function `crypto_tfm_alg_driver_name()`.
    pub fn driver_name(&self) -> &CStr {
        self.rsa.driver_name()
    }

    /// Returns the number of bytes in the modulus, and so in a signature.
    #[inline]
    pub fn size(&self) -> usize {
        self.rsa.size()
    }

    /// Returns a hash; `EINVAL` if the digest is not one of that hash, `ENOENT` if there is none.
    fn hash(&self, algorithm: HashAlgorithm, digest: &[u8]) -> Result<&Hash> {
        if digest.len() != algorithm.digest_size() {
            return Err(EINVAL);
        }
        let hash = match algorithm {
            HashAlgorithm::Sha256 => &self.sha256,
            HashAlgorithm::Sha384 => &self.sha384,
            HashAlgorithm::Sha512 => &self.sha512,
        };
        hash.as_ref().ok_or(ENOENT)
    }

    /// Verifies an RSASSA-PSS signature of the message that has the digest `digest`.
    ///
    /// The mask is made with `hash` too, and the salt must have the length of a digest.
    ///
    /// Calls `crypto_akcipher_sync_encrypt()`.
    ///
    /// # Errors
    ///
    /// - `EKEYREJECTED`: the signature is not valid, whatever is wrong with it.
    /// - `EINVAL`: `digest` has not the length of a digest of `hash`.
    /// - `ENOENT`: the kernel had no `hash` when the key was loaded.
    /// - `ENOMEM`: no memory.
    pub fn verify_pss(&self, hash: HashAlgorithm, digest: &[u8], sig: &[u8]) -> Result {
        let hash = self.hash(hash, digest)?;
        if sig.len() != self.size() {
            return Err(EKEYREJECTED);
        }

        let mut em = KVec::from_elem(0, self.size(), GFP_KERNEL)?;
        // The lengths are right, so that what is refused here is the number.
        self.rsa.encrypt(sig, &mut em).map_err(rejected)?;
        pss::verify(hash, digest, &mut em)
    }

    /// Verifies an RSASSA-PKCS1-v1_5 signature of the message that has the digest `digest`.
    ///
    /// Calls `crypto_akcipher_sync_encrypt()`.
    ///
    /// # Errors
    ///
    /// - `EKEYREJECTED`: the signature is not valid, whatever is wrong with it.
    /// - `EINVAL`: `digest` has not the length of a digest of `hash`.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::{rsa::PublicKey, shash::HashAlgorithm};
    ///
    /// // 2^2048 - 1, whose factors are known, and the exponent 65537: a key for an example.
    /// let mut der = [0xff; 270];
    /// der[..9].copy_from_slice(&[0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00]);
    /// der[265..].copy_from_slice(&[0x02, 0x03, 0x01, 0x00, 0x01]);
    /// let key = PublicKey::from_pkcs1_der(&der)?;
    ///
    /// // No key makes a signature of the number one.
    /// let mut sig = [0; 256];
    /// sig[255] = 1;
    /// assert_eq!(key.verify_pkcs1(HashAlgorithm::Sha256, &[0; 32], &sig), Err(EKEYREJECTED));
    ///
    /// // A digest of another hash.
    /// assert_eq!(key.verify_pkcs1(HashAlgorithm::Sha512, &[0; 32], &sig), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn verify_pkcs1(&self, hash: HashAlgorithm, digest: &[u8], sig: &[u8]) -> Result {
        if digest.len() != hash.digest_size() {
            return Err(EINVAL);
        }
        if sig.len() != self.size() {
            return Err(EKEYREJECTED);
        }

        let mut em = KVec::from_elem(0, self.size(), GFP_KERNEL)?;
        let mut expected = KVec::from_elem(0, self.size(), GFP_KERNEL)?;

        self.rsa.encrypt(sig, &mut em).map_err(rejected)?;
        pkcs1::encode(hash, digest, &mut expected)?;
        if ct_eq(&em, &expected) {
            Ok(())
        } else {
            Err(EKEYREJECTED)
        }
    }
}

/// Returns a hash, or nothing if the kernel has none. Which there are is a matter of its
/// configuration, and a key is not to fail for one that is not asked for.
fn hash(algorithm: HashAlgorithm) -> Result<Option<Hash>> {
    match Hash::new(algorithm) {
        Err(ENOENT) => Ok(None),
        hash => hash.map(Some),
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// Says of what the kernel found invalid that it is the key, or the signature, that was.
fn rejected(e: Error) -> Error {
    if e == EINVAL {
        EKEYREJECTED
    } else {
        e
    }
}

/// A pair of numbers that undo each other: with `r` random, `r` raised to the public exponent,
/// and the inverse of `r`. Both are in Montgomery form.
struct Blinding {
    factor: Nat,
    inverse: Nat,
    /// How many signatures the pair is good for yet.
    uses: u32,
}

impl Blinding {
    /// Makes a pair from fresh random numbers; `EIO` if the primes are none.
    fn new(modulus: &Modulus, primes: &Primes, exponent: u64) -> Result<Self> {
        let (mut r, mut inverse) = primes.random_pair()?;
        let mut product = modulus.zero()?;

        modulus.enter(&mut r, &mut product);
        modulus.enter(&mut inverse, &mut product);
        modulus.mul(&mut product, &r, &inverse);
        // A multiple of a prime has no inverse, but nobody will ever draw one.
        if !product.equals(modulus.one()) {
            return Err(EIO);
        }

        Ok(Self {
            factor: modulus.pow_public(&r, exponent)?,
            inverse,
            uses: BLINDING_USES,
        })
    }
}

/// An RSA private key, of 2048 to 4096 bits and two primes.
///
/// # Examples
///
/// ```
/// use kernel::crypto::{rsa::PrivateKey, shash::HashAlgorithm};
///
/// fn sign(key: &PrivateKey, digest: &[u8; 32]) -> Result<KVec<u8>> {
///     let mut sig = KVec::from_elem(0, key.size(), GFP_KERNEL)?;
///
///     key.sign_pss(HashAlgorithm::Sha256, digest, &mut sig)?;
///     Ok(sig)
/// }
///
/// // An empty SEQUENCE is no key.
/// assert_eq!(PrivateKey::from_der(&[0x30, 0x00]).err(), Some(EBADMSG));
/// # Ok::<(), Error>(())
/// ```
pub struct PrivateKey {
    public: PublicKey,
    modulus: Modulus,
    primes: Primes,
    blinding: Pin<KBox<Mutex<Blinding>>>,
}

impl PrivateKey {
    /// Takes a key from DER, either a PKCS#8 `PrivateKeyInfo` (RFC 5208) of the algorithm
    /// rsaEncryption or an `RSAPrivateKey` (RFC 8017, A.1.2).
    ///
    /// The key is tried out: its primes must make its modulus, and what it signs must verify.
    ///
    /// # Errors
    ///
    /// - `EBADMSG`: it is malformed.
    /// - `EKEYREJECTED`: it is a key of another algorithm, of a size out of range or not supported
    ///   by the kernel (which takes 2048, 3072 and 4096 bits), of an exponent out of range, of
    ///   more than two primes or of primes of different size, or its numbers do not fit together.
    /// - Those of an [allocation](super#allocation).
    /// - Those of [`rng::fill`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let der::Private {
            public,
            p,
            q,
            dp,
            dq,
        } = der::Private::parse(der)?;

        let n = public.n;
        let public_der = public.to_pkcs1()?;
        let public = PublicKey::new(public, &public_der)?;
        let size = public.size();

        // Primes of half the length, and a product whose first bit is set, hence the first bits of
        // the primes are set as well.
        if [p, q].iter().any(|prime| 2 * prime.len() != size) {
            return Err(EKEYREJECTED);
        }
        let limbs = Nat::limbs(size / 2);
        let product = Nat::product(
            &Nat::from_be_bytes(p, limbs)?,
            &Nat::from_be_bytes(q, limbs)?,
        )?;
        let n = Nat::from_be_bytes(n, product.limb_count())?;
        if !product.equals(&n) {
            return Err(EKEYREJECTED);
        }

        let modulus = Modulus::new(n)?;
        let primes = Primes::new(p, q, dp, dq)?;
        let blinding = Blinding::new(&modulus, &primes, public.exponent).map_err(unfit)?;

        let key = Self {
            public,
            modulus,
            primes,
            blinding: KBox::pin_init(new_mutex!(blinding, "rsa::Blinding"), GFP_KERNEL)?,
        };
        key.try_out()?;
        Ok(key)
    }

    /// Makes sure that the private key belongs to the public one.
    fn try_out(&self) -> Result {
        let mut message = SecretVec::zeroed(self.size(), GFP_KERNEL)?;
        let mut sig = KVec::from_elem(0, self.size(), GFP_KERNEL)?;

        rng::fill(message.as_mut_bytes())?;
        if let Some(first) = message.as_mut_bytes().first_mut() {
            // Less than the modulus.
            *first &= 0x7f;
        }
        self.exponentiate(message.as_bytes(), &mut sig)
            .map_err(unfit)
    }

    /// Returns the number of bytes in the modulus, and so in a signature.
    #[inline]
    pub fn size(&self) -> usize {
        self.public.size()
    }

    /// Returns the public key.
    #[inline]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Makes an RSASSA-PSS signature of the message that has the digest `digest`.
    ///
    /// The mask is made with `hash` too, and the salt has the length of a digest, as RFC 8446
    /// (section 4.2.3) has it.
    ///
    /// # Errors
    ///
    /// After an error `sig` is all zeroes, but for `EINVAL`, which leaves it untouched.
    ///
    /// - `EINVAL`: `digest` has not the length of a digest of `hash`, or `sig` has not
    ///   [`size`](Self::size) bytes.
    /// - `EIO`: the computation went wrong.
    /// - `ENOENT`: the kernel had no `hash` when the key was loaded.
    /// - Those of [`rng::fill`].
    /// - `ENOMEM`: no memory.
    pub fn sign_pss(&self, hash: HashAlgorithm, digest: &[u8], sig: &mut [u8]) -> Result {
        if sig.len() != self.size() {
            return Err(EINVAL);
        }
        let hash = match self.public.hash(hash, digest) {
            Err(e) if e != EINVAL => {
                sig.fill(0);
                return Err(e);
            }
            hash => hash?,
        };
        let result = self.sign_hashed(hash, digest, sig);

        if result.is_err() {
            sig.fill(0);
        }
        result
    }

    /// Makes an RSASSA-PKCS1-v1_5 signature of the message that has the digest `digest`.
    ///
    /// # Errors
    ///
    /// After an error `sig` is all zeroes, but for `EINVAL`, which leaves it untouched.
    ///
    /// - `EINVAL`: `digest` has not the length of a digest of `hash`, or `sig` has not
    ///   [`size`](Self::size) bytes.
    /// - `EIO`: the computation went wrong.
    /// - Those of [`rng::fill`].
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::{rsa::PrivateKey, shash::HashAlgorithm};
    ///
    /// fn sign(der: &[u8], digest: &[u8; 32]) -> Result<KVec<u8>> {
    ///     let key = PrivateKey::from_der(der)?;
    ///     let mut sig = KVec::from_elem(0, key.size(), GFP_KERNEL)?;
    ///
    ///     key.sign_pkcs1(HashAlgorithm::Sha256, digest, &mut sig)?;
    ///     Ok(sig)
    /// }
    ///
    /// assert_eq!(sign(b"not a key", &[0; 32]).err(), Some(EBADMSG));
    /// ```
    pub fn sign_pkcs1(&self, hash: HashAlgorithm, digest: &[u8], sig: &mut [u8]) -> Result {
        if sig.len() != self.size() || digest.len() != hash.digest_size() {
            return Err(EINVAL);
        }
        let result = SecretVec::zeroed(self.size(), GFP_KERNEL).and_then(|mut em| {
            pkcs1::encode(hash, digest, em.as_mut_bytes())?;
            self.exponentiate(em.as_bytes(), sig)
        });

        if result.is_err() {
            sig.fill(0);
        }
        result
    }

    /// Makes a signature. What is in `sig` after an error must not be shown to anybody.
    fn sign_hashed(&self, hash: &Hash, digest: &[u8], sig: &mut [u8]) -> Result {
        let mut salt = [0; MAX_DIGEST_SIZE];
        let salt = salt.get_mut(..digest.len()).ok_or(EINVAL)?;
        rng::fill(salt)?;

        let mut em = SecretVec::zeroed(self.size(), GFP_KERNEL)?;
        pss::encode(hash, digest, salt, em.as_mut_bytes())?;
        self.exponentiate(em.as_bytes(), sig)
    }

    /// Raises `message`, which must be less than the modulus, to the private exponent.
    ///
    /// Both slices must have as many bytes as the modulus. `EIO` if the result is wrong.
    fn exponentiate(&self, message: &[u8], sig: &mut [u8]) -> Result {
        let modulus = &self.modulus;
        let mut operand = Nat::from_be_bytes(message, modulus.limbs())?;
        let mut result = modulus.zero()?;
        let mut inverse = modulus.zero()?;
        let mut bytes = SecretVec::zeroed(self.size(), GFP_KERNEL)?;

        // operand * r^e, and the pair for the next one: r is squared.
        {
            let mut blinding = self.blinding.lock();

            if blinding.uses == 0 {
                *blinding = Blinding::new(modulus, &self.primes, self.public.exponent)?;
            }
            let Blinding {
                factor,
                inverse: current,
                uses,
            } = &mut *blinding;

            modulus.mul(&mut result, &operand, factor);
            inverse.assign(current);
            // `operand` has served, and is room to compute in.
            modulus.square(factor, &mut operand);
            modulus.square(current, &mut operand);
            *uses = uses.saturating_sub(1);
        }

        // (operand * r^e)^d = operand^d * r
        let blinded = self.primes.raise(&result)?;
        modulus.mul(&mut result, &blinded, &inverse);
        result.to_be_bytes(sig);

        self.public
            .rsa
            .encrypt(sig, bytes.as_mut_bytes())
            .map_err(unexpected)?;
        if !ct_eq(bytes.as_bytes(), message) {
            return Err(EIO);
        }
        Ok(())
    }
}

/// Says of a computation that went wrong with a key just loaded that it was the key's fault.
fn unfit(e: Error) -> Error {
    if e == EIO {
        EKEYREJECTED
    } else {
        e
    }
}

/// Says of what the kernel found invalid, though it cannot be, that the computation went wrong.
fn unexpected(e: Error) -> Error {
    if e == EINVAL {
        EIO
    } else {
        e
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}
