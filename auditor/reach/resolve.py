"""Names to addresses: every A and AAAA, within a deadline, or the operator's connect-to."""

from __future__ import annotations

import socket
import threading
from sys import intern
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.fence import as_address
from auditor.records import dataclass

MOST_ADDRESSES = 64  # of one name; no service has as many, and its budget would not reach for half of them


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address behind a name. `locus` names what was asked for; `address` and `port` are where it is dialled.

    With connect-to the dialled port differs from the asked one; the locus keeps the asked one, so that findings keep
    their fingerprint wherever the operator maps them.
    """

    host: str  # as asked: goes into SNI and Host
    asked_port: int
    address: str
    port: int
    by_operator: bool = False  # mapped by connect-to: the operator's word that this address may be dialled
    is_shared: bool = False  # an authority's repository or a jump host, which many assets need: its time is the run's
    is_declared: bool = False  # the inventory names it, as it names the asset: private space is no surprise

    @property
    def locus(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return intern(f"{address}:{self.asked_port}")  # it is kept with all that was seen there


def host_key(host: str) -> str:
    """A host as budgets and the like are kept by: lower case, no dot at the end.

    Who keeps it for the whole run keeps it interned, so that it is there once. Who only asks does not: each such name
    that comes and goes makes Python's table of them grow.
    """
    return host.rstrip(".").lower()


def addresses_of(host: str, seconds: float) -> tuple[str, ...]:
    """Every IPv4 and IPv6 address of a name, sorted. An address stands for itself.

    getaddrinfo has no deadline of its own, so it runs in a thread that is left behind when time is up.
    Raises Unreachable: DNS; TOO_LONG for more than `MOST_ADDRESSES`, of which none is left out in silence.
    """
    literal = as_address(host)
    if literal is not None:
        return (str(literal),)
    answers: list[tuple[str, ...] | OSError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answers.append(tuple(sorted({str(row[4][0]) for row in found})))
        except (OSError, UnicodeError) as error:
            answers.append(error if isinstance(error, OSError) else OSError(str(error)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    answer = answers[0] if answers else None
    if isinstance(answer, OSError):
        raise Unreachable(Reason.DNS, f"{host} ({answer.strerror or answer})")
    if not answer:
        raise Unreachable(Reason.DNS, f"{host} (no answer in {seconds:g} s)")
    if len(answer) > MOST_ADDRESSES:
        raise Unreachable(Reason.TOO_LONG, f"{host} ({len(answer)} addresses; {MOST_ADDRESSES} at most are looked at)")
    return answer


def host_of(address: str) -> str:
    """The host that an asset's address names: the unit of politeness."""
    return urlsplit(address).hostname or address
