"""A root, an authority below it, and certificates read as a probe reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from auditor import codec
from auditor.facts.certificates import CertificateSeen
from auditor.probes.certificate_path import parse_shown
from auditor.probes.trust_store import trust_store
from auditor.rig.authority import Authority

NAME = "www.rig.example"
NOW = datetime.now(UTC)
ROOT = Authority.root()
MIDDLE = ROOT.intermediate()


@pytest.fixture(scope="module", name="ca_file")
def roots_of_the_rig(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(ROOT.pem)
    return path


def read(
    sent: tuple[bytes, ...], ca_file: Path, fetch: Callable[[str], x509.Certificate] | None = None
) -> CertificateSeen:
    seen = parse_shown(sent, asked_name=NAME, store=trust_store(ca_file), fetch=fetch, observed_at=NOW)
    assert codec.decode(codec.encode(seen), [CertificateSeen]) == seen
    return seen
