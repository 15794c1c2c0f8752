"""The CSV files of what was found: findings, their evidence, and assets that no inventory lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.model import (
    Asset,
    Basis,
    Evidence,
    Finding,
    Grade,
    Outcome,
    Reason,
    Report,
    Severity,
    Standing,
    Tier,
)
from auditor.records import dataclass
from auditor.reports.csv_columns import LOCUS, SEPARATOR, Column, Sheet, Type


@dataclass(frozen=True, slots=True)
class FindingRow:
    finding: Finding
    system: str
    department: str
    holds_asset: bool
    holds_system: bool


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    finding: Finding
    number: int  # from 1
    evidence: Evidence


def _findings(report: Report) -> Iterator[FindingRow]:
    homes = {asset.id: asset.system for asset in report.assets}
    departments = {system.id: system.department for system in report.systems}
    by_asset, by_system = _holding(report.asset_grades), _holding(report.system_grades)
    for finding in report.findings:
        system = homes.get(finding.asset, "")
        department = departments.get(system, "")
        yield FindingRow(finding, system, department, finding.key in by_asset, finding.key in by_system)


def _holding(grades: Iterable[Grade]) -> frozenset[tuple[str, str, str]]:
    return frozenset((step.subject, step.check, step.locus) for grade in grades for step in grade.held_by)


def _evidence(report: Report) -> Iterator[EvidenceRow]:
    for finding in report.findings:
        for number, evidence in enumerate(finding.evidence, start=1):
            yield EvidenceRow(finding, number, evidence)


FINDINGS: Sheet[FindingRow] = Sheet(
    "findings.csv",
    "One row for what each check says of each place, passes too. Key: run, asset, check, locus.",
    (
        Column("asset", Type.TEXT, "Id of the asset.", lambda row: row.finding.asset, "utility-billing/pay"),
        Column(
            "check", Type.TEXT, "Id of the check (docs/checks.md).", lambda row: row.finding.check, "web-hsts-missing"
        ),
        Column("locus", Type.TEXT, LOCUS, lambda row: row.finding.locus, "192.0.2.10:443", optional=True),
        Column("system", Type.TEXT, "Id of its system.", lambda row: row.system, "utility-billing", optional=True),
        Column("department", Type.TEXT, "Id of its department.", lambda row: row.department, "water", optional=True),
        Column(
            "outcome",
            Type.WORD,
            "What the check says. unknown is never a pass.",
            lambda row: row.finding.outcome,
            "fail",
            values=SEPARATOR.join(Outcome),
        ),
        Column(
            "severity",
            Type.WORD,
            "How bad a failure of this check is, whatever data is behind it.",
            lambda row: row.finding.severity.word,
            "medium",
            values=SEPARATOR.join(one.word for one in Severity),
        ),
        Column(
            "tier",
            Type.WORD,
            "How much the check asks of its target.",
            lambda row: row.finding.tier,
            "nightly",
            values=SEPARATOR.join(Tier),
        ),
        Column(
            "basis",
            Type.WORD,
            "How sure we are: seen by us, taken from another tool, or told.",
            lambda row: row.finding.basis,
            "observed",
            values=SEPARATOR.join(Basis),
        ),
        Column(
            "standing",
            Type.WORD,
            "Why it counts: seen in this run, seen in an earlier one, or told.",
            lambda row: row.finding.standing,
            "now",
            values=SEPARATOR.join(Standing),
        ),
        Column(
            "reason",
            Type.WORD,
            "Why it could not be seen; empty for what is not unknown.",
            lambda row: row.finding.reason if row.finding.outcome is Outcome.UNKNOWN else None,
            "timeout",
            values=SEPARATOR.join(one.word for one in Reason),
            optional=True,
        ),
        Column(
            "observed_at",
            Type.TIME,
            "When it was seen; empty where it never was.",
            lambda row: row.finding.observed_at,
            "2026-06-01T02:00:07Z",
            optional=True,
        ),
        Column(
            "flapping",
            Type.BOOLEAN,
            "It was seen both ways in this run; the worse counts.",
            lambda row: row.finding.flapping,
            "false",
        ),
        Column(
            "waiver",
            Type.TEXT,
            "Id of the waiver in force that covers it (waivers.csv).",
            lambda row: row.finding.waiver,
            "W-7",
            optional=True,
        ),
        Column(
            "attestation",
            Type.TEXT,
            "Id of the attestation that answers or backs it (attestations.csv).",
            lambda row: row.finding.attestation,
            "A-3",
            optional=True,
        ),
        Column(
            "holds_asset",
            Type.BOOLEAN,
            "It holds its asset down at the asset's measured letter.",
            lambda row: row.holds_asset,
            "true",
        ),
        Column(
            "holds_system",
            Type.BOOLEAN,
            "It holds its system down at the system's measured letter.",
            lambda row: row.holds_system,
            "true",
        ),
        Column(
            "summary",
            Type.TEXT,
            "What was found, as half a sentence.",
            lambda row: row.finding.summary,
            "the site sends no Strict-Transport-Security header",
            optional=True,
        ),
    ),
    _findings,
)
EVIDENCE: Sheet[EvidenceRow] = Sheet(
    "evidence.csv",
    "One row for each thing that somebody else can check again. Key: run, asset, check, locus, row.",
    (
        Column("asset", Type.TEXT, "Id of the asset.", lambda row: row.finding.asset, "utility-billing/pay"),
        Column("check", Type.TEXT, "Id of the check.", lambda row: row.finding.check, "web-hsts-missing"),
        Column("locus", Type.TEXT, LOCUS, lambda row: row.finding.locus, "192.0.2.10:443", optional=True),
        Column("row", Type.INTEGER, "Its number within the finding.", lambda row: row.number, "1", values="from 1"),
        Column(
            "looked_at",
            Type.TEXT,
            "Where we looked.",
            lambda row: row.evidence.looked_at,
            "header Strict-Transport-Security",
            optional=True,
        ),
        Column("seen", Type.TEXT, "What was there.", lambda row: row.evidence.seen, "absent", optional=True),
        Column(
            "wanted",
            Type.TEXT,
            "What should have been there.",
            lambda row: row.evidence.wanted,
            "max-age of half a year or more",
            optional=True,
        ),
    ),
    _evidence,
)
FOUND: Sheet[Asset] = Sheet(
    "found.csv",
    "One row for each asset that is in no inventory and that nobody excluded. Key: run, asset.",
    (
        Column("asset", Type.TEXT, "Id.", lambda row: row.id, "s3://fernwick-old-backups"),
        Column("kind", Type.TEXT, "web, server, bucket, tls, mx, devices, or another.", lambda row: row.kind, "bucket"),
        Column("address", Type.TEXT, "Where it is.", lambda row: row.address, "s3://fernwick-old-backups"),
    ),
    lambda report: report.found,
)
