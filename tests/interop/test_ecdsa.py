# SPDX-License-Identifier: GPL-2.0
"""ECDSA certificates on P-256: every client, beside RSA, and the forms in which keys come."""

import pytest

from lib.certificates import Authority
from lib.clients import ECDSA, SCHEMES, ClientError, Request, all_clients
from lib.quic import Target
from lib.quic import all_clients as all_quic_clients

pytestmark = pytest.mark.module_only

CLIENTS = all_clients(None)
QUIC_CLIENTS = all_quic_clients()


@pytest.fixture(scope="module")
def ecdsa(tmp_path_factory):
    """An authority that has no key but on P-256."""
    return Authority(tmp_path_factory.mktemp("ecdsa"), "P-256")


@pytest.fixture(scope="module")
def leaf(ecdsa):
    return ecdsa.leaf("server", ["server.test"], curve="P-256")


@pytest.fixture(scope="module")
def both(server_class, certificate, p256):
    """A listener with a certificate of each kind, of the same authority and for the same name."""
    with server_class([certificate, p256]) as server:
        yield server


@pytest.mark.parametrize("client", CLIENTS)
def test_chain(client, ecdsa, leaf, clients, listen):
    """From the root down, nothing but ECDSA."""
    facts = clients[client].get(Request(port=listen(leaf).port, root=ecdsa.root)).facts
    assert facts["signature"] == ECDSA


@pytest.mark.parametrize("client", ["quinn", "aioquic", "openssl"])
def test_chain_over_quic(client, ecdsa, leaf, listen):
    server = listen(leaf, transport="quic", alpn="hq-interop hq-29 h3")
    page = QUIC_CLIENTS[client].get(Target(server.port, ecdsa.root)).decode()
    assert f"signature: {ECDSA}\n" in page


def test_chain_over_quic_with_curl(ecdsa, leaf, listen):
    server = listen(leaf, transport="quic", alpn="h3")
    assert QUIC_CLIENTS["curl"].handshake(Target(server.port, ecdsa.root)) > 0


@pytest.mark.parametrize("client", CLIENTS)
def test_another_root(client, leaf, authority, clients, listen):
    """Every client checks the chain."""
    with pytest.raises(ClientError):
        clients[client].get(Request(port=listen(leaf).port, root=authority.root))


@pytest.mark.parametrize("client", [name for name, client in CLIENTS.items() if client.schemes])
@pytest.mark.parametrize("scheme", [ECDSA, *SCHEMES])
def test_choice_by_what_the_client_offers(client, scheme, clients, both, ask):
    assert clients[client].get(ask(both, schemes=(scheme,))).facts["signature"] == scheme


@pytest.mark.parametrize("client", CLIENTS)
def test_client_that_takes_both(client, clients, both, ask):
    assert clients[client].get(ask(both)).facts["signature"] in (ECDSA, *SCHEMES)


@pytest.mark.parametrize(("has", "offers"), [("rsa", ECDSA), ("ecdsa", SCHEMES[0])])
@pytest.mark.parametrize("client", ["openssl", "gnutls-cli"])
def test_client_that_takes_neither(client, has, offers, certificate, p256, clients, listen, ask, counted):
    """A certificate that the client cannot verify is not sent (RFC 8446, 4.4.2.2): handshake_failure."""
    server = listen(certificate if has == "rsa" else p256)
    with pytest.raises(ClientError):
        clients[client].get(ask(server, schemes=(offers,)))
    grown = counted()
    assert grown["alert_sent_handshake_failure"] == 1
    assert grown["handshakes_failed"] == 1


@pytest.mark.parametrize("form", ["pkcs8 pem", "pkcs8 der", "sec1 pem", "sec1 der"])
def test_forms_of_keys(form, ecdsa, leaf, clients, listen):
    made = {
        "pkcs8 pem": lambda: leaf,
        "pkcs8 der": lambda: ecdsa.der(leaf),
        "sec1 pem": lambda: ecdsa.sec1(leaf),
        "sec1 der": lambda: ecdsa.sec1(leaf, "DER"),
    }[form]()
    facts = clients["openssl"].get(Request(port=listen(made).port, root=ecdsa.root)).facts
    assert facts["signature"] == ECDSA


def test_many_signatures(ecdsa, leaf, clients, listen):
    """One in two hundred and fifty has a number with a byte of zeroes in front, one in two each with one too many."""
    server = listen(leaf)
    for _ in range(300):
        assert clients["python"].get(Request(port=server.port, root=ecdsa.root)).status == 200
