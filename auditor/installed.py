"""What is installed: the distributions on the path, and the entry points that each names. Loads none of them.

The standard library's `importlib.metadata` says the same, and takes as long to load (e-mail's headers and all) as what
looks at a web service. It is left what stands in no folder: a path may be an archive.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol

METADATA_FOLDERS = (".dist-info", ".egg-info")
NOT_THERE = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError, KeyError)
VALUE = re.compile(r"([\w.]+)\s*(?::\s*([\w.]+)\s*)?(?:\[.*\]\s*)?")  # module:attribute [extras]


class Distribution(Protocol):
    """As `importlib.metadata` has it: the texts that came with it, and where its files lie."""

    def read_text(self, filename: str, /) -> str | None:
        """None where there is no such text."""
        ...

    def locate_file(self, path: str, /) -> object: ...

    def __hash__(self) -> int: ...


class EntryPoint(NamedTuple):
    """One of a distribution: `value` is module:attribute."""

    group: str
    name: str
    value: str

    @property
    def module(self) -> str:
        """Raises ValueError for a value that names none."""
        return self._parts()[0]

    def load(self) -> object:
        """Raises ValueError, AttributeError, and whatever loading the module does."""
        module, attribute = self._parts()
        return reduce(getattr, filter(None, attribute.split(".")), import_module(module))

    def _parts(self) -> tuple[str, str]:
        found = VALUE.fullmatch(self.value)
        if found is None:
            raise ValueError(f"{self.value!r} names no module")
        return found[1], found[2] or ""


class Folder:
    """A distribution whose metadata stand in a folder."""

    def __init__(self, metadata: str) -> None:
        self._metadata = metadata

    def read_text(self, filename: str, /) -> str | None:
        with suppress(*NOT_THERE), open(os.path.join(self._metadata, filename), encoding="utf-8") as file:  # noqa: PTH118, PTH123 - asked of hundreds
            return file.read()
        return None

    def locate_file(self, path: str, /) -> object:
        return Path(self._metadata).parent / path


def distributions() -> Iterator[Distribution]:
    """All on the path, in its order."""
    for entry in sys.path:
        try:
            names = os.listdir(entry or ".")  # noqa: PTH208 - names are enough, and there are hundreds
        except NotADirectoryError:
            from importlib import metadata  # noqa: PLC0415 - see above

            yield from metadata.distributions(path=[entry])
        except OSError:
            continue
        else:
            yield from (Folder(os.path.join(entry, name)) for name in names if name.endswith(METADATA_FOLDERS))  # noqa: PTH118 - as above


def name_and_version(distribution: Distribution) -> tuple[str, str]:
    """As its metadata say, "" for what they leave out."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    head = [line.partition(":") for line in text.partition("\n\n")[0].splitlines()]
    said = {name.strip().lower(): value.strip() for name, _, value in reversed(head)}
    return said.get("name", ""), said.get("version", "")


def version_of(name: str) -> str:
    """Of the first distribution of that name. Raises LookupError where there is none."""
    for distribution in distributions():
        found, version = name_and_version(distribution)
        if found == name:
            return version
    raise LookupError(name)


def entry_points(distribution: Distribution) -> Iterator[EntryPoint]:
    """In their order. A line that is none, or stands in no group, is passed over."""
    group: str | None = None
    for line in map(str.strip, (distribution.read_text("entry_points.txt") or "").splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif group is not None and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield EntryPoint(group, name.strip(), value.strip())


def files(distribution: Distribution) -> frozenset[str]:
    """Those that it lists as its own, from where it is installed, with slashes."""
    record = distribution.read_text("RECORD")
    if record is not None:
        return frozenset(row[0] for row in csv.reader(record.splitlines()) if row)
    return frozenset((distribution.read_text("SOURCES.txt") or "").splitlines())
