# SPDX-License-Identifier: GPL-2.0
"""aioquic in the place of a QUIC listener of the module, to try the tests themselves; prints a line once it listens."""

import asyncio
import json
import sys

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import StreamDataReceived

LINE = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"


def answer(path, facts):
    if path.startswith("/bytes/"):
        length = int(path.removeprefix("/bytes/"))
        return (LINE * (length // len(LINE) + 1))[:length]
    return "".join(f"{name}: {value}\n" for name, value in facts.items()).encode()


class Server(QuicConnectionProtocol):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.requests = {}

    def quic_event_received(self, event):
        if not isinstance(event, StreamDataReceived) or event.stream_id % 4:
            return
        request = self.requests.setdefault(event.stream_id, bytearray())
        request += event.data
        if b"\n" not in request:
            return
        del self.requests[event.stream_id]
        path = bytes(request).split()[1].decode()
        facts = {
            "version": "QUICv1",
            "suite": "TLS_" + self._quic.tls.key_schedule.cipher_suite.name,
            "alpn": self._quic.tls.alpn_negotiated,
            "retried": "no",
        }
        self._quic.send_stream_data(event.stream_id, answer(path, facts), end_stream=True)
        self.transmit()


async def main():
    options = json.loads(sys.argv[1])
    configuration = QuicConfiguration(is_client=False, alpn_protocols=options["alpn"].split())
    configuration.load_cert_chain(*options["certificates"][0][:2])
    await serve(options["address"], options["port"], configuration=configuration, create_protocol=Server,
                retry=options.get("retry") == "always")
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
