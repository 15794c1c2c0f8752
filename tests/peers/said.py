"""What one scanner says of one server, topic by topic, and where two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

VERSIONS, GROUPS, SERIALS, PRIMES = "versions", "groups", "serials", "primes"
MASTER_SECRET, RENEGOTIATION, COMPRESSION, FALLBACK = (
    "extended master secret",
    "secure renegotiation",
    "compression",
    "fallback is stopped",
)
OPTIONS = (MASTER_SECRET, RENEGOTIATION, COMPRESSION, FALLBACK)
YES = frozenset({"yes"})
NO: frozenset[str] = frozenset()


def suites_of(version: str) -> str:
    """The topic of a version's suites."""
    return f"suites {version}"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A server on loopback. `starttls`: openssl's word for what is spoken before TLS; "": nothing is.

    `closes`: it declines by closing without an alert, so that some of it may stay open.
    """

    port: int
    name: str
    starttls: str = ""
    address: str = "127.0.0.1"
    closes: bool = False


@dataclass(frozen=True)
class Said:
    """Topic → what is there: versions as "tls1.2", suites by registered name, groups, serial numbers, bits of primes.

    A topic that is missing was not asked. `open_ends`: a topic, or a topic and one thing of it, that was left open →
    the word of the reason. `groups_asked`: those that the scanner knows, None for all.
    """

    topics: Mapping[str, frozenset[str]]
    groups_asked: frozenset[str] | None = None
    open_ends: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def left_open(self, topic: str, what: str) -> bool:
        return bool({(topic, what), (topic, "")} & self.open_ends.keys())


@dataclass(frozen=True)
class Difference:
    """One thing that one side sees and the other does not."""

    topic: str
    what: str
    is_ours: bool


def differences(ours: Said, theirs: Said) -> Iterator[Difference]:
    """Of the topics that both answered. What we left open is no answer of ours."""
    for topic in sorted(ours.topics.keys() & theirs.topics.keys()):
        mine, other = ours.topics[topic], theirs.topics[topic]
        if topic == GROUPS and theirs.groups_asked is not None:
            mine &= theirs.groups_asked
        for what in sorted(mine ^ other):
            if what in mine or not ours.left_open(topic, what):
                yield Difference(topic, what, is_ours=what in mine)
