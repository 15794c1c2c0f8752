"""Where a bucket's copies, logs and lists go: is it there, and in whose list?"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.facts.bucket_holders import BucketState
from auditor.facts.storage_flows import BucketDestinations
from auditor.model import Reason, Tier
from auditor.observe import observe_with
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.destinations import DestinationsProbe
from auditor.reach import Reaches
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import ACCOUNT, DENIED, HTML, SLOW_DOWN, Behaviour, Says, error
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import access_to, bucket, credential

__all__ = ["certified", "credential"]
pytestmark = pytest.mark.usefixtures("credential")

NO_LOG = Says("<BucketLoggingStatus/>")
ASSET = replace(bucket("h"), tiers=frozenset(Tier))


def copies_to(arn: str, status: str = "Enabled") -> Says:
    return Says(
        f"<ReplicationConfiguration><Role>r</Role><Rule><ID>all</ID><Status>{status}</Status><Destination>"
        f"<Bucket>{arn}</Bucket></Destination></Rule></ReplicationConfiguration>"
    )


def log_to(name: str) -> Says:
    return Says(
        f"<BucketLoggingStatus><LoggingEnabled><TargetBucket>{name}</TargetBucket><TargetPrefix/></LoggingEnabled>"
        "</BucketLoggingStatus>"
    )


def look(says: Mapping[str, Behaviour], papers: tuple[ssl.SSLContext, Path]) -> Observation:
    with hostile_s3({"logging": NO_LOG, **says}, tls=papers[0]) as server:
        access = replace(aws_at(server.url, papers[1]), audited_profiles=(None,))
        (said,) = observe_with(DestinationsProbe(), ASSET, Reaches(access).of(ASSET))
        return said


def seen(says: Mapping[str, Behaviour], papers: tuple[ssl.SSLContext, Path]) -> BucketDestinations:
    said = look(says, papers)
    assert isinstance(said, Seen), said
    assert isinstance(said.facts, BucketDestinations)
    return said.facts


TO_B = copies_to("arn:aws:s3:::b")
HOME = Says("<ListAllMyBucketsResult><Buckets><Bucket><Name>h</Name></Bucket></Buckets></ListAllMyBucketsResult>")
GONE = error("NoSuchBucket", 404)


@pytest.mark.parametrize(
    ("says", "state", "holder", "listed", "reason"),
    [
        ({}, BucketState.EXISTS, ACCOUNT, (), ""),
        ({"buckets": HOME}, BucketState.EXISTS, "", (ACCOUNT,), ""),
        ({"buckets": HOME, "location": DENIED}, BucketState.EXISTS, "", (ACCOUNT,), ""),
        ({"buckets": HOME, "location": GONE}, BucketState.ABSENT, "", (ACCOUNT,), ""),
        ({"buckets": HOME, "location": Says(HTML)}, None, "", (), "malformed"),
        ({"buckets": HOME, "location": SLOW_DOWN}, None, "", (), "throttled"),
    ],
)
def test_what_is_told_of_a_destination(
    says: Mapping[str, Behaviour],
    state: BucketState | None,
    holder: str,
    listed: tuple[str, ...],
    reason: str,
    certified: tuple[ssl.SSLContext, Path],
) -> None:
    (row,) = seen({"replication": TO_B, **says}, certified).rows
    assert (row.bucket, row.by) == ("b", ("replication rule all",))
    assert (row.state, row.holder, row.listed, row.reason) == (state, holder, listed, reason)


def test_one_bucket_that_several_settings_name_is_asked_for_once(certified: tuple[ssl.SSLContext, Path]) -> None:
    facts = seen({"replication": TO_B, "logging": log_to("b")}, certified)
    assert [(row.bucket, row.by) for row in facts.rows] == [("b", ("access log", "replication rule all"))]
    assert facts.unseen == ()


@pytest.mark.parametrize(
    "says", [{}, {"replication": copies_to("arn:aws:s3:::b", "Disabled")}, {"logging": log_to("h")}]
)
def test_what_leads_nowhere_else_asks_for_nobody(
    says: Mapping[str, Behaviour], certified: tuple[ssl.SSLContext, Path]
) -> None:
    assert seen(says, certified).rows == ()


def test_a_bucket_on_a_device_of_ones_own_is_not_asked_for(certified: tuple[ssl.SSLContext, Path]) -> None:
    (row,) = seen({"replication": copies_to("arn:aws:s3-outposts:us-east-1:123:outpost/op/bucket/x")}, certified).rows
    assert (row.state, row.reason) == (None, "not_implemented")


def test_a_setting_that_is_denied_is_told_beside_the_others(certified: tuple[ssl.SSLContext, Path]) -> None:
    facts = seen({"replication": TO_B, "logging": DENIED}, certified)
    assert (len(facts.rows), facts.unseen) == (1, ("access log: access_denied",))
    said = look({"logging": DENIED}, certified)
    assert isinstance(said, Unseen)
    assert said.reason is Reason.ACCESS_DENIED


def test_a_compatible_server_is_not_asked() -> None:
    with hostile_s3() as server:
        (said,) = observe_with(DestinationsProbe(), ASSET, Reaches(access_to(server.url)).of(ASSET))
        assert (isinstance(said, Seen), server.asked) == (True, [])
