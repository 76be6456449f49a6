# SPDX-License-Identifier: GPL-2.0
"""The demo, to be run in the guest: each real client shakes hands with the module and reads data through kTLS."""

import os
import sys
import tempfile
from pathlib import Path

from lib import kernel, keys
from lib.certificates import Authority
from lib.clients import ClientError, Request, all_clients
from lib.listener import Listener
from lib.quic import Quinn, Target, expected

BYTES = 50_000  # gnutls-cli writes its output a byte at a time


def visit(client, server, root):
    """One line about what a client negotiated and read."""
    alpn = () if client.name == "tstclnt" else ("http/1.1",)  # tstclnt has no option for it
    facts = client.get(Request(server.port, root, alpn=alpn)).facts
    before = kernel.ktls()["TlsTxSw"]
    reply = client.get(Request(server.port, root, path=f"/bytes/{BYTES}", alpn=alpn))
    through = "kTLS" if kernel.ktls()["TlsTxSw"] > before else "no kTLS"
    if (reply.status, len(reply.body), through) != (200, BYTES, "kTLS"):
        raise ClientError(f"read {len(reply.body)} of {BYTES} bytes through {through}")
    negotiated = " ".join(facts[name] for name in ("version", "suite", "group", "signature"))
    return f"{negotiated} alpn={facts['alpn']}, {len(reply.body)} bytes through {through}"


def visit_quic(client, server, root):
    """The same for a client of QUIC."""
    facts = dict(line.split(": ", 1) for line in client.get(Target(server.port, root)).decode().splitlines())
    if client.get(Target(server.port, root, path=f"/bytes/{BYTES}")) != expected(BYTES):
        raise ClientError(f"did not read {BYTES} bytes")
    negotiated = " ".join(facts[name] for name in ("version", "suite", "group", "signature"))
    return f"{negotiated} alpn={facts['alpn']}, {BYTES} bytes through QUIC"


def main():
    keys.join_session()
    kernel.mount("configfs", kernel.CONFIGFS)
    kernel.mount("debugfs", kernel.DEBUGFS)
    top = Path(__file__).resolve().parents[1]
    kernel.insmod(os.environ.get("RUST_TLS_MODULE", top / "tls-module/rust_tls.ko"))
    clients = all_clients(os.environ.get("RUST_TLS_CLIENT", "rustls-client")).values()
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        leaf = authority.leaf("server", ["server.test"])
        with Listener([leaf], port=4433, alpn="http/1.1") as tcp, \
                Listener([leaf], port=4433, alpn="hq-interop hq-29", transport="quic") as udp:
            visits = [(client, visit, tcp) for client in clients] + [(Quinn(), visit_quic, udp)]
            connected = 0
            for client, how, server in visits:
                try:
                    line = how(client, server, authority.root)
                    connected += 1
                except (ClientError, OSError) as failure:
                    line = f"failed: {failure}"
                print(f"demo: {client.version():<20} {line}", flush=True)
    kernel.rmmod()
    print(f"demo: {connected} of {len(visits)} clients connected")
    return 0 if connected == len(visits) else 1


if __name__ == "__main__":
    sys.exit(main())
