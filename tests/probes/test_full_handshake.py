"""What a completed handshake with a real server agrees to: ALPN, a staple, a certificate of the client, early data."""

from __future__ import annotations

import ssl
import time
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.derive import Undecided
from auditor.facts.full_handshake import EarlyData, FullHandshake
from auditor.facts.tls import TlsVersion
from auditor.probe import Seen, Unseen
from auditor.rig.listener import Listener
from auditor.rig.web import Site, server_context, web_listener
from checks.derivations.early_data import early_data
from checks.full_handshake import early_data_taken
from tests.checks.tls_rows import NOW
from tests.probes.test_certificate_variants import NAME, ROOT, folder, look
from tests.probes.tls_servers import s_server

__all__ = ["folder"]

pytestmark = pytest.mark.root  # Debian's OpenSSL takes part

V = TlsVersion


@pytest.fixture(scope="module")
def pem(folder: Path) -> Path:
    return ROOT.leaf(NAME).write(folder / "own.pem")


def seen(port: int, folder: Path) -> FullHandshake:
    one = look(port, folder).full
    assert isinstance(one, Seen), one
    assert isinstance(one.facts, FullHandshake)
    return one.facts


def outcome(facts: FullHandshake) -> str:
    try:
        return early_data_taken.judge(early_data.derive(facts)).outcome.value
    except Undecided as undecided:
        return undecided.reason.word


@pytest.mark.parametrize(
    ("options", "version", "limit", "expected"),
    [
        pytest.param(("-tls1_3", "-early_data"), V.TLS13, 16_384, "fail", id="early data"),
        pytest.param(("-tls1_3",), V.TLS13, 0, "pass", id="tickets without"),
        pytest.param(("-tls1_3", "-num_tickets", "0"), V.TLS13, 0, "pass", id="no ticket"),
        pytest.param(("-tls1_2",), V.TLS12, None, "not_applicable", id="TLS 1.2"),
    ],
)
def test_early_data_is_what_a_ticket_allows(
    pem: Path, folder: Path, options: tuple[str, ...], version: TlsVersion, limit: int | None, expected: str
) -> None:
    with s_server(pem, *options) as port:
        facts = seen(port, folder)
    assert (facts.version, facts.early_data) == (version, limit)
    assert outcome(facts) == expected
    assert (facts.wants_client_certificate, facts.has_staple, facts.protocol) == (False, False, "")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_server_that_asks_for_a_certificate_is_seen_to(pem: Path, folder: Path, version: str) -> None:
    with s_server(pem, version, "-verify", "1") as port:
        assert seen(port, folder).wants_client_certificate
    with s_server(pem, version, "-Verify", "1") as port:
        one = look(port, folder).full
    if version == "-tls1_2":  # it breaks off before the handshake is over
        assert isinstance(one, Unseen)
        assert one.reason.word == "tls_failed"
    else:
        assert isinstance(one, Seen)
        assert isinstance(one.facts, FullHandshake)
        assert one.facts.wants_client_certificate


def test_the_protocol_is_told(folder: Path) -> None:
    context = server_context(ROOT.leaf(NAME).write(folder / "alpn.pem"))
    context.set_alpn_protocols(["http/1.1"])
    with web_listener(Site(), context) as server:
        assert seen(server.port, folder).protocol == "http/1.1"


def test_a_server_that_neither_sends_a_ticket_nor_ends_leaves_it_open(pem: Path, folder: Path) -> None:
    """It is waited for no longer than one operation may take."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0

    def serve(connection: ssl.socket.socket, _: int) -> None:  # type: ignore[name-defined]
        secured = context.wrap_socket(connection, server_side=True)
        time.sleep(1.2)
        secured.close()

    with Listener(serve) as server:
        facts = seen(server.port, folder)
    assert facts.early_data is None
    assert outcome(facts) == "timeout"


@pytest.mark.parametrize(
    ("version", "limit", "expected"),
    [
        (V.TLS13, 0, "pass"),
        (V.TLS13, 1, "fail"),
        (V.TLS13, 0xFFFFFFFF, "fail"),
        (V.TLS12, 0, "not_applicable"),
        (V.TLS10, 0, "not_applicable"),
    ],
)
def test_the_rule(version: TlsVersion, limit: int, expected: str) -> None:
    facts = EarlyData(observed_at=NOW, version=version, limit=limit)
    assert early_data_taken.judge(facts).outcome.value == expected


def test_facts_without_a_look_at_tickets_settle_nothing() -> None:
    facts = FullHandshake(
        observed_at=NOW, version=V.TLS13, protocol="", has_staple=False, wants_client_certificate=False
    )
    assert outcome(facts) == "timeout"
    assert outcome(replace(facts, version=V.TLS12)) == "not_applicable"
