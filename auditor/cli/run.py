"""`auditor run`: the whole inventory, kept in the store."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from auditor.cli.options import (
    FILE,
    INVENTORY,
    TIERS,
    AccessOptions,
    access_options,
    log_options,
    out_option,
    store_option,
    terminal_width,
)

if TYPE_CHECKING:
    from auditor.cli.auditing import Audited
    from auditor.reports.commands import Commands


@click.command(
    epilog="Exit code: 0 all seen and every gate met, 1 a gate is not met (by default: a regression against the last "
    "run, an expired waiver or attestation), 2 not usable (nothing was probed), 3 something was not seen, "
    "130 interrupted (what was gathered is kept)."
)
@click.argument("inventory", type=FILE, default=INVENTORY)
@out_option
@store_option
@click.option("--only", metavar="system=ID", multiple=True, help="Look at this system alone; repeatable.")
@click.option(
    "--tier",
    "tiers",
    type=TIERS,
    multiple=True,
    help="Look at these tiers alone (default: all that the inventory asks).",
)
@click.option("--resume", is_flag=True, help="Go on with the run that was broken off, without looking twice.")
@click.option(
    "--gate",
    "gates",
    metavar="GATE",
    multiple=True,
    help="Leave with 1 unless this holds too: regression, new, expired, complete, letter=C, city=B, severity=high, "
    "coverage=95; repeatable.",
)
@click.option("--digest", is_flag=True, help="Print what changed since the last run instead of the table, or nothing.")
@click.option("--accept-shrink", is_flag=True, help="Go on although half of the inventory has vanished.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["terminal", "markdown", "plain"]),
    default="terminal",
    show_default=True,
    help="How the table is drawn.",
)
@click.option("--rubric", type=FILE, help="Another rubric than the built-in one.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON instead of the table.")
@click.option("--exit-zero", is_flag=True, help="Leave with 0 even if a gate is not met or something was not seen.")
@log_options
@access_options
def command(  # noqa: PLR0917 - click hands over every option by name
    inventory: Path,
    out: Path,
    store: str | None,
    only: tuple[str, ...],
    tiers: tuple[str, ...],
    resume: bool,  # noqa: FBT001
    gates: tuple[str, ...],
    digest: bool,  # noqa: FBT001
    accept_shrink: bool,  # noqa: FBT001
    style: str,
    rubric: Path | None,
    as_json: bool,  # noqa: FBT001
    exit_zero: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
    **options: Unpack[AccessOptions],
) -> None:
    """Audit everything in the inventory (default: inventory.yaml), grade it, and keep it in the store.

    \b
    auditor run
    auditor run inventory.yaml --only system=permits --format markdown
    auditor run --digest -q
    """
    from auditor.cli.auditing import Order, audit  # noqa: PLC0415
    from auditor.cli.exits import Exit, finish  # noqa: PLC0415
    from auditor.gates import broken, parse, refuse_for_a_part  # noqa: PLC0415

    wanted = parse(gates)
    if only:
        refuse_for_a_part(wanted)
    order = Order(
        path=inventory,
        out=out,
        store=store,
        only=only,
        tiers=tiers,
        rubric=rubric,
        access=options,
        resume=resume,
        accept_shrink=accept_shrink,
        quiet=quiet,
    )
    audited = audit(order)
    faults = broken(wanted, audited.report, audited.diff)
    _show(audited, faults, style, order.commands, as_json=as_json, digest=digest)
    _close(audited, faults, quiet=quiet or digest)
    if audited.interrupted:
        click.echo("auditor: interrupted; what was seen until then is in the report.", err=True)
        sys.exit(Exit.INTERRUPTED)  # click's own exit would become a return value, and 0
    finish(gate_met=not faults, complete=audited.report.run.complete, exit_zero=exit_zero)


def _show(
    audited: Audited, faults: tuple[str, ...], style: str, commands: Commands, *, as_json: bool, digest: bool
) -> None:
    if as_json:
        from auditor.reports import json  # noqa: PLC0415

        _print(json.pieces(audited.report))
    elif digest:
        from auditor.reports import digest as digests  # noqa: PLC0415

        _print([digests.render(audited.diff, audited.report, faults, commands=commands)])
    else:
        from auditor.reports import table  # noqa: PLC0415

        _print(table.pieces(audited.report, table.Style(style), terminal_width()))


def _close(audited: Audited, faults: tuple[str, ...], *, quiet: bool) -> None:
    """What a person wants to know after the table; a digest says it itself."""
    if quiet:
        return
    for fault in faults:
        click.echo(f"auditor: {fault}", err=True)
    click.echo(f"The report lies in {audited.path}. Run {audited.report.run.id} is kept in {audited.where}.", err=True)


def _print(pieces: Iterable[str]) -> None:
    sys.stdout.writelines(pieces)
    sys.stdout.flush()
