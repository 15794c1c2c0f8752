"""A small valid inventory and a way to spoil it: `§` in a spoilt text marks where a complaint must point."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from auditor.inventory import InventoryError, read_inventory
from auditor.inventory.listing import Inventory, KnownChecks
from auditor.inventory.reading import understand

CHECKS = frozenset({"swap-plain", "disk-plain", "bucket-plain-http"})
SOUND = """\
schema: inventory/v1
organisation: {id: elm, name: Town of Elm, timezone: Europe/Paris}
scope:
  dns_suffixes: [elm.example]
  subnets: [192.0.2.0/24]
  aws_accounts: ["123456789012"]
  exclude:
    - {match: scada.elm.example, reason: plant, approved_by: cio, expires: 2030-01-01}
data_classes:
  contact: {tier: confidential}
  open: {tier: public}
departments:
  - {id: it, name: Computing}
systems:
  - id: site
    name: Site
    department: it
    owner: web team
    data_classes: [contact]
    assets:
      - {id: www, kind: web, url: "https://www.elm.example/"}
      - {id: db, kind: server, host: db.elm.example}
      - {id: files, kind: bucket, name: elm-files, account: "123456789012"}
waivers:
  - id: W-1
    asset: site/db
    check: swap-plain
    reason: soon gone
    risk_owner: cfo
    approved_by: cio
    approved: 2026-01-01
    expires: 2027-01-01
retired:
  - {id: old, kind: system, retired: 2026-01-01, reason: replaced}
"""


def spoilt(*edits: tuple[str, str], text: str = SOUND) -> str:
    """`text` with each first occurrence replaced; an edit that finds nothing is a mistake of the test."""
    for old, new in edits:
        assert old in text, f"{old!r} is not in the inventory"
        text = text.replace(old, new, 1)
    return text


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the line and column of each."""
    places = []
    while "§" in text:
        before, _, after = text.partition("§")
        lines = before.split("\n")
        places.append((len(lines), len(lines[-1]) + 1))
        text = before + after
    return text, places


def read(text: str = SOUND, known_checks: KnownChecks | None = CHECKS) -> Inventory:
    return understand("city.yaml", text, known_checks)


def complaints(text: str, known_checks: KnownChecks | None = CHECKS) -> list[str]:
    """Every complaint about a text, as shown; [] for none."""
    try:
        read(text, known_checks)
    except InventoryError as error:
        return str(error).splitlines()
    return []


def located(places: list[tuple[int, int]], messages: tuple[str, ...]) -> list[str]:
    return [f"city.yaml:{line}:{column}: {message}" for (line, column), message in zip(places, messages, strict=True)]


DEPARTMENTS = "  - {id: it, name: Computing}\n"
WITH_PARKS = (DEPARTMENTS, DEPARTMENTS + "  - {id: parks, name: Parks}\n")
TRAILS = """\
schema: inventory-part/v1
department: parks
systems:
  - id: trails
    name: Trails
    department: parks
    owner: ranger
    data_classes: [open]
    assets:
      - {id: maps, kind: web, url: "https://maps.elm.example/"}
      - {id: gate, kind: server, host: gate.elm.example}
waivers:
  - id: P-1
    asset: trails/gate
    check: swap-plain
    reason: sold in spring
    risk_owner: ranger
    approved_by: cio
    approved: 2026-01-01
    expires: 2027-01-01
attestations:
  - id: A-1
    asset: trails/gate
    check: disk-plain
    outcome: pass
    statement: The disks were encrypted when the gate was built.
    by: gate vendor
    made: 2026-02-01
    expires: 2027-01-31
retired:
  - {id: trails/kiosk, kind: asset, retired: 2026-01-01, reason: stolen}
"""
EMPTY_PART = "schema: inventory-part/v1\ndepartment: parks\n"
POOLS = """\
schema: inventory-part/v1
department: parks
systems:
  - id: pools
    name: Pools
    department: parks
    owner: lifeguard
    assets: [{id: cash, kind: server, host: cash.elm.example}]
"""


def including(*names: str, text: str = SOUND) -> str:
    """The main file with the parks as a department, and these parts."""
    return spoilt(("scope:\n", f"include: [{', '.join(names)}]\nscope:\n"), WITH_PARKS, text=text)


def lay(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the files of an inventory into a folder. Returns the first one's path: the main one's."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / next(iter(files))


def unmarked(files: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The files without their marks, and each mark as "name:line:column", in the order of the files."""
    clean = {name: marked(text) for name, text in files.items()}
    return (
        {name: text for name, (text, _) in clean.items()},
        [f"{name}:{line}:{column}" for name, (_, places) in clean.items() for line, column in places],
    )


def said_of(path: Path, last_good: Mapping[str, str] | None = None) -> list[str]:
    """Every complaint about an inventory on disk, without its folder; [] for none."""
    try:
        read_inventory(path, CHECKS, last_good)
    except InventoryError as error:
        return str(error).replace(f"{path.parent}/", "").splitlines()
    return []
