"""Attacks played through sslyze at real listeners: what a hole shows, what its absence shows, what shows nothing."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.facts.base import Facts
from auditor.facts.vulnerabilities import (
    CcsAnswer,
    Heartbleed,
    Renegotiation,
    RenegotiationAnswer,
    RobotAnswer,
)
from auditor.model import Asset, Outcome, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.deep_answers import Attack
from auditor.probes.deep_tls import CONVERSATIONS, DeepTlsProbe, look
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.authority import rsa_key, self_signed
from auditor.rig.faults import FAULTS, FaultProxy, after
from auditor.rig.listener import Listener
from checks.vulnerabilities import CHECKS
from tests.probes.deep_rig import EarlyCcs, Manners, Padding, attacked_server, converse, issued
from tests.probes.gnutls_rig import BOUND, UNBOUND, gnutls_server
from tests.probes.gnutls_rig import Manners as Hurry
from tests.rig.nginx import free_port, start_nginx

QUICK = Limits(pause_s=0.01, operation_s=2.0)
CCS, RENEGOTIATION, ROBOT = (Attack.CCS,), (Attack.RENEGOTIATION,), (Attack.ROBOT,)
ACCEPTED, LIMITED, CLOSED = RenegotiationAnswer.ACCEPTED, RenegotiationAnswer.LIMITED, RenegotiationAnswer.CLOSED


def sights(port: int, attacks: tuple[Attack, ...], access: Access | None = None) -> list[Seen | Unseen]:
    asset = Asset(id="a", kind="web", address=f"https://127.0.0.1:{port}/", system="s", tiers=frozenset({Tier.DEEP}))
    reach = Reaches(access or Access(limits=QUICK)).of(asset)
    (endpoint,) = reach.endpoints("127.0.0.1", port)
    return list(look(endpoint, reach, attacks))


def seen(port: int, attacks: tuple[Attack, ...], access: Access | None = None) -> Facts | Reason:
    """What one attack brought: facts, or the reason why there are none."""
    (sight,) = sights(port, attacks, access)
    return sight.facts if isinstance(sight, Seen) else sight.reason


def outcomes(facts: Facts | Reason) -> set[Outcome]:
    """What the checks say, where they are asked at all."""
    if isinstance(facts, Reason):
        return {Outcome.UNKNOWN}
    return {check.judge(facts).outcome for check in CHECKS if check.reads is type(facts)}


def answer_of(facts: Facts | Reason) -> object:
    return facts if isinstance(facts, Reason) else getattr(facts, "answer")  # noqa: B009 - of four types


# --- CCS injection


@pytest.mark.parametrize(
    ("early_ccs", "shows"),
    [
        (EarlyCcs.TAKE, CcsAnswer.TAKEN),
        (EarlyCcs.TAKE_CBC, CcsAnswer.TAKEN),
        (EarlyCcs.REFUSE, CcsAnswer.ALERT),
        (EarlyCcs.PASS_OVER, CcsAnswer.ALERT),
        (EarlyCcs.CLOSE, CcsAnswer.CLOSED),
        (EarlyCcs.GRUMBLE, Reason.INCONSISTENT),
        (EarlyCcs.SWALLOW, Reason.TLS_FAILED),
    ],
)
def test_an_early_ccs_is_told_from_other_records_out_of_place(early_ccs: EarlyCcs, shows: CcsAnswer | Reason) -> None:
    with attacked_server(Manners(early_ccs=early_ccs)) as server:
        facts = seen(server.port, CCS)
    assert answer_of(facts) is shows
    expected = Outcome.FAIL if shows is CcsAnswer.TAKEN else Outcome.PASS
    assert outcomes(facts) == {Outcome.UNKNOWN if isinstance(shows, Reason) else expected}


@pytest.mark.parametrize(("connections", "shows"), [(2, Reason.CLOSED), (3, CcsAnswer.TAKEN)])
def test_a_taken_message_stays_proven_when_the_server_throttles_us_after_it(
    connections: int, shows: CcsAnswer | Reason
) -> None:
    with (
        attacked_server(Manners(early_ccs=EarlyCcs.TAKE)) as server,
        FaultProxy((server.address, server.port), after(connections, FAULTS["close"])) as proxy,
    ):
        assert answer_of(seen(proxy.port, CCS)) is shows


def test_every_hello_of_every_attack_names_the_server() -> None:
    """sslyze's own CCS test names none, and so asks whichever server is the default there."""
    hellos: list[bytes] = []

    def serve(connection: socket.socket, _: int) -> None:
        hellos.append(connection.recv(4_096, socket.MSG_PEEK))
        converse(connection, Manners(has_rsa=False), 1)

    with Listener(serve) as server:
        targets = {("www.example.org", 443): (Target("127.0.0.1", server.port),)}
        asset = Asset(id="a", kind="web", address="https://www.example.org/", system="s")
        reach = Reaches(Access(limits=QUICK, connect_to=targets)).of(asset)
        (endpoint,) = reach.endpoints("www.example.org", 443)
        list(look(endpoint, reach))
    assert len(hellos) >= 9
    assert all(b"www.example.org" in hello for hello in hellos)


# --- ROBOT: padding is decrypted with the real key, and the answers are what the paper's servers gave


def tells_the_start(padding: Padding, _: int) -> int:
    return 47 if padding is Padding.WRONG_START else 20


def tells_right_alone(padding: Padding, _: int) -> int:
    return 20 if padding in {Padding.RIGHT, Padding.WRONG_VERSION} else 51


def tells_by_silence(padding: Padding, _: int) -> int | str:
    return "wait" if padding is Padding.RIGHT else 20


def tells_now_and_then(padding: Padding, number: int) -> int:
    return 47 if padding is Padding.WRONG_START and number < 8 else 20


@pytest.mark.parametrize(
    ("manners", "shows"),
    [
        (Manners(on_finished=tells_the_start), RobotAnswer.STRONG_ORACLE),
        (Manners(on_finished=tells_right_alone), RobotAnswer.WEAK_ORACLE),
        (Manners(on_secret=tells_right_alone), RobotAnswer.WEAK_ORACLE),
        (Manners(on_finished=tells_now_and_then), Reason.INCONSISTENT),
        (Manners(has_rsa=False), RobotAnswer.NO_RSA),
        (Manners(wants_certificate=True), Reason.NO_CREDENTIAL),
    ],
    ids=["strong", "weak", "with-the-secret-alone", "inconsistent", "no-rsa", "client-certificate"],
)
def test_an_oracle_is_told_from_a_server_that_answers_alike(manners: Manners, shows: RobotAnswer | Reason) -> None:
    with attacked_server(manners) as server:
        assert answer_of(seen(server.port, ROBOT)) is shows


@pytest.mark.parametrize("connections", [1, 9])
def test_an_oracle_behind_a_throttle_never_passes(connections: int) -> None:
    with (
        attacked_server(Manners(on_secret=tells_right_alone)) as server,
        FaultProxy((server.address, server.port), after(connections, FAULTS["close"])) as proxy,
    ):
        assert Outcome.PASS not in outcomes(seen(proxy.port, ROBOT))


def test_a_server_that_refuses_everything_after_a_while_has_no_proven_lack_of_rsa() -> None:
    """Control passed, then only refusals: the same alerts as from a server without RSA key exchange."""
    with (
        attacked_server(Manners(on_finished=tells_the_start)) as server,
        FaultProxy((server.address, server.port), after(2, FAULTS["alert handshake_failure"])) as proxy,
    ):
        assert isinstance(seen(proxy.port, ROBOT), Reason)


# --- renegotiation: GnuTLS and OpenSSL themselves


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return issued().write(tmp_path_factory.mktemp("deep") / "server.pem")


@pytest.mark.parametrize(
    ("priority", "times", "shows", "fails"),
    [
        (UNBOUND, 1_000, ACCEPTED, {"tls-renegotiation-insecure", "tls-renegotiation-client"}),
        (UNBOUND, 3, LIMITED, {"tls-renegotiation-insecure"}),
        (BOUND, 1_000, ACCEPTED, {"tls-renegotiation-client"}),
        (BOUND, 10, LIMITED, set()),
        (BOUND, 0, CLOSED, set()),
    ],
)
def test_gnutls_renegotiates_as_often_as_told(
    pem: Path, priority: str, times: int, shows: RenegotiationAnswer, fails: set[str]
) -> None:
    with gnutls_server(pem, priority, renegotiations=times) as server:
        facts = seen(server.port, RENEGOTIATION)
    assert isinstance(facts, Renegotiation)
    assert (facts.answer, facts.is_bound) == (shows, priority == BOUND)
    found = {
        check.id for check in CHECKS if check.reads is Renegotiation and check.judge(facts).outcome is Outcome.FAIL
    }
    assert found == fails


@pytest.mark.parametrize(("priority", "fails"), [(BOUND, 1), (UNBOUND, 2)])
def test_a_server_of_x25519_alone_renegotiates_as_others_do(pem: Path, priority: str, fails: int) -> None:
    """OpenSSL 1.0.2, which plays this first, has no such curve."""
    with gnutls_server(pem, f"{priority}:-GROUP-ALL:+GROUP-X25519:-RSA:-DHE-RSA") as server:
        facts = seen(server.port, RENEGOTIATION)
    assert isinstance(facts, Renegotiation)
    assert facts.answer is ACCEPTED
    judged = [check.judge(facts).outcome for check in CHECKS if check.reads is Renegotiation]
    assert judged.count(Outcome.FAIL) == fails


@pytest.mark.parametrize(
    "manners",
    [
        Hurry(between_s=0.05),
        Hurry(within_s=0.05),  # a busy slapd: it hangs up on whose answer is there before it listens
        Hurry(between_s=0.05, from_the_first=True),
    ],
    ids=["between handshakes", "within a handshake", "at the first"],
)
def test_who_hangs_up_on_the_hurried_alone_has_no_limit(pem: Path, manners: Hurry) -> None:
    """slapd does, three times in a row after the same number: whoever takes his time is never refused."""
    with gnutls_server(pem, BOUND, manners=manners) as server:
        facts = seen(server.port, RENEGOTIATION)
    assert isinstance(facts, Renegotiation)
    assert facts.answer is ACCEPTED
    assert Outcome.FAIL in outcomes(facts)


@pytest.mark.parametrize(("connections", "fault"), [(1, "close"), (2, "reset")])
def test_unsafe_renegotiation_behind_a_throttle_never_passes(pem: Path, connections: int, fault: str) -> None:
    """Control, greeting, then the renegotiations: whatever is cut off. Every K is swept by `bench/faults.py`."""
    limits = replace(QUICK, operation_s=0.5, host_s=6.0)
    with (
        gnutls_server(pem, UNBOUND) as server,
        FaultProxy((server.address, server.port), after(connections, FAULTS[fault])) as proxy,
    ):
        assert Outcome.PASS not in outcomes(seen(proxy.port, RENEGOTIATION, Access(limits=limits)))


def test_openssl_refuses_by_an_alert(tmp_path: Path, pem: Path) -> None:
    port = free_port()
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(pem), "-www", "-quiet", "-tls1_2"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=tmp_path) as process:
        try:
            wait_for(port)
            facts = seen(port, RENEGOTIATION)
        finally:
            process.kill()
    assert isinstance(facts, Renegotiation)
    assert (facts.answer, facts.is_bound) == (RenegotiationAnswer.ALERT, True)


def wait_for(port: int) -> None:
    until = time.monotonic() + 5
    while True:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < until
        time.sleep(0.05)


# --- everything at once, in one child


@pytest.mark.root
@pytest.mark.parametrize("protocols", ["TLSv1.2 TLSv1.3", "TLSv1.3"])
def test_nginx_passes_every_attack(tmp_path: Path, protocols: str) -> None:
    pem = self_signed("localhost", key=rsa_key()).write(tmp_path / "server.pem")
    port = free_port()
    block = f"""server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {pem}; ssl_certificate_key {pem};
                ssl_protocols {protocols}; ssl_ciphers ALL; return 200; }}"""
    with start_nginx(tmp_path, block):
        asset = Asset(
            id="a", kind="web", address=f"https://127.0.0.1:{port}/", system="s", tiers=frozenset({Tier.DEEP})
        )
        reaches = Reaches(Access(limits=QUICK))
        found = list(DeepTlsProbe().observe(asset, reaches.of(asset)))
    assert [type(sight.facts) for sight in found if isinstance(sight, Seen)] == list(DeepTlsProbe.yields), found
    assert all(outcomes(sight.facts) == {Outcome.PASS} for sight in found if isinstance(sight, Seen))
    if protocols == "TLSv1.3":
        assert {sight.facts.answer.value for sight in found if isinstance(sight, Seen)} == {"no_old_tls"}  # type: ignore[attr-defined]
    assert reaches.connections <= CONVERSATIONS + 4


# --- hostile


def floods(connection: socket.socket) -> None:
    """Warnings that end nothing (RFC 5246 section 7.2), for as long as somebody reads."""
    while True:
        connection.sendall(b"\x15\x03\x03\x00\x02\x01\x70" * 1_000)


def drips(connection: socket.socket) -> None:
    for byte in b"\x16\x03\x03\x40\x00" + bytes(16_384):
        connection.sendall(bytes((byte,)))
        time.sleep(0.2)


def babbles(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff" * 30_000)


@pytest.mark.parametrize("tail", [floods, drips, babbles])
def test_a_hostile_server_ends_as_reasons_in_time(tail: object) -> None:
    """After a good flight it does its worst, to every attack."""
    limits = replace(QUICK, host_s=4.0)
    started = time.monotonic()
    with attacked_server(Manners(tail=tail)) as server:  # type: ignore[arg-type]
        found = sights(server.port, tuple(Attack), Access(limits=limits))
    assert all(isinstance(sight, Unseen) for sight in found), found
    assert len(found) == len(Attack)
    assert time.monotonic() - started < 8


def test_a_host_that_falls_silent_after_the_control_is_unknown_in_time() -> None:
    started = time.monotonic()
    with (
        attacked_server(Manners()) as server,
        FaultProxy((server.address, server.port), after(1, FAULTS["hang"])) as proxy,
    ):
        found = sights(proxy.port, tuple(Attack), Access(limits=replace(QUICK, host_s=4.0)))
    assert len([sight for sight in found if isinstance(sight, Unseen)]) == len(Attack)
    assert time.monotonic() - started < 8


LEAK = (
    '{"schema": "auditor/deep-tls/1", "tool": "sslyze 6", "test": "heartbleed",'
    ' "conversations": [{"version": "TLS_1_2", "answer": "leaked"}]}'
)


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("import os; os.abort()", Reason.PROBE_ERROR),
        ("import time; time.sleep(60)", Reason.DEADLINE),
        ("while True: print('x' * 1000)", Reason.TOO_LONG),
        ("print('junk')", Reason.MALFORMED),
    ],
    ids=["crash", "hang", "flood", "junk"],
)
def test_what_a_program_said_before_it_broke_off_is_kept(tmp_path: Path, ending: str, reason: Reason) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\nprint({LEAK!r}, flush=True)\n{ending}\n", encoding="utf-8")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    access = Access(limits=replace(QUICK, host_s=1.5), deep_python=python)
    with attacked_server(Manners()) as server:
        leak, *others = sights(server.port, tuple(Attack), access)
    assert isinstance(leak, Seen)
    assert isinstance(leak.facts, Heartbleed)
    assert [sight.reason for sight in others if isinstance(sight, Unseen)] == [reason] * 5
    assert [sight.facts_type for sight in others if isinstance(sight, Unseen)] == list(DeepTlsProbe.yields)[1:]
