# SPDX-License-Identifier: GPL-2.0
"""Where things are and how commands are run: what the programs in scripts/ share."""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SCRIPTS = TOP / "scripts"
PATCHES = TOP / "rust-kernel-patches"
BINDINGS = TOP / "crypto-bindings"
MODULE = TOP / "tls-module"

CACHE = Path(
    os.environ.get("RUST_TLS_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rust-tls"
).absolute()
LINUX = CACHE / "linux"
TREE = CACHE / "tree"
LOGS = CACHE / "logs"
VENV = CACHE / "venv"

LLVM = Path("/usr/lib/llvm-22")
# Named one by one: a toolchain of rustup's earlier in PATH lacks the matching sources.
TOOLCHAIN = [
    "LLVM=1",
    "RUSTC=/usr/bin/rustc",
    "RUSTDOC=/usr/bin/rustdoc",
    "CLIPPY_DRIVER=/usr/bin/clippy-driver",
]


class Failure(Exception):
    """Ends a program with one sentence."""


def say(text):
    print(text, flush=True)


def run_program(main):
    """Run a program's main() and turn what stops it into a sentence and an exit status."""
    name = Path(sys.argv[0]).name
    try:
        sys.exit(main())
    except Failure as failure:
        sys.stdout.flush()
        print(f"{name}: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        sys.exit(130)


def kernel_env():
    """The environment in which the kernel is built."""
    env = dict(os.environ)
    env["PATH"] = f"{CACHE / 'tools/bin'}:{LLVM / 'bin'}:{env['PATH']}"
    env["LIBCLANG_PATH"] = str(LLVM / "lib")
    # A make that runs us must not hand its own variables on.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "KBUILD_OUTPUT", "ARCH", "CROSS_COMPILE"):
        env.pop(name, None)
    return env


def git_env(**more):
    """An environment in which git does the same for everybody, whatever their configuration."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env.update(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0", LC_ALL="C")
    # A checkout may belong to another user than the one who tests it.
    env.update(GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*")
    env.update({k: str(v) for k, v in more.items()})
    return env


def git(where, *args, env=None, text=True, **options):
    """Run git in a folder and return what it prints."""
    done = subprocess.run(
        ["git", "-C", str(where), *map(str, args)],
        env=env or git_env(),
        capture_output=True,
        text=text,
        check=False,
        **options,
    )
    if done.returncode:
        message = done.stderr if text else done.stderr.decode(errors="replace")
        raise Failure(f"git {args[0]} in {where} failed: {message.strip()}")
    return done.stdout


@contextlib.contextmanager
def locked(name, shared=False):
    """Hold a lock of the cache: two runs at once take turns, but for those that share it."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f".{name}.lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run that holds {lock.name}")
            fcntl.flock(lock, kind)
        yield


def write_if_changed(path, data):
    """Write bytes to a file, unless they stand there already."""
    if path.exists() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return True


def duration(seconds):
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def run_logged(what, command, log, *, cwd=None, env=None, every=20, append=False):
    """Run a long command with its output in a log, saying every so often how far it is.

    Returns the output; raises Failure with its errors.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    began = said = time.monotonic()
    lines = []
    with (
        open(log, "a" if append else "w", encoding="utf-8", errors="replace") as out,
        subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        for line in process.stdout:
            out.write(line)
            lines.append(line)
            now = time.monotonic()
            if now - said >= every:
                said = now
                shown = " ".join(line.split())[:60]
                say(f"  … {duration(now - began)}, {len(lines)} lines: {shown}")
        status = process.wait()
    text = "".join(lines)
    if status:
        # From the first error on: the compiler explains below it.
        wrong = re.compile(r"\berror(\[\w+\])?:|\bError \d|undefined (symbol|reference)")
        first = next((n for n, line in enumerate(lines) if wrong.search(line)), max(0, len(lines) - 30))
        shown = "".join(lines[first : first + 30])
        raise Failure(f"{what} failed (status {status}); the whole log is {log}\n{shown.rstrip()}")
    return text


def need(path, advice):
    """Fail with advice unless a file or program is there."""
    if not (shutil.which(path) if isinstance(path, str) else path.exists()):
        raise Failure(advice)
