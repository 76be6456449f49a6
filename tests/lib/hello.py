# SPDX-License-Identifier: GPL-2.0
"""ClientHellos written by hand, right and wrong, and what a server answers to them in the clear."""

import contextlib
import enum
import os
import socket
import struct
from dataclasses import dataclass, field

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO = 1, 2
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

SERVER_NAME, SUPPORTED_GROUPS, SIGNATURE_ALGORITHMS, ALPN, RECORD_SIZE_LIMIT = 0, 10, 13, 16, 28
PRE_SHARED_KEY, SUPPORTED_VERSIONS, COOKIE, KEY_SHARE = 41, 43, 44, 51
X25519, SECP256R1, SECP384R1, X448, X25519MLKEM768 = 0x1d, 0x17, 0x18, 0x1e, 0x11ec
# The generator of P-256: a point on the curve, as good as any.
P256_POINT = bytes.fromhex("04" "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                           "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")


class Alert(enum.IntEnum):
    """The alerts of RFC 8446 that tests name."""

    CLOSE_NOTIFY = 0
    UNEXPECTED_MESSAGE = 10
    BAD_RECORD_MAC = 20
    RECORD_OVERFLOW = 22
    HANDSHAKE_FAILURE = 40
    ILLEGAL_PARAMETER = 47
    UNKNOWN_CA = 48
    DECODE_ERROR = 50
    DECRYPT_ERROR = 51
    PROTOCOL_VERSION = 70
    INTERNAL_ERROR = 80
    USER_CANCELED = 90
    MISSING_EXTENSION = 109
    UNSUPPORTED_EXTENSION = 110
    UNRECOGNIZED_NAME = 112
    NO_APPLICATION_PROTOCOL = 120


def vector(width, data):
    """Bytes with their length before them, in `width` bytes."""
    return len(data).to_bytes(width, "big") + data


def numbers(*values):
    return b"".join(struct.pack(">H", value) for value in values)


def record(kind, body, version=0x0301):
    return struct.pack(">BHH", kind, version, len(body)) + body


def shares(*entries):
    """The key_share extension of pairs of group and key."""
    return vector(2, b"".join(numbers(group) + vector(2, key) for group, key in entries))


@dataclass
class Hello:
    """A ClientHello that every TLS 1.3 server accepts, until a test changes it."""

    version: int = 0x0303
    random: bytes = field(default_factory=lambda: os.urandom(32))
    session: bytes = field(default_factory=lambda: os.urandom(32))
    suites: tuple = (0x1301, 0x1302, 0x1303)
    compression: bytes = b"\0"
    extensions: dict = field(default_factory=lambda: {
        SERVER_NAME: vector(2, b"\0" + vector(2, b"server.test")),
        SUPPORTED_GROUPS: vector(2, numbers(X25519, SECP256R1)),
        SIGNATURE_ALGORITHMS: vector(2, numbers(0x0804, 0x0805, 0x0806)),
        SUPPORTED_VERSIONS: vector(1, numbers(0x0304)),
        KEY_SHARE: shares((X25519, os.urandom(32))),
    })
    # Extensions again, after those: for what a dictionary cannot have twice.
    more: bytes = b""

    def with_extension(self, kind, body):
        self.extensions[kind] = body
        return self

    def without(self, kind):
        del self.extensions[kind]
        return self

    def message(self):
        extensions = b"".join(numbers(kind) + vector(2, body) for kind, body in self.extensions.items()) + self.more
        body = numbers(self.version) + self.random + vector(1, self.session) + vector(2, numbers(*self.suites))
        body += vector(1, self.compression) + vector(2, extensions)
        return bytes([CLIENT_HELLO]) + vector(3, body)

    def records(self, size=16384):
        """The message in records of `size` bytes at most."""
        message = self.message()
        return b"".join(record(HANDSHAKE, message[at:at + size]) for at in range(0, len(message), size))


class Wire:
    """A plain TCP connection to a server, and the records that come back on it."""

    def __init__(self, server, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        with contextlib.suppress(ConnectionError):  # a server may have said its last word after the first byte of it
            self.socket.sendall(data)
        return self

    def end(self):
        """Says that we send no more; the server may be gone already."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        """Closes so that the server gets an RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                part = self.socket.recv(count - len(data))
            except ConnectionError:
                part = b""
            if not part:
                return None
            data += part
        return data

    def record(self):
        """The next record, as its type and body; None at the end of the stream."""
        head = self.exactly(5)
        if head is None:
            return None
        body = self.exactly(int.from_bytes(head[3:], "big"))
        return None if body is None else (head[0], body)

    def rest(self):
        """All the records until the server closes."""
        return list(iter(self.record, None))

    def alert(self):
        """The alert in the clear that ends the connection; None if it ends without one."""
        records = self.rest()
        if not records or records[-1][0] != ALERT or len(records[-1][1]) != 2:
            return None
        level, description = records[-1][1]
        return Alert(description) if level == 2 else None

    def closed(self):
        """Whether the server has closed, or does within the timeout, having sent nothing more."""
        return self.exactly(1) is None


def is_server_hello(answer):
    return answer is not None and answer[0] == HANDSHAKE and answer[1][0] == SERVER_HELLO


def is_retry(answer):
    return is_server_hello(answer) and answer[1][6:38] == RETRY_RANDOM


def extension_of_hello(data, wanted):
    """An extension's body in the ClientHello that begins a stream; None if it is not there."""
    at = 5 + 4 + 2 + 32
    at += 1 + data[at]
    at += 2 + int.from_bytes(data[at:at + 2], "big")
    at += 1 + data[at]
    at += 2
    while at + 4 <= len(data):
        kind, length = struct.unpack_from(">HH", data, at)
        if kind == wanted:
            return data[at + 4:at + 4 + length]
        at += 4 + length
    return None
