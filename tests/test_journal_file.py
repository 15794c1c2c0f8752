"""The file of the log: whose it is, what it may be, and what becomes of it when a disk is full."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import UsageError
from auditor.journal import Journal
from tests.cli.front_door import FrontDoor
from tests.journal_rig import NOWHERE, ROOT, lines, look, the_file  # noqa: F401 - fixtures


def test_the_file_is_for_its_owners_eyes_alone_and_appended_to(file: Path) -> None:
    umask = os.umask(0)
    try:
        for asset in "ab":
            with Journal(watched=False, file=file):
                look(asset)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [line.get("asset") for line in lines(file)] == ["a", None, "b", None]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o666, 0o777])
def test_a_file_that_others_may_use_is_refused_and_left_alone(auditor: FrontDoor, file: Path, mode: int) -> None:
    file.write_text("before\n")
    file.chmod(mode)
    left = auditor("check", NOWHERE, f"--log-file={file}")
    assert left.code == 2
    assert left.out == ""
    assert left.err == (
        f"auditor: The log is not written to {file}: others may read or write it (mode {mode:04o}). "
        f"Run chmod 600 {file}, or name another file with --log-file.\n"
    )
    assert file.read_text() == "before\n"


def a_pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def a_link(path: Path) -> None:
    target = path.with_name("elsewhere")
    target.touch(mode=0o600)
    path.symlink_to(target)


def a_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("not-there"))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (a_pipe, "it is not a regular file"),
        (a_link, "it is a symbolic link"),
        (a_dangling_link, "it is a symbolic link"),
        (Path.mkdir, "Is a directory"),
    ],
)
def test_what_is_no_regular_file_is_refused(auditor: FrontDoor, file: Path, make: Any, why: str) -> None:
    make(file)
    left = auditor("check", NOWHERE, f"--log-file={file}")
    assert left.code == 2
    assert f"to {file}: {why}. Name another file with --log-file.\n" in left.err
    assert not file.with_name("not-there").exists()


@pytest.mark.parametrize("path", ["/dev/null", "/dev/full", "/nowhere/audit.log"])
def test_a_device_or_a_folder_that_is_not_there_is_refused(auditor: FrontDoor, path: str) -> None:
    left = auditor("check", NOWHERE, f"--log-file={path}")
    assert left.code == 2
    assert left.err.count("\n") == 1
    assert path in left.err


@pytest.mark.root
def test_a_file_of_somebody_else_is_refused(file: Path) -> None:
    file.touch(mode=0o600)
    os.chown(file, 65534, 65534)
    with pytest.raises(UsageError, match="belongs to somebody else"):
        Journal(watched=False, file=file)


def test_a_line_that_broke_off_does_not_spoil_the_next(file: Path) -> None:
    file.touch(mode=0o600)
    file.write_text('{"time": "2026-11-2')
    for _ in range(2):
        with Journal(watched=False, file=file):
            look()
    broken, *whole = file.read_text().splitlines()
    assert broken == '{"time": "2026-11-2'
    assert [json.loads(line)["event"] for line in whole] == ["asset-looked-at", "left"] * 2


def test_a_full_disk_ends_the_log_with_one_sentence_and_never_the_run(tmp_path: Path) -> None:
    """A limit on the length of files stands for the disk: the kernel breaks the write off in the middle of a line."""
    file = tmp_path / "audit.log"
    targets = " ".join(f"https://127.0.0.1:{port}/" for port in range(1, 6))
    command = f"ulimit -f 4; exec {sys.executable} -m auditor check --log-file {file} {targets}"
    left = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert left.returncode == 3, left.stderr
    assert left.stderr == "auditor: the log breaks off here: File too large. Everything else goes on.\n"
    assert left.stdout.count(": NG - ") == 5
    assert file.stat().st_size == 4096
    whole = file.read_text().splitlines()[:-1]
    assert [json.loads(line)["event"] for line in whole][:2] == ["run-started", "asset-looked-at"]


@pytest.mark.parametrize("words", [("-v",), ("-q",), ()])
@pytest.mark.parametrize("stderr", [">/dev/full", ">&-"])
def test_a_stderr_that_takes_nothing_is_no_reason_to_fail(tmp_path: Path, words: tuple[str, ...], stderr: str) -> None:
    command = f"exec {sys.executable} -m auditor check {NOWHERE} {' '.join(words)} 2{stderr}"
    left = subprocess.run(["/bin/bash", "-c", command], stdout=subprocess.PIPE, text=True, check=False, cwd=tmp_path)
    assert left.returncode == 3
    assert left.stdout.startswith(f"{NOWHERE}: NG")


def test_lines_of_many_threads_are_whole(file: Path) -> None:
    def work(number: int) -> None:
        for _ in range(50):
            look(f"asset-{number}" * 20)

    with Journal(watched=False, file=file):
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(lines(file)) == 8 * 50 + 1


def test_two_runs_may_share_a_file(file: Path) -> None:
    with Journal(watched=False, file=file):
        script = (
            f"from tests.test_journal import *\nwith Journal(watched=False, file=Path({str(file)!r})): look('other')"
        )
        subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
        look("ours")
    assert [line.get("asset") for line in lines(file)] == ["other", None, "ours", None]
