"""The web probe, its derivations and its checks on Debian's nginx: what is wrong is found, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.check import Check
from auditor.deriving import Sights, derive_each
from auditor.judge import declared_facts, judge_asset
from auditor.model import Asset, Finding, Outcome
from auditor.rig.authority import Authority, Issued, rsa_key, self_signed
from checks import certificates, web
from checks.derivations import effective_hsts
from tests.probes.web_rig import NAME, look
from tests.rig.nginx import free_port, start_nginx

pytestmark = pytest.mark.root

ROOT = Authority.root()
MIDDLE = ROOT.intermediate()
NOW = datetime.now(UTC)
AGO = NOW - timedelta(days=2)
HSTS = 'add_header Strict-Transport-Security "max-age=31536000" always;'
TO_HTTPS = f"return 301 https://{NAME}$request_uri;"
GOOD = MIDDLE.leaf(NAME)

BLOCKS = """
server {{ listen 127.0.0.1:{https} ssl; server_name {name}; ssl_certificate {pem}; ssl_certificate_key {pem};
          ssl_protocols TLSv1.2 TLSv1.3; {tls} location / {{ {secure} }} }}
server {{ listen 127.0.0.1:{http}; server_name {name}; {plain} }}
"""
SHORT_KEYS = f"{HSTS} ssl_ciphers ALL:@SECLEVEL=0;"
PAGE = "default_type text/html; return 200 '<p>hello';"
DOWN = {
    "secure": f"return 302 http://{NAME}/in;",
    "plain": f"location / {{ {TO_HTTPS} }} location /in {{ {PAGE} }}",
}


def failing(
    tmp_path: Path,
    issued: Issued,
    *,
    tls: str = HSTS,
    secure: str = PAGE,
    plain: str = TO_HTTPS,
    ca: Issued = ROOT.issued,
) -> tuple[set[str], set[str]]:
    """The ids of the checks that fail, and of those that stay unknown, for a name served by nginx."""
    pem, ca_file = issued.write(tmp_path / "leaf.pem"), tmp_path / "ca.pem"
    ca_file.write_bytes(ca.pem)
    https, http = free_port(), free_port()
    blocks = BLOCKS.format(https=https, http=http, name=NAME, pem=pem, tls=tls, secure=secure, plain=plain)
    with start_nginx(tmp_path, blocks):
        findings = judged(look({443: https, 80: http}, ca_file=ca_file).observations)
    by_outcome: Mapping[Outcome, set[str]] = {outcome: set() for outcome in Outcome}
    for finding in findings:
        by_outcome[finding.outcome].add(finding.check)
    return by_outcome[Outcome.FAIL], by_outcome[Outcome.UNKNOWN]


def judged(observations) -> tuple[Finding, ...]:
    asset = Asset(id="a", kind="web", address=f"https://{NAME}/", system="s")
    sights = derive_each(Sights.of(observations), effective_hsts.DERIVATIONS, declared_facts(asset, None, NOW))
    rules: list[Check] = [*certificates.CHECKS, *web.CHECKS]
    return judge_asset(asset, sights, rules)


@pytest.mark.parametrize(
    ("issued", "options", "wrong"),
    [
        (GOOD, {}, set()),
        (GOOD, {"tls": HSTS.replace("31536000", "15552000")}, {"web-hsts-short"}),
        (GOOD, {"tls": HSTS.replace("31536000", "86400")}, {"web-hsts-fleeting", "web-hsts-short"}),
        (GOOD, {"tls": ""}, {"web-hsts-missing"}),
        (GOOD, {"tls": HSTS.replace("max-age=31536000", "max-age=31536000; max-age=31536000")}, {"web-hsts-missing"}),
        (GOOD, {"plain": f"location / {{ {PAGE} }}"}, {"web-content-over-http", "web-http-not-redirected"}),
        (GOOD, {"plain": "return 404;"}, {"web-http-not-redirected"}),
        (
            GOOD,
            {"plain": f"location = / {{ return 302 http://{NAME}/a; }} location /a {{ return 307 https://{NAME}/b; }}"},
            set(),
        ),
        (
            GOOD,
            DOWN,
            {"web-https-downgrade", "web-content-over-http", "web-http-not-redirected"},
        ),
        (MIDDLE.leaf(NAME, not_after=AGO), {}, {"certificate-expired", "web-hsts-missing"}),
        (MIDDLE.leaf("other.example"), {}, {"certificate-wrong-name", "web-hsts-missing"}),
        (MIDDLE.leaf("other.example", subject=NAME), {}, {"certificate-wrong-name", "web-hsts-missing"}),
        (self_signed(NAME), {}, {"certificate-untrusted", "web-hsts-missing"}),
        (MIDDLE.leaf(NAME, key=rsa_key(1024)), {"tls": SHORT_KEYS}, {"certificate-weak-key"}),
        (
            ROOT.intermediate("Old", not_after=AGO).leaf(NAME),
            {},
            {"certificate-expired", "web-hsts-missing"},
        ),
    ],
    ids=[
        "good", "half a year", "a day", "no hsts", "hsts twice in one header", "content beside", "error beside",
        "later hop",
        "downgrade", "expired", "wrong name", "name in the subject only", "self-signed", "short key", "issuer expired",
    ],
)  # fmt: skip
def test_what_is_wrong_fails_and_nothing_else(
    tmp_path: Path, issued: Issued, options: dict[str, str], wrong: set[str]
) -> None:
    assert failing(tmp_path, issued, **options) == (wrong, set())


def test_an_incomplete_chain_leaves_trust_unknown(tmp_path: Path) -> None:
    assert failing(tmp_path, GOOD.without_chain()) == (
        {"certificate-incomplete-chain"},
        {"certificate-untrusted", "web-hsts-missing", "web-hsts-fleeting", "web-hsts-short"},
    )


def test_a_redirect_loop_leaves_unknown_what_it_hides(tmp_path: Path) -> None:
    assert failing(tmp_path, GOOD, plain=f"return 301 http://{NAME}$request_uri;") == (
        set(),
        {"web-content-over-http", "web-http-not-redirected", "web-https-downgrade"},
    )


def test_a_fixed_service_passes_what_failed_before(tmp_path: Path) -> None:
    """The printed fixes, applied."""
    broken, fixed = tmp_path / "broken", tmp_path / "fixed"
    broken.mkdir()
    fixed.mkdir()
    before = failing(broken, self_signed(NAME), tls="", plain=f"location / {{ {PAGE} }}")
    after = failing(fixed, GOOD)
    assert before[0] == {
        "certificate-untrusted",
        "web-hsts-missing",
        "web-content-over-http",
        "web-http-not-redirected",
    }
    assert after == (set(), set())
