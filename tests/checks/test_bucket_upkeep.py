"""How long things are kept, against what the system declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from auditor.facts import Facts
from auditor.facts.storage_effect import Keeps, ServerPromise
from auditor.facts.storage_flows import BucketReplication
from auditor.facts.storage_settings import (
    BucketLock,
    BucketVersioning,
    VersioningState,
)
from auditor.model import Outcome, Reason, Sensitivity
from auditor.probe import Unseen
from checks import (
    bucket_upkeep,
)
from tests.checks.bucket_rows import MONTH, F, N, P, Row, U, judged
from tests.derivations.bucket_facts import (
    NOW,
    declared,
    finding,
    hidden,
)
from tests.derivations.storage_samples import (
    AWS,
    COMPATIBLE,
    copies,
    lifecycle,
    promise,
    rule,
    versioning,
)

KEPT: dict[str, Row] = {
    "all goes in time": (P, (lifecycle(rule()), versioning(VersioningState.ENABLED))),
    "on the last day": (P, (lifecycle(rule(expiration_days=30)), versioning())),
    "a day late": (F, (lifecycle(rule(expiration_days=31)), versioning())),
    "a day late with its older versions": (
        F,
        (lifecycle(rule(noncurrent_days=11)), versioning(VersioningState.ENABLED)),
    ),
    "older versions stay": (F, (lifecycle(rule(noncurrent_days=None)), versioning(VersioningState.SUSPENDED))),
    "some older versions stay": (
        F,
        (lifecycle(rule(noncurrent_newer_versions=3)), versioning(VersioningState.ENABLED)),
    ),
    "no older versions": (P, (lifecycle(rule(noncurrent_days=None)), versioning())),
    "fragments stay": (F, (lifecycle(rule(abort_multipart_days=None)), versioning())),
    "fragments stay too long": (F, (lifecycle(rule(abort_multipart_days=31)), versioning())),
    "turned off": (F, (lifecycle(replace(rule(), is_enabled=False)), versioning())),
    "for a part": (F, (lifecycle(rule(prefix="logs/")), versioning())),
    "for what has a tag": (F, (lifecycle(rule(has_tag_or_size_filter=True)), versioning())),
    "for a part, and another for all": (P, (lifecycle(rule(prefix="logs/"), rule()), versioning())),
    "moves only": (
        F,
        (lifecycle(rule(expiration_days=None, noncurrent_days=None, transitions=2)), versioning()),
    ),
    "by a date within": (  # what lies there today may be of any age, and stays until then
        U,
        (lifecycle(rule(expiration_days=None, expiration_date=NOW + timedelta(days=30))), versioning()),
    ),
    "by a date that is past": (  # from its day on such a rule deletes whatever is there
        P,
        (lifecycle(rule(expiration_days=None, expiration_date=NOW - timedelta(days=9))), versioning()),
    ),
    "by a date within, and by age": (
        P,
        (lifecycle(rule(expiration_days=None, expiration_date=NOW + timedelta(days=3)), rule()), versioning()),
    ),
    "by a date within, and by an age beyond": (
        U,
        (
            lifecycle(rule(expiration_days=None, expiration_date=NOW + timedelta(days=3)), rule(expiration_days=90)),
            versioning(),
        ),
    ),
    "by a date within, and a fault beside": (
        F,
        (
            lifecycle(rule(expiration_days=None, expiration_date=NOW + timedelta(days=3), abort_multipart_days=None)),
            versioning(),
        ),
    ),
    "by a date beyond": (
        F,
        (lifecycle(rule(expiration_days=None, expiration_date=NOW + timedelta(days=31))), versioning()),
    ),
    "by several rules": (
        P,
        (
            lifecycle(
                rule(noncurrent_days=None, abort_multipart_days=None),
                rule(expiration_days=None, noncurrent_days=5, abort_multipart_days=None),
                rule(expiration_days=None, noncurrent_days=None, abort_multipart_days=1),
            ),
            versioning(VersioningState.ENABLED),
        ),
    ),
    "no rules": (F, (lifecycle(), versioning())),
    "no rules, versions hidden": (F, (lifecycle(), hidden(BucketVersioning))),
    "versions hidden": (U, (lifecycle(rule()), hidden(BucketVersioning))),
    "rules hidden": (U, (Unseen(type(lifecycle()), "", Reason.ACCESS_DENIED, ""), versioning())),
}


@pytest.mark.parametrize(
    ("copied", "words"),
    [
        (copies(), "copies stay there"),
        (replace(copies(), rules=(*copies().rules, replace(copies().rules[0], is_enabled=False))), "copies stay there"),
        (hidden(BucketReplication), "whether there are copies elsewhere was not seen"),
    ],
)
def test_a_pass_says_that_copies_were_not_looked_at(copied: Facts | Unseen, words: str) -> None:
    found = finding(bucket_upkeep.kept_too_long, lifecycle(rule()), versioning(), copied, said=MONTH)
    assert found.outcome is P
    (row,) = found.evidence
    assert words in row.seen


LOCK = BucketLock(observed_at=NOW, server=AWS, is_enabled=True)


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        (LOCK, "what is locked stays until its own day"),
        (replace(LOCK, mode="COMPLIANCE", years=10), "what is locked stays until its own day"),
        (hidden(BucketLock), "whether it keeps objects from being deleted was not seen"),
        (replace(LOCK, is_enabled=False), ""),
    ],
)
def test_a_pass_says_what_rules_cannot_delete(lock: Facts | Unseen, words: str) -> None:
    none = replace(copies(), rules=None)
    found = finding(bucket_upkeep.kept_too_long, lifecycle(rule()), versioning(), none, lock, said=MONTH)
    assert found.outcome is P
    assert [words in row.seen for row in found.evidence] == [True] * bool(words)


def test_a_bucket_that_is_copied_nowhere_says_nothing_of_copies() -> None:
    for rules in (None, (replace(copies().rules[0], is_enabled=False),)):
        copied = replace(copies(), rules=rules)
        found = finding(bucket_upkeep.kept_too_long, lifecycle(rule()), versioning(), copied, said=MONTH)
        assert (found.outcome, found.evidence) == (P, ())


@pytest.mark.parametrize(("wanted", "facts"), KEPT.values(), ids=KEPT)
def test_kept_too_long(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_upkeep.kept_too_long, wanted, facts, MONTH)
    judged(bucket_upkeep.kept_too_long, N, facts)
    judged(bucket_upkeep.kept_too_long, N, facts, declared(retention_days=30, sensitivity=Sensitivity.PUBLIC))


WORDS = {
    "kept": (P, promise(Keeps.YES)),
    "not kept": (F, promise(Keeps.NO)),
    "kept by some releases": (U, promise(Keeps.SOME_RELEASES)),
    "nobody knows": (U, promise(Keeps.UNKNOWN)),
    "which server, nobody knows": (U, hidden(ServerPromise)),
}


@pytest.mark.parametrize(("wanted", "said"), WORDS.values(), ids=WORDS)
def test_a_compatible_server_may_store_rules_and_delete_nothing(wanted: Outcome, said: Facts | Unseen) -> None:
    kept, theirs = replace(lifecycle(rule()), server=COMPATIBLE), replace(versioning(), server=COMPATIBLE)
    judged(bucket_upkeep.kept_too_long, wanted, (kept, theirs, said), MONTH)
    none = replace(lifecycle(), server=COMPATIBLE)
    judged(bucket_upkeep.kept_too_long, F, (none, theirs, said), MONTH)


def test_what_must_go_at_once_goes_after_a_day() -> None:
    at_once = declared(retention_days=0)
    judged(
        bucket_upkeep.kept_too_long,
        P,
        (lifecycle(rule(expiration_days=1, abort_multipart_days=1)), versioning()),
        at_once,
    )
    judged(
        bucket_upkeep.kept_too_long,
        F,
        (lifecycle(rule(expiration_days=2, abort_multipart_days=1)), versioning()),
        at_once,
    )


@pytest.mark.parametrize(
    ("wanted", "lock"),
    [
        (P, {"is_enabled": False}),
        (P, {"is_enabled": True}),
        (P, {"is_enabled": True, "mode": "GOVERNANCE", "days": 30}),
        (F, {"is_enabled": True, "mode": "GOVERNANCE", "days": 31}),
        (F, {"is_enabled": True, "mode": "COMPLIANCE", "years": 1}),
    ],
)
def test_locked_too_long(wanted: Outcome, lock: dict[str, object]) -> None:
    facts = BucketLock(observed_at=NOW, server=AWS, **lock)  # type: ignore[arg-type]
    judged(bucket_upkeep.locked_too_long, wanted, (facts,), MONTH)
    judged(bucket_upkeep.locked_too_long, N, (facts,))
