"""A disk that is full in the middle of a write: a sentence, nothing half kept, and it goes on when there is room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.full_disk import EARLY, LATE

ROOT = Path(__file__).parents[2]
MOUNT = 'mount -t tmpfs -o size=12m,mode=0700 tmpfs "$1" && exec "$2" -m tests.store.full_disk "$1"'


@pytest.mark.root
def test_a_real_file_system_that_is_full(tmp_path: Path) -> None:
    """A tmpfs in a mount namespace of its own: nobody else sees it, and it is gone with the program."""
    small = tmp_path / "small"
    small.mkdir()
    words = ["unshare", "-m", "sh", "-c", MOUNT, "sh", str(small), sys.executable]
    found = subprocess.run(words, check=False, capture_output=True, text=True, cwd=ROOT)
    lines = found.stdout.splitlines()
    assert (found.returncode, found.stderr) == (0, ""), found.stdout
    assert lines[-1] == "done"
    assert lines[-2] == "['store.db', 'store.db.lock']"
    told = lines[:-2]
    assert [line.partition(" ")[0] for line in told] == [
        "StoreUnusable",
        *("StoreBroken" for _ in (*EARLY, *LATE)),
        "InternalError",
    ]
    assert all("full" in line or "no room left" in line for line in told), told
    assert all("auditor run --resume" in line for line in told if line.startswith("StoreBroken"))
    assert not list(small.iterdir())
