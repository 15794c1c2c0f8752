"""What a run allows in exchanges with one endpoint: how many at once, for how long, and whether at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.budget import HostBudget
from auditor.reach.exchange import Exchange
from auditor.reach.resolve import Endpoint
from auditor.reach.silence import Silences
from auditor.records import dataclass

LEAST_S = 0.1  # of the host's time, for whom it ends just now


@dataclass(frozen=True, slots=True)
class Batch:
    """Exchanges that have a place each, and the seconds in which they end. `in_full`: all that is usual."""

    exchanges: Sequence[Exchange]
    seconds: float
    in_full: bool


NOTHING = Batch((), 0.0, in_full=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """Of one endpoint. `closed`: why it may not be contacted, None where it may."""

    endpoint: Endpoint
    budget: HostBudget
    silences: Silences
    closed: Unreachable | None = None

    @property
    def max_bytes(self) -> int:
        return self.budget.limits.answer_bytes

    def take(self, waiting: deque[Exchange]) -> Batch | None:
        """Take from those that wait, never none, as many as there are places. None: no place is free now.

        Where none may be, the first one is taken and fails. What was taken is given back to `leave`.
        """
        taken, part = 0, 1.0
        try:
            if self.closed:
                raise self.closed
            part = self.silences.patience(self.endpoint)
            taken = self.budget.take_free(len(waiting))
            if not taken:
                self._wait_on()
                return None
        except Unreachable as error:
            waiting.popleft().failure = error.to_keep()
            return NOTHING
        usual = self.budget.limits.operation_s
        seconds = min(usual * part, max(LEAST_S, self.budget.remaining_s()))
        return Batch([waiting.popleft() for _ in range(taken)], seconds, in_full=seconds >= usual)

    def _wait_on(self) -> None:
        """For a place. Raises Unreachable where the host's time ends before a place is free."""
        if self.budget.remaining_s() <= 0:
            raise Unreachable(Reason.DEADLINE, self.budget.time_is_up)

    def leave(self, batch: Batch) -> None:
        """Each has come to its end."""
        self.give_back(batch)
        for one in batch.exchanges:
            self.silences.note(self.endpoint, one.failure, had_all=batch.in_full and not one.is_dialled)

    def give_back(self, batch: Batch) -> None:
        """The places alone: how its exchanges ended was not the endpoint's doing."""
        if batch.exchanges:
            self.budget.leave_places(len(batch.exchanges))

    def pause_s(self) -> float:
        """How long to wait before a retry. Nobody is waited for who is given up."""
        return 0.0 if self.silences.is_hopeless(self.endpoint.host) else self.budget.pause_s()
