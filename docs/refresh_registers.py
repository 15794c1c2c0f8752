"""Helps to renew the dated lists of `auditor/registers/`. Fetches nothing: download the source yourself, and compare.

    docs/refresh_registers.py keys FILE…          rows for known_keys.toml, from PEM keys and certificates
    docs/refresh_registers.py caa REPORT.csv      what CCADB's report AllCAAIdentifiers says and caa.toml does not
    docs/refresh_registers.py distrusted          which roots of distrusted.toml are still in Mozilla's store

Write the day into `checked` when a list was compared with its sources, also where nothing changed.
"""

from __future__ import annotations

import csv
import hashlib
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auditor.registers import caa_names, distrusted_authorities, known_keys

BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
ORGANIZATION = re.compile(r"(?:^|[,;/]\s*)O=([^;/]+?)(?=\s*(?:[,;/]\s*[A-Z]+=|$))")


def public_keys(data: bytes) -> Iterator[bytes]:
    """The SubjectPublicKeyInfo of each key and certificate in a PEM file; what is neither is passed over."""
    for block in BLOCK.finditer(data):
        kind, pem = block[1], block[0]
        if kind == b"CERTIFICATE":
            key = x509.load_pem_x509_certificate(pem).public_key()
        elif kind.endswith(b"PRIVATE KEY"):
            key = serialization.load_pem_private_key(pem, None).public_key()
        elif kind.endswith(b"PUBLIC KEY"):
            key = serialization.load_pem_public_key(pem)
        else:
            continue
        yield key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def keys(files: list[str]) -> Iterator[str]:
    for name in files:
        for spki in public_keys(Path(name).read_bytes()):
            digest = hashlib.sha256(spki).hexdigest()
            if digest not in known_keys():
                yield f'[[key]]\nspki = "{digest}"\nname = "{Path(name).name}"\nsource = ""\n'


def caa(files: list[str]) -> Iterator[str]:
    """Columns of the report: Subject, Recognized CAA Domains."""
    for name in files:
        with Path(name).open(newline="", encoding="utf-8-sig") as report:
            for row in csv.DictReader(report):
                found = ORGANIZATION.search(row["Subject"])
                domains = frozenset(re.split(r"[\s,;]+", row["Recognized CAA Domains"].lower().strip())) - {""}
                organization = found[1].strip() if found else ""
                if organization and domains - caa_names().get(organization, frozenset()):
                    yield f"{organization}: {', '.join(sorted(domains))}"


def distrusted(_: list[str]) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        roots = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
        trusted = {root.fingerprint(hashes.SHA256()).hex(): root.subject.rfc4514_string() for root in roots}
    for one in distrusted_authorities():
        if one.root:
            yield f"{one.name}: {trusted.get(one.root, 'is not in the store any more; the row may go')}"


def main(words: list[str]) -> int:
    lists = {"keys": keys, "caa": caa, "distrusted": distrusted}
    if not words or words[0] not in lists:
        sys.stdout.write(__doc__ or "")
        return 2
    for line in sorted(set(lists[words[0]](words[1:]))):
        sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
