"""A finding's text in the report is that of its row, however much of it other findings said before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import findings as packing
from auditor.findings import Findings, Words
from auditor.model import Basis, Evidence, Finding, Outcome, Severity, Standing, Tier
from auditor.reports import json_findings
from auditor.reports.json_findings import finding_row, texts
from auditor.reports.json_layout import indented

WORDS = st.sampled_from(("", "a", "two\nlines", "a\x1b[31m", 'quo"te', "Zürich", "\x7f", "\u202e")) | st.text(
    max_size=4
)
EVIDENCE = st.lists(st.builds(Evidence, WORDS, WORDS, WORDS), max_size=2).map(tuple)
TIMES = st.none() | st.integers(0, 3).map(
    lambda day: datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=day, microseconds=day)
)
FINDINGS = st.builds(
    Finding,
    asset=WORDS,
    check=st.sampled_from(("bucket-plain-http", "bucket-public-acl")),
    locus=WORDS,
    severity=st.sampled_from(Severity),
    tier=st.sampled_from(Tier),
    outcome=st.sampled_from(Outcome),
    summary=WORDS,
    basis=st.sampled_from(Basis),
    reason=st.sampled_from((None, "timeout", "dns")),
    evidence=EVIDENCE,
    observed_at=TIMES,
    standing=st.sampled_from(Standing),
    waiver=st.sampled_from((None, "w1")),
    attestation=st.sampled_from((None, "a1")),
    flapping=st.booleans(),
)


@given(st.lists(FINDINGS, max_size=8))
def test_a_text_is_that_of_the_row(findings: list[Finding]) -> None:
    told = list(texts(findings))
    assert told == [indented(finding_row(one), 2) for one in findings]
    assert [json.loads(one) for one in told] == [finding_row(one) for one in findings]


@given(st.lists(FINDINGS, max_size=8), st.sampled_from((1, 2, 1024)))
def test_a_text_is_that_of_the_row_where_findings_are_packed(findings: list[Finding], many: int) -> None:
    """Of several assets, with all that is held ready, or next to nothing."""
    parts = {one.asset: [other for other in findings if other.asset == one.asset] for one in findings}
    words = Words()
    packed = Findings([words.packed(asset, row) for asset, row in parts.items()])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_findings, "MANY", many)
        patched.setattr(packing, "MANY", many)
        told = list(texts(packed))
    assert told == [indented(finding_row(one), 2) for row in parts.values() for one in row]


def test_what_was_forgotten_is_laid_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_findings, "MANY", 1)
    findings = [
        Finding(
            asset="s/a",
            check="bucket-plain-http",
            locus="",
            severity=Severity.HIGH,
            tier=Tier.NIGHTLY,
            outcome=Outcome.FAIL,
            summary=str(number % 3),
            observed_at=datetime(2026, 6, 1 + number % 4, tzinfo=UTC),
        )
        for number in range(12)
    ]
    assert list(texts(findings)) == [indented(finding_row(one), 2) for one in findings]
