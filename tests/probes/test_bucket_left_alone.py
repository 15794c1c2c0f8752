"""A server that is silent, endless, closed or not there is left soon, and for a reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.probes.bucket import BucketFlowsProbe, BucketProbe
from auditor.reach import Limits, Reaches
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import (
    NOT_CONFIGURED,
    SLOW_DOWN,
    Behaviour,
    Hangs,
    Says,
    error,
)
from tests.probes.bucket_hostile_rig import PUBLIC_ACL, P, U
from tests.probes.bucket_road import QUICK, access_to, bucket, credential, findings_of, look, outcomes_of

__all__ = ["credential"]


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


def test_expired_credentials_in_the_middle_leave_what_was_seen_and_end_the_questions() -> None:
    def expires(sub_resource: str, number: int) -> Behaviour:
        return hostile_table()[sub_resource] if number <= 4 else error("ExpiredToken", 400)

    with hostile_s3(expires) as server:
        said = look(access_to(server.url))
        assert len(server.asked) == 5
    assert {one.reason for one in said if isinstance(one, Unseen)} == {Reason.AUTH_FAILED}
    assert {type(one.facts).__name__ for one in said if isinstance(one, Seen)} >= {"BucketPolicy", "PublicAccessBlock"}


def test_inventories_whose_pages_go_round_are_never_a_whole_list() -> None:
    page = (
        "<ListInventoryConfigurationsResult><InventoryConfiguration><Id>a</Id><IsEnabled>true</IsEnabled><Destination>"
        "<S3BucketDestination><Bucket>arn:aws:s3:::lists</Bucket><Format>CSV</Format></S3BucketDestination></Destination>"
        "<Schedule><Frequency>Daily</Frequency></Schedule><IncludedObjectVersions>All</IncludedObjectVersions>"
        "</InventoryConfiguration><IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken>"
        "</ListInventoryConfigurationsResult>"
    )
    with hostile_s3({"inventory": Says(page)}) as server:
        asset = bucket()
        said = list(BucketFlowsProbe().observe(asset, Reaches(access_to(server.url)).of(asset)))
        assert server.asked.count("inventory") == 2
    facts = {type(one.facts).__name__: one.facts for one in said if isinstance(one, Seen)}
    assert not facts["BucketInventories"].is_complete  # type: ignore[attr-defined]


def test_throttled_once_is_asked_again_and_seen() -> None:
    healthy = hostile_table()

    def throttled_first(sub_resource: str, number: int) -> Behaviour:
        return SLOW_DOWN if number == 1 else healthy[sub_resource]

    with hostile_s3(throttled_first) as server:
        assert set(outcomes_of(look(access_to(server.url))).values()) == {P}


def test_endless_pages_are_never_fetched() -> None:
    """No call of the probe has pages: a token that repeats for ever is not even asked for."""
    page = Says("<Tagging><TagSet/><IsTruncated>true</IsTruncated><Marker>again</Marker></Tagging>")
    with hostile_s3({"tagging": page}) as server:
        look(access_to(server.url))
        assert server.asked.count("tagging") == 1


def test_a_silent_server_is_left_after_two_questions() -> None:
    with hostile_s3(otherwise=Hangs()) as server:
        look(access_to(server.url, replace(QUICK, operation_s=0.3)))
        assert len(server.asked) == 2


def test_the_time_for_a_bucket_ends() -> None:
    with hostile_s3({"encryption": Hangs()}) as server:
        said = look(access_to(server.url, replace(QUICK, operation_s=9, host_s=0.6)))
    unseen = {one.facts_type.__name__: one.reason for one in said if isinstance(one, Unseen)}
    assert (unseen["BucketEncryption"], unseen["BucketKeys"]) == (Reason.TIMEOUT, Reason.TIMEOUT)
    assert (unseen["BucketVersioning"], unseen["BucketTags"]) == (Reason.DEADLINE, Reason.DEADLINE)


def test_refused_connection_is_a_reason() -> None:
    with hostile_s3() as server:
        url = server.url
    findings = findings_of(look(access_to(url)))
    assert {(one.outcome, one.reason) for one in findings.values()} == {(U, "refused")}


def test_unknown_name_is_a_reason() -> None:
    findings = findings_of(look(access_to("http://storage.invalid:9000")))
    assert {one.reason for one in findings.values()} == {"dns"}


def test_no_credential_is_a_reason_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with hostile_s3() as server:
        findings = findings_of(look(access_to(server.url)))
        assert server.asked == []
    assert {one.reason for one in findings.values()} == {"no_credential"}


def test_a_name_that_no_bucket_has_is_a_reason() -> None:
    with hostile_s3() as server:
        assert {one.reason for one in look(access_to(server.url), "a!b") if isinstance(one, Unseen)} == {
            Reason.MALFORMED
        }


def test_directory_buckets_are_not_judged() -> None:
    asset = bucket("logs--euw1-az1--x-s3")
    with hostile_s3() as server:
        reach = Reaches(access_to(server.url)).of(asset)
        with pytest.raises(Unreachable) as failure:
            list(BucketProbe().observe(asset, reach))
        assert server.asked == []
    assert failure.value.reason is Reason.NOT_IMPLEMENTED


@pytest.mark.parametrize(
    "answer",
    [
        "<PublicAccessBlockConfiguration/>",
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>",
    ],
)
def test_a_half_told_access_block_is_not_a_block(answer: str) -> None:
    with hostile_s3({"publicAccessBlock": Says(answer)}) as server:
        assert outcomes_of(look(access_to(server.url)))["bucket-public-acl"] is U


@pytest.mark.parametrize(
    "answer",
    [
        "<OwnershipControls/>",
        "<OwnershipControls><Rule><ObjectOwnership>unseen</ObjectOwnership></Rule></OwnershipControls>",
        "<OwnershipControls><Rule><ObjectOwnership>NewThing</ObjectOwnership></Rule></OwnershipControls>",
        "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"
        "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
    ],
)
def test_an_ownership_that_nobody_documents_turns_no_list_off(answer: str) -> None:
    with hostile_s3({"ownershipControls": Says(answer), "acl": PUBLIC_ACL}) as server:
        assert outcomes_of(look(access_to(server.url)))["bucket-public-acl"] is U


def test_a_list_without_grants_is_not_a_clean_list() -> None:
    table = {"ownershipControls": NOT_CONFIGURED["ownershipControls"], "acl": Says("<AccessControlPolicy/>")}
    with hostile_s3(table) as server:
        assert outcomes_of(look(access_to(server.url)))["bucket-public-acl"] is U


def test_a_policy_longer_than_is_kept_is_unseen() -> None:
    long = Says('{"Statement": "' + "x" * 70_000 + '"}')
    with hostile_s3({"policy": long}) as server:
        said = look(access_to(server.url, Limits(operation_s=2, pause_s=0.01)))
    assert {one.reason for one in said if isinstance(one, Unseen)} == {Reason.TOO_LONG}


def hostile_table() -> dict[str, Behaviour]:
    from auditor.rig.hostile_s3_answers import HEALTHY

    return dict(HEALTHY)
