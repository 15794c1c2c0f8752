"""Verdicts about suites that are accepted, and should not be, or are not, and should."""

from __future__ import annotations

from auditor.check import failed, passed
from auditor.facts.tls_suites import AcceptedSuite, SuiteAnswer
from auditor.model import Evidence, Verdict

MOST_ROWS = 12  # suites that a finding names one by one


def forbidden(facts: SuiteAnswer, absent: str, present: str) -> Verdict:
    """Fail if there is any such suite."""
    if not facts.found:
        row = Evidence("the cipher suites of every version", f"none among the {facts.asked} accepted", "none")
        return passed(absent, row)
    return failed(present, *_rows(facts, "declined"))


def wanted(facts: SuiteAnswer, present: str, absent: str) -> Verdict:
    """Fail if there is no such suite."""
    if facts.found:
        return passed(present, *_rows(facts, "accepted"))
    row = Evidence("the cipher suites of every version", f"none among the {facts.asked} accepted", "one at least")
    return failed(absent, row)


def _rows(facts: SuiteAnswer, wanted: str) -> tuple[Evidence, ...]:
    """One row for each suite, up to a limit, and one for those beyond."""
    rows = [Evidence(f"a {one.version.label} hello", _accepted(one), wanted) for one in facts.found]
    rows.sort(key=lambda row: ";" not in row.seen)  # those that a handshake was tried with come first
    rest = len(rows) - MOST_ROWS
    if rest <= 1:
        return tuple(rows)
    return (*rows[:MOST_ROWS], Evidence("further hellos", f"{rest} more such suites accepted", wanted))


def _accepted(one: AcceptedSuite) -> str:
    return f"accepted {one.name}" + (f"; {one.handshake.words}" if one.handshake else "")
