"""A storage server of the test's own that keeps what it is told. The register knows that moto encrypts nothing."""

from __future__ import annotations

import pytest

from auditor.registers import S3Server
from checks.derivations import s3_servers

KEEPS = dict.fromkeys(
    ("own_key", "named_key", "restrict_public", "ignore_acls", "no_acls", "expiry", "policies"), "yes"
)
FAITHFUL = S3Server(name="a faithful server", signs={}, keeps=KEEPS, source="this test")


def be_faithful(patch: pytest.MonkeyPatch) -> None:
    """Let the register say of every server that it keeps what it is told."""
    patch.setattr(s3_servers, "s3_servers", lambda: (FAITHFUL,))
