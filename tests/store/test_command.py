"""`auditor store` at the command line: the list of runs, and what every command refuses."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.store import Address, opened, runs
from tests.cli.front_door import FrontDoor
from tests.store.town import BAD, GOOD, asked, killed, night

ALL_GOOD = {"site/a": GOOD, "site/b": GOOD, "site/c": GOOD}


def played(where: Address) -> str:
    """Four nights, the third of a part, the fourth broken off: what --store says."""
    with opened(where) as store:
        night(store, ALL_GOOD)
        night(store, {**ALL_GOOD, "site/a": BAD}, 1)
        night(store, ALL_GOOD, 2, asked(only=frozenset({"site"})))
        killed(store, ALL_GOOD, 3)
    return where.url or str(where.file)


def test_the_list_is_for_people(where: Address, auditor: FrontDoor) -> None:
    """Times are Paris's: an hour later than the ids."""
    said = played(where)
    auditor("store", "prune", "--before", "2026-11-02", "--yes", "--store", said)
    left = auditor("store", "runs", "--store", said)
    assert (left.code, left.err) == (0, "")
    lines = [line.split() for line in left.out.splitlines()]
    assert lines[0] == ["Run", "Began", "City", "Seen", "Of", "Kept"]
    assert [" ".join(line[1:]) for line in lines[1:]] == [
        "2026-11-01 02:30 C not all the whole letters",
        "2026-11-02 02:30 D not all the whole all",
        "2026-11-03 02:30 - not all a part all",
        "2026-11-04 02:30 - - - not ended",
    ]
    assert [line[0][:15] for line in lines[1:]] == [f"2026110{day}T013000" for day in (1, 2, 3, 4)]


def test_the_list_is_for_machines(where: Address, auditor: FrontDoor) -> None:
    left = auditor("store", "runs", "--json", "--store", played(where))
    assert (left.code, left.err) == (0, "")
    found = json.loads(left.out)
    assert found["schema"] == "auditor/runs/1"
    assert [run["city"] for run in found["runs"]] == ["C", "D", None, None]
    assert [run["state"] for run in found["runs"]] == ["finished"] * 3 + ["open"]
    assert found["runs"][0].keys() == {
        *("id", "state", "started", "finished", "as_of", "complete", "whole", "interrupted", "pruned"),
        *("tool", "rubric", "city"),
    }
    assert found["runs"][0]["started"] == "2026-11-01T01:30:00.123457+00:00"
    assert found["runs"][3]["finished"] is None


def test_a_run_that_was_interrupted_or_is_damaged_says_so(where: Address, auditor: FrontDoor) -> None:
    from auditor import nights
    from tests.store.town import PARTS

    said = played(where)
    with opened(where) as store:
        nights.settle_leftover(store, PARTS)
        lost = killed(store, ALL_GOOD, 4)
        with store.writing() as connection:
            runs.set_aside(connection, lost.no)
    lines = auditor("store", "runs", "--store", said).out.splitlines()
    assert lines[-2].split()[3:] == ["-", "not", "all", "interrupted", "all"]
    assert lines[-1].split()[3:] == ["-", "-", "-", "damaged"]


def test_a_store_without_runs_has_an_empty_list(where: Address, auditor: FrontDoor) -> None:
    said = where.url or str(where.file)
    left = auditor("store", "runs", "--store", said)
    assert left.out.split() == ["Run", "Began", "City", "Seen", "Of", "Kept"]
    assert left.err == f"No run is kept yet. Make one: `auditor run --store {shlex.quote(said)}`.\n"
    assert json.loads(auditor("store", "runs", "--json", "--store", said).out)["runs"] == []


@pytest.mark.parametrize("words", [("diff",), ("judge",), ("report", "table"), ("report", "html", "--out", "site")])
def test_where_no_run_ended_yet_it_is_said_how_one_is_made(
    where: Address, auditor: FrontDoor, words: tuple[str, ...]
) -> None:
    said = where.url or str(where.file)
    left = auditor(*words, "--store", said)
    assert (left.code, left.out) == (2, "")
    advice = f"Make one: `auditor run --store {shlex.quote(said)}`."
    assert left.err == f"auditor: The store holds no finished run yet. {advice}\n"


@pytest.mark.parametrize(
    "words", [("runs",), ("migrate",), ("check",), ("backup", "--out", "x.db"), ("prune", "--keep-days", "9")]
)
def test_no_store_is_told(auditor: FrontDoor, tmp_path: Path, words: tuple[str, ...]) -> None:
    left = auditor("store", *words, "--store", str(tmp_path / "none.db"))
    assert (left.code, left.out) == (2, "")
    assert len(left.err.splitlines()) == 1
    assert "There is no store at" in left.err
    assert not list(tmp_path.iterdir())


def test_backup_wants_a_file(file_store: object, auditor: FrontDoor, tmp_path: Path) -> None:
    assert auditor("store", "backup", "--store", str(tmp_path / "store.db")).code == 2
    left = auditor("store", "backup", "--store", str(tmp_path / "store.db"), "--out", str(tmp_path / "store.db"))
    assert left.code == 2
    assert "something at" in left.err


def test_help_loads_no_database() -> None:
    program = (
        "import sys; from auditor.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'sqlalchemy', 'alembic', 'pydantic', 'pg8000'}))"
    )
    for words in (["store", "--help"], ["store", "prune", "--help"]):
        found = subprocess.run(
            [sys.executable, "-c", program, *words], check=True, capture_output=True, text=True, env={"PATH": "/bin"}
        )
        assert found.stdout.splitlines()[-1] == "[]"
        assert "Usage:" in found.stdout
