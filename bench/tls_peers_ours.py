"""One scan of ours in a process of its own: `python -m bench.tls_peers_start MODE ROOTS NUMBER...`.

MODE `tls`: the TLS probe alone. `suites`: versions and suites, as nmap tells them, and nothing else. `shared`: those,
groups, and one handshake that fetches the certificate and validates its path, which sslyze's commands for suites,
curves and certificate ask as well. `same`: that handshake and all of the TLS probe. `nightly`: every web probe of the
nightly tier that is installed. All over `observe` with its threads, as `auditor run` looks. Prints a JSON object:
host's number → its answers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from auditor.facts.base import Facts
from auditor.facts.certificates import CertificateSeen
from auditor.facts.cipher_suites import suite
from auditor.facts.named_groups import group_name
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import TlsGroups
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset, Tier
from auditor.observe import Look, observe
from auditor.probe import Probe, Unseen, leads
from auditor.reach import Access, Reaches, Target
from bench.tls_peers_places import address_of, name_of

TOPICS: dict[type[Facts], tuple[str, ...]] = {
    TlsSuites: tuple(TlsVersion),
    TlsGroups: ("curve",),
    CertificateSeen: ("leaf",),
}


def scan(mode: str, roots: Path, numbers: Sequence[int]) -> dict[str, object]:
    places = {(name_of(number), port): (Target(address_of(number), port),) for number in numbers for port in (443, 80)}
    assets = [
        Asset(id=str(number), kind="web", address=f"https://{name_of(number)}/", system="bench") for number in numbers
    ]
    looks = observe(
        assets, Chosen(mode), Reaches(Access(connect_to=places, ca_file=roots)), tiers=frozenset({Tier.NIGHTLY})
    )
    return {look.asset.id: answers_of(look) for look in looks}


class Chosen:
    """The probes of one mode, asked of every asset."""

    def __init__(self, mode: str) -> None:
        self._probes = tuple(_probes_of(mode))

    def probes_for(self, asset: Asset) -> tuple[Probe, ...]:
        return tuple(probe for probe in self._probes if probe.kind == asset.kind and probe.tier in asset.tiers)

    def first_for(self, asset: Asset) -> Probe | None:
        return next(filter(leads, self.probes_for(asset)), None)


def _probes_of(mode: str) -> Iterator[Probe]:
    """Each loads what it needs and no more, as scanners of one purpose do. Raises ValueError for an unknown mode."""
    match mode:
        case "nightly":
            from auditor.plugins import load

            yield from (one for one in load().probes if one.kind == "web" and one.tier is Tier.NIGHTLY)
        case "suites":
            from bench.tls_peers_parts import SuitesProbe

            yield SuitesProbe()
        case "shared":
            from bench.tls_peers_leaf import LeafProbe
            from bench.tls_peers_parts import SharedProbe

            yield SharedProbe()
            yield LeafProbe()
        case "tls" | "same":
            from auditor.probes.tls import TlsProbe

            yield TlsProbe()
            if mode == "same":
                from bench.tls_peers_leaf import LeafProbe

                yield LeafProbe()
        case _:
            raise ValueError(mode)


def answers_of(look: Look) -> dict[str, object]:
    """`open`: topic → why it is not settled. The topics are those of `tls_peers_answers`, or a type of facts."""
    found: dict[str, object] = {"suites": [], "curves": [], "leaf": ""}
    still_open: dict[str, str] = {}
    for one in look.sights:
        if isinstance(one, Unseen):
            still_open |= dict.fromkeys(TOPICS.get(one.facts_type, (one.facts_type.__name__,)), one.reason.word)
            continue
        match one.facts:
            case TlsSuites(versions=rows):
                found["suites"] = [[row.version.value, suite(number).name] for row in rows for number in row.accepted]
                still_open |= {row.version.value: row.unsettled.detail for row in rows if row.unsettled}
            case TlsGroups() as groups:
                found["curves"] = [group_name(number) for number in (*groups.in_tls13, *groups.in_older)]
                left = [one.detail for one in (groups.open_in_tls13, groups.open_in_older) if one]
                still_open |= dict.fromkeys(("curve",) if left else (), "; ".join(left))
            case CertificateSeen() as certificate:
                found["leaf"] = certificate.leaf.sha256
    return found | {"open": still_open}


def main() -> None:
    print(json.dumps(scan(sys.argv[1], Path(sys.argv[2]), [int(number) for number in sys.argv[3:]])))
