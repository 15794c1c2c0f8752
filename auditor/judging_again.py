"""A kept run, judged again: from its facts, what it carried, its inventory and a rubric. Looks at nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING

from auditor import asked as asking
from auditor.asked import Asked
from auditor.errors import UsageError
from auditor.keeping import stored_looks
from auditor.model import Carried, Letters, Report
from auditor.past import LetterMove
from auditor.pipeline import Question, assess
from auditor.plugins import Parts
from auditor.rubric import Rubric, parse_rubric
from auditor.store import pages, runs

if TYPE_CHECKING:
    from auditor.store.kept import Store


def question_of(
    asked: Asked, rubric: Rubric, carried: Iterable[Carried] = (), as_of: datetime | None = None
) -> Question:
    """What is graded: all that was asked, or the systems that were asked alone."""
    said = {field.name: getattr(asked, field.name) for field in fields(Asked)}
    if asked.only:
        said["systems"] = tuple(system for system in asked.systems if system.id in asked.only)
        said["assets"] = tuple(asset for asset in asked.assets if asset.system in asked.only)
    return Question(**said, rubric=rubric, carried=tuple(carried), as_of=as_of)


def judge_again(
    store: Store, run: runs.Run, parts: Parts, *, rubric: Rubric | None = None, as_of: datetime | None = None
) -> Report:
    """The report of a finished run. By its own rubric and at its own instant the same bytes come out as did then.

    Raises UsageError for an instant before the run, of which it cannot know anything, and for a run that was pruned.
    """
    asked = asking.read(run.opening.asked)
    kept = run.kept
    if run.pruned:
        raise UsageError(
            f"What the run {run.id} saw was pruned; its letters are all that is kept.", "Name a later run."
        )
    if as_of is not None and as_of < kept.as_of:
        raise UsageError(
            f"The run {run.id} is of {kept.as_of:%Y-%m-%d %H:%M} UTC, later than that day.",
            "Name an earlier run (`auditor store runs`), or a later day.",
        )
    with store.reading() as connection:
        carried = tuple(pages.read_carried(connection, run.no))
    question = question_of(asked, rubric or parse_rubric(run.opening.rules.decode(), run.id), carried, as_of)
    return assess(
        stored_looks(store, run, asked, parts, 1),
        question,
        parts,
        began=kept.started,
        clock=lambda: kept.finished,
        name=run.id,
        again=lambda _: stored_looks(store, run, asked, parts, 2),
    )


def letters_between(one: Report, other: Report) -> Iterator[LetterMove]:
    """The letters that differ between two reports of the same run."""
    first, second = _letters(one), _letters(other)
    for kind, name in first:
        if first[kind, name] != second.get((kind, name)):
            yield LetterMove(kind, name, first[kind, name], second.get((kind, name)))


def _letters(report: Report) -> dict[tuple[str, str], Letters]:
    city = [("city", report.city.grade)] if report.city else []
    rows = [
        *city,
        *(("department", grade) for grade in report.department_grades),
        *(("system", grade) for grade in report.system_grades),
        *(("asset", grade) for grade in report.asset_grades),
    ]
    return {(kind, grade.id): grade.letters for kind, grade in rows}
