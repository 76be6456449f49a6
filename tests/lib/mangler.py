# SPDX-License-Identifier: GPL-2.0
"""A UDP relay that does to datagrams what bad networks do, and counts them."""

import collections
import random
import selectors
import socket
import threading
from dataclasses import dataclass


@dataclass
class Count:
    datagrams: int = 0
    bytes: int = 0


class Mangler:
    """Relays each client's datagrams to a server from a socket of its own, and back.

    `to_server` and `to_client` are functions that are given a datagram (a bytearray), its number in that direction,
    from 1, and the client's address, and return what to pass on in its place: a list of datagrams, empty where it is
    lost.
    """

    def __init__(self, server, to_server=None, to_client=None, address="127.0.0.1", source="127.0.0.1"):
        self.target = (server.address if hasattr(server, "address") else "127.0.0.1", server.port)
        self.rules = (to_server or self.faithful, to_client or self.faithful)
        self.address, self.source = address, source
        self.from_client, self.from_server = Count(), Count()
        self.to_server, self.to_client = Count(), Count()
        self.clients, self.done = {}, threading.Event()
        self.lock = threading.Lock()

    @staticmethod
    def faithful(datagram, *_):
        return [datagram]

    def __enter__(self):
        self.selector = selectors.DefaultSelector()
        self.front = self.socket(self.address)
        self.port = self.front.getsockname()[1]
        self.selector.register(self.front, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
        for part in (self.front, *self.clients.values()):
            part.close()
        self.selector.close()

    @staticmethod
    def socket(address):
        found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        found.bind((address, 0))
        found.setblocking(False)
        return found

    def rebind(self, source=None):
        """The clients' datagrams reach the server from other ports from now on, or from another address."""
        with self.lock:
            for client, old in list(self.clients.items()):
                new = self.socket(source or self.source)
                self.selector.unregister(old)
                self.selector.register(new, selectors.EVENT_READ, client)
                self.clients[client] = new
                old.close()

    def _upstream(self, client):
        if client not in self.clients:
            self.clients[client] = self.socket(self.source)
            self.selector.register(self.clients[client], selectors.EVENT_READ, client)
        return self.clients[client]

    def _run(self):
        while not self.done.is_set():
            for key, _ in self.selector.select(0.05):
                with self.lock:
                    self._relay(key)

    def _relay(self, key):
        for _ in range(64):
            try:
                data, sender = key.fileobj.recvfrom(65536)
            except (OSError, ValueError):  # nothing left; or it was just rebound
                return
            if key.data is None:
                client, through, target, rule = sender, self._upstream(sender), self.target, self.rules[0]
                came, passed = self.from_client, self.to_server
            else:
                client, through, target, rule = key.data, self.front, key.data, self.rules[1]
                came, passed = self.from_server, self.to_client
            came.datagrams += 1
            came.bytes += len(data)
            for datagram in rule(bytearray(data), came.datagrams, client):
                passed.datagrams += 1
                passed.bytes += len(datagram)
                through.sendto(datagram, target)


def now_and_then(percent, seed, burst=2):
    """A function of a client that says yes so many times of a hundred, at most `burst` times in a row for each.

    Timeouts double from 0.2 s, so a client has some seven tries in the half minute after which it gives up. Over a
    network that loses 30 %, three in a row at most, one of fifty connections gives up by chance alone in one run of
    fourteen; with two in a row at most in one of three hundred.
    """
    choose, rows = random.Random(seed), collections.Counter()

    def chosen(client):
        yes = choose.random() * 100 < percent and rows[client] < burst
        rows[client] = rows[client] + 1 if yes else 0
        return yes
    return chosen


def corrupting(percent, seed):
    """Flips bits in so many of a hundred datagrams."""
    chosen, choose = now_and_then(percent, seed), random.Random(seed)

    def rule(datagram, _, client):
        if chosen(client):
            for _ in range(choose.randrange(1, 4)):
                datagram[choose.randrange(len(datagram))] ^= 1 << choose.randrange(8)
        return [datagram]
    return rule


def dropping(percent, seed):
    """Loses so many of a hundred datagrams."""
    chosen = now_and_then(percent, seed)
    return lambda datagram, _, client: [] if chosen(client) else [datagram]


def losing(numbers):
    """Loses the datagrams with these numbers."""
    return lambda datagram, number, _: [] if number in numbers else [datagram]
