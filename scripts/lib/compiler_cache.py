# SPDX-License-Identifier: GPL-2.0
"""ccache, where many kernels are built that differ little: most of their C files come to the same text.

It helps where it is installed and is done without where not. Rust has none.
"""

import shutil

from common import CACHE

# Words for make. Not for the kernels that are kept: another compiler's name would have all of them built anew.
WORDS = ["CC=ccache clang"] if shutil.which("ccache") else []
ENV = {
    "CCACHE_DIR": str(CACHE / "ccache"),
    # Build folders share it: their names are in nothing that is compiled there.
    "CCACHE_NOHASHDIR": "1",
    "CCACHE_MAXSIZE": "5G",
}
