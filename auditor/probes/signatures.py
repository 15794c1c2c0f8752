"""What lsblk printed → each device's signature, partition type and transport, by kernel name. Pure; hints, no proof.

The script asks for `-P` (util-linux 2.20 and later); `-J` (2.27 and later) is what older collections hold. Before 2.33
JSON has all values as texts. A device below two others is listed twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from auditor.facts.base import target_text
from auditor.facts.server import SectionState
from auditor.probes.collection import Collected
from auditor.records import dataclass

PAIR = re.compile(r'([A-Z:_-]+)="((?:[^"\\]|\\.)*)"')
HEX = re.compile(r"\\x([0-9a-fA-F]{2})")
LIMIT = 64  # characters of a value


@dataclass(frozen=True, slots=True)
class Signature:
    """Of one device. "": not told, or nothing there."""

    fstype: str = ""
    part_type: str = ""
    transport: str = ""


def parse_signatures(section: Collected) -> tuple[dict[str, Signature], SectionState]:
    """By kernel name, and how the reading ended: what cannot be read makes it FAILED."""
    try:
        rows = list(_rows(section))
    except (ValueError, RecursionError):
        return {}, SectionState.FAILED
    if not rows and section.state is SectionState.SEEN:
        return {}, SectionState.FAILED  # every machine has a device
    return {name: found for name, found in rows if name}, section.state


def _rows(section: Collected) -> Iterator[tuple[str, Signature]]:
    if section.body.lstrip().startswith(b"{"):
        yield from _of_json(section.body)
        return
    for line in section.lines:
        text = line.decode("utf-8", "backslashreplace").strip()
        pairs = PAIR.findall(text)
        if not pairs or PAIR.sub("", text).strip():
            raise ValueError("not a line of lsblk -P")
        yield _row({key.lower(): HEX.sub(lambda found: chr(int(found[1], 16)), value) for key, value in pairs})


def _of_json(body: bytes) -> Iterator[tuple[str, Signature]]:
    said = json.loads(body)
    waiting: list[object] = list(said.get("blockdevices") or ()) if isinstance(said, dict) else []
    while waiting:
        device = waiting.pop()
        if not isinstance(device, dict):
            raise ValueError("not a device")  # noqa: TRY004 - the text is at fault, and the caller knows one error
        yield _row({str(key): value for key, value in device.items() if isinstance(value, str)})
        children = device.get("children")
        waiting += children if isinstance(children, list) else []


def _row(fields: dict[str, str]) -> tuple[str, Signature]:
    """An old lsblk calls a mapping by its own name: that one is not found among the kernel's, and so is left out."""
    name = fields.get("kname") or fields.get("name", "")
    return target_text(name), Signature(
        fstype=target_text(fields.get("fstype", ""), LIMIT),
        part_type=target_text(fields.get("parttype", ""), LIMIT).lower(),
        transport=target_text(fields.get("tran", ""), LIMIT),
    )
