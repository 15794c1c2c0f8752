"""`auditor store check` and `mend`: what is damaged, and what of it can be rebuilt."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from auditor.cli.options import store_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.plugins import Parts
    from auditor.store.kept import Store


@click.command(epilog="Exit code: 0 all is well, 2 not usable, 5 something is damaged.")
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


@click.command(
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
