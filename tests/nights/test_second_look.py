"""What turned from pass to fail or back is looked at a second time before it counts; nothing else is."""

from __future__ import annotations

import pytest

from tests.nights.village import Village

FIRST_LOOKS = ["nightly hall/back", "nightly hall/front", "nightly mill/gate"]


@pytest.fixture(autouse=True)
def first_night(village: Village) -> None:
    left = village.run()
    assert left.code == 0, left.err
    assert village.looked() == FIRST_LOOKS, "a first night has nothing to turn from"
    village.sleep()


def test_where_nothing_turned_nobody_looks_twice(village: Village) -> None:
    assert village.run().code == 0
    assert village.looked() == FIRST_LOOKS


@pytest.mark.parametrize(("before", "after"), [("locked", "open"), ("open", "locked")])
def test_a_steady_change_is_looked_at_exactly_twice_and_counts(village: Village, before: str, after: str) -> None:
    village.show(gate=before)
    village.run()
    village.sleep()
    village.looked()
    village.show(gate=after)
    left = village.run()
    assert left.code == (1 if after == "open" else 0)
    assert village.looked() == [*FIRST_LOOKS, "nightly mill/gate"]
    found = village.finding("mill/gate")
    assert found["outcome"] == ("fail" if after == "open" else "pass")
    assert not found["flapping"]
    assert village.news() == {"regressed" if after == "open" else "fixed": ["mill/gate door-open"]}
    village.sleep()
    village.looked()
    village.run()
    assert village.looked() == FIRST_LOOKS, "the night after it is as it was"


@pytest.mark.parametrize("looks", [["open", "locked"], ["locked", "open"]])
def test_the_worse_of_two_answers_counts_and_is_marked(village: Village, looks: list[str]) -> None:
    """Two backends behind one name. Where the first answer was the old one, nothing made anybody look twice."""
    village.show(gate=looks)
    left = village.run()
    if looks[0] == "locked":
        assert left.code == 0
        assert village.looked() == FIRST_LOOKS
        return
    assert left.code == 1
    found = village.finding("mill/gate")
    assert (found["outcome"], found["flapping"]) == ("fail", True)
    assert village.news() == {"flapping": ["mill/gate door-open"]}
    assert village.letter("assets", "mill/gate")[0] == "C"


def test_a_failure_that_seems_mended_and_flaps_is_not_mended(village: Village) -> None:
    village.show(gate="open")
    village.run()
    village.sleep()
    village.show(gate=["locked", "open"])
    left = village.run()
    found = village.finding("mill/gate")
    assert (found["outcome"], found["flapping"]) == ("fail", True)
    assert left.code == 0, "it failed before"
    village.sleep()
    village.show(gate="locked")
    assert village.run().code == 0
    assert village.finding("mill/gate")["outcome"] == "pass"
    assert not village.finding("mill/gate")["flapping"]


def test_a_second_look_that_sees_nothing_takes_nothing_away(village: Village) -> None:
    village.show(gate=["open", "!timeout"])
    left = village.run()
    assert left.code == 1
    found = village.finding("mill/gate")
    assert (found["outcome"], found["standing"], found["flapping"]) == ("fail", "now", False)
    assert village.report["run"]["complete"]


def test_a_failure_that_passes_once_and_is_not_seen_again_stands(village: Village) -> None:
    village.show(gate="open")
    village.run()
    village.sleep()
    village.show(gate=["locked", "!timeout"])
    left = village.run()
    assert left.code == 3
    found = village.finding("mill/gate")
    assert (found["outcome"], found["standing"]) == ("fail", "stale")
    assert village.news() == {"unknown_now": ["mill/gate door-open"]}
    assert village.ask("judge last", "--json").out == (village.out / "report.json").read_text()


def test_a_second_look_may_see_what_the_first_did_not(village: Village) -> None:
    village.show(gate=[{"a": "open", "b": "!timeout"}, {"a": "open", "b": "locked"}])
    village.run()
    village.sleep()
    village.looked()
    village.show(gate=[{"a": "locked", "b": "!timeout"}, {"a": "locked", "b": "open"}])
    village.run()
    assert village.finding("mill/gate", locus="a")["outcome"] == "pass"
    assert village.finding("mill/gate", locus="b")["outcome"] == "fail", "what was seen once counts as it was seen"


def test_what_was_not_seen_and_is_seen_again_did_not_turn(village: Village) -> None:
    village.show(gate="!timeout")
    village.run()
    village.sleep()
    village.looked()
    village.show(gate="locked")
    village.run()
    assert village.looked() == FIRST_LOOKS


def test_a_failure_that_stands_unseen_and_passes_again_did_turn(village: Village) -> None:
    for state in ("open", "!timeout"):
        village.show(gate=state)
        village.run()
        village.sleep(10)
    village.looked()
    village.show(gate="locked")
    village.run()
    assert village.looked() == [*FIRST_LOOKS, "nightly mill/gate"]


def test_judging_again_takes_both_looks(village: Village) -> None:
    village.show(gate=["open", "locked"])
    village.run()
    left = village.ask("judge last", "--json")
    assert left.code == 0, left.err
    assert left.out == (village.out / "report.json").read_text()
    assert village.finding("mill/gate")["flapping"]
