"""docs/permissions.md is what the program needs, no more and no less, and reads no object."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason, Tier
from auditor.observe import observe_with
from auditor.probe import Found, Observation, Unseen
from auditor.probes.account import AccountProbe
from auditor.probes.bucket import BucketFlowsProbe, BucketProbe
from auditor.probes.macie import MacieProbe
from auditor.reach import Reaches
from auditor.reach.s3 import Storage
from auditor.reach.s3_actions import ACTIONS, DEEP, DISKS, LISTS, NIGHTLY, PRIVILEGED
from auditor.reach.s3_answers import KEYS, ROOTS
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import ACCOUNT, ALL_ANSWERS, Behaviour, Says, error
from tests.probes.account_rig import CITY, Certified
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import access_to, bucket, credential
from tests.probes.test_access_points import door

__all__ = ["certified", "credential"]

PAGE = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text(encoding="utf-8")
POLICIES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
STATEMENTS = POLICIES[0]["Statement"]
# What each question needs, by what goes over the wire (Service Authorization Reference), independently of our table.
NEEDED: dict[str, tuple[str, str]] = {
    "buckets": ("s3:ListAllMyBuckets", "*"),
    "accountBlock": ("s3:GetAccountPublicAccessBlock", "*"),
    "accessGrants": ("s3:ListAccessGrantsInstances", "*"),
    "accessPoints": ("s3:ListAccessPoints", "*"),
    "accessPoint": ("s3:GetAccessPoint", "*"),
    "accessPointPolicy": ("s3:GetAccessPointPolicy", f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/door"),
    "accessPointStatus": ("s3:GetAccessPointPolicyStatus", f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/door"),
    "multiRegion": ("s3:ListMultiRegionAccessPoints", "*"),
    "multiRegionPolicy": ("s3:GetMultiRegionAccessPointPolicy", f"arn:aws:s3::{ACCOUNT}:accesspoint/wide"),
    "directoryBuckets": ("s3express:ListAllMyDirectoryBuckets", "*"),
    "tableBuckets": ("s3tables:ListTableBuckets", "*"),
    "DescribeOrganization": ("organizations:DescribeOrganization", "*"),
    "DescribeKey": ("kms:DescribeKey", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"),
    "GetKeyPolicy": ("kms:GetKeyPolicy", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"),
    "ListGrants": ("kms:ListGrants", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"),
    "GetKeyRotationStatus": ("kms:GetKeyRotationStatus", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"),
    "macieSession": ("macie2:GetMacieSession", "*"),
    "macieBuckets": ("macie2:DescribeBuckets", "*"),
    "macieFindings": ("macie2:GetFindingStatistics", "*"),
    **{
        name: (f"s3:{action}", "arn:aws:s3:::b")
        for name, action in {
            "acl": "GetBucketAcl",
            "encryption": "GetEncryptionConfiguration",
            "inventory": "GetInventoryConfiguration",
            "lifecycle": "GetLifecycleConfiguration",
            "location": "GetBucketLocation",
            "logging": "GetBucketLogging",
            "notification": "GetBucketNotification",
            "object-lock": "GetBucketObjectLockConfiguration",
            "ownershipControls": "GetBucketOwnershipControls",
            "policy": "GetBucketPolicy",
            "policyStatus": "GetBucketPolicyStatus",
            "publicAccessBlock": "GetBucketPublicAccessBlock",
            "replication": "GetReplicationConfiguration",
            "tagging": "GetBucketTagging",
            "versioning": "GetBucketVersioning",
            "website": "GetBucketWebsite",
        }.items()
    },
}
DOORS: dict[str, Behaviour] = {
    "accessPoints": door(),
    "accessPointPolicy": Says("<GetAccessPointPolicyResult><Policy>{}</Policy></GetAccessPointPolicyResult>"),
    "accessPointStatus": Says(
        "<GetAccessPointPolicyStatusResult><PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>"
        "</GetAccessPointPolicyStatusResult>"
    ),
    "multiRegion": Says(
        "<ListMultiRegionAccessPointsResult><AccessPoints><AccessPoint><Name>wide</Name></AccessPoint></AccessPoints>"
        "</ListMultiRegionAccessPointsResult>"
    ),
    "ownershipControls": error("OwnershipControlsNotFoundError", 404),  # so that lists are asked for too
    "buckets": Says(
        "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>"
    ),
}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def permits(action: str, resource: str, statements: Iterable[dict[str, str | list[str]]] = STATEMENTS) -> bool:
    """An explicit Deny wins, then any Allow."""
    matching = [
        one["Effect"]
        for one in statements
        if any(fnmatch.fnmatchcase(action, pattern) for pattern in listed(one["Action"]))
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in listed(one["Resource"]))
    ]
    return "Deny" not in matching and "Allow" in matching


@pytest.fixture(autouse=True)
def _credential(credential: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def collect(certified: Certified, *, without: str = "") -> tuple[list[Observation], list[str], Storage]:
    """A collection under the page's policy, as a server enforces it: what was said, refused and asked."""
    refused: list[str] = []

    def enforced(question: str, number: int) -> Behaviour:
        if question == "identity":
            return ALL_ANSWERS[question]
        action, resource = NEEDED[question]
        if permits(action, resource) and action != without:
            return DOORS.get(question) or ALL_ANSWERS[question]
        refused.append(action)
        is_json = question in KEYS or question == "tableBuckets" or question.startswith("macie")
        return Says('{"__type": "AccessDeniedException"}', 403) if is_json else error("AccessDenied", 403)

    with hostile_s3(enforced, tls=certified[0]) as server:
        reaches = Reaches(aws_at(server.url, certified[1]))
        asset = replace(bucket(), tiers=frozenset({Tier.NIGHTLY, Tier.DEEP}))
        said = [
            *observe_with(AccountProbe(), CITY, reaches.of(CITY)),
            *observe_with(BucketProbe(), asset, reaches.of(asset)),
            *observe_with(BucketFlowsProbe(), asset, reaches.of(asset)),
            *observe_with(MacieProbe(), asset, reaches.of(asset)),
        ]
        return said, refused, reaches.storage()


def test_the_policy_alone_is_enough_for_all_that_is_asked(certified: Certified) -> None:
    said, refused, storage = collect(certified)
    assert refused == []
    assert not [one for one in said if isinstance(one, Unseen)]
    assert storage.asked.keys() == (NIGHTLY | DEEP).keys() - {"s3:HeadBucket"}


def test_every_call_is_planned(certified: Certified) -> None:
    _, _, storage = collect(certified)
    planned = planned_calls(CITY, AccountProbe()) | planned_calls(
        bucket(), BucketProbe(), BucketFlowsProbe(), MacieProbe()
    )
    assert storage.asked.keys() <= planned
    assert planned == (NIGHTLY | DEEP).keys()


def planned_calls(asset: Asset, *probes: AccountProbe | BucketProbe | BucketFlowsProbe | MacieProbe) -> set[str]:
    lines = [line for probe in probes for line in probe.plan(asset)]
    assert all(asset.address in line or "once in a run" in line for line in lines)
    return {name for line in lines for name in re.findall(r"\b[a-z0-9]+:[A-Z][A-Za-z]+", line)}


@pytest.mark.parametrize(
    "action", ["s3:ListAllMyBuckets", "kms:GetKeyPolicy", "kms:ListGrants", "s3:GetInventoryConfiguration"]
)
def test_what_is_taken_out_of_the_policy_is_missed(action: str, certified: Certified) -> None:
    said, refused, _ = collect(certified, without=action)
    assert action in refused
    assert action.startswith("kms") or [one for one in said if isinstance(one, Unseen)]
    assert [one for one in said if isinstance(one, Found)] or action == "s3:ListAllMyBuckets"


def test_the_policy_allows_what_the_calls_need_and_nothing_else() -> None:
    allowed = [action for one in STATEMENTS if one["Effect"] == "Allow" for action in listed(one["Action"])]
    assert len(allowed) == len(set(allowed))
    assert set(allowed) == {action for action in (NIGHTLY | DEEP | DISKS).values() if action}
    assert set(allowed) == {action for action, _ in NEEDED.values()} | set(DISKS.values())
    assert not [action for action in allowed if "*" in action]


def test_every_operation_that_may_be_answered_is_in_the_table() -> None:
    operations = {name.partition(":")[2] for name in ACTIONS}
    assert operations >= ROOTS.keys() | KEYS.keys()
    assert operations - ROOTS.keys() - KEYS.keys() <= {"GetObject", "HeadBucket", "HeadObject", "ListObjectsV2"}


@pytest.mark.parametrize(
    "action",
    ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAcl", "s3:PutObject", "s3:DeleteBucket", "kms:Decrypt"],
)
def test_the_policy_reads_no_object_whatever_is_attached_beside_it(action: str) -> None:
    wide: dict[str, str | list[str]] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    for resource in ("arn:aws:s3:::b/secret", "arn:aws:s3:::b", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"):
        assert not permits(action, resource)
        assert not permits(action, resource, [*STATEMENTS, wide])


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:ListBucketVersions", "iam:PassRole", "s3:PutBucketPolicy"])
def test_the_policy_lists_no_object_and_changes_nothing(action: str) -> None:
    assert not permits(action, "arn:aws:s3:::b")


def test_the_privileged_policy_is_that_of_its_calls() -> None:
    (statement,) = POLICIES[1]["Statement"]
    assert set(PRIVILEGED.values()) | {"s3:GetObjectVersion"} == set(statement["Action"])
    assert "*" not in statement["Resource"]


def test_the_policy_for_lists_is_that_of_its_calls() -> None:
    """And of the questions that find a list: they are the nightly ones, for a credential that has those alone."""
    statements = POLICIES[2]["Statement"]
    found = {"s3:GetInventoryConfiguration", "s3:GetBucketVersioning"}
    assert {action for one in statements for action in listed(one["Action"])} == set(LISTS.values()) | found
    for one in statements:
        assert all(not resource.endswith(":::*") and resource != "*" for resource in listed(one["Resource"]))
    (read,) = (one for one in statements if "s3:GetObject" in listed(one["Action"]))
    assert read["Resource"] == "arn:aws:s3:::DESTINATION/PREFIX/BUCKET/*"


def test_the_page_names_what_each_denied_action_costs() -> None:
    table = PAGE.partition("## What a denied call costs")[2].partition("## ")[0]
    named = set(re.findall(r"`([a-z0-9]+:[A-Z]\w+)`", table))
    assert named == {action for action in (NIGHTLY | DEEP | DISKS).values() if action} - {"s3:GetBucketLocation"}


def test_a_call_that_is_not_in_the_table_is_not_made() -> None:
    with hostile_s3() as server:
        calls = Reaches(access_to(server.url)).of(bucket()).bucket()
        for method in ("delete_bucket", "list_objects", "get_bucket_cors"):
            with pytest.raises(Unreachable) as failure:
                calls.ask(method)
            assert failure.value.reason is Reason.OUT_OF_SCOPE
        assert server.asked == []
