"""What a probe does not say, or says before it breaks, is never health."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from auditor.errors import Unreachable
from auditor.facts import Declared, Facts
from auditor.model import Asset, Reason, Sensitivity, Tier
from auditor.observe import observe_with
from auditor.probe import Observation, Seen, Unseen
from auditor.reach import Access, Reach, Reaches

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ASSET = Asset(id="a", kind="toy", address="toy://a", system="")


@dataclass(frozen=True, slots=True, kw_only=True)
class One(Facts):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Two(Facts):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray(Facts):
    """Facts that the probe does not yield."""


class Toy:
    kind: ClassVar[str] = "toy"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (One, Two)

    def __init__(self, *script: Observation | Exception) -> None:
        self.script = script

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        for line in self.script:
            if isinstance(line, Exception):
                raise line
            yield line

    def plan(self, asset: Asset) -> Iterable[str]:
        return ()


def said(*script: Observation | Exception) -> list[tuple[str, str, str]]:
    observations = observe_with(Toy(*script), ASSET, Reaches(Access()).of(ASSET))
    return sorted(
        (one.facts_type.__name__, one.locus, one.reason.word)
        if isinstance(one, Unseen)
        else (type(one.facts).__name__, one.locus, "seen")
        for one in observations
        if isinstance(one, (Seen, Unseen))
    )


def test_silence_about_a_type_is_unseen() -> None:
    assert said(Seen(One(observed_at=NOW))) == [("One", "", "seen"), ("Two", "", "not_observed")]


def test_a_crash_blinds_everything_and_keeps_what_was_said() -> None:
    assert said(Seen(One(observed_at=NOW), "x"), RuntimeError("boom")) == [
        ("One", "", "probe_error"),
        ("One", "x", "seen"),
        ("Two", "", "probe_error"),
    ]


def test_an_unreachable_target_keeps_its_reason() -> None:
    assert said(Unreachable(Reason.REFUSED, "a:1")) == [("One", "", "refused"), ("Two", "", "refused")]


def test_a_crash_does_not_repeat_what_a_target_said() -> None:
    observations = observe_with(Toy(RuntimeError("ssn 123-45-6789")), ASSET, Reaches(Access()).of(ASSET))
    assert "123-45-6789" not in repr(observations)


@pytest.mark.parametrize(
    "junk", [None, "PASS", Declared(observed_at=NOW, sensitivity=Sensitivity.PUBLIC), Seen(Stray(observed_at=NOW))]
)
def test_a_probe_that_says_something_else_is_broken_and_harms_nobody(junk: Any) -> None:
    assert said(Seen(One(observed_at=NOW), "x"), junk, Seen(Two(observed_at=NOW))) == [
        ("One", "", "probe_error"),
        ("One", "x", "seen"),
        ("Two", "", "probe_error"),
    ]
