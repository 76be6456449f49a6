# SPDX-License-Identifier: GPL-2.0
"""interop: tests/interop in the guest, real clients against the module."""

from suites import guest_pytest


def run():
    return guest_pytest("interop", "um", timeout=2400)
