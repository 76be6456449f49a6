// SPDX-License-Identifier: GPL-2.0

//! Key agreement in Rust: algorithms of type `kpp`.
//!
//! C header: [`include/crypto/internal/kpp.h`](srctree/include/crypto/internal/kpp.h)

use super::{
    Algorithm,
    Registration, //
};
use crate::{
    bindings,
    crypto::SecretVec,
    ffi::{
        c_char,
        c_int,
        c_uint,
        c_void, //
    },
    module::this_module,
    prelude::*, //
};
use core::marker::PhantomData;

/// A key-agreement algorithm.
///
/// A value holds the private key of one side. All methods are called in process context.
///
/// # Sizes
///
/// [`Algorithm`] promises of [`max_size`](Kpp::max_size) that it is what C's implementations
/// report, and of public keys and shared secrets that they have as many bytes as theirs. Users have
/// room for so many, and read all of them.
///
/// # Examples
///
/// X25519 on top of the library's:
///
/// ```
/// use kernel::{
///     crypto::{
///         algorithm::{kpp, Algorithm, Kpp},
///         curve25519::EphemeralKey,
///         Secret,
///     },
///     prelude::*,
/// };
///
/// struct X25519 {
///     private: Option<Secret<32>>,
/// }
///
/// impl X25519 {
///     fn key(&self) -> Result<EphemeralKey> {
///         EphemeralKey::from_private(self.private.as_ref().ok_or(ENOKEY)?.as_bytes())
///     }
/// }
///
/// // SAFETY: Nobody in C counts on any size for this name.
/// unsafe impl Algorithm for X25519 {
///     const NAME: &'static CStr = c"x25519-example";
///     const DRIVER_NAME: &'static CStr = c"x25519-example-rust";
///     const PRIORITY: u16 = 200;
///
///     fn new() -> impl Init<Self, Error> {
///         Ok(X25519 { private: None })
///     }
/// }
///
/// #[vtable]
/// impl Kpp for X25519 {
///     fn set_secret(&mut self, secret: &[u8]) -> Result {
///         self.private = None;
///         self.private = Some(if secret.is_empty() {
///             Secret::random()?
///         } else {
///             Secret::from_slice(secret)?
///         });
///         Ok(())
///     }
///
///     fn max_size(&self) -> usize {
///         32
///     }
///
///     fn generate_public_key(&self, public: &mut [u8]) -> Result<usize> {
///         let public = public.get_mut(..32).ok_or(EINVAL)?;
///
///         public.copy_from_slice(self.key()?.public_key());
///         Ok(32)
///     }
///
///     fn compute_shared_secret(&self, peer: &[u8], secret: &mut [u8]) -> Result<usize> {
///         let peer = peer.try_into().map_err(|_| EINVAL)?;
///         let secret = secret.get_mut(..32).ok_or(EINVAL)?;
///
///         secret.copy_from_slice(self.key()?.agree(peer)?.as_bytes());
///         Ok(32)
///     }
/// }
///
/// let registered = kpp::register::<X25519>()?;
/// // Whoever asks for "x25519-example" now gets it.
/// drop(registered);
/// # Ok::<(), Error>(())
/// ```
#[vtable]
pub trait Kpp: Algorithm {
    /// Sets the private key, in the format of the algorithm.
    ///
    /// For ECDH, [`ecdh_private_key`] reads it. If there is an error, the transformation should
    /// have no key from then on.
    fn set_secret(&mut self, secret: &[u8]) -> Result;

    /// Returns how many bytes a public key or a shared secret has at most.
    ///
    /// It may depend on the key. Nobody can use a key if this is zero.
    fn max_size(&self) -> usize;

    /// Computes the public key, and returns the number of its bytes.
    ///
    /// `public` has [`max_size`](Kpp::max_size) bytes, all of them zero.
    ///
    /// # Errors
    ///
    /// `ENOKEY` is what there should be if no key was set.
    fn generate_public_key(&self, public: &mut [u8]) -> Result<usize>;

    /// Computes the secret shared with the owner of the public key `peer`, and returns the number
    /// of its bytes.
    ///
    /// `peer` has at most [`max_size`](Kpp::max_size) bytes. `secret` has so many, all of them
    /// zero.
    fn compute_shared_secret(&self, peer: &[u8], secret: &mut [u8]) -> Result<usize>;
}

/// Registers a key-agreement algorithm.
///
/// # Errors
///
/// - `EEXIST`: there is an algorithm with that driver name.
/// - `ENOMEM`: no memory.
pub fn register<T: Kpp>() -> Result<Registration> {
    let module = this_module::<T::OwnerModule>();
    let alg = bindings::kpp_alg {
        set_secret: Some(Adapter::<T>::set_secret),
        generate_public_key: Some(Adapter::<T>::generate_public_key),
        compute_shared_secret: Some(Adapter::<T>::compute_shared_secret),
        max_size: Some(Adapter::<T>::max_size),
        init: Some(Adapter::<T>::init),
        exit: Some(Adapter::<T>::exit),
        base: super::base::<T>(module),
    };

    // SAFETY: The functions are those of `Adapter<T>`, as `base` is that of `T`, and they are in
    // `module`, where `T` is. The sizes are what C expects by the safety requirements of
    // `Algorithm`.
    unsafe { Registration::new(alg, module) }
}

/// Finds the private key in the packet with which the users of `ecdh` algorithms set it.
///
/// It is a big-endian number. An empty one asks for a key to be made up.
///
/// This corresponds to the C function `crypto_ecdh_decode_key()`.
///
/// # Errors
///
/// `EINVAL` if it is no such packet.
///
/// # Examples
///
/// ```
/// use kernel::crypto::algorithm::kpp::ecdh_private_key;
///
/// assert_eq!(ecdh_private_key(b"no packet"), Err(EINVAL));
/// # Ok::<(), Error>(())
/// ```
pub fn ecdh_private_key(packet: &[u8]) -> Result<&[u8]> {
    let mut params = bindings::ecdh::default();
    let len = c_uint::try_from(packet.len()).map_err(|_| EINVAL)?;
    let packet_start = packet.as_ptr().cast::<c_char>();

    // SAFETY: `packet` is valid for reads of `len` bytes, and `params` for writes.
    crate::error::to_result(unsafe {
        bindings::crypto_ecdh_decode_key(packet_start, len, &mut params)
    })?;

    // The key is a part of the packet: everything after what comes before it.
    let start = params.key.addr().wrapping_sub(packet_start.addr());
    let end = start.checked_add(params.key_size.into()).ok_or(EINVAL)?;
    packet.get(start..end).ok_or(EINVAL)
}

super::impl_description!(kpp_alg, base, crypto_register_kpp);

/// The functions of a [`Kpp`] as C has them.
struct Adapter<T>(PhantomData<T>);

impl<T: Kpp> Adapter<T> {
    /// # Safety
    ///
    /// C calls it as `init` of a transformation.
    unsafe extern "C" fn init(tfm: *mut bindings::crypto_kpp) -> c_int {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::init::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `exit` of a transformation.
    unsafe extern "C" fn exit(tfm: *mut bindings::crypto_kpp) {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::exit::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `set_secret` of a transformation.
    unsafe extern "C" fn set_secret(
        tfm: *mut bindings::crypto_kpp,
        buffer: *const c_void,
        len: c_uint,
    ) -> c_int {
        // SAFETY: A key may not be set while the transformation is used for anything else, and the
        // caller has so many bytes there during the call.
        unsafe { super::set_key(&raw mut (*tfm).base, buffer, len, T::set_secret) }
    }

    /// # Safety
    ///
    /// C calls it as `max_size` of a transformation.
    unsafe extern "C" fn max_size(tfm: *mut bindings::crypto_kpp) -> c_uint {
        // SAFETY: No key is set meanwhile.
        unsafe { super::get_size(&raw mut (*tfm).base, T::max_size) }
    }

    /// # Safety
    ///
    /// C calls it as `generate_public_key` for a request.
    unsafe extern "C" fn generate_public_key(req: *mut bindings::kpp_request) -> c_int {
        // SAFETY: The request is valid and that of a transformation of this algorithm.
        super::status(unsafe { Self::run(req, |context, out| context.generate_public_key(out)) })
    }

    /// # Safety
    ///
    /// C calls it as `compute_shared_secret` for a request.
    unsafe extern "C" fn compute_shared_secret(req: *mut bindings::kpp_request) -> c_int {
        // SAFETY: The request is valid.
        let (src, len, flags) = unsafe { ((*req).src, (*req).src_len as usize, (*req).base.flags) };

        let compute = |context: &T, out: &mut [u8]| {
            if len > out.len() {
                return Err(EINVAL);
            }

            // SAFETY: It is the operand of the request.
            let peer = unsafe { super::copy_in(src, len, super::alloc_flags(flags)) }?;
            context.compute_shared_secret(peer.as_bytes(), out)
        };

        // SAFETY: The request is valid and that of a transformation of this algorithm.
        super::status(unsafe { Self::run(req, compute) })
    }

    /// Runs an operation on a buffer of its own, and hands what it made over to the caller.
    ///
    /// # Safety
    ///
    /// `req` is a valid request for a transformation of the algorithm.
    unsafe fn run(
        req: *mut bindings::kpp_request,
        op: impl FnOnce(&T, &mut [u8]) -> Result<usize>,
    ) -> Result {
        // SAFETY: No key is set during an operation.
        let context: &T = unsafe { super::context((*req).base.tfm) };
        // SAFETY: `req` is valid.
        let (dst, room, flags) =
            unsafe { ((*req).dst, (*req).dst_len as usize, (*req).base.flags) };

        let mut out = SecretVec::zeroed(context.max_size(), super::alloc_flags(flags))?;
        let len = op(context, out.as_mut_bytes())?;
        let made = out.as_bytes().get(..len).ok_or(EINVAL)?;

        // Some algorithms in C cut it short instead, and say nothing.
        if len > room {
            return Err(EOVERFLOW);
        }

        // SAFETY: The result of a request is to go there.
        unsafe { super::copy_out(made, dst) }?;

        // CAST: It is not more than `dst_len` was.
        //
        // SAFETY: `req` is valid, and until this function returns nobody else uses it.
        unsafe { (*req).dst_len = len as c_uint };
        Ok(())
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_algorithm_kpp)]
mod tests {
    use super::*;
    use crate::{
        crypto::{
            curve25519::EphemeralKey,
            scatterlist::{
                SgList,
                SgStorage, //
            },
            secret::testing::hex,
            tests::each_allocation_fails,
            Secret, //
        },
        error::{
            from_err_ptr,
            to_result, //
        },
        sync::atomic::{
            Atomic,
            Relaxed, //
        }, //
    };
    use core::ptr;

    /// How many contexts there are.
    static CONTEXTS: Atomic<i32> = Atomic::new(0);

    /// The library's X25519, in a context that no allocator aligns by itself.
    #[repr(align(512))]
    struct X25519 {
        private: Option<Secret<32>>,
    }

    impl X25519 {
        fn key(&self) -> Result<EphemeralKey> {
            if ptr::from_ref(self).addr() % 512 != 0 {
                return Err(EFAULT);
            }
            EphemeralKey::from_private(self.private.as_ref().ok_or(ENOKEY)?.as_bytes())
        }
    }

    impl Drop for X25519 {
        fn drop(&mut self) {
            CONTEXTS.fetch_add(-1, Relaxed);
        }
    }

    // SAFETY: Keys and secrets of X25519 have 32 bytes (RFC 7748, section 6.1), which is what
    // `max_size()` says, and what operations make.
    unsafe impl Algorithm for X25519 {
        const NAME: &'static CStr = c"curve25519";
        const DRIVER_NAME: &'static CStr = c"curve25519-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            CONTEXTS.fetch_add(1, Relaxed);
            Ok(Self { private: None })
        }
    }

    #[vtable]
    impl Kpp for X25519 {
        fn set_secret(&mut self, secret: &[u8]) -> Result {
            self.private = None;
            self.private = Some(Secret::from_slice(secret)?);
            Ok(())
        }

        fn max_size(&self) -> usize {
            32
        }

        fn generate_public_key(&self, public: &mut [u8]) -> Result<usize> {
            public.copy_from_slice(self.key()?.public_key());
            Ok(32)
        }

        fn compute_shared_secret(&self, peer: &[u8], secret: &mut [u8]) -> Result<usize> {
            let peer = peer.try_into().map_err(|_| EINVAL)?;

            secret.copy_from_slice(self.key()?.agree(peer)?.as_bytes());
            Ok(32)
        }
    }

    /// A transformation, used as C uses it.
    struct Tfm(*mut bindings::crypto_kpp);

    impl Tfm {
        fn new(name: &CStr) -> Result<Self> {
            // SAFETY: `name` is a valid C string.
            let tfm = from_err_ptr(unsafe {
                bindings::crypto_alloc_kpp(name.as_char_ptr(), 0, bindings::CRYPTO_NOLOAD)
            })?;
            Ok(Self(tfm))
        }

        fn set_secret(&mut self, secret: &[u8]) -> Result {
            // SAFETY: The transformation is valid, and so are the bytes.
            to_result(unsafe {
                bindings::crypto_kpp_set_secret(
                    self.0,
                    secret.as_ptr().cast(),
                    secret.len() as c_uint,
                )
            })
        }

        /// Runs an operation whose operands are each in two pieces. The one that has no input is
        /// that for the public key.
        fn run(&self, peer: Option<&mut [u8]>, out: &mut [u8]) -> Result<usize> {
            let (mut src_storage, mut dst_storage) = (SgStorage::new(), SgStorage::new());
            let out_len = out.len() as c_uint;
            let (first, second) = out.split_at_mut(out.len() / 2);
            let mut dst = SgList::new(&mut dst_storage, [first.into(), second.into()])?;
            let peer_len = peer.as_ref().map(|peer| peer.len() as c_uint);
            let mut src = match peer {
                Some(peer) => {
                    let (first, second) = peer.split_at_mut(peer.len() / 2);
                    Some(SgList::new(
                        &mut src_storage,
                        [first.into(), second.into()],
                    )?)
                }
                None => None,
            };

            // SAFETY: The transformation is valid.
            let req = unsafe { bindings::kpp_request_alloc(self.0, bindings::GFP_KERNEL) };
            if req.is_null() {
                return Err(ENOMEM);
            }

            // SAFETY: The request is valid, and the lists live until the operation is done, which
            // is when the functions return.
            unsafe {
                bindings::kpp_request_set_callback(req, 0, None, ptr::null_mut());
                bindings::kpp_request_set_output(req, dst.as_ptr(), out_len);
                bindings::kpp_request_set_input(
                    req,
                    src.as_mut().map_or(ptr::null_mut(), |src| src.as_ptr()),
                    peer_len.unwrap_or(0),
                );
                let err = if peer_len.is_some() {
                    bindings::crypto_kpp_compute_shared_secret(req)
                } else {
                    bindings::crypto_kpp_generate_public_key(req)
                };
                let len = (*req).dst_len as usize;
                bindings::kpp_request_free(req);
                to_result(err).map(|()| len)
            }
        }
    }

    impl Drop for Tfm {
        fn drop(&mut self) {
            // SAFETY: The transformation is valid and not used again.
            unsafe { bindings::crypto_free_kpp(self.0) };
        }
    }

    // RFC 7748, section 6.1.
    static ALICE: [u8; 32] =
        hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    static ALICE_PUBLIC: [u8; 32] =
        hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    static BOB_PUBLIC: [u8; 32] =
        hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    static SHARED: [u8; 32] =
        hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");

    #[test]
    fn rfc7748() -> Result {
        let _registered = register::<X25519>()?;
        let mut tfm = Tfm::new(c"curve25519")?;
        let (mut public, mut shared, mut bob) = ([0; 32], [0; 32], BOB_PUBLIC);

        // SAFETY: The transformation is valid and that of an `X25519`.
        assert_eq!(unsafe { Adapter::<X25519>::max_size(tfm.0) }, 32);

        tfm.set_secret(&ALICE)?;
        assert_eq!(tfm.run(None, &mut public)?, 32);
        assert_eq!(public, ALICE_PUBLIC);
        assert_eq!(tfm.run(Some(&mut bob), &mut shared)?, 32);
        assert_eq!(shared, SHARED);

        // More room than is needed is no error, and the rest of it stays as it is.
        let mut long = [0xaa; 40];
        assert_eq!(tfm.run(None, &mut long)?, 32);
        assert_eq!(long[..32], ALICE_PUBLIC);
        assert_eq!(long[32..], [0xaa; 8]);
        Ok(())
    }

    #[test]
    fn no_memory() -> Result {
        let _registered = register::<X25519>()?;

        each_allocation_fails(|| {
            let mut tfm = Tfm::new(c"curve25519")?;

            tfm.set_secret(&ALICE)?;
            tfm.run(None, &mut [0; 32])?;
            tfm.run(Some(&mut { BOB_PUBLIC }), &mut [0; 32]).map(|_| ())
        })
    }

    #[test]
    fn refused() -> Result {
        let _registered = register::<X25519>()?;
        let mut tfm = Tfm::new(c"curve25519-kunit")?;
        let mut out = [0; 32];

        assert_eq!(tfm.run(None, &mut out), Err(ENOKEY));
        assert_eq!(tfm.set_secret(&ALICE[..31]), Err(EINVAL));
        assert_eq!(tfm.set_secret(&[]), Err(EINVAL));
        assert_eq!(tfm.run(None, &mut out), Err(ENOKEY));

        tfm.set_secret(&ALICE)?;
        assert_eq!(tfm.run(None, &mut out[..31]), Err(EOVERFLOW));
        assert_eq!(tfm.run(Some(&mut [9; 31]), &mut out), Err(EINVAL));
        assert_eq!(tfm.run(Some(&mut [9; 33]), &mut out), Err(EINVAL));
        // The point of order 1.
        assert!(tfm.run(Some(&mut [0; 32]), &mut out).is_err());
        assert_eq!(out, [0; 32]);

        // A key that is refused takes the one before with it.
        assert_eq!(tfm.set_secret(&ALICE[..31]), Err(EINVAL));
        assert_eq!(tfm.run(None, &mut out), Err(ENOKEY));
        Ok(())
    }

    #[test]
    fn lifetimes() -> Result {
        let before = CONTEXTS.load(Relaxed);
        let registered = register::<X25519>()?;
        assert!(matches!(register::<X25519>(), Err(e) if e == EEXIST));

        let mut tfm = Tfm::new(c"curve25519-kunit")?;
        drop(Tfm::new(c"curve25519-kunit")?);

        // Nobody gets it any more, but who has it can go on.
        drop(registered);
        assert!(matches!(Tfm::new(c"curve25519-kunit"), Err(e) if e == ENOENT));

        let mut public = [0; 32];
        tfm.set_secret(&ALICE)?;
        tfm.run(None, &mut public)?;
        assert_eq!(public, ALICE_PUBLIC);

        // It can even be registered again meanwhile.
        let again = register::<X25519>()?;
        drop(Tfm::new(c"curve25519-kunit")?);
        drop(tfm);
        drop(again);
        assert_eq!(CONTEXTS.load(Relaxed), before);
        Ok(())
    }

    /// What a careless algorithm may do.
    struct Careless;

    // SAFETY: Nobody in C counts on any size for this name.
    unsafe impl Algorithm for Careless {
        const NAME: &'static CStr = c"careless";
        const DRIVER_NAME: &'static CStr = c"careless-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Careless)
        }
    }

    #[vtable]
    impl Kpp for Careless {
        fn set_secret(&mut self, secret: &[u8]) -> Result {
            Err(match secret.len() {
                0 => EBUSY,
                1 => EINPROGRESS,
                2 => EIOCBQUEUED,
                3 => ERESTARTSYS,
                4 => ENOIOCTLCMD,
                5 => ENOTSUPP,
                _ => ENOKEY,
            })
        }

        fn max_size(&self) -> usize {
            8
        }

        fn generate_public_key(&self, public: &mut [u8]) -> Result<usize> {
            // More than there is.
            Ok(public.len() + 1)
        }

        fn compute_shared_secret(&self, peer: &[u8], _secret: &mut [u8]) -> Result<usize> {
            Ok(usize::MAX - peer.len())
        }
    }

    #[test]
    fn careless() -> Result {
        let _registered = register::<Careless>()?;
        let mut tfm = Tfm::new(c"careless")?;

        // Nobody is made to wait for what does not come.
        let errors = [EIO, EIO, EIO, EINTR, EIO, EOPNOTSUPP, ENOKEY];
        for (len, error) in errors.into_iter().enumerate() {
            assert_eq!(tfm.set_secret(&[0; 8][..len]), Err(error));
        }
        assert_eq!(tfm.run(None, &mut [0; 64]), Err(EINVAL));
        assert_eq!(tfm.run(Some(&mut [0; 1]), &mut [0; 64]), Err(EINVAL));
        Ok(())
    }

    /// One that cannot be had.
    struct Absent;

    impl Drop for Absent {
        fn drop(&mut self) {
            CONTEXTS.fetch_add(1000, Relaxed);
        }
    }

    // SAFETY: Nobody in C counts on any size for this name.
    unsafe impl Algorithm for Absent {
        const NAME: &'static CStr = c"absent";
        const DRIVER_NAME: &'static CStr = c"absent-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Err::<Self, _>(EPERM)
        }
    }

    #[vtable]
    impl Kpp for Absent {
        fn set_secret(&mut self, _secret: &[u8]) -> Result {
            Ok(())
        }

        fn max_size(&self) -> usize {
            0
        }

        fn generate_public_key(&self, _public: &mut [u8]) -> Result<usize> {
            Ok(0)
        }

        fn compute_shared_secret(&self, _peer: &[u8], _secret: &mut [u8]) -> Result<usize> {
            Ok(0)
        }
    }

    #[test]
    fn failed_init() -> Result {
        let before = CONTEXTS.load(Relaxed);
        let _registered = register::<Absent>()?;

        assert!(matches!(Tfm::new(c"absent"), Err(e) if e == EPERM));
        assert_eq!(CONTEXTS.load(Relaxed), before);
        Ok(())
    }

    #[test]
    fn ecdh_packet() -> Result {
        let key = [7u8; 32];
        let params = bindings::ecdh {
            key: key.as_ptr().cast_mut().cast(),
            key_size: 32,
        };
        let mut packet = [0u8; 64];

        // SAFETY: `params` and the key in it are valid.
        let len = unsafe { bindings::crypto_ecdh_key_len(&params) };
        assert!(len as usize <= packet.len());
        // SAFETY: They are valid, and `packet` has room for `len` bytes.
        to_result(unsafe {
            bindings::crypto_ecdh_encode_key(packet.as_mut_ptr().cast(), len, &params)
        })?;

        let packet = &packet[..len as usize];
        assert_eq!(ecdh_private_key(packet)?, &key);
        for cut in 0..packet.len() {
            assert_eq!(ecdh_private_key(&packet[..cut]), Err(EINVAL));
        }
        Ok(())
    }
}
