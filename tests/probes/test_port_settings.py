"""Postfix, Dovecot, PostgreSQL and OpenLDAP, told the same in their own words: every fact is what they were told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.facts.base import Facts
from auditor.facts.certificates import CertificateSeen, KeyKind
from auditor.facts.cipher_suites import suite
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.facts.tls_exchange import TlsGroups, TlsOptions
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset
from auditor.observe import observe_with
from auditor.probe import Seen
from auditor.probes.tls_port import TlsPortProbe
from auditor.reach import Access, Limits, Reaches
from auditor.rig.authority import Authority, Issued, rsa_key
from tests.rig.directory import start_slapd
from tests.rig.mail import start_dovecot, start_postfix
from tests.rig.nginx import free_port
from tests.rig.postgres import start_postgres

pytestmark = pytest.mark.root  # Debian's servers take part

V = TlsVersion
SUITE = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
OPENSSL_SUITE = "ECDHE-RSA-AES256-GCM-SHA384"
GNUTLS = "NONE:+VERS-TLS1.2:+ECDHE-RSA:+AES-256-GCM:+AEAD:+GROUP-SECP256R1:+SIGN-ALL:+COMP-NULL:+CTYPE-X509"
P256 = 23


@dataclass(frozen=True)
class Paper:
    """A certificate for localhost with an RSA key, and the file that both lie in."""

    issued: Issued
    pem: Path


@contextmanager
def postfix(_: Path, pem: Path) -> Iterator[str]:
    port = free_port()
    settings = (
        f"smtpd_tls_chain_files = {pem}",
        "smtpd_tls_security_level = may",
        "smtpd_tls_protocols = TLSv1.2, !TLSv1.3, !TLSv1.1, !TLSv1",
        "smtpd_tls_ciphers = high",
        f"tls_high_cipherlist = {OPENSSL_SUITE}",
        "tls_eecdh_auto_curves = prime256v1",
    )
    with start_postfix(port, *settings):
        yield f"smtp://127.0.0.1:{port}"


@contextmanager
def dovecot(_: Path, pem: Path) -> Iterator[str]:
    """It has no word for a newest version, so its TLS 1.3 stays."""
    ports = (free_port(), free_port(), free_port())
    settings = ("ssl = yes", "ssl_min_protocol = TLSv1.2", f"ssl_cipher_list = {OPENSSL_SUITE}")
    with start_dovecot(ports, pem, *settings, "ssl_curve_list = prime256v1"):
        yield f"imap://127.0.0.1:{ports[0]}"


@contextmanager
def postgresql(_: Path, pem: Path) -> Iterator[str]:
    settings = (
        "listen_addresses=127.0.0.1",
        "ssl_min_protocol_version=TLSv1.2",
        "ssl_max_protocol_version=TLSv1.2",
        f"ssl_ciphers={OPENSSL_SUITE}",
        "ssl_ecdh_curve=prime256v1",
    )
    with start_postgres(*settings, tls=pem.read_bytes()) as server:
        yield f"postgresql://127.0.0.1:{server.port}"


@contextmanager
def openldap(folder: Path, pem: Path) -> Iterator[str]:
    port = free_port()
    with start_slapd(folder, port, pem, f"TLSCipherSuite {GNUTLS}"):
        yield f"ldap://127.0.0.1:{port}"


SERVERS: dict[str, Callable[[Path, Path], AbstractContextManager[str]]] = {
    "Postfix": postfix,
    "Dovecot": dovecot,
    "PostgreSQL": postgresql,
    "OpenLDAP": openldap,
}


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    issued = Authority.root().leaf("localhost", addresses=("127.0.0.1",), key=rsa_key())
    return Paper(issued, issued.write(tmp_path_factory.mktemp("keys") / "localhost.pem"))


def look_at(address: str) -> dict[type[Facts], Facts]:
    asset = Asset(id="a", kind="tls", address=address, system="s")
    reach = Reaches(Access(limits=Limits(pause_s=0.0))).of(asset)
    said = observe_with(TlsPortProbe(), asset, reach)
    return {type(one.facts): one.facts for one in said if isinstance(one, Seen)}


@pytest.mark.parametrize("kind", SERVERS)
def test_what_is_seen_is_what_was_set(kind: str, paper: Paper, tmp_path: Path) -> None:
    with SERVERS[kind](tmp_path, paper.pem) as address:
        found = look_at(address)
    versions, suites, groups = found[TlsVersions], found[TlsSuites], found[TlsGroups]
    assert isinstance(versions, TlsVersions)
    assert versions.accepted - ({V.TLS13} if kind == "Dovecot" else set()) == {V.TLS12}
    assert isinstance(suites, TlsSuites)
    accepted = {row.version: [suite(number).name for number in row.accepted] for row in suites.versions}
    assert accepted[V.TLS12] == [SUITE]
    assert isinstance(groups, TlsGroups)
    assert {*groups.in_tls13, *groups.in_older} == {P256}
    certificate, options = found[CertificateSeen], found[TlsOptions]
    assert isinstance(certificate, CertificateSeen)
    assert certificate.leaf.serial == f"{paper.issued.certificate.serial_number:x}"
    assert (certificate.leaf.key_kind, certificate.leaf.key_bits) == (KeyKind.RSA, 2048)
    assert isinstance(options, TlsOptions)
    assert options.hello
    assert options.hello.has_extended_master_secret
