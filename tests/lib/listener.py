# SPDX-License-Identifier: GPL-2.0
"""A listener to test: a configfs directory of the module, or the stand-in that has the same face."""

import contextlib
import itertools
import json
import subprocess
import sys
from pathlib import Path

from lib import kernel, keys

DEFAULTS = {
    "transport": "tcp",
    "address": "::",
    "port": 0,
    "alpn": "",
    "groups": "x25519 secp256r1 secp384r1",
    "suites": "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_CCM_SHA256",
    "service": "http",
    "retry": "auto",
    "deadline_ms": 10000,
    "max_handshakes": 1024,
}
_numbers = itertools.count(1)


class Listener:
    """One listener of the module. A context manager: enabled inside, gone after."""

    def __init__(self, certificates, **attributes):
        number = next(_numbers)
        self.path = kernel.LISTENERS / f"test{number}"
        self.port = attributes.setdefault("port", 4433 + number)
        self.serials = []
        self.path.mkdir()
        try:
            self.set("certificates", " ".join(self.pair(certificate) for certificate in certificates))
            for name, value in attributes.items():
                self.set(name, value)
        except OSError:
            self.remove()
            raise

    def pair(self, certificate):
        """Puts a certificate's chain and key into the session keyring, and names them as configfs wants them."""
        pair = [keys.add(f"{self.path.name}:{file.name}", file.read_bytes())
                for file in (certificate.chain, certificate.key)]
        self.serials += pair
        return ":".join(map(str, pair))

    def set(self, name, value):
        # One write(2) for a value, as the shell's echo does it; configfs hands the module the whole of it.
        with open(self.path / name, "wb", buffering=0) as file:
            file.write(f"{value}\n".encode())

    def get(self, name):
        return (self.path / name).read_text().rstrip("\n")

    def all(self):
        """Every attribute's value, to see whether one changed."""
        return {file.name: file.read_text().rstrip("\n") for file in sorted(self.path.iterdir())}

    def remove(self):
        self.path.rmdir()
        for serial in self.serials:
            with contextlib.suppress(OSError):  # a test may have unlinked or revoked it itself
                keys.unlink(serial)

    def __enter__(self):
        try:
            self.set("enabled", 1)
        except OSError:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()


class StandIn:
    """The same as Listener, served by lib/standin.py, or for QUIC by lib/quic_standin.py."""

    def __init__(self, certificates, **attributes):
        self.port = attributes.setdefault("port", 14433 + next(_numbers))
        rows = [[str(c.chain), str(c.key), list(c.names)] for c in certificates]
        self.config = json.dumps({**DEFAULTS, **attributes, "certificates": rows})

    def __enter__(self):
        quic = json.loads(self.config)["transport"] == "quic"
        program = Path(__file__).parent / ("quic_standin.py" if quic else "standin.py")
        self.process = subprocess.Popen([sys.executable, program, self.config], stdout=subprocess.PIPE)
        if not self.process.stdout.readline():
            raise RuntimeError("the stand-in did not start")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
