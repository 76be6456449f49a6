# SPDX-License-Identifier: GPL-2.0
"""stress: tests/stress with thousands of handshakes on UML, then where the assembly paths are, on x86_64."""

import os

from suites import guest_pytest

# Which kernels, and how many handshakes each sees. On um-debug, where KASAN, lockdep and kmemleak look on, a handshake
# takes most of a second: STRESS=um-debug:100 ./scripts/test stress
STRESS = os.environ.get("STRESS", "um:10000 x86_64:500")


def run():
    for part in STRESS.split():
        kernel, count = part.split(":")
        yield from guest_pytest("stress", kernel, env=[f"RUST_TLS_HANDSHAKES={count}"], timeout=2400, mem="2G")
