"""Connections for the probes of one asset: inside its fence, its host's budget, and its deadlines."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import field
from typing import Self

from auditor.errors import Unreachable
from auditor.model import Asset
from auditor.reach.access import Access
from auditor.reach.asking import Asking
from auditor.reach.budget import HostBudget
from auditor.reach.company import Side
from auditor.reach.exchange import Exchange
from auditor.reach.resolve import Endpoint
from auditor.reach.run import Run
from auditor.reach.stream import Stream
from auditor.reach.switchboard import Step
from auditor.reach.terms import Terms
from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class _Way:
    """What happens on every connection before it is handed out. `patience`: how many times the usual seconds."""

    go: Callable[[Stream], None]
    port: int
    patience: float
    alone: threading.Lock = field(default_factory=threading.Lock)


class Dialling(Asking):
    """Every failure is an `Unreachable` with its reason."""

    def __init__(self, access: Access, asset: Asset, run: Run) -> None:
        super().__init__(access, asset, run)
        self._way: _Way | None = None
        self._side: Side | None = None

    @contextmanager
    def stream(
        self, endpoint: Endpoint, *, seconds: float | None = None, max_bytes: int | None = None
    ) -> Iterator[Stream]:
        """One TCP connection, inside the host's budget: closed at the end of the block, dead at the deadline.

        `seconds` count from the dialling on, a way that `through` asked for included.
        """
        self._gate.admit(endpoint)
        with self._run.silences.heard(endpoint) as chance, ExitStack() as held:
            if self._side:
                held.enter_context(self._side.connection(chance))
            if self._way:
                held.enter_context(self._way.alone)
            budget = self._budget_of(endpoint)
            held.enter_context(budget.connection())
            allowed = self._allowed_s(budget, chance.part, seconds)
            chance.had_all = allowed >= self.limits.operation_s
            stream = held.enter_context(
                Stream(endpoint, seconds=allowed, max_bytes=max_bytes or self.limits.answer_bytes)
            )
            chance.had_all = False
            if self._way:
                self._way.go(stream)
            yield stream

    def converse(self, endpoint: Endpoint, steps: Iterator[Step]) -> None:
        """Hold the exchanges of each step with one endpoint, as many at once as the host's budget has places free for.

        The next step is asked for when all exchanges of one have come to an end; an empty one is a pause before a
        retry. Each exchange is a connection as `stream` makes it, inside the same fence, budget, deadline and byte
        limit. Raises what a step raises: what went wrong stands in each exchange. Of a reach for one port: one after
        the other, the way first.
        """
        if self._way is None:
            self._run.switchboard.hold(self._terms(endpoint), steps)
            return
        for step in steps:
            for exchange in step:
                self._hold_on_the_way(endpoint, exchange)
            if not step:
                self.pause(endpoint.host)

    def exchange(self, endpoint: Endpoint, exchanges: Sequence[Exchange]) -> None:
        """Hold exchanges with one endpoint: a conversation of one step."""
        self.converse(endpoint, iter([exchanges] if exchanges else []))

    def _hold_on_the_way(self, endpoint: Endpoint, exchange: Exchange) -> None:
        try:
            with self.stream(endpoint) as stream:
                exchange.is_dialled = True
                stream.send(exchange.send)
                exchange.sent_at = time.monotonic()
                while not exchange.hear(data := stream.receive()) and data:
                    pass
                exchange.end()
        except Unreachable as error:
            exchange.end(error.to_keep())

    def _terms(self, endpoint: Endpoint) -> Terms:
        closed = None
        try:
            self._gate.admit(endpoint)
        except Unreachable as error:
            closed = error.to_keep()
        return Terms(endpoint, self._budget_of(endpoint), self._run.silences, closed, self._side)

    def _budget_of(self, endpoint: Endpoint) -> HostBudget:
        return self._run.shared_budget(endpoint.host) if endpoint.is_shared else self._budget(endpoint.host)

    def _allowed_s(self, budget: HostBudget, part: float, seconds: float | None = None) -> float:
        """Seconds for one connection, a way that `through` asked for included. `part`: see `Silences.patience`."""
        usual = seconds or self.limits.operation_s * (self._way.patience if self._way else 1.0)
        return min(usual * part, max(0.1, budget.remaining_s()))

    def through(self, go: Callable[[Stream], None], *, port: int, patience: float = 1.0) -> Self:
        """The same reach, for one port: its every connection first goes a way of its own, and there is one at a time.

        `go` brings a fresh stream to where TLS begins (STARTTLS), or raises Unreachable. `patience`: how many times
        the seconds of an operation one connection is given. The port has a budget of its own: a host with mail,
        mailboxes and a directory runs a server for each.
        """
        other = copy.copy(self)
        other._way = _Way(go, port, patience)
        return other

    def in_company(self, side: Side) -> Self:
        """The same reach, for a probe that looks while another one does."""
        other = copy.copy(self)
        other._side = side
        return other

    def welcome(self) -> None:
        """The host has answered: another probe may join."""
        if self._side:
            self._side.company.welcome()

    def part(self) -> None:
        """What comes is to be asked alone: another probe waits until this one is done."""
        if self._side:
            self._side.part()

    def doubt(self) -> None:
        """What was met may not be what is met alone (`company`): a failure or a no that the stream did not raise."""
        if self._side:
            self._side.doubt()

    def _budget(self, host: str) -> HostBudget:
        return self._run.budget(host, self._way.port if self._way else None)

    def _on_the_way(self, endpoint: Endpoint, seconds: float) -> Stream:
        """A connection that has gone the way of this reach. Whoever asks has the host's place, and closes it."""
        patient = self.limits.operation_s * (self._way.patience if self._way else 1.0)
        stream = Stream(endpoint, seconds=max(0.1, min(seconds, patient)), max_bytes=self.limits.answer_bytes)
        try:
            if self._way:
                self._way.go(stream)
        except Unreachable:
            stream.close()
            raise
        return stream

    def pause(self, host: str) -> None:
        """Wait before a retry: once, alone. Not where nobody will be waited for any more."""
        if not self._run.silences.is_hopeless(host):
            time.sleep(self._budget(host).pause_s())

    def connections(self, host: str) -> int:
        """Connections opened to a host so far; of a reach for one port, to that."""
        return self._budget(host).connections if self._way else self._run.connections_to(host)

    def spare(self, host: str) -> int:
        """Connections that may still be opened to it."""
        return max(0, self._budget(host).most - self.connections(host))
