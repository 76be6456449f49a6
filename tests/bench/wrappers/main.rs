// SPDX-License-Identifier: GPL-2.0

//! Times the wrappers of `kernel::crypto` beside what a C user writes for the same job (`peer.c`).
//!
//! All is done while the module is loaded. For each case there is a line in the kernel's log,
//!
//!     wrappers_bench: NAME SIZE OURS PEER RATIO
//!
//! with the size in bytes (0 if there is none), the medians of the times in picoseconds, and the
//! median ratio in millionths; at the end there is `wrappers_bench: done`.
//!
//! The two sides take turns, many times, a fraction of a millisecond each; a ratio is that of two
//! turns that follow each other. So what slows the machine down slows both down. They work on the
//! same bytes. From turn to turn the stack begins elsewhere, as ciphers that have their state there
//! (ChaCha20 does) are some percent faster at some places than at others, whoever calls them. The
//! shortest loops are there several times, for the same reason: whether the processor guesses the
//! last turn of a loop depends on the addresses of the branches before it.

mod peer;

use core::hint::black_box;
use kernel::{
    crypto::{
        aead::{
            Aead,
            AeadAlgorithm,
            TAG_SIZE, //
        },
        ct_eq,
        curve25519,
        ffdhe,
        kpp,
        rng,
        rsa,
        shash::{
            Hash,
            HashAlgorithm,
            Mac,
            Running, //
        },
        sig::{
            PrivateKey,
            PublicKey,
            SigAlgorithm, //
        },
        skcipher::{
            Skcipher,
            SkcipherAlgorithm, //
        },
        zeroize, //
    },
    prelude::*,
    time::{
        delay::fsleep,
        Delta,
        Instant,
        Monotonic, //
    }, //
};

module! {
    type: WrappersBench,
    name: "wrappers_bench",
    authors: ["The rust-tls developers"],
    description: "Benchmark of kernel::crypto",
    license: "GPL",
}

/// How many places on the stack a turn may begin at, 16 bytes from one to the next: as many as make
/// a difference to the caches.
const PLACES: usize = 4;

/// How many copies there are of a short loop.
const LOOPS: u32 = 8;

/// How many turns each side has: each pair of places as often as any other.
const TURNS: usize = 19 * PLACES * PLACES;

/// How long a turn is to last, in nanoseconds.
const TURN_NS: i64 = 200_000;

/// The sizes, in bytes.
const SIZES: [usize; 4] = [16, 256, 1024, 16384];

/// The associated data of a TLS record.
const AAD_SIZE: usize = 5;

struct WrappersBench;

impl kernel::Module for WrappersBench {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        for size in SIZES {
            hashes(size)?;
            aeads(size)?;
            skciphers(size)?;
            bytes(size)?;
        }
        agreements()?;
        signatures()?;
        pr_info!("done\n");
        Ok(Self)
    }
}

/// Times `n` times of a job, in nanoseconds, with the stack at one of the [`PLACES`].
fn time<T>(
    on: &mut T,
    n: u32,
    place: usize,
    job: &mut impl FnMut(&mut T, u32) -> Result,
) -> Result<i64> {
    let mut taken = Ok(0);

    peer::on_stack(place * 16, || {
        let begin = Instant::<Monotonic>::now();

        taken = job(on, n).map(|()| begin.elapsed().as_nanos().max(1));
    });
    taken
}

/// Returns the median.
fn median(values: &mut [i64]) -> i64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// Lets both sides do a job in turns, on the same bytes, and says how they did.
fn compare<T>(
    name: &str,
    size: usize,
    on: &mut T,
    mut ours: impl FnMut(&mut T, u32) -> Result,
    mut peer: impl FnMut(&mut T, u32) -> Result,
) -> Result {
    // How often the job fits in a turn; this warms both sides up, too.
    let mut n = 1;
    while time(on, n, 0, &mut ours)? + time(on, n, 0, &mut peer)? < TURN_NS && n < 1 << 20 {
        n *= 2;
    }

    let (mut all_ours, mut all_peer, mut ratios) = (KVec::new(), KVec::new(), KVec::new());
    for turn in 0..TURNS {
        let (place, place_of_peer) = (turn % PLACES, turn / PLACES % PLACES);
        let (a, b);
        if turn % 2 == 0 {
            a = time(on, n, place, &mut ours)?;
            b = time(on, n, place_of_peer, &mut peer)?;
        } else {
            b = time(on, n, place_of_peer, &mut peer)?;
            a = time(on, n, place, &mut ours)?;
        }
        all_ours.push(a * 1000 / i64::from(n), GFP_KERNEL)?;
        all_peer.push(b * 1000 / i64::from(n), GFP_KERNEL)?;
        ratios.push(a * 1_000_000 / b, GFP_KERNEL)?;
    }
    pr_info!(
        "{name} {size} {} {} {}\n",
        median(&mut all_ours),
        median(&mut all_peer),
        median(&mut ratios)
    );

    // Others may want the CPU.
    fsleep(Delta::from_micros(100));
    Ok(())
}

/// Sees to it that both sides come to the same result, before they are timed.
fn same(ours: &[u8], peer: &[u8]) -> Result {
    if ours == peer {
        Ok(())
    } else {
        Err(EBADMSG)
    }
}

fn hashes(size: usize) -> Result {
    let data = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let (first, second) = data.split_at(size / 2);

    for (name, halves, alg) in [
        ("sha256", "sha256/halves", HashAlgorithm::Sha256),
        ("sha512", "sha512/halves", HashAlgorithm::Sha512),
    ] {
        let hash = Hash::new(alg)?;
        // SAFETY: That is the size of the digests.
        let peer = unsafe { peer::Hash::new(alg.name(), alg.digest_size(), None)? };
        let mut out = KVec::from_elem(0, alg.digest_size(), GFP_KERNEL)?;
        let mut other = KVec::from_elem(0, alg.digest_size(), GFP_KERNEL)?;

        hash.digest(&data, &mut out)?;
        peer.digest_halves(1, &data, &mut other)?;
        same(&out, &other)?;
        compare(
            name,
            size,
            &mut out,
            |out, n| (0..n).try_for_each(|_| hash.digest(&data, out)),
            |out, n| peer.digest(n, &data, out),
        )?;
        compare(
            halves,
            size,
            &mut out,
            |out, n| (0..n).try_for_each(|_| hash.digest_parts(&[first, second], out)),
            |out, n| peer.digest_halves(n, &data, out),
        )?;
    }

    let alg = HashAlgorithm::Sha256;
    let hash = Hash::new(alg)?;
    // SAFETY: That is the size of the digests.
    let peer = unsafe { peer::Hash::new(alg.name(), alg.digest_size(), None)? };
    compare(
        "sha256/heap",
        size,
        &mut [0; 32],
        |out, n| {
            (0..n).try_for_each(|_| {
                let mut running = Running::new(&hash, GFP_KERNEL)?;

                running.update(&data)?;
                running.finish(out)
            })
        },
        |out, n| peer.digest_heap(n, &data, out),
    )?;

    let key = [0x42; 32];
    let mac = Mac::new(alg, &key)?;
    // SAFETY: That is the size of the digests.
    let peer = unsafe { peer::Hash::new(alg.hmac_name(), alg.digest_size(), Some(&key))? };
    let (mut out, mut other) = ([0; 32], [0; 32]);
    mac.digest(&data, &mut out)?;
    peer.digest(1, &data, &mut other)?;
    same(&out, &other)?;
    compare(
        "hmac(sha256)",
        size,
        &mut out,
        |out, n| (0..n).try_for_each(|_| mac.digest(&data, out)),
        |out, n| peer.digest(n, &data, out),
    )
}

fn aeads(size: usize) -> Result {
    for (seal, open, shared, alg, iv_size) in [
        (
            "gcm(aes)/128/seal",
            "gcm(aes)/128/open",
            "gcm(aes)/128/seal-shared",
            AeadAlgorithm::Aes128Gcm,
            12,
        ),
        (
            "gcm(aes)/256/seal",
            "gcm(aes)/256/open",
            "gcm(aes)/256/seal-shared",
            AeadAlgorithm::Aes256Gcm,
            12,
        ),
        (
            "ccm(aes)/128/seal",
            "ccm(aes)/128/open",
            "ccm(aes)/128/seal-shared",
            AeadAlgorithm::Aes128Ccm,
            16,
        ),
        (
            "chacha20poly1305/seal",
            "chacha20poly1305/open",
            "chacha20poly1305/seal-shared",
            AeadAlgorithm::ChaCha20Poly1305,
            12,
        ),
    ] {
        let key = KVec::from_elem(0x42, alg.key_size(), GFP_KERNEL)?;
        let mut aead = Aead::new(alg, &key)?;
        let mut peer = peer::Aead::new(alg.name(), &key, iv_size)?;
        let nonce = [7; 12];
        let mut aad = KVec::from_elem(0x17, AAD_SIZE, GFP_KERNEL)?;
        let aad_of_ours = KVec::from_elem(0x17, AAD_SIZE, GFP_KERNEL)?;

        let mut sealed = KVec::from_elem(0x61, size + TAG_SIZE, GFP_KERNEL)?;
        aead.seal_in_place(&nonce, &aad, &mut sealed)?;
        let mut buf = KVec::from_elem(0x61, size + TAG_SIZE, GFP_KERNEL)?;
        peer.seal(1, &nonce, &mut aad, &mut buf)?;
        same(&sealed, &buf)?;

        // One user has the value, and the C side a request that is allocated once. What was sealed
        // is sealed again.
        let mut alone = aead.exclusive();
        compare(
            seal,
            size,
            &mut buf,
            |buf, n| (0..n).try_for_each(|_| alone.seal_in_place(&nonce, &aad_of_ours, buf)),
            |buf, n| peer.seal(n, &nonce, &mut aad, buf),
        )?;
        compare(
            open,
            size,
            &mut buf,
            |buf, n| {
                (0..n).try_for_each(|_| {
                    buf.copy_from_slice(&sealed);
                    alone.open_in_place(&nonce, &aad_of_ours, buf).map(|_| ())
                })
            },
            |buf, n| peer.open(n, &nonce, &mut aad, buf, &sealed),
        )?;
        // Many may have it, for which C code allocates a request for each message.
        compare(
            shared,
            size,
            &mut buf,
            |buf, n| (0..n).try_for_each(|_| aead.seal_in_place(&nonce, &aad_of_ours, buf)),
            |buf, n| peer.seal_shared(n, &nonce, &mut aad, buf),
        )?;
    }

    // The other ways to lay out a message.
    let alg = AeadAlgorithm::Aes128Gcm;
    let key = KVec::from_elem(0x42, alg.key_size(), GFP_KERNEL)?;
    let aead = Aead::new(alg, &key)?;
    let peer = peer::Aead::new(alg.name(), &key, 12)?;
    let nonce = [7; 12];
    let mut aad = KVec::from_elem(0x17, AAD_SIZE, GFP_KERNEL)?;
    let aad_of_ours = KVec::from_elem(0x17, AAD_SIZE, GFP_KERNEL)?;
    let mut text = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let text_of_ours = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let mut out = KVec::from_elem(0, size + TAG_SIZE, GFP_KERNEL)?;
    let mut other = KVec::from_elem(0, size + TAG_SIZE, GFP_KERNEL)?;
    let mut tag = KVec::from_elem(0, TAG_SIZE, GFP_KERNEL)?;
    let mut tag_of_ours = KVec::from_elem(0, TAG_SIZE, GFP_KERNEL)?;

    aead.seal(&nonce, &aad_of_ours, &text_of_ours, &mut out)?;
    peer.seal_apart(1, &nonce, &mut aad, &mut text, &mut other)?;
    same(&out, &other)?;
    compare(
        "gcm(aes)/128/seal-apart",
        size,
        &mut out,
        |out, n| (0..n).try_for_each(|_| aead.seal(&nonce, &aad_of_ours, &text_of_ours, out)),
        |out, n| peer.seal_apart(n, &nonce, &mut aad, &mut text, out),
    )?;
    compare(
        "gcm(aes)/128/seal-detached",
        size,
        &mut text,
        |text, n| {
            (0..n)
                .try_for_each(|_| aead.seal_detached(&nonce, &aad_of_ours, text, &mut tag_of_ours))
        },
        |text, n| peer.seal_detached(n, &nonce, &mut aad, text, &mut tag),
    )
}

fn skciphers(size: usize) -> Result {
    for (name, alg) in [
        ("ecb(aes)/128", SkcipherAlgorithm::Aes128Ecb),
        ("cbc(aes)/128", SkcipherAlgorithm::Aes128Cbc),
        ("ctr(aes)/128", SkcipherAlgorithm::Aes128Ctr),
        ("xts(aes)/128", SkcipherAlgorithm::Aes128Xts),
        ("chacha20", SkcipherAlgorithm::ChaCha20),
    ] {
        // The halves of a key of XTS are to be different.
        let mut key = KVec::new();
        for byte in 0..alg.key_size() {
            key.push(byte as u8, GFP_KERNEL)?;
        }
        let cipher = Skcipher::new(alg, &key)?;
        let mut peer = peer::Skcipher::new(alg.name(), &key)?;
        let whole_iv = [7; 16];
        let iv = whole_iv.get(..alg.iv_size()).ok_or(EINVAL)?;

        let mut buf = KVec::from_elem(0x61, size, GFP_KERNEL)?;
        let mut other = KVec::from_elem(0x61, size, GFP_KERNEL)?;
        cipher.encrypt_in_place(iv, &mut buf)?;
        peer.encrypt(1, &whole_iv, &mut other)?;
        same(&buf, &other)?;
        compare(
            name,
            size,
            &mut buf,
            |buf, n| (0..n).try_for_each(|_| cipher.encrypt_in_place(iv, buf)),
            |buf, n| peer.encrypt(n, &whole_iv, buf),
        )?;
    }

    let iv = [7; 16];
    let mut buf = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let mut text = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let text_of_ours = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let alg = SkcipherAlgorithm::Aes128Cbc;
    let cipher = Skcipher::new(alg, &[0x42; 16])?;
    let mut peer = peer::Skcipher::new(alg.name(), &[0x42; 16])?;
    compare(
        "cbc(aes)/128/decrypt",
        size,
        &mut buf,
        |buf, n| (0..n).try_for_each(|_| cipher.decrypt_in_place(&iv, buf)),
        |buf, n| peer.decrypt(n, &iv, buf),
    )?;
    let alg = SkcipherAlgorithm::Aes128Ctr;
    let cipher = Skcipher::new(alg, &[0x42; 16])?;
    let mut peer = peer::Skcipher::new(alg.name(), &[0x42; 16])?;
    compare(
        "ctr(aes)/128/apart",
        size,
        &mut buf,
        |buf, n| (0..n).try_for_each(|_| cipher.encrypt(&iv, &text_of_ours, buf)),
        |buf, n| peer.apart(n, &iv, &mut text, buf),
    )
}

/// Compares two slices of one length. It is a function of its own, as the peer's is: inlined, the loop
/// is a cycle slower or faster by what happens to be around it. With another `PLACE` it is another
/// one.
#[inline(never)]
fn equal_at<const PLACE: u32>(mut n: u32, a: &[u8], b: &[u8]) -> Result {
    if a.len() != b.len() || black_box(PLACE) != PLACE {
        return Err(EINVAL);
    }
    while n > 0 {
        n -= 1;
        if !ct_eq(a, b) {
            return Err(EBADMSG);
        }
    }
    Ok(())
}

/// The same at several places in the code.
fn equal(place: u32, n: u32, a: &[u8], b: &[u8]) -> Result {
    let at = match place % LOOPS {
        0 => equal_at::<0>,
        1 => equal_at::<1>,
        2 => equal_at::<2>,
        3 => equal_at::<3>,
        4 => equal_at::<4>,
        5 => equal_at::<5>,
        6 => equal_at::<6>,
        _ => equal_at::<7>,
    };

    at(n, a, b)
}

fn bytes(size: usize) -> Result {
    // Each place of ours has its turn with each of the peer's.
    let (mut ours, mut theirs) = (0, 0);
    let mut buf = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let other = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let other = &other[..];

    compare(
        "ct_eq",
        size,
        &mut buf,
        |buf, n| {
            ours += 1;
            // Known to be of one length, as they are to the peer.
            equal(ours, n, &buf[..size], &other[..size])
        },
        |buf, n| {
            theirs += 1;
            peer::equal(theirs / LOOPS, n, buf, other)
        },
    )?;
    compare(
        "zeroize",
        size,
        &mut buf,
        |buf, n| {
            let buf = &mut buf[..];

            (0..n).for_each(|_| zeroize(buf));
            Ok(())
        },
        |buf, n| peer::wipe(n, buf),
    )?;
    compare(
        "rng",
        size,
        &mut buf,
        |buf, n| (0..n).try_for_each(|_| rng::fill(buf)),
        |buf, n| peer::fill(n, buf),
    )
}

fn agreements() -> Result {
    let theirs = curve25519::EphemeralKey::generate()?;
    let theirs = theirs.public_key();
    compare(
        "x25519",
        0,
        &mut (),
        |(), n| {
            (0..n).try_for_each(|_| {
                black_box(curve25519::EphemeralKey::generate()?.agree(theirs)?);
                Ok(())
            })
        },
        |(), n| peer::x25519(n, theirs),
    )?;

    for (name, curve) in [
        ("ecdh-nist-p256", kpp::Curve::P256),
        ("ecdh-nist-p384", kpp::Curve::P384),
    ] {
        let theirs = kpp::EphemeralKey::generate(curve)?;
        let theirs = theirs.public_key();
        compare(
            name,
            0,
            &mut (),
            |(), n| {
                (0..n).try_for_each(|_| {
                    black_box(kpp::EphemeralKey::generate(curve)?.agree(theirs)?);
                    Ok(())
                })
            },
            |(), n| peer::ecdh(n, curve.name(), &theirs[1..]),
        )?;
    }

    let group = ffdhe::Group::Ffdhe2048;
    let theirs = ffdhe::EphemeralKey::generate(group)?;
    let theirs = theirs.public_key();
    compare(
        "ffdhe2048(dh)",
        0,
        &mut (),
        |(), n| {
            (0..n).try_for_each(|_| {
                black_box(ffdhe::EphemeralKey::generate(group)?.agree(theirs)?);
                Ok(())
            })
        },
        |(), n| peer::dh(n, group.name(), theirs),
    )
}

/// A DER `RSAPublicKey` of 2048 bits: some odd number, and 65537.
fn rsa_key() -> [u8; 270] {
    let mut der = [0xff; 270];

    for (i, byte) in der.iter_mut().enumerate().skip(10) {
        *byte = (i * 37 + i * i) as u8 | 1;
    }
    der[..9].copy_from_slice(&[0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00]);
    der[265..].copy_from_slice(&[0x02, 0x03, 0x01, 0x00, 0x01]);
    der
}

/// The private key of RFC 6979, appendix A.2.5, a DER `ECPrivateKey` (RFC 5915).
static ECDSA_KEY: [u8; 51] = *b"\x30\x31\x02\x01\x01\x04\x20\
    \xc9\xaf\xa9\xd8\x45\xba\x75\x16\x6b\x5c\x21\x57\x67\xb1\xd6\x93\
    \x4e\x50\xc3\xdb\x36\xe8\x9b\x12\x7b\x8a\x62\x2b\x12\x0f\x67\x21\
    \xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";

fn signatures() -> Result {
    for (name, curve, alg) in [
        (
            "p1363(ecdsa-nist-p256)/verify",
            kpp::Curve::P256,
            SigAlgorithm::EcdsaP256P1363,
        ),
        (
            "p1363(ecdsa-nist-p384)/verify",
            kpp::Curve::P384,
            SigAlgorithm::EcdsaP384P1363,
        ),
    ] {
        let point = kpp::EphemeralKey::generate(curve)?;
        let ours = PublicKey::new(alg, point.public_key())?;
        let peer = peer::SigKey::public(alg.name(), point.public_key())?;
        // It is in range, so all the work is done before it is found to be wrong.
        let sig = KVec::from_elem(0x42, 2 * curve.size(), GFP_KERNEL)?;
        let digest = [0x17; 32];

        compare(
            name,
            0,
            &mut (),
            |(), n| (0..n).try_for_each(|_| refused(ours.verify(&digest, &sig))),
            |(), n| peer.refuse(n, &digest, &sig),
        )?;
    }

    let digest = [0x17; 32];
    let (mut sig, expected) = ([0x42; 256], [0x17; 256]);
    for (i, byte) in sig.iter_mut().enumerate().skip(1) {
        *byte = (i * 59) as u8;
    }
    let key = rsa_key();
    let alg = SigAlgorithm::RsaPkcs1Sha256;
    let ours = PublicKey::new(alg, &key)?;
    let peer = peer::SigKey::public(alg.name(), &key)?;
    compare(
        "pkcs1(rsa,sha256)/verify",
        0,
        &mut (),
        |(), n| (0..n).try_for_each(|_| refused(ours.verify(&digest, &sig))),
        |(), n| peer.refuse(n, &digest, &sig),
    )?;
    let ours = rsa::PublicKey::from_pkcs1_der(&key)?;
    // SAFETY: The modulus has as many bytes.
    let peer = unsafe { peer::Rsa::new(&key, 256)? };
    compare(
        "rsa/verify-pkcs1",
        0,
        &mut (),
        |(), n| {
            (0..n)
                .try_for_each(|_| refused(ours.verify_pkcs1(HashAlgorithm::Sha256, &digest, &sig)))
        },
        |(), n| peer.refuse(n, &sig, &expected),
    )?;

    let alg = SigAlgorithm::EcdsaP256P1363;
    let ours = PrivateKey::new(alg, &ECDSA_KEY)?;
    let peer = peer::SigKey::private(alg.name(), &ECDSA_KEY)?;
    compare(
        "p1363(ecdsa-nist-p256)/sign",
        0,
        &mut [0; 64],
        |sig, n| (0..n).try_for_each(|_| ours.sign(&digest, sig).map(|_| ())),
        |sig, n| peer.sign(n, &digest, sig),
    )
}

/// Makes a mistake out of a signature that is taken.
fn refused(result: Result) -> Result {
    match result {
        Err(EKEYREJECTED) => Ok(()),
        Err(error) => Err(error),
        Ok(()) => Err(EINVAL),
    }
}
