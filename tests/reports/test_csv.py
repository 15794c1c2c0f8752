"""The CSV files: RFC 4180, no formula in any cell, nothing hidden, and a dictionary that cannot be wrong."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Report
from auditor.reports import csv as report_csv
from auditor.reports import csv_pages
from auditor.reports.csv_columns import SEPARATOR, Type
from auditor.reports.files import replace_file, write_files
from auditor.reports.harmless import UNSHOWN, for_csv, for_terminal
from tests.reports.drawn import DRAWN, HOSTILE, TEXTS, reports
from tests.reports.example import FORM_1, TOWN, stale, with_findings

ROOT = Path(__file__).parents[2]
NAMES = [name for name, _ in report_csv.files(TOWN)]
APOSTROPHE = re.compile("(^|;)'")  # as docs/csv.md gives it


def read(lines: Iterable[str]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(lines), newline=""), strict=True))


def rows(report: Report, name: str) -> list[dict[str, str]]:
    header, *body = read(dict(report_csv.files(report))[name])
    return [dict(zip(header, row, strict=True)) for row in body]


def as_it_was(cell: str) -> str:
    return APOSTROPHE.sub(r"\1", cell)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_begins_no_formula_and_can_be_had_back(text: str) -> None:
    cell = for_csv(text)
    assert begins_no_formula(cell)
    assert as_it_was(cell) == for_terminal(text)


@given(st.text() | st.text("=+-@;'\" \t\r\n\uff1d\uff0b\uff0d\uff20\u2212a", max_size=8))
def test_no_text_begins_a_formula_and_each_can_be_had_back(text: str) -> None:
    cell = for_csv(text)
    assert begins_no_formula(cell)
    assert as_it_was(cell) == for_terminal(text)


def begins_no_formula(cell: str) -> bool:
    """Wherever a spreadsheet lets a cell begin, what it sees first, wide or not, is no sign of a formula."""
    for piece in cell.split(";"):
        seen = unicodedata.normalize("NFKC", piece).replace("\u2212", "-").lstrip('" ')
        if seen[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} and seen:
            return False
    return True


@pytest.mark.parametrize(
    "text", ["max-age=31536000; includeSubDomains", "192.0.2.1:443", "a - b", "Straße", "", "it's"]
)
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert for_csv(text) == text


@DRAWN
@given(reports())
def test_every_file_is_rfc_4180_and_every_cell_what_the_dictionary_says(report: Report) -> None:
    columns = {(entry.file, entry.column.name): entry.column for entry in report_csv.entries()}
    for name, lines in report_csv.files(report):
        made = list(lines)
        assert all(line.endswith("\r\n") and line.count("\r") == line.count("\n") == 1 for line in made)
        assert not {one for line in made for one in line[:-2] if unicodedata.category(one) in UNSHOWN}
        header, *body = read(made)
        assert [column for file, column in columns if file == name] == header
        for row in body:
            assert len(row) == len(header)
            assert all(map(begins_no_formula, row))
            for key, cell in zip(header, row, strict=True):
                column = columns[name, key]
                assert fits(cell, column.type, column.values, optional=column.optional), (name, key, cell)


def fits(cell: str, kind: Type, values: str, *, optional: bool) -> bool:
    if cell == "":
        return optional
    if kind is Type.WORD:
        return cell in values.split(SEPARATOR)
    if kind is Type.LIST and values:
        return set(cell.split(SEPARATOR)) <= set(values.split(SEPARATOR))
    return re.fullmatch(kind.pattern, cell) is not None


@DRAWN
@given(reports())
def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    assert [(name, "".join(lines)) for name, lines in report_csv.files(report)] == [
        (name, "".join(lines)) for name, lines in report_csv.files(report)
    ]


@DRAWN
@given(reports())
def test_no_credential_is_named(report: Report) -> None:
    text = "".join(line for _, lines in report_csv.files(report) for line in lines)
    assert "SECRET-NAME" not in text
    assert "SHA256:secret" not in text


@DRAWN
@given(reports(), TEXTS)
def test_rows_are_those_of_the_report(report: Report, summary: str) -> None:
    findings = tuple(replace(finding, summary=summary) for finding in report.findings)
    report = replace(report, findings=findings)
    found = rows(report, "findings.csv")
    assert [as_it_was(row["summary"]) for row in found] == [for_terminal(summary)] * len(findings)
    assert [(as_it_was(row["asset"]), row["check"], as_it_was(row["locus"])) for row in found] == [
        tuple(map(for_terminal, finding.key)) for finding in findings
    ]
    assert len(rows(report, "evidence.csv")) == sum(len(finding.evidence) for finding in findings)
    assert len(rows(report, "assets.csv")) == len(report.assets)
    assert len(rows(report, "waivers.csv")) == len(report.waivers)


def test_a_report_without_anything_gives_headers_alone() -> None:
    empty = replace(
        with_findings(),
        organisation=None,
        systems=(),
        assets=(),
        asset_grades=(),
        system_grades=(),
        department_grades=(),
        not_asked=(),
        waivers=(),
        attestations=(),
        expiring=(),
    )
    assert [name for name, _ in report_csv.files(empty)] == NAMES
    lengths = {name: len(list(lines)) for name, lines in report_csv.files(empty) if name != "dictionary.csv"}
    assert lengths.pop("run.csv") == 2
    assert set(lengths.values()) == {1}
    (row,) = rows(empty, "run.csv")
    assert (row["letter"], row["asked"], row["organisation"]) == ("", "", "")


def test_findings_name_system_and_department_and_what_they_hold() -> None:
    (row,) = rows(with_findings(FORM_1), "findings.csv")
    assert row == {
        "run": "20260601T020000Z-4f1d0a",
        "asset": "desk/form",
        "check": "toy-c",
        "locus": "192.0.2.1:443",
        "system": "desk",
        "department": "it",
        "outcome": "fail",
        "severity": "medium",
        "tier": "nightly",
        "basis": "observed",
        "standing": "now",
        "reason": "",
        "observed_at": "2026-06-01T02:00:00Z",
        "flapping": "false",
        "waiver": "",
        "attestation": "",
        "holds_asset": "true",
        "holds_system": "true",
        "summary": "it says fail",
    }


def test_what_holds_an_asset_need_not_hold_its_system() -> None:
    site, desk = TOWN.system_grades
    report = replace(with_findings(FORM_1), system_grades=(site, replace(desk, held_by=())))
    (row,) = rows(report, "findings.csv")
    assert (row["holds_asset"], row["holds_system"]) == ("true", "false")


def test_a_time_is_utc_whatever_the_zone_of_the_organisation() -> None:
    (row,) = rows(with_findings(stale(FORM_1)), "findings.csv")
    assert (row["standing"], row["observed_at"]) == ("stale", "2026-05-25T02:00:00Z")


def test_an_expired_waiver_says_so() -> None:
    (row,) = rows(TOWN, "waivers.csv")
    assert (row["waiver"], row["expires"], row["expired"]) == ("W-7", "2026-05-31", "true")


def test_coverage_has_four_decimals_and_a_department_its_name() -> None:
    (row,) = rows(TOWN, "departments.csv")
    assert (row["name"], row["coverage"]) == ("Computing", "0.9565")


def test_the_dictionary_describes_every_column_of_every_file_in_order() -> None:
    described = [(row["file"], row["column"]) for row in rows(TOWN, "dictionary.csv")]
    headers = [(name, column) for name, lines in report_csv.files(TOWN) for column in read(lines)[0]]
    assert described == headers
    assert len(set(described)) == len(described)


def test_every_example_of_the_dictionary_is_a_value_of_its_column() -> None:
    for row in rows(TOWN, "dictionary.csv"):
        kind = next(kind for kind in Type if kind.word == row["type"])
        assert fits(as_it_was(row["example"]), kind, row["values"], optional=False), row


def test_the_page_is_written_from_the_same_table() -> None:
    page = (ROOT / "docs" / "csv.md").read_text(encoding="utf-8")
    assert page == csv_pages.render(), "make docs writes it again"


def test_the_pages_tables_have_five_columns() -> None:
    body = csv_pages.render().split("## run.csv", 1)[1]
    assert {line.count("|") for line in body.splitlines() if line.startswith("|")} == {6}


def test_rows_are_drawn_one_by_one() -> None:
    drawn = 0

    def expiring() -> Iterable[object]:
        nonlocal drawn
        for one in TOWN.expiring * 3:
            drawn += 1
            yield one

    lines = dict(report_csv.files(replace(TOWN, expiring=expiring())))["expiring.csv"]  # type: ignore[arg-type]
    assert next(lines).startswith("run,what")
    next(lines)
    assert drawn == 1


def test_files_are_for_their_owners_eyes_and_of_known_bytes(tmp_path: Path) -> None:
    out = tmp_path / "a" / "csv"
    written = report_csv.write(out, TOWN)
    assert [path.name for path in written] == sorted(NAMES, key=NAMES.index)
    assert sorted(path.name for path in out.iterdir()) == sorted(NAMES)
    assert out.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    data = (out / "findings.csv").read_bytes()
    assert data.startswith(b"run,asset,check,"), "no byte order mark"
    assert data.count(b"\r\n") == data.count(b"\n") == len(TOWN.findings) + 1


def test_writing_again_gives_the_same_bytes_and_leaves_nothing_beside(tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in report_csv.write(tmp_path, TOWN)}
    assert {path.name: path.read_bytes() for path in report_csv.write(tmp_path, TOWN)} == before
    assert len(list(tmp_path.iterdir())) == len(NAMES)


def test_a_file_that_fails_halfway_keeps_its_earlier_content(tmp_path: Path) -> None:
    def broken() -> Iterable[str]:
        yield "new"
        raise OSError(28, "No space left on device")

    target = tmp_path / "x.csv"
    target.write_text("old")
    with pytest.raises(OSError, match="No space"):
        replace_file(target, broken())
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_what_a_killed_run_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("kept")
    (tmp_path / "x.csv.part").symlink_to(tmp_path / "secret")
    (path,) = write_files(tmp_path, [("x.csv", ["a\r\n", "ä\r\n"])])
    assert path.read_bytes() == "a\r\nä\r\n".encode()
    assert (tmp_path / "secret").read_text() == "kept", "a link in the way is not followed"


def test_a_folder_that_is_a_file_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="exists"):
        report_csv.write(tmp_path / "file", TOWN)
