"""A log and what is written to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor import journal
from auditor.journal import Sight

ROOT = Path(__file__).parents[1]
NOWHERE = "https://127.0.0.1:1/"  # tcpmux: nothing listens there


@pytest.fixture(name="file")
def the_file(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]


def look(asset: str = "permits/web", *sights: Sight, **more: Any) -> None:
    journal.looked_at(asset, sights, **{"seconds": 1.0, **more})
