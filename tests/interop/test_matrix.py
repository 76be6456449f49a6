# SPDX-License-Identifier: GPL-2.0
"""Every client with every suite and group it has; each reads the page that says what was negotiated."""

import pytest

from lib.clients import GROUPS, SCHEMES, SUITES, all_clients

CLIENTS = all_clients(None)
COMBINATIONS = [
    pytest.param(client.name, suite, group, id=f"{client.name}-{suite}-{group}")
    for client in CLIENTS.values() for suite in SUITES for group in GROUPS
    if suite in client.suites and group in client.groups
]


@pytest.mark.parametrize(("client", "suite", "group"), COMBINATIONS)
def test_suite_and_group(client, suite, group, clients, everything, ask):
    facts = clients[client].get(ask(everything, suite=suite, groups=(group,))).facts
    assert facts == {
        "version": "TLSv1.3",
        "suite": suite,
        "group": group,
        "signature": facts["signature"],
        "alpn": "-",
        "server_name": "server.test",
        "retried": "no",
    }
    assert facts["signature"] in SCHEMES


@pytest.mark.parametrize("suite", SUITES[:3])
@pytest.mark.parametrize("group", GROUPS)
def test_python(suite, group, clients, listen, ask):
    """Python offers its library's suites, so here it is the server that has one only."""
    facts = clients["python"].get(ask(listen(suites=suite), groups=(group,))).facts
    assert (facts["suite"], facts["group"], facts["retried"]) == (suite, group, "no")


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("client", CLIENTS)
def test_server_has_one_group(client, group, clients, listen, ask):
    """A client left to itself sends a share for x25519; for another group it is asked to try again."""
    request = ask(listen(groups=group), groups=() if client == "python" else GROUPS)
    facts = clients[client].get(request).facts
    assert (facts["group"], facts["retried"]) == (group, "no" if group == "x25519" else "yes")


@pytest.mark.parametrize("client", [name for name, client in CLIENTS.items() if client.schemes])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_signature_scheme(client, scheme, clients, everything, ask):
    assert clients[client].get(ask(everything, schemes=(scheme,))).facts["signature"] == scheme


@pytest.mark.parametrize("order", [SUITES, SUITES[::-1]], ids=["forward", "backward"])
def test_servers_order_of_suites(order, clients, listen, ask):
    request = ask(listen(suites=" ".join(order)))
    assert clients["rustls"].get(request).facts["suite"] == next(s for s in order if s in CLIENTS["rustls"].suites)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_addresses(client, address, clients, everything, ask):
    """A listener on :: serves both families."""
    assert clients[client].get(ask(everything, address=address)).facts["version"] == "TLSv1.3"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0"])
def test_bound_to_an_address(address, clients, listen, ask):
    server = listen(address=address)
    target = "127.0.0.1" if address == "0.0.0.0" else address
    assert clients["curl"].get(ask(server, address=target)).facts["version"] == "TLSv1.3"
