// SPDX-License-Identifier: GPL-2.0

//! Hands the version of rustls in Cargo.lock to the program, for its `--version`.

use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let lock = fs::read_to_string("Cargo.lock")?;
    let version = lock
        .split("name = \"rustls\"\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .ok_or("no rustls in Cargo.lock")?;
    println!("cargo:rustc-env=RUSTLS_VERSION={version}");
    Ok(())
}
