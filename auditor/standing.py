"""Which earlier outcome still stands where nothing was seen now. Pure; the history comes in as data.

The rules are those of docs/grading.md, "What was not seen": a failure stands at any age until it is seen to be gone, a
pass stands for some days, marked stale, and everything else is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from auditor.model import Asset, Basis, Carried, Finding, Outcome, Reason, Severity, Standing, Tier
from auditor.rubric import Rubric

Key = tuple[str, str, str]
WORST_FIRST = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)
CERTAIN_FIRST = (Basis.OBSERVED, Basis.IMPORTED, Basis.DECLARED)


@dataclass(frozen=True, slots=True)
class Rule:
    """What standing needs to know of a check."""

    severity: Severity
    tier: Tier


class History:
    """Earlier outcomes up to an instant, by (asset, check, locus), oldest first; at one instant the worse counts.

    An UNKNOWN among them is no sight: it only says that its locus was asked for then. Without it, a place that was
    never seen would be forgotten on the day when the whole asset is unseen, and the letter would rise.
    """

    def __init__(self, carried: Iterable[Carried], assets: Iterable[Asset], as_of: datetime) -> None:
        heirs = _heirs(assets)
        by_key: dict[Key, dict[datetime, Carried]] = defaultdict(dict)
        self._known: dict[tuple[str, str], dict[str, datetime]] = defaultdict(dict)
        self._checks: dict[str, set[str]] = defaultdict(set)
        for entry in carried:
            if entry.observed_at > as_of:
                continue
            for asset in heirs.get(entry.asset, (entry.asset,)):
                known = self._known[asset, entry.check]
                known[entry.locus] = max(entry.observed_at, known.get(entry.locus, entry.observed_at))
                self._checks[asset].add(entry.check)
                if entry.outcome is not Outcome.UNKNOWN:
                    _keep_worse(by_key[asset, entry.check, entry.locus], entry)
        self._by_key = {key: _by_time(row) for key, row in by_key.items()}

    def of(self, key: Key) -> Sequence[Carried]:
        return self._by_key.get(key, ())

    def loci(self, asset: str, check: str) -> frozenset[str]:
        return frozenset(self._known.get((asset, check), ()))

    def gone(self, asset: str, check: str, looked_at: datetime | None) -> frozenset[str]:
        """The loci that were last known before a look, at this instant, that did not find them."""
        known = self._known.get((asset, check), {})
        return frozenset(locus for locus, last in known.items() if looked_at and last < looked_at)

    def checks(self, asset: str) -> frozenset[str]:
        return frozenset(self._checks.get(asset, ()))


@dataclass(frozen=True, slots=True)
class Settlement:
    """Settles what counts at one instant. `rules`: every installed check, by id."""

    rules: Mapping[str, Rule]
    history: History
    rubric: Rubric
    as_of: datetime

    def settle(self, asset: Asset, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings that count for one asset. `findings`: what judging said of what was seen now, all of it.

        An UNKNOWN at locus "" speaks for every locus that the check had before.
        """
        checks = {finding.check for finding in findings} | (self.history.checks(asset.id) & set(self.rules))
        settled: list[Finding] = []
        for check in sorted(checks):
            now = [finding for finding in findings if finding.check == check]
            settled.extend(self._settle_check(asset, check, now))
        return tuple(settled)

    def _settle_check(self, asset: Asset, check: str, now: Sequence[Finding]) -> Iterator[Finding]:
        before = self.history.loci(asset.id, check)
        now = _spread(now, before)
        yield from map(self._settle_one, sorted(now, key=lambda finding: finding.locus))
        named = {finding.locus for finding in now}
        looked_at = _last_look(now, self.as_of)
        gone = self.history.gone(asset.id, check, looked_at) if now else before
        for locus in sorted(before - named):
            unseen = _unknown(asset, check, locus, self.rules[check])
            if locus not in gone:
                yield self._settle_one(unseen)
            elif failure := open_failure(self.history.of((asset.id, check, locus)), self.rubric, absent_at=looked_at):
                yield _stale(unseen, failure)

    def _settle_one(self, finding: Finding) -> Finding:
        """One key that was asked now: the failure that stands, else the last sight while it is fresh, else UNKNOWN."""
        sight = _sight(finding, self.as_of)
        entries = self.history.of(finding.key) if sight is None else _with(self.history.of(finding.key), sight)
        standing = open_failure(entries, self.rubric) or (entries[-1] if entries else None)
        if standing is None or not self._stands(finding, standing):
            return _not_seen(finding)
        return finding if standing is sight else _stale(finding, standing)

    def _stands(self, finding: Finding, entry: Carried) -> bool:
        fresh = self.as_of - entry.observed_at < self.rubric.fresh[finding.tier]
        return fresh or entry.outcome is Outcome.FAIL


def carry(asset: Asset, findings: Sequence[Finding], history: History, at: datetime) -> tuple[Carried, ...]:
    """What later grades need to know of one run, `findings` being what judging said of one asset, `at` its instant.

    Each sight; each locus that was asked for in vain (UNKNOWN); and NOT_APPLICABLE for each locus known from `history`
    that was not there any more while the check was seen elsewhere on the asset: only so can a failure end there.
    """
    kept = [_carried(finding, finding.observed_at or at) for finding in findings]
    kept += [_asked(finding, at) for finding in findings if finding.observed_at and finding.observed_at > at]
    for check in sorted({finding.check for finding in findings}):
        now = [finding for finding in findings if finding.check == check]
        looked_at = _last_look(now, at)
        if looked_at and not _blind(now):
            gone = history.gone(asset.id, check, looked_at) - {finding.locus for finding in now}
            kept += [_gone(asset, check, locus, looked_at) for locus in sorted(gone)]
    return tuple(kept)


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


def _blind(now: Sequence[Finding]) -> Finding | None:
    """The UNKNOWN that speaks for the whole asset, or None."""
    return next((finding for finding in now if finding.locus == "" and finding.outcome is Outcome.UNKNOWN), None)


def _spread(now: Sequence[Finding], before: frozenset[str]) -> Sequence[Finding]:
    """Let an UNKNOWN of the whole asset speak for each locus that the check had before and that is not seen now.

    Where there is none, it speaks for what nobody ever saw, and stays.
    """
    blind = _blind(now)
    if blind is None:
        return now
    others = [finding for finding in now if finding is not blind]
    unseen = before - {finding.locus for finding in others}
    return [*others, *(replace(blind, locus=locus) for locus in sorted(unseen))] if unseen else now


def _last_look(now: Iterable[Finding], as_of: datetime) -> datetime | None:
    """When the check last saw anything of its asset; a declaration is no look."""
    sights = (_sight(finding, as_of) for finding in now)
    return max((sight.observed_at for sight in sights if sight and sight.basis is not Basis.DECLARED), default=None)


def _sight(finding: Finding, as_of: datetime) -> Carried | None:
    """What was seen by a finding; None for an UNKNOWN, and for a sight from after the instant."""
    at = finding.observed_at
    if finding.outcome is Outcome.UNKNOWN or at is None or at > as_of:
        return None
    return _carried(finding, at)


def _carried(finding: Finding, at: datetime) -> Carried:
    return Carried(
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
    )


def _asked(finding: Finding, at: datetime) -> Carried:
    """What a sight from after the instant is at the instant."""
    return replace(_carried(finding, at), outcome=Outcome.UNKNOWN, summary="", evidence=(), basis=Basis.OBSERVED)


def _gone(asset: Asset, check: str, locus: str, at: datetime) -> Carried:
    return Carried(
        asset=asset.id, check=check, locus=locus, outcome=Outcome.NOT_APPLICABLE, observed_at=at, summary="it was gone"
    )


def _not_seen(finding: Finding) -> Finding:
    """The UNKNOWN that it is; or one, where the only sight is too old or from after the instant."""
    if finding.outcome is Outcome.UNKNOWN:
        return finding
    return replace(
        finding,
        outcome=Outcome.UNKNOWN,
        summary="there is no sight of it that still counts",
        basis=Basis.OBSERVED,
        reason=Reason.NOT_OBSERVED.word,
        evidence=(),
        observed_at=None,
    )


def _unknown(asset: Asset, check: str, locus: str, rule: Rule) -> Finding:
    return Finding(
        asset=asset.id,
        check=check,
        locus=locus,
        severity=rule.severity,
        tier=rule.tier,
        outcome=Outcome.UNKNOWN,
        summary=Reason.NOT_OBSERVED.phrase,
        reason=Reason.NOT_OBSERVED.word,
    )


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


def _stale(finding: Finding, entry: Carried) -> Finding:
    return replace(
        finding,
        outcome=entry.outcome,
        summary=entry.summary,
        reason=None,
        evidence=entry.evidence,
        basis=entry.basis,
        observed_at=entry.observed_at,
        standing=Standing.STALE,
    )


def _by_time(row: Mapping[datetime, Carried]) -> tuple[Carried, ...]:
    return tuple(row[at] for at in sorted(row))


def _keep_worse(row: dict[datetime, Carried], entry: Carried) -> None:
    known = row.get(entry.observed_at)
    if known is None or _rank(entry) < _rank(known):
        row[entry.observed_at] = entry


def _with(entries: Sequence[Carried], sight: Carried) -> Sequence[Carried]:
    """The history and what was seen now, in the order of time: a sight may be older than the history (an import)."""
    row = {entry.observed_at: entry for entry in entries}
    known = row.get(sight.observed_at)
    if known is None or _badness(sight) <= _badness(known):
        row[sight.observed_at] = sight
    return _by_time(row)


def _badness(entry: Carried) -> tuple[int, int]:
    """Smaller is worse. Of two equal outcomes the more certain one counts."""
    return (WORST_FIRST.index(entry.outcome), CERTAIN_FIRST.index(entry.basis))


def _rank(entry: Carried) -> tuple[object, ...]:
    """A total order, so that it never matters which of two entries came first."""
    rows = tuple((row.looked_at, row.seen, row.wanted) for row in entry.evidence)
    return (*_badness(entry), entry.summary, rows, entry.asset)


def accountable(now: Sequence[Asset], before: Sequence[Asset], retired: frozenset[str]) -> tuple[Asset, ...]:
    """The assets that are graded: today's, and those of earlier runs that vanished without a `retired` entry.

    A vanished asset is never looked at again; it stays, unseen, until somebody says what became of it.
    """
    known = {asset.id for asset in now} | {former for asset in now for former in asset.formerly}
    lost = (asset for asset in before if asset.id not in known | retired)
    return (*now, *sorted(lost, key=lambda asset: asset.id))
