# SPDX-License-Identifier: GPL-2.0
"""Data over kTLS, both ways: lengths, record sizes, many at once, and how a connection ends."""

import contextlib
import socket
import ssl
import subprocess
import threading
import time

import pytest

from lib import echo, kernel
from lib.clients import SUITES, Request, all_clients
from lib.hello import RECORD_SIZE_LIMIT, extension_of_hello
from lib.manual import ManualClient
from lib.relay import Relay

CLIENTS = list(all_clients(None))
MIB = 1 << 20


@pytest.fixture(scope="module")
def echoing(server_class, certificate):
    with server_class([certificate], service="echo") as server:
        yield server


@pytest.fixture(autouse=True)
def over_ktls(real):
    """Around each test: every connection that began was handed to kTLS, for both directions, and to software."""
    if not real:
        yield
        return
    before, began = kernel.ktls(), kernel.Counters()["handshakes_done"]
    yield
    after, done = kernel.ktls(), kernel.settled()["handshakes_done"] - began
    grown = {name: after[name] - before[name] for name in after}
    assert grown["TlsTxSw"] == grown["TlsRxSw"] == done > 0
    assert grown["TlsDecryptError"] == 0


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("size", [1, 16 * MIB], ids=["1B", "16MiB"])
def test_echo_openssl(size, suite, clients, echoing, ask):
    data = echo.payload(size)
    back = echo.through_program(clients["openssl"], ask(echoing, suite=suite), data)
    assert echo.digest(back) == echo.digest(data)


@pytest.mark.parametrize("suite", SUITES[:3])
@pytest.mark.parametrize("size", [1, 16 * MIB], ids=["1B", "16MiB"])
def test_echo_python(size, suite, clients, listen, ask):
    data = echo.payload(size)
    back = echo.through_python(clients["python"], ask(listen(service="echo", suites=suite)), data)
    assert echo.digest(back) == echo.digest(data)


@pytest.mark.parametrize("suite", SUITES[:3])
@pytest.mark.parametrize("size", [1, 16 * MIB], ids=["1B", "16MiB"])
def test_echo_rustls(size, suite, clients, echoing, ask):
    """rustls closes its side after the last byte, and expects all of it back, then a close_notify."""
    command = [*clients["rustls"].command(ask(echoing, suite=suite)), "--echo", str(size)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (run.stdout, run.stderr) == (f"{size} bytes came back\n", "")


@pytest.mark.parametrize("size", [1, 16 * MIB], ids=["1B", "16MiB"])
def test_echo_tstclnt(size, clients, echoing, ask):
    data = echo.payload(size)
    back = echo.through_program(clients["tstclnt"], ask(echoing), data)
    assert echo.digest(back) == echo.digest(data)


@pytest.mark.parametrize("size", [1, 1 << 16], ids=["1B", "64KiB"])
def test_echo_gnutls(size, clients, echoing, ask):
    """Not more, for gnutls-cli writes its output a byte at a time."""
    data = echo.payload(size)
    back = echo.through_program(clients["gnutls-cli"], ask(echoing), data)
    assert echo.digest(back) == echo.digest(data)


def test_sixteen_mebibytes_curl(clients, everything, ask):
    """One way only: curl has nothing to send to a server that echoes. What comes is compared as it comes."""
    command = clients["curl"].command(ask(everything, path=f"/bytes/{16 * MIB}"))
    with subprocess.Popen([part for part in command if part != "--include"], stdout=subprocess.PIPE) as process:
        found = echo.digest_of(process.stdout)
    line = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"
    assert (process.returncode, found) == (0, echo.digest(line * (16 * MIB // len(line))))


@pytest.mark.parametrize("size", [0, 1, 2, 16383, 16384, 16385, 32768, 65535, 65536, 65537, 100000, MIB, 16 * MIB])
def test_lengths(size, clients, everything, ask):
    """Reply.parse compares with Content-Length, and Python takes only a close_notify for the end."""
    reply = clients["python"].get(ask(everything, path=f"/bytes/{size}"))
    assert (reply.status, len(reply.body)) == (200, size)


@pytest.mark.parametrize("client", CLIENTS)
def test_some_records_and_a_close(client, clients, everything, ask):
    """Not more, for gnutls-cli writes its output a byte at a time."""
    reply = clients[client].get(ask(everything, path="/bytes/40000"))
    assert (reply.status, len(reply.body)) == (200, 40000)


@pytest.mark.parametrize(("text", "status"), [
    ("GET /nowhere HTTP/1.1\r\n\r\n", 404),
    ("GET /bytes/ HTTP/1.1\r\n\r\n", 404),
    ("GET /bytes/x HTTP/1.1\r\n\r\n", 404),
    ("POST / HTTP/1.1\r\n\r\n", 405),
    ("nonsense\r\n\r\n", 400),
])
def test_http_errors(text, status, authority, everything):
    with ManualClient(everything, authority.root) as client:
        client.connect().wire.send(client.sealed(text.encode()))
        assert client.read().startswith(f"HTTP/1.1 {status} ".encode())


def test_request_a_byte_a_record(authority, everything):
    with ManualClient(everything, authority.root) as client:
        client.connect()
        for byte in Request(port=0, root=None).text:
            client.wire.send(client.sealed(bytes([byte])))
        assert client.read().startswith(b"HTTP/1.1 200 ")


def test_data_along_with_the_finished(authority, everything):
    """The first data may come in the same segment as the client's Finished; kTLS must not miss it."""
    with ManualClient(everything, authority.root) as client:
        flight = client.last_flight()
        client.wire.send(flight + client.sealed(Request(port=0, root=None).text))
        assert client.read().startswith(b"HTTP/1.1 200 ")


def test_end_along_with_the_finished(authority, everything):
    """A client that has asked for all it wants may close its side at once; it still gets the answer."""
    for _ in range(20):
        with ManualClient(everything, authority.root) as client:
            flight = client.last_flight()
            client.wire.send(flight + client.sealed(Request(port=0, root=None).text))
            client.wire.end()
            assert client.read().startswith(b"HTTP/1.1 200 ")


@pytest.fixture
def ethernet(real):
    """The loopback device with the packets of an Ethernet: windows hold more than one."""
    if not real:
        yield
        return
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500"], check=True)
    yield
    subprocess.run(["ip", "link", "set", "lo", "mtu", "65536"], check=True)


@pytest.mark.parametrize("end", [False, True], ids=["", "half-closed"])
@pytest.mark.parametrize("pause", [0, 3])
@pytest.mark.parametrize("room", [2048, 4096, 10000])
def test_slow_reader(room, pause, end, authority, everything, ethernet):
    """All of an answer arrives, and the close_notify behind it, though a client has little room and takes its time."""
    with ManualClient(everything, authority.root) as client:
        client.wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        client.connect()
        client.wire.send(client.sealed(b"GET /bytes/300000 HTTP/1.1\r\n\r\n"))
        if end:
            client.wire.end()
        answer = b""
        with contextlib.suppress(ssl.SSLZeroReturnError):
            while part := client.read():
                answer += part
                # The server has nothing left to send, but kTLS and TCP have.
                if pause and len(answer) > 280000:
                    time.sleep(pause)
                    pause = 0
        assert len(answer.partition(b"\r\n\r\n")[2]) == 300000


@pytest.mark.module_only
def test_reset_behind_the_end(authority, everything, ethernet):
    """A client that ends its side and then resets, with an answer on its way, is not waited for."""
    before = kernel.Counters()["connections_open"]
    with ManualClient(everything, authority.root) as client:
        client.wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect()
        client.wire.send(client.sealed(b"GET /bytes/30000 HTTP/1.1\r\n\r\n"))
        client.wire.end()
        time.sleep(0.5)
        client.wire.reset()
    assert kernel.wait(lambda: kernel.Counters()["connections_open"] == before, 5)


@pytest.mark.module_only
@pytest.mark.parametrize("way", ["disable", "others"])
def test_flood_of_empty_records(way, authority, listen, clients, ask, tmp_path):
    """Records without data, as fast as they go: neither others nor who stops the listener wait for their end."""
    listener, at_end = listen(service="http"), []
    with ManualClient(listener, authority.root, keys=tmp_path / "keys") as client:
        client.connect()
        records = client.empty_records(2_000_000)

        def flood():
            try:
                client.wire.socket.sendall(records)
                at_end.append("all of it was taken")
            except ConnectionError:
                at_end.append("cut")

        sender = threading.Thread(target=flood)
        sender.start()
        time.sleep(0.05)
        if way == "others":
            assert clients["python"].get(ask(listener)).status == 200
        listener.set("enabled", 0)
        sender.join()
    # On a slow machine the others may have had to wait for their turn longer than all of it takes.
    assert at_end == ["cut"] or way == "others"


def test_close_along_with_the_finished(authority, echoing):
    with ManualClient(echoing, authority.root) as client:
        flight = client.last_flight()
        flight += client.sealed(b"last words")
        client.step(client.tls.unwrap)
        client.wire.send(flight + client.outgoing.read())
        data = b""
        with contextlib.suppress(ssl.SSLZeroReturnError):
            while part := client.read():
                data += part
        assert data == b"last words"


@pytest.mark.module_only
def test_record_size_limit(clients, everything, ask, monkeypatch):
    """RFC 8449: no record holds more than the client's limit, in the handshake and after it."""
    monkeypatch.setattr(clients["gnutls-cli"], "recordsize", 512)
    with Relay(everything) as relay:
        reply = clients["gnutls-cli"].get(ask(relay, path="/bytes/100000"))
    assert len(reply.body) == 100000
    limit = int.from_bytes(extension_of_hello(relay.sent, RECORD_SIZE_LIMIT), "big")
    assert 512 <= limit <= 513
    longest = max(length for kind, length in relay.records() if kind == 23)
    assert limit // 2 < longest <= limit + 16


def test_many_open_at_once(clients, echoing, ask):
    """Connections open beside each other keep their data apart."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(clients["python"].connect(ask(echoing))) for _ in range(64)]
        for number, connection in enumerate(connections):
            connection.sendall(f"this is {number}".encode())
        for number, connection in reversed(list(enumerate(connections))):
            assert connection.recv(100) == f"this is {number}".encode()
        for connection in connections:
            connection.unwrap()


def test_many_handshakes_at_once(clients, everything, ask):
    command = [*clients["rustls"].command(ask(everything)), "--connections", "200", "--parallel", "32"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.stdout.startswith("served 200 failed 0 "), run.stdout + run.stderr


def test_all_clients_at_once(clients, everything, ask):
    """Four of each kind, side by side."""
    failures = []

    def get(client):
        try:
            assert clients[client].get(ask(everything, path="/bytes/50000")).status == 200
        except Exception as failure:
            failures.append((client, failure))

    threads = [threading.Thread(target=get, args=[client]) for client in CLIENTS * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
