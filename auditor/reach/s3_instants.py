"""Instants in the answers of storage: the form that they usually have is read here, any other by the SDK.

The SDK asks a reader of dates in any form (`dateutil`), which takes as long for one date as a bucket's signature takes:
an account's list has a date for each bucket, a bucket's for each object.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from botocore.parsers import ResponseParserFactory
from botocore.utils import parse_timestamp

# ISO 8601, as S3 writes it: in UTC, to the second, the millisecond or the microsecond.
USUAL = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3}(?:[0-9]{3})?)?Z")


def instant(told: str | float) -> datetime:
    """As the SDK reads it, and what it raises."""
    if isinstance(told, str) and USUAL.fullmatch(told):
        with suppress(ValueError):  # a month of another calendar: the SDK takes some of them for days
            return datetime.fromisoformat(told).replace(tzinfo=UTC)
    return parse_timestamp(told)  # type: ignore[arg-type]  # JSON has numbers, which the stubs do not know of


def parsers() -> ResponseParserFactory:
    """The SDK's, with this reader."""
    factory = ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=instant)
    return factory
