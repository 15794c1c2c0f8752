"""What is asked of an endpoint whose versions are known: the topics of the second conversation, in two rounds.

What a broad hello excluded is not asked again; a version that was declined for want of a suite is asked for the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial

from auditor.facts.cipher_suites import suite
from auditor.facts.tls import EVERY_VERSION, TlsVersion
from auditor.probes.client_hello import GROUPS, SIGNATURES, offered_suites
from auditor.probes.offer import HAS_EXTENSIONS, Offer, Until
from auditor.probes.tls_chunks import (
    GROUPS_OF_13,
    MOST_SUITES,
    OLD_GROUPS,
    PRIME_GROUPS,
    portions,
    weakest_first,
    with_named_primes,
)
from auditor.probes.tls_hunts import GroupHunt, NamedPrimeHunt, OldGroupHunt, SuiteHunt
from auditor.probes.tls_meaning import CLOSED_AS_A_REFUSAL
from auditor.probes.tls_scan import Scan
from auditor.probes.tls_topics import Doubted, PreferenceTopic, Single, Topic

WITH_NAMED_PRIMES = frozenset({TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12})  # RFC 7919 section 4
# How a version is declined by a server that has it, but none of the suites. SSL 3.0 knows no other alert for that.
NO_COMMON_SUITE = ("alert 40", "alert 71", CLOSED_AS_A_REFUSAL)
OLD_SIGNATURES = (0x0201, 0x0203, 0x0202, 0x0101)  # SHA-1 with RSA, ECDSA and DSA; MD5 with RSA
LONG = 1_800  # bytes: as with a key share of X25519MLKEM768, in two packets
ODD_LENGTH = 400  # bytes: among 256 to 511, which devices of before 2014 hung on; asked in the deep tier
FEW_SUITES = 8  # so that a hello of 400 bytes holds them
SHA224 = (0x0301, 0x0303, 0x0302)  # with RSA, ECDSA and DSA


class FirstPlan:
    """Every suite of every version, and every group of TLS 1.3. `is_thorough`: each prime group on its own, too."""

    def __init__(self, scan: Scan, *, is_thorough: bool = False) -> None:
        self.scan = scan
        self.is_thorough = is_thorough
        self.hunts: dict[TlsVersion, list[SuiteHunt]] = {}
        self.groups: GroupHunt | None = None
        for version in reversed(EVERY_VERSION):
            if version is not TlsVersion.SSL2 and version in scan.shown:
                self.hunts[version] = self._hunts_of_accepted(version)
            elif version in HAS_EXTENSIONS and scan.refused.get(version, "").startswith(NO_COMMON_SUITE):
                self.hunts[version] = self._hunts_of_refused(version)
        shown = scan.shown.get(TlsVersion.TLS13)
        if shown and not shown.question.second:
            offer = Offer(version=TlsVersion.TLS13, suites=portions(TlsVersion.TLS13)[0], groups=GROUPS_OF_13)
            beside = self.hunts[TlsVersion.TLS13]
            self.groups = GroupHunt(offer, [shown.hello.group], beside=beside, is_apart=is_thorough)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Groups come first, since each hello about them waits for the one before; but see `Topic.is_waiting`."""
        hunts = [hunt for version in sorted(self.hunts, reverse=True) for hunt in self.hunts[version]]
        return (self.groups, *hunts) if self.groups else tuple(hunts)

    @property
    def late(self) -> tuple[TlsVersion, ...]:
        """Versions that were declined at first, and are accepted with a less likely suite."""
        return tuple(v for v in self.hunts if v not in self.scan.shown and any(hunt.found for hunt in self.hunts[v]))

    def accepted(self, version: TlsVersion) -> tuple[int, ...]:
        """The suites taken in a version, in the order in which they were picked."""
        shown = self.scan.shown.get(version)
        first = [shown.hello.suite] if shown else []
        found = [number for hunt in self.hunts.get(version, ()) for number in hunt.found]
        return tuple(dict.fromkeys(first + found))

    def found_groups(self) -> tuple[int, ...]:
        """The groups of TLS 1.3 that were named, whatever was asked."""
        if self.groups is None:
            return ()
        self.groups.learn()
        return tuple(self.groups.found)

    def _hunts_of_accepted(self, version: TlsVersion) -> list[SuiteHunt]:
        """Without the suite that the version's own hello was met with, unless it has a prime yet to be shown."""
        shown = self.scan.shown[version]
        seen = frozenset(() if suite(shown.hello.suite).is_finite_field else (shown.hello.suite,))
        share = version is TlsVersion.TLS13 and shown.question.second

        def assure(hello: Offer) -> Offer:
            others = (one for one in hello.suites if one != shown.hello.suite)
            return hello.with_suites(shown.hello.suite, *others)  # first: many servers go by the client's order

        known = (shown.hello.group,) if version is TlsVersion.TLS13 and not share and not self.scan.has_closed else ()
        hunts = [
            SuiteHunt(_hunting(version, numbers, share=share), assure=assure, known_groups=known)
            for numbers in _without(seen, version)
        ]
        if version not in WITH_NAMED_PRIMES:
            return hunts
        offer = _hunting(version, with_named_primes(version)).but(groups=(*GROUPS, *PRIME_GROUPS))
        newer = [hunt for found in self.hunts.values() for hunt in found if isinstance(hunt, NamedPrimeHunt)]
        return [*hunts, NamedPrimeHunt(offer, beside=hunts, newer=newer, assure=assure)]

    def _hunts_of_refused(self, version: TlsVersion) -> list[SuiteHunt]:
        """What matters most stands first, since nothing is expected of them.

        A server that keeps to its ECDSA certificate has declined the version's own hello for that one alone.
        """
        seen = frozenset(number for number in offered_suites(version) if suite(number).needs_ecdsa_certificate)
        assure = partial(_in_an_accepted_version, self.scan)
        return [
            SuiteHunt(_hunting(version, numbers), is_accepted=False, assure=assure)
            for numbers in reversed(_together(_without(seen, version)))
        ]


class SecondPlan:
    """What depends on the suites: older groups, options, signatures, preference, fallback, tolerance, long hellos.

    A topic is None where its question does not arise. `protocols`: what ALPN offers beside the options.
    """

    def __init__(self, first: FirstPlan, *, protocols: tuple[bytes, ...] = ()) -> None:
        self._protocols = protocols
        accepted = [version for version in EVERY_VERSION if first.accepted(version)]
        old = [version for version in accepted if version is not TlsVersion.TLS13]
        self.newest_old = old[-1] if old else None
        self.options: Single | None = None
        self.old_groups: OldGroupHunt | None = None
        self.signature: Single | None = None
        self.sha224: Single | None = None
        self.preference: PreferenceTopic | None = None
        self.fallback: Single | None = None
        if self.newest_old:
            self._plan_old(self.newest_old, first)
        if len(old) > 1 and old[-2] is not TlsVersion.SSL3:
            offer = _hunting(old[-2], first.accepted(old[-2]))
            self.fallback = Single(offer.but(fallback=True), assure=lambda hello: hello.but(fallback=False))
        self.sized = _sized(accepted[-1], first) if accepted else ()
        is_known = first.groups is not None and first.groups.is_tolerant
        self.tolerance = _tolerance(accepted[-1], first) if accepted and not is_known else None

    @property
    def topics(self) -> tuple[Topic, ...]:
        every = (self.old_groups, self.options, self.signature, self.sha224, self.preference)
        return tuple(topic for topic in (*every, self.fallback, self.tolerance, *self.sized) if topic is not None)

    def _plan_old(self, version: TlsVersion, first: FirstPlan) -> None:
        suites = first.accepted(version)
        signed = tuple(one for one in suites if suite(one).has_certificate)
        offer = _hunting(version, signed or suites).but(options=True, until=Until.END, protocols=self._protocols)
        self.options = Single(offer)
        if version is not TlsVersion.SSL3:
            self.old_groups = _old_groups(version, suites, first.found_groups(), self.options)
        exchanged = tuple(one for one in signed if suite(one).is_ephemeral)
        if version is TlsVersion.TLS12 and exchanged:
            offer = _hunting(version, exchanged).but(signatures=OLD_SIGNATURES, until=Until.EXCHANGE)
            self.signature = Single(offer, assure=_with_new_signatures)
            if first.is_thorough:
                self.sha224 = Single(offer.but(signatures=SHA224), assure=_with_new_signatures)
        if len({suite(one).strength for one in suites}) > 1:
            self.preference = PreferenceTopic(_hunting(version, weakest_first(suites)))


def _old_groups(
    version: TlsVersion, suites: Iterable[int], known: tuple[int, ...], options: Single
) -> OldGroupHunt | None:
    """With an RSA certificate where there is one: its server takes any curve that it knows.

    `options`: will tell of one group that is taken.
    """
    elliptic = [one for one in suites if suite(one).is_elliptic]
    with_rsa = tuple(one for one in elliptic if "_RSA" in suite(one).key_exchange or suite(one).is_anonymous)
    if not elliptic:
        return None
    groups = tuple(group for group in OLD_GROUPS if group not in known)
    offer = Offer(version=version, suites=with_rsa or tuple(elliptic), groups=groups, until=Until.EXCHANGE)
    return OldGroupHunt(offer, needs_curve=not with_rsa, options=options)


def _with_new_signatures(hello: Offer) -> Offer:
    return hello.but(signatures=tuple(dict.fromkeys((*hello.signatures, *SIGNATURES))))


def _tolerance(version: TlsVersion, first: FirstPlan) -> Single | None:
    """SSL 3.0 has no extensions to be tolerant of."""
    if version is TlsVersion.SSL3:
        return None
    shown = first.scan.shown.get(version)
    share = shown is not None and shown.question.second
    offer = _hunting(version, first.accepted(version), share=share)
    return Doubted(offer.but(grease=True), assure=lambda hello: hello.but(grease=False))


def _sized(version: TlsVersion, first: FirstPlan) -> tuple[Single, ...]:
    """Hellos of the lengths that devices break on; each beside the same one of a length that is answered."""
    if version is TlsVersion.SSL3:
        return ()
    shown = first.scan.shown.get(version)
    share = shown is not None and shown.question.second
    offer = _hunting(version, first.accepted(version)[:FEW_SUITES], share=share)
    lengths = (ODD_LENGTH, LONG) if first.is_thorough else (LONG,)
    return tuple(Doubted(offer.but(size=size), assure=lambda hello: hello.but(size=0)) for size in lengths)


def _in_an_accepted_version(scan: Scan, hello: Offer) -> Offer:
    """The same suites, and the one that the control's hello was met with, in its version."""
    control = scan.standing
    if control is None:
        return hello
    share = control.version is TlsVersion.TLS13 and control.question.second
    return _hunting(control.version, (control.hello.suite, *hello.suites), share=share)


@lru_cache(maxsize=256)
def _without(seen: frozenset[int], version: TlsVersion) -> tuple[tuple[int, ...], ...]:
    left = (tuple(one for one in numbers if one not in seen) for numbers in portions(version))
    return tuple(numbers for numbers in left if numbers)


def _together(few: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """The first portions in one, where it holds them; the last, for ECDSA certificates, stays apart."""
    *others, last = few
    joined = tuple(number for numbers in others for number in numbers)
    return (joined, last) if others and len(joined) <= MOST_SUITES else few


def _hunting(version: TlsVersion, suites: tuple[int, ...], *, share: bool = False) -> Offer:
    groups = GROUPS_OF_13 if version is TlsVersion.TLS13 else GROUPS
    is_13 = version is TlsVersion.TLS13
    return Offer(
        version=version,
        suites=suites,
        groups=groups,
        share=is_13 and share,
        until=Until.HELLO if is_13 else Until.PRIME,
    )
