# SPDX-License-Identifier: GPL-2.0
"""Builds and boots the kernel after each patch of the series.

A patch passes when the kernel builds with the project's configuration for it, less what only later
patches define; boots and powers off with no trouble in its log; and every KUnit suite that the series
has so far ran there, doctests included, with no failure.

The trees are built one after the other in a folder of their own, so that a build makes only what the
patch changed. What passed is remembered by its whole source, toolchain and configuration, and is not
built again: after a change to one patch, that one and those after it are.
"""

import functools
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import in_tree
import remembered
from common import CACHE, LINUX, LOGS, SCRIPTS, Failure, git, locked, say

sys.path.insert(0, str(SCRIPTS / "tests"))

from kunit import DOCTESTS, cases

BISECT = CACHE / "bisect"
SOURCE = BISECT / "linux"
RESULTS = BISECT / "passed"
COLLECT = """
[ -z "$RUST_TLS" ] || insmod "$RUST_TLS" || exit
cd /sys/kernel/debug/kunit || exit
for suite in *; do cat "$suite/results" >"$RESULTS/$suite.ktap" || exit; done
"""


def suites(commit):
    """The KUnit suites that the series has added up to a commit."""
    added = git(LINUX, "diff", "--unified=0", "--no-ext-diff", "base", commit, "--", "*.rs")
    return set(re.findall(r"^\+\s*#\[(?:kernel::|macros::)?kunit_tests\((\w+)\)\]", added, re.M))


def check_out(commit):
    """Bring the source to a commit; files that stay the same keep their times."""
    if not (SOURCE / ".git").exists():
        git(LINUX, "worktree", "prune")
        git(LINUX, "worktree", "add", "--quiet", "--detach", SOURCE, commit)
    git(SOURCE, "checkout", "--quiet", "--force", "--detach", commit)


def run_quietly(command, env, log):
    """Run a program with its output in a log; a failure tells how it ended."""
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run([str(c) for c in command], env=env, stdout=out, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:]
        raise Failure(f"{command[0].name} ended with status {done.returncode}; {log} ends with\n" + "\n".join(last))


def build_and_boot(commit, kernel, logs):
    """Returns what ran, "96 cases in 5 suites"."""
    check_out(commit)
    env = os.environ | {"KDIR": str(SOURCE)}
    env.pop("RUST_TLS_KERNEL", None)
    run_quietly([SCRIPTS / "kernel", "build", kernel, "--fit"], env, logs / "build.log")
    for old in logs.glob("*.ktap"):
        old.unlink()
    where = subprocess.run([SCRIPTS / "kernel", "path", kernel], env=env, capture_output=True, text=True, check=True)
    # Not by what is in the build folder: a later patch may have been built there before.
    has_module = (SOURCE / in_tree.FOLDER).is_dir()
    module = Path(where.stdout.strip()) / in_tree.FOLDER / "rust_tls.ko" if has_module else ""
    # fmt: off
    guest = [
        SCRIPTS / "guest", "--kernel", kernel, "--kunit", "--timeout", "900", "--share", logs,
        "--log", logs / "kernel.log", "--env", f"RESULTS={logs}", "--env", f"RUST_TLS={module}",
        "--", "bash", "-c", COLLECT,
    ]
    # fmt: on
    run_quietly(guest, env, logs / "guest.log")
    ran = {path.stem: list(cases(path.read_text(encoding="utf-8"))) for path in logs.glob("*.ktap")}
    if missing := [name for name in sorted({DOCTESTS} | suites(commit)) if not ran.get(name)]:
        raise Failure(f"these suites did not run: {' '.join(missing)}")
    if bad := [f"{suite}.{name}: {why}" for suite, rows in sorted(ran.items()) for name, why in rows if why]:
        raise Failure("\n".join(bad))
    return f"builds and boots, {sum(map(len, ran.values()))} cases in {len(ran)} suites"


def run(names, head, kernel, first, last):
    """Test the commits base..head, whose names are given; returns the exit status."""
    commits = git(LINUX, "rev-list", "--reverse", f"base..{head}").split()
    done = subprocess.run([SCRIPTS / "kernel", "key", kernel], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(done.stderr.strip())
    wanted = [row for row in enumerate(zip(names, commits, strict=True), 1) if first <= row[0] <= last]
    if not wanted:
        raise Failure(f"no patch is from {first} to {last}: there are {len(names)}")
    logs = LOGS / f"bisect-{kernel}"
    bad = 0
    with locked("bisect"):
        logs.mkdir(parents=True, exist_ok=True)
        for number, (name, commit) in wanted:
            source = git(LINUX, "rev-parse", f"{commit}^{{tree}}").strip()
            key = hashlib.sha256(f"{source} {kernel} {done.stdout}".encode()).hexdigest()
            where = f"{number}/{len(names)} {name}"
            build = functools.partial(build_and_boot, commit, kernel, logs)
            bad += not remembered.passes(RESULTS / key, where, build)
    say(f"bisect {kernel}: {len(wanted) - bad} of {len(wanted)} patches pass")
    return 1 if bad else 0
