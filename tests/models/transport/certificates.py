"""Certificates for servers of a test."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def make_certificate(folder: Path, who: str) -> Path:
    """One that nobody has signed, for `who` (`DNS:name` or `IP:address`), with its key behind it in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    both, key = folder / "both.pem", folder / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
         "-out", both, "-days", "2", "-subj", "/CN=test", "-addext", f"subjectAltName={who}"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    both.write_bytes(both.read_bytes() + key.read_bytes())
    return both
