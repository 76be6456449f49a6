# SPDX-License-Identifier: GPL-2.0
"""A certificate authority for the tests, made with the openssl program: root, intermediate, leaves."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@dataclass(frozen=True)
class Certificate:
    """A chain (the leaf, then the intermediate) and the leaf's key, both as PEM files."""

    chain: Path
    key: Path
    names: tuple


class Authority:
    """A root and an intermediate below it, in a folder; `leaf` makes what the intermediate signs.

    Their keys are RSA's, or on a curve as OpenSSL names it.
    """

    def __init__(self, folder, curve=None):
        self.folder = Path(folder)
        self.curve = curve
        self.leaves = {}
        self.root = self.folder / "root.pem"
        self.intermediate = self.folder / "intermediate.pem"
        self._issue("root", "rust_tls test root", ["basicConstraints=critical,CA:TRUE"], curve=curve)
        signs_leaves = ["basicConstraints=critical,CA:TRUE,pathlen:0"]
        self._issue("intermediate", "rust_tls test intermediate", signs_leaves, "root", curve=curve)

    def _issue(self, stem, subject, extensions, issuer=None, bits=2048, curve=None):
        certificate, key = self.folder / f"{stem}.pem", self.folder / f"{stem}.key"
        by = ["-CA", self.folder / f"{issuer}.pem", "-CAkey", self.folder / f"{issuer}.key"] if issuer else []
        added = [word for extension in extensions for word in ("-addext", extension)]
        kind = ["ec", "-pkeyopt", f"ec_paramgen_curve:{curve}"] if curve else [f"rsa:{bits}"]
        openssl("req", "-x509", "-newkey", *kind, "-nodes", "-sha256", "-days", 30, "-subj", f"/CN={subject}",
                *added, *by, "-keyout", key, "-out", certificate)
        return certificate, key

    def leaf(self, stem, names, bits=2048, curve=None):
        """A certificate for `names` with an RSA key of `bits` bits or one on a curve, as the server is to present it;
        made once."""
        if stem in self.leaves:
            return self.leaves[stem]
        sans = "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)
        # NSS wants keyEncipherment of an RSA key, whatever the version of TLS.
        uses = "digitalSignature" if curve else "digitalSignature,keyEncipherment"
        usage = ["basicConstraints=critical,CA:FALSE", f"keyUsage=critical,{uses}", "extendedKeyUsage=serverAuth", sans]
        certificate, key = self._issue(stem, names[0], usage, "intermediate", bits, curve)
        chain = self.folder / f"{stem}.chain.pem"
        chain.write_bytes(certificate.read_bytes() + self.intermediate.read_bytes())
        self.leaves[stem] = Certificate(chain, key, tuple(names))
        return self.leaves[stem]

    def der(self, certificate):
        """The same certificate with its chain as concatenated DER and its key as PKCS#8 DER."""
        chain = certificate.chain.with_suffix(".der")
        chain.write_bytes(b"")
        for part in certificate.chain.read_text().split("-----END CERTIFICATE-----\n")[:-1]:
            one = self.folder / "one.pem"
            one.write_text(part + "-----END CERTIFICATE-----\n")
            openssl("x509", "-in", one, "-outform", "DER", "-out", self.folder / "one.der")
            chain.write_bytes(chain.read_bytes() + (self.folder / "one.der").read_bytes())
        key = certificate.key.with_suffix(".key.der")
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", certificate.key, "-outform", "DER", "-out", key)
        return Certificate(chain, key, certificate.names)

    def sec1(self, certificate, form="PEM"):
        """The same certificate with its key as SEC 1 has it ("BEGIN EC PRIVATE KEY")."""
        key = certificate.key.with_suffix(f".sec1.{form}")
        openssl("ec", "-in", certificate.key, "-outform", form, "-out", key)
        return Certificate(certificate.chain, key, certificate.names)

    def pkcs1(self, certificate):
        """The same certificate with its key as PKCS#1 ("BEGIN RSA PRIVATE KEY")."""
        key = certificate.key.with_suffix(".pkcs1")
        openssl("rsa", "-traditional", "-in", certificate.key, "-out", key)
        return Certificate(certificate.chain, key, certificate.names)
