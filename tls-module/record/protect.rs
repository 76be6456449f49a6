// SPDX-License-Identifier: GPL-2.0

//! Record protection (RFC 8446 sections 5.2 to 5.4).

use kernel::{
    crypto::{
        aead::{
            Aead,
            AeadAlgorithm,
            Exclusive,
            NONCE_SIZE,
            TAG_SIZE, //
        },
        Secret,
        SecretVec, //
    },
    prelude::*, //
};

use crate::tls::{
    AlertDescription,
    CipherSuite,
    ContentType,
    Error,
    Hkdf,
    TrafficSecret, //
};

/// Size of a record's header (section 5.1).
pub(super) const HEADER_SIZE: usize = 5;

/// The version in a record's header, which never changes (section 5.1).
pub(super) const LEGACY_VERSION: u16 = 0x0303;

/// Writes a record's header.
pub(super) fn header(kind: ContentType, len: usize) -> Result<[u8; HEADER_SIZE], Error> {
    let len = u16::try_from(len).map_err(|_| EOVERFLOW)?;
    let [v0, v1] = LEGACY_VERSION.to_be_bytes();
    let [l0, l1] = len.to_be_bytes();
    Ok([kind.into(), v0, v1, l0, l1])
}

/// Records that may be sealed with one key (section 5.5), however long they are. ChaCha20-Poly1305
/// bears more than there are sequence numbers.
const fn confidentiality_limit(aead: AeadAlgorithm) -> u64 {
    match aead {
        // 2^24.5, rounded down.
        AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm => 23_726_566,
        // Section 5.5 has no number for CCM: that of RFC 9001 section 6.6, 2^21.5, rounded down.
        AeadAlgorithm::Aes128Ccm => 2_965_820,
        AeadAlgorithm::ChaCha20Poly1305 => u64::MAX,
    }
}

/// How many more records may be sealed with a key, after which the connection has to end.
pub struct SealBudget {
    left: u64,
}

impl SealBudget {
    /// That of a new key of `aead`, but for one record: the alert that ends the connection.
    pub const fn new(aead: AeadAlgorithm) -> Self {
        Self {
            left: confidentiality_limit(aead).saturating_sub(1),
        }
    }

    /// Counts a record.
    pub fn spend(&mut self) {
        self.left = self.left.saturating_sub(1);
    }

    /// Whether nothing but the alert may be sealed any more.
    pub const fn is_spent(&self) -> bool {
        self.left == 0
    }
}

/// The keys of one direction, and how far it has come.
pub struct RecordKeys {
    /// What they are keys of.
    pub aead: AeadAlgorithm,
    /// `[sender]_write_key`.
    pub key: SecretVec,
    /// `[sender]_write_iv`.
    pub iv: Secret<NONCE_SIZE>,
    /// The sequence number of the next record.
    pub seq: u64,
    /// What the keys came from, and what those after a KeyUpdate will come from.
    pub secret: TrafficSecret,
}

impl RecordKeys {
    /// Derives the keys of a direction (section 7.3).
    pub(super) fn derive(
        suite: CipherSuite,
        hkdf: &mut Hkdf,
        secret: TrafficSecret,
    ) -> Result<Self, Error> {
        let aead = suite.aead();
        let mut key = SecretVec::zeroed(aead.key_size(), GFP_KERNEL)?;
        let mut iv = Secret::zeroed();
        secret.expand(hkdf, b"key", key.as_mut_bytes())?;
        secret.expand(hkdf, b"iv", iv.as_mut_bytes())?;
        Ok(Self {
            aead,
            key,
            iv,
            seq: 0,
            secret,
        })
    }

    /// The nonce of the next record (section 5.3).
    fn nonce(&self) -> [u8; NONCE_SIZE] {
        let mut nonce = *self.iv.as_bytes();
        let seq = self.seq.to_be_bytes();
        for (n, s) in nonce.iter_mut().rev().zip(seq.iter().rev()) {
            *n ^= *s;
        }
        nonce
    }

    /// Goes to the next sequence number. It must not wrap (section 5.3).
    fn advance(&mut self) -> Result<(), Error> {
        self.seq = self.seq.checked_add(1).ok_or(EOVERFLOW)?;
        Ok(())
    }
}

/// One direction's protection. The cipher is made when the first record needs it.
pub(super) struct Protection {
    keys: RecordKeys,
    cipher: Option<Aead>,
}

impl Protection {
    pub(super) fn new(keys: RecordKeys) -> Self {
        Self { keys, cipher: None }
    }

    pub(super) fn into_keys(self) -> RecordKeys {
        self.keys
    }

    fn cipher(&mut self) -> Result<Exclusive<'_>, Error> {
        let cipher = match &mut self.cipher {
            Some(cipher) => cipher,
            none => none.insert(Aead::new(self.keys.aead, self.keys.key.as_bytes())?),
        };
        Ok(cipher.exclusive())
    }

    /// Appends to `out` a record that carries `content`, without padding.
    pub(super) fn seal(
        &mut self,
        kind: ContentType,
        content: &[u8],
        out: &mut KVec<u8>,
    ) -> Result<(), Error> {
        let body = content.len().saturating_add(1).saturating_add(TAG_SIZE);
        let header = header(ContentType::ApplicationData, body)?;
        out.reserve(HEADER_SIZE.saturating_add(body), GFP_KERNEL)?;
        out.extend_from_slice(&header, GFP_KERNEL)?;
        let start = out.len();
        out.extend_from_slice(content, GFP_KERNEL)?;
        out.extend_from_slice(&[kind.into()], GFP_KERNEL)?;
        out.extend_from_slice(&[0; TAG_SIZE], GFP_KERNEL)?;

        let nonce = self.keys.nonce();
        let sealed = match (self.cipher(), out.get_mut(start..)) {
            (Ok(mut cipher), Some(body)) => cipher
                .seal_in_place(&nonce, &header, body)
                .map_err(Error::from)
                .and_then(|()| self.keys.advance()),
            (Err(e), _) => Err(e),
            (_, None) => Err(EINVAL.into()),
        };
        if sealed.is_err() {
            // The content must not go out in the clear.
            out.truncate(start.saturating_sub(HEADER_SIZE));
        }
        sealed
    }

    /// Opens the record `header` `body`: gives the type and the content, which may be empty.
    ///
    /// `limit` is the longest inner plaintext taken.
    pub(super) fn open<'a>(
        &mut self,
        header: &[u8; HEADER_SIZE],
        body: &'a mut [u8],
        limit: usize,
    ) -> Result<(ContentType, &'a [u8]), Error> {
        let forged = Error::misbehaved(
            AlertDescription::BadRecordMac,
            "record does not authenticate",
        );
        if body.len() < TAG_SIZE {
            return Err(forged);
        }
        let nonce = self.keys.nonce();
        let text = self
            .cipher()?
            .open_in_place(&nonce, header, body)
            .map_err(|e| if e == EBADMSG { forged } else { e.into() })?;
        self.keys.advance()?;

        let mut text: &'a [u8] = text;
        if text.len() > limit {
            return Err(Error::misbehaved(
                AlertDescription::RecordOverflow,
                "inner plaintext is too long",
            ));
        }
        // Section 5.4: the type is the last byte that is not zero; it must be there.
        loop {
            match text.split_last() {
                Some((0, rest)) => text = rest,
                Some((kind, content)) => return Ok((ContentType::from(*kind), content)),
                None => return Err(Error::unexpected("record of nothing but padding")),
            }
        }
    }
}

/// What tests of other files need.
#[cfg(test)]
pub(crate) mod testing {
    use std::vec::Vec as StdVec;

    use super::*;
    use crate::tls::limits;

    impl Protection {
        /// The protection of `secret`, from `seq` on.
        pub(crate) fn of(suite: CipherSuite, secret: &TrafficSecret, seq: u64) -> Self {
            let mut hkdf = Hkdf::new(suite.hash()).unwrap();
            let secret = TrafficSecret::from_bytes(secret.as_bytes());
            let mut keys = RecordKeys::derive(suite, &mut hkdf, secret).unwrap();
            keys.seq = seq;
            Self::new(keys)
        }

        pub(crate) fn secret(&self) -> &TrafficSecret {
            &self.keys.secret
        }

        /// Seals an inner plaintext as it is.
        pub(crate) fn seal_inner(&mut self, inner: &[u8]) -> StdVec<u8> {
            let (kind, content) = inner.split_last().unwrap();
            let mut out = KVec::new();
            self.seal((*kind).into(), content, &mut out).unwrap();
            out.to_vec()
        }
    }

    /// One record made of `content`.
    pub(crate) fn seal(
        suite: CipherSuite,
        secret: &TrafficSecret,
        seq: u64,
        kind: ContentType,
        content: &[u8],
    ) -> StdVec<u8> {
        let mut out = KVec::new();
        Protection::of(suite, secret, seq)
            .seal(kind, content, &mut out)
            .unwrap();
        out.to_vec()
    }

    /// What is in one record.
    pub(crate) fn open(
        suite: CipherSuite,
        secret: &TrafficSecret,
        seq: u64,
        record: &[u8],
    ) -> Result<(ContentType, StdVec<u8>), Error> {
        let (header, body) = record.split_at(HEADER_SIZE);
        let mut body = body.to_vec();
        let (kind, content) = Protection::of(suite, secret, seq).open(
            header.try_into().unwrap(),
            &mut body,
            limits::MAX_INNER_PLAINTEXT,
        )?;
        Ok((kind, content.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        testing::*,
        *, //
    };
    use crate::tls::limits;

    const SUITE: CipherSuite = CipherSuite::Aes128GcmSha256;

    fn secret() -> TrafficSecret {
        TrafficSecret::from_bytes(&[7; 32])
    }

    #[test]
    fn padding_is_stripped() {
        let mut sender = Protection::of(SUITE, &secret(), 0);
        for (seq, (inner, content)) in [
            (&b"ab\x17\0\0\0"[..], &b"ab"[..]),
            (b"\x17", b""),
            (b"ab\0\x17", b"ab\0"),
            (b"\x17\0\0", b""),
        ]
        .iter()
        .enumerate()
        {
            let record = sender.seal_inner(inner);
            let opened = open(SUITE, &secret(), seq as u64, &record).unwrap();
            assert_eq!(opened, (ContentType::ApplicationData, content.to_vec()));
        }
        let record = sender.seal_inner(&[0; 40]);
        let error = open(SUITE, &secret(), 4, &record).unwrap_err();
        assert_eq!(error.alert(), Some(AlertDescription::UnexpectedMessage));
    }

    #[test]
    fn inner_plaintext_has_a_limit() {
        let mut inner = std::vec![0; limits::MAX_INNER_PLAINTEXT];
        inner[0] = 23;
        let record = Protection::of(SUITE, &secret(), 0).seal_inner(&inner);
        open(SUITE, &secret(), 0, &record).unwrap();
        inner.push(0);
        let record = Protection::of(SUITE, &secret(), 0).seal_inner(&inner);
        let error = open(SUITE, &secret(), 0, &record).unwrap_err();
        assert_eq!(error.alert(), Some(AlertDescription::RecordOverflow));
    }

    #[test]
    fn sequence_numbers_do_not_wrap() {
        let mut last = Protection::of(SUITE, &secret(), u64::MAX);
        let mut out = KVec::new();
        assert!(last.seal(ContentType::Alert, &[1, 0], &mut out).is_err());
        assert!(open(
            SUITE,
            &secret(),
            u64::MAX,
            &[&[23, 3, 3, 0, 17][..], &[0; 17]].concat()
        )
        .is_err());
    }

    #[test]
    fn a_key_bears_so_many_records() {
        // 2^24.5 and 2^21.5 are square roots of 2^49 and of 2^43.
        for (aead, square) in [
            (AeadAlgorithm::Aes128Gcm, 1u64 << 49),
            (AeadAlgorithm::Aes256Gcm, 1 << 49),
            (AeadAlgorithm::Aes128Ccm, 1 << 43),
        ] {
            let limit = confidentiality_limit(aead);
            assert!(limit * limit <= square && square < (limit + 1) * (limit + 1));

            // The alert's record is left.
            let budget = SealBudget::new(aead);
            assert_eq!(budget.left, limit - 1);
        }
        let mut budget = SealBudget { left: 2 };
        for is_spent in [false, true, true] {
            budget.spend();
            assert_eq!(budget.is_spent(), is_spent);
        }
    }

    #[test]
    fn bodies_shorter_than_a_tag() {
        for len in 0..16u8 {
            let mut record = std::vec![23, 3, 3, 0, len];
            record.extend(std::vec![0; len.into()]);
            let error = open(SUITE, &secret(), 0, &record).unwrap_err();
            assert_eq!(error.alert(), Some(AlertDescription::BadRecordMac));
        }
    }
}
