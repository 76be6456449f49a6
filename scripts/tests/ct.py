# SPDX-License-Identifier: GPL-2.0
"""ct: P-256 in constant time: by memcheck with secrets taken for undefined, by the clock, and by the compiled code."""

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

from common import CACHE, LLVM, LOGS, MODULE, TOP, Failure, kernel_env
from panic_free import plain
from suites import Result, attempt, build_kernel, chosen, kernel_folder, quiet

CRATE = MODULE / "host/ct"
TARGET = CACHE / "host-ct"
PROGRAM = TARGET / "release/ct"
HOST = TARGET / "linked/host"
SOURCE = TOP / "crypto-bindings/crypto/p256"
KERNELS = chosen("um", "x86_64")
# What memcheck says of a branch and of an address that depend on what is undefined.
REPORT = re.compile(r"Conditional jump or move depends on uninitialised|Use of uninitialised value")

RUNS = int(os.environ.get("CT_RUNS", "1000000"))
# dudect's bound for "definitely not constant time". Chance alone does not get there; a machine that changes its speed
# while it is measured may, now and then, but does not each time.
BOUND = 10
ATTEMPTS = 3

# The files in which secrets are computed with. The others take apart what comes from outside, which tells lengths and
# whether a key is one.
FILES = ("arith.rs", "field.rs", "scalar.rs", "point.rs", "key.rs", "ecdsa.rs")
ALLOWED = Path(__file__).with_name("ct-branches")
DIVISION = re.compile(r"i?div[bwlq]?")
BRANCH = re.compile(r"j(?!mp)\w+|loop\w*")


def build():
    """Build the program, and link the library by itself, as below."""
    env = dict(os.environ, CARGO_TERM_COLOR="never", CARGO_TARGET_DIR=str(TARGET))
    told = quiet("cargo", "build", "--release", "--locked", "--message-format=json", env=env, cwd=CRATE)
    messages = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    made = [m["filenames"] for m in messages if m.get("target", {}).get("name") == "p256" and "filenames" in m]
    libraries = [name for names in made for name in names if name.endswith(".rlib")]
    if len(libraries) != 1:
        raise Failure(f"cargo built {len(libraries)} libraries p256")
    link("--whole-archive", libraries[0], to=HOST)


def link(*arguments, to):
    """Link code that is never run: each place in it has an address of its own then, which has a line."""
    to.parent.mkdir(parents=True, exist_ok=True)
    # fmt: off
    quiet(LLVM / "bin/ld.lld", "--unresolved-symbols=ignore-all", "--entry=0", "--noinhibit-exec", "-o", to,
          *arguments)
    # fmt: on


def memcheck(*arguments):
    """What memcheck says, and whether it was content."""
    command = ["valgrind", "--error-exitcode=3", "--quiet", PROGRAM, "memcheck", *arguments]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False)
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / "ct-memcheck.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


def no_report():
    status, out, report = memcheck()
    if status or report.strip() or "done" not in out:
        return f"status {status}\n{report.strip()[:4000]}"
    return ""


def leak_is_reported():
    status, _, report = memcheck("leak")
    if status != 3 or not REPORT.search(report):
        return f"a branch on a secret went unnoticed: status {status}\n{report.strip()[:2000]}"
    return ""


def largest_t(operation, runs):
    return float(quiet(PROGRAM, "timing", operation, runs).split()[-1])


def timing(operation):
    """A time that depends on the secret shows in each attempt, what the machine does besides does not."""
    found = []
    while len(found) < ATTEMPTS:
        found.append(largest_t(operation, RUNS))
        if found[-1] < BOUND:
            return Result(f"timing: {operation}: {RUNS} runs, |t| {', '.join(map(str, found))}, less than {BOUND}")
    return Result(f"timing: {operation}", f"|t| is {', '.join(map(str, found))}: its time depends on its secret")


def leak_is_timed():
    t = largest_t("leak", 100_000)
    return "" if t >= BOUND else f"a comparison that stops early went unnoticed: |t| is {t}"


def with_lines(kernel):
    """The kernel's object of P-256, compiled once more in the same way, but so that addresses have lines."""
    folder = kernel_folder(kernel)
    command = (folder / "crypto/p256/.p256.o.cmd").read_text(encoding="utf-8")
    command = re.match(r"savedcmd_\S+ := (.*)", command).group(1)
    place = TARGET / kernel
    place.mkdir(parents=True, exist_ok=True)
    command = command.replace("--out-dir crypto/p256/", f"--out-dir {place}").replace("=crypto/p256/", f"={place}/")
    command = command.split(" ; ")[0] + " -Cdebuginfo=line-tables-only"
    quiet("sh", "-c", command, env=kernel_env() | {"RUSTC_BOOTSTRAP": "1"}, cwd=folder)

    def code(path):
        binary = place / "text"
        quiet(LLVM / "bin/llvm-objcopy", "-O", "binary", "--only-section=.text", path, binary)
        return binary.read_bytes()

    made = place / "p256.o"
    if not code(made) or code(made) != code(folder / "crypto/p256/p256.o"):
        raise Failure("compiled with lines, the code is not that of the kernel")
    linked = TARGET / "linked" / kernel
    link(made, to=linked)
    return linked


def instructions(path):
    """The address, function and name of each instruction of P-256."""
    text = quiet(LLVM / "bin/llvm-objdump", "--disassemble", "--section=.text", "--no-show-raw-insn", path)
    function = ""
    for line in text.splitlines():
        if found := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            function = found.group(1)
        elif "p256" in function and (found := re.match(r"\s*([0-9a-f]+):\s+(\S+)", line)):
            yield found.group(1), function, found.group(2)


def no_division(path):
    """No instruction divides, which takes a time that depends on the operands."""
    found = list(instructions(path))
    functions = {function for _, function, _ in found}
    if len(functions) < 3:
        return f"only {len(functions)} functions of P-256 were found"
    return "\n".join(f"{function} at {address}" for address, function, name in found if DIVISION.fullmatch(name))


def allowed():
    """Lines "FILE | MOST | SOURCE LINE | REASON"."""
    found = {}
    for row in ALLOWED.read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            file, most, line, reason = row.split(" | ")
            if not reason.strip():
                raise Failure(f"{ALLOWED.name} does not say why: {row}")
            found[file, line] = int(most)
    return found


def branches(path):
    """Where each conditional branch in the arithmetic was written: {(file, line of source): how many}.

    Where a line was inlined into many places, it is how many there are in the one that has most of them.
    """
    sites = [(address, function) for address, function, name in instructions(path) if BRANCH.fullmatch(name)]
    command = [LLVM / "bin/llvm-symbolizer", f"--obj={path}", "--inlines", "--output-style=JSON"]
    asked = "".join(f"0x{address}\n" for address, _ in sites)
    done = subprocess.run([str(c) for c in command], input=asked, capture_output=True, text=True, check=True)
    found = Counter()
    for answer, (_, function) in zip(done.stdout.splitlines(), sites, strict=True):
        frames = json.loads(answer).get("Symbol", ())
        # The innermost frame that is of P-256: those in it are the core library's.
        frame = next((frame for frame in frames if Path(frame["FileName"]).parent.name == "p256"), None)
        if not frame or Path(frame["FileName"]).name not in FILES:
            continue
        file = Path(frame["FileName"]).name
        lines = ["", *(SOURCE / file).read_text(encoding="utf-8").splitlines()]
        line = lines[frame["Line"]].strip()
        if not re.search(r"\w", line):
            line = f"fn {plain(frame['FunctionName'])}"
        place = (function, *((f["FunctionName"], f["Line"], f["Column"]) for f in frames))
        found[file, line, place] += 1
    most = {}
    for (file, line, _), number in found.items():
        most[file, line] = max(number, most.get((file, line), 0))
    return most


def no_branch(path):
    """No branch but those that ct-branches argues; a decision is one branch, not one for each part of a number."""
    found = branches(path)
    if not found:
        return "no branch was found, not even that of a loop"
    most = allowed()
    return "\n".join(
        f"{file}: {number} in a place, {most.get((file, line), 0)} allowed: {line}"
        for (file, line), number in found.items()
        if number > most.get((file, line), 0)
    )


def examine(label, path):
    yield attempt(f"{label}: no division", no_division, path)
    yield attempt(f"{label}: no branch that a secret decides", no_branch, path)


def run():
    built = attempt("build", build)
    yield built
    if not built.problem:
        yield attempt("memcheck: a branch on a secret is seen", leak_is_reported)
        yield attempt("memcheck: key generation, agreement, signing", no_report)
        yield attempt("timing: a comparison that stops early is seen", leak_is_timed)
        for operation in ("key-pair", "agreement", "sign"):
            try:
                yield timing(operation)
            except Failure as failure:
                yield Result(f"timing: {operation}", str(failure))
        yield from examine("host", HOST)
    for kernel in KERNELS:
        try:
            build_kernel(kernel)
            path = with_lines(kernel)
        except Failure as failure:
            yield Result(f"{kernel}: build", str(failure))
        else:
            yield from examine(kernel, path)
