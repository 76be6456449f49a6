# SPDX-License-Identifier: GPL-2.0
"""host: the engine on the host: its tests, the same under AddressSanitizer, and each fuzz target for a while."""

import os
import re
import subprocess
import tomllib
from concurrent.futures import ThreadPoolExecutor

from common import CACHE, LLVM, LOGS, MODULE, Failure, say
from suites import Result, attempt

HOST = MODULE / "host"
FUZZ = HOST / "fuzz"
TRIPLE = "x86_64-unknown-linux-gnu"
# The sanitizer's run time is Clang's, so that any rustc will do: Debian's comes without one.
ASAN = [
    "-Zsanitizer=address", "-Zexternal-clangrt", f"-Clinker={LLVM / 'bin/clang'}", "-Clink-arg=-fsanitize=address",
    "-Coverflow-checks=on", "-Cdebug-assertions=on",
]  # fmt: skip
# The instrumentation that libFuzzer steers by.
COVERAGE = [
    "-Cpasses=sancov-module", "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters", "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares", "-Ccodegen-units=1", "--cfg=fuzzing",
]  # fmt: skip


def cargo(log, *arguments, flags=(), target):
    """Run cargo in the host workspace; returns its status and output, which a log keeps too."""
    env = dict(os.environ, CARGO_TERM_COLOR="never", CARGO_TARGET_DIR=str(CACHE / target))
    if flags:
        # Sanitizers and coverage are not stable features yet.
        env.update(RUSTC_BOOTSTRAP="1", CARGO_ENCODED_RUSTFLAGS="\x1f".join(flags), CXX=str(LLVM / "bin/clang++"))
    done = subprocess.run(
        ["cargo", *map(str, arguments)],
        cwd=HOST, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / f"{log}.log").write_text(done.stdout, encoding="utf-8")
    return done.returncode, done.stdout


def cargo_tests(label, *arguments, **options):
    """The tests of a `cargo test`, each a result."""
    say(f"{label}: cargo {' '.join(arguments)}")
    status, output = cargo(f"host-{label}", *arguments, **options)
    found = []
    program = ""
    for line in output.splitlines():
        if where := re.match(r"\s+(?:Running .*\((.+)\)|Doc-tests (.+))$", line):
            program = re.sub(r"-[0-9a-f]{16}$", "", (where.group(1) or f"doc/{where.group(2)}").rsplit("/", 1)[-1])
        elif test := re.match(r"test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored.*)$", line):
            name, verdict = test.groups()
            problem = ""
            if verdict != "ok":
                told = re.search(rf"^---- {re.escape(name)} stdout ----\n(.*?)(?=^----|\Z)", output, re.M | re.S)
                problem = f"{verdict}\n{told.group(1).strip()[:2000] if told else ''}"
            found.append(Result(f"{label}: {program}: {name}", problem))
    yield from found
    if status and not any(result.problem for result in found):
        report = output.find("ERROR: AddressSanitizer")
        shown = output[report : report + 3000] if report >= 0 else output.strip()[-3000:]
        yield Result(f"{label}: cargo", f"status {status}\n{shown}")
    elif not found:
        yield Result(f"{label}: cargo", "no test ran")


def fuzz_targets():
    manifest = FUZZ / "Cargo.toml"
    if not manifest.exists():
        raise Failure(f"there is no fuzz crate: {manifest}")
    return [binary["name"] for binary in tomllib.loads(manifest.read_text(encoding="utf-8")).get("bin", [])]


def fuzz_build():
    status, output = cargo(
        "host-fuzz-build", "build", "--release", "--manifest-path", FUZZ / "Cargo.toml", "--target", TRIPLE,
        flags=[*ASAN, *COVERAGE], target="host-fuzz",
    )  # fmt: skip
    if status:
        raise Failure(output.strip()[-3000:])


def fuzz(name, seconds):
    """Run a target from the seeds of the repository; what it finds anew goes to the cache."""
    found = CACHE / "fuzz-corpus" / name
    crashes = LOGS / f"fuzz-{name}"
    corpus = FUZZ / "seeds" / name
    for folder in (found, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"fuzz-{name}.log"
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(
            [
                CACHE / "host-fuzz" / TRIPLE / "release" / name, f"-max_total_time={seconds}", "-max_len=8192",
                "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={crashes}/",
                found, *([corpus] if corpus.is_dir() else []),
            ],
            stdout=out, stderr=subprocess.STDOUT, timeout=seconds + 300, check=False,
        )  # fmt: skip
    text = log.read_text(encoding="utf-8", errors="replace")
    if done.returncode:
        raise Failure(f"a crash, kept in {crashes}\n{text[-3000:]}")
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)|Done (\d+) runs", text)
    if not runs or not int(runs.group(1) or runs.group(2)):
        raise Failure(f"it ran nothing, see {log}")


def run():
    yield from cargo_tests("cargo test", "test", "--workspace", "--locked", "--no-fail-fast", target="host")
    yield from cargo_tests(
        "AddressSanitizer", "test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--tests",
        "--target", TRIPLE, flags=ASAN, target="host-asan",
    )  # fmt: skip
    seconds = int(os.environ.get("FUZZ_SECONDS", "60"))
    targets = fuzz_targets()
    say(f"building {len(targets)} fuzz targets")
    built = attempt("fuzz: build", fuzz_build)
    yield built
    if not targets:
        yield Result("fuzz: targets", f"there is no [[bin]] in {FUZZ / 'Cargo.toml'}")
    if not built.problem:
        # A target takes one processor.
        say(f"fuzzing {', '.join(targets)}, each for {seconds} s")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from pool.map(lambda name: attempt(f"fuzz: {name}", fuzz, name, seconds), targets)
