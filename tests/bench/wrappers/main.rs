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
//! (ChaCha20 does) are some percent faster at some places than at others, whoever calls them.

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
        kpp,
        rng,
        shash::{
            Hash,
            HashAlgorithm,
            Mac, //
        },
        sig::{
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
    Ok(())
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
    Ok(())
}

/// Compares two slices of one length. It is a function of its own, as the peer's is: inlined, the loop
/// is a cycle slower or faster by what happens to be around it.
#[inline(never)]
fn equal(mut n: u32, a: &[u8], b: &[u8]) -> Result {
    if a.len() != b.len() {
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

fn bytes(size: usize) -> Result {
    let mut buf = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let other = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let other = &other[..];

    compare(
        "ct_eq",
        size,
        &mut buf,
        |buf, n| {
            // Known to be of one length, as they are to the peer.
            equal(n, &buf[..size], &other[..size])
        },
        |buf, n| peer::equal(n, buf, other),
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
    Ok(())
}

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
        let peer = peer::PublicKey::new(alg.name(), point.public_key())?;
        // It is in range, so all the work is done before it is found to be wrong.
        let sig = KVec::from_elem(0x42, 2 * curve.size(), GFP_KERNEL)?;
        let digest = [0x17; 32];

        compare(
            name,
            0,
            &mut (),
            |(), n| {
                (0..n).try_for_each(|_| match ours.verify(&digest, &sig) {
                    Err(EKEYREJECTED) => Ok(()),
                    Err(error) => Err(error),
                    Ok(()) => Err(EINVAL),
                })
            },
            |(), n| peer.refuse(n, &digest, &sig),
        )?;
    }
    Ok(())
}
