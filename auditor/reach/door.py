"""Hands connections to a program beside us: it knocks, we open one and pass the socket on. It dials nowhere itself.

So its connections keep to the fence and go the same way to TLS as ours. Must not know what it does with them.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.stream import Stream

DOOR = "AUDITOR_DOOR"  # the variable that tells the program the number of its end

# Makes one connection within so many seconds, or raises Unreachable.
Opening = Callable[[float], Stream]


def none_promised(_: float) -> Stream:
    """Raises Unreachable: for a program that needs no connection."""
    raise Unreachable(Reason.BUDGET, "no connection was promised")


class Door:
    """A pair of sockets. The program sends one byte on `theirs`, and reads a line: "open" with a socket, or a reason.

    The word is a Reason's, so the program can say why it got no connection.
    """

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self.ours, self.theirs = socket.socketpair()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ours.close()
        self.theirs.close()

    def answer(self, seconds: float) -> bool:
        """Answer one knock within `seconds`. False: nobody will knock any more."""
        try:
            if not self.ours.recv(1):
                return False
            self._open(seconds)
        except OSError:
            return False
        return True

    def _open(self, seconds: float) -> None:
        try:
            with self._opening(seconds) as stream:
                socket.send_fds(self.ours, [b"open\n"], [stream.raw.fileno()])
        except Unreachable as error:
            self.ours.sendall(f"{error.reason.word}\n".encode())
