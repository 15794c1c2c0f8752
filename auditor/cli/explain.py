"""`auditor explain`: a check, or what a kept run found."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.options import store_option, terminal_width
from auditor.cli.report import judged

if TYPE_CHECKING:
    from datetime import datetime

    from auditor.check import Check
    from auditor.explaining import Asked, Case
    from auditor.model import Finding, Grade
    from auditor.past import Key
    from auditor.plugins import Parts
    from auditor.reports.explanation.nouns import Shown


@click.command(epilog="Exit code: 0 explained, 2 not usable (an unknown check, asset or place), 4 the store is broken.")
@click.argument("subject", metavar="CHECK|SYSTEM|ASSET")
@click.argument("check", metavar="[CHECK", required=False)
@click.argument("locus", metavar="[PLACE]]", required=False)
@click.option("--run", metavar="RUN", help="Which run: its id.  [default: last]")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as JSON (docs/explain.md).")
def command(  # noqa: PLR0917 - click hands over every option by name
    subject: str,
    check: str | None,
    locus: str | None,
    run: str | None,
    store: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Explain a check, or what a kept run found: what was seen, why it counts, since when, and what changes it.

    A check is explained without any run, too. PLACE is needed where a check is asked at several: an address, a mount.

    \b
    auditor explain web-hsts-missing
    auditor explain permits/portal
    auditor explain permits/portal web-hsts-missing
    """
    from auditor import plugins  # noqa: PLC0415
    from auditor.explaining import Asked  # noqa: PLC0415

    parts = plugins.load()
    asked = Asked(subject=subject, check=check, locus=locus)
    with ExitStack() as stack:
        if check is None and subject in parts.by_id:
            text = _check(parts.by_id[subject], parts, _perhaps(stack, parts, run, store), as_json=as_json)
        else:
            text = _findings(asked, _required(stack, asked, parts, run, store), as_json=as_json)
        sys.stdout.write(text)


@dataclass(frozen=True)
class Kept:
    """A kept run, and how it is shown."""

    case: Case
    shown: Shown

    def since(self, findings: Sequence[Finding], check: str | None = None) -> dict[Key, datetime]:
        """From when on each of these places has been as it is, where that is recorded."""
        from auditor.reports.explanation.nouns import since  # noqa: PLC0415

        assets = [self.case.assets[name] for name in dict.fromkeys(finding.asset for finding in findings)]
        stories = self.case.stories(assets, check)
        begun = {finding.key: since(stories.get(finding.key, ())) for finding in findings}
        return {key: at for key, at in begun.items() if at is not None}


def _perhaps(stack: ExitStack, parts: Parts, run: str | None, store: str | None) -> Kept | None:
    """The run to look at; None where there is none. What was named has to be there: raises UsageError, StoreBroken."""
    from auditor.errors import UsageError  # noqa: PLC0415
    from auditor.store import NoRunYet, StoreBroken, address  # noqa: PLC0415

    try:
        file = address(store).file
        if not (run or store) and file and not file.exists():
            return None
        return _entered(stack, parts, run, store)
    except (UsageError, StoreBroken) as error:
        if run or store:
            raise
        if not isinstance(error, NoRunYet):
            click.echo(f"auditor: {error}", err=True)
        return None


def _required(stack: ExitStack, asked: Asked, parts: Parts, run: str | None, store: str | None) -> Kept:
    """Raises UsageError; where no run can be asked, with the check that may be meant."""
    from auditor.errors import UsageError  # noqa: PLC0415
    from auditor.explaining import unknown  # noqa: PLC0415

    try:
        return _entered(stack, parts, run, store)
    except UsageError as error:
        if run or store or asked.subject in parts.by_id or "/" in asked.subject:
            raise
        raise unknown(f"{asked.subject!r} is no check. {error.message}", asked.subject, parts.by_id) from error


def _entered(stack: ExitStack, parts: Parts, run: str | None, store: str | None) -> Kept:
    from auditor.explaining import Case  # noqa: PLC0415
    from auditor.reports.commands import Commands  # noqa: PLC0415
    from auditor.reports.explanation.nouns import Shown  # noqa: PLC0415

    kept = stack.enter_context(judged(run or "last", store, parts))
    case = Case(kept.store, kept.run, kept.parts, kept.report)
    return Kept(case, Shown(report=kept.report, commands=Commands(store), judged_by=kept.judged_by))


def _check(check: Check[Any], parts: Parts, kept: Kept | None, *, as_json: bool) -> str:
    from auditor.explaining import rule_of  # noqa: PLC0415
    from auditor.reports.explanation import check as page  # noqa: PLC0415
    from auditor.reports.explanation import json  # noqa: PLC0415
    from auditor.reports.explanation.nouns import gravest_first  # noqa: PLC0415
    from auditor.rubric import read_rubric  # noqa: PLC0415

    if kept is None:
        rule = rule_of(check, parts, read_rubric())
        return json.render(None, rule, (), {}) if as_json else page.render(page.CheckPage(rule=rule), terminal_width())
    report = kept.shown.report
    rule = rule_of(check, parts, kept.case.rubric)
    findings = sorted((one for one in report.findings if one.check == check.id), key=gravest_first)
    since = kept.since(findings, check.id)
    if as_json:
        return json.render(kept.shown, rule, findings, since)
    shown = page.CheckPage(
        rule=rule,
        shown=kept.shown,
        findings=findings,
        since=since,
        not_asked=sum(name == check.id for _, name in report.not_asked),
    )
    return page.render(shown, terminal_width())


def _findings(asked: Asked, kept: Kept, *, as_json: bool) -> str:
    """One finding in full, and the others at its check in a line each; or all findings of an asset or a system."""
    from auditor.explaining import explain  # noqa: PLC0415
    from auditor.reports.explanation import finding as page  # noqa: PLC0415
    from auditor.reports.explanation import json  # noqa: PLC0415

    findings = kept.case.findings_named(asked)
    since = kept.since(findings, asked.check)
    if asked.check is None:
        if as_json:
            return json.render(kept.shown, None, findings, since)
        return _listing(asked, kept, findings, since)
    if as_json:
        explained = [explain(kept.case, finding) for finding in findings]
        return json.render(kept.shown, explained[0].rule, findings, since, explained)
    return page.render(kept.shown, explain(kept.case, findings[0]), findings[1:], terminal_width())


def _listing(asked: Asked, kept: Kept, findings: Sequence[Finding], since: dict[Key, datetime]) -> str:
    from auditor.reports.explanation import listing  # noqa: PLC0415

    name, grade = _graded(asked, kept)
    page = listing.Listing(shown=kept.shown, name=name, grade=grade, findings=findings, since=since)
    return listing.render(page, terminal_width())


def _graded(asked: Asked, kept: Kept) -> tuple[str, Grade]:
    """The asset or the system that is asked for: how it is called, and its grade."""
    report = kept.shown.report
    if asked.subject in kept.case.systems and asked.subject not in kept.case.assets:
        system = kept.case.systems[asked.subject]
        grade = next(grade for grade in report.system_grades if grade.id == system.id)
        return (system.name if system.name == system.id else f"{system.name} ({system.id})"), grade
    (asset, *_) = kept.case.assets_named(asked.subject)
    return f"{asset.id} ({asset.address})", next(grade for grade in report.asset_grades if grade.id == asset.id)
