# SPDX-License-Identifier: GPL-2.0
"""QUIC v1 with real clients over the loopback: Quinn's and quiche's examples, aioquic, OpenSSL, curl's handshake."""

import os
import socket

import pytest

from lib import kernel
from lib.certificates import Authority
from lib.clients import ClientError
from lib.quic import SUITES, Target, all_clients, expected, expected_hash, length_of

CLIENTS = all_clients()
# Those that can ask for something: curl has no HTTP/0.9 on QUIC.
CHECKING = ("quinn", "aioquic", "openssl")
ASKING = (*CHECKING, "quiche")
MIB = 1 << 20


@pytest.fixture
def quic(listen):
    """A function that starts a QUIC listener with given attributes."""
    def start(**attributes):
        return listen(**{"transport": "quic", "alpn": "hq-interop hq-29 h3", **attributes})
    return start


@pytest.fixture
def target(authority):
    def target(server, **wishes):
        return Target(server.port, authority.root, **wishes)
    return target


def page(answer):
    """The facts of the status page."""
    return dict(line.split(": ", 1) for line in answer.decode().splitlines())


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("client", ASKING)
def test_page(client, address, quic, target, counted, real):
    facts = page(CLIENTS[client].get(target(quic(), address=address)))
    assert facts["version"] == "QUICv1"
    assert facts["suite"] in SUITES
    assert facts["alpn"] == ("hq-29" if client == "quinn" else "hq-interop")
    if real:
        grown = counted()
        assert (grown["handshakes_begun"], grown["handshakes_done"]) == (1, 1)


@pytest.mark.parametrize("client", ["quinn", "openssl", "quiche"])
def test_mebibyte(client, quic, target):
    assert CLIENTS[client].get(target(quic(), path=f"/bytes/{MIB}")) == expected(MIB)


def test_mebibyte_aioquic(quic, target):
    """Its client keeps the length and the hash."""
    check_aioquic(target(quic(), path=f"/bytes/{MIB}"), MIB)


def check_aioquic(asked, length, *more):
    seen = CLIENTS["aioquic"].connection(asked, *more)
    assert seen["handshake_confirmed"]
    for answer in seen["answers"]:
        size = int(answer["path"].rsplit("/", 1)[1])
        assert (answer["length"], answer["sha256"]) == (size, expected_hash(size))
    assert seen["answers"][0]["length"] == length
    return seen


@pytest.mark.parametrize("client", ["quinn", "openssl", "quiche"])
def test_hundred_mebibytes(client, quic, target):
    length = 100 * MIB
    assert CLIENTS[client].download(target(quic(), path=f"/bytes/{length}", timeout=300), length) == length


def test_hundred_mebibytes_aioquic(quic, target):
    length = 100 * MIB
    check_aioquic(target(quic(), path=f"/bytes/{length}", timeout=300), length)


@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_the_client(suite, quic, target):
    seen = CLIENTS["aioquic"].connection(target(quic()), "--suite", suite)
    assert page(seen["answers"][0]["start"].encode())["suite"] == suite
    assert "TLS_" + seen["suite"] == suite


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("client", ASKING)
def test_suite_of_the_server(client, suite, quic, target, real):
    if not real:
        suite = "TLS_AES_256_GCM_SHA384"  # the stand-in has its own order
    assert page(CLIENTS[client].get(target(quic(suites=suite))))["suite"] == suite


@pytest.mark.parametrize("client", CHECKING)
def test_another_root(client, quic, target, tmp_path):
    """Every client but quiche's checks the chain: with a root that did not sign it there is no answer."""
    other = Authority(tmp_path)
    with pytest.raises(ClientError):
        CLIENTS[client].get(Target(quic().port, other.root, timeout=15))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_curl_shakes_hands(address, quic, target, counted, real):
    assert CLIENTS["curl"].handshake(target(quic(), address=address)) > 0
    if real:
        assert counted()["handshakes_done"] == 1


def test_curl_another_root(quic, tmp_path):
    with pytest.raises(ClientError):
        CLIENTS["curl"].handshake(Target(quic().port, Authority(tmp_path).root))


@pytest.mark.parametrize("client", ASKING)
def test_retry(client, quic, target, counted, real):
    server = quic(retry="always")
    assert page(CLIENTS[client].get(target(server)))["version"] == "QUICv1"
    if real:
        assert counted()["quic_retries_sent"] >= 1


def test_retry_as_aioquic_sees_it(quic, target):
    assert CLIENTS["aioquic"].connection(target(quic(retry="always")))["retried"] == 1


def test_key_update(quic, target):
    """The client changes keys before each request but the first: that it reads the answers says that the server did."""
    more = [word for _ in range(3) for word in ("--path", f"/bytes/{MIB}")]
    seen = check_aioquic(target(quic(), path="/bytes/1000"), 1000, *more, "--key-update")
    assert seen["key_phase_received"] == 1


def test_connection_ids(quic, target):
    """The client goes over to another of the ids that the server gave it, and retires the one it had."""
    more = [word for _ in range(3) for word in ("--path", "/bytes/5000")]
    check_aioquic(target(quic(), path="/bytes/1000"), 1000, *more, "--change-cid")


def test_many_streams(quic, target):
    more = [word for n in range(80) for word in ("--path", f"/bytes/{n * 100}")]
    check_aioquic(target(quic(), path="/bytes/32"), 32, *more, "--at-once")


def test_version_negotiation(quic, target, counted, real):
    seen = CLIENTS["aioquic"].connection(target(quic()), "--unknown-version")
    assert seen["version_negotiated"]
    assert seen["version"] == 1
    if real:
        assert counted()["quic_version_negotiations_sent"] == 1


@pytest.mark.module_only
def test_bytes_are_counted(quic, target, counted):
    """Those of datagrams, and of the memory of connections while there are some."""
    asked = target(quic(), path=f"/bytes/{4 * MIB}")
    with asked.started(CLIENTS["quinn"].command(asked)) as client:
        # It writes nothing before it has everything.
        assert kernel.wait(lambda: kernel.Counters()["quic_bytes_held"] > 64 << 10, 30)
        assert length_of(client.stdout, 4 * MIB) == 4 * MIB
    grown = counted()
    assert grown["bytes_sent"] > 4 * MIB
    assert 2400 < grown["bytes_received"] < MIB
    assert kernel.Counters()["quic_bytes_held"] == 0


@pytest.mark.module_only
def test_stateless_reset(quic, counted):
    """What has a short header and is for no connection is answered by less than it is; what is too short is not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", quic().port))
        client.settimeout(2)
        sizes = (22, 30, 43, 1200)
        for size in sizes:
            client.send(b"\x40" + os.urandom(size - 1))
            answer = client.recv(2000)
            assert 21 <= len(answer) < size
            assert answer[0] & 0xc0 == 0x40
        client.send(b"\x40" + os.urandom(20))
    assert kernel.wait(lambda: counted().get("quic_dropped_unknown") == 1, 10)
    assert counted()["quic_resets_sent"] == len(sizes)


@pytest.mark.parametrize(("size", "answered"), [
    (1200, True), *(pytest.param(size, answered, marks=pytest.mark.module_only)
                    for size, answered in [(1199, False), (1500, True), (1501, False), (65000, False)])])
def test_version_negotiation_by_hand(size, answered, quic):
    """The packet to the byte (RFC 9000 section 17.2.1); none for one too short to be a first one, or too long."""
    theirs, ours = os.urandom(8), os.urandom(20)
    packet = b"\xc0" + bytes.fromhex("5a6a7a8a") + b"\x08" + theirs + b"\x14" + ours
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", quic().port))
        client.send(packet.ljust(size, b"\0"))
        client.settimeout(2 if answered else 0.5)
        if not answered:
            with pytest.raises(TimeoutError):
                client.recv(2000)
            return
        answer = client.recv(2000)
    head = b"\0\0\0\0" + b"\x14" + ours + b"\x08" + theirs
    assert answer[0] & 0x80
    assert answer[1:1 + len(head)] == head
    versions = answer[1 + len(head):]
    assert len(versions) % 4 == 0
    assert b"\0\0\0\1" in [versions[at:at + 4] for at in range(0, len(versions), 4)]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_rebind(address, quic, target):
    """Quinn's client goes on from another port once it is connected."""
    asked = target(quic(), address=address, path=f"/bytes/{4 * MIB}")
    assert CLIENTS["quinn"].get(asked, "--rebind") == expected(4 * MIB)


def test_no_common_protocol(quic, target):
    with pytest.raises(ClientError):
        CLIENTS["aioquic"].get(target(quic(), timeout=15), "--alpn", "no-such-protocol")


@pytest.mark.module_only
def test_garbage_is_dropped_and_counted(quic, target, counted):
    """Datagrams that are no packets of a connection: no answer, no state, and who means it is still served."""
    server = quic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        for size in (0, 1, 5, 20, 100, 1200, 1400):
            client.send(bytes(size))
            client.send(b"\xc0\0\0\0\1\xff" + os.urandom(size))  # no id is as long
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.recv(2000)
    assert page(CLIENTS["aioquic"].get(target(server)))["version"] == "QUICv1"
    grown = counted()
    assert grown["quic_dropped_malformed"] >= 10
    assert grown["handshakes_begun"] == 1
