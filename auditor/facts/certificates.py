"""What a server shows of itself in a completed handshake: its certificate, what it sent with it, where the path ends.

Must not know how the handshake was made, nor whether any of it is good enough.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass

HEXADECIMAL = frozenset("0123456789abcdef")


class KeyKind(StrEnum):
    """The algorithm of a public key. OTHER: one that we do not know by name."""

    RSA = "rsa"
    EC = "ec"
    ED25519 = "ed25519"
    ED448 = "ed448"
    DSA = "dsa"
    OTHER = "other"


class KeyUsage(StrEnum):
    """What a key may be used for, of what matters in a handshake (RFC 5280 section 4.2.1.3)."""

    SIGN = "digital_signature"  # ECDHE, DHE and TLS 1.3
    ENCRYPT = "key_encipherment"  # a secret for RSA without forward secrecy
    AGREE = "key_agreement"  # static (EC)DH


class Vetting(StrEnum):
    """What the authority says that it made sure of, by the policy that it names (CA/B BR 7.1.6.1, EVG 9.3)."""

    DOMAIN = "domain"
    ORGANIZATION = "organization"
    INDIVIDUAL = "individual"
    EXTENDED = "extended"


class PathEnd(StrEnum):
    """Where the way from the leaf through its issuers ended (RFC 5280 section 6), dates left aside."""

    ANCHORED = "anchored"  # in the trust store, with what the server sent
    ANCHORED_WITH_HELP = "anchored_with_help"  # in the trust store, after adding issuers that the server did not send
    SELF_SIGNED = "self_signed"  # the leaf vouches for itself and is not in the store
    UNKNOWN_ROOT = "unknown_root"  # in a root that is not in the store
    ISSUER_MISSING = "issuer_missing"  # in an issuer that was neither sent nor found
    REFUSED = "refused"  # the way is there and breaks a rule: `CertificateSeen.refusal` says which

    @property
    def is_anchored(self) -> bool:
        return self in (PathEnd.ANCHORED, PathEnd.ANCHORED_WITH_HELP)


UNKNOWN_HASH = "unknown"
EXPLICIT_CURVE = "explicit"  # told by its equation, and not by a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Plain):
    """One certificate, in short. Texts were chosen by whoever made it."""

    subject: str  # RFC 4514 text
    issuer: str
    serial: str  # hexadecimal
    sha256: str  # of its DER form, hexadecimal
    not_before: datetime
    not_after: datetime
    key_kind: KeyKind
    key_bits: int | None  # None: an algorithm whose size means nothing to us
    signature_hash: str  # "sha256"; "" where the algorithm has none of its own (Ed25519), or `UNKNOWN_HASH`
    is_self_signed: bool
    for_servers: bool  # no extended key usage, or one with serverAuth or any (RFC 5280 section 4.2.1.12)
    curve: str | None = None  # "secp256r1", a number ("1.3.132.0.1") or `EXPLICIT_CURVE`; "": not EC; None: not read


@dataclass(frozen=True, slots=True, kw_only=True)
class Sct(Plain):
    """A log's promise that it knows the certificate (RFC 6962 section 3.2). `log`: the log's id, hexadecimal."""

    log: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafDetail(Plain):
    """What else a leaf says. `modulus` and `exponent` are hexadecimal, "" unless the key is RSA of a usual size."""

    spki_sha256: str  # of the public key with its algorithm (SubjectPublicKeyInfo, DER), hexadecimal
    modulus: str
    exponent: str
    issuer_organization: str  # O= of the issuer; "" where it names none
    scts: tuple[Sct, ...]  # those in the certificate itself, as far as they could be read
    must_staple: bool  # it promises a stapled OCSP answer (RFC 7633)
    usages: tuple[KeyUsage, ...] | None = None  # all where it names none; None: an older version did not read them
    is_authority: bool | None = None  # it may issue others (basic constraints); None: it was not, or cannot be read
    vetting: Vetting | None = None  # None: it does not say, or was not read

    def __post_init__(self) -> None:
        if bool(self.modulus) != bool(self.exponent) or set(self.modulus + self.exponent) - HEXADECIMAL:
            raise ValueError("modulus and exponent are two numbers, in lower case hexadecimal")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSeen(Facts):
    """What one address showed to a client that asked for `asked_name`."""

    asked_name: str  # A-label form; an IP address where the asset is named by one
    leaf: Certificate
    dns_names: tuple[str, ...]  # subjectAltName, in the certificate's order
    ip_addresses: tuple[str, ...]
    sent: tuple[Certificate, ...]  # the first few, as sent, leaf first
    sent_count: int
    path: tuple[Certificate, ...]  # leaf first, as far as it could be walked; the anchor only where it is the leaf
    anchor: Certificate | None  # the entry of the trust store that ends the path; None: there is none
    end: PathEnd
    refusal: str = ""  # OpenSSL's words for REFUSED
    store: str  # which trust store was used
    issuer_fetch: str = ""  # what came of asking for a missing issuer; "": it was not tried
    detail: LeafDetail | None = None  # None: an older run did not read it
    is_public_store: bool = False  # the store holds a browser's roots, and not the operator's
    issuer_keys: tuple[str, ...] | None = (
        None  # as `spki_sha256`, of `path` after the leaf, then of `anchor`; None: older
    )

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.sent_count or not self.sent or self.sent[0] != self.leaf:
            raise ValueError("a handshake shows at least the leaf")
        if not self.path or self.path[0] != self.leaf:
            raise ValueError("a path starts with the leaf")
        if self.end.is_anchored != (self.anchor is not None):
            raise ValueError("a path has an anchor exactly when it ends in the trust store")

    def ends(self) -> tuple[tuple[str, datetime], ...]:
        """The first certificate of the path to end ends it."""
        return (("certificate", min(certificate.not_after for certificate in self.path)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateTrust(Facts):
    """Derived: whether the path leads to a trust anchor. Exists only where that could be decided."""

    asked_name: str
    subject: str
    issuer: str
    store: str
    distrust: str  # why it is not trusted, as half a sentence; "": it is trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInFull(Facts):
    """Derived: what was shown, where the run read the leaf's detail too. Runs of older versions did not."""

    seen: CertificateSeen
    detail: LeafDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedCertificate(Facts):
    """Derived: a certificate in full that was followed to a root, trusted or not; of an operator's own any that was.

    Exists only where that root was seen: what holds for public authorities depends on it.
    """

    full: CertificateInFull


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRead(Facts):
    """Derived: a certificate in full whose key can be looked into. Not one that is too long to be kept, and unknown."""

    full: CertificateInFull


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey(Facts):
    """Derived: the suites, by number, in which the leaf's key signs. Only where that could be seen, or may not be."""

    subject: str
    is_rsa: bool  # other keys do nothing but sign
    may_sign: bool
    suites: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingLeaf(Facts):
    """Derived: may the service's own certificate issue others? Only where that was read."""

    subject: str
    issuer: str
    is_authority: bool
    is_self_signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCurve(Plain):
    """`curve`: as `Certificate.curve` has it."""

    subject: str
    curve: str
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCurves(Facts):
    """Derived: on which curves the keys of the path lie, the anchor's left out. Only where that was read."""

    curves: tuple[KeyCurve, ...]  # () where no key is EC
    is_public_store: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShown(Facts):
    """Derived: what a certificate may have in common with those of other assets. It waits for them, so it is small."""

    asked_name: str
    spki_sha256: str  # of the public key, hexadecimal; "" where nobody read it
    is_rsa: bool
    wildcards: tuple[str, ...]  # in lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse(Plain):
    """Where else the inventory shows the same key or wildcard. `assets`: the first ids, without this one's."""

    what: str  # the key's SHA-256, or the wildcard name
    assets: tuple[str, ...]
    count: int  # of all of them
    systems: int  # that show it, this asset's own among them


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateReuse(Facts):
    """Derived from all assets: which of this asset's keys and wildcards stand elsewhere in the inventory, too."""

    keys: tuple[KeyUse, ...]
    wildcards: tuple[KeyUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCertificate(Facts):
    """Derived: how many logs an asset's certificate shows, and how many browsers want. Only where that could be seen.

    `in_handshake`: as many more come in the hello or its staple. Browsers want enough of them there or in the
    certificate, and do not add both up.
    """

    subject: str
    logs: int
    needed: int
    in_handshake: int
    needed_in_handshake: int
    is_public: bool  # of a public authority: others have no logs

    @property
    def is_enough(self) -> bool:
        is_shown = self.logs >= self.needed or self.in_handshake >= self.needed_in_handshake
        return is_shown or not self.is_public


@dataclass(frozen=True, slots=True, kw_only=True)
class RootInStores(Facts):
    """Derived: which large root stores hold a root that what the server sends leads to. Only where that is certain.

    `holding`, `missing`: the stores, with version or day. `why_not`: why it is no question here; "": it is one.
    """

    root: str
    holding: tuple[str, ...]
    missing: tuple[str, ...]
    why_not: str
