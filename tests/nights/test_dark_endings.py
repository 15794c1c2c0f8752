"""What ends by itself is told on from an earlier night where its place is dark, and from nowhere else."""

from __future__ import annotations

import pytest

from tests.nights.village import Village

LEASE = "locked until 2026-03-20"


def leases(village: Village) -> list[tuple[str, str]]:
    """What the last report says of leases: of whom, and on which day each ends."""
    return [(one["subject"], one["at"][:10]) for one in village.report["expiring"] if one["what"] == "lease"]


@pytest.fixture
def leased(village: Village) -> Village:
    village.show(gate=LEASE)
    village.run()
    assert leases(village) == [("mill/gate", "2026-03-20")]
    village.sleep()
    return village


@pytest.mark.parametrize("dark", ["!timeout", {"": "!refused"}])
def test_a_dark_place_keeps_its_end(leased: Village, dark: object) -> None:
    for _ in range(2):  # from the night before that one too
        leased.show(gate=dark)
        leased.run()
        assert leases(leased) == [("mill/gate", "2026-03-20")]
        leased.sleep()


def test_its_mark_is_told_while_it_is_dark(leased: Village) -> None:
    leased.show(gate="!timeout")
    leased.run()
    leased.sleep(3)  # from 17 days before its end to 13.9
    said = " ".join(leased.run("--digest", "-q").out.split())
    assert "lease mill/gate ends in 14 days" in said


@pytest.mark.parametrize("now", ["locked until 2026-09-01", "locked", "open", {"1": LEASE}])
def test_what_is_seen_to_last_longer_or_to_have_no_end_is_not_told(leased: Village, now: object) -> None:
    leased.show(gate=now)
    leased.run()
    assert leases(leased) == ([("mill/gate", "2026-03-20")] if isinstance(now, dict) else [])


def test_what_is_no_longer_listed_has_no_end_to_tell(leased: Village) -> None:
    leased.list("hall/front", "hall/back")
    leased.run()
    assert leases(leased) == []


def test_one_place_is_dark_and_the_other_is_not(village: Village) -> None:
    village.show(gate={"1": LEASE, "2": "locked until 2026-03-21"})
    village.run()
    village.sleep()
    village.show(gate={"1": "!timeout", "2": "locked until 2026-09-01"})
    village.run()
    assert leases(village) == [("mill/gate", "2026-03-20")]


def test_judged_again_it_is_the_same(leased: Village) -> None:
    leased.show(gate="!timeout")
    leased.run()
    assert leased.ask("judge").code == 0
