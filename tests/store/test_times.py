"""Instants come back to the microsecond, whatever their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.micros import instant, micros
from auditor.store.times import packed, unpacked

ALL = st.datetimes(timezones=st.just(UTC))


@given(st.lists(ALL), ALL)
def test_times_come_back(times: list[datetime], since: datetime) -> None:
    assert list(unpacked(packed(times, since), since)) == times


@given(ALL)
def test_an_instant_is_a_whole_number(at: datetime) -> None:
    assert instant(micros(at)) == at
    assert instant(micros(at)).tzinfo is UTC


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    at = datetime(2026, 3, 29, 2, 30, 0, 1, timezone(timedelta(hours=2, minutes=30)))
    assert list(unpacked(packed([at], at), at)) == [at]


def test_times_close_together_are_short() -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    assert packed([], since) == b""
    assert len(packed([since], since)) == 1
    assert len(packed([since + timedelta(seconds=n) for n in range(10)], since)) <= 40


@pytest.mark.parametrize("data", [b"\x80", b"\x05\xff", b"\xff" * 9])
def test_a_number_that_breaks_off_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="middle"):
        list(unpacked(data, datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_time_beyond_all_times_is_refused() -> None:
    with pytest.raises(OverflowError):
        list(unpacked(b"\xff" * 12 + b"\x01", datetime(2026, 1, 1, tzinfo=UTC)))
