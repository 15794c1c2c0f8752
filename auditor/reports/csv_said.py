"""The CSV files of what people said, and of what ends: waivers, attestations, what ends by itself."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Attestation, Expiring, Outcome, Report, Waiver
from auditor.records import dataclass
from auditor.reports.csv_columns import LOCUS, SEPARATOR, Column, Sheet, Type


@dataclass(frozen=True, slots=True)
class WaiverRow:
    waiver: Waiver
    is_expired: bool


@dataclass(frozen=True, slots=True)
class AttestationRow:
    word: Attestation
    is_expired: bool


def _waivers(report: Report) -> Iterator[WaiverRow]:
    ended = frozenset(report.expired_waivers)
    return (WaiverRow(waiver, waiver.id in ended) for waiver in report.waivers)


def _attestations(report: Report) -> Iterator[AttestationRow]:
    ended = frozenset(report.expired_attestations)
    return (AttestationRow(word, word.id in ended) for word in report.attestations)


WAIVERS: Sheet[WaiverRow] = Sheet(
    "waivers.csv",
    "One row for each accepted risk, expired ones too. Key: run, waiver.",
    (
        Column("waiver", Type.TEXT, "Id in the inventory.", lambda row: row.waiver.id, "W-7"),
        Column("check", Type.TEXT, "The check that is waived.", lambda row: row.waiver.check, "web-hsts-missing"),
        Column("asset", Type.TEXT, "Id of the asset.", lambda row: row.waiver.asset, "utility-billing/pay"),
        Column(
            "reason",
            Type.TEXT,
            "Why the risk is accepted.",
            lambda row: row.waiver.reason,
            "The vendor fixes it in May.",
        ),
        Column("risk_owner", Type.TEXT, "Who bears the risk.", lambda row: row.waiver.risk_owner, "Billing director"),
        Column("approved_by", Type.TEXT, "Who accepted it.", lambda row: row.waiver.approved_by, "CIO"),
        Column("approved", Type.DAY, "When.", lambda row: row.waiver.approved, "2026-02-01"),
        Column(
            "expires",
            Type.DAY,
            "The last day on which it holds, in the organisation's zone (run.csv).",
            lambda row: row.waiver.expires,
            "2026-07-31",
        ),
        Column("expired", Type.BOOLEAN, "That day is over.", lambda row: row.is_expired, "false"),
    ),
    _waivers,
)

ATTESTATIONS: Sheet[AttestationRow] = Sheet(
    "attestations.csv",
    "One row for each word that somebody gave for what could not be seen. Key: run, attestation.",
    (
        Column("attestation", Type.TEXT, "Id.", lambda row: row.word.id, "A-3"),
        Column("check", Type.TEXT, "The check that it answers.", lambda row: row.word.check, "disk-plain"),
        Column("asset", Type.TEXT, "Id of the asset.", lambda row: row.word.asset, "dispatch/cad"),
        Column(
            "outcome",
            Type.WORD,
            "What was said.",
            lambda row: row.word.outcome,
            "pass",
            values=SEPARATOR.join((Outcome.PASS, Outcome.FAIL)),
        ),
        Column("statement", Type.TEXT, "In which words.", lambda row: row.word.statement, "Disks are in LUKS."),
        Column("by", Type.TEXT, "Who said it.", lambda row: row.word.by, "Head of dispatch"),
        Column("made", Type.DAY, "When.", lambda row: row.word.made, "2026-03-01"),
        Column(
            "expires",
            Type.DAY,
            "The last day on which it holds, in the organisation's zone (run.csv).",
            lambda row: row.word.expires,
            "2027-02-28",
        ),
        Column("expired", Type.BOOLEAN, "That day is over.", lambda row: row.is_expired, "false"),
    ),
    _attestations,
)

EXPIRING: Sheet[Expiring] = Sheet(
    "expiring.csv",
    "One row for each thing that ends by itself unless somebody acts, by time. Key: run, what, subject, locus.",
    (
        Column(
            "what",
            Type.TEXT,
            "certificate, waiver, attestation, agreement, listing (planned to go), or the word of a plug-in.",
            lambda row: row.what,
            "certificate",
        ),
        Column(
            "subject",
            Type.TEXT,
            "Id of the asset, the waiver, the attestation, the vendor, or of what is listed.",
            lambda row: row.subject,
            "utility-billing/pay",
        ),
        Column("locus", Type.TEXT, LOCUS, lambda row: row.locus, "192.0.2.10:443", optional=True),
        Column("at", Type.TIME, "From then on it no longer holds.", lambda row: row.at, "2026-06-19T23:59:59Z"),
    ),
    lambda report: report.expiring,
)
