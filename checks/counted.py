"""A number and what it counts, as people say it."""

from __future__ import annotations


def counted(number: int, one: str, many: str) -> str:
    """ "1 disk is", "2 disks are"."""
    return f"{number} {one if number == 1 else many}"
