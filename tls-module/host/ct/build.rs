// SPDX-License-Identifier: GPL-2.0

fn main() {
    println!("cargo::rerun-if-changed=src/memcheck.c");
    cc::Build::new().file("src/memcheck.c").compile("memcheck");
}
