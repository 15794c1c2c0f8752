"""How lines of the digest are cut, told and kept harmless, whatever happened in the night."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.diff import diff
from auditor.model import (
    Counts,
    Expiring,
    Outcome,
    Severity,
    Standing,
)
from auditor.past import Move
from auditor.reports.digest import MOST, Frame, render, render_framed
from auditor.reports.harmless import UNSHOWN
from tests.reports.digest_rig import (
    AFTER,
    AS_OF,
    BEFORE,
    BLIND,
    ENDS,
    FAILS,
    IDS,
    LETTERS,
    NIGHT,
    PASSES,
    STALE,
    C,
    move,
    of,
    report,
    section,
    state,
    text,
)


def test_a_section_is_cut_and_counts_what_it_leaves_out() -> None:
    many = [move(PASSES, FAILS, f"s{number:02}/a", locus=where) for number in range(MOST + 3) for where in ("x", "y")]
    lines = section(text(*many), "Regressed")
    assert len(lines) == MOST + 1
    assert lines[-1] == "  and 6 more"
    assert "and " not in section(text(*many[: 2 * MOST]), "Regressed")[-1]


def test_a_host_that_went_silent_is_one_item() -> None:
    gone = [move(PASSES, BLIND, "library/opac", f"check-{number}", "192.0.2.5:443") for number in range(40)]
    assert section(text(*gone), "Not seen now") == [
        "  library/opac at 192.0.2.5:443: 40 checks, no answer came in time (pass -> unknown): check-0,",
        "    check-1, check-10 and 37 more",
    ]


def test_what_rests_on_a_word_says_so() -> None:
    told = state(Outcome.PASS, standing=Standing.ATTESTED)
    assert section(text(move(PASSES, told)), "Not seen now") == [
        "  permits/portal: 1 check (pass -> attested): tls-old"
    ]


def test_a_change_with_nothing_to_add_is_told_without_empty_words() -> None:
    assert "  permits/portal tls-old: pass -> fail\n" in text(move(PASSES, replace(FAILS, summary="")))


# Time


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=7), "ends in 7 days"),
        (timedelta(days=6, microseconds=1), "ends in 7 days"),
        (timedelta(days=1), "ends in 1 day"),
        (timedelta(seconds=1), "ends in 1 day"),
        (timedelta(), "has ended"),
        (timedelta(seconds=-1), "has ended"),
    ],
)
def test_a_day_that_has_begun_counts(left: timedelta, words: str) -> None:
    one = Expiring(what="certificate", subject="pay/desk", locus="", at=AS_OF + left)
    found = diff(BEFORE, AFTER, (), (), [one], all_expiring=True)
    assert f"certificate pay/desk {words} (" in render(found, report(), ())


def test_times_are_the_citys() -> None:
    found = of(move(PASSES, FAILS))
    assert "2026-06-15 19:10 NZST, compared with 2026-06-14 19:10 NZST" in render(found, report("Pacific/Auckland"), ())


# Hostile text, width, sameness


def test_what_a_target_said_can_forge_no_line_and_no_terminal() -> None:
    evil = state(Outcome.FAIL, "x\n\nFixed:\n  all (fail -> pass)\x1b[2J\u202e\r\n" + "y" * 500)
    found = text(move(PASSES, evil, locus="/\n\nGates:\n\x1b]0;t\x07" + "z" * 900), gates=["\x1b[0mGate"])
    assert not {character for character in found.replace("\n", "") if unicodedata.category(character) in UNSHOWN}
    assert "Fixed:" not in found.splitlines()
    assert found.splitlines().count("Gates:") == 1
    assert len(found) < 1_500


WORDS = st.text(max_size=40) | st.sampled_from(["\x1b[31m", "a b " * 80, "x" * 300, "\u202e", "\u00a0 \u3000"])
HOSTILE = st.lists(
    st.builds(
        move,
        st.sampled_from([None, PASSES, BLIND, FAILS, STALE]),
        st.builds(state, st.sampled_from(Outcome), WORDS, st.sampled_from(Severity)),
        st.sampled_from(IDS),
        st.sampled_from(["tls-old", "web-x"]),
        WORDS,
    ),
    unique_by=lambda one: one.key,
)


@given(HOSTILE, st.sampled_from([None, 20, 60, 72, 100, 400]))
def test_no_line_is_longer_than_it_may_be_unless_a_name_or_a_command_is(moves: list[Move], width: int | None) -> None:
    found = render(of(*moves), report(), (), width)
    most = max(60, min(100, width or 100))
    assert all(
        len(line) <= most or len(line.split()) == 1 or line.startswith("  auditor ") for line in found.splitlines()
    )
    assert found == "" or found.endswith("\n")
    assert all(line == line.rstrip() for line in found.splitlines())
    assert not {character for character in found.replace("\n", "") if unicodedata.category(character) in UNSHOWN}


@given(HOSTILE, st.integers(0, 99))
def test_the_same_diff_gives_the_same_text_whatever_came_first(moves: list[Move], seed: int) -> None:
    shuffled = random.Random(seed).sample(moves, len(moves))
    assert render(of(*shuffled), report(), ()) == render(of(*moves), report(), ())


def test_the_programs_own_words_are_ascii() -> None:
    assert text(*NIGHT, letters=LETTERS, ends=ENDS).isascii()


def test_a_diff_of_kept_runs_needs_no_report() -> None:
    counts = Counts(asked=112, answered=102)
    frame = Frame(organisation="City of Fernwick", timezone="America/Chicago", counts=counts, city=C, homes={})
    assert render_framed(of(*NIGHT), frame) == render(of(*NIGHT), report(), ())


def test_what_is_not_known_of_a_kept_run_is_left_out() -> None:
    frame = Frame(organisation="City of Fernwick", timezone="UTC", counts=Counts(), homes={})
    assert render_framed(of(*NIGHT), frame).splitlines()[2] == (
        "2026-06-15 07:10 UTC, compared with 2026-06-14 07:10 UTC"
    )
