// SPDX-License-Identifier: GPL-2.0

//! Public-key ciphers in Rust: algorithms of type `akcipher`.
//!
//! C header: [`include/crypto/internal/akcipher.h`](srctree/include/crypto/internal/akcipher.h)

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

/// A public-key cipher, which for the kernel is a part of something else: RSA without padding is
/// the base of signature algorithms.
///
/// A value holds a public key, or a private key and the public one that belongs to it. All methods
/// are called in process context.
///
/// # Sizes
///
/// [`Algorithm`] promises of [`max_size`](Akcipher::max_size) that it is what C's implementations
/// report: for `"rsa"` the bytes in the modulus, which are at least 64, or zero if there is no key.
/// The template `pkcs1` subtracts from it, and trusts that it is large enough.
///
/// # Examples
///
/// Addition instead of exponentiation, to show the form:
///
/// ```
/// use kernel::{
///     crypto::algorithm::{akcipher, Akcipher, Algorithm},
///     prelude::*,
/// };
///
/// struct Sum {
///     key: Option<u8>,
/// }
///
/// // SAFETY: Nobody in C counts on any size for this name.
/// unsafe impl Algorithm for Sum {
///     const NAME: &'static CStr = c"sum-example";
///     const DRIVER_NAME: &'static CStr = c"sum-example-rust";
///     const PRIORITY: u16 = 1;
///
///     fn new() -> impl Init<Self, Error> {
///         Ok(Sum { key: None })
///     }
/// }
///
/// #[vtable]
/// impl Akcipher for Sum {
///     fn set_public_key(&mut self, key: &[u8]) -> Result {
///         self.key = None;
///         self.key = Some(*key.first().ok_or(EINVAL)?);
///         Ok(())
///     }
///
///     fn max_size(&self) -> usize {
///         1
///     }
///
///     fn encrypt(&self, text: &[u8], out: &mut [u8]) -> Result<usize> {
///         let key = self.key.ok_or(ENOKEY)?;
///         let text = text.first().ok_or(EINVAL)?;
///
///         *out.first_mut().ok_or(EINVAL)? = text.wrapping_add(key);
///         Ok(1)
///     }
/// }
///
/// let registered = akcipher::register::<Sum>()?;
/// // Whoever asks for "sum-example" now gets it.
/// drop(registered);
/// # Ok::<(), Error>(())
/// ```
#[vtable]
pub trait Akcipher: Algorithm {
    /// Sets the public key, in the format of the algorithm.
    ///
    /// If there is an error, the transformation should have no key from then on.
    fn set_public_key(&mut self, key: &[u8]) -> Result;

    /// Sets the private key, in the format of the algorithm.
    ///
    /// Without it, nothing can be decrypted. If there is an error, the transformation should have
    /// no key from then on.
    fn set_private_key(&mut self, _key: &[u8]) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns how many bytes an operand or a result has at most.
    ///
    /// It depends on the key, and should be zero if there is none.
    fn max_size(&self) -> usize;

    /// Encrypts with the public key, and returns the number of bytes in the result.
    ///
    /// `text` has at most [`max_size`](Akcipher::max_size) bytes. `out` has so many, all of them
    /// zero.
    ///
    /// # Errors
    ///
    /// `ENOKEY` is what there should be if no key was set.
    fn encrypt(&self, text: &[u8], out: &mut [u8]) -> Result<usize>;

    /// Decrypts with the private key, and returns the number of bytes in the result.
    ///
    /// The operands are as for [`encrypt`](Akcipher::encrypt).
    fn decrypt(&self, _text: &[u8], _out: &mut [u8]) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// Registers a public-key cipher.
///
/// # Errors
///
/// - `EEXIST`: there is an algorithm with that driver name.
/// - `ENOMEM`: no memory.
pub fn register<T: Akcipher>() -> Result<Registration> {
    let module = this_module::<T::OwnerModule>();
    let mut alg = bindings::akcipher_alg {
        encrypt: Some(Adapter::<T>::encrypt),
        set_pub_key: Some(Adapter::<T>::set_pub_key),
        max_size: Some(Adapter::<T>::max_size),
        init: Some(Adapter::<T>::init),
        exit: Some(Adapter::<T>::exit),
        base: super::base::<T>(module),
        ..pin_init::zeroed()
    };
    if T::HAS_DECRYPT {
        alg.decrypt = Some(Adapter::<T>::decrypt);
    }
    if T::HAS_SET_PRIVATE_KEY {
        alg.set_priv_key = Some(Adapter::<T>::set_priv_key);
    }

    // SAFETY: The functions are those of `Adapter<T>`, as `base` is that of `T`, and they are in
    // `module`, where `T` is. The sizes are what C expects by the safety requirements of
    // `Algorithm`.
    unsafe { Registration::new(alg, module) }
}

super::impl_description!(akcipher_alg, base, crypto_register_akcipher);

/// The functions of an [`Akcipher`] as C has them.
struct Adapter<T>(PhantomData<T>);

impl<T: Akcipher> Adapter<T> {
    /// # Safety
    ///
    /// C calls it as `init` of a transformation.
    unsafe extern "C" fn init(tfm: *mut bindings::crypto_akcipher) -> c_int {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::init::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `exit` of a transformation.
    unsafe extern "C" fn exit(tfm: *mut bindings::crypto_akcipher) {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::exit::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `set_pub_key` of a transformation.
    unsafe extern "C" fn set_pub_key(
        tfm: *mut bindings::crypto_akcipher,
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
        tfm: *mut bindings::crypto_akcipher,
        key: *const c_void,
        keylen: c_uint,
    ) -> c_int {
        // SAFETY: A key may not be set while the transformation is used for anything else, and the
        // caller has so many bytes there during the call.
        unsafe { super::set_key(&raw mut (*tfm).base, key, keylen, T::set_private_key) }
    }

    /// # Safety
    ///
    /// C calls it as `max_size` of a transformation.
    unsafe extern "C" fn max_size(tfm: *mut bindings::crypto_akcipher) -> c_uint {
        // SAFETY: No key is set meanwhile.
        unsafe { super::get_size(&raw mut (*tfm).base, T::max_size) }
    }

    /// # Safety
    ///
    /// C calls it as `encrypt` for a request.
    unsafe extern "C" fn encrypt(req: *mut bindings::akcipher_request) -> c_int {
        // SAFETY: By the safety requirements of this function.
        super::status(unsafe { Self::run(req, T::encrypt) })
    }

    /// # Safety
    ///
    /// C calls it as `decrypt` for a request.
    unsafe extern "C" fn decrypt(req: *mut bindings::akcipher_request) -> c_int {
        // SAFETY: By the safety requirements of this function.
        super::status(unsafe { Self::run(req, T::decrypt) })
    }

    /// Runs an operation on copies of the operands: they may be the same bytes.
    ///
    /// # Safety
    ///
    /// `req` is a valid request for a transformation of the algorithm.
    unsafe fn run(
        req: *mut bindings::akcipher_request,
        op: impl FnOnce(&T, &[u8], &mut [u8]) -> Result<usize>,
    ) -> Result {
        // SAFETY: No key is set during an operation.
        let context: &T = unsafe { super::context((*req).base.tfm) };
        // SAFETY: `req` is valid.
        let (src, dst, len, room, flags) = unsafe {
            (
                (*req).src,
                (*req).dst,
                (*req).src_len as usize,
                (*req).dst_len as usize,
                super::alloc_flags((*req).base.flags),
            )
        };

        let mut out = SecretVec::zeroed(context.max_size(), flags)?;
        if len > out.len() {
            return Err(EINVAL);
        }

        // SAFETY: It is the operand of the request.
        let text = unsafe { super::copy_in(src, len, flags) }?;
        let len = op(context, text.as_bytes(), out.as_mut_bytes())?;
        let made = out.as_bytes().get(..len).ok_or(EINVAL)?;

        // SAFETY: `req` is valid, and until this function returns nobody else uses it.
        unsafe { (*req).dst_len = super::size(len) };
        // The caller sees in `dst_len` how much room there has to be.
        if len > room {
            return Err(EOVERFLOW);
        }

        // SAFETY: The result of the request is to go there.
        unsafe { super::copy_out(made, dst) }
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_algorithm_akcipher)]
mod tests {
    use super::*;
    use crate::{
        crypto::{
            rsa::testing::{
                key_2048,
                RawKey, //
            },
            tests::each_allocation_fails, //
        },
        error::{
            from_err_ptr,
            to_result, //
        },
        ffi::c_void, //
    };

    /// RSA without padding, for which the API has vectors.
    struct Rsa {
        key: Option<RawKey>,
    }

    impl Rsa {
        /// Refuses a key of a size that C's implementation does not take: users of the name do not
        /// expect one.
        fn checked(key: RawKey) -> Result<RawKey> {
            if !(512 / 8..=4096 / 8).contains(&key.size()) {
                return Err(EINVAL);
            }
            Ok(key)
        }
    }

    // SAFETY: Operands and results have at most as many bytes as the modulus (RFC 8017, section
    // 5.1), which is what `max_size()` says, or zero without a key, as in C. Keys are not smaller
    // or larger than those that C takes: `checked()` sees to that.
    unsafe impl Algorithm for Rsa {
        const NAME: &'static CStr = c"rsa";
        const DRIVER_NAME: &'static CStr = c"rsa-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Self { key: None })
        }
    }

    #[vtable]
    impl Akcipher for Rsa {
        fn set_public_key(&mut self, key: &[u8]) -> Result {
            self.key = None;
            self.key = Some(Self::checked(RawKey::public(key)?)?);
            Ok(())
        }

        fn set_private_key(&mut self, key: &[u8]) -> Result {
            self.key = None;
            self.key = Some(Self::checked(RawKey::private(key)?)?);
            Ok(())
        }

        fn max_size(&self) -> usize {
            self.key.as_ref().map_or(0, RawKey::size)
        }

        fn encrypt(&self, text: &[u8], out: &mut [u8]) -> Result<usize> {
            self.key.as_ref().ok_or(ENOKEY)?.encrypt(text, out)?;
            Ok(out.len())
        }

        fn decrypt(&self, text: &[u8], out: &mut [u8]) -> Result<usize> {
            self.key.as_ref().ok_or(ENOKEY)?.decrypt(text, out)?;
            Ok(out.len())
        }
    }

    /// A transformation, used as C uses it.
    struct Tfm(*mut bindings::crypto_akcipher);

    type Run = unsafe extern "C" fn(
        *mut bindings::crypto_akcipher,
        *const c_void,
        c_uint,
        *mut c_void,
        c_uint,
    ) -> c_int;

    impl Tfm {
        fn new(name: &CStr) -> Result<Self> {
            // SAFETY: `name` is a valid C string.
            let tfm = from_err_ptr(unsafe {
                bindings::crypto_alloc_akcipher(name.as_char_ptr(), 0, bindings::CRYPTO_NOLOAD)
            })?;
            Ok(Self(tfm))
        }

        /// Returns the description of the algorithm, as the API has completed it.
        fn alg(&self) -> &bindings::akcipher_alg {
            // SAFETY: The transformation is valid, and so is its algorithm.
            unsafe {
                &*crate::container_of!((*self.0).base.__crt_alg, bindings::akcipher_alg, base)
            }
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

        fn max_size(&self) -> Result<c_uint> {
            let max_size = self.alg().max_size.ok_or(ENXIO)?;

            // SAFETY: The transformation is valid.
            Ok(unsafe { max_size(self.0) })
        }

        /// Runs an operation; C has both operands in the same place.
        fn run(&self, run: Run, text: &[u8], out: &mut [u8]) -> Result<usize> {
            // SAFETY: The transformation is valid, and so are the bytes.
            let len = unsafe {
                run(
                    self.0,
                    text.as_ptr().cast(),
                    text.len() as c_uint,
                    out.as_mut_ptr().cast(),
                    out.len() as c_uint,
                )
            };
            to_result(len).map(|()| len as usize)
        }

        fn encrypt(&self, text: &[u8], out: &mut [u8]) -> Result<usize> {
            self.run(bindings::crypto_akcipher_sync_encrypt, text, out)
        }

        fn decrypt(&self, text: &[u8], out: &mut [u8]) -> Result<usize> {
            self.run(bindings::crypto_akcipher_sync_decrypt, text, out)
        }
    }

    impl Drop for Tfm {
        fn drop(&mut self) {
            // SAFETY: The transformation is valid and not used again.
            unsafe { bindings::crypto_free_akcipher(self.0) };
        }
    }

    #[test]
    fn rsa() -> Result {
        let _registered = register::<Rsa>()?;
        let (mut ours, mut theirs) = (Tfm::new(c"rsa-kunit")?, Tfm::new(c"rsa-generic")?);
        let mut text = KVec::from_elem(0x5a, 256, GFP_KERNEL)?;
        let mut out = KVec::from_elem(0u8, 256, GFP_KERNEL)?;
        let mut back = KVec::from_elem(0u8, 256, GFP_KERNEL)?;

        text[0] = 1;
        assert_eq!(ours.max_size()?, 0);
        assert_eq!(ours.encrypt(&text, &mut out), Err(EINVAL));
        assert_eq!(ours.encrypt(&[], &mut out), Err(ENOKEY));

        ours.set_private_key(key_2048())?;
        theirs.set_private_key(key_2048())?;
        assert_eq!(ours.max_size()?, 256);

        // What one makes the other takes back.
        ours.encrypt(&text, &mut out)?;
        theirs.decrypt(&out, &mut back)?;
        assert!(back[..] == text[..]);
        assert_eq!(ours.decrypt(&out, &mut back)?, 256);
        assert!(back[..] == text[..]);
        theirs.encrypt(&text, &mut back)?;
        assert!(back[..] == out[..]);

        // A short operand is a small number, a long one or one beyond the modulus is none, and a
        // result is not cut short.
        ours.encrypt(&[0, 1], &mut out)?;
        assert!(out[255] == 1 && out[..255].iter().all(|byte| *byte == 0));
        let long = KVec::from_elem(0u8, 257, GFP_KERNEL)?;
        assert_eq!(ours.encrypt(&long, &mut out), Err(EINVAL));
        assert_eq!(ours.encrypt(&[0xff; 256], &mut out), Err(EINVAL));
        assert_eq!(ours.encrypt(&text, &mut out[..255]), Err(EOVERFLOW));

        // A key that is refused takes the one before with it.
        assert!(ours.set_public_key(&[0x30, 0]).is_err());
        assert_eq!(ours.max_size()?, 0);
        Ok(())
    }

    #[test]
    fn no_memory() -> Result {
        let _registered = register::<Rsa>()?;
        let mut text = KVec::from_elem(0x5a, 256, GFP_KERNEL)?;
        let mut out = KVec::from_elem(0u8, 256, GFP_KERNEL)?;

        text[0] = 1;
        each_allocation_fails(|| {
            let mut tfm = Tfm::new(c"rsa-kunit")?;

            tfm.set_private_key(key_2048())?;
            tfm.encrypt(&text, &mut out)?;
            let sealed = &out;
            tfm.decrypt(sealed, &mut text).map(|_| ())
        })
    }

    /// One that only encrypts, and says it wrote more than there is room for.
    struct Boastful;

    // SAFETY: Nobody in C counts on any size for this name.
    unsafe impl Algorithm for Boastful {
        const NAME: &'static CStr = c"boastful-akcipher";
        const DRIVER_NAME: &'static CStr = c"boastful-akcipher-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Boastful)
        }
    }

    #[vtable]
    impl Akcipher for Boastful {
        fn set_public_key(&mut self, key: &[u8]) -> Result {
            Err(if key.is_empty() { EBUSY } else { EINPROGRESS })
        }

        fn max_size(&self) -> usize {
            8
        }

        fn encrypt(&self, text: &[u8], _out: &mut [u8]) -> Result<usize> {
            match text {
                [] => Ok(9),
                [1] => Ok(usize::MAX),
                [2] => Err(EINPROGRESS),
                _ => Ok(8),
            }
        }
    }

    #[test]
    fn boastful() -> Result {
        let _registered = register::<Boastful>()?;
        let mut tfm = Tfm::new(c"boastful-akcipher")?;
        let mut out = [0; 8];

        assert_eq!(tfm.encrypt(&[], &mut out), Err(EINVAL));
        assert_eq!(tfm.encrypt(&[1], &mut out), Err(EINVAL));
        // Nobody is made to wait for what does not come.
        assert_eq!(tfm.encrypt(&[2], &mut out), Err(EIO));
        assert_eq!(tfm.set_public_key(&[]), Err(EIO));
        assert_eq!(tfm.set_public_key(&[1]), Err(EIO));
        tfm.encrypt(&[3], &mut out)?;

        assert_eq!(tfm.decrypt(&[3], &mut out), Err(ENOSYS));
        assert_eq!(tfm.set_private_key(&[3]), Err(ENOSYS));
        Ok(())
    }
}
