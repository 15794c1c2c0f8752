"""Writes `auditor/registers/roots.toml`: which roots the stores of browsers and systems hold. Fetches nothing.

    docs/refresh_roots.py FOLDER SOURCE > auditor/registers/roots.toml

FOLDER holds, for each store, NAME.pem and NAME.yaml (`version`, `url`, `date_fetched`), as the Trust Stores Observatory
publishes them and sslyze carries them: in the deep environment, sslyze/plugins/certificate_info/trust_stores/pem_files.
SOURCE says in words which release that was. Java's lists are left out: those there are years old.
Kept are facts alone: fingerprint, name, and who holds it.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from auditor.probes.certificate import parse_certificate

# File, name for people, key in a row.
STORES = (
    ("apple", "Apple", "a"),
    ("google_aosp", "Android", "g"),
    ("microsoft_windows", "Windows", "w"),
    ("mozilla_nss", "Mozilla", "m"),
)
LINE = re.compile(r"^(version|url|date_fetched): (.*)$", re.MULTILINE)
HEAD = """\
# Which roots the large stores hold, as of the day of each store. `docs/refresh_roots.py` writes this file.
# `stores`: the keys of those that hold the root. `subject`: as we write names, for roots that others signed across.
"""


def store(folder: Path, file: str, name: str, key: str) -> Iterator[str]:
    told = dict(LINE.findall((folder / f"{file}.yaml").read_text(encoding="utf-8")))
    version = "" if told["version"] == "null" else told["version"].strip("' ")
    yield f"\n[[store]]\nkey = {json.dumps(key)}\nname = {json.dumps(name)}\nversion = {json.dumps(version)}"
    yield f"at = {told['date_fetched']}\nsource = {json.dumps(told['url'])}"


def roots(folder: Path) -> Iterator[str]:
    """One row for each root, in the order of the fingerprints."""
    held: dict[str, set[str]] = defaultdict(set)
    subjects: dict[str, str] = {}
    for file, _, key in STORES:
        for root in x509.load_pem_x509_certificates((folder / f"{file}.pem").read_bytes()):
            short = parse_certificate(root)
            held[short.sha256].add(key)
            subjects[short.sha256] = short.subject
    for sha256, keys in sorted(held.items()):
        subject = json.dumps(subjects[sha256])
        yield f'[[root]]\nsha256 = "{sha256}"\nsubject = {subject}\nstores = "{"".join(sorted(keys))}"'


def main(folder: Path, source: str) -> Iterator[str]:
    yield f"{HEAD}source = {json.dumps(source)}\nchecked = {datetime.now(UTC):%Y-%m-%d}"
    for file, name, key in STORES:
        yield from store(folder, file, name, key)
    yield ""
    yield from roots(folder)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    warnings.simplefilter("ignore")
    sys.stdout.write("\n".join(main(Path(sys.argv[1]), sys.argv[2])) + "\n")
