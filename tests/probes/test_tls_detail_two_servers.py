"""The second conversation where not all hellos meet the same server: nothing counts as refused."""

from __future__ import annotations

import pytest

from auditor.facts.tls import TlsVersion
from auditor.facts.tls_suites import TlsSuites
from auditor.probes.client_hello import WIRE
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Alert, Answer, ServerHello
from tests.probes.tls_detail_rig import CBC, MODERN, WEAK, facts
from tests.probes.tls_peer import ECDHE, NOW, THREE, Held, Hello, Peer, hold
from tests.probes.tls_verdicts import outcomes, unknown

V = TlsVersion


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


def taking_turns(other: Peer, turn: int) -> Held:
    """All versions are asked of the modern one; of what comes then the other one gets every `turn`-th hello."""
    first = len(hold(MODERN).transcript) - hold(MODERN).detail.asked
    return hold(lambda hello, n: (MODERN if n < first or n % turn else other)(hello, n))


@pytest.mark.parametrize("turn", range(2, 6))
def test_an_old_server_that_takes_its_turns_is_noticed(turn: int) -> None:
    """Seldom ones may be met by chance where they answer as the modern one does."""
    assert taking_turns(OLD, turn).detail.inconsistent


@pytest.mark.parametrize("turn", range(2, 12))
@pytest.mark.parametrize("other", [OLD, WEAK], ids=["old", "weak"])
def test_nothing_is_healthy_once_another_server_has_shown_itself(turn: int, other: Peer) -> None:
    held = taking_turns(other, turn)
    if not held.detail.inconsistent:
        return
    truths = [outcomes(hold(peer).facts) for peer in (MODERN, other)]
    for check, outcome in outcomes(held.facts).items():
        assert outcome != "pass" or "fail" not in {truth[check] for truth in truths}, check
    versions = held.detail.scan.facts(NOW)
    assert not versions.refused
    assert not versions.control_held
    assert {row.reason for row in versions.unknown} == {"inconsistent"}
    assert all(" and later " in row.detail or " and then " in row.detail for row in versions.unknown), "both answers"


@pytest.mark.parametrize("contrary", [Alert(40), Alert(70), ServerHello(WIRE[V.TLS12], ECDHE[1])])
def test_a_contradiction_among_the_hellos_for_versions_voids_what_comes_after(contrary: Answer) -> None:
    """The control recovered, and everything else met one server."""
    controls = 0

    def server(hello: Hello, n: int) -> Answer:
        nonlocal controls
        controls += not isinstance(hello, Offer) and hello.version is V.TLS13
        return contrary if controls == 2 and n < 9 and hello.version is V.TLS13 else MODERN(hello, n)

    held = hold(server)
    assert not held.detail.scan.facts(NOW).refused
    assert "pass" not in {
        outcomes(held.facts)[check] for check in ("tls-null-suite", "tls-compression", "tls-3des-suite")
    }


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
