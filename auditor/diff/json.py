"""A diff as JSON: the contract "auditor/diff/1" (docs/diff.md)."""

from __future__ import annotations

import json

from auditor.codec import JsonValue, plain
from auditor.diff.compare import Diff
from auditor.model import Letters
from auditor.past import KeptRun, LetterMove, Move, State

SCHEMA = "auditor/diff/1"


def as_json(diff: Diff) -> dict[str, JsonValue]:
    """Plain JSON values; the same diff gives the same."""
    return {
        "schema": SCHEMA,
        "before": None if diff.before is None else _run(diff.before),
        "after": _run(diff.after),
        **{news.value: [_move(move) for move in moves] for news, moves in diff.news.items()},
        "letters": [_letter_move(move) for move in diff.letters],
        "expiring": [plain(one) for one in diff.expiring],
        "causes": list(diff.causes),
    }


def render(diff: Diff) -> str:
    """The JSON text, ending in a newline. All beyond printable ASCII is escaped: a terminal obeys none of it."""
    return json.dumps(as_json(diff), indent=1).replace("\x7f", "\\u007f") + "\n"


def _run(run: KeptRun) -> JsonValue:
    return plain(run)


def _move(move: Move) -> JsonValue:
    asset, check, locus = move.key
    return {
        "asset": asset,
        "check": check,
        "locus": locus,
        "before": _state(move.before),
        "after": _state(move.after),
    }


def _state(state: State | None) -> JsonValue:
    if state is None:
        return None
    return {
        "outcome": state.outcome.value,
        "severity": state.severity.word,
        "standing": state.standing.value,
        "basis": state.basis.value,
        "reason": state.reason,
        "summary": state.summary,
        "evidence": [plain(row) for row in state.evidence],
        "waiver": state.waiver,
        "attestation": state.attestation,
        "flapping": state.flapping,
    }


def _letter_move(move: LetterMove) -> JsonValue:
    return {"kind": move.kind, "id": move.id, "before": _letters(move.before), "after": _letters(move.after)}


def _letters(letters: Letters | None) -> JsonValue:
    if letters is None:
        return None
    return {
        "letter": str(letters.measured),
        "at_worst": str(letters.at_worst),
        "with_accepted_risks": str(letters.accepted),
    }
