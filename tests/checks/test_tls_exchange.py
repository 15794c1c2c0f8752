"""The rules about primes, curves, signatures and options, each at the edges of what it asks."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.check import Check
from auditor.facts.dh_primes import prime_name
from auditor.facts.named_groups import NAMES, curve_bits, group_name
from auditor.facts.tls_exchange import (
    DhPrime,
    DhPrimes,
    FallbackAnswer,
    HandshakeSignature,
    LongHellos,
    OldHash,
    OldHello,
    SizedHello,
    TlsFallback,
    TlsGroups,
    TlsOptions,
    TlsTolerance,
)
from auditor.facts.tls_suites import SuitePreference, TlsSuites, Unsettled, VersionSuites
from auditor.model import Severity
from checks.derivations.tls_exchange import is_composite
from tests.checks.tls_rows import CBC, GOOD, NOW, OPEN, V, outcome, suites
from tests.probes.tls_verdicts import CHECKS

OAKLEY_1 = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b"
    "302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff",
    16,
)  # RFC 2409 section 6.1, 768 bits


def primes(*bits: int, unsettled: Unsettled | None = None, odd: int = 1) -> DhPrimes:
    made = tuple(DhPrime(p=f"{(1 << (size - 1)) + odd:x}", g="2") for size in bits)
    return DhPrimes(observed_at=NOW, primes=made, unsettled=unsettled)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (512, "fail pass"),
        (1023, "fail pass"),
        (1024, "pass fail"),
        (2047, "pass fail"),
        (2048, "pass pass"),
        (8192, "pass pass"),
    ],
)
def test_primes_by_their_length(bits: int, expected: str) -> None:
    seen = primes(bits)
    assert [outcome(check, seen) for check in ("tls-dh-breakable", "tls-dh-short")] == expected.split()


def test_primes_that_were_not_all_seen() -> None:
    checks = ("tls-dh-breakable", "tls-dh-short", "tls-dh-composite")
    assert [outcome(check, primes(unsettled=OPEN)) for check in checks] == ["throttled"] * 3
    assert [outcome(check, primes()) for check in checks] == ["pass"] * 3
    assert outcome("tls-dh-breakable", primes(512, unsettled=OPEN)) == "fail"


def test_what_is_no_prime_is_found_out() -> None:
    assert not is_composite(OAKLEY_1)
    assert is_composite(OAKLEY_1 + 2)
    assert is_composite(OAKLEY_1 - 1)
    assert [number for number in range(2, 40) if not is_composite(number)] == [
        2,
        3,
        5,
        7,
        11,
        13,
        17,
        19,
        23,
        29,
        31,
        37,
    ]
    composite = DhPrimes(observed_at=NOW, primes=(DhPrime(p=f"{OAKLEY_1 + 2:x}", g="2"),), unsettled=None)
    assert outcome("tls-dh-composite", composite) == "fail"
    sound = DhPrimes(observed_at=NOW, primes=(DhPrime(p=f"{OAKLEY_1:x}", g="2"),), unsettled=None)
    assert outcome("tls-dh-composite", sound) == "pass"
    assert outcome("tls-dh-composite", primes(8192)) == "fail"
    assert outcome("tls-dh-composite", primes(8193)) == "not_observed", "too long to be tested"
    assert outcome("tls-dh-composite", primes(8193, 1024)) == "fail"


def groups(
    *in_tls13: int,
    older: tuple[int, ...] = (),
    explicit: bool = False,
    tls13: Unsettled | None = None,
    rest: Unsettled | None = None,
) -> TlsGroups:
    return TlsGroups(
        observed_at=NOW,
        in_tls13=in_tls13,
        open_in_tls13=tls13,
        in_older=older,
        open_in_older=rest,
        has_explicit_curve=explicit,
    )


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(groups(0x11EC, 29, 23), "pass pass pass", id="modern"),
        pytest.param(groups(0x0202, tls13=OPEN), "pass pass pass", id="ML-KEM alone, the rest unseen"),
        pytest.param(groups(29, 23), "fail pass pass", id="no hybrid"),
        pytest.param(groups(29, 0x6399), "fail pass pass", id="the draft does not count"),
        pytest.param(groups(29, tls13=OPEN), "throttled pass pass", id="hybrids unseen"),
        pytest.param(groups(), "fail pass pass", id="no TLS 1.3"),
        pytest.param(groups(0x11EC, older=(21,)), "pass pass fail", id="P-224"),
        pytest.param(groups(0x11EC, older=(19,)), "pass fail pass", id="P-192"),
        pytest.param(groups(0x11EC, older=(1, 20)), "pass fail fail", id="both"),
        pytest.param(groups(0x11EC, explicit=True), "pass fail pass", id="a curve of its own"),
        pytest.param(groups(0x11EC, 22), "pass pass pass", id="secp256k1"),
        pytest.param(groups(0x11EC, rest=OPEN), "pass throttled throttled", id="older ones unseen"),
    ],
)
def test_groups(seen: TlsGroups, expected: str) -> None:
    checks = ("tls-no-post-quantum", "tls-small-curve", "tls-short-curve")
    assert [outcome(check, seen) for check in checks] == expected.split()


def test_bits_of_curves_are_those_of_their_names() -> None:
    bits = {name: curve_bits(number) for number, name in NAMES.items()}
    assert (bits["sect163k1"], bits["secp521r1"], bits["brainpoolP384r1"], bits["secp256k1"]) == (163, 521, 384, 256)
    assert {name for name, size in bits.items() if size is None and NAMES} >= {"x25519", "x448", "ffdhe2048"}
    assert group_name(0xFEFE) == "group 0xfefe"


@pytest.mark.parametrize(
    ("old_hash", "expected"),
    [(OldHash.SIGNED, "fail"), (OldHash.REFUSED, "pass"), (OldHash.NOT_ASKED, "not_applicable")],
)
def test_old_hashes(old_hash: OldHash, expected: str) -> None:
    facts = HandshakeSignature(observed_at=NOW, old_hash=old_hash, answer="a signature of scheme 0x0201")
    assert outcome("tls-old-hash-signature", facts) == expected


def options(ems: bool = True, renegotiation: bool = True, compression: int = 0) -> TlsOptions:
    hello = OldHello(
        version=V.TLS12,
        has_extended_master_secret=ems,
        has_secure_renegotiation=renegotiation,
        compression=compression,
        has_tickets=True,
        protocol="h2",
        has_staple=False,
        has_scts=False,
        wants_client_certificate=False,
        leaf="00",
        chain_length=1,
    )
    return TlsOptions(observed_at=NOW, hello=hello)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (options(), "pass pass pass"),
        (options(ems=False), "fail pass pass"),
        (options(renegotiation=False), "pass fail pass"),
        (options(compression=1), "pass pass fail"),
        (TlsOptions(observed_at=NOW, hello=None), "not_applicable not_applicable not_applicable"),
    ],
)
def test_options(facts: TlsOptions, expected: str) -> None:
    checks = ("tls-no-extended-master-secret", "tls-no-secure-renegotiation", "tls-compression")
    assert [outcome(check, facts) for check in checks] == expected.split()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (FallbackAnswer.STOPPED, "pass"),
        (FallbackAnswer.ALLOWED, "fail"),
        (FallbackAnswer.NOT_ASKED, "not_applicable"),
    ],
)
def test_fallback(answer: FallbackAnswer, expected: str) -> None:
    assert outcome("tls-no-downgrade-signal", TlsFallback(observed_at=NOW, answer=answer)) == expected


def test_tolerance() -> None:
    for is_tolerant, expected in ((True, "pass"), (False, "fail")):
        facts = TlsTolerance(observed_at=NOW, is_tolerant=is_tolerant, answer="alert 40")
        assert outcome("tls-intolerant", facts) == expected


def test_severities_are_those_of_the_calibration() -> None:
    """No effective protection F, outdated C, a mandatory rule missed B, hardening A: each for public data."""
    severities = {severity: {check.id for check in CHECKS if check.severity is severity} for severity in Severity}
    assert severities[Severity.CRITICAL] == {
        *("tls-null-suite", "tls-anonymous-suite", "tls-export-suite", "tls-rc4-only", "tls-dh-breakable"),
    }
    assert severities[Severity.HIGH] == {"tls-rc4-suite", "tls-3des-suite", "tls-dh-composite", "tls-compression"}
    assert severities[Severity.LOW] == {
        *("tls-static-key-exchange", "tls-cbc-suite", "tls-dhe-suite", "tls-short-curve", "tls-no-post-quantum"),
        *("tls-no-downgrade-signal", "tls-intolerant", "tls-long-hello-declined"),
    }


@pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])
def test_fix_is_printed_whole(check: Check[Any]) -> None:
    """A line of a docstring that begins with "Word:" would end the section before it."""
    assert check.fix.endswith(".")
    assert check.why.endswith(".")
    assert check.fix.count("`") % 2 == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Unsettled(reason="because", detail=""),
        lambda: VersionSuites(version=V.TLS12, accepted=(), unsettled=None),
        lambda: TlsSuites(observed_at=NOW, versions=()),
        lambda: TlsSuites(observed_at=NOW, versions=(*suites(GOOD).versions, *suites(CBC).versions)),
        lambda: SuitePreference(observed_at=NOW, offered=(1, 2), picked=3, picked_again=0),
        lambda: SuitePreference(observed_at=NOW, offered=(), picked=3, picked_again=0),
        lambda: SuitePreference(observed_at=NOW, offered=(1, 2), picked=1, picked_again=3),
        lambda: DhPrime(p="", g="2"),
        lambda: DhPrime(p="0f", g="2"),
        lambda: DhPrime(p="FF", g="2"),
    ],
)
def test_facts_refuse_an_empty_or_impossible_truth(make: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        make()


def floor_of_e(bits: int) -> int:
    """2^bits · e, rounded down."""
    guard = bits + 64
    term, total, number = 1 << guard, 0, 0
    while term:
        total, number = total + term, number + 1
        term //= number
    return total >> 64


def floor_of_pi(bits: int) -> int:
    """2^bits · π, rounded down (Machin: 16 arctan 1/5 - 4 arctan 1/239)."""

    def arctan_of_inverse(x: int) -> int:
        term, total, number = (1 << (bits + 64)) // x, 0, 1
        while term:
            total += term // number if number % 4 == 1 else -(term // number)
            term, number = term // (x * x), number + 2
        return total

    return (16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)) >> 64


def published(bits: int, floor: int) -> int:
    """RFC 7919 appendix A and RFC 3526: `floor` is that of 2^(bits-130) times e or π, and the addend."""
    return 2**bits - 2 ** (bits - 64) + floor * 2**64 - 1


@pytest.mark.parametrize(
    ("bits", "floor"),
    [
        (2048, floor_of_e(1918) + 560316),
        (3072, floor_of_e(2942) + 2625351),
        (4096, floor_of_e(3966) + 5736041),
        (2048, floor_of_pi(1918) + 124476),
        (3072, floor_of_pi(2942) + 1690314),
        (4096, floor_of_pi(3966) + 240904),
    ],
)
def test_the_primes_that_have_a_name_are_those_of_the_rfcs(bits: int, floor: int) -> None:
    number = published(bits, floor)
    assert prime_name(DhPrime(p=f"{number:x}", g="2"))
    assert pow(2, number - 1, number) == 1
    assert not is_composite(number)
    assert is_composite(number - 2)


@pytest.mark.parametrize(
    ("answered", "expected"),
    [((), "not_applicable"), ((True, True), "pass"), ((True, False), "fail"), ((False, False), "fail")],
)
def test_long_hellos(answered: tuple[bool, ...], expected: str) -> None:
    hellos = tuple(SizedHello(size=400, is_answered=one, answer="x" * 999) for one in answered)
    assert outcome("tls-long-hello-declined", LongHellos(observed_at=NOW, hellos=hellos)) == expected
