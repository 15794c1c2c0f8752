"""The bucket checks: one fault each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.check import complaint_about
from auditor.facts.storage import (
    AccessClass,
    AclExposure,
    AclState,
    BucketAtRest,
    Coverage,
    KeyLevel,
    PolicyExposure,
    PolicyState,
    PublicGrant,
    TlsOnlyRule,
)
from auditor.model import Outcome, Sensitivity, Severity
from checks import buckets
from tests.derivations.bucket_facts import NOW

P, F, N = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
READING = PublicGrant(where="policy statement 1", access=frozenset({AccessClass.READ}))
WRITING = PublicGrant(where="policy statement 2", access=frozenset({AccessClass.WRITE}))
RULING = PublicGrant(where="policy statement 3", access=frozenset({AccessClass.ADMIN}))


def by_policy(state: PolicyState, *grants: PublicGrant, intended: bool = False) -> PolicyExposure:
    return PolicyExposure(observed_at=NOW, state=state, grants=grants, intended_public=intended)


def by_list(state: AclState, *grants: PublicGrant, intended: bool = False) -> AclExposure:
    return AclExposure(observed_at=NOW, state=state, grants=grants, intended_public=intended)


POLICY_ROWS = [  # facts, public policy, public write
    (by_policy(PolicyState.NO_POLICY), P, P),
    (by_policy(PolicyState.NOT_PUBLIC), P, P),
    (by_policy(PolicyState.GUARDED, WRITING), P, P),
    (by_policy(PolicyState.RESTRICTED, WRITING), P, P),
    (by_policy(PolicyState.PUBLIC, READING), F, P),
    (by_policy(PolicyState.PUBLIC, READING, WRITING), F, F),
    (by_policy(PolicyState.PUBLIC, RULING), F, F),
    (by_policy(PolicyState.PUBLIC, READING, intended=True), N, P),
    (by_policy(PolicyState.PUBLIC, WRITING, intended=True), N, F),
]


@pytest.mark.parametrize(("facts", "public", "write"), POLICY_ROWS)
def test_policy_that_lets_the_public_in(facts: PolicyExposure, public: Outcome, write: Outcome) -> None:
    assert buckets.public_policy.judge(facts).outcome is public
    assert buckets.public_write.judge(facts).outcome is write


LIST_ROWS = [
    (by_list(AclState.LISTS_OFF), P, P),
    (by_list(AclState.IGNORED, WRITING), P, P),
    (by_list(AclState.PUBLIC, READING), F, P),
    (by_list(AclState.PUBLIC, WRITING), F, F),
    (by_list(AclState.PUBLIC, READING, intended=True), N, P),
    (by_list(AclState.PUBLIC, RULING, intended=True), N, F),
]


@pytest.mark.parametrize(("facts", "public", "write"), LIST_ROWS)
def test_list_that_lets_the_public_in(facts: AclExposure, public: Outcome, write: Outcome) -> None:
    assert buckets.public_acl.judge(facts).outcome is public
    assert buckets.acl_public_write.judge(facts).outcome is write


@pytest.mark.parametrize(
    ("coverage", "left", "outcome"),
    [
        (Coverage.FULL, (), P),
        (Coverage.PARTIAL, ("some requests to its objects",), F),
        (Coverage.NONE, ("there is no policy",), F),
        (Coverage.PARTIAL, tuple(f"gap {n}" for n in range(500)), F),
    ],
)
def test_requests_without_tls(coverage: Coverage, left: tuple[str, ...], outcome: Outcome) -> None:
    verdict = buckets.plain_http.judge(TlsOnlyRule(observed_at=NOW, coverage=coverage, left=left))
    assert verdict.outcome is outcome
    assert len(verdict.evidence) == min(len(left), buckets.SHOWN)


@pytest.mark.parametrize(
    ("level", "sensitivity", "key", "encrypted"),
    [
        (KeyLevel.NONE, Sensitivity.CONFIDENTIAL, F, F),
        (KeyLevel.PROVIDER, Sensitivity.CONFIDENTIAL, F, P),
        (KeyLevel.PROVIDER_KMS, Sensitivity.RESTRICTED, F, P),
        (KeyLevel.PROVIDER_KMS, Sensitivity.UNDECLARED, F, P),
        (KeyLevel.CUSTOMER, Sensitivity.RESTRICTED, P, P),
        (KeyLevel.PROVIDER, Sensitivity.INTERNAL, N, P),
        (KeyLevel.NONE, Sensitivity.PUBLIC, N, F),
    ],
)
def test_whose_key(level: KeyLevel, sensitivity: Sensitivity, key: Outcome, encrypted: Outcome) -> None:
    facts = BucketAtRest(observed_at=NOW, level=level, algorithm="aws:kms", key_id=None, sensitivity=sensitivity)
    assert buckets.no_customer_key.judge(facts).outcome is key
    assert buckets.not_encrypted.judge(facts).outcome is encrypted


def test_pass_of_a_customer_key_says_what_was_not_read() -> None:
    facts = BucketAtRest(
        observed_at=NOW,
        level=KeyLevel.CUSTOMER,
        algorithm="aws:kms",
        key_id="k",
        sensitivity=Sensitivity.RESTRICTED,
    )
    assert any("not asked" in row.seen for row in buckets.no_customer_key.judge(facts).evidence)


def test_many_grants_make_few_rows() -> None:
    grants = tuple(replace(READING, where=f"policy statement {n}") for n in range(400))
    verdict = buckets.public_policy.judge(by_policy(PolicyState.PUBLIC, *grants))
    assert len(verdict.evidence) == buckets.SHOWN


def test_every_check_is_listed_once_with_its_severity() -> None:
    assert {check.id: check.severity for check in buckets.CHECKS} == {
        "bucket-public-policy": Severity.CRITICAL,
        "bucket-public-write": Severity.CRITICAL,
        "bucket-public-acl": Severity.CRITICAL,
        "bucket-acl-public-write": Severity.CRITICAL,
        "bucket-plain-http": Severity.MEDIUM,
        "bucket-no-customer-key": Severity.HIGH,
        "bucket-not-encrypted": Severity.HIGH,
    }
    assert [complaint_about(check) for check in buckets.CHECKS] == [""] * len(buckets.CHECKS)


def test_empty_truths_are_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        by_policy(PolicyState.PUBLIC)
    with pytest.raises(ValueError, match="contradict"):
        by_policy(PolicyState.NOT_PUBLIC, READING)
    with pytest.raises(ValueError, match="no grant"):
        by_list(AclState.PUBLIC)
    with pytest.raises(ValueError, match="full coverage"):
        TlsOnlyRule(observed_at=NOW, coverage=Coverage.NONE, left=())
