"""The report's folder: tried before anything is probed, written when everything was judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from auditor.errors import InternalError, UsageError
from auditor.model import Report
from auditor.reports import json, table
from auditor.reports.files import replace_file

SMALLEST = 65_536  # bytes of a report: with less room than that, the disk is full


def require_folder(out: Path) -> None:
    """Make the folder of the report, and see that there is room. Raises UsageError: nothing has been probed yet."""
    trial = out / "report.json.trial"
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(trial, [" " * SMALLEST])
        trial.unlink()
    except OSError as error:
        raise UsageError(
            f"The report cannot be written to {out}: {error.strerror}.", "Name another folder with --out."
        ) from error


def write(out: Path, report: Report) -> tuple[Path, str]:
    """report.json and report.md, each whole or not at all: the path of the first, and its SHA-256.

    Raises InternalError: it was possible when the run began.
    """
    path = out / "report.json"
    digest = hashlib.sha256()
    try:
        replace_file(path, _digested(json.pieces(report), digest))
        replace_file(out / "report.md", table.pieces(report, table.Style.MARKDOWN))
    except OSError as error:
        raise InternalError(
            f"The report could not be written to {out}: {error.strerror}.",
            "What was seen is kept: make room, then `auditor run --resume`.",
        ) from error
    return path, digest.hexdigest()


def _digested(pieces: Iterable[str], digest: hashlib._Hash) -> Iterator[str]:
    for piece in pieces:
        digest.update(piece.encode())
        yield piece
