"""Which sockets are ready? Asks the kernel by epoll where there is one, else by the standard library's selectors.

The selectors make several objects for each socket and each answer, which cost a tenth of the CPU of a scan. A number is
a socket's file descriptor.
"""

from __future__ import annotations

import select
import selectors
from collections.abc import Iterable
from typing import Protocol

Ready = tuple[int, bool]  # the number of a socket, and whether there is something to read: data, an end or an error


class Readiness(Protocol):
    """May tell a thing once: whoever hears it goes on until the socket itself says that it is not ready."""

    def add(self, number: int, *, sending: bool) -> None:
        """Tell of a socket when it may send; or, where nothing is to be sent, when there is something to read."""
        ...

    def turn(self, number: int) -> None:
        """It has sent all: tell when there is something to read."""
        ...

    def drop(self, number: int) -> None:
        """Tell nothing more of it. Closed or about to be."""
        ...

    def wait(self, seconds: float | None) -> Iterable[Ready]:
        """Those that are ready; () after so many seconds, None for however long it takes."""
        ...

    def close(self) -> None: ...


def readiness() -> Readiness:
    return _Epoll() if hasattr(select, "epoll") else _Selectors()


class _Epoll:
    """Tells of each change once, of whatever kind it is, so that it need not be asked anew once all is sent."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self.close = self._epoll.close
        self._to_read = select.EPOLLIN | select.EPOLLET
        self._either = self._to_read | select.EPOLLOUT
        self._readable = ~select.EPOLLOUT

    def add(self, number: int, *, sending: bool) -> None:
        self._epoll.register(number, self._either if sending else self._to_read)

    def turn(self, number: int) -> None:
        """It is told of both."""

    def drop(self, number: int) -> None:
        """The kernel forgets what is closed."""

    def wait(self, seconds: float | None) -> Iterable[Ready]:
        return [(number, event & self._readable != 0) for number, event in self._epoll.poll(seconds)]


class _Selectors:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.close = self._selector.close

    def add(self, number: int, *, sending: bool) -> None:
        self._selector.register(number, selectors.EVENT_WRITE if sending else selectors.EVENT_READ)

    def turn(self, number: int) -> None:
        self._selector.modify(number, selectors.EVENT_READ)

    def drop(self, number: int) -> None:
        self._selector.unregister(number)

    def wait(self, seconds: float | None) -> Iterable[Ready]:
        return [(key.fd, event & selectors.EVENT_READ != 0) for key, event in self._selector.select(seconds)]
