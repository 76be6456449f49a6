# SPDX-License-Identifier: GPL-2.0
"""p256: P-256 in Rust beside the generic implementation and the guest's OpenSSL, in turns, on UML."""

import re
import subprocess
from collections import defaultdict
from statistics import median

from common import LOGS, SCRIPTS, TOP, Failure
from row import Row
from suites import build_kernel, module_file

KERNEL = "um"
MODULE = TOP / "tests/bench/p256"
LINE = re.compile(r"p256_bench: (\S+) (rust|generic) (\d+)$", re.M)
DONE = "p256_bench: done"
# Each turn loads the module, then runs OpenSSL: what slows down the machine for a while is in the times of both.
TURNS = 7
# The most that our time may be of the peer's.
GENERIC = {"key-pair": 1 / 15, "shared-secret": 1 / 4}
OPENSSL = {"shared-secret": 1.5, "sign": 2.0, "verify": 1.5}


def openssl(text):
    """The times that each `openssl speed -mr` tells, in nanoseconds: it tells operations in a second."""
    ecdsa = re.findall(r"^\+F4:\d+:256:([\d.]+):([\d.]+)", text, re.M)
    ecdh = re.findall(r"^\+F5:\d+:256:([\d.]+):", text, re.M)
    if len(ecdsa) != TURNS or len(ecdh) != TURNS:
        raise Failure(f"openssl speed gave no figures:\n{text[-2000:]}")
    rates = {"shared-secret": ecdh, "sign": [sign for sign, _ in ecdsa], "verify": [verify for _, verify in ecdsa]}
    return {job: median(1e9 / float(rate) for rate in told) for job, told in rates.items()}


def run():
    build_kernel(KERNEL, MODULE)
    log = LOGS / "bench-p256.log"
    # One processor: what one of them does is not to slow down the other.
    measure = (
        f"for turn in $(seq {TURNS}); do insmod {module_file(KERNEL, MODULE)} && rmmod p256_bench && "
        "openssl speed -elapsed -mr -seconds 1 ecdsap256 ecdhp256 || exit 1; done"
    )
    command = [SCRIPTS / "guest", "--kernel", KERNEL, "--timeout", "600", "--log", log, "--", "sh", "-c", measure]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False)
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    if done.returncode or text.count(DONE) != TURNS:
        raise Failure(f"the module did not end well: {done.stderr.strip()[-2000:]}")
    times = defaultdict(list)
    for job, driver, time in LINE.findall(text):
        times[driver, job].append(int(time))
    ours = {job: median(found) for (driver, job), found in times.items() if driver == "rust"}
    for job, goal in GENERIC.items():
        generic = median(times["generic", job])
        yield Row(job, 0, ours[job], "generic C", generic, ours[job] / generic, goal)
    for job, time in openssl(done.stdout).items():
        yield Row(job, 0, ours[job], "OpenSSL", time, ours[job] / time, OPENSSL[job])
