"""Who never says anything, in this run: nobody waits for them anew. Who was heard always gets all the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from sys import intern

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.resolve import Endpoint, host_key

SECOND_CHANCE = 0.6  # of the usual seconds, for an endpoint that took a connection and then said nothing in time
UNTRIED = frozenset({Reason.BUDGET, Reason.DEADLINE, Reason.NO_ROUTE})  # the endpoint had no chance to say anything

Key = tuple[str, int, str, int]


class Chance:
    """What one exchange gets: a `part` of the usual seconds. `had_all`: it got them, and not even a connection came.

    `was_beside`: it failed in company (`company`), so its silence says nothing of the endpoint.
    """

    __slots__ = ("had_all", "part", "was_beside")

    def __init__(self, part: float) -> None:
        self.part = part
        self.had_all = False
        self.was_beside = False


class _Known:
    """Of one endpoint. `silences`: exchanges that ended without an answer in time, while it was never heard."""

    __slots__ = ("is_given_up", "is_heard", "silences")

    def __init__(self, *, is_heard: bool = False) -> None:
        self.silences = 0
        self.is_heard = is_heard
        self.is_given_up = False


HEARD = _Known(is_heard=True)  # of each that was heard once: nothing more is noted of it


class Silences:
    """What the exchanges of a run came to, by endpoint. Shared by all threads.

    An endpoint that was never heard gets two chances, the second a shorter one. It gets one alone where no connection
    was made in time, since TCP asks for that three times in five seconds by itself (RFC 6298 section 2), and where
    another port of the address is given up and none was heard.
    """

    def __init__(self) -> None:
        self._known: dict[Key, _Known] = {}
        self._lock = threading.Lock()

    def patience(self, endpoint: Endpoint) -> float:
        """Which part of the usual seconds the next exchange gets. Raises Unreachable(TIMEOUT): it is given up."""
        key = _key(endpoint)
        known = self._known.get(key)
        if known is None or known.is_heard:
            return 1.0
        with self._lock:
            known = self._known[key]
            if known.is_given_up:
                raise Unreachable(Reason.TIMEOUT, endpoint.locus)
            return SECOND_CHANCE if known.silences else 1.0

    def note(self, endpoint: Endpoint, failure: Unreachable | None, *, had_all: bool = False) -> bool:
        """How an exchange ended; `failure` None: with an answer, or with a close. True: the endpoint was heard once.

        `had_all`: all of the usual seconds went by, and not even a connection came.
        """
        key = _key(endpoint)
        known = self._known.get(key)
        if known is not None and known.is_heard:  # for good: whoever was heard once gets all of its time
            return True
        if failure is not None and failure.reason in UNTRIED:
            return False
        with self._lock:
            if known is None:
                key = (intern(key[0]), *key[1:])
            known = self._known.setdefault(key, _Known())
            if failure is None or failure.reason is not Reason.TIMEOUT:
                known = self._known[key] = HEARD
            elif not known.is_heard:
                known.silences += 1
                known.is_given_up = known.silences > 1 or had_all or self._is_dead(endpoint)
            return known.is_heard

    @contextmanager
    def heard(self, endpoint: Endpoint) -> Iterator[Chance]:
        """One exchange: what it gets, and then what came of it. Raises what `patience` raises."""
        chance = Chance(self.patience(endpoint))
        try:
            yield chance
        except Unreachable as error:
            if not chance.was_beside:
                self.note(endpoint, error, had_all=chance.had_all)
            raise
        self.note(endpoint, None)

    def is_hopeless(self, host: str) -> bool:
        """Is every endpoint of a host that was asked given up?"""
        name = host_key(host)
        with self._lock:
            asked = [known for key, known in self._known.items() if key[0] == name]
            return bool(asked) and all(known.is_given_up for known in asked)

    def _is_dead(self, endpoint: Endpoint) -> bool:
        """Is another port of its address given up, and none heard?"""
        mine = _key(endpoint)
        others = [
            known for key, known in self._known.items() if key[0] == mine[0] and key[2] == mine[2] and key != mine
        ]
        return any(known.is_given_up for known in others) and not any(known.is_heard for known in others)


def _key(endpoint: Endpoint) -> Key:
    return host_key(endpoint.host), endpoint.asked_port, endpoint.address, endpoint.port
