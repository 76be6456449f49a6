# SPDX-License-Identifier: GPL-2.0
"""In the guest: handshakes and bytes a second of three QUIC servers, in turns, with the same client and certificate.

Prints a line for each, `quic_bench: SERVER HANDSHAKES_PER_SECOND BYTES_PER_SECOND`, the best of the rounds.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import kernel, keys
from lib.certificates import Authority
from lib.listener import Listener
from lib.quic import CACHE, expected

CLIENT = CACHE / "clients/release/quic-client"
ROUNDS, HANDSHAKES, PARALLEL, SIZE, SMALL = 3, 200, 8, 16 << 20, 64
LINE = re.compile(r"served (\d+) failed (\d+) bytes (\d+) seconds ([\d.]+)")


def answers(port):
    """Whether something on the port answers a packet of a version that nobody has (RFC 9000 section 6)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.1)
        client.connect(("127.0.0.1", port))
        client.send((b"\xc0\x1a\x2a\x3a\x4a\x08" + os.urandom(8) + b"\x08" + os.urandom(8)).ljust(1200, b"\0"))
        with contextlib.suppress(OSError):
            return bool(client.recv(2000))
    return False


@contextlib.contextmanager
def program(port, command):
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            if not kernel.wait(lambda: answers(port), 20):
                raise RuntimeError(f"{command[0]} does not answer")
            yield
        finally:
            server.kill()


def servers(folder, leaf):
    """The servers by name: each a context in which it listens, and its port."""
    files = folder / "files/bytes"
    files.mkdir(parents=True)
    for size in (SMALL, SIZE):
        (files / str(size)).write_bytes(expected(size))
    aioquic = {"alpn": "hq-interop", "address": "::", "port": 4453, "certificates": [[str(leaf.chain), str(leaf.key)]]}
    here = Path(__file__).resolve().parents[1]
    return {
        "rust_tls": (lambda: Listener([leaf], port=4451, transport="quic", alpn="hq-interop"), 4451),
        "Quinn": (lambda: program(4452, [
            CACHE / "quinn/bin/server", "--listen", "[::]:4452", "--key", leaf.key, "--cert", leaf.chain,
            folder / "files"]), 4452),
        "aioquic": (lambda: program(4453, [sys.executable, here / "lib/quic_standin.py", json.dumps(aioquic)]), 4453),
    }


def load(port, root, *more):
    """What the client got done: connections and bytes a second."""
    command = [CLIENT, "--address", f"127.0.0.1:{port}", "--name", "server.test", "--ca", root, *more]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
    found = LINE.search(run.stdout)
    if run.returncode or not found:
        raise RuntimeError(f"{run.stdout} {run.stderr}")
    served, _, length, seconds = (float(part) for part in found.groups())
    return served / seconds, length / seconds


def main():
    keys.join_session()
    kernel.mount("configfs", kernel.CONFIGFS)
    kernel.mount("debugfs", kernel.DEBUGFS)
    kernel.insmod(os.environ["RUST_TLS_MODULE"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = Authority(folder)
        leaf = authority.leaf("server", ["server.test"])
        best = {}
        for _ in range(ROUNDS):
            for server, (context, port) in servers(folder / f"{time.monotonic_ns()}", leaf).items():
                with context():
                    load(port, authority.root, "--connections", 10)  # first, what is made once
                    handshakes, _ = load(port, authority.root, "--path", f"/bytes/{SMALL}",
                                         "--connections", HANDSHAKES, "--parallel", PARALLEL)
                    _, transfer = load(port, authority.root, "--path", f"/bytes/{SIZE}")
                before = best.get(server, (0, 0))
                best[server] = max(before[0], handshakes), max(before[1], transfer)
    for server, (handshakes, transfer) in best.items():
        print(f"quic_bench: {server} {handshakes:.1f} {transfer:.0f}", flush=True)
    kernel.rmmod()


if __name__ == "__main__":
    main()
