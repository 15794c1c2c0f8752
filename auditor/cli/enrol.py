"""`auditor enrol`: show the host keys of servers, so that somebody can compare and pin them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from auditor.cli.options import FILE, AccessOptions, access_options, make_access
from auditor.reports.harmless import for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from auditor.model import Asset
    from auditor.reach import Fence, Reaches
    from auditor.reach.enrolment import KeyToEnrol

SERVER = "server"
COMPARE = """\
These are the keys that answered here, and nobody has vouched for them yet. At the server's own console, or from whoever
runs it, ask for the fingerprints (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, and so on). Only where they are the
same, put the line into the inventory (host_key) or into the file that --known-hosts names."""
TRUST = {
    "nothing_pinned": "not pinned yet",
    "pinned": "pinned already",
    "certified": "vouched for by a named authority",
    "signed_dns": "listed in its signed DNS zone",
    "not_certified": "without a certificate of the named authority",
    "another": "NOT THE PINNED KEY: find out why before you pin it",
}


@click.command(epilog="Exit code: 0 all servers showed their keys, 2 not usable, 3 a server could not be seen.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--inventory", type=FILE, help="Every server of this inventory, beside the targets.")
@click.option("--out", type=FILE, help="Append the lines for known_hosts to this file.")
@access_options
def command(
    targets: tuple[str, ...], inventory: Path | None, out: Path | None, **options: Unpack[AccessOptions]
) -> None:
    """Show the SSH host keys of servers, to be compared by hand and then pinned.

    No other command does this, and none pins a key by itself. Nobody logs in, except to a jump host that is pinned.

    \b
    auditor enrol ssh://db1.example.org
    auditor enrol --inventory inventory.yaml
    """
    from auditor.cli.exits import finish  # noqa: PLC0415
    from auditor.errors import UsageError  # noqa: PLC0415
    from auditor.reach import Reaches  # noqa: PLC0415

    assets, fence = _servers(targets, inventory)
    if not assets:
        raise UsageError("No server is named.", "Write ssh://host, or --inventory FILE with servers in it.")
    reaches = Reaches(make_access(options, fence))
    lines = [line for asset in assets for line in _shown(asset, reaches)]
    if any(lines):
        click.echo(COMPARE)
    if out:
        _append(out, filter(None, lines))
    finish(gate_met=True, complete="" not in lines)


def _servers(targets: Iterable[str], inventory: Path | None) -> tuple[list[Asset], Fence | None]:
    """Raises UsageError for a target that is no server, InventoryError for a file that is not sound."""
    from auditor import plugins  # noqa: PLC0415
    from auditor.cli.targets import read_target  # noqa: PLC0415
    from auditor.errors import UsageError  # noqa: PLC0415
    from auditor.inventory import read_inventory  # noqa: PLC0415
    from auditor.model import Sensitivity, Tier  # noqa: PLC0415

    named = [read_target(text, Sensitivity.UNDECLARED, frozenset({Tier.NIGHTLY})) for text in targets]
    if any(asset.kind != SERVER for asset in named):
        raise UsageError("A target is no server.", "Write ssh://host or ssh://host:port.")
    if inventory is None:
        return named, None
    read = read_inventory(inventory, known_checks=plugins.load().kinds_of_checks)
    listed = [asset for asset in read.assets if asset.kind == SERVER]
    return [*named, *_jump_hosts(listed), *listed], read.fence


def _jump_hosts(servers: Iterable[Asset]) -> Iterator[Asset]:
    """Each once, before the servers that need it."""
    from auditor.model import Asset  # noqa: PLC0415

    for jump in dict.fromkeys(hop for asset in servers if asset.jump for hop in asset.jump.hops):
        yield Asset(
            id="jump host", kind=SERVER, address=jump.address, system="", host_key=jump.host_key, jump=jump.jump
        )


def _shown(asset: Asset, reaches: Reaches) -> Iterator[str]:
    """Print a server's keys; its lines for known_hosts, and "" where something could not be seen."""
    from auditor.errors import Unreachable  # noqa: PLC0415

    click.echo(f"{asset.id} ({asset.address})" if asset.id != asset.address else asset.address)
    try:
        for found in reaches.of(asset).keys_to_enrol():
            click.echo(f"  {_named(found)}\n    host_key: {found.key.line}\n    known_hosts: {found.known_host}")
            yield found.known_host
    except Unreachable as failure:
        click.echo(f"  {for_terminal(str(failure))}")
        yield ""
    click.echo("")


def _named(found: KeyToEnrol) -> str:
    key = found.key
    return f"{key.key_type}, {key.bits} bits: {key.fingerprint} ({TRUST[found.trust.value]})"


def _append(path: Path, lines: Iterable[str]) -> None:
    """What stands there already stays, and is not written twice. Raises UsageError."""
    from auditor.errors import UsageError  # noqa: PLC0415

    try:
        known = set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines if line not in known)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path} could not be written: {why}.", "Name a file of known_hosts lines.") from error
