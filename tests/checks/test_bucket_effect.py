"""Verdicts about what buckets do in effect."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.facts.storage_effect import PlainEffect, PublicEffect
from auditor.model import Outcome
from checks.bucket_effect import effective_plain_http, effective_public

NOW = datetime(2026, 11, 21, tzinfo=UTC)
P, F, N = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
LIST, READ = "GET https://s3.example/b?list-type=2&max-keys=1", "HEAD https://s3.example/b/canary"


@pytest.mark.parametrize(
    ("allowed", "served", "denied", "canary", "intended", "outcome"),
    [
        (True, (LIST,), (READ,), True, False, F),
        (True, (READ,), (LIST,), True, False, F),
        (True, (LIST,), (), False, False, F),
        (True, (), (LIST, READ), True, False, P),
        (True, (), (LIST,), False, False, N),  # objects were not tried
        (True, (LIST, READ), (), True, True, N),
        (False, (), (), False, False, N),
    ],
)
def test_public_in_effect(
    allowed: bool, served: tuple[str, ...], denied: tuple[str, ...], canary: bool, intended: bool, outcome: Outcome
) -> None:
    facts = PublicEffect(
        observed_at=NOW,
        is_allowed=allowed,
        served=served,
        denied=denied,
        has_canary=canary,
        intended_public=intended,
    )
    verdict = effective_public.judge(facts)
    assert verdict.outcome is outcome
    assert {row.looked_at for row in verdict.evidence} >= (set(served) if outcome is F else set())


@pytest.mark.parametrize(
    ("allowed", "served", "refused", "outcome"),
    [
        (True, (LIST,), (), F),
        (True, (LIST,), (READ,), F),
        (True, (), (LIST,), P),
        (True, (), (), N),  # denied over TLS as well
        (False, (), (), N),
        (False, ("signed questions",), (), F),
    ],
)
def test_plain_http_in_effect(
    allowed: bool, served: tuple[str, ...], refused: tuple[str, ...], outcome: Outcome
) -> None:
    facts = PlainEffect(observed_at=NOW, is_allowed=allowed, served=served, refused=refused)
    assert effective_plain_http.judge(facts).outcome is outcome
