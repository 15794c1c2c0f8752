"""An account of AWS, played by a loopback server: its list, its block, its other doors, and how each may be denied."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.deriving import Sights, derive_each
from auditor.facts.storage import PartState
from auditor.facts.storage_account import (
    AccessPoints,
    AccountBlock,
    AccountCoverage,
    AccountDoors,
    AccountFacts,
    AccountOrganisation,
    BucketOwner,
    MultiRegionDoors,
    NetworkOrigin,
    OtherBucketKinds,
    OtherKind,
)
from auditor.facts.storage_keys import BucketKeys
from auditor.judge import judge_asset
from auditor.model import Asset, Finding, Outcome, Reason, Sensitivity
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
    SLOW_DOWN,
    Behaviour,
    Drops,
    Hangs,
    Says,
    error,
)
from checks.account_coverage import CHECKS
from checks.derivations.account_coverage import DERIVATIONS
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import QUICK, access_to, bucket, credential, declared, look

__all__ = ["certified", "credential"]

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
Certified = tuple[ssl.SSLContext, Path]
CITY = Asset(id="cloud/main", kind="account", address=f"aws://{ACCOUNT}", system="cloud", account=ACCOUNT)


@pytest.fixture(autouse=True)
def _credential(credential: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here signs, and one region is enough."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def listing(*names: str, token: str = "", region: str = "eu-west-1") -> str:
    rows = "".join(f"<Bucket><Name>{name}</Name><BucketRegion>{region}</BucketRegion></Bucket>" for name in names)
    more = f"<ContinuationToken>{token}</ContinuationToken>" if token else ""
    inside = f"<Owner><ID>75aa57</ID></Owner><Buckets>{rows}</Buckets>{more}"
    return f"<ListAllMyBucketsResult>{inside}</ListAllMyBucketsResult>"


def observe(
    says: dict[str, Behaviour], certified: Certified, asset: Asset = CITY
) -> tuple[dict[type, Seen | Unseen], list[Asset], list[str]]:
    with hostile_s3(says, tls=certified[0]) as server:
        hangs = isinstance(says, dict) and any(isinstance(one, Hangs) for one in says.values())
        limits = replace(QUICK, operation_s=0.3 if hangs else QUICK.operation_s)
        access = replace(aws_at(server.url, certified[1]), limits=limits)
        said = observe_with(AccountProbe(), asset, Reaches(access).of(asset))
        asked = list(server.asked)
    sights = [one for one in said if not isinstance(one, Found)]
    by_type = {one.facts_type if isinstance(one, Unseen) else type(one.facts): one for one in sights}
    assert sorted(map(repr, by_type)) == sorted(map(repr, AccountProbe.yields))
    assert len(sights) == len(by_type)
    return by_type, [one.asset for one in said if isinstance(one, Found)], asked


def seen(sights: dict[type, Seen | Unseen], facts_type: type) -> object:
    one = sights[facts_type]
    assert isinstance(one, Seen), one
    return one.facts


def findings(sights: dict[type, Seen | Unseen]) -> dict[str, Finding]:
    row = derive_each(Sights.of(list(sights.values())), DERIVATIONS, declared())
    return {finding.check: finding for finding in judge_asset(CITY, row, CHECKS)}


def test_an_account_and_its_buckets_are_seen(certified: Certified) -> None:
    sights, found, _ = observe({"buckets": Says(listing("a", "b")), "directoryBuckets": NO_DIRECTORY}, certified)
    account = seen(sights, AccountFacts)
    assert isinstance(account, AccountFacts)
    assert (account.account, account.canonical_id, account.bucket_count) == (ACCOUNT, "75aa57", 2)
    assert (account.is_complete, account.regions) == (True, ("eu-west-1",))
    assert [one.address for one in found] == ["s3://a", "s3://b"]
    assert {(one.system, one.sensitivity, one.found_by) for one in found} == {
        ("cloud", Sensitivity.UNDECLARED, "cloud/main")
    }
    block = seen(sights, AccountBlock)
    assert isinstance(block, AccountBlock)
    assert block.level.restrict_buckets
    organisation = seen(sights, AccountOrganisation)
    assert isinstance(organisation, AccountOrganisation)
    assert organisation.organisation == "o-a1b2c3d4e5"
    judged = findings(sights)["account-buckets-unjudged"]
    assert judged.outcome is P
    assert "eu-west-1" in judged.summary  # of other regions it says nothing


NO_DIRECTORY = Says("<ListAllMyDirectoryBucketsResult><Buckets/></ListAllMyDirectoryBucketsResult>")


def test_pages_are_followed_to_their_end(certified: Certified) -> None:
    pages = iter([listing("a", token="t1"), listing("b", token="t2"), listing("c")])
    sights, found, asked = observe_paged(pages, certified)
    assert [one.id for one in found] == ["cloud/main/a", "cloud/main/b", "cloud/main/c"]
    assert asked.count("buckets") == 3
    account = seen(sights, AccountFacts)
    assert isinstance(account, AccountFacts)
    assert account.is_complete


def observe_paged(pages: object, certified: Certified) -> tuple[dict[type, Seen | Unseen], list[Asset], list[str]]:
    from auditor.rig.hostile_s3_answers import ALL_ANSWERS

    def says(sub_resource: str, number: int) -> Behaviour:
        return Says(next(pages)) if sub_resource == "buckets" else ALL_ANSWERS[sub_resource]  # type: ignore[call-overload]

    return observe(says, certified)  # type: ignore[arg-type]


def test_a_repeating_token_ends_the_list_and_leaves_it_incomplete(certified: Certified) -> None:
    sights, found, asked = observe({"buckets": Says(listing("a", token="again"))}, certified)
    assert asked.count("buckets") == 2
    account = seen(sights, AccountFacts)
    assert isinstance(account, AccountFacts)
    assert (account.is_complete, account.incomplete_reason) == (False, "malformed")
    assert [one.address for one in found] == ["s3://a"]


def test_a_list_that_breaks_off_is_no_complete_account(certified: Certified) -> None:
    pages = iter([listing("a", token="t1"), "<html/>"])
    sights, _, _ = observe_paged(pages, certified)
    account = seen(sights, AccountFacts)
    assert isinstance(account, AccountFacts)
    assert not account.is_complete


LIST_DENIED: dict[str, tuple[Behaviour, Reason]] = {
    "denied": (DENIED, Reason.ACCESS_DENIED),
    "throttled for ever": (SLOW_DOWN, Reason.THROTTLED),
    "html": (Says(HTML), Reason.MALFORMED),
    "a listing of objects": (Says(LISTING), Reason.MALFORMED),
    "truncated": (Says("<ListAllMyBucketsResult><Buckets>"), Reason.MALFORMED),
    "a bucket without a name": (
        Says("<ListAllMyBucketsResult><Buckets><Bucket/></Buckets></ListAllMyBucketsResult>"),
        Reason.MALFORMED,
    ),
    "expired": (error("ExpiredToken", 400), Reason.AUTH_FAILED),
    "clock skew": (error("RequestTimeTooSkewed", 403), Reason.AUTH_FAILED),
    "unpaged lists are refused": (error("InvalidRequest", 400), Reason.MALFORMED),
    "silence": (Hangs(), Reason.TIMEOUT),
    "dropped": (Drops(), Reason.CLOSED),
}


@pytest.mark.parametrize(("behaviour", "reason"), LIST_DENIED.values(), ids=list(LIST_DENIED))
def test_a_list_that_cannot_be_seen_makes_the_whole_account_unknown(
    behaviour: Behaviour, reason: Reason, certified: Certified
) -> None:
    sights, found, asked = observe({"buckets": behaviour}, certified)
    assert {one.reason for one in sights.values() if isinstance(one, Unseen)} == {reason}
    assert not [one for one in sights.values() if isinstance(one, Seen)]
    assert found == []
    assert {(one.outcome, one.reason) for one in findings(sights).values()} == {(U, reason.word)}
    assert len(asked) <= 5


def test_another_accounts_credential_counts_nobodys_buckets(certified: Certified) -> None:
    other = replace(CITY, account="999999999999", address="aws://999999999999")
    sights, found, asked = observe({}, certified, other)
    assert {one.reason for one in sights.values() if isinstance(one, Unseen)} == {Reason.AUTH_FAILED}
    assert (found, asked) == ([], ["identity"])


BLIND = {
    "accountBlock": AccountBlock,
    "DescribeOrganization": AccountOrganisation,
    "accessPoints": AccountDoors,
}


@pytest.mark.parametrize("denied", BLIND)
def test_one_denied_call_blinds_its_own_facts_alone(denied: str, certified: Certified) -> None:
    how = error("AccessDeniedException", 400)
    says = Says('{"__type": "AccessDeniedException"}', 400) if denied.startswith("Describe") else how
    sights, _, _ = observe({denied: says}, certified)
    assert {kind for kind, one in sights.items() if isinstance(one, Unseen)} == {BLIND[denied]}
    unseen = sights[BLIND[denied]]
    assert isinstance(unseen, Unseen)
    assert unseen.reason is Reason.ACCESS_DENIED


@pytest.mark.parametrize("denied", ["multiRegion", "directoryBuckets", "tableBuckets"])
def test_a_kind_that_could_not_be_listed_is_no_kind_that_is_not_there(denied: str, certified: Certified) -> None:
    body = '{"__type": "AccessDeniedException"}' if denied == "tableBuckets" else DENIED.body
    sights, _, _ = observe({"directoryBuckets": NO_DIRECTORY, denied: Says(body, 403)}, certified)
    others = seen(sights, OtherBucketKinds)
    assert isinstance(others, OtherBucketKinds)
    assert {row.reason for row in others.rows if row.count is None} == {"access_denied"}
    finding = findings(sights)["account-buckets-unjudged"]
    assert (finding.outcome, finding.reason) == (U, "access_denied")


def test_a_directory_bucket_is_named_as_not_judged(certified: Certified) -> None:
    sights, _, _ = observe({}, certified)
    finding = findings(sights)["account-buckets-unjudged"]
    assert finding.outcome is F
    assert [row.seen for row in finding.evidence] == ["1 directory bucket in eu-west-1"]


def test_an_account_in_no_organisation_is_seen_to_be_in_none(certified: Certified) -> None:
    none = Says('{"__type": "AWSOrganizationsNotInUseException", "message": "x"}', 400)
    sights, _, _ = observe({"DescribeOrganization": none}, certified)
    organisation = seen(sights, AccountOrganisation)
    assert isinstance(organisation, AccountOrganisation)
    assert organisation.organisation is None


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


GRANTING = (
    "<ListAccessGrantsInstancesResult><AccessGrantsInstancesList><AccessGrantsInstance><AccessGrantsInstanceId>default"
    "</AccessGrantsInstanceId><AccessGrantsInstanceArn>arn:aws:s3:eu-west-1:123456789012:access-grants/default"
    "</AccessGrantsInstanceArn></AccessGrantsInstance></AccessGrantsInstancesList></ListAccessGrantsInstancesResult>"
)


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        ({}, P),
        ({"accessGrants": Says(GRANTING)}, F),
        ({"accessGrants": DENIED}, U),
        ({"accessGrants": Says(LISTING)}, U),
        (
            {
                "accessGrants": Says(
                    "<ListAccessGrantsInstancesResult><NextToken>t</NextToken></ListAccessGrantsInstancesResult>"
                )
            },
            U,
        ),
    ],
)
def test_access_grants_are_told_of_and_not_read(
    says: dict[str, Behaviour], outcome: Outcome, certified: Certified
) -> None:
    sights, _, _ = observe(says, certified)
    found = findings(sights)["account-access-grants-unread"]
    assert found.outcome is outcome
    if outcome is F:
        assert found.evidence[0].seen.endswith(":access-grants/default")
    if outcome is P:
        assert "eu-west-1" in found.evidence[0].seen


def test_access_grants_that_an_older_version_did_not_ask_for_are_unknown(certified: Certified) -> None:
    sights, _, _ = observe({}, certified)
    others = seen(sights, OtherBucketKinds)
    assert isinstance(others, OtherBucketKinds)
    older = replace(others, rows=tuple(row for row in others.rows if row.kind is not OtherKind.ACCESS_GRANTS))
    assert findings({**sights, OtherBucketKinds: Seen(older)})["account-access-grants-unread"].outcome is U


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
