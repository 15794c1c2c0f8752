"""Follows redirects hop by hop, each inside the fence. Must not know which way would be a good one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.web import Chain, Hop
from auditor.model import Reason
from auditor.reach import Endpoint, Reach
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach.http import HttpAnswer

T = TypeVar("T")

MOST_HOPS = 10  # redirects followed; browsers give up at 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})  # RFC 9110 section 15.4; the others carry no order to go elsewhere
PORTS = {"http": 80, "https": 443}
PARAMETERS = re.compile(r";[^/]+")
URL_LIMIT = 512  # characters of a URL that are kept
BODY_BYTES = 4_096  # enough to know that there is one
RETRIED = frozenset({Reason.TIMEOUT, Reason.RESET, Reason.CLOSED})


class Answers(dict[tuple[Endpoint, str], "HttpAnswer | Unreachable"]):
    """What was answered at an endpoint to a GET of a URL, in one look."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks each URL of an endpoint once in a look, whichever of its probes asks."""

    reach: Reach
    _answers: Answers

    @classmethod
    def of(cls, reach: Reach) -> Asker:
        return cls(reach, reach.shared(Answers))

    def ask(self, endpoint: Endpoint, url: str) -> HttpAnswer:
        """Raises Unreachable."""
        key = (endpoint, url)
        if key not in self._answers:
            try:
                get = partial(self.reach.get, endpoint, url, max_body=BODY_BYTES)
                self._answers[key] = twice(self.reach, endpoint, get)
            except Unreachable as error:
                self._answers[key] = error.to_keep()
        answer = self._answers[key]
        if isinstance(answer, Unreachable):
            raise answer.to_keep()
        return answer

    def note(self, endpoint: Endpoint, url: str, failure: Unreachable) -> None:
        """It was found out otherwise that no answer comes: nobody need ask."""
        self._answers[endpoint, url] = failure.to_keep()

    def ask_target(self, url: str, near: Endpoint) -> HttpAnswer:
        """Ask where a redirect leads: at the address that we came from if it stays on the host, else IPv4 first."""
        parts = urlsplit(url)
        endpoints = self.reach.endpoints(parts.hostname or "", parts.port or PORTS[parts.scheme])
        same = [one for one in endpoints if one.address == near.address and one.host.lower() == near.host.lower()]
        return self.ask((same or sorted(endpoints, key=_is_ipv6))[0], url)


def follow(asker: Asker, endpoint: Endpoint, url: str) -> tuple[HttpAnswer, Chain]:
    """The first answer, and the chain from `url` to where it ends. Raises Unreachable without even a first."""
    first = answer = asker.ask(endpoint, url)
    hops = [_hop(url, answer)]
    visited = {url}
    while True:
        target = ""
        try:
            target = parse_target(url, answer)
            if not target:
                return first, Chain(hops=tuple(hops))
            _admit(target, visited, len(hops))
            url, answer = target, asker.ask_target(target, endpoint)
        except Unreachable as error:
            return first, _stopped(hops, target, error)
        visited.add(url)
        hops.append(_hop(url, answer))


def twice(reach: Reach, endpoint: Endpoint, operation: Callable[[], T]) -> T:
    """Silence, a reset or a close may be chance: retried once, alone, after a pause."""
    try:
        return operation()
    except Unreachable as error:
        if error.reason not in RETRIED:
            raise
    reach.pause(endpoint.host)
    return operation()


def parse_target(url: str, answer: HttpAnswer) -> str:
    """The absolute URL that an answer sends to, as a browser reads it; "" when it is no redirect.

    Raises Unreachable(MALFORMED) for a Location that cannot be read, or for several that differ.
    """
    locations = set(answer.values("Location"))
    if answer.status not in REDIRECTS or not locations:
        return ""
    if len(locations) > 1:
        raise Unreachable(Reason.MALFORMED, "several different Location headers")
    return _joined(url, _as_browser(locations.pop()))._replace(fragment="").geturl()


def shown(url: str) -> str:
    """A URL as it may be kept: without user, query, fragment and parameters, which may hold what is nobody's business.

    Parameters (RFC 3986 section 3.3) carry session ids: `/form;jsessionid=…`. Of a scheme that is not asked nothing is
    kept but its name: the rest may be an address of mail, or the code that signs somebody in to an app.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in PORTS:
        return f"{target_text(parts.scheme, 32)}:…" if parts.scheme else ""
    bare = parts._replace(
        netloc=parts.netloc.rpartition("@")[2],
        path=PARAMETERS.sub(";…", parts.path),
        query="…" if parts.query else "",
        fragment="",
    )
    return target_text(bare.geturl(), URL_LIMIT)


def _as_browser(location: str) -> str:
    """A Location with the liberties taken out that browsers allow (WHATWG URL standard, section 4.4)."""
    text = location.encode("latin-1", "replace").decode("utf-8", "backslashreplace")
    text = re.sub(r"[\t\r\n]", "", text).strip("".join(map(chr, range(33))))
    head, mark, tail = re.match(r"([^?#]*)([?#]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    return head.replace("\\", "/") + mark + tail


def _joined(base: str, location: str) -> SplitResult:
    """Raises Unreachable(MALFORMED)."""
    try:
        parts = urlsplit(urljoin(base, location))
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError as error:
        raise Unreachable(Reason.MALFORMED, "the address that it redirects to") from error
    if parts.scheme in PORTS and not has_host:
        raise Unreachable(Reason.MALFORMED, "the address that it redirects to")
    return parts


def _admit(target: str, visited: set[str], hops: int) -> None:
    scheme = urlsplit(target).scheme
    if scheme not in PORTS:
        raise Unreachable(Reason.OUT_OF_SCOPE, f"a redirect to {target_text(scheme, 32)}: is not followed")
    if target in visited:
        raise Unreachable(Reason.REDIRECT_LOOP, f"{shown(target)} comes again")
    if hops > MOST_HOPS:
        raise Unreachable(Reason.REDIRECT_LOOP, f"more than {MOST_HOPS} redirects")


def _is_ipv6(endpoint: Endpoint) -> bool:
    return ":" in endpoint.address


def _hop(url: str, answer: HttpAnswer) -> Hop:
    parts = urlsplit(url)
    return Hop(
        url=shown(url),
        scheme=parts.scheme,
        host=target_text(parts.hostname or ""),
        status=answer.status,
        has_body=bool(answer.body),
    )


def _stopped(hops: list[Hop], target: str, error: Unreachable) -> Chain:
    scheme = target_text(urlsplit(target).scheme, 32) if target else ""
    return Chain(
        hops=tuple(hops),
        stopped=error.reason.word,
        unfollowed=shown(target),
        unfollowed_scheme=scheme,
        detail=target_text(error.detail),
    )
