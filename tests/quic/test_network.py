# SPDX-License-Identifier: GPL-2.0
"""The cases of the QUIC interop runner, with its conditions, between two network namespaces.

The names are the runner's. Delay, rate and loss are netem's; corruption that the checksum of UDP does not see, and
addresses that change, are the mangler's.
"""

import contextlib
import subprocess

import pytest

from lib import kernel
from lib.mangler import Mangler, corrupting, dropping, losing
from lib.quic import Aioquic, Quinn, Target, expected, expected_hash

pytestmark = pytest.mark.module_only

KIB, MIB = 1 << 10, 1 << 20
NAMESPACE = "quic-client"
SERVER, CLIENT = "10.77.0.1", "10.77.0.2"
SERVER6, CLIENT6 = "fd77::1", "fd77::2"
quinn, aioquic = Quinn(), Aioquic()


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


class Network:
    """The server's namespace is the guest's; the client has one of its own at the other end of a link."""

    inside = ("ip", "netns", "exec", NAMESPACE)

    def __enter__(self):
        ip("netns", "add", NAMESPACE)
        ip("link", "add", "quic0", "type", "veth", "peer", "name", "quic1", "netns", NAMESPACE)
        for where, device, v4, v6 in (((), "quic0", SERVER, SERVER6), (("-n", NAMESPACE), "quic1", CLIENT, CLIENT6)):
            ip(*where, "addr", "add", f"{v4}/24", "dev", device)
            ip(*where, "addr", "add", f"{v6}/64", "dev", device, "nodad")
            ip(*where, "link", "set", device, "up")
        ip("-n", NAMESPACE, "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        ip("link", "del", "quic0")
        ip("netns", "del", NAMESPACE)

    def shape(self, *netem):
        """Both directions of the link from now on."""
        for where, device in (((), "quic0"), (("-n", NAMESPACE), "quic1")):
            subprocess.run(["tc", *where, "qdisc", "replace", "dev", device, "root", "netem", *netem], check=True)


@pytest.fixture(scope="module")
def network():
    with Network() as found:
        yield found


@pytest.fixture
def link(network):
    """The link of a clean network; a test shapes it. The runner's has 15 ms each way and 10 Mbit/s."""
    network.shape("delay", "15ms", "rate", "10mbit", "limit", "1000")
    return network


@pytest.fixture
def quic(listen):
    def start(*certificates, **attributes):
        # A handshake takes its time where most of it is lost.
        usual = {"transport": "quic", "alpn": "hq-interop hq-29", "deadline_ms": 100000}
        return listen(*certificates, **{**usual, **attributes})
    return start


@pytest.fixture
def target(authority, link):
    def target(server, **wishes):
        return Target(server.port, authority.root, **{"address": SERVER, "inside": link.inside, **wishes})
    return target


def checked(report, connections=1, sizes=()):
    """What aioquic saw, every answer whole and as many as there should be."""
    assert len(report["connections"]) == connections
    for connection in report["connections"]:
        assert "error" not in connection, connection
        assert [answer["length"] for answer in connection["answers"]] == list(sizes)
        for answer in connection["answers"]:
            assert answer["sha256"] == expected_hash(answer["length"])
    return report["connections"]


def paths(*sizes):
    return [word for size in sizes for word in ("--path", f"/bytes/{size}")]


def test_handshake(quic, target, counted):
    checked(aioquic.report(target(quic()), *paths(KIB)), sizes=[KIB])
    assert counted()["handshakes_done"] == 1


def test_transfer(quic, target, counted):
    sizes = [2 * MIB, 3 * MIB, MIB // 2]
    checked(aioquic.report(target(quic()), *paths(*sizes), "--at-once"), sizes=sizes)
    assert counted()["handshakes_done"] == 1


def test_multiplexing(quic, target, counted):
    sizes = [32] * 500
    checked(aioquic.report(target(quic()), *paths(*sizes), "--at-once"), sizes=sizes)
    assert counted()["handshakes_done"] == 1


def test_chacha20(quic, target):
    report = aioquic.report(target(quic()), *paths(MIB), "--suite", "TLS_CHACHA20_POLY1305_SHA256")
    assert checked(report, sizes=[MIB])[0]["suite"] == "CHACHA20_POLY1305_SHA256"


def test_retry(quic, target, counted):
    report = aioquic.report(target(quic(retry="always")), *paths(KIB))
    assert checked(report, sizes=[KIB])[0]["retried"] == 1
    grown = counted()
    assert (grown["quic_retries_sent"], grown["handshakes_done"]) == (1, 1)


def test_versionnegotiation(quic, target):
    report = aioquic.report(target(quic()), *paths(KIB), "--unknown-version")
    assert checked(report, sizes=[KIB])[0]["version_negotiated"]


def test_keyupdate(quic, target):
    """Packets of the new phase from both sides, on a connection with one handshake."""
    report = aioquic.report(target(quic()), *paths(1000, MIB), "--key-update")
    assert checked(report, sizes=[1000, MIB])[0]["key_phase_received"] == 1


def test_longrtt(link, quic, target):
    link.shape("delay", "750ms", "rate", "10mbit", "limit", "1000")
    report = aioquic.report(target(quic()), *paths(KIB), "--initial-rtt", "0.5")
    assert checked(report, sizes=[KIB])[0]["handshake_s"] >= 1.5


def test_ipv6(quic, target):
    checked(aioquic.report(target(quic(), address=SERVER6), *paths(5 * KIB)), sizes=[5 * KIB])


def test_multiconnect(quic, target, counted):
    report = aioquic.report(target(quic()), *paths(KIB), "--connections", "50", "--parallel", "50")
    checked(report, connections=50, sizes=[KIB])
    assert counted()["handshakes_done"] == 50


def test_transferloss(link, quic, target):
    """The runner's loss."""
    link.shape("delay", "15ms", "rate", "10mbit", "limit", "1000", "loss", "random", "2%")
    assert quinn.get(target(quic(), path=f"/bytes/{2 * MIB}", timeout=150)) == expected(2 * MIB)


@pytest.fixture
def mangled(authority):
    """A function that puts a mangler before a server, and gives a Target that goes through it."""
    with contextlib.ExitStack() as stack:
        def start(server, to_server=None, to_client=None, through=None, **wishes):
            where = {"address": SERVER} if through else {}
            mangler = stack.enter_context(Mangler(server, to_server, to_client, **where))
            inside = through.inside if through else ()
            return mangler, Target(mangler.port, authority.root, **where, inside=inside, **wishes)
        yield start


def test_handshakeloss(link, quic, mangled, counted):
    """30 % of the packets lost each way, two in a row at most, 50 connections; each has to come through."""
    _, asked = mangled(quic(), dropping(30, 5), dropping(30, 6), through=link, timeout=150)
    checked(aioquic.report(asked, *paths(KIB), "--connections", "50", "--parallel", "25", "--idle-timeout", "60"),
            connections=50, sizes=[KIB])
    assert counted()["handshakes_done"] == 50


def test_transferloss_30_percent(link, quic, mangled):
    """A network that nobody would use. By chance alone a handshake can lose all that is sent in half a minute of
    timeouts that double, after which any client gives up: hence two in a row at most."""
    _, asked = mangled(quic(), dropping(30, 7), dropping(30, 8), through=link,
                       path=f"/bytes/{128 * KIB}", timeout=150)
    assert quinn.get(asked) == expected(128 * KIB)


def test_handshakecorruption(quic, mangled, counted):
    """Bits flipped in 30 % of the packets each way, which only the AEAD can see; 50 connections."""
    _, asked = mangled(quic(), corrupting(30, 1), corrupting(30, 2), timeout=150)
    checked(aioquic.report(asked, *paths(KIB), "--connections", "50", "--parallel", "25"),
            connections=50, sizes=[KIB])
    assert counted()["quic_dropped_by_connections"] > 0


def test_transfercorruption(quic, mangled):
    _, asked = mangled(quic(), corrupting(2, 3), corrupting(2, 4), path=f"/bytes/{2 * MIB}", timeout=150)
    assert quinn.get(asked) == expected(2 * MIB)


@pytest.fixture
def large(authority):
    """A certificate of some 8 KiB: more than three times a client's first datagram."""
    return authority.leaf("large", ["server.test", *(f"{n:03}.{'name-' * 6}.test" for n in range(200))])


def test_amplificationlimit(large, quic, mangled):
    """The client's datagrams after the first are lost, six of them: until one comes the server sends three times it."""
    worst = 0

    def watch(datagram, *_):
        nonlocal worst
        if mangler.to_server.datagrams == 1:
            worst = max(worst, mangler.from_server.bytes / mangler.to_server.bytes)
        return [datagram]

    mangler, asked = mangled(quic(large, deadline_ms=60000), losing(range(2, 8)), watch)
    checked(aioquic.report(asked, *paths(KIB)), sizes=[KIB])
    assert 1 < worst <= 3


def test_silent_client(large, quic, mangled):
    """A client that sends one datagram and no more: what comes back in all is three times that, at most."""
    mangler, asked = mangled(quic(large, deadline_ms=3000), lambda datagram, n, _: [datagram] if n == 1 else [],
                             timeout=10)
    with contextlib.suppress(Exception):
        aioquic.report(asked, "--idle-timeout", "3")
    kernel.settled(10)
    assert mangler.to_server.bytes >= 1200
    assert 0 < mangler.from_server.bytes <= 3 * mangler.to_server.bytes


@pytest.mark.parametrize("source", [None, "127.0.0.2"], ids=["port", "addr"])
def test_rebind(source, quic, mangled):
    """The client's datagrams come from another port, or address, in the middle; it does not know."""
    moved = False

    def move(datagram, number, _):
        nonlocal moved
        if number == 300 and not moved:
            moved = True
            # From the relay's own thread, which holds its lock.
            mangler.lock.release()
            mangler.rebind(source)
            mangler.lock.acquire()
        return [datagram]

    mangler, asked = mangled(quic(), to_client=move, path=f"/bytes/{4 * MIB}")
    assert quinn.get(asked) == expected(4 * MIB)
    assert moved
