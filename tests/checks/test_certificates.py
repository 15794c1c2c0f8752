"""The rules for certificates, on facts made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auditor.facts.certificates import Certificate, CertificateSeen, CertificateTrust, KeyKind, PathEnd
from auditor.model import Outcome, Severity
from checks import certificates

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE


def certificate(subject: str = "CN=leaf", **changes: object) -> Certificate:
    good = Certificate(
        subject=subject,
        issuer="CN=issuer",
        serial="1f",
        sha256=subject.encode().hex(),
        not_before=NOW - timedelta(days=30),
        not_after=NOW + timedelta(days=60),
        key_kind=KeyKind.EC,
        key_bits=256,
        signature_hash="sha256",
        is_self_signed=False,
        for_servers=True,
    )
    return replace(good, **changes)  # type: ignore[arg-type]


ROOT = certificate("CN=root", key_kind=KeyKind.RSA, key_bits=1024)


def seen(*path: Certificate, **changes: object) -> CertificateSeen:
    path = path or (certificate(), certificate("CN=intermediate"))
    end = changes.get("end", PathEnd.ANCHORED)
    good = {
        "observed_at": NOW,
        "asked_name": "www.example.org",
        "leaf": path[0],
        "dns_names": ("www.example.org",),
        "ip_addresses": (),
        "sent": path,
        "sent_count": len(path),
        "path": path,
        "anchor": ROOT if end.is_anchored else None,  # type: ignore[attr-defined]
        "end": end,
        "store": "the test's roots",
    }
    return CertificateSeen(**(good | changes))  # type: ignore[arg-type]


def test_the_good_certificate_passes_everything() -> None:
    """Calibration: a valid certificate holds no letter down. The anchor's own key is the store's business."""
    for rule in certificates.CHECKS:
        if rule.reads is CertificateSeen:
            assert rule.judge(seen()).outcome is PASS


@pytest.mark.parametrize(
    ("asked", "names", "addresses", "outcome"),
    [
        ("www.example.org", ("www.example.org",), (), PASS),
        ("www.example.org", ("WWW.Example.ORG",), (), PASS),
        ("www.example.org", ("*.example.org",), (), PASS),
        ("www.example.org", ("other.org", "www.example.org"), (), PASS),
        ("192.0.2.7", (), ("192.0.2.7",), PASS),
        ("2001:db8::7", (), ("192.0.2.7", "2001:db8::7"), PASS),
        ("xn--mnchen-3ya.example.org", ("xn--mnchen-3ya.example.org",), (), PASS),
        ("www.example.org", (), (), FAIL),
        ("www.example.org", ("example.org",), (), FAIL),
        ("example.org", ("*.example.org",), (), FAIL),
        ("a.www.example.org", ("*.example.org",), (), FAIL),
        ("www.example.org", ("w*.example.org",), (), FAIL),
        ("www.example.org", ("*w.example.org",), (), FAIL),
        ("www.example.org", ("www.*.org",), (), FAIL),
        ("www.example.org", ("*.*.org",), (), FAIL),
        ("example.org", ("*.org",), (), FAIL),
        ("www.example.org", ("*",), (), FAIL),
        ("www.example.org", ("www.example.org\x00.evil.org",), (), FAIL),
        ("www.example.org", ("www.example.org.",), (), FAIL),
        ("192.0.2.7", ("192.0.2.7",), (), FAIL),
        ("192.0.2.7", ("*.0.2.7",), (), FAIL),
        ("www.example.org", ("<script>alert(1)</script>", "\x1b[31m", "=cmd()"), (), FAIL),
    ],
)
def test_names(asked: str, names: tuple[str, ...], addresses: tuple[str, ...], outcome: Outcome) -> None:
    facts = seen(asked_name=asked, dns_names=names, ip_addresses=addresses)
    assert certificates.wrong_name.judge(facts).outcome is outcome


def test_the_common_name_is_no_name() -> None:
    """RFC 9525 section 2: only subjectAltName counts."""
    facts = seen(certificate("CN=www.example.org"), dns_names=())
    assert certificates.wrong_name.judge(facts).outcome is FAIL


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("not_before", "not_after", "outcome"),
    [
        (NOW - 30 * MINUTE, NOW + 30 * MINUTE, PASS),
        (NOW + 4 * MINUTE, NOW + 30 * MINUTE, PASS),
        (NOW - 30 * MINUTE, NOW - 4 * MINUTE, PASS),
        (NOW - 30 * MINUTE, NOW - 5 * MINUTE, PASS),
        (NOW - 30 * MINUTE, NOW - 6 * MINUTE, FAIL),
        (NOW + 6 * MINUTE, NOW + 30 * MINUTE, FAIL),
        (NOW + 30 * MINUTE, NOW - 30 * MINUTE, FAIL),
        (NOW - 30 * MINUTE, datetime.max.replace(tzinfo=UTC), PASS),
        (datetime.min.replace(tzinfo=UTC), NOW + 30 * MINUTE, PASS),
        (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), FAIL),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_dates_of_every_certificate_of_the_path(not_before, not_after, outcome, place) -> None:
    path = [certificate(), certificate("CN=intermediate")]
    path[place] = replace(path[place], not_before=not_before, not_after=not_after)
    verdict = certificates.expired.judge(seen(*path))
    assert verdict.outcome is outcome
    assert (path[place].subject in " ".join(row.looked_at for row in verdict.evidence)) is (outcome is FAIL)


def test_a_stray_expired_certificate_that_is_not_on_the_path_does_no_harm() -> None:
    old = certificate("CN=old cross", not_after=NOW - timedelta(days=100))
    facts = seen()
    assert certificates.expired.judge(replace(facts, sent=(*facts.sent, old), sent_count=3)).outcome is PASS


@pytest.mark.parametrize(
    ("kind", "bits", "weak", "broken"),
    [
        (KeyKind.RSA, 4096, PASS, PASS),
        (KeyKind.RSA, 2048, PASS, PASS),
        (KeyKind.RSA, 2047, FAIL, PASS),
        (KeyKind.RSA, 1024, FAIL, PASS),
        (KeyKind.RSA, 1023, FAIL, FAIL),
        (KeyKind.RSA, 0, FAIL, FAIL),
        (KeyKind.DSA, 1024, FAIL, PASS),
        (KeyKind.EC, 521, PASS, PASS),
        (KeyKind.EC, 224, PASS, PASS),
        (KeyKind.EC, 192, FAIL, PASS),
        (KeyKind.EC, 112, FAIL, FAIL),
        (KeyKind.ED25519, 256, PASS, PASS),
        (KeyKind.OTHER, None, NOT_APPLICABLE, NOT_APPLICABLE),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_keys(kind: KeyKind, bits: int | None, weak: Outcome, broken: Outcome, place: int) -> None:
    path = [certificate(), certificate("CN=intermediate")]
    path[place] = replace(path[place], key_kind=kind, key_bits=bits)
    assert certificates.weak_key.judge(seen(*path)).outcome is weak
    assert certificates.broken_key.judge(seen(*path)).outcome is broken


@pytest.mark.parametrize(
    ("end", "fetch", "outcome"),
    [
        (PathEnd.ANCHORED, "", PASS),
        (PathEnd.UNKNOWN_ROOT, "", PASS),
        (PathEnd.ANCHORED_WITH_HELP, "fetched", FAIL),
        (PathEnd.ANCHORED_WITH_HELP, "", FAIL),
        (PathEnd.UNKNOWN_ROOT, "fetched", FAIL),
        (PathEnd.ISSUER_MISSING, "", FAIL),
        (PathEnd.ISSUER_MISSING, "it timed out", FAIL),
        (PathEnd.SELF_SIGNED, "", NOT_APPLICABLE),
        (PathEnd.REFUSED, "", NOT_APPLICABLE),
    ],
)
def test_chains(end: PathEnd, fetch: str, outcome: Outcome) -> None:
    assert certificates.incomplete_chain.judge(seen(end=end, issuer_fetch=fetch)).outcome is outcome


@pytest.mark.parametrize(("distrust", "outcome"), [("", PASS), ("it is signed by itself alone", FAIL)])
def test_trust(distrust: str, outcome: Outcome) -> None:
    facts = CertificateTrust(
        observed_at=NOW, asked_name="a", subject="CN=a", issuer="CN=b", store="roots", distrust=distrust
    )
    assert certificates.untrusted.judge(facts).outcome is outcome


def test_severities_follow_the_calibration() -> None:
    assert {rule.id: rule.severity for rule in certificates.CHECKS} == {
        "certificate-untrusted": Severity.CRITICAL,
        "certificate-wrong-name": Severity.CRITICAL,
        "certificate-expired": Severity.CRITICAL,
        "certificate-broken-key": Severity.CRITICAL,
        "certificate-forgeable-signature": Severity.CRITICAL,
        "certificate-weak-key": Severity.MEDIUM,
        "certificate-incomplete-chain": Severity.MEDIUM,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"sent": (), "sent_count": 0},
        {"path": ()},
        {"anchor": None},
        {"end": PathEnd.SELF_SIGNED, "anchor": ROOT},
        {"observed_at": datetime(2026, 6, 1)},  # noqa: DTZ001 - that is the point
    ],
)
def test_an_empty_truth_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        seen(**changes)
