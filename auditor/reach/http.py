"""One HTTP request over one stream, through requests: bounded in time and bytes, and nothing is followed or remembered.

Must not know what an answer means. No environment proxy, no netrc, no cookie, no redirect, no retry of the library
ever takes part: the connection is made by `Stream`, and `requests` is handed the open socket.
"""

from __future__ import annotations

import functools
import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests
import urllib3

from auditor import __version__
from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.http_wire import Meter, Watchdog, handed_over
from auditor.reach.stream import Stream, reason_of
from auditor.records import dataclass

AGENT = f"encryption-compliance-auditor/{__version__} (read-only audit)"
PIECE = 16_384  # bytes read of a body at once
OP_LEGACY_SERVER_CONNECT = 0x4  # OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT: Python 3.11 has no name for it
# OpenSSL's words for bytes that are no TLS record.
NOT_TLS_WORDS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
DEEPEST = 10  # errors within errors
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What one request answered. `headers` keep order, repeats and raw values; `body` is a prefix, still encoded."""

    status: int  # 200 to 999
    headers: tuple[tuple[str, str], ...]
    body: bytes
    ended_early: bool  # the body went on past the limit, or broke off after its first byte

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())


def get(stream: Stream, url: str, *, max_header: int, max_body: int) -> HttpAnswer:
    """GET `url` over an open stream; for https, TLS without any verification: the strict verdict is a fact of its own.

    The whole exchange ends with the stream's deadline, however slowly the server drips. Raises Unreachable: TIMEOUT,
    RESET, CLOSED, NOT_TLS, TLS_FAILED, NOT_HTTP, TOO_LONG (header), TRUNCATED (header, or a body before its
    first byte), MALFORMED (a URL that cannot be asked, or an answer 101).
    """
    with Watchdog(stream) as watchdog:
        try:
            with _secured(stream, url) as ready:
                return _exchange(ready, url, Meter(max_header), watchdog, max_body)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise _failure(error, stream, watchdog) from error


@contextmanager
def _secured(stream: Stream, url: str) -> Iterator[socket.socket]:
    """The stream's socket, with TLS on it where the URL wants it."""
    if urlsplit(url).scheme != "https":
        yield stream.raw
        return
    stream.raw.settimeout(stream.remaining_s)
    name = stream.endpoint.host.rstrip(".")
    with permissive_context().wrap_socket(stream.raw, server_hostname=name) as secured:
        yield secured


def _request(url: str) -> requests.PreparedRequest:
    """A plain GET without user and password, which a redirect may have put there."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    bare = parts._replace(netloc=host + port, fragment="").geturl()
    headers = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
    prepared = requests.Request("GET", bare, headers=headers).prepare()
    prepared.headers["Host"] = urlsplit(prepared.url or "").netloc
    return prepared


def _exchange(ready: socket.socket, url: str, meter: Meter, watchdog: Watchdog, max_body: int) -> HttpAnswer:
    """One request and its answer."""
    with handed_over(ready, meter, urlsplit(url).hostname or "") as adapter:
        # The adapter alone: a session would add cookies, redirects, netrc and the environment's proxies.
        answer = adapter.send(_request(url), stream=True, timeout=ready.gettimeout(), verify=False, proxies={})
        with answer:
            if answer.status_code < 200:
                raise ValueError(f"status {answer.status_code}")
            meter.left += max_body + PIECE  # chunk sizes and trailers count too
            body, ended_early = _prefix(answer, max_body)
            return HttpAnswer(answer.status_code, meter.header, body, ended_early or watchdog.has_bitten)


def _prefix(answer: requests.Response, limit: int) -> tuple[bytes, bool]:
    """The first bytes of the body, and whether there was more or it broke off. Raises when it breaks off before any."""
    body = bytearray()
    while len(body) <= limit:
        try:
            piece = answer.raw.read1(PIECE, decode_content=False)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError):
            if not body:
                raise
            return bytes(body[:limit]), True
        if not piece:
            return bytes(body), False
        body += piece
    return bytes(body[:limit]), True


def _failure(error: Exception, stream: Stream, watchdog: Watchdog) -> Unreachable:
    """The one place that classifies what requests, urllib3, http.client and ssl say."""
    if watchdog.has_bitten:
        return Unreachable(Reason.TIMEOUT, stream.endpoint.locus)
    found = [classified for cause in _causes(error) if (classified := _classified(cause))]
    reason, detail = found[-1] if found else (Reason.MALFORMED, str(error))
    return Unreachable(reason, f"{stream.endpoint.locus} ({detail})" if detail else stream.endpoint.locus)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what lies behind it, outermost first. urllib3 may keep the inner one among the arguments only."""
    cause: BaseException | None = error
    for _ in range(DEEPEST):
        if cause is None:
            return
        yield cause
        inner = next((argument for argument in cause.args if isinstance(argument, BaseException)), None)
        cause = cause.__cause__ or cause.__context__ or inner


def _classified(cause: BaseException) -> tuple[Reason, str] | None:
    """The reason that one link of a chain of causes gives; the innermost that gives one is believed."""
    if isinstance(cause, ssl.SSLError):
        return _tls_reason(cause)
    if isinstance(cause, http.client.HTTPException):
        return _http_reason(cause), ""
    if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
        return reason_of(cause), ""
    return None


def _tls_reason(cause: ssl.SSLError) -> tuple[Reason, str]:
    if isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Reason.CLOSED, ""
    words = (cause.reason or "TLS failed").lower().replace("_", " ")
    return (Reason.NOT_TLS if cause.reason in NOT_TLS_WORDS else Reason.TLS_FAILED), words


def _http_reason(cause: http.client.HTTPException) -> Reason:
    if isinstance(cause, http.client.RemoteDisconnected):
        return Reason.CLOSED
    if isinstance(cause, http.client.LineTooLong) or type(cause) is http.client.HTTPException:
        return Reason.TOO_LONG  # the second: "got more than 100 headers"
    return Reason.TRUNCATED if isinstance(cause, http.client.IncompleteRead) else Reason.NOT_HTTP


@functools.cache
def permissive_context() -> ssl.SSLContext:
    """One context per process for carrying HTTP: it speaks to whatever is there, and believes nothing.

    Debian's OpenSSL stands at security level 2, which would make TLS 1.0, SHA-1 and small-DH sites unreachable.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= OP_LEGACY_SERVER_CONNECT
    return context
