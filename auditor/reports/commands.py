"""The commands that a reader is told to type: each in one line that works as it stands. Knows no report."""

from __future__ import annotations

import re
import shlex

from auditor.records import dataclass
from auditor.reports.harmless import for_terminal

OF_A_STORE = ("run", "diff", "report", "judge", "explain", "store")  # the commands that take --store
NAMED = re.compile(rf"`auditor ({'|'.join(OF_A_STORE)})\b([^`]*)`")


@dataclass(frozen=True, slots=True)
class Commands:
    """What a command line said, and what the next one has to say again.

    `store`: what followed --store; None: nothing did. What the environment says is not repeated: whoever types in the
    same one reaches the same store, and a URL there may hold a password. `inventory`: where it is known, and is
    another than `run` finds by itself.
    """

    store: str | None = None
    inventory: str | None = None

    def line(self, command: str, *words: str) -> str:
        """`auditor COMMAND WORD…`, safe to paste into a shell."""
        return " ".join(("auditor", command, *self._before(command), *map(_quoted, words), *self._after()))

    def completed(self, text: str) -> str:
        """A text in which every command of a store that stands between backquotes has what it lacked."""
        return NAMED.sub(lambda found: f"`{self._completed(found[1], found[2])}`", text)

    def _completed(self, command: str, rest: str) -> str:
        return " ".join(("auditor", command, *self._before(command))) + " ".join((rest, *self._after()))

    def _before(self, command: str) -> tuple[str, ...]:
        return (_quoted(self.inventory),) if command == "run" and self.inventory is not None else ()

    def _after(self) -> tuple[str, ...]:
        return () if self.store is None else ("--store", _quoted(self.store))


PLAIN = Commands()


def _quoted(word: str) -> str:
    return shlex.quote(for_terminal(word))
