"""What every facts type obeys: frozen, plain, UTC, and no empty truth. Knows no library that looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from auditor.records import dataclass

TEXT_LIMIT = 256  # characters kept of a text that a target chose, unless a field says otherwise


class Plain:
    """A part of a facts value. The codec refuses keys that the type does not have, and numbers that JSON does not."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "allow_inf_nan": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Plain):
    """What was seen at one locus. Subclasses are frozen, slotted, keyword-only dataclasses.

    Fields hold str, int, bool, datetime, enum, tuple, frozenset or other `Plain` values: what was seen, never a
    conclusion. `observed_at` (UTC) is the only clock that a check may read. A constructor raises ValueError where
    emptiness would read as health.
    """

    observed_at: datetime

    def __post_init__(self) -> None:
        if self.observed_at.tzinfo is not UTC and self.observed_at.utcoffset() != timedelta(0):
            raise ValueError("observed_at must be an aware UTC time")

    def ends(self) -> tuple[tuple[str, datetime], ...]:
        """What of it ends by itself, and when (UTC): ("certificate", its last instant)."""
        return ()

    def is_whole_list(self) -> bool | None:
        """Is it a list of all that the asset holds, so that what it lacks is gone? None: it is no list."""
        return None


def target_text(raw: bytes | str, limit: int = TEXT_LIMIT) -> str:
    """Text that a target chose, as it may be kept: undecodable bytes as `\\xNN`, cut at `limit` characters.

    Control characters stay; renderers strip them (`reports/harmless.py`).
    """
    text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates would not survive the codec
    return text if len(text) <= limit else text[: limit - 1] + "…"
