# SPDX-License-Identifier: GPL-2.0
"""quic: tests/bench/quic.py in a guest: the module beside Quinn's example server and aioquic, one client for all."""

import re
import subprocess

from common import LOGS, SCRIPTS, TOP, VENV, Failure
from row import Row
from suites import build_kernel, module_file

LINE = re.compile(r"quic_bench: (\S+) ([\d.]+) (\d+)$", re.M)
# The most that our time may be of the peer's, for handshakes and for bytes: a server in the kernel has no reason to be
# slower than one above it.
GOALS = {"Quinn": (1.0, 1.0), "aioquic": (1.0, 1.0)}


def run():
    build_kernel("um")
    command = [SCRIPTS / "guest", "--timeout", "600", "--log", LOGS / "bench-quic.log", "--env"]
    command += [f"RUST_TLS_MODULE={module_file('um')}", "--", VENV / "bin/python", TOP / "tests/bench/quic.py"]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False)
    found = {name: (float(rate), float(speed)) for name, rate, speed in LINE.findall(done.stdout)}
    if done.returncode or "rust_tls" not in found:
        raise Failure(f"the guest did not end well: {done.stderr.strip()[-2000:]}")
    ours = found.pop("rust_tls")
    for peer, theirs in found.items():
        for which, name, unit in ((0, "um: connection, 64 bytes", 0), (1, "um: transfer, each MiB", 1 << 20)):
            mine, other = ((unit or 1) * 1e9 / value[which] for value in (ours, theirs))
            yield Row(name, unit, mine, peer, other, mine / other, GOALS[peer][which])
