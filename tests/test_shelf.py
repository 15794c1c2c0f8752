"""What waits on a shelf comes back as it was, wherever it waited, and nothing of it outlives the process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import shelf
from auditor.errors import InternalError
from auditor.shelf import Shelf
from tests.laws.cities import LAW

TEXTS = st.text(st.characters(), max_size=8) | st.sampled_from(("", "\x00", "\ud83d", "\ud83d\ude00", "x" * 5_000))
ATOMS = st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | TEXTS
ROWS = st.lists(st.recursive(ATOMS, lambda parts: st.lists(parts, max_size=4).map(tuple), max_leaves=8), max_size=30)
SOME = tuple(("row", number, "\udc80 of a stranger") for number in range(200))
FILLED = """
import resource, signal, sys, time
from auditor import shelf
shelf.FEW = shelf.PIECE = 1_000
{before}
one = shelf.Shelf()
places = [one.put((number, "x" * 100)) for number in range(500)]
assert [one.get(place) for place in places] == [(number, "x" * 100) for number in range(500)]
print("ready", flush=True)
sys.stdin.read()
"""


@LAW
@given(ROWS, st.sampled_from((1, 40, 1 << 20)), st.randoms(use_true_random=False))
def test_what_is_put_comes_back_in_any_order(rows: list[shelf.Plain], few: int, chance: Random) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "FEW", few)
        patch.setattr(shelf, "PIECE", few)
        mine = Shelf()
        put = [(mine.put(row), row) for row in rows]
        chance.shuffle(put)
        for place, row in put:
            got = mine.get(place)
            assert got == row
            assert repr(got) == repr(row)  # true is not 1


def test_what_is_few_makes_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    mine = Shelf()
    places = [mine.put(row) for row in SOME]
    assert [mine.get(place) for place in places] == list(SOME)


def test_what_has_no_folder_waits_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shelf, "FEW", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    mine = Shelf()
    places = [mine.put(row) for row in SOME]
    assert [mine.get(place) for place in places] == list(SOME)


def test_what_is_no_plain_value_is_refused() -> None:
    with pytest.raises(ValueError, match="unmarshallable"):
        Shelf().put((object(),))  # type: ignore[arg-type]


def test_a_file_that_lost_its_end_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    made, make = [], tempfile.TemporaryFile
    monkeypatch.setattr(shelf, "FEW", 1)
    monkeypatch.setattr(shelf, "PIECE", 1)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **how: made.append(make(**how)) or made[0])
    mine = Shelf()
    place = mine.put(("what was judged", 1))
    made[0].truncate(3)
    with pytest.raises(InternalError, match="could not be read back"):
        mine.get(place)
    made[0].close()
    with pytest.raises(InternalError, match="could not be read back"):
        mine.get(place)


@pytest.mark.parametrize(
    ("before", "has_file"),
    [
        pytest.param("", True, id="there is room"),
        pytest.param("resource.setrlimit(resource.RLIMIT_FSIZE, (5_500, 5_500))", True, id="the disk fills up"),
        pytest.param("resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))", False, id="there is no room at all"),
    ],
)
def test_nothing_has_a_name_nor_is_left_by_a_process_that_is_killed(
    before: str, has_file: bool, tmp_path: Path
) -> None:
    """In a process of its own: what it puts comes back with a full disk too."""
    with subprocess.Popen(
        [sys.executable, "-c", FILLED.format(before=before)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"TMPDIR": str(tmp_path)},
        text=True,
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        assert list(tmp_path.iterdir()) == []
        held = [path.readlink() for path in Path(f"/proc/{child.pid}/fd").iterdir()]
        assert any(one.is_relative_to(tmp_path) for one in held) == has_file
        child.kill()
    assert list(tmp_path.iterdir()) == []
