# SPDX-License-Identifier: GPL-2.0
"""algorithms: a module with an algorithm in Rust, used from user space, on UML and the debugging kernel."""

import subprocess

from common import LOGS, SCRIPTS, TOP, say
from suites import Result, attempt, build_kernel, chosen, module_file

KERNELS = chosen("um", "um-debug")
ALGORITHMS = TOP / "tests/algorithms"
MODULE = ALGORITHMS / "module"
CHECKS = ("load", "digests", "pieces", "page_cache", "in_use", "failing")


def run_kernel(kernel):
    built = attempt(f"{kernel}: build", build_kernel, kernel, MODULE)
    if built.problem:
        yield built
        return
    results = LOGS / f"algorithms-{kernel}"
    results.mkdir(parents=True, exist_ok=True)
    say(f"{kernel}: using the module's algorithm from user space")
    # fmt: off
    command = [
        SCRIPTS / "guest", "--kernel", kernel, "--log", results / "kernel.log", "--",
        "python3", "-I", ALGORITHMS / "check.py", module_file(kernel, MODULE),
    ]
    # fmt: on
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False)
    passed = {line.removeprefix("ok ") for line in done.stdout.splitlines() if line.startswith("ok ")}
    for check in CHECKS:
        yield Result(f"{kernel}: {check}", "" if check in passed else "it did not pass")
    yield Result(f"{kernel}: guest and kernel's log", done.stderr.strip() or "failed" if done.returncode else "")


def run():
    for kernel in KERNELS:
        yield from run_kernel(kernel)
