"""What an authority says of its certificates counts if it is signed, whole, current and of this one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from auditor import codec
from auditor.errors import Unreachable
from auditor.facts.revocation import Revocation, RevocationSource, RevocationState
from auditor.model import Asset, Outcome, Reason, Tier
from auditor.observe import observe_with
from auditor.probe import Seen, Unseen
from auditor.probes.crl import crl_url, parse_crl
from auditor.probes.ocsp import ocsp_question, ocsp_url, parse_ocsp
from auditor.probes.revocation import RevocationProbe
from auditor.probes.revocation_look import answers
from auditor.reach import Access, Limits, Reach, Reaches, Target
from auditor.rig.authority import Authority, Issued, self_signed
from auditor.rig.web import Site, server_context, web_listener
from checks.certificate_revocation import revoked
from tests.probes.papers import (
    DAY,
    MUST_STAPLE,
    NOW,
    crl,
    crl_point,
    leaf,
    ocsp_answer,
    ocsp_signer,
    responder,
    shard,
    shard_of_a_name,
)

NAME, LISTS = "www.rig.example", "lists.rig.example"
URL = f"http://{LISTS}/1.crl"
ROOT = Authority.root()
MIDDLE = ROOT.intermediate()
STRANGER = Authority.root("Rig Intermediate")
LEAF = leaf(MIDDLE, NAME, crl_point(URL))
CERTIFICATE, ISSUER = LEAF.certificate, MIDDLE.issued.certificate
MINUTE = timedelta(minutes=1)


def read_crl(content: bytes, certificate: x509.Certificate = CERTIFICATE) -> RevocationState:
    return parse_crl(content, certificate, ISSUER, now=NOW, url=URL).state


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (crl(MIDDLE), RevocationState.GOOD),
        (crl(MIDDLE, more=3), RevocationState.GOOD),
        (crl(MIDDLE, CERTIFICATE), RevocationState.REVOKED),
        (crl(MIDDLE, CERTIFICATE, more=3), RevocationState.REVOKED),
        (crl(MIDDLE, until=NOW - 4 * MINUTE), RevocationState.GOOD),
        (crl(MIDDLE, extensions=[(shard(URL), True)]), RevocationState.GOOD),
        (crl(MIDDLE, CERTIFICATE, extensions=[(shard(URL, only_contains_user_certs=True), True)]), "revoked"),
    ],
)
def test_a_list_of_the_issuer_says_what_it_says(content: bytes, state: RevocationState) -> None:
    assert read_crl(content) == state


def test_what_was_revoked_when_and_why_is_kept() -> None:
    said = parse_crl(crl(MIDDLE, CERTIFICATE), CERTIFICATE, ISSUER, now=NOW, url=URL)
    assert (said.revoked_at, said.why, said.said_at, said.url) == (NOW - DAY, "key_compromise", NOW - DAY, URL)


PARTIAL = [
    (x509.DeltaCRLIndicator(1), True),
    (shard(URL, indirect_crl=True), True),
    (shard(URL, only_contains_attribute_certs=True), True),
    (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00"), True),
    (shard_of_a_name(), True),
]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"<html>not found</html>", Reason.MALFORMED),
        (crl(MIDDLE)[:-9], Reason.MALFORMED),
        (crl(STRANGER), Reason.MALFORMED),  # the issuer's name, and another key
        (crl(ROOT), Reason.MALFORMED),
        (crl(MIDDLE, until=NOW - 6 * MINUTE), Reason.GONE),
        (crl(MIDDLE, updated=NOW + DAY, until=NOW + 2 * DAY), Reason.MALFORMED),
        (crl(MIDDLE, extensions=[(shard("http://other.example/2.crl"), True)]), Reason.MALFORMED),
        (crl(MIDDLE, extensions=[(shard(URL, only_contains_ca_certs=True), True)]), Reason.MALFORMED),
        *((crl(MIDDLE, extensions=[one]), Reason.NOT_IMPLEMENTED) for one in PARTIAL),
    ],
)
def test_a_list_that_does_not_count_is_a_reason(content: bytes, reason: Reason) -> None:
    with pytest.raises(Unreachable) as unreachable:
        read_crl(content)
    assert unreachable.value.reason is reason


def test_a_forged_entry_is_no_entry() -> None:
    """A list whose signature does not fit must neither accuse nor acquit."""
    forged = bytearray(crl(MIDDLE, CERTIFICATE))
    forged[-3] ^= 1
    with pytest.raises(Unreachable):
        read_crl(bytes(forged))


@pytest.mark.parametrize(
    ("extension", "url"),
    [
        (crl_point(URL), URL),
        (crl_point("ldap://lists.rig.example/cn=1"), ""),
        (crl_point("https://lists.rig.example/1.crl"), ""),
        (crl_point("file:///etc/passwd"), ""),
        (None, ""),
    ],
)
def test_where_a_list_is(extension: x509.CRLDistributionPoints | None, url: str) -> None:
    assert crl_url(leaf(ROOT, NAME, *([extension] if extension else [])).certificate) == url


BROKEN_POINTERS = x509.UnrecognizedExtension(ExtensionOID.CRL_DISTRIBUTION_POINTS, b"\x30\x03\x02\x01")


@pytest.mark.parametrize(
    ("extension", "reason"),
    [
        (crl_point("ldap:///CN=Rig,CN=CDP"), Reason.NOT_OBSERVED),
        (crl_point("https://lists.rig.example/1.crl"), Reason.NOT_OBSERVED),
        (responder("https://ocsp.rig.example/"), Reason.NOT_OBSERVED),
        (BROKEN_POINTERS, Reason.MALFORMED),
    ],
)
def test_a_place_that_we_cannot_ask_is_not_no_place(
    extension: x509.ExtensionType, reason: Reason, ca_file: Path
) -> None:
    """As the authorities of Windows domains name theirs."""
    certificate = leaf(MIDDLE, NAME, extension).certificate
    with pytest.raises(Unreachable) as unreachable:
        answers((certificate, ISSUER), reach_to(1, ca_file))
    assert unreachable.value.reason is reason


@pytest.mark.parametrize(
    "extension",
    [
        crl_point(URL, issuer=[x509.DirectoryName(ISSUER.subject)]),
        crl_point(URL, reasons=frozenset({x509.ReasonFlags.key_compromise})),
    ],
)
def test_a_list_of_another_issuer_or_of_some_reasons_is_not_read(extension: x509.CRLDistributionPoints) -> None:
    with pytest.raises(Unreachable) as unreachable:
        crl_url(leaf(ROOT, NAME, extension).certificate)
    assert unreachable.value.reason is Reason.NOT_IMPLEMENTED


def read_ocsp(content: bytes) -> RevocationState:
    return parse_ocsp(content, CERTIFICATE, ISSUER, now=NOW, source=RevocationSource.OCSP).state


@pytest.mark.parametrize("status", list(ocsp.OCSPCertStatus))
@pytest.mark.parametrize("signer", [None, ocsp_signer(MIDDLE)], ids=["issuer", "responder"])
def test_a_responder_says_what_it_says(status: ocsp.OCSPCertStatus, signer: Issued | None) -> None:
    said = read_ocsp(ocsp_answer(MIDDLE, CERTIFICATE, status=status, signer=signer))
    assert said.value.startswith(status.name.lower())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"\x30\x03\x0a\x01\x06", Reason.ACCESS_DENIED),  # unauthorized
        (b"\x30\x03\x0a\x01\x03", Reason.ACCESS_DENIED),  # try later
        (ocsp_answer(STRANGER, CERTIFICATE), Reason.MALFORMED),
        (ocsp_answer(MIDDLE, CERTIFICATE, signer=ocsp_signer(MIDDLE, is_named=False)), Reason.MALFORMED),
        (ocsp_answer(MIDDLE, CERTIFICATE, signer=ocsp_signer(STRANGER)), Reason.MALFORMED),
        (ocsp_answer(MIDDLE, CERTIFICATE, signer=ocsp_signer(MIDDLE, until=NOW - 6 * MINUTE)), Reason.MALFORMED),
        (ocsp_answer(MIDDLE, leaf(MIDDLE, NAME).certificate), Reason.MALFORMED),
        (ocsp_answer(MIDDLE, CERTIFICATE, until=NOW - 6 * MINUTE), Reason.GONE),
        (ocsp_answer(MIDDLE, CERTIFICATE, said=NOW - 11 * DAY, until=None), Reason.GONE),
        (ocsp_answer(MIDDLE, CERTIFICATE, said=NOW + DAY, until=NOW + 2 * DAY), Reason.MALFORMED),
    ],
)
def test_an_ocsp_answer_that_does_not_count_is_a_reason(content: bytes, reason: Reason) -> None:
    with pytest.raises(Unreachable) as unreachable:
        read_ocsp(content)
    assert unreachable.value.reason is reason


GOOD_CRL, GOOD_OCSP = crl(MIDDLE, more=2), ocsp_answer(MIDDLE, CERTIFICATE)


@given(st.binary(max_size=60), st.integers(0, 2_000), st.integers(0, 255))
def test_any_bytes_are_an_answer_or_a_reason(garbage: bytes, place: int, byte: int) -> None:
    for good, read in ((GOOD_CRL, read_crl), (GOOD_OCSP, read_ocsp)):
        changed = bytearray(good)
        changed[place % len(good)] = byte
        for content in (garbage, bytes(changed)):
            try:
                assert read(content) is RevocationState.GOOD
            except Unreachable as unreachable:
                assert unreachable.reason in (Reason.MALFORMED, Reason.ACCESS_DENIED, Reason.GONE)  # noqa: PT017


def test_the_question_names_certificate_and_responder() -> None:
    certificate = leaf(MIDDLE, NAME, responder("http://ocsp.rig.example/")).certificate
    url = ocsp_url(certificate)
    question = ocsp_question(url, certificate, ISSUER)
    assert (url, question.count("/")) == ("http://ocsp.rig.example/", 3)
    assert question.startswith(url)


@contextmanager
def authority(site: Site, *, ca_file: Path, tiers: frozenset[Tier] | None = None) -> Iterator[tuple[Reach, list[str]]]:
    """A reach for NAME, and a running repository at LISTS."""
    with web_listener(site) as lists:
        yield reach_to(lists.port, ca_file, tiers=tiers), lists.requests


def reach_to(lists: int, ca_file: Path, *, seconds: float = 1.0, tiers: frozenset[Tier] | None = None) -> Reach:
    """A reach for NAME whose authorities' repository is at loopback's port `lists`."""
    table = {(LISTS, 80): lists, (NAME, 443): 1}
    access = Access(
        limits=Limits(operation_s=seconds, pause_s=0.0),
        ca_file=ca_file,
        connect_to={key: (Target("127.0.0.1", port),) for key, port in table.items()},
    )
    asset = Asset(id="a", kind="web", address=f"https://{NAME}/", system="s", tiers=tiers or frozenset(Tier))
    return Reaches(access).of(asset)


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(ROOT.pem)
    return path


def test_one_list_answers_for_all_certificates_of_its_issuer(ca_file: Path) -> None:
    other = leaf(MIDDLE, "other.rig.example", crl_point(URL)).certificate
    with authority(Site(body=crl(MIDDLE, other)), ca_file=ca_file) as (reach, requests):
        good = answers((CERTIFICATE, ISSUER, ROOT.issued.certificate), reach)
        bad = answers((other, ISSUER), reach)
    assert [one.state for one in (*good, *bad)] == ["good", "good", "revoked"]
    assert [one.source for one in good] == ["CRL", "none"]
    assert requests == ["/1.crl"]


def test_ocsp_is_asked_where_no_list_is_named(ca_file: Path) -> None:
    certificate = leaf(MIDDLE, NAME, responder(f"http://{LISTS}/ocsp")).certificate
    body = ocsp_answer(MIDDLE, certificate, status=ocsp.OCSPCertStatus.REVOKED)
    with authority(Site(body=body), ca_file=ca_file) as (reach, requests):
        (said,) = answers((certificate, ISSUER), reach)
    assert (said.state, said.source, said.url) == ("revoked", "OCSP", f"http://{LISTS}/ocsp")
    assert len(requests) == 1


def test_a_revoked_certificate_settles_it_whatever_else_is_missing(ca_file: Path) -> None:
    lower = MIDDLE.intermediate("Rig Lower")
    certificate = leaf(lower, NAME, crl_point("http://gone.rig.example/")).certificate
    middle = leaf(ROOT, "Rig Middle", crl_point(URL)).certificate
    with authority(Site(body=crl(ROOT, middle)), ca_file=ca_file) as (reach, _):
        said = answers((certificate, lower.issued.certificate, middle, ROOT.issued.certificate), reach)
    assert [one.state for one in said if one.source is RevocationSource.CRL] == ["revoked"]


@pytest.mark.parametrize(
    ("site", "reason"),
    [
        (Site(status=404), Reason.GONE),
        (Site(redirects={"*": (302, "http://127.0.0.1:1/")}), Reason.PRIVATE_SPACE),
        (Site(redirects={"*": (302, "http://169.254.169.254/latest/")}), Reason.PRIVATE_SPACE),
        (Site(redirects={"*": (302, "https://lists.rig.example/")}), Reason.MALFORMED),
        (Site(redirects={"*": (302, "file:///etc/passwd")}), Reason.MALFORMED),
        (Site(redirects={"*": (302, URL)}), Reason.REDIRECT_LOOP),
        (Site(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n0"), Reason.TRUNCATED),
        (Site(raw=b"SSH-2.0-x\r\n"), Reason.NOT_HTTP),
    ],
)
def test_a_list_that_cannot_be_had_is_a_reason(site: Site, reason: Reason, ca_file: Path) -> None:
    with authority(site, ca_file=ca_file) as (reach, _), pytest.raises(Unreachable) as unreachable:
        answers((CERTIFICATE, ISSUER), reach)
    assert unreachable.value.reason is reason


def test_a_list_without_end_is_left_alone_in_time_and_memory(ca_file: Path) -> None:
    site = Site(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n" + bytes(12_000_000))
    with authority(site, ca_file=ca_file) as (reach, _):
        tracemalloc.start()
        with pytest.raises(Unreachable) as unreachable:
            answers((CERTIFICATE, ISSUER), reach)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert unreachable.value.reason is Reason.TOO_LONG
    assert peak < 64_000_000


def test_without_the_online_tier_nobody_is_asked(ca_file: Path) -> None:
    nightly = frozenset({Tier.NIGHTLY})
    site = Site(body=crl(MIDDLE))
    with authority(site, ca_file=ca_file, tiers=nightly) as (reach, asked), pytest.raises(Unreachable) as unreachable:
        answers((CERTIFICATE, ISSUER), reach)
    assert (unreachable.value.reason, asked) == (Reason.OUT_OF_SCOPE, [])


@pytest.mark.parametrize(
    ("issued", "outcome", "reason"),
    [
        (LEAF, Outcome.FAIL, None),
        (MIDDLE.leaf(NAME), Outcome.NOT_APPLICABLE, None),
        (None, None, Reason.CHAIN_INCOMPLETE),
        (self_signed(NAME), None, Reason.UNTRUSTED),
        (STRANGER.leaf(NAME).with_chain(STRANGER.issued.certificate), None, Reason.UNTRUSTED),
    ],
)
def test_a_service_on_the_real_road(
    issued: Issued | None, outcome: Outcome | None, reason: Reason | None, ca_file: Path, tmp_path: Path
) -> None:
    served = issued or leaf(STRANGER, NAME, crl_point(URL), MUST_STAPLE)
    context = server_context(served.write(tmp_path / "leaf.pem"))
    with web_listener(Site(), context) as service, web_listener(Site(body=crl(MIDDLE, CERTIFICATE))) as lists:
        table = {(NAME, 443): service.port, (LISTS, 80): lists.port}
        access = Access(ca_file=ca_file, connect_to={key: (Target("127.0.0.1", port),) for key, port in table.items()})
        asset = Asset(id="a", kind="web", address=f"https://{NAME}/", system="s", tiers=frozenset(Tier))
        (said,) = observe_with(RevocationProbe(), asset, Reaches(access).of(asset))
    if outcome is None:
        assert isinstance(said, Unseen)
        assert (said.reason, lists.requests) == (reason, [])
        return
    assert isinstance(said, Seen)
    assert isinstance(said.facts, Revocation)
    assert codec.decode(codec.encode(said.facts), [Revocation]) == said.facts
    assert (revoked.judge(said.facts).outcome, service.connections) == (outcome, 1)
