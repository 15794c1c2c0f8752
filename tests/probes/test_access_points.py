"""Access points, keys and owners: what is told around a bucket, and what is denied of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts.storage import PartState
from auditor.facts.storage_account import (
    AccessPoints,
    AccountCoverage,
    AccountDoors,
    AccountOrganisation,
    BucketOwner,
    MultiRegionDoors,
    NetworkOrigin,
)
from auditor.facts.storage_keys import BucketKeys
from auditor.model import Reason
from auditor.observe import observe_with
from auditor.plugins import load
from auditor.probe import Found, Seen, Unseen
from auditor.probes.account import AccountProbe
from auditor.reach import Reaches
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import (
    ACCOUNT,
    DENIED,
    HTML,
    LISTING,
    Behaviour,
    Says,
    error,
)
from checks.derivations.account_coverage import DERIVATIONS
from tests.probes.account_rig import CITY, NO_DIRECTORY, Certified, P, findings, listing, observe, seen
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import access_to, bucket, credential, look

__all__ = ["certified", "credential"]


@pytest.fixture(autouse=True)
def _credential(credential: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here signs, and one region is enough."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def door(bucket_account: str = ACCOUNT, origin: str = "Internet") -> Says:
    return Says(
        "<ListAccessPointsResult><AccessPointList><AccessPoint><Name>door</Name><Bucket>b</Bucket>"
        f"<NetworkOrigin>{origin}</NetworkOrigin><BucketAccountId>{bucket_account}</BucketAccountId></AccessPoint>"
        "</AccessPointList></ListAccessPointsResult>"
    )


POLICY = Says("<GetAccessPointPolicyResult><Policy>{}</Policy></GetAccessPointPolicyResult>")
STATUS = Says(
    "<GetAccessPointPolicyStatusResult><PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>"
    "</GetAccessPointPolicyStatusResult>"
)


def of_bucket(says: dict[str, Behaviour], certified: Certified, facts_type: type) -> object:
    with hostile_s3(says, tls=certified[0]) as server:
        said = look(aws_at(server.url, certified[1]))
    return next(one for one in said if (one.facts_type if isinstance(one, Unseen) else type(one.facts)) is facts_type)


def test_an_access_point_is_seen_with_its_bucket(certified: Certified) -> None:
    says: dict[str, Behaviour] = {"accessPoints": door(), "accessPointPolicy": POLICY, "accessPointStatus": STATUS}
    one = of_bucket(says, certified, AccessPoints)
    assert isinstance(one, Seen)
    assert isinstance(one.facts, AccessPoints)
    (point,) = one.facts.points
    assert (point.name, point.origin) == ("door", NetworkOrigin.INTERNET)
    assert (point.block.restrict_buckets, point.policy.document, point.policy.is_public) == (True, "{}", True)
    assert seen(observe(says, certified)[0], AccountDoors).points == ()  # type: ignore[attr-defined]


WIDE = (
    "<ListMultiRegionAccessPointsResult><AccessPoints><AccessPoint><Name>wide</Name><Alias>w.mrap</Alias>%s<Regions>"
    "<Region><Bucket>b</Bucket><Region>eu-west-1</Region><BucketAccountId>444455556666</BucketAccountId></Region>"
    "</Regions></AccessPoint></AccessPoints></ListMultiRegionAccessPointsResult>"
)
BLOCKED = (
    "<PublicAccessBlock><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"
    "<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlock>"
)
IN_FORCE = "<GetMultiRegionAccessPointPolicyResult><Policy>%s</Policy></GetMultiRegionAccessPointPolicyResult>"


@pytest.mark.parametrize(
    ("policy", "block", "state"),
    [
        (Says(IN_FORCE % "<Established><Policy>{}</Policy></Established>"), BLOCKED, PartState.SET),
        (Says(IN_FORCE % "<Proposed><Policy>{}</Policy></Proposed>"), BLOCKED, PartState.ABSENT),
        (error("NoSuchAccessPointPolicy", 404), BLOCKED, PartState.ABSENT),
        (DENIED, "", PartState.UNSEEN),
        (Says(LISTING), BLOCKED, PartState.UNSEEN),
    ],
)
def test_a_multi_region_access_point_and_the_policy_in_force(
    policy: Says, block: str, state: PartState, certified: Certified
) -> None:
    says: dict[str, Behaviour] = {"multiRegion": Says(WIDE % block), "multiRegionPolicy": policy}
    sights, _, _ = observe({**says, "directoryBuckets": NO_DIRECTORY}, certified)
    (point,) = seen(sights, MultiRegionDoors).points  # type: ignore[attr-defined]
    assert (point.name, point.policy.state) == ("wide", state)
    assert point.block.state is (PartState.SET if block else PartState.UNSEEN)
    assert [(one.name, one.account) for one in point.buckets] == [("b", "444455556666")]
    assert findings(sights)["account-buckets-unjudged"].outcome is P


def test_an_access_point_to_another_accounts_bucket_is_seen_with_its_account(certified: Certified) -> None:
    foreign: dict[str, Behaviour] = {"accessPoints": door("444455556666")}
    points = seen(observe(foreign, certified)[0], AccountDoors).points  # type: ignore[attr-defined]
    assert {point.bucket_account for point in points} == {"444455556666"}
    one = of_bucket(foreign, certified, AccessPoints)
    assert isinstance(one, Seen)
    assert one.facts.points == ()  # type: ignore[attr-defined]


@pytest.mark.parametrize("denied", ["accessPoint", "accessPointPolicy", "accessPointStatus"])
def test_a_denied_part_of_an_access_point_is_unseen_beside_the_others(denied: str, certified: Certified) -> None:
    told: dict[str, Behaviour] = {"accessPointPolicy": POLICY, "accessPointStatus": STATUS}
    says = {"accessPoints": door(), **told, denied: DENIED}
    one = of_bucket(says, certified, AccessPoints)
    assert isinstance(one, Seen)
    (point,) = one.facts.points  # type: ignore[attr-defined]
    assert (point.block.state is PartState.UNSEEN) is (denied == "accessPoint")
    assert (point.policy.state is PartState.UNSEEN) is (denied == "accessPointPolicy")
    assert point.policy.is_public in (None, True)
    assert (point.policy.is_public is None) is (denied != "accessPoint")


def test_a_denied_list_of_access_points_is_not_none(certified: Certified) -> None:
    one = of_bucket({"accessPoints": DENIED}, certified, AccessPoints)
    assert isinstance(one, Unseen)
    assert one.reason is Reason.ACCESS_DENIED


def test_where_the_region_is_denied_its_access_points_are_denied_too(certified: Certified) -> None:
    one = of_bucket({"buckets": DENIED, "location": DENIED}, certified, AccessPoints)
    assert isinstance(one, Unseen)
    assert one.reason is Reason.ACCESS_DENIED


@pytest.mark.parametrize("denied", ["DescribeKey", "GetKeyRotationStatus", "GetKeyPolicy", "ListGrants"])
def test_a_denied_question_to_the_key_service_is_unseen_in_its_part(denied: str, certified: Certified) -> None:
    one = of_bucket({denied: Says('{"__type": "AccessDeniedException"}', 400)}, certified, BucketKeys)
    assert isinstance(one, Seen)
    (key,) = one.facts.keys  # type: ignore[attr-defined]
    assert (key.state is PartState.UNSEEN) is (denied == "DescribeKey")
    assert (key.rotation.state is PartState.UNSEEN) is (denied in {"DescribeKey", "GetKeyRotationStatus"})
    assert (key.policy.state is PartState.UNSEEN) is (denied in {"DescribeKey", "GetKeyPolicy"})
    assert (key.grants.state is PartState.UNSEEN) is (denied in {"DescribeKey", "ListGrants"})
    assert key.account_from_name == ACCOUNT
    reasons = {key.reason, key.rotation.reason, key.policy.reason, key.grants.reason}
    assert reasons == {"access_denied"} | (set() if denied == "DescribeKey" else {""})


LIES = {
    "html": Says(HTML),
    "another account in the ARN": Says(
        '{"KeyMetadata": {"AWSAccountId": "999999999999", "Arn": "arn:aws:kms:eu-west-1:123456789012:key/k", '
        '"KeyManager": "CUSTOMER", "KeyState": "Enabled", "Origin": "AWS_KMS"}}'
    ),
    "no manager": Says('{"KeyMetadata": {"AWSAccountId": "123456789012", "Arn": "arn:aws:kms:a:123456789012:key/k"}}'),
    "deep": Says('{"KeyMetadata": {"a": ' + "[" * 5_000),
    "invalid utf-8": Says(b'{"KeyMetadata": {"Arn": "\xff\xfe"}}'),
    "throttled for ever": Says('{"__type": "ThrottlingException"}', 400),
    "gone": Says('{"__type": "NotFoundException"}', 400),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=list(LIES))
def test_a_key_that_is_told_of_wrongly_is_unseen(lie: Behaviour, certified: Certified) -> None:
    one = of_bucket({"DescribeKey": lie}, certified, BucketKeys)
    assert isinstance(one, Seen)
    (key,) = one.facts.keys  # type: ignore[attr-defined]
    assert (key.state, key.account, key.arn) == (PartState.UNSEEN, "", "")


KEPT_OUTSIDE = (
    '{"KeyMetadata": {"AWSAccountId": "123456789012", "Arn": "arn:aws:kms:eu-west-1:123456789012:key/k", '
    '"KeyManager": "CUSTOMER", "KeyState": "Enabled", "Origin": "EXTERNAL_KEY_STORE", '
    '"CustomKeyStoreId": "cks-1234567890abcdef0", "XksKeyConfiguration": %s}}'
)


@pytest.mark.parametrize(("outside", "state"), [('{"Id": "bb8562717f80"}', PartState.SET), ("7", PartState.UNSEEN)])
def test_the_key_store_is_told_of(outside: str, state: PartState, certified: Certified) -> None:
    one = of_bucket({"DescribeKey": Says(KEPT_OUTSIDE % outside)}, certified, BucketKeys)
    assert isinstance(one, Seen)
    (key,) = one.facts.keys  # type: ignore[attr-defined]
    told = ("cks-1234567890abcdef0", "bb8562717f80") if state is PartState.SET else ("", "")
    assert (key.state, key.key_store, key.external_key) == (state, *told)


def test_an_alias_is_resolved_and_says_no_account_itself(certified: Certified) -> None:
    alias = Says(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
        "</SSEAlgorithm><KMSMasterKeyID>alias/city</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>"
        "</ServerSideEncryptionConfiguration>"
    )
    one = of_bucket({"encryption": alias}, certified, BucketKeys)
    assert isinstance(one, Seen)
    (key,) = one.facts.keys  # type: ignore[attr-defined]
    assert (key.named, key.account_from_name, key.account) == ("alias/city", "", ACCOUNT)


def test_whose_a_bucket_is(certified: Certified) -> None:
    ours = of_bucket({}, certified, BucketOwner)
    assert isinstance(ours, Seen)
    facts = ours.facts
    assert isinstance(facts, BucketOwner)
    assert (facts.account, facts.is_listed, facts.is_proven, facts.is_ours) == (ACCOUNT, True, True, True)
    strange = of_bucket({"buckets": Says(listing("c"))}, certified, BucketOwner)
    assert isinstance(strange, Seen)
    assert (strange.facts.is_listed, strange.facts.is_ours) == (False, False)  # type: ignore[attr-defined]


def test_a_bucket_that_another_registered_anew_is_never_read_as_the_declared_accounts(certified: Certified) -> None:
    """The name was given up and taken by somebody else: every call names the owner that the inventory does."""
    from auditor.rig.hostile_s3_answers import ALL_ANSWERS, HEALTHY, OwnedByAnother

    others: dict[str, Behaviour] = {
        name: OwnedByAnother(answer)
        for name, answer in ALL_ANSWERS.items()
        if isinstance(answer, Says) and name in HEALTHY
    }
    with hostile_s3({**others, "buckets": Says(listing("c"))}, tls=certified[0]) as server:
        reaches = Reaches(aws_at(server.url, certified[1]))
        from auditor.probes.bucket import BucketProbe

        asset = replace(bucket(), account=ACCOUNT)
        said = observe_with(BucketProbe(), asset, reaches.of(asset))
    known = {type(one.facts).__name__ for one in said if isinstance(one, Seen)}
    assert known <= {"BucketOwner"}


def test_a_server_of_ones_own_lists_its_users_buckets() -> None:
    with hostile_s3({"buckets": Says(listing("a", region=""))}) as server:
        asset = replace(CITY, account=None, address="s3-compatible://ceph")
        said = observe_with(AccountProbe(), asset, Reaches(access_to(server.url)).of(asset))
    assert [one.asset.address for one in said if isinstance(one, Found)] == ["s3://a"]
    unseen = {one.facts_type: one.reason for one in said if isinstance(one, Unseen)}
    assert unseen == {AccountOrganisation: Reason.NOT_IMPLEMENTED}


def test_no_compatible_server_proves_whose_a_bucket_is() -> None:
    """Four of four ignored the expected owner, so none is named to them, and an answer proves nothing."""
    with hostile_s3() as server:
        said = look(access_to(server.url))
    (owner,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, BucketOwner))
    assert (owner.is_proven, owner.is_listed, owner.is_ours) == (None, None, None)


def test_the_coverage_is_derived() -> None:
    assert DERIVATIONS[0].yields is AccountCoverage


def test_an_account_is_asked_nothing_that_is_asked_of_a_bucket() -> None:
    parts = load()
    asked = {check.id for check in parts.checks_for(CITY)}
    assert "account-buckets-unjudged" in asked
    assert not [check for check in asked if check.startswith("bucket-")]
