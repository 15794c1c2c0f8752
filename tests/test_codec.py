"""Facts ↔ bytes: canonical, the same everywhere, and strict on the way back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, IntEnum, StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.codec import CodecError, canonical, decode, digest, encode, plain, type_name
from auditor.facts import Facts, Plain
from auditor.model import Reason, Severity

AT = datetime(2026, 6, 15, 12, 30, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    SMALL = 1
    LARGE = 2


class Shade(Enum):
    DARK = ("dark", 1)
    LIGHT = ("light", 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Plain):
    panes: int
    colour: Colour = Colour.RED


@dataclass(frozen=True, slots=True, kw_only=True)
class House(Facts):
    """A toy facts type with every kind of field that facts may have."""

    name: str
    floors: int
    lit: bool
    size: Size
    colours: frozenset[Colour]
    windows: tuple[Window, ...]
    views: frozenset[Window] = frozenset()
    built: datetime | None = None
    kinds: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.colours:
            raise ValueError("a house without a colour is no house")


TIMES = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(st.characters(codec="utf-8"))
WINDOWS = st.builds(Window, panes=st.integers(), colour=st.sampled_from(Colour))
HOUSES = st.builds(
    House,
    observed_at=TIMES,
    name=TEXTS,
    floors=st.integers(),
    lit=st.booleans(),
    size=st.sampled_from(Size),
    colours=st.frozensets(st.sampled_from(Colour), min_size=1),
    windows=st.lists(WINDOWS).map(tuple),
    views=st.frozensets(WINDOWS),
    built=st.none() | TIMES,
    kinds=st.frozensets(st.integers()),
)
HOUSE = House(
    observed_at=AT,
    name="tüür\x00\x1b\N{HOUSE BUILDING}",
    floors=2,
    lit=True,
    size=Size.LARGE,
    colours=frozenset(Colour),
    windows=(Window(panes=4), Window(panes=1, colour=Colour.BLUE)),
    kinds=frozenset(range(40)),
)


@given(HOUSES)
def test_what_is_encoded_is_decoded(house: House) -> None:
    data = encode(house)
    back = decode(data, [House])
    assert back == house
    assert type(back) is House
    assert encode(back) == data


def test_the_bytes_are_canonical_json() -> None:
    data = encode(HOUSE)
    body = json.loads(data)
    assert data == json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert body["type"] == "House"
    assert body["facts"]["observed_at"] == "2026-06-15T12:30:00Z"
    assert body["facts"]["colours"] == ["blue", "red"]
    assert body["facts"]["size"] == 2


def test_the_bytes_name_no_module() -> None:
    assert b"test_codec" not in encode(HOUSE)
    assert type_name(House) == "House"


def test_the_same_bytes_under_every_hash_seed() -> None:
    program = (
        "import sys; from auditor.codec import encode; from tests.test_codec import HOUSE;"
        "sys.stdout.buffer.write(encode(HOUSE))"
    )
    for seed in ("0", "1", "4242"):
        answer = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert answer.stdout == encode(HOUSE)


def stored(**changes: object) -> bytes:
    body = {**json.loads(encode(HOUSE))["facts"], **changes}
    return json.dumps({"type": "House", "facts": {k: v for k, v in body.items() if v != "DROP"}}).encode()


def test_the_template_of_the_next_tests_is_good() -> None:
    assert decode(stored(), [House]) == HOUSE


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(stored(door=1), id="an-unknown-key"),
        pytest.param(stored(windows=[{"panes": 1, "door": 2}]), id="an-unknown-key-inside"),
        pytest.param(stored(floors="DROP"), id="a-missing-key"),
        pytest.param(stored(floors="many"), id="another-type"),
        pytest.param(stored(floors=None), id="nothing"),
        pytest.param(stored(floors=1.5), id="a-fraction"),
        pytest.param(stored(floors="5"), id="a-number-in-quotes"),
        pytest.param(stored(lit=1), id="a-truth-that-is-a-number"),
        pytest.param(stored(lit="yes"), id="a-truth-that-is-a-word"),
        pytest.param(stored(observed_at=1_700_000_000), id="a-time-that-is-a-number"),
        pytest.param(stored(floors=float("nan")), id="not-a-number"),
        pytest.param(stored(name="\ud800"), id="half-a-surrogate-pair"),
        pytest.param(b'{"type":[],"facts":{}}', id="a-type-that-is-a-list"),
        pytest.param(stored()[:-1] + b',"signed":true}', id="an-unknown-key-of-the-envelope"),
        pytest.param(stored(colours=["green"]), id="no-such-word"),
        pytest.param(stored(colours=[]), id="a-truth-that-the-type-refuses"),
        pytest.param(stored(observed_at="2026-06-15T12:30:00"), id="a-time-without-a-zone"),
        pytest.param(stored(observed_at="2026-06-15T12:30:00+02:00"), id="a-time-of-another-zone"),
        pytest.param(stored(observed_at="yesterday"), id="no-time"),
        pytest.param(encode(HOUSE).replace(b'"House"', b'"Hut"'), id="an-unknown-type"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="not-text"),
        pytest.param(b"[]", id="a-list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"type":"House"}', id="no-facts"),
        pytest.param(b'{"type":"House","facts":[]}', id="facts-that-are-a-list"),
        pytest.param(b'{"type":"House","facts":7}', id="facts-that-are-a-number"),
        pytest.param(encode(HOUSE)[:-3], id="cut-off"),
        pytest.param(b"[" * 100_000, id="nested-without-end"),
    ],
)
def test_what_is_not_facts_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode(data, [House])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(Facts):
    weight: float


@pytest.mark.parametrize("weight", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400"])
@pytest.mark.parametrize("layout", [b'{"facts":%b,"type":"Scale"}', b'{"type": "Scale", "facts": %b}'])
def test_a_number_that_has_no_json_is_refused(weight: bytes, layout: bytes) -> None:
    good = encode(Scale(observed_at=AT, weight=1.5))
    body = good.removeprefix(b'{"facts":').removesuffix(b',"type":"Scale"}')
    assert decode(layout % body, [Scale]) == Scale(observed_at=AT, weight=1.5)
    with pytest.raises(CodecError):
        decode(layout % body.replace(b"1.5", weight), [Scale])


@pytest.mark.parametrize("more", [b',"signed":true', b"},{", b',"type":"House"', b" ,", b'},"facts":{'])
def test_nothing_slips_in_between_the_facts_and_their_type(more: bytes) -> None:
    data = encode(HOUSE)
    assert decode(data, [House]) == HOUSE
    with pytest.raises(CodecError):
        decode(data.replace(b',"type":"House"}', more + b',"type":"House"}'), [House])


def test_a_refusal_names_the_type_and_the_field() -> None:
    with pytest.raises(CodecError, match=r"House.*floors"):
        decode(stored(floors="many"), [House])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (Severity.HIGH, 3),
        (Colour.RED, "red"),
        (Reason.TIMEOUT, "TIMEOUT"),
        (Shade.DARK, "DARK"),
        (date(2026, 6, 15), "2026-06-15"),
        (datetime(2026, 6, 15, 14, tzinfo=timezone(timedelta(hours=2))), "2026-06-15T12:00:00Z"),
        (frozenset({3, 1, 2}), [1, 2, 3]),
        ((2, 1), [2, 1]),
    ],
)
def test_plain_values(value: object, expected: object) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize("value", [b"bytes", {1: 2}, [1], object(), {1}, House])
def test_what_may_not_be_part_of_facts(value: object) -> None:
    with pytest.raises(CodecError):
        plain(value)


def test_text_that_is_no_text_is_not_kept() -> None:
    with pytest.raises(CodecError):
        encode(replace(HOUSE, name="\ud800"))


def test_canonical_bytes_and_their_name() -> None:
    assert canonical({"b": 1, "a": [True, None]}) == b'{"a":[true,null],"b":1}'
    assert canonical(Window(panes=1)) == b'{"colour":"red","panes":1}'
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
