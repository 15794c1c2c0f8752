"""Full handshakes with what would change a grade: completed, not possible here, or contradicted."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.facts.cipher_suites import suite
from auditor.facts.tls import Handshake, HandshakeEnd, TlsVersion, TlsVersions
from auditor.facts.tls_suites import TlsSuites, VersionSuites
from auditor.probe import Seen
from auditor.probes.tls_confirmed import amended_suites, amended_versions
from auditor.probes.tls_handshakes import MOST_HANDSHAKES, to_complete, why_not_here
from auditor.rig.faults import FAULTS, FaultProxy, after
from auditor.rig.responder import Responder, ServerHello, speaks
from tests.checks.test_tls import versions
from tests.checks.tls_rows import NOW
from tests.probes.gnutls_rig import gnutls_server
from tests.probes.test_tls_servers import Whole, all_facts, facts
from tests.probes.tls_peer import numbers
from tests.probes.tls_rig import look_whole, unknown
from tests.probes.tls_servers import key_file, s_server
from tests.probes.tls_verdicts import outcomes

pytestmark = pytest.mark.root  # Debian's servers take part

V = TlsVersion
COMPLETED, NOT_HERE, CONTRADICTED = HandshakeEnd
NULL, ANONYMOUS, RC4, CBC = numbers(
    *("RSA_WITH_NULL_SHA256", "DH_anon_WITH_AES_128_CBC_SHA", "RSA_WITH_RC4_128_SHA", "RSA_WITH_AES_128_CBC_SHA")
)
GOOD = numbers("ECDHE_RSA_WITH_AES_128_GCM_SHA256")[0]
TRIPLE_DES = numbers("RSA_WITH_3DES_EDE_CBC_SHA")[0]


@pytest.fixture(scope="module")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_file(tmp_path_factory.mktemp("handshakes"), "rsa:2048")


def ends(whole: Whole) -> dict[tuple[TlsVersion, int], HandshakeEnd]:
    tried = facts(whole, TlsVersions).handshakes
    assert tried == facts(whole, TlsSuites).handshakes
    return {(one.version, one.suite): one.end for one in tried}


def test_what_openssl_can_do_is_confirmed_in_few_handshakes(rsa: Path) -> None:
    """One for the old versions is enough, since an anonymous suite was completed in TLS 1.0 already."""
    options = ("-no_tls1_3", "-cipher", "AES128-SHA:ADH-AES128-SHA:NULL-SHA256:@SECLEVEL=0")
    with s_server(rsa, *options) as port:
        whole = look_whole(port)
    assert ends(whole) == {
        (V.TLS12, NULL): COMPLETED,
        (V.TLS10, ANONYMOUS): COMPLETED,
        (V.TLS11, CBC): COMPLETED,
    }
    assert outcomes(all_facts(whole))["tls-null-suite"] == "fail"


def test_what_no_library_here_has_is_found_all_the_same(rsa: Path) -> None:
    with gnutls_server(rsa, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+ARCFOUR-128:+3DES-CBC:+AES-128-GCM") as server:
        whole = look_whole(server.port)
    assert set(ends(whole).values()) == {NOT_HERE}
    assert {suite(number).is_rc4 or suite(number).has_small_block for _, number in ends(whole)} == {True}
    assert outcomes(all_facts(whole))["tls-rc4-suite"] == "fail"


def test_a_server_that_wants_a_certificate_of_its_client_contradicts_nothing(rsa: Path) -> None:
    options = ("-tls1_1", "-cipher", "AES128-SHA:@SECLEVEL=0", "-Verify", "1", "-verify_return_error")
    with s_server(rsa, *options) as port:
        whole = look_whole(port)
    (tried,) = facts(whole, TlsVersions).handshakes
    assert (tried.end, tried.detail) == (NOT_HERE, "the server wants a certificate of its client")
    assert facts(whole, TlsVersions).accepted == {V.TLS11}


def test_a_server_hello_that_no_handshake_follows_is_inconsistent_with_both_answers() -> None:
    """The responder computes no keys: it says ServerHello, and closes."""
    table = speaks(V.TLS12) | {V.TLS12: ServerHello(suites=(GOOD, RC4)), V.TLS10: ServerHello(suites=(CBC, ANONYMOUS))}
    with Responder(table) as server:
        whole = look_whole(server.port)
    assert ends(whole) == {(V.TLS12, RC4): NOT_HERE, (V.TLS10, ANONYMOUS): CONTRADICTED, (V.TLS10, CBC): CONTRADICTED}
    seen = facts(whole, TlsVersions)
    assert seen.accepted == {V.TLS12}
    assert unknown(seen) == {V.TLS10: "inconsistent"}
    (detail,) = [row.detail for row in seen.unknown]
    assert "ServerHello" in detail
    assert "closed" in detail
    (row,) = [row for row in facts(whole, TlsSuites).versions if row.version is V.TLS10]
    assert row.accepted == ()
    assert row.unsettled is not None
    assert row.unsettled.reason == "inconsistent"
    said = {kind: one.facts if isinstance(one, Seen) else (one.reason, one.detail) for kind, one in whole.items()}
    found = outcomes(said)
    assert (found["tls-anonymous-suite"], found["tls-rc4-suite"]) == ("inconsistent", "fail")


@pytest.mark.parametrize("fault", ["close", "reset", "alert handshake_failure"])
def test_a_server_that_stops_serving_contradicts_nothing(rsa: Path, fault: str) -> None:
    """From the first handshake on everything fails, the control hello too."""
    with s_server(rsa, "-tls1", "-cipher", "AES128-SHA:ADH-AES128-SHA:@SECLEVEL=0") as port:
        with FaultProxy(("127.0.0.1", port), after(999, FAULTS[fault])) as proxy:
            whole = look_whole(proxy.port)
            taken = proxy.connections - len(ends(whole))
        with FaultProxy(("127.0.0.1", port), after(taken, FAULTS[fault])) as proxy:
            again = look_whole(proxy.port)
    assert set(ends(whole).values()) == {COMPLETED}
    assert set(ends(again).values()) == {NOT_HERE}
    assert facts(again, TlsVersions).accepted == {V.TLS10}


def test_there_are_never_more_than_four(rsa: Path) -> None:
    with s_server(rsa, "-no_tls1_3", "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0") as port:
        whole = look_whole(port, connections=400)
    assert sum(end is COMPLETED for end in ends(whole).values()) <= MOST_HANDSHAKES
    assert {V.TLS10, V.TLS11} <= {version for version, _ in ends(whole)}


def row(version: TlsVersion, *accepted: int) -> VersionSuites:
    return VersionSuites(version=version, accepted=accepted, unsettled=None)


def handshake(version: TlsVersion, number: int, end: HandshakeEnd) -> Handshake:
    return Handshake(version=version, suite=number, end=end, detail="" if end is COMPLETED else "x")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([row(V.TLS12, GOOD), row(V.TLS13, 0x1301)], [], id="nothing outdated"),
        pytest.param([row(V.TLS12, GOOD, CBC)], [], id="a milder fault needs none"),
        pytest.param([row(V.TLS10, CBC)], [(V.TLS10, CBC)], id="an old version"),
        pytest.param([row(V.SSL3, CBC, RC4)], [(V.SSL3, RC4), (V.SSL3, CBC)], id="SSL 3.0 is said to be beyond us"),
        pytest.param([row(V.TLS10, NULL), row(V.TLS12, NULL)], [(V.TLS10, NULL)], id="the older version first"),
        pytest.param(
            [row(V.TLS12, TRIPLE_DES, RC4)], [(V.TLS12, RC4), (V.TLS12, TRIPLE_DES)], id="the worse one first"
        ),
        pytest.param([], [], id="empty"),
    ],
)
def test_what_is_tried(rows: list[VersionSuites], expected: list[tuple[TlsVersion, int]]) -> None:
    assert list(to_complete(rows)) == expected


def test_why_it_cannot_be_tried_here() -> None:
    assert not why_not_here(V.TLS10, CBC)
    assert "SSL 3.0" in why_not_here(V.SSL3, CBC)
    assert "suite" in why_not_here(V.TLS12, numbers("RSA_EXPORT_WITH_RC4_40_MD5")[0])
    assert "secret" in why_not_here(V.TLS12, numbers("PSK_WITH_NULL_SHA")[0])
    assert why_not_here(V.TLS13, 0x1301)


@pytest.mark.parametrize(
    ("tried", "accepted", "open_ones"),
    [
        ([], "acd", ""),
        ([(V.TLS10, CBC, COMPLETED)], "acd", ""),
        ([(V.TLS10, CBC, NOT_HERE)], "acd", ""),
        ([(V.TLS10, CBC, CONTRADICTED)], "cd", "a"),
        ([(V.TLS10, CBC, CONTRADICTED), (V.TLS10, RC4, NOT_HERE)], "cd", "a"),
        ([(V.TLS10, CBC, CONTRADICTED), (V.TLS10, ANONYMOUS, COMPLETED)], "acd", ""),
        ([(V.TLS12, RC4, CONTRADICTED)], "acd", ""),
    ],
)
def test_what_becomes_of_a_version(
    tried: list[tuple[TlsVersion, int, HandshakeEnd]], accepted: str, open_ones: str
) -> None:
    found = amended_versions(versions("acd"), tuple(handshake(*one) for one in tried))
    assert isinstance(found, TlsVersions)
    expected = versions(accepted, open_ones)
    assert found.accepted == expected.accepted
    assert {one.version for one in found.unknown} == {one.version for one in expected.unknown}


def test_where_nothing_is_left_there_are_no_facts() -> None:
    broken = (handshake(V.TLS10, CBC, CONTRADICTED),)
    only = TlsSuites(observed_at=NOW, versions=(row(V.TLS10, CBC),))
    for left in (amended_versions(versions("a"), broken), amended_suites(only, broken)):
        assert isinstance(left, tuple)
        assert left[0].word == "inconsistent"


def test_a_handshake_that_was_not_completed_says_why() -> None:
    for end, detail in ((COMPLETED, "x"), (NOT_HERE, ""), (CONTRADICTED, "")):
        with pytest.raises(ValueError, match="says why"):
            Handshake(version=V.TLS10, suite=CBC, end=end, detail=detail)
