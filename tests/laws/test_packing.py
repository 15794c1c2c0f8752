"""Earlier outcomes come back from their rows, whatever they say; what is no such rows is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.codec import CodecError
from auditor.model import Basis, Carried, Evidence, Outcome, Severity, Tier
from auditor.packing import EPOCH, packed, unpacked
from tests.laws.cities import LAW
from tests.test_standing import AS_OF, ASSET, SECOND, earlier

PASS, FAIL = Outcome.PASS, Outcome.FAIL
TEXTS = st.text() | st.sampled_from(("", "\x00", "\x1b[2J", "=1+1", "</script>", "\u202e", "\U0001f512", '"],["'))
ANY_ENTRY = st.builds(
    Carried,
    asset=st.just("permits"),
    check=TEXTS,
    locus=TEXTS,
    outcome=st.sampled_from(Outcome),
    observed_at=st.integers(-(10**15), 10**16).map(lambda number: EPOCH + timedelta(microseconds=number)),
    summary=TEXTS,
    evidence=st.lists(st.builds(Evidence, TEXTS, TEXTS, TEXTS), max_size=3).map(tuple),
    basis=st.sampled_from(Basis),
    severity=st.none() | st.sampled_from(Severity),
    tier=st.none() | st.sampled_from(Tier),
    run=TEXTS,
    digest=TEXTS,
)
JUNK = st.sampled_from((None, True, 1.0, -1, 7, 10**30, "", "zzzz", [], {}, [1], ["a", "b", "c"], {"a": 1}))


@LAW
@given(st.lists(ANY_ENTRY, max_size=6))
def test_packed_entries_come_back_from_bytes(history: list[Carried]) -> None:
    text = packed(history)
    assert unpacked("permits", json.loads(text)) == tuple(history)
    assert text == json.dumps(json.loads(text), separators=(",", ":"))


@LAW
@given(st.lists(ANY_ENTRY, min_size=1, max_size=3), JUNK, st.data())
def test_what_was_not_packed_is_refused(history: list[Carried], junk: object, data: st.DataObject) -> None:
    """One part of the rows is changed: it is refused, or it is other entries' rows."""
    rows = json.loads(packed(history))
    part = [rows]
    number = 0
    while isinstance(part[number], list) and part[number] and data.draw(st.booleans() | st.just(value=True)):
        part = part[number]
        number = data.draw(st.integers(0, len(part) - 1))
    part[number] = junk
    whole = junk if part and part[0] is junk and rows is not junk and part == [junk] else rows
    try:
        read = unpacked("permits", whole)
    except CodecError:
        return
    assert unpacked("permits", json.loads(packed(read))) == read
    assert all(type(entry.summary) is str and entry.observed_at.tzinfo is UTC for entry in read)


@pytest.mark.parametrize("rows", [None, True, 1, "ab", {}, [], [[]], [[], [], []], {"0": [], "1": []}])
def test_what_is_no_pair_of_lists_is_refused(rows: object) -> None:
    with pytest.raises(CodecError, match="permits"):
        unpacked("permits", rows)


def test_rows_are_short() -> None:
    one = replace(earlier(PASS, 1), run="20260614T020000Z-abcdef", digest="ab" * 32, severity=Severity.HIGH)
    other = replace(one, check="tls-heartbleed", outcome=FAIL, tier=Tier.DEEP, evidence=(Evidence("a", "b", "c"),))
    assert json.loads(packed([one, other])) == [
        [["20260614T020000Z-abcdef", "ab" * 32, 1781438400000000]],
        [
            ["tls-legacy", "a", "poh-", 0, "then", []],
            ["tls-heartbleed", "a", "fohd", 0, "then", [["a", "b", "c"]]],
        ],
    ]
    assert unpacked(ASSET.id, json.loads(packed([one, other]))) == (one, other)


def test_a_time_in_another_zone_comes_back_as_the_same_instant() -> None:
    local = (AS_OF + SECOND / 3).astimezone(ZoneInfo("America/Los_Angeles"))
    (back,) = unpacked(ASSET.id, json.loads(packed([replace(earlier(PASS, 0), observed_at=local)])))
    assert (back.observed_at, back.observed_at.tzinfo) == (local, UTC)
