"""What is to be graded, and what earlier runs left of it. Data, and one thing that gives it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from auditor.asked import Asked
from auditor.history import History
from auditor.model import Asset, Carried, Finding, System
from auditor.records import dataclass
from auditor.rubric import Rubric
from auditor.second_look import Place, last_decided, turned
from auditor.standing import accountable, accountable_systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Asked):
    """What is to be graded, and everything but facts that the grade rests on."""

    rubric: Rubric
    carried: tuple[Carried, ...] = ()  # earlier outcomes, where no `Memory` has them
    as_of: datetime | None = None  # None: the end of the run

    @property
    def accountable(self) -> tuple[Asset, ...]:
        """The assets that are graded, vanished ones too; with `only`, those of the named systems."""
        before = [asset for asset in self.earlier_assets if not self.only or asset.system in self.only]
        return accountable(self.assets, before, self.retired)

    @property
    def accountable_systems(self) -> tuple[System, ...]:
        """The systems that are graded; none in an ad hoc check."""
        if self.organisation is None:
            return ()
        before = [system for system in self.earlier_systems if not self.only or system.id in self.only]
        return accountable_systems(self.systems, before, self.accountable, self.retired)


class Memory(Protocol):
    """What earlier runs left of each asset, and what this one leaves."""

    def recall(self, asset: Asset) -> Sequence[Carried]:
        """Earlier outcomes of an asset, under its own id: those of its former ids too."""
        ...

    def turned(
        self, judged: Mapping[str, Sequence[Finding]], assets: Iterable[Asset]
    ) -> Mapping[str, Collection[Place]]:
        """The places that pass and were last seen to fail, or fail and were last seen to pass; by asset.

        `assets`: all that were judged, and others.
        """
        ...

    def keep(
        self,
        asset: Asset,
        judged: Sequence[Finding],
        before: Sequence[Carried],
        history: History,
        settled: Sequence[Finding],
    ) -> None:
        """Take note of one asset: what judging said of it, what was recalled, and what counts.

        `history` is that of `before`. Asked right after `recall`, asset by asset.
        """
        ...


class Told:
    """A memory that knows what the question carries, and keeps nothing."""

    def __init__(self, carried: Iterable[Carried], assets: Sequence[Asset]) -> None:
        self._by_asset: dict[str, list[Carried]] = defaultdict(list)
        for entry in carried:
            self._by_asset[entry.asset].append(entry)
        self._present = {asset.id for asset in assets}

    def recall(self, asset: Asset) -> Sequence[Carried]:
        names = (asset.id, *(former for former in asset.formerly if former not in self._present))
        return [entry for name in names for entry in self._by_asset.get(name, ())]

    def turned(self, judged: Mapping[str, Sequence[Finding]], *_: object) -> Mapping[str, Collection[Place]]:
        places = (
            (name, turned(findings, last_decided(self._by_asset.get(name, ())))) for name, findings in judged.items()
        )
        return {name: found for name, found in places if found}

    def keep(self, asset: Asset, *_: object) -> None:
        pass
