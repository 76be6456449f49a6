# SPDX-License-Identifier: GPL-2.0
"""Runs test suites, most of them as many at a time as there are processors, and counts."""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

from common import Failure, duration, run_program, say
from suites import Result

# In the order they begin: first what fails soonest, then the long ones, so that none is left to run alone at the end;
# `quic`, which waits most of its time, while `host` has more to do than a processor can.
# `stress` is for the end: its guests have two processors that wait for each other's locks, most of all those of the
# debugging kernel, and by far the longest where something else takes one of them away.
SUITES = {
    "lint": "formats, Clippy, the series against its sources, linters of scripts",
    "host": "the engine on the host: unit tests, AddressSanitizer, fuzzing",
    "interop": "real clients against the module on UML",
    "quic": "the QUIC interop runner's cases, over networks that lose, corrupt and delay",
    "ct": "P-256 in constant time, by valgrind",
    "vectors": "Wycheproof's vectors inside the kernel, on UML and x86_64",
    "kunit": "the suites inside the kernel, on UML and x86_64",
    "algorithms": "a module with an algorithm in Rust, on UML and the debugging kernel",
    "panic-free": "the linked module refers to no panic",
    "stress": "thousands of handshakes at once on a debugging kernel, and on x86_64",
}
ALONE = ("stress",)


@dataclass
class Row:
    """How a suite did."""

    name: str
    passed: int
    failed: int
    seconds: float


def run_suite(name):
    """The results of a suite; what stops it is a result too."""
    results = []
    try:
        for result in importlib.import_module(name.replace("-", "_")).run():
            results.append(result)
            if result.problem:
                say(f"FAILED {name}: {result.name}\n  " + "\n  ".join(result.problem.splitlines()[:40]))
    except Failure as failure:
        say(f"FAILED {name}: {failure}")
        results.append(Result("the suite itself", str(failure)))
    if not results:
        say(f"FAILED {name}: no test ran")
        results.append(Result("the suite itself", "no test ran"))
    return results


def timed(name):
    """Run a suite here and say how it did."""
    say(f"== {name}: {SUITES[name]}")
    began = time.monotonic()
    results = run_suite(name)
    failed = sum(1 for result in results if result.problem)
    row = Row(name, len(results) - failed, failed, time.monotonic() - began)
    say(f"== {name}: {row.passed} passed, {row.failed} failed, {duration(row.seconds)}")
    return row


def in_its_own_process(name):
    """Run a suite in a process of its own, its name before each line that it prints."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as report:
        command = [sys.executable, __file__, "--report", report.name, name]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process:
            for line in process.stdout:
                say(f"{name:<10} | {line.rstrip()}")
        try:
            return Row(**json.load(report))
        except ValueError:
            say(f"FAILED {name}: the suite ended with status {process.returncode} before it counted")
            return Row(name, 0, 1, 0)


def main():
    listed = "\n".join(f"  {name:<12}{text}" for name, text in SUITES.items())
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        description="Brings what is missing (scripts/setup), runs test suites, all of them by default, and ends with\n"
        "`N passed, N failed`.",
        epilog=f"suites:\n{listed}\n\nFUZZ_SECONDS is the time for each fuzz target (60).\n"
        "KERNELS names the kernels to use: um, um-debug and x86_64 are used unless it does; kunit takes x86_64-debug\n"
        "and x86_64-inline, too, and STRESS=x86_64-debug:200:20 is a load for one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    processors = len(os.sched_getaffinity(0))
    parser.add_argument("--jobs", type=int, default=processors, metavar="N",
                        help=f"how many suites run at a time (default: {processors}, as many as there are processors)")
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    # In the table's order, whatever theirs.
    names = [name for name in SUITES if not arguments.suites or name in arguments.suites]
    for name in arguments.suites:
        if name not in SUITES:
            parser.error(f"there is no suite {name}: they are {', '.join(SUITES)}")
    if arguments.jobs < 1:
        parser.error("--jobs is at least 1")
    if arguments.report:
        arguments.report.write_text(json.dumps(asdict(timed(names[0]))), encoding="utf-8")
        return 0
    began = time.monotonic()
    if min(arguments.jobs, len(names)) == 1:
        rows = [timed(name) for name in names]
    else:
        with ThreadPoolExecutor(arguments.jobs) as pool:
            rows = list(pool.map(in_its_own_process, [name for name in names if name not in ALONE]))
        rows += [in_its_own_process(name) for name in names if name in ALONE]
    say("")
    for row in rows:
        say(f"{row.name:<12}{row.passed:>6} passed {row.failed:>4} failed  {duration(row.seconds)}")
    if len(rows) > 1:
        say(f"{'together':<41}{duration(time.monotonic() - began)}")
    failed = sum(row.failed for row in rows)
    say(f"{sum(row.passed for row in rows)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    run_program(main)
