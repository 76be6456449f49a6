# SPDX-License-Identifier: GPL-2.0
"""kunit: the suites of the series and the module, doctests included, in every kernel: UML, UML with checks, x86_64."""

import re
import subprocess

import in_tree
from common import BINDINGS, LOGS, MODULE, SCRIPTS, say
from suites import Result, attempt, build_kernel, chosen, kernel_folder, module_file

KERNELS = chosen("um", "um-debug", "x86_64", "x86_64-debug", "x86_64-inline")
DOCTESTS = "rust_doctests_kernel"
# What is tested with each allocation failing in turn, and what is written to the log before it is so with all of them.
NO_MEMORY = "no_memory"
FAILING = "kunit: with allocations failing that may sleep"
# What the guest runs: the suites of the kernel ran at boot, those of the module run when it is loaded. Where there is
# failslab, what is tested with each allocation failing is so once more, with those failing too that may sleep, and
# those of pages, and what that leaks is seen by kmemleak. The sample of the crypto API checks itself. The module of the
# kernel's own tree is the same once more.
COLLECT = """
set -e
insmod "$RUST_TLS_MODULE"
if [ -f "$SAMPLE" ]; then
    insmod "$SAMPLE"
    rmmod rust_crypto
fi
cd /sys/kernel/debug/kunit
if [ -d ../failslab ]; then
    for fault in failslab fail_page_alloc; do
        echo N >../$fault/ignore-gfp-wait
        echo 0 >../$fault/verbose
    done
    echo 0 >../fail_page_alloc/min-order
    echo N >../fail_page_alloc/ignore-gfp-highmem
    echo "$FAILING" >/dev/kmsg
    for results in $(grep -l " $NO_MEMORY\\b" */results); do echo 1 >"${results%/results}/run"; done
    for fault in failslab fail_page_alloc; do echo Y >../$fault/ignore-gfp-wait; done
fi
for suite in *; do cat "$suite/results" >"$RESULTS/$suite.ktap"; done
rmmod rust_tls
if [ -f "$IN_TREE" ]; then
    insmod "$IN_TREE"
    rmmod rust_tls
fi
"""


def expected_suites():
    """The suites that the sources have, so that none can go missing unseen, by where they stand."""
    found = {}
    for where, folder in (("series", BINDINGS), ("module", MODULE)):
        for path in folder.rglob("*.rs"):
            if "host" not in path.relative_to(folder).parts:
                text = path.read_text(encoding="utf-8")
                for name in re.findall(r"^\s*#\[(?:kernel::|macros::)?kunit_tests\((\w+)\)\]", text, re.M):
                    found[name] = where
    return found


def cases(text):
    """The test cases in one suite's KTAP: (name, problem). A skipped case was not tested: a problem."""
    diagnosis = []
    count = planned = 0
    for line in text.splitlines():
        if plan := re.match(r"^ {4}1\.\.(\d+)$", line):
            planned = int(plan.group(1))
        # Cases are indented by one level; the parameters of a case by two, the suite's own line not at all.
        match = re.match(r"^ {4}(not )?ok \d+ ([^#\s]+)\s*(?:# (SKIP.*))?", line)
        if match:
            count += 1
            wrong, name, skipped = match.groups()
            yield name, skipped or ("\n".join(diagnosis) or "not ok" if wrong else "")
            diagnosis = []
        else:
            diagnosis.append(line.strip())
    if count != planned:
        yield "all cases", f"{planned} cases were planned and {count} ran"


def failed_allocations(log):
    """How many allocations failed in turn, those included that may sleep, by suite."""
    found, suite = {}, None
    for line in log.partition(FAILING)[2].splitlines():
        if match := re.search(r"# Subtest: (\w+)$", line):
            suite = match.group(1)
        elif match := re.search(r"each of (\d+) allocations failed in turn$", line):
            found[suite] = found.get(suite, 0) + int(match.group(1))
    return found


def run_kernel(kernel):
    built = attempt(f"{kernel}: build", build_kernel, kernel)
    if built.problem:
        yield built
        return
    results = LOGS / f"kunit-{kernel}"
    results.mkdir(parents=True, exist_ok=True)
    for old in results.glob("*.ktap"):
        old.unlink()
    say(f"{kernel}: booting with KUnit")
    # fmt: off
    command = [
        SCRIPTS / "guest", "--kernel", kernel, "--kunit", "--timeout", "900", "--share", results,
        "--log", results / "kernel.log", "--env", f"RUST_TLS_MODULE={module_file(kernel)}",
        "--env", f"RESULTS={results}", "--env", f"SAMPLE={kernel_folder(kernel) / 'samples/rust/rust_crypto.ko'}",
        "--env", f"IN_TREE={kernel_folder(kernel) / in_tree.FOLDER / 'rust_tls.ko'}",
        "--env", f"FAILING={FAILING}", "--env", f"NO_MEMORY={NO_MEMORY}",
        "--", "bash", "-c", COLLECT,
    ]
    # fmt: on
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False)
    yield Result(f"{kernel}: guest and kernel's log", done.stderr.strip() or "failed" if done.returncode else "")
    ran = {path.stem: list(cases(path.read_text(encoding="utf-8"))) for path in sorted(results.glob("*.ktap"))}
    wanted = expected_suites()
    for suite in [*wanted, DOCTESTS]:
        if not ran.get(suite):
            yield Result(f"{kernel}: {suite}", "the suite did not run")
    if "module" not in wanted.values():
        yield Result(f"{kernel}: the module's suites", "the module has no KUnit suite")
    for suite, found in ran.items():
        for name, problem in found:
            yield Result(f"{kernel}: {suite}.{name}", problem)
    if "CONFIG_FAILSLAB=y" in (kernel_folder(kernel) / ".config").read_text(encoding="ascii"):
        log = (results / "kernel.log").read_text(encoding="utf-8", errors="replace")
        failed = failed_allocations(log)
        for suite in [name for name, found in ran.items() if NO_MEMORY in dict(found)]:
            problem = "" if failed.get(suite) else "no allocation failed"
            yield Result(f"{kernel}: {suite} with allocations failing", problem)
        say(f"{kernel}: {sum(failed.values())} allocations failed in turn")
    say(f"{kernel}: {sum(map(len, ran.values()))} cases in {len(ran)} suites")


def run():
    for kernel in KERNELS:
        yield from run_kernel(kernel)
