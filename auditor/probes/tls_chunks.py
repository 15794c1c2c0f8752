"""Which suites and groups are asked for, in which order and portions. Knows no server.

Portions are small because old servers do not read long lists: one was seen that looks at 64 suites and no further, and
boxes on the way that break on more than 128. So what would change a grade stands at the beginning of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from auditor.facts.cipher_suites import CipherSuite, Strength, registry, suite
from auditor.facts.tls import TlsVersion
from auditor.once import once
from auditor.probes.client_hello import offered_suites

MOST_SUITES = 118  # of one hello, without signals
REACH = 64  # of them, which every server reads

# The groups of TLS 1.3, RFC 8446 section 4.2.7: curves, hybrids with ML-KEM, its bare forms, their drafts, brainpool
# (RFC 8734), SM2 (RFC 8998), and last the prime groups of RFC 7919.
HYBRIDS = (0x11EC, 0x11EB, 0x11ED)
PRIME_GROUPS = (256, 257, 258, 259, 260)
GROUPS_OF_13 = (29, 23, 24, 25, 30, *HYBRIDS, 0x0200, 0x0201, 0x0202, 0x6399, 0x639A, 31, 32, 33, 41, *PRIME_GROUPS)
# Those of RFC 8422 and before, likely ones first. Prime groups are left out: a server that knows their extension and
# none of them would have to keep its other primes to itself (RFC 7919 section 4).
OLD_GROUPS = (29, 23, 24, 25, 30, 26, 27, 28, *range(1, 23))
ASKED_AGAIN = frozenset({"RSA", "ECDHE_RSA", "ECDH_anon"})  # key exchanges of weak suites that servers were seen with
CERTIFICATE_CURVES = (23, 24, 25)  # what keys of ECDSA certificates lie on (CA/B BR 6.1.5)


@once
def portions(version: TlsVersion) -> tuple[tuple[int, ...], ...]:
    """Every registered suite of a version, once each; those of the version's own hello come first.

    Suites for an ECDSA certificate stand beside none that needs another one: HAProxy shows the ECDSA certificate to
    whoever offers any suite for it, and declines what only the other could serve. Those with an ephemeral prime stand
    beside none that most servers have: one without a prime may pick such a suite all the same, and break off.
    """
    likely = [number for number in offered_suites(version) if _fits(suite(number), version)]
    rest = [one for one in registry().values() if _fits(one, version) and one.number not in likely]
    every = [*map(suite, likely), *sorted(rest, key=_wanted_least)]
    rest = every[len(likely) :]
    secret = [one.number for one in rest if not (one.needs_certificate_key or one.is_anonymous)]
    ecdsa = _filled([one.number for one in every if one.needs_ecdsa_certificate], secret)
    static = [one.number for one in rest if one.is_static_prime]
    prime = [one.number for one in every if one.is_finite_field]
    fillers = static + _beside(ecdsa, secret)
    with_prime = _filled(_beside(secret, prime), fillers)
    first, others = _beside(with_prime + ecdsa, likely), _beside(with_prime + ecdsa, [one.number for one in rest])
    room = MOST_SUITES - len(first)
    first, others = first + others[-room:], others[:-room]
    count = -(-len(others) // MOST_SUITES)
    found = [first, *(others[at::count] for at in range(count)), with_prime, ecdsa]
    return tuple(_weak_ones_in_reach(portion) for portion in found if portion)


def _beside(gone: list[int], numbers: list[int]) -> list[int]:
    """Those that are not `gone`, in their order."""
    without = set(gone)
    return [number for number in numbers if number not in without]


def _filled(portion: list[int], fillers: list[int]) -> list[int]:
    """Filled up to its size with others that do no harm there; nothing, where it would hold them alone."""
    return portion + fillers[: MOST_SUITES - len(portion)] if portion else []


def _weak_ones_in_reach(portion: list[int]) -> tuple[int, ...]:
    """The same order, but for the last strong ones among the first `REACH`, which make room for weak ones."""
    weak = {number for number in portion if _changes_a_grade(suite(number))}
    strong = [number for number in portion if number not in weak]
    head = weak | set(strong[: max(0, REACH - len(weak))])
    return tuple(sorted(portion, key=lambda number: number not in head))


def _changes_a_grade(one: CipherSuite) -> bool:
    return one.strength <= Strength.OUTDATED and (one.has_certificate or one.is_anonymous)


def weakest_first(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(numbers, key=lambda number: suite(number).strength))


@cache
def with_named_primes(version: TlsVersion) -> tuple[int, ...]:
    """Every suite with an ephemeral prime; before them, as many as there is room for, weak ones of other portions.

    Those have been declined by then. Asked at another time they show whether one alert may be believed.
    """
    every = [suite(number) for portion in portions(version) for number in portion]
    prime = [one.number for one in every if one.is_finite_field]
    weak = [one.number for one in every if one.key_exchange in ASKED_AGAIN and _changes_a_grade(one)]
    again = [number for number in weak if number not in prime]
    return (*again[: MOST_SUITES - len(prime)], *prime)


def _fits(one: CipherSuite, version: TlsVersion) -> bool:
    if version is TlsVersion.TLS13:
        return one.is_tls13
    return not one.is_tls13 and (version is TlsVersion.TLS12 or not one.needs_tls12)


def _wanted_least(one: CipherSuite) -> tuple[bool, bool]:
    """Weak ones first; those that need a secret shared beforehand last, since no resident can use them."""
    return (not (one.has_certificate or one.is_anonymous), one.strength > Strength.OUTDATED)
