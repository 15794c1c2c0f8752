"""`auditor store prune`: forget what old runs saw."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from auditor.cli.city_zone import city_zone
from auditor.cli.options import store_option

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from auditor.store.pruning import Pruned


@click.command(epilog="Exit code: 0 pruned, or nothing to prune, 2 not usable, or nobody said yes.")
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
        until = _day(before, city_zone(kept)) if before else _days_ago(now, keep_days or 0)
        with kept.writing() as connection:
            gone = pruning.prune(connection, until)
            click.echo("There is nothing to prune." if gone.is_nothing else _said(gone), err=True)
            if not (yes or gone.is_nothing):
                _require_agreement()
        pruning.free_space(kept)  # also what an earlier one could not give back, for want of room


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
