"""Facts → findings: one per check and locus, and UNKNOWN with its reason for whatever gave no answer."""

from __future__ import annotations

import itertools
from dataclasses import replace
from enum import StrEnum

import pytest

from auditor.check import Check, check, failed, not_applicable, passed
from auditor.codec import canonical
from auditor.derive import Undecided
from auditor.deriving import Sights
from auditor.judge import declared_facts, judge_asset, sensitivity_of, unknown
from auditor.model import (
    Asset,
    Basis,
    Estate,
    Evidence,
    Finding,
    Outcome,
    Reason,
    Sensitivity,
    Severity,
    System,
    Verdict,
)
from auditor.probe import Seen, Unseen
from tests.judge_rig import AT, HALF, Lock, blind, key, lock

ASSET = Asset(id="door", kind="toy", address="toy://door", system="house")


@check("door-unlocked", reads=Lock, severity=Severity.HIGH, effort=1, controls=("House rule 1",))
def unlocked(facts: Lock) -> Verdict:
    """The door has no bolt.

    Why: Anybody walks in.
    Fix: Put a bolt on it.
    """
    if facts.bolts < 0:
        return not_applicable("there is no door")
    return passed("bolted") if facts.bolts else failed("open")


class Bolt(StrEnum):
    SHUT = "bolted"


ROW = Evidence("door", "bolts", "two")
ODD_VERDICTS: dict[str, object] = {
    "half a letter": Verdict(Outcome.PASS, HALF),
    "half a letter in the evidence": Verdict(Outcome.PASS, "bolted", (ROW, Evidence("door", HALF, "two"))),
    "a number as summary": Verdict(Outcome.PASS, 7),  # type: ignore[arg-type]
    "no summary": Verdict(Outcome.PASS, None),  # type: ignore[arg-type]
    "bytes in the evidence": Verdict(Outcome.PASS, "bolted", (Evidence("door", b"bolts", "two"),)),  # type: ignore[arg-type]
    "texts as evidence": Verdict(Outcome.PASS, "bolted", ("bolts",)),  # type: ignore[arg-type]
    "a text as evidence": Verdict(Outcome.PASS, "bolted", "bolts"),  # type: ignore[arg-type]
    "a list of evidence": Verdict(Outcome.PASS, "bolted", [ROW]),  # type: ignore[arg-type]
    "nothing as evidence": Verdict(Outcome.PASS, "bolted", None),  # type: ignore[arg-type]
    "a kind of text of its own": Verdict(Outcome.PASS, Bolt.SHUT),
    "a word as outcome": Verdict("pass", "bolted"),  # type: ignore[arg-type]
}


def misbehaving(behaviour: str) -> Check[Lock]:
    @check("door-odd", reads=Lock, severity=Severity.HIGH, effort=1, controls=("House rule 2",))
    def odd(facts: Lock) -> Verdict:
        """An odd check.

        Why: Strangers write checks.
        Fix: Write it well.
        """
        answers = {
            "unknown": Verdict(Outcome.UNKNOWN, "who knows"),
            "nothing": None,
            "text": "pass",
            **ODD_VERDICTS,
        }
        if behaviour == "undecided":
            raise Undecided(Reason.CHAIN_INCOMPLETE, "an issuer")
        if behaviour == "undecided about half a letter":
            raise Undecided(Reason.CHAIN_INCOMPLETE, HALF)
        if behaviour == "undecided for no reason":
            raise Undecided("chain_incomplete", "an issuer")  # type: ignore[arg-type]
        if behaviour == "crash":
            raise RuntimeError("a secret that a target said")
        return answers[behaviour]  # type: ignore[return-value]

    return odd


def judged(*sights: Seen | Unseen, by: Check[Lock] = unlocked) -> dict[str, Finding]:
    return {finding.locus: finding for finding in judge_asset(ASSET, Sights.of(sights), [by])}


@pytest.mark.parametrize(("bolts", "outcome"), [(1, Outcome.PASS), (0, Outcome.FAIL), (-1, Outcome.NOT_APPLICABLE)])
def test_a_verdict_is_pinned_to_its_place(bolts: int, outcome: Outcome) -> None:
    finding = judged(lock(bolts, "front", Basis.IMPORTED))["front"]
    assert finding.key == ("door", "door-unlocked", "front")
    assert (finding.outcome, finding.basis, finding.observed_at) == (outcome, Basis.IMPORTED, AT)
    assert (finding.severity, finding.tier, finding.reason) == (Severity.HIGH, unlocked.tier, None)


def test_there_is_one_finding_per_locus_in_order() -> None:
    assert list(judged(lock(1, "b"), blind(locus="c"), lock(0, "a"))) == ["a", "b", "c"]


def test_what_was_not_seen_is_unknown_with_its_reason() -> None:
    finding = judged(blind(reason=Reason.THROTTLED))[""]
    assert (finding.outcome, finding.reason, finding.observed_at) == (Outcome.UNKNOWN, "throttled", None)
    assert "door:1" in finding.summary


@pytest.mark.parametrize(
    ("detail", "summary"),
    [
        ("", "the answer was not TLS"),
        ("door:1", "the answer was not TLS (door:1)"),
        ("door:1 (it says 454)", "the answer was not TLS: door:1 (it says 454)"),
    ],
)
def test_why_it_was_not_seen_is_told_without_brackets_in_brackets(detail: str, summary: str) -> None:
    assert unknown(ASSET, unlocked, "", Reason.NOT_TLS, detail).summary == summary


@pytest.mark.parametrize(
    ("summary", "here"),
    [
        ("refused (door:1)", "refused"),
        ("refused (door:1: refused)", "refused"),
        ("refused (door:1: it is painted)", "refused (it is painted)"),
        ("refused: door:1 (it says 454)", "refused (it says 454)"),
        ("refused (door:2)", "refused (door:2)"),
        ("refused", "refused"),
    ],
)
def test_who_stands_at_the_place_is_not_told_it_again(summary: str, here: str) -> None:
    finding = replace(unknown(ASSET, unlocked, "door:1", Reason.REFUSED, ""), summary=summary)
    assert finding.summary_here == here
    assert replace(finding, locus="").summary_here == summary


def test_silence_of_a_probe_is_unknown() -> None:
    assert judged()[""].reason == "not_observed"
    assert judged(key(1))[""].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("crash", "check_error"),
        ("unknown", "check_error"),
        ("nothing", "check_error"),
        ("text", "check_error"),
        ("undecided", "chain_incomplete"),
        ("undecided about half a letter", "check_error"),
        ("undecided for no reason", "check_error"),
        *((name, "check_error") for name in ODD_VERDICTS),
    ],
)
def test_a_check_that_gives_no_verdict_is_unknown(behaviour: str, reason: str) -> None:
    finding = judged(lock(1), by=misbehaving(behaviour))[""]
    assert (finding.outcome, finding.reason, finding.observed_at) == (Outcome.UNKNOWN, reason, None)
    assert "secret" not in finding.summary
    assert canonical(finding), "it can be kept"


@pytest.mark.parametrize("text", ["", "bolted", "ß \U0001f512 \u202e \0 \x1b[2J"])
def test_any_text_that_can_be_kept_is_handed_on(text: str) -> None:
    @check("door-odd", reads=Lock, severity=Severity.HIGH, effort=1, controls=("House rule 2",))
    def odd(_: Lock) -> Verdict:
        """An odd check.

        Why: Doors have names.
        Fix: None.
        """
        return failed(text, Evidence(text, text, text))

    finding = judged(lock(1), by=odd)[""]
    assert (finding.outcome, finding.summary, finding.evidence) == (Outcome.FAIL, text, (Evidence(text, text, text),))


def test_a_crash_leaves_the_other_checks_unharmed() -> None:
    findings = judge_asset(ASSET, Sights.of([lock(0)]), [misbehaving("crash"), unlocked])
    assert [finding.outcome for finding in findings] == [Outcome.UNKNOWN, Outcome.FAIL]


# Several observations of one place


@pytest.mark.parametrize(
    ("sights", "outcome", "reason"),
    [
        pytest.param([lock(1), lock(1)], Outcome.PASS, None, id="twice-the-same"),
        pytest.param([lock(1), lock(2)], Outcome.UNKNOWN, "inconsistent", id="two-that-differ"),
        pytest.param([lock(1), blind()], Outcome.UNKNOWN, "timeout", id="seen-and-not-seen"),
        pytest.param([lock(1), lock(2), blind()], Outcome.UNKNOWN, "timeout", id="all-of-it"),
        pytest.param([blind(reason=Reason.RESET), blind()], Outcome.UNKNOWN, "reset", id="two-reasons"),
    ],
)
def test_two_words_on_one_place_are_no_health(
    sights: list[Seen | Unseen], outcome: Outcome, reason: str | None
) -> None:
    for order in itertools.permutations(sights):
        finding = judged(*order)[""]
        assert (finding.outcome, finding.reason) == (outcome, reason)


# What the inventory says


@pytest.mark.parametrize(
    ("own", "system", "expected"),
    [
        (None, Sensitivity.INTERNAL, Sensitivity.INTERNAL),
        (Sensitivity.RESTRICTED, Sensitivity.PUBLIC, Sensitivity.RESTRICTED),
        (None, None, Sensitivity.UNDECLARED),
    ],
)
def test_an_asset_declares_for_itself_else_its_system_does(
    own: Sensitivity | None, system: Sensitivity | None, expected: Sensitivity
) -> None:
    asset = Asset(id="a", kind="toy", address="toy://a", system="s", sensitivity=own, intended_public=True)
    home = (
        System(
            id="s",
            name="S",
            department="d",
            owner="o",
            sensitivity=system,
            exposure="internal",
            retention_days=30,
            estate=Estate(accounts=("123456789012",), jurisdictions=("US",)),
        )
        if system
        else None
    )
    assert sensitivity_of(asset, home) is expected
    declared = declared_facts(asset, home, AT)
    assert (declared.sensitivity, declared.intended_public) == (expected, True)
    assert declared.exposure == ("internal" if system else "internet")
    assert declared.retention_days == (30 if system else None)
    assert (declared.own_accounts, declared.jurisdictions) == ((("123456789012",), ("US",)) if system else ((), ()))
