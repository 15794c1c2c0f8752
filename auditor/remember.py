"""What a run must keep of an asset's past: few entries, on which every later grade comes out as on all of them. Pure.

Each night keeps `without_the_gone(remembered(after_the_clock((*before, *carry(…)), at), rubric), rubric)`. First the
clock: an entry from the future would be taken for the last word, and push out a failure that stands today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from operator import attrgetter

from auditor.history import History, Key, open_failure, sight_of, with_sight
from auditor.model import Asset, Basis, Carried, Finding, Outcome
from auditor.records import dataclass
from auditor.rubric import Rubric
from auditor.standing import GONE, blind_of, by_check, last_look

OBSERVED_AT = attrgetter("observed_at")
FAILURES_KEPT = 20  # places of one asset that failed once and have been gone for long since


def remembered(entries: Iterable[Carried], rubric: Rubric) -> tuple[Carried, ...]:
    """Of all earlier outcomes those few that later settlements can depend on, by key and time: four per key at most.

    Exact for every run whose sights are later than the entries, and for all runs after it. A sight that is older than
    some entries (an import) may find less to stand against: a failure that is dated among absences then begins their
    count anew from the last one, so it stands longer, never shorter. What was declared of a failure that was seen is
    forgotten while that failure stands.
    """
    rows: dict[Key, Sequence[Carried]] = dict(_by_key(entries))
    several = {key: sorted(row, key=_order) for key, row in rows.items() if len(row) > 1}  # what stands alone is kept
    if several:
        history = History((entry for row in several.values() for entry in row), (), _latest(several))
        rows |= {key: _kept(history.of(key), row, rubric) for key, row in several.items()}
    return tuple(entry for key in sorted(rows) for entry in rows[key])


def joined(pasts: Sequence[Sequence[Carried]], rubric: Rubric) -> tuple[Carried, ...]:
    """The pasts of all the names that one asset had, under its own: a failure that is open in one of them stays so.

    They were different things then: what passed, or did not arise, at a place of one ends no failure of another.
    """
    failing = [_failing(past, rubric) for past in pasts]
    return tuple(
        entry
        for past, own in zip(pasts, failing, strict=True)
        for entry in past
        if entry.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
        or _key(entry) in own
        or not any(_key(entry) in other for other in failing)
    )


def _failing(past: Iterable[Carried], rubric: Rubric) -> frozenset[Key]:
    """The keys at which a failure is open."""
    rows = _by_key(sorted(past, key=_order))
    return frozenset(
        key
        for key, row in rows.items()
        if open_failure([entry for entry in row if entry.outcome is not Outcome.UNKNOWN], rubric)
    )


def without_the_gone(memory: Iterable[Carried], rubric: Rubric) -> tuple[Carried, ...]:
    """What `remembered` gave without the places that were gone for `failure_ends_after` and where no failure is open.

    A name whose addresses change would otherwise be remembered by every address that it ever had. No letter rises by
    it: a place is only found gone by a look that saw another one, which stays and is capped alike when it goes dark.
    The last `FAILURES_KEPT` places that ever failed stay, so that one night by a laxer rubric, or with a clock that is
    far ahead, ends no failure for good.
    """
    memory = tuple(memory)
    if not any(entry.summary == GONE for entry in memory):
        return memory
    rows = _by_key(memory)
    over = [key for key, row in rows.items() if _is_over(row, rubric)]
    failed = sorted((key for key in over if _has_failed(rows[key])), key=lambda key: (rows[key][-1].observed_at, key))
    forgotten = set(over) - set(failed[-FAILURES_KEPT:])
    return tuple(entry for key, row in rows.items() if key not in forgotten for entry in row)


def relied(asset: Asset, now: Sequence[Finding], before: Sequence[Carried], as_of: datetime) -> tuple[Carried, ...]:
    """The part of `before` on which the settlement of `now` depends at `as_of` and at any later instant.

    Saved with a run, it lets anybody settle the run again. Empty where all that counts was seen. By any rubric and any
    set of installed checks, as long as judging the kept facts gives these findings.
    """
    by_key = _by_key(before)
    if not by_key:
        return ()
    history = History(before, (asset,), _latest(by_key))
    checks = {check for _, check, _ in by_key}
    asked = by_check(finding for finding in now if finding.check in checks)
    answers = {check: _Answer.of(findings, as_of) for check, findings in asked.items()}
    return tuple(
        entry
        for (_, check, locus), row in by_key.items()
        if answers.get(check, NOT_ASKED).leans_on(locus, row, history.of((asset.id, check, locus)), as_of)
        for entry in row
    )


def after_the_clock(entries: Iterable[Carried], now: datetime) -> tuple[Carried, ...]:
    """The same past for a clock that jumped back: nothing in it is later than `now`, and nothing in it is better.

    A failure from the future is one of `now`, and stands until it is seen to pass. Any other sight from the future only
    says that its place was asked for: moved, it would be a pass, or the begin of an absence, that nobody saw then. An
    older sight that says something else than such a sight is gone with it, as it is not the last word any more.
    """
    entries = tuple(entries)
    if max(map(OBSERVED_AT, entries), default=now) <= now:
        return entries
    later: dict[Key, set[Outcome]] = defaultdict(set)
    for entry in entries:
        if entry.observed_at > now and entry.outcome is not Outcome.UNKNOWN:
            later[_key(entry)].add(entry.outcome)
    return tuple(_at_most(entry, now) for entry in entries if not _is_overtaken(entry, later.get(_key(entry)), now))


def at_another_address(entries: Iterable[Carried]) -> tuple[Carried, ...]:
    """The past of an asset that lies somewhere else now: what failed stands, and nothing better vouches for it.

    A pass there says nothing of what answers here; that it was asked for does.
    """
    return tuple(entry if entry.outcome is Outcome.FAIL else _asked_for(entry) for entry in entries)


def _asked_for(entry: Carried) -> Carried:
    return replace(entry, outcome=Outcome.UNKNOWN, summary="", evidence=(), basis=Basis.OBSERVED)


def renamed(entries: Iterable[Carried], asset: Asset) -> tuple[Carried, ...]:
    """The entries of ids that the asset had are its own. Only for ids that nobody has any more."""
    return tuple(
        replace(entry, asset=asset.id) if entry.asset in asset.formerly and entry.asset != asset.id else entry
        for entry in entries
    )


# What is kept of one key


def _kept(sights: Sequence[Carried], row: Sequence[Carried], rubric: Rubric) -> tuple[Carried, ...]:
    """The sights that count, and the first time that it was asked for in vain since the last of them.

    `row`: all entries of the key, by time. That first time stands for the later ones, so that the memory of a place
    that stays dark does not change: the place is gone when a look is later than the last time that it was known, and a
    look of tonight is later than both the first and the last night in the dark. It differs for a look that is dated
    between the two, an import: it finds the place gone, and the full history would still call it unseen.
    """
    asked = (entry for entry in row if entry.outcome is Outcome.UNKNOWN)
    in_vain = (entry for entry in asked if not sights or entry.observed_at > sights[-1].observed_at)
    return (*_kept_sights(sights, rubric), *tuple(in_vain)[:1])


def _kept_sights(sights: Sequence[Carried], rubric: Rubric) -> tuple[Carried, ...]:
    """The failure that is open, or the last answer, and the first and the last absence (NOT_APPLICABLE) after it.

    The absences may end the failure one day. After a PASS they end a failure of an import that is older than they are.
    A failure that has ended is kept too: another rubric may ask for more days, or the clock may have been wrong.
    """
    failure = open_failure(sights, rubric)
    answers = [entry for entry in sights if entry.outcome is not Outcome.NOT_APPLICABLE]
    answer = failure or (answers[-1] if answers else None)
    absences = [
        entry
        for entry in sights
        if entry.outcome is Outcome.NOT_APPLICABLE and (answer is None or entry.observed_at > answer.observed_at)
    ]
    if failure and failure.basis is not Basis.DECLARED:
        absences = [entry for entry in absences if entry.basis is not Basis.DECLARED]
    kept = [] if answer is None else [answer]
    return (*kept, *absences[:1], *absences[1:][-1:])


def _is_over(row: Sequence[Carried], rubric: Rubric) -> bool:
    """Whether all that is left of a key is that it was gone, for long enough. `row`: what is remembered of it."""
    last = row[-1]
    if last.outcome is not Outcome.NOT_APPLICABLE or last.summary != GONE or open_failure(row, rubric):
        return False
    first = next(entry for entry in row if entry.outcome is Outcome.NOT_APPLICABLE)
    return last.observed_at - first.observed_at >= rubric.failure_ends_after


# What one run relies on


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What one check says now. `by_locus`: without the UNKNOWN that speaks for the whole asset."""

    by_locus: Mapping[str, Finding] = field(default_factory=dict)
    is_asked: bool = False
    is_blind: bool = False
    looked_at: datetime | None = None

    @classmethod
    def of(cls, findings: Sequence[Finding], as_of: datetime) -> _Answer:
        blind = blind_of(findings)
        return cls(
            by_locus={finding.locus: finding for finding in findings if finding is not blind},
            is_asked=True,
            is_blind=blind is not None,
            looked_at=last_look(findings, as_of),
        )

    def leans_on(self, locus: str, row: Sequence[Carried], sights: Sequence[Carried], as_of: datetime) -> bool:
        """Whether what was known of one locus (`row`; of it was seen: `sights`) can change what counts, now or later.

        Of a locus that nothing is asked of, or that is gone, only a failure counts.
        """
        if locus in self.by_locus:
            return bool(sights) and not _decides(self.by_locus[locus], sights, as_of)
        looked_at = self.looked_at
        is_gone = looked_at is not None and all(entry.observed_at < looked_at for entry in row)
        if not self.is_asked or (is_gone and not self.is_blind):
            return _has_failed(sights)
        return True


NOT_ASKED = _Answer()


def _decides(finding: Finding, sights: Sequence[Carried], as_of: datetime) -> bool:
    """Whether what was seen now counts whatever was seen before: the last word, and no failure survives it."""
    sight = sight_of(finding, as_of)
    if sight is None or with_sight(sights, sight)[-1] is not sight:
        return False
    ends_all = sight.outcome is not Outcome.NOT_APPLICABLE and sight.basis is not Basis.DECLARED
    return ends_all or not _has_failed(sights)


def _has_failed(sights: Iterable[Carried]) -> bool:
    return any(entry.outcome is Outcome.FAIL for entry in sights)


# The clock


def _is_overtaken(entry: Carried, later: set[Outcome] | None, now: datetime) -> bool:
    """A PASS, or an absence, that a sight from the future contradicts."""
    is_mild = entry.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    return is_mild and entry.observed_at <= now and later is not None and later != {entry.outcome}


def _at_most(entry: Carried, now: datetime) -> Carried:
    if entry.observed_at <= now:
        return entry
    if entry.outcome is Outcome.FAIL:
        return replace(entry, observed_at=now)
    return _asked_for(replace(entry, observed_at=now))


# Entries by key


def _key(entry: Carried) -> Key:
    return (entry.asset, entry.check, entry.locus)


def _by_key(entries: Iterable[Carried]) -> dict[Key, list[Carried]]:
    rows: dict[Key, list[Carried]] = defaultdict(list)
    for entry in entries:
        rows[_key(entry)].append(entry)
    return rows


def _latest(rows: Mapping[Key, Sequence[Carried]]) -> datetime:
    return max(entry.observed_at for row in rows.values() for entry in row)


def _order(entry: Carried) -> tuple[object, ...]:
    """By time; at one instant so that it never matters which of two entries came first."""
    rows = tuple((row.looked_at, row.seen, row.wanted) for row in entry.evidence)
    who = (entry.run, entry.digest, entry.basis, entry.severity or 0, entry.tier or "")
    return (entry.observed_at, entry.summary, *who, rows)
