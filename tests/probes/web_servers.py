"""nginx, Apache and HAProxy, each told the same in its own words, for tests. Knows nothing of what is looked at."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.rig.apache import start_apache
from tests.rig.haproxy import start_haproxy
from tests.rig.nginx import free_port, start_nginx

HSTS = "max-age=31536000"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a server is told. `oldest` and `newest`: "1.0" to "1.3"; suites and groups by OpenSSL's names.

    `papers`: PEM files with key and chain, one for each type of key. `default`: what strangers to the name are shown.
    `clients`: the authorities of the clients' certificates, which it then demands. `dh`: parameters in a PEM file.
    """

    name: str
    oldest: str
    newest: str
    ciphers: str
    ciphersuites: str
    groups: str
    papers: tuple[Path, ...]
    default: Path
    clients: Path | None = None
    dh: Path
    address: str = "127.0.0.1"

    def versions(self, prefix: str) -> str:
        """From the oldest to the newest, as nginx and Apache list them."""
        listed = ("1.0", "1.1", "1.2", "1.3")
        chosen = listed[listed.index(self.oldest) : listed.index(self.newest) + 1]
        return " ".join(f"{prefix}TLSv{one}".replace("v1.0", "v1") for one in chosen)


Running = AbstractContextManager[object]
Start = Callable[[Path, Setup, int], Running]


def nginx(folder: Path, setup: Setup, port: int) -> Running:
    common = f"""
        ssl_protocols {setup.versions("")}; ssl_ciphers {setup.ciphers}; ssl_prefer_server_ciphers on;
        ssl_conf_command Ciphersuites {setup.ciphersuites}; ssl_ecdh_curve {setup.groups}; ssl_dhparam {setup.dh};
    """
    papers = " ".join(f"ssl_certificate {paper}; ssl_certificate_key {paper};" for paper in setup.papers)
    clients = f"ssl_client_certificate {setup.clients}; ssl_verify_client on;" if setup.clients else ""
    header = f'add_header Strict-Transport-Security "{HSTS}" always; return 200 "It works";'
    blocks = f"""
        server {{ listen {setup.address}:{port} ssl default_server; server_name _; {common} return 404;
                  ssl_certificate {setup.default}; ssl_certificate_key {setup.default}; }}
        server {{ listen {setup.address}:{port} ssl; server_name {setup.name}; {common} {papers} {clients} {header} }}
    """
    return start_nginx(folder, blocks)


def apache(_: Path, setup: Setup, port: int) -> Running:
    common = f"""
        SSLEngine on
        SSLProtocol -all {setup.versions("+")}
        SSLHonorCipherOrder on
        SSLCipherSuite {setup.ciphers}
        SSLCipherSuite TLSv1.3 {setup.ciphersuites}
        SSLOpenSSLConfCmd Groups {setup.groups}
        SSLOpenSSLConfCmd DHParameters {setup.dh}
    """
    papers = "\n".join(f"SSLCertificateFile {paper}" for paper in setup.papers)
    clients = f"SSLCACertificateFile {setup.clients}\nSSLVerifyClient require" if setup.clients else ""
    lines = f"""
        Listen {setup.address}:{port}
        <VirtualHost {setup.address}:{port}>
            ServerName other.example
            {common}
            SSLCertificateFile {setup.default}
        </VirtualHost>
        <VirtualHost {setup.address}:{port}>
            ServerName {setup.name}
            {common}
            {papers}
            {clients}
            Header always set Strict-Transport-Security "{HSTS}"
        </VirtualHost>
    """
    return start_apache(lines, port, setup.address)


def haproxy(folder: Path, setup: Setup, port: int) -> Running:
    papers = " ".join(f"crt {paper}" for paper in (setup.default, *setup.papers))
    clients = f"verify required ca-file {setup.clients}" if setup.clients else ""
    versions = f"ssl-min-ver TLSv{setup.oldest} ssl-max-ver TLSv{setup.newest}"
    suites = f"ciphers {setup.ciphers} ciphersuites {setup.ciphersuites} curves {setup.groups}"
    lines = f"""
frontend web
    bind {setup.address.strip("[]")}:{port} ssl {papers} {versions} {suites} {clients}
    http-request return status 200 content-type text/plain string "It works" hdr Strict-Transport-Security {HSTS}
"""
    return start_haproxy(folder, lines, port, setup.address)


SERVERS: dict[str, Start] = {"nginx": nginx, "Apache": apache, "HAProxy": haproxy}
__all__ = ["HSTS", "SERVERS", "Setup", "free_port"]
