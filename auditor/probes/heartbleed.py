"""Plays Heartbleed at each address behind a name, through sslyze in an environment of its own. Judges nothing.

The program `auditor/deep/heartbleed.py` converses; what its conversations prove is settled here. Anything but a leak
counts only while a control hello of ours is answered alike before and after: a throttled server must not seem healthy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts, target_text
from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import HeartbeatAnswer, Heartbleed
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.server_hello import Silence
from auditor.probes.tls import ask, https_of
from auditor.probes.tls_meaning import Question, version_shown
from auditor.reach import Endpoint, Reach
from auditor.reach.fence import as_address

PROGRAM = Path(__file__).parents[1] / "deep" / "heartbleed.py"
SECONDS = 40.0  # for all conversations with one address; the slowest server that answers needs about 20
CONVERSATIONS = 8  # connections at most, MOST_CONVERSATIONS of the program
# Heartbeats are played over TLS 1.2 where that is spoken, so it is the first choice.
CONTROLS = tuple(Question(version) for version in (TlsVersion.TLS12, TlsVersion.TLS13, TlsVersion.TLS10))
LIMITS = frozenset({Reason.BUDGET, Reason.DEADLINE})  # our own: the server is not to blame
PROTOCOL_VERSION = 70

VERSIONS = {
    "SSL_3_0": TlsVersion.SSL3,
    "TLS_1_0": TlsVersion.TLS10,
    "TLS_1_1": TlsVersion.TLS11,
    "TLS_1_2": TlsVersion.TLS12,
}
HEARTBEATS_ASKED = frozenset({TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12})
# What a conversation without a leak may show, the least telling first.
NEGATIVES = {"closed": HeartbeatAnswer.CLOSED, "ignored": HeartbeatAnswer.IGNORED, "alert": HeartbeatAnswer.ALERT}
LESSONS = {
    "silent": Reason.TIMEOUT,
    "timeout": Reason.TIMEOUT,
    "cut": Reason.CLOSED,
    "hung_up": Reason.CLOSED,
    "reset": Reason.RESET,
    "connection_refused": Reason.REFUSED,
    "unreachable": Reason.NO_ROUTE,
    "not_tls": Reason.NOT_TLS,
    "inconsistent": Reason.INCONSISTENT,
}


@dataclass(frozen=True, slots=True)
class Conversation:
    """One connection of the program: the version it asked for, its word for what came, the alert if it was refused."""

    version: TlsVersion
    answer: str
    alert: int | None


@dataclass(frozen=True, slots=True)
class Control:
    """A hello, and the version that it proved to be accepted."""

    question: Question
    version: TlsVersion


class HeartbleedProbe:
    """What does each endpoint do with heartbeats that claim more than they hold?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.DEEP
    yields: ClassVar[tuple[type[Facts], ...]] = (Heartbleed,)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Seen | Unseen]:
        reach.deep_python()  # absent: say so before anything is touched
        for endpoint in reach.endpoints(*https_of(asset.address)):
            yield look(endpoint, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        host, port = https_of(asset.address)
        yield f"tcp {host}:{port} 2 to 4 TLS hellos, 1 to {CONVERSATIONS} with malformed heartbeats, to each address"


def look(endpoint: Endpoint, reach: Reach) -> Seen | Unseen:
    try:
        control = find_control(endpoint, reach)
        raw = reach.deep_program(PROGRAM, endpoint, seconds=SECONDS, connections=CONVERSATIONS)
        facts = parse_heartbleed(raw, endpoint, control, reach.now())
        if facts.answer is not HeartbeatAnswer.LEAKED:
            require_control(control, endpoint, reach)
    except Unreachable as error:
        return Unseen(Heartbleed, endpoint.locus, error.reason, error.detail)
    return Seen(facts, endpoint.locus)


def find_control(endpoint: Endpoint, reach: Reach) -> Control:
    """The first hello that gets a fitting ServerHello. Raises Unreachable where none does."""
    for question in CONTROLS:
        answer = ask(question, endpoint, reach)
        if isinstance(answer, Silence):
            reach.pause(endpoint.host)
            answer = ask(question, endpoint, reach)
        if isinstance(answer, Silence):
            raise Unreachable(answer.reason, f"the {question.version.label} hello to {endpoint.locus}")
        version = version_shown(question, answer)
        if version is not None:
            return Control(question, version)
    raise Unreachable(Reason.TLS_FAILED, f"{endpoint.locus} answered no hello of TLS 1.3, 1.2 and 1.0")


def require_control(control: Control, endpoint: Endpoint, reach: Reach) -> None:
    """Raise Unreachable(THROTTLED, or our own limit) where the control is no longer answered as before."""
    answer = ask(control.question, endpoint, reach)
    if version_shown(control.question, answer) is control.version:
        return
    if isinstance(answer, Silence) and answer.reason in LIMITS:
        raise Unreachable(answer.reason, endpoint.locus)
    raise Unreachable(Reason.THROTTLED, f"the control hello to {endpoint.locus} after the malformed heartbeats")


def parse_heartbleed(raw: bytes, endpoint: Endpoint, control: Control, observed_at: datetime) -> Heartbleed:
    """What the program's conversations prove. Raises Unreachable where they prove nothing, or cannot be read."""
    tool, conversations = parse_conversations(raw, endpoint)
    answer, telling = settle(conversations, endpoint, speaks_13=control.version is TlsVersion.TLS13)
    return Heartbleed(
        observed_at=observed_at,
        answer=answer,
        conversations=len(telling),
        versions=tuple(dict.fromkeys(one.version for one in telling)),
        server_name="" if as_address(endpoint.host) else endpoint.host,
        tool=tool,
    )


def settle(
    conversations: tuple[Conversation, ...], endpoint: Endpoint, *, speaks_13: bool
) -> tuple[HeartbeatAnswer, tuple[Conversation, ...]]:
    """The answer, and the conversations that gave it. One leak settles it; any other answer needs all to be telling."""
    words = [one.answer for one in conversations]
    leaks = tuple(one for one in conversations if one.answer == "leaked")
    if leaks:
        return HeartbeatAnswer.LEAKED, leaks
    for word in words:
        if word in LESSONS:
            raise Unreachable(LESSONS[word], f"malformed heartbeats to {endpoint.locus}")
    telling = tuple(one for one in conversations if one.answer in NEGATIVES)
    if len(telling) >= 2 and ("closed" not in words or "open" in words):
        return next(answer for word, answer in NEGATIVES.items() if word in words), telling
    refused = tuple(one for one in conversations if one.answer == "refused" and one.alert == PROTOCOL_VERSION)
    if speaks_13 and refused == conversations and {one.version for one in refused} >= HEARTBEATS_ASKED:
        return HeartbeatAnswer.NO_OLD_TLS, refused
    raise Unreachable(Reason.TLS_FAILED, f"malformed heartbeats to {endpoint.locus}")


def parse_conversations(raw: bytes, endpoint: Endpoint) -> tuple[str, tuple[Conversation, ...]]:
    """Read what the program printed: the tool, and its conversations in order. Raises Unreachable(MALFORMED)."""
    try:
        document: object = json.loads(raw)
    except (ValueError, RecursionError):
        document = None
    match document:
        case {"schema": "auditor/heartbleed/1", "tool": str(tool), "conversations": list(rows)} if tool and rows:
            read = [_conversation(row) for row in rows]
            known = tuple(one for one in read if one is not None)
            if len(known) == len(rows):
                return target_text(tool, 80), known
    raise Unreachable(Reason.MALFORMED, f"the answer of {PROGRAM.name} about {endpoint.locus}")


def _conversation(row: object) -> Conversation | None:
    """None for a row of another shape than the program writes, or with a word that it does not know."""
    match row:
        case {"version": str(version), "answer": str(answer), **rest} if version in VERSIONS and answer in WORDS:
            alert = rest.get("alert")
            return Conversation(VERSIONS[version], answer, alert if isinstance(alert, int) else None)
    return None


WORDS = frozenset({"leaked", "open", "refused", "other_version", *NEGATIVES, *LESSONS})
