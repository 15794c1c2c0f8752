"""How an asset stands to a published guideline, as a table and a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from tabulate import tabulate

from auditor.profiles import Fit, Measured, Row
from auditor.reports.harmless import for_terminal
from auditor.reports.words import counted

SEEN_WIDTH, TEXT_WIDTH = 40, 36
PLACES = 3  # named for one rule
ELSEWHERE = (
    "nothing that it is about was looked at. It may be meant for another kind of target, or need another --tier."
)


def render(measured: Measured) -> str:
    """Ends in a newline."""
    return "\n".join(_lines(measured)) + "\n"


def _lines(measured: Measured) -> Iterator[str]:
    profile = measured.profile
    yield for_terminal(f"{measured.asset} and {profile.title} ({profile.date}, {profile.source}):")
    yield f"  {verdict(measured)}"
    yield ""
    yield tabulate(
        [[_clause(row), for_terminal(row.rule.text), _answer(row), _seen(row)] for row in measured.rows],
        headers=["Clause", "What it asks", "Answer", "What was seen"],
        tablefmt="simple",
        maxcolwidths=[None, TEXT_WIDTH, None, SEEN_WIDTH],
    )


def verdict(measured: Measured) -> str:
    """One sentence: whether it is met, as far as anybody can tell."""
    misses, unseen = len(measured.of(Fit.MISSES)), len(measured.of(Fit.UNSEEN))
    in_force = sum(not row.is_announced for row in measured.rows)
    if misses:
        also = f", and {counted(unseen, 'rule')} could not be observed" if unseen else ""
        return f"Not met: {counted(misses, 'rule')} of {in_force} {'is' if misses == 1 else 'are'} missed{also}."
    if not any(row.was_asked for row in measured.rows):
        return f"Not shown to be met: {ELSEWHERE}"
    if unseen:
        return f"Not shown to be met: {counted(unseen, 'rule')} of {in_force} could not be observed."
    return f"Met: all {in_force} rules, as far as they arise."


def _clause(row: Row) -> str:
    return for_terminal(row.rule.clause) or "-"


def _answer(row: Row) -> str:
    return f"{row.fit.value} (from {row.rule.starts})" if row.is_announced else row.fit.value


def _seen(row: Row) -> str:
    more = f"; and {len(row.seen) - PLACES} more" if len(row.seen) > PLACES else ""
    return for_terminal("; ".join(row.seen[:PLACES])) + more
