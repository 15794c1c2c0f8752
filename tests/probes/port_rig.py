"""Serves scripted dialogues before TLS on loopback, and runs the probes of TLS ports against them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from auditor.facts.base import Facts
from auditor.model import Asset, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.tls_port import MxProbe, TlsPortProbe
from auditor.reach import Access, Limits, Reaches, Target

NAME = "mail.elm.example"
Sights = dict[type[Facts], Seen | Unseen]
Play = Callable[[socket.socket, int], None]


@dataclass(kw_only=True)
class Looked:
    """What a probe said, by facts type, and what it took."""

    sights: Sights
    connections: int

    def reason(self, kind: type[Facts]) -> str:
        sight = self.sights[kind]
        assert isinstance(sight, Unseen), sight
        return sight.reason.word


def look_at(
    port: int, *, scheme: str = "smtp", kind: str = "tls", seconds: float = 5.0, tiers: frozenset[Tier] | None = None
) -> Looked:
    """Look at loopback's port as the usual port of `scheme` on NAME."""
    asset = Asset(id="a", kind=kind, address=f"{scheme}://{NAME}:7777", system="s", tiers=tiers or frozenset())
    said, connections = observe(asset, Target("127.0.0.1", port), seconds=seconds)
    sights = {type_of(one): one for one in said}
    assert tuple(sights) == (MxProbe if kind == "mx" else TlsPortProbe).yields
    assert len(said) == len(sights) + 2 * (kind != "mx")  # two types of key, and what the authorities say of each
    return Looked(sights=sights, connections=connections)


def observe(asset: Asset, *targets: Target, seconds: float = 5.0) -> tuple[list[Seen | Unseen], int]:
    """What the probe says of these addresses, all at port 7777 of NAME; and how many connections it took."""
    limits = Limits(operation_s=seconds, pause_s=0.0)
    reaches = Reaches(Access(limits=limits, connect_to={(NAME, 7777): targets}))
    probe = MxProbe() if asset.kind == "mx" else TlsPortProbe()
    return list(probe.observe(asset, reaches.of(asset))), reaches.connections


def type_of(one: Seen | Unseen) -> type[Facts]:
    return one.facts_type if isinstance(one, Unseen) else type(one.facts)


@dataclass(kw_only=True)
class Clerk:
    """Speaks SMTP as far as TLS, then hands the connection to `then`. `heard`: every line that came in the clear."""

    then: Play
    greeting: bytes = b"220 mx1.elm.example ESMTP\r\n"
    hello: bytes = b"250-mx1.elm.example\r\n250 STARTTLS\r\n"
    answer: bytes = b"220 go\r\n"
    heard: list[bytes] = field(default_factory=list)

    def __call__(self, connection: socket.socket, number: int) -> None:
        connection.sendall(self.greeting)
        for wanted, reply in ((b"EHLO", self.hello), (b"STARTTLS", self.answer)):
            line = line_of(connection)
            self.heard.append(line)
            if not line.startswith(wanted):
                return
            connection.sendall(reply)
        if self.answer.startswith(b"220"):
            self.then(connection, number)


def line_of(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            return line
        line += byte
    return line


def tls_with(pem: Path) -> Play:
    """A TLS server of this Python: 1.2 and 1.3."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def serve(connection: socket.socket, number: int) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return serve
