// SPDX-License-Identifier: GPL-2.0

//! Key generation, agreement and signing, in constant time or not.
//!
//! - `valgrind --error-exitcode=1 ct memcheck`: with secrets that memcheck takes for undefined. A branch
//!   or an address that depends on one is then an error of memcheck's.
//! - `ct timing OPERATION RUNS`: times them, and prints how far a secret that is always the same differs
//!   from random ones; see [`timing`].
//!
//! `memcheck leak` and `timing leak RUNS` do what must not be done, to show that it is noticed.

mod timing;

use p256::{
    ecdsa,
    key::PrivateKey,
    DECLASSIFY, //
};
use std::{
    ffi::{
        c_int,
        c_void, //
    },
    hint::black_box,
    process::ExitCode, //
};

// SAFETY: The signatures are those in `memcheck.c`.
unsafe extern "C" {
    fn ct_secret(address: *const c_void, len: usize);
    fn ct_public(address: *const c_void, len: usize);
    safe fn ct_running() -> c_int;
}

/// Takes a value for undefined from now on.
fn secret<T: ?Sized>(value: &T) {
    // SAFETY: The address is only told to valgrind; the memory is left as it is.
    unsafe { ct_secret(std::ptr::from_ref(value).cast(), size_of_val(value)) };
}

/// Takes a value for defined again.
fn public<T: ?Sized>(value: &T) {
    // SAFETY: As for `secret`.
    unsafe { ct_public(std::ptr::from_ref(value).cast(), size_of_val(value)) };
}

/// Prints the largest |t| of an operation.
fn timing(operation: &str, runs: usize) -> Option<()> {
    // Two is even, and its windows but one are alike.
    let mut two = [0; 32];
    two[31] = 2;
    let peer = PrivateKey::from_be_bytes(&[0x5a; 32])?.public_key();
    let key = PrivateKey::from_be_bytes;
    let t = match operation {
        "key-pair" => timing::largest_t(runs, two, key, |key| {
            black_box(key.public_key());
        }),
        "agreement" => timing::largest_t(runs, two, key, |key| {
            black_box(key.agree(&peer));
        }),
        // Without noise the same key and digest make the same nonce, too.
        "sign" => timing::largest_t(runs, two, key, |key| {
            black_box(ecdsa::sign(key, &[0x5a; 32], None));
        }),
        "leak" => timing::largest_t(
            runs,
            [0x5a; 32],
            |secret| Some(*secret),
            |secret| {
                black_box(timing::leaky_equal(secret, &[0x5a; 32]));
            },
        ),
        _ => return None,
    };
    println!("{operation} {runs} {:.2}", t.ok()?);
    Some(())
}

fn memcheck(leak: bool) -> Option<()> {
    if ct_running() == 0 {
        eprintln!("ct: to be run under valgrind");
        return None;
    }
    if leak {
        let number = black_box([1u8; 32]);
        secret(&number);
        if number[0] == 1 {
            println!("a branch on a secret");
        }
        return Some(());
    }

    let _ = DECLASSIFY.set(|mask| public(mask));
    for fill in [0x17, 0x80, 0xfe] {
        let mut number = [fill; 32];
        number[31] = fill ^ 1;
        secret(&number);
        let key = PrivateKey::from_be_bytes(&number)?;

        let public_key = key.public_key();
        public(&public_key);
        let shared = key.agree(&public_key);
        public(shared.as_bytes());
        black_box(shared.as_bytes());

        for noise in [None, Some(&[7; ecdsa::NOISE_SIZE])] {
            let signature = ecdsa::sign(&key, &[fill; 32], noise)?;
            public(&signature);
            if !ecdsa::verify(&public_key, &[fill; 32], &signature) {
                return None;
            }
        }
    }
    println!("done");
    Some(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["memcheck"] => memcheck(false),
        ["memcheck", "leak"] => memcheck(true),
        ["timing", operation, runs] => runs.parse().ok().and_then(|runs| timing(operation, runs)),
        _ => None,
    };
    match done {
        Some(()) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}
