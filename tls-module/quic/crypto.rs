// SPDX-License-Identifier: GPL-2.0

//! Packet protection (RFC 9001 section 5) and key update (section 6).

use kernel::{
    crypto::{
        aead::{
            Aead,
            AeadAlgorithm,
            NONCE_SIZE,
            TAG_SIZE, //
        },
        shash::HashAlgorithm,
        skcipher::{
            Skcipher,
            SkcipherAlgorithm, //
        },
        Secret,
        SecretVec, //
    },
    prelude::*, //
};

use super::{
    cid::ConnectionId,
    codec::{
        self,
        Reader, //
    },
    packet::{
        LONG_HIDDEN,
        SHORT_HIDDEN, //
    },
    time::Instant, //
};
use crate::tls::{
    CipherSuite,
    Error,
    Hkdf,
    TrafficSecret, //
};

/// The salt of Initial secrets (RFC 9001 section 5.2).
const INITIAL_SALT: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad,
    0xcc, 0xbb, 0x7f, 0x0a,
];

/// The key and the nonce of a Retry's tag (section 5.8).
const RETRY_KEY: [u8; 16] = [
    0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3, 0x68, 0xc8, 0x4e,
];
const RETRY_NONCE: [u8; NONCE_SIZE] = [
    0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb,
];

/// How much of a packet the header's mask is made from.
pub(super) const SAMPLE_SIZE: usize = 16;

/// Where the sample begins, from the packet number on: as if that had four bytes.
pub(super) const SAMPLE_OFFSET: usize = 4;

/// The tag of a packet.
pub(super) const TAG: usize = TAG_SIZE;

/// What hides and shows the headers of one direction at one level (section 5.4). A key update
/// leaves it as it is.
pub(super) struct HeaderKey {
    cipher: Skcipher,
    algorithm: SkcipherAlgorithm,
}

impl HeaderKey {
    fn derive(suite: CipherSuite, hkdf: &mut Hkdf, secret: &TrafficSecret) -> Result<Self, Error> {
        let algorithm = match suite.aead() {
            // Section 5.4.3: AES-128 for CCM, too.
            AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes128Ccm => SkcipherAlgorithm::Aes128Ecb,
            AeadAlgorithm::Aes256Gcm => SkcipherAlgorithm::Aes256Ecb,
            AeadAlgorithm::ChaCha20Poly1305 => SkcipherAlgorithm::ChaCha20,
        };
        let mut key = SecretVec::zeroed(suite.aead().key_size(), GFP_KERNEL)?;
        secret.expand(hkdf, b"quic hp", key.as_mut_bytes())?;
        Ok(Self {
            cipher: Skcipher::new(algorithm, key.as_bytes())?,
            algorithm,
        })
    }

    fn mask(&self, sample: &[u8; SAMPLE_SIZE]) -> kernel::error::Result<[u8; 5]> {
        let mut block = [0; SAMPLE_SIZE];
        if self.algorithm == SkcipherAlgorithm::ChaCha20 {
            // Section 5.4.4: the sample is the counter and the nonce, as the cipher wants them.
            self.cipher.encrypt_in_place(sample, &mut block)?;
        } else {
            block = *sample;
            self.cipher.encrypt_in_place(&[], &mut block)?;
        }
        Reader::new(&block).array().ok_or(EINVAL)
    }

    /// The mask for the packet whose number is at `number_at`; `EINVAL` if it is too short.
    fn mask_of(&self, packet: &[u8], number_at: usize) -> kernel::error::Result<[u8; 5]> {
        let at = number_at.checked_add(SAMPLE_OFFSET).ok_or(EINVAL)?;
        let sample = packet
            .get(at..)
            .and_then(|bytes| bytes.first_chunk())
            .ok_or(EINVAL)?;
        self.mask(sample)
    }

    /// Hides the header of a packet that has been sealed.
    fn hide(
        &self,
        packet: &mut [u8],
        number_at: usize,
        number_len: usize,
    ) -> kernel::error::Result {
        let [first_mask, mask @ ..] = self.mask_of(packet, number_at)?;
        let first = packet.first_mut().ok_or(EINVAL)?;
        *first ^= first_mask & hidden_bits(*first);
        let number = packet.get_mut(number_at..).ok_or(EINVAL)?;
        for (byte, mask) in number.iter_mut().zip(mask).take(number_len) {
            *byte ^= mask;
        }
        Ok(())
    }

    /// Shows the header of a packet: its packet number, truncated, and how many bytes it takes.
    pub(super) fn show(
        &self,
        packet: &mut [u8],
        number_at: usize,
    ) -> kernel::error::Result<(u64, usize)> {
        let [first_mask, mask @ ..] = self.mask_of(packet, number_at)?;
        let first = packet.first_mut().ok_or(EINVAL)?;
        *first ^= first_mask & hidden_bits(*first);
        let len = usize::from(*first & 3).saturating_add(1);
        let bytes = packet.get_mut(number_at..).ok_or(EINVAL)?;
        let mut number = 0u64;
        for (byte, mask) in bytes.iter_mut().zip(mask).take(len) {
            *byte ^= mask;
            number = number << 8 | u64::from(*byte);
        }
        Ok((number, len))
    }
}

const fn hidden_bits(first: u8) -> u8 {
    if first & 0x80 == 0 {
        SHORT_HIDDEN
    } else {
        LONG_HIDDEN
    }
}

/// What seals and opens the packets of one direction.
pub(super) struct PacketKey {
    aead: Aead,
    iv: Secret<NONCE_SIZE>,
}

impl PacketKey {
    fn derive(suite: CipherSuite, hkdf: &mut Hkdf, secret: &TrafficSecret) -> Result<Self, Error> {
        let algorithm = suite.aead();
        let mut key = SecretVec::zeroed(algorithm.key_size(), GFP_KERNEL)?;
        let mut iv = Secret::zeroed();
        secret.expand(hkdf, b"quic key", key.as_mut_bytes())?;
        secret.expand(hkdf, b"quic iv", iv.as_mut_bytes())?;
        Ok(Self {
            aead: Aead::new(algorithm, key.as_bytes())?,
            iv,
        })
    }

    /// The nonce of a packet (section 5.3).
    fn nonce(&self, number: u64) -> [u8; NONCE_SIZE] {
        let mut nonce = *self.iv.as_bytes();
        for (n, p) in nonce
            .iter_mut()
            .rev()
            .zip(number.to_be_bytes().iter().rev())
        {
            *n ^= *p;
        }
        nonce
    }

    /// Opens the packet `number`, whose header, shown, has `header_len` bytes: gives its payload, or
    /// [`None`] if it is not authentic.
    pub(super) fn open<'a>(
        &mut self,
        number: u64,
        packet: &'a mut [u8],
        header_len: usize,
    ) -> Option<&'a mut [u8]> {
        let (header, body) = packet.split_at_mut_checked(header_len)?;
        let nonce = self.nonce(number);
        self.aead
            .exclusive()
            .open_in_place(&nonce, header, body)
            .ok()
    }
}

/// The keys of one direction at one level.
pub(super) struct DirectionKeys {
    pub(super) header: HeaderKey,
    pub(super) packet: PacketKey,
}

impl DirectionKeys {
    fn derive(suite: CipherSuite, hkdf: &mut Hkdf, secret: &TrafficSecret) -> Result<Self, Error> {
        Ok(Self {
            header: HeaderKey::derive(suite, hkdf, secret)?,
            packet: PacketKey::derive(suite, hkdf, secret)?,
        })
    }
}

/// Seals a packet that is all there but for its tag, for which there is room at its end, and hides
/// its header.
pub(super) fn seal(
    header: &HeaderKey,
    key: &mut PacketKey,
    number: u64,
    packet: &mut [u8],
    number_at: usize,
    number_len: usize,
) -> kernel::error::Result {
    let header_len = number_at.checked_add(number_len).ok_or(EINVAL)?;
    let (aad, body) = packet.split_at_mut_checked(header_len).ok_or(EINVAL)?;
    let nonce = key.nonce(number);
    key.aead.exclusive().seal_in_place(&nonce, aad, body)?;
    header.hide(packet, number_at, number_len)
}

/// The keys of both directions at one level.
pub(super) struct Keys {
    pub(super) read: DirectionKeys,
    pub(super) write: DirectionKeys,
}

impl Keys {
    /// The keys of a server's Initial packets, from the client's first destination connection id
    /// (section 5.2). They protect from accidents, not from attackers.
    pub(super) fn initial(dcid: &ConnectionId) -> Result<Self, Error> {
        let suite = CipherSuite::Aes128GcmSha256;
        let mut hkdf = Hkdf::new(HashAlgorithm::Sha256)?;
        let initial = TrafficSecret::extract(&mut hkdf, &INITIAL_SALT, dcid.as_bytes())?;
        let client = initial.next(&mut hkdf, b"client in")?;
        let server = initial.next(&mut hkdf, b"server in")?;
        Ok(Self {
            read: DirectionKeys::derive(suite, &mut hkdf, &client)?,
            write: DirectionKeys::derive(suite, &mut hkdf, &server)?,
        })
    }

    /// The keys of Handshake packets.
    pub(super) fn new(
        suite: CipherSuite,
        read: &TrafficSecret,
        write: &TrafficSecret,
    ) -> Result<Self, Error> {
        let mut hkdf = Hkdf::new(suite.hash())?;
        Ok(Self {
            read: DirectionKeys::derive(suite, &mut hkdf, read)?,
            write: DirectionKeys::derive(suite, &mut hkdf, write)?,
        })
    }
}

/// Packets that may be sealed with one key (section 6.6): what GCM and CCM bear. ChaCha20-Poly1305
/// bears more than there are packets.
const fn confidentiality_limit(suite: CipherSuite) -> u64 {
    match suite.aead() {
        AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm => 1 << 23,
        // 2^21.5, rounded down.
        AeadAlgorithm::Aes128Ccm => 2_965_820,
        AeadAlgorithm::ChaCha20Poly1305 => 1 << 62,
    }
}

/// Packets that may fail to be opened in a connection (section 6.6).
const fn integrity_limit(suite: CipherSuite) -> u64 {
    match suite.aead() {
        AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm => 1 << 52,
        AeadAlgorithm::Aes128Ccm => 2_965_820,
        AeadAlgorithm::ChaCha20Poly1305 => 1 << 36,
    }
}

/// The keys of 1-RTT packets, generation after generation.
///
/// ```text
///   read:   previous (until `drop_previous`) | current | next, made ahead
///   write:                                     current
/// ```
pub(super) struct OneRttKeys {
    suite: CipherSuite,
    hkdf: Hkdf,
    read_header: HeaderKey,
    write_header: HeaderKey,
    /// The key before, and when it is to go: that is known when the current one has been used.
    previous: Option<(PacketKey, Option<Instant>)>,
    read: PacketKey,
    next_read: PacketKey,
    write: PacketKey,
    /// What the key after the next comes from.
    next_read_secret: TrafficSecret,
    write_secret: TrafficSecret,
    /// The bit of the current keys.
    phase: bool,
    /// The first packet received with the current keys.
    first_received: Option<u64>,
    /// The first packet sent with the current keys.
    first_sent: Option<u64>,
    /// Whether a packet sent with the current keys has been acknowledged.
    confirmed: bool,
    sealed: u64,
    forged: u64,
}

/// The key that a 1-RTT packet was opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    Previous,
    Current,
    Next,
}

impl OneRttKeys {
    pub(super) fn new(
        suite: CipherSuite,
        read: TrafficSecret,
        write: TrafficSecret,
    ) -> Result<Self, Error> {
        let mut hkdf = Hkdf::new(suite.hash())?;
        let DirectionKeys {
            header: read_header,
            packet: read_key,
        } = DirectionKeys::derive(suite, &mut hkdf, &read)?;
        let DirectionKeys {
            header: write_header,
            packet: write_key,
        } = DirectionKeys::derive(suite, &mut hkdf, &write)?;
        let next_read_secret = read.next(&mut hkdf, b"quic ku")?;
        Ok(Self {
            suite,
            read_header,
            write_header,
            previous: None,
            read: read_key,
            next_read: PacketKey::derive(suite, &mut hkdf, &next_read_secret)?,
            write: write_key,
            next_read_secret,
            write_secret: write,
            phase: false,
            first_received: None,
            first_sent: None,
            confirmed: false,
            sealed: 0,
            forged: 0,
            hkdf,
        })
    }

    /// The bit that says which keys a packet has.
    pub(super) const fn phase(&self) -> bool {
        self.phase
    }

    pub(super) const fn read_header(&self) -> &HeaderKey {
        &self.read_header
    }

    /// Opens a packet whose header has been shown.
    ///
    /// Which key it is follows from its bit and its number (section 6.5), so that the time it takes
    /// says nothing else.
    pub(super) fn open<'a>(
        &mut self,
        number: u64,
        phase: bool,
        packet: &'a mut [u8],
        header_len: usize,
    ) -> Option<(Generation, &'a mut [u8])> {
        let generation = if phase == self.phase {
            Generation::Current
        } else if self.first_received.is_none_or(|first| number < first) && self.previous.is_some()
        {
            Generation::Previous
        } else {
            Generation::Next
        };
        let key = match generation {
            Generation::Current => &mut self.read,
            Generation::Next => &mut self.next_read,
            Generation::Previous => &mut self.previous.as_mut()?.0,
        };
        match key.open(number, packet, header_len) {
            Some(payload) => Some((generation, payload)),
            None => {
                self.forged = self.forged.saturating_add(1);
                None
            }
        }
    }

    /// Notes that an authentic packet came with the current keys; the previous ones are to go at
    /// `drop_previous` if it is the first (section 6.5).
    pub(super) fn received(&mut self, number: u64, drop_previous: Instant) {
        if let Some((_, at)) = &mut self.previous {
            at.get_or_insert(drop_previous);
        }
        self.first_received = Some(
            self.first_received
                .map_or(number, |first| first.min(number)),
        );
    }

    /// Whether more packets were forged than the suite bears.
    pub(super) fn is_worn_out(&self) -> bool {
        self.forged >= integrity_limit(self.suite)
            || self.sealed >= confidentiality_limit(self.suite)
    }

    /// Whether a key update is due: with a margin for the packets until it may be done.
    pub(super) fn wants_update(&self) -> bool {
        self.sealed >= confidentiality_limit(self.suite) / 2 && self.may_update()
    }

    /// Whether this side may update: the peer has acknowledged a packet of the current keys, and the
    /// old ones are gone (section 6.1, 6.5).
    pub(super) fn may_update(&self) -> bool {
        self.confirmed && self.previous.is_none()
    }

    /// Whether the peer may update: this side has sent something with the current keys since the
    /// last one (section 6.2).
    pub(super) fn peer_may_update(&self) -> bool {
        self.previous.is_none() || self.first_sent.is_some()
    }

    /// Goes to the next keys in both directions. The old read key is kept for a while.
    pub(super) fn update(&mut self) -> Result<(), Error> {
        let write_secret = self.write_secret.next(&mut self.hkdf, b"quic ku")?;
        let write = PacketKey::derive(self.suite, &mut self.hkdf, &write_secret)?;
        let secret = self.next_read_secret.next(&mut self.hkdf, b"quic ku")?;
        let after_next = PacketKey::derive(self.suite, &mut self.hkdf, &secret)?;

        let next = core::mem::replace(&mut self.next_read, after_next);
        let old = core::mem::replace(&mut self.read, next);
        self.previous = Some((old, None));
        self.next_read_secret = secret;
        self.write_secret = write_secret;
        self.write = write;
        self.phase = !self.phase;
        self.first_received = None;
        self.first_sent = None;
        self.confirmed = false;
        self.sealed = 0;
        Ok(())
    }

    /// When the old key is to go.
    pub(super) fn drop_previous_at(&self) -> Option<Instant> {
        self.previous.as_ref().and_then(|(_, at)| *at)
    }

    pub(super) fn drop_previous(&mut self, now: Instant) {
        if self.drop_previous_at().is_some_and(|at| at <= now) {
            self.previous = None;
        }
    }

    /// Notes that a packet has been acknowledged, by one that came with the keys of `generation`.
    /// Gives whether that is an error of the peer's: it acknowledged a packet of the current keys
    /// with older ones (section 6.2).
    #[must_use]
    pub(super) fn acknowledged(&mut self, largest: u64, generation: Generation) -> bool {
        if self.first_sent.is_none_or(|first| largest < first) {
            return true;
        }
        if generation == Generation::Previous {
            return false;
        }
        self.confirmed = true;
        true
    }

    /// Seals a packet.
    pub(super) fn seal(
        &mut self,
        number: u64,
        packet: &mut [u8],
        number_at: usize,
        number_len: usize,
    ) -> kernel::error::Result {
        if self.sealed >= confidentiality_limit(self.suite) {
            return Err(EKEYEXPIRED);
        }
        seal(
            &self.write_header,
            &mut self.write,
            number,
            packet,
            number_at,
            number_len,
        )?;
        self.sealed = self.sealed.saturating_add(1);
        self.first_sent.get_or_insert(number);
        Ok(())
    }
}

/// Makes the tags of Retry packets (section 5.8).
pub(super) struct RetryIntegrity(Aead);

impl RetryIntegrity {
    pub(super) fn new() -> kernel::error::Result<Self> {
        Ok(Self(Aead::new(AeadAlgorithm::Aes128Gcm, &RETRY_KEY)?))
    }

    /// The tag of the Retry packet `retry`, which answers a packet to `dcid`.
    pub(super) fn tag(
        &self,
        dcid: &ConnectionId,
        retry: &[u8],
    ) -> kernel::error::Result<[u8; TAG_SIZE]> {
        let len = retry.len().saturating_add(dcid.len()).saturating_add(1);
        let mut pseudo = KVec::zeroed(len, GFP_KERNEL)?;
        let mut w = codec::Writer::new(&mut pseudo);
        w.u8_bytes(dcid.as_bytes())?;
        w.bytes(retry)?;
        let mut tag = [0; TAG_SIZE];
        self.0.seal_in_place(&RETRY_NONCE, &pseudo, &mut tag)?;
        Ok(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::tests::hex;

    /// RFC 9001 appendix A.1: the secrets of Initial packets, by the keys that come of them.
    #[test]
    fn initial_keys_of_the_rfc() {
        let dcid = ConnectionId::new(&hex("8394c8f03e515708")).unwrap();
        let keys = Keys::initial(&dcid).unwrap();
        assert_eq!(
            *keys.read.packet.iv.as_bytes(),
            *hex("fa044b2f42a3fd3b46fb255c")
        );
        assert_eq!(
            *keys.write.packet.iv.as_bytes(),
            *hex("0ac1493ca1905853b0bba03e")
        );
        // Appendix A.2: the mask of the client's Initial.
        let sample = hex("d1b1c98dd7689fb8ec11d242b123dc9b");
        let mask = keys.read.header.mask(sample[..].try_into().unwrap());
        assert_eq!(mask.unwrap().to_vec(), hex("437b9aec36"));
    }

    /// Appendix A.5: a short packet with ChaCha20-Poly1305, sealed and opened.
    #[test]
    fn chacha20_packet_of_the_rfc() {
        let bytes = hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
        let suite = CipherSuite::ChaCha20Poly1305Sha256;
        let mut hkdf = Hkdf::new(HashAlgorithm::Sha256).unwrap();
        let secret = TrafficSecret::from_bytes(&bytes);
        let mut keys = DirectionKeys::derive(suite, &mut hkdf, &secret).unwrap();
        assert_eq!(*keys.packet.iv.as_bytes(), *hex("e0459b3474bdd0e44a41c144"));
        let next = secret.next(&mut hkdf, b"quic ku").unwrap();
        assert_eq!(
            next.as_bytes(),
            hex("1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9")
        );

        let number = 654_360_564;
        let mut packet = hex("4200bff4 01");
        packet.extend([0; TAG]);
        seal(&keys.header, &mut keys.packet, number, &mut packet, 1, 3).unwrap();
        assert_eq!(packet, hex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb"));
        assert_eq!(keys.header.show(&mut packet, 1).unwrap(), (0xbff4, 3));
        assert_eq!(keys.packet.open(number, &mut packet, 4).unwrap(), [1]);
    }

    /// Keys go on together, whoever begins; a packet of the old ones is still opened.
    #[test]
    fn updates() {
        let suite = CipherSuite::Aes256GcmSha384;
        let secret = |n| TrafficSecret::from_bytes(&[n; 48]);
        let mut a = OneRttKeys::new(suite, secret(1), secret(2)).unwrap();
        let mut b = OneRttKeys::new(suite, secret(2), secret(1)).unwrap();
        let seal = |keys: &mut OneRttKeys, number: u64| {
            let mut packet = [&[0x40; 20][..], &[7; 8], &[0; TAG]].concat();
            keys.seal(number, &mut packet, 17, 1).unwrap();
            let (_, len) = keys.write_header.show(&mut packet, 17).unwrap();
            assert_eq!(len, 1);
            packet
        };
        let old = seal(&mut a, 0);
        let mut first = seal(&mut a, 1);
        let phase = a.phase();
        assert!(!a.may_update());
        assert!(a.acknowledged(1, Generation::Current));
        assert!(a.may_update());
        a.update().unwrap();
        let mut second = seal(&mut a, 2);
        assert_ne!(a.phase(), phase);

        let at = Instant::from_nanos(5);
        let (generation, _) = b.open(1, phase, &mut first, 18).unwrap();
        assert_eq!(generation, Generation::Current);
        b.received(1, at);
        let (generation, _) = b.open(2, !phase, &mut second, 18).unwrap();
        assert_eq!(generation, Generation::Next);
        assert!(b.peer_may_update());
        b.update().unwrap();
        b.received(2, at);
        let (generation, _) = b.open(0, phase, &mut old.clone(), 18).unwrap();
        assert_eq!(generation, Generation::Previous);
        // A second update, before the first has been answered, is none that may be.
        assert!(!b.peer_may_update());
        // Once they are gone, they are gone.
        assert_eq!(b.drop_previous_at(), Some(at));
        b.drop_previous(at);
        assert!(b.open(0, phase, &mut old.clone(), 18).is_none());
        // Acknowledged with the old keys, what was sent with the new ones is an error.
        assert!(!a.acknowledged(2, Generation::Previous));
    }
}
