"""The law of honest negatives: whatever fails, from whichever connection on, no endpoint ever looks better for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auditor.facts.tls import TlsVersion
from auditor.model import Reason
from auditor.probe import Unseen
from auditor.rig.faults import FAULTS, FaultProxy, after, only
from auditor.rig.replies import Close, Reply, Reset
from auditor.rig.responder import Responder, ServerHello, speaks
from tests.probes.tls_rig import look_at, refused, unknown, versions_of

V = TlsVersion
CLOSING: dict[str, Reply] = {"close": Close(), "reset": Reset()}
WORDLESS_USED = 17  # connections of a look at a server that closes where others send an alert
TRUTH = {V.TLS10, V.TLS11, V.TLS12, V.TLS13}
DECLINES = ("alert handshake_failure", "alert protocol_version")  # plain answers: of another server, if of any
USED = 8  # connections of an untroubled look
SILENT_S = 0.05  # what a hang may cost; a healthy answer that comes later is only one more unknown


@pytest.fixture(scope="module")
def server() -> Iterator[Responder]:
    with Responder(speaks(*TRUTH)) as responder:
        yield responder


def seconds_for(fault: str) -> float:
    return SILENT_S if fault in ("hang", "drip") else 5.0


def test_without_a_fault_the_truth_is_seen(server: Responder) -> None:
    with FaultProxy(("127.0.0.1", server.port), after(99, FAULTS["close"])) as proxy:
        facts = versions_of(look_at(proxy.port))
    assert (facts.accepted, refused(facts)) == (TRUTH, {V.SSL2, V.SSL3})
    assert proxy.connections == USED


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("passed", range(USED + 1))
def test_a_server_that_fails_after_some_connections_never_looks_better(
    server: Responder, fault: str, passed: int
) -> None:
    with FaultProxy(("127.0.0.1", server.port), after(passed, FAULTS[fault])) as proxy:
        seen = look_at(proxy.port, seconds=seconds_for(fault))
    if isinstance(seen, Unseen):
        assert passed == 0 or fault in ("hang", "drip")
        return
    facts = versions_of(seen)
    assert refused(facts) <= {V.SSL2, V.SSL3}
    assert facts.accepted <= TRUTH
    if passed < USED:
        assert not facts.control_held
        reason = Reason.INCONSISTENT if fault in DECLINES else Reason.THROTTLED
        assert set(unknown(facts).values()) == {reason.word}


@pytest.mark.parametrize("fault", ["close", "reset", "hang", "alert internal_error", "endless"])
@pytest.mark.parametrize("number", range(1, USED + 1))
def test_one_failed_connection_hides_nothing_that_is_accepted(server: Responder, fault: str, number: int) -> None:
    seconds = 0.3 if fault == "hang" else 5.0
    with FaultProxy(("127.0.0.1", server.port), only(frozenset({number}), FAULTS[fault])) as proxy:
        facts = versions_of(look_at(proxy.port, seconds=seconds))
    assert facts.accepted == TRUTH


@pytest.fixture(scope="module", params=CLOSING)
def wordless(request: pytest.FixtureRequest) -> Iterator[tuple[Responder, str]]:
    """Speaks TLS 1.0 to 1.3 and closes, or resets, where others would send an alert."""
    way = CLOSING[request.param]
    table = speaks(*TRUTH, refusing=way) | dict.fromkeys(
        TRUTH, ServerHello(suites=(0x1301, 0xC02F, 0x002F), declining=way)
    )
    with Responder(table) as responder:
        yield responder, request.param


def test_a_server_without_alerts_is_seen_to_refuse(wordless: tuple[Responder, str]) -> None:
    with FaultProxy(("127.0.0.1", wordless[0].port), after(99, FAULTS["close"])) as proxy:
        facts = versions_of(look_at(proxy.port))
    assert (facts.accepted, refused(facts)) == (TRUTH, {V.SSL2, V.SSL3})
    assert proxy.connections == WORDLESS_USED


@pytest.mark.parametrize("fault", CLOSING)
@pytest.mark.parametrize("passed", range(WORDLESS_USED + 1))
def test_a_server_without_alerts_that_fails_after_some_connections_never_looks_better(
    wordless: tuple[Responder, str], fault: str, passed: int
) -> None:
    with FaultProxy(("127.0.0.1", wordless[0].port), after(passed, FAULTS[fault])) as proxy:
        seen = look_at(proxy.port)
    if isinstance(seen, Unseen):
        assert passed == 0
        return
    facts = versions_of(seen)
    assert facts.accepted <= TRUTH
    assert not refused(facts) & TRUTH


@pytest.mark.parametrize("period", [2, 3, 4, 5])
def test_a_throttle_before_a_server_without_alerts_refuses_nothing(
    wordless: tuple[Responder, str], period: int
) -> None:
    for offset in range(period):
        closed = frozenset(number for number in range(1, 99) if number % period == offset)
        with FaultProxy(("127.0.0.1", wordless[0].port), only(closed, FAULTS[wordless[1]])) as proxy:
            seen = look_at(proxy.port)
        if not isinstance(seen, Unseen):
            assert not refused(versions_of(seen)) & TRUTH
