"""`auditor server-helper`: the program that an administrator installs to grant root's facts."""

from __future__ import annotations

import click

RULE = 'audit ALL=(root) NOPASSWD: /usr/local/sbin/enc-audit-facts ""'


@click.command(epilog=f"In /etc/sudoers.d/audit, mode 0440, the line:  {RULE}")
def command() -> None:
    """Print the program that shows root's facts of a server, to be installed there.

    It takes no argument, reads and prints, and shows no key. docs/servers.md says what it adds.

    \b
    auditor server-helper > enc-audit-facts
    install -o root -g root -m 0755 enc-audit-facts /usr/local/sbin/enc-audit-facts
    """
    from auditor.probes.server import helper_script  # noqa: PLC0415

    click.echo(helper_script(), nl=False)
