"""How an endpoint makes keys: groups, primes, signatures, and what its old-style hellos agree to. Knows no rule."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_suites import Unsettled
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsGroups(Facts):
    """The groups that are taken, by number, in the order in which they were picked.

    `in_tls13`: named by HelloRetryRequests; () where TLS 1.3 is refused. Of the prime groups of RFC 7919 it holds only
    the first one picked, unless `primes_apart`: then each was asked for on its own. `in_older`: the further ones, named
    by a ServerKeyExchange of the newest older version. Where nothing is `open_…`, every other group was declined, or
    passed over for one that any client of this certificate must offer, and the control held after it.
    `has_explicit_curve`: a curve of the server's own was used, by its equation.
    """

    in_tls13: tuple[int, ...]
    open_in_tls13: Unsettled | None
    in_older: tuple[int, ...]
    open_in_older: Unsettled | None
    has_explicit_curve: bool
    primes_apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridGroups(Facts):
    """The settled answer: which post-quantum groups are taken? `asked`: how many groups of TLS 1.3 are, in all."""

    found: tuple[int, ...]
    asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallCurves(Facts):
    """The settled answer: which curves below 224 bits are taken, or curves of the server's own?"""

    found: tuple[int, ...]
    has_explicit_curve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortCurves(Facts):
    """The settled answer: which curves of 224 to 255 bits are taken?"""

    found: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DhPrime(Plain):
    """The parameters of finite-field Diffie-Hellman, as hexadecimal text without leading zeros."""

    p: str
    g: str

    @property
    def bits(self) -> int:
        return int(self.p, 16).bit_length()

    def __post_init__(self) -> None:
        for text in (self.p, self.g):
            if not text or text.startswith("0") or set(text) - set("0123456789abcdef"):
                raise ValueError("a prime and its generator are numbers above 0, in lower case hexadecimal")


@dataclass(frozen=True, slots=True, kw_only=True)
class DhPrimes(Facts):
    """The primes that were shown up to TLS 1.2, each once. `unsettled` None: every suite that needs one showed it."""

    primes: tuple[DhPrime, ...]
    unsettled: Unsettled | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimeAnswer(Facts):
    """The settled answer to one question about primes. `found`: those it asks for; `asked`: how many were shown.

    `others`: those of them that it does not ask for.
    """

    found: tuple[DhPrime, ...]
    asked: int
    others: tuple[DhPrime, ...] = ()

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.asked < len(self.found):
            raise ValueError("only primes that were shown are found")


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakablePrimes(PrimeAnswer):
    """Primes below 1024 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortPrimes(PrimeAnswer):
    """Primes of 1024 to 2047 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositePrimes(PrimeAnswer):
    """Numbers that are no primes at all."""


class OldHash(StrEnum):
    """What a TLS 1.2 endpoint does for a client that knows SHA-1 and MD5 signatures alone."""

    SIGNED = "signed"  # it signs the key exchange with one of them
    REFUSED = "refused"  # it declines, or signs with another all the same
    NOT_ASKED = "not_asked"  # TLS 1.2 is refused, or has no suite whose key exchange is signed


@dataclass(frozen=True, slots=True, kw_only=True)
class HandshakeSignature(Facts):
    """The answer to a hello of TLS 1.2 that knows old hashes alone. `answer`: in words.

    `sha224`: the same for SHA-224 alone, a recorded fact that no check reads; None where it was not asked, or not
    settled for the reason in `sha224_answer`.
    """

    old_hash: OldHash
    answer: str
    sha224: OldHash | None = None
    sha224_answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldHello(Plain):
    """What one ServerHello of a version before TLS 1.3 agreed to, all of which it was offered.

    `compression`: the method's number, 0 is none. `protocol`: ALPN's choice, "" for none. `leaf` and `chain_length`: of
    the certificates shown in the clear, SHA-256 in hexadecimal; "" and 0 where none was. `logs`: the ids, hexadecimal,
    of the logs whose timestamps came in the ServerHello or the staple; None: an older version did not read them.
    """

    version: TlsVersion
    has_extended_master_secret: bool
    has_secure_renegotiation: bool
    compression: int
    has_tickets: bool
    protocol: str
    has_staple: bool
    has_scts: bool
    wants_client_certificate: bool
    leaf: str
    chain_length: int
    logs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions(Facts):
    """What the newest version before TLS 1.3 agrees to. `hello` None: each version before TLS 1.3 is refused."""

    hello: OldHello | None


class FallbackAnswer(StrEnum):
    """What an endpoint says to a client that signals a fallback to a version below its best (RFC 7507)."""

    STOPPED = "stopped"  # alert 86; or a close, where the same hello without the signal is answered
    ALLOWED = "allowed"  # a ServerHello
    NOT_ASKED = "not_asked"  # fewer than two versions up to TLS 1.2 are accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFallback(Facts):
    """Is a downgrade noticed? `said`: how it was stopped, in words; "" where it was not, or was not written down."""

    answer: FallbackAnswer
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsTolerance(Facts):
    """The answer to a hello with meaningless numbers and an unborn version among what it offers (RFC 8701).

    `is_tolerant`: a ServerHello came; else an alert, twice, while the same hello without them was answered.
    """

    is_tolerant: bool
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedHello(Plain):
    """A hello of so many bytes, and how it was met: by a ServerHello, or declined in the words of `answer`."""

    size: int
    is_answered: bool
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LongHellos(Facts):
    """The answers to hellos of lengths that old devices break on, while the same hello of another length is answered.

    256 to 511 bytes: an old F5 hung on those (RFC 7685 section 1); asked in the deep tier. Over 1,400: what a client
    with ML-KEM sends, in two packets. `hellos` (): no version with extensions is accepted.
    """

    hellos: tuple[SizedHello, ...]
