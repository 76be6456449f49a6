# SPDX-License-Identifier: GPL-2.0
"""What compilers say in the output of a build."""

import re

RUST = re.compile(r"^(?:warning|error)(?:\[[^]]*\])?: ")
SUMMARY = re.compile(r"warning: \d+ warnings? emitted")
# Of C compilers, sparse and Sphinx.
LINE = re.compile(r"^(\S+?\.(?:[chS]|rst)):(\d+):(?:\d+:)? (?:warning|error|critical): .*", re.M | re.I)


def found(text):
    """The warnings and errors, each with the place that it points at: (path, line, text)."""
    said = []
    for block in re.split(r"\n(?=(?:warning|error)(?:\[[^]]*\])?: )", "\n" + text):
        if RUST.match(block) and not SUMMARY.match(block):
            place = re.search(r"^\s*--> (.+?):(\d+)", block, re.M)
            path, line = place.groups() if place else ("", 0)
            said.append((path, int(line), block.split("\n\n")[0]))
    return said + [(match.group(1), int(match.group(2)), match.group()) for match in LINE.finditer(text)]
