// SPDX-License-Identifier: GPL-2.0

//! Tests of what all types of algorithms have in common.
//!
//! `no_memory`, here and in other suites, makes each allocation of an operation fail in turn. With
//! `CONFIG_FAILSLAB` alone it reaches those that may not sleep. With `ignore-gfp-wait` of failslab
//! off it reaches all:
//!
//! ```sh
//! cd /sys/kernel/debug
//! echo N > failslab/ignore-gfp-wait
//! echo 0 > failslab/verbose
//! echo 1 > kunit/rust_crypto/run
//! cat kunit/rust_crypto/results
//! ```

use super::{
    aead::{
        Aead,
        AeadAlgorithm,
        TAG_SIZE, //
    },
    curve25519,
    ffdhe,
    hkdf::Hkdf,
    kpp,
    rng,
    rsa,
    secret::{
        Secret,
        SecretVec, //
    },
    shash::{
        Hash,
        HashAlgorithm,
        Mac,
        Running, //
    },
    sig,
    skcipher::{
        Skcipher,
        SkcipherAlgorithm, //
    }, //
};
use crate::{
    bindings,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
            ordering::{
                Full,
                Relaxed, //
            },
            Atomic, //
        },
        Arc,
        Completion, //
    },
    workqueue, //
};
use core::ptr::NonNull;

/// How many tasks run at once.
const TASKS: i32 = 8;

/// How often each of them does what is tested.
const ROUNDS: usize = 50;

/// The same for what takes milliseconds.
pub(crate) const FEW_ROUNDS: usize = 3;

/// More bytes than any function takes. They are all in one block of pages, which is mapped as often
/// as that needs.
///
/// # Invariants
///
/// - `start` is what `vm_map_ram()` returned for `count` pages, not unmapped yet.
/// - The pages are those of `block`, again and again.
pub(super) struct TooLong {
    start: NonNull<u8>,
    count: u32,
    _block: Block,
}

impl TooLong {
    /// One byte more than fit in an `i32`.
    const LEN: usize = 1 << 31;

    pub(super) fn new() -> Result<Self> {
        Self::with_len(Self::LEN)
    }

    /// Maps `len` bytes, which must be whole pages.
    fn with_len(len: usize) -> Result<Self> {
        let block = Block::new()?;
        let count = u32::try_from(len / PAGE_SIZE)?;
        let mut pages = KVVec::with_capacity(len / PAGE_SIZE, GFP_KERNEL)?;
        for n in 0..len / PAGE_SIZE {
            pages.push(block.page(n), GFP_KERNEL)?;
        }

        // SAFETY: There are so many pages, all of them valid.
        let start =
            unsafe { bindings::vm_map_ram(pages.as_mut_ptr(), count, bindings::NUMA_NO_NODE) };

        // INVARIANT: They were just mapped.
        Ok(Self {
            start: NonNull::new(start.cast()).ok_or(ENOMEM)?,
            count,
            _block: block,
        })
    }

    /// Returns the bytes. They must not be written, as each is mapped many times.
    pub(super) fn bytes(&mut self) -> &mut [u8] {
        let len = self.count as usize * PAGE_SIZE;

        // SAFETY: By the type invariant so many bytes are mapped, as zeroes. What is tested refuses
        // them for their number, and writes none.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), len) }
    }
}

impl Drop for TooLong {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe { bindings::vm_unmap_ram(self.start.as_ptr().cast(), self.count) };
    }
}

/// Pages of zeroes that follow each other. UML maps such pages at once, and a host lets it map no
/// more than some ten thousand times.
///
/// # Invariants
///
/// It is a valid block of `1 << ORDER` pages, that nothing else frees.
struct Block(NonNull<bindings::page>);

impl Block {
    const ORDER: u32 = 9;

    fn new() -> Result<Self> {
        // SAFETY: It may be called with any flags and order.
        let block =
            unsafe { bindings::alloc_pages((GFP_KERNEL | __GFP_ZERO).as_raw(), Self::ORDER) };

        // INVARIANT: It was just allocated.
        Ok(Self(NonNull::new(block).ok_or(ENOMEM)?))
    }

    /// Returns page `n`, counted from the start again behind the last.
    fn page(&self, n: usize) -> *mut bindings::page {
        // SAFETY: By the type invariant there are so many.
        unsafe { self.0.as_ptr().add(n % (1 << Self::ORDER)) }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe { bindings::__free_pages(self.0.as_ptr(), Self::ORDER) };
    }
}

/// Does `f` in many tasks at once, and returns an error that one of them got.
pub(crate) fn at_once(rounds: usize, f: impl Fn() -> Result + Send + Sync + 'static) -> Result {
    #[pin_data]
    struct Shared<F> {
        f: F,
        left: Atomic<i32>,
        error: Atomic<i32>,
        #[pin]
        done: Completion,
    }

    let shared = Arc::pin_init(
        pin_init!(Shared {
            f,
            left: Atomic::new(TASKS),
            error: Atomic::new(0),
            done <- Completion::new(),
        }),
        GFP_KERNEL,
    )?;

    for _ in 0..TASKS {
        let task = shared.clone();

        workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
            for _ in 0..rounds {
                if let Err(e) = (task.f)() {
                    task.error.store(e.to_errno(), Relaxed);
                }
            }
            if task.left.fetch_sub(1, Full) == 1 {
                task.done.complete_all();
            }
        })?;
    }
    shared.done.wait_for_completion();
    match shared.error.load(Relaxed) {
        0 => Ok(()),
        errno => Err(Error::from_errno(errno)),
    }
}

/// Does `f` with its first allocation failing, then with its second, until all succeed. It has to
/// give `ENOMEM` or, where it can do without, succeed. How many there were is said in the log.
pub(crate) fn each_allocation_fails(mut f: impl FnMut() -> Result) -> Result {
    // What is allocated but once, such as an instance of a template, is there then.
    f()?;

    #[cfg(CONFIG_FAULT_INJECTION)]
    for n in 1.. {
        // SAFETY: It is the current task, and others do not write this field of it.
        let nth = unsafe { &raw mut (*bindings::get_current()).fail_nth };

        // SAFETY: As above. An interrupt that comes now leaves it alone.
        unsafe { nth.write_volatile(n) };
        let result = f();
        // SAFETY: As above.
        let left = unsafe { nth.replace(0) };

        if left != 0 {
            // There were less than that.
            pr_info!("each of {} allocations failed in turn\n", n - 1);
            return result;
        }
        if !matches!(result, Ok(()) | Err(ENOMEM)) {
            pr_err!(
                "allocation {} failed, and this was made of it: {:?}\n",
                n,
                result
            );
            return Err(EINVAL);
        }
    }
    Ok(())
}

/// Makes a mistake out of a wrong result.
fn expect(right: bool) -> Result {
    if right {
        Ok(())
    } else {
        Err(EBADMSG)
    }
}

#[macros::kunit_tests(rust_crypto)]
mod cases {
    use super::*;

    #[test]
    fn too_long_to_hash() -> Result {
        let mut long = TooLong::new()?;
        let long = long.bytes();
        let mut out = [0; 32];

        let hash = Hash::new(HashAlgorithm::Sha256)?;
        assert_eq!(hash.digest(long, &mut out), Err(EOVERFLOW));
        assert_eq!(hash.digest_parts(&[b"a", long], &mut out), Err(EOVERFLOW));
        let mut running = Running::new(&hash, GFP_KERNEL)?;
        assert_eq!(running.update(long), Err(EOVERFLOW));
        running.finish(&mut out)?;
        // Nothing of it was taken.
        assert_eq!(out[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(hash.digest(b"", long), Err(EINVAL));

        let mut mac = Mac::new(HashAlgorithm::Sha256, b"key")?;
        assert_eq!(mac.digest(long, &mut out), Err(EOVERFLOW));
        assert_eq!(mac.set_key(long), Err(EOVERFLOW));
        mac.digest(b"", &mut out)?;
        let mut running = Running::new(&mac, GFP_KERNEL)?;
        assert_eq!(running.update(long), Err(EOVERFLOW));
        assert_eq!(running.snapshot(long), Err(EINVAL));
        assert_eq!(running.finish(long), Err(EINVAL));
        assert_eq!(Mac::new(HashAlgorithm::Sha256, long).err(), Some(EOVERFLOW));

        let mut hkdf = Hkdf::new(HashAlgorithm::Sha256)?;
        assert_eq!(hkdf.extract(&[], long, &mut out), Err(EOVERFLOW));
        assert_eq!(hkdf.extract(long, &[], &mut out), Err(EOVERFLOW));
        assert_eq!(hkdf.expand(long, &[], &mut out), Err(EOVERFLOW));
        assert_eq!(hkdf.expand(&[0; 32], &[long], &mut out), Err(EOVERFLOW));
        assert_eq!(hkdf.expand(&[0; 32], &[], long), Err(EINVAL));
        assert_eq!(
            hkdf.expand_label(&[0; 32], long, &[], &mut out),
            Err(EINVAL)
        );
        assert_eq!(
            hkdf.expand_label(&[0; 32], b"key", long, &mut out),
            Err(EINVAL)
        );
        assert_eq!(hkdf.expand_label(&[0; 32], b"key", &[], long), Err(EINVAL));
        Ok(())
    }

    #[test]
    fn too_long_to_encrypt() -> Result {
        let mut long = TooLong::new()?;
        let long = long.bytes();
        // Another, as a text and what is made of it may not be the same.
        let mut other = TooLong::new()?;
        let other = other.bytes();
        let mut out = [0; 32];

        let mut cipher = Skcipher::new(SkcipherAlgorithm::Aes128Ctr, &[0; 16])?;
        assert_eq!(cipher.encrypt_in_place(&[0; 16], long), Err(EOVERFLOW));
        assert_eq!(cipher.decrypt_in_place(&[0; 16], long), Err(EOVERFLOW));
        assert_eq!(cipher.encrypt_next(&mut [0; 16], long), Err(EOVERFLOW));
        assert_eq!(cipher.decrypt_next(&mut [0; 16], long), Err(EOVERFLOW));
        assert_eq!(cipher.encrypt(&[0; 16], long, other), Err(EOVERFLOW));
        assert_eq!(cipher.decrypt(&[0; 16], long, other), Err(EOVERFLOW));
        assert_eq!(cipher.encrypt(&[0; 16], long, &mut out), Err(EINVAL));
        assert_eq!(cipher.encrypt_in_place(long, &mut out), Err(EINVAL));
        assert_eq!(cipher.set_key(long), Err(EINVAL));
        assert_eq!(
            Skcipher::new(SkcipherAlgorithm::Aes256Xts, long).err(),
            Some(EINVAL)
        );

        for alg in [
            AeadAlgorithm::Aes128Gcm,
            AeadAlgorithm::Aes256Gcm,
            AeadAlgorithm::ChaCha20Poly1305,
        ] {
            let mut aead = Aead::new(alg, &[0; 32][..alg.key_size()])?;
            let nonce = &[0; 12];
            let tag = &mut [0; TAG_SIZE];
            let text = TooLong::LEN - TAG_SIZE;

            assert_eq!(aead.seal_in_place(nonce, &[], long), Err(EOVERFLOW));
            assert_eq!(aead.open_in_place(nonce, &[], long), Err(EOVERFLOW));
            assert_eq!(aead.seal_in_place(nonce, long, &mut out), Err(EOVERFLOW));
            assert_eq!(aead.open_in_place(nonce, long, &mut out), Err(EOVERFLOW));
            assert_eq!(aead.seal_detached(nonce, &[], long, tag), Err(EOVERFLOW));
            assert_eq!(aead.open_detached(nonce, &[], long, tag), Err(EOVERFLOW));
            assert_eq!(aead.seal(nonce, &[], &long[..text], other), Err(EOVERFLOW));
            assert_eq!(
                aead.open(nonce, &[], other, &mut long[..text]),
                Err(EOVERFLOW)
            );
            assert_eq!(
                aead.seal(nonce, long, &out[..16], &mut [0; 32]),
                Err(EOVERFLOW)
            );
            assert_eq!(aead.open(nonce, long, &out, &mut [0; 16]), Err(EOVERFLOW));
            // Each of the two would do by itself.
            let half = TooLong::LEN / 2;
            assert_eq!(
                aead.seal_in_place(nonce, &long[..half], &mut other[..half]),
                Err(EOVERFLOW)
            );
            assert_eq!(
                aead.open_in_place(nonce, &long[..half], &mut other[..half]),
                Err(EOVERFLOW)
            );
            assert_eq!(aead.seal(nonce, &[], long, &mut out), Err(EINVAL));
            assert_eq!(aead.open(nonce, &[], long, &mut out), Err(EINVAL));
            assert_eq!(aead.seal_detached(nonce, &[], tag, long), Err(EINVAL));
            assert_eq!(aead.open_detached(nonce, &[], tag, long), Err(EINVAL));
            assert_eq!(aead.set_key(long), Err(EINVAL));
            assert_eq!(Aead::new(alg, long).err(), Some(EINVAL));
            assert_eq!(
                Aead::with_tag_size(alg, &[0; 32][..alg.key_size()], TooLong::LEN).err(),
                Some(EINVAL)
            );
        }
        let mut ccm = Aead::new(AeadAlgorithm::Aes128Ccm, &[0; 16])?;
        assert_eq!(ccm.seal_in_place(&[0; 12], &[], long), Err(EMSGSIZE));
        assert_eq!(
            ccm.open_in_place(&[0; 12], &[], &mut long[..(1 << 24) + TAG_SIZE]),
            Err(EMSGSIZE)
        );
        assert_eq!(ccm.set_key(long), Err(EINVAL));
        assert!(long.iter().take(PAGE_SIZE).all(|b| *b == 0));
        assert!(other.iter().take(PAGE_SIZE).all(|b| *b == 0));
        Ok(())
    }

    // X25519 takes arrays only, so that no length of it can be wrong.
    #[test]
    fn too_long_to_agree() -> Result {
        let mut long = TooLong::new()?;
        let long = long.bytes();

        for curve in [kpp::Curve::P256, kpp::Curve::P384] {
            let key = kpp::EphemeralKey::generate(curve)?;
            assert_eq!(key.agree(long).err(), Some(EINVAL));
            let key = kpp::EphemeralKey::from_private(curve, long);
            assert_eq!(key.err(), Some(EINVAL));
        }
        let group = ffdhe::Group::Ffdhe2048;
        let key = ffdhe::EphemeralKey::generate(group)?;
        assert_eq!(key.agree(long).err(), Some(EINVAL));
        let key = ffdhe::EphemeralKey::from_private(group, long);
        assert_eq!(key.err(), Some(EINVAL));

        assert_eq!(Secret::<32>::from_slice(long).err(), Some(EINVAL));
        assert_eq!(SecretVec::from_slice(long, GFP_KERNEL).err(), Some(ENOMEM));
        assert_eq!(
            SecretVec::zeroed(usize::MAX, GFP_KERNEL).err(),
            Some(ENOMEM)
        );
        Ok(())
    }

    #[test]
    fn too_long_to_sign() -> Result {
        const HASH: HashAlgorithm = HashAlgorithm::Sha256;
        let mut long = TooLong::new()?;
        let long = long.bytes();
        let digest = &[1; 32];
        let mut out = [0; 256];

        for alg in [
            sig::SigAlgorithm::EcdsaP256,
            sig::SigAlgorithm::EcdsaP384P1363,
            sig::SigAlgorithm::RsaPkcs1Sha256,
            sig::SigAlgorithm::MlDsa44,
        ] {
            let key = sig::PublicKey::new(alg, long);
            assert_eq!(key.err(), Some(EKEYREJECTED));
        }
        let key = kpp::EphemeralKey::generate(kpp::Curve::P256)?;
        for alg in [
            sig::SigAlgorithm::EcdsaP256,
            sig::SigAlgorithm::EcdsaP256P1363,
        ] {
            let key = sig::PublicKey::new(alg, key.public_key())?;
            assert_eq!(key.verify(digest, long), Err(EOVERFLOW));
            assert_eq!(key.verify(long, &out), Err(EINVAL));
        }
        // It takes messages of any length that C does.
        let key = sig::PublicKey::new(sig::SigAlgorithm::MlDsa44, &[7; 1312])?;
        assert_eq!(key.verify(b"message", long), Err(EOVERFLOW));
        assert_eq!(key.verify(long, &out), Err(EOVERFLOW));

        let alg = sig::SigAlgorithm::RsaPkcs1Sha256;
        assert_eq!(sig::PrivateKey::new(alg, long).err(), Some(EKEYREJECTED));
        let key = sig::PrivateKey::new(alg, &rsa::tests::KEY_2048[26..])?;
        assert_eq!(key.verify(digest, long), Err(EOVERFLOW));
        assert_eq!(key.verify(long, &out), Err(EINVAL));
        assert_eq!(key.sign(digest, long), Err(EOVERFLOW));
        assert_eq!(key.sign(long, &mut out), Err(EINVAL));

        assert_eq!(rsa::PublicKey::from_spki_der(long).err(), Some(EBADMSG));
        assert_eq!(rsa::PublicKey::from_pkcs1_der(long).err(), Some(EBADMSG));
        assert_eq!(rsa::PrivateKey::from_der(long).err(), Some(EBADMSG));
        let key = rsa::PrivateKey::from_der(&rsa::tests::KEY_2048)?;
        assert_eq!(key.sign_pss(HASH, digest, long), Err(EINVAL));
        assert_eq!(key.sign_pss(HASH, long, &mut out), Err(EINVAL));
        assert_eq!(key.sign_pkcs1(HASH, digest, long), Err(EINVAL));
        assert_eq!(key.sign_pkcs1(HASH, long, &mut out), Err(EINVAL));
        let key = key.public_key();
        assert_eq!(key.verify_pss(HASH, digest, long), Err(EKEYREJECTED));
        assert_eq!(key.verify_pss(HASH, long, &out), Err(EINVAL));
        assert_eq!(key.verify_pkcs1(HASH, digest, long), Err(EKEYREJECTED));
        assert_eq!(key.verify_pkcs1(HASH, long, &out), Err(EINVAL));

        assert!(long.iter().take(PAGE_SIZE).all(|b| *b == 0));
        Ok(())
    }

    // The generator takes an `unsigned int`, and a buffer may have more bytes than that counts.
    #[cfg(CONFIG_64BIT)]
    #[test]
    fn random_bytes_by_pieces() -> Result {
        let len = (1 << 32) + PAGE_SIZE;
        let mut long = TooLong::with_len(len)?;
        let mut asked = 0;

        rng::fill_by(long.bytes(), |piece| {
            asked += piece.len();
            expect(piece.len() <= rng::CHUNK)
        })?;
        assert_eq!(asked, len);
        Ok(())
    }

    #[test]
    fn all_cpus() -> Result {
        let hash = Hash::new(HashAlgorithm::Sha256)?;
        let mut expected = [0; 32];
        hash.digest(&[7; 200], &mut expected)?;
        at_once(ROUNDS, move || {
            let mut out = [0; 32];

            hash.digest_parts(&[&[7; 100], &[7; 100]], &mut out)?;
            expect(out == expected)
        })?;

        let mac = Arc::new(Mac::new(HashAlgorithm::Sha384, b"key")?, GFP_KERNEL)?;
        let mut expected = [0; 48];
        mac.digest(&[7; 200], &mut expected)?;
        at_once(ROUNDS, move || {
            let (mut a, mut b) = ([0; 48], [0; 48]);
            let mut running = Running::new(mac.clone(), GFP_KERNEL)?;

            running.update(&[7; 100])?;
            let mut fork = running.fork(GFP_KERNEL)?;
            running.update(&[7; 100])?;
            fork.update(&[7; 100])?;
            running.finish(&mut a)?;
            fork.finish(&mut b)?;
            expect(a == expected && b == expected)
        })?;

        for alg in [
            SkcipherAlgorithm::Aes128Cbc,
            SkcipherAlgorithm::Aes256Xts,
            SkcipherAlgorithm::ChaCha20,
        ] {
            let mut key = [0; 64];
            key[0] = 1;
            let cipher = Skcipher::new(alg, &key[..alg.key_size()])?;
            let mut expected = [7; 256];
            cipher.encrypt_in_place(&[1; 16], &mut expected)?;
            at_once(ROUNDS, move || {
                let mut buf = [0; 256];

                cipher.encrypt(&[1; 16], &[7; 256], &mut buf)?;
                expect(buf == expected)?;
                cipher.decrypt_in_place(&[1; 16], &mut buf)?;
                expect(buf == [7; 256])
            })?;
        }

        for alg in [
            AeadAlgorithm::Aes128Gcm,
            AeadAlgorithm::Aes128Ccm,
            AeadAlgorithm::ChaCha20Poly1305,
        ] {
            let aead = Aead::new(alg, &[3; 32][..alg.key_size()])?;
            let mut expected = [7; 200];
            aead.seal_in_place(&[1; 12], b"aad", &mut expected)?;
            at_once(ROUNDS, move || {
                let mut buf = [7; 200];

                aead.seal_in_place(&[1; 12], b"aad", &mut buf)?;
                expect(buf == expected)?;
                expect(aead.open_in_place(&[1; 12], b"aad", &mut buf)? == [7; 200 - TAG_SIZE])?;
                buf = expected;
                buf[0] ^= 1;
                expect(aead.open_in_place(&[1; 12], b"aad", &mut buf) == Err(EBADMSG))?;

                let (text, tag) = buf.split_at_mut(200 - TAG_SIZE);
                text.fill(7);
                aead.seal_detached(&[1; 12], b"aad", text, tag)?;
                expect(buf == expected)?;
                let mut opened = [0; 200 - TAG_SIZE];
                aead.open(&[1; 12], b"aad", &buf, &mut opened)?;
                expect(opened == [7; 200 - TAG_SIZE])?;
                aead.seal(&[1; 12], b"aad", &opened, &mut buf)?;
                expect(buf == expected)
            })?;
        }

        for curve in [kpp::Curve::P256, kpp::Curve::P384] {
            at_once(FEW_ROUNDS, move || {
                let (a, b) = (
                    kpp::EphemeralKey::generate(curve)?,
                    kpp::EphemeralKey::generate(curve)?,
                );
                let mut of_a = KVec::new();

                of_a.extend_from_slice(a.public_key(), GFP_KERNEL)?;
                expect(a.agree(b.public_key())? == b.agree(&of_a)?)
            })?;
        }
        at_once(FEW_ROUNDS, || {
            let (a, b) = (
                ffdhe::EphemeralKey::from_private(ffdhe::Group::Ffdhe2048, &[2])?,
                ffdhe::EphemeralKey::generate(ffdhe::Group::Ffdhe2048)?,
            );
            let mut of_a = [0; 256];

            of_a.copy_from_slice(a.public_key());
            expect(a.agree(b.public_key())? == b.agree(&of_a)?)
        })?;
        at_once(ROUNDS, || {
            let (a, b) = (
                curve25519::EphemeralKey::generate()?,
                curve25519::EphemeralKey::generate()?,
            );
            let of_a = *a.public_key();

            expect(a.agree(b.public_key())? == b.agree(&of_a)?)
        })?;
        at_once(ROUNDS, || {
            let (mut a, mut b) = ([0; 100], [0; 100]);

            rng::fill(&mut a)?;
            rng::fill(&mut b)?;
            expect(a != b && a[84..] != [0; 16])
        })?;

        // They change the numbers that they are blinded with time and again.
        let key = rsa::PrivateKey::from_der(&rsa::tests::KEY_2048)?;
        at_once(FEW_ROUNDS, move || {
            let hash = HashAlgorithm::Sha256;
            let public = key.public_key();
            let (mut pss, mut pkcs1) = ([0; 256], [0; 256]);

            key.sign_pss(hash, &[7; 32], &mut pss)?;
            key.sign_pkcs1(hash, &[7; 32], &mut pkcs1)?;
            public.verify_pss(hash, &[7; 32], &pss)?;
            public.verify_pkcs1(hash, &[7; 32], &pkcs1)?;
            expect(public.verify_pss(hash, &[8; 32], &pss) == Err(EKEYREJECTED))?;
            expect(public.verify_pkcs1(hash, &[7; 32], &pss) == Err(EKEYREJECTED))
        })?;

        let alg = sig::SigAlgorithm::RsaPkcs1Sha256;
        let key = sig::PrivateKey::new(alg, &rsa::tests::KEY_2048[26..])?;
        let mut expected = [0; 256];
        key.sign(&[7; 32], &mut expected)?;
        at_once(FEW_ROUNDS, move || {
            let mut sig = [0; 256];

            key.sign(&[7; 32], &mut sig)?;
            expect(sig == expected)?;
            key.verify(&[7; 32], &sig)
        })?;
        for v in &sig::tests::ECDSA {
            let [x962, p1363] = v.algs;
            let (x962, p1363) = (
                sig::PublicKey::new(x962, v.key)?,
                sig::PublicKey::new(p1363, v.key)?,
            );

            at_once(FEW_ROUNDS, move || {
                x962.verify(v.digest, v.x962)?;
                p1363.verify(v.digest, v.p1363)?;
                expect(p1363.verify(&[7; 32], v.p1363) == Err(EKEYREJECTED))
            })?;
        }
        let key = sig::PublicKey::new(sig::SigAlgorithm::MlDsa44, &sig::tests::MLDSA_44_KEY)?;
        at_once(FEW_ROUNDS, move || {
            key.verify(b"Hello world", &sig::tests::MLDSA_44_SIG)?;
            expect(key.verify(b"Hello", &sig::tests::MLDSA_44_SIG) == Err(EKEYREJECTED))
        })
    }

    #[test]
    fn no_memory() -> Result {
        let mut out = [0; 32];

        each_allocation_fails(|| {
            let hash = Hash::new(HashAlgorithm::Sha256)?;
            let mut running = Running::new(&hash, GFP_KERNEL)?;

            running.update(b"some")?;
            running.fork(GFP_KERNEL)?.finish(&mut [0; 32])?;
            let saved = running.save(GFP_KERNEL)?;
            saved.resume(GFP_KERNEL)?.finish(&mut [0; 32])
        })?;
        each_allocation_fails(|| {
            Mac::new(HashAlgorithm::Sha256, &[7; 100])?.digest(b"some", &mut out)
        })?;
        each_allocation_fails(|| {
            let mut hkdf = Hkdf::new(HashAlgorithm::Sha512)?;

            hkdf.extract(b"salt", b"key", &mut [0; 64])?;
            hkdf.expand_label(&[7; 64], b"key", &[], &mut out)
        })?;

        let mut pages = VVec::from_elem(0u8, 20 * PAGE_SIZE, GFP_KERNEL)?;
        for alg in [
            SkcipherAlgorithm::Aes128Ecb,
            SkcipherAlgorithm::Aes128Cbc,
            SkcipherAlgorithm::Aes128Ctr,
            SkcipherAlgorithm::Aes128Xts,
            SkcipherAlgorithm::ChaCha20,
        ] {
            each_allocation_fails(|| {
                let mut key = [0; 64];
                key[0] = 1;
                let cipher = Skcipher::new(alg, &key[..alg.key_size()])?;
                let iv = &[0; 16][..alg.iv_size()];

                // More pages than the stack has entries for, and blocks across them.
                cipher.encrypt_in_place(iv, &mut pages[1..][..16 * PAGE_SIZE])?;
                cipher.decrypt_in_place(iv, &mut pages[1..][..16 * PAGE_SIZE])
            })?;
            let mut to = VVec::from_elem(0u8, 16 * PAGE_SIZE, GFP_KERNEL)?;
            each_allocation_fails(|| {
                let mut key = [0; 64];
                key[0] = 1;
                let cipher = Skcipher::new(alg, &key[..alg.key_size()])?;
                let iv = &[0; 16][..alg.iv_size()];

                cipher.encrypt(iv, &pages[1..][..16 * PAGE_SIZE], &mut to)?;
                cipher.decrypt(iv, &to, &mut pages[3..][..16 * PAGE_SIZE])
            })?;
        }
        for alg in [
            AeadAlgorithm::Aes128Gcm,
            AeadAlgorithm::Aes128Ccm,
            AeadAlgorithm::ChaCha20Poly1305,
        ] {
            each_allocation_fails(|| {
                let aead = Aead::new(alg, &[3; 32][..alg.key_size()])?;
                let buf = &mut pages[1..][..16 * PAGE_SIZE];

                aead.seal_in_place(&[0; 12], &[1; 200], buf)?;
                aead.open_in_place(&[0; 12], &[1; 200], buf).map(|_| ())
            })?;

            let mut sealed = VVec::from_elem(0u8, 16 * PAGE_SIZE, GFP_KERNEL)?;
            each_allocation_fails(|| {
                let aead = Aead::new(alg, &[3; 32][..alg.key_size()])?;
                let text = &mut pages[1..][..16 * PAGE_SIZE - TAG_SIZE];

                aead.seal(&[0; 12], &[1; 200], text, &mut sealed)?;
                aead.open(&[0; 12], &[1; 200], &sealed, text)?;
                aead.seal_detached(&[0; 12], &[1; 200], text, &mut out[..TAG_SIZE])?;
                aead.open_detached(&[0; 12], &[1; 200], text, &out[..TAG_SIZE])
            })?;
        }

        for curve in [kpp::Curve::P256, kpp::Curve::P384] {
            each_allocation_fails(|| {
                let (a, b) = (
                    kpp::EphemeralKey::generate(curve)?,
                    kpp::EphemeralKey::generate(curve)?,
                );

                a.agree(b.public_key()).map(|_| ())
            })?;
        }
        each_allocation_fails(|| {
            let (a, b) = (
                ffdhe::EphemeralKey::generate(ffdhe::Group::Ffdhe2048)?,
                ffdhe::EphemeralKey::from_private(ffdhe::Group::Ffdhe2048, &[2])?,
            );

            a.agree(b.public_key()).map(|_| ())
        })?;
        each_allocation_fails(|| {
            let (a, b) = (
                curve25519::EphemeralKey::generate()?,
                curve25519::EphemeralKey::generate()?,
            );

            a.agree(b.public_key()).map(|_| ())
        })?;

        each_allocation_fails(|| rsa::PrivateKey::from_der(&rsa::tests::KEY_2048).map(|_| ()))?;
        let key = rsa::PrivateKey::from_der(&rsa::tests::KEY_2048)?;
        let mut sig = [0; 256];
        // Both sides of the change of the pair of numbers that blinds.
        each_allocation_fails(|| key.sign_pss(HashAlgorithm::Sha256, &[1; 32], &mut sig))?;
        each_allocation_fails(|| {
            let key = rsa::PublicKey::from_spki_der(&rsa::tests::SPKI_2048)?;

            key.verify_pss(HashAlgorithm::Sha256, &[1; 32], &sig)
        })?;
        each_allocation_fails(|| key.sign_pkcs1(HashAlgorithm::Sha256, &[1; 32], &mut sig))?;
        each_allocation_fails(|| {
            let key = rsa::PublicKey::from_spki_der(&rsa::tests::SPKI_2048)?;

            key.verify_pkcs1(HashAlgorithm::Sha256, &[1; 32], &sig)
        })?;
        each_allocation_fails(|| {
            sig::PublicKey::new(
                sig::SigAlgorithm::RsaPkcs1Sha256,
                &rsa::tests::SPKI_2048[24..],
            )?
            .verify(&[1; 32], &sig)
        })?;
        each_allocation_fails(|| {
            let alg = sig::SigAlgorithm::RsaPkcs1Sha256;
            let key = sig::PrivateKey::new(alg, &rsa::tests::KEY_2048[26..])?;

            key.sign(&[1; 32], &mut sig).map(|_| ())
        })?;
        for v in &sig::tests::ECDSA {
            let [x962, p1363] = v.algs;

            each_allocation_fails(|| {
                sig::PublicKey::new(x962, v.key)?.verify(v.digest, v.x962)?;
                sig::PublicKey::by_name(p1363.name(), v.key)?.verify(v.digest, v.p1363)
            })?;
        }
        each_allocation_fails(|| {
            let key = sig::PublicKey::new(sig::SigAlgorithm::MlDsa44, &sig::tests::MLDSA_44_KEY)?;

            key.verify(b"Hello world", &sig::tests::MLDSA_44_SIG)
        })?;
        each_allocation_fails(|| rng::fill(&mut out))?;
        each_allocation_fails(|| {
            let secret = SecretVec::from_slice(&[1; 100], GFP_KERNEL)?;

            expect(secret.as_bytes() == [1; 100] && Secret::<8>::random()?.as_bytes().len() == 8)
        })
    }
}
