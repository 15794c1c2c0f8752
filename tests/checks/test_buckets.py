"""The checks of buckets and accounts that read what the facts already say, and all of them as a list."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from auditor.check import Check, complaint_about
from auditor.facts.storage_at_rest import BucketAtRest, KeyHolder, KeyHolding, KeyLevel
from auditor.facts.storage_concluded import Concluded, Fault
from auditor.facts.storage_exposure import (
    AccessClass,
    AclExposure,
    AclState,
    Coverage,
    PolicyExposure,
    PolicyState,
    PublicAccess,
    PublicGrant,
    TlsOnlyRule,
)
from auditor.model import Outcome, Sensitivity, Severity
from auditor.plugins import load
from checks import (
    accounts,
    bucket_keys,
    bucket_old_objects,
    bucket_settings,
    bucket_sharing,
    bucket_transport,
    bucket_upkeep,
    buckets,
)
from checks.concluded import SHOWN, verdict
from tests.derivations.bucket_facts import NOW

P, F, N = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
READING = PublicGrant(where="policy statement 1", access=frozenset({AccessClass.READ}))
WRITING = PublicGrant(where="policy statement 2", access=frozenset({AccessClass.WRITE}))
RULING = PublicGrant(where="policy statement 3", access=frozenset({AccessClass.ADMIN}))
LISTING = PublicGrant(where="policy statement 4", access=frozenset({AccessClass.LIST}))
ALL: tuple[Check[object], ...] = (  # type: ignore[type-var]
    *buckets.CHECKS,
    *bucket_keys.CHECKS,
    *bucket_old_objects.CHECKS,
    *bucket_settings.CHECKS,
    *bucket_sharing.CHECKS,
    *bucket_transport.CHECKS,
    *bucket_upkeep.CHECKS,
    *accounts.CHECKS,
)


def by_policy(state: PolicyState, *grants: PublicGrant, intended: bool = False) -> PolicyExposure:
    return PolicyExposure(observed_at=NOW, state=state, grants=grants, intended_public=intended)


def by_list(state: AclState, *grants: PublicGrant, intended: bool = False) -> AclExposure:
    return AclExposure(observed_at=NOW, state=state, grants=grants, intended_public=intended)


POLICY_ROWS = [
    (by_policy(PolicyState.NO_POLICY), P),
    (by_policy(PolicyState.NOT_PUBLIC), P),
    (by_policy(PolicyState.GUARDED, WRITING), P),
    (by_policy(PolicyState.LIMITED, WRITING), P),
    (by_policy(PolicyState.RESTRICTED, WRITING), P),
    (by_policy(PolicyState.PUBLIC, READING), F),
    (by_policy(PolicyState.PUBLIC, READING, WRITING), F),
    (by_policy(PolicyState.PUBLIC, READING, intended=True), N),
]


@pytest.mark.parametrize(("facts", "public"), POLICY_ROWS)
def test_policy_that_lets_the_public_in(facts: PolicyExposure, public: Outcome) -> None:
    assert buckets.public_policy.judge(facts).outcome is public


@pytest.mark.parametrize("state", [PolicyState.PUBLIC, PolicyState.RESTRICTED])
def test_a_disagreement_with_the_provider_is_told_whatever_the_verdict(state: PolicyState) -> None:
    facts = replace(by_policy(state, READING), disagreement="the provider says otherwise")
    assert "the provider says otherwise" in [row.seen for row in buckets.public_policy.judge(facts).evidence]


ACCESS_ROWS = [  # grants, declared public, write, list
    ((), False, P, N),
    ((), True, P, P),
    ((READING,), False, P, N),
    ((READING,), True, P, P),
    ((READING, LISTING), True, P, F),
    ((LISTING,), False, P, N),
    ((WRITING,), False, F, N),
    ((RULING,), True, F, P),
]


@pytest.mark.parametrize(("grants", "intended", "write", "listing"), ACCESS_ROWS)
def test_what_the_public_may_do(
    grants: tuple[PublicGrant, ...], intended: bool, write: Outcome, listing: Outcome
) -> None:
    facts = PublicAccess(observed_at=NOW, grants=grants, intended_public=intended)
    assert buckets.public_write.judge(facts).outcome is write
    assert buckets.public_list.judge(facts).outcome is listing


LIST_ROWS = [  # facts, public, write, list
    (by_list(AclState.LISTS_OFF), P, P, N),
    (by_list(AclState.IGNORED, WRITING), P, P, N),
    (by_list(AclState.PUBLIC, READING), F, P, N),
    (by_list(AclState.PUBLIC, WRITING), F, F, N),
    (by_list(AclState.PUBLIC, READING, intended=True), N, P, P),
    (by_list(AclState.PUBLIC, LISTING, intended=True), N, P, F),
    (by_list(AclState.IGNORED, LISTING, intended=True), N, P, P),
    (by_list(AclState.PUBLIC, RULING, intended=True), N, F, P),
]


@pytest.mark.parametrize(("facts", "public", "write", "listing"), LIST_ROWS)
def test_list_that_lets_the_public_in(facts: AclExposure, public: Outcome, write: Outcome, listing: Outcome) -> None:
    assert buckets.public_acl.judge(facts).outcome is public
    assert buckets.acl_public_write.judge(facts).outcome is write
    assert buckets.acl_public_list.judge(facts).outcome is listing


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
    found = bucket_transport.plain_http.judge(TlsOnlyRule(observed_at=NOW, coverage=coverage, left=left))
    assert found.outcome is outcome
    assert len(found.evidence) == min(len(left), SHOWN)


@pytest.mark.parametrize(
    ("level", "holder", "sensitivity", "outcome"),
    [
        (KeyLevel.NONE, KeyHolder.NOBODY, Sensitivity.CONFIDENTIAL, F),
        (KeyLevel.PROVIDER, KeyHolder.PROVIDER, Sensitivity.CONFIDENTIAL, F),
        (KeyLevel.PROVIDER_KMS, KeyHolder.PROVIDER, Sensitivity.RESTRICTED, F),
        (KeyLevel.PROVIDER_KMS, KeyHolder.PROVIDER, Sensitivity.UNDECLARED, F),
        (KeyLevel.CUSTOMER, KeyHolder.STRANGER, Sensitivity.CONFIDENTIAL, F),
        (KeyLevel.CUSTOMER, KeyHolder.NOT_ASKED, Sensitivity.RESTRICTED, F),
        (KeyLevel.CUSTOMER, KeyHolder.CITY, Sensitivity.RESTRICTED, P),
        (KeyLevel.OWN_STORE, KeyHolder.CITY, Sensitivity.RESTRICTED, P),
        (KeyLevel.PROVIDER, KeyHolder.PROVIDER, Sensitivity.INTERNAL, N),
        (KeyLevel.CUSTOMER, KeyHolder.NOT_ASKED, Sensitivity.PUBLIC, N),
    ],
)
def test_whose_key(level: KeyLevel, holder: KeyHolder, sensitivity: Sensitivity, outcome: Outcome) -> None:
    facts = KeyHolding(
        observed_at=NOW, level=level, holder=holder, algorithm="aws:kms", key_id=None, sensitivity=sensitivity
    )
    assert bucket_keys.no_customer_key.judge(facts).outcome is outcome


@pytest.mark.parametrize(("level", "outcome"), [(KeyLevel.NONE, F), (KeyLevel.PROVIDER, P), (KeyLevel.CUSTOMER, P)])
def test_encrypted_at_all(level: KeyLevel, outcome: Outcome) -> None:
    facts = BucketAtRest(observed_at=NOW, level=level, algorithm="", key_id=None, sensitivity=Sensitivity.PUBLIC)
    assert bucket_keys.not_encrypted.judge(facts).outcome is outcome


def test_many_faults_make_few_rows() -> None:
    grants = tuple(replace(READING, where=f"policy statement {n}") for n in range(400))
    assert len(buckets.public_policy.judge(by_policy(PolicyState.PUBLIC, *grants)).evidence) == SHOWN
    faults = tuple(Fault(where=f"statement {n}", seen="open") for n in range(400))
    many = Concluded(observed_at=NOW, faults=faults, notes=faults)
    assert len(verdict(many, good="g", bad="b", wanted="w").evidence) == 2 * SHOWN


def test_every_check_is_listed_once_with_its_severity() -> None:
    by_severity: dict[Severity, set[str]] = {}
    for one in ALL:
        by_severity.setdefault(one.severity, set()).add(one.id)
    assert by_severity == {
        Severity.CRITICAL: {
            "bucket-acl-public-write",
            "bucket-copied-outside",
            "bucket-key-foreign",
            "bucket-key-granted",
            "bucket-key-shared",
            "bucket-public-acl",
            "bucket-public-policy",
            "bucket-public-write",
        },
        Severity.HIGH: {
            "account-public-access-unblocked",
            "bucket-access-point-public",
            "account-access-point-foreign",
            "account-access-point-public",
            "account-access-point-shared",
            "bucket-destination-dangling",
            "bucket-key-store-not-own",
            "bucket-key-unusable",
            "bucket-no-customer-key",
            "bucket-not-encrypted",
            "bucket-old-plaintext",
            "bucket-shared-outside",
            "bucket-traces-outside",
            "bucket-website-plain",
        },
        Severity.MEDIUM: {
            "bucket-access-point-unblocked",
            "bucket-acl-public-list",
            "bucket-callers-key",
            "bucket-kept-too-long",
            "bucket-lists-active",
            "bucket-locked-too-long",
            "bucket-open-to-network",
            "bucket-placed-outside",
            "bucket-plain-http",
            "bucket-public-access-unblocked",
            "bucket-public-latent",
            "bucket-public-list",
            "bucket-service-unbound",
            "bucket-settings-hidden",
        },
        Severity.LOW: {
            "bucket-class-undeclared",
            "bucket-key-still",
            "bucket-no-access-log",
            "bucket-orphaned-principal",
        },
    }
    assert len({one.id for one in ALL}) == len(ALL)
    assert [complaint_about(one) for one in ALL] == [""] * len(ALL)


def test_empty_truths_are_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        by_policy(PolicyState.PUBLIC)
    with pytest.raises(ValueError, match="contradict"):
        by_policy(PolicyState.NOT_PUBLIC, READING)
    with pytest.raises(ValueError, match="no grant"):
        by_list(AclState.PUBLIC)
    with pytest.raises(ValueError, match="full coverage"):
        TlsOnlyRule(observed_at=NOW, coverage=Coverage.NONE, left=())
    with pytest.raises(ValueError, match="does not arise"):
        Concluded(observed_at=NOW, idle="nothing", faults=(Fault(where="x", seen="y"),))


def test_every_fix_says_what_to_click_or_to_type() -> None:
    """A command, a path in a console, or what to write into the inventory."""
    families = ("account-", "bucket-", "database-foreign", "database-not", "database-snapshot", "snapshot-", "volume-")
    asked = [one for one in load().checks if one.id.startswith(families)]
    assert len(asked) > 55
    assert [one.id for one in asked if not re.search(r"`aws |console|inventory", one.fix)] == []
