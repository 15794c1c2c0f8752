"""The facts that played attacks give: one maker for each, from the program's conversations. Knows no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import (
    CcsInjection,
    Heartbleed,
    PaddingAnswer,
    PaddingOracle,
    Renegotiation,
    RenegotiationAnswer,
    Robot,
    RobotAnswer,
    Ticketbleed,
)
from auditor.probes.deep_answers import Attack, Played
from auditor.probes.deep_settle import (
    Rows,
    settle_ccs,
    settle_heartbleed,
    settle_padding,
    settle_renegotiation,
    settle_robot,
    settle_ticketbleed,
)
from auditor.reach import Endpoint
from auditor.reach.fence import as_address
from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """What the facts of one look share."""

    endpoint: Endpoint
    speaks_13: bool
    observed_at: datetime

    @property
    def server_name(self) -> str:
        return "" if as_address(self.endpoint.host) else self.endpoint.host


def _versions(rows: Rows) -> tuple[TlsVersion, ...]:
    return tuple(dict.fromkeys(one.version for one in rows))


def make_heartbleed(played: Played, scene: Scene) -> Heartbleed:
    what = f"malformed heartbeats to {scene.endpoint.locus}"
    settled = settle_heartbleed(played.conversations, what, speaks_13=scene.speaks_13)
    return Heartbleed(
        observed_at=scene.observed_at,
        answer=settled.answer,
        conversations=len(settled.rows),
        versions=_versions(settled.rows),
        server_name=scene.server_name,
        tool=played.tool,
    )


def make_ccs(played: Played, scene: Scene) -> CcsInjection:
    what = f"an early ChangeCipherSpec to {scene.endpoint.locus}"
    settled = settle_ccs(played.conversations, what, speaks_13=scene.speaks_13)
    return CcsInjection(
        observed_at=scene.observed_at,
        answer=settled.answer,
        conversations=len(settled.rows),
        versions=_versions(settled.rows),
        server_name=scene.server_name,
        tool=played.tool,
    )


def make_renegotiation(played: Played, scene: Scene) -> Renegotiation:
    what = f"renegotiation with {scene.endpoint.locus}"
    settled = settle_renegotiation(played.conversations, what, speaks_13=scene.speaks_13)
    first = settled.rows[0]
    return Renegotiation(
        observed_at=scene.observed_at,
        answer=settled.answer,
        accepted=first.accepted,
        asked=first.asked,
        is_bound=None if settled.answer is RenegotiationAnswer.NO_OLD_TLS else first.is_bound,
        conversations=len(settled.rows),
        versions=_versions(settled.rows),
        server_name=scene.server_name,
        tool=played.tool,
    )


def make_ticketbleed(played: Played, scene: Scene) -> Ticketbleed:
    what = f"a ticket with a short session id to {scene.endpoint.locus}"
    settled = settle_ticketbleed(played.conversations, what, speaks_13=scene.speaks_13)
    return Ticketbleed(
        observed_at=scene.observed_at,
        answer=settled.answer,
        conversations=len(settled.rows),
        versions=_versions(settled.rows),
        server_name=scene.server_name,
        tool=played.tool,
    )


def make_padding(played: Played, scene: Scene) -> PaddingOracle:
    what = f"wrongly padded records to {scene.endpoint.locus}"
    settled = settle_padding(played.conversations, what, speaks_13=scene.speaks_13)
    return PaddingOracle(
        observed_at=scene.observed_at,
        answer=settled.answer,
        seen=settled.seen,
        conversations=len(settled.rows),
        versions=_versions(settled.rows),
        server_name=scene.server_name,
        tool=played.tool,
    )


def make_robot(played: Played, scene: Scene) -> Robot:
    what = f"wrongly padded secrets to {scene.endpoint.locus}"
    settled = settle_robot(played.conversations, what, speaks_13=scene.speaks_13)
    return Robot(
        observed_at=scene.observed_at,
        answer=settled.answer,
        seen=settled.seen,
        conversations=len(settled.rows),
        versions=_versions(settled.rows),
        server_name=scene.server_name,
        tool=played.tool,
    )


def make_without_suites(attack: Attack, how: str, played: Played, scene: Scene) -> PaddingOracle | Robot:
    """Of a server that declines all suites which this attack needs, our own hellos included; `how`: in words."""
    if attack is Attack.PADDING:
        return PaddingOracle(
            observed_at=scene.observed_at,
            answer=PaddingAnswer.NO_CBC,
            seen=(how,),
            conversations=len(played.conversations) + 1,
            versions=_versions(played.conversations),
            server_name=scene.server_name,
            tool=played.tool,
        )
    return Robot(
        observed_at=scene.observed_at,
        answer=RobotAnswer.NO_RSA,
        seen=(how,),
        conversations=len(played.conversations) + 1,
        versions=_versions(played.conversations),
        server_name=scene.server_name,
        tool=played.tool,
    )


@dataclass(frozen=True, slots=True)
class Maker:
    """How the facts of a test are made. Raises Unreachable where its conversations prove nothing."""

    facts: type[Facts]
    make: Callable[[Played, Scene], Heartbleed | CcsInjection | Renegotiation | Ticketbleed | PaddingOracle | Robot]
    what: str = ""


MAKERS: Mapping[Attack, Maker] = MappingProxyType(
    {
        Attack.HEARTBLEED: Maker(Heartbleed, make_heartbleed),
        Attack.CCS: Maker(CcsInjection, make_ccs),
        Attack.RENEGOTIATION: Maker(Renegotiation, make_renegotiation),
        Attack.TICKETBLEED: Maker(Ticketbleed, make_ticketbleed),
        Attack.PADDING: Maker(PaddingOracle, make_padding, "wrongly padded records to"),
        Attack.ROBOT: Maker(Robot, make_robot, "wrongly padded secrets to"),
    }
)
