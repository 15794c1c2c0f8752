"""A run whose deep tier cannot be played says so in one line, before it looks; and only such a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.front_door import FrontDoor

INVENTORY = """
schema: inventory/v1
organisation: {id: elm, name: Town of Elm, timezone: America/New_York}
scope: {dns_suffixes: [elm.example]}
departments:
  - {id: it, name: Computing, head: CIO, contact: it@elm.example}
systems:
  - id: desk
    name: Desk
    department: it
    owner: desk office
    hosting: {kind: onprem, jurisdiction: US}
    assets:
      - {id: one, kind: web, url: "https://one.elm.example/", tiers: [TIERS]}
      - {id: two, kind: web, url: "https://two.elm.example/", tiers: [TIERS]}
"""


@pytest.mark.parametrize(
    ("tiers", "words", "lines"),
    [
        ("nightly, deep", (), 1),
        ("nightly, deep", ("--tier", "nightly"), 0),
        ("nightly", (), 0),
    ],
)
def test_an_absent_deep_environment_is_one_line(
    auditor: FrontDoor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tiers: str,
    words: tuple[str, ...],
    lines: int,
) -> None:
    monkeypatch.setenv("AUDITOR_DEEP_PYTHON", str(tmp_path / "none"))
    (tmp_path / "inventory.yaml").write_text(INVENTORY.replace("TIERS", tiers))
    names = ("one.elm.example", "two.elm.example")
    connect_to = "".join(f"{name}:{port} 127.0.0.1:1\n" for name in names for port in (80, 443))
    (tmp_path / "connect-to").write_text(connect_to)
    files = (f"--connect-to={tmp_path / 'connect-to'}", f"--store={tmp_path / 'x.db'}", f"--out={tmp_path / 'out'}")
    left = auditor("run", str(tmp_path / "inventory.yaml"), *files, *words)
    said = [line for line in left.err.splitlines() if "make deep" in line]
    assert (
        said
        == [f"auditor: the deep tier will not be seen: no {tmp_path / 'none'}, which `make deep` installs."] * lines
    )
