"""Which suites and groups are asked for, in which order and portions. Knows no server.

Portions are small because old servers do not read long lists: one was seen that looks at 64 suites and no further, and
boxes on the way that break on more than 128. So what would change a grade stands at the beginning of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from auditor.facts.cipher_suites import CipherSuite, Strength, registry, suite
from auditor.facts.tls import TlsVersion
from auditor.probes.client_hello import offered_suites

MOST_SUITES = 118  # of one hello, without signals

# The groups of TLS 1.3, RFC 8446 section 4.2.7: curves, hybrids with ML-KEM, its bare forms, their drafts, brainpool
# (RFC 8734), SM2 (RFC 8998), and last the prime groups of RFC 7919.
HYBRIDS = (0x11EC, 0x11EB, 0x11ED)
PRIME_GROUPS = (256, 257, 258, 259, 260)
GROUPS_OF_13 = (29, 23, 24, 25, 30, *HYBRIDS, 0x0200, 0x0201, 0x0202, 0x6399, 0x639A, 31, 32, 33, 41, *PRIME_GROUPS)
# Those of RFC 8422 and before, likely ones first. Prime groups are left out: a server that knows their extension and
# none of them would have to keep its other primes to itself (RFC 7919 section 4).
OLD_GROUPS = (29, 23, 24, 25, 30, 26, 27, 28, *range(1, 23))
CERTIFICATE_CURVES = (23, 24, 25)  # what keys of ECDSA certificates lie on (CA/B BR 6.1.5)


@cache
def portions(version: TlsVersion) -> tuple[tuple[int, ...], ...]:
    """Every registered suite of a version, once each; those of the version's own hello come first."""
    known = registry()
    likely = tuple(number for number in offered_suites(version) if _fits(known[number], version))
    rest = [one for one in known.values() if _fits(one, version) and one.number not in likely]
    rest.sort(key=_least_wanted_last)
    numbers = [one.number for one in rest]
    room = max(0, MOST_SUITES - len(likely))
    first, others = (numbers[-room:], numbers[:-room]) if room else ([], numbers)
    count = -(-len(others) // MOST_SUITES)
    return ((*likely, *first), *(tuple(others[at::count]) for at in range(count)))


def weakest_first(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(numbers, key=lambda number: suite(number).strength))


def _fits(one: CipherSuite, version: TlsVersion) -> bool:
    if version is TlsVersion.TLS13:
        return one.is_tls13
    return not one.is_tls13 and (version is TlsVersion.TLS12 or not one.needs_tls12)


def _least_wanted_last(one: CipherSuite) -> tuple[bool, bool]:
    """Weak ones first; those that need a secret shared beforehand last, since no resident can use them."""
    return (not (one.has_certificate or one.is_anonymous), one.strength > Strength.OUTDATED)
