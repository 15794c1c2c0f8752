"""Debian's nginx, Apache and HAProxy, told the same in their own words: every fact is what they were told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from auditor.clock import utc_now
from auditor.facts.base import Facts
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate
from auditor.facts.certificates import CertificateSeen, PathEnd
from auditor.facts.cipher_suites import suite
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.facts.tls_exchange import (
    DhPrimes,
    FallbackAnswer,
    HandshakeSignature,
    OldHash,
    TlsFallback,
    TlsGroups,
    TlsOptions,
    TlsTolerance,
)
from auditor.facts.tls_suites import SuitePreference, TlsSuites
from auditor.facts.web import HttpsService, Software
from auditor.model import Asset, Finding, Outcome, Reason, Sensitivity, Tier
from auditor.observe import Look, observe
from auditor.pipeline import Question, assess
from auditor.probe import Seen, Unseen
from auditor.reach import Access, Reaches, Target
from auditor.rig.authority import Authority, Issued, rsa_key, self_signed
from auditor.rubric import read_rubric
from tests.peers.ours import we_say
from tests.peers.said import Place, differences
from tests.peers.theirs import of_sslyze
from tests.probes.web_servers import HSTS, SERVERS, Setup, free_port, nginx
from tests.promises.road import QUICK, parts

pytestmark = pytest.mark.root  # Debian's servers take part

V = TlsVersion
F = TypeVar("F", bound=Facts)
NAME = "www.servers.example"
AT, AT6 = "127.0.0.1:443", "[::1]:443"
ROOT = Authority.root()
MIDDLE = ROOT.intermediate()
ECDSA, RSA, DEFAULT = MIDDLE.leaf(NAME), MIDDLE.leaf(NAME, key=rsa_key()), self_signed("srv-01.servers.example")
X25519, P256 = 29, 23
GCM = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}
CBC = {"TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"}


@dataclass(frozen=True)
class Looked:
    """What every nightly web probe said of one server, by type and place."""

    look: Look
    sights: dict[tuple[type[Facts], str], Seen | Unseen]

    def facts(self, kind: type[F], locus: str = AT) -> F:
        seen = self.sights[kind, locus]
        assert isinstance(seen, Seen), seen
        assert isinstance(seen.facts, kind)
        return seen.facts

    def suites(self) -> dict[TlsVersion, set[str]]:
        rows = self.facts(TlsSuites).versions
        assert all(row.unsettled is None for row in rows)
        return {row.version: {suite(number).name for number in row.accepted} for row in rows}

    def groups(self) -> tuple[set[int], set[int]]:
        """Of TLS 1.3, and the further ones of older versions."""
        facts = self.facts(TlsGroups)
        assert (facts.open_in_tls13, facts.open_in_older) == (None, None)
        return set(facts.in_tls13), set(facts.in_older)

    def judged(self) -> tuple[Finding, ...]:
        """What the checks say of it."""
        question = Question(assets=(self.look.asset,), rubric=read_rubric())
        return assess([self.look], question, parts(), began=utc_now(), clock=utc_now).findings


def look_at(folder: Path, *targets: Target) -> Looked:
    asset = Asset(
        id="web",
        kind="web",
        address=f"https://{NAME}/",
        system="",
        tiers=frozenset({Tier.NIGHTLY}),
        sensitivity=Sensitivity.PUBLIC,
    )
    plain = tuple(Target(one.address, free_port()) for one in targets)
    places = {(NAME, 443): targets, (NAME, 80): plain}
    access = Access(limits=QUICK, ca_file=folder / "roots.pem", connect_to=places)
    (look,) = observe([asset], parts(), Reaches(access), tiers=frozenset({Tier.NIGHTLY}))
    told = {(one.facts_type if isinstance(one, Unseen) else type(one.facts), one.locus): one for one in look.sights}
    assert not [one for one in told.values() if isinstance(one, Unseen) and one.reason is Reason.PROBE_ERROR]
    return Looked(look, told)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_papers(tmp_path_factory.mktemp("web-servers"))


def write_papers(path: Path) -> Path:
    """Certificates, their root, and a prime, into this folder."""
    (path / "roots.pem").write_bytes(ROOT.pem)
    for name, paper in (("ecdsa", ECDSA), ("rsa", RSA), ("default", DEFAULT)):
        paper.write(path / f"{name}.pem")
    prime = ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"]
    subprocess.run([*prime, "-out", path / "dh.pem"], check=True, capture_output=True)
    return path


def modern(folder: Path) -> Setup:
    return Setup(
        name=NAME,
        oldest="1.2",
        newest="1.3",
        ciphers="ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
        ciphersuites="TLS_AES_256_GCM_SHA384",
        groups="X25519:prime256v1",
        papers=(folder / "ecdsa.pem", folder / "rsa.pem"),
        default=folder / "default.pem",
        dh=folder / "dh.pem",
    )


def old(folder: Path) -> Setup:
    return Setup(
        name=NAME,
        oldest="1.0",
        newest="1.2",
        ciphers="AES128-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0",
        ciphersuites="TLS_AES_256_GCM_SHA384",
        groups="X25519:prime256v1",
        papers=(folder / "rsa.pem",),
        default=folder / "rsa.pem",
        clients=folder / "roots.pem",
        dh=folder / "dh.pem",
    )


@contextmanager
def running(kind: str, folder: Path, setup: Setup) -> Iterator[int]:
    port = free_port()
    with SERVERS[kind](folder, setup, port):
        yield port


@pytest.fixture(scope="module", params=SERVERS)
def modern_look(request: pytest.FixtureRequest, folder: Path) -> tuple[str, Looked]:
    with running(request.param, folder, modern(folder)) as port:
        return request.param, look_at(folder, Target("127.0.0.1", port))


@pytest.fixture(scope="module", params=SERVERS)
def old_look(request: pytest.FixtureRequest, folder: Path) -> tuple[str, Looked]:
    with running(request.param, folder, old(folder)) as port:
        return request.param, look_at(folder, Target("127.0.0.1", port))


def serial(paper: Issued) -> str:
    return f"{paper.certificate.serial_number:x}"


class TestModern:
    """TLS 1.2 and 1.3 with a few suites, an RSA and an ECDSA certificate, and another one for strangers."""

    def test_versions_suites_and_groups(self, modern_look: tuple[str, Looked]) -> None:
        _, looked = modern_look
        assert looked.facts(TlsVersions).accepted == {V.TLS12, V.TLS13}
        assert looked.suites() == {V.TLS12: GCM, V.TLS13: {"TLS_AES_256_GCM_SHA384"}}
        assert looked.groups() == ({X25519, P256}, set())
        assert looked.facts(DhPrimes).primes == ()

    def test_options(self, modern_look: tuple[str, Looked]) -> None:
        _, looked = modern_look
        hello = looked.facts(TlsOptions).hello
        assert hello is not None
        assert (hello.has_extended_master_secret, hello.has_secure_renegotiation, hello.compression) == (True, True, 0)
        assert not hello.wants_client_certificate
        assert hello.chain_length == 2
        assert looked.facts(TlsFallback).answer is FallbackAnswer.NOT_ASKED
        assert looked.facts(TlsTolerance).is_tolerant
        assert looked.facts(HandshakeSignature).old_hash is OldHash.REFUSED

    def test_both_certificates_and_the_one_for_strangers(self, modern_look: tuple[str, Looked]) -> None:
        _, looked = modern_look
        for variant, paper in (("RSA", RSA), ("ECDSA", ECDSA)):
            seen = looked.facts(CertificateVariant, f"{AT} {variant}").seen
            assert seen
            assert (seen.leaf.serial, seen.end) == (serial(paper), PathEnd.ANCHORED)
        nameless = looked.facts(NamelessCertificate)
        assert nameless.seen
        assert (nameless.seen.leaf.serial, nameless.is_usual) == (serial(DEFAULT), False)

    def test_what_https_answers(self, modern_look: tuple[str, Looked]) -> None:
        kind, looked = modern_look
        service = looked.facts(HttpsService)
        assert (service.status, service.hsts_headers) == (200, (HSTS,))
        assert service.software is {"nginx": Software.NGINX, "Apache": Software.APACHE}.get(kind)


class TestOld:
    """TLS 1.0 to 1.2 without forward secrecy and over a prime, for clients with a certificate of their own alone."""

    def test_versions_suites_and_primes(self, old_look: tuple[str, Looked]) -> None:
        _, looked = old_look
        assert looked.facts(TlsVersions).accepted == {V.TLS10, V.TLS11, V.TLS12}
        assert looked.suites() == dict.fromkeys((V.TLS10, V.TLS11, V.TLS12), CBC)
        assert looked.groups() == (set(), set())
        assert {prime.bits for prime in looked.facts(DhPrimes).primes} == {2048}

    def test_options(self, old_look: tuple[str, Looked]) -> None:
        _, looked = old_look
        hello = looked.facts(TlsOptions).hello
        assert hello is not None
        assert hello.wants_client_certificate
        assert looked.facts(TlsFallback).answer is FallbackAnswer.STOPPED
        assert looked.facts(SuitePreference).picked in {0x2F, 0x33}

    def test_its_certificate_is_seen_although_it_lets_nobody_in(self, old_look: tuple[str, Looked]) -> None:
        kind, looked = old_look
        assert looked.facts(CertificateSeen).leaf.serial == serial(RSA)
        assert looked.facts(CertificateVariant, f"{AT} ECDSA").refusal
        service = looked.sights[HttpsService, AT]
        if kind == "nginx":  # it takes everybody in, and answers with an error
            assert isinstance(service, Seen)
            assert looked.facts(HttpsService).status == 400
        else:
            assert isinstance(service, Unseen)
            assert service.reason is Reason.TLS_FAILED


def test_sslyze_says_the_same_of_a_server_with_two_certificates(folder: Path) -> None:
    """It asks each suite alone. HAProxy picks the certificate by what else is offered; see `tls_chunks`."""
    with running("HAProxy", folder, modern(folder)) as port:
        place = Place(port=port, name=NAME)
        ours, theirs = we_say(place), of_sslyze(place)
    assert ours.topics.keys() & theirs.topics.keys() >= {"suites tls1.2", "suites tls1.3", "groups", "serials"}
    assert list(differences(ours, theirs)) == []


@pytest.mark.parametrize("kind", SERVERS)
def test_an_ipv6_address_that_was_forgotten_differs(kind: str, folder: Path) -> None:
    """The same name at 127.0.0.1 and at ::1. Only the first was brought up to date."""
    current, forgotten = modern(folder), replace(old(folder), newest="1.3", clients=None, address="[::1]")
    ports = free_port(), free_port()
    with SERVERS[kind](folder, current, ports[0]), SERVERS[kind](folder, forgotten, ports[1]):
        looked = look_at(folder, Target("127.0.0.1", ports[0]), Target("::1", ports[1]))
    assert looked.facts(TlsVersions, AT6).accepted == {V.TLS10, V.TLS11, V.TLS12, V.TLS13}
    assert looked.facts(TlsVersions).accepted == {V.TLS12, V.TLS13}
    (finding,) = [one for one in looked.judged() if one.check == "addresses-differ"]
    assert finding.outcome is Outcome.FAIL
    said = {row.looked_at: row.seen for row in finding.evidence}
    assert said[f"versions at {AT6}"] == "TLS 1.0, TLS 1.1, TLS 1.2, TLS 1.3"
    assert said[f"versions at {AT}"] == "not TLS 1.0, TLS 1.1"


def test_an_ipv6_address_with_the_same_settings_does_not_differ(folder: Path) -> None:
    ports = free_port(), free_port()
    setup = modern(folder)
    with nginx(folder, setup, ports[0]), nginx(folder, replace(setup, address="[::1]"), ports[1]):
        looked = look_at(folder, Target("127.0.0.1", ports[0]), Target("::1", ports[1]))
    assert looked.facts(TlsVersions, AT6).accepted == looked.facts(TlsVersions).accepted
    (finding,) = [one for one in looked.judged() if one.check == "addresses-differ"]
    assert finding.outcome is Outcome.PASS
