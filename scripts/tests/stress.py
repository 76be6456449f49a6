# SPDX-License-Identifier: GPL-2.0
"""stress: tests/stress on a kernel that looks for every mistake, then where the assembly paths are."""

from suites import guest_pytest


def run():
    yield from guest_pytest("stress", "um-debug", env=["RUST_TLS_HANDSHAKES=10000"], timeout=2400, mem="4G")
    yield from guest_pytest("stress", "x86_64", env=["RUST_TLS_HANDSHAKES=500"], timeout=1500)
