# SPDX-License-Identifier: GPL-2.0
"""`user` keys: how certificates and private keys reach the module."""

import ctypes
import os
import subprocess

SYS_KEYCTL = 250  # x86_64, which is what both guests run
KEYCTL_JOIN_SESSION_KEYRING = 1

_libc = ctypes.CDLL(None, use_errno=True)


def join_session():
    """Gives this process and its children a session keyring of their own, for `@s` to mean."""
    if _libc.syscall(SYS_KEYCTL, KEYCTL_JOIN_SESSION_KEYRING, None) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), "keyctl(JOIN_SESSION_KEYRING)")


def _keyctl(*arguments, payload=None):
    run = subprocess.run(["keyctl", *map(str, arguments)], input=payload, capture_output=True, check=False)
    if run.returncode:
        raise OSError(f"keyctl {' '.join(map(str, arguments))}: {run.stderr.decode().strip()}")
    return run.stdout.decode().strip()


def add(description, payload, kind="user"):
    """Adds a key to the session keyring; its serial number."""
    return int(_keyctl("padd", kind, description, "@s", payload=payload))


def revoke(serial):
    _keyctl("revoke", serial)


def unlink(serial):
    _keyctl("unlink", serial, "@s")
