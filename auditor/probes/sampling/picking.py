"""Which few of a bucket's objects are opened: some of the newest, some of the oldest, and some by chance. Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from auditor.reach.s3_objects import Stored

LARGEST = 1_048_576  # bytes of an object that is opened
TEXT = re.compile(
    r"(?:.*/)?(?:[^/.]+|[^/]*\.(?:csv|tsv|tab|txt|text|json|jsonl|ndjson|log|dat|out|psv))", re.IGNORECASE
)


def picked(objects: Sequence[Stored], most: int, seed: str) -> tuple[Stored, ...]:
    """At most `most` small objects whose names look like text. The same `seed` picks the same."""
    small = [one for one in objects if 0 < one.size <= LARGEST and TEXT.fullmatch(one.key)]
    by_age = sorted(small, key=lambda one: (one.modified, one.key))
    share = max(1, most // 3)
    ends = dict.fromkeys((*by_age[-share:][::-1], *by_age[:share]))
    chosen = list(ends)[:most]
    rest = [one for one in by_age if one not in ends]
    chosen += random.Random(seed).sample(rest, min(len(rest), most - len(chosen)))  # noqa: S311 - no secret hangs on it
    return tuple(chosen)
