"""A server that is shared is there for all of its guests, once, and gone after the last."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from tests.rig.shared import serve_guests, shared_by_all


def test_all_guests_get_the_same_server_and_it_ends_after_the_last(tmp_path: Path) -> None:
    with shared_by_all(tmp_path, "tests.rig.test_shared", str(tmp_path)) as first:
        with shared_by_all(tmp_path, "tests.rig.test_shared", str(tmp_path)) as second:
            assert first == second
        assert _lives(int(first[0]))
    until = time.monotonic() + 20
    while _lives(int(first[0])) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _lives(int(first[0]))


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"did not start: .*no folder"),
        shared_by_all(tmp_path, "tests.rig.test_shared"),
    ):
        pass


def _lives(process: int) -> bool:
    """Is it running, and not merely waiting for us to notice that it ended?"""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("no folder")
    serve_guests(Path(sys.argv[1]), str(os.getpid()))
