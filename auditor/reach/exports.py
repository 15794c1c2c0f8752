"""Files that another tool wrote, below the inventory's own folder: read whole, bounded, and nowhere else."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.records import dataclass

MOST_BYTES = 33_554_432  # of one export, all its files together
MOST_FILES = 20_000  # of a folder


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file: its path as the inventory would write it, and all of it. `within`: its name in a folder of files."""

    name: str
    content: bytes
    within: str = ""


def read_export(folder: Path | None, name: str) -> tuple[ExportFile, ...]:
    """The file of that name, or every file right in the folder of that name, in the order of names.

    `folder`: the inventory's; None where there is no inventory. Raises Unreachable, whose detail names the file.
    """
    if folder is None:
        raise Unreachable(Reason.NOT_OBSERVED, f"{name}: there is no inventory beside which it could lie")
    root = Path(os.path.realpath(folder))
    names, left = tuple(_files(root, name)), MOST_BYTES
    read = []
    for one in names:
        content = _content(root, one, left)
        left -= len(content)
        read.append(ExportFile(one, content, "" if one == name else one.removeprefix(f"{name}/")))
    return tuple(read)


def _files(root: Path, name: str) -> Iterator[str]:
    """The file itself, or the files in it; what is hidden, and folders in it, are passed over."""
    path = _inside(root, name)
    try:
        if not path.is_dir():
            yield name
            return
        found = sorted(entry.name for entry in os.scandir(path) if not (entry.name.startswith(".") or entry.is_dir()))
    except OSError as error:
        raise _failed(name, error) from error
    if not found:
        raise Unreachable(Reason.GONE, f"{name}: there is no file in this folder")
    if len(found) > MOST_FILES:
        raise Unreachable(Reason.TOO_LONG, f"{name}: it holds more than {MOST_FILES:,} files")
    yield from (f"{name}/{one}" for one in found)


def _inside(root: Path, name: str) -> Path:
    real = Path(os.path.realpath(root / name))
    if not real.is_relative_to(root):
        raise Unreachable(Reason.OUT_OF_SCOPE, f"{name}: a link leads out of the inventory's folder")
    return real


def _content(root: Path, name: str, left: int) -> bytes:
    path = _inside(root, name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreachable(Reason.MALFORMED, f"{name}: it is not a regular file")
        with path.open("rb") as opened:
            content = opened.read(left + 1)
    except OSError as error:
        raise _failed(name, error) from error
    if len(content) > left:
        raise Unreachable(Reason.TOO_LONG, f"{name}: the export is longer than {MOST_BYTES:,} bytes")
    return content


def _failed(name: str, error: OSError) -> Unreachable:
    reason = Reason.ACCESS_DENIED if isinstance(error, PermissionError) else Reason.GONE
    return Unreachable(reason, f"{name}: {error.strerror}")
