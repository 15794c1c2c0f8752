"""What bad input comes to at the end of the road: a reason in time, unharmed neighbours, and no better letter.

The layers have rows of their own beside their code; here each kind of input travels from the address to the letter.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from auditor.model import Letter, Outcome
from auditor.rig.faults import FAULTS, FaultProxy, after
from auditor.rig.replies import NOISE, Drip, Endless, Hang, Send
from auditor.rig.web import Site
from tests.bad_input import ILL, QUICK, WELL, YEAR, Street, speaks, street, web
from tests.rig.nginx import free_port

HEADERS = Endless(b"X-Endless: " + b"x" * 500 + b"\r\n")


@pytest.fixture
def neighbours(tmp_path: Path) -> Iterator[Street]:
    with street(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        pytest.param(lambda _: free_port(), "refused", id="port closed"),
        pytest.param(speaks(Hang()), "timeout", id="host silent"),
        pytest.param(speaks(Send(NOISE)), "not_tls", id="TLS garbage"),
        pytest.param(speaks(Drip(every_s=0.2)), "timeout", id="one byte at a time"),
        pytest.param(speaks(Endless()), "too_long", id="endless records"),
    ],
)
def test_a_service_that_cannot_be_seen_has_a_reason_and_harms_nobody(
    neighbours: Street, start: Callable[[ExitStack], int], reason: str
) -> None:
    with ExitStack() as stack:
        port = start(stack)
        neighbours.lead(ILL, 443, port)
        neighbours.lead(ILL, 80, port)
        began = time.monotonic()
        judged = neighbours.judge()
        assert time.monotonic() - began < 2 * QUICK.host_s
    assert reason in judged.reasons(ILL)
    assert judged.grade(ILL).letters.measured in (Letter.NG, Letter.F, Letter.D)
    assert Outcome.PASS not in {
        outcome for check, outcome in judged.outcomes(ILL).items() if check.startswith(("tls-", "certificate-"))
    }
    assert judged.grade(WELL).letters.measured is Letter.A
    assert judged.reasons(WELL) == set()


def test_a_name_that_is_gone_from_dns_has_a_reason_and_harms_nobody(neighbours: Street) -> None:
    judged = neighbours.judge(web(WELL), web("gone.invalid"))
    assert judged.reasons("gone.invalid") == {"dns"}
    assert judged.grade("gone.invalid").letters.measured is Letter.NG
    assert judged.grade(WELL).letters.measured is Letter.A


@pytest.mark.parametrize(
    ("site", "blind"),
    [
        pytest.param(Site(speak=HEADERS.play), {"web-hsts-missing"}, id="endless header"),
        pytest.param(Site(raw=b"no HTTP at all"), {"web-hsts-missing"}, id="no HTTP"),
        pytest.param(Site(redirects={"*": (302, f"https://{ILL}/")}), {"web-https-downgrade"}, id="redirect loop"),
        pytest.param(Site(redirects={"*": (302, "ftp://a.example/")}), {"web-https-downgrade"}, id="another scheme"),
        pytest.param(Site(redirects={"*": (302, "http://127.0.0.1:1/")}), set(), id="into private space"),
    ],
)
def test_an_answer_that_leads_nowhere_is_not_health(neighbours: Street, site: Site, blind: set[str]) -> None:
    neighbours.serve(ILL, site)
    judged = neighbours.judge()
    assert judged.grade(ILL).letters.measured < Letter.A
    assert {check for check, outcome in judged.outcomes(ILL).items() if outcome is Outcome.UNKNOWN} >= blind
    assert judged.grade(WELL).letters.measured is Letter.A


def test_an_endless_body_is_cut_and_harms_nobody(neighbours: Street) -> None:
    body = b"x" * 4_000_000
    neighbours.serve(ILL, Site(hsts=YEAR, body=body))
    judged = neighbours.judge()
    assert judged.grade(ILL).letters.measured is Letter.A
    assert judged.grade(WELL).letters.measured is Letter.A


@pytest.mark.parametrize("fault", ["close", "reset", "alert protocol_version", "alert handshake_failure"])
def test_a_server_that_stops_answering_after_any_number_of_connections_never_gets_a_better_letter(
    neighbours: Street, fault: str
) -> None:
    port = neighbours.serve(ILL, oldest=ssl.TLSVersion.TLSv1)
    open_letters = neighbours.judge(web(ILL)).grade(ILL).letters
    assert open_letters.measured is Letter.C
    for number in range(18):
        with FaultProxy(("127.0.0.1", port), after(number, FAULTS[fault])) as proxy:
            neighbours.lead(ILL, 443, proxy.port)
            judged = neighbours.judge(web(ILL))
        letters = judged.grade(ILL).letters
        assert letters.measured <= open_letters.measured, (number, judged.outcomes(ILL))
        assert letters.at_worst <= open_letters.at_worst
        assert judged.outcomes(ILL)["tls-legacy-version"] in (Outcome.FAIL, Outcome.UNKNOWN)


def test_a_server_that_stops_answering_is_called_throttled(neighbours: Street) -> None:
    port = neighbours.serve(ILL)
    with FaultProxy(("127.0.0.1", port), after(4, FAULTS["reset"])) as proxy:
        neighbours.lead(ILL, 443, proxy.port)
        judged = neighbours.judge()
    assert "throttled" in judged.reasons(ILL)
    assert judged.grade(ILL).letters.measured <= Letter.D
    assert judged.grade(WELL).letters.measured is Letter.A
