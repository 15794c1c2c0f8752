"""What a run writes down as it is graded: memory, changes of places, letters. One transaction, ended by `close`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from auditor.model import Asset, Carried, Finding, Outcome, Reason, Report
from auditor.past import State
from auditor.store import changes, looks, pages, runs
from auditor.store.letters import Graded, record_letters
from auditor.store.once import number_of_asset, numbers_of_assets

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from auditor.store.kept import Store

ASSETS_AT_ONCE = 100  # whose notes are written together: a statement costs more than its rows
MANY_STATES = 512  # whose numbers are held in memory
OF_WHOLE_CITY = ("city", "department", "system", "asset")


class Notes:
    """The notes of one run. `present`: ids of assets that somebody answers for, so that nobody inherits from them."""

    def __init__(self, store: Store, run: int, present: frozenset[str]) -> None:
        self.changes = 0  # findings that are not what was last recorded
        self._store = store
        self._run = run
        self._present = present
        self._numbers: dict[State, int] = {}
        self._pages: dict[int, str] = {}  # not yet written, as are the changes; by number of the asset
        self._changed: dict[int, Mapping[pages.Place, State | None]] = {}
        with store.reading() as connection:
            self._assets = numbers_of_assets(connection)
        self._newest = max(self._assets.values(), default=0)  # of the assets of which the store knew anything
        self._stack = ExitStack()
        self._writing: Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The transaction of the notes, where it has begun: so that one connection sees one thing."""
        if self._writing is not None:
            yield self._writing
        else:
            with self._store.reading() as connection:
                yield connection

    def number(self, connection: Connection, asset: str) -> int:
        if asset not in self._assets:
            self._assets[asset] = number_of_asset(connection, asset)
        return self._assets[asset]

    def page(self, connection: Connection, asset: str) -> pages.Page:
        """What earlier runs left of an asset. Raises CodecError."""
        is_new = self._assets.get(asset, 0) > self._newest
        return pages.Page() if is_new else pages.read_page(connection, asset)

    def digest(self, asset: str) -> str:
        """Of what this run saw of an asset, in its last look; "" where it did not look."""
        number = self._assets.get(asset)
        if number is None:
            return ""
        with self.reading() as connection:
            return looks.digest_of(connection, self._run, number)

    def relied(self, asset: Asset, entries: Iterable[Carried]) -> None:
        """The earlier outcomes on which the grade of an asset depends."""
        pages.write_carried(self._begun(), self._run, asset.id, entries)

    def asset(
        self, asset: Asset, before: pages.Page, after: pages.Page, settled: Sequence[Finding], left_out: set[str]
    ) -> None:
        """What is known of an asset after this run. `after`: without its states, which follow from `settled`.

        `before`: its page until now; `left_out`: the checks that were not asked.
        """
        connection = self._begun()
        number = self.number(connection, asset.id)
        states, self._changed[number] = self._compared(connection, asset, before.states, settled, left_out)
        self.changes += len(self._changed[number])
        self._pages[number] = pages.written(replace(after, states=states))
        self._take_over(connection, asset)
        if len(self._pages) >= ASSETS_AT_ONCE:
            self._write(connection)

    def close(self, report: Report, closing: runs.Closing, short: Iterable[bytes], *, all_of: bool) -> None:
        """End the run. `short`: see `runs.finish`; `all_of`: letters that the report does not give are gone."""
        with self._stack:
            connection = self._begun()
            self._write(connection)
            if closing.whole:
                self._let_go(connection, {asset.id for asset in report.assets})
            if not closing.interrupted:
                kinds = OF_WHOLE_CITY if all_of else ()
                record_letters(connection, self._run, _graded(report), all_of=kinds)
            runs.finish(connection, self._run, closing, short)
        self._writing = None  # it is committed; what is asked of this run from now on is read from the store

    def drop(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Forget the notes of a run that did not come to its end."""
        self._stack.__exit__(kind, error, trace)
        self._writing = None

    def _begun(self) -> Connection:
        """The transaction; it begins with the first note."""
        if self._writing is None:
            self._writing = self._stack.enter_context(self._store.writing())
        return self._writing

    def _write(self, connection: Connection) -> None:
        if len(self._numbers) > MANY_STATES:
            self._numbers.clear()
        changes.record_all(connection, self._run, self._changed, self._numbers)
        pages.write_pages(connection, self._pages)
        self._changed, self._pages = {}, {}

    def _compared(
        self,
        connection: Connection,
        asset: Asset,
        before: Mapping[pages.Place, str],
        settled: Sequence[Finding],
        left_out: set[str],
    ) -> tuple[Mapping[pages.Place, str], Mapping[pages.Place, State | None]]:
        """The digests of what stands at each place now, and what changed since it was last recorded.

        What was left out stays as it was.
        """
        inherited = self._inherited(connection, asset)
        states = {place: digest for place, digest in before.items() if place[0] in left_out}
        changed: dict[pages.Place, State | None] = {}
        for finding in settled:
            place = (finding.check, finding.locus)
            if finding.check in left_out and not _is_told(finding, place in before, place in inherited):
                continue
            state, states[place] = changes.recorded_of(finding)
            if before.get(place) != states[place]:
                changed[place] = state
        changed |= dict.fromkeys(before.keys() - states.keys())
        return states, changed

    def _inherited(self, connection: Connection, asset: Asset) -> frozenset[pages.Place]:
        """The places that were recorded under the names that an asset had, and that nobody has now."""
        formers = (former for former in asset.formerly if former not in self._present)
        return frozenset(place for former in formers for place in pages.read_page(connection, former).states)

    def _take_over(self, connection: Connection, asset: Asset) -> None:
        """Empty the memory of the names that an asset had: it is this asset's own now.

        What is forgotten here would come back from there on the next night, a failure that ended among it.
        """
        for former in asset.formerly:
            page = pages.read_page(connection, former) if former not in self._present else pages.Page()
            if page.entries:
                pages.write_page(connection, former, replace(page, entries=()))

    def _let_go(self, connection: Connection, accountable: set[str]) -> None:
        """Note as gone what nobody answers for any more: retired, or renamed. What is remembered of it stays."""
        for name in pages.assets_with_pages(connection) - accountable:
            page = pages.read_page(connection, name)
            if page.states:
                changes.record(connection, self._run, name, dict.fromkeys(page.states), self._numbers)
                pages.write_page(connection, name, replace(page, states={}))


def _graded(report: Report) -> Iterator[Graded]:
    """Who has letters."""
    yield from (Graded("asset", grade) for grade in report.asset_grades)
    yield from (Graded("system", grade) for grade in report.system_grades)
    yield from (Graded("department", grade) for grade in report.department_grades)
    if report.city:
        yield Graded("city", report.city.grade)


def _is_told(finding: Finding, known: bool, inherited: bool) -> bool:  # noqa: FBT001 - of one place
    """Is there something to note of a place that was left out? `known`, `inherited`: where it is recorded already.

    Under a new name it is noted anew. Under its own it stays as it was, until the last sight of it is too old.
    """
    too_old = finding.outcome is Outcome.UNKNOWN and finding.reason == Reason.LEFT_OUT.word
    return too_old if known else inherited
