// SPDX-License-Identifier: GPL-2.0

//! Digital signatures.
//!
//! A [`PublicKey`] verifies signatures, a [`PrivateKey`] makes them, where the kernel has an
//! algorithm that can. Both are made with their key, which never changes, and work on `&self`, so
//! in many tasks at once.
//!
//! What is signed is a digest of the message, which the caller makes, except for ML-DSA: there it
//! is the message.
//!
//! All of it may sleep and must be called from process context. Slices may lie in any kind of
//! memory: this part of the C API takes virtual addresses.
//!
//! For RSA there is [`crate::crypto::rsa`] too, which has PSS and makes its signatures in constant
//! time.
//!
//! C header: [`include/crypto/sig.h`](srctree/include/crypto/sig.h)
//!
//! # Examples
//!
//! ```
//! use kernel::crypto::sig::{
//!     PublicKey,
//!     SigAlgorithm, //
//! };
//!
//! fn verify(point: &[u8], digest: &[u8; 32], sig: &[u8]) -> Result {
//!     PublicKey::new(SigAlgorithm::EcdsaP256, point)?.verify(digest, sig)
//! }
//!
//! // Compressed points are not taken.
//! assert_eq!(verify(&[2; 33], &[0; 32], &[0; 70]), Err(EKEYREJECTED));
//! # Ok::<(), Error>(())
//! ```

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
pub(crate) mod tests;

use crate::{
    bindings,
    error::{
        from_err_ptr,
        to_result, //
    },
    ffi,
    fmt,
    prelude::*,
    str::CStr, //
};
use core::ptr::NonNull;

/// The longest digest that ECDSA is given, in bytes: that of SHA-512.
const MAX_ECDSA_DIGEST: usize = 64;

/// The signature algorithms.
///
/// # Examples
///
/// ```
/// use kernel::crypto::sig::SigAlgorithm;
///
/// assert_eq!(SigAlgorithm::EcdsaP384.name(), c"x962(ecdsa-nist-p384)");
/// assert_eq!(SigAlgorithm::EcdsaP384.key_size(), Some(97));
/// assert_eq!(SigAlgorithm::RsaPkcs1Sha256.key_size(), None);
/// assert_eq!(SigAlgorithm::RsaPkcs1Sha256.max_digest_size(), Some(32));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SigAlgorithm {
    /// ECDSA (FIPS 186-5) on P-256. The signature is a DER `ECDSA-Sig-Value` (RFC 3279).
    EcdsaP256,
    /// ECDSA on P-384. The signature is a DER `ECDSA-Sig-Value`.
    EcdsaP384,
    /// ECDSA on P-521. The signature is a DER `ECDSA-Sig-Value`.
    EcdsaP521,
    /// ECDSA on P-256. The signature is r and s, of the same size (IEEE P1363).
    EcdsaP256P1363,
    /// ECDSA on P-384. The signature is r and s, of the same size (IEEE P1363).
    EcdsaP384P1363,
    /// ECDSA on P-521. The signature is r and s, of the same size (IEEE P1363).
    EcdsaP521P1363,
    /// RSASSA-PKCS1-v1_5 (RFC 8017) with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 (RFC 8017) with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 (RFC 8017) with SHA-512.
    RsaPkcs1Sha512,
    /// ML-DSA-44 (FIPS 204), pure and with an empty context.
    MlDsa44,
    /// ML-DSA-65 (FIPS 204), pure and with an empty context.
    MlDsa65,
    /// ML-DSA-87 (FIPS 204), pure and with an empty context.
    MlDsa87,
}

impl SigAlgorithm {
    /// Returns the name that the C side knows the algorithm by.
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::EcdsaP256 => c"x962(ecdsa-nist-p256)",
            Self::EcdsaP384 => c"x962(ecdsa-nist-p384)",
            Self::EcdsaP521 => c"x962(ecdsa-nist-p521)",
            Self::EcdsaP256P1363 => c"p1363(ecdsa-nist-p256)",
            Self::EcdsaP384P1363 => c"p1363(ecdsa-nist-p384)",
            Self::EcdsaP521P1363 => c"p1363(ecdsa-nist-p521)",
            Self::RsaPkcs1Sha256 => c"pkcs1(rsa,sha256)",
            Self::RsaPkcs1Sha384 => c"pkcs1(rsa,sha384)",
            Self::RsaPkcs1Sha512 => c"pkcs1(rsa,sha512)",
            Self::MlDsa44 => c"mldsa44",
            Self::MlDsa65 => c"mldsa65",
            Self::MlDsa87 => c"mldsa87",
        }
    }

    /// Returns the size of a public key, in bytes, or nothing for RSA, where it varies.
    pub const fn key_size(self) -> Option<usize> {
        match self {
            // The byte 0x04, X and Y.
            Self::EcdsaP256 | Self::EcdsaP256P1363 => Some(1 + 2 * 32),
            Self::EcdsaP384 | Self::EcdsaP384P1363 => Some(1 + 2 * 48),
            Self::EcdsaP521 | Self::EcdsaP521P1363 => Some(1 + 2 * 66),
            Self::RsaPkcs1Sha256 | Self::RsaPkcs1Sha384 | Self::RsaPkcs1Sha512 => None,
            Self::MlDsa44 => Some(1312),
            Self::MlDsa65 => Some(1952),
            Self::MlDsa87 => Some(2592),
        }
    }

    /// Returns the size of the longest digest, in bytes, or nothing for ML-DSA, which signs
    /// messages.
    pub const fn max_digest_size(self) -> Option<usize> {
        match self.signed() {
            Signed::AnyDigest => Some(MAX_ECDSA_DIGEST),
            Signed::Digest(size) => Some(size),
            Signed::NamedDigest | Signed::Message => None,
        }
    }

    const fn signed(self) -> Signed {
        match self {
            Self::EcdsaP256
            | Self::EcdsaP384
            | Self::EcdsaP521
            | Self::EcdsaP256P1363
            | Self::EcdsaP384P1363
            | Self::EcdsaP521P1363 => Signed::AnyDigest,
            Self::RsaPkcs1Sha256 => Signed::Digest(32),
            Self::RsaPkcs1Sha384 => Signed::Digest(48),
            Self::RsaPkcs1Sha512 => Signed::Digest(64),
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => Signed::Message,
        }
    }
}

/// What an algorithm signs.
#[derive(Clone, Copy)]
enum Signed {
    /// A digest of any hash.
    AnyDigest,
    /// A digest of so many bytes.
    Digest(usize),
    /// A digest of the hash that is part of the name on the C side, which checks its size.
    NamedDigest,
    /// The message.
    Message,
}

impl Signed {
    /// Returns what is signed by the algorithm with the name `name` on the C side, if it is one of
    /// those that take keys and signatures as bytes, and check their sizes.
    fn by(name: &CStr) -> Option<Self> {
        let name = name.to_bytes();

        // What is in the parentheses is ECDSA in the first two, and RSA and a hash in the third:
        // the C side makes no instances with anything else.
        if name.starts_with(b"x962(") || name.starts_with(b"p1363(") {
            Some(Self::AnyDigest)
        } else if name.starts_with(b"pkcs1(") {
            Some(Self::NamedDigest)
        } else if matches!(name, b"mldsa44" | b"mldsa65" | b"mldsa87") {
            Some(Self::Message)
        } else {
            None
        }
    }

    /// Returns whether it can have `len` bytes.
    const fn can_have(self, len: usize) -> bool {
        match self {
            Self::AnyDigest => len > 0 && len <= MAX_ECDSA_DIGEST,
            Self::Digest(size) => len == size,
            Self::NamedDigest | Self::Message => true,
        }
    }
}

/// Returns a length as the C side takes it.
///
/// # Errors
///
/// `EOVERFLOW` if it is more than [`i32::MAX`].
fn c_len(len: usize) -> Result<ffi::c_uint> {
    match i32::try_from(len) {
        // CAST: It is not negative.
        Ok(len) => Ok(len as ffi::c_uint),
        Err(_) => Err(EOVERFLOW),
    }
}

/// Says of what the C side found wrong with a key or a signature that it was refused. There are
/// many ways to be wrong, and they differ from one algorithm to the next.
fn refused(e: Error) -> Error {
    match e {
        EINVAL | EBADMSG | EMSGSIZE | EOVERFLOW | EAGAIN => EKEYREJECTED,
        e => e,
    }
}

/// A transformation.
///
/// # Invariants
///
/// - `ptr` is a valid `crypto_sig`, that nothing else frees.
/// - Its algorithm is one that [`Signed::by`] knows, and `alg` if there is one. `signed` is what it
///   signs.
struct Tfm {
    ptr: NonNull<bindings::crypto_sig>,
    alg: Option<SigAlgorithm>,
    signed: Signed,
}

// SAFETY: A `crypto_sig` belongs to no thread, and may be freed by any.
unsafe impl Send for Tfm {}

// SAFETY: What takes `&self` only reads the `crypto_sig`: what an operation changes is on its stack
// or allocated for it. Setting the key takes `&mut self`.
unsafe impl Sync for Tfm {}

impl Tfm {
    fn new(alg: SigAlgorithm) -> Result<Self> {
        let mut tfm = Self::by_name(alg.name())?;

        // INVARIANT: It was allocated by the name of the algorithm.
        tfm.alg = Some(alg);
        tfm.signed = alg.signed();
        Ok(tfm)
    }

    fn by_name(name: &CStr) -> Result<Self> {
        // SAFETY: The name is a string that ends with a zero byte.
        let ptr = from_err_ptr(unsafe { bindings::crypto_alloc_sig(name.as_char_ptr(), 0, 0) })?;

        // INVARIANT: It was just allocated. That its algorithm is a known one is seen to below.
        let mut tfm = Self {
            ptr: NonNull::new(ptr).ok_or(ENOMEM)?,
            alg: None,
            signed: Signed::Message,
        };

        tfm.signed = Signed::by(tfm.name()).ok_or(EINVAL)?;
        Ok(tfm)
    }

    /// Returns the name of the algorithm, whatever name it was allocated by.
    fn name(&self) -> &CStr {
        // SAFETY: By the type invariant. All instances have a pointer to their algorithm, which
        // lives as long. Its name is a string that ends with a zero byte, and does not change.
        unsafe {
            let alg = (*bindings::crypto_sig_tfm(self.ptr.as_ptr())).__crt_alg;

            CStr::from_char_ptr((&raw const (*alg).cra_name).cast())
        }
    }

    fn set_key(
        &mut self,
        key: &[u8],
        set: unsafe extern "C" fn(
            *mut bindings::crypto_sig,
            *const ffi::c_void,
            ffi::c_uint,
        ) -> ffi::c_int,
    ) -> Result {
        let len = c_len(key.len())?;

        // SAFETY: By the type invariant; `key` is valid for reads of `len` bytes, and copied. No
        // operation runs at the same time, because `self` is borrowed mutably.
        to_result(unsafe { set(self.ptr.as_ptr(), key.as_ptr().cast(), len) })
    }

    fn max_size(&self) -> usize {
        // SAFETY: By the type invariant.
        //
        // CAST: An `usize` holds an `unsigned int` on all architectures.
        unsafe { bindings::crypto_sig_maxsize(self.ptr.as_ptr()) as usize }
    }

    fn driver_name(&self) -> &CStr {
        // SAFETY: By the type invariant. The name is a string that ends with a zero byte, part of
        // the algorithm, which lives and does not change as long as there is an instance.
        unsafe {
            CStr::from_char_ptr(bindings::crypto_tfm_alg_driver_name(
                bindings::crypto_sig_tfm(self.ptr.as_ptr()),
            ))
        }
    }

    /// Verifies a signature.
    ///
    /// # Safety
    ///
    /// There is a key.
    unsafe fn verify(&self, digest: &[u8], sig: &[u8]) -> Result {
        if !self.signed.can_have(digest.len()) {
            return Err(EINVAL);
        }
        let (digest_len, sig_len) = (c_len(digest.len())?, c_len(sig.len())?);

        // SAFETY: By the type invariant, and by the safety requirements there is a key; `sig` and
        // `digest` are valid for reads of their lengths.
        to_result(unsafe {
            bindings::crypto_sig_verify(
                self.ptr.as_ptr(),
                sig.as_ptr().cast(),
                sig_len,
                digest.as_ptr().cast(),
                digest_len,
            )
        })
        .map_err(refused)
    }
}

impl Drop for Tfm {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe { bindings::crypto_free_sig(self.ptr.as_ptr()) };
    }
}

/// A public key.
///
/// This corresponds to a `struct crypto_sig`. Creating one looks the algorithm up by its name.
///
/// # Invariants
///
/// `tfm` has a public key.
///
/// # Examples
///
/// ```
/// use kernel::crypto::sig::{
///     PublicKey,
///     SigAlgorithm, //
/// };
///
/// // The base point of P-256 is the public key that belongs to the private key 1.
/// let point = b"\x04\
///     \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\
///     \x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
///     \x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\
///     \x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
/// let key = PublicKey::new(SigAlgorithm::EcdsaP256, point)?;
///
/// // An empty SEQUENCE is no signature.
/// assert_eq!(key.verify(&[0; 32], &[0x30, 0x00]), Err(EKEYREJECTED));
/// # Ok::<(), Error>(())
/// ```
pub struct PublicKey {
    tfm: Tfm,
}

impl PublicKey {
    /// Takes a key: for ECDSA the byte 0x04, X and Y, as in RFC 5480; for RSA a DER `RSAPublicKey`
    /// (RFC 8017, A.1.1); for ML-DSA what FIPS 204 has.
    ///
    /// This corresponds to the C functions `crypto_alloc_sig()` and `crypto_sig_set_pubkey()`.
    ///
    /// # Errors
    ///
    /// - `EKEYREJECTED` if `key` is not a public key of the algorithm.
    /// - Those of an [allocation](super#allocation).
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::sig::{
    ///     PublicKey,
    ///     SigAlgorithm, //
    /// };
    ///
    /// // A point that is not on the curve.
    /// let key = PublicKey::new(SigAlgorithm::EcdsaP256, &[4; 65]);
    ///
    /// assert_eq!(key.err(), Some(EKEYREJECTED));
    /// ```
    pub fn new(alg: SigAlgorithm, key: &[u8]) -> Result<Self> {
        if alg.key_size().is_some_and(|size| key.len() != size) {
            return Err(EKEYREJECTED);
        }

        Self::with_tfm(Tfm::new(alg)?, key)
    }

    /// Takes a key of an algorithm or of an implementation with the given name, for what
    /// [`SigAlgorithm`] does not have.
    ///
    /// There are `x962(...)` and `p1363(...)` of ECDSA, `pkcs1(rsa,...)` and `mldsa...`. Others are
    /// refused, as what they take for a signature may be no bytes.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if the algorithm is another one.
    /// - `EKEYREJECTED` if `key` is not a public key of the algorithm.
    /// - Those of an [allocation](super#allocation).
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::sig::PublicKey;
    ///
    /// // What stands between the parentheses of this one takes no bytes.
    /// assert_eq!(PublicKey::by_name(c"ecdsa-nist-p256", &[]).err(), Some(EINVAL));
    ///
    /// // A hash that has no type here, and no key.
    /// let key = PublicKey::by_name(c"pkcs1(rsa,sha224)", &[]);
    /// assert_eq!(key.err(), Some(EKEYREJECTED));
    /// ```
    pub fn by_name(name: &CStr, key: &[u8]) -> Result<Self> {
        Self::with_tfm(Tfm::by_name(name)?, key)
    }

    fn with_tfm(mut tfm: Tfm, key: &[u8]) -> Result<Self> {
        tfm.set_key(key, bindings::crypto_sig_set_pubkey)
            .map_err(refused)?;
        // INVARIANT: The key was just set.
        Ok(Self { tfm })
    }

    /// Returns the algorithm, unless the key was made by a name.
    #[inline]
    pub fn algorithm(&self) -> Option<SigAlgorithm> {
        self.tfm.alg
    }

    /// Returns the size of the longest signature, in bytes.
    ///
    /// This corresponds to the C function `crypto_sig_maxsize()`.
    pub fn max_signature_size(&self) -> usize {
        self.tfm.max_size()
    }

    /// Returns the name of the implementation that was chosen.
    pub fn driver_name(&self) -> &CStr {
        self.tfm.driver_name()
    }

    /// Verifies a signature of `digest`, which is the digest of the message, or for ML-DSA the
    /// message.
    ///
    /// ECDSA takes a digest of up to 64 bytes, and of one that is longer than the curve's order the
    /// first bytes. How a DER signature is encoded is not checked to the last: the C side takes
    /// other forms of BER and bytes that follow. Where there must be only one form of a signature,
    /// use one of the P1363 algorithms.
    ///
    /// This corresponds to the C function `crypto_sig_verify()`.
    ///
    /// # Errors
    ///
    /// - `EKEYREJECTED` if the signature is not valid, whatever is wrong with it. Of a key made by
    ///   a name that has a hash in it, this is also said of a digest of another size.
    /// - `EINVAL` if `digest` has not a size that the algorithm takes.
    /// - `EOVERFLOW` if `digest` or `sig` is longer than [`i32::MAX`].
    /// - `ENOMEM` if there is no memory.
    pub fn verify(&self, digest: &[u8], sig: &[u8]) -> Result {
        // SAFETY: By the type invariant there is a key.
        unsafe { self.tfm.verify(digest, sig) }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.tfm.name()).finish()
    }
}

/// A private key.
///
/// The key is wiped when the value is dropped (by the C side).
///
/// This corresponds to a `struct crypto_sig`. Which algorithms can sign depends on the kernel; in
/// software that is RSA, and ECDSA if there is an implementation that can. How the C side signs
/// with RSA takes a time that depends on the key: where a peer may measure it, use
/// [`crate::crypto::rsa::PrivateKey`].
///
/// # Invariants
///
/// `tfm` has a private key.
///
/// # Examples
///
/// ```
/// use kernel::crypto::sig::{
///     PrivateKey,
///     SigAlgorithm, //
/// };
///
/// fn sign(key: &PrivateKey, digest: &[u8; 32]) -> Result<KVec<u8>> {
///     let mut sig = KVec::from_elem(0, key.max_signature_size(), GFP_KERNEL)?;
///     let len = key.sign(digest, &mut sig)?;
///
///     sig.truncate(len);
///     Ok(sig)
/// }
///
/// let key = PrivateKey::new(SigAlgorithm::RsaPkcs1Sha256, b"not a key");
/// assert_eq!(key.err(), Some(EKEYREJECTED));
/// # Ok::<(), Error>(())
/// ```
pub struct PrivateKey {
    tfm: Tfm,
}

impl PrivateKey {
    /// Takes a key: for RSA a DER `RSAPrivateKey` (RFC 8017, A.1.2), for ECDSA a DER `ECPrivateKey`
    /// (RFC 5915).
    ///
    /// This corresponds to the C functions `crypto_alloc_sig()` and `crypto_sig_set_privkey()`.
    ///
    /// # Errors
    ///
    /// - `EKEYREJECTED` if `key` is not a private key of the algorithm.
    /// - `EOPNOTSUPP` if the kernel can only verify with this algorithm.
    /// - Those of an [allocation](super#allocation).
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::sig::{
    ///     PrivateKey,
    ///     SigAlgorithm, //
    /// };
    ///
    /// let key = PrivateKey::new(SigAlgorithm::RsaPkcs1Sha512, &[]);
    ///
    /// assert_eq!(key.err(), Some(EKEYREJECTED));
    /// ```
    pub fn new(alg: SigAlgorithm, key: &[u8]) -> Result<Self> {
        Self::with_tfm(Tfm::new(alg)?, key)
    }

    /// Takes a key of an algorithm or of an implementation with the given name. For which there are
    /// and for errors see [`PublicKey::by_name`]; there is `EOPNOTSUPP` as well, if the kernel can
    /// only verify with this algorithm.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::sig::PrivateKey;
    ///
    /// let key = PrivateKey::by_name(c"mldsa44", &[0; 2560]);
    /// assert_eq!(key.err(), Some(EOPNOTSUPP));
    /// ```
    pub fn by_name(name: &CStr, key: &[u8]) -> Result<Self> {
        Self::with_tfm(Tfm::by_name(name)?, key)
    }

    fn with_tfm(mut tfm: Tfm, key: &[u8]) -> Result<Self> {
        tfm.set_key(key, bindings::crypto_sig_set_privkey)
            .map_err(|e| refused(unsupported(e)))?;
        // INVARIANT: The key was just set.
        Ok(Self { tfm })
    }

    /// Returns the algorithm, unless the key was made by a name.
    #[inline]
    pub fn algorithm(&self) -> Option<SigAlgorithm> {
        self.tfm.alg
    }

    /// Returns the size of the longest signature, in bytes.
    ///
    /// This corresponds to the C function `crypto_sig_maxsize()`.
    pub fn max_signature_size(&self) -> usize {
        self.tfm.max_size()
    }

    /// Returns the name of the implementation that was chosen.
    pub fn driver_name(&self) -> &CStr {
        self.tfm.driver_name()
    }

    /// Verifies a signature with the public half of the key. See [`PublicKey::verify`].
    pub fn verify(&self, digest: &[u8], sig: &[u8]) -> Result {
        // SAFETY: By the type invariant there is a key, and the public half with it.
        unsafe { self.tfm.verify(digest, sig) }
    }

    /// Makes a signature of `digest`, which is the digest of the message, at the start of `sig`,
    /// and returns how many bytes of it there are.
    ///
    /// This corresponds to the C function `crypto_sig_sign()`.
    ///
    /// # Errors
    ///
    /// With these `sig` is as it was:
    ///
    /// - `EINVAL` if `digest` has not a size that the algorithm takes, or `sig` has less bytes than
    ///   [`PrivateKey::max_signature_size`].
    /// - `EOVERFLOW` if `digest` or `sig` is longer than [`i32::MAX`].
    ///
    /// With these `sig` is all zeroes:
    ///
    /// - `EOPNOTSUPP` if the kernel can only verify with this algorithm.
    /// - `ENOMEM` if there is no memory.
    /// - `EIO` if the C side said that it had written more bytes than `sig` has.
    /// - What the algorithm gives; an ECDSA needs random numbers, and gives what
    ///   [`rng::fill`](super::rng::fill) does.
    pub fn sign(&self, digest: &[u8], sig: &mut [u8]) -> Result<usize> {
        if !self.tfm.signed.can_have(digest.len()) || sig.len() < self.max_signature_size() {
            return Err(EINVAL);
        }
        let (digest_len, sig_len) = (c_len(digest.len())?, c_len(sig.len())?);

        // SAFETY: By the type invariants; `digest` is valid for reads and `sig` for writes of their
        // lengths.
        let ret = unsafe {
            bindings::crypto_sig_sign(
                self.tfm.ptr.as_ptr(),
                digest.as_ptr().cast(),
                digest_len,
                sig.as_mut_ptr().cast(),
                sig_len,
            )
        };

        // It is the number of bytes, or an error.
        match usize::try_from(ret) {
            Ok(len) if len <= sig.len() => Ok(len),
            Ok(_) => {
                sig.fill(0);
                Err(EIO)
            }
            Err(_) => {
                sig.fill(0);
                Err(unsupported(Error::from_errno(ret)))
            }
        }
    }
}

/// Says of what the C side does not implement that it is not supported. It has two ways to say so.
fn unsupported(e: Error) -> Error {
    if e == ENOSYS {
        EOPNOTSUPP
    } else {
        e
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PrivateKey").field(&self.tfm.name()).finish()
    }
}
