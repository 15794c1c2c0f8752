"""Entry points: which parts are installed, by whom, and for which kinds of asset. Knows nothing of what a part is.

A part stands in a group (`auditor.checks`), and is loaded whatever is looked at; or in groups of the kinds of asset
that it is for (`auditor.checks.bucket`), and is loaded only where one of them is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from auditor.errors import InternalError
from auditor.installed import Distribution, EntryPoint, distributions, entry_points, files, name_and_version
from auditor.records import dataclass

CHECKS, DERIVATIONS, PROBES = "auditor.checks", "auditor.derivations", "auditor.probes"


@dataclass(frozen=True, slots=True)
class Origin:
    """The distribution that a part came from."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class PluginError(InternalError):
    """A plug-in that may not be loaded."""

    def __init__(self, origin: object, what: str) -> None:
        super().__init__(f"{origin}: {what}.", "Fix or uninstall that distribution; nothing was judged.")


@dataclass(frozen=True, slots=True)
class Door:
    """One part as its distribution names it, not loaded yet. `kinds` empty: it is for every kind of asset."""

    origin: Origin
    group: str
    name: str
    value: str
    distribution: Distribution
    kinds: frozenset[str]

    def __str__(self) -> str:
        return str(self.origin)

    def open(self) -> object:
        """Load it. Raises PluginError where that fails, or where something else comes than the distribution holds."""
        point = EntryPoint(self.group, self.name, self.value)
        try:
            made = point.load()
        except (ImportError, AttributeError, ValueError, TypeError, SyntaxError, NameError) as error:
            what = f"{self.value} could not be loaded: {type(error).__name__}: {error}"
            raise PluginError(self.origin, what) from error
        _refuse_stranger(self.origin, point, self.distribution)
        return made


def doors(kinds: frozenset[str] | None = None) -> tuple[Door, ...]:
    """All that is installed, or what is for these kinds of asset, in the order of distributions, groups and names."""
    found = [
        door
        for distribution in distributions()
        for door in _of(distribution)
        if kinds is None or not door.kinds or door.kinds & kinds
    ]
    first = {(door.origin.name, door.group, door.name): door for door in reversed(found)}
    return tuple(sorted(first.values(), key=lambda door: (door.origin.name, door.group, door.name)))


def _of(distribution: Distribution) -> Iterator[Door]:
    """A part that stands in the groups of several kinds is one."""
    named: dict[tuple[str, str, str], set[str]] = {}
    for point in entry_points(distribution):
        group = next((one for one in (CHECKS, DERIVATIONS, PROBES) if f"{point.group}.".startswith(f"{one}.")), "")
        if group:
            named.setdefault((group, point.name, point.value), set()).add(point.group[len(group) + 1 :])
    if not named:
        return  # before its metadata are read
    origin = Origin(*name_and_version(distribution))
    for (group, name, value), kinds in named.items():
        yield Door(origin, group, name, value, distribution, frozenset() if "" in kinds else frozenset(kinds))


def _refuse_stranger(origin: Origin, point: EntryPoint, distribution: Distribution) -> None:
    """The module that was loaded must be the distribution's own: `checks` is a name that others may install too."""
    file = getattr(sys.modules.get(point.module), "__file__", None)
    if file is None or not _ground(distribution).holds(Path(file)):
        raise PluginError(origin, f"{point.module} was loaded from {file}, which does not belong to that distribution")


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where a distribution's files are. `source`: of an editable installation; None: an ordinary one, at `root`."""

    source: Path | None
    root: Path
    files: frozenset[str]  # under `root`

    def holds(self, file: Path) -> bool:
        if self.source is not None:
            return (
                file.resolve().is_relative_to(self.source) if file.is_symlink() else _lies_in(file.parent, self.source)
            )
        if file.is_relative_to(self.root) and file.relative_to(self.root).as_posix() in self.files:
            return True
        real = file.resolve()  # installers lay links, too
        return any((self.root / name).resolve() == real for name in self.files)


@lru_cache(maxsize=64)
def _lies_in(folder: Path, source: Path) -> bool:
    """Found out once for all modules of a folder: each step of its path is asked whether it is a link."""
    return folder.resolve().is_relative_to(source)


@lru_cache(maxsize=16)
def _ground(distribution: Distribution) -> _Ground:
    """Asked for each entry point, so it is found out once: a wheel lists hundreds of files."""
    return _Ground(_editable_root(distribution), Path(str(distribution.locate_file(""))), files(distribution))


def _editable_root(distribution: Distribution) -> Path | None:
    """Where an editable installation has its source (PEP 610), or None for an ordinary one."""
    record = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not record.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(record["url"]).path)).resolve()
