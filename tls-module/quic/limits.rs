// SPDX-License-Identifier: GPL-2.0

//! Every bound that this code puts on a peer, in one place.
//!
//! What one connection may hold is the sum in [`MAX_CONNECTION_BYTES`]. An endpoint holds that for
//! each of its connections, but for all together as much as it is configured with and what they
//! have when that is gone, [`SHORT_SEND_BUFFER`] and [`SHORT_RECEIVE_BUFFER`]; and nothing for
//! anyone else.

use super::time::Duration;

/// Largest datagram sent. It is the size that every path of QUIC has to carry (RFC 9000 section
/// 14); larger ones are not tried.
pub const MAX_DATAGRAM: usize = 1200;

/// Largest datagram taken: what is said in `max_udp_payload_size`.
pub const MAX_UDP_PAYLOAD: u64 = 1500;

/// Smallest datagram that may begin a connection (section 14.1).
pub const MIN_INITIAL: usize = 1200;

/// Most bytes of CRYPTO data held at one level because what comes before them is missing. Section
/// 7.5 wants 4096 at least; the longest handshake message has 16 KiB and its header.
pub const MAX_CRYPTO_BUFFER: u64 = (1 << 14) + 4;

/// Most ranges of a stream, or of a level's CRYPTO data, that have come while something before them
/// is missing.
pub const MAX_GAPS: usize = 256;

/// Most ranges of packet numbers that are acknowledged; older ones are forgotten.
pub const MAX_ACK_RANGES: usize = 32;

/// How often the server's first flight is sent again because the client asks for it, and not when a
/// timeout is over.
pub const MAX_HURRIES: u8 = 4;

/// Bytes that a peer may send on a stream before they are read.
pub const STREAM_WINDOW: u64 = 1 << 16;

/// Bytes that a peer may send on all its streams before they are read.
pub const CONNECTION_WINDOW: u64 = 1 << 18;

/// Bidirectional streams that a peer may have open at once.
pub const MAX_STREAMS_BIDI: u64 = 100;

/// Unidirectional streams that a peer may have open at once.
pub const MAX_STREAMS_UNI: u64 = 8;

/// Bytes of streams that wait to be sent or to be acknowledged.
pub const MAX_SEND_BUFFER: usize = 1 << 20;

/// The part of them that one stream may have.
pub const MAX_STREAM_SEND_BUFFER: usize = 1 << 19;

/// Bytes of streams that wait to be sent or to be acknowledged while the endpoint is short of memory.
pub const SHORT_SEND_BUFFER: usize = 1 << 14;

/// Bytes of streams that have come and cannot be read yet, while the endpoint is short of memory; a
/// connection with more is closed.
pub const SHORT_RECEIVE_BUFFER: usize = 1 << 14;

/// Largest congestion window.
pub const MAX_CONGESTION_WINDOW: u64 = 1 << 19;

/// Most packets of one space that wait to be acknowledged. Those of a full window are half a
/// thousand; small ones, which the window does not bound, are.
pub const MAX_SENT_PACKETS: u64 = 4096;

/// Most frames in them: a packet may have a hundred, of one byte each.
pub const MAX_SENT_FRAMES: usize = 8192;

/// Connection ids of the peer's that are kept: what is said in `active_connection_id_limit`.
pub const MAX_REMOTE_CIDS: usize = 4;

/// This side's connection ids that a peer is given, as far as its own limit lets it have them.
pub const MAX_LOCAL_CIDS: u64 = 4;

/// Most RETIRE_CONNECTION_ID frames that wait to be acknowledged (section 5.1.2 wants a bound of
/// twice the active connection ids at least).
pub const MAX_RETIRED_CIDS: usize = 4 * MAX_REMOTE_CIDS;

/// Most connection ids that a peer may use up in the life of a connection.
pub const MAX_CID_SEQUENCE: u64 = 1 << 16;

/// Most connections from one address and port of which a stateless reset is known. It is told by
/// comparing each one's token, and anyone can have that done.
pub const MAX_RESETS_PER_ADDRESS: usize = 64;

/// The longest round-trip time that is taken for one.
pub const MAX_RTT: Duration = Duration::from_secs(10);

/// The longest probe timeout that timers are measured by but the idle timer: a connection is closing
/// or draining for three of them at most.
pub const MAX_PTO: Duration = Duration::from_secs(10);

/// Most PATH_RESPONSE frames that wait to be sent.
pub const MAX_PATH_RESPONSES: usize = 4;

/// Most datagrams kept that came before their keys were there.
pub const MAX_EARLY_DATAGRAMS: usize = 4;

/// Bytes of the peer's transport parameters.
pub const MAX_TRANSPORT_PARAMETERS: usize = 2048;

/// What one connection may hold: the windows, the buffers, the lists of sent packets, a configured
/// chain in CRYPTO frames, and what is left over for the bookkeeping.
pub const MAX_CONNECTION_BYTES: usize = CONNECTION_WINDOW as usize
    + MAX_SEND_BUFFER
    + 2 * MAX_CRYPTO_BUFFER as usize
    + super::super::tls::limits::MAX_CHAIN_BYTES
    + (1 << 20);

/// How long this side may wait before it acknowledges, and says so in `max_ack_delay`.
pub const MAX_ACK_DELAY: Duration = Duration::from_millis(25);

/// `ack_delay_exponent` (section 18.2): acknowledgment delays are in units of 8 us.
pub const ACK_DELAY_EXPONENT: u64 = 3;

/// Packets that ask for an acknowledgment before one is sent at once (section 13.2.2).
pub const ACK_THRESHOLD: u32 = 2;

/// How long a Retry token is taken.
///
/// A client whose packets are lost sends it about 0, 1, 3, 7 and 15 seconds after it came (RFC 9002
/// section 6.2), and does not take another (RFC 9000 section 17.2.5.2).
pub const RETRY_TOKEN_LIFE: Duration = Duration::from_secs(30);

/// How long a token of a NEW_TOKEN frame is taken.
pub const NEW_TOKEN_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Datagrams a second that an endpoint sends without a connection, of each kind: version negotiation,
/// Retry, refusals, stateless resets. Whoever has it send many of one does not use up the others.
pub const REPLIES_PER_SECOND: u64 = 20_000;

/// Factor by which this side's bytes may exceed those of an address that is not validated (section
/// 8.1).
pub const AMPLIFICATION: u64 = 3;
