"""What the DNS says of one service: which keys it may show (TLSA), and where browsers go for it (HTTPS).

Knows no rule.
"""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass

WHOLE, SHA256, SHA512 = 0, 1, 2  # what a record holds (RFC 6698 section 2.1.3)
ANCHOR_OF_BROWSERS, LEAF_OF_BROWSERS, ANCHOR, LEAF = 0, 1, 2, 3  # whom it names (section 2.1.1, RFC 7218)
CERTIFICATE, KEY = 0, 1  # what of it is compared (section 2.1.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsaRecord(Plain):
    """`data`: hexadecimal, cut. `sha256`: of what is wanted, hexadecimal; "" where the record does not tell."""

    usage: int
    selector: int
    matching: int
    data: str
    sha256: str

    @property
    def text(self) -> str:
        """As a zone has it."""
        return f"{self.usage} {self.selector} {self.matching} {self.data}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsAsked(Facts):
    """Whoever was asked about a name. `why_not`: why nobody was; "": `resolver` was."""

    name: str
    resolver: str = ""
    why_not: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if bool(self.resolver) == bool(self.why_not):
            raise ValueError("somebody was asked, or there is a reason why not")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsaSeen(RecordsAsked):
    """The TLSA records of one TCP service. `name`: where they stand, as `_443._tcp.www.example.gov`.

    `is_signed`: the zone is, or says with a proof that there are none; None: whoever was asked is not believed in
    that.
    """

    records: tuple[TlsaRecord, ...] = ()
    is_signed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsRecord(Plain):
    """One record (RFC 9460). `target`: the name that it leads to. `port` None: the service's own.

    `is_alias`: whatever the target says counts instead of the name's own. `addresses`: of the target; None: it is the
    service's own name. `protocols`: "h2", "h3"; `hints`: addresses that a client may try before it has asked for them.
    """

    is_alias: bool
    target: str
    addresses: tuple[str, ...] | None
    port: int | None
    protocols: tuple[str, ...]
    has_ech: bool
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsRecordsSeen(RecordsAsked):
    """The HTTPS records of one web service, at `name`:`port`."""

    port: int
    records: tuple[HttpsRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsaFit(Facts):
    """Derived: does what the service shows fit one of its TLSA records? Exists only where that is certain.

    `unfit`: "192.0.2.1:443: CN=www.example.gov, to RSA clients", for each certificate that fits none. `why_not`: why
    there is nothing to compare; "": there is.
    """

    name: str
    listed: tuple[str, ...]
    is_signed: bool | None
    unfit: tuple[str, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsDoors(Facts):
    """Derived: where the HTTPS records lead, and which of that nobody looked at.

    `listed`: each record, readable. `unseen`: as half sentences. `why_not`: why there is nothing to say; "": there is.
    """

    listed: tuple[str, ...]
    unseen: tuple[str, ...]
    why_not: str = ""
