"""An explanation as JSON: the contract "auditor/explanation/1" (docs/explain.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from auditor.codec import JsonValue, plain
from auditor.model import Finding, Letters
from auditor.past import Key, Recorded
from auditor.reports.explanation.nouns import Blind, Explained, Kept, Level, Rule, Seen, Shown
from auditor.reports.json_findings import finding_row

SCHEMA = "auditor/explanation/1"


def render(
    shown: Shown | None,
    rule: Rule | None,
    findings: Sequence[Finding],
    since: Mapping[Key, datetime],
    explained: Sequence[Explained] = (),
) -> str:
    """The JSON text, ending in a newline. All beyond printable ASCII is escaped: a terminal obeys none of it."""
    document: JsonValue = {
        "schema": SCHEMA,
        "run": _run(shown) if shown else None,
        "check": _rule(rule) if rule else None,
        "findings": [{**finding_row(one), "since": plain(since.get(one.key))} for one in findings],
        "explained": [_explained(one) for one in explained],
    }
    return json.dumps(document, indent=1).replace("\x7f", "\\u007f") + "\n"


def _run(shown: Shown) -> JsonValue:
    run = shown.report.run
    return {
        "id": run.id,
        "as_of": plain(run.as_of),
        "tool": run.tool,
        "rubric": run.rubric,
        "timezone": shown.report.timezone,
        "judged_by": shown.judged_by,
    }


def _rule(rule: Rule) -> JsonValue:
    check = rule.check
    return {
        "id": check.id,
        "title": check.title,
        "why": check.why,
        "fix": check.fix,
        "severity": check.severity.word,
        "tier": check.tier.value,
        "effort": check.effort,
        "controls": list(check.controls),
        "distribution": rule.distribution,
        "rule": {"name": check.source, "file": rule.file, "line": rule.line},
        "rubric": rule.rubric,
        "caps": {"public": str(rule.caps_open), "confidential": str(rule.caps_sensitive)},
        "caps_unknown": {"public": str(rule.unseen_open), "confidential": str(rule.unseen_sensitive)},
        "fresh_days": rule.fresh.days,
        "failure_ends_after_days": rule.failure_ends_after.days,
        "reads": check.reads.__name__,
        "sources": [plain(source) for source in rule.sources],
    }


def _explained(one: Explained) -> JsonValue:
    asset, check, locus = one.finding.key
    change = one.change
    return {
        "asset": asset,
        "check": check,
        "locus": locus,
        "system": one.asset.system,
        "address": one.asset.address,
        "sensitivity": one.sensitivity,
        "seen_now": finding_row(one.now) if one.now else None,
        "past": [_recorded(record) for record in one.story],
        "judged_from": _kept(one.kept),
        "allows": _letters(one.cap),
        "letters": [_level(level) for level in one.levels],
        "waiver": plain(one.waiver),
        "attestation": plain(one.attestation),
        "stops_counting": plain(change.stops_counting),
        "absent_since": plain(change.absent_since),
        "ends_if_absent_at": plain(change.ends_if_absent_at),
    }


def _recorded(record: Recorded) -> JsonValue:
    state = record.state
    return {
        "run": record.run,
        "at": plain(record.at),
        "outcome": state.outcome.value if state else None,
        "standing": state.standing.value if state else None,
        "reason": state.reason if state else None,
        "summary": state.summary if state else None,
        "waiver": state.waiver if state else None,
        "attestation": state.attestation if state else None,
        "flapping": state.flapping if state else None,
    }


def _kept(kept: Kept) -> JsonValue:
    return {"run": kept.run, "gone": kept.gone, "facts": [_row(row) for row in kept.rows], "declared": kept.declared}


def _row(row: Seen | Blind) -> JsonValue:
    place: dict[str, JsonValue] = {"type": row.facts, "locus": row.locus, "look": row.look}
    if isinstance(row, Blind):
        return {**place, "seen": False, "reason": row.reason, "detail": row.detail}
    seen = {"sha256": row.sha256, "observed_at": plain(row.at), "basis": row.basis.value}
    return {**place, "seen": True, **seen, "facts": row.value}


def _letters(letters: Letters) -> JsonValue:
    return {
        "letter": str(letters.measured),
        "at_worst": str(letters.at_worst),
        "with_accepted_risks": str(letters.accepted),
    }


def _level(level: Level) -> JsonValue:
    return {
        "kind": level.kind,
        "name": level.name,
        "letter": str(level.letter),
        "holds": level.holds,
        "others": level.others,
        "next": str(level.next) if level.next is not None else None,
        "is_step": level.is_step,
        "steps": level.steps,
        "fixed_alone": str(level.alone) if level.alone is not None else None,
    }
