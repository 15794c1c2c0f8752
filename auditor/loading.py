"""What judges is loaded in a thread of its own, while somebody looks.

Whoever begins this has loaded the probes before: two threads that load the same libraries may each find the other's
half done. What is loaded here is the program's own, and knows no circles.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress

from auditor import plugins
from auditor.doors import Door, PluginError


class Loading(threading.Thread):
    """Begins at once. An interrupted program does not wait for it."""

    def __init__(self, kinds: frozenset[str], installed: Sequence[Door]) -> None:
        super().__init__(daemon=True)
        self._kinds = kinds
        self._installed = installed
        self._made: list[plugins.Parts] = []
        self.start()

    def run(self) -> None:
        from auditor import pipeline  # noqa: F401, PLC0415 - needed next, and loaded here

        with suppress(PluginError):  # `parts` says it to whoever waits
            self._made.append(plugins.load(self._kinds, self._installed))

    def parts(self) -> plugins.Parts:
        """Wait for them. Raises PluginError."""
        self.join()
        return self._made[0] if self._made else plugins.load(self._kinds, self._installed)
