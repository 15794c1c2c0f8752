"""`auditor diff`: what changed between two kept runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from auditor.cli import cycles
from auditor.cli.options import store_option, terminal_width

if TYPE_CHECKING:
    from auditor.reports.digest import Frame
    from auditor.store.runs import Run


@click.command(epilog="Exit code: 0 compared, 2 not usable. What changed is told, not judged: gates belong to `run`.")
@click.argument("before", metavar="[A]", required=False)
@click.argument("after", metavar="[B]", required=False)
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON (docs/diff.md).")
@cycles.unsought()
def command(before: str | None, after: str | None, store: str | None, as_json: bool) -> None:  # noqa: FBT001
    """What is new, fixed, regressed, unknown now and ending soon between two runs.

    A and B are ids of runs, their beginnings, or "last". Without B, A is compared with the last run; without both, the
    last run with the one that it was compared with then.

    \b
    auditor diff
    auditor diff 20261101 last
    """
    from auditor import comparing  # noqa: PLC0415
    from auditor.diff.json import render as render_json  # noqa: PLC0415
    from auditor.reports.commands import Commands  # noqa: PLC0415
    from auditor.reports.digest import render_framed  # noqa: PLC0415
    from auditor.store import address, opened, runs  # noqa: PLC0415

    with opened(address(store)) as kept:
        with kept.reading() as connection:
            later = runs.run_named(connection, after or "last")
            earlier = runs.run_named(connection, before).kept if before else None
        if earlier is None:
            earlier = comparing.baseline(kept, later.kept)
        found = comparing.compared(kept, earlier, later.kept, every=True)
    if as_json:
        text = render_json(found)
    else:
        text = render_framed(found, _frame(later), width=terminal_width(), commands=Commands(store))
    sys.stdout.write(text or "Nothing changed.\n")


def _frame(run: Run) -> Frame:
    """What the words of a diff need of the later run."""
    from auditor import asked as asking  # noqa: PLC0415
    from auditor import short  # noqa: PLC0415
    from auditor.reports.digest import Frame  # noqa: PLC0415

    asked = asking.read(run.opening.asked)
    said = short.read(run.closing.short if run.closing else b"")
    return Frame(
        organisation=asked.organisation or "",
        timezone=asked.timezone,
        counts=said.counts,
        city=said.city,
        homes={asset.id: asset.system for asset in (*asked.earlier_assets, *asked.assets)},
    )
