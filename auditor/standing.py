"""Which earlier outcome still stands where nothing was seen now. Pure; the history comes in as data.

The rules are those of docs/grading.md, "What was not seen": a failure stands at any age until it is seen to be gone, a
pass stands for some days, marked stale, and everything else is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from auditor.history import History, carried_of, is_sight, open_failure, sight_of, with_sight
from auditor.model import Asset, Basis, Carried, Finding, Outcome, Reason, Sensitivity, Severity, Standing, System, Tier
from auditor.records import dataclass
from auditor.rubric import Rubric

DECIDED = frozenset({Outcome.PASS, Outcome.FAIL})
PLACE = attrgetter("check", "locus")  # of a finding on its asset
CHECK, LOCUS = attrgetter("check"), attrgetter("locus")
GONE = "it was gone"  # the summary of what a run leaves of a place that its look did not find


@dataclass(frozen=True, slots=True)
class Rule:
    """What standing needs to know of a check."""

    severity: Severity
    tier: Tier


@dataclass(frozen=True, slots=True)
class Settlement:
    """Settles what counts at one instant. `rules`: every installed check, by id; `retired`: those that nobody wants."""

    rules: Mapping[str, Rule]
    history: History
    rubric: Rubric
    as_of: datetime
    retired: frozenset[str] = frozenset()

    def settle(self, asset: Asset, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings that count for one asset. `findings`: what judging said of what was seen now, all of it.

        An UNKNOWN at locus "" speaks for every locus that the check had before.
        """
        known = self.history.checks(asset.id)
        if not known:
            return tuple(self._settled(finding, ()) for finding in sorted(findings, key=PLACE))
        asked = by_check(findings)
        settled: list[Finding] = []
        for check in sorted(asked.keys() | known):
            if check in asked or check in self.rules:
                settled.extend(self._settle_check(asset, check, asked.get(check, ())))
            elif check not in self.retired:
                settled.extend(self._left_by(asset, check))
        return tuple(settled)

    def _left_by(self, asset: Asset, check: str) -> Iterator[Finding]:
        """The failures of a check that is not installed any more. Nobody saw them end."""
        for locus in sorted(self.history.loci(asset.id, check)):
            failure = open_failure(self.history.of((asset.id, check, locus)), self.rubric)
            if failure:
                rule = Rule(failure.severity or Severity.CRITICAL, failure.tier or Tier.NIGHTLY)
                yield _stale(_unknown(asset, check, locus, rule), failure)

    def _settle_check(self, asset: Asset, check: str, now: Sequence[Finding]) -> Iterator[Finding]:
        before = self.history.loci(asset.id, check)
        now = _spread(now, before)
        yield from map(self._settle_one, sorted(now, key=LOCUS) if len(now) > 1 else now)
        absent = before - {finding.locus for finding in now}
        if not absent:
            return
        looked_at = last_look(now, self.as_of)
        gone = self.history.gone(asset.id, check, looked_at) if now else before
        for locus in sorted(absent):
            unseen = _unknown(asset, check, locus, self.rules[check])
            if locus not in gone:
                yield self._settle_one(unseen)
            elif failure := open_failure(self.history.of((asset.id, check, locus)), self.rubric, absent_at=looked_at):
                yield replace(_stale(unseen, failure), standing=Standing.KEPT if now else Standing.STALE)

    def _settle_one(self, finding: Finding) -> Finding:
        """One key that was asked now."""
        return self._settled(finding, self.history.of(finding.key))

    def _settled(self, finding: Finding, before: Sequence[Carried]) -> Finding:
        """The failure that stands, else the last sight while it is fresh, else UNKNOWN."""
        if self._stands_alone(finding, before):
            return finding
        sight = sight_of(finding, self.as_of)
        entries = before if sight is None else with_sight(before, sight)
        standing = open_failure(entries, self.rubric) or (entries[-1] if entries else None)
        if standing is None:
            return _not_seen(finding, self.as_of)
        fresh = self.as_of - standing.observed_at < self.rubric.fresh[finding.tier]
        if not fresh and standing.outcome is not Outcome.FAIL:
            return _not_seen(finding, self.as_of)
        if standing is sight:
            return finding
        answered = entries[-1] is sight or (fresh and self._is_not_due(finding, standing))
        return replace(_stale(finding, standing), standing=Standing.KEPT if answered else Standing.STALE)

    def _stands_alone(self, finding: Finding, before: Sequence[Carried]) -> bool:
        """Does what was seen count whatever came before it? So it is with most findings, and is told at little cost."""
        at = finding.observed_at
        if finding.outcome is Outcome.UNKNOWN or at is None or at > self.as_of:
            return False
        if before and not (_ends_all(finding) and before[-1].observed_at < at):
            return False
        return finding.outcome is Outcome.FAIL or self.as_of - at < self.rubric.fresh[finding.tier]

    def _is_not_due(self, finding: Finding, standing: Carried) -> bool:
        """Its tier was left out of this run, and when it was last asked it was seen."""
        return finding.reason == Reason.LEFT_OUT.word and self.history.last_asked(finding.key) == standing.observed_at


def _ends_all(finding: Finding) -> bool:
    """Does it count whatever was known before it?"""
    return finding.outcome in DECIDED and finding.basis is not Basis.DECLARED


def carry(  # noqa: PLR0917 - what was said of an asset, when, and where that is kept
    asset: Asset, findings: Sequence[Finding], history: History, at: datetime, run: str = "", digest: str = ""
) -> tuple[Carried, ...]:
    """What later grades need to know of one run, `findings` being what judging said of one asset, `at` its instant.

    Each sight; each locus that was asked for in vain (UNKNOWN); and NOT_APPLICABLE for each locus known from `history`
    that was not there any more while the check was seen elsewhere on the asset: only so can a failure end there.
    `run`, `digest`: of what was seen (see `Carried`).
    """
    instants = [finding.observed_at or at for finding in findings]
    if not history.checks(asset.id) and max(instants, default=at) <= at:  # no past: nothing is gone, or goes dark
        kept_all = [carried_of(*seen, run, digest) for seen in zip(findings, instants, strict=True)]
        return tuple(sorted(kept_all, key=CHECK))
    kept: list[Carried] = []
    for check, now in sorted(by_check(findings).items()):
        before = history.loci(asset.id, check)
        asked = _spread(now, before)  # kept at "", silence would be a place of its own tomorrow
        kept += [carried_of(finding, finding.observed_at or at, run, digest) for finding in asked]
        kept += [
            _asked(carried_of(finding, at, run, digest))
            for finding in now
            if finding.observed_at and finding.observed_at > at
        ]
        absent = before - {finding.locus for finding in now}
        looked_at = last_look(now, at) if absent else None
        if looked_at and not blind_of(now):
            gone = history.gone(asset.id, check, looked_at) & absent
            kept += [replace(_gone(asset, check, locus, looked_at), run=run, digest=digest) for locus in sorted(gone)]
    return tuple(kept)


def by_check(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Findings of one asset, by check."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.check].append(finding)
    return dict(groups)


def blind_of(now: Sequence[Finding]) -> Finding | None:
    """The UNKNOWN that speaks for the whole asset, or None."""
    return next((finding for finding in now if finding.locus == "" and finding.outcome is Outcome.UNKNOWN), None)


def _spread(now: Sequence[Finding], before: frozenset[str]) -> Sequence[Finding]:
    """Let an UNKNOWN of the whole asset speak for each locus that the check had before and that is not seen now.

    Where there is none, it speaks for what nobody ever saw, and stays.
    """
    blind = blind_of(now) if before else None
    if blind is None:
        return now
    others = [finding for finding in now if finding is not blind]
    unseen = before - {finding.locus for finding in others}
    return [*others, *(replace(blind, locus=locus) for locus in sorted(unseen))] if unseen else now


def last_look(now: Iterable[Finding], as_of: datetime) -> datetime | None:
    """When the check last saw anything of its asset; a declaration is no look."""
    seen = (finding for finding in now if is_sight(finding, as_of) and finding.basis is not Basis.DECLARED)
    return max((finding.observed_at for finding in seen if finding.observed_at), default=None)


def _asked(sight: Carried) -> Carried:
    """What a sight from after the instant is at the instant."""
    return replace(sight, outcome=Outcome.UNKNOWN, summary="", evidence=(), basis=Basis.OBSERVED)


def _gone(asset: Asset, check: str, locus: str, at: datetime) -> Carried:
    return Carried(
        asset=asset.id, check=check, locus=locus, outcome=Outcome.NOT_APPLICABLE, observed_at=at, summary=GONE
    )


def _not_seen(finding: Finding, as_of: datetime) -> Finding:
    """The UNKNOWN that it is; or one, where the only sight is too old or from after the instant."""
    if finding.outcome is Outcome.UNKNOWN:
        return finding
    summary = "there is no sight of it that still counts"
    if finding.observed_at and finding.observed_at <= as_of:
        summary = f"it was last seen on {finding.observed_at:%Y-%m-%d}, too long ago to count"
    return replace(
        finding,
        outcome=Outcome.UNKNOWN,
        summary=summary,
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


def accountable(now: Sequence[Asset], before: Sequence[Asset], retired: frozenset[str]) -> tuple[Asset, ...]:
    """The assets that are graded: today's, and those of earlier runs that vanished without a `retired` entry.

    A vanished asset is never looked at again; it stays, unseen, until somebody says what became of it
    or of its system.
    """
    known = {asset.id for asset in now} | {former for asset in now for former in asset.formerly}
    lost = (asset for asset in before if asset.id not in known | retired and asset.system not in retired)
    return (*now, *sorted(lost, key=lambda asset: asset.id))


def accountable_systems(
    now: Sequence[System], before: Sequence[System], assets: Sequence[Asset], retired: frozenset[str]
) -> tuple[System, ...]:
    """The systems that are graded: today's, those that vanished unretired, and one for each asset that has none.

    A system of which nothing but an asset is known counts as holding undeclared data.
    """
    known = {system.id for system in now}
    lost = {system.id: system for system in before if system.id not in known | retired}
    homeless = {asset.system for asset in assets} - known - set(lost)
    for name in homeless:
        lost[name] = System(id=name, name=name, department="", owner="", sensitivity=Sensitivity.UNDECLARED)
    return (*now, *(lost[name] for name in sorted(lost)))
