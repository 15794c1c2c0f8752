"""Instants as people read them: in the city's zone, with its distance from UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from auditor.records import dataclass

# Not strftime's: a locale would change the bytes.
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """A time element: `iso` for machines, `text` for people."""

    iso: str
    text: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The clock of a city."""

    zone: ZoneInfo

    def day(self, at: datetime) -> Moment:
        """ "March 2, 2026"."""
        return Moment(_iso(at), day_of(self._local(at).date()))

    def minute(self, at: datetime) -> Moment:
        """ "March 2, 2026, 03:10 (UTC-06:00)"."""
        local = self._local(at)
        return Moment(_iso(at), f"{day_of(local.date())}, {local:%H:%M} ({_offset(local)})")

    def days_until(self, at: datetime, now: datetime) -> int:
        """Whole calendar days of the city between two instants; negative: it is over."""
        return (self._local(at).date() - self._local(now).date()).days

    def _local(self, at: datetime) -> datetime:
        try:
            return at.astimezone(self.zone)
        except OverflowError:  # a certificate that ends with the year 9999, seen from east of Greenwich
            return at


def day_of(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _offset(local: datetime) -> str:
    offset = local.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
