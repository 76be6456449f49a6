// SPDX-License-Identifier: GPL-2.0

//! Stand-in on the host for the `kernel` crate.
//!
//! It offers the items that `rust_tls` uses, under the same paths, with the same signatures, the
//! same error numbers and the same refusals, so that the module's source builds unchanged for
//! `cargo test`, sanitizers and fuzzing. Cryptography comes from established libraries instead of
//! the kernel's own: an independent second opinion on every result.
//!
//! What differs from the kernel, and is meant to: memory comes from the host's allocator, which a
//! test can make fail ([`alloc::fail_nth`]); the `pr_*!` macros check their arguments and print
//! only when `RUST_TLS_LOG` is set.

pub mod alloc;
pub mod crypto;
pub mod error;
pub mod prelude;
pub mod print;
pub mod str;
pub mod sync;

/// C types, as in the kernel (where `char` is unsigned on every architecture).
#[expect(non_camel_case_types)]
pub mod ffi {
    pub use core::ffi::{
        c_int,
        c_long,
        c_longlong,
        c_short,
        c_uint,
        c_ulong,
        c_ulonglong,
        c_ushort,
        c_void,
        CStr, //
    };

    pub type c_char = u8;
    pub type c_schar = i8;
    pub type c_uchar = u8;
}

/// Formatting, as in the kernel.
pub mod fmt {
    pub use core::fmt::{
        Arguments,
        Debug,
        Display,
        Error,
        Formatter,
        LowerHex,
        Result,
        UpperHex,
        Write, //
    };
}

pub use error::{
    Error,
    Result, //
};

/// Stand-in for the kernel's `fmt!`.
#[macro_export]
macro_rules! fmt {
    ($($arg:tt)*) => { ::core::format_args!($($arg)*) };
}

/// Asserts at build time.
#[macro_export]
macro_rules! static_assert {
    ($condition:expr $(, $arg:literal)?) => {
        const _: () = ::core::assert!($condition $(, $arg)?);
    };
}

/// Asserts at build time, inside a function.
#[macro_export]
macro_rules! const_assert {
    ($condition:expr $(, $arg:literal)?) => {
        const { ::core::assert!($condition $(, $arg)?) };
    };
}
