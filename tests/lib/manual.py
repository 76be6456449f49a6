# SPDX-License-Identifier: GPL-2.0
"""A TLS 1.3 client whose bytes pass through our hands: Python's ssl over memory, for what real clients never do."""

import ssl

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from lib.clients import strict_context
from lib.hello import Wire, record, vector

AES_GCM = {"TLS_AES_128_GCM_SHA256": (hashes.SHA256(), 16), "TLS_AES_256_GCM_SHA384": (hashes.SHA384(), 32)}


class ManualClient:
    """A connection that sends only what it is told to, and when. A context manager."""

    def __init__(self, server, root, name="server.test", alpn=(), keys=None):
        """With `keys`, a path, it writes its traffic secrets there, for records that it would not make."""
        context = strict_context(root)
        self.keys = keys
        if keys:
            context.keylog_filename = keys
        if alpn:
            context.set_alpn_protocols(alpn)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.wire = Wire(server)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.socket.close()

    def step(self, action, *arguments):
        """The result of an action of the SSLObject; None if it wants more from the server first."""
        try:
            return action(*arguments)
        except ssl.SSLWantReadError:
            return None

    def hello(self):
        """The bytes of the ClientHello, not sent yet."""
        self.step(self.tls.do_handshake)
        return self.outgoing.read()

    def receive(self):
        """Takes in what the server sent; False at the end of the stream."""
        try:
            data = self.wire.socket.recv(65536)
        except ConnectionError:
            data = b""
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()
        return bool(data)

    def last_flight(self):
        """Sends the ClientHello, and gives the bytes of change_cipher_spec and Finished, not sent yet."""
        self.wire.send(self.hello())
        while not self.outgoing.pending:
            if not self.receive():
                raise ConnectionError("the server closed during the handshake")
            self.step(self.tls.do_handshake)
        return self.outgoing.read()

    def connect(self):
        self.wire.send(self.last_flight())
        return self

    def sealed(self, data):
        """The records of `data`, not sent yet."""
        self.tls.write(data)
        return self.outgoing.read()

    def empty_records(self, count):
        """Records of application data without a byte; it has sent no other yet, and the suite is one of AES-GCM."""
        algorithm, size = AES_GCM[self.tls.cipher()[0]]
        secrets = dict(line.split()[::2] for line in self.keys.read_text().splitlines() if line[0] != "#")
        secret = bytes.fromhex(secrets["CLIENT_TRAFFIC_SECRET_0"])

        def expand(label, length):
            info = length.to_bytes(2, "big") + vector(1, b"tls13 " + label) + vector(1, b"")
            return HKDFExpand(algorithm, length, info).derive(secret)

        cipher, iv = AESGCM(expand(b"key", size)), int.from_bytes(expand(b"iv", 12), "big")
        header = record(23, bytes(17), 0x0303)[:5]
        return b"".join(
            header + cipher.encrypt((iv ^ number).to_bytes(12, "big"), b"\x17", header) for number in range(count))

    def read(self):
        """Some data of the server; b"" after its close_notify. An alert or a bare end is an SSLError."""
        while (data := self.step(self.tls.read, 65536)) is None:
            self.receive()
        return data
