# SPDX-License-Identifier: GPL-2.0
"""The module loaded and unloaded, at rest and with handshakes in flight."""

import subprocess

import pytest

from lib import kernel
from lib.hello import Hello, Wire
from lib.listener import Listener
from lib.manual import ManualClient

pytestmark = pytest.mark.module_only


def test_ten_times_at_rest(module):
    for _ in range(10):
        kernel.rmmod()
        kernel.insmod(module)


def test_busy_while_a_listener_is_there(listen):
    """A listener holds the module: rmmod fails, and harms nothing."""
    listen()
    with pytest.raises(subprocess.CalledProcessError):
        kernel.rmmod()


def test_with_handshakes_in_flight(module, authority, certificate, clients, ask):
    for _ in range(5):
        with Listener([certificate]) as listener:
            wires = [Wire(listener) for _ in range(20)]
            for number, wire in enumerate(wires):
                wire.send(Hello().records()[:number * 15])
            flying = [ManualClient(listener, authority.root) for _ in range(5)]
            for client in flying[:3]:
                client.last_flight()
            for client in flying[3:]:
                client.connect()
            assert clients["python"].get(ask(listener)).status == 200
        kernel.rmmod()
        for wire in wires:
            assert wire.rest() is not None
            wire.socket.close()
        for client in flying:
            client.wire.socket.close()
        kernel.insmod(module)
        with Listener([certificate]) as listener:
            assert clients["python"].get(ask(listener)).status == 200
