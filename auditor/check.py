"""What a check is: a documented pure function from one facts type to one verdict. No registry."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar

from auditor.facts.base import Facts
from auditor.model import Evidence, Finding, Outcome, Severity, Tier, Verdict
from auditor.records import dataclass

F = TypeVar("F", bound=Facts)

CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
NIGHTLY, DEEP, PRIVILEGED, ONLINE = Tier.NIGHTLY, Tier.DEEP, Tier.PRIVILEGED, Tier.ONLINE

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
EFFORTS = (1, 2, 3, 5, 8)  # a setting, a certificate or DNS, a change window, a migration, a contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[F]):
    """One rule. `id` names the fault, family first; one id has one severity and one meaning for ever."""

    id: str
    reads: type[F]
    severity: Severity
    tier: Tier
    effort: int
    controls: tuple[str, ...]
    judge: Callable[[F], Verdict]

    @property
    def title(self) -> str:
        """The fault as a sentence: the docstring's first line."""
        return _document(self.judge).split("\n", 1)[0].strip()

    @property
    def why(self) -> str:
        return _section(_document(self.judge), "Why")

    @property
    def fix(self) -> str:
        return _section(_document(self.judge), "Fix")

    @property
    def source(self) -> str:
        """The file that holds the rule, as `module:function`."""
        return f"{self.judge.__module__}:{self.judge.__qualname__}"


AnyCheck = Check[Any]


def check(
    id: str,  # noqa: A002 - the field's own word
    *,
    reads: type[F],
    severity: Severity,
    effort: int,
    controls: tuple[str, ...],
    tier: Tier = Tier.NIGHTLY,
) -> Callable[[Callable[[F], Verdict]], Check[F]]:
    """Make a `Check` of a function whose docstring has a first line (the fault), `Why:` and `Fix:`.

    Raises ValueError, naming the id, for anything that a plug-in may not be: the loader reports it.
    """

    def decorate(judge: Callable[[F], Verdict]) -> Check[F]:
        made = Check(id=id, reads=reads, severity=severity, tier=tier, effort=effort, controls=controls, judge=judge)
        complaint = complaint_about(made)
        if complaint:
            raise ValueError(f"check {id!r}: {complaint}")
        return made

    return decorate


def absent(finding: Finding) -> Check[Facts]:
    """What readers are told of a check that failed once and is not installed any more."""

    def judge(_: Facts) -> Verdict:
        """A check that failed here is not installed any more.

        Why: Nobody can see whether the fault is still there, so the failure stands as it was last seen.
        Fix: Install the plug-in that brings the check. If it is not wanted any more, say so in the inventory: an entry
            under `retired` with `kind: check`.
        """
        raise NotImplementedError  # there are no facts of it

    return Check(
        id=finding.check,
        reads=Facts,
        severity=finding.severity,
        tier=finding.tier,
        effort=EFFORTS[0],
        controls=("NIST SP 800-53 CA-7",),
        judge=judge,
    )


def complaint_about(made: Check[Any]) -> str:
    """What keeps this from being a check; "" if nothing does."""
    if not ID.fullmatch(made.id):
        return "its id is not kebab-case with the family first, like tls-legacy-version"
    if not (isinstance(made.reads, type) and issubclass(made.reads, Facts)):
        return "reads is not a facts type"
    if made.effort not in EFFORTS:
        return f"its effort is not one of {', '.join(map(str, EFFORTS))}"
    if not made.controls:
        return "it names no control or source"
    for name in ("title", "why", "fix"):
        if not getattr(made, name):
            return f"its docstring has no {name.capitalize()}" if name != "title" else "it has no docstring"
    return ""


def passed(summary: str, *evidence: Evidence) -> Verdict:
    return Verdict(Outcome.PASS, summary, evidence)


def failed(summary: str, *evidence: Evidence) -> Verdict:
    return Verdict(Outcome.FAIL, summary, evidence)


def not_applicable(rule: str, *evidence: Evidence) -> Verdict:
    """`rule`: why the question does not arise, as a sentence part ("nothing listens on port 80")."""
    return Verdict(Outcome.NOT_APPLICABLE, rule, evidence)


def _document(judge: Callable[..., Verdict]) -> str:
    return _cleaned(judge.__doc__ or "")


@cache
def _cleaned(text: str) -> str:
    return inspect.cleandoc(text)


@cache
def _section(document: str, heading: str) -> str:
    """What stands after `heading:` up to the next heading, as one line."""
    found = re.search(rf"^{heading}:(.*?)(?=^(?:Why|Fix):|\Z)", document, re.MULTILINE | re.DOTALL)
    return " ".join(found.group(1).split()) if found else ""
