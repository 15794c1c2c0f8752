"""`auditor check TARGET…`: judge anything without an inventory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from auditor.cli.options import (
    FILE,
    TIERS,
    AccessOptions,
    access_options,
    log_options,
    make_access,
    terminal_width,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from auditor.clock import Clock
    from auditor.model import Letter, Report
    from auditor.observe import Look
    from auditor.pipeline import Question
    from auditor.plugins import Parts
    from auditor.profiles import Measured, Profile


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
    from auditor import __version__, journal  # noqa: PLC0415
    from auditor.cli.exits import finish  # noqa: PLC0415
    from auditor.cli.targets import read_target  # noqa: PLC0415
    from auditor.clock import run_id  # noqa: PLC0415
    from auditor.doors import doors  # noqa: PLC0415
    from auditor.errors import UsageError  # noqa: PLC0415
    from auditor.loading import Loading  # noqa: PLC0415
    from auditor.model import Outcome, Sensitivity, Severity, Tier  # noqa: PLC0415
    from auditor.observe import observe  # noqa: PLC0415
    from auditor.probes.roots_file import glance_at  # noqa: PLC0415
    from auditor.reach import Reaches  # noqa: PLC0415
    from auditor.rubric import read_rubric  # noqa: PLC0415

    if required and as_json:
        raise UsageError("--require prints a table, which has no JSON form.", "Leave out one of --require and --json.")
    profiles = _profiles(required)
    asked = frozenset({Tier.NIGHTLY, Tier.ONLINE, *map(Tier, tiers)})
    read = (read_target(text, Sensitivity[data_class.upper()], asked) for text in targets)
    assets = tuple({asset.id: asset for asset in read}.values())
    rules, access = read_rubric(rubric), make_access(options, require_anchors=glance_at)
    began, reaches = access.clock(), Reaches(access)
    run = run_id(began)
    journal.run_started(run=run, assets=len(assets), tool=__version__, rubric=rules.version)
    kinds = frozenset(asset.kind for asset in assets)
    loading = Loading(kinds, doors(kinds), access.ca_file)
    looks = list(observe(assets, loading, reaches, together=True))
    parts = loading.parts()
    from auditor import pipeline  # noqa: PLC0415 - loaded meanwhile

    question = pipeline.Question(assets=assets, rubric=rules)
    report = pipeline.assess(looks, question, parts, began=began, clock=access.clock, name=run)
    journal.judged(finding.outcome for finding in report.findings)
    journal.finished(complete=report.run.complete, connections=reaches.connections)
    if as_json:
        from auditor.reports import json  # noqa: PLC0415

        click.echo(json.render(report), nl=False)
    else:
        click.echo(_letter(report, question, looks, parts, began, access.clock), nl=False)
    measured = [found for one in profiles for found in _measured(one, looks, report)]
    misses, unseen = _shown(measured)
    grave = any(finding.outcome is Outcome.FAIL and finding.severity >= Severity.HIGH for finding in report.findings)
    finish(gate_met=not (grave or misses), complete=report.run.complete and not unseen, exit_zero=exit_zero)


def _profiles(names: Iterable[str]) -> list[Profile]:
    """Each once. Most looks are held against none, and then nothing of them is loaded."""
    if not names:
        return []
    from auditor.profiles import read_profile  # noqa: PLC0415

    return [read_profile(name) for name in dict.fromkeys(names)]


def _letter(  # noqa: PLR0917 - all that a letter rests on
    report: Report, question: Question, looks: list[Look], parts: Parts, began: datetime, clock: Clock
) -> str:
    """For people, with the letters that the same looks would earn if the data behind them were confidential."""
    from auditor import pipeline  # noqa: PLC0415
    from auditor.model import Sensitivity  # noqa: PLC0415
    from auditor.reports import letter  # noqa: PLC0415

    assets = tuple(replace(asset, sensitivity=Sensitivity.CONFIDENTIAL) for asset in question.assets)
    other = pipeline.assess(looks, replace(question, assets=assets), parts, began=began, clock=clock)
    return letter.render(report, parts.by_id, _letters(other), terminal_width(), _software(looks))


def _shown(measured: list[Measured]) -> tuple[bool, bool]:
    """Print how each asset stands to each profile. Is a rule missed, is one unseen?"""
    if not measured:
        return False, False
    from auditor.profiles import Fit  # noqa: PLC0415
    from auditor.reports import profile  # noqa: PLC0415

    for one in measured:
        click.echo(f"\n{profile.render(one)}", nl=False)
    return any(one.of(Fit.MISSES) for one in measured), any(one.of(Fit.UNSEEN) for one in measured)


def _measured(profile: Profile, looks: Iterable[Look], report: Report) -> Iterator[Measured]:
    """How each asset stands to a profile on the day of the report."""
    from auditor.profiles import measure  # noqa: PLC0415

    for look in looks:
        findings = [finding for finding in report.findings if finding.asset == look.asset.id]
        yield measure(profile, look.asset.address, look.sights, findings, report.run.as_of.date())


def _software(looks: Iterable[Look]) -> dict[str, str]:
    """What each asset's server claims to be, where all its addresses claim the same."""
    from auditor.facts.starttls import StartTls  # noqa: PLC0415
    from auditor.facts.web import HttpsService  # noqa: PLC0415
    from auditor.probe import Seen  # noqa: PLC0415

    claims: dict[str, set[str | None]] = {}
    for look in looks:
        for sight in look.sights:
            if isinstance(sight, Seen) and isinstance(sight.facts, HttpsService | StartTls):
                claims.setdefault(look.asset.id, set()).add(sight.facts.software)
    return {asset: only for asset, said in claims.items() if len(said) == 1 and (only := next(iter(said)))}


def _letters(report: Report) -> dict[str, Letter]:
    return {grade.id: grade.letters.measured for grade in report.asset_grades}
