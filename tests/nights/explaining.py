"""Asking `auditor explain`, as text and as JSON, over nights that show one door in one state after the other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.reports import lines
from tests.nights.village import Village


@pytest.fixture(autouse=True)
def whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines as they are before they are wrapped."""
    monkeypatch.setattr(lines, "WIDEST", 100_000)
    monkeypatch.setenv("COLUMNS", "100000")


def explained(village: Village, *words: str) -> dict[str, Any]:
    """`auditor explain … --json`."""
    left = village.ask("explain", *words, "--json")
    assert left.code == 0, left.err
    assert left.out.isascii()
    document: dict[str, Any] = json.loads(left.out)
    assert document["schema"] == "auditor/explanation/1"
    return document


def told(village: Village, *words: str) -> str:
    """The text."""
    left = village.ask("explain", *words)
    assert left.code == 0, left.err
    assert left.err == ""
    return left.out


def nights(village: Village, *states: Any) -> None:
    """One night for each state of the front door."""
    for state in states:
        village.show(front=state)
        village.run("-q")
        village.sleep()
