"""Servers that are listed by a pattern → one entry for each, all with the place where the pattern stands.

It is done to the tree, before any rule, so that every rule sees the servers themselves: a waiver of one of them, two
patterns that overlap, a host outside the scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from auditor.inventory.patterns import hosts_of, is_pattern
from auditor.inventory.tree import Places, Plain, Survey, Trail, Tree

MOST_SERVERS = 10_000  # that the patterns of one file mean
ALONE = {
    "host_key": "a host key is one server's: list those of a pattern in the file that --known-hosts names.",
    "formerly": "a former name is one server's: list those that had one by themselves.",
}
DEPTH = 4  # a path into an asset: systems, its number, assets, its number
Moved = dict[Trail, tuple[int, ...]]  # the path of an asset → where it stands now
Value = TypeVar("Value")


def expand(tree: Tree) -> None:
    """Put the servers that are meant in the place of each pattern. One that cannot be read stays as it is."""
    moved: Moved = {}
    room = MOST_SERVERS
    for path, _ in list(tree.entries("systems")):
        rows = tree.at(*path, "assets")
        if isinstance(rows, list) and any(_pattern(row) for row in rows):
            grown: list[Plain] = []
            for index, row in enumerate(rows):
                trail = (*path, "assets", index)
                meant = _meant(tree, trail, row, room)
                room -= len(meant) if _pattern(row) else 0
                moved[trail] = tuple(range(len(grown), len(grown) + len(meant)))
                grown += meant
            rows[:] = grown
    if moved:
        _move(tree, moved)


def _pattern(row: Plain) -> str | None:
    """What a server's entry has as its host, if that is a pattern."""
    host = row.get("host") if isinstance(row, dict) and row.get("kind") == "server" else None
    return host if isinstance(host, str) and is_pattern(host) else None


def _meant(tree: Tree, trail: Trail, row: Plain, room: int) -> list[Plain]:
    pattern = _pattern(row)
    if pattern is None or not isinstance(row, dict):
        return [row]
    try:
        hosts = list(hosts_of(pattern))
    except ValueError as error:
        tree.complain_of((*trail, "host"), f"'host': {error}")
        return [row]
    if len(hosts) > room:
        tree.complain_of((*trail, "host"), f"the patterns of this file mean more than {MOST_SERVERS} servers.")
        return [row]
    for key, message in ALONE.items():
        if key in row:
            tree.complain_of((*trail, key), message)
    name = row.get("id")
    return [
        {**row, "host": host, **({"id": f"{name}-{number}"} if isinstance(name, str) else {})} for number, host in hosts
    ]


def _move(tree: Tree, moved: Moved) -> None:
    before = tree.survey
    tree.survey = Survey(lambda: _places(before.places, moved))
    tree.refused = {path for path, _ in _moved(((path, None) for path in tree.refused), moved)}


def _places(before: Places, moved: Moved) -> Places:
    return Places(dict(_moved(before.values.items(), moved)), dict(_moved(before.keys.items(), moved)))


def _moved(known: Iterable[tuple[Trail, Value]], moved: Moved) -> Iterator[tuple[Trail, Value]]:
    for path, value in known:
        if path[:DEPTH] not in moved:
            yield path, value
            continue
        for index in moved[path[:DEPTH]]:
            yield (*path[: DEPTH - 1], index, *path[DEPTH:]), value
