"""Where a server writes its memory when it hibernates. Pure."""

from __future__ import annotations

from auditor.derive import derive
from auditor.facts.at_rest import AtRest, HibernationAtRest, Resting
from auditor.facts.linux_server import LinuxServer
from auditor.facts.server import BlockGraph, SectionState
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import map_of, row, settle


@derive(reads=(LinuxServer,), yields=HibernationAtRest)
def hibernation_at_rest(server: LinuxServer) -> HibernationAtRest:
    """Raises Undecided where a place is set, and what lies below it was not seen."""
    places = _targets(server.graph, map_of(server))
    settle(server.graph, places, needs=("resume", "sysblk"))
    return HibernationAtRest(observed_at=server.observed_at, places=places)


def _targets(graph: BlockGraph, devices: BlockMap) -> tuple[Resting, ...]:
    """The kernel's own target counts; where it has none, the one that its command line names and nobody took up."""
    if graph.can_hibernate is False or graph.state_of("resume") is SectionState.ABSENT:
        return ()  # without the file, the kernel was built without hibernation
    if graph.resume is not None:
        return (_target(devices, graph.resume, devices.device_numbered(graph.resume)),)
    if graph.state_of("resume") is not SectionState.SEEN:
        return (_unseen("/sys/power/resume", f"it is {graph.state_of('resume').value}"),)
    if graph.resume_named:
        return (_target(devices, graph.resume_named, devices.device_at(graph.resume_named)),)
    return ()


def _target(devices: BlockMap, name: str, vertex: str | None) -> Resting:
    if vertex is None:
        return _unseen(name, "that device was not seen")
    return row(f"hibernation to {name}", devices.footing(vertex), f"hibernation <- {devices.chain(vertex)}")


def _unseen(name: str, why: str) -> Resting:
    return Resting(place=f"hibernation to {name}", state=AtRest.UNKNOWN, why=why, is_settled=False)


DERIVATIONS = (hibernation_at_rest,)
