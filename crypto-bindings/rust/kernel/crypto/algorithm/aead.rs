// SPDX-License-Identifier: GPL-2.0

//! Authenticated encryption in Rust: algorithms of type `aead`.
//!
//! C header: [`include/crypto/internal/aead.h`](srctree/include/crypto/internal/aead.h)

use super::{
    bounce::Bounce,
    walk::Walk,
    Algorithm,
    Registration, //
};
use crate::{
    bindings,
    crypto::{
        ct_eq,
        Secret, //
    },
    error::VTABLE_DEFAULT_ERROR,
    ffi::{
        c_int,
        c_uint, //
    },
    module::this_module,
    prelude::*, //
};
use core::marker::PhantomData;

/// Bytes in the longest nonce: no cipher of the kernel has a longer one, nor do the self-tests have
/// room for it (`MAX_IVLEN`).
const MAX_IV_SIZE: usize = 32;

/// Bytes in the longest tag.
const MAX_TAG_SIZE: usize = 64;

/// A cipher that authenticates what it encrypts, in one pass from the beginning to the end.
///
/// A value holds the key; the API calls nothing but [`set_key`](Aead::set_key) where there is none.
/// A message is a [`State`](Aead::State), to which the associated data are given first, and then
/// the text. Tags are compared here, in constant time.
///
/// What is decrypted cannot be known to be authentic before the end. It is wiped if it is not.
///
/// All methods but `set_key` may be called in atomic context, and must not sleep. Nor must dropping
/// a value.
///
/// # Sizes
///
/// [`Algorithm`] promises of [`IV_SIZE`](Aead::IV_SIZE) and [`TAG_SIZE`](Aead::TAG_SIZE) that they
/// are those of the cipher, as C's implementations report them. The nonce of a request has no more
/// bytes, and where no other size was asked for there is room for no longer tag.
///
/// # Examples
///
/// A parity that comes with the text, to show the form:
///
/// ```
/// use kernel::{
///     crypto::algorithm::{aead, Aead, Algorithm},
///     prelude::*,
/// };
///
/// struct Parity {
///     key: u8,
/// }
///
/// // SAFETY: Nobody in C counts on any size for this name.
/// unsafe impl Algorithm for Parity {
///     const NAME: &'static CStr = c"parity-aead-example";
///     const DRIVER_NAME: &'static CStr = c"parity-aead-example-rust";
///     const PRIORITY: u16 = 1;
///
///     fn new() -> impl Init<Self, Error> {
///         Ok(Parity { key: 0 })
///     }
/// }
///
/// #[vtable]
/// impl Aead for Parity {
///     const IV_SIZE: usize = 1;
///     const TAG_SIZE: usize = 1;
///
///     type State = u8;
///
///     fn set_key(&mut self, key: &[u8]) -> Result {
///         let &[key] = key else {
///             return Err(EINVAL);
///         };
///         self.key = key;
///         Ok(())
///     }
///
///     fn begin(&self, iv: &[u8], _associated: usize, _text: usize) -> Result<u8> {
///         Ok(*iv.first().ok_or(EINVAL)?)
///     }
///
///     fn authenticate(&self, state: &mut u8, associated: &[u8]) {
///         *state = associated.iter().fold(*state, |sum, byte| sum ^ byte);
///     }
///
///     fn encrypt(&self, state: &mut u8, text: &mut [u8]) {
///         self.authenticate(state, text);
///         for byte in text {
///             *byte ^= self.key;
///         }
///     }
///
///     fn decrypt(&self, state: &mut u8, text: &mut [u8]) {
///         for byte in text.iter_mut() {
///             *byte ^= self.key;
///         }
///         self.authenticate(state, text);
///     }
///
///     fn finish(&self, state: u8, tag: &mut [u8]) {
///         tag.fill(state);
///     }
/// }
///
/// let registered = aead::register::<Parity>()?;
/// // Whoever asks for "parity-aead-example" now gets it.
/// drop(registered);
/// # Ok::<(), Error>(())
/// ```
#[vtable]
pub trait Aead: Algorithm {
    /// The number of bytes in a nonce, at most 32.
    const IV_SIZE: usize;

    /// The number of bytes in a whole tag, from 1 to 64.
    const TAG_SIZE: usize;

    /// The number of bytes of which every part but the last has a multiple, of the associated data
    /// and of the text, from 1 to 160.
    const CHUNK_SIZE: usize = 1;

    /// What there is of a message of which a part was done. It should wipe itself when dropped, if
    /// there are secrets in it.
    type State;

    /// Sets the key.
    ///
    /// If there is an error, the transformation has no key from then on.
    fn set_key(&mut self, key: &[u8]) -> Result;

    /// Returns whether tags may be cut to their first `size` bytes, which is at least one and less
    /// than [`TAG_SIZE`](Aead::TAG_SIZE).
    ///
    /// Without this method they may not.
    fn allows_tag_size(_size: usize) -> bool {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Begins a message with so many bytes of associated data and of text. `iv` has
    /// [`IV_SIZE`](Aead::IV_SIZE) bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL` is what the users of the API expect if one of the lengths is not possible.
    fn begin(&self, iv: &[u8], associated: usize, text: usize) -> Result<Self::State>;

    /// Takes in the next part of the associated data: a multiple of
    /// [`CHUNK_SIZE`](Aead::CHUNK_SIZE) bytes, or the last part.
    fn authenticate(&self, state: &mut Self::State, associated: &[u8]);

    /// Encrypts and takes in the next part of the text, with parts as for
    /// [`authenticate`](Aead::authenticate).
    fn encrypt(&self, state: &mut Self::State, text: &mut [u8]);

    /// Takes in and decrypts the next part of the text, with parts as for
    /// [`authenticate`](Aead::authenticate).
    fn decrypt(&self, state: &mut Self::State, text: &mut [u8]);

    /// Ends the message with its tag of [`TAG_SIZE`](Aead::TAG_SIZE) bytes.
    fn finish(&self, state: Self::State, tag: &mut [u8]);
}

/// Registers a cipher.
///
/// # Errors
///
/// - `EEXIST`: there is an algorithm with that driver name.
/// - `ENOMEM`: no memory.
pub fn register<T: Aead>() -> Result<Registration> {
    const {
        assert!(T::IV_SIZE <= MAX_IV_SIZE, "the nonce is too long");
        assert!(
            0 < T::TAG_SIZE && T::TAG_SIZE <= MAX_TAG_SIZE,
            "the size of a tag is out of range"
        );
        assert!(
            0 < T::CHUNK_SIZE && T::CHUNK_SIZE <= bindings::MAX_ALGAPI_BLOCKSIZE as usize,
            "the size of a chunk is out of range"
        );
    }

    let module = this_module::<T::OwnerModule>();
    let alg = bindings::aead_alg {
        setkey: Some(Adapter::<T>::setkey),
        setauthsize: Some(Adapter::<T>::setauthsize),
        encrypt: Some(Adapter::<T>::encrypt),
        decrypt: Some(Adapter::<T>::decrypt),
        init: Some(Adapter::<T>::init),
        exit: Some(Adapter::<T>::exit),
        // CAST: All of these are small, as was checked.
        ivsize: T::IV_SIZE as c_uint,
        maxauthsize: T::TAG_SIZE as c_uint,
        chunksize: T::CHUNK_SIZE as c_uint,
        base: bindings::crypto_alg {
            // Any length of text will do, as far as the API is concerned.
            cra_blocksize: 1,
            ..super::base::<T>(module)
        },
    };

    // SAFETY: The functions are those of `Adapter<T>`, as `base` is that of `T`, and they are in
    // `module`, where `T` is. The sizes are what C expects by the safety requirements of
    // `Algorithm`.
    unsafe { Registration::new(alg, module) }
}

super::impl_description!(aead_alg, base, crypto_register_aead);

/// A request, taken apart.
///
/// Source and destination have the associated data first, then the text, then on the side of the
/// ciphertext the tag. An algorithm need not write the associated data.
///
/// The three lengths are less than [`c_uint::MAX`] together.
struct Request<'a, T> {
    context: &'a T,
    src: *mut bindings::scatterlist,
    dst: *mut bindings::scatterlist,
    associated: usize,
    text: usize,
    tag: usize,
    iv: [u8; MAX_IV_SIZE],
    flags: u32,
}

impl<T: Aead> Request<'_, T> {
    /// Takes in the associated data.
    ///
    /// # Safety
    ///
    /// `src` has them.
    unsafe fn authenticate(&self, state: &mut T::State) {
        // SAFETY: By the safety requirements.
        unsafe { Walk::new(self.src, 0, self.associated) }.for_each(
            const { Bounce::step(T::CHUNK_SIZE) },
            self.flags,
            |data| self.context.authenticate(state, data),
        );
    }

    /// Encrypts or decrypts the text, and returns the tag that belongs to it.
    ///
    /// # Safety
    ///
    /// `src` has associated data and text, and `dst` room for both.
    unsafe fn crypt(
        &self,
        op: impl Fn(&T, &mut T::State, &mut [u8]),
    ) -> Result<Secret<MAX_TAG_SIZE>> {
        let iv = self.iv.get(..T::IV_SIZE).ok_or(EINVAL)?;
        let mut state = self.context.begin(iv, self.associated, self.text)?;
        let mut tag = Secret::zeroed();

        // SAFETY: By the safety requirements.
        unsafe { self.authenticate(&mut state) };
        // SAFETY: By the safety requirements.
        let (src, dst) = unsafe {
            (
                Walk::new(self.src, self.associated, self.text),
                Walk::new(self.dst, self.associated, self.text),
            )
        };
        src.transform(
            dst,
            const { Bounce::step(T::CHUNK_SIZE) },
            self.flags,
            |text| op(self.context, &mut state, text),
        );

        let room = tag.as_mut_bytes().get_mut(..T::TAG_SIZE).ok_or(EINVAL)?;
        self.context.finish(state, room);
        Ok(tag)
    }
}

/// The functions of an [`Aead`] as C has them.
struct Adapter<T>(PhantomData<T>);

impl<T: Aead> Adapter<T> {
    /// # Safety
    ///
    /// C calls it as `init` of a transformation.
    unsafe extern "C" fn init(tfm: *mut bindings::crypto_aead) -> c_int {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::init::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `exit` of a transformation.
    unsafe extern "C" fn exit(tfm: *mut bindings::crypto_aead) {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::exit::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `setkey` of a transformation.
    unsafe extern "C" fn setkey(
        tfm: *mut bindings::crypto_aead,
        key: *const u8,
        keylen: c_uint,
    ) -> c_int {
        // SAFETY: A key may not be set while the transformation is used for anything else, and the
        // caller has so many bytes there during the call.
        unsafe { super::set_key(&raw mut (*tfm).base, key.cast(), keylen, T::set_key) }
    }

    /// C calls it as `setauthsize` of a transformation, and keeps the size.
    extern "C" fn setauthsize(_tfm: *mut bindings::crypto_aead, authsize: c_uint) -> c_int {
        let size = authsize as usize;

        // C has seen to it that it is from 1 to `TAG_SIZE`.
        super::status(
            if size == T::TAG_SIZE || (T::HAS_ALLOWS_TAG_SIZE && T::allows_tag_size(size)) {
                Ok(())
            } else {
                Err(EINVAL)
            },
        )
    }

    /// Takes a request apart, one whose source has a tag or one whose destination is to have it.
    ///
    /// # Safety
    ///
    /// `req` is a valid request for a transformation of the algorithm. No key is set during `'a`.
    unsafe fn request<'a>(
        req: *mut bindings::aead_request,
        with_tag: bool,
    ) -> Result<Request<'a, T>> {
        // SAFETY: `req` is valid, and so is its transformation.
        let (associated, len, tag, place) = unsafe {
            let tfm = crate::container_of!((*req).base.tfm, bindings::crypto_aead, base);

            ((*req).assoclen, (*req).cryptlen, (*tfm).authsize, (*req).iv)
        };
        let text = if with_tag {
            len.checked_sub(tag).ok_or(EINVAL)?
        } else {
            len
        };

        // No list is longer than that.
        associated
            .checked_add(text)
            .and_then(|end| end.checked_add(tag))
            .ok_or(EINVAL)?;

        let mut iv = [0; MAX_IV_SIZE];
        if T::IV_SIZE != 0 {
            let room = iv.get_mut(..T::IV_SIZE).ok_or(EINVAL)?;

            // SAFETY: With every request there is a nonce, if the algorithm of that name has any.
            // Its size is `IV_SIZE`, by the safety requirements of `Algorithm`.
            unsafe { place.copy_to_nonoverlapping(room.as_mut_ptr(), room.len()) };
        }

        // SAFETY: `req` is valid, and no key is set during `'a`.
        unsafe {
            Ok(Request {
                context: super::context((*req).base.tfm),
                src: (*req).src,
                dst: (*req).dst,
                associated: associated as usize,
                text: text as usize,
                tag: tag as usize,
                iv,
                flags: (*req).base.flags,
            })
        }
    }

    /// # Safety
    ///
    /// C calls it as `encrypt` for a request.
    unsafe extern "C" fn encrypt(req: *mut bindings::aead_request) -> c_int {
        let encrypt = || {
            // SAFETY: No key is set during an operation.
            let request = unsafe { Self::request(req, false) }?;
            let end = request.associated.checked_add(request.text).ok_or(EINVAL)?;

            // SAFETY: The lists of a request have at least so many bytes, for C to read and write
            // until it is completed.
            let tag = unsafe { request.crypt(T::encrypt) }?;
            let tag = tag.as_bytes().get(..request.tag).ok_or(EINVAL)?;

            // SAFETY: In the destination there is room for the tag as well. It has as many bytes as
            // were asked for, or as tags of the algorithm of that name have: `TAG_SIZE`, by the
            // safety requirements of `Algorithm`.
            unsafe { Walk::new(request.dst, end, tag.len()) }.write(tag);
            Ok(())
        };

        super::status(encrypt())
    }

    /// # Safety
    ///
    /// C calls it as `decrypt` for a request.
    unsafe extern "C" fn decrypt(req: *mut bindings::aead_request) -> c_int {
        let decrypt = || {
            // SAFETY: No key is set during an operation.
            let request = unsafe { Self::request(req, true) }?;
            let end = request.associated.checked_add(request.text).ok_or(EINVAL)?;
            let mut theirs = [0; MAX_TAG_SIZE];
            let theirs = theirs.get_mut(..request.tag).ok_or(EINVAL)?;

            // First, as it may not be there any more afterwards.
            //
            // SAFETY: In the source, the tag comes after the text.
            unsafe { Walk::new(request.src, end, theirs.len()) }.read(theirs);

            // SAFETY: The lists of a request have at least so many bytes, for C to read and write
            // until it is completed.
            let ours = unsafe { request.crypt(T::decrypt) }?;
            if ct_eq(ours.as_bytes().get(..request.tag).ok_or(EINVAL)?, theirs) {
                return Ok(());
            }

            // SAFETY: That is where the text was written.
            unsafe { Walk::new(request.dst, request.associated, request.text) }.wipe();
            Err(EBADMSG)
        };

        super::status(decrypt())
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_algorithm_aead)]
mod tests {
    use super::{
        super::skcipher::chacha20::Stream,
        *, //
    };
    use crate::{
        crypto::{
            scatterlist::{
                SgList,
                SgStorage, //
            },
            secret::testing::{
                everywhere,
                hex, //
            },
            tests::each_allocation_fails,
            zeroize, //
        },
        error::{
            from_err_ptr,
            to_result, //
        },
        page::PAGE_SIZE, //
    };

    /// Poly1305 (RFC 8439, section 2.5), in limbs of 26 bits.
    struct Poly1305 {
        h: [u64; 5],
        r: [u64; 5],
        s: u128,
    }

    impl Poly1305 {
        const MASK: u64 = (1 << 26) - 1;

        fn limbs(x: u128) -> [u64; 5] {
            [0, 26, 52, 78, 104].map(|shift| (x >> shift) as u64 & Self::MASK)
        }

        fn new(key: &[u8; 32]) -> Self {
            let (mut r, mut s) = (0u128, 0u128);

            for (i, (low, high)) in key[..16].iter().zip(&key[16..]).enumerate() {
                r |= u128::from(*low) << (8 * i);
                s |= u128::from(*high) << (8 * i);
            }
            Self {
                h: [0; 5],
                r: Self::limbs(r & 0x0ffffffc_0ffffffc_0ffffffc_0fffffff),
                s,
            }
        }

        /// Takes in blocks of 16 bytes, the last of which is filled up with zeroes.
        fn update(&mut self, data: &[u8]) {
            for block in data.chunks(16) {
                let block = block
                    .iter()
                    .enumerate()
                    .fold(0, |x, (i, byte)| x | u128::from(*byte) << (8 * i));

                for (h, limb) in self.h.iter_mut().zip(Self::limbs(block)) {
                    *h += limb;
                }
                self.h[4] += 1 << 24;
                self.multiply();
            }
        }

        fn multiply(&mut self) {
            let mut product = [0u64; 5];

            for (i, h) in self.h.iter().enumerate() {
                for (j, r) in self.r.iter().enumerate() {
                    // 2^130 is 5.
                    product[(i + j) % 5] += h * r * if i + j < 5 { 1 } else { 5 };
                }
            }
            self.h = product;
            self.carry();
        }

        fn carry(&mut self) {
            for _ in 0..2 {
                let mut carry = 0;

                for h in &mut self.h {
                    *h += carry;
                    carry = *h >> 26;
                    *h &= Self::MASK;
                }
                self.h[0] += 5 * carry;
            }
        }

        fn finish(mut self) -> [u8; 16] {
            // Once more what is less than 2^130 already, but not less than the prime.
            self.carry();
            let mut less = self.h;
            let mut carry = 5;
            for limb in &mut less {
                *limb += carry;
                carry = *limb >> 26;
                *limb &= Self::MASK;
            }
            let take = carry.wrapping_neg();
            let sum = self
                .h
                .iter()
                .zip(less)
                .enumerate()
                .fold(0u128, |sum, (i, (h, less))| {
                    sum.wrapping_add(u128::from((h & !take) | (less & take)) << (26 * i))
                });

            sum.wrapping_add(self.s).to_le_bytes()
        }
    }

    impl Drop for Poly1305 {
        fn drop(&mut self) {
            zeroize(self.h.as_mut_bytes());
            zeroize(self.r.as_mut_bytes());
            zeroize(self.s.as_mut_bytes());
        }
    }

    /// The cipher of RFC 8439, section 2.8, for which the API has vectors.
    struct ChaCha20Poly1305 {
        key: Secret<32>,
    }

    struct Message {
        stream: Stream,
        poly: Poly1305,
        lengths: [u8; 16],
    }

    // SAFETY: Nonces have 12 bytes, tags 16 (RFC 8439, section 2.8).
    unsafe impl Algorithm for ChaCha20Poly1305 {
        const NAME: &'static CStr = c"rfc7539(chacha20,poly1305)";
        const DRIVER_NAME: &'static CStr = c"chacha20-poly1305-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Self {
                key: Secret::zeroed(),
            })
        }
    }

    #[vtable]
    impl Aead for ChaCha20Poly1305 {
        const IV_SIZE: usize = 12;
        const TAG_SIZE: usize = 16;
        const CHUNK_SIZE: usize = 64;

        type State = Message;

        fn set_key(&mut self, key: &[u8]) -> Result {
            self.key = Secret::from_slice(key)?;
            Ok(())
        }

        fn begin(&self, iv: &[u8], associated: usize, text: usize) -> Result<Message> {
            let mut place = [0; 16];
            let mut key = Secret::<64>::zeroed();
            let mut lengths = [0; 16];

            place[4..].copy_from_slice(iv);
            lengths[..8].copy_from_slice(&(associated as u64).to_le_bytes());
            lengths[8..].copy_from_slice(&(text as u64).to_le_bytes());

            // The first block is the key of the other one.
            let mut stream = Stream::new(self.key.as_bytes(), &place);
            stream.apply(key.as_mut_bytes());
            let key = key.as_bytes()[..32].try_into().map_err(|_| EINVAL)?;
            Ok(Message {
                stream,
                poly: Poly1305::new(key),
                lengths,
            })
        }

        fn authenticate(&self, state: &mut Message, associated: &[u8]) {
            state.poly.update(associated);
        }

        fn encrypt(&self, state: &mut Message, text: &mut [u8]) {
            state.stream.apply(text);
            state.poly.update(text);
        }

        fn decrypt(&self, state: &mut Message, text: &mut [u8]) {
            state.poly.update(text);
            state.stream.apply(text);
        }

        fn finish(&self, mut state: Message, tag: &mut [u8]) {
            state.poly.update(&state.lengths);
            tag.copy_from_slice(&state.poly.finish());
        }
    }

    /// A transformation, used as C uses it.
    struct Tfm(*mut bindings::crypto_aead);

    impl Tfm {
        fn new(name: &CStr) -> Result<Self> {
            // SAFETY: `name` is a valid C string.
            let tfm = from_err_ptr(unsafe {
                bindings::crypto_alloc_aead(
                    name.as_char_ptr(),
                    0,
                    bindings::CRYPTO_ALG_ASYNC | bindings::CRYPTO_NOLOAD,
                )
            })?;
            Ok(Self(tfm))
        }

        fn set_key(&mut self, key: &[u8]) -> Result {
            // SAFETY: The transformation is valid, and so are the bytes.
            to_result(unsafe {
                bindings::crypto_aead_setkey(self.0, key.as_ptr(), key.len() as c_uint)
            })
        }

        fn set_tag_size(&mut self, size: c_uint) -> Result {
            // SAFETY: The transformation is valid.
            to_result(unsafe { bindings::crypto_aead_setauthsize(self.0, size) })
        }

        /// Runs an operation on a message of which `associated` bytes are associated data, and
        /// `len` follow that are encrypted or decrypted.
        fn run(
            &self,
            decrypt: bool,
            iv: &mut [u8],
            message: &mut [u8],
            associated: usize,
            len: usize,
            out: Option<&mut [u8]>,
        ) -> Result {
            let (mut src_storage, mut dst_storage) = (SgStorage::new(), SgStorage::new());
            let (first, second) = message.split_at_mut(message.len() / 3);
            let mut src = SgList::new(&mut src_storage, [first.into(), second.into()])?;
            let mut dst = match out {
                Some(out) => {
                    let (first, second) = out.split_at_mut(out.len() / 2);
                    Some(SgList::new(
                        &mut dst_storage,
                        [first.into(), second.into()],
                    )?)
                }
                None => None,
            };

            // SAFETY: The transformation is valid.
            let req = unsafe { bindings::aead_request_alloc(self.0, bindings::GFP_KERNEL) };
            if req.is_null() {
                return Err(ENOMEM);
            }
            // SAFETY: The request is valid, and all it points to lives until the operation is done,
            // which is when the functions return.
            unsafe {
                let src = src.as_ptr();
                let dst = dst.as_mut().map_or(src, |dst| dst.as_ptr());

                bindings::aead_request_set_callback(
                    req,
                    bindings::CRYPTO_TFM_REQ_MAY_SLEEP,
                    None,
                    core::ptr::null_mut(),
                );
                bindings::aead_request_set_crypt(req, src, dst, len as c_uint, iv.as_mut_ptr());
                bindings::aead_request_set_ad(req, associated as c_uint);
                let err = if decrypt {
                    bindings::crypto_aead_decrypt(req)
                } else {
                    bindings::crypto_aead_encrypt(req)
                };
                bindings::aead_request_free(req);
                to_result(err)
            }
        }
    }

    impl Drop for Tfm {
        fn drop(&mut self) {
            // SAFETY: The transformation is valid and not used again.
            unsafe { bindings::crypto_free_aead(self.0) };
        }
    }

    #[test]
    fn no_memory() -> Result {
        let _registered = register::<ChaCha20Poly1305>()?;
        let mut pages = VVec::from_elem(0u8, 3 * PAGE_SIZE, GFP_KERNEL)?;

        each_allocation_fails(|| {
            let mut tfm = Tfm::new(c"chacha20-poly1305-kunit")?;
            // More associated data than are copied to the stack.
            let all = &mut pages[1..][..1000 + PAGE_SIZE + 16];

            tfm.set_key(&[7; 32])?;
            tfm.run(false, &mut [0; 12], all, 1000, PAGE_SIZE, None)?;
            tfm.run(true, &mut [0; 12], all, 1000, PAGE_SIZE + 16, None)
        })
    }

    #[test]
    fn like_the_kernels() -> Result {
        let _registered = register::<ChaCha20Poly1305>()?;
        let mut ours = Tfm::new(c"chacha20-poly1305-kunit")?;
        let mut theirs = Tfm::new(c"rfc7539(chacha20-lib,poly1305-generic)")?;
        let mut iv: [u8; 12] = hex("070000004041424344454647");
        let mut a = VVec::from_elem(0u8, 3 * PAGE_SIZE, GFP_KERNEL)?;
        let mut b = VVec::from_elem(0u8, 3 * PAGE_SIZE, GFP_KERNEL)?;
        let mut out = VVec::from_elem(0u8, 3 * PAGE_SIZE, GFP_KERNEL)?;

        ours.set_key(&[9; 32])?;
        theirs.set_key(&[9; 32])?;
        for associated in [0, 1, 13, 16, 64, 100, 600] {
            for text in [0, 1, 15, 16, 17, 64, 65, 511, 512, 513, 4096, 9000] {
                let end = associated + text;
                let all = end + 16;

                for (i, (a, b)) in a.iter_mut().zip(&mut b).enumerate() {
                    *a = (i * 3) as u8;
                    *b = (i * 3) as u8;
                }
                theirs.run(false, &mut iv, &mut b[..all], associated, text, None)?;
                ours.run(false, &mut iv, &mut a[..all], associated, text, None)?;
                if a[..] != b[..] {
                    return Err(EINVAL);
                }

                // To another place; the associated data stay where they are.
                out.fill(0xa5);
                ours.run(true, &mut iv, &mut a[..all], associated, text + 16, {
                    Some(&mut out[..end.max(1)])
                })?;
                if out[associated..end]
                    .iter()
                    .enumerate()
                    .any(|(i, byte)| *byte != ((associated + i) * 3) as u8)
                    || out[end.max(1)] != 0xa5
                {
                    return Err(EINVAL);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn forgeries() -> Result {
        let _registered = register::<ChaCha20Poly1305>()?;
        let mut tfm = Tfm::new(c"chacha20-poly1305-kunit")?;
        let mut iv = [1; 12];
        let mut message = [0x77; 8 + 40 + 16];

        tfm.set_key(&[2; 32])?;
        tfm.run(false, &mut iv, &mut message, 8, 40, None)?;
        for at in 0..message.len() {
            let mut forged = message;

            forged[at] ^= 0x10;
            assert_eq!(
                tfm.run(true, &mut iv, &mut forged, 8, 56, None),
                Err(EBADMSG)
            );
            // Nothing of the text can be read.
            assert!(forged[8..48].iter().all(|byte| *byte == 0));
        }
        tfm.run(true, &mut iv, &mut message, 8, 56, None)?;
        assert_eq!(message[..48], [0x77; 48]);
        Ok(())
    }

    #[test]
    fn refused() -> Result {
        let _registered = register::<ChaCha20Poly1305>()?;
        let mut tfm = Tfm::new(c"chacha20-poly1305-kunit")?;
        let mut iv = [1; 12];
        let mut message = [0; 40];

        assert_eq!(
            tfm.run(false, &mut iv, &mut message, 0, 24, None),
            Err(ENOKEY)
        );
        assert_eq!(tfm.set_key(&[0; 31]), Err(EINVAL));
        tfm.set_key(&[0; 32])?;
        assert_eq!(
            tfm.run(true, &mut iv, &mut message, 0, 15, None),
            Err(EINVAL)
        );
        assert_eq!(tfm.set_tag_size(0), Err(EINVAL));
        assert_eq!(tfm.set_tag_size(12), Err(EINVAL));
        assert_eq!(tfm.set_tag_size(17), Err(EINVAL));
        tfm.set_tag_size(16)?;
        assert_eq!(tfm.set_key(&[0; 33]), Err(EINVAL));
        assert_eq!(
            tfm.run(false, &mut iv, &mut message, 0, 24, None),
            Err(ENOKEY)
        );
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        let _registered = register::<ChaCha20Poly1305>()?;
        let mut tfm = Tfm::new(c"chacha20-poly1305-kunit")?;

        tfm.set_key(&[1; 32])?;
        everywhere(150, |buf| {
            buf.fill(0x11);
            tfm.run(false, &mut [3; 12], buf, 20, 114, None)?;
            if buf[20..134].iter().all(|byte| *byte == 0x11) {
                return Err(EINVAL);
            }
            tfm.run(true, &mut [3; 12], buf, 20, 130, None)?;
            if buf[..134].iter().any(|byte| *byte != 0x11) {
                return Err(EINVAL);
            }
            Ok(())
        })
    }

    /// One whose tags may be cut, and which does not take every length.
    struct Cut;

    // SAFETY: Nobody in C counts on any size for this name.
    unsafe impl Algorithm for Cut {
        const NAME: &'static CStr = c"cut";
        const DRIVER_NAME: &'static CStr = c"cut-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Cut)
        }
    }

    #[vtable]
    impl Aead for Cut {
        const IV_SIZE: usize = 0;
        const TAG_SIZE: usize = 8;

        type State = u8;

        fn set_key(&mut self, key: &[u8]) -> Result {
            if key.is_empty() {
                return Err(EBUSY);
            }
            Ok(())
        }

        fn allows_tag_size(size: usize) -> bool {
            size == 4
        }

        fn begin(&self, _iv: &[u8], associated: usize, text: usize) -> Result<u8> {
            if associated == text {
                return Err(EINPROGRESS);
            }
            Ok(0)
        }

        fn authenticate(&self, state: &mut u8, associated: &[u8]) {
            *state = associated
                .iter()
                .fold(*state, |sum, byte| sum.wrapping_add(*byte));
        }

        fn encrypt(&self, state: &mut u8, text: &mut [u8]) {
            self.authenticate(state, text);
        }

        fn decrypt(&self, state: &mut u8, text: &mut [u8]) {
            self.authenticate(state, text);
        }

        fn finish(&self, state: u8, tag: &mut [u8]) {
            for (i, byte) in tag.iter_mut().enumerate() {
                *byte = state + i as u8;
            }
        }
    }

    #[test]
    fn cut() -> Result {
        let _registered = register::<Cut>()?;
        let mut tfm = Tfm::new(c"cut")?;
        let mut message = [1; 16];

        assert_eq!(tfm.set_key(&[]), Err(EIO));
        tfm.set_key(&[1])?;
        tfm.run(false, &mut [], &mut message, 2, 3, None)?;
        assert_eq!(message[5..], [5, 6, 7, 8, 9, 10, 11, 12, 1, 1, 1]);
        tfm.run(true, &mut [], &mut message, 2, 11, None)?;

        assert_eq!(tfm.set_tag_size(5), Err(EINVAL));
        tfm.set_tag_size(4)?;
        message = [1; 16];
        tfm.run(false, &mut [], &mut message, 2, 3, None)?;
        assert_eq!(message[5..], [5, 6, 7, 8, 1, 1, 1, 1, 1, 1, 1]);
        tfm.run(true, &mut [], &mut message, 2, 7, None)?;
        message[8] = 0;
        assert_eq!(
            tfm.run(true, &mut [], &mut message, 2, 7, None),
            Err(EBADMSG)
        );

        assert_eq!(tfm.run(false, &mut [], &mut message, 3, 3, None), Err(EIO));
        Ok(())
    }
}
