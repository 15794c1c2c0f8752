"""The digest says what changed, in lines that stand by themselves, and nothing at all where nothing changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from auditor.diff import diff
from auditor.model import (
    Expiring,
    Letter,
    Letters,
    Outcome,
    Severity,
)
from auditor.past import LetterMove
from auditor.reports.digest import render
from tests.kept_runs import kept
from tests.reports.digest_rig import (
    AFTER,
    AS_OF,
    BEFORE,
    DAY,
    ENDS,
    FAILS,
    LETTERS,
    NIGHT,
    PASSES,
    A,
    B,
    C,
    D,
    move,
    report,
    section,
    state,
    text,
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
    nights = [kept(f"night-{number}", AS_OF + number * DAY) for number in range(4)]
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
