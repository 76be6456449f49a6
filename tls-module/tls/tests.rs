// SPDX-License-Identifier: GPL-2.0
use super::{error::Result, key_exchange::KeyExchange, NamedGroup};
use kernel::prelude::*;
/// Randomness that is not.
pub(crate) struct Fixed {
    pub(crate) random: [u8; 32],
}
impl Fixed {
    pub(crate) fn generate(&self, _g: NamedGroup) -> Result<KeyExchange> {
        Err(EINVAL.into())
    }
}
