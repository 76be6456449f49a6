#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""In the guest: hands the vectors of every .vec file to the kernel, one by one, and keeps what it says of each.

    feed.py MODULE VECTORS RESULTS

MODULE is crypto_vectors.ko; RESULTS/NAME.txt gets a line `NUMBER VERDICT` for each vector of VECTORS/NAME.vec.
"""

import os
import struct
import subprocess
import sys
from pathlib import Path


def vectors(data):
    """The vectors of a file: (number, bytes)."""
    at = 0
    while at < len(data):
        number, size = struct.unpack_from("<II", data, at)
        yield number, data[at + 8 : at + 8 + size]
        at += 8 + size


def main():
    module, source, results = map(Path, sys.argv[1:])
    subprocess.run(["insmod", module], check=True)
    device = os.open("/dev/crypto_vectors", os.O_RDWR)
    for path in sorted(source.glob("*.vec")):
        lines = []
        for number, data in vectors(path.read_bytes()):
            try:
                os.write(device, data)
                verdict = os.read(device, 4096).decode()
            except OSError as error:
                verdict = f"failed: the kernel took no such vector: {error.strerror}"
            lines.append(f"{number} {verdict}\n")
        (results / f"{path.stem}.txt").write_text("".join(lines), encoding="utf-8")
    os.close(device)
    subprocess.run(["rmmod", module.stem], check=True)


main()
