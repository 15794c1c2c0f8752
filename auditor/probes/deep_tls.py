"""Plays known attacks at each address behind a name, through sslyze in an environment of its own. Judges nothing.

The program `auditor/deep/program.py` converses, in one process for each address; what its conversations prove is
settled in `deep_settle.py`. Each of them begins with a hello that must be answered by a whole flight, and a negative
counts only while a control hello of ours is answered alike before and after: a throttled server must not seem healthy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import (
    POSITIVES,
    CcsInjection,
    Heartbleed,
    PaddingOracle,
    Renegotiation,
    RenegotiationAnswer,
    Robot,
    Ticketbleed,
)
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.deep_answers import Attack, Played, parse_lines
from auditor.probes.deep_declined import MOST_HELLOS, with_our_hellos, without_old_tls
from auditor.probes.deep_facts import MAKERS, Scene
from auditor.probes.server_hello import ServerHello, Silence
from auditor.probes.tls import ask, https_of
from auditor.probes.tls_meaning import Question, closing, version_shown
from auditor.probes.tls_said import Shown
from auditor.reach import Endpoint, Reach

PROGRAM = Path(__file__).parents[1] / "deep" / "program.py"
SECONDS = 50.0  # for all conversations with one address; a slow server that answers needs about 30
CONVERSATIONS = 48  # connections at most, MOST_CONVERSATIONS of the program
# Attacks are played over TLS 1.2 where that is spoken, so it is the first choice.
CONTROLS = tuple(Question(version) for version in (TlsVersion.TLS12, TlsVersion.TLS13, TlsVersion.TLS10))
LIMITS = frozenset({Reason.BUDGET, Reason.DEADLINE})  # our own: the server is not to blame


class DeepTlsProbe:
    """What does each endpoint do when known attacks are played at it, harmlessly?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.DEEP
    yields: ClassVar[tuple[type[Facts], ...]] = (
        Heartbleed,
        CcsInjection,
        Renegotiation,
        Ticketbleed,
        PaddingOracle,
        Robot,
    )

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Seen | Unseen]:
        reach.deep_python()  # absent: say so before anything is touched
        for endpoint in reach.endpoints(*https_of(asset.address)):
            yield from look(endpoint, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        host, port = https_of(asset.address)
        yield f"tcp {host}:{port} {what_is_played(CONVERSATIONS)}, to each address"


def what_is_played(most: int) -> str:
    """For a plan: everything that is sent to one address, in `most` connections of the program."""
    return (
        f"2 to 4 TLS hellos, some 8 where suites are declined, and some 20, at most {most}, connections one at a time"
        " with malformed heartbeats, early messages, renegotiations, tickets, wrongly padded records and secrets"
    )


def look(
    endpoint: Endpoint, reach: Reach, tests: tuple[Attack, ...] = tuple(Attack), *, most: int = CONVERSATIONS
) -> Iterator[Seen | Unseen]:
    """Play these tests at one endpoint, in `most` connections: one Seen or Unseen for each."""
    try:
        control = find_control(endpoint, reach)
    except Unreachable as error:
        yield from (Unseen(MAKERS[test].facts, endpoint.locus, error.reason, error.detail) for test in tests)
        return
    played, complaint = _play(endpoint, reach, tests, most)
    speaks_13 = control.version is TlsVersion.TLS13
    try:
        played = without_old_tls(played, endpoint, reach, speaks_13=speaks_13)
    except Unreachable as error:
        yield from (
            Unseen(MAKERS[test].facts, endpoint.locus, error.reason, f"{endpoint.locus}: {error.detail}")
            for test in tests
        )
        return
    scene = Scene(endpoint, speaks_13, reach.now())
    may_ask = most >= CONVERSATIONS or sum(len(one.conversations) for one in played.values()) + MOST_HELLOS <= most
    sights = []
    for test in tests:
        sight = _sight(test, played.get(test), complaint, scene)
        sights.append(with_our_hellos(sight, played.get(test), control, endpoint, reach, may_ask=may_ask))
    lost = _control_lost(control, endpoint, reach) if any(map(needs_control, sights)) else None
    for sight in sights:
        if lost is not None and isinstance(sight, Seen) and needs_control(sight):
            yield Unseen(type(sight.facts), endpoint.locus, lost.reason, lost.detail)
        else:
            yield sight


def needs_control(sight: Seen | Unseen) -> bool:
    """Anything but a proof that stands by itself. That renegotiation ends after a while is the absence of more."""
    match sight:
        case Seen(facts=Renegotiation(answer=RenegotiationAnswer.LIMITED, is_bound=True)):
            return True
        case Seen(
            facts=Heartbleed() | CcsInjection() | Renegotiation() | Ticketbleed() | PaddingOracle() | Robot() as facts
        ):
            return facts.answer not in POSITIVES
    return False


def _play(
    endpoint: Endpoint, reach: Reach, tests: tuple[Attack, ...], most: int
) -> tuple[dict[Attack, Played], Unreachable]:
    """What was played to its end, and why the rest was not: a program that breaks off has said some of it before."""
    from auditor.reach.child import BrokenOff  # noqa: PLC0415 - most commands start no process

    try:
        raw = reach.deep_program(PROGRAM, endpoint, seconds=SECONDS, connections=most, tests=tests)
    except BrokenOff as error:
        return parse_lines(error.output), error
    except Unreachable as error:
        return {}, error
    return parse_lines(raw), Unreachable(Reason.MALFORMED, f"the answer of {PROGRAM.name} about {endpoint.locus}")


def _sight(test: Attack, played: Played | None, complaint: Unreachable, scene: Scene) -> Seen | Unseen:
    maker, locus = MAKERS[test], scene.endpoint.locus
    if played is None:
        return Unseen(maker.facts, locus, complaint.reason, complaint.detail)
    try:
        return Seen(maker.make(played, scene), locus)
    except Unreachable as error:
        return Unseen(maker.facts, locus, error.reason, error.detail)


def find_control(endpoint: Endpoint, reach: Reach) -> Shown:
    """The first hello that gets a fitting ServerHello. Raises Unreachable where none does.

    A server may close on a version that it lacks; any other silence ends it.
    """
    closed: Unreachable | None = None
    for question in CONTROLS:
        answer = ask(question, endpoint, reach)
        if isinstance(answer, Silence):
            reach.pause(endpoint.host)
            answer = ask(question, endpoint, reach)
        if isinstance(answer, Silence):
            closed = closed or Unreachable(answer.reason, f"the {question.version.label} hello to {endpoint.locus}")
            if closing(answer) is None:
                raise closed
        if isinstance(answer, ServerHello) and version_shown(question, answer) is not None:
            return Shown(question, answer)
    raise closed or Unreachable(Reason.TLS_FAILED, f"{endpoint.locus} answered no hello of TLS 1.3, 1.2 and 1.0")


def _control_lost(control: Shown, endpoint: Endpoint, reach: Reach) -> Unreachable | None:
    """Why the negatives do not count, THROTTLED or a limit of our own; None where the control is answered as before."""
    answer = ask(control.question, endpoint, reach)
    if version_shown(control.question, answer) is control.version:
        return None
    if isinstance(answer, Silence) and answer.reason in LIMITS:
        return Unreachable(answer.reason, endpoint.locus)
    return Unreachable(Reason.THROTTLED, f"the control hello to {endpoint.locus} after the played attacks")
