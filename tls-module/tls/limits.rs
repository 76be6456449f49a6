// SPDX-License-Identifier: GPL-2.0

//! Every bound the engine and the record layer put on a peer, in one place.
//!
//! What a peer that has not proved anything yet can make this side hold is at most one record
//! ([`MAX_CIPHERTEXT`]), one handshake message ([`MAX_HANDSHAKE_MESSAGE`]), the first ClientHello
//! of a retry (the same bound) and this side's own flight.

/// Longest content of a record (RFC 8446 section 5.1).
pub const MAX_PLAINTEXT: usize = 1 << 14;

/// Longest inner plaintext of a protected record: content, content type and padding (RFC 8446
/// section 5.4).
pub const MAX_INNER_PLAINTEXT: usize = MAX_PLAINTEXT + 1;

/// Longest body of a protected record (RFC 8446 section 5.2).
pub const MAX_CIPHERTEXT: usize = MAX_PLAINTEXT + 256;

/// Least value of `record_size_limit` (RFC 8449 section 4).
pub const MIN_RECORD_SIZE_LIMIT: u16 = 64;

/// Longest handshake message taken, without its header.
///
/// The format allows 2^24 bytes; a ClientHello with post-quantum shares and Encrypted Client Hello
/// has about 2 KiB.
pub const MAX_HANDSHAKE_MESSAGE: usize = 1 << 14;

/// Most extensions in a ClientHello. Clients send about twenty.
pub const MAX_EXTENSIONS: usize = 64;

/// Most key shares in a ClientHello. Clients send one to three.
pub const MAX_KEY_SHARES: usize = 16;

/// Most bytes of records a peer may send for one handshake, headers and skipped records included.
///
/// Two ClientHellos of the longest kind and the Finished fit, and so does
/// [`MAX_REJECTED_EARLY_DATA`].
pub const MAX_HANDSHAKE_BYTES: usize = 4 * MAX_CIPHERTEXT + MAX_REJECTED_EARLY_DATA;

/// Most records a peer may send for one handshake. It bounds the work that tiny fragments make.
pub const MAX_HANDSHAKE_RECORDS: u32 = 512;

/// Most bytes of records skipped because they are 0-RTT data that was refused (RFC 8446 section
/// 4.2.10).
pub const MAX_REJECTED_EARLY_DATA: usize = 1 << 16;

/// Most `change_cipher_spec` records dropped (RFC 8446 section 5 sets no bound; peers send one).
pub const MAX_CHANGE_CIPHER_SPEC: u32 = 8;

/// Most `user_canceled` alerts dropped.
pub const MAX_WARNINGS: u32 = 4;

/// Most certificates in a configured chain.
pub const MAX_CHAIN_CERTIFICATES: usize = 16;

/// Most bytes of a configured chain.
pub const MAX_CHAIN_BYTES: usize = 1 << 16;

/// Most certificates (with their keys) in a configuration.
pub const MAX_CERTIFIED_KEYS: usize = 64;

/// Most DNS names taken from one certificate.
pub const MAX_NAMES: usize = 256;

/// Most bytes in a `record::ServerConnection`'s input that are asked for at once.
pub const READ_CHUNK: usize = 4096;
