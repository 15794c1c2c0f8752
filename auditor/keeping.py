"""One run and the store that keeps it: looks as they arrive, what is remembered of each asset, letters at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from auditor import short as shorts
from auditor.asked import Asked
from auditor.codec import CodecError, canonical, plain
from auditor.facts.declared import Declared
from auditor.history import History
from auditor.judge import declared_facts
from auditor.micros import EPOCH
from auditor.model import Asset, Basis, Carried, Finding, Reason, Report
from auditor.observe import Look
from auditor.past import KeptRun, State, state_of
from auditor.plugins import Parts
from auditor.probe import Unseen
from auditor.remember import after_the_clock, joined, relied, remembered, renamed, without_the_gone
from auditor.rubric import Rubric
from auditor.second_look import DECIDED, last_decided, turned
from auditor.standing import carry
from auditor.store import changes, looks, pages, runs
from auditor.store.once import number_of_asset, numbers_of_assets
from auditor.yesterday import Yesterday

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from auditor.store.kept import Store

PAGES_AT_ONCE = 100
MANY_STATES = 4096  # whose numbers are held in memory
SHORT = 16
NOT_LOOKED_AT = {Reason.LEFT_OUT.word, Reason.INTERRUPTED.word}  # a run says nothing of what it left out
OF_WHOLE_CITY = ("city", "department", "system", "asset")


def method_of(parts: Parts, tool: str) -> str:
    """SHA-256 over what judges: the program, and every distribution that a check comes from."""
    origins = sorted({str(origin) for origin in parts.origins.values()})
    return hashlib.sha256(canonical([tool, *origins])).hexdigest()


class Keeping:
    """The memory of one run (`pipeline.Memory`), and the keeper of what it sees."""

    def __init__(self, store: Store, run: runs.Run, asked: Asked, parts: Parts, rubric: Rubric) -> None:
        self.run = run
        self._store = store
        self._asked = asked
        self._parts = parts
        self.rubric = rubric
        self._systems = {system.id: system for system in asked.systems}
        self._yesterday = Yesterday(asked.systems, parts)
        self._present = {asset.id for asset in asked.assets} | {asset.id for asset in asked.earlier_assets}
        self._digests: dict[str, str] = {}  # of what this run saw of each asset
        self._partly: set[str] = set()  # assets of which something was left out
        self._numbers: dict[State, int] = {}
        self.changes = 0  # findings that are not what was last recorded
        self._page = ("", pages.Page())  # the last one that was read
        self._stale_pages: list[str] = []
        self._methods: dict[Declared, str] = {}
        self._unwritten: dict[int, str] = {}
        with store.reading() as connection:
            self._assets = numbers_of_assets(connection)
        self._stack = ExitStack()
        self._writing: Connection | None = None

    def looks(self, seen: Iterable[Look], turn: int = 1) -> Iterator[Look]:
        """Pass looks on, each once it is kept. What cannot be kept was not seen."""
        for look in seen:
            yield self._kept(look, turn)

    def earlier_looks(self, turn: int = 1, damaged: set[str] | None = None) -> Iterator[Look]:
        """What this run saw before it was broken off. `damaged`: see `looks.read_looks`."""
        for look in stored_looks(self._store, self.run, self._asked, self._parts, turn, damaged):
            self._digests[look.asset.id] = looks.look_of(look.asset.id, look.sights, look.found).digest
            yield look

    def looked_at(self) -> frozenset[str]:
        """The assets that this run has looked at, before it was broken off too."""
        with self._reading() as connection:
            return looks.looked_at(connection, self.run.no)

    def _kept(self, look: Look, turn: int) -> Look:
        try:
            kept = looks.look_of(look.asset.id, look.sights, look.found)
        except (CodecError, ValueError):  # a stranger's facts hold what has no JSON, or refuse to be without their time
            look = replace(look, sights=tuple(_unkeepable(look)), found=())
            kept = looks.look_of(look.asset.id, look.sights, ())
        with self._store.writing() as connection:
            number = self._number(connection, look.asset.id)
            looks.keep_look(connection, self.run.no, self.run.opening.started, turn, kept, number)
        self._digests[look.asset.id] = kept.digest
        return look

    def recall(self, asset: Asset) -> tuple[Carried, ...]:
        """See `pipeline.Memory`. Judged by today's checks; nothing in it is later than the start of this run."""
        with self._reading() as connection:
            begun = self.run.opening.started
            formers = [former for former in asset.formerly if former not in self._present]
            pasts = [
                after_the_clock(renamed(self._recalled(connection, asset, name), asset), begun)
                for name in (*formers, asset.id)  # its own last: `_page` is what `keep` writes anew
            ]
        return remembered(joined(pasts, self.rubric), self.rubric) if formers else pasts[0]

    def _recalled(self, connection: Connection, asset: Asset, name: str) -> tuple[Carried, ...]:
        page = pages.read_page(connection, name)
        if name == asset.id:
            self._page = (name, page)
        if page.method == self._method(asset):
            return page.entries
        past = self._yesterday.judged(connection, replace(asset, id=name), page.entries)
        return remembered(after_the_clock(past, self.run.opening.started), self.rubric)

    def turned(self, judged: Mapping[str, Sequence[Finding]]) -> Collection[str]:
        """See `pipeline.Memory`."""
        assets = {asset.id: asset for asset in self._asked.assets if asset.id in judged}
        found = {asset.id for asset in assets.values() if asset.formerly and self._has_turned(asset, judged)}
        with self._reading() as connection:
            pages_of_all = pages.decided_of_all(connection)
            for name, method, last in pages_of_all:
                if name in assets and method == self._method(assets[name]) and turned(judged[name], last):
                    found.add(name)
                elif name in assets and method != self._method(assets[name]):
                    self._stale_pages.append(name)
        while self._stale_pages:
            name = self._stale_pages.pop()
            if self._has_turned(assets[name], judged):
                found.add(name)
        return found

    def _has_turned(self, asset: Asset, judged: Mapping[str, Sequence[Finding]]) -> bool:
        return turned(judged[asset.id], last_decided(self.recall(asset)))

    def keep(
        self,
        asset: Asset,
        judged: Sequence[Finding],
        before: Sequence[Carried],
        history: History,
        settled: Sequence[Finding],
    ) -> None:
        """See `pipeline.Memory`. All of a run's notes are one transaction, which `finish` ends."""
        connection = self._notes()
        left_out = {finding.check for finding in judged if finding.reason in NOT_LOOKED_AT}
        looked = [finding for finding in judged if finding.check not in left_out]
        left = [self._stamped(entry) for entry in carry(asset, looked, history, history.as_of)]
        settled_by_sight = self._last_words(left, history.as_of)
        rest = [entry for entry in before if (entry.check, entry.locus) not in settled_by_sight]
        depended_on = relied(asset, judged, rest, history.as_of)
        if depended_on:
            pages.write_carried(connection, self.run.no, asset.id, depended_on)
        if left_out:
            self._partly.add(asset.id)
        if not looked:
            return
        rest += [entry for entry in left if (entry.check, entry.locus) not in settled_by_sight]
        rest = list(remembered(after_the_clock(rest, history.as_of), self.rubric))
        entries = without_the_gone((*settled_by_sight.values(), *rest), self.rubric)
        states = self._record(connection, asset, settled, left_out)
        page = pages.Page(self._method(asset), states, entries)
        self._unwritten[self._number(connection, asset.id)] = pages.written(page)
        self._take_over(connection, asset)
        if len(self._unwritten) >= PAGES_AT_ONCE:
            self._write_pages(connection)

    def _take_over(self, connection: Connection, asset: Asset) -> None:
        """Empty the memory of the names that an asset had: it is this asset's own now.

        What is forgotten here would come back from there on the next night, a failure that ended among it.
        """
        for former in asset.formerly:
            page = pages.read_page(connection, former) if former not in self._present else pages.Page()
            if page.entries:
                pages.write_page(connection, former, replace(page, entries=()))

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

    def _notes(self) -> Connection:
        """The transaction of the notes; it begins with the first one."""
        if self._writing is None:
            self._writing = self._stack.enter_context(self._store.writing())
        return self._writing

    def _write_pages(self, connection: Connection) -> None:
        pages.write_pages(connection, self._unwritten)
        self._unwritten = {}

    def _number(self, connection: Connection, name: str) -> int:
        if name not in self._assets:
            self._assets[name] = number_of_asset(connection, name)
        return self._assets[name]

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
            short=shorts.written(shorts.short(report)),
        )
        with self._stack:
            connection = self._notes()
            self._write_pages(connection)
            if closing.whole:
                self._let_go(connection, {asset.id for asset in report.assets})
            if not interrupted:
                kinds = () if self._asked.only or self._partly else OF_WHOLE_CITY
                changes.record_letters(connection, self.run.no, _graded(report, self._partly), all_of=kinds)
            runs.finish(connection, self.run.no, closing)
        self._writing = None  # it is committed; what is asked of this run from now on is read from the store
        return replace(self.run, closing=closing).kept

    def _let_go(self, connection: Connection, accountable: set[str]) -> None:
        """Note as gone what nobody answers for any more: retired, or renamed. What is remembered of it stays."""
        for name in pages.assets_with_pages(connection) - accountable:
            page = pages.read_page(connection, name)
            if page.states:
                changes.record(connection, self.run.no, name, dict.fromkeys(page.states), self._numbers)
                pages.write_page(connection, name, replace(page, states={}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget the notes of a run that did not come to its end; what it looked at stands."""
        self._stack.__exit__(kind, error, trace)
        self._writing = None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """The transaction of the notes, where it has begun: so that one connection sees one thing."""
        if self._writing is not None:
            yield self._writing
        else:
            with self._store.reading() as connection:
                yield connection

    def _record(
        self, connection: Connection, asset: Asset, settled: Sequence[Finding], left_out: set[str]
    ) -> Mapping[pages.Place, str]:
        """Note which places changed since they were last recorded. What was left out stays as it was."""
        before = self._page[1].states if self._page[0] == asset.id else pages.read_page(connection, asset.id).states
        states = {place: digest for place, digest in before.items() if place[0] in left_out}
        changed: dict[pages.Place, State | None] = {}
        for finding in settled:
            if finding.check in left_out:
                continue
            place, state = (finding.check, finding.locus), state_of(finding)
            states[place] = changes.state_digest(state)
            if before.get(place) != states[place]:
                changed[place] = state
        changed |= dict.fromkeys(before.keys() - states.keys())
        if len(self._numbers) > MANY_STATES:
            self._numbers.clear()
        changes.record(connection, self.run.no, asset.id, changed, self._numbers)
        self.changes += len(changed)
        return states

    def _stamped(self, entry: Carried) -> Carried:
        return replace(entry, run=self.run.id, digest=self._digests.get(entry.asset, ""))

    def _method(self, asset: Asset) -> str:
        """By what an asset's past was judged: the program, its checks, and what the inventory says of the asset."""
        declared = declared_facts(asset, self._systems.get(asset.system), EPOCH)
        if declared not in self._methods:
            said = canonical([self.run.opening.method, plain(declared)])
            self._methods[declared] = hashlib.sha256(said).hexdigest()[:SHORT]
        return self._methods[declared]


def stored_looks(  # noqa: PLR0917 - which looks, and what they are looks at
    store: Store, run: runs.Run, asked: Asked, parts: Parts, turn: int, damaged: set[str] | None = None
) -> Iterator[Look]:
    """What a run looked at, from the store. Raises CodecError for what cannot be read; `damaged`: see `read_looks`."""
    assets = {asset.id: asset for asset in asked.assets}
    with store.reading() as connection:
        types = parts.facts_types
        for kept in looks.read_looks(connection, run.no, run.opening.started, turn, types, damaged=damaged):
            if kept.asset in assets:
                yield Look(assets[kept.asset], kept.sights, kept.found)


def _graded(report: Report, partly: set[str]) -> Iterator[changes.Graded]:
    """Who has letters, without those that rest on an asset of `partly`: of it, a run says what another one saw."""
    systems = {asset.system for asset in report.assets if asset.id in partly}
    yield from (changes.Graded("asset", grade) for grade in report.asset_grades if grade.id not in partly)
    yield from (changes.Graded("system", grade) for grade in report.system_grades if grade.id not in systems)
    if not partly:
        yield from (changes.Graded("department", grade) for grade in report.department_grades)
    if report.city and not partly:
        yield changes.Graded("city", report.city.grade)


def _unkeepable(look: Look) -> Iterator[Unseen]:
    for sight in look.sights:
        facts_type = sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)
        yield Unseen(facts_type, "", Reason.PROBE_ERROR, "it says what cannot be kept")
