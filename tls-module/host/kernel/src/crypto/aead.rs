// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::aead`.

use super::zeroize;

use crate::error::{
    code::{
        EBADMSG,
        EINVAL,
        EIO,
        EOVERFLOW, //
    },
    Result, //
};

use aws_lc_rs::aead;
use ccm::{
    aead::{
        array::Array,
        AeadInOut,
        KeyInit, //
    },
    consts::{
        U12,
        U16, //
    },
    Ccm, //
};
use core::{
    ffi::CStr,
    fmt, //
};

/// Bytes of a nonce.
pub const NONCE_SIZE: usize = 12;

/// Bytes of a tag.
pub const TAG_SIZE: usize = 16;

/// An algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AeadAlgorithm {
    /// AES-GCM with a key of 128 bits.
    Aes128Gcm,
    /// AES-GCM with a key of 256 bits.
    Aes256Gcm,
    /// AES-CCM with a key of 128 bits and a tag of 16 bytes.
    Aes128Ccm,
    /// ChaCha20-Poly1305 of RFC 8439.
    ChaCha20Poly1305,
}

impl AeadAlgorithm {
    /// Bytes of a key.
    pub const fn key_size(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Ccm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }

    /// The kernel's name of it.
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => c"gcm(aes)",
            Self::Aes128Ccm => c"ccm(aes)",
            Self::ChaCha20Poly1305 => c"rfc7539(chacha20,poly1305)",
        }
    }
}

enum Key {
    Library(aead::LessSafeKey),
    Ccm(std::boxed::Box<Ccm<aes::Aes128, U16, U12>>),
}

/// An AEAD with its key.
pub struct Aead {
    alg: AeadAlgorithm,
    key: Key,
}

impl Aead {
    /// Makes one with its key; [`EINVAL`] if the key has the wrong length.
    pub fn new(alg: AeadAlgorithm, key: &[u8]) -> Result<Self> {
        let library = match alg {
            AeadAlgorithm::Aes128Gcm => &aead::AES_128_GCM,
            AeadAlgorithm::Aes256Gcm => &aead::AES_256_GCM,
            AeadAlgorithm::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
            AeadAlgorithm::Aes128Ccm => {
                let key = Ccm::new_from_slice(key).map_err(|_| EINVAL)?;

                return Ok(Self {
                    alg,
                    key: Key::Ccm(std::boxed::Box::new(key)),
                });
            }
        };
        let key = aead::UnboundKey::new(library, key).map_err(|_| EINVAL)?;

        Ok(Self {
            alg,
            key: Key::Library(aead::LessSafeKey::new(key)),
        })
    }

    /// Changes the key.
    pub fn set_key(&mut self, key: &[u8]) -> Result {
        *self = Self::new(self.alg, key)?;
        Ok(())
    }

    /// Lends the value to one user alone.
    pub fn exclusive(&mut self) -> Exclusive<'_> {
        Exclusive(self)
    }

    /// Seals the text in `buf`, all but whose last [`TAG_SIZE`] bytes are text; the tag goes there.
    pub fn seal_in_place(&self, nonce: &[u8; NONCE_SIZE], aad: &[u8], buf: &mut [u8]) -> Result {
        check(aad, buf)?;

        let (text, tag) = buf.split_at_mut(buf.len() - TAG_SIZE);

        match &self.key {
            Key::Library(key) => {
                let nonce = aead::Nonce::assume_unique_for_key(*nonce);
                let new = key
                    .seal_in_place_separate_tag(nonce, aead::Aad::from(aad), text)
                    .map_err(|_| EIO)?;

                tag.copy_from_slice(new.as_ref());
            }
            Key::Ccm(key) => {
                let new = key
                    .encrypt_inout_detached(&Array(*nonce), aad, text.into())
                    .map_err(|_| EINVAL)?;

                tag.copy_from_slice(&new);
            }
        }
        Ok(())
    }

    /// Opens what is in `buf`, the last [`TAG_SIZE`] bytes of which are the tag, and returns the
    /// text; [`EBADMSG`] if it is forged, and then `buf` is zeroed.
    pub fn open_in_place<'a>(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        buf: &'a mut [u8],
    ) -> Result<&'a mut [u8]> {
        check(aad, buf)?;

        let len = buf.len() - TAG_SIZE;
        let opened = match &self.key {
            Key::Library(key) => {
                let nonce = aead::Nonce::assume_unique_for_key(*nonce);

                key.open_in_place(nonce, aead::Aad::from(aad), buf).is_ok()
            }
            Key::Ccm(key) => {
                let (text, tag) = buf.split_at_mut(len);
                let mut copy = [0; TAG_SIZE];

                copy.copy_from_slice(tag);
                key.decrypt_inout_detached(&Array(*nonce), aad, text.into(), &Array(copy))
                    .is_ok()
            }
        };

        if !opened {
            zeroize(buf);
            return Err(EBADMSG);
        }
        buf.get_mut(..len).ok_or(EINVAL)
    }
}

/// An [`Aead`] that is lent to one user alone.
pub struct Exclusive<'a>(&'a mut Aead);

impl Exclusive<'_> {
    /// What [`Aead::seal_in_place`] does.
    pub fn seal_in_place(
        &mut self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        buf: &mut [u8],
    ) -> Result {
        self.0.seal_in_place(nonce, aad, buf)
    }

    /// What [`Aead::open_in_place`] does.
    pub fn open_in_place<'b>(
        &mut self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        buf: &'b mut [u8],
    ) -> Result<&'b mut [u8]> {
        self.0.open_in_place(nonce, aad, buf)
    }
}

fn check(aad: &[u8], buf: &[u8]) -> Result {
    if buf.len() < TAG_SIZE {
        return Err(EINVAL);
    }
    u32::try_from(aad.len()).map_err(|_| EOVERFLOW)?;
    u32::try_from(buf.len()).map_err(|_| EOVERFLOW)?;
    Ok(())
}

impl fmt::Debug for Aead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Aead").field(&self.alg).finish()
    }
}
