"""A run of a part of the city says nothing of what it left out: no state, no memory, no letter of it moves."""

from __future__ import annotations

import pytest

from auditor.store import Address, changes, opened, pages, runs
from tests.nights.village import Village

DEEP = "tiers: [nightly, deep]"


def memory(village: Village, asset: str) -> pages.Page:
    with opened(Address(file=village.store)) as store, store.reading() as connection:
        return pages.read_page(connection, asset)


def since(village: Village, asset: str, check: str = "door-open") -> str:
    with opened(Address(file=village.store)) as store, store.reading() as connection:
        return str(changes.since(connection, (asset, check, ""), runs.run_named(connection, "last").no))


def letters(village: Village) -> dict[tuple[str, str], str]:
    """The letters that stand in the store after the last run, by kind and id; of the city, too."""
    with opened(Address(file=village.store)) as store, store.reading() as connection:
        last = runs.run_named(connection, "last").no
        moves = changes.letter_moves(connection, 0, last)
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
    assert village.finding("mill/gate", "vault-open")["standing"] == "stale"
    assert village.finding("hall/front", "vault-open")["outcome"] == "pass"
    after = memory(village, "mill/gate")
    vault = [entry for entry in page.entries if entry.check == "vault-open"]
    assert [entry for entry in after.entries if entry.check == "vault-open"] == vault
    assert after.states["vault-open", ""] == page.states["vault-open", ""]
    assert since(village, "mill/gate", "vault-open") == known
    assert letters(village)["asset", "hall/front"] == told["asset", "hall/front"], "half of it was left out"
    assert letters(village)["city", "Elm"] == told["city", "Elm"]
    assert village.news() == {"regressed": ["mill/gate door-open"]}
    village.sleep()
    village.run()
    assert village.news()["fixed"] == ["mill/gate vault-open"]
    assert village.news()["regressed"] == ["hall/front vault-open"]


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
