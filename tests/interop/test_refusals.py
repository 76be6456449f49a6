# SPDX-License-Identifier: GPL-2.0
"""What the server must refuse, and how; after each refusal it serves the next client as before."""

import contextlib
import os
import random
import ssl
import subprocess
import time

import pytest

from lib import hello, kernel
from lib.clients import ClientError
from lib.hello import Alert, Hello, Wire, numbers, record, shares, vector
from lib.manual import ManualClient

ZERO_SHARE = bytes(32)
OFF_CURVE = hello.P256_POINT[:-1] + bytes([hello.P256_POINT[-1] ^ 1])
COMPRESSED = b"\x03" + hello.P256_POINT[1:33]
MLKEM_SHARE = os.urandom(1216)
GREASE = 0x5a5a


def with_share(group, key):
    groups = vector(2, numbers(hello.X25519, hello.SECP256R1, hello.SECP384R1))
    changed = Hello().with_extension(hello.SUPPORTED_GROUPS, groups)
    return changed.with_extension(hello.KEY_SHARE, shares((group, key)))


def only(kind, body):
    return Hello().with_extension(kind, body)


def broken(hello_bytes, at, byte):
    """The record of a ClientHello with one byte of the message changed."""
    message = bytearray(hello_bytes)
    message[at] = byte
    return record(hello.HANDSHAKE, bytes(message))


# What each is, the bytes, and the alerts that RFC 8446 has for it.
REFUSED = {
    "tls 1.2": (Hello().without(hello.SUPPORTED_VERSIONS), {Alert.PROTOCOL_VERSION}),
    "tls 1.2 by extension": (only(hello.SUPPORTED_VERSIONS, vector(1, numbers(0x0303))), {Alert.PROTOCOL_VERSION}),
    "no common suite": (Hello(suites=(0xC02F, 0x1305)), {Alert.HANDSHAKE_FAILURE}),
    "no common group": (
        with_share(hello.X448, os.urandom(56)).with_extension(hello.SUPPORTED_GROUPS, vector(2, numbers(hello.X448))),
        {Alert.HANDSHAKE_FAILURE}),
    "no common signature": (only(hello.SIGNATURE_ALGORITHMS, vector(2, numbers(0x0403, 0x0807))),
                            {Alert.HANDSHAKE_FAILURE}),
    "pkcs1 signatures only": (only(hello.SIGNATURE_ALGORITHMS, vector(2, numbers(0x0401, 0x0501))),
                              {Alert.HANDSHAKE_FAILURE}),
    "no signature_algorithms": (Hello().without(hello.SIGNATURE_ALGORITHMS), {Alert.MISSING_EXTENSION}),
    "no supported_groups": (Hello().without(hello.SUPPORTED_GROUPS), {Alert.MISSING_EXTENSION}),
    "no key_share": (Hello().without(hello.KEY_SHARE), {Alert.MISSING_EXTENSION}),
    "x25519 share too long": (with_share(hello.X25519, os.urandom(33)), {Alert.ILLEGAL_PARAMETER}),
    "x25519 share too short": (with_share(hello.X25519, os.urandom(31)), {Alert.ILLEGAL_PARAMETER}),
    "x25519 share of zeros": (with_share(hello.X25519, ZERO_SHARE), {Alert.ILLEGAL_PARAMETER}),
    "empty share": (with_share(hello.X25519, b""), {Alert.ILLEGAL_PARAMETER, Alert.DECODE_ERROR}),
    "p256 share off the curve": (with_share(hello.SECP256R1, OFF_CURVE), {Alert.ILLEGAL_PARAMETER}),
    "p256 share compressed": (with_share(hello.SECP256R1, COMPRESSED), {Alert.ILLEGAL_PARAMETER}),
    "p256 share at infinity": (with_share(hello.SECP256R1, b"\0"), {Alert.ILLEGAL_PARAMETER}),
    "p256 share of 64 KiB": (with_share(hello.SECP256R1, b"\4" * 16000), {Alert.ILLEGAL_PARAMETER}),
    "two shares of one group": (
        only(hello.KEY_SHARE, shares((hello.X25519, os.urandom(32)), (hello.X25519, os.urandom(32)))),
        {Alert.ILLEGAL_PARAMETER}),
    "an extension twice": (Hello(more=numbers(hello.ALPN, 5) + b"\0\3\2h2" + numbers(hello.ALPN, 5) + b"\0\3\2h2"),
                           {Alert.ILLEGAL_PARAMETER, Alert.DECODE_ERROR}),
    "an unknown extension twice": (Hello(more=numbers(GREASE, 0, GREASE, 0)),
                                   {Alert.ILLEGAL_PARAMETER, Alert.DECODE_ERROR}),
    "extension past the end": (Hello(more=numbers(GREASE, 9) + b"x"), {Alert.DECODE_ERROR}),
    "compression": (Hello(compression=b"\1\0"), {Alert.ILLEGAL_PARAMETER}),
    "no compression method": (Hello(compression=b""), {Alert.ILLEGAL_PARAMETER, Alert.DECODE_ERROR}),
    "session id too long": (Hello(session=bytes(33)), {Alert.DECODE_ERROR, Alert.ILLEGAL_PARAMETER}),
    "no suites": (Hello(suites=()), {Alert.DECODE_ERROR, Alert.ILLEGAL_PARAMETER, Alert.HANDSHAKE_FAILURE}),
    "empty server_name": (only(hello.SERVER_NAME, b""), {Alert.DECODE_ERROR}),
    "server_name of no bytes": (only(hello.SERVER_NAME, vector(2, b"\0" + vector(2, b""))),
                                {Alert.DECODE_ERROR, Alert.ILLEGAL_PARAMETER, Alert.UNRECOGNIZED_NAME}),
    "empty protocol name": (only(hello.ALPN, vector(2, b"\0")), {Alert.DECODE_ERROR, Alert.ILLEGAL_PARAMETER}),
    "odd number of bytes of groups": (only(hello.SUPPORTED_GROUPS, vector(2, b"\0\x1d\0")), {Alert.DECODE_ERROR}),
    "empty groups": (only(hello.SUPPORTED_GROUPS, vector(2, b"")), {Alert.DECODE_ERROR, Alert.HANDSHAKE_FAILURE,
                                                                    Alert.ILLEGAL_PARAMETER}),
    "empty versions": (only(hello.SUPPORTED_VERSIONS, vector(1, b"")), {Alert.DECODE_ERROR, Alert.PROTOCOL_VERSION}),
    "share past the end": (only(hello.KEY_SHARE, vector(2, numbers(hello.X25519, 90) + bytes(32))),
                           {Alert.DECODE_ERROR}),
    "record_size_limit of 63": (only(hello.RECORD_SIZE_LIMIT, numbers(63)), {Alert.ILLEGAL_PARAMETER}),
    "bytes after the hello": (broken(Hello().message() + b"\0", 0, 1), {Alert.DECODE_ERROR, Alert.UNEXPECTED_MESSAGE}),
    "extension after pre_shared_key": (
        Hello(more=numbers(hello.PRE_SHARED_KEY, 6) + b"\0\2\0\0\0\0" + numbers(GREASE, 0)),
        {Alert.ILLEGAL_PARAMETER, Alert.DECODE_ERROR, Alert.MISSING_EXTENSION}),
    "a Finished first": (broken(Hello().message(), 0, 20), {Alert.UNEXPECTED_MESSAGE}),
    "a message of unknown type": (broken(Hello().message(), 0, 99), {Alert.UNEXPECTED_MESSAGE}),
    "a hello of 16 MiB": (broken(Hello().message(), 1, 0xff), {Alert.DECODE_ERROR, Alert.ILLEGAL_PARAMETER,
                                                               Alert.RECORD_OVERFLOW, Alert.UNEXPECTED_MESSAGE,
                                                               Alert.HANDSHAKE_FAILURE}),
    "a hello that ends within": (record(hello.HANDSHAKE, b"\1\0\0\5\3\3\0\0\0"), {Alert.DECODE_ERROR}),
    "data first": (record(hello.APPLICATION_DATA, b"hello"), {Alert.UNEXPECTED_MESSAGE}),
    "cipher spec first": (record(hello.CHANGE_CIPHER_SPEC, b"\1"), {Alert.UNEXPECTED_MESSAGE}),
    "an empty record": (record(hello.HANDSHAKE, b""), {Alert.UNEXPECTED_MESSAGE, Alert.DECODE_ERROR,
                                                       Alert.ILLEGAL_PARAMETER}),
    "a record of 16 KiB and a byte": (record(hello.HANDSHAKE, bytes(16385)), {Alert.RECORD_OVERFLOW}),
    "a record of 64 KiB": (record(hello.HANDSHAKE, bytes(65535)), {Alert.RECORD_OVERFLOW}),
    "a record of unknown type": (record(99, bytes(100)), {Alert.UNEXPECTED_MESSAGE}),
    "http in the clear": (b"GET / HTTP/1.1\r\nHost: server.test\r\n\r\n", {Alert.UNEXPECTED_MESSAGE,
                                                                           Alert.PROTOCOL_VERSION,
                                                                           Alert.RECORD_OVERFLOW}),
    "zeros": (bytes(300), {Alert.UNEXPECTED_MESSAGE, Alert.PROTOCOL_VERSION, Alert.RECORD_OVERFLOW}),
}

# Where OpenSSL 3.0 takes what the RFC refuses, or has another alert, and so is no judge of these tests.
OPENSSL_DIFFERS = {
    "http in the clear", "zeros", "no common signature", "no signature_algorithms", "a record of 64 KiB",
    "a record of unknown type", "cipher spec first", "a hello of 16 MiB", "a record of 16 KiB and a byte",
    "record_size_limit of 63", "two shares of one group", "no supported_groups", "pkcs1 signatures only",
    "an extension twice", "an unknown extension twice", "server_name of no bytes", "no key_share", "an empty record",
}


@pytest.mark.parametrize("what", [
    pytest.param(what, marks=[pytest.mark.module_only] if what in OPENSSL_DIFFERS else []) for what in REFUSED
])
def test_refused(what, everything, counted, real):
    sent, alerts = REFUSED[what]
    with Wire(everything) as wire:
        answer = wire.send(sent.records() if isinstance(sent, Hello) else sent).alert()
    assert answer in alerts
    if real:
        grown = counted()
        assert grown["handshakes_failed"] == 1
        assert grown[f"alert_sent_{answer.name.lower()}"] == 1


ACCEPTED = {
    "as it is": Hello(),
    "a share of ML-KEM before ours": with_share(hello.X25519, os.urandom(32)).with_extension(
        hello.KEY_SHARE, shares((hello.X25519MLKEM768, MLKEM_SHARE), (hello.X25519, os.urandom(32)))).with_extension(
        hello.SUPPORTED_GROUPS, vector(2, numbers(hello.X25519MLKEM768, hello.X25519))),
    "grease everywhere": Hello(suites=(GREASE, 0x1301), more=numbers(GREASE, 3) + b"abc").with_extension(
        hello.SUPPORTED_GROUPS, vector(2, numbers(GREASE, hello.X25519))).with_extension(
        hello.KEY_SHARE, shares((GREASE, b"\0"), (hello.X25519, os.urandom(32)))).with_extension(
        hello.SUPPORTED_VERSIONS, vector(1, numbers(GREASE, 0x0304))).with_extension(
        hello.SIGNATURE_ALGORITHMS, vector(2, numbers(GREASE, 0x0804))),
    "no server_name": Hello().without(hello.SERVER_NAME),
    "no session id": Hello(session=b""),
    "older versions too": only(hello.SUPPORTED_VERSIONS, vector(1, numbers(0x0303, 0x0304, 0x0302))),
    "p256": with_share(hello.SECP256R1, hello.P256_POINT),
}


@pytest.mark.parametrize(("what", "size"), [
    *((what, size) for what in ACCEPTED for size in (16384, 100, 16)), ("as it is", 1),
])
def test_accepted(what, size, everything):
    """Legal, if seldom seen: also in small records, down to a byte each."""
    with Wire(everything) as wire:
        assert hello.is_server_hello(wire.send(ACCEPTED[what].records(size)).record())


@pytest.mark.parametrize("pause", [0, 0.02])
def test_slow_but_steady(pause, authority, everything):
    """The bytes of a handshake one at a time, as TCP may deliver them."""
    with ManualClient(everything, authority.root) as client:
        for byte in client.hello()[:64 if pause else None]:
            client.wire.send(bytes([byte]))
            time.sleep(pause)
        if not pause:
            assert client.receive()


def test_second_hello_without_what_was_asked(listen, real):
    """After HelloRetryRequest the same hello again is refused."""
    server = listen(groups="secp256r1")
    first = Hello()
    with Wire(server) as wire:
        assert hello.is_retry(wire.send(first.records()).record())
        answer = wire.send(first.records()).alert()
    assert answer == Alert.ILLEGAL_PARAMETER


@pytest.mark.module_only
@pytest.mark.parametrize("change", ["suites", "random", "session", "version"])
def test_second_hello_changed(change, listen):
    """Only what RFC 8446 4.1.2 lists may change in the second hello."""
    server = listen(groups="secp256r1")
    first = Hello()
    with Wire(server) as wire:
        assert hello.is_retry(wire.send(first.records()).record())
        first.with_extension(hello.KEY_SHARE, shares((hello.SECP256R1, hello.P256_POINT)))
        setattr(first, change, {"suites": (0x1302,), "random": os.urandom(32), "session": bytes(32),
                                "version": 0x0302}[change])
        answer = wire.send(first.records()).alert()
    assert answer in {Alert.ILLEGAL_PARAMETER, Alert.PROTOCOL_VERSION}


def test_openssl_with_tls12_only(everything, authority):
    """The real thing: what a user of an old client reads."""
    run = subprocess.run(["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{everything.port}"],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert "alert protocol version" in run.stderr


def test_no_common_suite_with_a_real_client(clients, listen, ask):
    with pytest.raises(ClientError, match=r"(?i)handshake.?failure"):
        clients["rustls"].get(ask(listen(suites="TLS_AES_128_CCM_SHA256")))


def test_no_common_group_with_a_real_client(clients, listen, ask):
    with pytest.raises(ClientError, match="(?i)handshake.?failure"):
        clients["openssl"].get(ask(listen(groups="secp384r1"), groups=("x25519", "secp256r1")))


def test_forged_finished(authority, everything, counted, real):
    """One bit of the client's encrypted Finished changed."""
    with ManualClient(everything, authority.root) as client:
        flight = bytearray(client.last_flight())
        flight[-1] ^= 1
        client.wire.send(bytes(flight))
        with pytest.raises(ssl.SSLError, match="BAD_RECORD_MAC"):
            client.read()
    if real:
        assert counted()["handshakes_failed"] == 1


def test_forged_data(authority, listen, counted, real):
    """One bit of the first data changed: none of it is echoed, and the client hears why."""
    with ManualClient(listen(service="echo"), authority.root) as client:
        data = bytearray(client.connect().sealed(b"as it was"))
        data[-1] ^= 1
        client.wire.send(bytes(data))
        with pytest.raises(ssl.SSLError, match="BAD_RECORD_MAC"):
            client.read()
    if real:
        grown = counted()
        assert grown["handshakes_done"] == grown["alert_sent_bad_record_mac"] == 1


# Records under the session's keys that kTLS refuses by their headers, and the alerts that they get.
MALFORMED = {
    "2^14 + 257 bytes": (record(hello.APPLICATION_DATA, bytes(2**14 + 257), 0x0303), Alert.RECORD_OVERFLOW),
    "64 KiB": (record(hello.APPLICATION_DATA, bytes(65535), 0x0303), Alert.RECORD_OVERFLOW),
    # The longest that opens to what a record may hold has 16 bytes of tag and one of type.
    "2^14 + 18 bytes": (record(hello.APPLICATION_DATA, bytes(2**14 + 18), 0x0303), Alert.RECORD_OVERFLOW),
    "shorter than a tag": (record(hello.APPLICATION_DATA, bytes(15), 0x0303), Alert.BAD_RECORD_MAC),
    "another version": (record(hello.APPLICATION_DATA, bytes(100), 0x0301), Alert.BAD_RECORD_MAC),
}


@pytest.mark.module_only
@pytest.mark.parametrize("before", [b"", b"as it was"], ids=["at once", "after data"])
@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_data(what, before, authority, listen, counted):
    """The client hears why, also where the server comes upon it while it has something to send."""
    malformed, alert = MALFORMED[what]
    with ManualClient(listen(service="echo"), authority.root) as client:
        client.connect()
        data = client.sealed(before) if before else b""
        client.wire.send(data + malformed)
        with pytest.raises(ssl.SSLError, match=alert.name):
            while client.read():
                pass
    grown = counted()
    assert grown["handshakes_done"] == grown[f"alert_sent_{alert.name.lower()}"] == 1


def test_silent_client_is_closed_at_the_deadline(clients, listen, ask, counted, real):
    """A client that says nothing, and one that stops within its hello; others are served meanwhile."""
    server = listen(deadline_ms=1500)
    started = time.monotonic()
    with Wire(server) as silent, Wire(server) as stalled:
        stalled.send(Hello().records()[:100])
        for _ in range(3):
            assert clients["python"].get(ask(server)).status == 200
        assert silent.closed() or real
        assert stalled.rest() is not None
        assert 1 < time.monotonic() - started < 6
    if real:
        grown = counted()
        assert grown["deadlines_missed"] == grown["handshakes_failed"] == 2
        assert grown["handshakes_done"] == 3


def test_client_that_does_not_finish_is_closed_at_the_deadline(authority, listen, counted, real):
    with ManualClient(listen(deadline_ms=500), authority.root) as client:
        client.last_flight()
        started = time.monotonic()
        while client.receive():
            pass
        assert time.monotonic() - started < 5
    if real:
        assert counted()["deadlines_missed"] == 1


def test_deadline_is_not_for_established_connections(authority, listen):
    with ManualClient(listen(deadline_ms=300, service="echo"), authority.root) as client:
        client.connect()
        time.sleep(1)
        client.wire.send(client.sealed(b"still there"))
        assert client.read() == b"still there"


def leave(wire, how):
    wire.reset() if how == "reset" else wire.socket.close()


@pytest.mark.parametrize("how", ["close", "reset"])
def test_client_hangs_up_after_every_byte_of_its_hello(how, clients, everything, ask, counted, real):
    data = Hello().records()
    for length in range(len(data) + 1):
        with Wire(everything) as wire:
            leave(wire.send(data[:length]), how)
    assert clients["python"].get(ask(everything)).status == 200
    if real:
        grown = counted()
        assert grown["handshakes_failed"] == grown["handshakes_begun"] - 1 <= len(data) + 1
        assert grown["handshakes_done"] == 1


@pytest.mark.parametrize("how", ["close", "reset"])
def test_client_hangs_up_after_every_byte_of_its_finished(how, authority, clients, everything, ask, counted, real):
    with ManualClient(everything, authority.root) as client:
        length = len(client.last_flight())
    for cut in range(length):
        with ManualClient(everything, authority.root) as client:
            leave(client.wire.send(client.last_flight()[:cut]), how)
    assert clients["python"].get(ask(everything)).status == 200
    if real:
        grown = counted()
        assert (grown["handshakes_failed"], grown["handshakes_done"]) == (length + 1, 1)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_client_hangs_up_with_data_under_way(how, authority, clients, everything, ask):
    """It asks for 4 MiB, reads none, and leaves."""
    for _ in range(5):
        with ManualClient(everything, authority.root) as client:
            client.connect().wire.send(client.sealed(b"GET /bytes/4194304 HTTP/1.1\r\n\r\n"))
            client.wire.exactly(1)
            leave(client.wire, how)
    assert clients["python"].get(ask(everything)).status == 200


def test_handshakes_beyond_the_cap_are_refused(clients, listen, ask, counted, real):
    """The fifth connection of four is closed at once; when one of the four is gone there is room again."""
    server = listen(max_handshakes=4)
    with contextlib.ExitStack() as stack:
        stalled = [stack.enter_context(Wire(server)) for _ in range(4)]
        for wire in stalled:
            wire.send(Hello().records()[:50])
        if real:
            assert kernel.wait(lambda: kernel.Counters()["handshakes_under_way"] == 4, 5)
        else:
            time.sleep(0.5)
        for _ in range(3):
            with contextlib.suppress(ConnectionResetError), Wire(server, timeout=3) as extra:
                assert extra.closed()
        stalled[0].socket.close()
        reply = kernel.wait(lambda: attempt(clients["python"], ask(server)), 5)
        assert reply.status == 200
        for wire in stalled[1:]:  # unharmed: each can still finish its hello
            assert wire.socket.fileno() >= 0
    if real:
        grown = counted()
        assert grown["connections_refused"] >= 3
        assert grown["handshakes_done"] == 1


def attempt(client, request):
    with contextlib.suppress(ClientError):
        return client.get(request)
    return None


@pytest.mark.parametrize("seed", range(20))
def test_garbage(seed, everything):
    """Random bytes, bare and as the body of a well-formed record: the connection ends."""
    garbage = random.Random(seed).randbytes(2000)
    for data in (garbage, record(hello.HANDSHAKE, garbage), record(hello.HANDSHAKE, b"\1\0\x07\xcc" + garbage[:1996])):
        with Wire(everything) as wire:
            wire.send(data).end().rest()
