"""The whole TLS probe against real servers: OpenSSL, nginx, Java, an OpenSSL with hybrid groups. sslyze agrees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import pytest

from auditor.facts.base import Facts
from auditor.facts.cipher_suites import suite
from auditor.facts.named_groups import group_name
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.facts.tls_exchange import (
    DhPrimes,
    FallbackAnswer,
    HandshakeSignature,
    OldHash,
    OldHello,
    TlsFallback,
    TlsGroups,
    TlsOptions,
)
from auditor.facts.tls_suites import TlsSuites
from auditor.probe import Seen, Unseen
from auditor.rig.faults import FAULTS, FaultProxy, after
from tests.probes.gnutls_rig import gnutls_server
from tests.probes.tls_rig import look_whole, reaches_of
from tests.probes.tls_servers import (
    HOST,
    HYBRID,
    JAVA,
    java_keys,
    key_file,
    openssl_picks,
    running,
    s_server,
    sslyze_on,
)
from tests.probes.tls_verdicts import failing, outcomes
from tests.rig.nginx import free_port, start_nginx

pytestmark = pytest.mark.root  # Debian's servers take part

V = TlsVersion
F = TypeVar("F", bound=Facts)
NAMES = {"ssl_3_0": V.SSL3, "tls_1_0": V.TLS10, "tls_1_1": V.TLS11, "tls_1_2": V.TLS12, "tls_1_3": V.TLS13}
# The second group of RFC 2409, 1024 bits: what servers of the 2000s came with.
OAKLEY_2 = """\
-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
"""
WEAK_GNUTLS = "NORMAL:+VERS-TLS1.0:+VERS-TLS1.1:+ARCFOUR-128:+3DES-CBC:+MD5"
EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
COUNTS_OF_JAVA_17 = {V.TLS10: 32, V.TLS11: 27, V.TLS12: 43, V.TLS13: 3}  # sslyze 6.3.1 finds the same
Whole = dict[type[Facts], Seen | Unseen]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="module")
def rsa(folder: Path) -> Path:
    return key_file(folder, "rsa:2048")


@pytest.fixture(scope="module")
def ecdsa(folder: Path) -> Path:
    return key_file(folder, "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def facts(whole: Whole, kind: type[F]) -> F:
    one = whole[kind]
    assert isinstance(one, Seen), one
    assert isinstance(one.facts, kind)
    return one.facts


def all_facts(whole: Whole) -> dict[type[Facts], Facts]:
    return {kind: facts(whole, kind) for kind in whole}


def suites(whole: Whole) -> dict[TlsVersion, set[str]]:
    rows = facts(whole, TlsSuites).versions
    assert all(row.unsettled is None for row in rows)
    return {row.version: {suite(number).name for number in row.accepted} for row in rows}


def old_hello(whole: Whole) -> OldHello:
    hello = facts(whole, TlsOptions).hello
    assert hello is not None
    return hello


def agree_with_sslyze(whole: Whole, port: int, *, but_for: dict[TlsVersion, set[str]] | None = None) -> None:
    """Every fact that both can see is the same. `but_for`: suites that sslyze misses, proven otherwise."""
    theirs = sslyze_on(port)
    ours = suites(whole)
    for name, version in NAMES.items():
        missed = (but_for or {}).get(version, set())
        assert ours.get(version, set()) - missed == set(theirs["suites"][name]), version
    groups = facts(whole, TlsGroups)
    named = {group_name(number).lower() for number in (*groups.in_tls13, *groups.in_older) if number <= 30}
    assert named == {name.replace("prime192v1", "secp192r1") for name in theirs["curves"]}
    hello = old_hello(whole)
    assert bool(hello.compression) is theirs["compression"]
    assert hello.has_secure_renegotiation is theirs["renegotiation"]
    fallback = facts(whole, TlsFallback).answer
    if fallback is not FallbackAnswer.NOT_ASKED:
        assert (fallback is FallbackAnswer.STOPPED) is theirs["fallback"]


def test_an_openssl_that_takes_everything_it_has(rsa: Path) -> None:
    missed = {"TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA256", "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA256"}
    with s_server(rsa, "-cipher", EVERYTHING) as port:
        whole = look_whole(port)
        agree_with_sslyze(whole, port, but_for={V.TLS12: missed})
        for bits in (128, 256):  # the openssl program completes what sslyze calls rejected
            cipher = f"ADH-CAMELLIA{bits}-SHA256"
            assert openssl_picks(port, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0") == cipher
    assert {"tls-null-suite", "tls-anonymous-suite", "tls-old-hash-signature"} <= failing(all_facts(whole))
    signed = facts(whole, HandshakeSignature)
    assert (signed.old_hash, signed.answer) == (OldHash.SIGNED, "a signature of SHA-1 with RSA (0x0201)")
    assert openssl_picks(0) == ""


def test_an_nginx_of_today(ecdsa: Path, tmp_path: Path) -> None:
    port = free_port()
    block = f"""server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {ecdsa}; ssl_certificate_key {ecdsa};
        ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20; }}"""
    with start_nginx(tmp_path, block):
        whole = look_whole(port)
        agree_with_sslyze(whole, port)
    assert failing(all_facts(whole)) == {"tls-no-post-quantum"}
    assert (old_hello(whole).protocol, old_hello(whole).chain_length) == ("http/1.1", 1)
    assert old_hello(whole).leaf


def test_a_gnutls_server_as_its_priorities_say(rsa: Path) -> None:
    offered = "+VERS-TLS1.2:+VERS-TLS1.1:+ECDHE-RSA:+RSA:+AES-128-GCM:+AES-256-CBC:+AEAD:+SHA1:+GROUP-X25519:+SIGN-ALL"
    with gnutls_server(rsa, f"NONE:{offered}:+COMP-NULL:+CTYPE-X509") as server:
        whole = look_whole(server.port)
    cbc = {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"}
    gcm = {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"}
    assert suites(whole) == {V.TLS11: cbc, V.TLS12: cbc | gcm}
    assert facts(whole, TlsGroups).in_older == (29,)
    assert old_hello(whole).has_extended_master_secret
    assert facts(whole, TlsFallback).answer is FallbackAnswer.STOPPED


def test_an_openssl_with_hybrid_groups(ecdsa: Path) -> None:
    port = free_port()
    with running([sys.executable, "-c", HYBRID, str(port), ecdsa], port):
        whole = look_whole(port)
        agree_with_sslyze(whole, port)
    assert {0x11EC, 0x11EB} <= set(facts(whole, TlsGroups).in_tls13)
    assert outcomes(all_facts(whole))["tls-no-post-quantum"] == "pass"


def test_a_java_server_with_all_that_it_can_do(rsa: Path, tmp_path: Path) -> None:
    """sslyze breaks on its SSL 3.0, so Java's own client proves what it takes there by a handshake."""
    keys, port = java_keys(tmp_path / "keys.p12", rsa), free_port()
    java = ["java", "-XX:TieredStopAtLevel=1", str(JAVA)]
    with running([*java, "server", str(port), keys], port):
        whole = look_whole(port, connections=400)
        accepted = facts(whole, TlsVersions).accepted
        prove = [*java, "client", str(port), "SSLv3", "SSL_RSA_EXPORT_WITH_RC4_40_MD5"]
        proven = subprocess.run(prove, check=True, capture_output=True, text=True).stdout.split()
    assert accepted == {V.SSL3, V.TLS10, V.TLS11, V.TLS12, V.TLS13}
    assert proven == ["SSLv3", "SSL_RSA_EXPORT_WITH_RC4_40_MD5"]
    rows = facts(whole, TlsSuites).versions
    assert {row.version: len(row.accepted) for row in rows if row.unsettled is None} == COUNTS_OF_JAVA_17
    cut = {row.version: row.unsettled.reason for row in rows if row.unsettled}
    assert cut == {V.SSL3: "budget"}, "137 suites are more than one address is asked for"
    assert {prime.bits for prime in facts(whole, DhPrimes).primes} == {512, 2048}
    wanted = {"tls-export-suite", "tls-rc4-suite", "tls-3des-suite", "tls-dh-breakable", "tls-anonymous-suite"}
    assert wanted <= failing(all_facts(whole))


def test_a_short_prime_and_a_small_curve_alone(rsa: Path, folder: Path) -> None:
    parameters = folder / "dh1024.pem"
    parameters.write_text(OAKLEY_2)
    options = ("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "-dhparam", str(parameters))
    with s_server(rsa, *options) as port:
        found = all_facts(look_whole(port))
    assert {"tls-dh-short", "tls-dhe-suite"} <= failing(found)
    assert not {"tls-dh-breakable", "tls-dh-composite"} & failing(found)
    options = ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "-groups", "sect163k1:secp224r1:P-256")
    with s_server(rsa, *options) as port:
        whole = look_whole(port)
        agree_with_sslyze(whole, port)
    assert {"tls-small-curve", "tls-short-curve"} <= failing(all_facts(whole))


def test_a_server_that_wants_a_certificate_of_its_client_and_has_no_old_habits(rsa: Path) -> None:
    options = ("-tls1_2", "-cipher", "AES128-SHA", "-Verify", "1", "-no_ticket", "-legacy_renegotiation", "-no_etm")
    with s_server(rsa, *options) as port:
        whole = look_whole(port)
    assert old_hello(whole).wants_client_certificate
    assert not old_hello(whole).has_tickets
    assert facts(whole, HandshakeSignature).old_hash is OldHash.NOT_ASKED
    assert {"tls-no-forward-secrecy", "tls-no-aead"} <= failing(all_facts(whole))


@pytest.mark.parametrize("fault", ["close", "alert handshake_failure", "alert internal_error"])
def test_a_weak_server_that_stops_answering_never_looks_better(rsa: Path, fault: str) -> None:
    """At every connection on which something begins or ends; at every single one in `test_tls_detail`."""
    with s_server(rsa, "-tls1_2", "-cipher", "AES128-SHA:NULL-SHA256:ADH-AES128-SHA:@SECLEVEL=0") as port:
        truth = outcomes(all_facts(look_whole(port)))
        for passed in range(1, 26, 2):
            with FaultProxy(("127.0.0.1", port), after(passed, FAULTS[fault])) as proxy:
                whole = look_whole(proxy.port)
            if any(isinstance(one, Unseen) for one in (whole[TlsVersions], whole[TlsSuites])):
                continue
            found = {kind: one.facts if isinstance(one, Seen) else (one.reason, "") for kind, one in whole.items()}
            for check, outcome in outcomes(found).items():
                assert outcome not in ("pass", "not_applicable") or truth[check] in ("pass", "not_applicable"), check
                assert outcome != "fail" or truth[check] == "fail", check


def test_no_more_than_two_connections_are_open_at_once_and_the_budget_is_kept(rsa: Path) -> None:
    with s_server(rsa, "-cipher", EVERYTHING) as port:
        reaches = reaches_of(("127.0.0.1", port), connections=90)
        whole = look_whole(port, connections=90)
    assert reaches.access.limits.in_flight_per_host == 2
    assert any(row.unsettled and row.unsettled.reason == "budget" for row in facts(whole, TlsSuites).versions)
    assert isinstance(whole[TlsOptions], Seen), "the second round has hellos of its own"
    assert HOST


@pytest.mark.parametrize("fault", ["close", "reset"])
def test_a_weak_server_without_alerts_is_seen_whole_and_never_looks_better(rsa: Path, fault: str) -> None:
    """GnuTLS leaves alerts to the program around it, and this one sends none."""
    with gnutls_server(rsa, WEAK_GNUTLS) as server:
        whole = look_whole(server.port)
        taken, truth = server.connections, outcomes(all_facts(whole))
        assert facts(whole, TlsVersions).accepted == {V.TLS10, V.TLS11, V.TLS12, V.TLS13}
        assert suites(whole).keys() == {V.TLS10, V.TLS11, V.TLS12, V.TLS13}
        assert {"tls-3des-suite", "tls-rc4-suite"} <= failing(all_facts(whole))
        assert set(truth.values()) <= {"pass", "fail", "not_applicable"}
        for passed in range(5, taken, 12):
            with FaultProxy(("127.0.0.1", server.port), after(passed, FAULTS[fault])) as proxy:
                again = look_whole(proxy.port)
            found = {kind: one.facts if isinstance(one, Seen) else (one.reason, "") for kind, one in again.items()}
            for check, outcome in outcomes(found).items():
                assert outcome not in ("pass", "not_applicable") or truth[check] in ("pass", "not_applicable"), check
                assert outcome != "fail" or truth[check] == "fail", check
