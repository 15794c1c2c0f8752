"""The second conversation with servers of every kind, as pure functions: what is found, at what cost, how honestly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.facts.base import Facts
from auditor.facts.cipher_suites import registry
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import (
    DhPrimes,
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
from auditor.probes.client_hello import WIRE
from auditor.probes.detail_facts import MAKERS
from auditor.probes.flight import Prime
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Alert, Answer, ServerHello, Silence
from auditor.probes.tls import hellos_of
from auditor.probes.tls_chunks import MOST_SUITES, portions
from auditor.reach import Limits
from tests.probes.tls_peer import ECDHE, NOW, NUMBERS, SAFE_2048, THREE, Held, Hello, Peer, as_offer, hold, numbers
from tests.probes.tls_verdicts import failing, outcomes, unknown

V = TlsVersion
F = TypeVar("F", bound=Facts)
CBC = numbers("ECDHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA")
MODERN = Peer(suites={V.TLS12: ECDHE, V.TLS13: THREE}, groups_13=(0x11EC, 29, 23, 24))
DHE = numbers("DHE_RSA_WITH_AES_128_GCM_SHA256")
WEAK = Peer(
    suites={
        V.TLS10: (*CBC, *numbers("RSA_WITH_RC4_128_SHA", "RSA_EXPORT_WITH_RC4_40_MD5")),
        V.TLS11: CBC,
        V.TLS12: (*CBC, *DHE, *numbers("DH_anon_WITH_AES_128_CBC_SHA", "RSA_WITH_NULL_SHA256", "RSA_WITH_DES_CBC_SHA")),
    },
    groups=(23, 21, 19),
    prime=Prime(b"\x81" + bytes(94) + b"\x01", b"\x02"),
    signatures=(0x0401, 0x0201),
    extensions={},
    compression=1,
    knows_fallback=False,
)
TIMEOUT = Silence(Reason.TIMEOUT, "t")


def facts(held: Held, kind: type[F]) -> F:
    found = held.facts[kind]
    assert isinstance(found, kind), found
    return found


def accepted(held: Held) -> dict[TlsVersion, set[int]]:
    return {row.version: set(row.accepted) for row in facts(held, TlsSuites).versions}


def test_a_modern_server_is_seen_whole_in_few_hellos_two_at_a_time() -> None:
    held = hold(MODERN)
    assert accepted(held) == {version: set(suites) for version, suites in MODERN.suites.items()}
    assert set(facts(held, TlsGroups).in_tls13) == set(MODERN.groups_13)
    assert not failing(held.facts)
    assert not unknown(held.facts)
    assert len(held.transcript) <= 27
    assert held.most_at_once == 2
    assert held.pauses == 0


def test_few_hellos_go_out_alone() -> None:
    """Of the first round none but the control of its end, which has the first of the second round beside it."""
    held = hold(MODERN)
    assert held.steps <= held.detail.asked // 2 + 2


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


@pytest.mark.parametrize("name", NUMBERS)
def test_any_registered_suite_is_found_where_it_is_the_only_one(name: str) -> None:
    one = registry()[NUMBERS[name]]
    version = V.TLS13 if one.is_tls13 else V.TLS12
    held = hold(Peer(suites={V.TLS12: ECDHE, V.TLS13: THREE} | {version: (one.number,)}))
    assert accepted(held)[version] == {one.number}
    assert not facts(held, TlsSuites).versions[-1].unsettled


@pytest.mark.parametrize("version", [V.SSL3, V.TLS10, V.TLS11, V.TLS12, V.TLS13])
def test_portions_hold_every_suite_once_and_are_short(version: TlsVersion) -> None:
    every = [number for portion in portions(version) for number in portion]
    assert len(every) == len(set(every))
    assert all(0 < len(portion) <= MOST_SUITES for portion in portions(version))
    wanted = {
        one.number
        for one in registry().values()
        if one.is_tls13 is (version is V.TLS13) and (version is V.TLS12 or not one.needs_tls12)
    }
    assert set(every) == wanted


def test_no_portion_asks_for_two_certificates_at_once() -> None:
    for version in (V.SSL3, V.TLS10, V.TLS11, V.TLS12):
        for portion in portions(version):
            suites = [registry()[number] for number in portion if registry()[number].needs_certificate_key]
            assert len({one.needs_ecdsa_certificate for one in suites}) == 1


def test_what_changes_a_grade_stands_among_the_first_64_of_its_portion() -> None:
    """Some old servers look no further."""
    for version in (V.TLS10, V.TLS12):
        for portion in portions(version):
            late = [registry()[number] for number in portion[64:]]
            assert not [one.name for one in late if one.strength < 2 and (one.has_certificate or one.is_anonymous)]


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


def test_a_version_that_was_declined_for_want_of_a_suite_is_found_with_an_unlikely_one() -> None:
    rare = numbers("RSA_WITH_CAMELLIA_256_GCM_SHA384")
    held = hold(Peer(suites={V.TLS12: rare, V.TLS13: THREE}))
    assert accepted(held)[V.TLS12] == set(rare)
    assert V.TLS12 in held.detail.scan.facts(facts(held, TlsSuites).observed_at).accepted


def test_the_default_certificate_is_told_apart() -> None:
    options = facts(hold(MODERN), TlsOptions)
    assert options.hello is not None
    assert options.nameless_leaf not in ("", options.hello.leaf)
    without = facts(hold(MODERN, has_name=False), TlsOptions)
    assert (without.nameless_leaf, without.nameless_answer) == ("", "")


def test_a_server_that_takes_everything_ends_at_our_own_limit_with_the_faults_found() -> None:
    every = tuple(one.number for one in registry().values() if not one.is_tls13)
    held = hold(Peer(suites={V.TLS10: every, V.TLS12: every}), most=60)
    assert held.detail.asked <= 60
    assert {"tls-cbc-suite", "tls-static-key-exchange"} <= failing(held.facts)
    assert set(unknown(held.facts).values()) == {"budget"}


@pytest.mark.parametrize("is_deep", [False, True])
def test_an_rsa_server_with_every_suite_of_openssl_is_settled_whole_by_what_its_host_may_be_asked(
    is_deep: bool,
) -> None:
    """Counted at nginx with OpenSSL 3.0 at security level 0: 19 suites up to TLS 1.1, 60 in TLS 1.2, 3 in 1.3."""
    names = ("RSA", "DHE_RSA", "ECDHE_RSA", "DH_anon", "ECDH_anon", "RSA_PSK", "DHE_PSK", "PSK", "ECDHE_PSK", "DHE_DSS")
    every = [one for one in registry().values() if one.key_exchange in names and not one.is_breakable]
    old, new = ([one.number for one in every if one.needs_tls12 is is_new] for is_new in (False, True))
    suites = {V.TLS10: old[:19], V.TLS11: old[:19], V.TLS12: old[:19] + new[:41]}
    server = Peer(
        suites={v: tuple(all_of) for v, all_of in suites.items()} | {V.TLS13: THREE}, groups_13=(29, 23, 24, 25, 30)
    )
    alone = hold(server, most=0)
    most = hellos_of(Limits().connections_per_host - len(alone.transcript), is_deep=is_deep)
    held = hold(server, most=most)
    assert {version: len(found) for version, found in accepted(held).items()} == {
        v: len(s) for v, s in server.suites.items()
    }
    assert "budget" not in {why[0].word for why in held.facts.values() if isinstance(why, tuple)}
    assert unknown(held.facts) == unknown(hold(server, most=10_000).facts)


# ---- honest negatives ------------------------------------------------------------------------------------------------


def never_better(held: Held, truth: dict[str, str]) -> None:
    """No outcome is health where the truth is not, and none is a fault where there is none."""
    for check, outcome in outcomes(held.facts).items():
        if outcome in ("pass", "not_applicable"):
            assert truth[check] in ("pass", "not_applicable"), check
        if outcome == "fail":
            assert truth[check] == "fail", check


FAULTS: dict[str, Answer] = {
    "silence": TIMEOUT,
    "close": Silence(Reason.CLOSED, "c"),
    "reset": Silence(Reason.RESET, "r"),
    "no connection": Silence(Reason.REFUSED, "no", dialled=False),
    "handshake_failure": Alert(40),
    "protocol_version": Alert(70),
    "internal_error": Alert(80),
    "garbage": Silence(Reason.NOT_TLS, "x"),
    "our budget": Silence(Reason.BUDGET, "spent", dialled=False),
}
# What a server in trouble cannot be blamed for where it says so in words that fit: see `tolerance`.
PEERS = {"modern": MODERN, "weak": WEAK, "one version": Peer(suites={V.TLS12: (*DHE, *CBC)}, prime=SAFE_2048)}


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


@pytest.mark.parametrize(
    ("fault", "reason"), [(Alert(80), "throttled"), (Alert(40), "inconsistent"), (Alert(70), "inconsistent")]
)
def test_a_control_that_fails_for_good_voids_what_it_should_have_confirmed(fault: Alert, reason: str) -> None:
    whole = hold(MODERN)
    first = len(whole.transcript) - whole.detail.asked
    held = hold(lambda hello, n: MODERN(hello, n) if n < first + 8 else fault)
    assert set(unknown(held.facts).values()) == {reason}
    assert all(row.unsettled for row in facts(held, TlsSuites).versions)


def test_two_servers_behind_one_address_are_inconsistent_with_both_answers() -> None:
    """The strict one serves most hellos; the control meets the other."""
    other = Peer(suites={V.TLS12: CBC, V.TLS13: THREE}, follows_client=False)
    first = len(hold(MODERN).transcript) - hold(MODERN).detail.asked

    def balancer(hello: Hello, n: int) -> Answer:
        return MODERN(hello, n) if n < first or isinstance(hello, Offer) else other(hello, n)

    held = hold(balancer)
    assert set(unknown(held.facts).values()) == {"inconsistent"}
    row = facts(held, TlsSuites).versions[-1].unsettled
    assert row is not None
    assert "0x1301" in row.detail
    assert "0x1302" in row.detail


def test_a_version_that_comes_and_goes_is_inconsistent() -> None:
    def server(hello: Hello, n: int) -> Answer:
        if isinstance(hello, Offer) and hello.version is V.TLS12:
            return ServerHello(WIRE[V.TLS10], CBC[0])
        return MODERN(hello, n)

    row = facts(hold(server), TlsSuites).versions[0]
    assert row.unsettled is not None
    assert row.unsettled.reason == "inconsistent"
    assert "TLS 1.2" in row.unsettled.detail
    assert "TLS 1.0" in row.unsettled.detail


OLD = Peer(suites={V.TLS10: CBC})


@pytest.mark.parametrize("turn", [2, 3, 4, 5])
@pytest.mark.parametrize("other", [OLD, WEAK], ids=["old", "weak"])
def test_what_was_refused_is_open_once_another_server_has_shown_itself(turn: int, other: Peer) -> None:
    """All versions were asked of the strict one; the old one takes its turns among what comes then."""
    first = len(hold(MODERN).transcript) - hold(MODERN).detail.asked
    held = hold(lambda hello, n: (MODERN if n < first or n % turn else other)(hello, n))
    assert "inconsistent" in unknown(held.facts).values()
    versions = held.detail.scan.facts(NOW)
    assert not versions.refused
    assert not versions.control_held
    assert {row.reason for row in versions.unknown} == {"inconsistent"}
    assert all(" and later " in row.detail or " and then " in row.detail for row in versions.unknown), "both answers"


def test_an_older_version_that_was_picked_on_the_way_is_accepted() -> None:
    first = len(hold(MODERN).transcript) - hold(MODERN).detail.asked
    shown = ServerHello(WIRE[V.TLS10], CBC[0])

    def server(hello: Hello, n: int) -> Answer:
        takes = isinstance(hello, Offer) and hello.version is V.TLS12 and CBC[0] in hello.suites
        return shown if n >= first and takes else MODERN(hello, n)

    assert V.TLS10 in hold(server).detail.scan.facts(NOW).accepted


def test_an_older_version_with_a_suite_that_was_not_offered_is_no_version() -> None:
    first = len(hold(MODERN).transcript) - hold(MODERN).detail.asked

    def server(hello: Hello, n: int) -> Answer:
        is_later = n >= first and isinstance(hello, Offer) and hello.version is V.TLS12
        return ServerHello(WIRE[V.TLS10], 0xFAFA) if is_later else MODERN(hello, n)

    assert V.TLS10 not in hold(server).detail.scan.facts(NOW).accepted


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


def test_prime_groups_are_asked_apart_only_where_there_is_time_for_it() -> None:
    peer = Peer(suites={V.TLS12: ECDHE, V.TLS13: THREE}, groups_13=(29, 23, 256, 258, 260))
    seen, thorough = (facts(hold(peer, is_thorough=one), TlsGroups) for one in (False, True))
    assert (set(seen.in_tls13), seen.primes_apart) == ({29, 23, 256}, False)
    assert (set(thorough.in_tls13), thorough.primes_apart) == ({29, 23, 256, 258, 260}, True)
    assert seen.open_in_tls13 is thorough.open_in_tls13 is None


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


def test_suites_and_groups_of_tls13_are_found_in_one_go_whoever_chooses() -> None:
    for follows in (True, False):
        for count in (1, 2, 3):
            for groups_13 in ((29,), (29, 23), (0x11EC, 29, 23, 24, 30, 256)):
                peer = Peer(suites={V.TLS13: THREE[:count]}, groups_13=groups_13, follows_client=follows)
                held = hold(peer)
                assert accepted(held)[V.TLS13] == set(THREE[:count])
                assert set(facts(held, TlsGroups).in_tls13) == set(groups_13)
                assert facts(held, TlsTolerance).is_tolerant
                assert "intolerant" in str(failing(hold(replace(peer, is_tolerant=False)).facts))


CHOKES: dict[str, Answer] = {
    "silence": TIMEOUT,
    "close": Silence(Reason.CLOSED, "c"),
    "reset": Silence(Reason.RESET, "r"),
    "decode_error": Alert(50),
    "internal_error": Alert(80),
}


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


def test_primes_that_do_not_come_are_unknown() -> None:
    def server(hello: Hello, n: int) -> Answer:
        answer = WEAK(hello, n)
        return replace(answer, flight=replace(answer.flight, prime=None)) if isinstance(answer, ServerHello) else answer

    assert facts(hold(server), DhPrimes).unsettled is not None
    assert outcomes(hold(server).facts)["tls-dh-short"] == "truncated"
