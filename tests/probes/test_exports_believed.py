"""What of an export is believed, whatever wrote it, and what can be used of it at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.probe import Unseen
from auditor.probes.devices import READERS
from auditor.probes.exports.times import moment_of, moment_of_seconds
from auditor.reach import ExportFile
from tests.probes.exported_files import DATED, FLEET, INTUNE, JAMF, looked, snapshot, verdicts, why_not

PASS = "pass"
ROW = "pc,Windows,Ready,Encrypted,{},a@b,\n"


def test_a_machine_is_named_by_its_serial_number_so_that_no_persons_name_is_kept(tmp_path: Path) -> None:
    text = INTUNE + "Anna's PC,Windows,Ready,Encrypted,S1,anna@elm.example,\n"
    (sight,) = looked(tmp_path, "intune", text, dated=DATED).values()
    assert sight.locus == "S1"
    assert "nna" not in repr(sight)


@pytest.mark.parametrize("serial", ["", " ", "0", "To be filled by O.E.M.", "System Serial Number", "n/a"])
def test_what_stands_for_no_serial_number_is_none(tmp_path: Path, serial: str) -> None:
    assert list(looked(tmp_path, "intune", INTUNE + ROW.format(serial), dated=DATED)) == ["pc"]


def test_without_a_date_nothing_is_believed(tmp_path: Path) -> None:
    (sight,) = looked(tmp_path, "intune", INTUNE + ROW.format("S1")).values()
    assert isinstance(sight, Unseen)
    assert sight.detail == "x.csv:2: neither the row nor `dated` in the inventory says when it was told"
    (sight,) = looked(tmp_path, "jamf", f"{JAMF}mac,C1,06/01/2026 10:00,All Partitions Encrypted\n").values()
    assert isinstance(sight, Unseen)


def test_of_two_rows_of_one_machine_the_last_told_counts(tmp_path: Path) -> None:
    old = "mac,C1,2026-05-01 10:00:00,No Partitions Encrypted\n"
    new = "mac,C1,2026-06-01 10:00:00,All Partitions Encrypted\n"
    for text in (old + new, new + old):
        assert verdicts(looked(tmp_path, "jamf", JAMF + text)["C1"])[0] == PASS


@pytest.mark.parametrize(
    "rows",
    [
        "mac,C1,2026-06-01 10:00:00,No Partitions Encrypted\nmac,C1,2026-06-01 10:00:00,All Partitions Encrypted\n",
        "mac,,2026-05-01 10:00:00,No Partitions Encrypted\nmac,,2026-06-01 10:00:00,All Partitions Encrypted\n",
        # one number that a maker left in two machines
        "one,X1,2026-05-01 10:00:00,No Partitions Encrypted\ntwo,X1,2026-06-01 10:00:00,All Partitions Encrypted\n",
    ],
)
def test_rows_that_may_be_of_two_machines_prove_nothing(tmp_path: Path, rows: str) -> None:
    (sight,) = looked(tmp_path, "jamf", JAMF + rows).values()
    assert isinstance(sight, Unseen)
    assert sight.reason is Reason.INCONSISTENT


def test_machines_that_are_meant_and_not_told_of_are_unseen(tmp_path: Path) -> None:
    text = INTUNE + ROW.format("S1") + ROW.format("S2").replace("pc", "other")
    said = looked(tmp_path, "intune", text, hosts=("s1", "S9"), dated=DATED)
    assert sorted(said) == ["S9", "s1"]
    assert verdicts(said["s1"])[0] == PASS
    assert isinstance(said["S9"], Unseen)
    assert said["S9"].reason is Reason.GONE
    assert sorted(looked(tmp_path, "intune", text, hosts=("PC",), dated=DATED)) == ["PC"]


def test_fewer_machines_than_there_should_be_are_unseen(tmp_path: Path) -> None:
    text = INTUNE + ROW.format("S1")
    said = looked(tmp_path, "intune", text, expected=2, dated=DATED)
    assert isinstance(said["the rest"], Unseen)
    assert said["the rest"].detail == "x.csv tells of 1 machines, and there should be 2"
    assert list(looked(tmp_path, "intune", text, expected=1, dated=DATED)) == ["S1"]


def test_a_row_that_does_not_fit_is_a_place_that_was_not_seen(tmp_path: Path) -> None:
    said = looked(tmp_path, "intune", INTUNE + ROW.format("S1") + "pc2,Windows,Encrypted\n", dated=DATED)
    assert isinstance(said["x.csv:3"], Unseen)
    assert said["x.csv:3"].detail == "x.csv:3: it has not as many cells as the header"


NO_STATE = "x.csv:1: no column is called Encryption status or Encryption state or Encrypted or Is encrypted"
WHOLE = {
    "": NO_STATE,
    "Device name;OS\n": NO_STATE,
    "Gerätename,Verschlüsselungsstatus\n": NO_STATE,
    "Encryption status\nx\n": "x.csv:1: no column is called Device name",
    "Device name,device_name,Encrypted\n": "x.csv:1: two of its columns have one name",
    INTUNE: "x.csv: it tells of no machine",
    INTUNE + 'pc,"Windows\n': "x.csv:2: the row cannot be read as CSV",
    INTUNE + "pc\x00,Windows\n": "x.csv:2: it holds a NUL: export it as UTF-8",
}


@pytest.mark.parametrize("text", WHOLE)
def test_a_table_that_cannot_be_used_says_why_and_where(tmp_path: Path, text: str) -> None:
    assert why_not(tmp_path, "intune", text) == WHOLE[text]


DOCUMENTS: list[tuple[str, bytes, str]] = [
    ("fleet", b"{}", "x.json:1: it holds no hosts as Fleet writes them"),
    ("fleet", b'{"hosts": [', "x.json:1: it is not JSON from here on (Expecting value)"),
    ("fleet", b'{"host": {},\n "host": {}}', "x.json:1: the key 'host' stands twice"),
    ("fleet", b"[" * 100_000, "x.json:1: its values are nested too deep"),
    ("fleet", b'{"hosts": [1' + b"0" * 5_000 + b"]}", "x.json:1: a number is too long"),
    ("fleet", b"{}\n\xff", "x.json:2: it is not UTF-8 from here on: export it as UTF-8"),
    ("osquery", b'[{"name": "x"}]', "x.json:1: it names no hostIdentifier: this is no line of osquery's snapshot log"),
    (
        "osquery",
        snapshot("mounts", []).encode() + snapshot("mounts", [], action="added").encode(),
        "x.json:2: it is no snapshot with a time: set snapshot to true for this query",
    ),
    (
        "osquery",
        snapshot("mounts", [], at="soon").encode(),
        "x.json:1: it is no snapshot with a time: set snapshot to true for this query",
    ),
    ("ansible", b'{"a": 1}', "x.json:1: it holds no ansible_ facts"),
]


@pytest.mark.parametrize(("form", "content", "wanted"), DOCUMENTS)
def test_a_document_that_cannot_be_used_says_why_and_where(
    tmp_path: Path, form: str, content: bytes, wanted: str
) -> None:
    assert why_not(tmp_path, form, content, "x.json") == wanted


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_spreadsheets_own_delimiters_are_read(tmp_path: Path, delimiter: str) -> None:
    text = (INTUNE + ROW.format("S1")).replace(",", delimiter)
    assert verdicts(looked(tmp_path, "intune", text, dated=DATED)["S1"])[0] == PASS


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-06-01", datetime(2026, 6, 1, tzinfo=UTC)),
        ("2026-06-01T10:00:00+02:00", datetime(2026, 6, 1, 8, tzinfo=UTC)),
        ("2026-06-01 10:00", datetime(2026, 6, 1, 10, tzinfo=UTC)),
        ("2026-06-01 10:00:00 UTC", datetime(2026, 6, 1, 10, tzinfo=UTC)),
        ("03/04/2026", None),
        ("2026-02-30", None),
        ("2026-06-01T25:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("1780300800", None),
        ("", None),
    ],
)
def test_a_time_that_can_be_read_in_two_ways_is_none(text: str, wanted: datetime | None) -> None:
    assert moment_of(text) == wanted


@pytest.mark.parametrize("value", [True, -1, 0, 10**12, "x", "1e9", "١٧٨٠٣٠٠٨٠٠", None, 1.5])
def test_seconds_of_another_century_are_no_time(value: object) -> None:
    assert moment_of_seconds(value) is None


BITS = [
    b'"',
    b",",
    b";",
    b"\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b'"hosts"',
    b'"host"',
    b"1",
    b"null",
    b"\x00",
    b"\xef\xbb\xbf",
]


def reason_of(form: str, file: ExportFile) -> str:
    """Why a format reads nothing of a file; "" where it reads something. Raises nothing else."""
    try:
        list(READERS[form](file))
    except Unreachable as error:
        return error.detail
    return ""


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(READERS)),
    st.binary(max_size=80) | st.lists(st.sampled_from(BITS), max_size=12).map(b"".join),
    st.sampled_from([b"", INTUNE.encode(), JAMF.encode(), FLEET.encode(), snapshot("mounts", [{}]).encode()]),
)
def test_any_bytes_end_as_a_reason(form: str, content: bytes, before: bytes) -> None:
    for name in ("x.csv", "x.json"):
        reason = reason_of(form, ExportFile(name, before + content))
        assert not reason or reason.startswith(f"{name}:")


@settings(max_examples=40)
@given(st.text(st.characters(blacklist_characters='",;\t\r\n\x00', blacklist_categories=["Cs"]), max_size=20))
def test_no_word_but_the_right_one_makes_a_pass(word: str) -> None:
    bare = "".join(word.casefold().replace("_", " ").split())
    for form, header, row, good in (
        ("intune", INTUNE, f"pc,Windows,Ready,{word},S1,,", {"encrypted", "true"}),
        (
            "jamf",
            JAMF,
            f"mac,C1,2026-06-01,{word}",
            {f"{which}{what}" for which in ("all", "boot") for what in ("encrypted", "partitionsencrypted")},
        ),
    ):
        (told,) = READERS[form](ExportFile("x.csv", f"{header}{row}\n".encode()))
        is_pass = any(volume.encrypted.value == "yes" for volume in getattr(told, "volumes", ()))
        assert is_pass is (bare in good)
