"""Looks at a server over SSH: its door, then one login, one read-only script, the block graph home. Never judges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from typing import ClassVar
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.server import BlockGraph
from auditor.facts.ssh import SshDoor, SshHostKey
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.block_graph import parse_block_graph
from auditor.probes.ssh_door import door_of
from auditor.reach import Reach, host_of

SSH = 22
DOOR = (SshDoor, SshHostKey)


def collection_script() -> bytes:
    """The fixed script that is sent to every server. Its sha256 stands in the plan, so that it can be allow-listed."""
    return files("auditor.probes").joinpath("server_facts.sh").read_bytes()


class ServerProbe:
    """One SSH connection and one exec per server, as an ordinary user. Where there is no login, the door alone."""

    kind: ClassVar[str] = "server"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (*DOOR, BlockGraph)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        """Raises Unreachable where the server was not spoken to at all."""
        visit = reach.shell(collection_script())
        yield from door_of(visit, host_of(asset.address), reach.now())
        if visit.output is None:
            failure = visit.failure or Unreachable(Reason.NOT_OBSERVED, host_of(asset.address))
            yield from (Unseen(kind, "", failure.reason, failure.detail) for kind in self.yields if kind not in DOOR)
            return
        answer = visit.output
        try:
            yield Seen(parse_block_graph(answer.text, answer.marker, reach.now()))
        except ValueError as error:
            yield Unseen(BlockGraph, "", Reason.MALFORMED, f"{host_of(asset.address)} ({error})")

    def plan(self, asset: Asset) -> Iterable[str]:
        digest = hashlib.sha256(collection_script()).hexdigest()
        port = urlsplit(asset.address).port or SSH
        yield f"ssh {host_of(asset.address)}:{port} one login, one run of the read-only script sha256:{digest}"
