# SPDX-License-Identifier: GPL-2.0
"""quic: tests/quic in the guest, the cases of the QUIC interop runner between network namespaces."""

from suites import guest_pytest


def run():
    return guest_pytest("quic", "um", timeout=1800)
