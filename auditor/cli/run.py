"""`auditor run`: the whole inventory."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from auditor.cli.options import FILE, TIERS, AccessOptions, access_options, make_access, out_option, terminal_width

if TYPE_CHECKING:
    from auditor.inventory import Inventory
    from auditor.model import Report
    from auditor.pipeline import Question
    from auditor.rubric import Rubric


@click.command(
    epilog="Exit code: 0 all seen, 1 a waiver has expired, 2 not usable (nothing was probed), "
    "3 something was not seen, 130 interrupted (what was gathered is kept)."
)
@click.argument("inventory", type=FILE, default=Path("inventory.yaml"))
@out_option
@click.option("--only", metavar="system=ID", multiple=True, help="Look at this system alone; repeatable.")
@click.option(
    "--tier",
    "tiers",
    type=TIERS,
    multiple=True,
    help="Look at these tiers alone (default: all that the inventory asks).",
)
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
@click.option("-q", "--quiet", is_flag=True, help="No progress bar and no closing line.")
@access_options
def command(  # noqa: PLR0917 - click hands over every option by name
    inventory: Path,
    out: Path,
    only: tuple[str, ...],
    tiers: tuple[str, ...],
    style: str,
    rubric: Path | None,
    as_json: bool,  # noqa: FBT001
    exit_zero: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
    **options: Unpack[AccessOptions],
) -> None:
    """Audit everything in the inventory (default: inventory.yaml) and grade it.

    \b
    auditor run
    auditor run inventory.yaml --only system=permits --format markdown
    """
    from auditor.cli.exits import Exit, finish  # noqa: PLC0415
    from auditor.reports import json, table  # noqa: PLC0415

    report, interrupted = _audit(inventory, only, tiers, rubric, options, out=out, quiet=quiet)
    path = write(out, report)
    _print(json.pieces(report) if as_json else [table.render(report, table.Style(style), terminal_width())])
    for waiver in report.expired_waivers:
        click.echo(f"auditor: waiver {waiver} has expired; renew it or fix what it covers.", err=True)
    if not quiet:
        click.echo(f"The report lies in {path}.", err=True)
    if interrupted:
        click.echo("auditor: interrupted; what was seen until then is in the report.", err=True)
        sys.exit(Exit.INTERRUPTED)  # click's own exit would become a return value, and 0
    finish(gate_met=not report.expired_waivers, complete=report.run.complete, exit_zero=exit_zero)


def _print(pieces: Iterable[str]) -> None:
    sys.stdout.writelines(pieces)
    sys.stdout.flush()


def _audit(
    path: Path,
    only: tuple[str, ...],
    tiers: tuple[str, ...],
    rubric: Path | None,
    options: AccessOptions,
    *,
    out: Path,
    quiet: bool,
) -> tuple[Report, bool]:
    """Look, and grade what was seen: all of it, or what there was when somebody pressed Ctrl-C.

    `out` must be a folder that can be written before the first host is looked at.
    """
    from auditor import pipeline, plugins  # noqa: PLC0415
    from auditor.cli.interrupt import UntilInterrupted  # noqa: PLC0415
    from auditor.cli.progress import shown  # noqa: PLC0415
    from auditor.inventory import read_inventory  # noqa: PLC0415
    from auditor.model import Tier  # noqa: PLC0415
    from auditor.observe import observe  # noqa: PLC0415
    from auditor.reach import Reaches  # noqa: PLC0415
    from auditor.rubric import read_rubric  # noqa: PLC0415

    parts = plugins.load()
    inventory = read_inventory(path, known_checks=parts.kinds_of_checks)
    question = _question(inventory, read_rubric(rubric), only)
    access = make_access(options, inventory.fence)
    require_folder(out)
    looked_at = frozenset(map(Tier, tiers)) or frozenset(Tier)
    began = access.clock()
    seen = UntilInterrupted(observe(question.assets, parts, Reaches(access), tiers=looked_at))
    looks = shown(seen, len(question.assets), "looking", quiet=quiet)
    report = pipeline.assess(looks, question, parts, began=began, clock=access.clock)
    return report, seen.interrupted


def _question(inventory: Inventory, rubric: Rubric, only: tuple[str, ...]) -> Question:
    """What the inventory asks; with `--only`, of the named systems alone."""
    from auditor.errors import UsageError  # noqa: PLC0415
    from auditor.pipeline import Question  # noqa: PLC0415
    from auditor.reach import host_of  # noqa: PLC0415

    wanted = frozenset(text.removeprefix("system=") for text in only)
    known = {system.id for system in inventory.systems}
    for text in only:
        if not text.startswith("system=") or text.removeprefix("system=") not in known:
            raise UsageError(
                f"--only {text} names no system of the inventory.",
                f"Write --only system=ID, with one of: {', '.join(sorted(known))}.",
            )
    chosen = wanted or known
    return Question(
        organisation=inventory.name,
        timezone=inventory.timezone,
        systems=tuple(system for system in inventory.systems if system.id in chosen),
        assets=tuple(asset for asset in inventory.assets if asset.system in chosen),
        waivers=inventory.waivers,
        retired=inventory.retired,
        excluded=lambda found: inventory.fence.excludes(host_of(found.address)),
        rubric=rubric,
        only=wanted,
    )


def require_folder(out: Path) -> None:
    """Make the folder of the report, and write there. Raises UsageError: nothing has been probed yet."""
    from auditor.errors import UsageError  # noqa: PLC0415

    trial = out / "report.json.part"
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial.write_text("", encoding="utf-8")
        trial.unlink()
    except OSError as error:
        raise UsageError(
            f"The report cannot be written to {out}: {error.strerror}.", "Name another folder with --out."
        ) from error


def write(out: Path, report: Report) -> Path:
    """report.json and report.md, each whole or not at all. Raises InternalError: it was possible when the run began."""
    from auditor.errors import InternalError  # noqa: PLC0415
    from auditor.reports import json, table  # noqa: PLC0415

    path = out / "report.json"
    try:
        _replace(path, json.pieces(report))
        _replace(out / "report.md", [table.render(report, table.Style.MARKDOWN)])
    except OSError as error:
        raise InternalError(
            f"The report could not be written to {out}: {error.strerror}.", "Make room there, or name another --out."
        ) from error
    return path


def _replace(target: Path, pieces: Iterable[str]) -> None:
    """For its owner's eyes alone: a report names what is weak today."""
    part = target.with_suffix(target.suffix + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with part.open("w", encoding="utf-8") as file:
        file.writelines(pieces)
    part.replace(target)
