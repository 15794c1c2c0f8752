"""The same facts give the same bytes: in any order, under a new name, over two systems, in another process."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from auditor.codec import canonical, digest
from tests.laws.acts import rename_asset, split_system
from tests.laws.chain import City, grade, laid_out
from tests.laws.cities import FEW, LAW, cities

NUMBERS = st.integers(0, 10**4)
ROOT = Path(__file__).parents[2]
PROGRAM = """
import pickle, sys
from auditor.codec import digest
from tests.laws.chain import grade
for city in pickle.load(sys.stdin.buffer):
    print(digest(grade(city).to_bytes()))
"""


def shuffled(city: City, seed: int) -> City:
    order = random.Random(seed)
    rows = {field.name: getattr(city, field.name) for field in fields(city)}
    mixed = {name: tuple(order.sample(row, len(row))) for name, row in rows.items() if isinstance(row, tuple)}
    return replace(city, **mixed)


@LAW
@given(cities(), NUMBERS)
def test_the_order_of_the_input_is_irrelevant(city: City, seed: int) -> None:
    assert grade(shuffled(city, seed)).to_bytes() == grade(city).to_bytes()


@FEW
@given(st.lists(cities(), min_size=30, max_size=30))
def test_another_process_with_another_hash_seed_gives_the_same_bytes(many: list[City]) -> None:
    here = [digest(grade(city).to_bytes()) for city in many]
    for seed in ("1", "77"):
        answer = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=pickle.dumps(many),
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert answer.stdout.decode().split() == here


@LAW
@given(cities(), NUMBERS)
def test_a_rename_keeps_the_history(city: City, number: int) -> None:
    was, is_now = grade(city), grade(rename_asset(city, number))
    assert {name: held.grade.letters for name, held in was.systems.items()} == {
        name: held.grade.letters for name, held in is_now.systems.items()
    }
    assert was.city.grade.letters == is_now.city.grade.letters
    kept = [held.grade.letters for name, held in was.assets.items() if name in is_now.assets]
    assert kept == [held.grade.letters for name, held in is_now.assets.items() if name in was.assets]
    assert is_now.assets["renamed"].grade.counts in [held.grade.counts for held in was.assets.values()]


@LAW
@given(cities(), NUMBERS)
def test_splitting_a_system_or_merging_two_equals(city: City, number: int) -> None:
    """Read from right to left it is merging."""
    one, two = grade(city), grade(split_system(city, number))
    for department, held in one.departments.items():
        assert canonical(laid_out(two.departments[department].grade)) == canonical(laid_out(held.grade))
    assert canonical(laid_out(two.city.grade)) == canonical(laid_out(one.city.grade))
