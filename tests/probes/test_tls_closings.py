"""When a close refuses: servers that know no other way, and throttles, boxes and accidents that look like it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.facts.cipher_suites import registry
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Reason
from auditor.probes.client_hello import WIRE
from auditor.probes.server_hello import Alert, Answer, ServerHello, Silence
from auditor.probes.tls_meaning import CLOSED_AS_A_REFUSAL
from tests.probes.tls_detail_rig import CBC, DHE, MODERN, WEAK, never_better
from tests.probes.tls_peer import ECDHE, NOW, THREE, Held, Hello, Peer, Server, as_offer, hold, numbers
from tests.probes.tls_verdicts import outcomes, unknown

V = TlsVersion
CLOSED = Silence(Reason.CLOSED, "c")
RESET = Silence(Reason.RESET, "r")
WAYS = {"close": CLOSED, "reset": RESET}
RC4 = numbers("RSA_WITH_RC4_128_SHA")
ECDSA = numbers("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
PEERS = {
    "modern": MODERN,
    "weak": WEAK,
    "one version": Peer(suites={V.TLS12: (*DHE, *CBC)}),
    "TLS 1.3 alone": Peer(suites={V.TLS13: THREE}, groups_13=(0x11EC, 29)),
    "an ECDSA certificate": Peer(suites={V.TLS12: ECDSA, V.TLS13: THREE}, groups=(29, 23, 24, 19), curve=23),
    "every TLS": Peer(suites={V.TLS10: CBC, V.TLS11: CBC, V.TLS12: (*ECDHE, *CBC), V.TLS13: THREE}),
}
OLD_AND_RC4 = Peer(suites={V.TLS10: (*CBC, *RC4), V.TLS12: (*ECDHE, *CBC, *RC4), V.TLS13: THREE})
Closes = Callable[[Hello, int], bool]


def wordless(peer: Server, way: Answer = CLOSED) -> Server:
    """The same server, without alerts: Dovecot 2.3, slapd with GnuTLS, IIS."""

    def server(hello: Hello, n: int) -> Answer:
        answer = peer(hello, n)
        return way if isinstance(answer, Alert) else answer

    return server


def behind(closes: Closes, server: Server, way: Answer = CLOSED) -> Server:
    """Something stands before the server that closes on some hellos."""
    return lambda hello, n: way if closes(hello, n) else server(hello, n)


def refused(held: Held) -> dict[TlsVersion, str]:
    return {row.version: row.answer for row in held.detail.scan.facts(NOW).refused}


def left_open(held: Held) -> set[TlsVersion]:
    return {row.version for row in held.detail.scan.facts(NOW).unknown}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", PEERS)
def test_a_server_without_alerts_is_seen_as_whole_as_one_with_them(kind: str, way: str) -> None:
    with_alerts, without = hold(PEERS[kind]), hold(wordless(PEERS[kind], WAYS[way]))
    assert outcomes(without.facts) == outcomes(with_alerts.facts)
    assert set(refused(without)) == set(refused(with_alerts))
    assert len(without.transcript) <= 120
    assert without.most_at_once <= 2


def test_the_facts_say_that_it_was_a_close() -> None:
    said = refused(hold(wordless(MODERN)))
    assert said.pop(V.SSL2) == "connection closed on the hello, twice"  # docs/decisions/0005-ssl2-negatives.md
    assert set(said.values()) == {"connection closed on the hello, twice, as on a hello that nobody can accept"}
    assert CLOSED_AS_A_REFUSAL in said.values()


def test_a_server_with_alerts_closes_for_another_reason() -> None:
    """A box before it closes on old hellos: what stands behind it is not known."""
    held = hold(behind(lambda hello, _: hello.version in (V.TLS10, V.TLS11), OLD_AND_RC4))
    assert left_open(held) == {V.TLS10, V.TLS11}
    assert not unknown(hold(wordless(OLD_AND_RC4)).facts)


def test_whoever_cannot_tell_a_box_from_the_server_meets_its_close_as_a_refusal() -> None:
    """All clients on our side of it do. Who is inside may not: docs/decisions/0016-refusals-by-closing.md."""
    held = hold(behind(lambda hello, _: hello.version in (V.TLS10, V.TLS11), wordless(OLD_AND_RC4)))
    assert refused(held).keys() >= {V.TLS10, V.TLS11}


@pytest.mark.parametrize("kind", ["with alerts", "without"])
def test_a_box_that_closes_on_certain_suites_hides_nothing(kind: str) -> None:
    """It closes on the same hello with a good suite beside them too."""
    server = OLD_AND_RC4 if kind == "with alerts" else wordless(OLD_AND_RC4)
    truth = outcomes(hold(OLD_AND_RC4).facts)
    for bad in (
        RC4,
        numbers("RSA_EXPORT_WITH_RC4_40_MD5"),
        numbers("RSA_WITH_NULL_SHA256"),
        numbers("RSA_WITH_DES_CBC_SHA"),
    ):
        held = hold(behind(lambda hello, _, bad=bad: bool(set(bad) & set(hello.suites)), server))
        if held.detail.scan.control is not None:
            never_better(held, truth)
            assert V.TLS10 not in refused(held)


def test_a_box_that_closes_on_long_hellos_hides_nothing() -> None:
    truth = outcomes(hold(OLD_AND_RC4).facts)
    for most in (20, 40, 64, 100):
        held = hold(behind(lambda hello, _, most=most: len(hello.suites) > most, wordless(OLD_AND_RC4)))
        if held.detail.scan.control is not None:
            never_better(held, truth)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["modern", "weak", "every TLS"])
def test_a_wordless_server_that_fails_from_some_hello_on_never_looks_better(kind: str, way: str) -> None:
    peer = wordless(PEERS[kind], WAYS[way])
    whole = hold(peer)
    truth = outcomes(whole.facts)
    accepted = whole.detail.scan.accepted
    for passed in range(1, len(whole.transcript) + 1, 2):
        held = hold(behind(lambda _, n, k=passed: n >= k, peer, WAYS[way]))
        if held.detail.scan.control is not None:
            never_better(held, truth)
            assert not accepted & set(refused(held))


@pytest.mark.parametrize("period", range(2, 9))
@pytest.mark.parametrize("kind", ["with alerts", "without"])
def test_a_throttle_that_closes_on_every_so_manieth_hello_refuses_nothing(kind: str, period: int) -> None:
    peer = OLD_AND_RC4 if kind == "with alerts" else wordless(OLD_AND_RC4)
    truth = outcomes(hold(OLD_AND_RC4).facts)
    for offset in range(period):
        for closed in range(1, period):
            held = hold(behind(lambda _, n, o=offset, c=closed: (n + o) % period < c, peer))
            if held.detail.scan.control is not None:
                never_better(held, truth)
                assert not {V.TLS10, V.TLS12, V.TLS13} & set(refused(held))


@pytest.mark.parametrize("kind", ["with alerts", "without"])
def test_a_throttle_by_rate_refuses_nothing(kind: str) -> None:
    """A bucket of tokens: each hello that passes takes one, and with each hello a part of one comes back."""
    peer = OLD_AND_RC4 if kind == "with alerts" else wordless(OLD_AND_RC4)
    truth = outcomes(hold(OLD_AND_RC4).facts)
    for burst in range(1, 40, 5):
        for refill in (0.1, 0.25, 0.34, 0.45, 0.5, 0.55, 0.67, 0.75, 0.9):
            tokens = [float(burst)]

            def is_throttled(_: Hello, n: int, tokens: list[float] = tokens, refill: float = refill) -> bool:
                passes = tokens[0] >= 1
                tokens[0] = tokens[0] - passes + refill
                return not passes

            held = hold(behind(is_throttled, peer))
            if held.detail.scan.control is not None:
                never_better(held, truth)
                assert not {V.TLS10, V.TLS12, V.TLS13} & set(refused(held))


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.2, 0.4, 0.6])
@pytest.mark.parametrize("kind", ["with alerts", "without"])
def test_closes_at_random_refuse_nothing(kind: str, share: float) -> None:
    peer = OLD_AND_RC4 if kind == "with alerts" else wordless(OLD_AND_RC4)
    truth = outcomes(hold(OLD_AND_RC4).facts)
    for seed in range(30):
        chance = random.Random(seed)
        held = hold(behind(lambda _, n, chance=chance: chance.random() < share, peer))
        if held.detail.scan.control is not None:
            never_better(held, truth)
            assert not {V.TLS10, V.TLS12, V.TLS13} & set(refused(held))


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 130), max_size=40), st.sampled_from(list(WAYS)), st.sampled_from(["weak", "every TLS"]))
def test_closes_anywhere_at_a_wordless_server_never_make_it_look_better(closed: set[int], way: str, kind: str) -> None:
    peer = wordless(PEERS[kind], WAYS[way])
    truth = outcomes(hold(PEERS[kind]).facts)
    held = hold(behind(lambda _, n: n in closed, peer, WAYS[way]))
    if held.detail.scan.control is not None:
        never_better(held, truth)


def test_a_server_that_picks_what_it_lacks_the_prime_for_hides_nothing_else() -> None:
    """Dovecot without `ssl_dh`: where a client puts a suite with a prime first, it breaks off."""
    aria = numbers("ECDHE_RSA_WITH_ARIA_128_GCM_SHA256")
    able = Peer(suites={V.TLS12: (*ECDHE, *aria)})
    lacking = numbers("DHE_RSA_WITH_AES_128_GCM_SHA256", "DHE_RSA_WITH_AES_256_CBC_SHA", "DH_anon_WITH_RC4_128_MD5")

    def server(hello: Hello, n: int) -> Answer:
        known = [one for one in as_offer(hello).suites if one in (*ECDHE, *aria, *lacking)]
        return CLOSED if known and known[0] in lacking else wordless(able)(hello, n)

    held = hold(server)
    suites = held.facts[TlsSuites]
    assert isinstance(suites, TlsSuites)
    assert [(set(row.accepted), row.unsettled) for row in suites.versions] == [({*ECDHE, *aria}, None)]
    assert left_open(held) == set()


def test_a_close_that_comes_late_refuses_nothing() -> None:
    """The server may have waited for something, and lost its patience."""
    late = replace(CLOSED, is_prompt=False)
    assert {V.TLS10, V.TLS11, V.SSL3} == left_open(hold(wordless(MODERN, late)))


def is_impossible(hello: Hello) -> bool:
    return not set(hello.suites) & set(registry())


def test_a_server_that_closes_in_another_way_on_the_impossible_is_not_understood() -> None:
    def server(hello: Hello, n: int) -> Answer:
        return RESET if is_impossible(hello) else wordless(MODERN)(hello, n)

    assert left_open(hold(server)) == {V.TLS10, V.TLS11, V.SSL3}
    assert set(unknown(hold(server).facts).values()) == {"closed"}


def test_a_server_that_accepts_the_impossible_is_not_understood() -> None:
    def server(hello: Hello, n: int) -> Answer:
        return ServerHello(WIRE[hello.version], hello.suites[0]) if is_impossible(hello) else wordless(MODERN)(hello, n)

    assert left_open(hold(server)) == {V.TLS10, V.TLS11, V.SSL3}
    assert set(unknown(hold(server).facts).values()) == {"closed"}


@pytest.mark.parametrize("kind", PEERS)
def test_our_own_budget_makes_no_close_void(kind: str) -> None:
    """Where it ends in the midst of a close that is being settled, the server did not contradict itself."""
    peer = wordless(PEERS[kind])
    whole = hold(peer)
    truth = outcomes(whole.facts)
    for most in range(whole.detail.asked + 20):
        held = hold(peer, most=most)
        assert "throttled" not in unknown(held.facts).values()
        assert set(refused(held)) == set(refused(whole))
        never_better(held, truth)
