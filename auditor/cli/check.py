"""`auditor check TARGET…`: judge anything without an inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from auditor.cli.options import FILE, TIERS, AccessOptions, access_options, log_options
from auditor.errors import UsageError


@click.command(
    epilog="Exit code: 0 all seen, 1 a critical or high check fails or a rule of --require is missed, 2 not usable, 3 "
    "something was not seen."
)
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option(
    "--data-class",
    type=click.Choice(["public", "internal", "confidential", "restricted"]),
    default="public",
    show_default=True,
    help="How sensitive the data behind the targets is.",
)
@click.option(
    "--tier", "tiers", type=TIERS, multiple=True, help="Ask more than nightly and online; may be given several times."
)
@click.option("--rubric", type=FILE, help="Another rubric than the built-in one.")
@click.option(
    "--require",
    "required",
    metavar="PROFILE",
    multiple=True,
    help="Also hold it against a published guideline: mozilla-intermediate, mozilla-modern, nist-800-52r2, bod-18-01, "
    "cjis-6-0, or a file of your own; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--exit-zero", is_flag=True, help="Leave with 0 even if a check fails or something was not seen.")
@log_options
@access_options
def command(  # noqa: PLR0917 - click hands over every option by name
    targets: tuple[str, ...],
    data_class: str,
    tiers: tuple[str, ...],
    rubric: Path | None,
    required: tuple[str, ...],
    as_json: bool,  # noqa: FBT001
    exit_zero: bool,  # noqa: FBT001
    quiet: bool,  # noqa: ARG001, FBT001 - beside the result and errors nothing is printed anyway
    **options: Unpack[AccessOptions],
) -> None:
    """Judge web services, TLS ports, mail servers, servers and buckets without an inventory.

    \b
    auditor check https://permits.example.org
    auditor check ssh://audit@db1.example.org --known-hosts ~/.ssh/known_hosts
    auditor check imap://mail.example.org smtp://mail.example.org:587 tls://ldap.example.org:636
    auditor check s3://city-uploads --data-class confidential
    """
    from auditor.cli.checking import Order, check  # noqa: PLC0415 - heavy
    from auditor.cli.exits import finish  # noqa: PLC0415

    if required and as_json:
        raise UsageError("--require prints a table, which has no JSON form.", "Leave out one of --require and --json.")
    order = Order(
        targets=targets,
        data_class=data_class,
        tiers=tiers,
        rubric=rubric,
        required=tuple(dict.fromkeys(required)),
        as_json=as_json,
        access=options,
    )
    ending = check(order)
    finish(gate_met=ending.is_good, complete=ending.is_whole, exit_zero=exit_zero)
