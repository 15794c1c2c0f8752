"""One look at all values finds what a walk finds, and a walk goes in the order of the file."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from auditor.inventory.secrecy import sweep
from auditor.inventory.tree import Plain, Trail, Tree
from tests.inventory.writing import SOUND, read

PIECES = [
    "",
    " ",
    "\n",
    "-----BEGIN ",
    "-----BEGIN",
    "AKIA",
    "AKIAIOSFODNN7EXAMPLE",
    "IOSFODNN7EXAMPLE",
    "ghp_",
    "a1" * 10,
]
PIECES += ["xoxb-", "1", "\u200b", "\u202e", "\x07", "\t", "\r", "token", "word"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=3).map("".join)
KEYS = st.sampled_from(["id", "name", "password", "pwd", "pwd\n", "secretary", "api key", "a\u202eb", "token"]) | TEXTS
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def walked(path: Trail, value: Plain) -> Iterator[tuple[Trail, Plain]]:
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walked((*path, key), inner)
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from walked((*path, index), inner)


@given(TREES)
def test_a_walk_names_parents_first_in_the_order_of_the_file(plain: Plain) -> None:
    assert list(Tree("city.yaml", plain).walk()) == list(walked((), plain))


@given(TREES)
def test_words_are_what_a_walk_comes_by(plain: Plain) -> None:
    keys, values = Tree("city.yaml", plain).words()
    ways = list(walked((), plain))
    assert keys == {path[-1] for path, _ in ways if path and isinstance(path[-1], str)}
    assert sorted(map(repr, values)) == sorted(repr(value) for _, value in ways if not isinstance(value, dict | list))


@given(TREES)
def test_one_look_at_all_texts_misses_nothing(plain: Plain) -> None:
    quick, slow = Tree("city.yaml", plain), Tree("city.yaml", plain)
    sweep(quick)
    with patch("auditor.inventory.secrecy._is_anything_amiss", return_value=True):
        sweep(slow)
    assert quick.complaints == slow.complaints


def test_an_asset_takes_little_memory() -> None:
    """What many buckets say alike is kept once. The bound is a half more than was measured."""
    row = '      - {{id: b{0}, kind: bucket, name: elm-b{0}, account: "123456789012"}}\n'
    rows = "".join(row.format(number) for number in range(1_000))
    text = SOUND.replace("waivers:\n", rows + "waivers:\n", 1)
    read(text)  # what is loaded once is no asset's
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    inventory = read(text)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(inventory.assets) == 1_003
    assert kept / len(inventory.assets) < 500
