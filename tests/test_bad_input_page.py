"""The pages that name tests name such as exist: the one of bad input, and what tries docs/servers.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRIED = (ROOT / "docs" / "decisions" / "0029-servers-finished.md").read_text(encoding="utf-8")
PAGES = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8") + TRIED
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGES)))


def test_tests_are_named() -> None:
    assert len(NAMED) > 20


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_exists(file: str, name: str) -> None:
    assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_reason_of_the_page_about_servers_is_tried() -> None:
    page = (ROOT / "docs" / "servers.md").read_text(encoding="utf-8").split("| reason |", 1)[1].split("\n\n", 1)[0]
    reasons = {word for line in page.splitlines()[2:] for word in re.findall(r"`(\w+)`", line.split("|")[1])}
    rows = (line.split("|") for line in TRIED.splitlines() if line.startswith("| "))
    assert reasons <= {word for row in rows for word in re.findall(r"`(\w+)`", row[1])}
