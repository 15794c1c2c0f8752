"""Findings as JSON: a row of each, and its text in the report. Knows no other part of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import attrgetter

from auditor.codec import JsonValue, plain
from auditor.model import Evidence, Finding, Outcome
from auditor.reports.json_layout import members

DEPTH = 2  # of a finding in the report
MANY = 4096  # texts that are held ready; all are forgotten when there are more

_alike = attrgetter("outcome", "severity", "tier", "basis", "reason", "standing")
_said = attrgetter("summary", "evidence", "waiver", "attestation", "flapping")


def finding_row(finding: Finding) -> dict[str, JsonValue]:
    return {**_place(finding), **_weight(finding), "observed_at": plain(finding.observed_at), **_words(finding)}


def texts(findings: Iterable[Finding]) -> Iterator[str]:
    """Each as `indented` gives its row. What findings of many assets say alike is laid out once."""
    weights: dict[object, str] = {}
    words: dict[object, str] = {}
    times: dict[datetime | None, str] = {}
    start, between, end = "{\n" + " " * (DEPTH + 1), ",\n" + " " * (DEPTH + 1), "\n" + " " * DEPTH + "}"
    for finding in findings:
        if len(words) > MANY:
            words.clear()
        if len(times) > MANY:
            times.clear()
        weight, said, at = _alike(finding), _said(finding), finding.observed_at
        if weight not in weights:
            weights[weight] = members(_weight(finding), DEPTH)
        if said not in words:
            words[said] = members(_words(finding), DEPTH)
        if at not in times:
            times[at] = members({"observed_at": plain(at)}, DEPTH)
        parts = (members(_place(finding), DEPTH), weights[weight], times[at], words[said])
        yield f"{start}{between.join(parts)}{end}"


def _place(finding: Finding) -> dict[str, JsonValue]:
    return {"asset": finding.asset, "check": finding.check, "locus": finding.locus}


def _weight(finding: Finding) -> dict[str, JsonValue]:
    return {
        "outcome": finding.outcome.value,
        "severity": finding.severity.word,
        "tier": finding.tier.value,
        "basis": finding.basis.value,
        "reason": finding.reason if finding.outcome is Outcome.UNKNOWN else None,
        "standing": finding.standing.value,
    }


def _words(finding: Finding) -> dict[str, JsonValue]:
    return {
        "summary": finding.summary,
        "evidence": [_evidence(row) for row in finding.evidence],
        "waiver": finding.waiver,
        "attestation": finding.attestation,
        "flapping": finding.flapping,
    }


def _evidence(row: Evidence) -> JsonValue:
    return {"looked_at": row.looked_at, "seen": row.seen, "wanted": row.wanted}
