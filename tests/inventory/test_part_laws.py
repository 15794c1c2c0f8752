"""What holds for every division of an inventory into files, and for whatever anybody writes into one of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.inventory import Inventory, InventoryError, read_inventory
from tests.inventory.test_laws import BITS
from tests.inventory.writing import CHECKS, POOLS, SOUND, TRAILS, including, lay

Rows = list[dict[str, Any]]
MERGED = ("systems", "waivers", "attestations", "retired")
DEPARTMENTS = ("it", "parks", "works")
few = settings(max_examples=40, deadline=timedelta(seconds=5))


def a_city(owners: list[str]) -> dict[str, Any]:
    """A whole inventory with one system for each of these departments, and something of every section about each."""
    day = {"expires": "2027-01-01"}
    systems: Rows = []
    sections: dict[str, Rows] = {name: [] for name in MERGED}
    for number, department in enumerate(owners):
        asset = {"id": f"a{number}", "kind": "server", "host": f"a{number}.elm.example"}
        about = {"asset": f"s{number}/a{number}"}
        system = {"id": f"s{number}", "name": f"S {number}", "department": department, "owner": "x", "assets": [asset]}
        systems.append(system)
        owned = {"reason": "x", "risk_owner": "y", "approved_by": "z", "approved": "2026-01-01"}
        sections["waivers"].append({"id": f"W-{number}", "check": "swap-plain", **about, **owned, **day})
        word = {"outcome": "pass", "statement": "x", "by": "y", "made": "2026-01-01"}
        sections["attestations"].append({"id": f"A-{number}", "check": "disk-plain", **about, **word, **day})
        gone = {"kind": "asset", "retired": "2026-01-01", "reason": "x"}
        sections["retired"].append({"id": f"s{number}/gone", **gone})
    return {
        "schema": "inventory/v1",
        "organisation": {"id": "elm", "name": "Elm", "timezone": "Europe/Paris"},
        "departments": [{"id": name, "name": name} for name in DEPARTMENTS],
        **sections,
        "systems": systems,
    }


def divided(city: dict[str, Any], homes: Mapping[str, str], order: Iterable[str]) -> dict[str, str]:
    """The city over files: each system with all that is about it goes to its home; "" is the main file."""
    files = {"": {**city, **{name: [] for name in MERGED}, "include": [name for name in order if name]}}
    for row in city["systems"]:
        part = {"schema": "inventory-part/v1", "department": row["department"], **{name: [] for name in MERGED}}
        home = files.setdefault(homes[row["id"]], part)
        for section in MERGED:
            home[section] += [entry for entry in city[section] if system_of(entry) == row["id"]]
    return {name or "city.yaml": json.dumps(files[name]) for name in ("", *(name for name in order if name))}


def system_of(entry: dict[str, Any]) -> str:
    return str(entry.get("asset", entry["id"])).partition("/")[0]


def laid_and_read(files: Mapping[str, str], last_good: Mapping[str, str] | None = None) -> Inventory:
    with tempfile.TemporaryDirectory() as folder:
        return read_inventory(lay(Path(folder), files), CHECKS, last_good)


def in_order(inventory: Inventory) -> Inventory:
    """Without its parts, its entries in the order of their ids."""
    return replace(
        inventory,
        systems=tuple(sorted(inventory.systems, key=lambda system: system.id)),
        assets=tuple(sorted(inventory.assets, key=lambda asset: asset.id)),
        waivers=tuple(sorted(inventory.waivers, key=lambda waiver: waiver.id)),
        attestations=tuple(sorted(inventory.attestations, key=lambda word: word.id)),
        parts={},
    )


owners = st.lists(st.sampled_from(DEPARTMENTS), min_size=1, max_size=6)


@few
@given(owners, st.data())
def test_an_inventory_is_the_same_however_it_is_divided_and_in_any_order(
    departments: list[str], data: st.DataObject
) -> None:
    city = a_city(departments)
    homes = {
        row["id"]: data.draw(st.sampled_from(["", f"{row['department']}.yaml", f"{row['department']}/2.yaml"]))
        for row in city["systems"]
    }
    files = divided(city, homes, data.draw(st.permutations(sorted(set(homes.values())))))
    whole = laid_and_read({"city.yaml": json.dumps(city)})
    parted = laid_and_read(files)
    assert parted.digest == whole.digest
    assert in_order(parted) == in_order(whole)
    assert list(parted.parts) == json.loads(files["city.yaml"])["include"]


@few
@given(owners, st.integers(0, 6))
def test_a_division_that_keeps_the_order_gives_the_very_same_inventory(departments: list[str], kept: int) -> None:
    city = a_city(departments)
    homes = {row["id"]: "" if index < kept else f"{index}.yaml" for index, row in enumerate(city["systems"])}
    parted = laid_and_read(divided(city, homes, list(dict.fromkeys(homes.values()))))
    assert replace(parted, parts={}) == laid_and_read({"city.yaml": json.dumps(city)})


@few
@given(owners, st.data())
def test_the_order_of_entries_does_not_change_the_digest(departments: list[str], data: st.DataObject) -> None:
    city = a_city(departments)
    mixed = {**city, **{name: data.draw(st.permutations(city[name])) for name in MERGED}}
    files = ({"city.yaml": json.dumps(city)}, {"city.yaml": json.dumps(mixed)})
    assert laid_and_read(files[0]).digest == laid_and_read(files[1]).digest


GOOD = {"trails.yaml": TRAILS, "pools.yaml": POOLS}
MAIN = including("trails.yaml", "pools.yaml")
LINES = TRAILS.splitlines(keepends=True)
TYPED = st.lists(BITS, max_size=4).map("".join)
OTHERS = [line for text in (SOUND, POOLS) for line in text.splitlines(keepends=True)]


@st.composite
def vandalised(draw: st.DrawFn, text: str) -> str:
    """A part after somebody's night: lines lost, doubled, taken from elsewhere, typed into."""
    lines = text.splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 4))):
        at, column, typed = draw(st.integers(0, max(len(lines) - 1, 0))), draw(st.integers(0, 30)), draw(TYPED)
        here = lines[at] if lines else ""
        ways = ([], [here, here], [draw(st.sampled_from(OTHERS))], [here[:column] + typed + here[column:]])
        lines[at : at + 1] = draw(st.sampled_from(ways))
    return "".join(lines)


@few
@given(vandalised(TRAILS), vandalised(POOLS))
def test_whatever_departments_write_the_city_is_read(trails: str, pools: str) -> None:
    """The main file is as it was and every part was good once: that is enough for a run."""
    inventory = laid_and_read({"city.yaml": MAIN, "trails.yaml": trails, "pools.yaml": pools}, GOOD)
    assert {broken.path for broken in inventory.broken} <= set(GOOD)
    for path in GOOD:
        texts = {"trails.yaml": trails, "pools.yaml": pools}
        is_broken = path in {broken.path for broken in inventory.broken}
        assert inventory.parts[path] == (GOOD if is_broken else texts)[path].removeprefix("\ufeff")
    # What was served is itself good for the next night.
    assert laid_and_read({"city.yaml": MAIN}, inventory.parts).digest == inventory.digest


@few
@given(vandalised(TRAILS), vandalised(POOLS))
def test_a_strict_reading_is_an_inventory_or_an_inventory_error(trails: str, pools: str) -> None:
    files = {"city.yaml": MAIN, "trails.yaml": trails, "pools.yaml": pools}
    try:
        inventory = laid_and_read(files)
    except InventoryError:
        return
    assert inventory.broken == ()
    assert laid_and_read(files, GOOD) == inventory


@few
@given(st.text(max_size=60) | TYPED)
def test_any_text_in_the_place_of_a_copy_is_served_or_refused(copy: str) -> None:
    try:
        inventory = laid_and_read({"city.yaml": including("p.yaml")}, {"p.yaml": copy})
    except InventoryError as error:
        said = {complaint.file.rpartition("/")[2] for complaint in error.complaints}
    else:
        said = set(inventory.parts)
    assert said in ({"p.yaml"}, {"p.yaml", "p.yaml (last good copy)"})
