"""What a dialogue before TLS is: asks in the clear, hears answers, and ends in TLS or in an explicit no.

Must not know any protocol, nor the network.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Protocol, TypeAlias

from auditor.errors import Unreachable
from auditor.facts.starttls import PortSoftware
from auditor.model import Reason
from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class Ready:
    """TLS may begin, once `send` is on its way; nobody answers that."""

    send: bytes = b""


@dataclass(frozen=True, slots=True)
class NoTls:
    """The server said in so many words that there is no TLS. `farewell`: what a polite client still sends."""

    answer: str
    farewell: bytes = b""


@dataclass(frozen=True, slots=True)
class Logins:
    """What a server listed before TLS: SASL mechanisms in capitals; whether a plain password command is open."""

    mechanisms: tuple[str, ...] = ()
    takes_password: bool = False


# Yields what to send (b"": nothing, only listen) and is sent what came, never b"".
Talk: TypeAlias = Generator[bytes, bytes, Ready | NoTls]


class Dialogue(Protocol):
    """One connection's worth of words. Drive `talk` to its end; `logins` are there as soon as they were listed.

    `software`: what the server said it was. Only the name of a program that we know is kept.
    """

    logins: Logins | None
    software: PortSoftware | None

    def talk(self) -> Talk:
        """Raises Unreachable: TLS_FAILED (put off or turned away), MALFORMED (not this protocol), TOO_LONG."""
        ...


def claimed(greeting: bytes) -> PortSoftware | None:
    """The program that a greeting names among its words; None: none that we know."""
    words = re.findall(rb"[a-z]+", greeting.lower())
    return next((one for one in (PortSoftware.POSTFIX, PortSoftware.DOVECOT) if one.lower().encode() in words), None)


def put_off(what: str) -> Unreachable:
    """The server will not talk now, or not to us: that says nothing about TLS."""
    return Unreachable(Reason.TLS_FAILED, what)


def not_spoken(what: str) -> Unreachable:
    """What came is not this protocol."""
    return Unreachable(Reason.MALFORMED, what)


def too_early() -> Unreachable:
    """Bytes that came before TLS, and would be taken for words from inside it (CVE-2021-23222, CVE-2021-38371)."""
    return Unreachable(Reason.MALFORMED, "more came in the clear than was asked for, together with the yes to TLS")
