"""Moves of renamed assets: told once, under the new name, and never not at all."""

from __future__ import annotations

from auditor.comparing import follow
from auditor.model import Asset, Basis, Outcome, Severity, Standing
from auditor.past import Move, State
from auditor.tonight import _with_all_names


def state(outcome: Outcome) -> State:
    return State(
        outcome=outcome, severity=Severity.HIGH, standing=Standing.NOW, basis=Basis.OBSERVED, summary=outcome.value
    )


FAIL, PASS = state(Outcome.FAIL), state(Outcome.PASS)


def door(name: str, *formerly: str) -> Asset:
    return Asset(id=name, kind="door", address=f"door://{name}", system="s", formerly=formerly)


def test_a_rename_moves_under_the_new_name() -> None:
    moves = [Move(("old", "c", ""), FAIL, None), Move(("new", "c", ""), None, PASS)]
    assert list(follow(moves, [door("new", "old")])) == [Move(("new", "c", ""), FAIL, PASS)]


def test_a_failure_that_nobody_takes_over_is_told() -> None:
    """The heir was listed all along, and nothing moved there: its own pass says nothing of what it swallowed."""
    moves = [Move(("old", "c", ""), FAIL, None)]
    assert list(follow(moves, [door("other", "old")])) == moves


def test_what_still_has_its_name_was_not_renamed() -> None:
    moves = [Move(("old", "c", ""), FAIL, PASS), Move(("new", "c", ""), None, PASS)]
    assert Move(("old", "c", ""), FAIL, PASS) in list(follow(moves, [door("old"), door("new", "old")]))


def test_a_name_is_owed_until_it_is_met() -> None:
    """gate became door on a night when nobody looked; then door became tor, and its earlier name was struck out."""
    then = [door("door", "gate")]
    assert _with_all_names([door("tor", "door")], then) == (door("tor", "door", "gate"),)
    assert _with_all_names([door("door")], then) == (door("door", "gate"),)
    assert _with_all_names([door("gate", "door")], then) == (door("gate", "door"),)
