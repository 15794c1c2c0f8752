"""Asks each address behind a name what it speaks: versions, suites, groups, options, by hellos. Judges nothing.

No key exchange is computed: what the server says in the clear is read, then the connection closes. Only what would
change a grade is tried by a full handshake afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.certificate_variants import LeavesShown
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset, Reason, Tier
from auditor.probe import Company, Seen, Unseen
from auditor.probes.client_hello import client_hello
from auditor.probes.detail_facts import MAKERS, detail_facts
from auditor.probes.offer import WEB, Offer, Until, offer_hello
from auditor.probes.server_hello import Alert, Answer, AnswerReader, ServerHello, Silence
from auditor.probes.tls_confirmed import amended_suites, amended_versions, confirm
from auditor.probes.tls_detail import Detail, Talk
from auditor.probes.tls_handshakes import MOST_HANDSHAKES
from auditor.probes.tls_meaning import INTERNAL_ERROR, Question, version_shown
from auditor.probes.tls_scan import Pause, Scan
from auditor.probes.tls_topics import Unclear
from auditor.reach import Endpoint, Exchange, Reach, Step

HTTPS = 443
MOST_HELLOS = 150  # of the second conversation with one address: a server that takes everything needs some 130
PROMPT_S = 2.0  # a close that comes later may be a deadline of the server's
KEPT_BACK = 20  # connections of a host's budget that other probes may still need; the deep tier's come before this one

S = TypeVar("S")
A = TypeVar("A")


class TlsProbe:
    """What does each endpoint accept, and how does it refuse the rest?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (TlsVersions, LeavesShown, *MAKERS)
    company: ClassVar[Company] = Company.LEADS

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Seen | Unseen]:
        endpoints = reach.endpoints(*https_of(asset.address))
        for number, endpoint in enumerate(endpoints):
            yield from look(endpoint, reach, shared_with=len(endpoints) - number - 1, protocols=WEB)

    def plan(self, asset: Asset) -> Iterable[str]:
        host, port = https_of(asset.address)
        yield (
            f"tcp {host}:{port} some 30 TLS hellos to each address, two at a time; where answers are doubtful up to 42"
            f" for its versions, and up to {MOST_HELLOS} for what it speaks in them; up to {MOST_HANDSHAKES} full"
            " handshakes with what is outdated"
        )


def https_of(address: str) -> tuple[str, int]:
    """Host and HTTPS port of a URL. For one that begins with http:// it is 443: is there HTTPS beside it?"""
    url = urlsplit(address)
    port = url.port if url.scheme == "https" else None
    return url.hostname or "", port or HTTPS


def look(
    endpoint: Endpoint, reach: Reach, *, shared_with: int = 0, protocols: tuple[bytes, ...] = ()
) -> Iterator[Seen | Unseen]:
    """Hold both conversations with one endpoint. `shared_with`: how many more share what its host's budget has left.

    `protocols`: what ALPN offers; a mail server may decline whoever speaks nothing but the web's.
    """
    scan = scan_versions(endpoint, reach, is_last=not shared_with)
    if scan.control is None:
        reason, detail = scan.nothing_seen()
        yield from (Unseen(kind, endpoint.locus, reason, f"{endpoint.locus}: {detail}") for kind in TlsProbe.yields)
        return
    most = hellos_of(reach.spare(endpoint.host), shared_with=shared_with)
    is_deep = reach.asked(Tier.DEEP)
    found = Detail(scan, most=most, is_thorough=is_deep, protocols=protocols)
    converse(found.talk(), endpoint, reach)
    now = reach.now()
    leaves = (found.leaves.is_empty and found.trouble) or found.leaves.facts(endpoint, reach)
    made = {TlsVersions: scan.facts(now), LeavesShown: leaves, **detail_facts(found, now)}
    for kind, facts in _confirmed(made, scan, endpoint, reach).items():
        if isinstance(facts, Facts):
            yield Seen(facts, endpoint.locus)
        else:
            yield Unseen(kind, endpoint.locus, facts[0], f"{endpoint.locus}: {facts[1]}")


def converse(talk: Talk, endpoint: Endpoint, reach: Reach) -> None:
    """Hold a second conversation."""
    reach.converse(endpoint, _steps(talk, lambda hellos: _asking(hellos, endpoint.host, reach)))


def hellos_of(spare: int, *, shared_with: int = 0) -> int:
    """How many hellos the second conversation may take of the connections that are left of a host's budget."""
    return max(0, min(MOST_HELLOS, spare // (shared_with + 1) - KEPT_BACK))


def _confirmed(
    made: dict[type[Facts], Facts | Unclear], scan: Scan, endpoint: Endpoint, reach: Reach
) -> dict[type[Facts], Facts | Unclear]:
    """With what full handshakes say of it."""
    versions, suites, control = made[TlsVersions], made[TlsSuites], scan.standing
    if not isinstance(versions, TlsVersions) or not isinstance(suites, TlsSuites) or control is None:
        return made
    shown = control

    def is_still_answered() -> bool:
        return version_shown(shown.question, ask(shown.question, endpoint, reach)) is shown.version

    handshakes = confirm(suites, endpoint, reach, is_still_answered)
    return made | {
        TlsVersions: amended_versions(versions, handshakes),
        TlsSuites: amended_suites(suites, handshakes),
    }


def look_at_versions(endpoint: Endpoint, reach: Reach) -> Seen | Unseen:
    """Hold the first conversation alone."""
    scan = scan_versions(endpoint, reach)
    if scan.control is None:
        reason, detail = scan.nothing_seen()
        return Unseen(TlsVersions, endpoint.locus, reason, f"{endpoint.locus}: {detail}")
    return Seen(scan.facts(reach.now()), endpoint.locus)


def scan_versions(endpoint: Endpoint, reach: Reach, *, is_last: bool = False) -> Scan:
    """Which versions? `is_last`: all other endpoints of the host were asked before."""
    scan = Scan()

    def asking(question: Question) -> Generator[Step, None, Answer]:
        (answer,) = yield from _asking((question,), endpoint.host, reach)
        if is_last and isinstance(answer, ServerHello):
            reach.welcome()
        return answer

    reach.converse(endpoint, _steps(scan.talk(), asking))
    return scan


def _steps(
    talk: Generator[S | Pause, A | None, None], asking: Callable[[S], Generator[Step, None, A]]
) -> Iterator[Step]:
    """A conversation as exchanges: what to hold next, and a pause where it wants one."""
    said = next(talk, None)
    while said is not None:
        answer: A | None = None
        if isinstance(said, Pause):
            yield ()
        else:
            answer = yield from asking(said)
        try:
            said = talk.send(answer)
        except StopIteration:
            said = None


def _asking(hellos: tuple[Question | Offer, ...], host: str, reach: Reach) -> Generator[Step, None, tuple[Answer, ...]]:
    """Hellos that are sent at once, each on a connection of its own; the answers come in the order of the hellos.

    What is in doubt is asked again, alone, before anybody hears of it.
    """
    asked = [_Asked(hello, host) for hello in hellos]
    yield asked
    answers = [one.answer() for one in asked]
    for number, one in enumerate(asked):
        if one.was_beside and one.is_in_doubt(answers[number]):
            reach.part()
            again = _Asked(hellos[number], host)
            yield ()
            yield [again]
            answers[number] = again.answer()
    return tuple(answers)


def ask(question: Question | Offer, endpoint: Endpoint, reach: Reach) -> Answer:
    """Send one hello on a connection of its own and read on until the answer is clear."""
    asked = _Asked(question, endpoint.host)
    reach.exchange(endpoint, [asked])
    return asked.answer()


class _Asked(Exchange):
    """One hello under way."""

    __slots__ = ("_reader",)

    def __init__(self, question: Question | Offer, host: str) -> None:
        until, send = Until.HELLO, b""
        if isinstance(question, Offer):
            until, send = question.until, offer_hello(question, host)
        else:
            send = client_hello(question.version, host, second=question.second, suites=question.suites)
        self._reader = AnswerReader(ssl2=question.version is TlsVersion.SSL2, until=until)
        super().__init__(send=send, hear=self._reader.hear)

    def is_in_doubt(self, answer: Answer) -> bool:
        """Is it none, was it cut short, or is it what a server in trouble says?"""
        is_clear = self._reader.answer is not None and not isinstance(answer, Silence)
        return not is_clear or answer == Alert(INTERNAL_ERROR)

    def answer(self) -> Answer:
        reader = self._reader
        if reader.answer is not None:
            return reader.answer
        if self.failure is None:
            answer = reader.end()
        else:
            answer = _without_answer(self.failure, reader, dialled=self.is_dialled)
        return replace(answer, is_prompt=self.waited_s < PROMPT_S) if isinstance(answer, Silence) else answer


def _without_answer(error: Unreachable, reader: AnswerReader, *, dialled: bool) -> Answer:
    """A reset after a warning alert is a close like another; anything else says why there was no answer.

    Where a ServerHello came before it, the ServerHello is the answer.
    """
    if reader.has_hello or (error.reason is Reason.RESET and reader.received):
        return reader.end()
    return Silence(error.reason, error.reason.phrase, dialled)
