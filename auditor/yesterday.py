"""What earlier runs left of an asset, judged by today's checks from the facts of those days. Writes nothing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from auditor.codec import CodecError, digest
from auditor.history import carried_of
from auditor.judge_run import Judging, Stages
from auditor.model import Asset, Basis, Carried, Finding, Outcome, System
from auditor.observe import Look
from auditor.packing import packed, unpacked
from auditor.plugins import Parts
from auditor.records import dataclass
from auditor.second_look import both
from auditor.store import looks, runs
from auditor.vendors import NOBODY, Register

if TYPE_CHECKING:
    from sqlalchemy import Connection

Place = tuple[str, str]  # check, locus


@dataclass(frozen=True)
class Yesterday:
    """Today's checks, for the facts of other days. `systems` and `register`: as today's inventory has them."""

    systems: Sequence[System]
    parts: Parts
    register: Register = NOBODY
    _runs: dict[str, tuple[int, datetime] | None] = field(default_factory=dict)  # number and start, as they are read
    _unread: dict[str, _Answer] = field(default_factory=dict)  # by asset

    def judged(self, connection: Connection, asset: Asset, entries: Sequence[Carried]) -> tuple[Carried, ...]:
        """See `_judged`. A run asks twice, for what turned and for what stands; the looks are judged once."""
        question = (asset, digest(_packed(entries)))
        known = self._unread.pop(asset.id, None)
        if known and known.question == question:
            return unpacked(asset.id, json.loads(zlib.decompress(known.said)))
        said = self._judged(connection, asset, entries)
        self._unread[asset.id] = _Answer(question, _packed(said))
        return said

    def _judged(self, connection: Connection, asset: Asset, entries: Sequence[Carried]) -> tuple[Carried, ...]:
        """The same entries, each as today's checks say of the look that it comes from, where that is still there.

        `entries`: what is remembered of the asset. What that look says of a place that was forgotten since stays
        forgotten, or a failure that ended long ago would be open again.
        """
        names = sorted({entry.run for entry in entries if entry.run and entry.outcome is not Outcome.UNKNOWN})
        said = {name: self._findings(connection, asset, name) for name in names}
        known = {(entry.check, entry.locus) for entry in entries}
        checks = {entry.check for entry in entries}
        kept = (self._as_said(entry, said.get(entry.run, {})) for entry in entries)
        fresh = (
            replace(carried_of(finding, finding.observed_at), run=name, digest=sha256)
            for name, found in said.items()
            for place, (finding, sha256) in found.items()
            if _is_sight(finding) and finding.observed_at and (place in known or finding.check not in checks)
        )
        return (*(entry for entry in kept if entry), *fresh)

    def _as_said(self, entry: Carried, said: Mapping[Place, tuple[Finding, str]]) -> Carried | None:
        """What stays of an entry beside what today's checks say of its look. None: they say it themselves.

        A look at which a check breaks today takes no failure away, and lets nothing better stand.
        """
        if entry.outcome is Outcome.UNKNOWN:
            return entry
        now = said.get((entry.check, entry.locus)) or said.get((entry.check, ""))
        if now is None:
            return entry
        finding, _ = now
        if _is_sight(finding):
            return None if finding.locus == entry.locus else entry
        if entry.outcome is Outcome.FAIL:
            return entry
        return replace(entry, outcome=Outcome.UNKNOWN, summary="", evidence=(), basis=Basis.OBSERVED)

    def _findings(self, connection: Connection, asset: Asset, name: str) -> dict[Place, tuple[Finding, str]]:
        """What today's checks say of both looks of a run at an asset, with the digest of the first; {}: nothing.

        It says nothing where the look is not there any more, or cannot be read, nor of what needs all assets: that
        keeps the word of its day.
        """
        try:
            run = self._begun(connection, name)
            first, second = (self._looks(connection, asset, run, turn) for turn in (1, 2)) if run else ([], [])
        except CodecError:
            return {}
        if not run or not first:
            return {}
        judged = (self._judge(asset, run[1], seen) for seen in (first, second))
        return {
            (finding.check, finding.locus): (finding, first[0].digest)
            for finding in both(*judged)
            if finding.check in self._alone
        }

    def _begun(self, connection: Connection, name: str) -> tuple[int, datetime] | None:
        """The number and the start of a run; None: it is not there any more."""
        if name not in self._runs:
            self._runs[name] = runs.begun(connection, name)
        return self._runs[name]

    def _looks(
        self, connection: Connection, asset: Asset, run: tuple[int, datetime], turn: int
    ) -> list[looks.KeptLook]:
        number, began = run
        return list(looks.read_looks(connection, number, began, turn, self.parts.facts_types, [asset.id]))

    def _judge(self, asset: Asset, began: datetime, seen: Sequence[looks.KeptLook]) -> tuple[Finding, ...]:
        if not seen:
            return ()
        judging = Judging((asset,), self._homes.get(asset.system, ()), self.parts, began, register=self.register)
        return tuple(judging.run(_as_looks(asset, seen)).findings.get(asset.id, ()))

    @cached_property
    def _homes(self) -> Mapping[str, tuple[System]]:
        return {system.id: (system,) for system in self.systems}

    @cached_property
    def _alone(self) -> frozenset[str]:
        """Checks that can be judged from one asset's facts."""
        late = Stages.of(self.parts).late_types
        return frozenset(check.id for check in self.parts.checks if check.reads not in late)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was said of an asset, packed: a whole city's answers wait for their second reader."""

    question: tuple[Asset, str]
    said: bytes


def _packed(entries: Sequence[Carried]) -> bytes:
    return zlib.compress(packed(entries).encode(), level=1)


def _as_looks(asset: Asset, kept: Sequence[looks.KeptLook]) -> Iterator[Look]:
    return (Look(asset, one.sights, one.found) for one in kept)


def _is_sight(finding: Finding) -> bool:
    return finding.outcome is not Outcome.UNKNOWN
