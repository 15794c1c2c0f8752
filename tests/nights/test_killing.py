"""SIGKILL at any moment: nothing that was seen is lost or kept twice, and `--resume` comes to the same bytes."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from auditor.keeping import Keeping
from tests.nights.children import Zygote, until
from tests.nights.village import FIRST, Village

ASSETS = 24
MOMENTS = 12
TURNING = {"row/d0", "row/d1", "row/d2"}  # on the second night: they get a second look
SECONDS = 0.015  # of one look; eight at a time


@pytest.fixture
def street(village: Village) -> Village:
    """Many doors, slow to look at, in two states; one night lies behind it, and some have turned since."""
    names = [f"d{number}" for number in range(ASSETS)]
    village.list(*(f"row/{name}" for name in names))
    village.world.clear()
    for number, name in enumerate(names):
        village.show(**{name: "open" if number % 3 else "locked"})
    assert village.run().code == 0
    village.sleep()
    for number, name in enumerate(names):
        village.show(**{name: "open" if number % 3 or number == 0 else "locked"})
        village.world[f"{name}.elm.example"]["seconds"] = SECONDS
    village.show(d1="locked", d2="locked", d4="!timeout")
    village.looked()
    return village


def normal(path: Path) -> str:
    """A report without the name of its run."""
    text = path.read_text()
    return text.replace(json.loads(text)["run"]["id"], "RUN")


def rows(village: Village, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(village.store)) as connection:
        return connection.execute(query).fetchall()


def undisturbed(village: Village, children: Zygote) -> str:
    """What the second night gives when nobody disturbs it."""
    left = children.run(village, "-q").left()
    assert left.code == 1, left.err
    return normal(village.out / "report.json")


def copied(village: Village) -> Path:
    copy = village.folder / "first-night.db"
    with closing(sqlite3.connect(village.store)) as one, closing(sqlite3.connect(copy)) as other:
        one.backup(other)
    copy.chmod(0o600)
    return copy


def fresh(village: Village, copy: Path) -> None:
    for name in ("-wal", "-shm", ""):
        Path(f"{village.store}{name}").unlink(missing_ok=True)
    village.lay_store(copy)
    village.looked()


def test_at_any_moment_nothing_is_lost_and_resume_comes_to_the_same_bytes(street: Village, children: Zygote) -> None:
    copy = copied(street)
    wanted = undisturbed(street, children)
    dice = Random(3)
    reached: set[str] = set()
    for number in range(MOMENTS):
        fresh(street, copy)
        child = children.run(street, "-q")
        until(street, number * (ASSETS + len(TURNING)) // (MOMENTS - 1))
        time.sleep(dice.random() * 2 * SECONDS)
        child.kill()
        begun = street.looked()
        stored = rows(street, "select asset.id, turn from look join asset on asset.no = asset where run = 2")
        assert len(stored) == len(set(stored)), "kept once"
        assert rows(street, "pragma integrity_check") == [("ok",)]
        (state,) = rows(street, "select coalesce(max(state), 'none') from run where no = 2")[0]
        changed = rows(street, "select count(*) from change where run = 2")[0][0]
        assert changed == 0 or state == "finished", "half-kept"
        if state == "none":
            reached.add("before it began")
            assert stored == []
            assert children.run(street, "-q", "--resume").left().code == 2
            continue
        if state == "finished":
            reached.add("after it ended")
            assert normal(street.out / "report.json") == wanted
            continue
        reached.add("second looks" if any(turn == 2 for _, turn in stored) else "looks" if stored else "no look")
        left = children.run(street, "-q", "--resume").left()
        assert left.code == 1, left.err
        again = [line.removeprefix("nightly ") for line in street.looked()]
        firsts = {asset for asset, turn in stored if turn == 1}
        seconds = {asset for asset, turn in stored if turn == 2}
        once = [asset for asset in again if asset not in firsts or asset in TURNING]
        assert again == once, "nobody is looked at twice"
        assert sorted(set(again) - TURNING) == sorted(every(street) - firsts - TURNING)
        assert not seconds & set(again)
        assert len(begun) >= len(stored)
        assert normal(street.out / "report.json") == wanted
    assert {"looks", "second looks"} <= reached or len(reached) >= 3, reached


def every(village: Village) -> set[str]:
    return {f"row/{host.split('.')[0]}" for host in village.world}


@pytest.mark.parametrize("place", ["judging", "keeping", "report", "finish"])
def test_after_the_last_look_nothing_is_half_kept(
    street: Village, children: Zygote, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Broken off by an error of our own at that place: what was seen stands, and nothing else."""
    copy = copied(street)
    wanted = undisturbed(street, children)
    fresh(street, copy)
    with monkeypatch.context() as patch:
        break_at(patch, place)
        with pytest.raises(Broken):
            street.run("-q")
    assert rows(street, "select state from run where no = 2") == [("open",)]
    assert rows(street, "select count(*) from change where run = 2") == [(0,)]
    assert rows(street, "select count(*) from carried where run = 2") == [(0,)]
    assert rows(street, "select count(*) from letter where run = 2") == [(0,)]
    street.looked()
    left = street.run("-q", "--resume")
    assert left.code == 1, left.err
    assert street.looked() == []
    assert normal(street.out / "report.json") == wanted


class Broken(BaseException):
    """Nothing catches it."""


def break_at(patch: pytest.MonkeyPatch, place: str) -> None:
    def broken(*_: object, **__: object) -> None:
        raise Broken

    if place == "judging":
        patch.setattr("auditor.pipeline.settle", broken)
    elif place == "keeping":
        keep = Keeping.keep

        def third(self: Keeping, *rest: object) -> None:
            keep(self, *rest)  # type: ignore[arg-type]
            count.append(1)
            if len(count) == 3:
                raise Broken

        count: list[int] = []
        patch.setattr(Keeping, "keep", third)
    elif place == "report":
        patch.setattr("auditor.cli.auditing.write", broken)
    else:
        patch.setattr("auditor.store.runs.finish", broken)


def test_a_run_without_resume_judges_what_was_left_over(street: Village, children: Zygote) -> None:
    copy = copied(street)
    wanted = undisturbed(street, children)
    fresh(street, copy)
    child = children.run(street, "-q")
    until(street, 12)
    child.kill()
    street.looked()
    left = children.run(street, "-q").left()
    assert left.code == 1, left.err
    (broken_off,) = rows(street, "select id from run where no = 2")[0]
    assert left.err.splitlines()[0] == (f"auditor: run {broken_off} was broken off; what it saw is judged and kept.")
    assert len(set(street.looked())) == ASSETS, "a new run looks at everything"
    assert normal(street.out / "report.json") == wanted
    assert rows(street, "select state, interrupted, whole from run") == [
        ("finished", 0, 1),
        ("finished", 1, 0),
        ("finished", 0, 1),
    ]
    left = street.ask("judge", str(broken_off), "--json")
    assert left.code == 0
    assert "The same bytes" in left.err
    found = json.loads(left.out)
    unseen = [row for row in found["findings"] if row["standing"] != "now" or row["outcome"] == "unknown"]
    assert unseen
    assert not found["run"]["complete"]
    assert street.hands.now > FIRST
