"""`auditor store`: look after what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.city_zone import city_zone
from auditor.cli.options import FILE, commands_after, store_option
from auditor.cli.store_check import check, mend
from auditor.cli.store_prune import prune

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from auditor.store.listing import Listed

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
        zone = city_zone(kept)
    lines = [tuple(map(for_terminal, _row(row, zone))) for row in rows]
    click.echo(tabulate(lines, headers=HEADINGS, tablefmt="plain", disable_numparse=True))
    if not lines:
        click.echo(commands_after(store).completed("No run is kept yet. Make one: `auditor run`."), err=True)


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


command.add_command(prune)
command.add_command(check)
command.add_command(mend)


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
