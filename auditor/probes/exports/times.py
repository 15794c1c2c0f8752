"""When an export was told what it says. A time that can be read in two ways is none."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})? ?(Z|UTC|[+-]\d{2}:?\d{2})?")
EARLIEST, LATEST = 946_684_800, 4_102_444_800  # the years 2000 to 2099, in seconds


def moment_of(text: str) -> datetime | None:
    """ISO 8601, with a blank for the T where one likes; without a zone it is UTC, a day alone is its first instant.

    None for anything else: 03/04/2026 is one day in Houston and another in London.
    """
    text = text.strip()
    found = MOMENT.fullmatch(text)
    try:
        if found:
            zone = "+00:00" if found[3] in (None, "Z", "UTC") else found[3]
            return datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}").astimezone(UTC)
        return start_of(date.fromisoformat(text)) if DAY.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None


def moment_of_seconds(value: object) -> datetime | None:
    """Seconds since 1970, as a number or its digits; None for what is none of this century."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not EARLIEST <= value < LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
