"""TLS ports behind STARTTLS, good, bad and hostile, on loopback: what is seen, what is not, and what was never sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.facts.certificates import CertificateSeen
from auditor.facts.starttls import LoginBeforeTls, Spoken, StartTls, TlsStart
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset, Tier
from auditor.probe import Seen
from auditor.probes.tls_port import MxProbe, Port, TlsPortProbe
from auditor.reach import Target
from auditor.rig.authority import Authority
from auditor.rig.listener import Listener
from auditor.rig.replies import Close, Drip, Endless, Hang, Reply, Reset, Send
from tests.probes.port_rig import NAME, Clerk, Looked, look_at, observe, tls_with, type_of

MODERN = {TlsVersion.TLS12, TlsVersion.TLS13}
OPEN = b"250-mx1.elm.example\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    issued = Authority.root().leaf(NAME)
    return issued.write(tmp_path_factory.mktemp("keys") / "mail.pem")


def nobody(connection: socket.socket, number: int) -> None:
    """TLS is not reached."""
    raise AssertionError(f"connection {number} got as far as TLS")


def start_of(looked: Looked) -> StartTls:
    sight = looked.sights[StartTls]
    assert isinstance(sight, Seen), sight
    assert isinstance(sight.facts, StartTls)
    return sight.facts


def logins_of(looked: Looked) -> LoginBeforeTls:
    sight = looked.sights[LoginBeforeTls]
    assert isinstance(sight, Seen), sight
    assert isinstance(sight.facts, LoginBeforeTls)
    return sight.facts


def versions_of(looked: Looked) -> TlsVersions:
    sight = looked.sights[TlsVersions]
    assert isinstance(sight, Seen), sight
    assert isinstance(sight.facts, TlsVersions)
    return sight.facts


def test_behind_starttls_everything_is_seen_that_a_web_port_shows(pem: Path) -> None:
    clerk = Clerk(then=tls_with(pem))
    with Listener(clerk) as server:
        looked = look_at(server.port)
    assert start_of(looked).start is TlsStart.UPGRADED
    assert versions_of(looked).accepted == MODERN
    assert versions_of(looked).refused
    certificate = looked.sights[CertificateSeen]
    assert isinstance(certificate, Seen)
    assert isinstance(certificate.facts, CertificateSeen)
    assert certificate.facts.dns_names == (NAME,)
    assert isinstance(looked.sights[TlsSuites], Seen)
    assert certificate.locus == "127.0.0.1:7777"


def test_nothing_but_a_greeting_and_the_wish_for_tls_is_ever_sent(pem: Path) -> None:
    clerk = Clerk(then=tls_with(pem))
    with Listener(clerk) as server:
        looked = look_at(server.port)
    assert set(clerk.heard) == {b"EHLO auditor.invalid\r\n", b"STARTTLS\r\n"}
    assert len(clerk.heard) == 2 * looked.connections
    assert looked.connections <= 70


def test_a_mail_exchanger_is_not_asked_for_its_certificate(pem: Path) -> None:
    with Listener(Clerk(then=tls_with(pem))) as server:
        looked = look_at(server.port, kind="mx")
    assert CertificateSeen not in looked.sights
    assert versions_of(looked).accepted == MODERN


def test_each_address_behind_a_name_speaks_for_itself(pem: Path) -> None:
    asset = Asset(id="a", kind="mx", address=f"smtp://{NAME}:7777", system="s")
    with (
        Listener(Clerk(then=tls_with(pem))) as good,
        Listener(Clerk(then=nobody, hello=b"250 mx2\r\n"), address="127.0.0.2") as bad,
    ):
        said, _ = observe(asset, Target("127.0.0.1", good.port), Target("127.0.0.2", bad.port))
    starts = {one.locus: one for one in said if type_of(one) is StartTls}
    found = {locus: one.facts.start for locus, one in starts.items() if isinstance(one, Seen)}  # type: ignore[attr-defined]
    assert found == {"127.0.0.1:7777": TlsStart.UPGRADED, "127.0.0.2:7777": TlsStart.DECLINED}
    assert len(said) == 2 * len(MxProbe.yields)


def test_an_explicit_no_is_believed_when_it_is_said_twice() -> None:
    clerk = Clerk(then=nobody, hello=b"250-mx1\r\n250 SIZE 1000\r\n")
    with Listener(clerk) as server:
        looked = look_at(server.port)
    assert start_of(looked).start is TlsStart.DECLINED
    assert start_of(looked).answer
    assert looked.reason(TlsVersions) == looked.reason(CertificateSeen) == "not_tls"
    assert looked.connections == 2
    assert sorted(clerk.heard) == [b"EHLO auditor.invalid\r\n"] * 2 + [b"QUIT\r\n"] * 2  # each server has a thread


def test_a_no_that_becomes_a_yes_is_neither(pem: Path) -> None:
    yes, no = Clerk(then=tls_with(pem)), Clerk(then=tls_with(pem), answer=b"454 not now\r\n")
    with Listener(lambda connection, number: (no if number == 1 else yes)(connection, number)) as server:
        looked = look_at(server.port)
    assert looked.reason(StartTls) == looked.reason(TlsVersions) == "inconsistent"


def test_one_busy_signal_does_no_harm(pem: Path) -> None:
    yes, busy = Clerk(then=tls_with(pem)), Clerk(then=tls_with(pem), greeting=b"421 too many connections\r\n")
    with Listener(lambda connection, number: (busy if number == 1 else yes)(connection, number)) as server:
        looked = look_at(server.port)
    assert start_of(looked).start is TlsStart.UPGRADED


@pytest.mark.parametrize("busy_first", [True, False])
def test_one_no_beside_a_busy_signal_leaves_it_open(busy_first: bool) -> None:
    no, busy = Clerk(then=nobody, hello=b"250 mx1\r\n"), Clerk(then=nobody, greeting=b"421 too many connections\r\n")
    with Listener(lambda one, number: (busy if (number == 1) is busy_first else no)(one, number)) as server:
        looked = look_at(server.port)
    assert looked.reason(StartTls) == looked.reason(TlsVersions) == "tls_failed"


@pytest.fixture(scope="module")
def truth(pem: Path) -> dict[TlsVersion, frozenset[int]]:
    """The suites of each version, by a look that nothing disturbs."""
    with Listener(Clerk(then=tls_with(pem))) as server:
        found = suites_of(look_at(server.port))
    assert set(found) == MODERN
    return found


def suites_of(looked: Looked) -> dict[TlsVersion, frozenset[int]]:
    """The lists of suites that count as whole."""
    sight = looked.sights[TlsSuites]
    if not isinstance(sight, Seen):
        return {}
    assert isinstance(sight.facts, TlsSuites)
    return {row.version: frozenset(row.accepted) for row in sight.facts.versions if row.unsettled is None}


@pytest.mark.parametrize("late", ["421 at the greeting", "closed after the yes", "plaintext after the yes"])
@pytest.mark.parametrize("good", [*range(1, 14), 17, 21, 26, 32])
def test_a_server_that_has_enough_of_us_turns_no_silence_into_a_refusal(
    pem: Path, truth: dict[TlsVersion, frozenset[int]], good: int, late: str
) -> None:
    """However early it begins, no version is refused and no list of suites whole that a calm look says otherwise of."""
    yes = Clerk(then=tls_with(pem))
    no = {
        "421 at the greeting": Clerk(then=tls_with(pem), greeting=b"421 too many connections\r\n"),
        "closed after the yes": Clerk(then=lambda connection, _: Close().play(connection)),
        "plaintext after the yes": Clerk(then=lambda connection, _: Send(b"421 enough\r\n").play(connection)),
    }[late]
    with Listener(lambda connection, number: (no if number > good else yes)(connection, number)) as server:
        looked = look_at(server.port)
    assert start_of(looked).start is TlsStart.UPGRADED
    if isinstance(looked.sights[TlsVersions], Seen):
        assert versions_of(looked).accepted <= MODERN
        assert not {row.version for row in versions_of(looked).refused} & MODERN
    assert suites_of(looked).items() <= truth.items()


def test_a_login_in_the_clear_is_seen_even_if_the_rest_is_not(pem: Path) -> None:
    clerk = Clerk(then=tls_with(pem), hello=OPEN, answer=b"421 busy\r\n")
    with Listener(clerk) as server:
        looked = look_at(server.port)
    assert logins_of(looked).mechanisms == ("PLAIN", "LOGIN")
    assert looked.reason(StartTls) == "tls_failed"


def test_a_list_too_long_to_keep_hides_nothing() -> None:
    names = " ".join(f"NAME-{number}" for number in range(60)).encode()
    with Listener(Clerk(then=nobody, hello=b"250-mx1\r\n250 AUTH " + names + b" PLAIN\r\n")) as server:
        looked = look_at(server.port)
    assert looked.reason(LoginBeforeTls) == "too_long"


AFTER_THE_YES: dict[str, tuple[Reply, set[str]]] = {
    "plaintext": (Send(b"250 still in the clear\r\n"), {"not_tls"}),
    "another_greeting": (Send(b"220 mx1 ESMTP\r\n"), {"not_tls"}),
    "silence": (Hang(), {"timeout"}),
    "close": (Close(), {"closed", "reset"}),
    "reset": (Reset(), {"reset"}),
    "empty_records_for_ever": (Endless(), {"too_long", "tls_failed", "not_tls"}),
}


@pytest.mark.parametrize("name", AFTER_THE_YES)
def test_a_yes_without_tls_after_it_is_no_pass(name: str) -> None:
    reply, reasons = AFTER_THE_YES[name]

    def answer(connection: socket.socket, _: int) -> None:
        connection.recv(4096)  # the hello
        reply.play(connection)

    with Listener(Clerk(then=answer)) as server:
        looked = look_at(server.port, seconds=0.4)
    assert looked.reason(StartTls) in reasons
    assert looked.reason(TlsVersions)
    assert looked.reason(CertificateSeen) in reasons


IN_PLACE_OF_THE_GREETING: dict[str, tuple[Reply, str]] = {
    "a_byte_a_second": (Drip(b"220 " + b"x" * 500, every_s=1.0), "timeout"),
    "without_end": (Endless(b"220-and on it goes\r\n" * 50), "too_long"),
    "a_line_of_megabytes": (Send(b"220 " + b"x" * 10_000_000), "too_long"),
    "silence": (Hang(), "timeout"),
    "http": (Send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "malformed"),
    "tls": (Send(b"\x15\x03\x01\x00\x02\x02\x46"), "closed"),
    "closed": (Close(), "closed"),
}


@pytest.mark.parametrize("scheme", ["smtp", "mysql"])
@pytest.mark.parametrize("name", IN_PLACE_OF_THE_GREETING)
def test_a_bad_greeting_ends_in_a_reason_in_time(name: str, scheme: str) -> None:
    reply, reason = IN_PLACE_OF_THE_GREETING[name]
    with Listener(lambda connection, _: reply.play(connection)) as server:
        looked = look_at(server.port, scheme=scheme, seconds=0.2)
    reasons = {reason, "malformed", "too_long"} if scheme != "smtp" else {reason}
    assert {looked.reason(kind) for kind in (StartTls, CertificateSeen, LoginBeforeTls)} <= reasons
    assert looked.connections == 2


def test_words_that_come_with_the_yes_are_not_taken_into_tls(pem: Path) -> None:
    with Listener(Clerk(then=tls_with(pem), answer=b"220 go\r\n250 AUTH PLAIN\r\n")) as server:
        looked = look_at(server.port)
    assert looked.reason(StartTls) == "malformed"
    assert looked.connections == 2


def test_a_port_that_greets_in_the_clear_is_no_tls_port() -> None:
    with Listener(lambda connection, _: Send(b"220 mx1 ESMTP\r\n").play(connection)) as server:
        looked = look_at(server.port, scheme="tls")
    assert looked.reason(StartTls) == looked.reason(CertificateSeen) == "not_tls"


def test_a_port_with_tls_from_the_first_byte(pem: Path) -> None:
    with Listener(tls_with(pem)) as server:
        looked = look_at(server.port, scheme="tls")
    assert start_of(looked).start is TlsStart.DIRECT
    assert logins_of(looked).spoken is Spoken.TLS
    assert versions_of(looked).accepted == MODERN


def test_a_closed_port_is_unseen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    looked = look_at(port)
    assert looked.reason(StartTls) == looked.reason(LoginBeforeTls) == "refused"
    assert looked.connections == 2


@pytest.fixture
def mysql(pem: Path) -> Iterator[Listener]:
    secure = tls_with(pem)

    def serve(connection: socket.socket, number: int) -> None:
        packet = b"\x0a8.0\0" + bytes(13) + b"\xff\xff" + bytes(30)
        connection.sendall(len(packet).to_bytes(3, "little") + b"\0" + packet)
        connection.recv(36, socket.MSG_WAITALL)
        secure(connection, number)

    with Listener(serve) as server:
        yield server


def test_mysql_is_spared_unless_the_deep_tier_is_asked(mysql: Listener) -> None:
    """It shuts out whoever breaks off a hundred connections (max_connect_errors)."""
    looked = look_at(mysql.port, scheme="mysql")
    assert versions_of(looked).accepted == MODERN
    assert looked.reason(TlsSuites) == "budget"
    assert looked.connections <= 12 + 3  # of which three complete a handshake
    deep = look_at(mysql.port, scheme="mysql", tiers=frozenset({Tier.NIGHTLY, Tier.DEEP}))
    assert isinstance(deep.sights[TlsSuites], Seen)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://mx1.elm.example", Port(Spoken.SMTP, "mx1.elm.example", 25)),
        ("tls://[2001:db8::1]:993", Port(Spoken.TLS, "2001:db8::1", 993)),
        ("postgresql://db.elm.example:5433", Port(Spoken.POSTGRESQL, "db.elm.example", 5433)),
    ],
)
def test_an_address_names_a_port(address: str, expected: Port) -> None:
    assert Port.of(address) == expected


def test_the_plan_names_the_port_and_promises_no_login() -> None:
    asset = Asset(id="a", kind="mx", address="smtp://mx1.elm.example", system="s")
    (plan,) = MxProbe().plan(asset)
    assert plan.startswith("tcp mx1.elm.example:25 ")
    assert "no login, no mail" in plan
    online = Asset(id="a", kind="tls", address="tls://a.elm.example:993", system="s", tiers=frozenset({Tier.ONLINE}))
    assert [line.split()[0] for line in TlsPortProbe().plan(online)] == ["tcp", "tcp", "http"]
