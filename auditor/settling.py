"""What counts of each asset, one after the other: settled, attested, waived, kept and graded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import datetime
from operator import is_
from typing import TypeVar
from zoneinfo import ZoneInfo

from auditor.deriving import Sights
from auditor.facts.base import Facts
from auditor.findings import Packed
from auditor.grade import Held, grade_asset
from auditor.held import Kept
from auditor.history import History
from auditor.judge import judge_asset, sensitivity_of
from auditor.judge_run import Judged, Stages
from auditor.model import Asset, Attestation, Finding, Reason, System, Waiver
from auditor.plugins import Parts
from auditor.probe import Unseen
from auditor.question import Memory, Question
from auditor.records import dataclass
from auditor.standing import PLACE, Rule, Settlement
from auditor.waive import attest, waive

Said = TypeVar("Said", Attestation, Waiver)


@dataclass(slots=True)
class Settled:
    """What counts. `findings`: by asset, in the order of asset, check, locus; `kept`: the grades of the assets.

    `is_complete`: everything was seen that was asked; of an asset of which nothing can be asked it was not.
    """

    kept: Kept
    findings: list[Packed] = field(default_factory=list)
    is_complete: bool = True


def settle(  # noqa: PLR0917 - what was seen, what was asked, and when
    assets: Sequence[Asset], judged: Judged, question: Question, parts: Parts, memory: Memory, as_of: datetime
) -> Settled:
    """What counts at `as_of`, with attestations and waivers noted.

    Takes from `judged` what it hands on: the findings of a large city do not stand in memory twice.
    """
    systems = {system.id: system for system in question.accountable_systems}
    rules = {check.id: Rule(check.severity, check.tier) for check in parts.checks}
    late = Stages.of(parts).late_types
    across = frozenset(check.id for check in parts.checks if check.reads in late)
    words, waivers = _of_each(question.attestations), _of_each(question.waivers)
    zone = ZoneInfo(question.timezone)
    listed = {asset.id for asset in question.assets}
    settled = Settled(Kept(judged.words.shelf))
    for asset in sorted(assets, key=lambda asset: asset.id):
        looked = judged.findings.pop(asset.id, None)
        if looked is None:
            unseen = _unlooked(asset, question, parts, is_listed=asset.id in listed or asset.id in judged.found)
            now = judge_asset(asset, Sights.of(unseen), parts.checks_for(asset))
        else:
            now = tuple(looked)
        before = memory.recall(asset)
        history = History(before, (asset,), as_of)
        settlement = Settlement(rules, history, question.rubric, as_of, question.retired_checks)
        answered = attest(settlement.settle(asset, now), words.get(asset.id, ()), zone, as_of)
        noted = waive(answered, waivers.get(asset.id, ()), zone, as_of)
        asked = (one for one in noted if not (question.only and _takes_the_rest(one, across, history)))
        counting = sorted(asked, key=PLACE)
        memory.keep(asset, now, before, history, counting)
        if looked is None or not _are_the_same(now, counting):
            looked = judged.words.packed(asset.id, counting)
        settled.findings.append(looked)
        held = _grade_asset(asset, systems.get(asset.system), counting, question, parts)
        settled.kept.put(held)
        settled.is_complete &= 0 < held.grade.counts.asked == held.grade.counts.answered
    return settled


def _are_the_same(now: Sequence[Finding], counting: Sequence[Finding]) -> bool:
    """Is what counts what was judged, in its order, with nothing to note? So it is of most assets on most nights."""
    return len(now) == len(counting) and all(map(is_, now, counting))


def _takes_the_rest(finding: Finding, across: frozenset[str], history: History) -> bool:
    """What all assets have to say (`across`) is not asked of some of them, unless it was asked before.

    What was asked in vain stays unknown: a letter would else rise by looking at less.
    """
    is_left_out = finding.check in across and finding.reason == Reason.LEFT_OUT.word
    return is_left_out and not history.loci(finding.asset, finding.check)


def _of_each(said: Iterable[Said]) -> dict[str, list[Said]]:
    """Waivers or attestations, by asset."""
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        groups[one.asset].append(one)
    return groups


def _unlooked(asset: Asset, question: Question, parts: Parts, *, is_listed: bool) -> Iterator[Unseen]:
    reason = Reason.INTERRUPTED if is_listed else Reason.UNLISTED
    if asset.system in question.unreadable:
        reason = Reason.INCLUDE_BROKEN
    kinds: set[type[Facts]] = {check.reads for check in parts.checks_for(asset)}
    yield from (Unseen(kind, "", reason, "") for kind in kinds)


def _grade_asset(
    asset: Asset, system: System | None, counting: Sequence[Finding], question: Question, parts: Parts
) -> Held:
    known = parts.with_absent(counting).by_id
    sensitivity = sensitivity_of(asset, system)
    return grade_asset(asset, sensitivity, counting, lambda check: known[check].effort, question.rubric)
