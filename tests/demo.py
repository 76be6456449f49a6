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


def main():
    keys.join_session()
    kernel.mount("configfs", kernel.CONFIGFS)
    kernel.mount("debugfs", kernel.DEBUGFS)
    top = Path(__file__).resolve().parents[1]
    kernel.insmod(os.environ.get("RUST_TLS_MODULE", top / "tls-module/rust_tls.ko"))
    clients = all_clients(os.environ.get("RUST_TLS_CLIENT", "rustls-client")).values()
    connected = 0
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        with Listener([authority.leaf("server", ["server.test"])], port=4433, alpn="http/1.1") as server:
            for client in clients:
                try:
                    line = visit(client, server, authority.root)
                    connected += 1
                except (ClientError, OSError) as failure:
                    line = f"failed: {failure}"
                print(f"demo: {client.version():<20} {line}", flush=True)
    kernel.rmmod()
    print(f"demo: {connected} of {len(clients)} clients connected")
    return 0 if connected == len(clients) else 1


if __name__ == "__main__":
    sys.exit(main())
