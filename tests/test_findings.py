"""Findings come back from their packed form as they were, and what many say alike is held once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import findings
from auditor.findings import Findings, Words, rows_of
from auditor.model import Basis, Evidence, Finding, Outcome, Severity, Standing, Tier
from auditor.past import state_of
from tests.laws.cities import LAW

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TEXTS = st.text(max_size=4) | st.sampled_from(("", "\x00", "\x1b[2J", "\U0001f512", "the same"))
ANY = st.builds(
    Finding,
    asset=st.just("permits"),
    check=TEXTS,
    locus=TEXTS,
    severity=st.sampled_from(Severity),
    tier=st.sampled_from(Tier),
    outcome=st.sampled_from(Outcome),
    summary=TEXTS,
    basis=st.sampled_from(Basis),
    reason=st.none() | TEXTS,
    evidence=st.lists(st.builds(Evidence, TEXTS, TEXTS, TEXTS), max_size=2).map(tuple),
    observed_at=st.none() | st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours)),
    standing=st.sampled_from(Standing),
    waiver=st.none() | TEXTS,
    attestation=st.none() | TEXTS,
    flapping=st.booleans(),
)
ROWS = st.lists(ANY, max_size=6)
GOOD = Finding(
    asset="a",
    check="toy-rule",
    locus="",
    severity=Severity.HIGH,
    tier=Tier.NIGHTLY,
    outcome=Outcome.PASS,
    summary="All is well.",
    evidence=(Evidence("the lock", "shut", "shut"),),
    observed_at=NOON,
)


@LAW
@given(ROWS, ROWS)
def test_what_is_packed_comes_back_in_its_order(one: list[Finding], other: list[Finding]) -> None:
    words = Words()
    first, second = words.packed("permits", one), words.packed("permits", other)
    assert list(first) == one
    assert list(Findings((first, second))) == [*one, *other]
    assert (len(first), len(Findings((first, second)))) == (len(one), len(one) + len(other))


@LAW
@given(ROWS, ROWS)
def test_what_is_joined_stands_in_the_order_of_check_and_locus(one: list[Finding], other: list[Finding]) -> None:
    """Of what is said twice of one place, what was packed first comes first. Nothing joined leaves it as it is."""
    words = Words()
    packed = words.packed("permits", one)
    joined = words.joined(packed, other)
    expected = sorted([*one, *other], key=lambda finding: (finding.check, finding.locus)) if other else one
    assert list(joined) == expected
    assert len(joined) == len(expected)
    assert list(packed) == one
    assert (joined is packed) == (not other)


@LAW
@given(ROWS, ROWS)
def test_rows_say_what_the_findings_say(one: list[Finding], other: list[Finding]) -> None:
    """Without findings being made of them, and of findings that are not packed too."""
    words = Words()
    parts = words.packed("permits", one), words.packed("permits", other)
    expected = [(row.asset, (row.check, row.tier), state_of(row), (row.locus, row.observed_at)) for row in one + other]
    assert list(rows_of(Findings(parts))) == list(rows_of(tuple(one + other))) == expected


@LAW
@given(ROWS, ROWS)
def test_it_equals_what_has_the_same_findings_and_nothing_else(one: list[Finding], other: list[Finding]) -> None:
    packed = Words().packed("permits", one)
    assert packed == tuple(one)
    assert packed == Findings((Words().packed("permits", one),))
    assert hash(packed) == hash(tuple(one))
    assert (packed == Words().packed("permits", other)) == (one == other)
    assert packed != "permits"


@LAW
@given(st.lists(ANY, min_size=1, max_size=6), st.data())
def test_it_is_read_by_place_like_a_tuple(one: list[Finding], data: st.DataObject) -> None:
    packed, place = Words().packed("permits", one), data.draw(st.integers(-len(one), len(one) - 1))
    assert packed[place] == one[place]
    assert packed[place:] == tuple(one[place:])
    with pytest.raises(IndexError):
        _ = packed[len(one)]


def test_nothing_packed_is_nothing() -> None:
    packed = Words().packed("a", ())
    assert list(packed) == list(Findings(())) == []
    assert not packed
    assert not Findings(())


def test_what_two_assets_say_alike_is_held_once() -> None:
    words = Words()
    one = words.packed("a", [GOOD])
    other = words.packed("b", [replace(GOOD, asset="b", locus="192.0.2.1:443", evidence=(_row("shut"),))])
    (first,), (second,) = one, other
    assert first.evidence is second.evidence
    assert len(words.states) == len(words.rules) == 1


def test_no_two_things_are_taken_for_one_another() -> None:
    """Each value that differs alone makes another saying, those that are equal as plain texts or numbers too."""
    words = Words()
    others = [
        replace(GOOD, outcome=Outcome.FAIL),
        replace(GOOD, severity=Severity.LOW),
        replace(GOOD, summary=""),
        replace(GOOD, basis=Basis.IMPORTED),
        replace(GOOD, reason=GOOD.summary),
        replace(GOOD, evidence=(_row("open"),)),
        replace(GOOD, evidence=()),
        replace(GOOD, standing=Standing.STALE),
        replace(GOOD, waiver="W-1"),
        replace(GOOD, attestation="W-1"),
        replace(GOOD, flapping=True),
    ]
    packed = words.packed("a", [GOOD, *others])
    assert len(words.states) == len(others) + 1
    assert list(packed) == [GOOD, *others]


def test_what_differs_with_each_asset_is_not_held_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "MANY", 2)
    words = Words()
    rows = [[replace(GOOD, check=f"toy-{name}", summary=name)] for name in "abcde"]
    packed = [words.packed("a", row) for row in rows]
    assert [list(one) for one in packed] == rows
    assert max(len(words.states), len(words.rules)) <= findings.MANY


def _row(seen: str) -> Evidence:
    return Evidence("the lock", seen, "shut")
