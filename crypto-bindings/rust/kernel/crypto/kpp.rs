// SPDX-License-Identifier: GPL-2.0

//! Elliptic-curve Diffie-Hellman over the NIST curves.
//!
//! C headers: [`include/crypto/kpp.h`](srctree/include/crypto/kpp.h),
//! [`include/crypto/ecdh.h`](srctree/include/crypto/ecdh.h)
//!
//! The kernel's key-agreement API keeps the private key in a *transformation* (`struct
//! crypto_kpp`) and takes its operands in scatterlists. [`EphemeralKey`] owns such a
//! transformation together with the request and the buffers of its two operations, so that a key
//! made is a key ready to be used:
//!
//! ```text
//!   generate(curve)         +--------------+
//!   ----------------------> | EphemeralKey | --> public_key(): 0x04 | X | Y
//!   from_private(curve, d)  +--------------+
//!                                  |
//!                                  v  agree(self, peer)
//!                            shared secret; the private key is wiped
//! ```
//!
//! Agreement consumes the key: a private key that was made for one exchange cannot be used in
//! another.
//!
//! All operations may sleep and must be called from process context.

use super::secret::{
    zeroize,
    Secret,
    SecretVec, //
};
use crate::{
    bindings,
    error::{
        from_err_ptr,
        to_result, //
    },
    ffi,
    fmt,
    page::PAGE_SIZE,
    prelude::*,
    str::CStr,
    types::Opaque, //
};
use core::ptr::{
    self,
    NonNull, //
};

/// The first byte of an uncompressed point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 0x04;

/// Bytes in a coordinate of the largest curve.
const MAX_SIZE: usize = 48;

/// Room for what `crypto_ecdh_encode_key()` makes of the largest private key: `struct kpp_secret`,
/// the length of the key, the key.
const MAX_PACKET_SIZE: usize = size_of::<bindings::kpp_secret>() + size_of::<u16>() + MAX_SIZE;

/// How often [`EphemeralKey::generate`] draws a private key before it gives up.
const DRAWS: usize = 4;

/// An elliptic curve that [`EphemeralKey`] knows.
///
/// # Examples
///
/// ```
/// use kernel::crypto::kpp::Curve;
///
/// assert_eq!(Curve::P256.size(), 32);
/// assert_eq!(Curve::P384.point_size(), 97);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Curve {
    /// NIST P-256, also called secp256r1.
    P256,
    /// NIST P-384, also called secp384r1.
    P384,
}

impl Curve {
    /// Returns the number of bytes in a private key, in a coordinate and in a shared secret.
    #[inline]
    pub const fn size(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
        }
    }

    /// Returns the number of bytes in an uncompressed point, `0x04 ‖ X ‖ Y`.
    #[inline]
    pub const fn point_size(self) -> usize {
        1 + 2 * self.size()
    }

    /// Returns the name of the algorithm in the kernel's cryptographic API.
    #[inline]
    pub const fn name(self) -> &'static CStr {
        match self {
            Curve::P256 => c"ecdh-nist-p256",
            Curve::P384 => c"ecdh-nist-p384",
        }
    }
}

/// An owned `struct crypto_kpp`.
///
/// # Invariants
///
/// `self.0` was returned by `crypto_alloc_kpp()`, is valid and is owned by `self`.
pub(super) struct Tfm(NonNull<bindings::crypto_kpp>);

impl Tfm {
    /// Allocates a transformation (`crypto_alloc_kpp()`) that does not announce itself as
    /// asynchronous.
    pub(super) fn new(name: &CStr) -> Result<Self> {
        // SAFETY: `name` is a valid C string, which the callee does not keep.
        let tfm = from_err_ptr(unsafe {
            bindings::crypto_alloc_kpp(name.as_char_ptr(), 0, bindings::CRYPTO_ALG_ASYNC)
        })?;

        // INVARIANT: The pointer was just returned by `crypto_alloc_kpp()` and nobody else has it.
        Ok(Self(NonNull::new(tfm).ok_or(ENOMEM)?))
    }

    /// Sets the private key, given in the packet of the algorithm (`crypto_kpp_set_secret()`).
    pub(super) fn set_secret(&mut self, packet: &[u8]) -> Result {
        let len = ffi::c_uint::try_from(packet.len()).map_err(|_| EINVAL)?;

        // SAFETY: By the type invariant `self.0` is valid, and `&mut self` rules out that it is
        // being used by an operation. `packet` is valid for reads of `len` bytes and is not kept.
        to_result(unsafe {
            bindings::crypto_kpp_set_secret(self.0.as_ptr(), packet.as_ptr().cast(), len)
        })
    }
}

impl Drop for Tfm {
    fn drop(&mut self) {
        // SAFETY: By the type invariant `self.0` is valid and owned by `self`. The callee wipes
        // the memory that holds the private key.
        unsafe { bindings::crypto_free_kpp(self.0.as_ptr()) };
    }
}

/// A transformation with a key set, and a request for it.
///
/// # Invariants
///
/// - `req` was returned by `kpp_request_alloc()` for `tfm`, is valid and is owned by `self`.
/// - `tfm` has a private key.
/// - No operation is under way on `req` while no method of `self` runs.
pub(super) struct Keyed {
    // Freed before `tfm`, see `Drop`.
    req: NonNull<bindings::kpp_request>,
    tfm: Tfm,
}

// SAFETY: The transformation and the request are plain memory that is bound to no thread or CPU.
unsafe impl Send for Keyed {}

// SAFETY: All that can be done with a shared reference is to read the name of the algorithm, which
// does not change: the other methods of `Keyed` take `&mut self`.
unsafe impl Sync for Keyed {}

impl Keyed {
    /// Allocates a request for a transformation whose private key has been set.
    pub(super) fn new(tfm: Tfm) -> Result<Self> {
        // SAFETY: By its type invariant `tfm` is valid.
        let req = unsafe { bindings::kpp_request_alloc(tfm.0.as_ptr(), bindings::GFP_KERNEL) };

        // INVARIANT: The request was just allocated for `tfm`, nobody else has it and no operation
        // has been started on it.
        Ok(Self {
            req: NonNull::new(req).ok_or(ENOMEM)?,
            tfm,
        })
    }

    /// Returns the name of the implementation.
    pub(super) fn driver_name(&self) -> &CStr {
        // SAFETY: By its type invariant `tfm` is valid. The name is a string that ends with a zero
        // byte, part of the algorithm, which lives and does not change as long as there is an
        // instance.
        unsafe {
            CStr::from_char_ptr(bindings::crypto_tfm_alg_driver_name(
                bindings::crypto_kpp_tfm(self.tfm.0.as_ptr()),
            ))
        }
    }

    /// Computes the public key, as many bytes as `public` has.
    pub(super) fn public_key(&mut self, public: &mut Buffer) -> Result {
        // SAFETY: The function is the one for a public key, and there is no input.
        unsafe { self.run(None, public, bindings::crypto_kpp_generate_public_key) }
    }

    /// Computes the secret shared with the owner of the public key `peer`, as many bytes as
    /// `secret` has.
    pub(super) fn shared_secret(&mut self, peer: &Buffer, secret: &mut Buffer) -> Result {
        // SAFETY: The function is the one for a shared secret, and there is an input.
        unsafe {
            self.run(
                Some(peer),
                secret,
                bindings::crypto_kpp_compute_shared_secret,
            )
        }
    }

    /// Runs an operation to its end.
    ///
    /// # Safety
    ///
    /// `op` is `crypto_kpp_compute_shared_secret()` if there is a `peer`, and
    /// `crypto_kpp_generate_public_key()` if there is none: implementations tell them apart by
    /// that.
    unsafe fn run(
        &mut self,
        peer: Option<&Buffer>,
        out: &mut Buffer,
        op: unsafe extern "C" fn(*mut bindings::kpp_request) -> ffi::c_int,
    ) -> Result {
        let req = self.req.as_ptr();
        let src = Opaque::<bindings::scatterlist>::uninit();
        let dst = Opaque::<bindings::scatterlist>::uninit();
        let wait = Opaque::<bindings::crypto_wait>::uninit();

        // SAFETY: `wait` is valid for writes, and it does not move from here to the end of the
        // function, because it is only reached through its address.
        unsafe { bindings::crypto_init_wait(wait.get()) };

        // SAFETY: `dst` is valid for writes.
        let out_len = unsafe { out.describe(dst.get()) };

        // SAFETY: By the type invariant `req` is valid and idle. `dst` and `wait` outlive the
        // operation, since this function does not return before it has ended, and
        // `crypto_req_done()` expects a pointer to a `struct crypto_wait`.
        unsafe {
            bindings::kpp_request_set_callback(
                req,
                bindings::CRYPTO_TFM_REQ_MAY_BACKLOG | bindings::CRYPTO_TFM_REQ_MAY_SLEEP,
                Some(bindings::crypto_req_done),
                wait.get().cast(),
            );
            bindings::kpp_request_set_output(req, dst.get(), out_len);
        }

        let (input, in_len) = match peer {
            // SAFETY: `src` is valid for writes.
            Some(peer) => (src.get(), unsafe { peer.describe(src.get()) }),
            None => (ptr::null_mut(), 0),
        };

        // SAFETY: By the type invariant `req` is valid and idle. `src` and the buffer outlive the
        // operation as `dst` does.
        unsafe { bindings::kpp_request_set_input(req, input, in_len) };

        // SAFETY: By the type invariants `req` is valid and its transformation has a key; callback,
        // output and the input that goes with `op` were set above.
        let err = unsafe { op(req) };

        // Asynchronous implementations were masked out when the transformation was allocated. There
        // are drivers, however, that complete later without having said so.
        //
        // SAFETY: `wait` was initialised above, and has been handed to the request together with
        // `crypto_req_done()`, which completes it if the operation was not done at once.
        to_result(unsafe { bindings::crypto_wait_req(err, wait.get()) })
    }
}

impl Drop for Keyed {
    fn drop(&mut self) {
        // SAFETY: By the type invariants `self.req` is valid, idle and owned by `self`. Its
        // transformation is still there, because fields are dropped after this function.
        unsafe { bindings::kpp_request_free(self.req.as_ptr()) };
    }
}

/// Bytes in memory that scatterlists can describe, wiped when dropped.
///
/// # Invariants
///
/// There is at least one byte, and at most [`Buffer::MAX_LEN`].
pub(super) struct Buffer(KVec<u8>);

impl Buffer {
    /// More than any public key has.
    const MAX_LEN: usize = PAGE_SIZE;

    /// Makes a buffer of `len` zeroes.
    pub(super) fn zeroed(len: usize) -> Result<Self> {
        if !(1..=Self::MAX_LEN).contains(&len) {
            return Err(EINVAL);
        }
        // INVARIANT: This was just checked. The bytes are never added to.
        Ok(Self(KVec::from_elem(0, len, GFP_KERNEL)?))
    }

    /// Makes a buffer with a copy of `bytes`.
    pub(super) fn from_slice(bytes: &[u8]) -> Result<Self> {
        let mut buffer = Self::zeroed(bytes.len())?;

        buffer.0.copy_from_slice(bytes);
        Ok(buffer)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes `entry` a list of all the bytes, and returns how many there are.
    ///
    /// # Safety
    ///
    /// `entry` is valid for writes.
    unsafe fn describe(&self, entry: *mut bindings::scatterlist) -> ffi::c_uint {
        // CAST: It fits, by the type invariant.
        let len = self.0.len() as ffi::c_uint;

        // SAFETY: `entry` is valid for writes. The bytes are from `kmalloc()`, hence in the linear
        // map.
        unsafe { bindings::sg_init_one(entry, self.0.as_ptr().cast(), len) };
        len
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        zeroize(&mut self.0);
    }
}

/// Sets the private key `private` of `ecdh`. If it is empty the transformation makes one up.
fn set_private(tfm: &mut Tfm, private: &[u8]) -> Result {
    let mut packet = Secret::<MAX_PACKET_SIZE>::zeroed();
    let params = bindings::ecdh {
        // The pointer is not written through, `char *` though it is in C.
        key: private.as_ptr().cast_mut().cast(),
        key_size: private.len().try_into().map_err(|_| EINVAL)?,
    };

    // SAFETY: `params` is valid, and the callee only reads it.
    let len = unsafe { bindings::crypto_ecdh_key_len(&params) };
    let packet = packet
        .as_mut_bytes()
        .get_mut(..len as usize)
        .ok_or(EINVAL)?;

    // SAFETY: `packet` is valid for writes of `len` bytes, and `params.key` is valid for reads of
    // `params.key_size` bytes. The callee keeps neither.
    to_result(unsafe {
        bindings::crypto_ecdh_encode_key(packet.as_mut_ptr().cast(), len, &params)
    })?;

    tfm.set_secret(packet)
}

/// A key pair that is made for one key exchange.
///
/// The private key is kept inside the kernel's transformation. It cannot be read back, and it is
/// wiped when the value is dropped or consumed by [`agree`].
///
/// # Invariants
///
/// `public` is the public key that belongs to the private key of `keyed`.
///
/// # Examples
///
/// Two sides of an exchange come to the same secret:
///
/// ```
/// use kernel::crypto::kpp::{Curve, EphemeralKey};
///
/// let alice = EphemeralKey::generate(Curve::P256)?;
/// let bob = EphemeralKey::generate(Curve::P256)?;
///
/// let mut for_alice = [0; 65];
/// for_alice.copy_from_slice(bob.public_key());
///
/// let theirs = bob.agree(alice.public_key())?;
/// let ours = alice.agree(&for_alice)?;
///
/// assert!(kernel::crypto::ct_eq(ours.as_bytes(), theirs.as_bytes()));
/// # Ok::<(), Error>(())
/// ```
///
/// [`agree`]: EphemeralKey::agree
pub struct EphemeralKey {
    keyed: Keyed,
    curve: Curve,
    public: KVec<u8>,
}

impl EphemeralKey {
    /// Makes a key pair from the kernel's random numbers.
    ///
    /// Calls `crypto_kpp_set_secret()` and `crypto_kpp_generate_public_key()`.
    ///
    /// # Errors
    ///
    /// - Those of an [allocation](super#allocation).
    /// - Those of [`rng::fill`](super::rng::fill).
    /// - `EINVAL`: no number in the range of the curve was drawn, time and again.
    /// - `EAGAIN`: in FIPS mode, the public key did not pass the check of SP 800-56A, section
    ///   5.6.2.1.3.
    /// - What else a driver of hardware may return.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::kpp::{Curve, EphemeralKey};
    ///
    /// let key = EphemeralKey::generate(Curve::P384)?;
    /// assert_eq!(key.public_key().len(), 97);
    /// assert_eq!(key.public_key().first(), Some(&0x04));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn generate(curve: Curve) -> Result<Self> {
        let mut tfm = Tfm::new(curve.name())?;
        let mut drawn = Err(EINVAL);

        // The kernel draws as many bits as the order of the curve has, and gives `EINVAL` for a
        // number beyond it. With P-256 that happens once in 2^32 times.
        for _ in 0..DRAWS {
            drawn = set_private(&mut tfm, &[]);
            if drawn != Err(EINVAL) {
                break;
            }
        }
        drawn?;

        Self::with_private_key(curve, tfm)
    }

    /// Makes a key pair from a known private key, a big-endian number.
    ///
    /// Meant for test vectors: a key exchange should [`generate`] its key.
    ///
    /// Calls `crypto_ecdh_encode_key()`, `crypto_kpp_set_secret()` and
    /// `crypto_kpp_generate_public_key()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `private` has not [`Curve::size`] bytes, or is not in the range the curve asks
    ///   for.
    /// - Otherwise as for [`generate`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::kpp::{Curve, EphemeralKey};
    ///
    /// // Zero is no private key, and 31 bytes are none for P-256.
    /// assert_eq!(EphemeralKey::from_private(Curve::P256, &[0; 32]).err(), Some(EINVAL));
    /// assert_eq!(EphemeralKey::from_private(Curve::P256, &[1; 31]).err(), Some(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// [`generate`]: EphemeralKey::generate
    pub fn from_private(curve: Curve, private: &[u8]) -> Result<Self> {
        // Not only for its own sake: an empty key would ask for a random one.
        if private.len() != curve.size() {
            return Err(EINVAL);
        }

        let mut tfm = Tfm::new(curve.name())?;
        set_private(&mut tfm, private)?;

        Self::with_private_key(curve, tfm)
    }

    /// Computes the public key of a transformation whose private key has been set.
    fn with_private_key(curve: Curve, tfm: Tfm) -> Result<Self> {
        let mut keyed = Keyed::new(tfm)?;
        let mut point = Buffer::zeroed(2 * curve.size())?;
        let mut public = KVec::with_capacity(curve.point_size(), GFP_KERNEL)?;

        keyed.public_key(&mut point)?;
        public.push(UNCOMPRESSED, GFP_KERNEL)?;
        public.extend_from_slice(point.as_bytes(), GFP_KERNEL)?;

        // INVARIANT: `public` is what the transformation computed.
        Ok(Self {
            keyed,
            curve,
            public,
        })
    }

    /// Returns the name of the implementation that was chosen.
    ///
    /// This corresponds to the C function `crypto_tfm_alg_driver_name()`.
    pub fn driver_name(&self) -> &CStr {
        self.keyed.driver_name()
    }

    /// Returns the curve that the key is on.
    #[inline]
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// Returns the public key as an uncompressed point, `0x04 ‖ X ‖ Y`.
    ///
    /// It has [`Curve::point_size`] bytes. See [`EphemeralKey`] for an example.
    #[inline]
    pub fn public_key(&self) -> &[u8] {
        &self.public
    }

    /// Computes the secret shared with the owner of the public key `peer`: the X coordinate of the
    /// common point, [`Curve::size`] bytes with leading zeroes kept.
    ///
    /// The key is wiped, whatever the result.
    ///
    /// Calls `crypto_kpp_compute_shared_secret()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `peer` has not [`Curve::point_size`] bytes or does not begin with `0x04`.
    /// - `EKEYREJECTED`: `peer` is not a point of the curve, or the common point is the point at
    ///   infinity.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::kpp::{Curve, EphemeralKey};
    ///
    /// let mut peer = [0xab; 65];
    /// let key = EphemeralKey::generate(Curve::P256)?;
    /// assert_eq!(key.agree(&peer).err(), Some(EINVAL));
    ///
    /// peer[0] = 0x04;
    /// let key = EphemeralKey::generate(Curve::P256)?;
    /// assert_eq!(key.agree(&peer).err(), Some(EKEYREJECTED));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn agree(mut self, peer: &[u8]) -> Result<SecretVec> {
        let size = self.curve.size();

        let coordinates = match peer.split_first() {
            Some((&UNCOMPRESSED, coordinates)) if coordinates.len() == 2 * size => coordinates,
            _ => return Err(EINVAL),
        };
        let peer = Buffer::from_slice(coordinates)?;
        let mut shared = Buffer::zeroed(size)?;

        self.keyed.shared_secret(&peer, &mut shared).map_err(|e| {
            // All that is left to be wrong with the arguments is the point: `EINVAL` when it is not
            // on the curve, `EFAULT` when the product is the point at infinity.
            if e == EINVAL || e == EFAULT {
                EKEYREJECTED
            } else {
                e
            }
        })?;

        SecretVec::from_slice(shared.as_bytes(), GFP_KERNEL)
    }
}

impl fmt::Debug for EphemeralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EphemeralKey")
            .field("curve", &self.curve)
            .finish_non_exhaustive()
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_kpp)]
mod tests {
    use super::*;
    use crate::crypto::secret::testing::{
        everywhere,
        hex, //
    };

    /// An exchange with both keys known.
    struct Exchange<const N: usize, const P: usize> {
        i: [u8; N],
        gi: [u8; P],
        r: [u8; N],
        gr: [u8; P],
        gir: [u8; N],
    }

    /// RFC 5903, section 8.1: private and public key of the initiator, of the responder, and their
    /// shared secret.
    static RFC5903_P256: Exchange<32, 65> = Exchange {
        i: hex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"),
        gi: hex("\
             04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb8252d61\
             f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3"),
        r: hex("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53"),
        gr: hex("\
             04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e815\
             7854c13c58d6aac23f046ada30f8353e74f33039872ab"),
        gir: hex("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"),
    };

    /// RFC 5903, section 8.2: private and public key of the initiator, of the responder, and their
    /// shared secret.
    static RFC5903_P384: Exchange<48, 97> = Exchange {
        i: hex("\
             099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef\
             896783ab194"),
        gi: hex("\
             04667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88\
             732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3\
             c2c947dae69b4c634573a81c"),
        r: hex("\
             41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4\
             bd55a7448fc"),
        gr: hex("\
             04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fd\
             a41d0774a3571dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa401\
             42209dff5eaad96db9e6386c"),
        gir: hex("\
             11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d\
             4a270f59746"),
    };

    // The vectors below are Wycheproof's (google-wycheproof 0.9rc5).

    /// From ecdh_secp256r1_ecpoint_test.json: private key, public key of the peer, shared secret.
    static WYCHEPROOF_P256: [([u8; 32], [u8; 65], [u8; 32]); 7] = [
        // tcId 1: normal case.
        (
            hex("0612465c89a023ab17855b0a6bcebfd3febb53aef84138647b5352e02c10c346"),
            hex("\
                 0462d5bd3372af75fe85a040715d0f502428e07046868b0bfdfa61d731afe44f26ac333a93a9e70a8\
                 1cd5a95b5bf8d13990eb741c8c38872b4a07d275a014e30cf"),
            hex("53020d908b0219328b658b525f26780e3ae12bcd952bb25a93bc0895e1714285"),
        ),
        // tcId 3: shared secret has x-coordinate that satisfies x**2 = 0.
        (
            hex("0a0d622a47e48f6bc1038ace438c6f528aa00ad2bd1da5f13ee46bf5f633d71a"),
            hex("\
                 0458fd4168a87795603e2b04390285bdca6e57de6027fe211dd9d25e2212d29e62080d36bd224d740\
                 5509295eed02a17150e03b314f96da37445b0d1d29377d12c"),
            hex("0000000000000000000000000000000000000000000000000000000000000000"),
        ),
        // tcId 4: shared secret has x-coordinate p-3.
        (
            hex("0a0d622a47e48f6bc1038ace438c6f528aa00ad2bd1da5f13ee46bf5f633d71a"),
            hex("\
                 04a1ecc24bf0d0053d23f5fd80ddf1735a1925039dc1176c581a7e795163c8b9ba2cb5a4e4d5109f4\
                 527575e3137b83d79a9bcb3faeff90d2aca2bed71bb523e7e"),
            hex("ffffffff00000001000000000000000000000000fffffffffffffffffffffffc"),
        ),
        // tcId 48: y-coordinate of the public key is small.
        (
            hex("55d55f11bb8da1ea318bca7266f0376662441ea87270aa2077f1b770c4854a48"),
            hex("\
                 047fffffffffffffffffffffffeecf2230ffffffffffffffffffffffffffffffff00000001c7c3064\
                 3abed0af0a49fe352cb483ff9b97dccdf427c658e8793240d"),
            hex("6fd26661851a8de3c6d06f834ef3acb8f2a5f9c136a985ffe10d5eeb51edcfa3"),
        ),
        // tcId 111: edge case for computation of x with projective coordinates.
        (
            hex("e461c5b5e63d75b4c8c123bf8b9cd45e712af08f7e2e494a8f255ac9d80e058b"),
            hex("\
                 04851eb1b8699d1cc01c6b6048139797dab3981c924f9ef81bd1f464c3182c870901285b2ae7cbcab\
                 fd5bccb9441eb3376b491595f60a1ec21dbe9f972bc32abbe"),
            hex("6d03fef6b354840f4642fba1c8fce9f7d1cda8ae27b6ca01510fb44573fdaffb"),
        ),
        // tcId 315: edge case private key.
        (
            hex("0000000000000000000000000000000000000000000000000000000000000003"),
            hex("\
                 0431028f3377fc8f2b1967edaab90213acad0da9f50897f08f57537f78f116744743a1930189363bb\
                 de2ac4cbd1649cdc6f451add71dd2f16a8a867f2b17caa16b"),
            hex("85a0b58519b28e70a694ec5198f72c4bfdabaa30a70f7143b5b1cd7536f716ca"),
        ),
        // tcId 330: CVE-2017-8932.
        (
            hex("2a265f8bcbdcaf94d58519141e578124cb40d64a501fba9c11847b28965bc737"),
            hex("\
                 04023819813ac969847059028ea88a1f30dfbcde03fc791d3a252c6b41211882eaf93e4ae433cc12c\
                 f2a43fc0ef26400c0e125508224cdb649380f25479148a4ad"),
            hex("4d4de80f1534850d261075997e3049321a0864082d24a917863366c0724f5ae3"),
        ),
    ];

    /// From ecdh_secp256r1_ecpoint_test.json: points that are not on the curve.
    static WYCHEPROOF_P256_INVALID: [[u8; 65]; 5] = [
        // tcId 332.
        hex("\
             0400000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             000000000000000000000000000000000000000000000"),
        // tcId 333.
        hex("\
             0400000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             000000000000000000000000000000000000000000001"),
        // tcId 337.
        hex("\
             0400000000000000000000000000000000000000000000000000000000000000010000000000000000000\
             000000000000000000000000000000000000000000001"),
        // tcId 341.
        hex("\
             04ffffffff00000001000000000000000000000000fffffffffffffffffffffffe0000000000000000000\
             000000000000000000000000000000000000000000001"),
        // tcId 347.
        hex("\
             04ffffffff00000001000000000000000000000000ffffffffffffffffffffffffffffffff00000001000\
             000000000000000000000ffffffffffffffffffffffff"),
    ];

    /// From ecdh_secp384r1_ecpoint_test.json: private key, public key of the peer, shared secret.
    static WYCHEPROOF_P384: [([u8; 48], [u8; 97], [u8; 48]); 6] = [
        // tcId 1: normal case.
        (
            hex("\
                 766e61425b2da9f846c09fc3564b93a6f8603b7392c785165bf20da948c49fd1fb1dee4edd64356b9\
                 f21c588b75dfd81"),
            hex("\
                 04790a6e059ef9a5940163183d4a7809135d29791643fc43a2f17ee8bf677ab84f791b64a6be15969\
                 ffa012dd9185d8796d9b954baa8a75e82df711b3b56eadff6b0f668c3b26b4b1aeb308a1fcc1c680d\
                 329a6705025f1c98a0b5e5bfcb163caa"),
            hex("\
                 6461defb95d996b24296f5a1832b34db05ed031114fbe7d98d098f93859866e4de1e229da71fef0c7\
                 7fe49b249190135"),
        ),
        // tcId 3: shared secret has x-coordinate that satisfies x**2 = 0.
        (
            hex("\
                 a2b6442a37f8a3759d2cb91df5eca75b14f5a6766da8035cc1943b15a8e4ebb6025f373be334080f2\
                 2ab821a3535a6a7"),
            hex("\
                 04490e96d17f4c6ceccd45def408cea33e9704a5f1b01a3de2eaaa3409fd160d78d395d6b3b003d71\
                 fd1f590fad95bf1c9d8665efc2070d059aa847125c2f707435955535c7c5df6d6c079ec806dce6b68\
                 49d337140db7ca50616f9456de1323c4"),
            hex("\
                 000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                 000000000000000"),
        ),
        // tcId 4: shared secret has x-coordinate that satisfies x**2 = 4.
        (
            hex("\
                 a2b6442a37f8a3759d2cb91df5eca75b14f5a6766da8035cc1943b15a8e4ebb6025f373be334080f2\
                 2ab821a3535a6a7"),
            hex("\
                 040161328909675213e32098d35a6b8308a8d500cca39dcee5e804e73bdb8deaf06fe417291fd9793\
                 b231ef5fe86945444a97a01f3ae3a8310c4af49b592cb291ef70ee5bc7f5534d3c23dc9eefde23048\
                 42c7737ae937ccf9bd215c28103e9fe2"),
            hex("\
                 000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                 000000000000002"),
        ),
        // tcId 46: y-coordinate of the public key has many trailing 0's.
        (
            hex("\
                 2bc15cf3981eab6102c39f9a925aa1309db59c2c02a54411928d73c3945d157848dc36959efef7495\
                 c8528ea284c1c97"),
            hex("\
                 04000000000000000000000000000000000000000000000000000000001f03123b000000000000000\
                 0000000000000000071bd1e700c34075c3cade8ce29d33724af68a7672b265a4e157055360440ab7c\
                 461b8e9ac8024e63a8b9c17c00000000"),
            hex("\
                 ea817dff44f1944a38444498f1b6c1a70a8b913aa326bc2acc5068805d8ddd7a5e41b8ee5b8371a1c\
                 f3f7a094258e3a6"),
        ),
        // tcId 95: edge case for Jacobian and projective coordinates.
        (
            hex("\
                 938f3dbe37135cd8c8c04182952f6e6f9bfe7a4cff4eacf90612a48865dc43e9b5d230f761d1fc4df\
                 b69be20e84ccc8f"),
            hex("\
                 0487221e1bb91d5b6f6852b8026b4f07fa3feed095f9173896854132a1ef7740205f57a5a8f157ea5\
                 9837b27677e465bc86385be41e0220ccb27e61d1539ac35c0230c1a7085fa1b35a4fccbee2f31c91e\
                 c56ad0e20d718c66e2329e09f96f2ceb"),
            hex("\
                 f722b9e9bc9ae1658fe88be2b585cc97ca6e3ceb0be0b7cf6a948726686d9182045fa7291cb185164\
                 f8e777649242dc4"),
        ),
        // tcId 760: edge case private key.
        (
            hex("\
                 000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                 000000000000003"),
            hex("\
                 04e9dfaaab808b3aac1ccca7cc6242a7ee583249afe8ee8f66b904cc8eec34ad334456e00f33a94de\
                 8b5169cf0199550c020156e9651734ff999c5f3ea62b83d0083a6093f234457251ecf72c41e4df7ce\
                 a2420b5454a7f690034380bac981e92e"),
            hex("\
                 455aea9924330bd6d2d6403478327900e172e93598e254cf6d8eb13f0a3d21be51a46107333844e61\
                 dfa3d80df6928e9"),
        ),
    ];

    /// From ecdh_secp384r1_ecpoint_test.json: points that are not on the curve.
    static WYCHEPROOF_P384_INVALID: [[u8; 97]; 5] = [
        // tcId 773.
        hex("\
             0400000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             0000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             000000000000000000000000"),
        // tcId 774.
        hex("\
             0400000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             0000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             000000000000000000000001"),
        // tcId 778.
        hex("\
             0400000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             0000000000001000000000000000000000000000000000000000000000000000000000000000000000000\
             000000000000000000000001"),
        // tcId 782.
        hex("\
             04fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff00000000000\
             00000fffffffe000000000000000000000000000000000000000000000000000000000000000000000000\
             000000000000000000000001"),
        // tcId 788.
        hex("\
             04fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff00000000000\
             00000fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff\
             0000000000000000ffffffff"),
    ];

    fn exchange<const N: usize, const P: usize>(curve: Curve, v: &Exchange<N, P>) -> Result {
        let i = EphemeralKey::from_private(curve, &v.i)?;
        let r = EphemeralKey::from_private(curve, &v.r)?;

        assert_eq!(i.public_key(), v.gi);
        assert_eq!(r.public_key(), v.gr);
        assert_eq!(i.agree(&v.gr)?.as_bytes(), v.gir);
        assert_eq!(r.agree(&v.gi)?.as_bytes(), v.gir);
        Ok(())
    }

    #[test]
    fn rfc5903() -> Result {
        exchange(Curve::P256, &RFC5903_P256)?;
        exchange(Curve::P384, &RFC5903_P384)
    }

    #[test]
    fn wycheproof() -> Result {
        for (private, peer, shared) in &WYCHEPROOF_P256 {
            let key = EphemeralKey::from_private(Curve::P256, private)?;
            assert_eq!(key.agree(peer)?.as_bytes(), shared);
        }
        for (private, peer, shared) in &WYCHEPROOF_P384 {
            let key = EphemeralKey::from_private(Curve::P384, private)?;
            assert_eq!(key.agree(peer)?.as_bytes(), shared);
        }
        Ok(())
    }

    /// Checks that a fresh key refuses a peer.
    fn refuses(curve: Curve, peer: &[u8], error: Error) -> Result {
        let key = EphemeralKey::generate(curve)?;
        assert_eq!(key.agree(peer).err(), Some(error));
        Ok(())
    }

    #[test]
    fn points_off_the_curve() -> Result {
        for peer in &WYCHEPROOF_P256_INVALID {
            refuses(Curve::P256, peer, EKEYREJECTED)?;
        }
        for peer in &WYCHEPROOF_P384_INVALID {
            refuses(Curve::P384, peer, EKEYREJECTED)?;
        }

        // The point at infinity, as far as this form can express it.
        let mut peer = [0; 65];
        peer[0] = 0x04;
        refuses(Curve::P256, &peer, EKEYREJECTED)?;

        // The sign of Y is free, a single bit of it is not.
        peer.copy_from_slice(&RFC5903_P256.gi);
        peer[64] ^= 1;
        refuses(Curve::P256, &peer, EKEYREJECTED)?;

        // A coordinate beyond the prime of the curve.
        peer[1..33].fill(0xff);
        refuses(Curve::P256, &peer, EKEYREJECTED)
    }

    #[test]
    fn malformed_peers() -> Result {
        let point = &RFC5903_P256.gi;
        for len in [0, 1, 32, 33, 64] {
            refuses(Curve::P256, &point[..len], EINVAL)?;
        }
        refuses(Curve::P384, point, EINVAL)?;
        refuses(Curve::P256, &RFC5903_P384.gi, EINVAL)?;

        let mut long = [0; 66];
        long[..65].copy_from_slice(point);
        refuses(Curve::P256, &long, EINVAL)?;

        let mut other = *point;
        for tag in [0x00, 0x02, 0x03, 0x05, 0x06, 0x07, 0xff] {
            other[0] = tag;
            refuses(Curve::P256, &other, EINVAL)?;
        }
        Ok(())
    }

    #[test]
    fn private_keys_out_of_range() {
        // The order of P-256.
        let order: [u8; 32] =
            hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

        for private in [
            &[][..],
            &[1; 31],
            &[1; 33],
            &[1; 48],
            &[0; 32],
            &[0xff; 32],
            &order,
        ] {
            let key = EphemeralKey::from_private(Curve::P256, private);
            assert_eq!(key.err(), Some(EINVAL));
        }
        let key = EphemeralKey::from_private(Curve::P384, &[0xff; 48]);
        assert_eq!(key.err(), Some(EINVAL));
    }

    #[test]
    fn any_place() -> Result {
        let v = &RFC5903_P256;

        everywhere(32, |private| {
            private.copy_from_slice(&v.i);
            let key = EphemeralKey::from_private(Curve::P256, private)?;
            if key.public_key() == v.gi {
                Ok(())
            } else {
                Err(EBADMSG)
            }
        })?;
        everywhere(65, |peer| {
            peer.copy_from_slice(&v.gr);
            let key = EphemeralKey::from_private(Curve::P256, &v.i)?;
            if key.agree(peer)?.as_bytes() == v.gir {
                Ok(())
            } else {
                Err(EBADMSG)
            }
        })
    }

    #[test]
    fn generated_keys_differ_and_agree() -> Result {
        for curve in [Curve::P256, Curve::P384] {
            let a = EphemeralKey::generate(curve)?;
            let b = EphemeralKey::generate(curve)?;
            assert_eq!(a.curve(), curve);
            assert_eq!(a.public_key().len(), curve.point_size());
            assert!(a.driver_name().to_bytes().starts_with(b"ecdh-nist-p"));
            assert_ne!(a.public_key(), b.public_key());

            let mut of_a = KVec::new();
            of_a.extend_from_slice(a.public_key(), GFP_KERNEL)?;

            // Operands may lie anywhere.
            let mut of_b = VVec::new();
            of_b.extend_from_slice(b.public_key(), GFP_KERNEL)?;

            let shared = a.agree(&of_b)?;
            assert_eq!(shared.len(), curve.size());
            assert!(shared == b.agree(&of_a)?);
        }
        Ok(())
    }
}
