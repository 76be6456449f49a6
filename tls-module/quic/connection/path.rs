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
    codec::to_u64,
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
    /// The data of the last PATH_CHALLENGE frames, and whether they went in datagrams that were as
    /// large as a path has to carry.
    challenges: [Option<([u8; 8], bool)>; REMEMBERED],
    /// When the next PATH_CHALLENGE is to be sent.
    pub(super) challenge_at: Option<Instant>,
    /// When the path is given up.
    pub(super) deadline: Option<Instant>,
    /// The number of the peer's id that was in use when the path was left.
    pub(super) cid: u64,
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
            cid: 0,
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

    /// Makes the data of a PATH_CHALLENGE frame, which goes out next; another one is due at `again`.
    pub(super) fn challenge(&mut self, again: Instant) -> KernelResult<[u8; 8]> {
        let mut data = [0; 8];
        rng::fill(&mut data)?;
        let is_full = self.budget() >= to_u64(limits::MIN_INITIAL);
        self.challenges.rotate_right(1);
        if let Some(newest) = self.challenges.first_mut() {
            *newest = Some((data, is_full));
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
    ///
    /// A challenge in a small datagram, more than which was not allowed then, shows that the peer is
    /// there, but not that the path carries what it has to: another one shows that (section 8.2.1).
    pub(super) fn respond(&mut self, now: Instant, data: &[u8; 8]) -> bool {
        let answered = self
            .challenges
            .iter()
            .flatten()
            .find(|(sent, _)| ct_eq(sent, data));
        let Some(&(_, is_full)) = answered else {
            return false;
        };
        self.validated = true;
        if is_full {
            self.stop();
        } else {
            self.challenges = [None; REMEMBERED];
            self.challenge_at = Some(now);
        }
        is_full
    }

    /// Ends the validation.
    pub(super) fn stop(&mut self) {
        self.challenges = [None; REMEMBERED];
        self.challenge_at = None;
        self.deadline = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A challenge for which there was no room in full shows where the peer is; another one has to
    /// show what the path carries.
    #[test]
    fn validated_in_two_steps() {
        let at = |seconds: u64| Instant::from_nanos(seconds * 1_000_000_000);
        let addresses = Path {
            local: ([192, 0, 2, 1], 443).into(),
            remote: ([192, 0, 2, 2], 40_000).into(),
        };
        let mut path = PathState::new(addresses, false);
        path.received(399);
        path.validate(at(1), at(4));
        let data = path.challenge(at(2)).unwrap();
        assert!(!path.respond(at(2), &[0; 8]));
        assert!(!path.validated);
        assert!(!path.respond(at(2), &data));
        assert!(path.validated && path.deadline.is_some());
        assert_eq!(path.challenge_at, Some(at(2)));
        let full = path.challenge(at(3)).unwrap();
        assert!(!path.respond(at(3), &data));
        assert!(path.respond(at(3), &full));
        assert!(path.deadline.is_none() && path.challenge_at.is_none());
    }
}
