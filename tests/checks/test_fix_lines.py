"""The lines that fixes print are lines that the servers take: nginx, Apache and HAProxy are asked themselves."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from auditor import plugins
from auditor.reports.fixes import fix_for
from auditor.rig.authority import Authority
from tests.probes.web_servers import free_port
from tests.rig.apache import start_apache
from tests.rig.directory import start_slapd
from tests.rig.haproxy import HAPROXY, write_haproxy
from tests.rig.mail import start_postfix
from tests.rig.nginx import CONFIGURATION, NGINX

pytestmark = pytest.mark.root  # Debian's servers take part

NGINX_LINE = re.compile(r"`((?:ssl_|add_header |return |server_name )[^`]*;)`")
APACHE_LINE = re.compile(r"`((?:SSL\w+|Header|Redirect) [^`]*)`")
HAPROXY_BIND = re.compile(r"`((?:curves|ciphers|alpn|ssl-min-ver) [^`]*|strict-sni)`")
HAPROXY_GLOBAL = re.compile(r"`((?:ssl-default-bind-|tune\.)\S+ [^`]*)`")
HAPROXY_FRONTEND = re.compile(r"`(http-\S+ [^`]*)`")
# What Debian 12's OpenSSL 3.0 cannot: the group came with 3.5, as the fix says.
NEEDS_NEWER_OPENSSL = "X25519MLKEM768"
FOR_THE_SERVER = "SSLStaplingCache"
FULL_CHAIN = "/etc/letsencrypt/live/NAME/fullchain.pem"


@cache
def fixes() -> str:
    return "\n".join(check.fix for check in plugins.load().checks)


def lines(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Each line once, in the order of the checks."""
    return tuple(dict.fromkeys(pattern.findall(fixes())))


def lines_of_today(pattern: re.Pattern[str], paper: Path) -> tuple[str, ...]:
    """With our own certificate, and without those that need a newer OpenSSL."""
    own = (line.replace(FULL_CHAIN, str(paper)) for line in lines(pattern))
    return tuple(line for line in own if NEEDS_NEWER_OPENSSL not in line)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper")
    return Authority.root().intermediate().leaf("NAME.example").write(folder / "paper.pem")


def test_there_are_lines_for_each_server() -> None:
    for pattern in (NGINX_LINE, APACHE_LINE, HAPROXY_BIND, HAPROXY_GLOBAL, HAPROXY_FRONTEND):
        assert lines(pattern), pattern


@pytest.mark.parametrize("line", lines(NGINX_LINE))
def test_nginx_takes_it(line: str, paper: Path, tmp_path: Path) -> None:
    own = line.replace(FULL_CHAIN, str(paper))
    certificate = "" if own.startswith("ssl_certificate ") else f"ssl_certificate {paper};"
    block = f"server {{ listen 127.0.0.1:{free_port()} ssl; {certificate} ssl_certificate_key {paper}; {own} }}"
    (tmp_path / "nginx.conf").write_text(CONFIGURATION.format(prefix=tmp_path, servers=block))
    command = [NGINX, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if NEEDS_NEWER_OPENSSL in line:
        assert "SSL_CTX_set1_curves_list" in said.stderr
    else:
        assert said.returncode == 0, said.stderr


def test_apache_starts_with_each_of_them(paper: Path) -> None:
    """Its own test of the syntax reads less than a start does."""
    port = free_port()
    every = lines_of_today(APACHE_LINE, paper)
    outside = [line for line in every if line.startswith(FOR_THE_SERVER)]
    hosts = [_virtual_host(port, paper, line) for line in every if line not in outside]
    cache = [line.replace("/run/apache2/", "") for line in outside]
    with start_apache("\n".join([f"Listen 127.0.0.1:{port}", *cache, *hosts]), port) as folder:
        log = (folder / "error.log").read_text()
    assert len(hosts) > 5
    errors = [line for line in log.splitlines() if ":error]" in line]
    assert all("stapling" in line for line in errors), (
        "the certificate of this test names no responder; the rest is fine"
    )


def _virtual_host(port: int, paper: Path, line: str) -> str:
    own = "" if line.startswith("SSLCertificateFile") else f"SSLCertificateFile {paper}"
    key = f"SSLCertificateKeyFile {paper}"
    inside = "\n".join(("ServerName NAME.example", "SSLEngine on", own, key, line))
    return f"<VirtualHost 127.0.0.1:{port}>\n{inside}\n</VirtualHost>"


def test_haproxy_takes_them(paper: Path, tmp_path: Path) -> None:
    every = {pattern: lines_of_today(pattern, paper) for pattern in (HAPROXY_BIND, HAPROXY_GLOBAL, HAPROXY_FRONTEND)}
    binds = [f"bind 127.0.0.1:{free_port()} ssl crt {paper} {line}" for line in every[HAPROXY_BIND]]
    sections = ["global", *every[HAPROXY_GLOBAL], "frontend web", *binds, *every[HAPROXY_FRONTEND]]
    file = write_haproxy(tmp_path, "\n".join(sections))
    said = subprocess.run([HAPROXY, "-c", "-f", str(file)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "WARNING" not in said.stderr, said.stderr


def test_postfix_offers_no_anonymous_suite_with_the_printed_line(paper: Path) -> None:
    """At either level; the line for mandatory TLS alone would leave a port open that lets people log in without it."""
    (line,) = re.findall(r"`(smtpd_tls_\w*exclude_ciphers = aNULL)`", fixes())
    chain, may = f"smtpd_tls_chain_files = {paper}", "smtpd_tls_security_level = may"
    assert _takes_anonymous(chain, may)
    assert not _takes_anonymous(chain, may, line)
    assert not _takes_anonymous(chain, "smtpd_tls_security_level = encrypt", line)


@pytest.mark.parametrize("level", ["may", "encrypt"])
@pytest.mark.parametrize("check", ["tls-legacy-version", "tls-cbc-suite"])
def test_postfix_declines_at_either_level_what_the_printed_lines_are_against(
    check: str, level: str, paper: Path
) -> None:
    """At `encrypt`, the level of the port where people log in, it reads settings of their own."""
    fix = plugins.load().by_id[check].fix
    printed = re.findall(r"`((?:smtpd_tls|tls_high)_[^`]* = [^`]*)`", fix_for(fix, "Postfix"))
    weak = (
        "smtpd_tls_protocols = >=TLSv1",
        "smtpd_tls_mandatory_protocols = >=TLSv1",
        "tls_medium_cipherlist = ALL:@SECLEVEL=0",
    )
    chain = (f"smtpd_tls_chain_files = {paper}", f"smtpd_tls_security_level = {level}")
    old = (
        ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        if check == "tls-legacy-version"
        else ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    )
    assert _takes(*chain, *weak, client=old)
    assert not _takes(*chain, *weak, *printed, client=old)


@pytest.mark.parametrize("check", ["tls-legacy-version", "tls-cbc-suite"])
def test_a_slapd_on_gnutls_declines_what_the_printed_line_is_against(check: str, paper: Path, tmp_path: Path) -> None:
    """Debian's is. It reads past TLSProtocolMin, and does not start with a list in the language of OpenSSL."""
    line = re.findall(r"GnuTLS[^`]*`(TLSCipherSuite [^`]*)`", fix_for(plugins.load().by_id[check].fix, "OpenLDAP"))
    old = ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    client = old if check == "tls-legacy-version" else ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA")
    assert _directory_takes(client, paper, tmp_path)
    assert not _directory_takes(client, paper, tmp_path, *line)
    assert _directory_takes(("-tls1_3",), paper, tmp_path, *line)
    assert _directory_takes(("-tls1_2",), paper, tmp_path, *line)


def _directory_takes(client: tuple[str, ...], paper: Path, folder: Path, *settings: str) -> bool:
    port = free_port()
    with start_slapd(folder, port, paper, *settings):
        return _shakes_hands(port, "ldap", client)


def _takes_anonymous(*settings: str) -> bool:
    return _takes(*settings, client=("-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"))


def _takes(*settings: str, client: tuple[str, ...]) -> bool:
    port = free_port()
    with start_postfix(port, *settings):
        return _shakes_hands(port, "smtp", client)


def _shakes_hands(port: int, way: str, client: tuple[str, ...]) -> bool:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-starttls", way, *client]
    said = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=20)
    assert b"New, " in said.stdout, said.stderr
    return b"Cipher is (NONE)" not in said.stdout
