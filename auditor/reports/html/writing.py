"""The site on disk: whole or not at all, for its owner's eyes alone."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from auditor.errors import InternalError, UsageError
from auditor.reports.html.press import GENERATOR

PAGE = re.compile(r"(index|systems/[a-z0-9._-]+|checks/[a-z0-9._-]+)\.html")
FOLDERS = frozenset({"systems", "checks"})
A_DAY = 86_400  # seconds


def replace_site(out: Path, pages: Iterable[tuple[str, str]]) -> None:
    """Write the pages beside `out` and move them into its place, so that nobody ever reads half a site.

    Raises UsageError for an `out` that cannot be used, before a page is made; InternalError where writing failed: then
    `out` is what it was.
    """
    out = out.resolve()
    _refuse_foreign(out)
    part = _begin(out)
    try:
        for path, text in pages:
            _write(part / path, text)
        _swap(part, out)
        _sweep(out)
    except OSError as error:
        raise InternalError(
            f"The site could not be written to {out}: {error.strerror}.", "Make room there, or name another --out."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _refuse_foreign(out: Path) -> None:
    """What stands at `out` is replaced as a whole: it must be a site of ours, empty, or not there."""
    try:
        stranger = _stranger(out)
    except OSError as error:
        raise UsageError(f"{out} cannot be read: {error.strerror}.", "Name another folder with --out.") from error
    if stranger:
        raise UsageError(
            f"{out} holds something that is no page of a scorecard: {stranger}.",
            "Name an empty or a new folder with --out: the site takes the place of all that is in it.",
        )


def _stranger(out: Path) -> str:
    """The first thing there that no site of ours has; "" if there is none."""
    if not out.is_dir():
        return out.name if out.exists() else ""
    names = {path.relative_to(out).as_posix(): path for path in sorted(out.rglob("*"))}
    for name, path in names.items():
        is_ours = name in FOLDERS if path.is_dir() else PAGE.fullmatch(name) and path.is_file()
        if path.is_symlink() or not is_ours:
            return name
    is_site = not names or ("index.html" in names and GENERATOR in names["index.html"].read_text("utf-8", "replace"))
    return "" if is_site else "index.html"


def _begin(out: Path) -> Path:
    """A fresh folder beside `out`, on the same file system. Raises UsageError."""
    try:
        out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    except OSError as error:
        raise UsageError(
            f"Nothing can be written beside {out}: {error.strerror}.",
            "The site is written there first, then moved. Name another folder with --out.",
        ) from error


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8", newline="\n")


def _swap(part: Path, out: Path) -> None:
    """Two renames; if the second does not come to pass, the first is undone."""
    before = part.with_suffix(".before")
    try:
        if out.exists():
            out.rename(before)
        part.rename(out)
    finally:
        if before.exists() and not out.exists():
            before.rename(out)
    shutil.rmtree(before, ignore_errors=True)  # the new site stands; what is left of the old one harms nobody


def _sweep(out: Path) -> None:
    """Take away what a killed writer left behind; one that is still at work is younger than a day."""
    for name in (f".{out.name}.????????.part", f".{out.name}.????????.before"):
        for left in out.parent.glob(name):
            if time.time() - left.stat().st_mtime > A_DAY:
                shutil.rmtree(left, ignore_errors=True)
