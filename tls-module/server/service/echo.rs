// SPDX-License-Identifier: GPL-2.0

//! Sends back what arrives.

use super::{
    session::{
        Link,
        Received,
        Sent,
        MAX_FRAGMENT, //
    },
    Progress, //
};
use kernel::prelude::*;

/// An echo service.
pub(super) struct Echo {
    buffer: KVec<u8>,
    /// The part of the buffer that has yet to be sent.
    from: usize,
    to: usize,
    peer_closed: bool,
}

impl Echo {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            buffer: KVec::from_elem(0, MAX_FRAGMENT, GFP_KERNEL)?,
            from: 0,
            to: 0,
            peer_closed: false,
        })
    }

    pub(super) fn step(&mut self, link: &mut Link<'_>) -> Result<Progress> {
        if self.from < self.to {
            let unsent = self.buffer.get(self.from..self.to).ok_or(EINVAL)?;
            return Ok(match link.send(unsent)? {
                Sent::Data(n) => {
                    self.from = self.from.saturating_add(n);
                    Progress::Moved
                }
                Sent::Refused => Progress::Refused,
                Sent::Nothing => Progress::Wait,
            });
        }
        if self.peer_closed {
            return link.close();
        }
        match link.receive(&mut self.buffer)? {
            Received::Data(n) => {
                self.from = 0;
                self.to = n;
            }
            Received::CloseNotify => self.peer_closed = true,
            Received::Nothing => return Ok(Progress::Wait),
            Received::Refused => return Ok(Progress::Refused),
        }
        Ok(Progress::Moved)
    }
}
