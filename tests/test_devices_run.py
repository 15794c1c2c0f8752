"""`auditor run` over an export: read from beside the inventory, aged, and no person's name is kept of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cli.front_door import FrontDoor
from tests.marked import Mark, everything_in

NAME = Mark("wilhelmina-featherstone")
INVENTORY = """\
schema: inventory/v1
organisation: {id: elm, name: Town of Elm, timezone: Europe/Paris}
data_classes: {contact: {tier: confidential}}
departments: [{id: it, name: Computing}]
systems:
  - id: laptops
    name: Laptops
    department: it
    owner: service desk
    data_classes: [contact]
    assets:
      - {id: macs, kind: devices, format: jamf, file: exports/macs.csv, expected: 4}
      - {id: gone, kind: devices, format: fleet, file: exports/gone.json}
"""


def test_a_city_with_laptops(auditor: FrontDoor, tmp_path: Path) -> None:
    today = datetime.now(UTC)
    rows = [(0, "All Partitions Encrypted"), (0, "No Partitions Encrypted"), (8, "All Partitions Encrypted")]
    dates = [f"{today - timedelta(days=age):%Y-%m-%d} 00:00:00" for age, _ in rows]
    table = "".join(
        f"{NAME.text} {number},C{number},{dates[number]},{status},{NAME.text}@elm.example\n"
        for number, (_, status) in enumerate(rows)
    )
    city = tmp_path / "city"
    (city / "exports").mkdir(parents=True)
    (city / "inventory.yaml").write_text(INVENTORY)
    header = "Computer Name,Serial Number,Last Inventory Update,FileVault 2 Status,Email Address\n"
    (city / "exports" / "macs.csv").write_text(header + table)
    out = tmp_path / "out"
    left = auditor("run", str(city / "inventory.yaml"), "--out", str(out), "--store", str(out / "store.db"))
    assert left.code == 3, left.err
    found = {(one["asset"], one["locus"]): one for one in findings(out) if one["check"] == "device-system-drive-plain"}
    said = {place: (one["outcome"], one["reason"], one["basis"]) for place, one in found.items()}
    assert said == {
        ("laptops/macs", "C0"): ("pass", None, "imported"),
        ("laptops/macs", "C1"): ("fail", None, "imported"),
        ("laptops/macs", "C2"): ("unknown", "not_observed", "observed"),
        ("laptops/macs", "the rest"): ("unknown", "not_observed", "observed"),
        ("laptops/gone", ""): ("unknown", "gone", "observed"),
    }
    assert found["laptops/macs", "C2"]["summary"].endswith("too long ago to count")
    assert found["laptops/macs", "C1"]["observed_at"].startswith(f"{today:%Y-%m-%d}")
    assert not NAME.is_in(everything_in(out)), "a person's name was kept"


def findings(out: Path) -> list[dict[str, Any]]:
    return list(json.loads((out / "report.json").read_text())["findings"])
