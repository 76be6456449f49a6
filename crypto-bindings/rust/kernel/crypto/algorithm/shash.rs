// SPDX-License-Identifier: GPL-2.0

//! Hashes and MACs in Rust: algorithms of type `shash`.
//!
//! C header: [`include/crypto/internal/hash.h`](srctree/include/crypto/internal/hash.h)

use super::{
    bounce::Bounce,
    Algorithm,
    Registration, //
};
use crate::{
    bindings,
    error::VTABLE_DEFAULT_ERROR,
    ffi::{
        c_int,
        c_uint, //
    },
    module::this_module,
    prelude::*, //
};
use core::marker::PhantomData;

/// Bytes in the largest digest.
const MAX_DIGEST_SIZE: usize = bindings::HASH_MAX_DIGESTSIZE as usize;

/// A hash, or a MAC if there is a key.
///
/// A value holds the key, if any; a hash that is being computed is a [`State`](Shash::State). The
/// API collects the message into whole blocks, and begins no hash where a key is missing. One that
/// was begun before goes on, though.
///
/// All methods but `set_key` may be called in atomic context, and must not sleep. Nor must dropping
/// a value.
///
/// # Sizes
///
/// [`Algorithm`] promises of [`BLOCK_SIZE`](Shash::BLOCK_SIZE) and
/// [`DIGEST_SIZE`](Shash::DIGEST_SIZE) that they are those of the hash, and of
/// [`State`](Shash::State) that it has no more bytes than C's implementations export with
/// `crypto_shash_export_core()`: some drivers have room for no more. Those of SHA-256 export 40.
///
/// # Examples
///
/// The parity of a message, to show the form. A block has two bytes, a digest one.
///
/// ```
/// use kernel::{
///     crypto::algorithm::{shash, Algorithm, Shash},
///     prelude::*,
/// };
///
/// struct Parity;
///
/// // SAFETY: Nobody in C counts on any size for this name.
/// unsafe impl Algorithm for Parity {
///     const NAME: &'static CStr = c"parity-example";
///     const DRIVER_NAME: &'static CStr = c"parity-example-rust";
///     const PRIORITY: u16 = 1;
///
///     fn new() -> impl Init<Self, Error> {
///         Ok(Parity)
///     }
/// }
///
/// #[vtable]
/// impl Shash for Parity {
///     const BLOCK_SIZE: usize = 2;
///     const DIGEST_SIZE: usize = 1;
///
///     type State = [u8; 2];
///
///     fn begin(&self, _state: &mut [u8; 2]) -> Result {
///         Ok(())
///     }
///
///     fn update(&self, state: &mut [u8; 2], blocks: &[u8]) {
///         for block in blocks.chunks(2) {
///             for (sum, byte) in state.iter_mut().zip(block) {
///                 *sum ^= byte;
///             }
///         }
///     }
///
///     fn finish(&self, state: &mut [u8; 2], rest: &[u8], digest: &mut [u8]) {
///         self.update(state, rest);
///         for byte in digest {
///             *byte = state.iter().fold(0, |sum, byte| sum ^ byte);
///         }
///     }
/// }
///
/// let registered = shash::register::<Parity>()?;
/// // Whoever asks for "parity-example" now gets it.
/// drop(registered);
/// # Ok::<(), Error>(())
/// ```
#[vtable]
pub trait Shash: Algorithm {
    /// The number of bytes in a block, from 1 to 160.
    const BLOCK_SIZE: usize;

    /// The number of bytes in a digest, from 1 to 64.
    const DIGEST_SIZE: usize;

    /// What there is of a hash of which some blocks were taken in.
    ///
    /// C copies it, writes it out and reads it in again, wherever it likes, and never drops it.
    /// Hence any bytes at all have to be a state, and none of them may be padding. What is read in
    /// may be any bytes, too, so no arithmetic on them must be able to overflow.
    ///
    /// There is a limit of some 360 bytes for it together with a block, and it must not need to be
    /// aligned to more than a pointer is.
    type State: FromBytes + IntoBytes + 'static;

    /// Sets the key.
    ///
    /// Without this method the algorithm is a hash that has none. If there is an error, the
    /// transformation has no key from then on.
    fn set_key(&mut self, _key: &[u8]) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Makes a state of what is all zeroes.
    fn begin(&self, state: &mut Self::State) -> Result;

    /// Takes in blocks: a multiple of [`BLOCK_SIZE`](Shash::BLOCK_SIZE) bytes, more than none.
    fn update(&self, state: &mut Self::State, blocks: &[u8]);

    /// Takes in the rest of the message, less than a block, and computes the digest.
    ///
    /// `digest` has [`DIGEST_SIZE`](Shash::DIGEST_SIZE) bytes. The state is wiped afterwards.
    fn finish(&self, state: &mut Self::State, rest: &[u8], digest: &mut [u8]);
}

/// Registers a hash.
///
/// # Errors
///
/// - `EEXIST`: there is an algorithm with that driver name.
/// - `EINVAL`: the state is too large.
/// - `ENOMEM`: no memory.
pub fn register<T: Shash>() -> Result<Registration> {
    const {
        assert!(
            0 < T::BLOCK_SIZE && T::BLOCK_SIZE <= bindings::MAX_ALGAPI_BLOCKSIZE as usize,
            "the size of a block is out of range"
        );
        assert!(
            0 < T::DIGEST_SIZE && T::DIGEST_SIZE <= MAX_DIGEST_SIZE,
            "the size of a digest is out of range"
        );
        assert!(
            align_of::<T::State>() <= align_of::<bindings::shash_desc>(),
            "the state is aligned to more than a descriptor is"
        );
        assert!(
            size_of::<T::State>() <= crate::page::PAGE_SIZE,
            "the state is too large"
        );
    }

    let module = this_module::<T::OwnerModule>();
    let mut alg = bindings::shash_alg {
        init: Some(Adapter::<T>::init),
        update: Some(Adapter::<T>::update),
        finup: Some(Adapter::<T>::finup),
        init_tfm: Some(Adapter::<T>::init_tfm),
        exit_tfm: Some(Adapter::<T>::exit_tfm),
        // CAST: Both are small, as was checked.
        descsize: size_of::<T::State>() as c_uint,
        __bindgen_anon_1: bindings::shash_alg__bindgen_ty_1 {
            halg: bindings::hash_alg_common {
                digestsize: T::DIGEST_SIZE as c_uint,
                base: bindings::crypto_alg {
                    cra_flags: bindings::CRYPTO_AHASH_ALG_BLOCK_ONLY,
                    cra_blocksize: T::BLOCK_SIZE as c_uint,
                    ..super::base::<T>(module)
                },
                ..pin_init::zeroed()
            },
        },
        ..pin_init::zeroed()
    };
    if T::HAS_SET_KEY {
        alg.setkey = Some(Adapter::<T>::setkey);
    }

    // SAFETY: The functions are those of `Adapter<T>`, as `base` is that of `T`, and they are in
    // `module`, where `T` is. The sizes are what C expects by the safety requirements of
    // `Algorithm`.
    unsafe { Registration::new(alg, module) }
}

super::impl_description!(shash_alg, __bindgen_anon_1.halg.base, crypto_register_shash);

/// The functions of a [`Shash`] as C has them.
struct Adapter<T>(PhantomData<T>);

impl<T: Shash> Adapter<T> {
    /// Returns the context of the transformation that a descriptor is for, and where its state is.
    ///
    /// # Safety
    ///
    /// `desc` is a descriptor for a transformation of the algorithm, and nobody else uses it. No
    /// key is set during `'a`.
    unsafe fn parts<'a>(desc: *mut bindings::shash_desc) -> (&'a T, *mut T::State) {
        // SAFETY: By the safety requirements. The context of a descriptor is as aligned as the
        // descriptor is, which is enough for a state, as `register()` checks.
        unsafe {
            (
                super::context(&raw mut (*(*desc).tfm).base),
                bindings::shash_desc_ctx(desc).cast(),
            )
        }
    }

    /// # Safety
    ///
    /// C calls it as `init_tfm` of a transformation.
    unsafe extern "C" fn init_tfm(tfm: *mut bindings::crypto_shash) -> c_int {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::init::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `exit_tfm` of a transformation.
    unsafe extern "C" fn exit_tfm(tfm: *mut bindings::crypto_shash) {
        // SAFETY: By the safety requirements of this function.
        unsafe { super::exit::<T>(&raw mut (*tfm).base) }
    }

    /// # Safety
    ///
    /// C calls it as `setkey` of a transformation.
    unsafe extern "C" fn setkey(
        tfm: *mut bindings::crypto_shash,
        key: *const u8,
        keylen: c_uint,
    ) -> c_int {
        // SAFETY: A key may not be set while the transformation is used for anything else, and the
        // caller has so many bytes there during the call.
        unsafe { super::set_key(&raw mut (*tfm).base, key.cast(), keylen, T::set_key) }
    }

    /// # Safety
    ///
    /// C calls it as `init` of a descriptor.
    unsafe extern "C" fn init(desc: *mut bindings::shash_desc) -> c_int {
        // SAFETY: The descriptor is valid, and its user's alone.
        let (context, state) = unsafe { Self::parts(desc) };

        // SAFETY: There is room for a state, of which zeroes are one as any bytes are.
        let state = unsafe {
            state.write_bytes(0, 1);
            &mut *state
        };
        super::status(context.begin(state))
    }

    /// # Safety
    ///
    /// C calls it as `update` of a descriptor that was initialised.
    unsafe extern "C" fn update(
        desc: *mut bindings::shash_desc,
        data: *const u8,
        len: c_uint,
    ) -> c_int {
        // SAFETY: The descriptor is valid, and its user's alone.
        let (context, state) = unsafe { Self::parts(desc) };
        // SAFETY: The state was initialised, and if C wrote to it since, it is still one.
        let state = unsafe { &mut *state };
        let len = len as usize;
        let rest = len % T::BLOCK_SIZE;

        // SAFETY: So many bytes may be read there.
        unsafe {
            Bounce::new().for_each(
                data,
                len.wrapping_sub(rest),
                const { Bounce::step(T::BLOCK_SIZE) },
                |blocks| context.update(state, blocks),
            )
        };
        // CAST: It is less than the size of a block. C keeps so many bytes for the next time.
        rest as c_int
    }

    /// # Safety
    ///
    /// C calls it as `finup` of a descriptor that was initialised.
    unsafe extern "C" fn finup(
        desc: *mut bindings::shash_desc,
        data: *const u8,
        len: c_uint,
        out: *mut u8,
    ) -> c_int {
        // SAFETY: The descriptor is valid, and its user's alone.
        let (context, state) = unsafe { Self::parts(desc) };
        // SAFETY: As in `update()`.
        let state = unsafe { &mut *state };
        let mut rest = Bounce::new();
        let mut digest = [0; MAX_DIGEST_SIZE];

        // C has no more left than this.
        let len = (len as usize).min(const { T::BLOCK_SIZE - 1 });
        let Some(digest) = digest.get_mut(..T::DIGEST_SIZE) else {
            return EINVAL.to_errno();
        };

        // SAFETY: So many bytes may be read there.
        let rest = unsafe { rest.fill(data, len) };
        context.finish(state, rest, digest);

        // SAFETY: Who asks for a digest has room for one of the algorithm of that name. That has
        // `DIGEST_SIZE` bytes, by the safety requirements of `Algorithm`.
        unsafe { out.copy_from_nonoverlapping(digest.as_ptr(), T::DIGEST_SIZE) };
        0
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_algorithm_shash)]
mod tests {
    use super::*;
    use crate::{
        crypto::{
            secret::testing::{
                everywhere,
                hex, //
            },
            shash::Hash,
            tests::each_allocation_fails,
            zeroize,
            Secret, //
        },
        error::{
            from_err_ptr,
            to_result, //
        },
        page::PAGE_SIZE, //
    };

    /// The fractional parts of the cube roots of the first primes (FIPS 180-4, section 4.2.2).
    #[rustfmt::skip]
    static ROUND_CONSTANTS: [u32; 64] = [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
        0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
        0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
        0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
        0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
        0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
        0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
        0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// SHA-256 (FIPS 180-4). The API has vectors for it, and puts what is registered here to the
    /// test.
    struct Sha256;

    #[derive(FromBytes, IntoBytes)]
    #[repr(C)]
    struct Sha256State {
        hash: [u32; 8],
        blocks: u64,
    }

    impl Sha256 {
        fn compress(hash: &mut [u32; 8], block: &[u8]) {
            let mut w = [0u32; 64];
            for (w, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
                *w = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            }
            for t in 16..64 {
                let s0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ (w[t - 15] >> 3);
                let s1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ (w[t - 2] >> 10);

                w[t] = w[t - 16]
                    .wrapping_add(s0)
                    .wrapping_add(w[t - 7])
                    .wrapping_add(s1);
            }

            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *hash;
            for (w, k) in w.iter().zip(&ROUND_CONSTANTS) {
                let t1 = h
                    .wrapping_add(e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25))
                    .wrapping_add((e & f) ^ (!e & g))
                    .wrapping_add(*k)
                    .wrapping_add(*w);
                let t2 = (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22))
                    .wrapping_add((a & b) ^ (a & c) ^ (b & c));

                (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
                (d, c, b, a) = (c, b, a, t1.wrapping_add(t2));
            }
            for (sum, word) in hash.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                *sum = sum.wrapping_add(word);
            }
        }
    }

    // SAFETY: Blocks have 64 bytes, digests 32 (FIPS 180-4, section 1), and the state has the 40
    // bytes that C's implementation exports.
    unsafe impl Algorithm for Sha256 {
        const NAME: &'static CStr = c"sha256";
        const DRIVER_NAME: &'static CStr = c"sha256-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Sha256)
        }
    }

    #[vtable]
    impl Shash for Sha256 {
        const BLOCK_SIZE: usize = 64;
        const DIGEST_SIZE: usize = 32;

        type State = Sha256State;

        fn begin(&self, state: &mut Sha256State) -> Result {
            // The fractional parts of the square roots of the first primes (section 5.3.3).
            #[rustfmt::skip]
            let hash = [
                0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
            ];

            state.hash = hash;
            Ok(())
        }

        fn update(&self, state: &mut Sha256State, blocks: &[u8]) {
            for block in blocks.chunks_exact(64) {
                Self::compress(&mut state.hash, block);
                state.blocks = state.blocks.wrapping_add(1);
            }
        }

        fn finish(&self, state: &mut Sha256State, rest: &[u8], digest: &mut [u8]) {
            let bits = state
                .blocks
                .wrapping_mul(512)
                .wrapping_add(8 * rest.len() as u64);
            let mut last = [0; 128];
            let len = if rest.len() < 56 { 64 } else { 128 };

            last[..rest.len()].copy_from_slice(rest);
            last[rest.len()] = 0x80;
            last[len - 8..len].copy_from_slice(&bits.to_be_bytes());
            self.update(state, &last[..len]);
            zeroize(&mut last);
            for (out, word) in digest.chunks_exact_mut(4).zip(&state.hash) {
                out.copy_from_slice(&word.to_be_bytes());
            }
        }
    }

    /// A transformation, used as C uses it.
    struct Tfm(*mut bindings::crypto_shash);

    /// A running hash, which borrows its transformation.
    struct Running<'a>(KVec<u64>, &'a Tfm);

    impl Tfm {
        fn new(name: &CStr) -> Result<Self> {
            // SAFETY: `name` is a valid C string.
            let tfm = from_err_ptr(unsafe {
                bindings::crypto_alloc_shash(name.as_char_ptr(), 0, bindings::CRYPTO_NOLOAD)
            })?;
            Ok(Self(tfm))
        }

        fn set_key(&mut self, key: &[u8]) -> Result {
            // SAFETY: The transformation is valid, and so are the bytes.
            to_result(unsafe {
                bindings::crypto_shash_setkey(self.0, key.as_ptr(), key.len() as c_uint)
            })
        }

        fn digest(&self, data: &[u8], out: &mut [u8]) -> Result {
            // SAFETY: The transformation is valid, and so are the bytes, with room for a digest.
            to_result(unsafe {
                bindings::crypto_shash_tfm_digest(
                    self.0,
                    data.as_ptr(),
                    data.len() as c_uint,
                    out.as_mut_ptr(),
                )
            })
        }

        fn begin(&self) -> Result<Running<'_>> {
            let mut running = Running(KVec::from_elem(0, 64, GFP_KERNEL)?, self);

            // SAFETY: There is room for the largest descriptor, and the transformation is valid.
            unsafe {
                (*running.desc()).tfm = self.0;
                to_result(bindings::crypto_shash_init(running.desc()))?;
            }
            Ok(running)
        }
    }

    impl Drop for Tfm {
        fn drop(&mut self) {
            // SAFETY: The transformation is valid and not used again.
            unsafe { bindings::crypto_free_shash(self.0) };
        }
    }

    impl Running<'_> {
        fn desc(&mut self) -> *mut bindings::shash_desc {
            self.0.as_mut_ptr().cast()
        }

        fn update(&mut self, data: &[u8]) -> Result {
            // SAFETY: The descriptor is initialised, and the bytes are valid.
            to_result(unsafe {
                bindings::crypto_shash_update(self.desc(), data.as_ptr(), data.len() as c_uint)
            })
        }

        fn finish(&mut self, out: &mut [u8]) -> Result {
            // SAFETY: The descriptor is initialised, and there is room for a digest.
            to_result(unsafe { bindings::crypto_shash_final(self.desc(), out.as_mut_ptr()) })
        }

        /// Continues with a copy that went by way of the exported form.
        fn copy(&mut self) -> Result<Self> {
            let mut exported = KVec::from_elem(0u8, 512, GFP_KERNEL)?;
            let mut copy = Running(KVec::from_elem(!0, 64, GFP_KERNEL)?, self.1);

            // SAFETY: There is room for the largest state and descriptor.
            unsafe {
                to_result(bindings::crypto_shash_export(
                    self.desc(),
                    exported.as_mut_ptr().cast(),
                ))?;
                (*copy.desc()).tfm = self.1 .0;
                to_result(bindings::crypto_shash_import(
                    copy.desc(),
                    exported.as_ptr().cast(),
                ))?;
            }
            Ok(copy)
        }
    }

    #[test]
    fn sha256() -> Result {
        let _registered = register::<Sha256>()?;
        let tfm = Tfm::new(c"sha256-kunit")?;
        let mut digest = [0; 32];

        // FIPS 180-4's example.
        tfm.digest(b"abc", &mut digest)?;
        assert_eq!(
            digest,
            hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        tfm.digest(&[], &mut digest)?;
        assert_eq!(
            digest,
            hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        );
        Ok(())
    }

    #[test]
    fn no_memory() -> Result {
        let _registered = register::<Sha256>()?;

        each_allocation_fails(|| {
            Hash::by_name(c"sha256-kunit")?.digest(b"abc", &mut [0; 32])?;
            Tfm::new(c"sha256-kunit")?.digest(b"abc", &mut [0; 32])
        })
    }

    #[test]
    fn like_the_kernels() -> Result {
        let _registered = register::<Sha256>()?;
        let (ours, theirs) = (Tfm::new(c"sha256-kunit")?, Tfm::new(c"sha256")?);
        let mut data = VVec::from_elem(0u8, 2 * PAGE_SIZE, GFP_KERNEL)?;
        let (mut a, mut b) = ([0; 32], [0; 32]);

        for (i, byte) in data.iter_mut().enumerate() {
            *byte = (i * 7 + i / 256) as u8;
        }

        // In one piece, around every boundary of blocks and copies.
        let mut in_one_piece = |len: usize| {
            ours.digest(&data[..len], &mut a)?;
            theirs.digest(&data[..len], &mut b)?;
            if a != b {
                return Err(EINVAL);
            }
            Ok(())
        };
        for len in 0..600 {
            in_one_piece(len)?;
        }
        for len in [4095, 4096, 8000, 8192] {
            in_one_piece(len)?;
        }

        // In three, and with a copy that goes another way.
        for (first, second) in [(0, 0), (1, 63), (63, 1), (64, 64), (65, 1000), (700, 3)] {
            let mut hash = ours.begin()?;

            hash.update(&data[..first])?;
            let mut copy = hash.copy()?;
            hash.update(&data[first..first + second])?;
            hash.update(&data[first + second..first + second + 100])?;
            hash.finish(&mut a)?;
            theirs.digest(&data[..first + second + 100], &mut b)?;
            assert_eq!(a, b);

            copy.update(&data[..77])?;
            copy.finish(&mut a)?;
            let mut hash = theirs.begin()?;
            hash.update(&data[..first])?;
            hash.update(&data[..77])?;
            hash.finish(&mut b)?;
            assert_eq!(a, b);

            // Nothing is left behind.
            assert!(copy.0[1..6].iter().all(|word| *word == 0));
        }
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        let _registered = register::<Sha256>()?;
        let tfm = Tfm::new(c"sha256-kunit")?;

        everywhere(200, |buf| {
            let mut digest = [0; 32];

            buf.fill(0x5c);
            tfm.digest(buf, &mut digest)?;
            if digest != hex("908832aba0893d807073cb69d4072ff91cd864b98d13a74de618db6dcbbde456") {
                return Err(EINVAL);
            }
            // The digest in the place of the message.
            tfm.digest(&[0x5c; 200], &mut buf[3..35])?;
            if buf[3..35] != digest {
                return Err(EINVAL);
            }
            Ok(())
        })
    }

    /// HMAC (RFC 2104) with SHA-256, its state the larger for what it does at the end.
    struct Hmac {
        key: Option<Secret<64>>,
    }

    impl Hmac {
        fn block(&self, pad: u8) -> Result<Secret<64>> {
            let mut block = Secret::from_slice(self.key.as_ref().ok_or(ENOKEY)?.as_bytes())?;

            for byte in block.as_mut_bytes() {
                *byte ^= pad;
            }
            Ok(block)
        }
    }

    // SAFETY: Blocks and digests are as large as those of the hash (RFC 2104, section 2), and so is
    // the state, as in C.
    unsafe impl Algorithm for Hmac {
        const NAME: &'static CStr = c"hmac(sha256)";
        const DRIVER_NAME: &'static CStr = c"hmac-sha256-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Self { key: None })
        }
    }

    #[vtable]
    impl Shash for Hmac {
        const BLOCK_SIZE: usize = 64;
        const DIGEST_SIZE: usize = 32;

        type State = Sha256State;

        fn set_key(&mut self, key: &[u8]) -> Result {
            self.key = None;
            let mut block = Secret::<64>::zeroed();
            let bytes = block.as_mut_bytes();

            if key.len() > 64 {
                let mut state = Sha256State::read_from_bytes(&[0; 40]).map_err(|_| EINVAL)?;
                let whole = key.len() / 64 * 64;

                Sha256.begin(&mut state)?;
                Sha256.update(&mut state, &key[..whole]);
                Sha256.finish(&mut state, &key[whole..], &mut bytes[..32]);
            } else {
                bytes[..key.len()].copy_from_slice(key);
            }
            self.key = Some(block);
            Ok(())
        }

        fn begin(&self, state: &mut Sha256State) -> Result {
            Sha256.begin(state)?;
            Sha256.update(state, self.block(0x36)?.as_bytes());
            Ok(())
        }

        fn update(&self, state: &mut Sha256State, blocks: &[u8]) {
            Sha256.update(state, blocks);
        }

        fn finish(&self, state: &mut Sha256State, rest: &[u8], digest: &mut [u8]) {
            Sha256.finish(state, rest, digest);
            state.blocks = 0;
            if let (Ok(()), Ok(block)) = (Sha256.begin(state), self.block(0x5c)) {
                let mut inner = [0; 32];

                inner.copy_from_slice(digest);
                Sha256.update(state, block.as_bytes());
                Sha256.finish(state, &inner, digest);
            }
        }
    }

    #[test]
    fn keyed() -> Result {
        let _registered = register::<Hmac>()?;
        let mut tfm = Tfm::new(c"hmac-sha256-kunit")?;
        let mut mac = [0; 32];

        // No key, no MAC.
        assert_eq!(tfm.digest(b"", &mut mac), Err(ENOKEY));
        assert!(matches!(tfm.begin(), Err(e) if e == ENOKEY));

        // RFC 4231, section 4.3.
        tfm.set_key(b"Jefe")?;
        tfm.digest(b"what do ya want for nothing?", &mut mac)?;
        assert_eq!(
            mac,
            hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        );
        Ok(())
    }

    #[test]
    fn unkeyed() -> Result {
        let _registered = register::<Sha256>()?;
        let mut tfm = Tfm::new(c"sha256-kunit")?;

        assert_eq!(tfm.set_key(b"Jefe"), Err(ENOSYS));
        tfm.digest(b"", &mut [0; 32])
    }

    /// One whose state is too large.
    struct Large;

    // SAFETY: It is never registered, as its state is too large. And nobody in C counts on any size
    // for this name.
    unsafe impl Algorithm for Large {
        const NAME: &'static CStr = c"large";
        const DRIVER_NAME: &'static CStr = c"large-kunit";
        const PRIORITY: u16 = 1;

        fn new() -> impl Init<Self, Error> {
            Ok(Large)
        }
    }

    #[vtable]
    impl Shash for Large {
        const BLOCK_SIZE: usize = 160;
        const DIGEST_SIZE: usize = 1;

        type State = [u8; 1000];

        fn begin(&self, _state: &mut [u8; 1000]) -> Result {
            Ok(())
        }

        fn update(&self, _state: &mut [u8; 1000], _blocks: &[u8]) {}

        fn finish(&self, _state: &mut [u8; 1000], _rest: &[u8], _digest: &mut [u8]) {}
    }

    #[test]
    fn too_large() {
        assert!(matches!(register::<Large>(), Err(e) if e == EINVAL));
        // And again: what could not be registered is gone.
        assert!(matches!(register::<Large>(), Err(e) if e == EINVAL));
    }
}
