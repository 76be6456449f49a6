// SPDX-License-Identifier: GPL-2.0

//! Tokens that validate an address (RFC 9000 section 8.1): those of Retry and of NEW_TOKEN.
//!
//! A token is sealed with a key that only this endpoint has, so that nothing has to be kept for it:
//!
//! ```text
//!   kind (1) ‖ nonce (12) ‖ sealed: time (8) ‖ original destination id (0..20) ‖ tag (16)
//! ```
//!
//! The address is associated data: the token is worth nothing to anyone else. A Retry token is bound
//! to the port and to the id that the Retry gave as well.

use core::net::{
    IpAddr,
    SocketAddr, //
};

use kernel::{
    crypto::{
        aead::{
            Aead,
            AeadAlgorithm,
            NONCE_SIZE,
            TAG_SIZE, //
        },
        rng,
        Secret, //
    },
    error::Result,
    prelude::*, //
};

use super::{
    cid::{
        ConnectionId,
        MAX_CID, //
    },
    codec::{
        copy,
        Reader,
        Writer, //
    },
    limits,
    time::Instant, //
};

/// The longest token.
pub(super) const MAX_TOKEN: usize = 1 + NONCE_SIZE + 8 + MAX_CID + TAG_SIZE;

/// Tokens made with one key. Nonces are random: with no more than that, the odds of one coming
/// twice are under 2^-32.
const TOKENS_OF_A_KEY: u32 = 1 << 31;

const RETRY: u8 = 0;
const NEW_TOKEN: u8 = 1;

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing: there is none, or it is old, or not of this endpoint.
    Unknown,
    /// The address is the client's.
    Valid,
    /// It answers a Retry, which answered a packet to this id.
    Retried(ConnectionId),
    /// It says that it answers a Retry, but is not good (section 8.1.3).
    Invalid,
}

/// Makes tokens and tells the good ones.
pub(super) struct Tokens {
    aead: Aead,
    made: u32,
}

impl Tokens {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            aead: Aead::new(AeadAlgorithm::Aes128Gcm, Secret::<16>::random()?.as_bytes())?,
            made: 0,
        })
    }

    /// Makes the token of a Retry to `remote`, which answers a packet to `original` and gives the id
    /// `scid`. Gives how much of `out` it takes.
    pub(super) fn retry(
        &mut self,
        now: Instant,
        remote: &SocketAddr,
        original: &ConnectionId,
        scid: &ConnectionId,
        out: &mut [u8],
    ) -> Result<usize> {
        let aad = Aad::new(RETRY, remote, Some(scid))?;
        self.make(RETRY, now, aad.as_bytes(), original, out)
    }

    /// Makes the token of a NEW_TOKEN frame to `remote`. Gives how much of `out` it takes.
    pub(super) fn new_token(
        &mut self,
        now: Instant,
        remote: &SocketAddr,
        out: &mut [u8],
    ) -> Result<usize> {
        let aad = Aad::new(NEW_TOKEN, remote, None)?;
        self.make(NEW_TOKEN, now, aad.as_bytes(), &ConnectionId::EMPTY, out)
    }

    fn make(
        &mut self,
        kind: u8,
        now: Instant,
        aad: &[u8],
        original: &ConnectionId,
        out: &mut [u8],
    ) -> Result<usize> {
        if self.made >= TOKENS_OF_A_KEY {
            // Those that are still about are unknown from now on.
            *self = Self::new()?;
        }
        self.made = self.made.saturating_add(1);

        let mut nonce = [0; NONCE_SIZE];
        rng::fill(&mut nonce)?;
        let mut w = Writer::new(out);
        w.u8(kind)?;
        w.bytes(&nonce)?;
        let start = w.len();
        w.bytes(&now.as_nanos().to_be_bytes())?;
        w.bytes(original.as_bytes())?;
        w.zeroes(TAG_SIZE)?;
        let len = w.len();
        let body = w.written().get_mut(start..).ok_or(EINVAL)?;
        self.aead.seal_in_place(&nonce, aad, body)?;
        Ok(len)
    }

    /// Looks at the token of an Initial from `remote` to `dcid`.
    pub(super) fn check(
        &self,
        now: Instant,
        remote: &SocketAddr,
        dcid: &ConnectionId,
        token: &[u8],
    ) -> Verdict {
        let (scid, otherwise) = match token.first() {
            Some(&RETRY) => (Some(dcid), Verdict::Invalid),
            Some(&NEW_TOKEN) => (None, Verdict::Unknown),
            _ => return Verdict::Unknown,
        };
        self.open(now, remote, scid, token).unwrap_or(otherwise)
    }

    fn open(
        &self,
        now: Instant,
        remote: &SocketAddr,
        scid: Option<&ConnectionId>,
        token: &[u8],
    ) -> Option<Verdict> {
        let mut r = Reader::new(token);
        let kind = r.u8()?;
        let nonce = r.array()?;
        let mut body = [0; MAX_TOKEN];
        let sealed = r.rest();
        copy(&mut body, sealed).then_some(())?;
        let body = body.get_mut(..sealed.len())?;
        let aad = Aad::new(kind, remote, scid).ok()?;
        let text = self.aead.open_in_place(&nonce, aad.as_bytes(), body).ok()?;

        let mut r = Reader::new(text);
        let age = now - Instant::from_nanos(r.u64()?);
        let original = ConnectionId::new(r.rest())?;
        match scid {
            Some(_) if age <= limits::RETRY_TOKEN_LIFE => Some(Verdict::Retried(original)),
            None if age <= limits::NEW_TOKEN_LIFE => Some(Verdict::Valid),
            _ => None,
        }
    }
}

/// What a token is bound to.
struct Aad {
    bytes: [u8; 1 + 16 + 2 + MAX_CID],
    len: usize,
}

impl Aad {
    fn new(kind: u8, remote: &SocketAddr, scid: Option<&ConnectionId>) -> Result<Self> {
        let mut bytes = [0; 1 + 16 + 2 + MAX_CID];
        let mut w = Writer::new(&mut bytes);
        w.u8(kind)?;
        let ip = match remote.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        w.bytes(&ip.octets())?;
        if let Some(scid) = scid {
            w.bytes(&remote.port().to_be_bytes())?;
            w.bytes(scid.as_bytes())?;
        }
        let len = w.len();
        Ok(Self { bytes, len })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }
}

/// What a fuzz target needs of this file.
#[cfg(not(MODULE))]
#[doc(hidden)]
pub(super) mod fuzzing {
    use super::*;

    /// Checks a token that nobody made, which may then be none of the good ones.
    pub fn token(bytes: &[u8]) {
        let tokens = Tokens::new();
        let remote = SocketAddr::from(([192, 0, 2, 1], 1));
        let verdict = tokens.map(|tokens| {
            tokens.check(Instant::from_nanos(0), &remote, &ConnectionId::EMPTY, bytes)
        });
        assert!(matches!(verdict, Ok(Verdict::Unknown | Verdict::Invalid)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quic::time::Duration;

    #[test]
    fn tokens_are_bound() {
        let mut tokens = Tokens::new().unwrap();
        let now = Instant::from_nanos(1 << 60);
        let remote: SocketAddr = "192.0.2.1:4000".parse().unwrap();
        let original = ConnectionId::new(&[7; 8]).unwrap();
        let scid = ConnectionId::new(&[8; 16]).unwrap();
        let mut out = [0; MAX_TOKEN];

        let len = tokens
            .retry(now, &remote, &original, &scid, &mut out)
            .unwrap();
        let token = &out[..len];
        let check = |now, remote: &str, dcid: &_, token: &[u8]| {
            tokens.check(now, &remote.parse().unwrap(), dcid, token)
        };
        let here = "192.0.2.1:4000";
        assert_eq!(check(now, here, &scid, token), Verdict::Retried(original));
        // The fifth time that it is sent, when all the others were lost.
        let fifth = now + Duration::from_secs(16);
        assert_eq!(check(fifth, here, &scid, token), Verdict::Retried(original));
        let late = now + limits::RETRY_TOKEN_LIFE;
        assert_eq!(check(late, here, &scid, token), Verdict::Retried(original));
        let late = late + Duration::from_nanos(1);
        assert_eq!(check(late, here, &scid, token), Verdict::Invalid);
        for (remote, dcid) in [
            ("192.0.2.1:4001", &scid),
            ("192.0.2.2:4000", &scid),
            (here, &original),
        ] {
            assert_eq!(check(now, remote, dcid, token), Verdict::Invalid);
        }
        for at in 1..len {
            let mut bad = token.to_vec();
            bad[at] ^= 1;
            assert_eq!(check(now, here, &scid, &bad), Verdict::Invalid);
            assert_eq!(check(now, here, &scid, &token[..at]), Verdict::Invalid);
        }
        assert_eq!(check(now, here, &scid, &[]), Verdict::Unknown);
        let other = Tokens::new().unwrap();
        assert_eq!(other.check(now, &remote, &scid, token), Verdict::Invalid);
    }

    #[test]
    fn new_tokens_are_bound_to_the_host() {
        let mut tokens = Tokens::new().unwrap();
        let now = Instant::from_nanos(5);
        let mut out = [0; MAX_TOKEN];
        let len = tokens
            .new_token(now, &"[2001:db8::1]:1".parse().unwrap(), &mut out)
            .unwrap();
        let token = &out[..len];
        let check = |now, remote: &str| {
            tokens.check(now, &remote.parse().unwrap(), &ConnectionId::EMPTY, token)
        };
        assert_eq!(check(now, "[2001:db8::1]:2"), Verdict::Valid);
        assert_eq!(check(now, "[2001:db8::2]:1"), Verdict::Unknown);
        let late = now + limits::NEW_TOKEN_LIFE + Duration::from_nanos(1);
        assert_eq!(check(late, "[2001:db8::1]:2"), Verdict::Unknown);
    }
}
