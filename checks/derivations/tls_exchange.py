"""Turns what was seen of groups and primes into one settled answer per question."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from auditor.derive import Undecided, derive
from auditor.facts.dh_primes import prime_name
from auditor.facts.named_groups import POST_QUANTUM, curve_bits
from auditor.facts.tls_exchange import (
    BreakablePrimes,
    CompositePrimes,
    DhPrime,
    DhPrimes,
    HybridGroups,
    PrimeAnswer,
    ShortCurves,
    ShortPrimes,
    SmallCurves,
    TlsGroups,
)
from auditor.facts.tls_suites import Unsettled
from auditor.model import Reason

Answer = TypeVar("Answer", bound=PrimeAnswer)
REASONS = {reason.word: reason for reason in Reason}
TESTED_BITS = 8192  # of longer numbers nobody knows: a witness takes many seconds
LONG_BITS = 4096  # beyond it a witness takes seconds: one has to do
WITNESSES = (2, 3, 5)


@derive(reads=(TlsGroups,), yields=HybridGroups)
def hybrid_groups(seen: TlsGroups) -> HybridGroups:
    found = tuple(group for group in seen.in_tls13 if group in POST_QUANTUM)
    if not found or (seen.open_in_tls13 and seen.open_in_tls13.reason == Reason.INCONSISTENT.word):
        _require(seen.open_in_tls13, "groups of TLS 1.3")  # others may meet a server without
    return HybridGroups(observed_at=seen.observed_at, found=found, asked=len(seen.in_tls13))


@derive(reads=(TlsGroups,), yields=SmallCurves)
def small_curves(seen: TlsGroups) -> SmallCurves:
    found = _curves(seen, range(1, 224))
    if not found and not seen.has_explicit_curve:
        _require(seen.open_in_older, "groups before TLS 1.3")
    return SmallCurves(observed_at=seen.observed_at, found=found, has_explicit_curve=seen.has_explicit_curve)


@derive(reads=(TlsGroups,), yields=ShortCurves)
def short_curves(seen: TlsGroups) -> ShortCurves:
    found = _curves(seen, range(224, 256))
    if not found:
        _require(seen.open_in_older, "groups before TLS 1.3")
    return ShortCurves(observed_at=seen.observed_at, found=found)


@derive(reads=(DhPrimes,), yields=BreakablePrimes)
def breakable_primes(seen: DhPrimes) -> BreakablePrimes:
    return _settle(seen, BreakablePrimes, lambda prime: prime.bits < 1024)


@derive(reads=(DhPrimes,), yields=ShortPrimes)
def short_primes(seen: DhPrimes) -> ShortPrimes:
    return _settle(seen, ShortPrimes, lambda prime: 1024 <= prime.bits < 2048)


@derive(reads=(DhPrimes,), yields=CompositePrimes)
def composite_primes(seen: DhPrimes) -> CompositePrimes:
    """One composite number settles it; a number that is too long to be tested is no prime for all we know."""
    settled = _settle(seen, CompositePrimes, _is_composite)
    untested = next((one for one in seen.primes if one.bits > TESTED_BITS and not prime_name(one)), None)
    if untested and not settled.found:
        raise Undecided(Reason.NOT_OBSERVED, f"whether a number of {untested.bits} bits is a prime: it is too long")
    return settled


def _is_composite(prime: DhPrime) -> bool:
    """Most servers have a prime that has a name: to test it would take longer than to load this program."""
    return prime.bits <= TESTED_BITS and not prime_name(prime) and is_composite(int(prime.p, 16))


@lru_cache(maxsize=256)
def is_composite(number: int) -> bool:
    """Proven by a witness of Miller and Rabin (FIPS 186-5 B.3.1). A number made to deceive these witnesses is not."""
    if number < 4 or number % 2 == 0:
        return number not in (2, 3)
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    bases = WITNESSES if number.bit_length() <= LONG_BITS else WITNESSES[:1]
    return any(_is_witness(base, number, odd, twos) for base in bases if base < number - 1)


def _is_witness(base: int, number: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return False
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return False
    return True


def _curves(seen: TlsGroups, bits: range) -> tuple[int, ...]:
    taken = (*seen.in_tls13, *seen.in_older)
    return tuple(group for group in taken if (size := curve_bits(group)) is not None and size in bits)


def _settle(seen: DhPrimes, question: type[Answer], matches: Callable[[DhPrime], bool]) -> Answer:
    found = tuple(prime for prime in seen.primes if matches(prime))
    if not found:
        _require(seen.unsettled, "primes of Diffie-Hellman")
    others = tuple(prime for prime in seen.primes if prime not in found)
    return question(observed_at=seen.observed_at, found=found, asked=len(seen.primes), others=others)


def _require(unsettled: Unsettled | None, what: str) -> None:
    """Raises Undecided where a list may be longer than what was seen."""
    if unsettled:
        raise Undecided(REASONS[unsettled.reason], f"{what}: {unsettled.detail}")


DERIVATIONS = (hybrid_groups, small_curves, short_curves, breakable_primes, short_primes, composite_primes)
