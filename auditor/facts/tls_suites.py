"""Which cipher suites an endpoint takes, version by version, and which of them it takes first. Knows no rule."""

from __future__ import annotations

from itertools import pairwise

from auditor.facts.base import Facts, Plain
from auditor.facts.tls import Handshake, TlsVersion
from auditor.model import REASON_WORDS
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled(Plain):
    """Why a list may be longer than what was seen. `reason`: the word of a `Reason`; `detail`: what was asked."""

    reason: str
    detail: str

    def __post_init__(self) -> None:
        if self.reason not in REASON_WORDS:
            raise ValueError(f"{self.reason!r} is not the word of a reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSuites(Plain):
    """The suites taken in one version, by number, in the order in which they were picked.

    `unsettled` None: every other registered suite of the version was declined, by an explicit answer or as a server
    does it that closes without one, and the control held after it.
    """

    version: TlsVersion
    accepted: tuple[int, ...]
    unsettled: Unsettled | None

    def __post_init__(self) -> None:
        if not self.accepted and self.unsettled is None:
            raise ValueError("a version without any suite is a refused version")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSuites(Facts):
    """The suites of every version that is not refused, oldest version first; SSL 2.0, which has none, is left out.

    A suite is taken where a ServerHello picks it; `handshakes` tells with which of them a whole one was tried.
    """

    versions: tuple[VersionSuites, ...]
    handshakes: tuple[Handshake, ...] = ()
    opportunistic: bool = False  # its clients take any certificate, or none (RFC 7435): mail servers at port 25

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not any(row.accepted for row in self.versions):
            raise ValueError("no suite was accepted: nothing was seen")
        if any(one.version >= other.version for one, other in pairwise(self.versions)):
            raise ValueError("versions stand once each, oldest first")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePreference(Facts):
    """What is picked of suites of several strengths: of all that are taken in the newest version before TLS 1.3.

    `offered`: weakest first; () where all are of one strength, or there is no such version: nothing was asked then.
    `picked`: from that hello; 0 for none. `picked_again`: from a hello with the strongest first, which was sent only
    where `picked` is not of the strongest class; else 0.
    """

    offered: tuple[int, ...]
    picked: int
    picked_again: int

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.picked not in (self.offered or (0,)):
            raise ValueError("one of the offered suites is picked")
        if self.picked_again and self.picked_again not in self.offered:
            raise ValueError("only what was offered is picked")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedSuite(Plain):
    """One suite, by its registered name, that is taken in `version`. `handshake`: the one tried with it, if any."""

    version: TlsVersion
    name: str
    handshake: Handshake | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteAnswer(Facts):
    """The settled answer to one question about suites. `found`: those that the question asks for, by version.

    `asked`: how many suites are taken in all; they were all looked at.
    """

    found: tuple[AcceptedSuite, ...]
    asked: int

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.asked < max(1, len(self.found)):
            raise ValueError("an answer is about the suites that are taken")


@dataclass(frozen=True, slots=True, kw_only=True)
class NullSuites(SuiteAnswer):
    """Suites that do not encrypt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymousSuites(SuiteAnswer):
    """Suites in which the server does not prove who it is. `opportunistic`: its clients ask for no proof."""

    opportunistic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakableSuites(SuiteAnswer):
    """Suites with keys of 40 or 56 bits: export, and single DES."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rc4Suites(SuiteAnswer):
    """Suites with RC4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallBlockSuites(SuiteAnswer):
    """Suites with a block cipher of 64 bits: 3DES, IDEA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticSuites(SuiteAnswer):
    """Suites without forward secrecy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardSuites(SuiteAnswer):
    """Suites with forward secrecy and a certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AeadSuites(SuiteAnswer):
    """Suites with authenticated encryption, of 128-bit tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CbcSuites(SuiteAnswer):
    """Suites with CBC, or with CCM_8's short tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherThanRc4Suites(SuiteAnswer):
    """Suites with any other encryption than RC4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredSuite(Facts):
    """The settled answer: which suite does a client get that puts the strong ones first?

    `got` and `best`: a registered name, and one of the strongest class; "" where there is no choice.
    """

    got: str
    best: str
    is_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimeFieldSuites(SuiteAnswer):
    """Suites with ephemeral Diffie-Hellman over a prime."""
