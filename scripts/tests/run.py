# SPDX-License-Identifier: GPL-2.0
"""Runs test suites and counts."""

import argparse
import importlib
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

from common import Failure, duration, run_program, say
from suites import Result

# In the order they run: what fails soonest comes first, and each kernel is built just before its use.
SUITES = {
    "lint": "formats, Clippy, the series against its sources, linters of scripts",
    "host": "the engine on the host: unit tests, AddressSanitizer, fuzzing",
    "ct": "P-256 in constant time, by valgrind",
    "kunit": "the suites inside the kernel, on UML and x86_64",
    "algorithms": "a module with an algorithm in Rust, on UML and the debugging kernel",
    "vectors": "Wycheproof's vectors inside the kernel, on UML and x86_64",
    "panic-free": "the linked module refers to no panic",
    "interop": "real clients against the module on UML",
    "quic": "the QUIC interop runner's cases, over networks that lose, corrupt and delay",
    "stress": "thousands of handshakes at once on a debugging kernel, and on x86_64",
}


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


def main():
    listed = "\n".join(f"  {name:<12}{text}" for name, text in SUITES.items())
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        description="Brings what is missing (scripts/setup), runs test suites, all of them by default, and ends with\n"
        "`N passed, N failed`.",
        epilog=f"suites:\n{listed}\n\nFUZZ_SECONDS is the time for each fuzz target (60).\n"
        "KERNELS names the kernels to use of um, um-debug and x86_64 (all).",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    names = parser.parse_args().suites or list(SUITES)
    for name in names:
        if name not in SUITES:
            parser.error(f"there is no suite {name}: they are {', '.join(SUITES)}")
    rows, everything = [], []
    for name in names:
        say(f"== {name}: {SUITES[name]}")
        began = time.monotonic()
        results = run_suite(name)
        everything += results
        failed = sum(1 for result in results if result.problem)
        rows.append((name, len(results) - failed, failed, time.monotonic() - began))
        say(f"== {name}: {len(results) - failed} passed, {failed} failed, {duration(rows[-1][3])}")
    say("")
    for name, passed, failed, seconds in rows:
        say(f"{name:<12}{passed:>6} passed {failed:>4} failed  {duration(seconds)}")
    bad = [result for result in everything if result.problem]
    say(f"{len(everything) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    run_program(main)
