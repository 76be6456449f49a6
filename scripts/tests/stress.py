# SPDX-License-Identifier: GPL-2.0
"""stress: tests/stress with thousands of handshakes on the debugging kernel, and where the assembly paths are."""

import os

from suites import chosen, guest_pytest

# Which kernels, and how many handshakes and QUIC connections each sees; of those asked for, whatever KERNELS says.
ASKED = os.environ.get("STRESS")
STRESS = ASKED or "um-debug:10000:5000 x86_64:500:50"


def run():
    for part in STRESS.split():
        kernel, handshakes, connections = part.split(":")
        if not ASKED and not chosen(kernel):
            continue
        env = [f"RUST_TLS_HANDSHAKES={handshakes}", f"RUST_TLS_QUIC_CONNECTIONS={connections}"]
        yield from guest_pytest("stress", kernel, env=env, timeout=3600, mem="2G")
