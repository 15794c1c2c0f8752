"""The primes that many servers share: known by their numbers, and told by their names."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

import pytest

from auditor.facts.dh_primes import prime_name
from auditor.facts.tls_exchange import DhPrime, DhPrimes
from auditor.model import Outcome, Verdict
from checks.derivations.tls_exchange import is_composite, short_primes
from checks.tls_exchange import dh_short

# RFC 2409 section 6 and RFC 3526: 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) pi) + c).
OAKLEY = {
    768: ("RFC 2409 group 1", 149686),
    1024: ("RFC 2409 group 2", 129093),
    1536: ("RFC 3526 group 5", 741804),
    2048: ("RFC 3526 group 14", 124476),
    3072: ("RFC 3526 group 15", 1690314),
    4096: ("RFC 3526 group 16", 240904),
    6144: ("RFC 3526 group 17", 929484),
    8192: ("RFC 3526 group 18", 4743158),
}
# RFC 7919 appendix A: the same with e in place of pi.
FFDHE = {2048: 560316, 3072: 2625351, 4096: 5736041, 6144: 15705020, 8192: 10965728}
GUARD = 64


def inverse_tangent(x: int, one: int) -> int:
    """of 1/x, times `one`."""
    term, total, number, sign = one // x, one // x, 3, -1
    while term:
        term //= x * x
        total += sign * (term // number)
        number, sign = number + 2, -sign
    return total


def pi(bits: int) -> int:
    one = 1 << (bits + GUARD)
    return (4 * (4 * inverse_tangent(5, one) - inverse_tangent(239, one))) >> GUARD


def e(bits: int) -> int:
    term = total = 1 << (bits + GUARD)
    number = 1
    while term:
        term //= number
        total, number = total + term, number + 1
    return total >> GUARD


def made_of(digits: int, n: int, c: int) -> DhPrime:
    return DhPrime(p=f"{2**n - 2 ** (n - 64) - 1 + 2**64 * (digits + c):x}", g="2")


def seen_with(prime: DhPrime) -> Verdict:
    facts = DhPrimes(observed_at=datetime(2026, 5, 4, tzinfo=UTC), primes=(prime,), unsettled=None)
    return dh_short.judge(short_primes.derive(facts))


@pytest.mark.parametrize("n", OAKLEY)
def test_the_groups_of_ipsec_are_known_by_what_they_are_computed_from(n: int) -> None:
    prime = made_of(pi(n - 130), n, OAKLEY[n][1])
    assert prime_name(prime) == OAKLEY[n][0]
    assert n > 3072 or not is_composite(int(prime.p, 16))


@pytest.mark.parametrize("n", FFDHE)
def test_the_groups_of_tls_are_known_too(n: int) -> None:
    assert prime_name(made_of(e(n - 130), n, FFDHE[n])) == f"RFC 7919 ffdhe{n}"


def test_the_evidence_names_a_common_prime_and_says_what_a_short_one_means() -> None:
    (good,) = seen_with(made_of(pi(2048 - 130), 2048, OAKLEY[2048][1])).evidence
    assert good.seen == "a prime of 2048 bits: RFC 3526 group 14"
    verdict = seen_with(made_of(pi(1024 - 130), 1024, OAKLEY[1024][1]))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.evidence[0].seen == "a prime of 1024 bits: RFC 2409 group 2, which many servers share"


@pytest.mark.parametrize("bits", [1, 512, 1024, 2048, 16_384])
def test_a_prime_that_nobody_knows_is_told_by_its_beginning(bits: int) -> None:
    prime = DhPrime(p=f"{(1 << (bits - 1)) | 1:x}", g="2")
    assert not prime_name(prime)
    assert seen_with(prime).evidence[0].seen.startswith(f"{bits} bits: ")


def test_every_line_of_the_list_is_whole_and_there_once() -> None:
    text = files("auditor.facts").joinpath("dh_primes.txt").read_text(encoding="utf-8")
    rows = [line.split(maxsplit=2) for line in text.splitlines() if not line.startswith("#")]
    assert len(rows) == len({digest for digest, _, _ in rows}) == 25
    assert all(len(digest) == 64 and 512 <= int(bits) <= 8192 and name for digest, bits, name in rows)
