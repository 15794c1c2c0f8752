"""Whether the private half of a public key can be had: known keys, and RSA keys that can be computed. Pure numbers."""

from __future__ import annotations

from functools import cache
from math import gcd, isqrt, prod

from auditor.facts.certificates import CertificateSeen, KeyKind, LeafDetail
from auditor.registers import known_keys

FERMAT_ROUNDS = 100  # primes as close as broken generators made them fall in the first few
SMALL_PRIMES_BELOW = 7_000
# Primes of the ROCA fingerprint (CVE-2017-15361, Nemec et al. 2017, section 2.1): modulo each, a modulus of the broken
# library is a power of 65537.
ROCA_PRIMES_UP_TO = 167
ROCA_GENERATOR = 65_537
ALWAYS_KEPT_BITS = 8_192  # of an RSA modulus; older versions kept no longer one
LEAST_EXPONENT = 3  # RFC 8017 section 3.1; CA/B BR 6.1.6


def key_fault(detail: LeafDetail) -> str:
    """How anybody can have the private key, as half a sentence; "" if we know no way."""
    known = known_keys().get(detail.spki_sha256)
    if known is not None:
        return f"its private key is public: {known.name} ({known.source})"
    if not detail.modulus or not detail.exponent:
        return ""
    return rsa_fault(int(detail.modulus, 16), int(detail.exponent, 16))


def too_long_to_read(seen: CertificateSeen) -> str:
    """Why `key_fault` cannot speak for an RSA key of which no number was kept, as half a sentence; "" if it can."""
    bits = (seen.leaf.key_bits or 0) if seen.leaf.key_kind is KeyKind.RSA else 0
    if bits <= ALWAYS_KEPT_BITS or seen.detail is None or seen.detail.modulus:
        return ""
    return f"whether its private key is a secret: its numbers of {bits} bits were not kept"


def rsa_fault(modulus: int, exponent: int) -> str:
    """What makes an RSA key no secret, as half a sentence; "" if it is none of what we look for."""
    if exponent < LEAST_EXPONENT or exponent % 2 == 0:
        return f"its public exponent is {exponent}, which encrypts nothing"
    if modulus <= 1 or gcd(modulus, _small_primes()) > 1:
        return "its modulus has a small factor"
    if has_close_primes(modulus):
        return "its two primes are so close that Fermat's method finds them"
    if has_roca_fingerprint(modulus):
        return "its modulus bears the fingerprint of the broken generator of CVE-2017-15361 (ROCA)"
    return ""


def has_close_primes(modulus: int) -> bool:
    """Does Fermat's factorisation end within a few rounds (CVE-2022-26320)?"""
    middle = isqrt(modulus)
    if middle * middle == modulus:
        return True
    for _ in range(FERMAT_ROUNDS):
        middle += 1
        rest = middle * middle - modulus
        if isqrt(rest) ** 2 == rest:
            return middle - isqrt(rest) > 1
    return False


def has_roca_fingerprint(modulus: int) -> bool:
    """Of moduli made at random, fewer than one in 2**27 is taken for one of these."""
    return all(modulus % prime in residues for prime, residues in _roca_residues())


@cache
def _roca_residues() -> tuple[tuple[int, frozenset[int]], ...]:
    """For each prime the powers of the generator."""
    return tuple(
        (prime, frozenset(pow(ROCA_GENERATOR, power, prime) for power in range(prime)))
        for prime in _primes_up_to(ROCA_PRIMES_UP_TO)
    )


@cache
def _small_primes() -> int:
    """Their product: one gcd finds whether any of them divides a number."""
    return prod(_primes_up_to(SMALL_PRIMES_BELOW))


def _primes_up_to(limit: int) -> tuple[int, ...]:
    sieve = bytearray([1]) * (limit + 1)
    for number in range(2, isqrt(limit) + 1):
        sieve[number * number :: number] = bytes(len(range(number * number, limit + 1, number)))
    return tuple(number for number in range(2, limit + 1) if sieve[number])
