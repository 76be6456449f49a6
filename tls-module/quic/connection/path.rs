// SPDX-License-Identifier: GPL-2.0

//! A path, and what may be sent on it before it is validated (RFC 9000 sections 8 and 9).

use kernel::{
    crypto::{
        ct_eq,
        rng, //
    },
    error::Result as KernelResult, //
};

use super::super::{
    limits,
    time::Instant,
    Path, //
};

/// How many PATH_CHALLENGE frames a PATH_RESPONSE may answer: the last ones.
const REMEMBERED: usize = 3;

/// A path and what is known of it.
#[derive(Clone, Copy)]
pub(super) struct PathState {
    pub(super) addresses: Path,
    /// Whether the peer is known to be there (section 8).
    pub(super) validated: bool,
    received: u64,
    sent: u64,
    /// The data of the last PATH_CHALLENGE frames.
    challenges: [Option<[u8; 8]>; REMEMBERED],
    /// When the next PATH_CHALLENGE is to be sent.
    pub(super) challenge_at: Option<Instant>,
    /// When the path is given up.
    pub(super) deadline: Option<Instant>,
}

impl PathState {
    pub(super) const fn new(addresses: Path, validated: bool) -> Self {
        Self {
            addresses,
            validated,
            received: 0,
            sent: 0,
            challenges: [None; REMEMBERED],
            challenge_at: None,
            deadline: None,
        }
    }

    /// Counts a datagram that came on it (section 8.1).
    pub(super) fn received(&mut self, bytes: u64) {
        self.received = self.received.saturating_add(bytes);
    }

    pub(super) fn sent(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
    }

    /// How much may be sent now (section 8.1).
    pub(super) fn budget(&self) -> u64 {
        if self.validated {
            return u64::MAX;
        }
        self.received
            .saturating_mul(limits::AMPLIFICATION)
            .saturating_sub(self.sent)
    }

    /// Makes the data of a PATH_CHALLENGE frame; another one is due at `again`.
    pub(super) fn challenge(&mut self, again: Instant) -> KernelResult<[u8; 8]> {
        let mut data = [0; 8];
        rng::fill(&mut data)?;
        self.challenges.rotate_right(1);
        if let Some(newest) = self.challenges.first_mut() {
            *newest = Some(data);
        }
        self.challenge_at = Some(again);
        Ok(data)
    }

    /// Begins to validate it, until `deadline`.
    pub(super) fn validate(&mut self, now: Instant, deadline: Instant) {
        self.challenge_at = Some(now);
        self.deadline = Some(deadline);
    }

    /// Takes the data of a PATH_RESPONSE frame; says whether the path is validated by it.
    pub(super) fn respond(&mut self, data: &[u8; 8]) -> bool {
        let answers = self
            .challenges
            .iter()
            .flatten()
            .any(|sent| ct_eq(sent, data));
        if answers {
            self.validated = true;
            self.stop();
        }
        answers
    }

    /// Ends the validation.
    pub(super) fn stop(&mut self) {
        self.challenges = [None; REMEMBERED];
        self.challenge_at = None;
        self.deadline = None;
    }
}
