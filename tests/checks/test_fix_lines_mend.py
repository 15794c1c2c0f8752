"""A printed line mends the server that has the fault, whatever else stood there; else the fix names what did."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from auditor import plugins
from auditor.reports.fixes import fix_for
from auditor.rig.authority import Authority, rsa_key
from tests.probes.web_servers import free_port
from tests.rig.haproxy import start_haproxy
from tests.rig.nginx import CONFIGURATION, NGINX
from tests.rig.postgres import start_postgres

pytestmark = pytest.mark.root  # Debian's servers take part

SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"
STATIC = ("-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0")
GLOBAL = (f"ssl-default-bind-ciphers {SUITES}", "ssl-default-bind-options ssl-min-ver TLSv1.2")
# What Debian's OpenSSL starts with at security level 0 alone, as the lists of old configurations ask.
SHORT_PRIME = """\
-----BEGIN DH PARAMETERS-----
MIGHAoGBAOyc6tp3HPShVc8OfOLtN6dIpjsZcQJO8c5zPcj62S+/32XK1zm7T48n
056JrfIogTaeOSyxZ6jFzwK3XnNnvmi7eMiKibC++AQegu0mK1flqKdqHO1l+k2x
9dzflewt9Tj6U+ew+GH6PqxI+AlaBt3Uotn6b5gLYobu6QNrvZiHAgEC
-----END DH PARAMETERS-----
"""


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper")
    return Authority.root().intermediate().leaf("NAME.example", key=rsa_key()).write(folder / "paper.pem")


def fixes(software: str) -> dict[str, str]:
    return {check.id: fix_for(check.fix, software, "web") for check in plugins.load().checks}


@pytest.mark.parametrize("own", [f"ciphers AES128-SHA:{SUITES}", "ssl-min-ver TLSv1.0"])
def test_what_stands_on_a_bind_line_of_haproxy_wins_over_the_printed_line(
    own: str, paper: Path, tmp_path: Path
) -> None:
    old = STATIC if own.startswith("ciphers") else ("-tls1", "-cipher", "ALL:@SECLEVEL=0")
    weak = "ssl-default-bind-ciphers ALL:@SECLEVEL=0" if own.startswith("ssl-min") else GLOBAL[0]
    printed = GLOBAL[0] if own.startswith("ciphers") else GLOBAL[1]
    assert _haproxy_takes(old, paper, tmp_path, (weak, printed), own)
    assert not _haproxy_takes(old, paper, tmp_path, (weak, printed), "")


def test_so_each_fix_with_such_a_line_says_what_a_bind_line_must_not_hold() -> None:
    for check, fix in fixes("HAProxy").items():
        for default, own in (("ssl-default-bind-ciphers", "ciphers"), ("ssl-default-bind-options", "ssl-min-ver")):
            assert default not in fix or f"and no `{own}` on a `bind` line" in fix, check


def test_nginx_with_a_short_prime_does_not_start_with_the_printed_suites(paper: Path, tmp_path: Path) -> None:
    (tmp_path / "dh.pem").write_text(SHORT_PRIME)
    prime, weak, printed = f"ssl_dhparam {tmp_path}/dh.pem;", "ssl_ciphers ALL:@SECLEVEL=0;", f"ssl_ciphers {SUITES};"
    assert _nginx_starts(paper, tmp_path, prime, weak)
    assert not _nginx_starts(paper, tmp_path, prime, printed)
    assert _nginx_starts(paper, tmp_path, printed)


@pytest.mark.parametrize("check", ["tls-dh-breakable", "tls-dh-short", "tls-dh-composite", "tls-dhe-suite"])
def test_so_each_fix_against_primes_takes_them_out_of_the_configuration(check: str) -> None:
    assert "and no `ssl_dhparam`" in fixes("nginx")[check]
    assert "and no `DHParameters`" in fixes("Apache")[check]


def test_postgresql_speaks_tls13_again_by_the_highest_version_and_not_by_the_lowest(paper: Path) -> None:
    lowest, highest = "ssl_min_protocol_version=TLSv1.2", "ssl_max_protocol_version=TLSv1.3"
    assert not _postgres_speaks_tls13(paper, "ssl_max_protocol_version=TLSv1.2", lowest)
    assert _postgres_speaks_tls13(paper, highest, lowest)
    for check in ("tls-no-tls13", "tls-no-modern-version"):
        fix = fix_for(plugins.load().by_id[check].fix, "PostgreSQL")
        assert "`ssl_max_protocol_version = 'TLSv1.3'`" in fix


def _haproxy_takes(client: tuple[str, ...], paper: Path, folder: Path, lines: tuple[str, ...], own: str) -> bool:
    port = free_port()
    sections = ("global", *lines, "frontend web", f"bind 127.0.0.1:{port} ssl crt {paper} {own}")
    with start_haproxy(folder, "\n".join(sections), port):
        return _shakes_hands(port, client)


def _postgres_speaks_tls13(paper: Path, *settings: str) -> bool:
    with start_postgres(*settings, "listen_addresses=127.0.0.1", tls=paper.read_bytes()) as server:
        return _shakes_hands(server.port, ("-starttls", "postgres", "-tls1_3"))


def _shakes_hands(port: int, client: tuple[str, ...]) -> bool:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *client]
    said = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=20)
    assert b"New, " in said.stdout, said.stderr
    return b"Cipher is (NONE)" not in said.stdout


def _nginx_starts(paper: Path, folder: Path, *lines: str) -> bool:
    pair = f"ssl_certificate {paper}; ssl_certificate_key {paper};"
    block = f"server {{ listen 127.0.0.1:{free_port()} ssl; {pair} {' '.join(lines)} }}"
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(prefix=folder, servers=block))
    command = [NGINX, "-t", "-p", str(folder), "-c", str(file), "-e", str(folder / "error.log")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
