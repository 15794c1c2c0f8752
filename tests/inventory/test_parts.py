"""An inventory over several files: it is read as one, and the file that is wrong is complained of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.inventory import InventoryError, read_inventory
from tests.inventory.writing import CHECKS, EMPTY_PART, POOLS, SOUND, TRAILS, including, lay, said_of, spoilt, unmarked

CITY = {"city.yaml": including("parks/trails.yaml"), "parks/trails.yaml": TRAILS}
TWO = {"city.yaml": including("trails.yaml", "pools.yaml"), "trails.yaml": TRAILS, "pools.yaml": POOLS}


def edited(files: Mapping[str, str], *edits: tuple[str, tuple[str, str]]) -> dict[str, str]:
    """The files with these edits, each in the file that it names."""
    changed = dict(files)
    for name, edit in edits:
        changed[name] = spoilt(edit, text=changed[name])
    return changed


class TestWhatIsRead:
    def test_a_part_is_read_as_if_it_stood_in_the_main_file(self, tmp_path: Path) -> None:
        inventory = read_inventory(lay(tmp_path, CITY), CHECKS)
        assert [system.id for system in inventory.systems] == ["site", "trails"]
        assert [asset.id for asset in inventory.assets][3:] == ["trails/maps", "trails/gate"]
        assert [waiver.id for waiver in inventory.waivers] == ["W-1", "P-1"]
        assert [word.id for word in inventory.attestations] == ["A-1"]
        assert inventory.retired == frozenset({"old", "trails/kiosk"})
        assert inventory.parts == {"parks/trails.yaml": TRAILS}
        assert inventory.broken == ()

    def test_an_inventory_alone_has_no_parts(self, tmp_path: Path) -> None:
        assert read_inventory(lay(tmp_path, {"city.yaml": SOUND}), CHECKS).parts == {}

    def test_two_parts_may_be_of_one_department(self, tmp_path: Path) -> None:
        inventory = read_inventory(lay(tmp_path, TWO), CHECKS)
        assert [system.id for system in inventory.systems] == ["site", "trails", "pools"]
        assert list(inventory.parts) == ["trails.yaml", "pools.yaml"]

    def test_the_main_file_may_leave_all_systems_to_its_parts(self, tmp_path: Path) -> None:
        main = CITY["city.yaml"]
        without = main[: main.index("systems:")]
        inventory = read_inventory(lay(tmp_path, {**CITY, "city.yaml": without}), CHECKS)
        assert [system.id for system in inventory.systems] == ["trails"]

    def test_a_part_may_be_empty(self, tmp_path: Path) -> None:
        files = {**CITY, "parks/trails.yaml": EMPTY_PART}
        assert said_of(lay(tmp_path, files)) == []

    def test_the_main_file_may_waive_what_stands_in_a_part(self, tmp_path: Path) -> None:
        files = edited(
            CITY,
            ("city.yaml", ("asset: site/db", "asset: trails/gate")),
            ("parks/trails.yaml", ("check: swap-plain", "check: disk-plain")),
        )
        assert said_of(lay(tmp_path, files)) == []

    def test_parts_lie_where_the_inventory_really_lies(self, tmp_path: Path) -> None:
        lay(tmp_path / "real", CITY)
        (tmp_path / "link.yaml").symlink_to("real/city.yaml")
        assert list(read_inventory(tmp_path / "link.yaml", CHECKS).parts) == ["parks/trails.yaml"]

    def test_a_link_that_stays_in_the_folder_is_followed(self, tmp_path: Path) -> None:
        path = lay(tmp_path, {"city.yaml": CITY["city.yaml"], "..data/trails.yaml": TRAILS})
        (tmp_path / "parks").symlink_to("..data")
        assert said_of(path) == []


TRAIL = "parks/trails.yaml"
OWN = {
    "a_full_inventory": (
        [(TRAIL, ("inventory-part/v1", "§inventory/v1"))],
        "'schema' is 'inventory/v1', not inventory-part/v1. (did you mean 'inventory-part/v1'?)",
    ),
    "a_part_of_nobody": (
        [(TRAIL, ("department: parks\nsys", "sys")), (TRAIL, ("schema:", "§schema:"))],
        "the key 'department' is missing.",
    ),
    "a_section_of_the_main_file": (
        [(TRAIL, ("systems:", "§scope: {dns_suffixes: [example]}\nsystems:"))],
        "unknown key 'scope'.",
    ),
    "a_department_of_its_own": (
        [(TRAIL, ("systems:", "§departments: []\nsystems:"))],
        "unknown key 'departments'.",
    ),
    "an_undeclared_department": (
        [
            (TRAIL, ("\ndepartment: parks", "\ndepartment: §park")),
            (TRAIL, ("  department: parks", "  department: park")),
        ],
        "the department 'park' is not declared. (did you mean 'parks'?)",
    ),
    "a_system_of_another_department": (
        [(TRAIL, ("    department: parks", "    department: §it"))],
        "'it' is not the department of this file, which is 'parks'.",
    ),
    "a_system_of_no_department": (
        [(TRAIL, ("    department: parks", "    department: §parcs"))],
        "'parcs' is not the department of this file, which is 'parks'.",
    ),
    "an_unknown_data_class": (
        [(TRAIL, ("[open]", "[§opne]"))],
        "the data class 'opne' is not declared. (did you mean 'open'?)",
    ),
    "a_host_outside_the_scope": (
        [(TRAIL, ("https://maps.elm.example/", "https://maps.other.example/")), (TRAIL, ('"https', '§"https'))],
        "'maps.other.example' lies outside the scope: scope.dns_suffixes does not hold it.",
    ),
    "a_host_that_is_excluded": (
        [(TRAIL, ("host: gate.elm", "host: §gate.scada.elm"))],
        "'gate.scada.elm.example' is listed here and excluded in line 9 of city.yaml.",
    ),
    "a_waiver_of_anothers_risk": (
        [(TRAIL, ("asset: trails/gate", "asset: §site/db")), ("city.yaml", ("check: swap-plain", "check: disk-plain"))],
        "the system 'site' is not listed in this file: its waivers stand where it does.",
    ),
    "an_attestation_for_another": (
        [(TRAIL, ("  - id: A-1\n    asset: trails/gate", "  - id: A-1\n    asset: §site/db"))],
        "the system 'site' is not listed in this file: its attestations stand where it does.",
    ),
    "a_waiver_of_nothing": (
        [(TRAIL, ("asset: trails/gate", "asset: §trails/gat"))],
        "the waiver matches nothing: no asset 'trails/gat' is listed. (did you mean 'trails/gate'?)",
    ),
    "another_s_asset_retired": (
        [(TRAIL, ("id: trails/kiosk", "id: §site/kiosk"))],
        "the system 'site' is neither listed nor retired in this file: retire its assets there.",
    ),
    "another_s_system_retired": (
        [(TRAIL, ("id: trails/kiosk, kind: asset", "id: §site, kind: system"))],
        "'site' is retired and still listed.",
    ),
    "retired_and_listed_in_a_part": (
        [(TRAIL, ("id: trails/kiosk", "id: §trails/maps"))],
        "'trails/maps' is retired and still listed.",
    ),
    "retired_twice": (
        [(TRAIL, ("id: trails/kiosk, kind: asset", "id: §old, kind: system"))],
        "the entry 'old' stands already in line 36 of city.yaml.",
    ),
    "a_system_s_id_taken": (
        [
            (TRAIL, ("- id: trails", "- id: §site")),
            (TRAIL, ("asset: trails/gate", "asset: site/gate")),
            (TRAIL, ("asset: trails/gate", "asset: site/gate")),
            (TRAIL, ("id: trails/kiosk", "id: site/kiosk")),
        ],
        "the system 'site' stands already in line 17 of city.yaml.",
    ),
    "an_asset_s_id_taken": (
        [(TRAIL, ("id: maps", "id: §www"))],
        "the asset 'www' stands already in line 23 of city.yaml.",
    ),
    "an_address_taken": (
        [(TRAIL, ('"https://maps', '§"https://www'))],
        "this is the address of the asset in line 23 of city.yaml.",
    ),
    "a_waiver_s_id_taken": (
        [(TRAIL, ("id: P-1", "id: §W-1"))],
        "the waiver 'W-1' stands already in line 27 of city.yaml.",
    ),
    "a_waiver_made_twice": (
        [("city.yaml", ("asset: site/db", "asset: trails/gate")), (TRAIL, ("check: swap-plain", "check: §swap-plain"))],
        "a waiver of this asset and check stands already in line 29 of city.yaml.",
    ),
    "listed_though_retired_in_the_main_file": (
        [("city.yaml", ("id: old, kind: system", "id: trails/maps, kind: asset")), (TRAIL, ("id: maps", "id: §maps"))],
        "'trails/maps' stands here, and is retired in line 36 of city.yaml.",
    ),
    "a_former_name_that_is_listed": (
        [(TRAIL, ("id: maps,", "id: maps, formerly: [§site/www],"))],
        "the former name 'site/www' is still listed.",
    ),
    "a_former_name_of_the_main_file_listed": (
        [("city.yaml", ("id: www,", "id: www, formerly: [trails/maps],")), (TRAIL, ("id: maps", "id: §maps"))],
        "'trails/maps' stands here, and is a former name in line 23 of city.yaml.",
    ),
    "a_former_name_of_the_main_file_retired": (
        [("city.yaml", ("id: www,", "id: www, formerly: [trails/kiosk],")), (TRAIL, ("id: trails/k", "id: §trails/k"))],
        "'trails/kiosk' stands here, and is a former name in line 23 of city.yaml.",
    ),
    "a_former_name_that_the_main_file_retired": (
        [
            ("city.yaml", ("id: old, kind: system", "id: old/maps, kind: asset")),
            (TRAIL, ("id: maps,", "id: maps, formerly: [§old/maps],")),
        ],
        "the former name 'old/maps' is retired: a rename needs no such entry.",
    ),
    "a_former_name_claimed_twice": (
        [
            ("city.yaml", ("id: www,", "id: www, formerly: [a/b],")),
            (TRAIL, ("id: maps,", "id: maps, formerly: [§a/b],")),
        ],
        "the former name 'a/b' stands already in line 23 of city.yaml.",
    ),
    "a_secret": (
        [(TRAIL, ("owner: ranger", "owner: §AKIAIOSFODNN7EXAMPLE"))],
        "a key or token stands here: take it out, and replace it where it is used.",
    ),
    "a_password": (
        [(TRAIL, ("host: gate", "§password: hunter2, host: gate"))],
        "'password' looks like a secret: name a credential instead.",
    ),
    "a_waiver_of_its_own_approved_by_oneself": (
        [(TRAIL, ("approved_by: cio", "approved_by: §Ranger"))],
        "whoever bears the risk cannot approve the waiver.",
    ),
}


@pytest.mark.parametrize(("edits", "message"), OWN.values(), ids=OWN.keys())
def test_the_part_is_complained_of_where_it_stands(
    tmp_path: Path, edits: list[tuple[str, tuple[str, str]]], message: str
) -> None:
    files, (place,) = unmarked(edited(CITY, *edits))
    assert place.startswith(TRAIL)
    assert said_of(lay(tmp_path, files)) == [f"{place}: {message}"]


def test_of_two_parts_the_later_one_is_complained_of(tmp_path: Path) -> None:
    files, (place,) = unmarked(edited(TWO, ("pools.yaml", ("id: cash", "id: §gate"))))
    assert said_of(lay(tmp_path, files)) == [f"{place}: the asset 'gate' stands already in line 11 of trails.yaml."]


def test_a_whole_system_may_be_retired_with_its_assets(tmp_path: Path) -> None:
    rows = (
        "retired:\n  - {id: zoo, kind: system, retired: 2026-01-01, reason: closed}\n"
        "  - {id: zoo/cam, kind: asset, retired: 2025-01-01, reason: broken}\n"
    )
    assert said_of(lay(tmp_path, {"city.yaml": including("p.yaml"), "p.yaml": EMPTY_PART + rows})) == []


def test_an_unreadable_part_accuses_no_waiver_of_the_main_file(tmp_path: Path) -> None:
    files = edited(CITY, ("city.yaml", ("asset: site/db", "asset: trails/gate")))
    (only,) = said_of(lay(tmp_path, {**files, TRAIL: "a: [b\n"}))
    assert only.startswith(f"{TRAIL}:2:1: ")


def test_nothing_to_grade_in_any_file_is_an_error(tmp_path: Path) -> None:
    main = CITY["city.yaml"]
    without = main[: main.index("systems:")]
    files, (place,) = unmarked({"city.yaml": without.replace("[parks", "§[parks"), TRAIL: EMPTY_PART})
    assert said_of(lay(tmp_path, files)) == [f"{place}: no system is listed, neither here nor in these files."]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "1:1: the key 'systems' is missing."),
        ("systems: []\n", "14:10: 'systems' is an empty list: name at least one, or include a file that does."),
        ("systems: x\n", "14:10: 'systems' must be a list, not text."),
    ],
)
def test_an_inventory_alone_needs_a_system(tmp_path: Path, rows: str, message: str) -> None:
    text = SOUND[: SOUND.index("systems:")] + rows
    assert said_of(lay(tmp_path, {"city.yaml": text})) == [f"city.yaml:{message}"]


def test_all_files_are_complained_of_at_once_each_in_its_order(tmp_path: Path) -> None:
    files, places = unmarked(
        edited(
            TWO,
            ("city.yaml", ("timezone: Europe/Paris", "timezone: §Europe/Pariss")),
            ("city.yaml", ("data_classes: [contact]", "data_classes: [§contct]")),
            ("trails.yaml", ("owner: ranger", "§ownr: ranger")),
            ("trails.yaml", ("  - id: trails\n", "  - §id: trails\n")),
            ("trails.yaml", ("made: 2026-02-01", "made: §yesterday")),
            ("pools.yaml", ("id: cash", "id: §db")),
        )
    )
    assert said_of(lay(tmp_path, files)) == [
        f"{place}: {message}"
        for place, message in zip(
            places,
            (
                "'timezone': this is no IANA time zone, like America/New_York. (did you mean 'Europe/Paris'?)",
                "the data class 'contct' is not declared. (did you mean 'contact'?)",
                "the key 'owner' is missing.",
                "unknown key 'ownr'. (did you mean 'owner'?)",
                "'made': a date is written YYYY-MM-DD, like 2027-06-30.",
                "the asset 'db' stands already in line 24 of city.yaml.",
            ),
            strict=True,
        )
    ]


def test_a_main_file_that_is_no_yaml_is_the_only_complaint(tmp_path: Path) -> None:
    (only,) = said_of(lay(tmp_path, {**CITY, "city.yaml": "a: [b\n"}))
    assert only.startswith("city.yaml:2:1: ")


def test_nothing_of_a_part_is_quoted_by_the_error_itself(tmp_path: Path) -> None:
    files = edited(CITY, (TRAIL, ("host: gate", "password: hunter2, host: gate")))
    with pytest.raises(InventoryError) as caught:
        read_inventory(lay(tmp_path, files), CHECKS)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
