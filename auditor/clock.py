"""The time of day, and a clock that never goes back within a run: an hour seen twice must not undo what was seen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """To the millisecond, cut: nothing that is looked at knows the time better, and what is kept stays short."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def steady(clock: Clock = utc_now) -> Clock:
    """The same clock, but what it says is never earlier than what it said before; for several threads."""
    lock = threading.Lock()
    latest = [clock()]

    def now() -> datetime:
        with lock:
            latest[0] = max(latest[0], clock())
            return latest[0]

    return now
