// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::shash`.

use crate::{
    alloc::Flags,
    error::{
        code::{
            EINVAL,
            ENOENT,
            EOVERFLOW, //
        },
        Result, //
    },
    sync::Arc, //
};

use aws_lc_rs::{
    digest,
    hmac, //
};

use core::{
    ffi::CStr,
    fmt, //
};

/// The longest digest.
pub const MAX_DIGEST_SIZE: usize = 64;

/// A hash algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// Bytes of a digest.
    pub const fn digest_size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Bytes of a block.
    pub const fn block_size(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }

    /// The kernel's name of it.
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::Sha256 => c"sha256",
            Self::Sha384 => c"sha384",
            Self::Sha512 => c"sha512",
        }
    }

    /// The kernel's name of its HMAC.
    pub const fn hmac_name(self) -> &'static CStr {
        match self {
            Self::Sha256 => c"hmac(sha256)",
            Self::Sha384 => c"hmac(sha384)",
            Self::Sha512 => c"hmac(sha512)",
        }
    }

    pub(crate) fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

fn check_len(data: &[u8]) -> Result {
    u32::try_from(data.len()).map_err(|_| EOVERFLOW)?;
    Ok(())
}

/// An unkeyed hash.
pub struct Hash(HashAlgorithm);

impl Hash {
    /// Makes one.
    pub fn new(alg: HashAlgorithm) -> Result<Self> {
        Ok(Self(alg))
    }

    /// Makes one by its name; [`EINVAL`] if it needs a key.
    pub fn by_name(name: &CStr) -> Result<Self> {
        match name.to_bytes() {
            b"sha256" => Ok(Self(HashAlgorithm::Sha256)),
            b"sha384" => Ok(Self(HashAlgorithm::Sha384)),
            b"sha512" => Ok(Self(HashAlgorithm::Sha512)),
            name if name.starts_with(b"hmac(") => Err(EINVAL),
            _ => Err(ENOENT),
        }
    }

    /// Bytes of a digest.
    pub fn digest_size(&self) -> usize {
        self.0.digest_size()
    }

    /// Bytes of a block.
    pub fn block_size(&self) -> usize {
        self.0.block_size()
    }

    /// What does the work.
    pub fn driver_name(&self) -> &CStr {
        self.0.name()
    }

    /// Hashes `data`.
    pub fn digest(&self, data: &[u8], out: &mut [u8]) -> Result {
        self.digest_parts(&[data], out)
    }

    /// Hashes the parts, one after the other.
    pub fn digest_parts(&self, parts: &[&[u8]], out: &mut [u8]) -> Result {
        digest_parts(self, parts, out)
    }

    /// Hashes what `add` adds.
    pub fn digest_with(
        &self,
        out: &mut [u8],
        add: impl FnOnce(&mut OnStack<'_>) -> Result,
    ) -> Result {
        digest_with(self, out, add)
    }
}

/// A keyed hash: HMAC.
pub struct Mac {
    alg: HashAlgorithm,
    key: hmac::Key,
}

impl Mac {
    /// Makes one with its key.
    pub fn new(alg: HashAlgorithm, key: &[u8]) -> Result<Self> {
        check_len(key)?;
        Ok(Self {
            alg,
            key: hmac::Key::new(alg.hmac(), key),
        })
    }

    /// Changes the key.
    pub fn set_key(&mut self, key: &[u8]) -> Result {
        *self = Self::new(self.alg, key)?;
        Ok(())
    }

    /// Bytes of a digest.
    pub fn digest_size(&self) -> usize {
        self.alg.digest_size()
    }

    /// Authenticates `data`.
    pub fn digest(&self, data: &[u8], out: &mut [u8]) -> Result {
        self.digest_parts(&[data], out)
    }

    /// Authenticates the parts, one after the other.
    pub fn digest_parts(&self, parts: &[&[u8]], out: &mut [u8]) -> Result {
        digest_parts(self, parts, out)
    }

    /// Authenticates what `add` adds.
    pub fn digest_with(
        &self,
        out: &mut [u8],
        add: impl FnOnce(&mut OnStack<'_>) -> Result,
    ) -> Result {
        digest_with(self, out, add)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mac").field(&self.alg).finish()
    }
}

/// A hash under way, to be added to.
pub struct OnStack<'a>(&'a mut State);

impl OnStack<'_> {
    /// Takes in `data`.
    pub fn update(&mut self, data: &[u8]) -> Result {
        check_len(data)?;
        self.0.update(data);
        Ok(())
    }
}

fn digest_with<T: Handle>(
    handle: T,
    out: &mut [u8],
    add: impl FnOnce(&mut OnStack<'_>) -> Result,
) -> Result {
    if out.len() != handle.size() {
        return Err(EINVAL);
    }

    let mut state = handle.start();

    add(&mut OnStack(&mut state))?;
    state.finish(out);
    Ok(())
}

fn digest_parts<T: Handle>(handle: T, parts: &[&[u8]], out: &mut [u8]) -> Result {
    digest_with(handle, out, |hash| {
        parts.iter().try_for_each(|part| hash.update(part))
    })
}

mod private {
    use super::*;

    #[derive(Clone)]
    pub enum State {
        Hash(digest::Context),
        Mac(Box<hmac::Context>),
    }

    impl State {
        pub fn update(&mut self, data: &[u8]) {
            match self {
                Self::Hash(context) => context.update(data),
                Self::Mac(context) => context.update(data),
            }
        }

        pub fn finish(self, out: &mut [u8]) {
            match self {
                Self::Hash(context) => out.copy_from_slice(context.finish().as_ref()),
                Self::Mac(context) => out.copy_from_slice(context.sign().as_ref()),
            }
        }
    }

    pub trait Start {
        fn start(&self) -> State;
        fn size(&self) -> usize;
    }
}

use private::{
    Start,
    State, //
};

impl Start for Hash {
    fn start(&self) -> State {
        State::Hash(digest::Context::new(self.0.digest()))
    }

    fn size(&self) -> usize {
        self.digest_size()
    }
}

impl Start for Mac {
    fn start(&self) -> State {
        State::Mac(Box::new(hmac::Context::with_key(&self.key)))
    }

    fn size(&self) -> usize {
        self.digest_size()
    }
}

impl<T: Start> Start for &T {
    fn start(&self) -> State {
        (**self).start()
    }

    fn size(&self) -> usize {
        (**self).size()
    }
}

impl<T: Start> Start for Arc<T> {
    fn start(&self) -> State {
        (**self).start()
    }

    fn size(&self) -> usize {
        (**self).size()
    }
}

/// What a running hash runs on: a reference to a [`Hash`] or a [`Mac`].
///
/// In the kernel it is an unsafe trait; here it is sealed.
pub trait Handle: Start {}

impl Handle for &Hash {}
impl Handle for &Mac {}
impl Handle for Arc<Hash> {}
impl Handle for Arc<Mac> {}

/// A running hash.
pub struct Running<T: Handle> {
    handle: T,
    state: State,
}

impl<T: Handle> Running<T> {
    /// Begins.
    pub fn new(handle: T, _flags: Flags) -> Result<Self> {
        crate::alloc::charge(256)?;

        let state = handle.start();

        Ok(Self { handle, state })
    }

    /// Takes in `data`.
    pub fn update(&mut self, data: &[u8]) -> Result {
        check_len(data)?;
        self.state.update(data);
        Ok(())
    }

    /// A second running hash, in the same state.
    pub fn fork(&self, _flags: Flags) -> Result<Self>
    where
        T: Clone,
    {
        crate::alloc::charge(256)?;
        Ok(Self {
            handle: self.handle.clone(),
            state: self.state.clone(),
        })
    }

    /// Ends.
    pub fn finish(self, out: &mut [u8]) -> Result {
        if out.len() != self.handle.size() {
            return Err(EINVAL);
        }
        self.state.finish(out);
        Ok(())
    }

    /// The digest so far.
    pub fn snapshot(&self, out: &mut [u8]) -> Result {
        if out.len() != self.handle.size() {
            return Err(EINVAL);
        }
        self.state.clone().finish(out);
        Ok(())
    }
}

impl<T: Handle> fmt::Debug for Running<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Running")
    }
}
