"""`auditor report`: a kept run, shown. It is judged again from what it saw; nothing is looked at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from auditor.cli import cycles
from auditor.cli.options import store_option, terminal_width

if TYPE_CHECKING:
    from auditor.model import Report
    from auditor.past import Key
    from auditor.plugins import Parts
    from auditor.store.kept import Store
    from auditor.store.runs import Run

Command = TypeVar("Command", bound=Callable[..., object])
run_option = click.option("--run", default="last", show_default=True, metavar="RUN", help="Which run: its id.")


def folder_option(name: str, what: str) -> Callable[[Command], Command]:
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(name),
        show_default=True,
        help=f"Folder for {what}.",
    )


@dataclass(frozen=True)
class Kept:
    """A run, judged again."""

    store: Store
    run: Run
    parts: Parts
    report: Report
    judged_by: str  # a sentence where another version judges than did then; else ""

    def since(self, key: Key) -> datetime | None:
        """From when on a place has held its outcome; under a former name too."""
        return (self._since_when_wrong if key in self._wrong else self._since_when_well).get(key)

    @cached_property
    def _wrong(self) -> frozenset[Key]:
        """What fails or is unknown: of this alone most views ask."""
        from auditor.model import Outcome  # noqa: PLC0415

        wrong = (Outcome.FAIL, Outcome.UNKNOWN)
        return frozenset(finding.key for finding in self.report.findings if finding.outcome in wrong)

    @cached_property
    def _since_when_wrong(self) -> dict[Key, datetime]:
        return self._held_since(self._wrong)

    @cached_property
    def _since_when_well(self) -> dict[Key, datetime]:
        return self._held_since({finding.key for finding in self.report.findings} - self._wrong)

    def _held_since(self, keys: Collection[Key]) -> dict[Key, datetime]:
        from auditor.store import story  # noqa: PLC0415

        with self.store.reading() as connection:
            return story.held_since(connection, story.with_free_names(self.report.assets), self.run.no, keys)


@click.group()
def command() -> None:
    """Show a kept run: pages, CSV, JSON, tickets.

    \b
    auditor report html --out site/
    auditor report csv --run 20261101
    """


@command.command(short_help="The scorecard as pages that need no server.")
@folder_option("site", "the pages")
@run_option
@store_option
def html(out: Path, run: str, store: str | None) -> None:
    """The scorecard as pages that need no server: open index.html. For the city's own eyes."""
    from auditor import comparing  # noqa: PLC0415
    from auditor.reports.commands import Commands  # noqa: PLC0415
    from auditor.reports.html import Scorecard, write  # noqa: PLC0415

    with judged(run, store) as kept:
        scorecard = Scorecard(
            report=kept.report,
            trend=comparing.trend(kept.store, kept.run.kept),
            checks=kept.parts.by_id,
            since=kept.since,
            commands=Commands(store),
            judged_by=kept.judged_by,
        )
        click.echo(f"The scorecard lies in {write(out, scorecard)}.", err=True)


@command.command(short_help="Tables for a spreadsheet, with a dictionary of their columns.")
@folder_option("csv", "the tables")
@run_option
@store_option
def csv(out: Path, run: str, store: str | None) -> None:
    """Tables for a spreadsheet, with a dictionary of their columns (docs/csv.md)."""
    from auditor.reports.csv import write  # noqa: PLC0415

    with judged(run, store) as kept:
        paths = write(out, kept.report)
        click.echo(f"Written to {out}: {', '.join(path.name for path in paths)}.", err=True)


@command.command(short_help="One Markdown file for each change that fixes something.")
@folder_option("tickets", "the tickets")
@run_option
@store_option
def tickets(out: Path, run: str, store: str | None) -> None:
    """One Markdown file for each change that fixes something, the gravest first."""
    from auditor.errors import InternalError  # noqa: PLC0415
    from auditor.reports.commands import Commands  # noqa: PLC0415
    from auditor.reports.files import write_files  # noqa: PLC0415
    from auditor.reports.tickets import files  # noqa: PLC0415

    with judged(run, store) as kept:
        try:
            paths = write_files(out, files(kept.report, kept.parts.by_id, kept.since, Commands(store)))
        except OSError as error:
            raise InternalError(
                f"The tickets could not be written to {out}: {error.strerror}.", "Name another folder with --out."
            ) from error
        click.echo(f"{len(paths)} tickets lie in {out}.", err=True)


@command.command()
@run_option
@store_option
def json(run: str, store: str | None) -> None:
    """The report as JSON (docs/report.md), on standard output."""
    from auditor.reports.json import pieces  # noqa: PLC0415

    with judged(run, store) as kept:
        sys.stdout.writelines(pieces(kept.report))


@command.command()
def schema() -> None:
    """The JSON Schema of the report, on standard output."""
    from auditor.reports.schema import render  # noqa: PLC0415

    sys.stdout.write(render())


@command.command()
@click.option("--format", "style", type=click.Choice(["terminal", "markdown", "plain"]), default="terminal")
@run_option
@store_option
def table(style: str, run: str, store: str | None) -> None:
    """The table that `run` printed, on standard output."""
    from auditor.reports.table import Style, render  # noqa: PLC0415

    with judged(run, store) as kept:
        sys.stdout.write(render(kept.report, Style(style), terminal_width()))


@contextmanager
def judged(name: str, where: str | None, parts: Parts | None = None) -> Iterator[Kept]:
    """A kept run, judged again. `parts`: what is installed, where it was loaded already. Raises UsageError."""
    from auditor import __version__, plugins  # noqa: PLC0415
    from auditor.judging_again import judge_again  # noqa: PLC0415
    from auditor.keeping import method_of  # noqa: PLC0415
    from auditor.store import address, opened, runs  # noqa: PLC0415

    parts = parts or plugins.load()
    with cycles.unsought(), opened(address(where)) as store:
        with store.reading() as connection:
            run = runs.run_named(connection, name)
        report = judge_again(store, run, parts)
        note = ""
        if run.opening.method != method_of(parts, __version__):
            then = f"version {run.opening.tool} judged it then, perhaps otherwise"
            note = f"This was judged again by version {__version__}; {then}."
            click.echo(f"auditor: {note}", err=True)
        yield Kept(store, run, parts.with_absent(report.findings), report, note)
