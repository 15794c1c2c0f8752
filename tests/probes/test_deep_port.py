"""Attacks played behind STARTTLS: holes that are seen there, refusals that were heard, throttles that prove none."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from auditor.facts.base import Facts
from auditor.facts.starttls import Spoken
from auditor.facts.vulnerabilities import CcsAnswer, HeartbeatAnswer, PaddingAnswer, RenegotiationAnswer, RobotAnswer
from auditor.model import Asset, Outcome, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.deep_answers import Attack
from auditor.probes.deep_port import GENTLE, DeepMxProbe, DeepTlsPortProbe, most_for
from auditor.probes.deep_tls import CONVERSATIONS, look
from auditor.probes.starttls.way import PATIENCE, go
from auditor.reach import Access, Limits, Reaches
from auditor.rig.authority import Authority, rsa_key
from auditor.rig.faults import FAULTS, FaultProxy, after
from auditor.rig.heartbleed import Behaviour, OnHeartbeat
from auditor.rig.heartbleed import converse as converse_heartbleed
from auditor.rig.listener import Listener
from checks.vulnerabilities import CHECKS
from tests.probes.deep_rig import EarlyCcs, Manners, Padding, converse
from tests.probes.port_rig import Clerk, line_of
from tests.rig.directory import start_slapd
from tests.rig.mail import start_dovecot, start_postfix
from tests.rig.mariadb import start_mariadb
from tests.rig.nginx import free_port
from tests.rig.postgres import start_postgres

QUICK = Limits(pause_s=0.01, operation_s=2.0)
FIRST_TWO = (Attack.HEARTBLEED, Attack.CCS)
Play = Callable[[socket.socket, int], None]


def sights(address: str, attacks: tuple[Attack, ...], limits: Limits = QUICK) -> tuple[list[Seen | Unseen], int]:
    """What the attacks brought at `scheme://host:port`; how many connections it took, the program's share in full."""
    scheme, _, place = address.partition("://")
    host, _, port = place.partition(":")
    asset = Asset(id="a", kind="tls", address=address, system="s", tiers=frozenset({Tier.DEEP}))
    reaches = Reaches(Access(limits=limits))
    spoken = Spoken(scheme)
    reach = reaches.of(asset)
    (endpoint,) = reach.endpoints(host, int(port))
    way = reach.through(partial(go, spoken=spoken), port=int(port), patience=PATIENCE.get(spoken, 1.0))
    return list(look(endpoint, way, attacks, most=most_for(spoken))), reaches.connections


def answers(address: str, attacks: tuple[Attack, ...]) -> list[object]:
    """The answer to each attack, or the reason why there is none."""
    found, _ = sights(address, attacks)
    return [one.facts.answer if isinstance(one, Seen) else one.reason for one in found]  # type: ignore[attr-defined]


def outcomes(facts: Facts) -> set[Outcome]:
    return {check.judge(facts).outcome for check in CHECKS if check.reads is type(facts)}


# --- servers with holes, behind the words of SMTP, IMAP and POP3


class Mailbox:
    """IMAP or POP3 as far as TLS, then `then`."""

    IMAP = (b"* OK ready\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n", b"a2 OK\r\n")
    POP3 = (b"+OK ready\r\n", b"+OK\r\nSTLS\r\n.\r\n", b"+OK\r\n")

    def __init__(self, words: tuple[bytes, bytes, bytes], then: Play) -> None:
        self._words, self._then = words, then

    def __call__(self, connection: socket.socket, number: int) -> None:
        connection.sendall(self._words[0])
        for answer in self._words[1:]:
            line_of(connection)
            connection.sendall(answer)
        self._then(connection, number)


WAYS: dict[str, Callable[[Play], Play]] = {
    "smtp": lambda then: Clerk(then=then),
    "imap": lambda then: Mailbox(Mailbox.IMAP, then),
    "pop3": lambda then: Mailbox(Mailbox.POP3, then),
}


def bleeding(connection: socket.socket, _: int) -> None:
    converse_heartbleed(connection, Behaviour())


def early(connection: socket.socket, number: int) -> None:
    converse(connection, Manners(early_ccs=EarlyCcs.TAKE), number)


def telling(padding: Padding, _: int) -> int:
    return 47 if padding is Padding.WRONG_START else 20


def an_oracle(connection: socket.socket, number: int) -> None:
    converse(connection, Manners(on_finished=telling), number)


@pytest.mark.parametrize(
    ("scheme", "play", "attack", "shows"),
    [
        ("smtp", bleeding, Attack.HEARTBLEED, HeartbeatAnswer.LEAKED),
        ("imap", early, Attack.CCS, CcsAnswer.TAKEN),
        ("pop3", an_oracle, Attack.ROBOT, RobotAnswer.STRONG_ORACLE),
    ],
)
def test_a_hole_behind_starttls_fails(scheme: str, play: Play, attack: Attack, shows: object) -> None:
    with Listener(WAYS[scheme](play)) as server:
        found, _ = sights(f"{scheme}://127.0.0.1:{server.port}", (attack,))
    (sight,) = found
    assert isinstance(sight, Seen), sight
    assert sight.facts.answer is shows  # type: ignore[attr-defined]
    assert Outcome.FAIL in outcomes(sight.facts)


def test_every_connection_says_the_words_of_the_way_and_no_others() -> None:
    clerk = Clerk(then=lambda one, _: converse_heartbleed(one, Behaviour(on_heartbeat=OnHeartbeat.ALERT)))
    with Listener(clerk) as server:
        found, _ = sights(f"smtp://127.0.0.1:{server.port}", (Attack.HEARTBLEED,))
        assert isinstance(found[0], Seen)
        assert server.connections == 4  # control, two conversations, control
    assert clerk.heard == [b"EHLO auditor.invalid\r\n", b"STARTTLS\r\n"] * 4


# --- throttles: in front of the way, and in its words


@pytest.mark.parametrize(("late", "good"), [("421", 3), ("454", 2), ("reset", 3)])
def test_a_mail_server_that_has_enough_of_us_is_never_healthy(late: str, good: int) -> None:
    """Four connections are needed for a pass; a busy signal, a late no, a close and a reset prove nothing."""
    yes = Clerk(then=lambda one, _: converse_heartbleed(one, Behaviour(on_heartbeat=OnHeartbeat.ALERT)))
    no = {
        "421": Clerk(then=bleeding, greeting=b"421 busy\r\n"),
        "454": Clerk(then=bleeding, answer=b"454 not now\r\n"),
        "reset": Clerk(then=lambda one, _: FAULTS["reset"].play(one)),
    }[late]
    with Listener(lambda one, number: (no if number > good else yes)(one, number)) as server:
        found, _ = sights(f"smtp://127.0.0.1:{server.port}", (Attack.HEARTBLEED,))
    assert isinstance(found[0], Unseen), found


def test_a_way_that_says_no_is_unseen_for_that_reason() -> None:
    with Listener(Clerk(then=bleeding, hello=b"250 mx1\r\n")) as server:
        found = answers(f"smtp://127.0.0.1:{server.port}", tuple(Attack))
    assert found == [Reason.NOT_TLS] * len(Attack)


def test_a_server_that_falls_silent_before_tls_ends_as_reasons_in_time() -> None:
    calm, silent = Clerk(then=bleeding), Clerk(then=bleeding, greeting=b"")
    limits = Limits(pause_s=0.01, operation_s=0.3, host_s=4.0)
    with Listener(lambda one, number: (calm if number == 1 else silent)(one, number)) as server:
        found, _ = sights(f"smtp://127.0.0.1:{server.port}", FIRST_TWO, limits)
    assert {one.reason for one in found if isinstance(one, Unseen)} == {Reason.TIMEOUT}
    assert len(found) == 2


# --- MySQL counts who breaks off


def mysql(then: Play) -> Play:
    def serve(connection: socket.socket, number: int) -> None:
        packet = b"\x0a8.0\0" + bytes(13) + b"\xff\xff" + bytes(30)
        connection.sendall(len(packet).to_bytes(3, "little") + b"\0" + packet)
        connection.recv(36, socket.MSG_WAITALL)
        then(connection, number)

    return serve


def test_mysql_gets_few_connections_however_much_there_is_to_ask() -> None:
    """Oracles are asked three times over: what does not fit any more is left open, and never healthy."""
    with Listener(mysql(an_oracle)) as server:
        found, reserved = sights(f"mysql://127.0.0.1:{server.port}", tuple(Attack))
        assert server.connections <= GENTLE + 4
        assert reserved <= GENTLE + 4
    *_, robot = found
    assert isinstance(robot, Unseen) or outcomes(robot.facts) == {Outcome.FAIL}


# --- Debian's own servers


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    issued = Authority.root().leaf("localhost", addresses=("127.0.0.1", "127.0.0.2"))
    return issued.write(tmp_path_factory.mktemp("keys") / "localhost.pem")


@pytest.fixture(scope="module")
def dovecot(pem: Path) -> Iterator[tuple[int, int, int]]:
    ports = (free_port(), free_port(), free_port())
    with start_dovecot(ports, pem, "ssl = yes", address="127.0.0.2"):
        yield ports


@pytest.mark.root
class TestDebian:
    def test_postfix_refuses_every_attack(self, pem: Path) -> None:
        port = free_port()
        with start_postfix(port, f"smtpd_tls_chain_files = {pem}", "smtpd_tls_security_level = may"):
            asset = Asset(
                id="a", kind="mx", address=f"smtp://127.0.0.1:{port}", system="s", tiers=frozenset({Tier.DEEP})
            )
            found = list(DeepMxProbe().observe(asset, Reaches(Access(limits=QUICK)).of(asset)))
        assert [type(one.facts) for one in found if isinstance(one, Seen)] == list(DeepMxProbe.yields), found
        assert all(outcomes(one.facts) == {Outcome.PASS} for one in found if isinstance(one, Seen))

    def test_dovecot_refuses_by_closing(self, dovecot: tuple[int, int, int]) -> None:
        """It never sends the alert, so each close is weighed against a connection that is left alone."""
        found = answers(f"imap://127.0.0.2:{dovecot[0]}", FIRST_TWO)
        assert found == [HeartbeatAnswer.CLOSED, CcsAnswer.CLOSED]

    def test_a_server_that_speaks_first_inside_tls_is_heard_out(self, dovecot: tuple[int, int, int]) -> None:
        assert answers(f"tls://127.0.0.2:{dovecot[2]}", (Attack.RENEGOTIATION,)) == [RenegotiationAnswer.ALERT]

    @pytest.mark.parametrize("good", [None, 3, 6, 8, 9, 10])
    def test_suites_that_are_declined_by_closing_are_declined(
        self, dovecot: tuple[int, int, int], good: int | None
    ) -> None:
        """Dovecot has no RSA key exchange by default, and says so by closing; a throttle says nothing by it."""
        with ExitStack() as stack:
            port, host = dovecot[2], "127.0.0.2"
            if good is not None:
                proxy = FaultProxy((host, port), after(good, FAULTS["close"]))
                port, host = stack.enter_context(proxy).port, "127.0.0.1"
            (shown,) = answers(f"tls://{host}:{port}", (Attack.ROBOT,))
        assert isinstance(shown, Reason) if good else shown is RobotAnswer.NO_RSA

    def test_a_mailbox_with_modern_suites_alone_has_nothing_to_attack(self, pem: Path) -> None:
        ports = (free_port(), free_port(), free_port())
        with start_dovecot(ports, pem, "ssl = yes", "ssl_cipher_list = ECDHE+AESGCM", address="127.0.0.2"):
            found = answers(f"pop3://127.0.0.2:{ports[1]}", (Attack.PADDING, Attack.ROBOT))
        assert found == [PaddingAnswer.NO_CBC, RobotAnswer.NO_RSA]

    @pytest.mark.parametrize("good", [None, 2, 4, 8, 14, 20])
    def test_a_mailbox_of_tls_13_alone_that_closes_on_older_hellos_has_no_old_tls(
        self, pem: Path, good: int | None
    ) -> None:
        ports = (free_port(), free_port(), free_port())
        with ExitStack() as stack:
            settings = ("ssl = yes", "ssl_min_protocol = TLSv1.3")
            stack.enter_context(start_dovecot(ports, pem, *settings, address="127.0.0.2"))
            port, host = ports[2], "127.0.0.2"
            if good is not None:
                proxy = FaultProxy((host, port), after(good, FAULTS["close"]))
                port, host = stack.enter_context(proxy).port, "127.0.0.1"
            found = answers(f"tls://{host}:{port}", (*FIRST_TWO, Attack.ROBOT))
        if good is None:
            assert found == [HeartbeatAnswer.NO_OLD_TLS, CcsAnswer.NO_OLD_TLS, RobotAnswer.NO_OLD_TLS]
        else:
            assert all(isinstance(one, Reason) for one in found)

    def test_a_directory_with_an_ecdsa_key_has_no_rsa(self, pem: Path, tmp_path: Path) -> None:
        port = free_port()
        with start_slapd(tmp_path, port, pem):
            assert answers(f"ldap://127.0.0.1:{port}", (Attack.ROBOT,)) == [RobotAnswer.NO_RSA]

    def test_a_database_that_asks_for_a_certificate_goes_on_without(self, tmp_path: Path) -> None:
        port, pem = free_port(), Authority.root().leaf("localhost", key=rsa_key()).write(tmp_path / "rsa.pem")
        with start_mariadb(port, pem):
            found = answers(f"mysql://127.0.0.1:{port}", tuple(Attack))
        assert found[-2:] == [PaddingAnswer.NO_ORACLE, RobotAnswer.NO_ORACLE]
        assert not any(isinstance(one, Reason) for one in found)

    def test_slapd_with_gnutls_makes_new_keys_for_its_clients(self, pem: Path, tmp_path: Path) -> None:
        """It never refuses; it hangs up on whoever goes on too soon, which must not look like a limit."""
        port = free_port()
        with start_slapd(tmp_path, port, pem):
            found = answers(f"ldap://127.0.0.1:{port}", (Attack.HEARTBLEED, Attack.RENEGOTIATION))
        assert found[0] is HeartbeatAnswer.CLOSED
        assert found[1] in (RenegotiationAnswer.ACCEPTED, Reason.INCONSISTENT)

    def test_databases_refuse(self, pem: Path) -> None:
        port = free_port()
        with ExitStack() as servers:
            server = servers.enter_context(start_postgres("listen_addresses=127.0.0.1", tls=pem.read_bytes()))
            servers.enter_context(start_mariadb(port, pem))
            for address in (f"postgresql://127.0.0.1:{server.port}", f"mysql://127.0.0.1:{port}"):
                assert answers(address, FIRST_TWO) == [HeartbeatAnswer.ALERT, CcsAnswer.ALERT]


def test_the_plan_names_the_port_the_attacks_and_the_limit() -> None:
    for probe, scheme, most in ((DeepTlsPortProbe(), "imap", CONVERSATIONS), (DeepTlsPortProbe(), "mysql", GENTLE)):
        asset = Asset(id="a", kind="tls", address=f"{scheme}://mail.elm.example", system="s")
        (line,) = probe.plan(asset)
        assert "mail.elm.example:" in line
        assert f"at most {most}" in line
        assert "no login" in line


def test_without_the_deep_environment_nothing_is_touched(tmp_path: Path) -> None:
    asset = Asset(id="a", kind="tls", address="tls://127.0.0.1:1", system="s", tiers=frozenset({Tier.DEEP}))
    reaches = Reaches(Access(deep_python=tmp_path / "none"))
    with pytest.raises(Exception, match="make deep"):
        list(DeepTlsPortProbe().observe(asset, reaches.of(asset)))
    assert reaches.connections == 0
