"""Laws of what changed between two runs, and its JSON form."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.diff import News, diff
from auditor.diff.json import as_json, render
from auditor.diff.news import TABLE, Stand, news_of, stand_of
from auditor.model import Basis, Evidence, Letter, Letters, Outcome, Severity, Standing
from auditor.past import LetterMove, Move, State
from tests.diff_rig import AFTER, AS_OF, BEFORE, DAY, FAILS, FLAPS, KEY, PASSES, certificate, of

STATES = st.builds(
    State,
    outcome=st.sampled_from(Outcome),
    severity=st.sampled_from(Severity),
    standing=st.sampled_from(Standing),
    basis=st.sampled_from(Basis),
    summary=st.sampled_from(["as seen", "seen otherwise"]),
    reason=st.sampled_from([None, "timeout", "left_out"]),
    evidence=st.sampled_from([(), (Evidence("here", "this", "that"),)]),
    waiver=st.sampled_from([None, None, "W-1", "W-2"]),
    attestation=st.sampled_from([None, "A-1"]),
    flapping=st.booleans(),
)
MAYBE = st.none() | STATES
KEYS = st.tuples(
    st.sampled_from(["a/a", "a/b", "b/a"]), st.sampled_from(["tls-x", "web-y"]), st.sampled_from(["", "z"])
)
MOVES = st.dictionaries(KEYS, st.tuples(MAYBE, MAYBE)).map(
    lambda drawn: [Move(key, was, now) for key, (was, now) in drawn.items()]
)


# Laws


@given(MOVES)
def test_every_move_stands_in_one_list_or_is_no_news(moves: list[Move]) -> None:
    listed = [move for kind in of(*moves).news.values() for move in kind]
    assert len(listed) == len(set(listed))
    for move in moves:
        assert (move in listed) is (news_of(move) is not None)


@given(MAYBE, MAYBE)
def test_no_news_is_no_change_in_what_fails_and_no_loss_of_sight(was: State | None, now: State | None) -> None:
    """What goes unsaid is harmless: the same stand; or well and seen, there or not; or an end of what did not fail."""
    if news_of(Move(KEY, was, now)) is None:
        before, after = stand_of(was), stand_of(now)
        well = {Stand.ABSENT, Stand.WELL, Stand.STALE, Stand.TOLD}
        assert (
            before is after
            or (before in {*well, Stand.UNKNOWN} and after is Stand.ABSENT)
            or (before is Stand.ABSENT and after in well)
        )


@given(MAYBE, st.sampled_from(["x", "y"]))
def test_identical_states_and_changed_texts_are_no_news(one: State | None, words: str) -> None:
    assert news_of(Move(KEY, one, one)) is None
    if one:
        assert news_of(Move(KEY, one, replace(one, summary=words, evidence=(), severity=Severity.LOW))) is None


@given(MOVES, st.randoms())
def test_the_order_of_what_comes_in_is_irrelevant(moves: list[Move], dice: object) -> None:
    letters = [
        LetterMove(kind, name, None, Letters(Letter.C, Letter.C, Letter.C))
        for kind in ("city", "asset")
        for name in "ab"
    ]
    ends = [certificate(AS_OF + 7 * DAY, name) for name in "ab"]
    one = diff(BEFORE, AFTER, moves, letters, ends)
    for row in (moves, letters, ends):
        dice.shuffle(row)  # type: ignore[attr-defined]
    assert diff(BEFORE, AFTER, iter(moves), iter(letters), iter(ends)) == one


MIRROR = {
    News.REGRESSED: {News.FIXED, News.UNKNOWN_NOW},
    News.NEW: {News.FIXED},
    News.WAIVER_ENDED: {News.WAIVED},
    News.UNKNOWN_NOW: {News.SEEN_AGAIN, News.REGRESSED, News.WAIVED, None},
    News.FIXED: {News.REGRESSED, News.NEW, News.WAIVED},
    News.SEEN_AGAIN: {News.UNKNOWN_NOW},
    News.WAIVED: {News.FIXED, News.UNKNOWN_NOW, News.WAIVER_ENDED},
}


@pytest.mark.parametrize("pair", TABLE, ids=lambda pair: f"{pair[0].name}-{pair[1].name}")
def test_backwards_everything_reads_as_its_opposite(pair: tuple[Stand, Stand]) -> None:
    was, now = pair
    if kind := TABLE[pair]:
        assert TABLE[now, was] in MIRROR[kind]
    if kind is News.UNKNOWN_NOW and TABLE[now, was] is None:
        assert pair == (Stand.ABSENT, Stand.UNKNOWN)
    if kind is News.UNKNOWN_NOW and TABLE[now, was] in (News.REGRESSED, News.WAIVED):  # the failure comes into sight
        assert now in (Stand.UNKNOWN, Stand.TOLD)


@given(MOVES)
def test_an_open_failure_never_comes_or_goes_unsaid(moves: list[Move]) -> None:
    found = of(*moves)
    opened, closed = {*found.opened, *found.appeared}, {*found.fixed, *found.unknown_now, *found.waived}
    for move in moves:
        was, now = (one is not None and one.is_open for one in (move.before, move.after))
        assert (move in opened) is (now and not was)
        if was and not now:
            assert move in closed


RUN = {
    "type": "object",
    "required": ["id", "started", "finished", "as_of", "complete", "whole", "tool", "rubric", "inventory", "method"],
}
SIDE = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "required": [
        "outcome",
        "severity",
        "standing",
        "basis",
        "reason",
        "summary",
        "evidence",
        "waiver",
        "attestation",
        "flapping",
    ],
    "properties": {
        "outcome": {"enum": ["pass", "fail", "unknown", "not_applicable"]},
        "severity": {"enum": ["low", "medium", "high", "critical"]},
        "standing": {"enum": ["now", "kept", "stale", "attested"]},
        "basis": {"enum": ["observed", "imported", "declared"]},
        "reason": {"type": ["string", "null"]},
        "summary": {"type": "string"},
        "evidence": {"type": "array", "items": {"required": ["looked_at", "seen", "wanted"]}},
        "waiver": {"type": ["string", "null"]},
        "attestation": {"type": ["string", "null"]},
        "flapping": {"type": "boolean"},
    },
}
MOVED = {
    "type": "object",
    "required": ["asset", "check", "locus", "before", "after"],
    "properties": {"before": SIDE, "after": SIDE},
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "before", "after", "letters", "expiring", "causes", *News],
    "properties": {
        "schema": {"const": "auditor/diff/1"},
        "before": {"anyOf": [{"type": "null"}, RUN]},
        "after": RUN,
        **{kind.value: {"type": "array", "items": MOVED} for kind in News},
        "letters": {"type": "array", "items": {"required": ["kind", "id", "before", "after"]}},
        "expiring": {"type": "array", "items": {"required": ["what", "subject", "locus", "at"]}},
        "causes": {"type": "array", "items": {"type": "string"}},
    },
}
SHAPE = jsonschema.Draft202012Validator(SCHEMA)


# JSON


@given(MOVES)
def test_the_json_form_keeps_its_shape(moves: list[Move]) -> None:
    c = Letters(Letter.A_PLUS, Letter.D, Letter.A_PLUS)
    found = diff(BEFORE, AFTER, moves, [LetterMove("city", "city", None, c)], [certificate(AS_OF + 7 * DAY)])
    SHAPE.validate(json.loads(render(found)))
    assert json.loads(render(found)) == as_json(found)


def test_the_json_form_of_one_move() -> None:
    found = as_json(diff(None, AFTER, (), (), ()))
    assert (found["before"], found["regressed"]) == (None, [])
    found = as_json(of(Move(KEY, PASSES, FLAPS)))
    assert found["flapping"] == [
        {
            "asset": "permits/portal",
            "check": "tls-legacy",
            "locus": "192.0.2.1:443",
            "before": as_json(of(Move(KEY, PASSES, FAILS)))["regressed"][0]["before"],  # type: ignore[index,call-overload]
            "after": {
                "outcome": "fail",
                "severity": "high",
                "standing": "now",
                "basis": "observed",
                "reason": None,
                "summary": "as seen",
                "evidence": [],
                "waiver": None,
                "attestation": None,
                "flapping": True,
            },
        }
    ]


def test_no_terminal_obeys_the_json_form() -> None:
    evil = replace(FAILS, summary="\x1b[31m\x7f\x9b\u202e\ud800\u2028")
    text = render(of(Move(KEY, PASSES, evil)))
    assert text.replace("\n", "").isascii()
    assert text.replace("\n", "").isprintable()
    assert json.loads(text)["regressed"][0]["after"]["summary"] == evil.summary
