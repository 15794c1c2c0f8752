"""JSON is read as the YAML parser reads it; what is wrong with it is said in the parser's places."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import cast
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.inventory.json_text import read_json
from auditor.inventory.parsing import parse
from auditor.inventory.tree import MAX_VALUES
from tests.inventory.test_documents import ROOT
from tests.inventory.test_laws import BITS, outcome
from tests.inventory.writing import SOUND

KEYS = st.sampled_from(["a", "b", "id", "null", "1", "true", "d e", "é", "<<", ""]) | st.text(max_size=4)
WORDS = ["plain", "two words", "a: b", "x #y", "yes", "~", "2026-01-01", "1_0", ".5", "-", "https://x.example/", "/a.b"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
WHOLES = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)
laws = settings(max_examples=150, deadline=timedelta(seconds=5))


WHOLE = cast("dict[str, object]", parse("city.yaml", SOUND, "").plain)
SOUND_JSON = json.dumps(WHOLE, indent=2)
LINES_OF_JSON = SOUND_JSON.splitlines(keepends=True)


def spoilt(line: int, typed: str, column: int) -> str:
    """A sound inventory with something typed into one of its lines."""
    text = LINES_OF_JSON[line]
    return "".join([*LINES_OF_JSON[:line], text[:column] + typed + text[column:], *LINES_OF_JSON[line + 1 :]])


def held(text: str) -> bool:
    """Was it read, and as the parser reads it? `repr` tells 1 from True, and one order of keys from another."""
    read = read_json(text)
    if read is None:
        return False
    tree = parse("city.yaml", text, "")
    assert not tree.complaints
    assert repr(tree.plain) == repr(read)
    return True


@laws
@given(st.integers(0, len(LINES_OF_JSON) - 1), BITS, st.integers(0, 60), st.sampled_from(["\n", "\r\n"]))
def test_a_sound_inventory_with_anything_typed_into_it_is_read_alike(
    line: int, typed: str, column: int, end: str
) -> None:
    held(spoilt(line, typed, column).replace("\n", end))


@laws
@given(
    WHOLES, st.sampled_from([None, 0, 1, 2]), st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]), st.booleans()
)
def test_json_is_read_as_the_parser_reads_it(
    whole: dict[str, object], indent: int | None, separators: tuple[str, str], is_ascii: bool
) -> None:
    held(json.dumps(whole, indent=indent, separators=separators, ensure_ascii=is_ascii))


@laws
@given(st.integers(0, len(LINES_OF_JSON) - 1), st.lists(BITS, max_size=3).map("".join), st.integers(0, 60))
def test_complaints_are_the_parsers_with_their_places(line: int, typed: str, column: int) -> None:
    text = spoilt(line, typed, column)
    with patch("auditor.inventory.planting.read_json", return_value=None):
        wanted = outcome(text)
    assert outcome(text) == wanted


@pytest.mark.parametrize("missing", WHOLE)
def test_what_is_missing_is_said_as_the_parser_says_it(missing: str) -> None:
    text = json.dumps({key: value for key, value in WHOLE.items() if key != missing})
    with patch("auditor.inventory.planting.read_json", return_value=None):
        wanted = outcome(text)
    assert outcome(text) == wanted


READ = {
    "in_one_line": json.dumps(WHOLE),
    "over_many_lines": SOUND_JSON,
    "of_windows": SOUND_JSON.replace("\n", "\r\n"),
    "accents": SOUND_JSON.replace("Town of Elm", "Ville d'Orme-sur-\u00c9tang"),
    "escaped_accents": json.dumps({"name": "Ville d'Orme-sur-\u00c9tang"}),
    "worked_city": json.dumps(parse("city.yaml", (ROOT / "inventory.yaml").read_text(encoding="utf-8"), "").plain),
    "numbers": '{"a": [0, 22, 999999999999999999], "b": true, "c": [false, null]}',
}


@pytest.mark.parametrize("text", READ.values(), ids=READ.keys())
def test_what_programs_write_is_read(text: str) -> None:
    assert held(text)


LEFT_TO_THE_PARSER = {
    "nothing": "",
    "yaml": "a: b\n",
    "a_list": "[1]",
    "nothing_in_it": "{}",
    "a_key_twice": '{"a": 1, "a": 2}',
    "a_comma_too_many": '{"a": 1,}',
    "a_comment": '{"a": 1} # b',
    "more_behind_it": '{"a": 1}\n{"b": 2}',
    "a_bracket_that_is_not_closed": '{"a": [1}',
    "two_surrogates": '{"a": "\\ud83d\\ude00"}',
    "an_escape_of_yaml": '{"a": "\\x41"}',
    "a_number_with_a_point": '{"a": 1.5}',
    "a_number_below_zero": '{"a": -1}',
    "a_number_of_many_digits": '{"a": ' + "9" * 5000 + "}",
    "a_number_that_begins_with_0": '{"a": 007}',
    "not_a_number": '{"a": NaN}',
    "deep": '{"a": ' + "[" * 30 + "]" * 30 + "}",
    "very_deep": '{"a": ' + "[" * 100_000,
    "a_colon_below_its_key": '{"a"\n: 1}',
    "a_key_of_a_kilobyte": '{"' + "a" * 1100 + '": 1}',
    "a_tab": '{\t"a": 1}',
    "a_line_separator": '{"a": "b\u2028c"}',
    "a_next_line": '{"a": "b\x85c"}',
    "a_carriage_return": '{"a": 1,\r"b": 2}',
    "too_many_values": '{"a": [' + "1, " * MAX_VALUES + "1]}",
}


@pytest.mark.parametrize("text", LEFT_TO_THE_PARSER.values(), ids=LEFT_TO_THE_PARSER.keys())
def test_what_is_odd_or_wrong_is_left_to_the_parser(text: str) -> None:
    assert read_json(text) is None


def test_a_sound_inventory_in_json_needs_no_parser(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text(SOUND_JSON)
    program = (
        "import pathlib, sys; from auditor.inventory.planting import plant;"
        "plant('inventory.yaml', pathlib.Path('inventory.yaml').read_text(), ''); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout
    assert "auditor.inventory.json_text" in loaded.split()
    assert not [name for name in loaded.split() if name.startswith("ruamel")]
