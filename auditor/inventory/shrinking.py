"""Whether an inventory lost so much at once that it looks like an accident. Pure; knows ids alone."""

from __future__ import annotations

from collections.abc import Collection, Set

from auditor.records import dataclass

FEWEST = 2  # a single asset may go: its loss is said with the run, and holds the letter down until it is retired
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Shrunk:
    """`lost` of the `before` assets are neither listed under any name nor retired. `names`: a few, in order."""

    lost: int
    before: int
    names: tuple[str, ...]


def shrunk(before: Collection[str], known: Set[str], retired: Set[str]) -> Shrunk | None:
    """None while less than half is lost, or only one asset.

    `before`: ids of the assets that were accountable; `known`: ids and former ids of today's; `retired`: ids of assets,
    and of systems, which stand for all their assets.
    """
    earlier = frozenset(before)
    lost = sorted(name for name in earlier - known if name not in retired and name.partition("/")[0] not in retired)
    if len(lost) < FEWEST or 2 * len(lost) < len(earlier):
        return None
    return Shrunk(len(lost), len(earlier), tuple(lost[:MOST_NAMES]))
