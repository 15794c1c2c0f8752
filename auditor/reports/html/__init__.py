"""The scorecard site: static, internal pages of one Report. Knows how it looks, and not where a letter comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from auditor.check import Check
from auditor.model import Report
from auditor.past import Key, Trend
from auditor.records import dataclass
from auditor.reports.commands import PLAIN, Commands

__all__ = ["Scorecard", "pages", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """All that the pages show. `checks`: by id, for their docstrings; one that a finding names may be missing."""

    report: Report
    trend: Trend
    checks: Mapping[str, Check[Any]]
    since: Callable[[Key], datetime | None]  # since when a finding holds its outcome; None: not known
    commands: Commands = PLAIN
    judged_by: str = ""  # one sentence, where another version than the run's own derived the letters again


def pages(scorecard: Scorecard) -> Iterator[tuple[str, str]]:
    """Every page as (relative path, HTML), one at a time. The same scorecard gives the same text."""
    from auditor.reports.html.site import Site  # noqa: PLC0415 - Jinja2 is loaded by those who want pages

    return Site(scorecard).pages()


def write(out: Path, scorecard: Scorecard) -> Path:
    """The whole site in the folder `out`, or an error and what was there before. Returns the first page.

    Raises UsageError for a folder that cannot be used or holds something else, InternalError where writing failed.
    """
    from auditor.reports.html.writing import replace_site  # noqa: PLC0415 - as above

    replace_site(out, pages(scorecard))
    return out / "index.html"
