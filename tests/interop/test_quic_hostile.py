# SPDX-License-Identifier: GPL-2.0
"""QUIC clients that have the keys and break a rule: each is told which, by the error and the frame of RFC 9000."""

import pytest
from aioquic.tls import Epoch

from lib.hostile import closed_with, frame, stream
from lib.quic import Aioquic, Target

pytestmark = pytest.mark.module_only

FLOW_CONTROL, STREAM_LIMIT, STREAM_STATE, FINAL_SIZE, FRAME_ENCODING = 3, 4, 5, 6, 7
CONNECTION_ID_LIMIT, PROTOCOL_VIOLATION, CRYPTO_BUFFER_EXCEEDED = 9, 10, 13
UNEXPECTED_MESSAGE = 0x100 + 10

# What the server allows: tls-module/quic/limits.rs.
STREAM_WINDOW, BIDI, UNI = 1 << 16, 100, 8
TOKEN = bytes(range(16))


def connection_id(sequence, *, retire=0, value=None, length=8):
    """A NEW_CONNECTION_ID frame."""
    value = bytes([sequence]) * length if value is None else value
    return frame(0x18, sequence, retire, bytes([len(value)]), value, TOKEN)


# The frames, or a function of the client that makes them, the error, and the type of the frame that it names.
RULES = {
    # Section 4: flow control.
    "stream-window": (stream(0, STREAM_WINDOW, b"x"), FLOW_CONTROL, 0x0e),
    "connection-window": (b"".join(stream(4 * n, STREAM_WINDOW - 1, b"x") for n in range(4)) + stream(16, 0, b"x"),
                          FLOW_CONTROL, 0x0e),
    "reset-beyond-window": (frame(0x04, 0, 0, STREAM_WINDOW + 1), FLOW_CONTROL, 0x04),
    "offset-over-2^62": (frame(0x0e, 0, (1 << 62) - 1, 2, b"xx"), FRAME_ENCODING, 0x0e),
    # Section 4.6: how many streams.
    "streams-bidi": (stream(4 * BIDI, 0, b"x"), STREAM_LIMIT, 0x0e),
    "streams-uni": (stream(4 * UNI + 2, 0, b"x"), STREAM_LIMIT, 0x0e),
    "max-streams-bidi": (frame(0x12, (1 << 60) + 1), FRAME_ENCODING, 0x12),
    "max-streams-uni": (frame(0x13, (1 << 60) + 1), FRAME_ENCODING, 0x13),
    "streams-blocked": (frame(0x16, (1 << 60) + 1), FRAME_ENCODING, 0x16),
    # Section 4.5: the final size.
    "final-size-changes": (stream(0, 0, b"0123456789", fin=True) + stream(0, 0, b"01234", fin=True), FINAL_SIZE, 0x0f),
    "data-after-the-end": (stream(0, 0, b"0123456789", fin=True) + stream(0, 10, b"x"), FINAL_SIZE, 0x0e),
    "end-before-data": (stream(0, 10, b"x") + stream(0, 0, b"x", fin=True), FINAL_SIZE, 0x0f),
    "reset-changes-size": (stream(0, 0, b"0123456789", fin=True) + frame(0x04, 0, 0, 4), FINAL_SIZE, 0x04),
    # Sections 2.1, 3, 19: streams that cannot have such a frame.
    "stream-of-the-server": (stream(1, 0, b"x"), STREAM_STATE, 0x0e),
    "stream-only-sent-on": (stream(3, 0, b"x"), STREAM_STATE, 0x0e),
    "reset-only-sent-on": (frame(0x04, 3, 0, 0), STREAM_STATE, 0x04),
    "blocked-only-sent-on": (frame(0x15, 3, 0), STREAM_STATE, 0x15),
    "stop-only-received": (frame(0x05, 2, 0), STREAM_STATE, 0x05),
    "stop-of-the-server": (frame(0x05, 1, 0), STREAM_STATE, 0x05),
    "max-data-only-received": (frame(0x11, 2, 1 << 20), STREAM_STATE, 0x11),
    "max-data-of-the-server": (frame(0x11, 1, 1 << 20), STREAM_STATE, 0x11),
    # Sections 5.1, 19.15, 19.16: connection ids.
    "too-many-ids": (b"".join(connection_id(n) for n in range(10, 15)), CONNECTION_ID_LIMIT, 0x18),
    "id-twice": (connection_id(0, value=b"\xee" * 8), PROTOCOL_VIOLATION, 0x18),
    "id-of-two-numbers": (lambda client: connection_id(20, value=client.host_cid), PROTOCOL_VIOLATION, 0x18),
    "retires-itself": (connection_id(20, retire=21), FRAME_ENCODING, 0x18),
    "id-of-no-bytes": (connection_id(20, length=0), FRAME_ENCODING, 0x18),
    "id-of-21-bytes": (connection_id(20, length=21), FRAME_ENCODING, 0x18),
    "retires-unknown": (frame(0x19, 1000), PROTOCOL_VIOLATION, 0x19),
    "retires-the-one-in-use": (frame(0x19, 0), PROTOCOL_VIOLATION, 0x19),
    # Sections 19.7, 19.20: what only servers send.
    "new-token": (frame(0x07, 4, b"abcd"), PROTOCOL_VIOLATION, 0x07),
    "handshake-done": (frame(0x1e), PROTOCOL_VIOLATION, 0x1e),
    # Sections 7.5, 13.1: CRYPTO and ACK.
    "crypto-beyond": (frame(0x06, 1 << 20, 1, b"x"), CRYPTO_BUFFER_EXCEEDED, 0x06),
    "key-update-of-tls": (frame(0x06, 0, 5, b"\x18\0\0\1\0"), UNEXPECTED_MESSAGE, 0x06),
    "ack-of-what-was-not-sent": (frame(0x02, 1 << 20, 0, 0, 0), PROTOCOL_VIOLATION, 0x02),
    "ack-below-0": (frame(0x02, 1, 0, 0, 2), FRAME_ENCODING, 0x02),
    # Section 12.4: frames.
    "unknown-frame": (frame(0x21), FRAME_ENCODING, 0x21),
    "type-too-long": (b"\x40\x01", PROTOCOL_VIOLATION, 0x01),
    "cut-short": (b"\x0a\x00\x05ab", FRAME_ENCODING, 0x0a),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule, authority, listen, counted):
    frames, *expected = RULES[rule]
    server = listen(transport="quic", alpn="hq-interop")
    assert closed_with(server.port, authority.root, frames) == tuple(expected)
    assert Aioquic().get(Target(server.port, authority.root)).startswith(b"version: QUICv1\n")
    grown = counted()
    assert grown["handshakes_done"] == 2


# Section 12.5: what may not be in packets of the handshake.
LEVELS = {
    "stream": stream(0, 0, b"x"),
    "max-data": frame(0x10, 1 << 20),
    "new-connection-id": connection_id(20),
    "path-challenge": frame(0x1a, bytes(8)),
    "close-of-the-application": frame(0x1d, 0, 0),
    "handshake-done": frame(0x1e),
}


@pytest.mark.parametrize("level", [Epoch.INITIAL, Epoch.HANDSHAKE], ids=["initial", "handshake"])
@pytest.mark.parametrize("what", LEVELS)
def test_level(what, level, authority, listen, counted):
    frames = LEVELS[what]
    server = listen(transport="quic", alpn="hq-interop")
    assert closed_with(server.port, authority.root, frames, level) == (PROTOCOL_VIOLATION, frames[0])
    assert counted()["handshakes_failed"] == 1


def test_crypto_beyond_in_the_handshake(authority, listen):
    server = listen(transport="quic", alpn="hq-interop")
    for level in (Epoch.INITIAL, Epoch.HANDSHAKE):
        answer = closed_with(server.port, authority.root, frame(0x06, 1 << 20, 1, b"x"), level)
        assert answer == (CRYPTO_BUFFER_EXCEEDED, 0x06)
