"""Attestations: what is read, and each way to get one wrong: one complaint, exactly where it stands."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.model import Attestation, Outcome
from tests.inventory.writing import SOUND, complaints, located, marked, read, spoilt

WORD = """\
attestations:
  - id: A-1
    asset: site/db
    check: disk-plain
    outcome: pass
    statement: The vendor encrypts the disks under its own keys.
    by: Vendor Manager
    made: 2026-02-01
    expires: 2027-02-01
"""
ATTESTED = SOUND + WORD
SECOND = "  - {{id: {0}, asset: {1}, check: {2}, outcome: fail, statement: x, by: y, made: {3}, expires: 2027-01-01}}\n"


def test_an_attestation() -> None:
    assert read(ATTESTED).attestations == (
        Attestation(
            id="A-1",
            check="disk-plain",
            asset="site/db",
            outcome=Outcome.PASS,
            statement="The vendor encrypts the disks under its own keys.",
            by="Vendor Manager",
            made=date(2026, 2, 1),
            expires=date(2027, 2, 1),
        ),
    )


def test_without_the_section_there_are_none() -> None:
    assert read().attestations == ()


@pytest.mark.parametrize(
    "edit",
    [
        ("outcome: pass", "outcome: fail"),
        ("expires: 2027-02-01", "expires: 2026-02-01"),
        ("by: Vendor Manager\n", "by: Vendor Manager\n    ticket: CHG-1/2\n    evidence: contract 7, section 3\n"),
        ("made: 2026-02-01\n    expires: 2027-02-01", "made: 2001-02-01\n    expires: 2001-02-02"),
        ("id: A-1", "id: W-1"),
    ],
    ids=["a failure", "for one day", "ticket and evidence", "expired", "the id of a waiver"],
)
def test_what_may_be_attested(edit: tuple[str, str]) -> None:
    assert complaints(spoilt(edit, text=ATTESTED)) == []


@pytest.mark.parametrize(
    "edit",
    [("outcome: pass", "outcome: fail"), ("by: Vendor", "by: City"), ("made: 2026-02-01", "made: 2026-02-02")],
)
def test_a_changed_word_changes_the_digest(edit: tuple[str, str]) -> None:
    assert read(spoilt(edit, text=ATTESTED)).digest != read(ATTESTED).digest


def test_a_later_word_stands_beside_the_one_it_replaces() -> None:
    text = ATTESTED + SECOND.format("A-2", "site/db", "disk-plain", "2026-02-02")
    assert [word.id for word in read(text).attestations] == ["A-1", "A-2"]


def test_a_waiver_and_an_attestation_of_one_check_exclude_nothing() -> None:
    assert complaints(spoilt(("check: disk-plain", "check: swap-plain"), text=ATTESTED)) == []


ROWS = {
    "no_outcome": [("- id: A-1", "- §id: A-1"), ("    outcome: pass\n", ""), "the key 'outcome' is missing."],
    "no_author": [("- id: A-1", "- §id: A-1"), ("    by: Vendor Manager\n", ""), "the key 'by' is missing."],
    "no_expiry": [("- id: A-1", "- §id: A-1"), ("    expires: 2027-02-01\n", ""), "the key 'expires' is missing."],
    "unknown_key": [("    by:", "    §approved_by: x\n    by:"), "unknown key 'approved_by'."],
    "unknown_outcome": [("outcome: pass", "outcome: §unknown"), "'outcome' is 'unknown', not pass or fail."],
    "outcome_that_is_a_truth": [("outcome: pass", "outcome: §true"), "'outcome' must be a word, not true or false."],
    "empty_statement": [
        ("statement: The vendor encrypts the disks under its own keys.", 'statement: §""'),
        "'statement': this text is empty.",
    ],
    "bad_id": [
        ("id: A-1", "id: §A 1"),
        "'id': an id is letters, digits, '-', '_', '/' and '.', at most 129 characters.",
    ],
    "bad_day": [("made: 2026-02-01", "made: §2026-02-30"), "'made': 2026-02-30 is no day of the calendar."],
    "ends_before_it_begins": [
        ("expires: 2027-02-01", "expires: §2026-01-31"),
        "the attestation expires before it is made (2026-02-01).",
    ],
    "of_no_asset": [
        ("attestations:\n  - id: A-1\n    asset: site/db", "attestations:\n  - id: A-1\n    asset: §site/dbb"),
        "the attestation matches nothing: no asset 'site/dbb' is listed. (did you mean 'site/db'?)",
    ],
    "of_an_asset_without_its_system": [
        ("attestations:\n  - id: A-1\n    asset: site/db", "attestations:\n  - id: A-1\n    asset: §db"),
        "the attestation matches nothing: no asset 'db' is listed. (did you mean 'site/db'?)",
    ],
    "of_no_check": [
        ("check: disk-plain", "check: §disk-plane"),
        "the attestation matches nothing: there is no check 'disk-plane'. (did you mean 'disk-plain'?)",
    ],
    "one_id_twice": [
        ("attestations:\n", "attestations:\n" + SECOND.format("A-1", "site/www", "disk-plain", "2026-01-01")),
        ("  - id: A-1", "  - id: §A-1"),
        "the attestation 'A-1' stands already in line 36.",
    ],
    "two_of_one_day": [
        ("attestations:\n", "attestations:\n" + SECOND.format("A-0", "site/db", "disk-plain", "2026-02-01")),
        ("    made: 2026-02-01", "    made: §2026-02-01"),
        "an attestation of this asset and check that was made on this day stands already in line 36.",
    ],
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_each_bad_attestation_is_one_complaint_where_it_stands(row: list[tuple[str, str] | str]) -> None:
    edits = [edit for edit in row if isinstance(edit, tuple)]
    messages = tuple(message for message in row if isinstance(message, str))
    text, places = marked(spoilt(*edits, text=ATTESTED))
    assert complaints(text) == located(places, messages)


def test_an_attestation_of_a_check_that_is_never_asked_of_such_an_asset_matches_nothing() -> None:
    kinds = {"swap-plain": ("server",), "disk-plain": ("bucket",)}
    text, places = marked(spoilt(("check: disk-plain", "check: §disk-plain"), text=ATTESTED))
    message = "the attestation matches nothing: disk-plain is never asked of a server."
    assert complaints(text, kinds) == located(places, (message,))


@pytest.mark.parametrize("key", ["statement", "by", "evidence"])
@pytest.mark.parametrize(
    ("hidden", "message"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "a key or token stands here: take it out, and replace it where it is used."),
        ("x\\e[2J", "an invisible character stands in this text."),
    ],
)
def test_a_secret_in_an_attestation_is_refused_and_never_repeated(key: str, hidden: str, message: str) -> None:
    lines = [line for line in ATTESTED.splitlines() if not line.startswith(f"    {key}:")]
    text, places = marked("\n".join(lines) + f'\n    {key}: §"{hidden}"\n')
    assert complaints(text) == located(places, (message,))
