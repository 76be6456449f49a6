# SPDX-License-Identifier: GPL-2.0
"""Runs benchmarks, prints their tables and says which goals were missed."""

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests"), str(HERE.parent / "lib")]

from common import run_program, say

# A module of this folder for each. Its run() yields rows (see row.py).
BENCHES = {
    "p256": "P-256 in Rust beside generic C and OpenSSL, on UML",
    "wrappers": "kernel::crypto beside the C calls, inside the kernel, on UML and x86_64",
    "quic": "QUIC connections and bytes, beside Quinn's example server and aioquic in the same guest, on UML",
}


def time(nanoseconds):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.4g} {unit}"
    return f"{nanoseconds:.4g} ns"


def show(row):
    size = row.size if row.size else ""
    goal = f"{row.goal:.4g}" + ("" if row.met else "  missed")
    times = f"{time(row.ours_ns):>12}{time(row.peer_ns):>12}{row.ratio:>9.3f}"
    return f"{row.name:<40}{size:>7}{times}  {goal:<14}{row.peer}"


def main():
    listed = "\n".join(f"  {name:<12}{text}" for name, text in BENCHES.items())
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Brings what is missing (scripts/setup), runs benchmarks, all of them by default, and prints a\n"
        "table: our time, that of the peer in the same run, and the ratio, with the most that it may be. The status\n"
        "is 1 if a goal was missed.",
        epilog=f"benchmarks:\n{listed}\n\nKERNELS names those of wrappers (um x86_64); x86_64-inline is one, too.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("benches", nargs="*", metavar="BENCH")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there, too")
    arguments = parser.parse_args()
    names = arguments.benches or list(BENCHES)
    for name in names:
        if name not in BENCHES:
            parser.error(f"there is no benchmark {name}: they are {', '.join(BENCHES)}")
    rows = []
    for name in names:
        say(f"== {name}: {BENCHES[name]}")
        say(f"{'':<40}{'bytes':>7}{'ours':>12}{'peer':>12}{'ratio':>9}  {'goal':<14}peer")
        for row in importlib.import_module(name).run():
            rows.append(row)
            say(show(row))
    if arguments.json:
        text = json.dumps([asdict(row) for row in rows], indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    missed = [row for row in rows if not row.met]
    for row in missed:
        say(f"MISSED {row.name} {row.size or ''}: {row.ratio:.3f}, and the goal is {row.goal:.4g}")
    say(f"{len(rows) - len(missed)} of {len(rows)} goals met")
    return 1 if missed or not rows else 0


if __name__ == "__main__":
    run_program(main)
