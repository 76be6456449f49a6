# SPDX-License-Identifier: GPL-2.0
"""lint: formats, Clippy, the series against its sources, what the design promises of the module's text."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

from common import LINUX, MODULE, SCRIPTS, TOP, VENV, Failure, git
from suites import attempt, program, quiet


def sources(*patterns):
    """The checkout's files, tracked or about to be, that match git's patterns."""
    listed = git(TOP, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns)
    return sorted({TOP / name for name in listed.split("\0") if name and (TOP / name).is_file()})


def edition(path):
    """The Rust edition of a file's crate; the kernel's where there is no crate."""
    for folder in path.parents:
        manifest = folder / "Cargo.toml"
        if manifest.exists():
            found = tomllib.loads(manifest.read_text(encoding="utf-8"))
            value = found.get("package", {}).get("edition")
            if isinstance(value, str):
                return value
        if folder == TOP:
            break
    return "2021"


def rustfmt():
    by_edition = {}
    for path in sources("*.rs"):
        by_edition.setdefault(edition(path), []).append(path)
    if not by_edition:
        raise Failure("no Rust sources were found")
    for name, paths in by_edition.items():
        config = Path(os.environ.get("KDIR") or LINUX) / ".rustfmt.toml"
        options = ["--config-path", config, "--edition", name]
        wrong = quiet_lines("rustfmt", "--check", "-l", *options, *paths)
        if wrong:
            raise Failure(f"run `rustfmt {' '.join(map(str, options))}` on\n" + "\n".join(sorted(set(wrong))))


def quiet_lines(*command):
    """What a program prints, whether it fails or not; its complaints are a failure."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.stderr:
        raise Failure(done.stderr.strip())
    return done.stdout.splitlines()


def shell_scripts():
    found = []
    for path in sources("scripts", ".ci", "tests", "tls-module/host"):
        with open(path, "rb") as file:
            if re.match(rb"#!.*\b(ba|da|)sh\b", file.readline()):
                found.append(path)
    return found


def python_scripts():
    found = []
    for path in sources("scripts", "tests"):
        with open(path, "rb") as file:
            if path.suffix == ".py" or re.match(rb"#!.*\bpython3?\b", file.readline()):
                found.append(path)
    return found


def module_lines():
    """The code of the module, comments and strings left out: (place, line)."""
    for path in sources("tls-module/*.rs"):
        if path.is_relative_to(MODULE / "host"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]
            yield f"{path.relative_to(TOP)}:{number}", code


def forbids_unsafe():
    if "#![forbid(unsafe_code)]" not in (MODULE / "rust_tls.rs").read_text(encoding="utf-8"):
        raise Failure("tls-module/rust_tls.rs does not say #![forbid(unsafe_code)]")


def has_none_of(pattern, what):
    bad = [f"{place}: {code.strip()}" for place, code in module_lines() if re.search(pattern, code)]
    if bad:
        raise Failure(f"{what} in the module: a wrapper of the series is missing\n" + "\n".join(bad))


def run():
    yield attempt("rustfmt", rustfmt)
    yield attempt("ruff", lambda: quiet(VENV / "bin/ruff", "check", "--quiet", *python_scripts()) and "")
    yield attempt("shellcheck", lambda: quiet("shellcheck", *shell_scripts()) and "")
    yield attempt("module: forbid(unsafe_code)", forbids_unsafe)
    yield attempt("module: nothing unsafe", has_none_of, r"\bunsafe\b(?!_code)", "unsafe code")
    yield attempt("module: no bindings::", has_none_of, r"\bbindings\s*::", "bindings::")
    pointers = r"\*\s*(const|mut)\s+[A-Za-z_(\[<]|\bNonNull\b|\bas_(mut_)?ptr\b"
    yield attempt("module: no raw pointer", has_none_of, pointers, "a raw pointer")
    yield attempt("series check", program, SCRIPTS / "series", "check")
    yield attempt("Clippy: series", program, SCRIPTS / "kernel", "lint", "um")
    yield attempt("kernel for the module", program, SCRIPTS / "kernel", "build", "um")
    yield attempt("Clippy: module", program, SCRIPTS / "kernel", "module", "um", "--clippy")
    for name in ("algorithms/module", "bench/wrappers", "vectors/module"):
        folder = TOP / "tests" / name
        yield attempt(f"Clippy: {name}", program, SCRIPTS / "kernel", "module", "um", "--of", folder, "--clippy")
