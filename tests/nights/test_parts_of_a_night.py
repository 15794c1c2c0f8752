"""A run of a part of the city says nothing of what it left out: no state, no memory, no letter of it moves."""

from __future__ import annotations

import pytest

from auditor.store import Address, opened, pages, runs
from auditor.store.letters import letter_moves
from tests.nights.village import Village
from tests.store.town import since as held_since

DEEP = "tiers: [nightly, deep]"


def memory(village: Village, asset: str) -> pages.Page:
    with opened(Address(file=village.store)) as store, store.reading() as connection:
        return pages.read_page(connection, asset)


def since(village: Village, asset: str, check: str = "door-open") -> str:
    with opened(Address(file=village.store)) as store, store.reading() as connection:
        return str(held_since(connection, (asset, check, ""), runs.run_named(connection, "last").no))


def letters(village: Village) -> dict[tuple[str, str], str]:
    """The letters that stand in the store after the last run, by kind and id; of the city, too."""
    with opened(Address(file=village.store)) as store, store.reading() as connection:
        last = runs.run_named(connection, "last").no
        moves = letter_moves(connection, 0, last)
        return {(move.kind, move.id): str(move.after) for move in moves}


def test_only_leaves_the_rest_as_it_was(village: Village) -> None:
    village.show(front="open", gate="open")
    village.run()
    before, told, known = memory(village, "mill/gate"), letters(village), since(village, "mill/gate")
    village.sleep()
    village.show(front="locked", gate="locked")
    left = village.run("--only=system=hall")
    assert left.code == 0, left.err
    assert memory(village, "mill/gate") == before
    assert since(village, "mill/gate") == known
    assert letters(village)["asset", "mill/gate"] == told["asset", "mill/gate"]
    assert letters(village)["city", "Elm"] == told["city", "Elm"]
    assert village.news() == {"fixed": ["hall/front door-open"]}
    village.sleep()
    village.run()
    assert village.news() == {"fixed": ["hall/front door-open", "mill/gate door-open"]}, "against the last whole run"
    assert village.looked().count("nightly mill/gate") == 3, "the part of it did not look; the last night twice"


def test_what_only_left_out_does_not_go_stale_by_it(village: Village) -> None:
    """Eight nights of the hall alone: the mill was last seen then, and nothing else happened to it."""
    village.run()
    page = memory(village, "mill/gate")
    for _ in range(8):
        village.sleep()
        village.run("--only=system=hall")
    assert memory(village, "mill/gate") == page
    village.sleep()
    village.show(gate="!timeout")
    village.run()
    assert village.finding("mill/gate")["outcome"] == "unknown", "nine days old"
    assert village.finding("hall/front")["outcome"] == "pass"


def test_a_regression_in_a_part_is_one(village: Village) -> None:
    village.run()
    village.sleep()
    village.show(gate="open", front="open")
    assert village.run("--only=system=mill").code == 1
    village.sleep()
    assert village.run("--only=system=mill").code == 0, "the last run knew of it"
    village.sleep()
    left = village.run()
    assert left.code == 1, "the hall has turned, too"
    assert village.news() == {"regressed": ["hall/front door-open", "mill/gate door-open"]}


def test_after_a_part_another_part_tells_of_a_new_asset(village: Village) -> None:
    village.run()
    village.sleep()
    village.run("--only=system=hall")
    village.sleep()
    village.list("hall/front", "hall/back", "mill/gate", "mill/wheel")
    village.show(wheel="open")
    left = village.run("--only=system=mill", "--gate=new")
    assert left.code == 1
    assert village.news() == {"new": ["mill/wheel door-open"]}


@pytest.fixture
def deep_village(village: Village) -> Village:
    village.list(f"hall/front {DEEP}", "hall/back", f"mill/gate {DEEP}")
    return village


def test_a_tier_that_is_left_out_keeps_what_it_said(deep_village: Village) -> None:
    village = deep_village
    village.show_vault(gate="open")
    assert village.run().code == 0
    page, told = memory(village, "mill/gate"), letters(village)
    known = since(village, "mill/gate", "vault-open")
    village.sleep()
    village.show_vault(gate="locked", front="open")
    village.show(gate="open")
    left = village.run("--tier=nightly")
    assert left.code == 1
    assert village.finding("mill/gate", "vault-open")["outcome"] == "fail"
    assert village.finding("mill/gate", "vault-open")["standing"] == "kept"
    assert village.finding("hall/front", "vault-open")["outcome"] == "pass"
    after = memory(village, "mill/gate")
    vault = [entry for entry in page.entries if entry.check == "vault-open"]
    assert [entry for entry in after.entries if entry.check == "vault-open"] == vault
    assert after.states["vault-open", ""] == page.states["vault-open", ""]
    assert since(village, "mill/gate", "vault-open") == known
    assert letters(village)["asset", "hall/front"] == told["asset", "hall/front"]
    assert letters(village)["asset", "mill/gate"] != told["asset", "mill/gate"], "its door is open"
    assert village.news() == {"regressed": ["mill/gate door-open"]}
    village.sleep()
    village.run()
    assert village.news()["fixed"] == ["mill/gate vault-open"]
    assert village.news()["regressed"] == ["hall/front vault-open"]


def test_a_weekday_after_a_deep_night_is_complete_quiet_and_graded_like_it(deep_village: Village) -> None:
    village = deep_village
    village.run()
    told = village.letter("assets", "mill/gate")
    for _ in range(6):
        village.sleep()
        left = village.run("--tier=nightly", "--digest", "--gate=coverage=100")
        assert (left.code, left.out) == (0, ""), left.err
        assert village.letter("assets", "mill/gate") == told
        assert village.ask("judge last", "--json").out == (village.out / "report.json").read_text()
    village.sleep()
    assert village.run("--digest").out == ""


def test_a_deep_answer_that_is_too_old_is_told_and_so_is_its_return(deep_village: Village) -> None:
    village = deep_village
    village.run()
    village.sleep(15)
    left = village.run("--tier=nightly")
    assert left.code == 3, "nobody looked deep for 15 days"
    assert village.news() == {"unknown_now": ["hall/front vault-open", "mill/gate vault-open"]}
    village.sleep()
    assert village.run("--tier=nightly", "--digest").out == "", "once"
    village.sleep()
    assert village.run().code == 0
    assert village.news() == {"seen_again": ["hall/front vault-open", "mill/gate vault-open"]}


def test_a_deep_night_that_saw_nothing_makes_no_weekday_complete(deep_village: Village) -> None:
    village = deep_village
    village.run()
    village.sleep(7)
    village.show_vault(gate="!timeout")
    assert village.run().code == 3
    village.sleep()
    assert village.run("--tier=nightly").code == 3
    assert village.finding("mill/gate", "vault-open")["standing"] == "stale"
    assert village.finding("hall/front", "vault-open")["standing"] == "kept"


def test_a_failure_of_a_tier_that_nobody_looked_at_for_long_stands_stale(deep_village: Village) -> None:
    village = deep_village
    village.show_vault(gate="open")
    village.run()
    village.sleep(15)
    village.run("--tier=nightly")
    found = village.finding("mill/gate", "vault-open")
    assert (found["outcome"], found["standing"]) == ("fail", "stale")


def test_a_tier_that_nobody_asks_leaves_nothing_out(village: Village) -> None:
    village.run()
    village.sleep()
    village.show(gate="open")
    assert village.run("--tier=nightly").code == 1
    assert letters(village)["asset", "mill/gate"].count("C") > 0


def test_a_first_run_of_a_part_is_a_baseline_of_that_part_alone(village: Village) -> None:
    village.show(front="open", gate="open")
    assert village.run("--only=system=hall").code == 0
    village.sleep()
    left = village.run()
    assert left.code == 0
    assert village.diff()["before"] is None, "no whole run stands before it"


def test_a_waiver_that_ends_is_not_said_of_what_was_left_out(village: Village) -> None:
    village.show(gate="open")
    waiver = (
        "waivers:\n  - {id: W-1, asset: mill/gate, check: door-open, reason: soon gone, risk_owner: Clerk, "
        "approved_by: CIO, approved: 2026-01-01, expires: 2026-03-02}\n"
    )
    village.list("hall/front", "hall/back", "mill/gate", more=waiver)
    assert village.run().code == 0
    village.sleep()
    left = village.run("--only=system=hall")
    assert left.code == 1, "it has expired all the same"
    assert "waiver ended: W-1" in left.err
    assert village.news() == {}
    village.sleep()
    village.run()
    assert village.news() == {"waiver_ended": ["mill/gate door-open"]}


def test_what_all_assets_say_together_is_not_judged_from_some_of_them(village: Village) -> None:
    """The gate has the key of no other door, as far as the mill can tell."""
    village.install(across=True)
    village.show(front="open", gate="open")
    village.run()
    assert village.finding("mill/gate", "door-alike")["outcome"] == "pass"
    assert village.finding("hall/back", "door-alike")["outcome"] == "fail"
    village.sleep()
    left = village.run("--only=system=mill", "--digest")
    assert (left.code, left.out) == (0, ""), left.err
    found = village.finding("mill/gate", "door-alike")
    assert (found["outcome"], found["standing"]) == ("pass", "kept")
    village.sleep()
    village.list("hall/front", "hall/back", "mill/gate", "mill/wheel")
    village.show(wheel="locked")
    assert village.run("--only=system=mill").code == 0
    assert village.finding("mill/wheel", "door-alike") == {}, "what nobody knew before is not asked of a part"


def test_what_all_assets_were_asked_in_vain_stays_unknown_in_a_part(village: Village) -> None:
    """A letter would else rise by looking at less."""
    village.install(across=True)
    village.show(gate="!timeout")
    village.run()
    assert village.finding("mill/gate", "door-alike")["outcome"] == "unknown"
    village.sleep()
    village.show(gate="locked")
    left = village.run("--only=system=mill")
    assert left.code == 3
    found = village.finding("mill/gate", "door-alike")
    assert (found["outcome"], found["reason"]) == ("unknown", "left_out")
    assert village.ask("judge last", "--json").out == (village.out / "report.json").read_text()
