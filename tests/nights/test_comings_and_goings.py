"""Assets that come, go, vanish and change their names: what the nights after make of them."""

from __future__ import annotations

from tests.nights.village import DAY, FIRST, Village

RETIRED = "retired:\n" + "".join(
    f"  - {{id: {name}, kind: {kind}, retired: 2026-03-03, reason: sold}}\n"
    for name, kind in (("mill/gate", "asset"), ("mill", "system"))
)


def test_a_rename_is_no_news_and_keeps_the_past(village: Village) -> None:
    village.show(gate="open")
    village.run()
    village.sleep(3)
    village.list("hall/front", "hall/back", "mill/door formerly: [mill/gate]")
    village.show(door="open")
    left = village.run("--gate=new")
    assert left.code == 0, left.err
    assert village.news() == {}, "it failed before, under another name"
    assert village.diff()["letters"] == []
    assert village.run("--digest").out == "", "nor is it the night after"
    village.sleep()
    village.show(door="!timeout")
    village.run()
    assert village.finding("mill/door")["outcome"] == "fail"
    village.sleep()
    village.show(door="locked")
    village.run()
    assert village.news() == {"fixed": ["mill/door door-open"]}


def test_what_changes_on_the_night_of_a_rename_is_said_under_the_new_name(village: Village) -> None:
    village.run()
    village.sleep()
    village.list("hall/front", "hall/back", "mill/door formerly: [mill/gate]")
    village.show(door="open")
    left = village.run()
    assert left.code == 1
    assert village.news() == {"regressed": ["mill/door door-open"]}
    assert village.looked().count("nightly mill/door") == 2, "it turned"


def test_a_renamed_asset_that_is_not_seen_has_its_old_failure(village: Village) -> None:
    village.show(gate="open")
    village.run()
    village.sleep(20)
    village.list("hall/front", "hall/back", "mill/door formerly: [mill/gate]")
    village.run()
    found = village.finding("mill/door")
    assert (found["outcome"], found["standing"]) == ("fail", "stale")
    assert {asset["id"] for asset in village.report["assets"]} == {"hall/front", "hall/back", "mill/door"}
    village.sleep()
    village.list("hall/front", "hall/back", "mill/door")
    village.run()
    assert village.finding("mill/door")["outcome"] == "fail", "nobody has to keep the former name for ever"


def test_a_rename_on_a_night_of_one_tier_makes_nothing_new(village: Village) -> None:
    deep = "tiers: [nightly, deep]"
    village.list("hall/front", "hall/back", f"mill/gate {deep}")
    village.show_vault(gate="open")
    village.run()
    village.sleep()
    village.list("hall/front", "hall/back", f"mill/door {deep}, formerly: [mill/gate]")
    village.show(door="locked")
    village.show_vault(door="open")
    left = village.run("--tier=nightly", "--gate=new")
    assert left.code == 0, left.err
    assert village.news() == {}
    village.sleep()
    left = village.run("--gate=new")
    assert left.code == 0, left.err
    assert village.news() == {}
    village.sleep()
    village.show_vault(door="locked")
    village.run()
    assert village.news() == {"fixed": ["mill/door vault-open"]}


def test_what_stood_beside_another_asset_is_not_its_past(village: Village) -> None:
    """Taken at its word, a good asset would end the failure of a bad one that is still out there."""
    village.show(gate="open")
    village.run()
    for _ in range(2):
        village.sleep()
        village.list("hall/front", "hall/back formerly: [mill/gate]")
        left = village.run()
        assert left.code == 3
        assert "hall/back says that it was mill/gate, but both were looked at in one run" in left.err
        found = village.finding("mill/gate")
        assert (found["outcome"], found["standing"]) == ("fail", "stale")
    village.sleep()
    village.list("hall/front", "hall/back")
    village.run()
    village.sleep()
    village.list("hall/front", "hall/back formerly: [mill/gate]")
    village.run()
    assert village.finding("mill/gate")["outcome"] == "fail", "nor is it on a later night"
    village.list("hall/front", "hall/back", more=RETIRED)
    village.sleep()
    assert village.run().code == 0


def test_a_system_whose_assets_all_have_new_names_is_gone(village: Village) -> None:
    village.run()
    village.sleep()
    village.show(door="locked")
    village.list("hall/front", "hall/back", "sawmill/door formerly: [mill/gate]")
    assert village.run().code == 0
    assert {system["id"] for system in village.report["systems"]} == {"hall", "sawmill"}


def test_what_passed_at_another_address_vouches_for_nothing(village: Village) -> None:
    """The same id, another server, which nobody has seen yet."""
    village.show(back="open")
    village.run()
    village.sleep()
    text = village.path.read_text()
    moved = text.replace("https://gate.elm.example/", "https://east.elm.example/")
    village.path.write_text(moved.replace("https://back.elm.example/", "https://west.elm.example/"))
    village.show(east="!timeout", west="!timeout")
    assert village.run().code == 3
    assert village.finding("mill/gate")["outcome"] == "unknown"
    assert village.finding("hall/back")["outcome"] == "fail", "the move mends nothing"
    village.sleep()
    village.run()
    assert village.finding("mill/gate")["outcome"] == "unknown"
    assert village.ask("judge last", "--json").out == (village.out / "report.json").read_text()


def test_a_rename_may_be_said_later(village: Village) -> None:
    village.show(gate="open")
    village.run()
    village.sleep()
    village.show(door="open")
    village.list("hall/front", "hall/back", "mill/door")
    village.run()
    assert village.finding("mill/gate")["standing"] == "stale"
    village.sleep()
    village.list("hall/front", "hall/back", "mill/door formerly: [mill/gate]")
    assert village.run().code == 0
    assert village.finding("mill/gate") == {}
    assert village.finding("mill/door")["outcome"] == "fail"


def test_what_vanished_stays_unseen_until_it_is_retired(village: Village) -> None:
    village.show(gate="open")
    village.run()
    for night in range(3):
        village.sleep(5)
        village.list("hall/front", "hall/back")
        left = village.run()
        assert left.code == 3, left.err
        found = village.finding("mill/gate")
        assert (found["outcome"], found["standing"]) == ("fail", "stale")
        assert village.letter("systems", "mill")[0] == "C"
        assert village.news() == ({"unknown_now": ["mill/gate door-open"]} if night == 0 else {})
    village.sleep()
    village.list("hall/front", "hall/back", more=RETIRED)
    left = village.run()
    assert left.code == 0, left.err
    assert village.news() == {"fixed": ["mill/gate door-open"]}, "it is gone, and somebody said so"
    assert [move["id"] for move in village.diff()["letters"] if move["kind"] == "asset"] == ["mill/gate"]
    village.sleep()
    village.run()
    assert village.news() == {}


def test_a_part_of_the_city_closes_nothing_that_was_retired(village: Village) -> None:
    village.show(gate="open")
    village.run()
    village.sleep()
    village.list("hall/front", "hall/back", more=RETIRED)
    village.run("--only=system=hall")
    assert village.news() == {}
    village.sleep()
    village.run()
    assert village.news() == {"fixed": ["mill/gate door-open"]}, "the first whole run does"
    village.sleep()
    village.list("hall/front", "hall/back", "mill/gate")
    left = village.run("--gate=new")
    assert left.code == 1
    assert village.news() == {"new": ["mill/gate door-open"]}, "and it may come back"


def test_what_is_listed_again_has_its_past(village: Village) -> None:
    village.show(gate="open")
    village.run()
    village.list("hall/front", "hall/back")
    village.sleep(20)
    village.run()
    village.list("hall/front", "hall/back", "mill/gate")
    village.show(gate="!timeout")
    village.sleep(20)
    village.run()
    assert village.finding("mill/gate")["outcome"] == "fail"
    assert village.finding("mill/gate")["observed_at"] == FIRST.isoformat().replace("+00:00", "Z")
    assert village.hands.now == FIRST + 40 * DAY


def test_a_place_that_is_gone_for_good_does_not_come_back_from_under_the_old_name(village: Village) -> None:
    """The failure at "a" ends after a week without "a"; the former name stands in the inventory for years."""
    village.show(gate={"a": "open", "b": "locked"})
    village.run()
    village.list("hall/front", "hall/back", "mill/door formerly: [mill/gate]")
    village.show(door={"b": "locked"})
    failing = []
    for _ in range(12):
        village.sleep()
        village.run()
        failing.append(village.finding("mill/door", locus="a").get("outcome") == "fail")
    assert failing == [True] * 7 + [False] * 5
