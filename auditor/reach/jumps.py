"""Jump hosts that many servers lie behind: one connection to each, opened by the first, closed by the last.

A fleet that opened a connection for each of its servers would look like an attack on the jump host.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.model import Jump, Reason

if TYPE_CHECKING:
    from auditor.reach.ssh_session import Session

Opening = Callable[[], AbstractContextManager["Session"]]


class _Way:
    """`failure`: why it could not be opened; nobody tries again in this run."""

    __slots__ = ("failure", "held", "lock", "session", "users")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.session: Session | None = None
        self.held = ExitStack()
        self.failure: Unreachable | None = None


class Jumps:
    """Of a run."""

    def __init__(self) -> None:
        self._ways: dict[Jump, _Way] = {}
        self._lock = threading.Lock()

    @contextmanager
    def lent(self, jump: Jump, opening: Opening, seconds: float) -> Iterator[Session]:
        """A session on the jump host, for as long as the block lasts. Raises Unreachable."""
        with self._lock:
            way = self._ways.setdefault(jump, _Way())
        session = _taken(way, opening, jump, seconds)
        try:
            yield session
        finally:
            _left(way)


def _taken(way: _Way, opening: Opening, jump: Jump, seconds: float) -> Session:
    if not way.lock.acquire(timeout=seconds):
        raise Unreachable(Reason.TIMEOUT, f"the jump host {jump.address}")
    try:
        if way.failure:
            raise way.failure
        if way.session is None or not way.session.is_active:
            way.held.close()
            way.session = way.held.enter_context(opening())
        way.users += 1
    except Unreachable as failure:
        way.failure = failure
        raise Unreachable(failure.reason, failure.detail) from failure
    else:
        return way.session
    finally:
        way.lock.release()


def _left(way: _Way) -> None:
    with way.lock:
        way.users -= 1
        if not way.users:
            way.held.close()
            way.session = None
