"""Certificates made in the test: an authority, and what it signs."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.services import require

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificate(NamedTuple):
    """A certificate chain and its private key, PEM files."""

    chain: Path
    key: Path


class Authority:
    """One that signs. Its files lie in a folder of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder / name
        self._folder.mkdir()
        self.file, self._key = self._folder / "ca.pem", self._folder / "ca.key"
        subject = ("-subj", f"/CN={name}", "-days", "2")
        _openssl("req", "-x509", *_KEY, *subject, "-keyout", str(self._key), "-out", str(self.file))

    def issue(self, name: str, *, days: int = 2) -> Certificate:
        """A certificate made out to a name, good for localhost too. `days` 0: it ends as it begins."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / "extensions"
        extensions.write_text("subjectAltName=DNS:localhost")
        _openssl("req", *_KEY, "-subj", f"/CN={name}", "-keyout", str(made.key), "-out", str(request))
        signing = ("-CA", str(self.file), "-CAkey", str(self._key), "-CAcreateserial", "-days", str(days))
        _openssl("x509", "-req", "-in", str(request), *signing, "-extfile", str(extensions), "-out", str(made.chain))
        return made


def _openssl(*words: str) -> None:
    subprocess.run([require("openssl"), *words], check=True, capture_output=True, timeout=30)
