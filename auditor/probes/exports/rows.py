"""What a format module says of an export: a row for each machine, or a fault with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from auditor.errors import Unreachable
from auditor.facts.imported import ImportedDevice, ImportedVolume, Platform
from auditor.model import Reason
from auditor.reach import ExportFile
from auditor.records import dataclass

# What makers leave in the place of a serial number (SMBIOS reference specification, type 1, "Serial Number").
NO_SERIAL = frozenset(
    {"", "0", "-", "none", "null", "na", "n/a", "unknown", "default string", "not specified", "not available"}
    | {"system serial number", "to be filled by o.e.m.", "invalid", "not applicable", "chassis serial number"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One machine. `serial` and `name` may be ""; `told_at` None: the export says no time of it."""

    file: str
    line: int
    serial: str
    name: str
    told_at: datetime | None
    platform: Platform
    volumes: tuple[ImportedVolume, ...]
    devices: tuple[ImportedDevice, ...] = ()
    lists_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A row that says nothing usable: of a machine that may be known, or of none (both "")."""

    file: str
    line: int
    reason: Reason
    detail: str  # a sentence part, without the place
    serial: str = ""
    name: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.file}:{self.line}: {self.detail}"


Told = Row | Fault
Reader = Callable[[ExportFile], Iterator[Told]]


def unusable(file: str, line: int, what: str) -> Unreachable:
    """The whole export says nothing: why, with file and line."""
    return Unreachable(Reason.MALFORMED, f"{file}:{line}: {what}")


def text_of(content: bytes, file: str) -> str:
    """The text without its byte order mark. Raises Unreachable with the line from which on it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise unusable(file, line, "it is not UTF-8 from here on: export it as UTF-8") from error


def serial_of(text: str) -> str:
    """A serial number, or "" for what stands where there is none."""
    return "" if text.strip().casefold() in NO_SERIAL else text.strip()
