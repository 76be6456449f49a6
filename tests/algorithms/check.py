#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""In the guest: loads a module with an algorithm in Rust and uses it from user space, by AF_ALG.

    check.py MODULE

MODULE is crypto_algorithms.ko. A line `ok NAME` for each check that passed; the first that fails ends it.
"""

import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODULE = Path(sys.argv[1])
NAME, DRIVER = "sha512", "sha512-rust"
DATA = bytes((i * 7 + i // 251) % 256 for i in range(300_000))
# One more or less than the blocks of the hash, the copies made of a message and the pages it comes in.
LENGTHS = [*range(300), *(n + d for n in (384, 512, 640, 4096, 8192, 65536) for d in (-1, 0, 1)), len(DATA)]
FAILURES = 30


def insmod(*parameters):
    return subprocess.run(["insmod", MODULE, *parameters], capture_output=True, text=True, check=False)


def rmmod():
    return subprocess.run(["rmmod", MODULE.stem], capture_output=True, text=True, check=False)


def registered():
    """What /proc/crypto says of the algorithm, or nothing."""
    for entry in Path("/proc/crypto").read_text(encoding="ascii").split("\n\n"):
        fields = dict(line.split(":", 1) for line in entry.splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in fields.items()}
        # There is one of type "larval" beside it while it is being tested.
        if fields.get("driver") == DRIVER and fields["type"] == "shash":
            return fields
    return {}


def transformation():
    """A transformation, which is what a bound socket is; accept() begins a hash."""
    made = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
    made.bind(("hash", NAME))
    return made


def digest(tfm, data):
    hashing, _ = tfm.accept()
    with hashing:
        hashing.sendall(data)
        return hashing.recv(64)


def tested():
    """What is registered, when the self-tests are through."""
    for _ in range(100):
        found = registered()
        if found.get("selftest") == "passed":
            break
        time.sleep(0.1)
    return found


def load():
    done = insmod()
    assert done.returncode == 0, done.stderr
    found = tested()
    assert found["module"] == MODULE.stem and found["selftest"] == "passed", found
    assert found["blocksize"] == "128" and found["digestsize"] == "64", found


def digests():
    with transformation() as tfm:
        for length in LENGTHS:
            assert digest(tfm, DATA[:length]) == hashlib.sha512(DATA[:length]).digest(), length


def pieces():
    """A hash in pieces, and one that goes on as a copy of another."""
    with transformation() as tfm:
        for first, second in ((1, 1), (127, 1), (128, 128), (129, 1000), (5000, 3)):
            one, _ = tfm.accept()
            with one:
                one.send(DATA[:first], socket.MSG_MORE)
                copy, _ = one.accept()
                one.send(DATA[first : first + second])
                assert one.recv(64) == hashlib.sha512(DATA[: first + second]).digest(), (first, second)
                with copy:
                    copy.send(b"another end")
                    assert copy.recv(64) == hashlib.sha512(DATA[:first] + b"another end").digest(), first


def page_cache():
    """Pages of a file, which the hash gets as they are."""
    with tempfile.TemporaryFile() as file, transformation() as tfm:
        file.write(DATA)
        file.flush()
        hashing, _ = tfm.accept()
        with hashing:
            sent = os.sendfile(hashing.fileno(), file.fileno(), 0, 60_000)
            assert sent > 0
            assert hashing.recv(64) == hashlib.sha512(DATA[:sent]).digest(), sent


def in_use():
    """As long as there is a transformation the module stays."""
    unused = int(registered()["refcnt"])
    with transformation() as tfm:
        assert int(registered()["refcnt"]) > unused
        assert rmmod().returncode != 0
        assert digest(tfm, b"still there") == hashlib.sha512(b"still there").digest()
    assert rmmod().returncode == 0
    assert not registered()
    # Now it is the kernel's own again.
    with transformation() as tfm:
        assert digest(tfm, b"abc") == hashlib.sha512(b"abc").digest()


def failing():
    """A module that fails to load while its algorithm is being tested leaves nothing behind."""
    for _ in range(FAILURES):
        done = insmod("fail=1")
        assert done.returncode != 0 and "No such device or address" in done.stderr, done.stderr
        assert not registered()
    load()
    digests()
    assert rmmod().returncode == 0


for check in (load, digests, pieces, page_cache, in_use, failing):
    check()
    print("ok", check.__name__, flush=True)
