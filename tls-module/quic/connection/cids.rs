// SPDX-License-Identifier: GPL-2.0

//! The connection ids of both sides (RFC 9000 section 5.1).

use kernel::{
    error::Result as KernelResult,
    prelude::*,
    sync::Arc, //
};

use super::super::{
    cid::{
        CidFactory,
        ConnectionId,
        Key,
        RemoteCid,
        ResetToken, //
    },
    codec::{
        to_u64,
        Writer, //
    },
    error::{
        Code,
        Result,
        TransportError, //
    },
    frame::kind,
    limits,
    range_set::RangeSet,
    sent::Sent,
    stream::Signal,
    Path, //
};

/// An id of this side's.
struct LocalCid {
    sequence: u64,
    id: ConnectionId,
    /// The NEW_CONNECTION_ID frame that gives it.
    given: Signal,
}

/// The ids that this side gave out.
pub(super) struct LocalCids {
    factory: Arc<CidFactory>,
    key: Key,
    list: KVec<LocalCid>,
    next: u64,
}

impl LocalCids {
    /// Begins with the id that the handshake is done with.
    pub(super) fn new(factory: Arc<CidFactory>, key: Key) -> KernelResult<Self> {
        let id = factory.make(key)?;
        let mut list = KVec::new();
        list.push(
            LocalCid {
                sequence: 0,
                id,
                given: Signal::Idle,
            },
            GFP_KERNEL,
        )?;
        Ok(Self {
            factory,
            key,
            list,
            next: 1,
        })
    }

    /// The id that the handshake is done with.
    pub(super) fn first(&self) -> ConnectionId {
        self.list
            .iter()
            .find(|cid| cid.sequence == 0)
            .map_or(ConnectionId::EMPTY, |cid| cid.id)
    }

    /// The sequence number of an id, if it is one of these.
    pub(super) fn sequence_of(&self, id: &ConnectionId) -> Option<u64> {
        self.list
            .iter()
            .find(|cid| cid.id == *id)
            .map(|cid| cid.sequence)
    }

    /// Makes new ids until the peer has as many as it may have.
    pub(super) fn fill(&mut self, peer_limit: u64) -> KernelResult {
        let wanted = peer_limit.min(limits::MAX_LOCAL_CIDS);
        while to_u64(self.list.len()) < wanted && self.next < limits::MAX_CID_SEQUENCE {
            let id = self.factory.make(self.key)?;
            self.list.push(
                LocalCid {
                    sequence: self.next,
                    id,
                    given: Signal::Due,
                },
                GFP_KERNEL,
            )?;
            self.next = self.next.saturating_add(1);
        }
        Ok(())
    }

    /// Takes a RETIRE_CONNECTION_ID frame that came in a packet to the id number `used` (section
    /// 19.16).
    pub(super) fn on_retire(&mut self, sequence: u64, used: Option<u64>) -> Result {
        if sequence >= self.next {
            return Err(TransportError::violation(
                "connection id retired that was never given",
            ));
        }
        if used == Some(sequence) {
            return Err(TransportError::violation(
                "connection id retired by a packet that is sent to it",
            ));
        }
        self.list.retain(|cid| cid.sequence != sequence);
        Ok(())
    }

    pub(super) fn is_due(&self) -> bool {
        self.list.iter().any(|cid| cid.given.is_due())
    }

    pub(super) fn write_frames(
        &mut self,
        w: &mut Writer<'_>,
        sent: &mut KVec<Sent>,
    ) -> KernelResult {
        /// The type, two numbers, the length, the id, the token.
        const SIZE: usize = 1 + 8 + 1 + 1 + 20 + 16;

        for cid in &mut self.list {
            if !cid.given.is_due() || w.room() < SIZE {
                continue;
            }
            sent.push(Sent::NewConnectionId(cid.sequence), GFP_KERNEL)?;
            w.varint(kind::NEW_CONNECTION_ID)?;
            w.varint(cid.sequence)?;
            w.varint(0)?;
            w.u8_bytes(cid.id.as_bytes())?;
            w.bytes(&self.factory.reset_token(&cid.id)?)?;
            cid.given.sent();
        }
        Ok(())
    }

    pub(super) fn acked(&mut self, sequence: u64) {
        self.signal(sequence, Signal::acked);
    }

    pub(super) fn lost(&mut self, sequence: u64) {
        self.signal(sequence, Signal::lost);
    }

    fn signal(&mut self, sequence: u64, event: fn(&mut Signal)) {
        if let Some(cid) = self.list.iter_mut().find(|cid| cid.sequence == sequence) {
            event(&mut cid.given);
        }
    }
}

/// The ids that the peer gave out.
pub(super) struct RemoteCids {
    active: RemoteCid,
    /// The one for another path than that in use, and for which.
    other: Option<(Path, RemoteCid)>,
    spare: KVec<RemoteCid>,
    /// The numbers of those there ever were.
    seen: RangeSet,
    retire_prior_to: u64,
    retired: KVec<(u64, Signal)>,
}

impl RemoteCids {
    /// Begins with the id of the client's first packet.
    pub(super) fn new(id: ConnectionId) -> KernelResult<Self> {
        let mut seen = RangeSet::new();
        seen.insert(0..1)?;
        Ok(Self {
            active: RemoteCid::new(0, id, None),
            other: None,
            spare: KVec::new(),
            seen,
            retire_prior_to: 0,
            retired: KVec::new(),
        })
    }

    /// The id to send to.
    pub(super) const fn active(&self) -> &ConnectionId {
        &self.active.id
    }

    /// Its number.
    pub(super) const fn active_sequence(&self) -> u64 {
        self.active.sequence
    }

    /// The ids in use.
    fn used(&self) -> impl Iterator<Item = &RemoteCid> {
        let other = self.other.as_ref().map(|(_, cid)| cid);
        Iterator::chain(core::iter::once(&self.active), other)
    }

    /// The ids there are.
    fn all(&self) -> impl Iterator<Item = &RemoteCid> {
        Iterator::chain(self.used(), self.spare.iter())
    }

    /// Whether the end of a datagram is the token of an id in use (section 10.3.1).
    pub(super) fn is_reset(&self, token: &[u8]) -> bool {
        self.used().any(|cid| cid.is_reset(token))
    }

    /// The token of the id in use.
    pub(super) const fn reset_token(&self) -> Option<ResetToken> {
        self.active.token()
    }

    fn find(&self, sequence: u64) -> Option<&RemoteCid> {
        self.all().find(|cid| cid.sequence == sequence)
    }

    /// Takes a NEW_CONNECTION_ID frame (section 19.15).
    pub(super) fn on_new(
        &mut self,
        sequence: u64,
        retire_prior_to: u64,
        id: ConnectionId,
        token: ResetToken,
    ) -> Result {
        if self.active.id.is_empty() {
            return Err(TransportError::violation(
                "connection id of a peer that uses none",
            ));
        }
        let too_many = TransportError::new(
            Code::CONNECTION_ID_LIMIT_ERROR,
            "more connection ids than were allowed",
        );
        let is_new = self.seen.insert(sequence..sequence.saturating_add(1))?;
        if self.seen.len() > limits::MAX_GAPS {
            return Err(too_many);
        }
        if !is_new {
            return match self.find(sequence) {
                Some(known) if !known.agrees(&id, &token) => Err(TransportError::violation(
                    "connection id given twice, in two ways",
                )),
                _ => Ok(()),
            };
        }
        if self.all().any(|cid| cid.id == id) {
            return Err(TransportError::violation(
                "connection id given under two numbers",
            ));
        }
        self.spare
            .push(RemoteCid::new(sequence, id, Some(token)), GFP_KERNEL)?;

        self.retire_prior_to = self.retire_prior_to.max(retire_prior_to);
        let limit = self.retire_prior_to;
        let mut at = 0;
        while let Some(cid) = self.spare.get(at) {
            if cid.sequence < limit {
                let sequence = cid.sequence;
                let _ = self.spare.remove(at);
                self.retire(sequence)?;
            } else {
                at = at.saturating_add(1);
            }
        }
        if self.other.is_some_and(|(_, cid)| cid.sequence < limit) {
            self.leave()?;
        }
        if self.active.sequence < limit {
            if let Ok(next) = self.spare.remove(0) {
                let old = core::mem::replace(&mut self.active, next);
                self.retire(old.sequence)?;
            }
        }
        // Section 5.1.1: those that are retired do not count.
        if self.all().count() > limits::MAX_REMOTE_CIDS {
            return Err(too_many);
        }
        Ok(())
    }

    fn retire(&mut self, sequence: u64) -> Result {
        if self.retired.len() >= limits::MAX_RETIRED_CIDS {
            // Section 5.1.2.
            return Err(TransportError::new(
                Code::CONNECTION_ID_LIMIT_ERROR,
                "more connection ids to retire than are kept",
            ));
        }
        self.retired.push((sequence, Signal::Due), GFP_KERNEL)?;
        Ok(())
    }

    /// Follows the peer to the path `to`, with the id that has been used there or with another one,
    /// if there is one: nobody is to see from an id that both paths are of one connection (section
    /// 9.5). The id before is kept for the path `from`, if there is to be one, or else retired.
    pub(super) fn follow(&mut self, to: &Path, from: Option<Path>) -> Result {
        let next = match self.other {
            Some((path, cid)) if path == *to => {
                self.other = None;
                cid
            }
            _ => match self.spare.remove(0) {
                Ok(next) => next,
                Err(_) => return Ok(()),
            },
        };
        let old = core::mem::replace(&mut self.active, next);
        match from {
            Some(from) => {
                self.leave()?;
                self.other = Some((from, old));
            }
            None => self.retire(old.sequence)?,
        }
        Ok(())
    }

    /// The id to send to on the path `to`, another than the one in use. It is used on no other path;
    /// [`None`] if there is none left for it.
    pub(super) fn elsewhere(&mut self, to: &Path) -> Result<Option<ConnectionId>> {
        if self.active.id.is_empty() {
            return Ok(Some(ConnectionId::EMPTY));
        }
        if let Some((path, cid)) = &self.other {
            if path == to {
                return Ok(Some(cid.id));
            }
        }
        let Ok(next) = self.spare.remove(0) else {
            return Ok(None);
        };
        self.leave()?;
        self.other = Some((*to, next));
        Ok(Some(next.id))
    }

    /// Retires the id for another path: nothing is sent there any more.
    pub(super) fn leave(&mut self) -> Result {
        match self.other.take() {
            Some((_, cid)) => self.retire(cid.sequence),
            None => Ok(()),
        }
    }

    pub(super) fn is_due(&self) -> bool {
        self.retired.iter().any(|(_, signal)| signal.is_due())
    }

    pub(super) fn write_frames(
        &mut self,
        w: &mut Writer<'_>,
        sent: &mut KVec<Sent>,
    ) -> KernelResult {
        for (sequence, signal) in &mut self.retired {
            if !signal.is_due() || w.room() < 9 {
                continue;
            }
            sent.push(Sent::RetireConnectionId(*sequence), GFP_KERNEL)?;
            w.varint(kind::RETIRE_CONNECTION_ID)?;
            w.varint(*sequence)?;
            signal.sent();
        }
        Ok(())
    }

    pub(super) fn acked(&mut self, sequence: u64) {
        self.retired.retain(|(retired, _)| *retired != sequence);
    }

    pub(super) fn lost(&mut self, sequence: u64) {
        for (retired, signal) in &mut self.retired {
            if *retired == sequence {
                signal.lost();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> ConnectionId {
        ConnectionId::new(&[n; 8]).unwrap()
    }

    #[test]
    fn the_peers_ids() {
        let mut cids = RemoteCids::new(id(0)).unwrap();
        cids.on_new(1, 0, id(1), [1; 16]).unwrap();
        // Again, as it was, and otherwise.
        cids.on_new(1, 0, id(1), [1; 16]).unwrap();
        for (sequence, id, token) in [
            (1, id(1), [2; 16]),
            (1, id(9), [1; 16]),
            (2, id(1), [1; 16]),
        ] {
            let mut cids = RemoteCids::new(super::tests::id(0)).unwrap();
            cids.on_new(1, 0, super::tests::id(1), [1; 16]).unwrap();
            let e = cids.on_new(sequence, 0, id, token).unwrap_err();
            assert_eq!(e.code, Code::PROTOCOL_VIOLATION);
        }
        cids.on_new(2, 0, id(2), [2; 16]).unwrap();
        cids.on_new(3, 0, id(3), [3; 16]).unwrap();
        let mut full = RemoteCids::new(id(0)).unwrap();
        for n in 1..4 {
            full.on_new(n, 0, id(n as u8), [0; 16]).unwrap();
        }
        let e = full.on_new(4, 0, id(4), [0; 16]).unwrap_err();
        assert_eq!(e.code, Code::CONNECTION_ID_LIMIT_ERROR);

        // Three make way for a new one.
        cids.on_new(4, 3, id(4), [4; 16]).unwrap();
        assert_eq!(*cids.active(), id(3));
        assert_eq!(cids.retired.len(), 3);
        assert!(cids.is_reset(&[3; 16]) && !cids.is_reset(&[0; 16]));
        // One that is to be retired when it comes is.
        let mut none = RemoteCids::new(ConnectionId::EMPTY).unwrap();
        assert!(none.on_new(1, 0, id(1), [1; 16]).is_err());
        // Each path has an id of its own, and the one in use takes it along.
        let path = |port| Path {
            local: ([127, 0, 0, 1], 443).into(),
            remote: ([127, 0, 0, 1], port).into(),
        };
        let mut cids = RemoteCids::new(id(0)).unwrap();
        assert_eq!(cids.elsewhere(&path(1)).unwrap(), None);
        for n in 1..4 {
            cids.on_new(n, 0, id(n as u8), [n as u8; 16]).unwrap();
        }
        assert_eq!(cids.elsewhere(&path(1)).unwrap(), Some(id(1)));
        assert_eq!(cids.elsewhere(&path(1)).unwrap(), Some(id(1)));
        assert!(cids.is_reset(&[1; 16]) && !cids.is_reset(&[2; 16]));
        assert_eq!(*cids.active(), id(0));
        cids.follow(&path(1), Some(path(0))).unwrap();
        assert_eq!(*cids.active(), id(1));
        assert_eq!(cids.elsewhere(&path(0)).unwrap(), Some(id(0)));
        assert_eq!(cids.retired.len(), 0);
        assert_eq!(cids.elsewhere(&path(2)).unwrap(), Some(id(2)));
        cids.follow(&path(3), None).unwrap();
        assert_eq!(*cids.active(), id(3));
        cids.leave().unwrap();
        let retired: std::vec::Vec<u64> = cids.retired.iter().map(|(n, _)| *n).collect();
        assert_eq!(retired, [0, 1, 2]);
        assert_eq!(cids.elsewhere(&path(2)).unwrap(), None);
        assert_eq!(none.elsewhere(&path(2)).unwrap(), Some(ConnectionId::EMPTY));
        // Retired without end.
        let mut flood = RemoteCids::new(id(0)).unwrap();
        let result = (1..100).try_for_each(|n| flood.on_new(n, n, id(n as u8), [0; 16]));
        assert_eq!(result.unwrap_err().code, Code::CONNECTION_ID_LIMIT_ERROR);
    }
}
