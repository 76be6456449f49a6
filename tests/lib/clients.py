# SPDX-License-Identifier: GPL-2.0
"""The real clients, each behind the same face: one GET over TLS 1.3, its certificate chain checked."""

import contextlib
import ctypes
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT = 20
SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256")
GROUPS = ("x25519", "secp256r1", "secp384r1")
SCHEMES = ("rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512")
ECDSA = "ecdsa_secp256r1_sha256"


class ClientError(Exception):
    """The client did not get an answer, or did not like how it came; what it wrote is the message."""


@dataclass(frozen=True)
class Request:
    """What a client is to ask for. What is None or empty is left to the client."""

    port: int
    root: Path
    name: str = "server.test"
    address: str = "127.0.0.1"
    path: str = "/"
    suite: str = None
    groups: tuple = ()
    alpn: tuple = ()
    schemes: tuple = ()

    @property
    def text(self):
        return f"GET {self.path} HTTP/1.1\r\nHost: {self.name}\r\nConnection: close\r\n\r\n".encode()

    @property
    def endpoint(self):
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass
class Reply:
    """An HTTP answer, and what its page says was negotiated."""

    status: int
    body: bytes
    facts: dict = field(default_factory=dict)

    @classmethod
    def parse(cls, data):
        head, separator, body = data.partition(b"\r\n\r\n")
        lines = head.decode(errors="replace").split("\r\n")
        if not separator or not lines[0].startswith("HTTP/1.1 "):
            raise ClientError(f"no HTTP answer: {data[:200]!r}")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        if int(headers["content-length"]) != len(body):
            raise ClientError(f"{len(body)} bytes came of {headers['content-length']}")
        reply = cls(int(lines[0].split()[1]), body)
        if reply.status == 200 and body.startswith(b"version: "):
            reply.facts = dict(line.split(": ", 1) for line in body.decode().splitlines())
        return reply


class Program:
    """A client that is a program: it gets the request on its standard input and writes the answer to its output."""

    name = ""
    suites = {}
    groups = {}
    schemes = {}
    def command(self, request):
        raise NotImplementedError

    def version(self):
        raise NotImplementedError

    def get(self, request):
        try:
            with self.standard_input(request.text) as source:
                run = subprocess.run(self.command(request), stdin=source, capture_output=True, timeout=TIMEOUT,
                                     check=False)
        except subprocess.TimeoutExpired as error:
            raise ClientError(f"{self.name} hangs: {(error.stderr or b'')[:1000]}") from error
        messages = run.stderr.decode(errors="replace")
        if run.returncode:
            raise ClientError(f"{self.name} exits with {run.returncode}: {messages}")
        self.check(messages)
        return Reply.parse(run.stdout)

    @contextlib.contextmanager
    def standard_input(self, text):
        """A pipe that stays open until the program ends, so that it ends because the server closed."""
        read, write = os.pipe()
        os.write(write, text)
        try:
            yield read
        finally:
            os.close(read)
            os.close(write)

    def check(self, messages):
        """Raises if the client complains without failing."""

    def with_groups(self, request):
        return [self.groups[group] for group in request.groups]

    def with_schemes(self, request):
        return [self.schemes[scheme] for scheme in request.schemes]


def first_words(command, count):
    """The first words a program says when asked for its version."""
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return " ".join(output.split()[:count])


class OpenSsl(Program):
    name = "openssl"
    suites = {suite: suite for suite in SUITES}
    groups = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384"}
    schemes = {scheme: scheme for scheme in (*SCHEMES, ECDSA)}

    def version(self):
        return first_words(["openssl", "version"], 2)

    def command(self, request):
        command = ["openssl", "s_client", "-quiet", "-tls1_3", "-connect", request.endpoint, "-CAfile", request.root,
                   "-verify_return_error", "-verify_hostname", request.name, "-servername", request.name]
        if request.suite:
            command += ["-ciphersuites", self.suites[request.suite]]
        if request.groups:
            command += ["-groups", ":".join(self.with_groups(request))]
        if request.schemes:
            command += ["-sigalgs", ":".join(self.with_schemes(request))]
        if request.alpn:
            command += ["-alpn", ",".join(request.alpn)]
        return command


class Curl(Program):
    name = "curl"
    suites = {suite: suite for suite in SUITES}
    groups = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384"}

    def version(self):
        return first_words(["curl", "--version"], 2)

    def command(self, request):
        address = request.endpoint.rsplit(":", 1)[0]
        command = ["curl", "--silent", "--show-error", "--include", "--tlsv1.3", "--cacert", request.root,
                   "--max-time", str(TIMEOUT), "--resolve", f"{request.name}:{request.port}:{address}",
                   f"https://{request.name}:{request.port}{request.path}"]
        if request.suite:
            command += ["--tls13-ciphers", self.suites[request.suite]]
        if request.groups:
            command += ["--curves", ":".join(self.with_groups(request))]
        command += ["--http2"] if "h2" in request.alpn else ["--http1.1"] if request.alpn else ["--no-alpn"]
        return command


class GnuTls(Program):
    name = "gnutls-cli"
    suites = {
        "TLS_AES_128_GCM_SHA256": "AES-128-GCM",
        "TLS_AES_256_GCM_SHA384": "AES-256-GCM",
        "TLS_CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
        "TLS_AES_128_CCM_SHA256": "AES-128-CCM",
    }
    groups = {"x25519": "GROUP-X25519", "secp256r1": "GROUP-SECP256R1", "secp384r1": "GROUP-SECP384R1"}
    schemes = {scheme: f"SIGN-RSA-PSS-RSAE-SHA{scheme[-3:]}" for scheme in SCHEMES}
    schemes[ECDSA] = "SIGN-ECDSA-SECP256R1-SHA256"
    recordsize = None

    def version(self):
        return first_words(["gnutls-cli", "--version"], 2)

    def command(self, request):
        priority = ["NORMAL", "-VERS-ALL", "+VERS-TLS1.3"]
        if request.suite:
            priority += ["-CIPHER-ALL", "+" + self.suites[request.suite]]
        if request.groups:
            priority += ["-GROUP-ALL", *("+" + group for group in self.with_groups(request))]
        if request.schemes:
            # The chain below the leaf is signed with rsa_pkcs1_sha256.
            schemes = ["SIGN-RSA-SHA256", *self.with_schemes(request)]
            priority += ["-SIGN-ALL", *("+" + scheme for scheme in schemes)]
        # Nothing but the peer's bytes on the standard output; the rest where messages go.
        command = ["gnutls-cli", "--logfile=/proc/self/fd/2", "--single-key-share", "--x509cafile", request.root,
                   "--priority", ":".join(priority), "--sni-hostname", request.name, "--verify-hostname", request.name,
                   "--port", str(request.port)]
        if self.recordsize:
            command += ["--recordsize", str(self.recordsize)]
        return [*command, *(f"--alpn={name}" for name in request.alpn), request.address]

    def check(self, messages):
        if "non-properly terminated" in messages or "Fatal error" in messages:
            raise ClientError(f"gnutls-cli: {messages}")


class Nss(Program):
    name = "tstclnt"
    suites = {
        "TLS_AES_128_GCM_SHA256": ":1301",
        "TLS_AES_256_GCM_SHA384": ":1302",
        "TLS_CHACHA20_POLY1305_SHA256": ":1303",
    }
    groups = {"x25519": "x25519", "secp256r1": "P256", "secp384r1": "P384"}
    schemes = {scheme: scheme for scheme in (*SCHEMES, ECDSA)}
    databases = {}

    @contextlib.contextmanager
    def standard_input(self, text):
        """A file: tstclnt waits for the end of its standard input too, and does not see that of a pipe."""
        with tempfile.TemporaryFile() as file:
            file.write(text)
            file.seek(0)
            yield file
    def version(self):
        nss = ctypes.CDLL("libnss3.so")
        nss.NSS_GetVersion.restype = ctypes.c_char_p
        return "NSS " + nss.NSS_GetVersion().decode()

    def database(self, root):
        """A certificate database that trusts `root`, made once."""
        if root not in self.databases:
            folder = tempfile.mkdtemp(prefix="nss-", dir=root.parent)
            subprocess.run(["certutil", "-N", "-d", f"sql:{folder}", "--empty-password"], check=True)
            subprocess.run(["certutil", "-A", "-d", f"sql:{folder}", "-n", "root", "-t", "C,,", "-i", root], check=True)
            self.databases[root] = f"sql:{folder}"
        return self.databases[root]

    def command(self, request):
        command = ["tstclnt", "-d", self.database(request.root), "-V", "tls1.3:tls1.3", "-h", request.address,
                   "-p", str(request.port), "-a", request.name]
        if request.suite:
            command += ["-c", self.suites[request.suite]]
        if request.groups:
            command += ["-I", ",".join(self.with_groups(request))]
        if request.schemes:
            command += ["-J", ",".join(["rsa_pkcs1_sha256", *self.with_schemes(request)])]
        return command


class RustLs(Program):
    name = "rustls"
    suites = {suite: suite.replace("TLS_", "TLS13_", 1) for suite in SUITES[:3]}
    groups = {"x25519": "X25519", "secp256r1": "secp256r1", "secp384r1": "secp384r1"}
    program = "rustls-client"

    def version(self):
        return first_words([self.program, "--version"], 2)

    def command(self, request):
        command = [self.program, "--address", request.endpoint, "--name", request.name, "--ca", request.root,
                   "--path", request.path]
        if request.suite:
            command += ["--suite", self.suites[request.suite]]
        if request.groups:
            command += ["--groups", ",".join(self.with_groups(request))]
        if request.alpn:
            command += ["--alpn", ",".join(request.alpn)]
        return command


def strict_context(root):
    """An SSLContext that trusts `root` only, and takes nothing but a close_notify for the end of a connection."""
    context = ssl.create_default_context(cafile=root)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


class PythonSsl:
    """Python's ssl module; it cannot choose suites of TLS 1.3 (before 3.15), nor x25519, which is its first choice."""

    name = "python"
    suites = {}
    groups = {"x25519": None, "secp256r1": "prime256v1", "secp384r1": "secp384r1"}
    schemes = {}

    def version(self):
        return "Python ssl " + ".".join(map(str, sys.version_info[:3]))

    def context(self, request):
        context = strict_context(request.root)
        for group in request.groups:
            if self.groups[group]:
                context.set_ecdh_curve(self.groups[group])
        if request.alpn:
            context.set_alpn_protocols(request.alpn)
        return context

    @contextlib.contextmanager
    def connect(self, request):
        """A connection: its SSLSocket, to which a bare end of the stream is an error (SSLEOFError)."""
        with socket.create_connection((request.address, request.port), timeout=TIMEOUT) as plain, \
                self.context(request).wrap_socket(plain, server_hostname=request.name,
                                                  suppress_ragged_eofs=False) as connection:
            yield connection

    def get(self, request):
        try:
            with self.connect(request) as connection:
                connection.sendall(request.text)
                # Grown in place: a copy of some MiB for each part takes minutes of page faults on UML.
                data = bytearray()
                while part := connection.recv(65536):
                    data += part
                with contextlib.suppress(OSError):  # the server may be gone, having said all
                    connection.unwrap()
        except OSError as error:
            raise ClientError(f"python: {error!r}") from error
        return Reply.parse(bytes(data))


def all_clients(rustls):
    """One of each. `rustls` is the path of the rustls-client program."""
    clients = [OpenSsl(), Curl(), GnuTls(), Nss(), PythonSsl(), RustLs()]
    clients[-1].program = rustls
    return {client.name: client for client in clients}
