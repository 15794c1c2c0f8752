"""Names to addresses: every A and AAAA, within a deadline, or the operator's connect-to."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from sys import intern
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.fence import as_address
from auditor.records import dataclass

HOSTS_FILE = Path("/etc/hosts")
# "There is none", as opposed to "nobody could say". Not every system has the others.
NO_SUCH = frozenset(getattr(socket, name, socket.EAI_NONAME) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY"))
MOST_ADDRESSES = 64  # of one name; no service has as many, and its time would hardly reach for them


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
    unresolved: str = ""  # why nobody could say which addresses of a kind there are: `address` is the kind's name

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


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of one name. `unresolved`: the kind of which the resolver could not say whether there are any, and why."""

    found: tuple[str, ...]
    unresolved: tuple[str, str] | None = None


def addresses_of(host: str, seconds: float) -> Addresses:
    """Every IPv4 and IPv6 address of a name, sorted. An address stands for itself.

    getaddrinfo has no deadline of its own, so it runs in a thread that is left behind when time is up.
    Raises Unreachable: DNS; TOO_LONG for more than `MOST_ADDRESSES`, of which none is left out in silence.
    """
    literal = as_address(host)
    if literal is not None:
        return Addresses((str(literal),))
    answers: list[Addresses | OSError] = []

    def ask() -> None:
        try:
            answers.append(_of_both_kinds(host))
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
    if (count := len(answer.found)) > MOST_ADDRESSES:
        raise Unreachable(Reason.TOO_LONG, f"{host} ({count} addresses; {MOST_ADDRESSES} at most are looked at)")
    return answer


def _of_both_kinds(host: str) -> Addresses:
    """getaddrinfo gives the addresses of one kind and keeps silent of a failure to ask for the other: asked again."""
    found = _told(host, socket.AF_UNSPEC)
    has_ipv6 = {":" in address for address in found}
    if len(has_ipv6) != 1 or is_in_hosts_file(host):
        return Addresses(tuple(sorted(found)))
    kind, family = ("IPv4", socket.AF_INET) if True in has_ipv6 else ("IPv6", socket.AF_INET6)
    try:
        more = _told(f"{host.rstrip('.')}." if "." in host else host, family)  # no search list: that is another name
    except OSError as error:
        if error.errno in NO_SUCH:
            return Addresses(tuple(sorted(found)))
        why = f"{host} (its {kind} addresses: {error.strerror or error})"
        return Addresses(tuple(sorted(found)), (kind, why))
    return Addresses(tuple(sorted(found | more)))


def _told(host: str, family: int) -> set[str]:
    return {str(row[4][0]) for row in socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)}


def is_in_hosts_file(host: str) -> bool:
    """Whoever writes a name there says where it leads, and the DNS is not asked."""
    try:
        lines = HOSTS_FILE.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(host_key(host) in line.partition("#")[0].lower().split()[1:] for line in lines)


def host_of(address: str) -> str:
    """The host that an asset's address names: the unit of politeness."""
    return urlsplit(address).hostname or address
