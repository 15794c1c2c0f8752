"""Other tools' exports: what each format says of a machine, and that nothing but its own word makes a pass."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.facts.imported import Platform
from auditor.model import Export, Reason
from auditor.probe import Unseen
from auditor.probes.devices import READERS
from auditor.probes.exports.times import moment_of, moment_of_seconds
from auditor.reach import ExportFile
from tests.probes.exported_files import (
    DATED,
    FLEET,
    INTUNE,
    JAMF,
    WHEN,
    ansible,
    bitlocker,
    facts_of,
    looked,
    looked_at,
    node,
    snapshot,
    verdicts,
    why_not,
)

PASS, FAIL, UNKNOWN, NOT = "pass", "fail", "unknown", "not_applicable"


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ("pc,Windows,Ready,Encrypted,S1,a@b,", (PASS, UNKNOWN, UNKNOWN)),
        ("pc,Windows,Ready,Not encrypted,S1,a@b,", (FAIL, UNKNOWN, NOT)),
        ("pc,Windows,Not ready,,S1,a@b,", (UNKNOWN, UNKNOWN, UNKNOWN)),
        ("pc,Windows,Not ready,Not ready,S1,a@b,", (UNKNOWN, UNKNOWN, UNKNOWN)),
        ("pc,Windows,Ready,Encrypted,S1,a@b,The OS volume is unprotected.", (PASS, UNKNOWN, FAIL)),
        ("pc,Windows,Ready,Encrypted,S1,a@b,osVolumeUnprotected", (PASS, UNKNOWN, FAIL)),
        ("pc,Windows,Ready,Encrypted,S1,a@b,A fixed drive is unprotected.", (PASS, FAIL, UNKNOWN)),
        ("pc,Windows,Ready,Verschlüsselt,S1,a@b,", (UNKNOWN, UNKNOWN, UNKNOWN)),
        ("pc,Windows,Ready,Nicht verschlüsselt,S1,a@b,", (UNKNOWN, UNKNOWN, UNKNOWN)),
        ('pc,Windows,Ready,"=""Encrypted""",S1,a@b,', (UNKNOWN, UNKNOWN, UNKNOWN)),
        ("pc,Windows,Ready,!encrypted,S1,a@b,", (UNKNOWN, UNKNOWN, UNKNOWN)),
        ("pc,macOS,Ready,Encrypted,S1,a@b,", (PASS, UNKNOWN, NOT)),
        ("pc,iOS,Ready,Encrypted,S1,a@b,", (PASS, NOT, NOT)),
        ("pc,,Ready,Encrypted,S1,a@b,", (PASS, UNKNOWN, UNKNOWN)),
    ],
)
def test_intune(tmp_path: Path, cells: str, wanted: tuple[str, str, str]) -> None:
    assert verdicts(looked(tmp_path, "intune", INTUNE + cells, dated=DATED)["S1"]) == wanted


def test_intunes_list_of_all_devices_has_a_time_for_each(tmp_path: Path) -> None:
    text = (
        '"Device name","Serial number","Last check-in","OS","Encrypted"\r\n'
        '"pc1","S1","2026-05-30 07:12:44.0000000","Windows","True"\r\n'
        '"pc2","S2","2026-05-30T07:12:44Z","Windows","False"\r\n'
    )
    said = looked(tmp_path, "intune", b"\xef\xbb\xbf" + text.encode(), dated=DATED)
    assert facts_of(said["S1"]).observed_at == datetime(2026, 5, 30, 7, 12, 44, tzinfo=UTC)
    assert [verdicts(said[one])[0] for one in ("S1", "S2")] == [PASS, FAIL]
    assert facts_of(said["S2"]).place == "x.csv:3"


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("All Partitions Encrypted", (PASS, PASS, NOT)),
        ("ALL_ENCRYPTED", (PASS, PASS, NOT)),
        ("Boot Partitions Encrypted", (PASS, UNKNOWN, NOT)),
        ("Some Partitions Encrypted", (UNKNOWN, FAIL, NOT)),
        ("No Partitions Encrypted", (FAIL, UNKNOWN, NOT)),
        ("Not Encrypted", (FAIL, UNKNOWN, NOT)),
        ("Encrypting", (FAIL, UNKNOWN, NOT)),
        ("N/A", (UNKNOWN, UNKNOWN, NOT)),
        ("Toutes les partitions chiffrées", (UNKNOWN, UNKNOWN, NOT)),
        ("", (UNKNOWN, UNKNOWN, NOT)),
    ],
)
def test_jamf(tmp_path: Path, status: str, wanted: tuple[str, str, str]) -> None:
    assert verdicts(looked(tmp_path, "jamf", f"{JAMF}mac,C1,2026-06-01 10:00:00,{status}\n")["C1"]) == wanted


@pytest.mark.parametrize(
    ("platform", "told", "wanted"),
    [
        ("darwin", True, (PASS, UNKNOWN, NOT)),
        ("darwin", False, (FAIL, UNKNOWN, NOT)),
        ("windows", True, (PASS, UNKNOWN, UNKNOWN)),
        ("windows", False, (FAIL, UNKNOWN, NOT)),
        ("windows", None, (UNKNOWN, UNKNOWN, UNKNOWN)),
        ("ubuntu", True, (UNKNOWN, UNKNOWN, NOT)),  # one parent of the root's device
        ("ubuntu", False, (UNKNOWN, UNKNOWN, NOT)),
        ("", True, (PASS, UNKNOWN, UNKNOWN)),
    ],
)
def test_fleet(tmp_path: Path, platform: str, told: bool | None, wanted: tuple[str, str, str]) -> None:
    host = {"hostname": "h", "hardware_serial": "F1", "platform": platform, "disk_encryption_enabled": told}
    host |= {"detail_updated_at": "2026-06-01T10:00:00Z"}
    for value in ({"hosts": [host]}, {"host": host}, [host], {"kind": "host", "spec": host}):
        assert verdicts(looked(tmp_path, "fleet", json.dumps(value), "x.json")["F1"]) == wanted
    row = f"h,F1,{platform},{'' if told is None else str(told).lower()},2026-06-01T10:00:00Z\n"
    assert verdicts(looked(tmp_path, "fleet", FLEET + row)["F1"]) == wanted


def test_fleets_word_in_quotes_is_no_truth(tmp_path: Path) -> None:
    host = {"hostname": "h", "platform": "darwin", "disk_encryption_enabled": "true"}
    said = looked(tmp_path, "fleet", json.dumps({"hosts": [host]}), "x.json", dated=DATED)
    assert verdicts(said["h"])[0] == UNKNOWN


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([bitlocker("C:")], (PASS, NOT, PASS)),
        ([bitlocker("C:", "1", "0")], (PASS, NOT, FAIL)),  # encrypted, and the key in the clear
        ([bitlocker("C:", "1", "2")], (PASS, NOT, UNKNOWN)),
        ([bitlocker("C:", "0", "0")], (FAIL, NOT, NOT)),
        ([bitlocker("C:", "2", "1")], (FAIL, NOT, PASS)),
        ([bitlocker("C:"), bitlocker("D:", "0", "0")], (PASS, FAIL, PASS)),
        ([bitlocker("C:"), bitlocker("D:")], (PASS, PASS, PASS)),
        ([bitlocker("D:")], (UNKNOWN, PASS, PASS)),
        ([{"drive_letter": "C:"}], (UNKNOWN, NOT, UNKNOWN)),
    ],
)
def test_osquery_on_windows(tmp_path: Path, rows: list[dict[str, str]], wanted: tuple[str, str, str]) -> None:
    said = looked(tmp_path, "osquery", snapshot("bitlocker_info", rows), "x.log")
    assert facts_of(said["db1"]).platform is Platform.WINDOWS
    assert verdicts(said["db1"]) == wanted


@pytest.mark.parametrize(
    ("encrypted", "vault", "wanted"),
    [
        ("1", "on", (PASS, NOT, NOT)),
        ("1", "off", (FAIL, NOT, NOT)),  # a T2 chip encrypts, and nobody's password is asked
        ("1", "unknown", (UNKNOWN, NOT, NOT)),
        ("1", "", (UNKNOWN, NOT, NOT)),
        ("0", "off", (FAIL, NOT, NOT)),
        ("0", "on", (FAIL, NOT, NOT)),
    ],
)
def test_osquery_on_macos(tmp_path: Path, encrypted: str, vault: str, wanted: tuple[str, str, str]) -> None:
    mounts = [
        {"device": "/dev/disk3s1s1", "path": "/", "type": "apfs"},
        {"device": "/dev/disk3s5", "path": "/System/Volumes/Data", "type": "apfs"},
        {"device": "/dev/disk3s6", "path": "/System/Volumes/VM", "type": "apfs"},
    ]
    ciphers = [{"name": "/dev/disk3s5", "encrypted": encrypted, "filevault_status": vault}]
    log = snapshot("mounts", mounts) + snapshot("disk_encryption", ciphers)
    assert verdicts(looked(tmp_path, "osquery", log, "x.log")["db1"]) == wanted


def linux_log(host: str = "db1", at: int = WHEN, tables: str = "mounts block_devices disk_encryption") -> str:
    rows = {
        "mounts": [
            {"device": "/dev/mapper/root", "device_alias": "/dev/dm-0", "path": "/", "type": "ext4", "flags": "rw"},
            {"device": "proc", "device_alias": "proc", "path": "/proc", "type": "proc", "flags": "rw"},
        ],
        "block_devices": [
            {"name": "/dev/vda", "parent": "", "size": "4194304", "block_size": "512"},
            {"name": "/dev/vda1", "parent": "/dev/vda", "type": "crypto_LUKS", "size": "4192256", "block_size": "512"},
            {"name": "/dev/dm-0", "parent": "/dev/vda1", "size": "4190000", "block_size": "512"},
        ],
        "disk_encryption": [
            {"name": "/dev/vda", "encrypted": "0", "type": ""},
            {"name": "/dev/vda1", "encrypted": "0", "type": ""},
            {"name": "/dev/dm-0", "encrypted": "1", "type": "aes-xts-plain64"},
        ],
    }
    return "".join(snapshot(table, rows[table], host, at) for table in tables.split())


def test_osquery_on_linux(tmp_path: Path) -> None:
    said = looked(tmp_path, "osquery", linux_log() + linux_log("db2", tables="mounts disk_encryption"), "x.log")
    assert verdicts(said["db1"]) == (PASS, NOT, NOT)
    (empty,) = looked(tmp_path, "osquery", snapshot("bitlocker_info", []), "x.log").values()
    assert isinstance(empty, Unseen)
    assert empty.detail == "x.log:1: its bitlocker_info lists no drive"
    assert isinstance(said["db2"], Unseen)
    assert said["db2"].detail == "x.log:4: it has no rows of block_devices (osquery must run as root)"


def test_osquerys_last_snapshot_counts_and_the_oldest_table_dates_it(tmp_path: Path) -> None:
    log = linux_log(at=WHEN + 60) + snapshot("disk_encryption", [], at=WHEN) + snapshot("mounts", [], at=WHEN + 30)
    said = looked(tmp_path, "osquery", log, "x.log")
    assert verdicts(said["db1"])[0] == PASS
    later = log + snapshot("disk_encryption", [{"name": "/dev/dm-0", "encrypted": "0"}], at=WHEN + 90)
    said = looked(tmp_path, "osquery", later, "x.log")
    assert verdicts(said["db1"])[0] == UNKNOWN
    assert facts_of(said["db1"]).observed_at == datetime.fromtimestamp(WHEN + 60, UTC)


LUKS = ("dm-name-root", "dm-uuid-CRYPT-LUKS2-0123-root")


def test_ansible(tmp_path: Path) -> None:
    root = [{"mount": "/", "device": "/dev/mapper/root", "fstype": "ext4", "options": "rw"}]
    disk = node(vda1=node("dm-0"))
    for ids, wanted in (
        (LUKS, PASS),
        (("dm-name-root", "dm-uuid-CRYPT-VERITY-1-root"), FAIL),
        (("dm-name-root",), FAIL),  # a mapping over a plain partition
        ((), UNKNOWN),  # no udev: nobody can say which mapping is mounted
    ):
        text = ansible(root, {"vda": disk, "dm-0": node(ids=ids)})
        assert verdicts(looked(tmp_path, "ansible", text, "x.json")["db1.elm.example"])[0] == wanted
    text = ansible(root, {"vda": disk, "vdb": node("dm-0"), "dm-0": node(ids=("dm-name-root", "dm-uuid-LVM-x"))})
    assert verdicts(looked(tmp_path, "ansible", text, "x.json")["db1.elm.example"])[0] == FAIL


def test_a_folder_of_ansibles_facts_is_a_machine_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    folder.mkdir()
    root = [{"mount": "/", "device": "/dev/vda1", "fstype": "ext4"}]
    (folder / "db1.json").write_text(ansible(root, {"vda": node(vda1=node())}))
    (folder / "db2").write_text(json.dumps({"unreachable": True, "msg": "no route"}))
    (folder / "bsd").write_text(ansible(root, {}, ansible_system="FreeBSD", ansible_fqdn="bsd"))
    (folder / "bare.elm.example").write_text(ansible([], {}, ansible_fqdn="localhost"))
    said = looked_at(tmp_path, Export(format="ansible", file="facts"))
    assert verdicts(said["db1"]) == (FAIL, NOT, NOT)
    reasons = {name: one.detail for name, one in said.items() if isinstance(one, Unseen)}
    assert reasons == {
        "bare.elm.example": "facts/bare.elm.example:1: it lists no mounts or no devices: gather the hardware subset",
        "bsd": "facts/bsd:1: disks of FreeBSD are not understood yet",
        "db2": "facts/db2:1: Ansible could not gather its facts",
    }


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
