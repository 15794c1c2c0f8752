"""The words in which the kernel names devices, numbers and paths. ValueError for what is none of them."""

from __future__ import annotations

import re

from auditor.facts.base import TEXT_LIMIT, target_text
from auditor.facts.server import PATH_LIMIT

NAME = re.compile(r"[^\s/,]{1,255}")
DEVNO = re.compile(r"\d{1,10}:\d{1,10}")
OCTAL = re.compile(rb"\\([0-3][0-7][0-7])")
COUNT = re.compile(r"\d{1,20}")


def device_names(text: str) -> tuple[str, ...]:
    """`a,b,` as sysfs names."""
    return tuple(sorted(device_name(name) for name in text.split(",") if name))


def device_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError("not a kernel's device name")
    return target_text(text)


def device_number(text: str) -> str:
    if not DEVNO.fullmatch(text):
        raise ValueError("not a major:minor")
    return text


def whole_number(raw: bytes) -> int:
    if not COUNT.fullmatch(raw.decode("ascii")):
        raise ValueError("not a number")
    return int(raw)


def flag(text: str) -> bool | None:
    return {"1": True, "0": False}.get(text)


def unescaped(raw: bytes) -> str:
    """Octal escapes undone once, as the kernel made them."""
    return target_text(OCTAL.sub(lambda found: bytes([int(found[1], 8)]), raw), PATH_LIMIT)


def plain_text(escaped: str) -> str:
    return unescaped(escaped.encode("utf-8", "surrogateescape"))[:TEXT_LIMIT]


def whole_path(escaped: str) -> str | None:
    """None for no path, or for one with a newline: the script sends its first line only."""
    path = unescaped(escaped.encode("utf-8", "surrogateescape"))
    return path if path and "\n" not in path else None
