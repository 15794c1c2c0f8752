"""An account of AWS, played by a loopback server: its list, its block, its other doors, and how each may be denied."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts.storage_account import (
    AccountBlock,
    AccountDoors,
    AccountFacts,
    AccountOrganisation,
    OtherBucketKinds,
    OtherKind,
)
from auditor.model import Asset, Outcome, Reason, Sensitivity
from auditor.probe import Seen, Unseen
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
from tests.probes.account_rig import CITY, NO_DIRECTORY, Certified, F, P, U, findings, listing, observe, seen
from tests.probes.aws_road import certified
from tests.probes.bucket_road import credential

__all__ = ["certified", "credential"]


@pytest.fixture(autouse=True)
def _credential(credential: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here signs, and one region is enough."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


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
