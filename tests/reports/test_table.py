"""The graded table: what failed is named, and what nobody saw is counted."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Letter, Outcome
from auditor.plugins import load
from auditor.reports import long_table, table
from auditor.reports.table import Style, render
from auditor.reports.unseen import Unseen
from auditor.reports.words import held_by
from tests.laws.cities import LAW
from tests.reports.example import FORM_1, FORM_2, SILENT, TOWN, graded, step

NAMES = (
    st.text(max_size=30)
    | st.text("a \x1b[1m\n\t\u202e\u4e00\U0001f512", max_size=30)
    | st.from_regex(r"[ a-z./:-]{0,60}")
)


def row(first: str) -> str:
    drawn = render(TOWN, Style.PLAIN, width=200)
    return next(line for line in drawn.splitlines() if line.startswith(first))


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

    drawn = render(town, Style.TERMINAL, width=columns)

    assert all(check.id in drawn for check in load().checks)
    assert max(map(len, drawn.splitlines())) <= columns
    assert not re.search(r"[a-z]- +│$", drawn, re.MULTILINE)


@LAW
@given(st.lists(NAMES, max_size=4), st.sampled_from((Style.TERMINAL, Style.PLAIN)), st.integers(60, 160))
def test_one_row_takes_as_much_room_as_all(names: list[str], style: Style, width: int) -> None:
    """The last column has the room that the table of all rows leaves it, whatever they are called."""
    assets = tuple(replace(TOWN.assets[0], id=name) for name in names)
    grades = tuple(replace(TOWN.asset_grades[n % 2], id=name) for n, name in enumerate(names))
    town = replace(TOWN, assets=assets, asset_grades=grades)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(table, "_as_wide", lambda rows: rows)
        expected = render(town, style, width=width)
    assert render(town, style, width=width) == expected


def test_nothing_holds_it_down() -> None:
    assert held_by(()) == ""


@LAW
@given(st.lists(NAMES, max_size=9), st.sampled_from(Style), st.integers(60, 160), st.integers(1, 4))
def test_some_rows_at_a_time_it_is_drawn_as_in_one(names: list[str], style: Style, width: int, at_once: int) -> None:
    assets = tuple(replace(TOWN.assets[0], id=name) for name in names)
    grades = tuple(replace(TOWN.asset_grades[n % 2], id=name) for n, name in enumerate(names))
    town = replace(TOWN, assets=assets, asset_grades=grades)
    expected = render(town, style, width=width)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(long_table, "AT_ONCE", at_once)
        assert render(town, style, width=width) == expected


CELLS = st.text("ab .-/:|", max_size=12)
LINES = st.lists(CELLS, min_size=1, max_size=3).map("\n".join)


@LAW
@given(st.lists(st.tuples(CELLS, CELLS, LINES), max_size=9), st.sampled_from(Style), st.integers(1, 4))
def test_whatever_stands_in_it(rows: list[tuple[str, str, str]], style: Style, at_once: int) -> None:
    if style is Style.MARKDOWN:
        rows = [(one, other, last.replace("\n", " ")) for one, other, last in rows]
    headings, form = ("One", "An\nother", "Last"), table.FORMATS[style]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(long_table, "AT_ONCE", at_once)
        assert "".join(long_table.pieces(rows, headings, form)) == long_table.drawn(rows, headings, form)


def test_a_long_table_is_not_drawn_in_one() -> None:
    rows = [(f"bucket-{number}", "A", "") for number in range(4 * long_table.AT_ONCE)]
    whole = list(long_table.pieces(rows, ("One", "Other", "Last"), "plain"))
    assert max(map(len, whole)) < len("".join(whole)) / 3


@LAW
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.sampled_from("12"), st.booleans())))
def test_what_nobody_saw_is_known_by_place(said: list[tuple[str, str, str, bool]]) -> None:
    findings = [
        replace(SILENT[0] if dark else FORM_1, asset=asset, check=check, locus=locus)
        for asset, check, locus, dark in said
    ]
    unseen = Unseen(findings)
    dark = {one.key for one in findings if one.outcome is Outcome.UNKNOWN}
    assert {key for key in product("abc", "xy", "12") if key in unseen} == dark
