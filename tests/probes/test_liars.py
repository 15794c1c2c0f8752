"""Answers that real S3 servers gave, played again: what they do not know, and what they invent, passes nothing."""

from __future__ import annotations

import pytest

from auditor.facts.storage import BucketAcl, BucketEncryption, BucketPolicy
from auditor.facts.storage_effect import Keeps
from auditor.model import Outcome, Reason
from auditor.probe import Seen, Unseen
from auditor.rig.hostile_s3 import hostile_s3
from tests.probes.bucket_road import access_to, credential, findings_of
from tests.probes.effect_road import asked, look, promise
from tests.rig.liars import recorded

__all__ = ["credential"]
SETTINGS = (BucketPolicy, BucketEncryption, BucketAcl)


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


def said_by(name: str) -> list[Seen | Unseen]:
    with hostile_s3(recorded(name)) as server:
        return look(access_to(server.url), asked("bkt", allowed=False))


@pytest.mark.parametrize(
    ("name", "known_as", "reason"),
    [
        ("rclone", "rclone serve s3", {Reason.MALFORMED}),  # a list of the bucket, whatever is asked
        ("s3rver", "S3rver", {Reason.MALFORMED, Reason.NOT_IMPLEMENTED}),
    ],
)
def test_a_server_that_knows_no_settings_is_not_one_where_none_are_set(
    name: str, known_as: str, reason: set[Reason]
) -> None:
    said = said_by(name)
    unseen = {one.facts_type: one.reason for one in said if isinstance(one, Unseen)}
    assert set(SETTINGS) <= unseen.keys()
    assert {unseen[kind] for kind in SETTINGS} <= reason
    found = promise(said)
    assert (found.name, found.own_key, found.restrict_public) == (known_as, Keeps.NO, Keeps.NO)
    outcomes = {check: finding.outcome for check, finding in findings_of(said, name="bkt").items()}
    for check in ("bucket-public-policy", "bucket-public-acl", "bucket-not-encrypted", "bucket-plain-http"):
        assert outcomes[check] is Outcome.UNKNOWN, check
