"""The CSV files of what has a letter: the run as a whole, departments, systems and assets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from auditor.model import (
    Asset,
    CityGrade,
    Department,
    Grade,
    Report,
    Sensitivity,
    System,
    Tier,
)
from auditor.records import dataclass
from auditor.reports.csv_columns import SEPARATOR, Column, Sheet, Type
from auditor.reports.csv_letters import graded

SENSITIVITIES = SEPARATOR.join(one.word for one in Sensitivity)
TIERS = SEPARATOR.join(Tier)


@dataclass(frozen=True, slots=True)
class SystemRow:
    system: System
    grade: Grade
    department: str  # its name


@dataclass(frozen=True, slots=True)
class AssetRow:
    asset: Asset
    grade: Grade
    sensitivity: Sensitivity
    not_asked: tuple[str, ...]


def department_names(report: Report) -> dict[str, str]:
    return {department.id: department.name for department in report.departments}


def _runs(report: Report) -> Iterator[Report]:
    yield report


def _departments(report: Report) -> Iterator[tuple[Department, Grade]]:
    names = department_names(report)
    for grade in report.department_grades:
        yield Department(id=grade.id, name=names.get(grade.id, grade.id)), grade


def _systems(report: Report) -> Iterator[SystemRow]:
    names = department_names(report)
    for system, grade in zip(report.systems, report.system_grades, strict=True):
        yield SystemRow(system, grade, names.get(system.department, system.department))


def _assets(report: Report) -> Iterator[AssetRow]:
    not_asked: dict[str, list[str]] = defaultdict(list)
    for name, check in report.not_asked:
        not_asked[name].append(check)
    systems = {system.id: system.sensitivity for system in report.systems}
    for asset, grade in zip(report.assets, report.asset_grades, strict=True):
        sensitivity = asset.sensitivity or systems.get(asset.system, Sensitivity.UNDECLARED)
        yield AssetRow(asset, grade, sensitivity, tuple(not_asked[asset.id]))


def _of_city(read: Callable[[CityGrade], int]) -> Callable[[Report], int | None]:
    def value(report: Report) -> int | None:
        return None if report.city is None else read(report.city)

    return value


RUN: Sheet[Report] = Sheet(
    "run.csv",
    "One row: the run, and the organisation's letters (empty for an ad hoc check and with --only). Key: run.",
    (
        Column(
            "organisation",
            Type.TEXT,
            "Whose inventory it was.",
            lambda report: report.organisation,
            "City of Fernwick",
            optional=True,
        ),
        Column(
            "timezone",
            Type.TEXT,
            "IANA zone in which the days of waivers and attestations end.",
            lambda report: report.timezone,
            "America/New_York",
        ),
        Column("started", Type.TIME, "When looking began.", lambda report: report.run.started, "2026-06-01T02:00:00Z"),
        Column("finished", Type.TIME, "When it ended.", lambda report: report.run.finished, "2026-06-01T02:04:11Z"),
        Column(
            "as_of",
            Type.TIME,
            "The instant for which the letters hold.",
            lambda report: report.run.as_of,
            "2026-06-01T02:04:11Z",
        ),
        Column("tool", Type.TEXT, "Version of the program.", lambda report: report.run.tool, "0.1.0"),
        Column("rubric", Type.TEXT, "Version of the rubric.", lambda report: report.run.rubric, "2026.1"),
        Column(
            "inventory",
            Type.TEXT,
            "SHA-256 of the inventory's content; empty for an ad hoc check.",
            lambda report: report.run.inventory,
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            optional=True,
        ),
        Column(
            "complete",
            Type.BOOLEAN,
            "Everything was seen that was asked.",
            lambda report: report.run.complete,
            "true",
        ),
        *graded(lambda report: report.city.grade if report.city else None, optional=True),
        Column(
            "sensitive_systems",
            Type.INTEGER,
            "Systems with confidential, restricted or undeclared data, those not graded too.",
            _of_city(lambda city: city.sensitive_systems),
            "31",
            values="systems",
            optional=True,
        ),
        Column(
            "sensitive_at_b_or_better",
            Type.INTEGER,
            "Those of them at B or better: the number to follow over the years.",
            _of_city(lambda city: city.sensitive_at_b),
            "27",
            values="systems",
            optional=True,
        ),
        Column(
            "found_unclaimed",
            Type.INTEGER,
            "Assets that were found and that nobody claims (found.csv).",
            _of_city(lambda city: city.found_unclaimed),
            "0",
            values="assets",
            optional=True,
        ),
        Column(
            "caps",
            Type.LIST,
            "What caps the city beyond its systems, in words.",
            lambda report: report.city.caps if report.city else None,
            "3 assets were found that nobody claims: B at best",
            optional=True,
        ),
        Column(
            "discovered_at",
            Type.TIME,
            "When assets that no inventory lists were last looked for; empty: never.",
            lambda report: report.discovered_at,
            "2026-05-20T02:00:00Z",
            optional=True,
        ),
        Column(
            "plugins",
            Type.LIST,
            "The distributions that the checks came from, with their versions.",
            lambda report: report.plugins,
            "encryption-compliance-auditor 0.1.0",
            optional=True,
        ),
    ),
    _runs,
)

DEPARTMENTS: Sheet[tuple[Department, Grade]] = Sheet(
    "departments.csv",
    "One row for each department; none where the run has no city letter. Key: run, department.",
    (
        Column("department", Type.TEXT, "Id in the inventory.", lambda row: row[0].id, "water", optional=True),
        Column("name", Type.TEXT, "As on the scorecard.", lambda row: row[0].name, "Water Utility", optional=True),
        *graded(lambda row: row[1]),
    ),
    _departments,
)

SYSTEMS: Sheet[SystemRow] = Sheet(
    "systems.csv",
    "One row for each system. Key: run, system.",
    (
        Column("system", Type.TEXT, "Id in the inventory.", lambda row: row.system.id, "utility-billing"),
        Column(
            "name", Type.TEXT, "As on the scorecard.", lambda row: row.system.name, "Utility billing", optional=True
        ),
        Column(
            "department",
            Type.TEXT,
            "Id of the accountable department; empty where no inventory says it any more.",
            lambda row: row.system.department,
            "water",
            optional=True,
        ),
        Column("department_name", Type.TEXT, "Its name.", lambda row: row.department, "Water Utility", optional=True),
        Column(
            "owner", Type.TEXT, "The role that fixes it.", lambda row: row.system.owner, "Billing team", optional=True
        ),
        Column(
            "sensitivity",
            Type.WORD,
            "Of its data; undeclared data is graded like confidential data.",
            lambda row: row.system.sensitivity.word,
            "confidential",
            values=SENSITIVITIES,
        ),
        Column(
            "data_classes",
            Type.LIST,
            "The kinds of data that the inventory names.",
            lambda row: row.system.data_classes,
            "contact; payment",
            optional=True,
        ),
        Column(
            "exposure",
            Type.WORD,
            "Who can reach it.",
            lambda row: row.system.exposure,
            "internet",
            values=SEPARATOR.join(("internet", "internal")),
        ),
        Column(
            "hosting",
            Type.WORD,
            "Where it runs: the city's own rooms, rented machines or storage, or a vendor's service.",
            lambda row: row.system.hosting,
            "onprem",
            values=SEPARATOR.join(("onprem", "cloud", "saas")),
        ),
        *graded(lambda row: row.grade),
    ),
    _systems,
)

ASSETS: Sheet[AssetRow] = Sheet(
    "assets.csv",
    "One row for each asset that was looked at, or should have been. Key: run, asset.",
    (
        Column("asset", Type.TEXT, "Id, as system/asset.", lambda row: row.asset.id, "utility-billing/pay"),
        Column(
            "system",
            Type.TEXT,
            "Id of its system; empty for an ad hoc check.",
            lambda row: row.asset.system,
            "utility-billing",
            optional=True,
        ),
        Column("kind", Type.TEXT, "web, server, bucket, tls, mx, or another.", lambda row: row.asset.kind, "web"),
        Column(
            "address",
            Type.TEXT,
            "URL, ssh://[user@]host[:port] or s3://bucket.",
            lambda row: row.asset.address,
            "https://pay.fernwick.example/",
        ),
        Column(
            "tiers",
            Type.LIST,
            "What is asked of it.",
            lambda row: [tier for tier in Tier if tier in row.asset.tiers],
            "nightly; online",
            values=TIERS,
        ),
        Column(
            "sensitivity",
            Type.WORD,
            "Of its data: its own, or its system's.",
            lambda row: row.sensitivity.word,
            "confidential",
            values=SENSITIVITIES,
        ),
        Column(
            "intended_public",
            Type.BOOLEAN,
            "Everybody is meant to read it, so being readable is no fault.",
            lambda row: row.asset.intended_public,
            "false",
        ),
        *graded(lambda row: row.grade),
        Column(
            "not_asked",
            Type.LIST,
            "Checks of a tier that the inventory does not ask of it.",
            lambda row: row.not_asked,
            "tls-heartbleed",
            optional=True,
        ),
    ),
    _assets,
)
