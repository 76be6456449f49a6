# SPDX-License-Identifier: GPL-2.0
"""The kernel trees in the cache: the pristine one and the one the series is applied to."""

import contextlib
import shutil
import tempfile
from pathlib import Path

from common import CACHE, LINUX, PATCHES, TREE, Failure, git, git_env, locked, say

# Where the tree stands after the last application, so that a developer's own commits are noticed.
APPLIED = "refs/rust-tls/applied"
COMMITTER = {"GIT_COMMITTER_NAME": "rust-tls", "GIT_COMMITTER_EMAIL": "rust-tls@localhost"}


def need_linux():
    if not (LINUX / ".git").exists():
        raise Failure(f"there is no kernel source in {CACHE}: run scripts/setup first (without KDIR)")


def version():
    """The version of the pristine kernel, "7.3.4"."""
    fields = dict(
        line.split(" = ", 1)
        for line in git(LINUX, "show", "base:Makefile").splitlines()[:8]
        if " = " in line
    )
    return f"{fields['VERSION']}.{fields['PATCHLEVEL']}.{fields['SUBLEVEL']}"


def patches(folder=PATCHES):
    """The patches of the series in their order, without the cover letter."""
    return sorted(p for p in folder.glob("[0-9]*.patch") if not p.name.startswith("0000-"))


def am(series):
    """Apply patches on the pristine kernel with `git am`; returns the commit.

    The work is done in a folder with no files but those the patches touch: git takes a file that is
    not there from its index. The same patches on the same base always make the same commit.
    """
    need_linux()
    if not series:
        return git(LINUX, "rev-parse", "base").strip()
    scratch = Path(tempfile.mkdtemp(dir=CACHE, prefix="am-"))
    work = scratch / "work"
    try:
        git(LINUX, "worktree", "add", "--quiet", "--no-checkout", "--detach", work, "base")
        git(work, "read-tree", "base")
        env = git_env(**COMMITTER)
        # fmt: off
        git(work, "am", "--quiet", "--committer-date-is-author-date", "--no-3way", "--keep-cr",
            *series, env=env)
        # fmt: on
        return git(work, "rev-parse", "HEAD").strip()
    finally:
        shutil.rmtree(scratch)
        git(LINUX, "worktree", "prune")


def stands_at(commit):
    """Whether the tree is at a commit, with no change."""
    return (
        (TREE / ".git").exists()
        and git(TREE, "rev-parse", "HEAD").strip() == commit
        and not git(TREE, "status", "--porcelain", "--untracked-files=no")
    )


@contextlib.contextmanager
def applied():
    """Hold the tree at base plus the series, and give its commit: builds share it, what changes it waits for them."""
    wanted = am(patches())
    while True:
        with locked("tree", shared=True):
            if stands_at(wanted):
                yield wanted
                return
        with locked("tree"):
            apply(wanted)


def apply(wanted):
    """Bring the tree to a commit; files that stay the same keep their times."""
    if not (TREE / ".git").exists():
        say("making the tree that the series is applied to")
        git(LINUX, "worktree", "prune")
        git(LINUX, "worktree", "add", "--quiet", "--detach", TREE, "base")
        git(LINUX, "update-ref", APPLIED, "base")
    head = git(TREE, "rev-parse", "HEAD").strip()
    dirty = git(TREE, "status", "--porcelain", "--untracked-files=no")
    applied = git(LINUX, "for-each-ref", "--format=%(objectname)", APPLIED).strip()
    if dirty or head not in (applied, wanted, git(LINUX, "rev-parse", "base").strip()):
        raise Failure(
            f"{TREE} has commits or changes that the series lacks: keep them with "
            "`scripts/series import`, or drop them with "
            f"`git -C {TREE} checkout -f --detach base`; nothing was built"
        )
    if head != wanted:
        git(TREE, "checkout", "--quiet", "--detach", wanted)
        say(f"applied {len(patches())} patches to Linux {version()}")
    git(LINUX, "update-ref", APPLIED, wanted)
