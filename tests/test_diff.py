"""What changed between two runs: every move is one kind of news or provably none, whatever the order it comes in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest

from auditor.diff import Diff, News, diff
from auditor.diff.news import TABLE, Stand, stand_of
from auditor.model import Basis, Letter, Letters
from auditor.past import KeptRun, LetterMove, Move, State
from tests.diff_rig import (
    AFTER,
    AS_OF,
    ATTESTED,
    BEFORE,
    BLIND,
    DAY,
    FAIL,
    FAILS,
    FLAPS,
    HOUR,
    KEY,
    NA,
    PASS,
    PASSES,
    STALE,
    UNKNOWN,
    WAIVED,
    certificate,
    of,
    run,
    state,
)

STALE_PASS, STALE_FAIL, TOLD = state(PASS, STALE), state(FAIL, STALE), state(PASS, ATTESTED, Basis.DECLARED)


def news(was: State | None, now: State | None, **runs: KeptRun) -> News | None:
    """The list that one move stands in."""
    found = [kind for kind, moves in of(Move(KEY, was, now), **runs).news.items() if moves]
    assert len(found) <= 1
    return found[0] if found else None


# The table


@pytest.mark.parametrize(
    ("one", "stand"),
    [
        (None, Stand.ABSENT),
        (PASSES, Stand.WELL),
        (state(NA), Stand.WELL),
        (state(PASS, basis=Basis.IMPORTED), Stand.WELL),
        (state(PASS, waiver="W-1"), Stand.WELL),
        (STALE_PASS, Stand.STALE),
        (state(NA, STALE), Stand.STALE),
        (TOLD, Stand.TOLD),
        (state(PASS, basis=Basis.DECLARED), Stand.TOLD),
        (BLIND, Stand.UNKNOWN),
        (state(UNKNOWN, waiver="W-1"), Stand.UNKNOWN),
        (state(UNKNOWN, STALE), Stand.UNKNOWN),
        (FAILS, Stand.FAILS),
        (FLAPS, Stand.FAILS),
        (STALE_FAIL, Stand.FAILS_UNSEEN),
        (state(FAIL, basis=Basis.DECLARED), Stand.FAILS_UNSEEN),
        (WAIVED, Stand.WAIVED),
        (state(FAIL, STALE, waiver="W-1"), Stand.WAIVED_UNSEEN),
    ],
)
def test_what_a_state_amounts_to(one: State | None, stand: Stand) -> None:
    assert stand_of(one) is stand


def test_the_table_knows_every_pair_and_the_documentation_shows_it() -> None:
    assert set(TABLE) == set(product(Stand, Stand))
    page = Path(__file__).parents[1].joinpath("docs/diff.md").read_text(encoding="utf-8")
    rows = [line for line in page.split("<!-- table:")[1].splitlines()[1:12] if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    columns, body = cells[0][1:], cells[2:]
    shown = {(row[0], column): cell for row in body for column, cell in zip(columns, row[1:], strict=True)}
    assert shown == {(was.value, now.value): kind.value if kind else "" for (was, now), kind in TABLE.items()}


@pytest.mark.parametrize("before", [PASSES, state(NA), STALE_PASS, TOLD, BLIND])
def test_what_was_known_not_to_fail_and_fails_now_has_regressed(before: State) -> None:
    assert news(before, FAILS) is News.REGRESSED
    assert news(before, STALE_FAIL) is News.REGRESSED


def test_a_failure_where_nothing_was_is_new() -> None:
    assert news(None, FAILS) is News.NEW


@pytest.mark.parametrize("after", [PASSES, state(NA), STALE_PASS, None])
@pytest.mark.parametrize("before", [FAILS, STALE_FAIL, WAIVED])
def test_a_failure_that_ended_is_fixed(before: State, after: State | None) -> None:
    assert news(before, after) is News.FIXED


@pytest.mark.parametrize("after", [BLIND, TOLD])
def test_a_failure_of_which_nobody_saw_the_end_is_not_fixed(after: State) -> None:
    assert news(FAILS, after) is News.UNKNOWN_NOW


def test_a_waived_failure_never_counts_as_regressed_but_is_listed() -> None:
    for before in (None, PASSES, BLIND, FAILS):
        found = of(Move(KEY, before, WAIVED))
        assert (len(found.waived), found.opened, found.appeared) == (1, (), ())


def test_a_failure_that_nobody_accepts_any_more_opens() -> None:
    found = of(Move(KEY, WAIVED, FAILS))
    assert found.waiver_ended == found.opened != ()


def test_another_waiver_over_the_same_failure_is_no_news() -> None:
    assert news(WAIVED, replace(WAIVED, waiver="W-2")) is None


@pytest.mark.parametrize(
    ("before", "kind", "opens"),
    [(PASSES, News.FLAPPING, 1), (BLIND, News.FLAPPING, 1), (WAIVED, News.FLAPPING, 1), (FAILS, News.FLAPPING, 0)],
)
def test_flapping_is_listed_as_such_and_counts_where_there_was_no_failure(
    before: State, kind: News, opens: int
) -> None:
    assert news(before, FLAPS) is kind
    assert len(of(Move(KEY, before, FLAPS)).opened) == opens


def test_flapping_at_a_place_that_was_not_there_appeared() -> None:
    found = of(Move(KEY, None, FLAPS))
    assert (len(found.flapping), len(found.appeared), found.opened) == (1, 1, ())


def test_what_goes_on_flapping_or_goes_on_failing_is_no_news_and_a_waived_flap_is_waived() -> None:
    assert news(FLAPS, replace(FLAPS, summary="other")) is None
    assert news(FLAPS, FAILS) is None
    assert news(PASSES, replace(FLAPS, waiver="W-1")) is News.WAIVED
    assert news(FLAPS, PASSES) is News.FIXED


# A first run, and a run of a part


def test_a_first_run_is_a_baseline() -> None:
    letters = [LetterMove("city", "city", None, Letters(Letter.F, Letter.F, Letter.F))]
    found = diff(None, AFTER, [Move(KEY, None, FAILS)], letters, ())
    assert found == Diff(before=None, after=AFTER)
    assert found.is_quiet


def test_a_run_of_a_part_closes_and_opens_nothing_that_it_left_out() -> None:
    part = replace(AFTER, whole=False)
    assert news(FAILS, None, after=part) is None
    assert news(PASSES, FAILS, after=part) is News.REGRESSED
    assert news(FAILS, PASSES, after=part) is News.FIXED
    assert news(PASSES, STALE_FAIL, after=part) is News.REGRESSED  # a run between them saw it


def test_what_was_not_there_is_new_once_the_whole_inventory_was_asked() -> None:
    """Earlier whole runs count: what stands at a run of a part is what all runs up to it saw."""
    part = replace(BEFORE, whole=False)
    assert diff(part, AFTER, [Move(KEY, None, FAILS)], (), ()).new
    assert not diff(part, AFTER, [Move(KEY, None, FAILS)], (), (), all_known=False).new


def test_a_failure_at_a_new_place_of_what_held_everywhere_is_a_regression() -> None:
    new, regressed = Move(KEY, None, FAILS), Move(KEY, None, FAILS, held_elsewhere=True)
    assert (of(new).new, of(new).opened, of(new).appeared) == ((new,), (), (new,))
    assert (of(regressed).regressed, of(regressed).opened, of(regressed).appeared) == ((regressed,), (regressed,), ())
    flaps = Move(KEY, None, FLAPS, held_elsewhere=True)
    assert (of(flaps).flapping, of(flaps).opened, of(flaps).appeared) == ((flaps,), (flaps,), ())
    assert of(Move(KEY, None, PASSES, held_elsewhere=True)).is_quiet


@pytest.mark.parametrize(
    "left_out", [STALE_PASS, TOLD, state(UNKNOWN, reason="left_out"), state(UNKNOWN, reason="interrupted")]
)
def test_a_run_of_a_part_loses_no_sight_of_what_it_left_out(left_out: State) -> None:
    assert news(PASSES, left_out) is News.UNKNOWN_NOW
    assert news(PASSES, left_out, after=replace(AFTER, whole=False)) is None
    assert news(left_out, PASSES, before=replace(BEFORE, whole=False)) is None


def test_what_a_run_of_a_part_looked_at_in_vain_is_not_seen_now() -> None:
    assert news(PASSES, BLIND, after=replace(AFTER, whole=False)) is News.UNKNOWN_NOW


# What ends


@pytest.mark.parametrize("hour", [timedelta(), HOUR, -HOUR, timedelta(microseconds=1)])
def test_of_many_nights_those_that_reach_a_mark_say_it(hour: timedelta) -> None:
    """Something that ends on night 40: said 30, 14, 7 and 1 days before and at its end; or on the night after that."""
    one = certificate(AS_OF + 40 * DAY + hour)
    nights = [run(as_of=AS_OF + number * DAY) for number in range(60)]
    said = [number for number, pair in enumerate(pairwise(nights), 1) if diff(*pair, (), (), [one]).expiring]
    late = hour > timedelta()
    assert said == [number + late for number in (10, 26, 33, 39, 40)]


def test_a_gap_between_runs_loses_no_mark_and_says_it_once() -> None:
    one = certificate(AS_OF + 5 * DAY)
    assert diff(run(as_of=AS_OF - 90 * DAY), AFTER, (), (), [one]).expiring == (one,)


def test_between_two_marks_nothing_is_said_unless_all_is_asked_for() -> None:
    inside, ended, far = certificate(AS_OF + 20 * DAY), certificate(AS_OF - 9 * DAY), certificate(AS_OF + 31 * DAY)
    assert diff(BEFORE, AFTER, (), (), [inside, ended, far]).is_quiet
    assert diff(BEFORE, AFTER, (), (), [inside, ended, far], all_expiring=True).expiring == (inside,)
    assert diff(None, AFTER, (), (), [inside, ended, far]).expiring == (inside,)


def test_exactly_thirty_days_is_within_and_a_moment_more_is_not() -> None:
    last = certificate(AS_OF + 30 * DAY)
    assert diff(None, AFTER, (), (), [last]).expiring == (last,)
    assert diff(None, AFTER, (), (), [replace(last, at=last.at + timedelta(microseconds=1))]).expiring == ()


def test_runs_in_the_wrong_order_come_by_no_mark_and_say_that_they_are() -> None:
    found = diff(AFTER, BEFORE, (), (), [certificate(AS_OF - HOUR)])
    assert found.expiring == ()
    assert found.causes == ("The first run is the later one: everything reads backwards.",)


def test_the_first_to_end_stands_first() -> None:
    soon, sooner, twin = certificate(AS_OF + 7 * DAY), certificate(AS_OF + DAY), certificate(AS_OF + DAY, "a/a")
    assert diff(BEFORE, AFTER, (), (), [soon, sooner, twin, soon]).expiring == (twin, sooner, soon)


# Why else


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tool": "2", "method": "n"}, "another version (1 -> 2)"),
        ({"method": "n"}, "installed checks"),
        ({"rubric": "2"}, "rubric is another one (1 -> 2)"),
        ({"inventory": "j"}, "inventory was changed"),
        ({"whole": False}, "later run looked at a part"),
    ],
)
def test_each_difference_between_the_runs_is_one_sentence(change: dict[str, str | bool], words: str) -> None:
    found = diff(BEFORE, replace(AFTER, **change), (), (), ())
    assert len(found.causes) == 1
    assert words in found.causes[0]
    assert found.is_quiet  # a cause alone is no news


def test_runs_of_one_kind_have_no_causes() -> None:
    assert of().causes == ()


# Letters


def test_letters_that_did_not_move_are_left_out_and_the_city_stands_first() -> None:
    c, b = Letters(Letter.C, Letter.D, Letter.C), Letters(Letter.B, Letter.D, Letter.B)
    moved = [
        LetterMove("asset", "a", b, c),
        LetterMove("plugin", "p", b, c),
        LetterMove("system", "t", b, c),
        LetterMove("system", "s", None, c),
        LetterMove("system", "u", c, c),
        LetterMove("department", "d", b, None),
        LetterMove("city", "city", b, c),
    ]
    found = diff(BEFORE, AFTER, (), moved, ())
    assert [move.id for move in found.letters] == ["city", "d", "s", "t", "a", "p"]
    assert not found.is_quiet
