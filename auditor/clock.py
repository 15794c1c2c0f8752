"""The time of day, a name for a run that begins at it, and a clock that never goes back within one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """To the millisecond, cut: nothing that is looked at knows the time better, and what is kept stays short."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def run_id(began: datetime) -> str:
    """A name that sorts by time and that no other run has."""
    return f"{began:%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"


def steady(clock: Clock = utc_now) -> Clock:
    """The same clock, but what it says is never earlier than what it said before; for several threads."""
    lock = threading.Lock()
    latest = [clock()]

    def now() -> datetime:
        with lock:
            latest[0] = max(latest[0], clock())
            return latest[0]

    return now
