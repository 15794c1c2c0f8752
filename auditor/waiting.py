"""What is known of each asset while it waits for all others: its sights in a row, and a table of them as it is read.

The tables of an asset take more memory than most of what stands in them. Knows no derivation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from auditor.deriving import Row, Sight, Sights
from auditor.facts.base import Facts

Kinds = tuple[type[Facts], ...]  # in which row of the table each sight stands: of most assets the same
Kept = tuple[Kinds, tuple[Sight, ...]]


class Waiting(Mapping[str, Sights]):
    """By the ids of the assets, in the order in which they came."""

    def __init__(self) -> None:
        self._of: dict[str, Kept] = {}
        self._kinds: dict[Kinds, Kinds] = {}

    def put(self, asset: str, known: Mapping[type[Facts], Row]) -> None:
        """Instead of what was known of it."""
        kinds = tuple([kind for kind, row in known.items() for _ in row])
        self._keep(asset, kinds, tuple([sight for row in known.values() for sight in row.values()]))

    def add(self, asset: str, facts_type: type[Facts], sights: Collection[Sight]) -> None:
        """Instead of what was known of this type."""
        rest = [pair for pair in zip(*self._of[asset], strict=True) if pair[0] is not facts_type]
        kinds = (*(kind for kind, _ in rest), *(facts_type for _ in sights))
        self._keep(asset, kinds, (*(sight for _, sight in rest), *sights))

    def pop(self, asset: str) -> Sights:
        """What is known of one that waits no more."""
        return _table(self._of.pop(asset))

    def _keep(self, asset: str, kinds: Kinds, sights: tuple[Sight, ...]) -> None:
        self._of[asset] = (self._kinds.setdefault(kinds, kinds), sights)

    def __getitem__(self, asset: str) -> Sights:
        return _table(self._of[asset])

    def __contains__(self, asset: object) -> bool:
        return asset in self._of

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)


def _table(kept: Kept) -> Sights:
    table: dict[type[Facts], dict[str, Sight]] = {}
    for kind, sight in zip(*kept, strict=True):
        table.setdefault(kind, {})[sight.locus] = sight
    return Sights(table)
