"""The work of `auditor run`: read, look, judge, keep, compare. Prints only what a person must hear at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import field, replace
from itertools import chain
from pathlib import Path
from time import monotonic

import click

from auditor import comparing, journal, nights, pipeline, plugins, tonight
from auditor.asked import Asked
from auditor.cli.interrupt import Interruption
from auditor.cli.options import AccessOptions, commands_after, make_access, storage_profiles
from auditor.cli.progress import shown
from auditor.cli.writing import require_folder, write
from auditor.clock import steady
from auditor.cycles import collect_what_comes_and_goes, keep_what_is_loaded
from auditor.diff import Diff
from auditor.errors import Unreachable, UsageError
from auditor.heap import keep_little
from auditor.inventory import Inventory, Shrunk, read_inventory
from auditor.judging_again import question_of
from auditor.keeping import Keeping
from auditor.model import Asset, Report, Tier
from auditor.observe import Look, and_what_was_found, observe
from auditor.plugins import Parts
from auditor.probe import Probe, late_of
from auditor.probes.roots_file import glance_at
from auditor.reach import Access, Reaches
from auditor.records import dataclass
from auditor.reports.commands import Commands
from auditor.reports.harmless import for_terminal
from auditor.rubric import parse_rubric, rubric_text
from auditor.store import address, opened
from auditor.store.kept import Store
from auditor.store.lock import holder
from auditor.store.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the command line asks for."""

    path: Path
    out: Path
    store: str | None
    only: tuple[str, ...]
    tiers: tuple[str, ...]
    rubric: Path | None
    access: AccessOptions
    resume: bool
    accept_shrink: bool
    quiet: bool

    @property
    def commands(self) -> Commands:
        """What is to be typed after it."""
        return commands_after(self.store, self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What came of it."""

    report: Report
    diff: Diff
    path: Path  # of the report
    where: str  # the store
    interrupted: bool


def audit(order: Order) -> Audited:
    """Look, judge what was seen (all of it, or what there was when somebody pressed Ctrl-C), keep and compare it.

    Everything that can be refused is refused before the first host is looked at.
    """
    keep_what_is_loaded()
    keep_little()
    parts = plugins.load()
    rules = rubric_text(order.rubric)
    parse_rubric(rules, str(order.rubric or "the built-in rubric"))
    where = address(order.store)
    clock = steady()
    with opened(where, create=True) as store, store.locked(holder(clock())):
        if not order.resume:
            _settle_leftover(store, parts, order.commands)
        last = tonight.last_of(store)
        inventory = read_inventory(order.path, parts.kinds_of_checks, tonight.last_copies(last), clock())
        asked = tonight.asked_of(store, inventory, _systems(order.only, inventory), _tiers(order.tiers))
        late = [probe for probe in parts.probes if late_of(probe) and _is_asked(probe, asked)]
        plugins.load_late(late)
        access = replace(
            make_access(order.access, inventory.fence, require_anchors=None if late else glance_at),
            clock=clock,
            exports=order.path.parent,
            audited_profiles=storage_profiles(inventory.assets),
        )
        require_folder(order.out)
        _say_what_is_odd(inventory, asked, last, access)
        _say_what_is_absent(asked, access)
        _require_agreement(inventory, last, accepted=order.accept_shrink or order.resume)
        collect_what_comes_and_goes()
        start = nights.resume if order.resume else nights.begin
        with start(store, asked, rules, parts, clock()) as keeping, _told_how_to_go_on(order.commands):
            return _Audit(order, asked, parts, access, keeping).run(store)


@dataclass(frozen=True, slots=True)
class _Audit:
    """One run, from its first look to its last note."""

    order: Order
    asked: Asked
    parts: Parts
    access: Access
    keeping: Keeping
    interruption: Interruption = field(default_factory=Interruption)

    def run(self, store: Store) -> Audited:
        opening = self.keeping.run.opening
        question = question_of(self.asked, self.keeping.rubric)
        looked_at = [asset for asset in question.assets if asset.system not in self.asked.unreadable]
        stored = self.keeping.looked_at()
        rest = [asset for asset in looked_at if asset.id not in stored]
        journal.run_started(
            run=opening.id,
            assets=len(looked_at),
            tool=opening.tool,
            rubric=opening.rubric,
            resumed=self.order.resume,
        )
        reaches = Reaches(self.access)
        listed = chain(self.keeping.earlier_looks(), self._looks(rest, reaches, turn=1))
        looks = and_what_was_found(listed, self.asked, lambda found: self._unlisted_looks(found, stored, reaches))
        report = pipeline.assess(
            shown(looks, len(looked_at), "looking", quiet=self.order.quiet),
            question,
            self.parts,
            began=opening.started,
            clock=self.access.clock,
            name=opening.id,
            memory=self.keeping,
            again=lambda turned: self._second_looks(turned, reaches),
        )
        journal.judged(finding.outcome for finding in report.findings)
        path, digest = write(self.order.out, report)
        judged_at = monotonic()
        kept = self.keeping.finish(report, digest, interrupted=self.interruption.happened)
        journal.kept(changes=self.keeping.changes, seconds=monotonic() - judged_at)
        said = comparing.Said(self.asked, report.expiring)
        diff = comparing.compared(store, comparing.baseline(store, kept), kept, said)
        if self.interruption.happened:
            journal.interrupted(done=len(self.keeping.looked_at()), assets=len(looked_at))
        journal.finished(complete=report.run.complete, connections=reaches.connections)
        return Audited(
            report=report, diff=diff, path=path, where=str(store.where), interrupted=self.interruption.happened
        )

    def _unlisted_looks(self, found: Sequence[Asset], stored: frozenset[str], reaches: Reaches) -> Iterator[Look]:
        """At what is not listed. `stored`: what was looked at before the run was broken off."""
        if not self.interruption.happened:
            yield from self._looks([asset for asset in found if asset.id not in stored], reaches, turn=1)

    def _second_looks(self, turned: Sequence[Asset], reaches: Reaches) -> Iterator[Look]:
        """Once more at what turned from pass to fail or back, after everything else: some time has passed."""
        done = set()
        for stored in self.keeping.earlier_looks(turn=2):
            done.add(stored.asset.id)
            yield stored
        rest = [asset for asset in turned if asset.id not in done]
        if rest and not self.interruption.happened:
            journal.second_look(assets=len(rest))
        yield from self._looks(rest, reaches, turn=2)

    def _looks(self, assets: Sequence[Asset], reaches: Reaches, *, turn: int) -> Iterator[Look]:
        """Look at assets and keep each look, until somebody presses Ctrl-C."""
        looking = observe(assets, self.parts, reaches, tiers=self.asked.tiers, again=turn > 1)
        with closing(self.interruption.until(looking)) as seen:
            yield from self.keeping.looks(seen, turn)


@contextmanager
def _told_how_to_go_on(commands: Commands) -> Iterator[None]:
    """Say what becomes of a run that somebody ends at once."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"auditor: what was seen is kept. Go on with: {commands.line('run', '--resume')}", err=True)
        raise


def _settle_leftover(store: Store, parts: Parts, commands: Commands) -> None:
    leftover = nights.settle_leftover(store, parts)
    if leftover is None:
        return
    if leftover.kept is None:
        click.echo(f"auditor: run {leftover.id} was broken off and is damaged; nothing that it saw counts.", err=True)
        return
    click.echo(f"auditor: run {leftover.id} was broken off; what it saw is judged and kept.", err=True)
    if leftover.damaged:
        names = for_terminal(", ".join(sorted(leftover.damaged)))
        advice = f"Run: {commands.line('store', 'check')}"
        click.echo(f"auditor: what it saw of {names} is damaged and does not count. {advice}", err=True)


def _is_asked(probe: Probe, asked: Asked) -> bool:
    return any(asset.kind == probe.kind and probe.tier in asset.tiers for asset in asked.assets)


def _systems(only: tuple[str, ...], inventory: Inventory) -> frozenset[str]:
    """The systems that `--only` names. Raises UsageError."""
    known = {system.id for system in inventory.systems}
    for text in only:
        if not text.startswith("system=") or text.removeprefix("system=") not in known:
            raise UsageError(
                f"--only {text} names no system of the inventory.",
                f"Write --only system=ID, with one of: {', '.join(sorted(known))}.",
            )
    return frozenset(text.removeprefix("system=") for text in only)


def _tiers(names: tuple[str, ...]) -> frozenset[Tier]:
    return frozenset(map(Tier, names)) or frozenset(Tier)


def _say_what_is_odd(inventory: Inventory, asked: Asked, last: Run | None, access: Access) -> None:
    for former, claimant in tonight.not_renamed(inventory, asked).items():
        click.echo(
            f"auditor: {claimant} says that it was {former}, but both were looked at in one run. {former} stays in the "
            "grades, unseen, until it is listed again or retired.",
            err=True,
        )
    for part in inventory.broken:
        for complaint in part.complaints:
            click.echo(str(complaint), err=True)
        names = ", ".join(part.systems)
        click.echo(f"auditor: {part.path} cannot be used. Its last good copy serves; not looked at: {names}.", err=True)
    if last and last.closing and access.clock() < last.closing.as_of:
        click.echo(
            f"auditor: the clock says {access.clock():%Y-%m-%d %H:%M} UTC, but the last run ended at "
            f"{last.closing.as_of:%Y-%m-%d %H:%M} UTC. Failures that it saw stand; nothing else that it saw counts.",
            err=True,
        )


def _say_what_is_absent(asked: Asked, access: Access) -> None:
    """One line for all assets: their deep tier is asked, and what plays it is not installed."""
    if Tier.DEEP not in asked.tiers or not any(map(_asks_for_the_program, asked.assets)):
        return
    from auditor.reach.child import deep_python  # noqa: PLC0415 - most runs start no process

    try:
        deep_python(access)
    except Unreachable as error:
        click.echo(f"auditor: the deep tier will not be seen: {error.detail}.", err=True)


def _asks_for_the_program(asset: Asset) -> bool:
    """The deep tier of storage asks the provider more, and needs no program."""
    return Tier.DEEP in asset.tiers and asset.kind not in ("bucket", "account")


def _require_agreement(inventory: Inventory, last: Run | None, *, accepted: bool) -> None:
    """Ask before a run in which half of the assets have vanished. Raises UsageError where nobody can be asked."""
    loss = inventory.shrunk(tonight.listed_before(last))
    if loss is None or accepted:
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        click.echo(f"auditor: {_told(loss)}", err=True)
        if click.confirm("Go on? They stay in the grades, unseen, until they are retired.", err=True):
            return
    raise UsageError(_told(loss), "Name the right inventory, retire what is gone, or add --accept-shrink.")


def _told(loss: Shrunk) -> str:
    names = ", ".join(loss.names)
    more = f" and {loss.lost - len(loss.names)} more" if loss.lost > len(loss.names) else ""
    return f"{loss.lost} of the {loss.before} assets of the last run are not listed any more: {names}{more}."
