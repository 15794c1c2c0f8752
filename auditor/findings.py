"""Findings, packed: what many of them say alike is kept once, so that memory grows with what differs. Pure.

A finding is 152 bytes, and a large city has a million of them from the moment when they are judged until the report is
written. Packed it is two references; it is made anew for whoever reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import overload

from auditor.model import Finding, Tier
from auditor.past import State, state_of

MANY = 4096  # sayings that are held ready; all are forgotten when there are more. What is packed keeps its own

Rule = tuple[str, Tier]  # the check's id
Sight = tuple[str, datetime | None]  # locus, when it was seen
Said = tuple[object, ...]  # the values of a `State`

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


class _Made(Sequence[Finding]):
    """A sequence that makes its findings as it is read. It equals any other sequence of the same findings."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        """Makes all of them: to be asked seldom."""
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (tuple, _Made)) and len(self) == len(other) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


class Packed(_Made):
    """The findings of one asset, in their order. Made by `Words`."""

    __slots__ = ("asset", "rules", "sights", "states")

    def __init__(
        self, asset: str, rules: tuple[Rule, ...], states: tuple[State, ...], sights: tuple[Sight, ...]
    ) -> None:
        self.asset = asset
        self.rules = rules
        self.states = states
        self.sights = sights

    def __len__(self) -> int:
        return len(self.rules)

    def __iter__(self) -> Iterator[Finding]:
        for (check, tier), state, (locus, observed_at) in zip(self.rules, self.states, self.sights, strict=True):
            yield Finding(
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


class Findings(_Made):
    """The findings of many assets, one asset after the other."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Iterable[Packed]) -> None:
        self._parts = tuple(parts)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Finding]:
        return chain.from_iterable(self._parts)


class Words:
    """Packs findings. Knows what was said of other assets: services of one make say much the same, good or bad."""

    def __init__(self) -> None:
        self.states: dict[Said, State] = {}
        self.rules: dict[tuple[Rule, ...], tuple[Rule, ...]] = {}

    def packed(self, asset: str, findings: Iterable[Finding]) -> Packed:
        """`findings`: of this asset alone, each of them once."""
        rules: list[Rule] = []
        states: list[State] = []
        sights: list[Sight] = []
        places: dict[Sight, Sight] = {}
        for finding in findings:
            rules.append((finding.check, finding.tier))
            states.append(self._state(finding))
            sight = (finding.locus, finding.observed_at)
            sights.append(places.setdefault(sight, sight))
        return Packed(asset, self._all_of(tuple(rules)), tuple(states), tuple(sights))

    def joined(self, one: Packed, other: Packed) -> Packed:
        """All findings of both, which are of one asset."""
        rules = self._all_of(one.rules + other.rules)
        return Packed(one.asset, rules, one.states + other.states, one.sights + other.sights)

    def _state(self, finding: Finding) -> State:
        said = _said(finding)
        known = self.states.get(said)
        if known is None:
            known = state_of(finding)
            if len(self.states) >= MANY:
                self.states.clear()
            self.states[said] = known
        return known

    def _all_of(self, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        """Assets of one kind with as many places are asked the same."""
        if len(self.rules) >= MANY:
            self.rules.clear()
        return self.rules.setdefault(rules, rules)
