"""One loop for the exchanges of all conversations of a run, however many threads wait for their ends.

Threads that each wait for their own sockets take Python's lock from each other at every call of the kernel, which costs
more than the exchange itself (decision 0021). So one of the threads that wait holds the loop for all of them; when its
own conversation has ended, another one takes the loop on. Knows no budget: `Terms` say what may be done.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress

from auditor.reach.exchange import Exchange, Line
from auditor.reach.readiness import Readiness, readiness
from auditor.reach.terms import NOTHING, Terms

Step = Sequence[Exchange]  # exchanges that are held at once, as far as there are places; empty: a pause before a retry
PARKED_S = 0.01  # until somebody whose host has no free place looks again


class _Call:
    """One conversation. `turn`: its thread waits for it: for the end, or to hold the loop. `until`: by the clock."""

    __slots__ = ("batch", "error", "is_over", "lines", "steps", "terms", "turn", "until", "waiting")

    def __init__(self, terms: Terms, steps: Iterator[Step]) -> None:
        self.terms = terms
        self.steps = steps
        self.turn = threading.Lock()
        self.turn.acquire()
        self.waiting: deque[Exchange] = deque()
        self.batch = NOTHING
        self.lines: set[Line] = set()
        self.until = math.inf
        self.is_over = False
        self.error: BaseException | None = None


class Switchboard:
    """Of a run. What is not guarded by the lock belongs to the thread that holds the loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._new: deque[_Call] = deque()
        self._is_held = False
        self._calls: set[_Call] = set()
        self._lines: dict[int, tuple[_Call, Line]] = {}  # by number
        self._next = math.inf  # no call's `until` comes earlier
        self._ready: Readiness
        self._door: socket.socket  # is read from, when somebody knocked
        self._knock: socket.socket

    def hold(self, terms: Terms, steps: Iterator[Step]) -> None:
        """Hold the exchanges of each step; the next step is asked for when all of one have come to an end.

        Returns when there is no further step. Raises what a step raises, and nothing else.
        """
        call = _Call(terms, steps)
        if not self._is_mine(call):
            call.turn.acquire()
        if not call.is_over:
            self._run(call)
        if call.error:
            raise call.error

    def _is_mine(self, call: _Call) -> bool:
        """Does nobody hold the loop? Whoever does is told of the call."""
        with self._lock:
            if not self._is_held:
                self._open()  # first: where it fails, nobody holds anything
            self._new.append(call)
            if self._is_held:
                with suppress(BlockingIOError):
                    self._knock.send(b"!")
                return False
            self._is_held = True
            return True

    def _open(self) -> None:
        self._door, self._knock = socket.socketpair()
        self._ready = readiness()
        for end in (self._door, self._knock):
            end.settimeout(0.0)
        self._ready.add(self._door.fileno(), sending=False)

    def _run(self, mine: _Call) -> None:
        """Hold the loop until one's own conversation has ended."""
        try:
            while True:
                while self._new:
                    self._begin(self._new.popleft())
                if mine.is_over:
                    return
                self._wait()
        finally:
            self._end(mine)
            self._hand_over()

    def _hand_over(self) -> None:
        with self._lock:
            heir = next(iter((*self._calls, *self._new)), None)
            if heir is not None:
                heir.turn.release()
                return
            self._is_held = False
            for held in (self._ready, self._door, self._knock):
                held.close()

    def _wait(self) -> None:
        """Until a socket is ready, somebody knocks, or the time of a call is over."""
        now = time.monotonic()
        if now >= self._next:
            self._look_at_clock(now)
            return
        for number, is_readable in self._ready.wait(None if self._next == math.inf else self._next - now):
            found = self._lines.get(number)
            if found is not None:
                call, line = found
                self._go_on(call, line, is_readable=is_readable)
            elif number == self._door.fileno():
                self._door.recv(64)

    def _look_at_clock(self, now: float) -> None:
        for call in [call for call in self._calls if call.until <= now]:
            self._hang_up(call)
            self._go_on(call)
        self._next = min((call.until for call in self._calls), default=math.inf)

    def _hang_up(self, call: _Call) -> None:
        """Whatever is still under way ends."""
        for line in call.lines:
            self._forget(line)
            line.close()
        call.lines.clear()

    def _forget(self, line: Line) -> None:
        del self._lines[line.number]
        self._ready.drop(line.number)

    def _begin(self, call: _Call) -> None:
        self._calls.add(call)
        self._go_on(call)

    def _go_on(self, call: _Call, line: Line | None = None, *, is_readable: bool = False) -> None:
        """Take a step of a line that is ready; where nothing of its call is under way then, go on with what comes next.

        What either raises is its thread's, and the loop goes on.
        """
        try:
            if line is not None:
                was_sending = line.is_sending
                line.step(is_readable=is_readable)
                if not line.is_over:
                    if was_sending and not line.is_sending:
                        self._ready.turn(line.number)
                    return
                self._forget(line)
                call.lines.remove(line)
            if not call.lines:
                self._go_through(call)
        except StopIteration:
            self._end(call)
        except Exception as error:  # noqa: BLE001 - raised again by `hold`, inside the guard around the probe
            call.error = error
            self._end(call)

    def _go_through(self, call: _Call) -> None:
        """Until something is under way, or there is something to wait for. Raises StopIteration at the end."""
        while not call.lines:
            call.terms.leave(call.batch)
            call.batch = NOTHING
            if not call.waiting:
                step = next(call.steps)
                if not step:
                    self._until(call, call.terms.pause_s())
                    return
                call.waiting.extend(step)
            batch = call.terms.take(call.waiting)
            if batch is None:
                self._until(call, PARKED_S)
                return
            call.batch = batch
            self._dial(call)

    def _dial(self, call: _Call) -> None:
        terms = call.terms
        for exchange in call.batch.exchanges:
            line = Line(exchange, terms.endpoint, terms.max_bytes)
            line.dial()
            if not line.is_over:
                self._ready.add(line.number, sending=line.is_sending)
                self._lines[line.number] = call, line
                call.lines.add(line)
        self._until(call, call.batch.seconds)

    def _until(self, call: _Call, seconds: float) -> None:
        call.until = time.monotonic() + seconds
        self._next = min(self._next, call.until)

    def _end(self, call: _Call) -> None:
        """Its thread goes on. Whatever is still under way, because the thread broke it off, ends with it."""
        if call.is_over:
            return
        self._hang_up(call)
        call.terms.give_back(call.batch)
        self._calls.discard(call)
        call.is_over = True
        call.turn.release()
