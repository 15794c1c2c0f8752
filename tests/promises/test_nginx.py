"""The promise kept on Debian's nginx: the very line that a Fix prints goes into its configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auditor.model import Asset, Letter, Outcome, Report, Sensitivity, Tier
from auditor.reach import Access, Reaches, Target
from auditor.rig.authority import Authority
from tests.promises.road import QUICK, grade_in, printed, report_of
from tests.rig.nginx import free_port, start_nginx

NAME = "nginx.rig.example"
ISSUERS = "issuers.rig.example"
LINES = {  # the check → the nginx directive that its Fix must print, whole
    "web-hsts-missing": r"`(add_header Strict-Transport-Security [^`]*;)`",
    "web-hsts-fleeting": r"`(add_header Strict-Transport-Security [^`]*;)`",
    "web-hsts-short": r"`(add_header Strict-Transport-Security [^`]*;)`",
    "tls-legacy-version": r"`(ssl_protocols [^`]*;)`",
    "tls-no-tls13": r"`(ssl_protocols [^`]*;)`",
    "web-content-over-http": r"`(return 301 [^`]*;)`",
    "web-http-not-redirected": r"`(return 301 [^`]*;)`",
    "certificate-incomplete-chain": r"`(ssl_certificate [^`]*;)`",
}
# What a directive replaces, by its first words. The old protocols need a security level that Debian does not have.
GOOD = {
    "ssl_protocols": "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_ciphers": "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;",
    "add_header": 'add_header Strict-Transport-Security "max-age=31536000" always;',
    "ssl_certificate": "ssl_certificate FULLCHAIN;",
    "port 80": "return 301 https://$host$request_uri;",
}
FAULTS = {
    "web-hsts-missing": ({"add_header": ""}, "B"),
    "web-hsts-fleeting": ({"add_header": 'add_header Strict-Transport-Security "max-age=300" always;'}, "B"),
    "web-hsts-short": ({"add_header": 'add_header Strict-Transport-Security "max-age=15552000" always;'}, "A"),
    "tls-legacy-version": (
        {
            "ssl_protocols": "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;",
            "ssl_ciphers": "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:@SECLEVEL=0;",
        },
        "C",
    ),
    "tls-no-tls13": ({"ssl_protocols": "ssl_protocols TLSv1.2;"}, "A"),
    "web-content-over-http": ({"port 80": 'return 200 "Welcome";'}, "C"),
    "web-http-not-redirected": ({"port 80": "return 404;"}, "B"),
    "certificate-incomplete-chain": ({"ssl_certificate": "ssl_certificate LEAF;"}, "B"),
}


NEEDS_NEWER_OPENSSL = "tls-no-post-quantum"  # no line lends Debian 12's OpenSSL what came with 3.5
OF_THE_SUITES = {"tls-cbc-suite", "tls-old-hash-signature"}  # what another line is promised for


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder with the certificate of NAME, with and without its issuer, the issuer alone, and the root."""
    root = Authority.root()
    made = root.intermediate().leaf(NAME, issuer_url=f"http://{ISSUERS}/issuer.der")
    made.write(tmp_path / "full.pem")
    made.without_chain().write(tmp_path / "leaf.pem")
    (tmp_path / "issuer.der").write_bytes(made.sent[1])
    (tmp_path / "roots.pem").write_bytes(root.pem)
    return tmp_path


@pytest.mark.root
@pytest.mark.parametrize("check", FAULTS)
def test_the_printed_line_lifts_nginx_to_the_promised_letter(papers: Path, check: str) -> None:
    faults, letter = FAULTS[check]
    with nginx(papers, GOOD | faults) as access:
        before = grade_in(look(access))
    assert str(before.letters.measured) == letter
    assert before.next is not None
    assert {step.check for step in before.next.steps if step.check} - {NEEDS_NEWER_OPENSSL} == {check}
    line = printed(check, LINES[check])
    with nginx(papers, (GOOD | faults) | {_place(line): line}) as access:
        after = look(access)
    promised = before.next.letter if before.next.letter is not Letter.A_PLUS else Letter.A  # the deep tier is not asked
    assert grade_in(after).letters.measured >= promised
    left = {finding.check for finding in after.findings if finding.outcome is Outcome.FAIL} - {NEEDS_NEWER_OPENSSL}
    assert left == (OF_THE_SUITES if check == "tls-legacy-version" else set())


def _place(line: str) -> str:
    return "port 80" if line.startswith("return") else line.split(maxsplit=1)[0]


@contextmanager
def nginx(folder: Path, lines: dict[str, str]) -> Iterator[Access]:
    """nginx with these directives, and the way to it."""
    full, leaf, issuer = folder / "full.pem", folder / "leaf.pem", folder / "issuer.der"
    certificate = re.sub(r"/etc/letsencrypt/live/NAME/fullchain.pem|FULLCHAIN", str(full), lines["ssl_certificate"])
    https, http, published = free_port(), free_port(), free_port()
    blocks = f"""
        server {{
            listen 127.0.0.1:{https} ssl; server_name {NAME};
            {certificate.replace("LEAF", str(leaf))} ssl_certificate_key {full};
            {lines["ssl_protocols"]} {lines["ssl_ciphers"]}
            {lines["add_header"]}
            return 200 "It works";
        }}
        server {{ listen 127.0.0.1:{http}; server_name {NAME}; {lines["port 80"]} }}
        server {{ listen 127.0.0.1:{published}; location /issuer.der {{ alias {issuer}; }} }}
    """
    places = {(NAME, 443): https, (NAME, 80): http, (ISSUERS, 80): published}
    with start_nginx(folder, blocks):
        yield Access(
            ca_file=folder / "roots.pem",
            limits=QUICK,
            connect_to={place: (Target("127.0.0.1", port),) for place, port in places.items()},
        )


def look(access: Access) -> Report:
    asset = Asset(
        id="a",
        kind="web",
        address=f"https://{NAME}/",
        system="",
        tiers=frozenset({Tier.NIGHTLY, Tier.ONLINE}),
        sensitivity=Sensitivity.PUBLIC,
    )
    return report_of(asset, Reaches(access))
