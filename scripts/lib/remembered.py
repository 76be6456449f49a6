# SPDX-License-Identifier: GPL-2.0
"""Long builds that are not done again once they have passed."""

import time

from common import Failure, duration, say, write_if_changed


def passes(passed, where, build):
    """Whether `build` passes, which returns what was seen; the file `passed` says that it did before."""
    if passed.exists():
        say(f"{where}: passed before, {passed.read_text(encoding='utf-8').strip()}")
        return True
    say(f"{where}: building")
    began = time.monotonic()
    try:
        seen = build()
    except Failure as failure:
        say(f"{where}: FAILED after {duration(time.monotonic() - began)}\n{failure}")
        return False
    write_if_changed(passed, f"{seen}\n".encode())
    say(f"{where}: {seen}, {duration(time.monotonic() - began)}")
    return True
