"""The front door: parse, call, print, exit. Each command is a module of its own, loaded when it is asked for."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper

import click

from auditor import __version__
from auditor.cycles import collect_seldom

COMMANDS = {
    "check": "Judge web services, servers and buckets without an inventory.",
    "run": "Audit everything in the inventory and grade it.",
    "diff": "What changed between two runs.",
    "report": "Show a kept run: pages, CSV, JSON, tickets.",
    "judge": "Judge a kept run again, from what it saw.",
    "explain": "A check, or a finding: what was seen, why it counts, what changes it.",
    "store": "Look after what is kept: list, check, back up, prune, migrate.",
    "enrol": "Show the SSH host keys of servers, to be compared and pinned.",
    "inventory": "Check, explain and plan from the inventory.",
    "server-helper": "Print the program that shows root's facts of a server, to be installed there.",
    "checks": "List the checks: what each looks for, why, and how to fix it.",
    "demo": "Audit an embedded city on this machine, and show the result.",
}


class Commands(click.Group):
    """Knows its commands by name, so that `--help` loads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"auditor.cli.{cmd_name.replace('-', '_')}"), "command")  # noqa: B009 - a module's attribute
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # noqa: PLC0415 - only who mistypes waits for it

            alike = get_close_matches(args[0], COMMANDS, 1)
            if not alike:
                raise
            raise click.UsageError(f"{error.message} Did you mean {alike[0]!r}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="auditor")
def cli() -> None:
    """Looks at a city's web services, servers and storage, and grades how well residents' data is encrypted.

    \b
    auditor check https://www.example.org
    auditor run inventory.yaml
    """


def main() -> None:
    """The console script."""
    collect_seldom()
    # Else pydantic looks through all that is installed for plug-ins of its own, which would see what is read here.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    from auditor.cli.exits import guarded  # noqa: PLC0415

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what the terminal's encoding lacks is shown as its code point
            stream.reconfigure(errors="backslashreplace")
    guarded(lambda: cli.main(standalone_mode=False))
