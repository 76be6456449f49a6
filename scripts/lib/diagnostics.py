# SPDX-License-Identifier: GPL-2.0
"""What compilers say in the output of a build."""

import re

RUST = re.compile(r"^(?:warning|error)(?:\[[^]]*\])?: ")
SUMMARY = re.compile(r"warning: \d+ warnings? emitted")
C = re.compile(r"^(\S+?\.[chS]):\d+:(?:\d+:)? (?:warning|error): .*", re.M)


def found(text):
    """The warnings and errors, each with the file that it points at: (path, text)."""
    said = []
    for block in re.split(r"\n(?=(?:warning|error)(?:\[[^]]*\])?: )", "\n" + text):
        if RUST.match(block) and not SUMMARY.match(block):
            place = re.search(r"^\s*--> (.+?):\d+", block, re.M)
            said.append((place.group(1) if place else "", block.split("\n\n")[0]))
    return said + [(match.group(1), match.group()) for match in C.finditer(text)]
