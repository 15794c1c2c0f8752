"""Buckets on a moto server, from the first call to the verdicts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auditor.codec import decode, encode
from auditor.facts.storage import (
    BucketAcl,
    BucketEncryption,
    BucketPlace,
    BucketPolicy,
    BucketTags,
    Ownership,
    PartState,
    PublicAccessBlock,
    Tag,
)
from auditor.model import Outcome, Sensitivity
from auditor.probe import Seen
from auditor.probes.bucket import BucketProbe
from auditor.reach import Reaches
from auditor.rig.s3 import KEY_ID, BucketSeed, public_read_statement, s3_server
from tests.probes.bucket_road import access_to, bucket, credential, findings_of, look, outcomes_of

__all__ = ["credential"]

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
SEEDS = (
    BucketSeed(name="best", algorithm="aws:kms", key_id=KEY_ID, tags={"data-classification": "restricted"}),
    BucketSeed(name="new-defaults", tls_only=False),
    BucketSeed(name="open-read", blocks=False, statements=(public_read_statement("open-read"),)),
    BucketSeed(name="open-all", blocks=False, statements=(public_read_statement("open-all", "s3:*"),)),
    BucketSeed(name="kept", statements=(public_read_statement("kept"),)),
    BucketSeed(name="old", algorithm=None, ownership=None, blocks=None, tls_only=False),
    BucketSeed(name="old-listed", ownership="ObjectWriter", blocks=False, public_permissions=("READ",)),
    BucketSeed(name="old-writable", ownership="ObjectWriter", blocks=False, public_permissions=("READ", "WRITE")),
    BucketSeed(name="dots.in.name", algorithm="aws:kms", key_id=KEY_ID),
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server(SEEDS) as url:
        yield url


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


ROWS = [  # acl write, encrypted, plain http, acl, policy, write
    ("best", (P, P, P, P, P, P)),
    ("dots.in.name", (P, P, P, P, P, P)),
    ("new-defaults", (P, P, F, P, P, P)),
    ("open-read", (P, P, P, P, F, P)),
    ("open-all", (P, P, P, P, F, F)),
    # A compatible server's RestrictPublicBuckets is a word, not evidence.
    ("kept", (P, P, P, P, U, U)),
    # Lists count, and those of the objects were not read.
    ("old", (U, F, F, U, P, P)),
    ("old-listed", (P, P, P, F, P, P)),
    ("old-writable", (F, P, P, F, P, P)),
]


@pytest.mark.parametrize(("name", "wanted"), ROWS, ids=[row[0] for row in ROWS])
def test_each_bucket_gets_the_verdicts_that_its_settings_earn(server: str, name: str, wanted: tuple[Outcome]) -> None:
    assert tuple(outcomes_of(look(access_to(server), name), name=name).values()) == wanted


def test_declared_public_bucket_may_be_read_but_not_written(server: str) -> None:
    said = look(access_to(server), "open-all")
    found = outcomes_of(said, intended_public=True, sensitivity=Sensitivity.PUBLIC)
    assert found["bucket-public-policy"] is N
    assert found["bucket-public-write"] is F


def test_missing_bucket_is_gone_after_one_question(server: str) -> None:
    asset = bucket("never-made")
    reaches = Reaches(access_to(server))
    reach = reaches.of(asset)
    list(BucketProbe().observe(asset, reach))
    findings = findings_of(look(access_to(server), "never-made"))
    assert {(one.outcome, one.reason) for one in findings.values()} == {(U, "gone")}
    assert reaches.storage().wire.connections == 1


def test_facts_are_what_the_server_said(server: str) -> None:
    facts = {type(one.facts): one.facts for one in look(access_to(server), "best") if isinstance(one, Seen)}
    assert facts[BucketPlace].location == "eu-west-1"  # type: ignore[attr-defined]
    assert facts[BucketTags].tags == (Tag(key="data-classification", value="restricted"),)  # type: ignore[attr-defined]
    assert facts[BucketEncryption].rules[0].key_id == KEY_ID  # type: ignore[attr-defined]
    assert facts[BucketAcl].ownership is Ownership.ENFORCED  # type: ignore[attr-defined]
    assert [grant.is_public for grant in facts[BucketAcl].grants] == [False]  # type: ignore[attr-defined]
    block = facts[PublicAccessBlock]
    assert (block.bucket.state, block.account.state) == (PartState.SET, PartState.NO_SWITCH)  # type: ignore[attr-defined]
    assert '"BoolIfExists"' in facts[BucketPolicy].document  # type: ignore[attr-defined]


def test_facts_survive_the_codec(server: str) -> None:
    for name in ("best", "old", "old-writable"):
        for one in look(access_to(server), name):
            assert isinstance(one, Seen)
            assert decode(encode(one.facts), BucketProbe.yields) == one.facts


def test_a_bucket_of_a_compatible_server_costs_at_most_fourteen_calls(server: str) -> None:
    """What is moot at AWS is asked there: its words are no evidence."""
    for name in ("best", "old"):
        reaches = Reaches(access_to(server))
        storage = reaches.storage()
        asset = bucket(name)
        counted = storage.bucket(asset)
        before = storage.wire.exchanges
        list(BucketProbe().observe(asset, reaches.of(asset)))
        assert counted.calls == 0
        assert 0 < storage.wire.exchanges - before <= 14
