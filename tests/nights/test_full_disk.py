"""Disks that fill up in the middle of a run, and folders that nobody may write: on real file systems."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.nights.village import Village

pytestmark = pytest.mark.root
ROOT = Path(__file__).parents[2]
FULL = 'mount -t tmpfs -o size=4m,mode=0700 tmpfs "$3" && exec "$1" -m tests.nights.full_disk "$2" "$3"'
READ_ONLY = 'mount -t tmpfs -o ro,mode=0700 tmpfs "$2" && shift 2 && exec "$@"'


def apart(script: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A script in a mount namespace of its own: nobody else sees what it mounts, and it is gone with it."""
    command = ["unshare", "-m", "sh", "-c", script, "sh", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_a_disk_that_is_full_ends_a_run_with_a_sentence_and_resume_goes_on(tmp_path: Path) -> None:
    room, small = tmp_path / "room", tmp_path / "small"
    room.mkdir(mode=0o700)
    small.mkdir()
    done = apart(FULL, sys.executable, room, small)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    said = {line: lines[number + 1 :] for number, line in enumerate(lines) if line.split()[0].isalpha()}
    assert said["report"][0] == (
        "4 auditor: The report could not be written to SMALL/out: No space left on device. "
        "What was seen is kept: make room, then `auditor run ROOM/inventory.yaml --resume --store ROOM/one.db`."
    )
    assert said["report"][1] == "[]", "no part of a report is left"
    assert said["report"][2] == "0"
    assert said["report"][3] == "['report.json', 'report.md']"
    for leave in ("store 0", "store 150000"):
        assert said[leave][0].startswith("4 auditor: The store SMALL/store/"), said[leave]
        assert "full" in said[leave][0]
        assert said[leave][1] == "0", "resumed"
    assert said["beforehand"][0].startswith("2 auditor: The report cannot be written to SMALL/new: No space left"), said


def test_a_read_only_folder_is_said_before_anything_is_probed(village: Village, tmp_path: Path) -> None:
    still = tmp_path / "still"
    still.mkdir()
    for words, sentence in (
        ([f"--out={still}/out"], "The report cannot be written to"),
        ([f"--store={still}/store.db"], "The store"),
    ):
        command = [sys.executable, "-m", "auditor", *village.words(*words)]
        done = apart(READ_ONLY, "", still, *command)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert sentence in done.stderr
        assert "Read-only file system" in done.stderr
        assert done.stderr.count("\n") == 1
