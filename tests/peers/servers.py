"""A server of each kind on loopback, as the other scanners can look at it too."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from auditor.rig.authority import Authority, rsa_key
from tests.peers.said import Place
from tests.probes.gnutls_rig import gnutls_server
from tests.probes.test_web_servers import NAME, modern, old, write_papers
from tests.probes.tls_servers import HYBRID, JAVA, java_keys, running, s_server
from tests.probes.web_servers import SERVERS as WEB
from tests.rig.directory import start_slapd
from tests.rig.mail import start_dovecot, start_postfix
from tests.rig.nginx import free_port
from tests.rig.postgres import start_postgres

Server = Callable[[Path], AbstractContextManager[Place]]
JAVA_SUITES = "TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_256_CBC_SHA"
GNUTLS = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+VERS-TLS1.1"


def _pem(folder: Path) -> Path:
    """An RSA key and its certificate."""
    return Authority.root().leaf(NAME, key=rsa_key()).write(folder / "server.pem")


@contextmanager
def _web(kind: str, folder: Path, *, is_old: bool = False) -> Iterator[Place]:
    write_papers(folder)
    port = free_port()
    setup = old(folder) if is_old else modern(folder)
    with WEB[kind](folder, setup, port):
        yield Place(port=port, name=NAME)


@contextmanager
def _openssl(folder: Path) -> Iterator[Place]:
    with s_server(_pem(folder), "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0") as port:
        yield Place(port=port, name=NAME)


@contextmanager
def _gnutls(folder: Path) -> Iterator[Place]:
    with gnutls_server(_pem(folder), GNUTLS) as listener:
        yield Place(port=listener.port, name=NAME)


@contextmanager
def _java(folder: Path) -> Iterator[Place]:
    keys, port = java_keys(folder / "keys.p12", _pem(folder)), free_port()
    command = ["java", "-XX:TieredStopAtLevel=1", str(JAVA), "server", str(port), keys, "TLSv1.2,TLSv1.3", JAVA_SUITES]
    with running(command, port):
        yield Place(port=port, name=NAME)


@contextmanager
def _hybrid(folder: Path) -> Iterator[Place]:
    port = free_port()
    with running([sys.executable, "-c", HYBRID, str(port), _pem(folder)], port):
        yield Place(port=port, name=NAME)


@contextmanager
def _postfix(folder: Path) -> Iterator[Place]:
    port = free_port()
    with start_postfix(port, f"smtpd_tls_chain_files = {_pem(folder)}", "smtpd_tls_security_level = may"):
        yield Place(port=port, name=NAME, starttls="smtp")


@contextmanager
def _dovecot(spoken: str, folder: Path) -> Iterator[Place]:
    ports = (free_port(), free_port(), free_port())
    with start_dovecot(ports, _pem(folder), "ssl = yes"):
        yield Place(port=ports[("imap", "pop3", "").index(spoken)], name=NAME, starttls=spoken, closes=True)


@contextmanager
def _openldap(folder: Path) -> Iterator[Place]:
    port = free_port()
    with start_slapd(folder, port, _pem(folder)):
        yield Place(port=port, name=NAME, starttls="ldap", closes=True)


@contextmanager
def _postgresql(folder: Path) -> Iterator[Place]:
    with start_postgres("listen_addresses=127.0.0.1", tls=_pem(folder).read_bytes()) as server:
        yield Place(port=server.port, name=NAME, starttls="postgres")


def _named(kind: str, *, is_old: bool = False) -> Server:
    return lambda folder: _web(kind, folder, is_old=is_old)


SERVERS: Mapping[str, Server] = {
    **{kind: _named(kind) for kind in WEB},
    **{f"{kind}, old": _named(kind, is_old=True) for kind in WEB},
    "OpenSSL with every suite": _openssl,
    "GnuTLS": _gnutls,
    "Java": _java,
    "hybrid groups": _hybrid,
    "Postfix": _postfix,
    "Dovecot, IMAP": lambda folder: _dovecot("imap", folder),
    "Dovecot, POP3": lambda folder: _dovecot("pop3", folder),
    "Dovecot, IMAP inside TLS": lambda folder: _dovecot("", folder),
    "OpenLDAP": _openldap,
    "PostgreSQL": _postgresql,
}
