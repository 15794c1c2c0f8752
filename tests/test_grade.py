"""Letters by example: the cap table, what was not seen, what is not graded, and the order of work."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.grade import cap_of, collapse, grade_city, grade_system, rank
from auditor.model import (
    Basis,
    Finding,
    Letter,
    Letters,
    Outcome,
    Sensitivity,
    Severity,
    Standing,
    Step,
    StepKind,
    Tier,
)
from tests.grade_rig import (
    AS_OF,
    BEST,
    CONFIDENTIAL,
    CRITICAL,
    FAIL,
    HIGH,
    LOOKED,
    LOW,
    MEDIUM,
    NA,
    NG,
    NIGHTLY,
    PASS,
    PUBLIC,
    RUBRIC,
    UNKNOWN,
    A,
    B,
    C,
    D,
    F,
    asset,
    finding,
    system,
)


def letters(*findings: Finding, data: Sensitivity = PUBLIC) -> tuple[Letter, Letter, Letter]:
    found = asset(*findings, data=data).grade.letters
    return (found.measured, found.at_worst, found.accepted)


@pytest.mark.parametrize("data", list(Sensitivity))
@pytest.mark.parametrize(
    ("severity", "plain", "sensitive"), [(CRITICAL, F, F), (HIGH, C, D), (MEDIUM, B, C), (LOW, A, A)]
)
def test_the_cap_table(severity: Severity, plain: Letter, sensitive: Letter, data: Sensitivity) -> None:
    """Undeclared data is judged like confidential data."""
    expected = plain if data in (Sensitivity.PUBLIC, Sensitivity.INTERNAL) else sensitive
    assert letters(finding(FAIL, severity), data=data) == (expected, expected, expected)


@pytest.mark.parametrize(
    ("severity", "data", "measured", "at_worst"),
    [
        (CRITICAL, PUBLIC, D, F),
        (CRITICAL, CONFIDENTIAL, D, F),
        (HIGH, PUBLIC, C, C),
        (HIGH, CONFIDENTIAL, D, D),
        (MEDIUM, PUBLIC, B, B),
        (LOW, PUBLIC, A, A),
    ],
)
def test_an_unknown_caps_like_a_failure_but_never_below_d(
    severity: Severity, data: Sensitivity, measured: Letter, at_worst: Letter
) -> None:
    seen = finding(PASS, check="web-hsts")
    assert letters(finding(UNKNOWN, severity), seen, data=data) == (measured, at_worst, measured)


@pytest.mark.parametrize(
    ("attestation", "at_worst"), [pytest.param(None, F, id="stale"), pytest.param("A-1", BEST, id="stale-and-attested")]
)
def test_a_stale_pass_counts_at_worst_unless_somebody_backs_it(attestation: str | None, at_worst: Letter) -> None:
    stale = finding(PASS, CRITICAL, standing=Standing.STALE, attestation=attestation)
    assert letters(stale) == (BEST, at_worst, BEST)


@pytest.mark.parametrize(
    ("severity", "data", "expected"),
    [
        (CRITICAL, PUBLIC, A),
        (HIGH, Sensitivity.INTERNAL, A),
        (HIGH, CONFIDENTIAL, B),
        (CRITICAL, Sensitivity.UNDECLARED, B),
        (MEDIUM, CONFIDENTIAL, BEST),
        (LOW, PUBLIC, BEST),
    ],
)
def test_a_pass_on_somebodys_word(severity: Severity, data: Sensitivity, expected: Letter) -> None:
    told = finding(PASS, severity, standing=Standing.ATTESTED, basis=Basis.DECLARED, attestation="A-1")
    assert letters(told, data=data) == (expected, expected, expected)


def test_a_failure_that_nobody_saw_is_no_f() -> None:
    assert letters(finding(FAIL, CRITICAL, basis=Basis.DECLARED)) == (D, F, D)
    assert letters(finding(FAIL, CRITICAL, basis=Basis.IMPORTED)) == (F, F, F)


@pytest.mark.parametrize("outcome", [FAIL, UNKNOWN])
def test_a_waiver_lifts_the_accepted_letter_only(outcome: Outcome) -> None:
    seen = finding(PASS, check="web-hsts")
    held = letters(finding(outcome, HIGH, waiver="W-1"), seen, data=CONFIDENTIAL)
    assert held == (D, D, BEST)


def test_the_worst_cap_is_the_letter_and_no_other_counts() -> None:
    many = [finding(PASS, check="web-hsts")] * 500
    assert letters(*many, finding(FAIL, HIGH), finding(FAIL, LOW)) == (C, C, C)


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        (NIGHTLY, A),
        (frozenset({Tier.NIGHTLY, Tier.DEEP}), A),
        (frozenset({Tier.NIGHTLY, Tier.ONLINE, Tier.PRIVILEGED}), A),
        (frozenset({Tier.NIGHTLY, Tier.DEEP, Tier.ONLINE}), BEST),
    ],
)
def test_the_best_letter_asks_for_deep_and_online(tiers: frozenset[Tier], expected: Letter) -> None:
    held = asset(finding(PASS), tiers=tiers)
    assert held.grade.letters == Letters(expected, expected, expected)
    asks = [step.kind for step in held.grade.next.steps] if held.grade.next else []
    assert asks == ([] if expected is BEST else [StepKind.ASK])


# Not graded


@pytest.mark.parametrize(
    "findings",
    [
        pytest.param([], id="nothing-asked"),
        pytest.param([finding(UNKNOWN, LOW)], id="nothing-seen"),
        pytest.param([finding(NA, LOW)], id="no-question-arose"),
        pytest.param([finding(UNKNOWN, CRITICAL, waiver="W-1")], id="a-waiver-sees-nothing"),
    ],
)
def test_without_a_pass_or_a_failure_nothing_is_graded(findings: list[Finding]) -> None:
    held = asset(*findings)
    assert (held.grade.letters.measured, held.grade.letters.accepted) == (NG, NG)
    assert held.grade.next
    assert held.grade.next.letter is D
    assert [step.kind for step in held.grade.next.steps] == [StepKind.SEE]


@pytest.mark.parametrize(
    "seen",
    [
        finding(PASS, LOW),
        finding(FAIL, LOW),
        finding(PASS, LOW, standing=Standing.STALE),
        finding(PASS, LOW, standing=Standing.ATTESTED, basis=Basis.DECLARED),
        finding(NA, LOW, attestation="A-1"),
    ],
)
def test_one_pass_or_failure_seen_or_attested_is_enough(seen: Finding) -> None:
    assert asset(seen).grade.letters.measured >= A


def test_at_worst_of_what_is_not_graded_may_be_f() -> None:
    assert letters(finding(UNKNOWN, CRITICAL)) == (NG, F, NG)


def test_a_system_without_assets_is_not_graded() -> None:
    held = grade_system(system("permits"), [])
    assert held.grade.letters == Letters(NG, NG, NG)
    assert held.grade.next
    assert held.grade.next.steps == (Step(StepKind.ADD, "permits"),)


# Counts and order of work


def test_counts_stand_beside_the_letter_and_add_up() -> None:
    held = asset(
        finding(PASS),
        finding(NA),
        finding(FAIL, waiver="W-1"),
        finding(UNKNOWN),
        finding(PASS, standing=Standing.STALE),
        finding(FAIL, standing=Standing.STALE),
        finding(PASS, standing=Standing.ATTESTED, basis=Basis.DECLARED),
    )
    counts = held.grade.counts
    assert (counts.asked, counts.answered, counts.unknown, counts.stale) == (7, 3, 1, 2)
    assert (counts.attested, counts.waived, counts.failed) == (1, 1, 2)
    assert counts.coverage == pytest.approx(3 / 7)
    assert grade_system(system("one"), [held, held]).grade.counts == counts + counts
    assert asset().grade.counts.coverage is None


def test_coverage_is_printed_and_never_graded() -> None:
    unseen = [finding(UNKNOWN, LOW)] * 99
    assert letters(finding(PASS), *unseen) == (A, A, A)


def test_what_holds_a_letter_down_is_named_and_the_next_letter_asks_for_it() -> None:
    held = asset(finding(FAIL, HIGH), finding(FAIL, MEDIUM, check="web-hsts")).grade
    assert held.held_by == (Step(StepKind.FIX, "permits", "tls-legacy", "", 2),)
    assert held.next
    assert (held.next.letter, held.next.steps) == (B, held.held_by)


def test_easy_steps_come_first_and_each_once() -> None:
    hard, easy = Step(StepKind.FIX, "a", "x-y", effort=8), Step(StepKind.FIX, "b", "x-z", effort=1)
    assert rank([hard, easy, hard]) == (easy, hard)


def test_steps_that_one_kind_of_change_fixes_stand_together() -> None:
    wide = [Step(StepKind.FIX, name, "x-y", effort=2) for name in "abc"]
    narrow, easy = Step(StepKind.FIX, "a", "x-z", effort=2), Step(StepKind.ASK, "a", effort=1)
    assert [(name, len(group)) for name, group in collapse([narrow, *wide, easy])] == [
        ("ask", 1),
        ("x-y", 3),
        ("x-z", 1),
    ]


# Calibration: the rows of the design, by the severities of their checks


@pytest.mark.parametrize(
    ("row", "severities", "public", "confidential"),
    [
        ("all is well", [], A, A),
        ("TLS 1.2 only, or HSTS of half a year", [LOW], A, A),
        ("no HSTS, no forward secrecy, an incomplete chain, a key under 2048 bits", [MEDIUM], B, C),
        ("TLS 1.0 or 1.1, SSL 3, 3DES, RC4, content over http", [HIGH], C, D),
        ("no HTTPS, expired, untrusted or wrong-name certificate", [CRITICAL], F, F),
        ("no HSTS and TLS 1.0", [MEDIUM, HIGH], C, D),
    ],
)
def test_calibration(row: str, severities: list[Severity], public: Letter, confidential: Letter) -> None:
    seen = [finding(PASS), *(finding(FAIL, severity) for severity in severities)]
    for data, expected in ((PUBLIC, public), (CONFIDENTIAL, confidential)):
        assert asset(*seen, data=data, tiers=NIGHTLY).grade.letters.measured is expected, row


def test_a_cap_of_nothing_wrong_is_no_cap() -> None:
    assert cap_of(finding(PASS), PUBLIC, RUBRIC) == Letters(BEST, BEST, BEST)
    assert cap_of(replace(finding(NA), standing=Standing.STALE), PUBLIC, RUBRIC) == Letters(BEST, BEST, BEST)


PAGE = (Path(__file__).parents[1] / "docs" / "grading.md").read_text(encoding="utf-8")


def table_under(mark: str) -> list[list[str]]:
    """The cells of the first table after a line that holds `mark`, without its head."""
    lines = PAGE[PAGE.index(mark) :].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows][2:]


# docs/grading.md is for people: what it says is what is computed


def test_the_page_shows_the_caps_of_the_rubric() -> None:
    shown = {row[0]: (row[1], row[2]) for row in table_under("<!-- caps:")}
    assert shown == {
        severity.word: (str(RUBRIC.caps_open[severity]), str(RUBRIC.caps_sensitive[severity])) for severity in Severity
    }


def test_the_page_shows_the_ladder_and_the_numbers_of_the_rubric() -> None:
    ladder = " · ".join(str(letter) for letter in sorted(Letter, reverse=True))
    assert f"**{ladder}**" in PAGE
    fresh, deep = RUBRIC.fresh[Tier.NIGHTLY].days, RUBRIC.fresh[Tier.DEEP].days
    for sentence in (
        f"less than {fresh} days ago (deep tier: {deep})",
        f"for {RUBRIC.failure_ends_after.days} days between the first and the last look",
        f"never below {RUBRIC.unknown_never_below}",
        f"allows {RUBRIC.attested_sensitive} at best (public and internal data: {RUBRIC.attested_open})",
        f"is {RUBRIC.unclaimed_cap} at best while one found asset",
        f"{RUBRIC.many_unclaimed_cap} with more than {RUBRIC.many_unclaimed} of them",
        f"for unlisted assets for {RUBRIC.discovery_age.days} days",
    ):
        assert sentence in PAGE.replace("\n  ", " ").replace("\n", " "), sentence


STALE, TOLD = Standing.STALE, Standing.ATTESTED
EXAMPLES: dict[str, list[Finding]] = {
    "parks site": [finding(PASS)],
    "library catalogue": [finding(PASS), finding(FAIL, LOW)],
    "permits": [finding(PASS), finding(FAIL, MEDIUM)],
    "permits, with case files": [finding(PASS), finding(FAIL, MEDIUM)],
    "events": [finding(PASS), finding(FAIL, HIGH)],
    "health portal": [finding(PASS), finding(FAIL, HIGH)],
    "old shop": [finding(PASS), finding(FAIL, CRITICAL)],
    "billing": [finding(PASS, CRITICAL, standing=STALE)],
    "billing, a week later": [finding(PASS, MEDIUM), finding(UNKNOWN, CRITICAL)],
    "archive": [finding(PASS, HIGH, standing=TOLD, basis=Basis.DECLARED, attestation="A-1")],
    "museum": [finding(UNKNOWN, CRITICAL)],
}


def test_the_pages_worked_examples_are_what_is_computed() -> None:
    rows = table_under("## Worked examples")
    assert [row[0] for row in rows] == list(EXAMPLES)
    systems = []
    for name, data, _, measured, at_worst in rows:
        held = asset(*EXAMPLES[name], data=Sensitivity[data.upper()], tiers=NIGHTLY)
        assert (str(held.grade.letters.measured), str(held.grade.letters.at_worst)) == (measured, at_worst), name
        systems.append((system(name, Sensitivity[data.upper()]), grade_system(system(name), [held])))
    whole = grade_city("city", systems, LOOKED, RUBRIC, AS_OF).grade
    assert f"With these eleven systems the city is {whole.letters.measured}" in PAGE
    assert whole.next
    assert f"Two steps lead to {whole.next.letter}" in PAGE
    assert sorted(step.kind for step in whole.next.steps) == [StepKind.FIX, StepKind.SEE]
