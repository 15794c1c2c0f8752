"""Whatever the usual form of an instant is read by, it is the instant that the SDK reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.model import ShapeResolver
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from auditor.reach.s3_instants import USUAL, instant, parsers

MOMENTS = st.integers(-30_000_000_000_000_000, 32_000_000_000_000_000).map(  # microseconds: years 1019 to 2984
    lambda told: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=told)
)
NUMBERS = st.integers(0, 99).map("{:02}".format)
ALIKE = st.builds(
    "{}{}-{}-{}T{}:{}:{}{}Z".format, *[NUMBERS] * 7, st.sampled_from(["", ".000", ".123", ".123456", ".9", ".1234567"])
)


def read(reader: object, told: str | float) -> datetime | str:
    """The instant, or that there is none."""
    assert callable(reader)
    try:
        found = reader(told)
    except ValueError:
        return "none"
    assert isinstance(found, datetime)
    return found


@given(MOMENTS, st.sampled_from(["seconds", "milliseconds", "microseconds"]))
def test_the_usual_form_is_read_as_the_sdk_reads_it(at: datetime, precision: str) -> None:
    told = f"{at.isoformat(timespec=precision).removesuffix('+00:00')}Z"
    assert USUAL.fullmatch(told)
    assert instant(told) == parse_timestamp(told)
    assert instant(told).utcoffset() == timedelta(0)


@given(ALIKE)
def test_what_looks_like_it_is_read_as_the_sdk_reads_it(told: str) -> None:
    assert read(instant, told) == read(parse_timestamp, told)


@pytest.mark.parametrize(
    "told",
    [
        "2026-13-02T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-02-03T24:00:00Z",
        "2026-02-03T23:59:60Z",
        "2026-02-03T04:05:06+02:00",
        "2026-02-03T04:05:06",
        "2026-02-03",
        "20260203T040506Z",
        "Tue, 03 Feb 2026 04:05:06 GMT",
        "٢٠٢٦-02-03T04:05:06Z",
        "1770091506",
        1770091506,
        1770091506.5,
        "",
        "soon",
    ],
)
def test_every_other_form_is_the_sdks(told: str | float) -> None:
    assert read(instant, told) == read(parse_timestamp, told)


def test_the_parsers_of_the_sdk_read_so() -> None:
    shapes = {"Instant": {"type": "timestamp"}, "Said": {"type": "structure", "members": {"At": {"shape": "Instant"}}}}
    shape = ShapeResolver(shapes).get_shape_by_name("Said")  # type: ignore[arg-type]  # the stubs want them made before
    told = {"status_code": 200, "headers": {}, "body": b"<Said><At>2026-02-03T04:05:06.000Z</At></Said>", "context": {}}
    parsed = parsers().create_parser("rest-xml").parse(told, shape)
    assert parsed["At"].tzinfo is UTC  # the SDK's own reader has a class of its own for it


def test_an_instant_is_in_utc() -> None:
    assert instant("2026-02-03T04:05:06.789Z") == datetime(2026, 2, 3, 4, 5, 6, 789_000, UTC)
