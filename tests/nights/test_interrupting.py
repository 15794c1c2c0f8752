"""Ctrl-C once ends the looking, not the run; twice ends it at once. Two runs never hold one store."""

from __future__ import annotations

import re
import time

import pytest

from tests.nights.children import Child, Zygote, until, until_kept
from tests.nights.village import Village


@pytest.fixture
def slow(village: Village, children: Zygote) -> Village:
    """One night lies behind it; tonight the gate does not answer for a long time."""
    village.show(front="open")
    assert village.run().code == 0
    village.sleep()
    village.looked()
    village.world["gate.elm.example"]["seconds"] = 30.0
    return village


def quickly(child: Child) -> float:
    began = time.monotonic()
    child.left()
    return time.monotonic() - began


def test_once_it_judges_and_keeps_what_it_saw(slow: Village, children: Zygote) -> None:
    child = children.run(slow)
    until_kept(slow, 2)
    child.press_ctrl_c()
    began = time.monotonic()
    left = child.left()
    assert time.monotonic() - began < 10, "nobody waits for the slowest"
    assert left.code == 130
    assert left.err.endswith("auditor: interrupted; what was seen until then is in the report.\n")
    assert "The hall" in left.out
    assert not slow.report["run"]["complete"]
    assert slow.finding("hall/front")["standing"] == "now"
    assert (slow.finding("mill/gate")["outcome"], slow.finding("mill/gate")["standing"]) == ("pass", "stale")
    again = slow.ask("judge last", "--json")
    assert again.out == (slow.out / "report.json").read_text()
    assert again.code == 0


def test_once_the_run_is_over_and_the_next_one_looks_at_everything(slow: Village, children: Zygote) -> None:
    child = children.run(slow, "-q")
    until_kept(slow, 2)
    child.press_ctrl_c()
    assert child.left().code == 130
    slow.world["gate.elm.example"].pop("seconds")
    refused = slow.run("--resume")
    assert refused.code == 2
    assert "nothing to resume" in refused.err
    slow.looked()
    slow.show(gate="open")
    left = slow.run()
    assert left.code == 1, left.err
    assert slow.news() == {"regressed": ["mill/gate door-open"]}, "against the last whole run"
    assert slow.looked().count("nightly hall/front") == 1


def test_what_it_did_not_get_to_is_as_it_was(slow: Village, children: Zygote) -> None:
    from tests.nights.test_parts_of_a_night import letters, memory, since

    page, told, known = memory(slow, "mill/gate"), letters(slow), since(slow, "mill/gate")
    child = children.run(slow, "-q")
    until_kept(slow, 2)
    child.press_ctrl_c()
    assert child.left().code == 130
    assert memory(slow, "mill/gate") == page
    assert since(slow, "mill/gate") == known
    assert letters(slow) == told
    assert slow.news() == {}


def test_no_second_look_after_it(slow: Village, children: Zygote) -> None:
    slow.show(front="locked", back="open")
    child = children.run(slow, "-q")
    until_kept(slow, 2)
    child.press_ctrl_c()
    assert child.left().code == 130
    assert slow.looked() == ["nightly hall/back", "nightly hall/front"]
    assert slow.finding("hall/back")["outcome"] == "fail"
    front = slow.finding("hall/front")
    assert (front["outcome"], front["standing"]) == ("fail", "stale"), "one look ends no failure"
    again = slow.ask("judge last", "--json")
    assert again.out == (slow.out / "report.json").read_text()
    slow.world["gate.elm.example"].pop("seconds")
    slow.sleep()
    slow.looked()
    slow.run()
    assert slow.looked().count("nightly hall/front") == 2, "it is still to be confirmed"
    assert slow.finding("hall/front")["outcome"] == "pass"


def test_once_during_the_second_looks_it_judges_what_it_saw(slow: Village, children: Zygote) -> None:
    slow.world["gate.elm.example"].pop("seconds")
    slow.show(back="open")
    slow.world["back.elm.example"]["seconds"] = [0.0, 30.0]
    child = children.run(slow)
    until_kept(slow, 3)
    time.sleep(1.0)  # it looks at the back door a second time
    child.press_ctrl_c()
    left = child.left()
    assert left.code == 130
    assert "interrupted; what was seen until then is in the report" in left.err
    assert (slow.finding("hall/back")["outcome"], slow.finding("hall/back")["flapping"]) == ("fail", False)


def test_twice_it_leaves_at_once_and_can_be_resumed(slow: Village, children: Zygote) -> None:
    """The second Ctrl-C comes while it judges or keeps: nothing is half-kept."""
    slow.world["gate.elm.example"].pop("seconds")
    slow.list(*(f"hall/d{number}" for number in range(300)), "hall/front", "hall/back", "mill/gate")
    child = children.run(slow, "-q")
    until(slow, 100)
    child.press_ctrl_c()
    time.sleep(0.05)
    child.press_ctrl_c()
    left = child.left()
    assert left.code == 130
    assert "Traceback" not in left.err
    slow.looked()
    resumed = children.run(slow, "-q", "--resume").left()
    if resumed.code == 2:  # it had just come to its end
        assert "what was seen until then is in the report" in left.err
        return
    assert "what was seen until then" not in left.err
    assert resumed.code in (1, 3), resumed.err
    assert len(slow.looked()) < 303


def test_a_second_run_is_refused_at_once_and_names_the_first(slow: Village, children: Zygote) -> None:
    child = children.run(slow, "-q")
    until_kept(slow, 2)
    second = slow.run()
    assert second.code == 2
    assert second.out == ""
    assert re.fullmatch(
        rf"auditor: Another run holds the store: process {child.number} on \S+, since 2026-03-03 02:00:00 UTC\. "
        r"Wait until it has ended, then start again\.\n",
        second.err,
    )
    assert slow.run("--resume").code == 2
    for words in (["judge", "last"], ["diff"], ["report", "table"], ["report", "json"]):
        left = slow.ask(*words)
        assert left.code == 0, left.err
    child.kill()
    slow.world["gate.elm.example"].pop("seconds")
    assert slow.run("--resume").code == 0, "the lock went with the one who held it"
