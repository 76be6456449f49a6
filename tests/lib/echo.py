# SPDX-License-Identifier: GPL-2.0
"""What goes to the echo service, and how it comes back through each client that can carry binary data."""

import hashlib
import random
import selectors
import ssl
import subprocess
import threading

from lib.clients import TIMEOUT, ClientError


def payload(size):
    """Bytes without a pattern, the same in each run."""
    return random.Random(size).randbytes(size)


def through_python(client, request, data):
    """Sends and receives at once, so that neither side waits for the other; what came back."""
    with client.connect(request) as connection, selectors.DefaultSelector() as selector:
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
        rest, back = memoryview(data), bytearray()
        while len(back) < len(data):
            if not selector.select(TIMEOUT):
                raise ClientError(f"python: stuck after {len(back)} bytes")
            try:
                while rest:
                    rest = rest[connection.send(rest[:65536]):]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                pass
            if not rest:
                selector.modify(connection, selectors.EVENT_READ)
            try:
                while part := connection.recv(65536):
                    back += part
                raise ClientError("python: the server closed early")
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                pass
        connection.setblocking(True)
        connection.settimeout(TIMEOUT)
        connection.unwrap()  # raises unless the server answers with its close_notify
        return bytes(back)


def through_program(client, request, data):
    """The same through a program's standard input and output."""
    with subprocess.Popen(client.command(request), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        watchdog = threading.Timer(TIMEOUT, process.kill)
        watchdog.start()

        def feed():
            process.stdin.write(data)
            process.stdin.flush()

        feeder = threading.Thread(target=feed)
        feeder.start()
        back = process.stdout.read(len(data))
        feeder.join()
        process.kill()
        watchdog.cancel()
        return back


def digest_of(stream):
    """The digest of all that comes."""
    size, found = 0, hashlib.sha256()
    while part := stream.read(65536):
        size += len(part)
        found.update(part)
    return size, found.hexdigest()


def digest(data):
    return len(data), hashlib.sha256(data).hexdigest()
