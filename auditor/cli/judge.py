"""`auditor judge`: a kept run, judged again from what it saw. Looks at nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import FILE, commands_after, store_option, terminal_width

if TYPE_CHECKING:
    from auditor.model import Report
    from auditor.past import LetterMove
    from auditor.plugins import Parts
    from auditor.reports.commands import Commands
    from auditor.rubric import Rubric
    from auditor.store.kept import Store
    from auditor.store.runs import Run


@click.command(
    epilog="Exit code: 0 judged, 2 not usable, 4 the store cannot be read, "
    "5 the same program, rubric and instant give another report than the run did."
)
@click.argument("run", metavar="[RUN]", required=False)
@store_option
@click.option("--all", "every", is_flag=True, help="Every kept run: which letters another rubric would have moved.")
@click.option("--rubric", type=FILE, help="Another rubric than the run's own.")
@click.option("--as-of", metavar="DATE", help="At the end of this day (in the city's zone), or at this instant.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON: the bytes of the run's report.json.")
def command(  # noqa: PLR0917 - click hands over every option by name
    run: str | None,
    store: str | None,
    every: bool,  # noqa: FBT001
    rubric: Path | None,
    as_of: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Judge a kept run again: from its facts, what it carried over, its inventory and a rubric. Default: the last run.

    \b
    auditor judge last
    auditor judge 20261101T021000Z-a1b2c3 --as-of 2027-11-01
    auditor judge --all --rubric stricter.toml
    """
    from auditor import plugins  # noqa: PLC0415
    from auditor.errors import UsageError  # noqa: PLC0415
    from auditor.rubric import read_rubric  # noqa: PLC0415
    from auditor.store import address, opened  # noqa: PLC0415

    if every and (run or as_of or as_json):
        raise UsageError("--all judges every run by another rubric.", "Give it --rubric, and nothing else.")
    if every and rubric is None:
        raise UsageError("--all needs another rubric to compare with.", "Add --rubric FILE.")
    rules = read_rubric(rubric) if rubric else None
    parts = plugins.load()
    with opened(address(store)) as kept:
        if every and rules:
            _all(kept, parts, rules)
        else:
            judged = _one(kept, run or "last", parts, rules, as_of, as_json=as_json)
            if rules is None and as_of is None:
                _compare(*judged, parts, commands_after(store))


def _one(
    store: Store, name: str, parts: Parts, rules: Rubric | None, as_of: str | None, *, as_json: bool
) -> tuple[Run, Report]:
    """Print one run as it is judged now, and give both."""
    from auditor.judging_again import judge_again  # noqa: PLC0415
    from auditor.reports import json, table  # noqa: PLC0415
    from auditor.store import runs  # noqa: PLC0415

    with store.reading() as connection:
        run = runs.run_named(connection, name)
    report = judge_again(store, run, parts, rubric=rules, as_of=_instant(as_of, run))
    if as_json:
        sys.stdout.writelines(json.pieces(report))
    else:
        sys.stdout.write(table.render(report, table.Style.TERMINAL, terminal_width()))
    return run, report


def _compare(run: Run, report: Report, parts: Parts, commands: Commands) -> None:
    """Say whether it is what the run gave. Leaves with 5 where nothing explains a difference."""
    from auditor import __version__, nights  # noqa: PLC0415
    from auditor.cli.exits import Exit  # noqa: PLC0415
    from auditor.keeping import method_of  # noqa: PLC0415

    assert run.closing is not None  # noqa: S101 - a finished run; mypy cannot know
    if nights.digest_of(report) == run.closing.report:
        click.echo(f"The same bytes as run {run.id} gave (SHA-256 {run.closing.report}).", err=True)
    elif run.opening.method != method_of(parts, __version__):
        click.echo(f"Not what run {run.id} gave: it was judged by another version ({run.opening.tool}).", err=True)
    else:
        click.echo(f"auditor: this is not what run {run.id} gave, though nothing that it rests on differs.", err=True)
        advice = commands.completed("Run `auditor store check`.")
        click.echo(f"Its report, its facts or the program were changed. {advice}", err=True)
        sys.exit(Exit.NOT_VERIFIED)


def _all(store: Store, parts: Parts, rules: Rubric) -> None:
    from auditor.store import runs  # noqa: PLC0415

    with store.reading() as connection:
        names = [kept.id for kept in runs.finished_runs(connection)]
    moved = 0
    for name in names:
        with store.reading() as connection:
            run = runs.run_named(connection, name)
        if run.pruned:
            click.echo(f"{name}: pruned, only its letters are kept", err=True)
            continue
        for line in _moved(store, run, parts, rules):
            moved += 1
            click.echo(line)
    click.echo(f"{moved} letters in {len(names)} runs would have been others by rubric {rules.version}.", err=True)


def _moved(store: Store, run: Run, parts: Parts, rules: Rubric) -> Iterator[str]:
    """The letters of one run that another rubric moves."""
    from auditor.judging_again import judge_again, letters_between  # noqa: PLC0415

    own, other = judge_again(store, run, parts), judge_again(store, run, parts, rubric=rules)
    for move in letters_between(own, other):
        yield f"{run.id}  {move.kind} {move.id}: {_said(move)}"


def _said(move: LetterMove) -> str:
    """ "B -> C", or "at worst B -> D" where only that letter moves."""
    if move.before is None or move.after is None:
        return "no letter"
    names = (("", "measured"), ("at worst ", "at_worst"), ("with accepted risks ", "accepted"))
    pairs = ((word, getattr(move.before, name), getattr(move.after, name)) for word, name in names)
    return ", ".join(f"{word}{was} -> {now}" for word, was, now in pairs if was != now)


def _instant(text: str | None, run: Run) -> datetime | None:
    """The end of a day in the city's zone, or an instant with its offset. Raises UsageError."""
    from datetime import UTC, date, timedelta  # noqa: PLC0415
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from auditor import asked as asking  # noqa: PLC0415
    from auditor.errors import UsageError  # noqa: PLC0415
    from auditor.waive import end_of  # noqa: PLC0415

    if text is None:
        return None
    try:
        if len(text) == len("2027-01-01"):
            zone = ZoneInfo(asking.read(run.opening.asked).timezone)
            return end_of(date.fromisoformat(text), zone) - timedelta(microseconds=1)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--as-of {text} is no date.", "Write 2027-11-01, or 2027-11-01T02:00:00+00:00.") from error
    if found.utcoffset() is None:
        raise UsageError(f"--as-of {text} has no offset.", "Write 2027-11-01T02:00:00+00:00, or the day alone.")
    return found.astimezone(UTC)
