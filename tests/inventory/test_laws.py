"""What holds for every text: an inventory or an InventoryError, nothing else, soon, and the same each time."""

from __future__ import annotations

import time
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.inventory import InventoryError
from auditor.inventory.listing import Inventory
from tests.inventory.writing import CHECKS, SOUND, read

LINES = SOUND.splitlines(keepends=True)
# Pieces of YAML; _ stands for a space, ¶ for a line feed.
PIECES = r"""a b:_ -_ ¶ _ __ [ ] { } ,_ ?_ ! !!int_ &a_ *a |¶ >-¶ ' " # : ~ \x41 \U00110000 \UFFFFFFFF %YAML_1.1¶ ---¶
<<:_ 0x 1_0 1:30 yes .inf 2026-01-01 é"""
SPACES = ["\t", "\r", "\x85", "\u2028", "\ufeff"]
BITS = st.sampled_from([piece.replace("_", " ").replace("¶", "\n") for piece in PIECES.split()] + SPACES)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
few = settings(max_examples=80, deadline=timedelta(seconds=5))


def outcome(text: str) -> Inventory | list[str]:
    try:
        return read(text)
    except InventoryError as error:
        shown = [str(complaint) for complaint in error.complaints]
        said = str(error)
    assert shown
    assert said.splitlines() == shown
    return shown


@few
@given(st.text(max_size=60))
@example("~")
@example("!!set {a}")
@example("!!bool x")
def test_any_text_is_an_inventory_or_an_inventory_error(text: str) -> None:
    outcome(text)


@few
@given(st.lists(BITS, max_size=16).map("".join))
def test_any_heap_of_yaml_is_an_inventory_or_an_inventory_error(text: str) -> None:
    outcome(text)


@few
@given(st.integers(0, len(LINES) - 1), st.lists(BITS, max_size=4).map("".join), st.integers(0, 60))
def test_a_sound_inventory_with_anything_typed_into_it_is_read_or_refused(line: int, typed: str, column: int) -> None:
    text = LINES[line]
    spoilt = [*LINES[:line], text[:column] + typed + text[column:], *LINES[line + 1 :]]
    outcome("".join(spoilt))


@few
@given(st.data())
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    """JSON is YAML: a line's value is replaced by any JSON value."""
    import json

    rows = [index for index, line in enumerate(LINES) if ": " in line and "{" not in line]
    index = data.draw(st.sampled_from(rows))
    key = LINES[index].partition(": ")[0]
    value = json.dumps(data.draw(PLAIN))
    outcome("".join([*LINES[:index], f"{key}: {value}\n", *LINES[index + 1 :]]))


@few
@given(st.lists(st.sampled_from(range(len(LINES))), max_size=4, unique=True))
def test_lines_that_are_missing_are_read_or_refused_the_same_each_time(missing: list[int]) -> None:
    text = "".join(line for index, line in enumerate(LINES) if index not in missing)
    assert outcome(text) == outcome(text)


def test_a_large_city_is_read_in_bounded_time() -> None:
    """500 systems. The bound is ten times what the slowest machine of the project needs."""
    systems = "".join(
        f"  - id: sys-{n}\n    name: System {n}\n    department: it\n    owner: x\n"
        f'    assets: [{{id: w{n}, kind: web, url: "https://w{n}.elm.example/"}}]\n'
        for n in range(500)
    )
    began = time.process_time()
    inventory = read(SOUND.replace("waivers:\n", systems + "waivers:\n"), CHECKS)
    assert len(inventory.systems) == 501
    assert time.process_time() - began < 15
