// SPDX-License-Identifier: GPL-2.0

//! Ciphers in Rust: algorithms of type `skcipher`.
//!
//! C header: [`include/crypto/internal/skcipher.h`](srctree/include/crypto/internal/skcipher.h)

use super::{
    bounce::Bounce,
    walk::Walk,
    Algorithm,
    Registration, //
};
use crate::{
    bindings,
    crypto::Secret,
    ffi::{
        c_int,
        c_uint, //
    },
    module::this_module,
    prelude::*, //
};
use core::{
    marker::PhantomData,
    ops::RangeInclusive, //
};

/// Bytes in the longest initialisation vector: no cipher of the kernel has a longer one, nor do the
/// self-tests have room for it (`MAX_IVLEN`).
const MAX_IV_SIZE: usize = 32;

/// Bytes in the largest block: that of C's block ciphers, for which templates such as `cts` have
/// buffers.
const MAX_BLOCK_SIZE: usize = bindings::MAX_CIPHER_BLOCKSIZE as usize;

/// Bytes in the largest chunk.
const MAX_CHUNK_SIZE: usize = bindings::MAX_ALGAPI_BLOCKSIZE as usize;

/// A cipher that works on a text from its beginning to its end: a stream cipher, or a block cipher
/// in a mode of operation. (Modes that steal ciphertext, and so need the end before the rest, are
/// not among them.)
///
/// A value holds the key; the API calls nothing but [`set_key`](Skcipher::set_key) where there is
/// none. What changes from block to block is a [`State`](Skcipher::State), one for each text.
///
/// All methods but `set_key` may be called in atomic context, and must not sleep. Nor must dropping
/// a value.
///
/// # Sizes
///
/// [`Algorithm`] promises of [`IV_SIZE`](Skcipher::IV_SIZE), [`BLOCK_SIZE`](Skcipher::BLOCK_SIZE)
/// and [`KEY_SIZES`](Skcipher::KEY_SIZES) that they are those of the cipher, as C's implementations
/// report them. The initialisation vector of a request has no more bytes, and all of them are
/// written.
///
/// # Examples
///
/// A cipher that Caesar would have liked, to show the form:
///
/// ```
/// use core::ops::RangeInclusive;
/// use kernel::{
///     crypto::algorithm::{skcipher, Algorithm, Skcipher},
///     prelude::*,
/// };
///
/// struct Rot {
///     key: u8,
/// }
///
/// // SAFETY: Nobody in C counts on any size for this name.
/// unsafe impl Algorithm for Rot {
///     const NAME: &'static CStr = c"rot-example";
///     const DRIVER_NAME: &'static CStr = c"rot-example-rust";
///     const PRIORITY: u16 = 1;
///
///     fn new() -> impl Init<Self, Error> {
///         Ok(Rot { key: 0 })
///     }
/// }
///
/// #[vtable]
/// impl Skcipher for Rot {
///     const KEY_SIZES: RangeInclusive<usize> = 1..=1;
///     const IV_SIZE: usize = 0;
///     const BLOCK_SIZE: usize = 1;
///
///     type State = ();
///
///     fn set_key(&mut self, key: &[u8]) -> Result {
///         self.key = *key.first().ok_or(EINVAL)?;
///         Ok(())
///     }
///
///     fn begin(&self, _iv: &[u8]) -> Result {
///         Ok(())
///     }
///
///     fn encrypt(&self, _state: &mut (), text: &mut [u8]) {
///         for byte in text {
///             *byte = byte.wrapping_add(self.key);
///         }
///     }
///
///     fn decrypt(&self, _state: &mut (), text: &mut [u8]) {
///         for byte in text {
///             *byte = byte.wrapping_sub(self.key);
///         }
///     }
/// }
///
/// let registered = skcipher::register::<Rot>()?;
/// // Whoever asks for "rot-example" now gets it.
/// drop(registered);
/// # Ok::<(), Error>(())
/// ```
#[vtable]
pub trait Skcipher: Algorithm {
    /// How many bytes a key may have.
    const KEY_SIZES: RangeInclusive<usize>;

    /// The number of bytes in an initialisation vector, at most 32.
    const IV_SIZE: usize;

    /// The number of bytes of which every text has a multiple, from 1 to 16. It is 1 for stream
    /// ciphers.
    const BLOCK_SIZE: usize;

    /// The number of bytes of which every part of a text but the last has a multiple, from 1 to
    /// 160 and a multiple of [`BLOCK_SIZE`](Skcipher::BLOCK_SIZE). For a stream cipher it is
    /// what the key stream is made in.
    const CHUNK_SIZE: usize = Self::BLOCK_SIZE;

    /// What there is of a text of which a part was done. It should wipe itself when dropped, if
    /// there are secrets in it.
    type State;

    /// Sets the key, the length of which is one of [`KEY_SIZES`](Skcipher::KEY_SIZES).
    ///
    /// If there is an error, the transformation has no key from then on.
    fn set_key(&mut self, key: &[u8]) -> Result;

    /// Begins a text. `iv` has [`IV_SIZE`](Skcipher::IV_SIZE) bytes.
    fn begin(&self, iv: &[u8]) -> Result<Self::State>;

    /// Encrypts the next part of a text: a multiple of [`CHUNK_SIZE`](Skcipher::CHUNK_SIZE) bytes,
    /// or the last part.
    fn encrypt(&self, state: &mut Self::State, text: &mut [u8]);

    /// Decrypts the next part of a text, with parts as for [`encrypt`](Skcipher::encrypt).
    fn decrypt(&self, state: &mut Self::State, text: &mut [u8]);

    /// Ends a text, and puts in `iv` what a text that continues this one has to begin with.
    ///
    /// By default `iv` stays as it was.
    fn finish(&self, _state: Self::State, _iv: &mut [u8]) {}
}

/// Registers a cipher.
///
/// # Errors
///
/// - `EEXIST`: there is an algorithm with that driver name.
/// - `ENOMEM`: no memory.
pub fn register<T: Skcipher>() -> Result<Registration> {
    const {
        assert!(
            0 < T::BLOCK_SIZE && T::BLOCK_SIZE <= MAX_BLOCK_SIZE,
            "the size of a block is out of range"
        );
        assert!(
            0 < T::CHUNK_SIZE
                && T::CHUNK_SIZE <= MAX_CHUNK_SIZE
                && T::CHUNK_SIZE % T::BLOCK_SIZE == 0,
            "the size of a chunk is out of range, or not a multiple of that of a block"
        );
        assert!(
            T::IV_SIZE <= MAX_IV_SIZE,
            "the initialisation vector is too long"
        );
        assert!(
            *T::KEY_SIZES.end() <= c_int::MAX as usize,
            "the longest key is too long"
        );
    }

    let module = this_module::<T::OwnerModule>();
    let alg = bindings::skcipher_alg {
        setkey: Some(Adapter::<T>::setkey),
        encrypt: Some(Adapter::<T>::encrypt),
        decrypt: Some(Adapter::<T>::decrypt),
        init: Some(Adapter::<T>::init),
        exit: Some(Adapter::<T>::exit),
        __bindgen_anon_1: bindings::skcipher_alg__bindgen_ty_1 {
            // CAST: All of these are small, as was checked.
            co: bindings::skcipher_alg_common {
                min_keysize: *T::KEY_SIZES.start() as c_uint,
                max_keysize: *T::KEY_SIZES.end() as c_uint,
                ivsize: T::IV_SIZE as c_uint,
                chunksize: T::CHUNK_SIZE as c_uint,
                base: bindings::crypto_alg {
                    cra_blocksize: T::BLOCK_SIZE as c_uint,
                    ..super::base::<T>(module)
                },
                ..pin_init::zeroed()
            },
        },
        ..pin_init::zeroed()
    };

    // SAFETY: The functions are those of `Adapter<T>`, as `base` is that of `T`, and they are in
    // `module`, where `T` is. The sizes are what C expects by the safety requirements of
    // `Algorithm`.
    unsafe { Registration::new(alg, module) }
}

super::impl_description!(
    skcipher_alg,
    __bindgen_anon_1.co.base,
    crypto_register_skcipher
);

/// The functions of a [`Skcipher`] as C has them.
struct Adapter<T>(PhantomData<T>);

impl<T: Skcipher> Adapter<T> {
    /// # Safety
    ///
    /// C calls it as `init` of a transformation.
    unsafe extern "C" fn init(tfm: *mut bindings::crypto_skcipher) -> c_int {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::init::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `exit` of a transformation.
    unsafe extern "C" fn exit(tfm: *mut bindings::crypto_skcipher) {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::exit::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `setkey` of a transformation.
    unsafe extern "C" fn setkey(
        tfm: *mut bindings::crypto_skcipher,
        key: *const u8,
        keylen: c_uint,
    ) -> c_int {
        // SAFETY: A key may not be set while the transformation is used for anything else, and the
        // caller has so many bytes there during the call.
        unsafe { super::set_key(&raw mut (*tfm).base, key.cast(), keylen, T::set_key) }
    }

    /// # Safety
    ///
    /// C calls it as `encrypt` for a request.
    unsafe extern "C" fn encrypt(req: *mut bindings::skcipher_request) -> c_int {
        // SAFETY: By the safety requirements of this function.
        super::status(unsafe { Self::crypt(req, T::encrypt) })
    }

    /// # Safety
    ///
    /// C calls it as `decrypt` for a request.
    unsafe extern "C" fn decrypt(req: *mut bindings::skcipher_request) -> c_int {
        // SAFETY: By the safety requirements of this function.
        super::status(unsafe { Self::crypt(req, T::decrypt) })
    }

    /// # Safety
    ///
    /// `req` is a valid request for a transformation of the algorithm.
    #[inline]
    unsafe fn crypt(
        req: *mut bindings::skcipher_request,
        op: impl Fn(&T, &mut T::State, &mut [u8]),
    ) -> Result {
        // SAFETY: No key is set during an operation.
        let context: &T = unsafe { super::context((*req).base.tfm) };
        // SAFETY: `req` is valid.
        let (len, place, flags) =
            unsafe { ((*req).cryptlen as usize, (*req).iv, (*req).base.flags) };

        if len % const { T::BLOCK_SIZE } != 0 {
            return Err(EINVAL);
        }

        // It may be anywhere, even in the text.
        let mut iv = Secret::<MAX_IV_SIZE>::zeroed();
        let iv = iv.as_mut_bytes().get_mut(..T::IV_SIZE).ok_or(EINVAL)?;
        if T::IV_SIZE != 0 {
            // SAFETY: With every request there is an initialisation vector, if the algorithm of
            // that name has any. Its size is `IV_SIZE`, by the safety requirements of `Algorithm`.
            unsafe { place.copy_to_nonoverlapping(iv.as_mut_ptr(), iv.len()) };
        }

        let mut state = context.begin(iv)?;
        // SAFETY: The lists of a request have at least `cryptlen` bytes, for C to read and write
        // until it is completed.
        let (src, dst) = unsafe { (Walk::new((*req).src, 0, len), Walk::new((*req).dst, 0, len)) };
        src.transform(dst, const { Bounce::step(T::CHUNK_SIZE) }, flags, |text| {
            op(context, &mut state, text)
        });

        context.finish(state, iv);
        if T::IV_SIZE != 0 {
            // SAFETY: As above, there are `IV_SIZE` bytes. They are the caller's to read and the
            // algorithm's to write.
            unsafe { place.copy_from_nonoverlapping(iv.as_ptr(), iv.len()) };
        }
        Ok(())
    }
}

/// ChaCha20 (RFC 8439), for the tests here and of what is built on it.
#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
pub(super) mod chacha20 {
    use super::*;

    /// A key stream: constants, key, counter and nonce (section 2.3).
    pub(in super::super) struct Stream([u32; 16]);

    impl Stream {
        /// `place` is the counter, in 4 bytes, and the nonce.
        pub(in super::super) fn new(key: &[u8; 32], place: &[u8; 16]) -> Self {
            let mut words = [0; 16];
            let parts = [&b"expand 32-byte k"[..], key, place];

            for (i, byte) in parts.into_iter().flatten().enumerate() {
                words[i / 4] |= u32::from(*byte) << (8 * (i % 4));
            }
            Self(words)
        }

        /// Adds the key stream to some blocks, the last of which may be a part of one.
        pub(in super::super) fn apply(&mut self, text: &mut [u8]) {
            for block in text.chunks_mut(64) {
                for (byte, key) in block.iter_mut().zip(self.block().as_bytes()) {
                    *byte ^= key;
                }
            }
        }

        /// Returns the next block of the key stream.
        fn block(&mut self) -> Secret<64> {
            let mut x = self.0;
            let mut block = Secret::zeroed();

            for _ in 0..10 {
                for i in 0..4 {
                    quarter_round(&mut x, [i, 4 + i, 8 + i, 12 + i]);
                }
                for i in 0..4 {
                    quarter_round(
                        &mut x,
                        [i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4],
                    );
                }
            }
            for (bytes, (x, word)) in block
                .as_mut_bytes()
                .chunks_exact_mut(4)
                .zip(x.iter().zip(&self.0))
            {
                bytes.copy_from_slice(&x.wrapping_add(*word).to_le_bytes());
            }
            self.0[12] = self.0[12].wrapping_add(1);
            block
        }

        /// Writes counter and nonce to `place`.
        fn place(&self, place: &mut [u8]) {
            for (bytes, word) in place.chunks_exact_mut(4).zip(&self.0[12..]) {
                bytes.copy_from_slice(&word.to_le_bytes());
            }
        }
    }

    impl Drop for Stream {
        fn drop(&mut self) {
            crate::crypto::zeroize(self.0.as_mut_bytes());
        }
    }

    fn quarter_round(x: &mut [u32; 16], [a, b, c, d]: [usize; 4]) {
        for (rotate_d, rotate_b) in [(16, 12), (8, 7)] {
            x[a] = x[a].wrapping_add(x[b]);
            x[d] = (x[d] ^ x[a]).rotate_left(rotate_d);
            x[c] = x[c].wrapping_add(x[d]);
            x[b] = (x[b] ^ x[c]).rotate_left(rotate_b);
        }
    }

    /// The cipher, for which the API has vectors.
    pub(super) struct ChaCha20 {
        key: Secret<32>,
    }

    // SAFETY: Keys have 32 bytes, counter and nonce have 16 together (RFC 8439, section 2.4), which
    // are the initialisation vector as in C, and a text may have any length.
    unsafe impl Algorithm for ChaCha20 {
        const NAME: &'static CStr = c"chacha20";
        const DRIVER_NAME: &'static CStr = c"chacha20-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Self {
                key: Secret::zeroed(),
            })
        }
    }

    #[vtable]
    impl Skcipher for ChaCha20 {
        const KEY_SIZES: RangeInclusive<usize> = 32..=32;
        const IV_SIZE: usize = 16;
        const BLOCK_SIZE: usize = 1;
        const CHUNK_SIZE: usize = 64;

        type State = Stream;

        fn set_key(&mut self, key: &[u8]) -> Result {
            self.key.as_mut_bytes().copy_from_slice(key);
            Ok(())
        }

        fn begin(&self, iv: &[u8]) -> Result<Stream> {
            let iv = iv.try_into().map_err(|_| EINVAL)?;

            Ok(Stream::new(self.key.as_bytes(), iv))
        }

        fn encrypt(&self, state: &mut Stream, text: &mut [u8]) {
            state.apply(text);
        }

        fn decrypt(&self, state: &mut Stream, text: &mut [u8]) {
            state.apply(text);
        }

        fn finish(&self, state: Stream, iv: &mut [u8]) {
            state.place(iv);
        }
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_algorithm_skcipher)]
mod tests {
    use super::{
        chacha20::ChaCha20,
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
            skcipher,
            tests::each_allocation_fails, //
        },
        error::{
            from_err_ptr,
            to_result, //
        },
        page::PAGE_SIZE, //
    };
    use core::ptr;

    /// A transformation, used as C uses it.
    struct Tfm(*mut bindings::crypto_skcipher);

    impl Tfm {
        fn new(name: &CStr) -> Result<Self> {
            // SAFETY: `name` is a valid C string.
            let tfm = from_err_ptr(unsafe {
                bindings::crypto_alloc_skcipher(name.as_char_ptr(), 0, bindings::CRYPTO_NOLOAD)
            })?;
            Ok(Self(tfm))
        }

        fn set_key(&mut self, key: &[u8]) -> Result {
            // SAFETY: The transformation is valid, and so are the bytes.
            to_result(unsafe {
                bindings::crypto_skcipher_setkey(self.0, key.as_ptr(), key.len() as c_uint)
            })
        }

        /// Runs an operation on `text`, in place or to `out`, in pieces that are split at `split`.
        fn run(
            &self,
            decrypt: bool,
            iv: &mut [u8],
            text: &mut [u8],
            out: Option<&mut [u8]>,
            split: usize,
        ) -> Result {
            let (mut src_storage, mut dst_storage) = (SgStorage::new(), SgStorage::new());
            let len = text.len();
            let (first, second) = text.split_at_mut(split);
            let mut src = SgList::new(&mut src_storage, [first.into(), second.into()])?;
            let mut dst = match out {
                Some(out) => {
                    let (first, second) = out.split_at_mut(len - split);
                    Some(SgList::new(
                        &mut dst_storage,
                        [first.into(), second.into()],
                    )?)
                }
                None => None,
            };

            // SAFETY: The transformation is valid, the request has room for what the C
            // implementations of the tests need, and all it points to lives until the operation is
            // done, which is when the functions return.
            unsafe {
                let mut memory = KVec::from_elem(0u64, 64, GFP_KERNEL)?;
                let req = memory.as_mut_ptr().cast::<bindings::skcipher_request>();

                (*req).base.tfm = &raw mut (*self.0).base;
                (*req).cryptlen = len as c_uint;
                (*req).iv = if iv.is_empty() {
                    ptr::null_mut()
                } else {
                    iv.as_mut_ptr()
                };
                (*req).src = src.as_ptr();
                (*req).dst = dst.as_mut().map_or((*req).src, |dst| dst.as_ptr());
                to_result(if decrypt {
                    bindings::crypto_skcipher_decrypt(req)
                } else {
                    bindings::crypto_skcipher_encrypt(req)
                })
            }
        }
    }

    impl Drop for Tfm {
        fn drop(&mut self) {
            // SAFETY: The transformation is valid and not used again.
            unsafe { bindings::crypto_destroy_tfm(self.0.cast(), &raw mut (*self.0).base) };
        }
    }

    #[test]
    fn rfc8439() -> Result {
        let _registered = register::<ChaCha20>()?;
        let mut tfm = Tfm::new(c"chacha20-kunit")?;
        // Section 2.4.2.
        let key: [u8; 32] = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        let mut iv: [u8; 16] = hex("01000000000000000000004a00000000");
        let mut text = *b"Ladies and Gentlemen of the class of '99: If I could offer you only one \
                          tip for the future, sunscreen would be it.";

        assert_eq!(tfm.run(false, &mut iv, &mut text, None, 1), Err(ENOKEY));
        assert_eq!(tfm.set_key(&key[..31]), Err(EINVAL));
        tfm.set_key(&key)?;
        tfm.run(false, &mut iv, &mut text, None, 57)?;
        assert_eq!(
            text,
            hex("\
                 6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8\
                 f593dabcd62b3571639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52\
                 bc514d16ccf806818ce91ab77937365af90bbf74a35be6b40b8eedf2785e42874d")
        );
        // Two blocks, the second of them in part.
        assert_eq!(iv, hex("03000000000000000000004a00000000"));

        iv[0] = 1;
        tfm.run(true, &mut iv, &mut text, None, 114)?;
        assert_eq!(text[..6], *b"Ladies");
        Ok(())
    }

    #[test]
    fn no_memory() -> Result {
        let _registered = register::<ChaCha20>()?;
        let mut pages = VVec::from_elem(0u8, 17 * PAGE_SIZE, GFP_KERNEL)?;

        each_allocation_fails(|| {
            let cipher = skcipher::Skcipher::by_name(c"chacha20-kunit", &[7; 32])?;

            cipher.encrypt_in_place(&[0; 16], &mut pages[1..][..16 * PAGE_SIZE])
        })?;
        each_allocation_fails(|| {
            let mut tfm = Tfm::new(c"chacha20-kunit")?;

            tfm.set_key(&[7; 32])?;
            tfm.run(false, &mut [0; 16], &mut [0; 100], None, 57)
        })
    }

    #[test]
    fn like_the_kernels() -> Result {
        let _registered = register::<ChaCha20>()?;
        let (mut ours, mut theirs) = (Tfm::new(c"chacha20-kunit")?, Tfm::new(c"chacha20-lib")?);
        let key = [0x42; 32];
        let mut a = VVec::from_elem(0u8, 3 * PAGE_SIZE, GFP_KERNEL)?;
        let mut b = VVec::from_elem(0u8, 3 * PAGE_SIZE, GFP_KERNEL)?;
        let mut out = VVec::from_elem(0u8, 3 * PAGE_SIZE, GFP_KERNEL)?;

        ours.set_key(&key)?;
        theirs.set_key(&key)?;
        for len in [1, 63, 64, 65, 511, 512, 513, 1000, 4096, 5000, 12288] {
            for split in [0, 1, len / 3, len - 1, len] {
                let mut iv = [7; 16];

                for (i, (a, b)) in a.iter_mut().zip(&mut b).enumerate() {
                    *a = i as u8;
                    *b = i as u8;
                }
                theirs.run(false, &mut iv, &mut b[..len], None, split)?;

                // To another place, then in the same. The kernel's does not give a vector on.
                iv = [7; 16];
                ours.run(false, &mut iv, &mut a[..len], Some(&mut out[..len]), split)?;
                if out[..len] != b[..len] || a[len - 1] != (len - 1) as u8 {
                    return Err(EINVAL);
                }
                iv = [7; 16];
                ours.run(false, &mut iv, &mut a[..len], None, split)?;
                if a[..len] != b[..len] || a[len..] != b[len..] {
                    return Err(EINVAL);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        let _registered = register::<ChaCha20>()?;
        let mut tfm = Tfm::new(c"chacha20-kunit")?;

        tfm.set_key(&[1; 32])?;
        everywhere(150, |buf| {
            let mut copy = [0; 150];

            copy.copy_from_slice(buf);
            tfm.run(false, &mut [3; 16], buf, None, 70)?;
            if buf == &copy[..] {
                return Err(EINVAL);
            }
            tfm.run(true, &mut [3; 16], buf, None, 3)?;
            if buf != &copy[..] {
                return Err(EINVAL);
            }
            Ok(())
        })
    }

    /// Counts up, a number for each block of 16 bytes, the last one given on: to see what parts
    /// there are of a text.
    struct Parts;

    // SAFETY: Nobody in C counts on any size for this name.
    unsafe impl Algorithm for Parts {
        const NAME: &'static CStr = c"parts";
        const DRIVER_NAME: &'static CStr = c"parts-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Parts)
        }
    }

    #[vtable]
    impl Skcipher for Parts {
        const KEY_SIZES: RangeInclusive<usize> = 0..=3;
        const IV_SIZE: usize = 0;
        const BLOCK_SIZE: usize = 16;
        const CHUNK_SIZE: usize = 48;

        type State = u8;

        fn set_key(&mut self, key: &[u8]) -> Result {
            match key {
                [] => Ok(()),
                [1] => Err(EBUSY),
                _ => Err(EINPROGRESS),
            }
        }

        fn begin(&self, _iv: &[u8]) -> Result<u8> {
            Ok(0)
        }

        fn encrypt(&self, state: &mut u8, text: &mut [u8]) {
            let len = text.len();

            text.fill(*state);
            text[0] = if len % 48 == 0 { 0xee } else { 0xff };
            *state += 1;
        }

        fn decrypt(&self, _state: &mut u8, _text: &mut [u8]) {}
    }

    #[test]
    fn parts() -> Result {
        let _registered = register::<Parts>()?;
        let mut tfm = Tfm::new(c"parts")?;
        let mut text = KVec::from_elem(0u8, 1024, GFP_KERNEL)?;

        tfm.set_key(&[])?;
        // Copies are made of 480 bytes, the most that is a multiple of 48.
        tfm.run(false, &mut [], &mut text, None, 33)?;
        for (i, at) in [0, 480, 960].into_iter().enumerate() {
            assert_eq!(text[at], if i == 2 { 0xff } else { 0xee });
            assert_eq!(text[at + 1], i as u8);
            assert_eq!(text[at + 63], i as u8);
        }

        // Not whole blocks.
        assert_eq!(
            tfm.run(false, &mut [], &mut text[..15], None, 3),
            Err(EINVAL)
        );
        assert_eq!(
            tfm.run(true, &mut [], &mut text[..33], None, 3),
            Err(EINVAL)
        );

        // A failure takes the key away.
        assert_eq!(tfm.set_key(&[1; 4]), Err(EINVAL));
        assert_eq!(tfm.set_key(&[1]), Err(EIO));
        assert_eq!(tfm.run(false, &mut [], &mut text, None, 3), Err(ENOKEY));
        assert_eq!(tfm.set_key(&[2]), Err(EIO));
        Ok(())
    }
}
