"""Block graph → what lies below each mounted file system and swap. Pure; the rules of what is judged are here.

A plain user's facts show the layers and not the cipher; root's helper, where it is granted, tells that too. The
target's kernel is trusted in all this.
"""

from __future__ import annotations

from collections.abc import Iterable

from auditor.derive import Undecided, derive
from auditor.facts.at_rest import AtRest, Confidence, PartlyPlainMounts, PlainMounts, Resting, SwapAtRest
from auditor.facts.linux_server import LinuxServer
from auditor.facts.server import BlockGraph, Mount, SectionState, Swap
from auditor.model import Reason
from checks.derivations.block_steps import Ground
from checks.derivations.block_walk import BlockMap, Footing
from checks.derivations.file_systems import (
    BEFORE_ANY_KEY,
    IMAGES,
    MEMORY,
    NETWORK,
    OWN_FILES,
    STACKED,
    SYSTEM_IMAGE,
    has_no_device,
    is_fuse_elsewhere,
    is_kernels_own,
    is_session_door,
    is_under,
    serves_a_device,
)

REASONS = {
    SectionState.ABSENT: Reason.NOT_OBSERVED,
    SectionState.DENIED: Reason.ACCESS_DENIED,
    SectionState.TRUNCATED: Reason.TRUNCATED,
    SectionState.TIMED_OUT: Reason.TIMEOUT,
    SectionState.FAILED: Reason.MALFORMED,
}


@derive(reads=(LinuxServer,), yields=PlainMounts)
def plain_mounts(server: LinuxServer) -> PlainMounts:
    """Raises Undecided unless a mount is proven plain or every one was settled."""
    places = mounted(server.graph, map_of(server))
    settle(server.graph, places, faults=(AtRest.PLAIN,), needs=("mountinfo", "sysblk"))
    return PlainMounts(observed_at=server.observed_at, places=places)


@derive(reads=(LinuxServer,), yields=PartlyPlainMounts)
def partly_plain_mounts(server: LinuxServer) -> PartlyPlainMounts:
    """Raises Undecided unless a mount is proven partly plain or every one was settled."""
    places = mounted(server.graph, map_of(server))
    settle(server.graph, places, faults=(AtRest.PARTLY_PLAIN,), needs=("mountinfo", "sysblk"))
    return PartlyPlainMounts(observed_at=server.observed_at, places=places)


@derive(reads=(LinuxServer,), yields=SwapAtRest)
def swap_at_rest(server: LinuxServer) -> SwapAtRest:
    """Raises Undecided unless a swap is proven plain, wholly or partly, or every one was settled."""
    places = swapped(server.graph, map_of(server))
    settle(server.graph, places, needs=("swaps", "sysblk", "mountinfo"))
    return SwapAtRest(observed_at=server.observed_at, places=places)


def map_of(server: LinuxServer) -> BlockMap:
    return BlockMap(server.graph, server.privileged)


def mounted(graph: BlockGraph, devices: BlockMap) -> tuple[Resting, ...]:
    """One row per file system, however often it is mounted; the kernel's own and memory are left out, "/" never."""
    groups: dict[str, list[Mount]] = {}
    for mount in graph.mounts:
        if mount.point == "/" or not is_volatile(mount):
            groups.setdefault(mount.devno, []).append(mount)
    rows = [mount_row(devices, group) for group in groups.values()]
    if not any(mount.point == "/" for mount in graph.mounts):
        rows.append(Resting(place="mount /", state=AtRest.UNKNOWN, why="no root was seen", is_settled=False))
    rows += _unread(graph, "mountinfo", "sysblk")
    return tuple(sorted(rows, key=lambda row: row.place))


def swapped(graph: BlockGraph, devices: BlockMap) -> tuple[Resting, ...]:
    """One row per swap."""
    rows = [_swap_row(devices, swap) for swap in graph.swaps]
    return tuple(rows) + _unread(graph, "swaps", "sysblk", "mountinfo")


def is_volatile(mount: Mount) -> bool:
    return mount.fstype in MEMORY or is_kernels_own(mount.fstype, mount.devno, mount.point)


def _prominence(mount: Mount) -> tuple[bool, int, str]:
    """The whole file system before a bind mount of a part of it, the shortest path first."""
    return (mount.root != "/", len(mount.point), mount.point)


def mount_row(devices: BlockMap, mounts: Iterable[Mount]) -> Resting:
    """One file system, by all the mounts of it."""
    mounts = sorted(mounts, key=_prominence)
    first = mounts[0]
    points = sorted({mount.point for mount in mounts})
    place = f"mount {first.point}" + (f" (and {len(points) - 1} more places)" if len(points) > 1 else "")
    unjudged = _unjudged(devices, first, points)
    if unjudged:
        state, why = unjudged
        return Resting(place=place, state=state, why=why, chain=first.fstype, is_settled=state is not AtRest.UNKNOWN)
    vertex = f"fs:{first.devno}"
    chain = devices.chain(vertex, first.point)
    if first.is_read_only and (_is_system_tree(points) or devices.is_signed(vertex)):
        return Resting(place=place, state=AtRest.EXEMPT, why="a read-only system image holds no data", chain=chain)
    return row(place, devices.footing(vertex), chain)


def _unjudged(devices: BlockMap, mount: Mount, points: list[str]) -> tuple[AtRest, str] | None:
    """Why a file system is not followed to a device of this server; None when it is."""
    if mount.fstype in MEMORY:
        return AtRest.MEMORY, "it lies in memory"
    if mount.fstype in NETWORK:
        return AtRest.EXEMPT, "a network file system rests elsewhere"
    if mount.fstype in IMAGES:
        return AtRest.EXEMPT, "a read-only image holds no data"
    if mount.fstype in STACKED or (has_no_device(mount.fstype) and not serves_a_device(mount.fstype, mount.source)):
        return _stacked(devices, mount, points)
    if all(point in BEFORE_ANY_KEY for point in points):
        return AtRest.EXEMPT, "it is read before any key is there"
    return None


def _stacked(devices: BlockMap, mount: Mount, points: list[str]) -> tuple[AtRest, str]:
    """A file system over directories of others. As "/" it is a container's, whose disks only its host knows."""
    if "/" in points:
        return AtRest.UNKNOWN, f"/ is {mount.fstype}: a container's disks are its host's, so audit the host"
    is_known = is_fuse_elsewhere(mount.fstype) or all(map(is_session_door, points))
    if has_no_device(mount.fstype) and not is_known:
        return AtRest.UNKNOWN, f"nobody told where the program behind {mount.fstype} keeps its files"
    if mount.fstype != "overlay":
        return AtRest.EXEMPT, "it keeps its files on other mounts"
    if mount.upper is None:
        return AtRest.EXEMPT, "nothing can be written to it"
    holder = devices.holder_of(mount.upper)
    if holder is None or holder.fstype in STACKED:
        return AtRest.UNKNOWN, "where its upper directory lies was not seen"
    return AtRest.EXEMPT, f"it keeps its files on mount {holder.point}"


def _is_system_tree(points: list[str]) -> bool:
    """Only the distribution's own files. Any other disk that is mounted read-only stays judged: one that went read-only
    after an error still holds what it held."""
    return all(
        any(is_under(point, tree) for tree in SYSTEM_IMAGE) and not is_under(point, OWN_FILES) for point in points
    )


def _swap_row(devices: BlockMap, swap: Swap) -> Resting:
    place = f"swap {swap.path}"
    if swap.is_file:
        holder = None if is_under(swap.path, "/dev") else devices.holder_of(swap.path)
        vertex = f"fs:{holder.devno}" if holder and not swap.path.endswith(" (deleted)") else None
    else:
        vertex = devices.device_at(swap.path)
    if vertex is None:
        why = "what it lies on was not seen"
        return Resting(place=place, state=AtRest.UNKNOWN, why=why, is_settled=False)
    return row(place, devices.footing(vertex), f"{swap.path if swap.is_file else 'swap'} <- {devices.chain(vertex)}")


def row(place: str, footing: Footing, chain: str) -> Resting:
    """What a walk found below a place."""
    state = _state(footing.grounds)
    if footing.on_volumes and state in (AtRest.PLAIN, AtRest.PARTLY_PLAIN):
        state = AtRest.VOLUME
    confidence = Confidence.CIPHER_VERIFIED if footing.is_verified else Confidence.LAYER_ONLY
    return Resting(
        place=place,
        state=state,
        chain=chain,
        why=footing.why,
        is_settled=Ground.UNKNOWN not in footing.grounds,
        confidence=confidence if state is AtRest.ENCRYPTED else None,
        layers=footing.layers,
        plain_on=footing.plain,
    )


def _state(grounds: frozenset[Ground]) -> AtRest:
    """One plain leaf makes the whole at least partly plain; an unknown one keeps it from being encrypted."""
    if grounds == {Ground.PLAIN}:
        return AtRest.PLAIN
    if Ground.PLAIN in grounds:
        return AtRest.PARTLY_PLAIN
    if Ground.UNKNOWN in grounds or not grounds:
        return AtRest.UNKNOWN
    return AtRest.ENCRYPTED if Ground.ENCRYPTED in grounds else AtRest.MEMORY


def first_unread(graph: BlockGraph, needs: Iterable[str]) -> tuple[Reason, str] | None:
    """Why the facts cannot tell of every place, by the first source that was not read whole; None where all were."""
    states = ((name, graph.state_of(name)) for name in needs)
    return next(((REASONS[at], f"{name} is {at.value}") for name, at in states if at is not SectionState.SEEN), None)


def _unread(graph: BlockGraph, *sections: str) -> tuple[Resting, ...]:
    """A row for each source that was not read whole: something may be missing from the list."""
    states = {section: graph.state_of(section) for section in sections}
    return tuple(
        Resting(place=f"the rest of {name}", state=AtRest.UNKNOWN, why=f"{name} is {state.value}", is_settled=False)
        for name, state in states.items()
        if state is not SectionState.SEEN
    )


def settle(
    graph: BlockGraph,
    places: tuple[Resting, ...],
    *,
    faults: tuple[AtRest, ...] = (AtRest.PLAIN, AtRest.PARTLY_PLAIN),
    needs: Iterable[str] = ("mountinfo", "sysblk"),
    otherwise: Reason | None = None,
) -> None:
    """Raise Undecided where no fault is proven and something was not settled.

    `otherwise`: the reason where all of `needs` was read; None: whatever keeps the graph from telling.
    """
    if any(place.state in faults for place in places):
        return
    if graph.kernel != "Linux":
        raise Undecided(Reason.NOT_OBSERVED, f"disks of {graph.kernel or 'an unnamed system'} are not understood yet")
    open_places = [place for place in places if not place.is_settled]
    if open_places:
        more = f", and {len(open_places) - 1} more" if len(open_places) > 1 else ""
        raise Undecided(_reason(graph, needs, otherwise), f"{open_places[0].place} ({open_places[0].why}){more}")


def _reason(graph: BlockGraph, needs: Iterable[str], otherwise: Reason | None) -> Reason:
    states = [graph.state_of(section) for section in needs]
    unread = [REASONS[state] for state in states if state is not SectionState.SEEN]
    if unread:
        return unread[0]
    return otherwise or (Reason.ACCESS_DENIED if graph.null_cipher_users else Reason.NOT_OBSERVED)


DERIVATIONS = (plain_mounts, partly_plain_mounts, swap_at_rest)
