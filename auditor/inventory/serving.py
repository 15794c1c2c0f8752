"""Which text serves for each part: the one that lies in the folder or, while that is broken, its last good copy.

A department that spoils its file must not blind the whole city; nor may it pass for looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from auditor.inventory.complaints import Complaint, InventoryError
from auditor.inventory.examining import examine, in_one
from auditor.inventory.include import Folder
from auditor.inventory.listing import KnownChecks
from auditor.inventory.pages import Leaf, Page, open_copy
from auditor.inventory.schema import Document
from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class Served:
    """The parts in the order of the list, and what is wrong with those whose copy serves, by name."""

    leaves: tuple[Leaf, ...]
    broken: dict[str, tuple[Complaint, ...]]


class Server:
    """Puts last good copies in the place of parts that are complained of."""

    def __init__(self, folder: Folder, leaves: Sequence[Leaf], last_good: Mapping[str, str]) -> None:
        """`last_good`: texts by the parts' names. That of a part which did not change is no way out of anything."""
        self._folder = folder
        self._leaves = {leaf.name: leaf for leaf in leaves}
        self._copies = {
            leaf.name: last_good[leaf.name] for leaf in leaves if not leaf.proven and leaf.name in last_good
        }
        self._broken: dict[str, tuple[Complaint, ...]] = {}

    def serve(self, main: Page[Document], known_checks: KnownChecks | None, today: date) -> Served:
        """Every part that nobody complains of, and copies of the others.

        Ends, since each round puts at least one copy in a part's place, and a copy stays.
        Raises InventoryError where no copy mends what is wrong: in the main file, in a part that has none, or in a
        copy, which is then listed together with what is wrong with its part.
        """
        self._replace({leaf.name: leaf.page.tree.in_order() for leaf in self._leaves.values()})
        found = examine(main, self.leaves, known_checks, today)
        while self._replace(found):
            found = examine(main, self.leaves, known_checks, today)
        if any(found.values()):
            raise InventoryError(in_one({name: self._broken.get(name, ()) + said for name, said in found.items()}))
        return Served(self.leaves, {name: self._broken[name] for name in self._leaves if name in self._broken})

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(self._leaves.values())

    def _replace(self, found: Mapping[str, tuple[Complaint, ...]]) -> bool:
        """Put the copy of each part that is complained of in its place. False: there was none to put."""
        spoilt = {name: said for name, said in found.items() if said and name in self._copies}
        for name in spoilt:
            self._leaves[name] = open_copy(self._folder, name, self._copies.pop(name))
        self._broken |= spoilt
        return bool(spoilt)
