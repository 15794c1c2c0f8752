"""A TLS server as a pure function from hello to answer, for tests of the conversations: no bytes, no network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from auditor.facts.base import Facts
from auditor.facts.cipher_suites import registry, suite
from auditor.facts.tls import TlsVersion
from auditor.probes.client_hello import GROUPS, GROUPS_13, WIRE
from auditor.probes.detail_facts import detail_facts
from auditor.probes.flight import Flight, Prime
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Alert, Answer, ServerHello
from auditor.probes.tls_detail import Detail
from auditor.probes.tls_meaning import Question
from auditor.probes.tls_scan import Pause, Scan
from auditor.probes.tls_topics import Unclear

V = TlsVersion
NOW = datetime(2026, 5, 4, tzinfo=UTC)
NUMBERS = {one.name.removeprefix("TLS_"): one.number for one in registry().values()}
SAFE_2048 = Prime(b"\xff" * 256, b"\x02")  # its length is what counts here
Hello = Question | Offer
Server = Callable[[Hello, int], Answer]


def numbers(*names: str) -> tuple[int, ...]:
    return tuple(NUMBERS[name] for name in names)


ECDHE = numbers("ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE_RSA_WITH_AES_256_GCM_SHA384")
THREE = numbers("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256")


@dataclass(frozen=True, kw_only=True)
class Peer:
    """`suites`: of each version, in the server's order. `curve`: without it in a hello no ECDSA suite is taken."""

    suites: dict[TlsVersion, tuple[int, ...]]
    groups: tuple[int, ...] = (29, 23)
    groups_13: tuple[int, ...] = (29, 23)
    prime: Prime = SAFE_2048
    signatures: tuple[int, ...] = (0x0403, 0x0804, 0x0401)
    extensions: dict[int, bytes] = field(default_factory=lambda: {23: b"", 35: b"", 0xFF01: b"\x00"})
    compression: int = 0
    follows_client: bool = True
    curve: int = 0
    knows_fallback: bool = True
    is_tolerant: bool = True

    def __call__(self, hello: Hello, _: int = 0) -> Answer:
        offer = as_offer(hello)
        spoken = [version for version in self.suites if V.SSL2 < version <= offer.version]
        if not spoken or (offer.version is V.TLS13 and max(spoken) is not V.TLS13):
            return Alert(70)
        version = max(spoken)
        if version is not offer.version or (offer.grease and not self.is_tolerant):
            return Alert(70)
        if offer.fallback and self.knows_fallback and max(v for v in self.suites if v is not V.TLS13) > version:
            return Alert(86)
        usable = [one for one in self._ordered(offer, version) if self._can(one, offer)]
        return self._accept(offer, version, usable[0]) if usable else Alert(40)

    def _ordered(self, offer: Offer, version: TlsVersion) -> list[int]:
        ours, theirs = self.suites[version], offer.suites
        return [one for one in theirs if one in ours] if self.follows_client else [one for one in ours if one in theirs]

    def _can(self, number: int, offer: Offer) -> bool:
        one = suite(number)
        if one.is_tls13:
            return self._group(offer) is not None
        if one.key_exchange.endswith("ECDSA") and self.curve and self.curve not in offer.groups:
            return False
        if one.is_ephemeral and offer.version is V.TLS12 and one.has_certificate and self._signature(offer) is None:
            return False
        return self._group(offer) is not None if one.is_elliptic else True

    def _group(self, offer: Offer) -> int | None:
        ours = self.groups_13 if offer.version is V.TLS13 else self.groups
        theirs = offer.groups or (23,)
        order = theirs if self.follows_client else ours
        return next((group for group in order if group in ours and group in theirs), None)

    def _signature(self, offer: Offer) -> int | None:
        return next((one for one in offer.signatures if one in self.signatures), None)

    def _accept(self, offer: Offer, version: TlsVersion, number: int) -> ServerHello:
        one, group = suite(number), self._group(offer) or 0
        if version is V.TLS13:
            return ServerHello(WIRE[version], number, group=group)
        exchanged = one.is_elliptic or one.is_finite_field
        flight = Flight(
            certificates=(b"leaf",) if one.has_certificate else (),
            group=group if one.is_elliptic else 0,
            prime=self.prime if one.is_finite_field else None,
            signature=self._signature(offer) if exchanged and version is V.TLS12 and one.has_certificate else None,
            has_key_exchange=exchanged,
            is_whole=True,
        )
        compression = self.compression if offer.options else 0
        extensions = self.extensions if version is not V.SSL3 else {}
        return ServerHello(WIRE[version], number, compression=compression, extensions=extensions, flight=flight)


def as_offer(hello: Hello) -> Offer:
    if isinstance(hello, Offer):
        return hello
    groups = GROUPS_13 if hello.version is V.TLS13 else GROUPS
    return Offer(version=hello.version, suites=hello.suites, groups=groups)


@dataclass(kw_only=True)
class Held:
    """Both conversations, as they went."""

    detail: Detail
    transcript: list[tuple[Hello, Answer]]
    most_at_once: int
    pauses: int
    beside: dict[int, Hello] = field(default_factory=dict)  # what went out with the n-th hello, and after it
    steps: int = 0  # of the second conversation: how many times answers were waited for

    @property
    def facts(self) -> dict[type[Facts], Facts | Unclear]:
        return detail_facts(self.detail, NOW)


def hold(server: Server, *, most: int = 150, is_thorough: bool = False) -> Held:
    """`server(hello, n)`: the answer to the n-th hello, from 0."""
    scan = Scan()
    transcript: list[tuple[Hello, Answer]] = []

    def reply(hello: Hello) -> Answer:
        answer = server(hello, len(transcript))
        transcript.append((hello, answer))
        return answer

    talk = scan.talk()
    step = next(talk, None)
    while step is not None:
        step = _next(lambda s=step: talk.send(None if isinstance(s, Pause) else reply(s)))
    detail = Detail(scan, most=most, is_thorough=is_thorough)
    held = Held(detail=detail, transcript=transcript, most_at_once=1, pauses=0)
    if scan.control is None:
        return held
    second = held.detail.talk()
    hellos = next(second, None)
    while hellos is not None:
        if isinstance(hellos, Pause):
            held.pauses += 1
            hellos = _next(lambda: second.send(None))
            continue
        held.steps += 1
        held.most_at_once = max(held.most_at_once, len(hellos))
        if len(hellos) > 1:
            held.beside[len(transcript)] = hellos[1]
        answers = tuple(reply(hello) for hello in hellos)
        hellos = _next(lambda a=answers: second.send(a))
    return held


def _next(step: Callable[[], object]) -> object:
    try:
        return step()
    except StopIteration:
        return None
