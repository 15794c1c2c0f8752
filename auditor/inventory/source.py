"""A path → text that is safe to parse: a regular file, not too long, UTF-8, no control characters. Knows no YAML."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from auditor.inventory.complaints import Place, refusal

MAX_BYTES = 1_048_576

# What YAML 1.2 (section 5.1) forbids, and Unicode's bidi controls, which reorder what a reviewer sees.
BIDI = "\u202a-\u202e\u2066-\u2069"
FORBIDDEN = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff{BIDI}]")


def read_text(path: Path, called: str | None = None) -> str:
    """The whole file, without a byte order mark. Raises InventoryError with one complaint.

    `called`: what the complaint calls the file, where that is not its path.
    """
    file = str(path) if called is None else called
    raw = _read_bytes(path, file)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        place = place_in(raw[: error.start].decode("utf-8"))
        raise refusal(file, "the file is not UTF-8 from here on: save it as UTF-8.", place) from error
    found = FORBIDDEN.search(text)
    if found:
        message = f"the character U+{ord(found[0]):04X} is invisible and may not stand here."
        raise refusal(file, message, place_in(text[: found.start()]))
    return text.removeprefix("\ufeff")


def place_in(before: str) -> Place:
    """The place right after this much of a file."""
    lines = before.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Place(len(lines), len(lines[-1]) + 1)


def _read_bytes(path: Path, file: str) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "not a regular file"
            raise refusal(file, f"this is {kind}: name an inventory file.")
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        message = "there is no such file: name another, or write one (docs/inventory.md)."
        raise refusal(file, message) from error
    except OSError as error:
        raise refusal(file, f"the file could not be read: {error.strerror}.") from error
    except ValueError as error:  # a path with a NUL in it
        raise refusal(file, "the file could not be read: its name is not one that a file can have.") from error
    if len(raw) > MAX_BYTES:
        raise refusal(file, f"the file is longer than {MAX_BYTES:,} bytes, which no inventory needs.")
    return raw
