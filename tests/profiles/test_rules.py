"""Every kind of rule: met, missed, on the boundary, with nothing to be about, and not observable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from auditor.facts.base import Facts
from auditor.facts.certificate_variants import CertificateVariant, Variant
from auditor.facts.certificates import CertificateSeen, KeyKind
from auditor.facts.privileged_disks import MappingTable, MappingTarget, PrivilegedDisks
from auditor.facts.server_settings import ServerSettings
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import DhPrime, DhPrimes, OldHello, TlsGroups, TlsOptions
from auditor.facts.tls_suites import TlsSuites, Unsettled, VersionSuites
from auditor.facts.web import Hsts, HttpsService
from auditor.model import Finding, Outcome, Reason, Severity, Tier
from auditor.probe import Seen, Unseen
from auditor.profiles import Fit, Profile, measure
from auditor.profiles.rules import (
    Ask,
    Checks,
    DiskKey,
    Fips,
    Groups,
    HstsAge,
    Key,
    Lifetime,
    OfFacts,
    Primes,
    Rule,
    Signature,
    Staple,
    Suites,
    Versions,
)
from auditor.reports.profile import verdict
from tests.checks.test_certificates import certificate, seen
from tests.checks.test_tls import versions

AT = datetime(2026, 6, 1, tzinfo=UTC)
V = TlsVersion
DAY = timedelta(days=1)
OPEN = Unsettled(reason="timeout", detail="x")
OLD_IF_NEEDED = Versions(
    allowed=frozenset({V.TLS12, V.TLS13}), required=frozenset({V.TLS13}), if_needed=frozenset({V.TLS10, V.TLS11})
)
TLS12_AND_13 = Versions(allowed=frozenset({V.TLS12, V.TLS13}), required=frozenset({V.TLS13}))
AES = Suites(allowed=frozenset({"TLS_AES_128_GCM_SHA256"}))
CURVES = Groups(allowed=frozenset({"x25519", "secp256r1"}), one_of=frozenset())
NIST_CURVE = Groups(allowed=frozenset(), one_of=frozenset({"secp256r1"}))


def suites(*numbers: int, unsettled: Unsettled | None = None) -> TlsSuites:
    row = VersionSuites(version=V.TLS13, accepted=numbers, unsettled=unsettled)
    return TlsSuites(observed_at=AT, versions=(row,))


def groups(*numbers: int, unsettled: Unsettled | None = None) -> TlsGroups:
    return TlsGroups(
        observed_at=AT,
        in_tls13=numbers,
        open_in_tls13=unsettled,
        in_older=(),
        open_in_older=None,
        has_explicit_curve=False,
    )


def leaf(
    days: float = 90,
    kind: KeyKind = KeyKind.RSA,
    bits: int | None = 2048,
    signed: str = "sha256",
    curve: str | None = None,
) -> CertificateSeen:
    until = AT + DAY * days
    return seen(
        certificate(not_before=AT, not_after=until, key_kind=kind, key_bits=bits, signature_hash=signed, curve=curve)
    )


def service(max_age: int | None, *headers: str) -> HttpsService:
    hsts = None if max_age is None else Hsts(max_age_s=max_age)
    said = headers or (() if hsts is None else ("max-age",))
    return HttpsService(
        observed_at=AT, url="u", host="h", host_is_address=False, status=200, hsts_headers=said, hsts=hsts
    )


def options(*, staple: bool | None) -> TlsOptions:
    if staple is None:
        return TlsOptions(observed_at=AT, hello=None)
    hello = OldHello(
        version=V.TLS12,
        has_extended_master_secret=True,
        has_secure_renegotiation=True,
        compression=0,
        has_tickets=False,
        protocol="",
        has_staple=staple,
        has_scts=False,
        wants_client_certificate=False,
        leaf="",
        chain_length=0,
    )
    return TlsOptions(observed_at=AT, hello=hello)


def primes(*bits: int, unsettled: Unsettled | None = None) -> DhPrimes:
    rows = tuple(DhPrime(p=f"{(1 << (number - 1)) | 1:x}", g="2") for number in bits)
    return DhPrimes(observed_at=AT, primes=rows, unsettled=unsettled)


def volumes(*ciphers: tuple[str, int | None]) -> PrivilegedDisks:
    rows = (MappingTarget(kind="crypt", cipher=cipher, key_bits=bits) for cipher, bits in ciphers)
    tables = tuple(MappingTable(name=f"v{number}", targets=(target,)) for number, target in enumerate(rows))
    lv = MappingTable(name="lv", targets=(MappingTarget(kind="linear"),))
    return PrivilegedDisks(observed_at=AT, helper="", tables=(*tables, lv))


def fips(*, is_on: bool | None) -> ServerSettings:
    return ServerSettings(observed_at=AT, sections=(), fips=is_on)


XTS = "aes-xts-plain64"
CURVED = Key(least_bits={"ec": 256, "rsa": 2048}, curves=frozenset({"secp256r1"}))
CERTIFIED = DiskKey(least_bits=256, certified_bits=128)


@pytest.mark.parametrize(
    ("ask", "facts", "fit", "words"),
    [
        (DiskKey(least_bits=256), volumes((XTS, 512)), Fit.MEETS, "1 volumes"),
        (DiskKey(least_bits=256), volumes((XTS, 512), (XTS, 256)), Fit.MISSES, "v1: 128 bits"),
        (DiskKey(least_bits=256), volumes((XTS, 256), (XTS, None)), Fit.MISSES, "v0: 128 bits"),
        (DiskKey(least_bits=256), volumes((XTS, 512), (XTS, None)), Fit.UNSEEN, "v1"),
        (DiskKey(least_bits=256), volumes(("aes-cbc-essiv:sha256", 256)), Fit.MEETS, "1 volumes"),
        (DiskKey(least_bits=256), volumes(("aes-cbc-essiv:sha256", 255)), Fit.MISSES, "255"),
        (DiskKey(least_bits=256), volumes(("cipher_null-ecb", 0)), Fit.MISSES, "0 bits"),
        (DiskKey(least_bits=256), volumes(), Fit.MOOT, "no volume"),
        (CERTIFIED, volumes((XTS, 512)), Fit.MEETS, "1 volumes"),
        (CERTIFIED, volumes((XTS, 512), (XTS, 256)), Fit.UNSEEN, "v1: 128 bits, which do inside a certified module"),
        (CERTIFIED, volumes((XTS, 254), (XTS, 256)), Fit.MISSES, "v0: 127 bits"),
        (CERTIFIED, volumes((XTS, 256), (XTS, None)), Fit.UNSEEN, "v1"),
        (Fips(), fips(is_on=True), Fit.MEETS, "on"),
        (Fips(), fips(is_on=False), Fit.MISSES, "off"),
        (Fips(), fips(is_on=None), Fit.UNSEEN, "not tell"),
        (TLS12_AND_13, versions("cd"), Fit.MEETS, "TLS 1.2, TLS 1.3"),
        (TLS12_AND_13, versions("bcd"), Fit.MISSES, "accepts TLS 1.1"),
        (TLS12_AND_13, versions("c"), Fit.MISSES, "refuses TLS 1.3"),
        (OLD_IF_NEEDED, versions("bcd"), Fit.UNSEEN, "accepts TLS 1.1; whether anybody needs that"),
        (OLD_IF_NEEDED, versions("bc"), Fit.MISSES, "refuses TLS 1.3"),
        (OLD_IF_NEEDED, versions("cd", "b"), Fit.UNSEEN, "TLS 1.1: no clear answer"),
        (OLD_IF_NEEDED, versions("cd"), Fit.MEETS, "TLS 1.2, TLS 1.3"),
        (TLS12_AND_13, versions("c", "d"), Fit.UNSEEN, "TLS 1.3"),
        (TLS12_AND_13, versions("d", "c"), Fit.MEETS, "TLS 1.3"),
        (TLS12_AND_13, versions("bd", "a"), Fit.MISSES, "TLS 1.1"),
        (AES, suites(0x1301), Fit.MEETS, "takes 1"),
        (AES, suites(0x1301, 0x1303), Fit.MISSES, "TLS_CHACHA20_POLY1305_SHA256"),
        (AES, suites(0x1301, unsettled=OPEN), Fit.UNSEEN, "TLS 1.3"),
        (AES, suites(0x1303, unsettled=OPEN), Fit.MISSES, "CHACHA20"),
        (CURVES, groups(29, 23), Fit.MEETS, "x25519"),
        (CURVES, groups(29, 24), Fit.MISSES, "secp384r1"),
        (CURVES, groups(29, unsettled=OPEN), Fit.UNSEEN, "not all"),
        (CURVES, groups(), Fit.MOOT, "none"),
        (NIST_CURVE, groups(23), Fit.MEETS, "secp256r1"),
        (NIST_CURVE, groups(23, unsettled=OPEN), Fit.MEETS, "secp256r1"),
        (NIST_CURVE, groups(29), Fit.MISSES, "x25519"),
        (NIST_CURVE, groups(29, unsettled=OPEN), Fit.UNSEEN, "x25519"),
        (Key(least_bits={"rsa": 2048}, curves=frozenset()), leaf(bits=2048), Fit.MEETS, "RSA, 2048 bits"),
        (Key(least_bits={"rsa": 2048}, curves=frozenset()), leaf(bits=2047), Fit.MISSES, "RSA, 2047 bits"),
        (
            Key(least_bits={"rsa": 2048}, curves=frozenset()),
            leaf(kind=KeyKind.EC, bits=256),
            Fit.MISSES,
            "EC, 256 bits",
        ),
        (Key(least_bits={"rsa": 2048}, curves=frozenset()), leaf(kind=KeyKind.OTHER, bits=None), Fit.MISSES, "OTHER"),
        (CURVED, leaf(kind=KeyKind.EC, bits=256, curve="secp256r1"), Fit.MEETS, "EC, 256 bits, on secp256r1"),
        (CURVED, leaf(kind=KeyKind.EC, bits=256, curve="secp256k1"), Fit.MISSES, "on secp256k1"),
        (CURVED, leaf(kind=KeyKind.EC, bits=224, curve="secp256r1"), Fit.MISSES, "224 bits"),
        (CURVED, leaf(kind=KeyKind.EC, bits=256), Fit.UNSEEN, "the curve was not read"),
        (CURVED, leaf(kind=KeyKind.EC, bits=224), Fit.MISSES, "224 bits"),
        (CURVED, leaf(bits=2048, curve=""), Fit.MEETS, "RSA, 2048 bits"),
        (Signature(allowed=frozenset({"sha256"})), leaf(), Fit.MEETS, "sha256"),
        (Signature(allowed=frozenset({"sha256"})), leaf(signed="sha1"), Fit.MISSES, "sha1"),
        (Signature(allowed=frozenset({"sha256"})), leaf(signed=""), Fit.MISSES, "no hash"),
        (Lifetime(most_days=90), leaf(days=90 - 1 / 86_400), Fit.MEETS, "90 days"),
        (Lifetime(most_days=90), leaf(days=90), Fit.MISSES, "90 days and 1 s"),
        (HstsAge(least_seconds=100), service(100), Fit.MEETS, "max-age=100"),
        (HstsAge(least_seconds=100), service(99), Fit.MISSES, "max-age=99"),
        (HstsAge(least_seconds=100), service(None), Fit.MISSES, "no HSTS"),
        (HstsAge(least_seconds=100), service(None, "banana"), Fit.MISSES, "can read"),
        (Staple(), options(staple=True), Fit.MEETS, "stapled"),
        (Staple(), options(staple=False), Fit.MISSES, "none"),
        (Staple(), options(staple=None), Fit.UNSEEN, "encrypts"),
        (Primes(least_bits=2048), primes(2048, 4096), Fit.MEETS, "2048"),
        (Primes(least_bits=2048), primes(2047), Fit.MISSES, "2047"),
        (Primes(least_bits=2048), primes(), Fit.MOOT, "none"),
        (Primes(least_bits=2048), primes(3072, unsettled=OPEN), Fit.UNSEEN, "not all"),
        (Primes(least_bits=2048), primes(1024, unsettled=OPEN), Fit.MISSES, "1024"),
    ],
)
def test_one_rule_at_one_place(ask: OfFacts, facts: Facts, fit: Fit, words: str) -> None:
    (row,) = measured(ask, Seen(facts, "192.0.2.1:443")).rows
    assert row.fit is fit
    assert row.seen[0].startswith("192.0.2.1:443: ")
    assert words in row.seen[0]


def measured(ask: Ask, *sights: Seen | Unseen, findings: tuple[Finding, ...] = (), starts: date | None = None):  # type: ignore[no-untyped-def]
    rule = Rule(text="it holds", clause="1", starts=starts, ask=ask)
    profile = Profile(id="p", title="P", source="s", date=date(2026, 1, 1), rules=(rule,))
    return measure(profile, "a", sights, findings, AT.date())


def finding(check: str, outcome: Outcome, locus: str = "") -> Finding:
    return Finding(
        asset="a",
        check=check,
        locus=locus,
        severity=Severity.HIGH,
        tier=Tier.NIGHTLY,
        outcome=outcome,
        summary="as seen",
        reason="timeout" if outcome is Outcome.UNKNOWN else None,
    )


@pytest.mark.parametrize(
    ("outcomes", "fit"),
    [
        ({"x-one": Outcome.PASS, "x-two": Outcome.PASS}, Fit.MEETS),
        ({"x-one": Outcome.PASS, "x-two": Outcome.FAIL}, Fit.MISSES),
        ({"x-one": Outcome.UNKNOWN, "x-two": Outcome.FAIL}, Fit.MISSES),
        ({"x-one": Outcome.UNKNOWN, "x-two": Outcome.PASS}, Fit.UNSEEN),
        ({"x-one": Outcome.PASS}, Fit.UNSEEN),
        ({}, Fit.UNSEEN),
        ({"x-one": Outcome.NOT_APPLICABLE, "x-two": Outcome.PASS}, Fit.MEETS),
        ({"x-one": Outcome.NOT_APPLICABLE, "x-two": Outcome.NOT_APPLICABLE}, Fit.MOOT),
    ],
)
def test_a_rule_of_checks(outcomes: dict[str, Outcome], fit: Fit) -> None:
    findings = tuple(finding(check, outcome) for check, outcome in {**outcomes, "x-other": Outcome.FAIL}.items())
    (row,) = measured(Checks(ids=("x-one", "x-two")), findings=findings).rows
    assert row.fit is fit


def test_the_worst_place_decides_and_a_place_unseen_meets_nothing() -> None:
    good, bad = Seen(suites(0x1301), "a"), Seen(suites(0x1303), "b")
    dark = Unseen(TlsSuites, "c", Reason.TIMEOUT, "c")
    assert measured(AES, good, bad, dark).rows[0].fit is Fit.MISSES
    assert measured(AES, good, dark).rows[0].seen == ("c: no answer came in time",)
    assert measured(AES, good).rows[0].fit is Fit.MEETS
    assert measured(AES).rows[0].seen == ("it was not looked at",)
    assert measured(AES).rows[0].fit is Fit.UNSEEN


def test_a_check_at_its_place_is_told_in_the_fewest_words() -> None:
    """The place stands before it already, and a semicolon may follow."""
    bad = replace(finding("x-one", Outcome.FAIL, "a:1"), summary="It is plain.")
    dark = replace(finding("x-two", Outcome.UNKNOWN, "a:1"), summary="it was refused (a:1: it was refused)")
    told = {one.check: measured(Checks(ids=(one.check,)), findings=(one,)).rows[0].seen for one in (bad, dark)}
    assert told == {"x-one": ("a:1: x-one: It is plain",), "x-two": ("a:1: x-two: it was refused",)}


def test_a_guideline_about_something_else_is_told_apart_from_one_that_was_not_seen() -> None:
    dark = Unseen(TlsSuites, "c", Reason.TIMEOUT, "c")
    elsewhere = "nothing that it is about was looked at"
    for asks, sights, findings in (
        (AES, (), ()),
        (Checks(ids=("x-one",)), (), (finding("x-other", Outcome.PASS),)),
    ):
        assert elsewhere in verdict(measured(asks, *sights, findings=findings))
    for asks, sights, findings in (
        (AES, (dark,), ()),
        (Checks(ids=("x-one", "x-two")), (), (finding("x-one", Outcome.PASS),)),
    ):
        assert (
            verdict(measured(asks, *sights, findings=findings))
            == "Not shown to be met: 1 rule of 1 could not be observed."
        )


def test_every_certificate_has_to_keep_a_rule_about_certificates() -> None:
    """Old clients are shown another one, with a short key."""
    ask = Key(least_bits={"rsa": 2048}, curves=frozenset())
    usual, short = Seen(leaf(), "a"), variant(leaf(bits=1024))
    assert measured(ask, usual, short).rows[0].seen == ("a RSA: RSA, 1024 bits",)
    assert measured(ask, usual, variant(leaf(bits=1024), is_usual=True)).rows[0].fit is Fit.MEETS
    assert measured(ask, usual, variant(None)).rows[0].fit is Fit.MEETS
    assert measured(ask, usual, Unseen(CertificateVariant, "a RSA", Reason.TIMEOUT, "a")).rows[0].fit is Fit.UNSEEN
    assert measured(AES, Seen(suites(0x1301), "a"), short).rows[0].fit is Fit.MEETS


def variant(shown: CertificateSeen | None, *, is_usual: bool = False) -> Seen:
    refusal = "" if shown else "alert 40"
    return Seen(
        CertificateVariant(observed_at=AT, variant=Variant.RSA, seen=shown, refusal=refusal, is_usual=is_usual), "a RSA"
    )


def test_browsers_keep_no_hsts_for_an_address() -> None:
    by_address = replace(service(100), host_is_address=True)
    assert measured(HstsAge(least_seconds=100), Seen(by_address, "a")).rows[0].fit is Fit.MISSES


def test_a_rule_of_next_year_is_announced_and_counts_for_nothing() -> None:
    bad = Seen(suites(0x1303), "b")
    later = measured(AES, bad, starts=AT.date() + DAY)
    assert (later.rows[0].is_announced, later.of(Fit.MISSES)) == (True, ())
    today = measured(AES, bad, starts=AT.date())
    assert today.of(Fit.MISSES) == today.rows
