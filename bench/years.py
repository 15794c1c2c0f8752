"""A city of simulated web services whose nights are kept: whole ones, and years of them written at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from auditor import clock, comparing, nights, pipeline, plugins, tonight
from auditor.asked import Asked
from auditor.cli.writing import write
from auditor.facts.certificates import CertificateSeen
from auditor.judging_again import question_of
from auditor.keeping import Keeping
from auditor.model import Counts, Grade, Letter, Letters, Outcome
from auditor.observe import Look, observe
from auditor.past import KeptRun, State, state_of
from auditor.probe import Seen, Unseen
from auditor.reach import Access, Reaches
from auditor.rubric import read_rubric, rubric_text
from auditor.store import Address, changes, looks, opened, runs, times
from auditor.store.kept import Store
from auditor.store.letters import Graded, record_letters
from auditor.store.tables import asset as asset_table
from auditor.store.tables import look as look_table
from bench.simulated_web import SimulatedWeb, city, record

NIGHT = timedelta(days=1)
NIGHTS_WORK = timedelta(minutes=1)  # from its start to its end
TICK = timedelta(milliseconds=1)


class Village:
    """So many assets and a store. Time passes night by night, from a day three years ago."""

    def __init__(self, assets: int, folder: Path) -> None:
        installed = plugins.load()
        self.assets = assets
        self.clock = datetime.now(UTC)
        self.parts = replace(installed, probes=(SimulatedWeb(record(installed)),))
        self.out = folder
        self.where = Address(file=folder / "state" / "store.db")
        systems, services = city(assets)
        self.asked = Asked(assets=services, systems=systems, organisation="bench")
        self.access = Access(clock=self.tick)
        self.first = ""  # the id of the first night
        self.findings = 0  # of the last whole night

    def tick(self) -> datetime:
        self.clock += TICK
        return self.clock

    def observe(self) -> Iterator[Look]:
        return observe(self.asked.assets, self.parts, Reaches(self.access))

    def unkept_night(self) -> None:
        question = question_of(self.asked, read_rubric())
        report = pipeline.assess(self.observe(), question, self.parts, began=self.clock, clock=self.access.clock)
        if not any(finding.observed_at for finding in report.findings):
            raise RuntimeError("the simulation was not judged")
        write(self.out, report)

    def night(self) -> KeptRun:
        """One night, as `auditor run` does it."""
        self.clock += NIGHT
        with opened(self.where, create=True) as store, store.locked("bench"):
            last = tonight.last_of(store)
            asked = replace(self.asked, discovered_at=last.closing.discovered if last and last.closing else None)
            with nights.begin(store, asked, rubric_text(), self.parts, self.clock) as keeping:
                kept = self._audit(keeping)
            comparing.compared(store, comparing.baseline(store, kept), kept)
        return kept

    def _audit(self, keeping: Keeping) -> KeptRun:
        report = pipeline.assess(
            keeping.looks(self.observe()),
            question_of(self.asked, keeping.rubric),
            self.parts,
            began=keeping.run.opening.started,
            clock=self.access.clock,
            name=keeping.run.id,
            memory=keeping,
            again=lambda _: (),  # what turned is asked for, as every night does; nobody looks again
        )
        _, digest = write(self.out, report)
        self.first, self.findings = self.first or report.run.id, len(report.findings)
        return keeping.finish(report, digest, interrupted=False)

    def years(self, number: int, changed: int) -> None:
        """So many more nights in which `changed` assets change, with the rows that whole nights would leave.

        What is remembered of each asset, which every night writes anew and which does not grow, is left as it is.
        """
        with opened(self.where) as store:
            template = _Template(self, store)
            for index in range(number):
                self.clock += NIGHT
                template.write(index, changed)


class _Template:
    """What the last whole night left, to be written again with other times."""

    def __init__(self, village: Village, store: Store) -> None:
        self.village, self.store = village, store
        last = tonight.last_of(store)
        assert last
        assert last.closing
        self.opening, self.closing = last.opening, last.closing
        self.looks = {look.asset.id: look for look in village.observe()}
        self.findings = self._judged()
        with store.reading() as connection:
            query = select(asset_table.c.id, look_table.c.asset, look_table.c.sight).join_from(look_table, asset_table)
            rows = connection.execute(query.where(look_table.c.run == last.no)).all()
        self.numbers = {row.id: (row.asset, row.sight) for row in rows}
        self.states: dict[State, int] = {}

    def _judged(self) -> dict[str, list[tuple[str, str, State]]]:
        question = question_of(self.village.asked, read_rubric())
        report = pipeline.assess(
            self.looks.values(), question, self.village.parts, began=self.village.clock, clock=self.village.access.clock
        )
        states: dict[str, list[tuple[str, str, State]]] = {name: [] for name in self.looks}
        for finding in report.findings:
            states[finding.asset].append((finding.check, finding.locus, state_of(finding)))
        return states

    def write(self, index: int, changed: int) -> None:
        now = self.village.clock
        opening = replace(self.opening, id=clock.run_id(now), started=now)
        names = sorted(self.looks)
        turned = {names[(index * changed + step) % len(names)] for step in range(changed)}
        with self.store.writing() as connection:
            run = runs.begin(connection, opening)
            rows = [
                {"run": run.no, "asset": asset, "turn": 1, "sight": sight, "times": self._times(name, now)}
                for name, (asset, sight) in self.numbers.items()
                if name not in turned
            ]
            connection.execute(look_table.insert(), rows)
            for name in sorted(turned):
                look = _renewed(self.looks[name], index, now)
                kept = looks.look_of(name, look.sights, ())
                looks.keep_look(connection, run.no, now, 1, kept)
                flipped = {(check, locus): _flipped(state, index) for check, locus, state in self.findings[name]}
                changes.record(connection, run.no, name, flipped, self.states)
            record_letters(connection, run.no, _letters(turned, index), all_of=())
            ended = now + NIGHTS_WORK  # as in a real night: at its instant all of it has been seen
            closing = replace(self.closing, finished=ended, as_of=ended)
            runs.finish(connection, run.no, closing)

    def _times(self, name: str, now: datetime) -> bytes:
        seen = [sight for sight in self.looks[name].sights if isinstance(sight, Seen)]
        spread = (now + timedelta(milliseconds=700 + 137 * place) for place in range(len(seen)))
        return times.packed(spread, now)


def _renewed(look: Look, index: int, now: datetime) -> Look:
    """A new certificate, as no look saw before; the other facts flip between two values."""
    sights: list[Seen | Unseen] = []
    for sight in look.sights:
        if isinstance(sight, Seen):
            facts = replace(sight.facts, observed_at=now)
            if isinstance(facts, CertificateSeen):
                facts = replace(facts, issuer_fetch=f"night {index} of {look.asset.id}")
            sights.append(replace(sight, facts=facts))
        else:
            sights.append(sight)
    return replace(look, sights=tuple(sights))


def _flipped(state: State, index: int) -> State:
    """A place that passes one time and fails the other."""
    outcome = (Outcome.PASS, Outcome.FAIL)[index // 100 % 2]
    return replace(state, outcome=outcome)


def _letters(names: set[str], index: int) -> Iterator[Graded]:
    letter = (Letter.A, Letter.C)[index // 100 % 2]
    for name in sorted(names):
        yield Graded("asset", Grade(name, Letters(letter, letter, letter), Counts()))
