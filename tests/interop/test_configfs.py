# SPDX-License-Identifier: GPL-2.0
"""The configuration: what it takes, what it refuses and how, and listeners that come and go."""

import errno
import socket
import subprocess
import threading

import pytest

from lib import kernel, keys
from lib.hello import Hello, Wire
from lib.listener import DEFAULTS, Listener
from lib.manual import ManualClient

pytestmark = pytest.mark.module_only


@pytest.fixture
def idle(certificate):
    """A listener's directory, not enabled."""
    listener = Listener([certificate])
    yield listener
    listener.remove()


def test_defaults(module):
    path = kernel.LISTENERS / "defaults"
    path.mkdir()
    values = {file.name: file.read_text().rstrip("\n") for file in path.iterdir()}
    path.rmdir()
    assert values == {**{name: str(value) for name, value in DEFAULTS.items()},
                      "port": "4433", "certificates": "", "enabled": "0"}


@pytest.mark.parametrize(("name", "value"), [
    ("address", "127.0.0.1"), ("address", "::1"), ("address", "0.0.0.0"), ("port", "1"), ("port", "65535"),
    ("alpn", "h2 http/1.1"), ("alpn", ""), ("groups", "secp384r1 x25519"), ("suites", "TLS_AES_128_CCM_SHA256"),
    ("service", "echo"), ("service", "http"), ("deadline_ms", "1"), ("max_handshakes", "1"), ("enabled", "0"),
])
def test_values_that_are_taken(name, value, idle):
    idle.set(name, value)
    assert idle.get(name) == value


@pytest.mark.parametrize(("name", "value"), [
    ("address", ""), ("address", "localhost"), ("address", "1.2.3"), ("address", "::g"), ("address", "127.0.0.1 ::1"),
    ("port", ""), ("port", "0"), ("port", "65536"), ("port", "-1"), ("port", "https"), ("port", "99999999999999999999"),
    ("alpn", "x" * 256),
    ("groups", ""), ("groups", "x448"), ("groups", "X25519"), ("groups", "x25519 x25519"),
    ("groups", "x25519,secp256r1"),
    ("suites", ""), ("suites", "TLS_RSA_WITH_NULL_MD5"), ("suites", "TLS_AES_128_GCM_SHA256 TLS_AES_128_GCM_SHA256"),
    ("service", ""), ("service", "ftp"),
    ("deadline_ms", "0"), ("deadline_ms", "-5"), ("deadline_ms", "soon"), ("deadline_ms", "99999999999999999999"),
    ("max_handshakes", "0"), ("max_handshakes", "many"),
    ("enabled", ""), ("enabled", "2"), ("enabled", "yes"),
    ("certificates", "1"), ("certificates", "a:b"), ("certificates", "1:2:3"), ("certificates", ":"),
    ("certificates", "1:99999999999999999999"),
])
def test_values_that_are_refused(name, value, idle):
    refused(idle, name, value, {errno.EINVAL})


def refused(listener, name, value, errnos):
    """Writing the value fails so, says why in the log, and changes nothing."""
    mark, before = kernel.LogMark(), listener.all()
    with pytest.raises(OSError) as failure:
        listener.set(name, value)
    assert failure.value.errno in errnos, failure.value
    assert listener.all() == before
    said = mark.wait_for("rust_tls")
    assert said, f"nothing in the log about {name}"
    assert name in said


def test_value_of_a_whole_page(idle):
    """The longest that configfs hands on; no names are so long."""
    refused(idle, "groups", "x" * 4000, {errno.EINVAL})


def test_keys_that_do_not_exist(idle):
    refused(idle, "certificates", "2000000000:2000000001", {errno.ENOKEY})


@pytest.fixture
def refuse_pair(idle):
    """A function that has the listener refuse a pair of keys made of what it is given."""
    def refuse_pair(chain, key, errnos):
        serials = [keys.add("refused:chain", chain), keys.add("refused:key", key)]
        refused(idle, "certificates", "{}:{}".format(*serials), errnos)
        for serial in serials:
            keys.unlink(serial)
    return refuse_pair


BAD = {errno.EBADMSG, errno.EINVAL}
REJECTED = {errno.EKEYREJECTED}


def test_chain_and_key_exchanged(certificate, refuse_pair):
    refuse_pair(certificate.key.read_bytes(), certificate.chain.read_bytes(), BAD | REJECTED)


@pytest.mark.parametrize("junk", [b"\0", b"junk" * 100, b"\x30\x84\xff\xff\xff\xff", b"-----BEGIN CERTIFICATE-----\n",
                                  b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_junk_in_keys(junk, certificate, refuse_pair):
    refuse_pair(junk, certificate.key.read_bytes(), BAD)
    refuse_pair(certificate.chain.read_bytes(), junk, BAD)


def test_every_prefix_of_a_certificate(authority, certificate, idle):
    """Cut short anywhere, DER is refused and nothing worse."""
    der = authority.der(certificate)
    chain, key = der.chain.read_bytes(), der.key.read_bytes()
    whole = keys.add("prefix:key", key)
    for length in range(1, 1000, 37):
        serial = keys.add("prefix:chain", chain[:length])
        with pytest.raises(OSError):
            idle.set("certificates", f"{serial}:{whole}")
        keys.unlink(serial)
    keys.unlink(whole)


def test_key_of_another_certificate(authority, certificate, refuse_pair):
    other = authority.leaf("other", ["other.test"])
    refuse_pair(certificate.chain.read_bytes(), other.key.read_bytes(), REJECTED)


def test_key_too_short(authority, refuse_pair):
    short = authority.leaf("short", ["server.test"], 1024)
    refuse_pair(short.chain.read_bytes(), short.key.read_bytes(), REJECTED | BAD)


@pytest.mark.parametrize("curve", ["P-256", "P-384"])
def test_key_of_another_ecdsa_certificate(curve, authority, refuse_pair):
    """Another one on P-256, and one on P-384."""
    leaf = authority.leaf("p256", ["server.test"], curve="P-256")
    other = authority.leaf(f"other-{curve}", ["server.test"], curve=curve)
    refuse_pair(leaf.chain.read_bytes(), other.key.read_bytes(), REJECTED)


def test_keys_of_both_kinds_exchanged(authority, certificate, refuse_pair):
    leaf = authority.leaf("p256", ["server.test"], curve="P-256")
    refuse_pair(leaf.chain.read_bytes(), certificate.key.read_bytes(), REJECTED | BAD)
    refuse_pair(certificate.chain.read_bytes(), leaf.key.read_bytes(), REJECTED | BAD)


def test_p384_certificate(authority, refuse_pair):
    """The module signs with ECDSA on P-256 only."""
    leaf = authority.leaf("p384", ["server.test"], curve="P-384")
    refuse_pair(leaf.chain.read_bytes(), leaf.key.read_bytes(), REJECTED | BAD)


def test_more_certificates_than_there_may_be(idle):
    refused(idle, "certificates", " ".join([idle.get("certificates")] * 17), {errno.E2BIG, errno.EINVAL})


def test_key_of_another_type(idle, certificate):
    """A logon key may not be read, and so not be used."""
    serial = keys.add("rust_tls:logon", certificate.key.read_bytes(), "logon")
    chain = idle.get("certificates").split(":")[0]
    refused(idle, "certificates", f"{chain}:{serial}", {errno.EINVAL, errno.EACCES, errno.EOPNOTSUPP})
    keys.unlink(serial)


def test_revoked_key(idle):
    chain, key = idle.get("certificates").split(":")
    keys.revoke(key)
    refused(idle, "certificates", f"{chain}:{key}", {errno.EKEYREVOKED})


def test_enabling_without_certificates(module):
    path = kernel.LISTENERS / "bare"
    path.mkdir()
    mark = kernel.LogMark()
    with pytest.raises(OSError) as failure:
        (path / "enabled").write_text("1")
    path.rmdir()
    assert failure.value.errno == errno.EINVAL
    assert mark.wait_for("rust_tls")


def test_port_in_use(listen, idle):
    idle.set("port", listen().port)
    refused(idle, "enabled", 1, {errno.EADDRINUSE})


def test_address_of_another_machine(idle):
    idle.set("address", "192.0.2.1")
    refused(idle, "enabled", 1, {errno.EADDRNOTAVAIL})


@pytest.mark.parametrize("name", [*DEFAULTS, "certificates"])
def test_busy_while_enabled(name, listen):
    listener = listen()
    refused(listener, name, listener.get(name), {errno.EBUSY})


def test_disable_change_enable(clients, listen, ask):
    listener = listen()
    for service, group in (("http", "secp384r1"), ("http", "x25519")):
        listener.set("enabled", 0)
        with pytest.raises(ConnectionRefusedError):
            Wire(listener)
        listener.set("service", service)
        listener.set("groups", group)
        listener.set("enabled", 1)
        assert clients["openssl"].get(ask(listener)).facts["group"] == group


def test_keys_may_go_once_the_listener_is_enabled(clients, listen, ask):
    """The listener has its own copy: what becomes of the keyring later does not stop it."""
    listener = listen()
    for serial in listener.serials:
        keys.revoke(serial)
    assert clients["openssl"].get(ask(listener)).status == 200


def test_two_listeners(clients, listen, ask):
    """Each goes by its own settings."""
    groups = ("x25519", "secp256r1")
    listeners = [listen(groups=group) for group in groups]
    assert tuple(clients["rustls"].get(ask(listener)).facts["group"] for listener in listeners) == groups


@pytest.mark.parametrize("way", ["rmdir", "disable"])
def test_closing_with_connections_open(way, authority, certificate):
    """Established, within a handshake, and with data under way: all are closed with the listener."""
    before = kernel.settled()
    with Listener([certificate], service="http") as listener, \
            ManualClient(listener, authority.root) as client, \
            ManualClient(listener, authority.root) as busy, Wire(listener) as stalled, Wire(listener):
        client.connect()
        busy.connect().wire.send(busy.sealed(b"GET /bytes/16000000 HTTP/1.1\r\n\r\n"))
        stalled.send(Hello().records()[:99])
        busy.wire.exactly(1000)
        if way == "disable":
            listener.set("enabled", 0)
        else:
            listener.path.rmdir()
        while client.receive():
            pass
        assert stalled.closed()
        assert busy.wire.rest() is not None
        after = kernel.settled()
        if way == "rmdir":
            listener.path.mkdir()  # for the context manager to remove
    assert after["connections_open"] == after["handshakes_under_way"] == 0
    assert after.since(before)["handshakes_begun"] >= 3


def test_listeners_come_and_go(clients, certificate, ask):
    """Twenty times on the same port, a client on each."""
    for _ in range(20):
        with Listener([certificate], port=4400) as listener:
            assert clients["python"].get(ask(listener)).status == 200


def test_settings_from_many_threads(certificate):
    """Files of one listener written and read at once, while it is switched on and off."""
    failures = []
    with Listener([certificate]) as listener:
        def play(name, values):
            for number in range(200):
                try:
                    listener.set(name, values[number % len(values)])
                    listener.all()
                except OSError as failure:
                    if failure.errno != errno.EBUSY:
                        failures.append(failure)

        work = {"groups": ["x25519", "secp384r1 secp256r1"], "alpn": ["a b", "c"], "enabled": [0, 1],
                "service": ["echo", "http"], "certificates": [listener.get("certificates")]}
        threads = [threading.Thread(target=play, args=item) for item in work.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures


def test_connections_wait_in_no_backlog(listen):
    """A hundred connections at once that say nothing are all taken in."""
    listener = listen()
    wires = [Wire(listener) for _ in range(100)]
    assert kernel.wait(lambda: kernel.Counters()["handshakes_under_way"] == 100, 5)
    for wire in wires:
        wire.socket.close()


def test_ipv4_address_of_a_dual_stack_listener(listen, ask, clients):
    with socket.create_connection(("::ffff:127.0.0.1", listen().port)):
        pass


def test_tracepoints(clients, listen, ask, authority):
    """start and done for a good handshake, start and fail for a bad one."""
    kernel.mount("tracefs", kernel.TRACEFS)
    events, trace = kernel.TRACEFS / "events/tls_handshake", kernel.TRACEFS / "trace"
    listener = listen()
    trace.write_text("")
    (events / "enable").write_text("1")
    try:
        clients["openssl"].get(ask(listener))
        with Wire(listener) as wire:
            wire.send(b"junk junk").rest()
        kernel.settled()
        lines = trace.read_text().splitlines()
    finally:
        (events / "enable").write_text("0")
    counts = {name: sum(f" tls_handshake_{name}: " in line for line in lines) for name in ("start", "done", "fail")}
    assert counts == {"start": 2, "done": 1, "fail": 1}, lines


def test_readable_by_a_user_with_the_keyctl_tool(certificate, clients, ask):
    """The lines of README.md: shell, keyctl and echo only."""
    script = """
    set -e
    chain=$(keyctl padd user readme:chain @s <"$1")
    key=$(keyctl padd user readme:key @s <"$2")
    cd /sys/kernel/config/rust_tls
    mkdir readme
    echo 4399 >readme/port
    echo "$chain:$key" >readme/certificates
    echo 1 >readme/enabled
    curl -sS --cacert "$3" --resolve server.test:4399:127.0.0.1 https://server.test:4399/
    rmdir readme
    """
    root = ask(type("Port", (), {"port": 4399})).root
    run = subprocess.run(["sh", "-c", script, "sh", certificate.chain, certificate.key, root],
                         capture_output=True, text=True, check=False)
    assert run.stdout.startswith("version: TLSv1.3\n"), run.stderr
