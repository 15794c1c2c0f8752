"""Fetches what a certificate points to: an issuer, a revocation list. Once a run, bounded, never into private space.

Must not know what the bytes mean.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.probes.redirects import shown
from auditor.reach import Reach

REDIRECTS = 2  # followed at most; authorities seldom redirect at all
MOVED = frozenset({301, 302, 303, 307, 308})
HTTP_PORT = 80


def fetch(reach: Reach, url: str, *, max_bytes: int, seconds: float | None = None) -> bytes:
    """The whole body behind an http URL (RFC 5280 section 4.2.1.13 and 8: https would need what is being fetched).

    Raises Unreachable: what `Reach.repository` and `Reach.get` raise; MALFORMED for a URL that cannot be asked, GONE
    for any other status than 200, TOO_LONG past `max_bytes`, TRUNCATED, REDIRECT_LOOP.
    """
    return reach.shelf.get(url, lambda: _fetch(reach, url, max_bytes, seconds))


def _fetch(reach: Reach, url: str, max_bytes: int, seconds: float | None) -> bytes:
    for _ in range(REDIRECTS + 1):
        host, port = _place(url)
        answer = reach.get(reach.repository(host, port)[0], url, max_body=max_bytes, seconds=seconds)
        target = answer.values("Location")
        if answer.status in MOVED and target:
            url = urljoin(url, target[0])
            continue
        if answer.status != 200:
            raise Unreachable(Reason.GONE, f"{shown(url)} (status {answer.status})")
        if answer.ended_early:
            raise Unreachable(_cut(len(answer.body), max_bytes), f"{shown(url)} (at most {max_bytes} bytes are taken)")
        return answer.body
    raise Unreachable(Reason.REDIRECT_LOOP, shown(url))


def _cut(size: int, max_bytes: int) -> Reason:
    return Reason.TOO_LONG if size >= max_bytes else Reason.TRUNCATED


def _place(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or HTTP_PORT
    except ValueError as error:
        raise Unreachable(Reason.MALFORMED, "the address in the certificate") from error
    if parts.scheme.lower() != "http" or not host:
        raise Unreachable(Reason.MALFORMED, f"{shown(url)} is no http address")
    return host, port
