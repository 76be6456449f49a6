# SPDX-License-Identifier: GPL-2.0
"""A TLS 1.3 client whose bytes pass through our hands: Python's ssl over memory, for what real clients never do."""

import ssl

from lib.clients import strict_context
from lib.hello import Wire


class ManualClient:
    """A connection that sends only what it is told to, and when. A context manager."""

    def __init__(self, server, root, name="server.test", alpn=()):
        context = strict_context(root)
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

    def read(self):
        """Some data of the server; b"" after its close_notify. An alert or a bare end is an SSLError."""
        while (data := self.step(self.tls.read, 65536)) is None:
            self.receive()
        return data
