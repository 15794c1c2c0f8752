"""`auditor checks`: what is looked for."""

from __future__ import annotations

import click


@click.command()
@click.option("--markdown", is_flag=True, help="Print the whole documentation, as in docs/checks.md.")
def command(markdown: bool) -> None:  # noqa: FBT001
    """List the checks: what each looks for, why, and how to fix it.

    \b
    auditor checks
    auditor checks --markdown > docs/checks.md
    """
    from tabulate import tabulate  # noqa: PLC0415

    from auditor import plugins  # noqa: PLC0415
    from auditor.reports import check_pages  # noqa: PLC0415

    checks = plugins.load().checks
    if markdown:
        click.echo(check_pages.render(checks), nl=False)
        return
    rows = [(check.id, check.severity.word, check.tier.value, check.title) for check in checks]
    click.echo(tabulate(rows, headers=("Check", "Severity", "Tier", "The fault")))
