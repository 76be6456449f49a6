# SPDX-License-Identifier: GPL-2.0
"""The running kernel, as the tests see it: its log, the module, its counters, its memory."""

import os
import re
import subprocess
import time
from pathlib import Path

CONFIGFS = Path("/sys/kernel/config")
DEBUGFS = Path("/sys/kernel/debug")
TRACEFS = Path("/sys/kernel/tracing")
LISTENERS = CONFIGFS / "rust_tls"
COUNTERS = DEBUGFS / "rust_tls/counters"
KMEMLEAK = DEBUGFS / "kmemleak"
LOADED = Path("/sys/module/rust_tls")

TROUBLE = re.compile(
    r"BUG:|KASAN|UBSAN|WARNING:|WARN_ON|Oops|panic|general protection|unable to handle|Call Trace|"
    r"refcount_t|circular locking|recursive locking|inconsistent lock|suspicious RCU|lock held when|"
    r"blocked for more than|stuck for|scheduling while atomic|sleeping function called|unreferenced object|"
    r"kmemleak: \d+ new|DEBUG_LOCKS|list_add corruption|list_del corruption|held lock freed", re.IGNORECASE)


def mount(kind, at):
    """Mounts a kernel filesystem where it belongs, unless something did so already."""
    if not os.path.ismount(at):
        subprocess.run(["mount", "-t", kind, kind, str(at)], check=True)


def log():
    """The whole kernel log, a list of lines with their times."""
    return subprocess.run(["dmesg"], check=True, capture_output=True, text=True, errors="replace").stdout.splitlines()


class LogMark:
    """A place in the kernel log, to see what was added after it."""

    def __init__(self):
        self.last = next(reversed(log()), None)

    def new(self):
        """The lines since; everything there is if the mark has left the kernel's buffer."""
        lines = log()
        return lines[lines.index(self.last) + 1:] if self.last in lines else lines

    def trouble(self):
        """The lines since that no healthy kernel writes."""
        return [line for line in self.new() if TROUBLE.search(line)]

    def wait_for(self, word, seconds=2):
        """The first new line with `word` in it; None if none comes."""
        return wait(lambda: next((line for line in self.new() if word in line), None), seconds)


def wait(condition, seconds):
    """The first true value of condition(), or its last false one when the time is over."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


def insmod(path):
    subprocess.run(["insmod", str(path)], check=True, capture_output=True)


def rmmod():
    subprocess.run(["rmmod", "rust_tls"], check=True, capture_output=True)


class Counters(dict):
    """One reading of the module's counters; a counter that is not listed is zero."""

    def __init__(self):
        lines = COUNTERS.read_text().splitlines()
        super().__init__((name, int(value)) for name, value in (line.split() for line in lines))

    def __missing__(self, name):
        return 0

    def since(self, earlier):
        """What each counter grew by, those that did."""
        return {name: self[name] - earlier[name] for name in self if self[name] != earlier[name]}

    def add_up(self):
        ended = self["handshakes_done"] + self["handshakes_failed"]
        return self["handshakes_begun"] == ended + self["handshakes_under_way"]


def settled(seconds=10):
    """The counters once nothing is under way any more, and every connection is closed."""
    def idle():
        now = Counters()
        return now if not now["handshakes_under_way"] and not now["connections_open"] else None
    return wait(idle, seconds) or Counters()


def ktls():
    """The kernel's own count of kTLS: how many connections it sent and received for in software."""
    pairs = (line.split() for line in Path("/proc/net/tls_stat").read_text().splitlines())
    return {name: int(value) for name, value in pairs}


def memory():
    """MemAvailable and the slab that cannot be reclaimed, in KiB."""
    values = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return {name: int(values[name].split()[0]) for name in ("MemAvailable", "SUnreclaim")}


def leaks():
    """What kmemleak holds lost: an object has to be unreachable in two scans in a row to count."""
    KMEMLEAK.write_text("scan")
    time.sleep(6)  # kmemleak leaves objects younger than five seconds alone
    KMEMLEAK.write_text("scan")
    return KMEMLEAK.read_text()
