"""What a run fetches once for all its assets: a revocation list is the same for each certificate of its issuer."""

from __future__ import annotations

import threading
from collections.abc import Callable

from auditor.errors import Unreachable

SHELF_BYTES = 33_554_432  # over all that is kept; what has no room is fetched again


class _Place:
    __slots__ = ("content", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.content: bytes | Unreachable | None = None


class Shelf:
    """Bytes by URL, in memory, for one run. A failure is kept, too: nobody is asked twice in vain."""

    def __init__(self, most: int = SHELF_BYTES) -> None:
        self._places: dict[str, _Place] = {}
        self._lock = threading.Lock()
        self._left = most

    def get(self, url: str, fetch: Callable[[], bytes]) -> bytes:
        """What `fetch` gives, fetched once; raises the Unreachable that it raised. Others wait for the first one."""
        with self._lock:
            place = self._places.setdefault(url, _Place())
        with place.lock:
            content = place.content if place.content is not None else self._fetched(place, fetch)
        if isinstance(content, Unreachable):
            raise Unreachable(content.reason, content.detail)
        return content

    def _fetched(self, place: _Place, fetch: Callable[[], bytes]) -> bytes | Unreachable:
        try:
            content: bytes | Unreachable = fetch()
        except Unreachable as error:
            content = error
        size = len(content) if isinstance(content, bytes) else 0
        with self._lock:
            if size <= self._left:
                self._left -= size
                place.content = content
        return content
