"""One DNS question to the resolver that this machine uses, or to the operator's. Knows no record's meaning.

Names are turned into addresses elsewhere (`resolve.py`), by the system. This door is for the records that the system's
resolver library has no word for. UDP first, TCP where the answer is cut; a deadline over both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Generic, NamedTuple, TypeVar

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rdtypes.ANY.CAA
import dns.resolver

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.access import DNS_PORT, Target
from auditor.records import dataclass

MOST_ALIASES = 8  # CNAMEs that are followed beyond those that a resolver has followed already
MOST_RECORDS = 50
T = TypeVar("T")
R = TypeVar("R", bound=dns.rdata.Rdata)
BAD_LABELS = (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape, UnicodeError)


@dataclass(frozen=True, slots=True)
class Caa:
    """One CAA record as it came."""

    flags: int
    tag: bytes
    value: bytes


class Rows(NamedTuple, Generic[R]):
    """The records of one kind at the end of a name's aliases. `is_validated`: the resolver says so of every step."""

    records: tuple[R, ...]
    is_validated: bool
    resolver: Target


def system_nameservers() -> tuple[Target, ...]:
    """Those of this machine's resolv.conf. Raises Unreachable(DNS) where it names none."""
    try:
        found = dns.resolver.Resolver(configure=True).nameservers
    except (dns.exception.DNSException, OSError) as error:
        raise Unreachable(Reason.DNS, "this machine names no resolver") from error
    return tuple(Target(str(one), DNS_PORT) for one in found)


def named(nameserver: Target) -> str:
    """A resolver in words."""
    host = f"[{nameserver.address}]" if ":" in nameserver.address else nameserver.address
    return host if nameserver.port == DNS_PORT else f"{host}:{nameserver.port}"


def ask_caa(name: str, nameservers: tuple[Target, ...], *, seconds: float) -> tuple[Caa, ...]:
    """The CAA records of a name, aliases followed (RFC 8659 section 3); () where there are none, or no such name.

    Raises what `ask_rows` raises.
    """
    found = ask_rows(name, dns.rdtypes.ANY.CAA.CAA, nameservers, seconds=seconds)
    return tuple(Caa(one.flags, one.tag, one.value) for one in found.records)


def ask_rows(name: str, kind: type[R], nameservers: tuple[Target, ...], *, seconds: float) -> Rows[R]:
    """The records of a kind, which is called as its class is; aliases followed.

    Raises Unreachable(DNS): no resolver answered in time, or none but with SERVFAIL, REFUSED or the like; aliases that
    never end; a name that can be none.
    """
    until = time.monotonic() + seconds
    asked, is_validated = name_of(name), True
    for _ in range(MOST_ALIASES + 1):
        step, who = ask(asked, dns.rdatatype.from_text(kind.__name__), nameservers, until, partial(_read, kind))
        is_validated = is_validated and step.is_validated
        if step.records or step.end == asked:
            return Rows(step.records, is_validated, who)
        asked = step.end
    raise Unreachable(Reason.DNS, f"{name} (its aliases never end)")


def answer_of(name: str, kind: dns.rdatatype.RdataType, nameserver: Target, until: float) -> dns.message.Message:
    """One resolver's answer to one question, with its word whether it was validated. Raises Unreachable(DNS)."""
    try:
        return _exchange(name_of(name), kind, nameserver, until)
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise Unreachable(Reason.DNS, f"{name} (the resolver {named(nameserver)} {_words(error)})") from error


def name_of(text: str) -> dns.name.Name:
    """Raises Unreachable(DNS)."""
    try:
        return dns.name.from_text(text)
    except BAD_LABELS as error:
        raise Unreachable(Reason.DNS, f"{text!r} is no name") from error


def ask(
    name: dns.name.Name,
    kind: dns.rdatatype.RdataType,
    nameservers: tuple[Target, ...],
    until: float,
    read: Callable[[dns.message.Message, dns.name.Name], T],
) -> tuple[T, Target]:
    """What an answer says, and whose it is. The first resolver that answers counts. Raises Unreachable(DNS)."""
    why = "there is no resolver to ask"
    for nameserver in nameservers:
        try:
            return read(_exchange(name, kind, nameserver, until), name), nameserver
        except (dns.exception.DNSException, OSError, ValueError) as error:
            why = f"the resolver {named(nameserver)} {_words(error)}"
    raise Unreachable(Reason.DNS, f"{name.to_text(omit_final_dot=True)} ({why})")


def _exchange(
    name: dns.name.Name, kind: dns.rdatatype.RdataType, nameserver: Target, until: float
) -> dns.message.Message:
    question = dns.message.make_query(name, kind, use_edns=0, payload=1232)
    question.flags |= dns.flags.AD  # "say whether you validated it" (RFC 6840 section 5.7)
    where, port = nameserver.address, nameserver.port
    try:
        answer = dns.query.udp(
            question, where, _left(until), port, ignore_unexpected=True, ignore_errors=True, raise_on_truncation=True
        )
    except dns.message.Truncated:
        answer = dns.query.tcp(question, where, _left(until), port)
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise ValueError(f"answered {dns.rcode.to_text(answer.rcode())}")
    if _is_referral(answer):
        raise ValueError("only said whom else to ask")
    return answer


def _is_referral(answer: dns.message.Message) -> bool:
    """Nothing, from a server that is not asked for its own zone and does not ask others, or names them (RFC 2308 2.2).

    "There is none" is said by a server of the zone (AA), or by one that asked it (RA).
    """
    if answer.answer or answer.rcode() == dns.rcode.NXDOMAIN or answer.flags & dns.flags.AA:
        return False
    kinds = {one.rdtype for one in answer.authority}
    names_others = dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds
    return names_others or not answer.flags & dns.flags.RA


def _left(until: float) -> float:
    return max(0.01, until - time.monotonic())


def chained(answer: dns.message.Message) -> dns.message.ChainingResult:
    """An answer's aliases, and what is at their end. Raises ValueError for what is no answer to a question."""
    if not isinstance(answer, dns.message.QueryMessage):
        raise ValueError("answered something else")  # noqa: TRY004 - a fault of the answer, not of the program
    return answer.resolve_chaining()


class _Rows(NamedTuple, Generic[R]):
    """What one answer says. `end`: the name that its aliases end at, the one asked for where all is said."""

    records: tuple[R, ...]
    end: dns.name.Name
    is_validated: bool


def _read(kind: type[R], answer: dns.message.Message, name: dns.name.Name) -> _Rows[R]:
    chain, is_validated = chained(answer), bool(answer.flags & dns.flags.AD)
    if chain.answer is None:
        settled = answer.rcode() == dns.rcode.NXDOMAIN or bool(answer.flags & dns.flags.RA)
        return _Rows((), name if settled else chain.canonical_name, is_validated)
    found = tuple(one for one in chain.answer if isinstance(one, kind))
    if len(found) > MOST_RECORDS:
        raise ValueError(f"answered with {len(found)} records")
    return _Rows(found, chain.canonical_name, is_validated)


def _words(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "did not answer in time"
    if isinstance(error, dns.message.ChainTooLong):
        return "answered with aliases that never end"
    if isinstance(error, OSError):
        return f"could not be asked ({error.strerror or type(error).__name__})"
    return str(error) if type(error) is ValueError else "gave an answer that could not be read"
