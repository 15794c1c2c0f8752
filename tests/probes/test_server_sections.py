"""The script's further sections, each run in the shells that servers have, over files of the test's own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.facts.server import SectionState
from auditor.probes.collection import Collected, sections
from auditor.probes.server import collection_script

MARKER = "0123456789abcdef"
SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]]
LAST = b'main "$1" </dev/null'
HEAD = b"MARKER=$1\nWITHIN='timeout 15'\nHELPER=$D/helper\n"


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request: pytest.FixtureRequest) -> list[str]:
    found: list[str] = request.param
    if shutil.which(found[0]) is None:
        pytest.skip(f"{found[0]} is not installed")
    return found


def section(shell: list[str], folder: Path, call: str, **exchanged: str) -> Collected:
    """One section by its function's name, with system paths exchanged for those of the test."""
    script = collection_script()
    for old, new in exchanged.items():
        script = script.replace(old.encode(), new.encode())
    script = script.replace(LAST, HEAD + f"section asked {call} </dev/null".encode())
    ran = subprocess.run(
        [shutil.which(shell[0]) or shell[0], *shell[1:], "-s", MARKER],
        input=script,
        capture_output=True,
        timeout=30,
        check=False,
        env={"D": str(folder)},
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    return sections(ran.stdout, MARKER)["asked"]


def tool(folder: Path, name: str, body: str) -> str:
    """A program of the test's own; returns the PATH that finds it first."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / "bin" / name).chmod(0o755)
    return f"PATH={folder}/bin:/usr/sbin"


def test_the_whole_script_runs_to_its_end(shell: list[str]) -> None:
    ran = subprocess.run(
        [shutil.which(shell[0]) or shell[0], *shell[1:], "-s", MARKER],
        input=collection_script(privileged=True),
        capture_output=True,
        timeout=60,
        check=False,
        env={},
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.endswith(f"\n{MARKER} DONE\n".encode())
    found = sections(ran.stdout, MARKER)
    assert {"dmi", "virt", "power", "cmdline", "fips", "bcache", "lsblk", "crypttab", "directories"} <= found.keys()
    assert {"helper", "privileged"} <= found.keys()


def test_only_words_about_disks_leave_the_command_line(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "cmdline").write_text("BOOT_IMAGE=/v root=/dev/vda1 password=hunter2 resume=UUID=1 quiet * noresume\n")
    found = section(shell, tmp_path, "command_line", **{"/proc/cmdline": f"{tmp_path}/cmdline"})
    assert [line.decode() for line in found.lines] == ["root=/dev/vda1", "resume=UUID=1", "noresume"]


LSBLK = """case "$*" in
  *PARTTYPE* | *TRAN*) echo 'lsblk: unknown column' >&2; exit 1 ;;
  '-P -o KNAME,FSTYPE') echo 'KNAME="sda" FSTYPE="ext4"' ;;
  *) exit 1 ;;
esac"""


def test_an_old_lsblk_is_asked_for_fewer_columns(shell: list[str], tmp_path: Path) -> None:
    found = section(shell, tmp_path, "signatures", **{"PATH=/usr/sbin": tool(tmp_path, "lsblk", LSBLK)})
    assert (found.state, found.body.strip()) == (SectionState.SEEN, b'KNAME="sda" FSTYPE="ext4"')


def test_an_lsblk_that_fails_is_not_an_empty_one(shell: list[str], tmp_path: Path) -> None:
    found = section(shell, tmp_path, "signatures", **{"PATH=/usr/sbin": tool(tmp_path, "lsblk", "exit 32")})
    assert found.state is SectionState.FAILED


def test_without_lsblk_the_section_is_absent(shell: list[str], tmp_path: Path) -> None:
    found = section(shell, tmp_path, "signatures", **{"command -v lsblk": "command -v no-such-lsblk"})
    assert found.state is SectionState.ABSENT


def test_real_hardware_is_an_answer_although_the_tool_ends_with_one(shell: list[str], tmp_path: Path) -> None:
    path = tool(tmp_path, "systemd-detect-virt", "echo none; exit 1")
    found = section(shell, tmp_path, "virtualisation", **{"PATH=/usr/sbin": path})
    assert (found.state, found.body.strip()) == (SectionState.SEEN, b"none")


def test_bcache_names_the_device_behind_it_and_its_caches(shell: list[str], tmp_path: Path) -> None:
    """Laid out as the kernel's Documentation/admin-guide/bcache.rst says; no such machine could be tried."""
    real = tmp_path / "devices"
    for name in ("vdb", "vdc"):
        (real / name / "bcache").mkdir(parents=True)
    cache_set = tmp_path / "set"
    cache_set.mkdir()
    (cache_set / "cache0").symlink_to(real / "vdc" / "bcache")
    (real / "vdb" / "bcache" / "cache").symlink_to(cache_set)
    (tmp_path / "block" / "bcache0").mkdir(parents=True)
    (tmp_path / "block" / "bcache0" / "bcache").symlink_to(real / "vdb" / "bcache")
    found = section(shell, tmp_path, "bcache_members", **{"/sys/block/bcache*": f"{tmp_path}/block/bcache*"})
    assert found.body.strip() == b"bcache0 vdb,vdc,"


def test_directories_are_found_by_settings_and_by_custom_and_links_are_followed(
    shell: list[str], tmp_path: Path
) -> None:
    for name in ("var/lib/mysql", "data/my sql", "data/pg", "data/mongo", "dumps", "tmp"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "var/lib/pgsql").symlink_to(tmp_path / "data/pg")
    (tmp_path / "etc").mkdir()
    named = f'# datadir = /commented\n  datadir\t= "{tmp_path}/data/my sql"  # here'
    (tmp_path / "etc/my.cnf").write_text(f"[mysqld]\n{named}\n")
    (tmp_path / "etc/mongod.conf").write_text(f"storage:\n  dbPath: {tmp_path}/data/mongo\n")
    (tmp_path / "etc/kdump.conf").write_text(f"path {tmp_path}/dumps\nextra_bins /bin/x\n")
    exchanged = {path: f"{tmp_path}{path}" for path in ("/etc/", "/var/lib/", "/var/opt/")}
    lines = {line.decode() for line in section(shell, tmp_path, "directories", **exchanged).lines}
    here = str(tmp_path)
    assert f"use=mysql open=1 path={here}/data/my\\040sql" in lines
    assert f"use=mysql open=1 path={here}/var/lib/mysql" in lines
    assert f"use=postgresql open=1 path={here}/data/pg" in lines
    assert f"use=mongodb open=1 path={here}/data/mongo" in lines
    assert f"use=crash open=1 path={here}/dumps" in lines
    assert not any("commented" in line or "hunter2" in line for line in lines)


def test_a_path_with_a_line_end_cannot_forge_a_line(shell: list[str], tmp_path: Path) -> None:
    hostile = tmp_path / "x\nuse=mysql open=1 path=/encrypted"
    hostile.mkdir(parents=True)
    (tmp_path / "link").symlink_to(hostile)
    found = section(shell, tmp_path, f"directory mysql {tmp_path}/link")
    assert [line.decode() for line in found.lines] == [f"use=mysql open=1 path={tmp_path}/x\\012"]


def test_a_directory_that_does_not_answer_ends_in_time(shell: list[str], tmp_path: Path) -> None:
    """As a network share that hangs: the tool that asks is stopped, and the script goes on."""
    path = tool(tmp_path, "test", "exec sleep 20")
    exchanged = {"PATH=/usr/sbin": path, "WITHIN='timeout 15'": "WITHIN='timeout 1'"}
    script_head = HEAD.replace(b"timeout 15", b"timeout 1")
    assert script_head != HEAD
    script = collection_script()
    for old, new in exchanged.items():
        script = script.replace(old.encode(), new.encode())
    script = script.replace(LAST, script_head + b"section asked directory mysql /tmp </dev/null")
    ran = subprocess.run(
        [shutil.which(shell[0]) or shell[0], *shell[1:], "-s", MARKER],
        input=script,
        capture_output=True,
        timeout=15,
        check=False,
        env={"D": str(tmp_path)},
    )
    assert sections(ran.stdout, MARKER)["asked"].body.strip() == b""


def test_the_helpers_identity_is_told(shell: list[str], tmp_path: Path) -> None:
    assert section(shell, tmp_path, "helper").state is SectionState.ABSENT
    (tmp_path / "helper").write_text("x")
    (tmp_path / "helper").chmod(0o640)
    lines = [line.decode() for line in section(shell, tmp_path, "helper").lines]
    assert f"{tmp_path}/helper owner={tmp_path.stat().st_uid} mode=640" in lines
    assert "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  -" in lines


@pytest.mark.parametrize(("is_loaded", "state"), [(True, SectionState.FAILED), (False, SectionState.ABSENT)])
def test_zfs_tools_without_zfs_are_no_failure(
    shell: list[str], tmp_path: Path, *, is_loaded: bool, state: SectionState
) -> None:
    """Tools alone say "the modules are not loaded" and end with 1; with the modules, 1 is a failure."""
    if is_loaded:
        (tmp_path / "zfs").touch()
    path = tool(tmp_path, "zpool", "echo modules are not loaded >&2; exit 1")
    found = section(shell, tmp_path, "of_zfs zpool status", **{"PATH=/usr/sbin": path, "/dev/zfs": f"{tmp_path}/zfs"})
    assert found.state is state
