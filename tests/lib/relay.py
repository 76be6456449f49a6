# SPDX-License-Identifier: GPL-2.0
"""A TCP relay that keeps what passes, to look at the records on the wire."""

import selectors
import socket
import threading


class Relay:
    """Relays one connection to a server. `sent` is what the client sent, `received` what it got."""

    def __init__(self, server):
        self.target = ("127.0.0.1", server.port)
        self.sent, self.received = bytearray(), bytearray()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()

    def _run(self):
        self.listener.settimeout(20)
        client, _ = self.listener.accept()
        with client, socket.create_connection(self.target) as server, selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, (server, self.sent))
            selector.register(server, selectors.EVENT_READ, (client, self.received))
            while selector.get_map():
                for key, _ in selector.select():
                    to, kept = key.data
                    try:
                        data = key.fileobj.recv(65536)
                        if data:
                            to.sendall(data)
                        else:
                            to.shutdown(socket.SHUT_WR)
                    except OSError:
                        return
                    kept += data
                    if not data:
                        selector.unregister(key.fileobj)

    def records(self):
        """The type and length of each record that the client got."""
        at, found = 0, []
        while at + 5 <= len(self.received):
            length = int.from_bytes(self.received[at + 3:at + 5], "big")
            found.append((self.received[at], length))
            at += 5 + length
        return found
