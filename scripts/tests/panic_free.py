# SPDX-License-Identifier: GPL-2.0
"""panic-free: the linked module refers to nothing that panics, but for what panic-exceptions argues."""

import bisect
import re
from pathlib import Path

from common import LLVM, SCRIPTS, Failure
from suites import attempt, build_kernel, quiet

KERNELS = ("um", "x86_64")
EXCEPTIONS = Path(__file__).with_name("panic-exceptions")
# Where the core library's ways to panic begin, and what the kernel crate calls in their place.
PANIC = re.compile(
    r"\bpanicking\b|\bpanic_|_panic\b|unwrap_failed|expect_failed|slice_error_fail|_fail\b|_fail::|"
    r"len_mismatch|index_fail|out_of_bounds|handle_alloc_error|capacity_overflow|already_(mutably_)?borrowed|"
    r"\brust_begin_unwind\b|\brust_helper_BUG\b|\brust_build_error\b|\bpanic$"
)


def references(path):
    """What an object refers to and does not define, demangled: {symbol: functions that refer to it}."""
    undefined = set(quiet(LLVM / "bin/llvm-nm", "-C", "-u", "--format=just-symbols", path).splitlines())
    users = {name: set() for name in undefined}
    functions = {}  # by section: sorted (address, name)
    for line in quiet(LLVM / "bin/llvm-objdump", "-t", "-C", path).splitlines():
        match = re.match(r"([0-9a-f]+) .{7} (\S+)\s+[0-9a-f]+ (?:\.hidden )?(.+)$", line)
        if match and match.group(2).startswith(".") and not match.group(3).startswith("."):
            functions.setdefault(match.group(2), []).append((int(match.group(1), 16), match.group(3)))
    for rows in functions.values():
        rows.sort()
    section = ""
    for line in quiet(LLVM / "bin/llvm-objdump", "-r", "-C", path).splitlines():
        if header := re.match(r"RELOCATION RECORDS FOR \[(.+)\]", line):
            section = header.group(1)
        elif row := re.match(r"([0-9a-f]+) R_\S+\s+(.+)$", line):
            name = re.sub(r"[-+]0x[0-9a-f]+$", "", row.group(2))
            if name in users:
                rows = functions.get(section, [])
                at = bisect.bisect_right(rows, (int(row.group(1), 16), "\U0010ffff"))
                users[name].add(rows[at - 1][1] if at else section)
    return users


def read_exceptions():
    """Lines "SYMBOL: REASON", with the symbol demangled."""
    found = {}
    for line in EXCEPTIONS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            symbol, separator, reason = line.partition(": ")
            if not separator or not reason.strip():
                raise Failure(f'{EXCEPTIONS.name}: "{line}" is not "SYMBOL: REASON"')
            found[symbol.strip()] = reason.strip()
    return found


def check(kernel):
    folder = Path(quiet(SCRIPTS / "kernel", "path", kernel, "--module").strip()).parent
    users = references(folder / "rust_tls.o")
    if not users:
        raise Failure("the module refers to nothing at all: this is not the linked module")
    allowed = read_exceptions()
    panics = {name: who for name, who in users.items() if PANIC.search(name)}
    bad = sorted(set(panics) - set(allowed))
    if bad:
        shown = "\n".join("\n    in ".join([name, *sorted(panics[name])]) for name in bad)
        raise Failure(f"{len(bad)} ways to panic\n{shown}")
    return sorted(set(allowed) & set(panics))


def run():
    used = set()
    for kernel in KERNELS:
        built = attempt(f"{kernel}: build", build_kernel, kernel)
        if built.problem:
            yield built
            continue
        yield attempt(f"{kernel}: no reference to a panic", lambda kernel=kernel: used.update(check(kernel)))
    stale = sorted(set(read_exceptions()) - used)
    yield attempt("every exception is needed", lambda: f"remove {', '.join(stale)}" if stale else "")

