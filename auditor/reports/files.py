"""Writing what a renderer gives: each file whole or not at all, and for its owner's eyes alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

Named = tuple[str, Iterable[str]]  # a file's name, and its text piece by piece


def write_files(out: Path, files: Iterable[Named]) -> tuple[Path, ...]:
    """Write all of them into the folder `out`, which is made for its owner alone where it is not there yet.

    Raises OSError; files that were written before stay, and the one that failed keeps its earlier content.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    written: list[Path] = []
    for name, pieces in files:
        target = out / name
        replace_file(target, pieces)
        written.append(target)
    return tuple(written)


def replace_file(target: Path, pieces: Iterable[str]) -> None:
    """Write UTF-8, line ends as they are, mode 0600: a report names what is weak today.

    Until the last byte is on the disk, the earlier file stands. Raises OSError, and whatever `pieces` raises.
    """
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)  # of a run that was killed
    try:
        with open(part, "x", encoding="utf-8", newline="", opener=_for_the_owner) as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())  # a name that outlives a power cut before its content does would be an empty file
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
