# SPDX-License-Identifier: GPL-2.0
"""p256: P-256 in Rust beside the generic implementation, and beside the guest's OpenSSL, one after another on UML."""

import re
import subprocess

from common import LOGS, SCRIPTS, TOP, Failure
from row import Row
from suites import build_kernel, module_file

KERNEL = "um"
MODULE = TOP / "tests/bench/p256"
LINE = re.compile(r"p256_bench: (\S+) (rust|generic) (\d+)$", re.M)
DONE = "p256_bench: done"
# The most that our time may be of the peer's.
GENERIC = {"key-pair": 1 / 15, "shared-secret": 1 / 4}
OPENSSL = {"shared-secret": 1.5, "sign": 2.0, "verify": 1.5}


def openssl(text):
    """The times of `openssl speed -mr`, in nanoseconds: it tells operations in a second."""
    ecdsa = re.search(r"^\+F4:\d+:256:([\d.]+):([\d.]+)", text, re.M)
    ecdh = re.search(r"^\+F5:\d+:256:([\d.]+):", text, re.M)
    if not ecdsa or not ecdh:
        raise Failure(f"openssl speed gave no figures:\n{text[-2000:]}")
    rates = {"sign": ecdsa.group(1), "verify": ecdsa.group(2), "shared-secret": ecdh.group(1)}
    return {job: 1e9 / float(rate) for job, rate in rates.items()}


def run():
    build_kernel(KERNEL, MODULE)
    log = LOGS / "bench-p256.log"
    # One processor: what one of them does is not to slow down the other.
    measure = f"insmod {module_file(KERNEL, MODULE)} && openssl speed -elapsed -mr -seconds 3 ecdsap256 ecdhp256"
    command = [SCRIPTS / "guest", "--kernel", KERNEL, "--timeout", "600", "--log", log, "--", "sh", "-c", measure]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False)
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    if done.returncode or DONE not in text:
        raise Failure(f"the module did not end well: {done.stderr.strip()[-2000:]}")
    ours, generic = ({}, {})
    for job, driver, time in LINE.findall(text):
        (ours if driver == "rust" else generic)[job] = int(time)
    for job, goal in GENERIC.items():
        yield Row(job, 0, ours[job], "generic C", generic[job], ours[job] / generic[job], goal)
    for job, time in openssl(done.stdout).items():
        yield Row(job, 0, ours[job], "OpenSSL", time, ours[job] / time, OPENSSL[job])
