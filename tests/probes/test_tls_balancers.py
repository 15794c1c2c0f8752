"""Two servers behind one port that do not agree: what either of them takes is found, and what one refuses is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersions
from auditor.facts.tls_suites import TlsSuites
from auditor.probe import Seen, Unseen
from auditor.probes.tls_topics import Unclear
from auditor.rig.faults import Balancer
from tests.probes.tls_rig import look_whole
from tests.probes.tls_servers import key_file, s_server
from tests.probes.tls_verdicts import outcomes

pytestmark = pytest.mark.root  # Debian's OpenSSL takes part

STRICT = ("-no_tls1", "-no_tls1_1", "-cipher", "ECDHE+AESGCM", "-ciphersuites", "TLS_AES_256_GCM_SHA384")
WEAK_SUITES = "AES128-SHA:NULL-SHA256:ADH-AES128-SHA:@SECLEVEL=0"
WEAK = ("-cipher", WEAK_SUITES, "-ciphersuites", "TLS_AES_128_GCM_SHA256")
OLD = ("-tls1", "-cipher", "ALL:@SECLEVEL=0")
VERSIONS_ASKED = 8  # by the first conversation, of a server that refuses old ones with an alert
Whole = dict[type[Facts], Seen | Unseen]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_file(tmp_path_factory.mktemp("balanced"), "rsa:2048")


@pytest.fixture(scope="module")
def servers(pem: Path) -> Iterator[tuple[int, int]]:
    with s_server(pem, *STRICT) as strict, s_server(pem, *WEAK) as weak:
        yield strict, weak


def through(servers: tuple[int, int], chosen: Callable[[int], int]) -> Whole:
    with Balancer([("127.0.0.1", port) for port in servers], chosen) as balancer:
        return look_whole(balancer.port)


def said(whole: Whole) -> dict[type[Facts], Facts | Unclear]:
    return {kind: one.facts if isinstance(one, Seen) else (one.reason, one.detail) for kind, one in whole.items()}


def doubts(whole: Whole) -> list[str]:
    """The details of all that is inconsistent."""
    found = [one.detail for one in whole.values() if isinstance(one, Unseen) and one.reason.word == "inconsistent"]
    versions = whole[TlsVersions]
    if isinstance(versions, Seen) and isinstance(versions.facts, TlsVersions):
        found += [row.detail for row in versions.facts.unknown if row.reason == "inconsistent"]
    suites = whole[TlsSuites]
    if isinstance(suites, Seen) and isinstance(suites.facts, TlsSuites):
        open_rows = [row.unsettled for row in suites.facts.versions if row.unsettled]
        found += [one.detail for one in open_rows if one.reason == "inconsistent"]
    return found


def never_better(whole: Whole, *truths: dict[str, str]) -> None:
    """No health where either server has a fault, and no fault where neither has."""
    for check, outcome in outcomes(said(whole)).items():
        true = {truth[check] for truth in truths}
        assert outcome != "pass" or "fail" not in true, check
        assert outcome != "fail" or "fail" in true, check


def test_one_server_that_answers_everything_is_no_reason_for_doubt(servers: tuple[int, int]) -> None:
    assert not doubts(through(servers, lambda _: 0))


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("first", [2, 3, 5, 8, 9, 12])
def test_a_change_of_servers_is_inconsistent_with_both_answers(
    servers: tuple[int, int], first: int, order: int
) -> None:
    """One of them answers at first, the other from some connection on."""
    whole = through(servers, lambda number: order if number < first else 1 - order)
    assert any("0x1301" in detail and "0x1302" in detail for detail in doubts(whole))
    never_better(whole, *(outcomes(said(through(servers, lambda _, one=one: one))) for one in (0, 1)))


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("run", [1, 2, 3])
def test_servers_that_take_turns_never_look_better_than_the_weak_one(
    servers: tuple[int, int], run: int, offset: int
) -> None:
    """Turns of two may fit our pairs of hellos, so that each control meets one server: it is found with both suites."""
    whole = through(servers, lambda number: ((number + offset) // run) % 2)
    assert doubts(whole) or (run, offset) == (2, 0)
    never_better(whole, *(outcomes(said(through(servers, lambda _, one=one: one))) for one in (0, 1)))


@pytest.mark.parametrize("turn", [2, 3, 4, 5])
@pytest.mark.parametrize("start", [0, VERSIONS_ASKED])
def test_an_old_server_among_strict_ones_is_never_hidden_by_them(pem: Path, start: int, turn: int) -> None:
    """It takes its turns, from the first connection on or once all versions have been asked of the others."""
    with s_server(pem, *STRICT) as strict, s_server(pem, *OLD) as old:
        pair = strict, old
        whole = through(pair, lambda number: int(number >= start and number % turn == turn - 1))
        never_better(whole, *(outcomes(said(through(pair, lambda _, one=one: one))) for one in (0, 1)))
    versions = whole[TlsVersions]
    assert isinstance(versions, Seen)
    assert isinstance(versions.facts, TlsVersions)
    assert not versions.facts.refused
    assert doubts(whole)
