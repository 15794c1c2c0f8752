"""`auditor demo`: the whole road on this machine, against a city that is embedded in the program."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from auditor.cli.options import out_option

if TYPE_CHECKING:
    from auditor.rig.city import City

MEANING = {  # what the embedded city may make `run` say
    0: "everything was seen",
    1: "a gate is not met",
    3: "something could not be seen, as in the city's silent and throttled hosts",
}


@click.command()
@out_option
def command(out: Path) -> None:
    """Audit an embedded city on this machine, and show the result.

    Real TLS, SSH and S3 servers, good and bad, are started on loopback and stopped again. The disks are recordings of
    real machines. Leaves with 0 when the demonstration worked.

    \b
    auditor demo
    """
    from auditor.cli.exits import Exit  # noqa: PLC0415

    city, audit = _embedded_city()
    with TemporaryDirectory(prefix="auditor-demo-") as folder:
        with as_file(files("auditor.rig") / "inventory.yaml") as example:
            inventory = Path(shutil.copy(example, folder))
        with city(Path(folder)) as running:
            click.echo("The embedded city runs on loopback. Auditing it with `auditor run inventory.yaml`:", err=True)
            code = audit(inventory, running, out)
    if code in (Exit.INTERRUPTED, -signal.SIGINT):
        sys.exit(Exit.INTERRUPTED)
    if code not in MEANING:
        click.echo(f"auditor: `auditor run` left with {code}; the demonstration did not work.", err=True)
        sys.exit(Exit.INTERNAL)
    click.echo(f"`auditor run` left with {code}: {MEANING[code]}. The demonstration worked.", err=True)


def _embedded_city() -> tuple[Callable[[Path], AbstractContextManager[City]], Callable[[Path, City, Path], int]]:
    """Raises UsageError where the extra `demo` is not installed."""
    from auditor.errors import UsageError  # noqa: PLC0415

    try:
        from auditor.rig.city import city  # noqa: PLC0415
        from auditor.rig.demonstration import audit  # noqa: PLC0415
    except ModuleNotFoundError as error:
        advice = "Install it with: pip install 'encryption-compliance-auditor[demo]'"
        raise UsageError(f"The embedded city needs {error.name}, which is not installed.", advice) from error
    return city, audit
