"""What one login told of a server, put together: root's facts and settings are a help, the block graph is a must."""

from __future__ import annotations

from typing import TypeVar

from auditor.derive import Rows, Undecided, derive, derive_from_places
from auditor.facts.base import Facts
from auditor.facts.linux_server import LinuxServer, ServerSources
from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.facts.server import BlockGraph
from auditor.facts.server_settings import ServerSettings
from auditor.model import Reason
from auditor.probe import Seen, Unseen

F = TypeVar("F", bound=Facts)


@derive_from_places(reads=(BlockGraph, ServerSettings, PrivilegedDisks), yields=LinuxServer)
def linux_server(rows: Rows) -> LinuxServer:
    """Raises Undecided where the graph was not seen."""
    graph = _seen(rows, BlockGraph)
    if graph is None:
        unseen = rows.get(BlockGraph, {}).get("")
        if isinstance(unseen, Unseen):
            raise Undecided(unseen.reason, unseen.detail)
        raise Undecided(Reason.NOT_OBSERVED, BlockGraph.__name__)
    return LinuxServer(
        observed_at=graph.observed_at,
        graph=graph,
        settings=_seen(rows, ServerSettings),
        privileged=_seen(rows, PrivilegedDisks),
    )


def _seen(rows: Rows, kind: type[F]) -> F | None:
    sight = rows.get(kind, {}).get("")
    return sight.facts if isinstance(sight, Seen) and isinstance(sight.facts, kind) else None


@derive(reads=(LinuxServer,), yields=ServerSources)
def server_sources(server: LinuxServer) -> ServerSources:
    settings = server.settings
    return ServerSources(
        observed_at=server.observed_at,
        sections=(*server.graph.sections, *(settings.sections if settings else ())),
        script=settings.script if settings else "",
        helper=server.privileged.helper if server.privileged else "",
        virtualisation=settings.virtualisation if settings else "",
    )


DERIVATIONS = (linux_server, server_sources)
