"""Where a name leads by its aliases (CNAME), asked of a resolver. Knows no other record's meaning."""

from __future__ import annotations

import time

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.access import Target
from auditor.reach.dns import MOST_ALIASES, ask, chained, name_of, named
from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class Aliases:
    """The aliases (CNAME) of a name, each in its order, and what is at their end.

    `exists` False: the last name, or the first where there is no alias, does not exist. `has_address`: of any kind that
    was asked for. `resolver`: who said so.
    """

    targets: tuple[str, ...]
    exists: bool
    has_address: bool
    resolver: str


def ask_aliases(name: str, nameservers: tuple[Target, ...], *, seconds: float) -> Aliases:
    """Where a name leads: its aliases to their end, and whether there is an IPv4 or IPv6 address.

    Raises Unreachable(DNS), as `ask_caa` does; aliases that come back to a name before never end.
    """
    until = time.monotonic() + seconds
    asked, targets = name_of(name), list[dns.name.Name]()
    for _ in range(MOST_ALIASES + 1):
        step, who = ask(asked, dns.rdatatype.A, nameservers, until, _step)
        targets += step.targets
        if len({name_of(name), *targets}) <= len(targets):
            break
        if step.is_end:
            has_address = step.has_address or (step.exists and _has_ipv6(step.last, nameservers, until))
            texts = tuple(one.to_text(omit_final_dot=True).lower() for one in targets)
            return Aliases(texts, step.exists, has_address, named(who))
        asked = step.last
    raise Unreachable(Reason.DNS, f"{name} (its aliases never end)")


def _has_ipv6(name: dns.name.Name, nameservers: tuple[Target, ...], until: float) -> bool:
    step, _ = ask(name, dns.rdatatype.AAAA, nameservers, until, _step)
    return step.has_address


@dataclass(frozen=True, slots=True)
class _Step:
    """What one answer says of where a name leads. `is_end`: nobody has to be asked further."""

    targets: tuple[dns.name.Name, ...]
    last: dns.name.Name
    exists: bool
    has_address: bool
    is_end: bool


def _step(answer: dns.message.Message, _: dns.name.Name) -> _Step:
    chain = chained(answer)
    targets = tuple(alias[0].target for alias in chain.cnames)
    exists = answer.rcode() != dns.rcode.NXDOMAIN
    is_end = chain.answer is not None or not exists or not targets or bool(answer.flags & dns.flags.RA)
    return _Step(targets, chain.canonical_name, exists, chain.answer is not None, is_end)
