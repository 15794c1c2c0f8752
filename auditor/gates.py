"""What a run must keep to, for exit code 0: gates, named with `--gate`.

A gate looks at a report and a diff. None is mended by a failure that comes, and none is broken by one that is fixed.
What somebody accepts (a waiver in force) breaks none but those on letters, which are measured letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add
from typing import Protocol

from auditor.diff import Diff
from auditor.errors import UsageError
from auditor.model import Counts, Finding, Letter, Outcome, Report, Severity
from auditor.past import Key, Move
from auditor.records import dataclass
from auditor.reports.harmless import for_terminal
from auditor.reports.words import counted

NAMED = 3  # culprits that a sentence names
LETTERS = {str(letter): letter for letter in (Letter.A_PLUS, Letter.A, Letter.B, Letter.C, Letter.D)}
SEVERITIES = {severity.word: severity for severity in sorted(Severity, reverse=True)}
PERCENT = {str(number): number for number in range(101)}


@dataclass(frozen=True, slots=True)
class Result:
    """What gates look at. `diff`: None where nothing is compared."""

    report: Report
    diff: Diff | None


class Gate(Protocol):
    """One thing that must hold."""

    @property
    def text(self) -> str:
        """As it is written after `--gate`."""

    def fault(self, result: Result) -> str:
        """Why it is not met, as the rest of a sentence; "" where it is met."""


@dataclass(frozen=True, slots=True)
class Regression:
    """No failure where the run before knew of none. A first run is a baseline and meets it."""

    text: str = "regression"

    def fault(self, result: Result) -> str:
        opened = result.diff.opened if result.diff else ()
        return f"{_fail(len(opened))} that did not before: {_places(opened)}" if opened else ""


@dataclass(frozen=True, slots=True)
class New:
    """No failure at a place, on an asset or by a check that was not there before."""

    text: str = "new"

    def fault(self, result: Result) -> str:
        appeared = result.diff.appeared if result.diff else ()
        return f"{_fail(len(appeared))} where nothing was before: {_places(appeared)}" if appeared else ""


@dataclass(frozen=True, slots=True)
class Expired:
    """No waiver, no attestation and no vendor's agreement is past its last day, whatever it covers."""

    text: str = "expired"

    def fault(self, result: Result) -> str:
        report = result.report
        kinds = (
            ("waiver", report.expired_waivers),
            ("attestation", report.expired_attestations),
            ("agreement", report.expired_agreements),
        )
        ended = [f"{counted(len(ids), kind)} ended: {_first(ids)}" for kind, ids in kinds if ids]
        return f"{'; '.join(ended)}; renew or remove them" if ended else ""


@dataclass(frozen=True, slots=True)
class Complete:
    """All that was asked was seen in this run."""

    text: str = "complete"

    def fault(self, result: Result) -> str:
        if result.report.run.complete:
            return ""
        unseen = [finding for finding in result.report.findings if not _is_answered(finding)]
        if not unseen:
            return "not all that the inventory asks could be asked"
        return f"{counted(len(unseen), 'check')} could not be seen: {_keys([finding.key for finding in unseen])}"


@dataclass(frozen=True, slots=True)
class LetterOf:
    """Every system has at least this measured letter; one that is not graded has less than any."""

    least: Letter

    @property
    def text(self) -> str:
        return f"letter={self.least}"

    def fault(self, result: Result) -> str:
        below = [grade for grade in result.report.system_grades if grade.letters.measured < self.least]
        worst = sorted(below, key=lambda grade: (grade.letters.measured, grade.id))
        named = _first([f"{grade.id} {grade.letters.measured}" for grade in worst])
        return f"{_are(len(below), 'system')} below {self.least}: {named}" if below else ""


@dataclass(frozen=True, slots=True)
class LetterOfCity:
    """The city has at least this measured letter. A run that gives the city no letter does not meet it."""

    least: Letter

    @property
    def text(self) -> str:
        return f"city={self.least}"

    def fault(self, result: Result) -> str:
        if result.report.city is None:
            return "a run of a part of the inventory gives the city no letter"
        letter = result.report.city.grade.letters.measured
        return f"the city is {letter}" if letter < self.least else ""


@dataclass(frozen=True, slots=True)
class Gravity:
    """No failure of this severity or a graver one, but those that somebody accepts."""

    least: Severity

    @property
    def text(self) -> str:
        return f"severity={self.least.word}"

    def fault(self, result: Result) -> str:
        grave = [finding for finding in result.report.findings if _is_open(finding) and finding.severity >= self.least]
        grave.sort(key=lambda finding: (-finding.severity, finding.key))
        named = _keys([finding.key for finding in grave])
        word = self.least.word if self.least is Severity.CRITICAL else f"{self.least.word} or graver"
        return f"{_fail(len(grave))} ({word}): {named}" if grave else ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """At least this percentage of what was asked was answered in this run; of nothing, no percentage is."""

    least: int

    @property
    def text(self) -> str:
        return f"coverage={self.least}"

    def fault(self, result: Result) -> str:
        counts = reduce(add, (grade.counts for grade in result.report.asset_grades), Counts())
        if counts.asked == 0:
            return "nothing was asked" if self.least else ""
        if counts.answered * 100 >= self.least * counts.asked:
            return ""
        tenths = counts.answered * 1000 // counts.asked  # rounded down: 94.97 must not read as 95.0
        return f"{counts.answered} of {counted(counts.asked, 'check')} answered, {tenths // 10}.{tenths % 10} %"


PLAIN: dict[str, Gate] = {gate.text: gate for gate in (Regression(), New(), Expired(), Complete())}
VALUED: dict[str, dict[str, Gate]] = {
    "letter": {text: LetterOf(letter) for text, letter in LETTERS.items()},
    "city": {text: LetterOfCity(letter) for text, letter in LETTERS.items()},
    "severity": {text: Gravity(severity) for text, severity in SEVERITIES.items()},
    "coverage": {text: Coverage(number) for text, number in PERCENT.items()},
}
DEFAULT: tuple[Gate, ...] = (PLAIN["regression"], PLAIN["expired"])  # of `auditor run`
POSSIBLE = (
    "regression, new, expired, complete, letter=A+|A|B|C|D, city=A+|A|B|C|D, severity=critical|high|medium|low "
    "or coverage=0 to 100"
)


def parse(texts: Iterable[str], always: Sequence[Gate] = DEFAULT) -> tuple[Gate, ...]:
    """The gates that hold `always`, then those that are named, each once. Raises UsageError for what is none."""
    return tuple(dict.fromkeys((*always, *map(_parse, texts))))


def _parse(text: str) -> Gate:
    name, _, value = text.partition("=")
    found = PLAIN.get(text) or VALUED.get(name, {}).get(value)
    if found is None:
        raise UsageError(f"--gate {for_terminal(text)} is no gate.", f"Possible are: {POSSIBLE}.")
    return found


def refuse_for_a_part(gates: Iterable[Gate]) -> None:
    """Before anything is probed: a run with `--only` gives the city no letter. Raises UsageError."""
    for gate in gates:
        if isinstance(gate, LetterOfCity):
            raise UsageError(
                f"--gate {gate.text} needs a run of the whole inventory: a part of it gives the city no letter.",
                "Leave --only out, or name --gate letter=… for the systems.",
            )


def broken(gates: Iterable[Gate], report: Report, diff: Diff | None) -> tuple[str, ...]:
    """One sentence per gate that is not met. `diff`: None where nothing is compared."""
    result = Result(report, diff)
    faults = [(gate, gate.fault(result)) for gate in gates]
    return tuple(f"Gate {gate.text} is not met: {fault}." for gate, fault in faults if fault)


def _is_open(finding: Finding) -> bool:
    return finding.outcome is Outcome.FAIL and finding.waiver is None


def _is_answered(finding: Finding) -> bool:
    return finding.outcome is not Outcome.UNKNOWN and finding.standing.is_answer


def _fail(number: int) -> str:
    return f"{counted(number, 'check')} {'fails' if number == 1 else 'fail'}"


def _are(number: int, noun: str) -> str:
    return f"{counted(number, noun)} {'is' if number == 1 else 'are'}"


def _places(moves: Sequence[Move]) -> str:
    return _keys([move.key for move in moves])


def _keys(keys: Sequence[Key]) -> str:
    return _first([f"{asset} {check}" + (f" at {locus}" if locus else "") for asset, check, locus in keys])


def _first(names: Sequence[str]) -> str:
    """The first few, made harmless, and how many more there are."""
    shown = ", ".join(map(for_terminal, names[:NAMED]))
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown
