# SPDX-License-Identifier: GPL-2.0
"""Many handshakes from many clients at once, bad ones among them; and the module unloaded and loaded under that."""

import contextlib
import itertools
import os
import random
import subprocess
import threading
import time

import pytest

from lib import kernel
from lib.clients import ClientError
from lib.hello import Hello, Wire, record
from lib.listener import Listener
from lib.manual import ManualClient

pytestmark = pytest.mark.module_only

PARALLEL = 32
# What may differ before and after: caches of the kernel itself, in KiB.
SLACK = 24 << 10


class BadClients:
    """Threads that misbehave towards a listener in every way they know, as long as the context lasts."""

    def __init__(self, listener, root, threads=4):
        self.listener, self.root = listener, root
        self.done = threading.Event()
        self.count = 0
        self.threads = [threading.Thread(target=self.run, args=[seed]) for seed in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()

    def run(self, seed):
        choose = random.Random(seed)
        ways = (self.nothing, self.garbage, self.half_a_hello, self.wrong_hello, self.no_finished, self.bad_finished,
                self.leaves_within_data)
        while not self.done.is_set():
            # The listener may be gone at any moment: that is part of the test.
            with contextlib.suppress(OSError):
                choose.choice(ways)(choose)
            self.count += 1

    def nothing(self, choose):
        with Wire(self.listener) as wire:
            if choose.random() < 0.5:
                wire.reset()

    def garbage(self, choose):
        with Wire(self.listener) as wire:
            wire.send(record(22, choose.randbytes(choose.randrange(1, 600)))).end().rest()

    def half_a_hello(self, choose):
        data = Hello().records()
        with Wire(self.listener) as wire:
            wire.send(data[:choose.randrange(len(data))])
            if choose.random() < 0.5:
                wire.reset()

    def wrong_hello(self, choose):
        data = bytearray(Hello().records())
        data[choose.randrange(5, len(data))] ^= 1 << choose.randrange(8)
        with Wire(self.listener) as wire:
            wire.send(data).record()

    def no_finished(self, choose):
        with ManualClient(self.listener, self.root) as client:
            flight = client.last_flight()
            client.wire.send(flight[:choose.randrange(len(flight))])
            if choose.random() < 0.5:
                client.wire.reset()

    def bad_finished(self, choose):
        with ManualClient(self.listener, self.root) as client:
            flight = bytearray(client.last_flight())
            flight[choose.randrange(11, len(flight))] ^= 1 << choose.randrange(8)
            client.wire.send(flight).socket.recv(100)

    def leaves_within_data(self, choose):
        with ManualClient(self.listener, self.root) as client:
            client.connect().wire.send(client.sealed(b"GET /bytes/1000000 HTTP/1.1\r\n\r\n"))
            client.wire.exactly(choose.randrange(1, 5000))
            client.wire.reset()


@pytest.fixture
def load(clients, ask):
    """A function that gives the command of so many handshakes."""
    def load(listener, connections, *more):
        return [*clients["rustls"].command(ask(listener)), "--connections", str(connections),
                "--parallel", str(PARALLEL), *more]
    return load


def serve(command, seconds):
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    print(run.stdout)  # how long it took, for the report
    return run


def test_handshakes(request, authority, certificate, p256, clients, ask, load):
    """As many as --handshakes says, half of them with each kind of certificate; afterwards nothing is left behind."""
    total = request.config.getoption("handshakes")
    with Listener([certificate], deadline_ms=60000) as rsa, Listener([p256], deadline_ms=60000) as ecdsa:
        shares = {rsa: total // 2, ecdsa: total - total // 2}
        for listener, share in shares.items():  # first, what the kernel allocates once
            assert serve(load(listener, min(share, 150)), 300).returncode == 0
        kernel.settled(60)
        before, memory = kernel.Counters(), kernel.memory()
        with BadClients(rsa, authority.root) as bad:
            for listener, share in shares.items():
                run = serve(load(listener, share), 1500)
                assert run.stdout.startswith(f"served {share} failed 0 "), run.stdout + run.stderr
        assert bad.count > 0
        grown = kernel.settled(60).since(before)
        assert grown["handshakes_done"] >= total
        assert grown["handshakes_begun"] == grown["handshakes_done"] + grown["handshakes_failed"]
        for client, listener in itertools.product(clients.values(), shares):
            assert client.get(ask(listener)).status == 200
    after = settled_memory(memory)
    print(f"{bad.count} bad clients; {grown}; memory before {memory}, after {after}")
    assert after["SUnreclaim"] - memory["SUnreclaim"] < SLACK
    assert memory["MemAvailable"] - after["MemAvailable"] < SLACK


def settled_memory(before):
    """The memory once RCU and closed sockets have given back theirs; the last reading if that takes over 30 s."""
    kernel.wait(lambda: before["MemAvailable"] - kernel.memory()["MemAvailable"] < SLACK
                and kernel.memory()["SUnreclaim"] - before["SUnreclaim"] < SLACK, 30)
    return kernel.memory()


def test_reload_under_load(module, authority, certificate, clients, ask, load):
    """Unloaded and loaded again, with handshakes in flight each time and clients that never stop."""
    for _ in range(5):
        with Listener([certificate], port=4500) as listener:
            command = load(listener, 10**9, "--keep-going", "--timeout", "5")
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as good, BadClients(listener, authority.root):
                try:
                    enough = kernel.wait(lambda: kernel.Counters()["handshakes_done"] >= PARALLEL, 120)
                    listener.path.rmdir()
                    kernel.rmmod()
                    time.sleep(0.2)
                    kernel.insmod(module)
                finally:
                    good.kill()
            assert enough
            listener.path.mkdir()  # for the context manager to remove
        with Listener([certificate], port=4500) as listener:
            assert clients["python"].get(ask(listener)).status == 200


def test_listeners_under_load(authority, certificate, load):
    """The same with only the listener switched off and on."""
    with Listener([certificate]) as listener, BadClients(listener, authority.root):
        command = load(listener, 10**9, "--keep-going", "--timeout", "5")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as good:
            try:
                for _ in range(10):
                    done = kernel.Counters()["handshakes_done"]
                    assert kernel.wait(lambda done=done: kernel.Counters()["handshakes_done"] > done + 5, 60)
                    listener.set("enabled", 0)
                    listener.set("enabled", 1)
            finally:
                good.kill()


def test_counters_add_up_at_every_moment(certificate, load):
    """Read while handshakes begin and end on all processors."""
    with Listener([certificate]) as listener, \
            subprocess.Popen(load(listener, 10**9), stdout=subprocess.DEVNULL) as good:
        try:
            for _ in range(300):
                counters = kernel.Counters()
                assert counters.add_up(), counters
        finally:
            good.kill()


def test_no_leaks(module, certificate, clients, ask):
    """kmemleak's judgement of all the tests before; where the kernel has none, nothing to ask."""
    with Listener([certificate]) as listener, contextlib.suppress(ClientError):
        clients["openssl"].get(ask(listener))
    if os.path.exists(kernel.KMEMLEAK):
        assert kernel.leaks() == ""
