// SPDX-License-Identifier: GPL-2.0

//! Transport parameters (RFC 9000 section 18).

use kernel::prelude::*;

use super::{
    cid::{
        ConnectionId,
        ResetToken, //
    },
    codec::{
        to_u64,
        varint_len,
        Reader,
        Writer, //
    },
    error::{
        Code,
        Result,
        TransportError, //
    },
    frame::MAX_STREAM_COUNT,
    limits,
    time::Duration, //
};

mod id {
    pub(super) const ORIGINAL_DESTINATION_CONNECTION_ID: u64 = 0x00;
    pub(super) const MAX_IDLE_TIMEOUT: u64 = 0x01;
    pub(super) const STATELESS_RESET_TOKEN: u64 = 0x02;
    pub(super) const MAX_UDP_PAYLOAD_SIZE: u64 = 0x03;
    pub(super) const INITIAL_MAX_DATA: u64 = 0x04;
    pub(super) const INITIAL_MAX_STREAM_DATA_BIDI_LOCAL: u64 = 0x05;
    pub(super) const INITIAL_MAX_STREAM_DATA_BIDI_REMOTE: u64 = 0x06;
    pub(super) const INITIAL_MAX_STREAM_DATA_UNI: u64 = 0x07;
    pub(super) const INITIAL_MAX_STREAMS_BIDI: u64 = 0x08;
    pub(super) const INITIAL_MAX_STREAMS_UNI: u64 = 0x09;
    pub(super) const ACK_DELAY_EXPONENT: u64 = 0x0a;
    pub(super) const MAX_ACK_DELAY: u64 = 0x0b;
    pub(super) const DISABLE_ACTIVE_MIGRATION: u64 = 0x0c;
    pub(super) const PREFERRED_ADDRESS: u64 = 0x0d;
    pub(super) const ACTIVE_CONNECTION_ID_LIMIT: u64 = 0x0e;
    pub(super) const INITIAL_SOURCE_CONNECTION_ID: u64 = 0x0f;
    pub(super) const RETRY_SOURCE_CONNECTION_ID: u64 = 0x10;
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientParameters {
    pub(super) max_idle_timeout: Duration,
    pub(super) max_udp_payload_size: u64,
    pub(super) initial_max_data: u64,
    pub(super) initial_max_stream_data_bidi_local: u64,
    pub(super) initial_max_stream_data_bidi_remote: u64,
    pub(super) initial_max_stream_data_uni: u64,
    pub(super) initial_max_streams_bidi: u64,
    pub(super) initial_max_streams_uni: u64,
    pub(super) ack_delay_exponent: u64,
    pub(super) max_ack_delay: Duration,
    pub(super) active_connection_id_limit: u64,
    pub(super) initial_source_connection_id: ConnectionId,
}

const fn wrong(reason: &'static str) -> TransportError {
    TransportError::new(Code::TRANSPORT_PARAMETER_ERROR, reason)
}

impl ClientParameters {
    /// Reads them and checks what section 18.2 has for each, and that no one is there twice.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > limits::MAX_TRANSPORT_PARAMETERS {
            return Err(wrong("too many bytes of transport parameters"));
        }
        let ends = wrong("transport parameters end too early");
        let mut new = Self {
            max_idle_timeout: Duration::ZERO,
            max_udp_payload_size: 65_527,
            initial_max_data: 0,
            initial_max_stream_data_bidi_local: 0,
            initial_max_stream_data_bidi_remote: 0,
            initial_max_stream_data_uni: 0,
            initial_max_streams_bidi: 0,
            initial_max_streams_uni: 0,
            ack_delay_exponent: 3,
            max_ack_delay: Duration::from_millis(25),
            active_connection_id_limit: 2,
            initial_source_connection_id: ConnectionId::EMPTY,
        };
        let mut source = None;
        let mut r = Reader::new(bytes);
        while !r.is_empty() {
            let before = bytes.len().saturating_sub(r.len());
            let id = r.varint().ok_or(ends)?;
            let value = r.varint_bytes().ok_or(ends)?;
            if contains(bytes.get(..before).unwrap_or(&[]), id) {
                return Err(wrong("transport parameter sent twice"));
            }
            match id {
                id::ORIGINAL_DESTINATION_CONNECTION_ID
                | id::STATELESS_RESET_TOKEN
                | id::PREFERRED_ADDRESS
                | id::RETRY_SOURCE_CONNECTION_ID => {
                    return Err(wrong("transport parameter that only a server may send"));
                }
                id::INITIAL_SOURCE_CONNECTION_ID => {
                    source =
                        Some(ConnectionId::new(value).ok_or(wrong("connection id is too long"))?);
                }
                id::DISABLE_ACTIVE_MIGRATION if !value.is_empty() => {
                    return Err(wrong("disable_active_migration has a value"));
                }
                id::MAX_IDLE_TIMEOUT..=id::ACTIVE_CONNECTION_ID_LIMIT
                    if id != id::DISABLE_ACTIVE_MIGRATION =>
                {
                    new.set(id, integer(value)?)?;
                }
                // Section 7.4.2: others are ignored.
                _ => {}
            }
        }
        new.initial_source_connection_id =
            source.ok_or(wrong("no initial_source_connection_id"))?;
        Ok(new)
    }

    /// Sets a parameter that is a number.
    fn set(&mut self, id: u64, value: u64) -> Result {
        match id {
            id::MAX_IDLE_TIMEOUT => self.max_idle_timeout = Duration::from_millis(value),
            id::MAX_UDP_PAYLOAD_SIZE => {
                if value < 1200 {
                    return Err(wrong("max_udp_payload_size is under 1200"));
                }
                self.max_udp_payload_size = value;
            }
            id::INITIAL_MAX_DATA => self.initial_max_data = value,
            id::INITIAL_MAX_STREAM_DATA_BIDI_LOCAL => {
                self.initial_max_stream_data_bidi_local = value;
            }
            id::INITIAL_MAX_STREAM_DATA_BIDI_REMOTE => {
                self.initial_max_stream_data_bidi_remote = value;
            }
            id::INITIAL_MAX_STREAM_DATA_UNI => self.initial_max_stream_data_uni = value,
            id::INITIAL_MAX_STREAMS_BIDI | id::INITIAL_MAX_STREAMS_UNI => {
                if value > MAX_STREAM_COUNT {
                    return Err(wrong("more streams than can be"));
                }
                if id == id::INITIAL_MAX_STREAMS_BIDI {
                    self.initial_max_streams_bidi = value;
                } else {
                    self.initial_max_streams_uni = value;
                }
            }
            id::ACK_DELAY_EXPONENT => {
                if value > 20 {
                    return Err(wrong("ack_delay_exponent is over 20"));
                }
                self.ack_delay_exponent = value;
            }
            id::MAX_ACK_DELAY => {
                if value >= 1 << 14 {
                    return Err(wrong("max_ack_delay is 2^14 or more"));
                }
                self.max_ack_delay = Duration::from_millis(value);
            }
            id::ACTIVE_CONNECTION_ID_LIMIT => {
                if value < 2 {
                    return Err(wrong("active_connection_id_limit is under 2"));
                }
                self.active_connection_id_limit = value;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether a parameter is among those in `bytes`, which have been read once.
fn contains(bytes: &[u8], id: u64) -> bool {
    let mut r = Reader::new(bytes);
    while let Some(other) = r.varint() {
        if other == id {
            return true;
        }
        if r.varint_bytes().is_none() {
            return false;
        }
    }
    false
}

/// A value that is one variable-length integer and nothing else.
fn integer(value: &[u8]) -> Result<u64> {
    let mut r = Reader::new(value);
    match r.varint() {
        Some(value) if r.is_empty() => Ok(value),
        _ => Err(wrong("transport parameter is no number")),
    }
}

/// What a server says of itself; all else is in [`limits`].
pub(super) struct ServerParameters {
    pub(super) original_destination_connection_id: ConnectionId,
    pub(super) initial_source_connection_id: ConnectionId,
    pub(super) retry_source_connection_id: Option<ConnectionId>,
    pub(super) stateless_reset_token: ResetToken,
    pub(super) max_idle_timeout: Duration,
}

impl ServerParameters {
    /// Writes them.
    pub(super) fn encode(&self) -> kernel::error::Result<KVec<u8>> {
        let mut bytes = KVec::zeroed(256, GFP_KERNEL)?;
        let mut w = Writer::new(&mut bytes);
        for (id, value) in [
            (id::MAX_IDLE_TIMEOUT, self.max_idle_timeout.as_millis()),
            (id::MAX_UDP_PAYLOAD_SIZE, limits::MAX_UDP_PAYLOAD),
            (id::INITIAL_MAX_DATA, limits::CONNECTION_WINDOW),
            (
                id::INITIAL_MAX_STREAM_DATA_BIDI_LOCAL,
                limits::STREAM_WINDOW,
            ),
            (
                id::INITIAL_MAX_STREAM_DATA_BIDI_REMOTE,
                limits::STREAM_WINDOW,
            ),
            (id::INITIAL_MAX_STREAM_DATA_UNI, limits::STREAM_WINDOW),
            (id::INITIAL_MAX_STREAMS_BIDI, limits::MAX_STREAMS_BIDI),
            (id::INITIAL_MAX_STREAMS_UNI, limits::MAX_STREAMS_UNI),
            (id::ACK_DELAY_EXPONENT, limits::ACK_DELAY_EXPONENT),
            (id::MAX_ACK_DELAY, limits::MAX_ACK_DELAY.as_millis()),
            (
                id::ACTIVE_CONNECTION_ID_LIMIT,
                to_u64(limits::MAX_REMOTE_CIDS),
            ),
        ] {
            w.varint(id)?;
            w.varint(to_u64(varint_len(value)))?;
            w.varint(value)?;
        }
        let mut add = |id: u64, value: &[u8]| {
            w.varint(id)?;
            w.varint_bytes(value)
        };
        add(
            id::ORIGINAL_DESTINATION_CONNECTION_ID,
            self.original_destination_connection_id.as_bytes(),
        )?;
        add(
            id::INITIAL_SOURCE_CONNECTION_ID,
            self.initial_source_connection_id.as_bytes(),
        )?;
        add(id::STATELESS_RESET_TOKEN, &self.stateless_reset_token)?;
        if let Some(retry) = &self.retry_source_connection_id {
            add(id::RETRY_SOURCE_CONNECTION_ID, retry.as_bytes())?;
        }
        let len = w.len();
        bytes.truncate(len);
        Ok(bytes)
    }
}

/// What a fuzz target needs of this file.
#[cfg(not(MODULE))]
#[doc(hidden)]
pub(super) mod fuzzing {
    /// Reads transport parameters; says whether they are taken.
    pub fn parameters(bytes: &[u8]) -> bool {
        super::ClientParameters::parse(bytes).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec as StdVec;

    fn parameter(id: u8, value: &[u8]) -> StdVec<u8> {
        [&[id, value.len() as u8], value].concat()
    }

    #[test]
    fn defaults() {
        let parsed = ClientParameters::parse(&parameter(0x0f, &[])).unwrap();
        assert_eq!(parsed.max_udp_payload_size, 65_527);
        assert_eq!(parsed.ack_delay_exponent, 3);
        assert_eq!(parsed.max_ack_delay, Duration::from_millis(25));
        assert_eq!(parsed.active_connection_id_limit, 2);
        assert_eq!(parsed.initial_max_data, 0);
    }

    #[test]
    fn what_is_refused() {
        let good = parameter(0x0f, &[1; 20]);
        ClientParameters::parse(&good).unwrap();
        for (bad, reason) in [
            (StdVec::new(), "no initial_source_connection_id"),
            (parameter(0x0f, &[1; 21]), "connection id is too long"),
            (parameter(0x00, &[1; 8]), "only a server"),
            (parameter(0x02, &[1; 16]), "only a server"),
            (parameter(0x0d, &[1; 41]), "only a server"),
            (parameter(0x10, &[1; 8]), "only a server"),
            ([&good[..], &good].concat(), "twice"),
            (parameter(0x03, &[0x44, 0xaf]), "under 1200"),
            (parameter(0x0a, &[21]), "over 20"),
            (parameter(0x0b, &[0x80, 0, 0x40, 0]), "2^14"),
            (parameter(0x0e, &[1]), "under 2"),
            (parameter(0x0c, &[0]), "has a value"),
            (parameter(0x08, &[0xd0, 0, 0, 0, 0, 0, 0, 1]), "streams"),
            (parameter(0x09, &[0xd0, 0, 0, 0, 0, 0, 0, 1]), "streams"),
            (parameter(0x04, &[1, 2]), "no number"),
            (parameter(0x04, &[]), "no number"),
            (StdVec::from([0x04, 5, 1]), "end too early"),
        ] {
            let bytes = match reason {
                "no initial_source_connection_id" | "connection id is too long" => bad,
                _ => [&good[..], &bad].concat(),
            };
            let e = ClientParameters::parse(&bytes).unwrap_err();
            assert_eq!(e.code, Code::TRANSPORT_PARAMETER_ERROR);
            assert!(e.reason.contains(reason), "{} for {reason}", e.reason);
        }
        // What is not known is passed over, whatever it has.
        let unknown = [&good[..], &parameter(0x3f, &[9; 30])].concat();
        ClientParameters::parse(&unknown).unwrap();
    }
}
