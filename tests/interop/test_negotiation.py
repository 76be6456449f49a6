# SPDX-License-Identifier: GPL-2.0
"""Names, protocols, certificates: what a client asks for and what it is given."""

import pytest

from lib.clients import SCHEMES, ClientError, all_clients
from lib.manual import ManualClient

CLIENTS = list(all_clients(None))


@pytest.fixture(scope="module")
def named(server_class, authority):
    """A listener with three certificates; the first is for a client that names no server, or an unknown one."""
    leaves = [authority.leaf(name, [f"{name}.test", f"{name}.example"]) for name in ("first", "second")]
    leaves.append(authority.leaf("wild", ["*.wild.test"]))
    with server_class(leaves) as server:
        yield server


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", ["first.test", "second.test", "second.example"])
def test_server_name(client, name, clients, named, ask):
    """The client checks that the certificate is for the name it asked for."""
    assert clients[client].get(ask(named, name=name)).facts["server_name"] == name


@pytest.mark.module_only
@pytest.mark.parametrize("name", ["SECOND.test", "a.wild.test"])
def test_server_name_matches_as_dns_does(name, clients, named, ask):
    """Names match without regard to case, and a wildcard stands for one label."""
    assert clients["openssl"].get(ask(named, name=name)).status == 200


@pytest.mark.parametrize("client", CLIENTS)
def test_unknown_name_gets_the_first_certificate(client, clients, named, ask):
    """The client then refuses it: this is also how we know that clients do check."""
    with pytest.raises(ClientError):
        clients[client].get(ask(named, name="third.test"))


def test_client_says_why_it_leaves(clients, listen, ask, counted, real):
    """A client that does not like the certificate says so; the server counts the alert."""
    server = listen()
    with pytest.raises(ClientError):
        clients["python"].get(ask(server, name="other.test"))
    if real:
        grown = counted()
        assert [name for name in grown if name.startswith("alert_received_")], grown
        assert grown["handshakes_failed"] == 1


@pytest.mark.parametrize("client", [name for name in CLIENTS if name != "tstclnt"])
@pytest.mark.parametrize(("has", "wants", "gets"), [
    ("http/1.1", ("http/1.1",), "http/1.1"),
    ("", ("http/1.1",), "-"),
    ("http/1.1", (), "-"),
])
def test_alpn(client, has, wants, gets, clients, listen, ask):
    assert clients[client].get(ask(listen(alpn=has), alpn=wants)).facts["alpn"] == gets


@pytest.mark.parametrize("client", ["openssl", "gnutls-cli", "python", "rustls"])
@pytest.mark.parametrize("order", ["x/1 x/2 x/3", "x/3 x/2"])
def test_alpn_in_the_servers_order(client, order, clients, listen, ask):
    request = ask(listen(alpn=order), alpn=("x/4", "x/2", "x/3"))
    assert clients[client].get(request).facts["alpn"] == next(name for name in order.split() if name in request.alpn)


@pytest.mark.parametrize("client", ["openssl", "curl", "gnutls-cli", "python", "rustls"])
def test_alpn_mismatch(client, clients, listen, ask, counted, real):
    """RFC 7301: the client hears no_application_protocol. tstclnt offers no protocols, and curl none but HTTP's."""
    server = listen(alpn="x/1 x/2")
    with pytest.raises(ClientError, match=r"(?i)no.?application.?protocol|120"):
        clients[client].get(ask(server, alpn=("http/1.1",) if client == "curl" else ("x/3",)))
    if real:
        grown = counted()
        assert grown["alert_sent_no_application_protocol"] == 1
        assert grown["handshakes_failed"] == 1


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("bits", [3072, 4096])
def test_rsa_sizes(client, bits, authority, clients, listen, ask):
    leaf = authority.leaf(f"rsa{bits}", ["server.test"], bits)
    assert clients[client].get(ask(listen(leaf))).facts["signature"] in SCHEMES


@pytest.mark.module_only
@pytest.mark.parametrize("form", ["der", "pkcs1"])
def test_forms_of_keys(form, authority, certificate, clients, listen, ask):
    """DER, and PKCS#1, beside the PEM and PKCS#8 of the other tests."""
    server = listen(getattr(authority, form)(certificate))
    assert clients["openssl"].get(ask(server)).status == 200


def test_session_id_is_echoed_and_cipher_spec_changed(authority, everything):
    """Middlebox compatibility: OpenSSL's client has it on, and refuses a session id that is not its own."""
    with ManualClient(everything, authority.root) as client:
        client.wire.send(client.hello())
        kinds = [client.wire.record()[0] for _ in range(3)]
    assert kinds == [22, 20, 23]
