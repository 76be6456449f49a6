# SPDX-License-Identifier: GPL-2.0
"""panic-free: the linked module refers to nothing that panics, but for what panic-exceptions argues."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

from common import LLVM, MODULE, TOP, Failure
from suites import attempt, build_kernel, chosen, module_file, quiet

KERNELS = chosen("um", "x86_64")
EXCEPTIONS = Path(__file__).with_name("panic-exceptions")
# Where the core library's ways to panic begin, and what the kernel crate calls in their place.
PANIC = re.compile(
    r"\bpanicking\b|\b(core|alloc)::.*(panic|fail|mismatch|out_of_bounds|handle_alloc_error|overflow|already_)|"
    r"\b(rust_begin_unwind|rust_helper_BUG|rust_build_error)\b|^panic$"
)


def plain(name):
    """The last part of a function's path without its generic arguments: "push" of "<Vec<u8, A>>::push"."""
    name = name.replace("->", "")
    while (shorter := re.sub(r"(::)?<[^<>]*>", "", name)) != name:
        name = shorter
    parts = [part for part in name.split("::") if part and not part.startswith("{")]
    return parts[-1] if parts else name


def place(frame):
    """Where a piece of code was written, as "FILE:FUNCTION"; the same wherever it was built."""
    path = frame["FileName"]
    if path.startswith(f"{MODULE}/"):
        path = str(Path(path).relative_to(TOP))
    else:
        path = re.sub(r"^.*/(library/|rust/kernel/|rust/)", r"\1", path)
    return f"{path}:{plain(frame['FunctionName'])}"


def references(path):
    """The panics an object refers to and does not define: {(place, symbol): the functions they ended up in}."""
    undefined = quiet(LLVM / "bin/llvm-nm", "-C", "-u", "--format=just-symbols", path).splitlines()
    if not undefined:
        raise Failure("the module refers to nothing at all: this is not the linked module")
    panics = {name for name in undefined if PANIC.search(name)}
    found = {(None, name): set() for name in panics}
    with tempfile.TemporaryDirectory() as scratch:
        # Linked, each place has an address of its own, which the symbolizer takes.
        linked = Path(scratch) / "linked"
        # fmt: off
        quiet(LLVM / "bin/ld.lld", "-q", "--unresolved-symbols=ignore-all", "--entry=0", "--noinhibit-exec",
              "-o", linked, path)
        # fmt: on
        sites = []
        for line in quiet(LLVM / "bin/llvm-objdump", "-r", "-C", linked).splitlines():
            row = re.match(r"([0-9a-f]+) R_\S+\s+(.+)$", line)
            if row and (name := re.sub(r"[-+]0x[0-9a-f]+$", "", row.group(2))) in panics:
                sites.append((row.group(1), name))
        command = [LLVM / "bin/llvm-symbolizer", f"--obj={linked}", "--inlines", "--output-style=JSON"]
        asked = "".join(f"0x{address}\n" for address, _ in sites)
        done = subprocess.run([str(c) for c in command], input=asked, capture_output=True, text=True, check=True)
    for line, (_, name) in zip(done.stdout.splitlines(), sites, strict=True):
        # Innermost first.
        frames = json.loads(line)["Symbol"]
        if frames:
            user = f"{place(frames[-1])} (line {frames[0]['Line']})"
            found.setdefault((place(frames[0]), name), set()).add(user)
            found.pop((None, name), None)
    return found


def read_exceptions():
    """Lines "FILE:FUNCTION SYMBOL: REASON": where the panic is written, and which it is."""
    found = {}
    for line in EXCEPTIONS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            match = re.fullmatch(r"(\S+:\S+) (\S+): (\S.*)", line)
            if not match:
                raise Failure(f'{EXCEPTIONS.name}: "{line}" is not "FILE:FUNCTION SYMBOL: REASON"')
            found[match.group(1, 2)] = match.group(3)
    return found


def check(kernel, used):
    users = references(module_file(kernel).with_suffix(".o"))
    allowed = read_exceptions()
    used.update(set(allowed) & set(users))
    bad = sorted(((str(where), name) for where, name in set(users) - set(allowed)))
    if bad:
        lines = []
        for where, name in bad:
            inside = users.get((where, name), ())
            lines.append(f"{where} {name}\n    in " + " ".join(sorted(inside)))
        raise Failure(f"{len(bad)} ways to panic\n" + "\n".join(lines))


def run():
    used = set()
    for kernel in KERNELS:
        built = attempt(f"{kernel}: build", build_kernel, kernel)
        if built.problem:
            yield built
            continue
        yield attempt(f"{kernel}: no reference to a panic", check, kernel, used)
    if len(KERNELS) < 2:
        # What is needed on one may not be on the other.
        return
    stale = sorted(" ".join(key) for key in set(read_exceptions()) - used)
    yield attempt("every exception is needed", lambda: f"remove {', '.join(stale)}" if stale else "")
