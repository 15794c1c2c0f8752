"""The TLS probe against real servers on loopback: nginx, OpenSSL's s_server, Python's ssl, and hostile listeners."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.model import Asset, Reason
from auditor.probe import Seen, Unseen
from auditor.probes.client_hello import SSL2_CIPHERS
from auditor.probes.tls import TlsProbe, https_of
from auditor.reach import Access, Fence, Limits, Reaches
from auditor.rig.listener import Listener
from auditor.rig.replies import HTTP_TEXT, NOISE, Alert, Close, Drip, Endless, Hang, Reply, Reset, Send
from auditor.rig.responder import Responder, Script, ServerHello, speaks
from tests.probes.tls_rig import ASSET, look_at, reaches_of, refused, unknown, versions_at, versions_of
from tests.rig.nginx import free_port, start_nginx

pytestmark = pytest.mark.root  # Debian's servers take part

V = TlsVersion
MODERN = {V.TLS12, V.TLS13}
OLD = {V.SSL2, V.SSL3, V.TLS10, V.TLS11}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A self-signed certificate with its key in one PEM file, for each kind of key."""
    folder = tmp_path_factory.mktemp("keys")
    kinds = {"rsa": ["rsa:2048"], "ecdsa": ["ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"]}
    for kind, arguments in kinds.items():
        pem = folder / f"{kind}.pem"
        command = ["openssl", "req", "-x509", "-nodes", "-days", "9", "-subj", "/CN=service.example", "-newkey"]
        made = subprocess.run(
            [*command, *arguments, "-keyout", "/dev/stdout", "-out", "/dev/stdout"], capture_output=True, check=True
        )
        pem.write_bytes(made.stdout)
    return {kind: folder / f"{kind}.pem" for kind in kinds}


def server_block(port: int, pem: Path, lines: str) -> str:
    return f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {pem}; ssl_certificate_key {pem}; {lines} }}\n"


MODERN_LINES = "ssl_protocols TLSv1.2 TLSv1.3; server_name strict.example;"
WEAK_LINES = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0; server_name weak.example;"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_modern_nginx_refuses_all_that_is_old_in_nine_connections(
    keys: dict[str, Path], tmp_path: Path, kind: str
) -> None:
    port = free_port()
    with start_nginx(tmp_path, server_block(port, keys[kind], MODERN_LINES)):
        reaches = reaches_of(("127.0.0.1", port), host="strict.example")
        (seen,) = versions_at(reaches, "strict.example")
    facts = versions_of(seen)
    assert facts.accepted == MODERN
    assert refused(facts) == OLD
    assert (facts.control, facts.control_held) == (V.TLS13, True)
    assert reaches.connections <= 9
    assert seen.locus == "127.0.0.1:443"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_an_nginx_that_offers_tls10_is_seen_to(keys: dict[str, Path], tmp_path: Path, kind: str) -> None:
    port = free_port()
    with start_nginx(tmp_path, server_block(port, keys[kind], WEAK_LINES)):
        facts = versions_of(look_at(port, host="weak.example"))
    assert facts.accepted == {V.TLS10, V.TLS11, V.TLS12}
    assert refused(facts) == {V.SSL2, V.SSL3, V.TLS13}


def test_a_strict_host_that_shares_its_listener_with_a_weak_default_refuses(
    keys: dict[str, Path], tmp_path: Path
) -> None:
    """It answers alert 80, since OpenSSL learns of the name's own settings after the version was settled."""
    shared, alone = free_port(), free_port()
    weak_default = server_block(shared, keys["rsa"], WEAK_LINES.replace("TLSv1.2;", "TLSv1.2 TLSv1.3;"))
    strict = server_block(shared, keys["rsa"], MODERN_LINES)
    with start_nginx(tmp_path, weak_default + strict + server_block(alone, keys["rsa"], MODERN_LINES)):
        strict_facts = versions_of(look_at(shared, host="strict.example"))
        alone_facts = versions_of(look_at(alone, host="strict.example"))
        weak_facts = versions_of(look_at(shared, host="weak.example"))
    answers = [{row.version: row.answer[:8] for row in facts.refused} for facts in (strict_facts, alone_facts)]
    assert [answer[V.TLS10] for answer in answers] == ["alert 80", "alert 70"]
    assert strict_facts.accepted == alone_facts.accepted == MODERN
    assert refused(strict_facts) == OLD
    assert weak_facts.accepted == MODERN | {V.TLS10, V.TLS11}


def test_tls10_that_the_security_level_forbids_is_refused(keys: dict[str, Path], tmp_path: Path) -> None:
    """Switched on in the configuration, but OpenSSL 3 at Debian's level 2 answers alert 80: no client gets in."""
    port = free_port()
    lines = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;"
    with start_nginx(tmp_path, server_block(port, keys["rsa"], lines)):
        facts = versions_of(look_at(port))
    assert facts.accepted == {V.TLS12}
    assert {V.TLS10, V.TLS11} <= refused(facts)


@contextmanager
def s_server(pem: Path, *options: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pem, "-key", pem, "-quiet", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize(
    ("options", "accepted"),
    [
        (["-tls1_3"], {V.TLS13}),
        (["-tls1_2"], {V.TLS12}),
        (["-no_tls1_3", "-cipher", "ALL:@SECLEVEL=0"], {V.TLS10, V.TLS11, V.TLS12}),
        (["-tls1", "-cipher", "ALL:@SECLEVEL=0"], {V.TLS10}),
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], {V.TLS11}),
        (["-tls1_3", "-groups", "P-521"], {V.TLS13}),
        (["-tls1_2", "-cipher", "AES128-SHA"], {V.TLS12}),
    ],
)
def test_s_server_agrees(keys: dict[str, Path], options: list[str], accepted: set[V]) -> None:
    with s_server(keys["rsa"], *options) as port:
        facts = versions_of(look_at(port))
    assert facts.accepted == accepted
    assert refused(facts) == set(V) - accepted


@pytest.mark.parametrize(
    ("lowest", "highest", "accepted"),
    [
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, {V.TLS12}),
        (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3, {V.TLS13}),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, MODERN),
    ],
)
def test_pythons_ssl_agrees(
    keys: dict[str, Path], lowest: ssl.TLSVersion, highest: ssl.TLSVersion, accepted: set[V]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys["ecdsa"])
    context.minimum_version, context.maximum_version = lowest, highest

    def serve(connection: socket.socket, _: int) -> None:
        with context.wrap_socket(connection, server_side=True):
            pass

    with Listener(serve) as server:
        facts = versions_of(look_at(server.port))
    assert facts.accepted == accepted
    assert refused(facts) == set(V) - accepted


@pytest.mark.parametrize("version", list(V))
def test_each_version_alone_is_accepted_from_the_responder(version: V) -> None:
    with Responder(speaks(version)) as server:
        facts = versions_of(look_at(server.port))
    assert facts.accepted == {version}
    assert refused(facts) == set(V) - {version}
    assert facts.control is version
    assert facts.ssl2_ciphers == (SSL2_CIPHERS[:3] if version is V.SSL2 else ())


def test_every_version_at_once_in_records_of_one_byte() -> None:
    table = speaks(*V) | {version: ServerHello(record_bytes=1) for version in V if version is not V.SSL2}
    with Responder(table) as server:
        facts = versions_of(look_at(server.port))
    assert facts.accepted == set(V)


def test_a_name_decides_what_is_seen() -> None:
    script = Script(table=speaks(V.TLS10), names={"strict.example": speaks(*MODERN)})
    with Responder(script) as server:
        strict = versions_of(look_at(server.port, host="strict.example"))
        other = versions_of(look_at(server.port, host="other.example"))
    assert (strict.accepted, other.accepted) == (MODERN, {V.TLS10})


def test_every_address_is_a_locus_of_its_own() -> None:
    with Responder(speaks(*MODERN)) as good, Responder(speaks(V.TLS10), address="127.0.0.2") as bad:
        reaches = reaches_of(("127.0.0.1", good.port), ("127.0.0.2", bad.port), ("127.0.0.3", free_port()))
        seen = {found.locus: found for found in versions_at(reaches)}
    assert versions_of(seen["127.0.0.1:443"]).accepted == MODERN
    assert versions_of(seen["127.0.0.2:443"]).accepted == {V.TLS10}
    gone = seen["127.0.0.3:443"]
    assert isinstance(gone, Unseen)
    assert gone.reason is Reason.REFUSED


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://a.example/x", ("a.example", 443)),
        ("https://a.example:8443/", ("a.example", 8443)),
        ("http://a.example/", ("a.example", 443)),
        ("http://a.example:8080/", ("a.example", 443)),
        ("https://[2001:db8::1]:444/", ("2001:db8::1", 444)),
    ],
)
def test_the_https_port_is_asked_whatever_the_scheme(address: str, expected: tuple[str, int]) -> None:
    assert https_of(address) == expected
    asset = Asset(id="web", kind="web", address=address, system="s")
    assert all(f"{expected[0]}:{expected[1]}" in line for line in TlsProbe().plan(asset))


SECONDS = 0.15


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(Hang(), Reason.TIMEOUT, id="silent host"),
        pytest.param(Drip(data=b"\x16\x03\x01\x20\x00" + bytes(99), every_s=0.05), Reason.TIMEOUT, id="drip"),
        pytest.param(Send(NOISE), Reason.NOT_TLS, id="garbage"),
        pytest.param(Send(HTTP_TEXT), Reason.NOT_TLS, id="HTTP text"),
        pytest.param(Send(b"\x16\x03\x03\x00\x20\x02\x00"), Reason.TRUNCATED, id="cut short"),
        pytest.param(Send(b"\x16\x03\x03\xff\xff"), Reason.MALFORMED, id="huge record"),
        pytest.param(Endless(), Reason.TOO_LONG, id="endless empty records"),
        pytest.param(Close(), Reason.CLOSED, id="closed at once"),
        pytest.param(Reset(), Reason.RESET, id="reset"),
        pytest.param(Alert(70), Reason.TLS_FAILED, id="refuses everything"),
        pytest.param(Alert(49), Reason.TLS_FAILED, id="access denied"),
    ],
)
def test_a_host_that_speaks_no_tls_is_unseen_with_its_reason_in_time(reply: Reply, reason: Reason) -> None:
    with Responder(speaks(refusing=reply)) as server:
        began = time.monotonic()
        seen = look_at(server.port, seconds=SECONDS if reason is Reason.TIMEOUT else 5.0)
    assert isinstance(seen, Unseen)
    assert (seen.facts_type, seen.locus, seen.reason) == (TlsVersions, "127.0.0.1:443", reason)
    assert "127.0.0.1:443" in seen.detail
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Hang(), "timeout"),
        (Drip(data=b"\x16\x03\x01\x20\x00" + bytes(99), every_s=0.05), "timeout"),
        (Reset(), "reset"),
        (Close(), "closed"),
        (Alert(49), "tls_failed"),
        (Alert(90), "tls_failed"),
        (Send(HTTP_TEXT), "not_tls"),
    ],
)
def test_an_old_version_that_gets_no_explicit_answer_is_unknown(reply: Reply, reason: str) -> None:
    table = speaks(*MODERN) | {V.TLS10: reply}
    with Responder(table) as server:
        facts = versions_of(look_at(server.port, seconds=SECONDS if reason == "timeout" else 5.0))
    assert unknown(facts) == {V.TLS10: reason}
    assert facts.accepted == MODERN


def test_a_closed_port_is_unseen_after_one_connection() -> None:
    reaches = reaches_of(("127.0.0.1", free_port()))
    every = list(TlsProbe().observe(ASSET, reaches.of(ASSET)))
    assert [one.facts_type for one in every if isinstance(one, Unseen)] == list(TlsProbe.yields)
    assert {one.reason for one in every if isinstance(one, Unseen)} == {Reason.REFUSED}
    assert reaches.connections == 1


def test_a_name_that_does_not_resolve_and_one_out_of_scope_say_so() -> None:
    asset = Asset(id="web", kind="web", address="https://nowhere.invalid/", system="s")
    for fence, reason in ((Fence(), Reason.DNS), (Fence(suffixes=frozenset({"city.example"})), Reason.OUT_OF_SCOPE)):
        reaches = Reaches(Access(fence=fence, limits=Limits(operation_s=1.0)))
        with pytest.raises(Unreachable) as caught:
            list(TlsProbe().observe(asset, reaches.of(asset)))
        assert caught.value.reason is reason


@pytest.mark.parametrize("allowed", range(1, 8))
def test_a_spent_budget_never_refuses_what_is_accepted(allowed: int) -> None:
    with Responder(speaks(V.TLS10, V.TLS12)) as server:
        mapped = reaches_of(("127.0.0.1", server.port)).access.connect_to
        limits = Limits(connections_per_host=allowed, pause_s=0.0)
        reaches = Reaches(Access(limits=limits, connect_to=mapped))
        (seen,) = versions_at(reaches)
    assert reaches.connections == allowed
    if isinstance(seen, Seen):
        assert V.TLS10 not in refused(versions_of(seen))
        assert set(unknown(versions_of(seen)).values()) == {"budget"}
    else:
        assert seen.reason is Reason.BUDGET
