"""Asks each address behind a name which SSL and TLS versions it speaks, by hellos alone. Judges nothing.

No handshake is completed and no key exchange computed: the server's first answer is read, then the connection closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.client_hello import client_hello
from auditor.probes.server_hello import Answer, AnswerReader, Silence
from auditor.probes.tls_meaning import Question
from auditor.probes.tls_scan import Pause, Scan
from auditor.reach import Endpoint, Reach

HTTPS = 443


class TlsProbe:
    """Which versions does each endpoint accept, and how does it refuse the others?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (TlsVersions,)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Seen | Unseen]:
        for endpoint in reach.endpoints(*https_of(asset.address)):
            yield look(endpoint, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        host, port = https_of(asset.address)
        yield f"tcp {host}:{port} 8 TLS hellos to each address, up to 42 where answers are doubtful; no full handshake"


def https_of(address: str) -> tuple[str, int]:
    """Host and HTTPS port of a URL. For one that begins with http:// it is 443: is there HTTPS beside it?"""
    url = urlsplit(address)
    port = url.port if url.scheme == "https" else None
    return url.hostname or "", port or HTTPS


def look(endpoint: Endpoint, reach: Reach) -> Seen | Unseen:
    """Hold the whole conversation with one endpoint."""
    scan = Scan()
    talk = scan.talk()
    step = next(talk, None)
    while step is not None:
        answer: Answer | None = None
        if isinstance(step, Pause):
            reach.pause(endpoint.host)
        else:
            answer = ask(step, endpoint, reach)
        try:
            step = talk.send(answer)
        except StopIteration:
            step = None
    if scan.control is None:
        reason, detail = scan.nothing_seen()
        return Unseen(TlsVersions, endpoint.locus, reason, f"{endpoint.locus}: {detail}")
    return Seen(scan.facts(reach.now()), endpoint.locus)


def ask(question: Question, endpoint: Endpoint, reach: Reach) -> Answer:
    """Send one hello on a connection of its own and read on until the answer is clear."""
    reader = AnswerReader(ssl2=question.version is TlsVersion.SSL2)
    dialled = False
    try:
        with reach.stream(endpoint) as stream:
            dialled = True
            stream.send(client_hello(question.version, endpoint.host, second=question.second))
            while data := stream.receive():
                answer = reader.feed(data)
                if answer is not None:
                    return answer
            return reader.end()
    except Unreachable as error:
        return _without_answer(error, reader, dialled=dialled)


def _without_answer(error: Unreachable, reader: AnswerReader, *, dialled: bool) -> Answer:
    """A reset after a warning alert is a close like another; anything else says why there was no answer."""
    if error.reason is Reason.RESET and reader.received:
        return reader.end()
    return Silence(error.reason, error.reason.phrase, dialled)
