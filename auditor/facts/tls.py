"""Which SSL and TLS versions an endpoint answered, and how it refused the others. Knows no wire format and no rule."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from auditor.facts.base import Facts, Plain
from auditor.model import REASON_WORDS
from auditor.records import dataclass


class TlsVersion(StrEnum):
    """Every version that was ever deployed, oldest first; the values sort in that order."""

    SSL2 = "ssl2"
    SSL3 = "ssl3"
    TLS10 = "tls1.0"
    TLS11 = "tls1.1"
    TLS12 = "tls1.2"
    TLS13 = "tls1.3"

    @property
    def label(self) -> str:
        """As people write it: "SSL 2.0", "TLS 1.3"."""
        name, number = self.value[:3], self.value[3:]
        return f"{name.upper()} {number if '.' in number else number + '.0'}"


EVERY_VERSION = tuple(TlsVersion)  # to go through them takes Python several times as long


class HandshakeEnd(StrEnum):
    """What became of a handshake with one version and one suite, both of which a ServerHello had picked before."""

    COMPLETED = "completed"
    NOT_HERE = "not_here"  # this machine cannot complete it, or could not for a reason of its own
    CONTRADICTED = "contradicted"  # the ServerHello came again, and the rest of the handshake never did


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake(Plain):
    """One full handshake that was tried, or why it was not. `suite`: a number. `detail`: "" where it was completed."""

    version: TlsVersion
    suite: int
    end: HandshakeEnd
    detail: str = ""

    def __post_init__(self) -> None:
        if bool(self.detail) is (self.end is HandshakeEnd.COMPLETED):
            raise ValueError("a handshake that was not completed says why")

    @property
    def words(self) -> str:
        """As the end of "accepted: ServerHello …"."""
        if self.end is HandshakeEnd.COMPLETED:
            return "and a handshake was completed"
        return f"no handshake could be completed here: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedVersion(Plain):
    """A version that the endpoint declined. `answer`: how, in our own words ("alert 70 (protocol_version)")."""

    version: TlsVersion
    answer: str

    def __post_init__(self) -> None:
        if not self.answer:
            raise ValueError("a refusal is an explicit answer; silence is not one")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownVersion(Plain):
    """A version of which nothing can be said. `reason`: the word of a `Reason`; `detail`: what was tried, and where."""

    version: TlsVersion
    reason: str
    detail: str

    def __post_init__(self) -> None:
        if self.reason not in REASON_WORDS:
            raise ValueError(f"{self.reason!r} is not the word of a reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsVersions(Facts):
    """The answer of one endpoint for each version: accepted, refused, or unknown with its reason.

    `control` is the first version, newest first, that was accepted: its hello was repeated between and after the
    others. `control_held` tells whether it was answered alike every time; refusals that no good control stands behind
    are among the unknown. `ssl2_ciphers`: by number, those that a SERVER-HELLO of SSL 2.0 named, at most 64; () where
    none came or it was cut short. `handshakes`: those that were tried with what would change a grade; () where none
    was, or where nobody looked yet. Nothing accepted means that no control existed, so no refusal could be believed:
    those are no facts at all, but `Unseen`.
    """

    accepted: frozenset[TlsVersion]
    refused: tuple[RefusedVersion, ...] = ()
    unknown: tuple[UnknownVersion, ...] = ()
    control: TlsVersion
    control_held: bool
    ssl2_ciphers: tuple[int, ...] = ()
    handshakes: tuple[Handshake, ...] = ()

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        named = [*self.accepted, *(row.version for row in self.refused), *(row.version for row in self.unknown)]
        if sorted(named) != [*EVERY_VERSION]:
            raise ValueError("each version must be accepted, refused or unknown, and only one of them")
        if not self.accepted:
            raise ValueError("no version was accepted: there was no control, so nothing was seen")
        if self.control not in self.accepted:
            raise ValueError("the control must be an accepted version")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionAnswer(Facts):
    """The settled answer to one question about versions: is any of `asks` accepted?

    One accepted version settles it, whatever is unknown of the others; otherwise every one of `asks` is refused.
    `handshakes`: those that were tried with accepted versions, the best end of each.
    """

    asks: ClassVar[tuple[TlsVersion, ...]] = ()

    accepted: frozenset[TlsVersion] = frozenset()
    refused: tuple[RefusedVersion, ...] = ()
    handshakes: tuple[Handshake, ...] = ()

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        refused = {row.version for row in self.refused}
        if not (self.accepted | refused) <= set(self.asks) or self.accepted & refused:
            raise ValueError("an answer names only versions that were asked for, each once")
        if not self.accepted and refused != set(self.asks):
            raise ValueError("without an accepted version each one must have been refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssl2(VersionAnswer):
    """Is SSL 2.0 accepted? `ciphers`: by number, those that its SERVER-HELLO named."""

    asks: ClassVar[tuple[TlsVersion, ...]] = (TlsVersion.SSL2,)

    ciphers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssl3(VersionAnswer):
    """Is SSL 3.0 accepted?"""

    asks: ClassVar[tuple[TlsVersion, ...]] = (TlsVersion.SSL3,)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyTls(VersionAnswer):
    """Is TLS 1.0 or TLS 1.1 accepted?"""

    asks: ClassVar[tuple[TlsVersion, ...]] = (TlsVersion.TLS10, TlsVersion.TLS11)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModernTls(VersionAnswer):
    """Is TLS 1.2 or TLS 1.3 accepted?"""

    asks: ClassVar[tuple[TlsVersion, ...]] = (TlsVersion.TLS12, TlsVersion.TLS13)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls13(VersionAnswer):
    """Is TLS 1.3 accepted?"""

    asks: ClassVar[tuple[TlsVersion, ...]] = (TlsVersion.TLS13,)
