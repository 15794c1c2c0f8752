"""Every law over many more cities than a test run has time for, by plain dice and without shrinking.

`python -m tests.laws.campaign 20000 [seed]`: prints how many cities each law was tried on and how many it had no use
for, and stops at the first that breaks, with its seed.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from random import Random

from hypothesis.errors import UnsatisfiedAssumption

from tests.laws import test_blindness_never_helps, test_next_letter, test_same_bytes, test_words
from tests.laws.cities import draw_city
from tests.laws.test_blindness_never_helps import HOURS_LIST

MODULES = (test_blindness_never_helps, test_next_letter, test_same_bytes, test_words)


def laws() -> Iterator[tuple[str, Callable[..., None], dict[str, object]]]:
    """Each law about one city, with the values that it is parametrized by."""
    for module in MODULES:
        for name, test in inspect.getmembers(module, lambda member: hasattr(member, "hypothesis")):
            law = test.hypothesis.inner_test
            if "city" in inspect.signature(law).parameters:
                for fixed in _parameters(test):
                    yield " ".join([name, *(getattr(v, "__name__", str(v)) for v in fixed.values())]), law, fixed


def _parameters(test: Callable[..., None]) -> list[dict[str, object]]:
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    rows = [[(mark.args[0], value) for value in mark.args[1]] for mark in marks]
    return [dict(row) for row in product(*rows)]


def try_law(law: Callable[..., None], fixed: dict[str, object], seed: str) -> bool:
    """Try one city. False: the law has no use for it."""
    dice = Random(seed)
    given = {**fixed, "city": draw_city(dice.randint)}
    for name in inspect.signature(law).parameters:
        if name not in given:
            given[name] = dice.choice(HOURS_LIST) if name in {"hours", "more"} else dice.randint(1, 10**4)
    try:
        law(**given)
    except UnsatisfiedAssumption:
        return False
    except AssertionError:
        print(f"seed {seed}\n{given['city']}\n{ {k: v for k, v in given.items() if k != 'city'} }")  # noqa: T201
        raise
    return True


def main(examples: int, start: str) -> None:
    warnings.simplefilter("ignore")  # `assume` outside Hypothesis
    total = 0
    for name, law, fixed in laws():
        used = sum(try_law(law, fixed, f"{start}-{number}") for number in range(examples))
        total += used
        print(f"{used:7} of {examples} cities: {name}", flush=True)  # noqa: T201
    print(f"{total} cities in all; every law held.")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "0")
