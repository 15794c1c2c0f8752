"""Two probes at once at one host: whatever the host makes of that, they say what they say one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from auditor import plugins
from auditor.clock import utc_now
from auditor.facts.cipher_suites import suite
from auditor.facts.tls_suites import SuitePreference, TlsSuites
from auditor.model import Asset, Outcome, Tier
from auditor.observe import Look, observe
from auditor.pipeline import Question, assess
from auditor.probe import Seen, Unseen
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.authority import Authority, rsa_key
from auditor.rig.faults import FAULTS, FaultProxy, Schedule, after, only
from auditor.rig.replies import Alert, Close, Hang, Reply, Reset, Send
from auditor.rubric import read_rubric
from tests.rig.nginx import free_port, start_nginx
from tests.rig.one_at_a_time import Counter, behind

pytestmark = pytest.mark.root

When = Callable[[int, Reply], Schedule]
NAME = "www.rig.example"
PARTS = plugins.load(frozenset({"web"}))
TIERS = frozenset({Tier.NIGHTLY, Tier.ONLINE})
ROOT = Authority.root()
ASSET = Asset(id="web", kind="web", address=f"https://{NAME}/", system="", tiers=TIERS)
OBSERVED = re.compile(r"observed_at=datetime\.datetime\([^)]*\)")
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
AWAY: dict[str, Reply | None] = {
    "waits": None,
    "reset": Reset(),
    "close": Close(),
    "hang": Hang(),
    "alert internal_error": Alert(80),
    "busy": Send(BUSY),
    "words": Send(b"too many connections\r\n"),
}
KINDS = {
    "TLS 1.2 and 1.3": "ssl_protocols TLSv1.2 TLSv1.3;",
    "TLS 1.0 to 1.2, some suites": "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;"
    " ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:DHE-RSA-AES256-SHA:@SECLEVEL=0;",
    "TLS 1.3 alone": "ssl_protocols TLSv1.3;",
}
BLOCKS = """
server {{ listen 127.0.0.1:{https} ssl; server_name {name}; ssl_certificate {pem}; ssl_certificate_key {pem}; {tls}
          add_header Strict-Transport-Security "max-age=31536000"; location / {{ return 200 hello; }} }}
server {{ listen 127.0.0.1:{http}; server_name {name}; return 301 https://{name}$request_uri; }}
"""


@pytest.fixture(scope="module", params=KINDS)
def ports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, int]]:
    with serving(KINDS[request.param], tmp_path_factory.mktemp("together")) as found:
        yield found


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, int]]:
    with serving(KINDS["TLS 1.0 to 1.2, some suites"], tmp_path_factory.mktemp("old")) as found:
        yield found


@pytest.fixture(scope="module")
def calm(old: dict[int, int], ca_file: Path) -> dict[str, Outcome]:
    found = outcomes(look_at(old, ca_file)[0])
    assert Outcome.FAIL in found.values()
    return found


@contextmanager
def serving(tls: str, folder: Path) -> Iterator[dict[int, int]]:
    """nginx, by asked port."""
    pem = ROOT.leaf(NAME, key=rsa_key()).write(folder / "leaf.pem")
    https, http = free_port(), free_port()
    blocks = BLOCKS.format(https=https, http=http, name=NAME, pem=pem, tls=tls)
    with start_nginx(folder, blocks):
        yield {443: https, 80: http}


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roots") / "roots.pem"
    path.write_bytes(ROOT.pem)
    return path


def facts_of(
    ports: dict[int, int], ca_file: Path, *, at_once: int = 2, together: bool = True, operation_s: float = 5.0
) -> tuple[dict[tuple[str, str], str], int]:
    """What all probes of a web service say, by type and locus; and the connections that it took."""
    sights, used = look_at(ports, ca_file, at_once=at_once, together=together, operation_s=operation_s)
    said = {(_name(one), one.locus): _words(one) for one in sights}
    assert len(said) == len(sights)
    return said, used


def look_at(
    ports: dict[int, int], ca_file: Path, *, at_once: int = 2, together: bool = True, operation_s: float = 5.0
) -> tuple[tuple[Seen | Unseen, ...], int]:
    limits = Limits(in_flight_per_host=at_once, pause_s=0.0, operation_s=operation_s)
    places = {(NAME, asked): (Target("127.0.0.1", port),) for asked, port in ports.items()}
    reaches = Reaches(Access(limits=limits, connect_to=places, ca_file=ca_file))
    (look,) = observe([ASSET], PARTS, reaches, together=together)
    return look.sights, reaches.connections


def outcomes(sights: Iterable[Seen | Unseen]) -> dict[str, Outcome]:
    """What the checks of a web service say of them, by id."""
    question = Question(assets=(ASSET,), rubric=read_rubric())
    report = assess([Look(ASSET, tuple(sights))], question, PARTS, began=utc_now(), clock=utc_now)
    worst: dict[str, Outcome] = {}
    for finding in report.findings:
        if worst.get(finding.check) is not Outcome.FAIL:
            worst[finding.check] = finding.outcome
    return worst


def _alone_fails(number: int, fault: Reply) -> Schedule:
    return only(frozenset({number + 1}), fault)


def _name(sight: Seen | Unseen) -> str:
    return sight.facts_type.__name__ if isinstance(sight, Unseen) else type(sight.facts).__name__


def _words(sight: Seen | Unseen) -> str:
    """A hello that is asked again names its suites the other way round, so the order of what is picked is left out."""
    match sight:
        case Seen(facts=TlsSuites(versions=rows) as facts):
            ordered = [replace(row, accepted=tuple(sorted(row.accepted))) for row in rows]
            sight = replace(sight, facts=replace(facts, versions=tuple(ordered)))
        case Seen(facts=SuitePreference() as facts):
            picks = [suite(one).strength for one in (facts.picked, facts.picked_again) if one]
            return f"{sorted(facts.offered)}, {picks}"
    return OBSERVED.sub("", repr(sight))


@pytest.fixture(scope="module")
def alone(ports: dict[int, int], ca_file: Path) -> tuple[dict[tuple[str, str], str], int]:
    """What is said one by one."""
    found = facts_of(ports, ca_file, at_once=1, together=False)
    assert not [words for words in found[0].values() if words.startswith("Unseen")]
    return found


def test_an_untroubled_host_is_asked_no_more_than_one_by_one(
    ports: dict[int, int], ca_file: Path, alone: tuple[dict[tuple[str, str], str], int]
) -> None:
    assert facts_of(ports, ca_file) == alone


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize("together", [True, False], ids=["together", "probe by probe"])
def test_a_host_that_serves_one_connection_at_a_time_is_seen_as_if_asked_one_by_one(
    ports: dict[int, int], ca_file: Path, alone: tuple[dict[tuple[str, str], str], int], away: str, *, together: bool
) -> None:
    counter = Counter(AWAY[away])
    with behind(counter, ports) as doors:
        said, _ = facts_of(doors, ca_file, together=together, operation_s=0.7 if away == "hang" else 5.0)
    assert said == alone[0]
    assert counter.sent_away or AWAY[away] is None


MOST = 45  # connections of an untroubled look, and a few


@pytest.mark.parametrize("fault", ["close", "reset", "alert internal_error"])
@pytest.mark.parametrize("passed", range(0, MOST, 5))
@pytest.mark.parametrize("when", [after, _alone_fails], ids=["from then on", "once"])
def test_whatever_fails_nothing_passes_that_fails_at_an_untroubled_host(
    old: dict[int, int], ca_file: Path, calm: dict[str, Outcome], fault: str, passed: int, when: When
) -> None:
    with FaultProxy(("127.0.0.1", old[443]), when(passed, FAULTS[fault])) as proxy:
        sights = look_at({443: proxy.port, 80: old[80]}, ca_file)[0]
    found = outcomes(sights)
    assert [name for name, one in found.items() if one is Outcome.PASS and calm[name] is Outcome.FAIL] == []
