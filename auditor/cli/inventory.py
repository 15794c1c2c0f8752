"""`auditor inventory lint|plan|schema`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import FILE, INVENTORY

if TYPE_CHECKING:
    from collections.abc import Collection

    from auditor.model import Asset

ARGUMENT = click.argument("inventory", type=FILE, default=INVENTORY)


@click.group()
def command() -> None:
    """Check, explain and plan from the inventory.

    \b
    auditor inventory lint inventory.yaml
    auditor inventory plan inventory.yaml
    """


@command.command(short_help="Say everything that is wrong with an inventory, with line and column.")
@ARGUMENT
def lint(inventory: Path) -> None:
    """Say everything that is wrong with an inventory, with line and column.

    The files that it includes are read too.

    \b
    auditor inventory lint inventory.yaml
    """
    from auditor import plugins  # noqa: PLC0415
    from auditor.inventory import read_inventory  # noqa: PLC0415
    from auditor.reports.words import counted  # noqa: PLC0415

    read = read_inventory(inventory, known_checks=plugins.load().kinds_of_checks)
    counts = (
        counted(len(read.systems), "system"),
        counted(len(read.assets), "asset"),
        counted(len(read.waivers), "waiver"),
        counted(len(read.attestations), "attestation"),
    )
    files = f" (with {counted(len(read.parts), 'included file')})" if read.parts else ""
    click.echo(f"{inventory}{files}: {', '.join(counts)}; nothing is wrong.")


@command.command(short_help="List every host, port and API call that a run would touch, and touch none.")
@ARGUMENT
def plan(inventory: Path) -> None:
    """List every host, port and API call that a run would touch, without touching any.

    \b
    auditor inventory plan inventory.yaml
    """
    from auditor import plugins  # noqa: PLC0415
    from auditor.inventory import read_inventory  # noqa: PLC0415

    parts = plugins.load()
    assets = read_inventory(inventory, known_checks=parts.kinds_of_checks).assets
    for asset in assets:
        click.echo(f"{asset.id} ({asset.address})")
        for probe in parts.probes_for(asset):
            for line in probe.plan(asset):
                click.echo(f"  {line}")
    click.echo(_in_all(assets))


def _in_all(assets: Collection[Asset]) -> str:
    from auditor.reach import host_of  # noqa: PLC0415
    from auditor.reports.words import counted  # noqa: PLC0415

    behind = [asset.jump.hops for asset in assets if asset.jump]
    said = (
        f"In all: {counted(len(assets), 'asset')} at {counted(len({host_of(one.address) for one in assets}), 'host')}"
    )
    hops = {hop for way in behind for hop in way}
    return f"{said}, {len(behind)} of them behind {counted(len(hops), 'jump host')}." if behind else f"{said}."


@command.command()
@click.option("--part", is_flag=True, help="Of a file that an inventory includes.")
def schema(part: bool) -> None:  # noqa: FBT001 - click hands it over by name
    """Print the JSON Schema of an inventory, for editors.

    \b
    auditor inventory schema > inventory.schema.json
    auditor inventory schema --part > inventory-part.schema.json
    """
    from auditor.inventory import schema_json  # noqa: PLC0415

    click.echo(schema_json("inventory-part/v1" if part else "inventory/v1"), nl=False)
