# SPDX-License-Identifier: GPL-2.0
"""What the test suites share: results, and running the other programs."""

import os
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from common import CACHE, LOGS, MODULE, SCRIPTS, TOP, VENV, Failure, say

# The kernels that suites may use: these, or those named in KERNELS.
CHOSEN = os.environ.get("KERNELS", "um um-debug x86_64").split()

RUSTLS_CLIENT = CACHE / "clients/release/rustls-client"


@dataclass
class Result:
    """A test by its name; a problem is what it found."""

    name: str
    problem: str = ""


def attempt(name, function, *arguments):
    """Run a test that fails by raising Failure, or by returning what it found."""
    try:
        return Result(name, function(*arguments) or "")
    except Failure as failure:
        return Result(name, str(failure))


def program(*command, env=None, cwd=TOP):
    """Run a program whose output is worth seeing as it comes."""
    done = subprocess.run(
        [str(c) for c in command], env=env, cwd=cwd, stderr=subprocess.PIPE, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise Failure(done.stderr.strip() or f"{command[0]} ended with status {done.returncode}")


def quiet(*command, env=None, cwd=TOP):
    """Run a program whose output is worth seeing only when it fails."""
    done = subprocess.run(
        [str(c) for c in command], env=env, cwd=cwd, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        text = (done.stdout + done.stderr).strip()
        raise Failure(text or f"{command[0]} ended with status {done.returncode}")
    return done.stdout


def build_kernel(kernel, module=MODULE):
    """Kernel and module, up to date."""
    program(SCRIPTS / "kernel", "build", kernel)
    program(SCRIPTS / "kernel", "module", kernel, "--of", module)


def kernel_folder(kernel):
    return Path(quiet(SCRIPTS / "kernel", "path", kernel).strip())


def module_file(kernel, module=MODULE):
    return Path(quiet(SCRIPTS / "kernel", "path", kernel, "--module", "--of", module).strip())


def guest_pytest(suite, kernel, *, env=(), timeout, mem="2G"):
    """Run a folder of pytest tests in the guest; yields its results, and one for the kernel's log."""
    label = f"{suite}[{kernel}]"
    say(f"{label}: building")
    built = attempt(f"{label}: build", build_kernel, kernel)
    if built.problem:
        yield built
        return
    results = LOGS / f"{suite}-{kernel}"
    results.mkdir(parents=True, exist_ok=True)
    report = results / "junit.xml"
    report.unlink(missing_ok=True)
    # fmt: off
    command = [
        SCRIPTS / "guest", "--kernel", kernel, "--mem", mem, "--timeout", str(timeout),
        "--share", results, "--log", results / "kernel.log",
        "--env", f"RUST_TLS_MODULE={module_file(kernel)}", "--env", f"RUST_TLS_CLIENT={RUSTLS_CLIENT}",
        "--env", "PYTHONDONTWRITEBYTECODE=1",
        *(part for setting in env for part in ("--env", setting)),
        "--", VENV / "bin/pytest", "-q", "--tb=short", "--basetemp=/tmp/pytest", f"--junitxml={report}", suite,
    ]
    # fmt: on
    say(f"{label}: running in the guest")
    done = subprocess.run(
        [str(c) for c in command], cwd=TOP / "tests", capture_output=True, text=True, errors="replace", check=False
    )
    (results / "output").write_text(done.stdout + done.stderr, encoding="utf-8")
    found = list(junit(report, label))
    yield from found
    # pytest's own status 1 is failed tests, each of which is a result already.
    problem = ""
    if done.returncode and not (done.returncode == 1 and any(r.problem for r in found)):
        problem = f"status {done.returncode}: {(done.stderr or done.stdout).strip()[-3000:]}"
    elif not found:
        problem = "no test ran"
    yield Result(f"{label}: guest and kernel's log", problem)


def junit(report, label):
    """The results in a JUnit file. What is skipped was not tested, and counts as a failure."""
    if not report.exists():
        return
    for case in ET.parse(report).getroot().iter("testcase"):
        problem = ""
        for kind in ("failure", "error", "skipped"):
            for part in case.iter(kind):
                problem = f"{kind}: {part.get('message', '')}\n{(part.text or '').strip()}"[:3000]
        yield Result(f"{label}: {case.get('classname')}::{case.get('name')}", problem)


def chosen(*kernels):
    """Of these kernels, those that are to be used."""
    return tuple(kernel for kernel in kernels if kernel in CHOSEN)
