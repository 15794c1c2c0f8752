"""A pass that became a failure, or a failure that became a pass, is looked at a second time before it counts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from auditor.model import Basis, Carried, Finding, Outcome, Reason

Place = tuple[str, str]  # check, locus
DECIDED = (Outcome.PASS, Outcome.FAIL)
WORST_FIRST = (Outcome.FAIL, Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.UNKNOWN)


def last_decided(before: Iterable[Carried]) -> dict[Place, Outcome]:
    """What was last seen to pass or fail at each place of one asset."""
    last: dict[Place, tuple[datetime, Outcome]] = {}
    for entry in before:
        place = (entry.check, entry.locus)
        if entry.outcome in DECIDED and (place not in last or entry.observed_at >= last[place][0]):
            last[place] = (entry.observed_at, entry.outcome)
    return {place: outcome for place, (_, outcome) in last.items()}


def turned(now: Iterable[Finding], last: Mapping[Place, Outcome]) -> frozenset[Place]:
    """The places that pass and were last seen to fail, or fail and were last seen to pass."""
    return frozenset(
        (finding.check, finding.locus)
        for finding in now
        if finding.outcome in DECIDED
        and last.get((finding.check, finding.locus), finding.outcome) is not finding.outcome
    )


def unconfirmed(first: Iterable[Finding], second: Iterable[Finding], places: Collection[Place]) -> Iterator[Finding]:
    """The first look, in which nothing passes on its word alone that was last seen to fail.

    `places`: where something turned. Where the second look saw nothing, or never came (Ctrl-C, a host that went dark),
    nobody knows: the failure stands. A failure needs no second look to count.
    """
    seen = {(finding.check, finding.locus) for finding in second if finding.outcome is not Outcome.UNKNOWN}
    for finding in first:
        place = (finding.check, finding.locus)
        if finding.outcome is Outcome.PASS and place in places and place not in seen:
            yield replace(
                finding,
                outcome=Outcome.UNKNOWN,
                summary=Reason.UNCONFIRMED.phrase,
                basis=Basis.OBSERVED,
                reason=Reason.UNCONFIRMED.word,
                evidence=(),
                observed_at=None,
            )
        else:
            yield finding


def both(first: Sequence[Finding], second: Sequence[Finding]) -> tuple[Finding, ...]:
    """What two looks at one asset come to. `second` may lack checks, which then rest on the first look alone.

    At a place that was seen twice the worse counts, and it is marked where the looks gainsay each other. What was
    seen once counts as it was seen: a look that saw nothing takes nothing away.
    """
    again = _by_check(second)
    return tuple(
        finding for check, findings in _by_check(first).items() for finding in _of_check(findings, again.get(check, ()))
    )


def _of_check(first: Sequence[Finding], second: Sequence[Finding]) -> Sequence[Finding]:
    if not any(finding.outcome is not Outcome.UNKNOWN for finding in second):
        return first
    if not any(finding.outcome is not Outcome.UNKNOWN for finding in first):
        return second
    places = {finding.locus: finding for finding in first}
    for finding in second:
        known = places.get(finding.locus)
        places[finding.locus] = finding if known is None else _worse(known, finding)
    return [places[locus] for locus in sorted(places)]


def _worse(one: Finding, other: Finding) -> Finding:
    worse = min(one, other, key=lambda finding: WORST_FIRST.index(finding.outcome))
    return replace(worse, flapping={one.outcome, other.outcome} == set(DECIDED))


def _by_check(findings: Iterable[Finding]) -> Mapping[str, list[Finding]]:
    rows: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        rows[finding.check].append(finding)
    return rows
