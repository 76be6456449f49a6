// SPDX-License-Identifier: GPL-2.0

//! Stand-in for `kernel::crypto::skcipher`: the algorithms that the header protection of QUIC takes.

use crate::error::{
    code::{
        EINVAL,
        EOVERFLOW, //
    },
    Result, //
};

use aes::cipher::{
    array::Array,
    BlockCipherDecrypt,
    BlockCipherEncrypt,
    KeyInit,
    KeyIvInit,
    StreamCipherCore, //
};
use chacha20::{
    variants::Ietf,
    ChaChaCore,
    R20, //
};
use core::{
    ffi::CStr,
    fmt, //
};

/// Bytes of a block of AES.
const AES_BLOCK_SIZE: usize = 16;

/// Bytes of a block of ChaCha20.
const CHACHA_BLOCK_SIZE: usize = 64;

/// An algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SkcipherAlgorithm {
    /// AES-128, each block by itself.
    Aes128Ecb,
    /// AES-256, each block by itself.
    Aes256Ecb,
    /// ChaCha20 of RFC 8439.
    ChaCha20,
}

impl SkcipherAlgorithm {
    /// Bytes of a key.
    pub const fn key_size(self) -> usize {
        match self {
            Self::Aes128Ecb => 16,
            Self::Aes256Ecb | Self::ChaCha20 => 32,
        }
    }

    /// Bytes of an initialisation vector.
    pub const fn iv_size(self) -> usize {
        match self {
            Self::Aes128Ecb | Self::Aes256Ecb => 0,
            Self::ChaCha20 => 16,
        }
    }

    /// The kernel's name of it.
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::Aes128Ecb | Self::Aes256Ecb => c"ecb(aes)",
            Self::ChaCha20 => c"chacha20",
        }
    }
}

enum Key {
    Aes128(std::boxed::Box<aes::Aes128>),
    Aes256(std::boxed::Box<aes::Aes256>),
    ChaCha20(super::Secret<32>),
}

/// A cipher with its key.
pub struct Skcipher {
    alg: SkcipherAlgorithm,
    key: Key,
}

impl Skcipher {
    /// Makes one with its key; [`EINVAL`] if the key has the wrong length.
    pub fn new(alg: SkcipherAlgorithm, key: &[u8]) -> Result<Self> {
        let key = match alg {
            SkcipherAlgorithm::Aes128Ecb => {
                let key = aes::Aes128::new_from_slice(key).map_err(|_| EINVAL)?;

                Key::Aes128(std::boxed::Box::new(key))
            }
            SkcipherAlgorithm::Aes256Ecb => {
                let key = aes::Aes256::new_from_slice(key).map_err(|_| EINVAL)?;

                Key::Aes256(std::boxed::Box::new(key))
            }
            SkcipherAlgorithm::ChaCha20 => Key::ChaCha20(super::Secret::from_slice(key)?),
        };

        Ok(Self { alg, key })
    }

    /// Changes the key.
    pub fn set_key(&mut self, key: &[u8]) -> Result {
        *self = Self::new(self.alg, key)?;
        Ok(())
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Option<SkcipherAlgorithm> {
        Some(self.alg)
    }

    /// Bytes of an initialisation vector.
    pub fn iv_size(&self) -> usize {
        self.alg.iv_size()
    }

    /// Encrypts in place; [`EINVAL`] if `iv` or `buf` has a size that the algorithm does not take.
    pub fn encrypt_in_place(&self, iv: &[u8], buf: &mut [u8]) -> Result {
        self.check(iv, buf)?;

        match &self.key {
            Key::Aes128(key) => blocks(buf, |block| key.encrypt_block(block)),
            Key::Aes256(key) => blocks(buf, |block| key.encrypt_block(block)),
            Key::ChaCha20(key) => chacha20(key.as_bytes(), iv, buf)?,
        }
        Ok(())
    }

    /// Decrypts in place; [`EINVAL`] if `iv` or `buf` has a size that the algorithm does not take.
    pub fn decrypt_in_place(&self, iv: &[u8], buf: &mut [u8]) -> Result {
        self.check(iv, buf)?;

        match &self.key {
            Key::Aes128(key) => blocks(buf, |block| key.decrypt_block(block)),
            Key::Aes256(key) => blocks(buf, |block| key.decrypt_block(block)),
            Key::ChaCha20(key) => chacha20(key.as_bytes(), iv, buf)?,
        }
        Ok(())
    }

    /// Encrypts from one buffer to another of the same size.
    pub fn encrypt(&self, iv: &[u8], from: &[u8], to: &mut [u8]) -> Result {
        self.apart(iv, from, to)?;
        self.encrypt_in_place(iv, to)
    }

    /// Decrypts from one buffer to another of the same size.
    pub fn decrypt(&self, iv: &[u8], from: &[u8], to: &mut [u8]) -> Result {
        self.apart(iv, from, to)?;
        self.decrypt_in_place(iv, to)
    }

    fn apart(&self, iv: &[u8], from: &[u8], to: &mut [u8]) -> Result {
        self.check(iv, from)?;
        if from.len() != to.len() {
            return Err(EINVAL);
        }
        to.copy_from_slice(from);
        Ok(())
    }

    fn check(&self, iv: &[u8], buf: &[u8]) -> Result {
        let blocks = !matches!(self.alg, SkcipherAlgorithm::ChaCha20);

        if iv.len() != self.iv_size() || (blocks && buf.len() % AES_BLOCK_SIZE != 0) {
            return Err(EINVAL);
        }
        i32::try_from(buf.len()).map_err(|_| EOVERFLOW)?;
        Ok(())
    }
}

fn blocks(buf: &mut [u8], mut f: impl FnMut(&mut aes::Block)) {
    for chunk in buf.chunks_exact_mut(AES_BLOCK_SIZE) {
        if let Ok(block) = chunk.try_into() {
            f(block);
        }
    }
}

/// ChaCha20 with the kernel's initialisation vector: the block counter, then the nonce.
fn chacha20(key: &[u8], iv: &[u8], buf: &mut [u8]) -> Result {
    let (counter, nonce) = iv.split_first_chunk::<4>().ok_or(EINVAL)?;
    let nonce = Array::try_from(nonce).map_err(|_| EINVAL)?;
    let key = Array::try_from(key).map_err(|_| EINVAL)?;
    let mut core = ChaChaCore::<R20, Ietf>::new(&key, &nonce);
    let mut stream = Array::default();

    // Block by block, as the crate's cipher refuses the last one there is.
    core.set_block_pos(u32::from_le_bytes(*counter));
    for chunk in buf.chunks_mut(CHACHA_BLOCK_SIZE) {
        core.write_keystream_block(&mut stream);
        for (b, s) in chunk.iter_mut().zip(&stream) {
            *b ^= s;
        }
    }
    super::zeroize(&mut stream);
    Ok(())
}

impl fmt::Debug for Skcipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Skcipher").field(&self.alg).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The masks of header protection of RFC 9001, appendices A.2 and A.5.
    #[test]
    fn rfc_9001() -> Result {
        let aes = Skcipher::new(
            SkcipherAlgorithm::Aes128Ecb,
            &0x9f50449e04a0e810283a1e9933adedd2_u128.to_be_bytes(),
        )?;
        let mut block = 0xd1b1c98dd7689fb8ec11d242b123dc9b_u128.to_be_bytes();

        aes.encrypt_in_place(&[], &mut block)?;
        assert_eq!(block[..5], [0x43, 0x7b, 0x9a, 0xec, 0x36]);
        aes.decrypt_in_place(&[], &mut block)?;
        assert_eq!(block, 0xd1b1c98dd7689fb8ec11d242b123dc9b_u128.to_be_bytes());
        assert_eq!(aes.encrypt_in_place(&[], &mut block[1..]), Err(EINVAL));

        let key = [
            0x25a282b9e82f06f21f488917a4fc8f1b_u128.to_be_bytes(),
            0x73573685608597d0efcb076b0ab7a7a4_u128.to_be_bytes(),
        ]
        .concat();
        let chacha20 = Skcipher::new(SkcipherAlgorithm::ChaCha20, &key)?;
        let mut mask = [0; 5];

        chacha20.encrypt_in_place(
            &0x5e5cd55c41f69080575d7999c25a5bfb_u128.to_be_bytes(),
            &mut mask,
        )?;
        assert_eq!(mask, [0xae, 0xfe, 0xfe, 0x7d, 0x03]);
        // The last block there is.
        chacha20.encrypt_in_place(&[0xff; 16], &mut mask)
    }
}
