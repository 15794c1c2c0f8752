"""One run and the store that keeps it: looks as they arrive, what is remembered of each asset, letters at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from auditor import short as shorts
from auditor.asked import Asked
from auditor.codec import CodecError, canonical, plain
from auditor.facts.base import Facts
from auditor.facts.declared import Declared
from auditor.heap import give_back
from auditor.history import History
from auditor.judge import declared_facts
from auditor.micros import EPOCH
from auditor.model import Asset, Basis, Carried, Finding, Reason, Report
from auditor.notes import Notes
from auditor.observe import Look
from auditor.past import KeptRun
from auditor.plugins import Parts
from auditor.probe import Unseen
from auditor.remember import after_the_clock, at_another_address, joined, relied, remembered, renamed, without_the_gone
from auditor.rubric import Rubric
from auditor.second_look import DECIDED, Place, last_decided, turned
from auditor.standing import carry
from auditor.store import looks, pages, runs
from auditor.vendors import register_of
from auditor.yesterday import Yesterday

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from auditor.store.kept import Store

SHORT = 16
MANY_LOOKS = 100  # leave megabytes that are free, and are not given back by themselves
NOT_LOOKED_AT = {Reason.LEFT_OUT.word, Reason.INTERRUPTED.word}  # a run says nothing of what it left out


def method_of(parts: Parts, tool: str) -> str:
    """SHA-256 over what looks and judges: the program, and every distribution that a part of it comes from."""
    return hashlib.sha256(canonical([tool, *parts.distributions])).hexdigest()


class Keeping:
    """The memory of one run (`pipeline.Memory`), and the keeper of what it sees."""

    def __init__(self, store: Store, run: runs.Run, asked: Asked, parts: Parts, rubric: Rubric) -> None:
        self.run = run
        self._store = store
        self._asked = asked
        self._parts = parts
        self.rubric = rubric
        self._systems = {system.id: system for system in asked.systems}
        self._register = register_of(asked, run.opening.started)
        self._yesterday = Yesterday(asked.systems, parts, self._register)
        self._present = frozenset(asset.id for asset in (*asked.assets, *asked.earlier_assets))
        self._page = ("", pages.Page())  # the last one that was read
        self._methods: dict[Declared, str] = {}
        self._method_of: tuple[Asset | None, str] = (None, "")  # of the last one that was asked for
        self._notes = Notes(store, run.no, self._present)

    def looks(self, seen: Iterable[Look], turn: int = 1) -> Iterator[Look]:
        """Pass looks on, each once it is kept. What cannot be kept was not seen."""
        for number, look in enumerate(seen, 1):
            yield self._kept(look, turn)
            if number % MANY_LOOKS == 0:
                give_back()
        give_back()

    def earlier_looks(self, turn: int = 1, damaged: set[str] | None = None) -> Iterator[Look]:
        """What this run saw before it was broken off. `damaged`: see `looks.read_looks`."""
        yield from stored_looks(self._store, self.run, self._asked, self._parts, turn, damaged)

    def looked_at(self) -> frozenset[str]:
        """The assets that this run has looked at, before it was broken off too."""
        with self._notes.reading() as connection:
            return looks.looked_at(connection, self.run.no)

    def _kept(self, look: Look, turn: int) -> Look:
        try:
            kept = looks.look_of(look.asset.id, look.sights, look.found)
        except (CodecError, ValueError):  # a stranger's facts hold what has no JSON
            look, kept = _blind(look)
        with self._store.writing() as connection:
            number = self._notes.number(connection, look.asset.id)
            try:
                looks.keep_look(connection, self.run.no, self.run.opening.started, turn, kept, number)
            except CodecError:  # or would be read back as something else, or refuse to be without their time
                look, kept = _blind(look)
                looks.keep_look(connection, self.run.no, self.run.opening.started, turn, kept, number)
        return look

    def recall(self, asset: Asset) -> tuple[Carried, ...]:
        """See `pipeline.Memory`. Judged by today's checks; nothing in it is later than the start of this run."""
        return self._past(asset, anywhere=False)

    def _past(self, asset: Asset, *, anywhere: bool) -> tuple[Carried, ...]:
        """`anywhere`: what was seen at an address that it had before is part of it, passes too."""
        with self._notes.reading() as connection:
            formers = [former for former in asset.formerly if former not in self._present]
            pasts = [
                renamed(self._recalled(connection, asset, name, anywhere=anywhere), asset)
                for name in (*formers, asset.id)  # its own last: `_page` is what `keep` writes anew
            ]
        pasts = [after_the_clock(past, self.run.opening.started) for past in pasts]
        return remembered(joined(pasts, self.rubric), self.rubric) if formers else pasts[0]

    def _recalled(self, connection: Connection, asset: Asset, name: str, *, anywhere: bool) -> tuple[Carried, ...]:
        page = self._notes.page(connection, name)
        if name == asset.id:
            self._page = (name, page)
        past = page.entries
        if past and page.method != self._method(asset):
            past = self._yesterday.judged(connection, replace(asset, id=name), page.entries)
            past = remembered(after_the_clock(past, self.run.opening.started), self.rubric)
        return past if anywhere or page.address in ("", asset.address) else at_another_address(past)

    def turned(
        self, judged: Mapping[str, Sequence[Finding]], assets: Iterable[Asset]
    ) -> Mapping[str, Collection[Place]]:
        """See `pipeline.Memory`."""
        known = {asset.id: asset for asset in assets if asset.id in judged}
        recalled = [name for name, asset in known.items() if asset.formerly]  # not by the page of this name alone
        found: dict[str, Collection[Place]] = {}
        with self._notes.reading() as connection:
            for name, method, last in pages.decided_of_all(connection):
                if name not in known or known[name].formerly:
                    continue
                if method != self._method(known[name]):
                    recalled.append(name)
                elif places := turned(judged[name], last):
                    found[name] = places
        for name in recalled:
            if places := turned(judged[name], last_decided(self._past(known[name], anywhere=True))):
                found[name] = places
        return found

    def keep(
        self,
        asset: Asset,
        judged: Sequence[Finding],
        before: Sequence[Carried],
        history: History,
        settled: Sequence[Finding],
    ) -> None:
        """See `pipeline.Memory`. All of a run's notes are one transaction, which `finish` ends."""
        left_out = {finding.check for finding in judged if finding.reason in NOT_LOOKED_AT}
        looked = [finding for finding in judged if finding.check not in left_out]
        left = carry(asset, looked, history, history.as_of, self.run.id, self._notes.digest(asset.id))
        settled_by_sight = self._last_words(left, history.as_of)
        rest = [entry for entry in before if (entry.check, entry.locus) not in settled_by_sight]
        depended_on = relied(asset, judged, rest, history.as_of)
        if depended_on:
            self._notes.relied(asset, depended_on)
        if not looked:
            return
        rest += [entry for entry in left if (entry.check, entry.locus) not in settled_by_sight]
        rest = list(remembered(after_the_clock(rest, history.as_of), self.rubric))
        entries = without_the_gone((*settled_by_sight.values(), *rest), self.rubric)
        page = pages.Page(self._method(asset), entries=entries, address=asset.address)
        self._notes.asset(asset, self._page_of(asset), page, settled, left_out)

    def _page_of(self, asset: Asset) -> pages.Page:
        """As it was read by `recall`, which comes right before `keep`."""
        if self._page[0] == asset.id:
            return self._page[1]
        with self._notes.reading() as connection:
            return self._notes.page(connection, asset.id)

    def _last_words(self, left: Sequence[Carried], at: datetime) -> dict[pages.Place, Carried]:
        """Sights of this run after which nothing earlier counts at their place: seen to pass or to fail.

        What is recalled is never later than the start of the run, so that most of what was remembered need not be
        weighed: on most nights most places are seen.
        """
        begun = self.run.opening.started
        odd = {(entry.check, entry.locus) for entry in left if not begun < entry.observed_at <= at}
        return {
            (entry.check, entry.locus): entry
            for entry in left
            if entry.outcome in DECIDED and entry.basis is not Basis.DECLARED and (entry.check, entry.locus) not in odd
        }

    def finish(self, report: Report, digest: str, *, interrupted: bool) -> KeptRun:
        """Everything that the run leaves, at once. `digest`: SHA-256 of its JSON report."""
        city = report.city
        closing = runs.Closing(
            finished=report.run.finished,
            as_of=report.run.as_of,
            complete=report.run.complete,
            whole=not self._asked.only and not interrupted,
            interrupted=interrupted,
            report=digest,
            sensitive=(city.sensitive_at_b, city.sensitive_systems) if city else None,
            discovered=report.discovered_at,
            short=b"",
        )
        short = shorts.pieces(shorts.short(report, self._not_asked_about()))
        self._notes.close(report, closing, short, all_of=not self._asked.only)
        return replace(self.run, closing=closing).kept

    def _not_asked_about(self) -> Iterator[Asset]:
        """What was found in systems that were left out of this run: it is remembered as it was."""
        for asset in self._asked.found_before:
            if self._asked.only and asset.system not in self._asked.only:
                yield asset

    @property
    def changes(self) -> int:
        """Findings that are not what was last recorded."""
        return self._notes.changes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget the notes of a run that did not come to its end; what it looked at stands."""
        self._notes.drop(kind, error, trace)

    def _method(self, asset: Asset) -> str:
        """By what an asset's past was judged: the program, its checks, and what the inventory says of the asset."""
        if self._method_of[0] is asset:  # `keep` asks what `recall` asked
            return self._method_of[1]
        declared = declared_facts(asset, self._systems.get(asset.system), EPOCH, self._register)
        if declared not in self._methods:
            said = canonical([self.run.opening.method, plain(declared)])
            self._methods[declared] = hashlib.sha256(said).hexdigest()[:SHORT]
        self._method_of = (asset, self._methods[declared])
        return self._methods[declared]


def stored_looks(  # noqa: PLR0917 - which looks, and what they are looks at
    store: Store, run: runs.Run, asked: Asked, parts: Parts, turn: int, damaged: set[str] | None = None
) -> Iterator[Look]:
    """What a run looked at, from the store. Raises CodecError for what cannot be read; `damaged`: see `read_looks`."""
    assets = {asset.id: asset for asset in asked.assets}
    with store.reading() as connection:
        types = parts.facts_types
        if looks.looked_at(connection, run.no, turn) - assets.keys():  # else nobody asks what was found
            assets |= {asset.id: asset for asset in _found(connection, run, types)}
        for kept in looks.read_looks(connection, run.no, run.opening.started, turn, types, damaged=damaged):
            if kept.asset in assets:
                yield Look(assets[kept.asset], kept.sights, kept.found)


def _found(connection: Connection, run: runs.Run, types: Iterable[type[Facts]]) -> Iterator[Asset]:
    """What a run found, from its first looks. Those that cannot be read found nothing."""
    for kept in looks.read_looks(connection, run.no, run.opening.started, 1, types, damaged=set()):
        yield from kept.found


def _blind(look: Look) -> tuple[Look, looks.KeptLook]:
    """A look that saw nothing that can be kept."""
    look = replace(look, sights=tuple(_unkeepable(look)), found=())
    return look, looks.look_of(look.asset.id, look.sights, ())


def _unkeepable(look: Look) -> Iterator[Unseen]:
    for sight in look.sights:
        facts_type = sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)
        yield Unseen(facts_type, "", Reason.PROBE_ERROR, "it says what cannot be kept")
