"""SIGKILL at 100 random moments of a run: what is lost, what is there twice, and what `--resume` makes of it.

A city of simulated web services is audited by `auditor run` itself (`logged_city`), half of the times into a store that
is not there yet, half of the times into one that holds the night before, from which much has changed. Each run is
killed at a moment that is drawn evenly from the time that an undisturbed one takes, and gone on with by
`auditor run --resume`, or begun anew where the store does not have it in its list. Then report.json, report.md, what
was printed and every row of the store (by what it means, not by its number) are compared with the undisturbed run's.

A look is lost if the run had gone on to the next one, and the store does not hold it as the undisturbed run's store
does. What was seen and had not come that far, on its way from a worker to the store, is counted apart: a few looks at
a time, and they are looked at again. A look is there twice if it was in the store and was looked at again, or if the
store holds a row more than the undisturbed run's.
"""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from auditor.cli.exits import Exit
from auditor.store import runs
from bench.figures import Figure, show
from bench.left_behind import Key, Logged, Sight, Stored, read_log, read_rows, read_run
from bench.logged_city import AFTER, BEFORE, NIGHT, City, name_of

KILLS = 100  # half of them in each scene
UNDISTURBED = 3  # runs, to know how long one takes
FOLLOWED = 5  # after every fifth of them the next night is run too: the stores are the same, row by row
PATIENCE_S = 120


class Scene(StrEnum):
    FIRST = "the first night"
    LATER = "a later night"


class Moment(StrEnum):
    UNLISTED = "before it was in the list"
    LOOKING = "looking"
    JUDGING = "judging and second looks"
    KEEPING = "writing and keeping"
    KEPT = "after it was kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What a run leaves when it comes to its end."""

    code: int | None
    printed: str
    files: Mapping[str, bytes]  # report.json and report.md
    rows: Counter[tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of one kill. `kept`: looks in the store by then; `on_the_way`: seen, and not in the store yet."""

    moment: Moment
    kept: int
    on_the_way: int
    lost: int
    twice: int
    is_same: bool
    is_sound: bool  # `auditor store check` has nothing to say
    is_quiet: bool | None  # whether the next night had nothing to tell; None: it was not run

    @property
    def is_well(self) -> bool:
        return not self.lost and not self.twice and self.is_same and self.is_sound and self.is_quiet is not False


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        trials = [trial for some in pool.map(partial(trials_of, Path(folder)), Scene) for trial in some]
    moments = Counter(trial.moment for trial in trials)
    kept, lost = sum(trial.kept for trial in trials), sum(trial.lost for trial in trials)
    twice, same = sum(trial.twice for trial in trials), sum(trial.is_same for trial in trials)
    sound = sum(trial.is_sound for trial in trials)
    nights = [trial.is_quiet for trial in trials if trial.is_quiet is not None]
    on_the_way = [trial.on_the_way for trial in trials]
    for moment in Moment:
        yield Figure(f"kill: {moment}", f"{moments[moment]} of {len(trials)}")
    yield Figure("kill: looks on their way to the store", f"{sum(on_the_way)}, at most {max(on_the_way)} at a kill")
    yield Figure("kill: looks lost", f"{lost} of {kept}", "0", met=lost == 0)
    yield Figure("kill: looks or rows there twice", f"{twice}", "0", met=twice == 0)
    yield Figure("kill: resumed to the same bytes", f"{same}", f"{KILLS}", met=same == KILLS)
    yield Figure("kill: `store check` finds nothing", f"{sound}", f"{KILLS}", met=sound == KILLS)
    yield Figure("kill: next night tells nothing new", f"{sum(nights)}", f"{len(nights)}", met=all(nights))


def trials_of(folder: Path, scene: Scene) -> list[Trial]:
    """Half of the kills. A process whose end came before its kill does not count."""
    killing = _Killing(folder / scene.name, scene)
    dice = Random(scene)
    trials: list[Trial] = []
    while len(trials) < KILLS // len(Scene):
        is_followed = len(trials) % FOLLOWED == 0
        trial = killing.trial(dice.uniform(0, killing.seconds), is_followed=is_followed)
        trials += [trial] if trial else []
    return trials


class _Killing:
    """One scene: its city, what it begins with, and what an undisturbed run makes of it."""

    def __init__(self, folder: Path, scene: Scene) -> None:
        folder.mkdir()
        self.scene = scene
        self.city = City(folder / "city")
        self.start = folder / "start"
        self.copy = folder / "copy"
        with suppress(SystemExit):
            self.city.command(BEFORE, *self.city.words)  # loads what later processes need
        if scene is Scene.LATER:
            shutil.copytree(self.city.store.parent, self.start)
        undisturbed = [self._undisturbed() for _ in range(UNDISTURBED)]
        self.seconds = statistics.median(seconds for seconds, _ in undisturbed)
        self.night = undisturbed[0][1]
        if any(night != self.night for _, night in undisturbed):
            raise RuntimeError("undisturbed runs differ")
        self.looks = read_run(self.city.store, name_of(NIGHT)).looks

    def _again(self) -> BaseProcess:
        self._lay()
        return self.city.run(NIGHT)

    def _lay(self) -> None:
        for path in (self.city.store.parent, self.city.out, self.copy):
            shutil.rmtree(path, ignore_errors=True)
        self.city.log.unlink(missing_ok=True)
        if self.start.exists():
            shutil.copytree(self.start, self.city.store.parent)

    def _undisturbed(self) -> tuple[float, Night]:
        child = self._again()
        began = time.perf_counter()
        code = _code_of(child)
        return time.perf_counter() - began, self._night(code)

    def _night(self, code: int | None) -> Night:
        return Night(
            code=code,
            printed=self.city.printed.read_text(),
            files={path.name: path.read_bytes() for path in sorted(self.city.out.glob("*"))},
            rows=read_rows(self.city.store),
        )

    def trial(self, delay_s: float, *, is_followed: bool) -> Trial | None:
        """Kill a run after so many seconds. None: it had come to its end. `is_followed`: by the next night."""
        child = self._again()
        time.sleep(delay_s)
        child.kill()
        if _code_of(child) != -signal.SIGKILL:
            return None
        left, log = self._left(), read_log(self.city.log)
        self.city.log.unlink(missing_ok=True)
        night, second = self._gone_on_with(left), read_log(self.city.log)
        trial = Trial(
            moment=_moment(left, log),
            kept=len(left.looks),
            on_the_way=len(log.finished.keys() - left.looks.keys()),
            lost=_lost(left, log, self.looks),
            twice=_repeated(left, log, second) + (night.rows - self.night.rows).total(),
            is_same=night == self.night,
            is_sound=self._is_sound(),
            is_quiet=self._is_quiet() if is_followed else None,
        )
        if not trial.is_well:
            print(f"{self.scene}, killed after {delay_s:.4f} s: {trial}\n{night.printed}", file=sys.stderr)
        return trial

    def _left(self) -> Stored:
        """Read from a copy: whoever opens the store itself clears away what the kill left open."""
        if self.city.store.exists():
            shutil.copytree(self.city.store.parent, self.copy)
        return read_run(self.copy / self.city.store.name, name_of(NIGHT))

    def _gone_on_with(self, left: Stored) -> Night:
        """Go on with it if it was broken off, begin anew if there is no trace of it. It may have been kept already."""
        code = _code_of(self.city.run(NIGHT, "--resume"))
        if left.state != runs.OPEN and code != Exit.UNUSABLE:
            raise RuntimeError(f"there was nothing to resume, and it left with {code}")
        if not left.state:
            code = _code_of(self.city.run(NIGHT))
        night = self._night(code)
        has_run = left.state != runs.FINISHED
        return night if has_run else replace(night, code=self.night.code, printed=self.night.printed)

    def _is_sound(self) -> bool:
        return _code_of(self.city.start(NIGHT, "store", "check")) == Exit.COMPLETE

    def _is_quiet(self) -> bool:
        """The night after, with nothing changed in the world."""
        code = _code_of(self.city.run(AFTER, "--quiet"))
        return code == Exit.INCOMPLETE and self.city.printed.read_text() == ""  # some assets are silent


def _code_of(child: BaseProcess) -> int | None:
    """How it left; None: it did not."""
    child.join(PATIENCE_S)
    if child.exitcode is None:
        child.kill()
        child.join()
        return None
    return child.exitcode


def _moment(left: Stored, log: Logged) -> Moment:
    match left.state:
        case "":
            return Moment.UNLISTED
        case runs.FINISHED:
            return Moment.KEPT
    if log.is_judged:
        return Moment.KEEPING
    return Moment.JUDGING if log.is_over else Moment.LOOKING


def _lost(left: Stored, log: Logged, looks: Mapping[Key, Sight]) -> int:
    """Looks that the run had gone on from and that are not in the store as they should be; nor may any other be odd."""
    return sum(left.looks.get(key) != looks.get(key) for key in log.kept.keys() | left.looks.keys())


def _repeated(left: Stored, log: Logged, second: Logged) -> int:
    """Looks at what was in the store already, and second ones in one process."""
    begun = [name for one in (log, second) for name, times in one.began.items() for _ in range(times - 1)]
    return len(begun) + len(second.began.keys() & left.looks.keys())


if __name__ == "__main__":
    sys.exit(show(figures()))
