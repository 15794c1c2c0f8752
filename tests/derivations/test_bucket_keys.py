"""Whose key: the weakest rule, and no guess about what is not known."""

from __future__ import annotations

import pytest

from auditor.derive import Undecided
from auditor.facts import Facts
from auditor.facts.storage import BucketEncryption, EncryptionRule, ServerKind
from auditor.facts.storage_at_rest import BucketAtRest, KeyLevel
from auditor.facts.storage_effect import Keeps
from auditor.model import Reason
from checks.derivations.bucket_keys import bucket_at_rest
from tests.derivations.bucket_facts import NOW, rows
from tests.derivations.storage_samples import promise

KEY = "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c"


def encryption(*rules: tuple[str | None, str | None], server: ServerKind = ServerKind.AWS) -> BucketEncryption:
    made = tuple(EncryptionRule(algorithm=algorithm, key_id=key) for algorithm, key in rules)
    return BucketEncryption(observed_at=NOW, server=server, rules=made or None)


def at_rest(*seen: Facts) -> BucketAtRest:
    found = bucket_at_rest.derive(rows(*seen))
    assert isinstance(found, BucketAtRest)
    return found


@pytest.mark.parametrize(
    ("rules", "level"),
    [
        ([("AES256", None)], KeyLevel.PROVIDER),
        ([("aws:kms", None)], KeyLevel.PROVIDER_KMS),
        ([("aws:kms:dsse", None)], KeyLevel.PROVIDER_KMS),
        ([("aws:kms", "alias/aws/s3")], KeyLevel.PROVIDER_KMS),
        ([("aws:kms", "arn:aws:kms:eu-west-1:123456789012:alias/aws/s3")], KeyLevel.PROVIDER_KMS),
        ([("aws:kms", KEY)], KeyLevel.CUSTOMER),
        ([("aws:kms:dsse", KEY)], KeyLevel.CUSTOMER),
        ([("aws:kms", "alias/payroll")], KeyLevel.CUSTOMER),
        ([("aws:kms", KEY), ("AES256", None)], KeyLevel.PROVIDER),
        ([(None, None), ("aws:kms", KEY)], KeyLevel.CUSTOMER),
    ],
)
def test_level_is_that_of_the_weakest_rule(rules: list[tuple[str | None, str | None]], level: KeyLevel) -> None:
    assert at_rest(encryption(*rules)).level is level


@pytest.mark.parametrize("rules", [[], [(None, None)]])
def test_no_default_is_a_fault_on_a_compatible_server_and_an_anomaly_on_aws(
    rules: list[tuple[str | None, str | None]],
) -> None:
    found = at_rest(encryption(*rules, server=ServerKind.COMPATIBLE))
    assert found.level is KeyLevel.NONE
    with pytest.raises(Undecided) as undecided:
        at_rest(encryption(*rules))
    assert undecided.value.reason is Reason.INCONSISTENT


@pytest.mark.parametrize("algorithm", ["aws:fsx", "aws:backup", "none", "aes256", ""])
def test_algorithm_that_is_not_known_is_undecided(algorithm: str) -> None:
    for server in ServerKind:
        with pytest.raises(Undecided):
            at_rest(encryption((algorithm, KEY), ("AES256", None), server=server))


@pytest.mark.parametrize(
    ("algorithm", "own", "named", "level"),
    [
        ("AES256", Keeps.YES, Keeps.NO, KeyLevel.PROVIDER),
        ("AES256", Keeps.NO, Keeps.YES, KeyLevel.NONE),
        ("AES256", Keeps.SOME_RELEASES, Keeps.YES, None),
        ("AES256", Keeps.UNKNOWN, Keeps.YES, None),
        ("aws:kms", Keeps.NO, Keeps.YES, KeyLevel.CUSTOMER),
        ("aws:kms", Keeps.YES, Keeps.NO, KeyLevel.NONE),
        ("aws:kms", Keeps.YES, Keeps.SOME_RELEASES, None),
    ],
)
def test_what_a_compatible_server_says_is_worth_what_is_known_of_it(
    algorithm: str, own: Keeps, named: Keeps, level: KeyLevel | None
) -> None:
    seen = encryption((algorithm, KEY), server=ServerKind.COMPATIBLE)
    kept = promise(Keeps.UNKNOWN, own_key=own, named_key=named)
    if level is None:
        with pytest.raises(Undecided):
            at_rest(seen, kept)
        return
    assert at_rest(seen, kept).level is level
    assert bool(at_rest(seen, kept).not_kept) is (level is KeyLevel.NONE)


def test_a_compatible_server_that_nobody_knows_proves_nothing() -> None:
    with pytest.raises(Undecided):
        at_rest(encryption(("AES256", None), server=ServerKind.COMPATIBLE))
