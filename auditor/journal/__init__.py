"""The log: what happened in a run, in typed events. Must not know anything that a target said.

There is one function for each event, and none takes free text: an event holds names from the inventory, names of facts
types, words of reasons, counts, seconds, and the class of an error. A place is named only where it is an address and a
port, which we resolved ourselves. So nobody can log a summary, a header or a path by mistake.

The events go to the logger "auditor", which hands nothing up to the root, and whose handlers drop whatever is no event:
a library that finds it has no way out. What libraries log of themselves ends in a handler that writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from auditor.journal.event import What, is_read, tell
from auditor.journal.looking import Sight, looked_at
from auditor.journal.outputs import Journal

if TYPE_CHECKING:
    from auditor.model import Outcome

__all__ = [
    "Journal",
    "Sight",
    "finished",
    "interrupted",
    "is_read",
    "judged",
    "kept",
    "looked_at",
    "run_started",
    "second_look",
]


def run_started(*, run: str, assets: int, tool: str, rubric: str, resumed: bool = False) -> None:
    """Looking begins, or goes on where a killed run stopped. `run`: its id, which every later event carries too."""
    tell(What.RUN_STARTED, run=run, assets=assets, tool=tool, rubric=rubric, resumed=resumed)


def second_look(*, assets: int) -> None:
    """Something turned from pass to fail or back at `assets`: they are looked at again before it counts."""
    words = f"Looking a second time at {assets} asset{'s' if assets > 1 else ''} where something turned."
    tell(What.SECOND_LOOK, words, assets=assets)


def judged(outcomes: Iterable[Outcome]) -> None:
    """Everything was judged and graded. `outcomes`: one for each finding."""
    if is_read():
        counts = Counter(outcome.value for outcome in outcomes)
        tell(What.JUDGED, findings=dict(sorted(counts.items())))


def kept(*, changes: int, seconds: float) -> None:
    """The run lies in the store. `changes`: findings that are not what was last recorded."""
    tell(What.KEPT, changes=changes, seconds=round(seconds, 3))


def interrupted(*, done: int, assets: int) -> None:
    """Somebody pressed Ctrl-C: `done` of `assets` were looked at, and they are judged."""
    tell(What.INTERRUPTED, done=done, assets=assets)


def finished(*, complete: bool, connections: int) -> None:
    """The run is over. `complete`: everything was seen that was asked. `connections`: opened in all, to all hosts."""
    tell(What.RUN_FINISHED, complete=complete, connections=connections)
