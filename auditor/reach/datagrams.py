"""One question by UDP and its answer: bounded in time, in bytes and in datagrams. Knows no protocol."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.dialling import Dialling
from auditor.reach.resolve import Endpoint
from auditor.reach.silence import Chance
from auditor.reach.stream import place_of, reason_of

T = TypeVar("T")

MOST_STRAYS = 16  # datagrams that are no answer, before nobody waits for one any more
LONGEST = 4_096  # bytes of an answer; a longer one is none
SILENT = "which a firewall on the way may drop"


class Datagrams(Dialling):
    """Every failure is an `Unreachable` with its reason."""

    def ask_by_datagram(
        self, endpoint: Endpoint, question: bytes, read: Callable[[bytes], T | None], *, seconds: float
    ) -> T:
        """Send one datagram, and hand back what `read` makes of the first that it takes: of all others it says None.

        It counts as a connection, inside the same fence and budget. What it comes to is not noted with the silences of
        the endpoint: whoever drops UDP may well take connections. Raises Unreachable: what admits a connection raises;
        REFUSED (ICMP tells of a closed port); TIMEOUT; MALFORMED where something came that `read` did not take.
        """
        self._gate.admit(endpoint)
        with ExitStack() as held:
            if self._side:
                held.enter_context(self._side.connection(Chance(1.0)))
            budget = self._budget_of(endpoint)
            held.enter_context(budget.connection())
            return _asked(endpoint, question, read, seconds=self._allowed_s(budget, 1.0, seconds))


def _asked(endpoint: Endpoint, question: bytes, read: Callable[[bytes], T | None], *, seconds: float) -> T:
    """The socket is connected: the kernel hands over what comes from the address and port that were asked, no more."""
    until = time.monotonic() + seconds
    strays = 0
    try:
        family, place = place_of(endpoint.address, endpoint.port)
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect(place)
            asking.send(question)
            while strays < MOST_STRAYS and (left := until - time.monotonic()) > 0:
                asking.settimeout(left)
                came = asking.recv(LONGEST + 1)
                answer = read(came) if len(came) <= LONGEST else None
                if answer is not None:
                    return answer
                strays += 1
    except OSError as error:
        reason = reason_of(error)
        if reason is not Reason.TIMEOUT or not strays:
            raise _failure(endpoint, reason) from error
    raise _failure(endpoint, Reason.MALFORMED if strays else Reason.TIMEOUT)


def _failure(endpoint: Endpoint, reason: Reason) -> Unreachable:
    note = f", {SILENT}" if reason is Reason.TIMEOUT else ""
    return Unreachable(reason, f"UDP to {endpoint.locus}{note}")
