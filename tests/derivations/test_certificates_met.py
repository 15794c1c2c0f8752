"""The certificates of all conversations with an address, compared: alike, in turn, and too few to tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.derive import Undecided
from auditor.deriving import Sights
from auditor.facts.certificate_variants import CertificateVariant, LeafShown, LeavesShown, Variant
from auditor.facts.certificates import Certificate, CertificateSeen, KeyKind, PathEnd
from auditor.facts.tls import TlsVersion
from auditor.model import Outcome, Reason
from auditor.probe import Seen, Unseen
from checks.certificate_chains import inconsistent, inconsistent_invalid
from checks.derivations.certificates_met import READS, certificates_met, invalid_in_turn
from tests.checks.certificate_rows import DAY, shown
from tests.checks.test_certificates import NOW, certificate

AT, OTHER = "192.0.2.1:443", "192.0.2.2:443"
V = TlsVersion
PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
USUAL = certificate(sha256="aa", curve="secp256r1")
NEWER = replace(USUAL, sha256="bb")
EXPIRED = replace(USUAL, sha256="cc", not_after=NOW - DAY)
RSA = replace(USUAL, sha256="dd", key_kind=KeyKind.RSA, key_bits=2048, curve="")
P384 = replace(USUAL, sha256="ee", key_bits=384, curve="secp384r1")


def handshake(leaf: Certificate, at: str = AT) -> Seen:
    return Seen(shown(leaf), at)


def variant(leaf: Certificate | None, kind: Variant = Variant.ECDSA, at: str = AT) -> Seen:
    seen = shown(leaf) if leaf else None
    facts = CertificateVariant(observed_at=NOW, variant=kind, seen=seen, refusal="" if seen else "alert 40")
    return Seen(facts, f"{at} {kind.value}")


def led_to(leaf: Certificate, end: PathEnd) -> CertificateSeen:
    found = shown(leaf)
    return replace(found, end=end, anchor=found.anchor if end.is_anchored else None)


def hellos(
    *leaves: Certificate,
    version: V = V.TLS12,
    is_read: bool = True,
    end: PathEnd = PathEnd.ANCHORED,
    at: str = AT,
) -> Seen:
    rows = tuple(
        LeafShown(version=version, leaf=leaf, times=3, seen=led_to(leaf, end) if is_read else None) for leaf in leaves
    )
    return Seen(LeavesShown(observed_at=NOW, leaves=rows), at)


def outcomes(*sights: Seen | Unseen) -> tuple[Outcome | str, Outcome | str]:
    """Of the rule for differing, and of the one for what must be refused."""
    known = Sights.of(sights)
    try:
        met = certificates_met.derive({kind: known.get(kind) for kind in READS})
    except Undecided as doubt:
        return doubt.reason.word, doubt.reason.word
    first = inconsistent.judge(met).outcome  # type: ignore[arg-type]
    try:
        return first, inconsistent_invalid.judge(invalid_in_turn.derive(met)).outcome  # type: ignore[arg-type]
    except Undecided as doubt:
        return first, doubt.reason.word


BLIND = Unseen(LeavesShown, AT, Reason.THROTTLED, "t")


@pytest.mark.parametrize(
    ("sights", "differ", "invalid"),
    [
        ((handshake(USUAL), variant(USUAL), hellos(USUAL)), PASS, NOT_APPLICABLE),
        ((handshake(USUAL), variant(USUAL), BLIND), PASS, NOT_APPLICABLE),
        # Another type of key, another curve or another version is another kind of client.
        ((handshake(USUAL), variant(USUAL), variant(RSA, Variant.RSA), hellos(USUAL, RSA)), PASS, NOT_APPLICABLE),
        ((handshake(USUAL), hellos(USUAL, P384)), PASS, NOT_APPLICABLE),
        ((handshake(USUAL), hellos(USUAL), variant(None, Variant.RSA)), PASS, NOT_APPLICABLE),
        (
            (handshake(RSA), variant(RSA, Variant.RSA), hellos(replace(RSA, sha256="01"), version=V.TLS10)),
            PASS,
            NOT_APPLICABLE,
        ),
        # In turn.
        ((handshake(USUAL), variant(NEWER), hellos(USUAL)), FAIL, PASS),
        ((handshake(USUAL), hellos(USUAL, NEWER)), FAIL, PASS),
        ((handshake(USUAL), hellos(USUAL, EXPIRED)), FAIL, FAIL),
        ((handshake(USUAL), hellos(EXPIRED)), FAIL, FAIL),
        ((handshake(USUAL), hellos(NEWER, is_read=False)), FAIL, "not_observed"),
        ((handshake(USUAL), hellos(NEWER, end=PathEnd.ISSUER_MISSING)), FAIL, "not_observed"),
        ((handshake(USUAL), hellos(EXPIRED, end=PathEnd.ISSUER_MISSING)), FAIL, FAIL),
        # What everybody is shown there is judged as such.
        ((handshake(EXPIRED), hellos(EXPIRED, NEWER)), FAIL, PASS),
        ((handshake(USUAL), variant(EXPIRED), hellos(USUAL)), FAIL, PASS),
        ((hellos(USUAL, EXPIRED), Unseen(CertificateSeen, AT, Reason.RESET, "r")), FAIL, FAIL),
        # Too few to tell.
        ((handshake(USUAL),), "not_observed", "not_observed"),
        ((handshake(USUAL), BLIND), "throttled", "throttled"),
        ((Unseen(CertificateSeen, AT, Reason.RESET, "r"), BLIND), "reset", "reset"),
        ((handshake(USUAL), hellos(USUAL), handshake(USUAL, OTHER)), "not_observed", "not_observed"),
        # Addresses are compared by another rule.
        ((handshake(USUAL), hellos(USUAL), handshake(NEWER, OTHER), hellos(NEWER, at=OTHER)), PASS, NOT_APPLICABLE),
    ],
)
def test_certificates_of_one_address(
    sights: tuple[Seen | Unseen, ...], differ: Outcome | str, invalid: Outcome | str
) -> None:
    assert outcomes(*dict.fromkeys(sights)) == (differ, invalid)


def test_both_fingerprints_are_told() -> None:
    known = Sights.of((handshake(USUAL), variant(USUAL), hellos(NEWER)))
    verdict = inconsistent.judge(certificates_met.derive({kind: known.get(kind) for kind in READS}))  # type: ignore[arg-type]
    (row,) = verdict.evidence
    assert row.looked_at == f"EC secp256r1 certificates at {AT}"
    assert row.seen.startswith("SHA-256 aa, until 2026-07-31 (met 2 times); SHA-256 bb,")
    assert row.seen.endswith("(met 3 times)")


def test_where_the_one_that_must_be_refused_is_met_is_told() -> None:
    known = Sights.of((handshake(USUAL), hellos(USUAL, EXPIRED)))
    met = certificates_met.derive({kind: known.get(kind) for kind in READS})
    (row,) = inconsistent_invalid.judge(invalid_in_turn.derive(met)).evidence  # type: ignore[arg-type]
    assert row.looked_at == f"an EC secp256r1 certificate at {AT}"
    assert row.seen.startswith("SHA-256 cc, until 2026-05-31 (met 3 times): ")
