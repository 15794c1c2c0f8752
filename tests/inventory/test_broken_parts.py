"""A part that is broken: its last good copy serves, and says so; without one, nothing is read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.inventory import BrokenPart, Inventory, InventoryError, read_inventory
from tests.inventory.writing import CHECKS, EMPTY_PART, POOLS, SOUND, TRAILS, including, lay, said_of, spoilt

CITY = {"city.yaml": including("trails.yaml", "pools.yaml"), "trails.yaml": TRAILS, "pools.yaml": POOLS}
GOOD = {"trails.yaml": TRAILS, "pools.yaml": POOLS}
NEWER = spoilt(("owner: lifeguard", "owner: chief lifeguard"), text=POOLS)
NO_FILE = "there is no such file: name another, or write one (docs/inventory.md)."


def city(folder: Path, last_good: Mapping[str, str] | None = None, **parts: str) -> Inventory:
    """The city with these texts for its parts, read with the copies of last time. Names without their .yaml."""
    files = CITY | {f"{name}.yaml": text for name, text in parts.items()}
    return read_inventory(lay(folder, files), CHECKS, GOOD if last_good is None else last_good)


def without_breaks(inventory: Inventory) -> tuple[object, ...]:
    return (inventory.systems, inventory.assets, inventory.waivers, inventory.attestations, inventory.retired)


BROKEN = {
    "no YAML": "a: [b\n",
    "empty": "",
    "not a mapping": "- a\n",
    "an unknown key": TRAILS + "x: 1\n",
    "a secret": spoilt(("owner: ranger", "owner: AKIAIOSFODNN7EXAMPLE"), text=TRAILS),
    "a bad day": spoilt(("expires: 2027-01-01", "expires: soon"), text=TRAILS),
    "another department": TRAILS.replace("parks", "park"),
    "a system of another's": spoilt(("    department: parks", "    department: it"), text=TRAILS),
    "another's asset": spoilt(("id: maps", "id: www"), text=TRAILS),
    "another's address": spoilt(("https://maps", "https://www"), text=TRAILS),
    "an id that the other part has": spoilt(("id: maps", "id: cash"), text=TRAILS),
    "a waiver of nothing": spoilt(("asset: trails/gate", "asset: trails/gat"), text=TRAILS),
    "a host that is excluded": spoilt(("gate.elm", "gate.scada.elm"), text=TRAILS),
    "an invisible character": TRAILS + "# \x1b[2J\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_the_last_good_copy_serves(tmp_path: Path, text: str) -> None:
    inventory = city(tmp_path, trails=text)
    (broken,) = inventory.broken
    assert (broken.path, broken.systems) == ("trails.yaml", ("trails",))
    assert broken.complaints
    assert all(complaint.file == str(tmp_path / "trails.yaml") for complaint in broken.complaints)
    whole = city(tmp_path, trails=TRAILS)
    assert without_breaks(inventory) == without_breaks(whole)
    assert inventory.digest == whole.digest
    assert inventory.parts == GOOD


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_without_a_copy_nothing_is_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(InventoryError) as caught:
        city(tmp_path, {"pools.yaml": POOLS}, trails=text)
    assert {complaint.file for complaint in caught.value.complaints} == {str(tmp_path / "trails.yaml")}


class TestFilesThatAreNotThere:
    def broken(self, folder: Path) -> BrokenPart:
        (broken,) = read_inventory(folder / "city.yaml", CHECKS, GOOD).broken
        return broken

    def test_a_missing_file(self, tmp_path: Path) -> None:
        lay(tmp_path, {"city.yaml": CITY["city.yaml"], "pools.yaml": POOLS})
        assert [str(complaint) for complaint in self.broken(tmp_path).complaints] == [
            f"{tmp_path / 'trails.yaml'}: {NO_FILE}"
        ]

    def test_a_pipe(self, tmp_path: Path) -> None:
        lay(tmp_path, {"city.yaml": CITY["city.yaml"], "pools.yaml": POOLS})
        os.mkfifo(tmp_path / "trails.yaml")
        assert self.broken(tmp_path).systems == ("trails",)

    def test_a_link_that_leads_out(self, tmp_path: Path) -> None:
        lay(tmp_path, {"city.yaml": CITY["city.yaml"], "pools.yaml": POOLS})
        (tmp_path / "trails.yaml").symlink_to("/etc/hostname")
        assert self.broken(tmp_path).systems == ("trails",)

    def test_latin_1(self, tmp_path: Path) -> None:
        lay(tmp_path, {"city.yaml": CITY["city.yaml"], "pools.yaml": POOLS})
        (tmp_path / "trails.yaml").write_bytes(TRAILS.replace("ranger", "garde forêt").encode("latin-1"))
        assert self.broken(tmp_path).systems == ("trails",)

    def test_both_at_once(self, tmp_path: Path) -> None:
        lay(tmp_path, {"city.yaml": CITY["city.yaml"]})
        inventory = read_inventory(tmp_path / "city.yaml", CHECKS, GOOD)
        assert [(broken.path, broken.systems) for broken in inventory.broken] == [
            ("trails.yaml", ("trails",)),
            ("pools.yaml", ("pools",)),
        ]


class TestCopiesThatServeNothing:
    def test_a_good_part_is_read_as_it_lies_there(self, tmp_path: Path) -> None:
        inventory = city(tmp_path, pools=NEWER)
        assert inventory.broken == ()
        assert inventory.systems[-1].owner == "chief lifeguard"
        assert inventory.parts == {**GOOD, "pools.yaml": NEWER}

    def test_a_copy_of_a_part_that_is_no_longer_included_is_forgotten(self, tmp_path: Path) -> None:
        path = lay(tmp_path, {"city.yaml": including("pools.yaml"), "pools.yaml": POOLS})
        inventory = read_inventory(path, CHECKS, GOOD)
        assert inventory.parts == {"pools.yaml": POOLS}
        assert inventory.broken == ()

    def test_without_a_broken_part_the_copies_change_nothing(self, tmp_path: Path) -> None:
        assert city(tmp_path, {}) == city(tmp_path) == city(tmp_path, {"trails.yaml": "a: [b", "pools.yaml": "a: [b"})

    def test_a_copy_of_a_system_without_parts_names_none(self, tmp_path: Path) -> None:
        (broken,) = city(tmp_path, {**GOOD, "trails.yaml": EMPTY_PART}, trails="").broken
        assert broken.systems == ()


class TestTheMainFilesOwnErrors:
    @pytest.mark.parametrize(
        "edit",
        [
            ("Europe/Paris", "Europe/Pariss"),
            ("asset: site/db", "asset: trails/gat"),
            ("schema: inventory/v1\n", ""),
            ("pools.yaml", "../pools.yaml"),
        ],
    )
    def test_no_copy_mends_them(self, tmp_path: Path, edit: tuple[str, str]) -> None:
        path = lay(tmp_path, {**CITY, "city.yaml": spoilt(edit, text=CITY["city.yaml"])})
        said = said_of(path, GOOD)
        assert said
        assert all(line.startswith("city.yaml:") for line in said)

    def test_they_come_with_those_of_the_broken_part(self, tmp_path: Path) -> None:
        main = spoilt(("Europe/Paris", "Europe/Pariss"), text=CITY["city.yaml"])
        said = said_of(lay(tmp_path, {**CITY, "city.yaml": main, "trails.yaml": "a: [b\n"}), GOOD)
        assert [line.split(":")[0] for line in said] == ["city.yaml", "trails.yaml"]

    def test_a_waiver_of_the_main_file_is_held_against_the_copy(self, tmp_path: Path) -> None:
        waived = ("asset: site/db\n    check: swap-plain", "asset: trails/gate\n    check: disk-plain")
        main = spoilt(waived, text=CITY["city.yaml"])
        path = lay(tmp_path, {**CITY, "city.yaml": main, "trails.yaml": "a: [b\n"})
        assert len(read_inventory(path, CHECKS, GOOD).broken) == 1


class TestCopiesThatFitNoLonger:
    def test_its_department_is_gone(self, tmp_path: Path) -> None:
        main = spoilt(("{id: parks, name: Parks}", "{id: leisure, name: Leisure}"), text=including("trails.yaml"))
        said = said_of(lay(tmp_path, {"city.yaml": main, "trails.yaml": "a: [b\n"}), {"trails.yaml": TRAILS})
        assert said == [
            "trails.yaml:2:1: a bracket is not closed before this, or a comma is missing.",
            "trails.yaml (last good copy):2:13: the department 'parks' is not declared.",
        ]

    def test_an_id_of_it_is_taken_by_the_main_file(self, tmp_path: Path) -> None:
        main = spoilt(("id: www", "id: maps"), text=including("trails.yaml"))
        said = said_of(lay(tmp_path, {"city.yaml": main}), {"trails.yaml": TRAILS})
        assert said == [
            f"trails.yaml: {NO_FILE}",
            "trails.yaml (last good copy):10:14: the asset 'maps' stands already in line 23 of city.yaml.",
        ]

    def test_the_copy_itself_is_spoilt(self, tmp_path: Path) -> None:
        said = said_of(lay(tmp_path, {**CITY, "trails.yaml": "a: [b\n"}), {"trails.yaml": "a: [c\n"})
        assert [line.split(":")[0] for line in said] == ["trails.yaml", "trails.yaml (last good copy)"]

    def test_a_part_that_did_not_change_is_not_listed_twice(self, tmp_path: Path) -> None:
        main = spoilt(("id: www", "id: maps"), text=CITY["city.yaml"])
        said = said_of(lay(tmp_path, {**CITY, "city.yaml": main}), GOOD)
        assert said == ["trails.yaml:10:14: the asset 'maps' stands already in line 23 of city.yaml."]


class TestWhoIsBlamed:
    THIEF = spoilt(("id: maps", "id: cash"), text=TRAILS)

    def test_strictly_the_later_part(self, tmp_path: Path) -> None:
        path = lay(tmp_path, {**CITY, "trails.yaml": self.THIEF})
        assert said_of(path) == ["pools.yaml:8:19: the asset 'cash' stands already in line 10 of trails.yaml."]

    def test_else_the_one_that_changed_whichever_stands_first(self, tmp_path: Path) -> None:
        (broken,) = city(tmp_path, trails=self.THIEF).broken
        assert broken.path == "trails.yaml"
        (complaint,) = broken.complaints
        assert complaint.message == f"the asset 'cash' stands already in line 8 of {tmp_path / 'pools.yaml'}."

    def test_a_part_that_takes_what_a_copy_has_yields_to_it(self, tmp_path: Path) -> None:
        """The system moved from a file that broke that night to one that did not: both stay as they were."""
        thief, robbed = city(tmp_path, trails=self.THIEF, pools="a: [b\n").broken
        assert (thief.path, robbed.path) == ("trails.yaml", "pools.yaml")
        assert robbed.systems == ("pools",)
        assert thief.complaints[0].message.endswith("pools.yaml (last good copy).")

    def test_a_new_part_that_takes_what_another_has_stops_the_run(self, tmp_path: Path) -> None:
        with pytest.raises(InventoryError) as caught:
            city(tmp_path, {"pools.yaml": POOLS}, trails=self.THIEF)
        assert {complaint.file for complaint in caught.value.complaints} == {str(tmp_path / "trails.yaml")}


def test_a_city_in_one_file_has_nothing_to_serve(tmp_path: Path) -> None:
    assert read_inventory(lay(tmp_path, {"city.yaml": SOUND}), CHECKS, GOOD).parts == {}
