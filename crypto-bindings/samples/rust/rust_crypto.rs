// SPDX-License-Identifier: GPL-2.0

//! Rust crypto API sample.
//!
//! Two parties agree on a key, and one sends the other a message that no one else can read or
//! change unseen. See `Documentation/crypto/rust.rst`.

use kernel::{
    crypto::{
        aead::{
            Aead,
            AeadAlgorithm,
            NONCE_SIZE,
            TAG_SIZE, //
        },
        hkdf::Hkdf,
        kpp::{
            Curve,
            EphemeralKey, //
        },
        shash::{
            Hash,
            HashAlgorithm, //
        },
        Secret,
        SecretVec, //
    },
    prelude::*, //
};

module! {
    type: RustCrypto,
    name: "rust_crypto",
    authors: ["Rust for Linux Contributors"],
    description: "Rust crypto API sample",
    license: "GPL",
}

/// What is sent along with the message, in the clear, and may not be changed either.
const HEADER: &[u8] = b"from: alice, to: bob";

struct RustCrypto;

/// One direction of a connection.
struct Channel {
    aead: Aead,
    iv: [u8; NONCE_SIZE],
    sent: u64,
}

impl Channel {
    /// Derives the key and the first nonce from what the parties agreed on.
    fn new(shared: &SecretVec, transcript: &[u8]) -> Result<Self> {
        let mut hkdf = Hkdf::new(HashAlgorithm::Sha256)?;
        let (mut prk, mut key) = (Secret::<32>::zeroed(), Secret::<16>::zeroed());
        let mut iv = [0; NONCE_SIZE];

        hkdf.extract(transcript, shared.as_bytes(), prk.as_mut_bytes())?;
        hkdf.expand(prk.as_bytes(), &[b"key"], key.as_mut_bytes())?;
        hkdf.expand(prk.as_bytes(), &[b"iv"], &mut iv)?;

        Ok(Self {
            aead: Aead::new(AeadAlgorithm::Aes128Gcm, key.as_bytes())?,
            iv,
            sent: 0,
        })
    }

    /// Returns a nonce that was not used before.
    fn nonce(&mut self) -> Result<[u8; NONCE_SIZE]> {
        let mut nonce = self.iv;

        for (n, count) in nonce.iter_mut().rev().zip(self.sent.to_le_bytes()) {
            *n ^= count;
        }
        self.sent = self.sent.checked_add(1).ok_or(EOVERFLOW)?;
        Ok(nonce)
    }

    fn seal(&mut self, text: &[u8]) -> Result<KVec<u8>> {
        let nonce = self.nonce()?;
        let mut message = KVec::new();

        message.extend_from_slice(text, GFP_KERNEL)?;
        message.extend_from_slice(&[0; TAG_SIZE], GFP_KERNEL)?;
        self.aead.seal_in_place(&nonce, HEADER, &mut message)?;
        Ok(message)
    }

    fn open<'a>(&mut self, message: &'a mut [u8]) -> Result<&'a [u8]> {
        let nonce = self.nonce()?;

        Ok(self.aead.open_in_place(&nonce, HEADER, message)?)
    }
}

impl kernel::Module for RustCrypto {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let alice = EphemeralKey::generate(Curve::P256)?;
        let bob = EphemeralKey::generate(Curve::P256)?;

        // What both have seen goes into the keys.
        let mut transcript = [0; 32];
        Hash::new(HashAlgorithm::Sha256)?
            .digest_parts(&[alice.public_key(), bob.public_key()], &mut transcript)?;

        // Agreement consumes a key, so the point of one of them is kept.
        let mut point = [0; Curve::P256.point_size()];
        point.copy_from_slice(alice.public_key());
        let for_alice = alice.agree(bob.public_key())?;
        let for_bob = bob.agree(&point)?;

        let mut alice = Channel::new(&for_alice, &transcript)?;
        let mut bob = Channel::new(&for_bob, &transcript)?;

        for text in [b"hello".as_slice(), b"world"] {
            let mut message = alice.seal(text)?;

            pr_info!("{} bytes: {:02x?}\n", message.len(), &message[..]);
            if bob.open(&mut message)? != text {
                return Err(EBADMSG);
            }
        }

        // Someone changes a bit on the way.
        let mut message = alice.seal(b"forged")?;
        if let Some(byte) = message.first_mut() {
            *byte ^= 1;
        }
        match bob.open(&mut message) {
            Err(EBADMSG) => pr_info!("a forged message was refused\n"),
            _ => return Err(EBADMSG),
        }
        Ok(Self)
    }
}
