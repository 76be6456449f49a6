// SPDX-License-Identifier: GPL-2.0

//! Stand-in on the host for the kernel's procedural macros.

use proc_macro::TokenStream;

/// Makes a KUnit suite an ordinary test module.
///
/// In the kernel, `#[kunit_tests(suite)] mod tests { … }` becomes a KUnit suite; here the module's
/// `#[test]` functions are left to the test harness.
#[proc_macro_attribute]
pub fn kunit_tests(_suite: TokenStream, module: TokenStream) -> TokenStream {
    let mut out: TokenStream = "#[cfg(test)]".parse().expect("a fixed attribute");

    out.extend(module);
    out
}
