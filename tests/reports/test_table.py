"""The graded table: what failed is named, and what nobody saw is counted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from auditor.model import Letter
from auditor.plugins import load
from auditor.reports.table import Style, render
from auditor.reports.words import held_by
from tests.reports.example import FORM_1, FORM_2, SILENT, TOWN, graded, step


def row(first: str) -> str:
    table = render(TOWN, Style.PLAIN, width=200)
    return next(line for line in table.splitlines() if line.startswith(first))


def test_a_failure_is_named_with_its_places() -> None:
    assert row("desk/form").endswith("toy-c (2)")


def test_what_nobody_saw_is_never_named_as_if_it_failed() -> None:
    dark = row("site/www")

    assert dark.endswith("2 checks that were not seen")
    assert "toy-" not in dark


@pytest.mark.parametrize(
    ("unseen", "words"),
    [
        ((), "toy-c (2), toy-a, toy-b"),
        ((SILENT[0].key,), "toy-c (2), toy-b, 1 check that was not seen"),
        ((SILENT[0].key, SILENT[1].key), "toy-c (2), 2 checks that were not seen"),
        ((FORM_2.key,), "toy-a, toy-b, toy-c, 1 check that was not seen"),
    ],
)
def test_each_place_counts_on_its_own(unseen: tuple[tuple[str, str, str], ...], words: str) -> None:
    assert held_by([step(one) for one in (*SILENT, FORM_1, FORM_2)], unseen) == words


@pytest.mark.parametrize("columns", [100, 140])
def test_as_much_as_can_fail_fits_the_terminal_and_breaks_no_name(columns: int) -> None:
    everything = tuple(replace(FORM_1, check=check.id) for check in load().checks)
    held = graded("desk/form", Letter.F, *everything)
    town = replace(TOWN, findings=everything, asset_grades=(held, TOWN.asset_grades[1]), system_grades=(held, held))

    table = render(town, Style.TERMINAL, width=columns)

    assert all(check.id in table for check in load().checks)
    assert max(map(len, table.splitlines())) <= columns
    assert not re.search(r"[a-z]- +│$", table, re.MULTILINE)


def test_nothing_holds_it_down() -> None:
    assert held_by(()) == ""
