"""What a server shows to clients of one key type only, and to those that name no server. Knows no rule."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.facts.certificates import Certificate, CertificateSeen, KeyShown
from auditor.facts.revocation import RevocationAnswer
from auditor.facts.tls import TlsVersion
from auditor.records import dataclass


class Variant(StrEnum):
    """The only type of key that a client can use."""

    RSA = "RSA"
    ECDSA = "ECDSA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staple(Plain):
    """A stapled OCSP answer. `problem`: why it says nothing of the leaf; "" where `answer` is there."""

    problem: str = ""
    answer: RevocationAnswer | None = None

    def __post_init__(self) -> None:
        if (self.answer is None) != bool(self.problem):
            raise ValueError("a staple says something, or has a problem")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateVariant(Facts):
    """What one address shows to a client of one key type. Its locus is the address with the type behind it.

    `seen` None: nothing, and `refusal` says in words how it declined. `staple` None: none was sent, though asked for.
    `is_usual`: clients that know every type are shown the same, which is judged as such.
    """

    variant: Variant
    seen: CertificateSeen | None
    refusal: str = ""
    is_usual: bool = False
    staple: Staple | None = None

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.seen is None) != bool(self.refusal):
            raise ValueError("a certificate was shown, or it was refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRevocation(Facts):
    """What the authorities say of the path that clients of one key type are shown. Its locus is the variant's.

    `why_not`: what they are shown, in words, where nobody was asked about it apart; "": somebody was.
    """

    variant: Variant
    answers: tuple[RevocationAnswer, ...] = ()
    why_not: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if bool(self.answers) == bool(self.why_not):
            raise ValueError("the authorities said something, or there is a reason why nobody was asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantKey(Facts):
    """Derived: the same of what clients of one key type are shown. `shown` None: nothing is."""

    shown: KeyShown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamelessCertificate(Facts):
    """What one address shows to a client that names no server (RFC 6066 section 3).

    `seen` None: nothing, and `refusal` says why; also for a service that is named by an address, where nobody does.
    """

    asked_name: str  # the service's own
    seen: CertificateSeen | None
    refusal: str = ""
    is_usual: bool = False  # clients that name it are shown the same

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.seen is None) != bool(self.refusal):
            raise ValueError("a certificate was shown, or it was refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafShown(Plain):
    """A leaf that hellos of one version were shown. `seen`: with its path, read where there were several."""

    version: TlsVersion
    leaf: Certificate
    times: int
    seen: CertificateSeen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavesShown(Facts):
    """The leaves that hellos of one kind met at one address; () where none was shown in the clear."""

    leaves: tuple[LeafShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafMet(Plain):
    """`faults`: why clients must refuse it, as half sentences. `is_read`: whether they must is known, too."""

    leaf: Certificate
    times: int
    faults: tuple[str, ...]
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavesInTurn(Plain):
    """Several leaves that the same kind of client met at one place. `asked`: what kind that is."""

    place: str
    asked: str
    leaves: tuple[LeafMet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesMet(Facts):
    """Derived: what was shown in all conversations with an asset. `times`: the connections that were compared.

    Exists only where there were several at each place, or they differ.
    """

    times: int
    in_turn: tuple[LeavesInTurn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidInTurn(Facts):
    """Derived: the certificates shown in turn that clients must refuse. Exists only where all that differ were read."""

    is_in_turn: bool
    faulty: tuple[LeavesInTurn, ...]  # those alone


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFaults(Facts):
    """Derived: what is wrong with what clients of one key type are shown, as half sentences.

    `refusal`: nothing is shown to them. `is_usual`: what everybody is shown, which is not judged twice. Exists only
    where it could be decided whether the certificate is trusted.
    """

    variant: Variant
    subject: str
    refusal: str
    is_usual: bool
    critical: tuple[str, ...]
    medium: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StapledAnswer(Facts):
    """Derived: a leaf that must be stapled, and what was. `problem` "": a good answer was sent along."""

    is_promised: bool
    problem: str
    revoked: str  # what the staple says of a certificate that was taken back; ""
