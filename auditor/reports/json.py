"""The report as JSON: the contract "auditor/report/1" (docs/report.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from auditor.codec import JsonValue, plain
from auditor.model import (
    Asset,
    Attestation,
    Expiring,
    Grade,
    Report,
    Step,
    System,
    Waiver,
)
from auditor.reports.json_findings import texts
from auditor.reports.json_layout import Laid, Rows, in_pieces, indented

SCHEMA = "auditor/report/1"
NOBODY: tuple[str, Iterator[tuple[str, str]]] = ("", iter(()))


def render(report: Report) -> str:
    """The whole report, in a fixed order, ending in a newline. The same report gives the same bytes."""
    return "".join(pieces(report))


def pieces(report: Report) -> Iterator[str]:
    """What `render` gives, piece by piece: the report of a large city is many times the size of its findings."""
    opening = "{"
    for name, value in _members(report):
        yield f'{opening}\n "{name}": '
        yield from value if isinstance(value, Iterator) else in_pieces(value, 1)
        opening = ","
    yield "\n}\n"


def _members(report: Report) -> Iterator[tuple[str, Laid | Iterator[str]]]:
    """The members of the report; a long list as its text, piece by piece."""
    names = {department.id: department.name for department in report.departments}
    ended, unbacked = frozenset(report.expired_waivers), frozenset(report.expired_attestations)
    assets = zip(report.assets, report.asset_grades, _not_asked(report), strict=True)
    yield "schema", SCHEMA
    yield "run", _run(report)
    yield "city", _city(report)
    yield "systems", _systems(report)
    yield "departments", _each(_department(grade, names.get(grade.id, grade.id)) for grade in report.department_grades)
    yield "assets", _each(_asset(*parts) for parts in assets)
    yield "findings", _listed(texts(report.findings))
    yield "found", _each({"id": asset.id, "kind": asset.kind, "address": asset.address} for asset in report.found)
    yield "discovered_at", plain(report.discovered_at)
    yield "waivers", _each(_waiver(waiver, is_expired=waiver.id in ended) for waiver in report.waivers)
    yield "expired_waivers", list(report.expired_waivers)
    yield "attestations", _each(_attestation(word, is_expired=word.id in unbacked) for word in report.attestations)
    yield "expired_attestations", list(report.expired_attestations)
    yield "expired_agreements", list(report.expired_agreements)
    yield "expiring", _each(_expiring(one) for one in report.expiring)
    yield "plugins", list(report.plugins)


def _not_asked(report: Report) -> Iterator[list[JsonValue]]:
    """The checks that are not asked of each asset, in the order of the assets."""
    groups = groupby(report.not_asked, key=itemgetter(0))
    name, pairs = next(groups, NOBODY)
    for asset in report.assets:
        mine: list[JsonValue] = []
        if name == asset.id:
            mine = [check for _, check in pairs]
            name, pairs = next(groups, NOBODY)
        yield mine


def _listed(texts: Iterable[str]) -> Iterator[str]:
    opening = "["
    for text in texts:
        yield f"{opening}\n  {text}"
        opening = ","
    yield "[]" if opening == "[" else "\n ]"


def _each(values: Iterable[Laid]) -> Iterator[str]:
    return _listed(indented(value, 2) for value in values)


def _systems(report: Report) -> Iterator[str]:
    opening = "["
    for system, grade in zip(report.systems, report.system_grades, strict=True):
        yield f"{opening}\n  "
        yield from in_pieces(_system(system, grade), 2)
        opening = ","
    yield "[]" if opening == "[" else "\n ]"


def _run(report: Report) -> JsonValue:
    run = report.run
    return {
        "id": run.id,
        "started": plain(run.started),
        "finished": plain(run.finished),
        "as_of": plain(run.as_of),
        "tool": run.tool,
        "rubric": run.rubric,
        "complete": run.complete,
        "inventory": run.inventory,
        "timezone": report.timezone,
    }


def _city(report: Report) -> Laid:
    city = report.city
    if city is None:
        return None
    return {
        "id": city.grade.id,
        **_letters(city.grade),
        "held_by": _steps(city.grade.held_by),
        "next": _next(city.grade),
        "distribution": {str(letter): count for letter, count in city.distribution},
        "sensitive": {"at_b_or_better": city.sensitive_at_b, "systems": city.sensitive_systems},
        "found_unclaimed": city.found_unclaimed,
        "caps": list(city.caps),
    }


def _system(system: System, grade: Grade) -> Laid:
    return {
        "id": system.id,
        "name": system.name,
        "department": system.department,
        "owner": system.owner,
        "sensitivity": system.sensitivity.word,
        **_letters(grade),
        "held_by": _steps(grade.held_by),
        "next": _next(grade),
        "fixed_alone": _alone(grade),
    }


def _department(grade: Grade, name: str) -> JsonValue:
    return {"id": grade.id, "name": name, **_letters(grade)}


def _asset(asset: Asset, grade: Grade, not_asked: list[JsonValue]) -> Laid:
    return {
        "id": asset.id,
        "kind": asset.kind,
        "address": asset.address,
        "system": asset.system,
        **_letters(grade),
        "held_by": _steps(grade.held_by),
        "next": _next(grade),
        "fixed_alone": _alone(grade),
        "not_asked": not_asked,
    }


def _letters(grade: Grade) -> dict[str, JsonValue]:
    counts = grade.counts
    return {
        "letter": str(grade.letters.measured),
        "at_worst": str(grade.letters.at_worst),
        "with_accepted_risks": str(grade.letters.accepted),
        "coverage": None if counts.coverage is None else round(counts.coverage, 4),
        "counts": {
            "asked": counts.asked,
            "answered": counts.answered,
            "failed": counts.failed,
            "unknown": counts.unknown,
            "stale": counts.stale,
            "attested": counts.attested,
            "waived": counts.waived,
        },
    }


def _steps(steps: Sequence[Step]) -> Rows:
    return Rows(steps, _step)


def _step(step: Step) -> JsonValue:
    """[asset, check, locus]; where no check but another thing is to be done, its name stands for the check."""
    return [step.subject, step.check or step.kind.value, step.locus]


def _next(grade: Grade) -> Laid:
    return None if grade.next is None else {"letter": str(grade.next.letter), "steps": _steps(grade.next.steps)}


def _alone(grade: Grade) -> list[JsonValue]:
    return [{"check": one.check, "letter": str(one.letter)} for one in grade.alone]


def _waiver(waiver: Waiver, *, is_expired: bool) -> JsonValue:
    return {
        "id": waiver.id,
        "check": waiver.check,
        "asset": waiver.asset,
        "reason": waiver.reason,
        "risk_owner": waiver.risk_owner,
        "approved_by": waiver.approved_by,
        "approved": plain(waiver.approved),
        "expires": plain(waiver.expires),
        "expired": is_expired,
    }


def _attestation(word: Attestation, *, is_expired: bool) -> JsonValue:
    return {
        "id": word.id,
        "check": word.check,
        "asset": word.asset,
        "outcome": word.outcome.value,
        "statement": word.statement,
        "by": word.by,
        "made": plain(word.made),
        "expires": plain(word.expires),
        "expired": is_expired,
    }


def _expiring(one: Expiring) -> JsonValue:
    return {"what": one.what, "subject": one.subject, "locus": one.locus, "at": plain(one.at)}
