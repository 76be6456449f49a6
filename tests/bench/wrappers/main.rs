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
//! turns that follow each other. So what slows the machine down slows both down.

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

/// How many turns each side has.
const TURNS: usize = 301;

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
            bytes(size)?;
        }
        agreements()?;
        pr_info!("done\n");
        Ok(Self)
    }
}

/// Times `n` times of a job, in nanoseconds.
fn time(n: u32, job: &mut impl FnMut(u32) -> Result) -> Result<i64> {
    let begin = Instant::<Monotonic>::now();

    job(n)?;
    Ok(begin.elapsed().as_nanos().max(1))
}

/// Returns the median, of an odd number of values.
fn median(values: &mut [i64]) -> i64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// Lets both sides do a job in turns, and says how they did.
fn compare(
    name: &str,
    size: usize,
    mut ours: impl FnMut(u32) -> Result,
    mut peer: impl FnMut(u32) -> Result,
) -> Result {
    // How often the job fits in a turn; this warms both sides up, too.
    let mut n = 1;
    while time(n, &mut ours)? + time(n, &mut peer)? < TURN_NS && n < 1 << 20 {
        n *= 2;
    }

    let (mut all_ours, mut all_peer, mut ratios) = (KVec::new(), KVec::new(), KVec::new());
    for turn in 0..TURNS {
        let (a, b);
        if turn % 2 == 0 {
            a = time(n, &mut ours)?;
            b = time(n, &mut peer)?;
        } else {
            b = time(n, &mut peer)?;
            a = time(n, &mut ours)?;
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

fn hashes(size: usize) -> Result {
    let data = KVec::from_elem(0x61, size, GFP_KERNEL)?;

    for (name, halves, alg) in [
        ("sha256", "sha256/halves", HashAlgorithm::Sha256),
        ("sha512", "sha512/halves", HashAlgorithm::Sha512),
    ] {
        let hash = Hash::new(alg)?;
        // SAFETY: That is the size of the digests.
        let peer = unsafe { peer::Hash::new(alg.name(), alg.digest_size(), None)? };
        let mut out = KVec::from_elem(0, alg.digest_size(), GFP_KERNEL)?;
        let mut other = KVec::from_elem(0, alg.digest_size(), GFP_KERNEL)?;

        compare(
            name,
            size,
            |n| (0..n).try_for_each(|_| hash.digest(&data, &mut out)),
            |n| peer.digest(n, &data, &mut other),
        )?;
        let (first, second) = data.split_at(size / 2);
        compare(
            halves,
            size,
            |n| (0..n).try_for_each(|_| hash.digest_parts(&[first, second], &mut out)),
            |n| peer.digest_halves(n, &data, &mut other),
        )?;
        if out[..] != other[..] {
            return Err(EBADMSG);
        }
    }

    let alg = HashAlgorithm::Sha256;
    let key = [0x42; 32];
    let mac = Mac::new(alg, &key)?;
    // SAFETY: That is the size of the digests.
    let peer = unsafe { peer::Hash::new(alg.hmac_name(), alg.digest_size(), Some(&key))? };
    let (mut out, mut other) = ([0; 32], [0; 32]);
    compare(
        "hmac(sha256)",
        size,
        |n| (0..n).try_for_each(|_| mac.digest(&data, &mut out)),
        |n| peer.digest(n, &data, &mut other),
    )?;
    if out != other {
        return Err(EBADMSG);
    }
    Ok(())
}

fn aeads(size: usize) -> Result {
    for (seal, open, alg, iv_size) in [
        (
            "gcm(aes)/128/seal",
            "gcm(aes)/128/open",
            AeadAlgorithm::Aes128Gcm,
            12,
        ),
        (
            "gcm(aes)/256/seal",
            "gcm(aes)/256/open",
            AeadAlgorithm::Aes256Gcm,
            12,
        ),
        (
            "ccm(aes)/128/seal",
            "ccm(aes)/128/open",
            AeadAlgorithm::Aes128Ccm,
            16,
        ),
        (
            "chacha20poly1305/seal",
            "chacha20poly1305/open",
            AeadAlgorithm::ChaCha20Poly1305,
            12,
        ),
    ] {
        let key = KVec::from_elem(0x42, alg.key_size(), GFP_KERNEL)?;
        let aead = Aead::new(alg, &key)?;
        let mut peer = peer::Aead::new(alg.name(), &key, iv_size)?;
        let nonce = [7; 12];
        let aad = KVec::from_elem(0x17, AAD_SIZE, GFP_KERNEL)?;
        let mut aad_of_peer = KVec::from_elem(0x17, AAD_SIZE, GFP_KERNEL)?;

        // What was sealed is sealed again, so each side has a buffer of its own.
        let mut buf = KVec::from_elem(0x61, size + TAG_SIZE, GFP_KERNEL)?;
        let mut buf_of_peer = KVec::from_elem(0x61, size + TAG_SIZE, GFP_KERNEL)?;
        compare(
            seal,
            size,
            |n| (0..n).try_for_each(|_| aead.seal_in_place(&nonce, &aad, &mut buf)),
            |n| peer.seal(n, &nonce, &mut aad_of_peer, &mut buf_of_peer),
        )?;
        if buf[..] != buf_of_peer[..] {
            return Err(EBADMSG);
        }

        let mut sealed = KVec::from_elem(0x61, size + TAG_SIZE, GFP_KERNEL)?;
        aead.seal_in_place(&nonce, &aad, &mut sealed)?;
        compare(
            open,
            size,
            |n| {
                (0..n).try_for_each(|_| {
                    buf.copy_from_slice(&sealed);
                    aead.open_in_place(&nonce, &aad, &mut buf).map(|_| ())
                })
            },
            |n| peer.open(n, &nonce, &mut aad_of_peer, &mut buf_of_peer, &sealed),
        )?;
    }
    Ok(())
}

fn bytes(size: usize) -> Result {
    let mut buf = KVec::from_elem(0x61, size, GFP_KERNEL)?;
    let mut other = KVec::from_elem(0x61, size, GFP_KERNEL)?;

    compare(
        "ct_eq",
        size,
        |n| {
            (0..n).try_for_each(|_| match ct_eq(black_box(&buf), &other) {
                true => Ok(()),
                false => Err(EBADMSG),
            })
        },
        |n| peer::equal(n, &buf, &other),
    )?;
    compare(
        "zeroize",
        size,
        |n| {
            (0..n).for_each(|_| zeroize(&mut buf));
            Ok(())
        },
        |n| peer::wipe(n, &mut other),
    )?;
    compare(
        "rng",
        size,
        |n| (0..n).try_for_each(|_| rng::fill(&mut buf)),
        |n| peer::fill(n, &mut other),
    )
}

fn agreements() -> Result {
    let theirs = curve25519::EphemeralKey::generate()?;
    let theirs = theirs.public_key();
    compare(
        "x25519",
        0,
        |n| {
            (0..n).try_for_each(|_| {
                black_box(curve25519::EphemeralKey::generate()?.agree(theirs)?);
                Ok(())
            })
        },
        |n| peer::x25519(n, theirs),
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
            |n| {
                (0..n).try_for_each(|_| {
                    black_box(kpp::EphemeralKey::generate(curve)?.agree(theirs)?);
                    Ok(())
                })
            },
            |n| peer::ecdh(n, curve.name(), &theirs[1..]),
        )?;
    }
    Ok(())
}
