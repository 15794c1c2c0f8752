"""The ways to TLS with Debian's own servers on loopback: Postfix, Dovecot, OpenLDAP, PostgreSQL, MariaDB.

Each is also asked which certificate it shows to clients of one key type, and to those that name no server.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from auditor.facts.base import Facts
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate
from auditor.facts.certificates import CertificateSeen
from auditor.facts.starttls import LoginBeforeTls, StartTls
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset, Outcome, Reason
from auditor.probe import Seen, Unseen
from auditor.probes.tls_meaning import CLOSED_AS_A_REFUSAL
from auditor.probes.tls_port import MxProbe, TlsPortProbe
from auditor.reach import Access, Limits, Reaches
from auditor.rig.authority import Authority, rsa_key
from checks.starttls import login_before_tls, not_offered
from tests.rig.directory import start_slapd
from tests.rig.mail import start_dovecot, start_postfix
from tests.rig.mariadb import start_mariadb
from tests.rig.nginx import free_port
from tests.rig.postgres import start_postgres

pytestmark = pytest.mark.root  # Debian's servers take part

NAME = "localhost"
MODERN = {TlsVersion.TLS12, TlsVersion.TLS13}
Sights = dict[type[Facts], Seen | Unseen]
ROOT = Authority.root()
# What a server says that holds one certificate, of an ECDSA key. The service is named by an address here.
ECDSA_ALONE = ("usual", "alert 40 (handshake_failure)")
ECDSA_ALONE_IN_SILENCE = ("usual", "it hung up, twice, while other handshakes succeeded")


@pytest.fixture(scope="module")
def rsa_pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    issued = ROOT.leaf(NAME, addresses=("127.0.0.1", "127.0.0.2"), key=rsa_key())
    return issued.write(tmp_path_factory.mktemp("keys") / "rsa.pem")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    issued = ROOT.leaf(NAME, addresses=("127.0.0.1", "127.0.0.2"))
    return issued.write(tmp_path_factory.mktemp("keys") / "localhost.pem")


def look_at(address: str, kind: str = "tls") -> Sights:
    asset = Asset(id="a", kind=kind, address=address, system="s")
    reach = Reaches(Access(limits=Limits(pause_s=0.0))).of(asset)
    probe = MxProbe() if kind == "mx" else TlsPortProbe()
    return {one.facts_type if isinstance(one, Unseen) else type(one.facts): one for one in probe.observe(asset, reach)}


def variants(address: str) -> tuple[str, str]:
    """What clients are shown that know ECDSA alone, and RSA alone: `usual`, `another`, or the refusal in words."""
    asset = Asset(id="a", kind="tls", address=address, system="s")
    reach = Reaches(Access(limits=Limits(pause_s=0.0))).of(asset)
    said: dict[str, str] = {}
    for one in TlsPortProbe().observe(asset, reach):
        if isinstance(one, Seen) and isinstance(one.facts, (CertificateVariant, NamelessCertificate)):
            said[one.locus.partition(" ")[2]] = one.facts.refusal or ("usual" if one.facts.is_usual else "another")
    assert "named by an address" in said.pop("")
    return said["ECDSA"], said["RSA"]


def outcomes(sights: Sights) -> tuple[str, str]:
    """Is TLS offered, and does no password go before it?"""
    start, logins = sights[StartTls], sights[LoginBeforeTls]
    assert isinstance(start, Seen), start
    assert isinstance(logins, Seen), logins
    assert isinstance(start.facts, StartTls)
    assert isinstance(logins.facts, LoginBeforeTls)
    return not_offered.judge(start.facts).outcome.value, login_before_tls.judge(logins.facts).outcome.value


def accepted(sights: Sights) -> frozenset[TlsVersion]:
    sight = sights[TlsVersions]
    assert isinstance(sight, Seen), sight
    assert isinstance(sight.facts, TlsVersions)
    return sight.facts.accepted


def assert_settled(sights: Sights, *, by: str = CLOSED_AS_A_REFUSAL) -> None:
    """Every version and suite is accepted or refused, and some of them in this way."""
    versions, suites = sights[TlsVersions], sights[TlsSuites]
    assert isinstance(versions, Seen), versions
    assert isinstance(suites, Seen), suites
    assert isinstance(versions.facts, TlsVersions)
    assert isinstance(suites.facts, TlsSuites)
    assert versions.facts.unknown == ()
    assert [row.unsettled for row in suites.facts.versions if row.unsettled] == []
    assert by in {row.answer for row in versions.facts.refused}
    assert all(isinstance(one, Seen) or one.reason is Reason.LEFT_OUT for one in sights.values())


def names(sights: Sights) -> tuple[str, ...]:
    sight = sights[CertificateSeen]
    assert isinstance(sight, Seen), sight
    assert isinstance(sight.facts, CertificateSeen)
    return sight.facts.dns_names


def proved_by_openssl(address: str, spoken: str, version: str) -> bool:
    """Does openssl's own client complete a handshake of this version there?"""
    command = ["openssl", "s_client", "-connect", address, "-starttls", spoken, f"-{version}", "-brief"]
    made = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=20)
    return made.returncode == 0 and b"CONNECTION ESTABLISHED" in made.stderr + made.stdout


@pytest.fixture(scope="module")
def postfix(pem: Path, rsa_pem: Path) -> Iterator[int]:
    """What Debian sets up: TLS of every age for whoever brings mail. It has a certificate of either type."""
    port = free_port()
    with start_postfix(port, f"smtpd_tls_chain_files = {pem}, {rsa_pem}", "smtpd_tls_security_level = may"):
        yield port


@pytest.fixture(scope="module")
def dovecot(pem: Path) -> Iterator[tuple[int, int, int]]:
    """IMAP, POP3, and IMAP with TLS at once."""
    ports = (free_port(), free_port(), free_port())
    with start_dovecot(ports, pem, "ssl = yes", "disable_plaintext_auth = yes", address="127.0.0.2"):
        yield ports


class TestPostfix:
    def test_a_mail_exchanger_with_starttls(self, postfix: int) -> None:
        sights = look_at(f"smtp://127.0.0.1:{postfix}", "mx")
        assert outcomes(sights) == ("pass", "pass")
        assert accepted(sights) >= MODERN
        suites = sights[TlsSuites]
        assert isinstance(suites, Seen)
        assert isinstance(suites.facts, TlsSuites)
        assert suites.facts.opportunistic
        for version, flag in ((TlsVersion.TLS12, "tls1_2"), (TlsVersion.TLS13, "tls1_3")):
            assert proved_by_openssl(f"127.0.0.1:{postfix}", "smtp", flag) is (version in accepted(sights))

    def test_a_submission_port_shows_its_certificate(self, postfix: int) -> None:
        assert names(look_at(f"smtp://127.0.0.1:{postfix}")) == (NAME,)
        assert variants(f"smtp://127.0.0.1:{postfix}") == ("usual", "another")


class TestDovecot:
    @pytest.mark.parametrize(("scheme", "number"), [("imap", 0), ("pop3", 1)])
    def test_mailboxes_with_starttls(self, dovecot: tuple[int, int, int], scheme: str, number: int) -> None:
        sights = look_at(f"{scheme}://127.0.0.2:{dovecot[number]}")
        assert outcomes(sights) == ("pass", "pass")
        assert accepted(sights) == MODERN
        assert names(sights) == (NAME,)
        assert proved_by_openssl(f"127.0.0.2:{dovecot[number]}", scheme, "tls1_3")
        assert variants(f"{scheme}://127.0.0.2:{dovecot[number]}") == ECDSA_ALONE_IN_SILENCE

    def test_mailboxes_with_tls_at_once(self, dovecot: tuple[int, int, int]) -> None:
        sights = look_at(f"tls://127.0.0.2:{dovecot[2]}")
        assert outcomes(sights) == ("not_applicable", "not_applicable")
        assert accepted(sights) == MODERN
        assert_settled(sights)


def _once_told(log: Path, words: str) -> str:
    """The log, as soon as it says so, or after some seconds: a server writes it when its client has gone."""
    until = time.monotonic() + 10
    while words not in log.read_text() and time.monotonic() < until:
        time.sleep(0.05)
    return log.read_text()


def test_passwords_in_the_clear_are_seen_at_mailboxes_and_at_a_mail_server_that_asks_them(pem: Path) -> None:
    ports, auth, smtp = (free_port(), free_port(), free_port()), free_port(), free_port()
    asked = f"service auth {{\n  inet_listener {{\n    address = 127.0.0.1\n    port = {auth}\n  }}\n}}"
    settings = ("smtpd_sasl_auth_enable = yes", "smtpd_sasl_type = dovecot", f"smtpd_sasl_path = inet:127.0.0.1:{auth}")
    with ExitStack() as servers:
        servers.enter_context(
            start_dovecot(ports, pem, "ssl = yes", "disable_plaintext_auth = no", asked, address="127.0.0.2")
        )
        log = servers.enter_context(start_postfix(smtp, *settings))
        for scheme, port in zip(("imap", "pop3"), ports, strict=False):
            assert outcomes(look_at(f"{scheme}://127.0.0.2:{port}")) == ("pass", "fail")
        assert outcomes(look_at(f"smtp://127.0.0.1:{smtp}", "mx")) == ("fail", "fail")
        said = _once_told(log, "ehlo=1 quit=1 commands=2")
    assert "ehlo=1 quit=1 commands=2" in said  # and no more than that
    assert "mail=" not in said


class TestOpenLdap:
    def test_a_directory_with_and_one_without_tls(self, pem: Path, tmp_path: Path) -> None:
        for tls, expected in ((pem, "pass"), (None, "fail")):
            port = free_port()
            with start_slapd(tmp_path, port, tls):
                sights = look_at(f"ldap://127.0.0.1:{port}")
                shown = variants(f"ldap://127.0.0.1:{port}") if tls else None
            assert outcomes(sights) == (expected, "not_applicable")
            if tls:
                assert accepted(sights) == {*MODERN, TlsVersion.TLS10, TlsVersion.TLS11}
                assert_settled(sights)
                assert names(sights) == (NAME,)
                assert shown == ECDSA_ALONE_IN_SILENCE


class TestDatabases:
    def test_postgresql_with_tls(self, pem: Path) -> None:
        with start_postgres("listen_addresses=127.0.0.1", tls=pem.read_bytes()) as server:
            sights = look_at(f"postgresql://127.0.0.1:{server.port}")
            shown = variants(f"postgresql://127.0.0.1:{server.port}")
        assert shown == ECDSA_ALONE
        assert outcomes(sights) == ("pass", "not_applicable")
        assert accepted(sights) == MODERN
        assert names(sights) == (NAME,)

    def test_postgresql_without_tls(self) -> None:
        with start_postgres("listen_addresses=127.0.0.1") as server:
            assert outcomes(look_at(f"postgresql://127.0.0.1:{server.port}"))[0] == "fail"

    def test_mariadb_with_and_without_tls(self, pem: Path) -> None:
        ports = (free_port(), free_port())
        with ExitStack() as servers:
            servers.enter_context(start_mariadb(ports[0], pem))
            servers.enter_context(start_mariadb(ports[1]))
            good, bad = (look_at(f"mysql://127.0.0.1:{port}") for port in ports)
            shown = variants(f"mysql://127.0.0.1:{ports[0]}")
        assert shown == ECDSA_ALONE
        assert outcomes(good) == ("pass", "not_applicable")
        assert accepted(good) == MODERN
        assert names(good) == (NAME,)
        assert outcomes(bad) == (Outcome.FAIL.value, "not_applicable")
