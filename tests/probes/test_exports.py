"""Other tools' exports: what each format says of a machine, and that nothing but its own word makes a pass."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.facts.imported import Platform
from auditor.model import Export
from auditor.probe import Unseen
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
