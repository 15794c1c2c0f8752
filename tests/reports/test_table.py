"""The graded table: what failed is named, and what nobody saw is counted."""

from __future__ import annotations

import pytest

from auditor.reports.table import Style, render
from auditor.reports.words import held_by
from tests.reports.example import FORM_1, FORM_2, SILENT, TOWN, step


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


def test_nothing_holds_it_down() -> None:
    assert held_by(()) == ""
