"""When all suites that an attack needs are declined for certain: never by nothing, never by closes at random."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersion
from auditor.model import Asset, Reason
from auditor.probes.deep_answers import Attack
from auditor.probes.deep_declined import how_declined
from auditor.probes.server_hello import ServerHello
from auditor.probes.tls import ask
from auditor.probes.tls_meaning import Question
from auditor.probes.tls_said import Shown
from auditor.reach import Access, Endpoint, Limits, Reach, Reaches
from auditor.rig.faults import FAULTS, FaultProxy, only
from tests.probes.tls_servers import key_file, s_server


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_file(tmp_path_factory.mktemp("keys"), "rsa:2048")


def way_to(port: int) -> tuple[Endpoint, Reach]:
    asset = Asset(id="a", kind="tls", address=f"tls://127.0.0.1:{port}", system="s")
    reach = Reaches(Access(limits=Limits(pause_s=0.0, operation_s=2.0))).of(asset)
    (endpoint,) = reach.endpoints("127.0.0.1", port)
    return endpoint, reach


def shown_at(port: int, version: TlsVersion = TlsVersion.TLS12) -> Shown:
    question = Question(version)
    answer = ask(question, *way_to(port))
    assert isinstance(answer, ServerHello)
    return Shown(question, answer)


def said(attack: Attack, shown: Shown, port: int) -> str | Reason:
    try:
        return how_declined(attack, shown, *way_to(port))
    except Unreachable as error:
        return error.reason


def test_what_was_not_asked_for_is_not_declined(pem: Path) -> None:
    """TLS 1.3 has no such suites, so a hello of that version settles nothing."""
    with s_server(pem) as port:
        assert said(Attack.ROBOT, shown_at(port, TlsVersion.TLS13), port) is Reason.NOT_OBSERVED


@pytest.mark.parametrize(
    ("suites", "attack", "shows"),
    [
        ("ECDHE+AESGCM", Attack.ROBOT, "alert 40 (handshake_failure)"),
        ("ECDHE+AESGCM", Attack.PADDING, "alert 40 (handshake_failure)"),
        ("ECDHE+AESGCM:AES128-CCM", Attack.ROBOT, Reason.NOT_OBSERVED),  # sslyze's clients do not know it
        ("ECDHE+AESGCM:ARIA128-GCM-SHA256", Attack.ROBOT, Reason.NOT_OBSERVED),
        ("ECDHE+AESGCM:CAMELLIA128-SHA256", Attack.PADDING, Reason.NOT_OBSERVED),
    ],
)
def test_every_suite_is_asked_for(pem: Path, suites: str, attack: Attack, shows: str | Reason) -> None:
    with s_server(pem, "-tls1_2", "-cipher", suites) as port:
        assert said(attack, shown_at(port), port) == shows


@pytest.mark.parametrize("share", [0.2, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("fault", ["close", "reset"])
def test_closes_at_random_decline_nothing_that_is_taken(pem: Path, share: float, fault: str) -> None:
    dice = random.Random(1)
    with s_server(pem, "-tls1_2") as port:
        shown = shown_at(port)
        for _ in range(10):
            with FaultProxy(("127.0.0.1", port), lambda _: FAULTS[fault] if dice.random() < share else None) as proxy:
                assert isinstance(said(Attack.ROBOT, shown, proxy.port), Reason)


@pytest.mark.parametrize("fault", ["close", "hang", "alert internal_error"])
@pytest.mark.parametrize("number", [1, 2])
def test_one_alert_alone_declines_nothing(pem: Path, fault: str, number: int) -> None:
    with s_server(pem, "-tls1_2", "-cipher", "ECDHE+AESGCM") as port:
        shown = shown_at(port)
        with FaultProxy(("127.0.0.1", port), only(frozenset({number}), FAULTS[fault])) as proxy:
            assert isinstance(said(Attack.ROBOT, shown, proxy.port), Reason)
