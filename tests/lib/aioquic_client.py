# SPDX-License-Identifier: GPL-2.0
"""GET over hq-interop (HTTP/0.9 on QUIC streams) by aioquic: a program that writes what it saw as JSON.

    python aioquic_client.py PORT ROOT.pem [--address A] [--name N] [--path P]... [what to do on the way]
"""

import argparse
import asyncio
import hashlib
import json
import ssl
import sys
import time
from contextlib import AsyncExitStack

from aioquic.asyncio import connect
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicProtocolVersion
from aioquic.tls import CipherSuite, Epoch

SUITES = {
    "TLS_AES_128_GCM_SHA256": CipherSuite.AES_128_GCM_SHA256,
    "TLS_AES_256_GCM_SHA384": CipherSuite.AES_256_GCM_SHA384,
    "TLS_CHACHA20_POLY1305_SHA256": CipherSuite.CHACHA20_POLY1305_SHA256,
}
# A version of QUIC that nobody has (RFC 9000 section 15 reserves the pattern for just that).
NO_VERSION = 0x5A6A7A8A


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("root")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--name", default="server.test")
    parser.add_argument("--path", action="append", default=[], help="one after the other; / where there is none")
    parser.add_argument("--alpn", action="append", default=[])
    parser.add_argument("--suite", choices=SUITES)
    parser.add_argument("--unknown-version", action="store_true", help="first offer a version that nobody has")
    parser.add_argument("--key-update", action="store_true", help="before each path but the first")
    parser.add_argument("--change-cid", action="store_true", help="before each path but the first")
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--at-once", action="store_true", help="ask for all paths at once, each on its own stream")
    parser.add_argument("--idle-timeout", type=float, default=30)
    parser.add_argument("--initial-rtt", type=float, default=0.1)
    parser.add_argument("--timeout", type=float, default=60)
    return parser.parse_args()


def configuration(options):
    found = QuicConfiguration(
        alpn_protocols=options.alpn or ["hq-interop"], server_name=options.name, verify_mode=ssl.CERT_REQUIRED,
        cipher_suites=[SUITES[options.suite]] if options.suite else None, idle_timeout=options.idle_timeout,
        initial_rtt=options.initial_rtt, max_data=8 << 20, max_stream_data=8 << 20,
        supported_versions=[QuicProtocolVersion.VERSION_1],
    )
    if options.unknown_version:
        found.original_version = NO_VERSION
        found.supported_versions = [NO_VERSION, QuicProtocolVersion.VERSION_1]
    found.load_verify_locations(cafile=options.root)
    return found


async def get(client, path):
    """One request on a stream of its own; the length, hash and beginning of the answer."""
    reader, writer = await client.create_stream()
    writer.write(f"GET {path}\r\n".encode())
    writer.write_eof()
    digest, length, start = hashlib.sha256(), 0, b""
    while part := await reader.read(1 << 16):
        digest.update(part)
        length += len(part)
        if len(start) < 1024:
            start += part[:1024]
    return {"path": path, "length": length, "sha256": digest.hexdigest(), "start": start[:1024].decode("latin-1")}


async def connection(options, tokens):
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connect(
            options.address, options.port, configuration=configuration(options), token_handler=tokens.append))
        shaken = time.monotonic() - began
        quic: QuicConnection = client._quic
        paths = options.path or ["/"]
        if options.at_once:
            answers = await asyncio.gather(*(get(client, path) for path in paths))
        else:
            answers = []
            for path in paths:
                if answers and options.key_update:
                    client.request_key_update()
                if answers and options.change_cid:
                    client.change_connection_id()
                answers.append(await get(client, path))
        if ended := quic._close_event:
            # Every stream ends with the connection, which is no answer.
            raise ConnectionError(f"closed with {ended.error_code:#x}, frame {ended.frame_type}: {ended.reason_phrase}")
        receiver = quic._cryptos[Epoch.ONE_RTT].recv
        return {
            "answers": answers,
            "version": quic._version,
            "version_negotiated": quic._version_negotiated_incompatible,
            "retried": quic._retry_count,
            "suite": quic.tls.key_schedule.cipher_suite.name,
            "alpn": quic.tls.alpn_negotiated,
            "key_phase_received": receiver.key_phase,
            "handshake_confirmed": quic._handshake_confirmed,
            "handshake_s": shaken,
            "total_s": time.monotonic() - began,
        }


async def main():
    options = arguments()
    gate = asyncio.Semaphore(options.parallel)
    tokens = []

    async def one():
        async with gate:
            try:
                return await asyncio.wait_for(connection(options, tokens), options.timeout)
            except (TimeoutError, ConnectionError) as error:
                return {"error": repr(error)}

    results = await asyncio.gather(*(one() for _ in range(options.connections)))
    json.dump({"connections": results, "tokens": len(tokens)}, sys.stdout)
    errors = [result["error"] for result in results if "error" in result]
    print(*errors, sep="\n", end="", file=sys.stderr)
    return 1 if errors else 0


sys.exit(asyncio.run(main()))
