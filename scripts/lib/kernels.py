# SPDX-License-Identifier: GPL-2.0
"""The kernels that are built and booted."""

from dataclasses import dataclass

from common import SCRIPTS

UML_IMAGE = "linux"
X86_IMAGE = "arch/x86/boot/bzImage"


@dataclass
class Kind:
    """A kernel: the architecture as make and Kconfig name it, and the file that boots.

    Its configuration is the files of scripts/kconfig/ with these names, one after the other.
    """

    arch: str
    image: str
    fragments: tuple[str, ...]

    def files(self):
        return [SCRIPTS / "kconfig" / f"{name}.config" for name in self.fragments]


KINDS = {
    "um": Kind("um", UML_IMAGE, ("um",)),
    "um-debug": Kind("um", UML_IMAGE, ("um-debug",)),
    "x86_64": Kind("x86_64", X86_IMAGE, ("x86_64",)),
    # Not among those that `scripts/test` takes by itself.
    "x86_64-debug": Kind("x86_64", X86_IMAGE, ("x86_64", "x86_64-debug")),
    "x86_64-inline": Kind("x86_64", X86_IMAGE, ("x86_64", "x86_64-inline")),
}
