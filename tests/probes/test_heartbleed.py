"""Heartbleed played through sslyze at real listeners: only a server that was heard refusing it is healthy."""

from __future__ import annotations

import socket
import stat
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import HeartbeatAnswer, Heartbleed
from auditor.model import Asset, Outcome, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.deep_answers import Attack
from auditor.probes.deep_tls import DeepTlsProbe
from auditor.probes.deep_tls import look as look_at
from auditor.reach import Access, Fence, Limits, Reaches, Target
from auditor.rig.authority import self_signed
from auditor.rig.faults import FAULTS, FaultProxy, after, only
from auditor.rig.heartbleed import Behaviour, OnHeartbeat, converse, heartbleed_server
from auditor.rig.listener import Listener
from checks.vulnerabilities import heartbleed
from tests.rig.nginx import free_port, start_nginx

QUICK = Limits(pause_s=0.01, operation_s=2.0)


def observe(port: int, access: Access | None = None, host: str = "127.0.0.1") -> list[Seen | Unseen]:
    asset = Asset(id="a", kind="web", address=f"https://{host}:{port}/", system="s", tiers=frozenset({Tier.DEEP}))
    reach = Reaches(access or Access(limits=QUICK)).of(asset)
    reach.deep_python()
    (endpoint,) = reach.endpoints(host, port)
    return list(look_at(endpoint, reach, (Attack.HEARTBLEED,)))


def look(port: int, access: Access | None = None) -> Seen | Unseen:
    (sight,) = observe(port, access)
    assert sight.locus == f"127.0.0.1:{port}"
    return sight


def answer(sight: Seen | Unseen) -> HeartbeatAnswer:
    assert isinstance(sight, Seen), sight
    assert isinstance(sight.facts, Heartbleed)
    return sight.facts.answer


def outcome(sight: Seen | Unseen) -> Outcome:
    """What the check says, where it is asked at all."""
    if isinstance(sight, Unseen):
        return Outcome.UNKNOWN
    assert isinstance(sight.facts, Heartbleed)
    return heartbleed.judge(sight.facts).outcome


# --- servers, good and bad


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(),
        Behaviour(version=0x0301),
        Behaviour(version=0x0300, lowest=0x0300),
        Behaviour(piece=100),
        Behaviour(warns_first=True),
    ],
    ids=["tls1.2", "tls1.0", "ssl3", "flight-in-pieces", "warning-first"],
)
def test_a_bleeding_server_fails(behaviour: Behaviour) -> None:
    with heartbleed_server(behaviour) as server:
        sight = look(server.port)
    assert answer(sight) is HeartbeatAnswer.LEAKED
    assert outcome(sight) is Outcome.FAIL


@pytest.mark.parametrize(
    ("reaction", "seen"),
    [
        (OnHeartbeat.DISCARD, HeartbeatAnswer.IGNORED),
        (OnHeartbeat.ALERT, HeartbeatAnswer.ALERT),
        (OnHeartbeat.CLOSE, HeartbeatAnswer.CLOSED),
    ],
)
def test_a_patched_server_passes(reaction: OnHeartbeat, seen: HeartbeatAnswer) -> None:
    with heartbleed_server(Behaviour(on_heartbeat=reaction)) as server:
        sight = look(server.port)
    assert answer(sight) is seen
    assert outcome(sight) is Outcome.PASS
    assert isinstance(sight, Seen)
    assert isinstance(sight.facts, Heartbleed)
    assert sight.facts.conversations == 2
    assert sight.facts.versions == (TlsVersion.TLS12,)
    assert sight.facts.tool.startswith("sslyze ")


@pytest.mark.root
@pytest.mark.parametrize(
    ("protocols", "seen"),
    [("TLSv1.2 TLSv1.3", HeartbeatAnswer.ALERT), ("TLSv1.3", HeartbeatAnswer.NO_OLD_TLS)],
)
def test_nginx_with_openssl_3_passes(tmp_path: Path, protocols: str, seen: HeartbeatAnswer) -> None:
    pem = self_signed("localhost").write(tmp_path / "server.pem")
    port = free_port()
    block = f"""server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {pem}; ssl_certificate_key {pem};
                ssl_protocols {protocols}; return 200; }}"""
    with start_nginx(tmp_path, block):
        sight = look(port)
    assert answer(sight) is seen
    assert outcome(sight) is Outcome.PASS


def test_a_server_that_stalls_is_unknown() -> None:
    with heartbleed_server(Behaviour(on_heartbeat=OnHeartbeat.STALL)) as server:
        sight = look(server.port)
    assert isinstance(sight, Unseen)
    assert sight.reason is Reason.TIMEOUT


def test_a_server_that_hangs_up_anyway_proves_nothing_by_it() -> None:
    with heartbleed_server(Behaviour(hangs_up_after_flight=True)) as server:
        sight = look(server.port)
    assert isinstance(sight, Unseen)
    assert sight.reason is Reason.CLOSED


def test_a_closed_port_is_unknown_for_that_reason() -> None:
    sight = look(free_port())
    assert isinstance(sight, Unseen)
    assert sight.reason is Reason.REFUSED


def test_every_hello_names_the_server_that_is_asked_for() -> None:
    """sslyze's own test names none, and so asks whichever server is the default there."""
    hellos: list[bytes] = []

    def serve(connection: socket.socket, _: int) -> None:
        hellos.append(connection.recv(4_096, socket.MSG_PEEK))
        converse(connection, Behaviour(on_heartbeat=OnHeartbeat.ALERT))

    with Listener(serve) as server:
        targets = {("www.example.org", 443): (Target("127.0.0.1", server.port),)}
        (sight,) = observe(443, Access(limits=QUICK, connect_to=targets), "www.example.org")
    assert answer(sight) is HeartbeatAnswer.ALERT
    assert sight.locus == "127.0.0.1:443"
    assert [b"www.example.org" in hello for hello in hellos] == [True] * 4


# --- behind a proxy that stops answering after K connections


@pytest.mark.parametrize("connections", range(6))
@pytest.mark.parametrize("fault", ["close", "alert protocol_version", "reset"])
def test_a_bleeding_server_behind_a_throttle_never_passes(fault: str, connections: int) -> None:
    with (
        heartbleed_server(Behaviour()) as server,
        FaultProxy((server.address, server.port), after(connections, FAULTS[fault])) as proxy,
    ):
        assert outcome(look(proxy.port)) is (Outcome.FAIL if connections >= 2 else Outcome.UNKNOWN)


@pytest.mark.parametrize("connections", range(4))
def test_a_healthy_server_behind_a_throttle_is_unknown(connections: int) -> None:
    """Control, two conversations, control: four connections are needed for a pass, and one less is none."""
    with (
        heartbleed_server(Behaviour(on_heartbeat=OnHeartbeat.ALERT)) as server,
        FaultProxy((server.address, server.port), after(connections, FAULTS["close"])) as proxy,
    ):
        sight = look(proxy.port)
    assert isinstance(sight, Unseen)
    assert connections < 3 or sight.reason is Reason.THROTTLED


def test_a_healthy_server_with_just_enough_connections_passes() -> None:
    with (
        heartbleed_server(Behaviour(on_heartbeat=OnHeartbeat.ALERT)) as server,
        FaultProxy((server.address, server.port), after(4, FAULTS["close"])) as proxy,
    ):
        assert outcome(look(proxy.port)) is Outcome.PASS
        assert proxy.connections == 4


def test_refusals_by_a_middlebox_do_not_pass_for_tls_1_3_alone() -> None:
    """The control speaks TLS 1.2; a protocol_version to the program's own hellos contradicts it."""
    refusal = FAULTS["alert protocol_version"]
    with (
        heartbleed_server(Behaviour()) as server,
        FaultProxy((server.address, server.port), only(frozenset({2, 3, 4}), refusal)) as proxy,
    ):
        assert outcome(look(proxy.port)) is Outcome.UNKNOWN


def fake_python(tmp_path: Path, script: str) -> Access:
    """An "interpreter" that runs this script instead of the program."""
    path = tmp_path / "python"
    path.write_text(f"#!{sys.executable}\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Access(limits=replace(QUICK, host_s=1.5), deep_python=path)


# --- the program misbehaves


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import time; time.sleep(60)", Reason.DEADLINE),
        ("while True: print('x' * 1000)", Reason.TOO_LONG),
        ("raise ValueError('broken')", Reason.PROBE_ERROR),
        ("raise SystemExit(69)", Reason.TOOL_ABSENT),
        ("import os; os.abort()", Reason.PROBE_ERROR),
        ("print('not json')", Reason.MALFORMED),
        ("", Reason.MALFORMED),
        ("print('{}')", Reason.MALFORMED),
        ("print('[' * 60_000)", Reason.MALFORMED),
        (
            """print('{"schema": "auditor/deep-tls/2", "tool": "t", "test": "heartbleed", "conversations": []}')""",
            Reason.MALFORMED,
        ),
    ],
    ids=[
        "hangs",
        "floods",
        "crashes",
        "lacks",
        "aborts",
        "garbage",
        "says-nothing",
        "no-schema",
        "nested",
        "other-schema",
    ],
)
def test_a_program_that_misbehaves_is_unknown(tmp_path: Path, script: str, reason: Reason) -> None:
    started = time.monotonic()
    with heartbleed_server(Behaviour(on_heartbeat=OnHeartbeat.ALERT)) as server:
        sight = look(server.port, fake_python(tmp_path, script))
    assert isinstance(sight, Unseen)
    assert sight.reason is reason
    assert time.monotonic() - started < 10


def test_an_interpreter_without_sslyze_is_an_absent_tool() -> None:
    """This very interpreter: `auditor` runs without sslyze."""
    with heartbleed_server(Behaviour(on_heartbeat=OnHeartbeat.ALERT)) as server:
        sight = look(server.port, Access(limits=QUICK, deep_python=Path(sys.executable)))
    assert isinstance(sight, Unseen)
    assert sight.reason is Reason.TOOL_ABSENT
    assert "make deep" in sight.detail


def test_without_the_deep_environment_nothing_is_touched(tmp_path: Path) -> None:
    with heartbleed_server(Behaviour()) as server:
        with pytest.raises(Unreachable) as caught:
            observe(server.port, Access(limits=QUICK, deep_python=tmp_path / "none"))
        assert server.connections == 0
    assert caught.value.reason is Reason.TOOL_ABSENT
    assert "make deep" in caught.value.detail


def test_outside_the_scope_nothing_is_started() -> None:
    with heartbleed_server(Behaviour()) as server:
        fence = Fence(suffixes=frozenset({"example.org"}))
        with pytest.raises(Unreachable) as caught:
            observe(server.port, Access(limits=QUICK, fence=fence))
        assert server.connections == 0
    assert caught.value.reason is Reason.OUT_OF_SCOPE


def test_the_plan_touches_nothing_and_names_host_and_port() -> None:
    asset = Asset(id="a", kind="web", address="https://www.example.org:8443/", system="s")
    (line,) = DeepTlsProbe().plan(asset)
    assert "www.example.org:8443" in line
