"""Who bears a risk cannot approve it, however the name is spelt the second time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.inventory.persons import same_person
from tests.inventory.writing import complaints, located, marked, spoilt

SAME = [
    ("Ann Lee", "ann  lee"),
    ("Ann Lee", " ANN LEE "),
    ("Ann Lee", "Lee, Ann"),
    ("Ann Lee", "Ann-Lee"),
    ("Ann Lee", "AnnLee"),
    ("Ann Lee", "Ann\u00a0Lee"),
    ("Ann Lee", "Ann\u2003Lee"),
    ("Ann Lee", "Ann\u200bLee"),
    ("Ann Lee", "A\u00adnn L\ufe0fee"),
    ("Ann Lee", "\uff21\uff4e\uff4e \uff2c\uff45\uff45"),
    ("CIO", "C.I.O."),
    ("CIO", "c i o"),
    ("Sean O'Neil", "Sean O\u2019Neil"),
    ("Sean O'Neil", "Sean ONeil"),
    ("José Núñez", "Jose\u0301 Nun\u0303ez"),
    ("José Núñez", "JOSE NUNEZ"),
    ("Straße", "STRASSE"),
    ("İpek", "ipek"),
    ("\ufb01re chief", "Fire Chief"),
    ("Finance Director", "Director (Finance)"),
    ("-", "?"),
]
OTHERS = [
    ("Ann Lee", "Ann Leeds"),
    ("Ann Lee", "Anna Lee"),
    ("Ann Lee", "Ann"),
    ("Ann Lee", "Ann Lee Ann"),
    ("CIO", "CFO"),
    ("CIO", "Deputy CIO"),
    ("Clerk 1", "Clerk 2"),
    ("-", "CIO"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_person_in_two_spellings(one: str, other: str) -> None:
    assert same_person(one, other)
    assert same_person(other, one)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_two_persons(one: str, other: str) -> None:
    assert not same_person(one, other)
    assert not same_person(other, one)


@given(st.text(max_size=20), st.text(max_size=20))
def test_it_is_the_same_from_both_sides_and_everybody_is_oneself(one: str, other: str) -> None:
    assert same_person(one, one)
    assert same_person(one, other) == same_person(other, one)


@pytest.mark.parametrize("approver", ["C.F.O.", "c f o", "\uff23\uff26\uff2f", "c\u0301fo"])
def test_a_waiver_that_its_risk_owner_approves_is_refused(approver: str) -> None:
    text, places = marked(spoilt(("approved_by: cio\n", f"approved_by: §{approver}\n")))
    assert complaints(text) == located(places, ("whoever bears the risk cannot approve the waiver.",))
