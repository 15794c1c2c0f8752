"""One finding of a kept run, and all that is known of it."""

from __future__ import annotations

from auditor.explaining.case import Case
from auditor.explaining.facts import facts_of
from auditor.explaining.letters import levels_of
from auditor.explaining.now import change_of, own_answer
from auditor.explaining.rule import rule_of
from auditor.grade import cap_of
from auditor.judge import sensitivity_of
from auditor.model import Finding
from auditor.reports.explanation.nouns import Explained


def explain(case: Case, finding: Finding) -> Explained:
    """Raises CodecError where the store cannot be read."""
    report, asset = case.report, case.assets[finding.asset]
    system = case.systems.get(asset.system)
    sensitivity = sensitivity_of(asset, system)
    now = own_answer(case, finding)
    return Explained(
        rule=rule_of(case.parts.by_id[finding.check], case.parts, case.rubric),
        asset=asset,
        system=system,
        sensitivity=sensitivity.word,
        finding=finding,
        now=now,
        story=case.stories([asset], finding.check).get(finding.key, ()),
        kept=facts_of(case, finding),
        cap=cap_of(finding, sensitivity, case.rubric),
        levels=tuple(levels_of(report, finding, system)),
        waiver=next((one for one in report.waivers if one.id == finding.waiver), None),
        attestation=next((one for one in report.attestations if one.id == finding.attestation), None),
        change=change_of(case, finding, now),
    )
