"""Gates say what is not met in one sentence each; fixing never breaks one, and failing never mends one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.diff import diff
from auditor.errors import UsageError
from auditor.gates import DEFAULT, POSSIBLE, broken, parse, refuse_for_a_part
from auditor.model import (
    CityGrade,
    Counts,
    Finding,
    Grade,
    Letter,
    Letters,
    Outcome,
    Report,
    RunInfo,
    Severity,
    Standing,
    Tier,
)
from auditor.past import Move, state_of
from tests.gates_rig import AFTER, AS_OF, BEFORE, FAIL, PASS, UNKNOWN

ESC = "\x1b[31m"


def finding(
    outcome: Outcome = FAIL,
    severity: Severity = Severity.HIGH,
    asset: str = "permits/portal",
    check: str = "tls-old",
    locus: str = "",
    waiver: str | None = None,
    standing: Standing = Standing.NOW,
) -> Finding:
    return Finding(
        asset=asset,
        check=check,
        locus=locus,
        severity=severity,
        tier=Tier.NIGHTLY,
        outcome=outcome,
        summary="as seen",
        waiver=waiver,
        standing=standing,
    )


def letters(letter: Letter) -> Letters:
    return Letters(letter, letter, letter)


def report(
    *findings: Finding,
    systems: dict[str, Letter] | None = None,
    city: Letter | None = None,
    counts: tuple[Counts, ...] = (),
    complete: bool = True,
) -> Report:
    run = RunInfo(
        id="after", started=AS_OF, finished=AS_OF, tool="1", rubric="1", complete=complete, as_of=AS_OF, inventory="i"
    )
    return Report(
        run=run,
        organisation="elm",
        timezone="UTC",
        systems=(),
        assets=(),
        findings=findings,
        asset_grades=tuple(Grade(f"a/{number}", letters(Letter.C), count) for number, count in enumerate(counts)),
        system_grades=tuple(Grade(name, letters(letter), Counts()) for name, letter in (systems or {}).items()),
        city=CityGrade(Grade("elm", letters(city), Counts()), (), 0, 0, 0) if city is not None else None,
    )


def said(text: str, of: Report, *moves: Move) -> str:
    """What one gate says, "" where it is met."""
    found = broken(parse([text], always=()), of, diff(BEFORE, AFTER, moves, (), ()))
    assert len(found) <= 1
    return "".join(found)


def move(before: Finding | None, after: Finding | None) -> Move:
    known = after or before
    assert known
    return Move(known.key, before and state_of(before), after and state_of(after))


# What is written after --gate


def test_every_possible_gate_is_read_and_reads_back() -> None:
    texts = ["regression", "new", "expired", "complete", "letter=A+", "city=D", "severity=critical", "coverage=100"]
    assert [gate.text for gate in parse(texts, always=())] == texts
    for text in texts:
        assert text.split("=")[0] in POSSIBLE


def test_the_default_gates_stand_beside_named_ones_each_once() -> None:
    assert parse([]) == DEFAULT
    named = parse(["letter=C", "expired", "letter=C", "letter=B"])
    assert [gate.text for gate in named] == ["regression", "expired", "letter=C", "letter=B"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "regressions",
        "regression=1",
        "letter",
        "letter=",
        "letter=F",  # nothing is below F: it would never break
        "letter=NG",
        "letter=c",
        "city=E",
        "severity=grave",
        "coverage=95.5",
        "coverage=101",
        "coverage=-1",
        "coverage=095",
        "coverage=٩٥",
        "coverage=nan",
        " regression",
        ESC,
    ],
)
def test_what_is_no_gate_is_refused_with_the_possible_ones(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse([text])
    assert "Possible are: regression, new, expired, complete, letter=" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_run_of_a_part_refuses_the_gate_on_the_citys_letter_before_anything_is_probed() -> None:
    with pytest.raises(UsageError, match=r"--gate city=B needs a run of the whole inventory"):
        refuse_for_a_part(parse(["city=B"]))
    refuse_for_a_part(parse(["letter=B", "complete"]))


# Each gate


def test_a_regression_is_named_with_its_place() -> None:
    bad = finding(locus="192.0.2.1:443")
    assert said("regression", report(), move(finding(PASS, locus="192.0.2.1:443"), bad)) == (
        "Gate regression is not met: 1 check fails that did not before: permits/portal tls-old at 192.0.2.1:443."
    )


def test_what_is_known_waived_or_new_is_no_regression() -> None:
    quiet = (
        move(finding(), finding()),
        move(finding(PASS), finding(waiver="W-1")),
        move(None, finding()),
        move(finding(), None),
    )
    for one in quiet:
        assert said("regression", report(), one) == ""


def test_an_ended_waiver_and_a_place_that_flaps_are_regressions() -> None:
    assert "1 check fails" in said("regression", report(), move(finding(waiver="W-1"), finding()))
    assert "1 check fails" in said("regression", report(), move(finding(PASS), replace(finding(), flapping=True)))
    assert said("regression", report(), move(finding(), replace(finding(), flapping=True))) == ""


def test_many_culprits_are_counted_and_three_are_named() -> None:
    moves = [move(finding(PASS, locus=str(n)), finding(locus=str(n))) for n in range(5)]
    sentence = said("regression", report(), *moves)
    assert sentence.startswith("Gate regression is not met: 5 checks fail")
    assert sentence.endswith("permits/portal tls-old at 2 and 2 more.")


def test_a_first_run_and_no_comparison_meet_the_gates_that_compare() -> None:
    chosen = parse(["regression", "new"], always=())
    first = diff(None, AFTER, [move(None, finding())], (), ())
    assert broken(chosen, report(finding()), first) == ()
    assert broken(chosen, report(finding()), None) == ()


def test_a_failure_where_nothing_was_breaks_new_alone() -> None:
    one = move(None, finding())
    assert "1 check fails where nothing was before" in said("new", report(), one)
    assert said("new", report(), move(finding(PASS), finding())) == ""
    assert said("new", report(), move(None, finding(waiver="W-1"))) == ""


def test_what_expired_is_named() -> None:
    ended = replace(report(), expired_waivers=("W-1", "W-2"), expired_attestations=("AT-1",))
    assert said("expired", ended) == (
        "Gate expired is not met: 2 waivers ended: W-1, W-2; 1 attestation ended: AT-1; renew or remove them."
    )
    assert said("expired", report()) == ""


@pytest.mark.parametrize(("letter", "met"), [("A+", False), ("A", False), ("B", False), ("C", True), ("D", True)])
def test_a_system_on_the_letter_itself_meets_the_gate(letter: str, met: bool) -> None:
    assert (said(f"letter={letter}", report(systems={"permits": Letter.C})) == "") is met


def test_not_graded_is_below_every_letter_and_the_worst_is_named_first() -> None:
    low = report(systems={"parks": Letter.A, "permits": Letter.NG, "pay": Letter.D, "safety": Letter.F})
    assert said("letter=C", low) == ("Gate letter=C is not met: 3 systems are below C: safety F, permits NG, pay D.")
    assert "1 system is below D: permits NG" in said("letter=D", report(systems={"permits": Letter.NG}))


def test_the_citys_letter() -> None:
    assert said("city=B", report(city=Letter.C)) == "Gate city=B is not met: the city is C."
    assert said("city=B", report(city=Letter.B)) == ""
    assert "gives the city no letter" in said("city=D", report(city=None))


def test_a_failure_of_that_severity_or_a_graver_one() -> None:
    grave, less = finding(severity=Severity.CRITICAL, check="web-y"), finding(severity=Severity.HIGH)
    assert said("severity=high", report(less, grave)) == (
        "Gate severity=high is not met: 2 checks fail (high or graver): permits/portal web-y, permits/portal tls-old."
    )
    assert "1 check fails (critical): permits/portal web-y" in said("severity=critical", report(less, grave))
    assert said("severity=critical", report(less)) == ""
    assert said("severity=low", report(finding(PASS), finding(UNKNOWN))) == ""


def test_a_failure_that_stands_unseen_counts() -> None:
    assert said("severity=high", report(finding(standing=Standing.STALE))) != ""


@pytest.mark.parametrize("text", ["regression", "new", "expired", "complete", "severity=low", "coverage=100"])
def test_waived_failures_alone_keep_a_gate_green(text: str) -> None:
    """Prowler left with "failed" although all that failed was muted (prowler-cloud/prowler#3721)."""
    muted = report(finding(waiver="W-1"), finding(waiver="W-1", locus="x"), counts=(Counts(asked=2, answered=2),))
    assert said(text, muted, move(finding(PASS), finding(waiver="W-1")), move(None, finding(waiver="W-1"))) == ""


@pytest.mark.parametrize(
    ("percent", "answered", "asked", "words"),
    [
        (95, 95, 100, ""),
        (95, 94, 100, "94 of 100 checks answered, 94.0 %"),
        (95, 9_499, 10_000, "9499 of 10000 checks answered, 94.9 %"),
        (100, 0, 1, "0 of 1 check answered, 0.0 %"),
        (0, 0, 1, ""),
        (1, 0, 0, "nothing was asked"),
        (0, 0, 0, ""),
    ],
)
def test_coverage_is_counted_over_all_assets_and_never_rounded_up(
    percent: int, answered: int, asked: int, words: str
) -> None:
    halves = (Counts(asked=asked - asked // 2, answered=0), Counts(asked=asked // 2, answered=answered))
    expected = f"Gate coverage={percent} is not met: {words}." if words else ""
    assert said(f"coverage={percent}", report(counts=halves)) == expected


def test_what_could_not_be_seen_is_named() -> None:
    unseen = (finding(UNKNOWN, locus="x"), finding(PASS, standing=Standing.STALE, locus="y"), finding())
    assert said("complete", report(*unseen, complete=False)) == (
        "Gate complete is not met: 2 checks could not be seen: "
        "permits/portal tls-old at x, permits/portal tls-old at y."
    )
    assert said("complete", report(*unseen)) == ""
    assert "not all that the inventory asks could be asked" in said("complete", report(complete=False))


def test_each_gate_that_is_not_met_has_one_sentence_in_their_order() -> None:
    low = replace(report(finding(), systems={"permits": Letter.D}, city=Letter.D), expired_waivers=("W-1",))
    chosen = parse(["city=B", "letter=C", "severity=high"])
    sentences = broken(chosen, low, diff(BEFORE, AFTER, [move(finding(PASS), finding())], (), ()))
    names = ["regression", "expired", "city=B", "letter=C", "severity=high"]
    assert [sentence.split(" is not met: ")[0] for sentence in sentences] == [f"Gate {name}" for name in names]


def test_what_a_target_said_has_no_power() -> None:
    evil = finding(locus=f"/{ESC}\n\u202e")
    for text in ("regression", "severity=low"):
        assert said(text, report(evil), move(replace(evil, outcome=PASS), evil)).isprintable()
    ended = replace(report(), expired_waivers=(f"W{ESC}",))
    assert said("expired", ended).isprintable()
