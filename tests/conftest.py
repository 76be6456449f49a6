# SPDX-License-Identifier: GPL-2.0
"""Options and fixtures of the interop and stress suites; --help shows the options."""

import contextlib
import os
from pathlib import Path

import pytest

from lib import kernel, keys
from lib.certificates import Authority
from lib.clients import Request, all_clients
from lib.listener import Listener, StandIn

TESTS = Path(__file__).parent


def pytest_addoption(parser):
    group = parser.getgroup("rust_tls")
    group.addoption("--backend", choices=["module", "openssl"], default="module",
                    help="what to test: the module, or OpenSSL in its place to try the tests themselves")
    group.addoption("--module", default=os.environ.get("RUST_TLS_MODULE", TESTS.parent / "tls-module/rust_tls.ko"),
                    help="rust_tls.ko (default: $RUST_TLS_MODULE, or the one in tls-module/)")
    group.addoption("--rustls-client", default=os.environ.get("RUST_TLS_CLIENT", "rustls-client"),
                    help="the program of clients/rustls-client (default: $RUST_TLS_CLIENT)")
    group.addoption("--handshakes", type=int, default=int(os.environ.get("RUST_TLS_HANDSHAKES", "10000")),
                    help="how many the stress suite makes (default: $RUST_TLS_HANDSHAKES, or 10000)")
    group.addoption("--quic-connections", type=int, default=int(os.environ.get("RUST_TLS_QUIC_CONNECTIONS", "5000")),
                    help="the same for QUIC (default: $RUST_TLS_QUIC_CONNECTIONS, or 5000)")


def pytest_collection_modifyitems(config, items):
    if config.getoption("backend") == "module":
        return
    chosen = [item for item in items if not item.get_closest_marker("module_only")]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_configure(config):
    config.addinivalue_line("markers", "module_only: what OpenSSL in the module's place does not have")


@pytest.fixture(scope="session")
def real(request):
    """Whether it is the module that is tested."""
    return request.config.getoption("backend") == "module"


@pytest.fixture(scope="session")
def module(request, real):
    """The module's file, loaded for the session, the file systems it shows itself in mounted."""
    path = request.config.getoption("module")
    if not real:
        yield path
        return
    keys.join_session()
    kernel.mount("configfs", kernel.CONFIGFS)
    kernel.mount("debugfs", kernel.DEBUGFS)
    kernel.insmod(path)
    yield path
    if kernel.LOADED.exists():
        kernel.rmmod()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def certificate(authority):
    """The certificate servers have where the test is not about certificates."""
    return authority.leaf("server", ["server.test", "also.test"])


@pytest.fixture(scope="session")
def p256(authority):
    """One whose signatures are ECDSA's on P-256."""
    return authority.leaf("p256", ["server.test"], curve="P-256")


@pytest.fixture(scope="session")
def clients(request):
    return all_clients(request.config.getoption("rustls_client"))


@pytest.fixture(scope="session")
def server_class(module, real):
    return Listener if real else StandIn


@pytest.fixture
def listen(server_class, certificate):
    """A function that starts a listener with given attributes; it is gone when the test ends."""
    with contextlib.ExitStack() as stack:
        def start(*certificates, **attributes):
            return stack.enter_context(server_class(certificates or [certificate], **attributes))
        yield start


@pytest.fixture(scope="module")
def everything(server_class, certificate):
    """A listener with all suites and groups, shared by a file's tests."""
    with server_class([certificate], alpn="h2 http/1.1", deadline_ms=60000) as server:
        yield server


@pytest.fixture(scope="session")
def ask(authority):
    """A function that makes a Request to a listener."""
    def ask(server, **wishes):
        return Request(port=server.port, root=authority.root, **wishes)
    return ask


@pytest.fixture(autouse=True)
def healthy(real, module):
    """Around each test: the kernel's log stays clean, and the counters add up."""
    if not real:
        yield
        return
    mark = kernel.LogMark()
    yield
    assert not mark.trouble()
    if kernel.LOADED.exists():
        counters = kernel.settled()
        assert counters["handshakes_under_way"] == 0
        assert counters.add_up(), counters


@pytest.fixture
def counted(real):
    """A function that gives what the module's counters grew by since the test began, once all is quiet."""
    before = kernel.Counters() if real else {}

    def since():
        return kernel.settled().since(before) if real else {}
    return since
