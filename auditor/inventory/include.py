"""The files that an inventory includes: beside it or below, and nowhere else. Knows no YAML and no key."""

from __future__ import annotations

import os
import re
from pathlib import Path

from auditor.inventory.complaints import refusal
from auditor.inventory.source import read_text

MAX_TOTAL = 8_388_608  # characters of all parts together
LONGEST_PATH = 200  # characters
SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")  # POSIX.1-2024 3.265, portable file names; none that is hidden


def part_path(text: str, noun: str = "part") -> str:
    """A path as it may stand under `include`, or as the `file` of an asset. Raises ValueError with a sentence.

    `noun`: what the sentence calls the thing that lies there.
    """
    if "://" in text:
        raise ValueError(f"{_a(noun)} is a file beside this one or below: nothing is fetched from elsewhere.")
    if text.startswith(("/", "\\", "~")) or re.match("[A-Za-z]:", text):
        raise ValueError("write the path as seen from this file's folder.")
    segments = text.split("/")
    if ".." in segments:
        raise ValueError(f"{_a(noun)} lies beside this file or below: take the '..' out.")
    if len(text) > LONGEST_PATH or not all(map(SEGMENT.fullmatch, segments)):
        raise ValueError("a path is letters, digits, '.', '_' and '-', with '/' between folders; none begins with '.'.")
    return text


def export_path(text: str) -> str:
    """The path of what another tool exported, as seen from the main inventory's folder."""
    return part_path(text, "export")


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


class Folder:
    """Reads parts from the folder in which an inventory really lies: each file once, all of them of bounded size."""

    def __init__(self, inventory: Path) -> None:
        real = Path(os.path.realpath(inventory))
        self._real = real.parent
        self._shown = inventory.parent if Path(os.path.realpath(inventory.parent)) == self._real else self._real
        self._read = {real: str(inventory)}
        self._left = MAX_TOTAL

    def file(self, name: str) -> str:
        """What complaints call a part."""
        return str(self._shown / name)

    def text(self, name: str) -> str:
        """A part's text; `name` as `part_path` gives it. Raises InventoryError with one complaint."""
        real = Path(os.path.realpath(self._real / name))
        if not real.is_relative_to(self._real):
            raise refusal(self.file(name), "a link leads out of the inventory's folder: put the file itself there.")
        if real in self._read:
            raise refusal(self.file(name), f"this is the same file as {self._read[real]}.")
        self._read[real] = self.file(name)
        text = read_text(real, self.file(name))
        self._left -= len(text)
        if self._left < 0:
            raise refusal(self.file(name), f"with this file the parts hold more than {MAX_TOTAL:,} characters.")
        return text
