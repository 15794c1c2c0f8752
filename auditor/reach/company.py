"""Two probes that look at one host at the same time: who may open a connection, and what of it is in doubt.

One leads, the other joins it once a hello of the leader's was answered. Whatever fails while both have a connection may
have failed for that alone (a server may take one at a time), so it is in doubt: from then on the leader has the host to
itself until it is done, and what is in doubt is asked once more. Knows neither probe.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from auditor.errors import Unreachable
from auditor.reach.silence import Chance


class Side:
    """What one of the two has open, and how often it opened anything.

    `was_beside`: was anything open while something of the other's was? `is_in_doubt`: did anything fail so?
    """

    __slots__ = ("company", "ever", "is_in_doubt", "is_leader", "now", "was_beside")

    def __init__(self, company: Company, *, is_leader: bool) -> None:
        self.company = company
        self.is_leader = is_leader
        self.now = 0
        self.ever = 0
        self.was_beside = False
        self.is_in_doubt = False

    def begin(self) -> None:
        """The next probe of this side: nothing of it is in doubt."""
        self.was_beside = self.is_in_doubt = False

    def doubt(self) -> None:
        """What was just met may not be what is met alone. Nothing, where nothing was beside it."""
        with self.company.lock:
            if self.was_beside:
                self.is_in_doubt = self.company.has_parted = True

    def try_open(self) -> int | None:
        """Take note of connections that begin and end together. None: not now. Else, what `close` wants to know."""
        with self.company.lock:
            return self._open() if self.company.admits(self) else None

    def close(self, ticket: int) -> bool:
        """They are closed. Was one of the other's open at any time of theirs?"""
        company = self.company
        with company.lock:
            self.now -= 1
            was_beside = ticket != company.other(self).ever
            self.was_beside = self.was_beside or was_beside
            company.lock.notify_all()
            return was_beside

    def part(self) -> None:
        """The leader wants the host to itself, until it is done."""
        with self.company.lock:
            self.company.has_parted = True

    @contextmanager
    def connection(self, chance: Chance) -> Iterator[None]:
        """Wait until one may be opened, and hold it. That ends: every connection does, and so does the leader."""
        with self.company.lock:
            self.company.lock.wait_for(lambda: self.company.admits(self))
            ticket = self._open()
        has_failed = False
        try:
            yield
        except Unreachable:
            has_failed = True
            raise
        finally:
            was_beside = self.close(ticket)
            if has_failed and was_beside:
                chance.was_beside = True
                self.doubt()

    def _open(self) -> int:
        self.now += 1
        self.ever += 1
        other = self.company.other(self)
        return -1 if other.now else other.ever


class Company:
    """Of one look at one asset. Guarded by `lock`."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.leader = Side(self, is_leader=True)
        self.joined = Side(self, is_leader=False)
        self.has_parted = False
        self._is_welcome = False
        self._is_over = False

    def other(self, side: Side) -> Side:
        return self.joined if side.is_leader else self.leader

    def admits(self, side: Side) -> bool:
        """May it open a connection now? Asked by whoever holds the lock."""
        if side.is_leader:
            return not (self.has_parted and self.joined.now)
        return self._is_over or (self._is_welcome and not self.has_parted)

    def welcome(self) -> None:
        """The host has answered: it may be asked two things at once."""
        with self.lock:
            self._is_welcome = True
            self.lock.notify_all()

    def leave(self) -> None:
        """The leader is done: what is left has the host to itself."""
        with self.lock:
            self._is_over = True
            self.lock.notify_all()
