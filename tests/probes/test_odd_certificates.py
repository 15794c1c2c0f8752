"""Certificates and lists that break the rules of their form are read or are a reason, and every rule can judge them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from auditor import codec
from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.certificates import (
    CertificateInFull,
    CertificateSeen,
    CertificateTrust,
    PathEnd,
    TracedCertificate,
)
from auditor.facts.revocation import RevocationState
from auditor.model import Outcome, Reason
from auditor.plugins import load as parts
from auditor.probes import revocation_look as revocation
from auditor.probes.certificate import load
from auditor.probes.certificate_path import parse_shown
from auditor.probes.crl import parse_crl
from auditor.probes.ocsp import ocsp_question, parse_ocsp
from auditor.probes.revocation_look import RevocationSource, answers
from auditor.probes.trust_store import trust_store
from auditor.rig.authority import Authority
from auditor.rig.listener import Listener
from auditor.rig.replies import Drip
from checks.certificates import expired
from checks.derivations.certificate_in_full import certificate_in_full, traced_certificate
from checks.derivations.certificate_trust import certificate_trust
from tests.probes.odd_papers import generalized, long_list, odd_leaf
from tests.probes.papers import NOW, crl, crl_point, leaf, ocsp_answer, responder
from tests.probes.test_revocation import LISTS, reach_to

NAME = "www.rig.example"
ROOT = Authority.root()
MIDDLE = ROOT.intermediate()
LATE = datetime(2051, 3, 4, 5, 6, 7, tzinfo=UTC)  # from 2050 on a time is written with four digits of year
LATER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
FOREVER = MIDDLE.leaf(NAME, not_before=NOW - timedelta(days=1), not_after=LATER)
EARLY = generalized(LATE)


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(ROOT.pem)
    return path


def beginning(written: str) -> tuple[bytes, ...]:
    """A leaf whose validity begins at a time that is written so."""
    late = MIDDLE.leaf(NAME, not_before=LATE, not_after=LATER)
    return odd_leaf(MIDDLE, late, (EARLY, generalized(written)))


def numbered(serial: bytes, *extensions: x509.ExtensionType) -> tuple[bytes, ...]:
    """A leaf with a serial number of eight bytes as it stands in DER."""
    plain = leaf(MIDDLE, NAME, *extensions)
    serial_number = plain.certificate.serial_number
    number = serial_number.to_bytes(serial_number.bit_length() // 8 + 1, "big")  # DER: the highest bit is the sign
    content = plain.certificate.tbs_certificate_bytes
    place = content.index(number)
    width = content[place - 1]
    old = content[place - 2 : place + width]
    return odd_leaf(MIDDLE, plain, (old, bytes([2, width]) + serial.ljust(width, b"\x01")))


NEGATIVE = b"\x91"


@pytest.mark.parametrize(
    ("sent", "ends"),
    [
        (FOREVER.sent, {"anchored"}),
        (beginning("19700101000000Z"), {"anchored"}),
        (beginning("19491231235959Z"), {"anchored", "malformed"}),
        (beginning("00010101000000Z"), {"anchored", "malformed"}),
        (beginning("00000101000000Z"), {"malformed"}),
        (beginning("20260230000000Z"), {"malformed"}),
        (beginning("99991231235960Z"), {"malformed"}),
        (numbered(NEGATIVE), {"anchored", "malformed"}),
        (numbered(b"\x00\x00"), {"anchored", "malformed"}),
        (ROOT.leaf(*(f"n{number}.rig.example" for number in range(10_000))).sent, {"anchored"}),
    ],
    ids=["9999", "1970", "1949", "year 1", "year 0", "30 February", "leap second", "negative", "zeros", "10,000 names"],
)
def test_odd_certificates_are_read_or_malformed_and_judged(
    sent: tuple[bytes, ...], ends: set[str], ca_file: Path
) -> None:
    began = time.process_time()
    try:
        seen = parse_shown(sent, asked_name=NAME, store=trust_store(ca_file), fetch=None, observed_at=NOW)
    except Unreachable as error:
        assert error.reason.word in ends  # noqa: PT017 - either way is right
        return
    assert seen.end.value in ends
    assert codec.decode(codec.encode(seen), [CertificateSeen]) == seen
    outcomes = judged(seen)
    assert len(outcomes) >= 12
    assert time.process_time() - began < 1.5


def judged(seen: CertificateSeen) -> dict[str, Outcome]:
    """What every rule says that reads a certificate as it was shown, also as one of a public authority."""
    outcomes = {}
    for is_public in (False, True):
        one = replace(seen, is_public_store=is_public)
        full = certificate_in_full.derive(one)
        read: dict[type[Facts], Facts] = {CertificateSeen: one, CertificateInFull: full}
        read[TracedCertificate] = traced_certificate.derive(full)  # type: ignore[arg-type]
        read[CertificateTrust] = certificate_trust.derive(one)
        for rule in parts().checks:
            if rule.reads in read:
                outcomes[rule.id] = rule.judge(read[rule.reads]).outcome
    return outcomes


def test_what_ends_in_9999_has_not_expired(ca_file: Path) -> None:
    seen = parse_shown(FOREVER.sent, asked_name=NAME, store=trust_store(ca_file), fetch=None, observed_at=NOW)
    assert (seen.end, expired.judge(seen).outcome) == (PathEnd.ANCHORED, Outcome.PASS)


@pytest.mark.parametrize("serial", [NEGATIVE, b"\x00\x00", b"\xff\xff"], ids=["negative", "zeros", "ones"])
def test_the_revocation_of_an_odd_serial_is_an_answer_or_a_reason(serial: bytes) -> None:
    """Never a crash: a probe that fails says nothing of all the rest."""
    try:
        certificate = load(numbered(serial)[0])
    except Unreachable as error:
        assert error.reason is Reason.MALFORMED  # noqa: PT017 - either way is right
        return
    issuer = MIDDLE.issued.certificate
    other = ocsp_answer(MIDDLE, MIDDLE.leaf(NAME).certificate)
    for ask in (
        lambda: parse_crl(crl(MIDDLE, more=3), certificate, issuer, now=NOW, url=""),
        lambda: ocsp_question("http://ocsp.rig.example", certificate, issuer),
        lambda: parse_ocsp(other, certificate, issuer, now=NOW, source=RevocationSource.OCSP),
    ):
        try:
            ask()
        except Unreachable as error:
            assert error.reason is Reason.MALFORMED  # noqa: PT017 - either way is right


@pytest.mark.parametrize(("is_listed", "state"), [(True, RevocationState.REVOKED), (False, RevocationState.GOOD)])
def test_a_list_of_a_hundred_thousand_is_read_in_time(is_listed: bool, state: RevocationState) -> None:
    certificate = leaf(MIDDLE, NAME).certificate
    last = certificate.serial_number if is_listed else 1
    content = long_list(MIDDLE, last, 100_000, NOW - timedelta(days=1), NOW + timedelta(days=1))
    began = time.process_time()
    assert parse_crl(content, certificate, MIDDLE.issued.certificate, now=NOW, url="").state is state
    assert time.process_time() - began < 1.5


@pytest.mark.parametrize("extension", [crl_point(f"http://{LISTS}/1.crl"), responder(f"http://{LISTS}/ocsp")])
def test_an_authority_that_drips_is_left_at_the_deadline(
    extension: x509.ExtensionType, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time; the whole never does."""
    monkeypatch.setattr(revocation, "LIST_S", 0.6)
    certificate = leaf(MIDDLE, NAME, extension).certificate
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(10_000)
    with Listener(lambda guest, _: Drip(answer, every_s=0.01).play(guest)) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable) as unreachable:
            answers((certificate, MIDDLE.issued.certificate), reach_to(server.port, ca_file, seconds=0.6))
    assert unreachable.value.reason in (Reason.TIMEOUT, Reason.TRUNCATED)
    assert time.monotonic() - began < 2.0
