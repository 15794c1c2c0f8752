"""The second conversation with servers that fail, fall silent or choke: none looks better for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import DhPrimes
from auditor.model import Reason
from auditor.probes.client_hello import WIRE
from auditor.probes.detail_facts import MAKERS
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Alert, Answer, ServerHello, Silence
from tests.probes.tls_detail_rig import (
    CBC,
    CHOKES,
    DHE,
    FAULTS,
    MODERN,
    PEERS,
    TIMEOUT,
    WEAK,
    accepted,
    facts,
    never_better,
)
from tests.probes.tls_peer import ECDHE, THREE, Hello, Peer, hold, numbers
from tests.probes.tls_verdicts import failing, outcomes, unknown

V = TlsVersion


@pytest.mark.parametrize("kind", [MODERN, WEAK, Peer(suites={V.TLS13: THREE}, groups_13=(0x11EC, 29))])
def test_what_went_out_beside_a_control_that_failed_is_asked_anew(kind: Peer) -> None:
    """The control between the rounds is the first hello of the second conversation that is no offer."""
    whole, failed = hold(kind), list[int]()

    def server(hello: Hello, n: int) -> Answer:
        is_control = not isinstance(hello, Offer) and n >= len(whole.transcript) - whole.detail.asked
        if is_control and not failed:
            failed.append(n)
            return Alert(80)
        return kind(hello, n)

    held = hold(server)
    assert failed
    assert held.pauses == 1
    assert outcomes(held.facts) == outcomes(whole.facts)


@pytest.mark.parametrize("silence", [TIMEOUT, Silence(Reason.RESET, "r"), Silence(Reason.CLOSED, "c")])
def test_nothing_goes_out_beside_a_control_once_a_hello_got_no_answer(silence: Silence) -> None:
    whole, sent = hold(MODERN), list[tuple[Hello, int]]()
    first = len(whole.transcript) - whole.detail.asked

    def server(hello: Hello, n: int) -> Answer:
        sent.append((hello, n))
        return silence if n == first + 2 else MODERN(hello, n)

    held = hold(server)
    controls = [n for hello, n in sent if n >= first and not isinstance(hello, Offer)]
    assert controls
    assert not unknown(held.facts)
    assert all(hello_beside is None for hello_beside in map(held.beside.get, controls))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", PEERS)
def test_a_server_that_fails_from_some_hello_on_never_looks_better(kind: str, fault: str) -> None:
    peer = PEERS[kind]
    whole = hold(peer)
    truth = outcomes(whole.facts)
    for passed in range(1, len(whole.transcript) + 1):
        held = hold(lambda hello, n, k=passed: peer(hello, n) if n < k else FAULTS[fault])
        if held.detail.scan.control is not None:
            never_better(held, truth)


@pytest.mark.parametrize("fault", ["silence", "close", "reset", "internal_error", "garbage"])
@pytest.mark.parametrize("kind", PEERS)
def test_one_failed_hello_changes_nothing_but_what_it_costs(kind: str, fault: str) -> None:
    """Every one of the second conversation is asked again, alone, after a pause."""
    peer = PEERS[kind]
    whole = hold(peer)
    truth = outcomes(whole.facts)
    first = len(whole.transcript) - whole.detail.asked
    for failed in range(first, len(whole.transcript)):
        held = hold(lambda hello, n, k=failed: peer(hello, n) if n != k else FAULTS[fault])
        assert outcomes(held.facts) == truth
        assert held.pauses == 1


ONE_FAULT = {
    "tls-3des-suite": "RSA_WITH_3DES_EDE_CBC_SHA",
    "tls-rc4-suite": "ECDHE_RSA_WITH_RC4_128_SHA",
    "tls-null-suite": "RSA_WITH_NULL_SHA256",
    "tls-anonymous-suite": "ECDH_anon_WITH_AES_128_CBC_SHA",
    "tls-export-suite": "RSA_EXPORT_WITH_RC4_40_MD5",
}


@pytest.mark.parametrize("alert", [40, 47, 70, 71, 80])
@pytest.mark.parametrize("beside", [(), DHE], ids=["without a prime", "with a prime"])
@pytest.mark.parametrize("check", ONE_FAULT)
def test_no_single_alert_hides_a_weak_suite(check: str, beside: tuple[int, ...], alert: int) -> None:
    """A machine of many behind a balancer is in trouble: whatever hello it meets, and three of them in a row."""
    peer = replace(MODERN, suites={V.TLS12: (*ECDHE, *beside, *numbers(ONE_FAULT[check])), V.TLS13: THREE})
    whole = hold(peer)
    first = len(whole.transcript) - whole.detail.asked
    assert check in failing(whole.facts)
    for times, begin in ((1, 0), (2, first), (3, first)):
        for failed in range(begin, len(whole.transcript)):
            troubled = range(failed, failed + times)
            held = hold(lambda hello, n, k=troubled: Alert(alert) if n in k else peer(hello, n))
            assert outcomes(held.facts)[check] != "pass", (times, failed)


@pytest.mark.parametrize("alert", [40, 70, 80])
def test_no_single_alert_makes_a_server_prefer_weak_suites(alert: int) -> None:
    """The client's order counts here. Where its strongest come first and the hello is declined, nobody knows."""
    peer = replace(MODERN, suites={V.TLS12: (*ECDHE, *CBC), V.TLS13: THREE})
    whole = hold(peer)
    assert outcomes(whole.facts)["tls-weak-suite-preferred"] == "pass"
    for failed in range(len(whole.transcript)):
        held = hold(lambda hello, n, k=failed: Alert(alert) if n == k else peer(hello, n))
        assert outcomes(held.facts)["tls-weak-suite-preferred"] != "fail", failed


def test_a_server_that_falls_silent_is_given_up_after_few_hellos() -> None:
    """Each of them costs as long as a connection may take."""
    whole = hold(WEAK)
    first = len(whole.transcript) - whole.detail.asked
    for passed in range(first, len(whole.transcript)):
        held = hold(lambda hello, n, k=passed: WEAK(hello, n) if n < k else TIMEOUT)
        assert len(held.transcript) - passed <= 4
        assert held.pauses == 1


def test_a_server_that_is_silent_to_narrow_hellos_alone_is_given_up_too() -> None:
    held = hold(lambda hello, n: TIMEOUT if isinstance(hello, Offer) else MODERN(hello, n))
    assert len([answer for _, answer in held.transcript if answer == TIMEOUT]) <= 8
    assert set(unknown(held.facts).values()) == {"timeout"}


SUITES = st.sampled_from([*THREE, *ECDHE, *CBC, *DHE, 0x1306, 0xFAFA])

VERSIONS = st.sampled_from([*list(WIRE.values())[1:], 0x7F1C])

NOISE = st.one_of(
    st.builds(ServerHello, VERSIONS, SUITES, group=st.sampled_from([0, 23, 29, 0x11EC, 0xFEFE])),
    st.builds(Alert, st.sampled_from([0, 10, 40, 47, 49, 50, 70, 80, 86, 90, 109, 112, 120])),
    st.builds(Silence, st.sampled_from(list(Reason)), st.just("x"), st.booleans()),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(NOISE, min_size=20, max_size=20), st.randoms(use_true_random=False), st.sampled_from(list(PEERS)))
def test_whatever_is_answered_ends_in_facts_or_a_reason_within_the_limit(
    noise: list[Answer], random: object, kind: str
) -> None:
    peer = PEERS[kind]

    def server(hello: Hello, n: int) -> Answer:
        chance: float = random.random()  # type: ignore[attr-defined]
        return peer(hello, n) if chance < 0.8 else noise[n % len(noise)]

    held = hold(server, most=60)
    assert held.detail.asked <= 60
    if held.detail.scan.control is None:
        return
    found = held.facts
    assert list(found) == list(MAKERS)
    for kind_of, one in found.items():
        assert isinstance(one, kind_of) or (isinstance(one, tuple) and isinstance(one[0], Reason))
    assert len(outcomes(found)) > 20


SILENT = st.builds(Silence, st.sampled_from([Reason.TIMEOUT, Reason.RESET, Reason.CLOSED]), st.just("x"))


@settings(max_examples=150, deadline=None)
@given(st.sets(st.integers(0, 150)), SILENT, st.sampled_from(list(PEERS)))
def test_silences_anywhere_never_make_a_server_look_better(failing_ones: set[int], silence: Silence, kind: str) -> None:
    peer = PEERS[kind]
    truth = outcomes(hold(peer).facts)
    held = hold(lambda hello, n: silence if n in failing_ones else peer(hello, n))
    if held.detail.scan.control is not None:
        never_better(held, truth)


@pytest.mark.parametrize("answer", CHOKES)
@pytest.mark.parametrize("kind", ["modern", "weak"])
def test_a_box_that_chokes_on_long_lists_is_asked_for_less_at_once(kind: str, answer: str) -> None:
    peer = PEERS[kind]
    held = hold(lambda hello, n: CHOKES[answer] if len(hello.suites) > 64 else peer(hello, n))
    assert outcomes(held.facts) == outcomes(hold(peer).facts)
    assert accepted(held) == {version: set(suites) for version, suites in peer.suites.items()}


@pytest.mark.parametrize("fault", ["silence", "close", "handshake_failure", "protocol_version"])
def test_smaller_portions_never_make_a_server_look_better(fault: str) -> None:
    """A box that chokes, and from some hello on nothing is answered any more."""
    truth = outcomes(hold(WEAK).facts)

    def server(hello: Hello, n: int, passed: int) -> Answer:
        if n >= passed:
            return FAULTS[fault]
        return CHOKES["reset"] if len(hello.suites) > 64 else WEAK(hello, n)

    for passed in range(10, 60, 3):
        held = hold(lambda hello, n, k=passed: server(hello, n, k))
        if held.detail.scan.control is not None:
            never_better(held, truth)


def test_primes_that_do_not_come_are_unknown() -> None:
    def server(hello: Hello, n: int) -> Answer:
        answer = WEAK(hello, n)
        return replace(answer, flight=replace(answer.flight, prime=None)) if isinstance(answer, ServerHello) else answer

    assert facts(hold(server), DhPrimes).unsettled is not None
    assert outcomes(hold(server).facts)["tls-dh-short"] == "truncated"
