"""The text that is written in one pass is what a JSON writer makes of the plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, Flag, IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.codec import CodecError, canonical, encode, plain
from auditor.facts import Facts, Plain


class Colour(StrEnum):
    RED = "red"
    QUOTED = 'a "b"\\\n\u2028'


class Size(IntEnum):
    SMALL = 1


class Shade(Enum):
    DARK = ("dark", 1)
    HALF = 0.5
    TRUE = True
    NONE = None


class Way(Flag):
    IN = 1
    OUT = 2


class Word(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "what it says of itself"


class Count(int):
    def __repr__(self) -> str:
        return "many"

    __str__ = __repr__


class Share(float):
    def __repr__(self) -> str:
        return "a part"


class Moment(datetime):
    pass


@dataclass(frozen=True, slots=True)
class Nothing(Plain):
    pass


@dataclass(frozen=True, slots=True)
class One(Plain):
    part: object


@dataclass(frozen=True, slots=True)
class Many(Plain):
    z: object
    a: object = "%s %d {}"
    b: object = None
    A: object = 0


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=3, minutes=30))])
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(), max_size=3)
    | st.sampled_from([*Colour, *Size, *Shade, *Way, Way.IN | Way.OUT, Way(0)])
    | st.builds(Word, st.text())
    | st.builds(Count, st.integers())
    | st.builds(Share, st.floats())
    | st.dates()
    | st.datetimes(timezones=ZONES)
    | st.builds(lambda at: Moment.fromtimestamp(at, UTC), st.integers(0, 2**31))
    | st.sampled_from([b"bytes", [1], {1: 2}, object, One, 1j])
)
HASHABLE = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(Colour) | st.binary(max_size=1)
VALUES = st.recursive(
    ATOMS | st.frozensets(HASHABLE) | st.just(Nothing()),
    lambda parts: (
        st.lists(parts, max_size=4).map(tuple)
        | st.frozensets(st.tuples(HASHABLE, HASHABLE) | st.builds(One, HASHABLE), max_size=4)
        | st.builds(One, parts)
        | st.builds(Many, parts, parts, parts, parts)
    ),
    max_leaves=12,
)


def by_a_json_writer(value: object) -> bytes | None:
    """None: it is refused."""
    try:
        return json.dumps(
            plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        ).encode()
    except (CodecError, ValueError):
        return None


def in_one_pass(value: object) -> bytes | None:
    """None: it is refused."""
    try:
        return canonical(value)
    except CodecError:
        return None


@given(VALUES.filter(lambda value: not isinstance(value, (list, dict))))
def test_the_text_is_that_of_the_plain_values(value: object) -> None:
    assert in_one_pass(value) == by_a_json_writer(value)


@pytest.mark.parametrize(
    "value", [b"", object(), One, {1}, 1j, float("nan"), float("inf"), "\ud800", 10**5000], ids=type
)
def test_what_has_no_text_is_refused_wherever_it_stands(value: object) -> None:
    for one in (value, (value,), One(value), Many(1, value), One((One(value),))):
        with pytest.raises(CodecError):
            canonical(one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary(Facts):
    text: str
    written_at: datetime
    note: One


@given(st.text(), st.datetimes(timezones=ZONES), st.datetimes(timezones=st.just(UTC)))
def test_another_instant_stands_in_the_place_of_the_own_alone(text: str, at: datetime, then: datetime) -> None:
    seen = datetime(2026, 6, 15, tzinfo=UTC)
    diary = Diary(observed_at=seen, text=text, written_at=seen, note=One(f'"observed_at":"{text}"'))
    assert encode(diary, at=then) == encode(replace(diary, observed_at=then))
    assert encode(replace(diary, written_at=at), at=seen) == encode(replace(diary, written_at=at))


def test_a_day_is_no_instant() -> None:
    assert canonical(date(2026, 6, 15)) == b'"2026-06-15"'
    assert canonical(datetime(2026, 6, 15, tzinfo=UTC)) == b'"2026-06-15T00:00:00Z"'
