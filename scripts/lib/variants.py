# SPDX-License-Identifier: GPL-2.0
"""Builds what the series adds in configurations, for processors and with compilers that the tests do not use.

Each variant starts from a small configuration with everything of the series in it and takes something
away, or is built for another processor or by the oldest rustc that the kernel takes. It passes when each
option is as it was asked for and what is built has no error, and no warning about a line of the series. UML is
linked as a whole, with its modules, so that what is called is known to be there; for other processors the
folders with files of the series are compiled. The last ones are of the same kind: what rustdoc and Sphinx
say of the documentation, and sparse of the C code.

What passed is remembered by the source, toolchain and configuration, and is not built again.
"""

import hashlib
import os
import queue
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import compiler_cache
import diagnostics
import in_tree
import remembered
from common import (
    CACHE,
    LINUX,
    LOGS,
    TOOLCHAIN,
    VENV,
    Failure,
    git,
    kernel_env,
    locked,
    need,
    run_logged,
    say,
)

FOLDER = CACHE / "variants"
SOURCE = FOLDER / "linux"
OLDEST = CACHE / "rustc-1.85"

# All of the series, with as little beside it as it needs.
EVERYTHING = """
PRINTK EXPERT MODULES MULTIUSER SYSFS DEBUG_FS CONFIGFS_FS KEYS NET INET TLS
CRYPTO CRYPTO_AES CRYPTO_ECDSA CRYPTO_MLDSA CRYPTO_SELFTESTS RUST RUST_CRYPTO CRYPTO_P256_RUST RUST_TLS=m
FTRACE ENABLE_DEFAULT_TRACERS SAMPLES SAMPLES_RUST SAMPLE_RUST_CRYPTO=m
KUNIT RUST_KUNIT_TESTS RUST_CRYPTO_KUNIT_TEST RUST_KEY_KUNIT_TEST RUST_NET_KUNIT_TEST
CRYPTO_P256_RUST_KUNIT_TEST RUST_TLS_KUNIT_TEST
"""
TESTS = "RUST_CRYPTO_KUNIT_TEST RUST_KEY_KUNIT_TEST RUST_NET_KUNIT_TEST CRYPTO_P256_RUST_KUNIT_TEST RUST_TLS_KUNIT_TEST"
NO_CRYPTO = f"RUST_CRYPTO CRYPTO_P256_RUST RUST_TLS SAMPLE_RUST_CRYPTO {TESTS}"
NO_TLS = "TLS RUST_TLS RUST_TLS_KUNIT_TEST RUST_NET_KUNIT_TEST"
# What is compiled where nothing is linked; net/core/ for the tracepoints alone.
PARTS = ["prepare", "rust/", "crypto/", "net/core/tls_handshake-traces.o", f"{in_tree.FOLDER}/", "samples/rust/"]

# What the series changes of C, or adds, that is built in every variant; the helpers are checked on their way.
CHECKED = [f"crypto/{name}.o" for name in ("api", "ecc", "ecdsa-p1363", "ecdsa-x962", "rsa", "testmgr")]
CHECKED += ["arch/um/kernel/stacktrace.o", "net/core/tls_handshake-traces.o", "net/tls/tls_sw.o"]
CHECKED += ["rust/helpers/helpers.o"]


@dataclass
class Variant:
    """A configuration: what is other than in EVERYTHING, for which processor, by which rustc."""

    name: str
    off: str = ""
    on: str = ""
    arch: str = "um"
    oldest: bool = False
    parts: list[str] = field(default_factory=lambda: ["all"])

    def out(self, worker):
        return FOLDER / (self.arch + ("-oldest" if self.oldest else "") + f"-{worker}")

    def wanted(self):
        """The options, "CONFIG_X=y" or "# CONFIG_X is not set"."""
        options = dict.fromkeys(self.off.split(), "n")
        # UML is the one that asks.
        every = f"64BIT {EVERYTHING}" if self.arch == "um" else EVERYTHING
        for word in f"{every} {self.on}".split():
            name, _, value = word.partition("=")
            if name not in options or word in self.on.split():
                options[name] = value or "y"
        return [
            f"# CONFIG_{name} is not set" if value == "n" else f"CONFIG_{name}={value}"
            for name, value in options.items()
        ]


VARIANTS = [
    Variant("everything"),
    # In folders of their own: here, they are built while the compiler's cache fills.
    Variant("rustc 1.85", oldest=True, parts=PARTS),
    Variant("arm64", arch="arm64", parts=PARTS),
    Variant("riscv", arch="riscv", parts=PARTS),
    Variant("everything built in", on="RUST_TLS SAMPLE_RUST_CRYPTO"),
    Variant("RUST_TLS=n", off="RUST_TLS RUST_TLS_KUNIT_TEST"),
    Variant("CRYPTO_P256_RUST=m", on="CRYPTO_P256_RUST=m"),
    Variant("CRYPTO_P256_RUST=n", off="CRYPTO_P256_RUST CRYPTO_P256_RUST_KUNIT_TEST RUST_TLS RUST_TLS_KUNIT_TEST"),
    Variant("SAMPLE_RUST_CRYPTO=n", off="SAMPLE_RUST_CRYPTO"),
    *(Variant(f"{name}=n", off=name, parts=PARTS) for name in TESTS.split()),
    Variant("no KUnit tests", off=TESTS),
    Variant("KUNIT=n", off=f"KUNIT RUST_KUNIT_TESTS {TESTS}"),
    Variant("TRACEPOINTS=n", off="FTRACE ENABLE_DEFAULT_TRACERS"),
    Variant("CONFIGFS_FS=n", off="CONFIGFS_FS RUST_TLS RUST_TLS_KUNIT_TEST"),
    Variant("KEYS=n", off="KEYS RUST_KEY_KUNIT_TEST RUST_TLS RUST_TLS_KUNIT_TEST"),
    Variant("TLS=n", off=NO_TLS),
    Variant("TLS=m", on="TLS=m", off="RUST_NET_KUNIT_TEST"),
    Variant("INET=n", off=f"INET {NO_TLS}"),
    Variant("NET=n", off=f"NET INET {NO_TLS}"),
    Variant("RUST_CRYPTO=n", off=NO_CRYPTO),
    Variant("CRYPTO=n", off=f"CRYPTO CRYPTO_AES CRYPTO_ECDSA CRYPTO_MLDSA CRYPTO_SELFTESTS {NO_TLS} {NO_CRYPTO}"),
    Variant("MODULES=n", off="MODULES", on="RUST_TLS SAMPLE_RUST_CRYPTO"),
    Variant("rustdoc", parts=["rustdoc"]),
    Variant("htmldocs", parts=["htmldocs", "RUSTDOC=", "SPHINXDIRS=crypto networking"]),
    # The sparse of Debian 12 does not know this operator; the kernel asks for one that does.
    Variant("sparse", parts=["C=2", "CHECK=sparse -D__typeof_unqual__=__typeof__", *CHECKED]),
]


def toolchain(variant):
    """The words for make, and the environment."""
    words, env = list(TOOLCHAIN), kernel_env()
    # For Sphinx.
    env["PATH"] = f"{VENV / 'bin'}:{env['PATH']}"
    if variant.oldest:
        need(OLDEST / "usr/bin/rustc", f"there is no rustc in {OLDEST}: run `scripts/setup --for variants` first")
        words = ["LLVM=1", *(f"{name}={OLDEST}/usr/bin/{program}" for name, program in
                             (("RUSTC", "rustc"), ("RUSTDOC", "rustdoc"), ("CLIPPY_DRIVER", "clippy-driver")))]
        env["LD_LIBRARY_PATH"] = str(OLDEST / "usr/lib/x86_64-linux-gnu")
    return words, env


def versions(words, env):
    """What the programs of a toolchain say of themselves."""
    rustc = words[1].removeprefix("RUSTC=")
    commands = [["clang", "--version"], ["ld.lld", "--version"], [rustc, "-vV"], ["bindgen", "--version"]]
    try:
        return [
            subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout for command in commands
        ]
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"{error}: run scripts/setup first") from None


def misfits(wanted, config):
    """Options that are not as they were asked for. One that is off may also be missing from .config."""
    lines = set(config.splitlines())
    on = {line.split("=")[0] for line in lines if line.startswith("CONFIG_")}
    return [
        line for line in wanted
        if (line not in lines if line.startswith("CONFIG_") else line.split()[1] in on)
    ]


def touched_lines(head):
    """The files that the series touches, each with the lines that it adds or changes."""
    found = {}
    for line in git(LINUX, "diff", "--unified=0", "--no-ext-diff", "--no-renames", "base", head).splitlines():
        if name := re.match(r"\+\+\+ b/(.*)", line):
            lines = found.setdefault(name.group(1), set())
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            start, count = int(hunk.group(1)), int(hunk.group(2) or 1)
            lines.update(range(start, start + count))
    return found


def ours(place, line, touched):
    """Whether a compiler's words are about a line of the series."""
    return any(line in lines for name, lines in touched.items() if place == name or place.endswith(f"/{name}"))


def build(variant, out, touched, log):
    """Configure and build in a folder; raises Failure with what is wrong."""
    words, env = toolchain(variant)
    env |= compiler_cache.ENV
    out.mkdir(parents=True, exist_ok=True)
    fragment = out / "variant.config"
    wanted = variant.wanted()
    fragment.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    make = ["make", "-C", SOURCE, f"O={out}", f"ARCH={variant.arch}", *words, *compiler_cache.WORDS]
    make.append(f"-j{os.cpu_count()}")
    with_fragment = env | {"KCONFIG_ALLCONFIG": str(fragment)}
    run_logged(f"configuring {variant.name}", [*make, "allnoconfig"], log, env=with_fragment)
    if lost := misfits(wanted, (out / ".config").read_text(encoding="utf-8")):
        raise Failure(f"not as asked for: {' '.join(lost)}")
    text = run_logged(f"building {variant.name}", [*make, *variant.parts], log, env=env, append=True)
    if bad := [block for place, line, block in diagnostics.found(text) if ours(place, line, touched)]:
        raise Failure(f"{len(bad)} warnings about lines of the series\n" + "\n".join(bad))
    return "builds"


def check_out(commit):
    if not (SOURCE / ".git").exists():
        git(LINUX, "worktree", "prune")
        git(LINUX, "worktree", "add", "--quiet", "--detach", SOURCE, commit)
    git(SOURCE, "checkout", "--quiet", "--force", "--detach", commit)


def run(head, only, jobs):
    """Build the variants whose names have one of these words in them, or all; returns the exit status."""
    chosen = [variant for variant in VARIANTS if not only or any(word in variant.name for word in only)]
    if not chosen:
        raise Failure(f"no variant is named so: there are {', '.join(variant.name for variant in VARIANTS)}")
    source = git(LINUX, "rev-parse", f"{head}^{{tree}}").strip()
    touched = touched_lines(head)
    # Those that are built at a time have folders of their own, in which the next ones find most of it built.
    workers = queue.SimpleQueue()
    for worker in range(jobs):
        workers.put(worker)

    def passes(number, variant):
        parts = [source, variant.arch, *variant.wanted(), *variant.parts, *versions(*toolchain(variant))]
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        log = LOGS / f"variant-{re.sub(r'[^A-Za-z0-9.]+', '-', variant.name)}.log"
        worker = workers.get()
        try:
            return remembered.passes(
                FOLDER / "passed" / key,
                f"{number}/{len(chosen)} {variant.name}",
                lambda: build(variant, variant.out(worker), touched, log),
            )
        finally:
            workers.put(worker)

    with locked("variants"), ThreadPoolExecutor(jobs) as pool:
        check_out(head)
        bad = list(pool.map(passes, range(1, len(chosen) + 1), chosen)).count(False)
    say(f"variants: {len(chosen) - bad} of {len(chosen)} build")
    return 1 if bad else 0
