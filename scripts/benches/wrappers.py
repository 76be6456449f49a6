# SPDX-License-Identifier: GPL-2.0
"""wrappers: the module in tests/bench/wrappers times kernel::crypto beside the C calls, in the kernel, in turns."""

import os
import re
import subprocess

from common import LOGS, SCRIPTS, TOP, Failure
from kernels import KINDS
from row import Row
from suites import build_kernel, module_file

KERNELS = os.environ.get("KERNELS", "um x86_64").split()
MODULE = TOP / "tests/bench/wrappers"
LINE = re.compile(r"wrappers_bench: (\S+) (\d+) (\d+) (\d+) (\d+)$", re.M)
# The module does its work while it is loaded, and its log ends with this.
DONE = "wrappers_bench: done"


def goal(size):
    """A call costs what it costs: that shows where there is little to do."""
    return 1.10 if 0 < size < 256 else 1.02


def run_kernel(kernel):
    build_kernel(kernel, MODULE)
    log = LOGS / f"bench-wrappers-{kernel}.log"
    command = [SCRIPTS / "guest", "--kernel", kernel, "--timeout", "900", "--log", log]
    if KINDS[kernel].arch == "x86_64":
        # What QEMU's translation takes says little of a processor; how many instructions there are says more,
        # and is the same on every machine.
        command += ["--count-instructions", "--cpus", "1"]
    command += ["--", "insmod", module_file(kernel, MODULE)]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False)
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    if done.returncode or DONE not in text:
        raise Failure(f"{kernel}: the module did not end well: {done.stderr.strip()}")
    for name, size, ours, peer, ratio in LINE.findall(text):
        # The module has picoseconds and millionths.
        yield Row(
            f"{kernel}: {name}", int(size), int(ours) / 1e3, "C", int(peer) / 1e3, int(ratio) / 1e6, goal(int(size))
        )


def run():
    for kernel in KERNELS:
        yield from run_kernel(kernel)
