"""Waivers and attestations, through `auditor run`: two letters where they differ, names, and last days."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.nights.village import DAY, FIRST, Village

DOORS = ("hall/front", "hall/back", "mill/gate")
WAIVER = """\
waivers:
  - id: W-1
    asset: mill/gate
    check: door-open
    reason: sold in spring
    risk_owner: Miller
    approved_by: Mayor
    approved: 2026-01-01
    expires: 2026-03-04
"""
WORD = """\
attestations:
  - id: A-1
    asset: mill/gate
    check: door-open
    outcome: pass
    statement: The gate was locked when it was built.
    by: The smith
    made: 2026-02-01
    expires: 2026-03-04
"""
LAST_SECOND = datetime(2026, 3, 4, 22, 59, 59, tzinfo=UTC)  # in Paris, the last second of the fourth of March


def test_two_letters_are_printed_where_they_differ_and_the_measured_one_stays(village: Village) -> None:
    village.show(gate="open")
    village.run()
    assert village.letter("systems", "mill") == ("C", "C", "C")
    village.list(*DOORS, more=WAIVER)
    village.sleep()
    left = village.run()
    assert left.code == 0, left.err
    assert village.letter("systems", "mill") == ("C", "C", "A")
    assert re.search(r"^│ The mill │ C +│ +│ A +│", left.out, re.MULTILINE), left.out
    assert village.finding("mill/gate")["waiver"] == "W-1"
    assert "1 waived" in left.out
    assert village.news() == {"waived": ["mill/gate door-open"]}


def test_a_waiver_ends_with_its_last_day_in_the_citys_zone(village: Village) -> None:
    village.show(gate="open")
    village.list(*DOORS, more=WAIVER)
    village.hands.now = LAST_SECOND
    assert village.run().code == 0
    assert village.report["expired_waivers"] == []
    village.hands.now += DAY / 86_400
    left = village.run()
    assert left.code == 1
    assert "waiver ended: W-1" in left.err
    assert village.report["expired_waivers"] == ["W-1"]
    assert village.letter("systems", "mill") == ("C", "C", "C")
    assert village.news() == {"waiver_ended": ["mill/gate door-open"]}
    assert [one["subject"] for one in village.diff()["expiring"]] == ["W-1"]


def test_an_attestation_answers_what_was_not_seen_and_says_who_until_when(village: Village) -> None:
    village.show(gate="!timeout")
    village.list(*DOORS, more=WORD)
    left = village.run()
    assert left.code == 3, "nobody saw it"
    found = village.finding("mill/gate")
    assert (found["outcome"], found["basis"], found["standing"]) == ("pass", "declared", "attested")
    assert found["attestation"] == "A-1"
    assert "The smith" in found["summary"]
    assert "2026-03-04" in found["summary"]


def test_an_attestation_ends_with_its_last_day_and_is_named(village: Village) -> None:
    village.show(gate="!timeout")
    village.list(*DOORS, more=WORD)
    village.hands.now = LAST_SECOND
    assert village.run().code == 3
    village.hands.now += DAY / 86_400
    left = village.run()
    assert left.code == 1
    assert "attestation ended: A-1" in left.err
    assert village.report["expired_attestations"] == ["A-1"]
    assert village.finding("mill/gate")["outcome"] == "unknown"
    assert village.news() == {"unknown_now": ["mill/gate door-open"]}


def test_an_attestation_never_answers_a_failure_that_was_seen(village: Village) -> None:
    village.show(gate="open")
    village.list(*DOORS, more=WORD)
    village.run()
    village.show(gate="!timeout")
    village.sleep()
    village.run()
    found = village.finding("mill/gate")
    assert (found["outcome"], found["attestation"]) == ("fail", None)


def test_what_somebody_accepts_breaks_no_default_gate(village: Village) -> None:
    village.list(*DOORS, more=WAIVER)
    village.run()
    village.sleep(0.1)
    village.show(gate="open")
    left = village.run()
    assert left.code == 0, left.err
    assert village.news() == {"waived": ["mill/gate door-open"]}
    village.sleep(0.1)
    left = village.run("--gate=severity=low", "--gate=letter=B")
    assert left.code == 1
    assert left.err.count("is not met") == 1, "the measured letter has its own gate"
    assert "letter=B" in left.err


@pytest.mark.parametrize("owner", ["Miller", "miller ", "MILLER"])
def test_whoever_bears_the_risk_cannot_approve_it(village: Village, owner: str) -> None:
    village.list(*DOORS, more=WAIVER.replace("Mayor", f"'{owner}'"))
    left = village.run()
    assert left.code == 2
    assert "whoever bears the risk cannot approve the waiver" in left.err
    assert village.looked() == []


def test_a_year_later_everything_that_was_promised_has_ended(village: Village) -> None:
    village.show(gate="open", back="!timeout")
    village.list(*DOORS, more=WAIVER + WORD.replace("asset: mill/gate", "asset: hall/back"))
    village.run()
    assert (village.report["expired_waivers"], village.report["expired_attestations"]) == ([], [])
    left = village.ask("judge last --as-of 2027-03-02 --json")
    assert left.code == 0, left.err
    later = left.out
    assert '"expired_waivers": [\n  "W-1"\n ]' in later
    assert '"expired_attestations": [\n  "A-1"\n ]' in later
    assert "same bytes" not in left.err
    assert village.hands.now == FIRST


VENDOR = "vendors: [{id: plan, name: Planwright, agreement: contract 7, expires: 2026-03-04}]\n"


def test_an_agreement_with_a_vendor_ends_as_a_waiver_does(village: Village) -> None:
    village.list(*DOORS, more=VENDOR)
    village.hands.now = LAST_SECOND
    assert village.run().code == 0
    assert village.report["expired_agreements"] == []
    assert [one["what"] for one in village.report["expiring"]] == ["agreement"]
    village.hands.now += DAY / 86_400
    left = village.run()
    assert left.code == 1
    assert "agreement ended: plan" in left.err
    assert village.report["expired_agreements"] == ["plan"]
    assert [(one["what"], one["subject"]) for one in village.diff()["expiring"]] == [("agreement", "plan")]
