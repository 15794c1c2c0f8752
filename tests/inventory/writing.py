"""A small valid inventory and a way to spoil it: `§` in a spoilt text marks where a complaint must point."""

from __future__ import annotations

from auditor.inventory.complaints import InventoryError
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
