"""The sentences that several renderers share: what a letter means, what a step asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable

from auditor.grade import collapse
from auditor.model import Counts, Grade, Letter, Step, StepKind

NAMED = 2  # other checks that are named beside one that lifts nothing alone
MEANING = {
    Letter.A_PLUS: "nothing left to do, as far as we look",
    Letter.A: "every mandatory rule is kept",
    Letter.B: "a mandatory rule is missed",
    Letter.C: "outdated or easily bypassed protection",
    Letter.D: "sensitive data behind outdated protection",
    Letter.NG: "not graded: nothing could be seen",
    Letter.F: "no effective protection, or exploitable now",
}

ASKS = {
    StepKind.SEE: "make any one check visible",
    StepKind.ASK: "ask for the deep and online tiers too",
    StepKind.CLAIM: "claim or exclude what was found",
    StepKind.DISCOVER: "look for assets that no inventory lists",
    StepKind.ADD: "list an asset",
}
HOLDS = {  # the same as what holds a letter down: "still A, for …"
    StepKind.SEE: "what was not seen at all",
    StepKind.ASK: "tiers that were not asked",
    StepKind.CLAIM: "what was found and nobody claims",
    StepKind.DISCOVER: "assets that nobody looked for",
    StepKind.ADD: "an empty list",
}


def meaning(letter: Letter, *, is_seen: bool) -> str:
    """What a letter says. `is_seen`: a failure that was seen holds it there, and not only what could not be seen."""
    if letter in (Letter.B, Letter.C, Letter.D) and not is_seen:
        return "something important could not be seen"
    return MEANING[letter]


def at_worst(grade: Grade) -> str:
    """ "at worst F: 3 checks could not be seen", or "" where the letter is certain."""
    if grade.letters.at_worst == grade.letters.measured:
        return ""
    unseen = grade.counts.unknown + grade.counts.stale
    return f"at worst {grade.letters.at_worst}: {counted(unseen, 'check')} could not be seen"


def coverage(counts: Counts) -> str:
    return f"{counts.answered}/{counts.asked}"


def held_by(steps: Iterable[Step], unseen: Container[tuple[str, str, str]] = ()) -> str:
    """The names of what holds a letter down, each once, with how often: "web-hsts-missing (2)".

    In the order of `grade.collapse`, which would hold all steps. `steps`: each once.

    `unseen`: asset, check and locus of what nobody saw. It is counted and not named: a name reads as if it failed.
    """
    often: Counter[tuple[str, str]] = Counter()
    least: dict[tuple[str, str], int] = {}  # effort
    dark = 0
    for step in steps:
        if (step.subject, step.check, step.locus) in unseen:
            dark += 1
        else:
            what = (step.check or step.kind.value, step.check or ASKS[step.kind])
            often[what] += 1
            least[what] = min(step.effort, least.get(what, step.effort))
    named = sorted(often, key=lambda what: (least[what], -often[what], what[0]))
    names = [name if often[what] == 1 else f"{name} ({often[what]})" for what in named for name in what[1:]]
    if dark:
        names.append(f"{counted(dark, 'check')} that {'was' if dark == 1 else 'were'} not seen")
    return ", ".join(names)


def fixed_alone(grade: Grade, check: str) -> str:
    """ "Fixed alone: B", or "Fixed alone: still F, for web-hsts-missing and 2 more"; "" where it caps nothing."""
    letter = next((one.letter for one in grade.alone if one.check == check), None)
    if letter is None:
        return ""
    if letter > grade.letters.measured:
        return f"Fixed alone: {letter}"
    others = [group[0] for name, group in collapse(grade.held_by) if name != check]
    others.sort(key=lambda step: step.kind is not StepKind.FIX)  # what can be repaired first
    named = [step.check or HOLDS[step.kind] for step in others[:NAMED]]
    more = [f"{len(others) - NAMED} more"] if len(others) > NAMED else []
    return f"Fixed alone: still {letter}, for {' and '.join([', '.join(named), *more])}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
