"""What is read without the YAML parser is what the parser reads; what is wrong is said in the parser's places."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from auditor.inventory.ordinary import read_ordinary
from auditor.inventory.parsing import parse
from auditor.inventory.tree import MAX_VALUES
from tests.inventory.test_documents import ROOT, blocks
from tests.inventory.test_laws import BITS, LINES, outcome
from tests.inventory.writing import POOLS, SOUND, TRAILS

KEYS = st.sampled_from(["a", "b", "id", "null", "1", "true", "d e", "é", "<<", ""]) | st.text(max_size=4)
WORDS = ["plain", "two words", "a: b", "x #y", "yes", "~", "2026-01-01", "1_0", ".5", "-", "https://x.example/", "/a.b"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
WHOLES = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)
HEAPS = st.lists(
    BITS | st.sampled_from(["a: b\n", "  - ", "- ", "c:\n", "    d: e\n", "[f, g]\n", ">\n", "|-\n", "  words\n"]),
    max_size=12,
)
laws = settings(max_examples=150, deadline=timedelta(seconds=5))


def held(text: str) -> bool:
    """Was it read, and as the parser reads it? `repr` tells 1 from True, and one order of keys from another."""
    read = read_ordinary(text)
    if read is None:
        return False
    tree = parse("city.yaml", text, "")
    assert not tree.complaints
    assert repr(tree.plain) == repr(read)
    return True


def written(value: object, *, is_flow: bool, indent: int) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = is_flow
    yaml.indent(mapping=2, sequence=indent, offset=indent - 2)
    stream = StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()


@laws
@given(HEAPS.map("".join))
@example("a: b\n  c: d\n")
@example("a: b\n  c\n")
@example("a:\nb: c\n")
@example("a:\n  - b\n  c: d\n")
@example("a:\n- b\nc: d\n")
@example("- a: b\n")
@example("a: {b: c, d: [e, {f: g}]}  # h\n")
@example("a: 1e5\nb: 007\nc: 1:30\nd: 192.0.2.0/24\n")
def test_a_heap_of_yaml_is_read_as_the_parser_reads_it(text: str) -> None:
    held(text)


@laws
@given(st.integers(0, len(LINES) - 1), HEAPS.map("".join), st.integers(0, 60), st.sampled_from(["\n", "\r\n"]))
def test_a_sound_inventory_with_anything_typed_into_it_is_read_alike(
    line: int, typed: str, column: int, end: str
) -> None:
    text = LINES[line]
    held("".join([*LINES[:line], text[:column] + typed + text[column:], *LINES[line + 1 :]]).replace("\n", end))


@laws
@given(
    WHOLES, st.sampled_from([None, 0, 1, 2]), st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]), st.booleans()
)
def test_json_is_read_as_the_parser_reads_it(
    whole: dict[str, object], indent: int | None, separators: tuple[str, str], is_ascii: bool
) -> None:
    held(json.dumps(whole, indent=indent, separators=separators, ensure_ascii=is_ascii))


@laws
@given(WHOLES, st.booleans(), st.sampled_from([2, 4]))
def test_yaml_is_read_as_the_parser_reads_it(whole: dict[str, object], is_flow: bool, indent: int) -> None:
    held(written(whole, is_flow=is_flow, indent=indent))


@laws
@given(st.integers(0, len(LINES) - 1), st.lists(BITS, max_size=3).map("".join), st.integers(0, 60))
def test_complaints_are_the_parsers_with_their_places(line: int, typed: str, column: int) -> None:
    spoilt = LINES[line][:column] + typed + LINES[line][column:]
    text = "".join([*LINES[:line], spoilt, *LINES[line + 1 :]])
    with patch("auditor.inventory.planting.read_ordinary", return_value=None):
        wanted = outcome(text)
    assert outcome(text) == wanted


@laws
@given(st.lists(st.sampled_from(range(len(LINES))), max_size=4, unique=True))
def test_what_is_missing_is_said_as_the_parser_says_it(missing: list[int]) -> None:
    text = "".join(line for index, line in enumerate(LINES) if index not in missing)
    with patch("auditor.inventory.planting.read_ordinary", return_value=None):
        wanted = outcome(text)
    assert outcome(text) == wanted


ORDINARY = {
    "sound": SOUND,
    "part": TRAILS,
    "another_part": POOLS,
    "worked_city": (ROOT / "inventory.yaml").read_text(encoding="utf-8"),
    "windows": SOUND.replace("\n", "\r\n"),
    "behind_a_line_of_dashes": "# city\n\n---\n" + SOUND,
    "json": json.dumps(parse("city.yaml", SOUND, "").plain),
    "json_over_many_lines": json.dumps(parse("city.yaml", SOUND, "").plain, indent=2),
    "dashes_below_their_key": SOUND.replace("\n  - ", "\n- ").replace("\n    ", "\n  "),
    "wrapped": SOUND.replace("soon gone", "it is sold  \n      in spring,\n     and gone then"),
    "folded": SOUND.replace("soon gone", ">\n      it is sold: gone\n      # in spring"),
    "folded_and_stripped": SOUND.replace("soon gone", ">-\n        it is sold\n        in spring\n\n"),
    "kept": SOUND.replace("soon gone", "|\n     - it is sold\n     - in spring\n  # so far\n"),
    "kept_and_stripped": SOUND.replace("soon gone", "|-\n     it is sold\n     in spring\n\n"),
    "accents": SOUND.replace("Town of Elm", "Ville d'Orme-sur-Étang (été)"),
} | {f"page_{n}": text for n, text in enumerate((*blocks("yaml"), *blocks("yaml including"), *blocks("yaml part")))}


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY.keys())
def test_what_people_write_is_ordinary(text: str) -> None:
    assert held(text)


LEFT_TO_THE_PARSER = {
    "nothing": "",
    "comments": "# a\n",
    "a_list": "- a\n",
    "a_key_twice": "a: b\na: c\n",
    "a_key_twice_in_brackets": "a: {b: c, b: d}\n",
    "a_key_twice_in_json": '{"a": 1, "a": 2}',
    "a_key_without_value": "a:\nb: c\n",
    "a_last_key_without_value": "a: b\nc:\n",
    "no_value_in_brackets": "a: {b: }\n",
    "null": "a: null\n",
    "null_as_key": "null: a\n",
    "null_as_key_in_brackets": "a: {null: b}\n",
    "an_anchor": "a: &b c\nd: *b\n",
    "a_tag": "a: !!int b\n",
    "a_merge": "<<: a\n",
    "a_text_of_two_lines_with_one_between": "a: b\n\n  c\n",
    "a_text_that_goes_on_behind_a_comment": "a: b # c\n  d\n",
    "a_text_that_goes_on_below_a_comment": "a: b\n  # c\n  d\n",
    "a_text_that_goes_on_with_a_key": "a: b\n  c: d\n",
    "a_text_that_goes_on_in_its_column": "a: b\nc\n",
    "a_text_in_quotes_that_goes_on": 'a: "b"\n  c\n',
    "a_list_that_goes_on": "a: [b]\n  c\n",
    "an_entry_that_goes_on": "a: b\nc:\n  - d\n    e\n",
    "a_text_of_many_lines": "a: b\n" + "  some words that go on and on\n" * 1_000,
    "a_text_of_two_lines_in_quotes": 'a: "b\n  c"\n',
    "a_block_of_two_indents": "a: |\n  b\n    c\n",
    "a_block_with_a_mark_of_comments_further_in": "a: |\n  b\n    # c\n",
    "a_block_with_an_empty_line": "a: >\n  b\n\n  c\n",
    "a_block_with_spaces_behind_a_line": "a: >\n  b \n  c\n",
    "a_block_with_a_line_of_spaces": "a: |\n  b\n   \nc: d\n",
    "a_block_without_an_end": "a: |\n  b",
    "a_block_that_keeps_its_end": "a: |+\n  b\n",
    "a_block_that_says_its_indent": "a: |1\n  b\n",
    "a_block_in_the_column_of_its_key": "a:\n  - b: |\n    c\n",
    "a_block_of_nothing": "a: |\nb: c\n",
    "a_tab": "a:\tb\n",
    "an_escape": 'a: "\\x41"\n',
    "two_single_quotes": "a: 'b''c'\n",
    "two_surrogates_of_json": '{"a": "\\ud83d\\ude00"}',
    "a_directive": "%YAML 1.1\n---\na: yes\n",
    "a_second_document": "a: b\n---\nc: d\n",
    "an_end": "a: b\n...\n",
    "a_word_of_yaml_1_1": "a: yes\n",
    "a_number_with_a_point": "a: 1.5\n",
    "a_number_of_json_with_a_point": '{"a": 1.5}',
    "a_number_that_python_alone_reads": "a: 1_000\n",
    "a_number_of_many_digits": "a: " + "9" * 5000 + "\n",
    "a_number_that_begins_with_0": "a: 007\n",
    "a_colon_in_a_text": "a: b: c\n",
    "an_indent_that_fits_nothing": "a:\n    b: c\n  d: e\n",
    "a_bracket_that_is_not_closed": "a: [b\n",
    "a_bracket_that_is_closed_by_another": "a: [b}\n",
    "behind_a_bracket": "a: [b] c\n",
    "a_comma_too_many": "a: [b,]\n",
    "a_comma_alone": "a: [,]\n",
    "a_comma_first": "a: [, b]\n",
    "a_pair_in_a_list": "a: [b: c]\n",
    "deep_brackets": "a: " + "[" * 30 + "]" * 30 + "\n",
    "deep_json": '{"a": ' + "[" * 30 + "]" * 30 + "}",
    "very_deep_json": '{"a": ' + "[" * 100_000,
    "deep_dashes": "a:\n" + "- " * 30 + "b\n",
    "a_colon_below_its_key": '{"a"\n: 1}',
    "a_key_of_a_kilobyte": '{"' + "a" * 1100 + '": 1}',
    "a_line_separator": "a: b\u2028c\n",
    "a_next_line": "a: b\x85c\n",
    "a_carriage_return": "a: b\rc: d\n",
    "a_control_character": "a: b\x07\n",
    "not_a_number_of_json": '{"a": NaN}',
    "too_many_values": "a: [" + "b, " * MAX_VALUES + "b]\n",
}


@pytest.mark.parametrize("text", LEFT_TO_THE_PARSER.values(), ids=LEFT_TO_THE_PARSER.keys())
def test_what_is_odd_or_wrong_is_left_to_the_parser(text: str) -> None:
    assert read_ordinary(text) is None


VALUE_BY_VALUE: dict[str, object] = {
    "0": 0,
    "22": 22,
    "true": True,
    "false": False,
    '"22"': "22",
    "'true'": "true",
    '""': "",
    "''": "",
    "2026-01-01": "2026-01-01",
    "192.0.2.7": "192.0.2.7",
    "192.0.2.0/24": "192.0.2.0/24",
    "3com": "3com",
    "0o17": "0o17",
    "nightly": "nightly",
    "nan": "nan",
    "https://www.elm.example:8443/": "https://www.elm.example:8443/",
    "it's so, or not?": "it's so, or not?",
    "a  b": "a  b",
    "b # c": "b",
}


@pytest.mark.parametrize(("shown", "wanted"), VALUE_BY_VALUE.items())
def test_a_value(shown: str, wanted: object) -> None:
    assert repr(read_ordinary(f"a: {shown}\n")) == repr({"a": wanted})
    assert repr(read_ordinary(f"a:\n- {shown}")) == repr({"a": [wanted]})
    assert held(f"a: {shown}\nb:\n  - {shown}")


def test_a_sound_inventory_needs_no_parser() -> None:
    program = (
        "import pathlib, sys; from auditor.inventory import read_inventory;"
        "read_inventory(pathlib.Path('inventory.yaml')); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert "auditor.inventory.ordinary" in loaded.split()
    assert not [name for name in loaded.split() if name.startswith("ruamel")]
