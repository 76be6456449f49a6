# SPDX-License-Identifier: GPL-2.0
"""stress: tests/stress with thousands of handshakes on the debugging kernel, and where the assembly paths are."""

import os

from suites import guest_pytest

# Which kernels, and how many handshakes each sees.
STRESS = os.environ.get("STRESS", "um-debug:10000 x86_64:500")


def run():
    for part in STRESS.split():
        kernel, count = part.split(":")
        yield from guest_pytest("stress", kernel, env=[f"RUST_TLS_HANDSHAKES={count}"], timeout=2400, mem="2G")
