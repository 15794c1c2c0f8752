"""The header Alt-Svc, read strictly (RFC 7838 section 3): where else a browser may ask for the same. Knows no rule."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass

WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # a token (RFC 9110 section 5.6.2); the quoted string is section 5.6.4
QUOTED = r'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
PARAMETER = re.compile(rf"[ \t]*;[ \t]*(?P<name>{WORD})=(?P<value>{WORD}|{QUOTED})")
# One element of the list, up to its comma. An empty one is ignored (RFC 9110 section 5.6.1.2).
ELEMENT = re.compile(
    rf"[ \t]*(?:(?P<protocol>{WORD})=(?P<authority>{QUOTED})"
    rf"(?P<parameters>(?:[ \t]*;[ \t]*{WORD}=(?:{WORD}|{QUOTED}))*)|(?P<clear>clear))?[ \t]*(?:,|\Z)"
)
AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._\-]*):(?P<port>[0-9]{1,5})")
MOST_ALTERNATIVES = 20  # of one answer; the longest lists in use name some eight
DAY_S = 86_400  # how long an alternative is kept that says nothing of it (section 3.1)
FOREVER_S = 10**12  # longer than any browser remembers; keeps absurd numbers out of the facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative(Plain):
    """One other place. `host` in lower case; "": the service's own. Who keeps it for no second does not use it."""

    protocol: str  # as it stands in the header, percent-encoded: so they are compared (section 3)
    host: str
    port: int
    max_age_s: int = DAY_S

    @property
    def is_over_quic(self) -> bool:
        """HTTP/3 (RFC 9114 section 3.1.1), a draft of it, or Google's HTTP over QUIC from before."""
        return self.protocol in ("h3", "quic") or self.protocol.startswith("h3-")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativesRead(Facts):
    """Derived from `HttpsService`, where its Alt-Svc headers could be read. `headers` (): none was sent."""

    url: str
    host: str
    port: int
    headers: tuple[str, ...]
    alternatives: tuple[Alternative, ...]

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.alternatives and not self.headers:
            raise ValueError("alternatives stand in a header")

    @property
    def elsewhere(self) -> tuple[Alternative, ...]:
        """Those at another host or port than the service's own."""
        return tuple(one for one in self.alternatives if not is_at(one, self.host, self.port))


def is_at(alternative: Alternative, host: str, port: int) -> bool:
    """Is it at this host and port, which are the service's own?"""
    return alternative.port == port and alternative.host in ("", host)


def parse_alt_svc(headers: Sequence[str]) -> tuple[Alternative, ...] | None:
    """The alternatives of all Alt-Svc headers of one answer, in order; those that are kept for no second left out.

    `headers`: raw values. () also for `clear`, which undoes whatever stands beside it (section 3). None: one of them
    breaks the syntax, is cut, or they are too many.
    """
    found: list[Alternative] = []
    is_cleared = False
    for element in (element for header in headers for element in _elements(header)):
        alternative = _alternative(element) if element and element["protocol"] else None
        is_cleared = is_cleared or bool(element and element["clear"])
        if element is None or (element["protocol"] and alternative is None):
            return None
        if alternative:
            found.append(alternative)
    if len(found) > MOST_ALTERNATIVES:
        return None
    return () if is_cleared else tuple(one for one in found if one.max_age_s)


def _elements(header: str) -> Iterator[re.Match[str] | None]:
    """Each element of the list; None once, last, where the syntax breaks."""
    position = 0
    while position < len(header):
        found = ELEMENT.match(header, position)
        yield found
        if found is None:
            return
        position = found.end()


def _alternative(element: re.Match[str]) -> Alternative | None:
    """None: it breaks the syntax."""
    authority = AUTHORITY.fullmatch(_unquoted(element["authority"]))
    host = _host(authority["host"]) if authority else None
    port = int(authority["port"]) if authority else 0
    age = _max_age(element["parameters"])
    if host is None or age is None or not 0 < port < 65536:
        return None
    return Alternative(protocol=element["protocol"], host=host, port=port, max_age_s=age)


def _host(text: str) -> str | None:
    """In lower case, without a dot at the end, an address without brackets and as Python writes it."""
    if not text.startswith("["):
        return text.rstrip(".").lower() if text.strip(".") or not text else None
    try:
        return str(ipaddress.IPv6Address(text[1:-1]))
    except ValueError:
        return None


def _max_age(parameters: str) -> int | None:
    """Seconds. Parameters that nobody knows are ignored (section 3.1). None: `ma` is no number, or there are two."""
    ages = [_unquoted(one["value"]) for one in PARAMETER.finditer(parameters) if one["name"].lower() == "ma"]
    if not ages:
        return DAY_S
    digits = ages[0]
    if len(ages) > 1 or not re.fullmatch(r"[0-9]+", digits):
        return None
    return FOREVER_S if len(digits.lstrip("0")) > 12 else int(digits.lstrip("0") or "0")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
