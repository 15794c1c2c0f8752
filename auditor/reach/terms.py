"""What a run allows in exchanges with one endpoint: how many at once, for how long, and whether at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.budget import HostBudget
from auditor.reach.company import Side
from auditor.reach.exchange import Exchange
from auditor.reach.resolve import Endpoint
from auditor.reach.silence import Silences

LEAST_S = 0.1  # of the host's time, for whom it ends just now


class Batch:
    """Exchanges that have a place each, and the seconds in which they end. `in_full`: all that is usual.

    `ticket`: of `Side.try_open`.
    """

    __slots__ = ("exchanges", "in_full", "seconds", "ticket")

    def __init__(self, exchanges: Sequence[Exchange], seconds: float, *, in_full: bool, ticket: int = 0) -> None:
        self.exchanges = exchanges
        self.seconds = seconds
        self.in_full = in_full
        self.ticket = ticket


NOTHING = Batch((), 0.0, in_full=False)


class Terms:
    """Of one endpoint. `closed`: why it may not be contacted, None where it may. `side`: None without company."""

    __slots__ = ("_is_heard", "budget", "closed", "endpoint", "max_bytes", "side", "silences")

    def __init__(
        self,
        endpoint: Endpoint,
        budget: HostBudget,
        silences: Silences,
        closed: Unreachable | None = None,
        side: Side | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.budget = budget
        self.silences = silences
        self.closed = closed
        self.side = side
        self.max_bytes = budget.limits.answer_bytes
        self._is_heard = False  # for good: then nothing more is to be known of its silences

    def take(self, waiting: deque[Exchange]) -> Batch | None:
        """Take from those that wait, never none, as many as there are places. None: no place is free now.

        Where none may be, the first one is taken and fails. What was taken is given back to `leave`.
        """
        ticket = None
        try:
            if self.closed:
                raise self.closed
            part = 1.0 if self._is_heard else self.silences.patience(self.endpoint)
            ticket = self.side.try_open() if self.side else 0
            taken = self.budget.take_free(len(waiting)) if ticket is not None else 0
            left = self.budget.remaining_s()
            if not taken:
                self._close(ticket)
                self._wait_on(left)
                return None
        except Unreachable as error:
            self._close(ticket)
            waiting.popleft().failure = error.to_keep()
            return NOTHING
        usual = self.budget.limits.operation_s
        seconds = min(usual * part, max(LEAST_S, left))
        if taken == len(waiting):  # as nearly always
            exchanges = list(waiting)
            waiting.clear()
        else:
            exchanges = [waiting.popleft() for _ in range(taken)]
        return Batch(exchanges, seconds, in_full=seconds >= usual, ticket=ticket or 0)

    def _wait_on(self, left: float) -> None:
        """For a place. Raises Unreachable where the host's time ends before a place is free."""
        if left <= 0:
            raise Unreachable(Reason.DEADLINE, self.budget.time_is_up)

    def leave(self, batch: Batch) -> None:
        """Each has come to its end."""
        self.give_back(batch)
        if self._is_heard:
            return
        for one in batch.exchanges:
            self._is_heard = self.silences.note(
                self.endpoint, one.failure, had_all=batch.in_full and not one.is_dialled
            )

    def give_back(self, batch: Batch) -> None:
        """The places alone: how its exchanges ended was not the endpoint's doing."""
        if not batch.exchanges:
            return
        self.budget.leave_places(len(batch.exchanges))
        if self._close(batch.ticket):
            for one in batch.exchanges:
                one.was_beside = True

    def _close(self, ticket: int | None) -> bool:
        """Was another probe's connection open meanwhile?"""
        return self.side is not None and ticket is not None and self.side.close(ticket)

    def pause_s(self) -> float:
        """How long to wait before a retry. Nobody is waited for who is given up."""
        return 0.0 if self.silences.is_hopeless(self.endpoint.host) else self.budget.pause_s()
