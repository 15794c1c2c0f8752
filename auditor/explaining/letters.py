"""What a finding does to the letters of its asset, its system, its department and the city."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Finding, Grade, Report, Step, System
from auditor.reports.explanation.nouns import Level


def levels_of(report: Report, finding: Finding, system: System | None) -> Iterator[Level]:
    for kind, name, grade in _grades(report, finding, system):
        yield _level(kind, name, grade, finding)


def _grades(report: Report, finding: Finding, system: System | None) -> Iterator[tuple[str, str, Grade]]:
    assets = {grade.id: grade for grade in report.asset_grades}
    yield "asset", finding.asset, assets[finding.asset]
    if system is None:
        return
    systems = {grade.id: grade for grade in report.system_grades}
    if system.id in systems:
        yield "system", system.name, systems[system.id]
    names = {department.id: department.name for department in report.departments}
    for grade in report.department_grades:
        if grade.id == system.department:
            yield "department", names.get(grade.id, grade.id), grade
    if report.city:
        yield "city", report.organisation or "the city", report.city.grade


def _level(kind: str, name: str, grade: Grade, finding: Finding) -> Level:
    holding = [_is_of(step, finding) for step in grade.held_by]
    steps = [_is_of(step, finding) for step in grade.next.steps] if grade.next else []
    return Level(
        kind=kind,
        name=name,
        letter=grade.letters.measured,
        holds=any(holding),
        others=holding.count(False),
        next=grade.next.letter if grade.next else None,
        is_step=any(steps),
        steps=len(steps),
        alone=next((one.letter for one in grade.alone if one.check == finding.check), None),
    )


def _is_of(step: Step, finding: Finding) -> bool:
    return (step.subject, step.check, step.locus) == finding.key
