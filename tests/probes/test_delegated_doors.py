"""A bucket whose policy leaves the choice to access points is as open as those of several regions are, too."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.facts.storage import PartState
from auditor.facts.storage_account import AccessPoints
from auditor.model import Outcome
from auditor.probe import Seen, Unseen
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import ACCOUNT, DENIED, Behaviour, Says, error
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import credential, findings_of, look
from tests.probes.test_access_points import BLOCKED, IN_FORCE, WIDE

__all__ = ["certified", "credential"]
pytestmark = pytest.mark.usefixtures("credential")

NO_BLOCK = error("NoSuchPublicAccessBlockConfiguration", 404)
OPEN = Says(
    "<PublicAccessBlock><BlockPublicAcls>false</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls>"
    "<BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets>"
    "</PublicAccessBlock>"
).body


def statement(key: str = "s3:DataAccessPointAccount", **more: object) -> str:
    condition = {"Condition": {"StringEquals": {key: ACCOUNT}}} if key else {}
    row = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", **condition, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [row]})


def wide(block: object = OPEN, bucket: str = "b") -> Says:
    return Says((WIDE % block).replace("<Bucket>b<", f"<Bucket>{bucket}<"))


def in_force(document: str) -> Says:
    return Says(IN_FORCE % f"<Established><Policy>{document}</Policy></Established>")


LEFT: Mapping[str, Behaviour] = {
    "policy": Says(statement()),
    "publicAccessBlock": NO_BLOCK,
    "accountBlock": NO_BLOCK,
    "policyStatus": Says("<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>"),
}


def looked(says: Mapping[str, Behaviour], papers: tuple[ssl.SSLContext, Path]) -> tuple[list[Seen | Unseen], list[str]]:
    with hostile_s3({**LEFT, **says}, tls=papers[0]) as server:
        return look(aws_at(server.url, papers[1])), server.asked


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"multiRegion": wide(), "multiRegionPolicy": in_force(statement(""))}, Outcome.FAIL),
        ({"multiRegion": wide(BLOCKED), "multiRegionPolicy": in_force(statement(""))}, Outcome.PASS),
        ({"multiRegion": wide(bucket="c"), "multiRegionPolicy": in_force(statement(""))}, Outcome.PASS),
        ({"multiRegion": wide(), "multiRegionPolicy": error("NoSuchAccessPointPolicy", 404)}, Outcome.PASS),
        ({"multiRegion": wide(), "multiRegionPolicy": DENIED}, Outcome.UNKNOWN),
        ({"multiRegion": wide(), "multiRegionPolicy": in_force("{}")}, Outcome.UNKNOWN),
        ({"multiRegion": DENIED}, Outcome.UNKNOWN),
        ({"multiRegion": Says("<ListBucketResult/>")}, Outcome.UNKNOWN),
    ],
)
def test_a_bucket_that_is_left_to_them_is_as_open_as_they_are(
    certified: tuple[ssl.SSLContext, Path], says: Mapping[str, Behaviour], outcome: Outcome
) -> None:
    assert findings_of(looked(says, certified)[0])["bucket-public-policy"].outcome is outcome


def test_where_one_region_showed_some_the_others_are_told_to_be_unseen(certified: tuple[ssl.SSLContext, Path]) -> None:
    listed = (
        "<ListAccessPointsResult><AccessPointList><AccessPoint><Name>door</Name><NetworkOrigin>Internet</NetworkOrigin>"
        "<Bucket>b</Bucket></AccessPoint></AccessPointList></ListAccessPointsResult>"
    )
    said, _ = looked({"accessPoints": Says(listed), "multiRegion": DENIED}, certified)
    (doors,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, AccessPoints))
    assert doors.unseen == ("several regions: access_denied",)
    assert [point.policy.state for point in doors.points] == [PartState.ABSENT]
    assert findings_of(said)["bucket-public-policy"].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("document", "asked"),
    [
        (Says(statement("aws:PrincipalAccount")), False),
        (error("NoSuchBucketPolicy", 404), False),
        (Says(statement("S3:DATAACCESSPOINTARN")), True),
        (Says(statement().replace("Point", "\\u0050oint")), True),
        (DENIED, True),
    ],
)
def test_they_are_asked_for_where_they_may_matter(
    certified: tuple[ssl.SSLContext, Path], document: Behaviour, asked: bool
) -> None:
    assert ("multiRegion" in looked({"policy": document}, certified)[1]) is asked
