// SPDX-License-Identifier: GPL-2.0

//! Printing: silent unless `RUST_TLS_LOG` is set.

#[doc(hidden)]
pub fn call_printk(level: &str, args: core::fmt::Arguments<'_>) {
    use std::sync::OnceLock;

    static WANTED: OnceLock<bool> = OnceLock::new();

    if *WANTED.get_or_init(|| std::env::var_os("RUST_TLS_LOG").is_some()) {
        eprint!("{level}: {args}");
    }
}

/// Prints a message of level `emerg`.
#[macro_export]
macro_rules! pr_emerg {
    ($($arg:tt)*) => {
        $crate::print::call_printk("emerg", ::core::format_args!($($arg)*))
    };
}

/// Prints a message of level `alert`.
#[macro_export]
macro_rules! pr_alert {
    ($($arg:tt)*) => {
        $crate::print::call_printk("alert", ::core::format_args!($($arg)*))
    };
}

/// Prints a message of level `crit`.
#[macro_export]
macro_rules! pr_crit {
    ($($arg:tt)*) => {
        $crate::print::call_printk("crit", ::core::format_args!($($arg)*))
    };
}

/// Prints a message of level `err`.
#[macro_export]
macro_rules! pr_err {
    ($($arg:tt)*) => {
        $crate::print::call_printk("err", ::core::format_args!($($arg)*))
    };
}

/// Prints a message of level `warning`.
#[macro_export]
macro_rules! pr_warn {
    ($($arg:tt)*) => {
        $crate::print::call_printk("warning", ::core::format_args!($($arg)*))
    };
}

/// Prints a message of level `notice`.
#[macro_export]
macro_rules! pr_notice {
    ($($arg:tt)*) => {
        $crate::print::call_printk("notice", ::core::format_args!($($arg)*))
    };
}

/// Prints a message of level `info`.
#[macro_export]
macro_rules! pr_info {
    ($($arg:tt)*) => {
        $crate::print::call_printk("info", ::core::format_args!($($arg)*))
    };
}

/// Prints a message of level `debug`.
#[macro_export]
macro_rules! pr_debug {
    ($($arg:tt)*) => {
        $crate::print::call_printk("debug", ::core::format_args!($($arg)*))
    };
}
