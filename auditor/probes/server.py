"""Looks at a server over SSH: one login, one read-only script, the block graph home. Never judges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from typing import ClassVar
from urllib.parse import urlsplit

from auditor.facts.base import Facts
from auditor.facts.server import BlockGraph
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.block_graph import parse_block_graph
from auditor.reach import Reach, host_of

SSH = 22


def collection_script() -> bytes:
    """The fixed script that is sent to every server. Its sha256 stands in the plan, so that it can be allow-listed."""
    return files("auditor.probes").joinpath("server_facts.sh").read_bytes()


class ServerProbe:
    """One SSH connection and one exec per server, as an ordinary user."""

    kind: ClassVar[str] = "server"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (BlockGraph,)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        """Raises Unreachable when the script could not be run to its end."""
        answer = reach.shell(collection_script())
        try:
            yield Seen(parse_block_graph(answer.text, answer.marker, reach.now()))
        except ValueError as error:
            yield Unseen(BlockGraph, "", Reason.MALFORMED, f"{host_of(asset.address)} ({error})")

    def plan(self, asset: Asset) -> Iterable[str]:
        digest = hashlib.sha256(collection_script()).hexdigest()
        port = urlsplit(asset.address).port or SSH
        yield f"ssh {host_of(asset.address)}:{port} one login, one run of the read-only script sha256:{digest}"
