# SPDX-License-Identifier: GPL-2.0
"""First packets of QUIC clients that will never send another: each good, with its own connection id, from anywhere."""

import os
import random
import socket
import threading
import time

from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.crypto import CryptoPair
from aioquic.tls import Epoch

SIZE = 1200


class Initials:
    """Makes datagrams, each with an Initial packet with a whole ClientHello."""

    def __init__(self):
        client = QuicConnection(configuration=QuicConfiguration(
            is_client=True, alpn_protocols=["hq-interop"], server_name="server.test"))
        client.connect(("127.0.0.1", 4433), now=0.0)
        self.source = client.host_cid
        self.hello = bytes(client._crypto_streams[Epoch.INITIAL].sender._buffer)

    def make(self):
        destination = os.urandom(8)
        crypto = CryptoPair()
        crypto.setup_initial(cid=destination, is_client=True, version=1)
        head = b"\xc1\0\0\0\1" + bytes([8]) + destination + bytes([len(self.source)]) + self.source + b"\0"
        # Then the length, two bytes, and the packet's number, two more.
        rest = SIZE - len(head) - 2
        payload = b"\x06\0" + (0x4000 | len(self.hello)).to_bytes(2, "big") + self.hello
        payload = payload.ljust(rest - 2 - 16, b"\0")
        return crypto.encrypt_packet(head + (0x4000 | rest).to_bytes(2, "big") + b"\0\0", payload, 0)


class Flood:
    """Sends Initials to a port from addresses of 127.0.0.0/8, as long as the context lasts or until `limit`."""

    def __init__(self, port, limit=1 << 30, seconds=600):
        self.port, self.limit, self.end = port, limit, time.monotonic() + seconds
        self.sent = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def run(self):
        choose, initials = random.Random(1), Initials()
        while not self.done.is_set() and self.sent < self.limit and time.monotonic() < self.end:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.bind((f"127.{choose.randrange(1, 255)}.{choose.randrange(256)}.{choose.randrange(1, 255)}", 0))
                for _ in range(4):
                    client.sendto(initials.make(), ("127.0.0.1", self.port))
                    self.sent += 1
