"""`auditor store`: look after what is kept."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import FILE, store_option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from auditor.plugins import Parts
    from auditor.store.kept import Store
    from auditor.store.listing import Listed
    from auditor.store.pruning import Pruned

HEADINGS = ("Run", "Began", "City", "Seen", "Of", "Kept")
OUT = click.option("--out", type=FILE, required=True, help="The new file; what is there is never overwritten.")


@click.group()
def command() -> None:
    """Look after what is kept: list, check, back up, prune, migrate.

    \b
    auditor store runs
    auditor store backup --out /backup/store-2026-11-22.db
    auditor store prune --keep-days 1095
    """


@command.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON (docs/store.md).")
def runs(store: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List the runs, the newest last."""
    from tabulate import tabulate  # noqa: PLC0415

    from auditor.reports.harmless import for_terminal  # noqa: PLC0415
    from auditor.store import address, opened  # noqa: PLC0415
    from auditor.store.listing import listed  # noqa: PLC0415

    with opened(address(store)) as kept:
        with kept.reading() as connection:
            rows = listed(connection)
        if as_json:
            found = {"schema": "auditor/runs/1", "runs": [_plain(row) for row in rows]}
            click.echo(json.dumps(found, ensure_ascii=False, indent=1))
            return
        zone = _zone(kept)
    lines = [tuple(map(for_terminal, _row(row, zone))) for row in rows]
    click.echo(tabulate(lines, headers=HEADINGS, tablefmt="plain", disable_numparse=True))
    if not lines:
        click.echo("No run is kept yet. Make one: `auditor run`.", err=True)


@command.command(short_help="Bring a store of an older version to this program's.")
@store_option
def migrate(store: str | None) -> None:
    """Bring a store of an older version to this program's; a copy of a file is made beside it first."""
    from auditor.clock import utc_now  # noqa: PLC0415
    from auditor.store import address  # noqa: PLC0415
    from auditor.store.migrating import migrate as migrated  # noqa: PLC0415

    where = address(store)
    done = migrated(where, utc_now(), lambda line: click.echo(line, err=True))
    if done.before == done.after:
        click.echo(f"The store {where} is of this program's version ({done.after}) already.", err=True)
    else:
        click.echo(f"The store {where} is of version {done.after} now; it was {done.before}.", err=True)


@command.command(short_help="Copy the whole store, as it is at one moment, to a file.")
@store_option
@OUT
def backup(store: str | None, out: Path) -> None:
    """Copy the whole store, as it is at one moment, to a file that every command takes with --store.

    A run may go on meanwhile. A store in PostgreSQL is copied row by row.
    """
    from auditor.store import address, opened  # noqa: PLC0415
    from auditor.store.copying import copy_file, copy_rows  # noqa: PLC0415

    where = address(store)
    if where.file:
        copy_file(where.file, out)
    else:
        with opened(where) as kept:
            copy_rows(kept, out)
    click.echo(f"The store {where} was copied to {out}.", err=True)


@command.command(epilog="Exit code: 0 pruned, or nothing to prune, 2 not usable, or nobody said yes.")
@store_option
@click.option("--before", metavar="DATE", help="What runs before this day (in the city's zone) saw.")
@click.option("--keep-days", type=click.IntRange(min=1), metavar="N", help="What runs saw more than N days ago.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune(store: str | None, before: str | None, keep_days: int | None, yes: bool) -> None:  # noqa: FBT001
    """Forget what old runs saw. Their letters and changes stay; they cannot be judged again.

    What today's grades rest on stays too: looks that the memory of an asset or a later run goes back to, and the last
    run itself.
    """
    from auditor.clock import utc_now  # noqa: PLC0415
    from auditor.errors import UsageError  # noqa: PLC0415
    from auditor.store import address, opened, pruning  # noqa: PLC0415
    from auditor.store.lock import holder  # noqa: PLC0415

    if (before is None) == (keep_days is None):
        raise UsageError("How much is kept was not said.", "Give either --before DATE or --keep-days N.")
    where, now = address(store), utc_now()
    with opened(where) as kept, kept.locked(holder(now)):
        until = _day(before, _zone(kept)) if before else _days_ago(now, keep_days or 0)
        with kept.writing() as connection:
            gone = pruning.prune(connection, until)
            click.echo("There is nothing to prune." if gone.is_nothing else _said(gone), err=True)
            if not (yes or gone.is_nothing):
                _require_agreement()
        pruning.free_space(kept)  # also what an earlier one could not give back, for want of room


@command.command(epilog="Exit code: 0 all is well, 2 not usable, 5 something is damaged.")
@store_option
@click.option("--judge", "judging", is_flag=True, help="Judge every run again, too: it must give the same bytes.")
def check(store: str | None, judging: bool) -> None:  # noqa: FBT001
    """Read all that is kept, and say what is damaged. Mends nothing."""
    from itertools import chain  # noqa: PLC0415

    from auditor import plugins  # noqa: PLC0415
    from auditor.cli.exits import Exit  # noqa: PLC0415
    from auditor.reports.harmless import for_terminal  # noqa: PLC0415
    from auditor.store import address, opened  # noqa: PLC0415

    parts, found = plugins.load(), 0
    with opened(address(store)) as kept:
        for fault in chain(_faults(kept, parts), _judged_otherwise(kept, parts) if judging else ()):
            found += 1
            click.echo(for_terminal(fault))
    if found:
        click.echo(f"auditor: {found} of these. Restore a backup (docs/store.md).", err=True)
        sys.exit(Exit.NOT_VERIFIED)
    click.echo("Nothing is damaged.", err=True)


@command.command(
    short_help="Rebuild what is remembered of an asset where that is damaged.",
    epilog="Exit code: 0 mended, or nothing to mend, 2 not usable, 4 what was recorded is damaged too.",
)
@store_option
def mend(store: str | None) -> None:
    """Rebuild what is remembered of an asset, where that is damaged, from what was recorded of it.

    What failed still fails. What passed is unknown until it is seen again.
    """
    from auditor.clock import utc_now  # noqa: PLC0415
    from auditor.reports.harmless import for_terminal  # noqa: PLC0415
    from auditor.reports.words import counted  # noqa: PLC0415
    from auditor.store import address, opened  # noqa: PLC0415
    from auditor.store.lock import holder  # noqa: PLC0415
    from auditor.store.mending import mend as mended  # noqa: PLC0415

    with opened(address(store)) as kept, kept.locked(holder(utc_now())), kept.writing() as connection:
        names = list(mended(connection))
    for name in names:
        click.echo(for_terminal(name))
    if names:
        mended_now = f"Rebuilt the memory of {counted(len(names), 'asset')}"
        click.echo(
            f"{mended_now}: what failed still fails, and what passed is unknown until it is seen again.", err=True
        )
    else:
        click.echo("There is nothing to mend.", err=True)


def _plain(row: Listed) -> dict[str, object]:
    """One run of `--json`: names and letters as texts, instants as ISO 8601 in UTC."""
    return {
        "id": row.id,
        "state": row.state,
        "started": row.started.isoformat(),
        "finished": row.finished and row.finished.isoformat(),
        "as_of": row.as_of and row.as_of.isoformat(),
        "complete": row.complete,
        "whole": row.whole,
        "interrupted": row.interrupted,
        "pruned": row.pruned,
        "tool": row.tool,
        "rubric": row.rubric,
        "city": row.city and str(row.city.measured),
    }


def _row(row: Listed, zone: ZoneInfo) -> tuple[str, ...]:
    began = f"{row.started.astimezone(zone):%Y-%m-%d %H:%M}"
    if row.as_of is None:
        return (row.id, began, "-", "-", "-", "not ended" if row.state == "open" else "damaged")
    seen = "all" if row.complete else "not all"
    of = "the whole" if row.whole else "interrupted" if row.interrupted else "a part"
    return (row.id, began, str(row.city.measured) if row.city else "-", seen, of, "letters" if row.pruned else "all")


def _zone(store: Store) -> ZoneInfo:
    """The city's, as the last run was told."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from auditor import asked as asking  # noqa: PLC0415
    from auditor.store import runs as listing  # noqa: PLC0415

    with store.reading() as connection:
        last = listing.last_run(connection)
    return ZoneInfo(asking.read(last.opening.asked).timezone if last else "UTC")


def _day(text: str, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins. Raises UsageError."""
    from datetime import UTC, date, time  # noqa: PLC0415

    from auditor.errors import UsageError  # noqa: PLC0415

    try:
        return datetime.combine(date.fromisoformat(text), time.min, zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--before {text} is no date.", "Write 2025-11-01.") from error


def _days_ago(now: datetime, days: int) -> datetime:
    from datetime import timedelta  # noqa: PLC0415

    from auditor.errors import UsageError  # noqa: PLC0415

    try:
        return now - timedelta(days=days)
    except OverflowError as error:
        raise UsageError(f"--keep-days {days} is longer than there are days.", "Write 1095 for three years.") from error


def _said(gone: Pruned) -> str:
    size = f"{gone.size / 1e6:.1f} MB"
    which = f"{len(gone.runs)} runs" + (f", {gone.runs[0]} to {gone.runs[-1]}" if gone.runs else "")
    return (
        f"To be forgotten: what {which} saw, {gone.looks} looks and {gone.facts} facts ({size}). "
        f"Their letters and changes stay, and {gone.looks_kept} looks that later grades rest on."
    )


def _require_agreement() -> None:
    """Raises UsageError where nobody can be asked, or says no; nothing is pruned then."""
    from auditor.errors import UsageError  # noqa: PLC0415

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("Nothing was pruned: there is no terminal to ask at.", "Add --yes.")
    if not click.confirm("Forget it?", err=True):
        raise UsageError("Nothing was pruned.")


def _faults(store: Store, parts: Parts) -> Iterator[str]:
    from auditor.store import StoreBroken  # noqa: PLC0415
    from auditor.store.soundness import faults  # noqa: PLC0415

    try:
        with store.reading() as connection:
            yield from faults(connection, parts.facts_types)
    except StoreBroken as error:
        yield error.message


def _judged_otherwise(store: Store, parts: Parts) -> Iterator[str]:
    """The runs that do not give again what they gave. One that another version judged proves nothing, and is told."""
    from auditor import __version__, nights  # noqa: PLC0415
    from auditor.errors import AuditorError  # noqa: PLC0415
    from auditor.judging_again import judge_again  # noqa: PLC0415
    from auditor.keeping import method_of  # noqa: PLC0415
    from auditor.store import runs as listing  # noqa: PLC0415

    method = method_of(parts, __version__)
    with store.reading() as connection:
        names = [run.id for run in listing.finished_runs(connection)]
    for name in names:
        try:
            with store.reading() as connection:
                run = listing.run_named(connection, name)
            if run.pruned:
                continue
            same = run.closing is not None and nights.digest_of(judge_again(store, run, parts)) == run.closing.report
        except AuditorError as error:
            yield f"Run {name} cannot be judged again. {error.message}"
            continue
        if not same and run.opening.method == method:
            yield f"Run {name} does not give again what it gave."
        elif not same:
            click.echo(f"Run {name} was judged by another version ({run.opening.tool}): not compared.", err=True)
