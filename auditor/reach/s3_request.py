"""A request to storage as it goes over a connection: its bytes, and where they go. Opens nothing, knows no bucket."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field
from typing import NoReturn
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.records import dataclass

Origin = tuple[str, str, int]  # scheme, host, port
Headers = Iterable[tuple[str, str | bytes]]

NO_ADDRESS = "an address that is none of HTTP"  # not repeated: a password may stand in it
PORTS = {"http": 80, "https": 443}
NOT_TOLD = frozenset({"host", "connection"})  # the first is told as it was signed, the second is the wire's
# Whoever asks by a usual address spares two thirds of taking it apart. What follows the host may stand in a request.
_USUAL = re.compile(r"(https?)://(([a-z0-9.-]+)(?::([0-9]{1,5}))?)(/(?:[!\"$-~]*[!\"$->@-~])?)")
_PATH = re.compile(r"[!-~]+")
_BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # what would end a line, or look as if


@dataclass(frozen=True, slots=True)
class Request:
    """`host`: with the port where the address has one. `wants_body`: not the answer's header alone, as HEAD does."""

    origin: Origin
    host: str
    data: bytes = field(repr=False)  # with a credential's token in it
    wants_body: bool = True

    @property
    def place(self) -> str:
        return f"{self.origin[1]}:{self.origin[2]}"


def request_of(method: str, url: str, headers: Headers, body: bytes | None = None) -> Request:
    """Raises Unreachable(MALFORMED) for an address that is none of HTTP, and for a header that is more than a line."""
    origin, host, path = _taken_apart(url)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    for name, value in headers:
        if name.lower() not in NOT_TOLD:
            lines.append(f"{name}: {value if isinstance(value, str) else value.decode('latin-1')}")
    if not "".join(lines).isprintable() and any(map(_BREAKS.search, lines)):
        _refuse(f"what was to be sent to {host} has a line break in a header")
    try:
        data = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    except UnicodeEncodeError:
        _refuse(f"what was to be sent to {host} has no bytes")
    return Request(origin, host, data + (body or b""), method != "HEAD")


def _taken_apart(url: str) -> tuple[Origin, str, str]:
    """Origin, what stands in the Host header, and the path with its query."""
    usual = _USUAL.fullmatch(url)
    if usual:
        scheme, netloc, host, port, path = usual.groups()
        number = int(port) if port else PORTS[scheme]
        if 0 < number < 65_536:
            return (scheme, host, number), netloc, path
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse(NO_ADDRESS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme not in PORTS or not parts.hostname or port == 0 or not _PATH.fullmatch(path):
        _refuse(NO_ADDRESS)
    host = parts.netloc.rpartition("@")[2]  # a user and a password may stand before it
    return (parts.scheme, parts.hostname, port or PORTS[parts.scheme]), host, path


def _refuse(detail: str) -> NoReturn:
    raise Unreachable(Reason.MALFORMED, detail)
