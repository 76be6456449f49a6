# SPDX-License-Identifier: GPL-2.0
"""stress: tests/stress on a kernel that looks for every mistake, then where the assembly paths are."""

import os

from suites import guest_pytest

# How many handshakes a kernel sees; the variables are for a quick look.
UM_DEBUG = os.environ.get("STRESS_UM_DEBUG", "10000")
X86_64 = os.environ.get("STRESS_X86_64", "500")


def run():
    yield from guest_pytest("stress", "um-debug", env=[f"RUST_TLS_HANDSHAKES={UM_DEBUG}"], timeout=2400, mem="4G")
    yield from guest_pytest("stress", "x86_64", env=[f"RUST_TLS_HANDSHAKES={X86_64}"], timeout=1500)
