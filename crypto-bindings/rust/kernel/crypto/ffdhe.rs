// SPDX-License-Identifier: GPL-2.0

//! Finite-field Diffie-Hellman over the groups of RFC 7919.
//!
//! An [`EphemeralKey`] is made, its public part sent to the peer, and then used up by the
//! agreement, as one on a curve is; see [`kpp`](super::kpp).
//!
//! Numbers are big-endian and as long as the prime of the group, with leading zeroes kept: public
//! keys as in RFC 8446, section 4.2.8.1, shared secrets as in section 7.4.1.
//!
//! The C side does not compute in constant time: how long it takes tells something of the private
//! key. A key that is used once gives little of that away. Where there is a choice, curves are
//! safer as well as quicker.
//!
//! All operations may sleep and must be called from process context.
//!
//! C headers: [`include/crypto/kpp.h`](srctree/include/crypto/kpp.h),
//! [`include/crypto/dh.h`](srctree/include/crypto/dh.h)
//!
//! # Examples
//!
//! ```
//! use kernel::crypto::ffdhe::{
//!     EphemeralKey,
//!     Group, //
//! };
//!
//! let alice = EphemeralKey::generate(Group::Ffdhe2048)?;
//! let bob = EphemeralKey::generate(Group::Ffdhe2048)?;
//!
//! let mut to_alice = [0; 256];
//! to_alice.copy_from_slice(bob.public_key());
//!
//! let theirs = bob.agree(alice.public_key())?;
//! let ours = alice.agree(&to_alice)?;
//! assert!(ours == theirs);
//! # Ok::<(), Error>(())
//! ```

use super::{
    kpp::{
        Buffer,
        Keyed,
        Tfm, //
    },
    secret::SecretVec, //
};
use crate::{
    bindings,
    error::to_result,
    ffi,
    fmt,
    prelude::*,
    str::CStr, //
};

/// The digits of e, the base of the natural logarithm, that the largest prime has: those before the
/// binary point and 8062 behind it.
const E: &[u8; 1008] = b"\
    \xad\xf8\x54\x58\xa2\xbb\x4a\x9a\xaf\xdc\x56\x20\x27\x3d\x3c\xf1\xd8\xb9\xc5\x83\xce\x2d\x36\
    \x95\xa9\xe1\x36\x41\x14\x64\x33\xfb\xcc\x93\x9d\xce\x24\x9b\x3e\xf9\x7d\x2f\xe3\x63\x63\x0c\
    \x75\xd8\xf6\x81\xb2\x02\xae\xc4\x61\x7a\xd3\xdf\x1e\xd5\xd5\xfd\x65\x61\x24\x33\xf5\x1f\x5f\
    \x06\x6e\xd0\x85\x63\x65\x55\x3d\xed\x1a\xf3\xb5\x57\x13\x5e\x7f\x57\xc9\x35\x98\x4f\x0c\x70\
    \xe0\xe6\x8b\x77\xe2\xa6\x89\xda\xf3\xef\xe8\x72\x1d\xf1\x58\xa1\x36\xad\xe7\x35\x30\xac\xca\
    \x4f\x48\x3a\x79\x7a\xbc\x0a\xb1\x82\xb3\x24\xfb\x61\xd1\x08\xa9\x4b\xb2\xc8\xe3\xfb\xb9\x6a\
    \xda\xb7\x60\xd7\xf4\x68\x1d\x4f\x42\xa3\xde\x39\x4d\xf4\xae\x56\xed\xe7\x63\x72\xbb\x19\x0b\
    \x07\xa7\xc8\xee\x0a\x6d\x70\x9e\x02\xfc\xe1\xcd\xf7\xe2\xec\xc0\x34\x04\xcd\x28\x34\x2f\x61\
    \x91\x72\xfe\x9c\xe9\x85\x83\xff\x8e\x4f\x12\x32\xee\xf2\x81\x83\xc3\xfe\x3b\x1b\x4c\x6f\xad\
    \x73\x3b\xb5\xfc\xbc\x2e\xc2\x20\x05\xc5\x8e\xf1\x83\x7d\x16\x83\xb2\xc6\xf3\x4a\x26\xc1\xb2\
    \xef\xfa\x88\x6b\x42\x38\x61\x1f\xcf\xdc\xde\x35\x5b\x3b\x65\x19\x03\x5b\xbc\x34\xf4\xde\xf9\
    \x9c\x02\x38\x61\xb4\x6f\xc9\xd6\xe6\xc9\x07\x7a\xd9\x1d\x26\x91\xf7\xf7\xee\x59\x8c\xb0\xfa\
    \xc1\x86\xd9\x1c\xae\xfe\x13\x09\x85\x13\x92\x70\xb4\x13\x0c\x93\xbc\x43\x79\x44\xf4\xfd\x44\
    \x52\xe2\xd7\x4d\xd3\x64\xf2\xe2\x1e\x71\xf5\x4b\xff\x5c\xae\x82\xab\x9c\x9d\xf6\x9e\xe8\x6d\
    \x2b\xc5\x22\x36\x3a\x0d\xab\xc5\x21\x97\x9b\x0d\xea\xda\x1d\xbf\x9a\x42\xd5\xc4\x48\x4e\x0a\
    \xbc\xd0\x6b\xfa\x53\xdd\xef\x3c\x1b\x20\xee\x3f\xd5\x9d\x7c\x25\xe4\x1d\x2b\x66\x9e\x1e\xf1\
    \x6e\x6f\x52\xc3\x16\x4d\xf4\xfb\x79\x30\xe9\xe4\xe5\x88\x57\xb6\xac\x7d\x5f\x42\xd6\x9f\x6d\
    \x18\x77\x63\xcf\x1d\x55\x03\x40\x04\x87\xf5\x5b\xa5\x7e\x31\xcc\x7a\x71\x35\xc8\x86\xef\xb4\
    \x31\x8a\xed\x6a\x1e\x01\x2d\x9e\x68\x32\xa9\x07\x60\x0a\x91\x81\x30\xc4\x6d\xc7\x78\xf9\x71\
    \xad\x00\x38\x09\x29\x99\xa3\x33\xcb\x8b\x7a\x1a\x1d\xb9\x3d\x71\x40\x00\x3c\x2a\x4e\xce\xa9\
    \xf9\x8d\x0a\xcc\x0a\x82\x91\xcd\xce\xc9\x7d\xcf\x8e\xc9\xb5\x5a\x7f\x88\xa4\x6b\x4d\xb5\xa8\
    \x51\xf4\x41\x82\xe1\xc6\x8a\x00\x7e\x5e\x0d\xd9\x02\x0b\xfd\x64\xb6\x45\x03\x6c\x7a\x4e\x67\
    \x7d\x2c\x38\x53\x2a\x3a\x23\xba\x44\x42\xca\xf5\x3e\xa6\x3b\xb4\x54\x32\x9b\x76\x24\xc8\x91\
    \x7b\xdd\x64\xb1\xc0\xfd\x4c\xb3\x8e\x8c\x33\x4c\x70\x1c\x3a\xcd\xad\x06\x57\xfc\xcf\xec\x71\
    \x9b\x1f\x5c\x3e\x4e\x46\x04\x1f\x38\x81\x47\xfb\x4c\xfd\xb4\x77\xa5\x24\x71\xf7\xa9\xa9\x69\
    \x10\xb8\x55\x32\x2e\xdb\x63\x40\xd8\xa0\x0e\xf0\x92\x35\x05\x11\xe3\x0a\xbe\xc1\xff\xf9\xe3\
    \xa2\x6e\x7f\xb2\x9f\x8c\x18\x30\x23\xc3\x58\x7e\x38\xda\x00\x77\xd9\xb4\x76\x3e\x4e\x4b\x94\
    \xb2\xbb\xc1\x94\xc6\x65\x1e\x77\xca\xf9\x92\xee\xaa\xc0\x23\x2a\x28\x1b\xf6\xb3\xa7\x39\xc1\
    \x22\x61\x16\x82\x0a\xe8\xdb\x58\x47\xa6\x7c\xbe\xf9\xc9\x09\x1b\x46\x2d\x53\x8c\xd7\x2b\x03\
    \x74\x6a\xe7\x7f\x5e\x62\x29\x2c\x31\x15\x62\xa8\x46\x50\x5d\xc8\x2d\xb8\x54\x33\x8a\xe4\x9f\
    \x52\x35\xc9\x5b\x91\x17\x8c\xcf\x2d\xd5\xca\xce\xf4\x03\xec\x9d\x18\x10\xc6\x27\x2b\x04\x5b\
    \x3b\x71\xf9\xdc\x6b\x80\xd6\x3f\xdd\x4a\x8e\x9a\xdb\x1e\x69\x62\xa6\x95\x26\xd4\x31\x61\xc1\
    \xa4\x1d\x57\x0d\x79\x38\xda\xd4\xa4\x0e\x32\x9c\xcf\xf4\x6a\xaa\x36\xad\x00\x4c\xf6\x00\xc8\
    \x38\x1e\x42\x5a\x31\xd9\x51\xae\x64\xfd\xb2\x3f\xce\xc9\x50\x9d\x43\x68\x7f\xeb\x69\xed\xd1\
    \xcc\x5e\x0b\x8c\xc3\xbd\xf6\x4b\x10\xef\x86\xb6\x31\x42\xa3\xab\x88\x29\x55\x5b\x2f\x74\x7c\
    \x93\x26\x65\xcb\x2c\x0f\x1c\xc0\x1b\xd7\x02\x29\x38\x88\x39\xd2\xaf\x05\xe4\x54\x50\x4a\xc7\
    \x8b\x75\x82\x82\x28\x46\xc0\xba\x35\xc3\x5f\x5c\x59\x16\x0c\xc0\x46\xfd\x82\x51\x54\x1f\xc6\
    \x8c\x9c\x86\xb0\x22\xbb\x70\x99\x87\x6a\x46\x0e\x74\x51\xa8\xa9\x31\x09\x70\x3f\xee\x1c\x21\
    \x7e\x6c\x38\x26\xe5\x2c\x51\xaa\x69\x1e\x0e\x42\x3c\xfc\x99\xe9\xe3\x16\x50\xc1\x21\x7b\x62\
    \x48\x16\xcd\xad\x9a\x95\xf9\xd5\xb8\x01\x94\x88\xd9\xc0\xa0\xa1\xfe\x30\x75\xa5\x77\xe2\x31\
    \x83\xf8\x1d\x4a\x3f\x2f\xa4\x57\x1e\xfc\x8c\xe0\xba\x8a\x4f\xe8\xb6\x85\x5d\xfe\x72\xb0\xa6\
    \x6e\xde\xd2\xfb\xab\xfb\xe5\x8a\x30\xfa\xfa\xbe\x1c\x5d\x71\xa8\x7e\x2f\x74\x1e\xf8\xc1\xfe\
    \x86\xfe\xa6\xbb\xfd\xe5\x30\x67\x7f\x0d\x97\xd1\x1d\x49\xf7\xa8\x44\x3d\x08\x22\xe5\x06\xa9\
    \xf4\x61\x4e\x01\x1e\x2a\x94\x83\x8f\xf8\x8c\xd6\x8c\x8b\xb7\xc5\x1e\xef\x6d";

/// Returns the largest public key there is, p - 2.
///
/// For `b` bits, RFC 7919, appendix A has p = 2^b - 2^(b-64) + {[2^(b-130) e] + x} * 2^64 - 1, `x`
/// being the first number that makes both p and (p - 1) / 2 prime.
const fn largest<const N: usize>(x: u32) -> [u8; N] {
    // Bits of one at both ends, of 64 each. The 1 that is taken from the end is taken from `x` too.
    let mut number = [0xff; N];
    let mut carry = x - 1;
    let mut i = N - 8;

    while i > 8 {
        i -= 1;
        // CAST: It is the last byte of the sum, the others are carried.
        let sum = E[i - 8] as u32 + (carry & 0xff);
        number[i] = sum as u8;
        carry = (carry >> 8) + (sum >> 8);
    }
    assert!(carry == 0, "the number is too large");

    number[N - 1] = 0xfd;
    number
}

// From the same appendix, sections 1 to 5.
static LARGEST_2048: [u8; 256] = largest(560316);
static LARGEST_3072: [u8; 384] = largest(2625351);
static LARGEST_4096: [u8; 512] = largest(5736041);
static LARGEST_6144: [u8; 768] = largest(15705020);
static LARGEST_8192: [u8; 1024] = largest(10965728);

/// A group of RFC 7919.
///
/// # Examples
///
/// ```
/// use kernel::crypto::ffdhe::Group;
///
/// assert_eq!(Group::Ffdhe3072.size(), 384);
/// assert_eq!(Group::Ffdhe3072.name(), c"ffdhe3072(dh)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// The group with a prime of 2048 bits.
    Ffdhe2048,
    /// The group with a prime of 3072 bits.
    Ffdhe3072,
    /// The group with a prime of 4096 bits.
    Ffdhe4096,
    /// The group with a prime of 6144 bits.
    Ffdhe6144,
    /// The group with a prime of 8192 bits.
    Ffdhe8192,
}

impl Group {
    /// Returns the number of bytes in the prime, in a public key and in a shared secret.
    #[inline]
    pub const fn size(self) -> usize {
        self.largest().len()
    }

    /// Returns the name of the algorithm in the kernel's cryptographic API.
    #[inline]
    pub const fn name(self) -> &'static CStr {
        match self {
            Group::Ffdhe2048 => c"ffdhe2048(dh)",
            Group::Ffdhe3072 => c"ffdhe3072(dh)",
            Group::Ffdhe4096 => c"ffdhe4096(dh)",
            Group::Ffdhe6144 => c"ffdhe6144(dh)",
            Group::Ffdhe8192 => c"ffdhe8192(dh)",
        }
    }

    /// Returns the largest public key.
    const fn largest(self) -> &'static [u8] {
        match self {
            Group::Ffdhe2048 => &LARGEST_2048,
            Group::Ffdhe3072 => &LARGEST_3072,
            Group::Ffdhe4096 => &LARGEST_4096,
            Group::Ffdhe6144 => &LARGEST_6144,
            Group::Ffdhe8192 => &LARGEST_8192,
        }
    }

    /// Returns whether `public`, which has [`Group::size`] bytes, is a public key: a number from 2
    /// to p - 2.
    ///
    /// The groups have safe primes, so all but these are in subgroups of at least (p - 1) / 2
    /// elements (RFC 7919, section 5.1).
    fn has(self, public: &[u8]) -> bool {
        let more_than_one = match public.split_last() {
            Some((last, rest)) => *last > 1 || rest.iter().any(|byte| *byte != 0),
            None => false,
        };

        // Numbers of the same length in big endian have the order of their bytes.
        more_than_one && public <= self.largest()
    }
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
/// See the [module](self).
///
/// [`agree`]: EphemeralKey::agree
pub struct EphemeralKey {
    keyed: Keyed,
    group: Group,
    public: Buffer,
}

impl EphemeralKey {
    /// Makes a key pair from the kernel's random numbers.
    ///
    /// The private key has at least twice as many bits as the strength that is ascribed to the
    /// group (SP 800-56A, section 5.6.1.1.1).
    ///
    /// Calls `crypto_kpp_set_secret()` and `crypto_kpp_generate_public_key()`.
    ///
    /// # Errors
    ///
    /// - Those of an [allocation](super#allocation).
    /// - Those of [`rng::fill`](super::rng::fill).
    /// - `EAGAIN`: in FIPS mode, the public key did not pass the check of SP 800-56A, section
    ///   5.6.2.1.3, or there was no memory for it.
    /// - What else a driver of hardware may return.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::ffdhe::{
    ///     EphemeralKey,
    ///     Group, //
    /// };
    ///
    /// let key = EphemeralKey::generate(Group::Ffdhe2048)?;
    /// assert_eq!(key.public_key().len(), 256);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn generate(group: Group) -> Result<Self> {
        Self::with_private(group, &[])
    }

    /// Makes a key pair from a known private key, a big-endian number.
    ///
    /// Meant for test vectors: a key exchange should [`generate`] its key.
    ///
    /// Calls `crypto_dh_encode_key()`, `crypto_kpp_set_secret()` and
    /// `crypto_kpp_generate_public_key()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `private` is empty, has more than [`Group::size`] bytes, or is a multiple of
    ///   (p - 1) / 2, as zero is: there is no public key that belongs to it.
    /// - Otherwise as for [`generate`].
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::ffdhe::{
    ///     EphemeralKey,
    ///     Group, //
    /// };
    ///
    /// // The generator is 2.
    /// let key = EphemeralKey::from_private(Group::Ffdhe2048, &[3])?;
    /// assert_eq!(key.public_key().last(), Some(&8));
    ///
    /// let key = EphemeralKey::from_private(Group::Ffdhe2048, &[0; 256]);
    /// assert_eq!(key.err(), Some(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// [`generate`]: EphemeralKey::generate
    pub fn from_private(group: Group, private: &[u8]) -> Result<Self> {
        // An empty key would ask for a random one.
        if private.is_empty() || private.len() > group.size() {
            return Err(EINVAL);
        }

        // In FIPS mode C checks the public key, and finds the same wrong with it as below. What it
        // says is what it also says when it lacks the memory for that.
        let key = Self::with_private(group, private).map_err(|e| match e {
            EAGAIN => EINVAL,
            e => e,
        })?;

        if group.has(key.public_key()) {
            Ok(key)
        } else {
            Err(EINVAL)
        }
    }

    fn with_private(group: Group, private: &[u8]) -> Result<Self> {
        let mut tfm = Tfm::new(group.name())?;

        set_private(&mut tfm, private)?;

        let mut keyed = Keyed::new(tfm)?;
        let mut public = Buffer::zeroed(group.size())?;
        keyed.public_key(&mut public)?;

        // INVARIANT: `public` is what the transformation computed.
        Ok(Self {
            keyed,
            group,
            public,
        })
    }

    /// Returns the name of the implementation that was chosen.
    ///
    /// This corresponds to the C function `crypto_tfm_alg_driver_name()`.
    pub fn driver_name(&self) -> &CStr {
        self.keyed.driver_name()
    }

    /// Returns the group that the key is of.
    #[inline]
    pub fn group(&self) -> Group {
        self.group
    }

    /// Returns the public key, of [`Group::size`] bytes.
    ///
    /// See the [module](self) for an example.
    #[inline]
    pub fn public_key(&self) -> &[u8] {
        self.public.as_bytes()
    }

    /// Computes the secret shared with the owner of the public key `peer`, [`Group::size`] bytes
    /// with leading zeroes kept.
    ///
    /// The key is wiped, whatever the result.
    ///
    /// Calls `crypto_kpp_compute_shared_secret()`.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `peer` has not [`Group::size`] bytes.
    /// - `EKEYREJECTED`: `peer` is 0, 1, or more than p - 2. In FIPS mode also if it is not in the
    ///   subgroup of prime order, which the public keys of the generator are in, or if there was no
    ///   memory to hold it: the C side does not tell these apart.
    /// - `ENOMEM`: no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::crypto::ffdhe::{
    ///     EphemeralKey,
    ///     Group, //
    /// };
    ///
    /// // A peer cannot force a secret that all know.
    /// let key = EphemeralKey::generate(Group::Ffdhe2048)?;
    /// assert_eq!(key.agree(&[0; 256]).err(), Some(EKEYREJECTED));
    ///
    /// let key = EphemeralKey::generate(Group::Ffdhe2048)?;
    /// assert_eq!(key.agree(&[7; 255]).err(), Some(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn agree(mut self, peer: &[u8]) -> Result<SecretVec> {
        if peer.len() != self.group.size() {
            return Err(EINVAL);
        }
        if !self.group.has(peer) {
            return Err(EKEYREJECTED);
        }

        let peer = Buffer::from_slice(peer)?;
        let mut shared = Buffer::zeroed(self.group.size())?;

        self.keyed
            .shared_secret(&peer, &mut shared)
            .map_err(|e| match e {
                // The checks of FIPS mode: of the peer's value, and of the shared secret.
                EINVAL | EBADMSG if fips_mode() => EKEYREJECTED,
                // There is nothing wrong with the arguments, so this is what the C side makes of a
                // number that it could not allocate.
                EINVAL => ENOMEM,
                e => e,
            })?;

        SecretVec::from_slice(shared.as_bytes(), GFP_KERNEL)
    }
}

impl fmt::Debug for EphemeralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EphemeralKey")
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}

/// Returns whether the kernel was booted in FIPS mode.
fn fips_mode() -> bool {
    // SAFETY: This reads a number that does not change once the kernel has been booted.
    unsafe { bindings::is_fips_enabled() }
}

/// Sets the private key `private`, of at most as many bytes as the prime has. If it is empty the
/// transformation makes one up.
fn set_private(tfm: &mut Tfm, private: &[u8]) -> Result {
    let params = bindings::dh {
        key: private.as_ptr().cast(),
        key_size: ffi::c_uint::try_from(private.len()).map_err(|_| EINVAL)?,
        // Prime and generator are those of the group.
        ..Default::default()
    };

    // SAFETY: `params` is valid, and the callee only reads it.
    let len = unsafe { bindings::crypto_dh_key_len(&params) };
    let mut packet = SecretVec::zeroed(len as usize, GFP_KERNEL)?;

    // SAFETY: `packet` is valid for writes of `len` bytes, and `params.key` is valid for reads of
    // `params.key_size` bytes. The callee keeps neither. It copies no byte of the prime and of the
    // generator, as their sizes are zero.
    to_result(unsafe {
        bindings::crypto_dh_encode_key(packet.as_mut_bytes().as_mut_ptr().cast(), len, &params)
    })?;

    tfm.set_secret(packet.as_bytes()).map_err(|e| {
        // The packet is right and the key not longer than the prime, so this is what the C side
        // makes of a number that it could not allocate.
        if e == EINVAL {
            ENOMEM
        } else {
            e
        }
    })
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_ffdhe)]
mod tests {
    use super::*;
    use crate::crypto::{
        secret::testing::{
            everywhere,
            hex, //
        },
        shash::{
            Hash,
            HashAlgorithm, //
        }, //
    };
    use Group::*;

    /// Those that are computed with here. The larger ones take seconds, most of it in the
    /// self-tests of the C side, and minutes where the processor is an emulated one.
    const SMALL: [Group; 3] = [Ffdhe2048, Ffdhe3072, Ffdhe4096];

    /// An agreement with all numbers known.
    struct Vector<const N: usize> {
        private: [u8; N],
        public: [u8; N],
        peer: [u8; N],
        shared: [u8; N],
    }

    /// The first vector of `ffdhe2048_dh_tv_template` in `crypto/testmgr.h`.
    static VECTOR_2048: Vector<256> = Vector {
        private: hex("\
            237dd006fd7ae57a08da9831c0b3d585e20d2a915f784ba662d0a635d4ef8639f1db715eb0112eee913aaa\
            f9e3df8d8b4841dee87853c55f93d2790dbe8d83e88f00d2de13180405206ddafa1d0b24523a182be11eae\
            153b0faa0909f60198e9815d6b836e55f15d6f6f0d9da872326360e60bc522e2f94658a21c2ab0d5afe35b\
            03b736b7ba5520087c51d489429c1423e2713e152a0d348adead841115721842430ae25829b3900f56d88a\
            0f0ebc0e9ce7d5e65bbf06643812a58d5b6834dd7548c9a7a3585a1ce1b2c5e33903cfabc21407af5580c7\
            63e403ebe90a2561851d0e81527bbc4a0cc8596aac18fb8c0cb479bda14cbb02c9d513883d25aa7749"),
        public: hex("\
            8bdbc1f7c6baa138956aa1b6045eae5272fcef2d9d71059cd302a9fb550ffac9b43451a328898d9392cbd9\
            b5b966fc6715926f738515e2fc116b978c4b0f12fa8d72769b8f3bfe31be42884cd2b270a6a5e37e730712\
            36aac95c83e1f146414f7c52afdca4e682a38683475a123a0ce3dddb94032a5991a019e5f807dd546a2243\
            b7f374d7b930fe9ce8d1cf064368b9548f54a2e53cf2c34ceed47c5d0eb17b1668b5b37dd411835c7717c4\
            f059767a8340e5d94c76235b176dee4a92684b89a06d238c8031333a12f450a6cb139701b82ce6d238dfd0\
            7fc627190eb207fd1f1b9c1b87f9736a3f7fb0f92f3c199fc98f97210e8ebb1a172015ddc64260ae4d"),
        peer: hex("\
            5c006fdafe4c0cc218ffa9ec7abe8a51646b57f8ede23677c123bf56a64876340ef36805456a985b9e8bc0\
            1129cb5b662dc2eb4cf17d8530aad5f5b8d3621e971e3418f8768c10ca1fe45d62e1be61efaf2c8d9715a5\
            86d5d3126fece2a4b25a351dd491a6ef1309659c45c012ad7fee935dfa89267daeeeea8ca3cf042da0c7d9\
            1462afdfa033d75e83a2e60e0e5d77cee672e4ec9dff729f38951996ba4ce35fb8464a1de9627ba8dce761\
            906bb9d4ad0ba306b370faea2bc42cde4337f68d72f0869abb3b8e7a710330302a5dcd1ee4d30807751717\
            721e776c980d297face7b2eea91c339d0839e1d85be5bc48b2b6dfcda04206ccfbed606fbc57ac0945"),
        shared: hex("\
            f30e647b66d7827eab7e4abe136f433dea4f1f8b9d415671e106960268fa446ee7f226d4014af0282576ad\
            d7e01774fef9e16dd3f7c7dfc062a5f34e1b5c772afb0b87c3de1ec1e0d37ab80202ec9c97fb34a0201023\
            87b29a72e33db21850f36ad3d319c436d559d6d6a75cc3f90933a1f5b94bf30be14f796b45f2ec8be5699f\
            c60501fe3a13fd6dea0383297c7ff5415595de7e62aeaf28db7ca9901eb2b11beff12ede47aaa8929a493d\
            c0e08dbb0c4286af00ceb0ab227ce9beb9722fcf5e5d62522ad1fecca2f340fd01a7540aa1fb1cf244a647\
            305aba2a05ffd06cabebe68ff6d773a30e6c0ecffd8e165de02c1105823c22166c5261cfbbfff806d0"),
    };

    /// The first vector of `ffdhe3072_dh_tv_template` in `crypto/testmgr.h`.
    static VECTOR_3072: Vector<384> = Vector {
        private: hex("\
            6bb49723fac85ea97b63e73e0e99c3b9dab7480dc3b1bf4f17c7a951f664ffc431588725832c00f04129f7\
            eef9e63676d63a24bea7070b93c79f6c750a267576e30c42e0000469d9ec0b5954288fd79a63f45bdf8565\
            c4e195274a42ad3647a90af8141cf3943b7e479935a818ec7010dfcbd27888c12d5993c1a46dd71db9d5f8\
            30067f98900c745e892f645aad5f53b2a3a883bffc37efb8360a5c62816474162f45392a912687c012cc75\
            11a3a1c5ae20cfcb20256b7a31939d38b9577246d4846587f1b5d3abfcc34d4092941ecd1c87ec3fcdbed0\
            956b4002dd62eb0ada4fbe8e32488b6d83a0966223ec839144f97201aca0e4721d5a75055790ae7eb47139\
            0105dce9eecbf0612891698c31037a9215a158673d7082a62cfe105658d39467e1beeec1645c4bc8283dc5\
            663aab22c17ea1bbf3193bda468245d43c7cc6ce1f7f95a217ff88bad64ddbd2eade39d6a51873bb646e79\
            e9dc3f927fda1f4933706573a2d906b81b29291ae0a3e6059aa8c24e7a781d225721c8a38d663e23"),
        public: hex("\
            1b6abaeaa3cc5069a94189af04e144229720d1f61ecb64366fee0b16c1d991be57c8d9f2a19691ec41c779\
            001a482555bef3208c38c67bf28b5ac3b5870a863db7d6ceb0962e5dc4005e42e4e5504fb86f18a4e1d320\
            fc3cf50aff23a65bb4173e7bdfb9b53c1b7629cdb4464f278fd2e82766dbe8b3f5e1d004cd89ffba7667e8\
            4dcf861c8ad1cf9927fba978cc94af3d04fd25c047fa298005f4deaddbab12b02b8eca02066dad3e09b122\
            a3f54c6d6999588bd8452ee0c93cf792ce21906b3b659f64798d67221a37d3ee51e2e75a9351aa3c4b0416\
            32efe366be1894886479ce063fb8d6eedc13796f2014c26bcec8da42a5935be47f1ae6da0fb3c15f305076\
            e8373dca772ca8e43bf96fe017ed0eefb73114b5ead9392289b64057cc84ef73a7e927218589faaf03da9c\
            8bfd527db0a4e4f9d89055c439d69daf3bceacaa36147a9b8b1243e1ca61ae465be7e5883280a02d51bb2f\
            eaeb3c71b2aececa61d276e04546784e092dc254c2a9c7a8558e72a48b8ac901dbe95811a1c4e712"),
        peer: hex("\
            73408bcee86a1c035054423622c61de8e1ef5c89a555c1c41cd74fee5dba6260fe932ffd932c8f70c64717\
            25b295d77d41814d521cbe4d573e265128038f67f522161c67f762cbfda3ee8de0fa159a53be7b9fc0127a\
            fc5e772d6006ba71c5cad726af3bba6fd3c482571926b0167bbd83f2210379ff0a6fc57b0015ad5bf4421f\
            cb7f3d34773cc3e038a54051be6fd9c9779cfc0dc18eef0faa5ea8bb164a3e2655aec1b63efd73f759d2e5\
            4b918e28771e5ae2cdce9235bb1ebbcf7994df31de31a875f6e0aa2ee94f44c8bab9ab8029a1ea582e4096\
            a01af52c3847435d262cd8adead3ade85149ad452b257cdee4af032a3926866610bca871dae0e8f1dd50ff\
            44b2d3c7ff6663f642e3979d9ef4a689b9ab1217f285569c6b247183577d3c7b2b889219d71a00d5389443\
            604da7129e0df65c9ad3e29eb121e8e29ee91e9da59495a63d1215d88bace08cdee64098aa5e554f3d8687\
            0de3c66815e6de177821c86c06c79456b4afa2350b0c97d7a412eef4d2ef8028b3eee9158b013279"),
        shared: hex("\
            478eb21909f046996b4186f734adbf2a181b7deca9b2472f40fb9a643044f34c0167ad575abcd4c8ef7e8a\
            14741d6d8c7bcec5575f95e872badfa3cd00be094c0672e717b0e5e5b720a5cbd96899ad3fdef3de1d1c00\
            74d2d157555dce760cc47ac4657c19170a09667d3aabf7613ae35baccf69b08bee5d2836bb3f74ce6e381e\
            39ab26ca89dc5859cb95e4bcd61948d055687bb427953cd958104f8f551c3f04ce891f8228e94817478fee\
            b78febb129a8231873339f8308cacd546ecaec787b16833fdb0aeffd879419086e6e2257d7d279f9f6ebe0\
            6c939d95fa417aa9d62aa3269b241b8ba0ed04b2e46c4ec43f61e5e04d0928af5835250bd5381869511851\
            737b28199fe469fc2c2508998f626562a528f1f4fb022927b05ebb4ff91aa7c438635b01fe0066e3477721\
            8517d53419d387ab44620859b26b1f210c2384f7ba9267f916856ae0ebe74f06808181289ce82e719748e0\
            d1bccee9422c89df0ba9a1078433787f492f1c55c37fc33740df13f4a021796e3ae3b8239e8a6e9c"),
    };

    fn check<const N: usize>(group: Group, v: &Vector<N>) -> Result {
        let key = EphemeralKey::from_private(group, &v.private)?;

        assert_eq!(key.group(), group);
        assert!(key.public_key() == v.public);
        assert!(key.agree(&v.peer)?.as_bytes() == v.shared);
        Ok(())
    }

    #[test]
    fn vectors() -> Result {
        check(Ffdhe2048, &VECTOR_2048)?;
        check(Ffdhe3072, &VECTOR_3072)
    }

    #[test]
    fn largest_keys() -> Result {
        // SHA-256 of the primes as RFC 7919 prints them, less two.
        let digests: [(Group, [u8; 32]); 5] = [
            (
                Ffdhe2048,
                hex("7c072533500a42ffca79ca3162f9080b28cd217b0dcb6042fb4c9e6be2c27ac2"),
            ),
            (
                Ffdhe3072,
                hex("bb64314e9aa0a8539eaac95d7237de84fdfdb857f9132155ce5cd54a2b247876"),
            ),
            (
                Ffdhe4096,
                hex("7bdff48f6b6df5e8d7e2ec3008608bc3613ba461d73ec318c481e11337e72d84"),
            ),
            (
                Ffdhe6144,
                hex("87d78303210abbabf7b50f27c97cef8273f6916e9378037cba28ac68cc327689"),
            ),
            (
                Ffdhe8192,
                hex("5d5bab2e627ae4f85a4d0b1fe27a2bcbd93a2c023ab6a434a484b9c61e3902d8"),
            ),
        ];
        let hash = Hash::new(HashAlgorithm::Sha256)?;

        for (group, expected) in digests {
            let mut digest = [0; 32];

            hash.digest(group.largest(), &mut digest)?;
            assert_eq!(digest, expected);
        }
        Ok(())
    }

    #[test]
    fn primes() -> Result {
        for group in SMALL {
            let bits = 8 * group.size() as u16;

            // 2^b mod p, which is 2^b - p as the first bit of p is set. So this tells whether the
            // prime here is the one that the C side computes with: the sum has to be all zeroes.
            let key = EphemeralKey::from_private(group, &bits.to_be_bytes())?;
            // The prime is two more than the largest public key, which ends with 0xfd.
            let mut carry = 2;
            for (a, b) in key.public_key().iter().zip(group.largest()).rev() {
                let sum = u16::from(*a) + u16::from(*b) + carry;

                assert_eq!(sum & 0xff, 0);
                carry = sum >> 8;
            }
            assert_eq!(carry, 1);
        }
        Ok(())
    }

    #[test]
    fn refused() -> Result {
        for group in SMALL {
            let size = group.size();
            let mut peer = KVec::from_elem(0, size, GFP_KERNEL)?;
            let refuses = |peer: &[u8], error| -> Result {
                let key = EphemeralKey::from_private(group, &[2])?;
                assert_eq!(key.agree(peer).err(), Some(error));
                Ok(())
            };

            // 0, 1, p - 1, p, and the largest number.
            refuses(&peer, EKEYREJECTED)?;
            peer[size - 1] = 1;
            refuses(&peer, EKEYREJECTED)?;
            peer.copy_from_slice(group.largest());
            peer[size - 1] = 0xfe;
            refuses(&peer, EKEYREJECTED)?;
            peer[size - 1] = 0xff;
            refuses(&peer, EKEYREJECTED)?;
            // Greater in the middle, or just behind it, where the prime has no ones.
            peer[size - 9] = 0xff;
            refuses(&peer, EKEYREJECTED)?;
            peer.fill(0xff);
            refuses(&peer, EKEYREJECTED)?;

            refuses(&[], EINVAL)?;
            refuses(&peer[1..], EINVAL)?;
            peer.fill(0);
            peer.push(2, GFP_KERNEL)?;
            refuses(&peer, EINVAL)?;

            // 2 and p - 2 are the first and the last that are not. Their squares are both 4.
            let key = EphemeralKey::from_private(group, &[2])?;
            let four = key.agree(&peer[1..])?;
            assert_eq!(four.as_bytes().split_last(), Some((&4, &peer[..size - 1])));
            let key = EphemeralKey::from_private(group, &[2])?;
            // In FIPS mode the subgroup is checked, which p - 2 is not in.
            if !fips_mode() {
                assert!(key.agree(group.largest())? == four);
            }
        }
        Ok(())
    }

    #[test]
    fn private_keys() -> Result {
        for private in [&[][..], &[0], &[0; 256], &[1; 257]] {
            let key = EphemeralKey::from_private(Ffdhe2048, private);
            assert_eq!(key.err(), Some(EINVAL));
        }

        // (p - 1) / 2, of which 0 and p - 1 are multiples. The last bit of p - 1 is clear.
        let (mut half, mut carry) = ([0; 256], 0);
        for (to, from) in half.iter_mut().zip(&LARGEST_2048) {
            *to = carry << 7 | from >> 1;
            carry = from & 1;
        }
        half[255] |= 1;
        let key = EphemeralKey::from_private(Ffdhe2048, &half);
        assert_eq!(key.err(), Some(EINVAL));
        Ok(())
    }

    #[test]
    fn leading_zeroes() -> Result {
        // 2^3 and 2^6, whatever the size of the group.
        let key = EphemeralKey::from_private(Ffdhe4096, &[0, 0, 3])?;
        let mut peer = [0; 512];

        peer[511] = 8;
        assert!(key.public_key() == peer);
        peer[511] = 4;
        let shared = key.agree(&peer)?;
        peer[511] = 64;
        assert!(shared.as_bytes() == peer);
        Ok(())
    }

    #[test]
    fn generated() -> Result {
        for group in [Ffdhe2048, Ffdhe3072] {
            let (a, b) = (
                EphemeralKey::generate(group)?,
                EphemeralKey::generate(group)?,
            );
            let mut of_a = VVec::new();

            assert!(a.driver_name().to_bytes().starts_with(b"ffdhe"));
            assert!(a.public_key() != b.public_key());
            assert!(group.has(a.public_key()) && group.has(b.public_key()));
            of_a.extend_from_slice(a.public_key(), GFP_KERNEL)?;

            let shared = a.agree(b.public_key())?;
            assert_eq!(shared.len(), group.size());
            assert!(shared == b.agree(&of_a)?);
        }
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        everywhere(256, |peer| {
            peer.fill(0);
            peer[255] = 3;
            let shared = EphemeralKey::from_private(Ffdhe2048, &[2])?.agree(peer)?;

            // The square of 3.
            peer[255] = 9;
            if shared.as_bytes() != peer {
                return Err(EBADMSG);
            }
            let private = &peer[254..];
            if EphemeralKey::from_private(Ffdhe2048, private)?.public_key()[254..] != [2, 0] {
                return Err(EBADMSG);
            }
            Ok(())
        })
    }
}
