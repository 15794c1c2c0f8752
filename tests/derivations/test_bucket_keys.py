"""Whose key: the weakest rule, and no guess about what is not known."""

from __future__ import annotations

import pytest

from auditor.derive import Undecided
from auditor.facts.storage import BucketEncryption, EncryptionRule, KeyLevel, ServerKind
from auditor.model import Reason
from checks.derivations.bucket_keys import bucket_at_rest
from tests.derivations.bucket_facts import NOW, declared

KEY = "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c"


def encryption(*rules: tuple[str | None, str | None], server: ServerKind = ServerKind.AWS) -> BucketEncryption:
    made = tuple(EncryptionRule(algorithm=algorithm, key_id=key) for algorithm, key in rules)
    return BucketEncryption(observed_at=NOW, server=server, rules=made or None)


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
    assert bucket_at_rest.derive(encryption(*rules), declared()).level is level


@pytest.mark.parametrize("rules", [[], [(None, None)]])
def test_no_default_is_a_fault_on_a_compatible_server_and_an_anomaly_on_aws(
    rules: list[tuple[str | None, str | None]],
) -> None:
    found = bucket_at_rest.derive(encryption(*rules, server=ServerKind.COMPATIBLE), declared())
    assert found.level is KeyLevel.NONE
    with pytest.raises(Undecided) as undecided:
        bucket_at_rest.derive(encryption(*rules), declared())
    assert undecided.value.reason is Reason.INCONSISTENT


@pytest.mark.parametrize("algorithm", ["aws:fsx", "aws:backup", "none", "aes256", ""])
def test_algorithm_that_is_not_known_is_undecided(algorithm: str) -> None:
    for server in ServerKind:
        with pytest.raises(Undecided):
            bucket_at_rest.derive(encryption((algorithm, KEY), ("AES256", None), server=server), declared())
