// SPDX-License-Identifier: GPL-2.0

//! Key generation, agreement and signing with secrets that memcheck takes for undefined.
//!
//! A branch or an address that depends on one is then an error of memcheck's. Run it as
//! `valgrind --error-exitcode=1 ct`. With the argument `leak` it does what must not be done, to show
//! that it is noticed.

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

fn main() -> ExitCode {
    if ct_running() == 0 {
        eprintln!("ct: to be run under valgrind");
        return ExitCode::FAILURE;
    }
    if std::env::args().nth(1).as_deref() == Some("leak") {
        let number = black_box([1u8; 32]);
        secret(&number);
        if number[0] == 1 {
            println!("a branch on a secret");
        }
        return ExitCode::SUCCESS;
    }

    let _ = DECLASSIFY.set(|mask| public(mask));
    for fill in [0x17, 0x80, 0xfe] {
        let mut number = [fill; 32];
        number[31] = fill ^ 1;
        secret(&number);
        let Some(key) = PrivateKey::from_be_bytes(&number) else {
            return ExitCode::FAILURE;
        };

        let public_key = key.public_key();
        public(&public_key);
        let shared = key.agree(&public_key);
        public(shared.as_bytes());
        black_box(shared.as_bytes());

        for noise in [None, Some(&[7; ecdsa::NOISE_SIZE])] {
            let Some(signature) = ecdsa::sign(&key, &[fill; 32], noise) else {
                return ExitCode::FAILURE;
            };
            public(&signature);
            if !ecdsa::verify(&public_key, &[fill; 32], &signature) {
                return ExitCode::FAILURE;
            }
        }
    }
    println!("done");
    ExitCode::SUCCESS
}
