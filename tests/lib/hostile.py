# SPDX-License-Identifier: GPL-2.0
"""A QUIC client that has the keys and breaks the rules: aioquic, with frames of the test's in a packet of its own."""

import socket
import ssl
import time

from aioquic.buffer import Buffer
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicFrameType, QuicPacketType
from aioquic.tls import Epoch

PACKETS = {
    Epoch.INITIAL: QuicPacketType.INITIAL,
    Epoch.HANDSHAKE: QuicPacketType.HANDSHAKE,
    Epoch.ONE_RTT: QuicPacketType.ONE_RTT,
}


def number(value):
    """A number as QUIC writes it (RFC 9000 section 16)."""
    buffer = Buffer(8)
    buffer.push_uint_var(value)
    return buffer.data


def frame(*parts):
    """A frame of numbers and bytes."""
    return b"".join(part if isinstance(part, bytes) else number(part) for part in parts)


def stream(number, offset, data, fin=False):
    return frame(0x0e | fin, number, offset, len(data), data)


class Hostile(QuicConnection):
    """Sends `frames` at `level` as soon as it can, after a PING; 1-RTT ones once the handshake is confirmed."""

    def __init__(self, *, level, frames, **options):
        super().__init__(**options)
        self.level, self.frames = level, frames

    def _break_rules(self, builder, level):
        crypto = self._cryptos[level]
        if level != self.level or not self.frames or not crypto.send.is_valid():
            return
        frames = self.frames(self) if callable(self.frames) else self.frames
        self.frames = b""
        builder.start_packet(PACKETS[level], crypto)
        builder.start_frame(QuicFrameType.PING, capacity=1 + len(frames)).push_bytes(frames)

    def _write_handshake(self, builder, epoch, now):
        self._break_rules(builder, epoch)
        super()._write_handshake(builder, epoch, now)

    def _write_application(self, builder, network_path, now):
        if self._handshake_confirmed:
            self._break_rules(builder, Epoch.ONE_RTT)
        super()._write_application(builder, network_path, now)


def closed_with(port, root, frames, level=Epoch.ONE_RTT, seconds=10):
    """What the server closes the connection with: the error, and the type of the frame; None if it does not."""
    configuration = QuicConfiguration(
        alpn_protocols=["hq-interop"], server_name="server.test", verify_mode=ssl.CERT_REQUIRED)
    configuration.load_verify_locations(cafile=str(root))
    client = Hostile(configuration=configuration, level=level, frames=frames)
    address, end = ("127.0.0.1", port), time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.connect(address)
        client.connect(address, now=time.monotonic())
        while (now := time.monotonic()) < end:
            for datagram, _ in client.datagrams_to_send(now):
                wire.send(datagram)
            if client._close_event:
                return client._close_event.error_code, client._close_event.frame_type
            wire.settimeout(max(0.001, min(client.get_timer() or end, end) - time.monotonic()))
            try:
                client.receive_datagram(wire.recv(2048), address, time.monotonic())
            except TimeoutError:
                client.handle_timer(time.monotonic())
    return None
