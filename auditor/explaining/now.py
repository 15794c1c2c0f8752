"""What the run's own look said where an earlier answer or somebody's word stands, and what will end that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from auditor.explaining.case import Case
from auditor.explaining.facts import looks_at
from auditor.history import History, open_failure
from auditor.judge_run import Judging, Stages
from auditor.model import Finding, Outcome, Standing
from auditor.observe import Look
from auditor.reports.explanation.nouns import Change
from auditor.second_look import both
from auditor.standing import GONE, blind_of, last_look


def own_answer(case: Case, finding: Finding) -> Finding | None:
    """What judging says of this run's look at that place; None: nothing, or it takes more than this asset to say."""
    if finding.standing is Standing.NOW:
        return None
    asset = case.assets[finding.asset]
    if case.parts.by_id[finding.check].reads in Stages.of(case.parts).late_types:
        return None
    judged: list[Sequence[Finding]] = [(), ()]
    for turn, look in looks_at(case, case.run, asset):
        began = case.run.opening.started
        judging = Judging((asset,), case.inventory.systems, case.parts, began, register=case.register)
        judged[turn - 1] = judging.run([Look(asset, look.sights, look.found)]).findings.get(asset.id, ())
    return _at(finding, [one for one in both(*judged) if one.check == finding.check], case.report.run.as_of)


def _at(finding: Finding, said: Sequence[Finding], as_of: datetime) -> Finding | None:
    """What a check says of one place. Where it saw other places and not this one, this one is gone."""
    by_locus = {one.locus: one for one in said}
    blind, looked_at = blind_of(said), last_look(said, as_of)
    if finding.locus in by_locus or blind or not looked_at:
        return by_locus.get(finding.locus, blind)
    return replace(
        finding,
        outcome=Outcome.NOT_APPLICABLE,
        summary=GONE,
        evidence=(),
        observed_at=looked_at,
        standing=Standing.NOW,
        waiver=None,
        attestation=None,
    )


def change_of(case: Case, finding: Finding, now: Finding | None) -> Change:
    """What time alone, or a place that stays away, will do to a finding that was not seen this time."""
    if finding.standing not in (Standing.STALE, Standing.KEPT) or finding.observed_at is None:
        return Change()
    if finding.outcome is not Outcome.FAIL:
        return Change(stops_counting=finding.observed_at + case.rubric.fresh[finding.tier])
    asset = case.assets[finding.asset]
    entries = History(case.carried, (asset,), case.report.run.as_of).of(finding.key)
    failure = open_failure(entries, case.rubric)
    after = (one for one in entries if failure and one.observed_at > failure.observed_at)
    begins = [one.observed_at for one in after if one.outcome is Outcome.NOT_APPLICABLE]
    if now and now.outcome is Outcome.NOT_APPLICABLE and now.observed_at:
        begins.append(now.observed_at)
    if not begins:
        return Change()
    return Change(absent_since=min(begins), ends_if_absent_at=min(begins) + case.rubric.failure_ends_after)
