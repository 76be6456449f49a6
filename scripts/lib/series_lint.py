# SPDX-License-Identifier: GPL-2.0
"""What a maintainer looks for in the series beyond checkpatch.pl: who is told of it, and examples."""

import fnmatch
import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import tree
from common import BINDINGS, CACHE, LINUX, Failure, git, git_env

# Everything in the kernel belongs to this section as well.
REST = "THE REST"
ITEM = re.compile(r"^\s*pub (?:const |unsafe |async )*(?:(fn|struct|enum|trait|union) (\w+)|macro_rules! (\w+))")
PRIVATE = re.compile(r"^mod \w+ \{$")
IMPL = re.compile(r"^(?:unsafe )?impl\b(?:<.*?>)?\s+(?:.* for )?(?:\w+::)*(\w+)")
TESTS = re.compile(r"^(?:pub\(crate\) )?mod (?:tests|testing)\b|^#\[(?:kernel::|macros::)?kunit_tests\(")
COMMENT = re.compile(r"^\s*//[/!] ?")


def sections(text):
    """The sections of a MAINTAINERS file: (title, its F: patterns)."""
    for block in re.split(r"\n\n+", text):
        patterns = re.findall(r"^F:\t(\S+)", block, re.M)
        if patterns:
            yield block.splitlines()[0], patterns


def belongs(name, pattern):
    """Whether a MAINTAINERS pattern is about a file: a folder with all below it, or a glob within one."""
    if pattern.endswith("/"):
        return name.startswith(pattern)
    return fnmatch.fnmatchcase(name, pattern) and name.count("/") == pattern.count("/")


def homeless(names, text):
    """Those files that no section of MAINTAINERS is about."""
    known = [pattern for title, patterns in sections(text) if title != REST for pattern in patterns]
    return [name for name in names if not any(belongs(name, pattern) for pattern in known)]


def recipients(patch, maintainers):
    """What get_maintainer.pl says of a patch: (address, role)."""
    # fmt: off
    done = subprocess.run(
        ["perl", "scripts/get_maintainer.pl", "--no-git", "--no-git-fallback", "--no-rolestats", "--roles",
         "--no-n", f"--mpath={maintainers}", patch],
        cwd=LINUX, env=git_env(), capture_output=True, text=True, check=False,
    )
    # fmt: on
    rows = re.findall(r"^(.+?) \(([^()]+(?:\([^()]*\))?[^()]*)\)$", done.stdout, re.M)
    if done.returncode or not rows:
        raise Failure(f"get_maintainer.pl failed on {patch.name}: {(done.stderr or done.stdout).strip()[:2000]}")
    return rows


def maintainers(head, added):
    """Who gets each patch, a table, and findings: files of nobody's, patches that only the whole kernel's list gets."""
    text = git(LINUX, "show", f"{head}:MAINTAINERS")
    bad = [f"MAINTAINERS has no section for {name}" for name in homeless(added, text)]
    table = []
    with tempfile.NamedTemporaryFile("w", dir=CACHE, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        patches = tree.patches()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(lambda patch: recipients(patch, Path(file.name)), patches))
    for patch, rows in zip(patches, found, strict=True):
        own = [(address, role) for address, role in rows if not role.endswith(f":{REST}") and role != "open list"]
        if not own:
            bad.append(f"get_maintainer.pl finds nobody but the list of everything for {patch.name}")
        table.append((patch.name, own))
    return table, bad


@dataclass
class Item:
    """A public item: what it is, its name, the type whose impl block it stands in, and its examples."""

    path: Path
    kind: str
    name: str
    owner: str
    code: str


def examples(docs):
    """The code in the lines of a documentation comment, and its word where the examples are elsewhere."""
    docs, code, inside = list(docs), [], False
    for line in docs:
        text = COMMENT.sub("", line)
        if text.startswith("```"):
            inside = not inside and not text.startswith(("```text", "```ignore"))
        elif inside:
            code.append(text)
    if not code and any(COMMENT.sub("", line) == "# Examples" for line in docs):
        code.append("elsewhere")
    return "\n".join(code)


def public_items(path):
    """The public items of a file, but for those of tests and of private modules within it."""
    docs, owner, block = [], "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if TESTS.match(line) or PRIVATE.match(line):
            block = "hidden"
        elif match := IMPL.match(line):
            block, owner = "impl", match.group(1)
        elif line == "}":
            block = ""
        if COMMENT.match(line):
            docs.append(line)
        elif match := ITEM.match(line):
            kind, name, macro = match.groups()
            if block != "hidden":
                type_name = owner if block == "impl" else ""
                yield Item(path, kind or "macro_rules!", name or macro, type_name, examples(docs))
            docs = []
        elif not line.strip().startswith("#"):
            docs = []


def unshown():
    """Public items of the series that have no example, and how many items there are.

    An example is the item's own, or its type's, or one that names it; `# Examples` may say where it is.
    """
    files = sorted((BINDINGS / "rust/kernel").rglob("*.rs"))
    shown = "\n".join(examples(filter(COMMENT.match, path.read_text(encoding="utf-8").splitlines())) for path in files)
    words = set(re.findall(r"\w+", shown))
    items = [item for path in files for item in public_items(path)]
    types = {item.name for item in items if item.kind != "fn" and (item.code or item.name in words)}
    return [
        f"{item.path.relative_to(BINDINGS)}: no example of {item.kind} {item.name}"
        for item in items
        if not item.code and item.name not in words and item.owner not in types
    ], len(items)
