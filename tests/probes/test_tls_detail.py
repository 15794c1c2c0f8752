"""The second conversation with servers of every kind, as pure functions: what is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.facts.cipher_suites import registry
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import (
    FallbackAnswer,
    HandshakeSignature,
    LongHellos,
    OldHash,
    TlsFallback,
    TlsGroups,
    TlsOptions,
    TlsTolerance,
)
from auditor.facts.tls_suites import SuitePreference, TlsSuites
from auditor.model import Reason
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Alert, Answer, Silence
from tests.probes.tls_detail_rig import CBC, MODERN, TIMEOUT, WEAK, accepted, facts
from tests.probes.tls_peer import ECDHE, THREE, Hello, Peer, as_offer, hold, numbers
from tests.probes.tls_verdicts import failing, outcomes, unknown

V = TlsVersion


def test_a_weak_server_fails_what_it_should() -> None:
    held = hold(WEAK)
    assert accepted(held) == {version: set(suites) for version, suites in WEAK.suites.items()}
    assert not unknown(held.facts)
    assert failing(held.facts) == {
        *("tls-null-suite", "tls-anonymous-suite", "tls-export-suite", "tls-rc4-suite", "tls-static-key-exchange"),
        *("tls-cbc-suite", "tls-dhe-suite", "tls-dh-breakable", "tls-dh-composite"),
        *("tls-small-curve", "tls-no-post-quantum", "tls-old-hash-signature", "tls-no-extended-master-secret"),
        *("tls-short-curve", "tls-no-secure-renegotiation", "tls-compression", "tls-no-downgrade-signal"),
    }


def test_a_tls13_only_server_has_no_old_hello() -> None:
    held = hold(Peer(suites={V.TLS13: THREE}, groups_13=(0x11EC, 29)))
    assert facts(held, TlsOptions).hello is None
    assert facts(held, HandshakeSignature).old_hash is OldHash.NOT_ASKED
    assert facts(held, TlsFallback).answer is FallbackAnswer.NOT_ASKED
    assert not failing(held.facts)
    assert not unknown(held.facts)


def switching(ecdsa: Peer, rsa: Peer) -> Callable[[Hello, int], Answer]:
    """Shows its ECDSA certificate to whoever knows any such suite, as HAProxy and Envoy do, and is bound by it then."""

    def server(hello: Hello, n: int) -> Answer:
        names = [registry()[one].key_exchange for one in as_offer(hello).suites if one in registry()]
        return (ecdsa if any("ECDSA" in name for name in names) else rsa)(hello, n)

    return server


def test_suites_of_one_certificate_are_not_hidden_by_those_of_another() -> None:
    ecdsa = numbers("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
    rsa = numbers("ECDHE_RSA_WITH_AES_256_GCM_SHA384", "RSA_WITH_3DES_EDE_CBC_SHA", "RSA_WITH_RC4_128_SHA")
    held = hold(switching(Peer(suites={V.TLS12: ecdsa}), Peer(suites={V.TLS12: rsa})))
    assert accepted(held) == {V.TLS12: {*ecdsa, *rsa}}
    assert {"tls-3des-suite", "tls-rc4-suite"} <= failing(held.facts)


def test_a_version_is_not_hidden_by_a_certificate_that_has_no_suite_in_it() -> None:
    rsa = numbers("ECDHE_RSA_WITH_AES_256_GCM_SHA384", "RSA_WITH_3DES_EDE_CBC_SHA")
    modern = Peer(suites={V.TLS12: (), V.TLS13: THREE})
    held = hold(switching(modern, replace(modern, suites={V.TLS12: rsa, V.TLS13: THREE})))
    assert accepted(held) == {V.TLS12: set(rsa), V.TLS13: set(THREE)}


@pytest.mark.parametrize("names_any", [True, False])
def test_suites_with_a_prime_are_found_whether_or_not_it_wants_to_be_named(names_any: bool) -> None:
    """RFC 7919: GnuTLS has its primes for clients alone that name one; others that know names keep their own back."""
    primes = numbers("DHE_RSA_WITH_AES_128_GCM_SHA256", "DHE_RSA_WITH_AES_128_CBC_SHA")
    whole = Peer(suites={V.TLS12: (*ECDHE, *primes), V.TLS13: THREE})
    without = replace(whole, suites={V.TLS12: ECDHE, V.TLS13: THREE})

    def server(hello: Hello, n: int) -> Answer:
        is_named = not {256, 257, 258, 259, 260}.isdisjoint(as_offer(hello).groups)
        return (whole if is_named is names_any else without)(hello, n)

    held = hold(server)
    assert accepted(held)[V.TLS12] == {*ECDHE, *primes}
    assert {"tls-dhe-suite", "tls-cbc-suite"} <= failing(held.facts)


def test_the_names_of_primes_are_brought_in_an_older_version_where_the_newer_one_left_it_open() -> None:
    dhe, cbc = numbers("DHE_RSA_WITH_AES_128_CBC_SHA"), numbers("ECDHE_RSA_WITH_AES_128_CBC_SHA")
    without = Peer(suites={V.TLS11: cbc, V.TLS12: ECDHE})
    whole = replace(without, suites={V.TLS11: (*cbc, *dhe), V.TLS12: ECDHE})

    def server(hello: Hello, n: int) -> Answer:
        if {256, 257, 258, 259, 260}.isdisjoint(as_offer(hello).groups):
            return without(hello, n)
        return TIMEOUT if hello.version is V.TLS12 else whole(hello, n)

    assert accepted(hold(server))[V.TLS11] == {*cbc, *dhe}


@pytest.mark.parametrize("follows_client", [True, False])
def test_an_ecdsa_server_is_not_mistaken_for_one_with_a_single_group(follows_client: bool) -> None:
    ecdsa = numbers("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
    peer = Peer(suites={V.TLS12: ecdsa}, groups=(29, 23, 24, 19), curve=23, follows_client=follows_client)
    groups = facts(hold(peer), TlsGroups)
    assert groups.open_in_older is None
    assert set(groups.in_older) >= ({29, 23, 24, 19} if follows_client else {29, 23})


def test_a_curve_that_is_passed_over_for_the_certificates_own_is_no_finding() -> None:
    ecdsa = numbers("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
    peer = Peer(suites={V.TLS12: ecdsa}, groups=(23, 19), curve=23, follows_client=False)
    assert outcomes(hold(peer).facts)["tls-small-curve"] == "pass"


@pytest.mark.parametrize(
    ("follows_client", "order", "expected"),
    [
        pytest.param(True, (*CBC, *ECDHE), "pass", id="the client decides"),
        pytest.param(False, (*ECDHE, *CBC), "pass", id="strong ones first"),
        pytest.param(False, (*CBC, *ECDHE), "fail", id="weak ones first"),
    ],
)
def test_who_decides_is_asked_in_both_orders(follows_client: bool, order: tuple[int, ...], expected: str) -> None:
    held = hold(Peer(suites={V.TLS12: order}, follows_client=follows_client))
    assert outcomes(held.facts)["tls-weak-suite-preferred"] == expected
    preference = facts(held, SuitePreference)
    assert bool(preference.picked_again) is (preference.picked not in ECDHE)


def test_an_intolerant_server_is_found_by_its_alert_and_not_by_its_silence() -> None:
    assert not facts(hold(replace(MODERN, is_tolerant=False)), TlsTolerance).is_tolerant

    def silent(hello: Hello, n: int) -> Answer:
        return TIMEOUT if isinstance(hello, Offer) and hello.grease else MODERN(hello, n)

    assert unknown(hold(silent).facts) == {"tls-intolerant": "timeout"}


def by_chance(is_met: Callable[[Offer], bool], first: Answer, peer: Peer = MODERN) -> Callable[[Hello, int], Answer]:
    """A server where one hello of a kind falls to a machine in trouble, and the next of them does not."""
    met: list[Hello] = []

    def server(hello: Hello, n: int) -> Answer:
        if isinstance(hello, Offer) and is_met(hello):
            met.append(hello)
            return first if len(met) == 1 else peer(hello, n)
        return peer(hello, n)

    return server


ONE_VERSION = Peer(suites={V.TLS12: ECDHE})


@pytest.mark.parametrize("alert", [40, 47, 70, 71])
def test_one_alert_proves_no_intolerance(alert: int) -> None:
    """No fault, and no health either: of two servers behind the address one may be the device that declines."""
    held = hold(by_chance(lambda hello: hello.grease, Alert(alert), ONE_VERSION))
    assert unknown(held.facts) == {"tls-intolerant": "tls_failed"}
    held = hold(by_chance(lambda hello: hello.size > 0, Alert(alert)))
    assert unknown(held.facts) == {"tls-long-hello-declined": "tls_failed"}


@pytest.mark.parametrize("peer", [MODERN, ONE_VERSION, WEAK])
def test_who_declines_what_is_unknown_or_long_says_it_twice(peer: Peer) -> None:
    healthy = hold(peer)
    held = hold(replace(peer, is_tolerant=False))
    greased = [hello for hello, _ in held.transcript if isinstance(hello, Offer) and hello.grease]
    assert "tls-intolerant" in failing(held.facts)
    assert len(greased) > 1
    declining = hold(lambda hello, n: Alert(40) if isinstance(hello, Offer) and hello.size else peer(hello, n))
    sized = [hello for hello, _ in declining.transcript if isinstance(hello, Offer) and hello.size]
    assert "tls-long-hello-declined" in failing(declining.facts)
    assert [hello.reworded for hello in sized] == [False, True]
    assert sum(isinstance(hello, Offer) and bool(hello.size or hello.grease) for hello, _ in healthy.transcript) == 2


def test_a_version_that_was_declined_for_want_of_a_suite_is_found_with_an_unlikely_one() -> None:
    rare = numbers("RSA_WITH_CAMELLIA_256_GCM_SHA384")
    held = hold(Peer(suites={V.TLS12: rare, V.TLS13: THREE}))
    assert accepted(held)[V.TLS12] == set(rare)
    assert V.TLS12 in held.detail.scan.facts(facts(held, TlsSuites).observed_at).accepted


@pytest.mark.parametrize(("signatures", "expected"), [((0x0401, 0x0301), OldHash.SIGNED), ((0x0401,), OldHash.REFUSED)])
def test_sha224_is_a_fact_and_no_fault(signatures: tuple[int, ...], expected: OldHash) -> None:
    peer = replace(MODERN, signatures=signatures)
    assert facts(hold(peer), HandshakeSignature).sha224 is None
    held = hold(peer, is_thorough=True)
    seen = facts(held, HandshakeSignature)
    assert (seen.sha224, seen.old_hash) == (expected, OldHash.REFUSED)
    assert outcomes(held.facts)["tls-old-hash-signature"] == "pass"
    silent = hold(
        lambda hello, n: TIMEOUT if isinstance(hello, Offer) and 0x0301 in hello.signatures[:1] else peer(hello, n),
        is_thorough=True,
    )
    assert (facts(silent, HandshakeSignature).sha224, facts(silent, HandshakeSignature).old_hash) == (
        None,
        OldHash.REFUSED,
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, "pass"),
        (Alert(40), "fail"),
        (Alert(80), "fail"),
        (Alert(50), "tls_failed"),
        (TIMEOUT, "timeout"),
        (Silence(Reason.CLOSED, "c"), "closed"),
        (Silence(Reason.RESET, "r"), "reset"),
    ],
)
@pytest.mark.parametrize("lengths", [range(256, 512), range(1_400, 9_999)])
def test_a_device_that_declines_a_length_is_found_by_its_alert_and_not_by_its_silence(
    lengths: range, answer: Answer | None, expected: str
) -> None:
    def server(hello: Hello, n: int) -> Answer:
        is_met = answer is not None and isinstance(hello, Offer) and hello.size in lengths
        return answer if is_met and answer else MODERN(hello, n)

    held = hold(server, is_thorough=True)
    assert outcomes(held.facts)["tls-long-hello-declined"] == expected
    if expected in ("pass", "fail"):
        assert [one.size for one in facts(held, LongHellos).hellos] == [400, 1_800]


def test_the_length_that_old_devices_hung_on_is_asked_in_the_deep_tier_alone() -> None:
    assert [one.size for one in facts(hold(MODERN), LongHellos).hellos] == [1_800]
