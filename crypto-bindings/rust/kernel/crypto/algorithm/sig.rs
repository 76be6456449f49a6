// SPDX-License-Identifier: GPL-2.0

//! Signatures in Rust: algorithms of type `sig`.
//!
//! C header: [`include/crypto/internal/sig.h`](srctree/include/crypto/internal/sig.h)

use super::{
    Algorithm,
    Registration, //
};
use crate::{
    bindings,
    crypto::SecretVec,
    error::VTABLE_DEFAULT_ERROR,
    ffi::{
        c_int,
        c_uint,
        c_void, //
    },
    module::this_module,
    prelude::*, //
};
use core::marker::PhantomData;

/// A signature algorithm.
///
/// A value holds a public key, or a private key and the public one that belongs to it. All methods
/// are called in process context.
///
/// # Sizes
///
/// [`Algorithm`] promises of [`key_bits`](Sig::key_bits) and [`digest_size`](Sig::digest_size) that
/// they are what C's implementations report, and of signatures and [`max_size`](Sig::max_size) that
/// they are as large as users of the name expect. The templates `x962` and `p1363`, for one, have
/// room for keys as large as those of C, and take it that all of a `struct ecdsa_raw_sig` was
/// written.
///
/// # Examples
///
/// A checksum, to show the form:
///
/// ```
/// use kernel::{
///     crypto::algorithm::{sig, Algorithm, Sig},
///     prelude::*,
/// };
///
/// struct Checksum {
///     key: Option<u8>,
/// }
///
/// impl Checksum {
///     fn sum(&self, digest: &[u8]) -> Result<u8> {
///         let key = self.key.ok_or(ENOKEY)?;
///
///         Ok(digest.iter().fold(key, |sum, byte| sum.wrapping_add(*byte)))
///     }
/// }
///
/// // SAFETY: Nobody in C counts on any size for this name.
/// unsafe impl Algorithm for Checksum {
///     const NAME: &'static CStr = c"checksum-example";
///     const DRIVER_NAME: &'static CStr = c"checksum-example-rust";
///     const PRIORITY: u16 = 1;
///
///     fn new() -> impl Init<Self, Error> {
///         Ok(Checksum { key: None })
///     }
/// }
///
/// #[vtable]
/// impl Sig for Checksum {
///     fn set_public_key(&mut self, key: &[u8]) -> Result {
///         self.key = None;
///         let &[key] = key else {
///             return Err(EINVAL);
///         };
///         self.key = Some(key);
///         Ok(())
///     }
///
///     fn key_bits(&self) -> usize {
///         8
///     }
///
///     fn verify(&self, signature: &[u8], digest: &[u8]) -> Result {
///         if signature.len() != 1 {
///             return Err(EINVAL);
///         }
///         if signature.first() != Some(&self.sum(digest)?) {
///             return Err(EKEYREJECTED);
///         }
///         Ok(())
///     }
/// }
///
/// let registered = sig::register::<Checksum>()?;
/// // Whoever asks for "checksum-example" now gets it.
/// drop(registered);
/// # Ok::<(), Error>(())
/// ```
#[vtable]
pub trait Sig: Algorithm {
    /// Sets the public key, in the format of the algorithm.
    ///
    /// If there is an error, the transformation should have no key from then on.
    fn set_public_key(&mut self, key: &[u8]) -> Result;

    /// Sets the private key, in the format of the algorithm.
    ///
    /// Without it, nothing can be signed. If there is an error, the transformation should have no
    /// key from then on.
    fn set_private_key(&mut self, _key: &[u8]) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the size of a key in bits.
    fn key_bits(&self) -> usize;

    /// Returns how many bytes a signature has at most.
    ///
    /// Without it, that is the size of a key.
    fn max_size(&self) -> usize {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns how many bytes a digest has at most.
    ///
    /// Without it, that is the size of a key.
    fn digest_size(&self) -> usize {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Verifies a signature of the message that has the digest `digest`.
    ///
    /// # Errors
    ///
    /// What the users of the API expect:
    ///
    /// - `EKEYREJECTED`: it is not the signature of this message.
    /// - `EBADMSG`: it is malformed.
    /// - `EINVAL`: its length is wrong.
    fn verify(&self, signature: &[u8], digest: &[u8]) -> Result;

    /// Signs the message that has the digest `digest`, and returns how many bytes the signature
    /// has.
    ///
    /// `signature` has [`max_size`](Sig::max_size) bytes, all of them zero.
    ///
    /// # Errors
    ///
    /// `ENOKEY` is what there should be if there is no private key.
    fn sign(&self, _digest: &[u8], _signature: &mut [u8]) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// Registers a signature algorithm.
///
/// # Errors
///
/// - `EEXIST`: there is an algorithm with that driver name.
/// - `ENOMEM`: no memory.
pub fn register<T: Sig>() -> Result<Registration> {
    let module = this_module::<T::OwnerModule>();
    let mut alg = bindings::sig_alg {
        verify: Some(Adapter::<T>::verify),
        set_pub_key: Some(Adapter::<T>::set_pub_key),
        key_size: Some(Adapter::<T>::key_size),
        init: Some(Adapter::<T>::init),
        exit: Some(Adapter::<T>::exit),
        base: super::base::<T>(module),
        ..pin_init::zeroed()
    };
    if T::HAS_SIGN {
        alg.sign = Some(Adapter::<T>::sign);
    }
    if T::HAS_SET_PRIVATE_KEY {
        alg.set_priv_key = Some(Adapter::<T>::set_priv_key);
    }
    if T::HAS_MAX_SIZE {
        alg.max_size = Some(Adapter::<T>::max_size);
    }
    if T::HAS_DIGEST_SIZE {
        alg.digest_size = Some(Adapter::<T>::digest_size);
    }

    // SAFETY: The functions are those of `Adapter<T>`, as `base` is that of `T`, and they are in
    // `module`, where `T` is. The sizes are what C expects by the safety requirements of
    // `Algorithm`.
    unsafe { Registration::new(alg, module) }
}

super::impl_description!(sig_alg, base, crypto_register_sig);

/// The functions of a [`Sig`] as C has them.
struct Adapter<T>(PhantomData<T>);

impl<T: Sig> Adapter<T> {
    /// # Safety
    ///
    /// C calls it as `init` of a transformation.
    unsafe extern "C" fn init(tfm: *mut bindings::crypto_sig) -> c_int {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::init::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `exit` of a transformation.
    unsafe extern "C" fn exit(tfm: *mut bindings::crypto_sig) {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::exit::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `set_pub_key` of a transformation.
    unsafe extern "C" fn set_pub_key(
        tfm: *mut bindings::crypto_sig,
        key: *const c_void,
        keylen: c_uint,
    ) -> c_int {
        // SAFETY: A key may not be set while the transformation is used for anything else, and the
        // caller has so many bytes there during the call.
        unsafe { super::set_key(&raw mut (*tfm).base, key, keylen, T::set_public_key) }
    }

    /// # Safety
    ///
    /// C calls it as `set_priv_key` of a transformation.
    unsafe extern "C" fn set_priv_key(
        tfm: *mut bindings::crypto_sig,
        key: *const c_void,
        keylen: c_uint,
    ) -> c_int {
        // SAFETY: A key may not be set while the transformation is used for anything else, and the
        // caller has so many bytes there during the call.
        unsafe { super::set_key(&raw mut (*tfm).base, key, keylen, T::set_private_key) }
    }

    /// # Safety
    ///
    /// C calls it as `key_size` of a transformation.
    unsafe extern "C" fn key_size(tfm: *mut bindings::crypto_sig) -> c_uint {
        // SAFETY: No key is set meanwhile.
        unsafe { super::get_size(&raw mut (*tfm).base, T::key_bits) }
    }

    /// # Safety
    ///
    /// C calls it as `max_size` of a transformation.
    unsafe extern "C" fn max_size(tfm: *mut bindings::crypto_sig) -> c_uint {
        // SAFETY: No key is set meanwhile.
        unsafe { super::get_size(&raw mut (*tfm).base, T::max_size) }
    }

    /// # Safety
    ///
    /// C calls it as `digest_size` of a transformation.
    unsafe extern "C" fn digest_size(tfm: *mut bindings::crypto_sig) -> c_uint {
        // SAFETY: No key is set meanwhile.
        unsafe { super::get_size(&raw mut (*tfm).base, T::digest_size) }
    }

    /// # Safety
    ///
    /// C calls it as `verify` of a transformation.
    unsafe extern "C" fn verify(
        tfm: *mut bindings::crypto_sig,
        src: *const c_void,
        slen: c_uint,
        digest: *const c_void,
        dlen: c_uint,
    ) -> c_int {
        // SAFETY: No key is set meanwhile.
        let context: &T = unsafe { super::context(&raw mut (*tfm).base) };
        // SAFETY: The caller has so many bytes at both places during the call. They may overlap, as
        // they are only read.
        let (signature, digest) = unsafe { (super::bytes(src, slen), super::bytes(digest, dlen)) };

        super::status(context.verify(signature, digest))
    }

    /// # Safety
    ///
    /// C calls it as `sign` of a transformation.
    unsafe extern "C" fn sign(
        tfm: *mut bindings::crypto_sig,
        src: *const c_void,
        slen: c_uint,
        dst: *mut c_void,
        dlen: c_uint,
    ) -> c_int {
        // SAFETY: No key is set meanwhile.
        let context: &T = unsafe { super::context(&raw mut (*tfm).base) };
        // SAFETY: The caller has so many bytes to read there, and until `dst` is written below, all
        // of them are left as they are.
        let digest = unsafe { super::bytes(src, slen) };

        let sign = || {
            let max = if T::HAS_MAX_SIZE {
                context.max_size()
            } else {
                context.key_bits().div_ceil(8)
            };

            // The place for the signature may be that of the digest.
            let mut signature = SecretVec::zeroed(max, GFP_KERNEL)?;
            let len = context.sign(digest, signature.as_mut_bytes())?;
            let made = signature.as_bytes().get(..len).ok_or(EINVAL)?;

            if len > dlen as usize {
                return Err(EOVERFLOW);
            }
            // SAFETY: The caller has room for `dlen` bytes there, of which `digest` may be some,
            // which is not used any more. What is copied is memory of our own.
            unsafe { core::ptr::copy_nonoverlapping(made.as_ptr(), dst.cast(), len) };
            c_int::try_from(len).map_err(|_| EOVERFLOW)
        };

        sign().unwrap_or_else(super::errno)
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_algorithm_sig)]
mod tests {
    use super::*;
    use crate::{
        crypto::{
            ct_eq,
            rsa::testing::{
                key_2048,
                RawKey, //
            },
            secret::testing::hex,
            tests::each_allocation_fails, //
        },
        error::{
            from_err_ptr,
            to_result, //
        }, //
    };

    /// What comes before a SHA-256 digest that is signed (RFC 8017, section 9.2, note 1).
    static DIGEST_INFO: [u8; 19] = hex("3031300d060960864801650304020105000420");

    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2). The API has vectors for it, and puts
    /// what is registered here to the test.
    struct RsaSha256 {
        key: Option<RawKey>,
    }

    impl RsaSha256 {
        fn key(&self) -> Result<&RawKey> {
            self.key.as_ref().ok_or(ENOKEY)
        }

        /// EMSA-PKCS1-v1_5.
        fn encode(digest: &[u8], size: usize) -> Result<SecretVec> {
            if digest.len() != 32 {
                return Err(EINVAL);
            }
            let mut message = SecretVec::zeroed(size, GFP_KERNEL)?;
            let bytes = message.as_mut_bytes();
            let start = size.checked_sub(32 + 19 + 1).ok_or(EOVERFLOW)?;

            bytes[1] = 1;
            bytes[2..start].fill(0xff);
            bytes[start + 1..start + 20].copy_from_slice(&DIGEST_INFO);
            bytes[start + 20..].copy_from_slice(digest);
            Ok(message)
        }
    }

    // SAFETY: A signature has as many bytes as the modulus (RFC 8017, section 8.2.1). That is what
    // `key_bits()` says, in bits, and zero without a key, as in C. The other sizes follow from it.
    unsafe impl Algorithm for RsaSha256 {
        const NAME: &'static CStr = c"pkcs1(rsa,sha256)";
        const DRIVER_NAME: &'static CStr = c"pkcs1-rsa-sha256-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Self { key: None })
        }
    }

    #[vtable]
    impl Sig for RsaSha256 {
        fn set_public_key(&mut self, key: &[u8]) -> Result {
            self.key = None;
            self.key = Some(RawKey::public(key)?);
            Ok(())
        }

        fn set_private_key(&mut self, key: &[u8]) -> Result {
            self.key = None;
            self.key = Some(RawKey::private(key)?);
            Ok(())
        }

        fn key_bits(&self) -> usize {
            self.key.as_ref().map_or(0, |key| 8 * key.size())
        }

        fn verify(&self, signature: &[u8], digest: &[u8]) -> Result {
            let key = self.key()?;
            let mut message = SecretVec::zeroed(key.size(), GFP_KERNEL)?;

            if signature.len() != key.size() {
                return Err(EINVAL);
            }
            key.encrypt(signature, message.as_mut_bytes())?;
            if message != Self::encode(digest, key.size())? {
                return Err(EKEYREJECTED);
            }
            Ok(())
        }

        fn sign(&self, digest: &[u8], signature: &mut [u8]) -> Result<usize> {
            let key = self.key()?;
            let message = Self::encode(digest, key.size())?;

            key.decrypt(message.as_bytes(), signature)?;
            Ok(key.size())
        }
    }

    /// A transformation, used as C uses it.
    struct Tfm(*mut bindings::crypto_sig);

    impl Tfm {
        fn new(name: &CStr) -> Result<Self> {
            // SAFETY: `name` is a valid C string.
            let tfm = from_err_ptr(unsafe {
                bindings::crypto_alloc_sig(name.as_char_ptr(), 0, bindings::CRYPTO_NOLOAD)
            })?;
            Ok(Self(tfm))
        }

        /// Returns the description of the algorithm, as the API has completed it.
        fn alg(&self) -> &bindings::sig_alg {
            // SAFETY: The transformation is valid, and so is its algorithm.
            unsafe { &*crate::container_of!((*self.0).base.__crt_alg, bindings::sig_alg, base) }
        }

        fn set_public_key(&mut self, key: &[u8]) -> Result {
            let set = self.alg().set_pub_key.ok_or(ENXIO)?;

            // SAFETY: The transformation is valid, and so are the bytes.
            to_result(unsafe { set(self.0, key.as_ptr().cast(), key.len() as c_uint) })
        }

        fn set_private_key(&mut self, key: &[u8]) -> Result {
            let set = self.alg().set_priv_key.ok_or(ENXIO)?;

            // SAFETY: The transformation is valid, and so are the bytes.
            to_result(unsafe { set(self.0, key.as_ptr().cast(), key.len() as c_uint) })
        }

        fn verify(&self, sig: &[u8], digest: &[u8]) -> Result {
            let verify = self.alg().verify.ok_or(ENXIO)?;

            // SAFETY: The transformation is valid, and so are the bytes.
            to_result(unsafe {
                verify(
                    self.0,
                    sig.as_ptr().cast(),
                    sig.len() as c_uint,
                    digest.as_ptr().cast(),
                    digest.len() as c_uint,
                )
            })
        }

        /// Signs a digest that is at the beginning of the room for the signature.
        fn sign_in_place(&self, sig: &mut [u8], digest_len: usize) -> Result<usize> {
            let sign = self.alg().sign.ok_or(ENXIO)?;
            let start = sig.as_mut_ptr();

            // SAFETY: The transformation is valid, and so are the bytes.
            let len = unsafe {
                sign(
                    self.0,
                    start.cast(),
                    digest_len as c_uint,
                    start.cast(),
                    sig.len() as c_uint,
                )
            };
            to_result(len).map(|()| len as usize)
        }

        /// Returns what the API says of the sizes of key, signature and digest.
        fn sizes(&self) -> Result<[c_uint; 3]> {
            let alg = self.alg();

            // SAFETY: The transformation is valid.
            Ok(unsafe {
                [
                    alg.key_size.ok_or(ENXIO)?(self.0),
                    alg.max_size.ok_or(ENXIO)?(self.0),
                    alg.digest_size.ok_or(ENXIO)?(self.0),
                ]
            })
        }
    }

    impl Drop for Tfm {
        fn drop(&mut self) {
            // SAFETY: The transformation is valid and not used again.
            unsafe { bindings::crypto_destroy_tfm(self.0.cast(), &raw mut (*self.0).base) };
        }
    }

    #[test]
    fn rsa() -> Result {
        let _registered = register::<RsaSha256>()?;
        let mut ours = Tfm::new(c"pkcs1-rsa-sha256-kunit")?;
        // That of the kernel.
        let mut theirs = Tfm::new(c"pkcs1(rsa-generic,sha256)")?;
        let (digest, other) = ([0x5a; 32], [0xa5; 32]);
        let mut sig = [0; 256];

        assert_eq!(ours.sizes()?[0], 0);
        ours.set_private_key(key_2048())?;
        theirs.set_private_key(key_2048())?;
        assert_eq!(ours.sizes()?, [2048, 256, 256]);

        // It signs what the kernel verifies, and the other way round.
        sig[..32].copy_from_slice(&digest);
        assert_eq!(ours.sign_in_place(&mut sig, 32)?, 256);
        theirs.verify(&sig, &digest)?;
        ours.verify(&sig, &digest)?;
        let by_us = sig;
        sig[..32].copy_from_slice(&digest);
        assert_eq!(theirs.sign_in_place(&mut sig, 32)?, 256);
        assert!(ct_eq(&sig, &by_us));

        assert_eq!(ours.verify(&sig, &other), Err(EKEYREJECTED));
        assert_eq!(ours.verify(&sig[..255], &digest), Err(EINVAL));
        sig[255] ^= 1;
        assert_eq!(ours.verify(&sig, &digest), Err(EKEYREJECTED));

        assert_eq!(ours.sign_in_place(&mut sig, 31), Err(EINVAL));
        assert_eq!(ours.sign_in_place(&mut sig[..255], 32), Err(EOVERFLOW));

        // A key that is refused takes the one before with it.
        assert!(ours.set_public_key(&[0x30, 0]).is_err());
        assert_eq!(ours.verify(&sig, &digest), Err(ENOKEY));
        assert_eq!(ours.sizes()?, [0, 0, 0]);
        Ok(())
    }

    #[test]
    fn no_memory() -> Result {
        let _registered = register::<RsaSha256>()?;
        let digest = [0x5a; 32];
        let mut sig = [0; 256];

        each_allocation_fails(|| {
            let mut tfm = Tfm::new(c"pkcs1-rsa-sha256-kunit")?;

            tfm.set_private_key(key_2048())?;
            sig[..32].copy_from_slice(&digest);
            tfm.sign_in_place(&mut sig, 32)?;
            tfm.verify(&sig, &digest)
        })
    }

    /// One that only verifies.
    struct Fixed;

    // SAFETY: Nobody in C counts on any size for this name.
    unsafe impl Algorithm for Fixed {
        const NAME: &'static CStr = c"fixed";
        const DRIVER_NAME: &'static CStr = c"fixed-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Fixed)
        }
    }

    #[vtable]
    impl Sig for Fixed {
        fn set_public_key(&mut self, key: &[u8]) -> Result {
            // Anything but a wait for something that does not come.
            Err(if key.is_empty() { EBUSY } else { EINPROGRESS })
        }

        fn key_bits(&self) -> usize {
            usize::MAX
        }

        fn max_size(&self) -> usize {
            12
        }

        fn digest_size(&self) -> usize {
            7
        }

        fn verify(&self, signature: &[u8], digest: &[u8]) -> Result {
            if signature == digest {
                Ok(())
            } else {
                Err(EKEYREJECTED)
            }
        }
    }

    #[test]
    fn only_verifies() -> Result {
        let _registered = register::<Fixed>()?;
        let mut tfm = Tfm::new(c"fixed")?;

        assert_eq!(tfm.sizes()?, [c_int::MAX as c_uint, 12, 7]);
        assert_eq!(tfm.sign_in_place(&mut [0; 12], 1), Err(ENOSYS));
        assert_eq!(tfm.set_private_key(&[1]), Err(ENOSYS));
        assert_eq!(tfm.set_public_key(&[]), Err(EIO));
        assert_eq!(tfm.set_public_key(&[1]), Err(EIO));
        tfm.verify(&[], &[])?;
        tfm.verify(&[1], &[1])?;
        assert_eq!(tfm.verify(&[1], &[2]), Err(EKEYREJECTED));
        Ok(())
    }

    /// One that says it wrote more than there is room for.
    struct Boastful;

    // SAFETY: Nobody in C counts on any size for this name.
    unsafe impl Algorithm for Boastful {
        const NAME: &'static CStr = c"boastful";
        const DRIVER_NAME: &'static CStr = c"boastful-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Boastful)
        }
    }

    #[vtable]
    impl Sig for Boastful {
        fn set_public_key(&mut self, _key: &[u8]) -> Result {
            Ok(())
        }

        fn key_bits(&self) -> usize {
            16
        }

        fn verify(&self, _signature: &[u8], _digest: &[u8]) -> Result {
            Ok(())
        }

        fn sign(&self, digest: &[u8], signature: &mut [u8]) -> Result<usize> {
            Ok(if digest.is_empty() {
                signature.len()
            } else {
                usize::MAX
            })
        }
    }

    #[test]
    fn lengths() -> Result {
        let _registered = register::<Boastful>()?;
        let tfm = Tfm::new(c"boastful")?;

        assert_eq!(tfm.sign_in_place(&mut [0; 8], 0), Ok(2));
        assert_eq!(tfm.sign_in_place(&mut [0; 1], 0), Err(EOVERFLOW));
        assert_eq!(tfm.sign_in_place(&mut [0; 8], 1), Err(EINVAL));
        Ok(())
    }
}
