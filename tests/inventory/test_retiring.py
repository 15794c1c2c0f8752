"""A retirement counts from its day on, in the organisation's zone; one of a check is the whole city's word."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.inventory import Inventory, InventoryError, read_inventory
from auditor.inventory.reading import understand
from tests.inventory.writing import CHECKS, POOLS, SOUND, TRAILS, including, lay, spoilt

OLD = "  - {id: old, kind: system, retired: 2026-01-01, reason: replaced}\n"
# The organisation is in Europe/Paris: 1 March 2026 begins at 23:00 UTC of the day before.
LAST_INSTANT = datetime(2026, 2, 28, 22, 59, 59, 999999, tzinfo=UTC)
FIRST_INSTANT = datetime(2026, 2, 28, 23, tzinfo=UTC)


def entry(name: str, kind: str, day: str = "2026-03-01") -> str:
    return f"  - {{id: {name}, kind: {kind}, retired: {day}, reason: x}}\n"


def read(text: str, now: datetime) -> Inventory:
    return understand("city.yaml", text, CHECKS, now=now)


def complaints(text: str, now: datetime) -> list[str]:
    with pytest.raises(InventoryError) as caught:
        read(text, now)
    return [complaint.message for complaint in caught.value.complaints]


def test_an_entry_counts_from_the_first_instant_of_its_day_in_the_organisation_s_zone() -> None:
    text = spoilt((OLD, OLD + entry("zoo", "system")))
    assert read(text, LAST_INSTANT).retired == {"old"}
    assert read(text, FIRST_INSTANT).retired == {"old", "zoo"}


@pytest.mark.parametrize(("name", "kind"), [("site", "system"), ("site/db", "asset")])
def test_what_is_listed_may_be_planned_to_go_until_the_day_comes(name: str, kind: str) -> None:
    text = spoilt((OLD, OLD + entry(name, kind)))
    planned = read(text, LAST_INSTANT)
    assert "site/db" in {asset.id for asset in planned.assets}
    assert planned.retired == {"old"}
    assert complaints(text, FIRST_INSTANT) == [f"'{name}' is retired and still listed."]


def test_the_day_of_reading_changes_nothing_of_the_content() -> None:
    text = spoilt((OLD, OLD + entry("zoo", "system")))
    assert read(text, LAST_INSTANT).digest == read(text, FIRST_INSTANT).digest


def test_what_is_planned_to_go_and_vanished_before_is_lost() -> None:
    """Else half a city could vanish without a question, by an entry that speaks of next year."""
    text = spoilt((OLD, OLD + entry("zoo", "system")))
    before = ("zoo/a", "zoo/b", "site/www")
    loss = read(text, LAST_INSTANT).shrunk(before)
    assert loss is not None
    assert loss.names == ("zoo/a", "zoo/b")
    assert read(text, FIRST_INSTANT).shrunk(before) is None


@pytest.mark.parametrize("day", ["2026-02-30", "soon"])
def test_an_entry_with_a_broken_date_has_one_complaint(day: str) -> None:
    assert len(complaints(spoilt((OLD, OLD + entry("site", "system", day))), FIRST_INSTANT)) == 1


def test_without_a_zone_that_exists_its_own_complaint_comes() -> None:
    text = spoilt(("Europe/Paris", "Europe/Pariss"), (OLD, OLD + entry("site", "system")))
    assert "this is no IANA time zone" in complaints(text, FIRST_INSTANT)[0]


def test_the_plan_of_a_part_is_kept_when_its_last_good_copy_serves(tmp_path: Path) -> None:
    planned = TRAILS + entry("trails/maps", "asset")
    files = {
        "city.yaml": including("trails.yaml", "pools.yaml"),
        "trails.yaml": planned + "x: 1\n",
        "pools.yaml": POOLS,
    }
    path = lay(tmp_path, files)
    copies = {"trails.yaml": planned}
    served = read_inventory(path, CHECKS, copies, LAST_INSTANT)
    assert [part.path for part in served.broken] == ["trails.yaml"]
    assert served.retired == {"old", "trails/kiosk"}


def test_a_check_is_retired_beside_systems_and_assets() -> None:
    text = spoilt((OLD, OLD + entry("badge-reader-plain", "check")))
    inventory = read(text, FIRST_INSTANT)
    assert inventory.retired == {"old"}
    assert inventory.retired_checks == {"badge-reader-plain"}
    assert read(text, LAST_INSTANT).retired_checks == frozenset()
    assert read(SOUND, FIRST_INSTANT).retired_checks == frozenset()


def test_a_check_and_a_system_may_have_one_name() -> None:
    text = spoilt((OLD, OLD + entry("old-door", "check") + entry("old-door", "system")))
    inventory = read(text, FIRST_INSTANT)
    assert (inventory.retired, inventory.retired_checks) == ({"old", "old-door"}, {"old-door"})


def test_a_retired_check_takes_nothing_of_a_listed_system_of_that_name() -> None:
    text = spoilt(
        ("id: site\n", "id: town-site\n"), ("site/db", "town-site/db"), (OLD, OLD + entry("town-site", "check"))
    )
    inventory = read(text, FIRST_INSTANT)
    assert "town-site" in {system.id for system in inventory.systems}
    assert inventory.shrunk(("town-site/gone", "town-site/lost")) is not None


def test_a_check_that_is_still_installed_is_not_gone() -> None:
    text = spoilt((OLD, OLD + entry("disk-plain", "check")))
    assert complaints(text, FIRST_INSTANT) == ["'disk-plain' is retired and still installed: it is asked all the same."]
    assert read(text, LAST_INSTANT).retired_checks == frozenset()
    assert understand("city.yaml", text, None, now=FIRST_INSTANT).retired_checks == {"disk-plain"}


@pytest.mark.parametrize("name", ["site", "door", "site/db", "badge.reader", "0-door"])
def test_a_check_id_is_written_like_one(name: str) -> None:
    assert complaints(spoilt((OLD, OLD + entry(name, "check"))), FIRST_INSTANT) == [
        "a check id is like bucket-plain-http."
    ]


def test_a_check_is_retired_once() -> None:
    twice = OLD + entry("badge-plain", "check") + entry("badge-plain", "check", "2026-04-01")
    assert complaints(spoilt((OLD, twice)), FIRST_INSTANT) == [
        "the retired check 'badge-plain' stands already in line 35."
    ]


def test_a_department_retires_no_check_of_the_whole_city(tmp_path: Path) -> None:
    part = TRAILS + entry("badge-plain", "check")
    path = lay(tmp_path, {"city.yaml": including("trails.yaml"), "trails.yaml": part})
    with pytest.raises(InventoryError) as caught:
        read_inventory(path, CHECKS, now=FIRST_INSTANT)
    (complaint,) = caught.value.complaints
    assert complaint.file.endswith("trails.yaml")
    assert complaint.message == "a check is the whole city's: it is retired in the main file."
