# SPDX-License-Identifier: GPL-2.0
"""p256: P-256 in Rust beside the generic implementation and the guest's OpenSSL, in turns, on UML."""

import re
import subprocess
from collections import defaultdict
from statistics import median

from common import CACHE, LOGS, SCRIPTS, TOP, Failure
from row import Row
from suites import build_kernel, module_file, quiet

KERNEL = "um"
MODULE = TOP / "tests/bench/p256"
PEER = CACHE / "run/p256-openssl"
LINE = re.compile(r"p256_bench: (\S+) (rust|generic) (\d+)$", re.M)
PEER_LINE = re.compile(r"^openssl: (\S+) (\d+)$", re.M)
DONE = "p256_bench: done"
# Each turn loads the module, then runs OpenSSL: what slows down the machine for a while is in the times of both.
TURNS = 7
# The most that our time may be of the peer's.
GENERIC = {"key-pair": 1 / 15, "shared-secret": 1 / 4}
OPENSSL = {"shared-secret": 1.5, "sign": 2.0, "verify": 1.5}


def run():
    build_kernel(KERNEL, MODULE)
    PEER.parent.mkdir(parents=True, exist_ok=True)
    quiet("cc", "-O2", "-o", PEER, MODULE / "openssl.c", "-lcrypto")
    log = LOGS / "bench-p256.log"
    # One processor: what one of them does is not to slow down the other.
    measure = (
        f"for turn in $(seq {TURNS}); do insmod {module_file(KERNEL, MODULE)} && rmmod p256_bench && "
        f"{PEER} || exit 1; done"
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
    for job, time in PEER_LINE.findall(done.stdout):
        times["openssl", job].append(int(time))
    for job, goal in OPENSSL.items():
        if len(times["openssl", job]) != TURNS:
            raise Failure(f"OpenSSL gave no figures for {job}:\n{done.stdout[-2000:]}")
        theirs = median(times["openssl", job])
        yield Row(job, 0, ours[job], "OpenSSL", theirs, ours[job] / theirs, goal)
