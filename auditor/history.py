"""Earlier outcomes by place and time, and the failure among them that nothing has ended. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from auditor.filling import maker
from auditor.model import Asset, Basis, Carried, Finding, Outcome
from auditor.rubric import Rubric

make_carried = maker(Carried)
Key = tuple[str, str, str]
WORST_FIRST = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)
CERTAIN_FIRST = (Basis.OBSERVED, Basis.IMPORTED, Basis.DECLARED)


class History:
    """Earlier outcomes up to an instant, by (asset, check, locus), oldest first; at one instant the worse counts.

    An UNKNOWN among them is no sight: it only says that its locus was asked for then. Without it, a place that was
    never seen would be forgotten on the day when the whole asset is unseen, and the letter would rise.
    """

    def __init__(self, carried: Iterable[Carried], assets: Iterable[Asset], as_of: datetime) -> None:
        self.as_of = as_of
        heirs = _heirs(assets)
        by_key: dict[Key, dict[datetime, Carried]] = defaultdict(dict)
        self._known: dict[tuple[str, str], dict[str, datetime]] = defaultdict(dict)
        self._checks: dict[str, set[str]] = defaultdict(set)
        for entry in carried:
            if entry.observed_at > as_of:
                continue
            for asset in heirs.get(entry.asset, (entry.asset,)):
                known = self._known[asset, entry.check]
                last = known.get(entry.locus)
                if last is None or last < entry.observed_at:
                    known[entry.locus] = entry.observed_at
                self._checks[asset].add(entry.check)
                if entry.outcome is not Outcome.UNKNOWN:
                    _keep_worse(by_key[asset, entry.check, entry.locus], entry)
        self._by_key = {key: _by_time(row) for key, row in by_key.items()}

    def of(self, key: Key) -> Sequence[Carried]:
        return self._by_key.get(key, ())

    def loci(self, asset: str, check: str) -> frozenset[str]:
        return frozenset(self._known.get((asset, check), ()))

    def last_asked(self, key: Key) -> datetime | None:
        """When a place was last asked for, in vain or not."""
        asset, check, locus = key
        return self._known.get((asset, check), {}).get(locus)

    def gone(self, asset: str, check: str, looked_at: datetime | None) -> frozenset[str]:
        """The loci that were last known before a look, at this instant, that did not find them."""
        known = self._known.get((asset, check), {})
        return frozenset(locus for locus, last in known.items() if looked_at and last < looked_at)

    def checks(self, asset: str) -> frozenset[str]:
        return frozenset(self._checks.get(asset, ()))


def open_failure(entries: Sequence[Carried], rubric: Rubric, absent_at: datetime | None = None) -> Carried | None:
    """The last FAIL that nothing has ended, or None.

    A PASS after it ends it. So do outcomes of only NOT_APPLICABLE that span `failure_ends_after`, from the first one
    seen after the FAIL to the last one seen; `absent_at` is one more such sight: the asset was seen without this
    locus. Time that passes unseen ends nothing, and a declaration neither ends nor replaces a failure that was seen.
    """
    failure: Carried | None = None
    first_absence: datetime | None = None
    for entry in entries:
        if failure and failure.basis is not Basis.DECLARED and entry.basis is Basis.DECLARED:
            continue
        if entry.outcome is Outcome.FAIL:
            failure, first_absence = entry, None
        elif entry.outcome is Outcome.PASS:
            failure = None
        elif failure is not None:
            first_absence = first_absence or entry.observed_at
            if entry.observed_at - first_absence >= rubric.failure_ends_after:
                failure = None
    if failure and first_absence and absent_at and absent_at - first_absence >= rubric.failure_ends_after:
        return None
    return failure


def sight_of(finding: Finding, as_of: datetime) -> Carried | None:
    """What was seen by a finding; None for an UNKNOWN, and for a sight from after the instant."""
    at = finding.observed_at
    return carried_of(finding, at) if at and is_sight(finding, as_of) else None


def is_sight(finding: Finding, as_of: datetime) -> bool:
    """Whether something was seen by a finding, up to the instant."""
    at = finding.observed_at
    return finding.outcome is not Outcome.UNKNOWN and at is not None and at <= as_of


def carried_of(finding: Finding, at: datetime, run: str = "", digest: str = "") -> Carried:
    return make_carried(
        asset=finding.asset,
        check=finding.check,
        locus=finding.locus,
        outcome=finding.outcome,
        observed_at=at,
        summary=finding.summary,
        evidence=finding.evidence,
        basis=finding.basis,
        severity=finding.severity,
        tier=finding.tier,
        run=run,
        digest=digest,
    )


def with_sight(entries: Sequence[Carried], sight: Carried) -> Sequence[Carried]:
    """The history and what was seen now, in the order of time: a sight may be older than the history (an import)."""
    row = {entry.observed_at: entry for entry in entries}
    known = row.get(sight.observed_at)
    if known is None or _badness(sight) <= _badness(known):
        row[sight.observed_at] = sight
    return _by_time(row)


def _heirs(assets: Iterable[Asset]) -> dict[str, tuple[str, ...]]:
    """Who answers for the history of an id that was renamed: every asset that says it had it.

    What still has its id was not renamed: it keeps its history, and nobody else may rest on that.
    """
    heirs: dict[str, set[str]] = defaultdict(set)
    present = set()
    for asset in assets:
        present.add(asset.id)
        for former in asset.formerly:
            heirs[former].add(asset.id)
    return {former: tuple(sorted(ids)) for former, ids in heirs.items() if former not in present}


def _by_time(row: Mapping[datetime, Carried]) -> tuple[Carried, ...]:
    return tuple([row[at] for at in sorted(row)] if len(row) > 1 else row.values())


def _keep_worse(row: dict[datetime, Carried], entry: Carried) -> None:
    known = row.get(entry.observed_at)
    if known is None or _rank(entry) < _rank(known):
        row[entry.observed_at] = entry


def _badness(entry: Carried) -> tuple[int, int]:
    """Smaller is worse. Of two equal outcomes the more certain one counts."""
    return (WORST_FIRST.index(entry.outcome), CERTAIN_FIRST.index(entry.basis))


def _rank(entry: Carried) -> tuple[object, ...]:
    """A total order, so that it never matters which of two entries came first."""
    rows = tuple((row.looked_at, row.seen, row.wanted) for row in entry.evidence)
    return (*_badness(entry), entry.summary, rows, entry.asset)
