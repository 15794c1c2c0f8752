"""Directories of databases, backups, dumps and temporary files → what lies below them. Pure.

A directory rests where the mount that holds it does, and so does every mount inside it. Into a closed directory nobody
sees: a link in it may lead to any other mount, so it is good only where all of them are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import dirname

from auditor.derive import derive
from auditor.facts.at_rest import (
    AtRest,
    BackupsAtRest,
    CrashDumpsAtRest,
    DatabasesAtRest,
    RemovableAtRest,
    Resting,
    TemporaryAtRest,
)
from auditor.facts.linux_server import LinuxServer
from auditor.facts.server import BlockNode, Mount, SectionState
from auditor.facts.server_settings import Directory, Use
from auditor.model import Reason
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import REASONS, is_volatile, map_of, mount_row, mounted, settle
from checks.derivations.file_systems import is_under

DATABASES = (Use.POSTGRESQL, Use.MYSQL, Use.MSSQL, Use.MONGODB)
FAULTS = (AtRest.PLAIN, AtRest.PARTLY_PLAIN)
BACKUP = re.compile(
    r"(^|[-_./])(backups?|bak|borg|restic|rsnapshot|bacula|bareos|veeam|amanda)([-_./]|$)", re.IGNORECASE
)
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - judged, not used
PORTABLE = frozenset({"usb", "mmc"})


@derive(reads=(LinuxServer,), yields=DatabasesAtRest)
def databases_at_rest(server: LinuxServer) -> DatabasesAtRest:
    """Raises Undecided where something may lie on plain storage and was not seen to."""
    places = _directories(server, DATABASES)
    settle(server.graph, places, otherwise=_untold(server))
    return DatabasesAtRest(observed_at=server.observed_at, places=places)


@derive(reads=(LinuxServer,), yields=BackupsAtRest)
def backups_at_rest(server: LinuxServer) -> BackupsAtRest:
    """Raises Undecided as the databases' do."""
    named = [mount for mount in server.graph.mounts if BACKUP.search(mount.point) and not is_volatile(mount)]
    found = [*_by_mount(map_of(server), named, "backups"), *_directories(server, (Use.BACKUP,))]
    places = tuple({place.place: place for place in found}.values())
    settle(server.graph, places, otherwise=_untold(server))
    return BackupsAtRest(observed_at=server.observed_at, places=places)


@derive(reads=(LinuxServer,), yields=CrashDumpsAtRest)
def crash_dumps_at_rest(server: LinuxServer) -> CrashDumpsAtRest:
    """Raises Undecided as the databases' do. A pattern that is no absolute path dumps wherever a program stands."""
    settings = server.settings
    pattern = dirname(settings.core_pattern) if settings and settings.core_pattern.startswith("/") else ""
    further = [Directory(use=Use.CRASH, path=pattern, is_open=True)] if pattern and "%" not in pattern else []
    places = _directories(server, (Use.CRASH,), further)
    settle(server.graph, places, otherwise=_untold(server))
    return CrashDumpsAtRest(observed_at=server.observed_at, places=places)


@derive(reads=(LinuxServer,), yields=TemporaryAtRest)
def temporary_at_rest(server: LinuxServer) -> TemporaryAtRest:
    """Where they were not told, /tmp and /var/tmp are taken to be no links."""
    usual = [Directory(use=Use.TEMPORARY, path=path, is_open=True) for path in TEMPORARY]
    found = _told(server, (Use.TEMPORARY,))
    devices = map_of(server)
    places = tuple(place for one in (usual if found is None else found) for place in _below(server, devices, one))
    settle(server.graph, places)
    return TemporaryAtRest(observed_at=server.observed_at, places=places)


@derive(reads=(LinuxServer,), yields=RemovableAtRest)
def removable_at_rest(server: LinuxServer) -> RemovableAtRest:
    """Mounts that lie, wholly or in part, without encryption on a disk that can be carried off in a pocket."""
    devices, graph = map_of(server), server.graph
    is_whole = all(graph.state_of(name) is SectionState.SEEN for name in ("sysblk", "mountinfo"))
    none_is = is_whole and graph.nodes and not any(map(_can_be_carried, graph.nodes))
    rows = () if none_is else mounted(graph, devices)
    places = tuple(place for place in rows if not place.is_settled or _is_portable(devices, place))
    settle(server.graph, places)
    return RemovableAtRest(observed_at=server.observed_at, places=places)


def _is_portable(devices: BlockMap, place: Resting) -> bool:
    found = (devices.node(name) for name in place.plain_on)
    return any(node is not None and _can_be_carried(node) for node in found)


def _can_be_carried(node: BlockNode) -> bool:
    return node.is_removable is True or node.transport in PORTABLE


def _told(server: LinuxServer, uses: Iterable[Use]) -> list[Directory] | None:
    """None where nobody told which directories there are."""
    settings = server.settings
    if settings is None or settings.state_of("directories") is not SectionState.SEEN:
        return None
    return [one for one in settings.directories if one.use in tuple(uses)]


def _untold(server: LinuxServer) -> Reason | None:
    """Why nobody told which directories there are; None where it was told."""
    if server.settings is None:
        return Reason.NOT_OBSERVED
    state = server.settings.state_of("directories")
    return None if state is SectionState.SEEN else REASONS[state]


def _directories(server: LinuxServer, uses: Iterable[Use], further: Iterable[Directory] = ()) -> tuple[Resting, ...]:
    devices, told = map_of(server), _told(server, uses)
    known = tuple(place for one in (*(told or ()), *further) for place in _below(server, devices, one))
    if told is not None:
        return known
    return (*known, *_everywhere(server, devices, "the directories", "where they are was not told"))


def _everywhere(server: LinuxServer, devices: BlockMap, what: str, why: str) -> Iterator[Resting]:
    """What lies nobody knows where is good only where every mount is."""
    rows = mounted(server.graph, devices)
    if any(row.state in FAULTS or not row.is_settled for row in rows):
        yield Resting(place=what, state=AtRest.UNKNOWN, why=why, is_settled=False)
        return
    yield from (replace(row, place=f"wherever they lie: {row.place}") for row in rows if row.state is AtRest.ENCRYPTED)


def _below(server: LinuxServer, devices: BlockMap, directory: Directory) -> Iterator[Resting]:
    holder = devices.holder_of(directory.path)
    place = f"{directory.use.value} in {directory.path}"
    if holder is None:
        yield Resting(place=place, state=AtRest.UNKNOWN, why="what it lies on was not seen", is_settled=False)
        return
    yield replace(_of_file_system(server, devices, holder), place=place)
    inside = [mount for mount in server.graph.mounts if is_under(mount.point, directory.path) and mount is not holder]
    yield from _by_mount(devices, (mount for mount in inside if not is_volatile(mount)), directory.use.value)
    if not directory.is_open:
        closed = _everywhere(server, devices, place, "the login may not look into it, and a link may lead elsewhere")
        yield from (row for row in closed if row.state is AtRest.UNKNOWN)


def _by_mount(devices: BlockMap, mounts: Iterable[Mount], what: str) -> Iterator[Resting]:
    for mount in mounts:
        yield replace(mount_row(devices, [mount]), place=f"{what} in {mount.point}")


def _of_file_system(server: LinuxServer, devices: BlockMap, holder: Mount) -> Resting:
    """By all mounts of it, as `mounted` judges it."""
    return mount_row(devices, [mount for mount in server.graph.mounts if mount.devno == holder.devno])


DERIVATIONS = (databases_at_rest, backups_at_rest, crash_dumps_at_rest, temporary_at_rest, removable_at_rest)
