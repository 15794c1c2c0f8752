"""The way of one bucket from its server to its verdicts, with the real reach, probe, derivations, judge and checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import pytest

from auditor.derive import RunDerivation
from auditor.deriving import Sights, derive_each
from auditor.facts import Declared
from auditor.facts.storage import ServerKind
from auditor.facts.storage_effect import Keeps, ServerPromise
from auditor.judge import judge_asset
from auditor.model import Asset, Finding, Outcome, Sensitivity
from auditor.plugins import Parts, load
from auditor.probe import Seen, Unseen
from auditor.probes.bucket import BucketProbe
from auditor.reach import Access, Limits, Reaches
from auditor.reach.s3 import BucketCalls

NOW = datetime(2026, 11, 21, tzinfo=UTC)
QUICK = Limits(operation_s=4.0, host_s=20.0, pause_s=0.01, body_bytes=65_536)
# Checks that rest on what every server answers; each of the others has its rows in tests/checks.
ASKED = {
    "bucket-acl-public-write",
    "bucket-not-encrypted",
    "bucket-plain-http",
    "bucket-public-acl",
    "bucket-public-policy",
    "bucket-public-write",
}
# The register of known servers is not what these tests are about: their servers do what they say.
KEPT = ServerPromise(
    observed_at=NOW,
    server=ServerKind.COMPATIBLE,
    name="a server on loopback",
    own_key=Keeps.YES,
    named_key=Keeps.YES,
    restrict_public=Keeps.UNKNOWN,
    ignore_acls=Keeps.YES,
    no_acls=Keeps.YES,
    policies=Keeps.YES,
)
BETTER = {Outcome.FAIL: 0, Outcome.UNKNOWN: 1, Outcome.NOT_APPLICABLE: 2, Outcome.PASS: 2}


@pytest.fixture
def credential(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[None]:
    """A credential that opens nothing, and no other way to one."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "an-example-and-no-secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/no-config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/no-credentials")
    return iter(())


def bucket(name: str = "b") -> Asset:
    return Asset(id=name, kind="bucket", address=f"s3://{name}", system="s")


def access_to(url: str | None, limits: Limits = QUICK) -> Access:
    return Access(endpoint_url=url, limits=limits, clock=lambda: NOW)


def calls_of(url: str, name: str = "b", limits: Limits = QUICK) -> BucketCalls:
    return Reaches(access_to(url, limits)).of(bucket(name)).bucket()


def look(access: Access, name: str = "b") -> list[Seen | Unseen]:
    """What the probe says. It names every type once, at the one place that a bucket has."""
    asset = bucket(name)
    said = [one for one in BucketProbe().observe(asset, Reaches(access).of(asset)) if isinstance(one, (Seen, Unseen))]
    types = [one.facts_type if isinstance(one, Unseen) else type(one.facts) for one in said]
    assert sorted(map(repr, types)) == sorted(map(repr, BucketProbe.yields))
    assert {one.locus for one in said} == {""}
    return said


def declared(*, sensitivity: Sensitivity = Sensitivity.CONFIDENTIAL, intended_public: bool = False) -> Declared:
    """What the inventory says of the asset."""
    return Declared(observed_at=NOW, sensitivity=sensitivity, intended_public=intended_public)


@cache
def _parts() -> Parts:
    return load()


def findings_of(
    said: list[Seen | Unseen],
    *,
    sensitivity: Sensitivity = Sensitivity.CONFIDENTIAL,
    intended_public: bool = False,
    name: str = "b",
) -> dict[str, Finding]:
    """The finding of each check."""
    word = declared(sensitivity=sensitivity, intended_public=intended_public)
    sights = Sights.of(said)
    parts = _parts()
    checks = [check for check in parts.checks if check.id in ASKED]
    for derivation in parts.derivations:
        if derivation.yields is ServerPromise:
            sights = sights.with_row(ServerPromise, {"": Seen(KEPT)})
        elif not isinstance(derivation, RunDerivation):
            sights = derive_each(sights, (derivation,), word)
    findings = judge_asset(bucket(name), sights, checks)
    assert [finding.check for finding in findings] == [check.id for check in checks]
    return {finding.check: finding for finding in findings}


def outcomes_of(said: list[Seen | Unseen], **declared: object) -> dict[str, Outcome]:
    return {check: finding.outcome for check, finding in findings_of(said, **declared).items()}  # type: ignore[arg-type]
