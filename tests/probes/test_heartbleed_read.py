"""What is read of a heartbeat and of the program that looks for leaks, and what it proves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.deep.records import read
from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import HeartbeatAnswer
from auditor.model import Reason
from auditor.probes.deep_answers import Attack, parse_lines
from auditor.probes.deep_facts import Scene, make_heartbleed
from auditor.probes.deep_tls import PROGRAM, SECONDS
from auditor.reach import Limits
from auditor.reach.resolve import Endpoint
from auditor.rig.heartbleed import heartbeat_response, server_flight

ENDPOINT = Endpoint("www.example.org", 443, "192.0.2.1", 443)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def record(kind: int, body: bytes, version: int = 0x0303) -> bytes:
    return bytes((kind,)) + version.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body


LEAK = heartbeat_response(b"\x01\x3f\xfd" + b"\x01" * 16_381, 16_381)


# --- what was read, and what it proves


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
