"""One check mended alone, by example; and the words for it."""

from __future__ import annotations

import pytest

from auditor.alone import mended_alone
from auditor.caps import Cap, Caps
from auditor.model import Alone, Counts, Grade, Letter, Letters, Step, StepKind
from auditor.reports.words import fixed_alone

F, NG, D, C, B, A, BEST = Letter.F, Letter.NG, Letter.D, Letter.C, Letter.B, Letter.A, Letter.A_PLUS


def cap(check: str, letter: Letter, *, at: str = "a", locus: str = "", worst: Letter | None = None) -> Cap:
    letters = Letters(letter, letter if worst is None else worst, letter)
    return Cap(letters, Step(StepKind.FIX, at, check, locus))


def ungraded(at: str = "a") -> Cap:
    return Cap(Letters(NG, NG, NG), Step(StepKind.SEE, at))


ASK = Cap(Letters(A, A, A), Step(StepKind.ASK, "a"))


@pytest.mark.parametrize(
    ("caps", "alone"),
    [
        ([], {}),
        ([cap("expired", F)], {"expired": BEST}),
        ([cap("expired", F), ASK], {"expired": A}),
        ([cap("expired", F), cap("hsts", B)], {"expired": B, "hsts": F}),
        ([cap("expired", F), cap("name", F), cap("hsts", B)], {"expired": F, "hsts": F, "name": F}),
        ([cap("expired", F, locus="1"), cap("expired", F, locus="2"), cap("hsts", B)], {"expired": B, "hsts": F}),
        ([cap("expired", F, at="a"), cap("expired", F, at="b")], {"expired": BEST}),
        ([cap("stale", BEST, worst=F)], {}),
        ([cap("unseen", D), ungraded()], {"unseen": BEST}),
        ([cap("unseen", D), cap("dark", D), ungraded()], {"dark": D, "unseen": D}),
        ([cap("unseen", D, at="a"), ungraded("a"), ungraded("b")], {"unseen": NG}),
        ([ASK], {}),
    ],
)
def test_what_is_left_decides(caps: list[Cap], alone: dict[str, Letter]) -> None:
    assert {one.check: one.letter for one in mended_alone(Caps(caps))} == alone
    assert {one.check: one.letter for one in mended_alone(Caps(reversed(caps)))} == alone


def grade(letter: Letter, holding: list[str], **alone: Letter) -> Grade:
    """`holding`: ids of checks; "" for the tiers that were not asked."""
    steps = tuple(Step(StepKind.FIX if check else StepKind.ASK, "a", check) for check in holding)
    told = tuple(Alone(check, then) for check, then in alone.items())
    return Grade("a", Letters(letter, letter, letter), Counts(), held_by=steps, alone=told)


@pytest.mark.parametrize(
    ("grade", "words"),
    [
        (grade(F, ["expired"], expired=B), "Fixed alone: B"),
        (grade(F, ["expired", "name"], expired=F), "Fixed alone: still F, for name"),
        (grade(F, ["a", "b", "expired"], expired=F), "Fixed alone: still F, for a, b"),
        (grade(F, ["a", "b", "c", "d", "expired"], expired=F), "Fixed alone: still F, for a, b and 2 more"),
        (grade(F, ["name"], expired=F), "Fixed alone: still F, for name"),
        (grade(F, ["name"]), ""),
        (grade(A, ["", "cbc", "static"], cbc=A, expired=A), "Fixed alone: still A, for cbc, static and 1 more"),
        (grade(A, ["", "cbc", "expired"], expired=A), "Fixed alone: still A, for cbc, tiers that were not asked"),
    ],
)
def test_words(grade: Grade, words: str) -> None:
    assert fixed_alone(grade, "expired") == words
