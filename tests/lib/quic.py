# SPDX-License-Identifier: GPL-2.0
"""The real QUIC clients, each behind the same face: one GET over HTTP/0.9 (hq-interop), the server's chain checked."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from lib.clients import ClientError, first_words

CACHE = Path(os.environ.get("RUST_TLS_CACHE", Path.home() / ".cache/rust-tls"))
SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
LINE = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"
PIECE = LINE * 1025  # 64 KiB from any place in a line on
AIOQUIC = Path(__file__).parent / "aioquic_client.py"


def expected(length):
    """What /bytes/LENGTH has to be."""
    return (LINE * (length // len(LINE) + 1))[:length]


def expected_hash(length):
    """Its SHA-256, without the memory that it would take."""
    digest = hashlib.sha256()
    whole = len(LINE) * 1024
    for _ in range(length // whole):
        digest.update(PIECE[:whole])
    digest.update(PIECE[:length % whole])
    return digest.hexdigest()


@dataclass(frozen=True)
class Target:
    """Whom a client is to ask, and for what. `inside` is a command to run it with, such as ip netns exec."""

    port: int
    root: Path
    address: str = "127.0.0.1"
    path: str = "/"
    name: str = "server.test"
    inside: tuple = ()
    timeout: float = 60

    @property
    def host(self):
        return f"[{self.address}]" if ":" in self.address else self.address

    def whole(self, answer):
        """Whether this is all that the path has."""
        if self.path.startswith("/bytes/"):
            return len(answer) >= int(self.path.removeprefix("/bytes/"))
        return answer.endswith(b"\n") and b"\nretried: " in answer

    def run(self, command, **options):
        """What a client writes, once it has ended well."""
        command = [*self.inside, *map(str, command)]
        try:
            run = subprocess.run(command, capture_output=True, timeout=self.timeout, check=False, **options)
        except subprocess.TimeoutExpired as error:
            raise ClientError(f"{command[:1]} hangs: {(error.stderr or b'')[-1000:]}") from error
        if run.returncode:
            messages = (run.stderr + run.stdout[-2000:]).decode(errors="replace")
            raise ClientError(f"{command[0]} exits with {run.returncode}: {messages[-4000:]}")
        return run

    @contextlib.contextmanager
    def started(self, command):
        """A client whose answer is read as it comes. It ends by itself once its standard input has, and ends well."""
        command = [*self.inside, *map(str, command)]
        with tempfile.TemporaryFile() as messages, subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=messages) as client:
            limit = threading.Timer(self.timeout, client.kill)
            limit.start()
            try:
                with contextlib.suppress(BrokenPipeError):  # it has gone, and its status says why
                    yield client
                    client.stdin.close()
                rest = client.stdout.read()
                client.wait()
            finally:
                limit.cancel()
                client.kill()
            messages.seek(0)
            if client.returncode or rest:
                said = messages.read()[-4000:].decode(errors="replace")
                raise ClientError(f"{command[0]} ends with {client.returncode} and {rest[:100]}: {said}")


def length_of(stream, most):
    """Reads an answer of up to `most` bytes that is too long to be kept, each part compared with what it has to be."""
    length = 0
    while length < most and (part := stream.read1(min(most - length, 1 << 16))):
        at = length % len(LINE)
        if part != PIECE[at:at + len(part)]:
            raise ClientError(f"other bytes than were asked for, from {length} on: {part[:200]}")
        length += len(part)
    return length


def der(root):
    """A root certificate in the form Quinn's client wants."""
    path = root.with_suffix(".der")
    if not path.exists():
        subprocess.run(["openssl", "x509", "-in", root, "-outform", "DER", "-out", path], check=True)
    return path


class Quinn:
    """Quinn's own example client, as its package has it."""

    name = "quinn"

    def version(self):
        return "quinn " + (CACHE / "quinn/.version").read_text().strip()

    def command(self, target, *more):
        return [CACHE / "quinn/bin/client", "--ca", der(target.root), "--host", target.name, *more,
                f"https://{target.host}:{target.port}{target.path}"]

    def get(self, target, *more):
        return target.run(self.command(target, *more)).stdout

    def download(self, target, length):
        with target.started(self.command(target)) as client:
            return length_of(client.stdout, length)


class Quiche:
    """quiche's own example client, as its package has it. It checks no certificate, and always ends with 0."""

    name = "quiche"

    def version(self):
        return "quiche " + (CACHE / "quiche/.version").read_text().strip()

    def command(self, target):
        """It sends the name only where the address is not one: that of the loopback has localhost."""
        host = "localhost" if target.address == "127.0.0.1" else target.host
        return [CACHE / "quiche/bin/client", f"https://{host}:{target.port}{target.path}"]

    def get(self, target):
        return target.run(self.command(target)).stdout

    def download(self, target, length):
        with target.started(self.command(target)) as client:
            return length_of(client.stdout, length)


class Aioquic:
    name = "aioquic"

    def version(self):
        return "aioquic " + json.loads(subprocess.run(
            [sys.executable, "-c", "import aioquic, json; print(json.dumps(aioquic.__version__))"],
            check=True, capture_output=True).stdout)

    def report(self, target, *more):
        """All that the program saw of its connections."""
        run = target.run([sys.executable, AIOQUIC, target.port, target.root, "--address", target.address,
                          "--name", target.name, "--timeout", target.timeout - 2, *more])
        return json.loads(run.stdout)

    def connection(self, target, *more):
        """What it saw of its only connection, the answer to `target.path` checked for length."""
        return self.report(target, "--path", target.path, *more)["connections"][0]

    def get(self, target, *more):
        return self.connection(target, *more)["answers"][0]["start"].encode()


class Newer:
    """A program of the newer Debian in the cache, run by its own dynamic linker."""

    root = CACHE / "newer"

    def program(self, name):
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        return [libraries / "ld-linux-x86-64.so.2", "--library-path", libraries, self.root / "usr/bin" / name]


class OpenSsl(Newer):
    """openssl s_client -quic. It does not tell when the answer has ended, and goes when its standard input does."""

    name = "openssl"

    def version(self):
        return first_words([str(part) for part in [*self.program("openssl"), "version"]], 2)

    def command(self, target, *more):
        return [*self.program("openssl"), "s_client", "-quic", "-alpn", "hq-interop", "-quiet", "-no_ign_eof",
                "-connect", f"{target.host}:{target.port}", "-CAfile", target.root, "-verify_return_error",
                "-verify_hostname", target.name, "-servername", target.name, *more]

    @contextlib.contextmanager
    def asking(self, target, *more):
        with target.started(self.command(target, *more)) as client:
            client.stdin.write(f"GET {target.path}\r\n".encode())
            client.stdin.flush()
            yield client.stdout

    def get(self, target, *more):
        answer = b""
        with self.asking(target, *more) as stream:
            while not target.whole(answer) and (part := stream.read1(1 << 16)):
                answer += part
        if not target.whole(answer):
            raise ClientError(f"openssl ends with a part of the answer: {answer[-200:]}")
        return answer

    def download(self, target, length):
        with self.asking(target) as stream:
            return length_of(stream, length)


class Curl(Newer):
    """curl --http3-only: it has no HTTP/0.9 on QUIC, so only its handshake is looked at."""

    name = "curl"

    def version(self):
        return first_words([str(part) for part in [*self.program("curl"), "--version"]], 2)

    def handshake(self, target):
        """How long the handshake took, in seconds, the certificate checked; what came then is not looked at."""
        command = [*self.program("curl"), "--http3-only", "--silent", "--show-error", "--cacert", target.root,
                   "--max-time", "5", "--resolve", f"{target.name}:{target.port}:{target.address}",
                   "--output", "/dev/null", "--write-out", "%{time_appconnect} %{ssl_verify_result}",
                   f"https://{target.name}:{target.port}{target.path}"]
        run = subprocess.run([*target.inside, *map(str, command)], capture_output=True, text=True, check=False)
        took, verified = (run.stdout.split() + ["0", "1"])[:2]
        if not float(took) or verified != "0":
            raise ClientError(f"curl exits with {run.returncode}: {run.stdout} {run.stderr}")
        return float(took)


def all_clients():
    return {client.name: client for client in (Quinn(), Quiche(), Aioquic(), OpenSsl(), Curl())}
