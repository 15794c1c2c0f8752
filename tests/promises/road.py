"""The road of one asset, in this process: look, judge, grade, and the words of a check's Fix. Knows no server."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Protocol, Self

from auditor import pipeline, plugins
from auditor.model import Asset, Grade, Letter, NextLetter, Outcome, Report, Step, StepKind
from auditor.observe import observe
from auditor.plugins import Parts
from auditor.reach import Limits, Reaches
from auditor.rubric import read_rubric

QUICK = Limits(operation_s=4.0, pause_s=0.0, host_s=30.0)


class Faulty(Protocol):
    """Something with faults that can be graded, and fixed as a check says."""

    def report(self) -> Report: ...

    def fixed(self, step: Step) -> Self:
        """Do what one step asks, and nothing else."""
        ...


@cache
def parts(without: frozenset[str] = frozenset()) -> Parts:
    """All parts. `without`: checks whose fault is the test's own, and not of what it looks at."""
    loaded = plugins.load()
    return replace(loaded, checks=tuple(check for check in loaded.checks if check.id not in without))


def report_of(asset: Asset, reaches: Reaches, without: frozenset[str] = frozenset()) -> Report:
    """What one look at it gives; whatever crashed on the way is an error of the test."""
    installed = parts(without)
    question = pipeline.Question(assets=(asset,), rubric=read_rubric())
    began = datetime.now(UTC)
    looks = list(observe([asset], installed, reaches))
    report = pipeline.assess(looks, question, installed, began=began, clock=reaches.access.clock)
    broken = [finding for finding in report.findings if (finding.reason or "").endswith("_error")]
    assert not broken, broken
    return report


def grade_in(report: Report) -> Grade:
    """The grade of its one asset."""
    (grade,) = report.asset_grades
    return grade


def is_undone(report: Report, step: Step) -> bool:
    """Does what a step is about still hold the asset down?"""
    if step.kind is not StepKind.FIX:
        return step in (grade_in(report).next or NextLetter(Letter.A_PLUS, ())).steps
    return any(
        finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
        for finding in report.findings
        if (finding.check, finding.locus) == (step.check, step.locus)
    )


def printed(check: str, pattern: str) -> str:
    """What the Fix of a check literally says: the first match of `pattern` in it, or the group of it."""
    found = re.search(pattern, parts().by_id[check].fix)
    assert found, f"the Fix of {check} does not say {pattern}"
    return found[1] if found.groups() else found[0]
