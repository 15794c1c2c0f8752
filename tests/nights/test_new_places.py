"""An address more: a failure there is a regression where everything held, and only new where something failed."""

from __future__ import annotations

from tests.nights.village import Village


def test_a_failure_at_a_new_address_of_an_asset_that_held_breaks_the_default_gate(village: Village) -> None:
    village.show(gate={"a": "locked", "b": "locked"})
    village.run()
    village.sleep()
    village.show(gate={"a": "locked", "b": "locked", "c": "open"})
    left = village.run()
    assert left.code == 1
    assert "mill/gate door-open at c" in left.err
    assert village.news() == {"regressed": ["mill/gate door-open"]}


def test_addresses_that_change_under_a_known_failure_do_not(village: Village) -> None:
    for night in range(4):
        village.show(gate={f"10.0.0.{night}": "open"})
        left = village.run("--digest")
        assert left.code == 0, left.err
        village.sleep()
    assert village.news() == {"new": ["mill/gate door-open"]}


def test_an_asset_that_was_dark_and_shows_a_failure_regressed(village: Village) -> None:
    village.show(gate="!timeout")
    village.run()
    village.sleep()
    village.show(gate={"a": "open"})
    assert village.run().code == 1
    assert village.news()["regressed"] == ["mill/gate door-open"]


def test_what_held_under_the_former_name_counts(village: Village) -> None:
    village.show(gate={"a": "locked"})
    village.run()
    village.sleep()
    village.list("hall/front", "hall/back", "mill/door formerly: [mill/gate]")
    village.show(door={"a": "locked", "b": "open"})
    assert village.run().code == 1
    assert village.news() == {"regressed": ["mill/door door-open"]}


def test_a_first_failure_of_a_new_check_is_new(village: Village) -> None:
    """A new version of the auditor wakes nobody."""
    from tests.nights import toys

    village.install([toys.vault_open], "1")
    village.show(gate="open")
    village.run()
    village.sleep()
    village.install(toys.CHECKS, "2")
    assert village.run().code == 0
    assert village.news() == {"new": ["mill/gate door-open"]}
