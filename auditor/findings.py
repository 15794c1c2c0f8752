"""Findings, packed: what many of them say alike is kept once, and all of it waits on a shelf.

A finding is 152 bytes, and a large city has a million of them from the moment when they are judged until the report is
written. Packed it is two numbers in a row of an asset's; it is made anew for whoever reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from sys import intern
from typing import TypeVar

from auditor.filling import maker
from auditor.made import Made
from auditor.micros import instant, micros
from auditor.model import Basis, Evidence, Finding, Outcome, Severity, Standing, Tier
from auditor.past import State, state_of
from auditor.shelf import Plain, Shelf

MANY = 512  # sayings that are held ready; all are forgotten when there are more
make_finding = maker(Finding)
K = TypeVar("K")
V = TypeVar("V")

Rule = tuple[str, Tier]  # the check's id
Sight = tuple[str, datetime | None]  # locus, when it was seen
Said = tuple[object, ...]  # the values of a `State`
_Row = tuple[Rule, int, Sight]  # `int`: the place of what is said

_said = attrgetter(
    "outcome",
    "severity",
    "standing",
    "basis",
    "summary",
    "reason",
    "evidence",
    "waiver",
    "attestation",
    "flapping",
)


class Packed(Made[Finding]):
    """The findings of one asset, in their order. Made by `Words`, which keeps what they say."""

    __slots__ = ("_length", "_words", "asset", "place")

    def __init__(self, asset: str, words: Words, length: int, place: int) -> None:
        self.asset = asset
        self.place = place
        self._words = words
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Finding]:
        for (check, tier), state, (locus, observed_at) in self.rows():
            yield make_finding(
                asset=self.asset,
                check=check,
                locus=locus,
                severity=state.severity,
                tier=tier,
                outcome=state.outcome,
                summary=state.summary,
                basis=state.basis,
                reason=state.reason,
                evidence=state.evidence,
                observed_at=observed_at,
                standing=state.standing,
                waiver=state.waiver,
                attestation=state.attestation,
                flapping=state.flapping,
            )

    def rows(self) -> Iterator[tuple[Rule, State, Sight]]:
        """What is asked, what is said of it, and where and when that was seen: without making findings of it."""
        return self._words.rows(self.place)


class Findings(Made[Finding]):
    """The findings of many assets, one asset after the other."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Iterable[Packed]) -> None:
        self._parts = tuple(parts)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Finding]:
        return chain.from_iterable(self._parts)

    @property
    def parts(self) -> tuple[Packed, ...]:
        return self._parts


def rows_of(findings: Iterable[Finding]) -> Iterator[tuple[str, Rule, State, Sight]]:
    """Of each: its asset, what is asked, what is said of it, and where and when that was seen.

    What was packed is not made findings of. What it says is one and the same object for all that say it, as far as it
    is held ready.
    """
    if isinstance(findings, Findings):
        for part in findings.parts:
            for rule, state, sight in part.rows():
                yield part.asset, rule, state, sight
        return
    for one in findings:
        yield one.asset, (one.check, one.tier), state_of(one), (one.locus, one.observed_at)


class Words:
    """Packs findings. What assets say alike is kept once: services of one make say much the same, good or bad.

    What is kept waits on a shelf. Of an asset: the place of its rules, those of its sayings, its sights, and the number
    of each finding's sight. A saying or rules that are not held ready any more are put there anew.
    """

    def __init__(self) -> None:
        self.states: dict[Said, int] = {}  # the places where they stand
        self.rules: dict[tuple[Rule, ...], int] = {}
        self.shelf = Shelf()
        self._read_states: dict[int, State] = {}
        self._read_rules: dict[int, tuple[Rule, ...]] = {}

    def packed(self, asset: str, findings: Iterable[Finding]) -> Packed:
        """`findings`: of this asset alone, each of them once."""
        return self._put(asset, map(self._row, findings))

    def joined(self, one: Packed, more: Sequence[Finding]) -> Packed:
        """All of them, which are of one asset, in the order of check and locus. Where there are no more: the same."""
        if not more:
            return one
        rows = [*zip(*self._parts(one.place), strict=True), *map(self._row, more)]
        return self._put(one.asset, sorted(rows, key=_place))

    def rows(self, place: int) -> Iterator[tuple[Rule, State, Sight]]:
        """What was packed: what was asked, what is said of it, and where and when that was seen."""
        rules, states, sights = self._parts(place)
        known = self._read_states
        said = [known.get(place) or self._state(place) for place in states]
        return zip(rules, said, sights, strict=True)

    def _parts(self, place: int) -> tuple[Iterable[Rule], Iterable[int], Iterable[Sight]]:
        """The same, with the places of what is said."""
        rules, states, seen, numbers = self.shelf.get(place)
        sights = [(locus, None if at is None else instant(at)) for locus, at in seen]
        return self._rules(rules), states, map(sights.__getitem__, numbers)

    def _row(self, finding: Finding) -> _Row:
        said = _said(finding)
        place = self.states.get(said)
        if place is None:
            place = self._put_state(said, finding)
        return (finding.check, finding.tier), place, (finding.locus, finding.observed_at)

    def _put(self, asset: str, rows: Iterable[_Row]) -> Packed:
        rules: list[Rule] = []
        states: list[int] = []
        numbers: list[int] = []
        sights: dict[Sight, int] = {}
        for rule, state, sight in rows:
            rules.append(rule)
            states.append(state)
            numbers.append(sights.setdefault(sight, len(sights)))
        seen = [(locus, None if at is None else micros(at)) for locus, at in sights]
        place = self.shelf.put((self._put_rules(tuple(rules)), states, seen, numbers))
        return Packed(asset, self, len(rules), place)

    def _put_state(self, said: Said, finding: Finding) -> int:
        place = self.shelf.put(_plain(state_of(finding)))
        _remember(self.states, said, place)
        return place

    def _put_rules(self, rules: tuple[Rule, ...]) -> int:
        """Assets of one kind with as many places are asked the same."""
        place = self.rules.get(rules)
        if place is None:
            place = self.shelf.put([(check, tier.value) for check, tier in rules])
            _remember(self.rules, rules, place)
        return place

    def _state(self, place: int) -> State:
        read = _state(*self.shelf.get(place))
        _remember(self._read_states, place, read)
        return read

    def _rules(self, place: int) -> tuple[Rule, ...]:
        known = self._read_rules.get(place)
        if known is None:
            known = tuple((intern(check), Tier(tier)) for check, tier in self.shelf.get(place))
            _remember(self._read_rules, place, known)
        return known


def _place(row: _Row) -> tuple[str, str]:
    """Check and locus."""
    return row[0][0], row[2][0]


def _plain(state: State) -> Plain:
    return (
        state.outcome.value,
        state.severity.value,
        state.standing.value,
        state.basis.value,
        state.summary,
        state.reason,
        [(row.looked_at, row.seen, row.wanted) for row in state.evidence],
        state.waiver,
        state.attestation,
        state.flapping,
    )


def _state(  # noqa: PLR0917 - the parts of a row, in its order
    outcome: str,
    severity: int,
    standing: str,
    basis: str,
    summary: str,
    reason: str | None,
    evidence: list[tuple[str, str, str]],
    waiver: str | None,
    attestation: str | None,
    flapping: bool,  # noqa: FBT001
) -> State:
    return State(
        outcome=Outcome(outcome),
        severity=Severity(severity),
        standing=Standing(standing),
        basis=Basis(basis),
        summary=summary,
        reason=reason,
        evidence=tuple([Evidence(*row) for row in evidence]),
        waiver=waiver,
        attestation=attestation,
        flapping=flapping,
    )


def _remember(known: dict[K, V], key: K, value: V) -> None:
    if len(known) >= MANY:
        known.clear()
    known[key] = value
