"""The Alt-Svc headers of one answer, as they may be kept (RFC 7838). Must not know what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.facts.base import target_text

if TYPE_CHECKING:
    from auditor.reach.http import HttpAnswer

CHARACTERS_KEPT = 1_024  # of one header
HEADERS_KEPT = 5  # of those that come again and again
MORE = "…"  # stands for all others


def alt_svc_headers(answer: HttpAnswer) -> tuple[str, ...]:
    """Raw, in order. What is cut, or stands for more, breaks the syntax: what was left out may lead anywhere."""
    headers = answer.values("Alt-Svc")
    kept = tuple(target_text(value, CHARACTERS_KEPT) for value in headers[:HEADERS_KEPT])
    return kept if len(headers) <= HEADERS_KEPT else (*kept, MORE)
