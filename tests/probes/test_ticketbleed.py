"""Ticketbleed at real servers and at one that leaks: only an id that came back as it was, or no ticket, is healthy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.deep.ticketbleed import Given, hello
from auditor.facts.vulnerabilities import TicketAnswer
from auditor.model import Outcome, Reason
from auditor.probe import Seen
from auditor.probes.deep_answers import Attack
from auditor.rig.faults import FAULTS, FaultProxy, after
from checks.vulnerabilities import ticketbleed
from tests.probes.test_deep_port import answers, sights
from tests.probes.ticket_rig import Change, keeps, leaks, makes_up, relay, session_of
from tests.probes.tls_servers import key_file, s_server

ASKED = (Attack.TICKETBLEED,)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_file(tmp_path_factory.mktemp("keys"), "rsa:2048")


@pytest.fixture(scope="module")
def server(pem: Path) -> Iterator[int]:
    """OpenSSL, which takes its tickets and gives the id back."""
    with s_server(pem, "-tls1_2") as port:
        yield port


def answer(port: int) -> object:
    (found,) = answers(f"tls://127.0.0.1:{port}", ASKED)
    return found


def test_a_load_balancer_that_leaks_fails_and_its_memory_is_not_kept(server: int) -> None:
    with relay(lambda _: server, leaks) as leaky:
        found, _ = sights(f"tls://127.0.0.1:{leaky.port}", ASKED)
    assert isinstance(found[0], Seen), found
    assert found[0].facts.answer is TicketAnswer.LEAKED  # type: ignore[attr-defined]
    assert ticketbleed.judge(found[0].facts).outcome is Outcome.FAIL
    assert "memory)" not in repr(found)


def test_openssl_gives_the_id_back_and_passes(server: int) -> None:
    with relay(lambda _: server, keeps) as sound:
        found, _ = sights(f"tls://127.0.0.1:{sound.port}", ASKED)
    assert isinstance(found[0], Seen), found
    assert found[0].facts.answer is TicketAnswer.ECHOED  # type: ignore[attr-defined]
    assert ticketbleed.judge(found[0].facts).outcome is Outcome.PASS


@pytest.mark.parametrize(("fault", "shows"), [(leaks, TicketAnswer.LEAKED), (keeps, TicketAnswer.ECHOED)])
def test_a_server_of_x25519_alone_is_asked_by_a_client_that_knows_it(
    pem: Path, fault: Change, shows: TicketAnswer
) -> None:
    """Its session has an extended master secret, which must be named to go on."""
    with s_server(pem, "-tls1_2", "-curves", "X25519", "-cipher", "ECDHE") as port, relay(lambda _: port, fault) as way:
        assert answer(way.port) is shows


def test_a_server_without_tickets_has_nothing_to_take(pem: Path) -> None:
    with s_server(pem, "-tls1_2", "-no_ticket") as port:
        assert answer(port) is TicketAnswer.NO_TICKETS


def test_machines_that_take_turns_do_not_hide_a_leak(server: int, pem: Path) -> None:
    """They do not share a key, so each declines the other's ticket: it is shown until its own machine's turn comes."""
    with (
        s_server(pem, "-tls1_2") as other,
        relay(lambda number: server if number % 2 else other, leaks) as balanced,
    ):
        assert answer(balanced.port) is TicketAnswer.LEAKED


def test_a_server_that_takes_none_of_its_tickets_passes(server: int, pem: Path) -> None:
    """Dovecot, where each connection is a process with a key of its own."""
    with (
        s_server(pem, "-tls1_2") as other,
        relay(lambda number: server if number in {3, 8} else other, leaks) as forgetful,
    ):
        assert answer(forgetful.port) is TicketAnswer.DECLINED
        assert forgetful.connections == 13


def test_an_id_that_is_neither_ours_nor_longer_is_not_healthy(server: int) -> None:
    with relay(lambda _: server, makes_up) as odd:
        assert answer(odd.port) is Reason.MALFORMED


@pytest.mark.parametrize(("good", "fault"), [(2, "close"), (5, "reset")])
def test_a_leak_behind_a_throttle_never_passes(server: int, good: int, fault: str) -> None:
    """Control, greeting, twice ticket and hello, control: seven connections are needed for a pass."""
    with (
        relay(lambda _: server, leaks if good < 3 else keeps) as behind,
        FaultProxy(("127.0.0.1", behind.port), after(good, FAULTS[fault])) as proxy,
    ):
        assert isinstance(answer(proxy.port), Reason)


def test_the_hello_holds_the_ticket_and_a_short_id() -> None:
    record = hello(0x0303, "www.example.org", b"i" * 31, Given(b"ticket" * 30, 0x009C))
    assert session_of(record) == b"i" * 31
    assert len(record) == 5 + int.from_bytes(record[3:5], "big") == 9 + int.from_bytes(record[6:9], "big")
    assert b"ticket" * 30 in record
    assert b"www.example.org" in record
