"""The second conversation finds all of it, in few hellos that any box can read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts.cipher_suites import registry
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import (
    TlsGroups,
    TlsTolerance,
)
from auditor.facts.tls_suites import TlsSuites
from auditor.facts.vulnerabilities import Heartbleed
from auditor.plugins import load as parts
from auditor.probes.tls import hellos_of
from auditor.probes.tls_chunks import MOST_SUITES, portions
from auditor.reach import Limits
from tests.probes.tls_detail_rig import MODERN, accepted, facts
from tests.probes.tls_peer import ECDHE, NUMBERS, THREE, Peer, hold
from tests.probes.tls_verdicts import failing, unknown

V = TlsVersion


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


def test_a_server_that_takes_everything_ends_at_our_own_limit_with_the_faults_found() -> None:
    every = tuple(one.number for one in registry().values() if not one.is_tls13)
    held = hold(Peer(suites={V.TLS10: every, V.TLS12: every}), most=60)
    assert held.detail.asked <= 60
    assert {"tls-cbc-suite", "tls-static-key-exchange"} <= failing(held.facts)
    assert set(unknown(held.facts).values()) == {"budget"}


@pytest.mark.parametrize("taken", [0, 40])
def test_an_rsa_server_with_every_suite_of_openssl_is_settled_whole_by_what_its_host_may_be_asked(taken: int) -> None:
    """`taken`: connections, by the deep tier.

    Counted at nginx with OpenSSL 3.0 at security level 0: 19 suites up to TLS 1.1, 60 in TLS 1.2, 3 in 1.3.
    """
    names = ("RSA", "DHE_RSA", "ECDHE_RSA", "DH_anon", "ECDH_anon", "RSA_PSK", "DHE_PSK", "PSK", "ECDHE_PSK", "DHE_DSS")
    every = [one for one in registry().values() if one.key_exchange in names and not one.is_breakable]
    old, new = ([one.number for one in every if one.needs_tls12 is is_new] for is_new in (False, True))
    suites = {V.TLS10: old[:19], V.TLS11: old[:19], V.TLS12: old[:19] + new[:41]}
    server = Peer(
        suites={v: tuple(all_of) for v, all_of in suites.items()} | {V.TLS13: THREE}, groups_13=(29, 23, 24, 25, 30)
    )
    alone = hold(server, most=0)
    most = hellos_of(Limits().connections_per_host - len(alone.transcript) - taken)
    held = hold(server, most=most)
    assert {version: len(found) for version, found in accepted(held).items()} == {
        v: len(s) for v, s in server.suites.items()
    }
    assert "budget" not in {why[0].word for why in held.facts.values() if isinstance(why, tuple)}
    assert unknown(held.facts) == unknown(hold(server, most=10_000).facts)


@pytest.mark.parametrize("kind", ["web", "tls", "mx"])
def test_the_deep_tier_has_taken_its_connections_before_the_hellos_are_counted(kind: str) -> None:
    deep, prober = (
        next(n for n, one in enumerate(parts().probes) if one.kind == kind and facts in one.yields)
        for facts in (Heartbleed, TlsSuites)
    )
    assert deep < prober


def test_prime_groups_are_asked_apart_only_where_there_is_time_for_it() -> None:
    peer = Peer(suites={V.TLS12: ECDHE, V.TLS13: THREE}, groups_13=(29, 23, 256, 258, 260))
    seen, thorough = (facts(hold(peer, is_thorough=one), TlsGroups) for one in (False, True))
    assert (set(seen.in_tls13), seen.primes_apart) == ({29, 23, 256}, False)
    assert (set(thorough.in_tls13), thorough.primes_apart) == ({29, 23, 256, 258, 260}, True)
    assert seen.open_in_tls13 is thorough.open_in_tls13 is None


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
