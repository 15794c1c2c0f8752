"""A command in one piece with STARTTLS: run inside TLS, thrown away, or nothing that could be said of it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.facts.starttls import StartTlsInjection, TogetherAnswer
from auditor.model import Asset, Outcome, Reason, Tier
from auditor.probe import Seen
from auditor.probes.injection import InjectionProbe, MxInjectionProbe
from auditor.reach import Access, Limits, Reaches
from auditor.rig.authority import self_signed
from auditor.rig.faults import FAULTS, FaultProxy, after
from auditor.rig.listener import Listener
from checks.starttls import injection
from tests.probes.port_rig import line_of
from tests.rig.mail import start_dovecot, start_postfix
from tests.rig.nginx import free_port

QUICK = Limits(pause_s=0.0, operation_s=2.0)
CLEAR = {
    "smtp": (b"220 mx1 ESMTP\r\n", {b"EHLO": b"250-mx1\r\n250 STARTTLS\r\n", b"STAR": b"220 go\r\n"}),
    "imap": (
        b"* OK ready\r\n",
        {b"a1 C": b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n", b"a2 S": b"a2 OK\r\n"},
    ),
    "pop3": (b"+OK ready\r\n", {b"CAPA": b"+OK\r\nSTLS\r\n.\r\n", b"STLS": b"+OK\r\n"}),
}
INSIDE = {
    b"EHLO": b"250-mx1\r\n250 SIZE 1000\r\n",
    b"NOOP": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 Bye\r\n",
    b"a3 N": b"a3 OK\r\n",
    b"a4 N": b"a4 OK\r\n",
    b"a5 L": b"* BYE\r\na5 OK\r\n",
}
POP3 = {b"NOOP": b"-ERR not now\r\n", b"QUIT": b"+OK\r\n"}


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed("localhost").write(tmp_path_factory.mktemp("keys") / "mail.pem")


@dataclass(kw_only=True)
class MailServer:
    """Speaks as far as TLS and inside. `keeps`: what it had read before TLS is run inside, as CVE-2011-0411 has it."""

    pem: Path
    scheme: str = "smtp"
    keeps: bool = False
    greets_anew: bool = False
    leaves_early: bool = False  # its farewell is no answer but a close

    def __call__(self, connection: socket.socket, _: int) -> None:
        greeting, answers = CLEAR[self.scheme]
        connection.sendall(greeting)
        for _ in range(2):
            word = line_of(connection)[:4]
            if word not in answers:
                return
            before = connection.recv(4_096, socket.MSG_DONTWAIT) if self._has_more(connection) else b""
            connection.sendall(answers[word])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        with context.wrap_socket(connection, server_side=True) as secured:
            if self.greets_anew:
                secured.sendall(greeting)
            self._serve(secured, before if self.keeps else b"")

    def _has_more(self, connection: socket.socket) -> bool:
        try:
            return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return False

    def _serve(self, secured: ssl.SSLSocket, held: bytes) -> None:
        words = POP3 if self.scheme == "pop3" else INSIDE
        while True:
            while b"\n" not in held:
                data = secured.recv(4_096)
                if not data:
                    return
                held += data
            line, _, held = held.partition(b"\n")
            secured.sendall(words.get(line[:4], b"500 what\r\n"))
            if line[:4] in (b"QUIT", b"a5 L") or self.leaves_early:
                return


def look(port: int, scheme: str = "smtp", kind: str = "tls") -> StartTlsInjection | Reason:
    asset = Asset(id="a", kind=kind, address=f"{scheme}://127.0.0.1:{port}", system="s", tiers=frozenset({Tier.DEEP}))
    probe = MxInjectionProbe() if kind == "mx" else InjectionProbe()
    (sight,) = probe.observe(asset, Reaches(Access(limits=QUICK)).of(asset))
    if not isinstance(sight, Seen):
        return sight.reason
    assert isinstance(sight.facts, StartTlsInjection)
    return sight.facts


def answer(port: int, scheme: str = "smtp", kind: str = "tls") -> TogetherAnswer | Reason:
    found = look(port, scheme, kind)
    return found if isinstance(found, Reason) else found.answer


@pytest.mark.parametrize("scheme", CLEAR)
def test_a_server_that_keeps_what_came_before_tls_fails(pem: Path, scheme: str) -> None:
    with Listener(MailServer(pem=pem, scheme=scheme, keeps=True)) as server:
        found = look(server.port, scheme)
        assert server.connections == 5
    assert isinstance(found, StartTlsInjection)
    assert found.answer is TogetherAnswer.ANSWERED
    assert injection.judge(found).outcome is Outcome.FAIL


@pytest.mark.parametrize("scheme", CLEAR)
def test_one_that_throws_it_away_passes(pem: Path, scheme: str) -> None:
    with Listener(MailServer(pem=pem, scheme=scheme)) as server:
        found = look(server.port, scheme)
    assert isinstance(found, StartTlsInjection)
    assert injection.judge(found).outcome is Outcome.PASS


def test_a_second_greeting_inside_tls_answers_nothing(pem: Path) -> None:
    with Listener(MailServer(pem=pem, greets_anew=True)) as server:
        assert answer(server.port) is TogetherAnswer.DISCARDED


def test_a_server_that_answers_one_command_and_leaves_is_undecided(pem: Path) -> None:
    """The answer that is missing could be the one that matters."""
    with Listener(MailServer(pem=pem, leaves_early=True)) as server:
        assert isinstance(answer(server.port), Reason)


def test_what_is_kept_now_and_then_is_inconsistent(pem: Path) -> None:
    kept, dropped = MailServer(pem=pem, keeps=True), MailServer(pem=pem)
    with Listener(lambda one, number: (kept if number == 2 else dropped)(one, number)) as server:
        assert answer(server.port) is Reason.INCONSISTENT


@pytest.mark.parametrize("fault", ["close", "reset"])
@pytest.mark.parametrize("good", range(1, 5))
@pytest.mark.parametrize("keeps", [True, False])
def test_a_throttle_proves_nothing(pem: Path, fault: str, good: int, keeps: bool) -> None:
    calm = MailServer(pem=pem, keeps=keeps)

    def serve(connection: socket.socket, number: int) -> None:
        if number <= good:
            calm(connection, number)
        else:
            FAULTS[fault].play(connection)

    with Listener(serve) as server:
        assert isinstance(answer(server.port), Reason)


@pytest.mark.parametrize("closes", [{2}, {4}, {2, 3, 4}, {1, 2, 4}, {2, 4, 5}])
def test_closes_that_meet_other_connections_too_or_not_all_are_no_answer(pem: Path, closes: set[int]) -> None:
    calm = MailServer(pem=pem)

    def serve(connection: socket.socket, number: int) -> None:
        if number not in closes:
            calm(connection, number)

    with Listener(serve) as server:
        assert isinstance(answer(server.port), Reason)


def test_a_proxy_that_fails_after_all_five_changes_nothing(pem: Path) -> None:
    with (
        Listener(MailServer(pem=pem)) as server,
        FaultProxy(("127.0.0.1", server.port), after(5, FAULTS["close"])) as proxy,
    ):
        assert answer(proxy.port) is TogetherAnswer.DISCARDED


def test_where_commands_are_no_lines_nothing_is_sent() -> None:
    found = look(1, "ldap")
    assert isinstance(found, StartTlsInjection)
    assert injection.judge(found).outcome is Outcome.NOT_APPLICABLE
    asset = Asset(id="a", kind="tls", address="ldap://d.elm.example", system="s")
    assert list(InjectionProbe().plan(asset)) == []


def test_the_plan_says_what_goes_out_too_early() -> None:
    (line,) = MxInjectionProbe().plan(Asset(id="a", kind="mx", address="smtp://mx1.elm.example", system="s"))
    assert line.startswith("tcp mx1.elm.example:25 ")
    assert "NOOP" in line


@pytest.mark.parametrize(("answered", "command"), [(TogetherAnswer.ANSWERED, ""), (TogetherAnswer.NOT_SENT, "NOOP")])
def test_an_answer_belongs_to_a_command(answered: TogetherAnswer, command: str) -> None:
    facts = look(1, "ldap")
    assert isinstance(facts, StartTlsInjection)
    with pytest.raises(ValueError, match="command"):
        StartTlsInjection(observed_at=facts.observed_at, spoken=facts.spoken, answer=answered, command=command)


# --- Debian's own servers


@pytest.fixture(scope="module")
def dovecot(pem: Path) -> Iterator[tuple[int, int, int]]:
    ports = (free_port(), free_port(), free_port())
    with start_dovecot(ports, pem, "ssl = yes", "disable_plaintext_auth = yes"):
        yield ports


@pytest.mark.root
class TestDebian:
    def test_postfix_throws_it_away(self, pem: Path) -> None:
        port = free_port()
        with start_postfix(port, f"smtpd_tls_chain_files = {pem}", "smtpd_tls_security_level = may"):
            assert answer(port, "smtp", "mx") is TogetherAnswer.DISCARDED

    @pytest.mark.parametrize(("scheme", "number"), [("imap", 0), ("pop3", 1)])
    def test_dovecot_closes_on_it(self, dovecot: tuple[int, int, int], scheme: str, number: int) -> None:
        found = look(dovecot[number], scheme)
        assert isinstance(found, StartTlsInjection)
        assert found.answer is TogetherAnswer.CLOSED
        assert injection.judge(found).outcome is Outcome.PASS
