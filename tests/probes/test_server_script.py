"""The script that is sent to every server: portable, read-only, quiet, and whole or not run at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.facts.server import SectionState
from auditor.probes.collection import sections
from auditor.probes.server import collection_script

MARKER = "0123456789abcdef"
SHELLS = [["dash"], ["bash", "--posix"], ["sh"]]
# Programs that only read. Whoever adds one here answers for it: none writes with the arguments that the script gives.
READERS = {"printf", "head", "cat", "sed", "timeout", "true", "uname", "command", "read", "readlink", "lsblk"}
READERS |= {"tool", "sha256sum"}


def run(shell: list[str], script: bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [shutil.which(shell[0]) or shell[0], *shell[1:], "-s", MARKER],
        input=script,
        capture_output=True,
        timeout=30,
        check=False,
        env=environment,
    )


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_posix_shell_reads_and_runs_it(shell: list[str]) -> None:
    assert subprocess.run([*shell, "-n"], input=collection_script(), check=False, capture_output=True).returncode == 0
    ran = run(shell, collection_script())
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.endswith(f"\n{MARKER} DONE\n".encode())


def test_it_finds_this_machines_disks_and_mounts() -> None:
    found = sections(run(["sh"], collection_script()).stdout, MARKER)
    names = {line.split(b" ")[0].decode() for line in found["sysblk"].lines}
    assert {name for name in os.listdir("/sys/block") if not name.startswith("ram")} <= names  # noqa: PTH208
    assert found["mountinfo"].body.strip() == Path("/proc/self/mountinfo").read_bytes().strip()
    has_zfs = shutil.which("zfs") and Path("/dev/zfs").exists()
    assert found["zfs"].state is (SectionState.SEEN if has_zfs else SectionState.ABSENT)


def test_half_of_it_does_nothing() -> None:
    """A connection that breaks while the script is on its way leaves no half-run behind."""
    script = collection_script()
    for cut in (len(script) // 4, len(script) // 2, script.index(b"\nmain ") - 1):
        assert b"BEGIN" not in run(["sh"], script[:cut]).stdout


def test_aliases_functions_and_path_of_the_login_do_not_reach_it(tmp_path: Path) -> None:
    for name in ("cat", "head", "uname", "timeout"):
        (tmp_path / name).write_text("#!/bin/sh\necho forged\n")
        (tmp_path / name).chmod(0o755)
    ran = run(["sh"], collection_script(), PATH=str(tmp_path), ENV=str(tmp_path / "env"), LC_ALL="de_DE.UTF-8")
    assert b"forged" not in ran.stdout
    assert ran.stdout.endswith(b" DONE\n")


def test_nothing_in_it_redirects_into_a_file() -> None:
    targets = re.findall(r"(?<![-\w])\d?>{1,2}\s*(\S+)", _code())
    assert targets
    assert {target.rstrip(";") for target in targets} <= {"/dev/null", "&1"}


def test_every_program_in_it_only_reads() -> None:
    functions = set(re.findall(r"^(\w+)\(\) \{", _code(), re.MULTILINE))
    words = {"if", "then", "else", "fi", "case", "esac", "for", "do", "done", "in", "while", "{", "}", "return", "exit"}
    shell_own = {"[", "shift", "export", "continue", "set", "noresume", "nohibernate"} | words  # two are patterns
    first = {
        found for line in _code().splitlines() for found in re.findall(r"(?:^\s*|[;|&{(]\s*|then |do |if )(\S+)", line)
    }
    commands = {word for word in first if re.fullmatch(r"[a-z_]+", word)}
    assert commands - functions - shell_own <= READERS


def test_it_writes_nothing(tmp_path: Path) -> None:
    """Traced by its effect: an empty home and working directory stay empty."""
    subprocess.run(
        ["sh", "-s", MARKER],
        input=collection_script(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
    )
    assert list(tmp_path.iterdir()) == []


def test_a_field_with_spaces_or_a_second_line_cannot_forge_another(tmp_path: Path) -> None:
    """A file behind a loop device may be named by any user who may set one up."""
    hostile = tmp_path / "backing_file"
    hostile.write_bytes(b"/srv/a b\\c slaves=dm-9,\nvda dev=254:0 dmuuid=CRYPT-LUKS2-x\n")
    script = collection_script().replace(b'main "$1" </dev/null', b'field back "$FILE" </dev/null')
    printed = run(["sh"], script, FILE=str(hostile)).stdout
    assert printed == b" back=/srv/a\\040b\\134c\\040slaves=dm-9,\\012"


@pytest.mark.parametrize(
    ("files", "printed"),
    [
        ({"device/serial": "vol0123 \n", "wwid": "nvme.1d0f"}, " serial=vol0123\\040"),
        ({"serial": "virtio-7\n"}, " serial=virtio-7"),
        ({"device/wwid": "naa.5000\n"}, " serial=naa.5000"),
        ({}, ""),
    ],
)
def test_a_disk_is_asked_for_its_serial_number_first(tmp_path: Path, files: dict[str, str], printed: str) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    script = collection_script().replace(b'main "$1" </dev/null', b'serial "$DISK" </dev/null')
    assert run(["sh"], script, DISK=str(tmp_path)).stdout.decode() == printed


def test_a_missing_or_denied_file_is_told_apart(tmp_path: Path) -> None:
    script = collection_script().replace(
        b'main "$1" </dev/null', b'MARKER=$1\nsection gone file "$D/gone"\nsection there file "$D/there"'
    )
    (tmp_path / "there").write_text("content")
    found = sections(run(["sh"], script, D=str(tmp_path)).stdout, MARKER)
    assert found["gone"].state is SectionState.ABSENT
    assert (found["there"].state, found["there"].body.strip()) == (SectionState.SEEN, b"content")


def test_an_endless_section_is_cut_and_the_next_one_still_comes() -> None:
    script = collection_script().replace(
        b'main "$1" </dev/null',
        b"MARKER=$1\nflood() { while :; do printf '%01000d\\n' 7; done; }\n"
        b"section flood flood\nsection after printf ok",
    )
    found = sections(run(["sh"], script).stdout, MARKER)
    assert found["flood"].state is SectionState.TRUNCATED
    assert found["after"].body.strip() == b"ok"


def _code() -> str:
    """The script without its comments."""
    return "\n".join(line for line in collection_script().decode().splitlines() if not line.lstrip().startswith("#"))
