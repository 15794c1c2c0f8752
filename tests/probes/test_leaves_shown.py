"""A balancer before servers with different certificates: whichever connection meets the forgotten one, it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.facts.certificate_variants import CertificateVariant
from auditor.facts.certificates import CertificateSeen
from auditor.facts.tls import TlsVersion
from auditor.model import Asset, Outcome
from auditor.probe import Seen
from auditor.probes.flight import Flight
from auditor.probes.leaves_shown import MOST_CHAINS, LeavesMet
from auditor.probes.offer import Offer
from auditor.probes.server_hello import ServerHello
from auditor.probes.tls_port import TlsPortProbe
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.authority import Authority, Issued
from auditor.rig.faults import Balancer
from checks.certificate_chains import inconsistent, inconsistent_invalid
from checks.certificate_variants import variant_invalid
from checks.certificates import expired, wrong_name
from checks.derivations.certificate_faults import variant_faults
from checks.derivations.certificates_met import READS, certificates_met, invalid_in_turn
from tests.probes.port_rig import NAME
from tests.probes.tls_servers import s_server

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
ROOT = Authority.root()
GOOD = ROOT.leaf(NAME, not_before=NOW - DAY, not_after=NOW + 60 * DAY)
RENEWED = ROOT.leaf(NAME, not_before=NOW - DAY, not_after=NOW + 89 * DAY)
EXPIRED = ROOT.leaf(NAME, not_before=NOW - 90 * DAY, not_after=NOW - DAY)
OTHER_NAME = ROOT.leaf("other.elm.example", not_before=NOW - DAY, not_after=NOW + 60 * DAY)


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(ROOT.pem)
    return path


def balanced(ports: tuple[int, int], chosen: Callable[[int], int]) -> Balancer:
    return Balancer([("127.0.0.1", port) for port in ports], chosen)


def judged(ca_file: Path, folder: Path, *papers: Issued, chosen: Callable[[int], int]) -> tuple[Outcome, bool]:
    """Do the certificates of a port before servers with these papers differ, and must any be refused?"""
    pems = [one.write(folder / f"{number}.pem") for number, one in enumerate(papers)]
    asset = Asset(id="a", kind="tls", address=f"tls://{NAME}:7777", system="s")
    with s_server(pems[0]) as one, s_server(pems[-1]) as two, balanced((one, two), chosen) as balancer:
        target = (Target("127.0.0.1", balancer.port),)
        access = Access(limits=Limits(operation_s=5.0, pause_s=0.0), connect_to={(NAME, 7777): target}, ca_file=ca_file)
        sights = [one for one in TlsPortProbe().observe(asset, Reaches(access).of(asset)) if isinstance(one, Seen)]
    rows = {kind: {one.locus: one for one in sights if isinstance(one.facts, kind)} for kind in READS}
    met = certificates_met.derive(rows)
    refused = [inconsistent_invalid.judge(invalid_in_turn.derive(met))]  # type: ignore[arg-type]
    refused += [rule.judge(one.facts) for rule in (expired, wrong_name) for one in rows[CertificateSeen].values()]
    variants = [variant_faults.derive(one.facts) for one in rows[CertificateVariant].values()]
    refused += [variant_invalid.judge(one) for one in variants]  # type: ignore[arg-type]
    return inconsistent.judge(met).outcome, any(one.outcome is Outcome.FAIL for one in refused)  # type: ignore[arg-type]


def test_one_certificate_is_one(ca_file: Path, tmp_path: Path) -> None:
    assert judged(ca_file, tmp_path, GOOD, chosen=lambda _: 0) == (Outcome.PASS, False)


@pytest.mark.parametrize(
    ("other", "is_refused"), [(RENEWED, False), (EXPIRED, True), (OTHER_NAME, True)], ids=["new", "late", "name"]
)
@pytest.mark.parametrize("turn", [2, 3])
def test_a_forgotten_server_behind_the_address_is_told(
    ca_file: Path, tmp_path: Path, other: Issued, is_refused: bool, turn: int
) -> None:
    """Whichever conversation meets it: the usual handshake, one for a type of key, or a hello."""
    found = judged(ca_file, tmp_path, GOOD, other, chosen=lambda number: int(number % turn == turn - 1))
    assert found == (Outcome.FAIL, is_refused)


def test_a_server_with_another_certificate_for_each_hello_is_kept_to_a_few() -> None:
    leaves = LeavesMet()
    offer = Offer(version=TlsVersion.TLS12, suites=(0xC02F,))
    for number in range(1_000):
        leaves.note(offer, ServerHello(0x0303, 0xC02F, flight=Flight(certificates=(number.to_bytes(4, "big"),))))
    assert len(leaves._chains) == MOST_CHAINS
