"""What one look at a server costs: connections, keys offered, execs, as the servers of the rig count them."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from auditor.facts.server import BlockGraph
from auditor.facts.server_settings import ServerSettings
from auditor.model import Asset
from auditor.observe import observe_with
from auditor.probe import Seen
from auditor.probes.server import ServerProbe
from auditor.reach import Access, Reaches
from auditor.rig.ssh_replay import RECORDINGS, SshServer, replaying, write_identity
from bench.figures import Figure, at_most, show

SERVERS = 8


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """Of one server."""

    connections: int
    keys_offered: int
    execs: int


def figures() -> Iterator[Figure]:
    started, cpu = time.perf_counter(), time.process_time()
    costs = count(SERVERS)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    yield at_most("server: connections", max(cost.connections for cost in costs), 1)
    yield at_most("server: execs", max(cost.execs for cost in costs), 1)
    yield Figure("server: keys offered", str(max(cost.keys_offered for cost in costs)))
    each = f"{wall / SERVERS * 1000:.0f} ms, {cpu / SERVERS * 1000:.0f} ms CPU"
    yield Figure("server: one look, the rig's share included", each)


def count(servers: int) -> list[Cost]:
    """Look once at each of so many servers. Raises RuntimeError when anything was not seen."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        identity = Path(folder) / "identity"
        public = write_identity(identity)
        rigs = [
            stack.enter_context(SshServer(replaying(RECORDINGS[number % len(RECORDINGS)]), authorized=public))
            for number in range(servers)
        ]
        reaches = Reaches(Access(identity_file=identity, use_agent=False))
        for number, rig in enumerate(rigs):
            address = f"ssh://audit@127.0.0.1:{rig.port}"
            asset = Asset(id=f"s{number}", kind="server", address=address, system="bench", host_key=rig.host_key)
            said = observe_with(ServerProbe(), asset, reaches.of(asset))
            if not {BlockGraph, ServerSettings} <= {type(one.facts) for one in said if isinstance(one, Seen)}:
                raise RuntimeError(f"a server was not seen whole: {said}")
    return [Cost(rig.connections, len(rig.offers), len(rig.execs)) for rig in rigs]


if __name__ == "__main__":
    sys.exit(show(figures()))
