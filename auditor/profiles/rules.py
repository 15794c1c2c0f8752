"""What a guideline may ask, kind by kind. Each rule reads one facts type, or the findings of some checks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from typing import ClassVar, TypeAlias

from auditor.facts.base import Facts
from auditor.facts.certificates import CertificateSeen, KeyKind
from auditor.facts.cipher_suites import suite
from auditor.facts.disk_ciphers import cipher_of
from auditor.facts.named_groups import group_name
from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.facts.server_settings import ServerSettings
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.facts.tls_exchange import DhPrimes, TlsGroups, TlsOptions
from auditor.facts.tls_suites import TlsSuites
from auditor.facts.web import HttpsService
from auditor.records import dataclass


class Fit(Enum):
    """How an endpoint stands to a rule; the worst first. MOOT: there is nothing that the rule could be about."""

    MISSES = "misses"
    UNSEEN = "not observable"
    MEETS = "meets"
    MOOT = "does not arise"


@dataclass(frozen=True, slots=True)
class Said:
    """The answer at one place. `seen`: what it rests on, or why it is not known."""

    fit: Fit
    seen: str


def _told(*, holds: bool, seen: str) -> Said:
    return Said(Fit.MEETS if holds else Fit.MISSES, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The versions that are accepted: all of `required`, and none that is not `allowed`.

    `if_needed`: those that may stay on where somebody still needs them. Whether that is so, nobody sees from outside.
    """

    reads: ClassVar[type[Facts]] = TlsVersions
    allowed: frozenset[TlsVersion]
    required: frozenset[TlsVersion]
    if_needed: frozenset[TlsVersion] = frozenset()

    def judge(self, facts: TlsVersions) -> Said:
        needed = facts.accepted & self.if_needed
        extra = facts.accepted - self.allowed - needed
        missing = self.required & {row.version for row in facts.refused}
        if extra or missing:
            words = [f"accepts {_labels(extra)}"] * bool(extra) + [f"refuses {_labels(missing)}"] * bool(missing)
            return Said(Fit.MISSES, ", ".join(words))
        if needed:
            return Said(Fit.UNSEEN, f"accepts {_labels(needed)}; whether anybody needs that, nobody sees from outside")
        open_ones = {row.version for row in facts.unknown}
        matter = open_ones & (self.required | (frozenset(TlsVersion) - self.allowed))
        return Said(Fit.UNSEEN, f"{_labels(matter)}: no clear answer") if matter else _accepts(facts)


def _accepts(facts: TlsVersions) -> Said:
    return Said(Fit.MEETS, f"accepts {_labels(facts.accepted)}")


def _labels(versions: frozenset[TlsVersion] | set[TlsVersion]) -> str:
    return ", ".join(version.label for version in sorted(versions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suites:
    """No suite that is not `allowed`, by its registered name."""

    reads: ClassVar[type[Facts]] = TlsSuites
    allowed: frozenset[str]

    def judge(self, facts: TlsSuites) -> Said:
        taken = {suite(number).name for row in facts.versions for number in row.accepted}
        if extra := taken - self.allowed:
            return Said(Fit.MISSES, f"also takes {', '.join(sorted(extra))}")
        unsettled = [row.version.label for row in facts.versions if row.unsettled]
        if unsettled:
            return Said(Fit.UNSEEN, f"the suites of {', '.join(unsettled)} are not all known")
        return Said(Fit.MEETS, f"takes {len(taken)}, all of them allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """No group that is not `allowed` (empty: any is), and one of `one_of`, by their registered names."""

    reads: ClassVar[type[Facts]] = TlsGroups
    allowed: frozenset[str]
    one_of: frozenset[str]

    def judge(self, facts: TlsGroups) -> Said:
        taken = {group_name(number) for number in (*facts.in_tls13, *facts.in_older)}
        unsettled = facts.open_in_tls13 or facts.open_in_older
        if self.allowed and (extra := taken - self.allowed):
            return Said(Fit.MISSES, f"also takes {', '.join(sorted(extra))}")
        if self.one_of and not taken & self.one_of:
            return Said(Fit.UNSEEN if unsettled else Fit.MISSES, f"takes {', '.join(sorted(taken)) or 'none'}")
        if self.allowed and unsettled:
            return Said(Fit.UNSEEN, "not all groups are known")
        return Said(Fit.MEETS if taken else Fit.MOOT, f"takes {', '.join(sorted(taken)) or 'none'}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The leaf's key: of a kind in `least_bits`, and of that many bits; an EC key on one of `curves` (empty: any)."""

    reads: ClassVar[type[Facts]] = CertificateSeen
    least_bits: Mapping[str, int]
    curves: frozenset[str]

    def judge(self, facts: CertificateSeen) -> Said:
        kind, bits, curve = facts.leaf.key_kind.value, facts.leaf.key_bits or 0, facts.leaf.curve
        least, seen = self.least_bits.get(kind), f"{kind.upper()}, {bits} bits"
        if least is None or bits < least:
            return Said(Fit.MISSES, seen)
        if not self.curves or facts.leaf.key_kind is not KeyKind.EC:
            return Said(Fit.MEETS, seen)
        if curve is None:
            return Said(Fit.UNSEEN, f"{seen}: the curve was not read")
        return _told(holds=curve in self.curves, seen=f"{seen}, on {curve}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The hash with which the leaf is signed."""

    reads: ClassVar[type[Facts]] = CertificateSeen
    allowed: frozenset[str]

    def judge(self, facts: CertificateSeen) -> Said:
        used = facts.leaf.signature_hash
        return _told(holds=used in self.allowed, seen=used or "no hash of its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """How long the leaf is valid, first and last second included (RFC 5280 section 4.1.2.5)."""

    reads: ClassVar[type[Facts]] = CertificateSeen
    most_days: int

    def judge(self, facts: CertificateSeen) -> Said:
        life = facts.leaf.not_after - facts.leaf.not_before + timedelta(seconds=1)
        days, rest = divmod(life, timedelta(days=1))
        beyond = f" and {rest.total_seconds():.0f} s" if rest else ""
        return _told(holds=life <= timedelta(days=self.most_days), seen=f"{days} days{beyond}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HstsAge:
    """How long browsers keep to HTTPS."""

    reads: ClassVar[type[Facts]] = HttpsService
    least_seconds: int

    def judge(self, facts: HttpsService) -> Said:
        if facts.host_is_address:
            return Said(Fit.MISSES, "browsers keep no HSTS for an address")
        if facts.hsts is None:
            return Said(Fit.MISSES, "no HSTS" if not facts.hsts_headers else "no HSTS that a browser can read")
        return _told(holds=facts.hsts.max_age_s >= self.least_seconds, seen=f"max-age={facts.hsts.max_age_s}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staple:
    """A stapled OCSP answer. It stands in the clear before TLS 1.3 alone."""

    reads: ClassVar[type[Facts]] = TlsOptions

    def judge(self, facts: TlsOptions) -> Said:
        if facts.hello is None:
            return Said(Fit.UNSEEN, "TLS 1.3 encrypts it")
        return _told(holds=facts.hello.has_staple, seen="stapled" if facts.hello.has_staple else "none was stapled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Primes:
    """The primes of Diffie-Hellman, where there are any."""

    reads: ClassVar[type[Facts]] = DhPrimes
    least_bits: int

    def judge(self, facts: DhPrimes) -> Said:
        short = sorted({prime.bits for prime in facts.primes if prime.bits < self.least_bits})
        if short:
            return Said(Fit.MISSES, f"{', '.join(map(str, short))} bits")
        if facts.unsettled:
            return Said(Fit.UNSEEN, "not all primes are known")
        seen = f"{min(prime.bits for prime in facts.primes)} bits at least" if facts.primes else "none is used"
        return Said(Fit.MEETS if facts.primes else Fit.MOOT, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskKey:
    """The strength of every encrypted volume's key, as root's helper tells it: XTS splits its key in two halves.

    `certified_bits`: what will do inside a certified module. Whether there is one, nobody sees from outside.
    """

    reads: ClassVar[type[Facts]] = PrivilegedDisks
    least_bits: int
    certified_bits: int | None = None

    def judge(self, facts: PrivilegedDisks) -> Said:
        crypt = [(table.name, target) for table in facts.tables for target in table.targets if target.kind == "crypt"]
        bits = {name: cipher_of(target.cipher).strength(target.key_bits) for name, target in crypt}
        least = self.least_bits if self.certified_bits is None else min(self.certified_bits, self.least_bits)
        short = [name for name, strength in bits.items() if strength is not None and strength < least]
        if short:
            return Said(Fit.MISSES, ", ".join(f"{name}: {bits[name]} bits" for name in sorted(short)))
        unknown = sorted(name for name, strength in bits.items() if strength is None)
        if unknown:
            return Said(Fit.UNSEEN, f"the length of {unknown[0]}'s key was not told")
        depends = sorted(name for name, strength in bits.items() if strength is not None and strength < self.least_bits)
        if depends:
            words = ", ".join(f"{name}: {bits[name]} bits" for name in depends)
            return Said(Fit.UNSEEN, f"{words}, which do inside a certified module alone")
        return Said(Fit.MEETS if bits else Fit.MOOT, f"{len(bits)} volumes" if bits else "no volume is encrypted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fips:
    """The kernel's FIPS mode."""

    reads: ClassVar[type[Facts]] = ServerSettings

    def judge(self, facts: ServerSettings) -> Said:
        if facts.fips is None:
            return Said(Fit.UNSEEN, "the kernel did not tell")
        return _told(holds=facts.fips, seen="on" if facts.fips else "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Checks that must pass."""

    ids: tuple[str, ...]


OfFacts: TypeAlias = (
    Versions | Suites | Groups | Key | Signature | Lifetime | HstsAge | Staple | Primes | DiskKey | Fips
)
Ask: TypeAlias = OfFacts | Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that a guideline asks. `starts`: the day from which it is in force; None: it always was."""

    text: str
    clause: str
    starts: date | None
    ask: Ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A guideline. `date`: of its publication."""

    id: str
    title: str
    source: str
    date: date
    rules: tuple[Rule, ...]
