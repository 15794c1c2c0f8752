"""Findings as JSON: a row of each, and its text in the report. Knows no other part of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from auditor.codec import JsonValue, plain
from auditor.findings import rows_of
from auditor.model import Evidence, Finding, Outcome, Tier
from auditor.past import State, state_of
from auditor.reports.json_layout import members

DEPTH = 2  # of a finding in the report
MANY = 512  # texts of one kind that are held ready; all are forgotten when there are more
K = TypeVar("K")
Row = dict[str, JsonValue]


def finding_row(finding: Finding) -> Row:
    state = state_of(finding)
    return {
        "asset": finding.asset,
        "check": finding.check,
        "locus": finding.locus,
        **_weight(state),
        "tier": finding.tier.value,
        **_standing(state),
        "observed_at": plain(finding.observed_at),
        **_words(state),
    }


class _Texts(dict[K, str]):
    """Members of an object, by what they say: laid out when they are first asked for."""

    def __init__(self, row: Callable[[K], Row]) -> None:
        super().__init__()
        self._row = row

    def __missing__(self, said: K) -> str:
        if len(self) >= MANY:
            self.clear()
        text = self[said] = members(self._row(said), DEPTH)
        return text


class _Sayings:
    """The texts of what states say, by the object: many findings share one, and to compare them takes longer."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[State, tuple[str, str, str]]] = {}  # with the state: nothing else has its number

    def of(self, state: State) -> tuple[str, str, str]:
        known = self._known.get(id(state))
        if known is None:
            if len(self._known) >= MANY:
                self._known.clear()
            parts = _weight(state), _standing(state), _words(state)
            first, middle, last = (members(row, DEPTH) for row in parts)
            known = self._known[id(state)] = (state, (first, middle, last))
        return known[1]


def texts(findings: Iterable[Finding]) -> Iterator[str]:
    """Each as `indented` gives its row. What findings of many assets say alike is laid out once."""
    assets = _Texts[str](lambda asset: {"asset": asset})
    checks = _Texts[str](lambda check: {"check": check})
    loci = _Texts[str](lambda locus: {"locus": locus})
    tiers = _Texts[Tier](lambda tier: {"tier": tier.value})
    times = _Texts[datetime | None](lambda at: {"observed_at": plain(at)})
    said = _Sayings()
    start, between, end = "{\n" + " " * (DEPTH + 1), ",\n" + " " * (DEPTH + 1), "\n" + " " * DEPTH + "}"
    for asset, (check, tier), state, (locus, at) in rows_of(findings):
        weight, standing, words = said.of(state)
        parts = assets[asset], checks[check], loci[locus], weight, tiers[tier], standing, times[at], words
        yield f"{start}{between.join(parts)}{end}"


def _weight(state: State) -> Row:
    return {"outcome": state.outcome.value, "severity": state.severity.word}


def _standing(state: State) -> Row:
    return {
        "basis": state.basis.value,
        "reason": state.reason if state.outcome is Outcome.UNKNOWN else None,
        "standing": state.standing.value,
    }


def _words(state: State) -> Row:
    return {
        "summary": state.summary,
        "evidence": [_evidence(row) for row in state.evidence],
        "waiver": state.waiver,
        "attestation": state.attestation,
        "flapping": state.flapping,
    }


def _evidence(row: Evidence) -> JsonValue:
    return {"looked_at": row.looked_at, "seen": row.seen, "wanted": row.wanted}
