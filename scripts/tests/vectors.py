# SPDX-License-Identifier: GPL-2.0
"""vectors: Wycheproof's vectors through the wrappers, inside the kernel, on UML and x86_64."""

import os
import re
import subprocess
from collections import Counter

from common import CACHE, LOGS, SCRIPTS, TOP, Failure, say
from suites import Result, attempt, build_kernel, chosen, module_file, quiet

KERNELS = chosen("um", "x86_64")
VECTORS = TOP / "tests/vectors"
MODULE = VECTORS / "module"
DATA = CACHE / "vectors/data"
TARGET = CACHE / "vectors/target"
TIMEOUT = 1800


def generate():
    """Bring the files of vectors up to date."""
    manifest = VECTORS / "generator/Cargo.toml"
    environment = dict(os.environ) | {"CARGO_TARGET_DIR": str(TARGET)}
    quiet("cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", manifest, env=environment)
    for old in DATA.glob("*"):
        old.unlink()
    quiet(TARGET / "release/vectors", DATA)


def numbers(path):
    """The numbers of the vectors in a file."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        found.append(int.from_bytes(data[at : at + 4], "little"))
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little")
    return found


def read_exceptions():
    """The vectors that may fail: {(file, number)}."""
    found = set()
    for line in (VECTORS / "exceptions").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            match = re.fullmatch(r"(\w+) (\d+(?:,\d+)*): \S.*", line)
            if not match:
                raise Failure(f'exceptions: "{line}" is not "FILE NUMBER[,NUMBER]: WHY"')
            found.update((match.group(1), int(number)) for number in match.group(2).split(","))
    return found


def feed(kernel, results):
    """Boot, and hand the vectors to the kernel."""
    for old in results.glob("*.txt"):
        old.unlink()
    # fmt: off
    command = [
        SCRIPTS / "guest", "--kernel", kernel, "--timeout", str(TIMEOUT), "--share", results,
        "--log", results / "kernel.log", "--",
        "python3", "-I", VECTORS / "feed.py", module_file(kernel, MODULE), DATA, results,
    ]
    # fmt: on
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise Failure(done.stderr.strip() or f"the guest ended with status {done.returncode}")


class Row:
    """What the kernel said of the vectors of a file."""

    def __init__(self, name, said):
        self.name = name
        self.counts = Counter(verdict.split(":")[0] for verdict in said.values())
        self.reasons = Counter(v.partition(": ")[2] for v in said.values() if v.startswith("not applicable: "))
        self.failed = {number: verdict for number, verdict in said.items() if verdict.startswith("failed: ")}


def judge(path, results, exceptions, used):
    """The row of a file; raises Failure with what is wrong with it."""
    said = {}
    for line in (results / f"{path.stem}.txt").read_text(encoding="utf-8").splitlines():
        number, _, verdict = line.partition(" ")
        said[int(number)] = verdict
    wanted = numbers(path)
    if not wanted or sorted(said) != sorted(wanted):
        raise Failure(f"{len(wanted)} vectors were handed in, and {len(said)} came back")
    row = Row(path.stem, said)
    if row.counts.keys() - {"passed", "failed", "not applicable"}:
        raise Failure(f"these are no verdicts: {sorted(row.counts)}")
    excused = {(path.stem, number) for number in row.failed} & exceptions
    used.update(excused)
    bad = {number: verdict for number, verdict in row.failed.items() if (path.stem, number) not in excused}
    if bad:
        raise Failure("\n".join(f"{number}: {verdict}" for number, verdict in sorted(bad.items())))
    return row


def table(rows):
    """The counts of each file, and the reasons of what does not apply."""
    lines = [f"{'file':<46}{'vectors':>8}{'passed':>8}{'other':>8}{'n. a.':>8}"]
    total = Counter()
    for row in rows:
        counts = [row.counts[kind] for kind in ("passed", "failed", "not applicable")]
        lines.append(f"{row.name:<46}{sum(counts):>8}" + "".join(f"{count:>8}" for count in counts))
        total.update(dict(zip(("all", "passed", "failed", "na"), (sum(counts), *counts), strict=True)))
    lines.append(f"{'':<46}{total['all']:>8}{total['passed']:>8}{total['failed']:>8}{total['na']:>8}")
    lines += ["", "other: another outcome than Wycheproof's, argued in tests/vectors/exceptions", "not applicable:"]
    reasons = sum((row.reasons for row in rows), Counter())
    lines += [f"{count:>8}  {reason}" for reason, count in reasons.most_common()]
    return lines


def left_out():
    """The files of the same kinds that no wrapper is for, by reason."""
    files, vectors, names = Counter(), Counter(), {}
    for line in (DATA / "left-out").read_text(encoding="utf-8").splitlines():
        kind, count, name, reason = re.fullmatch(r"(\w+) (\d+) (\w+): (.+)", line).groups()
        files[reason] += 1
        vectors[reason] += int(count)
        names.setdefault(reason, []).append(name)
    for reason, count in files.items():
        yield f"{count:>8} files, {vectors[reason]} vectors left out: {reason}: {' '.join(names[reason])}"


def run_kernel(kernel, exceptions, used):
    built = attempt(f"{kernel}: build", build_kernel, kernel, MODULE)
    if built.problem:
        yield built
        return
    results = LOGS / f"vectors-{kernel}"
    results.mkdir(parents=True, exist_ok=True)
    say(f"{kernel}: handing in the vectors of {len(list(DATA.glob('*.vec')))} files")
    yield attempt(f"{kernel}: guest and kernel's log", feed, kernel, results)
    rows = []
    for path in sorted(DATA.glob("*.vec")):
        try:
            rows.append(judge(path, results, exceptions, used))
            yield Result(f"{kernel}: {path.stem}")
        except (Failure, OSError) as failure:
            yield Result(f"{kernel}: {path.stem}", str(failure))
    lines = [f"{kernel}:", *table(rows), *left_out()]
    (results / "table").write_text("\n".join(lines) + "\n", encoding="utf-8")
    say("\n".join(lines))


def run():
    made = attempt("files of vectors", generate)
    yield made
    if made.problem:
        return
    exceptions, used = read_exceptions(), set()
    for kernel in KERNELS:
        yield from run_kernel(kernel, exceptions, used)
    stale = sorted(f"{name} {number}" for name, number in exceptions - used)
    yield Result("every exception is needed", f"remove {', '.join(stale)}" if stale else "")
