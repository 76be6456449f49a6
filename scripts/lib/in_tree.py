# SPDX-License-Identifier: GPL-2.0
"""The module's place in the kernel's tree: its sources there are tls-module's, less what is only for the host.

An item under `#[cfg(test)]` or `#[cfg(not(MODULE))]` is for the host's tests: no kernel builds it, so
nobody should have to read it there. The extent of an item is told by its indentation, which rustfmt sees to.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from common import MODULE, Failure, git_env

FOLDER = "net/rust_tls"
HOST_ONLY = re.compile(r"( *)#\[cfg\((?:test|not\(MODULE\))\)\]")


def files():
    """The module's files that have a place in the kernel's tree, by their paths there."""
    found = {}
    for path in sorted(MODULE.rglob("*.rs")):
        inner = path.relative_to(MODULE)
        if "host" not in inner.parts and "tests" not in inner.parts and inner.name != "tests.rs":
            found[f"{FOLDER}/{inner}"] = path
    return found


def home(name):
    """Where a file of the kernel's tree has its source, if that is the module."""
    return MODULE / Path(name).relative_to(FOLDER) if name.startswith(f"{FOLDER}/") and name.endswith(".rs") else None


def stripped(text):
    """The text of a file without what is only for the host."""
    kept, lines = [], text.splitlines()
    while lines:
        line = lines.pop(0)
        match = HOST_ONLY.fullmatch(line)
        if not match:
            kept.append(line)
            continue
        indent = match.group(1)
        # What belongs to the item stands above it and below: documentation, and lines up to its end.
        while kept and kept[-1].startswith((f"{indent}/// ", f"{indent}#[")):
            kept.pop()
        end = re.compile(rf"{indent}(?:\}}|[^ #/].*[;,}}])")
        while lines and not end.fullmatch(lines.pop(0)):
            pass
        if kept and not kept[-1]:
            if lines and not lines[0]:
                lines.pop(0)
            elif not lines or lines[0].strip() == "}":
                kept.pop()
    return "".join(f"{line}\n" for line in kept)


def merged(path, text):
    """A file of the module with the edits that its copy in a kernel's tree has."""
    if not path.exists():
        return text
    own = path.read_text(encoding="utf-8")
    if stripped(own) == text:
        return own
    with tempfile.TemporaryDirectory() as scratch:
        base, other = Path(scratch) / "base", Path(scratch) / "other"
        base.write_text(stripped(own), encoding="utf-8")
        other.write_text(text, encoding="utf-8")
        # fmt: off
        done = subprocess.run(["git", "merge-file", "--stdout", path, base, other], env=git_env(),
                              capture_output=True, text=True, check=False)
        # fmt: on
    # Not even then may something get lost.
    if done.returncode or stripped(done.stdout) != text:
        raise Failure(f"{path} and its copy in the tree differ where code for the host begins: make that edit by hand")
    return done.stdout
