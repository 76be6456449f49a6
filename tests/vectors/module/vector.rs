// SPDX-License-Identifier: GPL-2.0

//! Vectors as they are written to the device, and what came of one.

use kernel::{
    fmt,
    prelude::*, //
};

/// What has to come of a vector.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It is right.
    Valid,
    /// It has to be refused.
    Invalid,
    /// It may be refused; if it is not, it is right.
    Acceptable,
}

/// A vector whose fields are yet to be read, but for the first two.
pub(crate) struct Vector<'a> {
    pub(crate) operation: &'a [u8],
    pub(crate) expected: Expected,
    rest: &'a [u8],
}

impl<'a> Vector<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self> {
        let mut vector = Self {
            operation: &[],
            expected: Expected::Invalid,
            rest: bytes,
        };

        vector.operation = vector.field()?;
        vector.expected = match vector.field()? {
            b"valid" => Expected::Valid,
            b"invalid" => Expected::Invalid,
            b"acceptable" => Expected::Acceptable,
            _ => return Err(EINVAL),
        };
        Ok(vector)
    }

    /// Takes the next field.
    pub(crate) fn field(&mut self) -> Result<&'a [u8]> {
        let (len, rest) = self.rest.split_first_chunk().ok_or(EINVAL)?;
        let len = usize::try_from(u32::from_le_bytes(*len))?;
        let (field, rest) = rest.split_at_checked(len).ok_or(EINVAL)?;

        self.rest = rest;
        Ok(field)
    }

    /// Takes the next field, a number of 32 bits.
    pub(crate) fn number(&mut self) -> Result<usize> {
        let bytes = self.field()?.try_into().map_err(|_| EINVAL)?;

        Ok(usize::try_from(u32::from_le_bytes(bytes))?)
    }

    /// Sees to it that all fields were taken.
    pub(crate) fn end(&self) -> Result {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}

/// What came of a vector.
pub(crate) enum Outcome {
    Passed,
    /// It went wrong, with this error if with any.
    Failed(&'static str, Option<Error>),
    /// The wrapper does not take such a vector, and said so where it could be asked.
    NotApplicable(&'static str),
}

impl Outcome {
    /// Passed if a condition holds.
    pub(crate) fn when(holds: bool, otherwise: &'static str) -> Self {
        if holds {
            Self::Passed
        } else {
            Self::Failed(otherwise, None)
        }
    }

    /// Passed if something was refused with an error, and with none but that one.
    pub(crate) fn refused<T>(result: Result<T>, with: Error) -> Self {
        match result {
            Ok(_) => Self::Failed("it was taken", None),
            Err(error) if error == with => Self::Passed,
            Err(error) => Self::Failed("it was refused with the wrong error", Some(error)),
        }
    }

    /// What is to be said if this has passed.
    pub(crate) fn then(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Passed => next(),
            other => other,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(why, None) => write!(f, "failed: {why}"),
            Self::Failed(why, Some(error)) => write!(f, "failed: {why} ({error:?})"),
            Self::NotApplicable(why) => write!(f, "not applicable: {why}"),
        }
    }
}
