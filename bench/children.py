"""CPU seconds of child processes, user and system time together."""

from __future__ import annotations

import resource
from collections.abc import Callable


def cpu_of(run: Callable[[], object]) -> float:
    """What the children that `run` starts and waits for have used."""
    before = _used()
    run()
    return _used() - before


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
