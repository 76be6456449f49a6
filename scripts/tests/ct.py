# SPDX-License-Identifier: GPL-2.0
"""ct: P-256 in constant time: under valgrind's memcheck with secrets taken for undefined, and without a division."""

import os
import re
import subprocess

from common import CACHE, LOGS, MODULE, Failure
from suites import attempt

CRATE = MODULE / "host/ct"
TARGET = CACHE / "host-ct"
PROGRAM = TARGET / "release/ct"
# What memcheck says of a branch and of an address that depend on what is undefined.
REPORT = re.compile(r"Conditional jump or move depends on uninitialised|Use of uninitialised value")


def build():
    env = dict(os.environ, CARGO_TERM_COLOR="never", CARGO_TARGET_DIR=str(TARGET))
    done = subprocess.run(
        ["cargo", "build", "--release", "--locked"], cwd=CRATE, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failure(done.stderr.strip()[-3000:])


def memcheck(*arguments):
    """What memcheck says, and whether it was content."""
    command = ["valgrind", "--error-exitcode=3", "--quiet", PROGRAM, *arguments]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False)
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / "ct-memcheck.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


def no_report():
    status, out, report = memcheck()
    if status or report.strip() or "done" not in out:
        return f"status {status}\n{report.strip()[:4000]}"
    return ""


def leak_is_seen():
    status, _, report = memcheck("leak")
    if status != 3 or not REPORT.search(report):
        return f"a branch on a secret went unnoticed: status {status}\n{report.strip()[:2000]}"
    return ""


def no_division():
    """No instruction of P-256 divides, which takes a time that depends on the operands."""
    command = ["objdump", "--disassemble", "--demangle", "--no-show-raw-insn", PROGRAM]
    text = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout
    functions = re.split(r"^[0-9a-f]+ <(.*)>:$", text, flags=re.M)
    found, bad = 0, []
    for name, code in zip(functions[1::2], functions[2::2], strict=True):
        if name.startswith(("p256::", "<p256::")):
            found += 1
            bad += [f"{name}: {line.strip()}" for line in code.splitlines() if re.search(r"\ti?div[bwlq]?\b", line)]
    if found < 3:
        return f"only {found} functions of P-256 were found"
    return "\n".join(bad)


def run():
    built = attempt("build", build)
    yield built
    if built.problem:
        return
    yield attempt("memcheck: a branch on a secret is seen", leak_is_seen)
    yield attempt("memcheck: key generation, agreement, signing", no_report)
    yield attempt("no division", no_division)
