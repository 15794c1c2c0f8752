"""What a bucket's objects, tag and name say, against what the inventory declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.derive import Undecided
from auditor.facts import ClassValue, Declared
from auditor.facts.sampling import Amount, Detected, Detector, SampledContent
from auditor.facts.storage import BucketTags, ServerKind, Tag
from auditor.facts.storage_account import BucketOwner
from auditor.model import Outcome, Reason, Sensitivity
from checks.data_class import class_mismatch, name_suspect, tag_above_class
from checks.derivations.data_class import content_against_class, name_against_class, tag_against_class

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PUBLIC, INTERNAL, UNDECLARED = Sensitivity.PUBLIC, Sensitivity.INTERNAL, Sensitivity.UNDECLARED
FOUND = Detected(
    detector=Detector.US_SSN, object="0" * 12, modified=NOW, size=9, column=1, has_label=True, amount=Amount.FEW
)
READ = SampledContent(observed_at=NOW, listed=9, has_listed_all=True, picked=2, read=2)
HIT = SampledContent(observed_at=NOW, listed=9, has_listed_all=True, picked=2, read=2, found=(FOUND,))
OFF = SampledContent(observed_at=NOW, why_not="not asked")


def declared(sensitivity: Sensitivity, *values: ClassValue, tag: str = "data-classification") -> Declared:
    return Declared(observed_at=NOW, sensitivity=sensitivity, class_tag=tag, class_values=values)


@pytest.mark.parametrize(
    ("seen", "sensitivity", "outcome"),
    [
        (HIT, PUBLIC, "fail"),
        (HIT, INTERNAL, "fail"),
        (HIT, UNDECLARED, "not_applicable"),
        (HIT, Sensitivity.RESTRICTED, "not_applicable"),
        (READ, PUBLIC, "pass"),
        (OFF, PUBLIC, "not_applicable"),
        (replace(HIT, picked=3, unread=1, why_unread="access_denied"), PUBLIC, "fail"),
        (replace(READ, picked=3, unread=1, why_unread="access_denied"), Sensitivity.RESTRICTED, "not_applicable"),
    ],
)
def test_what_was_recognised_must_fit(seen: SampledContent, sensitivity: Sensitivity, outcome: str) -> None:
    facts = content_against_class.derive(seen, declared(sensitivity))
    assert class_mismatch.judge(facts).outcome is Outcome(outcome)  # type: ignore[arg-type]


@pytest.mark.parametrize("sensitivity", [PUBLIC, INTERNAL])
def test_what_could_not_be_opened_may_be_what_is_personal(sensitivity: Sensitivity) -> None:
    """Where the objects of one folder have a key of their own, the sampler is refused just there."""
    seen = replace(READ, listed=20, picked=20, read=1, unread=19, why_unread="access_denied")
    with pytest.raises(Undecided) as undecided:
        content_against_class.derive(seen, declared(sensitivity))
    assert undecided.value.reason is Reason.ACCESS_DENIED


OURS = (ClassValue(value="Amber", sensitivity=Sensitivity.RESTRICTED), ClassValue(value="private", sensitivity=PUBLIC))


@pytest.mark.parametrize(
    ("tags", "said", "outcome"),
    [
        ({"data-classification": "Confidential"}, declared(PUBLIC), "fail"),
        ({"Data-Classification": " restricted "}, declared(INTERNAL), "fail"),
        ({"data-classification": "internal"}, declared(PUBLIC), "fail"),
        ({"data-classification": "internal"}, declared(INTERNAL), "pass"),
        ({"data-classification": "public"}, declared(Sensitivity.RESTRICTED), "pass"),
        ({"data-classification": "restricted"}, declared(UNDECLARED), "not_applicable"),
        ({"data-classification": "amber"}, declared(PUBLIC), "not_applicable"),
        ({"data-classification": "amber"}, declared(PUBLIC, *OURS), "fail"),
        ({"data-classification": "private"}, declared(PUBLIC, *OURS), "pass"),
        ({"data-classification": ""}, declared(PUBLIC), "not_applicable"),
        ({"class": "restricted"}, declared(PUBLIC), "not_applicable"),
        ({"class": "restricted"}, declared(PUBLIC, tag="class"), "fail"),
        ({"data-classification": "\x1b[2J" * 60}, declared(PUBLIC), "not_applicable"),
        ({}, declared(PUBLIC), "not_applicable"),
        ({"Data-Classification": "public", "data-classification": "restricted"}, declared(INTERNAL), "fail"),
        ({"Data-Classification": "restricted", "data-classification": "public"}, declared(INTERNAL), "fail"),
        ({"Data-Classification": "amber", "data-classification": "restricted"}, declared(INTERNAL), "fail"),
        ({"Data-Classification": "public", "data-classification": "amber"}, declared(INTERNAL), "not_applicable"),
        ({"Data-Classification": "public", "data-classification": "internal"}, declared(INTERNAL), "pass"),
        ({" data-classification": "restricted"}, declared(INTERNAL), "fail"),
    ],
)
def test_the_tag_must_not_say_more(tags: dict[str, str], said: Declared, outcome: str) -> None:
    rows = tuple(Tag(key=key, value=value) for key, value in tags.items())
    facts = tag_against_class.derive(BucketTags(observed_at=NOW, tags=rows), said)
    assert tag_above_class.judge(facts).outcome is Outcome(outcome)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bucket", "sensitivity", "outcome"),
    [
        ("elm-hr-exports", PUBLIC, "fail"),
        ("elm.payroll", INTERNAL, "fail"),
        ("elm-shr-maps", PUBLIC, "not_applicable"),
        ("chrome-files", PUBLIC, "not_applicable"),
        ("elm-hr", Sensitivity.CONFIDENTIAL, "not_applicable"),
        ("elm-hr", UNDECLARED, "not_applicable"),
    ],
)
def test_a_name_is_a_suspicion(bucket: str, sensitivity: Sensitivity, outcome: str) -> None:
    owner = BucketOwner(observed_at=NOW, server=ServerKind.AWS, bucket=bucket, is_listed=True, account="1" * 12)
    facts = name_against_class.derive(owner, declared(sensitivity))
    assert name_suspect.judge(facts).outcome is Outcome(outcome)  # type: ignore[arg-type]


def test_facts_without_a_name_say_nothing() -> None:
    with pytest.raises(Undecided):
        name_against_class.derive(
            BucketOwner(observed_at=NOW, server=ServerKind.AWS, is_listed=True, account="1" * 12), declared(PUBLIC)
        )
