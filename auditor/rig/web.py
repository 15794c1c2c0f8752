"""A small real HTTP or HTTPS listener on loopback, as good or as bad as it is told to be. Knows nobody who looks."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from auditor.rig.hybrid_tls import HybridTls
from auditor.rig.listener import Listener

PATIENCE_S = 10.0  # for one connection; nobody in the rig waits longer
LOOPBACK = "127.0.0.1"
STRONG = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=1"
OLD = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:@SECLEVEL=0"


class Guest(Protocol):
    """Who sent a request, over TLS or not."""

    def recv(self, size: int, /) -> bytes: ...

    def sendall(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a listener answers. `redirects`: path → (status, Location); "*" stands for every other path."""

    status: int = 200
    body: bytes = b"<!doctype html><title>rig</title><p>It works."
    headers: tuple[tuple[str, str], ...] = ()
    hsts: str | None = None
    redirects: Mapping[str, tuple[int, str]] = field(default_factory=lambda: MappingProxyType({}))
    raw: bytes | None = None  # sent instead of any answer
    speak: Callable[[Guest], None] | None = None  # takes the connection over after the request was read

    def answer(self, path: str) -> bytes:
        """The bytes of an HTTP/1.1 answer to a GET of `path`."""
        if self.raw is not None:
            return self.raw
        status, location = self.redirects.get(path) or self.redirects.get("*") or (self.status, "")
        body = b"" if location else self.body
        lines = [f"HTTP/1.1 {status} Rig", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"Location: {location}"] if location else []
        lines += [f"Strict-Transport-Security: {self.hsts}"] if self.hsts is not None else []
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("utf-8") + body


@dataclass(frozen=True, slots=True)
class WebListener:
    """A running listener. `requests` are the paths that were asked, in order."""

    listener: Listener
    requests: list[str]

    @property
    def port(self) -> int:
        return self.listener.port

    @property
    def connections(self) -> int:
        return self.listener.connections


def server_context(
    certificate: Path,
    *,
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ciphers: str = "",
) -> ssl.SSLContext:
    """TLS for a listener. `certificate`: a PEM file with key and chain.

    `ciphers` "": strong suites at security level 1, which allows weak keys and no old hash; with versions before
    TLS 1.2 what those need, at level 0.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers or (STRONG if oldest >= ssl.TLSVersion.TLSv1_2 else OLD))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what a rig is for
        context.minimum_version = oldest
        context.maximum_version = newest
    context.load_cert_chain(certificate)
    return context


@contextmanager
def web_listener(
    site: Site, tls: ssl.SSLContext | HybridTls | None = None, *, address: str = LOOPBACK, port: int = 0
) -> Iterator[WebListener]:
    """Listen until the end of the block. `tls` None: plain HTTP. `port` 0: one that is free."""
    requests: list[str] = []

    def serve(guest: socket.socket, _: int) -> None:
        guest.settimeout(PATIENCE_S)
        if tls is None:
            _reply(guest, site, requests)
            return
        # TLS takes the socket over that it is given; the listener keeps its own, to shut it.
        with tls.wrap_socket(guest.dup(), server_side=True) as secured:
            _reply(secured, site, requests)

    with Listener(serve, address=address, port=port) as listener:
        yield WebListener(listener, requests)


def _reply(guest: Guest, site: Site, requests: list[str]) -> None:
    request = _request(guest)
    if not request:
        return
    path = request.split(b" ", 2)[1].decode("utf-8", "replace") if request.count(b" ") >= 2 else "/"
    requests.append(path)
    if site.speak is not None:
        site.speak(guest)
        return
    guest.sendall(site.answer(path))


def _request(guest: Guest) -> bytes:
    """What the client sent, up to the end of its header; b"" when it went away."""
    request = b""
    while b"\r\n\r\n" not in request and len(request) < 65_536:
        piece = guest.recv(8_192)
        if not piece:
            return b""
        request += piece
    return request
