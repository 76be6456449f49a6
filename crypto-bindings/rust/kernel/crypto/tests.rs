// SPDX-License-Identifier: GPL-2.0

//! Tests of what all types of algorithms have in common.
//!
//! `no_memory` makes each allocation of an operation fail in turn. With `CONFIG_FAILSLAB` alone it
//! reaches those that may not sleep. With `ignore-gfp-wait` of failslab off it reaches all:
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
    page::{
        Page,
        PAGE_SIZE, //
    },
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

/// How many tasks run at once.
const TASKS: i32 = 8;

/// How often each of them does what is tested.
const ROUNDS: usize = 50;

/// The same for what takes milliseconds.
const FEW_ROUNDS: usize = 3;

/// More bytes than any function takes. They are all on one page, which is mapped as often as that
/// needs.
///
/// # Invariants
///
/// `start` is what `vm_map_ram()` returned for [`TooLong::PAGES`] pages, not unmapped yet.
struct TooLong {
    start: core::ptr::NonNull<u8>,
    _page: Page,
}

impl TooLong {
    /// The bytes: one more than fit in an `i32`.
    const LEN: usize = 1 << 31;
    const PAGES: usize = Self::LEN / PAGE_SIZE;

    fn new() -> Result<Self> {
        let page = Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?;
        let mut pages = KVVec::from_elem(page.as_ptr(), Self::PAGES, GFP_KERNEL)?;

        // SAFETY: There are so many pages, all of them valid.
        let start = unsafe {
            bindings::vm_map_ram(
                pages.as_mut_ptr(),
                Self::PAGES as crate::ffi::c_uint,
                bindings::NUMA_NO_NODE,
            )
        };

        // INVARIANT: It was just mapped.
        Ok(Self {
            start: core::ptr::NonNull::new(start.cast()).ok_or(ENOMEM)?,
            _page: page,
        })
    }

    /// Returns the bytes. They must not be written, as each is mapped many times.
    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: By the type invariant so many bytes are mapped, as zeroes. What is tested refuses
        // them for their number, and writes none.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), Self::LEN) }
    }
}

impl Drop for TooLong {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe {
            bindings::vm_unmap_ram(
                self.start.as_ptr().cast(),
                Self::PAGES as crate::ffi::c_uint,
            )
        };
    }
}

/// Does `f` in many tasks at once, and returns an error that one of them got.
fn at_once(rounds: usize, f: impl Fn() -> Result + Send + Sync + 'static) -> Result {
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
/// give `ENOMEM` or, where it can do without, succeed.
fn each_allocation_fails(mut f: impl FnMut() -> Result) -> Result {
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
    fn too_long() -> Result {
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

        let mut cipher = Skcipher::new(SkcipherAlgorithm::Aes128Ctr, &[0; 16])?;
        assert_eq!(cipher.encrypt_in_place(&[0; 16], long), Err(EOVERFLOW));
        assert_eq!(cipher.decrypt_in_place(&[0; 16], long), Err(EOVERFLOW));
        assert_eq!(cipher.encrypt_next(&mut [0; 16], long), Err(EOVERFLOW));
        assert_eq!(cipher.encrypt(&[0; 16], long, &mut out), Err(EINVAL));
        assert_eq!(cipher.encrypt_in_place(long, &mut out), Err(EINVAL));
        assert_eq!(cipher.set_key(long), Err(EINVAL));

        // Two texts, as they may not be the same.
        let mut other = TooLong::new()?;
        let other = other.bytes();
        for alg in [
            AeadAlgorithm::Aes128Gcm,
            AeadAlgorithm::Aes256Gcm,
            AeadAlgorithm::ChaCha20Poly1305,
        ] {
            let aead = Aead::new(alg, &[0; 32][..alg.key_size()])?;
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
            assert_eq!(aead.seal(nonce, &[], long, &mut out), Err(EINVAL));
            assert_eq!(aead.open(nonce, &[], long, &mut out), Err(EINVAL));
            assert_eq!(aead.seal_detached(nonce, &[], tag, long), Err(EINVAL));
            assert_eq!(aead.open_detached(nonce, &[], tag, long), Err(EINVAL));
        }
        let mut ccm = Aead::new(AeadAlgorithm::Aes128Ccm, &[0; 16])?;
        assert_eq!(ccm.seal_in_place(&[0; 12], &[], long), Err(EMSGSIZE));
        assert_eq!(
            ccm.open_in_place(&[0; 12], &[], &mut long[..(1 << 24) + TAG_SIZE]),
            Err(EMSGSIZE)
        );
        assert_eq!(ccm.set_key(long), Err(EINVAL));

        assert_eq!(
            sig::PublicKey::new(sig::SigAlgorithm::EcdsaP256, long).err(),
            Some(EKEYREJECTED)
        );
        assert_eq!(
            sig::PublicKey::new(sig::SigAlgorithm::RsaPkcs1Sha256, long).err(),
            Some(EKEYREJECTED)
        );
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
        assert!(long.iter().take(PAGE_SIZE).all(|b| *b == 0));
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

        let key = rsa::PublicKey::from_spki_der(&rsa::tests::SPKI_2048)?;
        at_once(ROUNDS, move || {
            let refused = key.verify_pkcs1(HashAlgorithm::Sha256, &[0; 32], &[1; 256]);
            expect(refused == Err(EKEYREJECTED))
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

        let key = rsa::PrivateKey::from_der(&rsa::tests::KEY_2048)?;
        let mut sig = [0; 256];
        key.sign_pkcs1(HashAlgorithm::Sha256, &[1; 32], &mut sig)?;
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
        each_allocation_fails(|| rng::fill(&mut out))?;
        each_allocation_fails(|| {
            let secret = SecretVec::from_slice(&[1; 100], GFP_KERNEL)?;

            expect(secret.as_bytes() == [1; 100] && Secret::<8>::random()?.as_bytes().len() == 8)
        })
    }
}
