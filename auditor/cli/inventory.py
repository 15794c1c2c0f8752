"""`auditor inventory lint|plan|schema`."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.options import FILE

ARGUMENT = click.argument("inventory", type=FILE, default=Path("inventory.yaml"))


@click.group()
def command() -> None:
    """Check, explain and plan from the inventory.

    \b
    auditor inventory lint inventory.yaml
    auditor inventory plan inventory.yaml
    """


@command.command()
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


@command.command()
@ARGUMENT
def plan(inventory: Path) -> None:
    """List every host, port and API call that a run would touch, without touching any.

    \b
    auditor inventory plan inventory.yaml
    """
    from auditor import plugins  # noqa: PLC0415
    from auditor.inventory import read_inventory  # noqa: PLC0415

    parts = plugins.load()
    for asset in read_inventory(inventory, known_checks=parts.kinds_of_checks).assets:
        click.echo(f"{asset.id} ({asset.address})")
        for probe in parts.probes_for(asset):
            for line in probe.plan(asset):
                click.echo(f"  {line}")


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
