"""The digest says what changed, in lines that stand by themselves, and nothing at all where nothing changed."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.diff import Diff, diff
from auditor.model import (
    Asset,
    Basis,
    CityGrade,
    Counts,
    Expiring,
    Grade,
    Letter,
    Letters,
    Outcome,
    Report,
    RunInfo,
    Severity,
    Standing,
)
from auditor.past import KeptRun, LetterMove, Move, State
from auditor.reports.digest import MOST, Frame, render, render_framed
from auditor.reports.harmless import UNSHOWN

AS_OF = datetime(2026, 6, 15, 7, 10, tzinfo=UTC)
DAY = timedelta(days=1)
A, B, C, D = (Letters(letter, letter, letter) for letter in (Letter.A, Letter.B, Letter.C, Letter.D))
IDS = ("permits/portal", "permits/api", "parks/www", "library/opac", "pay/desk")


def run(name: str = "20260615T071000Z-bbbbbb", as_of: datetime = AS_OF) -> KeptRun:
    return KeptRun(
        id=name,
        started=as_of,
        finished=as_of,
        as_of=as_of,
        complete=True,
        whole=True,
        tool="1",
        rubric="1",
        inventory="i",
        method="m",
    )


BEFORE, AFTER = run("20260614T071000Z-aaaaaa", AS_OF - DAY), run()


def state(
    outcome: Outcome,
    summary: str = "as seen",
    severity: Severity = Severity.HIGH,
    standing: Standing = Standing.NOW,
    waiver: str | None = None,
    *,
    flapping: bool = False,
) -> State:
    return State(
        outcome=outcome,
        severity=severity,
        standing=standing,
        basis=Basis.DECLARED if standing is Standing.ATTESTED else Basis.OBSERVED,
        summary=summary,
        reason="timeout" if outcome is Outcome.UNKNOWN else None,
        waiver=waiver,
        flapping=flapping,
    )


PASSES, FAILS, BLIND = state(Outcome.PASS, "all well"), state(Outcome.FAIL, "accepts TLS 1.0"), state(Outcome.UNKNOWN)
STALE = replace(PASSES, standing=Standing.STALE)


def report(zone: str = "America/Chicago", city: Letters | None = C) -> Report:
    grade = CityGrade(Grade("City of Fernwick", city, Counts()), (), 0, 0, 0) if city else None
    assets = tuple(Asset(id=name, kind="web", address="https://x", system=name.split("/")[0]) for name in IDS)
    counts = (Counts(asked=100, answered=90, failed=7, unknown=10), Counts(asked=12, answered=12))
    return Report(
        run=RunInfo(
            id=AFTER.id, started=AS_OF, finished=AS_OF, tool="1", rubric="1", complete=False, as_of=AS_OF, inventory="i"
        ),
        organisation="City of Fernwick",
        timezone=zone,
        systems=(),
        assets=assets,
        findings=(),
        asset_grades=tuple(Grade(name, C, count) for name, count in zip(IDS, counts, strict=False)),
        system_grades=(),
        city=grade,
    )


def move(was: State | None, now: State | None, asset: str = IDS[0], check: str = "tls-old", locus: str = "") -> Move:
    return Move((asset, check, locus), was, now)


def of(*moves: Move, letters: Sequence[LetterMove] = (), ends: Iterable[Expiring] = ()) -> Diff:
    return diff(BEFORE, AFTER, moves, letters, ends)


def text(
    *moves: Move, letters: Sequence[LetterMove] = (), ends: Iterable[Expiring] = (), gates: Sequence[str] = ()
) -> str:
    return render(of(*moves, letters=letters, ends=ends), report(), gates)


def section(digest: str, heading: str) -> list[str]:
    """The lines below a heading."""
    return next(part.splitlines()[1:] for part in digest.split("\n\n") if part.startswith(heading))


# A whole night

NIGHT = (
    move(PASSES, FAILS, locus="192.0.2.1:443"),
    move(PASSES, FAILS, locus="192.0.2.2:443"),
    move(PASSES, FAILS, "permits/api"),
    move(PASSES, state(Outcome.FAIL, "HSTS for half a year", Severity.LOW), "parks/www", "web-hsts-short"),
    move(None, state(Outcome.FAIL, "a form sends over http", Severity.CRITICAL), "pay/desk", "web-form-http", "/pay"),
    move(replace(FAILS, waiver="W-7"), FAILS, "pay/desk"),
    move(BLIND, replace(FAILS, flapping=True), "pay/desk", "tls-weak"),
    *(move(PASSES, BLIND, "library/opac", f"web-{number}") for number in range(5)),
    move(FAILS, replace(FAILS, standing=Standing.STALE), "library/opac", "tls-weak"),
    move(FAILS, None, "parks/www", "web-gone", "/old"),
    move(FAILS, PASSES, "parks/www"),
    move(STALE, PASSES, "parks/www", "tls-a"),
    move(FAILS, replace(FAILS, waiver="W-8"), "parks/www", "tls-b"),
)
LETTERS = (
    LetterMove(
        "city", "City of Fernwick", Letters(Letter.B, Letter.C, Letter.B), Letters(Letter.C, Letter.D, Letter.B)
    ),
    LetterMove("system", "permits", A, D),
    LetterMove("system", "depot", C, None),
    LetterMove("asset", "permits/portal", A, D),
    LetterMove("asset", "parks/www", B, A),
    LetterMove("asset", "parks/kiosk", None, Letters(Letter.B, Letter.F, Letter.A)),
)
ENDS = (
    Expiring(what="certificate", subject="pay/desk", locus="192.0.2.9:443", at=AS_OF + 13 * DAY + timedelta(hours=20)),
    Expiring(what="waiver", subject="W-7", locus="", at=AS_OF - timedelta(hours=2)),
)


def test_a_whole_night() -> None:
    found = diff(BEFORE, replace(AFTER, rubric="2"), NIGHT, LETTERS, ENDS)
    sentences = ["Gate regression is not met: 6 checks fail that did not before: parks/www web-hsts-short and 5 more."]
    assert (
        render(found, report(), sentences)
        == """\
City of Fernwick: 4 regressed, 1 new, 1 no longer waived, 1 flapping, 6 not seen now, 2 fixed, 1
  seen again, 1 waived, 2 ending; city C (was B)
2026-06-15 02:10 CDT, compared with 2026-06-14 02:10 CDT; 102 of 112 checks answered

Regressed: these did not fail before:
  permits tls-old in 3 places (permits/api, permits/portal at 192.0.2.1:443, permits/portal at
    192.0.2.2:443): accepts TLS 1.0 (pass -> fail)
  parks/www web-hsts-short: HSTS for half a year (pass -> fail)

New: these fail where nothing was before:
  pay/desk web-form-http at /pay: a form sends over http (not there -> fail)

No longer waived: these still fail:
  pay/desk tls-old: accepts TLS 1.0 (fail, waived by W-7 -> fail)

Flapping: seen to fail and not to fail in one run; it counts as failed:
  pay/desk tls-weak: accepts TLS 1.0 (unknown -> fail and pass)

Not seen now:
  library/opac: 1 check (fail -> stale): tls-weak
  library/opac: 5 checks, no answer came in time (pass -> unknown): web-0, web-1, web-2 and 2 more

Ends by itself:
  waiver W-7 has ended (2026-06-15 00:10 CDT)
  certificate pay/desk at 192.0.2.9:443 ends in 14 days (2026-06-28 22:10 CDT)

Fixed:
  parks/www tls-old: all well (fail -> pass)
  parks/www web-gone at /old: accepts TLS 1.0 (fail -> not there)

Seen again:
  parks/www: 1 check (stale -> pass): tls-a

Waived: these fail, and somebody accepts it now:
  parks/www tls-b: accepts TLS 1.0 (fail -> fail, waived by W-8)

Letters:
  city: C (was B), at worst D (was C)
  system depot: gone (was C)
  system permits: D (was A)
  asset parks/kiosk: B, at worst F, with accepted risks A (new)
  asset parks/www: A (was B)

What else differs between the runs:
  The rubric is another one (1 -> 2).

Gates:
  Gate regression is not met: 6 checks fail that did not before: parks/www web-hsts-short and 5
    more.

Type:
  auditor explain web-form-http
  auditor explain tls-old
  auditor explain tls-weak
  auditor diff 20260614T071000Z-aaaaaa 20260615T071000Z-bbbbbb
"""
    )


# Nothing


def test_nothing_changed_is_no_text() -> None:
    assert text() == ""
    assert text(move(FAILS, replace(FAILS, summary="in other words")), letters=[LetterMove("city", "c", C, C)]) == ""


def test_a_gate_that_is_not_met_is_no_news_by_itself() -> None:
    assert text(gates=["Gate letter=C is not met: the city is D."]) == ""
    assert "Gate letter=C" in text(move(FAILS, PASSES), gates=["Gate letter=C is not met: the city is D."])


def test_a_new_version_that_moved_nothing_writes_nothing() -> None:
    assert render(diff(BEFORE, replace(AFTER, tool="2"), (), (), ()), report(), ()) == ""


def test_an_expired_waiver_is_said_in_the_night_when_it_ends_and_then_only_beside_other_news() -> None:
    ended = Expiring(what="waiver", subject="W-7", locus="", at=AS_OF - timedelta(hours=2))
    sentences = ["Gate expired is not met: 1 waiver ended: W-7; renew or remove them."]
    nights = [run(f"night-{number}", AS_OF + number * DAY) for number in range(4)]
    first = render(diff(BEFORE, nights[0], (), (), [ended]), report(), sentences)
    assert section(first, "Ends by itself:") == ["  waiver W-7 has ended (2026-06-15 00:10 CDT)"]
    assert section(first, "Gates:") == [f"  {sentences[0]}"]
    assert render(diff(nights[0], nights[1], (), (), [ended]), report(), sentences) == ""
    assert "W-7" in render(diff(nights[1], nights[2], [move(PASSES, FAILS)], (), [ended]), report(), sentences)


# A first run


def test_a_first_run_says_what_it_found_and_names_no_news() -> None:
    found = diff(None, AFTER, NIGHT, LETTERS, ENDS)
    assert (
        render(found, report(city=Letters(Letter.C, Letter.D, Letter.B)), ["Gate expired is not met: W-7."])
        == """\
City of Fernwick: the first run, a baseline; city C, at worst D, with accepted risks B
2026-06-15 02:10 CDT; 102 of 112 checks answered, 7 failed

Ends by itself:
  certificate pay/desk at 192.0.2.9:443 ends in 14 days (2026-06-28 22:10 CDT)

Gates:
  Gate expired is not met: W-7.
"""
    )


def test_a_first_run_is_said_even_where_nothing_ends() -> None:
    assert render(diff(None, AFTER, (), (), ()), report(), ()) == (
        "City of Fernwick: the first run, a baseline; city C\n"
        "2026-06-15 02:10 CDT; 102 of 112 checks answered, 7 failed\n"
    )


# Subject


def test_a_letter_that_stayed_is_named_without_its_past() -> None:
    assert text(move(FAILS, PASSES)).splitlines()[0] == "City of Fernwick: 1 fixed; city C"


def test_a_run_of_a_part_has_no_citys_letter_and_says_that_it_is_one() -> None:
    found = diff(BEFORE, replace(AFTER, whole=False), [move(PASSES, FAILS)], (), ())
    first, second = render(found, report(city=None), ()).splitlines()[:2]
    assert first == "City of Fernwick: 1 regressed"
    assert "; a part of the inventory;" in second


def test_letters_alone_are_news() -> None:
    assert text(letters=[LetterMove("system", "permits", B, C)]).startswith("City of Fernwick: letters moved; city C\n")


def test_the_letters_of_an_asset_are_left_to_its_systems_line() -> None:
    moved = [LetterMove("asset", "permits/api", A, D), LetterMove("system", "permits", A, D)]
    assert section(text(letters=moved), "Letters:") == ["  system permits: D (was A)"]
    assert section(text(letters=moved[:1]), "Letters:") == ["  asset permits/api: D (was A)"]


# Order, groups, cuts


def test_the_gravest_stand_first_and_a_systems_stand_together() -> None:
    low, high, critical = (
        state(Outcome.FAIL, severity=severity) for severity in (Severity.LOW, Severity.HIGH, Severity.CRITICAL)
    )
    found = text(
        move(PASSES, high, "parks/www", "b"),
        move(PASSES, low, "pay/desk", "c"),
        move(PASSES, critical, "pay/desk", "d"),
        move(PASSES, low, "parks/www", "a"),
    )
    said = [line.split(":")[0].strip() for line in section(found, "Regressed")]
    assert said == ["pay/desk d", "pay/desk c", "parks/www b", "parks/www a"]


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
