"""Heartbleed played through sslyze at real listeners: only a server that was heard refusing it is healthy."""

from __future__ import annotations

import json
import socket
import stat
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.deep.records import read
from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import HeartbeatAnswer, Heartbleed
from auditor.model import Asset, Outcome, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.deep_answers import Attack, parse_lines
from auditor.probes.deep_facts import Scene, make_heartbleed
from auditor.probes.deep_tls import PROGRAM, SECONDS, DeepTlsProbe
from auditor.probes.deep_tls import look as look_at
from auditor.reach import Access, Fence, Limits, Reaches, Target
from auditor.reach.resolve import Endpoint
from auditor.rig.authority import self_signed
from auditor.rig.faults import FAULTS, FaultProxy, after, only
from auditor.rig.heartbleed import (
    Behaviour,
    OnHeartbeat,
    converse,
    heartbeat_response,
    heartbleed_server,
    server_flight,
)
from auditor.rig.listener import Listener
from checks.vulnerabilities import heartbleed
from tests.rig.nginx import free_port, start_nginx

QUICK = Limits(pause_s=0.01, operation_s=2.0)
ENDPOINT = Endpoint("www.example.org", 443, "192.0.2.1", 443)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


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


# --- the program misbehaves


def fake_python(tmp_path: Path, script: str) -> Access:
    """An "interpreter" that runs this script instead of the program."""
    path = tmp_path / "python"
    path.write_text(f"#!{sys.executable}\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Access(limits=replace(QUICK, host_s=1.5), deep_python=path)


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


# --- what was read, and what it proves


def record(kind: int, body: bytes, version: int = 0x0303) -> bytes:
    return bytes((kind,)) + version.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body


LEAK = heartbeat_response(b"\x01\x3f\xfd" + b"\x01" * 16_381, 16_381)


@given(st.binary(max_size=400))
def test_any_bytes_can_be_read_and_prove_no_leak(raw: bytes) -> None:
    assert not read(raw).leaked


@given(st.integers(min_value=1, max_value=90), st.binary(max_size=40))
def test_the_flight_is_read_however_it_is_cut(size: int, tail: bytes) -> None:
    flight = server_flight(0x0302)
    cut = b"".join(record(22, flight[at : at + size]) for at in range(0, len(flight), size))
    seen = read(cut + record(21, b"\x02\x0a") + record(23, tail))
    assert (seen.flight.version, seen.flight.done, seen.alert, seen.leaked) == (0x0302, True, 10, False)


@pytest.mark.parametrize("kept", [40, 5_000, 16_389])
def test_a_leak_is_seen_even_before_all_of_it_has_come(kept: int) -> None:
    assert read(record(22, server_flight(0x0303)) + record(24, LEAK[:16_384])[:kept]).leaked


def test_a_heartbeat_request_of_the_servers_own_is_no_leak() -> None:
    assert not read(record(24, b"\x01" + LEAK[1:200])).leaked


@pytest.mark.parametrize(
    ("alert", "ends"),
    [(b"\x01\x70", None), (b"\x02\x70", 112), (b"\x01\x00", None), (b"\x02\x46", 70), (b"\x02", None)],
)
def test_only_a_warning_about_the_name_is_read_past(alert: bytes, ends: int | None) -> None:
    assert read(record(21, alert)).alert == ends


def test_http_is_no_tls() -> None:
    assert not read(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_tls


def program_says(*rows: tuple[str, str] | tuple[str, str, int], tool: str = "sslyze 6") -> bytes:
    shapes = [{"version": row[0], "answer": row[1], **({"alert": row[2]} if len(row) > 2 else {})} for row in rows]
    document = {"schema": "auditor/deep-tls/1", "tool": tool, "test": "heartbleed", "conversations": shapes}
    return json.dumps(document).encode()


def settled(
    rows: Sequence[tuple[str, str] | tuple[str, str, int]], version: TlsVersion = TlsVersion.TLS12
) -> HeartbeatAnswer | Reason:
    played = parse_lines(program_says(*rows))[Attack.HEARTBLEED]
    try:
        return make_heartbleed(played, Scene(ENDPOINT, version is TlsVersion.TLS13, NOW)).answer
    except Unreachable as error:
        return error.reason


REFUSED = [("TLS_1_2", "refused", 70), ("TLS_1_1", "refused", 70), ("TLS_1_0", "refused", 70)]


@pytest.mark.parametrize(
    ("rows", "proves"),
    [
        ([("TLS_1_2", "leaked")], HeartbeatAnswer.LEAKED),
        ([("TLS_1_2", "alert"), ("TLS_1_2", "leaked")], HeartbeatAnswer.LEAKED),
        ([("TLS_1_2", "alert"), ("TLS_1_2", "alert")], HeartbeatAnswer.ALERT),
        ([("TLS_1_2", "alert"), ("TLS_1_2", "ignored")], HeartbeatAnswer.IGNORED),
        ([("TLS_1_2", "alert"), ("TLS_1_2", "closed"), ("TLS_1_2", "open")], HeartbeatAnswer.CLOSED),
        ([("TLS_1_2", "alert")], Reason.TLS_FAILED),
        ([("TLS_1_2", "closed"), ("TLS_1_2", "closed")], Reason.TLS_FAILED),
        ([("TLS_1_2", "closed"), ("TLS_1_2", "closed"), ("TLS_1_2", "hung_up")], Reason.CLOSED),
        ([("TLS_1_2", "alert"), ("TLS_1_2", "silent")], Reason.TIMEOUT),
        ([("TLS_1_2", "alert"), ("TLS_1_2", "cut")], Reason.CLOSED),
        ([("TLS_1_2", "other_version")], Reason.TLS_FAILED),
        (REFUSED, Reason.TLS_FAILED),
        ([("TLS_1_2", "refused", 40)], Reason.TLS_FAILED),
    ],
)
def test_what_conversations_prove(
    rows: Sequence[tuple[str, str] | tuple[str, str, int]], proves: HeartbeatAnswer | Reason
) -> None:
    assert settled(rows) is proves


@pytest.mark.parametrize(
    ("rows", "proves"),
    [
        (REFUSED, HeartbeatAnswer.NO_OLD_TLS),
        (REFUSED[:2], Reason.TLS_FAILED),
        ([*REFUSED[:2], ("TLS_1_0", "refused", 40)], Reason.TLS_FAILED),
        ([*REFUSED[:2], ("TLS_1_0", "refused")], Reason.TLS_FAILED),
    ],
)
def test_no_old_tls_needs_three_explicit_refusals_and_tls_1_3(
    rows: Sequence[tuple[str, str] | tuple[str, str, int]], proves: HeartbeatAnswer | Reason
) -> None:
    assert settled(rows, TlsVersion.TLS13) is proves


@given(st.binary(max_size=300))
def test_any_output_can_be_read_and_says_nothing(raw: bytes) -> None:
    assert parse_lines(raw) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(tool=JSON, rows=JSON, row=st.fixed_dictionaries({"version": JSON, "answer": JSON, "alert": JSON}))
def test_rows_of_another_shape_say_nothing(tool: object, rows: object, row: object) -> None:
    for conversations in (rows, [row]):
        shape = {"schema": "auditor/deep-tls/1", "tool": tool, "test": "heartbleed", "conversations": conversations}
        assert parse_lines(json.dumps(shape).encode()) == {}


def test_an_address_is_never_called_a_server_name() -> None:
    endpoint = Endpoint("192.0.2.1", 443, "192.0.2.1", 443)
    played = parse_lines(program_says(("TLS_1_2", "leaked")))[Attack.HEARTBLEED]
    assert make_heartbleed(played, Scene(endpoint, False, NOW)).server_name == ""
    assert make_heartbleed(played, Scene(ENDPOINT, False, NOW)).server_name == "www.example.org"


def test_the_program_is_there_and_ends_before_it_is_killed() -> None:
    assert PROGRAM.is_file()
    assert Limits().host_s >= SECONDS
