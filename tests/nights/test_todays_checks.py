"""Another version of a check judges what was seen on earlier days, from the facts of those days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from auditor.check import Check, check
from auditor.model import Severity, Verdict
from tests.nights import toys
from tests.nights.toys import Door, Portal, Shown, verdict
from tests.nights.village import Village

DEEP = "tiers: [nightly, deep]"


def door_check(say: Callable[[str], Verdict], name: str = "door-open", reads: type[Shown] = Door) -> Check[Any]:
    """The same id, another rule."""

    @check(name, reads=reads, severity=Severity.HIGH, effort=1, controls=("toy",))
    def judge(facts: Shown) -> Verdict:
        """The door is open.

        Why: Anybody may come in.
        Fix: Lock it.
        """
        return say(facts.state)

    return judge


def turned_round(state: str) -> Verdict:
    return verdict({"open": "locked", "locked": "open"}.get(state, state))


def crashing(state: str) -> Verdict:
    raise KeyError(state)


def install(village: Village, say: Callable[[str], Verdict], version: str = "2") -> None:
    village.install([door_check(say), toys.vault_open], version)


def unseen(village: Village) -> dict[str, Any]:
    """The gate is not seen tonight: what counts of it."""
    village.sleep()
    village.show(gate="!timeout")
    village.run()
    return village.finding("mill/gate")


@pytest.mark.parametrize(("state", "outcome"), [("locked", "fail"), ("open", "pass")])
def test_what_is_not_seen_tonight_is_judged_by_todays_check(village: Village, state: str, outcome: str) -> None:
    village.show(gate=state)
    village.run()
    install(village, turned_round)
    found = unseen(village)
    assert (found["outcome"], found["standing"]) == (outcome, "stale")
    assert "installed checks" in " ".join(village.diff()["causes"])


def test_a_new_check_judges_what_was_seen_before_it_was_there(village: Village) -> None:
    """Of the same look, of which another check of that day is remembered."""
    other = door_check(verdict, "door-ajar")
    village.install([other], "1")
    village.show(gate="open")
    village.run()
    assert village.finding("mill/gate") == {}
    village.install([other, toys.door_open], "2")
    found = unseen(village)
    assert (found["outcome"], found["standing"]) == ("fail", "stale")


def test_a_check_that_turns_by_its_rule_alone_is_not_looked_at_twice(village: Village) -> None:
    """What turned is the rule: judged by today's, nothing is otherwise than it was."""
    village.run()
    install(village, turned_round)
    village.sleep()
    village.looked()
    left = village.run()
    assert village.looked() == ["nightly hall/back", "nightly hall/front", "nightly mill/gate"]
    assert left.code == 1
    assert len(village.news()["regressed"]) == 3


@pytest.mark.parametrize("state", ["open", "locked"])
def test_a_look_that_cannot_be_read_any_more_keeps_what_it_said(village: Village, state: str) -> None:
    """The facts have another shape now, in a version that does not read the old one."""
    village.show(gate=state)
    village.run()
    village.install([door_check(turned_round, reads=Portal), toys.vault_open], "2", door=Portal)
    found = unseen(village)
    assert found["outcome"] == ("fail" if state == "open" else "pass")


def test_a_check_that_breaks_on_old_facts_takes_no_failure_away(village: Village) -> None:
    village.show(gate="open")
    village.run()
    install(village, crashing)
    found = unseen(village)
    assert (found["outcome"], found["standing"]) == ("fail", "stale")


def test_a_check_that_breaks_on_old_facts_lets_no_pass_stand(village: Village) -> None:
    village.run()
    install(village, crashing)
    assert unseen(village)["outcome"] == "unknown"


def test_a_failure_of_a_tier_that_is_not_asked_any_more_stands_for_other_checks_too(village: Village) -> None:
    village.list("hall/front", "hall/back", f"mill/gate {DEEP}")
    village.show_vault(gate="open")
    village.run()
    village.sleep()
    village.list("hall/front", "hall/back", "mill/gate")
    village.run()
    assert village.finding("mill/gate", "vault-open")["outcome"] == "fail"
    install(village, verdict)
    village.sleep()
    village.run()
    found = village.finding("mill/gate", "vault-open")
    assert (found["outcome"], found["standing"]) == ("fail", "stale")


def test_a_failure_of_a_check_that_is_not_installed_any_more_stands_until_it_is_back_or_retired(
    village: Village,
) -> None:
    """A plug-in that is missing after an upgrade mends nothing."""
    other = door_check(verdict, "door-ajar")
    village.install([other, toys.door_open], "1")
    village.show(gate="open")
    village.run()
    village.sleep()
    village.install([other], "2")
    left = village.run()
    assert left.code == 3
    found = village.finding("mill/gate")
    assert (found["outcome"], found["standing"], found["severity"]) == ("fail", "stale", "high")
    assert village.news() == {"unknown_now": ["mill/gate door-open"]}
    assert village.letter("assets", "mill/gate")[0] == "C"
    assert village.ask("judge last", "--json").out == (village.out / "report.json").read_text()
    for words in ("report html", "report tickets", "report csv"):
        shown = village.ask(words, f"--out={village.folder / words.replace(' ', '-')}")
        assert shown.code == 0, shown.err
    assert "not installed any more" in village.ask("explain mill/gate door-open").out
    village.sleep()
    retired = "retired:\n  - {id: door-open, kind: check, retired: 2026-03-01, reason: the plug-in is not used}\n"
    village.list("hall/front", "hall/back", "mill/gate", more=retired)
    assert village.run().code == 0
    assert village.finding("mill/gate") == {}


def test_a_place_that_is_gone_does_not_come_back_with_a_new_version(village: Village) -> None:
    """The failure at "a" was seen by a look on which another place still rests; it ended long ago."""
    village.list("hall/front", "hall/back", f"mill/gate {DEEP}")
    village.show(gate={"a": "open", "b": "locked"})
    village.show_vault(gate="open")
    village.run()
    village.show(gate={"b": "locked"})
    village.show_vault(gate="!timeout")
    for _ in range(8):
        village.sleep()
        village.run()
    assert village.finding("mill/gate", locus="a") == {}
    install(village, verdict)
    village.sleep()
    left = village.run()
    assert village.finding("mill/gate", locus="a") == {}
    assert left.code == 3, "the vault is not seen, and nothing else is wrong"
    assert village.finding("mill/gate", "vault-open")["outcome"] == "fail"


def test_the_days_of_a_place_that_is_gone_go_on_counting_with_a_new_version(village: Village) -> None:
    village.show(gate={"a": "open", "b": "locked"})
    village.run()
    village.show(gate={"b": "locked"})
    failing = []
    for night in range(10):
        village.sleep()
        if night == 4:
            install(village, verdict)
        village.run()
        failing.append(village.finding("mill/gate", locus="a").get("outcome") == "fail")
    assert failing == [True] * 7 + [False] * 3


def test_what_all_assets_say_together_keeps_the_word_of_its_day(village: Village) -> None:
    village.install(across=True)
    village.show(front="open", back="open", gate="open")
    village.run()
    assert village.finding("mill/gate", "door-alike")["outcome"] == "pass"
    village.install(version="2", across=True)
    village.show(front="locked", back="locked")
    unseen(village)
    found = village.finding("mill/gate", "door-alike")
    assert (found["outcome"], found["standing"]) == ("pass", "stale")


def test_the_inventory_too_is_what_an_old_look_is_judged_by(village: Village) -> None:
    """Nothing but the data class changes: what toys say does not depend on it, and is judged again all the same."""
    village.show(gate="open")
    village.run()
    text = village.path.read_text().replace("data_classes: [open]", "data_classes: [contact]")
    village.path.write_text(text)
    found = unseen(village)
    assert (found["outcome"], found["standing"]) == ("fail", "stale")
    assert village.letter("assets", "mill/gate")[0] == "D"
