# SPDX-License-Identifier: GPL-2.0
"""Many QUIC connections, a flood of first packets from addresses nobody has, the module taken away under both."""

import contextlib
import subprocess
import sys
import time

import pytest

from lib import kernel
from lib.clients import ClientError
from lib.initials import Flood
from lib.listener import Listener
from lib.quic import AIOQUIC, CACHE, Quinn, Target, expected
from stress.test_stress import SLACK, settled_memory

pytestmark = pytest.mark.module_only

QUIC = {"transport": "quic", "alpn": "hq-interop hq-29"}
quinn = Quinn()


def serve(target, connections):
    """That many connections, 16 at once, each with its answer; returns what the client counts."""
    command = [CACHE / "clients/release/quic-client", "--address", f"127.0.0.1:{target.port}", "--name", target.name,
               "--ca", target.root, "--path", target.path, "--connections", connections, "--parallel", 16,
               "--timeout", 60]
    return target.run(command).stdout.decode()


def test_connections(request, authority, p256):
    """As many as --quic-connections says, some at once; afterwards nothing is left behind."""
    total = request.config.getoption("quic_connections")
    with Listener([p256], deadline_ms=60000, **QUIC) as listener:
        asked = Target(listener.port, authority.root, path="/bytes/1000", timeout=1500)
        serve(asked, 50)  # first, what the kernel allocates once
        kernel.settled(60)
        before, memory = kernel.Counters(), kernel.memory()
        counted = serve(asked, total)
        assert counted.startswith(f"served {total} failed 0 bytes {1000 * total} "), counted
        grown = kernel.settled(60).since(before)
        assert grown["handshakes_done"] == total
    after = settled_memory(memory)
    print(f"{grown}; memory before {memory}, after {after}")
    assert after["SUnreclaim"] - memory["SUnreclaim"] < SLACK
    assert memory["MemAvailable"] - after["MemAvailable"] < SLACK


def test_flood(authority, certificate):
    """Memory stays as it is, and a real client is served all the same, by way of Retry."""
    with Listener([certificate], max_handshakes=64, **QUIC) as listener:
        asked = Target(listener.port, authority.root, path="/bytes/100000")
        assert quinn.get(asked) == expected(100000)
        kernel.settled()
        before, memory = kernel.Counters(), kernel.memory()
        with Flood(listener.port, limit=20000, seconds=60) as flood:
            assert kernel.wait(lambda: kernel.Counters()["quic_retries_sent"] > 0, 30)
            for _ in range(5):
                assert quinn.get(asked) == expected(100000)
                used = memory["MemAvailable"] - kernel.memory()["MemAvailable"]
                # Bounded by the 64 handshakes and what waits in the socket, however much comes.
                assert used < 2 * SLACK, used
            assert flood.sent > 100
            now = kernel.Counters()
            assert now["handshakes_under_way"] <= 64
        grown = kernel.settled(30).since(before)
        print(f"{flood.sent} first packets; {grown}")
        assert grown["quic_retries_sent"] > 5
    assert settled_memory(memory)["SUnreclaim"] - memory["SUnreclaim"] < SLACK


def download(listener, root):
    """A client in the middle of a long answer."""
    return subprocess.Popen(
        [sys.executable, AIOQUIC, str(listener.port), str(root), "--path", "/bytes/1000000000", "--timeout", "60"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_reload_with_connections(module, authority, certificate):
    """Unloaded and loaded again with answers half sent, handshakes half made, and a flood coming in."""
    for _ in range(3):
        with Listener([certificate], port=4600, **QUIC) as listener, \
                download(listener, authority.root) as first, download(listener, authority.root) as second, \
                Flood(listener.port):
            try:
                sending = kernel.wait(lambda: kernel.Counters()["bytes_sent"] > 1 << 20, 60)
                listener.path.rmdir()
                kernel.rmmod()
                time.sleep(0.2)
                kernel.insmod(module)
            finally:
                first.kill()
                second.kill()
            assert sending
            listener.path.mkdir()  # for the context manager to remove
        with Listener([certificate], port=4600, **QUIC) as listener:
            assert b"QUICv1" in quinn.get(Target(listener.port, authority.root))


def test_listener_off_and_on(authority, certificate):
    """The port is free again at once, and the next listener is a stranger to the connections of the last."""
    with Listener([certificate], **QUIC) as listener:
        for _ in range(10):
            asked = Target(listener.port, authority.root)
            with download(listener, authority.root) as client:
                try:
                    with contextlib.suppress(ClientError):
                        quinn.get(asked)
                    listener.set("enabled", 0)
                    listener.set("enabled", 1)
                finally:
                    client.kill()
            assert b"QUICv1" in quinn.get(asked)
